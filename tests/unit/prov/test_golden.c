/*
 * The sample transcript over PB-ADV: given the sample's keys and randoms, each role says what the transcript says,
 * octet for octet. What the other end says is played from the transcript.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/prov_pair.h"
#include "support/vectors.h"

#define SAID_MAX 256

struct golden {
	json_t *root;
	const json_t *security;
	enum pair_end real; /* the end that is ours */
	char said[SAID_MAX][2 * BM_ADV_PAYLOAD_MAX + 1];
	int said_count;
};

static struct pair pair;
static struct golden golden;

static bool octets_of(const char *key, uint8_t *out, size_t len)
{
	assert_int_equal(vectors_octets(golden.security, key, out, len), len);
	return true;
}

/* Stands where randomness comes from. The state tells which draw it is: the first of 32 octets is the private key, the
 * one of 16 octets the random, the one of 4 octets in a link being opened its identifier. */
static bool inject(struct pair *p, uint8_t *out, size_t len)
{
	static const uint8_t zero[32];
	const bool device = golden.real == PAIR_DEVICE;
	const struct bm_prov_exchange *x = device ? &p->exchange : &p->provisioner.sessions[0].exchange;
	const struct bm_link *link = device ? &p->device.link : &p->provisioner.sessions[0].link;
	if (len == 4 && !device && link->state == BM_LINK_CLOSED && !link->had_link) {
		hex_decode("23af5850", out, 4);
		return true;
	}
	if (len == 32 && memcmp(x->private_key, zero, 32) == 0)
		return octets_of(device ? "device_private_key" : "provisioner_private_key", out, 32);
	if (len == 16)
		return octets_of(device ? "random_device" : "random_provisioner", out, 16);
	return false;
}

static bool listen(struct pair *p, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len)
{
	(void)p;
	if (ad_type != BM_AD_PB_ADV || from != golden.real)
		return false;
	char hex[2 * BM_ADV_PAYLOAD_MAX + 1] = "";
	for (uint8_t i = 0; i < *len; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	/* Repetitions are not in the transcript. */
	for (int i = 0; i < golden.said_count; i++)
		if (strcmp(golden.said[i], hex) == 0)
			return false;
	assert_true(golden.said_count < SAID_MAX);
	strcpy(golden.said[golden.said_count++], hex);
	return false;
}

static bool was_said(const char *hex)
{
	for (int i = 0; i < golden.said_count; i++)
		if (strcmp(golden.said[i], hex) == 0)
			return true;
	return false;
}

static void play(enum pair_end real)
{
	const json_t *transcript = json_object_get(golden.root, "pb_adv_transcript");
	size_t i, j, expected = 0;
	json_t *step, *pdu;
	assert_int_equal(json_array_size(json_object_get(transcript, "steps")), 25);
	json_array_foreach(json_object_get(transcript, "steps"), i, step)
	{
		const bool ours = (strcmp(json_string_value(json_object_get(step, "from")), "device") == 0) ==
				  (real == PAIR_DEVICE);
		json_array_foreach(json_object_get(step, "pb_adv_pdus"), j, pdu)
		{
			const char *hex = json_string_value(pdu);
			if (!ours) {
				uint8_t octets[BM_ADV_PAYLOAD_MAX];
				pair_inject(&pair, real, octets, hex_decode(hex, octets, sizeof octets));
				continue;
			}
			for (int wait = 0; wait < 40 && !was_said(hex); wait++)
				pair_run(&pair, 10 * BM_US_PER_MS);
			if (!was_said(hex))
				fail_msg("%s was not said: %s", json_string_value(json_object_get(step, "section")),
					 hex);
			expected++;
		}
	}
	/* And nothing else was. */
	assert_int_equal(golden.said_count, expected);
}

static int begin(void **state)
{
	(void)state;
	memset(&golden, 0, sizeof golden);
	golden.root = vectors_load("provisioning.json");
	golden.security = json_array_get(json_object_get(golden.root, "security"), 0);
	pair_init(&pair, 77);
	pair.filter = listen;
	struct bm_prov_device_config config = pair_device_config();
	config.caps.algorithms = BM_PROV_ALGS_CMAC;
	pair_set_device(&pair, &config);
	return 0;
}

static int end(void **state)
{
	(void)state;
	json_decref(golden.root);
	return 0;
}

static void test_device_says_the_transcript(void **state)
{
	(void)state;
	golden.real = PAIR_DEVICE;
	pair.side[PAIR_DEVICE].random = inject;
	bm_prov_device_start(&pair.device, BM_PROV_BEARER_ADV);
	play(PAIR_DEVICE);
	assert_int_equal(pair.provisioned, 1);
	assert_hex(pair.device_key, 16, json_string_value(json_object_get(golden.security, "device_key")));
	assert_int_equal(pair.data.addr, 0x0b0c);
	assert_int_equal(pair.data.net_idx, 0x0567);
	assert_int_equal(pair.data.iv_index, 0x01020304);
	assert_int_equal(pair_event(&pair, PAIR_DEVICE, BM_EVENT_LINK_CLOSE)->reason, BM_LINK_CLOSE_SUCCESS);
}

static void test_provisioner_says_the_transcript(void **state)
{
	(void)state;
	golden.real = PAIR_PROVISIONER;
	pair.side[PAIR_PROVISIONER].random = inject;
	assert_int_equal(bm_provisioner_start(&pair.provisioner, &pair.params), BM_OK);
	play(PAIR_PROVISIONER);
	assert_int_equal(pair.completed, 1);
	assert_hex(pair.provisioner_key, 16, json_string_value(json_object_get(golden.security, "device_key")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_device_says_the_transcript, begin, end),
		cmocka_unit_test_setup_teardown(test_provisioner_says_the_transcript, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
