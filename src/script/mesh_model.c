/*
 * Models of a script: get_state, set_state, status_state, and the callbacks of OnOff and Level. Sensors are in
 * mesh_sensor.c and mesh_sensor_client.c, what clients wait for in mesh_request.c.
 */
#include "script/mesh_model.h"

#include <math.h>
#include <string.h>

#include "models/transition.h"
#include "script/board.h"

/* A Move without a time would not move (MshMDL 3.3.2.2.4): one step of a second. */
#define MOVE_TRANSITION 0x41u
#define TRANSITION_MAX_S 37200.0 /* 62 × 10 minutes */
#define DELAY_STEP_S 0.005
#define DELAY_MAX_S 1.275

void bm_script_model_queue(struct bm_script_model *m, struct bm_value state, int event, uint32_t opcode,
			   const struct bm_rx *rx)
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

static void tell_status(struct bm_script_model *m, struct bm_value state, const struct bm_rx *rx)
{
	const struct bm_script_request *request = bm_script_answered(&m->board->mesh, m->model, rx, 0, 0);
	bm_script_model_queue(m, state, bm_script_status_event(m, request, rx), rx->opcode, rx);
}

static void on_onoff_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)now;
	bm_script_model_queue(ctx, bm_value_bool(present), BM_MODEL_EVENT_SET, opcode, rx);
}

static void on_onoff_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	tell_status(ctx, bm_value_bool(status->present), rx);
}

static void on_level_change(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)now;
	bm_script_model_queue(ctx, bm_value_int(present), BM_MODEL_EVENT_SET, opcode, rx);
}

static void on_level_status(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx)
{
	tell_status(ctx, bm_value_int(status->present), rx);
}

void bm_script_model_bind(struct bm_script_model *m, int64_t initial)
{
	if (m->type == BM_MESH_GEN_ONOFF && m->role == BM_MESH_SERVER) {
		bm_onoff_server_init(&m->as.onoff_server, initial != 0, on_onoff_change, m);
		m->as.onoff_server.model.persist = true;
		m->model = &m->as.onoff_server.model;
	} else if (m->type == BM_MESH_GEN_ONOFF) {
		bm_onoff_client_init(&m->as.onoff_client, on_onoff_status, m);
		m->model = &m->as.onoff_client.model;
	} else if (m->role == BM_MESH_SERVER) {
		bm_level_server_init(&m->as.level_server, (int16_t)initial, on_level_change, m);
		m->as.level_server.model.persist = true;
		m->model = &m->as.level_server.model;
	} else {
		bm_level_client_init(&m->as.level_client, on_level_status, m);
		m->model = &m->as.level_client.model;
	}
}

bool bm_script_is_sensor(const struct bm_script_model *m)
{
	return m->type == BM_MESH_SENSOR || m->type == BM_MESH_SENSOR_SETUP;
}

bool bm_script_model_exists(const struct bm_mesh *mesh, const struct bm_script_model *m)
{
	for (size_t i = 0; i < mesh->model_count; i++) {
		const struct bm_script_model *other = &mesh->models[i];
		if (other->element == m->element && other->type == m->type && other->role == m->role &&
		    (!bm_script_is_sensor(m) || other->codec.property_id == m->codec.property_id))
			return true;
	}
	return false;
}

void bm_script_model_reset(struct bm_script_model *m)
{
	m->group_until = 0;
}

const char *bm_script_type_name(int type)
{
	static const char *const names[] = {"GEN_ONOFF", "GEN_LEVEL", "SENSOR", "SENSOR_SETUP"};
	return names[type];
}

static bool is_sensor_state(int64_t state)
{
	return state == BM_MESH_STATE_SEN_DESCRIPTOR || state == BM_MESH_STATE_SEN ||
	       state == BM_MESH_STATE_SEN_COLUMN || state == BM_MESH_STATE_SEN_SERIES;
}

static bool is_setup_state(int64_t state)
{
	return state == BM_MESH_STATE_SEN_SET_CADENCE || state == BM_MESH_STATE_SEN_SET_SETTINGS ||
	       state == BM_MESH_STATE_SEN_SET_SETTING;
}

