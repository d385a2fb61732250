/*
 * A provisioner and several devices at the same time: each is authenticated its own way, each gets an address and a key
 * of its own, and what becomes of one is nothing to the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/network.h"

#define DEVICES 4
#define MINUTES(n) ((n)*60 * (uint64_t)BM_US_PER_S)

/* A device and the person beside it. */
struct beside {
	struct lamp lamp;
	struct bm_provision_params params;
	enum bm_prov_method method;
	bool shown, asked, mistaken;
	struct bm_oob_value value;
	int completed, failed;
	enum bm_err result;
};

static const uint8_t secret[16] = {0xfe, 0xed};
static struct network *network;
static struct beside devices[DEVICES + 1];

static struct beside *find(const uint8_t *uuid)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(devices); i++)
		if (memcmp(devices[i].params.uuid, uuid, BM_UUID_LEN) == 0)
			return &devices[i];
	fail();
	return NULL;
}

static void show(struct beside *device, const struct bm_oob_value *value)
{
	device->shown = true;
	device->value = *value;
}

static void on_provisioner(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind < BM_EVENT_PROVISION_LINK || event->kind > BM_EVENT_PROVISION_FAILED)
		return;
	struct beside *device = find(event->uuid);
	switch (event->kind) {
	case BM_EVENT_PROVISION_CAPS:
		device->method = event->method;
		break;
	case BM_EVENT_PROVISION_ENTER_OOB:
		device->asked = true;
		break;
	case BM_EVENT_PROVISION_SHOW_OOB:
		show(device, &event->oob);
		break;
	case BM_EVENT_PROVISION_COMPLETE:
		assert_int_equal(event->addr, device->params.addr);
		device->completed++;
		break;
	case BM_EVENT_PROVISION_FAILED:
		device->failed++;
		device->result = event->result;
		break;
	default:
		break;
	}
}

static void on_device(struct bm_world_node *wn, const struct bm_event *event)
{
	struct beside *device = find(wn->uuid);
	if (event->kind == BM_EVENT_OUTPUT_OOB)
		show(device, &event->oob);
	else if (event->kind == BM_EVENT_INPUT_OOB)
		device->asked = true;
}

/* What a person does within a second. */
static void carry_over(struct beside *device)
{
	struct bm_oob_value value = device->value;
	if (!device->shown || !device->asked)
		return;
	device->shown = device->asked = false;
	if (device->mistaken)
		value.number = value.number % 9 + 1;
	if (device->method == BM_PROV_OUTPUT_OOB)
		assert_int_equal(bm_node_provision_oob(network->provisioner->node, device->params.uuid, &value,
						       network_now(network)),
				 BM_OK);
	else
		assert_int_equal(bm_node_input_oob(device->lamp.wn->node, &value, network_now(network)), BM_OK);
}

/* Until so many attempts, or more, came to an end; how long it took. */
static uint64_t run_until_ended(int ends)
{
	const bm_time begin = network_now(network);
	for (;;) {
		int ended = 0;
		for (size_t i = 0; i < BM_ARRAY_LEN(devices); i++) {
			carry_over(&devices[i]);
			ended += devices[i].completed + devices[i].failed;
		}
		if (ended >= ends)
			return network_now(network) - begin;
		assert_true(network_now(network) - begin < MINUTES(5));
		bm_world_run_for(network->world, BM_US_PER_S);
	}
}

/* The device's way to be authenticated goes by its number. */
static void add_device(size_t i)
{
	struct beside *device = &devices[i];
	struct bm_node_config config = bm_world_config();
	device->params = (struct bm_provision_params){.addr = (uint16_t)(0x0100 + 16 * i), .require_auth = i % 4 != 0};
	switch (i % 4) {
	case 1:
		config.static_oob = secret;
		config.static_oob_len = sizeof secret;
		device->params.static_oob = secret;
		device->params.static_oob_len = sizeof secret;
		break;
	case 2:
		config.caps.output_size = 1;
		config.caps.output_actions = 1u << BM_PROV_BEEP;
		break;
	case 3:
		config.caps.input_size = 5;
		config.caps.input_actions = 1u << BM_PROV_INPUT_TEXT;
		break;
	default:
		break;
	}
	lamp_init(&device->lamp, network, &config);
	device->lamp.wn->on_event = on_device;
	memcpy(device->params.uuid, device->lamp.wn->uuid, BM_UUID_LEN);
	assert_int_equal(bm_node_prov_enable(device->lamp.wn->node, BM_PROV_BEARER_ADV, network_now(network)), BM_OK);
}

