/*
 * machine.Timer's Alarm and Chrono.
 */
#include "binding.h"

#define SIGNALS_US (100 * (uint64_t)BM_US_PER_MS)

struct alarm_object {
	PyObject_HEAD struct bm_board *board;
	struct bm_alarm alarm;
	PyObject *handler; /* NULL: none */
	PyObject *arg;     /* NULL: the alarm itself */
};

struct chrono_object {
	PyObject_HEAD struct bm_board *board;
	bool running;
	bm_time started;
	uint64_t elapsed_us; /* before that */
};

static bool set_handler(struct alarm_object *self, PyObject *handler, PyObject *arg)
{
	if (handler && handler != Py_None && !PyCallable_Check(handler)) {
		PyErr_Format(PyExc_TypeError, "handler must be a function or None, not %s", Py_TYPE(handler)->tp_name);
		return false;
	}
	PyObject *old_handler = self->handler, *old_arg = self->arg;
	self->handler = handler && handler != Py_None ? Py_NewRef(handler) : NULL;
	self->arg = arg && arg != Py_None ? Py_NewRef(arg) : NULL;
	Py_XDECREF(old_handler);
	Py_XDECREF(old_arg);
	return true;
}

/* The board holds a reference to every alarm that is set. */
static bool arm(struct alarm_object *self)
{
	struct bm_alarm_args a = {.alarm = &self->alarm};
	Py_INCREF(self);
	const bool ok = bm_py_call(self->board, bm_alarm_set, &a);
	if (!a.held)
		Py_DECREF(self);
	return ok;
}

static bool cancel(struct alarm_object *self)
{
	struct bm_alarm_args a = {.alarm = &self->alarm};
	const bool ok = bm_py_call(self->board, bm_alarm_cancel, &a);
	if (a.held)
		Py_DECREF(self);
	return ok;
}

static PyObject *alarm_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"handler", "s", "ms", "us", "arg", "periodic", NULL};
	PyObject *handler = NULL, *s = NULL, *ms = NULL, *us = NULL, *arg = NULL, *periodic = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO$OOOO:Alarm", names, &handler, &s, &ms, &us, &arg,
					 &periodic))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of_type(type));
	if (!board)
		return NULL;
	struct alarm_object *self = (struct alarm_object *)type->tp_alloc(type, 0);
	if (!self)
		return NULL;
	self->board = board;
	self->alarm.object = self;
	struct bm_alarm_args a = {.alarm = &self->alarm};
	bm_py_value(s, &a.s);
	bm_py_value(ms, &a.ms);
	bm_py_value(us, &a.us);
	bm_py_value(periodic, &a.periodic);
	if (!set_handler(self, handler, arg) || !bm_py_call(board, bm_alarm_measure, &a) ||
	    (self->handler && !arm(self))) {
		Py_DECREF(self);
		return NULL;
	}
	return (PyObject *)self;
}

PyDoc_STRVAR(alarm_callback_doc, "callback(handler, *, arg=None)\n--\n\n"
				 "Sets the function to call; None disables the alarm.");
static PyObject *alarm_callback(PyObject *o, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"handler", "arg", NULL};
	struct alarm_object *self = (struct alarm_object *)o;
	PyObject *handler, *arg = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:callback", names, &handler, &arg))
		return NULL;
	if (!set_handler(self, handler, arg) || !(self->handler ? arm(self) : cancel(self)))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(alarm_cancel_doc, "cancel()\n--\n\nStops the alarm.");
static PyObject *alarm_cancel(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (!cancel((struct alarm_object *)self))
		return NULL;
	Py_RETURN_NONE;
}

static void call_handler(struct alarm_object *self)
{
	PyObject *handler = Py_XNewRef(self->handler);
	PyObject *arg = Py_NewRef(self->arg ? self->arg : (PyObject *)self);
	if (handler && bm_alarm_begin(self->board, &self->alarm)) {
		PyObject *result = PyObject_CallOneArg(handler, arg);
		if (!result)
			bm_py_report_exception(self->board);
		Py_XDECREF(result);
	}
	Py_XDECREF(handler);
	Py_DECREF(arg);
}

void bm_py_run_alarm(struct bm_alarm *alarm)
{
	struct alarm_object *self = alarm->object;
	bool let_go;
	call_handler(self);
	BM_PY_UNLOCK;
	let_go = bm_alarm_finish(self->board, alarm);
	BM_PY_LOCK;
	if (let_go)
		Py_DECREF(self);
}

static int alarm_traverse(PyObject *o, visitproc visit, void *arg)
{
	struct alarm_object *self = (struct alarm_object *)o;
	Py_VISIT(Py_TYPE(o));
	Py_VISIT(self->handler);
	Py_VISIT(self->arg);
	return 0;
}

static int alarm_clear(PyObject *o)
{
	struct alarm_object *self = (struct alarm_object *)o;
	Py_CLEAR(self->handler);
	Py_CLEAR(self->arg);
	return 0;
}

static void alarm_dealloc(PyObject *o)
{
	PyTypeObject *type = Py_TYPE(o);
	PyObject_GC_UnTrack(o);
	alarm_clear(o);
	type->tp_free(o);
	Py_DECREF(type);
}

