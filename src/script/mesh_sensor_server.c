/*
 * States of a script's sensor servers: read, set, and sent as a Status.
 *
 * A new value is published if the model's publication says where to: at once, until a cadence was set, which says when
 * from then on (MshMDL 4.1.3).
 */
#include <stdlib.h>
#include <string.h>

#include "models/sensor_state.h"
#include "script/board.h"
#include "script/mesh_model.h"
#include "script/sensor_shapes.h"

#define COLUMNS_MAX 128u /* more than a Series Status holds */

static struct bm_script_sensors *sensors_of(const struct bm_script_model *m)
{
	return m->board->mesh.sensors[m->element];
}

static struct bm_sensor *entry_of(const struct bm_script_model *m)
{
	return bm_sensor_find(&sensors_of(m)->server, m->codec.property_id);
}

static bool has_columns(const struct bm_script_model *m, struct bm_fault *fault)
{
	return bm_sensor_part_len(&m->sensor->codec, BM_SENSOR_X) > 0 ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: property 0x%04x has no columns",
			    m->codec.property_id);
}

static bool has_cadence(const struct bm_script_model *m, struct bm_fault *fault)
{
	return bm_sensor_codec_len(&m->sensor->codec) <= BM_SENSOR_CADENCE_RAW_MAX ||
	       bm_fault_set(fault, BM_FAULT_RUNTIME, "state_type: property 0x%04x has no cadence",
			    m->codec.property_id);
}

static struct bm_sensor_setting *setting_of(const struct bm_script_model *m, uint16_t setting_id)
{
	struct bm_sensor *entry = entry_of(m);
	for (size_t i = 0; i < entry->setting_count; i++)
		if (entry->settings[i].property_id == setting_id)
			return &entry->settings[i];
	return NULL;
}

static const struct bm_sensor_column *column_of(const struct bm_script_model *m, const uint8_t *x)
{
	const struct bm_sensor_series *series = &m->sensor->series;
	for (size_t i = 0; i < series->count; i++)
		if (memcmp(series->columns[i].x, x, series->x_len) == 0)
			return &series->columns[i];
	return NULL;
}

static void put_column(struct bm_writer *w, const struct bm_sensor_series *series,
		       const struct bm_sensor_column *column)
{
	bm_put_octets(w, column->x, series->x_len);
	bm_put_octets(w, column->width, series->x_len);
	bm_put_octets(w, column->y, series->y_len);
}

/* All columns that a message holds. */
static void put_columns(struct bm_writer *w, const struct bm_sensor_series *series, size_t most)
{
	const size_t len = 2u * series->x_len + series->y_len;
	for (size_t i = 0; i < series->count && bm_writer_len(w) + len <= most; i++)
		put_column(w, series, &series->columns[i]);
}

static bool put_column_status(const struct bm_script_model *m, const struct bm_mesh_state_args *args,
			      struct bm_writer *w, struct bm_fault *fault)
{
	uint8_t x[BM_SENSOR_COLUMN_RAW_MAX];
	if (!has_columns(m, fault) || !bm_script_take_x(&m->sensor->codec, &args->x, x, fault))
		return false;
	const struct bm_sensor_column *column = column_of(m, x);
	bm_put_opcode(w, BM_OP_SENSOR_COLUMN_STATUS);
	bm_put_le16(w, m->codec.property_id);
	if (column)
		put_column(w, &m->sensor->series, column);
	else
		bm_put_octets(w, x, bm_sensor_part_len(&m->sensor->codec, BM_SENSOR_X));
	return true;
}

static void put_setting_status(const struct bm_script_model *m, uint16_t setting_id, struct bm_writer *w)
{
	const struct bm_sensor_setting *setting = setting_of(m, setting_id);
	bm_put_opcode(w, BM_OP_SENSOR_SETTING_STATUS);
	bm_put_le16(w, m->codec.property_id);
	bm_put_le16(w, setting_id);
	if (setting) {
		bm_put_u8(w, setting->access);
		bm_put_octets(w, setting->raw, setting->len);
	}
}

