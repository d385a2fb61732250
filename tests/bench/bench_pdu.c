/*
 * What a 29-octet Network PDU costs: decoding, encoding, receiving up to a model's handler, relaying, and dropping,
 * each against the AES block calls of the port that the specification makes unavoidable. All cases take turns within
 * one run, so that a slow moment of the machine hits them alike; of each the best of several medians counts.
 *
 *   bench_pdu [--json]
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blemesh/node.h"
#include "blemesh/onoff.h"
#include "net/security.h"
#include "pdu/lower_transport.h"

#define ROUNDS 12
#define MEDIAN_OF 9
#define BATCH 4096

#define IV 0x12345678u
#define SENDER 0x1201u
#define NODE 0x0010u
#define ELSEWHERE 0x0777u
#define VENDOR_OPCODE BM_OPCODE_VENDOR(0x15, 0x000a)

static const uint8_t net_key[16] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
				    0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};
static const uint8_t app_key[16] = {0x63, 0x96, 0x47, 0x71, 0x73, 0x4f, 0xbd, 0x76,
				    0xe3, 0xb4, 0x05, 0x19, 0xd1, 0xd9, 0x4a, 0x48};
static const uint8_t dev_key[16] = {0x9d};

struct pdu {
	uint8_t octets[BM_NET_PDU_MAX];
	size_t len;
};

static struct bench {
	struct bm_node *node;
	struct bm_model vendor;
	struct bm_onoff_server onoff;
	struct bm_net_keys keys;
	struct bm_aes app_aes;
	uint8_t aid;
	uint32_t seq;
	uint32_t random;
	bm_time now;
	unsigned long handled;
	unsigned long advertised;
	struct pdu pdus[BATCH];
	uint8_t block[16];
} bench;

static void die(const char *what)
{
	fprintf(stderr, "bench_pdu: %s\n", what);
	exit(1);
}

static void random_fill(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	while (len--) {
		bench.random = bench.random * 1664525u + 1013904223u;
		*out++ = (uint8_t)(bench.random >> 24);
	}
}

static void on_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	(void)event;
}

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self;
	(void)adv;
	(void)now;
	bench.advertised++;
	return BM_OK;
}

static void on_vendor(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)model;
	(void)rx;
	bench.handled += bm_reader_left(params) == 8;
}

static void on_onoff(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)ctx;
	(void)present;
	(void)opcode;
	(void)rx;
	(void)now;
	bench.handled++;
}

static const struct bm_bearer_ops bearer_ops = {.advertise = advertise};
static const struct bm_opcode vendor_opcodes[] = {
	{.opcode = VENDOR_OPCODE, .min_len = 0, .max_len = 377, .handle = on_vendor}};

static void set_up(void)
{
	const struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT,
					      .features = BM_FEATURE_RELAY,
					      .default_ttl = 5,
					      .relay_retransmit = 0,
					      .caps = {.algorithms = BM_PROV_ALGS_CMAC}};
	const struct bm_node_ops ops = {.random = random_fill, .event = on_event};
	const struct bm_bearer bearer = {.ops = &bearer_ops};
	const size_t size = bm_node_size(&config.limits);
	void *mem = aligned_alloc(64, (size + 63) / 64 * 64);
	if (!mem || bm_node_init(mem, size, &config, &ops, &bearer, &bench.node))
		die("no node");
	bench.vendor = (struct bm_model){
		.id = {.vendor = true, .company = 0x000a, .id = 1}, .opcodes = vendor_opcodes, .opcode_count = 1};
	bm_onoff_server_init(&bench.onoff, false, on_onoff, NULL);
	struct bm_prov_data data = {.iv_index = IV, .addr = NODE};
	memcpy(data.net_key, net_key, sizeof net_key);
	if (bm_node_add_model(bench.node, 0, &bench.vendor) || bm_node_add_model(bench.node, 0, &bench.onoff.model) ||
	    bm_node_start(bench.node, 0) || bm_node_provision_self(bench.node, &data, dev_key, 0) ||
	    bm_node_add_app_key(bench.node, 0, 0, app_key) || bm_node_bind(bench.node, &bench.vendor, 0) ||
	    bm_node_bind(bench.node, &bench.onoff.model, 0))
		die("no provisioned node");
	bm_net_keys_derive(&bench.keys, net_key);
	bm_port_aes_set_key(&bench.app_aes, app_key);
	bench.aid = bm_k4(app_key);
}

/* A fresh PDU of the sender, whatever its destination. */
static void make(struct pdu *pdu, uint16_t dst, const uint8_t *payload, size_t len)
{
	uint8_t nonce[13], upper[BM_UNSEGMENTED_ACCESS_MAX], octets[BM_LOWER_PDU_MAX];
	size_t lower_len;
	const uint32_t seq = ++bench.seq;
	bm_nonce_application(nonce, false, seq, SENDER, dst, IV);
	bm_ccm_encrypt(&bench.app_aes, nonce, NULL, 0, payload, len, upper, 4);
	const struct bm_lower_pdu lower = {.akf = true, .aid = bench.aid, .payload = upper, .len = len + 4};
	const struct bm_net_header header = {.ttl = 5, .seq = seq, .src = SENDER, .dst = dst};
	if (bm_lower_encode(&lower, octets, sizeof octets, &lower_len) ||
	    bm_net_encrypt(&bench.keys.flooding, IV, &header, octets, lower_len, pdu->octets, &pdu->len))
		die("no PDU");
}

