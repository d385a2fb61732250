/*
 * Two boards and a provisioner that say every message of the access layer to each other, and a capture of it: for a
 * dissector to read with another's eyes. Each message is also a line of JSON on the standard output, as its sender
 * meant it. Answers are the models' own. Fails if a message of the table was never said.
 *
 * usage: interop_every_message CAPTURE KEYS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blemesh/config.h"
#include "blemesh/config_opcodes.h"
#include "cli/keys.h"
#include "cli/pcapng.h"
#include "pdu/messages.h"
#include "pdu/messages_tables.h"
#include "support/full_node.h"

#define CLIENT 0x0010
#define SERVER 0x0020
#define LABEL "0073e7e4d8b9440faf8415df4c56c0e1"
#define KEY "63964771734fbd76e3b40519d1d94a48"
#define OTHER_KEY "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define MESSAGES_MAX 256

struct run {
	struct network *network;
	struct full_node client, server;
	struct bm_pcapng capture;
	struct bm_keys *keys;
	void (*hear)(struct bm_world_node *wn, const struct bm_trace *trace); /* the boards' own */
	const struct bm_message *said[MESSAGES_MAX];
	size_t said_count;
};

static struct run run;

static void must(enum bm_err err)
{
	if (!err)
		return;
	fprintf(stderr, "%s\n", bm_err_text(err));
	exit(1);
}

static void print_field(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	bool *any = ctx;
	printf("%s\"%s\":%s%s%s", *any ? "," : "", field->name, is_number ? "" : "\"", text, is_number ? "" : "\"");
	*any = true;
}

static void print_message(const struct bm_trace *trace)
{
	struct bm_reader r = bm_reader_of(trace->octets, trace->len);
	uint32_t opcode;
	bool any = false;
	must(bm_opcode_read(&r, &opcode));
	const struct bm_message *message = bm_message_find(opcode);
	if (!message) /* the vendor model's */
		return;
	printf("{\"src\":%u,\"dst\":%u,\"number\":%u,\"name\":\"%s\",\"fields\":{", trace->src, trace->dst,
	       (unsigned)opcode, message->name);
	must(bm_message_visit(message, r.at, bm_reader_left(&r), print_field, &any));
	printf("}}\n");
	for (size_t i = 0; i < run.said_count; i++)
		if (run.said[i] == message)
			return;
	run.said[run.said_count++] = message;
}

static void on_trace(struct bm_world_node *wn, const struct bm_trace *trace)
{
	if (trace->kind == BM_TRACE_ACCESS_TX)
		print_message(trace);
	if (run.hear && wn != run.network->provisioner)
		run.hear(wn, trace);
}

static void on_frame(void *ctx, const struct bm_frame *frame, bm_time now)
{
	bm_pcapng_frame(ctx, frame, now);
}

static void take_key(void *ctx, const struct bm_key_view *key)
{
	bm_keys_add(ctx, key, 0);
}

/* Keys come and go: what the nodes hold now is in the capture. */
static void take_keys(void)
{
	bm_node_each_key(run.network->provisioner->node, take_key, run.keys);
	bm_node_each_key(run.server.wn->node, take_key, run.keys);
}

static void wait_ms(uint32_t ms)
{
	bm_world_run_for(run.network->world, ms * (uint64_t)BM_US_PER_MS);
}

static bm_time now(void)
{
	return network_now(run.network);
}

static void say(const char *hex)
{
	const struct bm_tx tx = tx_to(SERVER);
	full_node_say(&run.client, &tx, hex);
	wait_ms(700);
}

static void ask_all(const char *const *requests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		say(requests[i]);
}

struct request {
	uint32_t opcode;
	const char *params;
};

static void ask_configuration(const struct request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		full_node_configure(&run.server, requests[i].opcode, requests[i].params, NULL);
		take_keys();
		wait_ms(200);
	}
}

