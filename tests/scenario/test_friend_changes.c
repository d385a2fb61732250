/*
 * Friendships that begin, change and end: several friends, a friend that is lost, loss on the air, peers that fall
 * silent at every step.
 */
#include "support/friends.h"
#include "support/mem_store.h"

#define SECOND_FRIEND_ADDR 0x0110

static void add_friend(struct friends *f, struct lamp *second)
{
	const struct bm_node_config config = friend_config();
	friends_add(f, second, &config, SECOND_FRIEND_ADDR);
}

/* A friendship whose poll time-out is long enough that a friend which is lost has not given up by itself. */
static void begin_with_long_timeout(struct friends *f, uint64_t seed)
{
	const struct bm_node_config friend_c = friend_config();
	struct bm_node_config lpn_c = lpn_config();
	lpn_c.lpn.poll_timeout_ms = 60000;
	lpn_c.lpn.poll_interval_ms = 5000;
	friends_init_with(f, seed, &friend_c, &lpn_c);
	friends_establish(f);
}

static void wait_for_another_friend(struct friends *f)
{
	assert_true(bm_world_run_until(f->network->world, has_no_friend, &f->lpn, 20 * SECOND));
	assert_true(bm_world_run_until(f->network->world, has_friend, &f->lpn, 20 * SECOND));
}

static void test_a_lost_friend_is_replaced_and_told_that_it_was(void **state)
{
	(void)state;
	struct friends f;
	struct lamp second;
	begin_with_long_timeout(&f, 1);
	add_friend(&f, &second);
	friends_set_link(&f, &f.friend, &f.lpn, false);
	wait_for_another_friend(&f);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), SECOND_FRIEND_ADDR);
	/* The new friend clears the old one, which confirms: the procedure is over. */
	friends_run(&f, SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_CLEARED);
	assert_false(bm_timer_is_armed(&second.wn->node->friends.lpns[0].clear_timer));
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

static void test_an_old_friend_that_is_away_is_cleared_later_and_else_gives_up_itself(void **state)
{
	(void)state;
	struct friends f;
	struct lamp second;
	begin_with_long_timeout(&f, 2);
	add_friend(&f, &second);
	friends_set_link(&f, &f.friend, &f.lpn, false);
	friends_set_link(&f, &f.friend, &second, false);
	wait_for_another_friend(&f);
	friends_run(&f, 5 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_ESTABLISHED);
	assert_true(bm_timer_is_armed(&second.wn->node->friends.lpns[0].clear_timer));
	/* Back in range, it is told at the next try. */
	friends_set_link(&f, &f.friend, &second, true);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_CLEARED);
	/* The memory of it ends with the poll time-out. */
	friends_run(&f, 61 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	friends_end(&f);
}

static void test_a_clear_procedure_ends_at_twice_the_poll_timeout(void **state)
{
	(void)state;
	struct friends f;
	struct lamp second;
	friends_init(&f, 3);
	friends_establish(&f);
	add_friend(&f, &second);
	friends_set_link(&f, &f.friend, &f.lpn, false);
	friends_set_link(&f, &f.friend, &second, false);
	wait_for_another_friend(&f);
	assert_true(bm_timer_is_armed(&second.wn->node->friends.lpns[0].clear_timer));
	friends_run(&f, 40 * SECOND);
	assert_false(bm_timer_is_armed(&second.wn->node->friends.lpns[0].clear_timer));
	/* and the old friend gave up long ago */
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	friends_end(&f);
}

static void test_of_several_friends_the_one_with_room_for_all_subscriptions_is_taken(void **state)
{
	(void)state;
	struct friends f;
	struct lamp second;
	struct bm_node_config small = friend_config();
	const struct bm_node_config lpn_c = lpn_config();
	small.limits.friend_subscriptions = 1;
	small.friends.receive_window_ms = 20; /* so that its offer comes first */
	friends_init_with(&f, 4, &small, &lpn_c);
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(
			bm_access_subscribe(&f.lpn.wn->node->access, &f.lpn.server.model, (uint16_t)(GROUP + i), NULL),
			BM_OK);
	add_friend(&f, &second);
	friends_establish(&f);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), SECOND_FRIEND_ADDR);
	/* The friend not chosen forgets its offer. */
	friends_run(&f, 2 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	friends_end(&f);
}

