/* The Key Refresh procedure over a network: with loss, with nodes that stop at each step, with one that is to be left
 * out, and with a manager that is restarted after each word it hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "blemesh/health.h"
#include "blemesh/key_refresh.h"
#include "net/net_state.h"
#include "support/network.h"

#define LAMPS 6
#define MINUTES(n) ((n)*60 * (uint64_t)BM_US_PER_S)

static struct lamp lamps[LAMPS];
static struct network *network;
static struct bm_key_refresh refresh;
static struct bm_key_refresh_node nodes[LAMPS];
static struct bm_key_refresh_app_key app_keys[2];
static uint8_t old_net_key[16];

/* What was told. */
static int told[8];
static size_t last_failed;
static uint16_t failed_addr;
static enum bm_key_refresh_step failed_step;
static void (*also)(const struct bm_key_refresh_event *event);

static void progress(void *ctx, const struct bm_key_refresh_event *event, bm_time now)
{
	(void)ctx, (void)now;
	told[event->kind]++;
	last_failed = event->failed;
	assert_true(event->done + event->failed <= event->total);
	if (event->kind == BM_KEY_REFRESH_EVENT_NODE_FAILED) {
		failed_addr = event->node->addr;
		failed_step = event->step;
	}
	if (also)
		also(event);
}

static struct bm_subnet *subnet_of(struct bm_node *node)
{
	return bm_subnet_find(bm_net_subnets(bm_node_health_server(node)->model.access->net), 0);
}

static void start_network(uint64_t seed)
{
	network = network_new(seed);
	memset(told, 0, sizeof told);
	also = NULL;
	for (uint16_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, NULL);
		const uint16_t addr = network_provision(network, &lamps[i], MINUTES(1));
		assert_int_equal(addr, 2 + i);
		assert_true(network_configure(network, addr));
		nodes[i] = (struct bm_key_refresh_node){.addr = addr};
	}
	memcpy(old_net_key, network->net_key, 16);
}

static struct bm_key_refresh_params params(void)
{
	app_keys[0] = (struct bm_key_refresh_app_key){.app_idx = NETWORK_APP_IDX};
	app_keys[1] = (struct bm_key_refresh_app_key){.app_idx = 0x321}; /* nobody holds this one */
	return (struct bm_key_refresh_params){
		.nodes = nodes, .node_count = LAMPS, .app_keys = app_keys, .app_key_count = 2, .progress = progress};
}

static void begin(void)
{
	const struct bm_key_refresh_params p = params();
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &p, network_now(network)), BM_OK);
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_STARTED], 1);
}

static bool is_over(void *ctx)
{
	(void)ctx;
	return told[BM_KEY_REFRESH_EVENT_OVER] > 0;
}

static bool is_over_or_stalled(void *ctx)
{
	return is_over(ctx) || told[BM_KEY_REFRESH_EVENT_STALLED] > 0;
}

static void stop_answering(size_t lamp, bool stops)
{
	for (size_t i = 0; i < bm_world_count(network->world); i++)
		if (bm_world_at(network->world, i) != lamps[lamp].wn)
			bm_medium_set_link(bm_world_medium(network->world), lamps[lamp].wn->station,
					   bm_world_at(network->world, i)->station, !stops);
}

static void assert_new_keys(struct bm_node *node)
{
	const struct bm_subnet *subnet = subnet_of(node);
	assert_int_equal(subnet->phase, 0);
	assert_true(subnet->keys[0].valid);
	assert_false(subnet->keys[1].valid);
	assert_memory_not_equal(subnet->keys[0].net_key, old_net_key, 16);
	assert_memory_equal(subnet->keys[0].net_key, subnet_of(network->provisioner->node)->keys[0].net_key, 16);
	struct bm_access *access = bm_node_health_server(node)->model.access;
	const struct bm_app_key *key = bm_app_key_find(bm_transport_app_keys(access->transport), NETWORK_APP_IDX);
	assert_memory_equal(key->values[0].key, app_keys[0].key, 16);
	assert_false(key->values[1].valid);
}

