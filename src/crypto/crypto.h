/*
 * The security toolbox of MshPRT 3.9: AES-CMAC, AES-CCM, the derivation functions, nonces, and key material with its
 * schedules cached.
 */
#ifndef BM_CRYPTO_CRYPTO_H
#define BM_CRYPTO_CRYPTO_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "crypto/port.h"

void bm_cmac(const struct bm_aes *aes, const uint8_t *octets, size_t len, uint8_t out[16]);
/* With the key as octets; the schedule is made and wiped. */
void bm_cmac_key(const uint8_t key[16], const uint8_t *octets, size_t len, uint8_t out[16]);
void bm_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *octets, size_t len, uint8_t out[32]);

/*
 * AES-CCM with a 13-octet nonce (MshPRT 3.9.2). mic_len is 4 or 8; len is at most 65535. out may equal in.
 * Encrypt writes len octets, then the MIC. Decrypt takes len octets of ciphertext followed by the MIC and returns
 * BM_ERR_AUTH (out wiped) if it does not verify.
 */
void bm_ccm_encrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad, size_t aad_len,
		    const uint8_t *in, size_t len, uint8_t *out, size_t mic_len);
BM_MUST_USE enum bm_err bm_ccm_decrypt(const struct bm_aes *aes, const uint8_t nonce[13], const uint8_t *aad,
				       size_t aad_len, const uint8_t *in, size_t len, uint8_t *out, size_t mic_len);

/* MshPRT 3.9.2.4 to 3.9.2.10. text arguments are ASCII without the terminator. */
void bm_s1(const uint8_t *octets, size_t len, uint8_t salt[16]);
void bm_s2(const uint8_t *octets, size_t len, uint8_t salt[32]);
void bm_k1(const uint8_t *n, size_t n_len, const uint8_t salt[16], const uint8_t *p, size_t p_len, uint8_t out[16]);
void bm_k2(const uint8_t n[16], const uint8_t *p, size_t p_len, uint8_t *nid, uint8_t encryption_key[16],
	   uint8_t privacy_key[16]);
void bm_k3(const uint8_t n[16], uint8_t network_id[8]);
uint8_t bm_k4(const uint8_t n[16]);
void bm_k5(const uint8_t *n, size_t n_len, const uint8_t salt[32], const uint8_t *p, size_t p_len, uint8_t out[32]);

/* k1(net_key, s1("nkik"|"nkbk"|"nkpk"), "id128" || 0x01). */
void bm_identity_key(const uint8_t net_key[16], uint8_t out[16]);
void bm_beacon_key(const uint8_t net_key[16], uint8_t out[16]);
void bm_private_beacon_key(const uint8_t net_key[16], uint8_t out[16]);

/* The virtual address of a Label UUID (MshPRT 3.4.2.3). */
uint16_t bm_virtual_addr(const uint8_t label[16]);

/* Nonces (MshPRT 3.9.5). */
void bm_nonce_network(uint8_t nonce[13], bool ctl, uint8_t ttl, uint32_t seq, uint16_t src, uint32_t iv_index);
void bm_nonce_application(uint8_t nonce[13], bool aszmic, uint32_t seq, uint16_t src, uint16_t dst, uint32_t iv_index);
void bm_nonce_device(uint8_t nonce[13], bool aszmic, uint32_t seq, uint16_t src, uint16_t dst, uint32_t iv_index);
void bm_nonce_proxy(uint8_t nonce[13], uint32_t seq, uint16_t src, uint32_t iv_index);
void bm_nonce_solicitation(uint8_t nonce[13], uint32_t sseq, uint16_t ssrc);

#endif
