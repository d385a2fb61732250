/*
 * The node: owns the memory and wires the floors together. It alone knows them all; what goes up between floors goes
 * through the callbacks set here.
 *
 *   unprovisioned ──(provisioned by a provisioner, or provision_self)──▶ provisioned
 *        ▲                                                                   │
 *        └──────────────(bm_node_reset, Config Node Reset)───────────────────┘
 */
#include "blemesh/node.h"

#include <string.h>

#include "base/arena.h"
#include "blemesh/health.h"
#include "node/node_state.h"

#define BEACON_UNPROVISIONED 0x00
#define BEACON_SECURE_NETWORK 0x01
#define BEACON_PRIVATE 0x02

static void carve_config_client(struct bm_node *node, const struct bm_limits *limits, struct bm_arena *arena)
{
	struct bm_config_client counted; /* stands in where memory is only counted */
	node->config_client = bm_arena_take(arena, limits->config_requests ? 1 : 0, sizeof *node->config_client);
	bm_config_client_carve(node->config_client ? node->config_client : &counted, limits, arena);
}

static void carve(struct bm_node *node, const struct bm_limits *limits, struct bm_arena *arena)
{
	(void)bm_arena_take(arena, 1, sizeof *node);
	bm_net_carve(&node->net, limits, arena);
	bm_transport_carve(&node->transport, limits, arena);
	bm_node_friend_carve(node, limits, arena);
	bm_access_carve(&node->access, limits, arena);
	if (BM_WITH_PROVISIONER)
		bm_provisioner_carve(&node->provisioner, limits, arena);
	if (BM_WITH_GATT)
		bm_gatt_links_carve(&node->gatt, limits->gatt_links, arena);
	if (BM_NODE_HAS_PROXY)
		bm_proxy_carve(&node->proxy, limits, arena);
	if (BM_WITH_CONFIG_CLIENT)
		carve_config_client(node, limits, arena);
	node->foundation = bm_arena_take(arena, BM_NODE_HAS_FOUNDATION, sizeof *node->foundation);
	node->record_max = BM_WITH_STORE ? bm_node_record_max(limits) : 0;
	node->record = bm_arena_take(arena, node->record_max, 1);
}

size_t bm_node_size(const struct bm_limits *limits)
{
	if (!bm_node_limits_valid(limits))
		return 0;
	struct bm_arena arena = {0};
	struct bm_node probe;
	carve(&probe, limits, &arena);
	return arena.used;
}

/* Between the floors: what goes up. */

static bool net_accepts(void *ctx, uint16_t dst)
{
	struct bm_node *node = ctx;
	return bm_access_accepts(&node->access, dst) || bm_heartbeat_accepts(&node->transport, dst);
}

static void net_receive(void *ctx, const struct bm_net_rx *rx)
{
	struct bm_node *node = ctx;
	bm_transport_receive(&node->transport, rx);
}

static bool net_busy(void *ctx)
{
	const struct bm_node *node = ctx;
	return bm_transport_busy(&node->transport);
}

static void net_keys_revoked(void *ctx, uint16_t net_idx)
{
	struct bm_node *node = ctx;
	struct bm_app_keys *keys = bm_transport_app_keys(&node->transport);
	bm_app_keys_revoke_old(keys, net_idx);
	for (size_t i = 0; i < keys->capacity; i++)
		if (keys->table[i].used && keys->table[i].net_idx == net_idx)
			bm_env_save(&node->env, BM_STORE_APP_KEY, keys->table[i].app_idx);
}

static bool net_gatt_send(void *ctx, uint16_t dst, bool relayed, int except, const uint8_t *pdu, size_t len)
{
	struct bm_node *node = ctx;
	return bm_proxy_gatt_send(&node->proxy, dst, relayed, except, pdu, len);
}

static void net_beacon_changed(void *ctx)
{
	struct bm_node *node = ctx;
	bm_proxy_update(&node->proxy);
}

static void transport_access(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	struct bm_node *node = ctx;
	bm_access_receive(&node->access, rx, payload, len);
}

