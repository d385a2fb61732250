/*
 * Carves one block of memory into tables, once. Measuring is the same code with no block: it counts and returns NULL.
 */
#ifndef BM_BASE_ARENA_H
#define BM_BASE_ARENA_H

#include "blemesh/base.h"

struct bm_arena {
	uint8_t *mem; /* NULL: measure only */
	size_t size;
	size_t used;
	bool failed; /* the block was too small */
};

/* count elements of size octets each, aligned for any type, zeroed; NULL when measuring or when the block is full. */
void *bm_arena_take(struct bm_arena *arena, size_t count, size_t size);

#endif
