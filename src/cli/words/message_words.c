/*
 * Words and answers of messages, both by the rules after which the specification names them.
 */
#include "cli/words/message_words.h"

#include <stdio.h>
#include <string.h>

#include "blemesh/sensor.h"

void bm_message_word(const struct bm_message *message, char out[BM_WORD_MAX])
{
	bm_word_of(message->name, out);
}

const struct bm_message *bm_message_by_word(const char *text, char *error, size_t error_len)
{
	char typed[BM_WORD_MAX], word[BM_WORD_MAX], meant[4 * BM_WORD_MAX];
	struct bm_word_guess guess;
	const bool fits = bm_word_typed(text, typed);
	bm_word_guess_begin(&guess, text);
	const struct bm_message *message;
	for (size_t i = 0; fits && (message = bm_message_at(i)); i++) {
		bm_message_word(message, word);
		if (bm_word_same(word, typed))
			return message;
		bm_word_guess_offer(&guess, word);
	}
	bm_word_guess_text(&guess, meant, sizeof meant);
	snprintf(error, error_len, "%.80s is no message that is known (blemesh send --list shows them all)%s", text,
		 meant);
	return NULL;
}

static const struct bm_message *named(const char *stem, size_t len, const char *end)
{
	const struct bm_message *message;
	for (size_t i = 0; (message = bm_message_at(i)); i++)
		if (strlen(message->name) == len + strlen(end) && strncmp(message->name, stem, len) == 0 &&
		    strcmp(message->name + len, end) == 0)
			return message;
	return NULL;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

const struct bm_message *bm_message_answer(const struct bm_message *message)
{
	/* Those that are not answered by the status of their own name. */
	static const char *const ODD[][2] = {
		{"Generic Delta Set", "Generic Level Status"},
		{"Generic Move Set", "Generic Level Status"},
		{"Scene Store", "Scene Register Status"},
		{"Scene Delete", "Scene Register Status"},
		{"Config NetKey Get", "Config NetKey List"},
		{"Config AppKey Get", "Config AppKey List"},
		{"Config Model Subscription Delete All", "Config Model Subscription Status"},
		{"Config Model Subscription Virtual Address Add", "Config Model Subscription Status"},
		{"Config Model Subscription Virtual Address Delete", "Config Model Subscription Status"},
		{"Config Model Subscription Virtual Address Overwrite", "Config Model Subscription Status"},
		{"Config Model Publication Virtual Address Set", "Config Model Publication Status"},
		{"Config Node Reset", "Config Node Reset Status"},
	};
	/* What is never answered; a verb at the end of any other name makes room for "Status". */
	static const char *const LAST[] = {" Unacknowledged", " Status", " List", " Report"};
	for (size_t i = 0; i < BM_ARRAY_LEN(ODD); i++)
		if (strcmp(message->name, ODD[i][0]) == 0)
			return named(ODD[i][1], strlen(ODD[i][1]), "");
	for (size_t i = 0; i < BM_ARRAY_LEN(LAST); i++)
		if (ends_with(message->name, LAST[i]))
			return NULL;
	const char *verb = strrchr(message->name, ' ');
	if (!verb)
		return NULL;
	const size_t stem = (size_t)(verb - message->name);
	const struct bm_message *answer = named(message->name, stem, " Status");
	return answer ? answer : named(message->name, stem, " List");
}

/* The properties that parameters begin with. */
static size_t first_properties(const struct bm_message *message, struct bm_reader *r, uint16_t out[2])
{
	size_t count = 0;
	while (count < 2 && count < message->field_count && message->fields[count].kind == BM_FIELD_PROPERTY &&
	       bm_reader_left(r) >= 2)
		out[count++] = bm_read_le16(r);
	return count;
}

bool bm_message_is_about(const uint8_t *asked, size_t asked_len, const uint8_t *answer, size_t answer_len)
{
	struct bm_reader a = bm_reader_of(asked, asked_len), b = bm_reader_of(answer, answer_len);
	uint32_t asked_opcode, answer_opcode;
	if (bm_opcode_read(&a, &asked_opcode) || bm_opcode_read(&b, &answer_opcode))
		return false;
	const struct bm_message *question = bm_message_find(asked_opcode), *status = bm_message_find(answer_opcode);
	uint16_t wanted[2], told[2] = {0};
	const size_t count = question ? first_properties(question, &a, wanted) : 0;
	if (count == 0 || !status || status->field_count == 0)
		return true;
	if (status->fields[0].kind == BM_FIELD_SENSOR_DATA) {
		struct bm_sensor_value value;
		while (!bm_sensor_next_value(&b, &value))
			if (value.property_id == wanted[0])
				return true;
		return false;
	}
	/* Descriptors are octets in the table; they begin with their property. */
	size_t known = first_properties(status, &b, told);
	if (known == 0 && bm_reader_left(&b) >= 2)
		told[known++] = bm_read_le16(&b);
	for (size_t i = 0; i < count && i < known; i++)
		if (told[i] != wanted[i])
			return false;
	return true;
}