static void say_generic_messages(void)
{
	static const char *const requests[] = {"8201",       "82020101410a", "82030002", "820200034100", "8205",
					       "8206e80304", "820e05",       "820d",     "820f41",       "820d"};
	const struct bm_level_how slowly = {.ack = true, .transition = 0x45, .delay_steps = 4};
	const struct bm_level_how at_once = {.transition = 0xff};
	struct bm_level_client *level = &run.client.level_client;
	const struct bm_tx tx = tx_to(SERVER);
	ask_all(requests, BM_ARRAY_LEN(requests));
	must(bm_level_client_set(level, &tx, -1234, &slowly, now()));
	wait_ms(500);
	must(bm_level_client_get(level, &tx, now()));
	wait_ms(500);
	must(bm_level_client_set(level, &tx, 4321, &at_once, now()));
	wait_ms(500);
	must(bm_level_client_delta(level, &tx, -70000, &slowly, now()));
	wait_ms(500);
	must(bm_level_client_delta(level, &tx, 100, &at_once, now()));
	wait_ms(500);
	must(bm_level_client_move(level, &tx, -300, &slowly, now()));
	wait_ms(500);
	must(bm_level_client_move(level, &tx, 0, &at_once, now()));
	wait_ms(500);
}

static void say_sensor_messages(void)
{
	static const char *const requests[] = {
		"82314f00", "8231",           "82319900",       "82304f00",     "8230",
		"82309900", "82320100ec",     "82330100",       "82339900",     "823301000005",
		"82344f00", "82349900",       "82354f00",       "82364f002e00", "82364f009900",
		"82359900", "594f002e001122", "5a4f002e003344", "82364f002e00",
	};
	struct bm_sensor_cadence cadence = {.fast_cadence_period_divisor = 2,
					    .raw_len = 1,
					    .delta_down = {2},
					    .delta_up = {3},
					    .min_interval = 5,
					    .fast_low = {0x14},
					    .fast_high = {0x3c}};
	const struct bm_tx tx = tx_to(SERVER);
	ask_all(requests, BM_ARRAY_LEN(requests));
	must(bm_sensor_client_cadence_set(&run.client.sensor_client, &tx, 0x004f, &cadence, true, now()));
	wait_ms(500);
	cadence.trigger_percent = true;
	must(bm_sensor_client_cadence_set(&run.client.sensor_client, &tx, 0x004f, &cadence, false, now()));
	wait_ms(500);
	say("82344f00");
}

static void say_health_messages(void)
{
	static const char *const requests[] = {"8031c402",   "8034",     "803503", "803602", "8030c402",
					       "803300c402", "802fc402", "8004",   "800602"};
	struct bm_health_client *health = &run.client.health_client;
	const struct bm_tx tx = tx_to(SERVER);
	ask_all(requests, BM_ARRAY_LEN(requests));
	must(bm_health_client_attention_set(health, &tx, 30, true, now()));
	wait_ms(500);
	must(bm_health_client_fault_test(health, &tx, FULL_COMPANY, FULL_TEST, true, now()));
	wait_ms(1500); /* and the Current Status is published */
}

static void configure_keys_and_states(void)
{
	static const struct request requests[] = {
		{BM_OP_CONFIG_COMPOSITION_DATA_GET, "00"},
		{BM_OP_CONFIG_NET_KEY_ADD, "5604" OTHER_KEY},
		{BM_OP_CONFIG_NET_KEY_GET, ""},
		{BM_OP_CONFIG_APP_KEY_ADD, "563412" KEY},
		{BM_OP_CONFIG_APP_KEY_ADD, "563422" KEY},
		{BM_OP_CONFIG_APP_KEY_GET, "5604"},
		{BM_OP_CONFIG_NET_KEY_UPDATE, "5604" KEY},
		{BM_OP_CONFIG_APP_KEY_UPDATE, "563412" OTHER_KEY},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_GET, "5604"},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "560402"},
		{BM_OP_CONFIG_KEY_REFRESH_PHASE_SET, "560403"},
		{BM_OP_CONFIG_BEACON_GET, ""},
		{BM_OP_CONFIG_BEACON_SET, "01"},
		{BM_OP_CONFIG_DEFAULT_TTL_GET, ""},
		{BM_OP_CONFIG_DEFAULT_TTL_SET, "09"},
		{BM_OP_CONFIG_FRIEND_GET, ""},
		{BM_OP_CONFIG_FRIEND_SET, "01"},
		{BM_OP_CONFIG_GATT_PROXY_GET, ""},
		{BM_OP_CONFIG_GATT_PROXY_SET, "01"},
		{BM_OP_CONFIG_RELAY_GET, ""},
		{BM_OP_CONFIG_RELAY_SET, "0115"},
		{BM_OP_CONFIG_NETWORK_TRANSMIT_GET, ""},
		{BM_OP_CONFIG_NETWORK_TRANSMIT_SET, "13"},
		{BM_OP_CONFIG_NODE_IDENTITY_GET, "5604"},
		{BM_OP_CONFIG_NODE_IDENTITY_SET, "000001"},
		{BM_OP_CONFIG_LOW_POWER_NODE_POLL_TIMEOUT_GET, "1000"},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_GET, ""},
		{BM_OP_CONFIG_HEARTBEAT_PUBLICATION_SET, "1000"
							 "00"
							 "05"
							 "07"
							 "0300"
							 "0000"},
		{BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_GET, ""},
		{BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_SET, "1000"
							  "2000"
							  "05"},
	};
	ask_configuration(requests, BM_ARRAY_LEN(requests));
}

