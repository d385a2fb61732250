/*
 * The Unprovisioned Device beacon: whatever decodes encodes to the same octets.
 */
#include <stdlib.h>
#include <string.h>

#include "pdu/beacon.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_unprovisioned_beacon beacon;
	uint8_t again[BM_UNPROVISIONED_BEACON_MAX];
	size_t again_len;
	if (bm_unprovisioned_beacon_decode(octets, len, &beacon))
		return 0;
	if (bm_unprovisioned_beacon_encode(&beacon, again, sizeof again, &again_len) || again_len != len ||
	    memcmp(again, octets, len) != 0)
		abort();
	return 0;
}
