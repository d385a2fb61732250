/* Reassembly: what a receiver does with segments, those of no good sender too. */
#include "support/transport_pair.h"
#include "support/vectors.h"

/* What a sender with the sample keys would send to B (0x0010), one segment at a time. */
static struct bm_lower_pdu segment(uint16_t seq_zero, uint8_t seg_o, uint8_t seg_n)
{
	static const uint8_t octets[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	return (struct bm_lower_pdu){.seg = true,
				     .akf = true,
				     .aid = 0x26,
				     .seq_zero = seq_zero,
				     .seg_o = seg_o,
				     .seg_n = seg_n,
				     .payload = octets,
				     .len = 12};
}

static void hear_from(uint16_t src, uint32_t seq, const struct bm_lower_pdu *pdu)
{
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t len;
	assert_int_equal(bm_lower_encode(pdu, octets, sizeof octets, &len), BM_OK);
	const struct bm_net_rx rx = {.ctl = pdu->ctl,
				     .ttl = 5,
				     .seq = seq,
				     .src = src,
				     .dst = 0x0010,
				     .iv_index = IV,
				     .transport_pdu = octets,
				     .len = len};
	bm_transport_receive(&b.transport, &rx);
}

static void hear(uint32_t seq, const struct bm_lower_pdu *pdu)
{
	hear_from(0x0001, seq, pdu);
}

/* The Segment Acknowledgment that B sent as its n-th PDU. */
static struct bm_segment_ack ack_of(size_t n)
{
	struct bm_net_keys keys;
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t len;
	struct bm_lower_pdu pdu;
	struct bm_segment_ack ack;
	const struct rig_sent *sent = &b.rig.sent[n];
	bm_net_keys_derive(&keys, rig_net_key);
	assert_true(n < b.rig.sent_count);
	assert_int_equal(bm_net_decrypt(&keys.flooding, IV, sent->octets, sent->adv.len, &header, clear, &len), BM_OK);
	assert_true(header.ctl);
	assert_int_equal(header.src, 0x0010);
	assert_int_equal(bm_lower_decode(true, clear + 2, len, &pdu), BM_OK);
	assert_int_equal(pdu.opcode, BM_CTL_SEGMENT_ACK);
	assert_int_equal(bm_segment_ack_decode(pdu.payload, pdu.len, &ack), BM_OK);
	assert_false(ack.obo);
	return ack;
}

static void test_segments_that_disagree_are_dropped(void **state)
{
	(void)state;
	struct bm_lower_pdu pdu = segment(100, 0, 3);
	hear(100, &pdu);
	pdu = segment(100, 1, 2); /* SegN */
	hear(101, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 1);
	pdu = segment(100, 1, 3);
	pdu.szmic = true;
	hear(102, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 2);
	pdu = segment(100, 1, 3);
	pdu.aid = 0x25;
	hear(103, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 3);
	pdu = segment(100, 1, 3);
	pdu.akf = false;
	hear(104, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 4);
	pdu = segment(100, 1, 3);
	pdu.ctl = true;
	pdu.opcode = 0x22;
	pdu.akf = false;
	pdu.aid = 0;
	pdu.len = 8;
	hear(105, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 5);
	assert_int_equal(b.transport.in[0].block, 1);
	/* another SeqZero is another message: it adds nothing to this one */
	pdu = segment(101, 1, 3);
	hear(106, &pdu);
	assert_int_equal(b.transport.in[0].block, 1);
	assert_int_equal(b.transport.in[1].block, 2);
	assert_int_equal(b.access_count, 0);
}

static void test_seg_o_above_seg_n_is_dropped(void **state)
{
	(void)state;
	const uint8_t octets[16] = {0x80 | 0x66, 0x01, 0x90 | 0, 2 << 5 | 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	const struct bm_net_rx rx = {.ttl = 5,
				     .seq = 100,
				     .src = 1,
				     .dst = 0x0010,
				     .iv_index = IV,
				     .transport_pdu = octets,
				     .len = sizeof octets};
	bm_transport_receive(&b.transport, &rx);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 1);
	assert_false(b.transport.in[0].used);
}

static void test_a_seq_zero_from_before_the_beginning_is_dropped(void **state)
{
	(void)state;
	const struct bm_lower_pdu pdu = segment(101, 0, 3);
	hear(100, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 1);
	assert_false(b.transport.in[0].used);
	/* later on it is a message of 8091 numbers ago */
	hear(0x2000 + 100, &pdu);
	assert_true(b.transport.in[0].used);
	assert_int_equal(b.transport.in[0].seq_auth, 101);
}

static void test_interleaved_senders_do_not_mix(void **state)
{
	(void)state;
	const struct bm_lower_pdu first = segment(100, 0, 1);
	hear_from(0x0100, 100, &first);
	hear_from(0x0101, 100, &first);
	assert_int_equal(b.transport.in[0].block, 1);
	assert_int_equal(b.transport.in[1].block, 1);
	hear_from(0x0100, 101, &first); /* again the same one */
	assert_int_equal(b.transport.in[0].block, 1);
}

static void test_an_incomplete_message_is_acknowledged_after_a_while_and_then_discarded(void **state)
{
	(void)state;
	struct bm_lower_pdu pdu = segment(100, 0, 3);
	hear(100, &pdu);
	pdu = segment(100, 2, 3);
	hear(102, &pdu);
	/* 2.5 segment intervals of 60 ms after the first one */
	rig_run_until(&b.rig, 149999);
	assert_int_equal(b.rig.sent_count, 0);
	rig_run_until(&b.rig, 150000);
	assert_int_equal(b.rig.sent_count, 1);
	struct bm_segment_ack ack = ack_of(0);
	assert_int_equal(ack.seq_zero, 100);
	assert_int_equal(ack.block_ack, 5);
	/* a segment again: answered again, and time does not begin anew */
	hear(104, &pdu);
	rig_run_until(&b.rig, 9999999);
	assert_int_equal(b.rig.sent_count, 2);
	assert_true(b.transport.in[0].used);
	rig_run_until(&b.rig, 10000000);
	assert_false(b.transport.in[0].used);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_TIMEOUT), 1);
	/* SegN 0.5 intervals for short ones */
	b.rig.sent_count = 0;
	pdu = segment(200, 0, 1);
	hear(200, &pdu);
	rig_run_until(&b.rig, 10000000 + 89999);
	assert_int_equal(b.rig.sent_count, 0);
	rig_run_until(&b.rig, 10000000 + 90000);
	assert_int_equal(b.rig.sent_count, 1);
}

