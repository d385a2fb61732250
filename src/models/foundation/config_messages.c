/*
 * The Configuration Client's messages by name: parameters are checked, laid out and sent.
 */
#include "blemesh/config_messages.h"

#include "models/foundation/config_server_parts.h"
#include "pdu/config_values.h"
#include "pdu/key_index.h"

#define PARAMS_MAX 32u
#define PERIOD_LOG_MAX 0x11u
#define COUNT_LOG_MAX 0x11u
#define COUNT_LOG_FOREVER 0xffu
#define CREDENTIAL_FLAG 0x1000u

static bool can_be_set(enum bm_config_feature state)
{
	return state == BM_CONFIG_FEATURE_OFF || state == BM_CONFIG_FEATURE_ON;
}

/* Keys pass through here: nothing of them stays. */
static enum bm_err send(struct bm_node *node, uint16_t net_idx, uint16_t dst, enum bm_config_opcode opcode,
			struct bm_writer *w, bm_config_done done, void *ctx, bm_time now)
{
	size_t len;
	enum bm_err err = bm_writer_finish(w, &len);
	if (!err)
		err = bm_config_request(node, net_idx, dst, opcode, w->start, len, 0, done, ctx, now);
	bm_wipe(w->start, (size_t)(w->end - w->start));
	return err;
}

/* The feature's state first, unless it is -1. False: out of range. */
static bool put_transmit(struct bm_writer *w, int state, const struct bm_config_transmit *transmit)
{
	uint8_t octet;
	if (!bm_repetition_encode(transmit->count, transmit->interval_ms, BM_TRANSMIT_STEP_MS, &octet))
		return false;
	if (state >= 0)
		bm_put_u8(w, (uint8_t)state);
	bm_put_u8(w, octet);
	return true;
}

static bool put_publication(struct bm_writer *w, uint16_t element_addr, const struct bm_config_publication *publication)
{
	const uint16_t interval_ms = publication->retransmit_interval_ms ? publication->retransmit_interval_ms
									 : BM_RETRANSMIT_STEP_MS;
	uint8_t period, retransmit;
	if (publication->app_idx > BM_KEY_INDEX_MAX ||
	    (publication->ttl > BM_TTL_MAX && publication->ttl != BM_TTL_DEFAULT) ||
	    (!publication->label && bm_addr_is_virtual(publication->addr)) ||
	    !bm_publish_period_encode(publication->period_ms, &period) ||
	    !bm_repetition_encode(publication->retransmit_count, interval_ms, BM_RETRANSMIT_STEP_MS, &retransmit))
		return false;
	bm_put_le16(w, element_addr);
	if (publication->label)
		bm_put_octets(w, publication->label, BM_UUID_LEN);
	else
		bm_put_le16(w, publication->addr);
	bm_put_le16(w, (uint16_t)(publication->app_idx | (publication->friendship_credentials ? CREDENTIAL_FLAG : 0)));
	bm_put_u8(w, publication->ttl);
	bm_put_u8(w, period);
	bm_put_u8(w, retransmit);
	return true;
}

static bool put_heartbeat_publication(struct bm_writer *w, const struct bm_config_heartbeat_publication *publication)
{
	const bool count_valid = publication->count_log <= COUNT_LOG_MAX || publication->count_log == COUNT_LOG_FOREVER;
	if (!count_valid || publication->period_log > PERIOD_LOG_MAX || publication->ttl > BM_TTL_MAX ||
	    publication->net_idx > BM_KEY_INDEX_MAX || bm_addr_is_virtual(publication->dst))
		return false;
	bm_put_le16(w, publication->dst);
	bm_put_u8(w, publication->count_log);
	bm_put_u8(w, publication->period_log);
	bm_put_u8(w, publication->ttl);
	bm_put_le16(w, publication->features);
	bm_put_le16(w, publication->net_idx);
	return true;
}

enum bm_err bm_config_beacon_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done, void *ctx,
				 bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_BEACON_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_beacon_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, bool on, bm_config_done done,
				 void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_put_u8(&w, on);
	return send(node, net_idx, dst, BM_OP_CONFIG_BEACON_SET, &w, done, ctx, now);
}

enum bm_err bm_config_default_ttl_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
				      void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_DEFAULT_TTL_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_default_ttl_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint8_t ttl,
				      bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(ttl != 1 && ttl <= BM_TTL_MAX))
		return BM_ERR_INVALID;
	bm_put_u8(&w, ttl);
	return send(node, net_idx, dst, BM_OP_CONFIG_DEFAULT_TTL_SET, &w, done, ctx, now);
}

