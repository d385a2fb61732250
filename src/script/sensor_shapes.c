/*
 * Maps and lists of a sensor's states (MshMDL 4.1), and back.
 */
#include "script/sensor_shapes.h"

#include <math.h>
#include <string.h>

#define TOLERANCE_MAX 4095.0 /* 100 % */
#define TIME_UNIT 64         /* 1.1^0 s */
#define TIME_MAX 253
#define PERCENT_STEP 0.01
#define PERCENT_MAX 655.35

/* Every key of value is one of names. */
static bool is_map_of(const struct bm_value *value, const char *const *names, size_t count, struct bm_fault *fault)
{
	if (value->kind != BM_VALUE_MAP)
		return bm_fault_set(fault, BM_FAULT_TYPE, "state must be a dict, not %s", value->type_name);
	for (size_t i = 0; i < value->len; i += 2) {
		const struct bm_value *key = &value->items[i];
		bool known = false;
		for (size_t k = 0; k < count && key->kind == BM_VALUE_TEXT; k++)
			known = known || strcmp(key->text, names[k]) == 0;
		if (!known)
			return bm_fault_set(fault, BM_FAULT_VALUE, "state: there is no key %s",
					    key->kind == BM_VALUE_TEXT ? key->text : "that is no text");
	}
	return true;
}

/* False, without a fault, if the key is not given or none. */
static bool is_given(const struct bm_value *map, const char *name)
{
	const struct bm_value *value = bm_value_find(map, name);
	return value && value->kind != BM_VALUE_NONE;
}

static bool take_ranged(const struct bm_value *map, const char *name, double min, double max, double *out,
			struct bm_fault *fault)
{
	if (!bm_take_number(bm_value_find(map, name), name, out, fault))
		return false;
	return (*out >= min && *out <= max) ||
	       bm_fault_set(fault, BM_FAULT_VALUE, "%s must be %g to %g, not %g", name, min, max, *out);
}

/* MshMDL 4.1.1.1: 0 is unspecified. */
static bool take_tolerance(const struct bm_value *map, const char *name, uint16_t *out, struct bm_fault *fault)
{
	double percent = 0;
	if (!bm_value_find(map, name))
		return true;
	if (is_given(map, name) && !take_ranged(map, name, 0, 100, &percent, fault))
		return false;
	*out = (uint16_t)lround(percent / 100 * TOLERANCE_MAX);
	return true;
}

static double seconds_of(int n)
{
	return pow(1.1, n - TIME_UNIT);
}

/* MshMDL 4.1.1.4: 1.1^(n − 64) s, 0 is not applicable. */
static bool take_time(const struct bm_value *map, const char *name, uint8_t *out, struct bm_fault *fault)
{
	double seconds = 0;
	if (!bm_value_find(map, name))
		return true;
	*out = 0;
	if (!is_given(map, name))
		return true;
	if (!take_ranged(map, name, seconds_of(1), seconds_of(TIME_MAX), &seconds, fault))
		return false;
	*out = (uint8_t)lround(log(seconds) / log(1.1) + TIME_UNIT);
	return true;
}

static const char *const descriptor_keys[] = {"positive_tolerance", "negative_tolerance", "sampling_function",
					      "measurement_period", "update_interval"};

bool bm_sensor_take_descriptor(const struct bm_value *value, struct bm_sensor_descriptor *descriptor,
			       struct bm_fault *fault)
{
	struct bm_sensor_descriptor d = *descriptor;
	int64_t sampling = d.sampling_function;
	if (!is_map_of(value, descriptor_keys, BM_ARRAY_LEN(descriptor_keys), fault) ||
	    !take_tolerance(value, descriptor_keys[0], &d.positive_tolerance, fault) ||
	    !take_tolerance(value, descriptor_keys[1], &d.negative_tolerance, fault) ||
	    (is_given(value, descriptor_keys[2]) &&
	     !bm_take_int(bm_value_find(value, descriptor_keys[2]), descriptor_keys[2], 0, 7, &sampling, fault)) ||
	    !take_time(value, descriptor_keys[3], &d.measurement_period, fault) ||
	    !take_time(value, descriptor_keys[4], &d.update_interval, fault))
		return false;
	d.sampling_function = (uint8_t)sampling;
	*descriptor = d;
	return true;
}

