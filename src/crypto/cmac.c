/*
 * AES-CMAC (RFC 4493, MshPRT 3.9.2.1) over a cached key schedule, and HMAC-SHA256 (RFC 2104, MshPRT 3.9.2.2).
 */
#include "crypto/crypto.h"

#include <string.h>

#include "base/env.h"
#include "crypto/block.h"

/* Multiplies by x in GF(2^128): the subkeys of RFC 4493 2.3. */
static void double_block(uint8_t block[16])
{
	const uint8_t carry = block[0] >> 7;
	for (int i = 0; i < 15; i++)
		block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
	block[15] = (uint8_t)(block[15] << 1 ^ (0x87 & -carry));
}

void bm_cmac(const struct bm_aes *aes, const uint8_t *octets, size_t len, uint8_t out[16])
{
	_Alignas(16) uint8_t subkey[16] = {0};
	_Alignas(16) uint8_t x[16] = {0};
	bm_port_aes_block(aes, subkey, subkey);
	double_block(subkey);

	for (; len > 16; len -= 16, octets += 16) {
		bm_block_store(x, bm_block_load(x) ^ bm_block_load(octets));
		bm_port_aes_block(aes, x, x);
	}
	if (len == 16) {
		bm_block_store(x, bm_block_load(x) ^ bm_block_load(octets));
	} else {
		bm_block_store(x, bm_block_load(x) ^ bm_block_load_part(octets, len));
		x[len] ^= 0x80;
		double_block(subkey);
	}
	bm_block_store(x, bm_block_load(x) ^ bm_block_load(subkey));
	bm_port_aes_block(aes, x, out);
	bm_wipe(subkey, sizeof subkey);
}

void bm_cmac_key(const uint8_t key[16], const uint8_t *octets, size_t len, uint8_t out[16])
{
	struct bm_aes aes;
	bm_port_aes_set_key(&aes, key);
	bm_cmac(&aes, octets, len, out);
	bm_wipe(&aes, sizeof aes);
}

#define SHA256_BLOCK 64u
#define SHA256_LEN 32u

void bm_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *octets, size_t len, uint8_t out[32])
{
	uint8_t pad[SHA256_BLOCK] = {0};
	uint8_t inner[SHA256_LEN];
	if (key_len > SHA256_BLOCK)
		bm_port_sha256(key, key_len, NULL, 0, pad);
	else if (key_len)
		memcpy(pad, key, key_len);
	for (size_t i = 0; i < SHA256_BLOCK; i++)
		pad[i] ^= 0x36;
	bm_port_sha256(pad, sizeof pad, octets, len, inner);
	for (size_t i = 0; i < SHA256_BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	bm_port_sha256(pad, sizeof pad, inner, sizeof inner, out);
	bm_wipe(pad, sizeof pad);
	bm_wipe(inner, sizeof inner);
}
