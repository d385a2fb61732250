/*
 * The Friend's side of the protocol, message by message: what is answered, when, and what is not.
 */
#include <stdio.h>

#include "support/friend_rig.h"

static struct friend_rig rig;
static struct bm_cred cred;

#define REQUEST "034950057e400000010000" /* queue of two, receive delay 80 ms */

static void start(void)
{
	friend_rig_init(&rig, RIG_FRIEND, 2, 0);
	rig.station.rig.net.states.relay = false;
	rig.friends.counter = 0x072f;
	friend_rig_cred(&cred);
}

static size_t sent(void)
{
	const size_t count = rig.station.rig.sent_count;
	rig.station.rig.sent_count = 0;
	return count;
}

/* Until the friendship of the samples stands. seq: the low power node's next one. */
static void establish(void)
{
	start();
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_LPN, BM_ADDR_ALL_FRIENDS, REQUEST);
	friend_rig_run(&rig, 500 * BM_US_PER_MS);
	friend_rig_hear_control(&rig, &cred, 0, 2, RIG_LPN, RIG_FRIEND, "0100");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_ESTABLISHED);
	sent();
}

/* The moment of the offer behind a request with these criteria, in milliseconds. */
static unsigned offer_after(uint8_t rssi_factor, uint8_t window_factor, uint8_t window_ms, int8_t rssi)
{
	char request[32];
	snprintf(request, sizeof request, "03%02x50057e400000010000", rssi_factor << 5 | window_factor << 3 | 1);
	start();
	rig.friends.config.receive_window_ms = window_ms;
	struct bm_net_keys keys;
	uint8_t transport_pdu[16], pdu[BM_NET_PDU_MAX];
	const size_t len = hex_decode(request, transport_pdu, sizeof transport_pdu);
	const struct bm_net_header header = {.ctl = true, .seq = 1, .src = RIG_LPN, .dst = BM_ADDR_ALL_FRIENDS};
	size_t pdu_len;
	bm_net_keys_derive(&keys, rig_net_key);
	assert_int_equal(bm_net_encrypt(&keys.flooding, 0x12345678, &header, transport_pdu, len, pdu, &pdu_len), BM_OK);
	bm_net_receive(&rig.station.rig.net, pdu, pdu_len, rssi);
	unsigned ms = 0;
	while (sent() == 0) {
		friend_rig_run(&rig, BM_US_PER_MS);
		ms++;
	}
	friend_rig_free(&rig);
	return ms;
}

/* MshPRT 3.6.6.3.1: ReceiveWindowFactor x ReceiveWindow - RSSIFactor x RSSI, at least 100 ms. */
static void test_the_offer_delay_follows_the_criteria(void **state)
{
	(void)state;
	assert_int_equal(offer_after(0, 0, 100, -70), 170);
	assert_int_equal(offer_after(3, 3, 100, -80), 250 + 200);
	assert_int_equal(offer_after(1, 2, 40, -60), 80 + 90);
	assert_int_equal(offer_after(0, 0, 10, -20), 100);
	assert_int_equal(offer_after(0, 0, 20, 20), 100);
	assert_int_equal(offer_after(0, 0, 100, 127), 170);
}

static void test_an_offer_tells_what_the_friend_has(void **state)
{
	(void)state;
	start();
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_LPN, BM_ADDR_ALL_FRIENDS, REQUEST);
	friend_rig_run(&rig, 500 * BM_US_PER_MS);
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	const size_t len = friend_rig_last(&rig, NULL, &header, clear);
	assert_hex(clear, len,
		   "0464"
		   "10"
		   "08"
		   "ba"
		   "072f");
	assert_int_equal(header.ttl, 0);
	assert_int_equal(header.dst, RIG_LPN);
	friend_rig_free(&rig);
}

