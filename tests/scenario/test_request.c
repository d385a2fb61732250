/*
 * Acknowledged messages: answered, repeated over a bad air, given up, cancelled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/request.h"
#include "support/network.h"

struct asker {
	struct network *network;
	struct lamp client, lamp;
	struct bm_request request;
	int done;
	enum bm_err result;
	bm_time at;
	bool ask_again;
};

static void asker_init(struct asker *asker, uint64_t seed)
{
	*asker = (struct asker){.network = network_new(seed)};
	lamp_init(&asker->client, asker->network, NULL);
	lamp_init(&asker->lamp, asker->network, NULL);
	lamp_join(&asker->client, asker->network, 0x0010);
	lamp_join(&asker->lamp, asker->network, 0x0020);
	bm_request_init(&asker->request);
}

static enum bm_err ask(struct asker *asker, uint16_t dst);

static void on_done(void *ctx, enum bm_err result, bm_time now)
{
	struct asker *asker = ctx;
	asker->done++;
	asker->result = result;
	asker->at = now;
	if (asker->ask_again) {
		asker->ask_again = false;
		assert_int_equal(ask(asker, 0x0020), BM_OK);
	}
}

/* Generic OnOff Set, on, always the same transaction. */
static enum bm_err ask(struct asker *asker, uint16_t dst)
{
	const uint8_t payload[] = {0x82, 0x02, 1, 7};
	const struct bm_tx tx = tx_to(dst);
	return bm_request_send(&asker->request, &asker->client.client.model, &tx, payload, sizeof payload,
			       BM_OP_ONOFF_STATUS, 0, on_done, asker, network_now(asker->network));
}

static void test_a_request_ends_with_its_status(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 1);
	assert_int_equal(ask(&asker, 0x0020), BM_OK);
	assert_true(bm_request_is_waiting(&asker.request));
	assert_true(bm_request_expects(&asker.client.client.model, 0x0020, BM_OP_ONOFF_STATUS));
	assert_false(bm_request_expects(&asker.client.client.model, 0x0021, BM_OP_ONOFF_STATUS));
	assert_int_equal(ask(&asker, 0x0020), BM_ERR_STATE);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 1);
	assert_int_equal(asker.result, BM_OK);
	assert_int_equal(asker.client.statuses, 1);
	assert_int_equal(asker.lamp.changes, 1);
	assert_false(bm_request_is_waiting(&asker.request));
	network_free(asker.network);
}

static bool is_second_answer(void *ctx)
{
	const struct asker *asker = ctx;
	return asker->client.statuses == 2;
}

static void test_a_clients_own_message_asks_until_the_status_that_answers(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 2);
	const struct bm_ask about = {.request = &asker.request,
				     .status_opcode = BM_OP_ONOFF_STATUS,
				     .is_answer = is_second_answer,
				     .done = on_done,
				     .ctx = &asker};
	struct bm_tx tx = tx_to(0x0020);
	tx.ask = &about;
	const bm_time begin = network_now(asker.network);
	assert_int_equal(bm_onoff_client_get(&asker.client.client, &tx, begin), BM_OK);
	assert_int_equal(bm_onoff_client_get(&asker.client.client, &tx, begin), BM_ERR_STATE);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 1);
	assert_int_equal(asker.result, BM_OK);
	assert_int_equal(asker.client.statuses, 2);
	/* The first status was another's; repeated after a second. */
	assert_true(asker.at - begin > BM_US_PER_S && asker.at - begin < 3 * BM_US_PER_S / 2);
	network_free(asker.network);
}

static void test_a_request_is_repeated_over_a_bad_air_and_acts_once(void **state)
{
	(void)state;
	int answered = 0;
	for (uint64_t seed = 20; seed < 40; seed++) {
		struct asker asker;
		asker_init(&asker, seed);
		/* Three transmissions a message: most requests need another try. */
		bm_medium_set_loss(bm_world_medium(asker.network->world), 0.75);
		assert_int_equal(ask(&asker, 0x0020), BM_OK);
		bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
		assert_int_equal(asker.done, 1);
		answered += asker.result == BM_OK;
		assert_true(asker.lamp.changes <= 1);
		network_free(asker.network);
	}
	/* Once alone, a third would be answered. */
	assert_true(answered >= 12);
}

