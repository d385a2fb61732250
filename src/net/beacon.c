/*
 * Secure Network and Mesh Private beacons (MshPRT 3.10.3, 3.10.4): heard, authenticated, obeyed; and sent so that all
 * nodes of a neighbourhood together send about one of a kind each ten seconds.
 */
#include "pdu/beacon.h"

#include <string.h>

#include "net/net_state.h"

/* MshPRT 3.10.3.1: Beacon Interval = Observation Period × (Observed + 1) / Expected. With one beacon expected each ten
 * seconds, and our own last interval as the observation period, this is 10 s × (observed + 1). */
#define NOMINAL_US (10u * BM_US_PER_S)
#define INTERVAL_MAX_US (600u * BM_US_PER_S)
#define RANDOM_STEP_US (10u * BM_US_PER_S)

_Static_assert(BM_NET_BEACON_MAX == BM_PRIVATE_BEACON_LEN, "the longest beacon");

static void authentication_value(const struct bm_net_keys *keys, const uint8_t *octets, uint8_t out[8])
{
	uint8_t mac[16];
	bm_cmac(&keys->beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(out, mac, 8);
}

static size_t make_secure(const struct bm_net *net, const struct bm_subnet *subnet, uint8_t *out)
{
	const struct bm_net_keys *keys = bm_subnet_tx_keys(subnet);
	struct bm_secure_beacon beacon = {
		.key_refresh = subnet->phase == 2, .iv_update = net->iv.update, .iv_index = net->iv.index};
	memcpy(beacon.network_id, keys->network_id, sizeof beacon.network_id);
	bm_secure_beacon_encode(&beacon, out);
	authentication_value(keys, out, out + BM_SECURE_BEACON_LEN - 8);
	return BM_SECURE_BEACON_LEN;
}

/* MshPRT 3.10.4.1: the Random is kept for the Random Update Interval. It is the nonce, so other data take another one
 * at once. */
static void renew_random(struct bm_net *net, struct bm_subnet *subnet, const uint8_t *data)
{
	const bm_time now = bm_env_now(net->env);
	const uint64_t interval = (uint64_t)net->states.private_interval * RANDOM_STEP_US;
	if (subnet->private_renewed != BM_TIME_NEVER && now - subnet->private_renewed < interval &&
	    memcmp(subnet->private_data, data, sizeof subnet->private_data) == 0)
		return;
	memcpy(subnet->private_data, data, sizeof subnet->private_data);
	bm_env_random(net->env, subnet->private_random, sizeof subnet->private_random);
	/* A non-resolvable private address (Bluetooth Core Vol 6 Part B 1.3.2.2). */
	bm_env_random(net->env, subnet->private_addr, sizeof subnet->private_addr);
	subnet->private_addr[0] &= 0x3f;
	subnet->private_renewed = now;
}

static size_t make_private(struct bm_net *net, struct bm_subnet *subnet, uint8_t *out)
{
	const struct bm_beacon_data data = {
		.key_refresh = subnet->phase == 2, .iv_update = net->iv.update, .iv_index = net->iv.index};
	uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN];
	struct bm_private_beacon beacon;
	bm_private_beacon_data_encode(&data, clear);
	renew_random(net, subnet, clear);
	memcpy(beacon.random, subnet->private_random, sizeof beacon.random);
	bm_ccm_encrypt(&bm_subnet_tx_keys(subnet)->private_beacon, beacon.random, NULL, 0, clear, sizeof clear,
		       beacon.sealed, BM_PRIVATE_BEACON_TAG_LEN);
	bm_private_beacon_encode(&beacon, out);
	return BM_PRIVATE_BEACON_LEN;
}

size_t bm_net_beacon_make(struct bm_net *net, struct bm_subnet *subnet, bool as_private, uint8_t out[BM_NET_BEACON_MAX])
{
	return BM_WITH_PRIVATE_BEACON && as_private ? make_private(net, subnet, out) : make_secure(net, subnet, out);
}

