#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/model.h"
#include "blemesh/sensor.h"
#include "pdu/key_index.h"
#include "pdu/messages.h"
#include "pdu/messages_tables.h"
#include "support/vectors.h"

#define FIELDS_MAX 12
#define ROUNDS 300

static const struct bm_message_table *const tables[] = {&bm_messages_foundation, &bm_messages_foundation_1_1,
							&bm_messages_models};

/* A message's fields: those that are said, and those that were understood. */
struct filled {
	size_t count;
	const struct bm_field *fields[FIELDS_MAX];
	struct bm_field_value values[FIELDS_MAX];
	uint8_t octets[FIELDS_MAX][BM_ACCESS_MAX];
	size_t given; /* how many were asked for */
	size_t limit; /* so many are there */
};

static uint32_t random_state = 1;

static uint32_t random_u32(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8 ^ random_state << 16;
}

static uint32_t random_below(uint32_t bound)
{
	return random_u32() % bound;
}

static void random_sensor_data(uint8_t *out, size_t *len)
{
	uint8_t raw[BM_SENSOR_RAW_MAX];
	struct bm_writer w = bm_writer_of(out, BM_ACCESS_MAX - 1);
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)random_u32();
	for (uint32_t n = random_below(3); n > 0; n--) {
		const struct bm_sensor_value value = {(uint16_t)(1 + random_below(0xffff)), raw,
						      (uint8_t)random_below(100)};
		bm_sensor_put_value(&w, &value);
	}
	assert_int_equal(bm_writer_finish(&w, len), BM_OK);
}

/* A length that the field can have; not none where that would mean that an optional field is absent. */
static size_t random_len(const struct bm_field *field)
{
	if (field->bits)
		return field->bits / 8u;
	switch (field->kind) {
	case BM_FIELD_MODEL:
		return random_below(2) ? 2 : 4;
	case BM_FIELD_PROPERTIES:
	case BM_FIELD_ADDRS:
		return 2 * (random_below(100) + (field->optional ? 1 : 0));
	case BM_FIELD_KEY_LIST:
		return 3 * random_below(60) + (random_below(2) ? 2 : 0);
	default:
		return random_below(200) + (field->optional ? 1 : 0);
	}
}

static int64_t random_number(const struct bm_field *field)
{
	const uint8_t bits = field->kind == BM_FIELD_BOOL ? 1 : field->kind == BM_FIELD_KEY_INDEX ? 12 : field->bits;
	/* The corners come more often than by chance. */
	const uint32_t corner = random_below(6);
	const int64_t span = INT64_C(1) << bits;
	const int64_t number = corner == 0 ? 0 : corner == 1 ? span - 1 : corner == 2 ? span / 2 : random_u32() % span;
	return field->kind == BM_FIELD_INT ? number - span / 2 : number;
}

static void fill(struct filled *filled, const struct bm_message *message, bool optional)
{
	filled->count = filled->given = 0;
	for (size_t i = 0; i < message->field_count; i++) {
		const struct bm_field *field = &message->fields[i];
		if (!field->name)
			continue;
		if (field->optional && !optional)
			break;
		struct bm_field_value *value = &filled->values[filled->count];
		*value = (struct bm_field_value){0};
		if (bm_field_is_number(field)) {
			value->number = random_number(field);
		} else {
			value->octets = filled->octets[filled->count];
			value->len = random_len(field);
			for (size_t o = 0; o < value->len; o++)
				filled->octets[filled->count][o] = (uint8_t)random_u32();
			if (field->kind == BM_FIELD_SENSOR_DATA)
				random_sensor_data(filled->octets[filled->count], &value->len);
		}
		filled->fields[filled->count++] = field;
	}
	filled->limit = filled->count;
}

static bool give(void *ctx, const struct bm_field *field, struct bm_field_value *value)
{
	struct filled *filled = ctx;
	if (filled->given == filled->limit)
		return false;
	assert_ptr_equal(filled->fields[filled->given], field);
	*value = filled->values[filled->given++];
	return true;
}

static void take(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct filled *filled = ctx;
	assert_true(filled->count < FIELDS_MAX);
	filled->fields[filled->count] = field;
	filled->values[filled->count] = *value;
	if (value->len) {
		memcpy(filled->octets[filled->count], value->octets, value->len);
		filled->values[filled->count].octets = filled->octets[filled->count];
	}
	filled->count++;
}

static void assert_same(const struct bm_message *message, const struct filled *said, const struct filled *understood)
{
	if (said->count != understood->count)
		fail_msg("%s: %zu fields came back of %zu", message->name, understood->count, said->count);
	for (size_t i = 0; i < said->count; i++) {
		assert_ptr_equal(said->fields[i], understood->fields[i]);
		const struct bm_field_value *a = &said->values[i], *b = &understood->values[i];
		if (a->number != b->number)
			fail_msg("%s, %s: %lld came back as %lld", message->name, said->fields[i]->name,
				 (long long)a->number, (long long)b->number);
		if (!bm_field_is_number(said->fields[i]) && a->len + b->len > 0)
			assert_octets(b->octets, b->len, a->octets, a->len);
	}
}

struct shown {
	size_t fields, numbers;
};

static void show(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	struct shown *shown = ctx;
	assert_non_null(field->name);
	/* As it stands in JSON: a number is one, and nothing else needs escaping. */
	char *end = NULL;
	if (is_number) {
		(void)strtoll(text, &end, 10);
		assert_true(end != text && *end == '\0');
		shown->numbers++;
	}
	assert_int_equal(strcspn(text, "\"\\\n"), strlen(text));
	shown->fields++;
}

