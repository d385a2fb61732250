/*
 * A provisioner and a device over the air: provisioned, configured, switched. With and without loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/network.h"

#define MINUTES(n) ((n)*60 * (uint64_t)BM_US_PER_S)

static void switch_lamp(struct network *network, struct lamp *from, uint16_t addr, struct lamp *lamp, bool on)
{
	const struct bm_tx tx = tx_to(addr);
	const int changes = lamp->changes;
	assert_int_equal(bm_onoff_client_set(&from->client, &tx, on, true, 0xff, 0, network_now(network)), BM_OK);
	bm_world_run_for(network->world, 2 * BM_US_PER_S);
	assert_int_equal(lamp->changes, changes + 1);
	assert_int_equal(lamp->server.present, on);
}

static void test_a_lamp_is_provisioned_configured_and_switched(void **state)
{
	(void)state;
	struct network *network = network_new(1);
	struct lamp lamp, remote;
	lamp_init(&lamp, network, NULL);
	lamp_init(&remote, network, NULL);
	const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	assert_int_equal(addr, 0x0002);
	assert_int_equal(network->method, BM_PROV_NO_OOB);
	assert_int_equal(network->alg, BM_PROV_ALG_HMAC);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(bm_node_addr(lamp.wn->node), 0x0002);
	assert_true(network_configure(network, addr));
	const uint16_t remote_addr = network_provision(network, &remote, MINUTES(2));
	assert_int_equal(remote_addr, 0x0003);
	assert_true(network_configure(network, remote_addr));
	switch_lamp(network, &remote, addr, &lamp, true);
	assert_int_equal(remote.statuses, 1);
	assert_true(remote.last_status);
	assert_int_equal(remote.status_src, addr);
	switch_lamp(network, &remote, addr, &lamp, false);
	assert_int_equal(remote.statuses, 2);
	assert_false(remote.last_status);
	network_free(network);
}

static void test_provisioning_without_loss_takes_few_seconds(void **state)
{
	(void)state;
	struct network *network = network_new(2);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	const bm_time begin = network_now(network);
	assert_int_equal(network_provision(network, &lamp, MINUTES(1)), 0x0002);
	assert_true(network_now(network) - begin < 5 * (uint64_t)BM_US_PER_S);
	network_free(network);
}

static void test_output_oob_is_chosen_and_its_number_needed(void **state)
{
	(void)state;
	struct network *network = network_new(3);
	struct bm_node_config config = bm_world_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1u << BM_PROV_BLINK;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	assert_int_equal(network_provision(network, &lamp, MINUTES(3)), 0x0002);
	assert_int_equal(network->method, BM_PROV_OUTPUT_OOB);
	assert_int_equal(network->oob_requests, 1);
	assert_in_range(network->shown.number, 1, 9);
	network_free(network);
}

static void test_a_wrong_output_oob_number_is_refused_and_the_next_attempt_succeeds(void **state)
{
	(void)state;
	struct network *network = network_new(4);
	struct bm_node_config config = bm_world_config();
	config.caps.output_size = 1;
	config.caps.output_actions = 1u << BM_PROV_BLINK;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	network->answer_oob = false;
	/* Until asked; then answer wrongly. */
	assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_ADV, 0), BM_OK);
	struct bm_provision_params params = {.addr = 0x0002};
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		params.uuid[i] = lamp.wn->uuid[i];
	assert_int_equal(bm_node_provision(network->provisioner->node, &params, 0), BM_OK);
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	assert_int_equal(network->oob_requests, 1);
	const struct bm_oob_value wrong = {.number = network->shown.number % 9 + 1};
	assert_int_equal(bm_node_provision_oob(network->provisioner->node, params.uuid, &wrong, network_now(network)),
			 BM_OK);
	bm_world_run_for(network->world, 10 * BM_US_PER_S);
	assert_int_equal(network->completed, 0);
	assert_int_equal(network->failed, 1);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	network->answer_oob = true;
	assert_int_equal(network_provision(network, &lamp, MINUTES(3)), 0x0002);
	network_free(network);
}

static void test_provisioning_and_configuration_survive_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 10; seed < 20; seed++) {
		struct network *network = network_new(seed);
		bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		struct lamp lamp;
		lamp_init(&lamp, network, NULL);
		const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
		assert_int_equal(addr, 0x0002);
		assert_true(network_configure(network, addr));
		network_free(network);
	}
}

