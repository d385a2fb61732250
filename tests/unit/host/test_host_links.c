#include "support/host_link.h"

static void subscribe(void)
{
	ATT(BM_ATT_WRITE_REQUEST, CCCD, 0, 1, 0);
	EXPECT_ATT(BM_ATT_WRITE_RESPONSE);
}

static void exchange_mtu(void)
{
	ATT(BM_ATT_MTU_REQUEST, 0x05, 0x02);
	EXPECT_ATT(BM_ATT_MTU_RESPONSE, 0x05, 0x02);
}

static void test_server_tells_its_node_of_the_client_and_stops_advertising(void **state)
{
	(void)state;
	assert_int_equal(last_heard()->event.kind, BM_GATT_CONNECTED);
	assert_int_equal(last_heard()->event.role, BM_GATT_SERVER);
	assert_int_equal(last_heard()->event.service, BM_GATT_PROXY);
	assert_int_equal(last_heard()->event.mtu, 23);
	controller_pass(&c, BM_US_PER_S);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_ENABLE, from, NULL), 0);
}

static void test_server_is_found_as_a_phone_looks_for_it(void **state)
{
	(void)state;
	ATT(BM_ATT_READ_BY_GROUP_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28);
	EXPECT_ATT(BM_ATT_READ_BY_GROUP_RESPONSE, 6, 1, 0, 5, 0, 0x00, 0x18, 6, 0, 9, 0, 0x01, 0x18, 16, 0, 21, 0, 0x28,
		   0x18);
	ATT(BM_ATT_READ_BY_GROUP_REQUEST, 22, 0, 0xff, 0xff, 0x00, 0x28);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_BY_GROUP_REQUEST, 22, 0, BM_ATT_NOT_FOUND);
	/* Secondary services are a group too, of which there is none; characteristics are not. */
	ATT(BM_ATT_READ_BY_GROUP_REQUEST, 1, 0, 0xff, 0xff, 0x01, 0x28);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_BY_GROUP_REQUEST, 1, 0, BM_ATT_NOT_FOUND);
	ATT(BM_ATT_READ_BY_GROUP_REQUEST, 1, 0, 0xff, 0xff, 0x03, 0x28);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_BY_GROUP_REQUEST, 1, 0, BM_ATT_UNSUPPORTED_GROUP);
	ATT(BM_ATT_READ_BY_TYPE_REQUEST, 16, 0, 21, 0, 0x03, 0x28);
	EXPECT_ATT(BM_ATT_READ_BY_TYPE_RESPONSE, 7, 17, 0, 0x04, 18, 0, 0xdd, 0x2a, 19, 0, 0x10, 20, 0, 0xde, 0x2a);
	/* The same type in its long form, and one that has no short form. */
	ATT(BM_ATT_READ_BY_TYPE_REQUEST, 16, 0, 21, 0, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00,
	    0x00, 0x03, 0x28, 0x00, 0x00);
	EXPECT_ATT(BM_ATT_READ_BY_TYPE_RESPONSE, 7, 17, 0, 0x04, 18, 0, 0xdd, 0x2a, 19, 0, 0x10, 20, 0, 0xde, 0x2a);
	ATT(BM_ATT_READ_BY_TYPE_REQUEST, 16, 0, 21, 0, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00,
	    0x00, 0x03, 0x28, 0x00, 0x01);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_BY_TYPE_REQUEST, 16, 0, BM_ATT_NOT_FOUND);
	ATT(BM_ATT_FIND_INFORMATION_REQUEST, 21, 0, 21, 0);
	EXPECT_ATT(BM_ATT_FIND_INFORMATION_RESPONSE, 1, 21, 0, 0x02, 0x29);
	ATT(BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x28, 0x18);
	EXPECT_ATT(BM_ATT_FIND_BY_VALUE_RESPONSE, 16, 0, 21, 0);
	/* The other mesh service is not there. */
	ATT(BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x28, 0x27, 0x18);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_FIND_BY_VALUE_REQUEST, 1, 0, BM_ATT_NOT_FOUND);
	ATT(BM_ATT_READ_REQUEST, 3, 0);
	EXPECT_ATT(BM_ATT_READ_RESPONSE, 'b', 'l', 'e', 'm', 'e', 's', 'h');
	ATT(BM_ATT_READ_BLOB_REQUEST, 3, 0, 3, 0);
	EXPECT_ATT(BM_ATT_READ_BLOB_RESPONSE, 'm', 'e', 's', 'h');
}

