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
	bm_block mac;
	bm_block counter; /* counter 0; the number is put in when used */
	uint16_t index;
};

static inline bm_block encrypt(const struct bm_aes *aes, bm_block block)
{
	_Alignas(16) uint8_t octets[BLOCK];
	bm_block_store(octets, block);
	bm_port_aes_block(aes, octets, octets);
	return bm_block_load(octets);
}

static inline void mac_step(struct ccm *ccm, bm_block block)
{
	ccm->mac = encrypt(ccm->aes, ccm->mac ^ block);
}

static inline bm_block next_mask(struct ccm *ccm)
{
	return encrypt(ccm->aes, bm_block_set_last16(ccm->counter, ++ccm->index));
}

static void mac_aad(struct ccm *ccm, const uint8_t *aad, size_t len)
{
	/* The length stands in front, two octets (RFC 3610 2.2; len is below 0xff00 here). */
	uint8_t block[BLOCK] = {(uint8_t)(len >> 8), (uint8_t)len};
	size_t at = 2;
	while (len) {
		const size_t part = len < BLOCK - at ? len : BLOCK - at;
		memcpy(block + at, aad, part);
		mac_step(ccm, bm_block_load(block));
		aad += part;
		len -= part;
		memset(block, 0, sizeof block);
		at = 0;
	}
}

static inline struct ccm begin(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
			       size_t len, size_t mic_len)
{
	/* Flags octet, nonce, two octets of length or counter: both first blocks differ in flags and these two. */
	const uint8_t flags = (uint8_t)((aad_len ? 0x40 : 0) | (mic_len - 2) / 2 << 3 | 1);
	const bm_block first = bm_block_nonce(nonce);
	const unsigned shift = bm_block_shift(0);
	const bm_block b0 = {first[0] | (uint64_t)flags << shift, first[1]};
	const bm_block a0 = {first[0] | (uint64_t)1 << shift, first[1]};
	struct ccm ccm = {.aes = aes, .mac = encrypt(aes, bm_block_set_last16(b0, (uint16_t)len)), .counter = a0};
	if (aad_len)
		mac_aad(&ccm, aad, aad_len);
	return ccm;
}

/* The MIC of what passed: the MAC under the mask of counter 0. */
static inline bm_block finish(const struct ccm *ccm)
{
	return encrypt(ccm->aes, ccm->counter) ^ ccm->mac;
}

void bm_ccm_encrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
		    const uint8_t *in, size_t len, uint8_t *out, size_t mic_len)
{
	struct ccm ccm = begin(aes, nonce, aad, aad_len, len, mic_len);
	for (; len >= BLOCK; len -= BLOCK, in += BLOCK, out += BLOCK) {
		const bm_block plain = bm_block_load(in);
		bm_block_store(out, plain ^ next_mask(&ccm));
		mac_step(&ccm, plain);
	}
	if (len) {
		const bm_block plain = bm_block_load_part(in, len);
		const bm_block cipher = plain ^ next_mask(&ccm);
		bm_block_store_part(out, cipher, len);
		mac_step(&ccm, plain);
	}
	const bm_block mic = finish(&ccm);
	bm_block_store_part(out + len, mic, mic_len);
}

static bool mic_equals(bm_block expected, const uint8_t *mic, size_t mic_len)
{
	/* The octets beyond the MIC count as equal; the comparison does not branch on any. */
	const bm_block got = bm_block_load_part(mic, mic_len);
	const uint64_t mask = mic_len == 8 ? UINT64_MAX : bm_block_word((const uint8_t[]){255, 255, 255, 255}, 4);
	return ((expected[0] ^ got[0]) & mask) == 0;
}

enum bm_err bm_ccm_decrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
			   const uint8_t *in, size_t len, uint8_t *out, size_t mic_len)
{
	struct ccm ccm = begin(aes, nonce, aad, aad_len, len, mic_len);
	uint8_t *const start = out;
	const size_t whole = len;
	for (; len >= BLOCK; len -= BLOCK, in += BLOCK, out += BLOCK) {
		const bm_block plain = bm_block_load(in) ^ next_mask(&ccm);
		bm_block_store(out, plain);
		mac_step(&ccm, plain);
	}
	if (len) {
		const bm_block plain = bm_block_load_part(in, len) ^ next_mask(&ccm);
		bm_block_store_part(out, plain, len);
		/* Beyond the end there are zeros, not the mask. */
		mac_step(&ccm, bm_block_cut(plain, len));
	}
	if (mic_equals(finish(&ccm), in + len, mic_len))
		return BM_OK;
	bm_wipe(start, whole);
	return BM_ERR_AUTH;
}
