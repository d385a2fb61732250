/* Segmentation: what a sender does, with and without loss. */
#include "support/transport_pair.h"
#include "support/vectors.h"

static void test_every_length_arrives_with_either_mic(void **state)
{
	(void)state;
	size_t sent = 0;
	for (int long_mic = 0; long_mic < 2; long_mic++) {
		struct bm_transport_tx tx = to(0x0010);
		tx.long_mic = long_mic;
		for (size_t len = 1; len <= BM_ACCESS_MAX - (long_mic ? 4u : 0u); len++) {
			a.done_count = b.access_count = 0;
			assert_int_equal(send(&tx, len), BM_OK);
			air_run_until(&air, air.now + 3000000);
			assert_int_equal(b.access_count, 1);
			assert_octets(b.access[0].payload, b.access[0].len, payload, len);
			assert_true(b.access[0].rx.segmented);
			assert_int_equal(a.done_count, 1);
			assert_int_equal(a.done_result[0], BM_OK);
			sent++;
		}
	}
	assert_int_equal(sent, 380 + 376);
	assert_false(bm_transport_busy(&a.transport));
}

static void test_messages_of_more_than_eleven_octets_are_segmented_unasked(void **state)
{
	(void)state;
	struct bm_transport_tx tx = to(0x0010);
	tx.segmented = false;
	assert_int_equal(send(&tx, 11), BM_OK);
	assert_int_equal(send(&tx, 12), BM_OK);
	air_run_until(&air, 3000000);
	assert_int_equal(b.access_count, 2);
	assert_false(b.access[0].rx.segmented);
	assert_true(b.access[1].rx.segmented);
}

static void test_control_messages_are_segmented_too(void **state)
{
	(void)state;
	for (size_t len = 12; len <= BM_UPPER_CONTROL_MAX; len += 61) {
		struct bm_transport_tx tx = to(0x0010);
		a.done_count = b.control_count = 0;
		assert_int_equal(bm_transport_send_control(&a.transport, &tx, 0x22, payload, len), BM_OK);
		air_run_until(&air, air.now + 5000000);
		assert_int_equal(b.control_count, 1);
		assert_int_equal(b.control[0].opcode, 0x22);
		assert_octets(b.control[0].payload, b.control[0].len, payload, len);
		assert_int_equal(a.done_count, 1);
		assert_int_equal(a.done_result[0], BM_OK);
	}
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(bm_transport_send_control(&a.transport, &tx, 0x22, payload, 257), BM_ERR_TOO_LONG);
}

/* Both ways at once, three transmissions of each PDU at 30 % loss: all arrive exactly once, none is told wrongly. */
static void test_under_loss_what_is_told_to_have_arrived_has_arrived_once(void **state)
{
	(void)state;
	air.loss = 300;
	a.rig.net.states.network_transmit = b.rig.net.states.network_transmit = 2;
	size_t told_ok = 0;
	size_t rounds = 0;
	for (size_t len = 12; len <= 380; len += 16, rounds++) {
		const struct bm_transport_tx tx = to(0x0010);
		const struct bm_transport_tx back = {
			.src = 0x0010, .dst = 0x0001, .ttl = 5, .done = station_done, .done_ctx = &b};
		a.done_count = b.done_count = a.access_count = b.access_count = 0;
		assert_int_equal(send(&tx, len), BM_OK);
		assert_int_equal(bm_transport_send(&b.transport, &back, payload, len), BM_OK);
		air_run_until(&air, air.now + 30000000);
		assert_int_equal(a.done_count, 1);
		assert_int_equal(b.done_count, 1);
		if (a.done_result[0] == BM_OK) {
			assert_int_equal(b.access_count, 1);
			told_ok++;
		}
		if (b.done_result[0] == BM_OK) {
			assert_int_equal(a.access_count, 1);
			told_ok++;
		}
		assert_true(a.access_count <= 1 && b.access_count <= 1);
		for (size_t i = 0; i < b.access_count; i++)
			assert_octets(b.access[i].payload, b.access[i].len, payload, len);
	}
	assert_int_equal(told_ok, 2 * rounds);
}

