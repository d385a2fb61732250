/*
 * BLE_Mesh's module functions.
 *
 *   (nothing) ─create_element▶ element ─add_model…▶ ─init▶ node ─set_node_prov▶ can be provisioned ⇄ provisioned
 */
#include "script/mesh_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/board.h"
#include "script/keep.h"
#include "script/mesh_model.h"
#include "script/mesh_node.h"
#include "script/mesh_proxy.h"
#include "script/provisioner.h"

#define DEFAULT_NAME "PYCOM-ESP-BLE-MESH"

struct api_call {
	struct bm_board *board;
	bm_api_function *function;
	void *args;
	struct bm_fault *fault;
};

static void run_api_call(void *ctx)
{
	const struct api_call *call = ctx;
	call->fault->kind = BM_FAULT_NONE;
	call->function(call->board, call->args, call->fault);
}

void bm_api_call(struct bm_board *board, bm_api_function *function, void *args, struct bm_fault *fault)
{
	struct api_call call = {.board = board, .function = function, .args = args, .fault = fault};
	bool due;
	(void)bm_clock_read(board->rt, &due);
	if (due)
		bm_thread_yield(board->rt);
	fault->kind = BM_FAULT_NONE;
	bm_fault_set(fault, BM_FAULT_RUNTIME, "the board has stopped");
	bm_runtime_call(board->rt, run_api_call, &call);
}

static void tell(struct bm_board *board, int event, const struct bm_oob_value *oob)
{
	struct bm_callback callback = {.kind = BM_CALLBACK_PROV,
				       .function = board->mesh.function,
				       .event = event,
				       .state.kind = BM_VALUE_NONE};
	if (oob)
		callback.state = (struct bm_value){.kind = BM_VALUE_INT, .i = oob->number};
	bm_board_queue(board, &callback);
}

static void say_prov(struct bm_board *board, enum bm_board_prov prov, uint16_t addr, const struct bm_oob_value *oob)
{
	struct bm_board_event event = {.kind = BM_BOARD_PROV, .prov = prov, .addr = addr};
	if (oob)
		event.oob = *oob;
	bm_board_say(board, &event);
}

/* After a reset the bearers that were on come on again. */
static void enable_again(void *ctx)
{
	struct bm_board *board = ctx;
	struct bm_mesh *mesh = &board->mesh;
	if (!mesh->bearers || bm_node_is_provisioned(mesh->node))
		return;
	if (bm_node_prov_enable(mesh->node, mesh->bearers, bm_runtime_now(board->rt)) == BM_OK)
		say_prov(board, BM_BOARD_BEACONING, 0, NULL);
}

static void on_reset(struct bm_board *board)
{
	for (size_t i = 0; i < board->mesh.model_count; i++)
		bm_script_model_reset(&board->mesh.models[i]);
	board->mesh.restored = false;
	say_prov(board, BM_BOARD_RESET, 0, NULL);
	tell(board, BM_MESH_PROV_RESET_EVT, NULL);
	bm_runtime_at(board->rt, bm_runtime_now(board->rt), enable_again, board);
}