static void test_the_device_name_is_the_one_advertised_whatever_its_length(void **state)
{
	static const char *const names[] = {"lamp 7", "nineteen octets, so", "a name of more octets than fit"};
	for (size_t i = 0; i < BM_ARRAY_LEN(names); i++) {
		uint8_t answer[64] = {BM_ATT_READ_RESPONSE};
		const size_t len = strlen(names[i]) < BM_GATT_NAME_MAX ? strlen(names[i]) : BM_GATT_NAME_MAX;
		setup(state);
		advertise_as(BM_GATT_PROXY, names[i]);
		controller_connected(&c, true, 0);
		from = c.sent_count;
		/* ATT_MTU is 23 at first. */
		memcpy(answer + 1, names[i], len);
		ATT(BM_ATT_READ_REQUEST, 3, 0);
		expect(CID_ATT, answer, 1 + (len < 22 ? len : 22));
		answer[0] = BM_ATT_READ_BLOB_RESPONSE;
		memcpy(answer + 1, names[i] + 5, len - 5);
		ATT(BM_ATT_READ_BLOB_REQUEST, 3, 0, 5, 0);
		expect(CID_ATT, answer, 1 + (len - 5 < 22 ? len - 5 : 22));
		const uint8_t taken = (uint8_t)(len < 19 ? len : 19);
		memcpy(answer, (const uint8_t[]){BM_ATT_READ_BY_TYPE_RESPONSE, (uint8_t)(2 + taken), 3, 0}, 4);
		memcpy(answer + 4, names[i], taken);
		ATT(BM_ATT_READ_BY_TYPE_REQUEST, 1, 0, 0xff, 0xff, 0x00, 0x2a);
		expect(CID_ATT, answer, 4u + taken);
		/* Another service's is none of it. */
		advertise_as(BM_GATT_PROVISIONING, "other");
		ATT(BM_ATT_READ_BLOB_REQUEST, 3, 0, 4, 0);
		answer[0] = BM_ATT_READ_BLOB_RESPONSE;
		memcpy(answer + 1, names[i] + 4, len - 4);
		expect(CID_ATT, answer, 1 + (len - 4 < 22 ? len - 4 : 22));
	}
}

static void test_server_hands_over_writes_and_notifies_subscribers_alone(void **state)
{
	(void)state;
	const bm_gatt_conn conn = last_heard()->event.conn;
	const uint8_t octets[] = {1, 2, 3};
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, 3, c.now), BM_ERR_STATE);
	subscribe();
	assert_int_equal(last_heard()->event.kind, BM_GATT_SUBSCRIBED);
	assert_true(last_heard()->event.on);
	ATT(BM_ATT_WRITE_COMMAND, DATA_IN, 0, 7, 8, 9);
	assert_int_equal(last_heard()->event.kind, BM_GATT_RECEIVED);
	assert_int_equal(last_heard()->event.len, 3);
	assert_memory_equal(last_heard()->octets, ((const uint8_t[]){7, 8, 9}), 3);
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, 3, c.now), BM_OK);
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, 21, c.now), BM_ERR_INVALID);
	assert_int_equal(bearer().ops->gatt_send(bearer().self, (bm_gatt_conn)(conn + 1), octets, 3, c.now),
			 BM_ERR_NOT_FOUND);
	controller_settle(&c);
	EXPECT_ATT(BM_ATT_NOTIFICATION, DATA_OUT, 0, 1, 2, 3);
}

