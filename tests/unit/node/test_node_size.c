/*
 * BM_NODE_SIZE says what bm_node_size says, for limits of all kinds; and such memory takes a node.
 *
 * If this fails, a table is carved that src/node/carved.h does not have, or a count there is not the one in the code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/node_size.h"

/* Limits as variables: the same macros, which then are no constants. */
static struct bm_limits v;
#define VARIABLE(LIMIT) BM_EVERY_LIMIT(LIMIT, v)

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % bound;
}

static void assert_same(void)
{
	if (BM_NODE_SIZE(VARIABLE) == bm_node_size(&v))
		return;
#define SHOW(name) print_error("%s %u, ", #name, (unsigned)v.name);
	BM_EACH_LIMIT_NAME(SHOW)
	fail_msg("BM_NODE_SIZE %zu, bm_node_size %zu", BM_NODE_SIZE(VARIABLE), bm_node_size(&v));
}

static void test_many_limits_alike(void **state)
{
	(void)state;
	unsigned tried = 0;
	for (unsigned round = 0; round < 20000; round++) {
		/* Every octet of every limit, whatever limits there are: most of a small value, some of any. */
		uint8_t *octets = (uint8_t *)&v;
		const uint32_t bound = round % 4 ? 4 + round % 40 : 256;
		for (size_t i = 0; i < sizeof v; i++)
			octets[i] = (uint8_t)random_below(bound);
		v.elements = (uint8_t)(1 + random_below(32));
		v.repeat_cache = (uint16_t)(1u << random_below(16));
		v.low_power = (uint8_t)random_below(2);
		if (bm_node_size(&v) == 0)
			continue;
		tried++;
		assert_same();
	}
	assert_true(tried > 5000);
}

static void test_every_limit_alone_alike(void **state)
{
	(void)state;
	static const uint16_t VALUES[] = {1, 2, 3, 4, 5, 15, 16, 17, 32, 100, 255, 256, 1000, 4096, 32768, 65535};
	const struct bm_limits defaults = BM_LIMITS_DEFAULT;
	unsigned tried = 0;
#define ALONE(name)                                         \
	for (size_t i = 0; i < BM_ARRAY_LEN(VALUES); i++) { \
		v = defaults;                               \
		memcpy(&v.name, &VALUES[i], sizeof v.name); \
		if (bm_node_size(&v) == 0)                  \
			continue;                           \
		tried++;                                    \
		assert_same();                              \
	}
	BM_EACH_LIMIT_NAME(ALONE)
	assert_true(tried > 150);
}

/* Constants, as a program has them. */
#define LAMP(LIMIT) LIMIT(models, 3) LIMIT(rpl, 16) LIMIT(msg_cache, 16) LIMIT(repeat_cache, 8)
#define BUILDING(LIMIT)  \
	LIMIT(rpl, 4000) \
	LIMIT(remote_dev_keys, 4000) LIMIT(prov_links, 3) LIMIT(config_requests, 2 + 2) LIMIT(msg_cache, 20000)

static _Alignas(max_align_t) uint8_t lamp_memory[BM_NODE_SIZE(LAMP)];
_Static_assert(BM_NODE_SIZE(BUILDING) > BM_NODE_SIZE(LAMP), "a building needs more than a lamp");

static void test_constants_for_static_memory(void **state)
{
	(void)state;
	const struct bm_limits lamp = BM_LIMITS_OF(LAMP), building = BM_LIMITS_OF(BUILDING),
			       as_default = BM_LIMITS_OF(BM_LIMITS_AS_DEFAULT), defaults = BM_LIMITS_DEFAULT;
	assert_int_equal(sizeof lamp_memory, bm_node_size(&lamp));
	assert_int_equal(BM_NODE_SIZE(BM_LIMITS_AS_DEFAULT), bm_node_size(&defaults));
	assert_int_equal(BM_NODE_SIZE(BUILDING), bm_node_size(&building));
#define SAME(name) assert_int_equal(as_default.name, defaults.name);
	BM_EACH_LIMIT_NAME(SAME)
	assert_int_equal(lamp.rpl, 16);
	assert_int_equal(lamp.sar_tx, defaults.sar_tx);
	assert_int_equal(building.config_requests, 4);
}

static void fill(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 7, len);
}

static void ignore(void *ctx, const struct bm_event *event)
{
	(void)ctx, (void)event;
}

static void test_such_memory_takes_a_node(void **state)
{
	(void)state;
	const struct bm_node_config config = {.limits = BM_LIMITS_OF(LAMP), .default_ttl = 7};
	const struct bm_node_ops ops = {.random = fill, .event = ignore};
	const struct bm_bearer bearer = {0};
	struct bm_node *node;
	assert_int_equal(bm_node_init(lamp_memory, sizeof lamp_memory - 1, &config, &ops, &bearer, &node),
			 BM_ERR_NO_SPACE);
	assert_int_equal(bm_node_init(lamp_memory, sizeof lamp_memory, &config, &ops, &bearer, &node), BM_OK);
	assert_int_equal(bm_node_start(node, 0), BM_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_limits_alike),
		cmocka_unit_test(test_every_limit_alone_alike),
		cmocka_unit_test(test_constants_for_static_memory),
		cmocka_unit_test(test_such_memory_takes_a_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
