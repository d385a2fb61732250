/* The foundation models of Mesh 1.1, asked by the clients of a provisioner, over the air. */
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
#include "blemesh/health.h"
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "net/net_state.h"
#include "node/node_state.h"
#include "pdu/aggregator.h"
#include "support/mem_store.h"
#include "support/network.h"
#include "support/old_peer.h"
#include "support/vectors.h"
#include "transport/transport_state.h"

#define LAMP 0x0002
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct network *network;
static struct lamp lamp, other;
static bool with_on_demand;
/* Profile 0x1601, version 1.2.3, no element items, no data. */
static const uint8_t profiles[] = {0x01, 0x16, 1, 2, 3, 0, 0, 0};

static struct bm_access *access_of(const struct lamp *of)
{
	return of->server.model.access;
}

static void start(uint64_t seed, const uint8_t *page2, uint16_t page2_len)
{
	network = network_new(seed);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 12;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 2;
	config.limits.solicitations = 2;
	config.foundation = BM_FOUNDATION_ALL & ~BM_FOUNDATION_ON_DEMAND_PROXY;
	config.features = BM_FEATURE_PROXY;
	if (with_on_demand)
		config.foundation |= BM_FOUNDATION_ON_DEMAND_PROXY;
	config.profiles = page2;
	config.profiles_len = page2_len;
	lamp_init(&lamp, network, &config);
	lamp_init(&other, network, NULL);
	assert_int_equal(network_provision(network, &lamp, SECONDS(60)), LAMP);
	assert_true(network_configure(network, LAMP));
	assert_int_equal(network_provision(network, &other, SECONDS(60)), LAMP + 1);
	assert_true(network_configure(network, LAMP + 1));
}

static void ask(uint32_t opcode, const char *params, const char *answer)
{
	uint8_t octets[BM_ACCESS_MAX];
	const size_t len = hex_decode(params, octets, sizeof octets);
	assert_true(network_config(network, LAMP, opcode, octets, len));
	if (answer)
		assert_hex(network->answer_params, network->answer_len, answer);
}

static void ask_in_vain(uint32_t opcode, const char *params)
{
	uint8_t octets[BM_ACCESS_MAX];
	const size_t len = hex_decode(params, octets, sizeof octets);
	const uint32_t before = bm_node_counters(lamp.wn->node)->drop[BM_DROP_BAD_VALUE];
	assert_false(network_config(network, LAMP, opcode, octets, len));
	assert_true(bm_node_counters(lamp.wn->node)->drop[BM_DROP_BAD_VALUE] > before);
}

static void test_sar_states_are_got_set_and_obeyed(void **state)
{
	(void)state;
	start(1, NULL, 0);
	const struct bm_sar_states *sar = bm_transport_sar(access_of(&lamp)->transport);
	/* the defaults: 5, 2, 2, 7, 1, 2, 9 and 3, 1, 1, 5, 0 */
	ask(BM_OP_SAR_TRANSMITTER_GET, "", "25722109");
	ask(BM_OP_SAR_RECEIVER_GET, "", "235100");
	ask(BM_OP_SAR_TRANSMITTER_SET, "f1e2d3f4", "f1e2d304");
	assert_int_equal(sar->segment_interval_step, 1);
	assert_int_equal(sar->unicast_retransmissions, 15);
	assert_int_equal(sar->unicast_retransmissions_without_progress, 2);
	assert_int_equal(sar->unicast_retransmissions_interval_step, 14);
	assert_int_equal(sar->unicast_retransmissions_interval_increment, 3);
	assert_int_equal(sar->multicast_retransmissions, 13);
	assert_int_equal(sar->multicast_retransmissions_interval_step, 4);
	ask(BM_OP_SAR_RECEIVER_SET, "ff2bff", "ff2b03");
	assert_int_equal(sar->segments_threshold, 31);
	assert_int_equal(sar->acknowledgment_delay_increment, 7);
	assert_int_equal(sar->discard_timeout, 11);
	assert_int_equal(sar->receiver_segment_interval_step, 2);
	assert_int_equal(sar->acknowledgment_retransmissions, 3);

	/* 16 steps of 10 ms between segments: 25 of them take 4 seconds, 24 steps of the default 60 ms less than 2. */
	const struct bm_tx tx = tx_to(LAMP + 1);
	ask(BM_OP_SAR_TRANSMITTER_SET, "2f722109", "2f722109");
	assert_int_equal(lamp_send_blob(&lamp, &tx, 290), BM_OK);
	bm_world_run_for(network->world, SECONDS(3));
	assert_int_equal(other.blobs, 0);
	bm_world_run_for(network->world, SECONDS(3));
	assert_int_equal(other.blobs, 1);
	ask(BM_OP_SAR_TRANSMITTER_SET, "25722109", "25722109");
	assert_int_equal(lamp_send_blob(&lamp, &tx, 290), BM_OK);
	bm_world_run_for(network->world, SECONDS(3));
	assert_int_equal(other.blobs, 2);
	network_free(network);
}

