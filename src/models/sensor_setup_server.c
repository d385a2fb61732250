/*
 * Sensor Setup Server (MshMDL 4.3.2): cadence and settings of a Sensor Server's properties.
 */
#include "models/sensor_state.h"

/* A cadence with raw values of 16 octets is the longest, one with percentages and of one octet the shortest or as
 * short. */
#define CADENCE_SET_MIN 8u
#define CADENCE_SET_MAX (4u + 4u * BM_SENSOR_CADENCE_RAW_MAX)

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

static struct bm_sensor_setting *setting_of(const struct bm_sensor *sensor, uint16_t setting_id)
{
	for (size_t i = 0; sensor && i < sensor->setting_count; i++)
		if (sensor->settings[i].property_id == setting_id)
			return &sensor->settings[i];
	return NULL;
}

/* What is kept: {Property ID, setting's Property ID (0: the cadence), length, octets} of each that was set. */
static void put_kept(struct bm_writer *w, uint16_t property_id, uint16_t setting_id, const uint8_t *octets, size_t len)
{
	bm_put_be16(w, property_id);
	bm_put_be16(w, setting_id);
	bm_put_u8(w, (uint8_t)len);
	bm_put_octets(w, octets, len);
}

static void save_cadence(struct bm_writer *w, const struct bm_sensor *sensor)
{
	uint8_t octets[CADENCE_SET_MAX];
	struct bm_sensor_cadence cadence = sensor->cadence->cadence;
	struct bm_writer own = bm_writer_of(octets, sizeof octets);
	size_t len;
	cadence.raw_len = sensor->len;
	bm_sensor_put_cadence(&own, &cadence);
	if (bm_writer_finish(&own, &len) == BM_OK)
		put_kept(w, sensor->property_id, 0, octets, len);
}

static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_sensor_server *server = ((const struct bm_sensor_setup_server *)model->self)->server;
	for (size_t i = 0; i < server->count; i++) {
		const struct bm_sensor *sensor = &server->sensors[i];
		if (has_cadence(sensor) && sensor->cadence->set)
			save_cadence(w, sensor);
		for (size_t s = 0; s < sensor->setting_count; s++) {
			const struct bm_sensor_setting *setting = &sensor->settings[s];
			if (setting->set)
				put_kept(w, sensor->property_id, setting->property_id, setting->raw, setting->len);
		}
	}
}

struct kept {
	uint16_t property_id, setting_id;
	struct bm_reader octets;
	struct bm_sensor_cadence cadence; /* setting_id 0 */
};

static enum bm_err next_kept(struct bm_reader *r, struct kept *kept)
{
	*kept = (struct kept){.property_id = bm_read_be16(r), .setting_id = bm_read_be16(r)};
	const size_t len = bm_read_u8(r);
	const uint8_t *octets = bm_read_octets(r, len);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	if (kept->property_id == 0)
		return BM_ERR_PROHIBITED;
	kept->octets = bm_reader_of(octets, len);
	return kept->setting_id ? BM_OK : bm_sensor_read_cadence(&kept->octets, &kept->cadence);
}

/* Given back to what is there, and is as it was; the rest was of another composition. */
static void give_back(struct bm_model *model, struct kept *kept)
{
	struct bm_sensor *sensor = sensor_of(model, kept->property_id);
	struct bm_sensor_setting *setting = setting_of(sensor, kept->setting_id);
	if (kept->setting_id == 0 && has_cadence(sensor) && kept->cadence.raw_len == sensor->len) {
		sensor->cadence->cadence = kept->cadence;
		sensor->cadence->set = true;
	}
	if (setting && bm_reader_left(&kept->octets) == setting->len) {
		bm_read_copy(&kept->octets, setting->raw, setting->len);
		setting->set = true;
	}
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_reader walk = *r;
	struct kept kept;
	while (bm_reader_left(&walk) > 0) {
		const enum bm_err err = next_kept(&walk, &kept);
		if (err)
			return err;
	}
	while (bm_reader_left(r) > 0 && next_kept(r, &kept) == BM_OK)
		give_back(model, &kept);
	return BM_OK;
}

static const struct bm_model_ops setup_ops = {.save = save, .load = load};

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
		sensor->cadence->set = true;
		bm_model_state_changed(model);
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
		setting->set = true;
		bm_model_state_changed(model);
		tell(model, sensor, setting, rx);
	}
	uint8_t out[BM_ACCESS_MAX];
	const struct bm_writer w = put_setting_status(out, property_id, setting_id, setting);
	if (rx->opcode == BM_OP_SENSOR_SETTING_SET)
		bm_models_answer(model, rx, &w);
	if (setting)
		bm_models_publish(model, &w);
}

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
			  .ops = &setup_ops,
			  .persist = true,
			  .self = setup,
			  .extends = &server->model,
			  .corresponds = &server->model},
		.server = server,
	};
}
