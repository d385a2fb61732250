/*
 * The PB-ADV link by itself: transactions, segmentation, acknowledgments, and peers that do not keep to any of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prov/link.h"

#define LINK_ID 0x23af5850u
#define SENT_MAX 4096

static const uint8_t uuid[16] = {1, 2, 3};

struct sent {
	bm_time at;
	struct bm_pb_adv pdu;
	uint8_t transmissions;
	uint8_t octets[BM_ADV_PAYLOAD_MAX];
};

static struct {
	struct bm_env env;
	struct bm_link link;
	uint32_t prng;
	struct sent sent[SENT_MAX];
	int sent_count;
	int opened, received, closed;
	enum bm_link_close reason;
	bool by_peer;
	uint8_t pdu[BM_PROV_PDU_MAX];
	size_t len;
} t;

static void random_octets(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		t.prng = t.prng * 1664525u + 1013904223u;
		out[i] = (uint8_t)(t.prng >> 24);
	}
}

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self;
	assert_true(t.sent_count < SENT_MAX);
	struct sent *sent = &t.sent[t.sent_count++];
	sent->at = now + adv->delay_us;
	sent->transmissions = adv->transmissions;
	memcpy(sent->octets, adv->payload, adv->len);
	assert_int_equal(adv->ad_type, BM_AD_PB_ADV);
	assert_int_equal(bm_pb_adv_decode(&sent->pdu, sent->octets, adv->len), BM_OK);
	return BM_OK;
}

static void opened(void *ctx)
{
	(void)ctx;
	t.opened++;
}

static void received(void *ctx, const uint8_t *pdu, size_t len)
{
	(void)ctx;
	t.received++;
	t.len = len;
	memcpy(t.pdu, pdu, len);
}

static void closed(void *ctx, enum bm_link_close reason, bool by_peer)
{
	(void)ctx;
	t.closed++;
	t.reason = reason;
	t.by_peer = by_peer;
}

static void begin(enum bm_link_role role)
{
	static const struct bm_bearer_ops ops = {.advertise = advertise};
	const struct bm_link_upper upper = {.opened = opened, .received = received, .closed = closed};
	memset(&t, 0, sizeof t);
	t.prng = 42;
	t.env.ops.random = random_octets;
	t.env.bearer.ops = &ops;
	bm_link_init(&t.link, &t.env, role, &upper);
}

static void run(uint64_t duration_us)
{
	const bm_time until = t.env.timers.now + duration_us;
	while (bm_timers_deadline(&t.env.timers) <= until) {
		bm_timers_advance(&t.env.timers, bm_timers_deadline(&t.env.timers));
		bm_timers_run(&t.env.timers);
	}
	bm_timers_advance(&t.env.timers, until);
}

static bool hear(struct bm_pb_adv pdu)
{
	pdu.link_id = LINK_ID;
	return bm_link_receive(&t.link, &pdu);
}

static bool hear_start(uint8_t transaction, uint8_t seg_n, uint16_t total_len, uint8_t fcs, const uint8_t *data,
		       uint8_t len)
{
	return hear((struct bm_pb_adv){.transaction = transaction,
				       .gpcf = BM_GP_START,
				       .seg_n = seg_n,
				       .total_len = total_len,
				       .fcs = fcs,
				       .data = data,
				       .data_len = len});
}

static bool hear_continuation(uint8_t transaction, uint8_t index, const uint8_t *data, uint8_t len)
{
	return hear((struct bm_pb_adv){.transaction = transaction,
				       .gpcf = BM_GP_CONTINUATION,
				       .seg_index = index,
				       .data = data,
				       .data_len = len});
}

static void hear_ack(uint8_t transaction)
{
	(void)hear((struct bm_pb_adv){.transaction = transaction, .gpcf = BM_GP_ACK});
}

/* A whole PDU, its segments in order. */
static void hear_pdu(uint8_t transaction, const uint8_t *pdu, size_t len)
{
	const uint8_t seg_n = bm_pb_adv_seg_n(len);
	hear_start(transaction, seg_n, (uint16_t)len, bm_pb_adv_fcs(pdu, len), pdu, bm_pb_adv_seg_len(len, 0));
	for (uint8_t i = 1; i <= seg_n; i++)
		hear_continuation(transaction, i, pdu + bm_pb_adv_seg_offset(i), bm_pb_adv_seg_len(len, i));
}

static void open_device(void)
{
	begin(BM_LINK_DEVICE);
	assert_true(bm_link_accept(&t.link, LINK_ID, uuid));
	run(60 * BM_US_PER_MS);
	assert_int_equal(t.sent_count, 1);
	assert_int_equal(t.sent[0].pdu.opcode, BM_BEARER_LINK_ACK);
	t.sent_count = 0;
}

