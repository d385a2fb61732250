/*
 * The proxy client (MshPRT 6.4, 6.6, 7.2): finds a server of its subnet and tells it what it wants to hear.
 *
 *   OFF ─start▶ SEARCHING ─a server seen, connected▶ FILTERING ─the list stands▶ READY
 *                   ▲                                    └──────── gone ─────────┘
 *
 * A server that stays mute is left for another one, and not taken again for a minute.
 *
 * The filter is an accept list of our addresses and subscriptions, made anew when these change. A server without room
 * for them is given a reject list without addresses: it sends all.
 */
#include <string.h>

#include "proxy/identity.h"
#include "proxy/proxy_state.h"

/* A server that does not answer is asked again. */
#define ANSWER_US (5u * BM_US_PER_S)
#define TRIES_MAX 4u
/* How long a mute server is passed over. */
#define PASSED_OVER_US (60u * BM_US_PER_S)
/* How soon a changed subscription is noticed. */
#define LOOK_US (1u * BM_US_PER_S)

static void set_state(struct bm_proxy *proxy, enum bm_proxy_client_state state)
{
	static const char *const names[] = {"off", "searching", "filtering", "ready"};
	if (state == proxy->client.state)
		return;
	bm_env_trace_state(proxy->env, "proxy_client", names[proxy->client.state], names[state]);
	proxy->client.state = state;
}

static uint32_t digest_wanted(const struct bm_proxy *proxy)
{
	uint32_t digest = 2166136261u;
	uint16_t addr;
	for (size_t i = 0; (addr = proxy->upper.wanted_addr(proxy->upper.ctx, i)) != BM_ADDR_UNASSIGNED; i++)
		digest = (digest ^ addr) * 16777619u;
	return digest;
}

static void wait_for(struct bm_proxy *proxy, uint64_t us)
{
	bm_timer_set_after(&proxy->env->timers, &proxy->client.timer, us);
}

static void send(struct bm_proxy *proxy, const struct bm_proxy_config *config)
{
	/* What cannot be sent now is tried again when the answer is missed. */
	(void)bm_proxy_send_config(proxy, proxy->client.link, proxy->client.net_idx, config);
	wait_for(proxy, ANSWER_US);
}

static void begin_filter(struct bm_proxy *proxy, enum bm_proxy_filter_type type)
{
	const struct bm_proxy_config config = {.opcode = BM_PROXY_SET_FILTER_TYPE, .filter_type = type};
	proxy->client.sent = proxy->client.told = 0;
	proxy->client.wanted = digest_wanted(proxy);
	set_state(proxy, BM_PROXY_CLIENT_FILTERING);
	send(proxy, &config);
}

static void filter_stands(struct bm_proxy *proxy, const struct bm_proxy_config *status)
{
	set_state(proxy, BM_PROXY_CLIENT_READY);
	wait_for(proxy, LOOK_US);
	bm_env_event(proxy->env, &(struct bm_event){.kind = BM_EVENT_PROXY_READY,
						    .net_idx = proxy->client.net_idx,
						    .addr = status->list_size,
						    .action = (uint8_t)status->filter_type});
}

/* The next addresses; false if all were sent. */
static bool add_more(struct bm_proxy *proxy)
{
	struct bm_proxy_config config = {.opcode = BM_PROXY_ADD_ADDRESSES};
	uint16_t addr;
	while (config.addr_count < BM_PROXY_CONFIG_ADDRS_MAX &&
	       (addr = proxy->upper.wanted_addr(proxy->upper.ctx, (size_t)proxy->client.sent + config.addr_count)) !=
		       BM_ADDR_UNASSIGNED)
		config.addrs[config.addr_count++] = addr;
	if (config.addr_count == 0)
		return false;
	proxy->client.sent = (uint16_t)(proxy->client.sent + config.addr_count);
	send(proxy, &config);
	return true;
}

void bm_proxy_client_status(struct bm_proxy *proxy, uint8_t link, const struct bm_proxy_config *status)
{
	struct bm_proxy_client *client = &proxy->client;
	if (client->state < BM_PROXY_CLIENT_FILTERING || link != client->link)
		return;
	client->tries = 0;
	if (client->by_hand || client->state == BM_PROXY_CLIENT_READY || status->filter_type == BM_PROXY_REJECT_LIST) {
		filter_stands(proxy, status);
		return;
	}
	/* The list did not grow by what was added: it is full. Its size counts an address once, and ours are distinct.
	 */
	if (status->list_size < client->sent) {
		begin_filter(proxy, BM_PROXY_REJECT_LIST);
		return;
	}
	client->told = status->list_size;
	if (!add_more(proxy))
		filter_stands(proxy, status);
}

static void tell_closed(struct bm_proxy *proxy)
{
	bm_timer_stop(&proxy->client.timer);
	bm_env_tell(proxy->env, BM_EVENT_PROXY_CLOSED, 0, proxy->client.net_idx);
}

static bool same_peer(const struct bm_gatt_peer *a, const struct bm_gatt_peer *b)
{
	return a->random == b->random && memcmp(a->addr, b->addr, sizeof a->addr) == 0;
}

static void leave_mute_server(struct bm_proxy *proxy)
{
	struct bm_proxy_client *client = &proxy->client;
	client->passed_over = client->peer;
	client->passed_over_until = bm_time_add(bm_env_now(proxy->env), PASSED_OVER_US);
	set_state(proxy, BM_PROXY_CLIENT_SEARCHING);
	bm_gatt_link_close(proxy->links, client->link);
	tell_closed(proxy);
}

