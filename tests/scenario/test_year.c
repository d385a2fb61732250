/* A year of a small network, in fortnights: each node uses up half of its sequence numbers in each, so that the IV
 * index goes on each time; keys are refreshed in every fourth. The numbers are leapt over, and beacons are on only
 * while something is to be told: what lies between is silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/health.h"
#include "blemesh/key_refresh.h"
#include "net/net_state.h"
#include "support/network.h"

#define LAMPS 3
#define FORTNIGHTS 26
#define HOURS(n) ((n)*UINT64_C(3600) * BM_US_PER_S)

static struct network *network;
static struct lamp lamps[LAMPS];
static struct recorder recorder, old_recorder;
static uint64_t numbers_used;

/* What each node sent with last: neither goes back, and together they are never used twice. */
static struct {
	uint32_t iv_index, seq;
} sent[LAMPS + 1];

static struct bm_net *net_of(size_t i)
{
	return bm_node_health_server(bm_world_at(network->world, i)->node)->model.access->net;
}

static void set_beacons(bool on)
{
	for (size_t i = 0; i <= LAMPS; i++) {
		bm_net_states(net_of(i))->beacon = on;
		bm_net_beacon_update(net_of(i));
	}
}

static void check_invariants(uint32_t iv_index, bool update)
{
	for (size_t i = 0; i <= LAMPS; i++) {
		struct bm_net *net = net_of(i);
		const uint32_t tx = bm_iv_tx(bm_net_iv(net));
		assert_int_equal(bm_net_iv(net)->index, iv_index);
		assert_int_equal(bm_net_iv(net)->update, update);
		assert_true(tx > sent[i].iv_index || (tx == sent[i].iv_index && net->seq >= sent[i].seq));
		assert_true(net->seq_reserved >= net->seq && net->seq_reserved <= BM_SEQ_MAX + 1);
		sent[i].iv_index = tx;
		sent[i].seq = net->seq;
		assert_int_equal(bm_subnet_find(bm_net_subnets(net), 0)->phase, 0);
		assert_memory_equal(bm_subnet_find(bm_net_subnets(net), 0)->keys[0].net_key,
				    bm_subnet_find(bm_net_subnets(net_of(0)), 0)->keys[0].net_key, 16);
	}
}

static void everybody_talks(void)
{
	for (size_t i = 0; i < LAMPS; i++) {
		struct lamp *from = &lamps[i], *to = &lamps[(i + 1) % LAMPS];
		const struct bm_tx tx = tx_to(bm_node_addr(to->wn->node));
		const int statuses = from->statuses, blobs = to->blobs;
		assert_int_equal(bm_onoff_client_get(&from->client, &tx, network_now(network)), BM_OK);
		assert_int_equal(lamp_send_blob(from, &tx, 100), BM_OK);
		bm_world_run_for(network->world, 5 * BM_US_PER_S);
		assert_int_equal(from->statuses, statuses + 1);
		assert_int_equal(to->blobs, blobs + 1);
	}
}

/* All that was said in the fortnight before, once more. */
static void replay_the_past(void)
{
	int blobs = 0, changes = 0;
	for (size_t i = 0; i < LAMPS; i++)
		blobs += lamps[i].blobs, changes += lamps[i].changes + lamps[i].statuses;
	for (size_t i = 0; i < old_recorder.count; i++) {
		const struct bm_frame frame = {.kind = BM_FRAME_ADV,
					       .octets = old_recorder.frames[i].octets,
					       .len = old_recorder.frames[i].len};
		assert_true(bm_medium_inject(bm_world_medium(network->world), &frame, network_now(network)));
		bm_world_run_for(network->world, 2000);
	}
	bm_world_run_for(network->world, 5 * BM_US_PER_S);
	for (size_t i = 0; i < LAMPS; i++)
		blobs -= lamps[i].blobs, changes -= lamps[i].changes + lamps[i].statuses;
	assert_int_equal(blobs, 0);
	assert_int_equal(changes, 0);
}

static void use_half_of_the_numbers(void)
{
	for (size_t i = 0; i <= LAMPS; i++) {
		struct bm_net *net = net_of(i);
		numbers_used += BM_NET_SEQ_LOW - net->seq;
		bm_net_seq_start(net, BM_NET_SEQ_LOW - 4);
	}
	everybody_talks();
}

static bool over;

static void progress(void *ctx, const struct bm_key_refresh_event *event, bm_time now)
{
	(void)ctx, (void)now;
	assert_int_not_equal(event->kind, BM_KEY_REFRESH_EVENT_NODE_FAILED);
	over |= event->kind == BM_KEY_REFRESH_EVENT_OVER;
}

static bool is_over(void *ctx)
{
	(void)ctx;
	return over;
}

static void refresh_keys(void)
{
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[LAMPS] = {{0}};
	struct bm_key_refresh_app_key app_key = {.app_idx = NETWORK_APP_IDX};
	const struct bm_key_refresh_params params = {
		.nodes = nodes, .node_count = LAMPS, .app_keys = &app_key, .app_key_count = 1, .progress = progress};
	uint8_t before[16];
	memcpy(before, bm_subnet_find(bm_net_subnets(net_of(0)), 0)->keys[0].net_key, 16);
	for (size_t i = 0; i < LAMPS; i++)
		nodes[i].addr = bm_node_addr(lamps[i].wn->node);
	over = false;
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &params, network_now(network)),
			 BM_OK);
	assert_true(bm_world_run_until(network->world, is_over, NULL, HOURS(1)));
	assert_memory_not_equal(bm_subnet_find(bm_net_subnets(net_of(0)), 0)->keys[0].net_key, before, 16);
}

static void test_a_year(void **state)
{
	(void)state;
	network = network_new(365);
	for (size_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, NULL);
		assert_true(network_configure(network, network_provision(network, &lamps[i], HOURS(1))));
	}
	for (uint32_t fortnight = 0; fortnight < FORTNIGHTS; fortnight++) {
		recorder_attach(&recorder, network);
		set_beacons(false);
		bm_world_run_for(network->world, HOURS(100));
		check_invariants(fortnight, false);
		/* One node starts the update, or all do at once: beacons tell the others. */
		use_half_of_the_numbers();
		set_beacons(true);
		bm_world_run_for(network->world, 60 * BM_US_PER_S);
		check_invariants(fortnight + 1, true);
		everybody_talks();
		set_beacons(false);
		if (fortnight % 4 == 3)
			refresh_keys();
		bm_world_run_for(network->world, HOURS(98));
		check_invariants(fortnight + 1, false);
		everybody_talks();
		if (fortnight > 0)
			replay_the_past();
		old_recorder = recorder;
		bm_world_run_for(network->world, HOURS(14 * 24 - 198) - 200 * (uint64_t)BM_US_PER_S);
		check_invariants(fortnight + 1, false);
	}
	assert_true(network_now(network) > HOURS(363 * 24));
	assert_true(numbers_used > UINT64_C(100000000));
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_year)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
