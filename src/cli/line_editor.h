/*
 * A line that is edited on a terminal while others write above it: libedit, and a rule about a mutex. Whoever writes to
 * the terminal holds the mutex, hides the line before and shows it after. The editor holds it too, except while it
 * waits for a key or for completions.
 */
#ifndef BM_CLI_LINE_EDITOR_H
#define BM_CLI_LINE_EDITOR_H

#include <pthread.h>
#include <stdio.h>

#include "blemesh/base.h"

struct bm_line_editor;

/* One way in which the last replace octets before the cursor may go on. */
typedef void bm_completion(void *ctx, size_t replace, const char *candidate);

struct bm_line_editor_options {
	FILE *out;              /* a terminal, as standard input is */
	pthread_mutex_t *mutex; /* of out */
	/* Calls take for each completion of before, the line up to the cursor. Without the mutex. */
	void (*complete)(void *ctx, const char *before, bm_completion *take, void *take_ctx);
	void *ctx;
};

enum bm_line {
	BM_LINE_ENTERED,
	BM_LINE_CLEARED, /* Ctrl-C */
	BM_LINE_END,     /* Ctrl-D in an empty line, or the terminal is gone */
};

/* Turns the terminal to reading key by key; whoever ends the process turns it back. NULL: out of memory. With the
 * mutex held. */
struct bm_line_editor *bm_line_editor_new(const struct bm_line_editor_options *options);
/* Reads a line. text: without its end, valid until the next call; the empty text unless BM_LINE_ENTERED, and NULL if
 * Ctrl-C found the line empty. With the mutex held, which is released while waiting. */
enum bm_line bm_line_editor_read(struct bm_line_editor *editor, const char *prompt, const char **text);
/* A line for the history, the newest. With the mutex held. */
void bm_line_editor_remember(struct bm_line_editor *editor, const char *line);

/* Around whatever is written, with the mutex held; NULL, and a line that is not on the screen, is fine. */
void bm_line_editor_hide(struct bm_line_editor *editor);
void bm_line_editor_show(struct bm_line_editor *editor);

/* Before other threads are there: the process reads and writes UTF-8 characters. */
void bm_line_editor_locale(void);

#endif
