/*
 * Delayed answers: each waits in the pool until its timer fires, then goes to the transport.
 */
#include "access/reply.h"

/* MshPRT 3.7.3.1. */
#define DELAY_MIN_US (20u * BM_US_PER_MS)
#define DELAY_UNICAST_MAX_US (50u * BM_US_PER_MS)
#define DELAY_MULTICAST_MAX_US (500u * BM_US_PER_MS)

/* A segmented answer that finds no context free tries again this often before it is given up. */
#define BUSY_ATTEMPTS 10
#define BUSY_PAUSE_US (100u * BM_US_PER_MS)

static void drop_reply(struct bm_reply *reply)
{
	bm_timer_stop(&reply->timer);
	bm_wipe(reply->payload, reply->len);
	reply->used = false;
}

static void reply_due(void *ctx)
{
	struct bm_reply *reply = ctx;
	struct bm_access *access = reply->access;
	const enum bm_err err = bm_access_transmit(access, &reply->tx, reply->payload, reply->len);
	if (err == BM_ERR_BUSY && ++reply->attempts < BUSY_ATTEMPTS) {
		bm_timer_set_after(&access->env->timers, &reply->timer, BUSY_PAUSE_US);
		return;
	}
	if (err)
		bm_env_drop(access->env, BM_DROP_TX_FULL, reply->payload, reply->len);
	if (reply->repeats == 0) {
		drop_reply(reply);
		return;
	}
	reply->repeats--;
	reply->attempts = 0;
	bm_timer_set_after(&access->env->timers, &reply->timer, reply->interval_us);
}

void bm_replies_init(struct bm_access *access)
{
	for (size_t i = 0; i < access->limits.replies; i++) {
		struct bm_reply *reply = &access->replies[i];
		reply->access = access;
		reply->payload = access->payloads + i * bm_replies_payload(&access->limits);
		bm_timer_init(&reply->timer, reply_due, reply);
	}
}

void bm_replies_cancel(struct bm_access *access)
{
	for (size_t i = 0; i < access->limits.replies; i++)
		if (access->replies[i].used)
			drop_reply(&access->replies[i]);
}

/* One of the pool for a message of this model, sent once; NULL: all are in use. */
static struct bm_reply *take_reply(const struct bm_model *model, const uint8_t *payload, size_t len)
{
	struct bm_access *access = model->access;
	for (size_t i = 0; i < access->limits.replies; i++) {
		struct bm_reply *reply = &access->replies[i];
		if (reply->used)
			continue;
		reply->used = true;
		reply->attempts = 0;
		reply->publisher = NULL;
		reply->repeats = 0;
		reply->tx = (struct bm_transport_tx){.src = (uint16_t)(bm_net_addr(access->net) + model->element)};
		reply->len = (uint16_t)len;
		memcpy(reply->payload, payload, len);
		return reply;
	}
	return NULL;
}

/* When an answer goes out. As far as its window allows, not before the answers that this element owes the same
 * requester already: what tells of an older state must not come last. */
static bm_time response_time(const struct bm_access *access, const struct bm_transport_tx *tx, uint16_t request_dst)
{
	const uint32_t max = bm_addr_is_unicast(request_dst) ? DELAY_UNICAST_MAX_US : DELAY_MULTICAST_MAX_US;
	const bm_time latest = bm_env_later(access->env, max);
	bm_time at = bm_env_later(access->env, DELAY_MIN_US + bm_env_random_below(access->env, max - DELAY_MIN_US + 1));
	for (size_t i = 0; i < access->limits.replies; i++) {
		const struct bm_reply *other = &access->replies[i];
		if (!bm_timer_is_armed(&other->timer) || other->publisher || other->tx.src != tx->src ||
		    other->tx.dst != tx->dst)
			continue;
		if (other->timer.at > at)
			at = other->timer.at < latest ? other->timer.at : latest;
	}
	return at;
}

static void capture(struct bm_capture *taken, const uint8_t *payload, size_t len)
{
	/* A message has one answer. */
	if (taken->answered)
		return;
	taken->answered = true;
	taken->len = len;
	if (len <= taken->capacity)
		memcpy(taken->octets, payload, len);
}

enum bm_err bm_model_reply(struct bm_model *model, const struct bm_rx *rx, const uint8_t *payload, size_t len)
{
	struct bm_access *access = model->access;
	if (len == 0)
		return BM_ERR_INVALID;
	if (len > bm_replies_payload(&access->limits))
		return BM_ERR_TOO_LONG;
	if (BM_WITH_FOUNDATION_1_1 && access->capture) {
		capture(access->capture, payload, len);
		return BM_OK;
	}
	struct bm_reply *reply = take_reply(model, payload, len);
	if (!reply)
		return BM_ERR_BUSY;
	reply->tx.dst = rx->src;
	reply->tx.net_idx = rx->net_idx;
	reply->tx.app_idx = rx->app_idx;
	/* MshPRT 3.7.3.1: what came without being relayed is answered so. */
	reply->tx.ttl = rx->ttl == 0 ? 0 : access->default_ttl;
	reply->tx.answer = true;
	bm_timer_set(&access->env->timers, &reply->timer, response_time(access, &reply->tx, rx->dst));
	return BM_OK;
}

void bm_replies_forget_published(const struct bm_model *model)
{
	struct bm_access *access = model->access;
	for (size_t i = 0; i < access->limits.replies; i++)
		if (access->replies[i].used && access->replies[i].publisher == model)
			drop_reply(&access->replies[i]);
}

void bm_replies_repeat_published(struct bm_model *model, const struct bm_tx *tx, enum bm_cred_kind cred,
				 const uint8_t *payload, size_t len)
{
	struct bm_access *access = model->access;
	bm_replies_forget_published(model);
	/* Publish Retransmit Count in bits 0–2, Interval Steps of 50 ms in bits 3–7. */
	const uint8_t count = model->publication.retransmit & 7;
	if (count == 0)
		return;
	struct bm_reply *reply = take_reply(model, payload, len);
	if (!reply) {
		bm_env_drop(access->env, BM_DROP_TX_FULL, payload, len);
		return;
	}
	reply->publisher = model;
	reply->repeats = (uint8_t)(count - 1);
	reply->interval_us = ((model->publication.retransmit >> 3) + 1u) * 50u * BM_US_PER_MS;
	reply->tx.dst = tx->dst;
	reply->tx.label = tx->label;
	reply->tx.app_idx = tx->app_idx;
	reply->tx.ttl = tx->ttl == BM_TTL_DEFAULT ? access->default_ttl : tx->ttl;
	reply->tx.segmented = tx->segmented;
	reply->tx.long_mic = tx->long_mic;
	reply->tx.cred = cred;
	bm_timer_set_after(&access->env->timers, &reply->timer, reply->interval_us);
}