static void put_settings_status(const struct bm_script_model *m, struct bm_writer *w)
{
	const struct bm_sensor *entry = entry_of(m);
	bm_put_opcode(w, BM_OP_SENSOR_SETTINGS_STATUS);
	bm_put_le16(w, m->codec.property_id);
	for (size_t i = 0; i < entry->setting_count; i++)
		bm_put_le16(w, entry->settings[i].property_id);
}

static void put_cadence_status(const struct bm_script_model *m, struct bm_writer *w)
{
	struct bm_sensor_cadence cadence = m->sensor->cadence.cadence;
	cadence.raw_len = bm_sensor_codec_len(&m->sensor->codec);
	bm_put_opcode(w, BM_OP_SENSOR_CADENCE_STATUS);
	bm_put_le16(w, m->codec.property_id);
	bm_sensor_put_cadence(w, &cadence);
}

static bool put_status(const struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
		       struct bm_writer *w, struct bm_fault *fault)
{
	uint16_t setting_id = 0;
	switch (state) {
	case BM_MESH_STATE_SEN:
		bm_put_opcode(w, BM_OP_SENSOR_STATUS);
		bm_sensor_put(w, entry_of(m));
		return true;
	case BM_MESH_STATE_SEN_DESCRIPTOR:
		bm_put_opcode(w, BM_OP_SENSOR_DESCRIPTOR_STATUS);
		bm_sensor_put_descriptor(w, m->codec.property_id, &entry_of(m)->descriptor);
		return true;
	case BM_MESH_STATE_SEN_COLUMN:
		return put_column_status(m, args, w, fault);
	case BM_MESH_STATE_SEN_SERIES:
		if (!has_columns(m, fault))
			return false;
		bm_put_opcode(w, BM_OP_SENSOR_SERIES_STATUS);
		bm_put_le16(w, m->codec.property_id);
		put_columns(w, &m->sensor->series, BM_ACCESS_MAX);
		return true;
	case BM_MESH_STATE_SEN_SET_CADENCE:
		put_cadence_status(m, w);
		return has_cadence(m, fault);
	case BM_MESH_STATE_SEN_SET_SETTINGS:
		put_settings_status(m, w);
		return true;
	default:
		if (!bm_script_take_setting_id(args, &setting_id, fault))
			return false;
		put_setting_status(m, setting_id, w);
		return true;
	}
}

void bm_script_sensor_status(struct bm_script_model *m, int state, const struct bm_tx *tx,
			     const struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (put_status(m, state, args, &w, fault))
		(void)bm_script_sent(bm_models_send(m->model, tx, &w, bm_runtime_now(m->board->rt)), fault);
}

/* Publishes a state that changed, if the model has where to. */
static void publish(const struct bm_script_model *m, int state, const struct bm_mesh_state_args *args)
{
	struct bm_fault none = {0};
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (!m->board->mesh.node || m->model->publication.addr == BM_ADDR_UNASSIGNED)
		return;
	bm_timers_advance(&m->model->access->env->timers, bm_runtime_now(m->board->rt));
	if (put_status(m, state, args, &w, &none))
		bm_models_publish(m->model, &w);
}

static void give_value(const struct bm_script_model *m, struct bm_value *out)
{
	const struct bm_sensor *entry = entry_of(m);
	if (!m->sensor->codec.property)
		*out = bm_value_double(m->sensor->value);
	else if (!bm_sensor_decode(&m->sensor->codec, entry->raw, entry->len, out, out))
		*out = bm_value_none();
}

static void give_column(const struct bm_script_model *m, const struct bm_mesh_state_args *args, struct bm_value *out,
			struct bm_fault *fault)
{
	uint8_t x[BM_SENSOR_COLUMN_RAW_MAX], octets[3 * BM_SENSOR_COLUMN_RAW_MAX];
	if (!has_columns(m, fault) || !bm_script_take_x(&m->sensor->codec, &args->x, x, fault))
		return;
	const struct bm_sensor_column *column = column_of(m, x);
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	if (!column)
		return;
	put_column(&w, &m->sensor->series, column);
	if (!bm_sensor_give_column(&m->sensor->codec, octets, bm_writer_len(&w), out, out))
		bm_value_free(out);
}

