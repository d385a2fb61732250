/*
 * `blemesh provision`: looks for the devices meant, and makes nodes of them one after another.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/commands/commands.h"
#include "cli/commands/provision_state.h"
#include "cli/network/document.h"
#include "pdu/proxy_pdu.h"

/* Devices beacon every two seconds or so. A device that was heard over GATT may beacon too, and another device may have
 * the same beginning of its UUID: this long they are waited for. */
#define PATIENCE_US (3u * BM_US_PER_S)
/* Its name comes with its connectable advertising, if it has any. */
#define NAME_PATIENCE_US (1200u * BM_US_PER_MS)
#define SEARCH_US (20u * BM_US_PER_S)
#define SEARCH_ALL_US (8u * BM_US_PER_S)
#define SETTLE_US (400u * BM_US_PER_MS)

static const char usage[] =
	"usage: blemesh provision [options] UUID\n"
	"       blemesh provision [options] --all\n"
	"\n"
	"Makes a node of the network of a device that waits to be provisioned (blemesh scan lists them),\n"
	"reads its composition, gives it application key 0 and binds all its models to it. A new network is\n"
	"made if there is none yet. Of the UUID the beginning is enough if no other device shares it.\n"
	"\n"
	"  --all               every device there is, one after another, until no new one is heard\n"
	"  --name NAME         what the node is called from now on; default: what it calls itself on the air, with -\n"
	"                      for blanks, and a number if another node is called so\n"
	"  --address ADDR      its unicast address; default: the next one never given out\n"
	"  --oob HOW           how it proves that it is the device meant:\n"
	"                        none           it does not\n"
	"                        output         it shows or blinks a value, which is asked for here\n"
	"                        input          a value is shown here, to be entered at the device\n"
	"                        static:HEX     by this value, from its label or its maker (1 to 32 octets)\n"
	"                      default: output or input if the device can, else none\n"
	"  --require-auth      a device that can prove nothing is refused\n"
	"  --adv, --gatt       by this bearer alone; default: PB-ADV where there is a choice\n"
	"  --no-config         a node and no more: no composition, no application key\n"
	"  --timeout SECONDS   how long to look for the device (20), with --all for one more (8)\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Example: blemesh provision dddd --name lamp\n"
	"Exit status: 0; 1 if a device was not found or did not become a node; 2 for wrong usage.\n";

enum { OPT_ALL = BM_OPTION_OWN, OPT_NAME, OPT_ADDRESS, OPT_OOB, OPT_REQUIRE_AUTH, OPT_ADV, OPT_GATT, OPT_NO_CONFIG };

const struct option bm_provision_options[] = {
	BM_SHARED_OPTIONS,
	{"all", no_argument, NULL, OPT_ALL},
	{"name", required_argument, NULL, OPT_NAME},
	{"address", required_argument, NULL, OPT_ADDRESS},
	{"oob", required_argument, NULL, OPT_OOB},
	{"require-auth", no_argument, NULL, OPT_REQUIRE_AUTH},
	{"adv", no_argument, NULL, OPT_ADV},
	{"gatt", no_argument, NULL, OPT_GATT},
	{"no-config", no_argument, NULL, OPT_NO_CONFIG},
	{NULL, 0, NULL, 0},
};

static void take_oob(struct provision *p, const char *how)
{
	struct bm_admission_how *h = &p->how;
	const bool is_static = strncmp(how, "static:", 7) == 0;
	h->no_output_oob = strcmp(how, "output") != 0;
	h->no_input_oob = strcmp(how, "input") != 0;
	h->static_oob = is_static ? p->static_oob : NULL;
	h->static_oob_len = 0;
	if (is_static && !bm_octets_parse(how + 7, p->static_oob, 1, sizeof p->static_oob, &h->static_oob_len))
		bm_wrong(&p->options, "--oob static: the value is 1 to 32 octets in hexadecimal");
	else if (!is_static && h->no_output_oob && h->no_input_oob && strcmp(how, "none") != 0)
		bm_wrong(&p->options, "--oob %s: it is none, output, input or static:HEX", how);
	if (strcmp(how, "none") != 0)
		h->require_auth = true;
}

