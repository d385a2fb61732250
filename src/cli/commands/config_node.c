/*
 * `blemesh config`: keys, heartbeats, composition, reset and health of a node.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/config_opcodes.h"
#include "blemesh/health.h"
#include "cli/commands/config_state.h"
#include "cli/commands/nodes.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "cli/words/times.h"

static bool ask_and_tell(struct config *c, const char *what, uint32_t opcode, const struct config_values *values)
{
	struct bm_answered answered = {0};
	if (!config_ask(c, what, opcode, values, false, &answered))
		return false;
	config_tell(c, what, &answered);
	return true;
}

struct search {
	enum bm_key_kind kind;
	uint32_t index;
	uint16_t net_idx;
	uint8_t key[BM_KEY_LEN];
	bool found;
};

/* During a Key Refresh the new value comes last. */
static void look_at_key(void *ctx, const struct bm_key_view *view)
{
	struct search *search = ctx;
	if (view->kind != search->kind || view->index != search->index)
		return;
	search->found = true;
	search->net_idx = view->net_idx;
	memcpy(search->key, view->key, BM_KEY_LEN);
}

static bool find_key(struct config *c, const char *what, struct search *search)
{
	if (!bm_network_each_key(c->network, look_at_key, search) && search->found)
		return true;
	return config_wrong(c, "%s: there is no %s key %lu in this network (blemesh keys lists and makes them)", what,
			    search->kind == BM_KEY_NET ? "network" : "application", (unsigned long)search->index);
}

