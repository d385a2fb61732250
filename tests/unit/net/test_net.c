#include "support/net_rig.h"
#include "support/vectors.h"

#define IV 0x12345678u

static struct net_rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_net_init(&rig);
	rig_start(&rig, 0x0003, 2, IV);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static const uint8_t payload[7] = {0x00, 1, 2, 3, 4, 5, 6};

static void hear(uint32_t iv_index, uint8_t ttl, uint32_t seq, uint16_t src, uint16_t dst)
{
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, iv_index, false, ttl, seq, src, dst, payload, sizeof payload);
	bm_net_receive(&rig.net, pdu, len, -40);
}

static void test_a_pdu_for_us_goes_up_with_all_that_is_known_of_it(void **state)
{
	(void)state;
	hear(IV, 4, 0x123456, 0x1201, 0x0004);
	assert_int_equal(rig.received_count, 1);
	const struct bm_net_rx *rx = &rig.received[0].rx;
	assert_int_equal(rx->interface, BM_NET_ADV);
	assert_int_equal(rx->ctl, 0);
	assert_int_equal(rx->ttl, 4);
	assert_int_equal(rx->seq, 0x123456);
	assert_int_equal(rx->src, 0x1201);
	assert_int_equal(rx->dst, 0x0004);
	assert_int_equal(rx->iv_index, IV);
	assert_int_equal(rx->net_idx, 0);
	assert_int_equal(rx->rssi, -40);
	assert_octets(rx->transport_pdu, rx->len, payload, sizeof payload);
	assert_int_equal(rig.env.counters.net_rx, 1);
}

static void test_an_exact_repeat_is_dropped_by_its_octets(void **state)
{
	(void)state;
	hear(IV, 4, 1, 0x1201, 0x0003);
	hear(IV, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig_drops(&rig, BM_DROP_REPEAT), 1);
}

static void test_a_copy_with_another_ttl_is_dropped_by_the_message_cache(void **state)
{
	(void)state;
	hear(IV, 4, 1, 0x1201, 0x0003);
	hear(IV, 3, 1, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig_drops(&rig, BM_DROP_CACHED), 1);
	assert_int_equal(rig_drops(&rig, BM_DROP_REPEAT), 0);
}

static void test_a_pdu_that_does_not_verify_enters_no_cache(void **state)
{
	(void)state;
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, IV, false, 4, 1, 0x1201, 0x0003, payload, sizeof payload);
	pdu[len - 1] ^= 1;
	bm_net_receive(&rig.net, pdu, len, 0);
	bm_net_receive(&rig.net, pdu, len, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_NET_MIC), 2);
	pdu[len - 1] ^= 1;
	bm_net_receive(&rig.net, pdu, len, 0);
	assert_int_equal(rig.received_count, 1);
}

static void test_a_foreign_nid_is_dropped_and_counted(void **state)
{
	(void)state;
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, IV, false, 4, 1, 0x1201, 0x0003, payload, sizeof payload);
	for (unsigned nid = 0; nid < 0x80; nid++) {
		if (nid == 0x68)
			continue;
		pdu[0] = (uint8_t)((pdu[0] & 0x80) | nid);
		bm_net_receive(&rig.net, pdu, len, 0);
	}
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 127);
	assert_int_equal(rig.received_count, 0);
}

static void test_every_length_that_is_none_of_a_network_pdu_is_malformed(void **state)
{
	(void)state;
	uint8_t octets[64];
	memset(octets, 0x68, sizeof octets);
	for (size_t len = 0; len <= sizeof octets; len++) {
		const uint32_t before = rig_drops(&rig, BM_DROP_MALFORMED);
		bm_net_receive(&rig.net, octets, len, 0);
		assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED) - before, len < 14 || len > 29);
	}
	assert_int_equal(rig.received_count, 0);
}

