/* The IV Update by a node's own decision, by time, and against the rules of MshPRT 3.11.5 and 3.11.6. */
#include "pdu/beacon.h"
#include "support/net_rig.h"

#define IV 0x100u
#define HOURS(n) ((n)*UINT64_C(3600) * BM_US_PER_S)

static struct net_rig rig;
static const uint8_t other_key[16] = {9};

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

static void hear_under(const uint8_t net_key[16], bool update, uint32_t iv_index)
{
	struct bm_net_keys keys;
	uint8_t mac[16];
	uint8_t octets[BM_SECURE_BEACON_LEN];
	bm_net_keys_derive(&keys, net_key);
	struct bm_secure_beacon beacon = {.iv_update = update, .iv_index = iv_index};
	memcpy(beacon.network_id, keys.network_id, 8);
	bm_secure_beacon_encode(&beacon, octets);
	bm_cmac(&keys.beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(octets + BM_SECURE_BEACON_LEN - 8, mac, 8);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
}

static void assert_iv(uint32_t index, bool update)
{
	assert_int_equal(rig.net.iv.index, index);
	assert_int_equal(rig.net.iv.update, update);
}

static void use_half_of_the_numbers(void)
{
	uint32_t seq;
	bm_net_seq_start(&rig.net, BM_NET_SEQ_LOW - 1);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
}

static void test_an_update_starts_by_itself_when_half_of_the_numbers_are_used(void **state)
{
	(void)state;
	uint32_t seq;
	rig_run_until(&rig, HOURS(100));
	bm_net_seq_start(&rig.net, BM_NET_SEQ_LOW - 2);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	rig_run_until(&rig, HOURS(101));
	assert_iv(IV, false);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	rig_run_until(&rig, HOURS(101) + 1);
	assert_iv(IV + 1, true);
	assert_int_equal(bm_iv_tx(&rig.net.iv), IV);
	assert_int_equal(rig.last_event.iv_index, IV + 1);
	assert_true(rig.last_event.iv_update);
	/* the numbers go on until it ends, which it does by itself too */
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, BM_NET_SEQ_LOW);
	rig_run_until(&rig, HOURS(101 + 96));
	assert_iv(IV + 1, true);
	rig_run_until(&rig, HOURS(101 + 98));
	assert_iv(IV + 1, false);
	assert_false(rig.last_event.iv_update);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 0);
	/* and no other one follows */
	rig_run_until(&rig, HOURS(1000));
	assert_iv(IV + 1, false);
}

static void test_an_update_by_itself_waits_for_96_hours_of_the_normal_state(void **state)
{
	(void)state;
	use_half_of_the_numbers();
	rig_run_until(&rig, HOURS(96) - 1);
	assert_iv(IV, false);
	rig_run_until(&rig, HOURS(96));
	assert_iv(IV + 1, true);
}

static void test_a_node_outside_the_primary_subnet_starts_no_update(void **state)
{
	(void)state;
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 1, other_key, false, NULL), BM_OK);
	bm_subnet_remove(&rig.net.subnets, bm_subnet_find(&rig.net.subnets, 0));
	rig_run_until(&rig, HOURS(100));
	use_half_of_the_numbers();
	rig_run_until(&rig, HOURS(200));
	assert_iv(IV, false);
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_ERR_NO_KEY);
	/* but it follows one, and leaves it */
	hear_under(other_key, true, IV + 1);
	assert_iv(IV + 1, true);
	rig_run_until(&rig, HOURS(300));
	assert_iv(IV + 1, false);
}