static void warn_of_full_list(struct bm_board *board, const struct bm_event *event)
{
	char text[96];
	snprintf(text, sizeof text, "its friend 0x%04x has no room for %u of the addresses it subscribes to",
		 event->addr, event->size);
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_WARNING, .text = text});
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct bm_board *board = ctx;
	if (board->mesh.provisioner)
		bm_script_provisioner_event(board->mesh.provisioner, event);
	bm_mesh_proxy_event(board, event);
	switch (event->kind) {
	case BM_EVENT_LINK_OPEN:
		say_prov(board, BM_BOARD_LINK_OPEN, 0, NULL);
		tell(board, BM_MESH_LINK_OPEN_EVT, NULL);
		break;
	case BM_EVENT_LINK_CLOSE:
		board->mesh.input_size = 0;
		say_prov(board, BM_BOARD_CLOSED, 0, NULL);
		tell(board, BM_MESH_LINK_CLOSE_EVT, NULL);
		break;
	case BM_EVENT_OUTPUT_OOB:
		/* The script blinks a number now, which somebody counts. */
		bm_led_attention(board, 0);
		say_prov(board, BM_BOARD_OOB, 0, &event->oob);
		tell(board, BM_MESH_PROV_OUTPUT_OOB_REQ_EVT, &event->oob);
		break;
	case BM_EVENT_INPUT_OOB:
		board->mesh.input_action = event->action;
		board->mesh.input_size = event->size;
		say_prov(board, BM_BOARD_OOB, 0, NULL);
		tell(board, BM_MESH_PROV_INPUT_OOB_REQ_EVT, NULL);
		break;
	case BM_EVENT_PROVISIONED:
		say_prov(board, BM_BOARD_COMPLETE, event->addr, NULL);
		tell(board, BM_MESH_PROV_COMPLETE_EVT, NULL);
		break;
	case BM_EVENT_PROV_FAILED:
		say_prov(board, BM_BOARD_FAILED, 0, NULL);
		break;
	case BM_EVENT_RESET:
		on_reset(board);
		break;
	case BM_EVENT_RESTORED:
	case BM_EVENT_STORE_FAILED:
		bm_keep_event(board, event);
		break;
	case BM_EVENT_FRIEND_FOUND:
		say_prov(board, BM_BOARD_FRIEND_FOUND, event->addr, NULL);
		break;
	case BM_EVENT_FRIEND_LOST:
		say_prov(board, BM_BOARD_FRIEND_LOST, event->addr, NULL);
		break;
	case BM_EVENT_FRIEND_LIST_FULL:
		warn_of_full_list(board, event);
		break;
	case BM_EVENT_ATTENTION:
		bm_led_attention(board, event->seconds);
		tell(board, BM_MESH_ATTENTION_EVT, &(struct bm_oob_value){.number = event->seconds});
		break;
	default:
		break;
	}
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	const struct bm_board *board = ctx;
	bm_runtime_random(board->rt, out, len);
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_board *board = ctx;
	board->options.on_trace(board->options.ctx, board, trace);
}

/* Models are added in the order of their elements. */
static enum bm_err compose(const struct bm_mesh *mesh, struct bm_node *node)
{
	enum bm_err err = BM_OK;
	for (uint8_t element = 0; element <= mesh->secondaries && err == BM_OK; element++) {
		uint8_t index = 0;
		if (element > 0)
			err = bm_node_add_element(node, 0, &index);
		for (size_t i = 0; i < mesh->model_count && err == BM_OK; i++)
			if (mesh->models[i].element == element && !bm_script_is_sensor(&mesh->models[i]))
				err = bm_node_add_model(node, index, mesh->models[i].model);
		struct bm_model *models[3];
		const size_t count = mesh->sensors[element] ? bm_script_sensor_models(mesh->sensors[element], models)
							    : 0;
		for (size_t i = 0; i < count && err == BM_OK; i++)
			err = bm_node_add_model(node, index, models[i]);
	}
	return err;
}

enum bm_err bm_mesh_make_node(struct bm_board *board, const struct bm_node_config *config, bool kept,
			      struct bm_node **node)
{
	struct bm_mesh *mesh = &board->mesh;
	const struct bm_node_ops ops = {
		.ctx = board,
		.random = on_random,
		.event = on_event,
		.store = kept && board->options.store ? bm_keep_put : NULL,
		.trace = board->options.on_trace ? on_trace : NULL,
	};
	const struct bm_bearer bearer = bm_station_bearer(board->station);
	const size_t size = bm_node_size(&config->limits);
	mesh->memory = malloc(size);
	if (!mesh->memory)
		return BM_ERR_NO_SPACE;
	mesh->memory_size = size;
	enum bm_err err = bm_node_init(mesh->memory, size, config, &ops, &bearer, node);
	if (err == BM_OK)
		err = compose(mesh, *node);
	if (err == BM_OK && kept)
		err = bm_keep_restore(board, *node);
	if (err == BM_OK)
		err = bm_node_start(*node, bm_runtime_now(board->rt));
	return err;
}

static bool take_name(const struct bm_value *value, char *out, size_t size, struct bm_fault *fault)
{
	if (value->kind == BM_VALUE_ABSENT) {
		strcpy(out, DEFAULT_NAME);
		return true;
	}
	if (value->kind == BM_VALUE_OTHER && strcmp(value->type_name, "str") == 0)
		return bm_fault_set(fault, BM_FAULT_VALUE, "name must be text that UTF-8 can hold");
	if (value->kind != BM_VALUE_TEXT)
		return bm_fault_set(fault, BM_FAULT_TYPE, "name must be a str, not %s", value->type_name);
	if (value->len == 0 || value->len >= size)
		return bm_fault_set(fault, BM_FAULT_VALUE, "name must have 1 to %zu octets, not %zu", size - 1,
				    value->len);
	memcpy(out, value->text, value->len + 1);
	return true;
}

