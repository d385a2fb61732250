/*
 * A plain python3: the process is one board. The runtime and its loop thread are made at the first use; after the
 * script's last line the board lives on until Ctrl-C.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "binding.h"
#include "posix/air.h"
#include "posix/radio.h"

/* How long the end waits for a callback that does not come back. */
#define END_WAIT_MS 500
#define DEFAULT_AIR "default"

struct plain {
	struct bm_runtime *rt;
	struct bm_board *board;
	struct bm_air *air;
	struct bm_radio *radio; /* NULL: the air */
	struct bm_actor radio_actor;
	struct bm_py_callback_thread callbacks;
	sem_t running, loop_ended, callbacks_ended;
};

static struct plain plain; /* one a process, as its interpreter */

static bm_time air_now(void *ctx)
{
	return bm_runtime_now(ctx);
}

static void radio_random(void *ctx, uint8_t *out, size_t len)
{
	bm_runtime_random(ctx, out, len);
}

static void radio_say(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
}

static bm_time radio_deadline(void *ctx)
{
	return bm_radio_deadline(ctx);
}

static void radio_run(void *ctx, bm_time now)
{
	bm_radio_run(ctx, now);
}

static void on_event(void *ctx, struct bm_board *board, const struct bm_board_event *event)
{
	(void)ctx;
	switch (event->kind) {
	case BM_BOARD_LED:
		fprintf(stderr, "%s: LED #%06x\n", bm_board_name(board), (unsigned)event->rgb);
		break;
	case BM_BOARD_WARNING:
		fprintf(stderr, "%s: %s\n", bm_board_name(board), event->text);
		break;
	default:
		break;
	}
}

static void say_running(void *ctx)
{
	sem_post(ctx);
}

static void run_loop(void *ctx)
{
	struct plain *p = ctx;
	bm_runtime_run(p->rt);
	bm_air_leave(p->air);
	bm_radio_close(p->radio);
	sem_post(&p->loop_ended);
}

static void callbacks_ended(void *ctx)
{
	sem_post(ctx);
}

static void name_board(char *name, size_t size)
{
	PyObject *argv = PySys_GetObject("argv"); /* borrowed */
	PyObject *first = argv && PyList_Check(argv) && PyList_GET_SIZE(argv) ? PyList_GET_ITEM(argv, 0) : NULL;
	const char *path = first && PyUnicode_Check(first) ? PyUnicode_AsUTF8(first) : NULL;
	const char *slash = path ? strrchr(path, '/') : NULL;
	PyErr_Clear();
	snprintf(name, size, "%s", slash ? slash + 1 : path ? path : "");
	char *dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
	if (!name[0] || name[0] == '-') /* python3 -c … */
		snprintf(name, size, "python");
}

/* air[:NAME], or a controller. */
static bool make_radio(struct plain *p, const char *radio, char *error, size_t error_len)
{
	struct bm_medium *medium = bm_runtime_medium(p->rt);
	const char *air = radio[3] == ':' ? radio + 4 : DEFAULT_AIR;
	if (strcmp(radio, "air") == 0 || strncmp(radio, "air:", 4) == 0) {
		p->air = bm_air_join(medium, bm_runtime_uv(p->rt), air, air_now, p->rt, error, error_len);
		return p->air;
	}
	const struct bm_radio_options options = {
		.transport = radio,
		.medium = medium,
		.loop = bm_runtime_uv(p->rt),
		.now = air_now,
		.random = radio_random,
		.say = radio_say,
		.ctx = p->rt,
	};
	p->radio = bm_radio_open(&options, error, error_len);
	if (!p->radio)
		return false;
	p->radio_actor = (struct bm_actor){.deadline = radio_deadline, .run = radio_run, .ctx = p->radio};
	bm_runtime_add_actor(p->rt, &p->radio_actor);
	return true;
}

