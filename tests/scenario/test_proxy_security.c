/*
 * Hostile peers of the GATT bearer: lengths, half-open links, floods, replays. The peer here is the test, which writes
 * what it likes; it holds the keys where it says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/proxy_target.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

/* A lamp still is switched over the air: the service goes on. */
static void serves_on(struct target *t)
{
	struct lamp remote;
	lamp_init(&remote, t->network, NULL);
	lamp_join(&remote, t->network, 0x0200);
	const struct bm_tx tx = tx_to(0x0101);
	assert_int_equal(bm_onoff_client_set(&remote.client, &tx, true, true, 0xff, 0, network_now(t->network)), BM_OK);
	bm_world_run_for(t->network->world, SECONDS(2));
	assert_true(t->lamp.server.present);
	network_free(t->network);
}

static void test_solicitation_lengths_0_to_255(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	assert_int_equal(bm_proxy_set_gatt_proxy(&t.node->proxy, false), BM_OK);
	assert_int_equal(bm_proxy_set_on_demand(&t.node->proxy, 10), BM_OK);
	for (size_t len = 0; len < 256; len++) {
		uint8_t *octets = calloc(1, len ? len : 1);
		if (len >= 2) {
			octets[0] = 0x59;
			octets[1] = 0x18;
		}
		if (len > 3)
			octets[3] = t.keys.flooding.nid;
		bm_node_receive(t.node, BM_AD_SERVICE_DATA, octets, len, -40, network_now(t.network));
		free(octets);
	}
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_false(t.node->proxy.subnets[0].advertising);
	serves_on(&t);
}

static void test_proxy_network_pdu_above_29_octets_and_every_other_length_of_every_type(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	for (uint8_t type = 0; type < 6; type++) {
		for (size_t len = 0; len <= 255; len++) {
			const uint32_t heard = bm_node_counters(t.node)->net_rx;
			uint8_t *octets = malloc(1 + len);
			memset(octets, t.keys.flooding.nid, 1 + len);
			octets[0] = type;
			open_link(&t, 7);
			const int before = t.disconnected;
			write_octets(&t, 7, octets, 1 + len);
			/* Too long for any message: the link ends. */
			assert_int_equal(t.disconnected - before, len > 66 && type <= 3);
			tell(&t, (struct bm_gatt_event){.kind = BM_GATT_DISCONNECTED, .conn = 7});
			assert_int_equal(bm_node_counters(t.node)->net_rx, heard);
			free(octets);
		}
	}
	serves_on(&t);
}

static void test_proxy_reassembly_ends_after_20_seconds(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	open_link(&t, 1);
	open_link(&t, 2);
	write_octets(&t, 1, (uint8_t[]){0x40, 1, 2, 3}, 4);
	bm_world_run_for(t.network->world, SECONDS(19));
	write_octets(&t, 1, (uint8_t[]){0x80, 4}, 2);
	assert_int_equal(t.disconnected, 0);
	bm_world_run_for(t.network->world, SECONDS(2));
	assert_int_equal(t.disconnected, 1);
	assert_int_equal(t.last_disconnected, 1);
	/* The other client stays. */
	write_config(&t, 2, (uint8_t[]){0, 1}, 2);
	assert_int_equal(t.disconnected, 1);
	assert_int_equal(t.node->proxy.table[1].filter.type, BM_PROXY_REJECT_LIST);
	serves_on(&t);
}

static void test_resource_exhaustion_by_half_open_links(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	/* Clients that never subscribe hold the links; one more is turned away, whoever they are. */
	for (bm_gatt_conn conn = 1; conn <= TARGET_LINKS; conn++)
		tell(&t, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = conn, .role = BM_GATT_SERVER});
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_false(t.advertises);
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = 9, .role = BM_GATT_SERVER});
	assert_int_equal(t.disconnected, 1);
	assert_int_equal(t.last_disconnected, 9);
	/* What they write before they subscribed is counted and dropped. */
	write_config(&t, 1, (uint8_t[]){0, 1}, 2);
	assert_int_equal(t.node->proxy.table[0].filter.type, BM_PROXY_ACCEPT_LIST);
	/* After a minute their places are free. */
	bm_world_run_for(t.network->world, SECONDS(61));
	assert_int_equal(t.disconnected, 1 + TARGET_LINKS);
	assert_true(t.advertises);
	open_link(&t, 10);
	assert_int_equal(t.disconnected, 1 + TARGET_LINKS);
	serves_on(&t);
}

