#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/foundation/config_client.h"
#include "models/foundation/config_server.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define DST 0x0100u
#define OTHER 0x0200u
#define S BM_US_PER_S

struct setup {
	struct floors f;
	struct bm_config_client client;
	struct bm_config_server server;
	void *requests;
	size_t done_count;
	enum bm_err result;
	uint32_t opcode;
	uint8_t params[32];
	size_t len;
	bool again; /* ask anew from within done */
};

static struct bm_node *node_of(struct setup *s)
{
	return (struct bm_node *)(void *)&s->client;
}

static void done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct setup *s = ctx;
	s->done_count++;
	s->result = result;
	s->opcode = opcode;
	s->len = len;
	if (len)
		memcpy(s->params, params, len < sizeof s->params ? len : sizeof s->params);
	if (s->again) {
		s->again = false;
		assert_int_equal(bm_config_request(node_of(s), 0, DST, 0x800c, NULL, 0, 0, done, s, now), BM_OK);
	}
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.remote_dev_keys = 2;
	limits.config_requests = 2;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	struct bm_arena arena = {0};
	bm_config_client_carve(&s->client, &limits, &arena);
	s->requests = calloc(1, arena.used);
	arena = (struct bm_arena){.mem = s->requests, .size = arena.used};
	bm_config_client_carve(&s->client, &limits, &arena);
	bm_config_client_init(&s->client, &s->f.access, &limits);
	bm_config_server_init(&s->server, &s->f.access, NULL, NULL);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->client.model), BM_OK);
	floors_start(&s->f);
	static const uint8_t key[16] = {1};
	struct bm_dev_keys *keys = bm_transport_dev_keys(&s->f.transport);
	assert_int_equal(bm_dev_key_add(keys, DST, 1, key), BM_OK);
	assert_int_equal(bm_dev_key_add(keys, OTHER, 1, key), BM_OK);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;
	floors_end(&s->f);
	free(s->requests);
	free(s);
	return 0;
}

static enum bm_err request(struct setup *s, uint16_t dst, uint32_t opcode, const char *params)
{
	uint8_t octets[80];
	const size_t len = hex_decode(params, octets, sizeof octets);
	return bm_config_request(node_of(s), 0, dst, opcode, octets, len, 0, done, s, floors_now(&s->f));
}

static void status_from(struct setup *s, uint16_t src, const char *hex)
{
	const struct bm_transport_rx rx = {
		.src = src, .dst = FLOORS_ADDR, .app_idx = BM_APP_IDX_DEV_REMOTE, .ttl = 5, .rssi = 127};
	floors_receive_from(&s->f, &rx, hex);
}

static void test_requests_of_a_first_configuration_are_laid_out_right(void **state)
{
	struct setup *s = *state;
	uint8_t key[16];
	hex_decode("63964771734fbd76e3b40519d1d94a48", key, sizeof key);
	struct bm_node *node = node_of(s);
	assert_int_equal(bm_config_composition_get(node, 0, DST, 0, done, s, 0), BM_OK);
	assert_int_equal(s->f.sent[0].app_idx, BM_APP_IDX_DEV_REMOTE);
	assert_int_equal(s->f.sent[0].dst, DST);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "800800");
	status_from(s, DST, "0200c402010002008000030000000000");
	floors_run(&s->f, S);
	/* Message 6 of the samples. */
	assert_int_equal(bm_config_app_key_add(node, 0x456, OTHER, 0x123, key, done, s, S), BM_ERR_NO_KEY);
	assert_int_equal(bm_subnet_add(bm_net_subnets(&s->f.net), 0x456, key, false, &(struct bm_subnet *){NULL}),
			 BM_OK);
	assert_int_equal(bm_config_app_key_add(node, 0x456, OTHER, 0x123, key, done, s, 0), BM_OK);
	assert_hex(s->f.sent[1].octets, s->f.sent[1].len, "0056341263964771734fbd76e3b40519d1d94a48");
	const struct bm_model_id vendor = {.vendor = true, .company = 0x0059, .id = 0x0001};
	assert_int_equal(bm_config_model_app_bind(node, 0, DST, DST, 1, &vendor, done, s, 0), BM_OK);
	assert_hex(s->f.sent[2].octets, s->f.sent[2].len, "803d0001010059000100");
}

static void test_answer_is_handed_on_once(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	floors_run(&s->f, 100000);
	status_from(s, DST, "800e07");
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->result, BM_OK);
	assert_int_equal(s->opcode, 0x800e);
	assert_hex(s->params, s->len, "07");
	status_from(s, DST, "800e07");
	floors_run(&s->f, 60 * S);
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->f.sent_count, 1);
}

static void test_only_the_answer_that_belongs_counts(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, DST, 0x803d,
				 "0001"
				 "0100"
				 "0010"),
			 BM_OK);
	status_from(s, OTHER, "803e00000101000010"); /* another node's */
	status_from(s, DST, "800e07");               /* another message's */
	status_from(s, DST, "803e00000101000110");   /* another model's */
	status_from(s, DST, "803e00000102000010");   /* another key's */
	status_from(s, DST, "803e0000010100001000"); /* too long */
	assert_int_equal(s->done_count, 0);
	status_from(s, DST, "803e0d000101000010");
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->params[0], BM_CONFIG_CANNOT_BIND);
}

