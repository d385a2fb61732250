/*
 * The low power node's side of the protocol: its polls, its receiver, its patience.
 */
#include "support/friend_rig.h"

static struct friend_rig rig;
static struct bm_cred cred;

#define OFFER "0464100846072f" /* window 100 ms, queue 16, list 8, counter 0x072f */

/* Time goes on until the next PDU is out. */
static bm_time next_sent(void)
{
	rig.station.rig.sent_count = 0;
	for (int i = 0; i < 1000000 && rig.station.rig.sent_count == 0; i++)
		friend_rig_run(&rig, BM_US_PER_MS);
	assert_true(rig.station.rig.sent_count > 0);
	return friend_rig_now(&rig);
}

static void start(void)
{
	friend_rig_init(&rig, RIG_LPN, 0, 1);
	friend_rig_cred(&cred);
	bm_lpn_start(&rig.lpn);
}

static void expect_poll(uint8_t fsn)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, &cred, &header, clear);
	assert_int_equal(len, 2);
	assert_int_equal(clear[0], BM_CTL_FRIEND_POLL);
	assert_int_equal(clear[1], fsn);
	assert_int_equal(header.ttl, 0);
	assert_int_equal(rig.station.rig.sent[rig.station.rig.sent_count - 1].adv.transmissions, 1);
}

static void establish(void)
{
	start();
	next_sent();
	friend_rig_run(&rig, 200 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_FRIEND, RIG_LPN, OFFER);
	next_sent();
	expect_poll(0);
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 2, RIG_FRIEND, RIG_LPN, "02001234567800");
	assert_int_equal(bm_lpn_friend(&rig.lpn), RIG_FRIEND);
	assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_FOUND], 1);
	/* the list with all-nodes, confirmed */
	next_sent();
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, &cred, &header, clear);
	assert_hex(clear, len, "0700ffff");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 3, RIG_FRIEND, RIG_LPN, "0900");
}

static void test_the_receiver_is_on_for_the_receive_window_alone(void **state)
{
	(void)state;
	establish();
	assert_true(rig.listen_from == BM_TIME_NEVER);
	const bm_time polled = next_sent();
	assert_in_range(rig.listen_from, polled + 97 * BM_US_PER_MS, polled + 100 * BM_US_PER_MS);
	assert_in_range(rig.listen_until, polled + 200 * BM_US_PER_MS, polled + 220 * BM_US_PER_MS);
	/* An answer ends it. */
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 4, RIG_FRIEND, RIG_LPN, "02001234567800");
	assert_true(rig.listen_from == BM_TIME_NEVER);
	friend_rig_free(&rig);
}

static void test_the_fsn_changes_after_an_answer_alone(void **state)
{
	(void)state;
	establish();
	for (uint32_t i = 0; i < 5; i++) {
		next_sent();
		expect_poll(1);
	}
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 4, RIG_FRIEND, RIG_LPN, "02001234567801");
	/* More data: at once. */
	const bm_time now = friend_rig_now(&rig);
	assert_in_range(next_sent() - now, 0, 2 * BM_US_PER_MS);
	expect_poll(0);
	friend_rig_free(&rig);
}

static void test_after_six_polls_without_an_answer_the_friend_is_lost(void **state)
{
	(void)state;
	establish();
	const bm_time first = next_sent();
	for (int i = 0; i < 5; i++)
		next_sent();
	expect_poll(1);
	friend_rig_run(&rig, 300 * BM_US_PER_MS);
	assert_int_equal(bm_lpn_friend(&rig.lpn), BM_ADDR_UNASSIGNED);
	assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_LOST], 1);
	assert_true(friend_rig_now(&rig) - first < 10 * BM_US_PER_S);
	/* It listens like any other again, and asks for a friend, naming the one it had. */
	assert_true(rig.listen_until == BM_TIME_NEVER);
	next_sent();
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, NULL, &header, clear);
	assert_hex(clear, len, "0303640000642345010001");
	assert_int_equal(header.dst, BM_ADDR_ALL_FRIENDS);
	friend_rig_free(&rig);
}

static void test_requests_are_more_than_1100_ms_apart(void **state)
{
	(void)state;
	start();
	bm_time last = next_sent();
	for (int i = 0; i < 10; i++) {
		const bm_time now = next_sent();
		assert_true(now - last > 1100 * BM_US_PER_MS);
		last = now;
	}
	assert_int_equal(rig.lpn.counter, 10);
	friend_rig_free(&rig);
}

