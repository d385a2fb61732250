/*
 * A node's floors from the network layer to the access layer, without the node: for tests that hand a model an access
 * message and look at what it sends. Time moves only by floors_run; what goes out is seen by the trace, before it is
 * encrypted.
 */
#ifndef BM_TESTS_FLOORS_H
#define BM_TESTS_FLOORS_H

#include <stdlib.h>

#include "access/access.h"
#include "net/net_state.h"
#include "support/vectors.h"
#include "transport/transport_state.h"

#define FLOORS_ADDR 0x0010u
#define FLOORS_PEER 0x0001u
#define FLOORS_KEPT 64

struct floors_sent {
	bm_time at;
	uint16_t src, dst, net_idx, app_idx;
	uint8_t ttl;
	bool segmented;
	size_t len;
	uint8_t octets[BM_ACCESS_MAX];
};

struct floors {
	struct bm_env env;
	struct bm_net net;
	struct bm_transport transport;
	struct bm_access access;
	void *memory;
	uint32_t random;
	size_t advertised;
	struct floors_sent sent[FLOORS_KEPT];
	size_t sent_count;
	size_t received_count; /* messages that reached a model */
	struct bm_event event; /* the last one */
	size_t event_count;
};

static inline void floors_random(void *ctx, uint8_t *out, size_t len)
{
	struct floors *f = ctx;
	for (size_t i = 0; i < len; i++) {
		f->random = f->random * 1664525u + 1013904223u;
		out[i] = (uint8_t)(f->random >> 24);
	}
}

static inline void floors_event(void *ctx, const struct bm_event *event)
{
	struct floors *f = ctx;
	f->event = *event;
	f->event_count++;
}

static inline void floors_trace(void *ctx, const struct bm_trace *trace)
{
	struct floors *f = ctx;
	if (trace->kind == BM_TRACE_ACCESS_RX)
		f->received_count++;
	if (trace->kind != BM_TRACE_ACCESS_TX || f->sent_count >= FLOORS_KEPT)
		return;
	struct floors_sent *sent = &f->sent[f->sent_count++];
	*sent = (struct floors_sent){.at = trace->at,
				     .src = trace->src,
				     .dst = trace->dst,
				     .net_idx = trace->net_idx,
				     .app_idx = trace->app_idx,
				     .ttl = trace->ttl,
				     .segmented = trace->segmented,
				     .len = trace->len};
	memcpy(sent->octets, trace->octets, trace->len);
}

static inline enum bm_err floors_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct floors *f = self;
	(void)adv;
	(void)now;
	f->advertised++;
	return BM_OK;
}

static inline bool floors_accepts(void *ctx, uint16_t dst)
{
	struct floors *f = ctx;
	return bm_access_accepts(&f->access, dst);
}

static inline void floors_net_receive(void *ctx, const struct bm_net_rx *rx)
{
	struct floors *f = ctx;
	bm_transport_receive(&f->transport, rx);
}

static inline bool floors_busy(void *ctx)
{
	struct floors *f = ctx;
	return bm_transport_busy(&f->transport);
}

static inline void floors_keys_revoked(void *ctx, uint16_t net_idx)
{
	struct floors *f = ctx;
	bm_app_keys_revoke_old(bm_transport_app_keys(&f->transport), net_idx);
}

static inline void floors_access(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	struct floors *f = ctx;
	bm_access_receive(&f->access, rx, payload, len);
}

static inline void floors_carve(struct floors *f, const struct bm_limits *limits, struct bm_arena *arena)
{
	bm_net_carve(&f->net, limits, arena);
	bm_transport_carve(&f->transport, limits, arena);
	bm_access_carve(&f->access, limits, arena);
}

static const struct bm_bearer_ops floors_bearer = {.advertise = floors_advertise};

