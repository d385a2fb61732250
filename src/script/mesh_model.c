/*
 * Models of a script: get_state, set_state, status_state, and the callbacks.
 *
 * A client remembers what it asked, so that its callback can be told why a Status came: an answer (0) or not (2), or
 * that none came in time (3).
 */
#include "script/mesh_model.h"

#include <string.h>

#include "script/board.h"
#include "script/mesh_api.h"

#define GET_TIMEOUT_US (5 * (uint64_t)BM_US_PER_S)
#define PROPERTY_ID 0x0056u
#define NO_TRANSITION 0xffu
/* A Move without a time would not move (MshMDL 3.3.2.2.4): one step of a second. */
#define MOVE_TRANSITION 0x41u

static void queue(struct bm_script_model *m, struct bm_value state, int event, uint32_t opcode, const struct bm_rx *rx)
{
	struct bm_callback callback = {.kind = BM_CALLBACK_MODEL,
				       .function = m->function,
				       .state = state,
				       .event = event,
				       .opcode = opcode,
				       .model = m};
	if (rx)
		callback.message = (struct bm_message){.received = true,
						       .src = rx->src,
						       .dst = rx->dst,
						       .app_idx = rx->app_idx,
						       .rssi = rx->rssi,
						       .ttl = rx->ttl};
	bm_board_queue(m->board, &callback);
}

static struct bm_value of_bool(bool b)
{
	return (struct bm_value){.kind = BM_VALUE_BOOL, .i = b};
}

static struct bm_value of_int(int64_t i)
{
	return (struct bm_value){.kind = BM_VALUE_INT, .i = i};
}

static struct bm_value of_double(double f)
{
	return (struct bm_value){.kind = BM_VALUE_FLOAT, .f = f};
}

/* Why a client's Status came. */
static int status_event(struct bm_script_model *m, const struct bm_rx *rx)
{
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++) {
		struct bm_mesh_request *request = &m->requests[i];
		if (request->addr == rx->src && request->addr != BM_ADDR_UNASSIGNED) {
			request->addr = BM_ADDR_UNASSIGNED;
			return BM_MODEL_EVENT_GOT;
		}
	}
	/* An answer comes to our own address; what is sent to a group was not asked for. */
	return rx->now < m->group_until && bm_addr_is_unicast(rx->dst) ? BM_MODEL_EVENT_GOT : BM_MODEL_EVENT_STATUS;
}

static void on_onoff_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)now;
	queue(ctx, of_bool(present), BM_MODEL_EVENT_SET, opcode, rx);
}

static void on_onoff_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	struct bm_script_model *m = ctx;
	queue(m, of_bool(status->present), status_event(m, rx), rx->opcode, rx);
}

static void on_level_change(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)now;
	queue(ctx, of_int(present), BM_MODEL_EVENT_SET, opcode, rx);
}

static void on_level_status(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx)
{
	struct bm_script_model *m = ctx;
	queue(m, of_int(status->present), status_event(m, rx), rx->opcode, rx);
}

static void on_sensor_value(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx)
{
	struct bm_script_model *m = ctx;
	if (value->property_id != PROPERTY_ID || value->len != 2)
		return; /* another device's property: not this client's */
	const uint16_t raw = (uint16_t)(value->raw[0] | value->raw[1] << 8);
	queue(m, of_double(bm_sensor_from_raw(&m->scale, raw)), status_event(m, rx), rx->opcode, rx);
}

static void measure(struct bm_script_model *m)
{
	const uint16_t raw = bm_sensor_to_raw(&m->scale, m->value);
	m->sensor = (struct bm_sensor){
		.property_id = PROPERTY_ID, .raw = {(uint8_t)raw, (uint8_t)(raw >> 8)}, .len = 2};
}