static void test_offers_that_were_not_asked_for_are_not_taken(void **state)
{
	(void)state;
	start();
	/* before any request */
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_FRIEND, RIG_LPN, OFFER);
	next_sent();
	/* relayed; too small a queue; to a group; a window of 0 */
	friend_rig_hear_control(&rig, NULL, 3, 2, RIG_FRIEND, RIG_LPN, OFFER);
	friend_rig_hear_control(&rig, NULL, 0, 3, RIG_FRIEND, RIG_LPN, "0464070846072f");
	friend_rig_hear_control(&rig, NULL, 0, 4, RIG_FRIEND, BM_ADDR_ALL_FRIENDS, OFFER);
	friend_rig_hear_control(&rig, NULL, 0, 5, RIG_FRIEND, RIG_LPN, "0400100846072f");
	friend_rig_run(&rig, 1200 * BM_US_PER_MS);
	assert_int_equal(rig.lpn.state, BM_LPN_PAUSING);
	friend_rig_free(&rig);
}

static void test_an_update_or_confirmation_under_flooding_credentials_means_nothing(void **state)
{
	(void)state;
	start();
	next_sent();
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_FRIEND, RIG_LPN, OFFER);
	next_sent();
	friend_rig_hear_control(&rig, NULL, 0, 2, RIG_FRIEND, RIG_LPN, "02021234567900");
	assert_int_equal(bm_lpn_friend(&rig.lpn), BM_ADDR_UNASSIGNED);
	assert_int_equal(bm_net_iv(&rig.station.rig.net)->index, 0x12345678);
	friend_rig_free(&rig);
}

/* MshPRT 3.6.6.4.1: the confirmation names the low power node and the counter of the clear. */
static void test_the_confirmation_of_another_clear_ends_nothing(void **state)
{
	(void)state;
	establish();
	bm_lpn_set_wanted(&rig.lpn, false);
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, NULL, &header, clear);
	assert_hex(clear, len, "0512010000");
	assert_int_equal(header.ttl, 0);
	friend_rig_hear_control(&rig, NULL, 0, 4, RIG_FRIEND, RIG_LPN, "0612010001");
	friend_rig_hear_control(&rig, NULL, 0, 5, RIG_FRIEND, RIG_LPN, "0612020000");
	assert_int_equal(rig.lpn.state, BM_LPN_CLEARING);
	friend_rig_hear_control(&rig, NULL, 0, 6, RIG_FRIEND, RIG_LPN, "0612010000");
	assert_int_equal(rig.lpn.state, BM_LPN_OFF);
	friend_rig_free(&rig);
}

static void test_a_wrong_transaction_is_no_confirmation(void **state)
{
	(void)state;
	establish();
	rig.subscriptions[0] = 0xc001;
	rig.subscription_count = 1;
	next_sent();
	assert_int_equal(rig.lpn.state, BM_LPN_LISTING);
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 4, RIG_FRIEND, RIG_LPN, "0900");
	assert_int_equal(rig.lpn.told_count, 1);
	next_sent();
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 5, RIG_FRIEND, RIG_LPN, "0901");
	assert_int_equal(rig.lpn.told_count, 2);
	/* What is no longer subscribed to is taken back. */
	rig.subscription_count = 0;
	next_sent();
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, &cred, &header, clear);
	assert_hex(clear, len, "0802c001");
	friend_rig_free(&rig);
}

static void test_subscriptions_that_the_friend_has_no_room_for_are_reported(void **state)
{
	(void)state;
	establish();
	for (uint16_t i = 0; i < 10; i++)
		rig.subscriptions[i] = (uint16_t)(0xc001 + i);
	rig.subscription_count = 10;
	/* Room for 8, with all-nodes: 5 and 2 of these are told. */
	uint32_t seq = 4;
	static const char *const confirmations[] = {"0901", "0902"};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_LIST_FULL], 0);
		next_sent();
		friend_rig_run(&rig, 100 * BM_US_PER_MS);
		friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_FRIEND, RIG_LPN, confirmations[i]);
	}
	assert_int_equal(rig.lpn.told_count, 8);
	assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_LIST_FULL], 1);
	assert_int_equal(rig.lpn.untold, 3);
	/* Once, however often it polls; again when it changes. */
	for (int i = 0; i < 2; i++) {
		next_sent();
		friend_rig_run(&rig, 110 * BM_US_PER_MS);
		friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_FRIEND, RIG_LPN, "02001234567800");
	}
	assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_LIST_FULL], 1);
	rig.subscription_count = 9;
	next_sent();
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_FRIEND, RIG_LPN, "02001234567800");
	assert_int_equal(rig.station.rig.events[BM_EVENT_FRIEND_LIST_FULL], 2);
	friend_rig_free(&rig);
}