static void test_a_peer_that_times_as_mesh_1_0_1_does_is_understood_both_ways(void **state)
{
	(void)state;
	for (int lossy = 0; lossy <= 1; lossy++) {
		start(2 + (uint64_t)lossy, NULL, 0);
		*bm_transport_sar(access_of(&other)->transport) = old_peer;
		if (lossy)
			bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		const struct bm_tx there = tx_to(LAMP + 1), back = tx_to(LAMP);
		for (int i = 0; i < 5; i++) {
			assert_int_equal(lamp_send_blob(&lamp, &there, 200), BM_OK);
			assert_int_equal(lamp_send_blob(&other, &back, 200), BM_OK);
			bm_world_run_for(network->world, SECONDS(15));
		}
		assert_in_range(other.blobs, lossy ? 4 : 5, 5);
		assert_in_range(lamp.blobs, lossy ? 4 : 5, 5);
		network_free(network);
	}
}

static void test_private_beacon_states_are_got_set_and_obeyed(void **state)
{
	(void)state;
	start(4, NULL, 0);
	struct bm_net_states *states = bm_net_states(access_of(&lamp)->net);
	ask(BM_OP_PRIVATE_BEACON_GET, "", "003c");
	ask(BM_OP_PRIVATE_BEACON_SET, "01", "013c");
	ask(BM_OP_PRIVATE_BEACON_SET, "0105", "0105");
	assert_true(states->private_beacon);
	assert_int_equal(states->private_interval, 5);
	ask_in_vain(BM_OP_PRIVATE_BEACON_SET, "02");
	ask(BM_OP_CONFIG_BEACON_SET, "00", "00");
	/* They are sent from an address that is not the lamp's. */
	static struct recorder recorder;
	recorder_attach(&recorder, network);
	bm_world_run_for(network->world, SECONDS(30));
	int of_private = 0;
	uint8_t station[6] = {0};
	for (size_t i = 0; i < recorder.count; i++) {
		const uint8_t *octets = recorder.frames[i].octets;
		if (octets[9] == BM_AD_MESH_BEACON && octets[10] == 0x02) {
			of_private++;
			assert_int_equal(octets[7] & 0xc0, 0);
			if (of_private > 1)
				assert_memory_equal(station, octets + 2, 6); /* it lives as long as the random */
			memcpy(station, octets + 2, 6);
		}
	}
	assert_true(of_private >= 2);
	/* The provisioner, far behind, is taken along by private beacons alone. */
	bm_node_iv_test_mode(lamp.wn->node, true);
	states->beacon = false;
	bm_net_states(access_of(&other)->net)->beacon = false;
	assert_int_equal(bm_node_iv_update(lamp.wn->node, true, network_now(network)), BM_OK);
	bm_node_iv_test_mode(network->provisioner->node, true);
	bm_world_run_for(network->world, SECONDS(60));
	assert_true(bm_node_iv_in_update(network->provisioner->node));
	ask(BM_OP_PRIVATE_BEACON_SET, "0000", "0000");

	ask(BM_OP_PRIVATE_GATT_PROXY_GET, "", "00");
	ask(BM_OP_PRIVATE_GATT_PROXY_SET, "01", "00"); /* GATT Proxy is enabled: it binds */
	ask(BM_OP_PRIVATE_NODE_IDENTITY_SET, "000001", "0e000000");
	ask(BM_OP_CONFIG_GATT_PROXY_SET, "00", "00");
	ask(BM_OP_PRIVATE_GATT_PROXY_SET, "01", "01");
	ask_in_vain(BM_OP_PRIVATE_GATT_PROXY_SET, "02");
	ask(BM_OP_PRIVATE_NODE_IDENTITY_GET, "0000", "00000000");
	ask(BM_OP_PRIVATE_NODE_IDENTITY_SET, "000001", "00000001");
	ask(BM_OP_PRIVATE_NODE_IDENTITY_SET, "010001", "04010000");
	ask(BM_OP_PRIVATE_NODE_IDENTITY_GET, "0000", "00000001");
	ask_in_vain(BM_OP_PRIVATE_NODE_IDENTITY_SET, "000002");
	network_free(network);
}

