/*
 * Subnets: their keys and what is derived from them.
 */
#include "net/subnet.h"

#include <string.h>

#include "base/env.h"
#include "net/friendship.h"

void bm_cred_derive(struct bm_cred *cred, const uint8_t net_key[16], const uint8_t *p, size_t p_len)
{
	uint8_t encryption[16];
	uint8_t privacy[16];
	bm_k2(net_key, p, p_len, &cred->nid, encryption, privacy);
	bm_port_aes_set_key(&cred->encryption, encryption);
	bm_port_aes_set_key(&cred->privacy, privacy);
	bm_wipe(encryption, sizeof encryption);
	bm_wipe(privacy, sizeof privacy);
}

void bm_net_keys_derive(struct bm_net_keys *keys, const uint8_t net_key[16])
{
	uint8_t beacon[16];
	memcpy(keys->net_key, net_key, sizeof keys->net_key);
	bm_k3(net_key, keys->network_id);
	/* MshPRT 3.9.6.3.1: P is 0x00 for the managed flooding credentials. */
	bm_cred_derive(&keys->flooding, net_key, (const uint8_t[]){0x00}, 1);
	bm_beacon_key(net_key, beacon);
	bm_port_aes_set_key(&keys->beacon, beacon);
	if (BM_WITH_PRIVATE_BEACON) {
		bm_private_beacon_key(net_key, beacon);
		bm_port_aes_set_key(&keys->private_beacon, beacon);
	}
	bm_wipe(beacon, sizeof beacon);
	keys->valid = true;
}

void bm_net_keys_wipe(struct bm_net_keys *keys)
{
	bm_wipe(keys, sizeof *keys);
}

struct bm_subnet *bm_subnet_find(struct bm_subnets *subnets, uint16_t net_idx)
{
	for (size_t i = 0; i < subnets->capacity; i++) {
		struct bm_subnet *subnet = &subnets->table[i];
		if (subnet->used && subnet->net_idx == net_idx)
			return subnet;
	}
	return NULL;
}

static void map_nid(uint32_t map[4], uint8_t nid)
{
	map[nid >> 5] |= UINT32_C(1) << (nid & 31);
}

void bm_subnets_map(struct bm_subnets *subnets)
{
	memset(subnets->nid_map, 0, sizeof subnets->nid_map);
	memset(subnets->friendship_map, 0, sizeof subnets->friendship_map);
	for (size_t i = 0; i < subnets->capacity; i++) {
		const struct bm_subnet *subnet = &subnets->table[i];
		for (size_t k = 0; subnet->used && k < BM_ARRAY_LEN(subnet->keys); k++)
			if (subnet->keys[k].valid)
				map_nid(subnets->nid_map, subnet->keys[k].flooding.nid);
	}
	bm_friendships_derive(subnets);
	for (size_t i = 0; i < subnets->friendship_count; i++) {
		const struct bm_friendship *friendship = &subnets->friendships[i];
		for (size_t k = 0; friendship->used && k < BM_ARRAY_LEN(friendship->keys); k++)
			if (friendship->keys[k].valid)
				map_nid(subnets->friendship_map, friendship->keys[k].cred.nid);
	}
	for (size_t i = 0; i < BM_ARRAY_LEN(subnets->nid_map); i++)
		subnets->nid_map[i] |= subnets->friendship_map[i];
}

enum bm_err bm_subnet_add(struct bm_subnets *subnets, uint16_t net_idx, const uint8_t net_key[16], bool key_refresh,
			  struct bm_subnet **subnet)
{
	if (net_idx > BM_KEY_INDEX_MAX)
		return BM_ERR_INVALID;
	if (bm_subnet_find(subnets, net_idx))
		return BM_ERR_EXISTS;
	for (size_t i = 0; i < subnets->capacity; i++) {
		struct bm_subnet *added = &subnets->table[i];
		if (added->used)
			continue;
		added->used = true;
		added->net_idx = net_idx;
		/* MshPRT 5.4.2.5: the Key Refresh flag says that the key given is the new one, and Phase 2. */
		added->phase = key_refresh ? 2 : 0;
		added->secure_beacon.seen = added->private_beacon.seen = 0;
		added->beacon_octets[0] = 0;
		added->private_renewed = BM_TIME_NEVER;
		bm_net_keys_derive(&added->keys[key_refresh ? 1 : 0], net_key);
		bm_subnets_map(subnets);
		if (subnet)
			*subnet = added;
		return BM_OK;
	}
	return BM_ERR_NO_SPACE;
}

void bm_subnet_remove(struct bm_subnets *subnets, struct bm_subnet *subnet)
{
	for (size_t k = 0; k < BM_ARRAY_LEN(subnet->keys); k++)
		bm_net_keys_wipe(&subnet->keys[k]);
	subnet->used = false;
	subnet->phase = 0;
	subnet->beacon_octets[0] = 0;
	bm_subnets_map(subnets);
}

void bm_subnet_finish_refresh(struct bm_subnets *subnets, struct bm_subnet *subnet)
{
	if (!subnet->keys[1].valid)
		return;
	uint8_t net_key[16];
	memcpy(net_key, subnet->keys[1].net_key, sizeof net_key);
	bm_net_keys_wipe(&subnet->keys[0]);
	bm_net_keys_wipe(&subnet->keys[1]);
	bm_net_keys_derive(&subnet->keys[0], net_key);
	bm_wipe(net_key, sizeof net_key);
	subnet->phase = 0;
	/* What was authentic under the key revoked is so no longer. */
	subnet->beacon_octets[0] = 0;
	bm_subnets_map(subnets);
}

const struct bm_net_keys *bm_subnet_tx_keys(const struct bm_subnet *subnet)
{
	/* MshPRT 3.11.4: in Phase 1 with the old key, in Phase 2 with the new one. */
	return subnet->phase == 2 && subnet->keys[1].valid ? &subnet->keys[1] : &subnet->keys[0];
}
