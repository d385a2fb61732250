/*
 * Sensor Client (MshMDL 4.4.1): asks for values and hands on each one told.
 */
#include "blemesh/sensor.h"

#include "models/send.h"

static bool is_whole(struct bm_reader r)
{
	struct bm_sensor_value value;
	enum bm_err err;
	do {
		err = bm_sensor_next_value(&r, &value);
	} while (!err);
	return err == BM_ERR_NOT_FOUND;
}

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_client *client = model->self;
	/* A message that ends within a value is malformed: none of it is believed. */
	if (!is_whole(*params)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, params);
		return;
	}
	struct bm_sensor_value value;
	while (client->on_value && bm_sensor_next_value(params, &value) == BM_OK)
		client->on_value(client->ctx, &value, rx);
}

static const struct bm_opcode opcodes[] = {{BM_OP_SENSOR_STATUS, 0, BM_ACCESS_MAX, handle_status}};

void bm_sensor_client_init(struct bm_sensor_client *client,
			   void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx),
			   void *ctx)
{
	*client = (struct bm_sensor_client){
		.model = {.id = {.id = 0x1102},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = client},
		.on_value = on_value,
		.ctx = ctx,
	};
}

enum bm_err bm_sensor_client_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
				 bm_time now)
{
	uint8_t out[4];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_GET);
	if (property_id)
		bm_put_le16(&w, property_id);
	size_t len;
	const enum bm_err err = bm_writer_finish(&w, &len);
	return err ? err : bm_model_send(&client->model, tx, out, len, now);
}
