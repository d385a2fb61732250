/*
 * The models of a node without a script: made, shown, and typed at.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device/device.h"
#include "cli/words/property.h"

#define GREEN 0x007f00u
#define RED 0x7f0000u
#define TEXT_LEN 200u

/* "lamp 2": elements are named if there are several. */
static const char *of_element(const struct bm_device_model *model, char out[24])
{
	out[0] = 0;
	if (model->device->options.elements > 1)
		snprintf(out, 24, "element %u: ", model->element + 1u);
	return out;
}

/* The value is taken; value_text is what people read. rx NULL: it was not a message. */
static void say_state(struct bm_device_model *model, const char *event, const char *what, json_t *value,
		      const char *value_text, const struct bm_rx *rx)
{
	char element[24], by[32] = "";
	json_t *fields = json_pack("{s:i,s:s,s:o}", "element", model->element + 1, "state", what, "value", value);
	if (rx) {
		char source[8];
		snprintf(source, sizeof source, "0x%04x", rx->src);
		snprintf(by, sizeof by, " (%s %s)", strcmp(event, "state") == 0 ? "by" : "from", source);
		json_object_set_new(fields, "source", json_string(source));
	}
	bm_device_say(model->device, event, fields, "%s%s is %s%s", of_element(model, element), what, value_text, by);
}

static void say_onoff(struct bm_device_model *model, bool on, const struct bm_rx *rx)
{
	say_state(model, "state", "onoff", json_boolean(on), on ? "on" : "off", rx);
	bm_device_light(model->device);
}

static void on_onoff(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)opcode, (void)now;
	say_onoff(ctx, present, rx);
}

static void say_level(struct bm_device_model *model, int16_t level, const struct bm_rx *rx)
{
	char text[16];
	snprintf(text, sizeof text, "%d", level);
	say_state(model, "state", "level", json_integer(level), text, rx);
}

static void on_level(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)opcode, (void)now;
	say_level(ctx, present, rx);
}

static void on_transition(void *ctx, uint8_t transition, const struct bm_rx *rx, bm_time now)
{
	static const uint32_t STEP_MS[] = {100, 1000, 10000, 600000};
	const double seconds = (transition & 0x3f) * STEP_MS[transition >> 6] / 1000.0;
	char text[24];
	(void)now;
	snprintf(text, sizeof text, "%g s", seconds);
	say_state(ctx, "state", "default transition time", json_real(seconds), text, rx);
}

static void on_onoff_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	struct bm_device_model *model = ctx;
	model->on = status->has_target ? status->target : status->present;
	say_state(model, "status", "onoff", json_boolean(status->present), status->present ? "on" : "off", rx);
}

static void on_level_status(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx)
{
	char text[16];
	snprintf(text, sizeof text, "%d", status->present);
	say_state(ctx, "status", "level", json_integer(status->present), text, rx);
}

static void say_sensor(struct bm_device_model *model, const char *event, uint16_t id, const uint8_t *raw, size_t len,
		       const struct bm_rx *rx)
{
	const struct bm_property *property = bm_property_find(id);
	char text[TEXT_LEN], name[24];
	snprintf(name, sizeof name, "property 0x%04x", id);
	bm_property_value_text(property, raw, len, text, sizeof text);
	say_state(model, event, property ? property->name : name, bm_property_value_json(property, raw, len), text, rx);
}

static void on_sensor_value(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx)
{
	static const uint8_t NONE[1] = {0};
	say_sensor(ctx, "status", value->property_id, value->raw ? value->raw : NONE, value->len, rx);
}

static void on_sensor_set(void *ctx, struct bm_sensor *sensor, struct bm_sensor_setting *setting,
			  const struct bm_rx *rx)
{
	const struct bm_property *property = bm_property_find(sensor->property_id);
	(void)setting;
	say_state(ctx, "state", "cadence", json_string(property->name), property->name, rx);
}

