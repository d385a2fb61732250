/*
 * PB-ADV PDUs against the sample transcripts both ways, the FCS, and what must be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/pb_adv.h"
#include "support/vectors.h"

static void assert_reencodes(const struct bm_pb_adv *pdu, const uint8_t *octets, size_t len)
{
	uint8_t again[BM_PB_ADV_MAX];
	size_t again_len;
	assert_int_equal(bm_pb_adv_encode(pdu, again, sizeof again, &again_len), BM_OK);
	assert_octets(again, again_len, octets, len);
}

/* The segments of a sample carry the provisioning PDU of the sample, and it cuts into these segments. */
static void check_segments(const json_t *entry, uint32_t link_id, uint8_t transaction)
{
	uint8_t whole[256], joined[256] = {0};
	size_t i, len = vectors_octets(entry, "provisioning_pdu", whole, sizeof whole);
	json_t *pdus = json_object_get(entry, "pb_adv_pdus"), *hex;
	assert_int_equal(json_array_size(pdus), bm_pb_adv_seg_n(len) + 1);
	assert_int_equal(bm_pb_adv_fcs(whole, len), vectors_hex(entry, "fcs"));
	json_array_foreach(pdus, i, hex)
	{
		uint8_t octets[BM_PB_ADV_MAX];
		struct bm_pb_adv pdu;
		const size_t octets_len = hex_decode(json_string_value(hex), octets, sizeof octets);
		assert_int_equal(bm_pb_adv_decode(&pdu, octets, octets_len), BM_OK);
		assert_int_equal(pdu.link_id, link_id);
		assert_int_equal(pdu.transaction, transaction);
		assert_int_equal(pdu.gpcf, i == 0 ? BM_GP_START : BM_GP_CONTINUATION);
		if (i == 0) {
			assert_int_equal(pdu.seg_n, bm_pb_adv_seg_n(len));
			assert_int_equal(pdu.total_len, len);
			assert_int_equal(pdu.fcs, vectors_hex(entry, "fcs"));
		} else {
			assert_int_equal(pdu.seg_index, i);
		}
		assert_int_equal(pdu.data_len, bm_pb_adv_seg_len(len, (uint8_t)i));
		memcpy(joined + bm_pb_adv_seg_offset((uint8_t)i), pdu.data, pdu.data_len);
		assert_reencodes(&pdu, octets, octets_len);
	}
	assert_octets(joined, len, whole, len);
}

static void check_control(const json_t *step, const struct bm_pb_adv *pdu)
{
	uint8_t params[16];
	const size_t len = vectors_octets(step, "parameters", params, sizeof params);
	assert_int_equal(pdu->gpcf, BM_GP_CONTROL);
	assert_int_equal(pdu->opcode, vectors_hex(step, "bearer_opcode"));
	if (pdu->opcode == BM_BEARER_LINK_OPEN)
		assert_octets(pdu->uuid, 16, params, len);
	else if (pdu->opcode == BM_BEARER_LINK_CLOSE)
		assert_int_equal(pdu->reason, params[0]);
}

static void test_the_transcript_decodes_and_encodes(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	const json_t *transcript = json_object_get(root, "pb_adv_transcript");
	const uint32_t link_id = vectors_hex(transcript, "link_id");
	json_t *step;
	size_t i;
	assert_int_equal(json_array_size(json_object_get(transcript, "steps")), 25);
	json_array_foreach(json_object_get(transcript, "steps"), i, step)
	{
		const char *kind = json_string_value(json_object_get(step, "kind"));
		if (strcmp(kind, "provisioning") == 0) {
			check_segments(step, link_id, (uint8_t)vectors_hex(step, "transaction"));
			continue;
		}
		const char *hex = json_string_value(json_array_get(json_object_get(step, "pb_adv_pdus"), 0));
		uint8_t octets[BM_PB_ADV_MAX];
		struct bm_pb_adv pdu;
		const size_t len = hex_decode(hex, octets, sizeof octets);
		assert_int_equal(bm_pb_adv_decode(&pdu, octets, len), BM_OK);
		assert_int_equal(pdu.link_id, link_id);
		assert_int_equal(pdu.transaction, vectors_hex(step, "transaction"));
		if (strcmp(kind, "transaction_ack") == 0)
			assert_int_equal(pdu.gpcf, BM_GP_ACK);
		else
			check_control(step, &pdu);
		assert_reencodes(&pdu, octets, len);
	}
	const json_t *exchanges = json_object_get(json_object_get(root, "record_retrieval"), "exchanges");
	assert_int_equal(json_array_size(exchanges), 4);
	json_array_foreach(exchanges, i, step)
		check_segments(step, vectors_hex(step, "link_id"), (uint8_t)vectors_hex(step, "transaction"));
	json_decref(root);
}

