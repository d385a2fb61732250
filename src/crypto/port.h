/*
 * The crypto port: the few primitives everything else is built from. port_mbedtls.c is the default; a board with AES
 * hardware brings its own file (CMake: BLEMESH_CRYPTO_PORT). No state but what the caller holds.
 */
#ifndef BM_CRYPTO_PORT_H
#define BM_CRYPTO_PORT_H

#include "blemesh/base.h"
#include "blemesh/err.h"

/* What a port keeps of a key, in octets, a multiple of 4: the build says so together with the port (CMake:
 * BLEMESH_AES_OCTETS). mbedTLS's schedules take 304; one in software without its tables 176; with an AES peripheral the
 * key alone is enough, 16. A node holds about ten for each subnet. */
#ifndef BM_PORT_AES_OCTETS
#define BM_PORT_AES_OCTETS 304
#endif

/* A cached AES-128 encryption key schedule, opaque; must not be moved or copied once set. Aligned as the node's memory
 * is, where a schedule is that large; a key alone is aligned to words. */
struct bm_aes {
	_Alignas(BM_PORT_AES_OCTETS % 16 || BM_PORT_AES_OCTETS == BM_KEY_LEN
			 ? 4
			 : _Alignof(max_align_t)) uint8_t opaque[BM_PORT_AES_OCTETS];
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
