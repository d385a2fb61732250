/*
 * A sensor's values between a script and the wire: a range mapped onto two octets, rounded to steps.
 */
#ifndef BM_SCRIPT_SENSOR_SCALE_H
#define BM_SCRIPT_SENSOR_SCALE_H

#include "blemesh/base.h"

struct bm_sensor_scale {
	double min, max, step; /* step 0: any value */
};

/* The multiple of step nearest to value, as the nearest double of its decimal, within the range. */
double bm_sensor_quantise(const struct bm_sensor_scale *scale, double value);
uint16_t bm_sensor_to_raw(const struct bm_sensor_scale *scale, double value);
double bm_sensor_from_raw(const struct bm_sensor_scale *scale, uint16_t raw);

#endif
