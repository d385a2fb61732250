/*
 * What the application may ask of the node's security upkeep: the IV Update.
 */
#include "blemesh/node.h"
#include "node/node_state.h"

bool bm_node_iv_in_update(const struct bm_node *node)
{
	return node->net.iv.update;
}

enum bm_err bm_node_iv_update(struct bm_node *node, bool update, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	return bm_net_iv_update(&node->net, update);
}

void bm_node_iv_test_mode(struct bm_node *node, bool on)
{
	bm_net_iv_test_mode(&node->net, on);
}