static void give_series(const struct bm_script_model *m, struct bm_value *out, struct bm_fault *fault)
{
	uint8_t octets[3 * BM_SENSOR_COLUMN_RAW_MAX * COLUMNS_MAX];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	if (!has_columns(m, fault))
		return;
	put_columns(&w, &m->sensor->series, sizeof octets);
	bm_sensor_give_columns(&m->sensor->codec, octets, bm_writer_len(&w), out);
}

static void give_settings(const struct bm_script_model *m, struct bm_value *out)
{
	const struct bm_sensor *entry = entry_of(m);
	struct bm_value *items = bm_value_list(out, out, entry->setting_count);
	for (size_t i = 0; items && i < entry->setting_count; i++)
		items[i] = bm_value_int(entry->settings[i].property_id);
}

void bm_script_sensor_get(struct bm_script_model *m, int state, struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	struct bm_sensor_cadence cadence = m->sensor->cadence.cadence;
	const struct bm_sensor_setting *setting;
	uint16_t setting_id = 0;
	switch (state) {
	case BM_MESH_STATE_SEN:
		give_value(m, &args->result);
		break;
	case BM_MESH_STATE_SEN_DESCRIPTOR:
		bm_sensor_give_descriptor(&entry_of(m)->descriptor, &args->result);
		break;
	case BM_MESH_STATE_SEN_COLUMN:
		give_column(m, args, &args->result, fault);
		break;
	case BM_MESH_STATE_SEN_SERIES:
		give_series(m, &args->result, fault);
		break;
	case BM_MESH_STATE_SEN_SET_CADENCE:
		cadence.raw_len = bm_sensor_codec_len(&m->sensor->codec);
		if (has_cadence(m, fault))
			bm_sensor_give_cadence(&m->sensor->codec, &cadence, &args->result);
		break;
	case BM_MESH_STATE_SEN_SET_SETTINGS:
		give_settings(m, &args->result);
		break;
	default:
		if (!bm_script_take_setting_id(args, &setting_id, fault))
			break;
		setting = setting_of(m, setting_id);
		if (setting)
			bm_sensor_give_setting(setting_id, setting->access, setting->raw, setting->len, &args->result);
	}
}

static void set_value(struct bm_script_model *m, const struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	struct bm_script_sensor *sensor = m->sensor;
	struct bm_sensor *entry = entry_of(m);
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	double number = 0;
	if (!bm_sensor_encode(&sensor->codec, &args->state, "state", raw, fault))
		return;
	if (!sensor->codec.property && bm_take_number(&args->state, "state", &number, fault))
		sensor->value = bm_sensor_quantise(&sensor->codec.scale, number);
	const bool changed = memcmp(raw, entry->raw, entry->len) != 0;
	memcpy(entry->raw, raw, entry->len);
	if (!changed || !m->board->mesh.node)
		return;
	if (sensor->cadence.set)
		bm_sensor_server_changed(&sensors_of(m)->server, bm_runtime_now(m->board->rt));
	else
		publish(m, BM_MESH_STATE_SEN, args);
}

/* x1 before x2, as numbers. */
static bool is_before(const struct bm_sensor_series *series, const uint8_t *x1, const uint8_t *x2)
{
	for (size_t i = series->x_len; i-- > 0;) {
		const uint8_t flip = series->x_signed && i + 1u == series->x_len ? 0x80 : 0;
		if (x1[i] != x2[i])
			return (x1[i] ^ flip) < (x2[i] ^ flip);
	}
	return false;
}

/* Into its place, or over the column of the same x. */
static bool add_column(struct bm_script_sensor *sensor, const struct bm_sensor_column *column, struct bm_fault *fault)
{
	struct bm_sensor_series *series = &sensor->series;
	size_t at = 0;
	while (at < series->count && is_before(series, sensor->columns[at].x, column->x))
		at++;
	if (at < series->count && !is_before(series, column->x, sensor->columns[at].x)) {
		sensor->columns[at] = *column;
		return true;
	}
	if (series->count == COLUMNS_MAX)
		return bm_fault_set(fault, BM_FAULT_VALUE, "state: a series has %u columns at most", COLUMNS_MAX);
	if (!sensor->columns)
		sensor->columns = calloc(COLUMNS_MAX, sizeof *sensor->columns);
	if (!sensor->columns)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "state: there is no memory for columns");
	memmove(&sensor->columns[at + 1], &sensor->columns[at], (series->count - at) * sizeof *sensor->columns);
	sensor->columns[at] = *column;
	series->columns = sensor->columns;
	series->count++;
	return true;
}

