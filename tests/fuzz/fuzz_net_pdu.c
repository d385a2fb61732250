/* The Network PDU's header in clear: what decodes encodes to the same octets; and whole PDUs under a fixed key. */
#include <stdlib.h>
#include <string.h>

#include "net/security.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct bm_net_header header;
	if (bm_net_header_decode(octets, len, &header) == BM_OK) {
		uint8_t again[BM_NET_HEADER_LEN];
		if (bm_net_header_encode(&header, again) || memcmp(octets, again, sizeof again) != 0)
			abort();
		/* What is encrypted from these octets decrypts to them. */
		struct bm_net_keys keys;
		const uint8_t net_key[16] = {1};
		bm_net_keys_derive(&keys, net_key);
		uint8_t pdu[BM_NET_PDU_MAX], clear[BM_NET_CLEAR_MAX];
		size_t pdu_len, transport_len;
		const uint32_t iv_index = 0x1000 + header.ivi;
		if (bm_net_encrypt(&keys.flooding, iv_index, &header, octets + BM_NET_HEADER_LEN,
				   len - BM_NET_HEADER_LEN, pdu, &pdu_len) == BM_OK) {
			struct bm_net_header back;
			if (bm_net_decrypt(&keys.flooding, iv_index, pdu, pdu_len, &back, clear, &transport_len) ||
			    transport_len != len - BM_NET_HEADER_LEN || back.dst != header.dst ||
			    back.seq != header.seq || memcmp(clear + 2, octets + BM_NET_HEADER_LEN, transport_len) != 0)
				abort();
		}
	}
	return 0;
}
