/*
 * The player's network from run to run: its node's records, and under keys of the host's the next free address and, for
 * each address given out, whose it is. A device is written down before it can get its address: an address is never
 * given out twice, whenever the run ends.
 */
#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "cli/network/keeper.h"
#include "cli/player_state.h"

#define KIND_NEXT_ADDR BM_STORE_HOST
#define KIND_DEVICE (BM_STORE_HOST + 1u) /* index: its address */
#define DEVICE_LEN (BM_UUID_LEN + 2u)
#define FOREIGN_US (2u * BM_US_PER_S)

static bool put(struct bm_player *player, unsigned kind, uint16_t index, const uint8_t *octets, size_t len)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)kind, .index = index};
	return !player->ops.store || bm_sqlite_store_put(player->ops.store, &key, octets, len) == BM_OK;
}

static bool keep_next_addr(struct bm_player *player)
{
	const uint8_t octets[] = {(uint8_t)(player->next_addr >> 8), (uint8_t)player->next_addr};
	return put(player, KIND_NEXT_ADDR, 0, octets, sizeof octets);
}

bool player_keep(struct device *device, uint16_t addr, bool configured)
{
	uint8_t octets[DEVICE_LEN];
	memcpy(octets, device->uuid, BM_UUID_LEN);
	octets[BM_UUID_LEN] = device->elements;
	octets[BM_UUID_LEN + 1] = configured;
	const bool counted = keep_next_addr(device->player);
	return put(device->player, KIND_DEVICE, addr, octets, sizeof octets) && counted;
}

/* What stays of it keeps its address from others; no more. */
void player_unkeep(struct bm_player *player, uint16_t addr)
{
	(void)keep_next_addr(player);
	(void)put(player, KIND_DEVICE, addr, NULL, 0);
}

static enum bm_err node_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	const struct bm_player *player = ctx;
	return bm_sqlite_store_put(player->ops.store, key, octets, len);
}

player_put player_node_put(const struct bm_player *player)
{
	return player->ops.store ? node_put : NULL;
}

struct search {
	struct bm_player *player;
	struct device *device; /* whose record is looked for; NULL: the highest address of all */
};

static void look_at_device(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct search *search = ctx;
	struct device *device = search->device;
	uint8_t dev_key[BM_KEY_LEN];
	if (len != DEVICE_LEN)
		return;
	const uint8_t elements = octets[BM_UUID_LEN] ? octets[BM_UUID_LEN] : 1;
	const uint32_t after = (uint32_t)key->index + elements;
	if (!device && after > search->player->next_addr)
		search->player->next_addr = after;
	if (!device || memcmp(octets, device->uuid, BM_UUID_LEN) != 0 ||
	    !bm_keeper_find_key(search->player->node, BM_KEY_DEV, key->index, dev_key))
		return;
	bm_wipe(dev_key, sizeof dev_key);
	device->addr = key->index;
	device->elements = elements;
	device->kept_configured = octets[BM_UUID_LEN + 1];
}

void player_recall(struct device *device)
{
	struct search search = {.player = device->player, .device = device};
	if (device->player->ops.store)
		(void)bm_sqlite_store_each(device->player->ops.store, KIND_DEVICE, look_at_device, &search);
}

static void recall_next_addr(struct bm_player *player)
{
	const struct bm_store_key key = {.kind = KIND_NEXT_ADDR};
	struct search search = {.player = player};
	uint8_t octets[2];
	size_t len;
	if (!bm_sqlite_store_get(player->ops.store, &key, octets, sizeof octets, &len) && len == sizeof octets)
		player->next_addr = (uint32_t)octets[0] << 8 | octets[1];
	(void)bm_sqlite_store_each(player->ops.store, KIND_DEVICE, look_at_device, &search);
}

enum bm_err player_restore(struct bm_player *player)
{
	if (!player->ops.store)
		return BM_OK;
	recall_next_addr(player);
	return bm_sqlite_store_restore(player->ops.store, player->node, NULL, NULL);
}

enum bm_err player_join_network(struct bm_player *player, bm_time now)
{
	enum bm_err err = BM_OK;
	if (!bm_node_is_provisioned(player->node))
		err = bm_keeper_make_network(player->node, player->rt, now);
	if (bm_keeper_find_key(player->node, BM_KEY_APP, PLAYER_APP_IDX, player->app_key))
		return err;
	bm_runtime_random(player->rt, player->app_key, sizeof player->app_key);
	if (err == BM_OK)
		err = bm_node_add_app_key(player->node, BM_NET_IDX_PRIMARY, PLAYER_APP_IDX, player->app_key);
	return err;
}

void player_tell_foreign(struct device *device, bm_time now)
{
	device->foreign_at = 0;
	player_tell(device, (struct bm_step){.kind = BM_STEP_GIVEN_UP,
					     .at = now,
					     .text = "it is a node of a network that this provisioner does not "
						     "know; without its file in the state directory it starts anew"});
}

void player_board_restored(struct device *device, uint16_t addr, bm_time now)
{
	if (device->addr != addr) {
		/* A script that is the provisioner may know it: that is not seen yet. */
		player_set_state(device, DEVICE_GIVEN_UP, now);
		device->foreign_at = bm_time_add(now, FOREIGN_US);
		device->player->next = 0;
		return;
	}
	if (device->kept_configured) {
		player_configured(device, now);
		return;
	}
	player_set_state(device, DEVICE_CONFIGURING, now);
	player_config_begin(device, now);
}
