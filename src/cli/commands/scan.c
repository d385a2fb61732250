/*
 * `blemesh scan`: hears, and sends nothing but requests for the names of connectable devices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/commands/commands.h"
#include "cli/commands/scan_state.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "net/security.h"
#include "pdu/beacon.h"
#include "proxy/identity.h"

static const char usage[] =
	"usage: blemesh scan [options]\n"
	"\n"
	"Shows who is on the air: devices that wait to be provisioned, with all they say of themselves, and mesh\n"
	"traffic: beacons of networks, proxies, messages, provisioning between others. A line when somebody is\n"
	"heard for the first time, and a table with counts at the end. Nodes of the network, if there is one, are\n"
	"shown by their names.\n"
	"\n"
	"  --timeout SECONDS   how long to listen; default: until Ctrl-C\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Example: blemesh scan --timeout 5\n";

static struct scan_row *find(struct scan *scan, enum scan_kind kind, const uint8_t *id, size_t len)
{
	for (size_t i = 0; i < scan->row_count; i++) {
		struct scan_row *row = &scan->rows[i];
		if (row->kind == kind && row->id_len == len && memcmp(row->id, id, len) == 0)
			return row;
	}
	return NULL;
}

/* The row, found or added; fresh: it is new and to be filled in. NULL: there are too many. */
static struct scan_row *note(struct scan *scan, enum scan_kind kind, const uint8_t *id, size_t len, int8_t rssi,
			     bool *fresh)
{
	struct scan_row *row = find(scan, kind, id, len);
	*fresh = !row;
	if (!row && scan->row_count == SCAN_ROWS_MAX) {
		scan->full = true;
		return NULL;
	}
	if (!row) {
		row = &scan->rows[scan->row_count++];
		*row = (struct scan_row){.kind = kind, .id_len = len};
		memcpy(row->id, id, len);
	}
	row->count++;
	row->rssi = rssi;
	return row;
}

static void on_device(struct scan *scan, const uint8_t *uuid, uint16_t oob_info, const uint8_t *uri_hash,
		      const struct bm_gatt_peer *peer, int8_t rssi)
{
	bool fresh;
	struct scan_row *row = note(scan, SCAN_DEVICE, uuid, BM_UUID_LEN, rssi, &fresh);
	if (!row)
		return;
	bool *const over = peer ? &row->over_gatt : &row->over_adv;
	const bool tell = fresh || !*over;
	*over = true;
	row->oob_info = oob_info;
	if (uri_hash) {
		row->has_uri_hash = true;
		memcpy(row->uri_hash, uri_hash, sizeof row->uri_hash);
	}
	if (peer) {
		row->has_peer = true;
		memcpy(row->peer, peer->addr, sizeof row->peer);
	}
	const json_t *node = scan->network ? bm_network_node_of(scan->network, uuid) : NULL;
	row->addr = node ? bm_document_addr(node) : 0;
	if (tell)
		scan_say(scan, row);
}

static bool is_ours(const struct scan *scan, const uint8_t network_id[8])
{
	for (size_t i = 0; i < scan->key_count; i++)
		if (memcmp(scan->keys[i].network_id, network_id, 8) == 0)
			return true;
	return false;
}

