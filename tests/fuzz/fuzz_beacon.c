/* Beacons: what decodes encodes to the same octets, but for flags that are reserved. */
#include <stdlib.h>
#include <string.h>

#include "pdu/beacon.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_secure_beacon secure;
	if (bm_secure_beacon_decode(octets, len, &secure) == BM_OK) {
		uint8_t out[BM_SECURE_BEACON_LEN];
		bm_secure_beacon_encode(&secure, out);
		if (len != sizeof out || out[1] != (octets[1] & 3) || memcmp(out + 2, octets + 2, len - 2) != 0)
			abort();
	}
	struct bm_private_beacon sealed;
	if (bm_private_beacon_decode(octets, len, &sealed) == BM_OK) {
		uint8_t out[BM_PRIVATE_BEACON_LEN];
		struct bm_beacon_data data;
		bm_private_beacon_encode(&sealed, out);
		if (len != sizeof out || memcmp(out, octets, len) != 0)
			abort();
		bm_private_beacon_data_decode(sealed.sealed, &data);
		bm_private_beacon_data_encode(&data, out);
		if (out[0] != (sealed.sealed[0] & 3) || memcmp(out + 1, sealed.sealed + 1, 4) != 0)
			abort();
	}
	struct bm_unprovisioned_beacon unprovisioned;
	if (bm_unprovisioned_beacon_decode(octets, len, &unprovisioned) == BM_OK) {
		uint8_t out[BM_UNPROVISIONED_BEACON_MAX];
		size_t out_len;
		if (bm_unprovisioned_beacon_encode(&unprovisioned, out, sizeof out, &out_len) || out_len != len ||
		    memcmp(out, octets, len) != 0)
			abort();
	}
	return 0;
}
