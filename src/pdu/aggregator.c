/*
 * Items of the Opcodes Aggregator messages: Length_Format is bit 0 of the length, which has 7 or 15 bits above it.
 */
#include "pdu/aggregator.h"

#define SHORT_MAX 0x7fu

enum bm_err bm_aggregator_item_read(struct bm_reader *r, struct bm_aggregator_item *item)
{
	const uint8_t first = bm_read_u8(r);
	item->len = first >> 1;
	if (first & 1)
		item->len |= (size_t)bm_read_u8(r) << 7;
	item->octets = bm_read_octets(r, item->len);
	return r->failed ? BM_ERR_TOO_SHORT : BM_OK;
}

void bm_aggregator_item_put(struct bm_writer *w, const struct bm_aggregator_item *item)
{
	if (item->len <= SHORT_MAX)
		bm_put_u8(w, (uint8_t)(item->len << 1));
	else
		bm_put_le16(w, (uint16_t)(item->len << 1 | 1));
	bm_put_octets(w, item->octets, item->len);
}

size_t bm_aggregator_item_len(const struct bm_aggregator_item *item)
{
	return (item->len <= SHORT_MAX ? 1 : 2) + item->len;
}