/* To four digits: the steps are ten per cent. */
static double rounded(double seconds)
{
	const double unit = pow(10, 3 - floor(log10(seconds)));
	return round(seconds * unit) / unit;
}

static struct bm_value give_tolerance(uint16_t raw)
{
	return raw ? bm_value_double(round(raw / TOLERANCE_MAX * 10000) / 100) : bm_value_none();
}

static struct bm_value give_time(uint8_t raw)
{
	return raw ? bm_value_double(rounded(seconds_of(raw))) : bm_value_none();
}

void bm_sensor_give_descriptor(const struct bm_sensor_descriptor *descriptor, struct bm_value *out)
{
	struct bm_value *items = bm_value_map(out, out, BM_ARRAY_LEN(descriptor_keys));
	for (size_t i = 0; items && i < BM_ARRAY_LEN(descriptor_keys); i++)
		items[2 * i] = bm_value_name(descriptor_keys[i]);
	if (!items)
		return;
	items[1] = give_tolerance(descriptor->positive_tolerance);
	items[3] = give_tolerance(descriptor->negative_tolerance);
	items[5] = bm_value_int(descriptor->sampling_function);
	items[7] = give_time(descriptor->measurement_period);
	items[9] = give_time(descriptor->update_interval);
}

enum { DIVISOR, TRIGGER, DOWN, UP, INTERVAL, LOW, HIGH, CADENCE_KEYS };
static const char *const cadence_keys[CADENCE_KEYS] = {
	[DIVISOR] = "fast_cadence_divisor", [TRIGGER] = "trigger_type",  [DOWN] = "trigger_delta_down",
	[UP] = "trigger_delta_up",          [INTERVAL] = "min_interval", [LOW] = "fast_cadence_low",
	[HIGH] = "fast_cadence_high",
};

/* A power of two, as its exponent. */
static bool take_divisor(const struct bm_value *map, uint8_t *out, struct bm_fault *fault)
{
	int64_t divisor = 1 << *out;
	if (!is_given(map, cadence_keys[DIVISOR]))
		return true;
	if (!bm_take_int(bm_value_find(map, cadence_keys[DIVISOR]), cadence_keys[DIVISOR], 1,
			 1 << BM_SENSOR_DIVISOR_MAX, &divisor, fault))
		return false;
	for (uint8_t n = 0; n <= BM_SENSOR_DIVISOR_MAX; n++)
		if (divisor == 1 << n) {
			*out = n;
			return true;
		}
	return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be a power of two, not %lld", cadence_keys[DIVISOR],
			    (long long)divisor);
}

/* Seconds to 2^n ms, the shortest that is not below. */
static bool take_interval(const struct bm_value *map, uint8_t *out, struct bm_fault *fault)
{
	double seconds = 0;
	const double max = ldexp(1, BM_SENSOR_MIN_INTERVAL_MAX) / 1000;
	if (!is_given(map, cadence_keys[INTERVAL]))
		return true;
	if (!take_ranged(map, cadence_keys[INTERVAL], 0, max, &seconds, fault))
		return false;
	for (*out = 0; ldexp(1, *out) < round(seconds * 1e6) / 1e3; ++*out)
		;
	return true;
}

