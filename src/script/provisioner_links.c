/*
 * A script's provisioner provisions: whoever is to be provisioned waits for a free link, is authenticated as the
 * script said, and gets the next free address once it is known how many elements it has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "script/prov_words.h"
#include "script/provisioner_state.h"

#define LAST_UNICAST 0x7fffu
#define DIGITS "0123456789"

static void give_up(struct bm_known_device *device, const char *why)
{
	struct bm_board *board = device->provisioner->board;
	device->why = why;
	device->asked = false;
	bm_node_provision_cancel(device->provisioner->node, device->uuid, bm_runtime_now(board->rt));
}

static void give_value(struct bm_known_device *device, const struct bm_oob_value *value)
{
	struct bm_board *board = device->provisioner->board;
	device->asked = false;
	if (bm_node_provision_oob(device->provisioner->node, device->uuid, value, bm_runtime_now(board->rt)) != BM_OK)
		give_up(device, "the OOB value does not fit what the device asks for");
}

/* Only what is under way ends here: the device stays the node that it was. */
void bm_known_failed(struct bm_known_device *device, const char *text)
{
	bm_wipe(&device->how.static_oob, sizeof device->how.static_oob);
	bm_wipe(&device->how.value, sizeof device->how.value);
	bm_known_set_state(device, device->addr ? BM_KNOWN_NODE : BM_KNOWN_HEARD);
	bm_known_end(device, BM_OUTCOME_FAILED, text);
	bm_known_tell_text(device, BM_MESH_DEVICE_FAILED_EVT, text);
}

static void start(struct bm_known_device *device)
{
	struct bm_script_provisioner *p = device->provisioner;
	const struct bm_known_how *how = &device->how;
	struct bm_provision_params params = {
		.addr = how->addr,
		.net_idx = BM_NET_IDX_PRIMARY,
		.attention_s = how->attention_s,
		.require_auth = how->require_auth,
		.public_key = how->has_public_key ? how->public_key : NULL,
		.static_oob = how->source == BM_OOB_STATIC ? how->static_oob : NULL,
		.static_oob_len = how->source == BM_OOB_STATIC ? how->static_oob_len : 0,
		.no_output_oob = how->source == BM_OOB_NONE || how->source == BM_OOB_STATIC,
		.bearer = device->beacons ? BM_PROV_BEARER_ADV : BM_PROV_BEARER_GATT,
		.no_input_oob = how->source != BM_OOB_ASK,
	};
	memcpy(params.uuid, device->uuid, sizeof params.uuid);
	device->caps_known = device->asked = device->promised = false;
	device->why = NULL;
	bm_known_set_state(device, BM_KNOWN_PROVISIONING);
	const enum bm_err err = bm_node_provision(p->node, &params, bm_runtime_now(p->board->rt));
	if (err != BM_OK && device->state == BM_KNOWN_PROVISIONING)
		bm_known_failed(device, bm_err_text(err));
}

/* Who has waited longest gets the free link. */
void bm_provisioner_start_waiting(struct bm_script_provisioner *p)
{
	for (;;) {
		struct bm_known_device *next = NULL;
		size_t links = 0;
		for (size_t i = 0; i < p->device_count; i++) {
			struct bm_known_device *device = p->devices[i];
			links += device->state == BM_KNOWN_PROVISIONING;
			if (device->state == BM_KNOWN_QUEUED && (!next || device->order < next->order))
				next = device;
		}
		if (!next || links >= BM_PROVISIONER_LINKS)
			return;
		start(next);
	}
}

/* What a restart would forget is given to nobody. */
static bool promise(struct bm_known_device *device, uint16_t addr, uint8_t elements)
{
	if (bm_known_promise(device, addr, elements))
		return true;
	device->reserved_elements = 0;
	give_up(device, "its address cannot be written down: the store refuses it (is the disk full?)");
	return false;
}

static void give_wanted_address(struct bm_known_device *device, uint8_t elements)
{
	if (bm_provisioner_fate(device->provisioner, device->how.addr, elements) == BM_ADDR_LOST)
		give_up(device, "addr: a device that was lost may have this address");
	else
		device->promised = promise(device, device->how.addr, elements);
}

