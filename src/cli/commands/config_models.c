/*
 * `blemesh config`: what concerns a model of an element: bindings, subscriptions, publication.
 */
#include <stdio.h>
#include <string.h>

#include "blemesh/config_opcodes.h"
#include "cli/commands/config_state.h"
#include "cli/network/document.h"
#include "cli/words/models.h"

static void add_model(const struct config *c, const struct bm_model_id *id, struct config_values *values)
{
	char word[BM_MODEL_WORD_MAX];
	bm_model_word(id, word);
	config_add(values, "element_address=0x%04x", c->element);
	config_add(values, "model_identifier=%s", word);
}

static bool parse_model(struct config *c, const struct config_setting *setting, const char *text,
			struct bm_model_id *id)
{
	char error[500];
	return bm_model_parse(text, id, error, sizeof error) || config_wrong(c, "%s: %s", setting->word, error);
}

static bool ask_and_tell(struct config *c, const char *what, uint32_t opcode, const struct config_values *values)
{
	struct bm_answered answered = {0};
	if (!config_ask(c, what, opcode, values, false, &answered))
		return false;
	config_tell(c, what, &answered);
	return true;
}

static bool has_app_key(const struct config *c, const char *index)
{
	size_t i;
	json_t *key;
	uint32_t wanted;
	if (!bm_number_parse(index, 0, BM_KEY_INDEX_MAX, &wanted))
		return true; /* the message says what is wrong */
	json_array_foreach(json_object_get(c->node, "appKeys"), i,
			   key) if (json_integer_value(json_object_get(key, "index")) == wanted) return true;
	return false;
}

bool config_bind(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	struct config_values values = {0};
	struct bm_model_id id;
	const bool unbind = setting->set == BM_OP_CONFIG_MODEL_APP_UNBIND;
	if (count == 0 || count > 2 || (unbind && count != 2))
		return config_wrong(c, "%s: expected %s", setting->word, setting->usage);
	if (!parse_model(c, setting, args[0], &id))
		return false;
	add_model(c, &id, &values);
	if (count == 1)
		return ask_and_tell(c, setting->word,
				    id.vendor ? BM_OP_CONFIG_VENDOR_MODEL_APP_GET : BM_OP_CONFIG_SIG_MODEL_APP_GET,
				    &values);
	const char *equals = strchr(args[1], '='), *index = equals ? equals + 1 : args[1];
	uint32_t number;
	if (!bm_number_parse(index, 0, BM_KEY_INDEX_MAX, &number))
		return config_wrong(c, "%s: %s is no key index (a number from 0 to 4095)", setting->word, args[1]);
	config_add(&values, "app_key_index=%s", index);
	/* A node cannot bind a key that it has not got. */
	if (!unbind && !has_app_key(c, index)) {
		char add[] = "add", *key_args[] = {add, args[1]};
		const struct config_setting *app_key = config_find("app-key");
		key_args[1] = args[1] + (index - args[1]);
		if (!app_key || !app_key->run(c, app_key, key_args, 2))
			return false;
	}
	return ask_and_tell(c, setting->word, setting->set, &values);
}

/* The group's address or label as a value. */
static bool add_group(struct config *c, const struct config_setting *setting, const char *text,
		      struct config_values *values, bool *is_virtual)
{
	char error[400], uuid[BM_DOCUMENT_UUID_LEN];
	uint8_t label[BM_UUID_LEN];
	uint16_t addr = 0;
	size_t i;
	json_t *group;
	*is_virtual = bm_document_uuid_parse(text, label);
	json_array_foreach(bm_network_groups(c->network), i, group)
	{
		const char *name = json_string_value(json_object_get(group, "name"));
		if (name && strcmp(name, text) == 0 && bm_network_group_addr(group, &addr, label, is_virtual))
			break;
	}
	if (*is_virtual) {
		bm_document_uuid_text(label, uuid);
		config_add(values, "%s=%s",
			   setting->run == config_publish ? "publish_address_label_uuid" : "label_uuid", uuid);
		return true;
	}
	if (!addr && !bm_network_resolve(c->network, text, &addr, error, sizeof error))
		return config_wrong(c, "%s: %s; a group is made by: blemesh groups add NAME", setting->word, error);
	if (bm_addr_is_unicast(addr) && setting->run != config_publish)
		return config_wrong(c, "%s: %s is a node, not a group", setting->word, text);
	config_add(values, "%s=0x%04x", setting->run == config_publish ? "publish_address" : "address", addr);
	return true;
}

static uint32_t subscription_opcode(const struct config_setting *setting, bool is_virtual)
{
	switch (setting->set) {
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE:
		return is_virtual ? BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE : setting->set;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_OVERWRITE:
		return is_virtual ? BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE : setting->set;
	default:
		return is_virtual ? BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD : setting->set;
	}
}

