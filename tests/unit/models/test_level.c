#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "blemesh/default_transition_time.h"
#include "blemesh/level.h"
#include "models/transition.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define MS BM_US_PER_MS
#define OTHER_PEER 0x0002u

struct setup {
	struct floors f;
	struct bm_level_server server;
	struct bm_level_client client;
	struct bm_default_transition_time_server default_time;
	size_t changes;
	int16_t present;
	uint32_t opcode;
	bool had_rx;
	bm_time changed_at;
	uint64_t closest; /* the shortest time between two changes told */
	struct bm_level_status status;
	size_t statuses;
};

static void on_change(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct setup *s = ctx;
	if (s->changes > 0 && now - s->changed_at < s->closest)
		s->closest = now - s->changed_at;
	s->changes++;
	s->present = present;
	s->opcode = opcode;
	s->had_rx = rx != NULL;
	s->changed_at = now;
}

static void on_status(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx)
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
	s->closest = UINT64_MAX;
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_level_server_init(&s->server, 0, on_change, s);
	bm_level_client_init(&s->client, on_status, s);
	bm_default_transition_time_server_init(&s->default_time, NULL, NULL);
	bm_level_server_use_default_transition_time(&s->server, &s->default_time);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->client.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->default_time.model), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	assert_int_equal(bm_access_bind(&s->f.access, &s->server.model, APP), BM_OK);
	assert_int_equal(bm_access_bind(&s->f.access, &s->client.model, APP), BM_OK);
	assert_int_equal(bm_access_bind(&s->f.access, &s->default_time.model, APP), BM_OK);
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

static void receive_from(struct setup *s, uint16_t src, const char *hex)
{
	const struct bm_transport_rx rx = {.src = src, .dst = FLOORS_ADDR, .app_idx = APP, .ttl = 5, .rssi = -40};
	floors_receive_from(&s->f, &rx, hex);
}

static int level(struct setup *s)
{
	return bm_level_server_present(&s->server, floors_now(&s->f));
}

/* What a Get that comes now is answered with, without time passing before it is made. */
static void expect_status_now(struct setup *s, const char *hex)
{
	receive(s, "8205");
	floors_run(&s->f, 60 * MS);
	assert_int_equal(s->f.sent_count, 1);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, hex);
	s->f.sent_count = 0;
}

static void test_get_is_answered_with_the_level(void **state)
{
	struct setup *s = *state;
	receive(s, "8205");
	floors_expect(&s->f, "82080000");
	bm_level_server_set(&s->server, -2, floors_now(&s->f));
	assert_int_equal(s->changes, 0);
	receive(s, "8205");
	floors_expect(&s->f, "8208feff");
}

static void test_set_changes_at_once_and_is_answered(void **state)
{
	struct setup *s = *state;
	receive(s, "8206008001");
	assert_int_equal(s->changes, 1);
	assert_int_equal(s->present, -32768);
	assert_true(s->had_rx);
	assert_int_equal(s->opcode, BM_OP_LEVEL_SET);
	floors_expect(&s->f, "82080080");
	receive(s, "8207ff7f02");
	assert_int_equal(s->present, 32767);
	assert_int_equal(s->opcode, BM_OP_LEVEL_SET_UNACK);
	floors_expect_nothing(&s->f);
	/* To where it is: told too. */
	receive(s, "8207ff7f03");
	assert_int_equal(s->changes, 3);
}

static void test_a_transaction_is_of_its_source_destination_and_six_seconds(void **state)
{
	struct setup *s = *state;
	receive(s, "8206010007");
	floors_expect(&s->f, "82080100");
	receive(s, "8206020007");
	floors_expect(&s->f, "82080100");
	receive_from(s, OTHER_PEER, "8207030007");
	assert_int_equal(level(s), 3);
	receive(s, "8207040007");
	assert_int_equal(level(s), 3);
	/* A Delta or a Move with the transaction of a Set is a repetition as well. */
	receive(s, "820a0500000007");
	receive(s, "820c0500074100");
	assert_int_equal(level(s), 3);
	floors_run(&s->f, 6 * BM_US_PER_S);
	receive(s, "8207040007");
	assert_int_equal(level(s), 4);
}

