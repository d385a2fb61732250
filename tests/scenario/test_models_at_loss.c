/*
 * Every model family between two nodes while 30 % of all frames are lost: acknowledged messages, publication,
 * configuration, groups and virtual addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "support/full_node.h"
#include "support/vectors.h"

#define CLIENT 0x0010
#define SERVER 0x0020
#define SEEDS 5
#define LABEL "0073e7e4d8b9440faf8415df4c56c0e1" /* virtual address 0xb529 */

struct pair {
	struct network *network;
	struct full_node client, server;
};

static struct pair *pair_new(uint64_t seed)
{
	struct pair *pair = calloc(1, sizeof *pair);
	pair->network = network_new(seed);
	full_node_join(&pair->client, pair->network, CLIENT);
	full_node_join(&pair->server, pair->network, SERVER);
	bm_medium_set_loss(bm_world_medium(pair->network->world), 0.3);
	return pair;
}

static void pair_free(struct pair *pair)
{
	network_free(pair->network);
	free(pair);
}

struct exchange {
	const char *request, *answer;
};

static void converse(struct pair *pair, const struct exchange *exchanges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		full_node_expect(&pair->client, SERVER, exchanges[i].request, exchanges[i].answer);
}

#define CONVERSE(pair, exchanges) converse((pair), (exchanges), BM_ARRAY_LEN(exchanges))

static void run_for(struct pair *pair, uint64_t duration_us)
{
	bm_world_run_for(pair->network->world, duration_us);
}

static void test_onoff_and_its_transition_time_at_30_percent_loss(void **state)
{
	(void)state;
	static const struct exchange at_once[] = {
		{"82020101", "820401"}, {"82020002", "820400"}, {"820e14", "821014"},
		{"820d", "821014"},     {"8201", "820400"},
	};
	static const struct exchange later[] = {{"8201", "820401"}, {"820e00", "821000"}, {"820d", "821000"}};
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		CONVERSE(pair, at_once);
		/* Off takes the default of 2 s: On until its end. On needs none of it. */
		assert_int_equal(full_node_ask(&pair->client, SERVER, "82020103", BM_OP_ONOFF_STATUS), BM_OK);
		assert_int_equal(pair->client.len, 5);
		run_for(pair, 3 * BM_US_PER_S);
		CONVERSE(pair, later);
		pair_free(pair);
	}
}

static void test_level_delta_and_move_at_30_percent_loss(void **state)
{
	(void)state;
	static const struct exchange steps[] = {
		{"8206e80301", "8208e803"},     /* 1000 */
		{"820918fcffff02", "82080000"}, /* − 1000 */
		{"820900008000"
		 "03",
		 "8208ff7f"}, /* as far as it goes */
		{"82060080"
		 "04",
		 "82080080"},
		{"8205", "82080080"},
	};
	for (uint64_t seed = 11; seed < 11 + SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		CONVERSE(pair, steps);
		/* 1000 a second, stopped after three or a bit more. */
		assert_int_equal(full_node_ask(&pair->client, SERVER,
					       "820be803"
					       "05"
					       "4a00",
					       BM_OP_LEVEL_STATUS),
				 BM_OK);
		assert_int_equal(pair->client.len, 7);
		run_for(pair, 2 * BM_US_PER_S);
		assert_int_equal(full_node_ask(&pair->client, SERVER,
					       "820b0000"
					       "06",
					       BM_OP_LEVEL_STATUS),
				 BM_OK);
		const int16_t stopped = pair->server.level.present;
		assert_in_range(stopped - BM_LEVEL_MIN, 200, 2000);
		run_for(pair, 5 * BM_US_PER_S);
		assert_int_equal(bm_level_server_present(&pair->server.level, network_now(pair->network)), stopped);
		pair_free(pair);
	}
}

static void test_sensor_and_sensor_setup_at_30_percent_loss(void **state)
{
	(void)state;
	static const struct exchange steps[] = {
		{"82314f00", "52e0092b"},
		{"8231", "5224002a5078e0092b820a3412"},
		{"82304f00", "514f00236145014050"},
		{"8230", "510100000000000000"
			 "4f00236145014050"
			 "5400000000000000"},
		{"82320100ec", "530100ec1401"},
		{"82330100", "540100"
			     "ec1401"
			     "002803"},
		{"823301000005", "540100"
				 "002803"},
		{"554f00"
		 "02020205"
		 "0028",
		 "574f00"
		 "02020205"
		 "0028"},
		{"82344f00", "574f00"
			     "02020205"
			     "0028"},
		{"82354f00", "584f002e00"},
		{"594f002e00"
		 "1122",
		 "5b4f002e00"
		 "03"
		 "1122"},
		{"82364f002e00", "5b4f002e00"
				 "03"
				 "1122"},
	};
	for (uint64_t seed = 21; seed < 21 + SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		CONVERSE(pair, steps);
		pair_free(pair);
	}
}

