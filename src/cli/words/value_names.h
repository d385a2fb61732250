/*
 * Values that have names: states of features, status codes, flags, faults. As words they are shown and typed.
 */
#ifndef BM_CLI_WORDS_VALUE_NAMES_H
#define BM_CLI_WORDS_VALUE_NAMES_H

#include "pdu/messages.h"

struct bm_value_name {
	uint32_t value;
	const char *word;
};

struct bm_value_names {
	const struct bm_value_name *names;
	size_t count;
	bool flags; /* bits that are set together, joined by '+'; none of them: "none" */
	bool list;  /* octets, each of which has one of these names; joined by ',' */
};

/* NULL: the field's values have no names. */
const struct bm_value_names *bm_value_names_of(const struct bm_message *message, const struct bm_field *field);
/* NULL: the value has no name. */
const char *bm_value_word(const struct bm_value_names *names, uint32_t value);
bool bm_value_by_name(const struct bm_value_names *names, const char *word, uint32_t *value);
/* "on, off or not-supported", for messages about a wrong value. */
void bm_value_names_text(const struct bm_value_names *names, char *out, size_t len);

#endif