static bool hears(size_t from, size_t to)
{
	const struct bm_tx tx = tx_to(nodes[to].addr);
	const int before = lamps[from].statuses;
	for (int tries = 0; tries < 8 && lamps[from].statuses == before; tries++) {
		assert_int_equal(bm_onoff_client_get(&lamps[from].client, &tx, network_now(network)), BM_OK);
		bm_world_run_for(network->world, BM_US_PER_S);
	}
	return lamps[from].statuses > before;
}

static void assert_all_refreshed(void)
{
	assert_new_keys(network->provisioner->node);
	for (size_t i = 0; i < LAMPS; i++) {
		assert_new_keys(lamps[i].wn->node);
		assert_true(hears(i, (i + 1) % LAMPS));
	}
}

static void test_a_network_gets_new_keys_and_is_never_without(void **state)
{
	(void)state;
	start_network(1);
	begin();
	/* In the middle of it everybody talks to everybody. */
	for (int i = 0; i < 40 && !is_over(NULL); i++) {
		const size_t from = (size_t)i % LAMPS;
		assert_true(hears(from, (from + 3) % LAMPS));
	}
	bm_world_run_until(network->world, is_over, NULL, MINUTES(5));
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_OVER], 1);
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_STEP], 2);
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_NODE_FAILED], 0);
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_NODE_DONE], 3 * (LAMPS + 1));
	assert_true(bm_key_refresh_is_idle(&refresh));
	network_free(network);
}

static void test_a_network_gets_new_keys_at_30_percent_loss(void **state)
{
	(void)state;
	start_network(2);
	bm_medium_set_loss(bm_world_medium(network->world), 0.3);
	begin();
	for (int tries = 0; tries < 5 && !is_over(NULL); tries++) {
		told[BM_KEY_REFRESH_EVENT_STALLED] = 0;
		bm_world_run_until(network->world, is_over_or_stalled, NULL, MINUTES(10));
		bm_key_refresh_retry(&refresh, network_now(network));
	}
	assert_true(is_over(NULL));
	assert_all_refreshed();
	network_free(network);
}

/* The lamp that is to stop when a step begins. */
static enum bm_key_refresh_step stop_at;

static void stop_lamp_2(const struct bm_key_refresh_event *event)
{
	if ((event->kind == BM_KEY_REFRESH_EVENT_STARTED || event->kind == BM_KEY_REFRESH_EVENT_STEP) &&
	    event->step == stop_at)
		stop_answering(2, true);
}

static void run_until_lamp_2_stalls_it(uint64_t seed, enum bm_key_refresh_step step)
{
	start_network(seed);
	stop_at = step;
	also = stop_lamp_2;
	begin();
	bm_world_run_until(network->world, is_over_or_stalled, NULL, MINUTES(10));
	assert_false(is_over(NULL));
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_STALLED], 1);
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_NODE_FAILED], 1);
	assert_int_equal(last_failed, 1);
	assert_int_equal(failed_addr, nodes[2].addr);
	assert_int_equal(failed_step, step);
	assert_int_equal(nodes[2].error, BM_ERR_TIMEOUT);
	also = NULL;
}

static void test_a_node_that_stops_answering_at_any_step_is_told_and_tried_again(void **state)
{
	(void)state;
	for (enum bm_key_refresh_step step = BM_KEY_REFRESH_DISTRIBUTE; step <= BM_KEY_REFRESH_REVOKE; step++) {
		run_until_lamp_2_stalls_it(10 + (uint64_t)step, step);
		/* Nothing happens by itself; the others talk all the same. */
		bm_world_run_for(network->world, MINUTES(2));
		assert_false(is_over(NULL));
		assert_true(hears(0, 1));
		stop_answering(2, false);
		bm_key_refresh_retry(&refresh, network_now(network));
		bm_world_run_until(network->world, is_over, NULL, MINUTES(5));
		assert_true(is_over(NULL));
		assert_all_refreshed();
		network_free(network);
	}
}

