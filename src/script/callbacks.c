/*
 * The queue between the loop and a board's callback thread.
 */
#include "script/callbacks.h"

#include "script/alarm.h"

void bm_callbacks_init(struct bm_callbacks *callbacks)
{
	bm_gate_init(&callbacks->gate);
	callbacks->alarms_tail = &callbacks->alarms;
}

bool bm_callbacks_push(struct bm_runtime *rt, struct bm_callbacks *callbacks, const struct bm_callback *callback)
{
	bm_gate_lock(&callbacks->gate);
	const bool room = callbacks->count < BM_CALLBACKS_MAX;
	if (room) {
		struct bm_callback *slot = &callbacks->ring[(callbacks->first + callbacks->count++) % BM_CALLBACKS_MAX];
		*slot = *callback;
		slot->order = callbacks->order++;
		bm_gate_notify(rt, &callbacks->gate);
	} else {
		callbacks->lost++;
	}
	bm_gate_unlock(&callbacks->gate);
	return room;
}

void bm_callbacks_push_alarm(struct bm_runtime *rt, struct bm_callbacks *callbacks, struct bm_alarm *alarm)
{
	bm_gate_lock(&callbacks->gate);
	if (!alarm->pending) {
		alarm->pending = true;
		alarm->order = callbacks->order++;
		alarm->next_pending = NULL;
		*callbacks->alarms_tail = alarm;
		callbacks->alarms_tail = &alarm->next_pending;
		bm_gate_notify(rt, &callbacks->gate);
	}
	bm_gate_unlock(&callbacks->gate);
}

static void pop(struct bm_callbacks *callbacks, struct bm_callback *out)
{
	struct bm_alarm *alarm = callbacks->alarms;
	if (!alarm || (callbacks->count && callbacks->ring[callbacks->first].order < alarm->order)) {
		*out = callbacks->ring[callbacks->first];
		callbacks->first = (callbacks->first + 1) % BM_CALLBACKS_MAX;
		callbacks->count--;
		return;
	}
	callbacks->alarms = alarm->next_pending;
	if (!callbacks->alarms)
		callbacks->alarms_tail = &callbacks->alarms;
	alarm->pending = false;
	alarm->running = true;
	*out = (struct bm_callback){.kind = BM_CALLBACK_ALARM, .alarm = alarm};
}

bool bm_callbacks_next(struct bm_runtime *rt, struct bm_callbacks *callbacks, struct bm_callback *out)
{
	bm_gate_lock(&callbacks->gate);
	callbacks->running = NULL;
	while (!callbacks->count && !callbacks->alarms && !callbacks->closed)
		bm_gate_wait(rt, &callbacks->gate);
	const bool open = !callbacks->closed;
	if (open) {
		pop(callbacks, out);
		callbacks->running = out->function;
	}
	bm_gate_unlock(&callbacks->gate);
	return open;
}

void bm_callbacks_close(struct bm_runtime *rt, struct bm_callbacks *callbacks)
{
	bm_gate_lock(&callbacks->gate);
	callbacks->closed = true;
	bm_gate_notify(rt, &callbacks->gate);
	bm_gate_unlock(&callbacks->gate);
}

void bm_callbacks_each(struct bm_callbacks *callbacks, void (*each)(void *ctx, const void *function), void *ctx)
{
	bm_gate_lock(&callbacks->gate);
	each(ctx, callbacks->running);
	for (size_t i = 0; i < callbacks->count; i++)
		each(ctx, callbacks->ring[(callbacks->first + i) % BM_CALLBACKS_MAX].function);
	bm_gate_unlock(&callbacks->gate);
}

uint64_t bm_callbacks_take_lost(struct bm_callbacks *callbacks)
{
	bm_gate_lock(&callbacks->gate);
	const uint64_t lost = callbacks->lost;
	callbacks->lost = 0;
	bm_gate_unlock(&callbacks->gate);
	return lost;
}
