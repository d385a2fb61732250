/*
 * Sample data of advertising, Proxy Configuration messages and solicitation (MshPRT 8.5, 8.6, 8.9, 8.15), made and
 * read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/security.h"
#include "proxy/identity.h"
#include "support/vectors.h"

static struct bm_net_keys keys_of(const json_t *sample)
{
	struct bm_net_keys keys = {0};
	uint8_t net_key[16];
	vectors_octets(sample, "netkey", net_key, sizeof net_key);
	bm_net_keys_derive(&keys, net_key);
	return keys;
}

static void check_prov_service_data(const json_t *sample, const uint8_t *data, size_t len)
{
	uint8_t uuid[16], expected[16], out[BM_PROV_SERVICE_DATA_LEN];
	uint16_t oob_info;
	vectors_octets(sample, "device_uuid", expected, sizeof expected);
	assert_int_equal(bm_prov_service_data_decode(data, len, uuid, &oob_info), BM_OK);
	assert_memory_equal(uuid, expected, 16);
	assert_int_equal(oob_info, vectors_hex(sample, "oob_information"));
	bm_prov_service_data_encode(uuid, oob_info, out);
	assert_octets(out, sizeof out, data, len);
	assert_int_equal(bm_prov_service_data_decode(data, len - 1, uuid, &oob_info), BM_ERR_TOO_SHORT);
}

static void check_identity(const json_t *sample, const uint8_t *data, size_t len)
{
	struct bm_net_keys keys = keys_of(sample);
	const uint16_t addr = json_object_get(sample, "source_address")
				      ? (uint16_t)vectors_hex(sample, "source_address")
				      : 0;
	struct bm_proxy_id id, made = {0};
	uint8_t out[BM_PROXY_ID_MAX];
	assert_int_equal(bm_proxy_id_decode(data, len, &id), BM_OK);
	assert_true(bm_proxy_is(&keys, addr, &id));
	made.type = id.type;
	memcpy(made.random, id.random, sizeof made.random);
	bm_proxy_identify(&keys, addr, &made);
	assert_octets(out, bm_proxy_id_encode(&made, out), data, len);
	/* Another node, another network, another octet: not the same. */
	if (addr)
		assert_false(bm_proxy_is(&keys, (uint16_t)(addr + 1), &id));
	keys.net_key[0] ^= 1;
	keys.network_id[0] ^= 1;
	assert_false(bm_proxy_is(&keys, addr, &id));
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bm_proxy_id_decode(data, i, &id), BM_ERR_TOO_SHORT);
}

static void test_service_data_of_advertising(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	size_t i, count = 0;
	json_t *sample;
	json_array_foreach(json_object_get(root, "advertising"), i, sample)
	{
		uint8_t ad[31];
		/* Length, type, UUID. */
		const size_t len = vectors_octets(sample, "ad_structure", ad, sizeof ad);
		assert_int_equal(ad[1], 0x16);
		if (ad[2] == 0x27)
			check_prov_service_data(sample, ad + 4, len - 4);
		else
			check_identity(sample, ad + 4, len - 4);
		count++;
	}
	assert_int_equal(count, 5);
	json_decref(root);
}

static void test_proxy_configuration_messages(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	size_t i, count = 0;
	json_t *sample;
	json_array_foreach(json_object_get(root, "proxy_configuration"), i, sample)
	{
		const struct bm_net_keys keys = keys_of(sample);
		const uint32_t iv_index = vectors_hex(sample, "iv_index");
		uint8_t transport[16], expected[32], out[BM_NET_PDU_MAX], clear[BM_NET_CLEAR_MAX];
		const size_t transport_len = vectors_octets(sample, "transport_pdu", transport, sizeof transport);
		const size_t expected_len = vectors_octets(sample, "network_pdu", expected, sizeof expected);
		size_t len;
		struct bm_net_header header;
		assert_int_equal(bm_net_encrypt_proxy(BM_NET_PROXY_CONFIG, &keys.flooding, iv_index,
						      vectors_hex(sample, "seq"), (uint16_t)vectors_hex(sample, "src"),
						      transport, transport_len, out, &len),
				 BM_OK);
		assert_octets(out, len, expected, expected_len);
		assert_int_equal(bm_net_decrypt_proxy(BM_NET_PROXY_CONFIG, &keys.flooding, iv_index, expected,
						      expected_len, &header, clear, &len),
				 BM_OK);
		assert_octets(clear + 2, len, transport, transport_len);
		assert_int_equal(header.src, vectors_hex(sample, "src"));
		/* No network traffic, no solicitation. */
		assert_int_equal(bm_net_decrypt(&keys.flooding, iv_index, expected, expected_len, &header, clear, &len),
				 BM_ERR_AUTH);
		assert_int_equal(bm_net_decrypt_proxy(BM_NET_SOLICITATION, &keys.flooding, iv_index, expected,
						      expected_len, &header, clear, &len),
				 BM_ERR_AUTH);
		count++;
	}
	assert_int_equal(count, 3);
	json_decref(root);
}

