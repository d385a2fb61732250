/*
 * A provisioner that came to nothing after its network was restored: no key is left in memory that is given back. Seen
 * through the sanitizer's hook; without one there is nothing to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && __has_include(<sanitizer/allocator_interface.h>)
#define BM_SEES_FREE
#endif
#endif

#ifdef BM_SEES_FREE
#include <sanitizer/allocator_interface.h>

#include "blemesh/sqlite_store.h"
#include "script/board.h"
#include "script/provisioner.h"

static const uint8_t *secret;
static unsigned leaks;
static char path[64];
/* They live as long as their process: here they are held on to. */
static struct bm_runtime *rt;
static struct bm_script_provisioner *first;

static void on_malloc(const volatile void *ptr, size_t size)
{
	(void)ptr;
	(void)size;
}

static void on_free(const volatile void *ptr)
{
	const uint8_t *freed = (const uint8_t *)(uintptr_t)ptr;
	const size_t size = ptr && secret ? __sanitizer_get_allocated_size(freed) : 0;
	for (size_t i = 0; i + BM_KEY_LEN <= size; i++)
		leaks += memcmp(freed + i, secret, BM_KEY_LEN) == 0;
}

static struct bm_board *make_board(void)
{
	char why[128];
	const struct bm_board_options options = {
		.name = "p", .store = bm_sqlite_store_open(path, BM_SQLITE_PROCESS_SAFE, why, sizeof why)};
	assert_non_null(options.store);
	struct bm_board *board = bm_board_new(rt, &options);
	assert_non_null(board);
	return board;
}

static void make_provisioner(struct bm_board *board, const uint8_t *net_key, struct bm_fault *fault)
{
	struct bm_provisioner_new_args args = {
		.net_key = {.kind = BM_VALUE_OCTETS, .text = (const char *)net_key, .len = BM_KEY_LEN}};
	fault->kind = BM_FAULT_NONE;
	bm_script_provisioner_new(board, &args, fault);
}

static void test_a_provisioner_that_came_to_nothing_leaves_no_key_in_freed_memory(void **state)
{
	static const struct bm_runtime_options options = {.virtual_time = true, .seeded = true, .seed = 1};
	static const uint8_t net_key[BM_KEY_LEN] = "a network's key", other[BM_KEY_LEN] = {1};
	struct bm_fault fault;
	(void)state;
	rt = bm_runtime_new(&options);
	snprintf(path, sizeof path, "/tmp/test_freed_keys_%ld.db", (long)getpid());
	struct bm_board *board = make_board();
	make_provisioner(board, net_key, &fault);
	assert_int_equal(fault.kind, BM_FAULT_NONE);
	first = board->mesh.provisioner;
	bm_sqlite_store_close(board->options.store);
	board = make_board();
	assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free));
	secret = net_key;
	make_provisioner(board, other, &fault);
	secret = NULL;
	bm_sqlite_store_close(board->options.store);
	(void)unlink(path);
	assert_int_equal(fault.kind, BM_FAULT_RUNTIME);
	assert_non_null(strstr(fault.text, "net_key"));
	assert_int_equal(leaks, 0);
}
#else
static void test_a_provisioner_that_came_to_nothing_leaves_no_key_in_freed_memory(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_provisioner_that_came_to_nothing_leaves_no_key_in_freed_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