static void on_beacon(struct scan *scan, const uint8_t *octets, size_t len, int8_t rssi)
{
	struct bm_unprovisioned_beacon device;
	struct bm_secure_beacon secure;
	struct bm_private_beacon private;
	struct scan_row *row;
	bool fresh;
	if (bm_unprovisioned_beacon_decode(octets, len, &device) == BM_OK) {
		on_device(scan, device.uuid, device.oob_info, device.has_uri_hash ? device.uri_hash : NULL, NULL, rssi);
	} else if (bm_secure_beacon_decode(octets, len, &secure) == BM_OK) {
		row = note(scan, SCAN_NETWORK, secure.network_id, sizeof secure.network_id, rssi, &fresh);
		const bool changed = row &&
				     (fresh || row->iv_index != secure.iv_index || row->iv_update != secure.iv_update ||
				      row->key_refresh != secure.key_refresh);
		if (!changed)
			return;
		row->iv_index = secure.iv_index;
		row->iv_update = secure.iv_update;
		row->key_refresh = secure.key_refresh;
		row->known = is_ours(scan, secure.network_id);
		scan_say(scan, row);
	} else if (bm_private_beacon_decode(octets, len, &private) == BM_OK) {
		row = note(scan, SCAN_PRIVATE, octets, 0, rssi, &fresh);
		if (row && fresh)
			scan_say(scan, row);
	}
}

/* MshPRT 3.4.6.3: the IV index in use, or the one before, as the IVI bit says. */
static bool open_message(const struct scan *scan, const uint8_t *pdu, size_t len, struct bm_net_header *header)
{
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t clear_len;
	if (len < BM_NET_PDU_MIN)
		return false;
	for (size_t i = 0; i < scan->key_count; i++)
		for (uint32_t back = 0; back <= 1 && back <= scan->iv_index; back++)
			if (scan->keys[i].flooding.nid == (pdu[0] & 0x7f) &&
			    ((scan->iv_index - back) & 1) == (uint32_t)(pdu[0] >> 7) &&
			    bm_net_decrypt(&scan->keys[i].flooding, scan->iv_index - back, pdu, len, header, clear,
					   &clear_len) == BM_OK)
				return true;
	return false;
}

static void on_message(struct scan *scan, const uint8_t *pdu, size_t len, int8_t rssi)
{
	struct bm_net_header header = {0};
	bool fresh;
	const bool ours = open_message(scan, pdu, len, &header);
	const uint8_t nid = len ? pdu[0] & 0x7f : 0;
	const uint8_t source[] = {(uint8_t)(header.src >> 8), (uint8_t)header.src};
	struct scan_row *row = ours ? note(scan, SCAN_SOURCE, source, sizeof source, rssi, &fresh)
				    : note(scan, SCAN_UNKNOWN, &nid, sizeof nid, rssi, &fresh);
	if (!row || !fresh)
		return;
	row->known = ours;
	row->addr = ours ? header.src : 0;
	scan_say(scan, row);
}

static void on_heard(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct scan *scan = ctx;
	struct scan_row *row;
	bool fresh;
	(void)now;
	switch (ad_type) {
	case BM_AD_MESH_BEACON:
		on_beacon(scan, payload, len, rssi);
		return;
	case BM_AD_MESH_MESSAGE:
		on_message(scan, payload, len, rssi);
		return;
	case BM_AD_PB_ADV:
		row = len >= 4 ? note(scan, SCAN_LINK, payload, 4, rssi, &fresh) : NULL;
		if (row && fresh)
			scan_say(scan, row);
		return;
	default:
		return;
	}
}

/* Whose proxy it is: a network's of ours, or a node's. */
static void recognise(const struct scan *scan, const struct bm_proxy_id *id, struct scan_row *row)
{
	const bool names_node = id->type == BM_PROXY_ID_NODE || id->type == BM_PROXY_ID_PRIVATE_NODE;
	for (size_t i = 0; i < scan->key_count && !row->known; i++) {
		size_t n;
		json_t *node;
		if (!names_node)
			row->known = bm_proxy_is(&scan->keys[i], 0, id);
		json_array_foreach(scan->network ? bm_network_nodes(scan->network) : NULL, n, node)
		{
			if (!names_node || row->known || !bm_proxy_is(&scan->keys[i], bm_document_addr(node), id))
				continue;
			row->known = true;
			row->addr = bm_document_addr(node);
		}
	}
}

