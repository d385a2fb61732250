/*
 * Many nodes: relay over ten hops, segmentation both ways under loss, replays, subnets, groups and labels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "support/network.h"

#define CHAIN 11

/* Lamps 0 … CHAIN − 1 in a row, each hearing its neighbours alone; those between relay. */
struct chain {
	struct network *network;
	struct lamp lamps[CHAIN];
};

static struct chain *chain_new(uint64_t seed, bool relays)
{
	struct chain *chain = calloc(1, sizeof *chain);
	chain->network = network_new(seed);
	struct bm_node_config config = bm_world_config();
	config.features = relays ? BM_FEATURE_RELAY : 0;
	config.default_ttl = 20;
	struct bm_medium *medium = bm_world_medium(chain->network->world);
	for (uint16_t i = 0; i < CHAIN; i++) {
		lamp_init(&chain->lamps[i], chain->network, &config);
		lamp_join(&chain->lamps[i], chain->network, (uint16_t)(0x0100 + i));
		bm_medium_set_link(medium, chain->network->provisioner->station, chain->lamps[i].wn->station, false);
		for (uint16_t j = 0; j + 1 < i; j++)
			bm_medium_set_link(medium, chain->lamps[j].wn->station, chain->lamps[i].wn->station, false);
	}
	return chain;
}

static void chain_free(struct chain *chain)
{
	network_free(chain->network);
	free(chain);
}

static void test_ten_hops_carry_a_set_and_its_status(void **state)
{
	(void)state;
	struct chain *chain = chain_new(1, true);
	struct lamp *first = &chain->lamps[0];
	struct lamp *last = &chain->lamps[CHAIN - 1];
	for (int i = 0; i < 10; i++) {
		const struct bm_tx tx = tx_to(0x0100 + CHAIN - 1);
		assert_int_equal(bm_onoff_client_set(&first->client, &tx, i % 2 == 0, true, 0xff, 0,
						     network_now(chain->network)),
				 BM_OK);
		bm_world_run_for(chain->network->world, 2 * BM_US_PER_S);
		assert_int_equal(last->changes, i + 1);
		assert_int_equal(first->statuses, i + 1);
		assert_int_equal(first->last_status, i % 2 == 0);
	}
	for (int i = 1; i + 1 < CHAIN; i++) {
		assert_int_equal(chain->lamps[i].changes, 0);
		assert_true(bm_node_counters(chain->lamps[i].wn->node)->net_relayed >= 20);
	}
	chain_free(chain);
}

static void test_without_relays_only_the_neighbour_hears(void **state)
{
	(void)state;
	struct chain *chain = chain_new(2, false);
	const struct bm_tx tx = tx_to(BM_ADDR_ALL_NODES);
	assert_int_equal(
		bm_onoff_client_set(&chain->lamps[0].client, &tx, true, false, 0xff, 0, network_now(chain->network)),
		BM_OK);
	bm_world_run_for(chain->network->world, 2 * BM_US_PER_S);
	assert_int_equal(chain->lamps[1].changes, 1);
	assert_int_equal(chain->lamps[2].changes, 0);
	chain_free(chain);
}

static void test_ttl_ends_a_messages_way(void **state)
{
	(void)state;
	struct chain *chain = chain_new(3, true);
	struct bm_tx tx = tx_to(BM_ADDR_ALL_NODES);
	tx.ttl = 4;
	assert_int_equal(
		bm_onoff_client_set(&chain->lamps[0].client, &tx, true, false, 0xff, 0, network_now(chain->network)),
		BM_OK);
	bm_world_run_for(chain->network->world, 2 * BM_US_PER_S);
	for (int i = 1; i < CHAIN; i++)
		assert_int_equal(chain->lamps[i].changes, i <= 4);
	tx.ttl = 0;
	assert_int_equal(
		bm_onoff_client_set(&chain->lamps[0].client, &tx, true, false, 0xff, 0, network_now(chain->network)),
		BM_OK);
	bm_world_run_for(chain->network->world, 2 * BM_US_PER_S);
	assert_int_equal(chain->lamps[1].changes, 2);
	assert_int_equal(chain->lamps[2].changes, 1);
	tx.ttl = 1;
	assert_int_equal(
		bm_onoff_client_set(&chain->lamps[0].client, &tx, true, false, 0xff, 0, network_now(chain->network)),
		BM_ERR_INVALID);
	chain_free(chain);
}

/* Two lamps in range of each other. */
struct pair {
	struct network *network;
	struct lamp a, b;
};

