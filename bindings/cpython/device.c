/*
 * pycom's functions, and what a script prints.
 */
#include "binding.h"

PyDoc_STRVAR(heartbeat_doc, "heartbeat(enable)\n--\n\n"
			    "Turns the LED's heartbeat on or off; without an argument: tells whether it is on.");
static PyObject *heartbeat(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"enable", NULL};
	PyObject *enable = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:heartbeat", names, &enable))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_heartbeat_args a = {.state = false};
	bm_py_value(enable, &a.enable);
	if (!board || !bm_py_call(board, bm_led_heartbeat, &a))
		return NULL;
	if (enable)
		Py_RETURN_NONE;
	return PyBool_FromLong(a.state);
}

PyDoc_STRVAR(rgbled_doc, "rgbled(color)\n--\n\n"
			 "Sets the LED to 0xRRGGBB. Turn the heartbeat off first.");
static PyObject *rgbled(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"color", NULL};
	PyObject *color = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:rgbled", names, &color))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_rgbled_args a;
	bm_py_value(color, &a.color);
	if (!board || !bm_py_call(board, bm_led_rgb, &a))
		return NULL;
	Py_RETURN_NONE;
}

/* _write(stream, octets): what sys.stdout (0) and sys.stderr (1) of a board end in. */
static PyObject *write_stream(PyObject *module, PyObject *args)
{
	int stream;
	Py_buffer octets;
	if (!PyArg_ParseTuple(args, "is*:_write", &stream, &octets))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	const uint64_t writer = PyThreadState_GetID(PyThreadState_Get());
	if (board) {
		BM_PY_UNLOCK;
		bm_board_write(board, stream == 0 ? BM_STREAM_OUT : BM_STREAM_ERR, writer, octets.buf,
			       (size_t)octets.len);
		BM_PY_LOCK;
	}
	PyBuffer_Release(&octets);
	if (!board)
		return NULL;
	Py_RETURN_NONE;
}

/* _report_exception(): the exception being handled becomes the board's event. */
static PyObject *report_exception(PyObject *module, PyObject *args)
{
	PyObject *type, *value, *traceback;
	if (!PyArg_ParseTuple(args, "OOO:_report_exception", &type, &value, &traceback))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	if (!board)
		return NULL;
	PyErr_Restore(Py_NewRef(type), Py_NewRef(value), traceback == Py_None ? NULL : Py_NewRef(traceback));
	bm_py_report_exception(board);
	Py_RETURN_NONE;
}

PyMethodDef bm_py_device_methods[] = {
	{"heartbeat", (PyCFunction)(void (*)(void))heartbeat, METH_VARARGS | METH_KEYWORDS, heartbeat_doc},
	{"rgbled", (PyCFunction)(void (*)(void))rgbled, METH_VARARGS | METH_KEYWORDS, rgbled_doc},
	{"_write", write_stream, METH_VARARGS, NULL},
	{"_report_exception", report_exception, METH_VARARGS, NULL},
	{NULL, NULL, 0, NULL},
};
