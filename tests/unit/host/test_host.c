#include "support/controller.h"

static struct controller c;

static int setup(void **state)
{
	(void)state;
	controller_init(&c);
	return 0;
}

static int setup_extended(void **state)
{
	setup(state);
	c.extended = c.data_length = true;
	return 0;
}

static void advertise(uint8_t first, uint8_t transmissions)
{
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_MESSAGE,
				   .payload = &first,
				   .len = 1,
				   .transmissions = transmissions,
				   .interval_us = 20000};
	assert_int_equal(bearer.ops->advertise(bearer.self, &adv, c.now), BM_OK);
}

static void advertise_set_of(struct bm_host_user *user, uint8_t number, enum bm_gatt_addr addr, bool on)
{
	const struct bm_bearer bearer = bm_host_bearer(user);
	const struct bm_gatt_adv adv = {.set = number,
					.service = BM_GATT_PROXY,
					.data = on ? (const uint8_t[]){0, 1, 2} : NULL,
					.len = 3,
					.name = "lamp",
					.interval_us = 100000,
					.addr = addr};
	assert_int_equal(bearer.ops->gatt_advertise(bearer.self, &adv, c.now), BM_OK);
}

static void advertise_set(uint8_t number, enum bm_gatt_addr addr, bool on)
{
	advertise_set_of(c.user, number, addr, on);
}

/* An advertisement with the AD structures: a legacy report. */
static void hear(uint8_t type, const uint8_t *data, uint8_t len)
{
	uint8_t octets[64] = {BM_HCI_LE_ADV_REPORT, 1, type, 1, 1, 2, 3, 4, 5, 0xc6, len};
	memcpy(octets + 11, data, len);
	octets[11 + len] = 0xc0;
	controller_event(&c, BM_HCI_LE_META, octets, 12u + len);
}

/* The same in an extended report. */
static void hear_extended(uint16_t type, const uint8_t *data, uint8_t len)
{
	uint8_t octets[96] = {BM_HCI_LE_EXT_ADV_REPORT,
			      1,
			      (uint8_t)type,
			      (uint8_t)(type >> 8),
			      1,
			      1,
			      2,
			      3,
			      4,
			      5,
			      0xc6,
			      1,
			      0,
			      0xff,
			      0x7f,
			      0xc0};
	octets[25] = len;
	memcpy(octets + 26, data, len);
	controller_event(&c, BM_HCI_LE_META, octets, 26u + len);
}

static void test_bring_up_ends_in_scanning_all_the_time_without_duplicate_filter(void **state)
{
	(void)state;
	const struct sent *sent = NULL;
	controller_open(&c);
	assert_int_equal(c.sent[0].opcode, BM_HCI_RESET);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_PARAMETERS, 0, &sent), 1);
	assert_memory_equal(sent->octets, ((const uint8_t[]){0, 0x60, 0, 0x60, 0, 1, 0}), 7);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_ENABLE, 0, &sent), 1);
	assert_memory_equal(sent->octets, ((const uint8_t[]){1, 0}), 2);
}

static void test_bring_up_uses_extended_scanning_where_it_is(void **state)
{
	(void)state;
	controller_open(&c);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_SCAN_ENABLE, 0, NULL), 1);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_ENABLE, 0, NULL), 0);
	assert_int_equal(controller_count(&c, BM_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, 0, NULL), 1);
}

static void test_a_controller_that_refuses_what_is_needed_is_lost(void **state)
{
	(void)state;
	c.fails = BM_HCI_LE_SET_RANDOM_ADDRESS;
	c.fail_status = BM_HCI_UNKNOWN_COMMAND;
	bm_host_opened(&c.host, c.now);
	controller_settle(&c);
	assert_int_equal(c.losses, 1);
	assert_int_equal(c.ups, 0);
}

static void test_a_controller_that_refuses_what_is_not_needed_is_used(void **state)
{
	(void)state;
	c.fails = BM_HCI_WRITE_LE_HOST_SUPPORT;
	c.fail_status = BM_HCI_UNKNOWN_COMMAND;
	controller_open(&c);
	assert_int_equal(c.losses, 0);
}

static void test_an_answer_without_its_status_is_no_success(void **state)
{
	(void)state;
	c.cut = BM_HCI_RESET;
	bm_host_opened(&c.host, c.now);
	controller_settle(&c);
	assert_int_equal(c.losses, 1);
	assert_int_equal(c.host.stats.malformed, 1);
	/* Of what can be done without it is a refusal. */
	setup(state);
	c.cut = BM_HCI_WRITE_LE_HOST_SUPPORT;
	controller_open(&c);
	assert_int_equal(c.host.stats.refused, 1);
	assert_int_equal(c.losses, 0);
}

