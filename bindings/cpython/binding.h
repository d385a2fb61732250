/*
 * What the files of this binding share. The module _blemesh keeps its state per interpreter; each interpreter has one
 * board.
 *
 * The rule of all of them: never call into the runtime with the interpreter's lock held (the loop never takes that
 * lock, but it may be waited for).
 */
#ifndef BM_CPYTHON_BINDING_H
#define BM_CPYTHON_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "script/board.h"
#include "script/mesh_api.h"

/* The interpreter's lock is taken through bm_py_lock alone, so that who waits for it is counted (fairness.c). What
 * stands between BM_PY_UNLOCK and BM_PY_LOCK runs without it. */
extern _Atomic unsigned bm_py_waiting;
void bm_py_lock(PyThreadState *thread);
#define BM_PY_UNLOCK \
	{            \
		PyThreadState *bm_py_thread = PyEval_SaveThread()
#define BM_PY_LOCK                \
	bm_py_lock(bm_py_thread); \
	}

struct bm_py_state {
	struct bm_board *board; /* NULL: not made yet */
	PyObject *mesh;         /* BLE_Mesh */
	PyObject *held;         /* a list: callbacks that the board may call */
	unsigned holding;       /* calls between bm_py_hold and bm_py_held */
	Py_ssize_t held_enough; /* so many are there that it is looked for those that nobody calls any more */
	PyTypeObject *element, *model, *message, *provisioner, *alarm, *chrono, *lock, *rlock;
};

extern struct PyModuleDef bm_py_module;
PyMODINIT_FUNC PyInit__blemesh(void);

struct bm_py_state *bm_py_state_of(PyObject *module);
struct bm_py_state *bm_py_state_of_type(PyTypeObject *type);
/* The interpreter's board; made if this is a plain python3. NULL and an exception if there is none. */
struct bm_board *bm_py_board(struct bm_py_state *state);

/* Values (values.c). object NULL: an argument not given. */
void bm_py_value(PyObject *object, struct bm_value *out);
/* With what is in lists and dicts; bm_value_free it. */
void bm_py_state_value(PyObject *object, struct bm_value *out);
PyObject *bm_py_object(const struct bm_value *value);
/* Raises the fault; true if there was none. */
bool bm_py_check(const struct bm_fault *fault);
/* An API call with the lock released; false and an exception if it went wrong. */
bool bm_py_call(struct bm_board *board, bm_api_function *function, void *args);

/* Keeps callbacks for as long as the board may call them: before the API call that takes them. NULL and None are fine.
 * False and an exception: there is no such call. */
bool bm_py_hold(struct bm_py_state *state, PyObject *callback, PyObject *other);
/* After that call, which went well or not: callbacks that were replaced meanwhile are let go. Returns ok. */
bool bm_py_held(struct bm_py_state *state, struct bm_board *board, bool ok);
/* A type of which Python code makes no objects; getset may be NULL. */
PyTypeObject *bm_py_make_type(PyObject *module, const char *name, size_t size, const char *doc, PyMethodDef *methods,
			      PyGetSetDef *getset);

/* The provisioner (provisioner.c). */
extern PyMethodDef bm_py_provisioner_function;
PyTypeObject *bm_py_make_provisioner_type(PyObject *module);
/* On the callback thread: a callback of its kinds. */
void bm_py_call_provisioner(struct bm_board *board, const struct bm_callback *callback);
/* The calling thread is the callback thread. */
void bm_py_set_in_callback(bool on);

/* The parts of the module. */
int bm_py_add_mesh(PyObject *module, struct bm_py_state *state);
int bm_py_add_timer(PyObject *module, struct bm_py_state *state);
int bm_py_add_locks(PyObject *module, struct bm_py_state *state);
extern PyMethodDef bm_py_device_methods[];
extern PyMethodDef bm_py_virtual_methods[];

/* The board's clock as scripts read it, with the lock held. */
bm_time bm_py_clock(struct bm_board *board);
/* Waits, with the lock released. False and an exception: somebody at the prompt interrupted it. */
bool bm_py_sleep_until(struct bm_board *board, bm_time until);
/* Calls an alarm's handler (timer.c) and lets the alarm go if it is over. With the lock held. */
void bm_py_run_alarm(struct bm_alarm *alarm);

/* The callback thread (callbacks.c): body of a bm_thread. */
struct bm_py_callback_thread {
	struct bm_board *board;
	PyInterpreterState *interpreter;
	void (*ended)(void *ctx);
	void *ctx;
};
void bm_py_serve_callbacks(void *callback_thread);
/* Reports the exception that is set, and clears it: as an event of the board, or as a plain python3 prints it. */
void bm_py_report_exception(struct bm_board *board);
/* Writes out what sys.stdout and sys.stderr hold back. */
void bm_py_flush(void);

/* How this interpreter comes by its board: embed.c looks it up, plain.c makes it. */
struct bm_board *bm_py_find_board(PyObject *module);
/* Under this name in PyInterpreterState_GetDict: a capsule with the board. */
#define BM_PY_BOARD "blemesh.board"

#endif
