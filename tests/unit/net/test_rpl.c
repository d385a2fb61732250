#include "support/net_rig.h"

#define CAPACITY 100

static struct net_rig rig;
static struct bm_rpl rpl;
static void *mem;

static int set_up(void **state)
{
	(void)state;
	rig_env_init(&rig);
	memset(&rpl, 0, sizeof rpl);
	struct bm_arena measure = {0};
	bm_rpl_carve(&rpl, CAPACITY, &measure);
	mem = malloc(measure.used);
	struct bm_arena arena = {.mem = mem, .size = measure.used};
	bm_rpl_carve(&rpl, CAPACITY, &arena);
	bm_rpl_init(&rpl, &rig.env, CAPACITY);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(mem);
	return 0;
}

static void test_rpl_rejects_equal_and_lower_seq_same_iv(void **state)
{
	(void)state;
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 100), BM_OK);
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 100), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 99), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 101), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1202, 5, 1), BM_OK);
}

static void test_rpl_rejects_a_lower_iv_index_and_takes_a_higher_one_with_any_seq(void **state)
{
	(void)state;
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 4, 200), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 4, 200), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 6, 0), BM_OK);
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 6, 3), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 101), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 6, 4), BM_OK);
}

static void test_rpl_checking_changes_nothing(void **state)
{
	(void)state;
	for (uint16_t src = 1; src < 1000; src++)
		assert_int_equal(bm_rpl_check(&rpl, src, 5, 100), BM_OK);
	assert_int_equal(rpl.used, 0);
	assert_int_equal(rig.stores, 0);
}

static void test_rpl_full_refuses_new_sources_and_serves_the_known_ones(void **state)
{
	(void)state;
	for (uint16_t src = 1; src <= CAPACITY; src++)
		assert_int_equal(bm_rpl_accept(&rpl, src * 7, 5, 10), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x7000, 5, 10), BM_ERR_NO_SPACE);
	assert_int_equal(bm_rpl_accept(&rpl, 0x7000, 5, 10), BM_ERR_NO_SPACE);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x7000, 5, 10, 10), BM_ERR_NO_SPACE);
	assert_int_equal(bm_rpl_accept_segmented(&rpl, 0x7000, 5, 10), BM_ERR_NO_SPACE);
	for (uint16_t src = 1; src <= CAPACITY; src++) {
		assert_int_equal(bm_rpl_check(&rpl, src * 7, 5, 10), BM_ERR_EXISTS);
		assert_int_equal(bm_rpl_accept(&rpl, src * 7, 5, 11), BM_OK);
	}
	bm_rpl_forget(&rpl, 7);
	assert_int_equal(bm_rpl_accept(&rpl, 0x7000, 5, 10), BM_OK);
}

/* Against a plain array: random sources come and go. */
static void test_rpl_forgets_the_right_ones(void **state)
{
	(void)state;
	static uint32_t model[0x8000]; /* SEQ + 1, 0: none */
	memset(model, 0, sizeof model);
	size_t used = 0;
	for (int i = 0; i < 20000; i++) {
		uint8_t o[4];
		rig_random(&rig, o, sizeof o);
		const uint16_t src = (uint16_t)(1 + (o[0] << 8 | o[1]) % 150);
		if (o[2] < 80) {
			used -= model[src] != 0;
			model[src] = 0;
			bm_rpl_forget(&rpl, src);
		} else {
			const uint32_t seq = (uint32_t)i;
			const enum bm_err err = bm_rpl_accept(&rpl, src, 1, seq);
			if (!model[src] && used == CAPACITY) {
				assert_int_equal(err, BM_ERR_NO_SPACE);
				continue;
			}
			assert_int_equal(err, BM_OK);
			used += model[src] == 0;
			model[src] = seq + 1;
		}
		assert_int_equal(rpl.used, used);
	}
	for (uint16_t src = 1; src <= 150; src++)
		if (model[src]) {
			assert_int_equal(bm_rpl_check(&rpl, src, 1, model[src] - 1), BM_ERR_EXISTS);
			assert_int_equal(bm_rpl_check(&rpl, src, 1, model[src]), BM_OK);
		} else if (used < CAPACITY) {
			assert_int_equal(bm_rpl_check(&rpl, src, 1, 0), BM_OK);
		}
}

