/*
 * A script's provisioner: how it comes into being, its keys, and what its parts share.
 */
#include "script/provisioner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "script/mesh_node.h"
#include "script/provisioner_state.h"

#define DEFAULT_ADDR 0x0001
#define LAST_UNICAST 0x7fff
#define PRIMARY_TTL 7

struct bm_script_provisioner *bm_known_provisioner(struct bm_board *board, struct bm_fault *fault)
{
	if (!board->mesh.provisioner)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "this board is no provisioner");
	return board->mesh.provisioner;
}

bool bm_take_octets(const struct bm_value *value, const char *name, size_t len, uint8_t *out, bool *given,
		    struct bm_fault *fault)
{
	*given = value->kind != BM_VALUE_ABSENT && value->kind != BM_VALUE_NONE;
	if (!*given)
		return true;
	if (value->kind != BM_VALUE_OCTETS)
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be bytes, not %s", name, value->type_name);
	if (value->len != len)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must have %zu bytes, not %zu", name, len, value->len);
	memcpy(out, value->text, len);
	return true;
}

/* A key as given, or drawn. */
static bool take_key(struct bm_board *board, const struct bm_value *value, const char *name, uint8_t out[BM_KEY_LEN],
		     bool *given, struct bm_fault *fault)
{
	if (!bm_take_octets(value, name, BM_KEY_LEN, out, given, fault))
		return false;
	if (!*given)
		bm_runtime_random(board->rt, out, BM_KEY_LEN);
	return true;
}

struct held_key {
	uint16_t app_idx;
	bool found;
	uint8_t key[BM_KEY_LEN];
};

static void look_at_app_key(void *ctx, const struct bm_key_view *view)
{
	struct held_key *held = ctx;
	if (held->found || view->kind != BM_KEY_APP || view->index != held->app_idx)
		return;
	held->found = true;
	memcpy(held->key, view->key, sizeof held->key);
}

/* The board's own models can use every key of its network. Where that failed before, the node has the key, and it is
 * bound now. */
static enum bm_err add_app_key(struct bm_script_provisioner *p, uint16_t app_idx, const uint8_t *key)
{
	const struct bm_mesh *mesh = &p->board->mesh;
	struct held_key held = {.app_idx = app_idx};
	bm_node_each_key(p->node, look_at_app_key, &held);
	enum bm_err err = BM_OK;
	if (held.found && !bm_equal_constant_time(held.key, key, sizeof held.key))
		err = BM_ERR_EXISTS;
	else if (!held.found)
		err = bm_node_add_app_key(p->node, BM_NET_IDX_PRIMARY, app_idx, key);
	bm_wipe(&held, sizeof held);
	for (size_t i = 0; i < mesh->model_count && err == BM_OK; i++)
		err = bm_node_bind(p->node, mesh->models[i].model, app_idx);
	if (err != BM_OK)
		return err;
	struct bm_provisioner_app_key *slot = &p->app_keys[p->app_key_count++];
	slot->app_idx = app_idx;
	memcpy(slot->key, key, sizeof slot->key);
	return BM_OK;
}

static struct bm_node_config node_config(const struct bm_board *board)
{
	struct bm_node_config config = bm_mesh_node_config(board, 0);
	config.limits.app_keys = BM_PROVISIONER_APP_KEYS;
	config.limits.bindings = BM_PROVISIONER_APP_KEYS;
	config.limits.models++; /* the Configuration Client */
	config.limits.rpl = 1024;
	config.limits.msg_cache = 512;
	config.limits.repeat_cache = 256;
	config.limits.sar_tx = 16;
	config.limits.sar_rx = 16;
	config.limits.remote_dev_keys = BM_KNOWN_DEVICES_MAX;
	config.limits.prov_links = BM_PROVISIONER_LINKS;
	config.limits.config_requests = 16;
	return config;
}

/* What a script wants its network to be. */
struct network {
	struct bm_prov_data data;
	uint8_t app_key[BM_KEY_LEN];
	bool net_key_given, app_key_given, addr_given;
	const char *why; /* it cannot be had */
};

