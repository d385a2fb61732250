/*
 * The player's members, for the files player*.c alone.
 *
 *   UNSEEN ─beacon▶ WAITING ─its turn▶ PROVISIONING ─complete▶ CONFIGURING ─▶ CONFIGURED
 *      ▲                                    │  │               ▲   │
 *      │                      keys were sent ▼  │               │   └ failed: again, a few times ▶ GIVEN_UP
 *      ├──── beacon, or no answer ──── UNSURE ──┼── answer ─────┘
 *      └──────────── failed ────────────────────┘
 *
 * A CONFIGURED device that beacons was reset and is WAITING again.
 */
#ifndef BM_CLI_PLAYER_STATE_H
#define BM_CLI_PLAYER_STATE_H

#include "cli/player.h"
#include "script/blinks.h"
#include "script/configurator.h"

enum device_state {
	DEVICE_UNSEEN,
	DEVICE_WAITING,
	DEVICE_PROVISIONING,
	DEVICE_UNSURE,
	DEVICE_CONFIGURING,
	DEVICE_CONFIGURED,
	DEVICE_GIVEN_UP,
};

struct device {
	struct bm_player *player;
	struct bm_board *board; /* NULL: somebody else's */
	uint8_t uuid[BM_UUID_LEN];
	char name[2 * BM_UUID_LEN + 32];
	enum device_state state;
	bool was_configured;
	bool beaconed;     /* it announced that it wants to be provisioned */
	bool beacons;      /* its beacon was heard; else connectable advertising alone */
	bm_time gatt_from; /* without a beacon, it is provisioned over GATT from then on; BM_TIME_NEVER: not heard there
			    */
	bool ended;        /* its script */
	bm_time wanted_since; /* its turn came, but it had not beaconed */
	bm_time changed;      /* when the state did */
	bm_time not_before;   /* the next attempt */
	unsigned attempts;

	/* provisioning */
	struct bm_blinks blinks;
	bool watching; /* Output OOB was chosen: flashes and prints count */
	bool asked;    /* the value is wanted since asked_at */
	bm_time asked_at;
	bool has_printed;
	uint32_t printed;
	uint16_t offered;  /* the address of this attempt */
	const char *why;   /* this attempt was given up by us */
	char failure[128]; /* why, while it is not sure that it failed */

	/* configuration */
	uint16_t addr;
	uint8_t elements;
	bool kept_configured; /* in a run before */
	bm_time foreign_at;   /* a node that nobody knows: when that is told; 0: not */
	struct bm_configurator configurator;
};

struct bm_player {
	struct bm_runtime *rt;
	struct bm_player_ops ops;
	struct bm_node *node;
	void *node_mem;
	struct bm_station *station;
	struct bm_actor actor;
	uint8_t app_key[BM_KEY_LEN];
	struct device **devices; /* boards of this run first, in their order */
	size_t device_count, board_count;
	struct device *active; /* is being provisioned */
	uint32_t next_addr;
	bm_time next; /* when something is to be done; recomputed when dirty */
	bool ready_told;
	bool stands_back;
	bool deaf; /* has lost its radio */
};

/* player_devices.c. player_add: NULL when there are too many. */
struct device *player_find(const struct bm_player *player, const uint8_t *uuid);
struct device *player_add(struct bm_player *player, const uint8_t *uuid);
/* BM_EVENT_DEVICE_SEEN. */
void player_seen(struct bm_player *player, const struct bm_event *event);

#define PLAYER_DEVICES_MAX 4096u
#define PLAYER_APP_IDX 0u
#define PLAYER_ATTEMPTS 3u

/* Starts, or starts anew, the configuration of a device just provisioned. */
void player_config_begin(struct device *device, bm_time now);

/* player.c: it is a node of ours, at addr; or this attempt came to nothing. */
void player_joined(struct device *device, uint16_t addr, unsigned elements, bm_time now);
void player_attempt_failed(struct device *device, const char *text, bm_time now);

/* player_unsure.c: whether the device that was offered its address is a node. Begins to ask; it was heard
 * unprovisioned; nobody wants to know any more. */
void player_unsure_begin(struct device *device, const struct bm_event *failed);
void player_unsure_heard(struct device *device, bm_time now);
void player_unsure_drop(struct device *device);

/* player_kept.c: the network from run to run. As bm_node_ops.store; NULL: nothing is kept. */
typedef enum bm_err (*player_put)(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
player_put player_node_put(const struct bm_player *player);
/* What was kept of the network, before the node starts; after it, the network there is or a new one. */
BM_MUST_USE enum bm_err player_restore(struct bm_player *player);
BM_MUST_USE enum bm_err player_join_network(struct bm_player *player, bm_time now);
/* An address is about to be the device's, or is, and whether it is configured; it is nobody's any more. */
/* False: the store refuses it. */
bool player_keep(struct device *device, uint16_t addr, bool configured);
void player_unkeep(struct bm_player *player, uint16_t addr);
/* A device just met: what was kept of it. */
void player_recall(struct device *device);
/* A board of this run is a node since a run before. */
void player_tell_foreign(struct device *device, bm_time now);
void player_board_restored(struct device *device, uint16_t addr, bm_time now);

void player_set_state(struct device *device, enum device_state state, bm_time now);
void player_tell(const struct device *device, struct bm_step step);
/* The configuration came to its end. */
void player_configured(struct device *device, bm_time now);

#endif
