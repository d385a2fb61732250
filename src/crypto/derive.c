/*
 * The derivation functions s1, s2 and k1 to k5 (MshPRT 3.9.2.4 to 3.9.2.10) and the keys and addresses made with them.
 */
#include "crypto/crypto.h"

#include <string.h>

#include "base/env.h"

/* k2's P is at most 9 octets (friendship credentials); a derivation block is T(n-1) || P || n. */
#define K2_P_MAX 9u

void bm_s1(const uint8_t *octets, size_t len, uint8_t salt[16])
{
	static const uint8_t zero[16];
	bm_cmac_key(zero, octets, len, salt);
}

void bm_s2(const uint8_t *octets, size_t len, uint8_t salt[32])
{
	static const uint8_t zero[32];
	bm_hmac_sha256(zero, sizeof zero, octets, len, salt);
}

void bm_k1(const uint8_t *n, size_t n_len, const uint8_t salt[16], const uint8_t *p, size_t p_len, uint8_t out[16])
{
	uint8_t t[16];
	bm_cmac_key(salt, n, n_len, t);
	bm_cmac_key(t, p, p_len, out);
	bm_wipe(t, sizeof t);
}

/* T = AES-CMAC(s1(text), n): how k2, k3 and k4 begin. */
static void begin(const char text[4], const uint8_t n[16], uint8_t t[16])
{
	uint8_t salt[16];
	bm_s1((const uint8_t *)text, 4, salt);
	bm_cmac_key(salt, n, 16, t);
}

void bm_k2(const uint8_t n[16], const uint8_t *p, size_t p_len, uint8_t *nid, uint8_t encryption_key[16],
	   uint8_t privacy_key[16])
{
	uint8_t t[16], previous[16], block[16 + K2_P_MAX + 1];
	uint8_t *const outs[3] = {previous, encryption_key, privacy_key};
	struct bm_aes aes;
	if (p_len > K2_P_MAX)
		p_len = K2_P_MAX;
	begin("smk2", n, t);
	bm_port_aes_set_key(&aes, t);
	for (uint8_t i = 0; i < 3; i++) {
		/* T0 is empty, so the first block begins with P. */
		const size_t at = i == 0 ? 0 : 16;
		if (i > 0)
			memcpy(block, outs[i - 1], 16);
		memcpy(block + at, p, p_len);
		block[at + p_len] = (uint8_t)(i + 1);
		bm_cmac(&aes, block, at + p_len + 1, outs[i]);
	}
	*nid = previous[15] & 0x7f;
	bm_wipe(&aes, sizeof aes);
	bm_wipe(t, sizeof t);
	bm_wipe(block, sizeof block);
}

void bm_k3(const uint8_t n[16], uint8_t network_id[8])
{
	uint8_t t[16], out[16];
	begin("smk3", n, t);
	bm_cmac_key(t, (const uint8_t *)"id64\x01", 5, out);
	memcpy(network_id, out + 8, 8);
	bm_wipe(t, sizeof t);
}

uint8_t bm_k4(const uint8_t n[16])
{
	uint8_t t[16], out[16];
	begin("smk4", n, t);
	bm_cmac_key(t, (const uint8_t *)"id6\x01", 4, out);
	bm_wipe(t, sizeof t);
	return out[15] & 0x3f;
}

void bm_k5(const uint8_t *n, size_t n_len, const uint8_t salt[32], const uint8_t *p, size_t p_len, uint8_t out[32])
{
	uint8_t t[32];
	bm_hmac_sha256(salt, 32, n, n_len, t);
	bm_hmac_sha256(t, sizeof t, p, p_len, out);
	bm_wipe(t, sizeof t);
}

static void key_of(const uint8_t net_key[16], const char text[4], uint8_t out[16])
{
	uint8_t salt[16];
	bm_s1((const uint8_t *)text, 4, salt);
	bm_k1(net_key, 16, salt, (const uint8_t *)"id128\x01", 6, out);
}

void bm_identity_key(const uint8_t net_key[16], uint8_t out[16])
{
	key_of(net_key, "nkik", out);
}

void bm_beacon_key(const uint8_t net_key[16], uint8_t out[16])
{
	key_of(net_key, "nkbk", out);
}

void bm_private_beacon_key(const uint8_t net_key[16], uint8_t out[16])
{
	key_of(net_key, "nkpk", out);
}

uint16_t bm_virtual_addr(const uint8_t label[16])
{
	uint8_t salt[16], hash[16];
	bm_s1((const uint8_t *)"vtad", 4, salt);
	bm_cmac_key(salt, label, 16, hash);
	return (uint16_t)(0x8000 | (hash[14] & 0x3f) << 8 | hash[15]);
}
