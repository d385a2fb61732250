#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "blemesh/model.h"
#include "blemesh/sensor.h"
#include "pdu/key_index.h"
#include "pdu/messages.h"
#include "pdu/messages_tables.h"
#include "support/vectors.h"

static void test_opcode_is_read_in_all_three_sizes(void **state)
{
	(void)state;
	static const struct {
		uint8_t octets[3];
		uint8_t len;
		uint32_t opcode;
	} cases[] = {
		{{0x00}, 1, 0x00},
		{{0x7e}, 1, 0x7e},
		{{0x80, 0x03}, 2, 0x8003},
		{{0xbf, 0xff}, 2, 0xbfff},
		{{0xc1, 0xc4, 0x02}, 3, BM_OPCODE_VENDOR(1, 0x02c4)},
		{{0xff, 0x59, 0x00}, 3, BM_OPCODE_VENDOR(0x3f, 0x0059)},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++) {
		struct bm_reader r = bm_reader_of(cases[i].octets, cases[i].len);
		uint32_t opcode = 0;
		assert_int_equal(bm_opcode_read(&r, &opcode), BM_OK);
		assert_int_equal(opcode, cases[i].opcode);
		assert_int_equal(bm_reader_finish(&r), BM_OK);
		uint8_t back[3];
		struct bm_writer w = bm_writer_of(back, sizeof back);
		bm_put_opcode(&w, opcode);
		assert_octets(back, bm_writer_len(&w), cases[i].octets, cases[i].len);
		struct bm_reader cut = bm_reader_of(cases[i].octets, cases[i].len - 1u);
		assert_int_equal(bm_opcode_read(&cut, &opcode), BM_ERR_TOO_SHORT);
	}
}

static void test_opcode_7f_is_prohibited(void **state)
{
	(void)state;
	const uint8_t octets[] = {0x7f, 0x01};
	struct bm_reader r = bm_reader_of(octets, sizeof octets);
	uint32_t opcode;
	assert_int_equal(bm_opcode_read(&r, &opcode), BM_ERR_PROHIBITED);
}

static void test_tables_are_sorted_and_every_message_is_found(void **state)
{
	(void)state;
	const struct bm_message_table *tables[] = {&bm_messages_foundation, &bm_messages_foundation_1_1,
						   &bm_messages_models};
	for (size_t t = 0; t < BM_ARRAY_LEN(tables); t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct bm_message *message = &tables[t]->messages[i];
			if (i)
				assert_true(tables[t]->messages[i - 1].opcode < message->opcode);
			assert_ptr_equal(bm_message_find(message->opcode), message);
		}
	}
	assert_null(bm_message_find(0x7e));
	assert_null(bm_message_find(0x8200));
	assert_null(bm_message_find(0xbfff));
	assert_null(bm_message_find(BM_OPCODE_VENDOR(1, 0x02c4)));
}

struct seen {
	char text[2000];
};

static void collect(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	struct seen *seen = ctx;
	const size_t used = strlen(seen->text);
	assert_non_null(field->name);
	snprintf(seen->text + used, sizeof seen->text - used, is_number ? "%s=%s;" : "%s='%s';", field->name, text);
}

static void assert_shows(const char *hex, const char *name, const char *expected)
{
	uint8_t payload[BM_ACCESS_MAX];
	const size_t len = hex_decode(hex, payload, sizeof payload);
	struct bm_reader r = bm_reader_of(payload, len);
	uint32_t opcode;
	assert_int_equal(bm_opcode_read(&r, &opcode), BM_OK);
	const struct bm_message *message = bm_message_find(opcode);
	assert_non_null(message);
	assert_string_equal(message->name, name);
	struct seen seen = {0};
	assert_int_equal(bm_message_visit(message, r.at, bm_reader_left(&r), collect, &seen), BM_OK);
	assert_string_equal(seen.text, expected);
}

