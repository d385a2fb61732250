/*
 * An access message's parameters to values and back, field by field, after their description.
 *
 * Numbers narrower than an octet are packed from the least significant bit (MshPRT 3.1.1); the others are whole octets.
 */
#include "blemesh/model.h"
#include "blemesh/sensor.h"
#include "pdu/messages.h"

/* The octet that is being taken apart or put together. */
struct bits {
	uint8_t octet;
	uint8_t count; /* bits left in it, or put into it */
};

static uint32_t take_bits(struct bm_reader *r, struct bits *bits, uint8_t wanted)
{
	uint32_t value = 0;
	for (uint8_t got = 0; got < wanted;) {
		if (bits->count == 0)
			*bits = (struct bits){bm_read_u8(r), 8};
		const uint8_t left = (uint8_t)(wanted - got);
		const uint8_t n = left < bits->count ? left : bits->count;
		value |= (uint32_t)(bits->octet & ((1u << n) - 1)) << got;
		bits->octet = (uint8_t)(bits->octet >> n);
		bits->count = (uint8_t)(bits->count - n);
		got = (uint8_t)(got + n);
	}
	return value;
}

static void put_bits(struct bm_writer *w, struct bits *bits, uint32_t value, uint8_t width)
{
	for (uint8_t i = 0; i < width; i++) {
		bits->octet = (uint8_t)(bits->octet | (value >> i & 1u) << bits->count);
		if (++bits->count < 8)
			continue;
		bm_put_u8(w, bits->octet);
		*bits = (struct bits){0};
	}
}

bool bm_field_is_number(const struct bm_field *field)
{
	switch (field->kind) {
	case BM_FIELD_SECRET:
	case BM_FIELD_MODEL:
	case BM_FIELD_LABEL:
	case BM_FIELD_OCTETS:
	case BM_FIELD_SENSOR_DATA:
	case BM_FIELD_KEY_LIST:
	case BM_FIELD_PROPERTIES:
	case BM_FIELD_ADDRS:
		return false;
	default:
		return true;
	}
}

static bool sensor_data_is_whole(const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	struct bm_sensor_value value;
	enum bm_err err;
	do
		err = bm_sensor_next_value(&r, &value);
	while (!err);
	return err == BM_ERR_NOT_FOUND;
}

/* Whether octets of this length can be the field's. */
static bool fits(const struct bm_field *field, const uint8_t *octets, size_t len)
{
	if (field->bits)
		return len == field->bits / 8u;
	switch (field->kind) {
	case BM_FIELD_MODEL:
		return len == 2 || len == 4;
	case BM_FIELD_PROPERTIES:
	case BM_FIELD_ADDRS:
		return len % 2 == 0;
	case BM_FIELD_KEY_LIST: /* two in three octets, a last one in two (MshPRT 4.3.1.1) */
		return len % 3 != 1;
	case BM_FIELD_SENSOR_DATA:
		return len == 0 || sensor_data_is_whole(octets, len);
	default:
		return true;
	}
}

static int64_t to_number(const struct bm_field *field, uint32_t raw)
{
	if (field->kind == BM_FIELD_KEY_INDEX)
		return raw & BM_KEY_INDEX_MAX;
	if (field->kind != BM_FIELD_INT || field->bits == 0)
		return raw;
	const int64_t sign = INT64_C(1) << (field->bits - 1);
	return ((int64_t)raw ^ sign) - sign;
}

/* False: the parameters do not fit the field. */
static bool take_field(struct bm_reader *r, struct bits *bits, const struct bm_field *field,
		       struct bm_field_value *value)
{
	*value = (struct bm_field_value){0};
	if (bm_field_is_number(field)) {
		value->number = to_number(field, take_bits(r, bits, field->bits));
		return !r->failed;
	}
	value->len = field->bits ? field->bits / 8u : bm_reader_left(r);
	/* A model identifier is the last field; what stands behind it is too much. */
	if (field->kind == BM_FIELD_MODEL && field->bits == 0 && value->len != 4)
		value->len = 2;
	value->octets = bm_read_octets(r, value->len);
	return !r->failed && fits(field, value->octets, value->len);
}

enum bm_err bm_message_decode(const struct bm_message *message, const uint8_t *params, size_t len, bm_field_take take,
			      void *ctx)
{
	if (len > BM_ACCESS_MAX)
		return BM_ERR_TOO_LONG;
	struct bm_reader r = bm_reader_of(params, len);
	struct bits bits = {0};
	uint8_t group = 0;
	for (size_t i = 0; i < message->field_count; i++) {
		const struct bm_field *field = &message->fields[i];
		struct bm_field_value value;
		/* A group is absent if nothing is left where it begins; once begun it must be whole. */
		if (field->optional && field->optional != group && bm_reader_left(&r) == 0)
			break;
		group = field->optional;
		if (!take_field(&r, &bits, field, &value))
			return BM_ERR_TOO_SHORT;
		if (field->name)
			take(ctx, field, &value);
	}
	return bm_reader_finish(&r);
}

static bool in_range(const struct bm_field *field, int64_t number)
{
	if (field->kind == BM_FIELD_BOOL)
		return number == 0 || number == 1;
	if (field->kind == BM_FIELD_KEY_INDEX)
		return number >= 0 && number <= (int64_t)BM_KEY_INDEX_MAX;
	const int64_t span = INT64_C(1) << field->bits;
	if (field->kind == BM_FIELD_INT)
		return number >= -span / 2 && number < span / 2;
	return number >= 0 && number < span;
}

static bool put_field(struct bm_writer *w, struct bits *bits, const struct bm_field *field,
		      const struct bm_field_value *value)
{
	if (bm_field_is_number(field)) {
		if (!in_range(field, value->number))
			return false;
		put_bits(w, bits, (uint32_t)value->number, field->bits);
		return true;
	}
	if (!fits(field, value->octets, value->len))
		return false;
	if (value->len)
		bm_put_octets(w, value->octets, value->len);
	return true;
}

enum bm_err bm_message_encode(const struct bm_message *message, struct bm_writer *w, bm_field_give give, void *ctx)
{
	struct bits bits = {0};
	uint8_t group = 0;
	bm_put_opcode(w, message->opcode);
	for (size_t i = 0; i < message->field_count; i++) {
		const struct bm_field *field = &message->fields[i];
		struct bm_field_value value = {0}; /* of reserved bits */
		if (field->name && !give(ctx, field, &value)) {
			if (field->optional && field->optional != group)
				break;
			return BM_ERR_INVALID;
		}
		group = field->optional;
		if (!put_field(w, &bits, field, &value))
			return BM_ERR_INVALID;
	}
	return w->failed ? BM_ERR_NO_SPACE : BM_OK;
}
