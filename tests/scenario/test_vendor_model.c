/*
 * A vendor model written from C: its opcodes of three octets, acknowledged requests, messages of every size up to 380
 * octets, publication, binding and subscription by a Configuration Client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "support/full_node.h"
#include "support/vectors.h"

#define CLIENT 0x0010
#define SERVER 0x0020
#define LONGEST (BM_ACCESS_MAX - 3) /* parameters of a vendor message */
#define MODEL "c4024200"

struct pair {
	struct network *network;
	struct full_node client, server;
	int sent;
	enum bm_err sent_result;
};

static struct pair *pair_new(uint64_t seed, double loss)
{
	struct pair *pair = calloc(1, sizeof *pair);
	pair->network = network_new(seed);
	full_node_join(&pair->client, pair->network, CLIENT);
	full_node_join(&pair->server, pair->network, SERVER);
	bm_medium_set_loss(bm_world_medium(pair->network->world), loss);
	return pair;
}

static void pair_free(struct pair *pair)
{
	network_free(pair->network);
	free(pair);
}

static void on_sent(void *ctx, enum bm_err result, bm_time now)
{
	struct pair *pair = ctx;
	(void)now;
	pair->sent++;
	pair->sent_result = result;
}

/* A vendor message with len octets of parameters, which are random. */
static enum bm_err send(struct pair *pair, struct bm_tx *tx, uint32_t opcode, size_t len, uint8_t *payload)
{
	struct bm_writer w = bm_writer_of(payload, 3);
	bm_put_opcode(&w, opcode);
	bm_prng_fill(bm_world_prng(pair->network->world), payload + 3, len);
	tx->done = on_sent;
	tx->done_ctx = pair;
	pair->sent = 0;
	return bm_model_send(&pair->client.vendor, tx, payload, 3 + len, network_now(pair->network));
}

static void test_a_vendor_request_is_answered_at_any_length_it_may_have(void **state)
{
	(void)state;
	struct pair *pair = pair_new(1, 0.3);
	uint8_t payload[BM_REQUEST_MAX + 1];
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	bm_put_opcode(&w, OP_VENDOR_STORE);
	for (size_t len = 0; len <= BM_REQUEST_MAX - 3; len++) {
		char hex[2 * BM_REQUEST_MAX + 1] = "cac402", answer[2 * BM_REQUEST_MAX + 1] = "ccc402";
		for (size_t i = 0; i < len; i++) {
			hex[6 + 2 * i] = answer[6 + 2 * i] = "0123456789abcdef"[i % 16];
			hex[7 + 2 * i] = answer[7 + 2 * i] = "0123456789abcdef"[(i + len) % 16];
		}
		full_node_expect(&pair->client, SERVER, hex, answer);
		/* A request that was repeated may be answered twice: the next one is not to take that for its own. */
		bm_world_run_for(pair->network->world, 10 * BM_US_PER_S);
	}
	const struct bm_tx tx = tx_to(SERVER);
	struct bm_request request;
	bm_request_init(&request);
	assert_int_equal(bm_request_send(&request, &pair->client.vendor, &tx, payload, sizeof payload, OP_VENDOR_STORED,
					 0, on_sent, pair, network_now(pair->network)),
			 BM_ERR_INVALID);
	pair_free(pair);
}

static void test_vendor_messages_of_up_to_380_octets_go_there_and_back(void **state)
{
	(void)state;
	struct pair *pair = pair_new(2, 0);
	uint8_t payload[BM_ACCESS_MAX + 1];
	for (size_t len = 0; len <= LONGEST; len += len < 20 || len > LONGEST - 14 ? 1 : 7) {
		struct bm_tx tx = tx_to(SERVER);
		tx.segmented = len % 2;
		assert_int_equal(send(pair, &tx, OP_VENDOR_STORE, len, payload), BM_OK);
		bm_world_run_for(pair->network->world, 10 * BM_US_PER_S);
		assert_int_equal(pair->sent, 1);
		assert_int_equal(pair->sent_result, BM_OK);
		assert_octets(pair->server.stored, pair->server.stored_len, payload + 3, len);
		payload[0] = 0xcc;
		assert_octets(pair->client.payload, pair->client.len, payload, 3 + len);
	}
	struct bm_tx tx = tx_to(SERVER);
	assert_int_equal(send(pair, &tx, OP_VENDOR_STORE, LONGEST + 1, payload), BM_ERR_TOO_LONG);
	tx.segmented = tx.long_mic = true;
	assert_int_equal(send(pair, &tx, OP_VENDOR_STORE_UNACK, LONGEST - 3, payload), BM_ERR_TOO_LONG);
	assert_int_equal(send(pair, &tx, OP_VENDOR_STORE_UNACK, LONGEST - 4, payload), BM_OK);
	bm_world_run_for(pair->network->world, 10 * BM_US_PER_S);
	assert_octets(pair->server.stored, pair->server.stored_len, payload + 3, LONGEST - 4);
	pair_free(pair);
}