static void test_a_status_before_the_results_is_not_taken_for_them(void **state)
{
	(void)state;
	c.silent = BM_HCI_LE_READ_BUFFER_SIZE;
	bm_host_opened(&c.host, c.now);
	controller_settle(&c);
	controller_event(&c, BM_HCI_COMMAND_STATUS, (const uint8_t[]){0, 1, 0x02, 0x20}, 4);
	controller_settle(&c);
	controller_event(&c, BM_HCI_COMMAND_COMPLETE, (const uint8_t[]){1, 0x02, 0x20, 0, 251, 0, 7}, 7);
	controller_settle(&c);
	assert_int_equal(c.losses, 0);
	assert_int_equal(c.ups, 1);
	assert_int_equal(c.host.acl_len, 251);
	assert_int_equal(c.host.acl_total, 7);
}

static void test_an_answer_about_nothing_takes_no_leave_to_send(void **state)
{
	(void)state;
	controller_open(&c);
	controller_event(&c, BM_HCI_COMMAND_COMPLETE, (const uint8_t[]){0, 0}, 2);
	controller_event(&c, BM_HCI_COMMAND_STATUS, (const uint8_t[]){0, 0, 3}, 3);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(c.losses, 0);
	assert_int_equal(c.host.stats.malformed, 2);
}

static void test_the_mesh_is_not_heard_in_what_can_be_scanned_or_connected_to(void **state)
{
	static const uint8_t message[] = {3, 0x2a, 7, 8}, solicitation[] = {4, 0x16, 0x59, 0x18, 0};
	(void)state;
	controller_open(&c);
	hear(0, message, sizeof message);
	hear(2, message, sizeof message);
	hear_extended(0x0013, message, sizeof message);
	hear_extended(0x0012, message, sizeof message);
	assert_int_equal(c.received, 0);
	hear(3, message, sizeof message);
	hear_extended(0x0010, message, sizeof message);
	assert_int_equal(c.received, 2);
	hear(2, solicitation, sizeof solicitation);
	hear_extended(0x0012, solicitation, sizeof solicitation);
	assert_int_equal(c.received, 4);
}

static void ignore_response(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now)
{
	(void)ctx, (void)addr, (void)data, (void)len, (void)now;
}

static void test_scan_responses_are_asked_for_by_a_node_that_comes_later(void **state)
{
	static const struct bm_host_user_ops ops = {.scan_response = ignore_response};
	const struct sent *sent = NULL;
	(void)state;
	controller_open(&c);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_PARAMETERS, 0, &sent), 1);
	assert_int_equal(sent->octets[0], 0);
	assert_non_null(bm_host_join(&c.host, (const uint8_t[6]){9}, &ops, NULL));
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_PARAMETERS, 0, &sent), 2);
	assert_int_equal(sent->octets[0], 1);
	assert_true(c.host.scanning);
}

static void test_a_silent_controller_is_lost_once(void **state)
{
	(void)state;
	c.silent = BM_HCI_LE_READ_FEATURES;
	bm_host_opened(&c.host, c.now);
	controller_settle(&c);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(c.losses, 1);
}

static void test_a_controller_that_takes_no_more_commands_is_lost(void **state)
{
	(void)state;
	controller_open(&c);
	static const uint8_t NONE[] = {0, 0, 0}, ONE[] = {1, 0, 0};
	controller_pass(&c, 10 * BM_US_PER_S);
	controller_event(&c, BM_HCI_COMMAND_COMPLETE, NONE, sizeof NONE);
	controller_pass(&c, 3 * BM_US_PER_S);
	controller_event(&c, BM_HCI_COMMAND_COMPLETE, ONE, sizeof ONE);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(c.losses, 0);
	controller_event(&c, BM_HCI_COMMAND_COMPLETE, NONE, sizeof NONE);
	controller_pass(&c, 10 * BM_US_PER_S);
	assert_int_equal(c.losses, 1);
}

static void test_octets_that_are_no_h4_lose_the_controller(void **state)
{
	(void)state;
	controller_open(&c);
	bm_host_input(&c.host, (const uint8_t[]){0x77, 1, 2}, 3, c.now);
	assert_int_equal(c.losses, 1);
}

