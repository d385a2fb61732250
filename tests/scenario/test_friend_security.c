/*
 * Friendship under the network's security procedures, and against the attacks that are known.
 */
#include "support/friends.h"

/* The nodes of a network go through a Key Refresh as a configuring node would have them. */
static struct bm_subnet *subnet_of(struct lamp *lamp)
{
	return bm_subnet_find(bm_net_subnets(&lamp->wn->node->net), 0);
}

static void give_new_key(struct bm_node *node, const uint8_t key[16])
{
	struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(&node->net), 0);
	bm_net_keys_derive(&subnet->keys[1], key);
	subnet->phase = 1;
	bm_net_beacon_update(&node->net);
}

static void enter_phase_2(struct bm_node *node)
{
	bm_subnet_find(bm_net_subnets(&node->net), 0)->phase = 2;
	bm_net_beacon_update(&node->net);
}

static void test_a_key_refresh_reaches_a_sleeping_node_through_friend_updates(void **state)
{
	(void)state;
	static const uint8_t key[16] = {0x11, 0x22};
	struct friends f;
	friends_init(&f, 1);
	friends_establish(&f);
	struct bm_node *provisioner = f.network->provisioner->node;
	give_new_key(provisioner, key);
	give_new_key(f.friend.wn->node, key);
	give_new_key(f.lpn.wn->node, key);
	friends_run(&f, 20 * SECOND);
	assert_true(has_friend(&f.lpn));
	assert_int_equal(subnet_of(&f.lpn)->phase, 1);
	/* The friend sends with the new key's credentials from now on; its low power node learns it by a Friend Update.
	 */
	enter_phase_2(provisioner);
	enter_phase_2(f.friend.wn->node);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(subnet_of(&f.lpn)->phase, 2);
	assert_int_equal(f.lpn.changes, 1);
	bm_net_revoke_old_keys(&provisioner->net, bm_subnet_find(bm_net_subnets(&provisioner->net), 0));
	bm_net_revoke_old_keys(&f.friend.wn->node->net, subnet_of(&f.friend));
	friends_run(&f, 20 * SECOND);
	assert_int_equal(subnet_of(&f.lpn)->phase, 0);
	assert_memory_equal(subnet_of(&f.lpn)->keys[0].net_key, key, 16);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, false), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(f.lpn.changes, 2);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	/* It was the same friendship all the time. */
	assert_int_equal(f.lpn.wn->node->lpn.counter, friends_context(&f)->lpn_counter);
	friends_end(&f);
}

static void set_iv(struct bm_node *node, uint32_t index, bool update)
{
	bm_net_security_update(&node->net, 0, false, false, update, index);
	node->net.iv.unlimited = true;
}

static void test_an_iv_update_reaches_a_sleeping_node_through_friend_updates(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 2);
	friends_establish(&f);
	f.friend.wn->node->net.iv.since = f.lpn.wn->node->net.iv.unlimited = true;
	f.network->provisioner->node->net.iv.unlimited = true;
	/* One message of before waits in the queue, one comes after. */
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, 100 * BM_US_PER_MS);
	set_iv(f.network->provisioner->node, 1, true);
	set_iv(f.friend.wn->node, 1, true);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(bm_node_iv_index(f.lpn.wn->node), 1);
	assert_true(f.lpn.wn->node->net.iv.update);
	assert_int_equal(f.lpn.changes, 1);
	f.lpn.wn->node->net.iv.unlimited = true;
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, false), BM_OK);
	friends_run(&f, 100 * BM_US_PER_MS);
	set_iv(f.network->provisioner->node, 1, false);
	set_iv(f.friend.wn->node, 1, false);
	friends_run(&f, 20 * SECOND);
	assert_false(f.lpn.wn->node->net.iv.update);
	assert_int_equal(f.lpn.changes, 2);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	assert_int_equal(switch_lamp(&f.lpn, FRIEND_ADDR, true), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(f.lpn.changes, 3);
	assert_int_equal(f.friend.changes, 1);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	friends_end(&f);
}

static void test_a_friendship_ends_with_its_netkey(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 6);
	uint8_t dev_key[16] = {FRIEND_ADDR >> 8, FRIEND_ADDR & 0xff};
	assert_int_equal(bm_node_add_dev_key(f.network->provisioner->node, FRIEND_ADDR, 1, dev_key), BM_OK);
	/* A second subnet, and the friendship under it alone: the low power node knows no other. */
	static const uint8_t key[16] = {0x33};
	struct bm_subnet *first = subnet_of(&f.lpn);
	assert_int_equal(bm_subnet_add(bm_net_subnets(&f.friend.wn->node->net), 1, key, false, NULL), BM_OK);
	assert_int_equal(bm_subnet_add(bm_net_subnets(&f.lpn.wn->node->net), 1, key, false, NULL), BM_OK);
	bm_net_beacon_stop(&f.lpn.wn->node->net, first);
	bm_subnet_remove(bm_net_subnets(&f.lpn.wn->node->net), first);
	friends_establish(&f);
	assert_int_equal(friends_context(&f)->net_idx, 1);
	const uint8_t net_idx[2] = {1, 0};
	assert_true(network_config(f.network, FRIEND_ADDR, 0x8041, net_idx, 2));
	assert_int_equal(f.network->answer_params[0], BM_CONFIG_SUCCESS);
	assert_int_equal(friends_context(&f)->state, BM_FRIEND_FREE);
	assert_true(bm_world_run_until(f.network->world, has_no_friend, &f.lpn, 20 * SECOND));
	friends_end(&f);
}