static void fire(struct bm_subnet *subnet, struct bm_beaconing *beaconing, bool as_private)
{
	struct bm_net *net = subnet->owner;
	uint8_t octets[BM_NET_BEACON_MAX];
	const size_t len = bm_net_beacon_make(net, subnet, as_private, octets);
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_BEACON,
				   .payload = octets,
				   .len = (uint8_t)len,
				   .transmissions = 1, /* the other nodes of the subnet say the same */
				   .interval_us = 20000,
				   .jitter_us = BM_NET_JITTER_US,
				   .private_addr = as_private ? subnet->private_addr : NULL};
	(void)bm_env_advertise(net->env, &adv); /* counted there; the next one is not far */
	uint64_t interval = (uint64_t)NOMINAL_US * (beaconing->seen + 1u);
	if (interval > INTERVAL_MAX_US)
		interval = INTERVAL_MAX_US;
	interval += bm_env_random_below(net->env, BM_US_PER_S);
	beaconing->seen = 0;
	bm_timer_set_after(&net->env->timers, &beaconing->timer, interval);
}

void bm_net_beacon_fire(void *ctx)
{
	struct bm_subnet *subnet = ctx;
	fire(subnet, &subnet->secure_beacon, false);
}

void bm_net_private_beacon_fire(void *ctx)
{
	struct bm_subnet *subnet = ctx;
	fire(subnet, &subnet->private_beacon, true);
}

static void update(struct bm_net *net, struct bm_beaconing *beaconing, bool on)
{
	/* What was heard before says nothing of the time after: who missed this beacon must not wait long for more. */
	beaconing->seen = 0;
	/* Soon, but not all nodes at once. */
	if (on)
		bm_timer_set_after(&net->env->timers, &beaconing->timer,
				   BM_US_PER_S / 2 + bm_env_random_below(net->env, 2 * BM_US_PER_S));
	else
		bm_timer_stop(&beaconing->timer);
}

void bm_net_beacon_update(struct bm_net *net)
{
	bm_subnets_map(&net->subnets);
	for (size_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		const bool live = subnet->used && net->addr != BM_ADDR_UNASSIGNED;
		update(net, &subnet->secure_beacon, live && net->states.beacon);
		if (BM_WITH_PRIVATE_BEACON)
			update(net, &subnet->private_beacon, live && net->states.private_beacon);
	}
	if (net->upper.beacon_changed)
		net->upper.beacon_changed(net->upper.ctx);
}

void bm_net_beacon_stop(struct bm_net *net, struct bm_subnet *subnet)
{
	update(net, &subnet->secure_beacon, false);
	if (BM_WITH_PRIVATE_BEACON)
		update(net, &subnet->private_beacon, false);
}

void bm_net_revoke_old_keys(struct bm_net *net, struct bm_subnet *subnet)
{
	if (subnet->phase == 0)
		return;
	bm_subnet_finish_refresh(&net->subnets, subnet);
	bm_env_save(net->env, BM_STORE_SUBNET, subnet->net_idx);
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
		bm_env_save(net->env, BM_STORE_SUBNET, subnet->net_idx);
		bm_net_beacon_update(net);
	} else if (!key_refresh) {
		bm_net_revoke_old_keys(net, subnet);
	}
}

/* MshPRT 3.11.4.2: in Phase 2 only what is secured with the new key is obeyed. Who was left out of the Key Refresh has
 * no other than the old one. */
static bool is_outdated(const struct bm_subnet *subnet, bool new_key)
{
	return subnet->phase == 2 && !new_key;
}

static void obey(struct bm_net *net, struct bm_subnet *subnet, struct bm_beaconing *beaconing, bool new_key,
		 const struct bm_beacon_data *data, const uint8_t *octets, size_t len)
{
	if (is_outdated(subnet, new_key)) {
		bm_env_drop(net->env, BM_DROP_BEACON_IGNORED, octets, len);
		return;
	}
	/* What is counted is bounded by the longest interval it can lead to. */
	if (beaconing->seen < UINT16_MAX)
		beaconing->seen++;
	obey_key_refresh(net, subnet, new_key, data->key_refresh);
	bm_net_iv_observe(net, subnet, data->iv_index, data->iv_update, octets, len);
}