static enum bm_err add_sensors(struct bm_device_model *model)
{
	struct bm_device *device = model->device;
	struct bm_device_sensor_server *own = &model->is.sensor_server;
	struct bm_sensor *sensors = device->options.sensors[model->element];
	const size_t count = device->options.sensor_count[model->element];
	for (size_t i = 0; i < count; i++)
		if (sensors[i].len <= BM_SENSOR_CADENCE_RAW_MAX)
			sensors[i].cadence = &own->cadence[i];
	bm_sensor_server_init(&own->server, sensors, count);
	bm_sensor_setup_server_init(&own->setup, &own->server);
	own->setup.on_set = on_sensor_set;
	own->setup.ctx = model;
	const enum bm_err err = bm_node_add_model(device->node, model->element, &own->server.model);
	return err ? err : bm_node_add_model(device->node, model->element, &own->setup.model);
}

/* Makes it; returns its core. NULL: it was added already. */
static struct bm_model *make(struct bm_device_model *model, enum bm_err *err)
{
	switch (model->kind) {
	case BM_DEVICE_ONOFF_SERVER:
		bm_onoff_server_init(&model->is.onoff_server, false, on_onoff, model);
		model->is.onoff_server.model.persist = true;
		return &model->is.onoff_server.model;
	case BM_DEVICE_ONOFF_CLIENT:
		bm_onoff_client_init(&model->is.onoff_client, on_onoff_status, model);
		return &model->is.onoff_client.model;
	case BM_DEVICE_LEVEL_SERVER:
		bm_level_server_init(&model->is.level_server, 0, on_level, model);
		model->is.level_server.model.persist = true;
		return &model->is.level_server.model;
	case BM_DEVICE_LEVEL_CLIENT:
		bm_level_client_init(&model->is.level_client, on_level_status, model);
		return &model->is.level_client.model;
	case BM_DEVICE_SENSOR_SERVER:
		*err = add_sensors(model);
		return NULL;
	case BM_DEVICE_SENSOR_CLIENT:
		bm_sensor_client_init(&model->is.sensor_client, on_sensor_value, model);
		return &model->is.sensor_client.model;
	default:
		bm_default_transition_time_server_init(&model->is.transition_server, on_transition, model);
		return &model->is.transition_server.model;
	}
}

static struct bm_device_model *find(const struct bm_device *device, uint8_t element, enum bm_device_kind kind)
{
	for (size_t i = 0; i < device->options.model_count; i++)
		if (device->models[i].element == element && device->models[i].kind == kind)
			return &device->models[i];
	return NULL;
}

/* An element's states that belong together. */
static void tie(struct bm_device *device, uint8_t element)
{
	struct bm_device_model *onoff = find(device, element, BM_DEVICE_ONOFF_SERVER),
			       *level = find(device, element, BM_DEVICE_LEVEL_SERVER),
			       *time = find(device, element, BM_DEVICE_TRANSITION_SERVER);
	if (onoff && time)
		bm_onoff_server_use_default_transition_time(&onoff->is.onoff_server, &time->is.transition_server);
	if (level && time)
		bm_level_server_use_default_transition_time(&level->is.level_server, &time->is.transition_server);
	if (onoff && level)
		bm_level_server_bind_onoff(&level->is.level_server, &onoff->is.onoff_server);
}

enum bm_err bm_device_compose(struct bm_device *device)
{
	const struct bm_device_options *options = &device->options;
	enum bm_err err = BM_OK;
	device->models = calloc(options->model_count, sizeof *device->models);
	if (!device->models)
		return BM_ERR_NO_SPACE;
	for (uint8_t element = 0, index = 0; element < options->elements && err == BM_OK; element++) {
		if (element > 0)
			err = bm_node_add_element(device->node, 0, &index);
		for (size_t i = 0; i < options->model_count && err == BM_OK; i++) {
			struct bm_device_model *model = &device->models[i];
			if (options->models[i].element != element)
				continue;
			*model = (struct bm_device_model){
				.device = device, .kind = options->models[i].kind, .element = element};
			struct bm_model *core = make(model, &err);
			if (core)
				err = bm_node_add_model(device->node, element, core);
		}
		if (err == BM_OK)
			tie(device, element);
	}
	return err;
}