static enum bm_err become_node(struct bm_node *node, const struct bm_prov_data *data, const uint8_t dev_key[16])
{
	const uint8_t elements = node->access.element_count;
	if (!bm_addr_is_unicast(data->addr) || data->addr + elements - 1 > 0x7fff)
		return BM_ERR_INVALID;
	struct bm_subnet *subnet;
	const enum bm_err err = bm_subnet_add(bm_net_subnets(&node->net), data->net_idx, data->net_key,
					      data->key_refresh, &subnet);
	if (err)
		return err;
	bm_dev_keys_set_own(bm_transport_dev_keys(&node->transport), dev_key);
	bm_net_start(&node->net, data->addr, elements, data->iv_index, data->iv_update);
	/* What is not kept would be nothing after a power cut: nobody is told that it succeeded. */
	if (bm_node_store_new(node, data->net_idx)) {
		bm_node_store_forget(node);
		bm_node_forget_tables(node);
		return BM_ERR_STORE;
	}
	bm_node_store_watch(node);
	if (BM_NODE_HAS_PROXY)
		bm_proxy_start(&node->proxy);
	if (BM_WITH_LOW_POWER)
		bm_lpn_start(&node->lpn);
	return BM_OK;
}

static enum bm_err device_provisioned(void *ctx, const struct bm_prov_data *data, const uint8_t dev_key[16])
{
	struct bm_node *node = ctx;
	const enum bm_err err = become_node(node, data, dev_key);
	if (err)
		return err;
	/* MshPRT 7.2.2.2.3: whoever provisioned it over GATT is to find it again; it may be no proxy. */
	if (BM_WITH_PROXY_SERVER && node->device.over_gatt) {
		const enum bm_err ignored = bm_proxy_set_node_identity(&node->proxy, data->net_idx, false, true);
		(void)ignored;
	}
	bm_prov_device_stop(&node->device);
	bm_env_tell(&node->env, BM_EVENT_PROVISIONED, data->addr, data->net_idx);
	return BM_OK;
}

static struct bm_net_states initial_states(const struct bm_node_config *config)
{
	const bool relay = config->features & BM_FEATURE_RELAY;
	return (struct bm_net_states){
		.beacon = config->beacon,
		.private_interval = BM_PRIVATE_INTERVAL_DEFAULT,
		.relay_supported = relay,
		.relay = relay,
		.network_transmit = config->network_transmit,
		.relay_retransmit = config->relay_retransmit,
	};
}

void bm_node_forget_tables(struct bm_node *node)
{
	if (BM_WITH_CONFIG_CLIENT && node->config_client)
		bm_config_client_reset(node->config_client);
	if (BM_WITH_PROVISIONER)
		bm_provisioner_reset(&node->provisioner);
	bm_access_reset(&node->access);
	bm_node_friend_reset(node);
	bm_transport_reset(&node->transport);
	bm_net_reset(&node->net);
	/* How the former network had it configured is nothing to the next one. */
	bm_access_set_default_ttl(&node->access, node->config.default_ttl);
	*bm_net_states(&node->net) = initial_states(&node->config);
	if (BM_NODE_HAS_PROXY)
		bm_proxy_reset(&node->proxy);
}

static void forget(struct bm_node *node)
{
	bm_node_store_forget(node);
	bm_node_forget_tables(node);
	bm_env_tell(&node->env, BM_EVENT_RESET, 0, 0);
	if (node->prov_bearers && !bm_node_is_provisioned(node))
		bm_prov_device_start(&node->device, node->prov_bearers);
}

static void config_server_reset(void *ctx)
{
	forget(ctx);
}

/* The public surface. */

static void init_floors(struct bm_node *node)
{
	const struct bm_node_config *config = &node->config;
	const struct bm_net_states states = initial_states(config);
	struct bm_net_upper net_upper = {.ctx = node,
					 .accepts = net_accepts,
					 .receive = net_receive,
					 .busy = net_busy,
					 .gatt_send = BM_NODE_HAS_PROXY ? net_gatt_send : NULL,
					 .beacon_changed = BM_NODE_HAS_PROXY ? net_beacon_changed : NULL,
					 .keys_revoked = net_keys_revoked};
	struct bm_transport_upper transport_upper = {.ctx = node, .access = transport_access};
	bm_node_friend_net(&net_upper);
	bm_node_friend_transport(&transport_upper);
	const struct bm_access_identity identity = {.company = config->company,
						    .product = config->product,
						    .version = config->version,
						    .features = config->features,
						    .all_pages = config->foundation & BM_FOUNDATION_LARGE_COMPOSITION,
						    .profiles = config->profiles,
						    .profiles_len = config->profiles ? config->profiles_len : 0};
	bm_net_init(&node->net, &node->env, &config->limits, &net_upper, &states);
	bm_transport_init(&node->transport, &node->env, &config->limits, &node->net, &transport_upper);
	bm_node_friend_init(node);
	bm_access_init(&node->access, &node->env, &config->limits, &node->net, &node->transport, &identity,
		       config->default_ttl);
	if (BM_WITH_GATT)
		bm_node_gatt_init(node);
	if (BM_NODE_HAS_PROXY)
		bm_node_proxy_init(node);
	if (BM_WITH_PROVISIONER)
		bm_node_provisioner_init(node);
}

