/*
 * Bad input over the air, to every model: wrong property ids, values out of range and prohibited ones, full lists,
 * unknown labels, wrong keys, wrong elements, opcodes of nobody. Each gets the status that is specified, or silence and
 * a counter; and the node serves as before.
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

static void test_prohibited_values_of_models_are_met_with_silence(void **state)
{
	(void)state;
	static const char *const prohibited[] = {
		"82020201",           /* OnOff 2 */
		"820201013f00",       /* a transition of 0x3f steps */
		"8206000001ff00",     /* likewise */
		"820900000000017f00", /* likewise */
		"820b000001bf00",     /* likewise */
		"820e3f",             /* likewise */
		"820f7f",             /* likewise, unacknowledged */
		"82300000",           /* property 0 */
		"82310000",
		"8232000001",
		"82330000",
		"82340000",
		"82350000",
		"823600003200",
		"82364f000000", /* setting 0 */
		"5500000202020500"
		"28", /* property 0 */
		"554f00"
		"1002020500"
		"28", /* divisor 2^16 */
		"554f00"
		"0202021b00"
		"28",     /* minimum interval 2^27 */
		"803510", /* fast period divisor 2^16 */
		"803610",
	};
	struct pair *pair = pair_new(1);
	const struct bm_tx tx = tx_to(SERVER);
	for (size_t i = 0; i < BM_ARRAY_LEN(prohibited); i++)
		assert_silence(pair, &tx, prohibited[i], BM_DROP_BAD_VALUE);
	pair_end(pair);
}

static void test_wrong_lengths_of_models_are_met_with_silence(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"820100",           "820201",     "8202010105", "820201010500ff", "82050000",
		"82060000",         "8209000000", "820b0000",   "820d00",         "820e",
		"82304f",           "82314f0000", "82324f",     "82344f",         "82354f00ff",
		"82364f002e",       "554f000202", "594f00",     "800400",         "8005",
		"8031c4",           "803207c4",   "8034ff",     "8035",           "594f002e0011",
		"594f002e00112233",
	};
	struct pair *pair = pair_new(2);
	const struct bm_tx tx = tx_to(SERVER);
	for (size_t i = 0; i < BM_ARRAY_LEN(wrong); i++)
		assert_silence(pair, &tx, wrong[i], BM_DROP_BAD_LENGTH);
	pair_end(pair);
}

