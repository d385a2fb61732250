/*
 * A person at a board's prompt; see person.c.
 */
#ifndef BM_CPYTHON_PERSON_H
#define BM_CPYTHON_PERSON_H

#include "binding.h"

/* On the script's thread, without the lock: the board has its interpreter, or (NULL) will never have one. */
void bm_py_person_settle(struct bm_board *board, PyInterpreterState *interpreter);
/* On the script's thread: typed code has run; an interrupt that comes too late is for nobody. */
void bm_py_person_done(void);

/* struct bm_interpreter's. */
bool bm_py_person_wants_more(struct bm_board *board, const char *code);
void bm_py_person_complete(struct bm_board *board, const char *line,
			   void (*each)(void *ctx, size_t replace, const char *candidate), void *ctx);
void bm_py_person_interrupt(struct bm_board *board);

#endif
