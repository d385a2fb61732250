/*
 * The device against provisioners that do not behave: each is answered with the right Failed code, and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/prov_puppet.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

/* The attempt is over with this code, no later PDU helps it, and the device can be provisioned afterwards. */
static void assert_failed(enum bm_prov_error error)
{
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN] = {0};
	assert_int_equal(puppet.failed, error);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_PROV_FAILED)->error, error);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_FAILED);
	send_value(BM_PROV_DATA, encrypted, sizeof encrypted);
	assert_int_equal(puppet.failed, BM_PROV_ERR_UNEXPECTED_PDU);
	puppet_send(&puppet, invite, sizeof invite);
	assert_int_equal(puppet.failed, BM_PROV_ERR_UNEXPECTED_PDU);
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_PROV_FAILED), 1);
	assert_int_equal(pair.provisioned, 0);
	pair_run(&pair, SECONDS(12));
	assert_true(puppet.closed);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	pair.filter = NULL;
	pair.find_devices = true;
	pair.params.static_oob = pair.device.config.static_oob;
	pair.params.static_oob_len = pair.device.config.static_oob_len;
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair.provisioned, 1);
}

static void test_an_honest_puppet_gets_through(void **state)
{
	(void)state;
	for (uint8_t alg = 0; alg < 2; alg++) {
		uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN];
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		exchange_keys();
		exchange_confirmations();
		exchange_randoms();
		encrypt_data(encrypted);
		send_value(BM_PROV_DATA, encrypted, sizeof encrypted);
		assert_int_equal(puppet.pdu[0], BM_PROV_COMPLETE);
		assert_int_equal(pair.provisioned, 1);
		assert_int_equal(puppet.failed, 0);
		/* The provisioner never closes: the device does. */
		pair_run(&pair, SECONDS(12));
		assert_true(puppet.closed);
		assert_int_equal(puppet.close_reason, BM_LINK_CLOSE_SUCCESS);
		assert_int_equal(pair.device.state, BM_PROV_DEVICE_OFF);
	}
}

static void test_reflected_public_key_is_refused(void **state)
{
	(void)state;
	for (uint8_t alg = 0; alg < 2; alg++) {
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		send_value(BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&pair.exchange, BM_PROV_SIDE_DEVICE), 64);
		assert_failed(BM_PROV_ERR_INVALID_FORMAT);
	}
}

/* CVE-2020-26560. */
static void test_reflected_confirmation_is_refused(void **state)
{
	(void)state;
	for (uint8_t alg = 0; alg < 2; alg++) {
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		exchange_keys();
		struct bm_prov_exchange theirs = pair.exchange;
		send_value(BM_PROV_CONFIRMATION, bm_prov_exchange_confirm(&theirs),
			   bm_prov_exchange_value_len(&theirs));
		assert_failed(BM_PROV_ERR_CONFIRMATION_FAILED);
	}
}

static void test_reflected_random_is_refused(void **state)
{
	(void)state;
	for (uint8_t alg = 0; alg < 2; alg++) {
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		exchange_keys();
		exchange_confirmations();
		send_value(BM_PROV_RANDOM, pair.exchange.random[BM_PROV_SIDE_DEVICE], bm_prov_exchange_value_len(&x));
		assert_failed(BM_PROV_ERR_CONFIRMATION_FAILED);
	}
}

/* CVE-2020-26556. */
static void test_confirmation_is_checked_before_the_random_is_told(void **state)
{
	(void)state;
	for (uint8_t alg = 0; alg < 2; alg++) {
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		exchange_keys();
		exchange_confirmations();
		x.random[BM_PROV_SIDE_PROVISIONER][0] ^= 1;
		const int received = puppet.received;
		send_value(BM_PROV_RANDOM, x.random[BM_PROV_SIDE_PROVISIONER], bm_prov_exchange_value_len(&x));
		assert_int_equal(puppet.received, received + 1);
		assert_int_equal(puppet.pdu[0], BM_PROV_FAILED);
		assert_failed(BM_PROV_ERR_CONFIRMATION_FAILED);
	}
}

