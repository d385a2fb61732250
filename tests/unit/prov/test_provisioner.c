/*
 * The provisioner against devices that do not behave: the link is closed with reason Fail, the session is free again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/prov_pair.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct pair pair;
static struct pair_puppet puppet;
static struct bm_prov_exchange x; /* the puppet's own, as an honest device has it */
static struct bm_prov_caps caps;

static struct bm_provisioner_session *session(void)
{
	return &pair.provisioner.sessions[0];
}

static void send_value(uint8_t type, const uint8_t *octets, size_t len)
{
	uint8_t pdu[BM_PROV_PDU_MAX] = {type};
	memcpy(pdu + 1, octets, len);
	puppet_send(&puppet, pdu, len + 1);
}

static void begin(uint16_t algorithms)
{
	pair_init(&pair, 600);
	puppet_init(&puppet, &pair, PAIR_DEVICE);
	caps = (struct bm_prov_caps){.elements = 2, .algorithms = algorithms};
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
	pair_run(&pair, SECONDS(1));
	assert_true(puppet.opened);
	assert_int_equal(puppet.pdu[0], BM_PROV_INVITE);
	bm_prov_exchange_init(&x, &pair.side[PAIR_DEVICE].env, BM_PROV_SIDE_DEVICE);
	bm_prov_exchange_invite(&x, puppet.pdu + 1);
}

static void send_caps(void)
{
	const struct bm_prov_pdu pdu = {.type = BM_PROV_CAPABILITIES, .caps = caps};
	uint8_t octets[12];
	size_t len;
	assert_int_equal(bm_prov_pdu_encode(&pdu, octets, sizeof octets, &len), BM_OK);
	bm_prov_exchange_caps(&x, octets + 1);
	puppet_send(&puppet, octets, len);
}

/* The device hears Start, then the public key. */
static void exchange_caps(void)
{
	const uint8_t algorithm = caps.algorithms & BM_PROV_ALGS_HMAC ? 1 : 0;
	send_caps();
	const uint8_t start[5] = {algorithm, 0, session()->start.method, session()->start.action,
				  session()->start.size};
	pair_run(&pair, SECONDS(1));
	assert_int_equal(puppet.pdu[0], BM_PROV_PUBLIC_KEY);
	bm_prov_exchange_start(&x, start);
	assert_int_equal(bm_prov_exchange_keygen(&x), BM_OK);
	assert_int_equal(bm_prov_exchange_peer_key(&x, puppet.pdu + 1), BM_OK);
}

static void exchange_keys(void)
{
	send_value(BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_DEVICE), 64);
}

static void exchange_confirmations(void)
{
	assert_int_equal(puppet.pdu[0], BM_PROV_CONFIRMATION);
	assert_int_equal(bm_prov_exchange_peer_confirmation(&x, puppet.pdu + 1), BM_OK);
	send_value(BM_PROV_CONFIRMATION, bm_prov_exchange_confirm(&x), bm_prov_exchange_value_len(&x));
}

static void exchange_randoms(void)
{
	assert_int_equal(puppet.pdu[0], BM_PROV_RANDOM);
	assert_int_equal(bm_prov_exchange_peer_random(&x, puppet.pdu + 1), BM_OK);
	send_value(BM_PROV_RANDOM, x.random[BM_PROV_SIDE_DEVICE], bm_prov_exchange_value_len(&x));
}

static void assert_failed(enum bm_err result)
{
	const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	assert_non_null(failed);
	assert_int_equal(failed->result, result);
	assert_int_equal(failed->reason, BM_LINK_CLOSE_FAIL);
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 1);
	assert_int_equal(pair.completed, 0);
	pair_run(&pair, SECONDS(1));
	assert_true(puppet.closed);
	assert_int_equal(puppet.close_reason, BM_LINK_CLOSE_FAIL);
	assert_int_equal(session()->state, BM_PROV_SESSION_FREE);
	static const struct bm_prov_exchange nothing;
	assert_memory_equal(&session()->exchange, &nothing, sizeof nothing); /* no secret is left */
	assert_true(bm_timers_deadline(&pair.side[PAIR_PROVISIONER].env.timers) == BM_TIME_NEVER);
}

