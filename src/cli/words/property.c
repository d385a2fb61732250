/*
 * Names are compared word by word, so that nobody needs to know how they are written.
 */
#include "cli/words/property.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 120u
#define WORD_MAX_LEN 48u

/* What people say, for the property that says it best. */
static const struct {
	const char *word;
	uint16_t id;
} SHORT[] = {
	{"temperature", 0x0075}, {"humidity", 0x0076}, {"light", 0x004e}, {"illuminance", 0x0055}, {"motion", 0x0042},
	{"presence", 0x004d},    {"people", 0x004c},   {"power", 0x0052}, {"voltage", 0x0059},     {"current", 0x0057},
};

static void normalise(const char *text, char *out, size_t len)
{
	size_t n = 0;
	for (; *text && n + 1 < len; text++)
		out[n++] = strchr(" -_", *text) ? ' ' : (char)tolower((unsigned char)*text);
	out[n] = 0;
}

/* Are all the words in the name? */
static bool has_words(const char *name, const char *words)
{
	while (*words) {
		char word[WORD_MAX_LEN];
		const size_t len = strcspn(words, " ");
		if (len >= sizeof word)
			return false;
		memcpy(word, words, len);
		word[len] = 0;
		if (!strstr(name, word))
			return false;
		words += len + strspn(words + len, " ");
	}
	return true;
}

static const struct bm_property *by_number(const char *text, char *error, size_t error_len)
{
	char *end;
	const unsigned long id = strtoul(text, &end,
					 text[0] == '0' && tolower((unsigned char)text[1]) == 'x' ? 16 : 10);
	const struct bm_property *property = *end || id > UINT16_MAX ? NULL : bm_property_find((uint16_t)id);
	if (!property)
		snprintf(error, error_len, "there is no device property %.40s", text);
	return property;
}

const struct bm_property *bm_property_of_words(const char *text, char *error, size_t error_len)
{
	char words[NAME_MAX_LEN], name[NAME_MAX_LEN];
	const struct bm_property *found = NULL;
	size_t count = 0;
	if (isdigit((unsigned char)text[0]))
		return by_number(text, error, error_len);
	normalise(text, words, sizeof words);
	for (size_t i = 0; i < BM_ARRAY_LEN(SHORT); i++)
		if (strcmp(words, SHORT[i].word) == 0)
			return bm_property_find(SHORT[i].id);
	int used = snprintf(error, error_len, "\"%.60s\" may be", text);
	for (size_t i = 0; i < bm_property_count && words[0]; i++) {
		normalise(bm_properties[i].name, name, sizeof name);
		if (strcmp(name, words) == 0)
			return &bm_properties[i];
		if (!has_words(name, words))
			continue;
		found = &bm_properties[i];
		if (count++ < 3 && used > 0 && (size_t)used < error_len)
			used += snprintf(error + used, error_len - (size_t)used, "%s %s (0x%04x)", count > 1 ? "," : "",
					 found->name, found->id);
	}
	if (count == 1)
		return found;
	if (count == 0)
		snprintf(error, error_len,
			 "no device property is called \"%.60s\" (try temperature, humidity, light, motion, people, or "
			 "a "
			 "number like 0x004f)",
			 text);
	else if (count > 3 && used > 0 && (size_t)used < error_len)
		snprintf(error + used, error_len - (size_t)used, " and %zu more", count - 3);
	return NULL;
}

static bool read_value(const char *text, size_t len, struct bm_property_value *value)
{
	char word[WORD_MAX_LEN], *end;
	if (len == 0 || len >= sizeof word)
		return false;
	memcpy(word, text, len);
	word[len] = 0;
	*value = (struct bm_property_value){.state = BM_PROPERTY_NUMBER};
	if (strcmp(word, "unknown") == 0) {
		value->state = BM_PROPERTY_NOT_KNOWN;
		return true;
	}
	if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0) {
		value->number = word[0] == 't';
		return true;
	}
	value->number = strtod(word, &end);
	return *end == 0 && isfinite(value->number);
}

const char *bm_property_unit(const struct bm_property_format *format)
{
	/* The table of properties has units by their names; people write the common ones shorter. */
	static const char *const SYMBOLS[][2] = {
		{"degree Celsius", "°C"}, {"percent", "%"}, {"volt", "V"}, {"ampere", "A"},  {"watt", "W"},
		{"second", "s"},          {"hour", "h"},    {"lux", "lx"}, {"pascal", "Pa"}, {"hertz", "Hz"},
	};
	for (size_t i = 0; format->unit && i < BM_ARRAY_LEN(SYMBOLS); i++)
		if (strcmp(format->unit, SYMBOLS[i][0]) == 0)
			return SYMBOLS[i][1];
	return format->unit;
}

