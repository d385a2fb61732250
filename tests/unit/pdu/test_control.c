#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/control.h"
#include "support/vectors.h"

/* Decodes the parameters of a control message and encodes what was understood. Returns the octets written. */
static size_t again(uint8_t opcode, const uint8_t *params, size_t len, uint8_t *out, size_t capacity, enum bm_err *err)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	union {
		struct bm_segment_ack ack;
		struct bm_friend_poll poll;
		struct bm_friend_update update;
		struct bm_friend_request request;
		struct bm_friend_offer offer;
		struct bm_friend_clear clear;
		struct bm_friend_list list;
		struct bm_friend_list_confirm confirm;
		struct bm_heartbeat heartbeat;
	} u;
	switch (opcode) {
	case BM_CTL_SEGMENT_ACK:
		*err = bm_segment_ack_decode(params, len, &u.ack);
		bm_segment_ack_put(&w, &u.ack);
		break;
	case BM_CTL_FRIEND_POLL:
		*err = bm_friend_poll_decode(params, len, &u.poll);
		bm_friend_poll_put(&w, &u.poll);
		break;
	case BM_CTL_FRIEND_UPDATE:
		*err = bm_friend_update_decode(params, len, &u.update);
		bm_friend_update_put(&w, &u.update);
		break;
	case BM_CTL_FRIEND_REQUEST:
		*err = bm_friend_request_decode(params, len, &u.request);
		bm_friend_request_put(&w, &u.request);
		break;
	case BM_CTL_FRIEND_OFFER:
		*err = bm_friend_offer_decode(params, len, &u.offer);
		bm_friend_offer_put(&w, &u.offer);
		break;
	case BM_CTL_FRIEND_CLEAR:
	case BM_CTL_FRIEND_CLEAR_CONFIRM:
		*err = bm_friend_clear_decode(params, len, &u.clear);
		bm_friend_clear_put(&w, &u.clear);
		break;
	case BM_CTL_FRIEND_LIST_ADD:
	case BM_CTL_FRIEND_LIST_REMOVE:
		*err = bm_friend_list_decode(params, len, &u.list);
		bm_friend_list_put(&w, &u.list);
		break;
	case BM_CTL_FRIEND_LIST_CONFIRM:
		*err = bm_friend_list_confirm_decode(params, len, &u.confirm);
		bm_friend_list_confirm_put(&w, &u.confirm);
		break;
	case BM_CTL_HEARTBEAT:
		*err = bm_heartbeat_decode(params, len, &u.heartbeat);
		bm_heartbeat_put(&w, &u.heartbeat);
		break;
	default:
		*err = BM_ERR_NOT_SUPPORTED;
		break;
	}
	size_t written;
	assert_int_equal(bm_writer_finish(&w, &written), BM_OK);
	return written;
}

/* Also every shorter and one longer form of it: none is taken for good. */
static void check(uint8_t opcode, const uint8_t *params, size_t len)
{
	uint8_t out[32];
	enum bm_err err;
	const size_t written = again(opcode, params, len, out, sizeof out, &err);
	assert_int_equal(err, BM_OK);
	assert_octets(out, written, params, len);
	const bool list = opcode == BM_CTL_FRIEND_LIST_ADD || opcode == BM_CTL_FRIEND_LIST_REMOVE;
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = test_malloc(n ? n : 1);
		memcpy(copy, params, n);
		(void)again(opcode, copy, n, out, sizeof out, &err);
		/* A list of addresses may end after each of them. */
		if (!list || n < 3 || n % 2 == 0)
			assert_int_equal(err, BM_ERR_TOO_SHORT);
		test_free(copy);
	}
	uint8_t longer[32] = {0};
	memcpy(longer, params, len);
	(void)again(opcode, longer, len + 1, out, sizeof out, &err);
	assert_true(err == BM_ERR_TOO_LONG || (list && err == BM_ERR_TOO_SHORT));
}

