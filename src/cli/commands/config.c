/*
 * `blemesh config`: every Configuration and Health message in words, for a node, an element, a group's nodes or all.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/commands.h"
#include "cli/commands/config_state.h"
#include "cli/network/document.h"

/* Enough for one who is away to hold up nobody, few enough for the air. */
#define SIDE_BY_SIDE 6u

static const char usage_head[] =
	"usage: blemesh config [options] ADDR [SETTING [VALUE ...]]\n"
	"       blemesh config [options] --all | --group NAME  SETTING [VALUE ...]\n"
	"       blemesh config groups [add NAME [ADDRESS|UUID|virtual] | delete NAME]\n"
	"\n"
	"Asks nodes for their configuration and changes it; what a node confirms is written down in the network's\n"
	"file. ADDR is an address, a name, or an element (0x0002/1, lamp/1). A setting without values is asked for,\n"
	"with values it is set; an address alone asks for all states.\n"
	"\n";
static const char usage_tail[] =
	"\n"
	"  --all               every node but this computer's own, and those that were shut out; six at a\n"
	"                      time, told as they answer\n"
	"  --group NAME        every node of which a model subscribes to the group\n"
	"  --timeout SECONDS   how long each answer is waited for (10)\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Examples: blemesh config lamp relay on 2x20ms\n"
	"          blemesh config 0x0002/0 bind onoff-server 0\n"
	"          blemesh config lamp subscribe onoff-server kitchen\n"
	"          blemesh config switch publish onoff-client kitchen period=10s\n"
	"Exit status: 0; 1 if a node did not answer or refused; 2 for wrong usage.\n";

enum { OPT_ALL = BM_OPTION_OWN, OPT_GROUP };

const struct option bm_config_options[] = {
	BM_SHARED_OPTIONS,
	{"all", no_argument, NULL, OPT_ALL},
	{"group", required_argument, NULL, OPT_GROUP},
	{NULL, 0, NULL, 0},
};

bool config_fail(struct config *c, const char *format, ...)
{
	char text[700];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	c->failures++;
	/* With --json it stands with the node's states. */
	json_t *whole = c->options.document;
	if (whole)
		c->options.document = c->states;
	bm_failed(&c->options, "%s: %s", c->name, text);
	c->options.document = whole;
	return false;
}

bool config_wrong(struct config *c, const char *format, ...)
{
	char text[1000];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	/* What is wrong with the words is told once, not for each node. */
	if (c->several && c->several->whole->options.over)
		c->options.over = true;
	else
		bm_wrong(&c->options, "%s", text);
	return false;
}

static void wait_turn(void *ctx)
{
	bm_turns_wait(ctx);
}

/* The session is opened between two turns. */
static struct bm_client *client_beside(struct config *c)
{
	const struct config *whole = c->several->whole;
	while (!c->client && !whole->client && !whole->interrupted)
		bm_turns_wait(c->several->turns);
	if (!c->client && whole->client && !whole->interrupted)
		c->client = bm_client_beside(whole->client, wait_turn, c->several->turns);
	if (!c->client) {
		c->interrupted = true;
		c->failures++;
	}
	return c->client;
}

struct bm_client *config_client(struct config *c)
{
	if (c->several)
		return client_beside(c);
	if (!c->client && !c->interrupted)
		c->client = bm_client_open(&c->options, c->network);
	if (!c->client && !c->interrupted) {
		c->interrupted = true;
		c->failures++;
	}
	return c->client;
}

const struct config_setting *config_find(const char *word)
{
	char typed[BM_WORD_MAX];
	if (!bm_word_typed(word, typed))
		return NULL;
	for (size_t i = 0; i < config_setting_count; i++)
		if (strcmp(config_settings[i].word, typed) == 0)
			return &config_settings[i];
	return NULL;
}

static bool find_setting(struct config *c, const struct config_setting **setting)
{
	struct bm_word_guess guess;
	char meant[400];
	*setting = NULL;
	if (c->word_count == 0)
		return true;
	*setting = config_find(c->words[0]);
	if (*setting)
		return true;
	bm_word_guess_begin(&guess, c->words[0]);
	for (size_t i = 0; i < config_setting_count; i++)
		bm_word_guess_offer(&guess, config_settings[i].word);
	bm_word_guess_text(&guess, meant, sizeof meant);
	return config_wrong(c, "%s is no setting (blemesh config --help has them all)%s", c->words[0], meant);
}