unsigned bm_device_model_count(const struct bm_device_options *options)
{
	unsigned count = 0;
	for (size_t i = 0; i < options->model_count; i++)
		count += options->models[i].kind == BM_DEVICE_SENSOR_SERVER ? 2 : 1;
	return count;
}

void bm_device_light(struct bm_device *device)
{
	for (size_t i = 0; i < device->options.model_count; i++) {
		if (device->models[i].kind != BM_DEVICE_ONOFF_SERVER)
			continue;
		bm_station_light(device->station, device->options.uuid,
				 device->models[i].is.onoff_server.present ? GREEN : RED, bm_runtime_now(device->rt));
		return;
	}
}

static void say_sensors(struct bm_device_model *model)
{
	const struct bm_sensor_server *server = &model->is.sensor_server.server;
	for (size_t i = 0; i < server->count; i++)
		say_sensor(model, "state", server->sensors[i].property_id, server->sensors[i].raw,
			   server->sensors[i].len, NULL);
}

void bm_device_status(struct bm_device *device)
{
	const bm_time now = bm_runtime_now(device->rt);
	for (size_t i = 0; i < device->options.model_count; i++) {
		struct bm_device_model *model = &device->models[i];
		if (model->kind == BM_DEVICE_ONOFF_SERVER)
			say_onoff(model, model->is.onoff_server.present, NULL);
		else if (model->kind == BM_DEVICE_LEVEL_SERVER)
			say_level(model, bm_level_server_present(&model->is.level_server, now), NULL);
		else if (model->kind == BM_DEVICE_SENSOR_SERVER)
			say_sensors(model);
		else if (model->kind == BM_DEVICE_TRANSITION_SERVER)
			on_transition(model, model->is.transition_server.transition, NULL, now);
	}
}

/* To where the client publishes. */
static bool publish(struct bm_device_model *model, struct bm_model *core, struct bm_tx *tx)
{
	char element[24];
	*tx = (struct bm_tx){.dst = BM_ADDR_UNASSIGNED, .app_idx = core->publication.app_idx, .ttl = BM_TTL_DEFAULT};
	if (core->publication.addr != BM_ADDR_UNASSIGNED)
		return true;
	bm_device_say(model->device, "warning", NULL, "%sthe %s has no publish address yet: nobody would hear it",
		      of_element(model, element), bm_device_kind_words[model->kind]);
	return false;
}

static void tell_result(struct bm_device_model *model, const char *what, enum bm_err err)
{
	char element[24];
	if (err)
		bm_device_say(model->device, "warning", NULL, "%s%s was not sent: %s", of_element(model, element), what,
			      bm_err_text(err));
	else
		bm_device_say(model->device, "sent",
			      json_pack("{s:i,s:s}", "element", model->element + 1, "what", what), "%ssent %s",
			      of_element(model, element), what);
}

