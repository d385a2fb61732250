/*
 * Advertising of the Mesh Proxy Service (MshPRT 7.2.2.2): a set for each subnet, which says the first of these that
 * holds.
 *
 *   Private Node Identity runs ▶ Node Identity runs ▶ GATT Proxy: Network ID ▶ Private GATT Proxy, or solicited:
 * Private Network Identity ▶ nothing
 *
 * The host interleaves the sets. Sets that did not change are left alone.
 */
#include <string.h>

#include "proxy/identity.h"
#include "proxy/proxy_state.h"

#define NETWORK_INTERVAL_US (1000u * BM_US_PER_MS)
#define NODE_INTERVAL_US (250u * BM_US_PER_MS)
/* MshPRT 7.2.2.2.4: what is private looks another way at the latest after ten minutes. */
#define RANDOM_UPDATE_US (600u * BM_US_PER_S)

/* The states of a place whose subnet is another one now are nobody's. */
static struct bm_proxy_subnet *state_of(struct bm_proxy *proxy, const struct bm_subnet *subnet)
{
	const ptrdiff_t at = subnet - bm_net_subnets(proxy->net)->table;
	if (at >= proxy->subnet_count)
		return NULL;
	struct bm_proxy_subnet *state = &proxy->subnets[at];
	if (state->net_idx != subnet->net_idx)
		state->identity_until = state->private_identity_until = state->solicited_until = 0;
	state->net_idx = subnet->net_idx;
	return state;
}

static bool choose(const struct bm_proxy *proxy, const struct bm_proxy_subnet *state, enum bm_proxy_id_type *type)
{
	const bm_time now = bm_env_now(proxy->env);
	if (BM_WITH_PRIVATE_BEACON && state->private_identity_until > now)
		*type = BM_PROXY_ID_PRIVATE_NODE;
	else if (state->identity_until > now)
		*type = BM_PROXY_ID_NODE;
	else if (proxy->enabled)
		*type = BM_PROXY_ID_NETWORK;
	else if (bm_proxy_is_private(proxy) || (BM_WITH_FOUNDATION_1_1 && state->solicited_until > now))
		*type = BM_PROXY_ID_PRIVATE_NETWORK;
	else
		return false;
	return true;
}

static void stop(struct bm_proxy *proxy, uint8_t set)
{
	const struct bm_bearer *bearer = &proxy->env->bearer;
	struct bm_proxy_subnet *state = &proxy->subnets[set];
	const struct bm_gatt_adv adv = {.set = set, .service = BM_GATT_PROXY};
	if (state->advertising && bearer->ops->gatt_advertise)
		(void)bearer->ops->gatt_advertise(bearer->self, &adv, bm_env_now(proxy->env));
	state->advertising = false;
	state->len = 0;
}

static void say(struct bm_proxy *proxy, uint8_t set, const struct bm_proxy_id *id, bool new_addr)
{
	const struct bm_bearer *bearer = &proxy->env->bearer;
	struct bm_proxy_subnet *state = &proxy->subnets[set];
	uint8_t data[BM_PROXY_ID_MAX];
	const size_t len = bm_proxy_id_encode(id, data);
	const bool node = id->type == BM_PROXY_ID_NODE ||
			  (BM_PROXY_HAS_PRIVATE && id->type == BM_PROXY_ID_PRIVATE_NODE);
	const bool as_private = BM_PROXY_HAS_PRIVATE &&
				(id->type == BM_PROXY_ID_PRIVATE_NETWORK || id->type == BM_PROXY_ID_PRIVATE_NODE);
	if (len == state->len && memcmp(data, state->data, len) == 0)
		return;
	const struct bm_gatt_adv adv = {.set = set,
					.service = BM_GATT_PROXY,
					.data = data,
					.len = (uint8_t)len,
					/* Who hides its network has no name. */
					.name = as_private ? NULL : proxy->name,
					.interval_us = node ? NODE_INTERVAL_US : NETWORK_INTERVAL_US,
					.addr = as_private ? BM_GATT_ADDR_PRIVATE : BM_GATT_ADDR_IDENTITY,
					.new_addr = new_addr};
	if (!bearer->ops->gatt_advertise ||
	    bearer->ops->gatt_advertise(bearer->self, &adv, bm_env_now(proxy->env)) != BM_OK) {
		bm_env_drop(proxy->env, BM_DROP_TX_FULL, data, len);
		return;
	}
	memcpy(state->data, data, len);
	state->len = (uint8_t)len;
	state->advertising = true;
}

