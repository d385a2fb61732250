/* Heartbeats over a chain of relays: counted, measured in hops, told on a feature's change, and ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "net/net_state.h"
#include "support/network.h"
#include "support/vectors.h"
#include "transport/heartbeat.h"

#define LAMPS 4
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct lamp lamps[LAMPS];
static int heard;
static struct bm_event last;

static void watch(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind != BM_EVENT_HEARTBEAT)
		return;
	heard++;
	last = *event;
}

/* provisioner ─ lamp 0 ─ lamp 1 ─ lamp 2 ─ lamp 3: who stands further apart does not hear each other */
static struct network *start(uint64_t seed)
{
	struct network *network = network_new(seed);
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_RELAY;
	for (uint16_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, &config);
		assert_int_equal(network_provision(network, &lamps[i], SECONDS(60)), 2 + i);
	}
	for (size_t i = 0; i < bm_world_count(network->world); i++)
		for (size_t k = i + 2; k < bm_world_count(network->world); k++)
			bm_medium_set_link(bm_world_medium(network->world), bm_world_at(network->world, i)->station,
					   bm_world_at(network->world, k)->station, false);
	heard = 0;
	network->provisioner->on_event = watch;
	return network;
}

static void ask(struct network *network, uint16_t addr, uint32_t opcode, const char *params, const char *answer)
{
	uint8_t octets[64];
	const size_t len = hex_decode(params, octets, sizeof octets);
	assert_true(network_config(network, addr, opcode, octets, len));
	if (answer)
		assert_hex(network->answer_params, network->answer_len, answer);
}

static void test_heartbeats_are_counted_with_their_hops_until_their_count_is_used_up(void **state)
{
	(void)state;
	struct network *network = start(1);
	/* lamp 3, three relays away: four of them, each 8 seconds, TTL 10, to the provisioner, features: relay */
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "050001000a", "00050001000a007f00");
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "010003040a01000000", "00010003040a01000000");
	bm_world_run_for(network->world, SECONDS(3));
	assert_int_equal(heard, 1);
	assert_int_equal(last.addr, 5);
	assert_int_equal(last.hops, 4);
	assert_int_equal(last.features, BM_FEATURE_RELAY);
	bm_world_run_for(network->world, SECONDS(8));
	assert_int_equal(heard, 2);
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, "", "00010002040a01000000");
	bm_world_run_for(network->world, SECONDS(60));
	assert_int_equal(heard, 4);
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, "", "00010000040a01000000");
	/* 2^9 seconds, some of them over; 4 heartbeats: log 3; min and max 4 hops */
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_GET, "", "000500010009030404");
	network_free(network);
}

static void test_the_shortest_and_the_longest_way_are_kept(void **state)
{
	(void)state;
	struct network *network = start(2);
	struct bm_medium *medium = bm_world_medium(network->world);
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0500010011", NULL);
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100ff010a00000000", NULL);
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(last.hops, 4);
	bm_medium_set_link(medium, network->provisioner->station, lamps[3].wn->station, true);
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(last.hops, 1);
	assert_true(heard >= 9);
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_GET, "", NULL);
	assert_int_equal(network->answer_params[7], 1);
	assert_int_equal(network->answer_params[8], 4);
	/* period 0 ends the counting; what was counted can still be read */
	const int before = heard;
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0500010000", NULL);
	assert_int_equal(network->answer_params[5], 0);
	assert_true(network->answer_params[6] >= 4);
	assert_int_equal(network->answer_params[7], 1);
	bm_world_run_for(network->world, SECONDS(5));
	assert_in_range(heard, before, before + 1);
	network_free(network);
}

static void test_a_change_of_a_feature_is_told_if_the_publication_asks_for_it(void **state)
{
	(void)state;
	struct network *network = start(3);
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0500010011", NULL);
	/* no period: triggers alone; first of Friend, which is not what changes */
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "010000000a04000000", NULL);
	ask(network, 5, BM_OP_CONFIG_RELAY_SET, "0000", "0000");
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(heard, 0);
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "010000000a01000000", NULL);
	ask(network, 5, BM_OP_CONFIG_RELAY_SET, "0100", "0100");
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(heard, 1);
	assert_int_equal(last.features, BM_FEATURE_RELAY);
	ask(network, 5, BM_OP_CONFIG_RELAY_SET, "0100", "0100"); /* no change */
	ask(network, 5, BM_OP_CONFIG_RELAY_SET, "0000", "0000");
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(heard, 2);
	assert_int_equal(last.features, 0);
	network_free(network);
}