static void test_every_transition_time_ends_at_its_time(void **state)
{
	struct setup *s = *state;
	for (unsigned octet = 0; octet < 256; octet++) {
		char hex[32];
		bm_level_server_set(&s->server, -1000, floors_now(&s->f));
		const size_t before = s->changes;
		const uint32_t dropped = floors_dropped(&s->f, BM_DROP_BAD_VALUE);
		snprintf(hex, sizeof hex, "8207e803%02x%02x00", octet, octet);
		receive(s, hex);
		if ((octet & 0x3f) == 0x3f) {
			assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), dropped + 1);
			floors_run(&s->f, 60 * BM_US_PER_S);
			assert_int_equal(level(s), -1000);
			assert_int_equal(s->changes, before);
			continue;
		}
		const uint64_t duration = bm_transition_us((uint8_t)octet);
		if (duration > 0) {
			const bm_time began = floors_now(&s->f);
			assert_int_equal(bm_level_server_present(&s->server, began + duration / 4), -500);
			assert_int_equal(bm_level_server_present(&s->server, began + duration / 2), 0);
			assert_int_equal(bm_level_server_present(&s->server, began + duration - 1), 999);
			floors_run(&s->f, duration - 1);
			assert_int_not_equal(s->server.present, 1000);
			floors_run(&s->f, 1);
		}
		assert_int_equal(s->server.present, 1000);
		assert_int_equal(s->present, 1000);
	}
}

static void test_a_transition_is_told_every_100_ms_and_at_its_end(void **state)
{
	struct setup *s = *state;
	const bm_time began = floors_now(&s->f);
	receive(s, "8207e803014100"); /* to 1000 in 1 s */
	assert_int_equal(s->changes, 0);
	floors_run(&s->f, 150 * MS);
	assert_int_equal(s->changes, 1);
	assert_int_equal(s->present, 100);
	assert_false(s->had_rx);
	assert_int_equal(s->opcode, BM_OP_LEVEL_SET_UNACK);
	floors_run(&s->f, 850 * MS);
	assert_int_equal(s->present, 1000);
	assert_int_equal(s->changed_at - began, BM_US_PER_S);
	assert_in_range(s->changes, 10, 11);
	floors_run(&s->f, BM_US_PER_S);
	assert_in_range(s->changes, 10, 11);
	assert_true(s->closest >= 99 * MS);
	/* Ten steps in 62 × 10 minutes: no step is told twice, and there is no tick between. */
	s->changes = 0;
	s->closest = UINT64_MAX;
	receive(s, "8207f20302fe00");
	floors_run(&s->f, bm_transition_us(0xfe));
	assert_in_range(s->changes, 10, 11);
	assert_int_equal(s->present, 1010);
	assert_true(s->closest > 100 * BM_US_PER_S);
}

static void test_status_says_target_and_remaining_time(void **state)
{
	struct setup *s = *state;
	receive(s, "8206e803014114"); /* after 100 ms, to 1000 in 1 s */
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "82080000e80341");
	s->f.sent_count = 0;
	floors_run(&s->f, 540 * MS);
	expect_status_now(s, "8208f401e80305");
	floors_run(&s->f, 90 * MS);
	expect_status_now(s, "82088a02e80304"); /* 350 ms, rounded up */
	floors_run(&s->f, BM_US_PER_S);
	expect_status_now(s, "8208e803");
}

static void test_the_level_is_right_when_the_node_was_not_run(void **state)
{
	struct setup *s = *state;
	receive(s, "8207e803014114");
	const bm_time now = floors_now(&s->f);
	assert_int_equal(bm_level_server_present(&s->server, now + 100 * MS), 0);
	assert_int_equal(bm_level_server_present(&s->server, now + 600 * MS), 500);
	assert_int_equal(bm_level_server_present(&s->server, now + 1100 * MS), 1000);
	/* Run late: the transition began when the delay was over. */
	bm_timers_advance(&s->f.env.timers, now + 600 * MS);
	bm_timers_run(&s->f.env.timers);
	assert_int_equal(level(s), 500);
	bm_timers_advance(&s->f.env.timers, now + 1100 * MS);
	bm_timers_run(&s->f.env.timers);
	assert_int_equal(s->present, 1000);
}

static void test_a_new_set_starts_from_where_the_old_one_got(void **state)
{
	struct setup *s = *state;
	receive(s, "8207e803014100");
	floors_run(&s->f, 500 * MS);
	receive(s, "8207f401024100"); /* to 500, where it is */
	assert_int_equal(s->present, 500);
	floors_run(&s->f, 2 * BM_US_PER_S);
	assert_int_equal(level(s), 500);
	receive(s, "82070000034100");
	floors_run(&s->f, 500 * MS);
	assert_int_equal(level(s), 250);
	bm_level_server_set(&s->server, 7, floors_now(&s->f));
	floors_run(&s->f, 2 * BM_US_PER_S);
	assert_int_equal(level(s), 7);
}