static void configure_models(void)
{
	static const struct request requests[] = {
		{BM_OP_CONFIG_MODEL_APP_BIND, "2000"
					      "2301"
					      "0210"},
		{BM_OP_CONFIG_MODEL_APP_BIND, "2000"
					      "2302"
					      "0210"},
		{BM_OP_CONFIG_MODEL_APP_BIND, "2000"
					      "2301"
					      "c4024200"},
		{BM_OP_CONFIG_SIG_MODEL_APP_GET, "2000"
						 "0210"},
		{BM_OP_CONFIG_VENDOR_MODEL_APP_GET, "2000"
						    "c4024200"},
		{BM_OP_CONFIG_MODEL_APP_UNBIND, "2000"
						"2301"
						"0210"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, "2000"
						     "1000"
						     "0000"
						     "05"
						     "4a"
						     "0b"
						     "0210"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, "2000"
						     "1000"
						     "0000"
						     "05"
						     "00"
						     "00"
						     "c4024200"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_GET, "2000"
						     "0210"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_GET, "2000"
						     "c4024200"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, "2000" LABEL "0000"
								     "06"
								     "85"
								     "0b"
								     "0010"},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, "2000"
						     "1000"
						     "0000"
						     "05"
						     "00"
						     "00"
						     "0200"}, /* Health */
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, "2000"
						      "23c1"
						      "0210"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, "2000"
						      "24c1"
						      "c4024200"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_OVERWRITE, "2000"
							    "25c1"
							    "0210"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, "2000" LABEL "0210"},
		{BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_GET, "2000"
							  "0210"},
		{BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_GET, "2000"
							     "c4024200"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, "2000" LABEL "0210"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, "2000" LABEL "0210"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE, "2000"
							 "25c1"
							 "0210"},
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE_ALL, "2000"
							     "0210"},
	};
	ask_configuration(requests, BM_ARRAY_LEN(requests));
}

static void leave(void)
{
	static const struct request requests[] = {
		{BM_OP_CONFIG_APP_KEY_DELETE, "563412"},
		{BM_OP_CONFIG_NET_KEY_DELETE, "5604"},
		{BM_OP_CONFIG_NODE_RESET, ""},
	};
	ask_configuration(requests, BM_ARRAY_LEN(requests));
}

static bool was_said(const struct bm_message *message)
{
	for (size_t i = 0; i < run.said_count; i++)
		if (run.said[i] == message)
			return true;
	return false;
}

static bool all_was_said(void)
{
	const struct bm_message_table *tables[] = {&bm_messages_foundation, &bm_messages_models};
	bool all = true;
	for (size_t t = 0; t < BM_ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (!was_said(&tables[t]->messages[i])) {
				fprintf(stderr, "never said: %s\n", tables[t]->messages[i].name);
				all = false;
			}
	return all;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	run.network = network_new(1);
	full_node_join(&run.client, run.network, CLIENT);
	full_node_join(&run.server, run.network, SERVER);
	run.hear = run.client.wn->on_trace;
	run.client.wn->on_trace = run.server.wn->on_trace = run.network->provisioner->on_trace = on_trace;
	run.keys = bm_keys_open(argv[2]);
	if (!run.keys || !bm_pcapng_open(&run.capture, argv[1], 0))
		return 1;
	bm_medium_set_sniffer(bm_world_medium(run.network->world), on_frame, &run.capture);
	take_keys();
	configure_keys_and_states();
	configure_models();
	say_generic_messages();
	say_sensor_messages();
	say_health_messages();
	leave();
	const bool good = all_was_said();
	network_free(run.network);
	return bm_pcapng_close(&run.capture) && bm_keys_close(run.keys) && good ? 0 : 1;
}
