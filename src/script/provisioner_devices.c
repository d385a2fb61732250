/*
 * The devices that a script's provisioner has heard of: found by UUID or address, told to the script, counted among
 * its nodes.
 */
#include <stdlib.h>
#include <string.h>

#include "script/provisioner_state.h"

/* Who has not beaconed for so long was gone, and is told anew. */
#define GONE_US (30u * BM_US_PER_S)
/* A beacon that comes right after provisioning was on its way before. */
#define OLD_BEACON_US (3u * BM_US_PER_S)

struct bm_known_device *bm_known_find(const struct bm_script_provisioner *p, const uint8_t *uuid)
{
	for (size_t i = 0; i < p->device_count; i++)
		if (memcmp(p->devices[i]->uuid, uuid, BM_UUID_LEN) == 0)
			return p->devices[i];
	return NULL;
}

struct bm_known_device *bm_known_take(const struct bm_script_provisioner *p, const struct bm_value *value,
				      const char *name, struct bm_fault *fault)
{
	int64_t addr = 0;
	if (value->kind == BM_VALUE_OCTETS) {
		struct bm_known_device *device = value->len == BM_UUID_LEN
							 ? bm_known_find(p, (const uint8_t *)value->text)
							 : NULL;
		if (value->len != BM_UUID_LEN)
			bm_fault_set(fault, BM_FAULT_VALUE, "%s: a UUID has %u bytes, not %zu", name, BM_UUID_LEN,
				     value->len);
		else if (!device)
			bm_fault_set(fault, BM_FAULT_VALUE, "%s: no device with this UUID was heard", name);
		return device;
	}
	if (value->kind == BM_VALUE_NONE || value->kind == BM_VALUE_TEXT) {
		bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a UUID (bytes) or an address (int), not %s", name,
			     value->type_name);
		return NULL;
	}
	if (!bm_take_int(value, name, 1, 0x7fff, &addr, fault))
		return NULL;
	for (size_t i = 0; i < p->device_count && addr; i++)
		if (p->devices[i]->addr == addr)
			return p->devices[i];
	if (addr == bm_node_addr(p->node))
		bm_fault_set(fault, BM_FAULT_VALUE, "%s: 0x%04x is this board itself", name, (unsigned)addr);
	else
		bm_fault_set(fault, BM_FAULT_VALUE, "%s: no node was provisioned with address 0x%04x", name,
			     (unsigned)addr);
	return NULL;
}

bool bm_known_is_idle(const struct bm_known_device *device, struct bm_fault *fault)
{
	static const char *const busy[] = {
		[BM_KNOWN_QUEUED] = "the device is to be provisioned already: it waits for a free link",
		[BM_KNOWN_PROVISIONING] = "the device is being provisioned already",
		[BM_KNOWN_UNSURE] = "the device was sent the network's keys: it is being asked whether it is a node",
		[BM_KNOWN_CONFIGURING] = "the node is being configured: wait for its end",
		[BM_KNOWN_RESETTING] = "the node is being reset: wait for its end",
	};
	return device->state == BM_KNOWN_HEARD || device->state == BM_KNOWN_NODE ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "%s", busy[device->state]);
}

/* Whether a goes before b when the table is full. */
static bool goes_before(const struct bm_known_device *a, const struct bm_known_device *b)
{
	const bool a_tried = a->outcome != BM_OUTCOME_NONE, b_tried = b->outcome != BM_OUTCOME_NONE;
	if (a_tried != b_tried)
		return b_tried;
	if (a->heard_again != b->heard_again)
		return b->heard_again;
	return a->heard < b->heard;
}

/*
 * Anybody can send beacons of UUIDs that nobody has. So what such a flood can push out is what the script has nothing
 * to do with: devices that were heard, and of these first the ones heard but once, as made-up ones mostly are, then
 * those silent longest; last the ones the script tried to provision. Who waits to be provisioned, is being provisioned,
 * may be a node or is one never goes; if the table is full of them, nobody new is heard of.
 */
static struct bm_known_device *make_room(struct bm_script_provisioner *p)
{
	struct bm_known_device *oldest = NULL;
	for (size_t i = 0; i < p->device_count; i++) {
		struct bm_known_device *device = p->devices[i];
		/* A request of its configuration may be open yet. */
		if (device->state == BM_KNOWN_HEARD && !device->configurator.request_open &&
		    (!oldest || goes_before(device, oldest)))
			oldest = device;
	}
	if (oldest) {
		bm_configurator_free(&oldest->configurator);
		free(oldest->page0);
		memset(oldest, 0, sizeof *oldest);
	}
	return oldest;
}

struct bm_known_device *bm_known_add(struct bm_script_provisioner *p, const uint8_t *uuid)
{
	struct bm_known_device *device;
	if (p->device_count == BM_KNOWN_DEVICES_MAX) {
		device = make_room(p);
	} else {
		device = calloc(1, sizeof *device);
		if (device)
			p->devices[p->device_count++] = device;
	}
	if (!device)
		return NULL;
	device->provisioner = p;
	memcpy(device->uuid, uuid, BM_UUID_LEN);
	bm_blinks_begin(&device->blinks);
	return device;
}

