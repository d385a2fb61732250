/*
 * A timed queue of advertising requests, sans-IO: says when the next transmission is due and hands its octets out. One
 * radio sends one thing at a time; requests of different senders interleave.
 */
#ifndef BM_HOST_ADVERTISER_H
#define BM_HOST_ADVERTISER_H

#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/err.h"

#define BM_ADVERTISER_SLOTS 64

struct bm_advertiser_slot {
	bm_time at; /* BM_TIME_NEVER: free */
	uint64_t order;
	uint8_t ad_type, len, left;
	uint32_t interval_us, jitter_us;
	bool has_private_addr;
	uint8_t private_addr[6];
	uint8_t payload[BM_ADV_PAYLOAD_MAX];
};

struct bm_advertiser {
	struct bm_advertiser_slot slots[BM_ADVERTISER_SLOTS];
	uint64_t order;
	bm_time next; /* the earliest at */
	uint32_t (*random_below)(void *ctx, uint32_t bound);
	void *ctx;
	uint32_t refused;            /* requests that found no free slot */
	const uint8_t *private_addr; /* of the transmission taken last, until the next call; NULL: the host's own */
};

/* What is to be sent: AD structures, how often in all, and the time between two. */
struct bm_advertising {
	uint8_t ad[31];
	uint8_t len, transmissions;
	uint32_t interval_us;
	bool has_private_addr;
	uint8_t private_addr[6];
};

void bm_advertiser_init(struct bm_advertiser *advertiser, uint32_t (*random_below)(void *ctx, uint32_t bound),
			void *ctx);
/* BM_ERR_BUSY when every slot is taken, BM_ERR_INVALID for lengths and counts out of range. */
BM_MUST_USE enum bm_err bm_advertiser_submit(struct bm_advertiser *advertiser, const struct bm_adv *adv, bm_time now);
static inline bm_time bm_advertiser_deadline(const struct bm_advertiser *advertiser)
{
	return advertiser->next;
}
/* Hands out one transmission that is due: true, and the AD structure (length, type, payload) in ad, at most 31 octets.
 */
bool bm_advertiser_take(struct bm_advertiser *advertiser, bm_time now, uint8_t ad[31], size_t *len);
/* As bm_advertiser_take, but for a radio that repeats by itself: with all transmissions that are left. */
bool bm_advertiser_take_all(struct bm_advertiser *advertiser, bm_time now, struct bm_advertising *taken);

#endif
