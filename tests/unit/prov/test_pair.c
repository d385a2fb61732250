/*
 * The two roles against each other: methods, algorithms, loss, time-outs, several attempts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/prov_pair.h"
#include "support/vectors.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct pair pair;

static void assert_provisioned(void)
{
	assert_int_equal(pair.provisioned, 1);
	assert_int_equal(pair.completed, 1);
	assert_memory_equal(pair.device_key, pair.provisioner_key, 16);
	assert_int_equal(pair.data.addr, 0x0b0c);
	assert_int_equal(pair.data.net_idx, 0x567);
	assert_int_equal(pair.data.iv_index, 0x01020304);
	assert_hex(pair.data.net_key, 16, "efb2255e6422d330088e09bb015ed707");
	assert_int_equal(pair.completed_addr, 0x0b0c);
	assert_int_equal(pair.completed_elements, pair.device.config.caps.elements);
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_COMPLETE), 1);
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 0);
}

static void test_no_oob_takes_about_two_seconds(void **state)
{
	(void)state;
	pair_init(&pair, 1);
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_provisioned();
	assert_true(pair_now(&pair) < 2500 * (uint64_t)BM_US_PER_MS);
	const struct bm_event *caps = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS);
	assert_non_null(caps);
	assert_int_equal(caps->method, BM_PROV_NO_OOB);
	assert_int_equal(caps->alg, BM_PROV_ALG_HMAC);
	/* Efficient: hardly anything was said twice. */
	assert_in_range(pair.side[PAIR_PROVISIONER].sent, 1, 24);
	assert_in_range(pair.side[PAIR_DEVICE].sent, 1, 28);
	pair_run(&pair, SECONDS(1));
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_OFF);
	const struct bm_event *closed = pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE);
	assert_non_null(closed);
	assert_int_equal(closed->reason, BM_LINK_CLOSE_SUCCESS);
	static const struct bm_prov_exchange nothing;
	assert_memory_equal(&pair.exchange, &nothing, sizeof nothing); /* no secret is left */
	/* And then there is silence. */
	const uint32_t sent = pair.side[0].sent + pair.side[1].sent;
	pair_run(&pair, SECONDS(100));
	assert_int_equal(pair.side[0].sent + pair.side[1].sent, sent);
	assert_true(bm_timers_deadline(&pair.side[0].env.timers) == BM_TIME_NEVER);
	assert_true(bm_timers_deadline(&pair.side[1].env.timers) == BM_TIME_NEVER);
}

