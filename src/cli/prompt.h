/*
 * `-i BOARD`: a thread that reads what a person types and types it at a board's prompt. On a terminal lines are edited
 * (line_editor.h); from anywhere else they are read as they come.
 */
#ifndef BM_CLI_PROMPT_H
#define BM_CLI_PROMPT_H

#include <pthread.h>
#include <stdio.h>

#include "script/runtime.h"

struct bm_prompt;

struct bm_prompt_options {
	struct bm_runtime *rt;
	struct bm_board *board;
	FILE *out;              /* the run's output */
	pthread_mutex_t *mutex; /* of out */
	bool edit;              /* standard input and out are a terminal */
	bool ends_run;          /* the end of input that is no terminal ends the run, once all of it has run */
};

/* Before other threads are there: what the terminal's characters are. */
void bm_prompt_prepare(void);
/* NULL: out of memory or threads. */
struct bm_prompt *bm_prompt_start(const struct bm_prompt_options *options);

/* Around whatever is written to out, with the mutex held; NULL is fine. */
void bm_prompt_hide(struct bm_prompt *prompt);
void bm_prompt_show(struct bm_prompt *prompt);

#endif
