#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/properties.h"
#include "support/vectors.h"

#define RAW_MAX BM_PROPERTY_OCTETS_MAX

static const struct bm_property *find(const json_t *row)
{
	const struct bm_property *property = bm_property_find((uint16_t)vectors_hex(row, "id"));
	assert_non_null(property);
	return property;
}

static uint64_t mask_of(const json_t *field)
{
	return (1ull << (8 * json_integer_value(json_object_get(field, "octets")))) - 1;
}

/* The raw value in field i of otherwise known fields (each its least), decoded. */
static enum bm_err decode_one(const struct bm_property *property, size_t i, uint64_t raw,
			      struct bm_property_value *value)
{
	const struct bm_characteristic *c = property->characteristic;
	uint8_t octets[RAW_MAX] = {0};
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	size_t at = 0;
	for (size_t f = 0; f < c->field_count; f++) {
		const struct bm_property_format *format = c->fields[f].format;
		const uint64_t bits = f == i ? raw : (uint64_t)format->raw_min;
		for (size_t o = 0; o < format->octets; o++)
			octets[at++] = (uint8_t)(bits >> (8 * o));
	}
	const enum bm_err err = bm_property_decode(property, octets, at, values);
	if (err)
		return err;
	uint8_t back[RAW_MAX];
	assert_int_equal(bm_property_encode(property, values, c->field_count, back, sizeof back), BM_OK);
	assert_octets(back, at, octets, at);
	*value = values[i];
	return BM_OK;
}

/* A number in field i, the others not changed. */
static enum bm_err encode_one(const struct bm_property *property, size_t i, double number)
{
	const struct bm_characteristic *c = property->characteristic;
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX] = {0};
	uint8_t out[RAW_MAX];
	double max, step;
	for (size_t f = 0; f < c->field_count; f++)
		bm_property_range(c->fields[f].format, &values[f].number, &max, &step);
	values[i].number = number;
	return bm_property_encode(property, values, c->field_count, out, sizeof out);
}

static void expect_special(const struct bm_property *property, size_t i, const json_t *field, const char *key,
			   enum bm_property_state state)
{
	if (!json_object_get(field, key))
		return;
	struct bm_property_value value;
	const char *hex = json_string_value(json_object_get(field, key));
	assert_int_equal(decode_one(property, i, strtoull(hex, NULL, 16), &value), BM_OK);
	assert_int_equal(value.state, state);
}

/* A bound of the range as the data has it: its raw value decodes to it and it encodes to the raw value. */
static void expect_bound(const struct bm_property *property, size_t i, const json_t *field, const char *key)
{
	const double bound = json_number_value(json_object_get(field, key));
	const double resolution = json_number_value(json_object_get(field, "resolution"));
	const double raw = resolution > 0 ? bound / resolution : bound;
	struct bm_property_value value;
	const int64_t nearest = (int64_t)(raw < 0 ? raw - 0.5 : raw + 0.5);
	assert_int_equal(decode_one(property, i, (uint64_t)nearest & mask_of(field), &value), BM_OK);
	assert_int_equal(value.state, BM_PROPERTY_NUMBER);
	assert_true(value.number == bound);
	assert_int_equal(encode_one(property, i, bound), BM_OK);
	const double beyond = (resolution > 0 ? resolution : 1) * (strcmp(key, "min") == 0 ? -0.75 : 0.75);
	assert_int_equal(encode_one(property, i, bound + beyond), BM_ERR_INVALID);
}

static void check_field(const struct bm_property *property, size_t i, const json_t *field)
{
	const struct bm_property_field *f = &property->characteristic->fields[i];
	assert_string_equal(f->name, json_string_value(json_object_get(field, "field")));
	assert_int_equal(f->format->octets, json_integer_value(json_object_get(field, "octets")));
	const char *unit = json_string_value(json_object_get(field, "unit"));
	if (unit)
		assert_string_equal(f->format->unit, unit);
	else
		assert_null(f->format->unit);
	const char *format = json_string_value(json_object_get(field, "format"));
	assert_int_equal(f->format->kind == BM_PROPERTY_INT, format[0] == 's');
	assert_int_equal(f->format->kind == BM_PROPERTY_FLOAT, format[0] == 'f');
	double min, max, step;
	bm_property_range(f->format, &min, &max, &step);
	if (json_object_get(field, "resolution"))
		assert_true(step == json_number_value(json_object_get(field, "resolution")));
	expect_special(property, i, field, "value_not_known", BM_PROPERTY_NOT_KNOWN);
	expect_special(property, i, field, "value_not_valid", BM_PROPERTY_NOT_VALID);
	expect_special(property, i, field, "value_or_higher", BM_PROPERTY_OR_HIGHER);
	if (json_object_get(field, "min")) {
		expect_bound(property, i, field, "min");
		expect_bound(property, i, field, "max");
	} else {
		assert_int_equal(encode_one(property, i, min), BM_OK);
		assert_int_equal(encode_one(property, i, max), BM_OK);
	}
}

