/*
 * Messages of models on their way out; answers and publications that cannot go are lost and counted.
 */
#include "models/send.h"

void bm_models_begin(struct bm_outgoing *message, uint32_t opcode)
{
	message->w = bm_writer_of(message->octets, sizeof message->octets);
	bm_put_opcode(&message->w, opcode);
}

enum bm_err bm_models_send(struct bm_model *model, const struct bm_tx *tx, const struct bm_writer *w, bm_time now)
{
	size_t len;
	const enum bm_err err = bm_writer_finish(w, &len);
	return err ? err : bm_model_send(model, tx, w->start, len, now);
}

void bm_models_answer(struct bm_model *model, const struct bm_rx *rx, const struct bm_writer *w)
{
	size_t len;
	enum bm_err err = bm_writer_finish(w, &len);
	if (!err)
		err = bm_model_reply(model, rx, w->start, len);
	if (err)
		bm_env_drop(model->access->env, BM_DROP_TX_FULL, w->start, len);
}

void bm_models_publish(struct bm_model *model, const struct bm_writer *w)
{
	if (!model->access || model->publication.addr == BM_ADDR_UNASSIGNED)
		return;
	struct bm_env *env = model->access->env;
	size_t len;
	enum bm_err err = bm_writer_finish(w, &len);
	if (!err)
		err = bm_model_publish(model, w->start, len, bm_env_now(env));
	if (err)
		bm_env_drop(env, BM_DROP_TX_FULL, w->start, len);
}

static void refuse(const struct bm_model *model)
{
	if (BM_WITH_FOUNDATION_1_1 && model->access->capture)
		model->access->capture->refused = true;
}

void bm_models_count_drop(const struct bm_model *model, enum bm_drop reason)
{
	refuse(model);
	bm_env_count_drop(model->access->env, reason);
}

void bm_models_trace_drop(const struct bm_model *model, enum bm_drop reason, const struct bm_reader *params)
{
	refuse(model);
	bm_env_drop(model->access->env, reason, params->at, bm_reader_left(params));
}
