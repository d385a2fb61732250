#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/foundation/health_server.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u

struct setup {
	struct floors f;
	struct bm_health_server server;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_health_server_init(&s->server, &s->f.access, 0x02c4);
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

static void test_there_are_no_faults_to_tell(void **state)
{
	struct setup *s = *state;
	ask(s, "8031c402", "0500c402");
	ask(s, "802fc402", "0500c402");
	ask(s, "8030c402", NULL);
	ask(s, "803200c402", "0500c402");
	ask(s, "803300c402", NULL);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 0);
	ask(s, "80315900", NULL);
	ask(s, "803201c402", NULL);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_VALUE), 2);
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
	/* Stopped before its time. */
	ask(s, "80060a", NULL);
	ask(s, "800600", NULL);
	assert_int_equal(s->f.event_count, 4);
	assert_int_equal(s->f.event.seconds, 0);
	floors_run(&s->f, 20 * BM_US_PER_S);
	assert_int_equal(s->f.event_count, 4);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_there_are_no_faults_to_tell),
		WITH_SETUP(test_fast_period_divisor_is_kept),
		WITH_SETUP(test_attention_lasts_its_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
