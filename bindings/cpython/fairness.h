/*
 * Fairness between boards in real time; see fairness.c.
 */
#ifndef BM_CPYTHON_FAIRNESS_H
#define BM_CPYTHON_FAIRNESS_H

#include "binding.h"

/* Makes an interpreter known that will live as long as the process. With the interpreter's lock held. */
void bm_py_fair_add(PyInterpreterState *interpreter);
/* Starts the thread that sees to it. */
bool bm_py_fair_start(struct bm_runtime *rt);

#endif