static const uint16_t algorithms[] = {BM_PROV_ALGS_CMAC, BM_PROV_ALGS_HMAC};

static void test_an_honest_puppet_gets_through(void **state)
{
	(void)state;
	static const uint8_t complete[] = {BM_PROV_COMPLETE};
	for (int i = 0; i < 2; i++) {
		struct bm_prov_session keys;
		struct bm_prov_data data;
		begin(algorithms[i]);
		exchange_caps();
		exchange_keys();
		exchange_confirmations();
		exchange_randoms();
		assert_int_equal(puppet.pdu[0], BM_PROV_DATA);
		bm_prov_exchange_session(&x, &keys);
		assert_int_equal(bm_prov_session_decrypt(&keys, puppet.pdu + 1, &data), BM_OK);
		assert_int_equal(data.addr, 0x0b0c);
		assert_int_equal(pair.completed, 0);
		puppet_send(&puppet, complete, sizeof complete);
		assert_int_equal(pair.completed, 1);
		assert_int_equal(pair.completed_elements, 2);
		assert_memory_equal(pair.provisioner_key, keys.dev_key, 16);
		assert_true(puppet.closed);
		assert_int_equal(puppet.close_reason, BM_LINK_CLOSE_SUCCESS);
		assert_int_equal(session()->state, BM_PROV_SESSION_FREE);
	}
}

static void test_hmac_is_chosen_where_both_have_it(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC);
	send_caps();
	assert_int_equal(session()->start.algorithm, BM_PROV_ALG_HMAC);
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS)->alg, BM_PROV_ALG_HMAC);
}

static void test_reflected_public_key_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(algorithms[i]);
		exchange_caps();
		send_value(BM_PROV_PUBLIC_KEY,
			   bm_prov_exchange_public_key(&session()->exchange, BM_PROV_SIDE_PROVISIONER), 64);
		assert_failed(BM_ERR_AUTH);
	}
}

/* CVE-2020-26560. */
static void test_reflected_confirmation_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(algorithms[i]);
		exchange_caps();
		exchange_keys();
		assert_int_equal(puppet.pdu[0], BM_PROV_CONFIRMATION);
		uint8_t theirs[32];
		memcpy(theirs, puppet.pdu + 1, puppet.len - 1);
		send_value(BM_PROV_CONFIRMATION, theirs, puppet.len - 1);
		assert_failed(BM_ERR_AUTH);
	}
}

static void test_reflected_random_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(algorithms[i]);
		exchange_caps();
		exchange_keys();
		exchange_confirmations();
		assert_int_equal(puppet.pdu[0], BM_PROV_RANDOM);
		uint8_t theirs[32];
		memcpy(theirs, puppet.pdu + 1, puppet.len - 1);
		send_value(BM_PROV_RANDOM, theirs, puppet.len - 1);
		assert_failed(BM_ERR_AUTH);
	}
}

static void test_random_that_does_not_fit_is_refused_and_no_data_is_sent(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(algorithms[i]);
		exchange_caps();
		exchange_keys();
		exchange_confirmations();
		x.random[BM_PROV_SIDE_DEVICE][3] ^= 4;
		exchange_randoms();
		assert_int_not_equal(puppet.pdu[0], BM_PROV_DATA);
		assert_failed(BM_ERR_AUTH);
	}
}

static void test_point_off_the_curve_is_refused(void **state)
{
	(void)state;
	uint8_t key[64];
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	memcpy(key, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_DEVICE), 64);
	key[40] ^= 1;
	send_value(BM_PROV_PUBLIC_KEY, key, 64);
	assert_failed(BM_ERR_AUTH);
}

