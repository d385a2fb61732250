#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pdu/records.h"

static uint8_t octets[512];
static size_t len;

static struct bm_writer begin(void)
{
	return bm_writer_of(octets, sizeof octets);
}

static void end(const struct bm_writer *w)
{
	assert_int_equal(bm_writer_finish(w, &len), BM_OK);
}

/* Every shorter record, every longer one and every other version is refused. */
#define ASSERT_EXACT(read, record)                                                   \
	do {                                                                         \
		assert_int_equal(read(octets, len, record), BM_OK);                  \
		for (size_t n = 0; n < len; n++)                                     \
			assert_int_equal(read(octets, n, record), BM_ERR_TOO_SHORT); \
		octets[len] = 0;                                                     \
		assert_int_equal(read(octets, len + 1, record), BM_ERR_TOO_LONG);    \
		octets[0]++;                                                         \
		assert_int_equal(read(octets, len, record), BM_ERR_NOT_SUPPORTED);   \
		octets[0]--;                                                         \
	} while (0)

static void test_net_record(void **state)
{
	(void)state;
	const struct bm_net_record put = {.addr = 0x1234,
					  .elements = 3,
					  .iv_update = true,
					  .iv_index = 0x89abcdef,
					  .iv_hours = 95,
					  .recovered_hours = BM_RECORD_HOURS_NONE,
					  .dev_key = "device key here"};
	struct bm_writer w = begin();
	bm_record_put_net(&w, &put);
	end(&w);
	assert_int_equal(len, BM_RECORD_NET_LEN);
	struct bm_net_record got;
	ASSERT_EXACT(bm_record_read_net, &got);
	assert_int_equal(bm_record_read_net(octets, len, &got), BM_OK);
	assert_int_equal(got.addr, put.addr);
	assert_int_equal(got.elements, put.elements);
	assert_true(got.iv_update);
	assert_int_equal(got.iv_index, put.iv_index);
	assert_int_equal(got.iv_hours, put.iv_hours);
	assert_int_equal(got.recovered_hours, put.recovered_hours);
	assert_memory_equal(got.dev_key, put.dev_key, 16);
	/* addresses that no node has */
	octets[2] = 0x80;
	assert_int_equal(bm_record_read_net(octets, len, &got), BM_ERR_PROHIBITED);
	octets[2] = 0x7f;
	octets[3] = 0xfe;
	assert_int_equal(bm_record_read_net(octets, len, &got), BM_ERR_PROHIBITED);
}

static void test_seq_and_rpl_records(void **state)
{
	(void)state;
	struct bm_writer w = begin();
	bm_record_put_seq(&w, &(struct bm_seq_record){.reserved = BM_RECORD_SEQ_END, .iv_index = 0x01020304});
	end(&w);
	assert_int_equal(len, BM_RECORD_SEQ_LEN);
	struct bm_seq_record seq;
	ASSERT_EXACT(bm_record_read_seq, &seq);
	assert_int_equal(seq.reserved, 0); /* what is refused leaves nothing */
	assert_int_equal(bm_record_read_seq(octets, len, &seq), BM_OK);
	assert_int_equal(seq.reserved, BM_RECORD_SEQ_END);
	assert_int_equal(seq.iv_index, 0x01020304);
	octets[4] = 1;
	assert_int_equal(bm_record_read_seq(octets, len, &seq), BM_ERR_PROHIBITED);

	w = begin();
	bm_record_put_rpl(&w, &(struct bm_rpl_record){.iv_index = 5, .seq = 0x123456, .segmented_next = 0x1000});
	end(&w);
	assert_int_equal(len, BM_RECORD_RPL_LEN);
	struct bm_rpl_record rpl;
	ASSERT_EXACT(bm_record_read_rpl, &rpl);
	assert_int_equal(bm_record_read_rpl(octets, len, &rpl), BM_OK);
	assert_int_equal(rpl.seq, 0x123456);
	assert_int_equal(rpl.segmented_next, 0x1000);

	w = begin();
	bm_record_put_sseq(&w, &(struct bm_sseq_record){.next = BM_RECORD_SEQ_END});
	end(&w);
	assert_int_equal(len, BM_RECORD_SSEQ_LEN);
	struct bm_sseq_record sseq;
	ASSERT_EXACT(bm_record_read_sseq, &sseq);
	assert_int_equal(bm_record_read_sseq(octets, len, &sseq), BM_OK);
	assert_int_equal(sseq.next, BM_RECORD_SEQ_END);
	octets[4] = 1;
	assert_int_equal(bm_record_read_sseq(octets, len, &sseq), BM_ERR_PROHIBITED);
}