static bool subscribe_model(struct config *c, const struct config_setting *setting, const struct bm_model_id *id,
			    const char *group, bool quiet)
{
	struct config_values values = {0};
	struct bm_answered answered = {0};
	bool is_virtual;
	uint32_t opcode = BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE_ALL;
	if (setting->set != BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE || strcmp(group, "all") != 0) {
		if (!add_group(c, setting, group, &values, &is_virtual))
			return false;
		opcode = subscription_opcode(setting, is_virtual);
	}
	add_model(c, id, &values);
	if (!config_ask(c, setting->word, opcode, &values, quiet, &answered))
		return false;
	config_tell(c, setting->word, &answered);
	return true;
}

/* Every model of the element that is bound to a key; those that cannot subscribe say so, and are passed over. */
static bool subscribe_all(struct config *c, const struct config_setting *setting, const char *group)
{
	const json_t *element = json_array_get(json_object_get(c->node, "elements"), c->element - c->addr);
	size_t i, done = 0;
	json_t *models = json_copy(json_object_get(element, "models")), *model;
	json_array_foreach(models, i, model)
	{
		struct bm_model_id id;
		if (c->interrupted || c->options.over ||
		    !bm_document_model_parse(json_string_value(json_object_get(model, "modelId")), &id) ||
		    (!id.vendor && id.id < 0x1000) || json_array_size(json_object_get(model, "bind")) == 0)
			continue;
		done += subscribe_model(c, setting, &id, group, true);
	}
	json_decref(models);
	if (done || c->options.over || c->interrupted)
		return done > 0;
	return config_fail(c, "%s: element 0x%04x has no model that is bound to a key and can subscribe", setting->word,
			   c->element);
}

bool config_subscribe(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	struct bm_model_id id;
	char error[500];
	struct config_values values = {0};
	if (count == 0 || count > 2)
		return config_wrong(c, "%s: expected %s", setting->word, setting->usage);
	const bool is_model = bm_model_parse(args[0], &id, error, sizeof error);
	if (count == 2 && !is_model)
		return config_wrong(c, "%s: %s", setting->word, error);
	if (count == 2)
		return subscribe_model(c, setting, &id, args[1], false);
	if (!is_model || setting->set != BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD)
		return subscribe_all(c, setting, args[0]);
	add_model(c, &id, &values);
	return ask_and_tell(c, setting->word,
			    id.vendor ? BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_GET
				      : BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_GET,
			    &values);
}

/* A key that the model is bound to; 0 if none is known. */
static int bound_key(const struct config *c, const struct bm_model_id *id)
{
	const json_t *model = bm_document_model(c->node, c->element - c->addr, id);
	return (int)json_integer_value(json_array_get(json_object_get(model, "bind"), 0));
}

static bool named(const char *text, const char *name)
{
	const size_t len = strlen(name);
	return strncmp(text, name, len) == 0 && text[len] == '=';
}

bool config_publish(struct config *c, const struct config_setting *setting, char **args, size_t count)
{
	static const struct {
		const char *typed, *field, *otherwise;
	} FIELDS[] = {{"key", "app_key_index", NULL},
		      {"credentials", "credential_flag", "off"},
		      {"ttl", "publish_ttl", "default"},
		      {"period", "publish_period", "0"}};
	struct config_values values = {0};
	struct bm_model_id id;
	bool is_virtual = false, retransmit = false, taken[16] = {false};
	if (count == 0)
		return config_wrong(c, "%s: expected %s", setting->word, setting->usage);
	if (!parse_model(c, setting, args[0], &id))
		return false;
	if (count == 1) {
		add_model(c, &id, &values);
		return ask_and_tell(c, setting->word, setting->get, &values);
	}
	const bool off = strcmp(args[1], "off") == 0 || strcmp(args[1], "none") == 0;
	if (off)
		config_add(&values, "publish_address=none");
	else if (!add_group(c, setting, args[1], &values, &is_virtual))
		return false;
	for (size_t f = 0; f < BM_ARRAY_LEN(FIELDS); f++) {
		const char *value = off && f != 1 ? "0" : FIELDS[f].otherwise;
		for (size_t i = 2; i < count && i < BM_ARRAY_LEN(taken); i++) {
			if (!named(args[i], FIELDS[f].typed))
				continue;
			value = strchr(args[i], '=') + 1;
			taken[i] = true;
		}
		if (value)
			config_add(&values, "%s=%s", FIELDS[f].field, value);
		else
			config_add(&values, "%s=%d", FIELDS[f].field, bound_key(c, &id));
	}
	for (size_t i = 2; i < count && i < BM_ARRAY_LEN(taken); i++) {
		const bool is_retransmit = named(args[i], "retransmit");
		if (is_retransmit)
			config_add_argument(&values, "publish_retransmit*", strchr(args[i], '=') + 1);
		else if (!taken[i])
			return config_wrong(c, "%s: %s is none of key=, period=, ttl=, retransmit=, credentials=",
					    setting->word, args[i]);
		retransmit |= is_retransmit;
	}
	if (!retransmit)
		config_add(&values, "publish_retransmit_count=0");
	if (!retransmit || !strstr(values.texts[values.count - 1], "interval"))
		config_add(&values, "publish_retransmit_interval_steps=0");
	add_model(c, &id, &values);
	return ask_and_tell(c, setting->word,
			    is_virtual ? BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET : setting->set, &values);
}
