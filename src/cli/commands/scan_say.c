/*
 * Rows of a scan as lines, as JSON and as the tables at the end.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands/scan_state.h"
#include "cli/commands/table.h"
#include "cli/network/document.h"
#include "cli/text.h"

/* MshPRT 3.10.2, OOB Information. */
static const char *const OOB_BITS[16] = {"other",
					 "electronic (URI)",
					 "2D code",
					 "bar code",
					 "NFC",
					 "number",
					 "text",
					 "certificate",
					 "provisioning record",
					 NULL,
					 NULL,
					 "on the box",
					 "inside the box",
					 "on a piece of paper",
					 "in the manual",
					 "on the device"};

static const char *const KINDS[SCAN_KINDS] = {
	[SCAN_DEVICE] = "device",    [SCAN_NETWORK] = "network", [SCAN_PRIVATE] = "private beacon",
	[SCAN_PROXY] = "proxy",      [SCAN_SOURCE] = "node",     [SCAN_UNKNOWN] = "foreign traffic",
	[SCAN_LINK] = "provisioning"};

static void oob_text(uint16_t info, char *out, size_t len)
{
	size_t used = 0;
	out[0] = 0;
	for (unsigned bit = 0; bit < 16 && used < len; bit++)
		if (info >> bit & 1)
			used += (size_t)snprintf(out + used, len - used, "%s%s", used ? ", " : "",
						 OOB_BITS[bit] ? OOB_BITS[bit] : "a reserved bit");
}

static void hex_text(const uint8_t *octets, size_t count, char *out)
{
	for (size_t i = 0; i < count; i++)
		snprintf(out + 2 * i, 3, "%02x", octets[i]);
	out[2 * count] = 0;
}

static const char *bearer_text(const struct scan_row *row)
{
	return row->over_adv && row->over_gatt ? "PB-ADV and PB-GATT" : row->over_gatt ? "PB-GATT" : "PB-ADV";
}

static void rssi_text(const struct scan_row *row, char *out, size_t len)
{
	out[0] = 0;
	if (row->rssi != SCAN_RSSI_UNKNOWN)
		snprintf(out, len, "%d dBm", row->rssi);
}

/* Who it is: what the row's identifier means. */
static void who_text(const struct scan *scan, const struct scan_row *row, char *out, size_t len)
{
	char id[2 * sizeof row->id + 1], name[80] = "";
	hex_text(row->id, row->id_len, id);
	if (row->addr && scan->network)
		bm_network_name_of(scan->network, row->addr, name, sizeof name);
	switch (row->kind) {
	case SCAN_PROXY:
		if (row->addr)
			snprintf(out, len, "node 0x%04x %s", row->addr, name[0] == '0' ? "" : name);
		else
			snprintf(out, len, "%s %s",
				 row->id[0] == 0   ? "network"
				 : row->id[0] == 1 ? "node"
						   : "private",
				 id + 2);
		return;
	case SCAN_SOURCE:
		snprintf(out, len, "0x%04x %s", row->addr, name[0] == '0' ? "" : name);
		return;
	case SCAN_UNKNOWN:
		snprintf(out, len, "NID 0x%02x", row->id[0]);
		return;
	case SCAN_LINK:
		snprintf(out, len, "link 0x%s", id);
		return;
	case SCAN_PRIVATE:
		snprintf(out, len, "of some network");
		return;
	default:
		snprintf(out, len, "%s", id);
	}
}

/* What else is known of it. */
static void what_text(const struct scan *scan, const struct scan_row *row, char *out, size_t len)
{
	char oob[200], hash[16], name[80];
	out[0] = 0;
	switch (row->kind) {
	case SCAN_DEVICE:
		oob_text(row->oob_info, oob, sizeof oob);
		hex_text(row->uri_hash, sizeof row->uri_hash, hash);
		if (row->addr)
			bm_network_name_of(scan->network, row->addr, name, sizeof name);
		snprintf(out, len, "%s%s%s%s%s%s%s%s", bearer_text(row), row->name[0] ? "  " : "", row->name,
			 oob[0] ? "  OOB information: " : "", oob, row->has_uri_hash ? "  URI hash " : "",
			 row->has_uri_hash ? hash : "", row->addr ? "  was a node: " : "");
		if (row->addr)
			snprintf(out + strlen(out), len - strlen(out), "%s", name);
		return;
	case SCAN_NETWORK:
		snprintf(out, len, "IV index %u%s%s%s%s", (unsigned)row->iv_index,
			 row->iv_update ? ", IV update in progress" : "", row->key_refresh ? ", key refresh" : "",
			 row->known ? "  our network " : "", row->known ? scan->options.network : "");
		return;
	case SCAN_PROXY:
	case SCAN_SOURCE:
		snprintf(out, len, "%s%s%s%s", row->name, row->known && row->name[0] ? "  " : "",
			 row->known ? "our network " : "", row->known ? scan->options.network : "");
		return;
	default:
		return;
	}
}

