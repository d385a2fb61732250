/*
 * AES-CCM with a 13-octet nonce (RFC 3610 with L = 2; MshPRT 3.9.2.3). Counter mode and CBC-MAC go over the octets in
 * one pass; the cost is that of the AES calls: two for each started block of payload, one for the MAC's first block,
 * one for the MIC's mask, and those of the additional data.
 */
#include "crypto/crypto.h"

#include <string.h>

#include "base/env.h"
#include "crypto/block.h"

#define BLOCK 16u

/* The state of one pass. */
struct ccm {
	const struct bm_aes *aes;
	_Alignas(16) uint8_t mac[BLOCK];
	_Alignas(16) uint8_t counter[BLOCK];
	_Alignas(16) uint8_t mask[BLOCK];
};

static void mac_step(struct ccm *ccm, const uint8_t block[BLOCK])
{
	bm_block_xor(ccm->mac, block);
	bm_port_aes_block(ccm->aes, ccm->mac, ccm->mac);
}

static void mac_aad(struct ccm *ccm, const uint8_t *aad, size_t len)
{
	/* The length stands in front, two octets (RFC 3610 2.2; len is below 0xff00 here). */
	uint8_t block[BLOCK] = {(uint8_t)(len >> 8), (uint8_t)len};
	size_t at = 2;
	while (len) {
		const size_t part = len < BLOCK - at ? len : BLOCK - at;
		memcpy(block + at, aad, part);
		mac_step(ccm, block);
		aad += part;
		len -= part;
		memset(block, 0, sizeof block);
		at = 0;
	}
}

static void begin(struct ccm *ccm, const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad,
		  size_t aad_len, size_t len, size_t mic_len)
{
	ccm->aes = aes;
	ccm->mac[0] = (uint8_t)((aad_len ? 0x40 : 0) | (mic_len - 2) / 2 << 3 | 1);
	memcpy(ccm->mac + 1, nonce, 13);
	ccm->mac[14] = (uint8_t)(len >> 8);
	ccm->mac[15] = (uint8_t)len;
	bm_port_aes_block(aes, ccm->mac, ccm->mac);
	ccm->counter[0] = 1;
	memcpy(ccm->counter + 1, nonce, 13);
	ccm->counter[14] = 0;
	ccm->counter[15] = 0;
	if (aad_len)
		mac_aad(ccm, aad, aad_len);
}

static void next_mask(struct ccm *ccm)
{
	if (++ccm->counter[15] == 0)
		ccm->counter[14]++;
	bm_port_aes_block(ccm->aes, ccm->counter, ccm->mask);
}

/* The MIC of what passed: the MAC under the mask of counter 0. */
static void finish(struct ccm *ccm, uint8_t mic[BLOCK])
{
	ccm->counter[14] = 0;
	ccm->counter[15] = 0;
	bm_port_aes_block(ccm->aes, ccm->counter, mic);
	bm_block_xor(mic, ccm->mac);
}

void bm_ccm_encrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
		    const uint8_t *in, size_t len, uint8_t *out, size_t mic_len)
{
	struct ccm ccm;
	_Alignas(16) uint8_t block[BLOCK];
	begin(&ccm, aes, nonce, aad, aad_len, len, mic_len);
	for (; len >= BLOCK; len -= BLOCK, in += BLOCK, out += BLOCK) {
		memcpy(block, in, BLOCK);
		mac_step(&ccm, block);
		next_mask(&ccm);
		bm_block_xor(block, ccm.mask);
		memcpy(out, block, BLOCK);
	}
	if (len) {
		memset(block, 0, BLOCK);
		memcpy(block, in, len);
		mac_step(&ccm, block);
		next_mask(&ccm);
		bm_block_xor(block, ccm.mask);
		memcpy(out, block, len);
	}
	finish(&ccm, block);
	memcpy(out + len, block, mic_len);
}

enum bm_err bm_ccm_decrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
			   const uint8_t *in, size_t len, uint8_t *out, size_t mic_len)
{
	struct ccm ccm;
	_Alignas(16) uint8_t block[BLOCK];
	uint8_t *const start = out;
	const size_t whole = len;
	begin(&ccm, aes, nonce, aad, aad_len, len, mic_len);
	for (; len >= BLOCK; len -= BLOCK, in += BLOCK, out += BLOCK) {
		memcpy(block, in, BLOCK);
		next_mask(&ccm);
		bm_block_xor(block, ccm.mask);
		memcpy(out, block, BLOCK);
		mac_step(&ccm, block);
	}
	if (len) {
		next_mask(&ccm);
		memset(block, 0, BLOCK);
		memcpy(block, in, len);
		bm_block_xor(block, ccm.mask);
		memset(block + len, 0, BLOCK - len);
		memcpy(out, block, len);
		mac_step(&ccm, block);
	}
	finish(&ccm, block);
	if (bm_equal_constant_time(block, in + len, mic_len))
		return BM_OK;
	bm_wipe(start, whole);
	return BM_ERR_AUTH;
}
