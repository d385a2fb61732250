#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "blemesh/sqlite_store.h"

static char dir[64], path[96], why[200];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/blemesh-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/node.db", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < BM_ARRAY_LEN(suffixes); i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
	rmdir(dir);
	return 0;
}

static struct bm_sqlite_store *open_store(void)
{
	struct bm_sqlite_store *store = bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why);
	if (!store)
		fail_msg("%s", why);
	return store;
}

static void put(struct bm_sqlite_store *store, enum bm_store_kind kind, uint16_t index, const char *text)
{
	const struct bm_store_key key = {.kind = kind, .index = index};
	assert_int_equal(bm_sqlite_store_put(store, &key, (const uint8_t *)text, strlen(text)), BM_OK);
}

static enum bm_err get(struct bm_sqlite_store *store, enum bm_store_kind kind, uint16_t index, char *text, size_t size)
{
	const struct bm_store_key key = {.kind = kind, .index = index};
	size_t len;
	const enum bm_err err = bm_sqlite_store_get(store, &key, (uint8_t *)text, size - 1, &len);
	text[len] = 0;
	return err;
}

static void test_what_was_put_is_there_in_the_next_process(void **state)
{
	(void)state;
	const pid_t pid = fork();
	if (pid == 0) {
		struct bm_sqlite_store *store = bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why);
		const struct bm_store_key key = {.kind = BM_STORE_RPL, .index = 0x7fff};
		if (!store || bm_sqlite_store_put(store, &key, (const uint8_t *)"first", 5) ||
		    bm_sqlite_store_put(store, &key, (const uint8_t *)"second", 6))
			_exit(1);
		_exit(0); /* without closing it */
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	struct bm_sqlite_store *store = open_store();
	char text[16];
	assert_int_equal(get(store, BM_STORE_RPL, 0x7fff, text, sizeof text), BM_OK);
	assert_string_equal(text, "second");
	assert_int_equal(get(store, BM_STORE_RPL, 1, text, sizeof text), BM_ERR_NOT_FOUND);
	assert_int_equal(get(store, BM_STORE_RPL, 0x7fff, text, 3), BM_ERR_NO_SPACE);
	bm_sqlite_store_close(store);
}

static void count(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)key, (void)octets, (void)len;
	++*(int *)ctx;
}

static void test_an_empty_value_deletes(void **state)
{
	(void)state;
	struct bm_sqlite_store *store = open_store();
	int all = 0, some = 0;
	put(store, BM_STORE_SUBNET, 0, "a");
	put(store, BM_STORE_SUBNET, 1, "b");
	put(store, BM_STORE_MODEL, 1, "c");
	put(store, BM_STORE_SUBNET, 1, "");
	put(store, BM_STORE_SUBNET, 7, "");
	assert_int_equal(bm_sqlite_store_each(store, 0, count, &all), BM_OK);
	assert_int_equal(bm_sqlite_store_each(store, BM_STORE_SUBNET, count, &some), BM_OK);
	assert_int_equal(all, 2);
	assert_int_equal(some, 1);
	bm_sqlite_store_close(store);
}

static void test_a_file_in_use_is_refused_in_so_many_words(void **state)
{
	(void)state;
	struct bm_sqlite_store *store = open_store();
	const pid_t pid = fork();
	if (pid == 0) {
		struct bm_sqlite_store *second = bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why);
		_exit(!second && strstr(why, "in use by another process") ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	bm_sqlite_store_close(store);
}

static void test_files_are_their_owners_alone(void **state)
{
	(void)state;
	struct bm_sqlite_store *store = open_store();
	put(store, BM_STORE_NET, 0, "secret");
	struct stat st;
	char wal[128];
	snprintf(wal, sizeof wal, "%s-wal", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	bm_sqlite_store_close(store);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why));
	assert_non_null(strstr(why, "open to other users"));
}

static void lose_log(void)
{
	char wal[128];
	snprintf(wal, sizeof wal, "%s-wal", path);
	unlink(wal);
}

static void test_a_closed_store_is_one_file_that_has_everything(void **state)
{
	(void)state;
	struct bm_sqlite_store *store = open_store();
	put(store, BM_STORE_NET, 0, "all of it");
	bm_sqlite_store_close(store);
	lose_log();
	store = open_store();
	char text[16];
	assert_int_equal(get(store, BM_STORE_NET, 0, text, sizeof text), BM_OK);
	assert_string_equal(text, "all of it");
	bm_sqlite_store_close(store);
}

/* Of what is in the log alone there is never much: a killed process's goes into the file at the next opening. */
static void test_what_was_opened_again_needs_no_old_log(void **state)
{
	(void)state;
	for (int life = 0; life < 2; life++) {
		const pid_t pid = fork();
		if (pid == 0) {
			struct bm_sqlite_store *store = bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why,
									     sizeof why);
			const struct bm_store_key key = {.kind = BM_STORE_NET};
			_exit(!store || (life == 0 && bm_sqlite_store_put(store, &key, (const uint8_t *)"kept", 4)));
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	lose_log();
	struct bm_sqlite_store *store = open_store();
	char text[16];
	assert_int_equal(get(store, BM_STORE_NET, 0, text, sizeof text), BM_OK);
	bm_sqlite_store_close(store);
}

static void test_what_is_no_store_is_refused(void **state)
{
	(void)state;
	FILE *file = fopen(path, "w");
	fputs("this is text, and long enough to be taken for a page of something or other, if one is careless\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	assert_null(bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why));
	assert_non_null(strstr(why, "damaged, or not a store"));
	char missing[128];
	snprintf(missing, sizeof missing, "%s/no/such.db", dir);
	assert_null(bm_sqlite_store_open(missing, BM_SQLITE_POWER_SAFE, why, sizeof why));
	assert_non_null(strstr(why, "No such file"));
	assert_null(bm_sqlite_store_open(dir, BM_SQLITE_POWER_SAFE, why, sizeof why));
}

/* One that lets each new block of sequence numbers vanish as soon as it is stored. */
static void test_a_store_with_more_in_its_schema_than_records_is_refused(void **state)
{
	(void)state;
	sqlite3 *db;
	bm_sqlite_store_close(open_store());
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "CREATE TRIGGER forget AFTER INSERT ON record BEGIN "
				      "DELETE FROM record WHERE kind = new.kind; END",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	assert_null(bm_sqlite_store_open(path, BM_SQLITE_POWER_SAFE, why, sizeof why));
	assert_non_null(strstr(why, "damaged, or not a store"));
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_what_was_put_is_there_in_the_next_process),
		UNIT(test_an_empty_value_deletes),
		UNIT(test_a_file_in_use_is_refused_in_so_many_words),
		UNIT(test_files_are_their_owners_alone),
		UNIT(test_a_closed_store_is_one_file_that_has_everything),
		UNIT(test_what_was_opened_again_needs_no_old_log),
		UNIT(test_what_is_no_store_is_refused),
		UNIT(test_a_store_with_more_in_its_schema_than_records_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
