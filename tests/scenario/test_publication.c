/*
 * Publication over the air: on change, at a period, with retransmissions; and subscription lists shared by extension.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "support/network.h"

#define OP_PUBLICATION_SET 0x03

struct home {
	struct network *network;
	struct lamp lamp, panel;
	uint16_t lamp_addr, panel_addr;
};

static void home_init(struct home *home, uint64_t seed)
{
	home->network = network_new(seed);
	lamp_init(&home->lamp, home->network, NULL);
	lamp_init(&home->panel, home->network, NULL);
	const uint64_t timeout = 60 * (uint64_t)BM_US_PER_S;
	home->lamp_addr = network_provision(home->network, &home->lamp, timeout);
	assert_true(network_configure(home->network, home->lamp_addr));
	home->panel_addr = network_provision(home->network, &home->panel, timeout);
	assert_true(network_configure(home->network, home->panel_addr));
}

/* Config Model Publication Set of the lamp's OnOff server, to the panel. */
static void publish_to_panel(struct home *home, uint8_t period, uint8_t retransmit)
{
	uint8_t params[16];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_put_le16(&w, home->lamp_addr);
	bm_put_le16(&w, home->panel_addr);
	bm_put_le16(&w, NETWORK_APP_IDX);
	bm_put_u8(&w, BM_TTL_DEFAULT);
	bm_put_u8(&w, period);
	bm_put_u8(&w, retransmit);
	bm_put_le16(&w, 0x1000);
	size_t len;
	assert_int_equal(bm_writer_finish(&w, &len), BM_OK);
	assert_true(network_config(home->network, home->lamp_addr, OP_PUBLICATION_SET, params, len));
	assert_int_equal(home->network->answer_params[0], BM_CONFIG_SUCCESS);
}

static int statuses_in(struct home *home, uint64_t duration_us)
{
	const int before = home->panel.statuses;
	bm_world_run_for(home->network->world, duration_us);
	return home->panel.statuses - before;
}

static void test_a_changed_state_is_published(void **state)
{
	(void)state;
	struct home home;
	home_init(&home, 1);
	publish_to_panel(&home, 0, 0);
	assert_int_equal(statuses_in(&home, 5 * BM_US_PER_S), 0);
	bm_onoff_server_set(&home.lamp.server, true, network_now(home.network));
	assert_int_equal(statuses_in(&home, BM_US_PER_S), 1);
	assert_true(home.panel.last_status);
	bm_onoff_server_set(&home.lamp.server, true, network_now(home.network));
	assert_int_equal(statuses_in(&home, BM_US_PER_S), 0);
	network_free(home.network);
}

static void test_a_period_publishes_until_it_is_taken_away(void **state)
{
	(void)state;
	struct home home;
	home_init(&home, 2);
	publish_to_panel(&home, 5, 0); /* 500 ms */
	const int counted = statuses_in(&home, 10 * BM_US_PER_S);
	assert_in_range(counted, 19, 20);
	publish_to_panel(&home, 0x40 | 2, 0); /* 2 s */
	assert_int_equal(statuses_in(&home, 10 * BM_US_PER_S), 5);
	publish_to_panel(&home, 0, 0);
	assert_int_equal(statuses_in(&home, 10 * BM_US_PER_S), 0);
	network_free(home.network);
}

static void test_a_publication_is_retransmitted_as_often_as_it_says(void **state)
{
	(void)state;
	struct home home;
	home_init(&home, 3);
	publish_to_panel(&home, 0, 3 | 1 << 3); /* three more, 100 ms apart */
	bm_onoff_server_set(&home.lamp.server, true, network_now(home.network));
	assert_int_equal(statuses_in(&home, 50 * BM_US_PER_MS), 1);
	assert_int_equal(statuses_in(&home, 100 * BM_US_PER_MS), 1);
	assert_int_equal(statuses_in(&home, BM_US_PER_S), 2);
	/* The next change outdates what still waits. */
	bm_onoff_server_set(&home.lamp.server, false, network_now(home.network));
	assert_int_equal(statuses_in(&home, 150 * BM_US_PER_MS), 2);
	bm_onoff_server_set(&home.lamp.server, true, network_now(home.network));
	assert_int_equal(statuses_in(&home, BM_US_PER_S), 4);
	assert_true(home.panel.last_status);
	network_free(home.network);
}

static void test_a_reset_ends_every_publication(void **state)
{
	(void)state;
	struct home home;
	home_init(&home, 4);
	publish_to_panel(&home, 5, 3);
	assert_int_equal(bm_node_reset(home.lamp.wn->node, network_now(home.network)), BM_OK);
	const uint32_t sent = bm_node_counters(home.lamp.wn->node)->access_tx;
	assert_int_equal(statuses_in(&home, 5 * BM_US_PER_S), 0);
	assert_int_equal(bm_node_counters(home.lamp.wn->node)->access_tx, sent);
	network_free(home.network);
}

static void test_a_model_shares_the_subscriptions_of_the_one_it_extends(void **state)
{
	(void)state;
	struct network *network = network_new(5);
	struct lamp lamp, panel;
	lamp_init(&panel, network, NULL);
	lamp_join(&panel, network, 0x0020);
	/* A second OnOff server would not do on one element; a vendor model that extends the first one's does. */
	lamp_init_extending(&lamp, network);
	lamp_join(&lamp, network, 0x0010);
	assert_int_equal(bm_access_subscribe(lamp.server.model.access, &lamp.server.model, 0xc001, NULL), BM_OK);
	const struct bm_tx tx = tx_to(0xc001);
	assert_int_equal(lamp_send_blob(&panel, &tx, 8), BM_OK);
	bm_world_run_for(network->world, BM_US_PER_S);
	assert_int_equal(lamp.blobs, 1);
	assert_int_equal(bm_access_unsubscribe(lamp.vendor.access, &lamp.vendor, 0xc001, NULL), BM_OK);
	assert_int_equal(lamp_send_blob(&panel, &tx, 8), BM_OK);
	bm_world_run_for(network->world, BM_US_PER_S);
	assert_int_equal(lamp.blobs, 1);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_changed_state_is_published),
		cmocka_unit_test(test_a_period_publishes_until_it_is_taken_away),
		cmocka_unit_test(test_a_publication_is_retransmitted_as_often_as_it_says),
		cmocka_unit_test(test_a_reset_ends_every_publication),
		cmocka_unit_test(test_a_model_shares_the_subscriptions_of_the_one_it_extends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
