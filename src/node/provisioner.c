/*
 * What a provisioner's sessions ask of the node: its network's keys and state, room for another node's device key, and
 * that it be kept.
 */
#include <string.h>

#include "node/node_state.h"

static enum bm_err network(void *ctx, uint16_t net_idx, struct bm_prov_data *data)
{
	struct bm_node *node = ctx;
	const struct bm_subnet *subnet = bm_net_subnet(&node->net, net_idx);
	if (!subnet)
		return BM_ERR_NO_KEY;
	/* The key that the network speaks with (MshPRT 3.11.4): in Phase 1 the old one still, or the new node would
	 * neither hear nor be heard. */
	const struct bm_net_keys *keys = bm_subnet_tx_keys(subnet);
	const struct bm_iv *iv = bm_net_iv(&node->net);
	memcpy(data->net_key, keys->net_key, sizeof data->net_key);
	data->net_idx = net_idx;
	data->key_refresh = subnet->phase == 2;
	data->iv_update = iv->update;
	data->iv_index = iv->index;
	return BM_OK;
}

static enum bm_err has_room(void *ctx, uint16_t addr, uint8_t elements, uint16_t others)
{
	struct bm_node *node = ctx;
	const uint16_t own = bm_net_addr(&node->net);
	if (addr < own + bm_net_elements(&node->net) && own < addr + elements)
		return BM_ERR_EXISTS;
	return bm_dev_key_has_room(bm_transport_dev_keys(&node->transport), addr, elements, others);
}

static enum bm_err provisioned(void *ctx, uint16_t addr, uint8_t elements, const uint8_t dev_key[16])
{
	struct bm_node *node = ctx;
	return bm_node_add_dev_key(node, addr, elements, dev_key);
}

void bm_node_provisioner_init(struct bm_node *node)
{
	const struct bm_provisioner_upper upper = {.ctx = node,
						   .network = network,
						   .has_room = has_room,
						   .provisioned = provisioned,
						   .gatt = bm_node_link_gatt(node)};
	bm_provisioner_init(&node->provisioner, &node->env, &node->config.limits, &upper);
}
