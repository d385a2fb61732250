/*
 * `blemesh key-refresh`: a new NetKey for all nodes, with the procedure's state kept after each step, so that a run
 * that ends anyhow is gone on with by the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/key_refresh.h"
#include "cli/commands/commands.h"
#include "cli/commands/nodes.h"
#include "cli/network/document.h"
#include "cli/network/keeper.h"
#include "cli/network/session.h"
#include "cli/text.h"

#define NODES_MAX BM_KEEPER_NODES_MAX
#define APP_KEYS_MAX 32u
#define SETTLE_US (2u * BM_US_PER_S)
#define SKIPS_MAX 64u

static const char usage[] =
	"usage: blemesh key-refresh [options]\n"
	"\n"
	"Gives the network new keys: a network key and the application keys that belong to it, node by node, while\n"
	"the network goes on working. Nodes that do not get them are out of the network at the end: that is how\n"
	"one that was lost, stolen or sold is shut out. If nodes do not answer, or the run is ended, the next one\n"
	"goes on where this one ended.\n"
	"\n"
	"  --net INDEX         the network key, and with it the subnet (0, which every node has)\n"
	"  --exclude NODE      gets no new keys and is shut out; repeatable\n"
	"  --skip NODE         going on without a node that did not answer; repeatable\n"
	"  --timeout SECONDS   how long to wait for one answer (20)\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 if nodes did not answer or it failed; 2 for wrong usage.\n";

enum { OPT_EXCLUDE = BM_OPTION_OWN, OPT_SKIP, OPT_NET };

const struct option bm_key_refresh_options[] = {
	BM_SHARED_OPTIONS,
	{"exclude", required_argument, NULL, OPT_EXCLUDE},
	{"skip", required_argument, NULL, OPT_SKIP},
	{"net", required_argument, NULL, OPT_NET},
	{NULL, 0, NULL, 0},
};

struct refresher {
	struct bm_options options;
	struct bm_network *network;
	struct bm_session *session;
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[NODES_MAX];
	struct bm_key_refresh_app_key app_keys[APP_KEYS_MAX];
	size_t app_key_count;
	const char *excluded[SKIPS_MAX], *skipped[SKIPS_MAX];
	uint16_t excluded_addrs[SKIPS_MAX], skipped_addrs[SKIPS_MAX];
	size_t excluded_count, skipped_count;
	uint32_t net_idx;
	bool retried, stopped, is_over;
	int status;
};

/* Each subnet's procedure is a record of its own. */
static struct bm_store_key state_key(const struct refresher *r)
{
	return (struct bm_store_key){.kind = (enum bm_store_kind)BM_NETWORK_REFRESH, .index = (uint16_t)r->net_idx};
}

static const char *step_text(enum bm_key_refresh_step step)
{
	static const char *const texts[] = {"?", "gives out the new keys", "switches to the new keys",
					    "takes back the old keys", "over"};
	return texts[step];
}

static void say(const struct refresher *r, const char *event, const struct bm_key_refresh_event *e, const char *node,
		const char *text)
{
	if (r->options.json) {
		json_t *object = json_pack("{s:s, s:s, s:i, s:i, s:i}", "event", event, "step", step_text(e->step),
					   "done", (int)e->done, "failed", (int)e->failed, "nodes", (int)e->total);
		if (e->node)
			json_object_set_new(object, "address", json_integer(e->node->addr));
		if (text)
			json_object_set_new(object, "text", json_string(text));
		bm_print_json(object);
		return;
	}
	if (node)
		bm_text_say(stderr, "  %zu of %zu  %s%s%s\n", e->done, e->total, node, text ? ": " : "",
			    text ? text : "");
	else
		fprintf(stderr, "%s\n", step_text(e->step));
}

