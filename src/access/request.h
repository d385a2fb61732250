/*
 * The access layer's side of acknowledged messages; public functions in blemesh/request.h.
 */
#ifndef BM_ACCESS_REQUEST_H
#define BM_ACCESS_REQUEST_H

#include "access/access.h"
#include "blemesh/request.h"

/* Sends as tx->ask says. */
BM_MUST_USE enum bm_err bm_request_ask(struct bm_model *model, const struct bm_tx *tx, const uint8_t *payload,
				       size_t len, bm_time now);

/* What is done with those that wait. The first request brings it: a node that never asks links nothing of it. */
struct bm_requests_ops {
	/* A message reached this model's handler: the oldest request that it answers is over. */
	void (*answered)(struct bm_model *model, const struct bm_rx *rx);
	void (*cancel_all)(struct bm_access *access);
};

#endif
