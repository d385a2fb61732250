/*
 * The proxy server (MshPRT 6.4, 6.6, 3.4.6.3): what clients get, by their filters; what they send; their beacons.
 *
 *   a client subscribes ─▶ an accept list without addresses; a beacon of each subnet
 *   its Network PDU ─▶ the network layer (this node, the air, other clients); its source joins its accept list
 *   its Proxy Configuration message ─▶ the filter; Filter Status
 */
#include "proxy/proxy_state.h"

void bm_proxy_carve(struct bm_proxy *proxy, const struct bm_limits *limits, struct bm_arena *arena)
{
	const size_t links = limits->gatt_links;
	proxy->table = bm_arena_take(arena, links, sizeof *proxy->table);
	uint16_t *addrs = bm_arena_take(arena, links * limits->proxy_filter, sizeof *addrs);
	for (size_t i = 0; addrs && proxy->table && i < links; i++)
		proxy->table[i].filter.addrs = addrs + i * limits->proxy_filter;
	proxy->subnets = bm_arena_take(arena, links ? limits->subnets : 0, sizeof *proxy->subnets);
	proxy->solicitations = bm_arena_take(arena, links ? limits->solicitations : 0, sizeof *proxy->solicitations);
}

static void advertise_due(void *ctx)
{
	bm_proxy_advertise(ctx);
}

void bm_proxy_init(struct bm_proxy *proxy, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		   struct bm_gatt_links *links, bool supported, const struct bm_proxy_upper *upper)
{
	proxy->env = env;
	proxy->net = net;
	proxy->links = links;
	proxy->upper = *upper;
	proxy->capacity = limits->gatt_links;
	proxy->subnet_count = limits->gatt_links ? limits->subnets : 0;
	proxy->solicitation_count = limits->gatt_links ? limits->solicitations : 0;
	proxy->supported = supported && limits->gatt_links > 0;
	for (uint8_t i = 0; i < proxy->capacity; i++)
		proxy->table[i].filter.capacity = limits->proxy_filter;
	bm_timer_init(&proxy->timer, advertise_due, proxy);
	if (BM_WITH_PROXY_CLIENT)
		bm_proxy_client_init(proxy);
}

/* Whether PDUs go between the bearers. */
static void update_forwarding(struct bm_proxy *proxy)
{
	bool clients = false;
	for (uint8_t i = 0; i < proxy->capacity; i++)
		clients |= bm_proxy_is_server_link(proxy, i);
	bm_net_states(proxy->net)->proxy = proxy->enabled || bm_proxy_is_private(proxy) || clients;
}

void bm_proxy_start(struct bm_proxy *proxy)
{
	proxy->enabled = proxy->supported;
	update_forwarding(proxy);
	bm_proxy_update(proxy);
}

void bm_proxy_reset(struct bm_proxy *proxy)
{
	if (BM_WITH_PROXY_CLIENT)
		bm_proxy_client_stop(proxy);
	bm_gatt_links_close_all(proxy->links, BM_GATT_PROXY);
	for (size_t i = 0; i < proxy->subnet_count; i++) {
		proxy->subnets[i].identity_until = proxy->subnets[i].private_identity_until = 0;
		proxy->subnets[i].solicited_until = proxy->subnets[i].random_until = 0;
	}
	proxy->enabled = proxy->private_enabled = false;
	proxy->on_demand_s = 0;
	update_forwarding(proxy);
	/* At once: the provisioning service is about to take the first set. */
	bm_timer_stop(&proxy->timer);
	bm_proxy_advertise(proxy);
}

/* Beacons that still wait go as far as the host takes them; the others follow when it is ready. */
static void send_beacons(struct bm_proxy *proxy, uint8_t at)
{
	struct bm_proxy_link *link = &proxy->table[at];
	struct bm_subnets *subnets = bm_net_subnets(proxy->net);
	for (; link->beacon_next < subnets->capacity; link->beacon_next++) {
		struct bm_subnet *subnet = &subnets->table[link->beacon_next];
		uint8_t beacon[BM_NET_BEACON_MAX];
		if (!subnet->used)
			continue;
		const size_t len = bm_net_beacon_make(proxy->net, subnet, link->as_private, beacon);
		if (bm_gatt_link_send(proxy->links, at, BM_PROXY_BEACON, beacon, len) == BM_ERR_BUSY)
			return;
	}
}

