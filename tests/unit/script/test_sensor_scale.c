/*
 * Sensor values between scripts and the wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script/sensor_scale.h"

static void test_every_step_survives_the_wire(void **state)
{
	static const struct bm_sensor_scale scales[] = {
		{-100, 100, 0.1}, {0, 59, 1}, {-50, 50, 0.25}, {0, 1, 0.001}, {-1000, 1000, 0.5}, {0.5, 7.5, 0.5},
	};
	(void)state;
	for (size_t i = 0; i < BM_ARRAY_LEN(scales); i++) {
		for (double value = scales[i].min; value <= scales[i].max; value += scales[i].step) {
			const double set = bm_sensor_quantise(&scales[i], value);
			const double got = bm_sensor_from_raw(&scales[i], bm_sensor_to_raw(&scales[i], set));
			assert_true(set == got);
		}
	}
}

static void test_a_value_is_the_nearest_double_of_its_decimal(void **state)
{
	const struct bm_sensor_scale scale = {-100, 100, 0.1};
	(void)state;
	assert_true(bm_sensor_quantise(&scale, 0.1 + 0.2) == 0.3);
	assert_true(bm_sensor_quantise(&scale, 0.30000000000000004) == 0.3);
	assert_true(bm_sensor_quantise(&scale, 23.4499) == 23.4);
	assert_true(bm_sensor_quantise(&scale, -0.7000000001) == -0.7);
}

static void test_raw_is_rounded_to_nearest_and_clamped(void **state)
{
	const struct bm_sensor_scale scale = {0, 59, 1};
	(void)state;
	assert_int_equal(bm_sensor_to_raw(&scale, 0), 0);
	assert_int_equal(bm_sensor_to_raw(&scale, 59), 65535);
	assert_int_equal(bm_sensor_to_raw(&scale, 30), 33323); /* 33322.88: truncation would lose it */
	assert_int_equal(bm_sensor_to_raw(&scale, -1), 0);
	assert_int_equal(bm_sensor_to_raw(&scale, 1e9), 65535);
}

static void test_a_step_that_is_no_decimal_still_works(void **state)
{
	const struct bm_sensor_scale scale = {0, 10, 1.0 / 3};
	(void)state;
	assert_true(bm_sensor_quantise(&scale, 0.34) == 1.0 / 3);
	assert_true(bm_sensor_quantise(&scale, 11) == 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step_survives_the_wire),
		cmocka_unit_test(test_a_value_is_the_nearest_double_of_its_decimal),
		cmocka_unit_test(test_raw_is_rounded_to_nearest_and_clamped),
		cmocka_unit_test(test_a_step_that_is_no_decimal_still_works),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
