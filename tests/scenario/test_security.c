/*
 * Known attacks on mesh stacks, each against a whole node in its network: it resists, counts what it refused, and goes
 * on serving others. The attacks on provisioning stand in tests/unit/prov, those on single layers in their unit tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "pdu/beacon.h"
#include "support/network.h"

#define VICTIM 0x0100u
#define HOURS(n) ((n)*3600 * (uint64_t)BM_US_PER_S)

static int rpl_full_events;
static uint16_t rpl_full_src;

static void watch(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	if (event->kind != BM_EVENT_RPL_FULL)
		return;
	rpl_full_events++;
	rpl_full_src = event->addr;
}

static struct bm_access *access_of(const struct lamp *lamp)
{
	return lamp->server.model.access;
}

static uint32_t drops(const struct lamp *lamp, enum bm_drop reason)
{
	return bm_node_counters(lamp->wn->node)->drop[reason];
}

static void switch_victim(struct lamp *from, bool on)
{
	const struct bm_tx tx = tx_to(VICTIM);
	assert_int_equal(bm_onoff_client_set(&from->client, &tx, on, false, 0xff, 0, bm_world_now(from->wn->world)),
			 BM_OK);
	bm_world_run_for(from->wn->world, BM_US_PER_S);
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

#define KNOWN 4
#define SOURCES 10

static void test_full_replay_list_serves_known_sources_and_accepts_nothing_unchecked(void **state)
{
	(void)state;
	struct network *network = network_new(1);
	struct lamp *lamps = calloc(SOURCES + 1, sizeof *lamps);
	struct lamp *victim = &lamps[SOURCES];
	struct bm_node_config config = bm_world_config();
	struct recorder *recorder = malloc(sizeof *recorder);
	config.limits.rpl = KNOWN;
	/* Small caches: what is replayed is not to be stopped there. */
	config.limits.msg_cache = 2;
	config.limits.repeat_cache = 2;
	lamp_init(victim, network, &config);
	lamp_join(victim, network, VICTIM);
	victim->wn->on_event = watch;
	rpl_full_events = 0;
	recorder_attach(recorder, network);
	for (uint16_t i = 0; i < SOURCES; i++) {
		lamp_init(&lamps[i], network, NULL);
		lamp_join(&lamps[i], network, (uint16_t)(0x0200 + i));
		switch_victim(&lamps[i], i % 2 == 0);
		assert_int_equal(victim->changes, i < KNOWN ? i + 1 : KNOWN);
	}
	/* A segmented message of a new source is no better. */
	const struct bm_tx tx = tx_to(VICTIM);
	assert_int_equal(lamp_send_blob(&lamps[SOURCES - 1], &tx, 100), BM_OK);
	bm_world_run_for(network->world, 10 * BM_US_PER_S);
	assert_int_equal(victim->blobs, 0);
	assert_true(drops(victim, BM_DROP_RPL_FULL) >= SOURCES - KNOWN);
	assert_true(rpl_full_events >= SOURCES - KNOWN);
	assert_int_equal(rpl_full_src, 0x0200 + SOURCES - 1);

	for (int i = 0; i < KNOWN; i++)
		switch_victim(&lamps[i], i % 2 == 0);
	assert_int_equal(victim->changes, 2 * KNOWN);
	bm_medium_set_sniffer(bm_world_medium(network->world), NULL, NULL);
	replay_all(network, recorder);
	assert_int_equal(victim->changes, 2 * KNOWN);
	assert_true(drops(victim, BM_DROP_REPLAY) > 0);
	free(recorder);
	free(lamps);
	network_free(network);
}

