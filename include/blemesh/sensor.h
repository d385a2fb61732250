/*
 * Sensor Server and Client (MshMDL 4.1, 4.3, 4.4): Get and Status, marshalled Formats A and B.
 */
#ifndef BLEMESH_SENSOR_H
#define BLEMESH_SENSOR_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

#define BM_OP_SENSOR_GET 0x8231u
#define BM_OP_SENSOR_STATUS 0x52u
#define BM_OP_SENSOR_DESCRIPTOR_GET 0x8230u
#define BM_OP_SENSOR_DESCRIPTOR_STATUS 0x51u

#define BM_SENSOR_RAW_MAX 127u /* what Format B's length field can say */

/* One property's raw value, as in a Sensor Status. */
struct bm_sensor_value {
	uint16_t property_id;
	const uint8_t *raw; /* little-endian, as on the wire; NULL with len 0: the property is unknown there */
	uint8_t len;        /* 0 to BM_SENSOR_RAW_MAX */
};

/* Marshalled Property ID and raw value (MshMDL 4.1.1, 4.2.14): Format A if the id is below 0x0800 and len 1 … 16. */
void bm_sensor_put_value(struct bm_writer *w, const struct bm_sensor_value *value);
/* The next value; BM_ERR_NOT_FOUND at the end, BM_ERR_TOO_SHORT if the message ends within one. */
BM_MUST_USE enum bm_err bm_sensor_next_value(struct bm_reader *r, struct bm_sensor_value *value);

struct bm_sensor {
	uint16_t property_id;
	uint8_t raw[16];
	uint8_t len;
};

struct bm_sensor_server {
	struct bm_model model;
	struct bm_sensor *sensors; /* the caller's, ascending property ids */
	size_t count;
	/* A Get arrived: refresh the raw values. May be NULL. */
	void (*refresh)(void *ctx, bm_time now);
	void *ctx;
};

void bm_sensor_server_init(struct bm_sensor_server *server, struct bm_sensor *sensors, size_t count);
/* Sends Sensor Status with all properties. */
BM_MUST_USE enum bm_err bm_sensor_server_status(struct bm_sensor_server *server, const struct bm_tx *tx, bm_time now);

struct bm_sensor_client {
	struct bm_model model;
	/* Once for each value of a Sensor Status. */
	void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx);
	void *ctx;
};

void bm_sensor_client_init(struct bm_sensor_client *client,
			   void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx),
			   void *ctx);
/* property_id 0: all. */
BM_MUST_USE enum bm_err bm_sensor_client_get(struct bm_sensor_client *client, const struct bm_tx *tx,
					     uint16_t property_id, bm_time now);

#endif
