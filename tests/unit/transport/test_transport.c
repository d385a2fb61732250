/* Keys, labels, replay protection, unsegmented messages. */
#include "support/transport_rig.h"
#include "support/vectors.h"

#define IV 0x12345678u

static struct station a, b;
static struct air air;

static int set_up(void **state)
{
	(void)state;
	station_init(&a, NULL);
	station_init(&b, NULL);
	b.rig.random = 2;
	station_start(&a, 0x0001, 2, IV);
	station_start(&b, 0x0010, 2, IV);
	air = (struct air){.stations = {&a, &b}, .count = 2, .random = 1};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	station_free(&a);
	station_free(&b);
	return 0;
}

static const uint8_t short_payload[4] = {0x82, 0x02, 1, 7};

static struct bm_transport_tx to(uint16_t dst)
{
	return (struct bm_transport_tx){.src = 0x0001, .dst = dst, .ttl = 5, .done = station_done, .done_ctx = &a};
}

static enum bm_err send(const struct bm_transport_tx *tx)
{
	return bm_transport_send(&a.transport, tx, short_payload, sizeof short_payload);
}

static void test_an_unsegmented_message_arrives_and_its_sender_is_told_later(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0011);
	assert_int_equal(send(&tx), BM_OK);
	assert_int_equal(a.done_count, 0);
	air_run_until(&air, 0);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
	assert_int_equal(b.access_count, 1);
	assert_octets(b.access[0].payload, b.access[0].len, short_payload, sizeof short_payload);
	assert_int_equal(b.access[0].rx.app_idx, 0);
	assert_int_equal(b.access[0].rx.dst, 0x0011);
	assert_int_equal(b.access[0].rx.ttl, 5);
	assert_false(b.access[0].rx.segmented);
}

static void test_arguments_out_of_range_are_refused(void **state)
{
	(void)state;
	static const uint8_t long_payload[400];
	struct bm_transport_tx tx = to(0x0000);
	assert_int_equal(send(&tx), BM_ERR_INVALID);
	tx = to(0x0010);
	tx.ttl = 1;
	assert_int_equal(send(&tx), BM_ERR_INVALID);
	tx.ttl = 0x80;
	assert_int_equal(send(&tx), BM_ERR_INVALID);
	tx = to(0x0010);
	tx.src = 0x0003;
	assert_int_equal(send(&tx), BM_ERR_INVALID);
	tx = to(0x8001);
	assert_int_equal(send(&tx), BM_ERR_INVALID); /* no label */
	tx = to(0x0010);
	tx.app_idx = 1;
	assert_int_equal(send(&tx), BM_ERR_NO_KEY);
	tx.app_idx = BM_APP_IDX_DEV_LOCAL;
	assert_int_equal(send(&tx), BM_ERR_NO_KEY);
	tx.app_idx = BM_APP_IDX_DEV_REMOTE;
	assert_int_equal(send(&tx), BM_ERR_NO_KEY);
	tx = to(0xc000);
	tx.app_idx = BM_APP_IDX_DEV_LOCAL;
	assert_int_equal(send(&tx), BM_ERR_INVALID);
	tx = to(0x0010);
	assert_int_equal(bm_transport_send(&a.transport, &tx, long_payload, 0), BM_ERR_INVALID);
	assert_int_equal(bm_transport_send(&a.transport, &tx, long_payload, 381), BM_ERR_TOO_LONG);
	tx.long_mic = true;
	assert_int_equal(bm_transport_send(&a.transport, &tx, long_payload, 377), BM_ERR_TOO_LONG);
	bm_net_reset(&a.rig.net);
	assert_int_equal(send(&tx), BM_ERR_NOT_PROVISIONED);
	assert_int_equal(a.rig.sent_count, 0);
	air_run_until(&air, 1000000);
	assert_int_equal(a.done_count, 0);
}

