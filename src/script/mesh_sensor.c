/*
 * Sensors of a script: which properties an element has, and how a model that is added becomes part of the element's one
 * Sensor Server, Sensor Setup Server or Sensor Client. The states are in mesh_sensor_server.c.
 */
#include <stdlib.h>
#include <string.h>

#include "models/sensor_state.h"
#include "script/board.h"
#include "script/mesh_model.h"
#include "script/sensor_shapes.h"

static bool is_given(const struct bm_value *value)
{
	return value->kind != BM_VALUE_ABSENT && value->kind != BM_VALUE_NONE;
}

static bool take_property(const struct bm_value *value, const struct bm_property **property, struct bm_fault *fault)
{
	int64_t id = 0;
	*property = NULL;
	if (!is_given(value))
		return true;
	if (!bm_take_int(value, "property_id", 1, 0xffff, &id, fault))
		return false;
	*property = bm_property_find((uint16_t)id);
	return *property ||
	       bm_fault_set(fault, BM_FAULT_VALUE, "property_id: there is no device property 0x%04x", (unsigned)id);
}

static bool check_scale(const struct bm_sensor_scale *scale, bool has_step, struct bm_fault *fault)
{
	if (!(scale->min < scale->max))
		return bm_fault_set(fault, BM_FAULT_VALUE, "sen_min must be below sen_max (%g is not below %g)",
				    scale->min, scale->max);
	if (has_step && !(scale->step > 0 && scale->step <= scale->max - scale->min))
		return bm_fault_set(fault, BM_FAULT_VALUE,
				    "sen_res must be above 0 and at most sen_max - sen_min, not %g", scale->step);
	return true;
}

static bool take_scale(struct bm_sensor_codec *codec, const struct bm_mesh_model_args *args, struct bm_fault *fault)
{
	const struct bm_sensor_scale whole = codec->scale;
	const bool any = is_given(&args->sen_min) || is_given(&args->sen_max) || is_given(&args->sen_res);
	struct bm_sensor_scale *scale = &codec->scale;
	if (any && !bm_sensor_codec_is_number(codec))
		return bm_fault_set(fault, BM_FAULT_VALUE,
				    "sen_min, sen_max and sen_res: property 0x%04x (%s) is no single number",
				    codec->property_id, codec->property->name);
	if ((is_given(&args->sen_min) && !bm_take_number(&args->sen_min, "sen_min", &scale->min, fault)) ||
	    (is_given(&args->sen_max) && !bm_take_number(&args->sen_max, "sen_max", &scale->max, fault)) ||
	    (is_given(&args->sen_res) && !bm_take_number(&args->sen_res, "sen_res", &scale->step, fault)))
		return false;
	if (any && !check_scale(scale, is_given(&args->sen_res) || !codec->property, fault))
		return false;
	if (codec->property && (scale->min < whole.min || scale->max > whole.max))
		return bm_fault_set(
			fault, BM_FAULT_VALUE,
			"sen_min and sen_max must be within %.10g to %.10g: property 0x%04x (%s) has no more",
			whole.min, whole.max, codec->property_id, codec->property->name);
	return true;
}

/* The sensor on the element, if there is just one so far: a setup that names no property is that sensor's. */
static const struct bm_script_model *sensor_beside(const struct bm_script_model *m)
{
	const struct bm_mesh *mesh = &m->board->mesh;
	const struct bm_script_model *found = NULL;
	for (size_t i = 0; i < mesh->model_count; i++) {
		const struct bm_script_model *other = &mesh->models[i];
		if (other->type != BM_MESH_SENSOR || other->role != m->role || other->element != m->element)
			continue;
		if (found)
			return NULL;
		found = other;
	}
	return found;
}

bool bm_script_sensor_describe(struct bm_script_model *m, const struct bm_mesh_model_args *args, struct bm_fault *fault)
{
	const struct bm_property *property;
	struct bm_value ignored;
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	if (!take_property(&args->property_id, &property, fault))
		return false;
	if (!bm_script_is_sensor(m)) {
		/* Checked for all, used by sensors alone. */
		if (property)
			return bm_fault_set(fault, BM_FAULT_VALUE, "property_id: a %s model has none",
					    bm_script_type_name(m->type));
		bm_sensor_codec_init(&m->codec, NULL);
		return take_scale(&m->codec, args, fault);
	}
	const struct bm_script_model *sensor = m->type == BM_MESH_SENSOR_SETUP && !is_given(&args->property_id)
						       ? sensor_beside(m)
						       : NULL;
	if (sensor)
		m->codec = sensor->codec;
	else
		bm_sensor_codec_init(&m->codec, property);
	ignored = args->value;
	return take_scale(&m->codec, args, fault) &&
	       (!is_given(&ignored) || bm_sensor_encode(&m->codec, &ignored, "value", raw, fault));
}