static void tell_range(const struct bm_property *property, char *error, size_t error_len)
{
	double min, max, step;
	const struct bm_property_format *format = property->characteristic->fields[0].format;
	const char *unit = bm_property_unit(format);
	bm_property_range(format, &min, &max, &step);
	snprintf(error, error_len, "%s is %g to %g%s%s", property->name, min, max, unit ? " " : "", unit ? unit : "");
}

bool bm_property_value_of_words(const struct bm_property *property, const char *text, uint8_t *raw, size_t *len,
				char *error, size_t error_len)
{
	const struct bm_characteristic *characteristic = property->characteristic;
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	size_t count = 0;
	*len = characteristic->octets;
	if (characteristic->field_count == 0) {
		if (bm_property_encode_text(property, text, strlen(text), raw, BM_PROPERTY_OCTETS_MAX) == BM_OK)
			return true;
		snprintf(error, error_len, "%s is a text of at most %u octets", property->name, characteristic->octets);
		return false;
	}
	for (bool more = true; more; text += more) {
		const size_t part = strcspn(text, ",");
		if (count == BM_PROPERTY_FIELDS_MAX || !read_value(text, part, &values[count])) {
			snprintf(error, error_len, "\"%.40s\" is no number", text);
			return false;
		}
		count++;
		text += part;
		more = *text == ',';
	}
	if (count != characteristic->field_count) {
		snprintf(error, error_len, "%s has %u values (write them with commas between)", property->name,
			 characteristic->field_count);
		return false;
	}
	if (bm_property_encode(property, values, count, raw, BM_PROPERTY_OCTETS_MAX) == BM_OK)
		return true;
	tell_range(property, error, error_len);
	return false;
}

static bool decode(const struct bm_property *property, const uint8_t *raw, size_t len,
		   struct bm_property_value values[BM_PROPERTY_FIELDS_MAX])
{
	return property && property->characteristic->field_count > 0 &&
	       bm_property_decode(property, raw, len, values) == BM_OK;
}

static void octets_text(const uint8_t *raw, size_t len, char *out, size_t out_len)
{
	out[0] = 0;
	for (size_t i = 0; i < len && 2 * i + 3 <= out_len; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

void bm_property_value_text(const struct bm_property *property, const uint8_t *raw, size_t len, char *out,
			    size_t out_len)
{
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	if (!decode(property, raw, len, values)) {
		octets_text(raw, len, out, out_len);
		return;
	}
	size_t used = 0;
	const unsigned count = property->characteristic->field_count;
	for (unsigned i = 0; i < count && used < out_len; i++) {
		const struct bm_property_field *field = &property->characteristic->fields[i];
		const char *unit = bm_property_unit(field->format);
		int n;
		const char *between = i ? ", " : "", *name = count > 1 ? field->name : "", *gap = count > 1 ? " " : "";
		if (values[i].state == BM_PROPERTY_NOT_KNOWN || values[i].state == BM_PROPERTY_NOT_VALID)
			n = snprintf(out + used, out_len - used, "%s%s%sunknown", between, name, gap);
		else
			n = snprintf(out + used, out_len - used, "%s%s%s%.10g%s%s", between, name, gap,
				     values[i].number, unit ? " " : "", unit ? unit : "");
		used += n > 0 ? (size_t)n : out_len;
	}
}

json_t *bm_property_value_json(const struct bm_property *property, const uint8_t *raw, size_t len)
{
	struct bm_property_value values[BM_PROPERTY_FIELDS_MAX];
	if (!decode(property, raw, len, values)) {
		char text[2 * BM_PROPERTY_OCTETS_MAX + 1];
		octets_text(raw, len, text, sizeof text);
		return json_string(text);
	}
	json_t *all = json_object(), *one = NULL;
	for (unsigned i = 0; i < property->characteristic->field_count; i++) {
		const bool number = values[i].state != BM_PROPERTY_NOT_KNOWN &&
				    values[i].state != BM_PROPERTY_NOT_VALID;
		one = number ? json_real(values[i].number) : json_null();
		json_object_set_new(all, property->characteristic->fields[i].name, one);
	}
	if (property->characteristic->field_count != 1)
		return all;
	json_incref(one);
	json_decref(all);
	return one;
}
