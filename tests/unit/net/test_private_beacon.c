/* Mesh Private beacons: the sample data both ways, the random's life, and what they are obeyed in. */
#include "pdu/beacon.h"
#include "support/net_rig.h"
#include "support/vectors.h"

#define IV 0x1010abcdu

static struct net_rig rig;
static const uint8_t new_key[16] = {7};

/* With the random of the sample data where the rig would make one up. */
static uint8_t given_random[13];
static bool give_random;

static void random_or_given(void *ctx, uint8_t *out, size_t len)
{
	if (give_random && len == sizeof given_random)
		memcpy(out, given_random, len);
	else
		rig_random(ctx, out, len);
}

static void start_with(const uint8_t net_key[16], uint32_t iv_index, bool update)
{
	struct bm_subnet *subnet;
	bm_net_start(&rig.net, 0x0003, 1, iv_index, update);
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 0, net_key, false, &subnet), BM_OK);
	rig.net.states.private_beacon = true;
	bm_net_beacon_update(&rig.net);
}

static int set_up(void **state)
{
	(void)state;
	rig_net_init(&rig);
	rig.env.ops.random = random_or_given;
	give_random = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static const struct {
	const char *net_key, *random, *beacon;
	uint32_t iv_index;
	bool update;
} samples[] = {
	{"f7a2a44f8e8a8029064f173ddc1e2b00", "435f18f85cf78a3121f58478a5",
	 "02435f18f85cf78a3121f58478a561e488e7cbf3174f022a514741", 0x1010abcd, true},
	{"3bbb6f1fbd53e157417f308ce7aec58f", "1b998f82927535ea6f3076f422",
	 "021b998f82927535ea6f3076f422ce827408ab2f0ffb94cf97f881", 0, false},
};

static void test_our_private_beacons_are_those_of_the_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < BM_ARRAY_LEN(samples); i++) {
		uint8_t net_key[16];
		bm_net_reset(&rig.net);
		rig.sent_count = 0;
		hex_decode(samples[i].net_key, net_key, sizeof net_key);
		hex_decode(samples[i].random, given_random, sizeof given_random);
		give_random = true;
		start_with(net_key, samples[i].iv_index, samples[i].update);
		rig_run_until(&rig, rig.env.timers.now + 5 * BM_US_PER_S);
		assert_int_equal(rig.sent_count, 1);
		assert_int_equal(rig.sent[0].adv.ad_type, BM_AD_MESH_BEACON);
		assert_hex(rig.sent[0].octets, rig.sent[0].adv.len, samples[i].beacon);
		give_random = false;
	}
}

static void hear(const uint8_t net_key[16], bool key_refresh, bool update, uint32_t iv_index, uint8_t random)
{
	struct bm_net_keys keys;
	struct bm_private_beacon beacon = {.random = {random}};
	const struct bm_beacon_data data = {.key_refresh = key_refresh, .iv_update = update, .iv_index = iv_index};
	uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN], octets[BM_PRIVATE_BEACON_LEN];
	bm_net_keys_derive(&keys, net_key);
	bm_private_beacon_data_encode(&data, clear);
	bm_ccm_encrypt(&keys.private_beacon, beacon.random, NULL, 0, clear, sizeof clear, beacon.sealed, 8);
	bm_private_beacon_encode(&beacon, octets);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
}

static void test_the_samples_are_obeyed_and_every_flipped_bit_of_them_is_not(void **state)
{
	(void)state;
	uint8_t net_key[16], octets[BM_PRIVATE_BEACON_LEN];
	hex_decode(samples[0].net_key, net_key, sizeof net_key);
	start_with(net_key, IV - 1, false);
	bm_timers_advance(&rig.env.timers, 200 * UINT64_C(3600000000));
	hex_decode(samples[0].beacon, octets, sizeof octets);
	for (size_t bit = 8; bit < 8 * sizeof octets; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(rig_drops(&rig, BM_DROP_UNKNOWN_NID), 8 * (sizeof octets - 1));
	for (size_t n = 1; n < sizeof octets; n++) {
		uint8_t *copy = test_malloc(n);
		memcpy(copy, octets, n);
		bm_net_receive_beacon(&rig.net, copy, n, 0);
		test_free(copy);
	}
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED), sizeof octets - 1);
	assert_int_equal(rig.net.iv.index, IV - 1);
	bm_net_receive_beacon(&rig.net, octets, sizeof octets, 0);
	assert_int_equal(rig.net.iv.index, IV);
	assert_true(rig.net.iv.update);
}

