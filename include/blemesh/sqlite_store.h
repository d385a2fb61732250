/*
 * A store on SQLite for Linux hosts (part of libblemesh-air): one file a node. It keeps what blemesh/store.h asks for:
 * a request is a transaction of its own, in the order of the calls, and durable when the call returns.
 *
 *   store = bm_sqlite_store_open("lamp.db", BM_SQLITE_POWER_SAFE, why, sizeof why);
 *   ops.store = bm_sqlite_store_put, ops.ctx must then be the store; or call it from a function of your own
 *   bm_node_init, bm_node_add_model …, bm_sqlite_store_restore(store, node, NULL, NULL), bm_node_start
 */
#ifndef BLEMESH_SQLITE_STORE_H
#define BLEMESH_SQLITE_STORE_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/store.h"

struct bm_node;
struct bm_sqlite_store;

enum bm_sqlite_safety {
	BM_SQLITE_POWER_SAFE, /* each request reaches the disk before the call returns */
	/* What was stored outlasts the process, however it ends, but the last requests may not outlast the machine's
	 * power: for simulations. */
	BM_SQLITE_PROCESS_SAFE,
};

/* Opens the file, or makes it, readable by its owner alone (mode 0600), and keeps it for this process until it is
 * closed. On error NULL, and why as text in error: it is in use, damaged, not a store, somebody else's, or open to
 * other users. The caller owns what is returned. */
struct bm_sqlite_store *bm_sqlite_store_open(const char *path, enum bm_sqlite_safety safety, char *error,
					     size_t error_len);
/* NULL is ignored. */
void bm_sqlite_store_close(struct bm_sqlite_store *store);

/* As bm_node_ops.store; ctx: the store. BM_ERR_STORE if the disk is full or fails. */
enum bm_err bm_sqlite_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
/* The value under a key, copied; len: its length. BM_ERR_NOT_FOUND; BM_ERR_NO_SPACE (longer than capacity). */
BM_MUST_USE enum bm_err bm_sqlite_store_get(struct bm_sqlite_store *store, const struct bm_store_key *key, uint8_t *out,
					    size_t capacity, size_t *len);
/* Calls each for every record of this kind (0: of all kinds), in the order of kinds and indexes. octets are valid
 * during the call, which may not use the store. BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_sqlite_store_each(struct bm_sqlite_store *store, unsigned kind,
					     void (*each)(void *ctx, const struct bm_store_key *key,
							  const uint8_t *octets, size_t len),
					     void *ctx);
/* bm_node_restore for every record. refused (may be NULL) hears of those that the node did not take; the node starts
 * all the same. BM_ERR_STORE if the file cannot be read: then do not start the node. */
BM_MUST_USE enum bm_err
bm_sqlite_store_restore(struct bm_sqlite_store *store, struct bm_node *node,
			void (*refused)(void *ctx, const struct bm_store_key *key, enum bm_err why), void *ctx);

#endif
