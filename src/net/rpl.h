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
	uint32_t segmented_next; /* one more than the SEQ of the last SeqAuth completed; 0: none under iv_index */
};

struct bm_rpl {
	struct bm_env *env;
	struct bm_rpl_entry *table; /* open addressing on src */
	uint16_t capacity;
	uint32_t slots; /* of the table: more than capacity, so that probing stays short */
	uint16_t used;
	uint32_t lost_next; /* entries up to the IV index before this one were lost: new sources only from it on */
};

void bm_rpl_carve(struct bm_rpl *rpl, uint16_t capacity, struct bm_arena *arena);
void bm_rpl_init(struct bm_rpl *rpl, struct bm_env *env, uint16_t capacity);
/* Would a message (or, segmented, its SeqAuth) be new? BM_OK; BM_ERR_EXISTS: a replay; BM_ERR_NO_SPACE: a new source
 * and the list is full. Changes nothing. */
BM_MUST_USE enum bm_err bm_rpl_check(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq);
/* Remembers it, after the upper transport authenticated it and before it is acted on. */
BM_MUST_USE enum bm_err bm_rpl_accept(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq);
/*
 * Segmented messages. A PDU must be newer than all that was accepted from its source (seq), and its message newer than
 * every segmented message completed (seq_auth: the SEQ half of its SeqAuth). So a message may complete by segments sent
 * again after a later message of the same source arrived, yet neither a PDU nor a message is ever accepted twice.
 * Check when the first segment arrives, and accept when the message is complete: between the two its context holds it.
 */
BM_MUST_USE enum bm_err bm_rpl_check_segment(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq,
					     uint32_t seq_auth);
BM_MUST_USE enum bm_err bm_rpl_accept_segmented(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq_auth);
/* Takes back what bm_env_store was given under BM_STORE_RPL. What cannot be read, or has no room, closes the list for
 * that source, or for new ones, until the IV index goes on. */
BM_MUST_USE enum bm_err bm_rpl_restore(struct bm_rpl *rpl, uint16_t src, const uint8_t *octets, size_t len);
/* After the last restore: our IV index. An entry cannot be newer. */
void bm_rpl_settle(struct bm_rpl *rpl, uint32_t iv_index);
/* Stores every entry again. BM_ERR_STORE if any was refused. */
BM_MUST_USE enum bm_err bm_rpl_save(const struct bm_rpl *rpl);
/* Entries of an IV index that is no longer accepted protect nothing: they make room. */
void bm_rpl_prune(struct bm_rpl *rpl, uint32_t iv_index);
void bm_rpl_forget(struct bm_rpl *rpl, uint16_t src);
void bm_rpl_clear(struct bm_rpl *rpl);

#endif
