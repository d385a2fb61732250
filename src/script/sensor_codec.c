/*
 * Values of sensors. The fields of a characteristic are described in src/pdu/characteristics.c; here they meet what a
 * script writes.
 */
#include "script/sensor_codec.h"

#include <math.h>
#include <string.h>

#define ORIGINAL_LEN 2u
#define RAW_MAX 65535.0

static const char *const state_names[BM_PROPERTY_STATES] = {
	[BM_PROPERTY_NOT_KNOWN] = "not known",
	[BM_PROPERTY_NOT_VALID] = "not valid",
	[BM_PROPERTY_OR_HIGHER] = "or higher",
	[BM_PROPERTY_LIFETIME] = "lifetime",
};

static const struct bm_characteristic *characteristic_of(const struct bm_sensor_codec *codec)
{
	return codec->property->characteristic;
}

static bool is_boolean(const struct bm_property_format *format)
{
	return format->kind == BM_PROPERTY_UINT && format->octets == 1 && format->raw_min == 0 && format->raw_max == 1;
}

bool bm_sensor_codec_is_number(const struct bm_sensor_codec *codec)
{
	return !codec->property ||
	       (characteristic_of(codec)->field_count == 1 && !is_boolean(characteristic_of(codec)->fields[0].format));
}

void bm_sensor_codec_init(struct bm_sensor_codec *codec, const struct bm_property *property)
{
	codec->property = property;
	codec->property_id = property ? property->id : BM_SENSOR_ORIGINAL_ID;
	codec->scale = (struct bm_sensor_scale){.min = -100, .max = 100, .step = 0.1};
	if (property && property->characteristic->field_count)
		bm_property_range(property->characteristic->fields[0].format, &codec->scale.min, &codec->scale.max,
				  &codec->scale.step);
}

uint8_t bm_sensor_codec_len(const struct bm_sensor_codec *codec)
{
	return codec->property ? characteristic_of(codec)->octets : ORIGINAL_LEN;
}

static bool can_say(const struct bm_property_format *format, enum bm_property_state state)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(format->special); i++)
		if (format->special[i].state == state && state != BM_PROPERTY_NUMBER)
			return true;
	return false;
}

static void put_original(uint16_t number, uint8_t *raw)
{
	raw[0] = (uint8_t)number;
	raw[1] = (uint8_t)(number >> 8);
}

void bm_sensor_encode_initial(const struct bm_sensor_codec *codec, uint8_t *raw)
{
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX] = {{.number = 0}};
	memset(raw, 0, bm_sensor_codec_len(codec));
	if (!codec->property) {
		put_original(bm_sensor_to_raw(&codec->scale, codec->scale.min), raw);
		return;
	}
	const struct bm_characteristic *c = characteristic_of(codec);
	for (size_t i = 0; i < c->field_count; i++) {
		double max, step;
		bm_property_range(c->fields[i].format, &values[i].number, &max, &step);
		if (c->field_count > 1 && can_say(c->fields[i].format, BM_PROPERTY_NOT_KNOWN))
			values[i].state = BM_PROPERTY_NOT_KNOWN;
	}
	if (bm_sensor_codec_is_number(codec))
		values[0].number = codec->scale.min;
	/* Within every range; of a text the zeros stay. */
	if (bm_property_encode(codec->property, values, c->field_count, raw, c->octets) != BM_OK)
		memset(raw, 0, c->octets);
}

static bool take_state(const struct bm_property_format *format, const struct bm_value *value, const char *name,
		       enum bm_property_state *state, struct bm_fault *fault)
{
	const char *text = value->kind == BM_VALUE_NONE ? state_names[BM_PROPERTY_NOT_KNOWN] : value->text;
	for (int i = BM_PROPERTY_NOT_KNOWN; i < BM_PROPERTY_STATES; i++)
		if (strcmp(text, state_names[i]) == 0 && can_say(format, (enum bm_property_state)i)) {
			*state = (enum bm_property_state)i;
			return true;
		}
	if (value->kind == BM_VALUE_NONE)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be a number: None cannot be said of it", name);
	return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a number, not %s", name, value->type_name);
}

