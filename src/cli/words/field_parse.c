/*
 * What was typed for a field, to its value.
 */
#include <stdio.h>
#include <string.h>

#include "blemesh/sensor.h"
#include "cli/commands/options.h"
#include "cli/network/document.h"
#include "cli/words/fields.h"
#include "cli/words/models.h"
#include "cli/words/property.h"
#include "cli/words/times.h"
#include "cli/words/value_names.h"
#include "cli/words/word.h"
#include "pdu/key_index.h"
#include "pdu/properties.h"

#define LIST_MAX 190u
#define ITEM_MAX 128u

struct parsing {
	const struct bm_words *words;
	const struct bm_message *message;
	const struct bm_field *field;
	const char *text;
	struct bm_field_input *input;
	char *error;
	size_t error_len;
};

static void range_of(const struct bm_field *field, long long *least, long long *most)
{
	const long long span = 1LL << (bm_field_is_number(field) ? field->bits : 0);
	*least = field->kind == BM_FIELD_INT ? -span / 2 : 0;
	*most = field->kind == BM_FIELD_INT ? span / 2 - 1 : span - 1;
	if (field->kind == BM_FIELD_KEY_INDEX)
		*most = BM_KEY_INDEX_MAX;
}

void bm_field_wants(const struct bm_message *message, const struct bm_field *field, char *out, size_t len)
{
	const struct bm_value_names *names = bm_value_names_of(message, field);
	char list[200] = "";
	long long least, most;
	range_of(field, &least, &most);
	if (names)
		bm_value_names_text(names, list, sizeof list);
	if (names && field->kind == BM_FIELD_BOOL)
		snprintf(out, len, "%s", list);
	else if (names && !names->list)
		snprintf(out, len, "%s, or a number from %lld to %lld", list, least, most);
	else if (bm_field_is_time(field) && (field->kind == BM_FIELD_TRANSITION || field->kind == BM_FIELD_PERIOD))
		snprintf(out, len, "a time (2s, 200ms, 10m)%s",
			 field->kind == BM_FIELD_TRANSITION ? " or unknown" : "");
	else if (bm_field_is_time(field))
		snprintf(out, len, "a time (200ms, 2s), or %lld to %lld in units of %s", least, most, field->unit);
	else
		switch (field->kind) {
		case BM_FIELD_ADDR:
			snprintf(out, len, "an address (0x0002), or the name of a node or group");
			break;
		case BM_FIELD_ADDRS:
			snprintf(out, len, "addresses with commas between them");
			break;
		case BM_FIELD_SECRET:
			snprintf(out, len, "%u octets in hexadecimal", field->bits / 8u);
			break;
		case BM_FIELD_LABEL:
			snprintf(out, len, "a Label UUID, or the name of a virtual group");
			break;
		case BM_FIELD_MODEL:
			snprintf(out, len, "a model (onoff-server, 0x1000, 0x02e5:0x0001)");
			break;
		case BM_FIELD_OCTETS:
			snprintf(out, len, "octets in hexadecimal%s%s", names ? ", or with commas " : "", list);
			break;
		case BM_FIELD_SENSOR_DATA:
			snprintf(out, len, "PROPERTY=HEX, with commas between several (0x004f=2b)");
			break;
		case BM_FIELD_KEY_LIST:
			snprintf(out, len, "key indexes with commas between them");
			break;
		case BM_FIELD_PROPERTY:
			snprintf(out, len, "a property (0x004f, temperature or present-ambient-temperature)");
			break;
		case BM_FIELD_PROPERTIES:
			snprintf(out, len, "properties with commas between them");
			break;
		default:
			snprintf(out, len, "a number from %lld to %lld", least, most);
			break;
		}
}

static bool refuse(const struct parsing *p)
{
	char wants[400];
	bm_field_wants(p->message, p->field, wants, sizeof wants);
	snprintf(p->error, p->error_len, "%s: expected %s, not %s", p->field->name, wants,
		 p->text[0] ? p->text : "nothing");
	return false;
}

static bool number(const char *text, long long least, long long most, int64_t *value)
{
	const bool minus = text[0] == '-';
	uint32_t size;
	if (!bm_number_parse(text + minus, 0, UINT32_MAX, &size))
		return false;
	*value = minus ? -(int64_t)size : (int64_t)size;
	return *value >= least && *value <= most;
}

/* The next of what commas or blanks divide; false after the last one, or one that is too long. */
static bool next_item(const char **at, char item[ITEM_MAX])
{
	*at += strspn(*at, ", ");
	const size_t len = strcspn(*at, ", ");
	if (len == 0 || len >= ITEM_MAX)
		return false;
	memcpy(item, *at, len);
	item[len] = '\0';
	*at += len;
	return true;
}