enum bm_err bm_config_friend_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done, void *ctx,
				 bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_FRIEND_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_friend_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, enum bm_config_feature state,
				 bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(can_be_set(state)))
		return BM_ERR_INVALID;
	bm_put_u8(&w, (uint8_t)state);
	return send(node, net_idx, dst, BM_OP_CONFIG_FRIEND_SET, &w, done, ctx, now);
}

enum bm_err bm_config_gatt_proxy_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
				     void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_GATT_PROXY_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_gatt_proxy_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, enum bm_config_feature state,
				     bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(can_be_set(state)))
		return BM_ERR_INVALID;
	bm_put_u8(&w, (uint8_t)state);
	return send(node, net_idx, dst, BM_OP_CONFIG_GATT_PROXY_SET, &w, done, ctx, now);
}

enum bm_err bm_config_relay_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done, void *ctx,
				bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_RELAY_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_relay_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, enum bm_config_feature state,
				const struct bm_config_transmit *retransmit, bm_config_done done, void *ctx,
				bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(can_be_set(state) && put_transmit(&w, state, retransmit)))
		return BM_ERR_INVALID;
	return send(node, net_idx, dst, BM_OP_CONFIG_RELAY_SET, &w, done, ctx, now);
}

enum bm_err bm_config_network_transmit_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					   void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_NETWORK_TRANSMIT_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_network_transmit_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					   const struct bm_config_transmit *transmit, bm_config_done done, void *ctx,
					   bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(put_transmit(&w, -1, transmit)))
		return BM_ERR_INVALID;
	return send(node, net_idx, dst, BM_OP_CONFIG_NETWORK_TRANSMIT_SET, &w, done, ctx, now);
}

enum bm_err bm_config_poll_timeout_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t lpn_addr,
				       bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(lpn_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, lpn_addr);
	return send(node, net_idx, dst, BM_OP_CONFIG_LOW_POWER_NODE_POLL_TIMEOUT_GET, &w, done, ctx, now);
}

enum bm_err bm_config_node_reset(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done, void *ctx,
				 bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_NODE_RESET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_net_key_add(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				  const uint8_t key[16], bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	bm_put_octets(&w, key, BM_KEY_LEN);
	return send(node, net_idx, dst, BM_OP_CONFIG_NET_KEY_ADD, &w, done, ctx, now);
}

enum bm_err bm_config_net_key_update(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				     const uint8_t key[16], bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	bm_put_octets(&w, key, BM_KEY_LEN);
	return send(node, net_idx, dst, BM_OP_CONFIG_NET_KEY_UPDATE, &w, done, ctx, now);
}

enum bm_err bm_config_net_key_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				     bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	return send(node, net_idx, dst, BM_OP_CONFIG_NET_KEY_DELETE, &w, done, ctx, now);
}

enum bm_err bm_config_net_key_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done, void *ctx,
				  bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_NET_KEY_GET, NULL, 0, 0, done, ctx, now);
}

enum bm_err bm_config_key_refresh_phase_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
					    bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	return send(node, net_idx, dst, BM_OP_CONFIG_KEY_REFRESH_PHASE_GET, &w, done, ctx, now);
}

enum bm_err bm_config_key_refresh_phase_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
					    uint8_t transition, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX && (transition == 2 || transition == 3)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	bm_put_u8(&w, transition);
	return send(node, net_idx, dst, BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, &w, done, ctx, now);
}

enum bm_err bm_config_node_identity_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
					bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	return send(node, net_idx, dst, BM_OP_CONFIG_NODE_IDENTITY_GET, &w, done, ctx, now);
}

enum bm_err bm_config_node_identity_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
					enum bm_config_feature state, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX && can_be_set(state)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	bm_put_u8(&w, (uint8_t)state);
	return send(node, net_idx, dst, BM_OP_CONFIG_NODE_IDENTITY_SET, &w, done, ctx, now);
}

enum bm_err bm_config_app_key_update(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				     uint16_t app_idx, const uint8_t key[16], bm_config_done done, void *ctx,
				     bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX && app_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_key_indexes(&w, key_net_idx, app_idx);
	bm_put_octets(&w, key, BM_KEY_LEN);
	return send(node, net_idx, dst, BM_OP_CONFIG_APP_KEY_UPDATE, &w, done, ctx, now);
}

