/*
 * Proxies: a node without advertising bearer that talks to the whole mesh through a server; filters, segmented
 * messages, two clients, disconnects, IV Update and Key Refresh as a client sees them.
 *
 *   phone ─GATT─ proxy ─air─ relay ─air─ relay ─air─ lamp
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/proxy.h"
#include "models/foundation/foundation_opcodes.h"
#include "net/net.h"
#include "node/node_state.h"
#include "support/network.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)
#define NET_IDX 0x000
#define GROUP 0xc123

enum { PHONE, PROXY, RELAY_1, RELAY_2, LAMP, NODES };

struct ears {
	int open, ready, closed;
	uint16_t list_size;
	uint8_t list_type;
};

struct chain {
	struct network *network;
	struct lamp nodes[NODES];
	struct lamp second; /* another phone */
	struct ears ears, second_ears;
};

static void count(struct ears *ears, const struct bm_event *event)
{
	ears->open += event->kind == BM_EVENT_PROXY_OPEN;
	ears->ready += event->kind == BM_EVENT_PROXY_READY;
	ears->closed += event->kind == BM_EVENT_PROXY_CLOSED;
	if (event->kind == BM_EVENT_PROXY_READY) {
		ears->list_size = event->addr;
		ears->list_type = event->action;
	}
}

static struct chain *the_chain;

static void on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	if (wn == the_chain->nodes[PHONE].wn)
		count(&the_chain->ears, event);
	if (wn == the_chain->second.wn)
		count(&the_chain->second_ears, event);
}

static struct bm_medium *medium(const struct chain *chain)
{
	return bm_world_medium(chain->network->world);
}

static bm_time now(const struct chain *chain)
{
	return network_now(chain->network);
}

static void run(struct chain *chain, uint64_t us)
{
	bm_world_run_for(chain->network->world, us);
}

static void make_phone(struct chain *chain, struct lamp *phone, uint16_t addr)
{
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 1;
	lamp_init(phone, chain->network, &config);
	phone->wn->on_event = on_event;
	lamp_join(phone, chain->network, addr);
	bm_node_set_adv_bearer(phone->wn->node, false, now(chain));
	assert_int_equal(bm_node_proxy_client_start(phone->wn->node, NET_IDX, BM_ADDR_UNASSIGNED, now(chain)), BM_OK);
}

/* Each hears its neighbours alone. */
static void make(struct chain *chain, uint64_t seed, uint8_t filter)
{
	memset(chain, 0, sizeof *chain);
	the_chain = chain;
	chain->network = network_new(seed);
	make_phone(chain, &chain->nodes[PHONE], 0x0100);
	for (int i = PROXY; i < NODES; i++) {
		struct bm_node_config config = bm_world_config();
		config.limits.gatt_links = 3;
		config.limits.proxy_filter = filter;
		config.features = i == PROXY ? BM_FEATURE_PROXY : i == LAMP ? 0 : BM_FEATURE_RELAY;
		lamp_init(&chain->nodes[i], chain->network, &config);
		lamp_join(&chain->nodes[i], chain->network, (uint16_t)(0x0100 + i));
	}
	for (int i = 0; i < NODES; i++) {
		bm_medium_set_link(medium(chain), chain->network->provisioner->station, chain->nodes[i].wn->station,
				   false);
		for (int k = i + 2; k < NODES; k++)
			bm_medium_set_link(medium(chain), chain->nodes[i].wn->station, chain->nodes[k].wn->station,
					   false);
	}
}

static void make_and_connect(struct chain *chain, uint64_t seed)
{
	make(chain, seed, 16);
	run(chain, SECONDS(3));
	assert_int_equal(chain->ears.open, 1);
	assert_int_equal(chain->ears.ready, 1);
}

static void set_onoff(struct chain *chain, struct lamp *from, uint16_t dst, bool on)
{
	const struct bm_tx tx = tx_to(dst);
	assert_int_equal(bm_onoff_client_set(&from->client, &tx, on, true, 0xff, 0, now(chain)), BM_OK);
	run(chain, SECONDS(2));
}