static bool parse_property(const char *text, uint16_t *id)
{
	uint32_t value;
	char error[400];
	if (bm_number_parse(text, 0, 0xffff, &value)) {
		*id = (uint16_t)value; /* one that nobody assigned, too */
		return true;
	}
	const struct bm_property *property = bm_property_of_words(text, error, sizeof error);
	if (property)
		*id = property->id;
	return property;
}

static bool parse_addr(const struct parsing *p, const char *text, uint16_t *addr)
{
	uint32_t value;
	char typed[BM_WORD_MAX], why[300];
	if (bm_number_parse(text, 0, 0xffff, &value)) {
		*addr = (uint16_t)value;
		return true;
	}
	if (bm_word_typed(text, typed) && strcmp(typed, "none") == 0) {
		*addr = BM_ADDR_UNASSIGNED;
		return true;
	}
	return p->words->network && bm_network_resolve(p->words->network, text, addr, why, sizeof why);
}

static bool parse_label(const struct parsing *p)
{
	p->input->value.octets = p->input->octets;
	p->input->value.len = BM_UUID_LEN;
	if (bm_document_uuid_parse(p->text, p->input->octets))
		return true;
	size_t i;
	json_t *group;
	if (!p->words->network)
		return refuse(p);
	json_array_foreach(bm_network_groups(p->words->network), i, group)
	{
		const char *name = json_string_value(json_object_get(group, "name"));
		uint16_t addr;
		bool is_virtual = false;
		if (name && strcmp(name, p->text) == 0 &&
		    bm_network_group_addr(group, &addr, p->input->octets, &is_virtual) && is_virtual)
			return true;
	}
	return refuse(p);
}

static bool parse_model(const struct parsing *p)
{
	struct bm_model_id id;
	char why[400];
	if (!bm_model_parse(p->text, &id, why, sizeof why)) {
		snprintf(p->error, p->error_len, "%s: %s", p->field->name, why);
		return false;
	}
	if (p->field->bits && (p->field->bits == 32) != id.vendor) {
		snprintf(p->error, p->error_len, "%s: %s is %s", p->field->name, p->text,
			 id.vendor ? "a vendor's model; this message is for those of the SIG"
				   : "a model of the SIG; this message is for vendors' ones");
		return false;
	}
	struct bm_writer w = bm_writer_of(p->input->octets, sizeof p->input->octets);
	if (id.vendor)
		bm_put_le16(&w, id.company);
	bm_put_le16(&w, id.id);
	p->input->value.len = bm_writer_len(&w);
	return true;
}

static bool parse_octets(const struct parsing *p, const struct bm_value_names *names)
{
	struct bm_field_input *input = p->input;
	const size_t exact = p->field->bits / 8u;
	if (bm_octets_parse(p->text, input->octets, exact, exact ? exact : sizeof input->octets, &input->value.len))
		return true;
	char item[ITEM_MAX];
	uint32_t value;
	const char *at = p->text;
	input->value.len = 0;
	while (names && next_item(&at, item)) {
		if ((!bm_value_by_name(names, item, &value) && !bm_number_parse(item, 0, 0xff, &value)) ||
		    input->value.len == sizeof input->octets)
			return refuse(p);
		input->octets[input->value.len++] = (uint8_t)value;
	}
	return (names && !*at) || refuse(p);
}

/* Addresses, properties, key indexes. */
static bool parse_list(const struct parsing *p)
{
	uint16_t values[LIST_MAX];
	size_t count = 0;
	char item[ITEM_MAX];
	const char *at = p->text;
	while (next_item(&at, item)) {
		int64_t index = 0;
		if (count == LIST_MAX)
			return refuse(p);
		const bool good = p->field->kind == BM_FIELD_ADDRS        ? parse_addr(p, item, &values[count])
				  : p->field->kind == BM_FIELD_PROPERTIES ? parse_property(item, &values[count])
									  : number(item, 0, BM_KEY_INDEX_MAX, &index);
		if (!good)
			return refuse(p);
		if (p->field->kind == BM_FIELD_KEY_LIST)
			values[count] = (uint16_t)index;
		count++;
	}
	if (*at)
		return refuse(p);
	struct bm_writer w = bm_writer_of(p->input->octets, sizeof p->input->octets);
	for (size_t i = 0; i < count; i++) {
		const bool pair = p->field->kind == BM_FIELD_KEY_LIST && i + 1 < count;
		if (pair)
			bm_put_key_indexes(&w, values[i], values[i + 1]);
		else
			bm_put_le16(&w, values[i]);
		i += pair;
	}
	p->input->value.len = bm_writer_len(&w);
	return !w.failed || refuse(p);
}

