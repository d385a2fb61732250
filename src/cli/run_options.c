/*
 * Options of `blemesh run`: getopt_long collects them, then what they say together is checked.
 */
#include "cli/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/carrier.h"
#include "host/host.h"
#include "posix/transport.h"

#define COPIES_MAX 1000ul
#define BOARDS_MAX 2000u
/* The provisioner has the last place. */
#define RADIO_BOARDS_MAX (BM_HOST_USERS - 1u)

const char bm_run_usage[] =
	"usage: blemesh run [options] [SCRIPT[*N]...]\n"
	"\n"
	"Gives every script a board of its own (N boards with *N), puts the boards on a virtual air\n"
	"and provisions them into one mesh network.\n"
	"\n"
	"  --for DURATION      stop after that time (500ms, 40s, 10m); default: until Ctrl-C\n"
	"  --virtual           virtual time: deterministic, as fast as the machine can; needs --for\n"
	"  --seed N            seed of every random source; needs --virtual\n"
	"  --insecure-seed     allow --seed in real time (keys can then be guessed)\n"
	"  --type 'BOARD@WHEN:CODE'\n"
	"                      type CODE at that board's prompt. WHEN: a time from the start (60s), or\n"
	"                      after all boards are provisioned (ready, ready+2s). Repeatable\n"
	"  -i BOARD            type at that board's prompt, in real time: history, Tab completes, Ctrl-C\n"
	"                      clears the line or interrupts what runs, Ctrl-D ends the run. Input that is\n"
	"                      no terminal is read line by line; its end ends the run unless --for is given\n"
	"  --no-provision      the boards wait for somebody else on the air\n"
	"                      (not needed if a script is the provisioner: BLE_Mesh.provisioner)\n"
	"  --air NAME          join the machine-wide virtual air NAME; default: a private one.\n"
	"                      Without a SCRIPT: only the provisioner\n"
	"  --radio RADIO       air[:NAME] (default: $BLEMESH_AIR); or a Bluetooth controller: hciN (Linux),\n"
	"                      h4:PATH[:BAUD] (serial port), unix:PATH, tcp:HOST:PORT (emulated or remote).\n"
	"                      Up to 15 boards and the provisioner share one. Default: $BLEMESH_RADIO, else\n"
	"                      the air\n"
	"  --loss P            the air loses this part of what is sent (0 to 1)\n"
	"  --delay MS          the air delays by this many milliseconds\n"
	"  --pcap FILE         capture the air, or a controller's HCI (pcapng, for Wireshark and tshark)\n"
	"  --keys FILE         write the network's keys for Wireshark; secrets, readable by you alone.\n"
	"                      Each line is an option of tshark:\n"
	"                        mapfile -t k < FILE; tshark -r CAPTURE \"${k[@]/#/-o}\"\n"
	"                      and, from the second colon on, a line of Wireshark's file of that name\n"
	"                      (btmesh_nw_keys: NetKey, AppKey, IV index; btmesh_dev_keys: DevKey, address)\n"
	"  --state DIR         keep what the boards and the provisioner are and know in this directory (made if\n"
	"                      it is missing; yours alone): the next run with it goes on where this one ended\n"
	"  --trace             show messages too\n"
	"  --json              a JSON object a line\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 if a script ended by an exception or a non-zero sys.exit; 2 for wrong usage.\n";

struct parse {
	struct bm_run_options *options;
	char *error;
	size_t error_len;
	char **type_args; /* point into argv */
	size_t type_count;
	bool has_for;
	const char *prompt_arg; /* points into argv */
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct parse *parse, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(parse->error, parse->error_len, format, args);
	va_end(args);
	return false;
}

static void *grow(void *array, size_t count, size_t size)
{
	void *grown = realloc(array, (count + 1) * size);
	if (!grown)
		abort();
	return grown;
}

static char *copy(const char *text, size_t len)
{
	char *made = strndup(text, len);
	if (!made)
		abort();
	return made;
}