static void test_a_node_without_advertising_bearer_reaches_a_lamp_three_hops_behind_its_proxy(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 1);
	struct lamp *phone = &chain.nodes[PHONE];
	set_onoff(&chain, phone, 0x0104, true);
	assert_true(chain.nodes[LAMP].server.present);
	assert_int_equal(phone->statuses, 1);
	assert_int_equal(phone->status_src, 0x0104);
	/* The proxy itself is a node too. */
	set_onoff(&chain, phone, 0x0101, true);
	assert_true(chain.nodes[PROXY].server.present);
	assert_int_equal(phone->statuses, 2);
	/* And the phone is one for the others. */
	set_onoff(&chain, &chain.nodes[LAMP], 0x0100, true);
	assert_true(phone->server.present);
	assert_int_equal(chain.nodes[LAMP].statuses, 1);
	network_free(chain.network);
}

static void test_segmented_messages_go_both_ways_with_any_mtu(void **state)
{
	(void)state;
	const uint16_t mtus[] = {23, 33, 517};
	for (size_t i = 0; i < BM_ARRAY_LEN(mtus); i++) {
		struct chain chain;
		make(&chain, 2, 16);
		bm_station_set_mtu(chain.nodes[PROXY].wn->station, mtus[i]);
		run(&chain, SECONDS(3));
		const struct bm_tx to_lamp = tx_to(0x0104), to_phone = tx_to(0x0100);
		assert_int_equal(lamp_send_blob(&chain.nodes[PHONE], &to_lamp, 380), BM_OK);
		run(&chain, SECONDS(20));
		assert_int_equal(chain.nodes[LAMP].blobs, 1);
		assert_int_equal(chain.nodes[PHONE].sent_result, BM_OK);
		assert_int_equal(lamp_send_blob(&chain.nodes[LAMP], &to_phone, 200), BM_OK);
		run(&chain, SECONDS(20));
		assert_int_equal(chain.nodes[PHONE].blobs, 1);
		assert_int_equal(chain.nodes[LAMP].sent_result, BM_OK);
		network_free(chain.network);
	}
}

static void test_segmented_both_ways_at_30_percent_loss_on_the_air(void **state)
{
	(void)state;
	struct chain chain;
	make(&chain, 3, 16);
	bm_medium_set_loss(medium(&chain), 0.3);
	run(&chain, SECONDS(10));
	assert_int_equal(chain.ears.ready, 1);
	const struct bm_tx to_lamp = tx_to(0x0104), to_phone = tx_to(0x0100);
	assert_int_equal(lamp_send_blob(&chain.nodes[PHONE], &to_lamp, 100), BM_OK);
	run(&chain, SECONDS(60));
	assert_int_equal(lamp_send_blob(&chain.nodes[LAMP], &to_phone, 100), BM_OK);
	run(&chain, SECONDS(60));
	assert_int_equal(chain.nodes[LAMP].blobs, 1);
	assert_int_equal(chain.nodes[PHONE].blobs, 1);
	network_free(chain.network);
}

static void send_to_group(struct chain *chain)
{
	const struct bm_tx tx = tx_to(GROUP);
	assert_int_equal(lamp_send_blob(&chain->nodes[LAMP], &tx, 8), BM_OK);
	run(chain, SECONDS(2));
}

static void test_the_filter_follows_the_subscriptions(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 4);
	assert_int_equal(chain.ears.list_size, 2); /* its address and all nodes */
	struct lamp *phone = &chain.nodes[PHONE];
	send_to_group(&chain);
	assert_int_equal(phone->blobs, 0);
	const uint32_t heard = bm_node_counters(phone->wn->node)->net_rx;
	assert_int_equal(bm_access_subscribe(&phone->wn->node->access, &phone->vendor, GROUP, NULL), BM_OK);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.ears.list_size, 3);
	send_to_group(&chain);
	assert_int_equal(phone->blobs, 1);
	assert_true(bm_node_counters(phone->wn->node)->net_rx > heard);
	network_free(chain.network);
}

static void test_a_server_without_room_for_the_filter_sends_everything(void **state)
{
	(void)state;
	struct chain chain;
	make(&chain, 5, 1);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.ears.ready, 1);
	assert_int_equal(chain.ears.list_type, 1);
	set_onoff(&chain, &chain.nodes[PHONE], 0x0104, true);
	assert_int_equal(chain.nodes[PHONE].statuses, 1);
	network_free(chain.network);
}

