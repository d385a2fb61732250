/*
 * `blemesh send`: the key that a message goes under, the way it is sent, and what is told of its answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/send_state.h"
#include "cli/network/document.h"
#include "cli/network/learn.h"
#include "cli/text.h"
#include "cli/words/models.h"
#include "cli/words/value_names.h"

#define GROUP_TIMEOUT_US (3u * BM_US_PER_S)
#define RAW_TIMEOUT_US (2u * BM_US_PER_S)
#define REPEAT_PAUSE_US (200u * BM_US_PER_MS)
#define ANSWERS_MAX 1024u

bool send_opcode_parse(const char *text, uint32_t *opcode)
{
	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') || !bm_number_parse(text, 0, 0xffffff, opcode))
		return false;
	return (*opcode < 0x7f) || (*opcode >= 0x8000 && *opcode <= 0xbfff) || *opcode >= 0xc00000;
}

/* The messages of foundation models are under device keys, but for those of Health (MshPRT 4.3.4). */
static bool is_foundation(const struct bm_message *message)
{
	return message &&
	       (message->opcode <= 0x03 || message->opcode == 0x06 ||
		(message->opcode >= 0x8000 && message->opcode <= 0x80ff)) &&
	       strncmp(message->name, "Health", 6) != 0;
}

/* How much of the message's name the model's says: "Generic OnOff" of "Generic OnOff Set". */
static size_t likeness(const struct bm_message *message, const struct bm_model_id *id)
{
	const char *name = bm_model_name(id);
	const char *end = name ? strstr(name, " Server") : NULL;
	const char *setup = name ? strstr(name, " Setup Server") : NULL;
	if (!message || !end)
		return 0;
	const size_t len = (size_t)((setup ? setup : end) - name);
	return strncmp(message->name, name, len) == 0 && message->name[len] == ' ' ? len : 0;
}

/* The key that the model is bound to which the message is for; without such a model, the first that any is bound to. */
static int bound_key(const struct send *s, const json_t *element)
{
	size_t i, best = 0;
	int found = -1;
	json_t *model;
	json_array_foreach(json_object_get(element, "models"), i, model)
	{
		struct bm_model_id id;
		const json_t *key = json_array_get(json_object_get(model, "bind"), 0);
		if (!key || !bm_document_model_parse(json_string_value(json_object_get(model, "modelId")), &id))
			continue;
		const size_t like = likeness(s->message, &id);
		if (found < 0 || like > best) {
			found = (int)json_integer_value(key);
			best = like;
		}
	}
	return found;
}

static void look_for_key(void *ctx, const struct bm_key_view *key)
{
	const struct send *s = ((void **)ctx)[0];
	bool *found = ((void **)ctx)[1];
	*found |= key->kind == BM_KEY_APP && key->index == s->app_idx;
}

bool send_choose_key(struct send *s)
{
	const bool unicast = bm_addr_is_unicast(s->dst);
	const json_t *node = unicast ? bm_network_node(s->network, s->dst) : NULL;
	if (is_foundation(s->message) && s->app_idx < 0)
		s->device_key = true;
	s->config = s->device_key && s->message && bm_message_answer(s->message) && is_foundation(s->message);
	if (s->device_key && !unicast) {
		bm_wrong(&s->options, "%s goes under a device key, so to one node, not to a group", s->words[1]);
		return false;
	}
	if (s->device_key && !node) {
		bm_wrong(&s->options, "%s: no node of this network has this address (blemesh nodes)", s->words[0]);
		return false;
	}
	if (s->device_key)
		return true;
	if (s->app_idx < 0 && node)
		s->app_idx = bound_key(
			s, json_array_get(json_object_get(node, "elements"), s->dst - bm_document_addr(node)));
	if (s->app_idx < 0)
		s->app_idx = 0;
	bool found = false;
	void *ctx[] = {s, &found};
	if (bm_network_each_key(s->network, look_for_key, ctx) || !found) {
		bm_failed(&s->options, "there is no application key %d (blemesh keys lists them)", s->app_idx);
		return false;
	}
	return true;
}

static struct bm_tx tx_of(const struct send *s)
{
	struct bm_tx tx = {
		.dst = s->dst, .ttl = s->ttl, .net_idx = bm_document_net_idx(bm_network_node(s->network, s->dst))};
	tx.label = s->has_label ? s->label : NULL;
	tx.app_idx = (uint16_t)s->app_idx;
	if (s->device_key) {
		const bool own = bm_network_node(s->network, s->dst) ==
				 bm_network_node(s->network, bm_network_own_addr(s->network));
		tx.app_idx = own ? BM_APP_IDX_DEV_LOCAL : BM_APP_IDX_DEV_REMOTE;
	}
	return tx;
}

/* What was collected of answers. */
struct collecting {
	struct send *s;
	json_t *answers;
	uint16_t heard[ANSWERS_MAX];
	size_t heard_count;
	size_t expected; /* elements known to subscribe to the group; 0: nobody knows */
	uint32_t opcode; /* 0: whatever comes from there */
	uint32_t company;
	bool refused;
};

