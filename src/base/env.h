/*
 * What every module of one node shares: its time, what it was given, its counters. Modules hold a pointer to it and
 * never know the node itself.
 */
#ifndef BM_BASE_ENV_H
#define BM_BASE_ENV_H

#include "base/timers.h"
#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/err.h"
#include "blemesh/node.h"
#include "blemesh/store.h"
#include "blemesh/trace.h"

struct bm_env {
	struct bm_timers timers;
	struct bm_node_ops ops;
	struct bm_bearer bearer;
	bool adv_off; /* the advertising bearer is not used, though the host has one */
	struct bm_counters counters;
	/* Set by the node: asks the store to take what a key holds now. NULL where a floor is tested by itself. */
	void (*save)(void *ctx, enum bm_store_kind kind, uint16_t index);
	void *save_ctx;
};

static inline bm_time bm_env_now(const struct bm_env *env)
{
	return env->timers.now;
}

/* So long from now. */
bm_time bm_env_later(const struct bm_env *env, uint64_t delay_us);

void bm_env_random(struct bm_env *env, uint8_t *out, size_t len);
/* Uniform in 0 … bound − 1; bound is at least 1. */
uint32_t bm_env_random_below(struct bm_env *env, uint32_t bound);
void bm_env_count_drop(struct bm_env *env, enum bm_drop reason);
void bm_env_trace_drop(struct bm_env *env, enum bm_drop reason, const uint8_t *octets, size_t len);
/* Counts a drop and, if somebody watches, traces it. octets may be NULL with len 0. In line, so that without traces
 * nobody keeps octets and len at hand. */
static inline void bm_env_drop(struct bm_env *env, enum bm_drop reason, const uint8_t *octets, size_t len)
{
	if (BM_WITH_TRACE)
		bm_env_trace_drop(env, reason, octets, len);
	else
		bm_env_count_drop(env, reason);
}
static inline bool bm_env_traces(const struct bm_env *env)
{
	return BM_WITH_TRACE && env->ops.trace;
}
void bm_env_put_state(struct bm_env *env, const char *module, const char *from, const char *to);
/* In line, so that without traces not even the names are linked. */
static inline void bm_env_trace_state(struct bm_env *env, const char *module, const char *from, const char *to)
{
	if (bm_env_traces(env))
		bm_env_put_state(env, module, from, to);
}
/* Hands octets to the bearer; counts BM_DROP_TX_FULL if it has no room. BM_ERR_NOT_SUPPORTED: there is no advertising
 * bearer, or it is not used. */
enum bm_err bm_env_advertise(struct bm_env *env, const struct bm_adv *adv);
/* BM_OK when nobody stores. */
BM_MUST_USE enum bm_err bm_env_store(struct bm_env *env, enum bm_store_kind kind, uint16_t index, const uint8_t *octets,
				     size_t len);
/* Groups of the node's states that are stored together: the index of BM_STORE_CONFIG. A number once given out stays. */
enum bm_stored_config {
	BM_STORED_STATES = 0,         /* Beacon, Relay, GATT Proxy, Friend, Network Transmit, Default TTL */
	BM_STORED_HEARTBEAT = 1,      /* Heartbeat Publication */
	BM_STORED_PRIVATE_BEACON = 2, /* Private Beacon, Random Update Interval Steps */
	BM_STORED_LPN_COUNTER = 3,    /* LPNCounter values reserved */
	BM_STORED_CONFIG_COUNT,
};

void bm_env_save_changed(struct bm_env *env, enum bm_store_kind kind, uint16_t index);
/* What is kept under this key changed, or is gone: call it after the change. The node encodes and stores it. */
static inline void bm_env_save(struct bm_env *env, enum bm_store_kind kind, uint16_t index)
{
	if (BM_WITH_STORE)
		bm_env_save_changed(env, kind, index);
}
/* kind and members as in node.h; now is filled in. */
void bm_env_event(struct bm_env *env, struct bm_event *event);
/* An event of which there is no more to say than whom it is about; 0 where that means nothing. */
void bm_env_tell(struct bm_env *env, enum bm_event_kind kind, uint16_t addr, uint16_t net_idx);

/* Overwrites a secret in a way the compiler keeps. */
void bm_wipe(void *mem, size_t len);
/* True if equal; the time taken depends on len alone. */
BM_MUST_USE bool bm_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t len);

#endif
