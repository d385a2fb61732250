/*
 * The proxy client as the application sees it, and what the proxy asks of the node.
 */
#include "blemesh/proxy.h"

#include "node/node_state.h"

static const uint16_t FIXED[] = {BM_ADDR_ALL_NODES, BM_ADDR_ALL_RELAYS, BM_ADDR_ALL_FRIENDS, BM_ADDR_ALL_PROXIES};

static uint16_t known_addr(void *ctx, size_t at)
{
	struct bm_node *node = ctx;
	const struct bm_dev_keys *keys = bm_transport_dev_keys(&node->transport);
	for (size_t i = 0; i < keys->capacity; i++)
		if (keys->remote[i].addr != BM_ADDR_UNASSIGNED && at-- == 0)
			return keys->remote[i].addr;
	return BM_ADDR_UNASSIGNED;
}

static bool stands_before(const struct bm_access *access, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (access->subscriptions[k] == access->subscriptions[i])
			return true;
	return false;
}

/* Our elements, the fixed groups that we take, what our models subscribe to: each once. */
static uint16_t wanted_addr(void *ctx, size_t at)
{
	const struct bm_node *node = ctx;
	const struct bm_access *access = &node->access;
	const size_t elements = bm_net_elements(&node->net);
	if (at < elements)
		return (uint16_t)(bm_net_addr(&node->net) + at);
	at -= elements;
	for (size_t i = 0; i < BM_ARRAY_LEN(FIXED); i++)
		if (bm_access_takes_fixed_group(access, FIXED[i]) && at-- == 0)
			return FIXED[i];
	const size_t all = (size_t)access->model_count * access->limits.subscriptions;
	for (size_t i = 0; i < all; i++) {
		const uint16_t addr = access->subscriptions[i];
		if (addr != BM_ADDR_UNASSIGNED && !bm_access_takes_fixed_group(access, addr) &&
		    !stands_before(access, i) && at-- == 0)
			return addr;
	}
	return BM_ADDR_UNASSIGNED;
}

void bm_node_proxy_init(struct bm_node *node)
{
	const struct bm_proxy_upper upper = {.ctx = node,
					     .known_addr = BM_WITH_PROXY_CLIENT ? known_addr : NULL,
					     .wanted_addr = BM_WITH_PROXY_CLIENT ? wanted_addr : NULL};
	bm_proxy_init(&node->proxy, &node->env, &node->config.limits, &node->net, &node->gatt,
		      node->config.features & BM_FEATURE_PROXY, &upper);
	node->proxy.name = node->config.name;
}

enum bm_err bm_node_proxy_client_start(struct bm_node *node, uint16_t net_idx, uint16_t addr, bm_time now)
{
	if (!BM_WITH_PROXY_CLIENT)
		return BM_ERR_NOT_SUPPORTED;
	bm_timers_advance(&node->env.timers, now);
	return bm_proxy_client_start(&node->proxy, net_idx, addr);
}

void bm_node_proxy_client_stop(struct bm_node *node, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	bm_proxy_client_stop(&node->proxy);
}

enum bm_err bm_node_proxy_filter_type(struct bm_node *node, bool reject, bm_time now)
{
	const struct bm_proxy_config config = {.opcode = BM_PROXY_SET_FILTER_TYPE,
					       .filter_type = reject ? BM_PROXY_REJECT_LIST : BM_PROXY_ACCEPT_LIST};
	bm_timers_advance(&node->env.timers, now);
	return bm_proxy_client_config(&node->proxy, &config);
}

static enum bm_err change_filter(struct bm_node *node, enum bm_proxy_config_opcode opcode, const uint16_t *addrs,
				 size_t count, bm_time now)
{
	struct bm_proxy_config config = {.opcode = opcode};
	if (count < 1 || count > BM_PROXY_ADDRS_MAX)
		return BM_ERR_INVALID;
	while (config.addr_count < count) {
		config.addrs[config.addr_count] = addrs[config.addr_count];
		config.addr_count++;
	}
	bm_timers_advance(&node->env.timers, now);
	return bm_proxy_client_config(&node->proxy, &config);
}

enum bm_err bm_node_proxy_filter_add(struct bm_node *node, const uint16_t *addrs, size_t count, bm_time now)
{
	return change_filter(node, BM_PROXY_ADD_ADDRESSES, addrs, count, now);
}

enum bm_err bm_node_proxy_filter_remove(struct bm_node *node, const uint16_t *addrs, size_t count, bm_time now)
{
	return change_filter(node, BM_PROXY_REMOVE_ADDRESSES, addrs, count, now);
}

enum bm_err bm_node_proxy_solicit(struct bm_node *node, uint16_t net_idx, bm_time now)
{
	if (!bm_node_is_provisioned(node))
		return BM_ERR_NOT_PROVISIONED;
	bm_timers_advance(&node->env.timers, now);
	return bm_proxy_solicit(&node->proxy, net_idx);
}

void bm_node_set_adv_bearer(struct bm_node *node, bool on, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	node->env.adv_off = !on;
}

enum bm_err bm_node_identify(struct bm_node *node, uint16_t net_idx, bm_time now)
{
	bm_timers_advance(&node->env.timers, now);
	return bm_proxy_set_node_identity(&node->proxy, net_idx, false, true);
}
