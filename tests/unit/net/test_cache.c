#include "support/net_rig.h"

static struct bm_msg_cache cache;
static struct bm_repeats repeats;
static uint8_t mem[1 << 16];

static void caches(uint16_t messages, uint16_t entries)
{
	struct bm_arena arena = {.mem = mem, .size = sizeof mem};
	memset(&cache, 0, sizeof cache);
	memset(&repeats, 0, sizeof repeats);
	bm_msg_cache_carve(&cache, messages, &arena);
	bm_repeats_carve(&repeats, entries, &arena);
	assert_false(arena.failed);
	bm_msg_cache_init(&cache, messages);
	bm_repeats_init(&repeats, entries);
}

static void test_the_newest_messages_are_held_exactly(void **state)
{
	(void)state;
	const uint16_t sizes[] = {1, 2, 3, 7, 64, 100, 128};
	for (size_t s = 0; s < BM_ARRAY_LEN(sizes); s++) {
		const uint32_t capacity = sizes[s];
		caches(sizes[s], 16);
		for (uint32_t i = 0; i < 5 * capacity; i++) {
			bm_msg_cache_add(&cache, 7, (uint16_t)(1 + i % 5), i);
			for (uint32_t k = 0; k <= i; k++)
				assert_int_equal(bm_msg_cache_has(&cache, 7, (uint16_t)(1 + k % 5), k),
						 k + capacity > i);
		}
	}
}

static void test_iv_index_src_and_seq_all_tell_messages_apart(void **state)
{
	(void)state;
	caches(16, 16);
	bm_msg_cache_add(&cache, 7, 0x1201, 5);
	assert_true(bm_msg_cache_has(&cache, 7, 0x1201, 5));
	assert_false(bm_msg_cache_has(&cache, 6, 0x1201, 5));
	assert_false(bm_msg_cache_has(&cache, 7, 0x1202, 5));
	assert_false(bm_msg_cache_has(&cache, 7, 0x1201, 6));
	bm_msg_cache_clear(&cache);
	assert_false(bm_msg_cache_has(&cache, 7, 0x1201, 5));
}

static void test_no_cache_at_all_is_possible(void **state)
{
	(void)state;
	caches(0, 0);
	bm_msg_cache_add(&cache, 7, 0x1201, 5);
	assert_false(bm_msg_cache_has(&cache, 7, 0x1201, 5));
	uint8_t pdu[20] = {1};
	bm_repeats_add(&repeats, pdu, sizeof pdu);
	assert_false(bm_repeats_has(&repeats, pdu, sizeof pdu));
}

static void test_a_repeat_is_one_only_if_every_octet_and_the_length_agree(void **state)
{
	(void)state;
	for (size_t len = BM_NET_PDU_MIN; len <= BM_NET_PDU_MAX; len++) {
		caches(1, 2); /* one set: whatever the octets, it is looked at */
		uint8_t pdu[BM_NET_PDU_MAX];
		memset(pdu, 0x68, sizeof pdu);
		bm_repeats_add(&repeats, pdu, len);
		assert_true(bm_repeats_has(&repeats, pdu, len));
		for (size_t other = BM_NET_PDU_MIN; other <= BM_NET_PDU_MAX; other++)
			assert_int_equal(bm_repeats_has(&repeats, pdu, other), other == len);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			pdu[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(bm_repeats_has(&repeats, pdu, len));
			pdu[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		/* two at a time, the older one goes */
		pdu[3] = 1;
		bm_repeats_add(&repeats, pdu, len);
		pdu[3] = 2;
		bm_repeats_add(&repeats, pdu, len);
		pdu[3] = 1;
		assert_true(bm_repeats_has(&repeats, pdu, len));
		pdu[3] = 0x68;
		assert_false(bm_repeats_has(&repeats, pdu, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_newest_messages_are_held_exactly),
		cmocka_unit_test(test_iv_index_src_and_seq_all_tell_messages_apart),
		cmocka_unit_test(test_no_cache_at_all_is_possible),
		cmocka_unit_test(test_a_repeat_is_one_only_if_every_octet_and_the_length_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