static void pair_init(struct pair *pair, uint64_t seed)
{
	pair->network = network_new(seed);
	lamp_init(&pair->a, pair->network, NULL);
	lamp_init(&pair->b, pair->network, NULL);
	lamp_join(&pair->a, pair->network, 0x0010);
	lamp_join(&pair->b, pair->network, 0x0020);
}

static void assert_blob(const struct lamp *lamp, size_t len)
{
	assert_int_equal(lamp->blob_len, len - 3);
	for (size_t i = 0; i + 3 < len; i++)
		assert_int_equal(lamp->blob[i], (uint8_t)(i * 7 + len));
}

static void test_messages_of_every_length_arrive(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 4);
	const struct bm_tx tx = tx_to(0x0020);
	int expected = 0;
	for (size_t len = 3; len <= BM_ACCESS_MAX; len += len < 40 ? 1 : 17) {
		assert_int_equal(lamp_send_blob(&pair.a, &tx, len), BM_OK);
		bm_world_run_for(pair.network->world, 10 * BM_US_PER_S);
		assert_int_equal(pair.b.blobs, ++expected);
		assert_blob(&pair.b, len);
		assert_int_equal(pair.a.sent, expected);
		assert_int_equal(pair.a.sent_result, BM_OK);
	}
	assert_int_equal(lamp_send_blob(&pair.a, &tx, BM_ACCESS_MAX + 1), BM_ERR_TOO_LONG);
	struct bm_tx long_mic = tx;
	long_mic.long_mic = long_mic.segmented = true;
	assert_int_equal(lamp_send_blob(&pair.a, &long_mic, 377), BM_ERR_TOO_LONG);
	assert_int_equal(lamp_send_blob(&pair.a, &long_mic, 376), BM_OK);
	bm_world_run_for(pair.network->world, 10 * BM_US_PER_S);
	assert_int_equal(pair.b.blobs, ++expected);
	assert_blob(&pair.b, 376);
	network_free(pair.network);
}

static void test_segmented_both_ways_at_30_percent_loss(void **state)
{
	(void)state;
	int delivered = 0;
	int acknowledged = 0;
	for (uint64_t seed = 100; seed < 110; seed++) {
		struct pair pair;
		pair_init(&pair, seed);
		bm_medium_set_loss(bm_world_medium(pair.network->world), 0.3);
		const struct bm_tx to_b = tx_to(0x0020);
		const struct bm_tx to_a = tx_to(0x0010);
		assert_int_equal(lamp_send_blob(&pair.a, &to_b, 100), BM_OK);
		assert_int_equal(lamp_send_blob(&pair.b, &to_a, 200), BM_OK);
		bm_world_run_for(pair.network->world, 30 * BM_US_PER_S);
		delivered += pair.a.blobs + pair.b.blobs;
		acknowledged += (pair.a.sent_result == BM_OK) + (pair.b.sent_result == BM_OK);
		assert_int_equal(pair.a.sent, 1);
		assert_int_equal(pair.b.sent, 1);
		assert_true(pair.a.blobs <= 1 && pair.b.blobs <= 1);
		network_free(pair.network);
	}
	assert_true(delivered >= 19);
	assert_true(acknowledged >= 19);
}

static void test_several_messages_in_flight(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 5);
	struct lamp c;
	lamp_init(&c, pair.network, NULL);
	lamp_join(&c, pair.network, 0x0030);
	const struct bm_tx to_b = tx_to(0x0020);
	const struct bm_tx to_c = tx_to(0x0030);
	assert_int_equal(lamp_send_blob(&pair.a, &to_b, 200), BM_OK);
	assert_int_equal(lamp_send_blob(&pair.a, &to_c, 150), BM_OK);
	assert_int_equal(lamp_send_blob(&c, &to_b, 120), BM_OK);
	bm_world_run_for(pair.network->world, 10 * BM_US_PER_S);
	assert_int_equal(pair.b.blobs, 2);
	assert_int_equal(c.blobs, 1);
	assert_int_equal(pair.a.sent, 2);
	network_free(pair.network);
}

static void replay_all(struct network *network, const struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->count; i++) {
		const struct bm_frame frame = {
			.kind = BM_FRAME_ADV, .octets = recorder->frames[i].octets, .len = recorder->frames[i].len};
		assert_true(bm_medium_inject(bm_world_medium(network->world), &frame, network_now(network)));
		bm_world_run_for(network->world, 5000);
	}
}

