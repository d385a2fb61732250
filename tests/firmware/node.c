/*
 * A node as a board has it, to see how large it gets: relay, GATT proxy, PB-ADV, PB-GATT, friend, low power node, the
 * Configuration and Health Servers; with a store and a lamp, or without. It is linked, never run; what the board brings
 * (radio, clock, storage, AES) is in board.c and not counted.
 */
#include "blemesh/node.h"
#include "blemesh/node_size.h"
#include "blemesh/onoff.h"
#include "board.h"

/* 0: a node with its foundation models alone. */
#ifndef WITH_LAMP
#define WITH_LAMP 1
#endif
#include "limits.h"

#define MEMORY_SIZE BM_NODE_SIZE(NODE_LIMITS)

static _Alignas(max_align_t) uint8_t memory[MEMORY_SIZE];
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

static const struct bm_bearer_ops bearer_ops = {.advertise = board_advertise,
						.gatt_advertise = BM_WITH_GATT ? board_gatt_advertise : NULL,
						.gatt_send = BM_WITH_GATT ? board_gatt_send : NULL,
						.gatt_disconnect = BM_WITH_GATT ? board_gatt_disconnect : NULL,
						.listen = BM_WITH_LOW_POWER ? board_listen : NULL};

static bool restore(struct bm_node *node)
{
	struct bm_store_key key;
	const uint8_t *octets;
	size_t len;
	while (BM_WITH_STORE && board_stored(&key, &octets, &len))
		if (bm_node_restore(node, &key, octets, len))
			return false;
	return true;
}

static bool add_lamp(struct bm_node *node)
{
	bm_onoff_server_init(&lamp, false, on_change, NULL);
	return bm_node_add_model(node, 0, &lamp.model) == BM_OK;
}

static struct bm_node *start(void)
{
	static const struct bm_node_config config = {
		.limits = BM_LIMITS_OF(NODE_LIMITS),
		.features = BM_FEATURE_RELAY | (BM_WITH_PROXY_SERVER ? BM_FEATURE_PROXY : 0) |
			    (BM_WITH_FRIEND ? BM_FEATURE_FRIEND : 0) | (BM_WITH_LOW_POWER ? BM_FEATURE_LOW_POWER : 0),
		.beacon = true,
		.default_ttl = 7,
		.caps = {.algorithms = BM_PROV_ALGS_CMAC | (BM_WITH_PROV_HMAC ? BM_PROV_ALGS_HMAC : 0)},
	};
	static const struct bm_node_ops ops = {
		.random = board_random, .event = on_event, .store = BM_WITH_STORE ? board_store : NULL};
	static const struct bm_bearer bearer = {.ops = &bearer_ops};
	struct bm_node *node;
	if (bm_node_init(memory, sizeof memory, &config, &ops, &bearer, &node) || (WITH_LAMP && !add_lamp(node)) ||
	    !restore(node) || bm_node_start(node, board_now()))
		return NULL;
	if (!bm_node_is_provisioned(node) &&
	    bm_node_prov_enable(node, BM_PROV_BEARER_ADV | (BM_WITH_GATT ? BM_PROV_BEARER_GATT : 0), board_now()))
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
		struct bm_gatt_event event;
		if (board_wait(bm_node_deadline(node), &ad_type, payload, &len, &rssi))
			bm_node_receive(node, ad_type, payload, len, rssi, board_now());
		if (BM_WITH_GATT && board_gatt(&event))
			bm_node_gatt_event(node, &event, board_now());
		bm_node_run(node, board_now());
	}
	return 1;
}
