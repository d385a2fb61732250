#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/publish.h"
#include "blemesh/sensor.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define TEMPERATURE 0x004fu /* Present Ambient Temperature: an octet, signed, in 0.5 °C */
#define GROUP 0xc000u

/* Present ambient temperature with all that a sensor can have, and a sensor of the maker's own with nothing. */
struct setup {
	struct floors f;
	struct bm_sensor_server server;
	struct bm_sensor_setup_server setup;
	struct bm_sensor_client client;
	struct bm_sensor sensors[2];
	struct bm_sensor_cadence_state cadence;
	struct bm_sensor_setting settings[2];
	uint8_t gain[2], serial[1];
	struct bm_sensor_series series;
	size_t told;
	struct bm_sensor_setting *told_setting;
	/* what the client heard last */
	size_t heard;
	uint16_t property_id, setting_id;
	bool known;
	struct bm_sensor_descriptor descriptor;
	struct bm_sensor_cadence heard_cadence;
	uint8_t octets[32];
	size_t len;
	uint8_t access;
};

static const struct bm_sensor_column columns[] = {
	{.x = {0xf6}, .width = {10}, .y = {1, 1}},
	{.x = {0x00}, .width = {10}, .y = {2, 1}},
	{.x = {0x0a}, .width = {10}, .y = {3, 1}},
};

static void on_set(void *ctx, struct bm_sensor *sensor, struct bm_sensor_setting *setting, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	assert_int_equal(sensor->property_id, TEMPERATURE);
	s->told++;
	s->told_setting = setting;
}

static void hear(struct setup *s, uint16_t property_id, const uint8_t *octets, size_t len)
{
	s->heard++;
	s->property_id = property_id;
	s->len = len;
	assert_true(len <= sizeof s->octets);
	if (len)
		memcpy(s->octets, octets, len);
}

static void on_descriptor(void *ctx, uint16_t property_id, const struct bm_sensor_descriptor *descriptor,
			  const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	hear(s, property_id, NULL, 0);
	s->known = descriptor != NULL;
	if (descriptor)
		s->descriptor = *descriptor;
}

static void on_column(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx)
{
	(void)rx;
	hear(ctx, status->property_id, status->octets, status->len);
}

static void on_cadence(void *ctx, uint16_t property_id, const struct bm_sensor_cadence *cadence, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	hear(s, property_id, NULL, 0);
	s->known = cadence != NULL;
	if (cadence)
		s->heard_cadence = *cadence;
}

static void on_settings(void *ctx, uint16_t property_id, const uint8_t *ids, size_t count, const struct bm_rx *rx)
{
	(void)rx;
	hear(ctx, property_id, ids, 2 * count);
}

static void on_setting(void *ctx, const struct bm_sensor_setting_status *status, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	hear(s, status->property_id, status->raw, status->len);
	s->setting_id = status->setting_id;
	s->access = status->access;
}