static void test_a_reset_node_is_found_and_provisioned_again(void **state)
{
	(void)state;
	struct network *network = network_new(5);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	assert_true(network_configure(network, addr));
	assert_true(network_config(network, addr, 0x8049, NULL, 0)); /* Config Node Reset */
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_false(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
	addr = network_provision(network, &lamp, MINUTES(2));
	assert_int_equal(addr, 0x0003);
	assert_true(network_configure(network, addr));
	network_free(network);
}

static void test_a_device_that_asks_for_authentication_refuses_none(void **state)
{
	(void)state;
	struct network *network = network_new(6);
	struct bm_node_config config = bm_world_config();
	config.require_auth = true;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	assert_int_equal(network_provision(network, &lamp, MINUTES(2)), 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	network_free(network);
}

static void test_addresses_in_use_are_refused_before_the_device_takes_them(void **state)
{
	(void)state;
	struct network *network = network_new(7);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	const uint8_t key[16] = {0};
	network->next_addr = 0x0001; /* the provisioner's own */
	assert_int_equal(network_provision(network, &lamp, MINUTES(2)), 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	/* One of another node's elements. */
	assert_int_equal(bm_node_add_dev_key(network->provisioner->node, 0x0010, 4, key), BM_OK);
	network->next_addr = 0x0013;
	assert_int_equal(network_provision(network, &lamp, MINUTES(2)), 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	/* No room for another device key: the node could never be configured. */
	for (uint16_t i = 1; i < 64; i++)
		assert_int_equal(bm_node_add_dev_key(network->provisioner->node, (uint16_t)(0x1000 + i), 1, key),
				 BM_OK);
	network->next_addr = 0x0002;
	assert_int_equal(network_provision(network, &lamp, MINUTES(2)), 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, 0x1001), BM_OK);
	assert_int_equal(network_provision(network, &lamp, MINUTES(2)), 0x0002);
	network_free(network);
}

static void test_a_node_is_known_by_its_public_key(void **state)
{
	(void)state;
	/* A pair of the sample data (MshPRT 8.7). */
	static const uint8_t private_key[32] = {0x52, 0x9a, 0xa0, 0x67, 0x0d, 0x72, 0xcd, 0x64, 0x97, 0x50, 0x2e,
						0xd4, 0x73, 0x50, 0x2b, 0x03, 0x7e, 0x88, 0x03, 0xb5, 0xc6, 0x08,
						0x29, 0xa5, 0xa3, 0xca, 0xa2, 0x19, 0x50, 0x55, 0x30, 0xba};
	static const uint8_t public_key[64] = {
		0xf4, 0x65, 0xe4, 0x3f, 0xf2, 0x3d, 0x3f, 0x1b, 0x9d, 0xc7, 0xdf, 0xc0, 0x4d, 0xa8, 0x75, 0x81,
		0x84, 0xdb, 0xc9, 0x66, 0x20, 0x47, 0x96, 0xec, 0xcf, 0x0d, 0x6c, 0xf5, 0xe1, 0x65, 0x00, 0xcc,
		0x02, 0x01, 0xd0, 0x48, 0xbc, 0xbb, 0xd8, 0x99, 0xee, 0xef, 0xc4, 0x24, 0x16, 0x4e, 0x33, 0xc2,
		0x01, 0xc2, 0xb0, 0x10, 0xca, 0x6b, 0x4d, 0x43, 0xa8, 0xa1, 0x55, 0xca, 0xd8, 0xec, 0xb2, 0x79};
	for (int known = 0; known < 2; known++) {
		struct network *network = network_new(8);
		struct bm_node_config config = bm_world_config();
		config.oob_private_key = known ? private_key : NULL;
		struct lamp lamp;
		lamp_init(&lamp, network, &config);
		assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_ADV, 0), BM_OK);
		struct bm_provision_params params = {.addr = 0x0002, .public_key = public_key};
		for (size_t i = 0; i < BM_UUID_LEN; i++)
			params.uuid[i] = lamp.wn->uuid[i];
		assert_int_equal(bm_node_provision(network->provisioner->node, &params, 0), BM_OK);
		bm_world_run_for(network->world, 10 * BM_US_PER_S);
		/* One that has no such key is not the device that was meant. */
		assert_int_equal(network->completed, known);
		assert_int_equal(network->failed, !known);
		assert_int_equal(bm_node_is_provisioned(lamp.wn->node), known);
		assert_true(!known || network_configure(network, 0x0002));
		network_free(network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lamp_is_provisioned_configured_and_switched),
		cmocka_unit_test(test_provisioning_without_loss_takes_few_seconds),
		cmocka_unit_test(test_output_oob_is_chosen_and_its_number_needed),
		cmocka_unit_test(test_a_wrong_output_oob_number_is_refused_and_the_next_attempt_succeeds),
		cmocka_unit_test(test_provisioning_and_configuration_survive_30_percent_loss),
		cmocka_unit_test(test_a_reset_node_is_found_and_provisioned_again),
		cmocka_unit_test(test_a_device_that_asks_for_authentication_refuses_none),
		cmocka_unit_test(test_addresses_in_use_are_refused_before_the_device_takes_them),
		cmocka_unit_test(test_a_node_is_known_by_its_public_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
