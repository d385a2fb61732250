/*
 * What authenticates out of band, the two roles against each other: every action at every size, secrets, public keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/port.h"
#include "support/prov_pair.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)
#define SIZE_MAX_OOB 8u

static struct pair pair;
static const uint16_t algorithms[] = {BM_PROV_ALGS_CMAC, BM_PROV_ALGS_HMAC};
static const uint8_t secret[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
				   17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
static uint8_t device_private[32] = {0x52, 0x9a, 0xa0, 0x67, 0x0d, 0x72, 0xcd, 0x64};
static uint8_t device_public[64];

static void fill(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static const struct bm_port_random port_random = {.fill = fill};

static int make_device_key(void **state)
{
	(void)state;
	return bm_port_p256_public(&port_random, device_private, device_public);
}

/* A device that offers this and no more; the seed is another one each time. */
static void begin(const struct bm_prov_device_config *config)
{
	static uint32_t seed = 4000;
	pair_init(&pair, seed++);
	pair_set_device(&pair, config);
	pair.params.require_auth = config->require_auth;
}

static void assert_provisioned(void)
{
	assert_int_equal(pair.provisioned, 1);
	assert_int_equal(pair.completed, 1);
	assert_memory_equal(pair.device_key, pair.provisioner_key, 16);
}

static void assert_refused(enum bm_prov_error error)
{
	assert_int_equal(pair.provisioned, 0);
	assert_int_equal(pair.completed, 0);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_PROV_FAILED)->error, error);
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->error, error);
}

static void assert_shown(bool is_text, uint8_t size)
{
	uint32_t bound = 1;
	assert_int_equal(pair.shown.is_text, is_text);
	for (uint8_t i = 0; i < size; i++)
		bound *= 10;
	if (!is_text) {
		assert_in_range(pair.shown.number, 1, bound - 1);
		return;
	}
	assert_int_equal(strlen(pair.shown.text), size);
	/* MshPRT 5.4.2.4: letters and digits. */
	assert_int_equal(strspn(pair.shown.text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), size);
}

static struct bm_prov_device_config action_config(enum bm_prov_method method, uint8_t action, uint8_t size,
						  uint16_t algs)
{
	struct bm_prov_device_config config = pair_device_config();
	config.caps.algorithms = algs;
	config.require_auth = true;
	if (method == BM_PROV_OUTPUT_OOB) {
		config.caps.output_size = size;
		config.caps.output_actions = (uint16_t)(1u << action);
	} else {
		config.caps.input_size = size;
		config.caps.input_actions = (uint16_t)(1u << action);
	}
	return config;
}

static void provision_by_action(enum bm_prov_method method, uint8_t action, uint8_t size, uint16_t algs)
{
	const bool out = method == BM_PROV_OUTPUT_OOB;
	const struct bm_prov_device_config config = action_config(method, action, size, algs);
	begin(&config);
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_provisioned();
	/* The same action and size where a value is shown and where it is asked for. */
	const struct bm_event *caps = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS);
	const struct bm_event *shown = out ? pair_event(&pair, PAIR_DEVICE, BM_EVENT_OUTPUT_OOB)
					   : pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_SHOW_OOB);
	const struct bm_event *asked = out ? pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_ENTER_OOB)
					   : pair_event(&pair, PAIR_DEVICE, BM_EVENT_INPUT_OOB);
	assert_int_equal(caps->method, method);
	assert_int_equal(1u << caps->alg, algs);
	assert_false(caps->public_key_oob);
	assert_non_null(shown);
	assert_non_null(asked);
	assert_int_equal(shown->action, action);
	assert_int_equal(asked->action, action);
	assert_int_equal(shown->size, size);
	assert_int_equal(asked->size, size);
	assert_shown(action == (out ? BM_PROV_OUTPUT_TEXT : (int)BM_PROV_INPUT_TEXT), size);
}