/* The Sensor Client is one, for the states of both servers. */
static bool has_state(const struct bm_script_model *m, int64_t state)
{
	const bool is_client = m->role == BM_MESH_CLIENT;
	return (is_sensor_state(state) && (m->type == BM_MESH_SENSOR || (is_client && bm_script_is_sensor(m)))) ||
	       (is_setup_state(state) && (m->type == BM_MESH_SENSOR_SETUP || (is_client && bm_script_is_sensor(m))));
}

/* Which state is meant: the model's main one, or a fault. */
static bool take_state_type(const struct bm_script_model *m, const struct bm_value *value, bool setting, int *out,
			    struct bm_fault *fault)
{
	static const int main_states[] = {BM_MESH_STATE_ONOFF, BM_MESH_STATE_LEVEL, BM_MESH_STATE_SEN,
					  BM_MESH_STATE_SEN_SET_CADENCE};
	int64_t state = main_states[m->type];
	*out = (int)state;
	if (value->kind == BM_VALUE_NONE)
		return true;
	if (!bm_take_int(value, "state_type", 0, 0xffff, &state, fault))
		return false;
	if (state == *out)
		return true;
	*out = (int)state;
	if (m->type == BM_MESH_GEN_LEVEL && (state == BM_MESH_STATE_LEVEL_DELTA || state == BM_MESH_STATE_LEVEL_MOVE)) {
		if (!setting)
			return bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: this state can only be set");
		return (state == BM_MESH_STATE_LEVEL_DELTA || m->role == BM_MESH_CLIENT) ||
		       bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: STATE_LEVEL_MOVE is a client's to set");
	}
	return has_state(m, state) || bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: a %s %s has no state %lld",
						   bm_script_type_name(m->type),
						   m->role == BM_MESH_SERVER ? "server" : "client", (long long)state);
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

bool bm_script_may_send(const struct bm_script_model *m, const struct bm_tx *tx, struct bm_fault *fault)
{
	if (!bm_script_model_is_in_mesh(m, fault))
		return false;
	const struct bm_publication *publication = &m->model->publication;
	const bool publishes = tx->dst == BM_ADDR_UNASSIGNED;
	if (publishes && publication->addr == BM_ADDR_UNASSIGNED)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "addr: the model has no publish address");
	return bm_script_model_is_bound(m, publishes ? publication->app_idx : tx->app_idx, fault);
}

static bool is_given(const struct bm_value *value)
{
	return value->kind != BM_VALUE_ABSENT && value->kind != BM_VALUE_NONE;
}

/* setting_id and x go with some of the sensors' states; with others they are a mistake. */
static bool fits_state(const struct bm_mesh_state_args *args, int state, struct bm_fault *fault)
{
	if (is_given(&args->setting_id) && state != BM_MESH_STATE_SEN_SET_SETTING)
		return bm_fault_set(fault, BM_FAULT_TYPE, "setting_id goes with STATE_SEN_SET_SETTING alone");
	if (is_given(&args->x) && state != BM_MESH_STATE_SEN_COLUMN && state != BM_MESH_STATE_SEN_SERIES)
		return bm_fault_set(fault, BM_FAULT_TYPE, "x goes with STATE_SEN_COLUMN and STATE_SEN_SERIES alone");
	return true;
}

/* How a client's Set goes out. */
struct manner {
	bool ack;
	uint8_t transition, delay_steps;
};

static bool take_seconds(const struct bm_value *value, const char *name, double max, double *out,
			 struct bm_fault *fault)
{
	if (!bm_take_number(value, name, out, fault))
		return false;
	return (*out >= 0 && *out <= max) ||
	       bm_fault_set(fault, BM_FAULT_VALUE, "%s must be 0 to %g seconds, not %g", name, max, *out);
}

