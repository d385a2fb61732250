/*
 * `blemesh groups`: the names of group addresses and Label UUIDs.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "cli/commands/commands.h"
#include "cli/commands/config_state.h"
#include "cli/commands/table.h"
#include "cli/network/document.h"
#include "cli/text.h"

static const char usage[] =
	"usage: blemesh groups [options]\n"
	"       blemesh groups [options] add NAME [ADDRESS|UUID|virtual]\n"
	"       blemesh groups [options] delete NAME\n"
	"\n"
	"Lists the groups of the network and who subscribes to them, or names one. Without an address the next free\n"
	"one from 0xc000 on is taken; a Label UUID makes a virtual group, virtual one with a UUID of its own.\n"
	"\n" BM_SHARED_USAGE "  -h, --help          this text\n"
	"\n"
	"Example: blemesh groups add kitchen; blemesh config lamp subscribe onoff-server kitchen\n"
	"Exit status: 0; 1 if it failed; 2 for wrong usage.\n";

/* Names: "lamp", "fan/1"; a new reference. */
static json_t *subscribers(struct bm_network *network, const char *address)
{
	size_t n, e, m, i;
	json_t *node, *element, *model, *each, *names = json_array();
	json_array_foreach(bm_network_nodes(network), n, node)
		json_array_foreach(json_object_get(node, "elements"), e, element)
	{
		bool is_there = false;
		char name[160];
		json_array_foreach(json_object_get(element, "models"), m, model)
			json_array_foreach(json_object_get(model, "subscribe"), i, each)
				is_there |= bm_document_same_address(json_string_value(each), address);
		if (!is_there)
			continue;
		bm_network_name_of(network, (uint16_t)(bm_document_addr(node) + e), name, sizeof name);
		json_array_append_new(names, bm_text_string(name));
	}
	return names;
}

static int list_json(const struct bm_options *options, struct bm_network *network)
{
	json_t *list = json_deep_copy(bm_network_groups(network)), *group;
	size_t i;
	json_array_foreach(list, i, group)
	{
		const char *address = json_string_value(json_object_get(group, "address"));
		json_object_set_new(group, "subscribers", subscribers(network, address ? address : ""));
	}
	bm_print_json(json_pack("{s:o}", "groups", list));
	return bm_shown(options);
}

static void put_names(struct bm_table *table, json_t *names)
{
	char text[400] = "";
	size_t i, used = 0;
	json_t *name;
	json_array_foreach(names, i, name) if (used < sizeof text) used += (size_t)snprintf(
		text + used, sizeof text - used, "%s%s", i ? ", " : "", json_string_value(name));
	bm_table_put(table, text);
	json_decref(names);
}

static int list_groups(const struct bm_options *options, struct bm_network *network)
{
	static const char *const head[] = {"ADDRESS", "NAME", "LABEL", "SUBSCRIBERS"};
	struct bm_table table;
	size_t i;
	json_t *group;
	if (options->json)
		return list_json(options, network);
	bm_table_begin(&table, head, BM_ARRAY_LEN(head));
	json_array_foreach(bm_network_groups(network), i, group)
	{
		const char *address = json_string_value(json_object_get(group, "address"));
		uint16_t addr;
		bool is_virtual = false;
		if (!address || !bm_network_group_addr(group, &addr, NULL, &is_virtual))
			continue;
		bm_table_putf(&table, "0x%04x", addr);
		bm_table_put(&table, json_string_value(json_object_get(group, "name")));
		bm_table_put(&table, is_virtual ? address : NULL);
		put_names(&table, subscribers(network, address));
	}
	if (json_array_size(bm_network_groups(network)) == 0)
		puts("no group has a name yet (blemesh groups add NAME)");
	bm_table_print(&table, "");
	return bm_shown(options);
}

static bool is_taken(struct bm_network *network, uint16_t addr)
{
	size_t i;
	json_t *group;
	json_array_foreach(bm_network_groups(network), i, group)
	{
		uint16_t theirs;
		if (bm_network_group_addr(group, &theirs, NULL, NULL) && theirs == addr)
			return true;
	}
	return false;
}

