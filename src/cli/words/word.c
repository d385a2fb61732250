/*
 * Names to words, and the nearest word to one that is none.
 */
#include "cli/words/word.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char GENERIC[] = "generic-";

static bool shape(const char *text, char out[BM_WORD_MAX])
{
	size_t len = 0;
	for (; *text; text++) {
		if (len + 1 >= BM_WORD_MAX)
			return false;
		out[len++] = *text == ' ' || *text == '_' ? '-' : (char)tolower((unsigned char)*text);
	}
	out[len] = '\0';
	if (strncmp(out, GENERIC, sizeof GENERIC - 1) == 0)
		memmove(out, out + sizeof GENERIC - 1, len - (sizeof GENERIC - 1) + 1);
	return true;
}

void bm_word_of(const char *name, char out[BM_WORD_MAX])
{
	out[0] = '\0';
	(void)shape(name, out);
}

bool bm_word_typed(const char *text, char out[BM_WORD_MAX])
{
	out[0] = '\0';
	return shape(text, out);
}

bool bm_word_same(const char *word, const char *typed)
{
	static const char whole[] = "-unacknowledged", part[] = "-unack";
	if (strcmp(word, typed) == 0)
		return true;
	const size_t len = strlen(word), typed_len = strlen(typed);
	if (len < sizeof whole || typed_len < sizeof part)
		return false;
	const size_t stem = len - (sizeof whole - 1);
	return strcmp(word + stem, whole) == 0 && typed_len == stem + sizeof part - 1 &&
	       strncmp(word, typed, stem) == 0 && strcmp(typed + stem, part) == 0;
}

/* Edits that make one of the other, two letters changing places being one (Damerau, optimal string alignment). */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][BM_WORD_MAX + 1];
	const size_t a_len = strlen(a), b_len = strlen(b);
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
			best = above[j] + 1 < best ? above[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_len % 3][b_len];
}

void bm_word_guess_begin(struct bm_word_guess *guess, const char *typed)
{
	memset(guess, 0, sizeof *guess);
	if (!bm_word_typed(typed, guess->typed))
		guess->typed[0] = '\0';
}

/* What goes on from the word typed comes first, then what is spelt nearly so, then what has it inside. */
static bool score_of(const struct bm_word_guess *guess, const char *word, unsigned *score)
{
	const size_t typed_len = strlen(guess->typed), len = strlen(word);
	if (typed_len == 0 || len >= BM_WORD_MAX)
		return false;
	const unsigned edits = distance(guess->typed, word);
	if (edits <= 1 + typed_len / 5)
		*score = edits;
	else if (typed_len >= 2 && strncmp(word, guess->typed, typed_len) == 0)
		*score = 10 + (unsigned)(len - typed_len);
	else if (typed_len >= 3 && strstr(word, guess->typed))
		*score = 200 + (unsigned)(len - typed_len);
	else
		return false;
	return true;
}

void bm_word_guess_offer(struct bm_word_guess *guess, const char *word)
{
	unsigned score;
	if (!score_of(guess, word, &score))
		return;
	size_t at = guess->count < BM_ARRAY_LEN(guess->best) ? guess->count++ : BM_ARRAY_LEN(guess->best) - 1;
	if (at == BM_ARRAY_LEN(guess->best) - 1 && guess->best[at][0] && guess->score[at] <= score)
		return;
	while (at > 0 && guess->score[at - 1] > score) {
		memcpy(guess->best[at], guess->best[at - 1], BM_WORD_MAX);
		guess->score[at] = guess->score[at - 1];
		at--;
	}
	snprintf(guess->best[at], BM_WORD_MAX, "%s", word);
	guess->score[at] = score;
}

void bm_word_guess_text(const struct bm_word_guess *guess, char *out, size_t len)
{
	out[0] = '\0';
	if (guess->count == 1)
		snprintf(out, len, "; did you mean %s?", guess->best[0]);
	else if (guess->count == 2)
		snprintf(out, len, "; did you mean %s or %s?", guess->best[0], guess->best[1]);
	else if (guess->count)
		snprintf(out, len, "; did you mean %s, %s or %s?", guess->best[0], guess->best[1], guess->best[2]);
}