static json_t *object_of(const struct scan *scan, const struct scan_row *row)
{
	static const char *const names[SCAN_KINDS] = {"device", "network", "private_beacon", "proxy",
						      "node",   "foreign", "provisioning"};
	char id[2 * sizeof row->id + 1], text[300];
	hex_text(row->id, row->id_len, id);
	json_t *object = json_pack("{s:s, s:i}", "kind", names[row->kind], "count", (int)row->count);
	static const char *const keys[SCAN_KINDS] = {"uuid", "network_id", NULL, "identification", NULL, NULL, "link"};
	if (keys[row->kind])
		json_object_set_new(object, keys[row->kind], json_string(id));
	if (row->kind == SCAN_UNKNOWN)
		json_object_set_new(object, "nid", json_integer(row->id[0]));
	if (row->rssi != SCAN_RSSI_UNKNOWN)
		json_object_set_new(object, "rssi", json_integer(row->rssi));
	if (row->addr)
		json_object_set_new(object, "address", json_integer(row->addr));
	if (row->kind == SCAN_NETWORK) {
		json_object_set_new(object, "iv_index", json_integer(row->iv_index));
		json_object_set_new(object, "iv_update", json_boolean(row->iv_update));
		json_object_set_new(object, "key_refresh", json_boolean(row->key_refresh));
	}
	if (row->known)
		json_object_set_new(object, "network", json_string(scan->options.network));
	if (row->kind == SCAN_DEVICE) {
		oob_text(row->oob_info, text, sizeof text);
		json_object_set_new(
			object, "bearers",
			json_pack("[s*, s*]", row->over_adv ? "PB-ADV" : NULL, row->over_gatt ? "PB-GATT" : NULL));
		json_object_set_new(object, "oob_info", json_integer(row->oob_info));
		json_object_set_new(object, "oob", json_string(text));
		hex_text(row->uri_hash, sizeof row->uri_hash, id);
		if (row->has_uri_hash)
			json_object_set_new(object, "uri_hash", json_string(id));
	}
	if (row->name[0])
		json_object_set_new(object, "name", bm_text_string(row->name));
	return object;
}

void scan_say(struct scan *scan, const struct scan_row *row)
{
	char who[120], what[400], rssi[16], line[600];
	if (scan->options.json) {
		json_t *object = object_of(scan, row);
		json_object_set_new(object, "event", json_string("heard"));
		if (!bm_print_json(object))
			bm_session_done(scan->session);
		return;
	}
	who_text(scan, row, who, sizeof who);
	what_text(scan, row, what, sizeof what);
	rssi_text(row, rssi, sizeof rssi);
	snprintf(line, sizeof line, "%-15s  %s%s%s%s%s", KINDS[row->kind], who, what[0] ? "  " : "", what,
		 rssi[0] ? "  " : "", rssi);
	bm_text_say(stdout, "%s\n", line);
	if (fflush(stdout) != 0)
		bm_session_done(scan->session);
}

/* In the order of kinds. */
static void each_sorted(struct scan *scan, void (*each)(void *ctx, const struct scan *scan, const struct scan_row *row),
			void *ctx)
{
	for (int kind = 0; kind < SCAN_KINDS; kind++)
		for (size_t i = 0; i < scan->row_count; i++)
			if ((int)scan->rows[i].kind == kind)
				each(ctx, scan, &scan->rows[i]);
}

static void append(void *ctx, const struct scan *scan, const struct scan_row *row)
{
	json_array_append_new(ctx, object_of(scan, row));
}

static void put_row(void *ctx, const struct scan *scan, const struct scan_row *row)
{
	struct bm_table *table = ctx;
	char text[400];
	bm_table_put(table, KINDS[row->kind]);
	who_text(scan, row, text, sizeof text);
	bm_table_put(table, text);
	bm_table_putf(table, "%u", row->count);
	rssi_text(row, text, sizeof text);
	bm_table_put(table, text);
	what_text(scan, row, text, sizeof text);
	bm_table_put(table, text);
}

void scan_say_all(struct scan *scan)
{
	static const char *const head[] = {"", "WHO", "HEARD", "RSSI", "WHAT"};
	struct bm_table table;
	if (scan->options.json) {
		json_t *all = json_array();
		each_sorted(scan, append, all);
		bm_print_json(json_pack("{s:s, s:o}", "event", "summary", "heard", all));
		return;
	}
	puts(scan->row_count ? "" : "Nothing was heard.");
	bm_table_begin(&table, head, BM_ARRAY_LEN(head));
	each_sorted(scan, put_row, &table);
	bm_table_print(&table, "");
	fflush(stdout);
}
