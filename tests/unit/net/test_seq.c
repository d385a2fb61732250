#include "support/net_rig.h"

static struct net_rig rig;

static int set_up(void **state)
{
	(void)state;
	rig_net_init(&rig);
	rig_start(&rig, 0x0003, 1, 0x12345678);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static uint32_t stored_bound(void)
{
	return (uint32_t)rig.stored[1] << 24 | (uint32_t)rig.stored[2] << 16 | (uint32_t)rig.stored[3] << 8 |
	       rig.stored[4];
}

static void test_numbers_are_reserved_in_the_store_before_they_are_used(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3 * BM_NET_SEQ_BLOCK; i++) {
		uint32_t seq;
		assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
		assert_int_equal(seq, i);
		assert_int_equal(rig.stored_key.kind, BM_STORE_SEQ);
		assert_true(stored_bound() > seq);
	}
	assert_int_equal(rig.stores, 3);
}

static void test_without_the_store_there_are_no_numbers(void **state)
{
	(void)state;
	uint32_t seq;
	rig.store_result = BM_ERR_STORE;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_ERR_STORE);
	rig.store_result = BM_OK;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 0);
	/* a block once reserved can be used up */
	rig.store_result = BM_ERR_STORE;
	for (uint32_t i = 1; i < BM_NET_SEQ_BLOCK; i++)
		assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_ERR_STORE);
}

static void test_a_power_cut_at_any_moment_never_repeats_a_number(void **state)
{
	(void)state;
	uint32_t last = 0;
	for (int cut = 0; cut < 50; cut++) {
		uint32_t seq = 0;
		for (int i = 0; i < 1 + cut * 13; i++) {
			assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
			assert_true(seq > last || last == 0);
			last = seq;
		}
		uint8_t octets[64];
		const size_t len = rig.stored_len;
		memcpy(octets, rig.stored, len);
		bm_net_start(&rig.net, 0x0003, 1, 0x12345678, false);
		assert_int_equal(bm_net_seq_restore(&rig.net, octets, len), BM_OK);
	}
}

static void test_numbers_of_an_older_iv_index_are_not_gone_on_from(void **state)
{
	(void)state;
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	uint8_t octets[64];
	const size_t len = rig.stored_len;
	memcpy(octets, rig.stored, len);
	bm_net_start(&rig.net, 0x0003, 1, 0x12345679, false);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(bm_net_seq_restore(&rig.net, octets, n), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_net_seq_restore(&rig.net, octets, len), BM_OK);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, 0);
}

static void test_exhausted_numbers_never_wrap(void **state)
{
	(void)state;
	rig.net.seq = rig.net.seq_reserved = BM_SEQ_MAX - 1;
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, BM_SEQ_MAX - 1);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(seq, BM_SEQ_MAX);
	assert_int_equal(stored_bound(), BM_SEQ_MAX + 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_ERR_SEQ_EXHAUSTED);
	/* nor after a restart */
	uint8_t octets[64];
	memcpy(octets, rig.stored, rig.stored_len);
	bm_net_start(&rig.net, 0x0003, 1, 0x12345678, false);
	assert_int_equal(bm_net_seq_restore(&rig.net, octets, rig.stored_len), BM_OK);
	assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_ERR_SEQ_EXHAUSTED);
}

static void test_running_low_is_told_once(void **state)
{
	(void)state;
	rig.net.seq = rig.net.seq_reserved = BM_NET_SEQ_LOW - 2 * BM_NET_SEQ_BLOCK;
	uint32_t seq;
	for (uint32_t i = 0; i < 5 * BM_NET_SEQ_BLOCK; i++)
		assert_int_equal(bm_net_seq_take(&rig.net, &seq), BM_OK);
	assert_int_equal(rig.events[BM_EVENT_SEQ_LOW], 1);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_numbers_are_reserved_in_the_store_before_they_are_used),
		UNIT(test_without_the_store_there_are_no_numbers),
		UNIT(test_a_power_cut_at_any_moment_never_repeats_a_number),
		UNIT(test_numbers_of_an_older_iv_index_are_not_gone_on_from),
		UNIT(test_exhausted_numbers_never_wrap),
		UNIT(test_running_low_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
