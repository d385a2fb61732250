/*
 * Tables of application keys and device keys.
 */
#include "transport/keys.h"

#include <string.h>

#include "base/env.h"

void bm_app_keys_carve(struct bm_app_keys *keys, uint8_t capacity, struct bm_arena *arena)
{
	keys->table = bm_arena_take(arena, capacity, sizeof *keys->table);
}

struct bm_app_key *bm_app_key_find(struct bm_app_keys *keys, uint16_t app_idx)
{
	for (size_t i = 0; i < keys->capacity; i++) {
		struct bm_app_key *key = &keys->table[i];
		if (key->used && key->app_idx == app_idx)
			return key;
	}
	return NULL;
}

void bm_app_key_value_set(struct bm_app_key_value *value, const uint8_t key[16])
{
	memcpy(value->key, key, BM_KEY_LEN);
	value->aid = bm_k4(key);
	bm_port_aes_set_key(&value->aes, key);
	value->valid = true;
}

enum bm_err bm_app_key_add(struct bm_app_keys *keys, uint16_t net_idx, uint16_t app_idx, const uint8_t key[16])
{
	if (net_idx > BM_KEY_INDEX_MAX || app_idx > BM_KEY_INDEX_MAX)
		return BM_ERR_INVALID;
	if (bm_app_key_find(keys, app_idx))
		return BM_ERR_EXISTS;
	for (size_t i = 0; i < keys->capacity; i++) {
		struct bm_app_key *added = &keys->table[i];
		if (added->used)
			continue;
		added->used = true;
		added->app_idx = app_idx;
		added->net_idx = net_idx;
		bm_app_key_value_set(&added->values[0], key);
		return BM_OK;
	}
	return BM_ERR_NO_SPACE;
}

enum bm_err bm_app_key_delete(struct bm_app_keys *keys, uint16_t app_idx)
{
	struct bm_app_key *key = bm_app_key_find(keys, app_idx);
	if (!key)
		return BM_ERR_NOT_FOUND;
	bm_wipe(key, sizeof *key);
	return BM_OK;
}

void bm_app_keys_revoke_old(struct bm_app_keys *keys, uint16_t net_idx)
{
	uint8_t key[BM_KEY_LEN];
	for (size_t i = 0; i < keys->capacity; i++) {
		struct bm_app_key *held = &keys->table[i];
		if (!held->used || held->net_idx != net_idx || !held->values[1].valid)
			continue;
		/* A key schedule may not be moved, so it is made anew. */
		memcpy(key, held->values[1].key, sizeof key);
		bm_wipe(held->values, sizeof held->values);
		bm_app_key_value_set(&held->values[0], key);
	}
	bm_wipe(key, sizeof key);
}

void bm_app_keys_clear(struct bm_app_keys *keys)
{
	if (keys->table)
		bm_wipe(keys->table, keys->capacity * sizeof *keys->table);
}

void bm_dev_keys_carve(struct bm_dev_keys *keys, uint16_t capacity, struct bm_arena *arena)
{
	keys->remote = bm_arena_take(arena, capacity, sizeof *keys->remote);
}

void bm_dev_keys_set_own(struct bm_dev_keys *keys, const uint8_t key[16])
{
	memcpy(keys->own, key, BM_KEY_LEN);
	bm_port_aes_set_key(&keys->own_aes, key);
	keys->own_valid = true;
}

static bool covers(const struct bm_dev_key *key, uint16_t addr)
{
	return key->addr != BM_ADDR_UNASSIGNED && addr >= key->addr && addr - key->addr < key->elements;
}

enum bm_err bm_dev_key_has_room(const struct bm_dev_keys *keys, uint16_t addr, uint8_t elements, uint16_t others)
{
	if (!bm_addr_is_unicast(addr) || elements == 0 || !bm_addr_is_unicast((uint16_t)(addr + elements - 1)))
		return BM_ERR_INVALID;
	uint16_t free_slots = 0;
	for (size_t i = 0; i < keys->capacity; i++) {
		const struct bm_dev_key *held = &keys->remote[i];
		/* Two nodes cannot share an address. */
		if (covers(held, addr) ||
		    (held->addr != BM_ADDR_UNASSIGNED && held->addr > addr && held->addr - addr < elements))
			return BM_ERR_EXISTS;
		free_slots += held->addr == BM_ADDR_UNASSIGNED;
	}
	return free_slots > others ? BM_OK : BM_ERR_NO_SPACE;
}

enum bm_err bm_dev_key_add(struct bm_dev_keys *keys, uint16_t addr, uint8_t elements, const uint8_t key[16])
{
	const enum bm_err err = bm_dev_key_has_room(keys, addr, elements, 0);
	if (err)
		return err;
	struct bm_dev_key *slot = keys->remote;
	while (slot->addr != BM_ADDR_UNASSIGNED)
		slot++;
	*slot = (struct bm_dev_key){.addr = addr, .elements = elements};
	memcpy(slot->key, key, BM_KEY_LEN);
	return BM_OK;
}

enum bm_err bm_dev_key_remove(struct bm_dev_keys *keys, uint16_t addr)
{
	for (size_t i = 0; i < keys->capacity; i++) {
		if (keys->remote[i].addr != addr || addr == BM_ADDR_UNASSIGNED)
			continue;
		bm_wipe(&keys->remote[i], sizeof keys->remote[i]);
		return BM_OK;
	}
	return BM_ERR_NOT_FOUND;
}

const struct bm_dev_key *bm_dev_key_of(const struct bm_dev_keys *keys, uint16_t addr)
{
	for (size_t i = 0; i < keys->capacity; i++)
		if (covers(&keys->remote[i], addr))
			return &keys->remote[i];
	return NULL;
}

void bm_dev_keys_clear(struct bm_dev_keys *keys)
{
	keys->own_valid = false;
	bm_wipe(keys->own, sizeof keys->own);
	bm_wipe(&keys->own_aes, sizeof keys->own_aes);
	if (keys->remote)
		bm_wipe(keys->remote, keys->capacity * sizeof *keys->remote);
}
