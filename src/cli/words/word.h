/*
 * How the specification's names become words of the command line, by one rule: "Generic OnOff Set" is typed as
 * onoff-set. Small letters, dashes, and "generic-" may be left out.
 */
#ifndef BM_CLI_WORDS_WORD_H
#define BM_CLI_WORDS_WORD_H

#include "blemesh/base.h"

#define BM_WORD_MAX 96u

/* The word of a name: "On-Demand Private Proxy Get" is on-demand-private-proxy-get. */
void bm_word_of(const char *name, char out[BM_WORD_MAX]);
/* What was typed, in the same shape: small letters, dashes for '_' and blanks, without "generic-". False: too long. */
bool bm_word_typed(const char *text, char out[BM_WORD_MAX]);
/* word or word with an "-unack" for "-unacknowledged" at its end. */
bool bm_word_same(const char *word, const char *typed);

/* Looks for what was perhaps meant: offer every word there is, then ask. */
struct bm_word_guess {
	char typed[BM_WORD_MAX];
	char best[3][BM_WORD_MAX];
	unsigned score[3]; /* lower is better */
	size_t count;
};
void bm_word_guess_begin(struct bm_word_guess *guess, const char *typed);
void bm_word_guess_offer(struct bm_word_guess *guess, const char *word);
/* "; did you mean onoff-set or onoff-get?", or nothing. */
void bm_word_guess_text(const struct bm_word_guess *guess, char *out, size_t len);

#endif
