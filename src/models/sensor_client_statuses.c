/*
 * What a Sensor Client hears (MshMDL 4.4.1): each Status is checked to its end before anything of it is handed on.
 */
#include "models/sensor_state.h"

static enum bm_err check_values(struct bm_reader r)
{
	struct bm_sensor_value value;
	enum bm_err err;
	bool prohibited = false;
	do {
		err = bm_sensor_next_value(&r, &value);
		prohibited = prohibited || (!err && value.property_id == 0);
	} while (!err);
	if (err != BM_ERR_NOT_FOUND)
		return err;
	return prohibited ? BM_ERR_PROHIBITED : BM_OK;
}

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	const enum bm_err err = check_values(*params);
	if (err) {
		bm_sensor_drop(model, err, params);
		return;
	}
	struct bm_sensor_value value;
	while (client->on_value && bm_sensor_next_value(params, &value) == BM_OK)
		client->on_value(client->ctx, &value, rx);
}

static enum bm_err check_descriptors(struct bm_reader r)
{
	enum bm_err err = BM_OK;
	while (!err && bm_reader_left(&r)) {
		uint16_t property_id;
		struct bm_sensor_descriptor descriptor;
		err = bm_sensor_read_descriptor(&r, &property_id, &descriptor);
	}
	return err;
}

static void handle_descriptor_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	uint16_t property_id;
	/* An id alone: the property is unknown there. */
	if (bm_reader_left(params) == 2) {
		if (bm_sensor_take_property(model, params, &property_id) && client->on_descriptor)
			client->on_descriptor(client->ctx, property_id, NULL, rx);
		return;
	}
	const enum bm_err err = check_descriptors(*params);
	if (err) {
		bm_sensor_drop(model, err, params);
		return;
	}
	struct bm_sensor_descriptor descriptor;
	while (client->on_descriptor && bm_reader_left(params) &&
	       bm_sensor_read_descriptor(params, &property_id, &descriptor) == BM_OK)
		client->on_descriptor(client->ctx, property_id, &descriptor, rx);
}

static void tell_columns(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params,
			 void (*told)(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx))
{
	const struct bm_sensor_client *client = model->self;
	struct bm_sensor_column_status status;
	if (!bm_sensor_take_property(model, params, &status.property_id))
		return;
	status.len = bm_reader_left(params);
	status.octets = bm_read_octets(params, status.len);
	if (told)
		told(client->ctx, &status, rx);
}

static void handle_column_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	tell_columns(model, rx, params, ((const struct bm_sensor_client *)model->self)->on_column);
}

static void handle_series_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	tell_columns(model, rx, params, ((const struct bm_sensor_client *)model->self)->on_series);
}

static void handle_cadence_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	const struct bm_reader whole = *params;
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	struct bm_sensor_cadence cadence;
	const bool known = bm_reader_left(params) > 0;
	const enum bm_err err = known ? bm_sensor_read_cadence(params, &cadence) : BM_OK;
	if (err)
		bm_sensor_drop(model, err, &whole);
	else if (client->on_cadence)
		client->on_cadence(client->ctx, property_id, known ? &cadence : NULL, rx);
}

static void handle_settings_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	const struct bm_reader whole = *params;
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	const size_t len = bm_reader_left(params);
	if (len % 2)
		bm_sensor_drop(model, BM_ERR_TOO_SHORT, &whole);
	else if (client->on_settings)
		client->on_settings(client->ctx, property_id, params->at, len / 2, rx);
}

static void handle_setting_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	const struct bm_reader whole = *params;
	struct bm_sensor_setting_status status = {0};
	if (!bm_sensor_take_property(model, params, &status.property_id) ||
	    !bm_sensor_take_property(model, params, &status.setting_id))
		return;
	if (bm_reader_left(params)) {
		status.access = bm_read_u8(params);
		if (status.access != BM_SENSOR_SETTING_READ && status.access != BM_SENSOR_SETTING_READ_WRITE) {
			bm_sensor_drop(model, BM_ERR_PROHIBITED, &whole);
			return;
		}
		status.len = bm_reader_left(params);
		status.raw = bm_read_octets(params, status.len);
	}
	if (client->on_setting)
		client->on_setting(client->ctx, &status, rx);
}

const struct bm_opcode bm_sensor_client_opcodes[BM_SENSOR_CLIENT_OPCODES] = {
	{BM_OP_SENSOR_DESCRIPTOR_STATUS, 0, BM_ACCESS_MAX, handle_descriptor_status},
	{BM_OP_SENSOR_STATUS, 0, BM_ACCESS_MAX, handle_status},
	{BM_OP_SENSOR_COLUMN_STATUS, 2, BM_ACCESS_MAX, handle_column_status},
	{BM_OP_SENSOR_SERIES_STATUS, 2, BM_ACCESS_MAX, handle_series_status},
	{BM_OP_SENSOR_CADENCE_STATUS, 2, BM_ACCESS_MAX, handle_cadence_status},
	{BM_OP_SENSOR_SETTINGS_STATUS, 2, BM_ACCESS_MAX, handle_settings_status},
	{BM_OP_SENSOR_SETTING_STATUS, 4, BM_ACCESS_MAX, handle_setting_status},
};