static void test_unknown_properties_settings_and_columns_are_answered_by_their_id(void **state)
{
	(void)state;
	static const struct {
		const char *request, *answer;
	} steps[] = {
		{"82309900", "519900"},
		{"82319900", "52ff9900"}, /* Format B, length 0x7f: no value */
		{"8232990001", "53990001"},
		{"8232010001", "53010001"}, /* a property with columns, but not this one */
		{"82324f0001", "534f0001"}, /* a property without */
		{"82334f00", "544f00"},
		{"82339900", "549900"},
		{"82349900", "579900"},
		{"82345400", "575400"}, /* a sensor without cadence */
		{"559900"
		 "02020205"
		 "0028",
		 "579900"},
		{"82359900", "589900"},
		{"82355400", "585400"}, /* a sensor without settings */
		{"823699002e00", "5b99002e00"},
		{"82364f009900", "5b4f009900"},
		{"594f009900"
		 "1122",
		 "5b4f009900"},
	};
	struct pair *pair = pair_new(3);
	for (size_t i = 0; i < BM_ARRAY_LEN(steps); i++)
		full_node_expect(&pair->client, SERVER, steps[i].request, steps[i].answer);
	/* The one setting keeps its value; made read-only, its Set is answered without access and value. */
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

static void test_unknown_companies_and_tests_of_health_are_met_with_silence(void **state)
{
	(void)state;
	static const char *const unknown[] = {"8031ffff",   "802fffff",   "8030ffff",
					      "803207ffff", "803299c402", "803399c402"};
	struct pair *pair = pair_new(4);
	const struct bm_tx tx = tx_to(SERVER);
	for (size_t i = 0; i < BM_ARRAY_LEN(unknown); i++) {
		const int heard = pair->client.heard;
		full_node_say(&pair->client, &tx, unknown[i]);
		bm_world_run_for(pair->network->world, BM_US_PER_S);
		assert_int_equal(pair->client.heard, heard);
	}
	full_node_expect(&pair->client, SERVER, "8031c402", "0500c402");
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

static void test_configuration_that_cannot_be_is_answered_with_its_status(void **state)
{
	(void)state;
	static const struct {
		uint32_t opcode;
		const char *params, *answer;
	} steps[] = {
		{BM_OP_CONFIG_APP_KEY_ADD, "341200" OTHER_KEY, "04341200"},    /* no such subnet */
		{BM_OP_CONFIG_APP_KEY_ADD, "000000" OTHER_KEY, "06000000"},    /* the index holds another key */
		{BM_OP_CONFIG_APP_KEY_UPDATE, "000100" OTHER_KEY, "04000100"}, /* NetKey index 0x100: none */
		{BM_OP_CONFIG_APP_KEY_UPDATE, "005000" OTHER_KEY, "03005000"}, /* AppKey index 5: none */
		{BM_OP_CONFIG_APP_KEY_UPDATE, "000000" OTHER_KEY, "0b000000"}, /* no Key Refresh */
		{BM_OP_CONFIG_APP_KEY_DELETE, "005000", "00005000"},           /* none: deleted already */
		{BM_OP_CONFIG_APP_KEY_GET, "0100", "040100"},
		{BM_OP_CONFIG_NET_KEY_ADD, "0000" OTHER_KEY, "060000"},
		{BM_OP_CONFIG_NET_KEY_UPDATE, "0100" OTHER_KEY, "040100"},
		{BM_OP_CONFIG_NET_KEY_DELETE, "0000", "0c0000"}, /* the last one */
		{BM_OP_CONFIG_NODE_IDENTITY_GET, "0100", "04010000"},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_GET, "0100", "04010000"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2000"
		 "0500"
		 "0010",
		 "03"
		 "2000"
		 "0500"
		 "0010"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2000"
		 "0000"
		 "0000",
		 "0d"
		 "2000"
		 "0000"
		 "0000"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2000"
		 "0000"
		 "3412",
		 "02"
		 "2000"
		 "0000"
		 "3412"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2100"
		 "0000"
		 "0210",
		 "02"
		 "2100"
		 "0000"
		 "0210"}, /* another element's */
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2200"
		 "0000"
		 "0010",
		 "01"
		 "2200"
		 "0000"
		 "0010"},
		{BM_OP_CONFIG_MODEL_APP_BIND,
		 "2000"
		 "0000"
		 "c4024300",
		 "02"
		 "2000"
		 "0000"
		 "c4024300"},
		{BM_OP_CONFIG_SIG_MODEL_APP_GET,
		 "2000"
		 "3412",
		 "02"
		 "2000"
		 "3412"},
		{BM_OP_CONFIG_VENDOR_MODEL_APP_GET,
		 "2200"
		 "c4024200",
		 "01"
		 "2200"
		 "c4024200"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
		 "2000"
		 "23c1"
		 "0000",
		 "08"
		 "2000"
		 "23c1"
		 "0000"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
		 "2000"
		 "ffff"
		 "0010",
		 "01"
		 "2000"
		 "ffff"
		 "0010"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
		 "2000"
		 "0000"
		 "0010",
		 "01"
		 "2000"
		 "0000"
		 "0010"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
		 "2000"
		 "2000"
		 "0010",
		 "01"
		 "2000"
		 "2000"
		 "0010"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD,
		 "2000"
		 "29b5"
		 "0010",
		 "01"
		 "2000"
		 "29b5"
		 "0010"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE,
		 "2000"
		 "23c1"
		 "0010",
		 "00"
		 "2000"
		 "23c1"
		 "0010"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, "2000" OTHER_KEY "0010", NULL},
		{BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_GET,
		 "2000"
		 "0000",
		 "08"
		 "2000"
		 "0000"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET,
		 "2000"
		 "0100"
		 "0500"
		 "ff"
		 "00"
		 "00"
		 "0010",
		 "03"
		 "2000"
		 "0100"
		 "0500"
		 "ff"
		 "00"
		 "00"
		 "0010"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET,
		 "2000"
		 "0100"
		 "0010"
		 "ff"
		 "00"
		 "00"
		 "0010",
		 "0a"
		 "2000"
		 "0100"
		 "0010"
		 "ff"
		 "00"
		 "00"
		 "0010"}, /* friendship credentials, but no Low Power */
		{BM_OP_CONFIG_MODEL_PUBLICATION_GET,
		 "2000"
		 "3412",
		 "02"
		 "2000"
		 "0000"
		 "0000"
		 "00"
		 "00"
		 "00"
		 "3412"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET,
		 "0100"
		 "01"
		 "01"
		 "05"
		 "0000"
		 "0100",
		 "04"
		 "0100"
		 "01"
		 "01"
		 "05"
		 "0000"
		 "0100"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET,
		 "29b5"
		 "01"
		 "01"
		 "05"
		 "0000"
		 "0000",
		 "01"
		 "29b5"
		 "01"
		 "01"
		 "05"
		 "0000"
		 "0000"},
	};
	struct pair *pair = pair_new(6);
	for (size_t i = 0; i < BM_ARRAY_LEN(steps); i++)
		full_node_configure(&pair->server, steps[i].opcode, steps[i].params, steps[i].answer);
	pair_end(pair);
}

