/*
 * A node that loses its power is the same node afterwards: what it stored comes back, in any order; and whatever of it
 * is lost or spoilt, it starts on the safe side.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "blemesh/health.h"
#include "net/security.h"
#include "node/node_state.h"
#include "support/mem_store.h"
#include "support/network.h"

#define GROUP 0xc123
#define COMPANY 0x02c4

static struct network *network;
static struct mem_store store;
static struct lamp lamp;
static struct bm_event restored;
static int restores, store_failures;

static enum bm_err keep(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)wn;
	return mem_store_put(&store, key, octets, len);
}

static void note(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind == BM_EVENT_RESTORED) {
		restored = *event;
		restores++;
	}
	store_failures += event->kind == BM_EVENT_STORE_FAILED;
}

static int set_up_with(uint16_t features)
{
	memset(&store, 0, sizeof store);
	memset(&restored, 0, sizeof restored);
	restores = store_failures = 0;
	network = network_new(11);
	struct bm_node_config config = bm_world_config();
	config.features = features;
	if (features & BM_FEATURE_PROXY) {
		config.limits.gatt_links = 1;
		config.limits.solicitations = 2;
	}
	lamp_init(&lamp, network, &config);
	lamp.wn->on_store = keep;
	lamp.wn->on_event = note;
	lamp.server.model.persist = true;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with(BM_FEATURE_RELAY);
}

static int set_up_proxy(void **state)
{
	(void)state;
	return set_up_with(BM_FEATURE_RELAY | BM_FEATURE_PROXY);
}

static int tear_down(void **state)
{
	(void)state;
	network_free(network);
	return 0;
}

/* Days without beacons: the test says what is heard. */
static void pass_hours(unsigned hours)
{
	struct bm_net *const nets[] = {&network->provisioner->node->net, &lamp.wn->node->net};
	for (size_t i = 0; i < BM_ARRAY_LEN(nets); i++) {
		bm_net_states(nets[i])->beacon = false;
		bm_net_beacon_update(nets[i]);
	}
	bm_world_run_for(network->world, hours * UINT64_C(3600) * BM_US_PER_S);
}

/* The lamp's memory is gone; the same program starts it again. */
static void power_cycle_from(const struct mem_store *from, bool backwards, enum bm_err expected)
{
	bm_world_power_cycle(lamp.wn);
	struct bm_world_node *wn = lamp.wn;
	bm_onoff_server_init(&lamp.server, false, NULL, &lamp);
	bm_onoff_client_init(&lamp.client, NULL, &lamp);
	lamp.server.model.persist = true;
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.server.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.client.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.vendor), BM_OK);
	assert_int_equal(mem_store_restore(from, wn->node, backwards), expected);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
}

static void power_cycle(bool backwards)
{
	const struct mem_store before = store;
	power_cycle_from(&before, backwards, BM_OK);
}

static void config(uint32_t opcode, const uint8_t *params, size_t len)
{
	assert_true(network_config(network, lamp.wn->node->net.addr, opcode, params, len));
	if (opcode == BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET || opcode == BM_OP_CONFIG_NET_KEY_UPDATE ||
	    opcode == BM_OP_CONFIG_APP_KEY_UPDATE || opcode == BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD ||
	    opcode == BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD ||
	    opcode == BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET)
		assert_int_equal(network->answer_params[0], BM_CONFIG_SUCCESS);
}

static const uint8_t label[16] = "a label to keep";
static const uint8_t new_key[16] = "a newer key here";

static void configure_all(uint16_t addr)
{
	const uint8_t a0 = (uint8_t)addr;
	const uint8_t a1 = (uint8_t)(addr >> 8);
	config(BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, (uint8_t[]){a0, a1, 0x23, 0xc1, 0x00, 0x10}, 6);
	uint8_t subscription[20] = {a0, a1};
	memcpy(subscription + 2, label, 16);
	subscription[19] = 0x10;
	config(BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, subscription, sizeof subscription);
	uint8_t publication[25] = {a0, a1};
	memcpy(publication + 2, label, 16);
	memcpy(publication + 18, (uint8_t[]){0x00, 0x00, 0x05, 0x41, 0x0a, 0x00, 0x10}, 7);
	config(BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, publication, sizeof publication);
	config(BM_OP_CONFIG_RELAY_SET, (uint8_t[]){0x00, 0x2a}, 2);
	config(BM_OP_CONFIG_NETWORK_TRANSMIT_SET, (uint8_t[]){0x13}, 1);
	config(BM_OP_CONFIG_DEFAULT_TTL_SET, (uint8_t[]){0x21}, 1);
	config(BM_OP_CONFIG_BEACON_SET, (uint8_t[]){0x00}, 1);
	config(BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, (uint8_t[]){0x00, 0xc2, 0xff, 0x05, 0x07, 0x03, 0x00, 0, 0}, 9);
	uint8_t key[18] = {0, 0};
	memcpy(key + 2, new_key, 16);
	config(BM_OP_CONFIG_NET_KEY_UPDATE, key, sizeof key);
	uint8_t app_key[19] = {0, 0, 0};
	memcpy(app_key + 3, new_key, 16);
	config(BM_OP_CONFIG_APP_KEY_UPDATE, app_key, sizeof app_key);
}