static void test_composition_pages_are_told_whole_and_in_pieces(void **state)
{
	(void)state;
	start(5, profiles, sizeof profiles);
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "00", NULL);
	uint8_t page0[BM_ACCESS_MAX];
	const size_t len = network->answer_len - 1;
	memcpy(page0, network->answer_params + 1, len);
	assert_hex(page0, 12, "c40200000000800002000000");
	/* 8 SIG models: Configuration and Health Server, four of 1.1, OnOff Server and Client; one vendor's */
	assert_hex(page0 + 12, len - 12,
		   "080100000200"
		   "0a000e0010001200"
		   "00100110"
		   "c4020100");
	char expected[16];
	snprintf(expected, sizeof expected, "%02zx00", len);
	ask(BM_OP_LARGE_COMPOSITION_DATA_GET, "000000", NULL);
	assert_hex(network->answer_params, 3, "000000");
	assert_hex(network->answer_params + 3, 2, expected);
	assert_memory_equal(network->answer_params + 5, page0, len);
	ask(BM_OP_LARGE_COMPOSITION_DATA_GET, "000a00", NULL);
	assert_int_equal(network->answer_len, 5 + len - 10);
	assert_memory_equal(network->answer_params + 5, page0 + 10, len - 10);
	ask(BM_OP_LARGE_COMPOSITION_DATA_GET, "00ffff", NULL); /* beyond the end: nothing of it */
	assert_int_equal(network->answer_len, 5);
	ask(BM_OP_LARGE_COMPOSITION_DATA_GET, "800000", NULL);
	assert_hex(network->answer_params, 3, "800000");
	assert_memory_equal(network->answer_params + 5, page0, len);
	/* Page 1: nine models, of which the Private Beacon and the Large Composition Data Server extend the
	 * Configuration Server. */
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "01",
	    "010801"
	    "0000040000000400000000");
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "81",
	    "810801"
	    "0000040000000400000000");
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "02", "020116010203000000");
	/* Pages that are not there: the next lower one. */
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "03", "020116010203000000");
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "7f", "020116010203000000");
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "ff", "820116010203000000");
	ask(BM_OP_MODELS_METADATA_GET, "000000", NULL);
	assert_hex(network->answer_params, network->answer_len,
		   "0000001f000801"
		   "000000"
		   "020000"
		   "0a0000"
		   "0e0000"
		   "100000"
		   "120000"
		   "001000"
		   "011000"
		   "c402010000");
	network_free(network);
}

static void test_page_1_tells_which_model_extends_which_and_which_belong_together(void **state)
{
	(void)state;
	network = network_new(6);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 12;
	config.foundation = BM_FOUNDATION_LARGE_COMPOSITION;
	struct bm_world_node *wn = bm_world_add(network->world, &config);
	struct bm_node *node = wn->node;
	struct bm_model models[3] = {{.id = {.id = 0x1000}}, {.id = {.id = 0x1002}}, {.id = {.id = 0x1006}}};
	assert_int_equal(bm_node_add_model(node, 0, &models[0]), BM_OK);
	models[1].extends = &models[0];
	assert_int_equal(bm_node_add_model(node, 0, &models[1]), BM_OK);
	models[2].extends = &models[1];
	assert_int_equal(bm_node_add_model(node, 0, &models[2]), BM_OK);
	uint8_t octets[64];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	assert_int_equal(bm_access_put_composition(models[0].access, 1, 0, sizeof octets, &w), 11);
	/* 6 models: servers 0, 2 and 0x12, which extends the first, have index 0 to 2; 0x1000 is 3, 0x1002 is 4 and
	 * extends it, 0x1006 that */
	assert_hex(octets, bm_writer_len(&w),
		   "0600"
		   "0000040000"
		   "0418"
		   "0420");
	network_free(network);
}