static void init_sensors(struct setup *s)
{
	s->settings[0] = (struct bm_sensor_setting){0x0032, BM_SENSOR_SETTING_READ_WRITE, s->gain, 2, false};
	s->settings[1] = (struct bm_sensor_setting){0x0801, BM_SENSOR_SETTING_READ, s->serial, 1, false};
	s->series = (struct bm_sensor_series){
		.columns = columns, .count = BM_ARRAY_LEN(columns), .x_len = 1, .y_len = 2, .x_signed = true};
	s->sensors[0] = (struct bm_sensor){.property_id = TEMPERATURE,
					   .raw = {0x28},
					   .len = 1,
					   .descriptor = {0x123, 0x456, 3, 0x40, 0x41},
					   .cadence = &s->cadence,
					   .settings = s->settings,
					   .setting_count = 2,
					   .series = &s->series};
	s->sensors[1] = (struct bm_sensor){.property_id = 0x0801, .raw = {0xaa, 0xbb}, .len = 2};
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	init_sensors(s);
	bm_sensor_server_init(&s->server, s->sensors, 2);
	bm_sensor_setup_server_init(&s->setup, &s->server);
	s->setup.on_set = on_set;
	s->setup.ctx = s;
	bm_sensor_client_init(&s->client, NULL, s);
	s->client.on_descriptor = on_descriptor;
	s->client.on_column = on_column;
	s->client.on_series = on_column;
	s->client.on_cadence = on_cadence;
	s->client.on_settings = on_settings;
	s->client.on_setting = on_setting;
	struct bm_model *models[] = {&s->server.model, &s->setup.model, &s->client.model};
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		assert_int_equal(bm_access_add_model(&s->f.access, 0, models[i]), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		assert_int_equal(bm_access_bind(&s->f.access, models[i], APP), BM_OK);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;
	floors_end(&s->f);
	free(s);
	return 0;
}

static void receive(struct setup *s, const char *hex)
{
	floors_receive(&s->f, FLOORS_ADDR, APP, hex);
}

static void ask(struct setup *s, const char *request, const char *answer)
{
	receive(s, request);
	floors_expect(&s->f, answer);
}

static void drops(struct setup *s, const char *hex, enum bm_drop reason)
{
	const uint32_t before = floors_dropped(&s->f, reason);
	receive(s, hex);
	assert_int_equal(floors_dropped(&s->f, reason), before + 1);
	floors_expect_nothing(&s->f);
}

static void test_descriptors_are_told_one_or_all_and_an_unknown_one_by_its_id(void **state)
{
	struct setup *s = *state;
	ask(s, "82304f00", "514f00236145034041");
	ask(s, "8230", "514f002361450340410108000000000000");
	ask(s, "82305400", "515400");
	drops(s, "82300000", BM_DROP_BAD_VALUE);
	drops(s, "823056", BM_DROP_BAD_LENGTH);
}

static void test_a_column_is_told_by_its_x(void **state)
{
	struct setup *s = *state;
	ask(s, "82324f0000", "534f00000a0201");
	ask(s, "82324f0001", "534f0001");
	ask(s, "823254000102", "5354000102");
	drops(s, "82324f000001", BM_DROP_BAD_LENGTH);
	drops(s, "8232000000", BM_DROP_BAD_VALUE);
}

static void test_a_series_is_told_whole_or_between_two_signed_x(void **state)
{
	struct setup *s = *state;
	ask(s, "82334f00", "544f00f60a0101000a02010a0a0301");
	ask(s, "82334f00f600", "544f00f60a0101000a0201");
	ask(s, "82334f00000a", "544f00000a02010a0a0301");
	ask(s, "82334f000af6", "544f00");
	ask(s, "82335400", "545400");
	drops(s, "82334f00f6", BM_DROP_BAD_LENGTH);
	drops(s, "82334f00f6f60000", BM_DROP_BAD_LENGTH);
}

static void test_cadence_is_set_and_told_with_deltas_in_units_and_percent(void **state)
{
	struct setup *s = *state;
	ask(s, "82344f00", "574f00000000000000");
	ask(s, "554f000302040a1020", "574f000302040a1020");
	assert_int_equal(s->told, 1);
	assert_null(s->told_setting);
	assert_int_equal(s->cadence.cadence.fast_cadence_period_divisor, 3);
	assert_int_equal(s->cadence.cadence.min_interval, 10);
	ask(s, "554f0083e803d0070a2010", "574f0083e803d0070a2010");
	assert_true(s->cadence.cadence.trigger_percent);
	receive(s, "564f000000000a0102");
	floors_expect_nothing(&s->f);
	ask(s, "82344f00", "574f000000000a0102");
}

static void test_cadence_of_what_has_none_is_answered_by_its_id(void **state)
{
	struct setup *s = *state;
	ask(s, "82340108", "570108");
	ask(s, "82345400", "575400");
	ask(s, "5554000302040a1020", "575400");
	assert_int_equal(s->told, 0);
}

static void test_prohibited_cadence_is_dropped(void **state)
{
	struct setup *s = *state;
	drops(s, "554f001002040a1020", BM_DROP_BAD_VALUE);
	drops(s, "554f000302041b1020", BM_DROP_BAD_VALUE);
	drops(s, "5500000302040a1020", BM_DROP_BAD_VALUE);
	drops(s, "554f000302040a102000", BM_DROP_BAD_LENGTH);
	drops(s, "554f0003020204040a10102020", BM_DROP_BAD_LENGTH);
	drops(s, "564f00830204050a1020", BM_DROP_BAD_LENGTH);
	assert_int_equal(s->told, 0);
	ask(s, "554f000f02041a1020", "574f000f02041a1020");
}

static void test_settings_are_listed_read_and_written(void **state)
{
	struct setup *s = *state;
	ask(s, "82354f00", "584f0032000108");
	ask(s, "82355400", "585400");
	ask(s, "82364f003200", "5b4f003200030000");
	ask(s, "594f0032001234", "5b4f003200031234");
	assert_ptr_equal(s->told_setting, &s->settings[0]);
	receive(s, "5a4f0032005678");
	floors_expect_nothing(&s->f);
	assert_hex(s->gain, 2, "5678");
	ask(s, "82364f000108", "5b4f0001080100");
	/* Unknown, or not to be written. */
	ask(s, "82364f003300", "5b4f003300");
	ask(s, "594f00010805", "5b4f000108");
	assert_int_equal(s->serial[0], 0);
	drops(s, "594f00320012", BM_DROP_BAD_LENGTH);
	drops(s, "82364f000000", BM_DROP_BAD_VALUE);
	assert_int_equal(s->told, 2);
}

static void publish_to_group(struct setup *s, uint8_t period)
{
	s->server.model.publication = (struct bm_publication){
		.addr = GROUP, .app_idx = APP, .ttl = 5, .period = period};
	bm_publishers_restart(&s->server.model);
}

static void set_cadence(struct setup *s, const char *hex)
{
	receive(s, hex);
	floors_run(&s->f, 10 * BM_US_PER_MS);
	s->f.sent_count = 0;
}

static void change(struct setup *s, uint8_t raw)
{
	s->sensors[0].raw[0] = raw;
	bm_sensor_server_changed(&s->server, floors_now(&s->f));
}

/* Passes a time and takes what was published meanwhile. */
static size_t published_in(struct setup *s, uint64_t us)
{
	floors_run(&s->f, us);
	const size_t count = s->f.sent_count;
	s->f.sent_count = 0;
	return count;
}

static void test_a_delta_publishes_at_once_and_less_does_not(void **state)
{
	struct setup *s = *state;
	publish_to_group(s, 0);
	set_cadence(s, "564f000002040a0000");
	change(s, 0x28);
	published_in(s, 2 * BM_US_PER_S);
	change(s, 0x2b);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 0);
	change(s, 0x2c);
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].dst, GROUP);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "52e0092c");
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 1);
	change(s, 0x2b);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 0);
	change(s, 0x2a);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 1);
}

