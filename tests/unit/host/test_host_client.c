#include "support/host_link.h"

/* The client: answers as a server gives them. */

static void answer_search(void)
{
	EXPECT_ATT(BM_ATT_MTU_REQUEST, 0x05, 0x02);
	ATT(BM_ATT_MTU_RESPONSE, 100, 0);
	EXPECT_ATT(BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x28, 0x18);
	ATT(BM_ATT_FIND_BY_VALUE_RESPONSE, 0x30, 0, 0x40, 0);
	EXPECT_ATT(BM_ATT_READ_BY_TYPE_REQUEST, 0x30, 0, 0x40, 0, 0x03, 0x28);
	ATT(BM_ATT_READ_BY_TYPE_RESPONSE, 7, 0x31, 0, 0x10, 0x32, 0, 0xde, 0x2a);
	EXPECT_ATT(BM_ATT_READ_BY_TYPE_REQUEST, 0x32, 0, 0x40, 0, 0x03, 0x28);
	ATT(BM_ATT_READ_BY_TYPE_RESPONSE, 7, 0x38, 0, 0x04, 0x39, 0, 0xdd, 0x2a);
	EXPECT_ATT(BM_ATT_FIND_INFORMATION_REQUEST, 0x33, 0, 0x40, 0);
	ATT(BM_ATT_FIND_INFORMATION_RESPONSE, 1, 0x33, 0, 0x01, 0x29);
	EXPECT_ATT(BM_ATT_FIND_INFORMATION_REQUEST, 0x34, 0, 0x40, 0);
	ATT(BM_ATT_FIND_INFORMATION_RESPONSE, 1, 0x34, 0, 0x02, 0x29);
	EXPECT_ATT(BM_ATT_WRITE_REQUEST, 0x34, 0, 1, 0);
}

static void test_client_finds_the_service_and_subscribes(void **state)
{
	(void)state;
	answer_search();
	assert_int_equal(c.heard_count, 0);
	ATT(BM_ATT_WRITE_RESPONSE);
	assert_int_equal(last_heard()->event.kind, BM_GATT_CONNECTED);
	assert_int_equal(last_heard()->event.role, BM_GATT_CLIENT);
	assert_int_equal(last_heard()->event.mtu, 100);
	const bm_gatt_conn conn = last_heard()->event.conn;
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, (const uint8_t[]){5}, 1, c.now), BM_OK);
	controller_settle(&c);
	EXPECT_ATT(BM_ATT_WRITE_COMMAND, 0x39, 0, 5);
	ATT(BM_ATT_NOTIFICATION, 0x32, 0, 6, 7);
	assert_int_equal(last_heard()->event.kind, BM_GATT_RECEIVED);
	assert_int_equal(last_heard()->event.len, 2);
	ATT(BM_ATT_NOTIFICATION, 0x39, 0, 6, 7); /* another characteristic's */
	assert_int_equal(heard(BM_GATT_RECEIVED), 1);
}

static void test_client_takes_a_notification_for_the_answer_it_overtook(void **state)
{
	(void)state;
	answer_search();
	ATT(BM_ATT_NOTIFICATION, 0x32, 0, 6);
	assert_int_equal(heard(BM_GATT_CONNECTED), 1);
	assert_int_equal(heard(BM_GATT_RECEIVED), 1);
	ATT(BM_ATT_WRITE_RESPONSE);
	assert_int_equal(heard(BM_GATT_CONNECTED), 1);
}

static void test_client_fails_once_where_the_service_is_missing(void **state)
{
	(void)state;
	EXPECT_ATT(BM_ATT_MTU_REQUEST, 0x05, 0x02);
	ATT(BM_ATT_ERROR, BM_ATT_MTU_REQUEST, 0, 0, BM_ATT_NOT_SUPPORTED);
	EXPECT_ATT(BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x28, 0x18);
	ATT(BM_ATT_ERROR, BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, BM_ATT_NOT_FOUND);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE, 0, 0x16}, 4);
	assert_int_equal(c.heard_count, 1);
}

static void test_client_goes_on_after_an_error_about_what_it_did_not_ask(void **state)
{
	(void)state;
	EXPECT_ATT(BM_ATT_MTU_REQUEST, 0x05, 0x02);
	ATT(BM_ATT_ERROR, BM_ATT_CONFIRMATION, 0, 0, BM_ATT_NOT_SUPPORTED);
	expect_nothing();
	ATT(BM_ATT_MTU_RESPONSE, 100, 0);
	EXPECT_ATT(BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x28, 0x18);
	ATT(BM_ATT_ERROR, BM_ATT_WRITE_COMMAND, 1, 0, BM_ATT_INVALID_HANDLE);
	ATT(BM_ATT_ERROR, BM_ATT_FIND_BY_VALUE_REQUEST, 1);
	assert_int_equal(c.heard_count, 0);
	ATT(BM_ATT_ERROR, BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, BM_ATT_NOT_FOUND);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
}

