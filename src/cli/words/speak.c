/*
 * Words to a message: each field is looked up, parsed and handed to the encoder in its turn.
 */
#include "cli/words/speak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 32u

/* NetKey and AppKey index share three octets, and are typed apart. */
static const struct bm_field NET_INDEX = {"net_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
static const struct bm_field APP_INDEX = {"app_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};

struct slot {
	const struct bm_field *field; /* as typed */
	const struct bm_field *whole; /* in the table */
	struct bm_field_input *input; /* NULL: not given */
};

struct speaking {
	const struct bm_words *words;
	const struct bm_message *message;
	struct slot slots[FIELDS_MAX];
	size_t count;
	uint8_t tid;
	const char *missing;
	char *error;
	size_t error_len;
};

static void add_slot(struct speaking *s, const struct bm_field *field, const struct bm_field *whole)
{
	if (s->count < FIELDS_MAX)
		s->slots[s->count++] = (struct slot){.field = field, .whole = whole};
}

static void list_slots(struct speaking *s)
{
	for (size_t i = 0; i < s->message->field_count; i++) {
		const struct bm_field *field = &s->message->fields[i];
		if (field->kind == BM_FIELD_KEY_INDEXES) {
			add_slot(s, &NET_INDEX, field);
			add_slot(s, &APP_INDEX, field);
		} else if (field->name) {
			add_slot(s, field, field);
		}
	}
}

static bool is_tid(const struct slot *slot)
{
	return strcmp(slot->field->name, "tid") == 0;
}

/* len characters of name as they are typed: '-' is '_' and capitals are small. */
static bool same_name(const char *name, const char *typed, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char c = typed[i] == '-' ? '_' : typed[i];
		if (!name[i] || (name[i] | 0x20) != (c | 0x20))
			return false;
	}
	return true;
}

static bool unknown_field(const struct speaking *s, const char *typed, size_t len, const char *why)
{
	char word[BM_WORD_MAX];
	bm_message_word(s->message, word);
	int used = snprintf(s->error, s->error_len, "%.*s is %s of %s", (int)(len < 60 ? len : 60), typed, why, word);
	for (size_t i = 0; i < s->count && used > 0 && (size_t)used < s->error_len; i++)
		used += snprintf(s->error + used, s->error_len - (size_t)used, "%s%s",
				 i == 0             ? " (it has "
				 : i + 1 < s->count ? ", "
						    : " and ",
				 s->slots[i].field->name);
	if (used > 0 && (size_t)used < s->error_len)
		snprintf(s->error + used, s->error_len - (size_t)used, "%s", s->count ? ")" : " (it has none)");
	return false;
}

/* Whether one of the parts of the name, which '_' divides, begins with what was typed: interval is found in
 * relay_retransmit_interval_steps. */
static bool has_part(const char *name, const char *typed, size_t len)
{
	for (const char *at = strchr(name, '_'); at; at = strchr(at + 1, '_'))
		if (same_name(at + 1, typed, len))
			return true;
	return false;
}

/* The slot that the name says; -1: error tells why not. */
static int find_slot(const struct speaking *s, const char *typed, size_t len)
{
	int found = -1, part = -1, several = 0, parts = 0;
	for (size_t i = 0; i < s->count && len; i++) {
		const char *name = s->slots[i].field->name;
		if (same_name(name, typed, len)) {
			if (strlen(name) == len)
				return (int)i;
			found = (int)i;
			several++;
		} else if (has_part(name, typed, len)) {
			part = (int)i;
			parts++;
		}
	}
	if (several == 1)
		return found;
	if (several == 0 && parts == 1)
		return part;
	if (several == 0 && len == 5 && same_name("state", typed, len) && s->count)
		return 0;
	unknown_field(s, typed, len, several + parts > 1 ? "more than one field" : "no field");
	return -1;
}

static int next_slot(const struct speaking *s, const char *text)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->slots[i].input && !is_tid(&s->slots[i]))
			return (int)i;
	snprintf(s->error, s->error_len, "%.80s is one value too many", text);
	return -1;
}

static bool take_word(struct speaking *s, const char *text, struct bm_speech *speech)
{
	const char *equals = strchr(text, '=');
	const int at = equals ? find_slot(s, text, (size_t)(equals - text)) : next_slot(s, text);
	if (at < 0)
		return false;
	struct slot *slot = &s->slots[at];
	if (slot->input) {
		snprintf(s->error, s->error_len, "%s is given twice", slot->field->name);
		return false;
	}
	slot->input = calloc(1, sizeof *slot->input);
	if (!slot->input) {
		snprintf(s->error, s->error_len, "out of memory");
		return false;
	}
	if (!bm_field_parse(s->words, s->message, slot->field, equals ? equals + 1 : text, slot->input, s->error,
			    s->error_len))
		return false;
	const size_t used = strlen(speech->notes);
	if (slot->input->note[0])
		snprintf(speech->notes + used, sizeof speech->notes - used, "%s%s", used ? "; " : "",
			 slot->input->note);
	return true;
}

