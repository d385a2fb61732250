#include "support/net_rig.h"
#include "support/vectors.h"

#define IV 0x12345678u

static struct net_rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_net_init(&rig);
	rig_start(&rig, 0x0100, 1, IV);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void hear_hex(const char *hex)
{
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = hex_decode(hex, pdu, sizeof pdu);
	bm_net_receive(&rig.net, pdu, len, 0);
}

static void hear(bool ctl, uint8_t ttl, uint32_t seq, uint16_t dst)
{
	const uint8_t payload[10] = {0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	uint8_t pdu[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, IV, ctl, ttl, seq, 0x1201, dst, payload, sizeof payload);
	bm_net_receive(&rig.net, pdu, len, 0);
}

/* Samples 8.3.16 and 8.3.17: the same message before and after a relay. */
static void test_a_relayed_pdu_is_that_of_the_samples(void **state)
{
	(void)state;
	rig.net.states.relay_retransmit = 1 | 1 << 3;
	hear_hex("68e80e5da5af0e6b9be7f5a642f2f98680e61c3a8b47f228");
	assert_int_equal(rig.sent_count, 1);
	const struct bm_adv *adv = &rig.sent[0].adv;
	assert_hex(adv->payload, adv->len, "68b2bd2c1e1b6f2a80d381b91f824dd4f0a3cd54cea23b7a");
	assert_int_equal(adv->transmissions, 2);
	assert_int_equal(adv->interval_us, 20000);
	assert_int_equal(adv->jitter_us, 10000);
	assert_true(adv->delay_us < BM_NET_RELAY_DELAY_US);
	assert_int_equal(rig.env.counters.net_relayed, 1);
	assert_int_equal(rig.env.counters.net_tx, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_NOT_FOR_US), 1);
}

static void test_what_is_relayed_differs_in_ttl_alone(void **state)
{
	(void)state;
	struct bm_net_keys keys;
	bm_net_keys_derive(&keys, rig_net_key);
	for (int ctl = 0; ctl < 2; ctl++) {
		for (unsigned ttl = 2; ttl <= BM_TTL_MAX; ttl++) {
			rig.sent_count = 0;
			hear(ctl, (uint8_t)ttl, 0x500 + 0x100 * ctl + ttl, 0x0777);
			assert_int_equal(rig.sent_count, 1);
			struct bm_net_header header;
			uint8_t clear[BM_NET_CLEAR_MAX];
			size_t len;
			const struct bm_adv *adv = &rig.sent[0].adv;
			assert_int_equal(
				bm_net_decrypt(&keys.flooding, IV, adv->payload, adv->len, &header, clear, &len),
				BM_OK);
			assert_int_equal(header.ttl, ttl - 1);
			assert_int_equal(header.ctl, ctl);
			assert_int_equal(header.seq, 0x500 + 0x100 * ctl + ttl);
			assert_int_equal(header.src, 0x1201);
			assert_int_equal(header.dst, 0x0777);
			assert_hex(clear + 2, len, "0a010203040506070809");
		}
	}
}

static void test_ttl_0_and_1_are_never_relayed(void **state)
{
	(void)state;
	hear(false, 0, 1, 0x0777);
	hear(false, 1, 2, 0x0777);
	assert_int_equal(rig.sent_count, 0);
	hear(false, 2, 3, 0x0777);
	assert_int_equal(rig.sent_count, 1);
}

static void test_our_own_unicast_address_ends_the_way(void **state)
{
	(void)state;
	hear(false, 5, 1, 0x0100);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.sent_count, 0);
}

static void test_a_group_of_ours_goes_on(void **state)
{
	(void)state;
	rig.group = 0xc000;
	hear(false, 5, 1, 0xc000);
	assert_int_equal(rig.received_count, 1);
	assert_int_equal(rig.sent_count, 1);
}

static void test_a_disabled_relay_is_silent(void **state)
{
	(void)state;
	rig.net.states.relay = false;
	hear(false, 5, 1, 0x0777);
	rig.net.states.relay = true;
	rig.net.states.relay_supported = false;
	hear(false, 5, 2, 0x0777);
	assert_int_equal(rig.sent_count, 0);
}

static void test_a_message_is_relayed_once(void **state)
{
	(void)state;
	hear(false, 5, 1, 0x0777);
	hear(false, 5, 1, 0x0777);
	hear(false, 4, 1, 0x0777);
	hear(false, 9, 1, 0x0777);
	assert_int_equal(rig.sent_count, 1);
}

static void test_the_old_iv_index_stays_with_its_pdu(void **state)
{
	(void)state;
	const uint8_t payload[5] = {0x0a};
	uint8_t pdu[BM_NET_PDU_MAX], expected[BM_NET_PDU_MAX];
	const size_t len = rig_pdu(pdu, IV - 1, false, 5, 1, 0x1201, 0x0777, payload, sizeof payload);
	const size_t expected_len = rig_pdu(expected, IV - 1, false, 4, 1, 0x1201, 0x0777, payload, sizeof payload);
	bm_net_receive(&rig.net, pdu, len, 0);
	assert_int_equal(rig.sent_count, 1);
	assert_octets(rig.sent[0].octets, rig.sent[0].adv.len, expected, expected_len);
}

static void test_a_control_message_to_a_virtual_address_is_malformed(void **state)
{
	(void)state;
	hear(true, 5, 1, 0x8123);
	assert_int_equal(rig.sent_count, 0);
	assert_int_equal(rig_drops(&rig, BM_DROP_MALFORMED), 1);
	hear(false, 5, 2, 0x8123);
	assert_int_equal(rig.sent_count, 1);
}

static void join_another_network(void *ctx, const struct bm_net_rx *rx)
{
	(void)ctx;
	(void)rx;
	static const uint8_t other_key[16] = {1};
	bm_net_reset(&rig.net);
	bm_net_start(&rig.net, 0x0100, 1, IV, false);
	assert_int_equal(bm_subnet_add(&rig.net.subnets, 0, other_key, false, NULL), BM_OK);
}

static void test_a_node_reset_while_it_takes_a_message_relays_it_into_no_other_network(void **state)
{
	(void)state;
	rig.group = 0xc000;
	rig.net.upper.receive = join_another_network;
	hear(false, 5, 1, 0xc000);
	assert_int_equal(rig.net.addr, 0x0100);
	assert_int_equal(rig.sent_count, 0);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_a_relayed_pdu_is_that_of_the_samples),
		UNIT(test_what_is_relayed_differs_in_ttl_alone),
		UNIT(test_ttl_0_and_1_are_never_relayed),
		UNIT(test_our_own_unicast_address_ends_the_way),
		UNIT(test_a_group_of_ours_goes_on),
		UNIT(test_a_disabled_relay_is_silent),
		UNIT(test_a_message_is_relayed_once),
		UNIT(test_the_old_iv_index_stays_with_its_pdu),
		UNIT(test_a_control_message_to_a_virtual_address_is_malformed),
		UNIT(test_a_node_reset_while_it_takes_a_message_relays_it_into_no_other_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
