/*
 * What is left out of a build is refused by name, not found missing later: the checks of bm_node_init as they are in a
 * library with every feature of blemesh/features.h left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BM_WITH_PROVISIONER 0
#define BM_WITH_CONFIG_CLIENT 0
#define BM_WITH_FRIEND 0
#define BM_WITH_LOW_POWER 0
#define BM_WITH_GATT 0
#define BM_WITH_PROV_HMAC 0
#define BM_WITH_PRIVATE_BEACON 0
#define BM_WITH_FOUNDATION_1_1 0
#define BM_WITH_STORE 0
#define BM_WITH_TRACE 0
/* Beside the library's own. */
#define bm_node_limits_valid lean_limits_valid
#define bm_node_is_built lean_is_built
#include "node/limits.c" /* NOLINT(bugprone-suspicious-include) */

static enum bm_err store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)ctx, (void)key, (void)octets, (void)len;
	return BM_OK;
}

static void trace(void *ctx, const struct bm_trace *told)
{
	(void)ctx, (void)told;
}

static void test_a_lean_build_takes_a_plain_node(void **state)
{
	(void)state;
	const struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT, .features = BM_FEATURE_RELAY};
	assert_true(lean_limits_valid(&config.limits));
	assert_true(lean_is_built(&config, &(struct bm_node_ops){0}));
}

static void test_a_lean_build_refuses_limits_of_what_is_left_out(void **state)
{
	(void)state;
	const struct bm_limits plain = BM_LIMITS_DEFAULT;
	struct bm_limits asked[7] = {plain, plain, plain, plain, plain, plain, plain};
	asked[0].prov_links = 1;
	asked[1].config_requests = 1;
	asked[2].remote_dev_keys = 1;
	asked[3].gatt_links = 1;
	asked[4].friend_lpns = 1;
	asked[4].friend_queue = 2;
	asked[5].low_power = 1;
	asked[6].solicitations = 1;
	for (size_t i = 0; i < BM_ARRAY_LEN(asked); i++) {
		assert_false(lean_limits_valid(&asked[i]));
		assert_false(lean_is_built(&(struct bm_node_config){.limits = asked[i]}, &(struct bm_node_ops){0}));
	}
}

static void test_a_lean_build_refuses_features_models_and_callbacks_that_are_left_out(void **state)
{
	(void)state;
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	const struct bm_node_config plain = {.limits = limits};
	const struct bm_node_config asked[] = {
		{.limits = limits, .features = BM_FEATURE_PROXY},
		{.limits = limits, .features = BM_FEATURE_FRIEND},
		{.limits = limits, .features = BM_FEATURE_LOW_POWER},
		{.limits = limits, .caps.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC},
		{.limits = limits, .foundation = BM_FOUNDATION_PRIVATE_BEACON},
		{.limits = limits, .foundation = BM_FOUNDATION_SAR_CONFIG},
		{.limits = limits, .foundation_clients = BM_FOUNDATION_SAR_CONFIG},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(asked); i++)
		assert_false(lean_is_built(&asked[i], &(struct bm_node_ops){0}));
	assert_false(lean_is_built(&plain, &(struct bm_node_ops){.store = store}));
	assert_false(lean_is_built(&plain, &(struct bm_node_ops){.trace = trace}));
}

static void test_segmented_messages_have_2_to_32_segments(void **state)
{
	(void)state;
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	for (unsigned segments = 0; segments <= UINT8_MAX; segments++) {
		limits.segments = (uint8_t)segments;
		assert_int_equal(lean_limits_valid(&limits), segments == 0 || (segments >= 2 && segments <= 32));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lean_build_takes_a_plain_node),
		cmocka_unit_test(test_segmented_messages_have_2_to_32_segments),
		cmocka_unit_test(test_a_lean_build_refuses_limits_of_what_is_left_out),
		cmocka_unit_test(test_a_lean_build_refuses_features_models_and_callbacks_that_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
