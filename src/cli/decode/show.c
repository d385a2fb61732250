/*
 * Filters, and the two ways of showing a packet.
 */
#include "cli/decode/show.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/decode/names.h"
#include "cli/text.h"
#include "pdu/messages_tables.h"

#define NAME_MAX_LEN 128u

/* Letters and digits alone, in lower case. */
static void plain(const char *text, char out[NAME_MAX_LEN])
{
	size_t len = 0;
	for (; *text && len + 1 < NAME_MAX_LEN; text++)
		if (isalnum((unsigned char)*text))
			out[len++] = (char)tolower((unsigned char)*text);
	out[len] = '\0';
}

static bool is_name(const char *name, const char *wanted)
{
	static const char GENERIC[] = "generic";
	char text[NAME_MAX_LEN];
	plain(name, text);
	return strcmp(text, wanted) == 0 ||
	       (strncmp(text, GENERIC, sizeof GENERIC - 1) == 0 && strcmp(text + sizeof GENERIC - 1, wanted) == 0);
}

bool bm_show_opcode(const char *text, uint32_t *opcode)
{
	static const struct bm_message_table *const TABLES[] = {&bm_messages_foundation, &bm_messages_foundation_1_1,
								&bm_messages_models};
	char wanted[NAME_MAX_LEN];
	size_t count;
	const struct bm_message_name *names = bm_message_names(&count);
	if (bm_number_parse(text, 0, 0xffffff, opcode))
		return true;
	plain(text, wanted);
	for (size_t t = 0; t < BM_ARRAY_LEN(TABLES); t++)
		for (size_t i = 0; i < TABLES[t]->count; i++)
			if (is_name(TABLES[t]->messages[i].name, wanted)) {
				*opcode = TABLES[t]->messages[i].opcode;
				return true;
			}
	for (size_t i = 0; i < count; i++)
		if (is_name(names[i].name, wanted)) {
			*opcode = names[i].opcode;
			return true;
		}
	return false;
}

static bool take_addr(struct bm_options *options, const char *name, const char *value, uint16_t *addr)
{
	uint32_t number;
	if (!bm_number_parse(value, 0, 0xffff, &number)) {
		bm_wrong(options, "--%s %s: expected an address, as in 0x0002", name, value);
		return false;
	}
	*addr = (uint16_t)number;
	return true;
}

bool bm_show_take(struct bm_show *show, struct bm_options *options, int option, const char *value)
{
	switch (option) {
	case BM_OPTION_SRC:
		show->has_src = take_addr(options, "src", value, &show->src);
		return true;
	case BM_OPTION_DST:
		show->has_dst = take_addr(options, "dst", value, &show->dst);
		return true;
	case BM_OPTION_OPCODE:
		show->has_opcode = bm_show_opcode(value, &show->opcode);
		if (!show->has_opcode)
			bm_wrong(options, "--opcode %s: no message has this name (give its number, as in 0x8202)",
				 value);
		return true;
	default:
		return false;
	}
}

bool bm_show_wants(const struct bm_show *show, const struct bm_report *report)
{
	if (!show->all && (!report->has_access || report->repeat))
		return false;
	if ((show->has_src && (!report->has_network || report->src != show->src)) ||
	    (show->has_dst && (!report->has_network || report->dst != show->dst)))
		return false;
	return !show->has_opcode || (report->has_access && report->opcode == show->opcode);
}

static void put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

json_t *bm_show_json(const struct bm_show *show, const struct bm_report *report, uint64_t number, bool has_time,
		     uint64_t at_us)
{
	json_t *object = json_object();
	if (has_time)
		put(object, "t", json_real((double)at_us / 1e6));
	if (number)
		put(object, "number", json_integer((json_int_t)number));
	if (show->all) {
		put(object, "layers", bm_report_json(report));
		return object;
	}
	char opcode[16];
	snprintf(opcode, sizeof opcode, "0x%02" PRIx32, report->opcode);
	if (report->has_network) {
		put(object, "src", json_integer(report->src));
		put(object, "dst", json_integer(report->dst));
	}
	put(object, "opcode", json_string(report->message ? report->message : opcode));
	put(object, "parameters", bm_report_access_json(report));
	return object;
}

static void put_addr(const struct bm_show *show, uint16_t addr, FILE *file)
{
	const char *name = show->name ? show->name(show->ctx, addr) : NULL;
	fprintf(file, "0x%04x", addr);
	if (name)
		bm_text_say(file, " (%s)", name);
}

void bm_show_text(const struct bm_show *show, const struct bm_report *report, const char *when, FILE *file)
{
	if (show->all) {
		if (when[0])
			fprintf(file, "%s\n", when);
		bm_report_print(report, file, when[0] ? 2 : 0);
		return;
	}
	fprintf(file, "%s%s", when, when[0] ? "  " : "");
	if (report->has_network) {
		put_addr(show, report->src, file);
		fputs(" \u2192 ", file);
		put_addr(show, report->dst, file);
		fputs("  ", file);
	}
	if (report->message)
		fputs(report->message, file);
	else
		fprintf(file, "opcode 0x%02" PRIx32, report->opcode);
	bm_report_print_access(report, file);
	fputc('\n', file);
}
