/*
 * The default crypto port: mbedTLS's direct API, which uses AES-NI where the machine has it. AES and SHA-256 allocate
 * nothing; the P-256 operations allocate big numbers while they run.
 */
#include "crypto/port.h"

#include <string.h>

#include <mbedtls/aes.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/ecp.h>
#include <mbedtls/sha256.h>

#define COORDINATE_LEN 32u

_Static_assert(sizeof(mbedtls_aes_context) <= sizeof(struct bm_aes), "a key schedule must fit struct bm_aes");
_Static_assert(_Alignof(mbedtls_aes_context) <= _Alignof(struct bm_aes), "a key schedule must fit struct bm_aes");

void bm_port_aes_set_key(struct bm_aes *aes, const uint8_t key[16])
{
	mbedtls_aes_context *context = (void *)aes->opaque;
	mbedtls_aes_init(context);
	(void)mbedtls_aes_setkey_enc(context, key, 128); /* fails for other key lengths alone */
}

void bm_port_aes_block(const struct bm_aes *aes, const uint8_t in[16], uint8_t out[16])
{
	/* The parameter is not const in mbedTLS 2.28, but an encryption does not write to it. */
	mbedtls_aes_context *context = (void *)(uintptr_t)aes->opaque;
	(void)mbedtls_aes_crypt_ecb(context, MBEDTLS_AES_ENCRYPT, in, out);
}

void bm_port_sha256(const uint8_t *octets, size_t len, const uint8_t *more, size_t more_len, uint8_t out[32])
{
	mbedtls_sha256_context sha;
	mbedtls_sha256_init(&sha);
	(void)mbedtls_sha256_starts_ret(&sha, 0);
	if (len)
		(void)mbedtls_sha256_update_ret(&sha, octets, len);
	if (more_len)
		(void)mbedtls_sha256_update_ret(&sha, more, more_len);
	(void)mbedtls_sha256_finish_ret(&sha, out);
	mbedtls_sha256_free(&sha);
}

static int random_fill(void *ctx, unsigned char *out, size_t len)
{
	const struct bm_port_random *random = ctx;
	random->fill(random->ctx, out, len);
	return 0;
}

/* The members an operation may need, made and freed together. */
struct p256 {
	mbedtls_ecp_group group;
	mbedtls_mpi scalar;
	mbedtls_ecp_point point;
};

static enum bm_err p256_begin(struct p256 *p)
{
	mbedtls_ecp_group_init(&p->group);
	mbedtls_mpi_init(&p->scalar);
	mbedtls_ecp_point_init(&p->point);
	return mbedtls_ecp_group_load(&p->group, MBEDTLS_ECP_DP_SECP256R1) ? BM_ERR_CRYPTO : BM_OK;
}

static void p256_end(struct p256 *p)
{
	mbedtls_ecp_point_free(&p->point);
	mbedtls_mpi_free(&p->scalar);
	mbedtls_ecp_group_free(&p->group);
}

static enum bm_err read_private(struct p256 *p, const uint8_t private_key[32])
{
	if (mbedtls_mpi_read_binary(&p->scalar, private_key, COORDINATE_LEN))
		return BM_ERR_CRYPTO;
	return mbedtls_ecp_check_privkey(&p->group, &p->scalar) ? BM_ERR_INVALID : BM_OK;
}

enum bm_err bm_port_p256_public(const struct bm_port_random *random, const uint8_t private_key[32],
				uint8_t public_key[64])
{
	struct p256 p;
	struct bm_port_random blinding = *random;
	enum bm_err err = p256_begin(&p);
	if (err)
		goto out;
	err = read_private(&p, private_key);
	if (err)
		goto out;
	if (mbedtls_ecp_mul(&p.group, &p.point, &p.scalar, &p.group.G, random_fill, &blinding) ||
	    mbedtls_mpi_write_binary(&p.point.X, public_key, COORDINATE_LEN) ||
	    mbedtls_mpi_write_binary(&p.point.Y, public_key + COORDINATE_LEN, COORDINATE_LEN))
		err = BM_ERR_CRYPTO;
out:
	p256_end(&p);
	return err;
}

enum bm_err bm_port_p256_keygen(const struct bm_port_random *random, uint8_t private_key[32], uint8_t public_key[64])
{
	/* A uniform draw lies outside 1 … n − 1 about once in 2^32; more than a few in a row is a broken source. */
	for (int attempt = 0; attempt < 8; attempt++) {
		random->fill(random->ctx, private_key, COORDINATE_LEN);
		const enum bm_err err = bm_port_p256_public(random, private_key, public_key);
		if (err != BM_ERR_INVALID)
			return err;
	}
	return BM_ERR_CRYPTO;
}

/* MshPRT 5.4.3.1: a public key is validated before use; a point off the curve would reveal the private key. */
static enum bm_err read_public(struct p256 *p, const uint8_t public_key[64])
{
	if (mbedtls_mpi_read_binary(&p->point.X, public_key, COORDINATE_LEN) ||
	    mbedtls_mpi_read_binary(&p->point.Y, public_key + COORDINATE_LEN, COORDINATE_LEN) ||
	    mbedtls_mpi_lset(&p->point.Z, 1))
		return BM_ERR_CRYPTO;
	return mbedtls_ecp_check_pubkey(&p->group, &p->point) ? BM_ERR_AUTH : BM_OK;
}

enum bm_err bm_port_p256_shared(const struct bm_port_random *random, const uint8_t private_key[32],
				const uint8_t peer_public_key[64], uint8_t secret[32])
{
	struct p256 p;
	struct bm_port_random blinding = *random;
	mbedtls_mpi shared;
	mbedtls_mpi_init(&shared);
	enum bm_err err = p256_begin(&p);
	if (err)
		goto out;
	err = read_public(&p, peer_public_key);
	if (err)
		goto out;
	err = read_private(&p, private_key);
	if (err)
		goto out;
	if (mbedtls_ecdh_compute_shared(&p.group, &shared, &p.point, &p.scalar, random_fill, &blinding) ||
	    mbedtls_mpi_write_binary(&shared, secret, COORDINATE_LEN))
		err = BM_ERR_CRYPTO;
out:
	mbedtls_mpi_free(&shared);
	p256_end(&p);
	return err;
}
