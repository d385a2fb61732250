/* Items of an aggregated message: what is read is written to the same octets, but for lengths in the long format that
 * would have had room in the short one. */
#include <stdlib.h>
#include <string.h>

#include "pdu/aggregator.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	struct bm_aggregator_item item;
	while (bm_reader_left(&r) > 0) {
		const uint8_t *start = r.at;
		if (bm_aggregator_item_read(&r, &item))
			return 0;
		uint8_t *out = malloc(bm_aggregator_item_len(&item));
		struct bm_writer w = bm_writer_of(out, bm_aggregator_item_len(&item));
		bm_aggregator_item_put(&w, &item);
		const size_t taken = (size_t)(r.at - start);
		const bool shorter = (start[0] & 1) && item.len <= 0x7f;
		if (w.failed || bm_writer_len(&w) + shorter != taken ||
		    memcmp(out + taken - shorter - item.len, item.octets, item.len) != 0)
			abort();
		free(out);
	}
	return 0;
}
