/*
 * What a person at a board's prompt wants of the board's interpreter while he types, on a thread that is not the
 * script's: whether code wants more lines, how a word can go on (_blemesh_prompt.py), and to interrupt what runs.
 */
#include "person.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t settled = PTHREAD_COND_INITIALIZER;

void bm_py_person_settle(struct bm_board *board, PyInterpreterState *interpreter)
{
	pthread_mutex_lock(&mutex);
	board->person = (struct bm_person){
		.interpreter = interpreter, .thread = PyThread_get_thread_ident(), .settled = true};
	pthread_cond_broadcast(&settled);
	pthread_mutex_unlock(&mutex);
}

void bm_py_person_done(void)
{
	(void)PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), NULL);
}

/* Enters the board's interpreter, once there is one. NULL: there will be none. */
static PyThreadState *enter(struct bm_board *board)
{
	pthread_mutex_lock(&mutex);
	while (!board->person.settled)
		pthread_cond_wait(&settled, &mutex);
	pthread_mutex_unlock(&mutex);
	PyThreadState *state = board->person.interpreter ? PyThreadState_New(board->person.interpreter) : NULL;
	if (state)
		bm_py_lock(state);
	return state;
}

/* An exception of a completion is nobody's business: there just is none. */
static void leave(PyThreadState *state)
{
	PyErr_Clear();
	PyThreadState_Clear(state);
	PyThreadState_DeleteCurrent();
}

static PyObject *ask(const char *function, const char *text)
{
	PyObject *module = PyImport_ImportModule("_blemesh_prompt");
	PyObject *said = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
	PyObject *answer = module && said ? PyObject_CallMethod(module, function, "O", said) : NULL;
	Py_XDECREF(said);
	Py_XDECREF(module);
	return answer;
}

bool bm_py_person_wants_more(struct bm_board *board, const char *code)
{
	PyThreadState *state = enter(board);
	if (!state)
		return false;
	PyObject *answer = ask("wants_more", code);
	const bool more = answer == Py_True;
	Py_XDECREF(answer);
	leave(state);
	return more;
}

void bm_py_person_complete(struct bm_board *board, const char *line,
			   void (*each)(void *ctx, size_t replace, const char *candidate), void *ctx)
{
	PyThreadState *state = enter(board);
	if (!state)
		return;
	PyObject *answer = ask("complete", line);
	PyObject *candidates = NULL;
	Py_ssize_t replace = 0;
	if (answer && PyArg_ParseTuple(answer, "nO!", &replace, &PyList_Type, &candidates)) {
		for (Py_ssize_t i = 0; i < PyList_GET_SIZE(candidates); i++) {
			const char *text = PyUnicode_AsUTF8(PyList_GET_ITEM(candidates, i));
			if (text)
				each(ctx, (size_t)replace, text);
		}
	}
	Py_XDECREF(answer);
	leave(state);
}

void bm_py_person_interrupt(struct bm_board *board)
{
	PyThreadState *state = enter(board);
	if (!state)
		return;
	(void)PyThreadState_SetAsyncExc(board->person.thread, PyExc_KeyboardInterrupt);
	leave(state);
}