static void test_data_before_the_confirmation_is_unexpected(void **state)
{
	(void)state;
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN] = {0};
	begin();
	exchange_invite();
	exchange_start(1, BM_PROV_NO_OOB, 0, 0);
	exchange_keys();
	exchange_confirmations();
	send_value(BM_PROV_DATA, encrypted, sizeof encrypted);
	assert_failed(BM_PROV_ERR_UNEXPECTED_PDU);
}

static void test_data_that_does_not_decrypt_is_refused(void **state)
{
	(void)state;
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN];
	begin();
	exchange_invite();
	exchange_start(1, BM_PROV_NO_OOB, 0, 0);
	exchange_keys();
	exchange_confirmations();
	exchange_randoms();
	encrypt_data(encrypted);
	encrypted[32] ^= 0x80;
	send_value(BM_PROV_DATA, encrypted, sizeof encrypted);
	assert_failed(BM_PROV_ERR_DECRYPTION_FAILED);
}

static void test_point_off_the_curve_is_refused(void **state)
{
	(void)state;
	uint8_t key[64];
	begin();
	exchange_invite();
	exchange_start(0, BM_PROV_NO_OOB, 0, 0);
	memcpy(key, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_PROVISIONER), 64);
	key[63] ^= 1;
	send_value(BM_PROV_PUBLIC_KEY, key, 64);
	assert_failed(BM_PROV_ERR_INVALID_FORMAT);
	begin();
	exchange_invite();
	exchange_start(0, BM_PROV_NO_OOB, 0, 0);
	memset(key, 0, sizeof key);
	send_value(BM_PROV_PUBLIC_KEY, key, 64);
	assert_failed(BM_PROV_ERR_INVALID_FORMAT);
}

/* CVE-2023-4258: what a device is told of its own key in the link is no key of a provisioner. */
static void test_public_key_in_band_after_oob_public_key_was_chosen_fails_on_that_pdu(void **state)
{
	(void)state;
	static const uint8_t private_key[32] = {9, 8, 7};
	const uint8_t start[] = {BM_PROV_START, 0, 1, 0, 0, 0};
	for (int second = 0; second < 2; second++) {
		struct bm_prov_device_config config = pair_device_config();
		config.private_key = private_key;
		begin_with(&config);
		exchange_invite();
		assert_int_equal(puppet.pdu[4], 1);
		bm_prov_exchange_start(&x, start + 1);
		assert_int_equal(bm_prov_exchange_keygen(&x), BM_OK);
		puppet_send(&puppet, start, sizeof start);
		assert_int_equal(pair.device.state, BM_PROV_DEVICE_PUBLIC_KEY);
		if (second) { /* after the provisioner's own */
			send_value(BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&x, BM_PROV_SIDE_PROVISIONER), 64);
			assert_int_equal(puppet.failed, 0);
			assert_int_equal(pair.device.state, BM_PROV_DEVICE_CONFIRMATION);
		}
		send_value(BM_PROV_PUBLIC_KEY, bm_prov_exchange_public_key(&pair.exchange, BM_PROV_SIDE_DEVICE), 64);
		assert_failed(second ? BM_PROV_ERR_UNEXPECTED_PDU : BM_PROV_ERR_INVALID_FORMAT);
	}
}

/* CVE-2020-26559. */
static void test_hmac_only_policy_refuses_algorithm_0(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.algorithms = BM_PROV_ALGS_HMAC;
	begin_with(&config);
	exchange_invite();
	exchange_start(0, BM_PROV_NO_OOB, 0, 0);
	assert_failed(BM_PROV_ERR_INVALID_FORMAT);
}

static void test_require_auth_refuses_no_oob(void **state)
{
	(void)state;
	static const uint8_t secret[16] = {9};
	struct bm_prov_device_config config = pair_device_config();
	config.require_auth = true;
	config.static_oob = secret;
	config.static_oob_len = sizeof secret;
	begin_with(&config);
	exchange_invite();
	assert_int_equal(puppet.pdu[5], 0x03); /* static OOB, and only OOB authenticated provisioning */
	exchange_start(0, BM_PROV_NO_OOB, 0, 0);
	assert_failed(BM_PROV_ERR_INVALID_FORMAT);
}