void bm_mesh_init(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_init_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	char name[sizeof mesh->name];
	int64_t auth = 0;
	void *function = NULL;
	struct bm_node *node = NULL;
	if (!take_name(&args->name, name, sizeof name, fault) ||
	    !bm_take_int(&args->auth, "auth", 0, BM_MESH_OOB_INPUT | BM_MESH_OOB_OUTPUT, &auth, fault) ||
	    !bm_take_callback(&args->callback, "callback", &function, fault))
		return;
	if (mesh->node) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "BLE_Mesh is already initialised%s",
			     mesh->provisioner ? ": provisioner has done it" : "");
		return;
	}
	if (!mesh->elements[0].created) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "there is no primary element: call create_element before init");
		return;
	}
	memcpy(mesh->name, name, sizeof name);
	const struct bm_node_config config = bm_mesh_node_config(board, auth);
	const enum bm_err err = bm_mesh_make_node(board, &config, true, &node);
	if (err != BM_OK) {
		bm_mesh_drop_node(board);
		bm_fault_set(fault, BM_FAULT_RUNTIME, "init failed: %s", bm_err_text(err));
		return;
	}
	mesh->function = function;
	mesh->node = node;
	tell(board, BM_MESH_PROV_REGISTER_EVT, NULL);
	if (mesh->restored) {
		say_prov(board, BM_BOARD_RESTORED, mesh->restored_addr, NULL);
		tell(board, BM_MESH_PROV_COMPLETE_EVT, NULL);
	}
}

static bool is_initialised(const struct bm_mesh *mesh, struct bm_fault *fault)
{
	return mesh->node || bm_fault_set(fault, BM_FAULT_RUNTIME, "BLE_Mesh is not initialised: call init first");
}

void bm_mesh_set_node_prov(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_prov_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	int64_t bearer = BM_MESH_PROV_NONE;
	if (args->bearer.kind == BM_VALUE_HUGE)
		bearer = 0;
	else if (!bm_take_int(&args->bearer, "bearer", INT64_MIN, INT64_MAX, &bearer, fault))
		return;
	if (bearer < BM_MESH_PROV_ADV || bearer > BM_MESH_PROV_NONE) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "bearer must be PROV_ADV, PROV_GATT, both ORed, or PROV_NONE");
		return;
	}
	if (!is_initialised(mesh, fault))
		return;
	const bm_time now = bm_runtime_now(board->rt);
	if (bearer == BM_MESH_PROV_NONE) {
		mesh->bearers = 0;
		bm_node_prov_disable(mesh->node, now);
		tell(board, BM_MESH_PROV_DISABLE_EVT, NULL);
		return;
	}
	const uint8_t bearers = (uint8_t)((bearer & BM_MESH_PROV_ADV ? BM_PROV_BEARER_ADV : 0) |
					  (bearer & BM_MESH_PROV_GATT ? BM_PROV_BEARER_GATT : 0));
	const enum bm_err err = bm_node_prov_enable(mesh->node, bearers, now);
	if (err == BM_ERR_STATE && mesh->restored) {
		/* A script says this at its end, not knowing that the board is a node since the run before. The bearers
		 * come on after a reset. */
		mesh->bearers = bearers;
	} else if (err == BM_ERR_STATE) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "the node is already provisioned");
	} else if (err != BM_OK) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "set_node_prov failed: %s", bm_err_text(err));
	} else {
		mesh->bearers = bearers;
		say_prov(board, BM_BOARD_BEACONING, 0, NULL);
		tell(board, BM_MESH_PROV_ENABLE_EVT, NULL);
	}
}

void bm_mesh_reset_node_prov(struct bm_board *board, void *args, struct bm_fault *fault)
{
	(void)args;
	if (!is_initialised(&board->mesh, fault))
		return;
	if (board->mesh.provisioner) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "a provisioner cannot leave its own network");
		return;
	}
	const enum bm_err err = bm_node_reset(board->mesh.node, bm_runtime_now(board->rt));
	if (err == BM_ERR_NOT_PROVISIONED)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "the node is not provisioned: there is nothing to reset");
	else if (err != BM_OK)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "reset_node_prov failed: %s", bm_err_text(err));
}