static void test_heartbeats_to_a_group_reach_the_subscriber_and_nobody_else(void **state)
{
	(void)state;
	struct network *network = start(4);
	for (size_t i = 0; i < LAMPS; i++)
		lamps[i].wn->on_event = watch;
	ask(network, 3, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "050000c105", NULL);
	ask(network, 2, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "040000c105", NULL); /* from another source */
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "00c1ff020a00000000", NULL);
	bm_world_run_for(network->world, SECONDS(30));
	assert_in_range(heard, 7, 9); /* 16 seconds of 2 each */
	assert_int_equal(last.hops, 2);
	network_free(network);
}

static void test_heartbeats_of_a_lossy_network_and_of_a_node_that_stops(void **state)
{
	(void)state;
	struct network *network = start(5);
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0500010011", NULL);
	ask(network, 5, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100ff010a00000000", NULL);
	bm_medium_set_loss(bm_world_medium(network->world), 0.3);
	bm_world_run_for(network->world, SECONDS(200));
	assert_in_range(heard, 150, 201);
	const int before = heard;
	bm_medium_set_link(bm_world_medium(network->world), lamps[3].wn->station, lamps[2].wn->station, false);
	bm_world_run_for(network->world, SECONDS(20));
	assert_in_range(heard, before, before + 1);
	network_free(network);
}

static void test_a_heartbeat_whose_ttl_grew_on_its_way_is_not_counted(void **state)
{
	(void)state;
	struct network *network = start(6);
	struct bm_access *access = lamps[3].server.model.access;
	ask(network, 1, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0500010011", NULL);
	const struct bm_transport_tx tx = {.src = 5, .dst = 1, .ttl = 10};
	const uint8_t lies[] = {3, 0, 0}, short_one[] = {10, 0};
	assert_int_equal(bm_transport_send_control(access->transport, &tx, 0x0a, lies, sizeof lies), BM_OK);
	bm_world_run_for(network->world, SECONDS(2));
	assert_int_equal(bm_transport_send_control(access->transport, &tx, 0x0a, short_one, sizeof short_one), BM_OK);
	bm_world_run_for(network->world, SECONDS(2));
	assert_int_equal(heard, 0);
	const struct bm_counters *counters = bm_node_counters(network->provisioner->node);
	assert_int_equal(counters->drop[BM_DROP_BAD_VALUE], 1);
	assert_true(counters->drop[BM_DROP_MALFORMED] >= 1);
	network_free(network);
}

static void test_logarithms_of_counts_and_periods(void **state)
{
	(void)state;
	static const struct {
		uint16_t count;
		uint8_t up, down;
	} rows[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 2},        {3, 3, 2},        {4, 3, 3},
		    {5, 4, 3}, {8, 4, 4}, {0x8000, 16, 16}, {0x8001, 17, 16}, {0xfffe, 17, 16}};
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++) {
		assert_int_equal(bm_heartbeat_log_up(rows[i].count), rows[i].up);
		assert_int_equal(bm_heartbeat_log_down(rows[i].count), rows[i].down);
	}
	assert_int_equal(bm_heartbeat_log_up(0xffff), 0xff);
	assert_int_equal(bm_heartbeat_count(0), 0);
	assert_int_equal(bm_heartbeat_count(1), 1);
	assert_int_equal(bm_heartbeat_count(0x10), 0x8000);
	assert_int_equal(bm_heartbeat_count(0x11), 0xfffe);
	assert_int_equal(bm_heartbeat_count(0xff), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heartbeats_are_counted_with_their_hops_until_their_count_is_used_up),
		cmocka_unit_test(test_the_shortest_and_the_longest_way_are_kept),
		cmocka_unit_test(test_a_change_of_a_feature_is_told_if_the_publication_asks_for_it),
		cmocka_unit_test(test_heartbeats_to_a_group_reach_the_subscriber_and_nobody_else),
		cmocka_unit_test(test_heartbeats_of_a_lossy_network_and_of_a_node_that_stops),
		cmocka_unit_test(test_a_heartbeat_whose_ttl_grew_on_its_way_is_not_counted),
		cmocka_unit_test(test_logarithms_of_counts_and_periods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
