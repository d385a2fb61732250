/*
 * `blemesh decode`: what octets, or the packets of a capture, say, layer by layer.
 */
#include "cli/commands/decode.h"
#include "cli/commands/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/decode/capture.h"
#include "cli/decode/key_options.h"
#include "cli/decode/show.h"
#include "cli/text.h"

#define OCTETS_MAX 4096u
#define LINE_LEN (3u * OCTETS_MAX)

static const char USAGE[] =
	"usage: blemesh decode [options] HEX...|FILE|-\n\n"
	"Tells what a packet says, layer by layer, and opens what is encrypted with the keys there are: Network PDUs,\n"
	"AD structures, advertising PDUs, mesh beacons, provisioning, access messages; or every packet of a capture\n"
	"(pcap or pcapng, of a sniffer, of btmon's HCI, of blemesh run --pcap). - is standard input. Several HEX, or\n"
	"lines of HEX in a file, are packets one after another: segments of a message come together.\n\n"
	"  --layer LAYER       what HEX is; default: what fits it best. One of:\n"
#define X(name, word, text) "                        " word ": " text "\n"
	BM_DECODE_LIST(X)
#undef X
		"  --messages          access messages alone, each once, one a line\n" BM_SHOW_USAGE
		"  --json              for programs: a JSON object a line, one a packet\n"
		"  --wireshark         print the keys as rows of Wireshark's tables, and end: each row is an option of "
		"tshark\n"
		"                      (tshark -o ROW) and a line of its preferences\n\n" BM_KEY_USAGE
		"\nKeys that messages and provisionings hand out on the way are used from then on. What could not be "
		"opened is\n"
		"shown with the reason.\n\n"
		"Examples:\n"
		"  blemesh decode 010100030000040008000000\n"
		"  blemesh decode --net-key 7dd7364cd842ad18c17c2b820c84c3d6 --iv 0x12345678 \\\n"
		"    68eca487516765b5e5bfdacbaf6cb7fb6bff871f035444ce83a670df\n"
		"  blemesh run --pcap air.pcapng --keys air.keys --for 20s a.py b.py && blemesh decode --keys air.keys "
		"air.pcapng\n";

enum { OPTION_LAYER = BM_OPTION_OWN, OPTION_MESSAGES, OPTION_WIRESHARK };

const struct option bm_decode_options[] = {
	{"layer", required_argument, NULL, OPTION_LAYER},
	{"messages", no_argument, NULL, OPTION_MESSAGES},
	{"wireshark", no_argument, NULL, OPTION_WIRESHARK},
	BM_SHOW_OPTIONS,
	BM_KEY_OPTIONS,
	BM_SHARED_OPTIONS,
	{0},
};

struct decoding {
	struct bm_options options;
	struct bm_key_options keys;
	struct bm_show show;
	struct bm_analyzer *analyzer;
	struct bm_report *report;
	enum bm_decode_layer layer;
	bool wireshark;
	bool several; /* packets, which are numbered */
	uint64_t number, shown;
	bool has_first;
	uint64_t first_us;
	uint64_t messages, opened, closed;
};

static void count(struct decoding *d)
{
	bool network = false;
	for (size_t i = 0; i < d->report->layer_count; i++)
		network = network || strcmp(d->report->layers[i].id, "network") == 0;
	d->opened += d->report->has_network;
	d->closed += network && !d->report->has_network;
	d->messages += d->report->has_access && !d->report->repeat;
}

/* The report of a packet; at_us: when, if it is of a capture. */
static void show(struct decoding *d, const uint64_t *at_us)
{
	char when[64] = "";
	d->number++;
	count(d);
	if (!bm_show_wants(&d->show, d->report))
		return;
	d->shown++;
	if (d->options.json) {
		json_t *object = bm_show_json(&d->show, d->report, d->several ? d->number : 0, at_us != NULL,
					      at_us ? *at_us : 0);
		(void)bm_text_json(stdout, object, JSON_COMPACT);
		json_decref(object);
		return;
	}
	if (at_us && !d->has_first) {
		d->has_first = true;
		d->first_us = *at_us;
	}
	if (at_us) {
		const bool before = *at_us < d->first_us;
		const uint64_t since = before ? d->first_us - *at_us : *at_us - d->first_us;
		snprintf(when, sizeof when, "#%-6" PRIu64 " %s%" PRIu64 ".%06us", d->number, before ? "-" : "",
			 since / BM_US_PER_S, (unsigned)(since % BM_US_PER_S));
	} else if (d->several) {
		snprintf(when, sizeof when, "#%" PRIu64, d->number);
	}
	bm_show_text(&d->show, d->report, when, stdout);
}

