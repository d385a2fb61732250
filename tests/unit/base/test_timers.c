#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timers.h"

struct log {
	struct bm_timers timers;
	int fired[16];
	int count;
};

struct entry {
	struct bm_timer timer;
	struct log *log;
	int id;
	bool again;
};

static void fire(void *ctx)
{
	struct entry *entry = ctx;
	if (entry->log->count < 16)
		entry->log->fired[entry->log->count] = entry->id;
	entry->log->count++;
	if (entry->again)
		bm_timer_set_after(&entry->log->timers, &entry->timer, 0);
}

static void entry_init(struct entry *entry, struct log *log, int id)
{
	*entry = (struct entry){.log = log, .id = id};
	bm_timer_init(&entry->timer, fire, entry);
}

static void test_timers_fire_in_order_of_time_then_of_arming(void **state)
{
	(void)state;
	struct log log = {0};
	struct entry e[4];
	for (int i = 0; i < 4; i++)
		entry_init(&e[i], &log, i);
	bm_timer_set(&log.timers, &e[0].timer, 300);
	bm_timer_set(&log.timers, &e[1].timer, 100);
	bm_timer_set(&log.timers, &e[2].timer, 300);
	bm_timer_set(&log.timers, &e[3].timer, 200);
	assert_int_equal(bm_timers_deadline(&log.timers), 100);
	bm_timers_advance(&log.timers, 250);
	bm_timers_run(&log.timers);
	assert_int_equal(log.count, 2);
	assert_int_equal(log.fired[0], 1);
	assert_int_equal(log.fired[1], 3);
	bm_timers_advance(&log.timers, 300);
	bm_timers_run(&log.timers);
	assert_int_equal(log.count, 4);
	assert_int_equal(log.fired[2], 0);
	assert_int_equal(log.fired[3], 2);
	assert_true(bm_timers_deadline(&log.timers) == BM_TIME_NEVER);
}

static void test_timers_stop_and_rearm(void **state)
{
	(void)state;
	struct log log = {0};
	struct entry e[2];
	entry_init(&e[0], &log, 0);
	entry_init(&e[1], &log, 1);
	bm_timer_set(&log.timers, &e[0].timer, 10);
	bm_timer_set(&log.timers, &e[1].timer, 20);
	bm_timer_stop(&e[0].timer);
	bm_timer_set(&log.timers, &e[1].timer, 30);
	assert_int_equal(bm_timers_deadline(&log.timers), 30);
	bm_timers_advance(&log.timers, 29);
	bm_timers_run(&log.timers);
	assert_int_equal(log.count, 0);
	bm_timers_advance(&log.timers, 5);
	assert_int_equal(log.timers.now, 29);
	bm_timer_set(&log.timers, &e[1].timer, BM_TIME_NEVER);
	assert_true(bm_timers_deadline(&log.timers) == BM_TIME_NEVER);
}

static void test_timers_survive_a_handler_that_rearms_for_now(void **state)
{
	(void)state;
	struct log log = {0};
	struct entry e;
	entry_init(&e, &log, 0);
	e.again = true;
	bm_timer_set(&log.timers, &e.timer, 0);
	bm_timers_run(&log.timers);
	assert_true(log.count > 1);
	assert_int_equal(bm_timers_deadline(&log.timers), 0);
}

static void test_a_duration_has_so_many_whole_units(void **state)
{
	(void)state;
	static const uint64_t durations[] = {0,          1,          49,       50,         51,
					     999999,     1000000,    1000001,  345600000,  3599999999,
					     3600000000, UINT32_MAX, 1u << 31, 7200000001, UINT64_C(1) << 40};
	static const uint32_t units[] = {1, 50, 1000, 1000000, 3600000000, UINT32_MAX};
	for (size_t i = 0; i < BM_ARRAY_LEN(durations); i++)
		for (size_t k = 0; k < BM_ARRAY_LEN(units); k++) {
			const uint64_t whole = durations[i] / units[k];
			assert_int_equal(bm_us_whole(durations[i], units[k]), whole > UINT32_MAX ? UINT32_MAX : whole);
		}
	assert_int_equal(bm_us_whole(UINT64_MAX, 1000000), UINT32_MAX);
	assert_int_equal(bm_us_whole(UINT64_MAX, UINT32_MAX), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_fire_in_order_of_time_then_of_arming),
		cmocka_unit_test(test_timers_stop_and_rearm),
		cmocka_unit_test(test_timers_survive_a_handler_that_rearms_for_now),
		cmocka_unit_test(test_a_duration_has_so_many_whole_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
