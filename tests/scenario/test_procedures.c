/*
 * Procedures between two nodes, by a table: each while the air loses 30 % of all frames, with a peer that stops hearing
 * at every step, with an asker that does, and with a peer of Mesh 1.0.1. A request ends in one way, once, and succeeds
 * when it is made again to a peer that hears; a proxy client finds its proxy again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "blemesh/proxy.h"
#include "models/foundation/foundation_opcodes.h"
#include "node/node_state.h"
#include "support/network.h"
#include "support/old_peer.h"
#include "support/vectors.h"

#define PEER 0x0100
#define PHONE 0x0200
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)
#define KEY "63964771734fbd76e3b40519d1d94a48"
#define FOR_EVER 1000000

/* A request and how its answer begins; since 1.1 there is a model of its own for it. Some are segmented on the way
 * there, some on the way back. */
static const struct request {
	const char *name;
	uint32_t opcode;
	const char *params, *answer;
	bool since_1_1;
} requests[] = {
	{"Composition Data", BM_OP_CONFIG_COMPOSITION_DATA_GET, "00", "00c402", false},
	{"AppKey Add", BM_OP_CONFIG_APP_KEY_ADD, "001000" KEY, "00001000", false},
	{"NetKey Add", BM_OP_CONFIG_NET_KEY_ADD, "0100" KEY, "000100", false},
	{"Default TTL", BM_OP_CONFIG_DEFAULT_TTL_SET, "05", "05", false},
	{"Model App Bind", BM_OP_CONFIG_MODEL_APP_BIND, "000100000010", "00000100000010", false},
	{"Heartbeat Publication", BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "010000000500000000", "00", false},
	{"SAR Transmitter", BM_OP_SAR_TRANSMITTER_GET, "", "25722109", true},
	{"SAR Transmitter, set", BM_OP_SAR_TRANSMITTER_SET, "26722109", "26722109", true},
	{"SAR Receiver", BM_OP_SAR_RECEIVER_GET, "", "235100", true},
	{"SAR Receiver, set", BM_OP_SAR_RECEIVER_SET, "235100", "235100", true},
	{"Private Beacon", BM_OP_PRIVATE_BEACON_GET, "", "003c", true},
	{"Private Beacon, set", BM_OP_PRIVATE_BEACON_SET, "003c", "003c", true},
	{"Private GATT Proxy", BM_OP_PRIVATE_GATT_PROXY_GET, "", "00", true},
	{"Private GATT Proxy, set", BM_OP_PRIVATE_GATT_PROXY_SET, "00", "00", true},
	{"Private Node Identity", BM_OP_PRIVATE_NODE_IDENTITY_GET, "0000", "00000000", true},
	{"Private Node Identity, set", BM_OP_PRIVATE_NODE_IDENTITY_SET, "000000", "00000000", true},
	{"On-Demand Private Proxy", BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, "", "00", true},
	{"On-Demand Private Proxy, set", BM_OP_ON_DEMAND_PRIVATE_PROXY_SET, "05", "05", true},
	{"Solicitation PDU RPL", BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, "0006", "0006", true},
	{"Large Composition Data", BM_OP_LARGE_COMPOSITION_DATA_GET, "000000", "000000", true},
	{"Models Metadata", BM_OP_MODELS_METADATA_GET, "000000", "000000", true},
	{"Opcodes Aggregator", BM_OP_OPCODES_AGGREGATOR_SEQUENCE,
	 "0001"
	 "04800c"
	 "048009"
	 "04806c"
	 "04806f",
	 "000001", true},
};

static struct network *network;
static struct lamp peer, phone;
static int ends; /* how often the request under way was told its end */
static enum bm_err end;
static uint8_t answer[BM_ACCESS_MAX];
static size_t answer_len;
static int hears_still; /* frames; then the node is deaf */

static bool hears(struct bm_world_node *wn, uint8_t ad_type, const uint8_t *payload, size_t len)
{
	(void)wn, (void)payload, (void)len;
	return ad_type != BM_AD_MESH_MESSAGE || hears_still-- > 0;
}

static void start(uint64_t seed, bool old)
{
	network = network_new(seed);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 14;
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 4;
	config.limits.solicitations = 2;
	config.features = BM_FEATURE_PROXY;
	config.foundation = old ? 0 : BM_FOUNDATION_ALL;
	lamp_init(&peer, network, &config);
	lamp_join(&peer, network, PEER);
	const uint8_t dev_key[BM_KEY_LEN] = {PEER >> 8, PEER & 0xff};
	assert_int_equal(bm_node_add_dev_key(network->provisioner->node, PEER, 1, dev_key), BM_OK);
	struct bm_node *own = network->provisioner->node;
	assert_int_equal(bm_node_bind(own, &own->config_client->solicitation_rpl, NETWORK_APP_IDX), BM_OK);
	struct bm_model *solicitations = bm_access_find_model(peer.server.model.access, 0,
							      &(struct bm_model_id){.id = 0x0014});
	assert_true(old || bm_node_bind(peer.wn->node, solicitations, NETWORK_APP_IDX) == BM_OK);
	if (old)
		*bm_transport_sar(peer.server.model.access->transport) = old_peer;
	hears_still = FOR_EVER;
}

