/*
 * A store in memory that keeps every promise of blemesh/store.h, counts, and can be made to refuse.
 */
#ifndef BM_TESTS_MEM_STORE_H
#define BM_TESTS_MEM_STORE_H

#include "blemesh/node.h"

#define MEM_STORE_RECORDS 512u
#define MEM_STORE_LEN 256u

struct mem_store {
	size_t count;
	struct {
		struct bm_store_key key;
		size_t len;
		uint8_t octets[MEM_STORE_LEN];
	} records[MEM_STORE_RECORDS];
	int requests;
	enum bm_err refuse; /* BM_OK, or what every request is answered with */
};

/* As bm_node_ops.store; ctx is the store. */
enum bm_err mem_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
/* The octets under a key, or NULL. */
const uint8_t *mem_store_get(const struct mem_store *store, enum bm_store_kind kind, uint16_t index, size_t *len);
size_t mem_store_count(const struct mem_store *store, enum bm_store_kind kind);
/* Gives everything back to a node; the first error, if any. backwards: the last stored first. */
enum bm_err mem_store_restore(const struct mem_store *store, struct bm_node *node, bool backwards);

#endif
