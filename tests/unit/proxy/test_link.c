/*
 * Links of the GATT bearer over a host that refuses: what it has no room for waits, what it refuses for good is
 * dropped, and half a message ends the link. In no case is a link mute for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proxy/link.h"

#define CONN 7

static struct bm_env env;
static struct bm_gatt_link table[1];
static struct bm_gatt_links links;
static enum bm_err answers[8]; /* of the host, in turn; then BM_OK */
static size_t asked, sent_len, disconnects, closed, freed, readies;

static enum bm_err host_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	(void)self, (void)octets, (void)now;
	assert_int_equal(conn, CONN);
	const enum bm_err answer = asked < BM_ARRAY_LEN(answers) ? answers[asked] : BM_OK;
	asked++;
	sent_len += answer ? 0 : len - 1;
	return answer;
}

static void host_disconnect(void *self, bm_gatt_conn conn, bm_time now)
{
	(void)self, (void)conn, (void)now;
	disconnects++;
}

static void on_link(void *ctx, uint8_t link)
{
	(void)ctx, (void)link;
}

static void on_closed(void *ctx, uint8_t link)
{
	(void)ctx, (void)link;
	closed++;
}

static void on_ready(void *ctx, uint8_t link)
{
	(void)ctx, (void)link;
	readies++;
}

static void on_freed(void *ctx, bool ended)
{
	(void)ctx, (void)ended;
	freed++;
}

static void on_received(void *ctx, uint8_t link, enum bm_proxy_type type, const uint8_t *octets, size_t len)
{
	(void)ctx, (void)link, (void)type, (void)octets, (void)len;
}

static void on_failed(void *ctx, enum bm_gatt_service service)
{
	(void)ctx, (void)service;
}

static void event(enum bm_gatt_event_kind kind)
{
	bm_gatt_links_event(&links, &(struct bm_gatt_event){.kind = kind,
							    .conn = CONN,
							    .role = BM_GATT_SERVER,
							    .service = BM_GATT_PROXY,
							    .mtu = BM_GATT_MTU_MIN,
							    .on = true});
}

/* A client is there and listens; an octet of 19 a segment is the header. */
static int set_up(void **state)
{
	(void)state;
	static const struct bm_bearer_ops ops = {.gatt_send = host_send, .gatt_disconnect = host_disconnect};
	const struct bm_gatt_links_upper upper = {.connected = on_link,
						  .opened = on_link,
						  .received = on_received,
						  .ready = on_ready,
						  .closed = on_closed,
						  .freed = on_freed,
						  .connect_failed = on_failed};
	memset(&env, 0, sizeof env);
	memset(&links, 0, sizeof links);
	memset(table, 0, sizeof table);
	memset(answers, 0, sizeof answers);
	asked = sent_len = disconnects = closed = freed = readies = 0;
	env.bearer.ops = &ops;
	links.table = table;
	bm_gatt_links_init(&links, &env, 1, &upper);
	event(BM_GATT_CONNECTED);
	event(BM_GATT_SUBSCRIBED);
	assert_int_equal(table[0].state, BM_GATT_LINK_OPEN);
	return 0;
}

static enum bm_err send(size_t len)
{
	static const uint8_t octets[BM_PROXY_MESSAGE_MAX] = {1};
	return bm_gatt_link_send(&links, 0, BM_PROXY_NETWORK, octets, len);
}

static void pass(uint64_t us)
{
	bm_timers_advance(&env.timers, env.timers.now + us);
	bm_timers_run(&env.timers);
}

static void test_what_the_host_has_no_room_for_goes_when_there_is(void **state)
{
	(void)state;
	answers[1] = BM_ERR_BUSY;
	assert_int_equal(send(50), BM_OK);
	assert_int_equal(send(10), BM_ERR_BUSY);
	event(BM_GATT_READY);
	assert_int_equal(sent_len, 50);
	assert_int_equal(readies, 1);
	assert_int_equal(send(10), BM_OK);
}

static void test_a_message_that_the_host_refuses_is_dropped_and_the_next_one_goes(void **state)
{
	(void)state;
	static const enum bm_err refusals[] = {BM_ERR_NOT_FOUND, BM_ERR_TOO_LONG, BM_ERR_NO_SPACE};
	for (size_t i = 0; i < BM_ARRAY_LEN(refusals); i++) {
		set_up(NULL);
		answers[0] = refusals[i];
		assert_int_equal(send(50), refusals[i]);
		assert_int_equal(send(50), BM_OK);
		assert_int_equal(sent_len, 50);
		pass(BM_US_PER_S);
		assert_int_equal(table[0].state, BM_GATT_LINK_OPEN);
		assert_int_equal(disconnects, 0);
	}
}

static void test_half_a_message_ends_the_link(void **state)
{
	(void)state;
	answers[1] = BM_ERR_NO_SPACE;
	assert_int_equal(send(50), BM_ERR_NO_SPACE);
	/* Nothing goes out behind it. */
	assert_int_equal(send(10), BM_ERR_STATE);
	assert_int_equal(asked, 2);
	assert_int_equal(disconnects, 0);
	pass(1);
	assert_int_equal(disconnects, 1);
	assert_int_equal(closed, 1);
	assert_int_equal(freed, 1);
	assert_int_equal(table[0].state, BM_GATT_LINK_FREE);
	/* And the next client is served. */
	event(BM_GATT_CONNECTED);
	event(BM_GATT_SUBSCRIBED);
	assert_int_equal(send(10), BM_OK);
}

static void test_a_refusal_after_a_wait_is_the_same(void **state)
{
	(void)state;
	answers[0] = BM_ERR_BUSY;
	answers[1] = BM_ERR_NOT_FOUND;
	assert_int_equal(send(50), BM_OK);
	event(BM_GATT_READY);
	/* Whoever waits for room is told that there is. */
	assert_int_equal(readies, 1);
	assert_int_equal(env.counters.drop[BM_DROP_TX_FULL], 1);
	assert_int_equal(send(10), BM_OK);
	set_up(NULL);
	answers[1] = BM_ERR_BUSY;
	answers[2] = BM_ERR_NOT_FOUND;
	assert_int_equal(send(50), BM_OK);
	event(BM_GATT_READY);
	assert_int_equal(readies, 0);
	pass(1);
	assert_int_equal(table[0].state, BM_GATT_LINK_FREE);
}

#define UNIT(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(test_what_the_host_has_no_room_for_goes_when_there_is),
		UNIT(test_a_message_that_the_host_refuses_is_dropped_and_the_next_one_goes),
		UNIT(test_half_a_message_ends_the_link),
		UNIT(test_a_refusal_after_a_wait_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
