#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/onoff.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define MS BM_US_PER_MS

struct setup {
	struct floors f;
	struct bm_onoff_server server;
	struct bm_onoff_client client;
	size_t changes;
	bool present;
	uint32_t opcode;
	bool had_rx;
	bm_time changed_at;
	struct bm_onoff_status status;
	size_t statuses;
};

static void on_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct setup *s = ctx;
	s->changes++;
	s->present = present;
	s->opcode = opcode;
	s->had_rx = rx != NULL;
	s->changed_at = now;
}

static void on_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	s->status = *status;
	s->statuses++;
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_onoff_server_init(&s->server, false, on_change, s);
	bm_onoff_client_init(&s->client, on_status, s);
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

static void test_get_is_answered_with_the_state(void **state)
{
	struct setup *s = *state;
	receive(s, "8201");
	floors_expect(&s->f, "820400");
	bm_onoff_server_set(&s->server, true, floors_now(&s->f));
	assert_int_equal(s->changes, 0);
	receive(s, "8201");
	floors_expect(&s->f, "820401");
}

static void test_set_changes_at_once_and_is_answered(void **state)
{
	struct setup *s = *state;
	receive(s, "82020107");
	assert_int_equal(s->changes, 1);
	assert_true(s->present);
	assert_true(s->had_rx);
	assert_int_equal(s->opcode, BM_OP_ONOFF_SET);
	floors_expect(&s->f, "820401");
}

static void test_unacknowledged_set_is_not_answered(void **state)
{
	struct setup *s = *state;
	receive(s, "82030107");
	assert_int_equal(s->changes, 1);
	assert_int_equal(s->opcode, BM_OP_ONOFF_SET_UNACK);
	floors_expect_nothing(&s->f);
}

static void test_set_to_the_present_state_is_told_too(void **state)
{
	struct setup *s = *state;
	receive(s, "82030007");
	assert_int_equal(s->changes, 1);
	assert_false(s->present);
	receive(s, "820300084100");
	assert_int_equal(s->changes, 2);
	receive(s, "820300090002");
	assert_int_equal(s->changes, 2);
	floors_run(&s->f, 10 * MS);
	assert_int_equal(s->changes, 3);
}

static void test_repeated_transaction_is_answered_but_changes_nothing(void **state)
{
	struct setup *s = *state;
	receive(s, "82020107");
	floors_expect(&s->f, "820401");
	receive(s, "82020107");
	assert_int_equal(s->changes, 1);
	floors_expect(&s->f, "820401");
	/* Even with another value: the transaction is the old one. */
	receive(s, "82030007");
	assert_int_equal(s->changes, 1);
	floors_run(&s->f, 6 * BM_US_PER_S);
	receive(s, "82030007");
	assert_int_equal(s->changes, 2);
	assert_false(s->present);
}

static void test_transition_to_on_is_on_from_its_first_moment(void **state)
{
	struct setup *s = *state;
	receive(s, "820301014100"); /* 1 s */
	assert_int_equal(s->changes, 1);
	assert_true(s->present);
	receive(s, "8201");
	floors_run(&s->f, 60 * MS);
	/* The status was made when the Get came. */
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "820401010a");
	s->f.sent_count = 0;
	floors_run(&s->f, 390 * MS);
	receive(s, "8201");
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "8204010106"); /* 550 ms, rounded up */
	s->f.sent_count = 0;
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->changes, 1);
	receive(s, "8201");
	floors_expect(&s->f, "820401");
}

static void test_transition_to_off_is_on_until_its_end(void **state)
{
	struct setup *s = *state;
	bm_onoff_server_set(&s->server, true, 0);
	const bm_time began = floors_now(&s->f);
	receive(s, "820300010500"); /* 500 ms */
	assert_int_equal(s->changes, 0);
	floors_run(&s->f, 499 * MS);
	assert_int_equal(s->changes, 0);
	assert_true(s->server.present);
	assert_false(s->server.target);
	floors_run(&s->f, 2 * MS);
	assert_int_equal(s->changes, 1);
	assert_false(s->present);
	assert_false(s->had_rx);
	assert_int_equal(s->opcode, BM_OP_ONOFF_SET_UNACK);
	assert_int_equal(s->changed_at - began, 500 * MS);
}

static void test_delay_comes_before_the_transition(void **state)
{
	struct setup *s = *state;
	receive(s, "820201014114"); /* after 100 ms, over 1 s */
	assert_int_equal(s->changes, 0);
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "8204000141");
	floors_run(&s->f, 39 * MS);
	assert_int_equal(s->changes, 0);
	floors_run(&s->f, 2 * MS);
	assert_int_equal(s->changes, 1);
	assert_int_equal(s->changed_at, 100 * MS);
	assert_true(s->present);
}

