/*
 * The Configuration Client's statuses as structs.
 */
#include "blemesh/config_messages.h"

#include "models/foundation/config_server_parts.h"
#include "pdu/config_values.h"
#include "pdu/key_index.h"

#define CREDENTIAL_FLAG 0x1000u
#define POLL_TIMEOUT_STEP_MS 100u
#define PHASE_MAX 2u

typedef enum bm_err reading(struct bm_reader *r, struct bm_config_answer *answer);

static enum bm_err read_feature(struct bm_reader *r, enum bm_config_feature *feature)
{
	const uint8_t octet = bm_read_u8(r);
	*feature = (enum bm_config_feature)octet;
	return octet > BM_CONFIG_FEATURE_ABSENT ? BM_ERR_PROHIBITED : BM_OK;
}

static void read_transmit(struct bm_reader *r, struct bm_config_transmit *transmit)
{
	bm_repetition_decode(bm_read_u8(r), BM_TRANSMIT_STEP_MS, &transmit->count, &transmit->interval_ms);
}

/* All that is left, for one of the iterators. */
static struct bm_reader take_list(struct bm_reader *r)
{
	const struct bm_reader list = *r;
	r->at = r->end;
	return list;
}

static enum bm_err composition(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->composition.page = bm_read_u8(r);
	answer->composition.data = r->at;
	answer->composition.len = bm_reader_left(r);
	r->at = r->end;
	return BM_OK;
}

static enum bm_err beacon(struct bm_reader *r, struct bm_config_answer *answer)
{
	const uint8_t octet = bm_read_u8(r);
	answer->beacon = octet != 0;
	return octet > 1 ? BM_ERR_PROHIBITED : BM_OK;
}

static enum bm_err default_ttl(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->default_ttl = bm_read_u8(r);
	return answer->default_ttl == 1 || answer->default_ttl > BM_TTL_MAX ? BM_ERR_PROHIBITED : BM_OK;
}

static enum bm_err feature(struct bm_reader *r, struct bm_config_answer *answer)
{
	return read_feature(r, &answer->feature);
}

static enum bm_err relay(struct bm_reader *r, struct bm_config_answer *answer)
{
	const enum bm_err err = read_feature(r, &answer->relay.feature);
	read_transmit(r, &answer->relay.retransmit);
	return err;
}

static enum bm_err network_transmit(struct bm_reader *r, struct bm_config_answer *answer)
{
	read_transmit(r, &answer->network_transmit);
	return BM_OK;
}

static enum bm_err poll_timeout(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->poll_timeout.lpn_addr = bm_read_le16(r);
	answer->poll_timeout.poll_timeout_ms = bm_read_le24(r) * POLL_TIMEOUT_STEP_MS;
	return BM_OK;
}

static enum bm_err nothing(struct bm_reader *r, struct bm_config_answer *answer)
{
	(void)r;
	(void)answer;
	return BM_OK;
}

static uint16_t read_index(struct bm_reader *r)
{
	return bm_read_le16(r) & BM_KEY_INDEX_MAX;
}

static enum bm_err net_key(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->key.net_idx = read_index(r);
	return BM_OK;
}

static enum bm_err net_key_list(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->key.indexes.octets = take_list(r);
	return BM_OK;
}

static enum bm_err app_key(struct bm_reader *r, struct bm_config_answer *answer)
{
	bm_read_key_indexes(r, &answer->key.net_idx, &answer->key.app_idx);
	return BM_OK;
}

static enum bm_err app_key_list(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->key.net_idx = read_index(r);
	answer->key.indexes.octets = take_list(r);
	return BM_OK;
}

static enum bm_err key_refresh_phase(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->key.net_idx = read_index(r);
	answer->key.phase = bm_read_u8(r);
	return answer->key.phase > PHASE_MAX ? BM_ERR_PROHIBITED : BM_OK;
}

static enum bm_err node_identity(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->key.net_idx = read_index(r);
	return read_feature(r, &answer->key.identity);
}

static enum bm_err read_model(struct bm_reader *r, struct bm_config_answer *answer)
{
	return bm_config_read_model_id(r, &answer->model.id) ? BM_OK
	       : bm_reader_left(r) > 0                       ? BM_ERR_TOO_LONG
							     : BM_ERR_TOO_SHORT;
}

static enum bm_err model_app(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->model.element_addr = bm_read_le16(r);
	answer->model.app_idx = read_index(r);
	return read_model(r, answer);
}

static enum bm_err subscription(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->model.element_addr = bm_read_le16(r);
	answer->model.addr = bm_read_le16(r);
	return read_model(r, answer);
}

static enum bm_err publication(struct bm_reader *r, struct bm_config_answer *answer)
{
	struct bm_config_publication *out = &answer->model.publication;
	answer->model.element_addr = bm_read_le16(r);
	out->addr = bm_read_le16(r);
	const uint16_t key = bm_read_le16(r);
	out->app_idx = key & BM_KEY_INDEX_MAX;
	out->friendship_credentials = key & CREDENTIAL_FLAG;
	out->ttl = bm_read_u8(r);
	out->period_ms = bm_publish_period_decode_ms(bm_read_u8(r));
	bm_repetition_decode(bm_read_u8(r), BM_RETRANSMIT_STEP_MS, &out->retransmit_count,
			     &out->retransmit_interval_ms);
	return read_model(r, answer);
}

static void read_listed_model(struct bm_reader *r, struct bm_config_answer *answer, bool vendor)
{
	answer->model.element_addr = bm_read_le16(r);
	answer->model.id.vendor = vendor;
	answer->model.id.company = vendor ? bm_read_le16(r) : 0;
	answer->model.id.id = bm_read_le16(r);
}