static void make_batch(uint16_t dst)
{
	const uint8_t payload[11] = {0xd5, 0x0a, 0x00, 1, 2, 3, 4, 5, 6, 7, 8};
	for (size_t i = 0; i < BATCH; i++)
		make(&bench.pdus[i], dst, payload, sizeof payload);
}

static void prepare_nothing(void)
{
}

static void prepare_ours(void)
{
	make_batch(NODE);
}

static void prepare_foreign(void)
{
	make_batch(ELSEWHERE);
}

static void prepare_onoff(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		const uint8_t payload[4] = {0x82, 0x03, (uint8_t)(i & 1), (uint8_t)i};
		make(&bench.pdus[i], NODE, payload, sizeof payload);
	}
}

static void prepare_wrong_mic(void)
{
	make_batch(NODE);
	for (size_t i = 0; i < BATCH; i++)
		bench.pdus[i].octets[bench.pdus[i].len - 1] ^= 1;
}

static void prepare_unknown_nid(void)
{
	make_batch(NODE);
	for (size_t i = 0; i < BATCH; i++)
		bench.pdus[i].octets[0] ^= 0x7f;
}

static void prepare_duplicate(void)
{
	make_batch(NODE);
	bm_node_receive(bench.node, BM_AD_MESH_MESSAGE, bench.pdus[0].octets, bench.pdus[0].len, -50, bench.now);
	for (size_t i = 1; i < BATCH; i++)
		bench.pdus[i] = bench.pdus[0];
}

/* Each block goes into the next, as in the chain of a CBC-MAC. */
static void run_aes(size_t calls)
{
	for (size_t i = 0; i < BATCH; i++)
		for (size_t k = 0; k < calls; k++)
			bm_port_aes_block(&bench.keys.flooding.encryption, bench.block, bench.block);
}

static void run_aes7(void)
{
	run_aes(7);
}

static void run_aes11(void)
{
	run_aes(11);
}

static void run_decode(void)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct bm_net_header header;
		uint8_t clear[BM_NET_CLEAR_MAX];
		size_t len;
		if (bm_net_decrypt(&bench.keys.flooding, IV, bench.pdus[i].octets, bench.pdus[i].len, &header, clear,
				   &len))
			die("does not decode");
	}
}

static void run_encode(void)
{
	const uint8_t transport_pdu[BM_NET_TRANSPORT_MAX] = {0x66, 1, 2, 3};
	struct bm_net_header header = {.ttl = 5, .seq = bench.seq, .src = SENDER, .dst = NODE};
	for (size_t i = 0; i < BATCH; i++) {
		header.seq ^= (uint32_t)i;
		if (bm_net_encrypt(&bench.keys.flooding, IV, &header, transport_pdu, sizeof transport_pdu,
				   bench.pdus[i].octets, &bench.pdus[i].len))
			die("does not encode");
	}
}

static void run_receive(void)
{
	for (size_t i = 0; i < BATCH; i++)
		bm_node_receive(bench.node, BM_AD_MESH_MESSAGE, bench.pdus[i].octets, bench.pdus[i].len, -50,
				bench.now);
}

/* What a case must have done to count as measured. */
enum effect { EFFECT_NONE, EFFECT_HANDLED, EFFECT_RELAYED, EFFECT_NET_MIC, EFFECT_UNKNOWN_NID, EFFECT_REPEAT };

enum { AES7, AES11, DECODE, ENCODE, RECEIVE, RECEIVE_ONOFF, RELAY, WRONG_MIC, UNKNOWN_NID, DUPLICATE, CASES };