static void test_keys_fit_their_phase(void **state)
{
	(void)state;
	static const bool fits[3][4] = {{0, 1, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 1}};
	for (uint8_t phase = 0; phase < 5; phase++) {
		for (int held = 0; held < 4; held++) {
			const struct bm_keys_record put = {
				.phase = phase, .held = {held & 1, held & 2}, .keys = {"key in use", "new key"}};
			struct bm_writer w = begin();
			bm_record_put_keys(&w, &put);
			end(&w);
			struct bm_keys_record got;
			const bool right = phase < 3 && fits[phase][held];
			assert_int_equal(bm_record_read_subnet(octets, len, &got), right ? BM_OK : BM_ERR_PROHIBITED);
			for (int k = 0; right && k < 2; k++)
				if (put.held[k])
					assert_memory_equal(got.keys[k], put.keys[k], 16);
		}
	}
	struct bm_writer w = begin();
	bm_record_put_keys(&w, &(struct bm_keys_record){.net_idx = 0x0abc, .held = {true, true}});
	end(&w);
	assert_int_equal(len, BM_RECORD_KEYS_LEN);
	struct bm_keys_record got;
	ASSERT_EXACT(bm_record_read_app_key, &got);
}

static void test_model_record_holds_labels_and_lists(void **state)
{
	(void)state;
	static const uint8_t label[16] = "the label itself";
	const struct bm_model_record put = {
		.place = {.element = 2, .id = {.vendor = true, .company = 0x1234, .id = 0x5678}},
		.publication = {.addr = 0x8111,
				.app_idx = 0xabc,
				.friendship_credentials = true,
				.ttl = 0xff,
				.period = 0x42,
				.retransmit = 0x0b},
		.label = label,
		.binding_count = 2,
		.subscription_count = 2};
	struct bm_writer w = begin();
	bm_record_put_model(&w, &put);
	bm_put_be16(&w, 1);
	bm_put_be16(&w, 0xfff);
	bm_record_put_subscription(&w, 0xc001, NULL);
	bm_record_put_subscription(&w, 0x9222, label);
	end(&w);
	assert_true(len <= BM_RECORD_MODEL_LEN(2u, 2u));
	struct bm_model_record got;
	ASSERT_EXACT(bm_record_read_model, &got);
	assert_int_equal(bm_record_read_model(octets, len, &got), BM_OK);
	assert_int_equal(got.place.element, 2);
	assert_true(got.place.id.vendor);
	assert_int_equal(got.place.id.company, 0x1234);
	assert_int_equal(got.place.id.id, 0x5678);
	assert_int_equal(got.publication.addr, 0x8111);
	assert_memory_equal(got.label, label, 16);
	assert_int_equal(got.publication.app_idx, 0xabc);
	assert_true(got.publication.friendship_credentials);
	assert_int_equal(bm_record_next_binding(&got), 1);
	assert_int_equal(bm_record_next_binding(&got), 0xfff);
	assert_int_equal(bm_record_next_subscription(&got).addr, 0xc001);
	const struct bm_subscription_record second = bm_record_next_subscription(&got);
	assert_int_equal(second.addr, 0x9222);
	assert_memory_equal(second.label, label, 16);
}