static void keep_result(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	(void)opcode, (void)params, (void)len, (void)now;
	*(enum bm_err *)ctx = result;
}

static void test_prohibited_configuration_is_met_with_silence(void **state)
{
	(void)state;
	static const struct {
		uint32_t opcode;
		const char *params;
	} steps[] = {
		{BM_OP_CONFIG_BEACON_SET, "02"},
		{BM_OP_CONFIG_DEFAULT_TTL_SET, "01"},
		{BM_OP_CONFIG_DEFAULT_TTL_SET, "80"},
		{BM_OP_CONFIG_RELAY_SET, "0200"},
		{BM_OP_CONFIG_GATT_PROXY_SET, "02"},
		{BM_OP_CONFIG_FRIEND_SET, "02"},
		{BM_OP_CONFIG_NODE_IDENTITY_SET, "000002"},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "000001"},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "000004"},
		{BM_OP_CONFIG_MODEL_APP_BIND, "0000"
					      "0000"
					      "0010"},
		{BM_OP_CONFIG_MODEL_APP_BIND, "00c0"
					      "0000"
					      "0010"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, "2000"
						     "29b5"
						     "0000"
						     "ff"
						     "00"
						     "00"
						     "0010"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, "2000"
						     "0100"
						     "0000"
						     "80"
						     "00"
						     "00"
						     "0010"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100"
							 "12"
							 "01"
							 "05"
							 "0000"
							 "0000"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100"
							 "01"
							 "12"
							 "05"
							 "0000"
							 "0000"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100"
							 "01"
							 "01"
							 "80"
							 "0000"
							 "0000"},
		{BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "0100"
							  "2000"
							  "12"},
		{BM_OP_CONFIG_LOW_POWER_NODE_POLL_TIMEOUT_GET, "00c0"},
	};
	struct pair *pair = pair_new(7);
	struct bm_node *provisioner = pair->network->provisioner->node;
	for (size_t i = 0; i < BM_ARRAY_LEN(steps); i++) {
		uint8_t params[32];
		const size_t len = hex_decode(steps[i].params, params, sizeof params);
		enum bm_err result = BM_OK;
		const uint32_t before = drops(pair, BM_DROP_BAD_VALUE);
		assert_int_equal(bm_config_request(provisioner, 0, SERVER, steps[i].opcode, params, len, BM_US_PER_S,
						   keep_result, &result, network_now(pair->network)),
				 BM_OK);
		bm_world_run_for(pair->network->world, 5 * BM_US_PER_S);
		if (result != BM_ERR_TIMEOUT || drops(pair, BM_DROP_BAD_VALUE) == before)
			fail_msg("%x %s was answered, or not counted", (unsigned)steps[i].opcode, steps[i].params);
	}
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
		cmocka_unit_test(test_prohibited_values_of_models_are_met_with_silence),
		cmocka_unit_test(test_wrong_lengths_of_models_are_met_with_silence),
		cmocka_unit_test(test_unknown_properties_settings_and_columns_are_answered_by_their_id),
		cmocka_unit_test(test_unknown_companies_and_tests_of_health_are_met_with_silence),
		cmocka_unit_test(test_wrong_keys_elements_and_opcodes_are_met_with_silence_and_counted_by_reason),
		cmocka_unit_test(test_configuration_that_cannot_be_is_answered_with_its_status),
		cmocka_unit_test(test_prohibited_configuration_is_met_with_silence),
		cmocka_unit_test(test_full_lists_say_that_resources_are_insufficient),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
