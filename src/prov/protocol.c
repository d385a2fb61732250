/*
 * The key schedule of a provisioning exchange (MshPRT 5.4.2).
 */
#include "prov/protocol.h"

#include <string.h>

#include "blemesh/bytes.h"
#include "crypto/crypto.h"

/* Where each PDU's parameters stand in the confirmation inputs (MshPRT 5.4.2.4). */
enum {
	AT_INVITE = 0,
	AT_CAPS = AT_INVITE + 1,
	AT_START = AT_CAPS + BM_PROV_CAPS_LEN,
	AT_KEY_PROVISIONER = AT_START + BM_PROV_START_LEN,
	AT_KEY_DEVICE = AT_KEY_PROVISIONER + BM_PROV_PUBLIC_KEY_LEN,
	INPUTS_LEN = AT_KEY_DEVICE + BM_PROV_PUBLIC_KEY_LEN,
};
_Static_assert(INPUTS_LEN == BM_PROV_INPUTS_LEN, "confirmation inputs");

#define MIC_LEN 8u

/* Where there is no provisioner, we are the device. */
static enum bm_prov_side own(const struct bm_prov_exchange *x)
{
	return BM_WITH_PROVISIONER ? x->own : BM_PROV_SIDE_DEVICE;
}

static enum bm_prov_side peer_of(const struct bm_prov_exchange *x)
{
	return own(x) == BM_PROV_SIDE_DEVICE ? BM_PROV_SIDE_PROVISIONER : BM_PROV_SIDE_DEVICE;
}

static uint8_t *key_at(struct bm_prov_exchange *x, enum bm_prov_side side)
{
	return x->inputs + (side == BM_PROV_SIDE_DEVICE ? AT_KEY_DEVICE : AT_KEY_PROVISIONER);
}

void bm_prov_exchange_init(struct bm_prov_exchange *x, struct bm_env *env, enum bm_prov_side side)
{
	bm_wipe(x, sizeof *x);
	x->env = env;
	x->own = side;
}

void bm_prov_exchange_invite(struct bm_prov_exchange *x, const uint8_t *params)
{
	x->inputs[AT_INVITE] = params[0];
}

void bm_prov_exchange_caps(struct bm_prov_exchange *x, const uint8_t *params)
{
	memcpy(x->inputs + AT_CAPS, params, BM_PROV_CAPS_LEN);
}

void bm_prov_exchange_start(struct bm_prov_exchange *x, const uint8_t *params)
{
	memcpy(x->inputs + AT_START, params, BM_PROV_START_LEN);
	x->alg = params[0] == BM_PROV_ALG_HMAC ? BM_PROV_ALG_HMAC : BM_PROV_ALG_CMAC;
}

const uint8_t *bm_prov_exchange_public_key(const struct bm_prov_exchange *x, enum bm_prov_side side)
{
	return x->inputs + (side == BM_PROV_SIDE_DEVICE ? AT_KEY_DEVICE : AT_KEY_PROVISIONER);
}

static void fill(void *ctx, uint8_t *out, size_t len)
{
	bm_env_random(ctx, out, len);
}

enum bm_err bm_prov_exchange_keygen(struct bm_prov_exchange *x)
{
	const struct bm_port_random random = {.fill = fill, .ctx = x->env};
	return bm_port_p256_keygen(&random, x->private_key, key_at(x, own(x)));
}

enum bm_err bm_prov_exchange_own_key(struct bm_prov_exchange *x, const uint8_t private_key[32])
{
	const struct bm_port_random random = {.fill = fill, .ctx = x->env};
	memcpy(x->private_key, private_key, sizeof x->private_key);
	return bm_port_p256_public(&random, x->private_key, key_at(x, own(x)));
}

