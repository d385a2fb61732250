/*
 * What the models ask of the node, for tests without it. Included by one file of an executable.
 */
#ifndef BM_TESTS_FLOORS_NODE_H
#define BM_TESTS_FLOORS_NODE_H

#include "models/foundation/config_client.h"

/* The test's client is its node. */
struct bm_config_client *bm_node_config_client(struct bm_node *node, bm_time now)
{
	struct bm_config_client *client = (struct bm_config_client *)(void *)node;
	if (client)
		bm_timers_advance(&client->access->env->timers, now);
	return client;
}

#endif