static bool read_onoff(const char *word, bool now_on, bool *on)
{
	if (word[0] && strcmp(word, "toggle") != 0 && strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
		return false;
	*on = word[0] == 'o' ? word[1] == 'n' : !now_on;
	return true;
}

static bool typed_switch(struct bm_device_model *model, const char *word, bm_time now)
{
	struct bm_onoff_client *client = &model->is.onoff_client;
	struct bm_tx tx;
	bool on;
	const bool get = strcmp(word, "get") == 0;
	if (!get && !read_onoff(word, model->on, &on))
		return false;
	if (!publish(model, &client->model, &tx))
		return true;
	if (get) {
		tell_result(model, "get", bm_onoff_client_get(client, &tx, now));
		return true;
	}
	model->on = on;
	tell_result(model, on ? "on" : "off", bm_onoff_client_set(client, &tx, on, false, 0xff, 0, now));
	return true;
}

static bool typed_lamp(struct bm_device_model *model, const char *word, bm_time now)
{
	bool on;
	if (!read_onoff(word, model->is.onoff_server.present, &on))
		return false;
	bm_onoff_server_set(&model->is.onoff_server, on, now);
	say_onoff(model, on, NULL);
	return true;
}

static bool read_level(const char *word, long *level)
{
	char *end;
	*level = strtol(word, &end, 10);
	return end != word && *end == 0 && *level >= INT16_MIN && *level <= UINT16_MAX;
}

static bool typed_level_client(struct bm_device_model *model, const char *word, bm_time now)
{
	static const struct bm_level_how HOW = {.transition = 0xff};
	struct bm_level_client *client = &model->is.level_client;
	struct bm_tx tx;
	long level = 0;
	const bool get = strcmp(word, "get") == 0, delta = word[0] == '+' || word[0] == '-';
	if (!get && (!read_level(word, &level) || (!delta && level > INT16_MAX)))
		return false;
	if (!publish(model, &client->model, &tx))
		return true;
	const enum bm_err err = get     ? bm_level_client_get(client, &tx, now)
				: delta ? bm_level_client_delta(client, &tx, (int32_t)level, &HOW, now)
					: bm_level_client_set(client, &tx, (int16_t)level, &HOW, now);
	tell_result(model, get ? "get" : word, err);
	return true;
}

static bool typed_level_server(struct bm_device_model *model, const char *word, bm_time now)
{
	long level;
	if (!read_level(word, &level) || level > INT16_MAX)
		return false;
	bm_level_server_set(&model->is.level_server, (int16_t)level, now);
	say_level(model, (int16_t)level, NULL);
	return true;
}

static bool typed_sensor(struct bm_device_model *model, const char *word, bm_time now)
{
	struct bm_sensor_server *server = &model->is.sensor_server.server;
	const char *equals = strchr(word, '=');
	char name[80], why[400];
	uint8_t raw[BM_PROPERTY_OCTETS_MAX];
	size_t len;
	if (!equals || equals == word || (size_t)(equals - word) >= sizeof name)
		return false;
	snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
	const struct bm_property *property = bm_property_of_words(name, why, sizeof why);
	if (!property || !bm_property_value_of_words(property, equals + 1, raw, &len, why, sizeof why)) {
		bm_device_say(model->device, "warning", NULL, "%s", why);
		return true;
	}
	for (size_t i = 0; i < server->count; i++) {
		struct bm_sensor *sensor = &server->sensors[i];
		if (sensor->property_id != property->id)
			continue;
		memcpy(sensor->raw, raw, len);
		sensor->len = (uint8_t)len;
		bm_sensor_server_changed(server, now);
		say_sensor(model, "state", sensor->property_id, raw, len, NULL);
		return true;
	}
	return false;
}

static bool typed_sensor_client(struct bm_device_model *model, const char *word, bm_time now)
{
	struct bm_sensor_client *client = &model->is.sensor_client;
	struct bm_tx tx;
	if (strcmp(word, "get") != 0)
		return false;
	if (publish(model, &client->model, &tx))
		tell_result(model, "get", bm_sensor_client_get(client, &tx, 0, now));
	return true;
}

bool bm_device_typed(struct bm_device_model *model, const char *word)
{
	const bm_time now = bm_runtime_now(model->device->rt);
	switch (model->kind) {
	case BM_DEVICE_ONOFF_CLIENT:
		return typed_switch(model, word, now);
	case BM_DEVICE_ONOFF_SERVER:
		return typed_lamp(model, word, now);
	case BM_DEVICE_LEVEL_CLIENT:
		return typed_level_client(model, word, now);
	case BM_DEVICE_LEVEL_SERVER:
		return typed_level_server(model, word, now);
	case BM_DEVICE_SENSOR_SERVER:
		return typed_sensor(model, word, now);
	case BM_DEVICE_SENSOR_CLIENT:
		return typed_sensor_client(model, word, now);
	default:
		return false;
	}
}
