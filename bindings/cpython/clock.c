/*
 * A script's time.sleep; virtual time as its time module shows it; the board's own random numbers.
 */
#include <math.h>

#include "binding.h"

/* 2026-01-01T00:00:00Z, in seconds after 1970. */
#define EPOCH_S 1767225600
#define LOOK_US (100 * (uint64_t)BM_US_PER_MS)

bm_time bm_py_clock(struct bm_board *board)
{
	bool due;
	const bm_time now = bm_clock_read(board->rt, &due);
	if (due) {
		BM_PY_UNLOCK;
		bm_thread_yield(board->rt);
		BM_PY_LOCK;
	}
	return now;
}

/* An interrupt is an exception that comes when Python runs something: nothing, here. */
static bool look_for_interrupt(void)
{
	PyObject *names = PyDict_New();
	PyObject *code = names ? Py_CompileString("None", "<sleep>", Py_eval_input) : NULL;
	PyObject *result = code ? PyEval_EvalCode(code, names, names) : NULL;
	Py_XDECREF(names);
	Py_XDECREF(code);
	Py_XDECREF(result);
	return result;
}

bool bm_py_sleep_until(struct bm_board *board, bm_time until)
{
	const bool real = !bm_runtime_is_virtual(board->rt);
	bool interruptible;
	do {
		BM_PY_UNLOCK;
		/* What somebody typed he may interrupt. */
		interruptible = real && board->script && bm_board_prompt_state(board) == BM_PROMPT_BUSY;
		const bm_time look = bm_time_add(bm_runtime_now(board->rt), LOOK_US);
		bm_thread_sleep(board->rt, interruptible && look < until ? look : until);
		BM_PY_LOCK;
		if (interruptible && !look_for_interrupt())
			return false;
	} while (interruptible && bm_runtime_now(board->rt) < until);
	return true;
}

/* _clock(epoch): microseconds of virtual time, counted from 1970 if epoch is true, else from the start. */
static PyObject *clock_us(PyObject *module, PyObject *epoch)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	const int from_1970 = PyObject_IsTrue(epoch);
	if (!board || from_1970 < 0)
		return NULL;
	const bm_time now = bm_py_clock(board);
	return PyLong_FromUnsignedLongLong(now + (from_1970 ? (uint64_t)EPOCH_S * BM_US_PER_S : 0));
}

static PyObject *read_time(PyObject *module, PyObject *unused)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	(void)unused;
	return board ? PyFloat_FromDouble((double)(bm_py_clock(board) + (uint64_t)EPOCH_S * BM_US_PER_S) / 1e6) : NULL;
}

static PyObject *read_monotonic(PyObject *module, PyObject *unused)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	(void)unused;
	return board ? PyFloat_FromDouble((double)bm_py_clock(board) / 1e6) : NULL;
}

PyDoc_STRVAR(sleep_doc, "sleep(seconds)\n--\n\nWaits for a time given in seconds, which may be a float.");
static PyObject *py_sleep(PyObject *module, PyObject *seconds)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	const double duration = PyFloat_AsDouble(seconds);
	if (!board || (duration == -1 && PyErr_Occurred()))
		return NULL;
	if (isnan(duration)) {
		PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
		return NULL;
	}
	if (duration < 0) {
		PyErr_SetString(PyExc_ValueError, "sleep length must be non-negative");
		return NULL;
	}
	if (duration > 9e9) {
		PyErr_SetString(PyExc_OverflowError, "timestamp too large to convert to C _PyTime_t");
		return NULL;
	}
	if (!bm_py_sleep_until(board, bm_runtime_now(board->rt) + (uint64_t)ceil(duration * 1e6)))
		return NULL;
	Py_RETURN_NONE;
}

/* _urandom(n): what os.urandom gives on this board. */
static PyObject *board_urandom(PyObject *module, PyObject *n)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	const Py_ssize_t len = PyNumber_AsSsize_t(n, PyExc_OverflowError);
	if (!board || (len == -1 && PyErr_Occurred()))
		return NULL;
	if (len < 0) {
		PyErr_SetString(PyExc_ValueError, "negative argument not allowed");
		return NULL;
	}
	PyObject *octets = PyBytes_FromStringAndSize(NULL, len);
	if (octets)
		bm_prng_fill(&board->prng, (uint8_t *)PyBytes_AS_STRING(octets), (size_t)len);
	return octets;
}

