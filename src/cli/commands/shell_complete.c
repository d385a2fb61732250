/*
 * How a line may go on: commands, options, addresses and names, messages with their fields and values, settings.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands/commands.h"
#include "cli/commands/config_state.h"
#include "cli/commands/shell_state.h"
#include "cli/device/device_options.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "cli/words/models.h"
#include "cli/words/value_names.h"

struct completing {
	struct bm_network *network;
	const char *word; /* what is there of the last word, without quotes */
	bm_completion *take;
	void *ctx;
};

/* The longest thing offered: a field with a value. */
#define OFFER_MAX 200u

static void offer(const struct completing *c, const char *text, const char *behind)
{
	char whole[OFFER_MAX];
	const size_t len = strlen(c->word);
	if (strncmp(text, c->word, len) != 0 || strpbrk(text, " '\"\\") || !bm_text_is_plain(text))
		return;
	snprintf(whole, sizeof whole, "%s%s", text, behind);
	c->take(c->ctx, len, whole);
}

static void offer_all(const struct completing *c, const char *list)
{
	char text[OFFER_MAX];
	for (const char *at = list + strspn(list, " "); *at; at += strspn(at, " ")) {
		const size_t len = strcspn(at, " ");
		snprintf(text, sizeof text, "%.*s", (int)len, at);
		offer(c, text, " ");
		at += len;
	}
}

static void offer_commands(const struct completing *c)
{
	size_t count;
	const struct bm_command *commands = bm_commands(&count);
	for (size_t i = 0; i < count; i++)
		if (commands[i].options)
			offer(c, commands[i].name, " ");
	offer_all(c, "help exit");
}

/* A node that is one itself has others. */
static const struct option *options_of(const struct shell_words *words)
{
	const struct bm_command *command = bm_command_find(words->list[0]);
	for (size_t i = 1; i < words->count && strcmp(words->list[0], "node") == 0; i++)
		if (strncmp(words->list[i], "--model", 7) == 0)
			return bm_device_long_options;
	return command ? command->options : NULL;
}

static void offer_options(const struct completing *c, const struct shell_words *words)
{
	char text[OFFER_MAX];
	for (const struct option *option = options_of(words); option && option->name; option++) {
		snprintf(text, sizeof text, "--%s", option->name);
		offer(c, text, " ");
	}
	if (strcmp(words->list[0], "node") == 0)
		offer(c, "--model", " ");
}

static void offer_groups(const struct completing *c)
{
	size_t i;
	json_t *group;
	json_array_foreach(c->network ? bm_network_groups(c->network) : NULL, i, group)
	{
		const char *name = json_string_value(json_object_get(group, "name"));
		if (name)
			offer(c, name, " ");
	}
	offer_all(c, "all-nodes all-proxies all-friends all-relays");
}

/* Nodes by name, else by address; an element once a '/' is there. */
static void offer_nodes(const struct completing *c)
{
	size_t i;
	json_t *node;
	json_array_foreach(c->network ? bm_network_nodes(c->network) : NULL, i, node)
	{
		char text[OFFER_MAX];
		const char *name = bm_document_name(node);
		if (name)
			offer(c, name, " ");
		snprintf(text, sizeof text, "0x%04x", bm_document_addr(node));
		if (!name || strncmp(c->word, "0", 1) == 0)
			offer(c, text, " ");
		for (unsigned e = 0; strchr(c->word, '/') && e < bm_document_elements(node); e++) {
			snprintf(text, sizeof text, "%.100s/%u", name ? name : text, e);
			offer(c, text, " ");
		}
	}
}

static void offer_messages(const struct completing *c)
{
	const struct bm_message *message;
	char word[BM_WORD_MAX];
	for (size_t i = 0; (message = bm_message_at(i)); i++) {
		bm_message_word(message, word);
		/* What nobody sends by hand comes only when it is asked for. */
		if (strstr(word, "-status") && strlen(c->word) < 4)
			continue;
		offer(c, word, " ");
	}
}

struct fields {
	const struct completing *c;
	const struct bm_message *message;
	const struct shell_words *words;
};

