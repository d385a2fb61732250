/*
 * Every opcode of the message table, and a vendor's, with every length of parameters, under the right key, to a node
 * that has every model: taken if the length can be right, else counted as bad; and the node serves on.
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
#include "pdu/messages.h"
#include "pdu/messages_tables.h"
#include "support/full_node.h"
#include "transport/transport.h"

#define CLIENT 0x0010
#define SERVER 0x0020

struct pair {
	struct network *network;
	struct full_node client, server;
	uint8_t tid;
};

static struct bm_access *access_of(struct pair *pair)
{
	return pair->server.onoff.model.access;
}

static const struct bm_counters *counters(struct pair *pair)
{
	return bm_node_counters(pair->server.wn->node);
}

static uint32_t dropped(struct pair *pair)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < BM_DROP_COUNT; i++)
		sum += counters(pair)->drop[i];
	return sum;
}

/* The model that takes an opcode, and its row. */
static const struct bm_opcode *find_row(struct pair *pair, uint32_t opcode, const struct bm_model **model)
{
	struct bm_access *access = access_of(pair);
	for (uint16_t m = 0; m < access->model_count; m++) {
		*model = access->models[m];
		for (size_t row = 0; row < (*model)->opcode_count; row++)
			if ((*model)->opcodes[row].opcode == opcode)
				return &(*model)->opcodes[row];
	}
	return NULL;
}

static void ignore(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	(void)ctx, (void)field, (void)value;
}

/* Random parameters in memory that is exactly as long, so that the sanitizer sees a read beyond. */
static void feed(struct pair *pair, const struct bm_model *model, uint32_t opcode, size_t len)
{
	uint8_t head[3];
	struct bm_writer w = bm_writer_of(head, sizeof head);
	bm_put_opcode(&w, opcode);
	const size_t head_len = bm_writer_len(&w);
	uint8_t *payload = malloc(head_len + len);
	memcpy(payload, head, head_len);
	bm_prng_fill(bm_world_prng(pair->network->world), payload + head_len, len);
	const struct bm_transport_rx rx = {.src = CLIENT,
					   .dst = pair->server.addr,
					   .app_idx = model->own_dev_key_only ? BM_APP_IDX_DEV_LOCAL
						      : model->dev_key        ? BM_APP_IDX_DEV_REMOTE
									      : NETWORK_APP_IDX,
					   .ttl = 5};
	bm_access_receive(access_of(pair), &rx, payload, head_len + len);
	free(payload);
}

/* Does the description allow the length, whatever the octets? What it describes as octets the model knows better. */
static bool described(const struct bm_message *message, size_t len)
{
	static const uint8_t zeros[BM_ACCESS_MAX];
	for (size_t i = 0; message && i < message->field_count; i++)
		if (message->fields[i].kind == BM_FIELD_OCTETS)
			return false;
	return message && bm_message_decode(message, zeros, len, ignore, NULL) == BM_OK;
}

/* Messages that were valid by chance may have reset the node or taken its keys. */
static void assert_serves(struct pair *pair)
{
	bm_world_run_for(pair->network->world, 2 * BM_US_PER_S);
	if (!bm_node_is_provisioned(pair->server.wn->node))
		full_node_rejoin(&pair->server, (uint16_t)(pair->server.addr + 2));
	char set[16], answer[16];
	const bool on = ++pair->tid % 2;
	full_node_expect(&pair->client, pair->server.addr, "820e00", "821000");
	snprintf(set, sizeof set, "82020%d%02x", on, pair->tid);
	snprintf(answer, sizeof answer, "82040%d", on);
	full_node_expect(&pair->client, pair->server.addr, set, answer);
}

static void try_every_length(struct pair *pair, uint32_t opcode)
{
	const struct bm_model *model = NULL;
	const struct bm_opcode *row = find_row(pair, opcode, &model);
	if (!row)
		fail_msg("no model takes %x", (unsigned)opcode);
	const size_t head = opcode < 0x80 ? 1 : opcode <= 0xffff ? 2 : 3;
	for (size_t len = 0; len <= BM_ACCESS_MAX - head; len++) {
		const uint32_t bad = counters(pair)->drop[BM_DROP_BAD_LENGTH];
		const uint32_t drops = dropped(pair);
		const uint32_t taken = counters(pair)->access_rx;
		const bool fits = len >= row->min_len && len <= row->max_len;
		if (described(bm_message_find(opcode), len) && !fits)
			fail_msg("%x is described with %zu octets, but not taken", (unsigned)opcode, len);
		feed(pair, model, opcode, len);
		if (fits)
			assert_true(counters(pair)->access_rx == taken + 1 && dropped(pair) <= drops + 1);
		else
			assert_true(counters(pair)->access_rx == taken &&
				    counters(pair)->drop[BM_DROP_BAD_LENGTH] == bad + 1 && dropped(pair) == drops + 1);
		if (fits)
			bm_world_run_for(pair->network->world, 60 * BM_US_PER_MS);
		if (!bm_node_is_provisioned(pair->server.wn->node))
			full_node_rejoin(&pair->server, (uint16_t)(pair->server.addr + 2));
	}
	assert_serves(pair);
}

static void test_every_opcode_with_every_length_is_taken_or_counted_and_the_node_serves_on(void **state)
{
	(void)state;
	static const uint32_t vendor[] = {OP_VENDOR_STORE, OP_VENDOR_STORE_UNACK, OP_VENDOR_STORED};
	const struct bm_message_table *tables[] = {&bm_messages_foundation, &bm_messages_models};
	struct pair *pair = calloc(1, sizeof *pair);
	pair->network = network_new(1);
	full_node_join(&pair->client, pair->network, CLIENT);
	full_node_join(&pair->server, pair->network, SERVER);
	for (size_t t = 0; t < BM_ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			try_every_length(pair, tables[t]->messages[i].opcode);
	for (size_t i = 0; i < BM_ARRAY_LEN(vendor); i++)
		try_every_length(pair, vendor[i]);
	network_free(pair->network);
	free(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_opcode_with_every_length_is_taken_or_counted_and_the_node_serves_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