static void test_fields_are_shown_as_the_specification_names_them(void **state)
{
	(void)state;
	assert_shows("8201", "Generic OnOff Get", "");
	assert_shows("82020107", "Generic OnOff Set", "onoff=1;tid=7;");
	assert_shows("82030107410a", "Generic OnOff Set Unacknowledged",
		     "onoff=1;tid=7;transition_time=1000;delay=10;");
	assert_shows("820401003f", "Generic OnOff Status", "present_onoff=1;target_onoff=0;remaining_time='unknown';");
	assert_shows("8206008005", "Generic Level Set", "level=-32768;tid=5;");
	assert_shows("8209ffffffff05", "Generic Delta Set", "delta_level=-1;tid=5;");
	assert_shows("803d030056040010", "Config Model App Bind",
		     "element_address='0x0003';app_key_index=1110;model_identifier='0x1000';");
	assert_shows("803d0300560459000100", "Config Model App Bind",
		     "element_address='0x0003';app_key_index=1110;model_identifier='0x0059:0x0001';");
	assert_shows("802483", "Config Network Transmit Set",
		     "network_transmit_count=3;network_transmit_interval_steps=16;");
	assert_shows(
		"03030001c0451307ff0a0010", "Config Model Publication Set",
		"element_address='0x0003';publish_address='0xc001';app_key_index=837;credential_flag=1;publish_ttl=7;"
		"publish_period=37800000;publish_retransmit_count=2;publish_retransmit_interval_steps=1;"
		"model_identifier='0x1000';");
	assert_shows("802a000300001001c002c0", "Config SIG Model Subscription List",
		     "status=0;element_address='0x0003';model_identifier='0x1000';addresses='0xc001 0xc002';");
	assert_shows("80430130000200", "Config NetKey List", "net_key_indexes='1 3 2';");
	assert_shows("52e20a1a00ff3412", "Sensor Status", "marshalled_sensor_data='0x0057=1a00 0x1234=';");
	assert_shows("8231", "Sensor Get", "");
	assert_shows("82315600", "Sensor Get", "property_id='0x0056';");
}

static void test_a_key_is_never_shown(void **state)
{
	(void)state;
	assert_shows("0056341263964771734fbd76e3b40519d1d94a48", "Config AppKey Add",
		     "net_key_index=1110;app_key_index=291;app_key='16 octets';");
}

static void ignore(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	(void)is_number;
	*(size_t *)ctx += strlen(field->name) + strlen(text);
}

/* The lengths that a description allows. octet_fields: whole octets that are always there. */
static bool fits(const struct bm_message *message, size_t len)
{
	size_t bits = 0;
	size_t optional_bits = 0;
	bool open_ended = false;
	bool model_ends = false;
	bool sensor = false;
	bool pairs = false;
	for (size_t i = 0; i < message->field_count; i++) {
		const struct bm_field *field = &message->fields[i];
		*(field->optional ? &optional_bits : &bits) += field->bits;
		if (field->kind == BM_FIELD_MODEL && field->bits == 0)
			model_ends = true;
		else if (field->kind == BM_FIELD_SENSOR_DATA)
			sensor = true;
		else if (field->kind == BM_FIELD_ADDRS || field->kind == BM_FIELD_PROPERTIES)
			pairs = open_ended = true;
		else if (field->bits == 0)
			open_ended = true;
		if (field->kind == BM_FIELD_KEY_LIST && len >= bits / 8 && (len - bits / 8) % 3 == 1)
			return false;
	}
	assert_int_equal(bits % 8, 0);
	assert_int_equal(optional_bits % 8, 0);
	const size_t least = bits / 8;
	if (sensor)
		return true; /* the octets decide; test_sensor_data_… looks at them */
	if (model_ends)
		return len == least + 2 || len == least + 4;
	if (pairs && (len - least) % 2)
		return false;
	if (open_ended)
		return len == least || len >= least + optional_bits / 8;
	return len == least || (optional_bits && len == least + optional_bits / 8);
}

static void test_every_message_at_every_length_fits_or_is_refused(void **state)
{
	(void)state;
	const struct bm_message_table *tables[] = {&bm_messages_foundation, &bm_messages_foundation_1_1,
						   &bm_messages_models};
	for (size_t t = 0; t < BM_ARRAY_LEN(tables); t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct bm_message *message = &tables[t]->messages[i];
			for (size_t len = 0; len <= BM_ACCESS_MAX + 1u; len++) {
				/* Exactly as long as it says, so that the sanitizer sees a read beyond. */
				uint8_t *params = malloc(len ? len : 1);
				memset(params, 0xff, len);
				size_t count = 0;
				const enum bm_err err = bm_message_visit(message, params, len, ignore, &count);
				free(params);
				if (len > BM_ACCESS_MAX)
					assert_int_equal(err, BM_ERR_TOO_LONG);
				else if (message->opcode != BM_OP_SENSOR_STATUS && (err == BM_OK) != fits(message, len))
					fail_msg("%s with %zu octets: %s", message->name, len, bm_err_name(err));
			}
		}
	}
}

