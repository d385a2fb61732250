/*
 * Key indexes on the wire: two of 12 bits in three octets, the first in the low bits (MshPRT 4.3.1.1).
 */
#ifndef BM_PDU_KEY_INDEX_H
#define BM_PDU_KEY_INDEX_H

#include "blemesh/bytes.h"

static inline void bm_read_key_indexes(struct bm_reader *r, uint16_t *first, uint16_t *second)
{
	const uint32_t both = bm_read_le24(r);
	*first = both & 0x0fff;
	*second = (uint16_t)(both >> 12);
}

static inline void bm_put_key_indexes(struct bm_writer *w, uint16_t first, uint16_t second)
{
	bm_put_le24(w, (uint32_t)first | (uint32_t)second << 12);
}

/* A list being packed: pairs share three octets, an odd last one takes two. */
struct bm_key_list {
	struct bm_writer *w;
	uint16_t pending;
	bool has_pending;
};

static inline void bm_key_list_add(struct bm_key_list *list, uint16_t key_index)
{
	if (list->has_pending)
		bm_put_key_indexes(list->w, list->pending, key_index);
	list->pending = key_index;
	list->has_pending = !list->has_pending;
}

static inline void bm_key_list_end(struct bm_key_list *list)
{
	if (list->has_pending)
		bm_put_le16(list->w, list->pending);
	list->has_pending = false;
}

#endif