/* A beacon under net_key; forged: with a wrong authentication value. */
static void hear_beacon(const struct lamp *lamp, const uint8_t net_key[16], bool update, uint32_t iv_index, bool forged)
{
	struct bm_net_keys keys;
	uint8_t octets[BM_SECURE_BEACON_LEN], mac[16];
	bm_net_keys_derive(&keys, net_key);
	struct bm_secure_beacon beacon = {.iv_update = update, .iv_index = iv_index};
	memcpy(beacon.network_id, keys.network_id, 8);
	bm_secure_beacon_encode(&beacon, octets);
	bm_cmac(&keys.beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
	memcpy(octets + sizeof octets - 8, mac, 8);
	octets[sizeof octets - 1] ^= forged;
	bm_node_receive(lamp->wn->node, BM_AD_MESH_BEACON, octets, sizeof octets, -40, bm_world_now(lamp->wn->world));
}

/* A lamp of a network whose IV index has been 10 for 200 hours. */
static void iv_setup(struct network *network, struct lamp *lamp)
{
	lamp_init(lamp, network, NULL);
	lamp_join(lamp, network, VICTIM);
	hear_beacon(lamp, network->net_key, false, 10, false);
	assert_int_equal(bm_node_iv_index(lamp->wn->node), 10);
	bm_world_run_for(network->world, HOURS(200));
}

static void test_iv_update_abuse_by_an_unauthenticated_beacon(void **state)
{
	(void)state;
	struct network *network = network_new(2);
	struct lamp lamp;
	iv_setup(network, &lamp);
	const uint8_t foreign[16] = {1};
	hear_beacon(&lamp, network->net_key, true, 11, true);
	assert_int_equal(drops(&lamp, BM_DROP_BEACON_AUTH), 1);
	hear_beacon(&lamp, foreign, true, 11, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 10);
	assert_false(bm_net_iv(access_of(&lamp)->net)->update);
	hear_beacon(&lamp, network->net_key, true, 11, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 11);
	network_free(network);
}

static void test_iv_update_abuse_by_an_iv_index_lower_than_ours(void **state)
{
	(void)state;
	struct network *network = network_new(3);
	struct lamp lamp;
	iv_setup(network, &lamp);
	const uint32_t before = drops(&lamp, BM_DROP_BEACON_IGNORED);
	for (uint32_t index = 0; index < 10; index++) {
		hear_beacon(&lamp, network->net_key, false, index, false);
		hear_beacon(&lamp, network->net_key, true, index, false);
	}
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 10);
	assert_int_equal(drops(&lamp, BM_DROP_BEACON_IGNORED), before + 20);
	network_free(network);
}

static void test_iv_update_abuse_by_an_iv_index_more_than_42_ahead(void **state)
{
	(void)state;
	struct network *network = network_new(4);
	struct lamp lamp;
	iv_setup(network, &lamp);
	hear_beacon(&lamp, network->net_key, false, 10 + 43, false);
	hear_beacon(&lamp, network->net_key, true, UINT32_MAX, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 10);
	hear_beacon(&lamp, network->net_key, false, 10 + 42, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 10 + 42);
	network_free(network);
}

static void test_iv_update_abuse_by_updates_faster_than_96_hours(void **state)
{
	(void)state;
	struct network *network = network_new(5);
	struct lamp lamp;
	iv_setup(network, &lamp);
	hear_beacon(&lamp, network->net_key, true, 11, false);
	hear_beacon(&lamp, network->net_key, false, 11, false);
	assert_true(bm_net_iv(access_of(&lamp)->net)->update);
	bm_world_run_for(network->world, HOURS(96));
	hear_beacon(&lamp, network->net_key, false, 11, false);
	assert_false(bm_net_iv(access_of(&lamp)->net)->update);
	bm_world_run_for(network->world, HOURS(95));
	hear_beacon(&lamp, network->net_key, true, 12, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 11);
	network_free(network);
}

static void test_iv_update_abuse_by_recovery_more_than_once_in_192_hours(void **state)
{
	(void)state;
	struct network *network = network_new(6);
	struct lamp lamp;
	iv_setup(network, &lamp);
	hear_beacon(&lamp, network->net_key, false, 20, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 20);
	bm_world_run_for(network->world, HOURS(191));
	hear_beacon(&lamp, network->net_key, false, 30, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 20);
	bm_world_run_for(network->world, HOURS(1));
	hear_beacon(&lamp, network->net_key, false, 30, false);
	assert_int_equal(bm_node_iv_index(lamp.wn->node), 30);
	network_free(network);
}

#define ATTACKERS 6

