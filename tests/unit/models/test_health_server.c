#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/health.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define COMPANY 0x02c4u
#define OTHER_COMPANY 0x0059u
#define SINK 0xc001u

struct setup {
	struct floors f;
	struct bm_health_server server;
	struct bm_health_faults faults[2];
	uint8_t tests_run;
};

/* Test 1 finds fault 7 and sees that fault 1 is over; there is no test 2. */
static bool self_test(struct bm_health_server *server, uint16_t company, uint8_t test_id, bm_time now)
{
	struct setup *s = server->ctx;
	if (test_id > 1)
		return false;
	s->tests_run++;
	if (test_id == 1) {
		assert_int_equal(bm_health_server_fault(server, company, 0x07, now), BM_OK);
		const enum bm_err gone = bm_health_server_fault_gone(server, company, 0x01, now);
		assert_true(gone == BM_OK || gone == BM_ERR_NOT_FOUND);
	}
	return true;
}

static const struct bm_health_server_ops server_ops = {.test = self_test};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	s->faults[0].company = COMPANY;
	s->faults[1].company = OTHER_COMPANY;
	bm_health_server_init(&s->server, s->faults, 2, &server_ops, s);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	assert_int_equal(bm_access_bind(&s->f.access, &s->server.model, APP), BM_OK);
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

static void ask(struct setup *s, const char *request, const char *answer)
{
	floors_receive(&s->f, FLOORS_ADDR, APP, request);
	if (answer)
		floors_expect(&s->f, answer);
	else
		floors_expect_nothing(&s->f);
}

static void fault(struct setup *s, uint16_t company, uint8_t code)
{
	assert_int_equal(bm_health_server_fault(&s->server, company, code, floors_now(&s->f)), BM_OK);
}

static void fault_gone(struct setup *s, uint16_t company, uint8_t code)
{
	assert_int_equal(bm_health_server_fault_gone(&s->server, company, code, floors_now(&s->f)), BM_OK);
}

/* Every 2 s, or a power of two as often. */
static void publish(struct setup *s, uint8_t period)
{
	const struct bm_publication publication = {.addr = SINK, .app_idx = APP, .ttl = 3, .period = period};
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->server.model, &publication, NULL), BM_OK);
}

static size_t published_in(struct setup *s, uint64_t duration_us)
{
	s->f.sent_count = 0;
	floors_run(&s->f, duration_us);
	return s->f.sent_count;
}

static void test_without_faults_statuses_are_empty(void **state)
{
	struct setup *s = *state;
	ask(s, "8031c402", "0500c402");
	ask(s, "802fc402", "0500c402");
	ask(s, "8030c402", NULL);
	ask(s, "803200c402", "0500c402");
	ask(s, "803300c402", NULL);
	assert_int_equal(s->tests_run, 2);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 0);
}

static void test_unknown_companies_and_tests_are_not_answered(void **state)
{
	struct setup *s = *state;
	ask(s, "80315a00", NULL);
	ask(s, "802f5a00", NULL);
	ask(s, "8032005a00", NULL);
	ask(s, "803202c402", NULL);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 4);
	assert_int_equal(s->tests_run, 0);
	s->server.ops = NULL;
	ask(s, "803200c402", "0500c402");
	ask(s, "803201c402", NULL);
}

static void test_faults_stay_registered_until_cleared(void **state)
{
	struct setup *s = *state;
	fault(s, COMPANY, 0x01);
	fault(s, COMPANY, 0x05);
	fault(s, COMPANY, 0x01);
	fault(s, OTHER_COMPANY, 0x80);
	fault_gone(s, COMPANY, 0x01);
	ask(s, "8031c402", "0500c4020105");
	ask(s, "80315900", "0500590080");
	ask(s, "802fc402", "0500c402");
	assert_int_equal(s->faults[0].current.count, 1);
	assert_int_equal(s->faults[0].current.codes[0], 0x05);
	ask(s, "80315900", "0500590080");
	ask(s, "80305900", NULL);
	ask(s, "80315900", "05005900");
}

static void test_a_test_updates_the_faults_before_its_answer(void **state)
{
	struct setup *s = *state;
	fault(s, COMPANY, 0x01);
	ask(s, "803201c402", "0501c4020107");
	assert_int_equal(s->faults[0].current.count, 1);
	ask(s, "803301c402", NULL);
	ask(s, "8031c402", "0501c4020107");
	ask(s, "80315900", "05005900");
	ask(s, "803200c402", "0500c4020107");
}

static void test_fault_tables_are_bounded(void **state)
{
	struct setup *s = *state;
	const bm_time now = floors_now(&s->f);
	for (uint8_t code = 1; code <= BM_HEALTH_FAULTS_MAX; code++)
		fault(s, COMPANY, code);
	fault(s, COMPANY, 3);
	assert_int_equal(bm_health_server_fault(&s->server, COMPANY, 0x20, now), BM_ERR_NO_SPACE);
	assert_int_equal(bm_health_server_fault(&s->server, COMPANY, 0, now), BM_ERR_INVALID);
	assert_int_equal(bm_health_server_fault(&s->server, 0x1234, 1, now), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_health_server_fault_gone(&s->server, COMPANY, 0x20, now), BM_ERR_NOT_FOUND);
	/* Current has room again, registered not. */
	fault_gone(s, COMPANY, BM_HEALTH_FAULTS_MAX);
	assert_int_equal(bm_health_server_fault(&s->server, COMPANY, 0x20, now), BM_ERR_NO_SPACE);
	ask(s, "8031c402", "0500c4020102030405060708090a0b0c0d0e0f10");
	assert_int_equal(s->faults[0].current.codes[15], 0x20);
}

