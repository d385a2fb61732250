/* Data of a link in pieces: each two octets of boundary and length, then the octets; L2CAP, its signals, SMP, ATT. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_host f;
	fuzz_open(&f, false);
	fuzz_connect(&f, size & 1 ? BM_GATT_CLIENT : BM_GATT_SERVER, BM_GATT_PROVISIONING);
	for (size_t at = 0; at + 2 <= size && !f.lost;) {
		uint8_t packet[5 + 255] = {BM_H4_ACL, 0x40, (uint8_t)(data[at] & 0x30), data[at + 1], 0};
		size_t len = data[at + 1];
		at += 2;
		if (len > size - at)
			len = size - at;
		packet[3] = (uint8_t)len;
		memcpy(packet + 5, data + at, len);
		at += len;
		bm_host_input(&f.host, packet, 5 + len, f.now);
		fuzz_pass(&f, 1000);
	}
	bm_host_closed(&f.host, f.now);
	return 0;
}