static void test_health_client_and_server_at_30_percent_loss(void **state)
{
	(void)state;
	static const struct exchange steps[] = {
		{"8031c402", "0500c402"},                                     /* nothing yet */
		{"803207c402", "0507c40203040506"},                           /* the test finds four */
		{"8031c402", "0507c40203040506"},   {"802fc402", "0507c402"}, /* and they are cleared */
		{"8031c402", "0507c402"},           {"803503", "803703"},     {"8034", "803703"},
	};
	for (uint64_t seed = 31; seed < 31 + SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		CONVERSE(pair, steps);
		full_node_expect(&pair->client, SERVER, "80051e", "80071e");
		assert_int_equal(pair->server.attention, 30);
		assert_int_equal(full_node_ask(&pair->client, SERVER, "8004", BM_OP_HEALTH_ATTENTION_STATUS), BM_OK);
		assert_in_range(pair->client.payload[2], 9, 30);
		full_node_expect(&pair->client, SERVER, "800500", "800700");
		assert_int_equal(pair->server.attention, 0);
		pair_free(pair);
	}
}

/* Config Model Publication Set to the client. model: two or four octets. */
static void publish(struct pair *pair, const char *model, uint8_t period, uint8_t retransmit)
{
	char params[64], answer[80];
	snprintf(params, sizeof params,
		 "2000"
		 "1000"
		 "0000"
		 "ff%02x%02x%s",
		 period, retransmit, model);
	snprintf(answer, sizeof answer, "00%s", params);
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_PUBLICATION_SET, params, answer);
}

static int heard_in(struct pair *pair, uint64_t duration_us)
{
	const int before = pair->client.heard;
	run_for(pair, duration_us);
	return pair->client.heard - before;
}

static void test_publication_with_period_and_retransmit_at_30_percent_loss(void **state)
{
	(void)state;
	static const char *const models[] = {"0010", "0210", "0410", "0011", "0200", "c4024200"};
	static const char *const statuses[] = {"8204", "8208", "8210", "52", "04", "cc"};
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++) {
		struct pair *pair = pair_new(41 + i);
		uint8_t status[2];
		const size_t len = hex_decode(statuses[i], status, sizeof status);
		publish(pair, models[i], 0x41, 2 | 1 << 3); /* each second, twice more 100 ms apart */
		/* Default Transition Time has no state that is published by itself but the period's. */
		const int heard = heard_in(pair, 20 * BM_US_PER_S);
		assert_in_range(heard, 50, 63);
		assert_memory_equal(pair->client.payload, status, len);
		publish(pair, models[i], 0, 0);
		run_for(pair, BM_US_PER_S);
		assert_int_equal(heard_in(pair, 5 * BM_US_PER_S), 0);
		pair_free(pair);
	}
}

static void test_faults_shorten_the_health_period_at_30_percent_loss(void **state)
{
	(void)state;
	struct pair *pair = pair_new(51);
	publish(pair, "0200", 0x48, 0); /* each 8 s */
	full_node_expect(&pair->client, SERVER, "803503", "803703");
	run_for(pair, 8 * BM_US_PER_S);
	assert_in_range(heard_in(pair, 64 * (uint64_t)BM_US_PER_S), 6, 8);
	full_node_expect(&pair->client, SERVER, "803207c402", "0507c40203040506");
	/* By 2^3: each second. */
	assert_in_range(heard_in(pair, 64 * (uint64_t)BM_US_PER_S), 58, 66);
	assert_hex(pair->client.payload, pair->client.len, "0407c40203040506");
	for (uint8_t i = 0; i < FULL_MANY_FAULTS; i++)
		assert_int_equal(bm_health_server_fault_gone(bm_node_health_server(pair->server.wn->node), FULL_COMPANY,
							     (uint8_t)(FULL_FAULT + i), network_now(pair->network)),
				 BM_OK);
	run_for(pair, 8 * BM_US_PER_S);
	assert_in_range(heard_in(pair, 64 * (uint64_t)BM_US_PER_S), 6, 8);
	full_node_expect(&pair->client, SERVER, "8031c402", "0507c40203040506"); /* still registered */
	pair_free(pair);
}

/* One transaction, said until it was heard. */
static bool say_until_on(struct pair *pair, const struct bm_tx *tx, const char *hex)
{
	for (int i = 0; i < 5 && !pair->server.onoff.present; i++) {
		full_node_say(&pair->client, tx, hex);
		run_for(pair, BM_US_PER_S);
	}
	return pair->server.onoff.present;
}

