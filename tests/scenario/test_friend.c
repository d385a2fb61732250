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

static void subscribe(struct lamp *lamp, uint16_t addr)
{
	assert_int_equal(bm_access_subscribe(&lamp->wn->node->access, &lamp->server.model, addr, NULL), BM_OK);
}

static void test_groups_are_kept_once_the_friend_knows_the_subscription(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 5);
	subscribe(&f.lpn, GROUP);
	friends_establish(&f);
	assert_int_equal(switch_lamp(&f.friend, GROUP, true), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	/* A subscription of later is told without anybody's doing, one that ended too. */
	for (uint16_t i = 1; i <= 6; i++)
		subscribe(&f.lpn, (uint16_t)(GROUP + i));
	assert_int_equal(bm_access_unsubscribe(&f.lpn.wn->node->access, &f.lpn.server.model, GROUP, NULL), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(friends_context(&f)->subscription_count, 7);
	assert_int_equal(switch_lamp(&f.friend, GROUP + 6, false), BM_OK);
	assert_int_equal(switch_lamp(&f.friend, GROUP, true), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 2);
	friends_end(&f);
}

static void test_a_message_to_all_nodes_is_kept(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 6);
	friends_establish(&f);
	assert_int_equal(switch_lamp(&f.friend, BM_ADDR_ALL_NODES, true), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

static void test_a_virtual_address_is_kept_and_its_label_opens_it(void **state)
{
	(void)state;
	static const uint8_t label[16] = {1, 2, 3};
	struct friends f;
	friends_init(&f, 7);
	const uint16_t addr = bm_virtual_addr(label);
	assert_int_equal(bm_access_subscribe(&f.lpn.wn->node->access, &f.lpn.server.model, addr, label), BM_OK);
	friends_establish(&f);
	struct bm_tx tx = tx_to(addr);
	tx.label = label;
	assert_int_equal(bm_onoff_client_set(&f.friend.client, &tx, true, false, 0xff, 0, network_now(f.network)),
			 BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

/* MshPRT 3.5.5. */
static void test_what_has_a_ttl_of_0_is_not_kept(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 8);
	struct lamp other;
	lamp_init(&other, f.network, NULL);
	lamp_join(&other, f.network, 0x0300);
	friends_establish(&f);
	struct bm_tx tx = tx_to(LPN_ADDR);
	tx.ttl = 0;
	assert_int_equal(bm_onoff_client_set(&other.client, &tx, true, false, 0xff, 0, network_now(f.network)), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(friends_context(&f)->queue.count, 0);
	tx.ttl = 2;
	assert_int_equal(bm_onoff_client_set(&other.client, &tx, true, false, 0xff, 0, network_now(f.network)), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(friends_context(&f)->queue.count, 1);
	assert_int_equal(friends_context(&f)->queue.table[friends_context(&f)->queue.first].ttl, 1);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(f.lpn.changes, 1);
	friends_end(&f);
}

static void test_a_full_queue_gives_up_its_oldest_message(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 9);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(lamp_send_blob(&f.friend, &tx, (size_t)(4 + i % 7)), BM_OK);
		friends_run(&f, 20 * BM_US_PER_MS);
	}
	assert_int_equal(friends_context(&f)->queue.count, 16);
	assert_int_equal(bm_node_counters(f.friend.wn->node)->drop[BM_DROP_FRIEND_QUEUE], 4);
	friends_run(&f, 15 * SECOND);
	assert_int_equal(f.lpn.blobs, 16);
	/* the last one sent is the last to come */
	assert_int_equal(f.lpn.blob_len, 1 + 19 % 7);
	friends_end(&f);
}

static void test_a_message_that_no_queue_holds_is_refused(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 10);
	struct lamp other;
	lamp_init(&other, f.network, NULL);
	lamp_join(&other, f.network, 0x0300);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	assert_int_equal(lamp_send_blob(&other, &tx, 380), BM_OK);
	friends_run(&f, 10 * SECOND);
	assert_int_equal(other.sent_result, BM_ERR_CANCELLED);
	assert_int_equal(f.lpn.blobs, 0);
	/* One that just fits makes room for itself: 16 segments of 12 octets. */
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	assert_int_equal(lamp_send_blob(&other, &tx, 188), BM_OK);
	friends_run(&f, 15 * SECOND);
	assert_int_equal(f.lpn.blobs, 1);
	assert_int_equal(f.lpn.changes, 0);
	friends_end(&f);
}

static void test_a_friend_has_several_low_power_nodes_and_no_more_than_its_limit(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 11);
	struct lamp more[3];
	const struct bm_node_config config = lpn_config();
	for (uint16_t i = 0; i < 3; i++) {
		lamp_init(&more[i], f.network, &config);
		lamp_join(&more[i], f.network, (uint16_t)(0x0210 + i));
	}
	friends_run(&f, 60 * SECOND);
	int with = has_friend(&f.lpn);
	for (int i = 0; i < 3; i++)
		with += has_friend(&more[i]);
	assert_int_equal(with, 3);
	/* Each gets its own; between two of them it goes from queue to queue. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(switch_lamp(&f.friend, (uint16_t)(0x0210 + i), true), BM_OK);
	assert_int_equal(switch_lamp(&f.lpn, 0x0210, false), BM_OK);
	friends_run(&f, 20 * SECOND);
	assert_true(more[0].changes >= 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(more[i].changes, i == 0 && has_friend(&f.lpn) ? 2 : 1);
	/* A segmented one from one to another is acknowledged on behalf, twice. */
	if (has_friend(&f.lpn)) {
		const struct bm_tx tx = tx_to(0x0210);
		assert_int_equal(lamp_send_blob(&f.lpn, &tx, 60), BM_OK);
		friends_run(&f, 20 * SECOND);
		assert_int_equal(more[0].blobs, 1);
		assert_int_equal(f.lpn.sent_result, BM_OK);
	}
	friends_end(&f);
}

/* What a sniffer sees of one station's mesh messages, by the NID of its friendship. */
struct counted {
	uint8_t nid;
	size_t friendship, flooding;
	uint8_t addr[6];
};

static void count(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct counted *counted = ctx;
	(void)now;
	if (frame->len < 11 || frame->octets[9] != BM_AD_MESH_MESSAGE)
		return;
	if ((frame->octets[10] & 0x7f) == counted->nid)
		counted->friendship++;
	else
		counted->flooding++;
}

static void test_a_publication_with_friendship_credentials_goes_out_once_and_the_friend_passes_it_on(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 12);
	struct lamp other;
	lamp_init(&other, f.network, NULL);
	lamp_join(&other, f.network, 0x0300);
	const struct bm_publication publication = {
		.addr = 0x0300, .app_idx = NETWORK_APP_IDX, .ttl = 5, .friendship_credentials = true};
	assert_int_equal(bm_access_set_publication(&f.lpn.wn->node->access, &f.lpn.client.model, &publication, NULL),
			 BM_OK);
	const struct bm_tx tx = {.dst = BM_ADDR_UNASSIGNED, .app_idx = NETWORK_APP_IDX, .ttl = 5};
	struct bm_onoff_client *client = &f.lpn.client;
	/* Without a friendship managed flooding carries it (MshPRT 4.2.2.4). */
	assert_int_equal(bm_onoff_client_set(client, &tx, true, false, 0xff, 0, network_now(f.network)), BM_OK);
	friends_run(&f, 500 * BM_US_PER_MS);
	assert_int_equal(other.changes, 1);
	friends_establish(&f);
	struct counted counted = {.nid = friends_context(&f)->friendship->keys[0].cred.nid};
	bm_medium_set_sniffer(bm_world_medium(f.network->world), count, &counted);
	assert_int_equal(bm_onoff_client_set(client, &tx, false, false, 0xff, 0, network_now(f.network)), BM_OK);
	friends_run(&f, 200 * BM_US_PER_MS);
	assert_int_equal(other.changes, 2);
	assert_int_equal(counted.friendship, 1);
	/* by the friend, which is no relay, as often as its network transmit state says */
	assert_int_equal(counted.flooding, 3);
	friends_end(&f);
}