static void test_requests_that_are_not_the_low_power_nodes_own_are_not_answered(void **state)
{
	(void)state;
	start();
	uint32_t seq = 1;
	/* relayed; to the friend alone; elements beyond the unicast addresses; our own address among its elements */
	friend_rig_hear_control(&rig, NULL, 1, seq++, RIG_LPN, BM_ADDR_ALL_FRIENDS, REQUEST);
	friend_rig_hear_control(&rig, NULL, 0, seq++, RIG_LPN, RIG_FRIEND, REQUEST);
	friend_rig_hear_control(&rig, NULL, 0, 1, 0x7fff, BM_ADDR_ALL_FRIENDS, "034950057e400000020000");
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_FRIEND - 1, BM_ADDR_ALL_FRIENDS, "034950057e400000020000");
	/* a queue of 32 */
	friend_rig_hear_control(&rig, NULL, 0, seq++, RIG_LPN, BM_ADDR_ALL_FRIENDS, "034d50057e400000010000");
	friend_rig_run(&rig, 2 * BM_US_PER_S);
	assert_int_equal(sent(), 0);
	/* prohibited values: queue size log 0, receive delay 9, poll time-outs 9 and 0x34bc00, no element */
	static const char *const prohibited[] = {"034850057e400000010000", "034909057e400000010000",
						 "0349500000090000010000", "03495034bc000000010000",
						 "034950057e400000000000"};
	for (size_t i = 0; i < BM_ARRAY_LEN(prohibited); i++) {
		const uint32_t before = rig_drops(&rig.station.rig, BM_DROP_MALFORMED);
		friend_rig_hear_control(&rig, NULL, 0, seq++, RIG_LPN, BM_ADDR_ALL_FRIENDS, prohibited[i]);
		assert_int_equal(rig_drops(&rig.station.rig, BM_DROP_MALFORMED), before + 1);
	}
	friend_rig_run(&rig, 2 * BM_US_PER_S);
	assert_int_equal(sent(), 0);
	friend_rig_free(&rig);
}

static void test_every_control_message_truncated_or_too_long_is_dropped(void **state)
{
	(void)state;
	establish();
	static const char *const whole[] = {"0101", REQUEST, "0512010000", "0612010000", "0701c000", "0802c000c001"};
	uint32_t seq = 10;
	for (size_t i = 0; i < BM_ARRAY_LEN(whole); i++) {
		const size_t octets = strlen(whole[i]) / 2;
		for (size_t len = 1; len <= octets + 1; len++) {
			char hex[40];
			snprintf(hex, sizeof hex, "%.*s%s", (int)(2 * (len < octets ? len : octets)), whole[i],
				 len > octets ? "00" : "");
			/* A list may be of any length that holds whole addresses. */
			if (len == octets || (whole[i][1] >= '7' && len % 2 == 0 && len > 2))
				continue;
			const uint32_t before = rig_drops(&rig.station.rig, BM_DROP_MALFORMED);
			const bool friendly = whole[i][1] == '1' || whole[i][1] >= '7';
			friend_rig_hear_control(&rig, friendly ? &cred : NULL, 0, seq++, RIG_LPN,
						whole[i][1] == '3' ? BM_ADDR_ALL_FRIENDS : RIG_FRIEND, hex);
			assert_int_equal(rig_drops(&rig.station.rig, BM_DROP_MALFORMED), before + 1);
		}
	}
	assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_ESTABLISHED);
	friend_rig_free(&rig);
}

static void test_an_offer_not_taken_within_a_second_is_forgotten(void **state)
{
	(void)state;
	start();
	friend_rig_hear_control(&rig, NULL, 0, 1, RIG_LPN, BM_ADDR_ALL_FRIENDS, REQUEST);
	friend_rig_run(&rig, 1300 * BM_US_PER_MS);
	assert_int_equal(sent(), 1);
	friend_rig_hear_control(&rig, &cred, 0, 2, RIG_LPN, RIG_FRIEND, "0100");
	friend_rig_run(&rig, BM_US_PER_S);
	assert_int_equal(sent(), 0);
	assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_FREE);
	friend_rig_free(&rig);
}

static void test_a_poll_before_establishment_is_not_answered(void **state)
{
	(void)state;
	start();
	friend_rig_hear_control(&rig, &cred, 0, 1, RIG_LPN, RIG_FRIEND, "0100");
	/* under managed flooding credentials it means nothing at any time */
	friend_rig_hear_control(&rig, NULL, 0, 2, RIG_LPN, RIG_FRIEND, "0100");
	friend_rig_run(&rig, BM_US_PER_S);
	assert_int_equal(sent(), 0);
	friend_rig_free(&rig);
	establish();
	friend_rig_hear_control(&rig, NULL, 0, 3, RIG_LPN, RIG_FRIEND, "0101");
	friend_rig_run(&rig, BM_US_PER_S);
	assert_int_equal(sent(), 0);
	friend_rig_free(&rig);
}