/* One transmission of each PDU and half of them lost: many fail, and never silently or twice. */
static void test_under_heavy_loss_nothing_arrives_twice_and_every_sender_is_told(void **state)
{
	(void)state;
	air.loss = 500;
	size_t failed = 0;
	for (int round = 0; round < 200; round++) {
		const struct bm_transport_tx tx = to(0x0010);
		a.done_count = b.access_count = 0;
		assert_int_equal(send(&tx, 12 + (size_t)round), BM_OK);
		air_run_until(&air, air.now + 30000000);
		assert_int_equal(a.done_count, 1);
		assert_true(b.access_count <= 1);
		if (a.done_result[0] == BM_OK)
			assert_int_equal(b.access_count, 1);
		else
			assert_int_equal(a.done_result[0], BM_ERR_TIMEOUT);
		failed += a.done_result[0] != BM_OK;
	}
	assert_true(failed > 0 && failed < 200);
	assert_false(bm_transport_busy(&a.transport));
	for (uint8_t i = 0; i < b.transport.in_count; i++)
		assert_false(b.transport.in[i].used);
}

static void test_segments_follow_the_segment_interval(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0777); /* nobody there */
	assert_int_equal(send(&tx, 30), BM_OK);       /* 34 octets: 3 segments */
	assert_int_equal(a.rig.sent_count, 1);
	rig_run_until(&a.rig, 59999);
	assert_int_equal(a.rig.sent_count, 1);
	rig_run_until(&a.rig, 60000);
	assert_int_equal(a.rig.sent_count, 2);
	rig_run_until(&a.rig, 120000);
	assert_int_equal(a.rig.sent_count, 3);
	/* TTL 5: 200 ms + 4 × 50 ms after the last one, all again; twice; then it is given up */
	rig_run_until(&a.rig, 519999);
	assert_int_equal(a.rig.sent_count, 3);
	rig_run_until(&a.rig, 520000);
	assert_int_equal(a.rig.sent_count, 4);
	rig_run_until(&a.rig, 2000000);
	assert_int_equal(a.rig.sent_count, 9);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_ERR_TIMEOUT);
	/* each under a sequence number of its own */
	assert_int_equal(a.rig.net.seq, 9);
}

static void test_to_a_group_all_segments_go_thrice_and_nobody_acknowledges(void **state)
{
	(void)state;
	b.rig.group = 0xc000;
	const struct bm_transport_tx tx = to(0xc000);
	assert_int_equal(send(&tx, 30), BM_OK);
	air_run_until(&air, 5000000);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
	assert_int_equal(a.rig.env.counters.net_tx, 9);
	assert_int_equal(b.rig.env.counters.net_tx, 0);
}

static void test_to_ourselves_a_segmented_message_never_touches_the_air(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0002);
	assert_int_equal(send(&tx, 380), BM_OK);
	assert_int_equal(a.done_count, 0);
	rig_run_until(&a.rig, 5000000);
	assert_int_equal(a.access_count, 1);
	assert_octets(a.access[0].payload, a.access[0].len, payload, 380);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
	assert_int_equal(a.rig.sent_count, 0);
	assert_int_equal(a.rig.net.rpl.used, 0); /* nobody can replay what never left us */
}

static void test_one_message_a_destination_at_a_time_the_others_wait_in_order(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	for (size_t i = 0; i < a.rig.limits.sar_tx; i++)
		assert_int_equal(send(&tx, 20 + i), BM_OK);
	assert_int_equal(send(&tx, 20), BM_ERR_BUSY);
	assert_int_equal(a.rig.net.seq, 1); /* one segment of one of them */
	air_run_until(&air, 10000000);
	assert_int_equal(b.access_count, a.rig.limits.sar_tx);
	for (size_t i = 0; i < b.access_count; i++)
		assert_int_equal(b.access[i].len, 20 + i);
	assert_int_equal(a.done_count, a.rig.limits.sar_tx);
	assert_int_equal(send(&tx, 20), BM_OK);
}

static void test_messages_to_several_destinations_are_in_flight_together(void **state)
{
	(void)state;
	const struct bm_transport_tx first = to(0x0010);
	const struct bm_transport_tx second = to(0x0011);
	const struct bm_transport_tx third = to(0x0777);
	assert_int_equal(send(&first, 100), BM_OK);
	assert_int_equal(send(&second, 200), BM_OK);
	assert_int_equal(send(&third, 50), BM_OK);
	air_run_until(&air, 10000000);
	assert_int_equal(b.access_count, 2);
	assert_octets(b.access[0].payload, b.access[0].len, payload, 100);
	assert_octets(b.access[1].payload, b.access[1].len, payload, 200);
	assert_int_equal(a.done_count, 3);
	assert_int_equal(a.done_result[2], BM_ERR_TIMEOUT);
}

static void test_a_queued_message_whose_key_went_is_told(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 20), BM_OK);
	assert_int_equal(send(&tx, 20), BM_OK);
	assert_int_equal(bm_app_key_delete(&a.transport.app_keys, 0), BM_OK);
	air_run_until(&air, 10000000);
	assert_int_equal(a.done_count, 2);
	assert_int_equal(a.done_result[0], BM_OK);
	assert_int_equal(a.done_result[1], BM_ERR_NO_KEY);
}

