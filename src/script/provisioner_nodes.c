/*
 * A script's provisioner and the nodes it made: configuration, reset.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/config_opcodes.h"
#include "script/mesh_model.h"
#include "script/provisioner_state.h"

static void keep_composition(struct bm_known_device *device, const struct bm_config_news *news)
{
	uint8_t *copy = malloc(news->page0_len);
	if (!copy)
		return;
	memcpy(copy, news->page0, news->page0_len);
	free(device->page0);
	device->page0 = copy;
	device->page0_len = news->page0_len;
}

static void end_configuration(struct bm_known_device *device, bool done, const char *text)
{
	bm_known_set_state(device, BM_KNOWN_NODE);
	device->configured = done;
	bm_known_keep(device);
	bm_known_end(device, done ? BM_OUTCOME_DONE : BM_OUTCOME_FAILED, text);
	if (done)
		bm_known_tell(device, BM_MESH_NODE_CONFIGURED_EVT,
			      (struct bm_value){.kind = BM_VALUE_INT, .i = device->addr});
	else
		bm_known_tell_text(device, BM_MESH_NODE_FAILED_EVT, text);
}

static void told(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct bm_known_device *device = ctx;
	char text[128];
	(void)now;
	switch (news->kind) {
	case BM_CONFIG_NEWS_COMPOSITION:
		keep_composition(device, news);
		snprintf(text, sizeof text, "%u model%s in %u element%s", news->models, news->models == 1 ? "" : "s",
			 news->elements, news->elements == 1 ? "" : "s");
		bm_known_tell_text(device, BM_MESH_NODE_STEP_EVT, text);
		return;
	case BM_CONFIG_NEWS_APP_KEY:
		snprintf(text, sizeof text, "application key %u", device->configurator.plan.app_idx);
		bm_known_tell_text(device, BM_MESH_NODE_STEP_EVT, text);
		return;
	case BM_CONFIG_NEWS_STEP:
	case BM_CONFIG_NEWS_AGAIN:
		bm_known_tell_text(device, BM_MESH_NODE_STEP_EVT, news->text);
		return;
	case BM_CONFIG_NEWS_REFUSED:
		if (!device->first_refusal[0])
			snprintf(device->first_refusal, sizeof device->first_refusal, "%s", news->text);
		bm_known_tell_text(device, BM_MESH_NODE_STEP_EVT, news->text);
		return;
	case BM_CONFIG_NEWS_FAILED:
		end_configuration(device, false, news->text);
		return;
	case BM_CONFIG_NEWS_DONE:
		end_configuration(device, news->refused == 0, device->first_refusal);
		return;
	case BM_CONFIG_NEWS_IDLE:
		return;
	}
}

/* A SIG model's identifier is its number (0x1000), a vendor's has the company in front (0x02c40001). */
static bool take_models(const struct bm_provisioner_list *list, struct bm_config_plan *plan, struct bm_fault *fault)
{
	plan->models_named = list->given;
	for (size_t i = 0; i < list->count; i++) {
		int64_t number = 0;
		if (list->values[i].kind == BM_VALUE_NONE)
			return bm_fault_set(fault, BM_FAULT_TYPE, "bind must hold model identifiers, not None");
		if (!bm_take_int(&list->values[i], "bind", 0, UINT32_MAX, &number, fault))
			return false;
		const struct bm_model_id id = {
			.vendor = number > 0xffff, .company = (uint16_t)(number >> 16), .id = (uint16_t)number};
		if (!bm_model_takes_app_key(&id))
			return bm_fault_set(fault, BM_FAULT_VALUE, "bind: model 0x%04x takes no application key",
					    id.id);
		plan->models[plan->model_count++] = id;
	}
	return true;
}

static bool take_target(const struct bm_value *value, const char *name, struct bm_config_target *out,
			struct bm_fault *fault)
{
	struct bm_script_address address = {.addr = BM_ADDR_UNASSIGNED};
	if (!bm_take_address(NULL, value, name, &address, fault))
		return false;
	out->addr = address.addr;
	out->has_label = address.has_label;
	memcpy(out->label, address.label, sizeof out->label);
	return true;
}

