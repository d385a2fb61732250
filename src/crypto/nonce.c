/*
 * Nonces (MshPRT 3.9.5): 13 octets that never repeat under one key.
 */
#include "crypto/crypto.h"

#include <string.h>

enum nonce_type {
	NONCE_NETWORK = 0x00,
	NONCE_APPLICATION = 0x01,
	NONCE_DEVICE = 0x02,
	NONCE_PROXY = 0x03,
	NONCE_SOLICITATION = 0x04
};

static inline void store_be32(uint8_t out[4], uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap32(value);
#endif
	memcpy(out, &value, 4);
}

static inline void store_be64(uint8_t out[8], uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	memcpy(out, &value, 8);
}

/* In stores of 8, 4 and 1 octets, just as CCM loads them: other widths would stall it (see crypto/block.h). */
static inline void put(uint8_t nonce[13], enum nonce_type type, uint8_t second, uint32_t seq, uint16_t src,
		       uint16_t dst, uint32_t iv_index)
{
	store_be64(nonce, (uint64_t)type << 56 | (uint64_t)second << 48 | (uint64_t)(seq & 0xffffff) << 24 |
				  (uint64_t)src << 8 | dst >> 8);
	store_be32(nonce + 8, (uint32_t)dst << 24 | iv_index >> 8);
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

void bm_nonce_solicitation(uint8_t nonce[13], uint32_t sseq, uint16_t ssrc)
{
	put(nonce, NONCE_SOLICITATION, 0, sseq, ssrc, 0, 0);
}
