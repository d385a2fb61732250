/* Whatever a controller sends: events and data, in pieces, while the host advertises, scans and has a link. */
#include "fuzz_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_host f;
	if (size < 2)
		return 0;
	fuzz_open(&f, data[0] & 1);
	if (data[0] & 2)
		fuzz_connect(&f, data[0] & 4 ? BM_GATT_CLIENT : BM_GATT_SERVER, BM_GATT_PROXY);
	const struct bm_bearer bearer = bm_host_bearer(f.user);
	const struct bm_adv adv = {.ad_type = BM_AD_MESH_MESSAGE, .payload = data, .len = 1, .transmissions = 2};
	(void)bearer.ops->advertise(bearer.self, &adv, f.now);
	/* More sets than the controller has: they take turns. */
	for (uint8_t i = 0; i < 4 && data[0] & 16; i++) {
		const struct bm_gatt_adv set = {
			.set = i, .service = BM_GATT_PROXY, .data = data, .len = 1, .interval_us = 20000};
		(void)bearer.ops->gatt_advertise(bearer.self, &set, f.now);
	}
	const size_t piece = 1u + data[1];
	for (size_t at = 2; at < size && !f.lost; at += piece) {
		const size_t len = size - at < piece ? size - at : piece;
		bm_host_input(&f.host, data + at, len, f.now);
		if (data[0] & 8)
			fuzz_answer(&f);
		fuzz_pass(&f, data[0] & 16 ? 300000 : 5000);
	}
	bm_host_closed(&f.host, f.now);
	return 0;
}
