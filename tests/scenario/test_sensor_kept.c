/*
 * Cadence and settings of sensors are configuration (MshMDL 4.1.2, 4.1.3): what a client has set is there after a power
 * cut, given back to what the sensors have by then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/full_node.h"
#include "support/mem_store.h"

#define ADDR 0x0200
#define SETTINGS 2

/* Present Ambient Temperature: an octet. Gain, two octets, can be set; the serial number cannot. */
static struct network *network;
static struct full_node client;
static struct bm_world_node *wn;
static struct mem_store store;
static int store_failures;
static struct {
	struct bm_sensor_server server;
	struct bm_sensor_setup_server setup;
	struct bm_sensor sensor;
	struct bm_sensor_cadence_state cadence;
	struct bm_sensor_setting settings[SETTINGS];
	uint8_t gain[2], serial[1];
} s;

#define SET_CADENCE "554f00030204051020"
#define CADENCE_STATUS "574f00030204051020"
#define GET_CADENCE "82344f00"
#define SET_GAIN "594f002e00abcd"
#define GET_GAIN "82364f002e00"
#define GAIN_STATUS "5b4f002e0003abcd"

static enum bm_err keep(struct bm_world_node *node, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)node;
	return mem_store_put(&store, key, octets, len);
}

static void note(struct bm_world_node *node, const struct bm_event *event)
{
	(void)node;
	store_failures += event->kind == BM_EVENT_STORE_FAILED;
}

/* As the program makes it, whatever was set before. */
static void add_models(uint8_t len)
{
	memset(&s, 0, sizeof s);
	s.settings[0] = (struct bm_sensor_setting){0x002e, BM_SENSOR_SETTING_READ_WRITE, s.gain, 2, false};
	s.settings[1] = (struct bm_sensor_setting){0x0032, BM_SENSOR_SETTING_READ, s.serial, 1, false};
	s.serial[0] = 7;
	s.sensor = (struct bm_sensor){.property_id = 0x004f,
				      .len = len,
				      .cadence = &s.cadence,
				      .settings = s.settings,
				      .setting_count = SETTINGS};
	bm_sensor_server_init(&s.server, &s.sensor, 1);
	bm_sensor_setup_server_init(&s.setup, &s.server);
	assert_int_equal(bm_node_add_model(wn->node, 0, &s.server.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &s.setup.model), BM_OK);
}

static void set_up_with(uint16_t state_len)
{
	struct bm_node_config config = bm_world_config();
	const uint8_t dev_key[16] = {1};
	memset(&store, 0, sizeof store);
	store_failures = 0;
	config.limits.state_len = state_len;
	network = network_new(5);
	full_node_join(&client, network, 0x0100);
	wn = bm_world_add(network->world, &config);
	wn->on_store = keep;
	wn->on_event = note;
	add_models(1);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
	struct bm_prov_data data = {.addr = ADDR};
	memcpy(data.net_key, network->net_key, sizeof data.net_key);
	assert_int_equal(bm_node_provision_self(wn->node, &data, dev_key, network_now(network)), BM_OK);
	assert_int_equal(bm_node_add_app_key(wn->node, 0, NETWORK_APP_IDX, network->app_key), BM_OK);
	assert_int_equal(bm_node_bind(wn->node, &s.server.model, NETWORK_APP_IDX), BM_OK);
	assert_int_equal(bm_node_bind(wn->node, &s.setup.model, NETWORK_APP_IDX), BM_OK);
}

static enum bm_err power_cycle(uint8_t len)
{
	const struct mem_store before = store;
	bm_world_power_cycle(wn);
	add_models(len);
	const enum bm_err refused = mem_store_restore(&before, wn->node, false);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
	return refused;
}

static void test_cadence_and_settings_are_there_after_a_power_cut(void **state)
{
	(void)state;
	set_up_with(0);
	full_node_expect(&client, ADDR, SET_CADENCE, CADENCE_STATUS);
	full_node_expect(&client, ADDR, SET_GAIN, GAIN_STATUS);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(power_cycle(1), BM_OK);
		full_node_expect(&client, ADDR, GET_CADENCE, CADENCE_STATUS);
		full_node_expect(&client, ADDR, GET_GAIN, GAIN_STATUS);
		full_node_expect(&client, ADDR, "82364f003200",
				 "5b4f003200"
				 "0107");
	}
	assert_int_equal(store_failures, 0);
	network_free(network);
}

/* Before anybody sets them they are the program's, whatever they were when the node was provisioned. */
static void test_what_nobody_has_set_is_the_programs(void **state)
{
	(void)state;
	set_up_with(0);
	full_node_expect(&client, ADDR, SET_GAIN, GAIN_STATUS);
	assert_int_equal(power_cycle(1), BM_OK);
	assert_false(s.cadence.set);
	assert_false(s.settings[1].set);
	assert_true(s.settings[0].set);
	network_free(network);
}

static void test_what_no_longer_fits_is_left_alone(void **state)
{
	(void)state;
	set_up_with(0);
	full_node_expect(&client, ADDR, SET_CADENCE, CADENCE_STATUS);
	full_node_expect(&client, ADDR, SET_GAIN, GAIN_STATUS);
	/* The value of the next program has two octets: the cadence of one is none for it. */
	assert_int_equal(power_cycle(2), BM_OK);
	assert_false(s.cadence.set);
	full_node_expect(&client, ADDR, GET_GAIN, GAIN_STATUS);
	network_free(network);
}

static void test_a_record_without_room_is_told(void **state)
{
	(void)state;
	set_up_with(200);
	full_node_expect(&client, ADDR, SET_CADENCE, CADENCE_STATUS);
	assert_int_equal(store_failures, 0);
	network_free(network);
	/* 7 octets say whose record it is, one its version. */
	set_up_with(0);
	uint8_t raw[200] = {0};
	s.settings[0].raw = raw;
	s.settings[0].len = sizeof raw;
	s.settings[0].set = true;
	bm_model_state_changed(&s.setup.model);
	assert_int_equal(store_failures, 1);
	network_free(network);
}

static void test_a_spoilt_record_changes_nothing(void **state)
{
	(void)state;
	set_up_with(0);
	full_node_expect(&client, ADDR, SET_GAIN, GAIN_STATUS);
	full_node_expect(&client, ADDR, SET_CADENCE, CADENCE_STATUS);
	size_t len = 0;
	const uint8_t *whole = mem_store_get(&store, BM_STORE_STATE, s.setup.model.index, &len);
	assert_non_null(whole);
	uint8_t octets[MEM_STORE_LEN];
	memcpy(octets, whole, len);
	const struct bm_store_key key = {.kind = BM_STORE_STATE, .index = s.setup.model.index};
	for (size_t n = 1; n < len; n++) {
		bm_world_power_cycle(wn);
		add_models(1);
		const enum bm_err err = bm_node_restore(wn->node, &key, octets, n);
		/* Whole entries are a record; anything else is none, and leaves everything as the program made it. */
		if (err)
			assert_true(!s.cadence.set && !s.settings[0].set && s.gain[0] == 0);
		else
			assert_true(n == 7 || n == 7 + 5 + 6);
	}
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cadence_and_settings_are_there_after_a_power_cut),
		cmocka_unit_test(test_what_nobody_has_set_is_the_programs),
		cmocka_unit_test(test_what_no_longer_fits_is_left_alone),
		cmocka_unit_test(test_a_record_without_room_is_told),
		cmocka_unit_test(test_a_spoilt_record_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