static void test_a_pdu_truncated_at_any_octet_changes_nothing(void **state)
{
	(void)state;
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, IV, false, 4, 1, 0x1201, 0x0003, payload, sizeof payload);
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = test_malloc(n ? n : 1);
		memcpy(copy, pdu, n);
		bm_net_receive(&rig.net, copy, n, 0);
		test_free(copy);
	}
	assert_int_equal(rig.received_count, 0);
	assert_int_equal(rig.sent_count, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED) + rig_drops(&rig, BM_DROP_NET_MIC), len);
}

static void test_addresses_that_may_not_stand_there_are_malformed(void **state)
{
	(void)state;
	hear(IV, 4, 1, 0x0000, 0x0003);
	hear(IV, 4, 2, 0x8001, 0x0003);
	hear(IV, 4, 3, 0xc001, 0x0003);
	hear(IV, 4, 4, 0x1201, 0x0000);
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED), 4);
	assert_int_equal(rig.received_count + rig.sent_count, 0);
}

static void test_our_own_pdu_heard_back_is_dropped(void **state)
{
	(void)state;
	rig.group = 0xc000;
	hear(IV, 4, 1, 0x0003, 0xc000);
	hear(IV, 4, 2, 0x0004, 0x1201);
	assert_int_equal(rig_drops(&rig, BM_DROP_OWN), 2);
	assert_int_equal(rig.received_count + rig.sent_count, 0);
	hear(IV, 4, 3, 0x0005, 0xc000);
	assert_int_equal(rig.received_count, 1);
}

static void test_an_unprovisioned_node_takes_nothing(void **state)
{
	(void)state;
	bm_net_reset(&rig.net);
	hear(IV, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig_drops(&rig, BM_DROP_NOT_PROVISIONED), 1);
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	const struct bm_net_tx tx = {.ttl = 5, .seq = seq, .src = 3, .dst = 0x1201, .iv_index = IV};
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_NOT_PROVISIONED);
}

static void test_a_reset_wipes_the_keys(void **state)
{
	(void)state;
	bm_net_reset(&rig.net);
	const uint8_t *octets = (const uint8_t *)rig.net.subnets.table;
	const size_t len = rig.limits.subnets * sizeof *rig.net.subnets.table;
	for (size_t i = 0; i + sizeof rig_net_key <= len; i++)
		assert_memory_not_equal(octets + i, rig_net_key, sizeof rig_net_key);
	assert_false(rig.net.subnets.table[0].used);
}

static void test_both_iv_indexes_are_taken(void **state)
{
	(void)state;
	hear(IV - 1, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.received[0].rx.iv_index, IV - 1);
	hear(IV, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 2);
	assert_int_equal(rig.received[1].rx.iv_index, IV);
	/* two back has the IVI of the present one and does not verify */
	hear(IV - 2, 4, 2, 0x1201, 0x0003);
	assert_int_equal(rig_drops(&rig, BM_DROP_NET_MIC), 1);
}

static void test_iv_index_0_has_no_predecessor(void **state)
{
	(void)state;
	bm_net_start(&rig.net, 0x0003, 1, 0, false);
	hear(1, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig_drops(&rig, BM_DROP_IV_INDEX), 1);
	hear(0, 4, 1, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 1);
}

static void test_two_subnets_are_told_apart(void **state)
{
	(void)state;
	const uint8_t other_key[16] = {9};
	struct bm_subnet *other;
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 0x123, other_key, false, &other), BM_OK);
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 0x123, other_key, false, &other), BM_ERR_EXISTS);
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 0x1000, other_key, false, &other), BM_ERR_INVALID);
	const struct bm_net_header header = {.ttl = 4, .seq = 1, .src = 0x1201, .dst = 0x0003};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t len;
	assert_int_equal(bm_net_encrypt(&other->keys[0].flooding, IV, &header, payload, sizeof payload, pdu, &len),
			 BM_OK);
	bm_net_receive(&rig.net, pdu, len, 0);
	hear(IV, 4, 2, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 2);
	assert_int_equal(rig.received[0].rx.net_idx, 0x123);
	assert_int_equal(rig.received[1].rx.net_idx, 0);
	bm_subnet_remove(&rig.net.subnets, other);
	bm_net_receive(&rig.net, pdu, len, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 1);
}