static void advertise(struct bm_proxy *proxy, uint8_t set)
{
	const struct bm_subnet *subnet = &bm_net_subnets(proxy->net)->table[set];
	const bm_time now = bm_env_now(proxy->env);
	struct bm_proxy_id id = {0};
	struct bm_proxy_subnet *state = subnet->used ? state_of(proxy, subnet) : NULL;
	if (!state || bm_net_addr(proxy->net) == BM_ADDR_UNASSIGNED || bm_gatt_links_full(proxy->links) ||
	    !choose(proxy, state, &id.type)) {
		stop(proxy, set);
		return;
	}
	/* Another kind is another appearance. */
	const bool renew = now >= state->random_until || (state->len && state->data[0] != id.type);
	if (renew) {
		bm_env_random(proxy->env, state->random, sizeof state->random);
		state->random_until = bm_env_later(proxy->env, RANDOM_UPDATE_US);
	}
	if (id.type != BM_PROXY_ID_NETWORK)
		memcpy(id.random, state->random, sizeof id.random);
	bm_proxy_identify(bm_subnet_tx_keys(subnet), bm_net_addr(proxy->net), &id);
	say(proxy, set, &id, renew);
}

static bm_time earlier(bm_time at, bm_time next, bm_time now)
{
	return at > now && at < next ? at : next;
}

void bm_proxy_advertise(struct bm_proxy *proxy)
{
	const bm_time now = bm_env_now(proxy->env);
	bm_time next = BM_TIME_NEVER;
	for (uint8_t i = 0; proxy->supported && i < proxy->subnet_count; i++) {
		const struct bm_proxy_subnet *state = &proxy->subnets[i];
		advertise(proxy, i);
		next = earlier(state->identity_until, next, now);
		if (BM_WITH_PRIVATE_BEACON)
			next = earlier(state->private_identity_until, next, now);
		if (BM_WITH_FOUNDATION_1_1)
			next = earlier(state->solicited_until, next, now);
		if (state->advertising && state->data[0] != BM_PROXY_ID_NETWORK)
			next = earlier(state->random_until, next, now);
	}
	bm_timer_set(&proxy->env->timers, &proxy->timer, next);
}

enum bm_proxy_state bm_proxy_node_identity(const struct bm_proxy *proxy, uint16_t net_idx, bool as_private)
{
	if (!proxy->supported)
		return BM_PROXY_NOT_SUPPORTED;
	const bm_time now = bm_env_now(proxy->env);
	const struct bm_subnets *subnets = bm_net_subnets(proxy->net);
	for (size_t i = 0; i < proxy->subnet_count; i++) {
		const struct bm_proxy_subnet *state = &proxy->subnets[i];
		if (!subnets->table[i].used || subnets->table[i].net_idx != net_idx || state->net_idx != net_idx)
			continue;
		const bm_time until = BM_WITH_PRIVATE_BEACON && as_private ? state->private_identity_until
									   : state->identity_until;
		return until > now ? BM_PROXY_ENABLED : BM_PROXY_DISABLED;
	}
	return BM_PROXY_DISABLED;
}

enum bm_err bm_proxy_set_node_identity(struct bm_proxy *proxy, uint16_t net_idx, bool as_private, bool on)
{
	if (!proxy->supported)
		return BM_ERR_NOT_SUPPORTED;
	struct bm_subnet *subnet = bm_net_subnet(proxy->net, net_idx);
	struct bm_proxy_subnet *state = subnet ? state_of(proxy, subnet) : NULL;
	if (!state)
		return BM_ERR_NO_KEY;
	as_private &= BM_WITH_PRIVATE_BEACON;
	/* MshPRT 4.2.12.1, 4.2.47.1: an identity runs only where its kind of proxy is enabled. */
	if (on && !(as_private ? proxy->private_enabled : proxy->enabled))
		return BM_ERR_STATE;
	const bm_time until = on ? bm_env_later(proxy->env, BM_PROXY_IDENTITY_US) : 0;
	if (as_private)
		state->private_identity_until = until;
	else
		state->identity_until = until;
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
	return BM_OK;
}

uint8_t bm_proxy_on_demand(const struct bm_proxy *proxy)
{
	return proxy->on_demand_s;
}

enum bm_err bm_proxy_set_on_demand(struct bm_proxy *proxy, uint8_t seconds)
{
	if (!proxy->supported || proxy->solicitation_count == 0)
		return BM_ERR_NOT_SUPPORTED;
	proxy->on_demand_s = seconds;
	for (size_t i = 0; seconds == 0 && i < proxy->subnet_count; i++)
		proxy->subnets[i].solicited_until = 0;
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
	return BM_OK;
}
