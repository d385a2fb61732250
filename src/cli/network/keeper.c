/*
 * One place for what a keeper's node is like.
 */
#include "cli/network/keeper.h"

#include <string.h>

#include "base/env.h"

struct bm_node_config bm_keeper_config(void)
{
	struct bm_node_config config = {
		.limits = BM_LIMITS_DEFAULT,
		.company = 0xffff, /* the value for what belongs to no company */
		.product = 1,
		.version = 1,
		.beacon = true,
		.default_ttl = 7,
		.network_transmit = 2 | 1 << 3, /* three times, 20 ms apart */
		.relay_retransmit = 2 | 1 << 3,
	};
	config.limits.rpl = 4096;
	config.limits.msg_cache = 1024;
	config.limits.repeat_cache = 256;
	config.limits.sar_tx = 16;
	config.limits.sar_rx = 16;
	config.limits.remote_dev_keys = BM_KEEPER_NODES_MAX;
	config.limits.prov_links = 1;
	config.limits.config_requests = 16;
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 16;
	return config;
}

void bm_keeper_station_addr(struct bm_runtime *rt, uint8_t addr[6])
{
	bm_runtime_random(rt, addr, 6);
	addr[0] |= 0xc0; /* its two highest bits are set (Bluetooth Core Vol 6 Part B 1.3.2.1) */
}

enum bm_err bm_keeper_make_network(struct bm_node *node, struct bm_runtime *rt, bm_time now)
{
	struct bm_prov_data data = {.net_idx = BM_NET_IDX_PRIMARY, .addr = BM_KEEPER_ADDR};
	uint8_t dev_key[BM_KEY_LEN];
	bm_runtime_random(rt, data.net_key, sizeof data.net_key);
	bm_runtime_random(rt, dev_key, sizeof dev_key);
	const enum bm_err err = bm_node_provision_self(node, &data, dev_key, now);
	bm_wipe(&data, sizeof data);
	bm_wipe(dev_key, sizeof dev_key);
	return err;
}

struct search {
	enum bm_key_kind kind;
	uint16_t index;
	uint8_t *key;
	bool found;
};

/* The first value is the one in use. */
static void look_at_key(void *ctx, const struct bm_key_view *view)
{
	struct search *search = ctx;
	if (search->found || view->kind != search->kind || view->index != search->index)
		return;
	search->found = true;
	memcpy(search->key, view->key, BM_KEY_LEN);
}

bool bm_keeper_find_key(const struct bm_node *node, enum bm_key_kind kind, uint16_t index, uint8_t key[BM_KEY_LEN])
{
	struct search search = {.kind = kind, .index = index, .key = key};
	bm_node_each_key(node, look_at_key, &search);
	return search.found;
}