static void offer_values(const struct completing *c, const struct bm_message *message, const struct bm_field *field)
{
	const struct bm_value_names *names = bm_value_names_of(message, field);
	char text[OFFER_MAX];
	for (size_t i = 0; names && i < names->count; i++) {
		snprintf(text, sizeof text, "%s=%s", field->name, names->names[i].word);
		offer(c, text, " ");
	}
	for (size_t i = 0; field->kind == BM_FIELD_MODEL && i < bm_model_name_count; i++) {
		const struct bm_model_id id = {.id = bm_model_names[i].id};
		char word[BM_MODEL_WORD_MAX];
		bm_model_word(&id, word);
		snprintf(text, sizeof text, "%s=%s", field->name, word);
		offer(c, text, " ");
	}
}

static void offer_field(void *ctx, const char *name)
{
	const struct fields *f = ctx;
	char text[OFFER_MAX];
	const size_t len = strlen(name);
	/* What is there already is not there again. */
	for (size_t i = 0; i + 1 < f->words->count; i++)
		if (strncmp(f->words->list[i], name, len) == 0 && f->words->list[i][len] == '=')
			return;
	snprintf(text, sizeof text, "%s=", name);
	if (strcmp(name, "tid") != 0 || f->c->word[0] == 't')
		offer(f->c, text, "");
}

static void offer_fields(const struct completing *c, const struct shell_words *words, const char *message_word)
{
	char error[400];
	struct fields f = {.c = c, .message = bm_message_by_word(message_word, error, sizeof error), .words = words};
	if (!f.message)
		return;
	const char *equals = strchr(c->word, '=');
	if (!equals) {
		bm_speak_names(f.message, offer_field, &f);
		return;
	}
	for (size_t i = 0; i < f.message->field_count; i++) {
		const char *name = f.message->fields[i].name;
		if (name && strlen(name) == (size_t)(equals - c->word) &&
		    strncmp(name, c->word, (size_t)(equals - c->word)) == 0)
			offer_values(c, f.message, &f.message->fields[i]);
	}
}

static void offer_models(const struct completing *c, const char *node_word)
{
	char error[400];
	const json_t *node = c->network ? bm_network_resolve_node(c->network, node_word, error, sizeof error) : NULL;
	size_t e, m;
	json_t *element, *model;
	json_array_foreach(json_object_get(node, "elements"), e, element)
		json_array_foreach(json_object_get(element, "models"), m, model)
	{
		struct bm_model_id id;
		char word[BM_MODEL_WORD_MAX];
		if (!bm_document_model_parse(json_string_value(json_object_get(model, "modelId")), &id))
			continue;
		bm_model_word(&id, word);
		offer(c, word, " ");
	}
}

static void offer_setting_values(const struct completing *c, const char *node_word, const char *word, size_t position)
{
	static const char *const VALUES[][2] = {
		{"net-key", "list add update delete"},
		{"app-key", "list add update delete"},
		{"heartbeat", "publish subscribe"},
		{"health", "fault attention period"},
		{"key-refresh-phase", "use-new-keys revoke-old-keys"},
	};
	const struct config_setting *setting = config_find(word);
	if (!setting)
		return;
	for (size_t i = 0; i < BM_ARRAY_LEN(VALUES); i++)
		if (position == 0 && strcmp(setting->word, VALUES[i][0]) == 0)
			offer_all(c, VALUES[i][1]);
	const bool of_models = setting->run == config_bind || setting->run == config_subscribe ||
			       setting->run == config_publish;
	if (of_models && position == 0)
		offer_models(c, node_word);
	if ((setting->run == config_subscribe && position < 2) || (setting->run == config_publish && position == 1))
		offer_groups(c);
	if (setting->run == config_publish && position == 1)
		offer_nodes(c);
	if (setting->run == config_publish && position > 1) {
		static const char *const names[] = {"key=", "period=", "ttl=", "retransmit=", "credentials="};
		for (size_t i = 0; i < BM_ARRAY_LEN(names); i++)
			offer(c, names[i], "");
	}
	if (setting->run == config_state && position == 0 && strstr(setting->usage, "on|off"))
		offer_all(c, "on off");
}