void bm_script_model_bind(struct bm_script_model *m, int64_t initial)
{
	if (m->type == BM_MESH_GEN_ONOFF && m->role == BM_MESH_SERVER) {
		bm_onoff_server_init(&m->as.onoff_server, initial != 0, on_onoff_change, m);
		m->model = &m->as.onoff_server.model;
	} else if (m->type == BM_MESH_GEN_ONOFF) {
		bm_onoff_client_init(&m->as.onoff_client, on_onoff_status, m);
		m->model = &m->as.onoff_client.model;
	} else if (m->type == BM_MESH_GEN_LEVEL && m->role == BM_MESH_SERVER) {
		bm_level_server_init(&m->as.level_server, (int16_t)initial, on_level_change, m);
		m->model = &m->as.level_server.model;
	} else if (m->type == BM_MESH_GEN_LEVEL) {
		bm_level_client_init(&m->as.level_client, on_level_status, m);
		m->model = &m->as.level_client.model;
	} else if (m->role == BM_MESH_SERVER) {
		measure(m);
		bm_sensor_server_init(&m->as.sensor_server, &m->sensor, 1);
		m->model = &m->as.sensor_server.model;
	} else {
		bm_sensor_client_init(&m->as.sensor_client, on_sensor_value, m);
		m->model = &m->as.sensor_client.model;
	}
}

bool bm_script_scale_check(const struct bm_sensor_scale *scale, struct bm_fault *fault)
{
	if (!(scale->min < scale->max))
		return bm_fault_set(fault, BM_FAULT_VALUE, "sen_min must be below sen_max (%g is not below %g)",
				    scale->min, scale->max);
	if (!(scale->step > 0 && scale->step <= scale->max - scale->min))
		return bm_fault_set(fault, BM_FAULT_VALUE,
				    "sen_res must be above 0 and at most sen_max - sen_min, not %g", scale->step);
	return true;
}

bool bm_script_model_exists(const struct bm_mesh *mesh, uint8_t element, int type, int role)
{
	for (size_t i = 0; i < mesh->model_count; i++)
		if (mesh->models[i].element == element && mesh->models[i].type == type && mesh->models[i].role == role)
			return true;
	return false;
}

void bm_script_model_reset(struct bm_script_model *m)
{
	memset(m->requests, 0, sizeof m->requests);
	m->group_until = 0;
}

bm_time bm_script_model_deadline(const struct bm_script_model *m)
{
	bm_time next = BM_TIME_NEVER;
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++)
		if (m->requests[i].addr != BM_ADDR_UNASSIGNED && m->requests[i].until < next)
			next = m->requests[i].until;
	return next;
}

void bm_script_model_run(struct bm_script_model *m, bm_time now)
{
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++) {
		if (m->requests[i].addr == BM_ADDR_UNASSIGNED || m->requests[i].until > now)
			continue;
		m->requests[i].addr = BM_ADDR_UNASSIGNED;
		queue(m, (struct bm_value){.kind = BM_VALUE_NONE}, BM_MODEL_EVENT_TIMEOUT, 0, NULL);
	}
}

const char *bm_script_type_name(int type)
{
	static const char *const names[] = {"GEN_ONOFF", "GEN_LEVEL", "SENSOR", "SENSOR_SETUP"};
	return names[type];
}

/* Which state is meant: the model's main one, or a fault. */
static bool take_state_type(const struct bm_script_model *m, const struct bm_value *value, bool setting, int *out,
			    struct bm_fault *fault)
{
	const int main_state = m->type == BM_MESH_GEN_ONOFF   ? BM_MESH_STATE_ONOFF
			       : m->type == BM_MESH_GEN_LEVEL ? BM_MESH_STATE_LEVEL
							      : BM_MESH_STATE_SEN;
	int64_t state = main_state;
	*out = main_state;
	if (value->kind == BM_VALUE_NONE)
		return true;
	if (!bm_take_int(value, "state_type", 0, 0xffff, &state, fault))
		return false;
	*out = (int)state;
	if (state == main_state)
		return true;
	if (m->type == BM_MESH_GEN_LEVEL && (state == BM_MESH_STATE_LEVEL_DELTA || state == BM_MESH_STATE_LEVEL_MOVE)) {
		if (!setting)
			return bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: this state can only be set");
		return (state == BM_MESH_STATE_LEVEL_DELTA || m->role == BM_MESH_CLIENT) ||
		       bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: STATE_LEVEL_MOVE is a client's to set");
	}
	if (m->type == BM_MESH_SENSOR && (state == BM_MESH_STATE_SEN_DESCRIPTOR || state == BM_MESH_STATE_SEN_COLUMN ||
					  state == BM_MESH_STATE_SEN_SERIES))
		return bm_fault_set(fault, BM_FAULT_NOT_YET,
				    "state_type: descriptor, column and series are not there yet");
	return bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: a %s model has no state %lld",
			    bm_script_type_name(m->type), (long long)state);
}

