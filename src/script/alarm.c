/*
 * Alarms of a board, in a list in the order of their time.
 */
#include "script/alarm.h"

#include <math.h>

#include "script/board.h"

/* About 31 years: far enough, and far from overflow. */
#define LONGEST_S 1e9

static void arm(struct bm_board *board, struct bm_alarm *alarm, bm_time at)
{
	struct bm_alarm **place = &board->alarms;
	while (*place && (*place)->at <= at)
		place = &(*place)->next;
	alarm->at = at;
	alarm->next = *place;
	alarm->armed = true;
	*place = alarm;
	board->alarm_count++;
}

static void disarm(struct bm_board *board, struct bm_alarm *alarm)
{
	for (struct bm_alarm **place = &board->alarms; *place; place = &(*place)->next) {
		if (*place != alarm)
			continue;
		*place = alarm->next;
		alarm->armed = false;
		board->alarm_count--;
		return;
	}
}

static bool take_duration(const struct bm_value *value, const char *name, double unit_us, double *total_us,
			  struct bm_fault *fault)
{
	double number = 0;
	if (value->kind == BM_VALUE_NONE)
		return true;
	if (!bm_take_number(value, name, &number, fault))
		return false;
	if (number < 0 || number * unit_us > LONGEST_S * 1e6)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be 0 or more, and less than 31 years", name);
	*total_us += number * unit_us;
	return true;
}

static bool is_given(const struct bm_value *value)
{
	return value->kind != BM_VALUE_ABSENT && value->kind != BM_VALUE_NONE;
}

void bm_alarm_measure(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)board;
	struct bm_alarm_args *args = ctx;
	double total_us = 0;
	bool periodic = false;
	if (!take_duration(&args->s, "s", 1e6, &total_us, fault) ||
	    !take_duration(&args->ms, "ms", 1e3, &total_us, fault) ||
	    !take_duration(&args->us, "us", 1, &total_us, fault) ||
	    !bm_take_bool(&args->periodic, "periodic", &periodic, fault))
		return;
	if (!is_given(&args->s) && !is_given(&args->ms) && !is_given(&args->us)) {
		bm_fault_set(fault, BM_FAULT_VALUE, "Alarm needs a time: give s, ms or us");
		return;
	}
	args->alarm->period_us = (uint64_t)llround(total_us);
	args->alarm->periodic = periodic;
	if (periodic && args->alarm->period_us == 0)
		bm_fault_set(fault, BM_FAULT_VALUE, "a periodic Alarm needs a time above 0");
}

void bm_alarm_set(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_alarm_args *args = ctx;
	struct bm_alarm *alarm = args->alarm;
	if (alarm->armed)
		return;
	if (board->alarm_count >= BM_ALARMS_MAX) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "too many alarms: %u are set", BM_ALARMS_MAX);
		return;
	}
	bm_gate_lock(&board->callbacks.gate);
	args->held = !alarm->pending && !alarm->running;
	alarm->cancelled = false;
	bm_gate_unlock(&board->callbacks.gate);
	arm(board, alarm, bm_time_add(bm_runtime_now(board->rt), alarm->period_us));
}

static void remove_pending(struct bm_callbacks *callbacks, struct bm_alarm *alarm)
{
	struct bm_alarm **place = &callbacks->alarms;
	while (*place != alarm)
		place = &(*place)->next_pending;
	*place = alarm->next_pending;
	if (!*place)
		callbacks->alarms_tail = place;
	alarm->pending = false;
}

void bm_alarm_cancel(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)fault;
	struct bm_alarm_args *args = ctx;
	struct bm_alarm *alarm = args->alarm;
	const bool was_armed = alarm->armed;
	disarm(board, alarm);
	bm_gate_lock(&board->callbacks.gate);
	args->held = was_armed || alarm->pending;
	if (alarm->pending)
		remove_pending(&board->callbacks, alarm);
	if (alarm->running) {
		/* The callback thread still has it and will let it go. */
		alarm->cancelled = true;
		args->held = false;
	}
	bm_gate_unlock(&board->callbacks.gate);
}

bool bm_alarm_begin(struct bm_board *board, struct bm_alarm *alarm)
{
	bm_gate_lock(&board->callbacks.gate);
	const bool wanted = !alarm->cancelled;
	bm_gate_unlock(&board->callbacks.gate);
	return wanted;
}

struct finish {
	struct bm_board *board;
	struct bm_alarm *alarm;
	bool let_go;
};

static void finish(void *ctx)
{
	struct finish *f = ctx;
	bm_gate_lock(&f->board->callbacks.gate);
	f->alarm->running = false;
	f->let_go = !f->alarm->armed && !f->alarm->pending;
	f->alarm->cancelled = false;
	bm_gate_unlock(&f->board->callbacks.gate);
}

bool bm_alarm_finish(struct bm_board *board, struct bm_alarm *alarm)
{
	struct finish f = {.board = board, .alarm = alarm};
	bm_runtime_call(board->rt, finish, &f);
	return f.let_go;
}

bm_time bm_alarms_deadline(const struct bm_board *board)
{
	return board->alarms ? board->alarms->at : BM_TIME_NEVER;
}

void bm_alarms_run(struct bm_board *board, bm_time now)
{
	while (board->alarms && board->alarms->at <= now) {
		struct bm_alarm *alarm = board->alarms;
		disarm(board, alarm);
		if (alarm->periodic) {
			/* In phase, whatever was missed. */
			const uint64_t missed = (now - alarm->at) / alarm->period_us;
			arm(board, alarm, bm_time_add(alarm->at, (missed + 1) * alarm->period_us));
		}
		bm_callbacks_push_alarm(board->rt, &board->callbacks, alarm);
	}
}
