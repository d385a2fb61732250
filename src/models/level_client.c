/*
 * Generic Level Client (MshMDL 3.4.2): asks, sets, changes, moves, and hands on what servers say.
 */
#include "blemesh/level.h"

#include "models/send.h"
#include "models/transition.h"

#define SET_MAX 9u

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_level_client *client = model->self;
	const struct bm_reader whole = *params;
	const int16_t present = (int16_t)bm_read_le16(params);
	const bool has_target = bm_reader_left(params) > 0;
	const int16_t target = has_target ? (int16_t)bm_read_le16(params) : present;
	const uint8_t remaining = has_target ? bm_read_u8(params) : 0;
	if (bm_reader_finish(params)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, &whole);
		return;
	}
	const struct bm_level_status status = {
		.present = present, .has_target = has_target, .target = target, .remaining = remaining};
	if (client->on_status)
		client->on_status(client->ctx, &status, rx);
}

static const struct bm_opcode opcodes[] = {{BM_OP_LEVEL_STATUS, 2, 5, handle_status}};

void bm_level_client_init(struct bm_level_client *client,
			  void (*on_status)(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx),
			  void *ctx)
{
	*client = (struct bm_level_client){
		.model = {.id = {.id = 0x1003},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = client},
		.on_status = on_status,
		.ctx = ctx,
	};
}

enum bm_err bm_level_client_get(struct bm_level_client *client, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[2];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_LEVEL_GET);
	return bm_models_send(&client->model, tx, &w, now);
}

/* Opcode and value are written: TID and transition follow. */
static enum bm_err finish_set(struct bm_level_client *client, const struct bm_tx *tx, struct bm_writer *w,
			      const struct bm_level_how *how, bm_time now)
{
	if (!bm_transition_is_sendable(how->transition))
		return BM_ERR_INVALID;
	bm_put_u8(w, how->same_tid ? (uint8_t)(client->tid - 1) : client->tid++);
	bm_transition_put(w, how->transition, how->delay_steps);
	return bm_models_send(&client->model, tx, w, now);
}

static enum bm_err send16(struct bm_level_client *client, const struct bm_tx *tx, uint32_t opcode, int16_t value,
			  const struct bm_level_how *how, bm_time now)
{
	uint8_t out[SET_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	bm_put_le16(&w, (uint16_t)value);
	return finish_set(client, tx, &w, how, now);
}

enum bm_err bm_level_client_set(struct bm_level_client *client, const struct bm_tx *tx, int16_t level,
				const struct bm_level_how *how, bm_time now)
{
	return send16(client, tx, how->ack ? BM_OP_LEVEL_SET : BM_OP_LEVEL_SET_UNACK, level, how, now);
}

enum bm_err bm_level_client_delta(struct bm_level_client *client, const struct bm_tx *tx, int32_t delta,
				  const struct bm_level_how *how, bm_time now)
{
	uint8_t out[SET_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, how->ack ? BM_OP_LEVEL_DELTA_SET : BM_OP_LEVEL_DELTA_SET_UNACK);
	bm_put_le32(&w, (uint32_t)delta);
	return finish_set(client, tx, &w, how, now);
}

enum bm_err bm_level_client_move(struct bm_level_client *client, const struct bm_tx *tx, int16_t delta,
				 const struct bm_level_how *how, bm_time now)
{
	return send16(client, tx, how->ack ? BM_OP_LEVEL_MOVE_SET : BM_OP_LEVEL_MOVE_SET_UNACK, delta, how, now);
}
