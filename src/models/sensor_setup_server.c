/*
 * Sensor Setup Server (MshMDL 4.3.2): cadence and settings of a Sensor Server's properties.
 */
#include "models/sensor_state.h"

static struct bm_sensor *sensor_of(const struct bm_model *model, uint16_t property_id)
{
	const struct bm_sensor_setup_server *setup = model->self;
	return bm_sensor_find(setup->server, property_id);
}

/* A sensor without a value has no length, so no cadence. */
static bool has_cadence(const struct bm_sensor *sensor)
{
	return sensor && sensor->cadence && sensor->len;
}

static struct bm_writer put_cadence_status(uint8_t out[BM_ACCESS_MAX], uint16_t property_id,
					   const struct bm_sensor *sensor)
{
	struct bm_writer w = bm_writer_of(out, BM_ACCESS_MAX);
	bm_put_opcode(&w, BM_OP_SENSOR_CADENCE_STATUS);
	bm_put_le16(&w, property_id);
	if (has_cadence(sensor)) {
		sensor->cadence->cadence.raw_len = sensor->len;
		bm_sensor_put_cadence(&w, &sensor->cadence->cadence);
	}
	return w;
}

static void handle_cadence_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_writer w = put_cadence_status(out, property_id, sensor_of(model, property_id));
	bm_models_answer(model, rx, &w);
}

static void tell(struct bm_model *model, struct bm_sensor *sensor, struct bm_sensor_setting *setting,
		 const struct bm_rx *rx)
{
	const struct bm_sensor_setup_server *setup = model->self;
	if (setup->on_set)
		setup->on_set(setup->ctx, sensor, setting, rx);
}

static void handle_cadence_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_reader whole = *params;
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	struct bm_sensor *sensor = sensor_of(model, property_id);
	struct bm_sensor_cadence cadence;
	enum bm_err err = bm_sensor_read_cadence(params, &cadence);
	if (!err && has_cadence(sensor) && cadence.raw_len != sensor->len)
		err = BM_ERR_TOO_LONG;
	if (err) {
		bm_sensor_drop(model, err, &whole);
		return;
	}
	if (has_cadence(sensor)) {
		sensor->cadence->cadence = cadence;
		tell(model, sensor, NULL, rx);
	}
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_writer w = put_cadence_status(out, property_id, sensor);
	if (rx->opcode == BM_OP_SENSOR_CADENCE_SET)
		bm_models_answer(model, rx, &w);
	if (has_cadence(sensor)) {
		bm_models_publish(model, &w);
		bm_sensor_server_changed(((struct bm_sensor_setup_server *)model->self)->server, rx->now);
	}
}

static void handle_settings_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	const struct bm_sensor *sensor = sensor_of(model, property_id);
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_SETTINGS_STATUS);
	bm_put_le16(&w, property_id);
	for (size_t i = 0; sensor && i < sensor->setting_count; i++)
		bm_put_le16(&w, sensor->settings[i].property_id);
	bm_models_answer(model, rx, &w);
}

static struct bm_sensor_setting *setting_of(const struct bm_sensor *sensor, uint16_t setting_id)
{
	for (size_t i = 0; sensor && i < sensor->setting_count; i++)
		if (sensor->settings[i].property_id == setting_id)
			return &sensor->settings[i];
	return NULL;
}

/* setting NULL: the answer has neither access nor value. */
static struct bm_writer put_setting_status(uint8_t out[BM_ACCESS_MAX], uint16_t property_id, uint16_t setting_id,
					   const struct bm_sensor_setting *setting)
{
	struct bm_writer w = bm_writer_of(out, BM_ACCESS_MAX);
	bm_put_opcode(&w, BM_OP_SENSOR_SETTING_STATUS);
	bm_put_le16(&w, property_id);
	bm_put_le16(&w, setting_id);
	if (setting) {
		bm_put_u8(&w, setting->access);
		bm_put_octets(&w, setting->raw, setting->len);
	}
	return w;
}

static void handle_setting_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	uint16_t property_id, setting_id;
	if (!bm_sensor_take_property(model, params, &property_id) ||
	    !bm_sensor_take_property(model, params, &setting_id))
		return;
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_writer w = put_setting_status(out, property_id, setting_id,
						      setting_of(sensor_of(model, property_id), setting_id));
	bm_models_answer(model, rx, &w);
}

static void handle_setting_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_reader whole = *params;
	uint16_t property_id, setting_id;
	if (!bm_sensor_take_property(model, params, &property_id) ||
	    !bm_sensor_take_property(model, params, &setting_id))
		return;
	struct bm_sensor *sensor = sensor_of(model, property_id);
	struct bm_sensor_setting *setting = setting_of(sensor, setting_id);
	/* What cannot be written is answered like an unknown one. */
	if (setting && setting->access != BM_SENSOR_SETTING_READ_WRITE)
		setting = NULL;
	if (setting && bm_reader_left(params) != setting->len) {
		bm_sensor_drop(model, BM_ERR_TOO_SHORT, &whole);
		return;
	}
	if (setting) {
		bm_read_copy(params, setting->raw, setting->len);
		tell(model, sensor, setting, rx);
	}
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_writer w = put_setting_status(out, property_id, setting_id, setting);
	if (rx->opcode == BM_OP_SENSOR_SETTING_SET)
		bm_models_answer(model, rx, &w);
	if (setting)
		bm_models_publish(model, &w);
}

/* A cadence with raw values of 16 octets is the longest, one with percentages and of one octet the shortest or as
 * short. */
#define CADENCE_SET_MIN 8u
#define CADENCE_SET_MAX (4u + 4u * BM_SENSOR_CADENCE_RAW_MAX)

static const struct bm_opcode opcodes[] = {
	{BM_OP_SENSOR_CADENCE_GET, 2, 2, handle_cadence_get},
	{BM_OP_SENSOR_CADENCE_SET, CADENCE_SET_MIN, CADENCE_SET_MAX, handle_cadence_set},
	{BM_OP_SENSOR_CADENCE_SET_UNACK, CADENCE_SET_MIN, CADENCE_SET_MAX, handle_cadence_set},
	{BM_OP_SENSOR_SETTINGS_GET, 2, 2, handle_settings_get},
	{BM_OP_SENSOR_SETTING_GET, 4, 4, handle_setting_get},
	{BM_OP_SENSOR_SETTING_SET, 4, BM_ACCESS_MAX, handle_setting_set},
	{BM_OP_SENSOR_SETTING_SET_UNACK, 4, BM_ACCESS_MAX, handle_setting_set},
};

void bm_sensor_setup_server_init(struct bm_sensor_setup_server *setup, struct bm_sensor_server *server)
{
	*setup = (struct bm_sensor_setup_server){
		.model = {.id = {.id = 0x1101},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = setup,
			  .extends = &server->model},
		.server = server,
	};
}
