/*
 * Virtual time. The thread that runs bm_runtime_run is the scheduler; it and the holder of the baton take turns, so
 * what they share needs no lock. Time moves when nobody can run, to the next deadline, or by a script's clock reading.
 *
 *   scheduler: due events ─▶ first runnable thread gets the baton … gives it back ─▶ nobody? on to the next deadline
 *
 * Order: events before threads; threads in the order in which they became runnable; equal times by sequence.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "script/board.h"
#include "script/runtime_state.h"

/* How long one thread may read the clock before another runnable one gets its turn. */
#define SLICE_US 1000u
/* How long the end waits for a thread that is inside a node or its reports. */
#define STOP_WAIT_MS 300
/* How long (in real time) a thread may compute until its board says so: to a user it looks as if nothing went on. */
#define SILENCE_S 30

struct bm_thread {
	struct bm_runtime *rt;
	struct bm_board *board;
	pthread_t handle;
	sem_t baton;
	sem_t started;
	struct bm_thread *next_runnable;
	struct bm_thread *next_waiter;
	struct bm_thread *next_sleeper;
	struct bm_waiters *waits_for; /* NULL: sleeps only */
	bm_time wake_at;
	bm_time slice_end;
	bool timed_out;
	void (*body)(void *ctx);
	void *ctx;
	void *local;
};

struct bm_virtual {
	_Atomic bm_time now;
	sem_t scheduler;
	pthread_mutex_t core; /* held by whoever is inside nodes or reports; for good once the run is over */
	_Atomic(struct bm_thread *) holder;
	struct bm_thread *runnable, **runnable_tail;
	struct bm_thread *ended;    /* to be joined */
	struct bm_thread *yielding; /* runnable once what is due has run */
	struct bm_thread *sleepers; /* in order of time */
	bm_time horizon;            /* the next deadline, as far as known */
	bool horizon_known;
	bool quiet; /* the run is over, and core ours */
};

struct bm_virtual *bm_virtual_new(void)
{
	struct bm_virtual *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->runnable_tail = &v->runnable;
	sem_init(&v->scheduler, 0, 0);
	pthread_mutexattr_t attributes;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&v->core, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return v;
}

static bm_time now_of(const struct bm_runtime *rt)
{
	return rt->virt->now;
}

static void wait_sem(sem_t *sem)
{
	while (sem_wait(sem) < 0 && errno == EINTR)
		;
}

static void make_runnable(struct bm_virtual *v, struct bm_thread *thread)
{
	thread->next_runnable = NULL;
	*v->runnable_tail = thread;
	v->runnable_tail = &thread->next_runnable;
}

static void add_waiter(struct bm_waiters *waiters, struct bm_thread *thread)
{
	thread->next_waiter = NULL;
	if (waiters->last)
		waiters->last->next_waiter = thread;
	else
		waiters->first = thread;
	waiters->last = thread;
}

static void remove_waiter(struct bm_waiters *waiters, struct bm_thread *thread)
{
	struct bm_thread *before = NULL;
	for (struct bm_thread *at = waiters->first; at; before = at, at = at->next_waiter) {
		if (at != thread)
			continue;
		if (before)
			before->next_waiter = at->next_waiter;
		else
			waiters->first = at->next_waiter;
		if (waiters->last == at)
			waiters->last = before;
		return;
	}
}

static void add_sleeper(struct bm_virtual *v, struct bm_thread *thread)
{
	struct bm_thread **place = &v->sleepers;
	while (*place && (*place)->wake_at <= thread->wake_at)
		place = &(*place)->next_sleeper;
	thread->next_sleeper = *place;
	*place = thread;
}

static void remove_sleeper(struct bm_virtual *v, struct bm_thread *thread)
{
	for (struct bm_thread **place = &v->sleepers; *place; place = &(*place)->next_sleeper) {
		if (*place == thread) {
			*place = thread->next_sleeper;
			return;
		}
	}
}

/* Takes the first of those who wait and lets it run. */
static struct bm_thread *wake_first(struct bm_virtual *v, struct bm_waiters *waiters)
{
	struct bm_thread *thread = waiters->first;
	if (!thread)
		return NULL;
	remove_waiter(waiters, thread);
	thread->waits_for = NULL;
	if (thread->wake_at != BM_TIME_NEVER)
		remove_sleeper(v, thread);
	thread->timed_out = false;
	make_runnable(v, thread);
	return thread;
}

