/*
 * What arrives, and what is answered: every row under tests/answers/ is sent to a node, which gives just that answer,
 * or none and counts why. With --page the rows are printed as docs/answers.md instead; a check of the house compares.
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
#include "answers/page.h"
#include "node/node_state.h"
#include "support/full_node.h"
#include "support/prov_puppet.h"
#include "support/proxy_target.h"
#include "support/vectors.h"

#define CLIENT 0x0010
#define SERVER 0x0020

/* A node under test, another one, and what the last row brought. */
struct bench {
	struct network *network;
	struct full_node client, server;
	struct bm_net_keys keys;
	uint32_t seq;
	int wrong; /* rows that were not answered as they say */
	int answers;
	uint8_t answer[OCTETS_MAX];
	size_t answer_len;
};

static struct bench bench;

static void keep(const uint8_t *octets, size_t len)
{
	assert_true(len <= sizeof bench.answer);
	bench.answers++;
	bench.answer_len = len;
	memcpy(bench.answer, octets, len);
}

static void on_access(struct bm_world_node *wn, const struct bm_trace *trace)
{
	(void)wn;
	if (trace->kind == BM_TRACE_ACCESS_RX && trace->src == SERVER)
		keep(trace->octets, trace->len);
}

/* Room for little, so that rows without room are short. */
static struct bm_node_config small_config(void)
{
	struct bm_node_config config = full_node_config();
	config.limits.subnets = 2;
	config.limits.app_keys = 3;
	config.limits.bindings = 2;
	config.limits.subscriptions = 2;
	config.limits.labels = 1;
	config.limits.models = 30;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 2;
	config.limits.solicitations = 2;
	config.foundation = BM_FOUNDATION_ALL;
	config.features = BM_FEATURE_PROXY;
	return config;
}

static void begin_bench(const struct bm_node_config *config)
{
	memset(&bench, 0, sizeof bench);
	bench.network = network_new(1);
	full_node_join(&bench.client, bench.network, CLIENT);
	full_node_join_with(&bench.server, bench.network, SERVER, config);
	struct bm_node *server = bench.server.wn->node;
	struct bm_model *solicitations = bm_access_find_model(&server->access, 0, &(struct bm_model_id){.id = 0x0014});
	if (solicitations)
		assert_int_equal(bm_node_bind(server, solicitations, NETWORK_APP_IDX), BM_OK);
	bm_net_keys_derive(&bench.keys, bench.network->net_key);
}

static void assert_all_right(void)
{
	if (bench.wrong)
		fail_msg("%d rows are not answered as they say", bench.wrong);
}

/* Whatever was said: the node serves. */
static void end_bench(void)
{
	full_node_expect(&bench.client, SERVER, "820201fe", "820401");
	full_node_expect(&bench.client, SERVER + 1, "820201fd", "820401");
	network_free(bench.network);
	assert_all_right();
}

/* Octets of a row's text, in which {nid} and {netid} stand for those of the network. */
static size_t octets_of(const char *text, const struct bm_net_keys *keys, uint8_t *out)
{
	char hex[2 * OCTETS_MAX + 1] = "";
	size_t used = 0;
	while (*text) {
		char piece[17] = {text[0]};
		size_t taken = 1;
		if (strncmp(text, "{nid}", 5) == 0) {
			snprintf(piece, sizeof piece, "%02x", keys->flooding.nid);
			taken = 5;
		} else if (strncmp(text, "{netid}", 7) == 0) {
			for (size_t i = 0; i < 8; i++)
				snprintf(piece + 2 * i, sizeof piece - 2 * i, "%02x", keys->network_id[i]);
			taken = 7;
		}
		used += (size_t)snprintf(hex + used, sizeof hex - used, "%s", piece);
		text += taken;
	}
	return hex_decode(hex, out, OCTETS_MAX);
}

static enum bm_drop reason_of(const char *name)
{
	for (int drop = 0; drop < BM_DROP_COUNT; drop++)
		if (strcmp(bm_drop_name((enum bm_drop)drop), name) == 0)
			return (enum bm_drop)drop;
	fail_msg("nothing is counted as %s", name);
	return BM_DROP_COUNT;
}

static void show(const struct answer_row *row, const char *what)
{
	fprintf(stderr, "%s (%s): %s; answers %d:", row->octets, row->words ? row->words : "", what, bench.answers);
	for (size_t i = 0; bench.answers && i < bench.answer_len; i++)
		fprintf(stderr, "%02x", bench.answer[i]);
	fprintf(stderr, "\n");
	bench.wrong++;
}

