/*
 * Locks of virtual time: whoever waits for one hands the baton on. They stand in for _thread's, so that everything in
 * threading and queue takes part.
 */
#include "binding.h"

#include <math.h>
#include <structmember.h>

struct lock_object {
	PyObject_HEAD struct bm_board *board;
	struct bm_lock lock;
	void *owner; /* reentrant locks: the thread's local place */
	unsigned long depth;
	PyObject *weak_references;
};

static PyObject *lock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":lock", names))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of_type(type));
	if (!board)
		return NULL;
	struct lock_object *self = (struct lock_object *)type->tp_alloc(type, 0);
	if (self)
		self->board = board;
	return (PyObject *)self;
}

static void lock_dealloc(PyObject *o)
{
	PyTypeObject *type = Py_TYPE(o);
	if (((struct lock_object *)o)->weak_references)
		PyObject_ClearWeakRefs(o);
	type->tp_free(o);
	Py_DECREF(type);
}

/* blocking=True, timeout=-1: until when to wait; the present time: not at all. False and an exception if wrong. */
static bool parse_wait(struct lock_object *self, PyObject *args, PyObject *kwargs, bm_time *until)
{
	static char *names[] = {"blocking", "timeout", NULL};
	int blocking = 1;
	double timeout = -1;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|pd:acquire", names, &blocking, &timeout))
		return false;
	if (!blocking && timeout != -1) {
		PyErr_SetString(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
		return false;
	}
	if (isnan(timeout) || (timeout < 0 && timeout != -1)) {
		PyErr_SetString(PyExc_ValueError, "timeout value must be a non-negative number");
		return false;
	}
	if (timeout > 9e9) {
		PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
		return false;
	}
	const bm_time now = bm_runtime_now(self->board->rt);
	if (!blocking)
		*until = now;
	else
		*until = timeout == -1 ? BM_TIME_NEVER : now + (uint64_t)ceil(timeout * 1e6);
	return true;
}

static bool wait_for(struct lock_object *self, bm_time until)
{
	bool got;
	if (bm_lock_try(&self->lock))
		return true;
	if (until <= bm_runtime_now(self->board->rt))
		return false;
	BM_PY_UNLOCK;
	got = bm_lock_acquire(self->board->rt, &self->lock, until);
	BM_PY_LOCK;
	return got;
}

static PyObject *lock_acquire(PyObject *o, PyObject *args, PyObject *kwargs)
{
	struct lock_object *self = (struct lock_object *)o;
	bm_time until;
	if (!parse_wait(self, args, kwargs, &until))
		return NULL;
	return PyBool_FromLong(wait_for(self, until));
}

static PyObject *lock_release(PyObject *o, PyObject *unused)
{
	struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	if (!self->lock.locked) {
		PyErr_SetString(PyExc_RuntimeError, "release unlocked lock");
		return NULL;
	}
	bm_lock_release(self->board->rt, &self->lock);
	Py_RETURN_NONE;
}

static PyObject *lock_locked(PyObject *o, PyObject *unused)
{
	struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	(void)bm_py_clock(self->board); /* who asks again and again waits for something */
	return PyBool_FromLong(self->lock.locked);
}

static PyObject *lock_enter(PyObject *o, PyObject *unused)
{
	(void)unused;
	(void)wait_for((struct lock_object *)o, BM_TIME_NEVER);
	Py_RETURN_TRUE;
}

static PyObject *lock_exit(PyObject *o, PyObject *args)
{
	(void)args;
	return lock_release(o, NULL);
}

static PyObject *lock_repr(PyObject *o)
{
	const struct lock_object *self = (struct lock_object *)o;
	return PyUnicode_FromFormat("<%s %s object>", self->lock.locked ? "locked" : "unlocked", Py_TYPE(o)->tp_name);
}

static void *me(const struct lock_object *self)
{
	return bm_thread_local(self->board->rt);
}

static bool rlock_wait(struct lock_object *self, bm_time until)
{
	if (self->depth && self->owner == me(self)) {
		self->depth++;
		return true;
	}
	if (!wait_for(self, until))
		return false;
	self->owner = me(self);
	self->depth = 1;
	return true;
}

static PyObject *rlock_acquire(PyObject *o, PyObject *args, PyObject *kwargs)
{
	struct lock_object *self = (struct lock_object *)o;
	bm_time until;
	if (!parse_wait(self, args, kwargs, &until))
		return NULL;
	return PyBool_FromLong(rlock_wait(self, until));
}

static PyObject *rlock_enter(PyObject *o, PyObject *unused)
{
	(void)unused;
	(void)rlock_wait((struct lock_object *)o, BM_TIME_NEVER);
	Py_RETURN_TRUE;
}

static PyObject *rlock_release(PyObject *o, PyObject *unused)
{
	struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	if (!self->depth || self->owner != me(self)) {
		PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
		return NULL;
	}
	if (--self->depth == 0) {
		self->owner = NULL;
		bm_lock_release(self->board->rt, &self->lock);
	}
	Py_RETURN_NONE;
}

static PyObject *rlock_exit(PyObject *o, PyObject *args)
{
	(void)args;
	return rlock_release(o, NULL);
}

static PyObject *rlock_is_owned(PyObject *o, PyObject *unused)
{
	const struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	return PyBool_FromLong(self->depth && self->owner == me(self));
}

static PyObject *rlock_recursion_count(PyObject *o, PyObject *unused)
{
	const struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	return PyLong_FromUnsignedLong(self->depth && self->owner == me(self) ? self->depth : 0);
}

/* For threading.Condition: gives the lock up altogether, and takes it again as deep as it was. */
static PyObject *rlock_release_save(PyObject *o, PyObject *unused)
{
	struct lock_object *self = (struct lock_object *)o;
	const unsigned long depth = self->depth;
	if (depth)
		self->depth = self->owner == me(self) ? 1 : depth;
	PyObject *released = rlock_release(o, unused);
	if (!released)
		return NULL;
	Py_DECREF(released);
	return PyLong_FromUnsignedLong(depth);
}

static PyObject *rlock_acquire_restore(PyObject *o, PyObject *depth)
{
	struct lock_object *self = (struct lock_object *)o;
	const unsigned long wanted = PyLong_AsUnsignedLong(depth);
	if (PyErr_Occurred())
		return NULL;
	(void)rlock_wait(self, BM_TIME_NEVER);
	self->depth = wanted;
	Py_RETURN_NONE;
}

static PyObject *reinit(PyObject *o, PyObject *unused)
{
	struct lock_object *self = (struct lock_object *)o;
	(void)unused;
	self->lock = (struct bm_lock){.locked = false};
	self->depth = 0;
	Py_RETURN_NONE;
}

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef lock_methods[] = {
	{"acquire", WITH_KEYWORDS(lock_acquire), "acquire(blocking=True, timeout=-1)\n--\n\nTakes the lock."},
	{"acquire_lock", WITH_KEYWORDS(lock_acquire), NULL},
	{"release", lock_release, METH_NOARGS, "release()\n--\n\nGives the lock up."},
	{"release_lock", lock_release, METH_NOARGS, NULL},
	{"locked", lock_locked, METH_NOARGS, "locked()\n--\n\nWhether somebody has the lock."},
	{"locked_lock", lock_locked, METH_NOARGS, NULL},
	{"__enter__", lock_enter, METH_NOARGS, NULL},
	{"__exit__", lock_exit, METH_VARARGS, NULL},
	{"_at_fork_reinit", reinit, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

static PyMethodDef rlock_methods[] = {
	{"acquire", WITH_KEYWORDS(rlock_acquire), "acquire(blocking=True, timeout=-1)\n--\n\nTakes the lock."},
	{"release", rlock_release, METH_NOARGS, "release()\n--\n\nGives the lock up."},
	{"__enter__", rlock_enter, METH_NOARGS, NULL},
	{"__exit__", rlock_exit, METH_VARARGS, NULL},
	{"_is_owned", rlock_is_owned, METH_NOARGS, NULL},
	{"_recursion_count", rlock_recursion_count, METH_NOARGS, NULL},
	{"_release_save", rlock_release_save, METH_NOARGS, NULL},
	{"_acquire_restore", rlock_acquire_restore, METH_O, NULL},
	{"_at_fork_reinit", reinit, METH_NOARGS, NULL},
	{NULL, NULL, 0, NULL},
};

static PyMemberDef lock_members[] = {
	{"__weaklistoffset__", T_PYSSIZET, offsetof(struct lock_object, weak_references), READONLY, NULL},
	{NULL, 0, 0, 0, NULL},
};

static PyTypeObject *make_type(PyObject *module, const char *name, PyMethodDef *methods)
{
	PyType_Slot slots[] = {
		{Py_tp_new, lock_new},   {Py_tp_methods, methods},      {Py_tp_dealloc, lock_dealloc},
		{Py_tp_repr, lock_repr}, {Py_tp_members, lock_members}, {0, NULL},
	};
	PyType_Spec spec = {
		.name = name,
		.basicsize = sizeof(struct lock_object),
		.flags = Py_TPFLAGS_DEFAULT,
		.slots = slots,
	};
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}

int bm_py_add_locks(PyObject *module, struct bm_py_state *state)
{
	state->lock = make_type(module, "_thread.lock", lock_methods);
	state->rlock = make_type(module, "_thread.RLock", rlock_methods);
	if (!state->lock || !state->rlock)
		return -1;
	if (PyModule_AddObjectRef(module, "_Lock", (PyObject *)state->lock) < 0)
		return -1;
	return PyModule_AddObjectRef(module, "_RLock", (PyObject *)state->rlock);
}
