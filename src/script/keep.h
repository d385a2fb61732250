/*
 * What a board is and knows from one run to the next, if it was given a store. For this folder.
 */
#ifndef BM_SCRIPT_KEEP_H
#define BM_SCRIPT_KEEP_H

#include "script/board.h"

/* bm_node_ops.store; ctx: the board. */
enum bm_err bm_keep_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
/* Gives the node what was kept of it, before it starts. BM_ERR_STORE: it may not start. */
BM_MUST_USE enum bm_err bm_keep_restore(struct bm_board *board, struct bm_node *node);
/* BM_EVENT_RESTORED and BM_EVENT_STORE_FAILED, for people. */
void bm_keep_event(struct bm_board *board, const struct bm_event *event);

#endif
