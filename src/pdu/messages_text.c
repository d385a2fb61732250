/*
 * An access message's parameters as text, field by field, after their description.
 *
 * Numbers narrower than an octet are packed from the least significant bit (MshPRT 3.1.1); the others are whole octets.
 */
#include <stdarg.h>
#include <stdio.h>

#include "blemesh/sensor.h"
#include "pdu/key_index.h"
#include "pdu/messages.h"

/* The densest text is a list of addresses or key indexes: under four characters an octet. */
#define TEXT_MAX (4u * BM_ACCESS_MAX + 1)

struct text {
	size_t len;
	char chars[TEXT_MAX];
};

struct visitor {
	struct bm_reader r;
	uint8_t bits;      /* of the octet begun, those not yet taken */
	uint8_t bit_count; /* how many */
	bm_field_visit visit;
	void *ctx;
	struct text text;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(text->chars + text->len, TEXT_MAX - text->len, format, args);
	va_end(args);
	if (n > 0)
		text->len += (size_t)n < TEXT_MAX - text->len ? (size_t)n : TEXT_MAX - text->len - 1;
}

static void put_hex(struct text *text, const uint8_t *octets, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; octets && i < len && text->len + 2 < TEXT_MAX; i++) {
		text->chars[text->len++] = digits[octets[i] >> 4];
		text->chars[text->len++] = digits[octets[i] & 0x0f];
	}
	text->chars[text->len] = '\0';
}

/* An unsigned number of up to 32 bits. */
static uint32_t take_bits(struct visitor *v, uint8_t bits)
{
	uint32_t value = 0;
	for (uint8_t got = 0; got < bits;) {
		if (v->bit_count == 0) {
			v->bits = bm_read_u8(&v->r);
			v->bit_count = 8;
		}
		const uint8_t left = (uint8_t)(bits - got);
		const uint8_t n = left < v->bit_count ? left : v->bit_count;
		value |= (uint32_t)(v->bits & ((1u << n) - 1)) << got;
		v->bits = (uint8_t)(v->bits >> n);
		v->bit_count = (uint8_t)(v->bit_count - n);
		got = (uint8_t)(got + n);
	}
	return value;
}

static void emit(struct visitor *v, const struct bm_field *field, bool is_number)
{
	if (!v->r.failed && field->name)
		v->visit(v->ctx, field, v->text.chars, is_number);
	v->text.len = 0;
	v->text.chars[0] = '\0';
}

static void visit_number(struct visitor *v, const struct bm_field *field)
{
	const uint32_t value = take_bits(v, field->bits);
	if (field->kind == BM_FIELD_INT) {
		const uint32_t sign = 1u << (field->bits - 1u) % 32u;
		put(&v->text, "%lld", (long long)(value ^ sign) - (long long)sign);
	} else {
		put(&v->text, "%lu", (unsigned long)(field->kind == BM_FIELD_KEY_INDEX ? value & 0x0fff : value));
	}
	emit(v, field, true);
}

static void visit_hex16(struct visitor *v, const struct bm_field *field)
{
	put(&v->text, "0x%04x", (unsigned)take_bits(v, 16));
	emit(v, field, false);
}

/* Steps in the low six bits, the resolution above them (MshMDL 3.1.3.1, MshPRT 4.2.2.5). */
static void visit_steps(struct visitor *v, const struct bm_field *field)
{
	static const uint32_t resolution_ms[] = {100, 1000, 10000, 600000};
	const uint32_t value = take_bits(v, 8);
	const bool unknown = field->kind == BM_FIELD_TRANSITION && (value & 0x3f) == 0x3f;
	if (unknown)
		put(&v->text, "unknown");
	else
		put(&v->text, "%lu", (unsigned long)((value & 0x3f) * resolution_ms[value >> 6]));
	emit(v, field, !unknown);
}