static void acknowledge(uint16_t src, bool obo, uint16_t seq_zero, uint32_t block_ack)
{
	static uint32_t seq = 1000;
	uint8_t octets[7] = {0};
	struct bm_writer w = bm_writer_of(octets + 1, 6);
	const struct bm_segment_ack ack = {.obo = obo, .seq_zero = seq_zero, .block_ack = block_ack};
	bm_segment_ack_put(&w, &ack);
	const struct bm_net_rx rx = {.ctl = true,
				     .ttl = 5,
				     .seq = seq++,
				     .src = src,
				     .dst = 0x0001,
				     .iv_index = IV,
				     .transport_pdu = octets,
				     .len = sizeof octets};
	bm_transport_receive(&a.transport, &rx);
}

static void test_only_acknowledgments_of_this_message_count(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 30), BM_OK);
	acknowledge(0x0010, false, 1, 7); /* another SeqZero */
	acknowledge(0x0011, false, 0, 7); /* another source */
	acknowledge(0x0011, false, 0, 0);
	assert_int_equal(a.done_count, 0);
	assert_int_equal(rig_drops(&a.rig, BM_DROP_SEGMENT), 3);
	acknowledge(0x0011, true, 0, 0xfffffff8); /* bits that no segment has */
	assert_int_equal(a.done_count, 0);
	acknowledge(0x0011, true, 0, 7); /* a friend for its low power node */
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
}

/* A low power node and its friend, say: either may have the message, but not one half each. */
static void test_what_two_receivers_acknowledge_does_not_add_up(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 30), BM_OK);
	acknowledge(0x0010, false, 0, 1);
	acknowledge(0x0011, true, 0, 6);
	acknowledge(0x0011, true, 0, 7);
	acknowledge(0x0011, true, 0, 0);
	assert_int_equal(a.done_count, 0);
	assert_int_equal(rig_drops(&a.rig, BM_DROP_SEGMENT), 3);
	acknowledge(0x0010, false, 0, 6);
	assert_int_equal(a.done_count, 1);
	/* the next message may be acknowledged by another one */
	assert_int_equal(send(&tx, 30), BM_OK);
	acknowledge(0x0011, true, (uint16_t)(a.rig.net.seq - 1), 7);
	assert_int_equal(a.done_count, 2);
	assert_int_equal(a.done_result[1], BM_OK);
}

static void test_only_missing_segments_are_sent_again_and_at_once(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 30), BM_OK);
	rig_run_until(&a.rig, 120000);
	assert_int_equal(a.rig.sent_count, 3);
	acknowledge(0x0010, false, 0, 5);
	assert_int_equal(a.rig.sent_count, 4);
	/* the same again is no progress: it waits for its time */
	acknowledge(0x0010, false, 0, 5);
	assert_int_equal(a.rig.sent_count, 4);
	rig_run_until(&a.rig, 120000 + 400000);
	assert_int_equal(a.rig.sent_count, 5);
	acknowledge(0x0010, false, 0, 2);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
}

static void test_when_the_sequence_numbers_end_the_sender_is_told(void **state)
{
	(void)state;
	a.rig.net.seq = a.rig.net.seq_reserved = BM_SEQ_MAX - 1;
	struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 50), BM_OK); /* five segments, two numbers */
	air_run_until(&air, 1000000);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_ERR_SEQ_EXHAUSTED);
	tx.segmented = false;
	assert_int_equal(send(&tx, 5), BM_ERR_SEQ_EXHAUSTED);
	tx.segmented = true;
	assert_int_equal(send(&tx, 5), BM_ERR_SEQ_EXHAUSTED);
	assert_false(bm_transport_busy(&a.transport));
}

static void test_a_change_of_the_iv_index_ends_what_is_in_flight(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 50), BM_OK);
	a.rig.net.iv.index += 5; /* a recovery does not wait */
	air_run_until(&air, 1000000);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_ERR_CANCELLED);
}

static void answer(struct station *station)
{
	const struct bm_transport_tx back = {
		.src = 0x0010, .dst = station->access[station->access_count - 1].rx.src, .ttl = 5};
	assert_int_equal(bm_transport_send(&station->transport, &back, payload, 100), BM_OK);
}

static void test_an_answer_may_be_sent_from_within_the_upcall(void **state)
{
	(void)state;
	b.on_access = answer;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 200), BM_OK);
	air_run_until(&air, 5000000);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(a.access_count, 1);
	assert_octets(a.access[0].payload, a.access[0].len, payload, 100);
}