static void test_a_filter_set_by_hand_passes_and_rejects_as_told(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 6);
	struct bm_node *phone = chain.nodes[PHONE].wn->node;
	const uint16_t group[] = {GROUP, GROUP, 0x0000};
	/* An accept list with the group alone. */
	assert_int_equal(bm_node_proxy_filter_type(phone, false, now(&chain)), BM_OK);
	assert_int_equal(bm_node_proxy_filter_add(phone, group, 3, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	assert_int_equal(chain.ears.list_size, 1);
	const uint32_t before = bm_node_counters(phone)->net_rx;
	send_to_group(&chain);
	assert_int_equal(bm_node_counters(phone)->net_rx, before + 1);
	/* The same address in a reject list. */
	assert_int_equal(bm_node_proxy_filter_type(phone, true, now(&chain)), BM_OK);
	assert_int_equal(bm_node_proxy_filter_add(phone, group, 1, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	send_to_group(&chain);
	assert_int_equal(chain.ears.list_type, 1);
	assert_int_equal(bm_node_counters(phone)->net_rx, before + 1);
	/* And out of it again. */
	assert_int_equal(bm_node_proxy_filter_remove(phone, group, 1, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	send_to_group(&chain);
	assert_int_equal(chain.ears.list_size, 0);
	assert_int_equal(bm_node_counters(phone)->net_rx, before + 2);
	network_free(chain.network);
}

static void test_two_clients_talk_to_each_other_and_to_the_mesh(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 7);
	make_phone(&chain, &chain.second, 0x0200);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.second_ears.ready, 1);
	set_onoff(&chain, &chain.nodes[PHONE], 0x0200, true);
	assert_true(chain.second.server.present);
	assert_int_equal(chain.nodes[PHONE].statuses, 1);
	set_onoff(&chain, &chain.second, 0x0104, true);
	assert_true(chain.nodes[LAMP].server.present);
	assert_int_equal(chain.second.statuses, 1);
	assert_int_equal(chain.nodes[PHONE].statuses, 1);
	network_free(chain.network);
}

static void test_a_lost_proxy_is_found_again(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 8);
	struct bm_station *phone = chain.nodes[PHONE].wn->station, *proxy = chain.nodes[PROXY].wn->station;
	const struct bm_tx tx = tx_to(0x0104);
	assert_int_equal(lamp_send_blob(&chain.nodes[PHONE], &tx, 380), BM_OK);
	bm_medium_set_link(medium(&chain), phone, proxy, false);
	run(&chain, SECONDS(6));
	assert_int_equal(chain.ears.closed, 1);
	bm_medium_set_link(medium(&chain), phone, proxy, true);
	run(&chain, SECONDS(6));
	assert_int_equal(chain.ears.open, 2);
	assert_int_equal(chain.ears.ready, 2);
	set_onoff(&chain, &chain.nodes[PHONE], 0x0104, true);
	assert_true(chain.nodes[LAMP].server.present);
	assert_int_equal(chain.nodes[PHONE].statuses, 1);
	network_free(chain.network);
}

static void test_without_a_proxy_a_node_without_advertising_bearer_cannot_send(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 9);
	bm_node_proxy_client_stop(chain.nodes[PHONE].wn->node, now(&chain));
	assert_int_equal(chain.ears.closed, 1);
	const struct bm_tx tx = tx_to(0x0104);
	const uint32_t sent = bm_node_counters(chain.nodes[PHONE].wn->node)->net_tx;
	assert_int_not_equal(bm_onoff_client_set(&chain.nodes[PHONE].client, &tx, true, false, 0xff, 0, now(&chain)),
			     BM_OK);
	assert_int_equal(bm_node_counters(chain.nodes[PHONE].wn->node)->net_tx, sent);
	network_free(chain.network);
}

static void test_a_client_follows_the_key_refresh_and_the_iv_index_by_its_servers_beacons(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 10);
	struct bm_node *phone = chain.nodes[PHONE].wn->node, *proxy = chain.nodes[PROXY].wn->node;
	/* Both hold the new key; the server is told to go on. */
	uint8_t new_key[16] = {7, 7, 7};
	struct bm_node *both[] = {phone, proxy};
	for (size_t i = 0; i < 2; i++) {
		struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(&both[i]->net), NET_IDX);
		bm_net_keys_derive(&subnet->keys[1], new_key);
		subnet->phase = 1;
		bm_net_beacon_update(&both[i]->net);
	}
	struct bm_subnet *theirs = bm_subnet_find(bm_net_subnets(&proxy->net), NET_IDX);
	const struct bm_subnet *ours = bm_subnet_find(bm_net_subnets(&phone->net), NET_IDX);
	theirs->phase = 2;
	bm_net_beacon_update(&proxy->net);
	run(&chain, SECONDS(1));
	assert_int_equal(ours->phase, 2);
	bm_net_revoke_old_keys(&proxy->net, theirs);
	run(&chain, SECONDS(1));
	assert_int_equal(ours->phase, 0);
	assert_memory_equal(ours->keys[0].net_key, new_key, 16);
	/* The IV index: a recovery is quickest to come about. */
	proxy->net.iv.index = 5;
	bm_net_beacon_update(&proxy->net);
	run(&chain, SECONDS(1));
	assert_int_equal(bm_node_iv_index(phone), 5);
	network_free(chain.network);
}

