/*
 * The keys that the application puts into a node by hand, and those it may see.
 */
#include "blemesh/node.h"
#include "node/node_state.h"

enum bm_err bm_node_add_app_key(struct bm_node *node, uint16_t net_idx, uint16_t app_idx, const uint8_t *key)
{
	if (!bm_net_subnet(&node->net, net_idx))
		return BM_ERR_NO_KEY;
	const enum bm_err err = bm_app_key_add(bm_transport_app_keys(&node->transport), net_idx, app_idx, key);
	if (!err)
		bm_env_save(&node->env, BM_STORE_APP_KEY, app_idx);
	return err;
}

enum bm_err bm_node_bind(struct bm_node *node, struct bm_model *model, uint16_t app_idx)
{
	if (!bm_transport_app_key(&node->transport, app_idx))
		return BM_ERR_NO_KEY;
	return bm_access_bind(&node->access, model, app_idx);
}

enum bm_err bm_node_add_dev_key(struct bm_node *node, uint16_t addr, uint8_t elements, const uint8_t *key)
{
	const enum bm_err err = bm_dev_key_add(bm_transport_dev_keys(&node->transport), addr, elements, key);
	if (!err)
		bm_env_save(&node->env, BM_STORE_DEVICE, addr);
	return err;
}

enum bm_err bm_node_remove_dev_key(struct bm_node *node, uint16_t addr)
{
	const enum bm_err err = bm_dev_key_remove(bm_transport_dev_keys(&node->transport), addr);
	if (!err)
		bm_env_save(&node->env, BM_STORE_DEVICE, addr);
	return err;
}

void bm_node_each_key(const struct bm_node *node, void (*each)(void *ctx, const struct bm_key_view *key), void *ctx)
{
	/* The floors' accessors take what they may change; nothing is changed here. */
	struct bm_node *mutable_node = (struct bm_node *)(uintptr_t)node;
	const struct bm_subnets *subnets = bm_net_subnets(&mutable_node->net);
	for (size_t i = 0; i < subnets->capacity; i++)
		for (size_t k = 0; k < BM_ARRAY_LEN(subnets->table[i].keys); k++)
			if (subnets->table[i].used && subnets->table[i].keys[k].valid)
				each(ctx, &(struct bm_key_view){.kind = BM_KEY_NET,
								.index = subnets->table[i].net_idx,
								.net_idx = subnets->table[i].net_idx,
								.key = subnets->table[i].keys[k].net_key});
	const struct bm_app_keys *app_keys = bm_transport_app_keys(&mutable_node->transport);
	for (size_t i = 0; i < app_keys->capacity; i++)
		for (size_t k = 0; k < BM_ARRAY_LEN(app_keys->table[i].values); k++)
			if (app_keys->table[i].used && app_keys->table[i].values[k].valid)
				each(ctx, &(struct bm_key_view){.kind = BM_KEY_APP,
								.index = app_keys->table[i].app_idx,
								.net_idx = app_keys->table[i].net_idx,
								.key = app_keys->table[i].values[k].key});
	const struct bm_dev_keys *dev_keys = bm_transport_dev_keys(&mutable_node->transport);
	if (dev_keys->own_valid)
		each(ctx, &(struct bm_key_view){.kind = BM_KEY_DEV, .index = bm_node_addr(node), .key = dev_keys->own});
	for (size_t i = 0; i < dev_keys->capacity; i++)
		if (dev_keys->remote[i].addr != BM_ADDR_UNASSIGNED)
			each(ctx, &(struct bm_key_view){.kind = BM_KEY_DEV,
							.index = dev_keys->remote[i].addr,
							.key = dev_keys->remote[i].key});
}