static void test_model_record_holds_every_publish_ttl_that_can_be_set(void **state)
{
	(void)state;
	for (unsigned ttl = 0; ttl <= 0xff; ttl++) {
		struct bm_writer w = begin();
		bm_record_put_model(&w,
				    &(struct bm_model_record){.publication = {.addr = 0xc000, .ttl = (uint8_t)ttl}});
		end(&w);
		struct bm_model_record got;
		const bool valid = ttl <= BM_TTL_MAX || ttl == BM_TTL_DEFAULT;
		assert_int_equal(bm_record_read_model(octets, len, &got), valid ? BM_OK : BM_ERR_PROHIBITED);
		if (valid)
			assert_int_equal(got.publication.ttl, ttl);
	}
}

static void test_the_longest_model_record_has_its_length(void **state)
{
	(void)state;
	static const uint8_t label[16] = {9};
	struct bm_writer w = begin();
	bm_record_put_model(&w, &(struct bm_model_record){.publication = {.addr = 0x8000},
							  .label = label,
							  .binding_count = 3,
							  .subscription_count = 4});
	for (int i = 0; i < 3; i++)
		bm_put_be16(&w, 0);
	for (int i = 0; i < 4; i++)
		bm_record_put_subscription(&w, 0xbfff, label);
	end(&w);
	assert_int_equal(len, BM_RECORD_MODEL_LEN(3u, 4u));
}

static void test_states_heartbeat_counter_and_device_records(void **state)
{
	(void)state;
	struct bm_writer w = begin();
	bm_record_put_states(&w,
			     &(struct bm_states_record){.relay = true, .friend_feature = true, .default_ttl = 0x7f});
	end(&w);
	assert_int_equal(len, BM_RECORD_STATES_LEN);
	struct bm_states_record states;
	ASSERT_EXACT(bm_record_read_states, &states);
	assert_int_equal(bm_record_read_states(octets, len, &states), BM_OK);
	assert_true(states.relay && states.friend_feature && !states.beacon && !states.gatt_proxy);
	octets[4] = 1;
	assert_int_equal(bm_record_read_states(octets, len, &states), BM_ERR_PROHIBITED);

	w = begin();
	bm_record_put_heartbeat(&w, &(struct bm_heartbeat_record){.dst = 0xc000, .count_log = 0xff, .ttl = 5});
	end(&w);
	assert_int_equal(len, BM_RECORD_HEARTBEAT_LEN);
	struct bm_heartbeat_record heartbeat;
	ASSERT_EXACT(bm_record_read_heartbeat, &heartbeat);
	octets[1] = 0x80;
	assert_int_equal(bm_record_read_heartbeat(octets, len, &heartbeat), BM_ERR_PROHIBITED);

	w = begin();
	bm_record_put_lpn_counter(&w, 0xfffe);
	end(&w);
	assert_int_equal(len, BM_RECORD_LPN_COUNTER_LEN);
	uint16_t last;
	ASSERT_EXACT(bm_record_read_lpn_counter, &last);
	assert_int_equal(bm_record_read_lpn_counter(octets, len, &last), BM_OK);
	assert_int_equal(last, 0xfffe);

	w = begin();
	bm_record_put_device(&w, &(struct bm_device_record){.elements = 2, .key = "of another node"});
	end(&w);
	assert_int_equal(len, BM_RECORD_DEVICE_LEN);
	struct bm_device_record device;
	ASSERT_EXACT(bm_record_read_device, &device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_record),
		cmocka_unit_test(test_seq_and_rpl_records),
		cmocka_unit_test(test_keys_fit_their_phase),
		cmocka_unit_test(test_model_record_holds_labels_and_lists),
		cmocka_unit_test(test_model_record_holds_every_publish_ttl_that_can_be_set),
		cmocka_unit_test(test_the_longest_model_record_has_its_length),
		cmocka_unit_test(test_states_heartbeat_counter_and_device_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
