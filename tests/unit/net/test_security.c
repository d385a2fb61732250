#include "support/net_rig.h"
#include "support/vectors.h"

static void load_cred(const json_t *root, const char *name, struct bm_cred *cred)
{
	const json_t *set = json_object_get(json_object_get(json_object_get(root, "keys"), "credentials"), name);
	uint8_t key[16];
	cred->nid = (uint8_t)vectors_hex(set, "nid");
	vectors_octets(set, "encryption_key", key, sizeof key);
	bm_port_aes_set_key(&cred->encryption, key);
	vectors_octets(set, "privacy_key", key, sizeof key);
	bm_port_aes_set_key(&cred->privacy, key);
}

/* One Network PDU of the sample data. */
struct sample {
	struct bm_cred cred;
	uint32_t iv_index;
	struct bm_net_header header;
	uint8_t lower[16];
	size_t lower_len;
	uint8_t pdu[32];
	size_t pdu_len;
};

static size_t each_sample(void (*each)(const struct sample *sample))
{
	json_t *root = vectors_load("messages.json");
	size_t count = 0;
	const char *const lists[] = {"messages", "library_variants"};
	for (size_t l = 0; l < 2; l++) {
		size_t i;
		json_t *message;
		json_array_foreach(json_object_get(root, lists[l]), i, message)
		{
			static struct sample sample;
			size_t n;
			json_t *pdu;
			load_cred(root, json_string_value(json_object_get(message, "credentials")), &sample.cred);
			sample.iv_index = vectors_hex(message, "iv_index");
			json_array_foreach(json_object_get(message, "network"), n, pdu)
			{
				sample.header = (struct bm_net_header){
					.ivi = sample.iv_index & 1,
					.nid = sample.cred.nid,
					.ctl = json_integer_value(json_object_get(pdu, "ctl")) == 1,
					.ttl = (uint8_t)json_integer_value(json_object_get(pdu, "ttl")),
					.seq = vectors_hex(pdu, "seq"),
					.src = (uint16_t)vectors_hex(pdu, "src"),
					.dst = (uint16_t)vectors_hex(pdu, "dst")};
				sample.lower_len = vectors_octets(pdu, "lower_transport_pdu", sample.lower,
								  sizeof sample.lower);
				sample.pdu_len = vectors_octets(pdu, "network_pdu", sample.pdu, sizeof sample.pdu);
				each(&sample);
				count++;
			}
		}
	}
	json_decref(root);
	return count;
}

static void encrypt(const struct sample *sample)
{
	uint8_t out[BM_NET_PDU_MAX];
	size_t len;
	assert_int_equal(bm_net_encrypt(&sample->cred, sample->iv_index, &sample->header, sample->lower,
					sample->lower_len, out, &len),
			 BM_OK);
	assert_octets(out, len, sample->pdu, sample->pdu_len);
}

static void test_every_sample_is_encrypted_octet_for_octet(void **state)
{
	(void)state;
	assert_int_equal(each_sample(encrypt), 68);
}

static void decrypt(const struct sample *sample)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t len;
	assert_int_equal(
		bm_net_decrypt(&sample->cred, sample->iv_index, sample->pdu, sample->pdu_len, &header, clear, &len),
		BM_OK);
	assert_memory_equal(&header, &sample->header, sizeof header);
	assert_octets(clear + 2, len, sample->lower, sample->lower_len);
}

static void test_every_sample_is_decrypted_octet_for_octet(void **state)
{
	(void)state;
	assert_int_equal(each_sample(decrypt), 68);
}

static void damage(const struct sample *sample)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t out_len;
	for (size_t len = 0; len < sample->pdu_len; len++) {
		uint8_t *copy = test_malloc(len ? len : 1);
		memcpy(copy, sample->pdu, len);
		assert_int_not_equal(
			bm_net_decrypt(&sample->cred, sample->iv_index, copy, len, &header, clear, &out_len), BM_OK);
		test_free(copy);
	}
	/* The IVI and NID bits are not covered by the NetMIC: they choose the keys. */
	for (size_t bit = 8; bit < 8 * sample->pdu_len; bit++) {
		uint8_t copy[32];
		memcpy(copy, sample->pdu, sample->pdu_len);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(bm_net_decrypt(&sample->cred, sample->iv_index, copy, sample->pdu_len, &header,
						    clear, &out_len),
				     BM_OK);
	}
	assert_int_equal(bm_net_decrypt(&sample->cred, sample->iv_index ^ 1, sample->pdu, sample->pdu_len, &header,
					clear, &out_len) == BM_OK,
			 0);
}

static void test_truncated_and_altered_samples_are_refused(void **state)
{
	(void)state;
	(void)each_sample(damage);
}

static void test_lengths_that_ctl_does_not_allow_are_refused(void **state)
{
	(void)state;
	struct bm_net_keys keys;
	bm_net_keys_derive(&keys, rig_net_key);
	const uint8_t octets[17] = {0};
	uint8_t out[BM_NET_PDU_MAX];
	size_t len;
	struct bm_net_header header = {.ttl = 5, .seq = 1, .src = 1, .dst = 2};
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 0, out, &len), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 16, out, &len), BM_OK);
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 17, out, &len), BM_ERR_TOO_LONG);
	header.ctl = true;
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 12, out, &len), BM_OK);
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 13, out, &len), BM_ERR_TOO_LONG);
	header.seq = BM_SEQ_MAX + 1;
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0, &header, octets, 12, out, &len), BM_ERR_INVALID);
}

static void test_managed_flooding_credentials_follow_from_the_net_key(void **state)
{
	(void)state;
	json_t *root = vectors_load("messages.json");
	static struct bm_cred expected;
	struct bm_net_keys keys;
	load_cred(root, "managed_flooding", &expected);
	bm_net_keys_derive(&keys, rig_net_key);
	assert_int_equal(keys.flooding.nid, expected.nid);
	uint8_t a[16] = {1}, b[16] = {1};
	bm_port_aes_block(&keys.flooding.encryption, a, a);
	bm_port_aes_block(&expected.encryption, b, b);
	assert_octets(a, 16, b, 16);
	bm_port_aes_block(&keys.flooding.privacy, a, a);
	bm_port_aes_block(&expected.privacy, b, b);
	assert_octets(a, 16, b, 16);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_sample_is_encrypted_octet_for_octet),
		cmocka_unit_test(test_every_sample_is_decrypted_octet_for_octet),
		cmocka_unit_test(test_truncated_and_altered_samples_are_refused),
		cmocka_unit_test(test_lengths_that_ctl_does_not_allow_are_refused),
		cmocka_unit_test(test_managed_flooding_credentials_follow_from_the_net_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
