/*
 * Boards as sub-interpreters of one CPython in this process.
 *
 *   script thread: make the interpreter ─▶ run the script ─▶ EXIT ─▶ run what is typed, for ever
 *   callback thread (callbacks.c): from before the script's first line
 *
 * Nothing here is ever torn down: ending an interpreter whose threads live is fatal, so the process ends by _exit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "binding.h"
#include "cpython.h"
#include "fairness.h"
#include "frozen_modules.h"
#include "person.h"

#define NO_SUCH_SCRIPT 2 /* as python3 ends */
#define READ_AT_LEAST 4096u

struct bm_board *bm_py_find_board(PyObject *module)
{
	(void)module;
	PyObject *dict = PyInterpreterState_GetDict(PyInterpreterState_Get());
	PyObject *capsule = dict ? PyDict_GetItemString(dict, BM_PY_BOARD) : NULL;
	if (!capsule) {
		PyErr_SetString(PyExc_RuntimeError, "this interpreter has no board");
		return NULL;
	}
	return PyCapsule_GetPointer(capsule, BM_PY_BOARD);
}

static bool configure(PyConfig *config, const struct bm_runtime *rt, PyStatus *status)
{
	const struct bm_runtime_options *options = bm_runtime_options(rt);
	config->install_signal_handlers = 0;
	config->site_import = 0;
	config->write_bytecode = 0;
	config->pathconfig_warnings = 0;
	config->use_hash_seed = options->virtual_time || options->seeded;
	config->hash_seed = (uint32_t)(options->seed ^ options->seed >> 32);
	*status = PyConfig_SetBytesString(config, &config->program_name, BLEMESH_PYTHON);
	return !PyStatus_Exception(*status);
}

bool bm_cpython_start(struct bm_runtime *rt, char *error, size_t error_len)
{
	PyPreConfig before;
	PyConfig config;
	if (Py_IsInitialized())
		return true;
	if (bm_runtime_is_virtual(rt)) {
		setenv("TZ", "UTC0", 1);
		tzset();
	}
	PyImport_FrozenModules = bm_frozen_modules;
	PyPreConfig_InitIsolatedConfig(&before);
	before.utf8_mode = 1;
	PyStatus status = Py_PreInitialize(&before);
	PyConfig_InitIsolatedConfig(&config);
	if (PyImport_AppendInittab("_blemesh", PyInit__blemesh) < 0)
		status = PyStatus_NoMemory();
	if (!PyStatus_Exception(status) && configure(&config, rt, &status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	if (PyStatus_Exception(status)) {
		snprintf(error, error_len, "Python does not start: %s",
			 status.err_msg ? status.err_msg : "unknown reason");
		return false;
	}
	(void)PyEval_SaveThread();
	if (!bm_runtime_is_virtual(rt) && !bm_py_fair_start(rt)) {
		snprintf(error, error_len, "out of threads");
		return false;
	}
	return true;
}

/* Scripts start when every board has its interpreter: making one takes the lock hundreds of times, and a script that
 * computes would make each of these times long. Virtual time has no use for it. */
static struct {
	pthread_mutex_t mutex;
	pthread_cond_t made;
	unsigned waiting_for;
} start = {.mutex = PTHREAD_MUTEX_INITIALIZER, .made = PTHREAD_COND_INITIALIZER};

static void one_more_to_make(void)
{
	pthread_mutex_lock(&start.mutex);
	start.waiting_for++;
	pthread_mutex_unlock(&start.mutex);
}

static void one_made(bool wait)
{
	pthread_mutex_lock(&start.mutex);
	if (--start.waiting_for == 0)
		pthread_cond_broadcast(&start.made);
	while (wait && start.waiting_for)
		pthread_cond_wait(&start.made, &start.mutex);
	pthread_mutex_unlock(&start.mutex);
}

/* Leaves the calling thread in a new interpreter, its lock held. */
static PyThreadState *make_interpreter(void)
{
	/* Two at a time would interleave their imports. */
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&mutex);
	PyThreadState *first = PyThreadState_New(PyInterpreterState_Main());
	bm_py_lock(first);
	PyThreadState *own = Py_NewInterpreter();
	PyThreadState_Swap(first);
	PyThreadState_Clear(first);
	if (own) {
		PyThreadState_Swap(own);
		PyThreadState_Delete(first);
		bm_py_fair_add(own->interp);
	} else {
		PyThreadState_DeleteCurrent();
	}
	pthread_mutex_unlock(&mutex);
	return own;
}

static bool tie_board(struct bm_board *board)
{
	PyObject *dict = PyInterpreterState_GetDict(PyInterpreterState_Get());
	PyObject *capsule = PyCapsule_New(board, BM_PY_BOARD, NULL);
	const bool ok = dict && capsule && PyDict_SetItemString(dict, BM_PY_BOARD, capsule) == 0;
	Py_XDECREF(capsule);
	return ok;
}

/* Streams, paths and, in virtual time, the clock (_blemesh_boot.py). */
static bool boot(struct bm_board *board)
{
	const struct bm_runtime_options *options = bm_runtime_options(board->rt);
	PyObject *is_virtual = options->virtual_time ? Py_True : Py_False;
	PyObject *is_seeded = options->virtual_time || options->seeded ? Py_True : Py_False;
	PyObject *module = PyImport_ImportModule("_blemesh_boot");
	PyObject *result = module ? PyObject_CallMethod(module, "boot", "sOO", board->script, is_virtual, is_seeded)
				  : NULL;
	Py_XDECREF(module);
	Py_XDECREF(result);
	return result;
}

static bool start_callbacks(struct bm_board *board)
{
	struct bm_py_callback_thread *thread = calloc(1, sizeof *thread);
	if (!thread)
		return false;
	thread->board = board;
	thread->interpreter = PyInterpreterState_Get();
	if (bm_thread_start(board->rt, board, bm_py_serve_callbacks, thread))
		return true;
	free(thread);
	return false;
}

/* To its end, however long: a pipe has no size. NULL: errno says why. */
static PyObject *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	PyObject *octets = NULL;
	char *text = NULL;
	size_t len = 0, room = 0, got = 1;
	int error = file ? 0 : errno;
	while (!error && got) {
		if (room - len < READ_AT_LEAST) {
			char *grown = realloc(text, room + 16 * READ_AT_LEAST);
			if (!grown) {
				error = ENOMEM;
				break;
			}
			text = grown;
			room += 16 * READ_AT_LEAST;
		}
		got = fread(text + len, 1, room - len, file);
		len += got;
		error = ferror(file) ? errno : 0;
	}
	if (!error && !(octets = PyBytes_FromStringAndSize(text, (Py_ssize_t)len)))
		error = ENOMEM;
	free(text);
	if (file)
		fclose(file);
	errno = error;
	return octets;
}

