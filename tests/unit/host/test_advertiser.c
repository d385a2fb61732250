#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/advertiser.h"

static uint32_t largest(void *ctx, uint32_t bound)
{
	(void)ctx;
	return bound - 1;
}

static struct bm_adv adv_of(const uint8_t *payload, uint8_t len)
{
	return (struct bm_adv){.ad_type = BM_AD_MESH_MESSAGE, .payload = payload, .len = len, .transmissions = 1};
}

static void test_advertiser_repeats_at_interval_and_jitter(void **state)
{
	(void)state;
	struct bm_advertiser a;
	bm_advertiser_init(&a, largest, NULL);
	const uint8_t payload[] = {0xaa, 0xbb};
	struct bm_adv adv = adv_of(payload, 2);
	adv.transmissions = 3;
	adv.delay_us = 5;
	adv.interval_us = 100;
	adv.jitter_us = 10;
	assert_int_equal(bm_advertiser_submit(&a, &adv, 1000), BM_OK);
	const bm_time expected[] = {1005, 1115, 1225};
	for (int i = 0; i < 3; i++) {
		uint8_t ad[31];
		size_t len = 0;
		assert_int_equal(bm_advertiser_deadline(&a), expected[i]);
		assert_false(bm_advertiser_take(&a, expected[i] - 1, ad, &len));
		assert_true(bm_advertiser_take(&a, expected[i], ad, &len));
		assert_int_equal(len, 4);
		assert_memory_equal(ad, ((const uint8_t[]){3, 0x2a, 0xaa, 0xbb}), 4);
	}
	assert_true(bm_advertiser_deadline(&a) == BM_TIME_NEVER);
}

static void test_advertiser_sends_equal_times_in_order(void **state)
{
	(void)state;
	struct bm_advertiser a;
	bm_advertiser_init(&a, largest, NULL);
	for (uint8_t i = 0; i < 10; i++) {
		const struct bm_adv adv = adv_of(&i, 1);
		assert_int_equal(bm_advertiser_submit(&a, &adv, 7), BM_OK);
	}
	for (uint8_t i = 0; i < 10; i++) {
		uint8_t ad[31];
		size_t len = 0;
		assert_true(bm_advertiser_take(&a, 7, ad, &len));
		assert_int_equal(ad[2], i);
	}
}

static void test_advertiser_refuses_when_full_and_what_is_out_of_range(void **state)
{
	(void)state;
	struct bm_advertiser a;
	bm_advertiser_init(&a, largest, NULL);
	const uint8_t payload[30] = {0};
	struct bm_adv adv = adv_of(payload, 30);
	assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_ERR_INVALID);
	adv.len = 0;
	assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_ERR_INVALID);
	adv.len = 29;
	adv.transmissions = 0;
	assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_ERR_INVALID);
	adv.transmissions = 1;
	for (int i = 0; i < BM_ADVERTISER_SLOTS; i++)
		assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_OK);
	assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_ERR_BUSY);
	assert_int_equal(a.refused, 1);
	uint8_t ad[31];
	size_t len = 0;
	assert_true(bm_advertiser_take(&a, 0, ad, &len));
	assert_int_equal(len, 31);
	assert_int_equal(bm_advertiser_submit(&a, &adv, 0), BM_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_advertiser_repeats_at_interval_and_jitter),
		cmocka_unit_test(test_advertiser_sends_equal_times_in_order),
		cmocka_unit_test(test_advertiser_refuses_when_full_and_what_is_out_of_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