static void test_a_delta_in_percent_is_of_the_last_value_published(void **state)
{
	struct setup *s = *state;
	publish_to_group(s, 0);
	/* 10 % down, 20 % up, of 20 °C. */
	set_cadence(s, "564f0080e803d0070a0000");
	change(s, 0x28);
	published_in(s, 2 * BM_US_PER_S);
	change(s, 0x2f);
	change(s, 0x25);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 0);
	change(s, 0x24);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 1);
	change(s, 0x2c);
	assert_int_equal(published_in(s, 2 * BM_US_PER_S), 1);
}

static void test_the_minimum_interval_delays_a_trigger(void **state)
{
	struct setup *s = *state;
	publish_to_group(s, 0);
	set_cadence(s, "564f000001010c0000"); /* 4096 ms */
	change(s, 0x28);
	published_in(s, 5 * BM_US_PER_S);
	change(s, 0x30);
	assert_int_equal(published_in(s, 1), 1);
	change(s, 0x40);
	change(s, 0x50);
	assert_true(bm_sensor_server_publish_due(&s->server, floors_now(&s->f)) > floors_now(&s->f));
	assert_int_equal(published_in(s, 4000 * BM_US_PER_MS), 0);
	floors_run(&s->f, 200 * BM_US_PER_MS);
	assert_int_equal(s->f.sent_count, 1);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "52e00950");
}

