/*
 * Proxy PDUs in pieces and back; what breaks the rules, and what is merely unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/gatt.h"
#include "proxy/sar.h"

static enum bm_proxy_sar_result give(struct bm_proxy_sar_rx *rx, uint8_t first, size_t len)
{
	uint8_t octets[600] = {first};
	for (size_t i = 1; i <= len; i++)
		octets[i] = (uint8_t)i;
	return bm_proxy_sar_receive(rx, octets, 1 + len);
}

static void test_every_length_arrives_with_every_mtu(void **state)
{
	(void)state;
	for (uint16_t mtu = BM_GATT_MTU_MIN; mtu <= 80; mtu++) {
		for (uint8_t len = 1; len <= BM_PROXY_MESSAGE_MAX; len++) {
			struct bm_proxy_sar_tx tx = {.type = BM_PROXY_CONFIG, .len = len};
			struct bm_proxy_sar_rx rx = {0};
			uint8_t sent[BM_PROXY_MESSAGE_MAX], segment[1 + BM_PROXY_MESSAGE_MAX];
			size_t segment_len, segments = 0;
			for (uint8_t i = 0; i < len; i++)
				sent[i] = tx.octets[i] = (uint8_t)(i * 5 + len);
			enum bm_proxy_sar_result result = BM_PROXY_SAR_WAIT;
			while ((segment_len = bm_proxy_sar_next(&tx, mtu, segment)) > 0) {
				assert_in_range(segment_len, 2, mtu - 3);
				assert_int_equal(result, BM_PROXY_SAR_WAIT);
				result = bm_proxy_sar_receive(&rx, segment, segment_len);
				bm_proxy_sar_sent(&tx, segment_len);
				segments++;
			}
			assert_int_equal(result, BM_PROXY_SAR_MESSAGE);
			assert_int_equal(rx.type, BM_PROXY_CONFIG);
			assert_int_equal(rx.len, len);
			assert_memory_equal(rx.octets, sent, len);
			assert_int_equal(segments, (len + mtu - 5u) / (mtu - 4u));
		}
	}
}

static void test_segments_out_of_turn_break_the_link(void **state)
{
	(void)state;
	/* What begins, what comes then. */
	static const struct {
		int first, second;
	} rows[] = {
		{-1, 0x80},   /* continuation before start */
		{-1, 0xc0},   /* last before start */
		{0x40, 0x40}, /* first again */
		{0x40, 0x00}, /* complete in between */
		{0x40, 0x81}, /* mixed message types */
		{0x41, 0xc3},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bm_proxy_sar_rx rx = {0};
		if (rows[i].first >= 0)
			assert_int_equal(give(&rx, (uint8_t)rows[i].first, 10), BM_PROXY_SAR_WAIT);
		assert_int_equal(give(&rx, (uint8_t)rows[i].second, 10), BM_PROXY_SAR_BROKEN);
		assert_false(rx.active);
		/* Nothing is left of it. */
		assert_int_equal(give(&rx, 0x00, 10), BM_PROXY_SAR_MESSAGE);
	}
	struct bm_proxy_sar_rx rx = {0};
	assert_int_equal(bm_proxy_sar_receive(&rx, (uint8_t[]){0}, 0), BM_PROXY_SAR_BROKEN);
}

/* security.md: proxy reassembly without room; lengths 0 to 255. */
static void test_proxy_reassembly_without_room(void **state)
{
	(void)state;
	for (size_t len = 0; len < 515; len++) {
		struct bm_proxy_sar_rx rx = {0};
		assert_int_equal(give(&rx, 0x00, len), len <= 66 ? BM_PROXY_SAR_MESSAGE : BM_PROXY_SAR_BROKEN);
		/* First, then continuations of this length without end. */
		rx = (struct bm_proxy_sar_rx){0};
		size_t total = 0;
		enum bm_proxy_sar_result result = give(&rx, 0x40, len);
		for (int i = 0; i < 100 && result == BM_PROXY_SAR_WAIT; i++) {
			total += len;
			assert_true(total <= 66);
			assert_int_equal(rx.len, total);
			result = give(&rx, 0x80, len);
		}
		assert_int_equal(result, len ? BM_PROXY_SAR_BROKEN : BM_PROXY_SAR_WAIT);
	}
}

static void test_unknown_message_types_are_ignored_whole_or_in_pieces(void **state)
{
	(void)state;
	struct bm_proxy_sar_rx rx = {0};
	assert_int_equal(give(&rx, 0x04, 5), BM_PROXY_SAR_IGNORE);
	assert_int_equal(give(&rx, 0x3f, 400), BM_PROXY_SAR_IGNORE);
	assert_int_equal(give(&rx, 0x44, 5), BM_PROXY_SAR_WAIT);
	assert_int_equal(give(&rx, 0xc4, 5), BM_PROXY_SAR_IGNORE);
	assert_int_equal(give(&rx, 0x00, 5), BM_PROXY_SAR_MESSAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length_arrives_with_every_mtu),
		cmocka_unit_test(test_segments_out_of_turn_break_the_link),
		cmocka_unit_test(test_proxy_reassembly_without_room),
		cmocka_unit_test(test_unknown_message_types_are_ignored_whole_or_in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