static void test_packets_in_pieces_are_put_together(void **state)
{
	(void)state;
	controller_open(&c);
	const uint8_t report[] = {4, 0x3e, 16, 2, 1, 3, 1, 1, 2, 3, 4, 5, 0xc6, 4, 3, 0x2a, 7, 8, 0xc0};
	for (size_t i = 0; i < sizeof report; i++)
		bm_host_input(&c.host, &report[i], 1, c.now);
	assert_int_equal(c.received, 1);
	assert_int_equal(c.host.stats.malformed, 0);
}

static void test_legacy_sends_each_transmission_once(void **state)
{
	(void)state;
	controller_open(&c);
	const size_t from = c.sent_count;
	const struct sent *sent = NULL;
	advertise(0xab, 3);
	controller_pass(&c, 500 * BM_US_PER_MS);
	/* On and off, three times. */
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_ENABLE, from, NULL), 6);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_DATA, from, &sent), 3);
	assert_memory_equal(sent->octets, ((const uint8_t[]){3, 2, 0x2a, 0xab}), 4);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_PARAMETERS, from, &sent), 1);
	assert_int_equal(sent->octets[4], 3);
}

static void test_legacy_interleaves_mesh_and_connectable_advertising(void **state)
{
	(void)state;
	controller_open(&c);
	advertise_set(0, BM_GATT_ADDR_IDENTITY, true);
	controller_pass(&c, 100 * BM_US_PER_MS);
	const struct sent *sent = NULL;
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_PARAMETERS, 0, &sent), 1);
	assert_int_equal(sent->octets[4], 0);
	/* Its address was set while nothing scanned, and scanning goes on. */
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SCAN_ENABLE, 0, &sent), 3);
	assert_int_equal(sent->octets[0], 1);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_RANDOM_ADDRESS, 0, &sent), 2);
	assert_memory_equal(sent->octets, ((const uint8_t[]){6, 5, 4, 3, 2, 0xc1}), 6);
	const size_t from = c.sent_count;
	for (uint8_t i = 0; i < 50; i++)
		advertise(i, 1);
	controller_pass(&c, 2 * BM_US_PER_S);
	unsigned mesh = 0, connectable = 0, between = 0;
	for (size_t i = from; i < c.sent_count; i++)
		if (c.sent[i].opcode == BM_HCI_LE_SET_ADV_DATA && !c.sent[i].acl) {
			const bool is_mesh = c.sent[i].octets[2] == 0x2a;
			mesh += is_mesh;
			connectable += !is_mesh;
			between += !is_mesh && mesh > 0 && mesh < 50;
		}
	assert_int_equal(mesh, 50);
	assert_true(between >= 2);
	assert_true(connectable > between);
}

static void test_a_refused_set_is_tried_again_and_mesh_goes_on(void **state)
{
	(void)state;
	controller_open(&c);
	c.fails = BM_HCI_LE_SET_SCAN_RESPONSE;
	c.fail_status = BM_HCI_COMMAND_DISALLOWED;
	advertise_set(0, BM_GATT_ADDR_PRIVATE, true);
	controller_pass(&c, 100 * BM_US_PER_MS);
	const size_t from = c.sent_count;
	advertise(1, 1);
	controller_pass(&c, 100 * BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_ADV_ENABLE, from, NULL), 2);
	c.fails = 0;
	controller_pass(&c, 2 * BM_US_PER_S);
	assert_int_equal(c.host.legacy.step, BM_HOST_ADV_ON);
}

static void test_extended_lets_the_controller_repeat(void **state)
{
	(void)state;
	controller_open(&c);
	const size_t from = c.sent_count;
	const struct sent *sent = NULL;
	advertise(0xab, 3);
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_ADV_ENABLE, from, &sent), 1);
	assert_memory_equal(sent->octets, ((const uint8_t[]){1, 1, 0, 0, 0, 3}), 6);
	/* A second PDU goes out beside it, by another set; a third waits for an end. */
	advertise(0xac, 1);
	advertise(0xad, 1);
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_ADV_ENABLE, from, &sent), 2);
	assert_int_equal(sent->octets[2], 1);
	controller_event(&c, BM_HCI_LE_META, (const uint8_t[]){BM_HCI_LE_SET_TERMINATED, 0x43, 0, 0, 0, 3}, 6);
	controller_settle(&c);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_ADV_ENABLE, from, &sent), 3);
	assert_int_equal(sent->octets[2], 0);
}

