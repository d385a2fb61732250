/*
 * Which packets are shown, and how: whole, layer by layer, or as the message they bring.
 */
#ifndef BM_CLI_DECODE_SHOW_H
#define BM_CLI_DECODE_SHOW_H

#include "cli/commands/options.h"
#include "cli/decode/report.h"

enum { BM_OPTION_SRC = BM_OPTION_OWN + 0x60, BM_OPTION_DST, BM_OPTION_OPCODE };
/* clang-format off */
#define BM_SHOW_OPTIONS                                  \
	{"src", required_argument, NULL, BM_OPTION_SRC}, \
	{"dst", required_argument, NULL, BM_OPTION_DST}, \
	{"opcode", required_argument, NULL, BM_OPTION_OPCODE}
/* clang-format on */
#define BM_SHOW_USAGE                                                                               \
	"  --src ADDR          only what this address sent\n"                                       \
	"  --dst ADDR          only what was sent to this address\n"                                \
	"  --opcode NAME       only this message: its name (\"Generic OnOff Set\", onoff-set) or\n" \
	"                      number (0x8202)\n"

struct bm_show {
	bool all;  /* every packet, with every layer; else each access message once */
	bool json; /* an object a line */
	bool has_src, has_dst, has_opcode;
	uint16_t src, dst;
	uint32_t opcode;
	/* The name of an address, for people, or NULL. */
	const char *(*name)(void *ctx, uint16_t addr);
	void *ctx;
};

/* Takes an option if it is one of these. False: it is another; options->over is set if its value is wrong. */
bool bm_show_take(struct bm_show *show, struct bm_options *options, int option, const char *value);
bool bm_show_wants(const struct bm_show *show, const struct bm_report *report);

/* The report as an object: {"t", "number", "layers"}, or {"t", "src", "dst", "opcode", "parameters"}. */
json_t *bm_show_json(const struct bm_show *show, const struct bm_report *report, uint64_t number, bool has_time,
		     uint64_t at_us);
/* The same for people; when: what stands in front. */
void bm_show_text(const struct bm_show *show, const struct bm_report *report, const char *when, FILE *file);

/* An opcode by its name, in any case, with blanks, dashes or nothing between words; a leading "generic" may be left
 * out. Or by its number. */
bool bm_show_opcode(const char *text, uint32_t *opcode);

#endif
