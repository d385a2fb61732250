/*
 * `blemesh node`: one node shown, named, configured anew, reset or forgotten.
 */
#include <stdio.h>
#include <string.h>

#include "blemesh/config_messages.h"
#include "cli/commands/commands.h"
#include "cli/commands/nodes.h"
#include "cli/device/device.h"
#include "cli/network/admission.h"
#include "cli/network/document.h"

#define SETTLE_US (400u * BM_US_PER_MS)

static const char usage[] =
	"usage: blemesh node [options] ADDRESS [ACTION]\n"
	"       blemesh node --model MODELS [options]     is a node itself (see blemesh node --model help)\n"
	"\n"
	"Shows all that is known of a node: composition, elements, models with their keys, subscriptions and\n"
	"publications. ADDRESS is 0x0002, a name, or a UUID.\n"
	"\n"
	"Actions:\n"
	"  name NAME           it is called NAME from now on ('': it has no name)\n"
	"  configure           reads its composition, gives it application key 0, binds its models\n"
	"  reset               tells it to leave the network, and forgets it\n"
	"  remove              forgets it without a word; it keeps its keys until blemesh key-refresh\n"
	"\n" BM_SHARED_USAGE "  --timeout SECONDS   how long to wait for its answer\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 if the node did not answer or refused; 2 for wrong usage.\n";

enum bm_err bm_node_forget(struct bm_network *network, const json_t *node)
{
	const uint16_t addr = bm_document_addr(node);
	const struct bm_store_key dev_key = {.kind = BM_STORE_DEVICE, .index = addr};
	enum bm_err err = bm_network_exclude(network, addr, bm_document_elements(node));
	if (!err)
		err = bm_network_forget_node(network, addr);
	return err ? err : bm_sqlite_store_put(bm_network_store(network), &dev_key, NULL, 0);
}

struct asking {
	struct bm_options options;
	struct bm_session *session;
	struct bm_admission admission;
	enum bm_err result;
	bool resets; /* the node whose UUID this is */
	uint8_t uuid[BM_UUID_LEN];
	int status;
};

static int unwritten(const struct bm_options *options, struct bm_network *network)
{
	return bm_failed(options, "%s cannot be written (is the disk full, or the directory read-only?)",
			 bm_network_path(network));
}

static int name_it(struct bm_options *options, struct bm_network *network, json_t *node, const char *name)
{
	const char *before = bm_document_name(node);
	const char *problem = name[0] && !(before && strcmp(before, name) == 0) ? bm_network_name_problem(network, name)
										: NULL;
	if (problem)
		return bm_wrong(options, "%s: %s", name, problem);
	if (name[0])
		json_object_set_new(node, "name", json_string(name));
	else
		json_object_del(node, "name");
	if (bm_network_keep_node(network, node))
		return unwritten(options, network);
	if (options->json)
		bm_print_json(
			json_pack("{s:i, s:s?}", "address", bm_document_addr(node), "name", name[0] ? name : NULL));
	return BM_STATUS_DONE;
}

static int forget_it(const struct bm_options *options, struct bm_network *network, const json_t *node, bool reset)
{
	const uint16_t addr = bm_document_addr(node);
	const bool shut_out = json_is_true(json_object_get(node, "excluded"));
	if (bm_node_forget(network, node))
		return unwritten(options, network);
	if (options->json)
		bm_print_json(json_pack("{s:i, s:s}", "address", addr, "node", reset ? "reset" : "removed"));
	else if (reset)
		printf("0x%04x left the network and is forgotten\n", addr);
	else if (shut_out)
		printf("0x%04x is forgotten; it has none of the network's present keys\n", addr);
	else
		printf("0x%04x is forgotten; it still holds the network's keys (blemesh key-refresh shuts it out)\n",
		       addr);
	return BM_STATUS_DONE;
}

/* Its answer may be lost, and is not repeated: a device that waits to be provisioned has left all the same. */
static void look_for_device(struct asking *asking, const struct bm_event *event)
{
	if (!asking->resets || event->kind != BM_EVENT_DEVICE_SEEN ||
	    memcmp(event->uuid, asking->uuid, sizeof asking->uuid) != 0)
		return;
	asking->result = BM_OK;
	bm_session_done(asking->session);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct asking *asking = ctx;
	look_for_device(asking, event);
	if (asking->admission.session)
		bm_admission_event(&asking->admission, event);
}

static void on_reset(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct asking *asking = ctx;
	(void)opcode;
	(void)params;
	(void)len;
	(void)now;
	asking->result = result;
	bm_session_done(asking->session);
}

static bool open_session(struct asking *asking, struct bm_network *network)
{
	char error[600];
	const struct bm_session_options options = {
		.network = network, .radio = asking->options.radio, .event = on_event, .ctx = asking};
	asking->session = bm_session_open(&options, error, sizeof error);
	if (!asking->session)
		asking->status = bm_failed(&asking->options, "%s", error);
	return asking->session;
}

/* The session's end as an exit status, told. */
static int ended(const struct asking *asking, enum bm_session_end end)
{
	switch (end) {
	case BM_SESSION_INTERRUPTED:
		return bm_failed(&asking->options, "interrupted");
	case BM_SESSION_BROKEN:
		return bm_failed(&asking->options, "%s", bm_session_trouble(asking->session));
	case BM_SESSION_TIMEOUT:
		return bm_failed(&asking->options, "no answer in time");
	default:
		return asking->status;
	}
}