static void test_keys_of_one_nid_are_all_tried(void **state)
{
	(void)state;
	/* A second subnet whose NID is made to be ours. */
	const uint8_t other_key[16] = {9};
	struct bm_subnet *other;
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 1, other_key, false, &other), BM_OK);
	other->keys[0].flooding.nid = 0x68;
	bm_subnets_map(&rig.net.subnets);
	const struct bm_net_header header = {.ttl = 4, .seq = 1, .src = 0x1201, .dst = 0x0003};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t len;
	assert_int_equal(bm_net_encrypt(&other->keys[0].flooding, IV, &header, payload, sizeof payload, pdu, &len),
			 BM_OK);
	bm_net_receive(&rig.net, pdu, len, 0);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.received[0].rx.net_idx, 1);
}

static void test_during_a_key_refresh_both_keys_are_heard_and_the_phase_says_which_sends(void **state)
{
	(void)state;
	const uint8_t new_key[16] = {7};
	struct bm_subnet *subnet = bm_subnet_find(&rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	bm_net_beacon_update(&rig.net);
	assert_ptr_equal(bm_subnet_tx_keys(subnet), &subnet->keys[0]);
	const struct bm_net_header header = {.ttl = 4, .seq = 1, .src = 0x1201, .dst = 0x0003};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t len;
	assert_int_equal(bm_net_encrypt(&subnet->keys[1].flooding, IV, &header, payload, sizeof payload, pdu, &len),
			 BM_OK);
	bm_net_receive(&rig.net, pdu, len, 0);
	hear(IV, 4, 2, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 2);
	subnet->phase = 2;
	assert_ptr_equal(bm_subnet_tx_keys(subnet), &subnet->keys[1]);
	bm_subnet_finish_refresh(&rig.net.subnets, subnet);
	hear(IV, 4, 3, 0x1201, 0x0003);
	assert_int_equal(rig.received_count, 2);
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 1);
	assert_memory_equal(bm_subnet_tx_keys(subnet)->net_key, new_key, 16);
}

static struct bm_net_tx tx_to(uint16_t dst, uint8_t ttl, uint32_t seq)
{
	return (struct bm_net_tx){.ttl = ttl, .seq = seq, .src = 0x0003, .dst = dst, .iv_index = IV};
}

static void test_a_sent_pdu_is_that_of_the_samples(void **state)
{
	(void)state;
	uint8_t lower[16];
	const size_t len = hex_decode("8026ac01ee9dddfd2169326d23f3afdf", lower, sizeof lower);
	struct bm_net_tx tx = tx_to(0x1201, 4, 0x3129ab);
	rig.net.states.network_transmit = 2 | 3 << 3;
	assert_int_equal(bm_net_send(&rig.net, &tx, lower, len), BM_OK);
	assert_int_equal(rig.sent_count, 1);
	const struct bm_adv *adv = &rig.sent[0].adv;
	assert_hex(adv->payload, adv->len, "68cab5c5348a230afba8c63d4e686364979deaf4fd40961145939cda0e");
	assert_int_equal(adv->ad_type, BM_AD_MESH_MESSAGE);
	assert_int_equal(adv->transmissions, 3);
	assert_int_equal(adv->interval_us, 40000);
	assert_int_equal(adv->jitter_us, 10000);
	assert_int_equal(adv->delay_us, 0);
	assert_int_equal(rig.env.counters.net_tx, 1);
}

