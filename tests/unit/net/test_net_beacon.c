/* Secure Network Beacons and what they do to the IV index. */
#include "pdu/beacon.h"
#include "support/net_rig.h"
#include "support/vectors.h"

#define IV 0x12345678u
#define HOUR (UINT64_C(3600) * BM_US_PER_S)

static struct net_rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_net_init(&rig);
	rig_start(&rig, 0x0003, 1, IV);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void make(uint8_t out[BM_SECURE_BEACON_LEN], const uint8_t net_key[16], bool key_refresh, bool update,
		 uint32_t iv_index)
{
	struct bm_net_keys keys;
	uint8_t mac[16];
	bm_net_keys_derive(&keys, net_key);
	struct bm_secure_beacon beacon = {.key_refresh = key_refresh, .iv_update = update, .iv_index = iv_index};
	memcpy(beacon.network_id, keys.network_id, 8);
	bm_secure_beacon_encode(&beacon, out);
	bm_cmac(&keys.beacon, out + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(out + BM_SECURE_BEACON_LEN - 8, mac, 8);
}

static void hear(bool update, uint32_t iv_index)
{
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, rig_net_key, false, update, iv_index);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
}

static void hear_hex(const char *hex)
{
	uint8_t octets[64];
	const size_t len = hex_decode(hex, octets, sizeof octets);
	bm_net_receive_beacon(&rig.net, octets, len, 0);
}

static void assert_iv(uint32_t index, bool update, uint32_t tx)
{
	assert_int_equal(rig.net.iv.index, index);
	assert_int_equal(rig.net.iv.update, update);
	assert_int_equal(bm_iv_tx(&rig.net.iv), tx);
}

static void test_our_beacons_are_those_of_the_samples(void **state)
{
	(void)state;
	rig.net.states.beacon = true;
	bm_net_beacon_update(&rig.net);
	rig_run_until(&rig, 5 * BM_US_PER_S);
	assert_int_equal(rig.sent_count, 1);
	assert_int_equal(rig.sent[0].adv.ad_type, BM_AD_MESH_BEACON);
	assert_hex(rig.sent[0].octets, rig.sent[0].adv.len, "01003ecaff672f673370123456788ea261582f364f6f");
	rig.net.iv.index = IV + 1;
	rig.net.iv.update = true;
	rig_run_until(&rig, 15 * BM_US_PER_S);
	assert_hex(rig.sent[1].octets, rig.sent[1].adv.len, "01023ecaff672f67337012345679c2af80ad072a135c");
	rig.net.iv.update = false;
	rig_run_until(&rig, 25 * BM_US_PER_S);
	assert_hex(rig.sent[2].octets, rig.sent[2].adv.len, "01003ecaff672f67337012345679c62f09e4c957f59d");
}

static void test_beacons_come_each_ten_seconds_and_rarer_among_many(void **state)
{
	(void)state;
	rig.net.states.beacon = true;
	bm_net_beacon_update(&rig.net);
	rig_run_until(&rig, 100 * BM_US_PER_S);
	assert_in_range(rig.sent_count, 9, 11);
	/* nine neighbours, each once in a hundred seconds: together with us one each ten seconds */
	for (unsigned t = 100; t < 1100; t++) {
		rig_run_until(&rig, t * (bm_time)BM_US_PER_S);
		if (t % 100 < 90 && t % 10 == 5)
			hear(false, IV);
		if (t == 300)
			rig.sent_count = 0;
	}
	assert_in_range(rig.sent_count, 6, 14); /* alone it would be 80 */
	rig.net.states.beacon = false;
	bm_net_beacon_update(&rig.net);
	rig.sent_count = 0;
	rig_run_until(&rig, 3000 * (bm_time)BM_US_PER_S);
	assert_int_equal(rig.sent_count, 0);
}

/* Many beacons heard before a change would make the next interval a long one, for all nodes at a time. */
static void test_after_a_change_the_next_beacon_is_not_put_off_by_those_heard_before(void **state)
{
	(void)state;
	rig.net.states.beacon = true;
	bm_net_beacon_update(&rig.net);
	for (int i = 0; i < 12; i++)
		hear(false, IV);
	bm_net_beacon_update(&rig.net);
	rig.sent_count = 0;
	rig_run_until(&rig, 15 * BM_US_PER_S);
	assert_int_equal(rig.sent_count, 2);
}

