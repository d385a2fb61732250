/*
 * Transition times and transaction identifiers.
 */
#include "models/transition.h"
#include "base/timers.h"

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
		const uint32_t step_us = resolution_ms[i] * BM_US_PER_MS;
		const uint32_t whole = bm_us_whole(duration_us, step_us);
		const uint64_t steps = (uint64_t)whole + ((uint64_t)whole * step_us != duration_us);
		if (steps <= STEPS_MAX)
			return (uint8_t)(i << 6 | steps);
	}
	return BM_TRANSITION_UNKNOWN_STEPS;
}

bool bm_transition_is_sendable(uint8_t transition)
{
	return transition == BM_TRANSITION_ABSENT || bm_transition_is_known(transition);
}

void bm_transition_put(struct bm_writer *w, uint8_t transition, uint8_t delay_steps)
{
	if (transition == BM_TRANSITION_ABSENT)
		return;
	bm_put_u8(w, transition);
	bm_put_u8(w, delay_steps);
}

static bool is_current(const struct bm_transaction *last, uint8_t tid, bm_time now)
{
	return last->tid == tid && now - last->at < TRANSACTION_US;
}

static bool is_of(const struct bm_transaction *last, uint16_t src, uint16_t dst)
{
	return last->used && last->src == src && last->dst == dst;
}

struct bm_transaction *bm_transaction_find(struct bm_transactions *transactions, uint16_t src, uint16_t dst,
					   uint8_t tid, bm_time now)
{
	for (size_t i = 0; i < BM_TRANSACTIONS; i++) {
		struct bm_transaction *last = &transactions->last[i];
		if (is_of(last, src, dst))
			return is_current(last, tid, now) ? last : NULL;
	}
	return NULL;
}

bool bm_transaction_begin(struct bm_transactions *transactions, uint16_t src, uint16_t dst, uint8_t tid, bm_time now)
{
	struct bm_transaction *place = &transactions->last[0];
	for (size_t i = 0; i < BM_TRANSACTIONS; i++) {
		struct bm_transaction *last = &transactions->last[i];
		if (is_of(last, src, dst)) {
			if (is_current(last, tid, now)) {
				/* MshMDL 3.3.1.2.2: within six seconds of the previous message, a repetition too. */
				last->at = now;
				return false;
			}
			place = last;
			break;
		}
		if (!last->used || (place->used && last->at < place->at))
			place = last;
	}
	*place = (struct bm_transaction){.at = now, .src = src, .dst = dst, .tid = tid, .used = true};
	return true;
}
