/*
 * `blemesh iv`: the IV index, and its update.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands/commands.h"
#include "cli/commands/nodes.h"
#include "cli/network/session.h"
#include "pdu/records.h"

/* Every node sends a beacon about each ten seconds, and one at once after a change. */
#define TELL_US (11u * BM_US_PER_S)

static const char usage[] =
	"usage: blemesh iv [options]\n"
	"       blemesh iv [options] update|end\n"
	"       blemesh iv [options] test\n"
	"\n"
	"Shows the IV index of the network, whether an update of it is in progress, and since when. An update\n"
	"happens by itself long before sequence numbers run out; nobody needs to start one.\n"
	"\n"
	"  update              starts an update, which is permitted 96 hours after the last one ended\n"
	"  end                 ends it, which is permitted 96 hours after it began\n"
	"  test                starts or ends one without these limits (IV Update test mode), for networks\n"
	"                      whose nodes are in test mode too\n"
	"\n"
	"  --timeout SECONDS   how long to tell the nodes of it by beacons (11)\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 if it is not permitted or failed; 2 for wrong usage.\n";

static int show(const struct bm_options *options, struct bm_network *network)
{
	uint32_t iv_index;
	bool update;
	char ago[40];
	const json_t *own = json_object_get(bm_network_about(network), "blemesh");
	const char *since = json_string_value(json_object_get(own, "ivSince"));
	if (!bm_network_iv_index(network, &iv_index, &update))
		return bm_failed(options, "%s has no IV index: it is damaged", bm_network_path(network));
	if (options->json) {
		json_t *object = json_pack("{s:I, s:b}", "iv_index", (json_int_t)iv_index, "iv_update", update);
		if (since)
			json_object_set_new(object, "since", json_string(since));
		bm_print_json(object);
		return bm_shown(options);
	}
	bm_ago_text(since, ago, sizeof ago);
	printf("IV index %u (0x%08x), %s%s%s\n", (unsigned)iv_index, (unsigned)iv_index,
	       update ? "an update is in progress" : "normal operation", since ? ", since " : "", since ? ago : "");
	return bm_shown(options);
}

static const char *why_not(enum bm_err err, bool update)
{
	switch (err) {
	case BM_ERR_STATE:
		return update ? "not permitted yet: 96 hours have to pass since the last update ended"
			      : "not permitted yet: an update lasts 96 hours at least";
	case BM_ERR_BUSY:
		return "messages are in flight: try again";
	default:
		return bm_err_text(err);
	}
}

static int change(const struct bm_options *options, struct bm_session *session, const char *what)
{
	struct bm_node *node = bm_session_node(session);
	const bool in_update = bm_node_iv_in_update(node), test = strcmp(what, "test") == 0;
	const bool update = test ? !in_update : strcmp(what, "update") == 0;
	if (update == in_update)
		return bm_failed(options, update ? "an update is in progress already" : "no update is in progress");
	bm_node_iv_test_mode(node, test);
	const enum bm_err err = bm_node_iv_update(node, update, bm_session_now(session));
	if (err)
		return bm_failed(options, "%s", why_not(err, update));
	const enum bm_session_end end = bm_session_run(session, options->has_timeout ? options->timeout_us : TELL_US);
	if (end == BM_SESSION_BROKEN)
		return bm_failed(options, "%s", bm_session_trouble(session));
	if (end == BM_SESSION_INTERRUPTED)
		return bm_failed(options,
				 "interrupted: it %s, but nodes may not have heard of it yet (they will by a beacon of "
				 "the next command)",
				 update ? "has begun" : "has ended");
	return BM_STATUS_DONE;
}

static int act(const struct bm_options *options, struct bm_network *network, const char *what)
{
	char error[600];
	const struct bm_session_options session_options = {.network = network, .radio = options->radio};
	struct bm_session *session = bm_session_open(&session_options, error, sizeof error);
	if (!session)
		return bm_failed(options, "%s", error);
	const int status = change(options, session, what);
	bm_session_close(session);
	return status == BM_STATUS_DONE ? show(options, network) : status;
}

int bm_command_iv(int argc, char **argv, char **whole_argv)
{
	struct bm_options options = {.command = "iv", .usage = usage};
	(void)whole_argv;
	while (bm_options_next(&options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	const char *what = !options.over && optind < argc ? argv[optind] : NULL;
	if (what && strcmp(what, "update") != 0 && strcmp(what, "end") != 0 && strcmp(what, "test") != 0)
		bm_wrong(&options, "%s: unknown action (update, end, test)", what);
	else if (!options.over && argc - optind > 1)
		bm_wrong(&options, "%s: nothing comes after %s", argv[optind + 1], what);
	if (options.over)
		return options.status;
	struct bm_network *network = bm_options_network(&options, false);
	const int status = !network ? BM_STATUS_FAILED : what ? act(&options, network, what) : show(&options, network);
	bm_network_close(network);
	return status;
}