static void test_a_friend_with_too_small_a_queue_offers_nothing(void **state)
{
	(void)state;
	struct friends f;
	struct bm_node_config friend_c = friend_config(), lpn_c = lpn_config();
	lpn_c.lpn.min_queue_size_log = 5;
	friends_init_with(&f, 5, &friend_c, &lpn_c);
	friends_run(&f, 60 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	assert_false(has_friend(&f.lpn));
	/* Without a friend it listens like any other. */
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

static void test_requests_come_rarer_and_rarer(void **state)
{
	(void)state;
	struct friends f;
	struct bm_node_config friend_c = bm_world_config(), lpn_c = lpn_config();
	lpn_c.lpn.quiet_without_friend = true;
	friends_init_with(&f, 6, &friend_c, &lpn_c);
	friends_run(&f, 60 * SECOND);
	const uint16_t first = f.lpn.wn->node->lpn.counter;
	assert_in_range(first, 3, 7);
	friends_run(&f, 540 * SECOND);
	assert_in_range(f.lpn.wn->node->lpn.counter - first, 12, 20);
	/* Quiet: a second of listening a request. */
	const uint64_t on = bm_station_listened_us(f.lpn.wn->station, network_now(f.network));
	assert_in_range(on, 15 * SECOND, 30 * SECOND);
	friends_end(&f);
}

static void test_switching_the_friend_feature_off_ends_its_friendships(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 7);
	friends_establish(&f);
	uint8_t dev_key[16] = {FRIEND_ADDR >> 8, FRIEND_ADDR & 0xff};
	assert_int_equal(bm_node_add_dev_key(f.network->provisioner->node, FRIEND_ADDR, 1, dev_key), BM_OK);
	uint8_t value = 0;
	assert_true(network_config(f.network, FRIEND_ADDR, 0x8010, &value, 1));
	assert_int_equal(f.network->answer_params[0], 0);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	friends_run(&f, 60 * SECOND);
	assert_false(has_friend(&f.lpn));
	value = 1;
	assert_true(network_config(f.network, FRIEND_ADDR, 0x8010, &value, 1));
	assert_int_equal(f.network->answer_params[0], 1);
	friends_run(&f, 60 * SECOND);
	assert_true(has_friend(&f.lpn));
	friends_end(&f);
}

static void test_a_node_without_room_for_low_power_nodes_does_not_support_the_feature(void **state)
{
	(void)state;
	struct friends f;
	struct bm_node_config friend_c = bm_world_config(), lpn_c = lpn_config();
	friend_c.features = BM_FEATURE_FRIEND;
	friends_init_with(&f, 8, &friend_c, &lpn_c);
	uint8_t dev_key[16] = {FRIEND_ADDR >> 8, FRIEND_ADDR & 0xff};
	assert_int_equal(bm_node_add_dev_key(f.network->provisioner->node, FRIEND_ADDR, 1, dev_key), BM_OK);
	assert_true(network_config(f.network, FRIEND_ADDR, 0x800f, NULL, 0));
	assert_int_equal(f.network->answer_params[0], 2);
	friends_end(&f);
}

static void test_a_low_power_node_that_wakes_for_good_clears_its_friendship(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 9);
	friends_establish(&f);
	assert_int_equal(bm_node_low_power(f.lpn.wn->node, false, network_now(f.network)), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_CLEARED);
	assert_int_equal(f.lpn.wn->node->lpn.state, BM_LPN_OFF);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(f.lpn.changes, 1);
	assert_int_equal(bm_node_low_power(f.lpn.wn->node, true, network_now(f.network)), BM_OK);
	friends_establish(&f);
	assert_int_equal(bm_node_low_power(f.friend.wn->node, true, network_now(f.network)), BM_ERR_NOT_SUPPORTED);
	friends_end(&f);
}

static void test_a_silent_low_power_node_is_given_up_after_the_poll_timeout(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 10);
	friends_establish(&f);
	friends_set_link(&f, &f.friend, &f.lpn, false);
	friends_run(&f, 8 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_ESTABLISHED);
	friends_run(&f, 2 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	friends_end(&f);
}

static void test_a_reset_low_power_node_listens_and_can_be_provisioned(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 11);
	friends_establish(&f);
	assert_int_equal(bm_node_reset(f.lpn.wn->node, network_now(f.network)), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	assert_int_not_equal(network_provision(f.network, &f.lpn, 60 * SECOND), 0);
	friends_establish(&f);
	friends_end(&f);
}

static struct mem_store stores[2];

static enum bm_err keep_friend(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets,
			       size_t len)
{
	(void)wn;
	return mem_store_put(&stores[0], key, octets, len);
}

static enum bm_err keep_lpn(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)wn;
	return mem_store_put(&stores[1], key, octets, len);
}

