/*
 * A typed line to words, by the rules people know from their shell, without its variables and patterns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/shell_state.h"

struct splitting {
	const char *at;
	char *out;
	char quote; /* 0: none is open */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* One word, up to the blank behind it. False: the line ends within quotes, or with a \ alone. */
static bool take_word(struct splitting *s)
{
	bool cut = false; /* a \ with nothing behind it */
	while (*s->at && (s->quote || !is_blank(*s->at))) {
		const char c = *s->at++;
		if (s->quote ? c == s->quote : c == '\'' || c == '"')
			s->quote = s->quote ? 0 : c;
		else if (c != '\\' || s->quote == '\'')
			*s->out++ = c;
		else if (*s->at)
			*s->out++ = *s->at++;
		else
			cut = true;
	}
	*s->out++ = '\0';
	return !s->quote && !cut;
}

bool shell_split(const char *line, bool open, struct shell_words *words, char *error, size_t error_len)
{
	*words = (struct shell_words){.memory = malloc(2 * strlen(line) + 2)};
	struct splitting s = {.at = line, .out = words->memory};
	if (!words->memory) {
		snprintf(error, error_len, "out of memory");
		return false;
	}
	for (;;) {
		while (is_blank(*s.at))
			s.at++;
		words->last = (size_t)(s.at - line);
		if (!*s.at || *s.at == '#')
			return true;
		if (words->count == SHELL_WORDS_MAX) {
			snprintf(error, error_len, "that are more than %u words", SHELL_WORDS_MAX);
			return false;
		}
		words->list[words->count++] = s.out;
		const bool whole = take_word(&s);
		if (!whole && !open) {
			snprintf(error, error_len, s.quote ? "a %c is not closed" : "nothing follows the \\ at the end",
				 s.quote);
			return false;
		}
		/* The word is still being typed. */
		if (!*s.at)
			return true;
	}
}

void shell_words_free(struct shell_words *words)
{
	free(words->memory);
	words->memory = NULL;
}
