/*
 * CPython as the interpreter of a runtime's boards: each board is a sub-interpreter with a script thread and a callback
 * thread.
 */
#ifndef BM_CPYTHON_H
#define BM_CPYTHON_H

#include "script/runtime.h"

/* Initialises CPython for this runtime; once a process, before the boards start. False, and why, if it fails. */
bool bm_cpython_start(struct bm_runtime *rt, char *error, size_t error_len);
const struct bm_interpreter *bm_cpython_interpreter(void);

#endif
