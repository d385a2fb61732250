/*
 * Nonces (MshPRT 3.9.5): 13 octets that never repeat under one key.
 */
#include "crypto/crypto.h"

enum nonce_type { NONCE_NETWORK = 0x00, NONCE_APPLICATION = 0x01, NONCE_DEVICE = 0x02, NONCE_PROXY = 0x03 };

static void put(uint8_t nonce[13], enum nonce_type type, uint8_t second, uint32_t seq, uint16_t src, uint16_t dst,
		uint32_t iv_index)
{
	nonce[0] = (uint8_t)type;
	nonce[1] = second;
	nonce[2] = (uint8_t)(seq >> 16);
	nonce[3] = (uint8_t)(seq >> 8);
	nonce[4] = (uint8_t)seq;
	nonce[5] = (uint8_t)(src >> 8);
	nonce[6] = (uint8_t)src;
	nonce[7] = (uint8_t)(dst >> 8);
	nonce[8] = (uint8_t)dst;
	nonce[9] = (uint8_t)(iv_index >> 24);
	nonce[10] = (uint8_t)(iv_index >> 16);
	nonce[11] = (uint8_t)(iv_index >> 8);
	nonce[12] = (uint8_t)iv_index;
}

void bm_nonce_network(uint8_t nonce[13], bool ctl, uint8_t ttl, uint32_t seq, uint16_t src, uint32_t iv_index)
{
	/* The destination is encrypted with the payload; two zero octets stand in its place. */
	put(nonce, NONCE_NETWORK, (uint8_t)((ctl ? 0x80 : 0) | (ttl & 0x7f)), seq, src, 0, iv_index);
}

void bm_nonce_application(uint8_t nonce[13], bool aszmic, uint32_t seq, uint16_t src, uint16_t dst, uint32_t iv_index)
{
	put(nonce, NONCE_APPLICATION, aszmic ? 0x80 : 0, seq, src, dst, iv_index);
}

void bm_nonce_device(uint8_t nonce[13], bool aszmic, uint32_t seq, uint16_t src, uint16_t dst, uint32_t iv_index)
{
	put(nonce, NONCE_DEVICE, aszmic ? 0x80 : 0, seq, src, dst, iv_index);
}

void bm_nonce_proxy(uint8_t nonce[13], uint32_t seq, uint16_t src, uint32_t iv_index)
{
	put(nonce, NONCE_PROXY, 0, seq, src, 0, iv_index);
}