static void on_gatt_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct scan *scan = ctx;
	uint8_t uuid[BM_UUID_LEN];
	uint16_t oob_info;
	struct bm_proxy_id id;
	bool fresh;
	(void)now;
	if (seen->service == BM_GATT_PROVISIONING) {
		if (bm_prov_service_data_decode(seen->data, seen->len, uuid, &oob_info) == BM_OK)
			on_device(scan, uuid, oob_info, NULL, &seen->peer, seen->rssi);
		return;
	}
	if (seen->service != BM_GATT_PROXY || bm_proxy_id_decode(seen->data, seen->len, &id))
		return;
	struct scan_row *row = note(scan, SCAN_PROXY, seen->data, seen->len, seen->rssi, &fresh);
	if (!row || !fresh)
		return;
	row->has_peer = true;
	memcpy(row->peer, seen->peer.addr, sizeof row->peer);
	recognise(scan, &id, row);
	scan_say(scan, row);
}

static void on_scan_response(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now)
{
	struct scan *scan = ctx;
	(void)now;
	char name[BM_HEARD_NAME_LEN];
	for (size_t i = 0; i < scan->row_count && bm_heard_name(data, len, name); i++) {
		struct scan_row *row = &scan->rows[i];
		if (!row->has_peer || memcmp(row->peer, addr, sizeof row->peer) != 0 || row->name[0])
			continue;
		memcpy(row->name, name, sizeof row->name);
		scan_say(scan, row);
	}
}

static void take_key(void *ctx, const struct bm_key_view *key)
{
	struct scan *scan = ctx;
	if (key->kind == BM_KEY_NET && scan->key_count < SCAN_KEYS_MAX)
		bm_net_keys_derive(&scan->keys[scan->key_count++], key->key);
}

/* Without it everything is heard all the same, but not recognised. */
static void open_network(struct scan *scan)
{
	char error[600];
	bool iv_update;
	scan->network = bm_network_open(scan->options.network, false, error, sizeof error);
	if (!scan->network) {
		if (!strstr(error, "there is no network"))
			bm_text_say(stderr, "blemesh scan: %s; its nodes are not recognised\n", error);
		return;
	}
	(void)!bm_network_each_key(scan->network, take_key, scan);
	(void)bm_network_iv_index(scan->network, &scan->iv_index, &iv_update);
	bm_network_let_go(scan->network);
}

static int run(struct scan *scan)
{
	char error[600];
	const struct bm_session_options options = {.radio = scan->options.radio,
						   .heard = on_heard,
						   .gatt_seen = on_gatt_seen,
						   .scan_response = on_scan_response,
						   .ctx = scan};
	scan->session = bm_session_open(&options, error, sizeof error);
	if (!scan->session)
		return bm_failed(&scan->options, "%s", error);
	(void)bm_session_run(scan->session, scan->options.timeout_us);
	bm_session_close(scan->session);
	scan_say_all(scan);
	if (scan->full)
		return bm_failed(&scan->options, "more than %u were heard: not all are shown", SCAN_ROWS_MAX);
	return ferror(stdout) ? BM_STATUS_FAILED : BM_STATUS_DONE;
}

int bm_command_scan(int argc, char **argv, char **whole_argv)
{
	struct scan *scan = calloc(1, sizeof *scan);
	(void)whole_argv;
	if (scan)
		scan->rows = calloc(SCAN_ROWS_MAX, sizeof *scan->rows);
	if (!scan || !scan->rows) {
		free(scan);
		return BM_STATUS_FAILED;
	}
	scan->options = (struct bm_options){.command = "scan", .usage = usage};
	while (bm_options_next(&scan->options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	if (!scan->options.over && optind < argc)
		bm_wrong(&scan->options, "%s: scan takes options alone", argv[optind]);
	int status = scan->options.status;
	if (!scan->options.over) {
		open_network(scan);
		status = run(scan);
		bm_network_close(scan->network);
	}
	bm_wipe(scan->keys, sizeof scan->keys);
	free(scan->rows);
	free(scan);
	return status;
}