/* A status of the Configuration models that says no. */
static const char *refusal_of(const struct bm_answered *answered)
{
	struct bm_reader r = bm_reader_of(answered->payload, answered->len);
	uint32_t opcode;
	const struct bm_message *message = bm_opcode_read(&r, &opcode) ? NULL : bm_message_find(opcode);
	if (!message || message->field_count == 0 || !message->fields[0].name ||
	    strncmp(message->fields[0].name, "status", 6) != 0 || bm_reader_left(&r) == 0)
		return NULL;
	const struct bm_value_names *names = bm_value_names_of(message, &message->fields[0]);
	const uint8_t status = bm_read_u8(&r);
	return names && status ? bm_value_word(names, status) ? bm_value_word(names, status) : "refused" : NULL;
}

static void tell(struct collecting *c, const struct bm_answered *answered)
{
	const struct bm_words words = {c->s->network};
	char name[160];
	bm_network_name_of(c->s->network, answered->src, name, sizeof name);
	c->refused |= refusal_of(answered) != NULL;
	if (!c->s->options.json) {
		char *line = bm_speech_line(&words, answered->payload, answered->len);
		if (name[0] == '0')
			bm_text_say(stdout, "%s: %s\n", name, line ? line : "");
		else
			bm_text_say(stdout, "0x%04x %s: %s\n", answered->src, name, line ? line : "");
		fflush(stdout);
		free(line);
		return;
	}
	json_t *answer = json_pack("{s:o}", "source", json_sprintf("0x%04x", answered->src));
	json_t *message = bm_speech_json(&words, answered->payload, answered->len);
	if (name[0] != '0')
		json_object_set_new(answer, "name", json_string(name));
	json_object_update(answer, message);
	json_decref(message);
	json_object_set_new(answer, "after_ms", json_integer((json_int_t)(answered->after_us / 1000)));
	json_array_append_new(c->answers, answer);
}

static bool on_heard(void *ctx, const struct bm_rx *rx, const struct bm_answered *answered)
{
	struct collecting *c = ctx;
	const bool wanted = c->opcode    ? rx->opcode == c->opcode
			    : c->company ? rx->opcode > 0xffff && (rx->opcode & 0xffff) == (c->company & 0xffff)
					 : rx->src == c->s->dst;
	if (!wanted || !bm_message_is_about(c->s->speech.octets, c->s->speech.len, answered->payload, answered->len) ||
	    (bm_addr_is_unicast(c->s->dst) && rx->src != c->s->dst))
		return false;
	for (size_t i = 0; i < c->heard_count; i++)
		if (c->heard[i] == rx->src)
			return false;
	if (c->heard_count == ANSWERS_MAX)
		return false;
	c->heard[c->heard_count++] = rx->src;
	tell(c, answered);
	return bm_addr_is_unicast(c->s->dst) || (c->expected && c->heard_count >= c->expected);
}

static bool subscribes(const json_t *model, const struct send *s)
{
	size_t i;
	json_t *address;
	json_array_foreach(json_object_get(model, "subscribe"), i, address)
	{
		uint16_t addr;
		uint8_t label[BM_UUID_LEN];
		const char *text = json_string_value(address);
		if (text && (s->has_label ? bm_document_uuid_parse(text, label) && memcmp(label, s->label, 16) == 0
					  : bm_document_hex16(text, &addr) && addr == s->dst))
			return true;
	}
	return false;
}

/* Elements with a model for this message that subscribes to the group. */
static size_t subscribers(const struct send *s)
{
	size_t i, k, m, count = 0;
	json_t *node, *element, *model;
	json_array_foreach(bm_network_nodes(s->network), i, node)
		json_array_foreach(json_object_get(node, "elements"), k, element)
	{
		bool takes = false;
		json_array_foreach(json_object_get(element, "models"), m, model)
		{
			struct bm_model_id id;
			if (bm_document_model_parse(json_string_value(json_object_get(model, "modelId")), &id))
				takes |= likeness(s->message, &id) && subscribes(model, s);
		}
		count += takes;
	}
	return count;
}

static int cannot_send(struct send *s, enum bm_err err)
{
	if (err == BM_ERR_CANCELLED)
		return BM_STATUS_FAILED;
	if (err == BM_ERR_NO_KEY && s->device_key)
		return bm_failed(&s->options, "the device key of %s is not known", s->words[0]);
	if (err == BM_ERR_TIMEOUT)
		return bm_failed(&s->options, "%s was not acknowledged by %s", s->words[1], s->words[0]);
	return bm_failed(&s->options, "%s cannot be sent: %s", s->words[1], bm_err_text(err));
}

static uint64_t timeout_of(const struct send *s, uint64_t otherwise)
{
	return s->options.has_timeout ? s->options.timeout_us : otherwise;
}

static bool never(void *ctx, const struct bm_rx *rx, const struct bm_answered *answered)
{
	(void)ctx;
	(void)rx;
	(void)answered;
	return false;
}