static void test_replayed_traffic_changes_nothing_and_is_counted(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 6);
	struct recorder *recorder = malloc(sizeof *recorder);
	recorder_attach(recorder, pair.network);
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	assert_int_equal(lamp_send_blob(&pair.a, &tx, 60), BM_OK);
	bm_world_run_for(pair.network->world, 5 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	assert_int_equal(pair.b.blobs, 1);
	assert_true(recorder->count > 10);
	/* Time passes, other traffic pushes the messages out of the caches: the replay list must refuse them. */
	for (int i = 0; i < 300; i++) {
		assert_int_equal(
			bm_onoff_client_set(&pair.a.client, &tx, i % 2, false, 0xff, 0, network_now(pair.network)),
			BM_OK);
		bm_world_run_for(pair.network->world, 100 * BM_US_PER_MS);
	}
	const size_t first = recorder->count < 100 ? recorder->count : 60;
	recorder->count = first;
	bm_medium_set_sniffer(bm_world_medium(pair.network->world), NULL, NULL);
	const int changes = pair.b.changes;
	const bool present = pair.b.server.present;
	const uint32_t replays = bm_node_counters(pair.b.wn->node)->drop[BM_DROP_REPLAY];
	replay_all(pair.network, recorder);
	assert_int_equal(pair.b.changes, changes);
	assert_int_equal(pair.b.server.present, present);
	assert_int_equal(pair.b.blobs, 1);
	assert_true(bm_node_counters(pair.b.wn->node)->drop[BM_DROP_REPLAY] > replays);
	free(recorder);
	network_free(pair.network);
}

static void test_two_subnets_do_not_hear_each_other(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 7);
	struct lamp c, d;
	uint8_t other_key[16];
	bm_prng_fill(bm_world_prng(pair.network->world), other_key, 16);
	uint8_t own_key[16];
	memcpy(own_key, pair.network->net_key, 16);
	memcpy(pair.network->net_key, other_key, 16);
	lamp_init(&c, pair.network, NULL);
	lamp_init(&d, pair.network, NULL);
	/* Same application key, same addresses: only the NetKey differs. */
	lamp_join(&c, pair.network, 0x0010);
	lamp_join(&d, pair.network, 0x0020);
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	assert_int_equal(d.changes, 0);
	assert_int_equal(c.statuses, 0);
	const struct bm_counters *counters = bm_node_counters(d.wn->node);
	assert_true(counters->drop[BM_DROP_UNKNOWN_NID] + counters->drop[BM_DROP_NET_MIC] > 0);
	assert_int_equal(counters->net_rx, 0);
	network_free(pair.network);
}

static bool subscribe(struct pair *pair, uint16_t addr)
{
	/* Config Model Subscription Add to b's OnOff server, asked by b itself with its own device key. */
	return bm_access_subscribe(pair->b.server.model.access, &pair->b.server.model, addr, NULL) == BM_OK;
}

static void test_groups_reach_their_subscribers(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 8);
	assert_true(subscribe(&pair, 0xc001));
	struct bm_tx tx = tx_to(0xc001);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	assert_int_equal(pair.a.changes, 0);
	assert_int_equal(pair.a.statuses, 1);
	tx.dst = 0xc002;
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, false, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	network_free(pair.network);
}

static void test_virtual_addresses_reach_those_with_the_label(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 9);
	const uint8_t label[16] = {1, 2, 3, 4};
	const uint8_t other[16] = {4, 3, 2, 1};
	assert_int_equal(
		bm_access_subscribe(pair.b.server.model.access, &pair.b.server.model, bm_virtual_addr(label), label),
		BM_OK);
	struct bm_tx tx = tx_to(bm_virtual_addr(label));
	tx.label = label;
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	assert_int_equal(pair.a.statuses, 1);
	tx.dst = bm_virtual_addr(other);
	tx.label = other;
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, false, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	network_free(pair.network);
}

static void test_models_of_one_node_talk_to_each_other(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 10);
	const struct bm_tx tx = tx_to(0x0010);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.a.changes, 1);
	assert_int_equal(pair.a.statuses, 1);
	assert_int_equal(lamp_send_blob(&pair.a, &tx, 200), BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.a.blobs, 1);
	assert_int_equal(pair.a.sent_result, BM_OK);
	network_free(pair.network);
}

static void test_what_the_full_radio_refuses_reaches_no_model_of_ours_either(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 14);
	const struct bm_tx tx = tx_to(BM_ADDR_ALL_NODES);
	int sent = 0;
	enum bm_err err = BM_OK;
	for (int i = 0; i < 200 && !err; i++, sent += !err) {
		err = bm_onoff_client_set(&pair.a.client, &tx, i % 2, false, 0xff, 0, network_now(pair.network));
		bm_world_run_for(pair.network->world, 0);
	}
	assert_int_equal(err, BM_ERR_BUSY);
	bm_world_run_for(pair.network->world, 5 * BM_US_PER_S);
	assert_int_equal(pair.a.changes, sent);
	network_free(pair.network);
}