static void test_every_property_is_as_assigned_and_goes_both_ways_at_its_corners(void **state)
{
	(void)state;
	json_t *data = vectors_load("device_properties.json");
	const json_t *rows = json_object_get(data, "properties");
	assert_int_equal(json_array_size(rows), bm_property_count);
	size_t at;
	json_t *row;
	json_array_foreach(rows, at, row)
	{
		const struct bm_property *property = find(row);
		assert_string_equal(property->name, json_string_value(json_object_get(row, "name")));
		assert_string_equal(property->characteristic->name,
				    json_string_value(json_object_get(row, "characteristic")));
		assert_int_equal(property->characteristic->octets, json_integer_value(json_object_get(row, "octets")));
		const json_t *fields = json_object_get(row, "fields");
		assert_int_equal(property->characteristic->field_count, json_array_size(fields));
		for (size_t i = 0; i < json_array_size(fields); i++)
			check_field(property, i, json_array_get(fields, i));
	}
	json_decref(data);
}

/* How many raw values are numbers; each that decodes comes back. */
static int64_t count_numbers(const struct bm_property *property, size_t i)
{
	int64_t numbers = 0;
	for (uint64_t raw = 0; raw < 1ull << (8 * property->characteristic->fields[i].format->octets); raw++) {
		struct bm_property_value value;
		if (decode_one(property, i, raw, &value) == BM_OK)
			numbers += value.state == BM_PROPERTY_NUMBER;
	}
	return numbers;
}

static void test_every_raw_value_of_formats_up_to_two_octets_comes_back(void **state)
{
	(void)state;
	const struct bm_property_format *seen[64];
	size_t seen_count = 0;
	for (size_t p = 0; p < bm_property_count; p++) {
		const struct bm_characteristic *c = bm_properties[p].characteristic;
		for (size_t i = 0; i < c->field_count; i++) {
			const struct bm_property_format *format = c->fields[i].format;
			size_t known = 0;
			while (known < seen_count && seen[known] != format)
				known++;
			if (known < seen_count || format->octets > 2)
				continue;
			assert_true(seen_count < BM_ARRAY_LEN(seen));
			seen[seen_count++] = format;
			assert_int_equal(count_numbers(&bm_properties[p], i), format->raw_max - format->raw_min + 1);
		}
	}
	assert_true(seen_count > 20);
}

static void test_numbers_are_the_nearest_doubles(void **state)
{
	(void)state;
	static const struct {
		uint16_t id;
		uint8_t raw[4];
		double number;
	} cases[] = {
		{0x004f, {0x2d}, 22.5},
		{0x004f, {0xff}, -0.5},
		{0x0054, {0x1e, 0x00}, 0.3},
		{0x0054, {0x07, 0x00}, 0.07},
		{0x0076, {0x10, 0x27}, 100},
		{0x0059, {0x01, 0x00}, 0.015625},
		{0x003f, {0x03, 0x00, 0x00}, 3000},
		{0x0072, {0x01, 0x00, 0x00, 0x80}, 2147483.649},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++) {
		struct bm_property_value value;
		const struct bm_property *property = bm_property_find(cases[i].id);
		const uint8_t len = property->characteristic->octets;
		assert_int_equal(bm_property_decode(property, cases[i].raw, len, &value), BM_OK);
		assert_true(value.number == cases[i].number);
	}
}

static void test_several_fields_are_several_numbers(void **state)
{
	(void)state;
	/* 22.5 °C from 8.0 h to 9.5 h. */
	const struct bm_property *property = bm_property_find(0x0001);
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX] = {{.number = 22.5}, {.number = 8}, {.number = 9.5}};
	uint8_t raw[3];
	assert_int_equal(bm_property_encode(property, values, 3, raw, sizeof raw), BM_OK);
	assert_hex(raw, 3, "2d505f");
	assert_int_equal(bm_property_encode(property, values, 2, raw, sizeof raw), BM_ERR_INVALID);
	assert_int_equal(bm_property_encode(property, values, 3, raw, 2), BM_ERR_NO_SPACE);
	values[1].state = BM_PROPERTY_NOT_KNOWN;
	assert_int_equal(bm_property_encode(property, values, 3, raw, sizeof raw), BM_OK);
	assert_hex(raw, 3, "2dff5f");
	assert_int_equal(bm_property_decode(property, raw, 2, values), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_property_decode(property, raw, 4, values), BM_ERR_TOO_LONG);
	values[1].state = BM_PROPERTY_LIFETIME;
	assert_int_equal(bm_property_encode(property, values, 3, raw, sizeof raw), BM_ERR_INVALID);
}

