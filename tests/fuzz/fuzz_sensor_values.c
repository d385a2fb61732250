/*
 * Any octets as marshalled sensor data, as a cadence, a descriptor and a value of each property: what was read is put
 * and comes out the same.
 */
#include <string.h>

#include "blemesh/sensor.h"
#include "pdu/properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cadence_comes_back(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct bm_sensor_cadence cadence;
	if (bm_sensor_read_cadence(&r, &cadence))
		return;
	uint8_t out[2 + 4 * BM_SENSOR_CADENCE_RAW_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_sensor_put_cadence(&w, &cadence);
	if (w.failed || bm_writer_len(&w) != size || memcmp(out, data, size) != 0)
		__builtin_trap();
}

static void descriptor_comes_back(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	uint16_t property_id;
	struct bm_sensor_descriptor descriptor;
	if (bm_sensor_read_descriptor(&r, &property_id, &descriptor))
		return;
	uint8_t out[8];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_sensor_put_descriptor(&w, property_id, &descriptor);
	if (w.failed || memcmp(out, data, sizeof out) != 0)
		__builtin_trap();
}

static void property_comes_back(const uint8_t *data, size_t size)
{
	if (size < 1)
		return;
	const struct bm_property *property = &bm_properties[data[0] % bm_property_count];
	const uint8_t *raw = data + 1;
	const size_t len = size - 1;
	double measure;
	(void)bm_property_measure(property->id, raw, len, &measure);
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	if (bm_property_decode(property, raw, len, values))
		return;
	uint8_t out[BM_PROPERTY_OCTETS_MAX];
	if (bm_property_encode(property, values, property->characteristic->field_count, out, sizeof out) ||
	    memcmp(out, raw, len) != 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cadence_comes_back(data, size);
	descriptor_comes_back(data, size);
	property_comes_back(data, size);
	struct bm_reader r = bm_reader_of(data, size);
	struct bm_sensor_value value;
	while (!bm_sensor_next_value(&r, &value)) {
		uint8_t out[BM_SENSOR_RAW_MAX + 3];
		struct bm_writer w = bm_writer_of(out, sizeof out);
		bm_sensor_put_value(&w, &value);
		struct bm_reader again = bm_reader_of(out, bm_writer_len(&w));
		struct bm_sensor_value back;
		if (w.failed || bm_sensor_next_value(&again, &back) || back.property_id != value.property_id ||
		    back.len != value.len || (value.len && memcmp(back.raw, value.raw, value.len) != 0))
			__builtin_trap();
	}
	return 0;
}
