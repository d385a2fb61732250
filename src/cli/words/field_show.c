/*
 * A field's value as text and as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blemesh/sensor.h"
#include "cli/network/document.h"
#include "cli/words/fields.h"
#include "cli/words/models.h"
#include "cli/words/property.h"
#include "cli/words/times.h"
#include "cli/words/value_names.h"
#include "cli/words/word.h"
#include "pdu/key_index.h"
#include "pdu/properties.h"

struct showing {
	const struct bm_words *words;
	const struct bm_field *field;
	FILE *text;
	json_t *value;
};

static void show_number(struct showing *s, int64_t number)
{
	fprintf(s->text, "%lld", (long long)number);
	s->value = json_integer(number);
}

static void show_word(struct showing *s, const char *word)
{
	fputs(word, s->text);
	s->value = json_string(word);
}

static void show_addr(struct showing *s, uint16_t addr)
{
	char name[160];
	snprintf(name, sizeof name, "0x%04x", addr);
	s->value = json_string(name);
	if (addr == BM_ADDR_UNASSIGNED)
		snprintf(name, sizeof name, "none");
	else if (s->words->network)
		bm_network_name_of(s->words->network, addr, name, sizeof name);
	/* A name of several words could not be typed again between others. */
	if (strpbrk(name, " \t,'\"\\"))
		fprintf(s->text, "0x%04x", addr);
	else
		fputs(name, s->text);
}

static void property_word(uint16_t id, char word[BM_WORD_MAX])
{
	const struct bm_property *property = bm_property_find(id);
	if (property)
		bm_word_of(property->name, word);
	else
		snprintf(word, BM_WORD_MAX, "0x%04x", id);
}

static void show_flags(struct showing *s, const struct bm_value_names *names, uint32_t value)
{
	uint32_t left = value;
	s->value = json_array();
	for (size_t i = 0; i < names->count; i++) {
		if (!(value & names->names[i].value))
			continue;
		fprintf(s->text, "%s%s", left == value ? "" : "+", names->names[i].word);
		json_array_append_new(s->value, json_string(names->names[i].word));
		left &= ~names->names[i].value;
	}
	if (value == 0)
		fputs("none", s->text);
	if (left == 0)
		return;
	/* Flags without a name: the number says them all. */
	json_decref(s->value);
	s->value = json_integer(value);
	rewind(s->text);
	fprintf(s->text, "%lu", (unsigned long)value);
}

static void show_time(struct showing *s, int64_t number)
{
	uint64_t ms;
	char text[BM_TIME_TEXT_MAX];
	if (!bm_field_to_ms(s->field, number, &ms)) {
		show_word(s, "unknown");
		return;
	}
	bm_time_text(ms, text);
	fputs(text, s->text);
	s->value = json_integer((json_int_t)ms);
}

static void show_numeric(struct showing *s, const struct bm_value_names *names, int64_t number)
{
	char word[BM_WORD_MAX];
	const char *name = names && !names->flags ? bm_value_word(names, (uint32_t)number) : NULL;
	if (s->field->kind == BM_FIELD_BOOL && name) {
		fputs(name, s->text);
		s->value = json_boolean(number);
	} else if (name) {
		show_word(s, name);
	} else if (names && names->flags) {
		show_flags(s, names, (uint32_t)number);
	} else if (bm_field_is_time(s->field)) {
		show_time(s, number);
	} else if (s->field->kind == BM_FIELD_ADDR) {
		show_addr(s, (uint16_t)number);
	} else if (s->field->kind == BM_FIELD_PROPERTY) {
		property_word((uint16_t)number, word);
		show_word(s, word);
	} else if (s->field->kind == BM_FIELD_HEX) {
		snprintf(word, sizeof word, "0x%04x", (unsigned)number);
		show_word(s, word);
	} else {
		show_number(s, number);
	}
}