static void test_client_is_lost_at_every_step_and_says_so_once(void **state)
{
	static const uint8_t answers[][9] = {
		{3, BM_ATT_MTU_RESPONSE, 23, 0},
		{5, BM_ATT_FIND_BY_VALUE_RESPONSE, 0x30, 0, 0x40, 0},
		{8, BM_ATT_READ_BY_TYPE_RESPONSE, 7, 0x31, 0, 0x10, 0x32, 0, 0xde},
		{1, BM_ATT_WRITE_RESPONSE},
	};
	for (size_t steps = 0; steps <= BM_ARRAY_LEN(answers); steps++) {
		setup_client(state);
		for (size_t i = 0; i < steps; i++)
			controller_l2cap(&c, CID_ATT, answers[i] + 1, answers[i][0]);
		if (c.heard_count == 0)
			controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE,
					 (const uint8_t[]){0, CONTROLLER_HANDLE, 0, 8}, 4);
		assert_int_equal(c.heard_count, 1);
		assert_int_equal(last_heard()->event.kind, BM_GATT_CONNECT_FAILED);
	}
}

static void test_client_gives_up_a_server_that_does_not_answer(void **state)
{
	(void)state;
	controller_pass(&c, 11 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, 0, NULL), 1);
}

static void test_connecting_to_nobody_is_cancelled(void **state)
{
	setup(state);
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	controller_pass(&c, 6 * BM_US_PER_S);
	assert_int_equal(controller_count(&c, BM_HCI_LE_CREATE_CONNECTION_CANCEL, 0, NULL), 1);
	controller_connected(&c, false, 2);
	controller_pass(&c, BM_US_PER_MS);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
}

static void test_advertising_that_ends_in_no_connection_fails_none_that_is_made(void **state)
{
	setup(state);
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	controller_settle(&c);
	controller_connected(&c, true, 0x3e);
	controller_connected(&c, false, BM_HCI_ADVERTISING_TIMEOUT); /* the rest of it is zeroes */
	assert_int_equal(c.heard_count, 0);
	controller_connected(&c, false, 0);
	EXPECT_ATT(BM_ATT_MTU_REQUEST, 0x05, 0x02);
}

static void test_a_connection_that_comes_too_late_is_ended(void **state)
{
	setup(state);
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_CONNECT_FAILED), 1);
	controller_connected(&c, false, 0);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, 0, NULL), 1);
	assert_int_equal(c.heard_count, 1);
}

static void test_connecting_pauses_scanning_where_the_controller_cannot_do_both(void **state)
{
	setup(state);
	const struct bm_gatt_peer peer = {.addr = {0xc1}, .random = true};
	c.fails = BM_HCI_LE_CREATE_CONNECTION;
	c.fail_status = BM_HCI_COMMAND_DISALLOWED;
	assert_int_equal(bearer().ops->gatt_connect(bearer().self, &peer, BM_GATT_PROXY, c.now), BM_OK);
	bm_host_run(&c.host, c.now);
	controller_event(&c, BM_HCI_COMMAND_STATUS, (const uint8_t[]){BM_HCI_COMMAND_DISALLOWED, 1, 0x0d, 0x20}, 4);
	c.answered++;
	c.fails = 0;
	controller_settle(&c);
	assert_false(c.host.scanning);
	assert_int_equal(c.host.connect.step, BM_HOST_CONNECT_RUNNING);
	controller_connected(&c, false, 0);
	controller_settle(&c);
	assert_true(c.host.scanning);
}

int main(void)
{
#define CLIENT(test) cmocka_unit_test_setup(test, setup_client)
	const struct CMUnitTest tests[] = {
		CLIENT(test_client_finds_the_service_and_subscribes),
		CLIENT(test_client_takes_a_notification_for_the_answer_it_overtook),
		CLIENT(test_client_fails_once_where_the_service_is_missing),
		CLIENT(test_client_goes_on_after_an_error_about_what_it_did_not_ask),
		cmocka_unit_test(test_client_is_lost_at_every_step_and_says_so_once),
		CLIENT(test_client_gives_up_a_server_that_does_not_answer),
		cmocka_unit_test(test_connecting_to_nobody_is_cancelled),
		cmocka_unit_test(test_advertising_that_ends_in_no_connection_fails_none_that_is_made),
		cmocka_unit_test(test_a_connection_that_comes_too_late_is_ended),
		cmocka_unit_test(test_connecting_pauses_scanning_where_the_controller_cannot_do_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
