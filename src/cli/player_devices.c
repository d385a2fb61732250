/*
 * The player's devices: those it has met, and what their beacons and connectable advertising mean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/player_state.h"

/* A beacon that comes right after provisioning was on its way before. */
#define OLD_BEACON_US (3u * BM_US_PER_S)
/* Devices with both bearers beacon every two seconds or so: one heard by its connectable advertising is given that
 * time before it is taken for one that has GATT alone. */
#define BEACON_PATIENCE_US (3u * BM_US_PER_S)

struct device *player_find(const struct bm_player *player, const uint8_t *uuid)
{
	for (size_t i = 0; i < player->device_count; i++)
		if (memcmp(player->devices[i]->uuid, uuid, BM_UUID_LEN) == 0)
			return player->devices[i];
	return NULL;
}

struct device *player_add(struct bm_player *player, const uint8_t *uuid)
{
	if (player->device_count == PLAYER_DEVICES_MAX)
		return NULL;
	struct device *device = calloc(1, sizeof *device);
	struct device **grown = realloc(player->devices, (player->device_count + 1) * sizeof(struct device *));
	if (!device || !grown)
		abort();
	player->devices = grown;
	player->devices[player->device_count++] = device;
	device->player = player;
	device->wanted_since = device->gatt_from = BM_TIME_NEVER;
	memcpy(device->uuid, uuid, BM_UUID_LEN);
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		snprintf(device->name + 2 * i, 3, "%02x", uuid[i]);
	bm_blinks_begin(&device->blinks);
	player_recall(device);
	return device;
}

/* A node that beacons was reset: it is none any more, and gets a new address. */
static void forget_node(struct device *device)
{
	if (device->addr == 0)
		return;
	bm_configurator_give_up(&device->configurator);
	/* That there was no key is as good. */
	const enum bm_err err = bm_node_remove_dev_key(device->player->node, device->addr);
	(void)err;
	player_unkeep(device->player, device->addr);
	device->addr = 0;
	device->kept_configured = false;
	device->attempts = 0;
}

/* PB-ADV is taken where there is a choice. */
static void heard_over(struct device *device, const struct bm_event *event)
{
	if (event->bearer == BM_PROV_BEARER_ADV) {
		device->beacons = true;
		device->player->next = 0;
	} else if (device->gatt_from == BM_TIME_NEVER) {
		device->gatt_from = bm_time_add(event->now, BEACON_PATIENCE_US);
	}
}

void player_seen(struct bm_player *player, const struct bm_event *event)
{
	struct device *device = player_find(player, event->uuid);
	if (!device)
		device = player_add(player, event->uuid);
	if (!device)
		return;
	device->beaconed = true;
	heard_over(device, event);
	switch (device->state) {
	case DEVICE_UNSEEN:
		forget_node(device);
		player_set_state(device, DEVICE_WAITING, event->now);
		return;
	case DEVICE_CONFIGURING:
	case DEVICE_CONFIGURED:
		if (event->now < device->changed + OLD_BEACON_US)
			return;
		forget_node(device);
		player_set_state(device, DEVICE_WAITING, event->now);
		return;
	case DEVICE_UNSURE:
		if (event->now >= device->changed + OLD_BEACON_US)
			player_unsure_heard(device, event->now);
		return;
	case DEVICE_GIVEN_UP:
		if (event->now < device->not_before)
			return;
		forget_node(device);
		device->not_before = event->now;
		player_set_state(device, DEVICE_WAITING, event->now);
		return;
	case DEVICE_WAITING:
	case DEVICE_PROVISIONING:
		return;
	}
}
