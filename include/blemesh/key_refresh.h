/*
 * The Key Refresh procedure from the configuring side (MshPRT 3.11.4): a network gets a new NetKey, and new values of
 * the AppKeys bound to it, node by node, without a moment in which nodes that have it and nodes that do not could not
 * talk. Nodes that are left out, as one that was stolen or sold, are out of the network when it is over.
 *
 *   distribute (NetKey Update, AppKey Updates) ──▶ switch (all transmit with the new keys) ──▶ revoke (the old keys go)
 *
 * Each step goes to every node, this one included, and the next one begins when all have done it. What a node did not
 * answer is told; when all others are done, the procedure is stalled until the nodes that failed are tried again or
 * skipped. It works through the Configuration Client of the node (limits.config_requests > 0).
 */
#ifndef BLEMESH_KEY_REFRESH_H
#define BLEMESH_KEY_REFRESH_H

#include "blemesh/base.h"
#include "blemesh/config.h"
#include "blemesh/err.h"

struct bm_key_refresh;

/* How far it is. */
enum bm_key_refresh_step {
	BM_KEY_REFRESH_DISTRIBUTE = 1,
	BM_KEY_REFRESH_SWITCH = 2,
	BM_KEY_REFRESH_REVOKE = 3,
	BM_KEY_REFRESH_OVER = 4,
};

enum bm_key_refresh_state {
	BM_KEY_REFRESH_PENDING, /* has not done the present step yet */
	BM_KEY_REFRESH_ASKED,
	BM_KEY_REFRESH_DONE,
	BM_KEY_REFRESH_FAILED,
	BM_KEY_REFRESH_EXCLUDED, /* gets no new key, or nothing more: blacklisted or skipped */
};

/* A node of the network. The caller sets addr and, for one that is to be left out, state. */
struct bm_key_refresh_node {
	uint16_t addr; /* of the primary element; the device key must be held */
	enum bm_key_refresh_state state;
	/* The procedure's; read only. */
	uint8_t stage;     /* of the present step: keys given */
	enum bm_err error; /* of FAILED: BM_ERR_TIMEOUT, or why nothing could be sent; BM_OK: see status */
	enum bm_config_status status;
	struct bm_key_refresh *refresh;
};

/* An AppKey bound to the NetKey that is refreshed, and its new value. */
struct bm_key_refresh_app_key {
	uint16_t app_idx;
	uint8_t key[BM_KEY_LEN];
};

enum bm_key_refresh_event_kind {
	BM_KEY_REFRESH_EVENT_STARTED, /* nothing was sent yet: export the state, or a restart loses the new keys */
	BM_KEY_REFRESH_EVENT_NODE_DONE,
	BM_KEY_REFRESH_EVENT_NODE_FAILED, /* see node->error and ->status */
	BM_KEY_REFRESH_EVENT_STEP,        /* the procedure came to this step: export the state */
	BM_KEY_REFRESH_EVENT_STALLED,     /* failed: how many nodes; retry or skip them */
	BM_KEY_REFRESH_EVENT_OVER,        /* the old keys are gone; forget what was exported */
};

struct bm_key_refresh_event {
	enum bm_key_refresh_event_kind kind;
	enum bm_key_refresh_step step;
	const struct bm_key_refresh_node *node; /* NODE_…; this node itself included */
	size_t done, failed, total;             /* nodes in the present step; those excluded do not count */
};

struct bm_key_refresh_params {
	uint16_t net_idx;
	/* The caller's memory, which stays until the procedure is over and idle. */
	struct bm_key_refresh_node *nodes; /* all of the network but this one */
	size_t node_count;
	struct bm_key_refresh_app_key *app_keys;
	size_t app_key_count;
	const uint8_t *net_key; /* 16 octets; NULL: this key and those in app_keys are made up here */
	uint64_t timeout_us;    /* for one answer; 0: 20 s */
	void (*progress)(void *ctx, const struct bm_key_refresh_event *event, bm_time now);
	void *ctx;
};

struct bm_key_refresh {
	struct bm_key_refresh_params params;
	enum bm_key_refresh_step step;
	uint8_t net_key[BM_KEY_LEN];
	struct bm_key_refresh_node own;
	struct bm_config_client *client;
	size_t in_flight;
	bool stalled; /* told */
	_Alignas(8) uint8_t opaque[64];
};

/*
 * Starts the procedure in the caller's memory. BM_ERR_NOT_PROVISIONED; BM_ERR_NOT_SUPPORTED: no Configuration Client;
 * BM_ERR_NO_KEY: the node is not in that subnet; BM_ERR_STATE: the subnet is in a Key Refresh; BM_ERR_INVALID: an
 * address or key index.
 */
BM_MUST_USE enum bm_err bm_key_refresh_start(struct bm_key_refresh *refresh, struct bm_node *node,
					     const struct bm_key_refresh_params *params, bm_time now);

/* Asks the nodes that failed in the present step once more. */
void bm_key_refresh_retry(struct bm_key_refresh *refresh, bm_time now);
/* Goes on without a node: it gets nothing more. One that never got the new key is out of the network at the end.
 * BM_ERR_NOT_FOUND; BM_ERR_BUSY: its answer is awaited. */
BM_MUST_USE enum bm_err bm_key_refresh_skip(struct bm_key_refresh *refresh, uint16_t addr, bm_time now);
/* Asks nobody any more; the network stays as it is. The memory is the caller's again when it is idle. */
void bm_key_refresh_stop(struct bm_key_refresh *refresh);
/* No answer is awaited. */
bool bm_key_refresh_is_idle(const struct bm_key_refresh *refresh);

/* The state as octets, which hold the new keys: keep them from others' eyes. At most this many. BM_ERR_NO_SPACE. */
#define BM_KEY_REFRESH_STATE_MAX(nodes, app_keys) (27u + 18u * (size_t)(app_keys) + 4u * (size_t)(nodes))
BM_MUST_USE enum bm_err bm_key_refresh_export(const struct bm_key_refresh *refresh, uint8_t *out, size_t capacity,
					      size_t *len);
/*
 * Goes on after a restart from what was exported last. Of params, nodes and app_keys are filled in (node_count and
 * app_key_count say how many there is room for), net_idx and net_key are not looked at. What was under way is asked
 * again; that does no harm. Errors as bm_key_refresh_start but BM_ERR_STATE; and BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG,
 * BM_ERR_PROHIBITED for octets that were not exported, BM_ERR_NO_SPACE.
 */
BM_MUST_USE enum bm_err bm_key_refresh_resume(struct bm_key_refresh *refresh, struct bm_node *node,
					      const struct bm_key_refresh_params *params, const uint8_t *octets,
					      size_t len, bm_time now);

#endif