static void take_option(struct provision *p, int option)
{
	uint32_t number;
	switch (option) {
	case OPT_ALL:
		p->all = true;
		return;
	case OPT_NAME:
		p->name = optarg;
		return;
	case OPT_ADDRESS:
		if (bm_number_parse(optarg, 1, 0x7fff, &number))
			p->how.addr = (uint16_t)number;
		else
			bm_wrong(&p->options, "--address %s: a unicast address is 0x0001 to 0x7fff", optarg);
		return;
	case OPT_OOB:
		take_oob(p, optarg);
		return;
	case OPT_REQUIRE_AUTH:
		p->how.require_auth = true;
		return;
	case OPT_NO_CONFIG:
		p->how.no_config = true;
		return;
	default:
		if (p->how.bearer)
			bm_wrong(&p->options, "--adv and --gatt do not go together");
		p->how.bearer = option == OPT_ADV ? BM_PROV_BEARER_ADV : BM_PROV_BEARER_GATT;
		return;
	}
}

/* Dashes and colons are passed over. */
static bool take_prefix(struct provision *p, const char *text)
{
	size_t used = 0;
	p->uuid = text;
	for (; *text; text++) {
		if (strchr("-:", *text))
			continue;
		if (!isxdigit((unsigned char)*text) || used == 2u * BM_UUID_LEN)
			return false;
		p->prefix[used++] = (char)tolower((unsigned char)*text);
	}
	return used > 0;
}

static bool parse(struct provision *p, int argc, char **argv)
{
	int option;
	while ((option = bm_options_next(&p->options, argc, argv, "", bm_provision_options)) != BM_OPTIONS_END)
		take_option(p, option);
	if (p->options.over)
		return false;
	if (optind == argc && !p->all)
		bm_wrong(&p->options, "which device? (a UUID or its beginning, or --all; blemesh scan lists them)");
	else if (optind < argc && p->all)
		bm_wrong(&p->options, "%s and --all do not go together", argv[optind]);
	else if (argc - optind > 1)
		bm_wrong(&p->options, "one device at a time, or --all");
	else if (p->all && (p->name || p->how.addr))
		bm_wrong(&p->options, "--%s is for one device", p->name ? "name" : "address");
	else if (!p->all && !take_prefix(p, argv[optind]))
		bm_wrong(&p->options, "%s is no UUID (32 hexadecimal digits, or the first ones)", argv[optind]);
	else if (p->how.require_auth && p->how.no_output_oob && p->how.no_input_oob && !p->how.static_oob)
		bm_wrong(&p->options, "--oob none and --require-auth do not go together");
	return !p->options.over;
}

static bool is_meant(const struct provision *p, const struct provision_device *device)
{
	char text[2 * BM_UUID_LEN + 1];
	provision_uuid_text(device->uuid, text);
	const bool heard = p->how.bearer == BM_PROV_BEARER_ADV    ? device->over_adv
			   : p->how.bearer == BM_PROV_BEARER_GATT ? device->over_gatt
								  : true;
	return heard && (p->all || strncmp(text, p->prefix, strlen(p->prefix)) == 0);
}

/* From when on it is taken. */
static bm_time ripe_at(const struct provision *p, const struct provision_device *device)
{
	const bool whole = p->all || strlen(p->prefix) == 2u * BM_UUID_LEN;
	if (!whole || (!device->over_adv && !p->how.bearer))
		return bm_time_add(device->first, PATIENCE_US);
	return p->name || device->name[0] ? device->first : bm_time_add(device->first, NAME_PATIENCE_US);
}