static void test_device_keys_open_from_both_sides(void **state)
{
	(void)state;
	const uint8_t key_b[16] = {0xb};
	bm_dev_keys_set_own(&b.transport.dev_keys, key_b);
	assert_int_equal(bm_dev_key_add(&a.transport.dev_keys, 0x0010, 2, key_b), BM_OK);
	struct bm_transport_tx tx = to(0x0011);
	tx.app_idx = BM_APP_IDX_DEV_REMOTE;
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(b.access[0].rx.app_idx, BM_APP_IDX_DEV_LOCAL);
	const struct bm_transport_tx back = {.src = 0x0010, .dst = 0x0001, .ttl = 5, .app_idx = BM_APP_IDX_DEV_LOCAL};
	assert_int_equal(bm_transport_send(&b.transport, &back, short_payload, sizeof short_payload), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(a.access_count, 1);
	assert_int_equal(a.access[0].rx.app_idx, BM_APP_IDX_DEV_REMOTE);
	/* a key that is not held opens nothing */
	assert_int_equal(bm_dev_key_remove(&a.transport.dev_keys, 0x0010), BM_OK);
	assert_int_equal(bm_transport_send(&b.transport, &back, short_payload, sizeof short_payload), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(a.access_count, 1);
	assert_int_equal(rig_drops(&a.rig, BM_DROP_NO_KEY), 1);
}

static void test_a_node_can_configure_itself(void **state)
{
	(void)state;
	const uint8_t key[16] = {0xa};
	bm_dev_keys_set_own(&a.transport.dev_keys, key);
	struct bm_transport_tx tx = to(0x0001);
	tx.app_idx = BM_APP_IDX_DEV_REMOTE;
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(a.access_count, 1);
	assert_int_equal(a.access[0].rx.app_idx, BM_APP_IDX_DEV_LOCAL);
	assert_int_equal(a.rig.net.seq, 1);
	assert_int_equal(b.rig.env.counters.net_rx, 0);
}

/* Two application keys with the same AID. */
static void find_twin(uint8_t key[16])
{
	const uint8_t aid = bm_k4(station_app_key);
	memset(key, 0, 16);
	do
		for (size_t i = 0; i < 16 && ++key[i] == 0; i++)
			;
	while (bm_k4(key) != aid);
}

static void test_all_keys_of_an_aid_are_tried(void **state)
{
	(void)state;
	uint8_t twin[16];
	find_twin(twin);
	assert_int_equal(bm_app_key_add(&a.transport.app_keys, 0, 7, twin), BM_OK);
	assert_int_equal(bm_app_key_add(&b.transport.app_keys, 0, 9, twin), BM_OK);
	struct bm_transport_tx tx = to(0x0010);
	tx.app_idx = 7;
	assert_int_equal(send(&tx), BM_OK);
	tx.app_idx = 0;
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(b.access_count, 2);
	assert_int_equal(b.access[0].rx.app_idx, 9);
	assert_int_equal(b.access[1].rx.app_idx, 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_NO_KEY), 0);
}

static void test_a_key_bound_to_another_subnet_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(bm_app_key_delete(&b.transport.app_keys, 0), BM_OK);
	assert_int_equal(bm_app_key_add(&b.transport.app_keys, 1, 0, station_app_key), BM_OK);
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(b.access_count, 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_NO_KEY), 1);
}

static void test_both_values_of_a_key_in_refresh_open_and_the_phase_says_which_sends(void **state)
{
	(void)state;
	const uint8_t fresh[16] = {0xf};
	struct bm_app_key *keys[] = {bm_app_key_find(&a.transport.app_keys, 0),
				     bm_app_key_find(&b.transport.app_keys, 0)};
	for (size_t i = 0; i < 2; i++) {
		keys[i]->values[1].valid = true;
		keys[i]->values[1].aid = bm_k4(fresh);
		memcpy(keys[i]->values[1].key, fresh, 16);
		bm_port_aes_set_key(&keys[i]->values[1].aes, fresh);
	}
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(b.access_count, 1);
	bm_subnet_find(&a.rig.net.subnets, 0)->phase = 2;
	bm_net_keys_derive(&bm_subnet_find(&a.rig.net.subnets, 0)->keys[1], rig_net_key);
	keys[1]->values[0].valid = false;
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(b.access_count, 2);
}