static bool parse_sensor_data(const struct parsing *p)
{
	struct bm_writer w = bm_writer_of(p->input->octets, sizeof p->input->octets);
	char item[ITEM_MAX];
	const char *at = p->text;
	while (next_item(&at, item)) {
		struct bm_sensor_value value = {0};
		uint8_t raw[BM_SENSOR_RAW_MAX];
		char *equals = strchr(item, '=');
		size_t len;
		if (!equals)
			return refuse(p);
		*equals = '\0';
		if (!parse_property(item, &value.property_id) || !bm_octets_parse(equals + 1, raw, 0, sizeof raw, &len))
			return refuse(p);
		value.raw = raw;
		value.len = (uint8_t)len;
		bm_sensor_put_value(&w, &value);
	}
	p->input->value.len = bm_writer_len(&w);
	return (!*at && !w.failed) || refuse(p);
}

static bool parse_time(const struct parsing *p, bool *is_time)
{
	uint64_t us, ms;
	char exact[BM_TIME_TEXT_MAX];
	int64_t bare;
	const bool steps = p->field->kind == BM_FIELD_TRANSITION || p->field->kind == BM_FIELD_PERIOD;
	*is_time = true;
	if (p->field->kind == BM_FIELD_TRANSITION && strcmp(p->text, "unknown") == 0) {
		p->input->value.number = 0x3f;
		return true;
	}
	if (steps && number(p->text, 0, 100000000, &bare))
		us = (uint64_t)bare * 1000;
	else if (!bm_time_parse(p->text, &us)) {
		*is_time = false;
		return false;
	}
	const bool fits = bm_field_from_us(p->field, us, &p->input->value.number, &ms);
	bm_time_text(ms, exact);
	if (!fits) {
		snprintf(p->error, p->error_len, "%s: %s is too long, %s is the longest", p->field->name, p->text,
			 exact);
		return false;
	}
	if (ms * 1000 != us)
		snprintf(p->input->note, sizeof p->input->note, "%s: %.40s becomes %s, the nearest there is",
			 p->field->name, p->text, exact);
	return true;
}

static bool parse_flags(const struct parsing *p, const struct bm_value_names *names)
{
	char item[ITEM_MAX];
	const char *at = p->text;
	uint32_t all = 0;
	while (strcmp(p->text, "none") != 0 && *at) {
		const size_t len = strcspn(at, "+,");
		uint32_t value;
		if (len == 0 || len >= sizeof item)
			return refuse(p);
		memcpy(item, at, len);
		item[len] = '\0';
		if (!bm_value_by_name(names, item, &value))
			return refuse(p);
		all |= value;
		at += len + (at[len] != '\0');
	}
	p->input->value.number = all;
	return p->text[0] || refuse(p);
}

static bool parse_number(const struct parsing *p, const struct bm_value_names *names)
{
	long long least, most;
	uint32_t named;
	bool is_time = false;
	if (bm_field_is_time(p->field)) {
		const bool good = parse_time(p, &is_time);
		if (is_time)
			return good;
	}
	range_of(p->field, &least, &most);
	if (names && !names->flags && bm_value_by_name(names, p->text, &named)) {
		p->input->value.number = named;
		return true;
	}
	if (p->field->kind == BM_FIELD_BOOL)
		most = 1;
	if (number(p->text, least, most, &p->input->value.number))
		return true;
	return names && names->flags ? parse_flags(p, names) : refuse(p);
}

bool bm_field_parse(const struct bm_words *words, const struct bm_message *message, const struct bm_field *field,
		    const char *text, struct bm_field_input *input, char *error, size_t error_len)
{
	const struct parsing p = {words, message, field, text, input, error, error_len};
	const struct bm_value_names *names = bm_value_names_of(message, field);
	uint16_t value;
	input->note[0] = '\0';
	input->value = (struct bm_field_value){.octets = input->octets};
	switch (field->kind) {
	case BM_FIELD_ADDR:
		if (!parse_addr(&p, text, &value))
			return refuse(&p);
		input->value.number = value;
		return true;
	case BM_FIELD_PROPERTY:
		if (!parse_property(text, &value))
			return refuse(&p);
		input->value.number = value;
		return true;
	case BM_FIELD_MODEL:
		return parse_model(&p);
	case BM_FIELD_LABEL:
		return parse_label(&p);
	case BM_FIELD_SECRET:
	case BM_FIELD_OCTETS:
		return parse_octets(&p, names);
	case BM_FIELD_ADDRS:
	case BM_FIELD_PROPERTIES:
	case BM_FIELD_KEY_LIST:
		return parse_list(&p);
	case BM_FIELD_SENSOR_DATA:
		return parse_sensor_data(&p);
	default:
		return parse_number(&p, names);
	}
}