static void test_another_subnet_neither_starts_nor_ends_the_update_of_a_primary_member(void **state)
{
	(void)state;
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 1, other_key, false, NULL), BM_OK);
	rig_run_until(&rig, HOURS(100));
	hear_under(other_key, true, IV + 1);
	assert_iv(IV, false);
	hear_under(other_key, false, IV + 7);
	assert_iv(IV, false);
	hear_under(rig_net_key, true, IV + 1);
	assert_iv(IV + 1, true);
	bm_timers_advance(&rig.env.timers, HOURS(200));
	hear_under(other_key, false, IV + 1);
	assert_iv(IV + 1, true);
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_IGNORED), 3);
	hear_under(other_key, true, IV + 1); /* what we know already is no offence */
	assert_int_equal(rig_drops(&rig, BM_DROP_BEACON_IGNORED), 3);
	hear_under(rig_net_key, false, IV + 1);
	assert_iv(IV + 1, false);
}

static void test_the_primary_subnets_update_is_told_on_all_subnets(void **state)
{
	(void)state;
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 1, other_key, false, NULL), BM_OK);
	rig.net.states.beacon = true;
	bm_net_beacon_update(&rig.net);
	bm_timers_advance(&rig.env.timers, HOURS(100));
	hear_under(rig_net_key, true, IV + 1);
	rig.sent_count = 0;
	rig_run_until(&rig, HOURS(100) + 5 * BM_US_PER_S);
	struct bm_net_keys keys;
	bm_net_keys_derive(&keys, other_key);
	int told = 0;
	for (size_t i = 0; i < rig.sent_count; i++) {
		struct bm_secure_beacon beacon;
		assert_int_equal(bm_secure_beacon_decode(rig.sent[i].octets, rig.sent[i].adv.len, &beacon), BM_OK);
		assert_true(beacon.iv_update);
		assert_int_equal(beacon.iv_index, IV + 1);
		told += memcmp(beacon.network_id, keys.network_id, 8) == 0;
	}
	assert_int_equal(rig.sent_count, 2);
	assert_int_equal(told, 1);
}

static void test_the_end_of_an_update_waits_for_segments_in_flight_but_not_beyond_144_hours(void **state)
{
	(void)state;
	rig_run_until(&rig, HOURS(100));
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_OK);
	rig.busy = true;
	rig_run_until(&rig, HOURS(100 + 120));
	assert_iv(IV + 1, true);
	rig.busy = false;
	rig_run_until(&rig, HOURS(100 + 120) + 2 * BM_US_PER_S);
	assert_iv(IV + 1, false);

	rig_run_until(&rig, HOURS(400));
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_OK);
	rig.busy = true;
	rig_run_until(&rig, HOURS(400 + 144) - 1);
	assert_iv(IV + 2, true);
	rig_run_until(&rig, HOURS(400 + 144) + 2 * BM_US_PER_S);
	assert_iv(IV + 2, false);
}

static void test_an_end_deferred_when_a_beacon_asked_for_it_follows_without_another_beacon(void **state)
{
	(void)state;
	bm_net_start(&rig.net, 3, 1, IV + 1, true);
	rig.busy = true;
	hear_under(rig_net_key, false, IV + 1);
	assert_iv(IV + 1, true);
	rig.busy = false;
	rig_run_until(&rig, 2 * BM_US_PER_S);
	assert_iv(IV + 1, false);
}

static void test_updates_by_hand_keep_to_the_96_hours_outside_test_mode(void **state)
{
	(void)state;
	rig_run_until(&rig, HOURS(95));
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_ERR_STATE);
	assert_int_equal(bm_net_iv_update(&rig.net, false), BM_ERR_STATE);
	rig_run_until(&rig, HOURS(96));
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_OK);
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_ERR_STATE);
	assert_int_equal(bm_net_iv_update(&rig.net, false), BM_ERR_STATE);
	bm_net_reset(&rig.net);
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_ERR_NOT_PROVISIONED);
}