/* CVE-2023-4258. */
static void test_public_key_in_band_after_oob_public_key_was_chosen_fails_on_that_pdu(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t key[64];
		begin(algorithms[i]);
		/* The puppet's pair, made early: its public half is what the provisioner was told. */
		assert_int_equal(bm_prov_exchange_keygen(&x), BM_OK);
		memcpy(key, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_DEVICE), sizeof key);
		session()->params.public_key = memcpy(session()->public_key, key, sizeof key);
		caps.public_key_type = BM_PROV_PUBLIC_KEY_OOB;
		send_caps();
		assert_int_equal(session()->start.public_key, 1);
		assert_int_equal(session()->state, BM_PROV_SESSION_CONFIRMATION); /* it did not wait for a key */
		send_value(BM_PROV_PUBLIC_KEY, key, sizeof key);
		assert_failed(BM_ERR_PROHIBITED);
	}
}

static void test_complete_before_data_is_refused(void **state)
{
	(void)state;
	static const uint8_t complete[] = {BM_PROV_COMPLETE};
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	puppet_send(&puppet, complete, sizeof complete);
	assert_failed(BM_ERR_PROHIBITED);
}

static void test_failed_of_the_device_is_reported(void **state)
{
	(void)state;
	static const uint8_t failed[] = {BM_PROV_FAILED, BM_PROV_ERR_OUT_OF_RESOURCES};
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	puppet_send(&puppet, failed, sizeof failed);
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->error,
			 BM_PROV_ERR_OUT_OF_RESOURCES);
	assert_failed(BM_ERR_CANCELLED);
}

static void test_capabilities_that_mean_nothing_are_refused(void **state)
{
	(void)state;
	static const uint8_t none[12] = {BM_PROV_CAPABILITIES};
	begin(0);
	puppet_send(&puppet, none, sizeof none); /* no elements */
	assert_failed(BM_ERR_PROHIBITED);
	begin(0x0004); /* an algorithm nobody knows */
	send_caps();
	assert_failed(BM_ERR_NOT_SUPPORTED);
	begin(BM_PROV_ALGS_CMAC);
	caps.oob_type = 0x02; /* only OOB, and none offered */
	send_caps();
	assert_failed(BM_ERR_NOT_SUPPORTED);
}

/* Every type at every length as the answer to Invite. */
static void test_any_answer_but_the_awaited_one_ends_the_attempt(void **state)
{
	(void)state;
	for (uint8_t type = 0; type < 16; type++) {
		for (size_t len = 1; len <= 65; len += type == BM_PROV_CAPABILITIES ? 1 : 8) {
			uint8_t pdu[65] = {type};
			begin(0);
			puppet_send(&puppet, pdu, len);
			pair_run(&pair, SECONDS(1));
			assert_int_equal(session()->state, BM_PROV_SESSION_FREE);
			assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 1);
			assert_true(puppet.closed);
		}
	}
}

static void test_link_closed_by_the_device_ends_the_attempt(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	const struct bm_pb_adv close = {.link_id = puppet.link_id,
					.gpcf = BM_GP_CONTROL,
					.opcode = BM_BEARER_LINK_CLOSE,
					.reason = BM_LINK_CLOSE_FAIL};
	puppet_send_raw(&puppet, &close);
	const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	assert_non_null(failed);
	assert_int_equal(failed->result, BM_ERR_CANCELLED);
	assert_int_equal(session()->state, BM_PROV_SESSION_FREE);
}

static const uint8_t says_failed[] = {BM_PROV_FAILED, BM_PROV_ERR_DECRYPTION_FAILED};