static void test_a_proxy_advertises_again_after_clients_that_came_for_nothing(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	assert_true(t.advertises);
	/* All places are taken, and one client goes without a word. */
	open_link(&t, 1);
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = 2, .role = BM_GATT_SERVER});
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_false(t.advertises);
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_DISCONNECTED, .conn = 2});
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_true(t.advertises);
	/* One that unsubscribes holds its place until it goes. */
	open_link(&t, 3);
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_SUBSCRIBED, .conn = 3, .on = false});
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_false(t.advertises);
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_DISCONNECTED, .conn = 3});
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_true(t.advertises);
	/* One is turned away as its handle is known already: the set ended all the same. */
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = 1, .role = BM_GATT_SERVER});
	assert_int_equal(t.disconnected, 1);
	bm_world_run_for(t.network->world, SECONDS(1));
	assert_true(t.advertises);
	serves_on(&t);
}

static void test_resource_exhaustion_by_filters(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	open_link(&t, 1);
	for (uint8_t i = 0; i < 100; i++)
		write_config(&t, 1, (uint8_t[]){1, 0xc0, i, 0xc1, i, 0xc2, i, 0xc3, i, 0xc4, i}, 11);
	assert_int_equal(t.node->proxy.table[0].filter.count, 4);
	assert_int_equal(t.disconnected, 0);
	serves_on(&t);
}

static void test_a_replayed_configuration_message_changes_nothing(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	open_link(&t, 1);
	write_config(&t, 1, (uint8_t[]){0, 1}, 2);
	assert_int_equal(t.node->proxy.table[0].filter.type, BM_PROXY_REJECT_LIST);
	t.seq++;
	write_config(&t, 1, (uint8_t[]){0, 0}, 2);
	assert_int_equal(t.node->proxy.table[0].filter.type, BM_PROXY_ACCEPT_LIST);
	t.seq = 0; /* the first one again */
	const int sent = t.sent;
	write_config(&t, 1, (uint8_t[]){0, 1}, 2);
	assert_int_equal(t.node->proxy.table[0].filter.type, BM_PROXY_ACCEPT_LIST);
	assert_int_equal(t.sent, sent);
	assert_int_equal(bm_node_counters(t.node)->drop[BM_DROP_REPLAY], 1);
	serves_on(&t);
}

static void test_a_host_without_room_gets_the_rest_when_it_is_ready(void **state)
{
	(void)state;
	struct target t;
	make(&t);
	t.busy = true;
	open_link(&t, 1);
	assert_int_equal(t.sent, 0);
	t.busy = false;
	tell(&t, (struct bm_gatt_event){.kind = BM_GATT_READY, .conn = 1});
	/* The subnet's Secure Network beacon, 22 octets in two segments. */
	assert_int_equal(t.sent, 2);
	assert_int_equal(t.last[0], 0xc1);
	serves_on(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solicitation_lengths_0_to_255),
		cmocka_unit_test(test_proxy_network_pdu_above_29_octets_and_every_other_length_of_every_type),
		cmocka_unit_test(test_proxy_reassembly_ends_after_20_seconds),
		cmocka_unit_test(test_resource_exhaustion_by_half_open_links),
		cmocka_unit_test(test_a_proxy_advertises_again_after_clients_that_came_for_nothing),
		cmocka_unit_test(test_resource_exhaustion_by_filters),
		cmocka_unit_test(test_a_replayed_configuration_message_changes_nothing),
		cmocka_unit_test(test_a_host_without_room_gets_the_rest_when_it_is_ready),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