/* A decimal number without sign, blanks, "inf" or hexadecimal, of which strtod would take all. */
static bool number_parse(const char *text, double *value, const char **end)
{
	const size_t len = strspn(text, "0123456789.");
	char digits[32];
	if (len == 0 || len >= sizeof digits)
		return false;
	memcpy(digits, text, len);
	digits[len] = 0;
	char *stop;
	*value = strtod(digits, &stop);
	*end = text + len;
	return stop == digits + len && stop > digits && isfinite(*value);
}

bool bm_duration_parse(const char *text, uint64_t *us)
{
	static const struct {
		const char *unit;
		double us;
	} UNITS[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}, {"h", 3600e6}};
	double value;
	const char *unit;
	if (!number_parse(text, &value, &unit))
		return false;
	for (size_t i = 0; i < BM_ARRAY_LEN(UNITS); i++) {
		if (strcmp(unit, UNITS[i].unit) != 0)
			continue;
		value *= UNITS[i].us;
		/* A hundred years are enough. */
		if (value > 3.2e15)
			return false;
		*us = (uint64_t)(value + 0.5);
		return true;
	}
	return false;
}

static bool seed_parse(const char *text, uint64_t *seed)
{
	char *end;
	errno = 0;
	*seed = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
	return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0;
}

static bool board_name_taken(const struct bm_run_options *options, const char *name)
{
	for (size_t i = 0; i < options->board_count; i++)
		if (strcmp(options->boards[i].name, name) == 0)
			return true;
	return strcmp(name, BM_PROVISIONER_NAME) == 0;
}

/* The file's name without folder and ".py"; a number from 2 on makes it the only one. number: where to begin looking,
 * 1 at first; after the call, where to go on. */
static char *board_name(const struct bm_run_options *options, const char *script, unsigned *number)
{
	const char *slash = strrchr(script, '/');
	const char *stem = slash ? slash + 1 : script;
	size_t len = strlen(stem);
	if (len > 3 && strcmp(stem + len - 3, ".py") == 0)
		len -= 3;
	const size_t room = len + 16;
	char *name = malloc(room);
	if (!name)
		abort();
	do {
		if (*number == 1)
			snprintf(name, room, "%.*s", (int)len, stem);
		else
			snprintf(name, room, "%.*s-%u", (int)len, stem, *number);
		++*number;
	} while (board_name_taken(options, name));
	return name;
}

