/*
 * One table: kind, index, value. Write-ahead log, exclusive to one process; synchronous=FULL makes each commit wait for
 * the disk, which is what "durable when store returns" takes.
 */
#include "blemesh/sqlite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blemesh/node.h"

#define APPLICATION_ID 0x626d7374 /* "bmst" */
#define SCHEMA_VERSION 1
#define HEADER_LEN 100
/* What stands in the log alone: at most so many pages, and nothing after an orderly end. */
#define LOG_PAGES "64"

struct bm_sqlite_store {
	sqlite3 *db;
	sqlite3_stmt *put, *remove, *get;
};

struct reason {
	char *text;
	size_t len;
};

/* Says why, and is false. */
#define FAIL(why, ...) ((void)snprintf((why)->text, (why)->len, __VA_ARGS__), false)

/* The file is there, is ours, and nobody else may read it. SQLite gives its log the same mode. */
static bool make_file(const char *path, const struct reason *why)
{
	struct stat st;
	const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAIL(why, "cannot open %s: %s", path, strerror(errno));
	const bool known = fstat(fd, &st) == 0;
	close(fd);
	if (!known || !S_ISREG(st.st_mode))
		return FAIL(why, "%s is not a file", path);
	if (st.st_uid != geteuid())
		return FAIL(why, "%s belongs to another user", path);
	/* SQLite would take a file that ends within its header for an empty one. */
	if (st.st_size > 0 && st.st_size < HEADER_LEN)
		return FAIL(why, "%s is damaged, or not a store", path);
	if (st.st_mode & 077)
		return FAIL(why, "%s is open to other users (its mode must be 0600)", path);
	return true;
}

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* A pragma's or query's first value as a number; −1 if there is none. */
static int number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int value = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static bool is_intact(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	bool intact = false;
	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		intact = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	sqlite3_finalize(stmt);
	return intact;
}

static bool refuse(sqlite3 *db, const char *path, const struct reason *why)
{
	switch (sqlite3_errcode(db)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return FAIL(why, "%s is in use by another process", path);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return FAIL(why, "%s is damaged, or not a store", path);
	default:
		return FAIL(why, "cannot use %s: %s", path, sqlite3_errmsg(db));
	}
}

/* Ours, or empty: nothing is written before that is known. */
static bool is_usable(sqlite3 *db, const char *path, bool *fresh, const struct reason *why)
{
	const int id = number(db, "PRAGMA application_id");
	const int tables = id < 0 ? -1 : number(db, "SELECT count(*) FROM sqlite_schema");
	if (tables < 0)
		return refuse(db, path, why);
	*fresh = id == 0 && tables == 0;
	if (!*fresh && (id != APPLICATION_ID || tables != 1))
		return FAIL(why, "%s is damaged, or not a store", path);
	return true;
}

/* The file's lock is taken with the first transaction and kept. */
static bool take(sqlite3 *db, const char *path, enum bm_sqlite_safety safety, const struct reason *why)
{
	const char *synchronous = safety == BM_SQLITE_POWER_SAFE ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF";
	bool fresh;
	if (!run(db, "PRAGMA locking_mode=EXCLUSIVE"))
		return refuse(db, path, why);
	if (!is_usable(db, path, &fresh, why))
		return false;
	if (!run(db, "PRAGMA journal_mode=WAL") || !run(db, synchronous) || !run(db, "BEGIN EXCLUSIVE"))
		return refuse(db, path, why);
	/* Somebody else may have been quicker. */
	if (!is_usable(db, path, &fresh, why))
		return false;
	if (fresh && (!run(db, "PRAGMA application_id=1651340148") || !run(db, "PRAGMA user_version=1") ||
		      !run(db, "CREATE TABLE record(kind INTEGER NOT NULL, idx INTEGER NOT NULL, value BLOB NOT NULL, "
			       "PRIMARY KEY(kind, idx)) WITHOUT ROWID")))
		return refuse(db, path, why);
	if (!run(db, "COMMIT"))
		return refuse(db, path, why);
	if (!fresh && !is_intact(db))
		return FAIL(why, "%s is damaged, or not a store", path);
	if (number(db, "PRAGMA user_version") != SCHEMA_VERSION)
		return FAIL(why, "%s was written by another version", path);
	/* A log that a killed process left goes into the file; where that fails (a full disk) it stays the log. */
	(void)run(db, "PRAGMA wal_autocheckpoint=" LOG_PAGES);
	(void)run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
	return true;
}