static void test_groups_and_virtual_addresses_at_30_percent_loss(void **state)
{
	(void)state;
	uint8_t label[BM_UUID_LEN];
	hex_decode(LABEL, label, sizeof label);
	for (uint64_t seed = 61; seed < 61 + SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		struct bm_tx tx = tx_to(0xc123);
		assert_false(say_until_on(pair, &tx, "82030101"));
		full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
				    "2000"
				    "23c1"
				    "0010",
				    "00"
				    "2000"
				    "23c1"
				    "0010");
		assert_true(say_until_on(pair, &tx, "82030102"));
		bm_onoff_server_set(&pair->server.onoff, false, network_now(pair->network));
		full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE,
				    "2000" LABEL "0010",
				    "00"
				    "2000"
				    "29b5"
				    "0010");
		assert_false(say_until_on(pair, &tx, "82030103"));
		tx.dst = 0xb529;
		tx.label = label;
		assert_true(say_until_on(pair, &tx, "82030104"));
		full_node_configure(&pair->server, BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_GET,
				    "2000"
				    "0010",
				    "00"
				    "2000"
				    "0010"
				    "29b5");
		pair_free(pair);
	}
}

static void test_a_node_is_configured_whole_at_30_percent_loss(void **state)
{
	(void)state;
	static const struct {
		uint32_t opcode;
		const char *params, *answer;
	} steps[] = {
		{BM_OP_CONFIG_COMPOSITION_DATA_GET, "00", NULL},
		{BM_OP_CONFIG_APP_KEY_ADD,
		 "001000"
		 "63964771734fbd76e3b40519d1d94a48",
		 "00001000"},
		{BM_OP_CONFIG_APP_KEY_GET, "0000", "000000001000"},
		{BM_OP_CONFIG_NET_KEY_ADD,
		 "0100"
		 "7dd7364cd842ad18c17c2b820c84c3d6",
		 "000100"},
		{BM_OP_CONFIG_NET_KEY_GET, "", "001000"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2000"
		 "0100"
		 "0210",
		 "00"
		 "2000"
		 "0100"
		 "0210"},
		{BM_OP_CONFIG_SIG_MODEL_APP_GET,
		 "2000"
		 "0210",
		 "00"
		 "2000"
		 "0210"
		 "001000"},
		{BM_OP_CONFIG_MODEL_APP_UNBIND,
		 "2000"
		 "0100"
		 "0210",
		 "00"
		 "2000"
		 "0100"
		 "0210"},
		{BM_OP_CONFIG_BEACON_SET, "00", "00"},
		{BM_OP_CONFIG_DEFAULT_TTL_SET, "05", "05"},
		{BM_OP_CONFIG_NETWORK_TRANSMIT_SET, "0a", "0a"},
		{BM_OP_CONFIG_RELAY_GET, "", "0200"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET,
		 "2000" LABEL "0000"
		 "05"
		 "00"
		 "00"
		 "0010",
		 "00"
		 "2000"
		 "29b5"
		 "0000"
		 "05"
		 "00"
		 "00"
		 "0010"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_GET,
		 "2000"
		 "0010",
		 "00"
		 "2000"
		 "29b5"
		 "0000"
		 "05"
		 "00"
		 "00"
		 "0010"},
		{BM_OP_CONFIG_APP_KEY_DELETE, "001000", "00001000"},
		{BM_OP_CONFIG_NET_KEY_DELETE, "0100", "000100"},
		{BM_OP_CONFIG_NODE_RESET, "", ""},
	};
	for (uint64_t seed = 71; seed < 71 + SEEDS; seed++) {
		struct pair *pair = pair_new(seed);
		for (size_t i = 0; i < BM_ARRAY_LEN(steps); i++)
			full_node_configure(&pair->server, steps[i].opcode, steps[i].params, steps[i].answer);
		run_for(pair, 5 * BM_US_PER_S);
		assert_false(bm_node_is_provisioned(pair->server.wn->node));
		pair_free(pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_onoff_and_its_transition_time_at_30_percent_loss),
		cmocka_unit_test(test_level_delta_and_move_at_30_percent_loss),
		cmocka_unit_test(test_sensor_and_sensor_setup_at_30_percent_loss),
		cmocka_unit_test(test_health_client_and_server_at_30_percent_loss),
		cmocka_unit_test(test_publication_with_period_and_retransmit_at_30_percent_loss),
		cmocka_unit_test(test_faults_shorten_the_health_period_at_30_percent_loss),
		cmocka_unit_test(test_groups_and_virtual_addresses_at_30_percent_loss),
		cmocka_unit_test(test_a_node_is_configured_whole_at_30_percent_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