static void on_end(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	(void)ctx, (void)opcode, (void)now;
	ends++;
	end = result;
	answer_len = len;
	if (len)
		memcpy(answer, params, len);
}

static bool is_over(void *ctx)
{
	(void)ctx;
	return ends > 0;
}

/* Makes the request and waits for its end, and longer, in case there is another one. */
static enum bm_err ask(const struct request *request, uint64_t timeout_us)
{
	uint8_t params[BM_ACCESS_MAX], expected[16];
	const size_t len = hex_decode(request->params, params, sizeof params);
	ends = 0;
	assert_int_equal(bm_config_request(network->provisioner->node, 0, PEER, request->opcode, params, len,
					   timeout_us, on_end, NULL, network_now(network)),
			 BM_OK);
	bm_world_run_until(network->world, is_over, NULL, SECONDS(200));
	bm_world_run_for(network->world, SECONDS(15));
	if (ends != 1)
		fail_msg("%s ended %d times", request->name, ends);
	if (end == BM_OK) {
		const size_t known = hex_decode(request->answer, expected, sizeof expected);
		if (answer_len < known || memcmp(answer, expected, known) != 0)
			fail_msg("%s was answered otherwise", request->name);
	}
	return end;
}

static void assert_answered(const struct request *request, const char *when)
{
	const enum bm_err err = ask(request, 0);
	if (err)
		fail_msg("%s, %s: %s", request->name, when, bm_err_text(err));
}

static void test_each_request_is_answered_at_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		start(seed, false);
		bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		for (size_t i = 0; i < BM_ARRAY_LEN(requests); i++)
			assert_answered(&requests[i], "at 30 % loss");
		network_free(network);
	}
}

/* who stops hearing after 0, 1, … frames of each request, and hears again. */
static void stop_at_each_step(bool the_asker)
{
	for (int step = 0; step <= 16; step += step < 6 ? 1 : 5) {
		int answered = 0;
		start(20 + (uint64_t)step, false);
		(the_asker ? network->provisioner : peer.wn)->on_receive = hears;
		for (size_t i = 0; i < BM_ARRAY_LEN(requests); i++) {
			hears_still = step;
			const enum bm_err err = ask(&requests[i], SECONDS(10));
			if (err != BM_OK && err != BM_ERR_TIMEOUT)
				fail_msg("%s, step %d: %s", requests[i].name, step, bm_err_text(err));
			answered += err == BM_OK;
			hears_still = FOR_EVER;
			assert_answered(&requests[i], "heard again");
		}
		/* nothing comes through before the first step, and all but the longest by the last */
		assert_true(step > 0 ? answered > 0 : answered == 0);
		network_free(network);
	}
}

static void test_a_peer_that_stops_hearing_at_any_step_ends_a_request_once_and_answers_the_next(void **state)
{
	(void)state;
	stop_at_each_step(false);
}

static void test_an_asker_that_stops_hearing_at_any_step_is_told_so_once_and_asks_again(void **state)
{
	(void)state;
	stop_at_each_step(true);
}

static void test_an_old_peer_answers_what_it_knows_and_is_silent_about_the_rest(void **state)
{
	(void)state;
	for (int lossy = 0; lossy <= 1; lossy++) {
		start(40 + (uint64_t)lossy, true);
		bm_medium_set_loss(bm_world_medium(network->world), lossy ? 0.3 : 0);
		for (size_t i = 0; i < BM_ARRAY_LEN(requests); i++) {
			if (!requests[i].since_1_1)
				assert_answered(&requests[i], "by an old peer");
			else if (!lossy)
				assert_int_equal(ask(&requests[i], SECONDS(10)), BM_ERR_TIMEOUT);
		}
		network_free(network);
	}
}

/* Proxies: a phone that has GATT alone, its proxy the peer. */

static int ready;
static bool is_connected;
static int messages_left; /* on the link, until the proxy is out of range or deaf */
static bool out_of_range;

static void on_phone(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	ready += event->kind == BM_EVENT_PROXY_READY;
	if (event->kind == BM_EVENT_PROXY_READY || event->kind == BM_EVENT_PROXY_CLOSED)
		is_connected = event->kind == BM_EVENT_PROXY_READY;
}

static bool on_link(struct bm_world_node *wn, const struct bm_gatt_event *event)
{
	(void)wn;
	if (messages_left-- > 0)
		return true;
	/* A deaf proxy's host still knows which links there are. */
	if (!out_of_range)
		return event->kind == BM_GATT_CONNECTED || event->kind == BM_GATT_DISCONNECTED;
	bm_medium_set_link(bm_world_medium(network->world), peer.wn->station, phone.wn->station, false);
	return true;
}