enum bm_err bm_prov_exchange_peer_key(struct bm_prov_exchange *x, const uint8_t key[64])
{
	const struct bm_port_random random = {.fill = fill, .ctx = x->env};
	/* MshPRT 5.4.2.3: a peer that reflects our key could go on by reflecting all the rest. */
	if (memcmp(key, key_at(x, own(x)), BM_PROV_PUBLIC_KEY_LEN) == 0)
		return BM_ERR_AUTH;
	const enum bm_err err = bm_port_p256_shared(&random, x->private_key, key, x->secret);
	if (err)
		return err;
	memcpy(key_at(x, peer_of(x)), key, BM_PROV_PUBLIC_KEY_LEN);
	if (bm_prov_exchange_is_hmac(x))
		bm_s2(x->inputs, sizeof x->inputs, x->salt);
	else
		bm_s1(x->inputs, sizeof x->inputs, x->salt);
	bm_env_random(x->env, x->random[own(x)], bm_prov_exchange_value_len(x));
	return BM_OK;
}

void bm_prov_exchange_auth_static(struct bm_prov_exchange *x, const uint8_t *octets, size_t len)
{
	const size_t width = bm_prov_exchange_value_len(x);
	memset(x->auth_value, 0, sizeof x->auth_value);
	memcpy(x->auth_value, octets, len < width ? len : width);
}

static size_t text_len(const struct bm_oob_value *value)
{
	size_t len = 0;
	while (len < sizeof value->text - 1 && value->text[len])
		len++;
	return len;
}

void bm_prov_exchange_auth_value(struct bm_prov_exchange *x, const struct bm_oob_value *value)
{
	const size_t width = bm_prov_exchange_value_len(x);
	memset(x->auth_value, 0, sizeof x->auth_value);
	if (value->is_text) {
		memcpy(x->auth_value, value->text, text_len(value));
		return;
	}
	struct bm_writer w = bm_writer_of(x->auth_value + width - 4, 4);
	bm_put_be32(&w, value->number);
}

/* MshPRT 5.4.2.4: with algorithm 0 AuthValue is authenticated beside the random, with algorithm 1 it is in the key. */
static void confirm(const struct bm_prov_exchange *x, const uint8_t *random, uint8_t out[32])
{
	uint8_t key[32], message[64];
	memset(out, 0, 32);
	if (bm_prov_exchange_is_hmac(x)) {
		memcpy(message, x->secret, 32);
		memcpy(message + 32, x->auth_value, 32);
		bm_k5(message, 64, x->salt, (const uint8_t *)"prck256", 7, key);
		bm_hmac_sha256(key, 32, random, 32, out);
	} else {
		memcpy(message, random, 16);
		memcpy(message + 16, x->auth_value, 16);
		bm_k1(x->secret, sizeof x->secret, x->salt, (const uint8_t *)"prck", 4, key);
		bm_cmac_key(key, message, 32, out);
	}
	bm_wipe(key, sizeof key);
	bm_wipe(message, sizeof message);
}

const uint8_t *bm_prov_exchange_confirm(struct bm_prov_exchange *x)
{
	confirm(x, x->random[own(x)], x->confirmation[own(x)]);
	return x->confirmation[own(x)];
}

enum bm_err bm_prov_exchange_peer_confirmation(struct bm_prov_exchange *x, const uint8_t *octets)
{
	const size_t len = bm_prov_exchange_value_len(x);
	uint8_t ours[32];
	confirm(x, x->random[own(x)], ours);
	const bool reflected = bm_equal_constant_time(octets, ours, len);
	bm_wipe(ours, sizeof ours);
	if (reflected)
		return BM_ERR_AUTH;
	memcpy(x->confirmation[peer_of(x)], octets, len);
	return BM_OK;
}

enum bm_err bm_prov_exchange_peer_random(struct bm_prov_exchange *x, const uint8_t *octets)
{
	const size_t len = bm_prov_exchange_value_len(x);
	uint8_t expected[32];
	if (bm_equal_constant_time(octets, x->random[own(x)], len))
		return BM_ERR_AUTH;
	confirm(x, octets, expected);
	const bool equal = bm_equal_constant_time(expected, x->confirmation[peer_of(x)], len);
	bm_wipe(expected, sizeof expected);
	if (!equal)
		return BM_ERR_AUTH;
	memcpy(x->random[peer_of(x)], octets, len);
	return BM_OK;
}