static void offer_settings(const struct completing *c)
{
	for (size_t i = 0; i < config_setting_count; i++)
		if (i == 0 || strcmp(config_settings[i].word, config_settings[i - 1].word) != 0)
			offer(c, config_settings[i].word, " ");
}

/* The position-th argument of a command, options not counted; several: --all or --group stand for the node. */
static void offer_argument(const struct completing *c, const struct shell_words *words, const char *const *args,
			   size_t position, bool several)
{
	const char *command = words->list[0];
	if (strcmp(command, "send") == 0) {
		if (position == 0) {
			offer_nodes(c);
			offer_groups(c);
		} else if (position == 1) {
			offer_messages(c);
		} else {
			offer_fields(c, words, args[1]);
		}
	} else if (strcmp(command, "config") == 0) {
		const size_t at = position + several;
		if (at == 0) {
			offer_nodes(c);
			offer_all(c, "groups");
		} else if (at == 1) {
			offer_settings(c);
		} else {
			offer_setting_values(c, several ? "" : args[0], args[several ? 0 : 1], at - 2);
		}
	} else if (strcmp(command, "node") == 0) {
		if (position == 0)
			offer_nodes(c);
		else if (position == 1)
			offer_all(c, "name configure reset remove");
	} else if (strcmp(command, "keys") == 0) {
		if (position < 2)
			offer_all(c, position == 0 ? "add remove" : "app");
	} else if (strcmp(command, "iv") == 0) {
		if (position == 0)
			offer_all(c, "update end test");
	} else if (strcmp(command, "groups") == 0) {
		if (position == 0)
			offer_all(c, "add delete list");
		else
			offer_groups(c);
	} else if (strcmp(command, "help") == 0 && position == 0) {
		offer_commands(c);
	}
}

static bool takes_value(const struct shell_words *words, const char *word)
{
	for (const struct option *option = options_of(words); option && option->name; option++)
		if (strcmp(word + 2, option->name) == 0)
			return option->has_arg == required_argument;
	return false;
}

static void offer_option_value(const struct completing *c, const char *option)
{
	if (strcmp(option, "--group") == 0)
		offer_groups(c);
	else if (strcmp(option, "--exclude") == 0 || strcmp(option, "--skip") == 0 || strcmp(option, "--src") == 0)
		offer_nodes(c);
	else if (strcmp(option, "--opcode") == 0)
		offer_messages(c);
	else if (strcmp(option, "--oob") == 0)
		offer_all(c, "none output input static:");
	else if (strcmp(option, "--radio") == 0)
		offer_all(c, "air");
}

static void complete_words(struct completing *c, const struct shell_words *words, size_t last)
{
	const char *args[SHELL_WORDS_MAX] = {NULL};
	size_t position = 0;
	bool several = false;
	for (size_t i = 1; i < last; i++) {
		const char *word = words->list[i];
		several |= strcmp(word, "--all") == 0 || strcmp(word, "--group") == 0;
		if (strncmp(word, "--", 2) != 0)
			args[position++] = word;
		else if (takes_value(words, word) && ++i == last) {
			offer_option_value(c, word);
			return;
		}
	}
	if (last == 0)
		offer_commands(c);
	else if (strncmp(c->word, "--", 2) == 0)
		offer_options(c, words);
	else
		offer_argument(c, words, args, position, several);
}

void shell_complete(struct bm_network *network, const char *before, bm_completion *take, void *ctx)
{
	struct shell_words words;
	struct completing c = {.network = network, .word = "", .take = take, .ctx = ctx};
	char error[200];
	const size_t len = strlen(before);
	if (shell_split(before, true, &words, error, sizeof error) && words.last <= len &&
	    !strpbrk(before + words.last, "'\"\\")) {
		const bool typing = words.last < len && before[words.last] != '#';
		if (typing && words.count)
			c.word = words.list[words.count - 1];
		complete_words(&c, &words, typing ? words.count - 1 : words.count);
	}
	shell_words_free(&words);
}
