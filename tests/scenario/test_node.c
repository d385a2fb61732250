/*
 * A node's life in its network: reset and provisioned again, its keys refreshed, the IV index moved on; and what other
 * stacks' provisioners ask of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "pdu/beacon.h"
#include "support/network.h"
#include "support/vectors.h"

#define MINUTES(n) ((n)*60 * (uint64_t)BM_US_PER_S)

static struct bm_access *access_of(const struct lamp *lamp)
{
	return lamp->server.model.access;
}

static struct bm_subnet *subnet_of(const struct lamp *lamp)
{
	return bm_subnet_find(bm_net_subnets(access_of(lamp)->net), 0);
}

/* A Secure Network beacon as somebody with this NetKey would send it. */
static void hear_beacon(const struct lamp *lamp, const uint8_t net_key[16], bool key_refresh, bool update,
			uint32_t iv_index)
{
	struct bm_net_keys keys;
	uint8_t octets[BM_SECURE_BEACON_LEN], mac[16];
	bm_net_keys_derive(&keys, net_key);
	struct bm_secure_beacon beacon = {.key_refresh = key_refresh, .iv_update = update, .iv_index = iv_index};
	memcpy(beacon.network_id, keys.network_id, 8);
	bm_secure_beacon_encode(&beacon, octets);
	bm_cmac(&keys.beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(octets + sizeof octets - 8, mac, 8);
	bm_node_receive(lamp->wn->node, BM_AD_MESH_BEACON, octets, sizeof octets, -40, bm_world_now(lamp->wn->world));
}

/* Asks the lamp at addr and compares the whole answer's parameters. */
static void ask(struct network *network, uint16_t addr, uint32_t opcode, const char *params, const char *answer)
{
	uint8_t octets[64];
	const size_t len = hex_decode(params, octets, sizeof octets);
	assert_true(network_config(network, addr, opcode, octets, len));
	assert_hex(network->answer_params, network->answer_len, answer);
}

#define NEW_NET_KEY "0102030405060708090a0b0c0d0e0f10"
#define NEW_APP_KEY "a1a2a3a4a5a6a7a8a9aaabacadaeafb0"

static void test_a_key_refresh_ended_by_a_beacon_makes_the_new_app_keys_current(void **state)
{
	(void)state;
	struct network *network = network_new(1);
	struct lamp lamp;
	uint8_t new_key[16];
	lamp_init(&lamp, network, NULL);
	const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	assert_true(network_configure(network, addr));
	ask(network, addr, BM_OP_CONFIG_NET_KEY_UPDATE, "0000" NEW_NET_KEY, "000000");
	ask(network, addr, BM_OP_CONFIG_APP_KEY_UPDATE, "000000" NEW_APP_KEY, "00000000");
	hex_decode(NEW_NET_KEY, new_key, sizeof new_key);
	hear_beacon(&lamp, new_key, true, false, 0);
	assert_int_equal(subnet_of(&lamp)->phase, 2);
	hear_beacon(&lamp, new_key, false, false, 0);
	assert_int_equal(subnet_of(&lamp)->phase, 0);
	const struct bm_app_key *key = bm_app_key_find(bm_transport_app_keys(access_of(&lamp)->transport), 0);
	assert_hex(key->values[0].key, 16, NEW_APP_KEY);
	assert_int_equal(key->values[0].aid, bm_k4(key->values[0].key));
	assert_false(key->values[1].valid);
	network_free(network);
}

static void test_a_reset_node_is_configured_as_at_first_and_provisioned_again(void **state)
{
	(void)state;
	struct network *network = network_new(2);
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_RELAY | BM_FEATURE_PROXY;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 4;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	assert_true(network_configure(network, addr));
	ask(network, addr, BM_OP_CONFIG_BEACON_SET, "00", "00");
	ask(network, addr, BM_OP_CONFIG_RELAY_SET, "0024", "0024");
	ask(network, addr, BM_OP_CONFIG_GATT_PROXY_SET, "00", "00");
	ask(network, addr, BM_OP_CONFIG_NETWORK_TRANSMIT_SET, "35", "35");
	ask(network, addr, BM_OP_CONFIG_DEFAULT_TTL_SET, "7f", "7f");
	ask(network, addr, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "0100ff050700000000",
	    "000100ff0507000000"
	    "00");
	ask(network, addr, BM_OP_CONFIG_NODE_RESET, "", "");
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, addr), BM_OK);

	const uint16_t again = network_provision(network, &lamp, MINUTES(2));
	assert_int_equal(again, addr + 1);
	char relay[8];
	snprintf(relay, sizeof relay, "01%02x", config.relay_retransmit);
	char transmit[4];
	snprintf(transmit, sizeof transmit, "%02x", config.network_transmit);
	char ttl[4];
	snprintf(ttl, sizeof ttl, "%02x", config.default_ttl);
	ask(network, again, BM_OP_CONFIG_BEACON_GET, "", config.beacon ? "01" : "00");
	ask(network, again, BM_OP_CONFIG_RELAY_GET, "", relay);
	ask(network, again, BM_OP_CONFIG_GATT_PROXY_GET, "", "01");
	ask(network, again, BM_OP_CONFIG_NETWORK_TRANSMIT_GET, "", transmit);
	ask(network, again, BM_OP_CONFIG_DEFAULT_TTL_GET, "", ttl);
	ask(network, again, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, "", "00000000000000000000");
	ask(network, again, BM_OP_CONFIG_APP_KEY_GET, "0000", "000000");
	assert_true(network_configure(network, again));
	network_free(network);
}