/* Is this what the row says? was: the node's counters before. */
static void assert_row(const struct answer_row *row, const struct bm_counters *was, const struct bm_counters *is)
{
	uint8_t expected[OCTETS_MAX];
	if (row->answer[0] == '!') {
		if (bench.answers)
			show(row, "answered");
		if (strcmp(row->answer, "!nothing") == 0)
			return;
		const enum bm_drop reason = reason_of(row->answer + 1);
		for (int drop = 0; drop < BM_DROP_COUNT; drop++)
			if (is->drop[drop] != was->drop[drop] && drop != (int)reason && drop != BM_DROP_REPEAT &&
			    drop != BM_DROP_CACHED)
				show(row, bm_drop_name((enum bm_drop)drop));
		if (is->drop[reason] == was->drop[reason])
			show(row, "not counted");
		return;
	}
	char hex[2 * OCTETS_MAX + 1];
	snprintf(hex, sizeof hex, "%s", row->answer);
	const bool open_ended = hex[strlen(hex) - 1] == '*';
	if (open_ended)
		hex[strlen(hex) - 1] = '\0';
	const size_t len = hex_decode(hex, expected, sizeof expected);
	if (bench.answers != 1 || bench.answer_len < len || (!open_ended && bench.answer_len != len) ||
	    memcmp(bench.answer, expected, len) != 0)
		show(row, "another answer");
}

/* Access messages, sent by a model of the provisioner or of the client. */

static void say(const struct answer_row *row, struct bm_model *model, uint16_t app_idx, uint64_t wait_us)
{
	uint8_t octets[OCTETS_MAX];
	const size_t len = octets_of(row->octets, &bench.keys, octets);
	const struct bm_tx tx = {.dst = SERVER, .app_idx = app_idx, .ttl = BM_TTL_DEFAULT};
	const struct bm_counters was = *bm_node_counters(bench.server.wn->node);
	bench.answers = 0;
	assert_int_equal(bm_model_send(model, &tx, octets, len, network_now(bench.network)), BM_OK);
	bm_world_run_for(bench.network->world, wait_us);
	assert_row(row, &was, bm_node_counters(bench.server.wn->node));
}

/* Of the Configuration page's messages those of the Solicitation PDU RPL alone go under an application key. */
static bool is_of_solicitations(const struct answer_row *row)
{
	return strncmp(row->octets, "8078", 4) == 0 || strncmp(row->octets, "8079", 4) == 0;
}

static void say_all(const struct answer_row *rows, size_t count, bool dev_key)
{
	for (size_t i = 0; i < count; i++) {
		const bool by_dev_key = dev_key && !is_of_solicitations(&rows[i]);
		say(&rows[i],
		    by_dev_key ? &bench.network->provisioner->node->config_client->model : &bench.client.vendor,
		    by_dev_key ? BM_APP_IDX_DEV_REMOTE : NETWORK_APP_IDX, 3 * BM_US_PER_S);
	}
}

static void begin_small_bench(void)
{
	const struct bm_node_config config = small_config();
	begin_bench(&config);
	bench.network->provisioner->on_trace = on_access;
}

static void test_configuration_messages_are_answered_as_the_page_says(void **state)
{
	(void)state;
	begin_small_bench();
	say_all(answers_configuration, BM_ARRAY_LEN(answers_configuration), true);
	end_bench();
}

static void test_messages_of_the_foundation_models_are_answered_as_the_page_says(void **state)
{
	(void)state;
	begin_small_bench();
	say_all(answers_foundation, BM_ARRAY_LEN(answers_foundation), true);
	end_bench();
}

static void test_messages_of_models_are_answered_as_the_page_says(void **state)
{
	(void)state;
	begin_small_bench();
	bench.network->provisioner->on_trace = NULL;
	bench.client.wn->on_trace = on_access;
	say_all(answers_models, BM_ARRAY_LEN(answers_models), false);
	network_free(bench.network);
	assert_all_right();
}

/* Lengths: of each message that a server takes, too short by one octet and too long by one. */

static bool is_server(const struct bm_model *model)
{
	static const uint16_t servers[] = {0x0000, 0x0002, 0x000a, 0x000c, 0x000e, 0x0010, 0x0012,
					   0x0014, 0x1000, 0x1002, 0x1004, 0x1100, 0x1101};
	for (size_t i = 0; i < BM_ARRAY_LEN(servers); i++)
		if (!model->id.vendor && model->id.id == servers[i])
			return true;
	return false;
}