static void test_the_longest_vendor_message_arrives_at_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 10; seed < 20; seed++) {
		struct pair *pair = pair_new(seed, 0.3);
		uint8_t payload[BM_ACCESS_MAX];
		struct bm_tx tx = tx_to(SERVER);
		assert_int_equal(send(pair, &tx, OP_VENDOR_STORE_UNACK, LONGEST, payload), BM_OK);
		bm_world_run_for(pair->network->world, 30 * BM_US_PER_S);
		assert_int_equal(pair->sent_result, BM_OK);
		assert_int_equal(pair->server.stores, 1);
		assert_octets(pair->server.stored, pair->server.stored_len, payload + 3, LONGEST);
		pair_free(pair);
	}
}

static void test_a_vendor_model_is_bound_and_unbound_over_the_air(void **state)
{
	(void)state;
	struct pair *pair = pair_new(3, 0);
	full_node_expect(&pair->client, SERVER, "cac40201", "ccc40201");
	full_node_configure(&pair->server, BM_OP_CONFIG_VENDOR_MODEL_APP_GET, "2000" MODEL, "002000" MODEL "0000");
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_APP_UNBIND, "20000000" MODEL, "0020000000" MODEL);
	full_node_configure(&pair->server, BM_OP_CONFIG_VENDOR_MODEL_APP_GET, "2000" MODEL, "002000" MODEL);
	assert_int_equal(full_node_ask(&pair->client, SERVER, "cac40202", OP_VENDOR_STORED), BM_ERR_TIMEOUT);
	assert_true(bm_node_counters(pair->server.wn->node)->drop[BM_DROP_NOT_BOUND] > 0);
	const struct bm_tx tx = tx_to(CLIENT);
	const uint8_t payload[] = {0xcb, 0xc4, 0x02};
	assert_int_equal(bm_model_send(&pair->server.vendor, &tx, payload, sizeof payload, network_now(pair->network)),
			 BM_ERR_NOT_BOUND);
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_APP_BIND, "20000000" MODEL, "0020000000" MODEL);
	full_node_expect(&pair->client, SERVER, "cac40203", "ccc40203");
	pair_free(pair);
}

static void test_a_vendor_model_publishes_by_its_period_and_when_it_wants_to(void **state)
{
	(void)state;
	struct pair *pair = pair_new(4, 0);
	const uint8_t payload[] = {0xcb, 0xc4, 0x02, 0x77};
	const bm_time begin = network_now(pair->network);
	assert_int_equal(bm_model_publish(&pair->server.vendor, payload, sizeof payload, begin), BM_ERR_STATE);
	full_node_expect(&pair->client, SERVER, "cac402aabb", "ccc402aabb");
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_PUBLICATION_SET,
			    "20001000000005"
			    "42"
			    "00" MODEL,
			    "0020001000000005"
			    "42"
			    "00" MODEL); /* each 2 s */
	const int heard = pair->client.heard;
	bm_world_run_for(pair->network->world, 20 * BM_US_PER_S);
	assert_in_range(pair->client.heard - heard, 9, 10);
	assert_hex(pair->client.payload, pair->client.len, "ccc402aabb");
	assert_int_equal(bm_model_publish(&pair->server.vendor, payload, sizeof payload, network_now(pair->network)),
			 BM_OK);
	bm_world_run_for(pair->network->world, 500 * BM_US_PER_MS);
	assert_hex(pair->client.stored, pair->client.stored_len, "77");
	pair_free(pair);
}

static void test_a_vendor_model_is_subscribed_over_the_air(void **state)
{
	(void)state;
	struct pair *pair = pair_new(5, 0);
	uint8_t label[BM_UUID_LEN], payload[BM_ACCESS_MAX];
	hex_decode("0073e7e4d8b9440faf8415df4c56c0e1", label, sizeof label);
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, "200023c1" MODEL, "00200023c1" MODEL);
	full_node_configure(&pair->server, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD,
			    "20000073e7e4d8b9440faf8415df4c56c0e1" MODEL, "00200029b5" MODEL);
	full_node_configure(&pair->server, BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_GET, "2000" MODEL,
			    "002000" MODEL "23c129b5");
	struct bm_tx tx = tx_to(0xc123);
	assert_int_equal(send(pair, &tx, OP_VENDOR_STORE, 5, payload), BM_OK);
	bm_world_run_for(pair->network->world, BM_US_PER_S);
	assert_int_equal(pair->server.stores, 1);
	payload[0] = 0xcc;
	assert_octets(pair->client.payload, pair->client.len, payload, 8);
	tx = tx_to(0xb529);
	tx.label = label;
	assert_int_equal(send(pair, &tx, OP_VENDOR_STORE_UNACK, 300, payload), BM_OK);
	bm_world_run_for(pair->network->world, 10 * BM_US_PER_S);
	assert_int_equal(pair->server.stores, 2);
	assert_octets(pair->server.stored, pair->server.stored_len, payload + 3, 300);
	pair_free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_vendor_request_is_answered_at_any_length_it_may_have),
		cmocka_unit_test(test_vendor_messages_of_up_to_380_octets_go_there_and_back),
		cmocka_unit_test(test_the_longest_vendor_message_arrives_at_30_percent_loss),
		cmocka_unit_test(test_a_vendor_model_is_bound_and_unbound_over_the_air),
		cmocka_unit_test(test_a_vendor_model_publishes_by_its_period_and_when_it_wants_to),
		cmocka_unit_test(test_a_vendor_model_is_subscribed_over_the_air),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