/* Where a message goes; a label lies in *to. */
static bool take_destination(const struct bm_mesh_state_args *args, struct bm_script_address *to, struct bm_tx *tx,
			     struct bm_fault *fault)
{
	int64_t app_idx = 0;
	*to = (struct bm_script_address){.addr = BM_ADDR_ALL_NODES};
	if (!bm_take_address(args->model, &args->addr, "addr", to, fault) ||
	    !bm_take_int(&args->app_idx, "app_idx", 0, BM_KEY_INDEX_MAX, &app_idx, fault))
		return false;
	*tx = (struct bm_tx){.dst = to->addr,
			     .label = to->has_label ? to->label : NULL,
			     .app_idx = (uint16_t)app_idx,
			     .ttl = BM_TTL_DEFAULT};
	return true;
}

/* Everything that must hold before this model can send. */
static bool may_send(const struct bm_script_model *m, const struct bm_tx *tx, struct bm_fault *fault)
{
	if (!bm_script_model_is_in_mesh(m, fault) || !bm_script_model_is_bound(m, tx->app_idx, fault))
		return false;
	if (tx->dst == BM_ADDR_UNASSIGNED && m->model->publication.addr == BM_ADDR_UNASSIGNED)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "addr: the model has no publish address");
	return true;
}

static bool sent(enum bm_err err, struct bm_fault *fault)
{
	return err == BM_OK || bm_fault_set(fault, BM_FAULT_RUNTIME, "the message was not sent: %s", bm_err_text(err));
}

static struct bm_mesh_request *free_request(struct bm_script_model *m, uint16_t addr)
{
	struct bm_mesh_request *found = NULL;
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++) {
		if (m->requests[i].addr == addr)
			return &m->requests[i];
		if (m->requests[i].addr == BM_ADDR_UNASSIGNED && !found)
			found = &m->requests[i];
	}
	return found;
}

static void client_get(struct bm_script_model *m, const struct bm_tx *tx, struct bm_fault *fault)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	const uint16_t to = tx->dst == BM_ADDR_UNASSIGNED ? m->model->publication.addr : tx->dst;
	struct bm_mesh_request *request = NULL;
	if (bm_addr_is_unicast(to)) {
		request = free_request(m, to);
		if (!request) {
			bm_fault_set(fault, BM_FAULT_RUNTIME, "too many requests wait for their answer");
			return;
		}
	}
	const enum bm_err err = m->type == BM_MESH_GEN_ONOFF   ? bm_onoff_client_get(&m->as.onoff_client, tx, now)
				: m->type == BM_MESH_GEN_LEVEL ? bm_level_client_get(&m->as.level_client, tx, now)
							       : bm_sensor_client_get(&m->as.sensor_client, tx, 0, now);
	if (!sent(err, fault))
		return;
	/* Asked again while the first question waits: one answer will do, and the first one's time is kept, lest
	 * somebody who asks often never hears that nobody answers. */
	if (request && request->addr != to)
		*request = (struct bm_mesh_request){.addr = to, .until = bm_time_add(now, GET_TIMEOUT_US)};
	else if (!request)
		m->group_until = bm_time_add(now, GET_TIMEOUT_US);
}

void bm_model_get_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)board;
	struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	struct bm_script_address to;
	struct bm_tx tx = {0};
	int state;
	args->result.kind = BM_VALUE_NONE;
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, false, &state, fault))
		return;
	if (m->role == BM_MESH_CLIENT) {
		if (may_send(m, &tx, fault))
			client_get(m, &tx, fault);
	} else if (m->type == BM_MESH_GEN_ONOFF) {
		args->result = of_bool(m->as.onoff_server.present);
	} else if (m->type == BM_MESH_GEN_LEVEL) {
		args->result = of_int(bm_level_server_present(&m->as.level_server, bm_runtime_now(m->board->rt)));
	} else {
		args->result = of_double(m->value);
	}
}

