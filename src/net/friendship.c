/*
 * Friendship security credentials: derived when a friendship is offered or a NetKey changes, wiped when either ends.
 */
#include "net/friendship.h"

#include <string.h>

#include "base/env.h"
#include "blemesh/bytes.h"

#define P_LEN 9u

/* MshPRT 3.9.6.3.1: P = 0x01 || LPNAddress || FriendAddress || LPNCounter || FriendCounter. */
static void derive(struct bm_cred *cred, const struct bm_friendship_id *id, const uint8_t net_key[16])
{
	uint8_t p[P_LEN];
	struct bm_writer w = bm_writer_of(p, sizeof p);
	bm_put_u8(&w, 0x01);
	bm_put_be16(&w, id->lpn_addr);
	bm_put_be16(&w, id->friend_addr);
	bm_put_be16(&w, id->lpn_counter);
	bm_put_be16(&w, id->friend_counter);
	bm_cred_derive(cred, net_key, p, sizeof p);
}

static void derive_all(struct bm_subnets *subnets, struct bm_friendship *friendship)
{
	const struct bm_subnet *subnet = bm_subnet_find(subnets, friendship->id.net_idx);
	for (size_t k = 0; k < BM_ARRAY_LEN(friendship->keys); k++) {
		const struct bm_net_keys *keys = subnet && subnet->keys[k].valid ? &subnet->keys[k] : NULL;
		if (!keys) {
			bm_wipe(&friendship->keys[k], sizeof friendship->keys[k]);
			continue;
		}
		if (friendship->keys[k].valid &&
		    bm_equal_constant_time(friendship->keys[k].net_key, keys->net_key, sizeof keys->net_key))
			continue;
		memcpy(friendship->keys[k].net_key, keys->net_key, sizeof keys->net_key);
		derive(&friendship->keys[k].cred, &friendship->id, keys->net_key);
		friendship->keys[k].valid = true;
	}
}

void bm_friendships_derive(struct bm_subnets *subnets)
{
	for (size_t i = 0; i < subnets->friendship_count; i++)
		if (subnets->friendships[i].used)
			derive_all(subnets, &subnets->friendships[i]);
}

enum bm_err bm_friendship_add(struct bm_subnets *subnets, const struct bm_friendship_id *id,
			      struct bm_friendship **friendship)
{
	*friendship = NULL;
	if (!bm_subnet_find(subnets, id->net_idx))
		return BM_ERR_NO_KEY;
	for (size_t i = 0; i < subnets->friendship_count; i++) {
		struct bm_friendship *added = &subnets->friendships[i];
		if (added->used)
			continue;
		added->used = true;
		added->id = *id;
		*friendship = added;
		bm_subnets_map(subnets);
		return BM_OK;
	}
	return BM_ERR_NO_SPACE;
}

void bm_friendship_remove(struct bm_subnets *subnets, struct bm_friendship *friendship)
{
	if (!friendship)
		return;
	bm_wipe(friendship, sizeof *friendship);
	bm_subnets_map(subnets);
}

struct bm_friendship *bm_friendship_find(struct bm_subnets *subnets, uint16_t net_idx, uint16_t lpn_addr,
					 uint16_t friend_addr)
{
	for (size_t i = 0; i < subnets->friendship_count; i++) {
		struct bm_friendship *friendship = &subnets->friendships[i];
		if (friendship->used && friendship->id.net_idx == net_idx && friendship->id.lpn_addr == lpn_addr &&
		    friendship->id.friend_addr == friend_addr)
			return friendship;
	}
	return NULL;
}

const struct bm_cred *bm_friendship_tx_cred(struct bm_subnets *subnets, const struct bm_friendship *friendship)
{
	const struct bm_subnet *subnet = bm_subnet_find(subnets, friendship->id.net_idx);
	if (!subnet)
		return NULL;
	const size_t k = bm_subnet_tx_keys(subnet) == &subnet->keys[1];
	return friendship->keys[k].valid ? &friendship->keys[k].cred : NULL;
}