static void test_every_algorithm_and_method_works_also_at_30_percent_loss(void **state)
{
	(void)state;
	static const uint8_t secret[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
	static const struct {
		uint16_t algorithms;
		struct bm_prov_caps caps;
		size_t static_len;
		enum bm_prov_method method;
		uint8_t action;
	} rows[] = {
		{BM_PROV_ALGS_CMAC, {.elements = 1}, 0, BM_PROV_NO_OOB, 0},
		{BM_PROV_ALGS_HMAC, {.elements = 2}, 0, BM_PROV_NO_OOB, 0},
		{BM_PROV_ALGS_CMAC, {.elements = 1}, 16, BM_PROV_STATIC_OOB, 0},
		{BM_PROV_ALGS_HMAC, {.elements = 1}, 32, BM_PROV_STATIC_OOB, 0},
		{BM_PROV_ALGS_CMAC,
		 {.elements = 1, .output_size = 1, .output_actions = 1 << BM_PROV_BLINK},
		 0,
		 BM_PROV_OUTPUT_OOB,
		 BM_PROV_BLINK},
		{BM_PROV_ALGS_HMAC,
		 {.elements = 1, .output_size = 1, .output_actions = 1 << BM_PROV_BLINK},
		 0,
		 BM_PROV_OUTPUT_OOB,
		 BM_PROV_BLINK},
		{BM_PROV_ALGS_HMAC,
		 {.elements = 1, .output_size = 8, .output_actions = 1 << BM_PROV_OUTPUT_NUMERIC},
		 0,
		 BM_PROV_OUTPUT_OOB,
		 BM_PROV_OUTPUT_NUMERIC},
		{BM_PROV_ALGS_CMAC,
		 {.elements = 1, .output_size = 8, .output_actions = 1 << BM_PROV_OUTPUT_TEXT},
		 0,
		 BM_PROV_OUTPUT_OOB,
		 BM_PROV_OUTPUT_TEXT},
		{BM_PROV_ALGS_CMAC,
		 {.elements = 1, .input_size = 1, .input_actions = 1 << BM_PROV_PUSH},
		 0,
		 BM_PROV_INPUT_OOB,
		 BM_PROV_PUSH},
		{BM_PROV_ALGS_HMAC,
		 {.elements = 1, .input_size = 4, .input_actions = 1 << BM_PROV_INPUT_NUMERIC},
		 0,
		 BM_PROV_INPUT_OOB,
		 BM_PROV_INPUT_NUMERIC},
		{BM_PROV_ALGS_HMAC,
		 {.elements = 1, .input_size = 8, .input_actions = 1 << BM_PROV_INPUT_TEXT},
		 0,
		 BM_PROV_INPUT_OOB,
		 BM_PROV_INPUT_TEXT},
	};
	/* Each once without loss, then five times at 30 %. */
	for (size_t round = 0; round < 6 * BM_ARRAY_LEN(rows); round++) {
		const size_t i = round % BM_ARRAY_LEN(rows);
		struct bm_prov_device_config config = pair_device_config();
		pair_init(&pair, 100 + (uint32_t)round);
		pair.loss_percent = round < BM_ARRAY_LEN(rows) ? 0 : 30;
		config.caps = rows[i].caps;
		config.caps.algorithms = rows[i].algorithms;
		config.static_oob = rows[i].static_len ? secret : NULL;
		config.static_oob_len = rows[i].static_len;
		config.require_auth = rows[i].method != BM_PROV_NO_OOB;
		pair_set_device(&pair, &config);
		pair.params.static_oob = config.static_oob;
		pair.params.static_oob_len = config.static_oob_len;
		pair.params.require_auth = config.require_auth;
		pair_start(&pair);
		assert_true(pair_run_to_end(&pair, SECONDS(60)));
		assert_provisioned();
		const struct bm_event *caps = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS);
		assert_int_equal(caps->method, rows[i].method);
		assert_int_equal(caps->action, rows[i].action);
		assert_int_equal(1u << caps->alg, rows[i].algorithms);
	}
}

static void test_method_is_chosen_strongest_first(void **state)
{
	(void)state;
	static const uint8_t secret[16] = {5};
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK | 1 << BM_PROV_OUTPUT_NUMERIC;
	config.caps.input_size = 3;
	config.caps.input_actions = 1 << BM_PROV_PUSH;
	config.static_oob = secret;
	config.static_oob_len = sizeof secret;
	static const struct {
		bool knows_static, no_output, no_input;
		enum bm_prov_method method;
		uint8_t action, size;
	} rows[] = {
		{true, false, false, BM_PROV_STATIC_OOB, 0, 0},
		{false, false, false, BM_PROV_OUTPUT_OOB, BM_PROV_OUTPUT_NUMERIC, 1},
		{false, true, false, BM_PROV_INPUT_OOB, BM_PROV_PUSH, 3},
		{false, true, true, BM_PROV_NO_OOB, 0, 0},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++) {
		pair_init(&pair, 200 + (uint32_t)i);
		pair_set_device(&pair, &config);
		pair.params.static_oob = rows[i].knows_static ? secret : NULL;
		pair.params.static_oob_len = rows[i].knows_static ? sizeof secret : 0;
		pair.params.no_output_oob = rows[i].no_output;
		pair.params.no_input_oob = rows[i].no_input;
		pair_start(&pair);
		assert_true(pair_run_to_end(&pair, SECONDS(60)));
		assert_provisioned();
		const struct bm_event *caps = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_CAPS);
		assert_int_equal(caps->method, rows[i].method);
		assert_int_equal(caps->action, rows[i].action);
		assert_int_equal(caps->size, rows[i].size);
	}
}