enum bm_err bm_config_app_key_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				     uint16_t app_idx, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX && app_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_key_indexes(&w, key_net_idx, app_idx);
	return send(node, net_idx, dst, BM_OP_CONFIG_APP_KEY_DELETE, &w, done, ctx, now);
}

enum bm_err bm_config_app_key_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t key_net_idx,
				  bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(key_net_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, key_net_idx);
	return send(node, net_idx, dst, BM_OP_CONFIG_APP_KEY_GET, &w, done, ctx, now);
}

enum bm_err bm_config_model_app_unbind(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				       uint16_t app_idx, const struct bm_model_id *model, bm_config_done done,
				       void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr) && app_idx <= BM_KEY_INDEX_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_le16(&w, app_idx);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_APP_UNBIND, &w, done, ctx, now);
}

enum bm_err bm_config_model_app_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				    const struct bm_model_id *model, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst,
		    model->vendor ? BM_OP_CONFIG_VENDOR_MODEL_APP_GET : BM_OP_CONFIG_SIG_MODEL_APP_GET, &w, done, ctx,
		    now);
}

enum bm_err bm_config_publication_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				      const struct bm_model_id *model, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_PUBLICATION_GET, &w, done, ctx, now);
}

enum bm_err bm_config_publication_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				      const struct bm_model_id *model, const struct bm_config_publication *publication,
				      bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr) && put_publication(&w, element_addr, publication)))
		return BM_ERR_INVALID;
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst,
		    publication->label ? BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET
				       : BM_OP_CONFIG_MODEL_PUBLICATION_SET,
		    &w, done, ctx, now);
}

enum bm_err bm_config_subscription_add(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				       uint16_t addr, const struct bm_model_id *model, bm_config_done done, void *ctx,
				       bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr) && bm_addr_is_group(addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_le16(&w, addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_label_add(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					     uint16_t element_addr, const uint8_t label[16],
					     const struct bm_model_id *model, bm_config_done done, void *ctx,
					     bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_octets(&w, label, BM_UUID_LEN);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
					  uint16_t addr, const struct bm_model_id *model, bm_config_done done,
					  void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr) && bm_addr_is_group(addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_le16(&w, addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_label_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						uint16_t element_addr, const uint8_t label[16],
						const struct bm_model_id *model, bm_config_done done, void *ctx,
						bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_octets(&w, label, BM_UUID_LEN);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_overwrite(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					     uint16_t element_addr, uint16_t addr, const struct bm_model_id *model,
					     bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr) && bm_addr_is_group(addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_le16(&w, addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_OVERWRITE, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_label_overwrite(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						   uint16_t element_addr, const uint8_t label[16],
						   const struct bm_model_id *model, bm_config_done done, void *ctx,
						   bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_put_octets(&w, label, BM_UUID_LEN);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_delete_all(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					      uint16_t element_addr, const struct bm_model_id *model,
					      bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst, BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE_ALL, &w, done, ctx, now);
}

enum bm_err bm_config_subscription_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				       const struct bm_model_id *model, bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(bm_addr_is_unicast(element_addr)))
		return BM_ERR_INVALID;
	bm_put_le16(&w, element_addr);
	bm_composition_put_model(&w, model);
	return send(node, net_idx, dst,
		    model->vendor ? BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_GET
				  : BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_GET,
		    &w, done, ctx, now);
}

enum bm_err bm_config_heartbeat_publication_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						bm_config_done done, void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, NULL, 0, 0, done, ctx,
				 now);
}

enum bm_err bm_config_heartbeat_publication_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						const struct bm_config_heartbeat_publication *publication,
						bm_config_done done, void *ctx, bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(put_heartbeat_publication(&w, publication)))
		return BM_ERR_INVALID;
	return send(node, net_idx, dst, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, &w, done, ctx, now);
}

enum bm_err bm_config_heartbeat_subscription_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 bm_config_done done, void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_GET, NULL, 0, 0, done, ctx,
				 now);
}

enum bm_err bm_config_heartbeat_subscription_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t src,
						 uint16_t dst_heard, uint8_t period_log, bm_config_done done, void *ctx,
						 bm_time now)
{
	uint8_t params[PARAMS_MAX];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (!(period_log <= PERIOD_LOG_MAX))
		return BM_ERR_INVALID;
	bm_put_le16(&w, src);
	bm_put_le16(&w, dst_heard);
	bm_put_u8(&w, period_log);
	return send(node, net_idx, dst, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, &w, done, ctx, now);
}
