/*
 * Secure Network Beacons (MshPRT 3.10.3): heard, authenticated, obeyed; and sent so that all nodes of a neighbourhood
 * together send about one each ten seconds.
 */
#include "pdu/beacon.h"

#include <string.h>

#include "net/net_state.h"

/* MshPRT 3.10.3.1: Beacon Interval = Observation Period × (Observed + 1) / Expected. With one beacon expected each ten
 * seconds, and our own last interval as the observation period, this is 10 s × (observed + 1). */
#define NOMINAL_US (10u * BM_US_PER_S)
#define INTERVAL_MAX_US (600u * BM_US_PER_S)

static void authentication_value(const struct bm_net_keys *keys, const uint8_t *octets, uint8_t out[8])
{
	uint8_t mac[16];
	bm_cmac(&keys->beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(out, mac, 8);
}

static void send(struct bm_net *net, const struct bm_subnet *subnet)
{
	const struct bm_net_keys *keys = bm_subnet_tx_keys(subnet);
	struct bm_secure_beacon beacon = {
		.key_refresh = subnet->phase == 2, .iv_update = net->iv.update, .iv_index = net->iv.index};
	memcpy(beacon.network_id, keys->network_id, sizeof beacon.network_id);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	bm_secure_beacon_encode(&beacon, octets);
	authentication_value(keys, octets, octets + BM_SECURE_BEACON_LEN - 8);
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_BEACON,
				   .payload = octets,
				   .len = sizeof octets,
				   .transmissions = 1, /* all nodes of a subnet send the same octets */
				   .interval_us = 20000,
				   .jitter_us = BM_NET_JITTER_US};
	(void)bm_env_advertise(net->env, &adv); /* counted there; the next one is not far */
}

void bm_net_beacon_fire(void *ctx)
{
	struct bm_subnet *subnet = ctx;
	struct bm_net *net = subnet->owner;
	send(net, subnet);
	uint64_t interval = (uint64_t)NOMINAL_US * (subnet->beacons_seen + 1u);
	if (interval > INTERVAL_MAX_US)
		interval = INTERVAL_MAX_US;
	interval += bm_env_random_below(net->env, BM_US_PER_S);
	subnet->beacons_seen = 0;
	subnet->beacon_last = bm_env_now(net->env);
	bm_timer_set_after(&net->env->timers, &subnet->beacon_timer, interval);
}

void bm_net_beacon_update(struct bm_net *net)
{
	bm_subnets_map(&net->subnets);
	for (uint8_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		/* Soon, but not all nodes at once. */
		if (subnet->used && net->states.beacon && net->addr != BM_ADDR_UNASSIGNED)
			bm_timer_set_after(&net->env->timers, &subnet->beacon_timer,
					   BM_US_PER_S / 2 + bm_env_random_below(net->env, 2 * BM_US_PER_S));
		else
			bm_timer_stop(&net->env->timers, &subnet->beacon_timer);
	}
}

void bm_net_revoke_old_keys(struct bm_net *net, struct bm_subnet *subnet)
{
	if (subnet->phase == 0)
		return;
	bm_subnet_finish_refresh(&net->subnets, subnet);
	if (net->upper.keys_revoked)
		net->upper.keys_revoked(net->upper.ctx, subnet->net_idx);
	bm_net_beacon_update(net);
}

/* MshPRT 3.11.4: a beacon under the new key tells how far the Key Refresh is. */
static void obey_key_refresh(struct bm_net *net, struct bm_subnet *subnet, bool new_key, bool key_refresh)
{
	if (!new_key)
		return;
	if (key_refresh && subnet->phase == 1) {
		subnet->phase = 2;
		bm_net_beacon_update(net);
	} else if (!key_refresh) {
		bm_net_revoke_old_keys(net, subnet);
	}
}

static void obey(struct bm_net *net, struct bm_subnet *subnet, const struct bm_secure_beacon *beacon,
		 const uint8_t *octets, size_t len)
{
	/* beacons_seen is bounded by the longest interval it can lead to. */
	if (subnet->beacons_seen < UINT16_MAX)
		subnet->beacons_seen++;
	const bool new_key = subnet->keys[1].valid &&
			     memcmp(subnet->keys[1].network_id, beacon->network_id, sizeof beacon->network_id) == 0;
	obey_key_refresh(net, subnet, new_key, beacon->key_refresh);
	bm_net_iv_observe(net, subnet, beacon->iv_index, beacon->iv_update, octets, len);
}

void bm_net_receive_beacon(struct bm_net *net, const uint8_t *octets, size_t len, int8_t rssi)
{
	(void)rssi;
	struct bm_secure_beacon beacon;
	if (net->addr == BM_ADDR_UNASSIGNED) {
		bm_env_drop(net->env, BM_DROP_NOT_PROVISIONED, octets, len);
		return;
	}
	const enum bm_err err = bm_secure_beacon_decode(octets, len, &beacon);
	if (err) {
		bm_env_drop(net->env, err == BM_ERR_PROHIBITED ? BM_DROP_UNKNOWN_TYPE : BM_DROP_MALFORMED, octets, len);
		return;
	}
	enum bm_drop drop = BM_DROP_UNKNOWN_NID; /* of a network that is not ours */
	for (uint8_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		if (!subnet->used)
			continue;
		if (memcmp(subnet->beacon_octets, octets, sizeof subnet->beacon_octets) == 0) {
			obey(net, subnet, &beacon, octets, len);
			return;
		}
		for (size_t k = 0; k < BM_ARRAY_LEN(subnet->keys); k++) {
			const struct bm_net_keys *keys = &subnet->keys[k];
			uint8_t expected[8];
			if (!keys->valid || memcmp(keys->network_id, beacon.network_id, 8) != 0)
				continue;
			authentication_value(keys, octets, expected);
			if (!bm_equal_constant_time(expected, beacon.authentication, sizeof expected)) {
				drop = BM_DROP_BEACON_AUTH;
				continue;
			}
			memcpy(subnet->beacon_octets, octets, sizeof subnet->beacon_octets);
			obey(net, subnet, &beacon, octets, len);
			return;
		}
	}
	bm_env_drop(net->env, drop, octets, len);
}