static PyObject *compile(PyObject *source, const char *name, const char *mode, int flags)
{
	PyObject *builtins = PyImport_ImportModule("builtins");
	PyObject *code = builtins
				 ? PyObject_CallMethod(builtins, "compile", "OssiO", source, name, mode, flags, Py_True)
				 : NULL;
	Py_XDECREF(builtins);
	return code;
}

/* The exit code of the exception that is set; it is cleared or reported. */
static int exit_code(struct bm_board *board)
{
	if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
		bm_py_report_exception(board);
		return 1;
	}
	PyObject *type, *value, *traceback;
	int result = 0;
	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	PyObject *code = PyObject_GetAttrString(value, "code");
	if (code && PyLong_Check(code)) {
		result = (int)PyLong_AsLongLong(code);
	} else if (code && code != Py_None) {
		PySys_FormatStderr("%S\n", code);
		result = 1;
	}
	PyErr_Clear();
	Py_XDECREF(code);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(traceback);
	return result;
}

static PyObject *main_names(void)
{
	PyObject *module = PyImport_AddModule("__main__");
	return module ? PyModule_GetDict(module) : NULL;
}

static int run_script(struct bm_board *board)
{
	PyObject *source = read_file(board->script);
	if (!source) {
		const int error = errno;
		char text[4200];
		PyErr_Clear();
		snprintf(text, sizeof text, "can't open file '%s': %s", board->script, strerror(error));
		BM_PY_UNLOCK;
		bm_board_report(board, &(struct bm_board_event){.kind = BM_BOARD_EXCEPTION, .text = text});
		BM_PY_LOCK;
		return NO_SUCH_SCRIPT;
	}
	PyObject *sys_argv = PySys_GetObject("argv"); /* borrowed */
	PyObject *path = sys_argv ? PyList_GetItem(sys_argv, 0) : NULL;
	PyObject *names = main_names();
	PyObject *code = NULL, *result = NULL;
	if (path && names && PyDict_SetItemString(names, "__file__", path) == 0)
		code = compile(source, PyUnicode_AsUTF8(path), "exec", 0);
	Py_DECREF(source);
	if (code)
		result = PyEval_EvalCode(code, names, names);
	Py_XDECREF(code);
	Py_XDECREF(result);
	return result ? 0 : exit_code(board);
}

