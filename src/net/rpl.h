/*
 * The replay protection list (MshPRT 3.9.8): for each source the highest IV index and sequence number accepted.
 */
#ifndef BM_NET_RPL_H
#define BM_NET_RPL_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_rpl_entry {
	uint16_t src; /* BM_ADDR_UNASSIGNED: free */
	uint32_t iv_index;
	uint32_t seq;
};

struct bm_rpl {
	struct bm_env *env;
	struct bm_rpl_entry *table; /* open addressing on src */
	uint16_t capacity;
	uint16_t used;
};

void bm_rpl_carve(struct bm_rpl *rpl, uint16_t capacity, struct bm_arena *arena);
void bm_rpl_init(struct bm_rpl *rpl, struct bm_env *env, uint16_t capacity);
/* Would a message (or, segmented, its SeqAuth) be new? BM_OK; BM_ERR_EXISTS: a replay; BM_ERR_NO_SPACE: a new source
 * and the list is full. Changes nothing. */
BM_MUST_USE enum bm_err bm_rpl_check(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq);
/* Remembers it, after the upper transport authenticated it and before it is acted on. */
BM_MUST_USE enum bm_err bm_rpl_accept(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq);
void bm_rpl_forget(struct bm_rpl *rpl, uint16_t src);
void bm_rpl_clear(struct bm_rpl *rpl);

#endif
