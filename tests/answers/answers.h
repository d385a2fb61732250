/*
 * What arrives and what is answered: the rows of docs/answers.md, which tests/scenario/test_answers.c sends to a node
 * and prints. A row is words, octets, the answer's octets ("*" at their end: and more) or "!" and how nothing is
 * answered, and the section. DO rows only bring the node to where the next rows want it.
 */
#ifndef BM_TESTS_ANSWERS_H
#define BM_TESTS_ANSWERS_H

#include <stddef.h>

struct answer_row {
	const char *words; /* NULL: not on the page */
	const char *octets, *answer, *section;
};

#define ROW(words, octets, answer, section) {words, octets, answer, section},
#define DO(octets, answer) {NULL, octets, answer, NULL},
#define ZERO16 "00000000000000000000000000000000"
#define ZERO32 ZERO16 ZERO16
#define KEY "63964771734fbd76e3b40519d1d94a48"
#define KEY2 "000102030405060708090a0b0c0d0e0f"
#define LABEL "0073e7e4d8b9440faf8415df4c56c0e1"
#define LABEL_ADDR "29b5"
#define LABEL2 "f4a002c7fb1e4ca0a469a021de0db875"
#define LABEL2_ADDR "3697"

static const struct answer_row answers_configuration[] = {
#include "answers/configuration.inc"
};
static const struct answer_row answers_foundation[] = {
#include "answers/foundation.inc"
};
static const struct answer_row answers_models[] = {
#include "answers/models.inc"
};
static const struct answer_row answers_lower[] = {
#include "answers/lower.inc"
};
static const struct answer_row answers_air[] = {
#include "answers/air.inc"
};
static const struct answer_row answers_proxy[] = {
#include "answers/proxy.inc"
};
static const struct answer_row answers_proxy_pdus[] = {
#include "answers/proxy_pdus.inc"
};
static const struct answer_row answers_provisioning[] = {
#include "answers/provisioning.inc"
};

#endif