static void test_server_refuses_wrong_handles_and_what_is_not_permitted(void **state)
{
	(void)state;
	ATT(BM_ATT_WRITE_REQUEST, DATA_IN, 0, 1);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_WRITE_REQUEST, DATA_IN, 0, BM_ATT_WRITE_NOT_PERMITTED);
	ATT(BM_ATT_WRITE_REQUEST, 15, 0, 1, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_WRITE_REQUEST, 15, 0, BM_ATT_INVALID_HANDLE);
	ATT(BM_ATT_WRITE_REQUEST, CCCD, 0, 2, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_WRITE_REQUEST, CCCD, 0, BM_ATT_CCCD_IMPROPER);
	ATT(BM_ATT_WRITE_REQUEST, CCCD, 0, 1);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_WRITE_REQUEST, CCCD, 0, BM_ATT_INVALID_LENGTH);
	ATT(BM_ATT_READ_REQUEST, DATA_OUT, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_REQUEST, DATA_OUT, 0, BM_ATT_READ_NOT_PERMITTED);
	ATT(BM_ATT_READ_REQUEST, 0, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_READ_REQUEST, 0, 0, BM_ATT_INVALID_HANDLE);
	ATT(BM_ATT_FIND_INFORMATION_REQUEST, 5, 0, 4, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_FIND_INFORMATION_REQUEST, 5, 0, BM_ATT_INVALID_HANDLE);
	ATT(BM_ATT_FIND_INFORMATION_REQUEST, 1, 0, 4, 0, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_FIND_INFORMATION_REQUEST, 1, 0, BM_ATT_INVALID_PDU);
	ATT(0x16, 1, 0, 0, 0, 1); /* a prepared write */
	EXPECT_ATT(BM_ATT_ERROR, 0x16, 0, 0, BM_ATT_NOT_SUPPORTED);
	/* Commands to wrong handles are not answered, nor is an empty write handed over. */
	ATT(BM_ATT_WRITE_COMMAND, DATA_OUT, 0, 1);
	ATT(BM_ATT_WRITE_COMMAND, 12, 0, 1);
	ATT(BM_ATT_WRITE_COMMAND, DATA_IN, 0);
	expect_nothing();
	assert_int_equal(heard(BM_GATT_RECEIVED), 0);
}

static void test_a_pdu_longer_than_agreed_on_ends_the_link(void **state)
{
	(void)state;
	uint8_t pdu[24] = {BM_ATT_WRITE_COMMAND, DATA_IN};
	controller_l2cap(&c, CID_ATT, pdu, sizeof pdu);
	assert_int_equal(last_heard()->event.kind, BM_GATT_DISCONNECTED);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, from, NULL), 1);
}

static void test_the_mtu_grows_as_agreed_and_long_writes_arrive_in_fragments(void **state)
{
	(void)state;
	uint8_t frame[4 + 517];
	exchange_mtu();
	assert_int_equal(last_heard()->event.kind, BM_GATT_MTU);
	assert_int_equal(last_heard()->event.mtu, 517);
	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)i;
	memcpy(frame, (const uint8_t[]){0x05, 0x02, CID_ATT, 0, BM_ATT_WRITE_COMMAND, DATA_IN, 0}, 7);
	for (size_t at = 0; at < sizeof frame; at += 27)
		controller_acl(&c, at ? 1 : 2, frame + at, sizeof frame - at < 27 ? sizeof frame - at : 27);
	assert_int_equal(last_heard()->event.kind, BM_GATT_RECEIVED);
	assert_int_equal(last_heard()->event.len, 514);
	assert_memory_equal(last_heard()->octets, frame + 7, 514);
}

static void test_fragments_that_do_not_add_up_are_discarded(void **state)
{
	(void)state;
	const uint8_t begin[] = {6, 0, CID_ATT, 0, BM_ATT_WRITE_COMMAND, DATA_IN};
	const uint8_t more[] = {0, 1, 2, 3, 4, 5, 6};
	controller_acl(&c, 1, more, sizeof more);   /* goes on from nothing */
	controller_acl(&c, 2, begin, sizeof begin); /* has no end: another begins */
	controller_acl(&c, 2, begin, sizeof begin);
	controller_acl(&c, 1, more, sizeof more); /* more than the length says */
	assert_int_equal(heard(BM_GATT_RECEIVED), 0);
	controller_acl(&c, 2, begin, sizeof begin);
	controller_acl(&c, 1, more, 4);
	assert_int_equal(heard(BM_GATT_RECEIVED), 1);
	assert_int_equal(c.host.stats.malformed, 3);
}

static void test_no_more_is_sent_than_the_controller_has_buffers_for(void **state)
{
	(void)state;
	uint8_t octets[200] = {0}, frame[600];
	exchange_mtu();
	subscribe();
	controller_completed(&c, 9);
	from = c.sent_count;
	const bm_gatt_conn conn = last_heard()->event.conn;
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, sizeof octets, c.now), BM_OK);
	controller_settle(&c);
	assert_int_equal(c.sent_count - from, 3);
	controller_completed(&c, 2);
	assert_int_equal(c.sent_count - from, 5);
	/* What a controller makes up gives no more room. */
	controller_completed(&c, 60000);
	assert_int_equal(c.sent_count - from, 8);
	assert_int_equal(controller_data(&c, &from, frame), 4 + 3 + 200);
}

