/*
 * What `blemesh scan` heard, for the files scan*.c alone.
 */
#ifndef BM_CLI_COMMANDS_SCAN_STATE_H
#define BM_CLI_COMMANDS_SCAN_STATE_H

#include "cli/commands/options.h"
#include "cli/network/heard_name.h"
#include "cli/network/session.h"
#include "net/subnet.h"

#define SCAN_ROWS_MAX 4096u
#define SCAN_KEYS_MAX 16u
#define SCAN_RSSI_UNKNOWN 127

enum scan_kind {
	SCAN_DEVICE,  /* id: Device UUID */
	SCAN_NETWORK, /* a Secure Network beacon; id: Network ID */
	SCAN_PRIVATE, /* Mesh Private beacons, all in one row */
	SCAN_PROXY,   /* connectable advertising of a proxy; id: its identification */
	SCAN_SOURCE,  /* messages of a node of a known network; id: key, source address */
	SCAN_UNKNOWN, /* messages of other networks; id: NID */
	SCAN_LINK,    /* somebody is provisioning; id: Link ID */
	SCAN_KINDS
};

struct scan_row {
	enum scan_kind kind;
	uint8_t id[18];
	size_t id_len;
	unsigned count;
	int8_t rssi;
	bool over_adv, over_gatt;
	uint16_t oob_info;
	bool has_uri_hash;
	uint8_t uri_hash[4];
	char name[BM_HEARD_NAME_LEN];
	bool has_peer;
	uint8_t peer[6];
	uint32_t iv_index;
	bool iv_update, key_refresh;
	bool known;    /* of our network */
	uint16_t addr; /* of the node, if that is known */
};

struct scan {
	struct bm_options options;
	struct bm_session *session;
	struct bm_network *network; /* NULL: there is none, or it is in use */
	struct bm_net_keys keys[SCAN_KEYS_MAX];
	size_t key_count;
	uint32_t iv_index;
	struct scan_row *rows;
	size_t row_count;
	bool full;
};

/* scan_say.c */
void scan_say(struct scan *scan, const struct scan_row *row);
void scan_say_all(struct scan *scan);

#endif