static enum bm_err provision(size_t i)
{
	return bm_node_provision(network->provisioner->node, &devices[i].params, network_now(network));
}

static void begin(uint64_t seed, size_t count)
{
	memset(devices, 0, sizeof devices);
	network = network_new(seed);
	network->provisioner->on_event = on_provisioner;
	for (size_t i = 0; i < count; i++)
		add_device(i);
	for (size_t i = 0; i < count && i < DEVICES; i++)
		assert_int_equal(provision(i), BM_OK);
}

static void assert_nodes(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(devices[i].completed, 1);
		assert_int_equal(devices[i].method, i % 4);
		assert_int_equal(bm_node_addr(devices[i].lamp.wn->node), 0x0100 + 16 * i);
		/* Under the key of this device and no other. */
		assert_true(network_configure(network, devices[i].params.addr));
	}
}

static void test_four_devices_are_provisioned_at_the_same_time(void **state)
{
	(void)state;
	begin(70, DEVICES);
	assert_true(run_until_ended(DEVICES) < 10 * (uint64_t)BM_US_PER_S);
	assert_nodes(DEVICES);
	network_free(network);
}

static void test_four_devices_are_provisioned_at_the_same_time_at_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 71; seed < 76; seed++) {
		begin(seed, DEVICES);
		bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		assert_true(run_until_ended(DEVICES) < 60 * (uint64_t)BM_US_PER_S);
		assert_nodes(DEVICES);
		network_free(network);
	}
}

static void test_a_fifth_waits_until_a_link_is_free(void **state)
{
	(void)state;
	begin(77, DEVICES + 1);
	assert_int_equal(provision(DEVICES), BM_ERR_BUSY);
	(void)run_until_ended(1);
	assert_int_equal(provision(DEVICES), BM_OK);
	(void)run_until_ended(DEVICES + 1);
	assert_nodes(DEVICES + 1);
	network_free(network);
}

static void test_one_that_fails_is_nothing_to_the_others_and_succeeds_later(void **state)
{
	(void)state;
	begin(78, DEVICES);
	devices[2].mistaken = true;
	(void)run_until_ended(DEVICES);
	assert_int_equal(devices[2].failed, 1);
	assert_int_equal(devices[2].completed, 0);
	assert_false(bm_node_is_provisioned(devices[2].lamp.wn->node));
	devices[2].mistaken = false;
	assert_int_equal(provision(2), BM_OK);
	(void)run_until_ended(DEVICES + 1);
	assert_nodes(DEVICES);
	network_free(network);
}

static void test_two_devices_are_not_given_the_same_address(void **state)
{
	(void)state;
	begin(79, 0);
	add_device(0);
	add_device(4); /* as the first, without OOB */
	devices[4].params.addr = devices[0].params.addr;
	assert_int_equal(provision(0), BM_OK);
	assert_int_equal(provision(4), BM_OK);
	(void)run_until_ended(2);
	assert_int_equal(devices[0].completed + devices[4].completed, 1);
	const struct beside *refused = devices[0].completed ? &devices[4] : &devices[0];
	assert_int_equal(refused->result, BM_ERR_EXISTS);
	assert_false(bm_node_is_provisioned(refused->lamp.wn->node));
	network_free(network);
}

static void test_a_reset_of_the_provisioner_ends_all_its_attempts(void **state)
{
	(void)state;
	begin(80, DEVICES);
	bm_world_run_for(network->world, BM_US_PER_S / 2);
	assert_int_equal(bm_node_reset(network->provisioner->node, network_now(network)), BM_OK);
	bm_world_run_for(network->world, 15 * (uint64_t)BM_US_PER_S);
	for (size_t i = 0; i < DEVICES; i++) {
		assert_int_equal(devices[i].failed, 1);
		assert_int_equal(devices[i].result, BM_ERR_CANCELLED);
		assert_false(bm_node_is_provisioned(devices[i].lamp.wn->node));
	}
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_devices_are_provisioned_at_the_same_time),
		cmocka_unit_test(test_four_devices_are_provisioned_at_the_same_time_at_30_percent_loss),
		cmocka_unit_test(test_a_fifth_waits_until_a_link_is_free),
		cmocka_unit_test(test_one_that_fails_is_nothing_to_the_others_and_succeeds_later),
		cmocka_unit_test(test_two_devices_are_not_given_the_same_address),
		cmocka_unit_test(test_a_reset_of_the_provisioner_ends_all_its_attempts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