static void test_current_faults_are_published_by_the_period(void **state)
{
	struct setup *s = *state;
	assert_int_equal(published_in(s, 10 * BM_US_PER_S), 0);
	publish(s, 20);
	/* Each company says its own, every 2 s. */
	assert_int_equal(published_in(s, 4 * BM_US_PER_S + BM_US_PER_MS), 4);
	assert_int_equal(s->f.sent[0].dst, SINK);
	assert_hex(s->f.sent[2].octets, s->f.sent[2].len, "0400c402");
	assert_hex(s->f.sent[3].octets, s->f.sent[3].len, "04005900");
}

static void test_a_changed_fault_is_published_at_once(void **state)
{
	struct setup *s = *state;
	publish(s, 0);
	fault(s, COMPANY, 0x01);
	fault(s, COMPANY, 0x01);
	floors_expect(&s->f, "0400c40201");
	fault_gone(s, COMPANY, 0x01);
	floors_expect(&s->f, "0400c402");
}

static void test_the_period_is_divided_while_there_is_a_fault(void **state)
{
	struct setup *s = *state;
	s->server.company_count = 1;
	publish(s, 20);
	ask(s, "803602", NULL);
	assert_int_equal(bm_model_publish_period_us(&s->server.model), 2 * BM_US_PER_S);
	fault(s, COMPANY, 0x01);
	assert_int_equal(bm_model_publish_period_us(&s->server.model), 500 * BM_US_PER_MS);
	assert_int_equal(published_in(s, 4 * BM_US_PER_S + BM_US_PER_MS), 8);
	assert_hex(s->f.sent[7].octets, s->f.sent[7].len, "0400c40201");
	/* A divisor set during the fault counts at once; no period is below 100 ms. */
	floors_receive(&s->f, FLOORS_ADDR, APP, "803601");
	assert_int_equal(published_in(s, 4 * BM_US_PER_S + BM_US_PER_MS), 4);
	floors_receive(&s->f, FLOORS_ADDR, APP, "80360f");
	assert_int_equal(bm_model_publish_period_us(&s->server.model), 100 * BM_US_PER_MS);
	fault_gone(s, COMPANY, 0x01);
	assert_int_equal(published_in(s, 4 * BM_US_PER_S + BM_US_PER_MS), 2);
	assert_hex(s->f.sent[1].octets, s->f.sent[1].len, "0400c402");
}

static void test_fast_period_divisor_is_kept(void **state)
{
	struct setup *s = *state;
	ask(s, "8034", "803700");
	ask(s, "80350f", "80370f");
	ask(s, "803603", NULL);
	ask(s, "8034", "803703");
	ask(s, "803510", NULL);
	ask(s, "8034", "803703");
}

static void test_attention_lasts_its_seconds(void **state)
{
	struct setup *s = *state;
	ask(s, "8004", "800700");
	assert_int_equal(s->f.event_count, 0);
	floors_receive(&s->f, FLOORS_ADDR, APP, "800505");
	assert_int_equal(s->f.event_count, 1);
	assert_int_equal(s->f.event.kind, BM_EVENT_ATTENTION);
	assert_int_equal(s->f.event.seconds, 5);
	floors_expect(&s->f, "800705");
	floors_run(&s->f, 3 * BM_US_PER_S);
	ask(s, "8004", "800702");
	floors_run(&s->f, 800 * BM_US_PER_MS);
	assert_int_equal(s->f.event_count, 2);
	assert_int_equal(s->f.event.seconds, 0);
	ask(s, "8004", "800700");
	/* The host sets and reads it too. */
	bm_health_server_attention(&s->server, 3, floors_now(&s->f));
	assert_int_equal(bm_health_server_attention_left(&s->server), 3);
	bm_health_server_attention(&s->server, 0, floors_now(&s->f));
	assert_int_equal(bm_health_server_attention_left(&s->server), 0);
	assert_int_equal(s->f.event_count, 4);
	/* Stopped before its time. */
	ask(s, "80060a", NULL);
	ask(s, "800600", NULL);
	assert_int_equal(s->f.event_count, 6);
	assert_int_equal(s->f.event.seconds, 0);
	floors_run(&s->f, 20 * BM_US_PER_S);
	assert_int_equal(s->f.event_count, 6);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_without_faults_statuses_are_empty),
		WITH_SETUP(test_unknown_companies_and_tests_are_not_answered),
		WITH_SETUP(test_faults_stay_registered_until_cleared),
		WITH_SETUP(test_a_test_updates_the_faults_before_its_answer),
		WITH_SETUP(test_fault_tables_are_bounded),
		WITH_SETUP(test_current_faults_are_published_by_the_period),
		WITH_SETUP(test_a_changed_fault_is_published_at_once),
		WITH_SETUP(test_the_period_is_divided_while_there_is_a_fault),
		WITH_SETUP(test_fast_period_divisor_is_kept),
		WITH_SETUP(test_attention_lasts_its_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