/* MshPRT 7.2.2.2: the set through which a client came has ended; there may be room for another client. */
static void advertise_anew(struct bm_proxy *proxy)
{
	for (size_t i = 0; i < proxy->subnet_count; i++)
		proxy->subnets[i].len = 0;
}

void bm_proxy_connected(struct bm_proxy *proxy, uint8_t link)
{
	struct bm_proxy_link *l = &proxy->table[link];
	bm_proxy_filter_reset(&l->filter, BM_PROXY_ACCEPT_LIST);
	l->as_private = !proxy->enabled;
	l->beacon_next = UINT16_MAX;
	if (proxy->links->table[link].role == BM_GATT_SERVER)
		advertise_anew(proxy);
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
}

void bm_proxy_opened(struct bm_proxy *proxy, uint8_t link)
{
	if (bm_net_addr(proxy->net) == BM_ADDR_UNASSIGNED) {
		bm_gatt_link_close(proxy->links, link);
		return;
	}
	if (!bm_proxy_is_server_link(proxy, link)) {
		if (BM_WITH_PROXY_CLIENT)
			bm_proxy_client_opened(proxy, link);
		return;
	}
	update_forwarding(proxy);
	proxy->table[link].beacon_next = 0;
	send_beacons(proxy, link);
}

static void receive_config(struct bm_proxy *proxy, uint8_t at, const uint8_t *pdu, size_t len)
{
	struct bm_proxy_config config;
	struct bm_proxy_filter *filter = &proxy->table[at].filter;
	uint16_t net_idx;
	if (!bm_proxy_open_config(proxy, pdu, len, &config, &net_idx))
		return;
	const bool server = bm_proxy_is_server_link(proxy, at);
	if (BM_WITH_PROXY_CLIENT && !server && config.opcode == BM_PROXY_FILTER_STATUS) {
		bm_proxy_client_status(proxy, at, &config);
		return;
	}
	if (!server || config.opcode == BM_PROXY_FILTER_STATUS) {
		bm_env_drop(proxy->env, BM_DROP_UNKNOWN_TYPE, pdu, len);
		return;
	}
	if (config.opcode == BM_PROXY_SET_FILTER_TYPE)
		bm_proxy_filter_reset(filter, config.filter_type);
	for (uint8_t i = 0; i < config.addr_count; i++) {
		/* A full list is told by its size in Filter Status. */
		if (config.opcode == BM_PROXY_ADD_ADDRESSES)
			(void)bm_proxy_filter_add(filter, config.addrs[i]);
		else
			bm_proxy_filter_remove(filter, config.addrs[i]);
	}
	const struct bm_proxy_config status = {
		.opcode = BM_PROXY_FILTER_STATUS, .filter_type = filter->type, .list_size = filter->count};
	if (bm_proxy_send_config(proxy, at, net_idx, &status))
		bm_env_drop(proxy->env, BM_DROP_TX_FULL, NULL, 0);
}

void bm_proxy_received(struct bm_proxy *proxy, uint8_t link, enum bm_proxy_type type, const uint8_t *octets, size_t len)
{
	switch (type) {
	case BM_PROXY_NETWORK: {
		const bool server = bm_proxy_is_server_link(proxy, link);
		const uint16_t src = bm_net_receive_gatt(proxy->net, link, octets, len);
		if (src != BM_ADDR_UNASSIGNED && server && bm_proxy_is_server_link(proxy, link))
			bm_proxy_filter_heard(&proxy->table[link].filter, src);
		break;
	}
	case BM_PROXY_BEACON:
		bm_net_receive_beacon(proxy->net, octets, len, 127);
		break;
	case BM_PROXY_CONFIG:
		receive_config(proxy, link, octets, len);
		break;
	default:
		bm_env_drop(proxy->env, BM_DROP_UNKNOWN_TYPE, octets, len);
		break;
	}
}

