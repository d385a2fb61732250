/*
 * Sensor clients of a script. An element has one Sensor Client; each of a script's models is its ear for one property:
 * a SENSOR model for what a Sensor Server tells, a SENSOR_SETUP model for what a Sensor Setup Server does. With one of
 * them alone it hears both.
 */
#include <string.h>

#include "script/board.h"
#include "script/mesh_model.h"
#include "script/sensor_shapes.h"

/* Who hears an unasked status of this property: its model of the type, or its only one. */
static struct bm_script_model *listener(struct bm_script_sensors *sensors, uint16_t property_id, int type)
{
	struct bm_script_model *found = NULL;
	for (size_t i = 0; i < sensors->mesh->model_count; i++) {
		struct bm_script_model *m = &sensors->mesh->models[i];
		if (m->model == &sensors->client.model && m->codec.property_id == property_id &&
		    (!found || m->type == type))
			found = m;
	}
	return found;
}

/* A status of a property: who hears it, and with which event. */
struct hearing {
	struct bm_script_model *m; /* NULL: nobody */
	int event;
	const struct bm_rx *rx;
};

static struct hearing hear(struct bm_script_sensors *sensors, uint16_t property_id, uint16_t setting_id, int type,
			   const struct bm_rx *rx)
{
	struct hearing hearing = {.m = listener(sensors, property_id, type), .rx = rx};
	if (!hearing.m)
		return hearing;
	const struct bm_script_request *request = bm_script_answered(sensors->mesh, &sensors->client.model, rx,
								     property_id, setting_id);
	if (request)
		hearing.m = request->m;
	hearing.event = bm_script_status_event(hearing.m, request, rx);
	return hearing;
}

static void tell(const struct hearing *hearing, struct bm_value state)
{
	bm_script_model_queue(hearing->m, state, hearing->event, hearing->rx->opcode, hearing->rx);
}

static bool give_value(const struct bm_sensor_codec *codec, const struct bm_sensor_value *value, struct bm_value *out)
{
	struct bm_sensor_codec assigned;
	*out = bm_value_none();
	if (value->len == 0 || bm_sensor_decode(codec, value->raw, value->len, out, out))
		return true;
	if (codec->property)
		return false;
	/* Not an original board: what the property says. */
	bm_sensor_codec_init(&assigned, bm_property_find(codec->property_id));
	return bm_sensor_decode(&assigned, value->raw, value->len, out, out);
}

static void on_value(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx)
{
	struct bm_script_sensors *sensors = ctx;
	struct bm_value state;
	const struct bm_script_model *m = listener(sensors, value->property_id, BM_MESH_SENSOR);
	/* Malformed: as if it had not come. */
	if (!m || !give_value(&m->codec, value, &state))
		return;
	const struct hearing hearing = hear(sensors, value->property_id, 0, BM_MESH_SENSOR, rx);
	tell(&hearing, state);
}

static void on_descriptor(void *ctx, uint16_t property_id, const struct bm_sensor_descriptor *descriptor,
			  const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, property_id, 0, BM_MESH_SENSOR, rx);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	if (descriptor)
		bm_sensor_give_descriptor(descriptor, &state);
	tell(&hearing, state);
}

static void on_column(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, status->property_id, 0, BM_MESH_SENSOR, rx);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	if (!bm_sensor_give_column(&hearing.m->codec, status->octets, status->len, &state, &state))
		bm_value_free(&state);
	tell(&hearing, state);
}

static void on_series(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, status->property_id, 0, BM_MESH_SENSOR, rx);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	bm_sensor_give_columns(&hearing.m->codec, status->octets, status->len, &state);
	tell(&hearing, state);
}

static void on_cadence(void *ctx, uint16_t property_id, const struct bm_sensor_cadence *cadence, const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, property_id, 0, BM_MESH_SENSOR_SETUP, rx);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	if (cadence)
		bm_sensor_give_cadence(&hearing.m->codec, cadence, &state);
	tell(&hearing, state);
}

static void on_settings(void *ctx, uint16_t property_id, const uint8_t *setting_ids, size_t count,
			const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, property_id, 0, BM_MESH_SENSOR_SETUP, rx);
	struct bm_reader r = bm_reader_of(setting_ids, 2 * count);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	struct bm_value *items = bm_value_list(&state, &state, count);
	for (size_t i = 0; items && i < count; i++)
		items[i] = bm_value_int(bm_read_le16(&r));
	tell(&hearing, state);
}

static void on_setting(void *ctx, const struct bm_sensor_setting_status *status, const struct bm_rx *rx)
{
	const struct hearing hearing = hear(ctx, status->property_id, status->setting_id, BM_MESH_SENSOR_SETUP, rx);
	struct bm_value state = bm_value_none();
	if (!hearing.m)
		return;
	if (status->access)
		bm_sensor_give_setting(status->setting_id, status->access, status->raw, status->len, &state);
	tell(&hearing, state);
}