static void open_provisioner(void)
{
	begin(BM_LINK_PROVISIONER);
	bm_link_open(&t.link, uuid);
	t.link.link_id = LINK_ID;
	run(60 * BM_US_PER_MS);
	assert_int_equal(t.sent[0].pdu.opcode, BM_BEARER_LINK_OPEN);
	assert_true(hear((struct bm_pb_adv){.gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_ACK}));
	assert_int_equal(t.opened, 1);
	t.sent_count = 0;
}

static int count_acks(void)
{
	int acks = 0;
	for (int i = 0; i < t.sent_count; i++)
		acks += t.sent[i].pdu.gpcf == BM_GP_ACK;
	return acks;
}

static void test_every_pdu_waits_20_to_50_ms(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	bm_time shortest = BM_TIME_NEVER, longest = 0;
	for (int round = 0; round < 100; round++) {
		begin(BM_LINK_DEVICE);
		t.prng = (uint32_t)round * 77;
		bm_time from = t.env.timers.now;
		assert_true(bm_link_accept(&t.link, LINK_ID, uuid));
		run(60 * BM_US_PER_MS);
		bm_time waits[8];
		int n = 0;
		waits[n++] = t.sent[0].at - from;
		t.sent_count = 0;
		from = t.env.timers.now;
		assert_int_equal(bm_link_send(&t.link, pdu, sizeof pdu), BM_OK);
		run(200 * BM_US_PER_MS);
		assert_int_equal(t.sent_count, 3);
		for (int i = 0; i < 3; i++) {
			waits[n++] = t.sent[i].at - from;
			from = t.sent[i].at;
		}
		from = t.env.timers.now;
		t.sent_count = 0;
		hear_pdu(0, pdu, 2);
		run(50 * BM_US_PER_MS);
		for (int i = 0; i < t.sent_count; i++)
			if (t.sent[i].pdu.gpcf == BM_GP_ACK)
				waits[n++] = t.sent[i].at - from;
		assert_int_equal(n, 5);
		from = t.env.timers.now;
		t.sent_count = 0;
		bm_link_close(&t.link, BM_LINK_CLOSE_FAIL);
		waits[n++] = t.sent[0].at - from;
		for (int i = 0; i < n; i++) {
			shortest = waits[i] < shortest ? waits[i] : shortest;
			longest = waits[i] > longest ? waits[i] : longest;
			assert_in_range(waits[i], 20 * BM_US_PER_MS, 50 * BM_US_PER_MS);
		}
	}
	assert_true(shortest < 22 * BM_US_PER_MS && longest > 48 * BM_US_PER_MS);
}

static void test_transaction_numbers_wrap_within_the_own_half(void **state)
{
	(void)state;
	static const uint8_t pdu[1] = {8};
	for (int role = 0; role < 2; role++) {
		const uint8_t half = role == BM_LINK_DEVICE ? 0x80 : 0;
		role == BM_LINK_DEVICE ? open_device() : open_provisioner();
		for (int i = 0; i < 300; i++) {
			t.sent_count = 0;
			assert_int_equal(bm_link_send(&t.link, pdu, 1), BM_OK);
			run(60 * BM_US_PER_MS);
			assert_int_equal(t.sent[0].pdu.transaction, half | (i & 0x7f));
			hear_ack((uint8_t)(half | (i & 0x7f)));
			assert_true(bm_link_is_idle(&t.link));
		}
	}
}

static void test_peer_transactions_are_followed_through_the_wrap(void **state)
{
	(void)state;
	uint8_t pdu[30];
	for (int role = 0; role < 2; role++) {
		const uint8_t half = role == BM_LINK_DEVICE ? 0 : 0x80;
		role == BM_LINK_DEVICE ? open_device() : open_provisioner();
		for (int i = 0; i < 300; i++) {
			memset(pdu, i, sizeof pdu);
			hear_pdu((uint8_t)(half | (i & 0x7f)), pdu, sizeof pdu);
			assert_int_equal(t.received, i + 1);
			assert_memory_equal(t.pdu, pdu, sizeof pdu);
			t.sent_count = 0;
			run(60 * BM_US_PER_MS);
			assert_int_equal(t.sent_count, 1);
			assert_int_equal(t.sent[0].pdu.gpcf, BM_GP_ACK);
			assert_int_equal(t.sent[0].pdu.transaction, half | (i & 0x7f));
		}
	}
}