static void test_delta_counts_from_the_transactions_start(void **state)
{
	struct setup *s = *state;
	receive(s, "82090a00000001");
	assert_int_equal(s->opcode, BM_OP_LEVEL_DELTA_SET);
	floors_expect(&s->f, "82080a00");
	/* The same again is a retransmission; another delta replaces the first. */
	receive(s, "820a0a00000001");
	assert_int_equal(level(s), 10);
	assert_int_equal(s->changes, 1);
	receive(s, "820a1900000001");
	assert_int_equal(level(s), 25);
	receive(s, "820af6ffffff01");
	assert_int_equal(level(s), -10);
	/* Each one keeps the transaction alive for six seconds. */
	floors_run(&s->f, 5 * BM_US_PER_S);
	receive(s, "820a0100000001");
	assert_int_equal(level(s), 1);
	floors_run(&s->f, 5 * BM_US_PER_S);
	receive(s, "820a0200000001");
	assert_int_equal(level(s), 2);
	/* A new transaction starts where the level is. */
	receive(s, "820a0200000002");
	assert_int_equal(level(s), 4);
	floors_run(&s->f, 6 * BM_US_PER_S);
	receive(s, "820a0200000002");
	assert_int_equal(level(s), 6);
}

static void test_delta_of_a_transaction_on_its_way_is_replaced(void **state)
{
	struct setup *s = *state;
	receive(s, "820ae8030000014100"); /* +1000 in 1 s */
	floors_run(&s->f, 500 * MS);
	assert_int_equal(level(s), 500);
	receive(s, "820af4010000014100"); /* +500: from 0, so it is there */
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(level(s), 500);
	receive(s, "820ad0070000014100");
	assert_int_equal(s->server.target, 2000);
}

static void test_delta_stays_within_the_range(void **state)
{
	struct setup *s = *state;
	receive(s, "820affffff7f01");
	assert_int_equal(level(s), 32767);
	receive(s, "820a0000008001");
	assert_int_equal(level(s), -32768);
	receive(s, "820a0000008002");
	assert_int_equal(level(s), -32768);
	receive(s, "820affff000003"); /* the whole range */
	assert_int_equal(level(s), 32767);
}

static void test_move_goes_on_to_the_end_of_the_range(void **state)
{
	struct setup *s = *state;
	receive(s, "820be803014100"); /* 1000 a second */
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "82080000ff7f61"); /* 32.767 s */
	s->f.sent_count = 0;
	floors_run(&s->f, 2440 * MS);
	assert_int_equal(level(s), 2500);
	floors_run(&s->f, 30267 * MS - 1);
	assert_int_equal(level(s), 32766);
	floors_run(&s->f, 1);
	assert_int_equal(s->present, 32767);
	assert_int_equal(s->opcode, BM_OP_LEVEL_MOVE_SET);
	expect_status_now(s, "8208ff7f");
	bm_level_server_set(&s->server, 32766, floors_now(&s->f));
	receive(s, "820c0700050100"); /* 7 in 100 ms: 1 in 14285.7 µs */
	assert_int_equal(bm_level_server_present(&s->server, floors_now(&s->f) + 14285), 32766);
	assert_int_equal(bm_level_server_present(&s->server, floors_now(&s->f) + 14286), 32767);
	bm_level_server_set(&s->server, 32767, floors_now(&s->f));
	receive(s, "820c0080020100"); /* −32768 in 100 ms */
	floors_run(&s->f, 100 * MS);
	assert_int_equal(level(s), -1);
	floors_run(&s->f, 200 * MS);
	assert_int_equal(s->present, -32768);
	receive(s, "820be803034114"); /* the whole time remains while the delay runs */
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "82080080ff7f87");
}

static void test_the_slowest_move_takes_its_time(void **state)
{
	struct setup *s = *state;
	bm_level_server_set(&s->server, -32768, 0);
	receive(s, "820b010001fe00"); /* 1 in 62 × 10 minutes */
	floors_run(&s->f, 60 * MS);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "82080080ff7f3f");
	s->f.sent_count = 0;
	const uint64_t step = bm_transition_us(0xfe);
	assert_int_equal(bm_level_server_present(&s->server, step - 1), -32768);
	assert_int_equal(bm_level_server_present(&s->server, step), -32767);
	assert_int_equal(bm_level_server_present(&s->server, 65534 * step), 32766);
	assert_int_equal(bm_level_server_present(&s->server, 65535 * step), 32767);
}

