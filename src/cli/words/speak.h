/*
 * Whole messages in words: from "onoff=on transition_time=2s" to octets, and from octets to a line and to JSON.
 */
#ifndef BM_CLI_WORDS_SPEAK_H
#define BM_CLI_WORDS_SPEAK_H

#include "cli/words/fields.h"
#include "cli/words/message_words.h"

struct bm_speech {
	uint8_t octets[BM_ACCESS_MAX]; /* opcode and parameters */
	size_t len, opcode_len;
	char notes[400]; /* what became of times that could not be said exactly; empty: nothing */
};

/*
 * count words "field=value"; of a field's name the beginning of a part is enough as long as it says which
 * (transition=2s, interval=20ms), "state" is the first field, and a value without a name is for the next field that has
 * none. tid is for the field of that name if it is not given. Of fields that come together or not at all, those not
 * given are 0. False: error says in a line what is wrong, naming the field.
 */
bool bm_speak(const struct bm_words *words, const struct bm_message *message, char *const *values, size_t count,
	      uint8_t tid, struct bm_speech *speech, char *error, size_t error_len);
/* "onoff-set onoff=on|off [transition_time=TIME delay=TIME]"; of one message, for help. */
void bm_speak_usage(const struct bm_message *message, FILE *out);
/* The fields' names as they are typed, one after the other; of a pair of key indexes both. */
void bm_speak_names(const struct bm_message *message, void (*take)(void *ctx, const char *name), void *ctx);

/* "Generic OnOff Status: present_onoff=on". What is unknown or malformed is told with its octets. To be freed; NULL
 * without memory. payload: opcode and parameters. */
char *bm_speech_line(const struct bm_words *words, const uint8_t *payload, size_t len);
/* {"message": "Generic OnOff Status", "opcode": "0x8204", "fields": {"present_onoff": true}}; without a known message
 * {"opcode": …, "parameters": "0102"}, and a malformed one has "error" too. A new reference. */
json_t *bm_speech_json(const struct bm_words *words, const uint8_t *payload, size_t len);
/* The object of the fields alone, or NULL if the parameters do not fit. A new reference. */
json_t *bm_speech_fields(const struct bm_words *words, const struct bm_message *message, const uint8_t *params,
			 size_t len);

#endif
