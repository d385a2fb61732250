/*
 * Callbacks that the board may call are held, with a reference each, in a list of the module. Those that were replaced
 * are let go now and then: whenever the list has grown to twice of what was needed.
 */
#include "binding.h"

#define FEW 64

static bool append(struct bm_py_state *state, PyObject *callback)
{
	return !callback || callback == Py_None || PyList_Append(state->held, callback) == 0;
}

bool bm_py_hold(struct bm_py_state *state, PyObject *callback, PyObject *other)
{
	/* Before the lock is released: what another thread lets go now are none of these. */
	state->holding++;
	if (append(state, callback) && append(state, other))
		return true;
	state->holding--;
	return false;
}

/* Of the list that was held until now, what is used goes into the new one. False: it must be held on to as it is. */
static bool keep_used(struct bm_py_state *state, struct bm_board *board, PyObject *list)
{
	const size_t count = (size_t)PyList_GET_SIZE(list);
	void **functions = calloc(count, sizeof *functions);
	bool *used = calloc(count, sizeof *used);
	bool ok = functions && used;
	for (size_t i = 0; i < count && ok; i++)
		functions[i] = PyList_GET_ITEM(list, (Py_ssize_t)i);
	if (ok) {
		BM_PY_UNLOCK;
		bm_board_functions_used(board, functions, count, used);
		BM_PY_LOCK;
	}
	for (size_t i = 0; i < count && ok; i++) {
		bool first = used[i];
		for (size_t k = 0; k < i && first; k++)
			first = functions[k] != functions[i];
		ok = !first || PyList_Append(state->held, functions[i]) == 0;
	}
	free(functions);
	free(used);
	return ok;
}

/* No call is between hold and held: whatever is in the list stands where the board would call it from, or is free. What
 * is held while this lasts goes into the new list. */
static void let_go(struct bm_py_state *state, struct bm_board *board)
{
	PyObject *type, *value, *traceback;
	PyErr_Fetch(&type, &value, &traceback);
	PyObject *list = state->held, *fresh = PyList_New(0);
	if (fresh) {
		state->held = fresh;
		state->held_enough = PY_SSIZE_T_MAX; /* one at a time */
		/* Without memory the old list stays as it is, with nobody who looks for it. */
		if (keep_used(state, board, list))
			Py_DECREF(list);
		state->held_enough = 2 * PyList_GET_SIZE(state->held) + FEW;
	}
	PyErr_Clear();
	PyErr_Restore(type, value, traceback);
}

bool bm_py_held(struct bm_py_state *state, struct bm_board *board, bool ok)
{
	state->holding--;
	if (state->holding == 0 && PyList_GET_SIZE(state->held) > (state->held_enough ? state->held_enough : FEW))
		let_go(state, board);
	return ok;
}
