/*
 * CPython 3.11 lets a thread ask only its own interpreter's threads for the lock: a script that computes without end
 * would keep every other board's script from running. So in real time a thread of ours asks all interpreters every few
 * milliseconds, and takes the lock itself for a moment: whoever has it lets go, and the next one in the queue gets it.
 */
#define Py_BUILD_CORE 1
#include "fairness.h"

#include <stdatomic.h>
#include <time.h>

#if PY_VERSION_HEX < 0x030c0000
#include <internal/pycore_interp.h>
#endif

#define BUSY_MS 5
#define IDLE_MS 50

struct fair {
	struct fair *next;
	PyInterpreterState *interpreter;
};

static _Atomic(struct fair *) all;

void bm_py_fair_add(PyInterpreterState *interpreter)
{
	struct fair *fair = malloc(sizeof *fair);
	if (!fair)
		return; /* then this board's script may be unfair to others */
	fair->interpreter = interpreter;
	fair->next = all;
	while (!atomic_compare_exchange_weak(&all, &fair->next, fair))
		;
}

static void ask(PyInterpreterState *interpreter)
{
#if PY_VERSION_HEX < 0x030c0000
	_Py_atomic_store_relaxed(&interpreter->ceval.gil_drop_request, 1);
	_Py_atomic_store_relaxed(&interpreter->ceval.eval_breaker, 1);
#else
	(void)interpreter;
#endif
}

static void serve(void *ctx)
{
	PyThreadState *state = ctx;
	for (;;) {
		/* Compared, not looked into: it may be gone already. */
		const bool busy = _PyThreadState_UncheckedGet() != NULL;
		const struct timespec pause = {.tv_nsec = (busy ? BUSY_MS : IDLE_MS) * 1000000L};
		nanosleep(&pause, NULL);
		if (!busy)
			continue;
		for (const struct fair *fair = all; fair; fair = fair->next)
			ask(fair->interpreter);
		PyEval_AcquireThread(state);
		PyEval_ReleaseThread(state);
	}
}

bool bm_py_fair_start(struct bm_runtime *rt)
{
	PyThreadState *state = PyThreadState_New(PyInterpreterState_Main());
	return state && bm_thread_start(rt, serve, state);
}