static void test_rpl_segmented_messages_go_by_their_seq_auth(void **state)
{
	(void)state;
	/* segments 10 to 12 of the message 10 are admitted, and again while it is incomplete */
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 12, 10), BM_OK);
	assert_int_equal(bm_rpl_accept_segmented(&rpl, 0x1201, 5, 10), BM_OK);
	/* the message again, by segments sent again that we never heard */
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 13, 10), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 500, 9), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 13, 11), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 10), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 11), BM_OK);
}

static void test_rpl_a_message_overtaken_by_a_later_pdu_can_still_complete(void **state)
{
	(void)state;
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 15), BM_OK);
	/* old segments of it are refused, new ones are not */
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 11, 10), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 15, 10), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 16, 10), BM_OK);
	assert_int_equal(bm_rpl_accept_segmented(&rpl, 0x1201, 5, 10), BM_OK);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 17, 10), BM_ERR_EXISTS);
	/* and it did not set back what was known */
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 15), BM_ERR_EXISTS);
}

static void test_rpl_stores_before_it_accepts(void **state)
{
	(void)state;
	rig.store_result = BM_ERR_STORE;
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_ERR_STORE);
	assert_int_equal(bm_rpl_accept_segmented(&rpl, 0x1201, 5, 100), BM_ERR_STORE);
	assert_int_equal(rpl.used, 0);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 100), BM_OK);
	rig.store_result = BM_OK;
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_OK);
	assert_int_equal(rig.stores, 1);
	assert_int_equal(rig.stored_key.kind, BM_STORE_RPL);
	assert_int_equal(rig.stored_key.index, 0x1201);
}

static void test_rpl_what_was_stored_restores_the_protection(void **state)
{
	(void)state;
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 100), BM_OK);
	assert_int_equal(bm_rpl_accept_segmented(&rpl, 0x1201, 5, 104), BM_OK);
	assert_int_equal(bm_rpl_accept(&rpl, 0x1201, 5, 110), BM_OK);
	uint8_t octets[64];
	const size_t len = rig.stored_len;
	memcpy(octets, rig.stored, len);
	bm_rpl_clear(&rpl);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 100), BM_OK);
	for (size_t n = 0; n < len; n++)
		assert_int_equal(bm_rpl_restore(&rpl, 0x1201, octets, n), BM_ERR_TOO_SHORT);
	assert_int_equal(bm_rpl_restore(&rpl, 0, octets, len), BM_ERR_INVALID);
	assert_int_equal(bm_rpl_restore(&rpl, 0x1201, octets, len), BM_OK);
	assert_int_equal(bm_rpl_check(&rpl, 0x1201, 5, 110), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 111, 104), BM_ERR_EXISTS);
	assert_int_equal(bm_rpl_check_segment(&rpl, 0x1201, 5, 111, 105), BM_OK);
}

static void test_rpl_entries_of_dead_iv_indexes_make_room(void **state)
{
	(void)state;
	for (uint16_t src = 1; src <= CAPACITY; src++)
		assert_int_equal(bm_rpl_accept(&rpl, src, src % 3, 10), BM_OK);
	bm_rpl_prune(&rpl, 2);
	assert_int_equal(rpl.used, CAPACITY - CAPACITY / 3);
	for (uint16_t src = 1; src <= CAPACITY; src++)
		assert_int_equal(bm_rpl_check(&rpl, src, src % 3, 10), src % 3 ? BM_ERR_EXISTS : BM_OK);
}

#define UNIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_rpl_rejects_equal_and_lower_seq_same_iv),
		UNIT(test_rpl_rejects_a_lower_iv_index_and_takes_a_higher_one_with_any_seq),
		UNIT(test_rpl_checking_changes_nothing),
		UNIT(test_rpl_full_refuses_new_sources_and_serves_the_known_ones),
		UNIT(test_rpl_forgets_the_right_ones),
		UNIT(test_rpl_segmented_messages_go_by_their_seq_auth),
		UNIT(test_rpl_a_message_overtaken_by_a_later_pdu_can_still_complete),
		UNIT(test_rpl_stores_before_it_accepts),
		UNIT(test_rpl_what_was_stored_restores_the_protection),
		UNIT(test_rpl_entries_of_dead_iv_indexes_make_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