/* A device that failed before it could take its address gets the same one the next time. */
static void give_address(struct bm_known_device *device, uint8_t elements)
{
	struct bm_script_provisioner *p = device->provisioner;
	if (device->how.addr != BM_ADDR_UNASSIGNED) {
		give_wanted_address(device, elements);
		return;
	}
	if (device->reserved_elements == elements &&
	    bm_node_provision_addr(p->node, device->uuid, device->reserved_addr) == BM_OK)
		return;
	for (uint32_t addr = p->next_addr; addr + elements - 1 <= LAST_UNICAST; addr++) {
		if (bm_provisioner_fate(p, (uint16_t)addr, elements) != BM_ADDR_FRESH)
			continue;
		const enum bm_err err = bm_node_provision_addr(p->node, device->uuid, (uint16_t)addr);
		if (err == BM_OK) {
			device->reserved_addr = (uint16_t)addr;
			device->reserved_elements = elements;
			p->next_addr = addr + elements;
			(void)promise(device, (uint16_t)addr, elements);
			return;
		}
		if (err != BM_ERR_EXISTS) {
			give_up(device, bm_err_text(err));
			return;
		}
	}
	give_up(device, "no unicast address is left");
}

static void on_caps(struct bm_known_device *device, const struct bm_event *event)
{
	device->caps_known = true;
	device->asked_text = event->method == BM_PROV_OUTPUT_OOB && event->action == BM_PROV_OUTPUT_TEXT;
	/* The device may begin to blink before its request has reached us. */
	bm_blinks_begin(&device->blinks);
	bm_known_tell_text(device, BM_MESH_DEVICE_AUTH_EVT, bm_prov_method_text(event->method, event->action));
	give_address(device, event->elements);
}

static void ask(struct bm_known_device *device, const struct bm_event *event, bool shows)
{
	struct bm_callback callback = {.kind = BM_CALLBACK_OOB,
				       .function = device->how.ask,
				       .action = bm_prov_method_text(event->method, event->action),
				       .state.kind = BM_VALUE_NONE};
	memcpy(callback.uuid, device->uuid, sizeof callback.uuid);
	if (shows && event->oob.is_text) {
		callback.state.kind = BM_VALUE_TEXT;
		snprintf(callback.text, sizeof callback.text, "%s", event->oob.text);
	} else if (shows) {
		callback.state = (struct bm_value){.kind = BM_VALUE_INT, .i = event->oob.number};
	}
	bm_board_queue(device->provisioner->board, &callback);
}

static bool to_number(const char *text, uint32_t *number)
{
	const size_t len = strlen(text);
	if (len == 0 || len > 8 || strspn(text, DIGITS) != len)
		return false;
	*number = (uint32_t)strtoul(text, NULL, 10);
	return true;
}

/* In the shape that the device asks for: digits are text, and the other way round. */
static bool shape(const struct bm_oob_value *value, bool as_text, struct bm_oob_value *out)
{
	*out = (struct bm_oob_value){.is_text = as_text};
	if (as_text && value->is_text)
		*out = *value;
	else if (as_text)
		snprintf(out->text, sizeof out->text, "%u", (unsigned)(value->number % 100000000u));
	else if (value->is_text)
		return to_number(value->text, &out->number);
	else
		out->number = value->number;
	return true;
}

static void on_enter(struct bm_known_device *device, const struct bm_event *event)
{
	struct bm_oob_value value;
	device->asked = true;
	device->asked_at = event->now;
	switch (device->how.source) {
	case BM_OOB_VALUE:
		if (shape(&device->how.value, device->asked_text, &value))
			give_value(device, &value);
		else
			give_up(device, "the OOB value does not fit what the device asks for");
		return;
	case BM_OOB_BLINKS:
		if (event->action != BM_PROV_BLINK)
			give_up(device, "there are no blinks to count: the device outputs its value otherwise");
		return;
	default:
		ask(device, event, false);
	}
}

void bm_known_watch(struct bm_known_device *device, bm_time now)
{
	const unsigned count = bm_blinks_count(&device->blinks);
	(void)now;
	if (count)
		give_value(device, &(struct bm_oob_value){.number = count});
	else
		give_up(device, "nobody saw it blink");
}

void bm_known_joined(struct bm_known_device *device, uint16_t addr, uint8_t elements)
{
	bm_known_forget_node(device);
	bm_wipe(&device->how.static_oob, sizeof device->how.static_oob);
	bm_wipe(&device->how.value, sizeof device->how.value);
	device->addr = addr;
	device->elements = elements;
	device->told = true;
	bm_known_keep(device);
	bm_known_set_state(device, BM_KNOWN_NODE);
	bm_known_end(device, BM_OUTCOME_DONE, "");
	bm_known_tell(device, BM_MESH_DEVICE_PROVISIONED_EVT, (struct bm_value){.kind = BM_VALUE_INT, .i = addr});
}