static bool take_trigger(const struct bm_value *map, struct bm_sensor_cadence *cadence, struct bm_fault *fault)
{
	const struct bm_value *value = bm_value_find(map, cadence_keys[TRIGGER]);
	if (!value)
		return true;
	const bool percent = value->kind == BM_VALUE_TEXT && strcmp(value->text, "percent") == 0;
	if (!percent && (value->kind != BM_VALUE_TEXT || strcmp(value->text, "value") != 0))
		return bm_fault_set(fault, BM_FAULT_VALUE, "trigger_type must be \"value\" or \"percent\"");
	/* Deltas of the other kind say nothing any more. */
	if (percent != cadence->trigger_percent) {
		memset(cadence->delta_down, 0, sizeof cadence->delta_down);
		memset(cadence->delta_up, 0, sizeof cadence->delta_up);
	}
	cadence->trigger_percent = percent;
	return true;
}

static bool take_delta(const struct bm_sensor_codec *codec, const struct bm_value *map, const char *name, bool percent,
		       uint8_t *out, struct bm_fault *fault)
{
	double number = 0;
	if (!bm_value_find(map, name))
		return true;
	memset(out, 0, BM_SENSOR_CADENCE_RAW_MAX);
	if (!is_given(map, name))
		return true;
	if (!percent)
		return bm_sensor_encode_delta(codec, bm_value_find(map, name), name, out, fault);
	if (!take_ranged(map, name, 0, PERCENT_MAX, &number, fault))
		return false;
	const long steps = lround(number / PERCENT_STEP);
	out[0] = (uint8_t)steps;
	out[1] = (uint8_t)(steps >> 8);
	return true;
}

static bool take_bound(const struct bm_sensor_codec *codec, const struct bm_value *map, const char *name, uint8_t *out,
		       struct bm_fault *fault)
{
	return !is_given(map, name) || bm_sensor_encode(codec, bm_value_find(map, name), name, out, fault);
}

bool bm_sensor_take_cadence(const struct bm_sensor_codec *codec, const struct bm_value *value,
			    struct bm_sensor_cadence *cadence, struct bm_fault *fault)
{
	struct bm_sensor_cadence c = *cadence;
	if (bm_sensor_codec_len(codec) > BM_SENSOR_CADENCE_RAW_MAX)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "state: property 0x%04x has no cadence",
				    codec->property_id);
	if (!is_map_of(value, cadence_keys, CADENCE_KEYS, fault) ||
	    !take_divisor(value, &c.fast_cadence_period_divisor, fault) || !take_trigger(value, &c, fault) ||
	    !take_delta(codec, value, cadence_keys[DOWN], c.trigger_percent, c.delta_down, fault) ||
	    !take_delta(codec, value, cadence_keys[UP], c.trigger_percent, c.delta_up, fault) ||
	    !take_interval(value, &c.min_interval, fault) ||
	    !take_bound(codec, value, cadence_keys[LOW], c.fast_low, fault) ||
	    !take_bound(codec, value, cadence_keys[HIGH], c.fast_high, fault))
		return false;
	c.raw_len = bm_sensor_codec_len(codec);
	*cadence = c;
	return true;
}

static void give_delta(const struct bm_sensor_codec *codec, bool percent, const uint8_t *raw, struct bm_value *root,
		       struct bm_value *out)
{
	if (percent)
		*out = bm_value_double(round(raw[0] + raw[1] * 256.0) / 100);
	else if (!bm_sensor_decode_delta(codec, raw, bm_sensor_codec_len(codec), root, out))
		*out = bm_value_none();
}

void bm_sensor_give_cadence(const struct bm_sensor_codec *codec, const struct bm_sensor_cadence *cadence,
			    struct bm_value *out)
{
	const uint8_t len = bm_sensor_codec_len(codec);
	*out = bm_value_none();
	if (cadence->raw_len != len)
		return;
	struct bm_value *items = bm_value_map(out, out, CADENCE_KEYS);
	for (size_t i = 0; items && i < CADENCE_KEYS; i++)
		items[2 * i] = bm_value_name(cadence_keys[i]);
	if (!items)
		return;
	items[2 * DIVISOR + 1] = bm_value_int(1 << cadence->fast_cadence_period_divisor);
	items[2 * TRIGGER + 1] = bm_value_name(cadence->trigger_percent ? "percent" : "value");
	give_delta(codec, cadence->trigger_percent, cadence->delta_down, out, &items[2 * DOWN + 1]);
	give_delta(codec, cadence->trigger_percent, cadence->delta_up, out, &items[2 * UP + 1]);
	items[2 * INTERVAL + 1] = bm_value_double(ldexp(1, cadence->min_interval) / 1000);
	if (!bm_sensor_decode(codec, cadence->fast_low, len, out, &items[2 * LOW + 1]))
		items[2 * LOW + 1] = bm_value_none();
	if (!bm_sensor_decode(codec, cadence->fast_high, len, out, &items[2 * HIGH + 1]))
		items[2 * HIGH + 1] = bm_value_none();
}

