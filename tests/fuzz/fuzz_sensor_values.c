/*
 * Any octets as marshalled sensor data: what was read is put and read again the same.
 */
#include <string.h>

#include "blemesh/sensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