static void test_a_node_that_stops_answering_at_any_step_is_skipped(void **state)
{
	(void)state;
	for (enum bm_key_refresh_step step = BM_KEY_REFRESH_DISTRIBUTE; step <= BM_KEY_REFRESH_REVOKE; step++) {
		run_until_lamp_2_stalls_it(20 + (uint64_t)step, step);
		assert_int_equal(bm_key_refresh_skip(&refresh, 0x7777, network_now(network)), BM_ERR_NOT_FOUND);
		assert_int_equal(bm_key_refresh_skip(&refresh, nodes[2].addr, network_now(network)), BM_OK);
		bm_world_run_until(network->world, is_over, NULL, MINUTES(5));
		assert_true(is_over(NULL));
		stop_answering(2, false);
		bm_world_run_for(network->world, MINUTES(1));
		for (size_t i = 0; i < LAMPS; i++)
			if (i != 2)
				assert_new_keys(lamps[i].wn->node);
		/* One that got the keys is brought on by the others' beacons; one that did not is out. */
		assert_int_equal(hears(2, 3), step != BM_KEY_REFRESH_DISTRIBUTE);
		if (step != BM_KEY_REFRESH_DISTRIBUTE)
			assert_new_keys(lamps[2].wn->node);
		network_free(network);
	}
}

static void test_a_blacklisted_node_is_out_of_the_network_afterwards(void **state)
{
	(void)state;
	start_network(30);
	nodes[4].state = BM_KEY_REFRESH_EXCLUDED;
	begin();
	bm_world_run_until(network->world, is_over, NULL, MINUTES(5));
	assert_true(is_over(NULL));
	bm_world_run_for(network->world, MINUTES(1));
	assert_memory_equal(subnet_of(lamps[4].wn->node)->keys[0].net_key, old_net_key, 16);
	assert_int_equal(subnet_of(lamps[4].wn->node)->phase, 0);
	assert_false(hears(4, 0));
	assert_false(hears(0, 4));
	assert_true(hears(0, 5));
	network_free(network);
}

/* After each event the manager forgets all but what it exported. */
static uint8_t exported[BM_KEY_REFRESH_STATE_MAX(LAMPS, 2)];
static size_t exported_len;
static bool restart;

static void export_and_restart(const struct bm_key_refresh_event *event)
{
	if (event->kind == BM_KEY_REFRESH_EVENT_OVER)
		return;
	assert_int_equal(bm_key_refresh_export(&refresh, exported, sizeof exported, &exported_len), BM_OK);
	restart = true;
}

static bool is_to_restart(void *ctx)
{
	(void)ctx;
	return restart || told[BM_KEY_REFRESH_EVENT_OVER] > 0;
}

static bool is_idle(void *ctx)
{
	(void)ctx;
	return bm_key_refresh_is_idle(&refresh);
}

static void test_a_manager_restarted_after_each_event_comes_to_the_end(void **state)
{
	(void)state;
	start_network(40);
	also = export_and_restart;
	restart = false;
	begin();
	int restarts = 0;
	while (!is_over(NULL) && restarts < 100) {
		bm_world_run_until(network->world, is_to_restart, NULL, MINUTES(2));
		if (is_over(NULL))
			break;
		assert_true(restart);
		restart = false;
		bm_key_refresh_stop(&refresh);
		bm_world_run_until(network->world, is_idle, NULL, MINUTES(2));
		assert_true(is_idle(NULL));
		const uint8_t key[16] = {0};
		assert_memory_equal(refresh.net_key, key, 16);
		memset(nodes, 0xaa, sizeof nodes);
		memset(app_keys, 0xaa, sizeof app_keys);
		struct bm_key_refresh_params p = params();
		assert_int_equal(bm_key_refresh_resume(&refresh, network->provisioner->node, &p, exported, exported_len,
						       network_now(network)),
				 BM_OK);
		restarts++;
	}
	assert_true(is_over(NULL));
	assert_true(restarts >= 2 * LAMPS);
	assert_all_refreshed();
	network_free(network);
}