static void test_extended_set_changes_its_address_only_while_it_is_off(void **state)
{
	(void)state;
	controller_open(&c);
	advertise_set(0, BM_GATT_ADDR_IDENTITY, true);
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_true(c.host.sets[0].enabled);
	const size_t from = c.sent_count;
	advertise_set(0, BM_GATT_ADDR_PRIVATE, true);
	controller_pass(&c, 10 * BM_US_PER_MS);
	const struct sent *sent = NULL;
	assert_int_equal(c.sent[from].opcode, BM_HCI_LE_SET_EXT_ADV_ENABLE);
	assert_int_equal(c.sent[from].octets[0], 0);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_SET_RANDOM_ADDRESS, from, &sent), 1);
	assert_int_equal(sent->octets[6] & 0xc0, 0); /* non-resolvable */
	assert_true(c.host.sets[0].enabled);
	advertise_set(0, BM_GATT_ADDR_PRIVATE, false);
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_false(c.host.sets[0].enabled);
}

static void test_a_controller_with_one_set_is_used_like_one_without(void **state)
{
	(void)state;
	c.adv_sets = 1;
	controller_open(&c);
	/* The old commands are not refused: none about sets was sent since the reset. */
	const struct sent *sent = NULL;
	assert_int_equal(controller_count(&c, BM_HCI_RESET, 0, &sent), 2);
	const size_t from = (size_t)(sent - c.sent);
	assert_int_equal(controller_count(&c, BM_HCI_LE_READ_ADV_SETS, from, NULL), 0);
	advertise_set(0, BM_GATT_ADDR_IDENTITY, true);
	controller_pass(&c, 100 * BM_US_PER_MS);
	assert_true(controller_count(&c, BM_HCI_LE_SET_ADV_ENABLE, from, NULL) >= 1);
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_SCAN_ENABLE, from, NULL), 0);
	assert_int_equal(c.ups, 1);
}