static void test_malformed_traffic_of_every_type_changes_nothing(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 11);
	struct bm_prng *prng = bm_world_prng(pair.network->world);
	const uint8_t types[] = {BM_AD_PB_ADV, BM_AD_MESH_MESSAGE, BM_AD_MESH_BEACON, 0x16};
	for (size_t len = 0; len <= 29; len++)
		for (size_t type = 0; type < BM_ARRAY_LEN(types); type++)
			for (int i = 0; i < 50; i++) {
				uint8_t octets[29];
				bm_prng_fill(prng, octets, sizeof octets);
				if (i % 2)
					octets[0] &= 0x03;
				bm_node_receive(pair.b.wn->node, types[type], octets, len, -40,
						network_now(pair.network));
			}
	bm_world_run_for(pair.network->world, BM_US_PER_S);
	assert_int_equal(pair.b.changes, 0);
	assert_int_equal(bm_node_counters(pair.b.wn->node)->access_rx, 0);
	assert_true(bm_node_counters(pair.b.wn->node)->drop[BM_DROP_MALFORMED] > 0);
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, true, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, 2 * BM_US_PER_S);
	assert_int_equal(pair.b.changes, 1);
	network_free(pair.network);
}

static void test_every_truncation_of_real_traffic_is_dropped(void **state)
{
	(void)state;
	struct pair pair;
	pair_init(&pair, 12);
	struct recorder *recorder = malloc(sizeof *recorder);
	recorder_attach(recorder, pair.network);
	/* b hears nothing of it yet. */
	bm_medium_set_link(bm_world_medium(pair.network->world), pair.a.wn->station, pair.b.wn->station, false);
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_onoff_client_set(&pair.a.client, &tx, true, false, 0xff, 0, network_now(pair.network)),
			 BM_OK);
	bm_world_run_for(pair.network->world, BM_US_PER_S);
	bool seen = false;
	for (size_t i = 0; i < recorder->count; i++) {
		const uint8_t *o = recorder->frames[i].octets;
		if (o[9] != BM_AD_MESH_MESSAGE)
			continue;
		seen = true;
		for (size_t len = 0; len < o[8] - 1u; len++)
			bm_node_receive(pair.b.wn->node, o[9], &o[10], len, -40, network_now(pair.network));
		assert_int_equal(pair.b.changes, 0);
		bm_node_receive(pair.b.wn->node, o[9], &o[10], o[8] - 1u, -40, network_now(pair.network));
		assert_int_equal(pair.b.changes, 1);
		break;
	}
	assert_true(seen);
	free(recorder);
	network_free(pair.network);
}

static void test_calls_of_the_unprovisioned_and_unbound_are_refused_by_name(void **state)
{
	(void)state;
	struct network *network = network_new(13);
	struct lamp lamp;
	lamp_init(&lamp, network, NULL);
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_onoff_client_get(&lamp.client, &tx, 0), BM_ERR_NOT_PROVISIONED);
	lamp_join(&lamp, network, 0x0010);
	struct bm_tx other_key = tx;
	other_key.app_idx = 5;
	assert_int_equal(bm_onoff_client_get(&lamp.client, &other_key, 0), BM_ERR_NOT_BOUND);
	struct bm_tx no_label = tx;
	no_label.dst = 0x8123;
	assert_int_equal(bm_onoff_client_get(&lamp.client, &no_label, 0), BM_ERR_INVALID);
	assert_int_equal(bm_onoff_client_get(&lamp.client, &tx, 0), BM_OK);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ten_hops_carry_a_set_and_its_status),
		cmocka_unit_test(test_without_relays_only_the_neighbour_hears),
		cmocka_unit_test(test_ttl_ends_a_messages_way),
		cmocka_unit_test(test_messages_of_every_length_arrive),
		cmocka_unit_test(test_segmented_both_ways_at_30_percent_loss),
		cmocka_unit_test(test_several_messages_in_flight),
		cmocka_unit_test(test_replayed_traffic_changes_nothing_and_is_counted),
		cmocka_unit_test(test_two_subnets_do_not_hear_each_other),
		cmocka_unit_test(test_groups_reach_their_subscribers),
		cmocka_unit_test(test_virtual_addresses_reach_those_with_the_label),
		cmocka_unit_test(test_models_of_one_node_talk_to_each_other),
		cmocka_unit_test(test_what_the_full_radio_refuses_reaches_no_model_of_ours_either),
		cmocka_unit_test(test_malformed_traffic_of_every_type_changes_nothing),
		cmocka_unit_test(test_every_truncation_of_real_traffic_is_dropped),
		cmocka_unit_test(test_calls_of_the_unprovisioned_and_unbound_are_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
