/*
 * Sensor Server (MshMDL 4.3.1): tells descriptors, present values, columns and series of its properties.
 */
#include "models/sensor_state.h"

struct bm_sensor *bm_sensor_find(const struct bm_sensor_server *server, uint16_t property_id)
{
	for (size_t i = 0; i < server->count; i++)
		if (server->sensors[i].property_id == property_id)
			return &server->sensors[i];
	return NULL;
}

void bm_sensor_put(struct bm_writer *w, const struct bm_sensor *sensor)
{
	const struct bm_sensor_value value = {
		.property_id = sensor->property_id, .raw = sensor->raw, .len = sensor->len};
	bm_sensor_put_value(w, &value);
}

void bm_sensor_drop(struct bm_model *model, enum bm_err err, const struct bm_reader *params)
{
	bm_models_drop(model, err == BM_ERR_PROHIBITED ? BM_DROP_BAD_VALUE : BM_DROP_BAD_LENGTH, params);
}

bool bm_sensor_take_property(struct bm_model *model, struct bm_reader *params, uint16_t *property_id)
{
	const struct bm_reader whole = *params;
	*property_id = bm_read_le16(params);
	if (!params->failed && *property_id)
		return true;
	bm_sensor_drop(model, params->failed ? BM_ERR_TOO_SHORT : BM_ERR_PROHIBITED, &whole);
	return false;
}

/* Of one property, or of all (0): as many whole ones as one message holds. False: there are more. */
static bool put_each(struct bm_writer *w, const struct bm_sensor_server *server, uint16_t property_id,
		     void (*put)(struct bm_writer *w, const struct bm_sensor *sensor))
{
	for (size_t i = 0; i < server->count; i++) {
		const struct bm_writer before = *w;
		if (property_id && server->sensors[i].property_id != property_id)
			continue;
		put(w, &server->sensors[i]);
		if (w->failed) {
			*w = before;
			return false;
		}
	}
	return true;
}

static bool put_all(struct bm_writer *w, const struct bm_sensor_server *server)
{
	bm_put_opcode(w, BM_OP_SENSOR_STATUS);
	return put_each(w, server, 0, bm_sensor_put);
}

static void put_one(struct bm_writer *w, const struct bm_sensor_server *server, uint16_t property_id)
{
	bm_put_opcode(w, BM_OP_SENSOR_STATUS);
	const struct bm_sensor *sensor = bm_sensor_find(server, property_id);
	/* MshMDL 4.2.14: an unknown property is answered with no octets. */
	const struct bm_sensor_value unknown = {.property_id = property_id};
	if (sensor)
		bm_sensor_put(w, sensor);
	else
		bm_sensor_put_value(w, &unknown);
}

static void handle_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_server *server = model->self;
	uint16_t property_id = 0;
	if (bm_reader_left(params) && !bm_sensor_take_property(model, params, &property_id))
		return;
	if (server->refresh)
		server->refresh(server->ctx, rx->now);
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (property_id)
		put_one(&w, server, property_id);
	else
		(void)put_all(&w, server);
	bm_models_answer(model, rx, &w);
}

static void put_descriptor(struct bm_writer *w, const struct bm_sensor *sensor)
{
	bm_sensor_put_descriptor(w, sensor->property_id, &sensor->descriptor);
}

static void handle_descriptor_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sensor_server *server = model->self;
	uint16_t property_id = 0;
	if (bm_reader_left(params) && !bm_sensor_take_property(model, params, &property_id))
		return;
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_DESCRIPTOR_STATUS);
	(void)put_each(&w, server, property_id, put_descriptor);
	/* MshMDL 4.2.2: an unknown property is answered with its id alone. */
	if (property_id && !bm_sensor_find(server, property_id))
		bm_put_le16(&w, property_id);
	bm_models_answer(model, rx, &w);
}

static const struct bm_sensor_series *series_of(const struct bm_sensor_server *server, uint16_t property_id)
{
	const struct bm_sensor *sensor = bm_sensor_find(server, property_id);
	return sensor ? sensor->series : NULL;
}