static const struct slot *slot_of(const struct speaking *s, const struct bm_field *field, size_t which)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].whole == field && which-- == 0)
			return &s->slots[i];
	return NULL;
}

static bool group_is_given(const struct speaking *s, uint8_t group)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].whole->optional == group && s->slots[i].input)
			return true;
	return false;
}

static int64_t index_of(const struct slot *slot)
{
	return slot && slot->input ? slot->input->value.number : 0;
}

static bool give(void *ctx, const struct bm_field *field, struct bm_field_value *value)
{
	struct speaking *s = ctx;
	const struct slot *slot = slot_of(s, field, 0);
	if (!slot)
		return false;
	if (field->kind == BM_FIELD_KEY_INDEXES) {
		const struct slot *app = slot_of(s, field, 1);
		value->number = index_of(slot) | index_of(app) << 12;
		if (!app || !app->input)
			s->missing = APP_INDEX.name;
		return app && app->input;
	}
	if (slot->input) {
		*value = slot->input->value;
		return true;
	}
	if (is_tid(slot)) {
		value->number = s->tid;
		return true;
	}
	/* What may be empty is empty; a group that begins is whole, with zeros. */
	const bool may_be_empty = field->bits == 0 &&
				  (field->kind == BM_FIELD_OCTETS || field->kind == BM_FIELD_ADDRS ||
				   field->kind == BM_FIELD_PROPERTIES || field->kind == BM_FIELD_KEY_LIST);
	if (field->optional)
		return group_is_given(s, field->optional) && (bm_field_is_number(field) || may_be_empty);
	if (!may_be_empty)
		s->missing = field->name;
	return may_be_empty;
}

static bool complain_of_missing(const struct speaking *s)
{
	char wants[400] = "", word[BM_WORD_MAX];
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->slots[i].field->name, s->missing) == 0)
			bm_field_wants(s->message, s->slots[i].field, wants, sizeof wants);
	bm_message_word(s->message, word);
	snprintf(s->error, s->error_len, "%s needs %s=: %s", word, s->missing, wants);
	return false;
}

static bool encode(struct speaking *s, struct bm_speech *speech)
{
	struct bm_writer w = bm_writer_of(speech->octets, sizeof speech->octets);
	const enum bm_err err = bm_message_encode(s->message, &w, give, s);
	if (!err) {
		speech->len = bm_writer_len(&w);
		speech->opcode_len = s->message->opcode < 0x80 ? 1 : s->message->opcode <= 0xffff ? 2 : 3;
		return true;
	}
	if (s->missing)
		return complain_of_missing(s);
	snprintf(s->error, s->error_len, "%s cannot be made of this: %s", s->message->name,
		 err == BM_ERR_NO_SPACE ? "it is too long" : "a value does not fit its field");
	return false;
}

bool bm_speak(const struct bm_words *words, const struct bm_message *message, char *const *values, size_t count,
	      uint8_t tid, struct bm_speech *speech, char *error, size_t error_len)
{
	struct speaking s = {.words = words, .message = message, .tid = tid, .error = error, .error_len = error_len};
	bool good = true;
	memset(speech, 0, sizeof *speech);
	list_slots(&s);
	for (size_t i = 0; i < count && good; i++)
		good = take_word(&s, values[i], speech);
	good = good && encode(&s, speech);
	for (size_t i = 0; i < s.count; i++)
		free(s.slots[i].input);
	return good;
}

void bm_speak_names(const struct bm_message *message, void (*take)(void *ctx, const char *name), void *ctx)
{
	struct speaking s = {.message = message};
	list_slots(&s);
	for (size_t i = 0; i < s.count; i++)
		take(ctx, s.slots[i].field->name);
}

void bm_speak_usage(const struct bm_message *message, FILE *out)
{
	struct speaking s = {.message = message};
	char word[BM_WORD_MAX];
	uint8_t group = 0;
	list_slots(&s);
	bm_message_word(message, word);
	fputs(word, out);
	for (size_t i = 0; i < s.count; i++) {
		const struct slot *slot = &s.slots[i];
		const bool optional = is_tid(slot) || slot->field == &NET_INDEX;
		if (group && slot->whole->optional != group)
			fputc(']', out);
		const bool begins = slot->whole->optional && slot->whole->optional != group;
		fprintf(out, " %s%s%s", begins || optional ? "[" : "", slot->field->name, optional ? "]" : "");
		group = slot->whole->optional;
	}
	fputs(group ? "]\n" : "\n", out);
}