static bool take_subscriptions(const struct bm_provisioner_list *list, struct bm_config_plan *plan,
			       struct bm_fault *fault)
{
	if (list->count > BM_CONFIG_TARGETS_MAX)
		return bm_fault_set(fault, BM_FAULT_VALUE, "subscribe: %u addresses at a time, not %zu",
				    BM_CONFIG_TARGETS_MAX, list->count);
	for (size_t i = 0; i < list->count; i++) {
		struct bm_config_target *target = &plan->subscribe[plan->subscribe_count++];
		if (!take_target(&list->values[i], "subscribe", target, fault))
			return false;
		/* MshPRT 4.3.2.19: neither all-nodes nor a unicast address can be subscribed to. */
		if (!target->has_label && (!bm_addr_is_group(target->addr) || target->addr == BM_ADDR_ALL_NODES))
			return bm_fault_set(
				fault, BM_FAULT_VALUE,
				"subscribe must be a group address (0xc000 to 0xfffe) or a label, not 0x%04x",
				target->addr);
	}
	return true;
}

static bool is_given(const struct bm_value *value)
{
	return value->kind != BM_VALUE_ABSENT && value->kind != BM_VALUE_NONE;
}

static bool take_publication(const struct bm_provisioner_configure_args *args, struct bm_config_plan *plan,
			     struct bm_fault *fault)
{
	int64_t ttl = BM_TTL_DEFAULT;
	plan->has_publish = is_given(&args->publish);
	if (!plan->has_publish && (is_given(&args->period) || is_given(&args->publish_ttl)))
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s needs publish",
				    is_given(&args->period) ? "period" : "publish_ttl");
	if (!plan->has_publish)
		return true;
	if (!take_target(&args->publish, "publish", &plan->publish, fault) ||
	    !bm_take_period(&args->period, &plan->publish_period, fault) ||
	    (is_given(&args->publish_ttl) &&
	     !bm_take_int(&args->publish_ttl, "publish_ttl", 0, BM_TTL_MAX, &ttl, fault)))
		return false;
	if (ttl == 1)
		return bm_fault_set(fault, BM_FAULT_VALUE, "publish_ttl must be 0 or 2 to %u, not 1", BM_TTL_MAX);
	plan->publish_ttl = (uint8_t)ttl;
	return true;
}

static bool take_flag(const struct bm_value *value, const char *name, bool *has, bool *out, struct bm_fault *fault)
{
	*has = is_given(value);
	return !*has || bm_take_bool(value, name, out, fault);
}

static bool take_settings(const struct bm_provisioner_configure_args *args, struct bm_config_plan *plan,
			  struct bm_fault *fault)
{
	int64_t ttl = 0;
	plan->has_ttl = is_given(&args->ttl);
	if ((plan->has_ttl && !bm_take_int(&args->ttl, "ttl", 0, BM_TTL_MAX, &ttl, fault)) ||
	    !take_flag(&args->relay, "relay", &plan->has_relay, &plan->relay, fault) ||
	    !take_flag(&args->beacon, "beacon", &plan->has_beacon, &plan->beacon, fault))
		return false;
	if (plan->has_ttl && ttl == 1)
		return bm_fault_set(fault, BM_FAULT_VALUE, "ttl must be 0 or 2 to %u, not 1", BM_TTL_MAX);
	plan->ttl = (uint8_t)ttl;
	return true;
}

static bool take_app_key(const struct bm_script_provisioner *p, const struct bm_value *value,
			 struct bm_config_plan *plan, struct bm_fault *fault)
{
	int64_t app_idx = 0;
	if (!bm_take_int(value, "app_idx", 0, BM_KEY_INDEX_MAX, &app_idx, fault))
		return false;
	for (size_t i = 0; i < p->app_key_count; i++)
		if (p->app_keys[i].app_idx == app_idx) {
			/* Who names no model at all wants none bound. */
			plan->with_app_key = !plan->models_named || plan->model_count;
			plan->app_idx = (uint16_t)app_idx;
			memcpy(plan->app_key, p->app_keys[i].key, sizeof plan->app_key);
			return true;
		}
	return bm_fault_set(fault, BM_FAULT_VALUE, "app_idx: there is no application key %u: call add_app_key first",
			    (unsigned)app_idx);
}

