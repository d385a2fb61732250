/*
 * A node's timers, in a linked list sorted by time.
 */
#include "base/timers.h"

void bm_timer_init(struct bm_timer *timer, void (*fire)(void *ctx), void *ctx)
{
	*timer = (struct bm_timer){.at = BM_TIME_NEVER, .fire = fire, .ctx = ctx};
}

void bm_timer_stop(struct bm_timer *timer)
{
	if (!timer->link)
		return;
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->next = NULL;
	timer->link = NULL;
	timer->at = BM_TIME_NEVER;
}

void bm_timer_set(struct bm_timers *timers, struct bm_timer *timer, bm_time at)
{
	bm_timer_stop(timer);
	if (at == BM_TIME_NEVER)
		return;
	struct bm_timer **link = &timers->first;
	while (*link && (*link)->at <= at)
		link = &(*link)->next;
	timer->at = at;
	timer->next = *link;
	timer->link = link;
	if (timer->next)
		timer->next->link = &timer->next;
	*link = timer;
}

void bm_timer_set_after(struct bm_timers *timers, struct bm_timer *timer, uint64_t delay_us)
{
	bm_timer_set(timers, timer, bm_time_add(timers->now, delay_us));
}

void bm_timers_advance(struct bm_timers *timers, bm_time now)
{
	if (now > timers->now)
		timers->now = now;
}

bm_time bm_timers_deadline(const struct bm_timers *timers)
{
	return timers->first ? timers->first->at : BM_TIME_NEVER;
}

void bm_timers_run(struct bm_timers *timers)
{
	/* What a handler arms for this very instant runs in this call too, but only so many: a handler that re-arms
	 * itself for "now" must not hang the node. The rest is due at the next call. */
	for (int budget = 1000; budget > 0 && timers->first && timers->first->at <= timers->now; budget--) {
		struct bm_timer *timer = timers->first;
		bm_timer_stop(timer);
		timer->fire(timer->ctx);
	}
}

uint32_t bm_us_whole(uint64_t duration_us, uint32_t unit_us)
{
	uint64_t whole = 0;
	uint64_t rest = 0;
	for (int bit = 0; bit < 64; bit++) {
		rest = rest << 1 | duration_us >> 63;
		duration_us <<= 1;
		whole <<= 1;
		if (rest >= unit_us) {
			rest -= unit_us;
			whole |= 1;
		}
	}
	return whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole;
}
