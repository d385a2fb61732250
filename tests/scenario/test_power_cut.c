/*
 * The power is cut at every single store request of a long life (support/power_cut.h): messages both ways, IV updates,
 * key refreshes, configuration, resets and provisionings. test_power_cut_friends.c is the life of friends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "blemesh/key_refresh.h"
#include "support/power_cut.h"

#define ROUNDS 10
#define EXCHANGES 340
#define REQUESTS_MIN 10000
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct network *network;
static struct lamp lamps[3];

static void set_up_network(void)
{
	network = network_new(2026);
	power_cut_begin(network);
	power_cut.replay_every = 250;
	power_cut.replay_age_us = SECONDS(2);
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++) {
		lamp_init(&lamps[i], network, NULL);
		lamps[i].server.model.persist = true;
		(void)power_cut_watch(lamps[i].wn, true);
	}
	power_cut_record(lamps[0].wn);
}

static void join(struct lamp *lamp)
{
	const uint16_t addr = network_provision(network, lamp, SECONDS(60));
	assert_int_not_equal(addr, 0);
	assert_true(network_configure(network, addr));
}

static void exchange(struct lamp *from, struct lamp *to, int n)
{
	const struct bm_tx tx = tx_to(bm_node_addr(to->wn->node));
	const int before = from->statuses;
	assert_int_equal(bm_onoff_client_set(&from->client, &tx, n & 1, true, 0xff, 0, network_now(network)), BM_OK);
	/* now and then a segmented one overtakes it */
	if (n % 25 == 0)
		assert_int_equal(lamp_send_blob(to, &(struct bm_tx){.dst = bm_node_addr(from->wn->node), .ttl = 5}, 40),
				 BM_OK);
	power_cut_run(n % 25 == 0 ? SECONDS(1) : 120 * BM_US_PER_MS);
	assert_true(from->statuses > before);
}

static void update_iv_index(void)
{
	struct bm_node *node = network->provisioner->node;
	const uint32_t next = bm_node_iv_index(node) + 1;
	power_cut_run(SECONDS(3600) * 97);
	assert_int_equal(bm_node_iv_update(node, true, network_now(network)), BM_OK);
	power_cut_run(SECONDS(3600) * 100);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(bm_node_iv_index(lamps[i].wn->node), next);
		assert_false(bm_node_iv_in_update(lamps[i].wn->node));
	}
}

static void refresh_keys(void)
{
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[BM_ARRAY_LEN(lamps)] = {{0}};
	struct bm_key_refresh_app_key app_key = {.app_idx = NETWORK_APP_IDX};
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++)
		nodes[i].addr = bm_node_addr(lamps[i].wn->node);
	const struct bm_key_refresh_params params = {
		.nodes = nodes, .node_count = BM_ARRAY_LEN(lamps), .app_keys = &app_key, .app_key_count = 1};
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &params, network_now(network)),
			 BM_OK);
	power_cut_run(SECONDS(120));
	assert_int_equal(refresh.step, BM_KEY_REFRESH_OVER);
	memcpy(network->net_key, network->provisioner->node->net.subnets.table[0].keys[0].net_key, 16);
	memcpy(network->app_key, app_key.key, 16);
}

/* The lamp leaves and comes back with another address. */
static void rejoin(struct lamp *lamp)
{
	const uint16_t addr = bm_node_addr(lamp->wn->node);
	assert_true(network_config(network, addr, BM_OP_CONFIG_NODE_RESET, NULL, 0));
	power_cut_run(SECONDS(5));
	assert_false(bm_node_is_provisioned(lamp->wn->node));
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, addr), BM_OK);
	join(lamp);
}

static void test_no_power_cut_repeats_a_number_or_admits_an_old_message(void **state)
{
	(void)state;
	set_up_network();
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++)
		join(&lamps[i]);
	for (int round = 0; round < ROUNDS; round++) {
		for (int n = 0; n < EXCHANGES; n++)
			exchange(&lamps[n % 3], &lamps[(n + 1) % 3], n / 3 + round);
		if (round % 3 == 0)
			update_iv_index();
		if (round % 4 == 1)
			refresh_keys();
		rejoin(&lamps[2]);
	}
	print_message("%d store requests, %d recoveries, %d PDUs replayed to recovered nodes\n", power_cut.requests,
		      power_cut.recoveries, power_cut.replays);
	assert_true(power_cut.requests >= REQUESTS_MIN);
	assert_true(power_cut.replays > 10000);
	power_cut_end();
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_power_cut_repeats_a_number_or_admits_an_old_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