static void test_move_without_speed_stops(void **state)
{
	struct setup *s = *state;
	receive(s, "820ce803014100");
	floors_run(&s->f, BM_US_PER_S);
	receive(s, "820c0000024100"); /* delta 0 */
	assert_int_equal(s->present, 1000);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(level(s), 1000);
	receive(s, "820c18fc034100");
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(level(s), 0);
	receive(s, "820be803040000"); /* transition time 0 */
	floors_expect(&s->f, "82080000");
	receive(s, "820ce803054100");
	floors_run(&s->f, BM_US_PER_S);
	receive(s, "820ce80306"); /* none, and no default */
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(level(s), 1000);
	receive(s, "820ce803070014"); /* after a delay */
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(level(s), 1000);
	assert_int_equal(s->server.target, 1000);
}

static void test_the_default_transition_time_is_for_a_set_without(void **state)
{
	struct setup *s = *state;
	receive(s, "820f41");
	receive(s, "8207e80301");
	floors_run(&s->f, 500 * MS);
	assert_int_equal(level(s), 500);
	receive(s, "8207e803020000"); /* says: at once */
	assert_int_equal(level(s), 1000);
	receive(s, "820a18fcffff03");
	floors_run(&s->f, 500 * MS);
	assert_int_equal(level(s), 500);
	receive(s, "820ce80304");
	floors_run(&s->f, 2 * BM_US_PER_S);
	assert_int_equal(level(s), 2500);
	bm_level_server_use_default_transition_time(&s->server, NULL);
	receive(s, "8207e80305");
	assert_int_equal(level(s), 1000);
}

static void test_prohibited_values_and_odd_lengths_are_dropped(void **state)
{
	struct setup *s = *state;
	receive(s, "8206e803073f00");
	receive(s, "8209e8030000077f00");
	receive(s, "820be80307ff00");
	receive(s, "8207e80307bf00");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 4);
	receive(s, "8206e8030741");
	receive(s, "8209e80300000741");
	receive(s, "820be8030741");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 3);
	assert_int_equal(s->changes, 0);
	floors_expect_nothing(&s->f);
	/* What was dropped was no transaction. */
	receive(s, "8207e80307");
	assert_int_equal(s->changes, 1);
}

static void test_every_length_of_every_opcode(void **state)
{
	struct setup *s = *state;
	static const size_t shortest[] = {0, 3, 3, 2, 5, 5, 3, 3};
	for (unsigned i = 0; i < BM_ARRAY_LEN(shortest); i++) {
		for (size_t len = 0; len <= 10; len++) {
			char hex[32] = {0};
			snprintf(hex, sizeof hex, "82%02x", 5 + i);
			for (size_t at = 0; at < len; at++)
				snprintf(hex + 4 + 2 * at, 3, "%02zx", len);
			const size_t before = floors_dropped(&s->f, BM_DROP_BAD_LENGTH);
			receive(s, hex);
			const size_t longer = BM_OP_LEVEL_GET + i == BM_OP_LEVEL_STATUS ? 3 : 2;
			const bool whole = len == shortest[i] || (i > 0 && len == shortest[i] + longer);
			assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH) - before, !whole);
		}
	}
}

static void test_a_change_is_published(void **state)
{
	struct setup *s = *state;
	const struct bm_publication publication = {.addr = 0xc001, .app_idx = APP, .ttl = 3};
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->server.model, &publication, NULL), BM_OK);
	receive(s, "8207010001");
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].dst, 0xc001);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "82080100");
	receive(s, "8207010002");
	assert_int_equal(s->f.sent_count, 1);
	/* A transition: at its start and at its end, not on the way. */
	receive(s, "8207e903034100");
	assert_int_equal(s->f.sent_count, 2);
	assert_hex(s->f.sent[1].octets, s->f.sent[1].len, "82080100e9030a");
	floors_run(&s->f, 999 * MS);
	assert_int_equal(s->f.sent_count, 2);
	floors_run(&s->f, 2 * MS);
	assert_int_equal(s->f.sent_count, 3);
	assert_hex(s->f.sent[2].octets, s->f.sent[2].len, "8208e903");
	bm_level_server_set(&s->server, 0, floors_now(&s->f));
	assert_int_equal(s->f.sent_count, 4);
	bm_level_server_set(&s->server, 0, floors_now(&s->f));
	assert_int_equal(s->f.sent_count, 4);
}