static void test_samples_decode_and_encode_to_themselves(void **state)
{
	(void)state;
	json_t *root = vectors_load("messages.json");
	size_t i, count = 0;
	json_t *message;
	json_array_foreach(json_object_get(root, "messages"), i, message)
	{
		uint8_t octets[32];
		const json_t *pdu = json_array_get(json_object_get(message, "network"), 0);
		if (json_integer_value(json_object_get(pdu, "ctl")) == 0)
			continue;
		const size_t len = vectors_octets(pdu, "lower_transport_pdu", octets, sizeof octets);
		if (octets[0] > BM_CTL_HEARTBEAT)
			continue; /* directed forwarding */
		check(octets[0], octets + 1, len - 1);
		count++;
	}
	json_decref(root);
	assert_int_equal(count, 10);
}

static void check_hex(uint8_t opcode, const char *hex)
{
	uint8_t octets[16];
	check(opcode, octets, hex_decode(hex, octets, sizeof octets));
}

static void test_layouts_without_samples(void **state)
{
	(void)state;
	check_hex(BM_CTL_FRIEND_CLEAR, "12010003");
	check_hex(BM_CTL_FRIEND_CLEAR_CONFIRM, "12010003");
	check_hex(BM_CTL_FRIEND_LIST_ADD, "05c105b529");
	check_hex(BM_CTL_FRIEND_LIST_REMOVE, "07c105c106c107c108c109");
	check_hex(BM_CTL_FRIEND_LIST_CONFIRM, "05");
	check_hex(BM_CTL_HEARTBEAT, "7f000f");
}

static void test_fields_of_the_samples(void **state)
{
	(void)state;
	uint8_t octets[16];
	struct bm_friend_request request;
	size_t len = hex_decode("4b50057e400000010000", octets, sizeof octets);
	assert_int_equal(bm_friend_request_decode(octets, len, &request), BM_OK);
	assert_int_equal(request.rssi_factor, 2);
	assert_int_equal(request.receive_window_factor, 1);
	assert_int_equal(request.min_queue_size_log, 3);
	assert_int_equal(request.receive_delay, 0x50);
	assert_int_equal(request.poll_timeout, 0x057e40);
	assert_int_equal(request.num_elements, 1);
	struct bm_friend_offer offer;
	len = hex_decode("320308ba072f", octets, sizeof octets);
	assert_int_equal(bm_friend_offer_decode(octets, len, &offer), BM_OK);
	assert_int_equal(offer.rssi, -70);
	assert_int_equal(offer.friend_counter, 0x072f);
	struct bm_segment_ack ack;
	len = hex_decode("a6ac00000002", octets, sizeof octets);
	assert_int_equal(bm_segment_ack_decode(octets, len, &ack), BM_OK);
	assert_true(ack.obo);
	assert_int_equal(ack.seq_zero, 0x09ab);
	assert_int_equal(ack.block_ack, 2);
}

static void prohibited(uint8_t opcode, const char *hex)
{
	uint8_t octets[16];
	uint8_t out[32];
	enum bm_err err;
	(void)again(opcode, octets, hex_decode(hex, octets, sizeof octets), out, sizeof out, &err);
	assert_int_equal(err, BM_ERR_PROHIBITED);
}

static void test_prohibited_values(void **state)
{
	(void)state;
	prohibited(BM_CTL_FRIEND_POLL, "02");
	prohibited(BM_CTL_FRIEND_UPDATE, "001234567802");
	prohibited(BM_CTL_FRIEND_REQUEST, "4850057e400000010000"); /* MinQueueSizeLog 0 */
	prohibited(BM_CTL_FRIEND_REQUEST, "4b09057e400000010000"); /* ReceiveDelay */
	prohibited(BM_CTL_FRIEND_REQUEST, "4b5034bc000000010000"); /* PollTimeout */
	prohibited(BM_CTL_FRIEND_REQUEST, "4b50057e400000000000"); /* NumElements 0 */
	prohibited(BM_CTL_FRIEND_REQUEST, "4b50057e40c000010000"); /* PreviousAddress */
	prohibited(BM_CTL_FRIEND_OFFER, "000308ba072f");
	prohibited(BM_CTL_FRIEND_CLEAR, "80010003");
	prohibited(BM_CTL_FRIEND_LIST_ADD, "051201");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples_decode_and_encode_to_themselves),
		cmocka_unit_test(test_layouts_without_samples),
		cmocka_unit_test(test_fields_of_the_samples),
		cmocka_unit_test(test_prohibited_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
