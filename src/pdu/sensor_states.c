/*
 * Sensor Descriptor and Sensor Cadence as in messages (MshMDL 4.1.1, 4.1.3).
 *
 * A cadence's raw values have their property's length, which the message does not tell: what is left for them does.
 */
#include "blemesh/sensor.h"

#define SAMPLING_FUNCTION_MAX 7u
#define PERCENT_LEN 2u

void bm_sensor_put_descriptor(struct bm_writer *w, uint16_t property_id, const struct bm_sensor_descriptor *descriptor)
{
	bm_put_le16(w, property_id);
	bm_put_le24(w, (descriptor->positive_tolerance & 0xfffu) | (uint32_t)(descriptor->negative_tolerance & 0xfffu)
									   << 12);
	bm_put_u8(w, descriptor->sampling_function);
	bm_put_u8(w, descriptor->measurement_period);
	bm_put_u8(w, descriptor->update_interval);
}

enum bm_err bm_sensor_read_descriptor(struct bm_reader *r, uint16_t *property_id,
				      struct bm_sensor_descriptor *descriptor)
{
	*property_id = bm_read_le16(r);
	const uint32_t tolerances = bm_read_le24(r);
	*descriptor = (struct bm_sensor_descriptor){.positive_tolerance = tolerances & 0xfff,
						    .negative_tolerance = (uint16_t)(tolerances >> 12)};
	descriptor->sampling_function = bm_read_u8(r);
	descriptor->measurement_period = bm_read_u8(r);
	descriptor->update_interval = bm_read_u8(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	const bool prohibited = *property_id == 0 || descriptor->sampling_function > SAMPLING_FUNCTION_MAX;
	return prohibited ? BM_ERR_PROHIBITED : BM_OK;
}

static size_t delta_len(const struct bm_sensor_cadence *cadence)
{
	return cadence->trigger_percent ? PERCENT_LEN : cadence->raw_len;
}

void bm_sensor_put_cadence(struct bm_writer *w, const struct bm_sensor_cadence *cadence)
{
	if (cadence->raw_len == 0 || cadence->raw_len > BM_SENSOR_CADENCE_RAW_MAX ||
	    cadence->fast_cadence_period_divisor > BM_SENSOR_DIVISOR_MAX ||
	    cadence->min_interval > BM_SENSOR_MIN_INTERVAL_MAX) {
		w->failed = true;
		return;
	}
	bm_put_u8(w, (uint8_t)(cadence->fast_cadence_period_divisor | (unsigned)cadence->trigger_percent << 7));
	bm_put_octets(w, cadence->delta_down, delta_len(cadence));
	bm_put_octets(w, cadence->delta_up, delta_len(cadence));
	bm_put_u8(w, cadence->min_interval);
	bm_put_octets(w, cadence->fast_low, cadence->raw_len);
	bm_put_octets(w, cadence->fast_high, cadence->raw_len);
}

enum bm_err bm_sensor_read_cadence(struct bm_reader *r, struct bm_sensor_cadence *cadence)
{
	*cadence = (struct bm_sensor_cadence){0};
	const uint8_t first = bm_read_u8(r);
	cadence->fast_cadence_period_divisor = first & 0x7f;
	cadence->trigger_percent = first >> 7;
	/* After the first octet: two deltas, the minimum interval, two bounds. */
	const size_t left = bm_reader_left(r);
	const size_t fixed = cadence->trigger_percent ? 2 * PERCENT_LEN + 1 : 1;
	const size_t values = cadence->trigger_percent ? 2 : 4;
	if (r->failed || left < fixed + values)
		return BM_ERR_TOO_SHORT;
	const size_t raw_len = (left - fixed) / values;
	if ((left - fixed) % values != 0 || raw_len > BM_SENSOR_CADENCE_RAW_MAX)
		return BM_ERR_TOO_LONG;
	cadence->raw_len = (uint8_t)raw_len;
	bm_read_copy(r, cadence->delta_down, delta_len(cadence));
	bm_read_copy(r, cadence->delta_up, delta_len(cadence));
	cadence->min_interval = bm_read_u8(r);
	bm_read_copy(r, cadence->fast_low, raw_len);
	bm_read_copy(r, cadence->fast_high, raw_len);
	const bool prohibited = cadence->fast_cadence_period_divisor > BM_SENSOR_DIVISOR_MAX ||
				cadence->min_interval > BM_SENSOR_MIN_INTERVAL_MAX;
	return prohibited ? BM_ERR_PROHIBITED : bm_reader_finish(r);
}
