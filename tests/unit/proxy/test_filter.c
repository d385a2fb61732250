/*
 * Filters of proxy clients.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/filter.h"

static uint16_t addrs[3];

static struct bm_proxy_filter of_type(enum bm_proxy_filter_type type)
{
	struct bm_proxy_filter filter = {.addrs = addrs, .capacity = 3};
	bm_proxy_filter_reset(&filter, type);
	return filter;
}

static void test_an_empty_accept_list_passes_nothing_and_an_empty_reject_list_everything(void **state)
{
	(void)state;
	struct bm_proxy_filter filter = of_type(BM_PROXY_ACCEPT_LIST);
	assert_false(bm_proxy_filter_passes(&filter, 0x0001));
	assert_false(bm_proxy_filter_passes(&filter, 0xffff));
	filter = of_type(BM_PROXY_REJECT_LIST);
	assert_true(bm_proxy_filter_passes(&filter, 0x0001));
	assert_true(bm_proxy_filter_passes(&filter, 0xffff));
}

static void test_lists_pass_and_reject_what_is_in_them(void **state)
{
	(void)state;
	struct bm_proxy_filter accept = of_type(BM_PROXY_ACCEPT_LIST);
	assert_true(bm_proxy_filter_add(&accept, 0xc000));
	assert_true(bm_proxy_filter_passes(&accept, 0xc000));
	assert_false(bm_proxy_filter_passes(&accept, 0xc001));
	struct bm_proxy_filter reject = of_type(BM_PROXY_REJECT_LIST);
	assert_true(bm_proxy_filter_add(&reject, 0xc000));
	assert_false(bm_proxy_filter_passes(&reject, 0xc000));
	bm_proxy_filter_remove(&reject, 0xc000);
	assert_true(bm_proxy_filter_passes(&reject, 0xc000));
}

static void test_an_address_is_held_once_and_a_full_list_takes_no_more(void **state)
{
	(void)state;
	struct bm_proxy_filter filter = of_type(BM_PROXY_ACCEPT_LIST);
	for (int i = 0; i < 5; i++)
		assert_true(bm_proxy_filter_add(&filter, 0x0001));
	assert_int_equal(filter.count, 1);
	assert_true(bm_proxy_filter_add(&filter, 0x0000));
	assert_int_equal(filter.count, 1);
	assert_true(bm_proxy_filter_add(&filter, 0x0002));
	assert_true(bm_proxy_filter_add(&filter, 0x0003));
	assert_false(bm_proxy_filter_add(&filter, 0x0004));
	assert_true(bm_proxy_filter_add(&filter, 0x0002));
	bm_proxy_filter_remove(&filter, 0x0001);
	bm_proxy_filter_remove(&filter, 0x0077);
	assert_int_equal(filter.count, 2);
	assert_true(bm_proxy_filter_passes(&filter, 0x0002));
	assert_true(bm_proxy_filter_passes(&filter, 0x0003));
}

static void test_the_clients_own_address_passes_from_its_first_message_on(void **state)
{
	(void)state;
	struct bm_proxy_filter filter = of_type(BM_PROXY_ACCEPT_LIST);
	bm_proxy_filter_heard(&filter, 0x0042);
	assert_true(bm_proxy_filter_passes(&filter, 0x0042));
	filter = of_type(BM_PROXY_REJECT_LIST);
	assert_true(bm_proxy_filter_add(&filter, 0x0042));
	bm_proxy_filter_heard(&filter, 0x0042);
	assert_true(bm_proxy_filter_passes(&filter, 0x0042));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_accept_list_passes_nothing_and_an_empty_reject_list_everything),
		cmocka_unit_test(test_lists_pass_and_reject_what_is_in_them),
		cmocka_unit_test(test_an_address_is_held_once_and_a_full_list_takes_no_more),
		cmocka_unit_test(test_the_clients_own_address_passes_from_its_first_message_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
