/*
 * Models by their names: "Generic OnOff Server" for people to read, onoff-server for them to type, and a vendor's as
 * 0x02e5:0x0001, company first.
 */
#ifndef BM_CLI_WORDS_MODELS_H
#define BM_CLI_WORDS_MODELS_H

#include "blemesh/model.h"

struct bm_model_name {
	uint16_t id;
	const char *name; /* as in the Assigned Numbers */
};

/* All SIG models, in ascending order. */
extern const struct bm_model_name bm_model_names[];
extern const size_t bm_model_name_count;

/* "Generic OnOff Server"; NULL for an identifier without a name, and for vendor models. */
const char *bm_model_name(const struct bm_model_id *id);

#define BM_MODEL_WORD_MAX 64u
/* What bm_model_parse takes: "onoff-server", "0x1234" of an identifier without a name, "0x02e5:0x0001" of a vendor's.
 */
void bm_model_word(const struct bm_model_id *id, char out[BM_MODEL_WORD_MAX]);
/* "onoff-server", "generic-onoff-server", "0x1000" or "1000" (hexadecimal, four digits), "0x02e5:0x0001". False: error
 * says in a line what it could have been. */
bool bm_model_parse(const char *text, struct bm_model_id *id, char *error, size_t error_len);

#endif