struct new_thread {
	struct bm_board *board;
	PyThreadState *state;
	PyObject *function, *args, *kwargs;
};

static void call_thread_function(struct new_thread *t)
{
	PyObject *result = PyObject_Call(t->function, t->args, t->kwargs);
	if (!result && PyErr_ExceptionMatches(PyExc_SystemExit))
		PyErr_Clear();
	else if (!result)
		bm_py_report_exception(t->board);
	Py_XDECREF(result);
	Py_DECREF(t->function);
	Py_DECREF(t->args);
	Py_XDECREF(t->kwargs);
}

static void new_thread_main(void *ctx)
{
	struct new_thread *t = ctx;
	bm_py_lock(t->state);
	call_thread_function(t);
	PyThreadState_Clear(t->state);
	/* Whoever joins this thread waits for this lock (_set_sentinel). */
	PyObject *sentinel = *bm_thread_local(t->board->rt);
	if (sentinel) {
		PyObject *result = PyObject_CallMethod(sentinel, "release", NULL);
		if (!result)
			PyErr_Clear();
		Py_XDECREF(result);
		Py_DECREF(sentinel);
	}
	PyThreadState_DeleteCurrent();
	free(t);
}

PyDoc_STRVAR(start_new_thread_doc, "start_new_thread(function, args, kwargs={}, /)\n--\n\nStarts a thread.");
static PyObject *start_new_thread(PyObject *module, PyObject *args)
{
	PyObject *function, *arguments, *keywords = NULL;
	if (!PyArg_ParseTuple(args, "OO!|O!:start_new_thread", &function, &PyTuple_Type, &arguments, &PyDict_Type,
			      &keywords))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	if (!board)
		return NULL;
	if (!PyCallable_Check(function)) {
		PyErr_SetString(PyExc_TypeError, "first arg must be callable");
		return NULL;
	}
	struct new_thread *t = calloc(1, sizeof *t);
	if (!t)
		return PyErr_NoMemory();
	*t = (struct new_thread){.board = board,
				 .state = PyThreadState_New(PyInterpreterState_Get()),
				 .function = Py_NewRef(function),
				 .args = Py_NewRef(arguments),
				 .kwargs = Py_XNewRef(keywords)};
	const uint64_t number = PyThreadState_GetID(t->state);
	if (!bm_thread_start(board->rt, board, new_thread_main, t)) {
		PyThreadState_Clear(t->state);
		PyThreadState_Delete(t->state);
		Py_DECREF(t->function);
		Py_DECREF(t->args);
		Py_XDECREF(t->kwargs);
		free(t);
		PyErr_SetString(PyExc_RuntimeError, "can't start new thread");
		return NULL;
	}
	return PyLong_FromUnsignedLongLong(number);
}

static PyObject *get_ident(PyObject *module, PyObject *unused)
{
	(void)module, (void)unused;
	return PyLong_FromUnsignedLongLong(PyThreadState_GetID(PyThreadState_Get()));
}

/* _set_sentinel(): a lock that is released when the calling thread is over. */
static PyObject *set_sentinel(PyObject *module, PyObject *unused)
{
	struct bm_py_state *state = bm_py_state_of(module);
	(void)unused;
	struct bm_board *board = bm_py_board(state);
	PyObject *lock = board ? PyObject_CallNoArgs((PyObject *)state->lock) : NULL;
	if (!lock)
		return NULL;
	void **local = bm_thread_local(board->rt);
	Py_XDECREF((PyObject *)*local);
	*local = Py_NewRef(lock);
	return lock;
}

PyMethodDef bm_py_virtual_methods[] = {
	{"_clock", clock_us, METH_O, NULL},
	{"_time", read_time, METH_NOARGS, "time() -> the time in seconds since 1970, a float."},
	{"_monotonic", read_monotonic, METH_NOARGS, "The time in seconds since the start, a float."},
	{"_sleep", py_sleep, METH_O, sleep_doc},
	{"_urandom", board_urandom, METH_O, NULL},
	{"_start_new_thread", start_new_thread, METH_VARARGS, start_new_thread_doc},
	{"_get_ident", get_ident, METH_NOARGS, "The calling thread's number."},
	{"_set_sentinel", set_sentinel, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};
