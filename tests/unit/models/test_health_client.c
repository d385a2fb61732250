/*
 * Health Client: each request's octets, each status told, and the sample Health Current Statuses both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/health.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u

struct setup {
	struct floors f;
	struct bm_health_client client;
	uint32_t opcode;
	struct bm_health_fault_status faults;
	uint8_t codes[8];
	uint8_t value;
	size_t told;
};

static void told(struct bm_health_client *client, const struct bm_rx *rx)
{
	struct setup *s = client->ctx;
	s->opcode = rx->opcode;
	s->told++;
}

static void on_faults(struct bm_health_client *client, const struct bm_health_fault_status *status,
		      const struct bm_rx *rx)
{
	struct setup *s = client->ctx;
	told(client, rx);
	s->faults = *status;
	if (status->fault_count <= sizeof s->codes)
		memcpy(s->codes, status->faults, status->fault_count);
}

static void on_value(struct bm_health_client *client, uint8_t value, const struct bm_rx *rx)
{
	struct setup *s = client->ctx;
	told(client, rx);
	s->value = value;
}

static const struct bm_health_client_ops ops = {
	.current_status = on_faults,
	.fault_status = on_faults,
	.period_status = on_value,
	.attention_status = on_value,
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_health_client_init(&s->client, &ops, s);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->client.model), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
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

#define SENDS(call, hex)                         \
	do {                                     \
		assert_int_equal((call), BM_OK); \
		floors_expect(&s->f, hex);       \
	} while (0)

static void test_requests_are_sent_as_specified(void **state)
{
	struct setup *s = *state;
	struct bm_health_client *client = &s->client;
	const struct bm_tx tx = {.dst = FLOORS_PEER, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	SENDS(bm_health_client_fault_get(client, &tx, 0x02c4, floors_now(&s->f)), "8031c402");
	SENDS(bm_health_client_fault_clear(client, &tx, 0x02c4, true, floors_now(&s->f)), "802fc402");
	SENDS(bm_health_client_fault_clear(client, &tx, 0x02c4, false, floors_now(&s->f)), "8030c402");
	SENDS(bm_health_client_fault_test(client, &tx, 0x02c4, 9, true, floors_now(&s->f)), "803209c402");
	SENDS(bm_health_client_fault_test(client, &tx, 0x02c4, 9, false, floors_now(&s->f)), "803309c402");
	SENDS(bm_health_client_period_get(client, &tx, floors_now(&s->f)), "8034");
	SENDS(bm_health_client_period_set(client, &tx, 15, true, floors_now(&s->f)), "80350f");
	SENDS(bm_health_client_period_set(client, &tx, 1, false, floors_now(&s->f)), "803601");
	SENDS(bm_health_client_attention_get(client, &tx, floors_now(&s->f)), "8004");
	SENDS(bm_health_client_attention_set(client, &tx, 255, true, floors_now(&s->f)), "8005ff");
	SENDS(bm_health_client_attention_set(client, &tx, 0, false, floors_now(&s->f)), "800600");
	assert_int_equal(bm_health_client_period_set(client, &tx, 16, true, floors_now(&s->f)), BM_ERR_INVALID);
	floors_expect_nothing(&s->f);
}

static void test_statuses_are_told(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR, APP, "0503c4020107");
	assert_int_equal(s->opcode, BM_OP_HEALTH_FAULT_STATUS);
	assert_int_equal(s->faults.test_id, 3);
	assert_int_equal(s->faults.company, 0x02c4);
	assert_hex(s->codes, s->faults.fault_count, "0107");
	floors_receive(&s->f, FLOORS_ADDR, APP, "0400c402");
	assert_int_equal(s->opcode, BM_OP_HEALTH_CURRENT_STATUS);
	assert_int_equal(s->faults.fault_count, 0);
	floors_receive(&s->f, FLOORS_ADDR, APP, "80370f");
	assert_int_equal(s->opcode, BM_OP_HEALTH_PERIOD_STATUS);
	assert_int_equal(s->value, 15);
	floors_receive(&s->f, FLOORS_ADDR, APP, "8007ff");
	assert_int_equal(s->opcode, BM_OP_HEALTH_ATTENTION_STATUS);
	assert_int_equal(s->value, 255);
	assert_int_equal(s->told, 4);
}

static void test_malformed_statuses_are_dropped(void **state)
{
	struct setup *s = *state;
	static const char *const bad[] = {"04",   "0400",     "0400c4", "05",      "0500c4",
					  "8037", "80370101", "8007",   "80070101"};
	for (size_t i = 0; i < BM_ARRAY_LEN(bad); i++)
		floors_receive(&s->f, FLOORS_ADDR, APP, bad[i]);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), BM_ARRAY_LEN(bad));
	floors_receive(&s->f, FLOORS_ADDR, APP, "803710");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 1);
	assert_int_equal(s->told, 0);
}

static void test_sample_current_statuses_both_ways(void **state)
{
	struct setup *s = *state;
	json_t *root = vectors_load("messages.json");
	json_t *messages = json_object_get(root, "messages");
	size_t i, seen = 0;
	json_t *message;
	json_array_foreach(messages, i, message)
	{
		const char *name = json_string_value(json_object_get(message, "name"));
		if (!name || strncmp(name, "Health Current Status", 21) != 0)
			continue;
		seen++;
		const char *hex = json_string_value(
			json_object_get(json_object_get(message, "access"), "access_payload"));
		const json_t *fields = json_object_get(message, "fields");
		const json_t *faults = json_object_get(fields, "faults");
		const size_t before = s->told;
		floors_receive(&s->f, FLOORS_ADDR, APP, hex);
		assert_int_equal(s->told, before + 1);
		assert_int_equal(s->faults.test_id,
				 strtoul(json_string_value(json_object_get(fields, "test_id")), NULL, 16));
		assert_int_equal(s->faults.company,
				 strtoul(json_string_value(json_object_get(fields, "company_id")), NULL, 16));
		assert_int_equal(s->faults.fault_count, json_array_size(faults));
		for (size_t k = 0; k < s->faults.fault_count; k++)
			assert_int_equal(s->codes[k], strtoul(json_string_value(json_array_get(faults, k)), NULL, 16));
		uint8_t out[16];
		struct bm_writer w = bm_writer_of(out, sizeof out);
		s->faults.faults = s->codes;
		bm_health_put_fault_status(&w, BM_OP_HEALTH_CURRENT_STATUS, &s->faults);
		assert_hex(out, bm_writer_len(&w), hex);
	}
	assert_int_equal(seen, 3);
	json_decref(root);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_requests_are_sent_as_specified),
		WITH_SETUP(test_statuses_are_told),
		WITH_SETUP(test_malformed_statuses_are_dropped),
		WITH_SETUP(test_sample_current_statuses_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
