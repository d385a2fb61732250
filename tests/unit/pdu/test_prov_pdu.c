/*
 * Provisioning PDUs against the samples both ways, lengths, prohibited values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/prov_pdu.h"
#include "support/vectors.h"

static void assert_round_trip(const char *hex, enum bm_prov_type type)
{
	uint8_t octets[256], again[256];
	struct bm_prov_pdu pdu;
	size_t again_len;
	const size_t len = hex_decode(hex, octets, sizeof octets);
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, len), BM_OK);
	assert_int_equal(pdu.type, type);
	assert_int_equal(bm_prov_pdu_encode(&pdu, again, sizeof again, &again_len), BM_OK);
	assert_octets(again, again_len, octets, len);
	for (size_t capacity = 0; capacity < len; capacity++)
		assert_int_equal(bm_prov_pdu_encode(&pdu, again, capacity, &again_len), BM_ERR_NO_SPACE);
}

static void test_samples_decode_and_encode(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	const json_t *lists[] = {
		json_object_get(json_object_get(root, "pb_adv_transcript"), "steps"),
		json_object_get(json_object_get(root, "record_retrieval"), "exchanges"),
	};
	int checked = 0;
	for (size_t list = 0; list < BM_ARRAY_LEN(lists); list++) {
		json_t *step;
		size_t i;
		json_array_foreach(lists[list], i, step)
		{
			const char *hex = json_string_value(json_object_get(step, "provisioning_pdu"));
			if (!hex)
				continue;
			const char type[3] = {hex[0], hex[1], 0};
			uint8_t octet;
			hex_decode(type, &octet, 1);
			assert_round_trip(hex, (enum bm_prov_type)octet);
			checked++;
		}
	}
	assert_int_equal(checked, 11 + 4);
	json_decref(root);
}

static void test_fields_mean_what_the_samples_say(void **state)
{
	(void)state;
	uint8_t octets[80];
	struct bm_prov_pdu pdu;
	size_t len = hex_decode("010100010000000000000000", octets, sizeof octets);
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, len), BM_OK);
	assert_int_equal(pdu.caps.elements, 1);
	assert_int_equal(pdu.caps.algorithms, BM_PROV_ALGS_CMAC);
	len = hex_decode("0105000301020400080600ff", octets, sizeof octets);
	assert_int_equal(len, 12);
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, len), BM_OK);
	assert_int_equal(pdu.caps.elements, 5);
	assert_int_equal(pdu.caps.algorithms, 3);
	assert_int_equal(pdu.caps.public_key_type, 1);
	assert_int_equal(pdu.caps.oob_type, 2);
	assert_int_equal(pdu.caps.output_size, 4);
	assert_int_equal(pdu.caps.output_actions, 8);
	assert_int_equal(pdu.caps.input_size, 6);
	assert_int_equal(pdu.caps.input_actions, 0xff);
	len = hex_decode("0a00010000003a", octets, sizeof octets);
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, len), BM_OK);
	assert_int_equal(pdu.record_request.record_id, 1);
	assert_int_equal(pdu.record_request.max_size, 0x3a);
	len = hex_decode("0d000000010002", octets, sizeof octets);
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, len), BM_OK);
	assert_int_equal(pdu.records_list.count, 2);
	assert_hex(pdu.records_list.ids, 4, "00010002");
}

/* Every type at every length from 0 to beyond the longest; only the right ones pass. */
static void test_only_the_right_lengths_pass(void **state)
{
	(void)state;
	static const uint8_t lengths[] = {2, 12, 6, 65, 1, 17, 17, 34, 1, 2, 7};
	for (uint8_t type = 0; type < sizeof lengths; type++) {
		for (size_t len = 0; len <= 80; len++) {
			uint8_t octets[80] = {type, type == BM_PROV_CAPABILITIES ? 1 : 0};
			struct bm_prov_pdu pdu;
			const bool value = type == BM_PROV_CONFIRMATION || type == BM_PROV_RANDOM;
			const bool right = len == lengths[type] || (value && len == 33);
			const enum bm_err err = bm_prov_pdu_decode(&pdu, octets, len);
			assert_int_equal(err == BM_OK, right);
			if (!right)
				assert_true(err == BM_ERR_TOO_SHORT || err == BM_ERR_TOO_LONG);
		}
	}
}

static void test_unknown_types_are_not_supported(void **state)
{
	(void)state;
	for (unsigned type = 0x0e; type <= 0xff; type++) {
		const uint8_t octets[1] = {(uint8_t)type};
		struct bm_prov_pdu pdu;
		assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 1), BM_ERR_NOT_SUPPORTED);
	}
}

static void test_start_takes_only_allowed_combinations(void **state)
{
	(void)state;
	static const struct {
		uint8_t params[5];
		bool allowed;
	} rows[] = {
		{{0, 0, 0, 0, 0}, true},  {{1, 1, 1, 0, 0}, true},  {{2, 0, 0, 0, 0}, false}, {{0, 2, 0, 0, 0}, false},
		{{0, 0, 4, 0, 0}, false}, {{0, 0, 0, 1, 0}, false}, {{0, 0, 0, 0, 1}, false}, {{0, 0, 1, 1, 0}, false},
		{{0, 0, 1, 0, 1}, false}, {{0, 0, 2, 0, 1}, true},  {{0, 0, 2, 4, 8}, true},  {{0, 0, 2, 5, 1}, false},
		{{0, 0, 2, 0, 0}, false}, {{0, 0, 2, 0, 9}, false}, {{0, 0, 3, 3, 8}, true},  {{0, 0, 3, 4, 1}, false},
		{{0, 0, 3, 0, 0}, false}, {{0, 0, 3, 0, 9}, false},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++) {
		uint8_t octets[6] = {BM_PROV_START};
		struct bm_prov_pdu pdu;
		memcpy(octets + 1, rows[i].params, 5);
		assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 6), rows[i].allowed ? BM_OK : BM_ERR_PROHIBITED);
	}
}

static void test_capabilities_out_of_range_are_prohibited(void **state)
{
	(void)state;
	struct bm_prov_pdu pdu;
	uint8_t octets[12] = {BM_PROV_CAPABILITIES, 0};
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 12), BM_ERR_PROHIBITED); /* no elements */
	octets[1] = 1;
	octets[6] = 33;
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 12), BM_ERR_PROHIBITED); /* output size */
	octets[6] = 32;
	octets[9] = 33;
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 12), BM_ERR_PROHIBITED); /* input size */
	octets[9] = 32;
	assert_int_equal(bm_prov_pdu_decode(&pdu, octets, 12), BM_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_decode_and_encode),
		cmocka_unit_test(test_fields_mean_what_the_samples_say),
		cmocka_unit_test(test_only_the_right_lengths_pass),
		cmocka_unit_test(test_unknown_types_are_not_supported),
		cmocka_unit_test(test_start_takes_only_allowed_combinations),
		cmocka_unit_test(test_capabilities_out_of_range_are_prohibited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
