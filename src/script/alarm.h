/*
 * machine.Timer.Alarm. The loop keeps the time; the handler runs on the board's callback thread.
 *
 *   IDLE ─(set)▶ ARMED ─(due)▶ pending ─(callback thread free)▶ running ─▶ IDLE, or still ARMED if periodic
 *
 * A periodic alarm stays armed all the while and keeps its phase; due again while pending, it is pending once.
 *
 * The memory is the binding's. From set on the alarm is held: it must stay until bm_alarm_cancel or bm_alarm_finish
 * says that it is let go.
 */
#ifndef BM_SCRIPT_ALARM_H
#define BM_SCRIPT_ALARM_H

#include "blemesh/base.h"
#include "script/value.h"

struct bm_board;

#define BM_ALARMS_MAX 1024u

struct bm_alarm {
	void *object; /* the binding's */
	/* The loop's. */
	bool armed;
	bool periodic;
	uint64_t period_us; /* of a one-shot alarm: its delay */
	bm_time at;
	struct bm_alarm *next;
	/* Under the callback queue's gate. */
	bool pending, running, cancelled;
	uint64_t order;
	struct bm_alarm *next_pending;
};

struct bm_alarm_args {
	struct bm_alarm *alarm;
	struct bm_value s, ms, us, periodic;
	bool has_handler; /* without one it is made but not armed */
	bool held;        /* set: now held; cancel: now let go */
};

/* API functions (mesh_api.h, bm_api_call). Measure checks and keeps the times; set arms it with them, from now, unless
 * it is armed. */
void bm_alarm_measure(struct bm_board *board, void *args, struct bm_fault *fault);
void bm_alarm_set(struct bm_board *board, void *args, struct bm_fault *fault);
void bm_alarm_cancel(struct bm_board *board, void *args, struct bm_fault *fault);

/* On the callback thread, with the interpreter's lock: whether the handler should still be called. */
bool bm_alarm_begin(struct bm_board *board, struct bm_alarm *alarm);
/* After the handler: true if the alarm is let go. Not with the interpreter's lock. */
bool bm_alarm_finish(struct bm_board *board, struct bm_alarm *alarm);

/* The loop's part. */
bm_time bm_alarms_deadline(const struct bm_board *board);
void bm_alarms_run(struct bm_board *board, bm_time now);

#endif