static void test_within_the_fast_region_the_period_is_divided(void **state)
{
	struct setup *s = *state;
	set_cadence(s, "564f000200000a3040"); /* a quarter of the period from 24 to 32 °C */
	publish_to_group(s, 0x50);            /* 16 s */
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 4);
	change(s, 0x30);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 16);
	change(s, 0x41);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 4);
	assert_true(bm_sensor_server_publish_due(&s->server, floors_now(&s->f)) == BM_TIME_NEVER);
}

static void test_a_low_bound_above_the_high_one_is_fast_outside(void **state)
{
	struct setup *s = *state;
	set_cadence(s, "564f000100000a40fe"); /* below −1 °C or above 32 °C */
	publish_to_group(s, 0x50);
	change(s, 0x40);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 4);
	change(s, 0x41);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 8);
	change(s, 0xfd);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 8);
	change(s, 0xfe);
	assert_int_equal(published_in(s, 64 * BM_US_PER_S + 1), 4);
}

static void test_the_period_tells_all_sensors_and_the_fast_cadence_its_own(void **state)
{
	struct setup *s = *state;
	set_cadence(s, "564f000100000a0050");
	publish_to_group(s, 0x50);
	floors_run(&s->f, 16 * BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 1);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "52e00928030108aabb");
	floors_run(&s->f, 8 * BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 2);
	assert_hex(s->f.sent[1].octets, s->f.sent[1].len, "52e00928");
}

static void test_a_reset_ends_cadence_publication(void **state)
{
	struct setup *s = *state;
	set_cadence(s, "564f000100000a0050");
	publish_to_group(s, 0x50);
	floors_run(&s->f, 17 * BM_US_PER_S);
	bm_access_reset(&s->f.access);
	assert_false(s->cadence.published);
	assert_true(bm_sensor_server_publish_due(&s->server, floors_now(&s->f)) == BM_TIME_NEVER);
	s->f.sent_count = 0;
	assert_int_equal(published_in(s, 60 * BM_US_PER_S), 0);
}

static void test_client_hears_each_status(void **state)
{
	struct setup *s = *state;
	receive(s, "514f00236145034041");
	assert_int_equal(s->property_id, TEMPERATURE);
	assert_int_equal(s->descriptor.positive_tolerance, 0x123);
	assert_int_equal(s->descriptor.negative_tolerance, 0x456);
	assert_int_equal(s->descriptor.sampling_function, 3);
	receive(s, "515400");
	assert_false(s->known);
	receive(s, "534f00000a0201");
	assert_hex(s->octets, s->len, "000a0201");
	receive(s, "544f00");
	assert_int_equal(s->len, 0);
	receive(s, "574f0083e803d0070a2010");
	assert_true(s->known);
	assert_int_equal(s->heard_cadence.raw_len, 1);
	assert_hex(s->heard_cadence.delta_up, 2, "d007");
	receive(s, "575400");
	assert_false(s->known);
	receive(s, "584f0032000108");
	assert_hex(s->octets, s->len, "32000108");
	receive(s, "5b4f003200031234");
	assert_int_equal(s->setting_id, 0x0032);
	assert_int_equal(s->access, BM_SENSOR_SETTING_READ_WRITE);
	assert_hex(s->octets, s->len, "1234");
	receive(s, "5b4f003200");
	assert_int_equal(s->access, 0);
	assert_int_equal(s->heard, 9);
}

static void test_client_drops_prohibited_and_broken_statuses(void **state)
{
	struct setup *s = *state;
	drops(s, "514f0023614503404100", BM_DROP_BAD_LENGTH);
	drops(s, "514f00236145084041", BM_DROP_BAD_VALUE);
	drops(s, "510000", BM_DROP_BAD_VALUE);
	drops(s, "520000aa", BM_DROP_BAD_VALUE);
	drops(s, "57000003", BM_DROP_BAD_VALUE);
	drops(s, "574f0003", BM_DROP_BAD_LENGTH);
	drops(s, "584f003200ff", BM_DROP_BAD_LENGTH);
	drops(s, "5b4f0032000212", BM_DROP_BAD_VALUE);
	assert_int_equal(s->heard, 0);
}