static void all_states(struct config *c)
{
	c->all = true;
	for (size_t i = 0; i < config_setting_count && !c->interrupted; i++)
		if (config_settings[i].shown)
			(void)config_settings[i].run(c, &config_settings[i], NULL, 0);
}

/* One node; returns what came of it, for JSON. */
static json_t *configure(struct config *c, const struct config_setting *setting, json_t *node, uint16_t element)
{
	c->node = json_incref(node);
	c->addr = bm_document_addr(node);
	c->element = element;
	bm_network_name_of(c->network, c->addr, c->name, sizeof c->name);
	c->states = json_object();
	if (setting)
		(void)setting->run(c, setting, c->words + 1, c->word_count - 1);
	else
		all_states(c);
	json_t *result = json_pack("{s:o}", "address", json_sprintf("0x%04x", c->addr));
	const char *name = bm_document_name(node);
	if (name)
		json_object_set_new(result, "name", json_string(name));
	json_object_update(result, c->states);
	json_decref(c->states);
	json_decref(c->node);
	return result;
}

static void configure_beside(void *ctx, struct bm_turns *turns, size_t index)
{
	struct config_several *several = ctx;
	struct config *whole = several->whole, c = *whole;
	json_t *node = json_array_get(several->nodes, index);
	if (whole->options.over || whole->interrupted)
		return;
	several->turns = turns;
	c.several = several;
	c.client = NULL;
	c.failures = 0;
	several->results[index] = configure(&c, several->setting, node, bm_document_addr(node));
	whole->failures += c.failures;
	if (c.options.over && !whole->options.over) {
		whole->options.over = true;
		whole->options.status = c.options.status;
	}
}

static void wait_for_answers(void *ctx)
{
	const struct config_several *several = ctx;
	struct config *whole = several->whole;
	if (!whole->client)
		(void)config_client(whole);
	else if (!bm_client_run(whole->client))
		whole->interrupted = true;
}

/* Whoever is away holds up nobody. Results are in the order of the nodes. */
static void configure_side_by_side(struct config *c, const struct config_setting *setting, json_t *nodes,
				   json_t *results)
{
	const size_t count = json_array_size(nodes);
	struct config_several several = {
		.whole = c, .setting = setting, .nodes = nodes, .results = calloc(count, sizeof *several.results)};
	if (!several.results) {
		c->failures += (unsigned)bm_failed(&c->options, "out of memory");
		return;
	}
	bm_turns_run(&(struct bm_turns_options){.count = count,
						.at_once = SIDE_BY_SIDE,
						.job = configure_beside,
						.idle = wait_for_answers,
						.ctx = &several});
	for (size_t i = 0; i < count; i++)
		if (several.results[i])
			json_array_append_new(results, several.results[i]);
	free(several.results);
}

static bool is_in_group(const json_t *node, const char *address)
{
	size_t e, m, i;
	json_t *element, *model, *each;
	json_array_foreach(json_object_get(node, "elements"), e,
			   element) json_array_foreach(json_object_get(element, "models"), m, model)
		json_array_foreach(json_object_get(model, "subscribe"), i,
				   each) if (bm_document_same_address(json_string_value(each), address)) return true;
	return false;
}

/* The group's address as documents have it: four digits, or a Label UUID. */
static bool group_text(struct config *c, const char *group, char *out, size_t len)
{
	char error[400];
	uint16_t addr;
	size_t i;
	json_t *each;
	json_array_foreach(bm_network_groups(c->network), i, each)
	{
		const char *name = json_string_value(json_object_get(each, "name"));
		if (name && strcmp(name, group) == 0) {
			snprintf(out, len, "%s", json_string_value(json_object_get(each, "address")));
			return true;
		}
	}
	if (!bm_network_resolve(c->network, group, &addr, error, sizeof error))
		return config_wrong(c, "--group %s", error);
	if (bm_addr_is_unicast(addr))
		return config_wrong(c, "--group %s: that is a node, no group", group);
	snprintf(out, len, "%04X", addr);
	return true;
}