static void test_everything_configured_is_there_after_a_power_cut(void **state)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		if (backwards) {
			tear_down(state);
			set_up(state);
		}
		const uint16_t addr = network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S);
		assert_int_not_equal(addr, 0);
		assert_true(network_configure(network, addr));
		/* before anything is sent periodically */
		pass_hours(50);
		configure_all(addr);
		bm_onoff_server_set(&lamp.server, true, network_now(network));
		assert_int_equal(bm_health_server_fault(bm_node_health_server(lamp.wn->node), COMPANY, 0x17,
							network_now(network)),
				 BM_OK);
		const struct bm_node *node = lamp.wn->node;
		uint8_t dev_key[16];
		memcpy(dev_key, node->transport.dev_keys.own, 16);
		bm_world_run_for(network->world, 600 * (uint64_t)BM_US_PER_S);
		const uint32_t seq = node->net.seq;
		assert_true(seq > 300);
		power_cycle(backwards);
		node = lamp.wn->node;
		assert_int_equal(restores, 1);
		assert_int_equal(restored.result, BM_OK);
		assert_int_equal(restored.addr, addr);
		assert_int_equal(bm_node_addr(node), addr);
		assert_memory_equal(node->transport.dev_keys.own, dev_key, 16);
		assert_true(node->net.seq >= seq);
		/* 50 h of the IV state went by, 48 of them were stored */
		assert_int_equal((network_now(network) - node->net.iv.since) / (UINT64_C(3600) * BM_US_PER_S), 48);
		assert_int_equal(node->net.subnets.table[0].phase, 1);
		assert_memory_equal(node->net.subnets.table[0].keys[1].net_key, new_key, 16);
		assert_memory_equal(node->net.subnets.table[0].keys[0].net_key, network->net_key, 16);
		assert_memory_equal(node->transport.app_keys.table[0].values[1].key, new_key, 16);
		assert_true(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
		assert_true(bm_model_is_bound(&lamp.vendor, NETWORK_APP_IDX));
		assert_true(bm_access_is_subscribed(&node->access, &lamp.server.model, GROUP, NULL));
		assert_true(bm_access_is_subscribed(&node->access, &lamp.server.model,
						    lamp.server.model.publication.addr, label));
		assert_int_equal(lamp.server.model.publication.ttl, 5);
		assert_int_equal(lamp.server.model.publication.retransmit, 0x0a);
		assert_int_equal(bm_model_publish_period_us(&lamp.server.model), BM_US_PER_S);
		assert_false(node->net.states.relay);
		assert_int_equal(node->net.states.relay_retransmit, 0x2a);
		assert_int_equal(node->net.states.network_transmit, 0x13);
		assert_false(node->net.states.beacon);
		assert_int_equal(node->access.default_ttl, 0x21);
		assert_int_equal(node->transport.heartbeats.publication.dst, 0xc200);
		assert_int_equal(node->transport.heartbeats.publication.count, BM_HEARTBEAT_FOREVER);
		assert_true(lamp.server.present);
		assert_int_equal(node->health_faults.registered.count, 1);
		assert_int_equal(node->health_faults.registered.codes[0], 0x17);
		/* and it answers: its replay list, its device key and its numbers are those the others know */
		config(BM_OP_CONFIG_RELAY_GET, NULL, 0);
		assert_int_equal(network->answer_params[1], 0x2a);
	}
}

static void join(void)
{
	const uint16_t addr = network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S);
	assert_true(addr && network_configure(network, addr));
}

/* Service data as a client with the keys makes it. */
static bool solicit(uint32_t sseq)
{
	struct bm_net_keys keys;
	struct bm_proxy *proxy = &lamp.wn->node->proxy;
	uint8_t data[1 + BM_NET_PDU_MAX] = {0};
	size_t len;
	proxy->subnets[0].solicited_until = 0;
	bm_net_keys_derive(&keys, network->net_key);
	assert_int_equal(
		bm_net_encrypt_proxy(BM_NET_SOLICITATION, &keys.flooding, 0, sseq, 0x0777, NULL, 0, data + 1, &len),
		BM_OK);
	bm_proxy_receive_solicitation(proxy, data, 1 + len);
	return proxy->subnets[0].solicited_until > 0;
}