/* Where: what the octets are called in a complaint. */
static int decode_octets(struct decoding *d, const uint8_t *octets, size_t len, const char *where)
{
	if (!bm_analyze(d->analyzer, d->layer, octets, len, d->report))
		return bm_failed(&d->options, "%s: it fits no layer (say which one it is with --layer)", where);
	show(d, NULL);
	return BM_STATUS_DONE;
}

static size_t read_file(void *ctx, uint8_t *out, size_t len)
{
	return fread(out, 1, len, ctx);
}

static int decode_capture(struct decoding *d, FILE *file, const char *path)
{
	struct bm_capture capture;
	struct bm_captured packet;
	int status = BM_STATUS_DONE;
	uint64_t others = 0, cut = 0;
	d->several = true;
	bool good = bm_capture_open(&capture, read_file, file);
	while (good && bm_capture_next(&capture, &packet)) {
		if (bm_analyze_captured(d->analyzer, packet.link_type, packet.octets, packet.len, d->report)) {
			cut += packet.original_len > packet.len;
			show(d, &packet.at_us);
		} else {
			d->number++;
			others++;
		}
	}
	if (capture.error[0])
		status = bm_failed(&d->options, "%s, after packet %" PRIu64 ": %s", path, d->number, capture.error);
	else if (others)
		status = bm_failed(&d->options,
				   "%s: %" PRIu64 " packets are of a link type that is not known (known: Bluetooth LE "
				   "link layer 251 and 256, nRF Sniffer 272, HCI 187 and 201, Linux monitor 254)",
				   path, others);
	else if (cut)
		fprintf(stderr, "blemesh decode: %s: %" PRIu64 " packets were cut short when they were captured\n",
			path, cut);
	bm_capture_close(&capture);
	if (!d->options.json && d->show.all && !status)
		printf("%" PRIu64 " packets; Network PDUs: %" PRIu64 " opened, %" PRIu64
		       " closed; access messages: %" PRIu64 "\n",
		       d->number, d->opened, d->closed, d->messages);
	return status;
}

/* Lines of hexadecimal; # begins a comment. */
static int decode_lines(struct decoding *d, FILE *file, const char *path)
{
	static const char BLANK[] = " \t\r\n";
	char *line = malloc(LINE_LEN);
	uint8_t octets[OCTETS_MAX];
	int status = BM_STATUS_DONE;
	size_t len;
	if (!line)
		abort();
	d->several = true;
	for (unsigned number = 1; !status && fgets(line, LINE_LEN, file); number++) {
		char where[300];
		line[strcspn(line, "#\r\n")] = '\0';
		if (line[strspn(line, BLANK)] == '\0')
			continue;
		snprintf(where, sizeof where, "%.200s, line %u", path, number);
		if (bm_octets_parse(line, octets, 1, sizeof octets, &len))
			status = decode_octets(d, octets, len, where);
		else
			status = bm_failed(&d->options, "%s: neither hexadecimal, nor is the file a capture", where);
	}
	free(line);
	return status;
}

static int decode_file(struct decoding *d, FILE *file, const char *path)
{
	/* No text begins like a capture, but that an empty line is pcapng's first octet. */
	int first = getc(file);
	if (first == EOF)
		return bm_failed(&d->options, "%s: %s", path, ferror(file) ? strerror(errno) : "the file is empty");
	if (first == '\n') {
		const int second = getc(file);
		if (second == '\r')
			ungetc(second, file);
		else
			first = second;
	}
	if (first != EOF)
		ungetc(first, file);
	const bool is_capture = first == '\n' || first == 0xa1 || first == 0xd4 || first == 0x4d;
	return is_capture ? decode_capture(d, file, path) : decode_lines(d, file, path);
}

