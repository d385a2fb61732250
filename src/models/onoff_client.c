/*
 * Generic OnOff Client (MshMDL 3.4.1): asks, sets, and hands on what servers say.
 */
#include "blemesh/onoff.h"

#include "models/send.h"
#include "models/transition.h"

#define SET_MAX 6u

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_onoff_client *client = model->self;
	const struct bm_reader whole = *params;
	const uint8_t present = bm_read_u8(params);
	const bool has_target = bm_reader_left(params) > 0;
	const uint8_t target = has_target ? bm_read_u8(params) : present;
	const uint8_t remaining = has_target ? bm_read_u8(params) : 0;
	if (bm_reader_finish(params)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, &whole);
		return;
	}
	if (present > 1 || target > 1) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	const struct bm_onoff_status status = {
		.present = present, .has_target = has_target, .target = target, .remaining = remaining};
	if (client->on_status)
		client->on_status(client->ctx, &status, rx);
}

static const struct bm_opcode opcodes[] = {{BM_OP_ONOFF_STATUS, 1, 3, handle_status}};

void bm_onoff_client_init(struct bm_onoff_client *client,
			  void (*on_status)(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx),
			  void *ctx)
{
	*client = (struct bm_onoff_client){
		.model = {.id = {.id = 0x1001},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = client},
		.on_status = on_status,
		.ctx = ctx,
	};
}

enum bm_err bm_onoff_client_get(struct bm_onoff_client *client, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[2];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_ONOFF_GET);
	return bm_models_send(&client->model, tx, &w, now);
}

enum bm_err bm_onoff_client_set(struct bm_onoff_client *client, const struct bm_tx *tx, bool on, bool ack,
				uint8_t transition, uint8_t delay_steps, bm_time now)
{
	if (!bm_transition_is_sendable(transition))
		return BM_ERR_INVALID;
	uint8_t out[SET_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, ack ? BM_OP_ONOFF_SET : BM_OP_ONOFF_SET_UNACK);
	bm_put_u8(&w, on);
	bm_put_u8(&w, client->tid++);
	bm_transition_put(&w, transition, delay_steps);
	return bm_models_send(&client->model, tx, &w, now);
}
