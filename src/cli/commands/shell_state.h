/*
 * The prompt's parts: words of a line, and how they may go on.
 */
#ifndef BM_CLI_COMMANDS_SHELL_STATE_H
#define BM_CLI_COMMANDS_SHELL_STATE_H

#include "cli/line_editor.h"
#include "cli/network/network.h"

#define SHELL_WORDS_MAX 128u

struct shell_words {
	char *list[SHELL_WORDS_MAX + 1]; /* NULL at its end */
	size_t count;
	char *memory;
	size_t last; /* where in the line the last word begins; its length if a new one would begin there */
};

/* Divides a line at blanks. '…' and "…" keep blanks, \ the character that follows (not within '…'), a # at the
 * beginning of a word ends the line. open: the line may end within quotes, as one that is being typed. False: error
 * says what is wrong. To be freed, whatever is returned. */
bool shell_split(const char *line, bool open, struct shell_words *words, char *error, size_t error_len);
void shell_words_free(struct shell_words *words);

/* Offers all that the last word of before can become; network may be NULL. */
void shell_complete(struct bm_network *network, const char *before, bm_completion *take, void *ctx);

#endif
