/*
 * Counting the flashes of an LED as an onlooker does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/blinks.h"

#define YELLOW 0x555500u
#define BRIGHT 0xffff00u
#define MS(n) ((bm_time)(n)*BM_US_PER_MS)

static struct bm_blinks begun(uint32_t before)
{
	struct bm_blinks blinks = {0};
	bm_blinks_begin(&blinks);
	bm_blinks_light(&blinks, before, 0);
	bm_blinks_begin(&blinks);
	return blinks;
}

static void test_flashes_from_dark_are_counted(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(0);
	for (int i = 0; i < 7; i++) {
		bm_blinks_light(&blinks, BRIGHT, MS(600 * i));
		bm_blinks_light(&blinks, 0, MS(600 * i + 300));
	}
	assert_int_equal(blinks.flashes, 7);
	assert_int_equal(bm_blinks_settled(&blinks), MS(600 * 6 + 300 + 1500));
}

static void test_the_first_flash_may_follow_a_lit_led(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(YELLOW);
	bm_blinks_light(&blinks, BRIGHT, MS(1));
	assert_int_equal(blinks.flashes, 1);
	bm_blinks_light(&blinks, 0, MS(2));
	bm_blinks_light(&blinks, BRIGHT, MS(3));
	bm_blinks_light(&blinks, 0, MS(4));
	assert_int_equal(blinks.flashes, 2);
}

static void test_blinking_between_two_lit_colours_counts_one_of_them(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(YELLOW);
	for (int i = 0; i < 3; i++) {
		bm_blinks_light(&blinks, BRIGHT, MS(2 * i + 1));
		bm_blinks_light(&blinks, YELLOW, MS(2 * i + 2));
	}
	assert_int_equal(blinks.flashes, 3);
}

static void test_the_heartbeat_does_not_count_beside_other_flashes(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(0);
	bm_blinks_light(&blinks, 0x00007f, MS(1));
	bm_blinks_light(&blinks, 0, MS(101));
	assert_int_equal(bm_blinks_count(&blinks), 1);
	bm_blinks_light(&blinks, BRIGHT, MS(200));
	bm_blinks_light(&blinks, 0x00007f, MS(300));
	bm_blinks_light(&blinks, 0, MS(400));
	bm_blinks_light(&blinks, BRIGHT, MS(500));
	bm_blinks_light(&blinks, 0, MS(600));
	assert_int_equal(bm_blinks_count(&blinks), 2);
}

static void test_another_colour_that_stays_lit_is_a_state_again(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(0);
	for (int i = 0; i < 3; i++) {
		bm_blinks_light(&blinks, BRIGHT, MS(2 * i + 1));
		bm_blinks_light(&blinks, 0, MS(2 * i + 2));
	}
	bm_blinks_light(&blinks, 0x007f00, MS(7));
	assert_int_equal(bm_blinks_count(&blinks), 3);
	/* It goes out: then it was a flash. */
	bm_blinks_light(&blinks, 0, MS(8));
	assert_int_equal(bm_blinks_count(&blinks), 4);
}

static void test_going_dark_first_is_no_flash(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(YELLOW);
	bm_blinks_light(&blinks, 0, MS(1));
	assert_int_equal(blinks.flashes, 0);
	assert_true(bm_blinks_settled(&blinks) == BM_TIME_NEVER);
	bm_blinks_light(&blinks, BRIGHT, MS(2));
	assert_int_equal(blinks.flashes, 1);
}

static void test_a_repeated_colour_is_no_change(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(0);
	bm_blinks_light(&blinks, BRIGHT, MS(1));
	bm_blinks_light(&blinks, BRIGHT, MS(900));
	assert_int_equal(blinks.flashes, 1);
	assert_int_equal(bm_blinks_settled(&blinks), MS(1501));
}

static void test_what_was_before_the_count_does_not_count(void **state)
{
	(void)state;
	struct bm_blinks blinks = begun(0);
	bm_blinks_light(&blinks, BRIGHT, MS(1));
	bm_blinks_light(&blinks, 0, MS(2));
	bm_blinks_begin(&blinks);
	assert_int_equal(blinks.flashes, 0);
	assert_true(bm_blinks_settled(&blinks) == BM_TIME_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flashes_from_dark_are_counted),
		cmocka_unit_test(test_the_first_flash_may_follow_a_lit_led),
		cmocka_unit_test(test_blinking_between_two_lit_colours_counts_one_of_them),
		cmocka_unit_test(test_the_heartbeat_does_not_count_beside_other_flashes),
		cmocka_unit_test(test_another_colour_that_stays_lit_is_a_state_again),
		cmocka_unit_test(test_going_dark_first_is_no_flash),
		cmocka_unit_test(test_a_repeated_colour_is_no_change),
		cmocka_unit_test(test_what_was_before_the_count_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
