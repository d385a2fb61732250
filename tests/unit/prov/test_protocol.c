/*
 * The key schedule against the sample exchanges of both algorithms, from both sides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prov/protocol.h"
#include "support/vectors.h"

/* The first draw is the private key; what follows only blinds. */
struct source {
	const uint8_t *private_key;
	int draws;
};

static void fill(void *ctx, uint8_t *out, size_t len)
{
	struct source *source = ctx;
	memset(out, 0x5a + source->draws, len);
	if (source->draws == 0)
		memcpy(out, source->private_key, 32);
	source->draws++;
}

struct sample {
	struct bm_env env;
	struct source source;
	struct bm_prov_exchange x;
	uint8_t private_key[32], own_random[32], peer_random[32], peer_confirmation[32], peer_key[64];
};

static const char *text(const json_t *entry, const char *key)
{
	const char *value = json_string_value(json_object_get(entry, key));
	assert_non_null(value);
	return value;
}

static void begin(struct sample *s, const json_t *entry, enum bm_prov_side own)
{
	const bool device = own == BM_PROV_SIDE_DEVICE;
	uint8_t octets[64];
	memset(s, 0, sizeof *s);
	s->env.ops = (struct bm_node_ops){.ctx = &s->source, .random = fill};
	vectors_octets(entry, device ? "device_private_key" : "provisioner_private_key", s->private_key, 32);
	vectors_octets(entry, device ? "provisioner_public_key" : "device_public_key", s->peer_key, 64);
	vectors_octets(entry, device ? "random_device" : "random_provisioner", s->own_random, 32);
	vectors_octets(entry, device ? "random_provisioner" : "random_device", s->peer_random, 32);
	vectors_octets(entry, device ? "confirmation_provisioner" : "confirmation_device", s->peer_confirmation, 32);
	s->source.private_key = s->private_key;
	bm_prov_exchange_init(&s->x, &s->env, own);
	assert_int_equal(vectors_octets(entry, "invite", octets, sizeof octets), 1);
	bm_prov_exchange_invite(&s->x, octets);
	assert_int_equal(vectors_octets(entry, "capabilities", octets, sizeof octets), BM_PROV_CAPS_LEN);
	bm_prov_exchange_caps(&s->x, octets);
	assert_int_equal(vectors_octets(entry, "start", octets, sizeof octets), BM_PROV_START_LEN);
	bm_prov_exchange_start(&s->x, octets);
	assert_int_equal(bm_prov_exchange_keygen(&s->x), BM_OK);
	assert_hex(bm_prov_exchange_public_key(&s->x, own), 64,
		   text(entry, device ? "device_public_key" : "provisioner_public_key"));
	assert_int_equal(bm_prov_exchange_peer_key(&s->x, s->peer_key), BM_OK);
	memcpy(s->x.random[own], s->own_random, 32);
	bm_prov_exchange_auth_static(&s->x, octets, vectors_octets(entry, "auth_value", octets, sizeof octets));
}