static bool take_manner(const struct bm_mesh_state_args *args, int state, struct manner *out, struct bm_fault *fault)
{
	const struct bm_script_model *m = args->model;
	const bool timed = is_given(&args->transition) || is_given(&args->delay);
	double transition = 0, delay = 0;
	*out = (struct manner){.transition = state == BM_MESH_STATE_LEVEL_MOVE ? MOVE_TRANSITION
									       : BM_TRANSITION_ABSENT};
	if (m->role == BM_MESH_SERVER && (timed || is_given(&args->ack)))
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "ack, transition and delay are a client's");
	if (timed && bm_script_is_sensor(m))
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "transition: a sensor's states have none");
	if ((is_given(&args->ack) && !bm_take_bool(&args->ack, "ack", &out->ack, fault)) ||
	    (is_given(&args->transition) &&
	     !take_seconds(&args->transition, "transition", TRANSITION_MAX_S, &transition, fault)) ||
	    (is_given(&args->delay) && !take_seconds(&args->delay, "delay", DELAY_MAX_S, &delay, fault)))
		return false;
	/* A delay is sent with a transition only: one of no time then. */
	if (is_given(&args->transition) || (is_given(&args->delay) && state != BM_MESH_STATE_LEVEL_MOVE))
		out->transition = bm_transition_encode((uint64_t)llround(transition * BM_US_PER_S));
	out->delay_steps = (uint8_t)lround(delay / DELAY_STEP_S);
	return true;
}

static void client_get(struct bm_script_model *m, const struct bm_tx *tx, struct bm_fault *fault)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	const bool is_level = m->type == BM_MESH_GEN_LEVEL;
	struct bm_script_question question = {.tx = *tx,
					      .event = BM_MODEL_EVENT_GOT,
					      .status_opcode = is_level ? BM_OP_LEVEL_STATUS : BM_OP_ONOFF_STATUS};
	if (!bm_script_ask(m, &question, fault))
		return;
	(void)bm_script_asked(m, &question,
			      is_level ? bm_level_client_get(&m->as.level_client, &question.tx, now)
				       : bm_onoff_client_get(&m->as.onoff_client, &question.tx, now),
			      fault);
}

void bm_model_get_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)board;
	struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	struct bm_script_address to;
	struct bm_tx tx = {0};
	int state;
	args->result = bm_value_none();
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, false, &state, fault) ||
	    !fits_state(args, state, fault))
		return;
	if (m->role == BM_MESH_CLIENT) {
		if (!bm_script_may_send(m, &tx, fault))
			return;
		if (bm_script_is_sensor(m))
			bm_script_sensor_client_get(m, state, &tx, args, fault);
		else
			client_get(m, &tx, fault);
	} else if (m->type == BM_MESH_GEN_ONOFF) {
		args->result = bm_value_bool(m->as.onoff_server.present);
	} else if (m->type == BM_MESH_GEN_LEVEL) {
		args->result = bm_value_int(bm_level_server_present(&m->as.level_server, bm_runtime_now(m->board->rt)));
	} else {
		bm_script_sensor_get(m, state, args, fault);
	}
}

static enum bm_err send_set(struct bm_script_model *m, const struct bm_tx *tx, int state, int64_t value,
			    const struct manner *manner, bm_time now)
{
	struct bm_level_client *client = &m->as.level_client;
	const struct bm_level_how how = {
		.ack = manner->ack, .transition = manner->transition, .delay_steps = manner->delay_steps};
	if (m->type == BM_MESH_GEN_ONOFF)
		return bm_onoff_client_set(&m->as.onoff_client, tx, value != 0, manner->ack, manner->transition,
					   manner->delay_steps, now);
	if (state == BM_MESH_STATE_LEVEL_DELTA)
		return bm_level_client_delta(client, tx, (int32_t)value, &how, now);
	if (state == BM_MESH_STATE_LEVEL_MOVE)
		return bm_level_client_move(client, tx, (int16_t)value, &how, now);
	return bm_level_client_set(client, tx, (int16_t)value, &how, now);
}

static void client_set(struct bm_script_model *m, const struct bm_tx *tx, int state, int64_t value,
		       const struct manner *manner, struct bm_fault *fault)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	struct bm_script_question question = {.tx = *tx,
					      .event = BM_MODEL_EVENT_SET_ANSWER,
					      .status_opcode = m->type == BM_MESH_GEN_ONOFF ? BM_OP_ONOFF_STATUS
											    : BM_OP_LEVEL_STATUS};
	if (!bm_script_may_send(m, tx, fault))
		return;
	if (!manner->ack)
		(void)bm_script_sent(send_set(m, tx, state, value, manner, now), fault);
	else if (bm_script_ask(m, &question, fault))
		(void)bm_script_asked(m, &question, send_set(m, &question.tx, state, value, manner, now), fault);
}

