/*
 * The node's shared services: randomness, counting, tracing, advertising, storing, events.
 */
#include "base/env.h"

#include <string.h>

bm_time bm_env_later(const struct bm_env *env, uint64_t delay_us)
{
	return bm_time_add(bm_env_now(env), delay_us);
}

void bm_env_random(struct bm_env *env, uint8_t *out, size_t len)
{
	env->ops.random(env->ops.ctx, out, len);
}

uint32_t bm_env_random_below(struct bm_env *env, uint32_t bound)
{
	/* Values at or above the largest multiple of bound would make the low ones more likely: draw again. */
	const uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
	uint32_t value;
	do {
		uint8_t o[4];
		bm_env_random(env, o, sizeof o);
		value = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
	} while (value >= limit);
	return value % bound;
}

void bm_env_count_drop(struct bm_env *env, enum bm_drop reason)
{
	env->counters.drop[reason]++;
}

void bm_env_trace_drop(struct bm_env *env, enum bm_drop reason, const uint8_t *octets, size_t len)
{
	bm_env_count_drop(env, reason);
	if (!bm_env_traces(env))
		return;
	const struct bm_trace trace = {
		.kind = BM_TRACE_DROP, .at = bm_env_now(env), .drop = reason, .octets = octets, .len = len};
	env->ops.trace(env->ops.ctx, &trace);
}

void bm_env_put_state(struct bm_env *env, const char *module, const char *from, const char *to)
{
	const struct bm_trace trace = {
		.kind = BM_TRACE_STATE, .at = bm_env_now(env), .module = module, .from = from, .to = to};
	env->ops.trace(env->ops.ctx, &trace);
}

enum bm_err bm_env_advertise(struct bm_env *env, const struct bm_adv *adv)
{
	if (env->adv_off || !env->bearer.ops->advertise)
		return BM_ERR_NOT_SUPPORTED;
	const enum bm_err err = env->bearer.ops->advertise(env->bearer.self, adv, bm_env_now(env));
	if (err)
		bm_env_drop(env, BM_DROP_TX_FULL, adv->payload, adv->len);
	return err;
}

enum bm_err bm_env_store(struct bm_env *env, enum bm_store_kind kind, uint16_t index, const uint8_t *octets, size_t len)
{
	if (!BM_WITH_STORE || !env->ops.store)
		return BM_OK;
	const struct bm_store_key key = {.kind = kind, .index = index};
	const enum bm_err err = env->ops.store(env->ops.ctx, &key, octets, len);
	if (err)
		bm_env_event(env, &(struct bm_event){.kind = BM_EVENT_STORE_FAILED, .store_key = key, .result = err});
	return err;
}

void bm_env_save_changed(struct bm_env *env, enum bm_store_kind kind, uint16_t index)
{
	if (env->save)
		env->save(env->save_ctx, kind, index);
}

void bm_env_event(struct bm_env *env, struct bm_event *event)
{
	event->now = bm_env_now(env);
	env->ops.event(env->ops.ctx, event);
}

void bm_env_tell(struct bm_env *env, enum bm_event_kind kind, uint16_t addr, uint16_t net_idx)
{
	bm_env_event(env, &(struct bm_event){.kind = kind, .addr = addr, .net_idx = net_idx});
}

void bm_wipe(void *mem, size_t len)
{
	volatile uint8_t *octets = mem;
	while (len--)
		*octets++ = 0;
}

bool bm_equal_constant_time(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t difference = 0;
	for (size_t i = 0; i < len; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}
