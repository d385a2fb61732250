/*
 * Threads of the interpreter, as the runtime sees them, and what they wait for.
 *
 * Real time: ordinary threads; a gate is a mutex with a condition. Virtual time: exactly one of them runs at a time, it
 * holds the baton; whoever waits or sleeps hands it back.
 *
 *   RUNNABLE ─(scheduler)▶ RUNNING ─(sleep, wait)▶ WAITING ─(time, notice)▶ RUNNABLE
 *
 * None of these may be called with the interpreter's lock held, unless it says so.
 */
#ifndef BM_SCRIPT_THREADS_H
#define BM_SCRIPT_THREADS_H

#include <pthread.h>

#include "script/runtime.h"

struct bm_thread;

/* Threads that wait for one thing, first come first served (virtual time). */
struct bm_waiters {
	struct bm_thread *first, *last;
};

/* Starts a thread; board, or NULL: whose it is. False when there are no more to be had. May be called with the
 * interpreter's lock held. */
bool bm_thread_start(struct bm_runtime *rt, struct bm_board *board, void (*body)(void *ctx), void *ctx);
/* What the binding ties to the calling thread; NULL at first. Virtual time only. */
void **bm_thread_local(struct bm_runtime *rt);

void bm_thread_sleep(struct bm_runtime *rt, bm_time until);
/* The clock as a script reads it. In virtual time each reading takes a microsecond, so that a busy wait ends; due is
 * set when others should run: then call bm_thread_yield. May be called with the interpreter's lock held. */
bm_time bm_clock_read(struct bm_runtime *rt, bool *due);
/* Virtual time: lets what is due run. */
void bm_thread_yield(struct bm_runtime *rt);

/* A mutex and its condition, for queues between the loop and the interpreter's threads. */
struct bm_gate {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct bm_waiters waiters;
};

void bm_gate_init(struct bm_gate *gate);
void bm_gate_lock(struct bm_gate *gate);
void bm_gate_unlock(struct bm_gate *gate);
/* With the gate locked; it is unlocked while waiting. */
void bm_gate_wait(struct bm_runtime *rt, struct bm_gate *gate);
/* With the gate locked: all who wait look again. */
void bm_gate_notify(struct bm_runtime *rt, struct bm_gate *gate);

/* A lock of a script, virtual time only. Whoever waits longest gets it next. */
struct bm_lock {
	bool locked;
	struct bm_waiters waiters;
};

/* The two that never wait may be called with the interpreter's lock held. */
bool bm_lock_try(struct bm_lock *lock);
/* False when the time came first. BM_TIME_NEVER: waits for ever. */
bool bm_lock_acquire(struct bm_runtime *rt, struct bm_lock *lock, bm_time deadline);
/* Of a locked lock. */
void bm_lock_release(struct bm_runtime *rt, struct bm_lock *lock);

#endif