static void test_a_full_queue_says_busy_and_then_ready(void **state)
{
	(void)state;
	uint8_t octets[500] = {0}, frame[600];
	enum bm_err err = BM_OK;
	exchange_mtu();
	subscribe();
	const bm_gatt_conn conn = last_heard()->event.conn;
	unsigned queued = 0;
	while ((err = bearer().ops->gatt_send(bearer().self, conn, octets, sizeof octets, c.now)) == BM_OK)
		queued++;
	assert_int_equal(err, BM_ERR_BUSY);
	assert_true(queued >= 4);
	assert_int_equal(heard(BM_GATT_READY), 0);
	controller_settle(&c);
	for (unsigned i = 0; i < queued; i++)
		assert_int_equal(controller_data(&c, &from, frame), 4 + 3 + 500);
	assert_int_equal(heard(BM_GATT_READY), 1);
}

static void test_a_flood_of_requests_by_who_takes_no_answer_ends_the_link(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 600 && heard(BM_GATT_DISCONNECTED) == 0; i++)
		ATT(BM_ATT_READ_REQUEST, 3, 0);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 1);
	assert_int_equal(c.host.stats.hostile, 1);
}

static void test_a_client_without_room_for_an_answer_ends_and_nothing_of_it_is_told_after(void **state)
{
	(void)state;
	ATT(BM_ATT_WRITE_REQUEST, CCCD, 0, 1, 0);
	while (bm_host_queue_room(&c.host.links[0]) >= 14)
		ATT(BM_ATT_READ_REQUEST, 3, 0);
	for (unsigned i = 0; i < 4 && heard(BM_GATT_DISCONNECTED) == 0; i++)
		ATT(BM_ATT_WRITE_REQUEST, CCCD, 0, i % 2, 0);
	assert_int_equal(last_heard()->event.kind, BM_GATT_DISCONNECTED);
	/* Though the controller still has some of its answers. */
	controller_pass(&c, BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, from, NULL), 1);
}

static void test_a_client_that_never_subscribes_loses_its_place(void **state)
{
	(void)state;
	controller_pass(&c, 59 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 0);
	controller_pass(&c, 2 * BM_US_PER_S);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 1);
}

static void test_a_client_of_an_unknown_set_finds_no_mesh_service_and_loses_its_place(void **state)
{
	(void)state;
	controller_init(&c);
	c.extended = true;
	controller_open(&c);
	advertise(BM_GATT_PROVISIONING);
	const struct bm_gatt_adv other = {
		.set = 1, .service = BM_GATT_PROXY, .data = (const uint8_t[]){0}, .len = 1, .interval_us = 100000};
	assert_int_equal(bearer().ops->gatt_advertise(bearer().self, &other, c.now), BM_OK);
	controller_pass(&c, 50 * BM_US_PER_MS);
	controller_connected(&c, true, 0);
	from = c.sent_count;
	ATT(BM_ATT_WRITE_REQUEST, 15, 0, 1, 0);
	EXPECT_ATT(BM_ATT_ERROR, BM_ATT_WRITE_REQUEST, 15, 0, BM_ATT_INVALID_HANDLE);
	controller_pass(&c, 61 * BM_US_PER_S);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, 0, NULL), 1);
	assert_int_equal(c.heard_count, 0);
}

static void test_what_was_sent_goes_out_before_the_link_ends(void **state)
{
	(void)state;
	const uint8_t octets[] = {1, 2, 3};
	subscribe();
	const bm_gatt_conn conn = last_heard()->event.conn;
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, 3, c.now), BM_OK);
	bearer().ops->gatt_disconnect(bearer().self, conn, c.now);
	assert_int_equal(bearer().ops->gatt_send(bearer().self, conn, octets, 3, c.now), BM_ERR_NOT_FOUND);
	controller_settle(&c);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, from, NULL), 0);
	EXPECT_ATT(BM_ATT_NOTIFICATION, DATA_OUT, 0, 1, 2, 3);
	assert_int_equal(controller_count(&c, BM_HCI_DISCONNECT, 0, NULL), 1);
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE, 0, 0x16}, 4);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 0); /* the node wanted it */
	assert_false(c.host.links[0].used);
}

static void test_lost_links_give_their_buffers_back(void **state)
{
	(void)state;
	ATT(BM_ATT_READ_REQUEST, 3, 0);
	assert_int_equal(c.host.acl_free, 2);
	controller_event(&c, BM_HCI_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONTROLLER_HANDLE, 0, 8}, 4);
	assert_int_equal(c.host.acl_free, 3);
	assert_int_equal(last_heard()->event.kind, BM_GATT_DISCONNECTED);
}

