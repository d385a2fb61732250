/*
 * Configuration Server: NetKeys, AppKeys and Key Refresh (MshPRT 4.4.1.2.5, 4.4.1.2.9 and 3.11.4).
 *
 * Key values are compared in constant time and wiped when they go. A key that is added twice with the same value is a
 * repeated message: it succeeds.
 */
#include "blemesh/config_opcodes.h"
#include "models/foundation/config_server_parts.h"
#include "pdu/key_index.h"
#include "transport/heartbeat.h"

/* Values of Key Refresh Phase Set's Transition (MshPRT 4.3.2.52). */
#define TRANSITION_USE_NEW 2u
#define TRANSITION_REVOKE_OLD 3u

static struct bm_subnet *find_subnet(const struct bm_access *access, uint16_t net_idx)
{
	return bm_net_subnet(access->net, net_idx);
}

static struct bm_app_key *find_app_key(const struct bm_access *access, uint16_t app_idx)
{
	return bm_transport_app_key(access->transport, app_idx);
}

/* AppKeys. */

static void answer_app_key(struct bm_model *model, const struct bm_rx *rx, enum bm_config_status status,
			   uint16_t net_idx, uint16_t app_idx)
{
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_APP_KEY_STATUS, status);
	bm_put_key_indexes(&out.w, net_idx, app_idx);
	bm_models_answer(model, rx, &out.w);
}

static enum bm_config_status add_app_key(struct bm_access *access, uint16_t net_idx, uint16_t app_idx,
					 const uint8_t key[BM_KEY_LEN])
{
	if (!find_subnet(access, net_idx))
		return BM_CONFIG_INVALID_NET_KEY_INDEX;
	const struct bm_app_key *held = find_app_key(access, app_idx);
	if (held && held->net_idx != net_idx)
		return BM_CONFIG_INVALID_NET_KEY_INDEX;
	if (held)
		return bm_equal_constant_time(held->values[0].key, key, BM_KEY_LEN)
			       ? BM_CONFIG_SUCCESS
			       : BM_CONFIG_KEY_INDEX_ALREADY_STORED;
	if (bm_app_key_add(bm_transport_app_keys(access->transport), net_idx, app_idx, key))
		return BM_CONFIG_INSUFFICIENT_RESOURCES;
	bm_env_save(access->env, BM_STORE_APP_KEY, app_idx);
	return BM_CONFIG_SUCCESS;
}

static enum bm_config_status update_app_key(struct bm_access *access, uint16_t net_idx, uint16_t app_idx,
					    const uint8_t key[BM_KEY_LEN])
{
	const struct bm_subnet *subnet = find_subnet(access, net_idx);
	if (!subnet)
		return BM_CONFIG_INVALID_NET_KEY_INDEX;
	struct bm_app_key *held = find_app_key(access, app_idx);
	if (!held)
		return BM_CONFIG_INVALID_APP_KEY_INDEX;
	if (held->net_idx != net_idx)
		return BM_CONFIG_INVALID_BINDING;
	/* MshPRT 3.11.4.1: new values are given out in phase 1 alone, and once. */
	if (subnet->phase != 1)
		return BM_CONFIG_CANNOT_UPDATE;
	if (held->values[1].valid)
		return bm_equal_constant_time(held->values[1].key, key, BM_KEY_LEN) ? BM_CONFIG_SUCCESS
										    : BM_CONFIG_CANNOT_UPDATE;
	bm_app_key_value_set(&held->values[1], key);
	bm_env_save(access->env, BM_STORE_APP_KEY, app_idx);
	return BM_CONFIG_SUCCESS;
}

/* Add and Update. */
BM_CONFIG_HANDLER(bm_config_on_app_key_value)
{
	uint16_t net_idx, app_idx;
	bm_read_key_indexes(params, &net_idx, &app_idx);
	const uint8_t *key = bm_read_octets(params, BM_KEY_LEN);
	const enum bm_config_status status = rx->opcode == BM_OP_CONFIG_APP_KEY_ADD
						     ? add_app_key(model->access, net_idx, app_idx, key)
						     : update_app_key(model->access, net_idx, app_idx, key);
	answer_app_key(model, rx, status, net_idx, app_idx);
}

static enum bm_config_status delete_app_key(struct bm_access *access, uint16_t app_idx)
{
	bm_access_forget_app_key(access, app_idx);
	if (bm_app_key_delete(bm_transport_app_keys(access->transport), app_idx))
		return BM_CONFIG_UNSPECIFIED_ERROR;
	bm_env_save(access->env, BM_STORE_APP_KEY, app_idx);
	return BM_CONFIG_SUCCESS;
}

