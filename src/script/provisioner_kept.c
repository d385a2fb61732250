/*
 * A script's network from run to run: the node's records, and under keys of the host's the next free address and, for
 * each address given out, whose it is. Who holds the first of these was the provisioner of the node's network. What an
 * address is promised to is written down before it can get it.
 */
#include <stdio.h>
#include <string.h>

#include "script/keep.h"
#include "script/provisioner_state.h"

/* BM_STORE_HOST is the board's Bluetooth address. */
#define KIND_NEXT_ADDR (BM_STORE_HOST + 1u)
#define KIND_DEVICE (BM_STORE_HOST + 2u) /* index: its address */
#define DEVICE_LEN (BM_UUID_LEN + 2u)

/* The last octet of a device's record. */
enum kept_as { KEPT_NODE, KEPT_CONFIGURED, KEPT_UNSURE, KEPT_PROMISED, KEPT_USED, KEPT_LOST };

static bool put(const struct bm_script_provisioner *p, unsigned kind, uint16_t index, const uint8_t *octets, size_t len)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)kind, .index = index};
	if (!p->board->options.store || bm_keep_put(p->board, &key, octets, len) == BM_OK)
		return true;
	bm_keep_event(p->board, &(struct bm_event){.kind = BM_EVENT_STORE_FAILED});
	return false;
}

bool bm_provisioner_keep_next_addr(const struct bm_script_provisioner *p)
{
	const uint8_t octets[] = {(uint8_t)(p->next_addr >> 8), (uint8_t)p->next_addr};
	return put(p, KIND_NEXT_ADDR, 0, octets, sizeof octets);
}

static bool put_device(const struct bm_known_device *device, uint16_t addr, uint8_t elements, enum kept_as as)
{
	uint8_t octets[DEVICE_LEN];
	memcpy(octets, device->uuid, BM_UUID_LEN);
	octets[BM_UUID_LEN] = elements;
	octets[BM_UUID_LEN + 1] = (uint8_t)as;
	return put(device->provisioner, KIND_DEVICE, addr, octets, sizeof octets);
}

/* Beyond the next address each needs a record of its own; below it none is given again. */
static bool is_beyond(const struct bm_script_provisioner *p, uint16_t addr, uint8_t elements)
{
	return (uint32_t)addr + elements > p->next_addr;
}

bool bm_known_promise(const struct bm_known_device *device, uint16_t addr, uint8_t elements)
{
	if (is_beyond(device->provisioner, addr, elements))
		return put_device(device, addr, elements, KEPT_PROMISED);
	return bm_provisioner_keep_next_addr(device->provisioner);
}

void bm_known_keep(const struct bm_known_device *device)
{
	/* Refused: told by then. Its address is promised, so nobody else gets it. */
	(void)put_device(device, device->addr, device->elements, device->configured ? KEPT_CONFIGURED : KEPT_NODE);
}

void bm_known_keep_unsure(const struct bm_known_device *device)
{
	(void)put_device(device, device->unsure_addr, device->unsure_elements, KEPT_UNSURE);
}

static void set_fate(struct bm_script_provisioner *p, uint16_t addr, uint8_t elements, enum bm_addr_fate fate)
{
	for (uint32_t i = addr; i < (uint32_t)addr + elements && i < sizeof p->fates; i++)
		if (p->fates[i] < (uint8_t)fate)
			p->fates[i] = (uint8_t)fate;
}

enum bm_addr_fate bm_provisioner_fate(const struct bm_script_provisioner *p, uint16_t addr, uint8_t elements)
{
	uint8_t worst = BM_ADDR_FRESH;
	for (uint32_t i = addr; i < (uint32_t)addr + elements && i < sizeof p->fates; i++)
		if (p->fates[i] > worst)
			worst = p->fates[i];
	return (enum bm_addr_fate)worst;
}

void bm_known_let_go(const struct bm_known_device *device, uint16_t addr, uint8_t elements, enum bm_addr_fate fate)
{
	struct bm_script_provisioner *p = device->provisioner;
	set_fate(p, addr, elements, fate);
	if (fate == BM_ADDR_LOST || (fate == BM_ADDR_USED && is_beyond(p, addr, elements)))
		(void)put_device(device, addr, elements, fate == BM_ADDR_LOST ? KEPT_LOST : KEPT_USED);
	else
		(void)put(p, KIND_DEVICE, addr, NULL, 0);
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

static struct bm_known_device *recall_known(struct bm_script_provisioner *p, const uint8_t *uuid)
{
	struct bm_known_device *device = bm_known_find(p, uuid);
	return device ? device : bm_known_add(p, uuid);
}

static void recall_node(struct bm_known_device *device, uint16_t addr, uint8_t elements, bool configured)
{
	device->addr = addr;
	device->elements = elements;
	device->configured = configured;
	device->told = true;
	if (device->state != BM_KNOWN_UNSURE)
		bm_known_set_state(device, BM_KNOWN_NODE);
}

static void recall_unsure(struct bm_known_device *device, uint16_t addr, uint8_t elements)
{
	device->unsure_addr = addr;
	device->unsure_elements = elements;
	device->function = device->provisioner->function;
	snprintf(device->failure, sizeof device->failure, "the run before ended when it had been sent the keys");
	bm_known_set_state(device, BM_KNOWN_UNSURE);
}

/* An address that was ever given out is not given out again; a node is one that has its device key. Of whom there is a
 * record and no key, the run ended before it was known whether it is one. */
static void recall_device(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_script_provisioner *p = ctx;
	if (len != DEVICE_LEN || octets[BM_UUID_LEN] == 0)
		return;
	const uint8_t elements = octets[BM_UUID_LEN], as = octets[BM_UUID_LEN + 1];
	if (as > KEPT_UNSURE || !has_dev_key(p, key->index)) {
		set_fate(p, key->index, elements, as == KEPT_USED ? BM_ADDR_USED : BM_ADDR_LOST);
		return;
	}
	struct bm_known_device *device = recall_known(p, octets);
	if (!device)
		return;
	if (as == KEPT_UNSURE)
		recall_unsure(device, key->index, elements);
	else
		recall_node(device, key->index, elements, as == KEPT_CONFIGURED);
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
	for (size_t i = 0; i < p->device_count; i++)
		if (p->devices[i]->state == BM_KNOWN_UNSURE)
			bm_known_unsure(p->devices[i]);
}
