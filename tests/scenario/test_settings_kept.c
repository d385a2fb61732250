/*
 * Whatever a node lets itself be set to, it is after a power cut: random Configuration messages, valid as often as not,
 * then the power goes, and every state that can be asked for is asked for before and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "blemesh/config_opcodes.h"
#include "models/foundation/foundation_opcodes.h"
#include "node/node_state.h"
#include "pdu/messages.h"
#include "pdu/messages_tables.h"
#include "support/mem_store.h"
#include "support/network.h"
#include "support/vectors.h"

#define ROUNDS 400u
#define MESSAGES 60u
#define QUESTIONS_MAX 32u

static struct network *network;
static struct lamp lamp;
static struct mem_store store;
static uint32_t applied;

static enum bm_err keep(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)wn;
	return mem_store_put(&store, key, octets, len);
}

static uint32_t below(uint32_t limit)
{
	return bm_prng_below(bm_world_prng(network->world), limit);
}

static void begin(void)
{
	memset(&store, 0, sizeof store);
	network = network_new(7);
	struct bm_node_config config = bm_world_config();
	config.foundation = BM_FOUNDATION_ALL;
	config.limits.models = 16;
	config.features = BM_FEATURE_RELAY | BM_FEATURE_PROXY | BM_FEATURE_FRIEND;
	config.limits.gatt_links = 1;
	config.limits.solicitations = 2;
	config.limits.friend_lpns = 1;
	config.limits.friend_queue = 16;
	config.limits.friend_subscriptions = 4;
	config.limits.subnets = config.limits.app_keys = 3;
	lamp_init(&lamp, network, &config);
	lamp.wn->on_store = keep;
	lamp.server.model.persist = true;
}

static int end(void **state)
{
	(void)state;
	network_free(network);
	return 0;
}

/* Small sets, so that what one message makes another one meets. */
static bool give(void *ctx, const struct bm_field *field, struct bm_field_value *value)
{
	static const uint16_t addrs[] = {0x0000, 0x0001, 0x0002, 0x0003, 0x7fff, 0x8000, 0xc000,
					 0xc001, 0xfefe, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff};
	static const uint8_t models[][4] = {
		{0x00, 0x10}, {0x01, 0x10}, {0x02, 0x00}, {0x00, 0x00}, {0xc4, 0x02, 0x01, 0x00}};
	static const uint8_t sixteen[][16] = {"one for sixteen", "two for sixteen", "three of sixtee"};
	static const uint8_t numbers[] = {0, 1, 2, 5, 0x7f, 0x80, 0xff};
	size_t model;
	const uint16_t own = *(const uint16_t *)ctx;
	if (field->optional && below(2) == 0)
		return false;
	switch (field->kind) {
	case BM_FIELD_ADDR:
		value->number = strcmp(field->name, "element_address") == 0 && below(8)
					? own
					: addrs[below(BM_ARRAY_LEN(addrs))];
		break;
	case BM_FIELD_KEY_INDEX:
		value->number = below(2) ? 0 : below(3);
		break;
	case BM_FIELD_KEY_INDEXES:
		value->number = below(2) | (below(2) ? 0 : below(3)) << 12;
		break;
	case BM_FIELD_MODEL:
		model = below(BM_ARRAY_LEN(models));
		value->octets = models[model];
		value->len = field->bits ? field->bits / 8u : model == 4 ? 4u : 2u;
		break;
	case BM_FIELD_SECRET:
	case BM_FIELD_LABEL:
		value->octets = sixteen[below(BM_ARRAY_LEN(sixteen))];
		value->len = 16;
		break;
	default:
		if (!bm_field_is_number(field))
			return false;
		value->number = below(2) ? numbers[below(BM_ARRAY_LEN(numbers))] : (int64_t)below(256);
		if (field->bits && field->bits < 8)
			value->number &= (1 << field->bits) - 1;
		break;
	}
	return true;
}

static bool is_answered_at_once(uint8_t *octets, size_t *len, const uint8_t *payload, size_t payload_len)
{
	struct bm_node *node = lamp.wn->node;
	struct bm_capture capture = {.octets = octets, .capacity = BM_ACCESS_MAX};
	const struct bm_transport_rx rx = {.src = 0x0001,
					   .dst = bm_node_addr(node),
					   .app_idx = BM_APP_IDX_DEV_LOCAL,
					   .net_idx = BM_NET_IDX_PRIMARY,
					   .ttl = 5};
	struct bm_rx from = {.src = rx.src, .dst = rx.dst, .app_idx = rx.app_idx, .net_idx = rx.net_idx, .ttl = rx.ttl};
	const enum bm_err err = bm_access_deliver_item(&node->access, 0, &from, payload, payload_len, &capture);
	*len = capture.answered ? capture.len : 0;
	return err == BM_OK;
}

/* What would end the test: the node leaves, or goes on under another key than the one it is asked with. */
static bool is_left_out(uint32_t opcode)
{
	return opcode == BM_OP_CONFIG_NODE_RESET || opcode == BM_OP_OPCODES_AGGREGATOR_SEQUENCE;
}