/* A field's number, state or truth, clamped to scale if there is one. */
static bool take_field(const struct bm_property_format *format, const struct bm_value *value, const char *name,
		       const struct bm_sensor_scale *scale, struct bm_property_value *out, struct bm_fault *fault)
{
	double min, max, step;
	bool truth = false;
	*out = (struct bm_property_value){.state = BM_PROPERTY_NUMBER};
	if (is_boolean(format)) {
		if (!bm_take_bool(value, name, &truth, fault))
			return false;
		out->number = truth;
		return true;
	}
	if (value->kind == BM_VALUE_NONE || value->kind == BM_VALUE_TEXT)
		return take_state(format, value, name, &out->state, fault);
	if (!bm_take_number(value, name, &out->number, fault))
		return false;
	bm_property_range(format, &min, &max, &step);
	if (scale) {
		if (out->number > max && scale->max >= max && can_say(format, BM_PROPERTY_OR_HIGHER))
			out->state = BM_PROPERTY_OR_HIGHER;
		out->number = bm_sensor_quantise(scale, out->number);
	} else if (out->number < min || out->number > max) {
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be %.10g to %.10g, not %.10g", name, min, max,
				    out->number);
	}
	return true;
}

static bool take_text(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name, uint8_t *raw,
		      struct bm_fault *fault)
{
	const struct bm_characteristic *c = characteristic_of(codec);
	if (value->kind != BM_VALUE_TEXT)
		return bm_fault_set(fault, BM_FAULT_TYPE, "%s must be a text, not %s", name, value->type_name);
	if (bm_property_encode_text(codec->property, value->text, value->len, raw, c->octets) != BM_OK)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must have at most %u octets, not %zu", name, c->octets,
				    value->len);
	return true;
}

static const struct bm_value *item_of(const struct bm_characteristic *c, const struct bm_value *value, size_t i)
{
	return value->kind == BM_VALUE_LIST ? &value->items[i] : bm_value_find(value, c->fields[i].name);
}

static bool is_complete(const struct bm_characteristic *c, const struct bm_value *value, const char *name,
			struct bm_fault *fault)
{
	bool complete = value->len == (value->kind == BM_VALUE_MAP ? 2u : 1u) * c->field_count;
	char fields[160] = "";
	for (size_t i = 0; i < c->field_count; i++) {
		complete = complete && item_of(c, value, i);
		strncat(fields, i ? ", " : "", sizeof fields - strlen(fields) - 1);
		strncat(fields, c->fields[i].name, sizeof fields - strlen(fields) - 1);
	}
	return complete || bm_fault_set(fault, BM_FAULT_VALUE, "%s must have %s", name, fields);
}

/* A map of the fields' names, or a list in their order. */
static bool take_fields(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name,
			uint8_t *raw, struct bm_fault *fault)
{
	const struct bm_characteristic *c = characteristic_of(codec);
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	if (value->kind != BM_VALUE_MAP && value->kind != BM_VALUE_LIST)
		return bm_fault_set(fault, BM_FAULT_TYPE,
				    "%s must be a dict or a tuple, not %s: property 0x%04x has %u fields", name,
				    value->type_name, codec->property_id, c->field_count);
	if (!is_complete(c, value, name, fault))
		return false;
	for (size_t i = 0; i < c->field_count; i++)
		if (!take_field(c->fields[i].format, item_of(c, value, i), c->fields[i].name, NULL, &values[i], fault))
			return false;
	return bm_property_encode(codec->property, values, c->field_count, raw, c->octets) == BM_OK ||
	       bm_fault_set(fault, BM_FAULT_VALUE, "%s is no value of property 0x%04x", name, codec->property_id);
}

