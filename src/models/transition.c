/*
 * Transition times and transaction identifiers.
 */
#include "models/transition.h"

#define STEPS_MAX 62u
#define TRANSACTION_US (6u * BM_US_PER_S)

static const uint32_t resolution_ms[] = {100, 1000, 10000, 600000};

bool bm_transition_is_known(uint8_t transition)
{
	return (transition & 0x3f) != BM_TRANSITION_UNKNOWN_STEPS;
}

uint64_t bm_transition_us(uint8_t transition)
{
	if (!bm_transition_is_known(transition))
		return 0;
	return (uint64_t)(transition & 0x3f) * resolution_ms[transition >> 6] * BM_US_PER_MS;
}

uint8_t bm_transition_encode(uint64_t duration_us)
{
	for (unsigned i = 0; i < BM_ARRAY_LEN(resolution_ms); i++) {
		const uint64_t step_us = (uint64_t)resolution_ms[i] * BM_US_PER_MS;
		const uint64_t steps = duration_us / step_us + (duration_us % step_us != 0);
		if (steps <= STEPS_MAX)
			return (uint8_t)(i << 6 | steps);
	}
	return BM_TRANSITION_UNKNOWN_STEPS;
}

bool bm_transaction_begin(struct bm_transactions *transactions, uint16_t src, uint16_t dst, uint8_t tid, bm_time now)
{
	struct bm_transaction *place = &transactions->last[0];
	for (size_t i = 0; i < BM_TRANSACTIONS; i++) {
		struct bm_transaction *last = &transactions->last[i];
		if (last->used && last->src == src && last->dst == dst) {
			if (last->tid == tid && now - last->at < TRANSACTION_US)
				return false;
			place = last;
			break;
		}
		if (!last->used || (place->used && last->at < place->at))
			place = last;
	}
	*place = (struct bm_transaction){.at = now, .src = src, .dst = dst, .tid = tid, .used = true};
	return true;
}
