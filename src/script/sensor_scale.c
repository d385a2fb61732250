/*
 * raw = 65535 / (max − min) · (value − min), rounded to nearest; back, then rounded to a multiple of step.
 */
#include "script/sensor_scale.h"

#include <math.h>

#define RAW_MAX 65535.0
#define DIGITS_MAX 15

static double clamp(const struct bm_sensor_scale *scale, double value)
{
	return value < scale->min ? scale->min : value > scale->max ? scale->max : value;
}

double bm_sensor_quantise(const struct bm_sensor_scale *scale, double value)
{
	if (scale->step <= 0)
		return clamp(scale, value);
	const double count = round(value / scale->step);
	double power = 1;
	for (int digits = 0; digits <= DIGITS_MAX; digits++, power *= 10) {
		/* A step of decimal digits is numerator / power; both are exact, and so is count · numerator: one
		 * division then rounds once, to the double nearest to the decimal. */
		const double numerator = round(scale->step * power);
		if (numerator > 0 && numerator / power == scale->step && fabs(count * numerator) < 0x1p53)
			return clamp(scale, count * numerator / power);
	}
	return clamp(scale, count * scale->step);
}

uint16_t bm_sensor_to_raw(const struct bm_sensor_scale *scale, double value)
{
	return (uint16_t)lround(RAW_MAX / (scale->max - scale->min) * (clamp(scale, value) - scale->min));
}

double bm_sensor_from_raw(const struct bm_sensor_scale *scale, uint16_t raw)
{
	return bm_sensor_quantise(scale, raw * (scale->max - scale->min) / RAW_MAX + scale->min);
}