static int reset_it(struct asking *asking, struct bm_network *network, const json_t *node)
{
	const uint16_t addr = bm_document_addr(node);
	if (!open_session(asking, network))
		return asking->status;
	asking->result = BM_ERR_CANCELLED;
	asking->resets = bm_document_uuid(node, asking->uuid);
	enum bm_err err = bm_config_node_reset(bm_session_node(asking->session), BM_NET_IDX_PRIMARY, addr, on_reset,
					       asking, bm_session_now(asking->session));
	const enum bm_session_end end = err ? BM_SESSION_DONE
					    : bm_session_run(asking->session, asking->options.timeout_us);
	if (!err && end == BM_SESSION_DONE)
		err = asking->result;
	bm_session_settle(asking->session, SETTLE_US);
	int status = BM_STATUS_FAILED;
	if (end == BM_SESSION_TIMEOUT)
		err = BM_ERR_TIMEOUT;
	else
		status = ended(asking, end);
	if (err)
		status = bm_failed(&asking->options, "0x%04x was not reset: %s (blemesh node 0x%04x remove forgets it)",
				   addr, bm_err_text(err), addr);
	bm_session_close(asking->session);
	return end == BM_SESSION_DONE && !err ? forget_it(&asking->options, network, node, true) : status;
}

static void on_news(void *ctx, const struct bm_admission_news *news)
{
	struct asking *asking = ctx;
	char model[120];
	switch (news->phase) {
	case BM_ADMISSION_DONE:
		if (asking->options.json)
			bm_print_json(json_pack("{s:i, s:s, s:i}", "address", news->addr, "node", "configured",
						"models", (int)news->models));
		else
			printf("0x%04x is configured: %u model%s bound to application key 0\n", news->addr,
			       news->models, news->models == 1 ? "" : "s");
		bm_session_done(asking->session);
		return;
	case BM_ADMISSION_FAILED:
		asking->status = bm_failed(&asking->options, "%s", news->text);
		bm_session_done(asking->session);
		return;
	case BM_ADMISSION_BOUND:
		bm_node_model_id_text(&news->model->id, model, sizeof model);
		if (!asking->options.json)
			fprintf(stderr, "  bound  %s of element 0x%04x\n", model, news->model->element_addr);
		return;
	default:
		if (news->text && !asking->options.json)
			fprintf(stderr, "  %s\n", news->text);
	}
}

static int configure_it(struct asking *asking, struct bm_network *network, const json_t *node)
{
	if (!open_session(asking, network))
		return asking->status;
	bm_admission_init(&asking->admission, asking->session, on_news, asking);
	bm_admission_configure(&asking->admission, bm_document_addr(node));
	const enum bm_session_end end = bm_admission_is_busy(&asking->admission)
						? bm_session_run(asking->session, asking->options.timeout_us)
						: BM_SESSION_DONE;
	const int status = ended(asking, end);
	bm_session_settle(asking->session, SETTLE_US);
	bm_admission_free(&asking->admission);
	bm_session_close(asking->session);
	return status;
}

static int act(struct asking *asking, struct bm_network *network, json_t *node, int count, char **words)
{
	struct bm_options *options = &asking->options;
	const char *action = words[0];
	const bool ours = bm_document_addr(node) == bm_network_own_addr(network);
	if (strcmp(action, "name") == 0)
		return count == 2 ? name_it(options, network, node, words[1])
				  : bm_wrong(options, "name: expected one NAME (quote what is to be one word)");
	if (count > 1)
		return bm_wrong(options, "%s: nothing comes after %s", words[1], action);
	const bool known = strcmp(action, "reset") == 0 || strcmp(action, "remove") == 0 ||
			   strcmp(action, "configure") == 0;
	if (!known)
		return bm_wrong(options, "%s: unknown action (name, configure, reset, remove)", action);
	if (ours)
		return bm_wrong(options, "0x%04x is this computer, the network's keeper: it stays what it is",
				bm_document_addr(node));
	if (strcmp(action, "remove") == 0)
		return forget_it(options, network, node, false);
	return strcmp(action, "reset") == 0 ? reset_it(asking, network, node) : configure_it(asking, network, node);
}

static int with_network(struct asking *asking, struct bm_network *network, int count, char **words)
{
	char error[300];
	json_t *node = bm_network_resolve_node(network, words[0], error, sizeof error);
	if (!node)
		return bm_wrong(&asking->options, "%s", error);
	if (count > 1) {
		json_incref(node);
		const int status = act(asking, network, node, count - 1, words + 1);
		json_decref(node);
		return status;
	}
	if (asking->options.json)
		bm_print_json(json_incref(node));
	else
		bm_node_show(network, node);
	return bm_shown(&asking->options);
}

int bm_command_node(int argc, char **argv, char **whole_argv)
{
	struct asking asking = {.options = {.command = "node", .usage = usage}};
	struct bm_options *options = &asking.options;
	if (bm_device_is_meant(argc, argv))
		return bm_command_device(argc, argv, whole_argv);
	while (bm_options_next(options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	if (!options->over && optind == argc)
		bm_wrong(options, "which node? (blemesh nodes lists them)");
	if (options->over)
		return options->status;
	struct bm_network *network = bm_options_network(options, false);
	if (!network)
		return BM_STATUS_FAILED;
	const int status = with_network(&asking, network, argc - optind, argv + optind);
	bm_network_close(network);
	return status;
}