static void test_every_output_action_works_at_every_size_with_both_algorithms(void **state)
{
	(void)state;
	for (uint8_t action = BM_PROV_BLINK; action <= BM_PROV_OUTPUT_TEXT; action++)
		for (uint8_t size = 1; size <= SIZE_MAX_OOB; size++)
			for (int i = 0; i < 2; i++)
				provision_by_action(BM_PROV_OUTPUT_OOB, action, size, algorithms[i]);
}

static void test_every_input_action_works_at_every_size_with_both_algorithms(void **state)
{
	(void)state;
	for (uint8_t action = BM_PROV_PUSH; action <= BM_PROV_INPUT_TEXT; action++)
		for (uint8_t size = 1; size <= SIZE_MAX_OOB; size++)
			for (int i = 0; i < 2; i++)
				provision_by_action(BM_PROV_INPUT_OOB, action, size, algorithms[i]);
}

/* Another value of the same kind. */
static struct bm_oob_value other_than(struct bm_oob_value value)
{
	if (value.is_text)
		value.text[0] = value.text[0] == 'A' ? 'B' : 'A';
	else
		value.number = value.number % 9 + 1;
	return value;
}

static void fail_by_action(enum bm_prov_method method, uint8_t action, uint16_t algs)
{
	const struct bm_prov_device_config config = action_config(method, action, 1, algs);
	begin(&config);
	pair.answer_oob = false;
	pair_start(&pair);
	pair_run(&pair, SECONDS(5));
	const struct bm_oob_value wrong = other_than(pair.shown);
	assert_int_equal(method == BM_PROV_OUTPUT_OOB ? bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &wrong)
						      : bm_prov_device_input(&pair.device, &wrong),
			 BM_OK);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_refused(BM_PROV_ERR_CONFIRMATION_FAILED);
	/* And the next attempt, with a value of its own, succeeds. */
	pair.answer_oob = true;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_provisioned();
}

static void test_a_wrong_value_fails_by_every_action_and_a_retry_succeeds(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		for (uint8_t action = BM_PROV_BLINK; action <= BM_PROV_OUTPUT_TEXT; action++)
			fail_by_action(BM_PROV_OUTPUT_OOB, action, algorithms[i]);
		for (uint8_t action = BM_PROV_PUSH; action <= BM_PROV_INPUT_TEXT; action++)
			fail_by_action(BM_PROV_INPUT_OOB, action, algorithms[i]);
	}
}

static void test_text_is_drawn_from_letters_and_digits_alike(void **state)
{
	(void)state;
	int count[128] = {0};
	const struct bm_prov_device_config config = pair_device_config();
	begin(&config);
	for (int i = 0; i < 4500; i++) {
		bm_prov_oob_draw(&pair.side[0].env, true, SIZE_MAX_OOB, &pair.shown);
		assert_shown(true, SIZE_MAX_OOB);
		for (uint8_t k = 0; k < SIZE_MAX_OOB; k++)
			count[(unsigned char)pair.shown.text[k]]++;
	}
	/* 36000 characters, 36 kinds. */
	for (int c = 0; c < 128; c++)
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
			assert_in_range(count[c], 850, 1150);
}

static void static_begin(uint16_t algs, size_t len, const uint8_t *known, size_t known_len)
{
	struct bm_prov_device_config config = pair_device_config();
	config.caps.algorithms = algs;
	config.static_oob = secret;
	config.static_oob_len = len;
	config.require_auth = true;
	begin(&config);
	pair.params.static_oob = known;
	pair.params.static_oob_len = known_len;
	pair_start(&pair);
}

static void test_static_oob_of_16_and_of_32_octets_works_with_both_algorithms(void **state)
{
	(void)state;
	for (size_t len = 16; len <= 32; len += 16) {
		for (int i = 0; i < 2; i++) {
			static_begin(algorithms[i], len, secret, len);
			assert_true(pair_run_to_end(&pair, SECONDS(60)));
			assert_provisioned();
			assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS)->method,
					 BM_PROV_STATIC_OOB);
		}
	}
}