static void power_cycle(struct lamp *lamp, const struct mem_store *store)
{
	const struct mem_store before = *store;
	bm_world_power_cycle(lamp->wn);
	bm_onoff_server_init(&lamp->server, false, NULL, lamp);
	bm_onoff_client_init(&lamp->client, NULL, lamp);
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->server.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->client.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->vendor), BM_OK);
	assert_int_equal(mem_store_restore(&before, lamp->wn->node, false), BM_OK);
	assert_int_equal(bm_node_start(lamp->wn->node, bm_world_now(lamp->wn->world)), BM_OK);
}

static void test_after_a_power_cut_a_friendship_is_made_anew(void **state)
{
	(void)state;
	struct friends f;
	memset(stores, 0, sizeof stores);
	f.network = network_new(12);
	const struct bm_node_config friend_c = friend_config(), lpn_c = lpn_config();
	lamp_init(&f.friend, f.network, &friend_c);
	lamp_init(&f.lpn, f.network, &lpn_c);
	f.friend.wn->on_store = keep_friend;
	f.lpn.wn->on_store = keep_lpn;
	lamp_join(&f.friend, f.network, FRIEND_ADDR);
	lamp_join(&f.lpn, f.network, LPN_ADDR);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	/* The low power node, asleep. */
	const uint16_t counter = friends_context(&f)->lpn_counter;
	power_cycle(&f.lpn, &stores[1]);
	friends_establish(&f);
	/* Counters are stored as used 16 at a time. */
	assert_in_range((uint16_t)(friends_context(&f)->lpn_counter - counter), 1, 16 + 5);
	assert_int_equal(lamp_send_blob(&f.friend, &tx, 40), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.blobs, 1);
	/* The friend: what waited is lost, the friendship too, until the low power node notices. */
	power_cycle(&f.friend, &stores[0]);
	assert_true(bm_world_run_until(f.network->world, has_no_friend, &f.lpn, 20 * SECOND));
	friends_establish(&f);
	assert_int_equal(lamp_send_blob(&f.friend, &tx, 40), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.blobs, 2);
	friends_end(&f);
}

