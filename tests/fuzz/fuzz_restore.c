/*
 * Whatever a store hands back, a node starts, and does not use a sequence number twice. Input: records of kind, index
 * (two octets), length, octets. Half of them are set upon records a node made itself, so that the fuzzer gets past the
 * lengths and versions.
 */
#include <stdlib.h>

#include "blemesh/onoff.h"
#include "node/node_state.h"
#include "sim/world.h"

#define RECORDS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct kept {
	struct bm_store_key key;
	uint8_t octets[256];
	size_t len;
};

static struct kept kept[64];
static size_t kept_count;

static enum bm_err keep(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)wn;
	if (kept_count < BM_ARRAY_LEN(kept) && len > 0 && len <= sizeof kept->octets) {
		kept[kept_count].key = *key;
		kept[kept_count].len = len;
		memcpy(kept[kept_count++].octets, octets, len);
	}
	return BM_OK;
}

static void make_node(struct bm_world_node *wn, struct bm_onoff_server *server)
{
	bm_onoff_server_init(server, false, NULL, NULL);
	server->model.persist = true;
	if (bm_node_add_model(wn->node, 0, &server->model))
		abort();
}

static void provision(struct bm_world_node *wn, struct bm_onoff_server *server)
{
	const struct bm_prov_data data = {.addr = 0x0042, .iv_index = 7, .net_key = {1}};
	const uint8_t key[BM_KEY_LEN] = {2};
	const uint8_t label[BM_UUID_LEN] = {3};
	struct bm_access *access = &wn->node->access;
	if (bm_node_start(wn->node, 0) || bm_node_provision_self(wn->node, &data, key, 0) ||
	    bm_node_add_app_key(wn->node, 0, 0, key) || bm_node_bind(wn->node, &server->model, 0) ||
	    bm_access_subscribe(access, &server->model, bm_virtual_addr(label), label))
		abort();
}

/* One of the node's own records, an octet of it changed or its end cut off; or octets of the fuzzer's. */
static void restore_one(struct bm_node *node, struct bm_reader *r)
{
	const uint8_t choice = bm_read_u8(r);
	struct bm_store_key key = {.kind = (enum bm_store_kind)(bm_read_u8(r) % 12), .index = bm_read_be16(r)};
	size_t len = bm_read_u8(r);
	uint8_t octets[256];
	if (choice & 0x80) {
		const struct kept *own = &kept[choice % kept_count];
		memcpy(octets, own->octets, own->len);
		octets[len % own->len] ^= (uint8_t)key.index;
		(void)bm_node_restore(node, &own->key, octets, own->len - (len >= 0x80 ? len % own->len : 0));
		return;
	}
	len = len > bm_reader_left(r) ? bm_reader_left(r) : len;
	bm_read_copy(r, octets, len);
	(void)bm_node_restore(node, &key, octets, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct bm_node_config config = bm_world_config();
	config.limits.rpl = 4;
	config.limits.remote_dev_keys = 2;
	struct bm_world *world = bm_world_new(1);
	struct bm_world_node *wn = bm_world_add(world, &config);
	struct bm_onoff_server server;
	kept_count = 0;
	wn->on_store = keep;
	make_node(wn, &server);
	provision(wn, &server);
	wn->on_store = NULL;
	bm_world_power_cycle(wn);
	make_node(wn, &server);
	for (int i = 0; i < RECORDS_MAX && bm_reader_left(&r) > 0; i++)
		restore_one(wn->node, &r);
	if (bm_node_start(wn->node, 0))
		abort();
	uint32_t first, second;
	if (bm_node_is_provisioned(wn->node) && bm_net_seq_take(&wn->node->net, &first) == BM_OK &&
	    bm_net_seq_take(&wn->node->net, &second) == BM_OK && second <= first)
		abort();
	(void)bm_node_store_all(wn->node);
	bm_world_run_for(world, BM_US_PER_S);
	bm_world_free(world);
	return 0;
}
