/*
 * Counting flashes. Light frames that repeat the colour already seen are no change.
 */
#include "cli/blinks.h"

void bm_blinks_begin(struct bm_blinks *blinks)
{
	blinks->flashes = 0;
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
	if (blinks->flashes == 0)
		blinks->colour = rgb;
	if (before == 0 || rgb == blinks->colour)
		blinks->flashes++;
}

bm_time bm_blinks_settled(const struct bm_blinks *blinks)
{
	return blinks->flashes == 0 ? BM_TIME_NEVER : bm_time_add(blinks->last_change, BM_BLINKS_SETTLED_US);
}