bool bm_sensor_take_column(const struct bm_sensor_codec *codec, const struct bm_value *value,
			   struct bm_sensor_column *column, struct bm_fault *fault)
{
	if (value->kind != BM_VALUE_LIST || value->len != 3)
		return bm_fault_set(fault, value->kind == BM_VALUE_LIST ? BM_FAULT_VALUE : BM_FAULT_TYPE,
				    "a column must be a tuple (x, width, y)");
	return bm_sensor_encode_part(codec, BM_SENSOR_X, &value->items[0], column->x, fault) &&
	       bm_sensor_encode_part(codec, BM_SENSOR_WIDTH, &value->items[1], column->width, fault) &&
	       bm_sensor_encode_part(codec, BM_SENSOR_Y, &value->items[2], column->y, fault);
}

size_t bm_sensor_column_len(const struct bm_sensor_codec *codec)
{
	return 2u * bm_sensor_part_len(codec, BM_SENSOR_X) + bm_sensor_part_len(codec, BM_SENSOR_Y);
}

bool bm_sensor_give_column(const struct bm_sensor_codec *codec, const uint8_t *octets, size_t len,
			   struct bm_value *root, struct bm_value *out)
{
	const size_t x_len = bm_sensor_part_len(codec, BM_SENSOR_X), y_len = bm_sensor_part_len(codec, BM_SENSOR_Y);
	if (x_len == 0 || len != 2 * x_len + y_len)
		return false;
	struct bm_value *items = bm_value_list(root, out, 3);
	return items && bm_sensor_decode_part(codec, BM_SENSOR_X, octets, x_len, &items[0]) &&
	       bm_sensor_decode_part(codec, BM_SENSOR_WIDTH, octets + x_len, x_len, &items[1]) &&
	       bm_sensor_decode_part(codec, BM_SENSOR_Y, octets + 2 * x_len, y_len, &items[2]);
}

void bm_sensor_give_columns(const struct bm_sensor_codec *codec, const uint8_t *octets, size_t len,
			    struct bm_value *out)
{
	const size_t column_len = bm_sensor_column_len(codec);
	const size_t count = column_len ? len / column_len : 0;
	struct bm_value *items = bm_value_list(out, out, count);
	for (size_t i = 0; items && i < count; i++)
		if (!bm_sensor_give_column(codec, octets + i * column_len, column_len, out, &items[i]))
			items[i] = bm_value_none();
}

void bm_sensor_give_setting(uint16_t setting_id, uint8_t access, const uint8_t *raw, size_t len, struct bm_value *out)
{
	struct bm_sensor_codec codec;
	const struct bm_property *property = bm_property_find(setting_id);
	struct bm_value *items = bm_value_map(out, out, 3);
	if (!items)
		return;
	items[0] = bm_value_name("setting_id");
	items[1] = bm_value_int(setting_id);
	items[2] = bm_value_name("writable");
	items[3] = bm_value_bool(access == BM_SENSOR_SETTING_READ_WRITE);
	items[4] = bm_value_name("value");
	if (!property)
		return;
	bm_sensor_codec_init(&codec, property);
	if (!bm_sensor_decode(&codec, raw, len, out, &items[5]))
		items[5] = bm_value_none();
}