/* Two labels with one virtual address. */
static void test_every_label_of_a_virtual_address_is_tried(void **state)
{
	(void)state;
	uint8_t labels[2][16] = {{1}, {2}};
	uint16_t addr = bm_virtual_addr(labels[0]);
	for (uint32_t i = 0; bm_virtual_addr(labels[1]) != addr; i++) {
		labels[1][1] = (uint8_t)i;
		labels[1][2] = (uint8_t)(i >> 8);
		labels[1][3] = (uint8_t)(i >> 16);
	}
	uint8_t slot;
	assert_int_equal(bm_label_take(&b.transport.labels, labels[0], &slot), BM_OK);
	assert_int_equal(bm_label_take(&b.transport.labels, labels[1], &slot), BM_OK);
	struct bm_transport_tx tx = to(addr);
	for (size_t i = 0; i < 2; i++) {
		tx.label = labels[i];
		tx.segmented = false;
		assert_int_equal(send(&tx), BM_OK);
		tx.segmented = true;
		assert_int_equal(send(&tx), BM_OK);
		air_run_until(&air, (i + 1) * 10000000u);
	}
	assert_int_equal(b.access_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(b.access[i].label, labels[i / 2], 16);
	bm_label_release(&b.transport.labels, slot);
	assert_int_equal(bm_label_slot(&b.transport.labels, labels[1]), -1);
	tx.segmented = false;
	assert_int_equal(send(&tx), BM_OK);
	air_run_until(&air, 30000000);
	assert_int_equal(b.access_count, 4);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_NO_KEY), 1);
}

static void test_labels_are_counted_by_their_users(void **state)
{
	(void)state;
	uint8_t label[16] = {1}, slot, again;
	assert_int_equal(bm_label_take(&a.transport.labels, label, &slot), BM_OK);
	assert_int_equal(bm_label_take(&a.transport.labels, label, &again), BM_OK);
	assert_int_equal(slot, again);
	bm_label_release(&a.transport.labels, slot);
	assert_int_equal(bm_label_slot(&a.transport.labels, label), slot);
	bm_label_release(&a.transport.labels, slot);
	assert_int_equal(bm_label_slot(&a.transport.labels, label), -1);
	bm_label_release(&a.transport.labels, slot); /* one too many does no harm */
	for (uint8_t i = 0; i < a.rig.limits.labels; i++) {
		label[0] = i;
		assert_int_equal(bm_label_take(&a.transport.labels, label, &slot), BM_OK);
	}
	label[0] = 0xff;
	assert_int_equal(bm_label_take(&a.transport.labels, label, &slot), BM_ERR_NO_SPACE);
}

static void test_key_tables_know_their_bounds(void **state)
{
	(void)state;
	const uint8_t key[16] = {1};
	struct bm_app_keys *app_keys = &a.transport.app_keys;
	assert_int_equal(bm_app_key_add(app_keys, 0, 0, key), BM_ERR_EXISTS);
	assert_int_equal(bm_app_key_add(app_keys, 0, 0x1000, key), BM_ERR_INVALID);
	assert_int_equal(bm_app_key_add(app_keys, 0x1000, 1, key), BM_ERR_INVALID);
	for (uint16_t i = 1; i < a.rig.limits.app_keys; i++)
		assert_int_equal(bm_app_key_add(app_keys, 0, i, key), BM_OK);
	assert_int_equal(bm_app_key_add(app_keys, 0, 0x100, key), BM_ERR_NO_SPACE);
	assert_int_equal(bm_app_key_delete(app_keys, 0x100), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_app_key_delete(app_keys, 1), BM_OK);
	assert_int_equal(bm_app_key_add(app_keys, 0, 0x100, key), BM_OK);
	struct bm_dev_keys *dev_keys = &a.transport.dev_keys;
	assert_int_equal(bm_dev_key_add(dev_keys, 0x0100, 4, key), BM_OK);
	assert_int_equal(bm_dev_key_add(dev_keys, 0x0103, 1, key), BM_ERR_EXISTS);
	assert_int_equal(bm_dev_key_add(dev_keys, 0x00ff, 2, key), BM_ERR_EXISTS);
	assert_int_equal(bm_dev_key_add(dev_keys, 0x0104, 0, key), BM_ERR_INVALID);
	assert_int_equal(bm_dev_key_add(dev_keys, 0x8000, 1, key), BM_ERR_INVALID);
	assert_int_equal(bm_dev_key_add(dev_keys, 0x7fff, 2, key), BM_ERR_INVALID);
	assert_non_null(bm_dev_key_of(dev_keys, 0x0103));
	assert_null(bm_dev_key_of(dev_keys, 0x0104));
	assert_null(bm_dev_key_of(dev_keys, 0x0000));
	assert_int_equal(bm_dev_key_remove(dev_keys, 0x0101), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_dev_key_remove(dev_keys, 0x0000), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_dev_key_remove(dev_keys, 0x0100), BM_OK);
}