static void become_on_demand(void)
{
	assert_int_equal(bm_proxy_set_gatt_proxy(&lamp.wn->node->proxy, false), BM_OK);
	assert_int_equal(bm_proxy_set_on_demand(&lamp.wn->node->proxy, 10), BM_OK);
}

static void test_a_solicitation_is_believed_once_over_a_power_cut_too(void **state)
{
	(void)state;
	join();
	become_on_demand();
	assert_true(solicit(5));
	power_cycle(false);
	become_on_demand();
	assert_false(solicit(5));
	assert_true(solicit(6));
	/* What the store refuses is not believed. */
	store.refuse = BM_ERR_STORE;
	assert_false(solicit(7));
	store.refuse = BM_OK;
	assert_true(solicit(7));
	/* A spoilt record: nothing more from this client, until the list is cleared. */
	struct mem_store spoilt = store;
	for (size_t i = 0; i < spoilt.count; i++)
		if (spoilt.records[i].key.kind == BM_STORE_SOLICITATION)
			spoilt.records[i].len--;
	power_cycle_from(&spoilt, false, BM_ERR_TOO_SHORT);
	become_on_demand();
	assert_false(solicit(8));
	bm_proxy_clear_solicitations(&lamp.wn->node->proxy, 0x0777, 1);
	assert_int_equal(mem_store_count(&store, BM_STORE_SOLICITATION), 0);
	assert_true(solicit(8));
}

static void test_own_solicitations_are_never_numbered_twice(void **state)
{
	(void)state;
	join();
	uint32_t last = 0;
	for (int cycle = 0; cycle < 3; cycle++) {
		for (int i = 0; i < 20 - cycle; i++) {
			assert_int_equal(bm_proxy_solicit(&lamp.wn->node->proxy, 0), BM_OK);
			assert_true(lamp.wn->node->proxy.sseq > last);
			last = lamp.wn->node->proxy.sseq;
		}
		power_cycle(cycle & 1);
	}
}

static void test_a_reset_leaves_nothing_in_the_store(void **state)
{
	(void)state;
	join();
	configure_all(2);
	bm_onoff_server_set(&lamp.server, true, network_now(network));
	become_on_demand();
	assert_true(solicit(1));
	assert_int_equal(bm_proxy_solicit(&lamp.wn->node->proxy, 0), BM_OK);
	assert_int_equal(mem_store_count(&store, BM_STORE_SOLICITATION), 2);
	assert_true(store.count > 8);
	config(BM_OP_CONFIG_NODE_RESET, NULL, 0);
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(store.count, 0);
	power_cycle(false);
	assert_int_equal(restores, 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
}

/* What no table had room for, or nobody could read: it belonged to the node that is no more. */
static void test_a_reset_deletes_what_the_restart_refused_too(void **state)
{
	(void)state;
	join();
	static const uint8_t rubbish[] = {9, 9, 9};
	static const enum bm_store_kind kinds[] = {BM_STORE_SUBNET, BM_STORE_APP_KEY, BM_STORE_DEVICE,
						   BM_STORE_RPL,    BM_STORE_MODEL,   BM_STORE_STATE};
	for (size_t i = 0; i < BM_ARRAY_LEN(kinds); i++)
		for (uint16_t index = 0x100; index < 0x104; index++)
			(void)mem_store_put(&store, &(struct bm_store_key){.kind = kinds[i], .index = index}, rubbish,
					    sizeof rubbish);
	const struct mem_store before = store;
	power_cycle_from(&before, false, BM_ERR_NOT_SUPPORTED);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(mem_store_count(&store, BM_STORE_DEVICE), 4);
	assert_int_equal(bm_node_reset(lamp.wn->node, network_now(network)), BM_OK);
	assert_int_equal(store.count, 0);
}

static void test_deleted_keys_leave_the_store(void **state)
{
	(void)state;
	join();
	uint8_t net_key[18] = {1, 0, 7};
	uint8_t app_key[19] = {0x01, 0x50, 0x00, 9};
	config(BM_OP_CONFIG_NET_KEY_ADD, net_key, sizeof net_key);
	config(BM_OP_CONFIG_APP_KEY_ADD, app_key, sizeof app_key);
	assert_int_equal(mem_store_count(&store, BM_STORE_SUBNET), 2);
	assert_int_equal(mem_store_count(&store, BM_STORE_APP_KEY), 2);
	config(BM_OP_CONFIG_NET_KEY_DELETE, (uint8_t[]){1, 0}, 2);
	assert_int_equal(mem_store_count(&store, BM_STORE_SUBNET), 1);
	assert_int_equal(mem_store_count(&store, BM_STORE_APP_KEY), 1);
}

static void test_without_its_sequence_record_a_node_hears_but_is_silent(void **state)
{
	(void)state;
	for (int spoilt = 0; spoilt < 2; spoilt++) {
		if (spoilt) {
			tear_down(state);
			set_up(state);
		}
		join();
		struct mem_store before = store;
		for (size_t i = 0; i < before.count; i++)
			if (before.records[i].key.kind == BM_STORE_SEQ) {
				if (spoilt)
					before.records[i].len--;
				else
					before.records[i] = before.records[--before.count];
			}
		power_cycle_from(&before, false, spoilt ? BM_ERR_TOO_SHORT : BM_OK);
		assert_int_equal(restored.result, BM_ERR_STORE);
		assert_int_equal(restored.addr, 2);
		uint32_t seq;
		assert_int_equal(bm_net_seq_take(&lamp.wn->node->net, &seq), BM_ERR_SEQ_EXHAUSTED);
		/* the next index brings numbers again */
		pass_hours(97);
		bm_net_iv_observe(&lamp.wn->node->net, &lamp.wn->node->net.subnets.table[0], 1, true, NULL, 0);
		pass_hours(97);
		bm_net_iv_observe(&lamp.wn->node->net, &lamp.wn->node->net.subnets.table[0], 1, false, NULL, 0);
		assert_int_equal(bm_net_seq_take(&lamp.wn->node->net, &seq), BM_OK);
		assert_int_equal(seq, 0);
	}
}

static void test_without_its_net_record_there_is_no_node_and_the_rest_is_deleted(void **state)
{
	(void)state;
	join();
	for (size_t i = 0; i < store.count; i++)
		if (store.records[i].key.kind == BM_STORE_NET)
			store.records[i] = store.records[--store.count];
	power_cycle(false);
	assert_int_equal(restores, 1);
	assert_int_equal(restored.addr, BM_ADDR_UNASSIGNED);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_int_equal(store.count, 0);
	assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_ADV, network_now(network)), BM_OK);
}

