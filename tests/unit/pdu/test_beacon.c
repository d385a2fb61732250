#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pdu/beacon.h"
#include "support/vectors.h"

static void test_secure_network_beacons_of_the_samples(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	size_t i;
	json_t *sample;
	json_array_foreach(json_object_get(root, "secure_network_beacons"), i, sample)
	{
		uint8_t octets[32], expected[16], out[BM_SECURE_BEACON_LEN];
		struct bm_secure_beacon beacon;
		const size_t len = vectors_octets(sample, "beacon", octets, sizeof octets);
		assert_int_equal(bm_secure_beacon_decode(octets, len, &beacon), BM_OK);
		assert_int_equal(beacon.key_refresh, json_integer_value(json_object_get(sample, "key_refresh_flag")));
		assert_int_equal(beacon.iv_update, json_integer_value(json_object_get(sample, "iv_update_flag")));
		assert_int_equal(beacon.iv_index, vectors_hex(sample, "iv_index"));
		assert_octets(beacon.network_id, 8, expected,
			      vectors_octets(sample, "network_id", expected, sizeof expected));
		assert_octets(beacon.authentication, 8, expected,
			      vectors_octets(sample, "authentication_value", expected, sizeof expected));
		bm_secure_beacon_encode(&beacon, out);
		assert_octets(out, sizeof out, octets, len);
		for (size_t n = 0; n < len; n++)
			assert_int_equal(bm_secure_beacon_decode(octets, n, &beacon), BM_ERR_TOO_SHORT);
		assert_int_equal(bm_secure_beacon_decode(octets, len + 1, &beacon), BM_ERR_TOO_LONG);
		octets[0] = BM_BEACON_PRIVATE;
		assert_int_equal(bm_secure_beacon_decode(octets, len, &beacon), BM_ERR_PROHIBITED);
	}
	assert_int_equal(i, 3);
	json_decref(root);
}

static void test_unprovisioned_device_beacons_of_the_samples(void **state)
{
	(void)state;
	json_t *root = vectors_load("beacons.json");
	size_t i;
	json_t *sample;
	json_array_foreach(json_object_get(root, "unprovisioned_device_beacons"), i, sample)
	{
		uint8_t octets[32], out[BM_UNPROVISIONED_BEACON_MAX];
		struct bm_unprovisioned_beacon beacon;
		size_t out_len;
		const size_t len = vectors_octets(sample, "beacon", octets, sizeof octets);
		assert_int_equal(bm_unprovisioned_beacon_decode(octets, len, &beacon), BM_OK);
		assert_int_equal(beacon.oob_info, vectors_hex(sample, "oob_information"));
		assert_int_equal(beacon.has_uri_hash, json_is_string(json_object_get(sample, "uri_hash")));
		assert_int_equal(bm_unprovisioned_beacon_encode(&beacon, out, sizeof out, &out_len), BM_OK);
		assert_octets(out, out_len, octets, len);
		for (size_t n = 0; n < len; n++)
			assert_int_equal(bm_unprovisioned_beacon_decode(octets, n, &beacon),
					 n == 19 ? BM_OK : BM_ERR_TOO_SHORT);
	}
	assert_int_equal(i, 2);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secure_network_beacons_of_the_samples),
		cmocka_unit_test(test_unprovisioned_device_beacons_of_the_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
