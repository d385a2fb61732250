/*
 * An access message's parameters as text, field by field.
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

static void emit(struct visitor *v, const struct bm_field *field, bool is_number)
{
	v->visit(v->ctx, field, v->text.chars, is_number);
	v->text.len = 0;
	v->text.chars[0] = '\0';
}

/* Steps in the low six bits, the resolution above them (MshMDL 3.1.3.1, MshPRT 4.2.2.5). */
static void visit_steps(struct visitor *v, const struct bm_field *field, uint32_t value)
{
	static const uint32_t resolution_ms[] = {100, 1000, 10000, 600000};
	const bool unknown = field->kind == BM_FIELD_TRANSITION && (value & 0x3f) == 0x3f;
	if (unknown)
		put(&v->text, "unknown");
	else
		put(&v->text, "%lu", (unsigned long)((value & 0x3f) * resolution_ms[value >> 6 & 3]));
	emit(v, field, !unknown);
}

static void visit_key_indexes(struct visitor *v, uint32_t value)
{
	static const struct bm_field net = {"net_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	static const struct bm_field app = {"app_key_index", BM_FIELD_KEY_INDEX, 12, 0, NULL};
	put(&v->text, "%lu", (unsigned long)(value & BM_KEY_INDEX_MAX));
	emit(v, &net, true);
	put(&v->text, "%lu", (unsigned long)(value >> 12));
	emit(v, &app, true);
}

static void separate(struct text *text)
{
	if (text->len)
		put(text, " ");
}

static void put_list16(struct text *text, struct bm_reader *r, const char *separator)
{
	while (bm_reader_left(r) >= 2) {
		if (text->len)
			put(text, "%s", separator);
		put(text, "0x%04x", bm_read_le16(r));
	}
}

static void put_key_list(struct text *text, struct bm_reader *r)
{
	while (bm_reader_left(r)) {
		uint16_t first, second = 0;
		const bool pair = bm_reader_left(r) != 2;
		if (pair)
			bm_read_key_indexes(r, &first, &second);
		else
			first = bm_read_le16(r) & BM_KEY_INDEX_MAX;
		separate(text);
		put(text, "%u", first);
		if (pair)
			put(text, " %u", second);
	}
}

static void put_sensor_data(struct text *text, struct bm_reader *r)
{
	struct bm_sensor_value value;
	while (!bm_sensor_next_value(r, &value)) {
		separate(text);
		put(text, "0x%04x=", value.property_id);
		put_hex(text, value.raw, value.len);
	}
}

static void visit_number(struct visitor *v, const struct bm_field *field, int64_t number)
{
	switch (field->kind) {
	case BM_FIELD_ADDR:
	case BM_FIELD_HEX:
	case BM_FIELD_PROPERTY:
		put(&v->text, "0x%04x", (unsigned)number);
		emit(v, field, false);
		break;
	case BM_FIELD_TRANSITION:
	case BM_FIELD_PERIOD:
		visit_steps(v, field, (uint32_t)number);
		break;
	case BM_FIELD_KEY_INDEXES:
		visit_key_indexes(v, (uint32_t)number);
		break;
	default:
		put(&v->text, "%lld", (long long)number);
		emit(v, field, true);
		break;
	}
}

static void visit_field(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct visitor *v = ctx;
	if (bm_field_is_number(field)) {
		visit_number(v, field, value->number);
		return;
	}
	struct bm_reader r = bm_reader_of(value->octets, value->len);
	switch (field->kind) {
	case BM_FIELD_MODEL: /* a vendor's: company and model, as one identifier */
		put_list16(&v->text, &r, ":");
		break;
	case BM_FIELD_ADDRS:
	case BM_FIELD_PROPERTIES:
		put_list16(&v->text, &r, " ");
		break;
	case BM_FIELD_KEY_LIST:
		put_key_list(&v->text, &r);
		break;
	case BM_FIELD_SENSOR_DATA:
		put_sensor_data(&v->text, &r);
		break;
	case BM_FIELD_SECRET:
		put(&v->text, "%u octets", (unsigned)value->len);
		break;
	default:
		put_hex(&v->text, value->octets, value->len);
		break;
	}
	emit(v, field, false);
}

enum bm_err bm_message_visit(const struct bm_message *message, const uint8_t *params, size_t len, bm_field_visit visit,
			     void *ctx)
{
	struct visitor v = {.visit = visit, .ctx = ctx};
	return bm_message_decode(message, params, len, visit_field, &v);
}
