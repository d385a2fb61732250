/*
 * A network layer on a bench: a bearer that keeps what it is given, a store and events that are counted, and an upper
 * layer that keeps what it receives. Time is whatever the test says.
 */
#ifndef BM_TESTS_NET_RIG_H
#define BM_TESTS_NET_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/net_state.h"

#define RIG_SENT_MAX 512
#define RIG_RECEIVED_MAX 64

struct rig_sent {
	struct bm_adv adv;
	uint8_t octets[BM_ADV_PAYLOAD_MAX];
};

struct rig_received {
	struct bm_net_rx rx;
	uint8_t octets[BM_NET_TRANSPORT_MAX];
};

struct net_rig {
	struct bm_env env;
	struct bm_net net;
	struct bm_limits limits;
	void *mem;
	size_t mem_len;
	uint64_t random;
	struct rig_sent sent[RIG_SENT_MAX];
	size_t sent_count;
	enum bm_err advertise_result;
	enum bm_err store_result;
	size_t stores;
	struct bm_store_key stored_key;
	uint8_t stored[64];
	size_t stored_len;
	size_t events[64];
	struct bm_event last_event;
	struct rig_received received[RIG_RECEIVED_MAX];
	size_t received_count;
	uint16_t group; /* accepted beside our own addresses */
	bool busy;
	size_t iv_changes;
	size_t revocations;
};

static inline void rig_random(void *ctx, uint8_t *out, size_t len)
{
	struct net_rig *rig = ctx;
	for (size_t i = 0; i < len; i++) {
		rig->random = rig->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		out[i] = (uint8_t)(rig->random >> 56);
	}
}

static inline enum bm_err rig_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct net_rig *rig = self;
	(void)now;
	if (rig->advertise_result)
		return rig->advertise_result;
	assert_true(rig->sent_count < RIG_SENT_MAX);
	struct rig_sent *sent = &rig->sent[rig->sent_count++];
	sent->adv = *adv;
	assert_true(adv->len >= 1 && adv->len <= BM_ADV_PAYLOAD_MAX);
	memcpy(sent->octets, adv->payload, adv->len);
	sent->adv.payload = sent->octets;
	return BM_OK;
}

static inline enum bm_err rig_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct net_rig *rig = ctx;
	if (rig->store_result)
		return rig->store_result;
	rig->stores++;
	rig->stored_key = *key;
	assert_true(len <= sizeof rig->stored);
	if (len)
		memcpy(rig->stored, octets, len);
	rig->stored_len = len;
	return BM_OK;
}

static inline void rig_event(void *ctx, const struct bm_event *event)
{
	struct net_rig *rig = ctx;
	rig->events[event->kind]++;
	rig->last_event = *event;
}

static inline bool rig_accepts(void *ctx, uint16_t dst)
{
	const struct net_rig *rig = ctx;
	return bm_net_is_own(&rig->net, dst) || (rig->group && dst == rig->group);
}

static inline void rig_receive(void *ctx, const struct bm_net_rx *rx)
{
	struct net_rig *rig = ctx;
	assert_true(rig->received_count < RIG_RECEIVED_MAX);
	struct rig_received *received = &rig->received[rig->received_count++];
	received->rx = *rx;
	memcpy(received->octets, rx->transport_pdu, rx->len);
	received->rx.transport_pdu = received->octets;
}

static inline bool rig_busy(void *ctx)
{
	return ((struct net_rig *)ctx)->busy;
}

static inline void rig_iv_changed(void *ctx)
{
	((struct net_rig *)ctx)->iv_changes++;
}

static inline void rig_keys_revoked(void *ctx, uint16_t net_idx)
{
	assert_int_equal(net_idx, 0);
	((struct net_rig *)ctx)->revocations++;
}

static const struct bm_bearer_ops rig_bearer_ops = {.advertise = rig_advertise};

/* env alone, for modules that need no more. */
static inline void rig_env_init(struct net_rig *rig)
{
	memset(rig, 0, sizeof *rig);
	rig->limits = (struct bm_limits)BM_LIMITS_DEFAULT;
	rig->random = 1;
	rig->env.ops = (struct bm_node_ops){.ctx = rig, .random = rig_random, .event = rig_event, .store = rig_store};
	rig->env.bearer = (struct bm_bearer){.ops = &rig_bearer_ops, .self = rig};
}

/* rig->limits may have been changed since rig_env_init. */
static inline void rig_net_init_limits(struct net_rig *rig, const struct bm_net_upper *upper)
{
	const struct bm_net_states states = {
		.beacon = false, .relay_supported = true, .relay = true, .network_transmit = 0, .relay_retransmit = 0};
	struct bm_arena measure = {0};
	bm_net_carve(&rig->net, &rig->limits, &measure);
	rig->mem = malloc(measure.used);
	struct bm_arena arena = {.mem = rig->mem, .size = measure.used};
	rig->mem_len = measure.used;
	bm_net_carve(&rig->net, &rig->limits, &arena);
	assert_false(arena.failed);
	bm_net_init(&rig->net, &rig->env, &rig->limits, upper, &states);
}

static inline void rig_net_init(struct net_rig *rig)
{
	const struct bm_net_upper upper = {.ctx = rig,
					   .accepts = rig_accepts,
					   .receive = rig_receive,
					   .busy = rig_busy,
					   .iv_changed = rig_iv_changed,
					   .keys_revoked = rig_keys_revoked};
	rig_env_init(rig);
	rig_net_init_limits(rig, &upper);
}

static inline void rig_free(struct net_rig *rig)
{
	free(rig->mem);
}

/* Everything due up to `until` happens in its order. */
static inline void rig_run_until(struct net_rig *rig, bm_time until)
{
	while (bm_timers_deadline(&rig->env.timers) <= until) {
		bm_timers_advance(&rig->env.timers, bm_timers_deadline(&rig->env.timers));
		bm_timers_run(&rig->env.timers);
	}
	bm_timers_advance(&rig->env.timers, until);
}

static inline uint32_t rig_drops(const struct net_rig *rig, enum bm_drop drop)
{
	return rig->env.counters.drop[drop];
}

/* The NetKey of the sample data (8.2.1 of the specification). */
static const uint8_t rig_net_key[16] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};

static inline void rig_start(struct net_rig *rig, uint16_t addr, uint8_t elements, uint32_t iv_index)
{
	struct bm_subnet *subnet;
	bm_net_start(&rig->net, addr, elements, iv_index, false);
	assert_int_equal(bm_subnet_add(&rig->net.subnets, 0, rig_net_key, false, &subnet), BM_OK);
	bm_net_beacon_update(&rig->net);
}

/* A PDU as a node with the sample NetKey would send it. Returns its length. */
static inline size_t rig_pdu(uint8_t out[BM_NET_PDU_MAX], uint32_t iv_index, bool ctl, uint8_t ttl, uint32_t seq,
			     uint16_t src, uint16_t dst, const uint8_t *transport_pdu, size_t len)
{
	struct bm_net_keys keys;
	bm_net_keys_derive(&keys, rig_net_key);
	const struct bm_net_header header = {.ctl = ctl, .ttl = ttl, .seq = seq, .src = src, .dst = dst};
	size_t out_len;
	assert_int_equal(bm_net_encrypt(&keys.flooding, iv_index, &header, transport_pdu, len, out, &out_len), BM_OK);
	return out_len;
}

#endif