static void set_onoff(struct bm_script_model *m, const struct bm_tx *tx, bool on, struct bm_fault *fault)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	if (m->role == BM_MESH_CLIENT) {
		if (may_send(m, tx, fault))
			(void)sent(bm_onoff_client_set(&m->as.onoff_client, tx, on, false, NO_TRANSITION, 0, now),
				   fault);
		return;
	}
	if (m->board->mesh.node)
		bm_onoff_server_set(&m->as.onoff_server, on, now);
	else
		m->as.onoff_server.present = m->as.onoff_server.target = on;
	queue(m, of_bool(on), BM_MODEL_EVENT_SET, 0, NULL);
}

static enum bm_err send_level(struct bm_script_model *m, const struct bm_tx *tx, int state, int64_t value, bm_time now)
{
	struct bm_level_client *client = &m->as.level_client;
	const struct bm_level_how how = {.transition = state == BM_MESH_STATE_LEVEL_MOVE ? MOVE_TRANSITION
											 : NO_TRANSITION};
	if (state == BM_MESH_STATE_LEVEL_DELTA)
		return bm_level_client_delta(client, tx, (int32_t)value, &how, now);
	if (state == BM_MESH_STATE_LEVEL_MOVE)
		return bm_level_client_move(client, tx, (int16_t)value, &how, now);
	return bm_level_client_set(client, tx, (int16_t)value, &how, now);
}

static void set_level(struct bm_script_model *m, const struct bm_tx *tx, int state, const struct bm_value *value,
		      struct bm_fault *fault)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	const bool is_delta = state == BM_MESH_STATE_LEVEL_DELTA;
	int64_t level = 0;
	if (!bm_take_int(value, "state", is_delta ? INT32_MIN : BM_LEVEL_MIN, is_delta ? INT32_MAX : BM_LEVEL_MAX,
			 &level, fault))
		return;
	if (m->role == BM_MESH_CLIENT) {
		if (may_send(m, tx, fault))
			(void)sent(send_level(m, tx, state, level, now), fault);
		return;
	}
	if (is_delta)
		level += bm_level_server_present(&m->as.level_server, now);
	level = level < BM_LEVEL_MIN ? BM_LEVEL_MIN : level > BM_LEVEL_MAX ? BM_LEVEL_MAX : level;
	if (m->board->mesh.node)
		bm_level_server_set(&m->as.level_server, (int16_t)level, now);
	else
		m->as.level_server.present = m->as.level_server.target = (int16_t)level;
	queue(m, of_int(level), BM_MODEL_EVENT_SET, 0, NULL);
}

void bm_model_set_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)board;
	struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	struct bm_script_address to;
	struct bm_tx tx = {0};
	int state;
	bool on = false;
	double value = 0;
	if (args->state.kind == BM_VALUE_ABSENT) {
		bm_fault_set(fault, BM_FAULT_TYPE, "set_state needs a state");
		return;
	}
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, true, &state, fault))
		return;
	if (m->type == BM_MESH_GEN_ONOFF) {
		if (bm_take_bool(&args->state, "state", &on, fault))
			set_onoff(m, &tx, on, fault);
	} else if (m->type == BM_MESH_GEN_LEVEL) {
		set_level(m, &tx, state, &args->state, fault);
	} else if (m->role == BM_MESH_CLIENT) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "a SENSOR client has nothing to set");
	} else if (bm_take_number(&args->state, "state", &value, fault)) {
		m->value = bm_sensor_quantise(&m->scale, value);
		measure(m);
	}
}

void bm_model_status_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	const bm_time now = bm_runtime_now(board->rt);
	struct bm_script_address to;
	struct bm_tx tx = {0};
	int state;
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, false, &state, fault))
		return;
	if (m->role == BM_MESH_CLIENT)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "a client has no status to send");
	else if (may_send(m, &tx, fault))
		(void)sent(m->type == BM_MESH_GEN_ONOFF   ? bm_onoff_server_status(&m->as.onoff_server, &tx, now)
			   : m->type == BM_MESH_GEN_LEVEL ? bm_level_server_status(&m->as.level_server, &tx, now)
							  : bm_sensor_server_status(&m->as.sensor_server, &tx, now),
			   fault);
}
