/*
 * Provisioning over GATT: a device that is found by its connectable advertising, connected to and provisioned, with the
 * smallest and the largest MTU and every kind of authentication; and what becomes of it when the connection goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/node_state.h"
#include "support/network.h"

#define MINUTES(n) ((n)*60 * (uint64_t)BM_US_PER_S)
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct bm_node_config lamp_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 8;
	config.name = "a lamp by the door";
	config.oob_info = 0x4020;
	return config;
}

static struct network *gatt_network(uint64_t seed)
{
	struct network *network = network_new(seed);
	network->bearer = BM_PROV_BEARER_GATT;
	return network;
}

static void provision_with_mtu(uint16_t mtu, uint64_t seed)
{
	struct network *network = gatt_network(seed);
	const struct bm_node_config config = lamp_config();
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	bm_station_set_mtu(lamp.wn->station, mtu);
	const bm_time before = network_now(network);
	const uint16_t addr = network_provision(network, &lamp, MINUTES(1));
	assert_int_equal(addr, 0x0002);
	/* each of the messages waits for a connection event */
	assert_true(network_now(network) - before >= 300 * (uint64_t)BM_US_PER_MS);
	assert_int_equal(network->alg, BM_PROV_ALG_HMAC);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	assert_true(network_configure(network, addr));
	network_free(network);
}

static void test_a_device_is_provisioned_with_mtu_23(void **state)
{
	(void)state;
	provision_with_mtu(23, 1);
}

static void test_a_device_is_provisioned_with_mtu_517(void **state)
{
	(void)state;
	provision_with_mtu(517, 2);
}

static void provision_with_oob(struct bm_node_config config, enum bm_prov_method method)
{
	struct network *network = gatt_network(3);
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	assert_int_equal(network_provision(network, &lamp, MINUTES(3)), 0x0002);
	assert_int_equal(network->method, method);
	assert_int_equal(network->oob_requests, method == BM_PROV_OUTPUT_OOB);
	network_free(network);
}

static void test_output_oob_over_gatt(void **state)
{
	(void)state;
	struct bm_node_config config = lamp_config();
	config.caps.output_size = 4;
	config.caps.output_actions = 1u << BM_PROV_OUTPUT_NUMERIC;
	provision_with_oob(config, BM_PROV_OUTPUT_OOB);
}

/* The person enters at the device what the provisioner shows. */
struct typist {
	struct network *network;
	struct lamp *lamp;
	int results[2]; /* completed, failed */
	bool shown;
	struct bm_oob_value value;
};

static void typist_event(struct bm_world_node *wn, const struct bm_event *event)
{
	struct typist *typist = wn->user;
	if (event->kind == BM_EVENT_PROVISION_SHOW_OOB) {
		typist->value = event->oob;
		typist->shown = true;
	}
	typist->results[0] += event->kind == BM_EVENT_PROVISION_COMPLETE;
	typist->results[1] += event->kind == BM_EVENT_PROVISION_FAILED;
}

static void begin(struct network *network, struct lamp *lamp, struct bm_provision_params *params)
{
	params->addr = 0x0002;
	params->bearer = BM_PROV_BEARER_GATT;
	memcpy(params->uuid, lamp->wn->uuid, sizeof params->uuid);
	assert_int_equal(bm_node_prov_enable(lamp->wn->node, BM_PROV_BEARER_GATT, network_now(network)), BM_OK);
	assert_int_equal(bm_node_provision(network->provisioner->node, params, network_now(network)), BM_OK);
}

static void test_input_oob_over_gatt(void **state)
{
	(void)state;
	struct network *network = gatt_network(4);
	struct bm_node_config config = lamp_config();
	config.caps.input_size = 1;
	config.caps.input_actions = 1u << BM_PROV_PUSH;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	struct typist typist = {.network = network, .lamp = &lamp};
	network->provisioner->user = &typist;
	network->provisioner->on_event = typist_event;
	lamp.wn->on_event = NULL;
	begin(network, &lamp, &(struct bm_provision_params){0});
	bm_world_run_for(network->world, SECONDS(10));
	assert_true(typist.shown);
	assert_int_equal(bm_node_input_oob(lamp.wn->node, &typist.value, network_now(network)), BM_OK);
	bm_world_run_for(network->world, SECONDS(10));
	assert_int_equal(typist.results[0], 1);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	network_free(network);
}

