/*
 * Provisioning PDUs (MshPRT 5.4.1).
 */
#include "pdu/prov_pdu.h"

#include "blemesh/bytes.h"
#include "blemesh/features.h"

/* A device that is no provisioner hears or says no more of the others than their type. */
#define OF_PROVISIONER BM_WITH_PROVISIONER

#define OOB_SIZE_MAX 8u
/* The longest value that any edition of the specification lets a device offer. */
#define OOB_SIZE_OFFERED_MAX 32u
#define OUTPUT_ACTION_MAX BM_PROV_OUTPUT_TEXT
#define INPUT_ACTION_MAX BM_PROV_INPUT_TEXT

static enum bm_err decode_caps(struct bm_prov_caps *caps, struct bm_reader *r)
{
	caps->elements = bm_read_u8(r);
	caps->algorithms = bm_read_be16(r);
	caps->public_key_type = bm_read_u8(r);
	caps->oob_type = bm_read_u8(r);
	caps->output_size = bm_read_u8(r);
	caps->output_actions = bm_read_be16(r);
	caps->input_size = bm_read_u8(r);
	caps->input_actions = bm_read_be16(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	/* MshPRT 5.4.1.2: no elements is prohibited. Who offers longer values than we know takes shorter ones too. */
	if (caps->elements == 0 || caps->output_size > OOB_SIZE_OFFERED_MAX || caps->input_size > OOB_SIZE_OFFERED_MAX)
		return BM_ERR_PROHIBITED;
	return BM_OK;
}

/* MshPRT 5.4.1.3: what may stand in Action and Size depends on the method. */
static bool start_is_allowed(const struct bm_prov_start *start)
{
	const bool none = start->action == 0 && start->size == 0;
	const bool sized = start->size >= 1 && start->size <= OOB_SIZE_MAX;
	if (start->algorithm > BM_PROV_ALG_HMAC || start->public_key > 1)
		return false;
	switch (start->method) {
	case BM_PROV_NO_OOB:
	case BM_PROV_STATIC_OOB:
		return none;
	case BM_PROV_OUTPUT_OOB:
		return sized && start->action <= OUTPUT_ACTION_MAX;
	case BM_PROV_INPUT_OOB:
		return sized && start->action <= INPUT_ACTION_MAX;
	default:
		return false;
	}
}

static enum bm_err decode_start(struct bm_prov_start *start, struct bm_reader *r)
{
	start->algorithm = bm_read_u8(r);
	start->public_key = bm_read_u8(r);
	start->method = bm_read_u8(r);
	start->action = bm_read_u8(r);
	start->size = bm_read_u8(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	return start_is_allowed(start) ? BM_OK : BM_ERR_PROHIBITED;
}

static void decode_value(struct bm_prov_pdu *pdu, struct bm_reader *r, size_t len)
{
	pdu->value.octets = bm_read_octets(r, len);
	pdu->value.len = (uint8_t)len;
}

static void decode_records(struct bm_prov_pdu *pdu, struct bm_reader *r)
{
	if (pdu->type == BM_PROV_RECORD_REQUEST) {
		pdu->record_request.record_id = bm_read_be16(r);
		pdu->record_request.offset = bm_read_be16(r);
		pdu->record_request.max_size = bm_read_be16(r);
	} else if (pdu->type == BM_PROV_RECORD_RESPONSE) {
		pdu->record_response.status = bm_read_u8(r);
		pdu->record_response.record_id = bm_read_be16(r);
		pdu->record_response.offset = bm_read_be16(r);
		pdu->record_response.total_len = bm_read_be16(r);
		pdu->record_response.data_len = (uint16_t)bm_reader_left(r);
		pdu->record_response.data = bm_read_octets(r, pdu->record_response.data_len);
	} else {
		pdu->records_list.extensions = bm_read_be16(r);
		pdu->records_list.count = (uint16_t)(bm_reader_left(r) / 2);
		pdu->records_list.ids = bm_read_octets(r, (size_t)pdu->records_list.count * 2);
	}
}

enum bm_err bm_prov_pdu_decode(struct bm_prov_pdu *pdu, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	enum bm_err err = BM_OK;
	*pdu = (struct bm_prov_pdu){0};
	const uint8_t type = bm_read_u8(&r);
	if (r.failed)
		return BM_ERR_TOO_SHORT;
	if (type > BM_PROV_RECORDS_LIST)
		return BM_ERR_NOT_SUPPORTED;
	pdu->type = (enum bm_prov_type)type;
	switch (pdu->type) {
	case BM_PROV_INVITE:
		pdu->attention_s = bm_read_u8(&r);
		break;
	case BM_PROV_CAPABILITIES:
		if (OF_PROVISIONER)
			err = decode_caps(&pdu->caps, &r);
		break;
	case BM_PROV_START:
		err = decode_start(&pdu->start, &r);
		break;
	case BM_PROV_PUBLIC_KEY:
		decode_value(pdu, &r, BM_PROV_PUBLIC_KEY_LEN);
		break;
	case BM_PROV_CONFIRMATION:
	case BM_PROV_RANDOM:
		decode_value(pdu, &r, bm_reader_left(&r) <= 16 ? 16 : 32);
		break;
	case BM_PROV_DATA:
		decode_value(pdu, &r, BM_PROV_DATA_ENCRYPTED_LEN);
		break;
	case BM_PROV_FAILED:
		if (OF_PROVISIONER)
			pdu->error = bm_read_u8(&r);
		break;
	case BM_PROV_RECORD_REQUEST:
	case BM_PROV_RECORD_RESPONSE:
	case BM_PROV_RECORDS_LIST:
		if (OF_PROVISIONER)
			decode_records(pdu, &r);
		break;
	case BM_PROV_INPUT_COMPLETE:
	case BM_PROV_COMPLETE:
	case BM_PROV_RECORDS_GET:
		break;
	}
	const enum bm_err length = bm_reader_finish(&r);
	return length ? length : err;
}

static void encode_caps(struct bm_writer *w, const struct bm_prov_caps *caps)
{
	bm_put_u8(w, caps->elements);
	bm_put_be16(w, caps->algorithms);
	bm_put_u8(w, caps->public_key_type);
	bm_put_u8(w, caps->oob_type);
	bm_put_u8(w, caps->output_size);
	bm_put_be16(w, caps->output_actions);
	bm_put_u8(w, caps->input_size);
	bm_put_be16(w, caps->input_actions);
}

static void encode_start(struct bm_writer *w, const struct bm_prov_start *start)
{
	bm_put_u8(w, start->algorithm);
	bm_put_u8(w, start->public_key);
	bm_put_u8(w, start->method);
	bm_put_u8(w, start->action);
	bm_put_u8(w, start->size);
}

static void encode_records(struct bm_writer *w, const struct bm_prov_pdu *pdu)
{
	if (pdu->type == BM_PROV_RECORD_REQUEST) {
		bm_put_be16(w, pdu->record_request.record_id);
		bm_put_be16(w, pdu->record_request.offset);
		bm_put_be16(w, pdu->record_request.max_size);
	} else if (pdu->type == BM_PROV_RECORD_RESPONSE) {
		bm_put_u8(w, pdu->record_response.status);
		bm_put_be16(w, pdu->record_response.record_id);
		bm_put_be16(w, pdu->record_response.offset);
		bm_put_be16(w, pdu->record_response.total_len);
		bm_put_octets(w, pdu->record_response.data, pdu->record_response.data_len);
	} else {
		bm_put_be16(w, pdu->records_list.extensions);
		bm_put_octets(w, pdu->records_list.ids, (size_t)pdu->records_list.count * 2);
	}
}

enum bm_err bm_prov_pdu_encode(const struct bm_prov_pdu *pdu, uint8_t *out, size_t capacity, size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	bm_put_u8(&w, (uint8_t)pdu->type);
	switch (pdu->type) {
	case BM_PROV_INVITE:
		if (OF_PROVISIONER)
			bm_put_u8(&w, pdu->attention_s);
		break;
	case BM_PROV_CAPABILITIES:
		encode_caps(&w, &pdu->caps);
		break;
	case BM_PROV_START:
		if (OF_PROVISIONER)
			encode_start(&w, &pdu->start);
		break;
	case BM_PROV_PUBLIC_KEY:
	case BM_PROV_CONFIRMATION:
	case BM_PROV_RANDOM:
	case BM_PROV_DATA:
		bm_put_octets(&w, pdu->value.octets, pdu->value.len);
		break;
	case BM_PROV_FAILED:
		bm_put_u8(&w, pdu->error);
		break;
	case BM_PROV_RECORD_REQUEST:
	case BM_PROV_RECORD_RESPONSE:
	case BM_PROV_RECORDS_LIST:
		if (OF_PROVISIONER)
			encode_records(&w, pdu);
		break;
	case BM_PROV_INPUT_COMPLETE:
	case BM_PROV_COMPLETE:
	case BM_PROV_RECORDS_GET:
		break;
	}
	return bm_writer_finish(&w, len);
}

#define FLAG_KEY_REFRESH 0x01u
#define FLAG_IV_UPDATE 0x02u

enum bm_err bm_prov_data_decode(struct bm_prov_data *data, const uint8_t octets[BM_PROV_DATA_LEN])
{
	struct bm_reader r = bm_reader_of(octets, BM_PROV_DATA_LEN);
	bm_read_copy(&r, data->net_key, BM_KEY_LEN);
	data->net_idx = bm_read_be16(&r);
	const uint8_t flags = bm_read_u8(&r);
	data->key_refresh = flags & FLAG_KEY_REFRESH;
	data->iv_update = flags & FLAG_IV_UPDATE;
	data->iv_index = bm_read_be32(&r);
	data->addr = bm_read_be16(&r);
	if (data->net_idx > BM_KEY_INDEX_MAX || !bm_addr_is_unicast(data->addr))
		return BM_ERR_PROHIBITED;
	return bm_reader_finish(&r);
}

void bm_prov_data_encode(const struct bm_prov_data *data, uint8_t out[BM_PROV_DATA_LEN])
{
	struct bm_writer w = bm_writer_of(out, BM_PROV_DATA_LEN);
	bm_put_octets(&w, data->net_key, BM_KEY_LEN);
	bm_put_be16(&w, data->net_idx);
	bm_put_u8(&w, (uint8_t)((data->key_refresh ? FLAG_KEY_REFRESH : 0) | (data->iv_update ? FLAG_IV_UPDATE : 0)));
	bm_put_be32(&w, data->iv_index);
	bm_put_be16(&w, data->addr);
}