static void test_pairing_is_refused_and_parameters_are_negotiated(void **state)
{
	(void)state;
	controller_l2cap(&c, CID_SMP, (const uint8_t[]){1, 3, 0, 1, 16, 1, 1}, 7);
	expect(CID_SMP, (const uint8_t[]){5, 5}, 2);
	/* A peripheral is not asked for parameters. */
	controller_l2cap(&c, CID_SIGNALLING, (const uint8_t[]){0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0}, 12);
	expect(CID_SIGNALLING, (const uint8_t[]){1, 7, 2, 0, 0, 0}, 6);
	controller_event(
		&c, BM_HCI_LE_META,
		(const uint8_t[]){BM_HCI_LE_PARAMETERS_REQUEST, CONTROLLER_HANDLE, 0, 24, 0, 40, 0, 0, 0, 200, 0}, 11);
	controller_event(&c, BM_HCI_LE_META,
			 (const uint8_t[]){BM_HCI_LE_LTK_REQUEST, CONTROLLER_HANDLE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
			 13);
	controller_settle(&c);
	assert_int_equal(controller_count(&c, BM_HCI_LE_PARAMETERS_REPLY, 0, NULL), 1);
	assert_int_equal(controller_count(&c, BM_HCI_LE_LTK_NEGATIVE_REPLY, 0, NULL), 1);
}

static void test_service_changed_is_indicated_when_provisioning_gives_way_to_the_proxy(void **state)
{
	setup(state);
	advertise(BM_GATT_PROVISIONING);
	controller_connected(&c, true, 0);
	from = c.sent_count;
	ATT(BM_ATT_WRITE_REQUEST, 9, 0, 2, 0);
	EXPECT_ATT(BM_ATT_WRITE_RESPONSE);
	expect_nothing();
	advertise(BM_GATT_PROXY);
	EXPECT_ATT(BM_ATT_INDICATION, 8, 0, 10, 0, 21, 0);
	ATT(BM_ATT_CONFIRMATION);
	expect_nothing();
}

static void test_a_lost_controller_ends_all_links_and_nothing_more(void **state)
{
	(void)state;
	bm_host_closed(&c.host, c.now);
	assert_int_equal(heard(BM_GATT_DISCONNECTED), 1);
	c.ups = 0;
	c.answered = c.sent_count;
	controller_open(&c);
	advertise(BM_GATT_PROXY);
	controller_connected(&c, true, 0);
	assert_int_equal(heard(BM_GATT_CONNECTED), 2);
}

int main(void)
{
#define SERVER(test) cmocka_unit_test_setup(test, setup_server)
	const struct CMUnitTest tests[] = {
		SERVER(test_server_tells_its_node_of_the_client_and_stops_advertising),
		SERVER(test_server_is_found_as_a_phone_looks_for_it),
		cmocka_unit_test(test_the_device_name_is_the_one_advertised_whatever_its_length),
		SERVER(test_server_hands_over_writes_and_notifies_subscribers_alone),
		SERVER(test_server_refuses_wrong_handles_and_what_is_not_permitted),
		SERVER(test_a_pdu_longer_than_agreed_on_ends_the_link),
		SERVER(test_the_mtu_grows_as_agreed_and_long_writes_arrive_in_fragments),
		SERVER(test_fragments_that_do_not_add_up_are_discarded),
		SERVER(test_no_more_is_sent_than_the_controller_has_buffers_for),
		SERVER(test_a_full_queue_says_busy_and_then_ready),
		SERVER(test_a_flood_of_requests_by_who_takes_no_answer_ends_the_link),
		SERVER(test_a_client_without_room_for_an_answer_ends_and_nothing_of_it_is_told_after),
		SERVER(test_a_client_that_never_subscribes_loses_its_place),
		cmocka_unit_test(test_a_client_of_an_unknown_set_finds_no_mesh_service_and_loses_its_place),
		SERVER(test_what_was_sent_goes_out_before_the_link_ends),
		SERVER(test_lost_links_give_their_buffers_back),
		SERVER(test_pairing_is_refused_and_parameters_are_negotiated),
		cmocka_unit_test(test_service_changed_is_indicated_when_provisioning_gives_way_to_the_proxy),
		SERVER(test_a_lost_controller_ends_all_links_and_nothing_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
