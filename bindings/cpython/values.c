/*
 * Python's values and the scripting API's, and the interpreter's lock.
 */
#include "binding.h"

_Atomic unsigned bm_py_waiting;

void bm_py_lock(PyThreadState *thread)
{
	bm_py_waiting++;
	PyEval_RestoreThread(thread);
	bm_py_waiting--;
}

void bm_py_value(PyObject *object, struct bm_value *out)
{
	*out = (struct bm_value){.kind = BM_VALUE_ABSENT};
	if (!object)
		return;
	out->type_name = Py_TYPE(object)->tp_name;
	out->kind = BM_VALUE_OTHER;
	if (object == Py_None) {
		out->kind = BM_VALUE_NONE;
	} else if (PyBool_Check(object)) {
		out->kind = BM_VALUE_BOOL;
		out->i = object == Py_True;
	} else if (PyLong_Check(object)) {
		int overflow;
		out->i = PyLong_AsLongLongAndOverflow(object, &overflow);
		out->kind = overflow ? BM_VALUE_HUGE : BM_VALUE_INT;
	} else if (PyFloat_Check(object)) {
		out->kind = BM_VALUE_FLOAT;
		out->f = PyFloat_AS_DOUBLE(object);
	} else if (PyUnicode_Check(object)) {
		Py_ssize_t len;
		out->text = PyUnicode_AsUTF8AndSize(object, &len);
		if (out->text) {
			out->kind = BM_VALUE_TEXT;
			out->len = (size_t)len;
		} else {
			PyErr_Clear(); /* lone surrogates: no text that anybody could show */
		}
	} else if (PyBytes_Check(object)) {
		out->kind = BM_VALUE_OCTETS;
		out->text = PyBytes_AS_STRING(object);
		out->len = (size_t)PyBytes_GET_SIZE(object);
	} else if (PyCallable_Check(object)) {
		out->kind = BM_VALUE_CALLABLE;
		out->object = object;
	}
}

PyObject *bm_py_object(const struct bm_value *value)
{
	switch (value->kind) {
	case BM_VALUE_BOOL:
		return PyBool_FromLong(value->i != 0);
	case BM_VALUE_INT:
		return PyLong_FromLongLong(value->i);
	case BM_VALUE_FLOAT:
		return PyFloat_FromDouble(value->f);
	default:
		Py_RETURN_NONE;
	}
}

bool bm_py_check(const struct bm_fault *fault)
{
	switch (fault->kind) {
	case BM_FAULT_NONE:
		return true;
	case BM_FAULT_TYPE:
		PyErr_SetString(PyExc_TypeError, fault->text);
		break;
	case BM_FAULT_VALUE:
		PyErr_SetString(PyExc_ValueError, fault->text);
		break;
	case BM_FAULT_RUNTIME:
		PyErr_SetString(PyExc_RuntimeError, fault->text);
		break;
	case BM_FAULT_NOT_YET:
		PyErr_SetString(PyExc_NotImplementedError, fault->text);
		break;
	}
	return false;
}

bool bm_py_call(struct bm_board *board, bm_api_function *function, void *args)
{
	struct bm_fault fault;
	BM_PY_UNLOCK;
	bm_api_call(board, function, args, &fault);
	BM_PY_LOCK;
	return bm_py_check(&fault);
}
