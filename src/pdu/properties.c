/*
 * A device property's octets as numbers in units, and back.
 *
 * A number is raw · multiplier / divisor. Raw and product are integers below 2^53, so the one division rounds to the
 * double nearest to the decimal.
 */
#include "pdu/properties.h"

#include "blemesh/bytes.h"

#define SPECIALS 2u
#define FLOAT_MAX 0x1.fffffep127
#define TIME_UNIT_RAW 64 /* of the exponential time: 1.1^0 s */

const struct bm_property *bm_property_find(uint16_t id)
{
	size_t low = 0, high = bm_property_count;
	while (low < high) {
		const size_t middle = (low + high) / 2;
		if (bm_properties[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < bm_property_count && bm_properties[low].id == id ? &bm_properties[low] : NULL;
}

static double time_of(int64_t raw)
{
	double seconds = raw ? 1 : 0;
	for (int64_t n = TIME_UNIT_RAW; n < raw; n++)
		seconds *= 1.1;
	for (int64_t n = raw; raw && n < TIME_UNIT_RAW; n++)
		seconds /= 1.1;
	return seconds;
}

static double number_of(const struct bm_property_format *format, int64_t raw)
{
	if (format->kind == BM_PROPERTY_TIME_EXPONENTIAL)
		return time_of(raw);
	return (double)(raw * format->multiplier) / format->divisor;
}

void bm_property_range(const struct bm_property_format *format, double *min, double *max, double *step)
{
	*min = number_of(format, format->raw_min);
	*max = number_of(format, format->raw_max);
	*step = (double)format->multiplier / format->divisor;
	if (format->kind == BM_PROPERTY_TIME_EXPONENTIAL)
		*step = 0;
	if (format->kind == BM_PROPERTY_FLOAT) {
		*min = -FLOAT_MAX;
		*max = FLOAT_MAX;
		*step = 0;
	}
}

static uint64_t read_le64(struct bm_reader *r, size_t octets)
{
	const size_t low_octets = octets < 4 ? octets : 4;
	const uint64_t low = bm_read_le(r, low_octets);
	return low | (uint64_t)bm_read_le(r, octets - low_octets) << 32;
}

static void put_le64(struct bm_writer *w, uint64_t raw, size_t octets)
{
	const size_t low_octets = octets < 4 ? octets : 4;
	bm_put_le(w, (uint32_t)raw, low_octets);
	bm_put_le(w, (uint32_t)(raw >> 32), octets - low_octets);
}

static enum bm_err decode_float(uint32_t bits, struct bm_property_value *value)
{
	float number;
	memcpy(&number, &bits, sizeof number);
	/* All ones in the exponent: infinite or not a number. */
	if ((bits >> 23 & 0xff) == 0xff)
		return BM_ERR_PROHIBITED;
	value->number = (double)number;
	return BM_OK;
}

static enum bm_err decode_field(const struct bm_property_format *format, struct bm_reader *r,
				struct bm_property_value *value)
{
	*value = (struct bm_property_value){.state = BM_PROPERTY_NUMBER};
	const uint64_t bits = read_le64(r, format->octets);
	if (format->kind == BM_PROPERTY_FLOAT)
		return decode_float((uint32_t)bits, value);
	const uint64_t sign = format->kind == BM_PROPERTY_INT ? 1ull << (8u * format->octets - 1u) % 64u : 0;
	const int64_t raw = (int64_t)(bits ^ sign) - (int64_t)sign;
	for (size_t i = 0; i < SPECIALS; i++) {
		if (format->special[i].state == BM_PROPERTY_NUMBER || format->special[i].raw != raw)
			continue;
		value->state = format->special[i].state;
		value->number = value->state == BM_PROPERTY_OR_HIGHER ? number_of(format, raw) : 0;
		return BM_OK;
	}
	if (raw < format->raw_min || raw > format->raw_max)
		return BM_ERR_PROHIBITED;
	value->number = number_of(format, raw);
	return BM_OK;
}

enum bm_err bm_property_decode(const struct bm_property *property, const uint8_t *raw, size_t len,
			       struct bm_property_value *values)
{
	const struct bm_characteristic *c = property->characteristic;
	if (c->field_count == 0)
		return BM_ERR_NOT_SUPPORTED;
	if (len != c->octets)
		return len < c->octets ? BM_ERR_TOO_SHORT : BM_ERR_TOO_LONG;
	struct bm_reader r = bm_reader_of(raw, len);
	for (size_t i = 0; i < c->field_count; i++) {
		const enum bm_err err = decode_field(c->fields[i].format, &r, &values[i]);
		if (err)
			return err;
	}
	return bm_reader_finish(&r);
}

bool bm_property_measure(uint16_t id, const uint8_t *raw, size_t len, double *number)
{
	const struct bm_property *property = bm_property_find(id);
	struct bm_reader r = bm_reader_of(raw, len);
	/* A length that is not the characteristic's: a device with a format of its own. */
	if (!property || property->characteristic->field_count == 0 || property->characteristic->octets != len) {
		*number = (double)read_le64(&r, len < 8 ? len : 8);
		return len > 0;
	}
	struct bm_property_value value;
	const bool readable = !decode_field(property->characteristic->fields[0].format, &r, &value) && !r.failed;
	*number = readable ? value.number : 0;
	return readable && (value.state == BM_PROPERTY_NUMBER || value.state == BM_PROPERTY_OR_HIGHER);
}

/* The exponential time whose seconds are nearest. */
static int64_t time_raw_of(const struct bm_property_format *format, double seconds)
{
	double here = 0, next = time_of(1);
	int64_t raw = 0;
	for (; raw < format->raw_max && seconds > (here + next) / 2; raw++, next *= 1.1)
		here = next;
	return raw;
}

static enum bm_err encode_number(const struct bm_property_format *format, double number, int64_t *raw)
{
	double min, max, step;
	bm_property_range(format, &min, &max, &step);
	/* Also false for what is no number. Half a step beyond a bound still rounds to it. */
	if (!(number >= min - step / 2 && number <= max + step / 2))
		return BM_ERR_INVALID;
	if (format->kind == BM_PROPERTY_FLOAT) {
		const float single = (float)number;
		uint32_t bits;
		memcpy(&bits, &single, sizeof bits);
		*raw = bits;
		return BM_OK;
	}
	if (format->kind == BM_PROPERTY_TIME_EXPONENTIAL) {
		*raw = time_raw_of(format, number);
		return BM_OK;
	}
	const double exact = number * format->divisor / format->multiplier;
	*raw = (int64_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
	if (*raw < format->raw_min)
		*raw = format->raw_min;
	if (*raw > format->raw_max)
		*raw = format->raw_max;
	return BM_OK;
}

static enum bm_err encode_special(const struct bm_property_format *format, enum bm_property_state state, int64_t *raw)
{
	for (size_t i = 0; i < SPECIALS; i++) {
		if (format->special[i].state == state) {
			*raw = format->special[i].raw;
			return BM_OK;
		}
	}
	return BM_ERR_INVALID;
}

enum bm_err bm_property_encode(const struct bm_property *property, const struct bm_property_value *values, size_t count,
			       uint8_t *raw, size_t capacity)
{
	const struct bm_characteristic *c = property->characteristic;
	if (c->field_count == 0)
		return BM_ERR_NOT_SUPPORTED;
	if (count != c->field_count)
		return BM_ERR_INVALID;
	struct bm_writer w = bm_writer_of(raw, capacity);
	for (size_t i = 0; i < count; i++) {
		const struct bm_property_format *format = c->fields[i].format;
		int64_t field = 0;
		const enum bm_err err = values[i].state == BM_PROPERTY_NUMBER
						? encode_number(format, values[i].number, &field)
						: encode_special(format, values[i].state, &field);
		if (err)
			return err;
		put_le64(&w, (uint64_t)field, format->octets);
	}
	size_t len;
	return bm_writer_finish(&w, &len);
}

enum bm_err bm_property_decode_text(const struct bm_property *property, const uint8_t *raw, size_t len,
				    size_t *text_len)
{
	const struct bm_characteristic *c = property->characteristic;
	*text_len = 0;
	if (c->field_count)
		return BM_ERR_NOT_SUPPORTED;
	if (len != c->octets)
		return len < c->octets ? BM_ERR_TOO_SHORT : BM_ERR_TOO_LONG;
	while (len && raw[len - 1] == 0)
		len--;
	*text_len = len;
	return BM_OK;
}

enum bm_err bm_property_encode_text(const struct bm_property *property, const char *text, size_t len, uint8_t *raw,
				    size_t capacity)
{
	const struct bm_characteristic *c = property->characteristic;
	if (c->field_count)
		return BM_ERR_NOT_SUPPORTED;
	if (len > c->octets)
		return BM_ERR_TOO_LONG;
	if (capacity < c->octets)
		return BM_ERR_NO_SPACE;
	memset(raw, 0, c->octets);
	memcpy(raw, text, len);
	return BM_OK;
}