static void test_the_poll_timeout_can_be_asked_for(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 13);
	uint8_t dev_key[16] = {FRIEND_ADDR >> 8, FRIEND_ADDR & 0xff};
	assert_int_equal(bm_node_add_dev_key(f.network->provisioner->node, FRIEND_ADDR, 1, dev_key), BM_OK);
	const uint8_t lpn[2] = {LPN_ADDR & 0xff, LPN_ADDR >> 8};
	assert_true(network_config(f.network, FRIEND_ADDR, 0x802d, lpn, 2));
	assert_int_equal(f.network->answer_params[2] | f.network->answer_params[3] << 8, 0);
	friends_establish(&f);
	assert_true(network_config(f.network, FRIEND_ADDR, 0x802d, lpn, 2));
	assert_int_equal(f.network->answer_params[0], lpn[0]);
	const int steps = f.network->answer_params[2] | f.network->answer_params[3] << 8;
	assert_in_range(steps, 80, 100);
	friends_end(&f);
}

static void test_a_sleeping_node_can_be_configured(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 14);
	friends_establish(&f);
	uint8_t dev_key[16] = {LPN_ADDR >> 8, LPN_ADDR & 0xff};
	assert_int_equal(bm_node_add_dev_key(f.network->provisioner->node, LPN_ADDR, 1, dev_key), BM_OK);
	const uint8_t page = 0;
	assert_true(network_config(f.network, LPN_ADDR, 0x8008, &page, 1));
	/* Composition Data: page 0, then CID, PID, VID, CRPL, features */
	assert_int_equal(f.network->answer_params[9], BM_FEATURE_LOW_POWER);
	friends_end(&f);
}

