/*
 * The friend and the low power node among the node's floors: who is asked whether a PDU is kept, who hears the control
 * messages, and where the low power node learns what the models are subscribed to.
 */
#include "blemesh/friend.h"

#include "node/node_state.h"

static bool keeps(void *ctx, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl, bool local)
{
	const struct bm_node *node = ctx;
	return bm_friend_keeps(&node->friends, net_idx, src, dst, ttl, local);
}

static void heard(void *ctx, const struct bm_net_rx *rx)
{
	struct bm_node *node = ctx;
	bm_lpn_heard(&node->lpn, rx);
}

static bool control(void *ctx, const struct bm_transport_rx *rx, uint8_t opcode, const uint8_t *params, size_t len)
{
	struct bm_node *node = ctx;
	/* A Friend Clear Confirm may be meant for either. */
	const bool as_friend = BM_WITH_FRIEND && bm_friend_control(&node->friends, rx, opcode, params, len);
	return (BM_WITH_LOW_POWER && bm_lpn_control(&node->lpn, rx, opcode, params, len)) || as_friend;
}

static bool keeps_segments(void *ctx, uint16_t dst, uint8_t count)
{
	const struct bm_node *node = ctx;
	return bm_friend_keeps_segments(&node->friends, dst, count);
}

static void keep(void *ctx, const struct bm_transport_kept *pdu, uint8_t count)
{
	struct bm_node *node = ctx;
	bm_friend_keep(&node->friends, pdu, count);
}

static void sent(void *ctx, uint16_t dst)
{
	struct bm_node *node = ctx;
	bm_lpn_sent(&node->lpn, dst);
}

static size_t subscriptions(void *ctx, uint16_t *out, size_t capacity)
{
	const struct bm_node *node = ctx;
	const struct bm_access *access = &node->access;
	const size_t all = (size_t)access->model_count * access->limits.subscriptions;
	size_t count = 0;
	for (size_t i = 0; i < all && count < capacity; i++)
		if (access->subscriptions[i] != BM_ADDR_UNASSIGNED)
			out[count++] = access->subscriptions[i];
	return count;
}

static bool needed(void *ctx)
{
	const struct bm_node *node = ctx;
	return BM_WITH_FRIEND && bm_friend_has_lpns(&node->friends);
}

void bm_node_friend_net(struct bm_net_upper *upper)
{
	if (BM_WITH_FRIEND)
		upper->keeps = keeps;
	if (BM_WITH_LOW_POWER)
		upper->friendship = heard;
}

void bm_node_friend_transport(struct bm_transport_upper *upper)
{
	if (BM_WITH_FRIEND || BM_WITH_LOW_POWER)
		upper->control = control;
	if (BM_WITH_FRIEND) {
		upper->keep = keep;
		upper->keeps_segments = keeps_segments;
	}
	if (BM_WITH_LOW_POWER)
		upper->sent = sent;
}

uint16_t bm_node_friend_features(const struct bm_node_config *config)
{
	uint16_t features = config->features;
	if (config->limits.friend_lpns == 0)
		features &= (uint16_t)~BM_FEATURE_FRIEND;
	if (config->limits.low_power == 0)
		features &= (uint16_t)~BM_FEATURE_LOW_POWER;
	return features;
}

void bm_node_friend_carve(struct bm_node *node, const struct bm_limits *limits, struct bm_arena *arena)
{
	if (BM_WITH_FRIEND)
		bm_friend_carve(&node->friends, limits, arena);
	if (BM_WITH_LOW_POWER)
		bm_lpn_carve(&node->lpn, limits, arena);
}

void bm_node_friend_init(struct bm_node *node)
{
	const struct bm_node_config *config = &node->config;
	const struct bm_lpn_upper upper = {.ctx = node, .subscriptions = subscriptions, .needed = needed};
	if (BM_WITH_FRIEND)
		bm_friend_init(&node->friends, &node->env, &config->limits, &node->net, &node->transport,
			       &config->friends, config->features & BM_FEATURE_FRIEND);
	if (BM_WITH_LOW_POWER)
		bm_lpn_init(&node->lpn, &node->env, &config->limits, &node->net, &node->transport, &config->lpn, &upper,
			    config->features & BM_FEATURE_LOW_POWER);
}

void bm_node_friend_reset(struct bm_node *node)
{
	if (BM_WITH_FRIEND)
		bm_friend_reset(&node->friends);
	if (BM_WITH_LOW_POWER)
		bm_lpn_reset(&node->lpn);
}

uint16_t bm_node_friend(const struct bm_node *node)
{
	return BM_WITH_LOW_POWER ? bm_lpn_friend(&node->lpn) : BM_ADDR_UNASSIGNED;
}

enum bm_err bm_node_poll(struct bm_node *node, bm_time now)
{
	return bm_node_poll_within(node, 0, now);
}

enum bm_err bm_node_poll_within(struct bm_node *node, uint32_t delay_us, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	if (!BM_WITH_LOW_POWER || bm_lpn_friend(&node->lpn) == BM_ADDR_UNASSIGNED)
		return BM_ERR_STATE;
	bm_lpn_poll_within(&node->lpn, delay_us);
	return BM_OK;
}

enum bm_err bm_node_low_power(struct bm_node *node, bool on, bm_time now)
{
	if (!BM_WITH_LOW_POWER || !bm_lpn_is_supported(&node->lpn))
		return BM_ERR_NOT_SUPPORTED;
	bm_timers_advance(&node->env.timers, now);
	bm_lpn_set_wanted(&node->lpn, on);
	return BM_OK;
}