static bm_time search_time(const struct provision *p)
{
	return p->options.has_timeout ? p->options.timeout_us : p->all ? SEARCH_ALL_US : SEARCH_US;
}

static void end(struct provision *p, int status)
{
	p->status = status;
	p->search_ends = BM_TIME_NEVER;
	bm_session_done(p->session);
}

static void begin(struct provision *p, struct provision_device *device)
{
	struct bm_admission_how how = p->how;
	const uint8_t bearer = p->how.bearer;
	memcpy(how.uuid, device->uuid, sizeof how.uuid);
	if (!how.bearer)
		how.bearer = device->over_adv ? BM_PROV_BEARER_ADV : BM_PROV_BEARER_GATT;
	bm_network_name_heard(bm_session_network(p->session), device->name, device->uuid, p->name_heard);
	how.name = p->name ? p->name : p->name_heard[0] ? p->name_heard : NULL;
	device->taken = true;
	p->active = device;
	p->how = how; /* for what is said */
	provision_say_found(p, device);
	p->how.bearer = bearer;
	bm_admission_begin(&p->admission, &how);
}

/* More than one device fits what was written. */
static bool is_ambiguous(struct provision *p)
{
	char list[300] = "", text[2 * BM_UUID_LEN + 1];
	unsigned count = 0;
	for (size_t i = 0; i < p->device_count; i++) {
		if (!is_meant(p, &p->devices[i]))
			continue;
		provision_uuid_text(p->devices[i].uuid, text);
		const size_t used = strlen(list);
		if (used + sizeof text + 8 < sizeof list)
			snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", text);
		count++;
	}
	if (p->all || count < 2)
		return false;
	bm_failed(&p->options, "%s: %u devices begin so: %s", p->uuid, count, list);
	return true;
}

static void nobody_is_left(struct provision *p)
{
	const double seconds = (double)search_time(p) / BM_US_PER_S;
	if (p->all && p->admitted + p->failed > 0) {
		end(p, p->failed ? BM_STATUS_FAILED : BM_STATUS_DONE);
		return;
	}
	if (p->all)
		bm_failed(&p->options, "no device that waits to be provisioned was heard within %g s", seconds);
	else
		bm_failed(&p->options, "%s: not heard within %g s (%zu other device%s wait%s; see blemesh scan)",
			  p->uuid, seconds, p->device_count, p->device_count == 1 ? "" : "s",
			  p->device_count == 1 ? "s" : "");
	end(p, BM_STATUS_FAILED);
}

static bm_time next_ripe(const struct provision *p, struct provision_device **device)
{
	bm_time next = BM_TIME_NEVER;
	for (size_t i = 0; i < p->device_count; i++) {
		const struct provision_device *d = &p->devices[i];
		if (d->taken || !is_meant(p, d) || ripe_at(p, d) >= next)
			continue;
		next = ripe_at(p, d);
		if (device)
			*device = &((struct provision *)(uintptr_t)p)->devices[i];
	}
	return next;
}

static bm_time actor_deadline(void *ctx)
{
	const struct provision *p = ctx;
	if (bm_admission_is_busy(&p->admission) || p->search_ends == BM_TIME_NEVER)
		return BM_TIME_NEVER;
	const bm_time ripe = next_ripe(p, NULL);
	return ripe != BM_TIME_NEVER ? ripe : p->search_ends;
}

static void actor_run(void *ctx, bm_time now)
{
	struct provision *p = ctx;
	struct provision_device *device = NULL;
	if (next_ripe(p, &device) > now)
		device = NULL;
	if (device && is_ambiguous(p))
		end(p, BM_STATUS_FAILED);
	else if (device)
		begin(p, device);
	else
		nobody_is_left(p);
}