static void test_gatt_proxy_disabled_by_configuration_disconnects_clients(void **state)
{
	(void)state;
	struct network *network = network_new(11);
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 8;
	config.features = BM_FEATURE_PROXY;
	struct chain chain = {.network = network};
	the_chain = &chain;
	lamp_init(&chain.nodes[PROXY], network, &config);
	network->bearer = BM_PROV_BEARER_GATT;
	const uint16_t addr = network_provision(network, &chain.nodes[PROXY], 60 * SECONDS(1));
	assert_int_equal(addr, 0x0002);
	make_phone(&chain, &chain.nodes[PHONE], 0x0100);
	/* Provisioned over GATT, it tells its Node Identity for a minute, which this phone does not know. */
	run(&chain, SECONDS(10));
	assert_int_equal(chain.ears.open, 0);
	assert_true(network_config(network, addr, 0x8046, (uint8_t[]){0, 0}, 2)); /* Node Identity Get */
	assert_memory_equal(network->answer_params, ((uint8_t[]){0, 0, 0, 1}), 4);
	run(&chain, SECONDS(55));
	assert_int_equal(chain.ears.ready, 1);
	assert_true(network_config(network, addr, 0x8046, (uint8_t[]){0, 0}, 2));
	assert_memory_equal(network->answer_params, ((uint8_t[]){0, 0, 0, 0}), 4);
	assert_true(network_config(network, addr, 0x8012, NULL, 0)); /* GATT Proxy Get */
	assert_int_equal(network->answer_params[0], 1);
	assert_true(network_config(network, addr, 0x8013, (uint8_t[]){0}, 1)); /* GATT Proxy Set */
	assert_int_equal(network->answer_params[0], 0);
	run(&chain, SECONDS(10));
	assert_int_equal(chain.ears.closed, 1);
	assert_int_equal(chain.ears.open, 1);
	/* No Node Identity without GATT Proxy. */
	assert_true(network_config(network, addr, 0x8047, (uint8_t[]){0, 0, 1}, 3));
	assert_memory_equal(network->answer_params, ((uint8_t[]){0x0e, 0, 0, 0}), 4);
	assert_true(network_config(network, addr, 0x8013, (uint8_t[]){1}, 1));
	run(&chain, SECONDS(5));
	assert_int_equal(chain.ears.ready, 2);
	network_free(network);
}

static void test_a_client_that_wants_one_node_waits_for_its_identity(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 12);
	struct bm_node *phone = chain.nodes[PHONE].wn->node;
	bm_node_proxy_client_stop(phone, now(&chain));
	assert_int_equal(bm_node_proxy_client_start(phone, NET_IDX, 0x0101, now(&chain)), BM_OK);
	run(&chain, SECONDS(5));
	assert_int_equal(chain.ears.open, 1);
	assert_int_equal(bm_node_identify(chain.nodes[PROXY].wn->node, NET_IDX, now(&chain)), BM_OK);
	run(&chain, SECONDS(2));
	assert_int_equal(chain.ears.open, 2);
	network_free(chain.network);
}

static void test_a_proxy_forwards_to_a_client_what_others_say_to_it_alone(void **state)
{
	(void)state;
	struct chain chain;
	make_and_connect(&chain, 13);
	const uint32_t before = bm_node_counters(chain.nodes[PHONE].wn->node)->net_rx;
	set_onoff(&chain, &chain.nodes[RELAY_1], 0x0104, true);
	assert_int_equal(bm_node_counters(chain.nodes[PHONE].wn->node)->net_rx, before);
	network_free(chain.network);
}

/* Private proxies. */

