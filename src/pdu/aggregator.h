/*
 * Items of the Opcodes Aggregator messages (MshPRT 4.3.9): a length of one or two octets, then opcode and parameters.
 */
#ifndef BM_PDU_AGGREGATOR_H
#define BM_PDU_AGGREGATOR_H

#include "blemesh/bytes.h"
#include "blemesh/err.h"

struct bm_aggregator_item {
	const uint8_t *octets;
	size_t len; /* 0 … 0x7fff; 0: a message that is not answered */
};

/* The item stands in the reader's octets. BM_ERR_TOO_SHORT. */
BM_MUST_USE enum bm_err bm_aggregator_item_read(struct bm_reader *r, struct bm_aggregator_item *item);
void bm_aggregator_item_put(struct bm_writer *w, const struct bm_aggregator_item *item);
/* With its length in front. */
size_t bm_aggregator_item_len(const struct bm_aggregator_item *item);

#endif