static void test_exhausted_reassembly_contexts_come_back_and_the_service_goes_on(void **state)
{
	(void)state;
	struct network *network = network_new(7);
	struct lamp *lamps = calloc(ATTACKERS + 2, sizeof *lamps);
	struct lamp *victim = &lamps[ATTACKERS];
	struct lamp *friendly = &lamps[ATTACKERS + 1];
	struct bm_node_config config = bm_world_config();
	config.limits.sar_rx = 2;
	lamp_init(victim, network, &config);
	lamp_join(victim, network, VICTIM);
	lamp_init(friendly, network, NULL);
	lamp_join(friendly, network, 0x0300);
	const struct bm_tx tx = tx_to(VICTIM);
	/* Each begins a message of many segments and falls silent. */
	for (uint16_t i = 0; i < ATTACKERS; i++) {
		lamp_init(&lamps[i], network, NULL);
		lamp_join(&lamps[i], network, (uint16_t)(0x0200 + i));
		assert_int_equal(lamp_send_blob(&lamps[i], &tx, 300), BM_OK);
		bm_world_run_for(network->world, 100 * BM_US_PER_MS);
		bm_medium_set_link(bm_world_medium(network->world), lamps[i].wn->station, victim->wn->station, false);
	}
	assert_true(drops(victim, BM_DROP_SAR_BUSY) > 0);
	/* What needs no context is served meanwhile. */
	switch_victim(friendly, true);
	assert_int_equal(victim->changes, 1);
	/* A segmented message is refused by name, and goes through when the contexts timed out. */
	assert_int_equal(lamp_send_blob(friendly, &tx, 300), BM_OK);
	bm_world_run_for(network->world, 2 * BM_US_PER_S);
	assert_int_equal(friendly->sent, 1);
	assert_int_not_equal(friendly->sent_result, BM_OK);
	bm_world_run_for(network->world, 15 * BM_US_PER_S);
	assert_int_equal(drops(victim, BM_DROP_SAR_TIMEOUT), 2);
	assert_int_equal(lamp_send_blob(friendly, &tx, 300), BM_OK);
	bm_world_run_for(network->world, 10 * BM_US_PER_S);
	assert_int_equal(victim->blobs, 1);
	assert_int_equal(friendly->sent_result, BM_OK);
	free(lamps);
	network_free(network);
}

static void test_every_mesh_ad_type_at_every_length_changes_nothing(void **state)
{
	(void)state;
	struct network *network = network_new(9);
	struct lamp joined, fresh;
	lamp_init(&joined, network, NULL);
	lamp_join(&joined, network, VICTIM);
	lamp_init(&fresh, network, NULL);
	assert_int_equal(bm_node_prov_enable(fresh.wn->node, BM_PROV_BEARER_ADV, network_now(network)), BM_OK);
	static const uint8_t types[] = {BM_AD_PB_ADV, BM_AD_MESH_MESSAGE, BM_AD_MESH_BEACON};
	for (size_t len = 0; len <= 255; len++)
		for (size_t type = 0; type < BM_ARRAY_LEN(types); type++)
			for (int first = 0; first < 4; first++) {
				/* Exactly as long as it says; lengths above 29 are a controller's fault. */
				uint8_t *octets = malloc(len ? len : 1);
				bm_prng_fill(bm_world_prng(network->world), octets, len);
				if (len && types[type] == BM_AD_MESH_BEACON)
					octets[0] = (uint8_t)first;
				if (len > 5 && types[type] == BM_AD_PB_ADV)
					octets[5] = (uint8_t)((octets[5] & 0xfc) | first);
				bm_node_receive(joined.wn->node, types[type], octets, len, -40, network_now(network));
				bm_node_receive(fresh.wn->node, types[type], octets, len, -40, network_now(network));
				bm_node_receive(network->provisioner->node, types[type], octets, len, -40,
						network_now(network));
				free(octets);
			}
	assert_int_equal(joined.changes, 0);
	assert_int_equal(bm_node_counters(joined.wn->node)->access_rx, 0);
	assert_int_equal(bm_node_iv_index(joined.wn->node), 0);
	assert_true(drops(&joined, BM_DROP_MALFORMED) > 255);
	assert_int_equal(network_provision(network, &fresh, 60 * (uint64_t)BM_US_PER_S), 0x0002);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_replay_list_serves_known_sources_and_accepts_nothing_unchecked),
		cmocka_unit_test(test_iv_update_abuse_by_an_unauthenticated_beacon),
		cmocka_unit_test(test_iv_update_abuse_by_an_iv_index_lower_than_ours),
		cmocka_unit_test(test_iv_update_abuse_by_an_iv_index_more_than_42_ahead),
		cmocka_unit_test(test_iv_update_abuse_by_updates_faster_than_96_hours),
		cmocka_unit_test(test_iv_update_abuse_by_recovery_more_than_once_in_192_hours),
		cmocka_unit_test(test_exhausted_reassembly_contexts_come_back_and_the_service_goes_on),
		cmocka_unit_test(test_every_mesh_ad_type_at_every_length_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
