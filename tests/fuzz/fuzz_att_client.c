/* ATT PDUs from a peer, each behind an octet with its length, to our client. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_host f;
	fuzz_open(&f, size & 1);
	fuzz_connect(&f, BM_GATT_CLIENT, size & 2 ? BM_GATT_PROXY : BM_GATT_PROVISIONING);
	for (size_t at = 0; at < size;) {
		size_t len = data[at++];
		if (len > size - at)
			len = size - at;
		fuzz_att(&f, data + at, len);
		at += len;
	}
	fuzz_pass(&f, 70 * BM_US_PER_S);
	bm_host_closed(&f.host, f.now);
	return 0;
}
