/*
 * A node's timers: an intrusive list in the order of their time, first set first run among equals. No allocation; a
 * timer is a member of what it times.
 */
#ifndef BM_BASE_TIMERS_H
#define BM_BASE_TIMERS_H

#include "blemesh/base.h"

struct bm_timer {
	bm_time at;
	struct bm_timer *next;
	struct bm_timer **link; /* what points to this one in the list; NULL: not armed */
	void (*fire)(void *ctx);
	void *ctx;
};

struct bm_timers {
	bm_time now; /* the time of the call the node is in */
	struct bm_timer *first;
};

void bm_timer_init(struct bm_timer *timer, void (*fire)(void *ctx), void *ctx);
/* (Re)arms a timer. A time in the past fires at the next run. BM_TIME_NEVER stops it. */
void bm_timer_set(struct bm_timers *timers, struct bm_timer *timer, bm_time at);
void bm_timer_set_after(struct bm_timers *timers, struct bm_timer *timer, uint64_t delay_us);
void bm_timer_stop(struct bm_timer *timer);
static inline bool bm_timer_is_armed(const struct bm_timer *timer)
{
	return timer->link;
}

/* How many whole units are in a duration; UINT32_MAX if there are more. unit_us is at least 1. By shifts: the
 * compiler's own division of 64 bits would take 700 octets of a firmware. */
uint32_t bm_us_whole(uint64_t duration_us, uint32_t unit_us);

/* Time never goes back: an earlier now is ignored. */
void bm_timers_advance(struct bm_timers *timers, bm_time now);
bm_time bm_timers_deadline(const struct bm_timers *timers);
/* Fires what is due at timers->now, each timer stopped before it fires. */
void bm_timers_run(struct bm_timers *timers);

#endif