void bm_net_security_update(struct bm_net *net, uint16_t net_idx, bool new_key, bool key_refresh, bool iv_update,
			    uint32_t iv_index)
{
	struct bm_subnet *subnet = bm_subnet_find(&net->subnets, net_idx);
	if (!subnet || is_outdated(subnet, new_key))
		return;
	obey_key_refresh(net, subnet, new_key, key_refresh);
	bm_net_iv_observe(net, subnet, iv_index, iv_update, NULL, 0);
}

static bool is_new_key(const struct bm_subnet *subnet, const struct bm_net_keys *keys)
{
	return keys == &subnet->keys[1];
}

/* What became of a beacon under the keys of one subnet. */
enum verdict { NOT_THIS_SUBNET, WRONG, OBEYED };

static enum verdict receive_secure(struct bm_net *net, struct bm_subnet *subnet, const struct bm_secure_beacon *beacon,
				   const uint8_t *octets, size_t len)
{
	const struct bm_beacon_data data = {
		.key_refresh = beacon->key_refresh, .iv_update = beacon->iv_update, .iv_index = beacon->iv_index};
	const bool known = memcmp(subnet->beacon_octets, octets, len) == 0;
	enum verdict verdict = NOT_THIS_SUBNET;
	for (size_t k = 0; k < BM_ARRAY_LEN(subnet->keys); k++) {
		const struct bm_net_keys *keys = &subnet->keys[k];
		uint8_t expected[8];
		if (!keys->valid || memcmp(keys->network_id, beacon->network_id, 8) != 0)
			continue;
		if (!known) {
			authentication_value(keys, octets, expected);
			if (!bm_equal_constant_time(expected, beacon->authentication, sizeof expected)) {
				verdict = WRONG;
				continue;
			}
		}
		memcpy(subnet->beacon_octets, octets, sizeof subnet->beacon_octets);
		obey(net, subnet, &subnet->secure_beacon, is_new_key(subnet, keys), &data, octets, len);
		return OBEYED;
	}
	return verdict;
}

static enum verdict receive_private(struct bm_net *net, struct bm_subnet *subnet,
				    const struct bm_private_beacon *beacon, const uint8_t *octets, size_t len)
{
	for (size_t k = 0; k < BM_ARRAY_LEN(subnet->keys); k++) {
		const struct bm_net_keys *keys = &subnet->keys[k];
		uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN];
		struct bm_beacon_data data;
		if (!keys->valid || bm_ccm_decrypt(&keys->private_beacon, beacon->random, NULL, 0, beacon->sealed,
						   sizeof clear, clear, BM_PRIVATE_BEACON_TAG_LEN))
			continue;
		bm_private_beacon_data_decode(clear, &data);
		obey(net, subnet, &subnet->private_beacon, is_new_key(subnet, keys), &data, octets, len);
		return OBEYED;
	}
	return NOT_THIS_SUBNET;
}

void bm_net_receive_beacon(struct bm_net *net, const uint8_t *octets, size_t len, int8_t rssi)
{
	(void)rssi;
	struct bm_secure_beacon secure;
	struct bm_private_beacon sealed;
	if (net->addr == BM_ADDR_UNASSIGNED) {
		bm_env_drop(net->env, BM_DROP_NOT_PROVISIONED, octets, len);
		return;
	}
	const bool as_private = BM_WITH_PRIVATE_BEACON && len > 0 && octets[0] == BM_BEACON_PRIVATE;
	const enum bm_err err = as_private ? bm_private_beacon_decode(octets, len, &sealed)
					   : bm_secure_beacon_decode(octets, len, &secure);
	if (err) {
		bm_env_drop(net->env, err == BM_ERR_PROHIBITED ? BM_DROP_UNKNOWN_TYPE : BM_DROP_MALFORMED, octets, len);
		return;
	}
	enum bm_drop drop = BM_DROP_UNKNOWN_NID; /* of a network that is not ours */
	for (size_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		if (!subnet->used)
			continue;
		const enum verdict verdict = as_private ? receive_private(net, subnet, &sealed, octets, len)
							: receive_secure(net, subnet, &secure, octets, len);
		if (verdict == OBEYED)
			return;
		if (verdict == WRONG)
			drop = BM_DROP_BEACON_AUTH;
	}
	bm_env_drop(net->env, drop, octets, len);
}