/* The value in the shape that was asked for; digits may come as text. */
static bool take_oob(const struct bm_mesh *mesh, const struct bm_value *oob, struct bm_oob_value *out,
		     struct bm_fault *fault)
{
	int64_t number = 0, most = 9;
	struct bm_value digits = {.kind = BM_VALUE_INT};
	out->is_text = mesh->input_action == BM_PROV_INPUT_TEXT;
	if (out->is_text) {
		if (oob->kind != BM_VALUE_TEXT)
			return bm_fault_set(fault, BM_FAULT_TYPE, "oob must be a str: text was asked for");
		if (oob->len == 0 || oob->len > mesh->input_size || oob->len >= sizeof out->text)
			return bm_fault_set(fault, BM_FAULT_VALUE, "oob must have 1 to %u characters, not %zu",
					    mesh->input_size, oob->len);
		memcpy(out->text, oob->text, oob->len);
		return true;
	}
	for (uint8_t i = 1; i < mesh->input_size; i++)
		most = most * 10 + 9;
	if (oob->kind == BM_VALUE_TEXT) {
		if (oob->len == 0 || oob->len > mesh->input_size || strspn(oob->text, "0123456789") != oob->len)
			return bm_fault_set(fault, BM_FAULT_VALUE, "oob must be 1 to %u digits", mesh->input_size);
		for (size_t i = 0; i < oob->len; i++)
			digits.i = digits.i * 10 + (oob->text[i] - '0');
		oob = &digits;
	}
	if (!bm_take_int(oob, "oob", 0, most, &number, fault))
		return false;
	out->number = (uint32_t)number;
	return true;
}

static void hand_over(struct bm_board *board, const struct bm_oob_value *value, struct bm_fault *fault)
{
	const enum bm_err err = bm_node_input_oob(board->mesh.node, value, bm_runtime_now(board->rt));
	if (err == BM_OK)
		board->mesh.input_size = 0;
	else
		bm_fault_set(fault, BM_FAULT_RUNTIME, "oob was not taken: %s", bm_err_text(err));
}

void bm_mesh_input_oob(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_oob_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	struct bm_oob_value value = {.is_text = false};
	if (args->oob.kind != BM_VALUE_INT && args->oob.kind != BM_VALUE_HUGE && args->oob.kind != BM_VALUE_TEXT) {
		bm_fault_set(fault, BM_FAULT_TYPE, "oob must be an int or a str, not %s", args->oob.type_name);
		return;
	}
	if (!is_initialised(mesh, fault))
		return;
	if (mesh->input_size == 0)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "no oob is asked for: wait for PROV_INPUT_OOB_REQ_EVT");
	else if (take_oob(mesh, &args->oob, &value, fault))
		hand_over(board, &value, fault);
}

/* What is the node's comes with the primary element alone. */
static bool is_bare(const struct bm_mesh_element_args *args, struct bm_fault *fault)
{
	static const char text[] = "%s is the node's: it is given with the primary element";
	if (args->feature.kind != BM_VALUE_ABSENT)
		return bm_fault_set(fault, BM_FAULT_VALUE, text, "feature");
	if (args->beacon.kind != BM_VALUE_ABSENT)
		return bm_fault_set(fault, BM_FAULT_VALUE, text, "beacon");
	if (args->ttl.kind != BM_VALUE_ABSENT)
		return bm_fault_set(fault, BM_FAULT_VALUE, text, "ttl");
	return true;
}

void bm_mesh_create_element(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_mesh_element_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	bool primary = false, beacon = true;
	int64_t feature = 0, ttl = 7;
	const int64_t all = BM_MESH_RELAY | BM_MESH_GATT_PROXY | BM_MESH_LOW_POWER | BM_MESH_FRIEND;
	if (args->primary.kind == BM_VALUE_ABSENT) {
		bm_fault_set(fault, BM_FAULT_TYPE, "create_element needs primary=True or primary=False");
		return;
	}
	if (!bm_take_bool(&args->primary, "primary", &primary, fault) ||
	    !bm_take_int(&args->feature, "feature", 0, all, &feature, fault) ||
	    !bm_take_bool(&args->beacon, "beacon", &beacon, fault) ||
	    !bm_take_int(&args->ttl, "ttl", 0, BM_TTL_MAX, &ttl, fault))
		return;
	/* MshPRT 4.2.8: the Default TTL state is 0 or 2 to 127. */
	if (ttl == 1)
		bm_fault_set(fault, BM_FAULT_VALUE, "ttl must be 0 or 2 to %u, not 1", BM_TTL_MAX);
	else if (board->mesh.node)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "elements must be created before init");
	else if (primary && mesh->elements[0].created)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "primary: there is a primary element already");
	else if (!primary && mesh->secondaries + 1u == BM_MESH_ELEMENTS_MAX)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "primary: too many elements: %u at most", BM_MESH_ELEMENTS_MAX);
	else if (!primary)
		(void)is_bare(args, fault);
	if (fault->kind != BM_FAULT_NONE)
		return;
	const uint8_t index = primary ? 0 : ++mesh->secondaries;
	args->element = &mesh->elements[index];
	*args->element = (struct bm_script_element){.board = board,
						    .created = true,
						    .index = index,
						    .features = (uint16_t)feature,
						    .beacon = beacon,
						    .ttl = (uint8_t)ttl};
}