/* Hands B a message of A as its network layer would, whatever the caches think. */
static void replay(uint32_t seq, uint32_t iv_index)
{
	struct bm_transport_tx tx = to(0x0010);
	struct bm_upper_key key;
	uint8_t octets[32];
	assert_int_equal(bm_upper_key_choose(&a.transport, &tx, &key), BM_OK);
	octets[0] = (uint8_t)(0x40 | key.aid);
	bm_upper_encrypt(&key, &tx, false, seq, iv_index, short_payload, sizeof short_payload, octets + 1);
	const struct bm_net_rx rx = {.ttl = 5,
				     .seq = seq,
				     .src = 0x0001,
				     .dst = 0x0010,
				     .iv_index = iv_index,
				     .transport_pdu = octets,
				     .len = 1 + sizeof short_payload + 4};
	bm_transport_receive(&b.transport, &rx);
}

static void test_replays_are_refused(void **state)
{
	(void)state;
	replay(100, IV);
	replay(100, IV);
	replay(99, IV);
	replay(500, IV - 1);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_REPLAY), 3);
	replay(101, IV);
	assert_int_equal(b.access_count, 2);
}

static void test_what_does_not_open_leaves_the_replay_list_alone(void **state)
{
	(void)state;
	assert_int_equal(bm_app_key_delete(&b.transport.app_keys, 0), BM_OK);
	replay(100, IV);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_NO_KEY), 1);
	assert_int_equal(b.rig.net.rpl.used, 0);
	assert_int_equal(bm_app_key_add(&b.transport.app_keys, 0, 0, station_app_key), BM_OK);
	replay(50, IV);
	assert_int_equal(b.access_count, 1);
}

static void test_a_full_replay_list_refuses_new_sources_and_says_so(void **state)
{
	(void)state;
	for (uint16_t src = 0x1000; src < 0x1000 + b.rig.limits.rpl; src++)
		assert_int_equal(bm_rpl_accept(&b.rig.net.rpl, src, IV, 1), BM_OK);
	replay(100, IV);
	assert_int_equal(b.access_count, 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_RPL_FULL), 1);
	assert_int_equal(b.rig.events[BM_EVENT_RPL_FULL], 1);
	assert_int_equal(b.rig.last_event.addr, 0x0001);
	bm_rpl_forget(&b.rig.net.rpl, 0x1000);
	replay(100, IV);
	assert_int_equal(b.access_count, 1);
	replay(101, IV);
	assert_int_equal(b.access_count, 2);
}

static void test_what_the_store_does_not_keep_is_not_acted_on(void **state)
{
	(void)state;
	b.rig.store_result = BM_ERR_STORE;
	replay(100, IV);
	assert_int_equal(b.access_count, 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_RPL_FULL), 1);
}

static void test_unknown_control_messages_are_counted(void **state)
{
	(void)state;
	b.no_control = true;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(bm_transport_send_control(&a.transport, &tx, 0x33, short_payload, 4), BM_OK);
	air_run_until(&air, 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_UNKNOWN_TYPE), 1);
	assert_int_equal(bm_transport_send_control(&a.transport, &tx, 0x00, short_payload, 4), BM_ERR_INVALID);
	assert_int_equal(bm_transport_send_control(&a.transport, &tx, 0x80, short_payload, 4), BM_ERR_INVALID);
}