/* Its sender knows from the acknowledgment that the first segment is there, and sends no more than the other. */
static void test_what_comes_of_a_discarded_message_is_ignored(void **state)
{
	(void)state;
	struct bm_lower_pdu pdu = segment(100, 0, 1);
	hear(100, &pdu);
	rig_run_until(&b.rig, 10000000);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_TIMEOUT), 1);
	assert_int_equal(b.rig.sent_count, 1);
	assert_int_equal(ack_of(0).block_ack, 1);
	pdu = segment(100, 1, 1);
	hear(110, &pdu);
	rig_run_until(&b.rig, 12000000);
	assert_int_equal(b.rig.sent_count, 1); /* two segments acknowledged would be a message that arrived */
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SEGMENT), 1);
	for (uint8_t i = 0; i < b.transport.in_count; i++)
		assert_false(b.transport.in[i].used);
	/* the next message is one like any other */
	pdu = segment(200, 0, 1);
	hear(200, &pdu);
	rig_run_until(&b.rig, 14000000);
	assert_int_equal(b.rig.sent_count, 2);
}

static void test_acknowledgments_of_long_messages_are_repeated_if_so_configured(void **state)
{
	(void)state;
	b.transport.sar.acknowledgment_retransmissions = 2;
	struct bm_lower_pdu pdu = segment(100, 0, 4); /* above the threshold of 3 */
	hear(100, &pdu);
	rig_run_until(&b.rig, 1000000);
	assert_int_equal(b.rig.sent_count, 3);
	/* and the last one, when all is there */
	for (uint8_t i = 1; i <= 4; i++) {
		pdu = segment(100, i, 4);
		hear(100 + i, &pdu);
	}
	rig_run_until(&b.rig, 2000000);
	assert_int_equal(b.rig.sent_count, 6);
	for (size_t i = 3; i < 6; i++)
		assert_int_equal(ack_of(i).block_ack, 0x1f);
}

static void test_a_complete_message_is_acknowledged_at_once_and_its_repeats_again(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 20), BM_OK);
	rig_run_until(&a.rig, 60000);
	assert_int_equal(a.rig.sent_count, 2);
	for (size_t i = 0; i < 2; i++)
		bm_net_receive(&b.rig.net, a.rig.sent[i].octets, a.rig.sent[i].adv.len, 0);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(b.rig.sent_count, 1);
	assert_int_equal(ack_of(0).block_ack, 3);
	/* the acknowledgment is lost: A sends again; one answer, no second delivery */
	a.rig.sent_count = 0;
	rig_run_until(&a.rig, 60000 + 400000 + 60000);
	assert_int_equal(a.rig.sent_count, 2);
	rig_run_until(&b.rig, 460000);
	for (size_t i = 0; i < 2; i++)
		bm_net_receive(&b.rig.net, a.rig.sent[i].octets, a.rig.sent[i].adv.len, 0);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(b.rig.sent_count, 2);
	assert_int_equal(ack_of(1).block_ack, 3);
	bm_net_receive(&a.rig.net, b.rig.sent[1].octets, b.rig.sent[1].adv.len, 0);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_OK);
}

