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

static void take_text(PyObject *object, struct bm_value *out)
{
	Py_ssize_t len;
	out->text = PyUnicode_AsUTF8AndSize(object, &len);
	if (out->text) {
		out->kind = BM_VALUE_TEXT;
		out->len = (size_t)len;
	} else {
		PyErr_Clear(); /* lone surrogates: no text that anybody could show */
	}
}

/* The object of a list or a map, which take_items fills in. */
static bool is_container(PyObject *object)
{
	return PyTuple_Check(object) || PyList_Check(object) || PyDict_Check(object);
}

static void take_scalar(PyObject *object, struct bm_value *out)
{
	*out = (struct bm_value){.kind = BM_VALUE_OTHER, .type_name = Py_TYPE(object)->tp_name};
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
		take_text(object, out);
	} else if (PyBytes_Check(object)) {
		out->kind = BM_VALUE_OCTETS;
		out->text = PyBytes_AS_STRING(object);
		out->len = (size_t)PyBytes_GET_SIZE(object);
	} else if (PyCallable_Check(object)) {
		out->kind = BM_VALUE_CALLABLE;
		out->object = object;
	} else if (is_container(object)) {
		out->object = object;
	}
}

/* Another thread may change a list or a dict while a call lasts: what lies in them is copied. */
static void take_item(PyObject *object, struct bm_value *root, struct bm_value *out)
{
	take_scalar(object, out);
	const enum bm_value_kind kind = out->kind;
	if (kind != BM_VALUE_TEXT && kind != BM_VALUE_OCTETS)
		return;
	bm_value_text(root, out, out->text, out->len);
	out->kind = out->text ? kind : BM_VALUE_OTHER;
	out->type_name = Py_TYPE(object)->tp_name;
}

static void take_map(PyObject *dict, struct bm_value *root, struct bm_value *out)
{
	PyObject *key, *value;
	Py_ssize_t at = 0;
	size_t i = 0;
	struct bm_value *items = bm_value_map(root, out, (size_t)PyDict_Size(dict));
	while (items && PyDict_Next(dict, &at, &key, &value)) {
		take_item(key, root, &items[i++]);
		take_item(value, root, &items[i++]);
	}
}

static void take_list(PyObject *sequence, struct bm_value *root, struct bm_value *out)
{
	const Py_ssize_t count = PyTuple_Check(sequence) ? PyTuple_GET_SIZE(sequence) : PyList_GET_SIZE(sequence);
	struct bm_value *items = bm_value_list(root, out, (size_t)count);
	for (Py_ssize_t i = 0; items && i < count; i++)
		take_item(PyTuple_Check(sequence) ? PyTuple_GET_ITEM(sequence, i) : PyList_GET_ITEM(sequence, i), root,
			  &items[i]);
}

/* Lists and maps: what is in them, to a depth that any state has. */
static void take_items(struct bm_value *root, struct bm_value *out, unsigned depth)
{
	if (out->kind != BM_VALUE_OTHER || !out->object || depth == 0)
		return;
	const char *const type_name = out->type_name;
	if (PyDict_Check((PyObject *)out->object))
		take_map(out->object, root, out);
	else
		take_list(out->object, root, out);
	out->type_name = type_name;
	for (size_t i = 0; i < out->len && out->items; i++)
		take_items(root, &out->items[i], depth - 1);
}

void bm_py_value(PyObject *object, struct bm_value *out)
{
	*out = (struct bm_value){.kind = BM_VALUE_ABSENT};
	if (!object)
		return;
	take_scalar(object, out);
}

void bm_py_state_value(PyObject *object, struct bm_value *out)
{
	bm_py_value(object, out);
	take_items(out, out, BM_VALUE_DEPTH_MAX);
}

static PyObject *give_list(const struct bm_value *value)
{
	PyObject *tuple = PyTuple_New((Py_ssize_t)value->len);
	for (size_t i = 0; tuple && i < value->len; i++) {
		PyObject *item = bm_py_object(&value->items[i]);
		if (item)
			PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
		else
			Py_CLEAR(tuple);
	}
	return tuple;
}

static PyObject *give_map(const struct bm_value *value)
{
	PyObject *dict = PyDict_New();
	for (size_t i = 0; dict && i + 1 < value->len; i += 2) {
		PyObject *key = bm_py_object(&value->items[i]);
		PyObject *item = key ? bm_py_object(&value->items[i + 1]) : NULL;
		if (!item || PyDict_SetItem(dict, key, item) < 0)
			Py_CLEAR(dict);
		Py_XDECREF(key);
		Py_XDECREF(item);
	}
	return dict;
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
	case BM_VALUE_TEXT:
		return PyUnicode_DecodeUTF8(value->text, (Py_ssize_t)value->len, "replace");
	case BM_VALUE_OCTETS:
		return PyBytes_FromStringAndSize(value->text, (Py_ssize_t)value->len);
	case BM_VALUE_LIST:
		return give_list(value);
	case BM_VALUE_MAP:
		return give_map(value);
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