static bool make(struct plain *p, const char *name, const char *radio, char *error, size_t error_len)
{
	const struct bm_board_options options = {.name = name, .on_event = on_event};
	p->rt = bm_runtime_new(&(struct bm_runtime_options){.virtual_time = false});
	snprintf(error, error_len, "out of memory");
	if (!p->rt || !make_radio(p, radio, error, error_len))
		return false;
	p->board = bm_board_new(p->rt, &options);
	snprintf(error, error_len, "out of memory");
	if (!p->board)
		return false;
	sem_init(&p->running, 0, 0);
	sem_init(&p->loop_ended, 0, 0);
	sem_init(&p->callbacks_ended, 0, 0);
	bm_runtime_at(p->rt, 0, say_running, &p->running);
	snprintf(error, error_len, "no thread can be started");
	if (!bm_thread_start(p->rt, p->board, run_loop, p))
		return false;
	while (sem_wait(&p->running) < 0)
		; /* interrupted */
	return true;
}

/* Lines appear at once, though the output may be a pipe: this process does not end by itself. */
static void buffer_lines(void)
{
	PyObject *out = PySys_GetObject("stdout");
	PyObject *method = out ? PyObject_GetAttrString(out, "reconfigure") : NULL;
	PyObject *none = PyTuple_New(0);
	PyObject *options = Py_BuildValue("{s:O}", "line_buffering", Py_True);
	PyObject *result = method && none && options ? PyObject_Call(method, none, options) : NULL;
	Py_XDECREF(result);
	Py_XDECREF(options);
	Py_XDECREF(none);
	Py_XDECREF(method);
	PyErr_Clear();
}

static bool wait_for(sem_t *sem, const struct timespec *until)
{
	int result;
	do
		result = sem_timedwait(sem, until);
	while (result < 0 && errno == EINTR);
	return result == 0;
}

/* Callbacks and the loop end; false if one does not come back. */
static bool stop(struct plain *p)
{
	struct timespec until;
	bool ended;
	BM_PY_UNLOCK;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += END_WAIT_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	bm_runtime_stop(p->rt);
	bm_callbacks_close(p->rt, &p->board->callbacks);
	ended = wait_for(&p->loop_ended, &until) && wait_for(&p->callbacks_ended, &until);
	BM_PY_LOCK;
	return ended;
}

/* Does the script have threads whose ends Python would wait for? */
static bool threads_live(void)
{
	PyObject *threading = PyImport_ImportModule("threading");
	PyObject *main = threading ? PyObject_CallMethod(threading, "main_thread", NULL) : NULL;
	PyObject *all = main ? PyObject_CallMethod(threading, "enumerate", NULL) : NULL;
	bool live = false;
	for (Py_ssize_t i = 0; all && i < PyList_GET_SIZE(all); i++) {
		PyObject *thread = PyList_GET_ITEM(all, i);
		PyObject *daemon = thread == main ? NULL : PyObject_GetAttrString(thread, "daemon");
		live |= daemon && PyObject_IsTrue(daemon) == 0;
		Py_XDECREF(daemon);
	}
	Py_XDECREF(all);
	Py_XDECREF(main);
	Py_XDECREF(threading);
	PyErr_Clear();
	return live;
}

/* Python cannot end in order while a callback or a thread runs on. */
static _Noreturn void leave(PyObject *last)
{
	PyObject *atexit = PyImport_ImportModule("atexit");
	PyObject *result = atexit ? PyObject_CallMethod(atexit, "_run_exitfuncs", NULL) : NULL;
	(void)result;
	PyErr_Clear();
	bm_py_flush();
	fflush(NULL);
	if (last == PyExc_KeyboardInterrupt) {
		/* As Python ends then. */
		signal(SIGINT, SIG_DFL);
		raise(SIGINT);
	}
	_exit(last ? 1 : 0);
}