static const struct bench_case {
	const char *name;
	const char *text;
	void (*prepare)(void);
	void (*run)(void);
	enum effect effect;
	int against; /* the case it is measured against, or -1 */
	double mark; /* ratio, or nanoseconds where there is nothing to compare with; 0: none */
} cases[CASES] = {
	[AES7] = {"aes7", "7 AES block calls", prepare_nothing, run_aes7, EFFECT_NONE, -1, 0},
	[AES11] = {"aes11", "11 AES block calls", prepare_nothing, run_aes11, EFFECT_NONE, -1, 0},
	[DECODE] = {"decode", "network decode", prepare_ours, run_decode, EFFECT_NONE, AES7, 1.5},
	[ENCODE] = {"encode", "network encode", prepare_nothing, run_encode, EFFECT_NONE, AES7, 1.5},
	[RECEIVE] = {"receive", "receive to a model's handler", prepare_ours, run_receive, EFFECT_HANDLED, AES11, 1.5},
	[RECEIVE_ONOFF] = {"receive_onoff", "OnOff Set Unacknowledged, state changed", prepare_onoff, run_receive,
			   EFFECT_HANDLED, -1, 0},
	[RELAY] = {"relay", "relay (decode and encode)", prepare_foreign, run_receive, EFFECT_RELAYED, -1, 0},
	[WRONG_MIC] = {"wrong_mic", "wrong MIC, NID of ours", prepare_wrong_mic, run_receive, EFFECT_NET_MIC, AES7, 0},
	[UNKNOWN_NID] = {"unknown_nid", "unknown NID", prepare_unknown_nid, run_receive, EFFECT_UNKNOWN_NID, -1, 20},
	[DUPLICATE] = {"duplicate", "duplicate", prepare_duplicate, run_receive, EFFECT_REPEAT, -1, 20},
};

static unsigned long effect_count(enum effect effect)
{
	const struct bm_counters *counters = bm_node_counters(bench.node);
	switch (effect) {
	case EFFECT_NONE:
		return 0;
	case EFFECT_HANDLED:
		return bench.handled;
	case EFFECT_RELAYED:
		return counters->net_relayed;
	case EFFECT_NET_MIC:
		return counters->drop[BM_DROP_NET_MIC];
	case EFFECT_UNKNOWN_NID:
		return counters->drop[BM_DROP_UNKNOWN_NID];
	case EFFECT_REPEAT:
		return counters->drop[BM_DROP_REPEAT];
	}
	return 0;
}

static double now_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Nanoseconds for one PDU: the median of some batches. */
static double measure(const struct bench_case *c)
{
	double times[MEDIAN_OF];
	for (int i = 0; i < MEDIAN_OF; i++) {
		c->prepare();
		bench.now += 1000;
		const unsigned long before = effect_count(c->effect);
		const double start = now_ns();
		c->run();
		times[i] = (now_ns() - start) / BATCH;
		if (c->effect != EFFECT_NONE && effect_count(c->effect) - before != BATCH)
			die(c->name);
	}
	qsort(times, MEDIAN_OF, sizeof times[0], ascending);
	return times[MEDIAN_OF / 2];
}

static void print_text(const double *ns)
{
	printf("%-40s %10s %8s %10s\n", "a 29-octet Network PDU", "ns", "ratio", "mark");
	for (int i = 0; i < CASES; i++) {
		const struct bench_case *c = &cases[i];
		printf("%-40s %10.1f", c->text, ns[i]);
		if (c->against >= 0)
			printf(" %8.2f", ns[i] / ns[c->against]);
		else
			printf(" %8s", "");
		if (c->mark > 0 && c->against >= 0)
			printf("   <= %.1f x", c->mark);
		else if (c->mark > 0)
			printf("   <= %.0f ns", c->mark);
		printf("\n");
	}
}

static void print_json(const double *ns)
{
	printf("{\"octets\": %u", BM_NET_PDU_MAX);
	for (int i = 0; i < CASES; i++) {
		printf(", \"%s\": {\"ns\": %.2f", cases[i].name, ns[i]);
		if (cases[i].against >= 0)
			printf(", \"ratio\": %.3f", ns[i] / ns[cases[i].against]);
		if (cases[i].mark > 0)
			printf(", \"%s\": %.1f", cases[i].against >= 0 ? "mark_ratio" : "mark_ns", cases[i].mark);
		printf("}");
	}
	printf("}\n");
}

int main(int argc, char **argv)
{
	const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc > 2 || (argc == 2 && !json)) {
		fprintf(stderr, "usage: bench_pdu [--json]\n");
		return 2;
	}
	double best[CASES];
	set_up();
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < CASES; i++) {
			const double ns = measure(&cases[i]);
			if (round == 0 || ns < best[i])
				best[i] = ns;
		}
	(json ? print_json : print_text)(best);
	return 0;
}