static enum bm_err keep_state(const struct refresher *r)
{
	const struct bm_store_key key = state_key(r);
	const size_t capacity = BM_KEY_REFRESH_STATE_MAX(NODES_MAX, APP_KEYS_MAX);
	size_t len = 0;
	uint8_t *octets = r->is_over ? NULL : malloc(capacity);
	enum bm_err err = r->is_over ? BM_OK
			  : octets   ? bm_key_refresh_export(&r->refresh, octets, capacity, &len)
				     : BM_ERR_NO_SPACE;
	if (!err)
		err = bm_sqlite_store_put(bm_network_store(r->network), &key, octets, len);
	if (octets)
		bm_wipe(octets, capacity);
	free(octets);
	return err;
}

static void end(struct refresher *r, int status)
{
	r->status = status;
	bm_session_done(r->session);
}

/* Who got none of the new keys knows nothing of the network any more; or of that subnet alone. */
static void mark_excluded(struct refresher *r)
{
	for (size_t i = 0; i < r->refresh.params.node_count; i++) {
		json_t *node = bm_network_node(r->network, r->nodes[i].addr);
		if (!node)
			continue;
		const bool out = r->nodes[i].state == BM_KEY_REFRESH_EXCLUDED;
		if (r->net_idx == BM_NET_IDX_PRIMARY)
			json_object_set_new(node, "excluded", json_boolean(out));
		else if (out)
			bm_document_drop(json_object_get(node, "netKeys"), (uint16_t)r->net_idx, "index");
		(void)!bm_network_keep_node(r->network, node);
	}
	json_object_set_new(bm_network_about(r->network), "timestamp", bm_document_of_now());
	(void)!bm_network_keep_about(r->network);
}

static void tell_stalled(struct refresher *r, const struct bm_key_refresh_event *event)
{
	char names[600] = "";
	size_t used = 0;
	for (size_t i = 0; i < r->refresh.params.node_count; i++) {
		char name[80];
		if (r->nodes[i].state != BM_KEY_REFRESH_FAILED)
			continue;
		bm_network_name_of(r->network, r->nodes[i].addr, name, sizeof name);
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
	}
	end(r, bm_failed(&r->options,
			 "%zu of %zu nodes did not do it: %s (run it again to ask again, or with --skip NODE to go on "
			 "without a node)",
			 event->failed, event->total, names));
}

static void on_node(struct refresher *r, const struct bm_key_refresh_event *event)
{
	char name[80];
	bm_network_name_of(r->network, event->node->addr, name, sizeof name);
	const bool failed = event->kind == BM_KEY_REFRESH_EVENT_NODE_FAILED;
	const char *why = !failed ? NULL : event->node->error ? bm_err_text(event->node->error) : "it refused";
	say(r, failed ? "node_failed" : "node_done", event, name, why);
}

static void on_progress(void *ctx, const struct bm_key_refresh_event *event, bm_time now)
{
	struct refresher *r = ctx;
	switch (event->kind) {
	case BM_KEY_REFRESH_EVENT_STARTED:
	case BM_KEY_REFRESH_EVENT_STEP:
		say(r, "step", event, NULL, NULL);
		if (!keep_state(r))
			return;
		bm_key_refresh_stop(&r->refresh);
		r->stopped = true;
		end(r, bm_failed(&r->options, "%s cannot be written: stopped (is the disk full?)",
				 bm_network_path(r->network)));
		return;
	case BM_KEY_REFRESH_EVENT_NODE_DONE:
	case BM_KEY_REFRESH_EVENT_NODE_FAILED:
		on_node(r, event);
		return;
	case BM_KEY_REFRESH_EVENT_STALLED:
		if (r->retried) {
			tell_stalled(r, event);
			return;
		}
		r->retried = true;
		bm_key_refresh_retry(&r->refresh, now);
		return;
	case BM_KEY_REFRESH_EVENT_OVER:
		r->is_over = true;
		mark_excluded(r);
		if (keep_state(r))
			bm_failed(&r->options, "%s cannot be written", bm_network_path(r->network));
		end(r, BM_STATUS_DONE);
		return;
	}
}

static void take_app_key(void *ctx, const struct bm_key_view *view)
{
	struct refresher *r = ctx;
	for (size_t i = 0; i < r->app_key_count; i++)
		if (r->app_keys[i].app_idx == view->index)
			return;
	if (view->kind == BM_KEY_APP && view->net_idx == r->net_idx && r->app_key_count < APP_KEYS_MAX)
		r->app_keys[r->app_key_count++].app_idx = view->index;
}