static void test_start_beyond_what_was_offered_is_refused(void **state)
{
	(void)state;
	static const uint8_t starts[][6] = {
		{BM_PROV_START, 0, 1, BM_PROV_NO_OOB, 0, 0},
		{BM_PROV_START, 0, 0, BM_PROV_STATIC_OOB, 0, 0},
		{BM_PROV_START, 0, 0, BM_PROV_OUTPUT_OOB, BM_PROV_BLINK, 2},
		{BM_PROV_START, 0, 0, BM_PROV_OUTPUT_OOB, BM_PROV_BEEP, 1},
		{BM_PROV_START, 0, 0, BM_PROV_INPUT_OOB, BM_PROV_PUSH, 1},
		{BM_PROV_START, 2, 0, BM_PROV_NO_OOB, 0, 0},
		{BM_PROV_START, 0, 0, BM_PROV_NO_OOB, 1, 0},
	};
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	for (size_t i = 0; i < BM_ARRAY_LEN(starts); i++) {
		begin_with(&config);
		exchange_invite();
		puppet_send(&puppet, starts[i], sizeof starts[i]);
		assert_failed(BM_PROV_ERR_INVALID_FORMAT);
	}
}

static void test_confirmation_of_the_other_algorithms_length_is_refused(void **state)
{
	(void)state;
	static const uint8_t value[32] = {1};
	for (uint8_t alg = 0; alg < 2; alg++) {
		begin();
		exchange_invite();
		exchange_start(alg, BM_PROV_NO_OOB, 0, 0);
		exchange_keys();
		send_value(BM_PROV_CONFIRMATION, value, alg ? 16 : 32);
		assert_failed(BM_PROV_ERR_INVALID_FORMAT);
	}
}

/* Every type in every state up to Data: the awaited one apart, each fails as unexpected (unknown ones as invalid). */
static void test_pdus_out_of_turn_are_refused_in_every_state(void **state)
{
	(void)state;
	static const uint8_t awaited[] = {BM_PROV_INVITE,       BM_PROV_START,  BM_PROV_PUBLIC_KEY,
					  BM_PROV_CONFIRMATION, BM_PROV_RANDOM, BM_PROV_DATA};
	static const uint8_t lengths[] = {2, 12, 6, 65, 1, 17, 17, 34, 1, 2, 7, 9, 1, 3, 1};
	for (uint8_t step = 0; step < sizeof awaited; step++) {
		for (uint8_t type = 0; type < sizeof lengths; type++) {
			uint8_t pdu[65] = {type, 1};
			if (type == awaited[step])
				continue;
			begin();
			if (step > 0)
				exchange_invite();
			if (step > 1)
				exchange_start(0, BM_PROV_NO_OOB, 0, 0);
			if (step > 2)
				exchange_keys();
			if (step > 3)
				exchange_confirmations();
			if (step > 4)
				exchange_randoms();
			puppet_send(&puppet, pdu, lengths[type]);
			assert_int_equal(puppet.failed, type > BM_PROV_RECORDS_LIST ? BM_PROV_ERR_INVALID_PDU
										    : BM_PROV_ERR_UNEXPECTED_PDU);
			assert_int_equal(pair.device.state, BM_PROV_DEVICE_FAILED);
			assert_int_equal(pair.provisioned, 0);
		}
	}
}

static void test_awaited_pdus_of_a_wrong_length_have_an_invalid_format(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 65; len++) {
		uint8_t pdu[65] = {BM_PROV_INVITE};
		if (len == 2)
			continue;
		begin();
		puppet_send(&puppet, pdu, len);
		assert_int_equal(puppet.failed, BM_PROV_ERR_INVALID_FORMAT);
	}
}

