/*
 * What the commands of a network have in common: options, how mistakes are told, and how the network is opened.
 *
 *   static const struct option LONG_OPTIONS[] = {BM_SHARED_OPTIONS, {"all", no_argument, NULL, 'a'}, {0}};
 *   struct bm_options options = {.command = "provision", .usage = usage};
 *   int option;
 *   while ((option = bm_options_next(&options, argc, argv, "", LONG_OPTIONS)) != BM_OPTIONS_END)
 *           …take(option, optarg)…, or return bm_wrong(&options, "…")
 *   if (options.over)
 *           return options.status;
 *   …argv[optind] is the first argument…
 */
#ifndef BM_CLI_COMMANDS_OPTIONS_H
#define BM_CLI_COMMANDS_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

#include "blemesh/base.h"
#include "cli/network/network.h"

#define BM_STATUS_DONE 0
#define BM_STATUS_FAILED 1
#define BM_STATUS_WRONG 2

/* Codes of the shared options; a command's own ones are letters, or from BM_OPTION_OWN on. */
enum { BM_OPTION_NETWORK = 0x100, BM_OPTION_RADIO, BM_OPTION_JSON, BM_OPTION_TIMEOUT, BM_OPTION_OWN = 0x200 };
/* clang-format off */
#define BM_SHARED_OPTIONS                                            \
	{"network", required_argument, NULL, BM_OPTION_NETWORK},     \
	{"radio", required_argument, NULL, BM_OPTION_RADIO},         \
	{"json", no_argument, NULL, BM_OPTION_JSON},                 \
	{"timeout", required_argument, NULL, BM_OPTION_TIMEOUT},     \
	{"help", no_argument, NULL, 'h'}
/* clang-format on */
/* Of commands that have no others. */
extern const struct option bm_shared_options[];
/* How they stand in a command's help text. */
#define BM_SHARED_USAGE                                                                                             \
	"  --network NAME      which network; default: $BLEMESH_NETWORK, else \"default\"\n"                        \
	"  --radio RADIO       air[:NAME] (the virtual air; NAME: $BLEMESH_AIR), or a controller: hciN,\n"          \
	"                      h4:PATH[:BAUD], unix:PATH, tcp:HOST:PORT. Default: $BLEMESH_RADIO, else air\n"       \
	"  --json              for programs: JSON objects, one a line, on standard output; a failure is one with\n" \
	"                      \"error\", besides the line on standard error\n"

#define BM_OPTIONS_END (-1)

struct bm_options {
	const char *command; /* its name, as in "blemesh scan" */
	const char *usage;   /* the whole help text */
	const char *network, *radio;
	bool json;
	json_t *document; /* NULL, or the object that is printed whatever happens: with --json a mistake goes there */
	bool has_timeout;
	uint64_t timeout_us; /* of --timeout: 10, 2.5, 500ms, 2m; a bare number is seconds */
	bool over;           /* the command ends here, with status: its help was shown, or a mistake was told */
	int status;
	bool begun;
};

/* The next of the command's own options (its value is optarg), options being taken in any order, or BM_OPTIONS_END:
 * all are read, argv[optind] is the first argument, network and radio are set; or over is set. short_options: as for
 * getopt, "" for none; -h is there always. */
int bm_options_next(struct bm_options *options, int argc, char **argv, const char *short_options,
		    const struct option *long_options);

/* Tell on stderr, in one line "blemesh COMMAND: …", with --json also as {"error": "…"} on stdout, and return
 * BM_STATUS_WRONG (which marks the command as over, too) or BM_STATUS_FAILED. */
__attribute__((format(printf, 2, 3))) int bm_wrong(struct bm_options *options, const char *format, ...);
__attribute__((format(printf, 2, 3))) int bm_failed(const struct bm_options *options, const char *format, ...);

/* For commands with options of their own: {"error": text} as a line; and whether --json is among the words, for what is
 * wrong with others of them. */
void bm_error_as_json(FILE *out, const char *text);
bool bm_asks_for_json(int argc, char **argv);

/* Opens the network that the options name. NULL: it was told why. */
struct bm_network *bm_options_network(const struct bm_options *options, bool create);

/* A whole number ("12", "0x000c") from least to most. */
bool bm_number_parse(const char *text, uint32_t least, uint32_t most, uint32_t *number);
/* Octets in hexadecimal; blanks, colons and dashes between them are passed over. False: something else, or not least to
 * most of them. */
bool bm_octets_parse(const char *text, uint8_t *out, size_t least, size_t most, size_t *len);
/* Prints an object to standard output, as a line, and flushes. Takes the reference. False: it could not be written. */
bool bm_print_json(json_t *object);
/* BM_STATUS_DONE, or BM_STATUS_FAILED: what was shown could not all be written, which is told unless its reader went.
 */
int bm_shown(const struct bm_options *options);
/* Standard output is a terminal that takes colours. */
bool bm_colours(void);

#endif
