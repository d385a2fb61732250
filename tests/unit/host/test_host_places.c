/*
 * The places for links: who gets one, who has to leave it, and that none is lost for ever.
 */
#include "support/controller.h"

#include "host/att.h"
#include "host/host_parts.h"

#define CID_ATT 4
#define DATA_IN 18 /* of the proxy service */
#define CCCD 21

static struct controller c;
static size_t from;

static unsigned heard(enum bm_gatt_event_kind kind)
{
	unsigned count = 0;
	for (size_t i = 0; i < c.heard_count; i++)
		count += c.heard[i].event.kind == kind;
	return count;
}

static void write_to(uint16_t handle, uint8_t opcode, uint8_t attribute, uint8_t value)
{
	const uint8_t pdu[] = {opcode, attribute, 0, value, 0};
	c.handle = handle;
	controller_l2cap(&c, CID_ATT, pdu, sizeof pdu);
	controller_completed(&c, 1);
}

static void connect_to_proxy(uint16_t handle)
{
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	const struct bm_gatt_adv adv = {
		.service = BM_GATT_PROXY, .data = (const uint8_t[]){0}, .len = 1, .interval_us = 100000};
	assert_int_equal(bearer.ops->gatt_advertise(bearer.self, &adv, c.now), BM_OK);
	controller_pass(&c, 50 * BM_US_PER_MS);
	c.handle = handle;
	controller_connected(&c, true, 0);
	write_to(handle, BM_ATT_WRITE_REQUEST, CCCD, 1);
}

/* All places are taken by subscribed clients, each a second after the one before. */
static int fill(void **state)
{
	(void)state;
	controller_init(&c);
	controller_open(&c);
	for (unsigned i = 0; i < BM_HOST_LINKS; i++) {
		connect_to_proxy((uint16_t)(CONTROLLER_HANDLE + i));
		controller_pass(&c, BM_US_PER_S);
	}
	assert_int_equal(heard(BM_GATT_SUBSCRIBED), BM_HOST_LINKS);
	from = c.sent_count;
	return 0;
}

static uint8_t disconnected_handle(void)
{
	const struct sent *last = NULL;
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, from, &last), 1);
	return last->octets[0];
}

static void test_a_connection_without_a_place_is_ended_and_counted(void **state)
{
	(void)state;
	c.handle = 0x77;
	controller_connected(&c, true, 0);
	assert_int_equal(disconnected_handle(), 0x77);
	assert_int_equal(c.host.stats.surplus, 1);
	assert_int_equal(heard(BM_GATT_CONNECTED), BM_HOST_LINKS);
	assert_int_equal(c.losses, 0);
}

static void test_when_all_places_are_taken_the_most_silent_client_gives_way(void **state)
{
	(void)state;
	/* The first to come says something now and then. */
	for (unsigned i = 0; i < 5; i++) {
		write_to(CONTROLLER_HANDLE, BM_ATT_WRITE_COMMAND, DATA_IN, 7);
		controller_pass(&c, 10 * BM_US_PER_S);
	}
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 0);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(disconnected_handle(), CONTROLLER_HANDLE + 1);
	/* One place is enough: the others stay, however silent they are. */
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE + 1, 0, 0x16}, 4);
	controller_pass(&c, 500 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 1);
}

static void test_a_controller_that_does_not_end_a_connection_is_begun_with_anew(void **state)
{
	(void)state;
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	bearer.ops->gatt_disconnect(bearer.self, c.heard[0].event.conn, c.now);
	controller_pass(&c, 34 * BM_US_PER_S);
	assert_int_equal(disconnected_handle(), CONTROLLER_HANDLE);
	assert_int_equal(c.losses, 0);
	controller_pass(&c, 2 * BM_US_PER_S);
	assert_int_equal(c.losses, 1);
}

static void test_while_a_command_is_awaited_nobody_runs_in_circles(void **state)
{
	(void)state;
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	c.silent = BM_HCI_LE_CREATE_CONNECTION;
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE + 1, 0, 0x16}, 4);
	assert_int_equal(bearer.ops->gatt_connect(bearer.self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	controller_settle(&c);
	c.handle = CONTROLLER_HANDLE;
	const uint8_t flood[30] = {BM_ATT_WRITE_COMMAND, DATA_IN};
	controller_l2cap(&c, CID_ATT, flood, sizeof flood); /* longer than agreed on */
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 2);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, from, NULL), 0);
	assert_true(bm_host_deadline(&c.host) > c.now);
}

static void test_a_disconnection_refused_for_now_frees_no_place(void **state)
{
	(void)state;
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	c.fails = BM_HCI_DISCONNECT;
	c.fail_status = BM_HCI_COMMAND_DISALLOWED;
	bearer.ops->gatt_disconnect(bearer.self, c.heard[0].event.conn, c.now);
	controller_settle(&c);
	assert_non_null(bm_host_link_find(&c.host, CONTROLLER_HANDLE));
	c.fail_status = BM_HCI_UNKNOWN_CONNECTION;
	bearer.ops->gatt_disconnect(bearer.self, c.heard[2].event.conn, c.now);
	controller_settle(&c);
	assert_null(bm_host_link_find(&c.host, CONTROLLER_HANDLE + 1));
}

static void test_an_event_cut_short_is_about_no_connection(void **state)
{
	(void)state;
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE + 1, 0, 0x16}, 4);
	connect_to_proxy(0);
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0}, 1);
	assert_non_null(bm_host_link_find(&c.host, 0));
	assert_int_equal(c.host.stats.malformed, 1);
}

static void test_a_cancelled_connection_whose_end_is_not_told_is_over_in_time(void **state)
{
	(void)state;
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE + 1, 0, 0x16}, 4);
	assert_int_equal(bearer.ops->gatt_connect(bearer.self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	controller_pass(&c, 5 * BM_US_PER_S + BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_LE_CREATE_CONNECTION_CANCEL, from, NULL), 1);
	const bm_time at = bm_host_deadline(&c.host);
	assert_true(at <= c.now + 2 * BM_US_PER_S);
	controller_pass(&c, 2 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_connection_without_a_place_is_ended_and_counted, fill),
		cmocka_unit_test_setup(test_when_all_places_are_taken_the_most_silent_client_gives_way, fill),
		cmocka_unit_test_setup(test_a_controller_that_does_not_end_a_connection_is_begun_with_anew, fill),
		cmocka_unit_test_setup(test_while_a_command_is_awaited_nobody_runs_in_circles, fill),
		cmocka_unit_test_setup(test_a_disconnection_refused_for_now_frees_no_place, fill),
		cmocka_unit_test_setup(test_an_event_cut_short_is_about_no_connection, fill),
		cmocka_unit_test_setup(test_a_cancelled_connection_whose_end_is_not_told_is_over_in_time, fill),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
