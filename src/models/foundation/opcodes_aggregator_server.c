/*
 * Opcodes Aggregator Server (MshPRT 4.4.19): several messages to one element in one, answered in one. Each item is
 * taken as if it had come by itself under the same key; the first that is not taken ends the sequence.
 */
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "models/send.h"
#include "pdu/aggregator.h"

/* Of a status: opcode, status and element address. */
#define HEAD_LEN 5u

enum access_status {
	ACCESS_SUCCESS = 0x00,
	ACCESS_INVALID_ADDRESS = 0x01,
	ACCESS_WRONG_ACCESS_KEY = 0x02,
	ACCESS_WRONG_OPCODE = 0x03,
	ACCESS_MESSAGE_NOT_UNDERSTOOD = 0x04,
	ACCESS_RESPONSE_OVERFLOW = 0x05,
};

static enum access_status status_of(enum bm_err err)
{
	switch (err) {
	case BM_OK:
		return ACCESS_SUCCESS;
	case BM_ERR_AUTH:
		return ACCESS_WRONG_ACCESS_KEY;
	case BM_ERR_NOT_FOUND:
		return ACCESS_WRONG_OPCODE;
	default:
		return ACCESS_MESSAGE_NOT_UNDERSTOOD;
	}
}

/* One item, and its answer behind those before it. */
static enum access_status take_item(struct bm_model *model, uint8_t element, const struct bm_rx *rx,
				    const struct bm_aggregator_item *item, struct bm_writer *w)
{
	uint8_t octets[BM_ACCESS_MAX];
	struct bm_capture capture = {.octets = octets, .capacity = sizeof octets};
	const enum access_status status = status_of(
		bm_access_deliver_item(model->access, element, rx, item->octets, item->len, &capture));
	if (status)
		return status;
	const struct bm_aggregator_item answer = {.octets = octets, .len = capture.answered ? capture.len : 0};
	if (bm_aggregator_item_len(&answer) > (size_t)(w->end - w->at))
		return ACCESS_RESPONSE_OVERFLOW;
	bm_aggregator_item_put(w, &answer);
	return ACCESS_SUCCESS;
}

static void sequence(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_access *access = model->access;
	const struct bm_reader whole = *params;
	const uint16_t addr = bm_read_le16(params);
	struct bm_reader ahead = *params;
	struct bm_aggregator_item item;
	/* A sequence within a sequence is none, and one whose items do not fit their lengths is no message. */
	bool valid = !access->capture && bm_addr_is_unicast(addr);
	while (valid && bm_reader_left(&ahead) > 0)
		valid = bm_aggregator_item_read(&ahead, &item) == BM_OK && item.len > 0;
	if (!valid) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	const int element = bm_access_element_at(access, addr);
	enum access_status status = element < 0 ? ACCESS_INVALID_ADDRESS : ACCESS_SUCCESS;
	uint8_t items[BM_ACCESS_MAX - HEAD_LEN];
	struct bm_writer answers = bm_writer_of(items, sizeof items);
	while (status == ACCESS_SUCCESS && bm_reader_left(params) > 0) {
		if (bm_aggregator_item_read(params, &item))
			break;
		status = take_item(model, (uint8_t)element, rx, &item, &answers);
	}
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_OPCODES_AGGREGATOR_STATUS);
	bm_put_u8(&w, (uint8_t)status);
	bm_put_le16(&w, addr);
	bm_put_octets(&w, items, bm_writer_len(&answers));
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_OPCODES_AGGREGATOR_SEQUENCE, 2, BM_ACCESS_MAX, sequence},
};

void bm_opcodes_aggregator_server_init(struct bm_model *model)
{
	*model = bm_foundation_server_model(0x0010, opcodes, BM_ARRAY_LEN(opcodes), NULL, model);
	model->app_key_too = true;
}