static void test_a_private_proxy_hides_its_network_and_sends_private_beacons(void **state)
{
	(void)state;
	struct chain chain;
	make(&chain, 14, 16);
	struct bm_proxy *proxy = &chain.nodes[PROXY].wn->node->proxy;
	assert_int_equal(bm_proxy_set_private_gatt_proxy(proxy, true), BM_ERR_STATE);
	assert_int_equal(bm_proxy_set_gatt_proxy(proxy, false), BM_OK);
	assert_int_equal(bm_proxy_set_private_gatt_proxy(proxy, true), BM_OK);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.ears.ready, 1);
	assert_true(proxy->table[0].as_private);
	set_onoff(&chain, &chain.nodes[PHONE], 0x0104, true);
	assert_int_equal(chain.nodes[PHONE].statuses, 1);
	assert_int_equal(bm_proxy_set_private_gatt_proxy(proxy, false), BM_OK);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.ears.closed, 1);
	network_free(chain.network);
}

static struct chain *make_solicited(struct chain *chain, uint64_t seed)
{
	memset(chain, 0, sizeof *chain);
	the_chain = chain;
	chain->network = network_new(seed);
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 8;
	config.limits.solicitations = 1;
	config.features = BM_FEATURE_PROXY;
	lamp_init(&chain->nodes[PROXY], chain->network, &config);
	lamp_join(&chain->nodes[PROXY], chain->network, 0x0101);
	assert_int_equal(bm_proxy_set_gatt_proxy(&chain->nodes[PROXY].wn->node->proxy, false), BM_OK);
	assert_int_equal(bm_proxy_set_on_demand(&chain->nodes[PROXY].wn->node->proxy, 10), BM_OK);
	make_phone(chain, &chain->nodes[PHONE], 0x0100);
	bm_node_set_adv_bearer(chain->nodes[PHONE].wn->node, true, now(chain));
	run(chain, SECONDS(5));
	assert_int_equal(chain->ears.open, 0);
	return chain;
}

static void test_a_solicited_proxy_advertises_for_its_time(void **state)
{
	(void)state;
	struct chain chain;
	make_solicited(&chain, 15);
	struct bm_node *phone = chain.nodes[PHONE].wn->node;
	struct bm_proxy *proxy = &chain.nodes[PROXY].wn->node->proxy;
	assert_int_equal(bm_node_proxy_solicit(phone, NET_IDX, now(&chain)), BM_OK);
	run(&chain, SECONDS(3));
	assert_int_equal(chain.ears.ready, 1);
	bm_node_proxy_client_stop(phone, now(&chain));
	run(&chain, SECONDS(10));
	assert_int_equal(bm_node_proxy_client_start(phone, NET_IDX, 0, now(&chain)), BM_OK);
	run(&chain, SECONDS(5));
	assert_int_equal(chain.ears.open, 1);
	assert_false(proxy->subnets[0].advertising);
	network_free(chain.network);
}

