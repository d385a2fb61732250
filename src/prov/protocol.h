/*
 * The key schedule of a provisioning exchange (MshPRT 5.4.2), the same in both roles: confirmation inputs, key
 * agreement, confirmations by either algorithm, session key, device key, Provisioning Data.
 */
#ifndef BM_PROV_PROTOCOL_H
#define BM_PROV_PROTOCOL_H

#include "base/env.h"
#include "blemesh/features.h"
#include "blemesh/prov.h"
#include "pdu/prov_pdu.h"

/* The algorithms of this build (BM_PROV_ALGS_*). */
#define BM_PROV_ALGS_BUILT (BM_PROV_ALGS_CMAC | (BM_WITH_PROV_HMAC ? BM_PROV_ALGS_HMAC : 0))

enum bm_prov_side { BM_PROV_SIDE_PROVISIONER = 0, BM_PROV_SIDE_DEVICE = 1 };

#define BM_PROV_INPUTS_LEN 145u
#define BM_PROV_SECRET_LEN 32u

/* One attempt. Every member is secret or becomes so: wipe it when the attempt ends. */
struct bm_prov_exchange {
	struct bm_env *env;
	enum bm_prov_side own;
	enum bm_prov_alg alg;
	/* Parameters of Invite, Capabilities, Start and both Public Keys, as they went over the air. */
	uint8_t inputs[BM_PROV_INPUTS_LEN];
	uint8_t private_key[32];
	uint8_t secret[BM_PROV_SECRET_LEN];
	uint8_t auth_value[32];
	uint8_t salt[32];      /* ConfirmationSalt */
	uint8_t random[2][32]; /* by side */
	uint8_t confirmation[2][32];
};

struct bm_prov_session {
	uint8_t key[16];
	uint8_t nonce[13];
	uint8_t dev_key[16];
};

void bm_prov_exchange_init(struct bm_prov_exchange *x, struct bm_env *env, enum bm_prov_side side);

static inline bool bm_prov_exchange_is_hmac(const struct bm_prov_exchange *x)
{
	return BM_WITH_PROV_HMAC && x->alg == BM_PROV_ALG_HMAC;
}
/* Octets of random and confirmation: 16 with algorithm 0, 32 with algorithm 1. */
static inline size_t bm_prov_exchange_value_len(const struct bm_prov_exchange *x)
{
	return bm_prov_exchange_is_hmac(x) ? 32 : 16;
}

/* Keep a PDU's parameters (the octets behind the type) for the confirmation inputs; Start sets the algorithm too. */
void bm_prov_exchange_invite(struct bm_prov_exchange *x, const uint8_t *params);
void bm_prov_exchange_caps(struct bm_prov_exchange *x, const uint8_t *params);
void bm_prov_exchange_start(struct bm_prov_exchange *x, const uint8_t *params);
/* The public key of a side, 64 octets, to read. */
const uint8_t *bm_prov_exchange_public_key(const struct bm_prov_exchange *x, enum bm_prov_side side);

/* Makes our key pair. BM_ERR_CRYPTO. */
BM_MUST_USE enum bm_err bm_prov_exchange_keygen(struct bm_prov_exchange *x);
/* Takes the key pair that the peer knows out of band. BM_ERR_CRYPTO or BM_ERR_INVALID: no private key of the curve. */
BM_MUST_USE enum bm_err bm_prov_exchange_own_key(struct bm_prov_exchange *x, const uint8_t private_key[32]);
/* Takes the peer's public key; then the shared secret, the confirmation salt and our random stand. BM_ERR_AUTH if it is
 * our own or no point of the curve. */
BM_MUST_USE enum bm_err bm_prov_exchange_peer_key(struct bm_prov_exchange *x, const uint8_t key[64]);

/* AuthValue (MshPRT 5.4.2.4), all zero until set. */
void bm_prov_exchange_auth_static(struct bm_prov_exchange *x, const uint8_t *octets, size_t len);
void bm_prov_exchange_auth_value(struct bm_prov_exchange *x, const struct bm_oob_value *value);

/* Computes our confirmation. */
const uint8_t *bm_prov_exchange_confirm(struct bm_prov_exchange *x);
/* Takes the peer's confirmation. BM_ERR_AUTH if ours stands and is the same. */
BM_MUST_USE enum bm_err bm_prov_exchange_peer_confirmation(struct bm_prov_exchange *x, const uint8_t *octets);
/* Takes the peer's random. BM_ERR_AUTH if it is our own or its confirmation does not verify. */
BM_MUST_USE enum bm_err bm_prov_exchange_peer_random(struct bm_prov_exchange *x, const uint8_t *octets);

/* After both randoms stand. */
void bm_prov_exchange_session(const struct bm_prov_exchange *x, struct bm_prov_session *session);
void bm_prov_session_encrypt(const struct bm_prov_session *session, const struct bm_prov_data *data,
			     uint8_t out[BM_PROV_DATA_ENCRYPTED_LEN]);
/* BM_ERR_AUTH; BM_ERR_PROHIBITED for authentic data with values out of range. */
BM_MUST_USE enum bm_err bm_prov_session_decrypt(const struct bm_prov_session *session,
						const uint8_t octets[BM_PROV_DATA_ENCRYPTED_LEN],
						struct bm_prov_data *data);

/* Draws an OOB value for an action: a number of 1 to 10^size − 1, or size letters and digits (MshPRT 5.4.2.4). */
void bm_prov_oob_draw(struct bm_env *env, bool is_text, uint8_t size, struct bm_oob_value *value);
/* Whether a value that a person gave can be an answer: a number below 10^size, or 1 to size characters. */
bool bm_prov_oob_fits(const struct bm_oob_value *value, bool is_text, uint8_t size);

#endif