static void fire(void *ctx)
{
	struct bm_proxy *proxy = ctx;
	struct bm_proxy_client *client = &proxy->client;
	if (client->state < BM_PROXY_CLIENT_FILTERING || client->by_hand)
		return;
	if (client->state == BM_PROXY_CLIENT_FILTERING && ++client->tries >= TRIES_MAX)
		leave_mute_server(proxy);
	else if (client->state == BM_PROXY_CLIENT_FILTERING || digest_wanted(proxy) != client->wanted)
		begin_filter(proxy, BM_PROXY_ACCEPT_LIST);
	else
		wait_for(proxy, LOOK_US);
}

void bm_proxy_client_init(struct bm_proxy *proxy)
{
	bm_timer_init(&proxy->client.timer, fire, proxy);
}

enum bm_err bm_proxy_client_start(struct bm_proxy *proxy, uint16_t net_idx, uint16_t addr)
{
	if (proxy->capacity == 0 || !proxy->env->bearer.ops->gatt_connect)
		return BM_ERR_NOT_SUPPORTED;
	if (bm_net_addr(proxy->net) == BM_ADDR_UNASSIGNED)
		return BM_ERR_NOT_PROVISIONED;
	if (!bm_net_subnet(proxy->net, net_idx))
		return BM_ERR_NO_KEY;
	if (addr != BM_ADDR_UNASSIGNED && !bm_addr_is_unicast(addr))
		return BM_ERR_INVALID;
	bm_proxy_client_stop(proxy);
	proxy->client.net_idx = net_idx;
	proxy->client.addr = addr;
	proxy->client.by_hand = false;
	proxy->client.passed_over_until = 0;
	set_state(proxy, BM_PROXY_CLIENT_SEARCHING);
	return BM_OK;
}

void bm_proxy_client_stop(struct bm_proxy *proxy)
{
	struct bm_proxy_client *client = &proxy->client;
	const bool connected = client->state >= BM_PROXY_CLIENT_FILTERING;
	set_state(proxy, BM_PROXY_CLIENT_OFF);
	if (!connected)
		return;
	bm_gatt_link_close(proxy->links, client->link);
	tell_closed(proxy);
}

static bool matches(const struct bm_proxy *proxy, const struct bm_net_keys *keys, const struct bm_proxy_id *id)
{
	const bool network = id->type == BM_PROXY_ID_NETWORK || id->type == BM_PROXY_ID_PRIVATE_NETWORK;
	if (proxy->client.addr != BM_ADDR_UNASSIGNED)
		return !network && bm_proxy_is(keys, proxy->client.addr, id);
	if (network)
		return bm_proxy_is(keys, 0, id);
	uint16_t addr;
	for (size_t i = 0; (addr = proxy->upper.known_addr(proxy->upper.ctx, i)) != BM_ADDR_UNASSIGNED; i++)
		if (bm_proxy_is(keys, addr, id))
			return true;
	return false;
}

void bm_proxy_client_seen(struct bm_proxy *proxy, const struct bm_gatt_seen *seen)
{
	struct bm_proxy_id id;
	if (proxy->client.state != BM_PROXY_CLIENT_SEARCHING || bm_gatt_links_connecting(proxy->links))
		return;
	if (bm_proxy_id_decode(seen->data, seen->len, &id)) {
		bm_env_drop(proxy->env, BM_DROP_MALFORMED, seen->data, seen->len);
		return;
	}
	if (proxy->client.passed_over_until > bm_env_now(proxy->env) &&
	    same_peer(&proxy->client.passed_over, &seen->peer))
		return;
	const struct bm_subnet *subnet = bm_net_subnet(proxy->net, proxy->client.net_idx);
	for (size_t k = 0; subnet && k < BM_ARRAY_LEN(subnet->keys); k++) {
		if (!subnet->keys[k].valid || !matches(proxy, &subnet->keys[k], &id))
			continue;
		/* If it is busy, the next advertising comes. */
		if (bm_gatt_links_connect(proxy->links, &seen->peer, BM_GATT_PROXY) == BM_OK)
			proxy->client.peer = seen->peer;
		return;
	}
}

void bm_proxy_client_opened(struct bm_proxy *proxy, uint8_t link)
{
	if (proxy->client.state != BM_PROXY_CLIENT_SEARCHING) {
		bm_gatt_link_close(proxy->links, link);
		return;
	}
	proxy->client.link = link;
	proxy->client.tries = 0;
	set_state(proxy, BM_PROXY_CLIENT_FILTERING);
	bm_env_tell(proxy->env, BM_EVENT_PROXY_OPEN, 0, proxy->client.net_idx);
	if (proxy->client.state == BM_PROXY_CLIENT_FILTERING && !proxy->client.by_hand)
		begin_filter(proxy, BM_PROXY_ACCEPT_LIST);
}

void bm_proxy_client_closed(struct bm_proxy *proxy, uint8_t link)
{
	if (proxy->client.state < BM_PROXY_CLIENT_FILTERING || link != proxy->client.link)
		return;
	set_state(proxy, BM_PROXY_CLIENT_SEARCHING);
	tell_closed(proxy);
}

enum bm_err bm_proxy_client_config(struct bm_proxy *proxy, const struct bm_proxy_config *config)
{
	if (proxy->client.state < BM_PROXY_CLIENT_FILTERING)
		return BM_ERR_STATE;
	proxy->client.by_hand = true;
	bm_timer_stop(&proxy->client.timer);
	return bm_proxy_send_config(proxy, proxy->client.link, proxy->client.net_idx, config);
}