static void test_a_reset_stops_the_level_where_it_is(void **state)
{
	struct setup *s = *state;
	receive(s, "8207e803014100");
	floors_run(&s->f, 550 * MS);
	bm_access_reset(&s->f.access);
	floors_run(&s->f, 5 * BM_US_PER_S);
	assert_int_equal(level(s), 550);
	assert_int_equal(s->server.target, 550);
}

static void test_client_messages_are_as_the_specification_lays_them_out(void **state)
{
	struct setup *s = *state;
	const struct bm_tx tx = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	const struct bm_level_how plain = {.ack = true, .transition = 0xff};
	const struct bm_level_how slow = {.transition = 0x41, .delay_steps = 20};
	const struct bm_level_how again = {.transition = 0xff, .same_tid = true};
	const struct bm_level_how wrong = {.transition = 0x3f};
	struct bm_level_client *c = &s->client;
	assert_int_equal(bm_level_client_get(c, &tx, 0), BM_OK);
	floors_expect(&s->f, "8205");
	c->tid = 7;
	assert_int_equal(bm_level_client_set(c, &tx, -2, &plain, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "8206feff07");
	assert_int_equal(bm_level_client_set(c, &tx, 258, &slow, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "82070201084114");
	assert_int_equal(bm_level_client_delta(c, &tx, -70000, &plain, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820990eefeff09");
	assert_int_equal(bm_level_client_delta(c, &tx, 1, &again, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820a0100000009");
	assert_int_equal(bm_level_client_move(c, &tx, -5, &plain, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820bfbff0a");
	assert_int_equal(bm_level_client_move(c, &tx, 5, &slow, floors_now(&s->f)), BM_OK);
	floors_expect(&s->f, "820c05000b4114");
	assert_int_equal(bm_level_client_move(c, &tx, 5, &wrong, floors_now(&s->f)), BM_ERR_INVALID);
	const struct bm_tx unbound = {.dst = 0x0100, .app_idx = 5, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_level_client_get(c, &unbound, floors_now(&s->f)), BM_ERR_NOT_BOUND);
}

static void test_client_hands_on_a_status_that_is_whole(void **state)
{
	struct setup *s = *state;
	receive(s, "82080180");
	assert_int_equal(s->statuses, 1);
	assert_int_equal(s->status.present, -32767);
	assert_false(s->status.has_target);
	receive(s, "82080100feff05");
	assert_int_equal(s->statuses, 2);
	assert_int_equal(s->status.present, 1);
	assert_true(s->status.has_target);
	assert_int_equal(s->status.target, -2);
	assert_int_equal(s->status.remaining, 5);
	receive(s, "82080100feff");
	receive(s, "8208010002");
	assert_int_equal(s->statuses, 2);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 2);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_get_is_answered_with_the_level),
		WITH_SETUP(test_set_changes_at_once_and_is_answered),
		WITH_SETUP(test_a_transaction_is_of_its_source_destination_and_six_seconds),
		WITH_SETUP(test_every_transition_time_ends_at_its_time),
		WITH_SETUP(test_a_transition_is_told_every_100_ms_and_at_its_end),
		WITH_SETUP(test_status_says_target_and_remaining_time),
		WITH_SETUP(test_the_level_is_right_when_the_node_was_not_run),
		WITH_SETUP(test_a_new_set_starts_from_where_the_old_one_got),
		WITH_SETUP(test_delta_counts_from_the_transactions_start),
		WITH_SETUP(test_delta_of_a_transaction_on_its_way_is_replaced),
		WITH_SETUP(test_delta_stays_within_the_range),
		WITH_SETUP(test_move_goes_on_to_the_end_of_the_range),
		WITH_SETUP(test_the_slowest_move_takes_its_time),
		WITH_SETUP(test_move_without_speed_stops),
		WITH_SETUP(test_the_default_transition_time_is_for_a_set_without),
		WITH_SETUP(test_prohibited_values_and_odd_lengths_are_dropped),
		WITH_SETUP(test_every_length_of_every_opcode),
		WITH_SETUP(test_a_change_is_published),
		WITH_SETUP(test_a_reset_stops_the_level_where_it_is),
		WITH_SETUP(test_client_messages_are_as_the_specification_lays_them_out),
		WITH_SETUP(test_client_hands_on_a_status_that_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
