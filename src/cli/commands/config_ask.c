/*
 * A Configuration message from words, its answer to words; and the settings that are one message to ask and one to set.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/commands/config_state.h"
#include "cli/network/document.h"
#include "cli/network/learn.h"
#include "cli/text.h"
#include "cli/words/value_names.h"

void config_add(struct config_values *values, const char *format, ...)
{
	va_list args;
	if (values->count == CONFIG_VALUES_MAX)
		return;
	va_start(args, format);
	vsnprintf(values->texts[values->count], sizeof values->texts[0], format, args);
	va_end(args);
	values->list[values->count] = values->texts[values->count];
	values->count++;
}

/* "2x20ms" */
static bool is_pair(const char *text, unsigned *count, const char **interval)
{
	char *end;
	*count = (unsigned)strtoul(text, &end, 10);
	*interval = end + 1;
	return end != text && (*end == 'x' || *end == 'X') && strncmp(text, "0x", 2) != 0 && end[1] && *count < 100;
}

void config_add_argument(struct config_values *values, const char *name, const char *text)
{
	unsigned count;
	const char *interval;
	const size_t len = strlen(name);
	const char *equals = strchr(text, '=');
	const bool pair = len && name[len - 1] == '*';
	if (pair && is_pair(text, &count, &interval)) {
		config_add(values, "%.*s_count=%u", (int)len - 1, name, count);
		config_add(values, "%.*s_interval_steps=%s", (int)len - 1, name, interval);
	} else if (equals || len == 0) {
		config_add(values, "%s", text);
	} else {
		config_add(values, pair ? "%.*s_count=%s" : "%.*s=%s", (int)(pair ? len - 1 : len), name, text);
	}
}

static uint64_t timeout_of(const struct config *c)
{
	return c->options.has_timeout ? c->options.timeout_us : 0;
}

/* The status of an answer that has one; NULL: it says yes, or has none. */
static const char *refusal(const struct bm_answered *answered)
{
	struct bm_reader r = bm_reader_of(answered->payload, answered->len);
	uint32_t opcode;
	const struct bm_message *message = bm_opcode_read(&r, &opcode) ? NULL : bm_message_find(opcode);
	if (!message || !message->field_count || strcmp(message->fields[0].name, "status") != 0)
		return NULL;
	const struct bm_value_names *names = bm_value_names_of(message, &message->fields[0]);
	const uint8_t status = bm_read_u8(&r);
	const char *word = names ? bm_value_word(names, status) : NULL;
	return status == 0 ? NULL : word ? word : "an unknown reason";
}

static bool send(struct config *c, const char *what, const struct bm_message *message, const struct bm_speech *speech,
		 struct bm_answered *answered)
{
	struct bm_client *client = config_client(c);
	if (!client)
		return false;
	const enum bm_err err = bm_client_config(client, bm_document_net_idx(c->node), c->addr, speech->octets,
						 speech->len, timeout_of(c), answered);
	const struct bm_message *answer = bm_message_answer(message);
	switch (err) {
	case BM_OK:
		return true;
	case BM_ERR_CANCELLED:
		c->interrupted = true;
		c->failures++;
		return false;
	case BM_ERR_TIMEOUT:
		/* A node that is away would be asked for each state in turn. */
		c->interrupted = c->interrupted || (c->all && c->word_count == 0);
		return config_fail(c, "%s: no %s within %g s (is it on and in reach?)", what,
				   answer ? answer->name : "answer",
				   (double)(timeout_of(c) ? timeout_of(c) : 10 * BM_US_PER_S) / BM_US_PER_S);
	case BM_ERR_NO_KEY:
		return config_fail(c, "%s: its device key is not known", what);
	default:
		return config_fail(c, "%s: %s", what, bm_err_text(err));
	}
}