void bm_prov_exchange_session(const struct bm_prov_exchange *x, struct bm_prov_session *session)
{
	const size_t len = bm_prov_exchange_value_len(x);
	uint8_t message[96], salt[16], nonce[16];
	memcpy(message, x->salt, len);
	memcpy(message + len, x->random[BM_PROV_SIDE_PROVISIONER], len);
	memcpy(message + 2 * len, x->random[BM_PROV_SIDE_DEVICE], len);
	bm_s1(message, 3 * len, salt);
	bm_k1(x->secret, sizeof x->secret, salt, (const uint8_t *)"prsk", 4, session->key);
	bm_k1(x->secret, sizeof x->secret, salt, (const uint8_t *)"prsn", 4, nonce);
	memcpy(session->nonce, nonce + 3, sizeof session->nonce);
	bm_k1(x->secret, sizeof x->secret, salt, (const uint8_t *)"prdk", 4, session->dev_key);
	bm_wipe(salt, sizeof salt);
	bm_wipe(nonce, sizeof nonce);
}

void bm_prov_session_encrypt(const struct bm_prov_session *session, const struct bm_prov_data *data,
			     uint8_t out[BM_PROV_DATA_ENCRYPTED_LEN])
{
	struct bm_aes aes;
	uint8_t plain[BM_PROV_DATA_LEN];
	bm_port_aes_set_key(&aes, session->key);
	bm_prov_data_encode(data, plain);
	bm_ccm_encrypt(&aes, session->nonce, NULL, 0, plain, sizeof plain, out, MIC_LEN);
	bm_wipe(plain, sizeof plain);
	bm_wipe(&aes, sizeof aes);
}

enum bm_err bm_prov_session_decrypt(const struct bm_prov_session *session,
				    const uint8_t octets[BM_PROV_DATA_ENCRYPTED_LEN], struct bm_prov_data *data)
{
	struct bm_aes aes;
	uint8_t plain[BM_PROV_DATA_LEN];
	bm_port_aes_set_key(&aes, session->key);
	enum bm_err err = bm_ccm_decrypt(&aes, session->nonce, NULL, 0, octets, sizeof plain, plain, MIC_LEN);
	if (!err)
		err = bm_prov_data_decode(data, plain);
	bm_wipe(plain, sizeof plain);
	bm_wipe(&aes, sizeof aes);
	return err;
}

static uint32_t ten_to_the(uint8_t size)
{
	uint32_t power = 1;
	while (size--)
		power *= 10;
	return power;
}

void bm_prov_oob_draw(struct bm_env *env, bool is_text, uint8_t size, struct bm_oob_value *value)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	*value = (struct bm_oob_value){.is_text = is_text};
	if (!is_text) {
		value->number = 1 + bm_env_random_below(env, ten_to_the(size) - 1);
		return;
	}
	for (uint8_t i = 0; i < size; i++)
		value->text[i] = letters[bm_env_random_below(env, sizeof letters - 1)];
}

bool bm_prov_oob_fits(const struct bm_oob_value *value, bool is_text, uint8_t size)
{
	if (value->is_text != is_text)
		return false;
	if (!is_text)
		return value->number < ten_to_the(size);
	const size_t len = text_len(value);
	return len >= 1 && len <= size;
}

const char *bm_prov_error_name(enum bm_prov_error error)
{
	static const char *const names[] = {
		"none",
		"invalid PDU",
		"invalid format",
		"unexpected PDU",
		"confirmation failed",
		"out of resources",
		"decryption failed",
		"unexpected error",
		"cannot assign addresses",
		"invalid data",
	};
	return (unsigned)error < sizeof names / sizeof names[0] ? names[error] : "unknown";
}
