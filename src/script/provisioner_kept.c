/*
 * A script's network from run to run: the node's records, and under keys of the host's the next free address and, for
 * each address given out, whose it is. Who holds the first of these was the provisioner of the node's network.
 */
#include <string.h>

#include "script/keep.h"
#include "script/provisioner_state.h"

/* BM_STORE_HOST is the board's Bluetooth address. */
#define KIND_NEXT_ADDR (BM_STORE_HOST + 1u)
#define KIND_DEVICE (BM_STORE_HOST + 2u) /* index: its address */
#define DEVICE_LEN (BM_UUID_LEN + 2u)

static void put(const struct bm_script_provisioner *p, unsigned kind, uint16_t index, const uint8_t *octets, size_t len)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)kind, .index = index};
	if (p->board->options.store)
		(void)bm_keep_put(p->board, &key, octets, len);
}

void bm_provisioner_keep_next_addr(const struct bm_script_provisioner *p)
{
	const uint8_t octets[] = {(uint8_t)(p->next_addr >> 8), (uint8_t)p->next_addr};
	put(p, KIND_NEXT_ADDR, 0, octets, sizeof octets);
}

void bm_known_keep(const struct bm_known_device *device)
{
	uint8_t octets[DEVICE_LEN];
	memcpy(octets, device->uuid, BM_UUID_LEN);
	octets[BM_UUID_LEN] = device->elements;
	octets[BM_UUID_LEN + 1] = device->configured;
	put(device->provisioner, KIND_DEVICE, device->addr, octets, sizeof octets);
}

void bm_known_unkeep(const struct bm_known_device *device)
{
	put(device->provisioner, KIND_DEVICE, device->addr, NULL, 0);
}

bool bm_provisioner_was_kept(const struct bm_script_provisioner *p)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)KIND_NEXT_ADDR};
	uint8_t octets[2];
	size_t len;
	return p->board->options.store &&
	       bm_sqlite_store_get(p->board->options.store, &key, octets, sizeof octets, &len) == BM_OK;
}

struct search {
	enum bm_key_kind kind;
	uint16_t index;
	bool found;
};

static void look_at_key(void *ctx, const struct bm_key_view *view)
{
	struct search *search = ctx;
	search->found |= view->kind == search->kind && view->index == search->index;
}

static bool has_dev_key(const struct bm_script_provisioner *p, uint16_t addr)
{
	struct search search = {.kind = BM_KEY_DEV, .index = addr};
	bm_node_each_key(p->node, look_at_key, &search);
	return search.found;
}

/* An address that was ever given out is not given out again; a node is one that has its device key. */
static void recall_device(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_script_provisioner *p = ctx;
	if (len != DEVICE_LEN || octets[BM_UUID_LEN] == 0)
		return;
	const uint8_t elements = octets[BM_UUID_LEN];
	if ((uint32_t)key->index + elements > p->next_addr)
		p->next_addr = (uint32_t)key->index + elements;
	struct bm_known_device *device = has_dev_key(p, key->index) ? bm_known_add(p, octets) : NULL;
	if (!device)
		return;
	device->addr = key->index;
	device->elements = elements;
	device->configured = octets[BM_UUID_LEN + 1];
	device->told = true;
	bm_known_set_state(device, BM_KNOWN_NODE);
}

static void recall_app_key(void *ctx, const struct bm_key_view *view)
{
	struct bm_script_provisioner *p = ctx;
	if (view->kind != BM_KEY_APP || p->app_key_count == BM_PROVISIONER_APP_KEYS)
		return;
	struct bm_provisioner_app_key *slot = &p->app_keys[p->app_key_count++];
	slot->app_idx = view->index;
	slot->kept = true;
	memcpy(slot->key, view->key, sizeof slot->key);
}

void bm_provisioner_recall(struct bm_script_provisioner *p)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)KIND_NEXT_ADDR};
	struct bm_sqlite_store *store = p->board->options.store;
	uint8_t octets[2];
	size_t len;
	if (bm_sqlite_store_get(store, &key, octets, sizeof octets, &len) == BM_OK && len == sizeof octets &&
	    ((uint32_t)octets[0] << 8 | octets[1]) > p->next_addr)
		p->next_addr = (uint32_t)octets[0] << 8 | octets[1];
	bm_node_each_key(p->node, recall_app_key, p);
	(void)bm_sqlite_store_each(store, KIND_DEVICE, recall_device, p);
}