static void test_static_oob_over_gatt_and_a_wrong_value_is_refused(void **state)
{
	(void)state;
	static const uint8_t value[16] = {1, 2, 3};
	static const uint8_t wrong[16] = {1, 2, 4};
	struct network *network = gatt_network(5);
	struct bm_node_config config = lamp_config();
	config.static_oob = value;
	config.static_oob_len = sizeof value;
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	begin(network, &lamp, &(struct bm_provision_params){.static_oob = wrong, .static_oob_len = sizeof wrong});
	bm_world_run_for(network->world, SECONDS(20));
	assert_int_equal(network->failed, 1);
	assert_int_equal(network->error, BM_PROV_ERR_CONFIRMATION_FAILED);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	begin(network, &lamp, &(struct bm_provision_params){.static_oob = value, .static_oob_len = sizeof value});
	bm_world_run_for(network->world, SECONDS(20));
	assert_int_equal(network->completed, 1);
	assert_int_equal(network->method, BM_PROV_STATIC_OOB);
	assert_true(bm_node_is_provisioned(lamp.wn->node));
	network_free(network);
}

static void test_advertising_survives_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 20; seed < 25; seed++) {
		struct network *network = gatt_network(seed);
		bm_medium_set_loss(bm_world_medium(network->world), 0.3);
		const struct bm_node_config config = lamp_config();
		struct lamp lamp;
		lamp_init(&lamp, network, &config);
		const uint16_t addr = network_provision(network, &lamp, MINUTES(1));
		assert_int_equal(addr, 0x0002);
		assert_true(network_configure(network, addr));
		network_free(network);
	}
}

/* Cuts the connection when the device has had so many messages. */
static int messages_left;

static bool cut(struct bm_world_node *wn, const struct bm_gatt_event *event)
{
	if (event->kind == BM_GATT_RECEIVED && messages_left-- == 0)
		bm_medium_set_link(bm_world_medium(wn->world), wn->station, bm_world_at(wn->world, 0)->station, false);
	return true;
}

static void test_a_connection_lost_at_any_message_ends_the_attempt_and_the_next_one_succeeds(void **state)
{
	(void)state;
	const struct bm_node_config config = lamp_config();
	bool became_node = false;
	for (int at = 0; at < 6; at++) {
		struct network *network = gatt_network(30 + (uint64_t)at);
		struct lamp lamp;
		lamp_init(&lamp, network, &config);
		lamp.wn->on_gatt = cut;
		messages_left = at;
		/* The last message may have provisioned the device, but the provisioner did not hear it say so. */
		assert_int_equal(network_provision(network, &lamp, MINUTES(3)), 0);
		assert_int_equal(network->failed, 1);
		bm_medium_set_link(bm_world_medium(network->world), lamp.wn->station, network->provisioner->station,
				   true);
		bm_world_run_for(network->world, SECONDS(30));
		if (bm_node_is_provisioned(lamp.wn->node)) {
			/* Only its key can find that out, and its address is gone. */
			assert_true(network->data_may_be_out);
			assert_true(network_configure(network, 0x0002));
			assert_int_equal(bm_node_reset(lamp.wn->node, network_now(network)), BM_OK);
			became_node = true;
		}
		if (network->data_may_be_out) {
			assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, 0x0002), BM_OK);
			network->next_addr++;
		}
		assert_int_equal(network_provision(network, &lamp, MINUTES(3)), network->data_may_be_out ? 3 : 2);
		network_free(network);
	}
	assert_true(became_node);
}

static void test_a_provisioner_waits_a_minute_for_a_device_that_is_not_there(void **state)
{
	(void)state;
	struct network *network = gatt_network(6);
	const struct bm_node_config config = lamp_config();
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	bm_medium_set_link(bm_world_medium(network->world), lamp.wn->station, network->provisioner->station, false);
	begin(network, &lamp, &(struct bm_provision_params){0});
	bm_world_run_for(network->world, SECONDS(59));
	assert_int_equal(network->failed, 0);
	bm_world_run_for(network->world, SECONDS(2));
	assert_int_equal(network->failed, 1);
	network_free(network);
}

static void test_without_gatt_links_provisioning_over_gatt_is_not_supported(void **state)
{
	(void)state;
	struct bm_world *world = bm_world_new(7);
	struct bm_node_config config = bm_world_config();
	config.limits.prov_links = 1;
	struct bm_world_node *wn = bm_world_add(world, &config);
	const uint8_t key[16] = {1};
	assert_int_equal(bm_node_start(wn->node, 0), BM_OK);
	assert_int_equal(bm_node_provision_self(wn->node, &(struct bm_prov_data){.addr = 1}, key, 0), BM_OK);
	const struct bm_provision_params params = {.addr = 2, .bearer = BM_PROV_BEARER_GATT};
	assert_int_equal(bm_node_provision(wn->node, &params, 0), BM_ERR_NOT_SUPPORTED);
	bm_world_free(world);
}