static bool is_listed(const uint16_t *addrs, size_t count, uint16_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (addrs[i] == addr)
			return true;
	return false;
}

/* A node that was shut out before stays out: it could not even read the request. */
static size_t list_nodes(struct refresher *r)
{
	size_t i, count = 0;
	json_t *node;
	json_array_foreach(bm_network_nodes(r->network), i, node)
	{
		const uint16_t addr = bm_document_addr(node);
		const bool out = json_is_true(json_object_get(node, "excluded"));
		if (addr == bm_network_own_addr(r->network) || out || count == NODES_MAX ||
		    !bm_document_has_index(node, "netKeys", (uint16_t)r->net_idx))
			continue;
		const bool excluded = is_listed(r->excluded_addrs, r->excluded_count, addr);
		r->nodes[count++] = (struct bm_key_refresh_node){
			.addr = addr, .state = excluded ? BM_KEY_REFRESH_EXCLUDED : BM_KEY_REFRESH_PENDING};
	}
	return count;
}

static enum bm_err begin(struct refresher *r)
{
	const struct bm_store_key key = state_key(r);
	const size_t capacity = BM_KEY_REFRESH_STATE_MAX(NODES_MAX, APP_KEYS_MAX);
	struct bm_key_refresh_params params = {
		.net_idx = (uint16_t)r->net_idx,
		.nodes = r->nodes,
		.node_count = NODES_MAX,
		.app_keys = r->app_keys,
		.app_key_count = APP_KEYS_MAX,
		.timeout_us = r->options.timeout_us,
		.progress = on_progress,
		.ctx = r,
	};
	struct bm_node *node = bm_session_node(r->session);
	uint8_t *octets = malloc(capacity);
	size_t len;
	if (!octets)
		return BM_ERR_NO_SPACE;
	enum bm_err err = bm_sqlite_store_get(bm_network_store(r->network), &key, octets, capacity, &len);
	if (err == BM_OK) {
		err = bm_key_refresh_resume(&r->refresh, node, &params, octets, len, bm_session_now(r->session));
		if (!err && !r->options.json)
			fprintf(stderr, "goes on: %s\n", step_text(r->refresh.step));
		for (size_t i = 0; i < r->excluded_count && !err; i++)
			bm_wrong(&r->options, "--exclude: a key refresh is under way; --skip leaves out a node that "
					      "does not answer");
	} else if (err == BM_ERR_NOT_FOUND) {
		params.node_count = list_nodes(r);
		bm_node_each_key(node, take_app_key, r);
		params.app_key_count = r->app_key_count;
		err = bm_key_refresh_start(&r->refresh, node, &params, bm_session_now(r->session));
	}
	bm_wipe(octets, capacity);
	free(octets);
	return err;
}

static void skip(struct refresher *r)
{
	for (size_t i = 0; i < r->skipped_count && !r->is_over && !r->options.over; i++) {
		const enum bm_err err = bm_key_refresh_skip(&r->refresh, r->skipped_addrs[i],
							    bm_session_now(r->session));
		if (err == BM_ERR_NOT_FOUND)
			bm_wrong(&r->options, "--skip %s: it takes no part", r->skipped[i]);
		else if (err)
			r->status = bm_failed(&r->options, "--skip %s: %s", r->skipped[i], bm_err_text(err));
	}
}

static void finish(struct refresher *r, enum bm_session_end how)
{
	if (how == BM_SESSION_INTERRUPTED)
		r->status = bm_failed(&r->options, "interrupted: run it again to go on");
	else if (how == BM_SESSION_BROKEN)
		r->status = bm_failed(&r->options, "%s", bm_session_trouble(r->session));
	else if (r->is_over && r->status == BM_STATUS_DONE && r->options.json)
		bm_print_json(json_pack("{s:s}", "event", "done"));
	else if (r->is_over && r->status == BM_STATUS_DONE)
		puts(r->net_idx == BM_NET_IDX_PRIMARY ? "the network has new keys" : "the subnet has new keys");
	fflush(stdout);
}