/* The device has everything a node needs, and what ends the attempt is not authenticated. */
static void test_a_device_that_may_have_the_data_keeps_its_key(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct bm_prov_session keys;
		begin(BM_PROV_ALGS_HMAC);
		exchange_caps();
		exchange_keys();
		exchange_confirmations();
		exchange_randoms();
		bm_prov_exchange_session(&x, &keys);
		if (how == 0)
			pair_run(&pair, SECONDS(61));
		else if (how == 1)
			puppet_send(&puppet, says_failed, sizeof says_failed);
		else
			bm_provisioner_cancel(&pair.provisioner, pair.params.uuid);
		const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
		assert_non_null(failed);
		assert_true(failed->data_may_be_out);
		assert_int_equal(failed->addr, 0x0b0c);
		assert_int_equal(failed->elements, 2);
		assert_int_equal(pair.completed, 1);
		assert_int_equal(pair.completed_addr, 0x0b0c);
		assert_memory_equal(pair.provisioner_key, keys.dev_key, 16);
		assert_int_equal(session()->state, BM_PROV_SESSION_FREE);
		static const uint8_t nothing[16];
		assert_memory_equal(session()->dev_key, nothing, sizeof nothing);
	}
}

static void test_before_the_data_no_device_can_have_it(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	exchange_keys();
	exchange_confirmations();
	puppet_send(&puppet, says_failed, sizeof says_failed);
	assert_false(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->data_may_be_out);
	assert_failed(BM_ERR_CANCELLED);
}

static void test_a_node_that_is_reset_keeps_no_key_of_a_device(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	exchange_caps();
	exchange_keys();
	exchange_confirmations();
	exchange_randoms();
	bm_provisioner_reset(&pair.provisioner);
	assert_false(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->data_may_be_out);
	assert_failed(BM_ERR_CANCELLED);
}

static void test_addresses_beyond_the_unicast_range_are_not_given(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	session()->params.addr = 0x7fff; /* and the device has two elements */
	send_caps();
	assert_failed(BM_ERR_INVALID);
}

static void test_a_device_that_gets_no_address_when_its_elements_are_known_is_refused(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	assert_int_equal(bm_provisioner_addr(&pair.provisioner, session()->params.uuid, 0x0100), BM_ERR_STATE);
	session()->params.addr = BM_ADDR_UNASSIGNED;
	assert_int_equal(bm_provisioner_addr(&pair.provisioner, session()->params.uuid, 0x0100), BM_ERR_STATE);
	send_caps();
	assert_failed(BM_ERR_INVALID);
	assert_int_equal(puppet.received, 1);
}

static void test_addresses_that_are_taken_are_not_given(void **state)
{
	(void)state;
	static const enum bm_err results[] = {BM_ERR_EXISTS, BM_ERR_NO_SPACE};
	for (size_t i = 0; i < BM_ARRAY_LEN(results); i++) {
		begin(BM_PROV_ALGS_HMAC);
		pair.room_result = results[i];
		send_caps();
		assert_failed(results[i]);
		assert_int_equal(pair.room_elements, 2);
		assert_int_equal(puppet.received, 1); /* nothing came after Invite: no Start, and above all no Data */
	}
}

static void test_addresses_of_an_attempt_under_way_are_not_given(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	struct bm_provisioner_session *other = &pair.provisioner.sessions[1];
	other->state = BM_PROV_SESSION_CONFIRMATION;
	other->elements = 1;
	other->params.addr = (uint16_t)(session()->params.addr + 1);
	send_caps();
	other->state = BM_PROV_SESSION_FREE;
	assert_failed(BM_ERR_EXISTS);
	/* Beside it, it counts as one that needs room. */
	begin(BM_PROV_ALGS_HMAC);
	other->state = BM_PROV_SESSION_CONFIRMATION;
	other->elements = 1;
	other->params.addr = (uint16_t)(session()->params.addr + 2);
	send_caps();
	other->state = BM_PROV_SESSION_FREE;
	assert_int_equal(session()->state, BM_PROV_SESSION_PUBLIC_KEY);
	assert_int_equal(pair.room_others, 1);
}

