/*
 * A node as a board has it, to see how large it gets: relay, PB-ADV, the Configuration and Health Servers and a lamp.
 * It is linked, never run; what the board brings (radio, clock, storage, AES) is in board.c and not counted.
 */
#include "blemesh/node.h"
#include "blemesh/onoff.h"
#include "board.h"

static _Alignas(8) uint8_t memory[16384];
static struct bm_onoff_server lamp;

static void on_change(void *ctx, bool on, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)ctx, (void)opcode, (void)rx, (void)now;
	board_light(on);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	if (event->kind == BM_EVENT_OUTPUT_OOB)
		board_blink((uint32_t)event->oob.number);
}

static const struct bm_bearer_ops bearer_ops = {.advertise = board_advertise};

static struct bm_node *start(void)
{
	const struct bm_node_config config = {
		.limits = BM_LIMITS_DEFAULT,
		.features = BM_FEATURE_RELAY,
		.beacon = true,
		.default_ttl = 7,
		.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC},
	};
	const struct bm_node_ops ops = {.random = board_random, .event = on_event, .store = board_store};
	const struct bm_bearer bearer = {.ops = &bearer_ops};
	struct bm_node *node;
	bm_onoff_server_init(&lamp, false, on_change, NULL);
	if (bm_node_init(memory, sizeof memory, &config, &ops, &bearer, &node) ||
	    bm_node_add_model(node, 0, &lamp.model) || bm_node_start(node, board_now()) ||
	    bm_node_prov_enable(node, BM_PROV_BEARER_ADV, board_now()))
		return NULL;
	return node;
}

int main(void)
{
	struct bm_node *node = start();
	while (node) {
		uint8_t payload[BM_ADV_PAYLOAD_MAX], ad_type;
		size_t len;
		int8_t rssi;
		if (board_wait(bm_node_deadline(node), &ad_type, payload, &len, &rssi))
			bm_node_receive(node, ad_type, payload, len, rssi, board_now());
		bm_node_run(node, board_now());
	}
	return 1;
}
