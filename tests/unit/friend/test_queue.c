/* The Friend Queue: order, room, Segment Acknowledgments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "friend/queue.h"
#include "pdu/control.h"
#include "pdu/lower_transport.h"

static struct bm_friend_pdu table[4];

static struct bm_friend_queue empty(void)
{
	return (struct bm_friend_queue){.table = table, .capacity = 4};
}

static struct bm_friend_pdu pdu_of(const struct bm_lower_pdu *lower, uint16_t src, uint32_t seq)
{
	struct bm_friend_pdu pdu = {.ctl = lower->ctl, .src = src, .dst = 0x1201, .seq = seq, .seq_auth = seq};
	size_t len;
	assert_int_equal(bm_lower_encode(lower, pdu.octets, sizeof pdu.octets, &len), BM_OK);
	pdu.len = (uint8_t)len;
	return pdu;
}

static struct bm_friend_pdu message(uint16_t src, uint32_t seq)
{
	static const uint8_t upper[5] = {1, 2, 3, 4, 5};
	const struct bm_lower_pdu lower = {.akf = true, .aid = 0x26, .payload = upper, .len = sizeof upper};
	return pdu_of(&lower, src, seq);
}

static struct bm_friend_pdu segment(uint16_t src, uint32_t seq_auth, uint8_t seg_o, uint8_t seg_n)
{
	static const uint8_t octets[12];
	const struct bm_lower_pdu lower = {.seg = true,
					   .seq_zero = seq_auth & 0x1fff,
					   .seg_o = seg_o,
					   .seg_n = seg_n,
					   .payload = octets,
					   .len = 12};
	struct bm_friend_pdu pdu = pdu_of(&lower, src, seq_auth + seg_o);
	pdu.seq_auth = seq_auth;
	return pdu;
}

static struct bm_friend_pdu ack(uint16_t src, uint32_t seq, uint16_t seq_zero, uint32_t block)
{
	const struct bm_segment_ack acknowledgment = {.seq_zero = seq_zero, .block_ack = block};
	uint8_t params[BM_SEGMENT_ACK_LEN];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_segment_ack_put(&w, &acknowledgment);
	const struct bm_lower_pdu lower = {
		.ctl = true, .opcode = BM_CTL_SEGMENT_ACK, .payload = params, .len = sizeof params};
	return pdu_of(&lower, src, seq);
}

static void add(struct bm_friend_queue *queue, struct bm_friend_pdu pdu)
{
	assert_true(bm_friend_queue_make_room(queue, 1));
	bm_friend_queue_add(queue, &pdu);
}

static void comes(struct bm_friend_queue *queue, uint16_t src, uint32_t seq)
{
	struct bm_friend_pdu pdu;
	assert_true(bm_friend_queue_take(queue, &pdu));
	assert_int_equal(pdu.src, src);
	assert_int_equal(pdu.seq, seq);
}

static void test_first_in_first_out_around_the_ring(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	struct bm_friend_pdu none;
	assert_false(bm_friend_queue_take(&queue, &none));
	for (uint32_t i = 0; i < 20; i++) {
		add(&queue, message(1, 2 * i));
		add(&queue, message(2, 7));
		comes(&queue, 1, 2 * i);
		comes(&queue, 2, 7);
	}
	assert_false(bm_friend_queue_take(&queue, &none));
	assert_int_equal(queue.discarded, 0);
}

static void test_the_oldest_make_room(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	for (uint32_t i = 0; i < 6; i++)
		add(&queue, message(1, i));
	assert_int_equal(queue.discarded, 2);
	for (uint32_t i = 2; i < 6; i++)
		comes(&queue, 1, i);
}

static void test_a_segmented_message_goes_as_a_whole(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	for (uint8_t i = 0; i < 3; i++)
		add(&queue, segment(1, 100, i, 2));
	add(&queue, message(2, 5));
	add(&queue, message(2, 6));
	assert_int_equal(queue.discarded, 3);
	comes(&queue, 2, 5);
	comes(&queue, 2, 6);
	assert_int_equal(queue.count, 0);
}

static void test_what_never_fits_changes_nothing(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	add(&queue, message(1, 1));
	assert_false(bm_friend_queue_make_room(&queue, 5));
	assert_int_equal(queue.count, 1);
	assert_true(bm_friend_queue_make_room(&queue, 4));
	assert_int_equal(queue.count, 0);
}

static void test_a_younger_acknowledgment_takes_the_place_of_an_older_one(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	add(&queue, ack(1, 10, 0x123, 1));
	add(&queue, ack(2, 11, 0x123, 1)); /* another source */
	add(&queue, ack(1, 12, 0x124, 1)); /* another message */
	add(&queue, ack(1, 13, 0x123, 3));
	assert_int_equal(queue.count, 3);
	comes(&queue, 2, 11);
	comes(&queue, 1, 12);
	comes(&queue, 1, 13);
	assert_int_equal(queue.discarded, 0);
}

static void test_a_message_that_took_long_stands_before_younger_ones_of_its_source(void **state)
{
	(void)state;
	struct bm_friend_queue queue = empty();
	add(&queue, message(2, 3));
	add(&queue, message(1, 20));
	add(&queue, segment(1, 10, 0, 1));
	add(&queue, segment(1, 10, 1, 1));
	comes(&queue, 2, 3);
	comes(&queue, 1, 10);
	comes(&queue, 1, 11);
	comes(&queue, 1, 20);
}

static void test_a_queue_of_255_holds_255(void **state)
{
	(void)state;
	static struct bm_friend_pdu many[255];
	struct bm_friend_queue queue = {.table = many, .capacity = 255};
	for (uint32_t i = 0; i < 600; i++)
		add(&queue, message(1, i));
	assert_int_equal(queue.count, 255);
	for (uint32_t i = 600 - 255; i < 600; i++)
		comes(&queue, 1, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out_around_the_ring),
		cmocka_unit_test(test_the_oldest_make_room),
		cmocka_unit_test(test_a_segmented_message_goes_as_a_whole),
		cmocka_unit_test(test_what_never_fits_changes_nothing),
		cmocka_unit_test(test_a_younger_acknowledgment_takes_the_place_of_an_older_one),
		cmocka_unit_test(test_a_message_that_took_long_stands_before_younger_ones_of_its_source),
		cmocka_unit_test(test_a_queue_of_255_holds_255),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