static void test_a_stored_message_heard_before_answers_the_poll_all_the_same(void **state)
{
	(void)state;
	establish();
	next_sent();
	expect_poll(1);
	/* The message cache knows it: it was heard when there was no friend. */
	bm_msg_cache_add(&rig.station.rig.net.cache, 0x12345678, 0x0005, 77);
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 3, 77, 0x0005, RIG_LPN, "0a050000");
	assert_int_equal(rig_drops(&rig.station.rig, BM_DROP_CACHED), 1);
	/* At the second try: at the first one it may be a replay. */
	next_sent();
	expect_poll(1);
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 3, 77, 0x0005, RIG_LPN, "0a050000");
	next_sent();
	expect_poll(0);
	friend_rig_free(&rig);
}

static void test_a_replayed_answer_does_not_change_the_fsn(void **state)
{
	(void)state;
	establish();
	next_sent();
	expect_poll(1);
	friend_rig_run(&rig, 110 * BM_US_PER_MS);
	/* Still in the cache; out of the cache, but known to the replay list. */
	friend_rig_hear_control(&rig, &cred, 0, 2, RIG_FRIEND, RIG_LPN, "02001234567800");
	bm_msg_cache_clear(&rig.station.rig.net.cache);
	friend_rig_hear_control(&rig, &cred, 0, 2, RIG_FRIEND, RIG_LPN, "02001234567800");
	assert_int_equal(rig.lpn.state, BM_LPN_POLLING);
	assert_true(rig.listen_until > friend_rig_now(&rig) && rig.listen_until != BM_TIME_NEVER);
	/* The friend's own answer comes behind it. */
	friend_rig_hear_control(&rig, &cred, 0, 4, RIG_FRIEND, RIG_LPN, "02001234567801");
	next_sent();
	expect_poll(0);
	friend_rig_free(&rig);
}

static void test_poll_timeouts_out_of_range_are_brought_into_it(void **state)
{
	(void)state;
	friend_rig_init(&rig, RIG_LPN, 0, 1);
	const struct bm_lpn_upper upper = rig.lpn.upper;
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.low_power = 1;
	const struct bm_lpn_config low = {.poll_timeout_ms = 1, .receive_delay_ms = 1, .min_queue_size_log = 9};
	bm_lpn_init(&rig.lpn, &rig.station.rig.env, &limits, &rig.station.rig.net, &rig.station.transport, &low, &upper,
		    true);
	assert_int_equal(rig.lpn.config.poll_timeout_ms, 1000);
	assert_int_equal(rig.lpn.config.receive_delay_ms, 10);
	assert_int_equal(rig.lpn.config.min_queue_size_log, 3);
	const struct bm_lpn_config high = {.poll_timeout_ms = UINT32_MAX};
	bm_lpn_init(&rig.lpn, &rig.station.rig.env, &limits, &rig.station.rig.net, &rig.station.transport, &high,
		    &upper, true);
	assert_int_equal(rig.lpn.config.poll_timeout_ms, 345599900);
	friend_rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_receiver_is_on_for_the_receive_window_alone),
		cmocka_unit_test(test_the_fsn_changes_after_an_answer_alone),
		cmocka_unit_test(test_after_six_polls_without_an_answer_the_friend_is_lost),
		cmocka_unit_test(test_requests_are_more_than_1100_ms_apart),
		cmocka_unit_test(test_offers_that_were_not_asked_for_are_not_taken),
		cmocka_unit_test(test_an_update_or_confirmation_under_flooding_credentials_means_nothing),
		cmocka_unit_test(test_the_confirmation_of_another_clear_ends_nothing),
		cmocka_unit_test(test_a_wrong_transaction_is_no_confirmation),
		cmocka_unit_test(test_subscriptions_that_the_friend_has_no_room_for_are_reported),
		cmocka_unit_test(test_a_replayed_answer_does_not_change_the_fsn),
		cmocka_unit_test(test_a_stored_message_heard_before_answers_the_poll_all_the_same),
		cmocka_unit_test(test_poll_timeouts_out_of_range_are_brought_into_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