static void test_every_lower_transport_pdu_truncated_or_random_changes_nothing(void **state)
{
	(void)state;
	/* Random octets under random headers; what opens would need the key. */
	for (int i = 0; i < 200000; i++) {
		uint8_t o[24];
		rig_random(&a.rig, o, sizeof o);
		uint8_t *pdu = test_malloc(1 + o[0] % 16);
		memcpy(pdu, o + 8, 1 + o[0] % 16);
		const struct bm_net_rx rx = {.ctl = o[1] & 1,
					     .ttl = o[2] & 0x7f,
					     .seq = (uint32_t)i,
					     .src = (uint16_t)(0x0100 + o[4] % 8),
					     .dst = 0x0010,
					     .iv_index = IV,
					     .transport_pdu = pdu,
					     .len = 1u + o[0] % 16};
		b.no_control = true;
		bm_transport_receive(&b.transport, &rx);
		test_free(pdu);
		b.rig.sent_count = 0;
		if (i % 100 == 0)
			rig_run_until(&b.rig, b.rig.env.timers.now + 500000);
		b.rig.sent_count = 0;
	}
	assert_int_equal(b.access_count, 0);
	assert_int_equal(bm_transport_busy(&b.transport), false);
}

static void test_more_waiting_callbacks_than_fit_are_refused_not_lost(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	for (size_t i = 0; i < a.transport.done_max; i++)
		assert_int_equal(send(&tx), BM_OK);
	assert_int_equal(send(&tx), BM_ERR_BUSY);
	air_run_until(&air, 0);
	assert_int_equal(a.done_count, a.transport.done_max);
	assert_int_equal(send(&tx), BM_OK);
}

static void test_a_reset_wipes_keys_and_tells_all_who_wait(void **state)
{
	(void)state;
	struct bm_transport_tx tx = to(0x0010);
	uint8_t slot;
	const uint8_t label[16] = {1};
	bm_dev_keys_set_own(&a.transport.dev_keys, station_app_key);
	assert_int_equal(bm_dev_key_add(&a.transport.dev_keys, 0x0010, 1, station_app_key), BM_OK);
	assert_int_equal(bm_label_take(&a.transport.labels, label, &slot), BM_OK);
	assert_int_equal(send(&tx), BM_OK);
	tx.segmented = true;
	assert_int_equal(send(&tx), BM_OK);
	assert_int_equal(send(&tx), BM_OK); /* queued */
	assert_true(bm_transport_busy(&a.transport));
	bm_transport_reset(&a.transport);
	assert_int_equal(a.done_count, 3);
	assert_false(bm_transport_busy(&a.transport));
	assert_null(bm_app_key_find(&a.transport.app_keys, 0));
	assert_int_equal(bm_label_slot(&a.transport.labels, label), -1);
	for (size_t i = 0; i + 16 <= sizeof a.transport; i++)
		assert_memory_not_equal((uint8_t *)&a.transport + i, station_app_key, 16);
	assert_int_equal(send(&tx), BM_ERR_NO_KEY);
	air_run_until(&air, 60000000);
	assert_int_equal(a.done_count, 3);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_an_unsegmented_message_arrives_and_its_sender_is_told_later),
		UNIT(test_arguments_out_of_range_are_refused),
		UNIT(test_device_keys_open_from_both_sides),
		UNIT(test_a_node_can_configure_itself),
		UNIT(test_all_keys_of_an_aid_are_tried),
		UNIT(test_a_key_bound_to_another_subnet_opens_nothing),
		UNIT(test_both_values_of_a_key_in_refresh_open_and_the_phase_says_which_sends),
		UNIT(test_every_label_of_a_virtual_address_is_tried),
		UNIT(test_labels_are_counted_by_their_users),
		UNIT(test_key_tables_know_their_bounds),
		UNIT(test_replays_are_refused),
		UNIT(test_what_does_not_open_leaves_the_replay_list_alone),
		UNIT(test_a_full_replay_list_refuses_new_sources_and_says_so),
		UNIT(test_what_the_store_does_not_keep_is_not_acted_on),
		UNIT(test_unknown_control_messages_are_counted),
		UNIT(test_every_lower_transport_pdu_truncated_or_random_changes_nothing),
		UNIT(test_more_waiting_callbacks_than_fit_are_refused_not_lost),
		UNIT(test_a_reset_wipes_keys_and_tells_all_who_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
