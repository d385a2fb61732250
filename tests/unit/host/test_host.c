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

static void advertise_set(uint8_t number, enum bm_gatt_addr addr, bool on)
{
	const struct bm_bearer bearer = bm_host_bearer(c.user);
	const struct bm_gatt_adv adv = {.set = number,
					.service = BM_GATT_PROXY,
					.data = on ? (const uint8_t[]){0, 1, 2} : NULL,
					.len = 3,
					.name = "lamp",
					.interval_us = 100000,
					.addr = addr};
	assert_int_equal(bearer.ops->gatt_advertise(bearer.self, &adv, c.now), BM_OK);
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
