/*
 * What may be asked of a node: limits in their ranges, and of roles and features what this library is built with.
 */
#include "blemesh/features.h"
#include "node/node_state.h"

static bool in_range(const struct bm_limits *limits)
{
	const uint16_t repeat = limits->repeat_cache;
	return limits->elements >= 1 && limits->elements <= 32 && limits->models >= 2 && limits->bindings >= 1 &&
	       limits->subnets >= 1 && limits->rpl >= 1 && limits->msg_cache >= 1 && repeat >= 1 &&
	       (repeat & (repeat - 1)) == 0 && limits->sar_tx >= 1 && limits->sar_rx >= 1 && limits->replies >= 1 &&
	       (limits->segments == 0 || (limits->segments >= 2 && limits->segments <= BM_SEGMENTS_MAX)) &&
	       (limits->friend_lpns == 0 || limits->friend_queue >= 2) && limits->low_power <= 1;
}

/* What they ask for is part of this build. */
static bool limits_built(const struct bm_limits *limits)
{
	return (BM_WITH_PROVISIONER || limits->prov_links == 0) &&
	       (BM_WITH_CONFIG_CLIENT || limits->config_requests == 0) &&
	       (BM_WITH_PROVISIONER || BM_WITH_CONFIG_CLIENT || BM_WITH_PROXY_CLIENT || limits->remote_dev_keys == 0) &&
	       (BM_WITH_GATT || limits->gatt_links == 0) && (BM_WITH_FRIEND || limits->friend_lpns == 0) &&
	       (BM_WITH_LOW_POWER || limits->low_power == 0) && (BM_WITH_FOUNDATION_1_1 || limits->solicitations == 0);
}

bool bm_node_limits_valid(const struct bm_limits *limits)
{
	return in_range(limits) && limits_built(limits);
}

bool bm_node_is_built(const struct bm_node_config *config, const struct bm_node_ops *ops)
{
	return limits_built(&config->limits) && (BM_WITH_STORE || !ops->store) && (BM_WITH_TRACE || !ops->trace) &&
	       (BM_WITH_PRIVATE_BEACON || !(config->foundation & BM_FOUNDATION_PRIVATE_BEACON)) &&
	       (BM_WITH_FOUNDATION_1_1 || !(config->foundation & ~BM_FOUNDATION_PRIVATE_BEACON)) &&
	       (BM_WITH_CONFIG_CLIENT || !config->foundation_clients) &&
	       (BM_WITH_PROV_HMAC || !(config->caps.algorithms & BM_PROV_ALGS_HMAC)) &&
	       (BM_WITH_PROXY_SERVER || !(config->features & BM_FEATURE_PROXY)) &&
	       (BM_WITH_FRIEND || !(config->features & BM_FEATURE_FRIEND)) &&
	       (BM_WITH_LOW_POWER || !(config->features & BM_FEATURE_LOW_POWER));
}
