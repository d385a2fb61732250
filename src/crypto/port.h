/*
 * The crypto port: the few primitives everything else is built from. port_mbedtls.c is the default; a board with AES
 * hardware brings its own file (CMake: BLEMESH_CRYPTO_PORT). No state but what the caller holds.
 */
#ifndef BM_CRYPTO_PORT_H
#define BM_CRYPTO_PORT_H

#include "blemesh/base.h"
#include "blemesh/err.h"

/* A cached AES-128 encryption key schedule, opaque; must not be moved or copied once set. */
struct bm_aes {
	_Alignas(16) uint8_t opaque[304];
};

void bm_port_aes_set_key(struct bm_aes *aes, const uint8_t key[16]);
void bm_port_aes_block(const struct bm_aes *aes, const uint8_t in[16], uint8_t out[16]);
void bm_port_sha256(const uint8_t *octets, size_t len, const uint8_t *more, size_t more_len, uint8_t out[32]);

struct bm_port_random {
	void (*fill)(void *ctx, uint8_t *out, size_t len);
	void *ctx;
};

/* Big-endian: private key 32 octets, public key X || Y 64 octets, shared secret 32 octets (the X coordinate). */
BM_MUST_USE enum bm_err bm_port_p256_keygen(const struct bm_port_random *random, uint8_t private_key[32],
					    uint8_t public_key[64]);
/* Derives the public key of a private one. */
BM_MUST_USE enum bm_err bm_port_p256_public(const struct bm_port_random *random, const uint8_t private_key[32],
					    uint8_t public_key[64]);
/* BM_ERR_AUTH if the peer's point is not on the curve (or is the point at infinity). */
BM_MUST_USE enum bm_err bm_port_p256_shared(const struct bm_port_random *random, const uint8_t private_key[32],
					    const uint8_t peer_public_key[64], uint8_t secret[32]);

#endif
