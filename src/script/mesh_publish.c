/*
 * What a script's model listens to and where it publishes: addresses as scripts give them, subscriptions, publication.
 */
#include <math.h>
#include <string.h>

#include "access/access.h"
#include "crypto/crypto.h"
#include "script/board.h"
#include "script/mesh_api.h"
#include "script/mesh_model.h"

/* MshPRT 4.2.2.2: six bits of steps, two of resolution. */
#define PERIOD_STEPS_MAX 63.0

bool bm_script_model_is_in_mesh(const struct bm_script_model *m, struct bm_fault *fault)
{
	const struct bm_node *node = m->board->mesh.node;
	if (!node)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "BLE_Mesh is not initialised: call init first");
	return bm_node_is_provisioned(node) || bm_fault_set(fault, BM_FAULT_RUNTIME, "the node is not provisioned");
}

bool bm_script_model_is_bound(const struct bm_script_model *m, uint16_t app_idx, struct bm_fault *fault)
{
	return bm_model_is_bound(m->model, app_idx) ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "the model is not bound to application key app_idx=%u", app_idx);
}

/* A virtual address is a hash: only a label the node uses already can be found by it. */
static bool find_label(const struct bm_script_model *m, const char *name, struct bm_script_address *out,
		       struct bm_fault *fault)
{
	const struct bm_labels *labels = m && m->model->access ? bm_transport_labels(m->model->access->transport)
							       : NULL;
	for (uint8_t i = 0; labels && i < labels->capacity; i++)
		if (labels->table[i].users && labels->table[i].addr == out->addr) {
			memcpy(out->label, labels->table[i].uuid, sizeof out->label);
			out->has_label = true;
			return true;
		}
	return bm_fault_set(fault, BM_FAULT_VALUE,
			    "%s: no label is known for virtual address 0x%04x; give the 16-byte label", name,
			    out->addr);
}

bool bm_take_address(const struct bm_script_model *m, const struct bm_value *value, const char *name,
		     struct bm_script_address *out, struct bm_fault *fault)
{
	int64_t addr = out->addr;
	if (value->kind == BM_VALUE_OCTETS) {
		if (value->len != BM_UUID_LEN)
			return bm_fault_set(fault, BM_FAULT_VALUE, "%s: a label has %u bytes, not %zu", name,
					    BM_UUID_LEN, value->len);
		memcpy(out->label, value->text, BM_UUID_LEN);
		out->has_label = true;
		out->addr = bm_virtual_addr(out->label);
		return true;
	}
	if (value->kind != BM_VALUE_INT && value->kind != BM_VALUE_HUGE && value->kind != BM_VALUE_ABSENT)
		return bm_fault_set(fault, BM_FAULT_TYPE,
				    "%s must be an address (an int) or a label of %u bytes, not %s", name, BM_UUID_LEN,
				    bm_value_type(value));
	if (!bm_take_int(value, name, 0, 0xffff, &addr, fault))
		return false;
	*out = (struct bm_script_address){.addr = (uint16_t)addr};
	return !bm_addr_is_virtual(out->addr) || find_label(m, name, out, fault);
}

static bool take_subscription(const struct bm_mesh_subscribe_args *args, struct bm_script_address *out,
			      struct bm_fault *fault)
{
	*out = (struct bm_script_address){.addr = BM_ADDR_UNASSIGNED};
	if (!bm_take_address(args->model, &args->addr, "addr_or_label", out, fault))
		return false;
	/* MshPRT 4.3.2.23: neither all-nodes nor a unicast address can be subscribed to. */
	if (!out->has_label && (!bm_addr_is_group(out->addr) || out->addr == BM_ADDR_ALL_NODES))
		return bm_fault_set(fault, BM_FAULT_VALUE,
				    "addr_or_label must be a group address (0xc000 to 0xfffe) or a label, not 0x%04x",
				    out->addr);
	return bm_script_model_is_in_mesh(args->model, fault);
}

void bm_model_subscribe(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_subscribe_args *args = ctx;
	struct bm_model *model = args->model->model;
	struct bm_script_address to;
	(void)board;
	if (!take_subscription(args, &to, fault))
		return;
	const enum bm_err err = bm_access_subscribe(model->access, model, to.addr, to.has_label ? to.label : NULL);
	if (err == BM_ERR_NO_SPACE)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "addr_or_label: there is no room for another subscription");
	else if (err)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "subscribe failed: %s", bm_err_text(err));
}