static void set_something(void)
{
	const struct bm_message_table *tables[] = {&bm_messages_foundation, &bm_messages_foundation_1_1};
	const struct bm_message_table *table = tables[below(4) == 0];
	/* Without a key and a binding there is no publication. */
	static const uint32_t often[] = {BM_OP_CONFIG_APP_KEY_ADD, BM_OP_CONFIG_MODEL_APP_BIND,
					 BM_OP_CONFIG_MODEL_PUBLICATION_SET,
					 BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET};
	const struct bm_message *message = below(2) ? bm_message_find(often[below(BM_ARRAY_LEN(often))])
						    : &table->messages[below((uint32_t)table->count)];
	const uint16_t own = bm_node_addr(lamp.wn->node);
	uint8_t payload[BM_ACCESS_MAX], answer[BM_ACCESS_MAX];
	size_t len;
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	if (is_left_out(message->opcode) || bm_message_encode(message, &w, give, (void *)&own))
		return;
	if (is_answered_at_once(answer, &len, payload, bm_writer_len(&w)) && len)
		applied++;
}

/* To the questions in their order, each in hexadecimal: a difference is told readably. */
struct answers {
	size_t count;
	struct {
		char question[32];
		char answer[2 * BM_ACCESS_MAX + 1];
	} each[QUESTIONS_MAX];
};

static int by_value(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

/* What is listed, sorted: lists have no order. Two key indexes are packed into three octets (MshPRT 4.3.1.1). */
static void sort_list(uint8_t *list, size_t *len, bool packed)
{
	uint8_t items[BM_ACCESS_MAX];
	size_t count = 0;
	for (size_t i = 0; packed && i + 1 < *len; i += i % 3 ? 2 : 1) {
		const uint16_t item = i % 3 ? (uint16_t)(list[i] >> 4 | list[i + 1] << 4)
					    : (uint16_t)(list[i] | (list[i + 1] & 0x0f) << 8);
		items[2 * count] = (uint8_t)(item >> 8);
		items[2 * count++ + 1] = (uint8_t)item;
	}
	if (!packed) {
		assert_true(*len % 2 == 0);
		memcpy(items, list, *len);
		count = *len / 2;
	}
	qsort(items, count, 2, by_value);
	memcpy(list, items, 2 * count);
	*len = 2 * count;
}

static void ask(struct answers *all, const char *hex, size_t head, bool packed)
{
	uint8_t payload[32];
	uint8_t answer[BM_ACCESS_MAX];
	size_t len;
	const size_t payload_len = hex_decode(hex, payload, sizeof payload);
	if (!is_answered_at_once(answer, &len, payload, payload_len) || !len)
		fail_msg("%s is not answered", hex);
	if (head) {
		size_t listed = len - head;
		sort_list(answer + head, &listed, packed);
		len = head + listed;
	}
	assert_true(all->count < QUESTIONS_MAX);
	snprintf(all->each[all->count].question, sizeof all->each[0].question, "%s", hex);
	for (size_t i = 0; i < len; i++)
		snprintf(all->each[all->count].answer + 2 * i, 3, "%02x", answer[i]);
	all->count++;
}

/* Every state that is kept; counters of heartbeats go on, and identities end. */
static void ask_all(struct answers *all)
{
	static const char *const plain[] = {"8009",     "800c",     "800f", "8012", "8026", "8023", "80150000",
					    "80150100", "80150200", "8060", "8063", "8069", "806c", "806f"};
	static const char *const models[] = {"0010", "0110", "0200", "c4020100"};
	all->count = 0;
	for (size_t i = 0; i < BM_ARRAY_LEN(plain); i++)
		ask(all, plain[i], 0, false);
	ask(all, "8042", 2, true);
	ask(all, "80010000", 5, true);
	ask(all, "80010100", 5, true);
	ask(all, "80010200", 5, true);
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++) {
		const bool vendor = i == 3;
		const uint16_t own = bm_node_addr(lamp.wn->node);
		char of[16], hex[32];
		snprintf(of, sizeof of, "%02x%02x%s", own & 0xff, own >> 8, models[i]);
		snprintf(hex, sizeof hex, "8018%s", of);
		ask(all, hex, 0, false);
		snprintf(hex, sizeof hex, "%s%s", vendor ? "802b" : "8029", of);
		ask(all, hex, vendor ? 9 : 7, false);
		snprintf(hex, sizeof hex, "%s%s", vendor ? "804d" : "804b", of);
		ask(all, hex, vendor ? 9 : 7, true);
	}
}

static void power_cycle(void)
{
	const struct mem_store before = store;
	bm_world_power_cycle(lamp.wn);
	struct bm_world_node *wn = lamp.wn;
	bm_onoff_server_init(&lamp.server, false, NULL, &lamp);
	bm_onoff_client_init(&lamp.client, NULL, &lamp);
	lamp.server.model.persist = true;
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.server.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.client.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &lamp.vendor), BM_OK);
	assert_int_equal(mem_store_restore(&before, wn->node, below(2)), BM_OK);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
}

static void test_what_a_node_was_set_to_is_there_after_a_power_cut(void **state)
{
	(void)state;
	begin();
	assert_int_not_equal(network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S), 0);
	static struct answers before, after;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < MESSAGES; i++) {
			set_something();
			if (below(8) == 0)
				bm_world_run_for(network->world, 100 * BM_US_PER_MS);
		}
		bm_world_run_for(network->world, BM_US_PER_S);
		ask_all(&before);
		power_cycle();
		ask_all(&after);
		assert_int_equal(after.count, before.count);
		for (size_t i = 0; i < before.count; i++)
			if (strcmp(before.each[i].answer, after.each[i].answer) != 0)
				fail_msg("round %u: %s: %s before, %s after", round, before.each[i].question,
					 before.each[i].answer, after.each[i].answer);
	}
	assert_true(applied > ROUNDS * MESSAGES / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_what_a_node_was_set_to_is_there_after_a_power_cut, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