static void test_a_solicitation_is_believed_once_and_a_full_list_refuses_new_clients(void **state)
{
	(void)state;
	struct chain chain;
	make_solicited(&chain, 16);
	struct recorder *recorder = calloc(1, sizeof *recorder);
	struct bm_node *phone = chain.nodes[PHONE].wn->node, *node = chain.nodes[PROXY].wn->node;
	recorder_attach(recorder, chain.network);
	bm_node_proxy_client_stop(phone, now(&chain));
	assert_int_equal(bm_node_proxy_solicit(phone, NET_IDX, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	assert_true(node->proxy.subnets[0].advertising);
	run(&chain, SECONDS(15));
	assert_false(node->proxy.subnets[0].advertising);
	const uint32_t replays = bm_node_counters(node)->drop[BM_DROP_REPLAY];
	bool again = false;
	for (size_t i = 0; i < recorder->count; i++)
		if (recorder->frames[i].octets[9] == 0x01 && recorder->frames[i].octets[0] == 0x42) {
			bm_station_send(chain.nodes[PHONE].wn->station, recorder->frames[i].octets + 8,
					recorder->frames[i].len - 8u, now(&chain));
			again = true;
			break;
		}
	assert_true(again);
	run(&chain, SECONDS(1));
	assert_int_equal(bm_node_counters(node)->drop[BM_DROP_REPLAY], replays + 1);
	assert_false(node->proxy.subnets[0].advertising);
	/* Another client finds no room; after the list was cleared it does. */
	struct bm_node *other = chain.network->provisioner->node;
	assert_int_equal(bm_node_proxy_solicit(other, NET_IDX, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	assert_int_equal(bm_node_counters(node)->drop[BM_DROP_RPL_FULL], 3);
	assert_false(node->proxy.subnets[0].advertising);
	bm_proxy_clear_solicitations(&node->proxy, 0x0100, 1);
	assert_int_equal(bm_node_proxy_solicit(other, NET_IDX, now(&chain)), BM_OK);
	run(&chain, SECONDS(1));
	assert_true(node->proxy.subnets[0].advertising);
	free(recorder);
	network_free(chain.network);
}

static void test_on_demand_proxy_and_its_list_are_configured_by_messages(void **state)
{
	(void)state;
	struct network *network = network_new(17);
	struct bm_node_config config = bm_world_config();
	struct lamp lamp;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 4;
	config.limits.solicitations = 4;
	config.limits.models = 12;
	config.features = BM_FEATURE_PROXY;
	config.foundation = BM_FOUNDATION_ALL;
	lamp_init(&lamp, network, &config);
	const uint16_t addr = network_provision(network, &lamp, 60 * SECONDS(1));
	struct bm_proxy *proxy = &lamp.wn->node->proxy;
	assert_true(network_config(network, addr, BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, NULL, 0));
	assert_int_equal(network->answer_params[0], 0);
	assert_true(network_config(network, addr, BM_OP_ON_DEMAND_PRIVATE_PROXY_SET, (uint8_t[]){7}, 1));
	assert_int_equal(network->answer_params[0], 7);
	assert_int_equal(bm_proxy_on_demand(proxy), 7);
	for (uint16_t i = 0; i < 4; i++)
		proxy->solicitations[i] = (struct bm_solicitation){.ssrc = (uint16_t)(0x0100 + i), .sseq = 9};
	assert_true(network_configure_solicitations(network, addr));
	/* One address; then a range of two: LengthPresent is bit 0. */
	assert_true(network_config(network, addr, BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, (uint8_t[]){0, 2}, 2));
	assert_int_equal(network->answer_len, 2);
	assert_int_equal(proxy->solicitations[0].ssrc, 0);
	assert_int_equal(proxy->solicitations[1].ssrc, 0x0101);
	assert_true(network_config(network, addr, BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, (uint8_t[]){5, 2, 2}, 3));
	assert_memory_equal(network->answer_params, ((uint8_t[]){5, 2, 2}), 3);
	assert_int_equal(proxy->solicitations[1].ssrc, 0x0101);
	assert_int_equal(proxy->solicitations[2].ssrc, 0);
	assert_int_equal(proxy->solicitations[3].ssrc, 0);
	/* A range of one is said without a length; nobody answers to nonsense. */
	const uint32_t bad = bm_node_counters(lamp.wn->node)->drop[BM_DROP_BAD_VALUE];
	assert_false(network_config(network, addr, BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, (uint8_t[]){3, 2, 1}, 3));
	assert_true(bm_node_counters(lamp.wn->node)->drop[BM_DROP_BAD_VALUE] > bad);
	assert_int_equal(proxy->solicitations[1].ssrc, 0x0101);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_node_without_advertising_bearer_reaches_a_lamp_three_hops_behind_its_proxy),
		cmocka_unit_test(test_segmented_messages_go_both_ways_with_any_mtu),
		cmocka_unit_test(test_segmented_both_ways_at_30_percent_loss_on_the_air),
		cmocka_unit_test(test_the_filter_follows_the_subscriptions),
		cmocka_unit_test(test_a_server_without_room_for_the_filter_sends_everything),
		cmocka_unit_test(test_a_filter_set_by_hand_passes_and_rejects_as_told),
		cmocka_unit_test(test_two_clients_talk_to_each_other_and_to_the_mesh),
		cmocka_unit_test(test_a_lost_proxy_is_found_again),
		cmocka_unit_test(test_without_a_proxy_a_node_without_advertising_bearer_cannot_send),
		cmocka_unit_test(test_a_client_follows_the_key_refresh_and_the_iv_index_by_its_servers_beacons),
		cmocka_unit_test(test_gatt_proxy_disabled_by_configuration_disconnects_clients),
		cmocka_unit_test(test_a_client_that_wants_one_node_waits_for_its_identity),
		cmocka_unit_test(test_a_proxy_forwards_to_a_client_what_others_say_to_it_alone),
		cmocka_unit_test(test_a_private_proxy_hides_its_network_and_sends_private_beacons),
		cmocka_unit_test(test_a_solicited_proxy_advertises_for_its_time),
		cmocka_unit_test(test_on_demand_proxy_and_its_list_are_configured_by_messages),
		cmocka_unit_test(test_a_solicitation_is_believed_once_and_a_full_list_refuses_new_clients),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