static void test_solicitation_pdus(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	size_t i, count = 0;
	json_t *sample;
	json_array_foreach(json_object_get(root, "solicitation"), i, sample)
	{
		const struct bm_net_keys keys = keys_of(sample);
		uint8_t expected[32], out[BM_NET_PDU_MAX], clear[BM_NET_CLEAR_MAX];
		const size_t expected_len = vectors_octets(sample, "solicitation_pdu", expected, sizeof expected);
		size_t len;
		struct bm_net_header header;
		assert_int_equal(bm_net_encrypt_proxy(BM_NET_SOLICITATION, &keys.flooding, 0,
						      vectors_hex(sample, "seq"), (uint16_t)vectors_hex(sample, "src"),
						      NULL, 0, out, &len),
				 BM_OK);
		assert_octets(out, len, expected, expected_len);
		assert_int_equal(len, BM_SOLICITATION_PDU_LEN);
		assert_int_equal(bm_net_decrypt_proxy(BM_NET_SOLICITATION, &keys.flooding, 0, expected, expected_len,
						      &header, clear, &len),
				 BM_OK);
		assert_int_equal(len, 0);
		assert_int_equal(header.seq, vectors_hex(sample, "seq"));
		for (size_t cut = 0; cut < expected_len; cut++)
			assert_int_equal(bm_net_decrypt_proxy(BM_NET_SOLICITATION, &keys.flooding, 0, expected, cut,
							      &header, clear, &len),
					 BM_ERR_TOO_SHORT);
		count++;
	}
	assert_int_equal(count, 1);
	json_decref(root);
}

static void test_configuration_messages_are_read_as_they_were_written(void **state)
{
	(void)state;
	const struct bm_proxy_config rows[] = {
		{.opcode = BM_PROXY_SET_FILTER_TYPE, .filter_type = BM_PROXY_REJECT_LIST},
		{.opcode = BM_PROXY_ADD_ADDRESSES, .addr_count = 5, .addrs = {1, 2, 0xc000, 0x8001, 0xffff}},
		{.opcode = BM_PROXY_REMOVE_ADDRESSES, .addr_count = 1, .addrs = {7}},
		{.opcode = BM_PROXY_REMOVE_ADDRESSES},
		{.opcode = BM_PROXY_FILTER_STATUS, .filter_type = BM_PROXY_ACCEPT_LIST, .list_size = 0x0102},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++) {
		uint8_t octets[BM_PROXY_CONFIG_MAX + 2] = {0};
		struct bm_proxy_config read;
		const size_t len = bm_proxy_config_encode(&rows[i], octets);
		assert_int_equal(bm_proxy_config_decode(octets, len, &read), BM_OK);
		assert_memory_equal(&read, &rows[i], sizeof read);
		/* An odd octet, or one address too many. */
		assert_int_equal(bm_proxy_config_decode(octets, len + 1, &read), BM_ERR_TOO_LONG);
		assert_int_equal(bm_proxy_config_decode(octets, 0, &read), BM_ERR_TOO_SHORT);
	}
	struct bm_proxy_config read;
	assert_int_equal(bm_proxy_config_decode((uint8_t[]){0, 2}, 2, &read), BM_ERR_PROHIBITED);
	assert_int_equal(bm_proxy_config_decode((uint8_t[]){0}, 1, &read), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_proxy_config_decode((uint8_t[]){4, 1, 1}, 3, &read), BM_ERR_NOT_SUPPORTED);
	assert_int_equal(bm_proxy_config_decode((uint8_t[]){0x40, 0}, 2, &read), BM_ERR_PROHIBITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_data_of_advertising),
		cmocka_unit_test(test_proxy_configuration_messages),
		cmocka_unit_test(test_solicitation_pdus),
		cmocka_unit_test(test_configuration_messages_are_read_as_they_were_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
