/*
 * Bad input over the air that takes more than a row of tests/answers/: wrong keys and elements, unknown labels, full
 * lists. Each gets the status that is specified, or silence and a counter; and the node serves as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "crypto/crypto.h"
#include "support/full_node.h"
#include "support/vectors.h"

#define CLIENT 0x0010
#define SERVER 0x0020
#define OTHER_KEY "63964771734fbd76e3b40519d1d94a48"

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
	return pair;
}

/* Whatever was said: the node still serves. */
static void pair_end(struct pair *pair)
{
	full_node_expect(&pair->client, SERVER, "820201fe", "820401");
	full_node_expect(&pair->client, SERVER + 1, "820201fd", "820401");
	network_free(pair->network);
	free(pair);
}

static uint32_t drops(const struct pair *pair, enum bm_drop reason)
{
	return bm_node_counters(pair->server.wn->node)->drop[reason];
}

/* Says hex to the server, which answers nothing and counts one message dropped for this reason. */
static void assert_silence(struct pair *pair, const struct bm_tx *tx, const char *hex, enum bm_drop reason)
{
	const uint32_t before = drops(pair, reason);
	const int heard = pair->client.heard;
	full_node_say(&pair->client, tx, hex);
	bm_world_run_for(pair->network->world, 3 * BM_US_PER_S);
	if (pair->client.heard != heard)
		fail_msg("%s was answered", hex);
	if (drops(pair, reason) != before + 1)
		fail_msg("%s was not counted as %s", hex, bm_drop_name(reason));
}

static void test_a_setting_that_is_read_only_is_told_without_access_and_value_when_it_is_set(void **state)
{
	(void)state;
	struct pair *pair = pair_new(3);
	full_node_expect(&pair->client, SERVER,
			 "594f002e00"
			 "1122",
			 "5b4f002e00031122");
	pair->server.setting.access = BM_SENSOR_SETTING_READ;
	full_node_expect(&pair->client, SERVER,
			 "594f002e00"
			 "3344",
			 "5b4f002e00");
	full_node_expect(&pair->client, SERVER, "82364f002e00", "5b4f002e00011122");
	pair_end(pair);
}

static void test_wrong_keys_elements_and_opcodes_are_met_with_silence_and_counted_by_reason(void **state)
{
	(void)state;
	struct pair *pair = pair_new(5);
	struct bm_tx tx = tx_to(SERVER);
	uint8_t key[BM_KEY_LEN];
	hex_decode(OTHER_KEY, key, sizeof key);
	assert_silence(pair, &tx, "8299", BM_DROP_UNKNOWN_OPCODE);
	assert_silence(pair, &tx, "7e", BM_DROP_UNKNOWN_OPCODE);
	assert_silence(pair, &tx,
		       "ca5900"
		       "01",
		       BM_DROP_UNKNOWN_OPCODE); /* another company's */
	assert_silence(pair, &tx,
		       "ffc402"
		       "01",
		       BM_DROP_UNKNOWN_OPCODE);               /* our company's, but no such */
	assert_silence(pair, &tx, "7f01", BM_DROP_MALFORMED); /* prohibited */
	assert_silence(pair, &tx, "82", BM_DROP_MALFORMED);   /* half an opcode */
	assert_silence(pair, &tx, "cac4", BM_DROP_MALFORMED);
	assert_silence(pair, &tx, "800c", BM_DROP_NOT_BOUND); /* Configuration, but no device key */
	tx.dst = SERVER + 1;
	assert_silence(pair, &tx, "8205", BM_DROP_UNKNOWN_OPCODE); /* the secondary element has no level */
	assert_silence(pair, &tx, "8031c402", BM_DROP_UNKNOWN_OPCODE);
	tx.dst = SERVER;
	/* An application key that the server does not hold, then holds, but is bound to nothing. */
	assert_int_equal(bm_node_add_app_key(pair->client.wn->node, 0, 1, key), BM_OK);
	assert_int_equal(bm_node_bind(pair->client.wn->node, &pair->client.vendor, 1), BM_OK);
	tx.app_idx = 1;
	assert_silence(pair, &tx, "82020101", BM_DROP_NO_KEY);
	assert_int_equal(bm_node_add_app_key(pair->server.wn->node, 0, 1, key), BM_OK);
	assert_silence(pair, &tx, "82020101", BM_DROP_NOT_BOUND);
	/* A label that nobody subscribed to. */
	uint8_t label[BM_UUID_LEN] = {1};
	tx = tx_to(bm_virtual_addr(label));
	tx.label = label;
	full_node_say(&pair->client, &tx, "82020101");
	bm_world_run_for(pair->network->world, BM_US_PER_S);
	assert_false(pair->server.onoff.present);
	pair_end(pair);
}

static void test_full_lists_say_that_resources_are_insufficient(void **state)
{
	(void)state;
	struct pair *pair = pair_new(8);
	const struct bm_limits limits = full_node_config().limits;
	char params[64], answer[80];
	for (unsigned i = 0; i <= limits.subscriptions; i++) {
		snprintf(params, sizeof params,
			 "2000"
			 "%02xc1"
			 "0010",
			 i);
		snprintf(answer, sizeof answer, "%02x%s", i < limits.subscriptions ? 0 : 5, params);
		full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, params, answer);
	}
	for (unsigned i = 0; i <= limits.labels; i++) {
		snprintf(params, sizeof params,
			 "2000"
			 "%02x2030405060708090a0b0c0d0e0f000"
			 "0210",
			 i);
		full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, params, NULL);
		assert_int_equal(pair->network->answer_params[0],
				 i < limits.labels ? BM_CONFIG_SUCCESS : BM_CONFIG_INSUFFICIENT_RESOURCES);
	}
	for (unsigned i = 1; i <= limits.app_keys; i++) {
		snprintf(params, sizeof params, "00%x000" OTHER_KEY, i);
		snprintf(answer, sizeof answer, "%02x00%x000", i < limits.app_keys ? 0 : 5, i);
		full_node_configure(&pair->server, BM_OP_CONFIG_APP_KEY_ADD, params, answer);
	}
	for (unsigned i = 1; i <= limits.bindings; i++) {
		snprintf(params, sizeof params,
			 "2000"
			 "%02x00"
			 "0010",
			 i);
		snprintf(answer, sizeof answer, "%02x%s", i < limits.bindings ? 0 : 5, params);
		full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_APP_BIND, params, answer);
	}
	for (unsigned i = 1; i <= limits.subnets; i++) {
		snprintf(params, sizeof params, "%02x00" OTHER_KEY, i);
		snprintf(answer, sizeof answer, "%02x%02x00", i < limits.subnets ? 0 : 5, i);
		full_node_configure(&pair->server, BM_OP_CONFIG_NET_KEY_ADD, params, answer);
	}
	pair_end(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_setting_that_is_read_only_is_told_without_access_and_value_when_it_is_set),
		cmocka_unit_test(test_wrong_keys_elements_and_opcodes_are_met_with_silence_and_counted_by_reason),
		cmocka_unit_test(test_full_lists_say_that_resources_are_insufficient),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