static void wake_sleepers(struct bm_virtual *v)
{
	while (v->sleepers && v->sleepers->wake_at <= v->now) {
		struct bm_thread *thread = v->sleepers;
		v->sleepers = thread->next_sleeper;
		if (thread->waits_for)
			remove_waiter(thread->waits_for, thread);
		thread->waits_for = NULL;
		thread->timed_out = true;
		make_runnable(v, thread);
	}
}

/* The holder gives the baton back and gets it again later. */
static void hand_back(struct bm_virtual *v, struct bm_thread *self)
{
	v->horizon_known = false;
	v->holder = NULL;
	sem_post(&v->scheduler);
	wait_sem(&self->baton);
}

/* Waits to be woken or for the time; true if woken. */
static bool block(struct bm_virtual *v, struct bm_waiters *waiters, bm_time until)
{
	struct bm_thread *self = v->holder;
	self->wake_at = until;
	self->waits_for = waiters;
	if (waiters)
		add_waiter(waiters, self);
	if (until != BM_TIME_NEVER)
		add_sleeper(v, self);
	hand_back(v, self);
	return !self->timed_out;
}

/* Threads begin and end at known moments, not beside others: so memory is laid out alike in every run. */
static void *thread_main(void *ctx)
{
	struct bm_thread *self = ctx;
	struct bm_virtual *v = self->rt->virt;
	sem_post(&self->started);
	wait_sem(&self->baton);
	self->body(self->ctx);
	v->horizon_known = false;
	v->ended = self;
	v->holder = NULL;
	sem_post(&v->scheduler);
	return NULL;
}

static void join_ended(struct bm_virtual *v)
{
	struct bm_thread *thread = v->ended;
	if (!thread)
		return;
	pthread_join(thread->handle, NULL);
	sem_destroy(&thread->baton);
	sem_destroy(&thread->started);
	free(thread);
	v->ended = NULL;
}

static bool thread_start(struct bm_runtime *rt, struct bm_board *board, void (*body)(void *ctx), void *ctx)
{
	struct bm_thread *thread = calloc(1, sizeof *thread);
	if (!thread)
		return false;
	*thread = (struct bm_thread){.rt = rt, .board = board, .body = body, .ctx = ctx, .wake_at = BM_TIME_NEVER};
	sem_init(&thread->baton, 0, 0);
	sem_init(&thread->started, 0, 0);
	if (!bm_spawn(thread_main, thread, &thread->handle)) {
		sem_destroy(&thread->baton);
		sem_destroy(&thread->started);
		free(thread);
		return false;
	}
	wait_sem(&thread->started);
	make_runnable(rt->virt, thread);
	return true;
}

void **bm_virtual_local(struct bm_runtime *rt)
{
	struct bm_thread *self = rt->virt->holder;
	return &self->local;
}

static void thread_sleep(struct bm_runtime *rt, bm_time until)
{
	(void)block(rt->virt, NULL, until);
}

static bm_time horizon(struct bm_runtime *rt)
{
	struct bm_virtual *v = rt->virt;
	bm_time next = bm_runtime_deadline(rt);
	if (v->sleepers && v->sleepers->wake_at < next)
		next = v->sleepers->wake_at;
	return next;
}

bm_time bm_virtual_clock_read(struct bm_runtime *rt, bool *due)
{
	struct bm_virtual *v = rt->virt;
	struct bm_thread *self = v->holder;
	const bm_time now = v->now + 1;
	v->now = now;
	if (!v->horizon_known) {
		v->horizon = horizon(rt);
		v->horizon_known = true;
	}
	*due = v->horizon <= now || (v->runnable && self->slice_end <= now);
	return now;
}

void bm_virtual_yield(struct bm_runtime *rt)
{
	struct bm_virtual *v = rt->virt;
	struct bm_thread *self = v->holder;
	v->yielding = self;
	hand_back(v, self);
}

