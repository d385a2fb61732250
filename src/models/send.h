/*
 * What models do with a message once it is written. An answer or a publication that cannot go out has nobody to report
 * to: it is lost as it might be on the air, and counted.
 */
#ifndef BM_MODELS_SEND_H
#define BM_MODELS_SEND_H

#include "access/access.h"

/* A message being written, and room for its octets. */
struct bm_outgoing {
	struct bm_writer w;
	uint8_t octets[BM_ACCESS_MAX];
};

/* Begins one, with its opcode. */
void bm_models_begin(struct bm_outgoing *message, uint32_t opcode);
/* Sends what was written, and reports what kept it from going out. */
BM_MUST_USE enum bm_err bm_models_send(struct bm_model *model, const struct bm_tx *tx, const struct bm_writer *w,
				       bm_time now);
/* Answers with what was written. */
void bm_models_answer(struct bm_model *model, const struct bm_rx *rx, const struct bm_writer *w);
/* Publishes if the model has a publish address. */
void bm_models_publish(struct bm_model *model, const struct bm_writer *w);
/* A known message with a prohibited value, or a length between the allowed ones: counted, traced, and ignored. The
 * Opcodes Aggregator, if it is its item, is told. */
void bm_models_count_drop(const struct bm_model *model, enum bm_drop reason);
void bm_models_trace_drop(const struct bm_model *model, enum bm_drop reason, const struct bm_reader *params);
/* In line for the reason that bm_env_drop is. */
static inline void bm_models_drop(const struct bm_model *model, enum bm_drop reason, const struct bm_reader *params)
{
	if (BM_WITH_TRACE)
		bm_models_trace_drop(model, reason, params);
	else
		bm_models_count_drop(model, reason);
}

#endif
