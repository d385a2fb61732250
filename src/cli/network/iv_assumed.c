/*
 * A mark in the network's document, "blemesh": {"ivAssumed": true}, and the beacon that takes it away.
 */
#include "cli/network/iv_assumed.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/bearer.h"
#include "cli/network/document.h"
#include "cli/network/keeper.h"
#include "crypto/crypto.h"
#include "net/subnet.h"
#include "pdu/beacon.h"

bool bm_iv_is_assumed(const struct bm_iv_watch *watch)
{
	return watch->network && json_is_true(json_object_get(
					 json_object_get(bm_network_about(watch->network), "blemesh"), BM_IV_ASSUMED));
}

void bm_iv_was_shown(struct bm_iv_watch *watch)
{
	if (!bm_iv_is_assumed(watch))
		return;
	(void)json_object_del(bm_document_own(bm_network_about(watch->network)), BM_IV_ASSUMED);
	(void)!bm_network_keep_about(watch->network);
	if (watch->waiting)
		bm_runtime_leave(watch->rt);
}

/* MshPRT 3.11.5: how long a state of the IV index lasts matters. */
void bm_iv_changed(struct bm_iv_watch *watch)
{
	json_object_set_new(bm_document_own(bm_network_about(watch->network)), "ivSince", bm_document_of_now());
	(void)!bm_network_keep_about(watch->network);
	bm_iv_was_shown(watch);
}

bool bm_iv_wait(struct bm_iv_watch *watch)
{
	watch->waiting = bm_iv_is_assumed(watch);
	if (watch->waiting)
		fprintf(stderr,
			"blemesh: the IV index of network %s is not known yet: waiting for a beacon that tells it\n",
			bm_network_name(watch->network));
	return watch->waiting;
}

bool bm_iv_is_in_beacon(const struct bm_node *node, uint8_t ad_type, const uint8_t *payload, size_t len)
{
	struct bm_secure_beacon beacon;
	struct bm_net_keys keys;
	uint8_t key[BM_KEY_LEN], mac[16];
	if (ad_type != BM_AD_MESH_BEACON || bm_secure_beacon_decode(payload, len, &beacon) ||
	    beacon.iv_index != bm_node_iv_index(node) || !bm_keeper_find_key(node, BM_KEY_NET, BM_NET_IDX_PRIMARY, key))
		return false;
	bm_net_keys_derive(&keys, key);
	bm_cmac(&keys.beacon, payload + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	const bool good = memcmp(keys.network_id, beacon.network_id, sizeof beacon.network_id) == 0 &&
			  bm_equal_constant_time(mac, beacon.authentication, sizeof beacon.authentication);
	bm_wipe(key, sizeof key);
	bm_wipe(&keys, sizeof keys);
	return good;
}
