/*
 * CPython 3.11 lets a thread that waits for the lock ask only its own interpreter's threads for it (its drop request):
 * a script that computes without end would keep every other board's script from running. So in real time a thread of
 * ours looks every few milliseconds whether somebody waits, and then asks all interpreters. Whoever has the lock lets
 * go, and waits until somebody else has had it; if nobody turns up, this thread wakes it.
 *
 * It never waits for the lock itself. From 3.12 on there is nothing to do.
 */
#define Py_BUILD_CORE 1
#include "fairness.h"

#include <stdatomic.h>
#include <time.h>

#if PY_VERSION_HEX < 0x030c0000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>

#define ROUND_US 5000
#define POLL_US 100
/* How long the lock may lie free until it is taken for unwanted. */
#define FREE_US 5000
#define PATIENCE_US 50000

struct fair {
	struct fair *next;
	PyInterpreterState *interpreter;
	bool asked; /* by us */
};

static _Atomic(struct fair *) all;

void bm_py_fair_add(PyInterpreterState *interpreter)
{
	struct fair *fair = malloc(sizeof *fair);
	if (!fair)
		return; /* then this board's script may be unfair to others */
	*fair = (struct fair){.next = all, .interpreter = interpreter};
	while (!atomic_compare_exchange_weak(&all, &fair->next, fair))
		;
}

/* A thread that waited in vain for a while has set its own interpreter's drop request. */
static bool wants(const struct fair *fair)
{
	return _Py_atomic_load_relaxed(&fair->interpreter->ceval.gil_drop_request);
}

static bool somebody_waits(void)
{
	if (bm_py_waiting)
		return true;
	for (const struct fair *fair = all; fair; fair = fair->next)
		if (wants(fair))
			return true;
	return false;
}

static void ask(struct fair *fair)
{
	fair->asked = !wants(fair);
	_Py_atomic_store_relaxed(&fair->interpreter->ceval.gil_drop_request, 1);
	_Py_atomic_store_relaxed(&fair->interpreter->ceval.eval_breaker, 1);
}

static void unask(struct fair *fair)
{
	if (fair->asked)
		_Py_atomic_store_relaxed(&fair->interpreter->ceval.gil_drop_request, 0);
	fair->asked = false;
}

static void pause_us(long us)
{
	const struct timespec pause = {.tv_nsec = us * 1000};
	nanosleep(&pause, NULL);
}

static bool is_free(void)
{
	return !_Py_atomic_load_relaxed(&_PyRuntime.ceval.gil.locked);
}

static unsigned long switches(void)
{
	return *(volatile unsigned long *)&_PyRuntime.ceval.gil.switch_number;
}

/* Whoever let go and waits for somebody to take the lock need not wait any longer. */
static void wake_generous(void)
{
	struct _gil_runtime_state *gil = &_PyRuntime.ceval.gil;
	pthread_mutex_lock(&gil->switch_mutex);
	pthread_cond_signal(&gil->switch_cond);
	pthread_mutex_unlock(&gil->switch_mutex);
}

static void pass_on(void)
{
	const unsigned long before = switches();
	long free_us = 0;
	for (struct fair *fair = all; fair; fair = fair->next)
		ask(fair);
	for (long waited_us = 0; waited_us < PATIENCE_US && free_us < FREE_US; waited_us += POLL_US) {
		pause_us(POLL_US);
		if (switches() != before)
			break;
		free_us += is_free() ? POLL_US : 0;
	}
	for (struct fair *fair = all; fair; fair = fair->next)
		unask(fair);
}

static void serve(void *ctx)
{
	(void)ctx;
	for (;;) {
		pause_us(ROUND_US);
		if (is_free())
			wake_generous();
		else if (somebody_waits())
			pass_on();
	}
}

bool bm_py_fair_start(struct bm_runtime *rt)
{
	return bm_thread_start(rt, NULL, serve, NULL);
}
#else
void bm_py_fair_add(PyInterpreterState *interpreter)
{
	(void)interpreter;
}

bool bm_py_fair_start(struct bm_runtime *rt)
{
	(void)rt;
	return true;
}
#endif
