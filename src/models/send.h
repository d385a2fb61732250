/*
 * What models do with a message once it is written. An answer or a publication that cannot go out has nobody to report
 * to: it is lost as it might be on the air, and counted.
 */
#ifndef BM_MODELS_SEND_H
#define BM_MODELS_SEND_H

#include "access/access.h"

/* Sends what was written, and reports what kept it from going out. */
BM_MUST_USE enum bm_err bm_models_send(struct bm_model *model, const struct bm_tx *tx, const struct bm_writer *w,
				       bm_time now);
/* Answers with what was written. */
void bm_models_answer(struct bm_model *model, const struct bm_rx *rx, const struct bm_writer *w);
/* Publishes if the model has a publish address. */
void bm_models_publish(struct bm_model *model, const struct bm_writer *w);
/* The Opcodes Aggregator, if it is its item, is told that this message is refused. */
void bm_models_refuse(const struct bm_model *model);
/* A known message with a prohibited value, or a length between the allowed ones: counted and ignored. In line for the
 * reason that bm_env_drop is. */
static inline void bm_models_drop(struct bm_model *model, enum bm_drop reason, const struct bm_reader *params)
{
	if (BM_WITH_FOUNDATION_1_1)
		bm_models_refuse(model);
	bm_env_drop(model->access->env, reason, params->at, bm_reader_left(params));
}

#endif