static void test_sensor_data_cut_within_a_value_is_too_short(void **state)
{
	(void)state;
	const struct bm_message *message = bm_message_find(BM_OP_SENSOR_STATUS);
	uint8_t params[64];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	const uint8_t raw[20] = {1, 2, 3};
	size_t ends[4] = {0};
	const struct bm_sensor_value values[] = {{0x0056, raw, 2}, {0x0800, raw, 1}, {0x004f, raw, 17}};
	for (size_t i = 0; i < BM_ARRAY_LEN(values); i++) {
		bm_sensor_put_value(&w, &values[i]);
		ends[i + 1] = bm_writer_len(&w);
	}
	assert_int_equal(ends[1], 4);      /* Format A */
	assert_int_equal(ends[2], 4 + 4);  /* Format B: the property id is too large for A */
	assert_int_equal(ends[3], 8 + 20); /* Format B: the value is too long for A */
	for (size_t len = 0; len <= ends[3]; len++) {
		uint8_t *cut = malloc(len ? len : 1);
		memcpy(cut, params, len);
		size_t count = 0;
		const bool whole = len == ends[0] || len == ends[1] || len == ends[2] || len == ends[3];
		assert_int_equal(bm_message_visit(message, cut, len, ignore, &count), whole ? BM_OK : BM_ERR_TOO_SHORT);
		free(cut);
	}
}

static void test_sensor_values_come_back_as_they_were_put(void **state)
{
	(void)state;
	uint8_t raw[BM_SENSOR_RAW_MAX];
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)(i * 7 + 1);
	const uint16_t ids[] = {0x0001, 0x0056, 0x07ff, 0x0800, 0xffff};
	for (size_t i = 0; i < BM_ARRAY_LEN(ids); i++) {
		for (uint8_t len = 0; len <= BM_SENSOR_RAW_MAX; len++) {
			uint8_t out[BM_SENSOR_RAW_MAX + 3];
			struct bm_writer w = bm_writer_of(out, sizeof out);
			const struct bm_sensor_value value = {ids[i], raw, len};
			bm_sensor_put_value(&w, &value);
			assert_false(w.failed);
			const bool format_a = ids[i] < 0x0800 && len >= 1 && len <= 16;
			assert_int_equal(bm_writer_len(&w), (format_a ? 2u : 3u) + len);
			assert_int_equal(out[0] & 1, format_a ? 0 : 1);
			struct bm_reader r = bm_reader_of(out, bm_writer_len(&w));
			struct bm_sensor_value back;
			assert_int_equal(bm_sensor_next_value(&r, &back), BM_OK);
			assert_int_equal(back.property_id, ids[i]);
			assert_octets(back.raw ? back.raw : raw, back.len, raw, len);
			assert_int_equal(bm_sensor_next_value(&r, &back), BM_ERR_NOT_FOUND);
		}
	}
	uint8_t out[200];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	const struct bm_sensor_value too_long = {0x0056, out, BM_SENSOR_RAW_MAX + 1};
	bm_sensor_put_value(&w, &too_long);
	assert_true(w.failed);
}

static void test_two_key_indexes_pack_as_in_sample_message_6(void **state)
{
	(void)state;
	uint8_t out[3];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_key_indexes(&w, 0x456, 0x123);
	assert_hex(out, sizeof out, "563412");
	struct bm_reader r = bm_reader_of(out, sizeof out);
	uint16_t net_idx, app_idx;
	bm_read_key_indexes(&r, &net_idx, &app_idx);
	assert_int_equal(net_idx, 0x456);
	assert_int_equal(app_idx, 0x123);
}

static void test_an_odd_key_list_ends_with_two_octets(void **state)
{
	(void)state;
	uint8_t out[8];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	struct bm_key_list list = {.w = &w};
	bm_key_list_add(&list, 0x456);
	bm_key_list_add(&list, 0x123);
	bm_key_list_add(&list, 0xfff);
	bm_key_list_end(&list);
	assert_hex(out, bm_writer_len(&w), "563412ff0f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcode_is_read_in_all_three_sizes),
		cmocka_unit_test(test_opcode_7f_is_prohibited),
		cmocka_unit_test(test_tables_are_sorted_and_every_message_is_found),
		cmocka_unit_test(test_fields_are_shown_as_the_specification_names_them),
		cmocka_unit_test(test_a_key_is_never_shown),
		cmocka_unit_test(test_every_message_at_every_length_fits_or_is_refused),
		cmocka_unit_test(test_sensor_data_cut_within_a_value_is_too_short),
		cmocka_unit_test(test_sensor_values_come_back_as_they_were_put),
		cmocka_unit_test(test_two_key_indexes_pack_as_in_sample_message_6),
		cmocka_unit_test(test_an_odd_key_list_ends_with_two_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
