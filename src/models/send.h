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
/* A known message with a prohibited value, or a length between the allowed ones: counted and ignored. */
void bm_models_drop(struct bm_model *model, enum bm_drop reason, const struct bm_reader *params);

#endif