static void test_oob_value_is_taken_only_when_asked_for_and_if_it_fits(void **state)
{
	(void)state;
	const struct bm_oob_value good = {.number = 5}, big = {.number = 10}, text = {.is_text = true, .text = "5"};
	static const uint8_t other[16] = {1};
	begin(BM_PROV_ALGS_HMAC);
	pair.answer_oob = false;
	caps.output_size = 1;
	caps.output_actions = 1 << BM_PROV_BLINK;
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &good), BM_ERR_STATE);
	exchange_caps();
	exchange_keys();
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_ENTER_OOB), 1);
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, other, &good), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &big), BM_ERR_INVALID);
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &text), BM_ERR_INVALID);
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &good), BM_OK);
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &good), BM_ERR_STATE);
}

/* Newer devices offer values of up to 32 digits. */
static void test_of_longer_oob_values_than_we_know_a_shorter_one_is_chosen(void **state)
{
	(void)state;
	begin(BM_PROV_ALGS_HMAC);
	caps.output_size = 32;
	caps.output_actions = 1 << BM_PROV_OUTPUT_NUMERIC;
	exchange_caps();
	assert_int_equal(session()->start.size, 8);
	begin(BM_PROV_ALGS_HMAC);
	caps.input_size = 9;
	caps.input_actions = 1 << BM_PROV_INPUT_TEXT;
	exchange_caps();
	assert_int_equal(session()->start.size, 8);
	begin(BM_PROV_ALGS_HMAC);
	caps.output_size = 33;
	send_caps();
	assert_failed(BM_ERR_PROHIBITED);
}

static void test_beacons_tell_of_devices_and_malformed_ones_are_counted(void **state)
{
	(void)state;
	uint8_t beacon[30] = {0};
	pair_init(&pair, 601);
	for (size_t len = 0; len <= sizeof beacon; len++)
		bm_provisioner_receive_beacon(&pair.provisioner, beacon, len, -1);
	assert_int_equal(pair.side[PAIR_PROVISIONER].env.counters.drop[BM_DROP_MALFORMED], 31 - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_puppet_gets_through),
		cmocka_unit_test(test_hmac_is_chosen_where_both_have_it),
		cmocka_unit_test(test_reflected_public_key_is_refused),
		cmocka_unit_test(test_reflected_confirmation_is_refused),
		cmocka_unit_test(test_reflected_random_is_refused),
		cmocka_unit_test(test_random_that_does_not_fit_is_refused_and_no_data_is_sent),
		cmocka_unit_test(test_point_off_the_curve_is_refused),
		cmocka_unit_test(test_public_key_in_band_after_oob_public_key_was_chosen_fails_on_that_pdu),
		cmocka_unit_test(test_complete_before_data_is_refused),
		cmocka_unit_test(test_failed_of_the_device_is_reported),
		cmocka_unit_test(test_capabilities_that_mean_nothing_are_refused),
		cmocka_unit_test(test_any_answer_but_the_awaited_one_ends_the_attempt),
		cmocka_unit_test(test_link_closed_by_the_device_ends_the_attempt),
		cmocka_unit_test(test_a_device_that_may_have_the_data_keeps_its_key),
		cmocka_unit_test(test_before_the_data_no_device_can_have_it),
		cmocka_unit_test(test_a_node_that_is_reset_keeps_no_key_of_a_device),
		cmocka_unit_test(test_addresses_beyond_the_unicast_range_are_not_given),
		cmocka_unit_test(test_addresses_that_are_taken_are_not_given),
		cmocka_unit_test(test_a_device_that_gets_no_address_when_its_elements_are_known_is_refused),
		cmocka_unit_test(test_addresses_of_an_attempt_under_way_are_not_given),
		cmocka_unit_test(test_oob_value_is_taken_only_when_asked_for_and_if_it_fits),
		cmocka_unit_test(test_of_longer_oob_values_than_we_know_a_shorter_one_is_chosen),
		cmocka_unit_test(test_beacons_tell_of_devices_and_malformed_ones_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
