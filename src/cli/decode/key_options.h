/*
 * Where an analyzer's keys come from, on the command line: a network of ours, files, options.
 */
#ifndef BM_CLI_DECODE_KEY_OPTIONS_H
#define BM_CLI_DECODE_KEY_OPTIONS_H

#include "cli/commands/options.h"
#include "cli/decode/analyzer.h"

enum {
	BM_OPTION_KEYS = BM_OPTION_OWN + 0x40,
	BM_OPTION_NET_KEY,
	BM_OPTION_APP_KEY,
	BM_OPTION_DEV_KEY,
	BM_OPTION_LABEL,
	BM_OPTION_IV,
	BM_OPTION_PRIVATE_KEY,
};

/* clang-format off */
#define BM_KEY_OPTIONS                                                   \
	{"keys", required_argument, NULL, BM_OPTION_KEYS},               \
	{"net-key", required_argument, NULL, BM_OPTION_NET_KEY},         \
	{"app-key", required_argument, NULL, BM_OPTION_APP_KEY},         \
	{"dev-key", required_argument, NULL, BM_OPTION_DEV_KEY},         \
	{"label", required_argument, NULL, BM_OPTION_LABEL},             \
	{"iv", required_argument, NULL, BM_OPTION_IV},                   \
	{"private-key", required_argument, NULL, BM_OPTION_PRIVATE_KEY}
/* clang-format on */
#define BM_KEY_USAGE                                                                                               \
	"Keys (any number of each):\n"                                                                             \
	"  --network NAME      those of a network of ours; default: $BLEMESH_NETWORK, else \"default\"\n"          \
	"                      if there is one\n"                                                                  \
	"  --keys FILE         what blemesh run --keys wrote, Wireshark's rows as --wireshark prints them, or a\n" \
	"                      database as blemesh export and apps write it\n"                                     \
	"  --net-key HEX       a network key; the first has index 0, the next 1\n"                                 \
	"  --app-key HEX       an application key, likewise; it is tried in every network\n"                       \
	"  --dev-key ADDR=HEX  the device key of the node at an address\n"                                         \
	"  --label HEX         a Label UUID, for messages to its virtual address\n"                                \
	"  --iv NUMBER         the IV index; default: what the network, the file or a beacon says, else 0\n"       \
	"  --private-key HEX   of one side of a provisioning, 32 octets: opens the Provisioning Data\n"

struct bm_key_options {
	struct bm_analyzer *analyzer;
	uint16_t net_count, app_count;
	bool any; /* a key was given by one of these options */
	bool has_iv;
	uint32_t iv_index;
};

/* Takes an option if it is one of these. False: it is another; options->over is set if its value is wrong. */
bool bm_key_options_take(struct bm_key_options *keys, struct bm_options *options, int option, const char *value);
/* After all options: adds the keys of the network. False: it was told why there are none. */
bool bm_key_options_finish(struct bm_key_options *keys, struct bm_options *options);

/* Reads the rows of Wireshark's tables, or a Mesh Configuration Database. False: error says what is wrong, with the
 * line. */
bool bm_key_file_read(struct bm_key_options *keys, const char *path, char *error, size_t error_len);
/* Prints the analyzer's keys as such rows. */
void bm_key_file_print(const struct bm_keyring *ring, FILE *file);

#endif
