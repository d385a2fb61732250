/*
 * Sensor Client (MshMDL 4.4.1): asks for the states of Sensor and Sensor Setup Servers, and sets those that can be.
 */
#include "models/sensor_state.h"

static enum bm_err send(struct bm_sensor_client *client, const struct bm_tx *tx, const struct bm_writer *w, bm_time now)
{
	size_t len;
	const enum bm_err err = bm_writer_finish(w, &len);
	return err ? BM_ERR_TOO_LONG : bm_model_send(&client->model, tx, w->start, len, now);
}

/* A message of an opcode, then identifiers other than 0, then octets. */
static enum bm_err ask(struct bm_sensor_client *client, const struct bm_tx *tx, uint32_t opcode, const uint16_t *ids,
		       size_t id_count, const struct bm_reader *octets, bm_time now)
{
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	for (size_t i = 0; i < id_count; i++) {
		if (ids[i] == 0)
			return BM_ERR_INVALID;
		bm_put_le16(&w, ids[i]);
	}
	if (octets)
		bm_put_octets(&w, octets->at, bm_reader_left(octets));
	return send(client, tx, &w, now);
}

enum bm_err bm_sensor_client_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
				 bm_time now)
{
	return ask(client, tx, BM_OP_SENSOR_GET, &property_id, property_id ? 1 : 0, NULL, now);
}

enum bm_err bm_sensor_client_descriptor_get(struct bm_sensor_client *client, const struct bm_tx *tx,
					    uint16_t property_id, bm_time now)
{
	return ask(client, tx, BM_OP_SENSOR_DESCRIPTOR_GET, &property_id, property_id ? 1 : 0, NULL, now);
}

enum bm_err bm_sensor_client_column_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					const uint8_t *x, size_t len, bm_time now)
{
	const struct bm_reader octets = bm_reader_of(x, len);
	return ask(client, tx, BM_OP_SENSOR_COLUMN_GET, &property_id, 1, &octets, now);
}

enum bm_err bm_sensor_client_series_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					const uint8_t *x1, const uint8_t *x2, size_t len, bm_time now)
{
	uint8_t both[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(both, sizeof both);
	bm_put_octets(&w, x1, len);
	bm_put_octets(&w, x2, len);
	if (w.failed)
		return BM_ERR_TOO_LONG;
	const struct bm_reader octets = bm_reader_of(both, bm_writer_len(&w));
	return ask(client, tx, BM_OP_SENSOR_SERIES_GET, &property_id, 1, &octets, now);
}

enum bm_err bm_sensor_client_cadence_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					 bm_time now)
{
	return ask(client, tx, BM_OP_SENSOR_CADENCE_GET, &property_id, 1, NULL, now);
}

enum bm_err bm_sensor_client_cadence_set(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					 const struct bm_sensor_cadence *cadence, bool ack, bm_time now)
{
	uint8_t fields[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(fields, sizeof fields);
	bm_sensor_put_cadence(&w, cadence);
	/* There is room for any: it failed because it is prohibited. */
	if (w.failed)
		return BM_ERR_INVALID;
	const struct bm_reader octets = bm_reader_of(fields, bm_writer_len(&w));
	return ask(client, tx, ack ? BM_OP_SENSOR_CADENCE_SET : BM_OP_SENSOR_CADENCE_SET_UNACK, &property_id, 1,
		   &octets, now);
}

enum bm_err bm_sensor_client_settings_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					  bm_time now)
{
	return ask(client, tx, BM_OP_SENSOR_SETTINGS_GET, &property_id, 1, NULL, now);
}

enum bm_err bm_sensor_client_setting_get(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					 uint16_t setting_id, bm_time now)
{
	const uint16_t ids[] = {property_id, setting_id};
	return ask(client, tx, BM_OP_SENSOR_SETTING_GET, ids, 2, NULL, now);
}

enum bm_err bm_sensor_client_setting_set(struct bm_sensor_client *client, const struct bm_tx *tx, uint16_t property_id,
					 uint16_t setting_id, const uint8_t *raw, size_t len, bool ack, bm_time now)
{
	const uint16_t ids[] = {property_id, setting_id};
	const struct bm_reader octets = bm_reader_of(raw, len);
	return ask(client, tx, ack ? BM_OP_SENSOR_SETTING_SET : BM_OP_SENSOR_SETTING_SET_UNACK, ids, 2, &octets, now);
}

void bm_sensor_client_init(struct bm_sensor_client *client,
			   void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx),
			   void *ctx)
{
	*client = (struct bm_sensor_client){
		.model = {.id = {.id = 0x1102},
			  .opcodes = bm_sensor_client_opcodes,
			  .opcode_count = BM_SENSOR_CLIENT_OPCODES,
			  .self = client},
		.on_value = on_value,
		.ctx = ctx,
	};
}