BM_CONFIG_HANDLER(bm_config_on_app_key_delete)
{
	uint16_t net_idx, app_idx;
	bm_read_key_indexes(params, &net_idx, &app_idx);
	const struct bm_app_key *held = find_app_key(model->access, app_idx);
	/* A key that is not there is as good as deleted: the request may be a repeated one. */
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	if (!find_subnet(model->access, net_idx))
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	else if (held && held->net_idx != net_idx)
		status = BM_CONFIG_INVALID_BINDING;
	else if (held)
		status = delete_app_key(model->access, app_idx);
	answer_app_key(model, rx, status, net_idx, app_idx);
}

BM_CONFIG_HANDLER(bm_config_on_app_key_get)
{
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const bool known = find_subnet(model->access, net_idx);
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_APP_KEY_LIST, known ? BM_CONFIG_SUCCESS : BM_CONFIG_INVALID_NET_KEY_INDEX);
	bm_put_le16(&out.w, net_idx);
	struct bm_key_list list = {.w = &out.w};
	const struct bm_app_keys *keys = bm_transport_app_keys(model->access->transport);
	for (size_t i = 0; known && i < keys->capacity; i++)
		if (keys->table[i].used && keys->table[i].net_idx == net_idx)
			bm_key_list_add(&list, keys->table[i].app_idx);
	bm_key_list_end(&list);
	bm_models_answer(model, rx, &out.w);
}

/* NetKeys. */

static void answer_net_key(struct bm_model *model, const struct bm_rx *rx, enum bm_config_status status,
			   uint16_t net_idx)
{
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_NET_KEY_STATUS, status);
	bm_put_le16(&out.w, net_idx);
	bm_models_answer(model, rx, &out.w);
}

static enum bm_config_status add_net_key(struct bm_access *access, uint16_t net_idx, const uint8_t key[BM_KEY_LEN])
{
	const struct bm_subnet *held = find_subnet(access, net_idx);
	/* A node provisioned during a Key Refresh holds the new key alone. */
	const struct bm_net_keys *keys = held && held->keys[0].valid ? &held->keys[0] : held ? &held->keys[1] : NULL;
	if (keys)
		return bm_equal_constant_time(keys->net_key, key, BM_KEY_LEN) ? BM_CONFIG_SUCCESS
									      : BM_CONFIG_KEY_INDEX_ALREADY_STORED;
	struct bm_subnet *subnet;
	if (bm_subnet_add(bm_net_subnets(access->net), net_idx, key, false, &subnet))
		return BM_CONFIG_INSUFFICIENT_RESOURCES;
	bm_env_save(access->env, BM_STORE_SUBNET, net_idx);
	bm_net_beacon_update(access->net);
	return BM_CONFIG_SUCCESS;
}

static enum bm_config_status update_net_key(struct bm_access *access, uint16_t net_idx, const uint8_t key[BM_KEY_LEN])
{
	struct bm_subnet *subnet = find_subnet(access, net_idx);
	if (!subnet)
		return BM_CONFIG_INVALID_NET_KEY_INDEX;
	if (subnet->phase == 1 && bm_equal_constant_time(subnet->keys[1].net_key, key, BM_KEY_LEN))
		return BM_CONFIG_SUCCESS;
	if (subnet->phase != 0)
		return BM_CONFIG_CANNOT_UPDATE;
	/* A new key that is the old one would refresh nothing. */
	if (bm_equal_constant_time(subnet->keys[0].net_key, key, BM_KEY_LEN))
		return BM_CONFIG_KEY_INDEX_ALREADY_STORED;
	bm_net_keys_derive(&subnet->keys[1], key);
	subnet->phase = 1;
	bm_env_save(access->env, BM_STORE_SUBNET, net_idx);
	bm_net_beacon_update(access->net);
	return BM_CONFIG_SUCCESS;
}

/* Add and Update. */
BM_CONFIG_HANDLER(bm_config_on_net_key_value)
{
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const uint8_t *key = bm_read_octets(params, BM_KEY_LEN);
	const enum bm_config_status status = rx->opcode == BM_OP_CONFIG_NET_KEY_ADD
						     ? add_net_key(model->access, net_idx, key)
						     : update_net_key(model->access, net_idx, key);
	answer_net_key(model, rx, status, net_idx);
}

static void forget_subnet(struct bm_access *access, struct bm_subnet *subnet)
{
	const uint16_t net_idx = subnet->net_idx;
	const struct bm_app_keys *keys = bm_transport_app_keys(access->transport);
	/* MshPRT 4.4.1.2.9: the AppKeys bound to a NetKey go with it. */
	for (size_t i = 0; i < keys->capacity; i++)
		if (keys->table[i].used && keys->table[i].net_idx == net_idx)
			(void)delete_app_key(access, keys->table[i].app_idx);
	bm_net_beacon_stop(access->net, subnet);
	bm_subnet_remove(bm_net_subnets(access->net), subnet);
	bm_env_save(access->env, BM_STORE_SUBNET, net_idx);
	bm_net_beacon_update(access->net);
}