/* features: BM_FEATURE_*. Elements and models are added by the test, then floors_start. */
static inline void floors_init(struct floors *f, const struct bm_limits *limits, uint16_t features)
{
	memset(f, 0, sizeof *f);
	struct bm_arena arena = {0};
	floors_carve(f, limits, &arena);
	f->memory = aligned_alloc(64, (arena.used + 63) / 64 * 64);
	arena = (struct bm_arena){.mem = f->memory, .size = arena.used};
	floors_carve(f, limits, &arena);
	f->env.ops = (struct bm_node_ops){
		.ctx = f, .random = floors_random, .event = floors_event, .trace = floors_trace};
	f->env.bearer = (struct bm_bearer){.ops = &floors_bearer, .self = f};
	const bool relay = features & BM_FEATURE_RELAY;
	const struct bm_net_states states = {.beacon = true,
					     .relay_supported = relay,
					     .relay = relay,
					     .network_transmit = 0x12,
					     .relay_retransmit = 0x12};
	const struct bm_net_upper net_upper = {.ctx = f,
					       .accepts = floors_accepts,
					       .receive = floors_net_receive,
					       .busy = floors_busy,
					       .keys_revoked = floors_keys_revoked};
	const struct bm_transport_upper transport_upper = {.ctx = f, .access = floors_access};
	const struct bm_access_identity identity = {
		.company = 0x02c4, .product = 0x0001, .version = 0x0002, .features = features};
	bm_net_init(&f->net, &f->env, limits, &net_upper, &states);
	bm_transport_init(&f->transport, &f->env, limits, &f->net, &transport_upper);
	bm_access_init(&f->access, &f->env, limits, &f->net, &f->transport, &identity, 7);
}

/* The composition is complete; the node gets its address, NetKey 0 and a device key. */
static inline void floors_start(struct floors *f)
{
	static const uint8_t net_key[16] = {0x7d, 0xd7, 0x36, 0x4c};
	static const uint8_t dev_key[16] = {0x9d, 0x6d, 0xd0, 0xe9};
	bm_access_start(&f->access);
	assert_int_equal(bm_subnet_add(bm_net_subnets(&f->net), 0, net_key, false, &(struct bm_subnet *){NULL}), BM_OK);
	bm_dev_keys_set_own(bm_transport_dev_keys(&f->transport), dev_key);
	bm_net_start(&f->net, FLOORS_ADDR, f->access.element_count, 5, false);
}

static inline void floors_app_key(struct floors *f, uint16_t app_idx)
{
	const uint8_t key[16] = {(uint8_t)app_idx, 0x96, 0x47};
	assert_int_equal(bm_app_key_add(bm_transport_app_keys(&f->transport), 0, app_idx, key), BM_OK);
}

static inline void floors_end(struct floors *f)
{
	free(f->memory);
}

static inline bm_time floors_now(const struct floors *f)
{
	return f->env.timers.now;
}

static inline void floors_run(struct floors *f, uint64_t duration_us)
{
	const bm_time end = floors_now(f) + duration_us;
	while (bm_timers_deadline(&f->env.timers) <= end) {
		bm_timers_advance(&f->env.timers, bm_timers_deadline(&f->env.timers));
		bm_timers_run(&f->env.timers);
	}
	bm_timers_advance(&f->env.timers, end);
}

static inline void floors_receive_from(struct floors *f, const struct bm_transport_rx *rx, const char *hex)
{
	uint8_t octets[BM_ACCESS_MAX];
	const size_t len = hex_decode(hex, octets, sizeof octets);
	/* Exactly as long as it says, so that the sanitizer sees a read beyond. */
	uint8_t *payload = malloc(len ? len : 1);
	memcpy(payload, octets, len);
	bm_access_receive(&f->access, rx, payload, len);
	free(payload);
}

/* An access message from FLOORS_PEER, as hexadecimal opcode and parameters. */
static inline void floors_receive(struct floors *f, uint16_t dst, uint16_t app_idx, const char *hex)
{
	const struct bm_transport_rx rx = {.src = FLOORS_PEER, .dst = dst, .app_idx = app_idx, .ttl = 5, .rssi = -40};
	floors_receive_from(f, &rx, hex);
}

static inline uint32_t floors_dropped(const struct floors *f, enum bm_drop reason)
{
	return f->env.counters.drop[reason];
}

/* Lets response delays pass, takes the one message that was sent and compares it. */
static inline void floors_expect(struct floors *f, const char *hex)
{
	floors_run(f, 600 * BM_US_PER_MS);
	assert_int_equal(f->sent_count, 1);
	assert_hex(f->sent[0].octets, f->sent[0].len, hex);
	f->sent_count = 0;
	/* Nobody acknowledges segments here: the transport gives up after a while. */
	while (bm_transport_busy(&f->transport))
		floors_run(f, BM_US_PER_S);
}

static inline void floors_expect_nothing(struct floors *f)
{
	floors_run(f, 600 * BM_US_PER_MS);
	assert_int_equal(f->sent_count, 0);
}

#endif
