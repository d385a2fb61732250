/*
 * getopt_long, with the shared options taken out.
 */
#include "cli/commands/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run_options.h"
#include "cli/text.h"
#include "posix/transport.h"

const struct option bm_shared_options[] = {BM_SHARED_OPTIONS, {NULL, 0, NULL, 0}};

static void tell(const struct bm_options *options, const char *format, va_list args)
{
	char text[1024];
	vsnprintf(text, sizeof text, format, args);
	fflush(stdout);
	bm_text_say(stderr, "blemesh %s: %s\n", options->command, text);
	if (!options->json)
		return;
	if (options->document)
		json_object_set_new(options->document, "error", bm_text_string(text));
	else
		bm_error_as_json(stdout, text);
}

void bm_error_as_json(FILE *out, const char *text)
{
	json_t *object = json_pack("{s:o}", "error", bm_text_string(text));
	if (bm_text_json(out, object, JSON_COMPACT))
		fflush(out);
	json_decref(object);
}

bool bm_asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int bm_wrong(struct bm_options *options, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	tell(options, format, args);
	va_end(args);
	options->over = true;
	options->status = BM_STATUS_WRONG;
	return BM_STATUS_WRONG;
}

int bm_failed(const struct bm_options *options, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	tell(options, format, args);
	va_end(args);
	return BM_STATUS_FAILED;
}

/* "2.5" is seconds. */
static bool take_timeout(struct bm_options *options, const char *text)
{
	char seconds[40];
	const size_t len = strlen(text);
	const bool bare = len && len + 2 < sizeof seconds && strspn(text, "0123456789.") == len;
	if (bare)
		snprintf(seconds, sizeof seconds, "%ss", text);
	options->has_timeout = bm_duration_parse(bare ? seconds : text, &options->timeout_us);
	return options->has_timeout && options->timeout_us;
}

static void finish(struct bm_options *options)
{
	const char *network = getenv("BLEMESH_NETWORK"), *radio = getenv("BLEMESH_RADIO");
	const char *from = options->radio ? "--radio" : "BLEMESH_RADIO";
	struct bm_transport transport;
	char why[160];
	if (!options->network)
		options->network = network && network[0] ? network : "default";
	if (!options->radio)
		options->radio = radio && radio[0] ? radio : "air";
	if (strcmp(options->radio, "air") != 0 && strncmp(options->radio, "air:", 4) != 0 &&
	    !bm_transport_parse(options->radio, &transport, why, sizeof why))
		bm_wrong(options, "%s %s: %s", from, options->radio, why);
}

static void complain(struct bm_options *options, int option, char **argv, const struct option *long_options)
{
	if (option == ':') {
		bm_wrong(options, "option %s needs a value", argv[optind - 1]);
		return;
	}
	for (const struct option *o = long_options; optopt && o->name; o++)
		if (o->val == optopt && !o->has_arg && strncmp(argv[optind - 1], "--", 2) == 0) {
			bm_wrong(options, "option %s takes no value", argv[optind - 1]);
			return;
		}
	if (optopt && optopt < BM_OPTION_NETWORK)
		bm_wrong(options, "unknown option -%c (see blemesh %s --help)", optopt, options->command);
	else
		bm_wrong(options, "unknown option %s (see blemesh %s --help)", argv[optind - 1], options->command);
}

static void help(struct bm_options *options)
{
	fputs(options->usage, stdout);
	options->over = true;
	options->status = fflush(stdout) == 0 ? BM_STATUS_DONE : BM_STATUS_FAILED;
}

int bm_options_next(struct bm_options *options, int argc, char **argv, const char *short_options,
		    const struct option *long_options)
{
	char shorts[64];
	snprintf(shorts, sizeof shorts, ":h%s", short_options);
	if (!options->begun)
		optind = opterr = 0;
	/* What is wrong before it is to be said in JSON, too. */
	if (!options->begun)
		options->json |= bm_asks_for_json(argc, argv);
	options->begun = true;
	while (!options->over) {
		const int option = getopt_long(argc, argv, shorts, long_options, NULL);
		switch (option) {
		case -1:
			finish(options);
			return BM_OPTIONS_END;
		case 'h':
			help(options);
			break;
		case ':':
		case '?':
			complain(options, option, argv, long_options);
			break;
		case BM_OPTION_NETWORK:
			options->network = optarg;
			break;
		case BM_OPTION_RADIO:
			options->radio = optarg;
			break;
		case BM_OPTION_JSON:
			options->json = true;
			break;
		case BM_OPTION_TIMEOUT:
			if (!take_timeout(options, optarg))
				bm_wrong(options, "--timeout %s: expected seconds, or a duration like 500ms or 2m",
					 optarg);
			break;
		default:
			return option;
		}
	}
	return BM_OPTIONS_END;
}

struct bm_network *bm_options_network(const struct bm_options *options, bool create)
{
	char error[600];
	struct bm_network *network = bm_network_open(options->network, create, error, sizeof error);
	if (!network)
		bm_failed(options, "%s", error);
	return network;
}

bool bm_number_parse(const char *text, uint32_t least, uint32_t most, uint32_t *number)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = text + (hex ? 2 : 0);
	const size_t len = strlen(digits);
	if (len == 0 || len > 10 || strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != len)
		return false;
	const unsigned long long value = strtoull(digits, NULL, hex ? 16 : 10);
	*number = (uint32_t)value;
	return value >= least && value <= most;
}

bool bm_octets_parse(const char *text, uint8_t *out, size_t least, size_t most, size_t *len)
{
	*len = 0;
	while (*text) {
		if (strchr(" :-", *text)) {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || *len == most)
			return false;
		const char pair[] = {text[0], text[1], 0};
		out[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
		text += 2;
	}
	return *len >= least;
}

bool bm_print_json(json_t *object)
{
	const bool written = bm_text_json(stdout, object, JSON_COMPACT) && fflush(stdout) == 0;
	json_decref(object);
	return written;
}

int bm_shown(const struct bm_options *options)
{
	struct stat st;
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return BM_STATUS_DONE;
	const int why = errno;
	const bool reader_went = fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	if (why == EPIPE || reader_went)
		return BM_STATUS_FAILED;
	return bm_failed(options, "not everything could be written to standard output%s%s", why ? ": " : "",
			 why ? strerror(why) : " (is the disk full?)");
}

bool bm_colours(void)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && term && term[0] && strcmp(term, "dumb") != 0 && !(no_colour && no_colour[0]);
}