static void test_wrong_foreign_and_malformed_beacons_change_nothing(void **state)
{
	(void)state;
	bm_timers_advance(&rig.env.timers, 200 * HOUR);
	hear_hex("01023ecaff672f67337012345679c2af80ad072a135d");
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_AUTH), 1);
	hear_hex("01023ecaff672f67337112345679c2af80ad072a135c");
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 1);
	hear_hex("03023ecaff672f67337012345679c2af80ad072a135c");
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_TYPE), 1);
	hear_hex("01023ecaff672f67337012345679c2af80ad072a135c00");
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED), 1);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, rig_net_key, false, true, IV + 1);
	for (size_t n = 0; n < sizeof octets; n++) {
		uint8_t *copy = test_malloc(n ? n : 1);
		memcpy(copy, octets, n);
		bm_net_receive_beacon(&rig.net, copy, n, 0);
		test_free(copy);
	}
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED), 1 + sizeof octets);
	assert_iv(IV, false, IV);
	bm_net_reset(&rig.net);
	hear(true, IV + 1);
	assert_int_equal(rig_drops(&rig, BM_DROP_NOT_PROVISIONED), 1);
}

static void test_every_flipped_bit_of_a_beacon_is_refused(void **state)
{
	(void)state;
	bm_timers_advance(&rig.env.timers, 200 * HOUR);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, rig_net_key, false, true, IV + 1);
	for (size_t bit = 0; bit < 8 * sizeof octets; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_iv(IV, false, IV);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_iv(IV + 1, true, IV);
}

static void test_the_whole_iv_update(void **state)
{
	(void)state;
	uint32_t seq;
	for (int i = 0; i < 10; i++)
		assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	/* 96 hours in the normal state come first */
	bm_timers_advance(&rig.env.timers, 95 * HOUR);
	hear(true, IV + 1);
	assert_iv(IV, false, IV);
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_IGNORED), 1);
	bm_timers_advance(&rig.env.timers, 96 * HOUR);
	hear(true, IV + 1); /* the very octets refused before */
	assert_iv(IV + 1, true, IV);
	assert_int_equal(rig.events[BM_EVENT_IV_INDEX], 1);
	assert_int_equal(rig.iv_changes, 1);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 10);
	/* and 96 in the update */
	bm_timers_advance(&rig.env.timers, 191 * HOUR);
	hear(false, IV + 1);
	assert_iv(IV + 1, true, IV);
	bm_timers_advance(&rig.env.timers, 192 * HOUR);
	rig.busy = true;
	hear(false, IV + 1);
	assert_iv(IV + 1, true, IV);
	rig.busy = false;
	hear(false, IV + 1);
	assert_iv(IV + 1, false, IV + 1);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 0);
	/* no way back into it */
	bm_timers_advance(&rig.env.timers, 400 * HOUR);
	hear(true, IV + 1);
	assert_iv(IV + 1, false, IV + 1);
	hear(false, IV);
	hear(true, IV);
	assert_iv(IV + 1, false, IV + 1);
}

static void test_a_node_that_joined_during_an_update_may_leave_it_at_once(void **state)
{
	(void)state;
	bm_net_start(&rig.net, 3, 1, IV + 1, true);
	assert_iv(IV + 1, true, IV);
	hear(false, IV + 1);
	assert_iv(IV + 1, false, IV + 1);
}

static void test_recovery_reaches_42_ahead_and_no_further(void **state)
{
	(void)state;
	hear(false, IV + 43);
	assert_iv(IV, false, IV);
	hear(false, UINT32_MAX);
	assert_iv(IV, false, IV);
	hear(true, IV + 42);
	assert_iv(IV + 42, true, IV + 41);
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 0);
}

static void test_recovery_happens_once_in_192_hours(void **state)
{
	(void)state;
	hear(false, IV + 5);
	assert_iv(IV + 5, false, IV + 5);
	bm_timers_advance(&rig.env.timers, 191 * HOUR);
	hear(false, IV + 10);
	assert_iv(IV + 5, false, IV + 5);
	bm_timers_advance(&rig.env.timers, 192 * HOUR);
	hear(false, IV + 10);
	assert_iv(IV + 10, false, IV + 10);
}

