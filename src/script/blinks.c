/*
 * Counting flashes. Light frames that repeat the colour already seen are no change.
 */
#include "script/blinks.h"

#define HEARTBEAT_RGB 0x00007fu
/* A user who sees no blink looks for a number elsewhere after this long. */
#define NO_BLINK_US (15u * BM_US_PER_S)

void bm_blinks_begin(struct bm_blinks *blinks)
{
	blinks->flashes = 0;
	blinks->heartbeats = 0;
	blinks->colour = 0;
	blinks->last_change = BM_TIME_NEVER;
}

void bm_blinks_light(struct bm_blinks *blinks, uint32_t rgb, bm_time now)
{
	const uint32_t before = blinks->rgb;
	if (rgb == before)
		return;
	blinks->rgb = rgb;
	blinks->last_change = now;
	if (rgb == 0)
		return;
	if (rgb == HEARTBEAT_RGB) {
		blinks->heartbeats++;
		return;
	}
	if (blinks->flashes == 0)
		blinks->colour = rgb;
	blinks->from_dark = before == 0;
	if (blinks->from_dark || rgb == blinks->colour)
		blinks->flashes++;
}

unsigned bm_blinks_count(const struct bm_blinks *blinks)
{
	if (blinks->flashes == 0)
		return blinks->heartbeats;
	const bool state_again = blinks->rgb != 0 && blinks->rgb != blinks->colour && blinks->rgb != HEARTBEAT_RGB &&
				 blinks->from_dark;
	return blinks->flashes - (state_again && blinks->flashes > 1 ? 1 : 0);
}

bm_time bm_blinks_settled(const struct bm_blinks *blinks)
{
	return bm_blinks_count(blinks) == 0 ? BM_TIME_NEVER : bm_time_add(blinks->last_change, BM_BLINKS_SETTLED_US);
}

bm_time bm_blinks_deadline(const struct bm_blinks *blinks, bm_time asked_at)
{
	const bm_time settled = bm_blinks_settled(blinks);
	if (settled != BM_TIME_NEVER)
		return settled > asked_at ? settled : asked_at;
	const bool since = blinks->last_change != BM_TIME_NEVER && blinks->last_change > asked_at;
	return bm_time_add(since ? blinks->last_change : asked_at, NO_BLINK_US);
}