static void test_without_a_free_context_the_sender_is_told_to_stop(void **state)
{
	(void)state;
	struct bm_lower_pdu pdu = segment(100, 0, 1);
	for (uint16_t src = 0x0100; src < 0x0100 + b.rig.limits.sar_rx; src++)
		hear_from(src, 100, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_BUSY), 0);
	assert_int_equal(b.rig.sent_count, 0);
	hear(100, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_BUSY), 1);
	assert_int_equal(b.rig.sent_count, 1);
	assert_int_equal(ack_of(0).block_ack, 0);
	/* and so the sender stops */
	const struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 20), BM_OK);
	b.rig.sent_count = 0;
	air_run_until(&air, 50000);
	assert_int_equal(a.done_count, 1);
	assert_int_equal(a.done_result[0], BM_ERR_CANCELLED);
}

static void test_a_newer_message_of_a_source_takes_the_context_of_its_older_one(void **state)
{
	(void)state;
	struct bm_lower_pdu pdu = segment(100, 0, 1);
	for (uint16_t src = 0x0100; src < 0x0100 + b.rig.limits.sar_rx; src++)
		hear_from(src, 100, &pdu);
	pdu = segment(200, 0, 1);
	hear_from(0x0101, 200, &pdu);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_BUSY), 0);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_SAR_TIMEOUT), 1);
	assert_int_equal(b.transport.in[1].seq_auth, 200);
}

static void test_a_replayed_segmented_message_is_refused(void **state)
{
	(void)state;
	const struct bm_transport_tx tx = to(0x0010);
	struct rig_sent captured[8];
	assert_int_equal(send(&tx, 20), BM_OK);
	rig_run_until(&a.rig, 700000); /* two rounds */
	const size_t count = a.rig.sent_count;
	assert_int_equal(count, 4);
	memcpy(captured, a.rig.sent, count * sizeof captured[0]);
	for (size_t i = 0; i < 2; i++)
		bm_net_receive(&b.rig.net, captured[i].octets, captured[i].adv.len, 0);
	assert_int_equal(b.access_count, 1);
	/* all that B remembers beside the replay list goes: the second round, never heard, opens no message */
	bm_repeats_clear(&b.rig.net.repeats);
	bm_msg_cache_clear(&b.rig.net.cache);
	memset(b.transport.recent, 0, b.transport.recent_max * sizeof *b.transport.recent);
	for (size_t i = 0; i < count; i++)
		bm_net_receive(&b.rig.net, captured[i].octets, captured[i].adv.len, 0);
	assert_int_equal(b.access_count, 1);
	assert_int_equal(rig_drops(&b.rig, BM_DROP_REPLAY), 4);
	for (uint8_t i = 0; i < b.transport.in_count; i++)
		assert_false(b.transport.in[i].used);
}

static void test_a_message_completes_although_later_ones_overtook_it(void **state)
{
	(void)state;
	struct bm_transport_tx tx = to(0x0010);
	assert_int_equal(send(&tx, 20), BM_OK); /* its first segment is lost */
	a.rig.sent_count = 0;
	tx.segmented = false;
	assert_int_equal(send(&tx, 5), BM_OK);
	air_run_until(&air, 2000000);
	assert_int_equal(b.access_count, 2);
	assert_int_equal(b.access[0].len, 5);
	assert_int_equal(b.access[1].len, 20);
	assert_true(b.access[0].rx.seq > b.access[1].rx.seq);
	assert_int_equal(a.done_count, 2);
	assert_int_equal(a.done_result[1], BM_OK);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_segments_that_disagree_are_dropped),
		UNIT(test_seg_o_above_seg_n_is_dropped),
		UNIT(test_a_seq_zero_from_before_the_beginning_is_dropped),
		UNIT(test_interleaved_senders_do_not_mix),
		UNIT(test_an_incomplete_message_is_acknowledged_after_a_while_and_then_discarded),
		UNIT(test_what_comes_of_a_discarded_message_is_ignored),
		UNIT(test_acknowledgments_of_long_messages_are_repeated_if_so_configured),
		UNIT(test_a_complete_message_is_acknowledged_at_once_and_its_repeats_again),
		UNIT(test_without_a_free_context_the_sender_is_told_to_stop),
		UNIT(test_a_newer_message_of_a_source_takes_the_context_of_its_older_one),
		UNIT(test_a_replayed_segmented_message_is_refused),
		UNIT(test_a_message_completes_although_later_ones_overtook_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
