/*
 * PB-ADV PDUs: whatever decodes encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "pdu/pb_adv.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_pb_adv pdu;
	uint8_t again[BM_PB_ADV_MAX];
	size_t again_len;
	if (bm_pb_adv_decode(&pdu, octets, len))
		return 0;
	if (bm_pb_adv_encode(&pdu, again, sizeof again, &again_len) || again_len != len ||
	    memcmp(again, octets, len) != 0)
		abort();
	return 0;
}