static void on_failed(struct bm_known_device *device, const struct bm_event *event)
{
	char text[128];
	const char *why = device->why;
	if (!why && event->result == BM_ERR_AUTH)
		why = device->caps_known ? "the authentication failed: the OOB value is wrong"
					 : "the device offers no authentication that is possible here";
	else if (!why && bm_prov_refused(event))
		why = "the authentication failed: the OOB value is wrong";
	bm_prov_failure_text(event, why, text, sizeof text);
	if (!event->data_may_be_out) {
		/* It took no address: what the script named may be named again. */
		if (device->promised)
			bm_known_let_go(device, event->addr, event->elements,
					bm_provisioner_fate(device->provisioner, event->addr, event->elements));
		bm_known_failed(device, text);
		return;
	}
	device->reserved_elements = 0;
	device->unsure_addr = event->addr;
	device->unsure_elements = event->elements;
	snprintf(device->failure, sizeof device->failure, "%s", text);
	if (!device->why) {
		bm_known_unsure(device);
		return;
	}
	/* The script wants its end. */
	bm_known_unsure_drop(device);
	bm_known_failed(device, text);
}

void bm_known_link_event(struct bm_known_device *device, const struct bm_event *event)
{
	struct bm_script_provisioner *p = device->provisioner;
	switch (event->kind) {
	case BM_EVENT_PROVISION_LINK:
		bm_known_tell(device, BM_MESH_DEVICE_LINK_EVT, (struct bm_value){.kind = BM_VALUE_NONE});
		return;
	case BM_EVENT_PROVISION_CAPS:
		on_caps(device, event);
		return;
	case BM_EVENT_PROVISION_ENTER_OOB:
		on_enter(device, event);
		return;
	case BM_EVENT_PROVISION_SHOW_OOB:
		ask(device, event, true);
		return;
	case BM_EVENT_PROVISION_COMPLETE:
		bm_known_joined(device, event->addr, event->elements);
		bm_provisioner_start_waiting(p);
		return;
	case BM_EVENT_PROVISION_FAILED:
		on_failed(device, event);
		bm_provisioner_start_waiting(p);
		return;
	default:
		return;
	}
}

static bool take_value(const struct bm_value *value, const char *name, struct bm_oob_value *out, struct bm_fault *fault)
{
	int64_t number = 0;
	*out = (struct bm_oob_value){.is_text = value->kind == BM_VALUE_TEXT};
	if (!out->is_text) {
		if (!bm_take_int(value, name, 0, 99999999, &number, fault))
			return false;
		out->number = (uint32_t)number;
		return true;
	}
	if (value->len == 0 || value->len >= sizeof out->text)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must have 1 to %zu characters, not %zu", name,
				    sizeof out->text - 1, value->len);
	memcpy(out->text, value->text, value->len + 1);
	return true;
}

static bool take_oob(const struct bm_value *value, struct bm_known_how *how, struct bm_fault *fault)
{
	switch (value->kind) {
	case BM_VALUE_ABSENT:
	case BM_VALUE_NONE:
		return true;
	case BM_VALUE_OCTETS:
		if (value->len == 0 || value->len > sizeof how->static_oob)
			return bm_fault_set(fault, BM_FAULT_VALUE, "oob: a static value has 1 to %u bytes, not %zu",
					    BM_PROVISIONER_STATIC_OOB_MAX, value->len);
		how->source = BM_OOB_STATIC;
		how->static_oob_len = value->len;
		memcpy(how->static_oob, value->text, value->len);
		return true;
	case BM_VALUE_CALLABLE:
		how->source = BM_OOB_ASK;
		how->ask = value->object;
		return true;
	case BM_VALUE_INT:
	case BM_VALUE_HUGE:
	case BM_VALUE_TEXT:
		how->source = BM_OOB_VALUE;
		if (value->kind == BM_VALUE_TEXT && strcmp(value->text, "blinks") == 0)
			how->source = BM_OOB_BLINKS;
		return how->source == BM_OOB_BLINKS || take_value(value, "oob", &how->value, fault);
	default:
		return bm_fault_set(fault, BM_FAULT_TYPE,
				    "oob must be None, bytes, an int, a str or a function, not %s", value->type_name);
	}
}

