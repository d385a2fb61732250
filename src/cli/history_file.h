/*
 * The lines typed at prompts, kept from run to run: $XDG_STATE_HOME/blemesh/history, or ~/.local/state/… as the XDG
 * base directory specification has it. A line of text each, the newest last, readable by the user alone. Runs at the
 * same time append to the same file.
 */
#ifndef BM_CLI_HISTORY_FILE_H
#define BM_CLI_HISTORY_FILE_H

#include <stddef.h>

/* Calls each for the newest lines, at most most, the oldest of them first. No file: no lines. */
void bm_history_load(size_t most, void (*each)(void *ctx, const char *line), void *ctx);
/* A history that cannot be written is no error: the line is just not kept. */
void bm_history_append(const char *line);

#endif
