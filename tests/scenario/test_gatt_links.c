/*
 * What a GATT link is for where the air fails: a client leaves a server that stays mute for one that answers, and a low
 * power node hears over its link what its friend keeps for it too.
 */
#include "blemesh/proxy.h"
#include "support/friends.h"

#define NET_IDX 0x000
#define PHONE_ADDR 0x0300

static struct network *network;
static int opened, closed, ready;

static void on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	opened += event->kind == BM_EVENT_PROXY_OPEN;
	closed += event->kind == BM_EVENT_PROXY_CLOSED;
	ready += event->kind == BM_EVENT_PROXY_READY;
}

/* Connections come and stand, and what is said there falls on deaf ears. */
static bool deaf(struct bm_world_node *wn, const struct bm_gatt_event *event)
{
	(void)wn;
	return event->kind != BM_GATT_RECEIVED;
}

static struct bm_node_config proxy_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_PROXY;
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 8;
	return config;
}

static void make_phone(struct lamp *phone, struct bm_node_config config)
{
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 1;
	opened = closed = ready = 0;
	lamp_init(phone, network, &config);
	phone->wn->on_event = on_event;
	lamp_join(phone, network, PHONE_ADDR);
	assert_int_equal(bm_node_proxy_client_start(phone->wn->node, NET_IDX, BM_ADDR_UNASSIGNED, network_now(network)),
			 BM_OK);
}

static void run(uint64_t us)
{
	bm_world_run_for(network->world, us);
}

static void test_a_mute_server_is_left_for_one_that_answers(void **state)
{
	(void)state;
	const struct bm_node_config config = proxy_config();
	struct lamp mute, other, phone;
	network = network_new(3);
	lamp_init(&mute, network, &config);
	mute.wn->on_gatt = deaf;
	lamp_join(&mute, network, 0x0100);
	make_phone(&phone, bm_world_config());
	run(5 * SECOND);
	assert_int_equal(opened, 1);
	lamp_init(&other, network, &config);
	lamp_join(&other, network, 0x0110);
	run(10 * SECOND);
	assert_int_equal(closed, 0);
	run(10 * SECOND);
	assert_int_equal(closed, 1);
	assert_int_equal(ready, 1);
	assert_int_equal(opened, 2);
	/* It stays there. */
	run(300 * SECOND);
	assert_int_equal(opened, 2);
	network_free(network);
}

static void test_a_mute_server_that_is_the_only_one_is_tried_again_after_a_minute(void **state)
{
	(void)state;
	const struct bm_node_config config = proxy_config();
	struct lamp mute, phone;
	network = network_new(4);
	lamp_init(&mute, network, &config);
	mute.wn->on_gatt = deaf;
	lamp_join(&mute, network, 0x0100);
	make_phone(&phone, bm_world_config());
	run(70 * SECOND);
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 1);
	/* By now it answers. */
	mute.wn->on_gatt = NULL;
	run(30 * SECOND);
	assert_int_equal(opened, 2);
	assert_int_equal(ready, 1);
	run(300 * SECOND);
	assert_int_equal(closed, 1);
	network_free(network);
}

/* MshPRT 3.6.6: that it sleeps is about its radio's windows, not about a connection. */
static void test_a_low_power_node_hears_its_gatt_link_while_it_has_a_friend(void **state)
{
	(void)state;
	const struct bm_node_config proxy_c = proxy_config(), friend_c = friend_config();
	struct lamp proxy, friend, phone;
	network = network_new(5);
	lamp_init(&proxy, network, &proxy_c);
	lamp_init(&friend, network, &friend_c);
	lamp_join(&proxy, network, 0x0100);
	lamp_join(&friend, network, 0x0110);
	struct bm_node_config config = lpn_config();
	config.lpn.poll_timeout_ms = 60000;
	make_phone(&phone, config);
	assert_true(bm_world_run_until(network->world, has_friend, &phone, 20 * SECOND));
	run(2 * SECOND);
	assert_int_equal(ready, 1);
	/* Long before its next poll. */
	assert_int_equal(switch_lamp(&proxy, PHONE_ADDR, true), BM_OK);
	run(SECOND / 4);
	assert_true(phone.server.present);
	assert_int_equal(phone.changes, 1);
	/* What the friend kept of it is no second message. */
	run(120 * SECOND);
	assert_int_equal(phone.changes, 1);
	assert_true(has_friend(&phone));
	/* A segmented one that the friend never hears is acknowledged by itself. */
	const struct bm_tx near = {.dst = PHONE_ADDR, .app_idx = NETWORK_APP_IDX, .ttl = 0};
	bm_medium_set_link(bm_world_medium(network->world), proxy.wn->station, friend.wn->station, false);
	assert_int_equal(lamp_send_blob(&proxy, &near, 60), BM_OK);
	run(2 * SECOND);
	assert_int_equal(phone.blobs, 1);
	assert_int_equal(proxy.sent, 1);
	assert_int_equal(proxy.sent_result, BM_OK);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mute_server_is_left_for_one_that_answers),
		cmocka_unit_test(test_a_mute_server_that_is_the_only_one_is_tried_again_after_a_minute),
		cmocka_unit_test(test_a_low_power_node_hears_its_gatt_link_while_it_has_a_friend),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
