/*
 * The access layer's side of acknowledged messages; public functions in blemesh/request.h.
 */
#ifndef BM_ACCESS_REQUEST_H
#define BM_ACCESS_REQUEST_H

#include "access/access.h"
#include "blemesh/request.h"

/* A message reached this model's handler: the oldest request that it answers is over. */
void bm_requests_answered(struct bm_model *model, const struct bm_rx *rx);
void bm_requests_cancel_all(struct bm_access *access);

#endif