static void test_output_oob_value_is_shown_after_the_public_keys(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	begin_with(&config);
	exchange_invite();
	exchange_start(1, BM_PROV_OUTPUT_OOB, BM_PROV_BLINK, 1);
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_OUTPUT_OOB), 0);
	exchange_keys();
	const struct bm_event *event = pair_event(&pair, PAIR_DEVICE, BM_EVENT_OUTPUT_OOB);
	assert_non_null(event);
	assert_int_equal(event->action, BM_PROV_BLINK);
	assert_int_equal(event->size, 1);
	assert_in_range(event->oob.number, 1, 9);
	/* The value guarded the confirmation: without it the attempt fails. */
	exchange_confirmations();
	send_value(BM_PROV_RANDOM, x.random[BM_PROV_SIDE_PROVISIONER], bm_prov_exchange_value_len(&x));
	assert_failed(BM_PROV_ERR_CONFIRMATION_FAILED);
}

static void test_confirmation_before_the_person_has_typed_is_unexpected(void **state)
{
	(void)state;
	static const uint8_t value[16] = {1};
	struct bm_prov_device_config config = pair_device_config();
	const struct bm_oob_value number = {.number = 12}, typed = {.number = 7};
	config.caps.input_size = 1;
	config.caps.input_actions = 1 << BM_PROV_PUSH;
	begin_with(&config);
	pair.answer_oob = false;
	assert_int_equal(bm_prov_device_input(&pair.device, &typed), BM_ERR_STATE);
	exchange_invite();
	exchange_start(0, BM_PROV_INPUT_OOB, BM_PROV_PUSH, 1);
	exchange_keys();
	assert_int_equal(bm_prov_device_input(&pair.device, &number), BM_ERR_INVALID);
	send_value(BM_PROV_CONFIRMATION, value, 16);
	assert_int_equal(puppet.failed, BM_PROV_ERR_UNEXPECTED_PDU);
	assert_int_equal(bm_prov_device_input(&pair.device, &typed), BM_ERR_STATE);
}

static void test_link_open_of_another_device_is_left_alone(void **state)
{
	(void)state;
	static const uint8_t other[16] = {1};
	pair_init(&pair, 501);
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
	const struct bm_pb_adv open = {
		.link_id = 7, .gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_OPEN, .uuid = other};
	uint8_t octets[BM_PB_ADV_MAX];
	size_t len;
	assert_int_equal(bm_pb_adv_encode(&open, octets, sizeof octets, &len), BM_OK);
	assert_false(bm_prov_device_receive(&pair.device, octets, len));
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	assert_int_equal(pair.side[PAIR_DEVICE].event_count, 0);
}

static void test_second_link_is_ignored_while_one_is_open(void **state)
{
	(void)state;
	begin();
	puppet.opened = false;
	puppet_open(&puppet, PUPPET_LINK_ID + 1);
	assert_false(puppet.opened);
	puppet.link_id = PUPPET_LINK_ID;
	exchange_invite();
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_LINK_OPEN), 1);
}

static void test_repeated_link_open_is_acknowledged_again(void **state)
{
	(void)state;
	begin();
	puppet.opened = false;
	puppet_open(&puppet, PUPPET_LINK_ID);
	assert_true(puppet.opened);
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_LINK_OPEN), 1);
}

static void test_half_open_link_is_given_up_after_60_s(void **state)
{
	(void)state;
	begin();
	pair_run(&pair, SECONDS(59));
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_INVITE);
	pair_run(&pair, SECONDS(2));
	assert_true(puppet.closed);
	assert_int_equal(puppet.close_reason, BM_LINK_CLOSE_TIMEOUT);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
}

static int beacons;
static bm_time beacon_gap, beacon_last;

static bool count_beacons(struct pair *p, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len)
{
	static const uint8_t expected[] = {0,    0x70, 0xcf, 0x7c, 0x97, 0x32, 0xa3, 0x45, 0xb6, 0x91,
					   0x49, 0x48, 0x10, 0xd2, 0xe9, 0xcb, 0xf4, 0xa0, 0x40};
	if (from == PAIR_DEVICE && ad_type == BM_AD_MESH_BEACON) {
		assert_int_equal(*len, sizeof expected);
		assert_memory_equal(octets, expected, sizeof expected);
		beacons++;
		if (pair_now(p) - beacon_last > beacon_gap)
			beacon_gap = pair_now(p) - beacon_last;
		beacon_last = pair_now(p);
	}
	return false;
}