static void test_the_answer_comes_within_the_receive_window(void **state)
{
	(void)state;
	establish();
	friend_rig_hear_control(&rig, &cred, 0, 3, RIG_LPN, RIG_FRIEND, "0101");
	friend_rig_run(&rig, 80 * BM_US_PER_MS);
	assert_int_equal(sent(), 0);
	friend_rig_run(&rig, 5 * BM_US_PER_MS);
	assert_int_equal(rig.station.rig.sent[0].adv.transmissions, 1);
	assert_int_equal(sent(), 1);
	/* at a random moment of the window, if it is to be spread */
	rig.friends.config.answer_spread_ms = 100;
	for (uint32_t i = 0; i < 50; i++) {
		friend_rig_hear_control(&rig, &cred, 0, 4 + i, RIG_LPN, RIG_FRIEND, i & 1 ? "0101" : "0100");
		friend_rig_run(&rig, 80 * BM_US_PER_MS - 1);
		assert_int_equal(sent(), 0);
		friend_rig_run(&rig, 100 * BM_US_PER_MS + 1);
		assert_int_equal(sent(), 1);
	}
	friend_rig_free(&rig);
}

static void test_a_forged_friend_clear_changes_nothing(void **state)
{
	(void)state;
	establish();
	/* another low power node; a counter of before, one more than 255 later */
	friend_rig_hear_control(&rig, NULL, 5, 1, 0x0005, RIG_FRIEND, "0512020000");
	friend_rig_hear_control(&rig, NULL, 5, 2, 0x0005, RIG_FRIEND, "051201ffff");
	friend_rig_hear_control(&rig, NULL, 5, 3, 0x0005, RIG_FRIEND, "0512010100");
	friend_rig_run(&rig, BM_US_PER_S);
	assert_int_equal(sent(), 0);
	assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_ESTABLISHED);
	friend_rig_free(&rig);
}

static void test_a_friend_clear_is_confirmed_each_time_it_comes(void **state)
{
	(void)state;
	establish();
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	for (uint32_t i = 1; i <= 3; i++) {
		friend_rig_hear_control(&rig, NULL, 5, i, 0x0005, RIG_FRIEND, "05120100ff");
		const size_t len = friend_rig_last(&rig, NULL, &header, clear);
		assert_hex(clear, len, "06120100ff");
		assert_int_equal(header.dst, 0x0005);
		assert_int_equal(header.ttl, 0x7f);
		assert_int_equal(sent(), 1);
		assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_CLEARED);
	}
	friend_rig_hear_control(&rig, NULL, 0, 4, 0x0005, RIG_FRIEND, "0512010001");
	(void)friend_rig_last(&rig, NULL, &header, clear);
	assert_int_equal(header.ttl, 0);
	friend_rig_free(&rig);
}

static void test_a_list_transaction_is_applied_once_and_confirmed_each_time(void **state)
{
	(void)state;
	establish();
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	uint32_t seq = 3;
	friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_LPN, RIG_FRIEND, "0705c000c001c000ffff8001");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	const size_t len = friend_rig_last(&rig, &cred, &header, clear);
	assert_hex(clear, len, "0905");
	assert_int_equal(header.ttl, 0);
	assert_int_equal(rig.friends.lpns[0].subscription_count, 4);
	sent();
	/* The same number again is the same transaction, whatever stands in it. */
	friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_LPN, RIG_FRIEND, "0805c000");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	assert_int_equal(sent(), 1);
	assert_int_equal(rig.friends.lpns[0].subscription_count, 4);
	friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_LPN, RIG_FRIEND, "0806c000c00f");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	assert_int_equal(sent(), 1);
	assert_int_equal(rig.friends.lpns[0].subscription_count, 3);
	/* More than there is room for: no more than that. */
	for (int i = 0; i < 3; i++) {
		char hex[40];
		snprintf(hex, sizeof hex, "07%02xd%x00d%x01d%x02d%x03d%x04", 7 + i, i, i, i, i, i);
		friend_rig_hear_control(&rig, &cred, 0, seq++, RIG_LPN, RIG_FRIEND, hex);
		friend_rig_run(&rig, 100 * BM_US_PER_MS);
	}
	assert_int_equal(rig.friends.lpns[0].subscription_count, 8);
	friend_rig_free(&rig);
}

