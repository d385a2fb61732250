/*
 * The player's members, for player.c and player_config.c alone.
 *
 *   UNSEEN ─beacon▶ WAITING ─its turn▶ PROVISIONING ─complete▶ CONFIGURING ─▶ CONFIGURED
 *      ▲                                    │                     │
 *      └──────────── failed ────────────────┘      failed: again, a few times ▶ GIVEN_UP
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
	bool beaconed;        /* it announced that it wants to be provisioned */
	bool beacons;         /* as it was seen last: by its beacon; else by connectable advertising */
	bool ended;           /* its script */
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
	const char *why;  /* this attempt was given up by us */
	bool value_given; /* nothing holds the provisioning data back any more */

	/* configuration */
	uint16_t addr;
	uint8_t elements;
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
};

#define PLAYER_APP_IDX 0u
#define PLAYER_ATTEMPTS 3u

/* Starts, or starts anew, the configuration of a device just provisioned. */
void player_config_begin(struct device *device, bm_time now);

void player_set_state(struct device *device, enum device_state state, bm_time now);
void player_tell(const struct device *device, struct bm_step step);
/* The configuration came to its end. */
void player_configured(struct device *device, bm_time now);

#endif