/* Before the process ends, and before Python waits for the script's threads: a board lives on, until Ctrl-C. */
static PyObject *live_on(PyObject *self, PyObject *unused)
{
	struct plain *p = &plain;
	PyObject *last = PySys_GetObject("last_type"); /* of the exception that ended the script */
	const bool interactive = PySys_GetObject("ps1");
	(void)self, (void)unused;
	bm_py_flush();
	while (last != PyExc_KeyboardInterrupt && !interactive) {
		BM_PY_UNLOCK;
		sem_wait(&p->running); /* nobody posts: only a signal ends this */
		BM_PY_LOCK;
		if (PyErr_CheckSignals() < 0)
			break;
	}
	PyErr_Clear();
	if (!stop(p) || threads_live())
		leave(interactive ? NULL : last);
	Py_RETURN_NONE;
}

/* sys.excepthook: Ctrl-C is how a board's life ends, and no mistake to be shown. */
static PyObject *show_exception(PyObject *self, PyObject *args)
{
	PyObject *type = PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, 0) : NULL;
	PyObject *original = PySys_GetObject("__excepthook__"); /* borrowed */
	(void)self;
	if (type == PyExc_KeyboardInterrupt && !PySys_GetObject("ps1"))
		Py_RETURN_NONE;
	return original ? PyObject_Call(original, args, NULL) : Py_NewRef(Py_None);
}

static bool hook_exceptions(void)
{
	static PyMethodDef method = {"excepthook", show_exception, METH_VARARGS, NULL};
	PyObject *original = PySys_GetObject("__excepthook__");
	if (PySys_GetObject("excepthook") != original)
		return true; /* the script has one of its own */
	PyObject *hook = PyCFunction_New(&method, NULL);
	const bool hooked = hook && PySys_SetObject("excepthook", hook) == 0;
	Py_XDECREF(hook);
	return hooked;
}

static bool register_end(void)
{
	static PyMethodDef method = {"live_on", live_on, METH_NOARGS, NULL};
	PyObject *threading = PyImport_ImportModule("threading");
	PyObject *function = PyCFunction_New(&method, NULL);
	PyObject *result = threading && function ? PyObject_CallMethod(threading, "_register_atexit", "O", function)
						 : NULL;
	Py_XDECREF(threading);
	Py_XDECREF(function);
	Py_XDECREF(result);
	return result;
}

static void choose_radio(char *out, size_t size)
{
	const char *radio = getenv("BLEMESH_RADIO"), *air = getenv("BLEMESH_AIR");
	if (radio && radio[0])
		snprintf(out, size, "%s", radio);
	else
		snprintf(out, size, "air:%s", air && air[0] ? air : DEFAULT_AIR);
}

struct bm_board *bm_py_find_board(PyObject *module)
{
	struct plain *p = &plain;
	char error[256], name[64];
	char radio[160];
	bool ok;
	(void)module;
	if (p->board)
		return p->board;
	if (p->rt) {
		PyErr_SetString(PyExc_RuntimeError, "the board could not be made");
		return NULL;
	}
	if (!hook_exceptions())
		return NULL;
	name_board(name, sizeof name);
	choose_radio(radio, sizeof radio);
	BM_PY_UNLOCK;
	ok = make(p, name, radio, error, sizeof error);
	BM_PY_LOCK;
	if (!ok) {
		p->board = NULL;
		if (strncmp(radio, "air:", 4) == 0)
			PyErr_Format(PyExc_RuntimeError, "cannot join the air '%s' (BLEMESH_AIR): %s", radio + 4,
				     error);
		else
			PyErr_Format(PyExc_RuntimeError, "cannot open the radio '%s' (BLEMESH_RADIO): %s", radio,
				     error);
		return NULL;
	}
	p->callbacks = (struct bm_py_callback_thread){.board = p->board,
						      .interpreter = PyInterpreterState_Get(),
						      .ended = callbacks_ended,
						      .ctx = &p->callbacks_ended};
	if (!bm_thread_start(p->rt, p->board, bm_py_serve_callbacks, &p->callbacks) || !register_end()) {
		p->board = NULL;
		if (!PyErr_Occurred())
			PyErr_SetString(PyExc_RuntimeError, "no thread can be started");
		return NULL;
	}
	buffer_lines();
	return p->board;
}