static int decode_argument(struct decoding *d, const char *argument)
{
	uint8_t octets[OCTETS_MAX];
	size_t len;
	if (strcmp(argument, "-") == 0)
		return decode_file(d, stdin, "standard input");
	FILE *file = fopen(argument, "rbe");
	if (file) {
		const int status = decode_file(d, file, argument);
		fclose(file);
		return status;
	}
	const int error = errno;
	if (bm_octets_parse(strncmp(argument, "0x", 2) == 0 ? argument + 2 : argument, octets, 1, sizeof octets, &len))
		return decode_octets(d, octets, len, argument);
	return bm_failed(&d->options, "%s: neither octets in hexadecimal, nor a file that can be read (%s)", argument,
			 strerror(error));
}

/* Octets that a shell took apart: "68 ec a4 …". */
static char *joined(int argc, char **argv)
{
	size_t len = 1;
	for (int i = 0; i < argc; i++) {
		if (strlen(argv[i]) != 2)
			return NULL;
		len += 2;
	}
	char *whole = calloc(len, 1);
	for (int i = 0; whole && i < argc; i++)
		memcpy(whole + 2 * (size_t)i, argv[i], 2);
	return whole;
}

static int decode_all(struct decoding *d, int argc, char **argv)
{
	int status = BM_STATUS_DONE;
	char *whole = argc > 1 ? joined(argc, argv) : NULL;
	if (whole) {
		status = decode_argument(d, whole);
		free(whole);
	} else {
		d->several = argc > 1;
		for (int i = 0; i < argc && !status; i++)
			status = decode_argument(d, argv[i]);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		status = bm_failed(&d->options, "not everything could be written (%s)", strerror(errno));
	return status;
}

static void take(struct decoding *d, int option)
{
	switch (option) {
	case OPTION_LAYER:
		if (!bm_decode_layer_parse(optarg, &d->layer))
			bm_wrong(&d->options,
				 "--layer %s: expected hci, ll, adv, ad, network, beacon, pb-adv, proxy, "
				 "provisioning or access",
				 optarg);
		break;
	case OPTION_MESSAGES:
		d->show.all = false;
		break;
	case OPTION_WIRESHARK:
		d->wireshark = true;
		break;
	default:
		if (!bm_key_options_take(&d->keys, &d->options, option, optarg))
			(void)bm_show_take(&d->show, &d->options, option, optarg);
		break;
	}
}

static int run(struct decoding *d, int argc, char **argv)
{
	int option;
	while ((option = bm_options_next(&d->options, argc, argv, "", bm_decode_options)) != BM_OPTIONS_END)
		take(d, option);
	if (d->options.over)
		return d->options.status;
	if (optind == argc && !d->wireshark)
		return bm_wrong(&d->options, "nothing to decode was given (see blemesh decode --help)");
	if (optind < argc && d->wireshark)
		return bm_wrong(&d->options, "--wireshark prints keys alone: give nothing to decode with it");
	if (!bm_key_options_finish(&d->keys, &d->options))
		return d->options.status;
	if (!d->wireshark)
		return decode_all(d, argc - optind, argv + optind);
	if (bm_analyzer_keys(d->analyzer)->net_count == 0)
		return bm_failed(&d->options, "there are no keys (name a network with --network, or give --net-key)");
	bm_key_file_print(bm_analyzer_keys(d->analyzer), stdout);
	return fflush(stdout) == 0 ? BM_STATUS_DONE : bm_failed(&d->options, "%s", strerror(errno));
}

int bm_command_decode(int argc, char **argv, char **whole)
{
	struct decoding d = {.options = {.command = "decode", .usage = USAGE}, .show = {.all = true}};
	(void)whole;
	d.analyzer = d.keys.analyzer = bm_analyzer_new();
	d.report = malloc(sizeof *d.report);
	if (!d.analyzer || !d.report)
		abort();
	const int status = run(&d, argc, argv);
	bm_analyzer_free(d.analyzer);
	free(d.report);
	return status;
}