static void test_segments_are_joined_in_any_order_after_the_first(void **state)
{
	(void)state;
	uint8_t pdu[65];
	open_device();
	for (size_t i = 0; i < sizeof pdu; i++)
		pdu[i] = (uint8_t)(i * 5);
	hear_start(0, 2, 65, bm_pb_adv_fcs(pdu, 65), pdu, 20);
	hear_continuation(0, 2, pdu + 43, 22);
	hear_continuation(0, 2, pdu + 43, 22);
	assert_int_equal(t.received, 0);
	hear_start(0, 2, 65, bm_pb_adv_fcs(pdu, 65), pdu, 20);
	hear_continuation(0, 1, pdu + 20, 23);
	assert_int_equal(t.received, 1);
	assert_int_equal(t.len, 65);
	assert_memory_equal(t.pdu, pdu, 65);
}

static void test_repeated_transaction_is_acknowledged_again_and_not_delivered_again(void **state)
{
	(void)state;
	static const uint8_t pdu[2] = {0, 0};
	open_device();
	hear_pdu(0, pdu, 2);
	hear_pdu(1, pdu, 2);
	run(60 * BM_US_PER_MS);
	t.sent_count = 0;
	hear_pdu(1, pdu, 2);
	run(60 * BM_US_PER_MS);
	assert_int_equal(count_acks(), 1);
	assert_int_equal(t.sent[0].pdu.transaction, 1);
	hear_pdu(0, pdu, 2); /* a late one of the transaction before */
	run(60 * BM_US_PER_MS);
	assert_int_equal(count_acks(), 2);
	assert_int_equal(t.sent[1].pdu.transaction, 0);
	assert_int_equal(t.received, 2);
}

static void test_a_peer_that_repeats_identical_pdus_starts_no_storm(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	assert_int_equal(bm_link_send(&t.link, pdu, 2), BM_OK);
	for (int i = 0; i < 1000; i++) {
		hear_pdu(0, pdu, sizeof pdu);
		(void)hear((struct bm_pb_adv){.gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_OPEN, .uuid = uuid});
		run(BM_US_PER_MS);
	}
	assert_int_equal(t.received, 1);
	assert_in_range(count_acks(), 15, 50);
	assert_in_range(t.sent_count, 30, 110); /* a second: acknowledgments of both kinds, our own transaction */
}

/* CVE-2022-1042, CVE-2022-24893. */
static void test_every_seg_n_with_every_total_length(void **state)
{
	(void)state;
	uint8_t data[23];
	memset(data, 0xa5, sizeof data);
	open_device();
	for (unsigned seg_n = 0; seg_n < 64; seg_n++) {
		for (uint32_t total = 0; total <= 0xffff; total++) {
			const bool fits = total >= 1 && total <= BM_PROV_PDU_MAX && seg_n == bm_pb_adv_seg_n(total);
			t.link.rx.active = false;
			hear_start(5, (uint8_t)seg_n, (uint16_t)total, 0, data, total < 20 ? (uint8_t)total : 20);
			if (total > 0 && total <= 20 && seg_n == 0)
				continue; /* whole at once, and its FCS is wrong */
			assert_int_equal(t.link.rx.active, fits);
			hear_continuation(5, (uint8_t)seg_n, data, 23);
			hear_continuation(5, 63, data, 23);
		}
	}
	assert_int_equal(t.received, 0);
}

static void test_first_segment_must_be_filled(void **state)
{
	(void)state;
	uint8_t data[30] = {0};
	open_device();
	for (uint16_t total = 1; total <= BM_PROV_PDU_MAX; total++) {
		for (uint8_t len = 1; len <= 20; len++) {
			t.link.rx.active = false;
			hear_start(0, bm_pb_adv_seg_n(total), total, 0x55, data, len);
			if (len != bm_pb_adv_seg_len(total, 0))
				assert_false(t.link.rx.active);
		}
	}
	assert_int_equal(t.received, 0);
}

static void test_continuation_before_start_is_dropped(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	hear_continuation(0, 1, pdu, 23);
	hear_continuation(0, 2, pdu, 22);
	assert_int_equal(t.env.counters.drop[BM_DROP_PROV_UNEXPECTED], 2);
	hear_start(0, 2, 65, bm_pb_adv_fcs(pdu, 65), pdu, 20);
	hear_continuation(1, 1, pdu, 23); /* another transaction's */
	assert_int_equal(t.env.counters.drop[BM_DROP_PROV_UNEXPECTED], 3);
	assert_int_equal(t.received, 0);
	hear_pdu(0, pdu, 65);
	assert_int_equal(t.received, 1);
}

