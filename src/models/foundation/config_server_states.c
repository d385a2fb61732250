/*
 * Configuration Server: the states of the node as a whole (MshPRT 4.2.7 to 4.2.20). One handler serves Get and Set of
 * a state; a Set changes it first, then both tell it.
 */
#include "blemesh/config_opcodes.h"
#include "models/foundation/config_server_parts.h"
#include "models/foundation/foundation_servers.h"
#include "transport/heartbeat.h"

static void save(struct bm_model *model)
{
	bm_env_save(model->access->env, BM_STORE_CONFIG, BM_STORED_STATES);
}

static void answer_u8(struct bm_model *model, const struct bm_rx *rx, uint32_t opcode, uint8_t value)
{
	struct bm_outgoing out;
	bm_models_begin(&out, opcode);
	bm_put_u8(&out.w, value);
	bm_models_answer(model, rx, &out.w);
}

/* An octet that may be 0 or 1: false, and the message is dropped, if it is anything else. */
static bool read_switch(struct bm_model *model, struct bm_reader *params, uint8_t *value)
{
	const struct bm_reader whole = *params;
	*value = bm_read_u8(params);
	if (*value <= 1)
		return true;
	bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
	return false;
}

BM_CONFIG_HANDLER(bm_config_on_beacon)
{
	struct bm_net *net = model->access->net;
	uint8_t value;
	if (rx->opcode == BM_OP_CONFIG_BEACON_SET) {
		if (!read_switch(model, params, &value))
			return;
		bm_net_states(net)->beacon = value;
		bm_net_beacon_update(net);
		save(model);
	}
	answer_u8(model, rx, BM_OP_CONFIG_BEACON_STATUS, bm_net_states(net)->beacon);
}

BM_CONFIG_HANDLER(bm_config_on_default_ttl)
{
	if (rx->opcode == BM_OP_CONFIG_DEFAULT_TTL_SET) {
		const struct bm_reader whole = *params;
		const uint8_t ttl = bm_read_u8(params);
		/* MshPRT 4.2.8: 0, or 2 to 127. */
		if (ttl == 1 || ttl > BM_TTL_MAX) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		bm_access_set_default_ttl(model->access, ttl);
		save(model);
	}
	answer_u8(model, rx, BM_OP_CONFIG_DEFAULT_TTL_STATUS, model->access->default_ttl);
}

static void set_feature(struct bm_access *access, uint8_t *state, uint16_t feature, uint8_t value)
{
	if (*state == BM_FEATURE_STATE_NOT_SUPPORTED)
		return;
	*state = value;
	access->enabled = (uint16_t)(value ? access->enabled | feature : access->enabled & ~feature);
	bm_heartbeat_feature(access->transport, feature, value);
}

void bm_config_server_restore_feature(struct bm_config_server *server, uint16_t feature, bool enabled)
{
	uint8_t *state = feature == BM_FEATURE_FRIEND ? &server->friend_state : &server->gatt_proxy;
	set_feature(server->access, state, feature, enabled);
	if (feature == BM_FEATURE_FRIEND && server->friends)
		bm_friend_set_enabled(server->friends, enabled);
}

BM_CONFIG_HANDLER(bm_config_on_friend)
{
	struct bm_config_server *server = model->self;
	uint8_t value;
	if (rx->opcode == BM_OP_CONFIG_FRIEND_SET) {
		if (!read_switch(model, params, &value))
			return;
		set_feature(model->access, &server->friend_state, BM_FEATURE_FRIEND, value);
		/* MshPRT 4.2.17: with the feature its friendships end. */
		if (BM_WITH_FRIEND && server->friends)
			bm_friend_set_enabled(server->friends, value);
		save(model);
	}
	answer_u8(model, rx, BM_OP_CONFIG_FRIEND_STATUS, server->friend_state);
}

/* Another model keeps Private GATT Proxy, which GATT Proxy may have ended. */
static void save_private_proxy(const struct bm_access *access)
{
	const struct bm_model_id id = {.id = BM_MODEL_PRIVATE_BEACON_SERVER};
	struct bm_model *model = bm_access_find_model(access, 0, &id);
	if (model)
		bm_model_state_changed(model);
}

BM_CONFIG_HANDLER(bm_config_on_gatt_proxy)
{
	struct bm_config_server *server = model->self;
	uint8_t value;
	if (rx->opcode == BM_OP_CONFIG_GATT_PROXY_SET) {
		if (!read_switch(model, params, &value))
			return;
		set_feature(model->access, &server->gatt_proxy, BM_FEATURE_PROXY, value);
		save(model);
		/* Where it is not supported, the answer says so. */
		if (BM_WITH_PROXY_SERVER && server->proxy) {
			const enum bm_err ignored = bm_proxy_set_gatt_proxy(server->proxy, value);
			(void)ignored;
			if (BM_WITH_FOUNDATION_1_1)
				save_private_proxy(model->access);
		}
	}
	answer_u8(model, rx, BM_OP_CONFIG_GATT_PROXY_STATUS, server->gatt_proxy);
}

BM_CONFIG_HANDLER(bm_config_on_relay)
{
	struct bm_net_states *states = bm_net_states(model->access->net);
	uint8_t value;
	if (rx->opcode == BM_OP_CONFIG_RELAY_SET) {
		if (!read_switch(model, params, &value))
			return;
		const uint8_t retransmit = bm_read_u8(params);
		if (states->relay_supported) {
			states->relay = value;
			states->relay_retransmit = retransmit;
			bm_heartbeat_feature(model->access->transport, BM_FEATURE_RELAY, value);
			save(model);
		}
	}
	struct bm_outgoing out;
	bm_models_begin(&out, BM_OP_CONFIG_RELAY_STATUS);
	bm_put_u8(&out.w, states->relay_supported ? states->relay : BM_FEATURE_STATE_NOT_SUPPORTED);
	bm_put_u8(&out.w, states->relay_supported ? states->relay_retransmit : 0);
	bm_models_answer(model, rx, &out.w);
}

BM_CONFIG_HANDLER(bm_config_on_network_transmit)
{
	struct bm_net_states *states = bm_net_states(model->access->net);
	if (rx->opcode == BM_OP_CONFIG_NETWORK_TRANSMIT_SET) {
		states->network_transmit = bm_read_u8(params);
		save(model);
	}
	answer_u8(model, rx, BM_OP_CONFIG_NETWORK_TRANSMIT_STATUS, states->network_transmit);
}

/* 0 for a node that is not our low power node (MshPRT 4.4.1.2.12). */
BM_CONFIG_HANDLER(bm_config_on_poll_timeout_get)
{
	const struct bm_config_server *server = model->self;
	const struct bm_reader whole = *params;
	const uint16_t lpn = bm_read_le16(params);
	if (!bm_addr_is_unicast(lpn)) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	struct bm_outgoing out;
	bm_models_begin(&out, BM_OP_CONFIG_LOW_POWER_NODE_POLL_TIMEOUT_STATUS);
	bm_put_le16(&out.w, lpn);
	bm_put_le24(&out.w, BM_WITH_FRIEND && server->friends ? bm_friend_poll_timeout(server->friends, lpn) : 0);
	bm_models_answer(model, rx, &out.w);
}
