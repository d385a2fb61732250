/*
 * A line from whoever types, or from a pipe, while a session runs.
 */
#ifndef BM_CLI_COMMANDS_ANSWER_H
#define BM_CLI_COMMANDS_ANSWER_H

#include "script/runtime.h"

struct bm_answer;

/* Standard input is read from now on, and each line handed on without its end; NULL: no more will come. NULL without
 * memory. */
struct bm_answer *bm_answer_begin(struct bm_runtime *rt, void (*line)(void *ctx, const char *line), void *ctx);
/* Before the session is closed; NULL is ignored. */
void bm_answer_end(struct bm_answer *answer);

#endif
