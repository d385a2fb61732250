/*
 * A message's fields as a person types and reads them: names of values, models, nodes and groups in place of numbers,
 * times with their units.
 */
#ifndef BM_CLI_WORDS_FIELDS_H
#define BM_CLI_WORDS_FIELDS_H

#include <jansson.h>

#include "cli/network/network.h"
#include "pdu/messages.h"

/* Where names of nodes and groups are looked up; NULL: addresses are numbers. */
struct bm_words {
	struct bm_network *network;
};

struct bm_field_input {
	struct bm_field_value value; /* octets point into the input itself */
	uint8_t octets[BM_ACCESS_MAX];
	char note[160]; /* what became of a time that the field cannot say exactly; empty: nothing */
};

/* Numbers are decimal or 0x… hexadecimal; a bare number of a time is milliseconds if the time has steps and a
 * resolution (transition_time), else the field's raw number. False: error says what the field wants. */
bool bm_field_parse(const struct bm_words *words, const struct bm_message *message, const struct bm_field *field,
		    const char *text, struct bm_field_input *input, char *error, size_t error_len);
/* "on or off", "a number from 0 to 255", "a time (2s, 200ms, 10m)". */
void bm_field_wants(const struct bm_message *message, const struct bm_field *field, char *out, size_t len);

/* A field shown: text to be read and, but for keys and sensor data, to be typed again; value for JSON, where times are
 * numbers of milliseconds. The callee frees text, and has a reference to value. */
struct bm_field_shown {
	char *text;
	json_t *value;
};
/* Without memory both are NULL. */
struct bm_field_shown bm_field_show(const struct bm_words *words, const struct bm_message *message,
				    const struct bm_field *field, const struct bm_field_value *value);

#endif