static void put_column(struct bm_writer *w, const struct bm_sensor_series *series,
		       const struct bm_sensor_column *column)
{
	bm_put_octets(w, column->x, series->x_len);
	bm_put_octets(w, column->width, series->x_len);
	bm_put_octets(w, column->y, series->y_len);
}

static void handle_column_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_reader whole = *params;
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	const struct bm_sensor_series *series = series_of(model->self, property_id);
	const size_t len = bm_reader_left(params);
	const uint8_t *x = bm_read_octets(params, len);
	if (series && len != series->x_len) {
		bm_sensor_drop(model, BM_ERR_TOO_SHORT, &whole);
		return;
	}
	const struct bm_sensor_column *found = NULL;
	for (size_t i = 0; series && !found && i < series->count; i++)
		if (memcmp(series->columns[i].x, x, len) == 0)
			found = &series->columns[i];
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_COLUMN_STATUS);
	bm_put_le16(&w, property_id);
	/* MshMDL 4.2.16: an unknown column is answered with its Raw Value X alone. */
	if (found)
		put_column(&w, series, found);
	else
		bm_put_octets(&w, x, len);
	bm_models_answer(model, rx, &w);
}

/* x1 ≤ x2 as numbers. */
static bool is_ordered(const struct bm_sensor_series *series, const uint8_t *x1, const uint8_t *x2)
{
	const uint8_t sign = series->x_signed ? 0x80 : 0;
	for (size_t i = series->x_len; i-- > 0;) {
		const uint8_t flip = i + 1u == series->x_len ? sign : 0;
		if (x1[i] != x2[i])
			return (x1[i] ^ flip) < (x2[i] ^ flip);
	}
	return true;
}

static void handle_series_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_reader whole = *params;
	uint16_t property_id;
	if (!bm_sensor_take_property(model, params, &property_id))
		return;
	const struct bm_sensor_series *series = series_of(model->self, property_id);
	const size_t len = bm_reader_left(params);
	/* Both bounds or none. */
	if (len % 2 || (series && len && len != 2u * series->x_len)) {
		bm_sensor_drop(model, BM_ERR_TOO_SHORT, &whole);
		return;
	}
	const uint8_t *x1 = len ? bm_read_octets(params, len / 2) : NULL;
	const uint8_t *x2 = len ? bm_read_octets(params, len / 2) : NULL;
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_SERIES_STATUS);
	bm_put_le16(&w, property_id);
	for (size_t i = 0; series && i < series->count; i++) {
		const struct bm_sensor_column *column = &series->columns[i];
		/* The columns that one message holds. */
		if (bm_writer_len(&w) + 2u * series->x_len + series->y_len > sizeof out)
			break;
		if (!x1 || (is_ordered(series, x1, column->x) && is_ordered(series, column->x, x2)))
			put_column(&w, series, column);
	}
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_SENSOR_DESCRIPTOR_GET, 0, 2, handle_descriptor_get},
	{BM_OP_SENSOR_GET, 0, 2, handle_get},
	{BM_OP_SENSOR_COLUMN_GET, 3, 2 + BM_SENSOR_RAW_MAX, handle_column_get},
	{BM_OP_SENSOR_SERIES_GET, 2, 2 + 2 * BM_SENSOR_RAW_MAX, handle_series_get},
};

void bm_sensor_server_init(struct bm_sensor_server *server, struct bm_sensor *sensors, size_t count)
{
	*server = (struct bm_sensor_server){
		.model = {.id = {.id = 0x1100},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &bm_sensor_server_ops,
			  .self = server},
		.sensors = sensors,
		.count = count,
	};
	bm_sensor_cadence_init(server);
}

enum bm_err bm_sensor_server_status(struct bm_sensor_server *server, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (!put_all(&w, server))
		return BM_ERR_TOO_LONG;
	return bm_model_send(&server->model, tx, out, bm_writer_len(&w), now);
}