void bm_script_provisioner_configure(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_provisioner_configure_args *args = ctx;
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_config_plan plan = {.element = -1};
	void *function = NULL;
	int64_t element = -1;
	struct bm_known_device *device = p ? bm_known_take(p, &args->node, "node", fault) : NULL;
	if (!device || !take_models(&args->bind, &plan, fault) ||
	    (is_given(&args->element) && !bm_take_int(&args->element, "element", 0, 254, &element, fault)) ||
	    !take_app_key(p, &args->app_idx, &plan, fault) || !take_subscriptions(&args->subscribe, &plan, fault) ||
	    !take_publication(args, &plan, fault) || !take_settings(args, &plan, fault) ||
	    !bm_take_callback(&args->callback, "callback", &function, fault) || !bm_known_is_idle(device, fault))
		goto out;
	if (!device->addr) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "the device is not provisioned yet");
		goto out;
	}
	if (element >= device->elements) {
		bm_fault_set(fault, BM_FAULT_VALUE, "element: the node has %u, counted from 0", device->elements);
		goto out;
	}
	plan.element = (int)element;
	device->first_refusal[0] = '\0';
	bm_known_begin(device, function);
	bm_known_set_state(device, BM_KNOWN_CONFIGURING);
	bm_configurator_init(&device->configurator, p->node, told, device);
	bm_configurator_begin(&device->configurator, device->addr, &plan, bm_runtime_now(board->rt));
out:
	bm_wipe(&plan, sizeof plan);
}

static void forget(struct bm_known_device *device)
{
	bm_known_forget_node(device);
	bm_known_set_state(device, BM_KNOWN_HEARD);
	bm_known_end(device, BM_OUTCOME_DONE, "");
	bm_known_tell(device, BM_MESH_NODE_RESET_EVT, (struct bm_value){.kind = BM_VALUE_NONE});
}

static void on_reset_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len,
			  bm_time now)
{
	struct bm_known_device *device = ctx;
	(void)opcode;
	(void)params;
	(void)len;
	(void)now;
	if (device->state != BM_KNOWN_RESETTING)
		return;
	if (result == BM_OK) {
		forget(device);
		return;
	}
	bm_known_set_state(device, BM_KNOWN_NODE);
	bm_known_end(device, BM_OUTCOME_FAILED, bm_err_text(result));
	bm_known_tell_text(device, BM_MESH_NODE_FAILED_EVT, bm_err_text(result));
}

static struct bm_known_device *take_node(struct bm_board *board, const struct bm_provisioner_node_args *args,
					 void **function, struct bm_fault *fault)
{
	const struct bm_script_provisioner *p = bm_known_provisioner(board, fault);
	struct bm_known_device *device = p ? bm_known_take(p, &args->node, "node", fault) : NULL;
	if (!device || !bm_take_callback(&args->callback, "callback", function, fault) ||
	    !bm_known_is_idle(device, fault))
		return NULL;
	if (device->addr)
		return device;
	bm_fault_set(fault, BM_FAULT_RUNTIME, "the device is no node of ours");
	return NULL;
}

void bm_script_provisioner_reset_node(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	void *function = NULL;
	struct bm_known_device *device = take_node(board, ctx, &function, fault);
	if (!device)
		return;
	bm_known_begin(device, function);
	bm_known_set_state(device, BM_KNOWN_RESETTING);
	const enum bm_err err = bm_config_request(device->provisioner->node, BM_NET_IDX_PRIMARY, device->addr,
						  BM_OP_CONFIG_NODE_RESET, NULL, 0, 0, on_reset_done, device,
						  bm_runtime_now(board->rt));
	if (err == BM_OK)
		return;
	bm_known_set_state(device, BM_KNOWN_NODE);
	bm_known_end(device, BM_OUTCOME_FAILED, bm_err_text(err));
	bm_fault_set(fault, BM_FAULT_RUNTIME, "reset_node failed: %s", bm_err_text(err));
}

void bm_script_provisioner_remove_node(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	void *function = NULL;
	struct bm_known_device *device = take_node(board, ctx, &function, fault);
	if (!device)
		return;
	bm_known_begin(device, function);
	forget(device);
}