static void test_the_receiver_is_off_but_for_the_windows(void **state)
{
	(void)state;
	struct friends f;
	struct bm_node_config friend_c = friend_config();
	const struct bm_node_config lpn_c = lpn_config();
	friend_c.friends = (struct bm_friend_config){.receive_window_ms = 100, .answer_spread_ms = 100};
	friends_init_with(&f, 15, &friend_c, &lpn_c);
	friends_establish(&f);
	const uint64_t before = bm_station_listened_us(f.lpn.wn->station, network_now(f.network));
	for (int minute = 0; minute < 60; minute++) {
		assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, minute % 2 == 0), BM_OK);
		friends_run(&f, 60 * SECOND);
	}
	const uint64_t on = bm_station_listened_us(f.lpn.wn->station, network_now(f.network)) - before;
	assert_int_equal(f.lpn.changes, 60);
	/* The mark: 1 % of the time. */
	assert_in_range(on, 3600 * SECOND / 1000, 3600 * SECOND / 100);
	assert_int_equal(bm_node_friend(f.lpn.wn->node), FRIEND_ADDR);
	friends_end(&f);
}

static void test_a_sleeping_receiver_hears_nothing_itself(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 16);
	friends_establish(&f);
	const uint32_t before = bm_node_counters(f.lpn.wn->node)->net_rx;
	assert_int_equal(switch_lamp(&f.friend, BM_ADDR_ALL_NODES, true), BM_OK);
	friends_run(&f, 2 * SECOND);
	assert_int_equal(bm_node_counters(f.lpn.wn->node)->net_rx, before);
	friends_end(&f);
}

/* A confirmation has a younger sequence number than the message that waits; the message must not be taken for a replay.
 */
static void test_what_the_friend_sends_itself_survives_a_confirmation_before_it(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 17);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(LPN_ADDR);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	assert_int_equal(switch_lamp(&f.friend, BM_ADDR_ALL_NODES, false), BM_OK);
	assert_int_equal(lamp_send_blob(&f.friend, &tx, 40), BM_OK);
	friends_run(&f, SECOND);
	subscribe(&f.lpn, GROUP);
	friends_run(&f, 20 * SECOND);
	assert_int_equal(friends_context(&f)->subscription_count, 2);
	assert_int_equal(f.lpn.changes, 2);
	assert_int_equal(f.lpn.blobs, 1);
	friends_end(&f);
}