static void test_what_may_not_be_originated_is_refused(void **state)
{
	(void)state;
	struct bm_net_tx tx = tx_to(0x1201, 1, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	tx = tx_to(0x1201, 0x80, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	tx = tx_to(0x0000, 5, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	tx = tx_to(0x1201, 5, BM_SEQ_MAX + 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	tx = tx_to(0x1201, 5, 1);
	tx.src = 0x0005; /* not ours: we have 3 and 4 */
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	tx = tx_to(0x1201, 5, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, 0), BM_ERR_INVALID);
	tx.net_idx = 1;
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_NO_KEY);
	tx = tx_to(0x8001, 5, 1);
	tx.ctl = true; /* a control message to a virtual address */
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_INVALID);
	assert_int_equal(rig.sent_count, 0);
	tx = tx_to(0x1201, 0, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
}

static void test_to_ourselves_goes_the_local_way_later_and_never_onto_the_air(void **state)
{
	(void)state;
	const struct bm_net_tx tx = tx_to(0x0004, 0, 9);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
	assert_int_equal(rig.received_count, 0);
	rig_run_until(&rig, 0);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.received[0].rx.interface, BM_NET_LOCAL);
	assert_int_equal(rig.received[0].rx.seq, 9);
	assert_octets(rig.received[0].octets, rig.received[0].rx.len, payload, sizeof payload);
	assert_int_equal(rig.sent_count, 0);
}

static void test_a_group_of_ours_hears_us_and_so_does_the_air(void **state)
{
	(void)state;
	rig.group = 0xc005;
	struct bm_net_tx tx = tx_to(0xc005, 5, 9);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
	tx = tx_to(0xc006, 5, 10);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
	rig_run_until(&rig, 0);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.sent_count, 2);
}

static void test_the_local_queue_is_bounded_and_says_so(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < rig.net.local_max; i++) {
		const struct bm_net_tx tx = tx_to(0x0003, 0, i);
		assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
	}
	const struct bm_net_tx tx = tx_to(0x0003, 0, 99);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_BUSY);
	assert_int_equal(rig_drops(&rig, BM_DROP_TX_FULL), 1);
	rig_run_until(&rig, 0);
	assert_int_equal(rig.received_count, rig.net.local_max);
	for (uint32_t i = 0; i < rig.net.local_max; i++)
		assert_int_equal(rig.received[i].rx.seq, i);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_OK);
}

static void test_a_full_bearer_is_an_error_and_counted(void **state)
{
	(void)state;
	rig.advertise_result = BM_ERR_BUSY;
	const struct bm_net_tx tx = tx_to(0x1201, 5, 1);
	assert_int_equal(bm_net_send(&rig.net, &tx, payload, sizeof payload), BM_ERR_BUSY);
	assert_int_equal(rig_drops(&rig, BM_DROP_TX_FULL), 1);
	assert_int_equal(rig.env.counters.net_tx, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_a_pdu_for_us_goes_up_with_all_that_is_known_of_it),
		UNIT(test_an_exact_repeat_is_dropped_by_its_octets),
		UNIT(test_a_copy_with_another_ttl_is_dropped_by_the_message_cache),
		UNIT(test_a_pdu_that_does_not_verify_enters_no_cache),
		UNIT(test_a_foreign_nid_is_dropped_and_counted),
		UNIT(test_every_length_that_is_none_of_a_network_pdu_is_malformed),
		UNIT(test_a_pdu_truncated_at_any_octet_changes_nothing),
		UNIT(test_addresses_that_may_not_stand_there_are_malformed),
		UNIT(test_our_own_pdu_heard_back_is_dropped),
		UNIT(test_an_unprovisioned_node_takes_nothing),
		UNIT(test_a_reset_wipes_the_keys),
		UNIT(test_both_iv_indexes_are_taken),
		UNIT(test_iv_index_0_has_no_predecessor),
		UNIT(test_two_subnets_are_told_apart),
		UNIT(test_keys_of_one_nid_are_all_tried),
		UNIT(test_during_a_key_refresh_both_keys_are_heard_and_the_phase_says_which_sends),
		UNIT(test_a_sent_pdu_is_that_of_the_samples),
		UNIT(test_what_may_not_be_originated_is_refused),
		UNIT(test_to_ourselves_goes_the_local_way_later_and_never_onto_the_air),
		UNIT(test_a_group_of_ours_hears_us_and_so_does_the_air),
		UNIT(test_the_local_queue_is_bounded_and_says_so),
		UNIT(test_a_full_bearer_is_an_error_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