static bool take_kind(const struct bm_mesh_model_args *args, int *type, int *role, struct bm_fault *fault)
{
	int64_t wanted = BM_MESH_GEN_ONOFF, side = BM_MESH_SERVER;
	if (args->type.kind == BM_VALUE_HUGE)
		wanted = -1;
	else if (!bm_take_int(&args->type, "type", INT64_MIN, INT64_MAX, &wanted, fault))
		return false;
	if (!bm_take_int(&args->server_client, "server_client", BM_MESH_SERVER, BM_MESH_CLIENT, &side, fault))
		return false;
	if (wanted < BM_MESH_GEN_ONOFF || wanted > BM_MESH_SENSOR_SETUP)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "type: there is no such model type");
	*type = (int)wanted;
	*role = (int)side;
	return true;
}

static bool may_add(const struct bm_mesh *mesh, const struct bm_script_model *m, struct bm_fault *fault)
{
	if (mesh->node)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "models must be added before init");
	if (mesh->model_count == BM_MESH_MODELS_MAX)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "too many models: %u at most", BM_MESH_MODELS_MAX);
	if (!bm_script_model_exists(mesh, m))
		return true;
	const char *type = bm_script_type_name(m->type), *role = m->role == BM_MESH_SERVER ? "server" : "client";
	return bm_script_is_sensor(m) && m->codec.property
		       ? bm_fault_set(fault, BM_FAULT_RUNTIME, "the element has a %s %s of property 0x%04x already",
				      type, role, m->codec.property_id)
		       : bm_fault_set(fault, BM_FAULT_RUNTIME, "the element has a %s %s already", type, role);
}

/* The state at the start, of OnOff and Level; a sensor's is described with its property. */
static bool take_initial(const struct bm_script_model *m, const struct bm_value *value, int64_t *initial,
			 struct bm_fault *fault)
{
	bool on = false;
	if (value->kind == BM_VALUE_NONE || bm_script_is_sensor(m))
		return true;
	if (m->type == BM_MESH_GEN_LEVEL)
		return bm_take_int(value, "value", BM_LEVEL_MIN, BM_LEVEL_MAX, initial, fault);
	if (!bm_take_bool(value, "value", &on, fault))
		return false;
	*initial = on;
	return true;
}

void bm_mesh_add_model(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_mesh_model_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	struct bm_script_model m = {.board = board, .element = args->element->index};
	int64_t initial = 0;
	if (!take_kind(args, &m.type, &m.role, fault) ||
	    !bm_take_callback(&args->callback, "callback", &m.function, fault) ||
	    !bm_script_sensor_describe(&m, args, fault) || !take_initial(&m, &args->value, &initial, fault) ||
	    !may_add(mesh, &m, fault))
		return;
	struct bm_script_model *model = &mesh->models[mesh->model_count];
	*model = m;
	if (!bm_script_is_sensor(model))
		bm_script_model_bind(model, initial);
	else if (!bm_script_sensor_add(model, args, fault))
		return;
	mesh->model_count++;
	args->model = model;
}

bm_time bm_mesh_deadline(const struct bm_board *board)
{
	const struct bm_mesh *mesh = &board->mesh;
	bm_time next = mesh->node ? bm_node_deadline(mesh->node) : BM_TIME_NEVER;
	if (mesh->provisioner) {
		const bm_time at = bm_script_provisioner_deadline(mesh->provisioner);
		next = at < next ? at : next;
	}
	return next;
}

void bm_mesh_run(struct bm_board *board, bm_time now)
{
	struct bm_mesh *mesh = &board->mesh;
	if (mesh->node && bm_node_deadline(mesh->node) <= now)
		bm_node_run(mesh->node, now);
	if (mesh->provisioner && bm_script_provisioner_deadline(mesh->provisioner) <= now)
		bm_script_provisioner_run(mesh->provisioner, now);
}
