/*
 * A low power node and its friend: establishment, what is kept and how it is fetched, in virtual time.
 */
#include "support/friends.h"

static void test_a_low_power_node_finds_its_friend(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 1);
	assert_true(bm_world_run_until(f.network->world, has_friend, &f.lpn, 20 * SECOND));
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_ESTABLISHED);
	assert_int_equal(friends_context(&f)->addr, LPN_ADDR);
	friends_run(&f, 300 * SECOND);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	friends_end(&f);
}

static void test_a_message_waits_at_the_friend_until_the_next_poll(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 2);
	friends_establish(&f);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, 100 * BM_US_PER_MS);
	assert_int_equal(f.lpn.changes, 0);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

static void test_a_low_power_node_answers_a_third_node(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 3);
	struct lamp other;
	lamp_init(&other, f.network, NULL);
	lamp_join(&other, f.network, 0x0300);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	assert_int_equal(bm_onoff_client_set(&other.client, &tx, true, true, 0xff, 0, network_now(f.network)), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	assert_int_equal(other.statuses, 1);
	assert_true(other.last_status);
	friends_end(&f);
}

static void test_a_segmented_message_is_acknowledged_by_the_friend_and_arrives_whole(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 4);
	struct lamp other;
	lamp_init(&other, f.network, NULL);
	lamp_join(&other, f.network, 0x0300);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	assert_int_equal(lamp_send_blob(&other, &tx, 100), BM_OK);
	friends_run(&f, 3 * SECOND);
	assert_int_equal(other.sent, 1);
	assert_int_equal(other.sent_result, BM_OK);
	assert_int_equal(f.lpn.blobs, 0);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.blobs, 1);
	assert_int_equal(f.lpn.blob_len, 97);
	/* and one of the friend itself */
	assert_int_equal(lamp_send_blob(&f.friend, &tx, 120), BM_OK);
	friends_run(&f, 12 * SECOND);
	assert_int_equal(f.friend.sent_result, BM_OK);
	assert_int_equal(f.lpn.blobs, 2);
	/* and one by the low power node */
	const struct bm_tx back = tx_to(0x0300);
	assert_int_equal(lamp_send_blob(&f.lpn, &back, 150), BM_OK);
	friends_run(&f, 12 * SECOND);
	assert_int_equal(f.lpn.sent_result, BM_OK);
	assert_int_equal(other.blobs, 1);
	friends_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_low_power_node_finds_its_friend),
		cmocka_unit_test(test_a_message_waits_at_the_friend_until_the_next_poll),
		cmocka_unit_test(test_a_low_power_node_answers_a_third_node),
		cmocka_unit_test(test_a_segmented_message_is_acknowledged_by_the_friend_and_arrives_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