struct asked_model {
	uint8_t bit;
	struct bm_model *model;
};

/* The models of Mesh 1.1 that were asked for. */
static enum bm_err add_asked_for(struct bm_node *node, uint8_t asked, const struct asked_model *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!(asked & rows[i].bit))
			continue;
		const enum bm_err err = bm_access_add_model(&node->access, 0, rows[i].model);
		if (err)
			return err;
	}
	return BM_OK;
}

static enum bm_err add_servers(struct bm_node *node, struct bm_node_foundation *servers)
{
	const struct asked_model rows[] = {
		{BM_FOUNDATION_PRIVATE_BEACON, &servers->private_beacon.model},
		{BM_FOUNDATION_SAR_CONFIG, &servers->sar_config},
		{BM_FOUNDATION_OPCODES_AGGREGATOR, &servers->opcodes_aggregator},
		{BM_FOUNDATION_LARGE_COMPOSITION, &servers->large_composition},
		{BM_FOUNDATION_ON_DEMAND_PROXY, &servers->on_demand_proxy.model},
		{BM_FOUNDATION_ON_DEMAND_PROXY, &servers->on_demand_proxy.solicitation_rpl},
	};
	if (BM_WITH_PRIVATE_BEACON)
		bm_private_beacon_server_init(&servers->private_beacon, &node->proxy, &node->config_server.model);
	if (BM_WITH_FOUNDATION_1_1) {
		const bool extends = node->config.foundation & BM_FOUNDATION_PRIVATE_BEACON;
		bm_on_demand_proxy_server_init(&servers->on_demand_proxy, &node->proxy,
					       extends ? &servers->private_beacon.model : NULL);
		bm_sar_config_server_init(&servers->sar_config);
		bm_opcodes_aggregator_server_init(&servers->opcodes_aggregator);
		bm_large_composition_server_init(&servers->large_composition, &node->config_server.model);
	}
	return add_asked_for(node, node->config.foundation, rows, BM_ARRAY_LEN(rows));
}

static enum bm_err add_clients(struct bm_node *node, struct bm_config_client *client)
{
	const struct asked_model rows[] = {
		{BM_FOUNDATION_ON_DEMAND_PROXY, &client->on_demand_proxy},
		{BM_FOUNDATION_ON_DEMAND_PROXY, &client->solicitation_rpl},
		{BM_FOUNDATION_PRIVATE_BEACON, &client->private_beacon},
		{BM_FOUNDATION_SAR_CONFIG, &client->sar_config},
		{BM_FOUNDATION_OPCODES_AGGREGATOR, &client->aggregator},
		{BM_FOUNDATION_LARGE_COMPOSITION, &client->large_composition},
	};
	return add_asked_for(node, node->config.foundation_clients, rows, BM_ARRAY_LEN(rows));
}

static enum bm_err add_foundation(struct bm_node *node)
{
	uint8_t primary;
	enum bm_err err = bm_access_add_element(&node->access, 0x0000, &primary);
	if (err)
		return err;
	bm_config_server_init(&node->config_server, &node->access, config_server_reset, node);
	node->config_server.proxy = &node->proxy;
	node->config_server.friends = &node->friends;
	err = bm_access_add_model(&node->access, primary, &node->config_server.model);
	if (err)
		return err;
	node->health_faults.company = node->config.company;
	bm_health_server_init(&node->health_server, &node->health_faults, 1, NULL, NULL);
	err = bm_access_add_model(&node->access, primary, &node->health_server.model);
	const bool client = BM_WITH_CONFIG_CLIENT && node->config_client;
	if (!err && client)
		err = bm_access_add_model(&node->access, primary, &node->config_client->model);
	if (!err && BM_NODE_HAS_FOUNDATION)
		err = add_servers(node, node->foundation);
	return !err && client ? add_clients(node, node->config_client) : err;
}