struct wanted_key {
	enum bm_key_kind kind;
	const uint8_t *key;
	bool differs;
};

static void compare_key(void *ctx, const struct bm_key_view *view)
{
	struct wanted_key *wanted = ctx;
	if (view->kind == wanted->kind && view->index == 0)
		wanted->differs |= memcmp(view->key, wanted->key, BM_KEY_LEN) != 0;
}

static bool differs(const struct bm_script_provisioner *p, enum bm_key_kind kind, const uint8_t *key)
{
	struct wanted_key wanted = {.kind = kind, .key = key};
	bm_node_each_key(p->node, compare_key, &wanted);
	return wanted.differs;
}

/* All models of the script can use every key, those too that it did not have in the run before. */
static enum bm_err bind_all(struct bm_script_provisioner *p)
{
	const struct bm_mesh *mesh = &p->board->mesh;
	enum bm_err err = BM_OK;
	for (size_t k = 0; k < p->app_key_count; k++)
		for (size_t i = 0; i < mesh->model_count && err == BM_OK; i++)
			err = bm_node_bind(p->node, mesh->models[i].model, p->app_keys[k].app_idx);
	return err;
}

/* The network of the run before. What the script names must be what it is. */
static enum bm_err go_on(struct bm_script_provisioner *p, struct network *wanted)
{
	const char *what = NULL;
	if (!bm_provisioner_was_kept(p))
		what = "this board was a node of another's network in the run before";
	else if (wanted->net_key_given && differs(p, BM_KEY_NET, wanted->data.net_key))
		what = "net_key is not the one of the network of the run before";
	else if (wanted->app_key_given && differs(p, BM_KEY_APP, wanted->app_key))
		what = "app_key is not the one of the network of the run before";
	else if (wanted->addr_given && wanted->data.addr != bm_node_addr(p->node))
		what = "addr is not the one of the run before";
	if (what) {
		wanted->why = what;
		return BM_ERR_STATE;
	}
	bm_provisioner_recall(p);
	wanted->data.addr = bm_node_addr(p->node);
	enum bm_err err = BM_OK;
	if (p->app_key_count == 0)
		err = add_app_key(p, 0, wanted->app_key);
	return err ? err : bind_all(p);
}

static enum bm_err begin(struct bm_script_provisioner *p, const struct network *wanted)
{
	struct bm_board *board = p->board;
	uint8_t dev_key[BM_KEY_LEN];
	/* First of all: where this cannot be kept, there is no network that is half kept. */
	if (!bm_provisioner_keep_next_addr(p))
		return BM_ERR_STORE;
	bm_runtime_random(board->rt, dev_key, sizeof dev_key);
	enum bm_err err = bm_node_provision_self(p->node, &wanted->data, dev_key, bm_runtime_now(board->rt));
	if (err == BM_OK)
		err = add_app_key(p, 0, wanted->app_key);
	bm_wipe(dev_key, sizeof dev_key);
	return err;
}

static enum bm_err make(struct bm_script_provisioner *p, struct network *wanted)
{
	struct bm_board *board = p->board;
	const struct bm_node_config config = node_config(board);
	enum bm_err err = bm_mesh_make_node(board, &config, true, &p->node);
	if (err == BM_OK && bm_node_is_provisioned(p->node))
		err = go_on(p, wanted);
	else if (err == BM_OK)
		err = begin(p, wanted);
	return err;
}

/* Without an element of the script's own, the provisioner has an empty one. */
static void need_element(struct bm_board *board)
{
	struct bm_script_element *primary = &board->mesh.elements[0];
	if (!primary->created)
		*primary = (struct bm_script_element){
			.board = board, .created = true, .beacon = true, .ttl = PRIMARY_TTL};
}

