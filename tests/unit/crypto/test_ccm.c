/*
 * AES-CCM both directions, nonces and obfuscation against the sample data; what does not verify leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "support/vectors.h"

#define MAX 512

struct sample {
	struct bm_aes aes;
	uint8_t nonce[13], aad[64], plain[MAX], cipher[MAX]; /* cipher: with the MIC behind it */
	size_t aad_len, len, mic_len;
};

static void read_sample(const json_t *entry, struct sample *s)
{
	uint8_t key[16];
	vectors_octets(entry, "key", key, sizeof key);
	bm_port_aes_set_key(&s->aes, key);
	vectors_octets(entry, "nonce", s->nonce, sizeof s->nonce);
	s->aad_len = vectors_octets(entry, "aad", s->aad, sizeof s->aad);
	s->len = vectors_octets(entry, "plaintext", s->plain, sizeof s->plain);
	assert_int_equal(vectors_octets(entry, "ciphertext", s->cipher, sizeof s->cipher), s->len);
	s->mic_len = vectors_octets(entry, "mic", s->cipher + s->len, 8);
}

static void test_ccm_matches_the_samples_both_ways(void **state)
{
	(void)state;
	json_t *root = vectors_load("crypto.json");
	json_t *entry;
	size_t i;
	assert_true(json_array_size(json_object_get(root, "aes_ccm")) > 0);
	json_array_foreach(json_object_get(root, "aes_ccm"), i, entry)
	{
		struct sample s;
		uint8_t out[MAX];
		read_sample(entry, &s);
		bm_ccm_encrypt(&s.aes, s.nonce, s.aad, s.aad_len, s.plain, s.len, out, s.mic_len);
		assert_octets(out, s.len + s.mic_len, s.cipher, s.len + s.mic_len);
		assert_int_equal(bm_ccm_decrypt(&s.aes, s.nonce, s.aad, s.aad_len, s.cipher, s.len, out, s.mic_len),
				 BM_OK);
		assert_octets(out, s.len, s.plain, s.len);
	}
	json_decref(root);
}

/* Network nonces, network encryption and obfuscation of every message sample; upper transport likewise. */
static void check_network(const json_t *root, const json_t *message, const json_t *network)
{
	const json_t *credentials = json_object_get(json_object_get(json_object_get(root, "keys"), "credentials"),
						    json_string_value(json_object_get(message, "credentials")));
	const uint32_t iv_index = vectors_hex(message, "iv_index");
	const bool ctl = json_integer_value(json_object_get(network, "ctl")) != 0;
	uint8_t key[16], nonce[13], plain[32], cipher[32], out[32];
	struct bm_aes aes;
	bm_nonce_network(nonce, ctl, (uint8_t)json_integer_value(json_object_get(network, "ttl")),
			 vectors_hex(network, "seq"), (uint16_t)vectors_hex(network, "src"), iv_index);
	assert_hex(nonce, 13, json_string_value(json_object_get(network, "network_nonce")));

	vectors_octets(credentials, "encryption_key", key, sizeof key);
	bm_port_aes_set_key(&aes, key);
	vectors_octets(network, "dst", plain, 2);
	const size_t len = 2 + vectors_octets(network, "lower_transport_pdu", plain + 2, sizeof plain - 2);
	assert_int_equal(vectors_octets(network, "enc_dst_and_transport_pdu", cipher, sizeof cipher), len);
	const size_t mic_len = vectors_octets(network, "netmic", cipher + len, 8);
	assert_int_equal(mic_len, ctl ? 8 : 4);
	bm_ccm_encrypt(&aes, nonce, NULL, 0, plain, len, out, mic_len);
	assert_octets(out, len + mic_len, cipher, len + mic_len);
	assert_int_equal(bm_ccm_decrypt(&aes, nonce, NULL, 0, cipher, len, out, mic_len), BM_OK);
	assert_octets(out, len, plain, len);

	uint8_t privacy[16], pecb[16];
	vectors_octets(credentials, "privacy_key", key, sizeof key);
	bm_port_aes_set_key(&aes, key);
	vectors_octets(network, "privacy_plaintext", privacy, sizeof privacy);
	bm_port_aes_block(&aes, privacy, pecb);
	assert_hex(pecb, 6, json_string_value(json_object_get(network, "pecb")));
}

static void check_access(const json_t *message, const json_t *access)
{
	const json_t *first = json_array_get(json_object_get(message, "network"), 0);
	const bool device = strcmp(json_string_value(json_object_get(access, "key_type")), "device") == 0;
	const bool szmic = json_integer_value(json_object_get(access, "szmic")) != 0;
	uint8_t key[16], label[16], nonce[13], plain[MAX], cipher[MAX], out[MAX];
	struct bm_aes aes;
	vectors_octets(access, "key", key, sizeof key);
	bm_port_aes_set_key(&aes, key);
	(device ? bm_nonce_device
		: bm_nonce_application)(nonce, szmic, vectors_hex(first, "seq"), (uint16_t)vectors_hex(first, "src"),
					(uint16_t)vectors_hex(first, "dst"), vectors_hex(message, "iv_index"));
	assert_hex(nonce, 13, json_string_value(json_object_get(access, "nonce")));
	const size_t label_len = json_object_get(access, "label_uuid") ? vectors_octets(access, "label_uuid", label, 16)
								       : 0;
	const size_t len = vectors_octets(access, "access_payload", plain, sizeof plain);
	const size_t mic_len = szmic ? 8 : 4;
	assert_int_equal(vectors_octets(access, "upper_transport_pdu", cipher, sizeof cipher), len + mic_len);
	bm_ccm_encrypt(&aes, nonce, label, label_len, plain, len, out, mic_len);
	assert_octets(out, len + mic_len, cipher, len + mic_len);
	assert_int_equal(bm_ccm_decrypt(&aes, nonce, label, label_len, cipher, len, out, mic_len), BM_OK);
	assert_octets(out, len, plain, len);
}

