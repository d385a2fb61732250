#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/control.h"
#include "pdu/lower_transport.h"
#include "pdu/net_pdu.h"
#include "support/vectors.h"

/* Calls back for each Lower Transport PDU of the sample data. */
static size_t each_lower_pdu(void (*each)(bool ctl, const uint8_t *octets, size_t len))
{
	json_t *root = vectors_load("messages.json");
	size_t count = 0;
	const char *const lists[] = {"messages", "library_variants"};
	for (size_t l = 0; l < 2; l++) {
		size_t i;
		json_t *message;
		json_array_foreach(json_object_get(root, lists[l]), i, message)
		{
			size_t n;
			json_t *pdu;
			json_array_foreach(json_object_get(message, "network"), n, pdu)
			{
				uint8_t octets[32];
				const size_t len = vectors_octets(pdu, "lower_transport_pdu", octets, sizeof octets);
				each(json_integer_value(json_object_get(pdu, "ctl")) == 1, octets, len);
				count++;
			}
		}
	}
	json_decref(root);
	return count;
}

static void there_and_back(bool ctl, const uint8_t *octets, size_t len)
{
	struct bm_lower_pdu pdu;
	uint8_t out[BM_LOWER_PDU_MAX];
	size_t out_len;
	assert_int_equal(bm_lower_decode(ctl, octets, len, &pdu), BM_OK);
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &out_len), BM_OK);
	assert_octets(out, out_len, octets, len);
}

static void test_every_sample_decodes_and_encodes_to_itself(void **state)
{
	(void)state;
	assert_int_equal(each_lower_pdu(there_and_back), 68);
}

static void cut(bool ctl, const uint8_t *octets, size_t len)
{
	/* A copy of the exact length, so that the sanitizer sees a read past the end. */
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = test_malloc(n ? n : 1);
		memcpy(copy, octets, n);
		struct bm_lower_pdu pdu;
		const enum bm_err err = bm_lower_decode(ctl, copy, n, &pdu);
		if (err == BM_OK)
			assert_true(pdu.payload + pdu.len == copy + n);
		if (n == 0)
			assert_int_equal(err, BM_ERR_TOO_SHORT);
		test_free(copy);
	}
}

static void test_truncated_pdus_are_refused_or_read_within_their_length(void **state)
{
	(void)state;
	(void)each_lower_pdu(cut);
}

static void test_segment_fields(void **state)
{
	(void)state;
	uint8_t octets[16];
	struct bm_lower_pdu pdu;
	const size_t len = hex_decode("e6a034211c01cea6", octets, sizeof octets);
	assert_int_equal(bm_lower_decode(false, octets, len, &pdu), BM_OK);
	assert_true(pdu.seg && pdu.akf && pdu.szmic);
	assert_int_equal(pdu.aid, 0x26);
	assert_int_equal(pdu.seq_zero, 0x080d);
	assert_int_equal(pdu.seg_o, 1);
	assert_int_equal(pdu.seg_n, 1);
	assert_int_equal(pdu.len, 4);
}

static void test_lengths_and_prohibited_values(void **state)
{
	(void)state;
	uint8_t octets[20] = {0};
	struct bm_lower_pdu pdu;
	/* unsegmented access: 5 to 15 octets behind the first */
	assert_int_equal(bm_lower_decode(false, octets, 5, &pdu), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_lower_decode(false, octets, 6, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(false, octets, 16, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(false, octets, 17, &pdu), BM_ERR_TOO_LONG);
	/* unsegmented control: 0 to 11 */
	assert_int_equal(bm_lower_decode(true, octets, 1, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(true, octets, 12, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(true, octets, 13, &pdu), BM_ERR_TOO_LONG);
	/* segmented access: SegO 1 of 1 may be short, SegO 0 of 1 must be full */
	octets[0] = 0x80;
	octets[3] = 1 << 5 | 1;
	assert_int_equal(bm_lower_decode(false, octets, 4, &pdu), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_lower_decode(false, octets, 5, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(false, octets, 17, &pdu), BM_ERR_TOO_LONG);
	assert_int_equal(bm_lower_decode(true, octets, 12, &pdu), BM_ERR_PROHIBITED); /* opcode 0 */
	octets[0] = 0x81;
	assert_int_equal(bm_lower_decode(true, octets, 12, &pdu), BM_OK);
	assert_int_equal(bm_lower_decode(true, octets, 13, &pdu), BM_ERR_TOO_LONG);
	octets[3] = 1;
	assert_int_equal(bm_lower_decode(false, octets, 15, &pdu), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_lower_decode(false, octets, 16, &pdu), BM_OK);
	/* SegO above SegN */
	octets[3] = 2 << 5 | 1;
	assert_int_equal(bm_lower_decode(false, octets, 16, &pdu), BM_ERR_PROHIBITED);
}

static void test_encoding_refuses_fields_out_of_range(void **state)
{
	(void)state;
	const uint8_t payload[16] = {0};
	uint8_t out[BM_LOWER_PDU_MAX];
	size_t len;
	const struct bm_lower_pdu good = {.seg = true, .seg_n = 1, .payload = payload, .len = 12};
	struct bm_lower_pdu pdu = good;
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &len), BM_OK);
	assert_int_equal(bm_lower_encode(&pdu, out, 15, &len), BM_ERR_NO_SPACE);
	pdu.len = 11;
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &len), BM_ERR_INVALID);
	pdu = good;
	pdu.seg_o = 2;
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &len), BM_ERR_INVALID);
	pdu = good;
	pdu.seq_zero = 0x2000;
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &len), BM_ERR_INVALID);
	pdu = good;
	pdu.aid = 0x40;
	assert_int_equal(bm_lower_encode(&pdu, out, sizeof out, &len), BM_ERR_INVALID);
}

static void test_network_header(void **state)
{
	(void)state;
	uint8_t octets[BM_NET_HEADER_LEN];
	struct bm_net_header header = {
		.ivi = 1, .nid = 0x68, .ctl = true, .ttl = 0x7f, .seq = 0x014835, .src = 0x2345, .dst = 0x0003};
	assert_int_equal(bm_net_header_encode(&header, octets), BM_OK);
	assert_hex(octets, sizeof octets, "e8ff01483523450003");
	struct bm_net_header back;
	assert_int_equal(bm_net_header_decode(octets, sizeof octets, &back), BM_OK);
	assert_memory_equal(&back, &header, sizeof back);
	for (size_t n = 0; n < sizeof octets; n++)
		assert_int_equal(bm_net_header_decode(octets, n, &back), BM_ERR_TOO_SHORT);
	header.seq = 0x1000000;
	assert_int_equal(bm_net_header_encode(&header, octets), BM_ERR_INVALID);
	header.seq = 0;
	header.ttl = 0x80;
	assert_int_equal(bm_net_header_encode(&header, octets), BM_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_sample_decodes_and_encodes_to_itself),
		cmocka_unit_test(test_truncated_pdus_are_refused_or_read_within_their_length),
		cmocka_unit_test(test_segment_fields),
		cmocka_unit_test(test_lengths_and_prohibited_values),
		cmocka_unit_test(test_encoding_refuses_fields_out_of_range),
		cmocka_unit_test(test_network_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
