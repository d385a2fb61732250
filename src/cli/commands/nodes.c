/*
 * `blemesh nodes`: the network's nodes as a table.
 */
#include "cli/commands/nodes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands/commands.h"
#include "cli/commands/table.h"
#include "cli/network/document.h"

static const char usage[] = "usage: blemesh nodes [options]\n"
			    "\n"
			    "Lists the nodes of the network: address, name, elements, models, the indexes of the keys\n"
			    "that they hold, and when they were last heard by a command of this network.\n"
			    "\n" BM_SHARED_USAGE "  -h, --help          this text\n"
			    "\n"
			    "See blemesh node ADDRESS for all that is known of one.\n";

void bm_ago_text(const char *timestamp, char *out, size_t len)
{
	time_t at;
	if (!bm_document_time(timestamp, &at)) {
		snprintf(out, len, "never");
		return;
	}
	const long seconds = (long)difftime(time(NULL), at);
	if (seconds < 10)
		snprintf(out, len, "just now");
	else if (seconds < 120)
		snprintf(out, len, "%ld s ago", seconds);
	else if (seconds < 2L * 3600)
		snprintf(out, len, "%ld min ago", seconds / 60);
	else if (seconds < 2L * 86400)
		snprintf(out, len, "%ld h ago", seconds / 3600);
	else
		snprintf(out, len, "%.10s", timestamp);
}

static void indexes_text(const json_t *list, char *out, size_t len)
{
	size_t i, used = 0;
	json_t *key;
	snprintf(out, len, "none");
	json_array_foreach(list, i, key) if (used < len) used += (size_t)snprintf(
		out + used, len - used, "%s%d", i ? "," : "", (int)json_integer_value(json_object_get(key, "index")));
}

static void keys_text(const json_t *node, char *out, size_t len)
{
	char net[100], app[100];
	indexes_text(json_object_get(node, "netKeys"), net, sizeof net);
	indexes_text(json_object_get(node, "appKeys"), app, sizeof app);
	snprintf(out, len, "net %s  app %s", net, app);
}

static void show(struct bm_network *network)
{
	static const char *const head[] = {"ADDRESS", "NAME", "ELEMENTS", "MODELS", "KEYS", "LAST SEEN"};
	struct bm_table table;
	size_t i;
	json_t *node;
	bm_table_begin(&table, head, BM_ARRAY_LEN(head));
	json_array_foreach(bm_network_nodes(network), i, node)
	{
		char keys[220], seen[40];
		const bool ours = bm_document_addr(node) == bm_network_own_addr(network);
		const json_t *own = json_object_get(node, "blemesh");
		keys_text(node, keys, sizeof keys);
		bm_ago_text(json_string_value(json_object_get(own, "lastSeen")), seen, sizeof seen);
		if (ours)
			snprintf(seen, sizeof seen, "this computer");
		else if (json_is_true(json_object_get(node, "excluded")))
			snprintf(seen, sizeof seen, "shut out");
		else if (json_is_true(json_object_get(own, BM_NODE_UNCONFIRMED)))
			snprintf(seen, sizeof seen, "unconfirmed");
		bm_table_putf(&table, "0x%04x", bm_document_addr(node));
		bm_table_put(&table, bm_document_name(node));
		bm_table_putf(&table, "%u", bm_document_elements(node));
		bm_table_putf(&table, "%u", bm_document_model_count(node));
		bm_table_put(&table, keys);
		bm_table_putf(&table, "%s%s", seen,
			      json_is_true(json_object_get(node, "configComplete")) ? "" : " (not configured)");
	}
	bm_table_print(&table, "");
}

int bm_command_nodes(int argc, char **argv, char **whole_argv)
{
	struct bm_options options = {.command = "nodes", .usage = usage};
	(void)whole_argv;
	while (bm_options_next(&options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	if (!options.over && optind < argc)
		bm_wrong(&options, "%s: nodes takes options alone (blemesh node %s shows one)", argv[optind],
			 argv[optind]);
	if (options.over)
		return options.status;
	struct bm_network *network = bm_options_network(&options, false);
	if (!network)
		return BM_STATUS_FAILED;
	if (options.json)
		bm_print_json(json_pack("{s:s, s:O}", "network", bm_network_name(network), "nodes",
					bm_network_nodes(network)));
	else
		show(network);
	bm_network_close(network);
	return bm_shown(&options);
}