bool config_ask(struct config *c, const char *what, uint32_t opcode, const struct config_values *values, bool quiet,
		struct bm_answered *answered)
{
	static const struct config_values none = {0};
	const struct bm_message *message = bm_message_find(opcode);
	const struct bm_words words = {c->network};
	const struct config_values *v = values ? values : &none;
	struct bm_speech speech;
	char error[700];
	if (!bm_speak(&words, message, v->list, v->count, 0, &speech, error, sizeof error))
		return config_wrong(c, "%s: %s", what, error);
	if (speech.notes[0])
		bm_text_say(stderr, "blemesh config: %s\n", speech.notes);
	const bool sent = send(c, what, message, &speech, answered);
	if (sent)
		bm_network_learn(c->network, c->addr, speech.octets, speech.len, answered->payload, answered->len);
	bm_wipe(&speech, sizeof speech);
	const char *no = sent ? refusal(answered) : NULL;
	if (no && !quiet)
		config_fail(c, "%s: it refuses: %s", what, no);
	return sent && !no;
}

struct telling {
	const struct bm_words *words;
	const struct bm_message *message;
	FILE *out;
	char count[8];      /* of a pair that is not yet whole */
	unsigned told, all; /* fields told; with a name in front if there is more than one */
};

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_part_of_pair(const struct bm_field *field)
{
	return ends_with(field->name, "transmit_count");
}

static void count_field(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct telling *t = ctx;
	(void)value;
	t->all += strcmp(field->name, "status") != 0 && !is_part_of_pair(field);
}

static void tell_field(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct telling *t = ctx;
	if (strcmp(field->name, "status") == 0)
		return;
	if (field->kind == BM_FIELD_KEY_INDEXES) {
		fprintf(t->out, " %u (of network key %u)", (unsigned)(value->number >> 12),
			(unsigned)(value->number & BM_KEY_INDEX_MAX));
		return;
	}
	const struct bm_field_shown shown = bm_field_show(t->words, t->message, field, value);
	if (!shown.text)
		return;
	if (is_part_of_pair(field)) {
		snprintf(t->count, sizeof t->count, "%.7s", shown.text);
	} else if (ends_with(field->name, "transmit_interval_steps")) {
		const char *cut = strstr(field->name, "_interval_steps");
		fputc(' ', t->out);
		if (t->all > 1)
			fprintf(t->out, "%.*s=", (int)(cut - field->name), field->name);
		bm_text_say(t->out, "%sx%s", t->count, shown.text);
	} else if (t->all == 1) {
		bm_text_say(t->out, " %s", shown.text);
	} else {
		bm_text_say(t->out, " %s=%s", field->name, shown.text);
	}
	free(shown.text);
	json_decref(shown.value);
}

void config_tell(struct config *c, const char *what, const struct bm_answered *answered)
{
	const struct bm_words words = {c->network};
	struct bm_reader r = bm_reader_of(answered->payload, answered->len);
	uint32_t opcode;
	struct telling t = {.words = &words, .out = stdout};
	t.message = bm_opcode_read(&r, &opcode) ? NULL : bm_message_find(opcode);
	if (!t.message)
		return;
	const size_t len = bm_reader_left(&r);
	if (c->options.json) {
		json_t *fields = bm_speech_fields(&words, t.message, r.at, len);
		json_object_set_new(c->states, what, fields ? fields : json_null());
		return;
	}
	bm_text_say(stdout, "%s %s:", c->name, what);
	if (bm_message_decode(t.message, r.at, len, count_field, &t) ||
	    bm_message_decode(t.message, r.at, len, tell_field, &t))
		printf(" (malformed)");
	putchar('\n');
	fflush(stdout);
}

struct filling {
	struct config *c;
	const struct bm_message *status;
	struct config_values *values;
};

static void fill_field(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct filling *f = ctx;
	const struct bm_words words = {f->c->network};
	const size_t len = strlen(field->name);
	for (size_t i = 0; i < f->values->count; i++)
		if (strncmp(f->values->texts[i], field->name, len) == 0 && f->values->texts[i][len] == '=')
			return;
	if (strcmp(field->name, "status") == 0)
		return;
	const struct bm_field_shown shown = bm_field_show(&words, f->status, field, value);
	if (shown.text)
		config_add(f->values, "%s=%s", field->name, shown.text);
	free(shown.text);
	json_decref(shown.value);
}

/* What was not given stays as it is: it is asked for. */
static bool fill_from_state(struct config *c, const struct config_setting *setting, struct config_values *values)
{
	struct bm_answered answered = {0};
	struct filling f = {.c = c, .values = values};
	if (!config_ask(c, setting->word, setting->get, NULL, false, &answered))
		return false;
	struct bm_reader r = bm_reader_of(answered.payload, answered.len);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode))
		return false;
	f.status = bm_message_find(opcode);
	return f.status && !bm_message_decode(f.status, r.at, bm_reader_left(&r), fill_field, &f);
}