static void test_a_device_provisioned_in_phase_1_gets_the_key_that_is_spoken_with(void **state)
{
	(void)state;
	struct network *network = network_new(4);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	ask(network, 0x0001, BM_OP_CONFIG_NET_KEY_UPDATE, "0000" NEW_NET_KEY, "000000");
	const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	assert_int_equal(subnet_of(&lamp)->phase, 0);
	assert_memory_equal(subnet_of(&lamp)->keys[0].net_key, network->net_key, 16);
	assert_true(network_configure(network, addr));
	ask(network, addr, BM_OP_CONFIG_NET_KEY_UPDATE, "0000" NEW_NET_KEY, "000000");

	/* In Phase 2 the new one, and it is said to be. */
	struct lamp late;
	lamp_init(&late, network, NULL);
	ask(network, 0x0001, BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "000002", "00000002");
	const uint16_t late_addr = network_provision(network, &late, MINUTES(2));
	assert_int_equal(subnet_of(&late)->phase, 2);
	assert_hex(subnet_of(&late)->keys[1].net_key, 16, NEW_NET_KEY);
	assert_true(network_configure(network, late_addr));
	ask(network, late_addr, BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "000003", "00000000");
	assert_hex(subnet_of(&late)->keys[0].net_key, 16, NEW_NET_KEY);
	network_free(network);
}

static int iv_events;

static void count_iv_events(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	iv_events += event->kind == BM_EVENT_IV_INDEX;
}

static void test_a_change_of_the_iv_index_is_told_once(void **state)
{
	(void)state;
	struct network *network = network_new(3);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	lamp_join(&lamp, network, 0x0010);
	lamp.wn->on_event = count_iv_events;
	iv_events = 0;
	hear_beacon(&lamp, network->net_key, false, false, 7);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 7);
	assert_int_equal(iv_events, 1);
	network_free(network);
}

/* What an answer said. */
struct answered {
	bool done;
	enum bm_err result;
	uint8_t params[BM_ACCESS_MAX];
	size_t len;
};

static void keep_answer(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct answered *answered = ctx;
	(void)opcode, (void)now;
	answered->done = true;
	answered->result = result;
	answered->len = len;
	if (params)
		memcpy(answered->params, params, len);
}

static bool has_answer(void *ctx)
{
	return ((struct answered *)ctx)->done;
}

/* As ask, over the subnet net_idx. */
static void ask_over(struct network *network, uint16_t net_idx, uint16_t addr, uint32_t opcode, const char *params,
		     const char *answer)
{
	struct answered answered = {0};
	uint8_t octets[64];
	const size_t len = hex_decode(params, octets, sizeof octets);
	assert_int_equal(bm_config_request(network->provisioner->node, net_idx, addr, opcode, octets, len, 0,
					   keep_answer, &answered, network_now(network)),
			 BM_OK);
	bm_world_run_until(network->world, has_answer, &answered, MINUTES(1));
	assert_true(answered.done);
	assert_int_equal(answered.result, BM_OK);
	assert_hex(answered.params, answered.len, answer);
}

#define SECOND_NET_KEY "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"

