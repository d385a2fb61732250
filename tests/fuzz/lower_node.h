/*
 * A network and a transport layer with fixed keys for the fuzz targets below the access layer: what they send goes
 * nowhere, randomness is a counter, and nothing that is not meant for them may reach the top.
 */
#ifndef BM_FUZZ_LOWER_NODE_H
#define BM_FUZZ_LOWER_NODE_H

#include <stdlib.h>
#include <string.h>

#include "net/net_state.h"
#include "transport/transport_state.h"

#define LOWER_NODE_ADDR 0x0010
#define LOWER_NODE_IV 0x12345678u

static const uint8_t lower_node_net_key[16] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					       0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};
static const uint8_t lower_node_app_key[16] = {0x63, 0x96, 0x47, 0x71, 0x73, 0x4f, 0xbd, 0x76,
					       0xe3, 0xb4, 0x05, 0x19, 0xd1, 0xd9, 0x4a, 0x48};

struct lower_node {
	struct bm_env env;
	struct bm_net net;
	struct bm_transport transport;
	uint8_t random;
	void *mem;
};

static inline void lower_node_random(void *ctx, uint8_t *out, size_t len)
{
	struct lower_node *node = ctx;
	while (len--)
		*out++ = node->random++;
}

static inline void lower_node_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	(void)event;
}

static inline enum bm_err lower_node_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self;
	(void)now;
	if (adv->len < 1 || adv->len > BM_ADV_PAYLOAD_MAX || adv->transmissions < 1 || adv->transmissions > 8)
		abort();
	return BM_OK;
}

static inline bool lower_node_accepts(void *ctx, uint16_t dst)
{
	const struct lower_node *node = ctx;
	return bm_net_is_own(&node->net, dst) || dst == 0xc000 || bm_addr_is_virtual(dst);
}

static inline void lower_node_receive(void *ctx, const struct bm_net_rx *rx)
{
	bm_transport_receive(&((struct lower_node *)ctx)->transport, rx);
}

static inline void lower_node_access(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	(void)payload;
	if (len < 1 || len > BM_ACCESS_MAX || !lower_node_accepts(ctx, rx->dst) || !bm_addr_is_unicast(rx->src))
		abort();
}

static inline bool lower_node_control(void *ctx, const struct bm_transport_rx *rx, uint8_t opcode,
				      const uint8_t *params, size_t len)
{
	(void)params;
	if (opcode == 0 || opcode > 0x7f || len > BM_UPPER_CONTROL_MAX || !lower_node_accepts(ctx, rx->dst))
		abort();
	return opcode < 0x0b;
}

static const struct bm_bearer_ops lower_node_bearer = {.advertise = lower_node_advertise};

static inline struct lower_node *lower_node_new(void)
{
	struct lower_node *node = calloc(1, sizeof *node);
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.rpl = 16;
	limits.remote_dev_keys = 2;
	struct bm_arena measure = {0};
	bm_net_carve(&node->net, &limits, &measure);
	bm_transport_carve(&node->transport, &limits, &measure);
	node->mem = malloc(measure.used);
	struct bm_arena arena = {.mem = node->mem, .size = measure.used};
	bm_net_carve(&node->net, &limits, &arena);
	bm_transport_carve(&node->transport, &limits, &arena);
	node->env.ops = (struct bm_node_ops){.ctx = node, .random = lower_node_random, .event = lower_node_event};
	node->env.bearer = (struct bm_bearer){.ops = &lower_node_bearer, .self = node};
	const struct bm_net_upper net_upper = {
		.ctx = node, .accepts = lower_node_accepts, .receive = lower_node_receive};
	const struct bm_transport_upper upper = {
		.ctx = node, .access = lower_node_access, .control = lower_node_control};
	const struct bm_net_states states = {.beacon = true, .relay_supported = true, .relay = true};
	bm_net_init(&node->net, &node->env, &limits, &net_upper, &states);
	bm_transport_init(&node->transport, &node->env, &limits, &node->net, &upper);
	bm_net_start(&node->net, LOWER_NODE_ADDR, 2, LOWER_NODE_IV, false);
	uint8_t slot;
	const uint8_t label[16] = {1};
	if (bm_subnet_add(&node->net.subnets, 0, lower_node_net_key, false, NULL) ||
	    bm_app_key_add(&node->transport.app_keys, 0, 0, lower_node_app_key) ||
	    bm_dev_key_add(&node->transport.dev_keys, 0x0001, 1, lower_node_app_key) ||
	    bm_label_take(&node->transport.labels, label, &slot))
		abort();
	bm_dev_keys_set_own(&node->transport.dev_keys, lower_node_net_key);
	bm_net_beacon_update(&node->net);
	return node;
}

static inline void lower_node_free(struct lower_node *node)
{
	bm_transport_reset(&node->transport);
	bm_net_reset(&node->net);
	if (node->env.timers.first)
		abort();
	free(node->mem);
	free(node);
}

static inline void lower_node_wait(struct lower_node *node, uint64_t us)
{
	bm_timers_advance(&node->env.timers, node->env.timers.now + us);
	bm_timers_run(&node->env.timers);
}

#endif