static void test_a_wrong_static_oob_fails_and_a_retry_succeeds(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t wrong[32];
		memcpy(wrong, secret, sizeof wrong);
		wrong[i ? 31 : 15] ^= 1; /* the last octet that the algorithm looks at */
		static_begin(algorithms[i], 32, wrong, 32);
		assert_false(pair_run_to_end(&pair, SECONDS(60)));
		assert_refused(BM_PROV_ERR_CONFIRMATION_FAILED);
		pair.params.static_oob = secret;
		pair.find_devices = true;
		assert_true(pair_run_to_end(&pair, SECONDS(60)));
		assert_provisioned();
	}
}

static int public_keys[2]; /* Public Key PDUs seen on the air, by sender */

static bool count_public_keys(struct pair *p, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len)
{
	struct bm_pb_adv pdu;
	(void)p;
	if (ad_type == BM_AD_PB_ADV && bm_pb_adv_decode(&pdu, octets, *len) == BM_OK && pdu.gpcf == BM_GP_START &&
	    pdu.data[0] == BM_PROV_PUBLIC_KEY)
		public_keys[from]++;
	return true;
}

static struct bm_prov_device_config key_config(enum bm_prov_method method, uint16_t algs)
{
	struct bm_prov_device_config config = pair_device_config();
	if (method == BM_PROV_OUTPUT_OOB || method == BM_PROV_INPUT_OOB)
		config = action_config(method, 0, 1, algs);
	config.caps.algorithms = algs;
	config.static_oob = method == BM_PROV_STATIC_OOB ? secret : NULL;
	config.static_oob_len = method == BM_PROV_STATIC_OOB ? 16 : 0;
	config.private_key = device_private;
	return config;
}

static void key_begin(enum bm_prov_method method, uint16_t algs)
{
	const struct bm_prov_device_config config = key_config(method, algs);
	begin(&config);
	pair.params.static_oob = config.static_oob;
	pair.params.static_oob_len = config.static_oob_len;
	pair.params.public_key = device_public;
	pair.filter = count_public_keys;
	public_keys[PAIR_DEVICE] = public_keys[PAIR_PROVISIONER] = 0;
}

static void test_public_key_known_out_of_band_does_not_go_over_the_air(void **state)
{
	(void)state;
	for (int method = BM_PROV_NO_OOB; method <= BM_PROV_INPUT_OOB; method++) {
		for (int i = 0; i < 2; i++) {
			key_begin((enum bm_prov_method)method, algorithms[i]);
			pair_start(&pair);
			assert_true(pair_run_to_end(&pair, SECONDS(60)));
			assert_provisioned();
			const struct bm_event *caps = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS);
			assert_true(caps->public_key_oob);
			assert_int_equal(caps->method, method);
			assert_int_equal(public_keys[PAIR_DEVICE], 0);
			assert_true(public_keys[PAIR_PROVISIONER] > 0);
		}
	}
}

static void test_public_key_known_out_of_band_survives_loss(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		key_begin((enum bm_prov_method)(round % 4), algorithms[round / 4 % 2]);
		pair.loss_percent = 40;
		pair_start(&pair);
		assert_true(pair_run_to_end(&pair, SECONDS(120)));
		assert_provisioned();
	}
}

static void test_a_device_with_a_key_pair_takes_provisioners_that_do_not_know_it(void **state)
{
	(void)state;
	key_begin(BM_PROV_NO_OOB, BM_PROV_ALGS_HMAC);
	pair.params.public_key = NULL;
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_provisioned();
	assert_false(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS)->public_key_oob);
	assert_true(public_keys[PAIR_DEVICE] > 0);
}

static void test_another_devices_public_key_is_found_out_at_the_confirmation(void **state)
{
	(void)state;
	uint8_t other_private[32] = {7}, other_public[64];
	assert_int_equal(bm_port_p256_public(&port_random, other_private, other_public), BM_OK);
	for (int i = 0; i < 2; i++) {
		key_begin(BM_PROV_NO_OOB, algorithms[i]);
		pair.params.public_key = other_public;
		pair_start(&pair);
		assert_false(pair_run_to_end(&pair, SECONDS(60)));
		assert_refused(BM_PROV_ERR_CONFIRMATION_FAILED);
	}
}