/* The sample of MshPRT 4.2.1.2: two elements, two groups, an element offset of -1. */
static void test_page_1_of_the_specification(void **state)
{
	(void)state;
	network = network_new(6);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 12;
	config.limits.elements = 3;
	struct bm_world_node *wn = bm_world_add(network->world, &config);
	struct bm_model models[6] = {{.id = {.id = 0x1000}},
				     {.id = {.id = 0x1006}},
				     {.id = {.vendor = true, .company = 1, .id = 1}},
				     {.id = {.id = 0x1000}},
				     {.id = {.vendor = true, .company = 1, .id = 2}},
				     {.id = {.vendor = true, .company = 1, .id = 3}}};
	models[1].extends = &models[0];
	models[3].corresponds = &models[1];
	models[4].extends = &models[2];
	models[5].corresponds = &models[4];
	uint8_t element[2];
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(bm_node_add_element(wn->node, 0, &element[i]), BM_OK);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(bm_node_add_model(wn->node, element[i / 3], &models[i]), BM_OK);
	uint8_t octets[64];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	/* behind the primary element, which has the Configuration and Health Servers */
	bm_access_put_composition(models[0].access, 1, 4, sizeof octets, &w);
	assert_hex(octets, bm_writer_len(&w), "02010005000000010201000501170101");
	network_free(network);
}

static void test_page_1_of_the_foundation_models(void **state)
{
	(void)state;
	with_on_demand = true;
	start(12, NULL, 0);
	with_on_demand = false;
	uint8_t octets[64];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_access_put_composition(access_of(&lamp), 1, 0, sizeof octets, &w);
	/* Servers of Configuration, Health, Private Beacon (extends the first), SAR, Aggregator, Large Composition
	 * (extends the first), On-Demand Proxy (extends Private Beacon) and, in its group, Solicitation PDU RPL; then
	 * the lamp's own. */
	assert_hex(octets, bm_writer_len(&w),
		   "0a01"
		   "0000"
		   "0400"
		   "0000"
		   "0400"
		   "050010"
		   "0100"
		   "0000"
		   "00");
	network_free(network);
}

static size_t put_items(uint8_t *out, size_t capacity, uint16_t addr, const char *const items[], size_t count)
{
	uint8_t octets[64];
	struct bm_writer w = bm_writer_of(out, capacity);
	bm_put_le16(&w, addr);
	for (size_t i = 0; i < count; i++) {
		const struct bm_aggregator_item item = {.octets = octets,
							.len = hex_decode(items[i], octets, sizeof octets)};
		bm_aggregator_item_put(&w, &item);
	}
	return bm_writer_len(&w);
}

static void aggregate(uint16_t addr, const char *const items[], size_t count, const char *answer)
{
	uint8_t params[BM_ACCESS_MAX];
	const size_t len = put_items(params, sizeof params, addr, items, count);
	assert_true(network_config(network, LAMP, BM_OP_OPCODES_AGGREGATOR_SEQUENCE, params, len));
	assert_hex(network->answer_params, network->answer_len, answer);
}