static bool prepare(struct bm_sqlite_store *store)
{
	return sqlite3_prepare_v2(store->db, "INSERT OR REPLACE INTO record VALUES(?1, ?2, ?3)", -1, &store->put,
				  NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(store->db, "DELETE FROM record WHERE kind=?1 AND idx=?2", -1, &store->remove, NULL) ==
		       SQLITE_OK &&
	       sqlite3_prepare_v2(store->db, "SELECT value FROM record WHERE kind=?1 AND idx=?2", -1, &store->get,
				  NULL) == SQLITE_OK;
}

struct bm_sqlite_store *bm_sqlite_store_open(const char *path, enum bm_sqlite_safety safety, char *error,
					     size_t error_len)
{
	const struct reason why = {.text = error, .len = error_len};
	if (!make_file(path, &why))
		return NULL;
	struct bm_sqlite_store *store = calloc(1, sizeof *store);
	if (!store) {
		(void)FAIL(&why, "out of memory");
		return NULL;
	}
	bool opened = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
	if (!opened)
		(void)FAIL(&why, "cannot open %s", path);
	/* A file from elsewhere brings no functions, and nothing writes into the schema. */
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	opened = opened && take(store->db, path, safety, &why);
	if (opened && !prepare(store))
		opened = refuse(store->db, path, &why);
	if (opened)
		return store;
	bm_sqlite_store_close(store);
	return NULL;
}

void bm_sqlite_store_close(struct bm_sqlite_store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->put);
	sqlite3_finalize(store->remove);
	sqlite3_finalize(store->get);
	sqlite3_close(store->db);
	free(store);
}

static sqlite3_stmt *with_key(sqlite3_stmt *stmt, const struct bm_store_key *key)
{
	sqlite3_bind_int(stmt, 1, (int)key->kind);
	sqlite3_bind_int(stmt, 2, key->index);
	return stmt;
}

enum bm_err bm_sqlite_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_sqlite_store *store = ctx;
	sqlite3_stmt *stmt = with_key(len ? store->put : store->remove, key);
	if (len)
		sqlite3_bind_blob(stmt, 3, octets, (int)len, SQLITE_STATIC);
	const int result = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return result == SQLITE_DONE ? BM_OK : BM_ERR_STORE;
}

enum bm_err bm_sqlite_store_get(struct bm_sqlite_store *store, const struct bm_store_key *key, uint8_t *out,
				size_t capacity, size_t *len)
{
	sqlite3_stmt *stmt = with_key(store->get, key);
	enum bm_err err = BM_ERR_NOT_FOUND;
	*len = 0;
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		const size_t held = (size_t)sqlite3_column_bytes(stmt, 0);
		err = held <= capacity ? BM_OK : BM_ERR_NO_SPACE;
		if (!err && held) {
			memcpy(out, sqlite3_column_blob(stmt, 0), held);
			*len = held;
		}
	}
	sqlite3_reset(stmt);
	return err;
}

enum bm_err bm_sqlite_store_each(struct bm_sqlite_store *store, unsigned kind,
				 void (*each)(void *ctx, const struct bm_store_key *key, const uint8_t *octets,
					      size_t len),
				 void *ctx)
{
	sqlite3_stmt *stmt = NULL;
	int result = sqlite3_prepare_v2(store->db,
					"SELECT kind, idx, value FROM record WHERE ?1=0 OR kind=?1 ORDER BY kind, idx",
					-1, &stmt, NULL);
	if (result == SQLITE_OK)
		sqlite3_bind_int(stmt, 1, (int)kind);
	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(stmt);
		if (result != SQLITE_ROW)
			break;
		const struct bm_store_key key = {.kind = (enum bm_store_kind)sqlite3_column_int(stmt, 0),
						 .index = (uint16_t)sqlite3_column_int(stmt, 1)};
		each(ctx, &key, sqlite3_column_blob(stmt, 2), (size_t)sqlite3_column_bytes(stmt, 2));
	}
	sqlite3_finalize(stmt);
	return result == SQLITE_DONE ? BM_OK : BM_ERR_STORE;
}

struct restoring {
	struct bm_node *node;
	void (*refused)(void *ctx, const struct bm_store_key *key, enum bm_err why);
	void *ctx;
};

static void restore_one(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	const struct restoring *restoring = ctx;
	const enum bm_err err = bm_node_restore(restoring->node, key, octets, len);
	if (err && restoring->refused)
		restoring->refused(restoring->ctx, key, err);
}

enum bm_err bm_sqlite_store_restore(struct bm_sqlite_store *store, struct bm_node *node,
				    void (*refused)(void *ctx, const struct bm_store_key *key, enum bm_err why),
				    void *ctx)
{
	struct restoring restoring = {.node = node, .refused = refused, .ctx = ctx};
	return bm_sqlite_store_each(store, 0, restore_one, &restoring);
}
