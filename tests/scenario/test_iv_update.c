/* The IV Update in networks: nodes that joined at different times, that lose much, that were away, that hear nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "net/net_state.h"
#include "support/network.h"

#define HOURS(n) ((n)*UINT64_C(3600) * BM_US_PER_S)
#define LAMPS 4

static struct lamp lamps[LAMPS];

static struct bm_net *net_of(const struct lamp *lamp)
{
	return lamp->server.model.access->net;
}

static struct network *start(uint64_t seed, uint64_t apart_us)
{
	struct network *network = network_new(seed);
	for (uint16_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, NULL);
		lamp_join(&lamps[i], network, (uint16_t)(0x0010 + i));
		bm_world_run_for(network->world, apart_us);
	}
	return network;
}

static bool all_at(uint32_t index, bool update)
{
	for (size_t i = 0; i < LAMPS; i++)
		if (bm_node_iv_index(lamps[i].wn->node) != index || bm_node_iv_in_update(lamps[i].wn->node) != update)
			return false;
	return true;
}

static void assert_everybody_is_heard(struct network *network)
{
	for (size_t i = 0; i < LAMPS; i++) {
		struct lamp *from = &lamps[i], *to = &lamps[(i + 1) % LAMPS];
		const struct bm_tx tx = tx_to(bm_node_addr(to->wn->node));
		const int before = from->statuses;
		/* the air may lose some */
		for (int tries = 0; tries < 10 && from->statuses == before; tries++) {
			assert_int_equal(bm_onoff_client_get(&from->client, &tx, network_now(network)), BM_OK);
			bm_world_run_for(network->world, 2 * BM_US_PER_S);
		}
		assert_true(from->statuses > before);
	}
}

/* One node has used half of its numbers; all others follow into the update and out of it. */
static void run_an_update(uint64_t seed, double loss, uint64_t apart_us)
{
	struct network *network = start(seed, apart_us);
	bm_medium_set_loss(bm_world_medium(network->world), loss);
	bm_world_run_for(network->world, HOURS(96));
	bm_net_seq_start(net_of(&lamps[1]), BM_NET_SEQ_LOW);
	assert_everybody_is_heard(network);
	bm_world_run_for(network->world, HOURS(1));
	assert_true(all_at(1, true));
	assert_true(net_of(&lamps[1])->seq >= BM_NET_SEQ_LOW);
	assert_everybody_is_heard(network);
	bm_world_run_for(network->world, HOURS(94));
	assert_true(all_at(1, true));
	bm_world_run_for(network->world, HOURS(3));
	assert_true(all_at(1, false));
	assert_true(net_of(&lamps[1])->seq < 100);
	assert_everybody_is_heard(network);
	network_free(network);
}

static void test_a_network_follows_the_node_whose_numbers_run_out(void **state)
{
	(void)state;
	run_an_update(1, 0, 0);
}

static void test_a_network_follows_although_the_air_loses_30_percent(void **state)
{
	(void)state;
	run_an_update(2, 0.3, 0);
}

static void test_a_network_of_nodes_that_joined_hours_apart_follows(void **state)
{
	(void)state;
	run_an_update(3, 0, 600 * (uint64_t)BM_US_PER_S);
}

static void hear_nobody(struct network *network, size_t who, bool hears)
{
	for (size_t i = 0; i < bm_world_count(network->world); i++)
		if (bm_world_at(network->world, i) != lamps[who].wn)
			bm_medium_set_link(bm_world_medium(network->world), lamps[who].wn->station,
					   bm_world_at(network->world, i)->station, hears);
}

static void in_test_mode(bool update)
{
	bm_node_iv_test_mode(lamps[0].wn->node, true);
	assert_int_equal(bm_node_iv_update(lamps[0].wn->node, update, bm_world_now(lamps[0].wn->world)), BM_OK);
}

static void test_a_node_that_stopped_answering_recovers_the_iv_index_when_it_is_back(void **state)
{
	(void)state;
	struct network *network = start(4, 0);
	/* It stops before the update begins, within the update, and after it. */
	hear_nobody(network, 1, false);
	bm_world_run_for(network->world, HOURS(100));
	in_test_mode(true);
	bm_world_run_for(network->world, HOURS(1));
	hear_nobody(network, 2, false);
	bm_world_run_for(network->world, HOURS(99));
	hear_nobody(network, 3, false);
	assert_int_equal(bm_node_iv_index(lamps[0].wn->node), 1);
	assert_false(bm_node_iv_in_update(lamps[0].wn->node));
	assert_int_equal(bm_node_iv_index(lamps[1].wn->node), 0);
	assert_int_equal(bm_node_iv_index(lamps[2].wn->node), 1);
	/* one that was away in the update ended it by itself */
	assert_false(bm_node_iv_in_update(lamps[2].wn->node));
	bm_world_run_for(network->world, HOURS(100));
	in_test_mode(true);
	bm_world_run_for(network->world, HOURS(100));
	assert_int_equal(bm_node_iv_index(lamps[0].wn->node), 2);
	for (size_t i = 1; i < LAMPS; i++)
		hear_nobody(network, i, true);
	bm_world_run_for(network->world, HOURS(1));
	assert_true(all_at(2, false));
	assert_everybody_is_heard(network);
	network_free(network);
}

static void test_the_end_of_an_update_never_breaks_a_segmented_message(void **state)
{
	(void)state;
	struct network *network = start(5, 0);
	in_test_mode(true);
	bm_world_run_for(network->world, HOURS(1));
	/* Two messages are under way when it is to end, one of them to nobody who would acknowledge it. */
	const struct bm_tx tx = tx_to(0x0012), lost = tx_to(0x0333);
	int sent = 0, ended = -1;
	assert_int_equal(lamp_send_blob(&lamps[0], &lost, 200), BM_OK);
	assert_int_equal(lamp_send_blob(&lamps[0], &tx, 300), BM_OK);
	assert_int_equal(bm_node_iv_update(lamps[0].wn->node, false, network_now(network)), BM_ERR_BUSY);
	for (int i = 0; i < 200; i++) {
		bm_world_run_for(network->world, 100000);
		if (ended < 0 && !bm_node_iv_in_update(lamps[0].wn->node))
			ended = i, sent = lamps[0].sent;
	}
	assert_true(ended > 0);
	assert_int_equal(sent, 2); /* both were over when it ended */
	assert_int_equal(lamps[2].blobs, 1);
	assert_int_equal(lamps[2].blob_len, 297);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_network_follows_the_node_whose_numbers_run_out),
		cmocka_unit_test(test_a_network_follows_although_the_air_loses_30_percent),
		cmocka_unit_test(test_a_network_of_nodes_that_joined_hours_apart_follows),
		cmocka_unit_test(test_a_node_that_stopped_answering_recovers_the_iv_index_when_it_is_back),
		cmocka_unit_test(test_the_end_of_an_update_never_breaks_a_segmented_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