/* What a scanner sees. */
struct scanner {
	size_t seen_len, name_len;
	uint8_t seen[31], name[31];
	int seen_count;
};

static void scanner_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct scanner *scanner = ctx;
	(void)now;
	assert_int_equal(seen->service, BM_GATT_PROVISIONING);
	scanner->seen_count++;
	scanner->seen_len = seen->len;
	memcpy(scanner->seen, seen->data, seen->len);
}

static void scanner_response(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now)
{
	struct scanner *scanner = ctx;
	(void)addr, (void)now;
	scanner->name_len = len;
	memcpy(scanner->name, data, len);
}

static void test_an_unprovisioned_device_advertises_uuid_oob_information_and_name(void **state)
{
	(void)state;
	struct network *network = gatt_network(8);
	const struct bm_node_config config = lamp_config();
	struct lamp lamp;
	struct scanner scanner = {0};
	lamp_init(&lamp, network, &config);
	const struct bm_station_ops ops = {.seen = scanner_seen, .scan_response = scanner_response};
	struct bm_station *station = bm_medium_join(bm_world_medium(network->world), (uint8_t[6]){0xc1}, &ops,
						    &scanner);
	bm_station_set_active_scan(station, true);
	assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_GATT, network_now(network)), BM_OK);
	bm_world_run_for(network->world, SECONDS(2));
	assert_in_range(scanner.seen_count, 6, 12);
	assert_int_equal(scanner.seen_len, 18);
	assert_memory_equal(scanner.seen, lamp.wn->uuid, 16);
	assert_memory_equal(scanner.seen + 16, ((uint8_t[]){0x20, 0x40}), 2);
	assert_int_equal(scanner.name_len, 2 + strlen(config.name));
	assert_int_equal(scanner.name[1], 0x09);
	assert_memory_equal(scanner.name + 2, config.name, strlen(config.name));
	/* Turned off, it is silent. */
	bm_node_prov_disable(lamp.wn->node, network_now(network));
	const int before = scanner.seen_count;
	bm_world_run_for(network->world, SECONDS(5));
	assert_int_equal(scanner.seen_count, before);
	network_free(network);
}

/* The host's part when a client connects: the set that it came through ends. */
static void client_comes(struct network *network, const struct lamp *lamp)
{
	const struct bm_bearer *bearer = &lamp->wn->node->env.bearer;
	const struct bm_gatt_adv stop = {.service = BM_GATT_PROVISIONING};
	assert_int_equal(bearer->ops->gatt_advertise(bearer->self, &stop, network_now(network)), BM_OK);
	const struct bm_gatt_event event = {.kind = BM_GATT_CONNECTED,
					    .conn = 77,
					    .role = BM_GATT_SERVER,
					    .service = BM_GATT_PROVISIONING,
					    .mtu = BM_GATT_MTU_MIN};
	bm_node_gatt_event(lamp->wn->node, &event, network_now(network));
}

static void test_a_device_is_found_again_after_a_client_that_came_for_nothing(void **state)
{
	(void)state;
	struct network *network = gatt_network(9);
	const struct bm_node_config config = lamp_config();
	struct lamp lamp;
	lamp_init(&lamp, network, &config);
	assert_int_equal(bm_node_prov_enable(lamp.wn->node, BM_PROV_BEARER_GATT, network_now(network)), BM_OK);
	client_comes(network, &lamp);
	const struct bm_gatt_event gone = {.kind = BM_GATT_DISCONNECTED, .conn = 77};
	bm_node_gatt_event(lamp.wn->node, &gone, network_now(network));
	assert_int_equal(network_provision(network, &lamp, MINUTES(1)), 0x0002);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_device_is_provisioned_with_mtu_23),
		cmocka_unit_test(test_a_device_is_provisioned_with_mtu_517),
		cmocka_unit_test(test_output_oob_over_gatt),
		cmocka_unit_test(test_input_oob_over_gatt),
		cmocka_unit_test(test_static_oob_over_gatt_and_a_wrong_value_is_refused),
		cmocka_unit_test(test_advertising_survives_30_percent_loss),
		cmocka_unit_test(test_a_connection_lost_at_any_message_ends_the_attempt_and_the_next_one_succeeds),
		cmocka_unit_test(test_a_provisioner_waits_a_minute_for_a_device_that_is_not_there),
		cmocka_unit_test(test_without_gatt_links_provisioning_over_gatt_is_not_supported),
		cmocka_unit_test(test_a_device_is_found_again_after_a_client_that_came_for_nothing),
		cmocka_unit_test(test_an_unprovisioned_device_advertises_uuid_oob_information_and_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