static void test_a_node_without_the_primary_net_key_is_provisioned_and_configured(void **state)
{
	(void)state;
	struct network *network = network_new(11);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	ask(network, 0x0001, BM_OP_CONFIG_NET_KEY_ADD, "2301" SECOND_NET_KEY, "002301");
	struct bm_provision_params params = {.addr = 0x0002, .net_idx = 0x123};
	memcpy(params.uuid, lamp.wn->uuid, sizeof params.uuid);
	assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_ADV, 0), BM_OK);
	assert_int_equal(bm_node_provision(network->provisioner->node, &params, network_now(network)), BM_OK);
	bm_world_run_for(network->world, 20 * BM_US_PER_S);
	assert_true(bm_node_is_provisioned(lamp.wn->node));

	ask_over(network, 0x123, 2, BM_OP_CONFIG_NET_KEY_GET, "", "2301");
	ask_over(network, 0x123, 2, BM_OP_CONFIG_APP_KEY_ADD, "236145" NEW_APP_KEY, "00236145");
	ask_over(network, 0x123, 2, BM_OP_CONFIG_MODEL_APP_BIND, "020056040010", "00020056040010");
	ask_over(network, 0x123, 2, BM_OP_CONFIG_NET_KEY_DELETE, "2301", "0c2301"); /* the last one, and this one */
	/* The primary key comes later, and the one that it began with goes, asked for over the other. */
	char add[64] = "0000";
	for (size_t i = 0; i < 16; i++)
		snprintf(add + 4 + 2 * i, 3, "%02x", network->net_key[i]);
	ask_over(network, 0x123, 2, BM_OP_CONFIG_NET_KEY_ADD, add, "000000");
	ask_over(network, 0, 2, BM_OP_CONFIG_NET_KEY_DELETE, "2301", "002301");
	ask_over(network, 0, 2, BM_OP_CONFIG_NET_KEY_GET, "", "0000");
	ask_over(network, 0, 2, BM_OP_CONFIG_SIG_MODEL_APP_GET, "02000010", "0002000010"); /* its AppKey went too */
	network_free(network);
}

/* Resets the node from within whatever it calls, and has it serve in the same network afterwards. */
static struct bm_node *to_reset;
static int resets;

static void reset_now(bm_time now)
{
	if (bm_node_reset(to_reset, now) == BM_OK)
		resets++;
}

static void reset_on_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)ctx, (void)present, (void)opcode, (void)rx;
	reset_now(now);
}

static void reset_when_sent(void *ctx, enum bm_err result, bm_time now)
{
	(void)ctx, (void)result;
	reset_now(now);
}

static void reset_on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind == BM_EVENT_IV_INDEX)
		reset_now(event->now);
}

static void assert_reset_and_serve_again(struct network *network, struct lamp *lamp, struct lamp *other, uint16_t addr)
{
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	assert_int_equal(resets, 1);
	assert_false(bm_node_is_provisioned(lamp->wn->node));
	resets = 0;
	lamp_join(lamp, network, addr);
	const struct bm_tx tx = tx_to(addr);
	const int statuses = other->statuses;
	assert_int_equal(bm_onoff_client_get(&other->client, &tx, network_now(network)), BM_OK);
	bm_world_run_for(network->world, 2 * BM_US_PER_S);
	assert_int_equal(other->statuses, statuses + 1);
}

