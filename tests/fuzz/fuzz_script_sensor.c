/*
 * Any octets as a sensor's states on their way to a script: of each property a value, a delta, a column, a series, a
 * cadence and a setting. What a script is given as a value, it can set, and the same octets come of it.
 */
#include <string.h>

#include "script/sensor_shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void value_comes_back(const struct bm_sensor_codec *codec, const uint8_t *data, size_t size)
{
	struct bm_value value = {.kind = BM_VALUE_NONE};
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	if (bm_sensor_decode(codec, data, size, &value, &value) && codec->property &&
	    (!bm_sensor_encode(codec, &value, "value", raw, &fault) || memcmp(raw, data, size) != 0))
		__builtin_trap();
	bm_value_free(&value);
}

static void shapes(const struct bm_sensor_codec *codec, const uint8_t *data, size_t size)
{
	struct bm_value value = {.kind = BM_VALUE_NONE};
	struct bm_sensor_cadence cadence;
	struct bm_reader r = bm_reader_of(data, size);
	(void)bm_sensor_decode_delta(codec, data, size, &value, &value);
	bm_value_free(&value);
	(void)bm_sensor_give_column(codec, data, size, &value, &value);
	bm_value_free(&value);
	bm_sensor_give_columns(codec, data, size, &value);
	bm_value_free(&value);
	bm_sensor_give_setting(codec->property_id, BM_SENSOR_SETTING_READ, data, size, &value);
	bm_value_free(&value);
	if (bm_sensor_read_cadence(&r, &cadence) == BM_OK) {
		bm_sensor_give_cadence(codec, &cadence, &value);
		bm_value_free(&value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_sensor_codec codec;
	if (size < 1)
		return 0;
	bm_sensor_codec_init(&codec, data[0] < bm_property_count ? &bm_properties[data[0]] : NULL);
	value_comes_back(&codec, data + 1, size - 1);
	shapes(&codec, data + 1, size - 1);
	return 0;
}
