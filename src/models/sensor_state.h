/*
 * What the files of the Sensor models share.
 */
#ifndef BM_MODELS_SENSOR_STATE_H
#define BM_MODELS_SENSOR_STATE_H

#include "blemesh/sensor.h"
#include "models/send.h"

struct bm_sensor_private {
	struct bm_timer timer; /* the next publication that cadence wants */
};

struct bm_sensor_private *bm_sensor_private_of(struct bm_sensor_server *server);

/* NULL if the server has no such sensor. */
struct bm_sensor *bm_sensor_find(const struct bm_sensor_server *server, uint16_t property_id);
void bm_sensor_put(struct bm_writer *w, const struct bm_sensor *sensor);

/* Reads a Property ID. False, and the message is dropped, if it is missing or prohibited (MshMDL 4.1: 0x0000). */
bool bm_sensor_take_property(struct bm_model *model, struct bm_reader *params, uint16_t *property_id);
/* Counts a malformed message of which this is the rest, by what is wrong with it. */
void bm_sensor_drop(struct bm_model *model, enum bm_err err, const struct bm_reader *params);

/* The notices of a Sensor Server, and its timer. */
extern const struct bm_model_ops bm_sensor_server_ops;
void bm_sensor_cadence_init(struct bm_sensor_server *server);

#define BM_SENSOR_CLIENT_OPCODES 7u
extern const struct bm_opcode bm_sensor_client_opcodes[BM_SENSOR_CLIENT_OPCODES];

#endif
