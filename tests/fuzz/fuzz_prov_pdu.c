/*
 * Provisioning PDUs and Provisioning Data: whatever decodes encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "pdu/prov_pdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_prov_pdu pdu;
	uint8_t again[2048];
	size_t again_len;
	if (len <= sizeof again && !bm_prov_pdu_decode(&pdu, octets, len) &&
	    (bm_prov_pdu_encode(&pdu, again, sizeof again, &again_len) || again_len != len ||
	     memcmp(again, octets, len) != 0))
		abort();
	if (len >= BM_PROV_DATA_LEN) {
		struct bm_prov_data data;
		if (!bm_prov_data_decode(&data, octets)) {
			bm_prov_data_encode(&data, again);
			/* Flags reserved for future use are not kept. */
			again[18] = octets[18];
			if (memcmp(again, octets, BM_PROV_DATA_LEN) != 0)
				abort();
		}
	}
	return 0;
}
