/*
 * Nothing is allocated on the message path: counted by the sanitizer's hooks while messages are sent, relayed, received
 * and answered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/network.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTS_ALLOCATIONS 1
#endif
#endif

#ifdef COUNTS_ALLOCATIONS
#include <sanitizer/allocator_interface.h>

static size_t allocations;

static void on_malloc(const volatile void *at, size_t size)
{
	(void)at, (void)size;
	allocations++;
}

static void on_free(const volatile void *at)
{
	(void)at;
}

static void exchange(struct network *network, struct lamp *a, struct lamp *b, int rounds)
{
	const struct bm_tx tx = tx_to(bm_node_addr(b->wn->node));
	for (int i = 0; i < rounds; i++) {
		assert_int_equal(bm_onoff_client_set(&a->client, &tx, i % 2, true, 0xff, 0, network_now(network)),
				 BM_OK);
		assert_int_equal(lamp_send_blob(a, &tx, 60), BM_OK);
		bm_world_run_for(network->world, 3 * BM_US_PER_S);
	}
}
#endif

static void test_no_allocation_on_the_message_path(void **state)
{
	(void)state;
#ifndef COUNTS_ALLOCATIONS
	skip();
#else
	struct network *network = network_new(1);
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_RELAY;
	struct lamp a, b;
	lamp_init(&a, network, &config);
	lamp_init(&b, network, &config);
	lamp_join(&a, network, 0x0010);
	lamp_join(&b, network, 0x0020);
	/* The air itself keeps a list of spare frames: let it grow to its size first. */
	exchange(network, &a, &b, 10);
	const int changes = b.changes;
	assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
	allocations = 0;
	exchange(network, &a, &b, 10);
	const size_t counted = allocations;
	assert_int_equal(b.changes, changes + 10);
	assert_int_equal(counted, 0);
	/* The count can count. */
	struct bm_world *world = bm_world_new(1);
	assert_true(allocations > counted);
	bm_world_free(world);
	network_free(network);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_allocation_on_the_message_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