static void configure_several(struct config *c, const struct config_setting *setting, const char *group,
			      json_t *results)
{
	char address[64] = "";
	json_t *node;
	size_t i;
	c->all = true;
	if (group && !group_text(c, group, address, sizeof address))
		return;
	json_t *nodes = json_array();
	json_array_foreach(bm_network_nodes(c->network), i, node)
	{
		/* Who was shut out has other keys, or is to be left alone. */
		if (bm_document_addr(node) != bm_network_own_addr(c->network) &&
		    !json_is_true(json_object_get(node, "excluded")) && (!group || is_in_group(node, address)))
			json_array_append(nodes, node);
	}
	const size_t count = json_array_size(nodes);
	if (count)
		configure_side_by_side(c, setting, nodes, results);
	json_decref(nodes);
	if (count == 0 && group)
		c->failures += (unsigned)bm_failed(&c->options, "no node is known to subscribe to %s", group);
	else if (count == 0)
		c->failures += (unsigned)bm_failed(&c->options, "there are no other nodes (blemesh nodes)");
}

static void configure_one(struct config *c, const struct config_setting *setting, const char *text, json_t *results)
{
	char error[400];
	uint16_t addr;
	json_t *node = bm_network_resolve_node(c->network, text, error, sizeof error);
	if (!node) {
		config_wrong(c, "%s", error);
		return;
	}
	if (!bm_network_resolve(c->network, text, &addr, error, sizeof error))
		addr = bm_document_addr(node); /* by its UUID */
	json_array_append_new(results, configure(c, setting, node, addr));
}

static int run(struct config *c, const char *target, bool all, const char *group)
{
	const struct config_setting *setting;
	if (!find_setting(c, &setting))
		return c->options.status;
	json_t *results = json_array();
	if (c->options.json)
		c->options.document = json_pack("{s:O}", "nodes", results);
	if (all || group)
		configure_several(c, setting, group, results);
	else
		configure_one(c, setting, target, results);
	bm_client_close(c->client);
	if (c->options.json)
		bm_print_json(c->options.document);
	json_decref(results);
	return c->options.over ? c->options.status : c->failures ? BM_STATUS_FAILED : BM_STATUS_DONE;
}

/* The list of settings is made of their table. */
static char *make_usage(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	fputs(usage_head, out);
	for (size_t i = 0; i < config_setting_count; i++) {
		const struct config_setting *s = &config_settings[i];
		char left[160];
		snprintf(left, sizeof left, "%s%s%s", s->word, s->usage[0] ? " " : "", s->usage);
		if (strlen(left) < 36)
			fprintf(out, "  %-36s%s\n", left, s->about);
		else
			fprintf(out, "  %s\n  %-36s%s\n", left, "", s->about);
	}
	fputs(usage_tail, out);
	fclose(out);
	return text;
}

static int with_arguments(struct config *c, int argc, char **argv, bool all, const char *group)
{
	const bool several = all || group;
	char **words = argv + optind;
	const size_t count = (size_t)(argc - optind);
	if (count && strcmp(words[0], "groups") == 0 && !several)
		return config_groups(&c->options, words + 1, count - 1);
	if (all && group)
		return bm_wrong(&c->options, "--all and --group do not go together");
	if (count == 0 && !several)
		return bm_wrong(&c->options, "which node? (an address or a name, --all or --group; see --help)");
	c->words = words + (several ? 0 : 1);
	c->word_count = count - (several ? 0 : 1);
	c->network = bm_options_network(&c->options, false);
	if (!c->network)
		return BM_STATUS_FAILED;
	const int status = run(c, words[0], all, group);
	bm_network_close(c->network);
	return status;
}

int bm_command_config(int argc, char **argv, char **whole_argv)
{
	struct config c = {.options = {.command = "config"}};
	char *usage = make_usage();
	const char *group = NULL;
	bool all = false;
	int option;
	(void)whole_argv;
	c.options.usage = usage ? usage : usage_head;
	while ((option = bm_options_next(&c.options, argc, argv, "", bm_config_options)) != BM_OPTIONS_END) {
		if (option == OPT_ALL)
			all = true;
		else
			group = optarg;
	}
	const int status = c.options.over ? c.options.status : with_arguments(&c, argc, argv, all, group);
	free(usage);
	return status;
}
