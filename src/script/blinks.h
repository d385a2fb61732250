/*
 * What an onlooker counts when a board blinks its number: the flashes of its LED.
 */
#ifndef BM_SCRIPT_BLINKS_H
#define BM_SCRIPT_BLINKS_H

#include "blemesh/base.h"

/* The count is final when nothing has changed for this long after a flash. */
#define BM_BLINKS_SETTLED_US 1500000u

/*
 * A flash is a change to a lit colour that comes from dark, or that is the first flash's colour. The first change to a
 * lit colour is a flash whatever stood before: an LED that showed a state (yellow, say) and then blinks begins so.
 *
 * Who knows the boards does not count the heartbeat that a script forgot to turn off, unless nothing else flashes; nor
 * another colour that stays lit at the end, which shows a state again.
 */
struct bm_blinks {
	uint32_t rgb;        /* what is seen now */
	uint32_t colour;     /* the first flash's */
	unsigned flashes;    /* since bm_blinks_begin, but for the next */
	unsigned heartbeats; /* flashes in the heartbeat's blue */
	bool from_dark;      /* the last change to a lit colour came from dark */
	bm_time last_change; /* BM_TIME_NEVER: none since then */
};

/* What is seen is remembered; counting begins anew. */
void bm_blinks_begin(struct bm_blinks *blinks);
void bm_blinks_light(struct bm_blinks *blinks, uint32_t rgb, bm_time now);
unsigned bm_blinks_count(const struct bm_blinks *blinks);
/* When looking comes to an end for somebody who was asked for the number at asked_at: the count is final, or nothing
 * has blinked for so long that nothing will. */
bm_time bm_blinks_deadline(const struct bm_blinks *blinks, bm_time asked_at);
/* When the count is final: BM_TIME_NEVER while no flash was seen. */
bm_time bm_blinks_settled(const struct bm_blinks *blinks);

#endif