static void test_a_damaged_state_is_refused_and_a_small_room_too(void **state)
{
	(void)state;
	start_network(41);
	begin();
	assert_int_equal(bm_key_refresh_export(&refresh, exported, sizeof exported, &exported_len), BM_OK);
	assert_int_equal(exported_len, sizeof exported);
	uint8_t small[20];
	size_t len;
	assert_int_equal(bm_key_refresh_export(&refresh, small, sizeof small, &len), BM_ERR_NO_SPACE);
	bm_key_refresh_stop(&refresh);
	struct bm_node *node = network->provisioner->node;
	struct bm_key_refresh other;
	struct bm_key_refresh_params p = params();
	for (size_t n = 0; n < exported_len; n++) {
		uint8_t *copy = test_malloc(n ? n : 1);
		memcpy(copy, exported, n);
		assert_int_equal(bm_key_refresh_resume(&other, node, &p, copy, n, network_now(network)),
				 BM_ERR_TOO_SHORT);
		test_free(copy);
	}
	static const size_t prohibited[] = {0, 1, 57, 59}; /* version, step, own address, own state */
	for (size_t i = 0; i < BM_ARRAY_LEN(prohibited); i++) {
		exported[prohibited[i]] ^= 0x55;
		assert_int_equal(bm_key_refresh_resume(&other, node, &p, exported, exported_len, network_now(network)),
				 BM_ERR_PROHIBITED);
		exported[prohibited[i]] ^= 0x55;
	}
	p.node_count = LAMPS - 1;
	assert_int_equal(bm_key_refresh_resume(&other, node, &p, exported, exported_len, network_now(network)),
			 BM_ERR_NO_SPACE);
	p = params();
	p.app_key_count = 1;
	assert_int_equal(bm_key_refresh_resume(&other, node, &p, exported, exported_len, network_now(network)),
			 BM_ERR_NO_SPACE);
	network_free(network);
}

static void test_a_refresh_that_cannot_begin_says_why(void **state)
{
	(void)state;
	start_network(42);
	struct bm_key_refresh_params p = params();
	struct bm_node *node = network->provisioner->node;
	p.net_idx = 7;
	assert_int_equal(bm_key_refresh_start(&refresh, node, &p, network_now(network)), BM_ERR_NO_KEY);
	p = params();
	nodes[0].addr = 1; /* the manager itself is always part of it */
	assert_int_equal(bm_key_refresh_start(&refresh, node, &p, network_now(network)), BM_ERR_INVALID);
	nodes[0].addr = 2;
	assert_int_equal(bm_key_refresh_start(&refresh, lamps[0].wn->node, &p, network_now(network)),
			 BM_ERR_NOT_SUPPORTED);
	begin();
	bm_world_run_for(network->world, BM_US_PER_S);
	struct bm_key_refresh second;
	assert_int_equal(bm_key_refresh_start(&second, node, &p, network_now(network)), BM_ERR_STATE);
	bm_key_refresh_stop(&refresh);
	network_free(network);
}

static void test_a_node_without_the_key_fails_with_its_status(void **state)
{
	(void)state;
	start_network(43);
	struct bm_net *net = bm_node_health_server(lamps[3].wn->node)->model.access->net;
	bm_net_beacon_stop(net, subnet_of(lamps[3].wn->node));
	bm_subnet_remove(bm_net_subnets(net), subnet_of(lamps[3].wn->node));
	/* it answers nothing; and a device key that is not held cannot even be asked */
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, nodes[1].addr), BM_OK);
	begin();
	bm_world_run_until(network->world, is_over_or_stalled, NULL, MINUTES(5));
	assert_int_equal(told[BM_KEY_REFRESH_EVENT_STALLED], 1);
	assert_int_equal(nodes[1].error, BM_ERR_NO_KEY);
	assert_int_equal(nodes[3].error, BM_ERR_TIMEOUT);
	assert_int_equal(last_failed, 2);
	bm_key_refresh_stop(&refresh);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_network_gets_new_keys_and_is_never_without),
		cmocka_unit_test(test_a_network_gets_new_keys_at_30_percent_loss),
		cmocka_unit_test(test_a_node_that_stops_answering_at_any_step_is_told_and_tried_again),
		cmocka_unit_test(test_a_node_that_stops_answering_at_any_step_is_skipped),
		cmocka_unit_test(test_a_blacklisted_node_is_out_of_the_network_afterwards),
		cmocka_unit_test(test_a_manager_restarted_after_each_event_comes_to_the_end),
		cmocka_unit_test(test_a_damaged_state_is_refused_and_a_small_room_too),
		cmocka_unit_test(test_a_refresh_that_cannot_begin_says_why),
		cmocka_unit_test(test_a_node_without_the_key_fails_with_its_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
