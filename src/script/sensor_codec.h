/*
 * A sensor's values between scripts and octets: as the original boards speak (two octets, a range spread over them), or
 * as a device property's characteristic has it.
 *
 * A script's value of a characteristic with one number is that number, or True and False of Boolean; of one with
 * several fields a map of their names; of a text a text. A field that is not known is none.
 */
#ifndef BM_SCRIPT_SENSOR_CODEC_H
#define BM_SCRIPT_SENSOR_CODEC_H

#include "pdu/properties.h"
#include "script/sensor_scale.h"
#include "script/value.h"

#define BM_SENSOR_ORIGINAL_ID 0x0056u

struct bm_sensor_codec {
	uint16_t property_id;
	const struct bm_property *property; /* NULL: as the original boards */
	struct bm_sensor_scale scale;       /* of a single number; step 0: as fine as it comes */
};

/* What a column of a series consists of (MshMDL 4.1.5). */
enum bm_sensor_part { BM_SENSOR_X, BM_SENSOR_WIDTH, BM_SENSOR_Y };

/* One number, which a scale holds. */
bool bm_sensor_codec_is_number(const struct bm_sensor_codec *codec);
/* Property, and range and steps of its characteristic. */
void bm_sensor_codec_init(struct bm_sensor_codec *codec, const struct bm_property *property);
uint8_t bm_sensor_codec_len(const struct bm_sensor_codec *codec);

/* The state before it is set. */
void bm_sensor_encode_initial(const struct bm_sensor_codec *codec, uint8_t *raw);
/* raw: of the codec's length. Numbers are rounded and clamped. False, and a fault, for what the state cannot be. */
bool bm_sensor_encode(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name, uint8_t *raw,
		      struct bm_fault *fault);
/* Writes *out, which is root or lies in it. False if the octets are no value of this kind. */
bool bm_sensor_decode(const struct bm_sensor_codec *codec, const uint8_t *raw, size_t len, struct bm_value *root,
		      struct bm_value *out);

/* A difference between two values of a single number (cadence): as a value, neither clamped nor offset. */
bool bm_sensor_encode_delta(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name,
			    uint8_t *raw, struct bm_fault *fault);
bool bm_sensor_decode_delta(const struct bm_sensor_codec *codec, const uint8_t *raw, size_t len, struct bm_value *root,
			    struct bm_value *out);

/*
 * Columns: x, width and y of a characteristic with one number are such numbers; of one with three fields, a value and
 * the bounds for which it holds, y is the first field, x and width are as the second. Length 0: no columns.
 */
uint8_t bm_sensor_part_len(const struct bm_sensor_codec *codec, enum bm_sensor_part part);
bool bm_sensor_x_is_signed(const struct bm_sensor_codec *codec);
bool bm_sensor_encode_part(const struct bm_sensor_codec *codec, enum bm_sensor_part part, const struct bm_value *value,
			   uint8_t *raw, struct bm_fault *fault);
bool bm_sensor_decode_part(const struct bm_sensor_codec *codec, enum bm_sensor_part part, const uint8_t *raw,
			   size_t len, struct bm_value *out);

#endif
