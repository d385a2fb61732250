/*
 * The key file, as tshark reads it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/keys.h"

static const uint8_t NET[16] = {0x11}, APP[16] = {0x22}, DEV[16] = {0x33};

static char path[] = "/tmp/bm-keys-test-XXXXXX";

static void content(char *out, size_t len)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	const size_t n = fread(out, 1, len - 1, file);
	out[n] = 0;
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/bm-keys-test-XXXXXX");
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void test_every_table_has_its_lines(void **state)
{
	(void)state;
	struct bm_keys *keys = bm_keys_open(path);
	assert_non_null(keys);
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_DEV, .index = 2, .key = DEV}, 5);
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_NET, .key = NET}, 5);
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_APP, .key = APP}, 5);
	/* What it has already it does not take again, even from another node. */
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_DEV, .index = 2, .key = DEV}, 6);
	assert_true(bm_keys_close(keys));
	char text[512];
	content(text, sizeof text);
	assert_string_equal(text, "uat:btmesh_nw_keys:\"0x11000000000000000000000000000000\","
				  "\"0x22000000000000000000000000000000\",\"0x00000005\"\n"
				  "uat:btmesh_dev_keys:\"0x33000000000000000000000000000000\",\"0x0002\"\n");
}

static void test_a_network_without_application_key_has_a_line(void **state)
{
	(void)state;
	struct bm_keys *keys = bm_keys_open(path);
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_NET, .key = NET}, 0);
	assert_true(bm_keys_close(keys));
	char text[512];
	content(text, sizeof text);
	assert_string_equal(text, "uat:btmesh_nw_keys:\"0x11000000000000000000000000000000\","
				  "\"0x00000000000000000000000000000000\",\"0x00000000\"\n");
}

static void test_the_file_is_for_its_owner_and_what_stood_there_is_gone(void **state)
{
	(void)state;
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("old ", file);
	fclose(file);
	assert_int_equal(chmod(path, 0644), 0);
	struct bm_keys *keys = bm_keys_open(path);
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_NET, .key = NET}, 0);
	assert_true(bm_keys_write(keys));
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	char text[512];
	content(text, sizeof text);
	assert_null(strstr(text, "old"));
	/* And anew when a key comes. */
	bm_keys_add(keys, &(struct bm_key_view){.kind = BM_KEY_DEV, .index = 9, .key = DEV}, 0);
	assert_true(bm_keys_close(keys));
	content(text, sizeof text);
	assert_non_null(strstr(text, "\"0x0009\""));
	assert_ptr_equal(strstr(text, "btmesh_nw_keys"), text + 4);
}

static void test_a_file_that_cannot_be_made_is_told(void **state)
{
	(void)state;
	assert_null(bm_keys_open("/nowhere/at/all"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_every_table_has_its_lines),
		TEST(test_a_network_without_application_key_has_a_line),
		TEST(test_the_file_is_for_its_owner_and_what_stood_there_is_gone),
		TEST(test_a_file_that_cannot_be_made_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
