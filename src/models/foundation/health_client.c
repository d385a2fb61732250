/*
 * Health Client (MshPRT 4.4.4): asks, sets, and hands on what servers say or publish.
 */
#include "blemesh/health.h"

#include "models/send.h"

#define REQUEST_MAX 5u

static void handle_faults(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_client *client = model->self;
	const struct bm_reader whole = *params;
	struct bm_health_fault_status status;
	if (bm_health_read_fault_status(params, &status)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, &whole);
		return;
	}
	const bool current = rx->opcode == BM_OP_HEALTH_CURRENT_STATUS;
	void (*tell)(struct bm_health_client *, const struct bm_health_fault_status *,
		     const struct bm_rx *) = current ? client->ops->current_status : client->ops->fault_status;
	if (tell)
		tell(client, &status, rx);
}

static void handle_period(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_client *client = model->self;
	const struct bm_reader whole = *params;
	const uint8_t divisor = bm_read_u8(params);
	if (divisor > BM_HEALTH_FAST_PERIOD_DIVISOR_MAX)
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
	else if (client->ops->period_status)
		client->ops->period_status(client, divisor, rx);
}

static void handle_attention(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_client *client = model->self;
	if (client->ops->attention_status)
		client->ops->attention_status(client, bm_read_u8(params), rx);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_HEALTH_CURRENT_STATUS, 3, BM_ACCESS_MAX - 1, handle_faults},
	{BM_OP_HEALTH_FAULT_STATUS, 3, BM_ACCESS_MAX - 1, handle_faults},
	{BM_OP_HEALTH_ATTENTION_STATUS, 1, 1, handle_attention},
	{BM_OP_HEALTH_PERIOD_STATUS, 1, 1, handle_period},
};

void bm_health_client_init(struct bm_health_client *client, const struct bm_health_client_ops *ops, void *ctx)
{
	*client = (struct bm_health_client){
		.model = {.id = {.id = 0x0003},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = client},
		.ops = ops,
		.ctx = ctx,
	};
}

static enum bm_err send_get(struct bm_health_client *client, const struct bm_tx *tx, uint32_t opcode, bm_time now)
{
	uint8_t out[REQUEST_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	return bm_models_send(&client->model, tx, &w, now);
}

static enum bm_err send_u8(struct bm_health_client *client, const struct bm_tx *tx, uint32_t opcode, uint8_t value,
			   bm_time now)
{
	uint8_t out[REQUEST_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	bm_put_u8(&w, value);
	return bm_models_send(&client->model, tx, &w, now);
}

static enum bm_err send_company(struct bm_health_client *client, const struct bm_tx *tx, uint32_t opcode,
				uint16_t company, bm_time now)
{
	uint8_t out[REQUEST_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	bm_put_le16(&w, company);
	return bm_models_send(&client->model, tx, &w, now);
}

enum bm_err bm_health_client_fault_get(struct bm_health_client *client, const struct bm_tx *tx, uint16_t company,
				       bm_time now)
{
	return send_company(client, tx, BM_OP_HEALTH_FAULT_GET, company, now);
}

enum bm_err bm_health_client_fault_clear(struct bm_health_client *client, const struct bm_tx *tx, uint16_t company,
					 bool ack, bm_time now)
{
	return send_company(client, tx, ack ? BM_OP_HEALTH_FAULT_CLEAR : BM_OP_HEALTH_FAULT_CLEAR_UNACK, company, now);
}

enum bm_err bm_health_client_fault_test(struct bm_health_client *client, const struct bm_tx *tx, uint16_t company,
					uint8_t test_id, bool ack, bm_time now)
{
	uint8_t out[REQUEST_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, ack ? BM_OP_HEALTH_FAULT_TEST : BM_OP_HEALTH_FAULT_TEST_UNACK);
	bm_put_u8(&w, test_id);
	bm_put_le16(&w, company);
	return bm_models_send(&client->model, tx, &w, now);
}

enum bm_err bm_health_client_period_get(struct bm_health_client *client, const struct bm_tx *tx, bm_time now)
{
	return send_get(client, tx, BM_OP_HEALTH_PERIOD_GET, now);
}

enum bm_err bm_health_client_period_set(struct bm_health_client *client, const struct bm_tx *tx, uint8_t divisor,
					bool ack, bm_time now)
{
	if (divisor > BM_HEALTH_FAST_PERIOD_DIVISOR_MAX)
		return BM_ERR_INVALID;
	return send_u8(client, tx, ack ? BM_OP_HEALTH_PERIOD_SET : BM_OP_HEALTH_PERIOD_SET_UNACK, divisor, now);
}

enum bm_err bm_health_client_attention_get(struct bm_health_client *client, const struct bm_tx *tx, bm_time now)
{
	return send_get(client, tx, BM_OP_HEALTH_ATTENTION_GET, now);
}

enum bm_err bm_health_client_attention_set(struct bm_health_client *client, const struct bm_tx *tx, uint8_t seconds,
					   bool ack, bm_time now)
{
	return send_u8(client, tx, ack ? BM_OP_HEALTH_ATTENTION_SET : BM_OP_HEALTH_ATTENTION_SET_UNACK, seconds, now);
}
