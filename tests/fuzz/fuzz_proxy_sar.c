/* Proxy SAR and what it may carry: writes of any length in any order, and the codecs of configuration and service data.
 */
#include <stdlib.h>
#include <string.h>

#include "blemesh/bytes.h"
#include "proxy/sar.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_codecs(const uint8_t *octets, size_t len)
{
	struct bm_proxy_config config;
	uint8_t out[64];
	if (bm_proxy_config_decode(octets, len, &config) == BM_OK &&
	    (bm_proxy_config_encode(&config, out) != len || memcmp(out, octets, len) != 0))
		abort();
	struct bm_proxy_id id;
	if (bm_proxy_id_decode(octets, len, &id) == BM_OK &&
	    (bm_proxy_id_encode(&id, out) != len || memcmp(out, octets, len) != 0))
		abort();
	uint8_t uuid[BM_UUID_LEN];
	uint16_t oob_info;
	if (bm_prov_service_data_decode(octets, len, uuid, &oob_info) == BM_OK) {
		bm_prov_service_data_encode(uuid, oob_info, out);
		if (len != BM_PROV_SERVICE_DATA_LEN || memcmp(out, octets, len) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	struct bm_proxy_sar_rx rx = {0};
	check_codecs(octets, len);
	while (bm_reader_left(&r) > 0) {
		size_t write = bm_read_u8(&r);
		if (write > bm_reader_left(&r))
			write = bm_reader_left(&r);
		/* In a block of its own, so that a read past its end is seen. */
		uint8_t *copy = malloc(write ? write : 1);
		if (write)
			memcpy(copy, bm_read_octets(&r, write), write);
		const enum bm_proxy_sar_result result = bm_proxy_sar_receive(&rx, copy, write);
		free(copy);
		if (rx.len > sizeof rx.octets || (result == BM_PROXY_SAR_WAIT) != rx.active ||
		    (result == BM_PROXY_SAR_MESSAGE && rx.type > BM_PROXY_PROVISIONING))
			abort();
	}
	return 0;
}
