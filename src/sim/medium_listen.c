/*
 * Receivers that sleep: a low power node says when its receiver must be on, and hears nothing else. How long it was on
 * is added up.
 */
#include "sim/medium_state.h"

/* The part of [from, until) that lies between since and now. */
static uint64_t overlap(const struct bm_station *station, bm_time now)
{
	const bm_time begin = station->listen_from > station->listen_since ? station->listen_from
									   : station->listen_since;
	const bm_time end = station->listen_until < now ? station->listen_until : now;
	return end > begin ? end - begin : 0;
}

void bm_station_listen(void *self, bm_time from, bm_time until, bm_time now)
{
	struct bm_station *station = self;
	station->listened_us += overlap(station, now);
	station->listen_since = now;
	station->listen_from = from;
	station->listen_until = until;
}

bool bm_station_listens(const struct bm_station *station, bm_time now)
{
	return now >= station->listen_from && now < station->listen_until;
}

uint64_t bm_station_listened_us(const struct bm_station *station, bm_time now)
{
	return station->listened_us + overlap(station, now);
}
