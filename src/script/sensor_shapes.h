/*
 * What a sensor has beside its value, as scripts see it: maps for descriptor and cadence, lists (x, width, y) for
 * columns. docs/api.md names the keys.
 */
#ifndef BM_SCRIPT_SENSOR_SHAPES_H
#define BM_SCRIPT_SENSOR_SHAPES_H

#include "blemesh/sensor.h"
#include "script/sensor_codec.h"

/* Keys that are not given stay as they are in *descriptor. */
bool bm_sensor_take_descriptor(const struct bm_value *value, struct bm_sensor_descriptor *descriptor,
			       struct bm_fault *fault);
void bm_sensor_give_descriptor(const struct bm_sensor_descriptor *descriptor, struct bm_value *out);

/* Keys that are not given stay as they are in *cadence; raw_len becomes the codec's. */
bool bm_sensor_take_cadence(const struct bm_sensor_codec *codec, const struct bm_value *value,
			    struct bm_sensor_cadence *cadence, struct bm_fault *fault);
/* None if the raw values are not the codec's. */
void bm_sensor_give_cadence(const struct bm_sensor_codec *codec, const struct bm_sensor_cadence *cadence,
			    struct bm_value *out);

/* A list of three. */
bool bm_sensor_take_column(const struct bm_sensor_codec *codec, const struct bm_value *value,
			   struct bm_sensor_column *column, struct bm_fault *fault);
/* x, width and y one after another. False if they are no column. */
bool bm_sensor_give_column(const struct bm_sensor_codec *codec, const uint8_t *octets, size_t len,
			   struct bm_value *root, struct bm_value *out);
/* A list of columns, from octets of one after another. */
void bm_sensor_give_columns(const struct bm_sensor_codec *codec, const uint8_t *octets, size_t len,
			    struct bm_value *out);
size_t bm_sensor_column_len(const struct bm_sensor_codec *codec);

/* {"setting_id", "writable", "value"}: value none if its octets are not as the setting's property has them. */
void bm_sensor_give_setting(uint16_t setting_id, uint8_t access, const uint8_t *raw, size_t len, struct bm_value *out);

#endif