static void end_script(struct bm_board *board, int code)
{
	const uint64_t writer = PyThreadState_GetID(PyThreadState_Get());
	bm_py_flush();
	BM_PY_UNLOCK;
	bm_board_write_end(board, writer);
	bm_board_report(board, &(struct bm_board_event){.kind = BM_BOARD_EXIT, .code = code});
	BM_PY_LOCK;
}

/* Any number of statements, or none, each run as at a prompt: an expression's value is printed. */
static PyObject *compile_typed(const char *text)
{
	PyObject *source = PyUnicode_FromFormat("%s\n", text);
	PyObject *module = source ? compile(source, "<prompt>", "exec", PyCF_ONLY_AST) : NULL;
	PyObject *body = module ? PyObject_GetAttrString(module, "body") : NULL;
	PyObject *ast = body ? PyImport_ImportModule("_ast") : NULL;
	PyObject *statements = ast ? PyObject_CallMethod(ast, "Interactive", "(O)", body) : NULL;
	PyObject *code = statements ? compile(statements, "<prompt>", "single", 0) : NULL;
	Py_XDECREF(source);
	Py_XDECREF(module);
	Py_XDECREF(body);
	Py_XDECREF(ast);
	Py_XDECREF(statements);
	return code;
}

static void run_typed(struct bm_board *board, const char *text)
{
	PyObject *names = main_names();
	PyObject *code = names ? compile_typed(text) : NULL;
	PyObject *result = code ? PyEval_EvalCode(code, names, names) : NULL;
	if (!result && PyErr_ExceptionMatches(PyExc_SystemExit)) {
		PyErr_Clear();
		PySys_WriteStderr("There is nothing to exit: the board lives as long as the run.\n");
	} else if (!result) {
		bm_py_report_exception(board);
	}
	Py_XDECREF(code);
	Py_XDECREF(result);
	bm_py_flush();
	bm_py_person_done();
}

static void serve_prompt(struct bm_board *board)
{
	const uint64_t writer = PyThreadState_GetID(PyThreadState_Get());
	for (;;) {
		struct bm_typed *typed;
		BM_PY_UNLOCK;
		typed = bm_board_next_typed(board);
		bm_board_report(board, &(struct bm_board_event){
					       .kind = BM_BOARD_TYPED, .text = typed->code, .seen = typed->seen});
		BM_PY_LOCK;
		bm_py_person_done(); /* an interrupt that came too late for the code before */
		run_typed(board, typed->code);
		free(typed);
		BM_PY_UNLOCK;
		bm_board_write_end(board, writer);
		BM_PY_LOCK;
	}
}

static void script_main(void *ctx)
{
	struct bm_board *board = ctx;
	const bool wait = !bm_runtime_is_virtual(board->rt);
	if (!make_interpreter()) {
		bm_py_person_settle(board, NULL);
		one_made(false);
		bm_board_report(board, &(struct bm_board_event){.kind = BM_BOARD_EXCEPTION,
								.text = "no interpreter can be made for the board"});
		bm_board_report(board, &(struct bm_board_event){.kind = BM_BOARD_EXIT, .code = 1});
		return;
	}
	const bool ready = tie_board(board) && boot(board) && start_callbacks(board);
	PyInterpreterState *interpreter = ready ? PyInterpreterState_Get() : NULL;
	BM_PY_UNLOCK;
	bm_py_person_settle(board, interpreter);
	one_made(wait);
	BM_PY_LOCK;
	if (ready) {
		end_script(board, run_script(board));
	} else {
		if (!PyErr_Occurred())
			PyErr_SetString(PyExc_RuntimeError, "no callback thread can be started");
		bm_py_report_exception(board);
		end_script(board, 1);
	}
	serve_prompt(board);
}

static bool start_board(struct bm_board *board, char *error, size_t error_len)
{
	if (!bm_cpython_start(board->rt, error, error_len))
		return false;
	one_more_to_make();
	if (bm_thread_start(board->rt, board, script_main, board))
		return true;
	one_made(false);
	snprintf(error, error_len, "no thread can be started for the board");
	return false;
}

const struct bm_interpreter *bm_cpython_interpreter(void)
{
	static const struct bm_interpreter interpreter = {
		.start_board = start_board,
		.wants_more = bm_py_person_wants_more,
		.complete = bm_py_person_complete,
		.interrupt = bm_py_person_interrupt,
	};
	return &interpreter;
}