static void test_a_sequence_of_messages_is_answered_by_one(void **state)
{
	(void)state;
	with_on_demand = true;
	start(7, NULL, 0);
	with_on_demand = false;
	/* Default TTL Set 9, Beacon Get, SAR Receiver Get */
	const char *const good[] = {"800d09", "8009", "806f"};
	aggregate(LAMP, good, 3,
		  "000200"
		  "06800e09"
		  "06800b01"
		  "0a8071235100");
	assert_int_equal(access_of(&lamp)->default_ttl, 9);
	/* an opcode that nobody takes ends it, what came before stays done */
	const char *const unknown[] = {"800d0a", "8abc", "800d0b"};
	aggregate(LAMP, unknown, 3,
		  "030200"
		  "06800e0a");
	assert_int_equal(access_of(&lamp)->default_ttl, 10);
	/* a message of an application's model needs its key; a wrong length is not understood */
	const char *const key[] = {"8201"};
	aggregate(LAMP, key, 1, "020200");
	const char *const length[] = {"800d0909"};
	aggregate(LAMP, length, 1, "040200");
	/* no such element */
	aggregate(LAMP + 1, good, 1, "010300");
	/* a prohibited value is not understood, like a wrong length (MshPRT 3.7.4.4) */
	const char *const prohibited[] = {"8009", "800d01", "8009"};
	aggregate(LAMP, prohibited, 3,
		  "040200"
		  "06800b01");
	aggregate(LAMP, NULL, 0, "000200");
	/* an answer too long for what is left */
	const char *const many[] = {"800800", "800800", "800800", "800800", "800800", "800800",
				    "800800", "800800", "800800", "800800", "800800"};
	uint8_t params[BM_ACCESS_MAX];
	const size_t len = put_items(params, sizeof params, LAMP, many, 11);
	assert_true(network_config(network, LAMP, BM_OP_OPCODES_AGGREGATOR_SEQUENCE, params, len));
	assert_int_equal(network->answer_params[0], 5);
	assert_true(network->answer_len > 300);
	ask_in_vain(BM_OP_OPCODES_AGGREGATOR_SEQUENCE, "02000880");   /* an item longer than what there is */
	ask_in_vain(BM_OP_OPCODES_AGGREGATOR_SEQUENCE, "020000");     /* an item of nothing */
	ask_in_vain(BM_OP_OPCODES_AGGREGATOR_SEQUENCE, "00c0048009"); /* to a group */
	/* a sequence within a sequence is not understood */
	const char *const nested[] = {"80720200048009"};
	aggregate(LAMP, nested, 1, "040200");
	network_free(network);
}

static void on_statuses(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct lamp *from = model->self;
	(void)rx;
	from->blob_len = bm_reader_left(params);
	bm_read_copy(params, from->blob, from->blob_len);
}

static void test_an_aggregator_bound_to_an_application_key_takes_that_keys_messages(void **state)
{
	(void)state;
	start(8, NULL, 0);
	struct bm_access *access = access_of(&lamp);
	const struct bm_model_id id = {.id = 0x0010};
	struct bm_model *server = bm_access_find_model(access, 0, &id);
	ask(BM_OP_CONFIG_MODEL_APP_BIND, "020000001000", "00020000001000");
	assert_true(bm_model_is_bound(server, NETWORK_APP_IDX));
	/* The other lamp's vendor model speaks for an aggregator client. */
	static const struct bm_opcode opcodes[] = {{BM_OP_OPCODES_AGGREGATOR_STATUS, 3, BM_ACCESS_MAX, on_statuses}};
	other.vendor.opcodes = opcodes;
	other.vendor.opcode_count = 1;
	other.vendor.opcode_filter = UINT32_MAX;
	uint8_t message[BM_ACCESS_MAX];
	/* OnOff Set on, Set Unacknowledged, which is answered by nothing, Get; then Beacon Get, the device key's */
	const char *const items[] = {"82020101", "82030002", "8201", "8009"};
	message[0] = 0x80;
	message[1] = 0x72;
	const size_t len = 2 + put_items(message + 2, sizeof message - 2, LAMP, items, 4);
	const struct bm_tx tx = tx_to(LAMP);
	assert_int_equal(bm_model_send(&other.vendor, &tx, message, len, network_now(network)), BM_OK);
	bm_world_run_for(network->world, SECONDS(3));
	assert_hex(other.blob, other.blob_len,
		   "020200"
		   "06820401"
		   "00"
		   "06820400");
	network_free(network);
}