/* A typed name may be short; the table's own is needed to see what is missing. Positions take the fields' order. */
static void place_arguments(const struct config_setting *setting, char **args, size_t count,
			    struct config_values *values)
{
	const char *at = setting->fields;
	for (size_t i = 0; i < count; i++) {
		char name[80] = "";
		if (!strchr(args[i], '=')) {
			at += strspn(at, " ");
			const size_t len = strcspn(at, " ");
			snprintf(name, sizeof name, "%.*s", (int)len, at);
			at += len;
		}
		config_add_argument(values, name, args[i]);
	}
}

static size_t fields_of(const struct bm_message *message)
{
	size_t count = 0;
	for (size_t i = 0; i < message->field_count; i++)
		count += message->fields[i].name && !message->fields[i].optional;
	return count;
}

/* Is this field of the Get already said, or does it need one? Only key indexes are asked with. */
static void add_key_index(const struct bm_message *message, struct config_values *values)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (strcmp(message->fields[i].name, "net_key_index") == 0) {
			for (size_t k = 0; k < values->count; k++)
				if (strncmp(values->texts[k], "net", 3) == 0 ||
				    strncmp(values->texts[k], "key=", 4) == 0)
					return;
			config_add(values, "net_key_index=0");
		}
}

static bool only_key(char **args, size_t count)
{
	return count == 1 && (strncmp(args[0], "key=", 4) == 0 || strncmp(args[0], "net", 3) == 0);
}

/* A feature that the node does not have: it says so, and nothing was set. */
static bool is_absent(const struct bm_answered *answered)
{
	struct bm_reader r = bm_reader_of(answered->payload, answered->len);
	uint32_t opcode;
	const struct bm_message *message = bm_opcode_read(&r, &opcode) ? NULL : bm_message_find(opcode);
	const size_t at = message && message->field_count && strcmp(message->fields[0].name, "status") == 0 ? 2 : 0;
	if (!message || message->field_count <= at || message->fields[at].bits != 8 ||
	    bm_reader_left(&r) <= (at ? 3u : 0u))
		return false;
	if (at)
		(void)bm_read_octets(&r, 3); /* status and key index */
	const struct bm_value_names *names = bm_value_names_of(message, &message->fields[at]);
	const char *word = names ? bm_value_word(names, bm_read_u8(&r)) : NULL;
	return word && strcmp(word, "not-supported") == 0;
}

/* MshPRT 4.2.8: a node is silent about the others. */
static bool is_wrong_ttl(const struct config_setting *setting, char **args, size_t count)
{
	uint32_t ttl;
	if (count != 1 || strcmp(setting->word, "ttl") != 0)
		return false;
	return bm_number_parse(args[0] + (strncmp(args[0], "ttl=", 4) == 0 ? 4 : 0), 0, UINT32_MAX, &ttl) &&
	       (ttl == 1 || ttl > BM_TTL_MAX);
}

bool config_state(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	struct config_values values = {0};
	struct bm_answered answered = {0};
	const struct bm_message *get = bm_message_find(setting->get), *set = bm_message_find(setting->set);
	if (is_wrong_ttl(setting, args, count))
		return config_wrong(c, "%s: it is 0, or 2 to 127, not %s", setting->word, args[0]);
	place_arguments(setting, args, count, &values);
	if (get && (count == 0 || only_key(args, count) || !set)) {
		add_key_index(get, &values);
		if (!config_ask(c, setting->word, setting->get, &values, false, &answered))
			return false;
		config_tell(c, setting->word, &answered);
		return true;
	}
	add_key_index(set, &values);
	if (get && get->field_count == 0 && values.count < fields_of(set) && !fill_from_state(c, setting, &values))
		return false;
	if (!config_ask(c, setting->word, setting->set, &values, false, &answered))
		return false;
	config_tell(c, setting->word, &answered);
	return !is_absent(&answered) ||
	       config_fail(c, "%s: not-supported: the node has no such feature", setting->word);
}