static bool take_network(struct bm_board *board, const struct bm_provisioner_new_args *args, struct network *wanted,
			 void **function, struct bm_fault *fault)
{
	int64_t addr = DEFAULT_ADDR, iv_index = 0;
	if (!bm_take_int(&args->addr, "addr", 1, LAST_UNICAST - board->mesh.secondaries, &addr, fault) ||
	    !bm_take_int(&args->iv_index, "iv_index", 0, UINT32_MAX, &iv_index, fault) ||
	    !bm_take_callback(&args->callback, "callback", function, fault) ||
	    !take_key(board, &args->net_key, "net_key", wanted->data.net_key, &wanted->net_key_given, fault) ||
	    !take_key(board, &args->app_key, "app_key", wanted->app_key, &wanted->app_key_given, fault))
		return false;
	wanted->addr_given = args->addr.kind != BM_VALUE_ABSENT;
	wanted->data.addr = (uint16_t)addr;
	wanted->data.iv_index = (uint32_t)iv_index;
	wanted->data.net_idx = BM_NET_IDX_PRIMARY;
	return true;
}

static bool may_begin(const struct bm_mesh *mesh, struct bm_fault *fault)
{
	if (mesh->node)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "%s",
				    mesh->provisioner
					    ? "this board is a provisioner already"
					    : "BLE_Mesh is already initialised: provisioner takes the place of init");
	return mesh->elements[0].created || !mesh->secondaries ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "there is no primary element: call create_element first");
}

/* One that came to nothing. */
static void drop(struct bm_script_provisioner *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->device_count; i++) {
		bm_configurator_free(&p->devices[i]->configurator);
		free(p->devices[i]);
	}
	bm_wipe(p, sizeof *p);
	free(p);
}

void bm_script_provisioner_new(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_mesh *mesh = &board->mesh;
	struct network wanted = {.why = NULL};
	void *function = NULL;
	if (!take_network(board, ctx, &wanted, &function, fault) || !may_begin(mesh, fault)) {
		bm_wipe(&wanted, sizeof wanted);
		return;
	}
	struct bm_script_provisioner *p = calloc(1, sizeof *p);
	enum bm_err err = BM_ERR_NO_SPACE;
	if (p) {
		p->board = board;
		p->function = function;
		p->next_addr = wanted.data.addr + mesh->secondaries + 1u;
		need_element(board);
		err = make(p, &wanted);
	}
	const uint16_t addr = wanted.data.addr;
	const char *why = wanted.why;
	bm_wipe(&wanted, sizeof wanted);
	if (err != BM_OK) {
		drop(p);
		bm_mesh_drop_node(board);
		bm_fault_set(fault, BM_FAULT_RUNTIME, "provisioner failed: %s%s", why ? why : bm_err_text(err),
			     why ? "; without its file in the state directory it starts anew" : "");
		return;
	}
	mesh->node = p->node;
	mesh->provisioner = p;
	bm_board_say(board,
		     &(struct bm_board_event){.kind = BM_BOARD_PROV, .prov = BM_BOARD_PROVISIONER, .addr = addr});
}

void bm_script_provisioner_add_app_key(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_key_args *args = ctx;
	struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	uint8_t key[BM_KEY_LEN];
	int64_t app_idx = -1;
	bool given;
	if (!p || !bm_take_int(&args->app_idx, "app_idx", 0, BM_KEY_INDEX_MAX, &app_idx, fault) ||
	    !take_key(board, &args->key, "key", key, &given, fault))
		return;
	for (size_t i = 0; i < p->app_key_count; i++) {
		struct bm_provisioner_app_key *held = &p->app_keys[i];
		if (held->app_idx != app_idx)
			continue;
		/* The very same; or named again by the script that had it drawn in the run before. */
		const bool again = given ? bm_equal_constant_time(held->key, key, sizeof key)
					 : held->kept && app_idx != 0;
		held->kept = false;
		if (again) {
			bm_wipe(key, sizeof key);
			return;
		}
		bm_fault_set(fault, BM_FAULT_RUNTIME, "app_idx: there is an application key %u already",
			     (unsigned)app_idx);
	}
	if (p->app_key_count == BM_PROVISIONER_APP_KEYS)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "app_idx: too many application keys: %u at most",
			     BM_PROVISIONER_APP_KEYS);
	/* A drawn key that could not be bound is bound now, not drawn anew. */
	struct held_key unbound = {.app_idx = (uint16_t)app_idx};
	bm_node_each_key(p->node, look_at_app_key, &unbound);
	if (unbound.found && !given)
		memcpy(key, unbound.key, sizeof key);
	bm_wipe(&unbound, sizeof unbound);
	const enum bm_err err = fault->kind == BM_FAULT_NONE ? add_app_key(p, (uint16_t)app_idx, key) : BM_OK;
	bm_wipe(key, sizeof key);
	if (err != BM_OK)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "add_app_key failed: %s", bm_err_text(err));
}