static void set_onoff(struct bm_script_model *m, bool on)
{
	if (m->board->mesh.node)
		bm_onoff_server_set(&m->as.onoff_server, on, bm_runtime_now(m->board->rt));
	else
		m->as.onoff_server.present = m->as.onoff_server.target = on;
	bm_script_model_queue(m, bm_value_bool(on), BM_MODEL_EVENT_SET, 0, NULL);
}

static void set_level(struct bm_script_model *m, int state, int64_t level)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	if (state == BM_MESH_STATE_LEVEL_DELTA)
		level += bm_level_server_present(&m->as.level_server, now);
	level = level < BM_LEVEL_MIN ? BM_LEVEL_MIN : level > BM_LEVEL_MAX ? BM_LEVEL_MAX : level;
	if (m->board->mesh.node)
		bm_level_server_set(&m->as.level_server, (int16_t)level, now);
	else
		m->as.level_server.present = m->as.level_server.target = (int16_t)level;
	bm_script_model_queue(m, bm_value_int(level), BM_MODEL_EVENT_SET, 0, NULL);
}

static bool take_level(const struct bm_value *value, int state, int64_t *level, struct bm_fault *fault)
{
	const bool is_delta = state == BM_MESH_STATE_LEVEL_DELTA;
	return bm_take_int(value, "state", is_delta ? INT32_MIN : BM_LEVEL_MIN, is_delta ? INT32_MAX : BM_LEVEL_MAX,
			   level, fault);
}

static void set_generic(struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
			const struct bm_tx *tx, struct bm_fault *fault)
{
	struct manner manner;
	bool on = false;
	int64_t level = 0;
	const bool is_onoff = m->type == BM_MESH_GEN_ONOFF;
	if (!(is_onoff ? bm_take_bool(&args->state, "state", &on, fault)
		       : take_level(&args->state, state, &level, fault)) ||
	    !take_manner(args, state, &manner, fault))
		return;
	if (m->role == BM_MESH_CLIENT)
		client_set(m, tx, state, is_onoff ? on : level, &manner, fault);
	else if (is_onoff)
		set_onoff(m, on);
	else
		set_level(m, state, level);
}

void bm_model_set_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	(void)board;
	const struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	struct bm_script_address to;
	struct bm_tx tx = {0};
	struct manner manner;
	int state;
	if (args->state.kind == BM_VALUE_ABSENT) {
		bm_fault_set(fault, BM_FAULT_TYPE, "set_state needs a state");
		return;
	}
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, true, &state, fault) ||
	    !fits_state(args, state, fault))
		return;
	if (!bm_script_is_sensor(m))
		set_generic(m, state, args, &tx, fault);
	else if (!take_manner(args, state, &manner, fault))
		return;
	else if (m->role == BM_MESH_CLIENT)
		bm_script_sensor_client_set(m, state, &tx, args, fault);
	else
		bm_script_sensor_set(m, state, args, fault);
}

void bm_model_status_state(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_state_args *args = ctx;
	struct bm_script_model *m = args->model;
	const bm_time now = bm_runtime_now(board->rt);
	struct bm_script_address to;
	struct bm_tx tx = {0};
	int state;
	if (!take_destination(args, &to, &tx, fault) || !take_state_type(m, &args->state_type, false, &state, fault) ||
	    !fits_state(args, state, fault))
		return;
	if (m->role == BM_MESH_CLIENT)
		bm_fault_set(fault, BM_FAULT_RUNTIME, "a client has no status to send");
	else if (!bm_script_may_send(m, &tx, fault))
		return;
	else if (bm_script_is_sensor(m))
		bm_script_sensor_status(m, state, &tx, args, fault);
	else
		(void)bm_script_sent(m->type == BM_MESH_GEN_ONOFF
					     ? bm_onoff_server_status(&m->as.onoff_server, &tx, now)
					     : bm_level_server_status(&m->as.level_server, &tx, now),
				     fault);
}