static enum bm_err model_app_list(struct bm_reader *r, struct bm_config_answer *answer)
{
	read_listed_model(r, answer, answer->opcode == BM_OP_CONFIG_VENDOR_MODEL_APP_LIST);
	answer->model.indexes.octets = take_list(r);
	return BM_OK;
}

static enum bm_err subscription_list(struct bm_reader *r, struct bm_config_answer *answer)
{
	read_listed_model(r, answer, answer->opcode == BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_LIST);
	answer->model.addrs = take_list(r);
	return BM_OK;
}

static enum bm_err heartbeat_publication(struct bm_reader *r, struct bm_config_answer *answer)
{
	struct bm_config_heartbeat_publication *out = &answer->heartbeat_publication;
	out->dst = bm_read_le16(r);
	out->count_log = bm_read_u8(r);
	out->period_log = bm_read_u8(r);
	out->ttl = bm_read_u8(r);
	out->features = bm_read_le16(r);
	out->net_idx = read_index(r);
	return BM_OK;
}

static enum bm_err heartbeat_subscription(struct bm_reader *r, struct bm_config_answer *answer)
{
	answer->heartbeat_subscription.src = bm_read_le16(r);
	answer->heartbeat_subscription.dst = bm_read_le16(r);
	answer->heartbeat_subscription.period_log = bm_read_u8(r);
	answer->heartbeat_subscription.count_log = bm_read_u8(r);
	answer->heartbeat_subscription.min_hops = bm_read_u8(r);
	answer->heartbeat_subscription.max_hops = bm_read_u8(r);
	return BM_OK;
}

static const struct {
	enum bm_config_opcode opcode;
	bool has_status;
	reading *read;
} ANSWERS[] = {
	{BM_OP_CONFIG_COMPOSITION_DATA_STATUS, false, composition},
	{BM_OP_CONFIG_BEACON_STATUS, false, beacon},
	{BM_OP_CONFIG_DEFAULT_TTL_STATUS, false, default_ttl},
	{BM_OP_CONFIG_FRIEND_STATUS, false, feature},
	{BM_OP_CONFIG_GATT_PROXY_STATUS, false, feature},
	{BM_OP_CONFIG_RELAY_STATUS, false, relay},
	{BM_OP_CONFIG_NETWORK_TRANSMIT_STATUS, false, network_transmit},
	{BM_OP_CONFIG_LOW_POWER_NODE_POLL_TIMEOUT_STATUS, false, poll_timeout},
	{BM_OP_CONFIG_NODE_RESET_STATUS, false, nothing},
	{BM_OP_CONFIG_NET_KEY_STATUS, true, net_key},
	{BM_OP_CONFIG_NET_KEY_LIST, false, net_key_list},
	{BM_OP_CONFIG_KEY_REFRESH_PHASE_STATUS, true, key_refresh_phase},
	{BM_OP_CONFIG_NODE_IDENTITY_STATUS, true, node_identity},
	{BM_OP_CONFIG_APP_KEY_STATUS, true, app_key},
	{BM_OP_CONFIG_APP_KEY_LIST, true, app_key_list},
	{BM_OP_CONFIG_MODEL_APP_STATUS, true, model_app},
	{BM_OP_CONFIG_SIG_MODEL_APP_LIST, true, model_app_list},
	{BM_OP_CONFIG_VENDOR_MODEL_APP_LIST, true, model_app_list},
	{BM_OP_CONFIG_MODEL_PUBLICATION_STATUS, true, publication},
	{BM_OP_CONFIG_MODEL_SUBSCRIPTION_STATUS, true, subscription},
	{BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_LIST, true, subscription_list},
	{BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_LIST, true, subscription_list},
	{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_STATUS, true, heartbeat_publication},
	{BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_STATUS, true, heartbeat_subscription},
};

enum bm_err bm_config_answer_read(uint32_t opcode, const uint8_t *params, size_t len, struct bm_config_answer *answer)
{
	*answer = (struct bm_config_answer){.status = BM_CONFIG_SUCCESS};
	for (size_t i = 0; i < BM_ARRAY_LEN(ANSWERS); i++) {
		if ((uint32_t)ANSWERS[i].opcode != opcode)
			continue;
		struct bm_reader r = bm_reader_of(params, len);
		answer->opcode = ANSWERS[i].opcode;
		if (ANSWERS[i].has_status)
			answer->status = (enum bm_config_status)bm_read_u8(&r);
		const enum bm_err err = ANSWERS[i].read(&r, answer);
		const enum bm_err end = bm_reader_finish(&r);
		return end ? end : err;
	}
	return BM_ERR_INVALID;
}

enum bm_err bm_config_next_index(struct bm_config_indexes *list, uint16_t *index)
{
	if (list->has_second) {
		list->has_second = false;
		*index = list->second;
		return BM_OK;
	}
	/* Two of 12 bits share three octets, an odd last one has two (MshPRT 4.3.1.1). */
	switch (bm_reader_left(&list->octets)) {
	case 0:
	case 1:
		return BM_ERR_NOT_FOUND;
	case 2:
		*index = read_index(&list->octets);
		return BM_OK;
	default:
		bm_read_key_indexes(&list->octets, index, &list->second);
		list->has_second = true;
		return BM_OK;
	}
}

enum bm_err bm_config_next_addr(struct bm_reader *list, uint16_t *addr)
{
	if (list->failed || bm_reader_left(list) < 2)
		return BM_ERR_NOT_FOUND;
	*addr = bm_read_le16(list);
	return BM_OK;
}
