#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/bytes.h"

static void test_reader_reads_both_endians(void **state)
{
	(void)state;
	const uint8_t o[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};
	struct bm_reader r = bm_reader_of(o, sizeof o);
	assert_int_equal(bm_read_be16(&r), 0x0102);
	assert_int_equal(bm_read_le16(&r), 0x0403);
	assert_int_equal(bm_read_be24(&r), 0x050607);
	assert_int_equal(bm_reader_finish(&r), BM_ERR_TOO_LONG);
	assert_int_equal(bm_read_le16(&r), 0x0908);
	assert_int_equal(bm_reader_finish(&r), BM_OK);
}

static void test_reader_past_the_end_is_zero_and_sticky(void **state)
{
	(void)state;
	const uint8_t o[] = {0xff, 0xff, 0xff};
	struct bm_reader r = bm_reader_of(o, sizeof o);
	assert_int_equal(bm_read_be32(&r), 0);
	assert_int_equal(bm_read_u8(&r), 0);
	assert_null(bm_read_octets(&r, 0));
	uint8_t copy[2] = {1, 1};
	bm_read_copy(&r, copy, sizeof copy);
	assert_int_equal(copy[0], 0);
	assert_int_equal(bm_reader_finish(&r), BM_ERR_TOO_SHORT);
}

static void test_writer_stops_at_the_end_and_is_sticky(void **state)
{
	(void)state;
	uint8_t o[5] = {0};
	struct bm_writer w = bm_writer_of(o, 4);
	bm_put_be24(&w, 0x010203);
	bm_put_le16(&w, 0xffff);
	bm_put_u8(&w, 4);
	size_t len = 99;
	assert_int_equal(bm_writer_finish(&w, &len), BM_ERR_NO_SPACE);
	assert_int_equal(len, 0);
	assert_int_equal(o[3], 0);
	assert_int_equal(o[4], 0);
	w = bm_writer_of(o, 5);
	bm_put_le32(&w, 0x01020304);
	bm_put_u8(&w, 9);
	assert_int_equal(bm_writer_finish(&w, &len), BM_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(o, ((const uint8_t[]){4, 3, 2, 1, 9}), 5);
}

static void test_arena_measures_what_it_carves(void **state)
{
	(void)state;
	struct bm_arena measure = {0};
	assert_null(bm_arena_take(&measure, 3, 5));
	assert_null(bm_arena_take(&measure, 1, 100));
	_Alignas(max_align_t) uint8_t mem[256];
	struct bm_arena arena = {.mem = mem, .size = measure.used};
	assert_ptr_equal(bm_arena_take(&arena, 3, 5), mem);
	assert_non_null(bm_arena_take(&arena, 1, 100));
	assert_int_equal(arena.used, measure.used);
	assert_false(arena.failed);
	assert_null(bm_arena_take(&arena, 1, 1));
	assert_true(arena.failed);
}

static void test_equal_constant_time_sees_every_octet(void **state)
{
	(void)state;
	uint8_t a[16] = {0};
	uint8_t b[16] = {0};
	assert_true(bm_equal_constant_time(a, b, sizeof a));
	for (size_t i = 0; i < sizeof a; i++) {
		b[i] = 0x80;
		assert_false(bm_equal_constant_time(a, b, sizeof a));
		b[i] = 0;
	}
}

static void count_up(void *ctx, uint8_t *out, size_t len)
{
	uint8_t *next = ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = (*next)++;
}

static void test_random_below_stays_below(void **state)
{
	(void)state;
	uint8_t next = 0;
	struct bm_env env = {.ops = {.ctx = &next, .random = count_up}};
	bool seen[9] = {false};
	for (int i = 0; i < 500; i++) {
		const uint32_t value = bm_env_random_below(&env, 9);
		assert_true(value < 9);
		seen[value] = true;
	}
	for (int i = 0; i < 9; i++)
		assert_true(seen[i]);
	assert_int_equal(bm_env_random_below(&env, 1), 0);
}

static void test_errors_and_drops_have_names(void **state)
{
	(void)state;
	assert_string_equal(bm_err_name(BM_ERR_BUSY), "BM_ERR_BUSY");
	assert_string_equal(bm_err_text(BM_OK), "success");
	assert_string_equal(bm_drop_name(BM_DROP_REPLAY), "replay");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_reads_both_endians),
		cmocka_unit_test(test_reader_past_the_end_is_zero_and_sticky),
		cmocka_unit_test(test_writer_stops_at_the_end_and_is_sticky),
		cmocka_unit_test(test_arena_measures_what_it_carves),
		cmocka_unit_test(test_equal_constant_time_sees_every_octet),
		cmocka_unit_test(test_random_below_stays_below),
		cmocka_unit_test(test_errors_and_drops_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