static void test_beacons_about_every_two_seconds_while_enabled_and_not_linked(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.oob_info = 0xa040;
	pair_init(&pair, 502);
	pair_set_device(&pair, &config);
	pair.filter = count_beacons;
	beacons = 0;
	beacon_gap = beacon_last = 0;
	pair_run(&pair, SECONDS(10));
	assert_int_equal(beacons, 0);
	beacon_last = pair_now(&pair);
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
	pair_run(&pair, SECONDS(60));
	assert_in_range(beacons, 3 * 28, 3 * 32);
	assert_true(beacon_gap < 2200 * BM_US_PER_MS);
	bm_prov_device_stop(&pair.device);
	pair_run(&pair, SECONDS(1));
	beacons = 0;
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_GATT);
	pair_run(&pair, SECONDS(10));
	assert_int_equal(beacons, 0);
}

static void test_node_reset_within_the_success_beacons_again(void **state)
{
	(void)state;
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN];
	begin();
	exchange_invite();
	exchange_start(1, BM_PROV_NO_OOB, 0, 0);
	exchange_keys();
	exchange_confirmations();
	exchange_randoms();
	encrypt_data(encrypted);
	send_value(BM_PROV_DATA, encrypted, sizeof encrypted);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_COMPLETE);
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	pair.filter = NULL;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair.provisioned, 2);
}

static void test_node_reset_by_who_hears_of_the_success_beacons_again(void **state)
{
	(void)state;
	pair_init(&pair, 503);
	pair.reset_when_provisioned = true;
	pair_start(&pair);
	while (!pair.provisioned)
		pair_run(&pair, 10 * BM_US_PER_MS);
	pair_run(&pair, SECONDS(1)); /* the provisioner hears that the link was closed */
	assert_int_equal(pair.provisioned, 1);
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_COMPLETE), 0);
	assert_true(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->data_may_be_out);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	assert_int_equal(pair.device.bearers, BM_PROV_BEARER_ADV);
	pair.reset_when_provisioned = false;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(5)));
	assert_int_equal(pair.provisioned, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_puppet_gets_through),
		cmocka_unit_test(test_reflected_public_key_is_refused),
		cmocka_unit_test(test_reflected_confirmation_is_refused),
		cmocka_unit_test(test_reflected_random_is_refused),
		cmocka_unit_test(test_confirmation_is_checked_before_the_random_is_told),
		cmocka_unit_test(test_data_before_the_confirmation_is_unexpected),
		cmocka_unit_test(test_data_that_does_not_decrypt_is_refused),
		cmocka_unit_test(test_point_off_the_curve_is_refused),
		cmocka_unit_test(test_public_key_in_band_after_oob_public_key_was_chosen_fails_on_that_pdu),
		cmocka_unit_test(test_hmac_only_policy_refuses_algorithm_0),
		cmocka_unit_test(test_require_auth_refuses_no_oob),
		cmocka_unit_test(test_start_beyond_what_was_offered_is_refused),
		cmocka_unit_test(test_confirmation_of_the_other_algorithms_length_is_refused),
		cmocka_unit_test(test_pdus_out_of_turn_are_refused_in_every_state),
		cmocka_unit_test(test_awaited_pdus_of_a_wrong_length_have_an_invalid_format),
		cmocka_unit_test(test_output_oob_value_is_shown_after_the_public_keys),
		cmocka_unit_test(test_confirmation_before_the_person_has_typed_is_unexpected),
		cmocka_unit_test(test_link_open_of_another_device_is_left_alone),
		cmocka_unit_test(test_second_link_is_ignored_while_one_is_open),
		cmocka_unit_test(test_repeated_link_open_is_acknowledged_again),
		cmocka_unit_test(test_half_open_link_is_given_up_after_60_s),
		cmocka_unit_test(test_beacons_about_every_two_seconds_while_enabled_and_not_linked),
		cmocka_unit_test(test_node_reset_within_the_success_beacons_again),
		cmocka_unit_test(test_node_reset_by_who_hears_of_the_success_beacons_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