static void start_phone(uint64_t seed)
{
	start(seed, false);
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 1;
	ready = 0;
	is_connected = false;
	messages_left = FOR_EVER;
	lamp_init(&phone, network, &config);
	phone.wn->on_event = on_phone;
	lamp_join(&phone, network, PHONE);
	bm_node_set_adv_bearer(phone.wn->node, false, network_now(network));
}

static void look_for_a_proxy(void)
{
	assert_int_equal(bm_node_proxy_client_start(phone.wn->node, 0, BM_ADDR_UNASSIGNED, network_now(network)),
			 BM_OK);
}

static bool is_ready(void *ctx)
{
	return ready > *(const int *)ctx;
}

/* A lamp is switched through the proxy, and says so. */
static void assert_the_phone_speaks(void)
{
	const struct bm_tx tx = tx_to(PEER);
	const int statuses = phone.statuses;
	assert_int_equal(
		bm_onoff_client_set(&phone.client, &tx, !peer.server.present, true, 0xff, 0, network_now(network)),
		BM_OK);
	bm_world_run_for(network->world, SECONDS(3));
	assert_int_equal(phone.statuses, statuses + 1);
}

static void test_a_proxy_is_found_and_used_at_30_percent_loss(void **state)
{
	(void)state;
	const int before = 0;
	for (uint64_t seed = 50; seed < 55; seed++) {
		start_phone(seed);
		bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		look_for_a_proxy();
		assert_true(bm_world_run_until(network->world, is_ready, (void *)&before, SECONDS(60)));
		assert_the_phone_speaks();
		network_free(network);
	}
}

static void test_a_proxy_that_leaves_at_any_message_is_found_again_when_it_is_back(void **state)
{
	(void)state;
	out_of_range = true;
	for (int at = 0; at < 8; at++) {
		start_phone(60 + (uint64_t)at);
		peer.wn->on_gatt = on_link;
		messages_left = at;
		look_for_a_proxy();
		bm_world_run_for(network->world, SECONDS(60));
		const int before = ready;
		peer.wn->on_gatt = NULL;
		bm_medium_set_link(bm_world_medium(network->world), peer.wn->station, phone.wn->station, true);
		/* It was there whole if it never left. */
		if (messages_left < 0)
			assert_true(bm_world_run_until(network->world, is_ready, (void *)&before, SECONDS(60)));
		assert_the_phone_speaks();
		network_free(network);
	}
}

static void test_a_proxy_that_stops_answering_at_any_message_is_left_and_found_again(void **state)
{
	(void)state;
	out_of_range = false;
	for (int at = 0; at < 4; at++) {
		start_phone(80 + (uint64_t)at);
		peer.wn->on_gatt = on_link;
		messages_left = at;
		look_for_a_proxy();
		bm_world_run_for(network->world, SECONDS(180));
		peer.wn->on_gatt = NULL;
		const int before = ready;
		if (!is_connected)
			assert_true(bm_world_run_until(network->world, is_ready, (void *)&before, SECONDS(180)));
		assert_the_phone_speaks();
		network_free(network);
	}
}

/* The phone reaches the deaf one by air, through the other. */
static void test_a_proxy_that_answers_nothing_is_left_for_another_one(void **state)
{
	(void)state;
	static struct lamp other;
	out_of_range = false;
	start_phone(90);
	peer.wn->on_gatt = on_link;
	messages_left = 2;
	look_for_a_proxy();
	bm_world_run_for(network->world, SECONDS(10));
	assert_int_equal(ready, 0);
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 4;
	config.features = BM_FEATURE_PROXY;
	lamp_init(&other, network, &config);
	lamp_join(&other, network, PEER + 1);
	const int before = 0;
	assert_true(bm_world_run_until(network->world, is_ready, (void *)&before, SECONDS(300)));
	assert_the_phone_speaks();
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_request_is_answered_at_30_percent_loss),
		cmocka_unit_test(test_a_peer_that_stops_hearing_at_any_step_ends_a_request_once_and_answers_the_next),
		cmocka_unit_test(test_an_asker_that_stops_hearing_at_any_step_is_told_so_once_and_asks_again),
		cmocka_unit_test(test_an_old_peer_answers_what_it_knows_and_is_silent_about_the_rest),
		cmocka_unit_test(test_a_proxy_is_found_and_used_at_30_percent_loss),
		cmocka_unit_test(test_a_proxy_that_leaves_at_any_message_is_found_again_when_it_is_back),
		cmocka_unit_test(test_a_proxy_that_stops_answering_at_any_message_is_left_and_found_again),
		cmocka_unit_test(test_a_proxy_that_answers_nothing_is_left_for_another_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