/* NULL: there are too many. */
static struct provision_device *device_of(struct provision *p, const uint8_t uuid[BM_UUID_LEN], bm_time now)
{
	size_t i = 0;
	while (i < p->device_count && memcmp(p->devices[i].uuid, uuid, BM_UUID_LEN) != 0)
		i++;
	if (i == PROVISION_DEVICES_MAX)
		return NULL;
	struct provision_device *device = &p->devices[i];
	if (i == p->device_count) {
		p->device_count++;
		*device = (struct provision_device){.first = now};
		memcpy(device->uuid, uuid, BM_UUID_LEN);
		if (p->all)
			p->search_ends = bm_time_add(now, search_time(p));
	}
	return device;
}

static void on_seen(struct provision *p, const struct bm_event *event)
{
	struct provision_device *device = device_of(p, event->uuid, event->now);
	if (!device)
		return;
	device->rssi = event->rssi;
	*(event->bearer == BM_PROV_BEARER_ADV ? &device->over_adv : &device->over_gatt) = true;
}

/* Whose scan response the next ones are. */
static void on_gatt_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct provision *p = ctx;
	uint8_t uuid[BM_UUID_LEN];
	uint16_t oob_info;
	if (!p->admission.session || seen->service != BM_GATT_PROVISIONING ||
	    bm_prov_service_data_decode(seen->data, seen->len, uuid, &oob_info))
		return;
	struct provision_device *device = device_of(p, uuid, now);
	if (!device)
		return;
	device->rssi = seen->rssi;
	device->over_gatt = true;
	memcpy(device->peer, seen->peer.addr, sizeof device->peer);
}

static void on_scan_response(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now)
{
	struct provision *p = ctx;
	char name[BM_HEARD_NAME_LEN];
	(void)now;
	for (size_t i = 0; i < p->device_count && bm_heard_name(data, len, name); i++)
		if (p->devices[i].over_gatt && memcmp(p->devices[i].peer, addr, sizeof p->devices[i].peer) == 0)
			memcpy(p->devices[i].name, name, sizeof name);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct provision *p = ctx;
	/* While the session is being opened there is no admission yet. */
	if (!p->admission.session)
		return;
	if (event->kind == BM_EVENT_DEVICE_SEEN && event->uuid)
		on_seen(p, event);
	bm_admission_event(&p->admission, event);
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct provision *p = ctx;
	if (p->admission.session)
		bm_admission_trace(&p->admission, trace);
}

static void give_value(struct provision *p, const char *text)
{
	if (bm_admission_value(&p->admission, &p->asked, text)) {
		p->asked.method = BM_PROV_NO_OOB;
		return;
	}
	if (p->asked.action == BM_PROV_OUTPUT_TEXT)
		fprintf(stderr, "  %-14s that is no text of up to %u letters and digits; again:\n", "", p->asked.size);
	else
		fprintf(stderr, "  %-14s that cannot be its number; again:\n", "");
}

/* The next answer, if one is wanted and there. */
static void answer(struct provision *p)
{
	while (p->asked.method == BM_PROV_OUTPUT_OOB && p->line_count) {
		char line[PROVISION_LINE_LEN];
		memcpy(line, p->lines[0], sizeof line);
		p->line_count--;
		memmove(p->lines[0], p->lines[1], p->line_count * sizeof p->lines[0]);
		give_value(p, line);
		bm_wipe(line, sizeof line);
	}
	if (p->asked.method != BM_PROV_OUTPUT_OOB || !p->input_ended)
		return;
	p->asked.method = BM_PROV_NO_OOB;
	bm_admission_cancel(&p->admission, "nobody is here to tell what the device shows (standard input has ended)");
}

/* Answers to later questions may come early, from a pipe. */
static void on_line(void *ctx, const char *line)
{
	struct provision *p = ctx;
	if (!line)
		p->input_ended = true;
	else if (p->line_count < PROVISION_LINES_MAX)
		snprintf(p->lines[p->line_count++], PROVISION_LINE_LEN, "%s", line);
	answer(p);
}

static void ask_now(void *ctx)
{
	answer(ctx);
}

