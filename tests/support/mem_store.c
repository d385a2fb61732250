/*
 * A store in memory.
 */
#include "support/mem_store.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const struct mem_store *store, enum bm_store_kind kind, uint16_t index)
{
	size_t at = 0;
	while (at < store->count && (store->records[at].key.kind != kind || store->records[at].key.index != index))
		at++;
	return at;
}

enum bm_err mem_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct mem_store *store = ctx;
	store->requests++;
	if (store->refuse)
		return store->refuse;
	const size_t at = find(store, key->kind, key->index);
	if (len == 0) {
		if (at < store->count)
			store->records[at] = store->records[--store->count];
		return BM_OK;
	}
	if (at == MEM_STORE_RECORDS || len > MEM_STORE_LEN)
		abort();
	if (at == store->count)
		store->count++;
	store->records[at].key = *key;
	store->records[at].len = len;
	memcpy(store->records[at].octets, octets, len);
	return BM_OK;
}

const uint8_t *mem_store_get(const struct mem_store *store, enum bm_store_kind kind, uint16_t index, size_t *len)
{
	const size_t at = find(store, kind, index);
	if (at == store->count)
		return NULL;
	*len = store->records[at].len;
	return store->records[at].octets;
}

size_t mem_store_count(const struct mem_store *store, enum bm_store_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < store->count; i++)
		count += store->records[i].key.kind == kind;
	return count;
}

enum bm_err mem_store_restore(const struct mem_store *store, struct bm_node *node, bool backwards)
{
	enum bm_err first = BM_OK;
	for (size_t i = 0; i < store->count; i++) {
		const size_t at = backwards ? store->count - 1 - i : i;
		const enum bm_err err = bm_node_restore(node, &store->records[at].key, store->records[at].octets,
							store->records[at].len);
		first = first ? first : err;
	}
	return first;
}