void bm_proxy_ready(struct bm_proxy *proxy, uint8_t link)
{
	if (bm_proxy_is_server_link(proxy, link))
		send_beacons(proxy, link);
}

void bm_proxy_closed(struct bm_proxy *proxy, uint8_t link)
{
	if (BM_WITH_PROXY_CLIENT)
		bm_proxy_client_closed(proxy, link);
	update_forwarding(proxy);
}

void bm_proxy_freed(struct bm_proxy *proxy, bool ended)
{
	if (ended)
		advertise_anew(proxy);
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
}

bool bm_proxy_gatt_send(struct bm_proxy *proxy, uint16_t dst, bool relayed, int except, const uint8_t *pdu, size_t len)
{
	bool sent = false;
	for (uint8_t i = 0; i < proxy->capacity; i++) {
		const bool server = bm_proxy_is_server_link(proxy, i);
		if (i == except || proxy->links->table[i].state != BM_GATT_LINK_OPEN ||
		    proxy->links->table[i].service != BM_GATT_PROXY)
			continue;
		/* A client tells its server what it says itself, and nothing that others say. */
		if (server ? !bm_proxy_filter_passes(&proxy->table[i].filter, dst) : relayed)
			continue;
		if (bm_gatt_link_send(proxy->links, i, BM_PROXY_NETWORK, pdu, len) == BM_OK)
			sent = true;
		else
			bm_env_drop(proxy->env, BM_DROP_TX_FULL, pdu, len);
	}
	return sent;
}

void bm_proxy_update(struct bm_proxy *proxy)
{
	if (proxy->capacity == 0)
		return;
	for (uint8_t i = 0; i < proxy->capacity; i++) {
		if (!bm_proxy_is_server_link(proxy, i))
			continue;
		proxy->table[i].beacon_next = 0;
		send_beacons(proxy, i);
	}
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
}

enum bm_proxy_state bm_proxy_gatt_proxy(const struct bm_proxy *proxy)
{
	if (!proxy->supported)
		return BM_PROXY_NOT_SUPPORTED;
	return proxy->enabled ? BM_PROXY_ENABLED : BM_PROXY_DISABLED;
}

/* The states that let clients in are off: those that are there go (MshPRT 4.2.11.1). */
static void close_if_disabled(struct bm_proxy *proxy)
{
	if (!proxy->enabled && !bm_proxy_is_private(proxy))
		for (uint8_t i = 0; i < proxy->capacity; i++)
			if (bm_proxy_is_server_link(proxy, i))
				bm_gatt_link_close(proxy->links, i);
	update_forwarding(proxy);
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
}

enum bm_err bm_proxy_set_gatt_proxy(struct bm_proxy *proxy, bool on)
{
	if (!proxy->supported)
		return BM_ERR_NOT_SUPPORTED;
	if (on == proxy->enabled)
		return BM_OK;
	proxy->enabled = on;
	/* MshPRT 4.2.46.1, 4.2.12.1: the one kind of proxy at a time; without GATT Proxy no Node Identity. */
	if (on)
		proxy->private_enabled = false;
	for (size_t i = 0; i < proxy->subnet_count; i++) {
		if (on)
			proxy->subnets[i].private_identity_until = 0;
		else
			proxy->subnets[i].identity_until = 0;
	}
	close_if_disabled(proxy);
	return BM_OK;
}

enum bm_proxy_state bm_proxy_private_gatt_proxy(const struct bm_proxy *proxy)
{
	if (!proxy->supported)
		return BM_PROXY_NOT_SUPPORTED;
	return proxy->private_enabled ? BM_PROXY_ENABLED : BM_PROXY_DISABLED;
}

enum bm_err bm_proxy_set_private_gatt_proxy(struct bm_proxy *proxy, bool on)
{
	if (!proxy->supported)
		return BM_ERR_NOT_SUPPORTED;
	if (on && proxy->enabled)
		return BM_ERR_STATE;
	proxy->private_enabled = on;
	for (uint8_t i = 0; !on && i < proxy->subnet_count; i++)
		proxy->subnets[i].private_identity_until = 0;
	close_if_disabled(proxy);
	return BM_OK;
}