void bm_known_set_state(struct bm_known_device *device, enum bm_known_state state)
{
	device->state = state;
	device->changed = bm_runtime_now(device->provisioner->board->rt);
}

void bm_known_begin(struct bm_known_device *device, void *function)
{
	device->function = function ? function : device->provisioner->function;
	device->outcome = BM_OUTCOME_OPEN;
	device->text[0] = '\0';
}

void bm_known_tell(struct bm_known_device *device, int event, struct bm_value value)
{
	struct bm_callback callback = {
		.kind = BM_CALLBACK_DEVICE_EVENT, .function = device->function, .event = event, .state = value};
	memcpy(callback.uuid, device->uuid, sizeof callback.uuid);
	if (value.kind == BM_VALUE_TEXT)
		snprintf(callback.text, sizeof callback.text, "%s", value.text);
	bm_board_queue(device->provisioner->board, &callback);
}

void bm_known_tell_text(struct bm_known_device *device, int event, const char *text)
{
	bm_known_tell(device, event, (struct bm_value){.kind = BM_VALUE_TEXT, .text = text});
}

void bm_known_end(struct bm_known_device *device, enum bm_outcome outcome, const char *text)
{
	device->outcome = outcome;
	snprintf(device->text, sizeof device->text, "%s", text);
}

void bm_script_provisioner_event(struct bm_script_provisioner *p, const struct bm_event *event)
{
	if (event->kind == BM_EVENT_DEVICE_SEEN) {
		bm_known_heard(p, event);
		return;
	}
	struct bm_known_device *device = event->uuid ? bm_known_find(p, event->uuid) : NULL;
	if (device && device->state == BM_KNOWN_PROVISIONING)
		bm_known_link_event(device, event);
}

void bm_script_provisioner_functions(const struct bm_script_provisioner *p,
				     void (*each)(void *ctx, const void *function), void *ctx)
{
	each(ctx, p->function);
	each(ctx, p->on_device);
	for (size_t i = 0; i < p->device_count; i++) {
		each(ctx, p->devices[i]->function);
		each(ctx, p->devices[i]->how.ask);
	}
}

void bm_script_provisioner_light(struct bm_script_provisioner *p, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	struct bm_known_device *device = bm_known_find(p, uuid);
	if (device)
		bm_blinks_light(&device->blinks, rgb, now);
}

static bm_time deadline(const struct bm_known_device *device)
{
	if (device->state == BM_KNOWN_CONFIGURING || device->state == BM_KNOWN_UNSURE)
		return bm_configurator_deadline(&device->configurator);
	if (device->state == BM_KNOWN_PROVISIONING && device->asked && device->how.source == BM_OOB_BLINKS)
		return bm_blinks_deadline(&device->blinks, device->asked_at);
	return BM_TIME_NEVER;
}

bm_time bm_script_provisioner_deadline(const struct bm_script_provisioner *p)
{
	bm_time next = BM_TIME_NEVER;
	for (size_t i = 0; i < p->device_count; i++) {
		const bm_time at = deadline(p->devices[i]);
		next = at < next ? at : next;
	}
	return next;
}

void bm_script_provisioner_run(struct bm_script_provisioner *p, bm_time now)
{
	for (size_t i = 0; i < p->device_count; i++) {
		struct bm_known_device *device = p->devices[i];
		if (deadline(device) > now)
			continue;
		if (device->state == BM_KNOWN_CONFIGURING || device->state == BM_KNOWN_UNSURE)
			bm_configurator_run(&device->configurator, now);
		else
			bm_known_watch(device, now);
	}
}