static void round_trip(const struct bm_message *message, bool optional)
{
	static struct filled said, understood;
	uint8_t payload[3 * BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	fill(&said, message, optional);
	assert_int_equal(bm_message_encode(message, &w, give, &said), BM_OK);
	const size_t len = bm_writer_len(&w);
	assert_true(len <= BM_ACCESS_MAX);
	/* Exactly as long as it is, so that the sanitizer sees a read beyond. */
	uint8_t *copy = malloc(len);
	memcpy(copy, payload, len);
	struct bm_reader r = bm_reader_of(copy, len);
	uint32_t opcode;
	assert_int_equal(bm_opcode_read(&r, &opcode), BM_OK);
	assert_int_equal(opcode, message->opcode);
	understood.count = 0;
	assert_int_equal(bm_message_decode(message, r.at, bm_reader_left(&r), take, &understood), BM_OK);
	assert_same(message, &said, &understood);
	struct shown shown = {0};
	assert_int_equal(bm_message_visit(message, r.at, bm_reader_left(&r), show, &shown), BM_OK);
	assert_true(shown.fields >= said.count);
	free(copy);
}

static void test_every_message_of_the_table_round_trips(void **state)
{
	(void)state;
	size_t messages = 0;
	for (size_t t = 0; t < BM_ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++, messages++)
			for (int round = 0; round < ROUNDS; round++)
				round_trip(&tables[t]->messages[i], round % 2);
	assert_true(messages > 110);
}

static void test_sample_messages_are_decoded_and_encoded_to_themselves(void **state)
{
	(void)state;
	json_t *root = vectors_load("messages.json");
	size_t index, known = 0;
	json_t *entry;
	json_array_foreach(json_object_get(root, "messages"), index, entry)
	{
		const json_t *access = json_object_get(entry, "access");
		if (!access || !json_object_get(access, "access_payload"))
			continue;
		uint8_t payload[BM_ACCESS_MAX], again[BM_ACCESS_MAX];
		const size_t len = vectors_octets(access, "access_payload", payload, sizeof payload);
		struct bm_reader r = bm_reader_of(payload, len);
		uint32_t opcode;
		assert_int_equal(bm_opcode_read(&r, &opcode), BM_OK);
		const struct bm_message *message = bm_message_find(opcode);
		if (!message)
			continue;
		static struct filled understood;
		understood.count = understood.given = 0;
		assert_int_equal(bm_message_decode(message, r.at, bm_reader_left(&r), take, &understood), BM_OK);
		understood.limit = understood.count;
		struct bm_writer w = bm_writer_of(again, sizeof again);
		assert_int_equal(bm_message_encode(message, &w, give, &understood), BM_OK);
		assert_octets(again, bm_writer_len(&w), payload, len);
		known++;
	}
	assert_true(known >= 5);
	json_decref(root);
}

/* Encodes with one field spoiled. */
static enum bm_err encode_with(uint32_t opcode, size_t field, struct bm_field_value value)
{
	static struct filled said;
	uint8_t payload[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	const struct bm_message *message = bm_message_find(opcode);
	fill(&said, message, true);
	said.values[field] = value;
	return bm_message_encode(message, &w, give, &said);
}

static void test_values_that_do_not_fit_their_field_are_refused(void **state)
{
	(void)state;
	static const uint8_t octets[17];
	const struct {
		uint32_t opcode;
		size_t field;
		struct bm_field_value value;
	} cases[] = {
		{0x8202, 0, {.number = 2}},
		{0x8202, 1, {.number = 256}},
		{0x8202, 1, {.number = -1}},
		{0x8206, 0, {.number = 32768}},
		{0x8206, 0, {.number = -32769}},
		{0x803d, 1, {.number = 0x1000}},
		{0x8024, 0, {.number = 8}},
		{0x00, 0, {.number = 0x1000000}},
		{0x00, 1, {.octets = octets, .len = 15}},
		{0x00, 1, {.octets = octets, .len = 17}},
		{0x803d, 2, {.octets = octets, .len = 3}},
		{0x802a, 3, {.octets = octets, .len = 5}},
		{0x8043, 0, {.octets = octets, .len = 4}},
		{0x58, 1, {.octets = octets, .len = 3}},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(cases); i++)
		if (encode_with(cases[i].opcode, cases[i].field, cases[i].value) != BM_ERR_INVALID)
			fail_msg("case %zu was taken", i);
	const uint8_t cut[] = {0x02, 0x0a, 0x01}; /* Format A, two octets, of which one is there */
	assert_int_equal(encode_with(BM_OP_SENSOR_STATUS, 0, (struct bm_field_value){.octets = cut, .len = sizeof cut}),
			 BM_ERR_INVALID);
}

static void test_only_a_whole_optional_group_may_be_absent(void **state)
{
	(void)state;
	static struct filled said;
	uint8_t payload[BM_ACCESS_MAX];
	const struct bm_message *message = bm_message_find(0x8202);
	const enum bm_err expected[] = {BM_ERR_INVALID, BM_ERR_INVALID, BM_OK, BM_ERR_INVALID, BM_OK};
	for (size_t limit = 0; limit < BM_ARRAY_LEN(expected); limit++) {
		struct bm_writer w = bm_writer_of(payload, sizeof payload);
		fill(&said, message, true);
		said.limit = limit;
		assert_int_equal(bm_message_encode(message, &w, give, &said), expected[limit]);
	}
	struct bm_writer w = bm_writer_of(payload, 3);
	fill(&said, message, false);
	assert_int_equal(bm_message_encode(message, &w, give, &said), BM_ERR_NO_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_of_the_table_round_trips),
		cmocka_unit_test(test_sample_messages_are_decoded_and_encoded_to_themselves),
		cmocka_unit_test(test_values_that_do_not_fit_their_field_are_refused),
		cmocka_unit_test(test_only_a_whole_optional_group_may_be_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
