/*
 * Messages by their words: "Generic OnOff Set Unacknowledged" is onoff-set-unacknowledged, onoff-set-unack or
 * generic-onoff-set-unack. The words follow from the names in the one table of messages (pdu/messages.h).
 */
#ifndef BM_CLI_WORDS_MESSAGE_WORDS_H
#define BM_CLI_WORDS_MESSAGE_WORDS_H

#include "cli/words/word.h"
#include "pdu/messages.h"

void bm_message_word(const struct bm_message *message, char out[BM_WORD_MAX]);
/* NULL: error says so in a line, with what was perhaps meant. */
const struct bm_message *bm_message_by_word(const char *text, char *error, size_t error_len);
/* The status that answers; NULL: the message is not acknowledged. */
const struct bm_message *bm_message_answer(const struct bm_message *message);
/* Does an answer (opcode and parameters) speak of what was asked? A status of another sensor's property, or of another
 * of its settings, comes of its own accord in between (MshMDL 4.3.1). */
bool bm_message_is_about(const uint8_t *asked, size_t asked_len, const uint8_t *answer, size_t answer_len);

#endif