static void test_a_missed_update_is_recovered(void **state)
{
	(void)state;
	hear(false, IV + 1);
	assert_iv(IV + 1, false, IV + 1);
}

static void test_a_member_of_the_primary_subnet_follows_no_other_one_ahead(void **state)
{
	(void)state;
	const uint8_t other_key[16] = {9};
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 1, other_key, false, NULL), BM_OK);
	bm_timers_advance(&rig.env.timers, 200 * HOUR);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, other_key, false, true, IV + 1);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_iv(IV, false, IV);
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_IGNORED), 1);
	/* without a primary subnet it does */
	bm_subnet_remove(&rig.net.subnets, bm_subnet_find(&rig.net.subnets, 0));
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_iv(IV + 1, true, IV);
}

static void test_beacons_under_the_new_key_drive_the_key_refresh(void **state)
{
	(void)state;
	const uint8_t new_key[16] = {7};
	struct bm_subnet *subnet = bm_subnet_find(&rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	bm_net_beacon_update(&rig.net);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, rig_net_key, true, false, IV); /* under the old key the flag means nothing */
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_int_equal(subnet->phase, 1);
	make(octets, new_key, true, false, IV);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_int_equal(subnet->phase, 2);
	make(octets, new_key, false, false, IV);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_int_equal(subnet->phase, 0);
	assert_int_equal(rig.revocations, 1); /* the floors above are told, for their AppKeys */
	assert_memory_equal(subnet->keys[0].net_key, new_key, 16);
	assert_false(subnet->keys[1].valid);
}

/* Whoever was left out of the Key Refresh holds the old key alone: he must not move the IV index of the others. */
static void test_in_phase_2_a_beacon_under_the_old_key_is_ignored(void **state)
{
	(void)state;
	const uint8_t new_key[16] = {7};
	struct bm_subnet *subnet = bm_subnet_find(&rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	hear(false, IV);
	assert_int_equal(subnet->secure_beacon.seen, 1);
	subnet->phase = 2;
	hear(false, IV); /* also one that was obeyed before */
	hear(false, IV + 5);
	bm_net_security_update(&rig.net, 0, false, false, false, IV + 5);
	assert_iv(IV, false, IV);
	assert_int_equal(subnet->phase, 2);
	assert_int_equal(subnet->secure_beacon.seen, 1);
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_IGNORED), 2);
	uint8_t octets[BM_SECURE_BEACON_LEN];
	make(octets, new_key, true, false, IV + 5);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_iv(IV + 5, false, IV + 5);
}

static void test_a_beacon_under_a_revoked_key_is_foreign_even_if_heard_before(void **state)
{
	(void)state;
	const uint8_t new_key[16] = {7};
	struct bm_subnet *subnet = bm_subnet_find(&rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	bm_net_beacon_update(&rig.net);
	hear(false, IV); /* the old key still counts */
	assert_int_equal(subnet->secure_beacon.seen, 1);
	bm_net_revoke_old_keys(&rig.net, subnet);
	assert_int_equal(rig.revocations, 1);
	hear(false, IV);
	assert_int_equal(subnet->secure_beacon.seen, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 1);
	bm_net_revoke_old_keys(&rig.net, subnet);
	assert_int_equal(rig.revocations, 1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_our_beacons_are_those_of_the_samples),
		UNIT(test_beacons_come_each_ten_seconds_and_rarer_among_many),
		UNIT(test_after_a_change_the_next_beacon_is_not_put_off_by_those_heard_before),
		UNIT(test_wrong_foreign_and_malformed_beacons_change_nothing),
		UNIT(test_every_flipped_bit_of_a_beacon_is_refused),
		UNIT(test_the_whole_iv_update),
		UNIT(test_a_node_that_joined_during_an_update_may_leave_it_at_once),
		UNIT(test_recovery_reaches_42_ahead_and_no_further),
		UNIT(test_recovery_happens_once_in_192_hours),
		UNIT(test_a_missed_update_is_recovered),
		UNIT(test_a_member_of_the_primary_subnet_follows_no_other_one_ahead),
		UNIT(test_beacons_under_the_new_key_drive_the_key_refresh),
		UNIT(test_in_phase_2_a_beacon_under_the_old_key_is_ignored),
		UNIT(test_a_beacon_under_a_revoked_key_is_foreign_even_if_heard_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