static PyMethodDef alarm_methods[] = {
	{"callback", (PyCFunction)(void (*)(void))alarm_callback, METH_VARARGS | METH_KEYWORDS, alarm_callback_doc},
	{"cancel", alarm_cancel, METH_NOARGS, alarm_cancel_doc},
	{NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(alarm_doc, "Alarm(handler=None, s=None, *, ms=None, us=None, arg=None, periodic=False)\n--\n\n"
			"Calls handler(arg) after s seconds (a float may be given), ms milliseconds or us\n"
			"microseconds, with periodic=True again and again. Without arg the handler gets the\n"
			"alarm itself.");
static PyType_Slot alarm_slots[] = {
	{Py_tp_doc, (void *)alarm_doc},
	{Py_tp_new, alarm_new},
	{Py_tp_methods, alarm_methods},
	{Py_tp_traverse, alarm_traverse},
	{Py_tp_clear, alarm_clear},
	{Py_tp_dealloc, alarm_dealloc},
	{0, NULL},
};
static PyType_Spec alarm_spec = {
	.name = "machine.Alarm",
	.basicsize = sizeof(struct alarm_object),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.slots = alarm_slots,
};

static PyObject *chrono_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Chrono", names))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of_type(type));
	if (!board)
		return NULL;
	struct chrono_object *self = (struct chrono_object *)type->tp_alloc(type, 0);
	if (self)
		self->board = board;
	return (PyObject *)self;
}

static uint64_t chrono_us(const struct chrono_object *self)
{
	return self->elapsed_us + (self->running ? bm_py_clock(self->board) - self->started : 0);
}

static PyObject *chrono_start(PyObject *o, PyObject *unused)
{
	struct chrono_object *self = (struct chrono_object *)o;
	(void)unused;
	if (!self->running) {
		self->started = bm_py_clock(self->board);
		self->running = true;
	}
	Py_RETURN_NONE;
}

static PyObject *chrono_stop(PyObject *o, PyObject *unused)
{
	struct chrono_object *self = (struct chrono_object *)o;
	(void)unused;
	self->elapsed_us = chrono_us(self);
	self->running = false;
	Py_RETURN_NONE;
}

static PyObject *chrono_reset(PyObject *o, PyObject *unused)
{
	struct chrono_object *self = (struct chrono_object *)o;
	(void)unused;
	self->elapsed_us = 0;
	self->started = bm_py_clock(self->board);
	Py_RETURN_NONE;
}

static PyObject *chrono_read(PyObject *self, PyObject *unused)
{
	(void)unused;
	return PyFloat_FromDouble((double)chrono_us((struct chrono_object *)self) / 1e6);
}

static PyObject *chrono_read_ms(PyObject *self, PyObject *unused)
{
	(void)unused;
	return PyLong_FromUnsignedLongLong(chrono_us((struct chrono_object *)self) / 1000);
}

static PyObject *chrono_read_us(PyObject *self, PyObject *unused)
{
	(void)unused;
	return PyLong_FromUnsignedLongLong(chrono_us((struct chrono_object *)self));
}

static PyMethodDef chrono_methods[] = {
	{"start", chrono_start, METH_NOARGS, "start()\n--\n\nStarts, or goes on."},
	{"stop", chrono_stop, METH_NOARGS, "stop()\n--\n\nStops; what was measured stays."},
	{"reset", chrono_reset, METH_NOARGS, "reset()\n--\n\nBegins at 0 again."},
	{"read", chrono_read, METH_NOARGS, "read()\n--\n\nThe time measured, in seconds, a float."},
	{"read_ms", chrono_read_ms, METH_NOARGS, "read_ms()\n--\n\nThe time measured, in milliseconds, an int."},
	{"read_us", chrono_read_us, METH_NOARGS, "read_us()\n--\n\nThe time measured, in microseconds, an int."},
	{NULL, NULL, 0, NULL},
};

static void chrono_dealloc(PyObject *o)
{
	PyTypeObject *type = Py_TYPE(o);
	type->tp_free(o);
	Py_DECREF(type);
}

static PyType_Slot chrono_slots[] = {
	{Py_tp_doc, "Chrono()\n--\n\nA stop watch."},
	{Py_tp_new, chrono_new},
	{Py_tp_methods, chrono_methods},
	{Py_tp_dealloc, chrono_dealloc},
	{0, NULL},
};
static PyType_Spec chrono_spec = {
	.name = "machine.Chrono",
	.basicsize = sizeof(struct chrono_object),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = chrono_slots,
};

PyDoc_STRVAR(sleep_us_doc, "sleep_us(us)\n--\n\nWaits that many microseconds.");
static PyObject *sleep_us(PyObject *module, PyObject *us)
{
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	struct bm_value value;
	int64_t duration = 0;
	bm_py_value(us, &value);
	if (!board)
		return NULL;
	(void)bm_take_int(&value, "us", 0, INT32_MAX, &duration, &fault);
	if (!bm_py_check(&fault))
		return NULL;
	const bm_time until = bm_time_add(bm_runtime_now(board->rt), (uint64_t)duration);
	do {
		/* A plain python3 looks for a Ctrl-C now and then; no signal comes to a board's threads. */
		const bm_time look = bm_time_add(bm_runtime_now(board->rt), SIGNALS_US);
		if (!bm_py_sleep_until(board, board->script || until < look ? until : look))
			return NULL;
		if (PyErr_CheckSignals() < 0)
			return NULL;
	} while (bm_runtime_now(board->rt) < until);
	Py_RETURN_NONE;
}

static PyMethodDef timer_methods[] = {
	{"sleep_us", sleep_us, METH_O, sleep_us_doc},
	{NULL, NULL, 0, NULL},
};

int bm_py_add_timer(PyObject *module, struct bm_py_state *state)
{
	state->alarm = (PyTypeObject *)PyType_FromModuleAndSpec(module, &alarm_spec, NULL);
	state->chrono = (PyTypeObject *)PyType_FromModuleAndSpec(module, &chrono_spec, NULL);
	if (!state->alarm || !state->chrono || PyModule_AddFunctions(module, timer_methods) < 0)
		return -1;
	if (PyModule_AddObjectRef(module, "Alarm", (PyObject *)state->alarm) < 0)
		return -1;
	return PyModule_AddObjectRef(module, "Chrono", (PyObject *)state->chrono);
}
