/*
 * Transition times (MshMDL 3.1.3): six bits of steps, two of resolution; and the transaction identifiers that come
 * with them (MshMDL 3.4.1.2).
 */
#ifndef BM_MODELS_TRANSITION_H
#define BM_MODELS_TRANSITION_H

#include "blemesh/base.h"
#include "blemesh/bytes.h"

#define BM_TRANSITION_ABSENT 0xffu /* given to a client: none in the message */
#define BM_TRANSITION_UNKNOWN_STEPS 0x3fu
#define BM_TRANSITION_DELAY_STEP_US (5u * BM_US_PER_MS)

/* False for 0x3f steps: unknown in a status, prohibited in a Set. */
bool bm_transition_is_known(uint8_t transition);
/* 0 if it is unknown. */
uint64_t bm_transition_us(uint8_t transition);
/* The shortest encodable time that is not below duration_us; the unknown value above 62 × 10 minutes. */
uint8_t bm_transition_encode(uint64_t duration_us);
/* Can a client send it? */
bool bm_transition_is_sendable(uint8_t transition);
/* The end of a client's Set: nothing if the transition is absent. */
void bm_transition_put(struct bm_writer *w, uint8_t transition, uint8_t delay_steps);

/* The last transactions of a few peers. A message with the TID of its source's and destination's last one, within 6 s
 * of it, is a retransmission. */
#define BM_TRANSACTIONS 4
struct bm_transactions {
	struct bm_transaction {
		bm_time at;
		uint16_t src, dst;
		uint8_t tid;
		bool used;
		/* A Delta Set's: the level when the transaction began, and the difference asked for last. */
		bool is_delta;
		int16_t start;
		int32_t delta;
	} last[BM_TRANSACTIONS];
};

/* The transaction under way, NULL if the message would begin one. */
struct bm_transaction *bm_transaction_find(struct bm_transactions *transactions, uint16_t src, uint16_t dst,
					   uint8_t tid, bm_time now);
/* True if this is a new transaction; it is remembered, in place of the oldest. */
bool bm_transaction_begin(struct bm_transactions *transactions, uint16_t src, uint16_t dst, uint8_t tid, bm_time now);

#endif