static void check_data(const json_t *entry, const struct bm_prov_session *session)
{
	uint8_t plain[BM_PROV_DATA_LEN], encrypted[64], again[BM_PROV_DATA_ENCRYPTED_LEN];
	struct bm_prov_data data;
	size_t len = vectors_octets(entry, "encrypted_provisioning_data", encrypted, sizeof encrypted);
	len += vectors_octets(entry, "provisioning_data_mic", encrypted + len, sizeof encrypted - len);
	assert_int_equal(len, BM_PROV_DATA_ENCRYPTED_LEN);
	assert_int_equal(bm_prov_session_decrypt(session, encrypted, &data), BM_OK);
	bm_prov_data_encode(&data, plain);
	assert_hex(plain, sizeof plain, text(entry, "provisioning_data"));
	bm_prov_session_encrypt(session, &data, again);
	assert_octets(again, sizeof again, encrypted, len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		encrypted[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bm_prov_session_decrypt(session, encrypted, &data), BM_ERR_AUTH);
		encrypted[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_exchange_matches_the_samples_on_both_sides(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	json_t *entry;
	size_t i;
	assert_int_equal(json_array_size(json_object_get(root, "security")), 2);
	json_array_foreach(json_object_get(root, "security"), i, entry)
	{
		for (int own = 0; own < 2; own++) {
			struct sample s;
			struct bm_prov_session session;
			begin(&s, entry, (enum bm_prov_side)own);
			const size_t len = bm_prov_exchange_value_len(&s.x);
			assert_int_equal(strlen(text(entry, "random_device")), 2 * len);
			assert_hex(s.x.inputs, sizeof s.x.inputs, text(entry, "confirmation_inputs"));
			assert_hex(s.x.secret, 32, text(entry, "ecdh_secret"));
			assert_hex(s.x.salt, len, text(entry, "confirmation_salt"));
			assert_hex(bm_prov_exchange_confirm(&s.x), len,
				   text(entry, own ? "confirmation_device" : "confirmation_provisioner"));
			assert_int_equal(bm_prov_exchange_peer_confirmation(&s.x, s.peer_confirmation), BM_OK);
			assert_int_equal(bm_prov_exchange_peer_random(&s.x, s.peer_random), BM_OK);
			bm_prov_exchange_session(&s.x, &session);
			assert_hex(session.key, 16, text(entry, "session_key"));
			assert_hex(session.nonce, 13, text(entry, "session_nonce"));
			assert_hex(session.dev_key, 16, text(entry, "device_key"));
			check_data(entry, &session);
		}
	}
	json_decref(root);
}

static void test_reflected_values_are_refused(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	json_t *entry;
	size_t i;
	json_array_foreach(json_object_get(root, "security"), i, entry)
	{
		for (int own = 0; own < 2; own++) {
			struct sample s;
			begin(&s, entry, (enum bm_prov_side)own);
			uint8_t mine[64];
			memcpy(mine, bm_prov_exchange_public_key(&s.x, (enum bm_prov_side)own), 64);
			assert_int_equal(bm_prov_exchange_peer_key(&s.x, mine), BM_ERR_AUTH);
			memcpy(mine, bm_prov_exchange_confirm(&s.x), 32);
			assert_int_equal(bm_prov_exchange_peer_confirmation(&s.x, mine), BM_ERR_AUTH);
			/* Even had the confirmation been taken, the random would be refused. */
			memcpy(s.x.confirmation[!own], mine, 32);
			assert_int_equal(bm_prov_exchange_peer_random(&s.x, s.x.random[own]), BM_ERR_AUTH);
		}
	}
	json_decref(root);
}

static void test_random_that_does_not_fit_its_confirmation_is_refused(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	json_t *entry;
	size_t i;
	json_array_foreach(json_object_get(root, "security"), i, entry)
	{
		struct sample s;
		begin(&s, entry, BM_PROV_SIDE_DEVICE);
		assert_int_equal(bm_prov_exchange_peer_confirmation(&s.x, s.peer_confirmation), BM_OK);
		s.peer_random[bm_prov_exchange_value_len(&s.x) - 1] ^= 1;
		assert_int_equal(bm_prov_exchange_peer_random(&s.x, s.peer_random), BM_ERR_AUTH);
		s.peer_random[bm_prov_exchange_value_len(&s.x) - 1] ^= 1;
		s.x.auth_value[15] ^= 1;
		assert_int_equal(bm_prov_exchange_peer_random(&s.x, s.peer_random), BM_ERR_AUTH);
		s.x.auth_value[15] ^= 1;
		assert_int_equal(bm_prov_exchange_peer_random(&s.x, s.peer_random), BM_OK);
	}
	json_decref(root);
}

static void test_auth_values_are_packed_like_the_samples(void **state)
{
	(void)state;
	json_t *root = vectors_load("provisioning.json");
	json_t *entry;
	size_t i;
	assert_int_equal(json_array_size(json_object_get(root, "auth_value_packing")), 2);
	json_array_foreach(json_object_get(root, "auth_value_packing"), i, entry)
	{
		struct bm_env env = {0};
		struct bm_prov_exchange x;
		const char *input = text(entry, "input");
		struct bm_oob_value value = {.is_text = strcmp(text(entry, "method"), "alphanumeric") == 0};
		for (const char *c = input; *c && !value.is_text; c++)
			value.number = value.number * 10 + (uint32_t)(*c - '0');
		if (value.is_text)
			strncpy(value.text, input, sizeof value.text - 1);
		bm_prov_exchange_init(&x, &env, BM_PROV_SIDE_DEVICE);
		bm_prov_exchange_auth_value(&x, &value);
		assert_hex(x.auth_value, 16, text(entry, "auth_value_16"));
		/* With algorithm 1 the same in 32 octets. */
		uint8_t wide[32] = {0};
		memcpy(wide + (value.is_text ? 0 : 16), x.auth_value, 16);
		x.alg = BM_PROV_ALG_HMAC;
		bm_prov_exchange_auth_value(&x, &value);
		assert_octets(x.auth_value, 32, wide, 32);
	}
	json_decref(root);
}

static void test_authentic_data_with_values_out_of_range_is_refused(void **state)
{
	(void)state;
	const struct bm_prov_session session = {.key = {1}, .nonce = {2}};
	uint8_t encrypted[BM_PROV_DATA_ENCRYPTED_LEN];
	struct bm_prov_data data = {.addr = 0x7fff, .net_idx = 0x0fff, .key_refresh = true, .iv_update = true};
	struct bm_prov_data got;
	bm_prov_session_encrypt(&session, &data, encrypted);
	assert_int_equal(bm_prov_session_decrypt(&session, encrypted, &got), BM_OK);
	assert_true(got.key_refresh && got.iv_update);
	static const uint16_t bad[] = {0x0000, 0x8000, 0xc000, 0xffff};
	for (size_t i = 0; i < BM_ARRAY_LEN(bad); i++) {
		data.addr = bad[i];
		bm_prov_session_encrypt(&session, &data, encrypted);
		assert_int_equal(bm_prov_session_decrypt(&session, encrypted, &got), BM_ERR_PROHIBITED);
	}
	data.addr = 1;
	data.net_idx = 0x1000;
	bm_prov_session_encrypt(&session, &data, encrypted);
	assert_int_equal(bm_prov_session_decrypt(&session, encrypted, &got), BM_ERR_PROHIBITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchange_matches_the_samples_on_both_sides),
		cmocka_unit_test(test_reflected_values_are_refused),
		cmocka_unit_test(test_random_that_does_not_fit_its_confirmation_is_refused),
		cmocka_unit_test(test_auth_values_are_packed_like_the_samples),
		cmocka_unit_test(test_authentic_data_with_values_out_of_range_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