static void visit_key_indexes(struct visitor *v)
{
	static const struct bm_field net = {"net_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	static const struct bm_field app = {"app_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	uint16_t net_idx, app_idx;
	bm_read_key_indexes(&v->r, &net_idx, &app_idx);
	put(&v->text, "%u", net_idx);
	emit(v, &net, true);
	put(&v->text, "%u", app_idx);
	emit(v, &app, true);
}

static void visit_model(struct visitor *v, const struct bm_field *field)
{
	const size_t len = field->bits ? field->bits / 8u : bm_reader_left(&v->r);
	if (len == 4) {
		const uint16_t company = bm_read_le16(&v->r);
		put(&v->text, "0x%04x:0x%04x", company, bm_read_le16(&v->r));
	} else {
		put(&v->text, "0x%04x", bm_read_le16(&v->r));
	}
	emit(v, field, false);
}

static void separate(struct text *text)
{
	if (text->len)
		put(text, " ");
}

static void visit_list16(struct visitor *v, const struct bm_field *field)
{
	while (!v->r.failed && bm_reader_left(&v->r)) {
		separate(&v->text);
		put(&v->text, "0x%04x", bm_read_le16(&v->r));
	}
	emit(v, field, false);
}

static void visit_key_list(struct visitor *v, const struct bm_field *field)
{
	while (!v->r.failed && bm_reader_left(&v->r)) {
		uint16_t first, second = 0;
		const bool pair = bm_reader_left(&v->r) != 2;
		if (pair)
			bm_read_key_indexes(&v->r, &first, &second);
		else
			first = bm_read_le16(&v->r) & 0x0fff;
		separate(&v->text);
		put(&v->text, "%u", first);
		if (pair)
			put(&v->text, " %u", second);
	}
	emit(v, field, false);
}

static void visit_sensor_data(struct visitor *v, const struct bm_field *field)
{
	struct bm_sensor_value value;
	enum bm_err err;
	while (!(err = bm_sensor_next_value(&v->r, &value))) {
		separate(&v->text);
		put(&v->text, "0x%04x=", value.property_id);
		put_hex(&v->text, value.raw, value.len);
	}
	if (err != BM_ERR_NOT_FOUND)
		v->r.failed = true;
	emit(v, field, false);
}

static void visit_octets(struct visitor *v, const struct bm_field *field)
{
	const size_t len = field->bits ? field->bits / 8u : bm_reader_left(&v->r);
	const uint8_t *octets = bm_read_octets(&v->r, len);
	if (field->kind == BM_FIELD_SECRET)
		put(&v->text, "%u octets", (unsigned)len);
	else
		put_hex(&v->text, octets, len);
	emit(v, field, false);
}

static void visit_field(struct visitor *v, const struct bm_field *field)
{
	switch (field->kind) {
	case BM_FIELD_UINT:
	case BM_FIELD_INT:
	case BM_FIELD_BOOL:
	case BM_FIELD_KEY_INDEX:
		visit_number(v, field);
		break;
	case BM_FIELD_ADDR:
	case BM_FIELD_HEX:
	case BM_FIELD_PROPERTY:
		visit_hex16(v, field);
		break;
	case BM_FIELD_TRANSITION:
	case BM_FIELD_PERIOD:
		visit_steps(v, field);
		break;
	case BM_FIELD_KEY_INDEXES:
		visit_key_indexes(v);
		break;
	case BM_FIELD_MODEL:
		visit_model(v, field);
		break;
	case BM_FIELD_ADDRS:
	case BM_FIELD_PROPERTIES:
		visit_list16(v, field);
		break;
	case BM_FIELD_KEY_LIST:
		visit_key_list(v, field);
		break;
	case BM_FIELD_SENSOR_DATA:
		visit_sensor_data(v, field);
		break;
	case BM_FIELD_SECRET:
	case BM_FIELD_LABEL:
	case BM_FIELD_OCTETS:
		visit_octets(v, field);
		break;
	}
}

enum bm_err bm_message_visit(const struct bm_message *message, const uint8_t *params, size_t len, bm_field_visit visit,
			     void *ctx)
{
	if (len > BM_ACCESS_MAX)
		return BM_ERR_TOO_LONG;
	struct visitor v = {.r = bm_reader_of(params, len), .visit = visit, .ctx = ctx};
	uint8_t group = 0;
	for (size_t i = 0; i < message->field_count && !v.r.failed; i++) {
		const struct bm_field *field = &message->fields[i];
		/* A group is absent if nothing is left where it begins; once begun it must be whole. */
		if (field->optional && field->optional != group && bm_reader_left(&v.r) == 0)
			break;
		group = field->optional;
		visit_field(&v, field);
	}
	return bm_reader_finish(&v.r);
}