static void test_a_sensing_duration_is_exponential(void **state)
{
	(void)state;
	const struct bm_property *property = bm_property_find(0x0002);
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX] = {{.number = 1}, {.number = 1}};
	uint8_t raw[3];
	assert_int_equal(bm_property_encode(property, values, 2, raw, sizeof raw), BM_OK);
	assert_hex(raw, 3, "640040");
	values[1].number = 1.16; /* nearer to 1.1² than to 1.1 */
	assert_int_equal(bm_property_encode(property, values, 2, raw, sizeof raw), BM_OK);
	assert_hex(raw, 3, "640042");
	values[1].number = 0;
	assert_int_equal(bm_property_encode(property, values, 2, raw, sizeof raw), BM_OK);
	assert_hex(raw, 3, "640000");
	raw[2] = 0xfe;
	assert_int_equal(bm_property_decode(property, raw, 3, values), BM_OK);
	assert_int_equal(values[1].state, BM_PROPERTY_LIFETIME);
	raw[2] = 0xff;
	assert_int_equal(bm_property_decode(property, raw, 3, values), BM_OK);
	assert_int_equal(values[1].state, BM_PROPERTY_NOT_KNOWN);
}

static void test_what_is_no_number_is_refused(void **state)
{
	(void)state;
	const double zero = strtod("0", NULL);
	static const uint8_t infinite[4] = {0x00, 0x00, 0x80, 0x7f};
	static const uint8_t below_absolute_zero[2] = {0x01, 0x80};
	struct bm_property_value value;
	assert_int_equal(encode_one(bm_property_find(0x0032), 0, 1 / zero), BM_ERR_INVALID);
	assert_int_equal(encode_one(bm_property_find(0x004f), 0, zero / zero), BM_ERR_INVALID);
	assert_int_equal(encode_one(bm_property_find(0x004f), 0, 1e300), BM_ERR_INVALID);
	assert_int_equal(bm_property_decode(bm_property_find(0x0032), infinite, 4, &value), BM_ERR_PROHIBITED);
	assert_int_equal(bm_property_decode(bm_property_find(0x0054), below_absolute_zero, 2, &value),
			 BM_ERR_PROHIBITED);
	assert_null(bm_property_find(0x0000));
	assert_null(bm_property_find(0x007a));
	assert_null(bm_property_find(0xffff));
}

static void test_text_is_filled_up_with_zeros(void **state)
{
	(void)state;
	const struct bm_property *property = bm_property_find(0x000e);
	uint8_t raw[8];
	size_t len;
	assert_int_equal(bm_property_encode_text(property, "1.02", 4, raw, sizeof raw), BM_OK);
	assert_hex(raw, 8, "312e303200000000");
	assert_int_equal(bm_property_decode_text(property, raw, 8, &len), BM_OK);
	assert_int_equal(len, 4);
	assert_int_equal(bm_property_encode_text(property, "123456789", 9, raw, sizeof raw), BM_ERR_TOO_LONG);
	assert_int_equal(bm_property_encode_text(property, "1", 1, raw, 7), BM_ERR_NO_SPACE);
	assert_int_equal(bm_property_decode_text(property, raw, 7, &len), BM_ERR_TOO_SHORT);
	struct bm_property_value value;
	assert_int_equal(bm_property_decode(property, raw, 8, &value), BM_ERR_NOT_SUPPORTED);
	assert_int_equal(bm_property_decode_text(bm_property_find(0x004f), raw, 1, &len), BM_ERR_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_property_is_as_assigned_and_goes_both_ways_at_its_corners),
		cmocka_unit_test(test_every_raw_value_of_formats_up_to_two_octets_comes_back),
		cmocka_unit_test(test_numbers_are_the_nearest_doubles),
		cmocka_unit_test(test_several_fields_are_several_numbers),
		cmocka_unit_test(test_a_sensing_duration_is_exponential),
		cmocka_unit_test(test_what_is_no_number_is_refused),
		cmocka_unit_test(test_text_is_filled_up_with_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