static void test_more_sets_than_the_controller_has_take_turns(void **state)
{
	static const struct bm_host_user_ops ops = {.receive = controller_receive};
	unsigned on[3] = {0};
	(void)state;
	c.adv_sets = 2;
	controller_open(&c);
	struct bm_host_user *users[3] = {c.user, bm_host_join(&c.host, (const uint8_t[6]){0xc2}, &ops, &c),
					 bm_host_join(&c.host, (const uint8_t[6]){0xc3}, &ops, &c)};
	for (size_t i = 0; i < 3; i++)
		advertise_set_of(users[i], 0, BM_GATT_ADDR_IDENTITY, true);
	for (unsigned i = 0; i < 60; i++) {
		controller_pass(&c, 100 * BM_US_PER_MS);
		unsigned together = 0;
		for (size_t at = 0; at < BM_HOST_SETS; at++)
			for (size_t user = 0; user < 3; user++)
				if (c.host.sets[at].enabled && c.host.sets[at].user == users[user]) {
					on[user]++;
					together++;
				}
		assert_true(together <= 1);
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(on[i], 15, 25);
	/* Alone again: nothing changes any more. */
	advertise_set_of(users[0], 0, BM_GATT_ADDR_IDENTITY, false);
	advertise_set_of(users[2], 0, BM_GATT_ADDR_IDENTITY, false);
	controller_pass(&c, BM_US_PER_S);
	const size_t from = c.sent_count;
	controller_pass(&c, 5 * BM_US_PER_S);
	assert_int_equal(c.sent_count, from);
	assert_true(c.host.sets[0].enabled && c.host.sets[0].user == users[1]);
}

static void test_a_set_that_ends_while_it_is_disabled_is_off(void **state)
{
	(void)state;
	controller_open(&c);
	advertise_set(0, BM_GATT_ADDR_IDENTITY, true);
	controller_pass(&c, 10 * BM_US_PER_MS);
	const size_t from = c.sent_count;
	advertise_set(0, BM_GATT_ADDR_IDENTITY, false);
	bm_host_run(&c.host, c.now);
	/* The command to disable it crosses the controller's word that it ended. */
	controller_event(&c, BM_HCI_LE_META, (const uint8_t[]){BM_HCI_LE_SET_TERMINATED, 0x3c, 2, 0, 0, 0}, 6);
	controller_pass(&c, 10 * BM_US_PER_MS);
	assert_false(c.host.sets[0].enabled);
	/* Not a second time. */
	assert_int_equal(controller_count(&c, BM_HCI_LE_SET_EXT_ADV_ENABLE, from, NULL), 1);
}

static void test_what_one_node_advertises_the_others_of_the_process_hear(void **state)
{
	(void)state;
	static const struct bm_host_user_ops ops = {.receive = controller_receive};
	struct controller *other = &(struct controller){0};
	assert_non_null(bm_host_join(&c.host, (const uint8_t[6]){9}, &ops, other));
	controller_open(&c);
	advertise(1, 1);
	controller_pass(&c, 50 * BM_US_PER_MS);
	assert_int_equal(other->received, 1);
	assert_int_equal(c.received, 0);
}

static void test_a_sleeping_node_lets_the_receiver_sleep_and_wakes_it_in_time(void **state)
{
	(void)state;
	controller_open(&c);
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	const bm_time from = c.now + BM_US_PER_S;
	bearer.ops->listen(bearer.self, from, from + 50 * BM_US_PER_MS, c.now);
	controller_pass(&c, 500 * BM_US_PER_MS);
	assert_false(c.host.scanning);
	controller_pass(&c, 500 * BM_US_PER_MS);
	assert_true(c.host.scanning);
	controller_pass(&c, 100 * BM_US_PER_MS);
	assert_false(c.host.scanning);
	assert_true(bm_host_deadline(&c.host) > c.now);
}

static void test_after_a_loss_all_is_advertised_again(void **state)
{
	(void)state;
	controller_open(&c);
	advertise_set(0, BM_GATT_ADDR_IDENTITY, true);
	controller_pass(&c, 100 * BM_US_PER_MS);
	bm_host_closed(&c.host, c.now);
	assert_true(bm_host_deadline(&c.host) == BM_TIME_NEVER || bm_host_deadline(&c.host) == 0);
	c.ups = 0;
	c.answered = c.sent_count;
	const size_t from = c.sent_count;
	controller_open(&c);
	controller_pass(&c, 100 * BM_US_PER_MS);
	assert_true(c.host.scanning);
	assert_true(controller_count(&c, BM_HCI_LE_SET_ADV_ENABLE, from, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bring_up_ends_in_scanning_all_the_time_without_duplicate_filter, setup),
		cmocka_unit_test_setup(test_bring_up_uses_extended_scanning_where_it_is, setup_extended),
		cmocka_unit_test_setup(test_a_controller_that_refuses_what_is_needed_is_lost, setup),
		cmocka_unit_test_setup(test_a_controller_that_refuses_what_is_not_needed_is_used, setup),
		cmocka_unit_test_setup(test_an_answer_without_its_status_is_no_success, setup),
		cmocka_unit_test_setup(test_a_status_before_the_results_is_not_taken_for_them, setup),
		cmocka_unit_test_setup(test_an_answer_about_nothing_takes_no_leave_to_send, setup),
		cmocka_unit_test_setup(test_the_mesh_is_not_heard_in_what_can_be_scanned_or_connected_to, setup),
		cmocka_unit_test_setup(test_scan_responses_are_asked_for_by_a_node_that_comes_later, setup),
		cmocka_unit_test_setup(test_a_controller_with_one_set_is_used_like_one_without, setup_extended),
		cmocka_unit_test_setup(test_more_sets_than_the_controller_has_take_turns, setup_extended),
		cmocka_unit_test_setup(test_a_set_that_ends_while_it_is_disabled_is_off, setup_extended),
		cmocka_unit_test_setup(test_a_silent_controller_is_lost_once, setup),
		cmocka_unit_test_setup(test_a_controller_that_takes_no_more_commands_is_lost, setup),
		cmocka_unit_test_setup(test_octets_that_are_no_h4_lose_the_controller, setup),
		cmocka_unit_test_setup(test_packets_in_pieces_are_put_together, setup),
		cmocka_unit_test_setup(test_legacy_sends_each_transmission_once, setup),
		cmocka_unit_test_setup(test_legacy_interleaves_mesh_and_connectable_advertising, setup),
		cmocka_unit_test_setup(test_a_refused_set_is_tried_again_and_mesh_goes_on, setup),
		cmocka_unit_test_setup(test_extended_lets_the_controller_repeat, setup_extended),
		cmocka_unit_test_setup(test_extended_set_changes_its_address_only_while_it_is_off, setup_extended),
		cmocka_unit_test_setup(test_what_one_node_advertises_the_others_of_the_process_hear, setup),
		cmocka_unit_test_setup(test_a_sleeping_node_lets_the_receiver_sleep_and_wakes_it_in_time, setup),
		cmocka_unit_test_setup(test_after_a_loss_all_is_advertised_again, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