static void test_test_mode_lifts_the_96_hours_and_nothing_else(void **state)
{
	(void)state;
	bm_net_iv_test_mode(&rig.net, true);
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_OK);
	assert_iv(IV + 1, true);
	rig.busy = true;
	assert_int_equal(bm_net_iv_update(&rig.net, false), BM_ERR_BUSY);
	assert_iv(IV + 1, true);
	rig.busy = false;
	rig_run_until(&rig, 2 * BM_US_PER_S);
	assert_iv(IV + 1, false);
	hear_under(rig_net_key, true, IV + 2);
	assert_iv(IV + 2, true);
	hear_under(rig_net_key, false, IV + 2);
	assert_iv(IV + 2, false);
	hear_under(rig_net_key, true, IV + 2 + 43);
	assert_iv(IV + 2, false);
	/* recovery is rare in test mode too */
	hear_under(rig_net_key, false, IV + 10);
	assert_iv(IV + 10, false);
	hear_under(rig_net_key, false, IV + 20);
	assert_iv(IV + 10, false);
	bm_net_iv_test_mode(&rig.net, false);
	hear_under(rig_net_key, true, IV + 11);
	assert_iv(IV + 11, true); /* after a recovery the limits of 96 hours do not hold */
	hear_under(rig_net_key, false, IV + 11);
	assert_iv(IV + 11, true); /* in the next state they do */
}

static void test_the_highest_iv_index_is_the_last(void **state)
{
	(void)state;
	bm_net_start(&rig.net, 3, 1, UINT32_MAX, false);
	rig_run_until(&rig, HOURS(100));
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_ERR_SEQ_EXHAUSTED);
	use_half_of_the_numbers();
	rig_run_until(&rig, HOURS(400));
	assert_iv(UINT32_MAX, false);
	hear_under(rig_net_key, true, 0);
	assert_iv(UINT32_MAX, false);
}

static void test_after_a_recovery_the_node_itself_still_waits_for_96_hours(void **state)
{
	(void)state;
	hear_under(rig_net_key, false, IV + 5);
	use_half_of_the_numbers();
	rig_run_until(&rig, HOURS(95));
	assert_iv(IV + 5, false);
	rig_run_until(&rig, HOURS(97));
	assert_iv(IV + 6, true);
}

static void test_an_update_missed_after_192_hours_is_no_recovery(void **state)
{
	(void)state;
	bm_timers_advance(&rig.env.timers, HOURS(192));
	hear_under(rig_net_key, false, IV + 1);
	assert_iv(IV + 1, false);
	hear_under(rig_net_key, false, IV + 2); /* one */
	assert_iv(IV + 2, false);
	hear_under(rig_net_key, false, IV + 3);
	assert_iv(IV + 2, false);
}

static void test_a_reset_node_forgets_its_timer(void **state)
{
	(void)state;
	bm_net_start(&rig.net, 3, 1, IV, true);
	bm_net_reset(&rig.net);
	rig_run_until(&rig, HOURS(400));
	assert_int_equal(rig.events[BM_EVENT_IV_INDEX], 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_an_update_starts_by_itself_when_half_of_the_numbers_are_used),
		UNIT(test_an_update_by_itself_waits_for_96_hours_of_the_normal_state),
		UNIT(test_a_node_outside_the_primary_subnet_starts_no_update),
		UNIT(test_another_subnet_neither_starts_nor_ends_the_update_of_a_primary_member),
		UNIT(test_the_primary_subnets_update_is_told_on_all_subnets),
		UNIT(test_the_end_of_an_update_waits_for_segments_in_flight_but_not_beyond_144_hours),
		UNIT(test_an_end_deferred_when_a_beacon_asked_for_it_follows_without_another_beacon),
		UNIT(test_updates_by_hand_keep_to_the_96_hours_outside_test_mode),
		UNIT(test_test_mode_lifts_the_96_hours_and_nothing_else),
		UNIT(test_the_highest_iv_index_is_the_last),
		UNIT(test_after_a_recovery_the_node_itself_still_waits_for_96_hours),
		UNIT(test_an_update_missed_after_192_hours_is_no_recovery),
		UNIT(test_a_reset_node_forgets_its_timer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