static void add_key(struct config_values *values, const char *name, const uint8_t key[BM_KEY_LEN])
{
	char hex[2 * BM_KEY_LEN + 1];
	for (size_t i = 0; i < BM_KEY_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	config_add(values, "%s=%s", name, hex);
	bm_wipe(hex, sizeof hex);
}

/* add, update, delete; the network's own key of that index. */
static bool change_key(struct config *c, const struct config_setting *setting, const char *verb, uint32_t index)
{
	const bool app = setting->get == BM_OP_CONFIG_APP_KEY_GET;
	struct search search = {.kind = app ? BM_KEY_APP : BM_KEY_NET, .index = index};
	struct config_values values = {0};
	const bool add = strcmp(verb, "add") == 0, drop = strcmp(verb, "delete") == 0;
	uint32_t opcode = add    ? BM_OP_CONFIG_NET_KEY_ADD
			  : drop ? BM_OP_CONFIG_NET_KEY_DELETE
				 : BM_OP_CONFIG_NET_KEY_UPDATE;
	if (app)
		opcode = add    ? BM_OP_CONFIG_APP_KEY_ADD
			 : drop ? BM_OP_CONFIG_APP_KEY_DELETE
				: BM_OP_CONFIG_APP_KEY_UPDATE;
	/* A key that the network no longer has may still be taken from a node. */
	if (!drop && !find_key(c, setting->word, &search))
		return false;
	if (drop)
		(void)bm_network_each_key(c->network, look_at_key, &search);
	config_add(&values, "net_key_index=%lu", app ? (unsigned long)search.net_idx : (unsigned long)index);
	if (app)
		config_add(&values, "app_key_index=%lu", (unsigned long)index);
	if (!drop)
		add_key(&values, app ? "app_key" : "net_key", search.key);
	const bool good = ask_and_tell(c, setting->word, opcode, &values);
	bm_wipe(&values, sizeof values);
	bm_wipe(&search, sizeof search);
	return good;
}

bool config_keys(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	static const char *const verbs[] = {"add", "update", "delete"};
	struct config_values values = {0};
	uint32_t index;
	const char *verb = count ? args[0] : "list";
	if (strcmp(verb, "list") == 0) {
		if (setting->get == BM_OP_CONFIG_APP_KEY_GET)
			config_add(&values, "net_key_index=%s", count > 1 ? args[1] : "0");
		return ask_and_tell(c, setting->word, setting->get, &values);
	}
	bool known = false;
	for (size_t i = 0; i < BM_ARRAY_LEN(verbs); i++)
		known |= strcmp(verb, verbs[i]) == 0;
	if (!known)
		return config_wrong(c, "%s: %s is none of list, add, update and delete", setting->word, verb);
	if (count != 2 || !bm_number_parse(args[1], 0, BM_KEY_INDEX_MAX, &index))
		return config_wrong(c, "%s %s: expected a key index, a number from 0 to 4095", setting->word, verb);
	return change_key(c, setting, verb, index);
}

/* The logarithm that a message has of a number: 2^(log - 1), and 0 of 0 (MshPRT 4.1.2). */
static unsigned log_of(uint64_t number)
{
	unsigned log = 0;
	while (log < 0x11 && (UINT64_C(1) << log) <= number)
		log++;
	return log;
}

/* Their periods and counts are typed as they are, and sent as logarithms. */
static bool add_heartbeat_value(struct config *c, const char *what, const char *name, const char *text,
				struct config_values *values)
{
	uint32_t number;
	uint64_t us = 0;
	if (strcmp(name, "count") == 0 && strcmp(text, "forever") == 0) {
		config_add(values, "count_log=forever");
		return true;
	}
	if (strcmp(name, "count") == 0 && bm_number_parse(text, 0, 65536, &number)) {
		config_add(values, "count_log=%u", log_of(number));
		return true;
	}
	const bool is_time = bm_time_parse(text, &us);
	if (strcmp(name, "period") == 0 && (is_time || bm_number_parse(text, 0, 65536, &number))) {
		config_add(values, "period_log=%u", log_of(is_time ? us / BM_US_PER_S : number));
		return true;
	}
	return config_wrong(c, "%s: %s: expected %s, not %s", what, name,
			    strcmp(name, "count") == 0 ? "a number up to 65536, or forever" : "a time up to 65536 s",
			    text);
}

static bool set_heartbeat_publication(struct config *c, char **args, size_t count)
{
	static const char what[] = "heartbeat publish";
	static const char *const NAMES[] = {"count", "period", "ttl", "features", "key"};
	static const char *const DEFAULTS[] = {"forever", "60s", "5", "none", "0"};
	struct config_values values = {0};
	const char *given[BM_ARRAY_LEN(NAMES)] = {NULL};
	const bool off = strcmp(args[0], "off") == 0;
	config_add(&values, "destination=%s", off ? "none" : args[0]);
	for (size_t i = 1; i < count; i++) {
		size_t n = 0;
		const char *equals = strchr(args[i], '=');
		while (n < BM_ARRAY_LEN(NAMES) && !(equals && strlen(NAMES[n]) == (size_t)(equals - args[i]) &&
						    strncmp(args[i], NAMES[n], (size_t)(equals - args[i])) == 0))
			n++;
		if (n == BM_ARRAY_LEN(NAMES))
			return config_wrong(c, "%s: %s is none of count=, period=, ttl=, features= and key=", what,
					    args[i]);
		given[n] = equals + 1;
	}
	for (size_t n = 0; n < BM_ARRAY_LEN(NAMES); n++) {
		const char *value = given[n] ? given[n] : off ? (n == 3 ? "none" : "0") : DEFAULTS[n];
		if (n < 2) {
			if (!add_heartbeat_value(c, what, NAMES[n], value, &values))
				return false;
		} else {
			config_add(&values, "%s=%s", n == 4 ? "net_key_index" : NAMES[n], value);
		}
	}
	return ask_and_tell(c, what, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, &values);
}

static bool set_heartbeat_subscription(struct config *c, char **args, size_t count)
{
	static const char what[] = "heartbeat subscribe";
	struct config_values values = {0};
	if (count == 1 && strcmp(args[0], "off") == 0) {
		config_add(&values, "source=none");
		config_add(&values, "destination=none");
		config_add(&values, "period_log=0");
	} else if (count == 3) {
		config_add(&values, "source=%s", args[0]);
		config_add(&values, "destination=%s", args[1]);
		const char *period = strncmp(args[2], "period=", 7) == 0 ? args[2] + 7 : args[2];
		if (!add_heartbeat_value(c, what, "period", period, &values))
			return false;
	} else {
		return config_wrong(c, "%s: expected SOURCE DESTINATION PERIOD, or off", what);
	}
	return ask_and_tell(c, what, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, &values);
}

bool config_heartbeat(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	const bool publish = count && strcmp(args[0], "publish") == 0;
	const bool subscribe = count && strcmp(args[0], "subscribe") == 0;
	if (count && !publish && !subscribe)
		return config_wrong(c, "%s: expected %s", setting->word, setting->usage);
	if (publish && count > 1)
		return set_heartbeat_publication(c, args + 1, count - 1);
	if (subscribe && count > 1)
		return set_heartbeat_subscription(c, args + 1, count - 1);
	bool good = true;
	if (!subscribe)
		good = ask_and_tell(c, "heartbeat publish", BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, NULL);
	if (!publish && good)
		good = ask_and_tell(c, "heartbeat subscribe", BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_GET, NULL);
	return good;
}

bool config_reset(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	struct bm_answered answered = {0};
	if (count)
		return config_wrong(c, "%s: %s is too much", setting->word, args[0]);
	if (!config_ask(c, setting->word, setting->set, NULL, false, &answered))
		return false;
	const enum bm_err err = bm_node_remove_dev_key(bm_session_node(bm_client_session(c->client)), c->addr);
	if ((err && err != BM_ERR_NOT_FOUND) || bm_node_forget(c->network, c->node))
		return config_fail(c, "it left the network, but cannot be forgotten: %s cannot be written",
				   bm_network_path(c->network));
	if (c->options.json)
		json_object_set_new(c->states, "reset", json_true());
	else
		bm_text_say(stdout, "%s left the network and is forgotten\n", c->name);
	return true;
}

bool config_composition(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	struct config_values values = {0};
	struct bm_answered answered = {0};
	if (count > 1)
		return config_wrong(c, "%s: one page at a time", setting->word);
	config_add(&values, "page=%s", count ? args[0] : "0");
	if (!config_ask(c, setting->word, setting->get, &values, false, &answered))
		return false;
	/* The highest page that there is up to the one asked for; page 0 is in the document now. */
	const bool page0 = answered.len > answered.opcode_len && answered.payload[answered.opcode_len] == 0;
	if (!page0)
		config_tell(c, setting->word, &answered);
	else if (c->options.json)
		json_object_set(c->states, setting->word, c->node);
	else
		bm_node_show(c->network, c->node);
	return true;
}

struct bound_server {
	uint16_t id;
	const char *name, *word;
};

/* Health and Solicitation PDU RPL messages go under an application key that their server is bound to. */
static bool ask_server(struct config *c, const char *what, const struct bound_server *of, uint32_t opcode,
		       const struct config_values *values)
{
	const struct bm_model_id server = {.id = of->id};
	const struct bm_message *message = bm_message_find(opcode), *answer = bm_message_answer(message);
	const struct bm_words words = {c->network};
	const json_t *model = bm_document_model(c->node, c->element - c->addr, &server);
	const json_t *key = json_array_get(json_object_get(model, "bind"), 0);
	struct bm_speech speech;
	struct bm_answered answered = {0};
	char error[500];
	if (!bm_speak(&words, message, values->list, values->count, 0, &speech, error, sizeof error))
		return config_wrong(c, "%s: %s", what, error);
	if (!model)
		return config_fail(c, "%s: element 0x%04x has no %s", what, c->element, of->name);
	if (!key)
		return config_fail(c, "%s: its %s is bound to no key (config %s bind %s 0)", what, of->name, c->name,
				   of->word);
	struct bm_client *client = config_client(c);
	if (!client)
		return false;
	const struct bm_tx tx = {
		.dst = c->element, .app_idx = (uint16_t)json_integer_value(key), .ttl = BM_TTL_DEFAULT};
	const enum bm_err err = bm_client_request(client, &tx, speech.octets, speech.len, answer->opcode,
						  c->options.has_timeout ? c->options.timeout_us : 0, &answered);
	if (err == BM_ERR_CANCELLED) {
		c->interrupted = true;
		c->failures++;
		return false;
	}
	if (err)
		return config_fail(c, "%s: no %s: %s", what, answer->name, bm_err_text(err));
	config_tell(c, what, &answered);
	return true;
}

bool config_solicitations(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	static const struct bound_server server = {0x0014, "Solicitation PDU RPL Configuration Server",
						   "solicitation-pdu-rpl-configuration-server"};
	struct config_values values = {0};
	unsigned long range[2] = {0, 1};
	for (size_t i = 0; i < count; i++) {
		char *end = args[i];
		if (i < BM_ARRAY_LEN(range))
			range[i] = strtoul(args[i], &end, i == 0 ? 16 : 10);
		if (end == args[i] || *end)
			return config_wrong(c, "%s: %s: expected %s", setting->word, args[i], setting->usage);
	}
	const unsigned long addr = range[0], length = range[1];
	if (addr == 0 || addr > 0x7fff || length == 0 || length > 0xff || addr + length - 1 > 0x7fff)
		return config_wrong(c, "%s: expected %s, unicast addresses", setting->word, setting->usage);
	/* MshPRT 3.4.2.2.1: the address above a bit that tells of a length, which is for more than one. */
	config_add(&values, "address_range=0x%04lx", addr << 1 | (length > 1));
	if (length > 1)
		config_add(&values, "range_length=%lu", length);
	return ask_server(c, setting->word, &server, setting->set, &values);
}

bool config_health(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	static const struct {
		const char *word, *fields;
		uint32_t get, set;
	} PARTS[] = {{"attention", "attention", BM_OP_HEALTH_ATTENTION_GET, BM_OP_HEALTH_ATTENTION_SET},
		     {"period", "fast_period_divisor", BM_OP_HEALTH_PERIOD_GET, BM_OP_HEALTH_PERIOD_SET}};
	static const struct bound_server health = {0x0002, "Health Server", "health-server"};
	struct config_values values = {0};
	const char *part = count ? args[0] : "fault", *cid = json_string_value(json_object_get(c->node, "cid"));
	for (size_t i = 0; i < BM_ARRAY_LEN(PARTS); i++) {
		char what[40];
		if (strcmp(part, PARTS[i].word) != 0)
			continue;
		if (count > 2)
			return config_wrong(c, "%s %s: %s is too much", setting->word, part, args[2]);
		if (count > 1)
			config_add(&values, "%s=%s", PARTS[i].fields, strcmp(args[1], "off") == 0 ? "0" : args[1]);
		snprintf(what, sizeof what, "health %s", part);
		return ask_server(c, what, &health, count > 1 ? PARTS[i].set : PARTS[i].get, &values);
	}
	if (strcmp(part, "fault") != 0)
		return config_wrong(c, "%s: expected %s", setting->word, setting->usage);
	const bool clear = count > 1 && strcmp(args[1], "clear") == 0, test = count > 1 && strcmp(args[1], "test") == 0;
	size_t at = count == 0 ? 0 : clear || test ? 2 : 1;
	if (test) {
		config_add(&values, "test_id=%s", at < count && !strchr(args[at], '=') ? args[at] : "0");
		at += at < count && !strchr(args[at], '=');
	}
	if (at < count)
		config_add(&values, "company_id=%s", strncmp(args[at], "company=", 8) == 0 ? args[at] + 8 : args[at]);
	else
		config_add(&values, "company_id=0x%s", cid ? cid : "ffff");
	return ask_server(c, "health fault", &health,
			  clear  ? BM_OP_HEALTH_FAULT_CLEAR
			  : test ? BM_OP_HEALTH_FAULT_TEST
				 : BM_OP_HEALTH_FAULT_GET,
			  &values);
}