static void test_succeeds_at_30_percent_loss(void **state)
{
	(void)state;
	uint64_t slowest = 0;
	for (uint32_t seed = 0; seed < 40; seed++) {
		pair_init(&pair, 1000 + seed);
		pair.loss_percent = 30;
		pair_start(&pair);
		assert_true(pair_run_to_end(&pair, SECONDS(60)));
		assert_provisioned();
		if (pair_now(&pair) > slowest)
			slowest = pair_now(&pair);
	}
	assert_true(slowest < SECONDS(15));
}

static void test_succeeds_at_60_percent_loss(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 10; seed++) {
		pair_init(&pair, 2000 + seed);
		pair.loss_percent = 60;
		pair_start(&pair);
		assert_true(pair_run_to_end(&pair, SECONDS(120)));
		assert_provisioned();
	}
}

static void test_wrong_oob_value_fails_and_the_device_can_be_tried_again(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	pair_init(&pair, 3);
	pair_set_device(&pair, &config);
	pair.answer_oob = false;
	pair_start(&pair);
	pair_run(&pair, SECONDS(5));
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_ENTER_OOB), 1);
	const struct bm_oob_value wrong = {.number = pair.shown.number % 9 + 1};
	assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &wrong), BM_OK);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	assert_int_equal(failed->error, BM_PROV_ERR_CONFIRMATION_FAILED);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_PROV_FAILED)->error, BM_PROV_ERR_CONFIRMATION_FAILED);
	assert_int_equal(pair.provisioned, 0);
	assert_int_equal(pair.completed, 0);
	pair.answer_oob = true;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair.provisioned, 1);
}

/* CVE-2020-26556. */
static void test_repeated_failures_are_rate_limited(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	pair_init(&pair, 4);
	pair_set_device(&pair, &config);
	pair.answer_oob = false;
	uint64_t took[7];
	for (int attempt = 0; attempt < 7; attempt++) {
		const bm_time begin = pair_now(&pair);
		pair.find_devices = true;
		bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
		while (pair.device.state != BM_PROV_DEVICE_CONFIRMATION)
			pair_run(&pair, SECONDS(1));
		pair_run(&pair, SECONDS(1));
		const struct bm_oob_value wrong = {.number = pair.shown.number % 9 + 1};
		assert_int_equal(bm_provisioner_oob(&pair.provisioner, pair.params.uuid, &wrong), BM_OK);
		assert_false(pair_run_to_end(&pair, SECONDS(60)));
		took[attempt] = pair_now(&pair) - begin;
		pair_run(&pair, SECONDS(1));
		for (int i = 0; i < 2; i++)
			pair.side[i].event_count = 0;
	}
	assert_true(took[1] < SECONDS(8));
	assert_true(took[5] > took[1] + SECONDS(4));
	assert_true(took[6] > took[5] + SECONDS(6));
	/* The right value still gets in after the pause. */
	pair.answer_oob = true;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(300)));
}

/* CVE-2020-26557. */
static void test_oob_numbers_are_uniform_and_fresh(void **state)
{
	(void)state;
	int count[10] = {0};
	struct bm_oob_value value;
	pair_init(&pair, 5);
	for (int i = 0; i < 9000; i++) {
		bm_prov_oob_draw(&pair.side[0].env, false, 1, &value);
		assert_in_range(value.number, 1, 9);
		count[value.number]++;
	}
	for (int number = 1; number <= 9; number++)
		assert_in_range(count[number], 850, 1150);
	for (uint8_t size = 1; size <= 8; size++) {
		uint32_t bound = 1, last = 0, highest = 0;
		for (uint8_t i = 0; i < size; i++)
			bound *= 10;
		int same = 0;
		for (int i = 0; i < 1000; i++) {
			bm_prov_oob_draw(&pair.side[0].env, false, size, &value);
			assert_in_range(value.number, 1, bound - 1);
			same += value.number == last;
			last = value.number;
			highest = value.number > highest ? value.number : highest;
		}
		assert_true(highest > bound / 10 * 8);
		assert_true(same < 200 && (size < 3 || same < 10));
	}
}