static bool check_script(const struct parse *parse, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return fail(parse, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(parse, "%s: is a directory, not a script", path);
	if (access(path, R_OK) != 0)
		return fail(parse, "%s: %s", path, strerror(errno));
	return true;
}

/* SCRIPT or SCRIPT*N. */
static bool add_script(struct parse *parse, const char *arg)
{
	struct bm_run_options *options = parse->options;
	const char *star = strrchr(arg, '*');
	unsigned long copies = 1;
	size_t len = strlen(arg);
	if (star) {
		char *end;
		errno = 0;
		copies = strtoul(star + 1, &end, 10);
		if (star[1] < '0' || star[1] > '9' || *end || errno || copies < 1 || copies > COPIES_MAX)
			return fail(parse, "%s: after * comes the number of boards, 1 to %lu", arg, COPIES_MAX);
		len = (size_t)(star - arg);
	}
	if (len == 0)
		return fail(parse, "a script's name is empty");
	if (options->board_count + copies > BOARDS_MAX)
		return fail(parse, "more than %u boards", BOARDS_MAX);
	char *script = copy(arg, len);
	if (!check_script(parse, script)) {
		free(script);
		return false;
	}
	unsigned number = 1;
	for (unsigned long i = 0; i < copies; i++) {
		options->boards = grow(options->boards, options->board_count, sizeof *options->boards);
		char *name = board_name(options, script, &number);
		options->boards[options->board_count++] = (struct bm_run_board){
			.name = name,
			.script = copy(script, len),
		};
	}
	free(script);
	return true;
}

/* "60s", "ready", "ready+2s". */
static bool when_parse(const char *text, struct bm_run_typed *typed)
{
	typed->after_ready = strncmp(text, "ready", 5) == 0;
	if (!typed->after_ready)
		return bm_duration_parse(text, &typed->at_us);
	if (text[5] == 0)
		return true;
	return text[5] == '+' && bm_duration_parse(text + 6, &typed->at_us);
}

/* The @ after the board's name, which may have one in it. */
static const char *end_of_name(const struct bm_run_options *options, const char *arg)
{
	for (size_t i = 0; i < options->board_count; i++) {
		const size_t len = strlen(options->boards[i].name);
		if (strncmp(arg, options->boards[i].name, len) == 0 && arg[len] == '@')
			return arg + len;
	}
	return strchr(arg, '@');
}

/* BOARD@WHEN:CODE. Read after the scripts: the board must be one of theirs. */
static bool add_typed(struct parse *parse, const char *arg)
{
	struct bm_run_options *options = parse->options;
	const char *at = end_of_name(options, arg);
	const char *colon = at ? strchr(at, ':') : NULL;
	if (!colon || at == arg || colon[1] == 0)
		return fail(parse, "--type %s: expected BOARD@WHEN:CODE", arg);
	struct bm_run_typed typed = {0};
	char *name = copy(arg, (size_t)(at - arg));
	while (typed.board < options->board_count && strcmp(options->boards[typed.board].name, name) != 0)
		typed.board++;
	if (typed.board == options->board_count) {
		fail(parse, "--type %s: there is no board named %s", arg, name);
		free(name);
		return false;
	}
	free(name);
	char *when = copy(at + 1, (size_t)(colon - at - 1));
	const bool good = when_parse(when, &typed);
	free(when);
	if (!good)
		return fail(parse, "--type %s: WHEN is a time like 60s, or ready, or ready+2s", arg);
	/* As one is apt to write it: "lamp@60s: lamp.get_state()". */
	const char *code = colon + 1;
	if (!strchr(code, '\n'))
		code += strspn(code, " ");
	typed.code = copy(code, strlen(code));
	options->typed = grow(options->typed, options->typed_count, sizeof *options->typed);
	options->typed[options->typed_count++] = typed;
	return true;
}

/* A list of the boards' names, shortened if they are many. */
static void list_boards(const struct bm_run_options *options, char *out, size_t len)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < options->board_count; i++) {
		const size_t more = strlen(options->boards[i].name) + 2;
		if (used + more + sizeof ", \u2026" > len) {
			snprintf(out + used, len - used, ", \u2026");
			return;
		}
		used += (size_t)snprintf(out + used, len - used, "%s%s", i ? ", " : "", options->boards[i].name);
	}
}

static bool add_prompt(struct parse *parse)
{
	struct bm_run_options *options = parse->options;
	char names[300];
	options->has_prompt = true;
	for (size_t i = 0; i < options->board_count; i++) {
		options->prompt_board = i;
		if (strcmp(options->boards[i].name, parse->prompt_arg) == 0)
			return true;
	}
	if (options->board_count == 0)
		return fail(parse, "-i %s: this run has no board", parse->prompt_arg);
	list_boards(options, names, sizeof names);
	return fail(parse, "-i %s: there is no board of that name. The boards: %s", parse->prompt_arg, names);
}

enum {
	OPT_FOR = 256,
	OPT_VIRTUAL,
	OPT_SEED,
	OPT_INSECURE_SEED,
	OPT_TYPE,
	OPT_NO_PROVISION,
	OPT_AIR,
	OPT_RADIO,
	OPT_LOSS,
	OPT_DELAY,
	OPT_PCAP,
	OPT_KEYS,
	OPT_STATE,
	OPT_TRACE,
	OPT_JSON,
};