enum bm_err bm_node_init(void *mem, size_t len, const struct bm_node_config *config, const struct bm_node_ops *ops,
			 const struct bm_bearer *bearer, struct bm_node **out)
{
	*out = NULL;
	if (!bm_node_is_built(config, ops))
		return BM_ERR_NOT_SUPPORTED;
	const size_t size = bm_node_size(&config->limits);
	if (size == 0 || !ops->random || !ops->event || config->default_ttl == 1 || config->default_ttl > BM_TTL_MAX)
		return BM_ERR_INVALID;
	if (len < size)
		return BM_ERR_NO_SPACE;
	struct bm_arena arena = {.mem = mem, .size = len};
	struct bm_node *node = mem;
	memset(node, 0, sizeof *node);
	carve(node, &config->limits, &arena);
	node->size = size;
	node->config = *config;
	node->config.features = bm_node_friend_features(config);
	/* Without GATT links there are no clients. */
	if (config->limits.gatt_links == 0)
		node->config.features &= (uint16_t)~BM_FEATURE_PROXY;
	node->env.ops = *ops;
	node->env.bearer = *bearer;
	init_floors(node);
	if (BM_WITH_CONFIG_CLIENT && node->config_client)
		bm_config_client_init(node->config_client, &node->access, &config->limits);
	if (BM_WITH_STORE)
		bm_node_store_init(node);
	const enum bm_err err = add_foundation(node);
	if (err)
		return err;
	*out = node;
	return BM_OK;
}

struct bm_health_server *bm_node_health_server(struct bm_node *node)
{
	return &node->health_server;
}

enum bm_err bm_node_add_element(struct bm_node *node, uint16_t location, uint8_t *index)
{
	return node->started ? BM_ERR_STATE : bm_access_add_element(&node->access, location, index);
}

enum bm_err bm_node_add_model(struct bm_node *node, uint8_t element, struct bm_model *model)
{
	return node->started ? BM_ERR_STATE : bm_access_add_model(&node->access, element, model);
}

enum bm_err bm_node_start(struct bm_node *node, bm_time now)
{
	if (node->started)
		return BM_ERR_STATE;
	bm_timers_advance(&node->env.timers, now);
	node->started = true;
	/* Before a restart the receiver may have slept. */
	bm_lpn_reset(&node->lpn);
	struct bm_prov_device_config device = {
		.oob_info = node->config.oob_info,
		.caps = node->config.caps,
		.static_oob = node->config.static_oob,
		.static_oob_len = node->config.static_oob_len,
		.require_auth = node->config.require_auth,
		.private_key = node->config.oob_private_key,
	};
	memcpy(device.uuid, node->config.uuid, sizeof device.uuid);
	device.caps.elements = node->access.element_count;
	const struct bm_prov_device_upper upper = {.ctx = node,
						   .provisioned = device_provisioned,
						   .connectable = bm_node_prov_connectable,
						   .gatt = bm_node_link_gatt(node)};
	/* Before the node is provisioned nobody sends it an access payload. */
	_Static_assert(sizeof(struct bm_prov_exchange) <= BM_TRANSPORT_PLAIN_MIN, "one place for both");
	bm_prov_device_init(&node->device, &node->env, &device, &upper, (void *)node->transport.plain);
	struct bm_event restored = BM_WITH_STORE ? bm_node_restored_start(node) : (struct bm_event){0};
	bm_access_start(&node->access);
	if (restored.kind == BM_EVENT_RESTORED)
		bm_env_event(&node->env, &restored);
	return BM_OK;
}

void bm_node_wipe(struct bm_node *node)
{
	bm_wipe(node, node->size);
}

bm_time bm_node_deadline(const struct bm_node *node)
{
	return bm_timers_deadline(&node->env.timers);
}

void bm_node_run(struct bm_node *node, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	bm_timers_run(&node->env.timers);
}

static void receive_beacon(struct bm_node *node, const uint8_t *beacon, size_t len, int8_t rssi)
{
	if (len == 0) {
		bm_env_drop(&node->env, BM_DROP_MALFORMED, beacon, len);
	} else if (beacon[0] == BEACON_UNPROVISIONED) {
		if (BM_WITH_PROVISIONER && node->config.limits.prov_links > 0)
			bm_provisioner_receive_beacon(&node->provisioner, beacon, len, rssi);
	} else if (beacon[0] == BEACON_SECURE_NETWORK || beacon[0] == BEACON_PRIVATE) {
		if (bm_node_is_provisioned(node))
			bm_net_receive_beacon(&node->net, beacon, len, rssi);
	} else {
		bm_env_drop(&node->env, BM_DROP_UNKNOWN_TYPE, beacon, len);
	}
}