static void ask(struct provision *p, const struct bm_event *event)
{
	struct bm_runtime *rt = bm_session_runtime(p->session);
	p->asked = *event;
	if (!p->answer)
		p->answer = bm_answer_begin(rt, on_line, p);
	/* Not from within the event that asks. */
	bm_runtime_at(rt, bm_session_now(p->session), ask_now, p);
}

static void on_news(void *ctx, const struct bm_admission_news *news)
{
	struct provision *p = ctx;
	provision_say(p, news);
	if (news->phase == BM_ADMISSION_ENTER) {
		ask(p, news->event);
		return;
	}
	if (news->phase != BM_ADMISSION_DONE && news->phase != BM_ADMISSION_FAILED)
		return;
	p->asked.method = BM_PROV_NO_OOB;
	p->active = NULL;
	*(news->phase == BM_ADMISSION_DONE ? &p->admitted : &p->failed) += 1;
	if (p->all)
		p->search_ends = bm_time_add(bm_session_now(p->session), search_time(p));
	else
		end(p, news->phase == BM_ADMISSION_DONE ? BM_STATUS_DONE : BM_STATUS_FAILED);
}

static void run(struct provision *p)
{
	bm_admission_init(&p->admission, p->session, on_news, p);
	p->search_ends = bm_time_add(bm_session_now(p->session), search_time(p));
	p->actor = (struct bm_actor){.deadline = actor_deadline, .run = actor_run, .ctx = p};
	bm_runtime_add_actor(bm_session_runtime(p->session), &p->actor);
	const enum bm_session_end how = bm_session_run(p->session, 0);
	if (how == BM_SESSION_BROKEN)
		p->status = bm_failed(&p->options, "%s", bm_session_trouble(p->session));
	else if (how == BM_SESSION_INTERRUPTED)
		p->status = BM_STATUS_FAILED;
	p->all = false; /* whatever is cancelled now is the last */
	if (bm_admission_is_busy(&p->admission))
		bm_admission_cancel(&p->admission, how == BM_SESSION_BROKEN ? "given up" : "interrupted");
	else if (how == BM_SESSION_INTERRUPTED)
		bm_failed(&p->options, "interrupted");
	p->search_ends = BM_TIME_NEVER;
	bm_session_settle(p->session, SETTLE_US);
	bm_answer_end(p->answer);
	bm_admission_free(&p->admission);
}

static int with_network(struct provision *p, struct bm_network *network)
{
	const char *problem = p->name ? bm_network_device_name_problem(network, p->name, p->prefix) : NULL;
	char error[600];
	if (problem)
		return bm_wrong(&p->options, "--name %s: %s", p->name, problem);
	if (p->how.addr && !bm_network_is_free(network, p->how.addr, 1))
		return bm_wrong(&p->options, "--address 0x%04x: it is not free (blemesh nodes)", p->how.addr);
	const struct bm_session_options options = {.network = network,
						   .radio = p->options.radio,
						   .event = on_event,
						   .trace = on_trace,
						   .gatt_seen = on_gatt_seen,
						   .scan_response = on_scan_response,
						   .ctx = p};
	p->session = bm_session_open(&options, error, sizeof error);
	if (!p->session)
		return bm_failed(&p->options, "%s", error);
	run(p);
	bm_session_close(p->session);
	return p->status;
}

int bm_command_provision(int argc, char **argv, char **whole_argv)
{
	struct provision *p = calloc(1, sizeof *p);
	(void)whole_argv;
	if (!p)
		return BM_STATUS_FAILED;
	p->options = (struct bm_options){.command = "provision", .usage = usage};
	int status;
	if (!parse(p, argc, argv)) {
		status = p->options.status;
	} else {
		struct bm_network *network = bm_options_network(&p->options, true);
		status = network ? with_network(p, network) : BM_STATUS_FAILED;
		bm_network_close(network);
	}
	bm_wipe(p, sizeof *p);
	free(p);
	return status;
}
