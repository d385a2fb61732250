#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "blemesh/default_transition_time.h"
#include "blemesh/onoff.h"
#include "models/transition.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define MS BM_US_PER_MS

struct setup {
	struct floors f;
	struct bm_default_transition_time_server server;
	struct bm_default_transition_time_client client;
	struct bm_onoff_server onoff;
	size_t changes;
	uint8_t changed_to;
	size_t statuses;
	uint8_t status;
};

static void on_change(void *ctx, uint8_t transition, const struct bm_rx *rx, bm_time now)
{
	struct setup *s = ctx;
	(void)rx, (void)now;
	s->changes++;
	s->changed_to = transition;
}

static void on_status(void *ctx, uint8_t transition, const struct bm_rx *rx)
{
	struct setup *s = ctx;
	(void)rx;
	s->statuses++;
	s->status = transition;
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_default_transition_time_server_init(&s->server, on_change, s);
	bm_default_transition_time_client_init(&s->client, on_status, s);
	bm_onoff_server_init(&s->onoff, false, NULL, NULL);
	struct bm_model *models[] = {&s->server.model, &s->client.model, &s->onoff.model};
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

static void test_it_is_at_once_until_set(void **state)
{
	struct setup *s = *state;
	receive(s, "820d");
	floors_expect(&s->f, "821000");
	assert_int_equal(bm_default_transition_time_server_set(&s->server, 0x41, floors_now(&s->f)), BM_OK);
	assert_int_equal(s->changes, 0);
	receive(s, "820d");
	floors_expect(&s->f, "821041");
}

static void test_every_octet_is_taken_but_those_prohibited(void **state)
{
	struct setup *s = *state;
	for (unsigned octet = 0; octet < 256; octet++) {
		char set[16], status[16];
		const uint8_t before = s->server.transition;
		const size_t changes = s->changes;
		const uint32_t dropped = floors_dropped(&s->f, BM_DROP_BAD_VALUE);
		snprintf(set, sizeof set, "820e%02x", octet);
		snprintf(status, sizeof status, "8210%02x", octet);
		receive(s, set);
		if ((octet & 0x3f) == 0x3f) {
			floors_expect_nothing(&s->f);
			assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), dropped + 1);
			assert_int_equal(s->server.transition, before);
			assert_int_equal(bm_default_transition_time_server_set(&s->server, (uint8_t)octet, 0),
					 BM_ERR_INVALID);
			receive(s, status);
			assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), dropped + 2);
			continue;
		}
		floors_expect(&s->f, status);
		assert_int_equal(s->changes, changes + 1);
		assert_int_equal(s->changed_to, octet);
		receive(s, status);
		assert_int_equal(s->status, octet);
	}
	assert_int_equal(s->statuses, 252);
}

static void test_unacknowledged_set_is_not_answered(void **state)
{
	struct setup *s = *state;
	receive(s, "820f05");
	assert_int_equal(s->server.transition, 5);
	floors_expect_nothing(&s->f);
}

static void test_other_lengths_are_dropped(void **state)
{
	struct setup *s = *state;
	static const char *const wrong[] = {"820d00", "820e", "820e0101", "820f", "820f0101", "8210", "82100101"};
	for (size_t i = 0; i < BM_ARRAY_LEN(wrong); i++) {
		receive(s, wrong[i]);
		assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), i + 1);
	}
	assert_int_equal(s->changes + s->statuses, 0);
	floors_expect_nothing(&s->f);
}

static void test_a_change_is_published_once(void **state)
{
	struct setup *s = *state;
	const struct bm_publication publication = {.addr = 0xc001, .app_idx = APP, .ttl = 3};
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->server.model, &publication, NULL), BM_OK);
	receive(s, "820f41");
	receive(s, "820f41");
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].dst, 0xc001);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "821041");
	assert_int_equal(bm_default_transition_time_server_set(&s->server, 0, floors_now(&s->f)), BM_OK);
	assert_int_equal(s->f.sent_count, 2);
}

static void test_an_onoff_server_tied_to_it_takes_its_time(void **state)
{
	struct setup *s = *state;
	receive(s, "820f05"); /* 500 ms */
	bm_onoff_server_set(&s->onoff, true, 0);
	receive(s, "82030001");
	assert_false(s->onoff.present); /* not tied yet */
	bm_onoff_server_use_default_transition_time(&s->onoff, &s->server);
	receive(s, "82030102");
	receive(s, "82030003");
	floors_run(&s->f, 499 * MS);
	assert_true(s->onoff.present);
	floors_run(&s->f, 1 * MS);
	assert_false(s->onoff.present);
	/* A Set that says its time is not touched, also if that is none. */
	bm_onoff_server_set(&s->onoff, true, floors_now(&s->f));
	receive(s, "820300040000");
	assert_false(s->onoff.present);
	receive(s, "82020105");
	floors_expect(&s->f, "8204010105");
}

static void test_client_messages_are_as_the_specification_lays_them_out(void **state)
{
	struct setup *s = *state;
	const struct bm_tx tx = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	struct bm_default_transition_time_client *c = &s->client;
	assert_int_equal(bm_default_transition_time_client_get(c, &tx, 0), BM_OK);
	floors_expect(&s->f, "820d");
	assert_int_equal(bm_default_transition_time_client_set(c, &tx, 0xfe, true, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820efe");
	assert_int_equal(bm_default_transition_time_client_set(c, &tx, 0x41, false, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820f41");
	assert_int_equal(bm_default_transition_time_client_set(c, &tx, 0xbf, true, floors_now(&s->f)), BM_ERR_INVALID);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_it_is_at_once_until_set),
		WITH_SETUP(test_every_octet_is_taken_but_those_prohibited),
		WITH_SETUP(test_unacknowledged_set_is_not_answered),
		WITH_SETUP(test_other_lengths_are_dropped),
		WITH_SETUP(test_a_change_is_published_once),
		WITH_SETUP(test_an_onoff_server_tied_to_it_takes_its_time),
		WITH_SETUP(test_client_messages_are_as_the_specification_lays_them_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