static void test_a_page_that_is_too_long_is_cut_behind_an_element(void **state)
{
	(void)state;
	network = network_new(6);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 140;
	config.limits.elements = 4;
	struct bm_world_node *wn = bm_world_add(network->world, &config);
	static struct bm_model models[120];
	for (uint16_t i = 0; i < 120; i++) {
		uint8_t element = (uint8_t)(i / 40 + 1);
		if (i % 40 == 0)
			assert_int_equal(bm_node_add_element(wn->node, 0, &element), BM_OK);
		models[i] = (struct bm_model){.id = {.vendor = true, .company = 1, .id = i}};
		assert_int_equal(bm_node_add_model(wn->node, element, &models[i]), BM_OK);
	}
	/* the primary element ends at 18, three more of 4 + 40 × 4 octets follow */
	const struct bm_access *access = models[0].access;
	assert_int_equal(bm_access_whole_composition(access, 0, 17), 0);
	assert_int_equal(bm_access_whole_composition(access, 0, 18), 18);
	assert_int_equal(bm_access_whole_composition(access, 0, 345), 182);
	assert_int_equal(bm_access_whole_composition(access, 0, 377), 346);
	assert_int_equal(bm_access_whole_composition(access, 0, 510), 510);
	/* So does the answer; what is left can be read, an element at a time. */
	struct bm_prov_data data = {.addr = LAMP};
	const uint8_t dev_key[BM_KEY_LEN] = {LAMP};
	memcpy(data.net_key, network->net_key, BM_KEY_LEN);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
	assert_int_equal(bm_node_provision_self(wn->node, &data, dev_key, network_now(network)), BM_OK);
	assert_int_equal(bm_node_add_dev_key(network->provisioner->node, LAMP, 4, dev_key), BM_OK);
	ask(BM_OP_CONFIG_COMPOSITION_DATA_GET, "00", NULL);
	assert_int_equal(network->answer_len, 1 + 346);
	network_free(network);
}

static void test_on_demand_proxy_and_the_list_of_solicitations(void **state)
{
	(void)state;
	with_on_demand = true;
	start(11, NULL, 0);
	with_on_demand = false;
	ask(BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, "", "00");
	ask(BM_OP_ON_DEMAND_PRIVATE_PROXY_SET, "3c", "3c");
	ask(BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, "", "3c");
	struct bm_proxy *proxy = ((struct bm_on_demand_proxy_server *)bm_access_find_model(
					  access_of(&lamp), 0, &(struct bm_model_id){.id = 0x000c})
					  ->self)
					 ->proxy;
	proxy->solicitations[0] = (struct bm_solicitation){.ssrc = 0x0031, .sseq = 5};
	proxy->solicitations[1] = (struct bm_solicitation){.ssrc = 0x0040, .sseq = 6};
	/* An application key opens the list, the device key does not (MshPRT 4.4.23). */
	assert_int_equal(bm_config_request(network->provisioner->node, 0, LAMP, BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR,
					   (uint8_t[]){0x80, 0x00}, 2, 0, NULL, NULL, network_now(network)),
			 BM_ERR_NOT_BOUND);
	static const uint8_t clear[] = {0x80, 0x78, 0x80, 0x00};
	const struct bm_tx under_dev_key = {.dst = LAMP, .app_idx = BM_APP_IDX_DEV_REMOTE, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_model_send(&network->provisioner->node->config_client->model, &under_dev_key, clear,
				       sizeof clear, network_now(network)),
			 BM_OK);
	bm_world_run_for(network->world, SECONDS(2));
	assert_int_equal(proxy->solicitations[1].ssrc, 0x0040);
	assert_int_equal(bm_node_counters(lamp.wn->node)->drop[BM_DROP_NOT_BOUND], 1);
	assert_true(network_configure_solicitations(network, LAMP));
	/* 0x0030, two addresses; then 0x0040 alone */
	ask(BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, "610002", "610002");
	assert_int_equal(proxy->solicitations[0].ssrc, BM_ADDR_UNASSIGNED);
	assert_int_equal(proxy->solicitations[1].ssrc, 0x0040);
	ask(BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, "8000", "8000");
	assert_int_equal(proxy->solicitations[1].ssrc, BM_ADDR_UNASSIGNED);
	static const char *const bad[] = {"0000", "610001", "6100", "600002", "fffffe"};
	for (size_t i = 0; i < BM_ARRAY_LEN(bad); i++)
		ask_in_vain(BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, bad[i]);
	network_free(network);
}