void bm_script_sensor_client_bind(struct bm_script_sensors *sensors, struct bm_script_model *m)
{
	struct bm_sensor_client *client = &sensors->client;
	m->model = &client->model;
	if (sensors->has_client)
		return;
	sensors->has_client = true;
	bm_sensor_client_init(client, on_value, sensors);
	client->on_descriptor = on_descriptor;
	client->on_column = on_column;
	client->on_series = on_series;
	client->on_cadence = on_cadence;
	client->on_settings = on_settings;
	client->on_setting = on_setting;
}

bool bm_script_take_setting_id(const struct bm_mesh_state_args *args, uint16_t *setting_id, struct bm_fault *fault)
{
	int64_t id = 0;
	if (args->setting_id.kind == BM_VALUE_ABSENT || args->setting_id.kind == BM_VALUE_NONE)
		return bm_fault_set(fault, BM_FAULT_TYPE, "STATE_SEN_SET_SETTING needs setting_id");
	if (!bm_take_int(&args->setting_id, "setting_id", 1, 0xffff, &id, fault))
		return false;
	*setting_id = (uint16_t)id;
	return true;
}

bool bm_script_take_x(const struct bm_sensor_codec *codec, const struct bm_value *value, uint8_t *x,
		      struct bm_fault *fault)
{
	if (bm_sensor_part_len(codec, BM_SENSOR_X) == 0)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: property 0x%04x has no columns",
				    codec->property_id);
	if (value->kind == BM_VALUE_ABSENT || value->kind == BM_VALUE_NONE)
		return bm_fault_set(fault, BM_FAULT_TYPE, "STATE_SEN_COLUMN needs x");
	return bm_sensor_encode_part(codec, BM_SENSOR_X, value, x, fault);
}

/* A series' bounds: none, or a pair. */
static bool take_bounds(const struct bm_sensor_codec *codec, const struct bm_value *value, uint8_t *x1, uint8_t *x2,
			size_t *len, struct bm_fault *fault)
{
	*len = 0;
	if (value->kind == BM_VALUE_ABSENT || value->kind == BM_VALUE_NONE)
		return true;
	if (value->kind != BM_VALUE_LIST || value->len != 2)
		return bm_fault_set(fault, BM_FAULT_TYPE, "x of a series must be a tuple (from, to)");
	*len = bm_sensor_part_len(codec, BM_SENSOR_X);
	return bm_script_take_x(codec, &value->items[0], x1, fault) &&
	       bm_script_take_x(codec, &value->items[1], x2, fault);
}

/* What a question is about, read before anything is sent. */
struct about {
	uint16_t setting_id;
	uint8_t x1[BM_SENSOR_COLUMN_RAW_MAX], x2[BM_SENSOR_COLUMN_RAW_MAX];
	size_t x_len;
};

static uint32_t status_of(int state)
{
	switch (state) {
	case BM_MESH_STATE_SEN_DESCRIPTOR:
		return BM_OP_SENSOR_DESCRIPTOR_STATUS;
	case BM_MESH_STATE_SEN_COLUMN:
		return BM_OP_SENSOR_COLUMN_STATUS;
	case BM_MESH_STATE_SEN_SERIES:
		return BM_OP_SENSOR_SERIES_STATUS;
	case BM_MESH_STATE_SEN_SET_CADENCE:
		return BM_OP_SENSOR_CADENCE_STATUS;
	case BM_MESH_STATE_SEN_SET_SETTINGS:
		return BM_OP_SENSOR_SETTINGS_STATUS;
	case BM_MESH_STATE_SEN_SET_SETTING:
		return BM_OP_SENSOR_SETTING_STATUS;
	default:
		return BM_OP_SENSOR_STATUS;
	}
}

static bool take_about(const struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
		       struct about *about, struct bm_fault *fault)
{
	if (state == BM_MESH_STATE_SEN_SET_SETTING)
		return bm_script_take_setting_id(args, &about->setting_id, fault);
	if (state == BM_MESH_STATE_SEN_SERIES)
		return take_bounds(&m->codec, &args->x, about->x1, about->x2, &about->x_len, fault);
	about->x_len = bm_sensor_part_len(&m->codec, BM_SENSOR_X);
	return state != BM_MESH_STATE_SEN_COLUMN || bm_script_take_x(&m->codec, &args->x, about->x1, fault);
}