static void test_control_and_ack_of_a_wrong_length_are_refused(void **state)
{
	(void)state;
	static const char *const pdus[] = {
		"23af5850000370cf7c9732a345b691494810d2e9cbf4",
		"23af58500007",
		"23af5850000b00",
		"23af58500001",
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(pdus); i++) {
		uint8_t octets[BM_PB_ADV_MAX + 1] = {0};
		struct bm_pb_adv pdu;
		const size_t len = hex_decode(pdus[i], octets, sizeof octets);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(bm_pb_adv_decode(&pdu, octets, cut), BM_ERR_TOO_SHORT);
		assert_int_equal(bm_pb_adv_decode(&pdu, octets, len + 1), BM_ERR_TOO_LONG);
	}
}

static void test_segments_hold_one_octet_to_what_fits(void **state)
{
	(void)state;
	for (uint8_t gpcf = BM_GP_START; gpcf <= BM_GP_CONTINUATION; gpcf += 2) {
		const size_t header = gpcf == BM_GP_START ? 9 : 6;
		const size_t max = gpcf == BM_GP_START ? 20 : 23;
		for (size_t len = 0; len <= 40; len++) {
			uint8_t octets[40] = {0, 0, 0, 1, 0, (uint8_t)(1 << 2 | gpcf)};
			struct bm_pb_adv pdu;
			const enum bm_err err = bm_pb_adv_decode(&pdu, octets, len);
			if (len <= header)
				assert_int_equal(err, BM_ERR_TOO_SHORT);
			else if (len > header + max)
				assert_int_equal(err, BM_ERR_TOO_LONG);
			else
				assert_int_equal(err, BM_OK);
			if (!err)
				assert_int_equal(pdu.data_len, len - header);
		}
	}
}

static void test_prohibited_values_are_refused(void **state)
{
	(void)state;
	struct bm_pb_adv pdu;
	for (unsigned first = 0; first <= 0xff; first++) {
		uint8_t octets[22] = {0, 0, 0, 1, 0, (uint8_t)first};
		const enum bm_err err = bm_pb_adv_decode(&pdu, octets, 6);
		if ((first & 3) == BM_GP_ACK)
			assert_int_equal(err, first == BM_GP_ACK ? BM_OK : BM_ERR_PROHIBITED);
		else if ((first & 3) == BM_GP_CONTROL && first >> 2 > BM_BEARER_LINK_CLOSE)
			assert_int_equal(err, BM_ERR_PROHIBITED);
	}
}

static void test_encode_refuses_a_short_buffer(void **state)
{
	(void)state;
	static const uint8_t uuid[16];
	const struct bm_pb_adv pdu = {.gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_OPEN, .uuid = uuid};
	uint8_t out[22];
	size_t len;
	for (size_t capacity = 0; capacity < 22; capacity++)
		assert_int_equal(bm_pb_adv_encode(&pdu, out, capacity, &len), BM_ERR_NO_SPACE);
	assert_int_equal(bm_pb_adv_encode(&pdu, out, 22, &len), BM_OK);
}

static void test_segments_tile_every_length(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 20 + 63 * 23; len++) {
		const uint8_t seg_n = bm_pb_adv_seg_n(len);
		size_t sum = 0;
		for (uint8_t i = 0; i <= seg_n; i++) {
			assert_int_equal(bm_pb_adv_seg_offset(i), sum);
			assert_in_range(bm_pb_adv_seg_len(len, i), 1, i ? 23 : 20);
			sum += bm_pb_adv_seg_len(len, i);
		}
		assert_int_equal(sum, len);
		assert_int_equal(bm_pb_adv_seg_len(len, (uint8_t)(seg_n + 1)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_transcript_decodes_and_encodes),
		cmocka_unit_test(test_control_and_ack_of_a_wrong_length_are_refused),
		cmocka_unit_test(test_segments_hold_one_octet_to_what_fits),
		cmocka_unit_test(test_prohibited_values_are_refused),
		cmocka_unit_test(test_encode_refuses_a_short_buffer),
		cmocka_unit_test(test_segments_tile_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