static struct mem_store store;

static enum bm_err keep(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)wn;
	return mem_store_put(&store, key, octets, len);
}

static void test_what_these_models_hold_outlasts_a_power_cut(void **state)
{
	(void)state;
	with_on_demand = true;
	start(10, NULL, 0);
	with_on_demand = false;
	memset(&store, 0, sizeof store);
	lamp.wn->on_store = keep;
	assert_int_equal(bm_node_store_all(lamp.wn->node), BM_OK);
	ask(BM_OP_SAR_TRANSMITTER_SET, "f1e2d304", NULL);
	ask(BM_OP_SAR_RECEIVER_SET, "ff2b03", NULL);
	ask(BM_OP_PRIVATE_BEACON_SET, "0107", NULL);
	ask(BM_OP_CONFIG_GATT_PROXY_SET, "00", NULL);
	ask(BM_OP_PRIVATE_GATT_PROXY_SET, "01", "01");
	ask(BM_OP_ON_DEMAND_PRIVATE_PROXY_SET, "2a", "2a");
	bm_world_power_cycle(lamp.wn);
	bm_onoff_server_init(&lamp.server, false, NULL, &lamp);
	bm_onoff_client_init(&lamp.client, NULL, &lamp);
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.server.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.client.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp.wn->node, 0, &lamp.vendor), BM_OK);
	assert_int_equal(mem_store_restore(&store, lamp.wn->node, false), BM_OK);
	assert_int_equal(bm_node_start(lamp.wn->node, network_now(network)), BM_OK);
	ask(BM_OP_SAR_TRANSMITTER_GET, "", "f1e2d304");
	ask(BM_OP_SAR_RECEIVER_GET, "", "ff2b03");
	ask(BM_OP_PRIVATE_BEACON_GET, "", "0107");
	ask(BM_OP_PRIVATE_GATT_PROXY_GET, "", "01");
	ask(BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, "", "2a");
	/* and a reset is the end of it */
	assert_int_equal(bm_node_reset(lamp.wn->node, network_now(network)), BM_OK);
	const struct bm_sar_states first = BM_SAR_STATES_DEFAULT;
	assert_memory_equal(bm_transport_sar(access_of(&lamp)->transport), &first, sizeof first);
	assert_false(bm_net_states(access_of(&lamp)->net)->private_beacon);
	network_free(network);
}

static void test_a_node_without_these_models_answers_none_of_it(void **state)
{
	(void)state;
	start(9, NULL, 0);
	const uint8_t page[] = {0xff};
	assert_true(network_config(network, LAMP + 1, BM_OP_CONFIG_COMPOSITION_DATA_GET, page, 1));
	assert_int_equal(network->answer_params[0], 0);
	assert_false(network_config(network, LAMP + 1, BM_OP_SAR_RECEIVER_GET, NULL, 0));
	assert_false(network_config(network, LAMP + 1, BM_OP_PRIVATE_BEACON_GET, NULL, 0));
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sar_states_are_got_set_and_obeyed),
		cmocka_unit_test(test_a_peer_that_times_as_mesh_1_0_1_does_is_understood_both_ways),
		cmocka_unit_test(test_private_beacon_states_are_got_set_and_obeyed),
		cmocka_unit_test(test_composition_pages_are_told_whole_and_in_pieces),
		cmocka_unit_test(test_page_1_tells_which_model_extends_which_and_which_belong_together),
		cmocka_unit_test(test_page_1_of_the_specification),
		cmocka_unit_test(test_page_1_of_the_foundation_models),
		cmocka_unit_test(test_a_sequence_of_messages_is_answered_by_one),
		cmocka_unit_test(test_an_aggregator_bound_to_an_application_key_takes_that_keys_messages),
		cmocka_unit_test(test_a_page_that_is_too_long_is_cut_behind_an_element),
		cmocka_unit_test(test_on_demand_proxy_and_the_list_of_solicitations),
		cmocka_unit_test(test_what_these_models_hold_outlasts_a_power_cut),
		cmocka_unit_test(test_a_node_without_these_models_answers_none_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