static void test_a_public_key_off_the_curve_ends_the_attempt(void **state)
{
	(void)state;
	uint8_t bent[64];
	memcpy(bent, device_public, sizeof bent);
	bent[63] ^= 1;
	key_begin(BM_PROV_NO_OOB, BM_PROV_ALGS_HMAC);
	pair.params.public_key = bent;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_AUTH);
	assert_int_equal(pair.provisioned, 0);
}

static void test_a_device_that_does_not_own_up_to_its_public_key_is_refused(void **state)
{
	(void)state;
	const struct bm_prov_device_config config = pair_device_config();
	begin(&config);
	pair.params.public_key = device_public;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_AUTH);
	assert_int_equal(pair.provisioned, 0);
}

static void test_a_private_key_that_is_none_fails_and_nothing_else(void **state)
{
	(void)state;
	static const uint8_t zero[32];
	struct bm_prov_device_config config = key_config(BM_PROV_NO_OOB, BM_PROV_ALGS_HMAC);
	config.private_key = zero;
	begin(&config);
	pair.params.public_key = device_public;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_refused(BM_PROV_ERR_OUT_OF_RESOURCES);
}

static void test_only_oob_authenticated_is_kept_by_whoever_says_so(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.oob_type = BM_PROV_OOB_TYPE_ONLY_OOB;
	begin(&config);
	assert_int_equal(pair.device.config.caps.oob_type, BM_PROV_OOB_TYPE_ONLY_OOB);
	assert_true(pair.device.config.require_auth);
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_NOT_SUPPORTED);
	/* With something to be authenticated by, it is provisioned. */
	config.caps.input_size = 2;
	config.caps.input_actions = 1u << BM_PROV_TWIST;
	begin(&config);
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_provisioned();
}

/* Waiting for a person, each side: neither less nor much more than 120 s. */
static void test_input_oob_is_waited_for_120_s_on_both_sides(void **state)
{
	(void)state;
	const struct bm_prov_device_config config = action_config(BM_PROV_INPUT_OOB, BM_PROV_INPUT_NUMERIC, 4,
								  BM_PROV_ALGS_HMAC);
	begin(&config);
	pair.answer_delay = SECONDS(115);
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(130)));
	assert_provisioned();
	begin(&config);
	pair.answer_oob = false;
	pair_start(&pair);
	while (pair.device.state != BM_PROV_DEVICE_INPUT)
		pair_run(&pair, 10 * BM_US_PER_MS);
	pair_run(&pair, SECONDS(118));
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 0);
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE), 0);
	pair_run(&pair, SECONDS(5));
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 1);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE)->reason, BM_LINK_CLOSE_TIMEOUT);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_output_action_works_at_every_size_with_both_algorithms),
		cmocka_unit_test(test_every_input_action_works_at_every_size_with_both_algorithms),
		cmocka_unit_test(test_a_wrong_value_fails_by_every_action_and_a_retry_succeeds),
		cmocka_unit_test(test_text_is_drawn_from_letters_and_digits_alike),
		cmocka_unit_test(test_static_oob_of_16_and_of_32_octets_works_with_both_algorithms),
		cmocka_unit_test(test_a_wrong_static_oob_fails_and_a_retry_succeeds),
		cmocka_unit_test(test_public_key_known_out_of_band_does_not_go_over_the_air),
		cmocka_unit_test(test_public_key_known_out_of_band_survives_loss),
		cmocka_unit_test(test_a_device_with_a_key_pair_takes_provisioners_that_do_not_know_it),
		cmocka_unit_test(test_another_devices_public_key_is_found_out_at_the_confirmation),
		cmocka_unit_test(test_a_public_key_off_the_curve_ends_the_attempt),
		cmocka_unit_test(test_a_device_that_does_not_own_up_to_its_public_key_is_refused),
		cmocka_unit_test(test_a_private_key_that_is_none_fails_and_nothing_else),
		cmocka_unit_test(test_only_oob_authenticated_is_kept_by_whoever_says_so),
		cmocka_unit_test(test_input_oob_is_waited_for_120_s_on_both_sides),
	};
	return cmocka_run_group_tests(tests, make_device_key, NULL);
}