bool bm_sensor_encode(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name, uint8_t *raw,
		      struct bm_fault *fault)
{
	struct bm_property_value field;
	double number = 0;
	if (!codec->property) {
		if (!bm_take_number(value, name, &number, fault))
			return false;
		put_original(bm_sensor_to_raw(&codec->scale, bm_sensor_quantise(&codec->scale, number)), raw);
		return true;
	}
	const struct bm_characteristic *c = characteristic_of(codec);
	if (c->field_count == 0)
		return take_text(codec, value, name, raw, fault);
	if (c->field_count > 1)
		return take_fields(codec, value, name, raw, fault);
	return take_field(c->fields[0].format, value, name, &codec->scale, &field, fault) &&
	       (bm_property_encode(codec->property, &field, 1, raw, c->octets) == BM_OK ||
		bm_fault_set(fault, BM_FAULT_VALUE, "%s is no value of property 0x%04x", name, codec->property_id));
}

static struct bm_value give_field(const struct bm_property_format *format, const struct bm_property_value *value,
				  const struct bm_sensor_scale *scale)
{
	if (value->state == BM_PROPERTY_NOT_KNOWN)
		return bm_value_none();
	if (value->state == BM_PROPERTY_NOT_VALID || value->state == BM_PROPERTY_LIFETIME)
		return bm_value_name(state_names[value->state]);
	if (is_boolean(format))
		return bm_value_bool(value->number != 0);
	const bool exact = !scale || value->state != BM_PROPERTY_NUMBER;
	return bm_value_double(exact ? value->number : bm_sensor_quantise(scale, value->number));
}

static bool give_fields(const struct bm_characteristic *c, const struct bm_property_value *values,
			struct bm_value *root, struct bm_value *out)
{
	struct bm_value *items = bm_value_map(root, out, c->field_count);
	for (size_t i = 0; items && i < c->field_count; i++) {
		items[2 * i] = bm_value_name(c->fields[i].name);
		items[2 * i + 1] = give_field(c->fields[i].format, &values[i], NULL);
	}
	return items;
}

bool bm_sensor_decode(const struct bm_sensor_codec *codec, const uint8_t *raw, size_t len, struct bm_value *root,
		      struct bm_value *out)
{
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	size_t text_len;
	if (!codec->property) {
		if (len != ORIGINAL_LEN)
			return false;
		*out = bm_value_double(bm_sensor_from_raw(&codec->scale, (uint16_t)(raw[0] | raw[1] << 8)));
		return true;
	}
	const struct bm_characteristic *c = characteristic_of(codec);
	if (c->field_count == 0) {
		if (bm_property_decode_text(codec->property, raw, len, &text_len) != BM_OK)
			return false;
		bm_value_text(root, out, (const char *)raw, text_len);
		return true;
	}
	if (bm_property_decode(codec->property, raw, len, values) != BM_OK)
		return false;
	if (c->field_count > 1)
		return give_fields(c, values, root, out);
	*out = give_field(c->fields[0].format, &values[0], &codec->scale);
	return true;
}

/* A field as a property of its own. */
struct alone {
	struct bm_characteristic characteristic;
	struct bm_property property;
};

static const struct bm_property *make_alone(const struct bm_property_field *field, struct alone *alone)
{
	alone->characteristic = (struct bm_characteristic){
		.name = field->name, .octets = field->format->octets, .field_count = 1, .fields = field};
	alone->property = (struct bm_property){.name = field->name, .characteristic = &alone->characteristic};
	return &alone->property;
}

static bool encode_alone(const struct bm_property_field *field, const struct bm_value *value, const char *name,
			 uint8_t *raw, struct bm_fault *fault)
{
	struct alone alone;
	struct bm_property_value number;
	return take_field(field->format, value, name, NULL, &number, fault) &&
	       (bm_property_encode(make_alone(field, &alone), &number, 1, raw, field->format->octets) == BM_OK ||
		bm_fault_set(fault, BM_FAULT_VALUE, "%s is out of range", name));
}