static void test_the_random_lives_as_long_as_its_interval_and_never_for_other_data(void **state)
{
	(void)state;
	start_with(rig_net_key, IV, false);
	rig.net.states.private_interval = 6; /* a minute */
	rig_run_until(&rig, 300 * BM_US_PER_S);
	assert_in_range(rig.sent_count, 25, 31);
	size_t changes = 0;
	for (size_t i = 1; i < rig.sent_count; i++) {
		changes += memcmp(rig.sent[i].octets, rig.sent[i - 1].octets, BM_PRIVATE_BEACON_LEN) != 0;
		assert_non_null(rig.sent[i].adv.private_addr);
		assert_int_equal(rig.sent[i].adv.private_addr[0] & 0xc0, 0);
	}
	assert_in_range(changes, 3, 5);
	/* 0: each beacon has its own */
	rig.net.states.private_interval = 0;
	rig.sent_count = 0;
	rig_run_until(&rig, 400 * BM_US_PER_S);
	for (size_t i = 1; i < rig.sent_count; i++)
		assert_memory_not_equal(rig.sent[i].octets + 1, rig.sent[i - 1].octets + 1, 13);
	/* the random is a nonce: other data take another one */
	rig.net.states.private_interval = 255;
	rig.sent_count = 0;
	rig_run_until(&rig, 430 * BM_US_PER_S);
	bm_net_iv_test_mode(&rig.net, true);
	assert_int_equal(bm_net_iv_update(&rig.net, true), BM_OK);
	const size_t before = rig.sent_count;
	rig_run_until(&rig, 460 * BM_US_PER_S);
	assert_memory_equal(rig.sent[before - 1].octets, rig.sent[before - 2].octets, BM_PRIVATE_BEACON_LEN);
	assert_memory_not_equal(rig.sent[before].octets + 1, rig.sent[before - 1].octets + 1, 13);
}

static void test_private_beacons_drive_the_key_refresh(void **state)
{
	(void)state;
	start_with(rig_net_key, IV, false);
	struct bm_subnet *subnet = bm_subnet_find(&rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	hear(rig_net_key, true, false, IV, 1); /* under the old key the flag means nothing */
	assert_int_equal(subnet->phase, 1);
	hear(new_key, true, false, IV, 2);
	assert_int_equal(subnet->phase, 2);
	/* ours speak with the new key now, and say so */
	rig.sent_count = 0;
	rig_run_until(&rig, 5 * BM_US_PER_S);
	struct bm_private_beacon beacon;
	uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN];
	assert_int_equal(bm_private_beacon_decode(rig.sent[0].octets, rig.sent[0].adv.len, &beacon), BM_OK);
	assert_int_equal(bm_ccm_decrypt(&subnet->keys[1].private_beacon, beacon.random, NULL, 0, beacon.sealed,
					sizeof clear, clear, 8),
			 BM_OK);
	assert_int_equal(clear[0], 1);
	hear(rig_net_key, false, false, IV + 9, 5); /* outdated */
	assert_int_equal(rig.net.iv.index, IV);
	hear(new_key, false, false, IV, 3);
	assert_int_equal(subnet->phase, 0);
	assert_int_equal(rig.revocations, 1);
	hear(rig_net_key, false, false, IV + 9, 4); /* revoked: foreign */
	assert_int_equal(rig.net.iv.index, IV);
}

static void test_both_kinds_of_beacons_are_switched_and_counted_by_themselves(void **state)
{
	(void)state;
	start_with(rig_net_key, IV, false);
	rig.net.states.beacon = true;
	bm_net_beacon_update(&rig.net);
	for (unsigned t = 1; t <= 200; t++) {
		hear(rig_net_key, false, false, IV, 9);
		rig_run_until(&rig, t * (bm_time)BM_US_PER_S);
	}
	size_t secure = 0, of_private = 0;
	for (size_t i = 0; i < rig.sent_count; i++)
		(rig.sent[i].octets[0] == BM_BEACON_PRIVATE ? of_private++ : secure++);
	assert_in_range(secure, 17, 21);
	assert_in_range(of_private, 1, 6); /* many were heard: rarer */
	rig.net.states.beacon = rig.net.states.private_beacon = false;
	bm_net_beacon_update(&rig.net);
	rig.sent_count = 0;
	rig_run_until(&rig, 2000 * (bm_time)BM_US_PER_S);
	assert_int_equal(rig.sent_count, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_our_private_beacons_are_those_of_the_samples),
		UNIT(test_the_samples_are_obeyed_and_every_flipped_bit_of_them_is_not),
		UNIT(test_the_random_lives_as_long_as_its_interval_and_never_for_other_data),
		UNIT(test_private_beacons_drive_the_key_refresh),
		UNIT(test_both_kinds_of_beacons_are_switched_and_counted_by_themselves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
