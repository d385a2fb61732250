/*
 * Device properties in words: which one is meant, values as people write and read them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/words/property.h"

static uint16_t id_of(const char *text)
{
	char error[400];
	const struct bm_property *property = bm_property_of_words(text, error, sizeof error);
	return property ? property->id : 0;
}

static void test_a_property_is_known_by_number_name_and_short_word(void **state)
{
	(void)state;
	assert_int_equal(id_of("0x004f"), 0x004f);
	assert_int_equal(id_of("79"), 0x004f);
	assert_int_equal(id_of("Present Ambient Temperature"), 0x004f);
	assert_int_equal(id_of("present-ambient_temperature"), 0x004f);
	assert_int_equal(id_of("precise ambient"), 0x0075);
	assert_int_equal(id_of("temperature"), 0x0075);
	assert_int_equal(id_of("people"), 0x004c);
}

static void test_every_property_is_found_by_its_own_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < bm_property_count; i++)
		assert_int_equal(id_of(bm_properties[i].name), bm_properties[i].id);
}

static void test_what_is_no_property_is_told_with_what_may_be_meant(void **state)
{
	char error[400];
	(void)state;
	assert_null(bm_property_of_words("0x9999", error, sizeof error));
	assert_string_equal(error, "there is no device property 0x9999");
	assert_null(bm_property_of_words("79x", error, sizeof error));
	assert_null(bm_property_of_words("70000", error, sizeof error));
	assert_null(bm_property_of_words("", error, sizeof error));
	assert_null(bm_property_of_words("warmth", error, sizeof error));
	assert_non_null(strstr(error, "try temperature"));
	assert_null(bm_property_of_words("present", error, sizeof error));
	assert_non_null(strstr(error, "0x004e"));
	assert_non_null(strstr(error, " more"));
	/* However little room there is. */
	for (size_t len = 1; len < 200; len++)
		assert_null(bm_property_of_words("present", error, len));
}

static void check_value(uint16_t id, const char *text, const char *octets, const char *shown)
{
	uint8_t raw[BM_PROPERTY_OCTETS_MAX];
	char error[200], hex[2 * BM_PROPERTY_OCTETS_MAX + 1] = "", back[200];
	size_t len;
	const struct bm_property *property = bm_property_find(id);
	assert_true(bm_property_value_of_words(property, text, raw, &len, error, sizeof error));
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	assert_string_equal(hex, octets);
	bm_property_value_text(property, raw, len, back, sizeof back);
	assert_string_equal(back, shown);
}

static void test_values_are_written_and_read_in_their_units(void **state)
{
	(void)state;
	check_value(0x0075, "21.5", "6608", "21.5 °C");
	check_value(0x0075, "-3", "d4fe", "-3 °C");
	check_value(0x004c, "3", "0300", "3");
	check_value(0x004d, "true", "01", "1");
	check_value(0x0075, "unknown", "0080", "unknown");
}

static void test_values_that_are_none_are_refused_with_the_range(void **state)
{
	static const char *const WRONG[] = {"", "x", "21,5", "1e9", "nan", "inf", "21.5 ", "--1"};
	uint8_t raw[BM_PROPERTY_OCTETS_MAX];
	char error[200];
	size_t len;
	(void)state;
	for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
		assert_false(
			bm_property_value_of_words(bm_property_find(0x0075), WRONG[i], raw, &len, error, sizeof error));
	assert_false(bm_property_value_of_words(bm_property_find(0x0075), "400", raw, &len, error, sizeof error));
	assert_non_null(strstr(error, "-273.15 to 327.67"));
}

static void test_values_are_numbers_objects_or_null_in_json(void **state)
{
	static const uint8_t WARM[] = {0x66, 0x08}, UNKNOWN[] = {0x00, 0x80}, ODD[] = {1, 2, 3};
	const struct bm_property *property = bm_property_find(0x0075);
	(void)state;
	json_t *value = bm_property_value_json(property, WARM, sizeof WARM);
	assert_true(json_number_value(value) > 21.49 && json_number_value(value) < 21.51);
	json_decref(value);
	value = bm_property_value_json(property, UNKNOWN, sizeof UNKNOWN);
	assert_true(json_is_null(value));
	json_decref(value);
	value = bm_property_value_json(property, ODD, sizeof ODD);
	assert_string_equal(json_string_value(value), "010203");
	json_decref(value);
	value = bm_property_value_json(NULL, WARM, sizeof WARM);
	assert_string_equal(json_string_value(value), "6608");
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_property_is_known_by_number_name_and_short_word),
		cmocka_unit_test(test_every_property_is_found_by_its_own_name),
		cmocka_unit_test(test_what_is_no_property_is_told_with_what_may_be_meant),
		cmocka_unit_test(test_values_are_written_and_read_in_their_units),
		cmocka_unit_test(test_values_that_are_none_are_refused_with_the_range),
		cmocka_unit_test(test_values_are_numbers_objects_or_null_in_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