static struct bm_script_sensors *sensors_of(struct bm_script_model *m, struct bm_fault *fault)
{
	struct bm_script_sensors **slot = &m->board->mesh.sensors[m->element];
	if (*slot)
		return *slot;
	*slot = calloc(1, sizeof **slot);
	if (*slot) {
		(*slot)->mesh = &m->board->mesh;
		bm_sensor_server_init(&(*slot)->server, (*slot)->list, 0);
	} else {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "there is no memory for another model");
	}
	return *slot;
}

/* The property's place in the list, which stays in ascending order; a new one is empty. */
static struct bm_script_sensor *place(struct bm_script_sensors *sensors, uint16_t property_id, struct bm_fault *fault)
{
	size_t at = 0;
	while (at < sensors->count && sensors->list[at].property_id < property_id)
		at++;
	if (at < sensors->count && sensors->list[at].property_id == property_id)
		return sensors->of[at];
	struct bm_script_sensor *sensor = sensors->count < BM_MESH_SENSORS_MAX ? calloc(1, sizeof *sensor) : NULL;
	if (!sensor) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "too many sensors: an element has %u at most",
			     BM_MESH_SENSORS_MAX);
		return NULL;
	}
	memmove(&sensors->list[at + 1], &sensors->list[at], (sensors->count - at) * sizeof sensors->list[0]);
	memmove(&sensors->of[at + 1], &sensors->of[at], (sensors->count - at) * sizeof sensors->of[0]);
	sensors->list[at] = (struct bm_sensor){.property_id = property_id, .settings = sensor->settings};
	sensors->of[at] = sensor;
	sensors->server.count = ++sensors->count;
	return sensor;
}

static void begin(struct bm_script_sensor *sensor, struct bm_sensor *entry, const struct bm_script_model *m,
		  const struct bm_value *value)
{
	struct bm_fault none = {0};
	sensor->codec = m->codec;
	entry->len = bm_sensor_codec_len(&m->codec);
	sensor->value = m->codec.scale.min;
	bm_sensor_encode_initial(&m->codec, entry->raw);
	if (!is_given(value) || !bm_sensor_encode(&m->codec, value, "value", entry->raw, &none))
		return;
	double number = 0;
	if (bm_sensor_codec_is_number(&m->codec) && bm_take_number(value, "value", &number, &none))
		sensor->value = bm_sensor_quantise(&m->codec.scale, number);
}

/* A cadence or a setting was set by a message: told to the model of that property. */
static void on_set(void *ctx, struct bm_sensor *entry, struct bm_sensor_setting *setting, const struct bm_rx *rx)
{
	struct bm_script_sensors *sensors = ctx;
	for (size_t i = 0; i < sensors->mesh->model_count; i++) {
		struct bm_script_model *m = &sensors->mesh->models[i];
		if (m->model != &sensors->setup.model || m->codec.property_id != entry->property_id)
			continue;
		struct bm_value state = bm_value_none();
		if (setting)
			bm_sensor_give_setting(setting->property_id, setting->access, setting->raw, setting->len,
					       &state);
		else
			bm_sensor_give_cadence(&m->sensor->codec, &entry->cadence->cadence, &state);
		bm_script_model_queue(m, state, BM_MODEL_EVENT_SET, rx->opcode, rx);
	}
}

static bool add_server(struct bm_script_model *m, struct bm_script_sensors *sensors,
		       const struct bm_mesh_model_args *args, struct bm_fault *fault)
{
	struct bm_script_sensor *sensor = place(sensors, m->codec.property_id, fault);
	if (!sensor)
		return false;
	struct bm_sensor *entry = bm_sensor_find(&sensors->server, m->codec.property_id);
	const bool is_setup = m->type == BM_MESH_SENSOR_SETUP;
	/* A SENSOR model describes the sensor; one for the setup does if there is none. */
	if (!sensor->described && (!is_setup || entry->len == 0))
		begin(sensor, entry, m, &args->value);
	sensor->described = sensor->described || !is_setup;
	m->sensor = sensor;
	m->model = &sensors->server.model;
	if (!is_setup)
		return true;
	m->model = &sensors->setup.model;
	entry->cadence = &sensor->cadence;
	if (!sensors->has_setup) {
		bm_sensor_setup_server_init(&sensors->setup, &sensors->server);
		sensors->setup.on_set = on_set;
		sensors->setup.ctx = sensors;
		sensors->has_setup = true;
	}
	return true;
}

bool bm_script_sensor_add(struct bm_script_model *m, const struct bm_mesh_model_args *args, struct bm_fault *fault)
{
	struct bm_script_sensors *sensors = sensors_of(m, fault);
	if (!sensors)
		return false;
	if (m->role == BM_MESH_CLIENT) {
		bm_script_sensor_client_bind(sensors, m);
		return true;
	}
	return add_server(m, sensors, args, fault);
}

size_t bm_script_sensor_models(struct bm_script_sensors *sensors, struct bm_model *out[3])
{
	size_t count = 0;
	if (sensors->count)
		out[count++] = &sensors->server.model;
	if (sensors->has_setup)
		out[count++] = &sensors->setup.model;
	if (sensors->has_client)
		out[count++] = &sensors->client.model;
	return count;
}