static bool take_how(const struct bm_provisioner_provision_args *args, const struct bm_script_provisioner *p,
		     struct bm_known_how *how, void **function, struct bm_fault *fault)
{
	int64_t addr = 0, attention = 0;
	*how = (struct bm_known_how){.source = BM_OOB_NONE};
	if (!take_oob(&args->oob, how, fault) ||
	    (args->addr.kind != BM_VALUE_NONE && !bm_take_int(&args->addr, "addr", 1, LAST_UNICAST, &addr, fault)) ||
	    !bm_take_bool(&args->require_auth, "require_auth", &how->require_auth, fault) ||
	    !bm_take_octets(&args->public_key, "public_key", sizeof how->public_key, how->public_key,
			    &how->has_public_key, fault) ||
	    !bm_take_int(&args->attention, "attention", 0, 255, &attention, fault) ||
	    !bm_take_callback(&args->callback, "callback", function, fault))
		return false;
	how->addr = (uint16_t)addr;
	how->attention_s = (uint8_t)attention;
	if (addr && addr - bm_node_addr(p->node) >= 0 && addr < bm_node_addr(p->node) + bm_node_element_count(p->node))
		return bm_fault_set(fault, BM_FAULT_VALUE, "addr: 0x%04x is this board's own", how->addr);
	for (size_t i = 0; addr && i < p->device_count; i++)
		if (addr >= p->devices[i]->addr && addr < p->devices[i]->addr + p->devices[i]->elements &&
		    p->devices[i]->addr)
			return bm_fault_set(fault, BM_FAULT_VALUE, "addr: 0x%04x is a node's already", how->addr);
	if (!addr && p->next_addr > LAST_UNICAST)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "no unicast address is left");
	return true;
}

void bm_known_queue(struct bm_known_device *device)
{
	device->order = device->provisioner->order++;
	bm_known_set_state(device, BM_KNOWN_QUEUED);
	bm_provisioner_start_waiting(device->provisioner);
}

void bm_script_provisioner_provision(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_provision_args *args = ctx;
	struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_known_how how;
	void *function = NULL;
	if (!p)
		return;
	if (args->uuid.kind != BM_VALUE_OCTETS) {
		bm_fault_set(fault, BM_FAULT_TYPE, "uuid must be bytes, not %s", args->uuid.type_name);
		return;
	}
	struct bm_known_device *device = bm_known_take(p, &args->uuid, "uuid", fault);
	if (!device || !bm_known_is_idle(device, fault) || !take_how(args, p, &how, &function, fault))
		goto out;
	if (device->state == BM_KNOWN_NODE && !device->heard_since) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "the device is a node already: its address is 0x%04x",
			     device->addr);
		goto out;
	}
	device->how = how;
	device->tried_anew = false;
	bm_known_begin(device, function);
	bm_known_queue(device);
out:
	bm_wipe(&how, sizeof how);
}

void bm_script_provisioner_input_oob(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_oob_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_known_device *device = p ? bm_known_take(p, &args->uuid, "uuid", fault) : NULL;
	struct bm_oob_value value, shaped;
	if (!device)
		return;
	if (args->value.kind != BM_VALUE_INT && args->value.kind != BM_VALUE_HUGE && args->value.kind != BM_VALUE_TEXT)
		bm_fault_set(fault, BM_FAULT_TYPE, "oob must be an int or a str, not %s", args->value.type_name);
	else if (device->state != BM_KNOWN_PROVISIONING || !device->asked)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "no OOB value of this device is asked for");
	else if (!take_value(&args->value, "oob", &value, fault))
		return;
	else if (!shape(&value, device->asked_text, &shaped))
		bm_fault_set(fault, BM_FAULT_VALUE, "oob: the device shows a number");
	else
		give_value(device, &shaped);
}

void bm_script_provisioner_oob_failed(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_oob_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_known_device *device = p ? bm_known_take(p, &args->uuid, "uuid", fault) : NULL;
	if (device && device->state == BM_KNOWN_PROVISIONING)
		give_up(device, "the oob function failed");
}

void bm_script_provisioner_cancel(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_node_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_known_device *device = p ? bm_known_take(p, &args->node, "node", fault) : NULL;
	if (!device)
		return;
	if (device->state == BM_KNOWN_QUEUED) {
		bm_known_failed(device, "cancelled");
	} else if (device->state == BM_KNOWN_PROVISIONING) {
		give_up(device, "cancelled");
	} else if (device->state == BM_KNOWN_UNSURE) {
		bm_known_unsure_drop(device);
		bm_known_failed(device, "cancelled");
	} else if (device->state == BM_KNOWN_CONFIGURING) {
		bm_configurator_give_up(&device->configurator);
		bm_known_set_state(device, BM_KNOWN_NODE);
		bm_known_end(device, BM_OUTCOME_FAILED, "cancelled");
		bm_known_tell_text(device, BM_MESH_NODE_FAILED_EVT, "cancelled");
	} else {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "nothing is under way with this device that could be cancelled");
	}
}