/* As often as it was asked for, with pauses. */
static enum bm_err send_all(struct send *s, bm_client_heard heard, struct collecting *c)
{
	const struct bm_tx tx = tx_of(s);
	for (uint32_t i = 0; i < s->repeat; i++) {
		enum bm_err err = bm_client_send(s->client, &tx, s->speech.octets, s->speech.len);
		if (err)
			return err;
		if (i + 1 < s->repeat) {
			err = bm_client_listen(s->client, REPEAT_PAUSE_US, heard, c);
			if (err != BM_ERR_TIMEOUT)
				return err;
		}
	}
	return BM_ERR_TIMEOUT; /* all are out, and not everybody has answered */
}

static int collect(struct send *s, struct collecting *c, uint64_t timeout_us)
{
	const bool unicast = bm_addr_is_unicast(s->dst);
	c->expected = unicast || c->company ? 0 : subscribers(s);
	enum bm_err err = send_all(s, on_heard, c);
	if (err == BM_ERR_TIMEOUT)
		err = bm_client_listen(s->client, timeout_us, on_heard, c);
	if (err && err != BM_ERR_TIMEOUT)
		return cannot_send(s, err);
	if (c->heard_count == 0 && !s->message && !s->has_answer) {
		if (!s->options.json)
			printf("sent; nothing came back within %g s\n", (double)timeout_us / BM_US_PER_S);
		return BM_STATUS_DONE;
	}
	if (c->heard_count == 0)
		return bm_failed(&s->options, "nobody answered %s to %s within %g s", s->words[1], s->words[0],
				 (double)timeout_us / BM_US_PER_S);
	if (c->heard_count < c->expected)
		return bm_failed(&s->options, "%zu of %zu that subscribe to %s answered within %g s", c->heard_count,
				 c->expected, s->words[0], (double)timeout_us / BM_US_PER_S);
	return BM_STATUS_DONE;
}

static int ask(struct send *s, struct collecting *c, uint32_t status)
{
	struct bm_answered answered;
	const struct bm_tx tx = tx_of(s);
	const struct bm_message *wanted = bm_message_find(status);
	const uint64_t begin = bm_session_now(bm_client_session(s->client));
	enum bm_err err;
	if (s->config)
		err = bm_client_config(s->client, tx.net_idx, s->dst, s->speech.octets, s->speech.len, timeout_of(s, 0),
				       &answered);
	else
		err = bm_client_request(s->client, &tx, s->speech.octets, s->speech.len, status, timeout_of(s, 0),
					&answered);
	const double took = (double)(bm_session_now(bm_client_session(s->client)) - begin) / BM_US_PER_S;
	if (err == BM_ERR_TIMEOUT && wanted)
		return bm_failed(&s->options,
				 "no %s from %s within %.1f s (is it on and in reach, and bound to the key used?)",
				 wanted->name, s->words[0], took);
	if (err == BM_ERR_TIMEOUT)
		return bm_failed(&s->options, "no answer from %s within %.1f s", s->words[0], took);
	if (err)
		return cannot_send(s, err);
	c->heard_count = 1;
	tell(c, &answered);
	if (s->config)
		bm_network_learn(s->network, s->dst, s->speech.octets, s->speech.len, answered.payload, answered.len);
	return c->refused ? BM_STATUS_FAILED : BM_STATUS_DONE;
}

static int talk(struct send *s, struct collecting *c)
{
	const struct bm_message *answer = s->message ? bm_message_answer(s->message) : NULL;
	const bool unicast = bm_addr_is_unicast(s->dst);
	const uint32_t status = s->has_answer ? s->answer : answer ? answer->opcode : 0;
	c->opcode = status;
	if (s->config || (status && unicast && s->speech.len <= BM_REQUEST_MAX))
		return ask(s, c, status);
	if (status)
		return collect(s, c, timeout_of(s, unicast ? 2u * GROUP_TIMEOUT_US : GROUP_TIMEOUT_US));
	if (!s->message) {
		c->company = s->raw_opcode > 0xffff ? s->raw_opcode : 0;
		return collect(s, c, timeout_of(s, RAW_TIMEOUT_US));
	}
	const enum bm_err err = send_all(s, never, c);
	return err == BM_ERR_TIMEOUT || !err ? BM_STATUS_DONE : cannot_send(s, err);
}

int send_and_tell(struct send *s)
{
	const struct bm_words words = {s->network};
	struct collecting *c = calloc(1, sizeof *c);
	if (!c)
		return BM_STATUS_FAILED;
	c->s = s;
	c->answers = json_array();
	if (s->options.json)
		s->options.document = json_pack("{s:o, s:o, s:O}", "destination", json_sprintf("0x%04x", s->dst),
						"sent", bm_speech_json(&words, s->speech.octets, s->speech.len),
						"answers", c->answers);
	s->client = bm_client_open(&s->options, s->network);
	const int status = s->client ? talk(s, c) : BM_STATUS_FAILED;
	bm_client_close(s->client);
	if (s->options.json)
		bm_print_json(s->options.document);
	json_decref(c->answers);
	free(c);
	return status;
}
