/*
 * The extension module _blemesh: multi-phase initialisation, state per interpreter.
 */
#include "binding.h"

struct bm_py_state *bm_py_state_of(PyObject *module)
{
	return PyModule_GetState(module);
}

struct bm_py_state *bm_py_state_of_type(PyTypeObject *type)
{
	return PyType_GetModuleState(type);
}

struct bm_board *bm_py_board(struct bm_py_state *state)
{
	if (!state->board)
		state->board = bm_py_find_board(PyType_GetModule(state->element));
	return state->board;
}

static int exec_module(PyObject *module)
{
	struct bm_py_state *state = bm_py_state_of(module);
	state->held = PyList_New(0);
	if (!state->held)
		return -1;
	if (PyModule_AddFunctions(module, bm_py_device_methods) < 0 ||
	    PyModule_AddFunctions(module, bm_py_virtual_methods) < 0)
		return -1;
	if (bm_py_add_mesh(module, state) < 0 || bm_py_add_timer(module, state) < 0)
		return -1;
	return bm_py_add_locks(module, state);
}

static int traverse_module(PyObject *module, visitproc visit, void *arg)
{
	struct bm_py_state *state = bm_py_state_of(module);
	Py_VISIT(state->mesh);
	Py_VISIT(state->held);
	Py_VISIT(state->element);
	Py_VISIT(state->model);
	Py_VISIT(state->message);
	Py_VISIT(state->provisioner);
	Py_VISIT(state->alarm);
	Py_VISIT(state->chrono);
	Py_VISIT(state->lock);
	Py_VISIT(state->rlock);
	return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec_module}, {0, NULL}};

/* No m_clear and no m_free: a board that lives may still call what is held here. */
struct PyModuleDef bm_py_module = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_blemesh",
	.m_doc = "The scripting API of blemesh; scripts import network, pycom and machine instead.",
	.m_size = sizeof(struct bm_py_state),
	.m_slots = slots,
	.m_traverse = traverse_module,
};

PyMODINIT_FUNC PyInit__blemesh(void)
{
	return PyModuleDef_Init(&bm_py_module);
}
