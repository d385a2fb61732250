/*
 * `blemesh listen`: what is in the air, decoded as it comes. It hears and never sends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands/commands.h"
#include "cli/commands/decode.h"
#include "cli/decode/key_options.h"
#include "cli/decode/show.h"
#include "cli/network/session.h"

static const char USAGE[] =
	"usage: blemesh listen [options]\n\n"
	"Shows the messages in the air as they come, opened with the network's keys, until Ctrl-C. Nothing is sent, "
	"and\n"
	"no other command on the network is kept waiting. What comes over GATT connections is not heard.\n\n"
	"  --all               every PDU with every layer, what cannot be opened too, and repeats\n" BM_SHOW_USAGE
	"  --count N           end after N of them\n"
	"  --timeout TIME      end after TIME: seconds, or 500ms, 2m\n" BM_SHARED_USAGE "\n" BM_KEY_USAGE
	"\nExamples:\n"
	"  blemesh listen\n"
	"  blemesh listen --src 0x0002 --opcode onoff-status --json\n"
	"  blemesh listen --all --radio hci0 --net-key 7dd7364cd842ad18c17c2b820c84c3d6\n";

enum { OPTION_ALL = BM_OPTION_OWN, OPTION_COUNT };

const struct option bm_listen_options[] = {
	{"all", no_argument, NULL, OPTION_ALL},
	{"count", required_argument, NULL, OPTION_COUNT},
	BM_SHOW_OPTIONS,
	BM_KEY_OPTIONS,
	BM_SHARED_OPTIONS,
	{0},
};

struct listening {
	struct bm_options options;
	struct bm_key_options keys;
	struct bm_show show;
	struct bm_analyzer *analyzer;
	struct bm_report *report;
	struct bm_session *session;
	uint32_t left; /* to be shown; 0: no limit */
	bool broken;   /* nobody reads any more */
};

static void tell(struct listening *l)
{
	struct timespec now;
	struct tm broken;
	char when[64], clock[32];
	if (l->broken || !bm_show_wants(&l->show, l->report))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	const uint64_t at_us = (uint64_t)now.tv_sec * BM_US_PER_S + (uint64_t)now.tv_nsec / 1000;
	if (l->options.json) {
		l->broken = !bm_print_json(bm_show_json(&l->show, l->report, 0, true, at_us));
	} else {
		localtime_r(&now.tv_sec, &broken);
		strftime(clock, sizeof clock, "%H:%M:%S", &broken);
		snprintf(when, sizeof when, "%s.%03ld", clock, now.tv_nsec / 1000000);
		bm_show_text(&l->show, l->report, when, stdout);
		l->broken = fflush(stdout) != 0;
	}
	if (l->broken || (l->left && --l->left == 0)) {
		l->broken = l->broken || l->left == 0; /* no more is shown */
		bm_session_done(l->session);
	}
}

static void heard(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct listening *l = ctx;
	(void)rssi;
	(void)now;
	bm_analyze_heard(l->analyzer, ad_type, payload, len, l->report);
	tell(l);
}

/* Connectable advertising: as the service data that it was. */
static void gatt_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct listening *l = ctx;
	uint8_t data[2 + BM_GATT_SERVICE_DATA_MAX];
	struct bm_writer w = bm_writer_of(data, sizeof data);
	(void)now;
	size_t len;
	bm_put_le16(&w, (uint16_t)seen->service);
	bm_put_octets(&w, seen->data, seen->len);
	if (bm_writer_finish(&w, &len) != BM_OK)
		return;
	bm_analyze_heard(l->analyzer, 0x16, data, len, l->report);
	tell(l);
}

static int listen_on(struct listening *l)
{
	char error[600];
	const struct bm_session_options session = {
		.radio = l->options.radio,
		.heard = heard,
		.gatt_seen = gatt_seen,
		.ctx = l,
	};
	l->session = bm_session_open(&session, error, sizeof error);
	if (!l->session)
		return bm_failed(&l->options, "%s", error);
	const size_t keys = bm_analyzer_keys(l->analyzer)->net_count;
	if (!l->show.all && keys == 0)
		fprintf(stderr, "blemesh listen: there are no keys, so no message can be opened (name a network with "
				"--network, give --net-key, or look at everything with --all)\n");
	else
		fprintf(stderr, "listening with %zu network key%s; Ctrl-C ends it\n", keys, keys == 1 ? "" : "s");
	const enum bm_session_end end = bm_session_run(l->session, l->options.has_timeout ? l->options.timeout_us : 0);
	const bool broken = end == BM_SESSION_BROKEN;
	if (broken)
		bm_failed(&l->options, "%s", bm_session_trouble(l->session));
	bm_session_close(l->session);
	return broken || ferror(stdout) ? BM_STATUS_FAILED : BM_STATUS_DONE;
}

static void take(struct listening *l, int option)
{
	switch (option) {
	case OPTION_ALL:
		l->show.all = true;
		break;
	case OPTION_COUNT:
		if (!bm_number_parse(optarg, 1, UINT32_MAX, &l->left))
			bm_wrong(&l->options, "--count %s: expected a number", optarg);
		break;
	default:
		if (!bm_key_options_take(&l->keys, &l->options, option, optarg))
			(void)bm_show_take(&l->show, &l->options, option, optarg);
		break;
	}
}

static int run(struct listening *l, int argc, char **argv)
{
	int option;
	while ((option = bm_options_next(&l->options, argc, argv, "", bm_listen_options)) != BM_OPTIONS_END)
		take(l, option);
	if (l->options.over)
		return l->options.status;
	if (optind < argc)
		return bm_wrong(&l->options, "%s: listen takes options alone (see blemesh listen --help)",
				argv[optind]);
	if (!bm_key_options_finish(&l->keys, &l->options))
		return l->options.status;
	return listen_on(l);
}

int bm_command_listen(int argc, char **argv, char **whole)
{
	struct listening l = {.options = {.command = "listen", .usage = USAGE}};
	(void)whole;
	l.analyzer = l.keys.analyzer = bm_analyzer_new();
	l.report = malloc(sizeof *l.report);
	if (!l.analyzer || !l.report)
		abort();
	const int status = run(&l, argc, argv);
	bm_analyzer_free(l.analyzer);
	free(l.report);
	return status;
}
