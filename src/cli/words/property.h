/*
 * Device properties in words: "temperature", "present-ambient-light-level", "0x004c"; and their values.
 */
#ifndef BM_CLI_WORDS_PROPERTY_H
#define BM_CLI_WORDS_PROPERTY_H

#include <jansson.h>

#include "pdu/properties.h"

/* The property that a word or a number means: its whole name, a short word for it, or words that only its name has. A
 * blank, '-' and '_' are the same, capitals do not matter. NULL: error says why, and what there is. */
const struct bm_property *bm_property_of_words(const char *text, char *error, size_t error_len);
/* "21.5", "unknown", or several values with commas between, in the units of its fields. False: error says why. */
bool bm_property_value_of_words(const struct bm_property *property, const char *text, uint8_t *raw, size_t *len,
				char *error, size_t error_len);
/* A field's unit as people write it: "°C"; NULL: it has none. */
const char *bm_property_unit(const struct bm_property_format *format);
/* "21.5 °C", or of several fields each with its name; hexadecimal if the octets are no such value. */
void bm_property_value_text(const struct bm_property *property, const uint8_t *raw, size_t len, char *out,
			    size_t out_len);
/* A number, an object of the fields, or null where there is no number. The caller's. */
json_t *bm_property_value_json(const struct bm_property *property, const uint8_t *raw, size_t len);

#endif