static void test_a_source_whose_replay_record_is_spoilt_is_not_heard_until_the_iv_index_goes_on(void **state)
{
	(void)state;
	join();
	struct mem_store before = store;
	for (size_t i = 0; i < before.count; i++)
		if (before.records[i].key.kind == BM_STORE_RPL && before.records[i].key.index == 1)
			before.records[i].octets[0] = 0x77;
	power_cycle_from(&before, false, BM_ERR_NOT_SUPPORTED);
	struct bm_rpl *rpl = &lamp.wn->node->net.rpl;
	assert_int_equal(bm_rpl_check(rpl, 1, 0, BM_SEQ_MAX), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(rpl, 1, 1, 0), BM_OK);
	assert_int_equal(bm_rpl_check(rpl, 3, 0, 0), BM_OK);
}

static void test_a_record_cut_short_or_changed_never_stops_a_node_from_starting(void **state)
{
	(void)state;
	join();
	configure_all(2);
	const struct mem_store whole = store;
	for (size_t at = 0; at < whole.count; at++) {
		for (size_t len = 0; len < whole.records[at].len; len++) {
			struct mem_store cut = whole;
			cut.records[at].len = len;
			bm_world_power_cycle(lamp.wn);
			(void)mem_store_restore(&cut, lamp.wn->node, false);
			assert_int_equal(bm_node_start(lamp.wn->node, network_now(network)), BM_OK);
			uint32_t seq = 0;
			if (bm_node_is_provisioned(lamp.wn->node) &&
			    bm_net_seq_take(&lamp.wn->node->net, &seq) == BM_OK)
				assert_true(seq >= 256);
		}
	}
}

static void test_a_lost_application_key_takes_its_bindings_along(void **state)
{
	(void)state;
	join();
	assert_true(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
	struct mem_store spoilt = store;
	for (size_t i = 0; i < spoilt.count; i++)
		if (spoilt.records[i].key.kind == BM_STORE_APP_KEY)
			spoilt.records[i].len--;
	power_cycle_from(&spoilt, false, BM_ERR_TOO_SHORT);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	assert_false(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
	assert_int_equal(mem_store_count(&store, BM_STORE_APP_KEY), 0);
	/* also for the next start */
	power_cycle(false);
	assert_false(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
}

static void test_what_cannot_be_stored_is_not_provisioned(void **state)
{
	(void)state;
	store.refuse = BM_ERR_NO_SPACE;
	assert_int_equal(network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S), 0);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_true(store_failures > 0);
	store.refuse = BM_OK;
	/* It said so, but that proves nothing: another address. */
	assert_true(network->data_may_be_out);
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, network->next_addr++), BM_OK);
	assert_int_not_equal(network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S), 0);
}

