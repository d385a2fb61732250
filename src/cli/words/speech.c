/*
 * Octets of a message to words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/words/speak.h"

struct telling {
	const struct bm_words *words;
	const struct bm_message *message;
	FILE *text;     /* or NULL */
	json_t *fields; /* or NULL */
};

static void tell(struct telling *t, const struct bm_field *field, const struct bm_field_value *value)
{
	const struct bm_field_shown shown = bm_field_show(t->words, t->message, field, value);
	if (!shown.text)
		return;
	if (t->text)
		fprintf(t->text, " %s=%s", field->name, shown.text);
	if (t->fields)
		json_object_set(t->fields, field->name, shown.value);
	free(shown.text);
	json_decref(shown.value);
}

static void take(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	static const struct bm_field net = {"net_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	static const struct bm_field app = {"app_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	if (field->kind != BM_FIELD_KEY_INDEXES) {
		tell(ctx, field, value);
		return;
	}
	tell(ctx, &net, &(struct bm_field_value){.number = value->number & BM_KEY_INDEX_MAX});
	tell(ctx, &app, &(struct bm_field_value){.number = value->number >> 12});
}

static enum bm_err tell_fields(struct telling *t, const uint8_t *params, size_t len)
{
	return bm_message_decode(t->message, params, len, take, t);
}

json_t *bm_speech_fields(const struct bm_words *words, const struct bm_message *message, const uint8_t *params,
			 size_t len)
{
	struct telling t = {.words = words, .message = message, .fields = json_object()};
	if (t.fields && !tell_fields(&t, params, len))
		return t.fields;
	json_decref(t.fields);
	return NULL;
}

/* Opcode and parameters, apart. False: there is no whole opcode. */
static bool divide(const uint8_t *payload, size_t len, uint32_t *opcode, const uint8_t **params, size_t *params_len)
{
	struct bm_reader r = bm_reader_of(payload, len);
	if (bm_opcode_read(&r, opcode))
		return false;
	*params_len = bm_reader_left(&r);
	*params = payload + (len - *params_len);
	return true;
}

static void opcode_text(uint32_t opcode, char out[12])
{
	snprintf(out, 12, opcode > 0xffff ? "0x%06lx" : opcode > 0xff ? "0x%04lx" : "0x%02lx", (unsigned long)opcode);
}

static void hex_text(const uint8_t *octets, size_t len, char out[2 * BM_ACCESS_MAX + 1])
{
	out[0] = '\0';
	for (size_t i = 0; i < len && i < BM_ACCESS_MAX; i++)
		snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

static void line(const struct bm_words *words, const uint8_t *payload, size_t len, FILE *out)
{
	char hex[2 * BM_ACCESS_MAX + 1], number[12];
	uint32_t opcode;
	const uint8_t *params;
	size_t params_len;
	if (!divide(payload, len, &opcode, &params, &params_len)) {
		hex_text(payload, len, hex);
		fprintf(out, "no message: %s", hex);
		return;
	}
	hex_text(params, params_len, hex);
	opcode_text(opcode, number);
	struct telling t = {.words = words, .message = bm_message_find(opcode), .text = out};
	if (!t.message) {
		fprintf(out, "message %s%s%s", number, params_len ? ": " : "", hex);
		return;
	}
	fprintf(out, "%s%s", t.message->name, t.message->field_count && params_len ? ":" : "");
	if (tell_fields(&t, params, params_len))
		fprintf(out, " (malformed: %s)", params_len ? hex : "no parameters");
}

char *bm_speech_line(const struct bm_words *words, const uint8_t *payload, size_t len)
{
	char *text = NULL;
	size_t text_len;
	FILE *out = open_memstream(&text, &text_len);
	if (!out)
		return NULL;
	line(words, payload, len, out);
	fclose(out);
	return text;
}

json_t *bm_speech_json(const struct bm_words *words, const uint8_t *payload, size_t len)
{
	char hex[2 * BM_ACCESS_MAX + 1], number[12];
	uint32_t opcode;
	const uint8_t *params;
	size_t params_len;
	if (!divide(payload, len, &opcode, &params, &params_len)) {
		hex_text(payload, len, hex);
		return json_pack("{s:s, s:s}", "error", "no message", "octets", hex);
	}
	const struct bm_message *message = bm_message_find(opcode);
	hex_text(params, params_len, hex);
	opcode_text(opcode, number);
	if (!message)
		return json_pack("{s:s, s:s}", "opcode", number, "parameters", hex);
	json_t *fields = bm_speech_fields(words, message, params, params_len);
	if (!fields)
		return json_pack("{s:s, s:s, s:s, s:s}", "message", message->name, "opcode", number, "parameters", hex,
				 "error", "malformed");
	return json_pack("{s:s, s:s, s:o}", "message", message->name, "opcode", number, "fields", fields);
}