/* CVE-2024-40568. */
static void test_continuation_that_does_not_fit_is_dropped(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	hear_start(0, 2, 65, bm_pb_adv_fcs(pdu, 65), pdu, 20);
	hear_continuation(0, 0, pdu, 20);
	hear_continuation(0, 1, pdu, 22); /* too short */
	hear_continuation(0, 2, pdu, 23); /* too long */
	for (uint8_t index = 3; index < 64; index++)
		hear_continuation(0, index, pdu, 23);
	assert_int_equal(t.env.counters.drop[BM_DROP_MALFORMED], 3 + 61);
	assert_int_equal(t.received, 0);
	assert_int_equal(t.link.rx.have, 1);
}

static void test_wrong_fcs_is_neither_delivered_nor_acknowledged(void **state)
{
	(void)state;
	uint8_t pdu[30] = {7};
	open_device();
	hear_start(0, 1, 30, (uint8_t)(bm_pb_adv_fcs(pdu, 30) ^ 1), pdu, 20);
	hear_continuation(0, 1, pdu + 20, 10);
	assert_int_equal(t.env.counters.drop[BM_DROP_PROV_FCS], 1);
	run(BM_US_PER_S);
	assert_int_equal(t.received + t.sent_count, 0);
	hear_pdu(0, pdu, 30);
	assert_int_equal(t.received, 1);
}

static void test_own_transaction_numbers_from_outside_are_ignored(void **state)
{
	(void)state;
	static const uint8_t pdu[2] = {0, 0};
	open_device();
	hear_pdu(0x80, pdu, 2);
	run(BM_US_PER_S);
	assert_int_equal(t.received + t.sent_count, 0);
	open_provisioner();
	hear_pdu(0x00, pdu, 2);
	run(BM_US_PER_S);
	assert_int_equal(t.received + t.sent_count, 0);
}

static void test_all_segments_are_repeated_until_acknowledged(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	assert_int_equal(bm_link_send(&t.link, pdu, sizeof pdu), BM_OK);
	assert_int_equal(bm_link_send(&t.link, pdu, 1), BM_OK);
	assert_int_equal(bm_link_send(&t.link, pdu, 1), BM_ERR_BUSY);
	run(5 * BM_US_PER_S);
	assert_true(t.sent_count >= 3 * 8);
	for (int i = 0; i < t.sent_count; i++) {
		assert_int_equal(t.sent[i].pdu.transaction, 0x80);
		assert_int_equal(t.sent[i].pdu.gpcf, i % 3 == 0 ? BM_GP_START : BM_GP_CONTINUATION);
		assert_int_equal(t.sent[i].pdu.seg_index, i % 3);
	}
	hear_ack(0x81); /* not this one */
	hear_ack(0x00);
	assert_false(bm_link_is_idle(&t.link));
	hear_ack(0x80);
	t.sent_count = 0;
	run(60 * BM_US_PER_MS);
	assert_int_equal(t.sent[0].pdu.transaction, 0x81);
	assert_int_equal(t.sent[0].pdu.total_len, 1);
	hear_ack(0x81);
	t.sent_count = 0;
	run(40 * BM_US_PER_S);
	assert_int_equal(t.sent_count + t.closed, 0);
}

static void test_acknowledgment_before_all_was_sent_is_not_believed(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	assert_int_equal(bm_link_send(&t.link, pdu, sizeof pdu), BM_OK);
	hear_ack(0x80);
	run(60 * BM_US_PER_MS);
	hear_ack(0x80);
	assert_false(bm_link_is_idle(&t.link));
	run(200 * BM_US_PER_MS);
	hear_ack(0x80);
	assert_true(bm_link_is_idle(&t.link));
}

static void test_what_the_peer_says_next_acknowledges_too(void **state)
{
	(void)state;
	uint8_t pdu[65] = {3};
	open_device();
	assert_int_equal(bm_link_send(&t.link, pdu, 2), BM_OK);
	run(60 * BM_US_PER_MS);
	hear_pdu(0, pdu, 2);
	assert_true(bm_link_is_idle(&t.link));
	assert_int_equal(t.received, 1);
}

static void test_acknowledgment_goes_out_before_the_answer(void **state)
{
	(void)state;
	static const uint8_t pdu[2] = {0, 0};
	for (int round = 0; round < 200; round++) {
		open_device();
		t.prng = (uint32_t)round;
		hear_pdu(0, pdu, 2);
		assert_int_equal(bm_link_send(&t.link, pdu, 2), BM_OK);
		run(150 * BM_US_PER_MS);
		assert_int_equal(t.sent_count, 2);
		assert_int_equal(t.sent[0].pdu.gpcf, BM_GP_ACK);
		assert_int_equal(t.sent[1].pdu.gpcf, BM_GP_START);
	}
}