static struct recorder recorder;

/* Everything recorded is sent again by a stranger; the caches have forgotten it meanwhile. */
static void replay(struct friends *f)
{
	struct bm_medium *medium = bm_world_medium(f->network->world);
	static const uint8_t addr[6] = {0xc0, 1, 2, 3, 4, 5};
	static const struct bm_station_ops ops;
	struct bm_station *stranger = bm_medium_join(medium, addr, &ops, NULL);
	bm_medium_set_sniffer(medium, NULL, NULL);
	struct lamp *lamps[] = {&f->friend, &f->lpn};
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++) {
		bm_repeats_clear(&lamps[i]->wn->node->net.repeats);
		bm_msg_cache_clear(&lamps[i]->wn->node->net.cache);
	}
	for (size_t i = 0; i < recorder.count; i++) {
		bm_station_send(stranger, recorder.frames[i].octets + 8, recorder.frames[i].len - 8u,
				network_now(f->network));
		friends_run(f, BM_US_PER_MS);
	}
	friends_run(f, 20 * SECOND);
}

static void test_replays_do_not_enter_the_friend_queue(void **state)
{
	(void)state;
	struct friends f;
	struct lamp other;
	friends_begin_with_other(&f, 3, &other);
	recorder_attach(&recorder, f.network);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(switch_lamp(&other, LPN_ADDR, i % 2 == 0), BM_OK);
		assert_int_equal(lamp_send_blob(&other, &tx, 50), BM_OK);
		friends_run(&f, 5 * SECOND);
	}
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 5);
	assert_int_equal(f.lpn.blobs, 5);
	const uint32_t discarded = friends_context(&f)->queue.discarded;
	replay(&f);
	assert_int_equal(friends_context(&f)->queue.count, 0);
	assert_int_equal(friends_context(&f)->queue.discarded, discarded);
	assert_true(bm_node_counters(f.friend.wn->node)->drop[BM_DROP_REPLAY] > 0);
	assert_int_equal(f.lpn.changes, 5);
	assert_int_equal(f.lpn.blobs, 5);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	friends_end(&f);
}

static void test_replays_after_a_friendship_was_lost_are_refused(void **state)
{
	(void)state;
	struct friends f;
	struct lamp other;
	friends_begin_with_other(&f, 4, &other);
	recorder_attach(&recorder, f.network);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(switch_lamp(&other, LPN_ADDR, i % 2 == 0), BM_OK);
		friends_run(&f, 10 * SECOND);
	}
	assert_int_equal(f.lpn.changes, 5);
	friends_set_link(&f, &f.friend, &f.lpn, false);
	assert_true(bm_world_run_until(f.network->world, has_no_friend, &f.lpn, 60 * SECOND));
	replay(&f);
	assert_int_equal(f.lpn.changes, 5);
	friends_end(&f);
}

static void test_a_flooded_queue_stays_bounded_and_the_friendship_lives(void **state)
{
	(void)state;
	struct friends f;
	struct lamp other;
	friends_begin_with_other(&f, 5, &other);
	for (int i = 0; i < 600; i++) {
		(void)!switch_lamp(&other, LPN_ADDR, i % 2 == 0);
		friends_run(&f, 50 * BM_US_PER_MS);
		assert_true(friends_context(&f)->queue.count <= 16);
	}
	friends_run(&f, 20 * SECOND);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	assert_true(f.lpn.changes > 100);
	assert_true(bm_node_counters(f.friend.wn->node)->drop[BM_DROP_FRIEND_QUEUE] > 0);
	assert_int_equal(switch_lamp(&other, LPN_ADDR, true), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(friends_context(&f)->queue.count, 0);
	friends_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_refresh_reaches_a_sleeping_node_through_friend_updates),
		cmocka_unit_test(test_an_iv_update_reaches_a_sleeping_node_through_friend_updates),
		cmocka_unit_test(test_a_friendship_ends_with_its_netkey),
		cmocka_unit_test(test_replays_do_not_enter_the_friend_queue),
		cmocka_unit_test(test_replays_after_a_friendship_was_lost_are_refused),
		cmocka_unit_test(test_a_flooded_queue_stays_bounded_and_the_friendship_lives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