static void test_nodes_that_are_both_find_each_other_and_one_stays_awake(void **state)
{
	(void)state;
	struct friends f;
	struct bm_node_config both = friend_config();
	both.features |= BM_FEATURE_LOW_POWER;
	both.limits.low_power = 1;
	friends_init_with(&f, 12, &both, &both);
	friends_run(&f, 120 * SECOND);
	assert_int_equal(has_friend(&f.lpn) + has_friend(&f.friend), 1);
	struct lamp *asleep = has_friend(&f.lpn) ? &f.lpn : &f.friend;
	struct lamp *awake = has_friend(&f.lpn) ? &f.friend : &f.lpn;
	assert_int_equal(switch_lamp(awake, bm_node_addr(asleep->wn->node), true), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(asleep->changes, 1);
	friends_end(&f);
}

/* 30 % loss each way: a poll and its answer come through about half of the time. */
static void test_a_friendship_lives_with_30_percent_loss(void **state)
{
	(void)state;
	int arrived = 0, acknowledged = 0;
	for (uint64_t seed = 20; seed < 26; seed++) {
		struct friends f;
		struct lamp other;
		friends_init(&f, seed);
		lamp_init(&other, f.network, NULL);
		lamp_join(&other, f.network, 0x0300);
		bm_medium_set_loss(bm_world_medium(f.network->world), 0.3);
		friends_run(&f, 60 * SECOND);
		const struct bm_tx tx = tx_to(LPN_ADDR);
		for (int i = 0; i < 10; i++) {
			if (lamp_send_blob(&other, &tx, 60) != BM_OK)
				continue;
			friends_run(&f, 30 * SECOND);
			acknowledged += other.sent > i && other.sent_result == BM_OK;
		}
		arrived += f.lpn.blobs;
		friends_run(&f, 60 * SECOND);
		assert_true(has_friend(&f.lpn));
		friends_end(&f);
	}
	assert_true(acknowledged >= 50);
	/* What was acknowledged and never fetched was lost with a friendship: six polls in a row can fail. */
	assert_true(arrived >= acknowledged - 8);
}

static void test_a_sleeping_node_sends_segments_at_30_percent_loss(void **state)
{
	(void)state;
	int acknowledged = 0, arrived = 0;
	for (uint64_t seed = 70; seed < 74; seed++) {
		struct friends f;
		struct lamp other;
		friends_init(&f, seed);
		lamp_init(&other, f.network, NULL);
		lamp_join(&other, f.network, 0x0300);
		bm_medium_set_loss(bm_world_medium(f.network->world), 0.3);
		friends_run(&f, 60 * SECOND);
		const struct bm_tx tx = tx_to(0x0300);
		for (int i = 0; i < 10; i++) {
			assert_int_equal(lamp_send_blob(&f.lpn, &tx, 60), BM_OK);
			friends_run(&f, 20 * SECOND);
			acknowledged += f.lpn.sent_result == BM_OK;
		}
		arrived += other.blobs;
		friends_end(&f);
	}
	/* Each segment is sent three times over a few rounds; the acknowledgment comes by polls, half of which fail. */
	assert_true(arrived >= 36);
	assert_true(acknowledged >= 30);
}

/* The friend goes deaf after so many of the low power node's frames. */
static int deaf_after;

static bool hears(struct bm_world_node *wn, uint8_t ad_type, const uint8_t *payload, size_t len)
{
	(void)wn, (void)payload, (void)len;
	if (ad_type != BM_AD_MESH_MESSAGE)
		return true;
	return deaf_after-- > 0;
}

static void test_a_friend_that_goes_deaf_at_any_step_is_found_again_when_it_hears(void **state)
{
	(void)state;
	for (int step = 0; step < 14; step++) {
		struct friends f;
		friends_init(&f, 30 + (uint64_t)step);
		assert_int_equal(bm_access_subscribe(&f.lpn.wn->node->access, &f.lpn.server.model, GROUP, NULL), BM_OK);
		f.friend.wn->on_receive = hears;
		deaf_after = step;
		friends_run(&f, 120 * SECOND);
		assert_false(has_friend(&f.lpn));
		assert_int_not_equal(friends_context(&f)->state, BM_FRIEND_ESTABLISHED);
		deaf_after = 1000000;
		assert_true(bm_world_run_until(f.network->world, has_friend, &f.lpn, 60 * SECOND));
		friends_run(&f, 2 * SECOND);
		assert_int_equal(switch_lamp(&f.friend, GROUP, true), BM_OK);
		friends_run(&f, 10 * SECOND);
		assert_int_equal(f.lpn.changes, 1);
		friends_end(&f);
	}
}

static void test_a_low_power_node_that_goes_deaf_at_any_step_finds_its_friend_again(void **state)
{
	(void)state;
	for (int step = 0; step < 10; step++) {
		struct friends f;
		friends_init(&f, 50 + (uint64_t)step);
		assert_int_equal(bm_access_subscribe(&f.lpn.wn->node->access, &f.lpn.server.model, GROUP, NULL), BM_OK);
		f.lpn.wn->on_receive = hears;
		deaf_after = step;
		friends_run(&f, 120 * SECOND);
		assert_false(has_friend(&f.lpn));
		deaf_after = 1000000;
		assert_true(bm_world_run_until(f.network->world, has_friend, &f.lpn, 60 * SECOND));
		friends_run(&f, 2 * SECOND);
		assert_int_equal(switch_lamp(&f.friend, GROUP, true), BM_OK);
		friends_run(&f, 10 * SECOND);
		assert_int_equal(f.lpn.changes, 1);
		friends_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lost_friend_is_replaced_and_told_that_it_was),
		cmocka_unit_test(test_an_old_friend_that_is_away_is_cleared_later_and_else_gives_up_itself),
		cmocka_unit_test(test_a_clear_procedure_ends_at_twice_the_poll_timeout),
		cmocka_unit_test(test_of_several_friends_the_one_with_room_for_all_subscriptions_is_taken),
		cmocka_unit_test(test_a_friend_with_too_small_a_queue_offers_nothing),
		cmocka_unit_test(test_requests_come_rarer_and_rarer),
		cmocka_unit_test(test_switching_the_friend_feature_off_ends_its_friendships),
		cmocka_unit_test(test_a_node_without_room_for_low_power_nodes_does_not_support_the_feature),
		cmocka_unit_test(test_a_low_power_node_that_wakes_for_good_clears_its_friendship),
		cmocka_unit_test(test_a_silent_low_power_node_is_given_up_after_the_poll_timeout),
		cmocka_unit_test(test_a_reset_low_power_node_listens_and_can_be_provisioned),
		cmocka_unit_test(test_after_a_power_cut_a_friendship_is_made_anew),
		cmocka_unit_test(test_nodes_that_are_both_find_each_other_and_one_stays_awake),
		cmocka_unit_test(test_a_friendship_lives_with_30_percent_loss),
		cmocka_unit_test(test_a_sleeping_node_sends_segments_at_30_percent_loss),
		cmocka_unit_test(test_a_friend_that_goes_deaf_at_any_step_is_found_again_when_it_hears),
		cmocka_unit_test(test_a_low_power_node_that_goes_deaf_at_any_step_finds_its_friend_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
