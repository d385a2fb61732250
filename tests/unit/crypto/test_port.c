/*
 * The port: P-256 against the sample keys, invalid public keys refused, private keys drawn from the caller's source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/port.h"
#include "support/vectors.h"

struct source {
	uint32_t state;
	int draws;
	int bad; /* so many draws yield 0xff… first: above the group's order */
};

static void fill(void *ctx, uint8_t *out, size_t len)
{
	struct source *source = ctx;
	source->draws++;
	for (size_t i = 0; i < len; i++) {
		source->state = source->state * 1664525u + 1013904223u;
		out[i] = source->bad > 0 ? 0xff : (uint8_t)(source->state >> 24);
	}
	if (source->bad > 0)
		source->bad--;
}

static void test_p256_matches_the_samples(void **state)
{
	(void)state;
	struct source source = {.state = 1};
	const struct bm_port_random random = {.fill = fill, .ctx = &source};
	json_t *root = vectors_load("provisioning.json");
	json_t *entry;
	size_t i;
	assert_true(json_array_size(json_object_get(root, "security")) > 0);
	json_array_foreach(json_object_get(root, "security"), i, entry)
	{
		uint8_t provisioner[32], device[32], public_key[64], secret[32];
		vectors_octets(entry, "provisioner_private_key", provisioner, sizeof provisioner);
		vectors_octets(entry, "device_private_key", device, sizeof device);
		assert_int_equal(bm_port_p256_public(&random, device, public_key), BM_OK);
		assert_hex(public_key, 64, json_string_value(json_object_get(entry, "device_public_key")));
		assert_int_equal(bm_port_p256_shared(&random, provisioner, public_key, secret), BM_OK);
		assert_hex(secret, 32, json_string_value(json_object_get(entry, "ecdh_secret")));
		assert_int_equal(bm_port_p256_public(&random, provisioner, public_key), BM_OK);
		assert_hex(public_key, 64, json_string_value(json_object_get(entry, "provisioner_public_key")));
		assert_int_equal(bm_port_p256_shared(&random, device, public_key, secret), BM_OK);
		assert_hex(secret, 32, json_string_value(json_object_get(entry, "ecdh_secret")));
	}
	json_decref(root);
}

static void test_p256_keygen_agrees_between_two_parties(void **state)
{
	(void)state;
	struct source source = {.state = 2, .bad = 1};
	const struct bm_port_random random = {.fill = fill, .ctx = &source};
	uint8_t a[32], a_public[64], b[32], b_public[64], one[32], other[32];
	assert_int_equal(bm_port_p256_keygen(&random, a, a_public), BM_OK);
	assert_int_equal(bm_port_p256_keygen(&random, b, b_public), BM_OK);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(bm_port_p256_shared(&random, a, b_public, one), BM_OK);
	assert_int_equal(bm_port_p256_shared(&random, b, a_public, other), BM_OK);
	assert_memory_equal(one, other, 32);
}

static void test_p256_keygen_gives_up_on_a_broken_source(void **state)
{
	(void)state;
	struct source source = {.bad = 1000};
	const struct bm_port_random random = {.fill = fill, .ctx = &source};
	uint8_t private_key[32], public_key[64];
	assert_int_equal(bm_port_p256_keygen(&random, private_key, public_key), BM_ERR_CRYPTO);
}

static void test_p256_refuses_invalid_public_keys(void **state)
{
	(void)state;
	static const char *const invalid[] = {
		/* the point at infinity as zeros */
		"0000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000000000000000000000000000",
		/* a point of the curve with one bit of Y changed */
		"2c31a47b5779809ef44cb5eaaf5c3e43d5f8faad4a8794cb987e9b03745c78dd"
		"919512183898dfbecd52e2408e43871fd021109117bd3ed4eaf8437743715d4e",
		/* coordinates above the prime */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		/* X of a point, Y zero */
		"2c31a47b5779809ef44cb5eaaf5c3e43d5f8faad4a8794cb987e9b03745c78dd"
		"0000000000000000000000000000000000000000000000000000000000000000",
	};
	struct source source = {.state = 3};
	const struct bm_port_random random = {.fill = fill, .ctx = &source};
	uint8_t private_key[32], own[64], peer[64], secret[32];
	assert_int_equal(bm_port_p256_keygen(&random, private_key, own), BM_OK);
	for (size_t i = 0; i < BM_ARRAY_LEN(invalid); i++) {
		hex_decode(invalid[i], peer, sizeof peer);
		assert_int_equal(bm_port_p256_shared(&random, private_key, peer, secret), BM_ERR_AUTH);
	}
}

static void test_aes_matches_fips_197(void **state)
{
	(void)state;
	uint8_t key[16], block[16];
	struct bm_aes aes;
	hex_decode("000102030405060708090a0b0c0d0e0f", key, sizeof key);
	hex_decode("00112233445566778899aabbccddeeff", block, sizeof block);
	bm_port_aes_set_key(&aes, key);
	bm_port_aes_block(&aes, block, block);
	assert_hex(block, 16, "69c4e0d86a7b0430d8cdb78070b4c55a");
}

static void test_sha256_joins_two_parts(void **state)
{
	(void)state;
	uint8_t out[32];
	bm_port_sha256((const uint8_t *)"a", 1, (const uint8_t *)"bc", 2, out);
	assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	bm_port_sha256(NULL, 0, NULL, 0, out);
	assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_p256_matches_the_samples),
		cmocka_unit_test(test_p256_keygen_agrees_between_two_parties),
		cmocka_unit_test(test_p256_keygen_gives_up_on_a_broken_source),
		cmocka_unit_test(test_p256_refuses_invalid_public_keys),
		cmocka_unit_test(test_aes_matches_fips_197),
		cmocka_unit_test(test_sha256_joins_two_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