void bm_model_unsubscribe(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_subscribe_args *args = ctx;
	struct bm_model *model = args->model->model;
	struct bm_script_address to;
	(void)board;
	if (!take_subscription(args, &to, fault))
		return;
	const enum bm_err err = bm_access_unsubscribe(model->access, model, to.addr, to.has_label ? to.label : NULL);
	if (err)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "unsubscribe failed: %s", bm_err_text(err));
}

/* Seconds to steps of the finest resolution that holds them. */
bool bm_take_period(const struct bm_value *value, uint8_t *out, struct bm_fault *fault)
{
	static const double resolutions[] = {0.1, 1, 10, 600};
	double seconds = 0;
	*out = 0;
	if (value->kind == BM_VALUE_ABSENT || value->kind == BM_VALUE_NONE)
		return true;
	if (!bm_take_number(value, "period", &seconds, fault))
		return false;
	if (seconds < 0 || (seconds > 0 && seconds < 0.1) || seconds > PERIOD_STEPS_MAX * 600)
		return bm_fault_set(fault, BM_FAULT_VALUE, "period must be 0 or 0.1 to 37800 seconds, not %g", seconds);
	for (size_t i = 0; i < BM_ARRAY_LEN(resolutions); i++) {
		const double steps = round(seconds / resolutions[i]);
		if (steps <= PERIOD_STEPS_MAX) {
			*out = (uint8_t)((unsigned)steps | (unsigned)i << 6);
			return true;
		}
	}
	return true;
}

static bool take_period(const struct bm_mesh_publish_args *args, uint8_t *out, struct bm_fault *fault)
{
	const struct bm_model_ops *ops = args->model->model->ops;
	if (!bm_take_period(&args->period, out, fault))
		return false;
	return *out == 0 || (ops && ops->publish) ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "period: this model publishes nothing by itself");
}

static bool take_publication(const struct bm_mesh_publish_args *args, struct bm_script_address *to,
			     struct bm_publication *out, struct bm_fault *fault)
{
	int64_t ttl = BM_TTL_DEFAULT, app_idx = 0;
	const bool off = args->addr.kind == BM_VALUE_ABSENT || args->addr.kind == BM_VALUE_NONE;
	*to = (struct bm_script_address){.addr = BM_ADDR_UNASSIGNED};
	if ((!off && !bm_take_address(args->model, &args->addr, "addr_or_label", to, fault)) ||
	    !take_period(args, &out->period, fault) ||
	    (args->ttl.kind != BM_VALUE_NONE && !bm_take_int(&args->ttl, "ttl", 0, BM_TTL_MAX, &ttl, fault)) ||
	    !bm_take_int(&args->app_idx, "app_idx", 0, BM_KEY_INDEX_MAX, &app_idx, fault))
		return false;
	if (ttl == 1)
		return bm_fault_set(fault, BM_FAULT_VALUE, "ttl must be 0 or 2 to %u, not 1", BM_TTL_MAX);
	if (!off && to->addr == BM_ADDR_UNASSIGNED)
		return bm_fault_set(fault, BM_FAULT_VALUE, "addr_or_label must not be 0; None ends the publication");
	out->addr = to->addr;
	out->ttl = (uint8_t)ttl;
	out->app_idx = (uint16_t)app_idx;
	return bm_script_model_is_in_mesh(args->model, fault) &&
	       (off || bm_script_model_is_bound(args->model, out->app_idx, fault));
}

void bm_model_set_publication(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_publish_args *args = ctx;
	struct bm_model *model = args->model->model;
	struct bm_script_address to;
	struct bm_publication publication = {0};
	(void)board;
	if (!take_publication(args, &to, &publication, fault))
		return;
	const enum bm_err err = bm_access_set_publication(model->access, model, &publication,
							  to.has_label ? to.label : NULL);
	if (err == BM_ERR_NO_SPACE)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "addr_or_label: there is no room for another label");
	else if (err)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "publish failed: %s", bm_err_text(err));
}