static void test_a_request_that_nobody_answers_times_out(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 3);
	const bm_time begin = network_now(asker.network);
	const uint32_t sent = bm_node_counters(asker.client.wn->node)->access_tx;
	assert_int_equal(ask(&asker, 0x0077), BM_OK);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 1);
	assert_int_equal(asker.result, BM_ERR_TIMEOUT);
	assert_int_equal(asker.at - begin, BM_REQUEST_TIMEOUT_US);
	assert_int_equal(bm_node_counters(asker.client.wn->node)->access_tx - sent, 4);
	network_free(asker.network);
}

static void test_a_request_is_cancelled_by_its_owner_or_a_reset(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 4);
	assert_int_equal(ask(&asker, 0x0077), BM_OK);
	bm_request_cancel(&asker.request);
	assert_int_equal(asker.done, 1);
	assert_int_equal(asker.result, BM_ERR_CANCELLED);
	bm_request_cancel(&asker.request);
	assert_int_equal(asker.done, 1);
	assert_int_equal(ask(&asker, 0x0077), BM_OK);
	assert_int_equal(bm_node_reset(asker.client.wn->node, network_now(asker.network)), BM_OK);
	assert_int_equal(asker.done, 2);
	assert_int_equal(asker.result, BM_ERR_CANCELLED);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 2);
	network_free(asker.network);
}

static void test_who_asks_anew_while_the_node_is_reset_is_told_too(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 7);
	asker.ask_again = true;
	assert_int_equal(ask(&asker, 0x0077), BM_OK);
	assert_int_equal(bm_node_reset(asker.client.wn->node, network_now(asker.network)), BM_OK);
	assert_int_equal(asker.done, 1);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 2);
	assert_int_equal(asker.result, BM_ERR_NOT_PROVISIONED);
	network_free(asker.network);
}

static void test_a_request_can_be_used_again_from_its_end(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 5);
	asker.ask_again = true;
	assert_int_equal(ask(&asker, 0x0020), BM_OK);
	bm_world_run_for(asker.network->world, 10 * BM_US_PER_S);
	assert_int_equal(asker.done, 2);
	assert_int_equal(asker.result, BM_OK);
	network_free(asker.network);
}

static void test_what_cannot_be_a_request_is_refused(void **state)
{
	(void)state;
	struct asker asker;
	asker_init(&asker, 6);
	assert_int_equal(ask(&asker, 0xc001), BM_ERR_INVALID);
	const uint8_t payload[BM_REQUEST_MAX + 1] = {0x82, 0x01};
	const struct bm_tx tx = tx_to(0x0020);
	assert_int_equal(bm_request_send(&asker.request, &asker.client.client.model, &tx, payload, sizeof payload,
					 BM_OP_ONOFF_STATUS, 0, on_done, &asker, 0),
			 BM_ERR_INVALID);
	assert_int_equal(asker.done, 0);
	network_free(asker.network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_ends_with_its_status),
		cmocka_unit_test(test_a_clients_own_message_asks_until_the_status_that_answers),
		cmocka_unit_test(test_a_request_is_repeated_over_a_bad_air_and_acts_once),
		cmocka_unit_test(test_a_request_that_nobody_answers_times_out),
		cmocka_unit_test(test_a_request_is_cancelled_by_its_owner_or_a_reset),
		cmocka_unit_test(test_who_asks_anew_while_the_node_is_reset_is_told_too),
		cmocka_unit_test(test_a_request_can_be_used_again_from_its_end),
		cmocka_unit_test(test_what_cannot_be_a_request_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