static void test_oob_number_differs_between_attempts(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 8;
	config.caps.output_actions = 1 << BM_PROV_OUTPUT_NUMERIC;
	pair_init(&pair, 6);
	pair_set_device(&pair, &config);
	pair.answer_oob = false;
	pair_start(&pair);
	pair_run(&pair, SECONDS(5));
	const uint32_t first = pair.shown.number;
	bm_provisioner_cancel(&pair.provisioner, pair.params.uuid);
	pair.find_devices = true;
	pair_run(&pair, SECONDS(8));
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_OUTPUT_OOB), 2);
	assert_int_not_equal(pair.shown.number, first);
}

/* CVE-2020-26559. */
static void test_hmac_only_policy_refuses_a_device_with_algorithm_0_alone(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.algorithms = BM_PROV_ALGS_CMAC;
	pair_init(&pair, 7);
	pair_set_device(&pair, &config);
	pair.params.algorithms = BM_PROV_ALGS_HMAC;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	assert_int_equal(failed->result, BM_ERR_NOT_SUPPORTED);
	assert_int_equal(failed->reason, BM_LINK_CLOSE_FAIL);
	pair_run(&pair, SECONDS(1));
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE)->reason, BM_LINK_CLOSE_FAIL);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
}

static void test_require_auth_refuses_a_device_that_offers_none(void **state)
{
	(void)state;
	pair_init(&pair, 8);
	pair.params.require_auth = true;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_AUTH);
	assert_int_equal(pair.provisioned, 0);
}

static void test_device_that_requires_auth_is_left_alone_by_a_provisioner_without(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.require_auth = true;
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	pair_init(&pair, 9);
	pair_set_device(&pair, &config);
	pair.params.no_output_oob = true;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_NOT_SUPPORTED);
	assert_int_equal(pair.provisioned, 0);
}

static void test_absent_device_times_out_after_60_s(void **state)
{
	(void)state;
	pair_init(&pair, 10);
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_ERR_EXISTS);
	pair_run(&pair, SECONDS(59));
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), 0);
	assert_true(pair.side[PAIR_PROVISIONER].sent > 60);
	pair_run(&pair, SECONDS(3));
	const struct bm_event *failed = pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED);
	assert_non_null(failed);
	assert_int_equal(failed->result, BM_ERR_TIMEOUT);
	/* The place is free again. */
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
}

static bool swallow_all(struct pair *p, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len)
{
	(void)p, (void)from, (void)ad_type, (void)octets, (void)len;
	return false;
}

static void test_silence_ends_a_transaction_after_30_s_on_both_sides(void **state)
{
	(void)state;
	pair_init(&pair, 11);
	pair_start(&pair);
	while (pair.device.state != BM_PROV_DEVICE_PUBLIC_KEY)
		pair_run(&pair, 10 * BM_US_PER_MS);
	pair.filter = swallow_all;
	assert_false(pair_run_to_end(&pair, SECONDS(35)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_TIMEOUT);
	pair_run(&pair, SECONDS(35));
	const struct bm_event *closed = pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE);
	assert_non_null(closed);
	assert_int_equal(closed->reason, BM_LINK_CLOSE_TIMEOUT);
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	pair.filter = NULL;
	pair.find_devices = true;
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
}

static void test_a_person_is_given_120_s(void **state)
{
	(void)state;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1 << BM_PROV_BLINK;
	pair_init(&pair, 12);
	pair_set_device(&pair, &config);
	pair.answer_delay = SECONDS(110);
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(130)));
	pair_init(&pair, 13);
	pair_set_device(&pair, &config);
	pair.answer_oob = false;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(130)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_TIMEOUT);
}

static void test_cancel_closes_the_link_with_reason_fail(void **state)
{
	(void)state;
	pair_init(&pair, 14);
	pair_start(&pair);
	while (pair.device.state != BM_PROV_DEVICE_PUBLIC_KEY)
		pair_run(&pair, 10 * BM_US_PER_MS);
	bm_provisioner_cancel(&pair.provisioner, pair.params.uuid);
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_CANCELLED);
	pair_run(&pair, SECONDS(1));
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE)->reason, BM_LINK_CLOSE_FAIL);
}

