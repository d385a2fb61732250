#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/sensor.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u

struct setup {
	struct floors f;
	struct bm_sensor_server server;
	struct bm_sensor_client client;
	struct bm_sensor sensors[2];
	size_t refreshed;
	size_t values;
	uint16_t property_id;
	uint8_t len;
	uint8_t raw[16];
};

static void refresh(void *ctx, bm_time now)
{
	struct setup *s = ctx;
	(void)now;
	s->sensors[0].raw[0]++;
	s->refreshed++;
}

static void on_value(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	s->values++;
	s->property_id = value->property_id;
	s->len = value->len;
	if (value->len)
		memcpy(s->raw, value->raw, value->len < 16 ? value->len : 16);
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	s->sensors[0] = (struct bm_sensor){.property_id = 0x0056, .raw = {0x19, 0x01}, .len = 2};
	s->sensors[1] = (struct bm_sensor){.property_id = 0x0801, .raw = {0xaa}, .len = 1};
	bm_sensor_server_init(&s->server, s->sensors, 2);
	s->server.refresh = refresh;
	s->server.ctx = s;
	bm_sensor_client_init(&s->client, on_value, s);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->client.model), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	assert_int_equal(bm_access_bind(&s->f.access, &s->server.model, APP), BM_OK);
	assert_int_equal(bm_access_bind(&s->f.access, &s->client.model, APP), BM_OK);
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

static void test_get_without_a_property_tells_all(void **state)
{
	struct setup *s = *state;
	receive(s, "8231");
	assert_int_equal(s->refreshed, 1);
	floors_expect(&s->f, "52c20a1a01010108aa");
}

static void test_get_with_a_property_tells_that_one(void **state)
{
	struct setup *s = *state;
	receive(s, "82310108");
	floors_expect(&s->f, "52010108aa");
}

/* An answer as if the question were an item of an Opcodes Aggregator Sequence: of any length. */
static size_t answered(struct setup *s, const char *hex, uint8_t out[BM_ACCESS_MAX])
{
	uint8_t payload[8];
	const size_t len = hex_decode(hex, payload, sizeof payload);
	struct bm_capture capture = {.octets = out, .capacity = BM_ACCESS_MAX};
	const struct bm_rx rx = {.src = 1, .dst = 1, .app_idx = APP};
	assert_int_equal(bm_access_deliver_item(&s->f.access, 0, &rx, payload, len, &capture), BM_OK);
	assert_true(capture.answered);
	return capture.len;
}

static void test_of_more_sensors_than_a_message_holds_as_many_are_told_as_it_does(void **state)
{
	struct setup *s = *state;
	static struct bm_sensor many[120];
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_tx tx = {.dst = 2, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	for (size_t i = 0; i < BM_ARRAY_LEN(many); i++)
		many[i] = (struct bm_sensor){.property_id = (uint16_t)(i + 1), .raw = {(uint8_t)i}, .len = 2};
	s->server.refresh = NULL;
	s->server.sensors = many;
	s->server.count = BM_ARRAY_LEN(many);
	/* 94 values of 4 octets; 47 descriptors of 8 */
	assert_int_equal(answered(s, "8231", out), 1 + 94 * 4);
	assert_int_equal(out[1 + 93 * 4 + 2], 93);
	assert_int_equal(answered(s, "8230", out), 1 + 47 * 8);
	assert_int_equal(out[1 + 46 * 8], 47);
	assert_int_equal(bm_sensor_server_status(&s->server, &tx, 0), BM_ERR_TOO_LONG);
}

static void test_unknown_property_is_answered_without_octets(void **state)
{
	struct setup *s = *state;
	receive(s, "82314f00");
	floors_expect(&s->f, "52ff4f00");
}

static void test_prohibited_property_and_odd_length_are_dropped(void **state)
{
	struct setup *s = *state;
	receive(s, "82310000");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 1);
	receive(s, "823156");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 1);
	floors_expect_nothing(&s->f);
}

static void test_client_hands_on_each_value(void **state)
{
	struct setup *s = *state;
	receive(s, "52c20a1a01010108aa");
	assert_int_equal(s->values, 2);
	assert_int_equal(s->property_id, 0x0801);
	assert_hex(s->raw, s->len, "aa");
	receive(s, "52ff4f00");
	assert_int_equal(s->values, 3);
	assert_int_equal(s->property_id, 0x004f);
	assert_int_equal(s->len, 0);
	receive(s, "52");
	assert_int_equal(s->values, 3);
}

static void test_client_believes_nothing_of_a_malformed_status(void **state)
{
	struct setup *s = *state;
	receive(s, "52c20a1a010101");
	assert_int_equal(s->values, 0);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 1);
}

static void test_client_get_and_server_status_are_laid_out_right(void **state)
{
	struct setup *s = *state;
	const struct bm_tx tx = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_sensor_client_get(&s->client, &tx, 0, 0), BM_OK);
	floors_expect(&s->f, "8231");
	assert_int_equal(bm_sensor_client_get(&s->client, &tx, 0x0056, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82315600");
	assert_int_equal(bm_sensor_server_status(&s->server, &tx, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "52c20a1901010108aa");
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_get_without_a_property_tells_all),
		WITH_SETUP(test_get_with_a_property_tells_that_one),
		WITH_SETUP(test_of_more_sensors_than_a_message_holds_as_many_are_told_as_it_does),
		WITH_SETUP(test_unknown_property_is_answered_without_octets),
		WITH_SETUP(test_prohibited_property_and_odd_length_are_dropped),
		WITH_SETUP(test_client_hands_on_each_value),
		WITH_SETUP(test_client_believes_nothing_of_a_malformed_status),
		WITH_SETUP(test_client_get_and_server_status_are_laid_out_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