static void test_a_node_may_be_reset_from_within_any_callback(void **state)
{
	(void)state;
	struct network *network = network_new(5);
	struct lamp lamp, other;
	lamp_init(&lamp, network, NULL);
	lamp_init(&other, network, NULL);
	lamp_join(&lamp, network, 0x0010);
	lamp_join(&other, network, 0x0001 + 0x00ff);
	to_reset = lamp.wn->node;
	resets = 0;

	/* A handler: its answer goes nowhere. */
	void (*const on_change)(void *, bool, uint32_t, const struct bm_rx *, bm_time) = lamp.server.on_change;
	struct bm_tx tx = tx_to(0x0010);
	lamp.server.on_change = reset_on_change;
	assert_int_equal(bm_onoff_client_set(&other.client, &tx, true, true, 0xff, 0, network_now(network)), BM_OK);
	bm_world_run_for(network->world, BM_US_PER_S);
	assert_int_equal(other.statuses, 0);
	lamp.server.on_change = on_change;
	assert_reset_and_serve_again(network, &lamp, &other, 0x0011);

	/* The end of an unsegmented message, and that of a segmented one. */
	for (int segmented = 0; segmented < 2; segmented++) {
		tx = tx_to(0x0100);
		tx.segmented = segmented;
		tx.done = reset_when_sent;
		assert_int_equal(bm_onoff_client_get(&lamp.client, &tx, network_now(network)), BM_OK);
		assert_reset_and_serve_again(network, &lamp, &other, (uint16_t)(0x0012 + segmented));
	}

	/* An event in the middle of a beacon, with segments in both directions under way. */
	lamp.wn->on_event = reset_on_event;
	tx = tx_to(0x0100);
	assert_int_equal(lamp_send_blob(&lamp, &tx, 300), BM_OK);
	tx = tx_to(0x0013);
	assert_int_equal(lamp_send_blob(&other, &tx, 300), BM_OK);
	bm_world_run_for(network->world, 150 * BM_US_PER_MS);
	hear_beacon(&lamp, network->net_key, false, false, 5);
	assert_int_equal(lamp.sent, 1);
	assert_int_equal(lamp.sent_result, BM_ERR_CANCELLED);
	assert_reset_and_serve_again(network, &lamp, &other, 0x0014);
	assert_int_equal(lamp.blobs, 0);
	network_free(network);
}

static void reset_when_answered(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len,
				bm_time now)
{
	(void)ctx, (void)result, (void)opcode, (void)params, (void)len;
	reset_now(now);
}

static enum bm_event_kind fatal_event;

static void reset_on_fatal_event(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind == fatal_event)
		reset_now(event->now);
}

static void test_a_provisioner_may_be_reset_from_within_any_callback(void **state)
{
	(void)state;
	struct network *network = network_new(6);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	const uint16_t addr = network_provision(network, &lamp, MINUTES(2));
	to_reset = network->provisioner->node;
	resets = 0;
	assert_int_equal(
		bm_config_composition_get(to_reset, 0, addr, 0, reset_when_answered, NULL, network_now(network)),
		BM_OK);
	bm_world_run_for(network->world, 30 * BM_US_PER_S);
	assert_int_equal(resets, 1);
	network_free(network);

	static const enum bm_event_kind kinds[] = {BM_EVENT_PROVISION_LINK, BM_EVENT_PROVISION_CAPS,
						   BM_EVENT_PROVISION_ENTER_OOB, BM_EVENT_PROVISION_COMPLETE};
	for (size_t i = 0; i < BM_ARRAY_LEN(kinds); i++) {
		struct lamp device;
		struct bm_node_config config = bm_world_config();
		config.caps.output_size = kinds[i] == BM_EVENT_PROVISION_ENTER_OOB;
		config.caps.output_actions = 1u << BM_PROV_BLINK;
		network = network_new(7 + i);
		lamp_init(&device, network, &config);
		to_reset = network->provisioner->node;
		resets = 0;
		fatal_event = kinds[i];
		network->provisioner->on_event = reset_on_fatal_event;
		struct bm_provision_params params = {.addr = 0x0002};
		memcpy(params.uuid, device.wn->uuid, sizeof params.uuid);
		assert_int_equal(bm_node_prov_enable(device.wn->node, BM_PROV_BEARER_ADV, 0), BM_OK);
		assert_int_equal(bm_node_provision(to_reset, &params, network_now(network)), BM_OK);
		bm_world_run_for(network->world, 200 * BM_US_PER_S);
		assert_int_equal(resets, 1);
		assert_int_equal(bm_node_is_provisioned(device.wn->node), kinds[i] == BM_EVENT_PROVISION_COMPLETE);
		network_free(network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_refresh_ended_by_a_beacon_makes_the_new_app_keys_current),
		cmocka_unit_test(test_a_reset_node_is_configured_as_at_first_and_provisioned_again),
		cmocka_unit_test(test_a_device_provisioned_in_phase_1_gets_the_key_that_is_spoken_with),
		cmocka_unit_test(test_a_node_may_be_reset_from_within_any_callback),
		cmocka_unit_test(test_a_provisioner_may_be_reset_from_within_any_callback),
		cmocka_unit_test(test_a_node_without_the_primary_net_key_is_provisioned_and_configured),
		cmocka_unit_test(test_a_change_of_the_iv_index_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
