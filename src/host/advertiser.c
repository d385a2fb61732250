/*
 * A timed queue of advertising requests. A slot is one request; its next transmission is due at slot.at; equal times go
 * in the order of submission.
 */
#include "host/advertiser.h"

#include <string.h>

#define SERVICE_FRONT_LEN 7u

static void find_next(struct bm_advertiser *advertiser)
{
	advertiser->next = BM_TIME_NEVER;
	for (size_t i = 0; i < BM_ADVERTISER_SLOTS; i++)
		if (advertiser->slots[i].at < advertiser->next)
			advertiser->next = advertiser->slots[i].at;
}

void bm_advertiser_init(struct bm_advertiser *advertiser, uint32_t (*random_below)(void *ctx, uint32_t bound),
			void *ctx)
{
	memset(advertiser, 0, sizeof *advertiser);
	advertiser->random_below = random_below;
	advertiser->ctx = ctx;
	advertiser->next = BM_TIME_NEVER;
	advertiser->private_addr = NULL;
	for (size_t i = 0; i < BM_ADVERTISER_SLOTS; i++)
		advertiser->slots[i].at = BM_TIME_NEVER;
}

enum bm_err bm_advertiser_submit(struct bm_advertiser *advertiser, const struct bm_adv *adv, bm_time now)
{
	const size_t front = adv->ad_type == BM_AD_SERVICE_DATA ? SERVICE_FRONT_LEN : 0;
	const size_t least = front ? 2 : 1;
	if (adv->len < least || front + adv->len > BM_ADV_PAYLOAD_MAX || adv->transmissions < 1)
		return BM_ERR_INVALID;
	for (size_t i = 0; i < BM_ADVERTISER_SLOTS; i++) {
		struct bm_advertiser_slot *slot = &advertiser->slots[i];
		if (slot->at != BM_TIME_NEVER)
			continue;
		*slot = (struct bm_advertiser_slot){
			.at = bm_time_add(now, adv->delay_us),
			.order = advertiser->order++,
			.ad_type = (uint8_t)adv->ad_type,
			.len = adv->len,
			.left = adv->transmissions,
			.interval_us = adv->interval_us,
			.jitter_us = adv->jitter_us,
		};
		memcpy(slot->payload, adv->payload, adv->len);
		if (adv->private_addr) {
			slot->has_private_addr = true;
			memcpy(slot->private_addr, adv->private_addr, sizeof slot->private_addr);
		}
		if (slot->at < advertiser->next)
			advertiser->next = slot->at;
		return BM_OK;
	}
	advertiser->refused++;
	return BM_ERR_BUSY;
}

static struct bm_advertiser_slot *find_due(struct bm_advertiser *advertiser, bm_time now)
{
	struct bm_advertiser_slot *due = NULL;
	if (advertiser->next > now)
		return NULL;
	for (size_t i = 0; i < BM_ADVERTISER_SLOTS; i++) {
		struct bm_advertiser_slot *slot = &advertiser->slots[i];
		if (slot->at == BM_TIME_NEVER || slot->at > now)
			continue;
		if (!due || slot->at < due->at || (slot->at == due->at && slot->order < due->order))
			due = slot;
	}
	return due;
}

static size_t make_ad(const struct bm_advertiser_slot *slot, uint8_t ad[31])
{
	size_t at = 0;
	if (slot->ad_type == BM_AD_SERVICE_DATA) {
		/* MshPRT 6.9.1: Flags and the service's UUID stand in front. */
		const uint8_t front[SERVICE_FRONT_LEN] = {2, 0x01, 0x06, 3, 0x03, slot->payload[0], slot->payload[1]};
		memcpy(ad, front, sizeof front);
		at = sizeof front;
	}
	ad[at] = (uint8_t)(slot->len + 1);
	ad[at + 1] = slot->ad_type;
	memcpy(&ad[at + 2], slot->payload, slot->len);
	return at + slot->len + 2;
}

bool bm_advertiser_take(struct bm_advertiser *advertiser, bm_time now, uint8_t ad[31], size_t *len)
{
	struct bm_advertiser_slot *due = find_due(advertiser, now);
	if (!due)
		return false;
	*len = make_ad(due, ad);
	advertiser->private_addr = due->has_private_addr ? due->private_addr : NULL;
	if (--due->left == 0) {
		due->at = BM_TIME_NEVER;
	} else {
		const uint32_t jitter = due->jitter_us ? advertiser->random_below(advertiser->ctx, due->jitter_us + 1)
						       : 0;
		due->at = bm_time_add(now, (uint64_t)due->interval_us + jitter);
	}
	find_next(advertiser);
	return true;
}

bool bm_advertiser_take_all(struct bm_advertiser *advertiser, bm_time now, struct bm_advertising *taken)
{
	struct bm_advertiser_slot *due = find_due(advertiser, now);
	if (!due)
		return false;
	taken->len = (uint8_t)make_ad(due, taken->ad);
	taken->transmissions = due->left;
	taken->interval_us = due->interval_us;
	advertiser->private_addr = due->has_private_addr ? due->private_addr : NULL;
	due->at = BM_TIME_NEVER;
	find_next(advertiser);
	return true;
}