static enum bm_err send_get(struct bm_sensor_client *client, int state, const struct bm_tx *tx,
			    const struct bm_script_model *m, const struct about *about)
{
	const bm_time now = bm_runtime_now(m->board->rt);
	const uint16_t id = m->codec.property_id;
	switch (state) {
	case BM_MESH_STATE_SEN_DESCRIPTOR:
		return bm_sensor_client_descriptor_get(client, tx, id, now);
	case BM_MESH_STATE_SEN_COLUMN:
		return bm_sensor_client_column_get(client, tx, id, about->x1, about->x_len, now);
	case BM_MESH_STATE_SEN_SERIES:
		return bm_sensor_client_series_get(client, tx, id, about->x1, about->x2, about->x_len, now);
	case BM_MESH_STATE_SEN_SET_CADENCE:
		return bm_sensor_client_cadence_get(client, tx, id, now);
	case BM_MESH_STATE_SEN_SET_SETTINGS:
		return bm_sensor_client_settings_get(client, tx, id, now);
	case BM_MESH_STATE_SEN_SET_SETTING:
		return bm_sensor_client_setting_get(client, tx, id, about->setting_id, now);
	default:
		/* The original boards are asked for all they have. */
		return bm_sensor_client_get(client, tx, m->codec.property ? id : 0, now);
	}
}

void bm_script_sensor_client_get(struct bm_script_model *m, int state, const struct bm_tx *tx,
				 const struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	struct about about = {.setting_id = 0};
	if (!take_about(m, state, args, &about, fault))
		return;
	struct bm_script_question question = {.tx = *tx,
					      .event = BM_MODEL_EVENT_GOT,
					      .status_opcode = status_of(state),
					      .property_id = m->codec.property_id,
					      .setting_id = about.setting_id,
					      .any = state == BM_MESH_STATE_SEN && !m->codec.property};
	struct bm_sensor_client *client = &m->board->mesh.sensors[m->element]->client;
	if (bm_script_ask(m, &question, fault))
		(void)bm_script_asked(m, &question, send_get(client, state, &question.tx, m, &about), fault);
}

/* A state as octets, ready to be sent. */
struct wanted {
	struct bm_sensor_cadence cadence;
	uint16_t setting_id;
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	size_t len;
};

static bool take_wanted(const struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
			struct wanted *wanted, struct bm_fault *fault)
{
	struct bm_sensor_codec codec;
	if (state == BM_MESH_STATE_SEN_SET_CADENCE)
		return bm_sensor_take_cadence(&m->codec, &args->state, &wanted->cadence, fault);
	if (state != BM_MESH_STATE_SEN_SET_SETTING)
		return bm_fault_set(fault, BM_FAULT_RUNTIME,
				    "a %s client has nothing to set but STATE_SEN_SET_CADENCE and "
				    "STATE_SEN_SET_SETTING",
				    bm_script_type_name(m->type));
	if (!bm_script_take_setting_id(args, &wanted->setting_id, fault))
		return false;
	const struct bm_property *property = bm_property_find(wanted->setting_id);
	if (!property)
		return bm_fault_set(fault, BM_FAULT_VALUE, "setting_id: there is no device property 0x%04x",
				    wanted->setting_id);
	bm_sensor_codec_init(&codec, property);
	wanted->len = bm_sensor_codec_len(&codec);
	return bm_sensor_encode(&codec, &args->state, "state", wanted->raw, fault);
}

void bm_script_sensor_client_set(struct bm_script_model *m, int state, const struct bm_tx *tx,
				 const struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	struct wanted wanted = {.setting_id = 0};
	const bm_time now = bm_runtime_now(m->board->rt);
	struct bm_sensor_client *client = &m->board->mesh.sensors[m->element]->client;
	bool ack = bm_addr_is_unicast(tx->dst) || tx->dst == BM_ADDR_UNASSIGNED;
	if (!take_wanted(m, state, args, &wanted, fault) ||
	    (args->ack.kind != BM_VALUE_NONE && !bm_take_bool(&args->ack, "ack", &ack, fault)) ||
	    !bm_script_may_send(m, tx, fault))
		return;
	struct bm_script_question question = {.tx = *tx,
					      .event = BM_MODEL_EVENT_SET_ANSWER,
					      .status_opcode = status_of(state),
					      .property_id = m->codec.property_id,
					      .setting_id = wanted.setting_id};
	if (ack && !bm_script_ask(m, &question, fault))
		return;
	const enum bm_err err = state == BM_MESH_STATE_SEN_SET_CADENCE
					? bm_sensor_client_cadence_set(client, &question.tx, m->codec.property_id,
								       &wanted.cadence, ack, now)
					: bm_sensor_client_setting_set(client, &question.tx, m->codec.property_id,
								       wanted.setting_id, wanted.raw, wanted.len, ack,
								       now);
	if (ack)
		(void)bm_script_asked(m, &question, err, fault);
	else
		(void)bm_script_sent(err, fault);
}