static void test_a_new_set_ends_a_transition(void **state)
{
	struct setup *s = *state;
	bm_onoff_server_set(&s->server, true, 0);
	receive(s, "820300010500");
	receive(s, "82030102");
	assert_int_equal(s->changes, 1);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->changes, 1);
	assert_true(s->server.present);
	receive(s, "820300030500");
	bm_onoff_server_set(&s->server, true, floors_now(&s->f));
	floors_run(&s->f, BM_US_PER_S);
	assert_true(s->server.present);
}

static void test_prohibited_values_and_odd_lengths_are_dropped(void **state)
{
	struct setup *s = *state;
	receive(s, "82020207");
	receive(s, "820201073f00");
	receive(s, "82020107ff00");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 3);
	receive(s, "8202010741");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 1);
	assert_int_equal(s->changes, 0);
	floors_expect_nothing(&s->f);
	/* What was dropped was no transaction. */
	receive(s, "82030107");
	assert_int_equal(s->changes, 1);
}

static void test_a_change_is_published(void **state)
{
	struct setup *s = *state;
	const struct bm_publication publication = {.addr = 0xc001, .app_idx = APP, .ttl = 3};
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->server.model, &publication, NULL), BM_OK);
	receive(s, "82030107");
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].dst, 0xc001);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "820401");
	receive(s, "82030108");
	assert_int_equal(s->f.sent_count, 1);
	bm_onoff_server_set(&s->server, false, floors_now(&s->f));
	assert_int_equal(s->f.sent_count, 2);
}

static void test_client_messages_are_as_the_specification_lays_them_out(void **state)
{
	struct setup *s = *state;
	const struct bm_tx tx = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_onoff_client_get(&s->client, &tx, 0), BM_OK);
	floors_expect(&s->f, "8201");
	s->client.tid = 7;
	const bm_time now = floors_now(&s->f);
	assert_int_equal(bm_onoff_client_set(&s->client, &tx, true, true, 0xff, 0, now), BM_OK);
	floors_expect(&s->f, "82020107");
	assert_int_equal(bm_onoff_client_set(&s->client, &tx, false, false, 0x41, 20, now), BM_OK);
	floors_expect(&s->f, "820300084114");
	assert_int_equal(bm_onoff_client_set(&s->client, &tx, true, true, 0x7f, 0, now), BM_ERR_INVALID);
	const struct bm_tx unbound = {.dst = 0x0100, .app_idx = 5, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_onoff_client_get(&s->client, &unbound, now), BM_ERR_NOT_BOUND);
}

static void test_client_hands_on_a_status_that_is_whole(void **state)
{
	struct setup *s = *state;
	receive(s, "820401");
	assert_int_equal(s->statuses, 1);
	assert_true(s->status.present);
	assert_false(s->status.has_target);
	receive(s, "8204000105");
	assert_int_equal(s->statuses, 2);
	assert_false(s->status.present);
	assert_true(s->status.has_target);
	assert_true(s->status.target);
	assert_int_equal(s->status.remaining, 5);
	receive(s, "82040001");
	receive(s, "820402");
	assert_int_equal(s->statuses, 2);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 1);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 1);
}

/* The whole way within one node: client, transport, network's local interface, server, and back. */
static void test_client_and_server_of_one_node_talk(void **state)
{
	struct setup *s = *state;
	const struct bm_tx tx = {.dst = FLOORS_ADDR, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_onoff_client_set(&s->client, &tx, true, true, 0xff, 0, 0), BM_OK);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->changes, 1);
	assert_int_equal(s->statuses, 1);
	assert_true(s->status.present);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_get_is_answered_with_the_state),
		WITH_SETUP(test_set_changes_at_once_and_is_answered),
		WITH_SETUP(test_unacknowledged_set_is_not_answered),
		WITH_SETUP(test_set_to_the_present_state_is_told_too),
		WITH_SETUP(test_repeated_transaction_is_answered_but_changes_nothing),
		WITH_SETUP(test_transition_to_on_is_on_from_its_first_moment),
		WITH_SETUP(test_transition_to_off_is_on_until_its_end),
		WITH_SETUP(test_delay_comes_before_the_transition),
		WITH_SETUP(test_a_new_set_ends_a_transition),
		WITH_SETUP(test_prohibited_values_and_odd_lengths_are_dropped),
		WITH_SETUP(test_a_change_is_published),
		WITH_SETUP(test_client_messages_are_as_the_specification_lays_them_out),
		WITH_SETUP(test_client_hands_on_a_status_that_is_whole),
		WITH_SETUP(test_client_and_server_of_one_node_talk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
