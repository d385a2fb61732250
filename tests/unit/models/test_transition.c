#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/transition.h"
#include "support/floors.h"
#include "support/floors_node.h"

static void test_transition_time_of_every_octet_comes_back(void **state)
{
	(void)state;
	assert_int_equal(bm_transition_us(0x00), 0);
	assert_int_equal(bm_transition_us(0x01), 100 * 1000);
	assert_int_equal(bm_transition_us(0x41), 1000 * 1000);
	assert_int_equal(bm_transition_us(0x81), 10 * 1000 * 1000);
	assert_int_equal(bm_transition_us(0xc1), 600 * 1000 * 1000ull);
	for (unsigned octet = 0; octet < 256; octet++) {
		assert_int_equal(bm_transition_is_known((uint8_t)octet), (octet & 0x3f) != 0x3f);
		if (!bm_transition_is_known((uint8_t)octet))
			continue;
		const uint64_t us = bm_transition_us((uint8_t)octet);
		assert_int_equal(bm_transition_us(bm_transition_encode(us)), us);
	}
}

static void test_transition_time_is_rounded_up_to_what_can_be_said(void **state)
{
	(void)state;
	assert_int_equal(bm_transition_encode(1), 0x01);
	assert_int_equal(bm_transition_encode(100 * 1000), 0x01);
	assert_int_equal(bm_transition_encode(100 * 1000 + 1), 0x02);
	assert_int_equal(bm_transition_encode(6200 * 1000), 0x3e);
	assert_int_equal(bm_transition_encode(6200 * 1000 + 1), 0x47);
	assert_int_equal(bm_transition_encode(62ull * 600 * 1000 * 1000), 0xfe);
	assert_int_equal(bm_transition_encode(62ull * 600 * 1000 * 1000 + 1), 0x3f);
	assert_int_equal(bm_transition_encode(UINT64_MAX), 0x3f);
}

static void test_transaction_is_old_for_six_seconds(void **state)
{
	(void)state;
	struct bm_transactions t = {0};
	const bm_time s = BM_US_PER_S;
	assert_true(bm_transaction_begin(&t, 1, 2, 7, 0));
	assert_true(bm_transaction_begin(&t, 1, 2, 7, 6 * s));
	assert_true(bm_transaction_begin(&t, 1, 2, 8, 6 * s));
	/* The last one of a peer counts: 7 is new again. */
	assert_true(bm_transaction_begin(&t, 1, 2, 7, 6 * s));
	/* Another source, another destination: transactions of their own. */
	assert_true(bm_transaction_begin(&t, 3, 2, 7, 6 * s));
	assert_true(bm_transaction_begin(&t, 1, 0xc000, 7, 6 * s));
	assert_false(bm_transaction_begin(&t, 1, 2, 7, 6 * s));
}

/* A client that gets no answer repeats its request at longer and longer pauses, for longer than six seconds in all. */
static void test_a_transaction_lasts_as_long_as_it_is_repeated(void **state)
{
	(void)state;
	struct bm_transactions t = {0};
	const bm_time s = BM_US_PER_S;
	assert_true(bm_transaction_begin(&t, 1, 2, 7, 0));
	assert_false(bm_transaction_begin(&t, 1, 2, 7, 6 * s - 1));
	assert_false(bm_transaction_begin(&t, 1, 2, 7, 10 * s));
	assert_non_null(bm_transaction_find(&t, 1, 2, 7, 15 * s));
	assert_true(bm_transaction_begin(&t, 1, 2, 7, 16 * s));
}

static void test_transactions_forget_the_oldest_peer_first(void **state)
{
	(void)state;
	struct bm_transactions t = {0};
	for (uint16_t i = 0; i < BM_TRANSACTIONS; i++)
		assert_true(bm_transaction_begin(&t, (uint16_t)(1 + i), 9, 0, 10 + i));
	assert_true(bm_transaction_begin(&t, 100, 9, 0, 50));
	for (uint16_t i = 1; i < BM_TRANSACTIONS; i++)
		assert_false(bm_transaction_begin(&t, (uint16_t)(1 + i), 9, 0, 60));
	assert_true(bm_transaction_begin(&t, 1, 9, 0, 60));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transition_time_of_every_octet_comes_back),
		cmocka_unit_test(test_transition_time_is_rounded_up_to_what_can_be_said),
		cmocka_unit_test(test_transaction_is_old_for_six_seconds),
		cmocka_unit_test(test_a_transaction_lasts_as_long_as_it_is_repeated),
		cmocka_unit_test(test_transactions_forget_the_oldest_peer_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