/* An update kept for repetition was true in Phase 1; under the new key it would say that the old one is revoked. */
static void test_a_repeated_update_tells_the_key_refresh_phase_of_now(void **state)
{
	(void)state;
	static const uint8_t new_key[16] = {0x77};
	establish();
	struct bm_subnet *subnet = bm_subnet_find(&rig.station.rig.net.subnets, 0);
	bm_net_keys_derive(&subnet->keys[1], new_key);
	subnet->phase = 1;
	bm_subnets_map(&rig.station.rig.net.subnets);
	friend_rig_hear_control(&rig, &cred, 0, 3, RIG_LPN, RIG_FRIEND, "0101");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t len = friend_rig_last(&rig, &cred, &header, clear);
	assert_hex(clear, len, "02001234567800");
	const uint32_t seq = header.seq;
	/* It is lost, and Phase 2 comes before it is asked for again. */
	subnet->phase = 2;
	friend_rig_hear_control(&rig, &cred, 0, 4, RIG_LPN, RIG_FRIEND, "0101");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	len = friend_rig_last(&rig, &rig.friends.lpns[0].friendship->keys[1].cred, &header, clear);
	assert_hex(clear, len, "02011234567800");
	assert_true(header.seq > seq);
	friend_rig_free(&rig);
}

static void keep(bool ack, uint32_t seq)
{
	/* a Segment Acknowledgment of SeqZero 0x123, or an access message */
	static const uint8_t ack_octets[] = {0x00, 0x04, 0x8c, 0, 0, 0, 1}, message[] = {0x66, 1, 2, 3, 4, 5, 6};
	const struct bm_transport_kept kept = {.ctl = ack,
					       .ttl = 5,
					       .src = 0x0042,
					       .dst = RIG_LPN,
					       .net_idx = 0,
					       .seq = seq,
					       .seq_auth = seq,
					       .octets = ack ? ack_octets : message,
					       .len = 7};
	bm_friend_keep(&rig.friends, &kept, 1);
}

/* MshPRT 3.5.5: it makes the older one out of date, so there is room for it, however full the queue is. */
static void test_an_acknowledgment_that_replaces_an_older_one_pushes_nothing_out(void **state)
{
	(void)state;
	establish();
	struct bm_friend_queue *queue = &rig.friends.lpns[0].queue;
	const uint8_t before = queue->count;
	keep(true, 100);
	for (uint32_t seq = 101; queue->count < queue->capacity; seq++)
		keep(false, seq);
	assert_int_equal(queue->discarded, 0);
	keep(true, 200);
	assert_int_equal(queue->discarded, 0);
	assert_int_equal(queue->count, queue->capacity);
	/* Anything else pushes the oldest out. */
	keep(false, 201);
	assert_int_equal(queue->discarded, 1);
	assert_int_equal(before, 0);
	friend_rig_free(&rig);
}

static void test_a_request_of_another_network_life_ends_the_friendship(void **state)
{
	(void)state;
	establish();
	friend_rig_hear_control(&rig, NULL, 0, 9, RIG_LPN, BM_ADDR_ALL_FRIENDS, "034950057e400000010001");
	assert_int_equal(rig.friends.lpns[0].state, BM_FRIEND_OFFERING);
	assert_int_equal(rig.station.rig.events[BM_EVENT_LPN_LEFT], 1);
	/* and its old credentials mean nothing any more */
	friend_rig_hear_control(&rig, &cred, 0, 10, RIG_LPN, RIG_FRIEND, "0100");
	friend_rig_run(&rig, 100 * BM_US_PER_MS);
	assert_int_equal(sent(), 0);
	friend_rig_free(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_offer_delay_follows_the_criteria),
		cmocka_unit_test(test_an_offer_tells_what_the_friend_has),
		cmocka_unit_test(test_requests_that_are_not_the_low_power_nodes_own_are_not_answered),
		cmocka_unit_test(test_every_control_message_truncated_or_too_long_is_dropped),
		cmocka_unit_test(test_an_offer_not_taken_within_a_second_is_forgotten),
		cmocka_unit_test(test_a_poll_before_establishment_is_not_answered),
		cmocka_unit_test(test_the_answer_comes_within_the_receive_window),
		cmocka_unit_test(test_a_forged_friend_clear_changes_nothing),
		cmocka_unit_test(test_a_friend_clear_is_confirmed_each_time_it_comes),
		cmocka_unit_test(test_a_list_transaction_is_applied_once_and_confirmed_each_time),
		cmocka_unit_test(test_a_repeated_update_tells_the_key_refresh_phase_of_now),
		cmocka_unit_test(test_an_acknowledgment_that_replaces_an_older_one_pushes_nothing_out),
		cmocka_unit_test(test_a_request_of_another_network_life_ends_the_friendship),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
