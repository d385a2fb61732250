/*
 * Carves one block of memory into tables, once.
 */
#include "base/arena.h"

#include <string.h>

void *bm_arena_take(struct bm_arena *arena, size_t count, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	const size_t octets = (count * size + align - 1) / align * align;
	const size_t at = arena->used;
	arena->used += octets;
	if (!arena->mem || octets == 0)
		return NULL;
	if (arena->used > arena->size) {
		arena->failed = true;
		return NULL;
	}
	return memset(arena->mem + at, 0, octets);
}