static void begin_series(struct bm_script_model *m)
{
	struct bm_sensor_series *series = &m->sensor->series;
	series->x_len = bm_sensor_part_len(&m->sensor->codec, BM_SENSOR_X);
	series->y_len = bm_sensor_part_len(&m->sensor->codec, BM_SENSOR_Y);
	series->x_signed = bm_sensor_x_is_signed(&m->sensor->codec);
	entry_of(m)->series = series;
}

static void set_column(struct bm_script_model *m, const struct bm_value *state, struct bm_fault *fault)
{
	struct bm_sensor_column column = {{0}, {0}, {0}};
	if (!has_columns(m, fault) || !bm_sensor_take_column(&m->sensor->codec, state, &column, fault))
		return;
	begin_series(m);
	(void)add_column(m->sensor, &column, fault);
}

static void set_series(struct bm_script_model *m, const struct bm_value *state, struct bm_fault *fault)
{
	struct bm_sensor_column column = {{0}, {0}, {0}};
	if (!has_columns(m, fault))
		return;
	if (state->kind != BM_VALUE_LIST || state->len > COLUMNS_MAX) {
		bm_fault_set(fault, state->kind == BM_VALUE_LIST ? BM_FAULT_VALUE : BM_FAULT_TYPE,
			     "state must be a list of at most %u columns (x, width, y)", COLUMNS_MAX);
		return;
	}
	for (size_t i = 0; i < state->len; i++)
		if (!bm_sensor_take_column(&m->sensor->codec, &state->items[i], &column, fault))
			return;
	begin_series(m);
	m->sensor->series.count = 0;
	for (size_t i = 0; i < state->len; i++)
		if (!bm_sensor_take_column(&m->sensor->codec, &state->items[i], &column, fault) ||
		    !add_column(m->sensor, &column, fault))
			return;
}

/* Cadence and settings are configuration: what is set while the board is a node outlasts the run. */
static void keep(const struct bm_script_model *m)
{
	if (m->board->mesh.node)
		bm_model_state_changed(m->model);
}

static void set_cadence(struct bm_script_model *m, const struct bm_mesh_state_args *args, struct bm_fault *fault)
{
	if (!has_cadence(m, fault) ||
	    !bm_sensor_take_cadence(&m->sensor->codec, &args->state, &m->sensor->cadence.cadence, fault))
		return;
	m->sensor->cadence.set = true;
	keep(m);
	publish(m, BM_MESH_STATE_SEN_SET_CADENCE, args);
	if (m->board->mesh.node)
		bm_sensor_server_changed(&sensors_of(m)->server, bm_runtime_now(m->board->rt));
}

/* A setting's place, ascending; a new one can be written. */
static struct bm_sensor_setting *place_setting(struct bm_script_model *m, uint16_t setting_id, struct bm_fault *fault)
{
	struct bm_sensor *entry = entry_of(m);
	struct bm_sensor_setting *settings = m->sensor->settings;
	struct bm_sensor_setting *found = setting_of(m, setting_id);
	if (found)
		return found;
	if (entry->setting_count == BM_MESH_SETTINGS_MAX) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "too many settings: a sensor has %u at most",
			     BM_MESH_SETTINGS_MAX);
		return NULL;
	}
	size_t at = entry->setting_count;
	uint8_t *raw = m->sensor->setting_raw[entry->setting_count++];
	for (; at > 0 && settings[at - 1].property_id > setting_id; at--)
		settings[at] = settings[at - 1];
	settings[at] = (struct bm_sensor_setting){
		.property_id = setting_id, .access = BM_SENSOR_SETTING_READ_WRITE, .raw = raw};
	return &settings[at];
}