static void show_hex(struct showing *s, const uint8_t *octets, size_t len)
{
	char text[2 * BM_ACCESS_MAX + 1] = "";
	for (size_t i = 0; i < len && i < BM_ACCESS_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
	show_word(s, text);
}

static void show_model(struct showing *s, const struct bm_field_value *value)
{
	struct bm_reader r = bm_reader_of(value->octets, value->len);
	struct bm_model_id id = {.vendor = value->len == 4};
	char word[BM_MODEL_WORD_MAX];
	if (id.vendor)
		id.company = bm_read_le16(&r);
	id.id = bm_read_le16(&r);
	bm_model_word(&id, word);
	show_word(s, word);
}

static void show_label(struct showing *s, const uint8_t *label)
{
	char text[BM_DOCUMENT_UUID_LEN];
	bm_document_uuid_text(label, text);
	show_word(s, text);
}

/* One more of a list; takes the reference. */
static void show_item(struct showing *s, const char *text, json_t *value)
{
	fprintf(s->text, "%s%s", json_array_size(s->value) ? "," : "", text);
	json_array_append_new(s->value, value);
}

static void show_index(struct showing *s, uint16_t index)
{
	char text[8];
	snprintf(text, sizeof text, "%u", index);
	show_item(s, text, json_integer(index));
}

static void show_list(struct showing *s, const struct bm_field_value *value, const struct bm_value_names *names)
{
	struct bm_reader r = bm_reader_of(value->octets, value->len);
	s->value = json_array();
	while (bm_reader_left(&r) && !r.failed) {
		char word[BM_WORD_MAX];
		uint16_t first, second;
		switch (s->field->kind) {
		case BM_FIELD_ADDRS:
			snprintf(word, sizeof word, "0x%04x", bm_read_le16(&r));
			show_item(s, word, json_string(word));
			break;
		case BM_FIELD_PROPERTIES:
			property_word(bm_read_le16(&r), word);
			show_item(s, word, json_string(word));
			break;
		case BM_FIELD_KEY_LIST:
			if (bm_reader_left(&r) == 2) {
				show_index(s, bm_read_le16(&r) & BM_KEY_INDEX_MAX);
				break;
			}
			bm_read_key_indexes(&r, &first, &second);
			show_index(s, first);
			show_index(s, second);
			break;
		default: { /* octets with names */
			const uint8_t octet = bm_read_u8(&r);
			const char *name = bm_value_word(names, octet);
			snprintf(word, sizeof word, "0x%02x", octet);
			show_item(s, name ? name : word, json_string(name ? name : word));
			break;
		}
		}
	}
}

static json_t *measured(const struct bm_property_value *value)
{
	static const char *const STATES[BM_PROPERTY_STATES] = {
		[BM_PROPERTY_NOT_KNOWN] = "not known",
		[BM_PROPERTY_NOT_VALID] = "not valid",
		[BM_PROPERTY_OR_HIGHER] = "or higher",
		[BM_PROPERTY_LIFETIME] = "lifetime",
	};
	if (value->state == BM_PROPERTY_NUMBER || value->state == BM_PROPERTY_OR_HIGHER)
		return json_real(value->number);
	return json_string(STATES[value->state]);
}

/* "21.5 °C"; several fields have their names. */
static void show_measured(struct showing *s, const struct bm_property *property, const struct bm_property_value *values,
			  json_t *item)
{
	const struct bm_characteristic *c = property->characteristic;
	json_t *object = json_object();
	for (uint8_t i = 0; i < c->field_count; i++) {
		const char *unit = bm_property_unit(c->fields[i].format);
		json_t *value = measured(&values[i]);
		if (c->field_count > 1)
			fprintf(s->text, "%s%s=", i ? ";" : "", c->fields[i].name);
		if (json_is_string(value))
			fputs(json_string_value(value), s->text);
		else
			fprintf(s->text, "%.10g%s%s", json_real_value(value), unit ? " " : "", unit ? unit : "");
		if (c->field_count == 1 && unit)
			json_object_set_new(item, "unit", json_string(unit));
		json_object_set_new(c->field_count > 1 ? object : item,
				    c->field_count > 1 ? c->fields[i].name : "value", value);
	}
	if (c->field_count > 1)
		json_object_set(item, "value", object);
	json_decref(object);
}

static void show_sensor_data(struct showing *s, const struct bm_field_value *value)
{
	struct bm_reader r = bm_reader_of(value->octets, value->len);
	struct bm_sensor_value sensor;
	s->value = json_array();
	while (!bm_sensor_next_value(&r, &sensor)) {
		const struct bm_property *property = bm_property_find(sensor.property_id);
		struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
		char word[BM_WORD_MAX], raw[2 * BM_SENSOR_RAW_MAX + 1] = "";
		for (size_t i = 0; i < sensor.len; i++)
			snprintf(raw + 2 * i, 3, "%02x", sensor.raw[i]);
		property_word(sensor.property_id, word);
		json_t *item = json_pack("{s:s, s:s}", "property", word, "raw", raw);
		fprintf(s->text, "%s%s=", json_array_size(s->value) ? "," : "", word);
		if (property && sensor.len && !bm_property_decode(property, sensor.raw, sensor.len, values))
			show_measured(s, property, values, item);
		else
			fputs(sensor.len ? raw : "unknown", s->text); /* the element has no such sensor */
		json_array_append_new(s->value, item);
	}
}

static void show(struct showing *s, const struct bm_value_names *names, const struct bm_field_value *value)
{
	if (bm_field_is_number(s->field)) {
		show_numeric(s, names, value->number);
		return;
	}
	switch (s->field->kind) {
	case BM_FIELD_MODEL:
		show_model(s, value);
		break;
	case BM_FIELD_LABEL:
		show_label(s, value->octets);
		break;
	case BM_FIELD_SECRET:
		show_word(s, "(a key)");
		break;
	case BM_FIELD_ADDRS:
	case BM_FIELD_PROPERTIES:
	case BM_FIELD_KEY_LIST:
		show_list(s, value, names);
		break;
	case BM_FIELD_SENSOR_DATA:
		show_sensor_data(s, value);
		break;
	default:
		if (names && names->list)
			show_list(s, value, names);
		else
			show_hex(s, value->octets, value->len);
		break;
	}
}

struct bm_field_shown bm_field_show(const struct bm_words *words, const struct bm_message *message,
				    const struct bm_field *field, const struct bm_field_value *value)
{
	struct bm_field_shown shown = {0};
	size_t len;
	struct showing s = {.words = words, .field = field, .text = open_memstream(&shown.text, &len)};
	if (!s.text)
		return shown;
	show(&s, bm_value_names_of(message, field), value);
	fclose(s.text);
	shown.value = s.value;
	if (shown.text && shown.value)
		return shown;
	free(shown.text);
	json_decref(shown.value);
	return (struct bm_field_shown){0};
}