BM_CONFIG_HANDLER(bm_config_on_net_key_delete)
{
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	struct bm_subnet *subnet = find_subnet(model->access, net_idx);
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	/* MshPRT 4.4.1.2.9: not the key that secures this very message. One that is not there is as good as gone. */
	if (net_idx == rx->net_idx)
		status = BM_CONFIG_CANNOT_REMOVE;
	else if (subnet) {
		forget_subnet(model->access, subnet);
		bm_heartbeat_forget_subnet(model->access->transport, net_idx);
		const struct bm_config_server *server = model->self;
		if (server->friends)
			bm_friend_forget_subnet(server->friends, net_idx);
		bm_env_save(model->access->env, BM_STORE_CONFIG, BM_STORED_HEARTBEAT);
	}
	answer_net_key(model, rx, status, net_idx);
}

BM_CONFIG_HANDLER(bm_config_on_net_key_get)
{
	(void)params;
	struct bm_outgoing out;
	bm_models_begin(&out, BM_OP_CONFIG_NET_KEY_LIST);
	struct bm_key_list list = {.w = &out.w};
	const struct bm_subnets *subnets = bm_net_subnets(model->access->net);
	for (size_t i = 0; i < subnets->capacity; i++)
		if (subnets->table[i].used)
			bm_key_list_add(&list, subnets->table[i].net_idx);
	bm_key_list_end(&list);
	bm_models_answer(model, rx, &out.w);
}

/* Key Refresh and Node Identity. */

/* MshPRT 4.2.14. There is no way from the normal phase into the second one. */
static enum bm_config_status change_phase(struct bm_access *access, struct bm_subnet *subnet, uint8_t transition)
{
	if (transition == TRANSITION_REVOKE_OLD) {
		bm_net_revoke_old_keys(access->net, subnet);
		return BM_CONFIG_SUCCESS;
	}
	if (subnet->phase == 0)
		return BM_CONFIG_CANNOT_UPDATE;
	subnet->phase = 2;
	bm_env_save(access->env, BM_STORE_SUBNET, subnet->net_idx);
	bm_net_beacon_update(access->net);
	return BM_CONFIG_SUCCESS;
}

BM_CONFIG_HANDLER(bm_config_on_key_refresh_phase)
{
	const bool is_set = rx->opcode == BM_OP_CONFIG_KEY_REFRESH_PHASE_SET;
	const struct bm_reader whole = *params;
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const uint8_t transition = is_set ? bm_read_u8(params) : 0;
	struct bm_subnet *subnet = find_subnet(model->access, net_idx);
	enum bm_config_status status = subnet ? BM_CONFIG_SUCCESS : BM_CONFIG_INVALID_NET_KEY_INDEX;
	if (is_set && transition != TRANSITION_USE_NEW && transition != TRANSITION_REVOKE_OLD) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	if (is_set && subnet)
		status = change_phase(model->access, subnet, transition);
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_KEY_REFRESH_PHASE_STATUS, status);
	bm_put_le16(&out.w, net_idx);
	bm_put_u8(&out.w, subnet ? subnet->phase : 0);
	bm_models_answer(model, rx, &out.w);
}

static uint8_t node_identity(const struct bm_config_server *server, uint16_t net_idx)
{
	return BM_WITH_PROXY_SERVER && server->proxy ? (uint8_t)bm_proxy_node_identity(server->proxy, net_idx, false)
						     : BM_FEATURE_STATE_NOT_SUPPORTED;
}

/* MshPRT 4.2.12. */
static enum bm_config_status set_node_identity(const struct bm_config_server *server, uint16_t net_idx, bool on)
{
	const enum bm_err err = BM_WITH_PROXY_SERVER && server->proxy
					? bm_proxy_set_node_identity(server->proxy, net_idx, false, on)
					: BM_ERR_NOT_SUPPORTED;
	if (err == BM_ERR_STATE)
		return BM_CONFIG_TEMPORARILY_UNABLE;
	return err ? BM_CONFIG_FEATURE_NOT_SUPPORTED : BM_CONFIG_SUCCESS;
}

BM_CONFIG_HANDLER(bm_config_on_node_identity)
{
	const struct bm_config_server *server = model->self;
	const bool is_set = rx->opcode == BM_OP_CONFIG_NODE_IDENTITY_SET;
	const struct bm_reader whole = *params;
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const uint8_t wish = is_set ? bm_read_u8(params) : 0;
	if (wish > 1) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	if (!find_subnet(model->access, net_idx))
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	else if (is_set)
		status = set_node_identity(server, net_idx, wish);
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_NODE_IDENTITY_STATUS, status);
	bm_put_le16(&out.w, net_idx);
	bm_put_u8(&out.w, status == BM_CONFIG_INVALID_NET_KEY_INDEX ? 0 : node_identity(server, net_idx));
	bm_models_answer(model, rx, &out.w);
}