static void try_length(const struct bm_model *model, const struct bm_opcode *opcode, size_t len)
{
	uint8_t octets[3 + 32] = {0};
	char hex[2 * sizeof octets + 1];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_put_opcode(&w, opcode->opcode);
	const size_t total = bm_writer_len(&w) + len;
	assert_true(total <= sizeof octets);
	for (size_t i = 0; i < total; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	const struct answer_row row = {"a wrong length", hex, "!bad_length", NULL};
	say_all(&row, 1, model->own_dev_key_only);
}

static void each_length(void (*visit)(const struct bm_model *model, const struct bm_opcode *opcode))
{
	const struct bm_access *access = bench.server.onoff.model.access;
	for (uint16_t m = 0; m < access->model_count; m++)
		for (size_t i = 0; is_server(access->models[m]) && i < access->models[m]->opcode_count; i++)
			if (access->models[m] != &bench.server.second.model)
				visit(access->models[m], &access->models[m]->opcodes[i]);
}

static void try_lengths(const struct bm_model *model, const struct bm_opcode *opcode)
{
	if (opcode->min_len > 0)
		try_length(model, opcode, opcode->min_len - 1u);
	if (opcode->max_len < 32)
		try_length(model, opcode, opcode->max_len + 1u);
}

static void test_messages_of_other_lengths_are_met_with_silence(void **state)
{
	(void)state;
	begin_small_bench();
	bench.client.wn->on_trace = on_access;
	each_length(try_lengths);
	network_free(bench.network);
	assert_all_right();
}

/* Below the access layer. */

static bool on_air(struct bm_world_node *wn, uint8_t ad_type, const uint8_t *payload, size_t len)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t transport_len;
	(void)wn;
	if (ad_type == BM_AD_MESH_MESSAGE &&
	    bm_net_decrypt(&bench.keys.flooding, 0, payload, len, &header, clear, &transport_len) == BM_OK &&
	    header.src == SERVER)
		keep(clear + 2, transport_len);
	return true;
}

static void begin_lower_bench(void)
{
	struct bm_node_config config = full_node_config();
	config.features = BM_FEATURE_FRIEND;
	config.limits.friend_lpns = 2;
	config.limits.friend_queue = 16;
	config.limits.friend_subscriptions = 4;
	config.network_transmit = 0;
	begin_bench(&config);
	bench.client.wn->on_receive = on_air;
}

static void hear(const struct answer_row *row, uint8_t ad_type, const uint8_t *octets, size_t len)
{
	const struct bm_counters was = *bm_node_counters(bench.server.wn->node);
	bench.answers = 0;
	bm_node_receive(bench.server.wn->node, ad_type, octets, len, -60, network_now(bench.network));
	bm_world_run_for(bench.network->world, 2 * BM_US_PER_S);
	assert_row(row, &was, bm_node_counters(bench.server.wn->node));
}

static void test_network_and_transport_pdus_are_answered_as_the_page_says(void **state)
{
	(void)state;
	begin_lower_bench();
	for (size_t i = 0; i < BM_ARRAY_LEN(answers_lower); i++) {
		uint8_t octets[OCTETS_MAX], pdu[BM_NET_PDU_MAX];
		size_t pdu_len;
		struct bm_reader r = bm_reader_of(octets, octets_of(answers_lower[i].octets, &bench.keys, octets));
		struct bm_net_header header = {.seq = ++bench.seq};
		header.ctl = bm_read_u8(&r);
		header.ttl = bm_read_u8(&r);
		header.src = bm_read_be16(&r);
		header.dst = bm_read_be16(&r);
		assert_int_equal(
			bm_net_encrypt(&bench.keys.flooding, 0, &header, r.at, bm_reader_left(&r), pdu, &pdu_len),
			BM_OK);
		hear(&answers_lower[i], BM_AD_MESH_MESSAGE, pdu, pdu_len);
	}
	end_bench();
}

static void test_what_is_heard_is_answered_as_the_page_says(void **state)
{
	(void)state;
	begin_lower_bench();
	for (size_t i = 0; i < BM_ARRAY_LEN(answers_air); i++) {
		uint8_t octets[OCTETS_MAX];
		const size_t len = octets_of(answers_air[i].octets, &bench.keys, octets);
		hear(&answers_air[i], octets[0], octets + 1, len - 1);
	}
	end_bench();
}

/* Proxies. */

/* What the proxy sent last, opened: the Filter Status. */
static void keep_config(const struct target *t, int sent_before)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t len;
	bench.answers = 0;
	if (t->sent == sent_before)
		return;
	assert_int_equal(t->message[0], BM_PROXY_CONFIG);
	assert_int_equal(bm_net_decrypt_proxy(BM_NET_PROXY_CONFIG, &t->keys.flooding, 0, t->message + 1,
					      t->message_len - 1, &header, clear, &len),
			 BM_OK);
	keep(clear + 2, len);
}