static void test_acknowledgments_use_the_default_ttl_unless_the_message_had_ttl_0(void **state)
{
	(void)state;
	struct bm_net_keys keys;
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t len;
	bm_net_keys_derive(&keys, rig_net_key);
	bm_transport_set_default_ttl(&b.transport, 9);
	for (uint8_t ttl = 0; ttl <= 4; ttl += 4) {
		struct bm_transport_tx tx = to(0x0010);
		tx.ttl = ttl;
		b.rig.sent_count = 0;
		assert_int_equal(send(&tx, 5), BM_OK);
		bm_net_receive(&b.rig.net, a.rig.sent[0].octets, a.rig.sent[0].adv.len, 0);
		assert_int_equal(b.rig.sent_count, 1);
		assert_int_equal(bm_net_decrypt(&keys.flooding, IV, b.rig.sent[0].octets, b.rig.sent[0].adv.len,
						&header, clear, &len),
				 BM_OK);
		assert_int_equal(header.ttl, ttl ? 9 : 0);
		bm_net_receive(&a.rig.net, b.rig.sent[0].octets, b.rig.sent[0].adv.len, 0);
		assert_int_equal(a.done_result[a.done_count - 1], BM_OK);
		a.rig.sent_count = 0;
	}
}

/* B has room for messages of four segments: 44 octets and a MIC of 4. */
static void test_a_message_of_more_segments_than_there_is_room_for_is_refused(void **state)
{
	(void)state;
	struct bm_limits limits = a.rig.limits;
	limits.segments = 4;
	station_free(&b);
	station_init(&b, &limits);
	b.rig.random = 2;
	station_start(&b, 0x0010, 2, IV);
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 44), BM_OK);
	assert_int_equal(send(&tx, 45), BM_OK);
	assert_int_equal(send(&tx, BM_ACCESS_MAX), BM_OK);
	air_run_until(&air, 10000000);
	assert_int_equal(b.access_count, 1);
	assert_octets(b.access[0].payload, b.access[0].len, payload, 44);
	assert_true(rig_drops(&b.rig, BM_DROP_SAR_BUSY) >= 2);
	assert_int_equal(a.done_count, 3);
	assert_int_equal(a.done_result[0], BM_OK);
	assert_int_equal(a.done_result[1], BM_ERR_CANCELLED);
	assert_int_equal(a.done_result[2], BM_ERR_CANCELLED);
	/* And it says none itself. */
	struct bm_transport_tx back = to(0x0001);
	back.src = 0x0010;
	back.done_ctx = &b;
	assert_int_equal(bm_transport_send(&b.transport, &back, payload, 45), BM_ERR_TOO_LONG);
	assert_int_equal(bm_transport_send_control(&b.transport, &back, 0x22, payload, 33), BM_ERR_TOO_LONG);
	back.long_mic = true;
	assert_int_equal(bm_transport_send(&b.transport, &back, payload, 41), BM_ERR_TOO_LONG);
	assert_int_equal(bm_transport_send(&b.transport, &back, payload, 40), BM_OK);
	air_run_until(&air, 20000000);
	assert_int_equal(a.access_count, 1);
	assert_octets(a.access[0].payload, a.access[0].len, payload, 40);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_every_length_arrives_with_either_mic),
		UNIT(test_messages_of_more_than_eleven_octets_are_segmented_unasked),
		UNIT(test_control_messages_are_segmented_too),
		UNIT(test_under_loss_what_is_told_to_have_arrived_has_arrived_once),
		UNIT(test_under_heavy_loss_nothing_arrives_twice_and_every_sender_is_told),
		UNIT(test_segments_follow_the_segment_interval),
		UNIT(test_to_a_group_all_segments_go_thrice_and_nobody_acknowledges),
		UNIT(test_to_ourselves_a_segmented_message_never_touches_the_air),
		UNIT(test_one_message_a_destination_at_a_time_the_others_wait_in_order),
		UNIT(test_messages_to_several_destinations_are_in_flight_together),
		UNIT(test_a_queued_message_whose_key_went_is_told),
		UNIT(test_only_acknowledgments_of_this_message_count),
		UNIT(test_what_two_receivers_acknowledge_does_not_add_up),
		UNIT(test_only_missing_segments_are_sent_again_and_at_once),
		UNIT(test_when_the_sequence_numbers_end_the_sender_is_told),
		UNIT(test_a_change_of_the_iv_index_ends_what_is_in_flight),
		UNIT(test_an_answer_may_be_sent_from_within_the_upcall),
		UNIT(test_a_message_of_more_segments_than_there_is_room_for_is_refused),
		UNIT(test_acknowledgments_use_the_default_ttl_unless_the_message_had_ttl_0),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
