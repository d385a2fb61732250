/*
 * The callback thread: takes one callback after the other and calls it; and how exceptions are reported.
 */
#include "binding.h"

void bm_py_flush(void)
{
	static const char *const names[] = {"stdout", "stderr"};
	PyObject *type, *value, *traceback;
	PyErr_Fetch(&type, &value, &traceback);
	for (size_t i = 0; i < BM_ARRAY_LEN(names); i++) {
		PyObject *file = PySys_GetObject(names[i]);
		PyObject *result = file && file != Py_None ? PyObject_CallMethod(file, "flush", NULL) : NULL;
		if (!result)
			PyErr_Clear();
		Py_XDECREF(result);
	}
	PyErr_Restore(type, value, traceback);
}

/* The traceback as Python prints it. NULL if it cannot be had. sys.stderr stays what it is: several threads may be at
 * this at once, and what an exception says of itself is code of the script. */
static PyObject *format_exception(PyObject *type, PyObject *value, PyObject *traceback)
{
	PyObject *module = PyImport_ImportModule("traceback");
	PyObject *lines = module ? PyObject_CallMethod(module, "format_exception", "OOO", type, value,
						       traceback ? traceback : Py_None)
				 : NULL;
	PyObject *nothing = lines ? PyUnicode_FromString("") : NULL;
	PyObject *text = nothing ? PyUnicode_Join(nothing, lines) : NULL;
	Py_XDECREF(module);
	Py_XDECREF(lines);
	Py_XDECREF(nothing);
	if (text)
		return text;
	PyErr_Clear();
	return PyUnicode_FromFormat("%s (its traceback cannot be shown)", ((PyTypeObject *)type)->tp_name);
}

static void report_text(struct bm_board *board, PyObject *text)
{
	PyObject *octets = text ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
	const char *line = octets ? PyBytes_AS_STRING(octets) : "an exception that cannot be shown\n";
	size_t len = octets ? (size_t)PyBytes_GET_SIZE(octets) : strlen(line);
	const uint64_t writer = PyThreadState_GetID(PyThreadState_Get());
	char *copy = malloc(len + 1);
	if (copy) {
		for (size_t i = 0; i < len; i++)
			copy[i] = line[i] ? line[i] : ' ';
		copy[len] = '\0';
		while (len && copy[len - 1] == '\n')
			copy[--len] = '\0';
		const struct bm_board_event event = {.kind = BM_BOARD_EXCEPTION, .text = copy};
		BM_PY_UNLOCK;
		bm_board_write_end(board, writer); /* what it printed without ending the line came before */
		bm_board_report(board, &event);
		BM_PY_LOCK;
		free(copy);
	}
	Py_XDECREF(octets);
	PyErr_Clear();
}

void bm_py_report_exception(struct bm_board *board)
{
	PyObject *type, *value, *traceback;
	bm_py_flush();
	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	if (traceback)
		PyException_SetTraceback(value, traceback);
	if (board->script) {
		PyObject *text = format_exception(type, value, traceback);
		report_text(board, text);
		Py_XDECREF(text);
	} else {
		PyErr_Display(type, value, traceback);
	}
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(traceback);
}

static void call(struct bm_board *board, const struct bm_callback *callback)
{
	PyObject *state = bm_py_object(&callback->state);
	PyObject *result = NULL;
	if (callback->model)
		callback->model->last_message = callback->message;
	if (state && callback->kind == BM_CALLBACK_MODEL)
		result = PyObject_CallFunction(callback->function, "OiI", state, callback->event,
					       (unsigned)callback->opcode);
	else if (state)
		result = PyObject_CallFunction(callback->function, "iO", callback->event, state);
	if (!result)
		bm_py_report_exception(board);
	Py_XDECREF(result);
	Py_XDECREF(state);
}

void bm_py_serve_callbacks(void *ctx)
{
	struct bm_py_callback_thread *thread = ctx;
	struct bm_board *board = thread->board;
	PyThreadState *state = PyThreadState_New(thread->interpreter);
	struct bm_callback callback;
	bm_py_set_in_callback(true);
	while (bm_callbacks_next(board->rt, &board->callbacks, &callback)) {
		bm_py_lock(state);
		if (callback.kind == BM_CALLBACK_ALARM)
			bm_py_run_alarm(callback.alarm);
		else if (callback.kind >= BM_CALLBACK_DEVICE)
			bm_py_call_provisioner(board, &callback);
		else
			call(board, &callback);
		bm_value_free(&callback.state);
		bm_py_flush();
		PyEval_ReleaseThread(state);
	}
	bm_py_lock(state);
	PyThreadState_Clear(state);
	PyThreadState_DeleteCurrent();
	if (thread->ended)
		thread->ended(thread->ctx);
}