static void test_proxy_configuration_is_answered_as_the_page_says(void **state)
{
	(void)state;
	struct target t;
	memset(&bench, 0, sizeof bench);
	make(&t);
	open_link(&t, 1);
	bm_world_run_for(t.network->world, BM_US_PER_S);
	for (size_t i = 0; i < BM_ARRAY_LEN(answers_proxy); i++) {
		uint8_t octets[OCTETS_MAX];
		const size_t len = octets_of(answers_proxy[i].octets, &t.keys, octets);
		const struct bm_counters was = *bm_node_counters(t.node);
		const int sent = t.sent;
		write_config(&t, 1, octets, len);
		keep_config(&t, sent);
		assert_row(&answers_proxy[i], &was, bm_node_counters(t.node));
		assert_int_equal(t.disconnected, 0);
	}
	network_free(t.network);
	assert_all_right();
}

/* Writes what stands between the bars; "~" lets half a minute pass. */
static void write_pieces(struct target *t, bm_gatt_conn conn, const char *text)
{
	char copy[2 * OCTETS_MAX];
	snprintf(copy, sizeof copy, "%s", text);
	for (char *piece = copy, *bar; piece; piece = bar ? bar + 1 : NULL) {
		uint8_t octets[OCTETS_MAX];
		bar = strchr(piece, '|');
		if (bar)
			*bar = '\0';
		if (piece[0] == '~')
			bm_world_run_for(t->network->world, 30 * BM_US_PER_S);
		else
			write_octets(t, conn, octets, octets_of(piece, &t->keys, octets));
	}
}

static void test_proxy_pdus_are_answered_as_the_page_says(void **state)
{
	(void)state;
	struct target t;
	memset(&bench, 0, sizeof bench);
	make(&t);
	for (size_t i = 0; i < BM_ARRAY_LEN(answers_proxy_pdus); i++) {
		const struct answer_row *row = &answers_proxy_pdus[i];
		const bm_gatt_conn conn = (bm_gatt_conn)(i + 1);
		open_link(&t, conn);
		const struct bm_counters was = *bm_node_counters(t.node);
		const int ended = t.disconnected;
		write_pieces(&t, conn, row->octets);
		const bool is_ended = strcmp(row->answer, "!disconnect") == 0;
		if ((t.disconnected != ended) != is_ended)
			fail_msg("%s: %s", row->octets, is_ended ? "the link stays" : "the link ended");
		bench.answers = 0;
		if (!is_ended)
			assert_row(row, &was, bm_node_counters(t.node));
		tell(&t, (struct bm_gatt_event){.kind = BM_GATT_DISCONNECTED, .conn = conn});
	}
	network_free(t.network);
	assert_all_right();
}

/* Provisioning. */

static void be_honest_until(char step)
{
	begin();
	if (step > '0')
		exchange_invite();
	if (step > '1')
		exchange_start(0, BM_PROV_NO_OOB, 0, 0);
	if (step > '2')
		exchange_keys();
	if (step > '3')
		exchange_confirmations();
	if (step > '4')
		exchange_randoms();
}

static void test_provisioning_pdus_are_answered_as_the_page_says(void **state)
{
	(void)state;
	const struct bm_net_keys none = {0};
	const struct bm_counters zero = {0};
	memset(&bench, 0, sizeof bench);
	for (size_t i = 0; i < BM_ARRAY_LEN(answers_provisioning); i++) {
		const struct answer_row *row = &answers_provisioning[i];
		uint8_t octets[OCTETS_MAX];
		be_honest_until(row->octets[0]);
		const int received = puppet.received;
		puppet_send(&puppet, octets, octets_of(row->octets + 1, &none, octets));
		bench.answers = 0;
		if (puppet.received != received)
			keep(puppet.pdu, puppet.len);
		assert_row(row, &zero, &zero);
		assert_int_equal(pair.provisioned, 0);
	}
	assert_all_right();
}

static int print_page(void)
{
	print_chapters();
	begin_small_bench();
	each_length(print_lengths);
	network_free(bench.network);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration_messages_are_answered_as_the_page_says),
		cmocka_unit_test(test_messages_of_the_foundation_models_are_answered_as_the_page_says),
		cmocka_unit_test(test_messages_of_models_are_answered_as_the_page_says),
		cmocka_unit_test(test_messages_of_other_lengths_are_met_with_silence),
		cmocka_unit_test(test_network_and_transport_pdus_are_answered_as_the_page_says),
		cmocka_unit_test(test_what_is_heard_is_answered_as_the_page_says),
		cmocka_unit_test(test_proxy_configuration_is_answered_as_the_page_says),
		cmocka_unit_test(test_proxy_pdus_are_answered_as_the_page_says),
		cmocka_unit_test(test_provisioning_pdus_are_answered_as_the_page_says),
	};
	if (argc > 1 && strcmp(argv[1], "--page") == 0)
		return print_page();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
