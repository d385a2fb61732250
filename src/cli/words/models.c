/*
 * The names of the SIG models (Assigned Numbers, 4.2.2) and their words.
 */
#include "cli/words/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/words/word.h"

const struct bm_model_name bm_model_names[] = {
	{0x0000, "Configuration Server"},
	{0x0001, "Configuration Client"},
	{0x0002, "Health Server"},
	{0x0003, "Health Client"},
	{0x0004, "Remote Provisioning Server"},
	{0x0005, "Remote Provisioning Client"},
	{0x0006, "Directed Forwarding Configuration Server"},
	{0x0007, "Directed Forwarding Configuration Client"},
	{0x0008, "Bridge Configuration Server"},
	{0x0009, "Bridge Configuration Client"},
	{0x000a, "Mesh Private Beacon Server"},
	{0x000b, "Mesh Private Beacon Client"},
	{0x000c, "On-Demand Private Proxy Server"},
	{0x000d, "On-Demand Private Proxy Client"},
	{0x000e, "SAR Configuration Server"},
	{0x000f, "SAR Configuration Client"},
	{0x0010, "Opcodes Aggregator Server"},
	{0x0011, "Opcodes Aggregator Client"},
	{0x0012, "Large Composition Data Server"},
	{0x0013, "Large Composition Data Client"},
	{0x0014, "Solicitation PDU RPL Configuration Server"},
	{0x0015, "Solicitation PDU RPL Configuration Client"},
	{0x1000, "Generic OnOff Server"},
	{0x1001, "Generic OnOff Client"},
	{0x1002, "Generic Level Server"},
	{0x1003, "Generic Level Client"},
	{0x1004, "Generic Default Transition Time Server"},
	{0x1005, "Generic Default Transition Time Client"},
	{0x1006, "Generic Power OnOff Server"},
	{0x1007, "Generic Power OnOff Setup Server"},
	{0x1008, "Generic Power OnOff Client"},
	{0x1009, "Generic Power Level Server"},
	{0x100a, "Generic Power Level Setup Server"},
	{0x100b, "Generic Power Level Client"},
	{0x100c, "Generic Battery Server"},
	{0x100d, "Generic Battery Client"},
	{0x100e, "Generic Location Server"},
	{0x100f, "Generic Location Setup Server"},
	{0x1010, "Generic Location Client"},
	{0x1011, "Generic Admin Property Server"},
	{0x1012, "Generic Manufacturer Property Server"},
	{0x1013, "Generic User Property Server"},
	{0x1014, "Generic Client Property Server"},
	{0x1015, "Generic Property Client"},
	{0x1100, "Sensor Server"},
	{0x1101, "Sensor Setup Server"},
	{0x1102, "Sensor Client"},
	{0x1200, "Time Server"},
	{0x1201, "Time Setup Server"},
	{0x1202, "Time Client"},
	{0x1203, "Scene Server"},
	{0x1204, "Scene Setup Server"},
	{0x1205, "Scene Client"},
	{0x1206, "Scheduler Server"},
	{0x1207, "Scheduler Setup Server"},
	{0x1208, "Scheduler Client"},
	{0x1300, "Light Lightness Server"},
	{0x1301, "Light Lightness Setup Server"},
	{0x1302, "Light Lightness Client"},
	{0x1303, "Light CTL Server"},
	{0x1304, "Light CTL Setup Server"},
	{0x1305, "Light CTL Client"},
	{0x1306, "Light CTL Temperature Server"},
	{0x1307, "Light HSL Server"},
	{0x1308, "Light HSL Setup Server"},
	{0x1309, "Light HSL Client"},
	{0x130a, "Light HSL Hue Server"},
	{0x130b, "Light HSL Saturation Server"},
	{0x130c, "Light xyL Server"},
	{0x130d, "Light xyL Setup Server"},
	{0x130e, "Light xyL Client"},
	{0x130f, "Light LC Server"},
	{0x1310, "Light LC Setup Server"},
	{0x1311, "Light LC Client"},
	{0x1400, "BLOB Transfer Server"},
	{0x1401, "BLOB Transfer Client"},
	{0x1402, "Firmware Update Server"},
	{0x1403, "Firmware Update Client"},
	{0x1404, "Firmware Distribution Server"},
	{0x1405, "Firmware Distribution Client"},
};
const size_t bm_model_name_count = BM_ARRAY_LEN(bm_model_names);

const char *bm_model_name(const struct bm_model_id *id)
{
	for (size_t i = 0; !id->vendor && i < bm_model_name_count; i++)
		if (bm_model_names[i].id == id->id)
			return bm_model_names[i].name;
	return NULL;
}

void bm_model_word(const struct bm_model_id *id, char out[BM_MODEL_WORD_MAX])
{
	const char *name = bm_model_name(id);
	char word[BM_WORD_MAX];
	if (name)
		bm_word_of(name, word);
	if (name)
		snprintf(out, BM_MODEL_WORD_MAX, "%.63s", word);
	else if (id->vendor)
		snprintf(out, BM_MODEL_WORD_MAX, "0x%04x:0x%04x", id->company, id->id);
	else
		snprintf(out, BM_MODEL_WORD_MAX, "0x%04x", id->id);
}

/* "0x1000", "1000": four hexadecimal digits at most. How many characters; 0: none. */
static size_t read_hex(const char *text, uint16_t *value)
{
	const size_t prefix = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;
	const size_t digits = strspn(text + prefix, "0123456789abcdefABCDEF");
	if (digits == 0 || digits > 4 || (!prefix && digits != 4))
		return 0;
	*value = (uint16_t)strtoul(text + prefix, NULL, 16);
	return prefix + digits;
}

static bool read_number(const char *text, struct bm_model_id *id)
{
	uint16_t first, second;
	const size_t used = read_hex(text, &first);
	if (used == 0)
		return false;
	*id = (struct bm_model_id){.id = first};
	if (!text[used])
		return true;
	if (text[used] != ':' || !read_hex(text + used + 1, &second))
		return false;
	*id = (struct bm_model_id){.vendor = true, .company = first, .id = second};
	return !text[used + 1 + read_hex(text + used + 1, &second)];
}

bool bm_model_parse(const char *text, struct bm_model_id *id, char *error, size_t error_len)
{
	char typed[BM_WORD_MAX], word[BM_WORD_MAX], meant[4 * BM_WORD_MAX];
	struct bm_word_guess guess;
	if (read_number(text, id))
		return true;
	const bool fits = bm_word_typed(text, typed);
	bm_word_guess_begin(&guess, text);
	for (size_t i = 0; fits && i < bm_model_name_count; i++) {
		bm_word_of(bm_model_names[i].name, word);
		bm_word_guess_offer(&guess, word);
		if (strcmp(word, typed) != 0)
			continue;
		*id = (struct bm_model_id){.id = bm_model_names[i].id};
		return true;
	}
	bm_word_guess_text(&guess, meant, sizeof meant);
	snprintf(error, error_len,
		 "%.80s is no model: a name as onoff-server, an identifier as 0x1000, or a vendor's as 0x02e5:0x0001%s",
		 text, meant);
	return false;
}