struct search {
	uint32_t net_idx;
	bool found;
};

static void look_at_key(void *ctx, const struct bm_key_view *view)
{
	struct search *search = ctx;
	if (view->kind == BM_KEY_NET && view->index == search->net_idx)
		search->found = true;
}

static int run(struct refresher *r)
{
	struct search search = {.net_idx = r->net_idx};
	bm_node_each_key(bm_session_node(r->session), look_at_key, &search);
	if (!search.found)
		return bm_wrong(&r->options, "there is no network key %u (blemesh keys)", (unsigned)r->net_idx);
	const enum bm_err err = begin(r);
	if (err)
		return bm_failed(&r->options, "%s", bm_err_text(err));
	skip(r);
	enum bm_session_end how = BM_SESSION_DONE;
	if (!r->options.over && !r->is_over)
		how = bm_session_run(r->session, 0);
	if (!r->is_over && !r->stopped) {
		/* In this order: what is stopped has forgotten the new keys. */
		if (keep_state(r))
			bm_failed(&r->options, "%s cannot be written", bm_network_path(r->network));
		bm_key_refresh_stop(&r->refresh);
	}
	/* The beacons that follow tell the nodes. */
	bm_session_settle(r->session, SETTLE_US);
	finish(r, how);
	return r->options.over ? r->options.status : r->status;
}

static bool resolve_all(struct refresher *r, const char *option, const char **texts, uint16_t *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char error[300];
		const json_t *node = bm_network_resolve_node(r->network, texts[i], error, sizeof error);
		if (!node || bm_document_addr(node) == bm_network_own_addr(r->network)) {
			bm_wrong(&r->options, "%s %s%s", option, node ? texts[i] : error,
				 node ? ": that is this computer" : "");
			return false;
		}
		addrs[i] = bm_document_addr(node);
	}
	return true;
}

static int with_network(struct refresher *r)
{
	char error[600];
	if (!resolve_all(r, "--exclude", r->excluded, r->excluded_addrs, r->excluded_count) ||
	    !resolve_all(r, "--skip", r->skipped, r->skipped_addrs, r->skipped_count))
		return r->options.status;
	const struct bm_session_options options = {.network = r->network, .radio = r->options.radio, .ctx = r};
	r->session = bm_session_open(&options, error, sizeof error);
	if (!r->session)
		return bm_failed(&r->options, "%s", error);
	const int status = run(r);
	bm_session_close(r->session);
	return status;
}

static void take_option(struct refresher *r, int option)
{
	const bool excludes = option == OPT_EXCLUDE;
	if (option == OPT_NET) {
		if (!bm_number_parse(optarg, 0, BM_KEY_INDEX_MAX, &r->net_idx))
			bm_wrong(&r->options, "--net %s: the index of a key is 0 to 4095", optarg);
		return;
	}
	size_t *const count = excludes ? &r->excluded_count : &r->skipped_count;
	if (*count == SKIPS_MAX)
		bm_wrong(&r->options, "more than %u nodes", SKIPS_MAX);
	else
		(excludes ? r->excluded : r->skipped)[(*count)++] = optarg;
}

int bm_command_key_refresh(int argc, char **argv, char **whole_argv)
{
	struct refresher *r = calloc(1, sizeof *r);
	int option, status;
	(void)whole_argv;
	if (!r)
		return BM_STATUS_FAILED;
	r->options = (struct bm_options){.command = "key-refresh", .usage = usage};
	while ((option = bm_options_next(&r->options, argc, argv, "", bm_key_refresh_options)) != BM_OPTIONS_END)
		take_option(r, option);
	if (!r->options.over && optind < argc)
		bm_wrong(&r->options, "%s: key-refresh takes options alone", argv[optind]);
	status = r->options.status;
	if (!r->options.over) {
		r->network = bm_options_network(&r->options, false);
		status = r->network ? with_network(r) : BM_STATUS_FAILED;
		bm_network_close(r->network);
	}
	bm_wipe(r, sizeof *r);
	free(r);
	return status;
}