void bm_node_receive(struct bm_node *node, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi,
		     bm_time now)
{
	if (!node->started || node->env.adv_off)
		return;
	bm_timers_advance(&node->env.timers, now);
	switch (ad_type) {
	case BM_AD_MESH_MESSAGE:
		if (bm_node_is_provisioned(node))
			bm_net_receive(&node->net, payload, len, rssi);
		else
			bm_env_drop(&node->env, BM_DROP_NOT_PROVISIONED, payload, len);
		break;
	case BM_AD_MESH_BEACON:
		receive_beacon(node, payload, len, rssi);
		break;
	case BM_AD_PB_ADV:
		if (bm_prov_device_receive(&node->device, payload, len))
			break;
		if (BM_WITH_PROVISIONER && node->config.limits.prov_links > 0 &&
		    bm_provisioner_receive(&node->provisioner, payload, len))
			break;
		bm_env_drop(&node->env, BM_DROP_PROV_FOREIGN, payload, len);
		break;
	case BM_AD_SERVICE_DATA:
		if (BM_WITH_PROXY_SERVER && BM_WITH_FOUNDATION_1_1 && len >= 2 &&
		    (payload[0] | payload[1] << 8) == BM_GATT_SOLICITATION && bm_node_is_provisioned(node))
			bm_proxy_receive_solicitation(&node->proxy, payload + 2, len - 2);
		break;
	default:
		break; /* somebody else's advertising */
	}
}

enum bm_err bm_node_prov_enable(struct bm_node *node, uint8_t bearers, bm_time now)
{
	if (!node->started || bm_node_is_provisioned(node))
		return BM_ERR_STATE;
	if (bearers == 0 || (bearers & ~(BM_PROV_BEARER_ADV | BM_PROV_BEARER_GATT)))
		return BM_ERR_INVALID;
	bm_timers_advance(&node->env.timers, now);
	node->prov_bearers = bearers;
	bm_prov_device_start(&node->device, bearers);
	return BM_OK;
}

void bm_node_prov_disable(struct bm_node *node, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	node->prov_bearers = 0;
	if (node->started && !bm_node_is_provisioned(node))
		bm_prov_device_stop(&node->device);
}

enum bm_err bm_node_input_oob(struct bm_node *node, const struct bm_oob_value *value, bm_time now)
{
	if (!node->started)
		return BM_ERR_STATE;
	bm_timers_advance(&node->env.timers, now);
	return bm_prov_device_input(&node->device, value);
}

enum bm_err bm_node_provision_self(struct bm_node *node, const struct bm_prov_data *data, const uint8_t *dev_key,
				   bm_time now)
{
	if (!node->started || bm_node_is_provisioned(node))
		return BM_ERR_STATE;
	bm_timers_advance(&node->env.timers, now);
	bm_prov_device_stop(&node->device);
	return become_node(node, data, dev_key);
}

enum bm_err bm_node_reset(struct bm_node *node, bm_time now)
{
	if (!bm_node_is_provisioned(node))
		return BM_ERR_NOT_PROVISIONED;
	bm_timers_advance(&node->env.timers, now);
	forget(node);
	return BM_OK;
}

bool bm_node_is_provisioned(const struct bm_node *node)
{
	return bm_net_addr(&node->net) != BM_ADDR_UNASSIGNED;
}

uint16_t bm_node_addr(const struct bm_node *node)
{
	return bm_net_addr(&node->net);
}

uint8_t bm_node_element_count(const struct bm_node *node)
{
	return node->access.element_count;
}

uint32_t bm_node_iv_index(const struct bm_node *node)
{
	return node->net.iv.index;
}

const struct bm_counters *bm_node_counters(const struct bm_node *node)
{
	return &node->env.counters;
}

enum bm_err bm_node_provision(struct bm_node *node, const struct bm_provision_params *params, bm_time now)
{
	if (!BM_WITH_PROVISIONER || node->config.limits.prov_links == 0)
		return BM_ERR_NOT_SUPPORTED;
	if (!bm_node_is_provisioned(node))
		return BM_ERR_NOT_PROVISIONED;
	if (!bm_net_subnet(&node->net, params->net_idx))
		return BM_ERR_NO_KEY;
	bm_timers_advance(&node->env.timers, now);
	return bm_provisioner_start(&node->provisioner, params);
}

enum bm_err bm_node_provision_addr(struct bm_node *node, const uint8_t *uuid, uint16_t addr)
{
	return bm_provisioner_addr(&node->provisioner, uuid, addr);
}

enum bm_err bm_node_provision_oob(struct bm_node *node, const uint8_t *uuid, const struct bm_oob_value *value,
				  bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	return bm_provisioner_oob(&node->provisioner, uuid, value);
}

void bm_node_provision_cancel(struct bm_node *node, const uint8_t *uuid, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	bm_provisioner_cancel(&node->provisioner, uuid);
}

struct bm_config_client *bm_node_config_client(struct bm_node *node, bm_time now)
{
	if (!BM_WITH_CONFIG_CLIENT || node->config.limits.config_requests == 0)
		return NULL;
	bm_timers_advance(&node->env.timers, now);
	return node->config_client;
}