static void test_a_state_refused_by_the_store_is_asked_for_again_with_all(void **state)
{
	(void)state;
	join();
	store.refuse = BM_ERR_NO_SPACE;
	assert_int_equal(bm_node_store_all(lamp.wn->node), BM_ERR_STORE);
	bm_onoff_server_set(&lamp.server, true, network_now(network));
	store = (struct mem_store){0};
	assert_int_equal(bm_node_store_all(lamp.wn->node), BM_OK);
	power_cycle(false);
	assert_true(lamp.server.present);
	config(BM_OP_CONFIG_RELAY_GET, NULL, 0);
}

static void test_models_keep_their_configuration_when_the_composition_moves_them(void **state)
{
	(void)state;
	join();
	bm_onoff_server_set(&lamp.server, true, network_now(network));
	/* a later program: the client first */
	const struct mem_store before = store;
	bm_world_power_cycle(lamp.wn);
	bm_onoff_server_init(&lamp.server, false, NULL, &lamp);
	bm_onoff_client_init(&lamp.client, NULL, &lamp);
	lamp.server.model.persist = true;
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.client.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.server.model), BM_OK);
	assert_int_equal(mem_store_restore(&before, lamp.wn->node, false), BM_ERR_NOT_FOUND); /* the vendor's model */
	assert_int_equal(bm_node_start(lamp.wn->node, network_now(network)), BM_OK);
	assert_true(bm_model_is_bound(&lamp.server.model, NETWORK_APP_IDX));
	assert_true(lamp.server.present);
	/* rewritten: the next start finds every record at its place */
	const struct mem_store moved = store;
	assert_int_equal(mem_store_count(&moved, BM_STORE_MODEL), 2);
	bm_world_power_cycle(lamp.wn);
	bm_onoff_server_init(&lamp.server, false, NULL, &lamp);
	bm_onoff_client_init(&lamp.client, NULL, &lamp);
	lamp.server.model.persist = true;
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.client.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.server.model), BM_OK);
	assert_int_equal(mem_store_restore(&moved, lamp.wn->node, false), BM_OK);
}

static void test_more_elements_than_addresses_make_no_node(void **state)
{
	(void)state;
	struct bm_node_config more = lamp.wn->config;
	join();
	more.limits.elements = 2;
	free(lamp.wn->node);
	void *mem = calloc(1, bm_node_size(&more.limits));
	lamp.wn->config = more;
	lamp.wn->node = mem;
	bm_world_power_cycle(lamp.wn);
	uint8_t element;
	assert_int_equal(bm_node_add_element(lamp.wn->node, 0, &element), BM_OK);
	const struct mem_store before = store;
	(void)mem_store_restore(&before, lamp.wn->node, false);
	assert_int_equal(bm_node_start(lamp.wn->node, network_now(network)), BM_OK);
	assert_int_equal(restored.result, BM_ERR_NO_SPACE);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define PROXY_UNIT(test) cmocka_unit_test_setup_teardown(test, set_up_proxy, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_everything_configured_is_there_after_a_power_cut),
		PROXY_UNIT(test_a_solicitation_is_believed_once_over_a_power_cut_too),
		PROXY_UNIT(test_own_solicitations_are_never_numbered_twice),
		PROXY_UNIT(test_a_reset_leaves_nothing_in_the_store),
		UNIT(test_a_reset_deletes_what_the_restart_refused_too),
		UNIT(test_deleted_keys_leave_the_store),
		UNIT(test_without_its_sequence_record_a_node_hears_but_is_silent),
		UNIT(test_without_its_net_record_there_is_no_node_and_the_rest_is_deleted),
		UNIT(test_a_source_whose_replay_record_is_spoilt_is_not_heard_until_the_iv_index_goes_on),
		UNIT(test_a_record_cut_short_or_changed_never_stops_a_node_from_starting),
		UNIT(test_a_lost_application_key_takes_its_bindings_along),
		UNIT(test_what_cannot_be_stored_is_not_provisioned),
		UNIT(test_a_state_refused_by_the_store_is_asked_for_again_with_all),
		UNIT(test_models_keep_their_configuration_when_the_composition_moves_them),
		UNIT(test_more_elements_than_addresses_make_no_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