static void test_transaction_ends_after_30_s(void **state)
{
	(void)state;
	static const uint8_t pdu[2] = {1, 0};
	open_device();
	assert_int_equal(bm_link_send(&t.link, pdu, 2), BM_OK);
	run(29 * BM_US_PER_S);
	assert_int_equal(t.closed, 0);
	run(2 * BM_US_PER_S);
	assert_int_equal(t.closed, 1);
	assert_int_equal(t.reason, BM_LINK_CLOSE_TIMEOUT);
	assert_false(t.by_peer);
	assert_int_equal(bm_link_send(&t.link, pdu, 2), BM_ERR_STATE);
}

static void test_link_close_is_sent_at_least_three_times(void **state)
{
	(void)state;
	open_device();
	bm_link_close(&t.link, BM_LINK_CLOSE_FAIL);
	assert_int_equal(t.sent_count, 1);
	assert_int_equal(t.sent[0].pdu.opcode, BM_BEARER_LINK_CLOSE);
	assert_int_equal(t.sent[0].pdu.reason, BM_LINK_CLOSE_FAIL);
	assert_true(t.sent[0].transmissions >= 3);
	assert_int_equal(t.closed, 0);
	bm_link_close(&t.link, BM_LINK_CLOSE_FAIL);
	run(100 * BM_US_PER_S);
	assert_int_equal(t.sent_count, 1);
}

static void test_late_link_open_of_the_last_link_opens_nothing(void **state)
{
	(void)state;
	open_device();
	assert_true(hear((struct bm_pb_adv){.gpcf = BM_GP_CONTROL, .opcode = BM_BEARER_LINK_CLOSE, .reason = 2}));
	assert_int_equal(t.closed, 1);
	assert_int_equal(t.reason, BM_LINK_CLOSE_FAIL);
	assert_true(t.by_peer);
	assert_false(bm_link_accept(&t.link, LINK_ID, uuid));
	assert_true(bm_link_accept(&t.link, LINK_ID + 1, uuid));
	assert_false(bm_link_accept(&t.link, LINK_ID + 2, uuid)); /* one at a time */
	bm_link_close(&t.link, BM_LINK_CLOSE_FAIL);
	run(11 * BM_US_PER_S);
	assert_true(bm_link_accept(&t.link, LINK_ID + 1, uuid));
}

static void test_other_links_are_not_ours(void **state)
{
	(void)state;
	static const uint8_t pdu[2] = {0, 0};
	open_device();
	const struct bm_pb_adv foreign = {
		.link_id = LINK_ID + 1, .gpcf = BM_GP_START, .total_len = 2, .data = pdu, .data_len = 2};
	assert_false(bm_link_receive(&t.link, &foreign));
	bm_link_close(&t.link, BM_LINK_CLOSE_SUCCESS);
	hear_pdu(0, pdu, 2);
	assert_int_equal(t.received, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pdu_waits_20_to_50_ms),
		cmocka_unit_test(test_transaction_numbers_wrap_within_the_own_half),
		cmocka_unit_test(test_peer_transactions_are_followed_through_the_wrap),
		cmocka_unit_test(test_segments_are_joined_in_any_order_after_the_first),
		cmocka_unit_test(test_repeated_transaction_is_acknowledged_again_and_not_delivered_again),
		cmocka_unit_test(test_a_peer_that_repeats_identical_pdus_starts_no_storm),
		cmocka_unit_test(test_every_seg_n_with_every_total_length),
		cmocka_unit_test(test_first_segment_must_be_filled),
		cmocka_unit_test(test_continuation_before_start_is_dropped),
		cmocka_unit_test(test_continuation_that_does_not_fit_is_dropped),
		cmocka_unit_test(test_wrong_fcs_is_neither_delivered_nor_acknowledged),
		cmocka_unit_test(test_own_transaction_numbers_from_outside_are_ignored),
		cmocka_unit_test(test_all_segments_are_repeated_until_acknowledged),
		cmocka_unit_test(test_acknowledgment_before_all_was_sent_is_not_believed),
		cmocka_unit_test(test_what_the_peer_says_next_acknowledges_too),
		cmocka_unit_test(test_acknowledgment_goes_out_before_the_answer),
		cmocka_unit_test(test_transaction_ends_after_30_s),
		cmocka_unit_test(test_link_close_is_sent_at_least_three_times),
		cmocka_unit_test(test_late_link_open_of_the_last_link_opens_nothing),
		cmocka_unit_test(test_other_links_are_not_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