static void test_client_requests_are_laid_out_right(void **state)
{
	struct setup *s = *state;
	struct bm_sensor_client *c = &s->client;
	const struct bm_tx tx = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	const uint8_t x1[] = {0xf6}, x2[] = {0x0a}, raw[] = {0x12, 0x34};
	struct bm_sensor_cadence cadence = {3, false, 1, {2}, {4}, 10, {0x10}, {0x20}};
	assert_int_equal(bm_sensor_client_descriptor_get(c, &tx, 0, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "8230");
	assert_int_equal(bm_sensor_client_descriptor_get(c, &tx, TEMPERATURE, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82304f00");
	assert_int_equal(bm_sensor_client_column_get(c, &tx, TEMPERATURE, x1, 1, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82324f00f6");
	assert_int_equal(bm_sensor_client_series_get(c, &tx, TEMPERATURE, x1, x2, 1, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82334f00f60a");
	assert_int_equal(bm_sensor_client_series_get(c, &tx, TEMPERATURE, NULL, NULL, 0, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82334f00");
	assert_int_equal(bm_sensor_client_cadence_get(c, &tx, TEMPERATURE, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82344f00");
	assert_int_equal(bm_sensor_client_cadence_set(c, &tx, TEMPERATURE, &cadence, true, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "554f000302040a1020");
	assert_int_equal(bm_sensor_client_cadence_set(c, &tx, TEMPERATURE, &cadence, false, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "564f000302040a1020");
	assert_int_equal(bm_sensor_client_settings_get(c, &tx, TEMPERATURE, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82354f00");
	assert_int_equal(bm_sensor_client_setting_get(c, &tx, TEMPERATURE, 0x0032, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82364f003200");
	assert_int_equal(bm_sensor_client_setting_set(c, &tx, TEMPERATURE, 0x0032, raw, 2, true, floors_now(&s->f)),
			 BM_OK);
	floors_expect(&s->f, "594f0032001234");
	cadence.min_interval = BM_SENSOR_MIN_INTERVAL_MAX + 1;
	assert_int_equal(bm_sensor_client_cadence_set(c, &tx, TEMPERATURE, &cadence, true, floors_now(&s->f)),
			 BM_ERR_INVALID);
	assert_int_equal(bm_sensor_client_cadence_get(c, &tx, 0, floors_now(&s->f)), BM_ERR_INVALID);
	assert_int_equal(bm_sensor_client_setting_get(c, &tx, TEMPERATURE, 0, floors_now(&s->f)), BM_ERR_INVALID);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_descriptors_are_told_one_or_all_and_an_unknown_one_by_its_id),
		WITH_SETUP(test_a_column_is_told_by_its_x),
		WITH_SETUP(test_a_series_is_told_whole_or_between_two_signed_x),
		WITH_SETUP(test_cadence_is_set_and_told_with_deltas_in_units_and_percent),
		WITH_SETUP(test_cadence_of_what_has_none_is_answered_by_its_id),
		WITH_SETUP(test_prohibited_cadence_is_dropped),
		WITH_SETUP(test_settings_are_listed_read_and_written),
		WITH_SETUP(test_a_delta_publishes_at_once_and_less_does_not),
		WITH_SETUP(test_a_delta_in_percent_is_of_the_last_value_published),
		WITH_SETUP(test_the_minimum_interval_delays_a_trigger),
		WITH_SETUP(test_within_the_fast_region_the_period_is_divided),
		WITH_SETUP(test_a_low_bound_above_the_high_one_is_fast_outside),
		WITH_SETUP(test_the_period_tells_all_sensors_and_the_fast_cadence_its_own),
		WITH_SETUP(test_a_reset_ends_cadence_publication),
		WITH_SETUP(test_client_hears_each_status),
		WITH_SETUP(test_client_drops_prohibited_and_broken_statuses),
		WITH_SETUP(test_client_requests_are_laid_out_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