static bool setting_codec(uint16_t setting_id, struct bm_sensor_codec *codec, struct bm_fault *fault)
{
	const struct bm_property *property = bm_property_find(setting_id);
	if (!property)
		return bm_fault_set(fault, BM_FAULT_VALUE, "setting_id: there is no device property 0x%04x",
				    setting_id);
	bm_sensor_codec_init(codec, property);
	return true;
}

/* A setting as octets. */
struct setting_octets {
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	uint8_t len;
	bool has_access, writable;
};

/* A value, or {"value": …, "writable": …}. */
static bool take_setting(uint16_t setting_id, const struct bm_value *state, struct setting_octets *out,
			 struct bm_fault *fault)
{
	struct bm_sensor_codec codec;
	const struct bm_value *inner = bm_value_find(state, "value");
	const struct bm_value *access = bm_value_find(state, "writable");
	*out = (struct setting_octets){.has_access = access != NULL};
	if (!setting_codec(setting_id, &codec, fault) ||
	    (access && !bm_take_bool(access, "writable", &out->writable, fault)))
		return false;
	out->len = bm_sensor_codec_len(&codec);
	return bm_sensor_encode(&codec, inner ? inner : state, "state", out->raw, fault);
}

static bool set_setting(struct bm_script_model *m, uint16_t setting_id, const struct bm_value *state,
			struct bm_fault *fault)
{
	struct setting_octets octets;
	if (!take_setting(setting_id, state, &octets, fault))
		return false;
	struct bm_sensor_setting *setting = place_setting(m, setting_id, fault);
	if (!setting)
		return false;
	if (octets.has_access)
		setting->access = octets.writable ? BM_SENSOR_SETTING_READ_WRITE : BM_SENSOR_SETTING_READ;
	setting->len = octets.len;
	memcpy(setting->raw, octets.raw, setting->len);
	setting->set = true;
	return true;
}

/* {setting id: value, …}: those are all that there are. Nothing changes if one is wrong. */
static void set_settings(struct bm_script_model *m, const struct bm_value *state, struct bm_fault *fault)
{
	struct setting_octets octets;
	if (state->kind != BM_VALUE_MAP) {
		bm_fault_set(fault, BM_FAULT_TYPE, "state must be a dict {setting_id: value}, not %s",
			     state->type_name);
		return;
	}
	if (state->len / 2 > BM_MESH_SETTINGS_MAX) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "too many settings: a sensor has %u at most",
			     BM_MESH_SETTINGS_MAX);
		return;
	}
	for (size_t i = 0; i < state->len; i += 2) {
		int64_t id = 0;
		if (!bm_take_int(&state->items[i], "setting_id", 1, 0xffff, &id, fault) ||
		    !take_setting((uint16_t)id, &state->items[i + 1], &octets, fault))
			return;
	}
	entry_of(m)->setting_count = 0;
	for (size_t i = 0; i < state->len; i += 2)
		if (!set_setting(m, (uint16_t)state->items[i].i, &state->items[i + 1], fault))
			return;
	keep(m);
}

void bm_script_sensor_set(struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
			  struct bm_fault *fault)
{
	uint16_t setting_id = 0;
	switch (state) {
	case BM_MESH_STATE_SEN:
		set_value(m, args, fault);
		break;
	case BM_MESH_STATE_SEN_DESCRIPTOR:
		(void)bm_sensor_take_descriptor(&args->state, &entry_of(m)->descriptor, fault);
		break;
	case BM_MESH_STATE_SEN_COLUMN:
		set_column(m, &args->state, fault);
		break;
	case BM_MESH_STATE_SEN_SERIES:
		set_series(m, &args->state, fault);
		break;
	case BM_MESH_STATE_SEN_SET_CADENCE:
		set_cadence(m, args, fault);
		break;
	case BM_MESH_STATE_SEN_SET_SETTINGS:
		set_settings(m, &args->state, fault);
		break;
	default:
		if (bm_script_take_setting_id(args, &setting_id, fault) &&
		    set_setting(m, setting_id, &args->state, fault)) {
			keep(m);
			publish(m, state, args);
		}
	}
}