static void test_a_poll_can_be_asked_for(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 18);
	assert_int_equal(bm_node_poll(f.lpn.wn->node, network_now(f.network)), BM_ERR_STATE);
	friends_establish(&f);
	assert_int_equal(switch_lamp(&f.friend, LPN_ADDR, true), BM_OK);
	friends_run(&f, 100 * BM_US_PER_MS);
	assert_int_equal(bm_node_poll(f.lpn.wn->node, network_now(f.network)), BM_OK);
	friends_run(&f, 200 * BM_US_PER_MS);
	assert_int_equal(f.lpn.changes, 1);
	assert_int_equal(bm_node_poll(f.friend.wn->node, network_now(f.network)), BM_ERR_STATE);
	friends_end(&f);
}

/* A low power node that answers has nothing to fetch after that. */
static void test_an_answer_is_not_polled_after(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 19);
	friends_establish(&f);
	/* To all, for that is what is answered late, when the low power node is at rest again. */
	const struct bm_tx tx = tx_to(BM_ADDR_ALL_NODES);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(
			bm_onoff_client_set(&f.friend.client, &tx, i % 2, true, 0xff, 0, network_now(f.network)),
			BM_OK);
		friends_run(&f, 100 * BM_US_PER_MS);
		const uint32_t before = bm_node_counters(f.lpn.wn->node)->net_tx;
		assert_int_equal(bm_node_poll(f.lpn.wn->node, network_now(f.network)), BM_OK);
		friends_run(&f, 3 * SECOND);
		/* Two polls, for the message and for the end of the queue, and the answer. */
		assert_int_equal(bm_node_counters(f.lpn.wn->node)->net_tx - before, 3);
	}
	friends_end(&f);
}

static void test_an_answer_asked_for_during_a_poll_is_fetched_soon(void **state)
{
	(void)state;
	struct friends f;
	friends_init(&f, 20);
	friends_establish(&f);
	const struct bm_tx tx = tx_to(FRIEND_ADDR);
	assert_int_equal(bm_node_poll(f.lpn.wn->node, network_now(f.network)), BM_OK);
	friends_run(&f, 95 * BM_US_PER_MS);
	assert_int_equal(f.lpn.wn->node->lpn.state, BM_LPN_POLLING);
	assert_int_equal(bm_onoff_client_get(&f.lpn.client, &tx, network_now(f.network)), BM_OK);
	friends_run(&f, SECOND);
	assert_int_equal(f.lpn.statuses, 1);
	friends_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_low_power_node_finds_its_friend),
		cmocka_unit_test(test_a_message_waits_at_the_friend_until_the_next_poll),
		cmocka_unit_test(test_a_low_power_node_answers_a_third_node),
		cmocka_unit_test(test_a_segmented_message_is_acknowledged_by_the_friend_and_arrives_whole),
		cmocka_unit_test(test_groups_are_kept_once_the_friend_knows_the_subscription),
		cmocka_unit_test(test_a_message_to_all_nodes_is_kept),
		cmocka_unit_test(test_a_virtual_address_is_kept_and_its_label_opens_it),
		cmocka_unit_test(test_what_has_a_ttl_of_0_is_not_kept),
		cmocka_unit_test(test_a_full_queue_gives_up_its_oldest_message),
		cmocka_unit_test(test_a_message_that_no_queue_holds_is_refused),
		cmocka_unit_test(test_a_friend_has_several_low_power_nodes_and_no_more_than_its_limit),
		cmocka_unit_test(
			test_a_publication_with_friendship_credentials_goes_out_once_and_the_friend_passes_it_on),
		cmocka_unit_test(test_the_poll_timeout_can_be_asked_for),
		cmocka_unit_test(test_a_sleeping_node_can_be_configured),
		cmocka_unit_test(test_the_receiver_is_off_but_for_the_windows),
		cmocka_unit_test(test_a_sleeping_receiver_hears_nothing_itself),
		cmocka_unit_test(test_a_poll_can_be_asked_for),
		cmocka_unit_test(test_an_answer_is_not_polled_after),
		cmocka_unit_test(test_an_answer_asked_for_during_a_poll_is_fetched_soon),
		cmocka_unit_test(test_what_the_friend_sends_itself_survives_a_confirmation_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