static void test_nonces_and_ccm_match_the_message_samples(void **state)
{
	(void)state;
	json_t *root = vectors_load("messages.json");
	static const char *const lists[] = {"messages", "library_variants"};
	int networks = 0, accesses = 0;
	for (size_t list = 0; list < BM_ARRAY_LEN(lists); list++) {
		json_t *message, *network;
		size_t i, j;
		json_array_foreach(json_object_get(root, lists[list]), i, message)
		{
			json_array_foreach(json_object_get(message, "network"), j, network)
			{
				check_network(root, message, network);
				networks++;
			}
			if (json_object_get(message, "access")) {
				check_access(message, json_object_get(message, "access"));
				accesses++;
			}
		}
	}
	assert_true(networks >= 55 && accesses >= 20);
	json_decref(root);
}

static void test_obfuscation_matches_the_sample(void **state)
{
	(void)state;
	json_t *root = vectors_load("crypto.json");
	const json_t *entry = json_array_get(json_object_get(root, "obfuscation"), 0);
	uint8_t key[16], block[16] = {0}, header[6];
	struct bm_aes aes;
	vectors_octets(entry, "privacy_key", key, sizeof key);
	bm_port_aes_set_key(&aes, key);
	vectors_octets(entry, "iv_index", block + 5, 4);
	vectors_octets(entry, "privacy_random", block + 9, 7);
	vectors_octets(entry, "ctl_ttl_seq_src", header, sizeof header);
	bm_port_aes_block(&aes, block, block);
	for (int i = 0; i < 6; i++)
		header[i] ^= block[i];
	assert_hex(header, 6, json_string_value(json_object_get(entry, "obfuscated")));
	json_decref(root);
}

static void test_proxy_nonce_matches_the_sample(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	json_t *entry;
	size_t i;
	int checked = 0;
	json_array_foreach(json_object_get(root, "proxy_configuration"), i, entry)
	{
		if (!json_object_get(entry, "proxy_nonce"))
			continue;
		uint8_t nonce[13];
		bm_nonce_proxy(nonce, vectors_hex(entry, "seq"), (uint16_t)vectors_hex(entry, "src"),
			       vectors_hex(entry, "iv_index"));
		assert_hex(nonce, 13, json_string_value(json_object_get(entry, "proxy_nonce")));
		checked++;
	}
	assert_true(checked > 0);
	json_decref(root);
}

/* Every bit of ciphertext, MIC, nonce and additional data counts; nothing decrypted survives a refusal. */
static void test_ccm_refuses_any_changed_bit_and_wipes_the_output(void **state)
{
	(void)state;
	static const uint8_t zero[MAX];
	for (size_t len = 0; len <= 33; len += 11) {
		for (size_t mic_len = 4; mic_len <= 8; mic_len += 4) {
			uint8_t nonce[13] = {1, 2, 3}, aad[16] = {9}, plain[40], cipher[48], out[48];
			struct bm_aes aes;
			memset(plain, 0x5a, sizeof plain);
			bm_port_aes_set_key(&aes, plain);
			bm_ccm_encrypt(&aes, nonce, aad, sizeof aad, plain, len, cipher, mic_len);
			for (size_t bit = 0; bit < 8 * (len + mic_len); bit++) {
				cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
				assert_int_equal(
					bm_ccm_decrypt(&aes, nonce, aad, sizeof aad, cipher, len, out, mic_len),
					BM_ERR_AUTH);
				assert_octets(out, len, zero, len);
				cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
			nonce[12] ^= 1;
			assert_int_equal(bm_ccm_decrypt(&aes, nonce, aad, sizeof aad, cipher, len, out, mic_len),
					 BM_ERR_AUTH);
			nonce[12] ^= 1;
			aad[15] ^= 1;
			assert_int_equal(bm_ccm_decrypt(&aes, nonce, aad, sizeof aad, cipher, len, out, mic_len),
					 BM_ERR_AUTH);
			aad[15] ^= 1;
			assert_int_equal(bm_ccm_decrypt(&aes, nonce, aad, sizeof aad, cipher, len, out, mic_len),
					 BM_OK);
			assert_octets(out, len, plain, len);
		}
	}
}

static void test_ccm_works_in_place_for_every_length(void **state)
{
	(void)state;
	uint8_t nonce[13] = {7}, key[16] = {3}, plain[400], apart[408], same[408];
	struct bm_aes aes;
	bm_port_aes_set_key(&aes, key);
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof plain; len++) {
		memcpy(same, plain, len);
		bm_ccm_encrypt(&aes, nonce, NULL, 0, plain, len, apart, 8);
		bm_ccm_encrypt(&aes, nonce, NULL, 0, same, len, same, 8);
		assert_octets(same, len + 8, apart, len + 8);
		assert_int_equal(bm_ccm_decrypt(&aes, nonce, NULL, 0, same, len, same, 8), BM_OK);
		assert_octets(same, len, plain, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ccm_matches_the_samples_both_ways),
		cmocka_unit_test(test_nonces_and_ccm_match_the_message_samples),
		cmocka_unit_test(test_obfuscation_matches_the_sample),
		cmocka_unit_test(test_proxy_nonce_matches_the_sample),
		cmocka_unit_test(test_ccm_refuses_any_changed_bit_and_wipes_the_output),
		cmocka_unit_test(test_ccm_works_in_place_for_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