bool bm_virtual_lock_acquire(struct bm_runtime *rt, struct bm_lock *lock, bm_time deadline)
{
	/* Whoever releases it leaves it locked for us. */
	return block(rt->virt, &lock->waiters, deadline);
}

void bm_virtual_lock_release(struct bm_runtime *rt, struct bm_lock *lock)
{
	if (!wake_first(rt->virt, &lock->waiters))
		lock->locked = false;
}

static void gate_wait(struct bm_runtime *rt, struct bm_gate *gate)
{
	bm_gate_unlock(gate);
	(void)block(rt->virt, &gate->waiters, BM_TIME_NEVER);
	bm_gate_lock(gate);
}

static void gate_notify(struct bm_runtime *rt, struct bm_gate *gate)
{
	while (wake_first(rt->virt, &gate->waiters))
		;
}

static void call(struct bm_runtime *rt, void (*fn)(void *ctx), void *ctx)
{
	struct bm_virtual *v = rt->virt;
	pthread_mutex_lock(&v->core);
	fn(ctx);
	v->horizon_known = false;
	pthread_mutex_unlock(&v->core);
}

static void say_silent(struct bm_runtime *rt, struct bm_board *board)
{
	pthread_mutex_lock(&rt->virt->core);
	if (board)
		bm_board_say(board, &(struct bm_board_event){
					    .kind = BM_BOARD_WARNING,
					    .text = "computes on and on: virtual time stands still until it sleeps, "
						    "waits or reads the clock"});
	pthread_mutex_unlock(&rt->virt->core);
}

static void wait_for_baton(struct bm_runtime *rt, struct bm_board *board)
{
	struct bm_virtual *v = rt->virt;
	struct timespec until;
	bool told = false;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SILENCE_S;
	while (v->holder && !rt->stopped) {
		if (told) {
			wait_sem(&v->scheduler);
		} else if (sem_timedwait(&v->scheduler, &until) < 0 && errno == ETIMEDOUT) {
			say_silent(rt, board);
			told = true;
		}
	}
}

static void run_first(struct bm_runtime *rt)
{
	struct bm_virtual *v = rt->virt;
	struct bm_thread *thread = v->runnable;
	v->runnable = thread->next_runnable;
	if (!v->runnable)
		v->runnable_tail = &v->runnable;
	thread->slice_end = v->now + SLICE_US;
	v->horizon_known = false;
	v->holder = thread;
	sem_post(&thread->baton);
	wait_for_baton(rt, thread->board);
	join_ended(v);
}

static void run_events(struct bm_runtime *rt)
{
	struct bm_virtual *v = rt->virt;
	pthread_mutex_lock(&v->core);
	bm_runtime_run_due(rt, v->now);
	pthread_mutex_unlock(&v->core);
	wake_sleepers(v);
}

/* A thread may still be computing: from here on it gets into no node and no report any more. */
static void close_core(struct bm_virtual *v)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STOP_WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	v->quiet = pthread_mutex_timedlock(&v->core, &until) == 0;
}

bool bm_virtual_is_quiet(const struct bm_virtual *v)
{
	return v->quiet;
}

static void run(struct bm_runtime *rt)
{
	struct bm_virtual *v = rt->virt;
	bm_runtime_start_boards(rt);
	while (!rt->stopped) {
		const bm_time next = horizon(rt);
		if (next <= v->now)
			run_events(rt);
		if (rt->stopped)
			break;
		if (v->yielding)
			make_runnable(v, v->yielding);
		v->yielding = NULL;
		if (v->runnable)
			run_first(rt);
		else if (next == BM_TIME_NEVER)
			wait_sem(&v->scheduler); /* nothing can ever happen: only a stop ends this */
		else if (next > v->now)
			v->now = next;
	}
	close_core(v);
	bm_runtime_end_boards(rt);
}

static void stop(struct bm_runtime *rt)
{
	sem_post(&rt->virt->scheduler);
}

const struct bm_engine_ops bm_virtual_ops = {
	.now = now_of,
	.call = call,
	.run = run,
	.stop = stop,
	.thread_start = thread_start,
	.thread_sleep = thread_sleep,
	.gate_wait = gate_wait,
	.gate_notify = gate_notify,
};