static void tell(struct bm_known_device *device)
{
	const struct bm_script_provisioner *p = device->provisioner;
	const bool free_to_take = device->state == BM_KNOWN_HEARD ||
				  (device->state == BM_KNOWN_NODE && device->heard_since);
	if (device->told || !free_to_take || !p->scanning || !p->on_device)
		return;
	device->told = true;
	struct bm_callback callback = {.kind = BM_CALLBACK_DEVICE,
				       .function = p->on_device,
				       .event = device->oob_info,
				       .message.rssi = device->rssi};
	memcpy(callback.uuid, device->uuid, sizeof callback.uuid);
	bm_board_queue(p->board, &callback);
}

void bm_known_tell_devices(struct bm_script_provisioner *p)
{
	const bm_time now = bm_runtime_now(p->board->rt);
	for (size_t i = 0; i < p->device_count; i++)
		if (now < bm_time_add(p->devices[i]->heard, GONE_US))
			tell(p->devices[i]);
}

void bm_known_heard(struct bm_script_provisioner *p, const struct bm_event *event)
{
	struct bm_known_device *device = bm_known_find(p, event->uuid);
	if (device)
		device->heard_again = true;
	else
		device = bm_known_add(p, event->uuid);
	if (!device)
		return;
	if (event->now >= bm_time_add(device->heard, GONE_US))
		device->told = device->beacons = false;
	device->heard = event->now;
	/* Who does both is provisioned by PB-ADV. */
	device->beacons |= event->bearer == BM_PROV_BEARER_ADV;
	device->rssi = event->rssi;
	device->oob_info = event->oob_info;
	if (device->state == BM_KNOWN_UNSURE && event->now >= bm_time_add(device->changed, OLD_BEACON_US))
		bm_known_unsure_heard(device);
	/* A node that beacons was reset. It stays ours until it is provisioned again: anybody can send its UUID. */
	if (device->state == BM_KNOWN_NODE && !device->heard_since &&
	    event->now >= bm_time_add(device->changed, OLD_BEACON_US)) {
		device->heard_since = true;
		device->told = false;
	}
	tell(device);
}

void bm_known_forget_node(struct bm_known_device *device)
{
	if (device->addr) {
		/* That there was no key is as good. */
		const enum bm_err err = bm_node_remove_dev_key(device->provisioner->node, device->addr);
		(void)err;
		bm_known_let_go(device, device->addr, device->elements, BM_ADDR_USED);
	}
	bm_configurator_give_up(&device->configurator);
	device->addr = 0;
	device->configured = device->heard_since = device->told = device->beacons = false;
	device->page0_len = 0;
	device->reserved_elements = 0;
}

void bm_script_provisioner_start(struct bm_board *board, void *args, struct bm_fault *fault)
{
	struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	(void)args;
	if (!p)
		return;
	p->scanning = true;
	bm_known_tell_devices(p);
}

void bm_script_provisioner_stop(struct bm_board *board, void *args, struct bm_fault *fault)
{
	struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	(void)args;
	if (p)
		p->scanning = false;
}

void bm_script_provisioner_on_device(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_callback_args *args = ctx;
	struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	void *function = NULL;
	if (!p || !bm_take_callback(&args->callback, "callback", &function, fault))
		return;
	p->on_device = function;
	bm_known_tell_devices(p);
}

void bm_script_provisioner_outcome(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_provisioner_outcome_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	if (!p)
		return;
	args->done = args->failed = args->asks = false;
	if (args->node.kind == BM_VALUE_ABSENT || args->node.kind == BM_VALUE_NONE) {
		args->done = true;
		for (size_t i = 0; i < p->device_count; i++)
			if (p->devices[i]->outcome == BM_OUTCOME_OPEN) {
				args->done = false;
				args->asks |= p->devices[i]->how.source == BM_OOB_ASK &&
					      p->devices[i]->state <= BM_KNOWN_PROVISIONING;
			}
		return;
	}
	const struct bm_known_device *device = bm_known_take(p, &args->node, "node", fault);
	if (!device)
		return;
	if (device->outcome == BM_OUTCOME_NONE) {
		bm_fault_set(fault, BM_FAULT_RUNTIME,
			     "nothing was asked for of this device: there is no end to wait for");
		return;
	}
	args->done = device->outcome == BM_OUTCOME_DONE;
	args->failed = device->outcome == BM_OUTCOME_FAILED;
	args->asks = device->how.source == BM_OOB_ASK && device->state <= BM_KNOWN_PROVISIONING;
	args->addr = device->addr;
	memcpy(args->text, device->text, sizeof args->text);
}

void bm_script_provisioner_nodes(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_provisioner_nodes_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	args->count = 0;
	args->nodes = p && p->device_count ? calloc(p->device_count, sizeof *args->nodes) : NULL;
	if (!args->nodes)
		return;
	for (size_t i = 0; i < p->device_count; i++) {
		const struct bm_known_device *device = p->devices[i];
		struct bm_node_view *view = &args->nodes[args->count];
		if (!device->addr)
			continue;
		args->count++;
		*view = (struct bm_node_view){
			.addr = device->addr, .elements = device->elements, .configured = device->configured};
		memcpy(view->uuid, device->uuid, sizeof view->uuid);
		if (device->page0 && device->page0_len <= sizeof view->page0) {
			view->page0_len = device->page0_len;
			memcpy(view->page0, device->page0, device->page0_len);
		}
	}
}
