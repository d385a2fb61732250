/*
 * A running node of the network on a radio, for one command: the keeper's node with its provisioner role, its
 * Configuration Client and the client models that the command brings, restored from the network's store. It lives on
 * the calling thread, within bm_session_run.
 *
 *   open ─▶ run ─(done, time over, Ctrl-C)▶ … run again … ─▶ close: radio idle, store up to date
 */
#ifndef BM_CLI_NETWORK_SESSION_H
#define BM_CLI_NETWORK_SESSION_H

#include "blemesh/node.h"
#include "cli/network/network.h"
#include "script/runtime.h"

struct bm_session;

struct bm_session_options {
	/* The network, which stays the caller's; a new one gets its keys and its first node here. NULL: there is no
	 * node, and the session only hears. */
	struct bm_network *network;
	/* "air[:NAME]", or a controller as bm_transport_parse wants it. */
	const char *radio;
	/* How long bm_session_open may wait for a beacon, where the network's IV index is but assumed; 0: as long as it
	 * takes beacons to come. */
	uint64_t patience_us;
	/* Models for the primary element, bound to every AppKey there is (keys that come later are bound by
	 * bm_session_bind). The memory stays where it is until the session is closed. */
	struct bm_model **models;
	size_t model_count;
	/* NULL, or takes every access message that reaches the node, of whatever model and under whatever key, opcode
	 * apart; the session then has a model that sends any (bm_session_model). */
	void (*message)(void *ctx, const struct bm_rx *rx, const uint8_t *params, size_t len);
	/* All may be NULL. Called from within bm_session_run, and event from bm_session_open too. */
	void (*event)(void *ctx, const struct bm_event *event);
	void (*trace)(void *ctx, const struct bm_trace *trace);
	/* What the radio hears, before the node does. */
	void (*heard)(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now);
	void (*gatt_seen)(void *ctx, const struct bm_gatt_seen *seen, bm_time now);
	/* Scan responses are asked for if this is set: AD structures of a connectable advertiser (addr: most
	 * significant octet first). */
	void (*scan_response)(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now);
	void (*light)(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now);
	/* HCI packets as bm_radio_options.sniff; captures of the air use bm_medium_set_sniffer. */
	void (*sniff)(void *ctx, bool from_controller, const uint8_t *packet, size_t len, bm_time now);
	void *ctx; /* of all of these */
};

enum bm_session_end {
	BM_SESSION_DONE,        /* bm_session_done was called */
	BM_SESSION_TIMEOUT,     /* the time is over */
	BM_SESSION_INTERRUPTED, /* Ctrl-C, SIGTERM or SIGHUP */
	BM_SESSION_BROKEN,      /* the network's file takes nothing more: bm_session_trouble says why */
};

/* NULL: why not, and what to do about it, is a line in error. A lost controller and the like are told on stderr. */
struct bm_session *bm_session_open(const struct bm_session_options *options, char *error, size_t error_len);
/* The radio is idle and everything is kept when it returns. The network stays open. NULL is ignored. */
void bm_session_close(struct bm_session *session);

/*
 * For a prompt that runs one command after another. Once keeping is on, a session that was opened with a network,
 * message and nothing of the command's own (no models, nothing else that it hears) stays open when it is closed, and
 * the next one like it begins at once with what it knows. Any other session that is opened closes the kept one for
 * good.
 */
void bm_session_keep(bool on);
/* The kept one, which may run while nobody asks anything of it; NULL. */
struct bm_session *bm_session_kept(void);
/* Closes it for good: before something that a running node must not miss is done to the network's file. */
void bm_session_drop_kept(void);

/* Runs until bm_session_done was called or for_us are over (0: no limit). Can be called again, and not from within. */
enum bm_session_end bm_session_run(struct bm_session *session, uint64_t for_us);
/* What was sent goes out: runs for so long, after an interruption too. */
void bm_session_settle(struct bm_session *session, uint64_t for_us);
/* Ends bm_session_run, with BM_SESSION_DONE; on the session's thread. */
void bm_session_done(struct bm_session *session);
/* A line for people after BM_SESSION_BROKEN. */
const char *bm_session_trouble(const struct bm_session *session);

struct bm_node *bm_session_node(struct bm_session *session); /* NULL without a network */
/* What sends any message, with application and device keys; NULL unless the session was opened with message. */
struct bm_model *bm_session_model(struct bm_session *session);
struct bm_network *bm_session_network(struct bm_session *session);
struct bm_runtime *bm_session_runtime(struct bm_session *session);
bm_time bm_session_now(const struct bm_session *session);
/* The models that the session was opened with are bound to a key that came just now. */
BM_MUST_USE enum bm_err bm_session_bind(struct bm_session *session, uint16_t app_idx);

#endif