static const struct option LONG_OPTIONS[] = {
	{"for", required_argument, NULL, OPT_FOR},
	{"virtual", no_argument, NULL, OPT_VIRTUAL},
	{"seed", required_argument, NULL, OPT_SEED},
	{"insecure-seed", no_argument, NULL, OPT_INSECURE_SEED},
	{"type", required_argument, NULL, OPT_TYPE},
	{"no-provision", no_argument, NULL, OPT_NO_PROVISION},
	{"air", required_argument, NULL, OPT_AIR},
	{"radio", required_argument, NULL, OPT_RADIO},
	{"loss", required_argument, NULL, OPT_LOSS},
	{"delay", required_argument, NULL, OPT_DELAY},
	{"pcap", required_argument, NULL, OPT_PCAP},
	{"keys", required_argument, NULL, OPT_KEYS},
	{"state", required_argument, NULL, OPT_STATE},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* air[:NAME] is the air, all else a controller. */
static bool take_radio(const struct parse *parse, const char *value, const char *from)
{
	struct bm_run_options *options = parse->options;
	struct bm_transport transport;
	char why[160];
	if (bm_carrier_is_air(value, &options->air))
		return true;
	if (!bm_transport_parse(value, &transport, why, sizeof why))
		return fail(parse, "%s %s: %s", from, value, why);
	options->radio = value;
	return true;
}

static bool take_value(struct parse *parse, int option, char *value)
{
	struct bm_run_options *options = parse->options;
	const char *end;
	double number;
	switch (option) {
	case OPT_FOR:
		parse->has_for = true;
		if (!bm_duration_parse(value, &options->for_us) || options->for_us == 0)
			return fail(parse, "--for %s: expected a duration like 500ms, 40s or 10m", value);
		return true;
	case OPT_SEED:
		options->seeded = true;
		if (!seed_parse(value, &options->seed))
			return fail(parse, "--seed %s: expected a number from 0 to 2^64 - 1", value);
		return true;
	case OPT_TYPE:
		parse->type_args = grow(parse->type_args, parse->type_count, sizeof *parse->type_args);
		parse->type_args[parse->type_count++] = value;
		return true;
	case 'i':
		if (parse->prompt_arg)
			return fail(parse, "-i %s: there is one terminal, and %s has it", value, parse->prompt_arg);
		parse->prompt_arg = value;
		return true;
	case OPT_LOSS:
		if (!number_parse(value, &options->loss, &end) || *end || options->loss > 1)
			return fail(parse, "--loss %s: expected a probability from 0 to 1", value);
		return true;
	case OPT_DELAY:
		if (number_parse(value, &number, &end) && *end == 0 && number <= 60000)
			options->delay_us = (uint64_t)(number * BM_US_PER_MS + 0.5);
		else if (!bm_duration_parse(value, &options->delay_us) || options->delay_us > 60 * BM_US_PER_S)
			return fail(parse, "--delay %s: expected milliseconds, 0 to 60000", value);
		return true;
	case OPT_RADIO:
		return take_radio(parse, value, "--radio");
	default:
		if (value[0] == 0)
			return fail(parse, "an option's value is empty");
		/* --pcap lamp.py switch.py: the file's name was forgotten, and the script would be gone. */
		if (option != OPT_AIR && option != OPT_STATE && strlen(value) > 3 &&
		    strcmp(value + strlen(value) - 3, ".py") == 0)
			return fail(parse, "%s %s: that looks like a script, not like a file to write",
				    option == OPT_PCAP ? "--pcap" : "--keys", value);
		*(option == OPT_AIR     ? &options->air
		  : option == OPT_PCAP  ? &options->pcap
		  : option == OPT_STATE ? &options->state
					: &options->keys) = value;
		return true;
	}
}

static bool take_option(struct parse *parse, int option, char **argv)
{
	struct bm_run_options *options = parse->options;
	switch (option) {
	case OPT_VIRTUAL:
		options->virtual_time = true;
		return true;
	case OPT_INSECURE_SEED:
		options->insecure_seed = true;
		return true;
	case OPT_NO_PROVISION:
		options->no_provision = true;
		return true;
	case OPT_TRACE:
		options->trace = true;
		return true;
	case OPT_JSON:
		options->json = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	case ':':
		return fail(parse, "option %s needs a value", argv[optind - 1]);
	case '?':
		if (optopt >= OPT_FOR)
			return fail(parse, "option %s takes no value", argv[optind - 1]);
		if (optopt)
			return fail(parse, "unknown option -%c", optopt);
		return fail(parse, "unknown option %s", argv[optind - 1]);
	default:
		return take_value(parse, option, optarg);
	}
}

/* What only shows when all options are known. */
static bool check_together(const struct parse *parse)
{
	const struct bm_run_options *options = parse->options;
	if (options->virtual_time && !parse->has_for)
		return fail(parse, "--virtual needs --for: virtual time would never end");
	if (options->virtual_time && parse->prompt_arg)
		return fail(parse, "--virtual and -i do not go together: who types lives in real time (see --type)");
	if (options->virtual_time && options->air)
		return fail(parse, "--virtual and --air do not go together: other processes live in real time");
	if (options->radio && (options->virtual_time || options->air))
		return fail(parse, "--radio %s and --%s do not go together", options->radio,
			    options->air ? "air" : "virtual: a controller lives in real time");
	if (options->radio && (options->loss > 0 || options->delay_us > 0))
		return fail(parse, "--radio %s: --%s is of the virtual air alone", options->radio,
			    options->loss > 0 ? "loss" : "delay");
	if (options->radio && options->board_count > RADIO_BOARDS_MAX)
		return fail(parse, "--radio %s: %zu boards are more than the %u that share a controller",
			    options->radio, options->board_count, RADIO_BOARDS_MAX);
	if (options->seeded && !options->virtual_time && !options->insecure_seed)
		return fail(parse, "--seed makes keys that can be guessed: it needs --virtual (or --insecure-seed)");
	if (options->insecure_seed && !options->seeded)
		return fail(parse, "--insecure-seed needs --seed");
	if (options->board_count == 0 && !options->air && !options->radio)
		return fail(parse, "no script given (see blemesh run --help)");
	if (options->board_count == 0 && options->no_provision)
		return fail(parse, "no script and no provisioner: nothing to run");
	return true;
}

static bool parse_all(struct parse *parse, int argc, char **argv)
{
	int option;
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hi:", LONG_OPTIONS, NULL)) != -1)
		if (!take_option(parse, option, argv))
			return false;
	if (parse->options->help)
		return true;
	const char *radio = getenv("BLEMESH_RADIO");
	const struct bm_run_options *options = parse->options;
	if (radio && radio[0] && !options->air && !options->radio && !options->virtual_time &&
	    !take_radio(parse, radio, "BLEMESH_RADIO"))
		return false;
	for (int i = optind; i < argc; i++)
		if (!add_script(parse, argv[i]))
			return false;
	if (!check_together(parse))
		return false;
	for (size_t i = 0; i < parse->type_count; i++)
		if (!add_typed(parse, parse->type_args[i]))
			return false;
	return !parse->prompt_arg || add_prompt(parse);
}

bool bm_run_options_parse(struct bm_run_options *options, int argc, char **argv, char *error, size_t error_len)
{
	*options = (struct bm_run_options){0};
	struct parse parse = {.options = options, .error = error, .error_len = error_len};
	const bool good = parse_all(&parse, argc, argv);
	free(parse.type_args);
	return good;
}

void bm_run_options_free(struct bm_run_options *options)
{
	for (size_t i = 0; i < options->board_count; i++) {
		free(options->boards[i].name);
		free(options->boards[i].script);
	}
	for (size_t i = 0; i < options->typed_count; i++)
		free(options->typed[i].code);
	free(options->boards);
	free(options->typed);
	*options = (struct bm_run_options){0};
}