static void test_stopped_device_closes_its_link(void **state)
{
	(void)state;
	pair_init(&pair, 15);
	pair_start(&pair);
	while (pair.device.state != BM_PROV_DEVICE_PUBLIC_KEY)
		pair_run(&pair, 10 * BM_US_PER_MS);
	bm_prov_device_stop(&pair.device);
	assert_false(pair_run_to_end(&pair, SECONDS(1)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->result, BM_ERR_CANCELLED);
	const uint32_t sent = pair.side[PAIR_DEVICE].sent;
	pair_run(&pair, SECONDS(20));
	assert_in_range(pair.side[PAIR_DEVICE].sent, sent, sent + 5); /* no beacon; the rest of Link Close */
}

static void test_device_without_room_answers_out_of_resources(void **state)
{
	(void)state;
	pair_init(&pair, 16);
	pair.provisioned_result = BM_ERR_NO_SPACE;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->error,
			 BM_PROV_ERR_OUT_OF_RESOURCES);
	pair_run(&pair, SECONDS(2));
	assert_int_equal(pair.device.state, BM_PROV_DEVICE_BEACONING);
	pair_init(&pair, 17);
	pair.provisioned_result = BM_ERR_INVALID;
	pair_start(&pair);
	assert_false(pair_run_to_end(&pair, SECONDS(60)));
	assert_int_equal(pair_event(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED)->error,
			 BM_PROV_ERR_CANNOT_ASSIGN_ADDRESSES);
}

static void test_unknown_subnet_is_refused_at_once(void **state)
{
	(void)state;
	pair_init(&pair, 18);
	pair.params.net_idx = 1;
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_ERR_NO_KEY);
	pair.params.net_idx = 0x567;
	pair.params.addr = 0xc000;
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_ERR_INVALID);
}

static void test_sessions_are_bounded(void **state)
{
	(void)state;
	pair_init(&pair, 19);
	for (uint8_t i = 0; i < PAIR_LINKS_MAX; i++) {
		pair.params.uuid[0] = i;
		assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
	}
	pair.params.uuid[0] = 0xff;
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_ERR_BUSY);
	bm_provisioner_reset(&pair.provisioner);
	assert_int_equal(pair_count(&pair, PAIR_PROVISIONER, BM_EVENT_PROVISION_FAILED), PAIR_LINKS_MAX);
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
}

static void test_attention_is_told_and_ended(void **state)
{
	(void)state;
	pair_init(&pair, 20);
	pair.params.attention_s = 7;
	pair_start(&pair);
	assert_true(pair_run_to_end(&pair, SECONDS(60)));
	pair_run(&pair, SECONDS(1));
	assert_int_equal(pair_count(&pair, PAIR_DEVICE, BM_EVENT_ATTENTION), 2);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_ATTENTION)->seconds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_oob_takes_about_two_seconds),
		cmocka_unit_test(test_every_algorithm_and_method_works_also_at_30_percent_loss),
		cmocka_unit_test(test_method_is_chosen_strongest_first),
		cmocka_unit_test(test_succeeds_at_30_percent_loss),
		cmocka_unit_test(test_succeeds_at_60_percent_loss),
		cmocka_unit_test(test_wrong_oob_value_fails_and_the_device_can_be_tried_again),
		cmocka_unit_test(test_repeated_failures_are_rate_limited),
		cmocka_unit_test(test_oob_numbers_are_uniform_and_fresh),
		cmocka_unit_test(test_oob_number_differs_between_attempts),
		cmocka_unit_test(test_hmac_only_policy_refuses_a_device_with_algorithm_0_alone),
		cmocka_unit_test(test_require_auth_refuses_a_device_that_offers_none),
		cmocka_unit_test(test_device_that_requires_auth_is_left_alone_by_a_provisioner_without),
		cmocka_unit_test(test_absent_device_times_out_after_60_s),
		cmocka_unit_test(test_silence_ends_a_transaction_after_30_s_on_both_sides),
		cmocka_unit_test(test_a_person_is_given_120_s),
		cmocka_unit_test(test_cancel_closes_the_link_with_reason_fail),
		cmocka_unit_test(test_stopped_device_closes_its_link),
		cmocka_unit_test(test_device_without_room_answers_out_of_resources),
		cmocka_unit_test(test_unknown_subnet_is_refused_at_once),
		cmocka_unit_test(test_sessions_are_bounded),
		cmocka_unit_test(test_attention_is_told_and_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
