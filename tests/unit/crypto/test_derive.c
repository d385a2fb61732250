/*
 * Salts, derivation functions and derived keys against the sample data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "support/vectors.h"

#define MAX 256

static json_t *root;

static int load(void **state)
{
	(void)state;
	root = vectors_load("crypto.json");
	return 0;
}

static int unload(void **state)
{
	(void)state;
	json_decref(root);
	return 0;
}

/* The entries of a section; a section that is missing or empty fails. */
static json_t *section(const char *name)
{
	json_t *entries = json_object_get(root, name);
	assert_true(json_array_size(entries) > 0);
	return entries;
}

static const char *text(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

static void test_s1_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("s1"), i, entry)
	{
		uint8_t m[MAX], salt[16];
		bm_s1(m, vectors_octets(entry, "m", m, sizeof m), salt);
		assert_hex(salt, 16, text(entry, "salt"));
	}
	json_array_foreach(section("aes_cmac_salts"), i, entry)
	{
		uint8_t salt[16];
		const char *m = text(entry, "m_ascii");
		bm_s1((const uint8_t *)m, strlen(m), salt);
		assert_hex(salt, 16, text(entry, "salt"));
	}
}

static void test_s2_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("s2"), i, entry)
	{
		uint8_t m[MAX], salt[32];
		bm_s2(m, vectors_octets(entry, "m", m, sizeof m), salt);
		assert_hex(salt, 32, text(entry, "salt"));
	}
}

static void test_k1_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("k1"), i, entry)
	{
		uint8_t n[MAX], salt[16], p[MAX], out[16];
		const size_t n_len = vectors_octets(entry, "n", n, sizeof n);
		vectors_octets(entry, "salt", salt, sizeof salt);
		const size_t p_len = vectors_octets(entry, "p", p, sizeof p);
		bm_cmac_key(salt, n, n_len, out);
		assert_hex(out, 16, text(entry, "t"));
		bm_k1(n, n_len, salt, p, p_len, out);
		assert_hex(out, 16, text(entry, "out"));
	}
}

static void test_k2_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("k2"), i, entry)
	{
		uint8_t n[16], p[MAX], nid, encryption_key[16], privacy_key[16];
		vectors_octets(entry, "n", n, sizeof n);
		bm_k2(n, p, vectors_octets(entry, "p", p, sizeof p), &nid, encryption_key, privacy_key);
		assert_int_equal(nid, vectors_hex(entry, "nid"));
		assert_hex(encryption_key, 16, text(entry, "encryption_key"));
		assert_hex(privacy_key, 16, text(entry, "privacy_key"));
	}
}

static void test_k3_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("k3"), i, entry)
	{
		uint8_t n[16], network_id[8];
		vectors_octets(entry, "n", n, sizeof n);
		bm_k3(n, network_id);
		assert_hex(network_id, 8, text(entry, "network_id"));
	}
}

static void test_k4_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("k4"), i, entry)
	{
		uint8_t n[16];
		vectors_octets(entry, "n", n, sizeof n);
		assert_int_equal(bm_k4(n), vectors_hex(entry, "aid"));
	}
}

static void test_k5_matches_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("k5"), i, entry)
	{
		uint8_t n[MAX], salt[32], p[MAX], t[32], out[32];
		const size_t n_len = vectors_octets(entry, "n", n, sizeof n);
		vectors_octets(entry, "salt", salt, sizeof salt);
		bm_hmac_sha256(salt, sizeof salt, n, n_len, t);
		assert_hex(t, 32, text(entry, "t"));
		bm_k5(n, n_len, salt, p, vectors_octets(entry, "p", p, sizeof p), out);
		assert_hex(out, 32, text(entry, "out"));
	}
}

static void test_keys_derived_from_a_net_key_match_the_samples(void **state)
{
	(void)state;
	static const struct {
		const char *member;
		void (*derive)(const uint8_t net_key[16], uint8_t *out);
		size_t len;
	} rows[] = {
		{"network_id", bm_k3, 8},
		{"identity_key", bm_identity_key, 16},
		{"beacon_key", bm_beacon_key, 16},
		{"private_beacon_key", bm_private_beacon_key, 16},
	};
	size_t i;
	json_t *entry;
	int checked = 0;
	json_array_foreach(section("netkey_derivatives"), i, entry)
	{
		uint8_t net_key[16], out[16];
		vectors_octets(entry, "netkey", net_key, sizeof net_key);
		for (size_t row = 0; row < BM_ARRAY_LEN(rows); row++) {
			if (!text(entry, rows[row].member))
				continue;
			rows[row].derive(net_key, out);
			assert_hex(out, rows[row].len, text(entry, rows[row].member));
			checked++;
		}
	}
	assert_true(checked >= 9);
}

static void test_virtual_addresses_match_the_samples(void **state)
{
	(void)state;
	size_t i;
	json_t *entry;
	json_array_foreach(section("virtual_addresses"), i, entry)
	{
		uint8_t label[16];
		vectors_octets(entry, "label_uuid", label, sizeof label);
		assert_int_equal(bm_virtual_addr(label), vectors_hex(entry, "virtual_address"));
	}
}

/* RFC 4231, cases 1 and 6: keys shorter and longer than the hash's block. */
static void test_hmac_takes_short_and_long_keys(void **state)
{
	(void)state;
	uint8_t key[131], out[32];
	memset(key, 0x0b, 20);
	bm_hmac_sha256(key, 20, (const uint8_t *)"Hi There", 8, out);
	assert_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, sizeof key);
	const char *m = "Test Using Larger Than Block-Size Key - Hash Key First";
	bm_hmac_sha256(key, sizeof key, (const uint8_t *)m, strlen(m), out);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 4493 section 4: lengths 0, 16, 40 and 64. */
static void test_cmac_takes_any_length(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		const char *expected;
	} rows[] = {
		{0, "bb1d6929e95937287fa37d129b756746"},
		{16, "070a16b46b4d4144f79bdd9dd04a287c"},
		{40, "dfa66747de9ae63030ca32611497c827"},
		{64, "51f0bebf7e3b9d92fc49741779363cfe"},
	};
	uint8_t key[16], m[64], out[16];
	hex_decode("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof key);
	hex_decode("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		   "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		   m, sizeof m);
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++) {
		bm_cmac_key(key, m, rows[i].len, out);
		assert_hex(out, 16, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s1_matches_the_samples),
		cmocka_unit_test(test_s2_matches_the_samples),
		cmocka_unit_test(test_k1_matches_the_samples),
		cmocka_unit_test(test_k2_matches_the_samples),
		cmocka_unit_test(test_k3_matches_the_samples),
		cmocka_unit_test(test_k4_matches_the_samples),
		cmocka_unit_test(test_k5_matches_the_samples),
		cmocka_unit_test(test_keys_derived_from_a_net_key_match_the_samples),
		cmocka_unit_test(test_virtual_addresses_match_the_samples),
		cmocka_unit_test(test_hmac_takes_short_and_long_keys),
		cmocka_unit_test(test_cmac_takes_any_length),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