/* The group's address, for its document; a new reference, or NULL: it was told why not. */
static json_t *choose_address(struct bm_options *options, struct bm_network *network, const char *text)
{
	uint8_t label[BM_UUID_LEN];
	uint32_t addr = 0xc000;
	const bool fresh = text && strcmp(text, "virtual") == 0;
	if (fresh) {
		if (getrandom(label, sizeof label, 0) != (ssize_t)sizeof label) {
			bm_wrong(options, "there are no random octets");
			return NULL;
		}
		label[6] = (uint8_t)((label[6] & 0x0f) | 0x40); /* RFC 4122: a random UUID */
		label[8] = (uint8_t)((label[8] & 0x3f) | 0x80);
	}
	if (fresh || (text && bm_document_uuid_parse(text, label)))
		return bm_document_of_label(label);
	if (text && (!bm_number_parse(text, 0xc000, 0xfeff, &addr))) {
		bm_wrong(options, "%s is no group address (0xc000 to 0xfeff), Label UUID or \"virtual\"", text);
		return NULL;
	}
	while (!text && addr < 0xff00 && is_taken(network, (uint16_t)addr))
		addr++;
	if (is_taken(network, (uint16_t)addr)) {
		bm_wrong(options, "0x%04lx has a name already (blemesh groups)", (unsigned long)addr);
		return NULL;
	}
	return bm_document_of_hex16((uint16_t)addr);
}

static int add_group(struct bm_options *options, struct bm_network *network, const char *name, const char *text)
{
	const char *problem = bm_network_name_problem(network, name);
	if (problem)
		return bm_wrong(options, "%s: %s", name, problem);
	json_t *address = choose_address(options, network, text);
	if (!address)
		return options->status;
	json_t *group = json_pack("{s:s, s:o, s:s}", "name", name, "address", address, "parentAddress", "0000");
	const enum bm_err err = bm_network_keep_group(network, group);
	uint16_t addr = 0;
	bm_network_group_addr(group, &addr, NULL, NULL);
	if (err)
		bm_failed(options, "%s cannot be written", bm_network_path(network));
	else if (options->json)
		bm_print_json(json_incref(group));
	else
		bm_text_say(stdout, "%s is 0x%04x\n", name, addr);
	json_decref(group);
	return err ? BM_STATUS_FAILED : BM_STATUS_DONE;
}

static int delete_group(struct bm_options *options, struct bm_network *network, const char *name)
{
	size_t i;
	json_t *group;
	json_array_foreach(bm_network_groups(network), i, group)
	{
		const char *theirs = json_string_value(json_object_get(group, "name"));
		uint16_t addr;
		if (!theirs || strcmp(theirs, name) != 0 || !bm_network_group_addr(group, &addr, NULL, NULL))
			continue;
		if (bm_network_forget_group(network, addr))
			return bm_failed(options, "%s cannot be written", bm_network_path(network));
		if (options->json)
			bm_print_json(json_pack("{s:s, s:i, s:b}", "name", name, "address", addr, "deleted", true));
		else
			printf("0x%04x has no name any more; who subscribes to it still does\n", addr);
		return BM_STATUS_DONE;
	}
	return bm_failed(options, "no group is called %s (blemesh groups)", name);
}

int config_groups(struct bm_options *options, char **args, size_t count)
{
	const char *verb = count ? args[0] : "list";
	const bool add = strcmp(verb, "add") == 0, drop = strcmp(verb, "delete") == 0;
	if (!add && !drop && strcmp(verb, "list") != 0)
		return bm_wrong(options, "groups: %s is none of list, add and delete", verb);
	if ((add && (count < 2 || count > 3)) || (drop && count != 2) || (!add && !drop && count > 1))
		return bm_wrong(options, "groups %s: expected %s", verb,
				add    ? "a name, and perhaps an address"
				: drop ? "a name"
				       : "nothing more");
	struct bm_network *network = bm_options_network(options, false);
	if (!network)
		return BM_STATUS_FAILED;
	const int status = add    ? add_group(options, network, args[1], count > 2 ? args[2] : NULL)
			   : drop ? delete_group(options, network, args[1])
				  : list_groups(options, network);
	bm_network_close(network);
	return status;
}

int bm_command_groups(int argc, char **argv, char **whole_argv)
{
	struct bm_options options = {.command = "groups", .usage = usage};
	(void)whole_argv;
	while (bm_options_next(&options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	if (options.over)
		return options.status;
	return config_groups(&options, argv + optind, (size_t)(argc - optind));
}
