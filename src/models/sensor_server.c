/*
 * Sensor Server (MshMDL 4.3.1): tells the present values of its properties.
 */
#include "blemesh/sensor.h"

#include "models/send.h"

static void put(struct bm_writer *w, const struct bm_sensor *sensor)
{
	const struct bm_sensor_value value = {
		.property_id = sensor->property_id, .raw = sensor->raw, .len = sensor->len};
	bm_sensor_put_value(w, &value);
}

static void put_all(struct bm_writer *w, const struct bm_sensor_server *server)
{
	bm_put_opcode(w, BM_OP_SENSOR_STATUS);
	for (size_t i = 0; i < server->count; i++)
		put(w, &server->sensors[i]);
}

static void put_one(struct bm_writer *w, const struct bm_sensor_server *server, uint16_t property_id)
{
	bm_put_opcode(w, BM_OP_SENSOR_STATUS);
	for (size_t i = 0; i < server->count; i++) {
		if (server->sensors[i].property_id == property_id) {
			put(w, &server->sensors[i]);
			return;
		}
	}
	/* MshMDL 4.2.14: an unknown property is answered with no octets. */
	const struct bm_sensor_value unknown = {.property_id = property_id};
	bm_sensor_put_value(w, &unknown);
}

static void handle_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_server *server = model->self;
	const struct bm_reader whole = *params;
	const bool all = bm_reader_left(params) == 0;
	const uint16_t property_id = all ? 0 : bm_read_le16(params);
	if (bm_reader_finish(params)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, &whole);
		return;
	}
	/* MshMDL 4.1.1.1: property 0x0000 is prohibited. */
	if (!all && property_id == 0) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	if (server->refresh)
		server->refresh(server->ctx, rx->now);
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (all)
		put_all(&w, server);
	else
		put_one(&w, server, property_id);
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {{BM_OP_SENSOR_GET, 0, 2, handle_get}};

void bm_sensor_server_init(struct bm_sensor_server *server, struct bm_sensor *sensors, size_t count)
{
	*server = (struct bm_sensor_server){
		.model = {.id = {.id = 0x1100},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .self = server},
		.sensors = sensors,
		.count = count,
	};
}

enum bm_err bm_sensor_server_status(struct bm_sensor_server *server, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	put_all(&w, server);
	size_t len;
	const enum bm_err err = bm_writer_finish(&w, &len);
	return err ? BM_ERR_TOO_LONG : bm_model_send(&server->model, tx, out, len, now);
}