static void test_repeats_with_a_growing_pause_until_the_time_out(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	floors_run(&s->f, 60 * S);
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->result, BM_ERR_TIMEOUT);
	assert_int_equal(s->len, 0);
	static const uint64_t at_s[] = {0, 2, 5, 9, 14};
	assert_int_equal(s->f.sent_count, BM_ARRAY_LEN(at_s));
	for (size_t i = 0; i < BM_ARRAY_LEN(at_s); i++)
		assert_int_equal(s->f.sent[i].at / S, at_s[i]);
	/* The slot is free again, and the next request's time-out is its own. */
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	status_from(s, DST, "800e07");
	assert_int_equal(s->result, BM_OK);
}

static void test_segmented_request_pauses_after_it_is_out(void **state)
{
	struct setup *s = *state;
	/* AppKey Add, in two segments that nobody acknowledges. */
	assert_int_equal(request(s, DST, 0x00, "00100063964771734fbd76e3b40519d1d94a48"), BM_OK);
	assert_true(s->f.sent[0].segmented);
	bm_time out = 0;
	while (bm_transport_busy(&s->f.transport)) {
		floors_run(&s->f, 10000);
		out = floors_now(&s->f);
	}
	assert_int_equal(s->f.sent_count, 1);
	floors_run(&s->f, 2 * S);
	assert_int_equal(s->f.sent_count, 2);
	assert_in_range(s->f.sent[1].at, out + 2 * S - 20000, out + 2 * S);
	status_from(s, DST, "800300001000");
	assert_int_equal(s->done_count, 1);
	/* The slot waits until the transport is done with it; the other one takes a new request. */
	assert_true(bm_transport_busy(&s->f.transport));
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	assert_int_equal(request(s, OTHER, 0x800c, ""), BM_ERR_BUSY);
	floors_run(&s->f, 15 * S);
	assert_int_equal(request(s, OTHER, 0x800c, ""), BM_OK);
	assert_int_equal(s->done_count, 1);
}

static void test_one_request_a_destination(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	assert_int_equal(request(s, DST, 0x8026, ""), BM_ERR_BUSY);
	assert_int_equal(request(s, OTHER, 0x8026, ""), BM_OK);
	status_from(s, OTHER, "80280212");
	assert_int_equal(s->opcode, 0x8028);
	status_from(s, DST, "800e07");
	assert_int_equal(s->opcode, 0x800e);
	assert_int_equal(s->done_count, 2);
}

static void test_what_cannot_be_asked_is_refused(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, 0x0300, 0x800c, ""), BM_ERR_NO_KEY);
	assert_int_equal(request(s, 0xc000, 0x800c, ""), BM_ERR_INVALID);
	assert_int_equal(request(s, DST, 0x800e, ""), BM_ERR_INVALID);
	const uint8_t params[BM_ACCESS_MAX] = {0};
	assert_int_equal(bm_config_request(node_of(s), 0, DST, 0x800c, params, sizeof params, 0, done, s, 0),
			 BM_ERR_TOO_LONG);
	assert_int_equal(bm_config_request(NULL, 0, DST, 0x800c, NULL, 0, 0, done, s, 0), BM_ERR_NOT_SUPPORTED);
	assert_int_equal(s->done_count, 0);
	/* None of these holds a slot. */
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	assert_int_equal(request(s, OTHER, 0x800c, ""), BM_OK);
}

static void test_done_may_ask_anew(void **state)
{
	struct setup *s = *state;
	s->again = true;
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	status_from(s, DST, "800e07");
	assert_int_equal(s->done_count, 1);
	floors_run(&s->f, 100000);
	status_from(s, DST, "800e05");
	assert_int_equal(s->done_count, 2);
	assert_hex(s->params, s->len, "05");
}

static void test_reset_cancels_what_waits(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	bm_config_client_reset(&s->client);
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->result, BM_ERR_CANCELLED);
	floors_run(&s->f, 60 * S);
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->f.sent_count, 1);
	/* And one whose keys went without a word. */
	assert_int_equal(request(s, DST, 0x800c, ""), BM_OK);
	bm_transport_reset(&s->f.transport);
	floors_run(&s->f, 60 * S);
	assert_int_equal(s->done_count, 2);
	assert_int_equal(s->result, BM_ERR_CANCELLED);
}

/* Client and server in one node, through transport and network's local interface. */
static void test_a_node_configures_itself(void **state)
{
	struct setup *s = *state;
	assert_int_equal(request(s, FLOORS_ADDR, 0x800d, "05"), BM_OK);
	floors_run(&s->f, S);
	assert_int_equal(s->done_count, 1);
	assert_int_equal(s->result, BM_OK);
	assert_hex(s->params, s->len, "05");
	assert_int_equal(s->f.access.default_ttl, 5);
	assert_int_equal(bm_config_composition_get(node_of(s), 0, FLOORS_ADDR, 0, done, s, floors_now(&s->f)), BM_OK);
	floors_run(&s->f, 5 * S);
	assert_int_equal(s->done_count, 2);
	assert_int_equal(s->opcode, 0x02);
	assert_hex(s->params, s->len, "00c40201000200800000000000020000000100");
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_requests_of_a_first_configuration_are_laid_out_right),
		WITH_SETUP(test_answer_is_handed_on_once),
		WITH_SETUP(test_only_the_answer_that_belongs_counts),
		WITH_SETUP(test_repeats_with_a_growing_pause_until_the_time_out),
		WITH_SETUP(test_segmented_request_pauses_after_it_is_out),
		WITH_SETUP(test_one_request_a_destination),
		WITH_SETUP(test_what_cannot_be_asked_is_refused),
		WITH_SETUP(test_done_may_ask_anew),
		WITH_SETUP(test_reset_cancels_what_waits),
		WITH_SETUP(test_a_node_configures_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