static bool decode_alone(const struct bm_property_field *field, const uint8_t *raw, size_t len, struct bm_value *out)
{
	struct alone alone;
	struct bm_property_value number;
	if (bm_property_decode(make_alone(field, &alone), raw, len, &number) != BM_OK)
		return false;
	*out = give_field(field->format, &number, NULL);
	return true;
}

static double original_step(const struct bm_sensor_codec *codec)
{
	return (codec->scale.max - codec->scale.min) / RAW_MAX;
}

bool bm_sensor_encode_delta(const struct bm_sensor_codec *codec, const struct bm_value *value, const char *name,
			    uint8_t *raw, struct bm_fault *fault)
{
	double delta = 0;
	if (codec->property && characteristic_of(codec)->field_count == 1)
		return encode_alone(&characteristic_of(codec)->fields[0], value, name, raw, fault);
	if (codec->property)
		return bm_sensor_encode(codec, value, name, raw, fault);
	if (!bm_take_number(value, name, &delta, fault))
		return false;
	const double range = codec->scale.max - codec->scale.min;
	if (delta < 0 || delta > range)
		return bm_fault_set(fault, BM_FAULT_VALUE, "%s must be 0 to %g, not %g", name, range, delta);
	put_original((uint16_t)lround(delta / original_step(codec)), raw);
	return true;
}

bool bm_sensor_decode_delta(const struct bm_sensor_codec *codec, const uint8_t *raw, size_t len, struct bm_value *root,
			    struct bm_value *out)
{
	if (codec->property && characteristic_of(codec)->field_count == 1)
		return decode_alone(&characteristic_of(codec)->fields[0], raw, len, out);
	if (codec->property)
		return bm_sensor_decode(codec, raw, len, root, out);
	if (len != ORIGINAL_LEN)
		return false;
	const struct bm_sensor_scale scale = {
		.min = 0, .max = codec->scale.max - codec->scale.min, .step = codec->scale.step};
	*out = bm_value_double(bm_sensor_quantise(&scale, (raw[0] | raw[1] << 8) * original_step(codec)));
	return true;
}

/* NULL: there are no columns. */
static const struct bm_property_field *field_of(const struct bm_sensor_codec *codec, enum bm_sensor_part part)
{
	const struct bm_characteristic *c = characteristic_of(codec);
	if (c->field_count == 1)
		return &c->fields[0];
	return c->field_count == 3 ? &c->fields[part == BM_SENSOR_Y ? 0 : 1] : NULL;
}

uint8_t bm_sensor_part_len(const struct bm_sensor_codec *codec, enum bm_sensor_part part)
{
	if (!codec->property)
		return ORIGINAL_LEN;
	const struct bm_property_field *field = field_of(codec, part);
	return field ? field->format->octets : 0;
}

bool bm_sensor_x_is_signed(const struct bm_sensor_codec *codec)
{
	return codec->property && field_of(codec, BM_SENSOR_X) &&
	       field_of(codec, BM_SENSOR_X)->format->kind == BM_PROPERTY_INT;
}

bool bm_sensor_encode_part(const struct bm_sensor_codec *codec, enum bm_sensor_part part, const struct bm_value *value,
			   uint8_t *raw, struct bm_fault *fault)
{
	static const char *const names[] = {"x", "width", "y"};
	if (codec->property)
		return encode_alone(field_of(codec, part), value, names[part], raw, fault);
	return part == BM_SENSOR_WIDTH ? bm_sensor_encode_delta(codec, value, names[part], raw, fault)
				       : bm_sensor_encode(codec, value, names[part], raw, fault);
}

bool bm_sensor_decode_part(const struct bm_sensor_codec *codec, enum bm_sensor_part part, const uint8_t *raw,
			   size_t len, struct bm_value *out)
{
	if (codec->property)
		return decode_alone(field_of(codec, part), raw, len, out);
	return part == BM_SENSOR_WIDTH ? bm_sensor_decode_delta(codec, raw, len, NULL, out)
				       : bm_sensor_decode(codec, raw, len, NULL, out);
}
