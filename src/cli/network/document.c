/*
 * Documents of nodes, field by field.
 */
#include "cli/network/document.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "blemesh/config.h"
#include "blemesh/node.h"

static bool hex_parse(const char *text, size_t digits, uint32_t *value)
{
	if (!text || strlen(text) != digits)
		return false;
	*value = 0;
	for (size_t i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		const int digit = tolower((unsigned char)text[i]);
		*value = *value << 4 | (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return true;
}

bool bm_document_hex16(const char *text, uint16_t *value)
{
	uint32_t number;
	if (!hex_parse(text, 4, &number))
		return false;
	*value = (uint16_t)number;
	return true;
}

json_t *bm_document_of_hex16(uint16_t value)
{
	return json_sprintf("%04X", value);
}

bool bm_document_uuid_parse(const char *text, uint8_t uuid[16])
{
	size_t used = 0;
	for (; *text && used < 16; text += 2) {
		if (*text == '-' && used)
			text++;
		const char pair[] = {text[0], text[0] ? text[1] : 0, 0};
		uint32_t octet;
		if (!hex_parse(pair, 2, &octet))
			return false;
		uuid[used++] = (uint8_t)octet;
	}
	return used == 16 && !*text;
}

void bm_document_uuid_text(const uint8_t uuid[16], char out[BM_DOCUMENT_UUID_LEN])
{
	size_t used = 0;
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[used++] = '-';
		snprintf(out + used, 3, "%02X", uuid[i]);
		used += 2;
	}
}

json_t *bm_document_of_label(const uint8_t label[16])
{
	char text[2 * 16 + 1];
	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02X", label[i]);
	return json_string(text);
}

bool bm_document_same_address(const char *one, const char *other)
{
	uint8_t labels[2][16];
	uint16_t addrs[2];
	if (!one || !other)
		return false;
	if (bm_document_hex16(one, &addrs[0]) && bm_document_hex16(other, &addrs[1]))
		return addrs[0] == addrs[1];
	return bm_document_uuid_parse(one, labels[0]) && bm_document_uuid_parse(other, labels[1]) &&
	       memcmp(labels[0], labels[1], sizeof labels[0]) == 0;
}

bool bm_document_model_parse(const char *text, struct bm_model_id *id)
{
	uint32_t number;
	if (hex_parse(text, 4, &number)) {
		*id = (struct bm_model_id){.id = (uint16_t)number};
		return true;
	}
	if (!hex_parse(text, 8, &number))
		return false;
	*id = (struct bm_model_id){.vendor = true, .company = (uint16_t)(number >> 16), .id = (uint16_t)number};
	return true;
}

json_t *bm_document_of_model(const struct bm_model_id *id)
{
	return id->vendor ? json_sprintf("%04X%04X", id->company, id->id) : json_sprintf("%04X", id->id);
}

uint16_t bm_document_addr(const json_t *node)
{
	uint16_t addr;
	return bm_document_hex16(json_string_value(json_object_get(node, "unicastAddress")), &addr) &&
			       bm_addr_is_unicast(addr)
		       ? addr
		       : BM_ADDR_UNASSIGNED;
}

unsigned bm_document_elements(const json_t *node)
{
	const size_t count = json_array_size(json_object_get(node, "elements"));
	return count ? (unsigned)count : 1;
}

bool bm_document_uuid(const json_t *node, uint8_t uuid[16])
{
	const char *text = json_string_value(json_object_get(node, "UUID"));
	return text && bm_document_uuid_parse(text, uuid);
}

const char *bm_document_name(const json_t *node)
{
	const char *name = json_string_value(json_object_get(node, "name"));
	return name && name[0] ? name : NULL;
}

uint16_t bm_document_net_idx(const json_t *node)
{
	const json_t *key = json_array_get(json_object_get(node, "netKeys"), 0);
	return (uint16_t)(json_integer_value(json_object_get(key, "index")) & BM_KEY_INDEX_MAX);
}

static json_t *find_model(const json_t *models, const struct bm_model_id *id)
{
	size_t i;
	json_t *model;
	json_array_foreach(models, i, model)
	{
		struct bm_model_id theirs;
		if (bm_document_model_parse(json_string_value(json_object_get(model, "modelId")), &theirs) &&
		    theirs.vendor == id->vendor && theirs.id == id->id && theirs.company == id->company)
			return model;
	}
	return NULL;
}

json_t *bm_document_model(const json_t *node, unsigned element, const struct bm_model_id *id)
{
	return find_model(json_object_get(json_array_get(json_object_get(node, "elements"), element), "models"), id);
}

unsigned bm_document_model_count(const json_t *node)
{
	size_t i, count = 0;
	json_t *element;
	json_array_foreach(json_object_get(node, "elements"), i, element)
		count += json_array_size(json_object_get(element, "models"));
	return (unsigned)count;
}

json_t *bm_document_new_node(const uint8_t uuid[16], uint16_t addr, unsigned elements)
{
	char text[BM_DOCUMENT_UUID_LEN];
	json_t *list = json_array();
	bm_document_uuid_text(uuid, text);
	for (unsigned i = 0; i < (elements ? elements : 1); i++)
		json_array_append_new(list,
				      json_pack("{s:i, s:s, s:[]}", "index", (int)i, "location", "0000", "models"));
	return json_pack("{s:s, s:o, s:s, s:o, s:[{s:i, s:b}], s:[], s:b, s:b, s:{}}", "UUID", text, "unicastAddress",
			 bm_document_of_hex16(addr), "security", "insecure", "elements", list, "netKeys", "index", 0,
			 "updated", 0, "appKeys", "configComplete", 0, "excluded", 0, "blemesh");
}

static json_t *new_model(json_t *before, const struct bm_model_id *id)
{
	json_t *known = find_model(before, id);
	return known ? json_incref(known)
		     : json_pack("{s:o, s:[], s:[]}", "modelId", bm_document_of_model(id), "bind", "subscribe");
}

static json_t *read_elements(const json_t *node, struct bm_composition *composition)
{
	struct bm_composition_element element;
	json_t *before = json_object_get(node, "elements"), *elements = json_array();
	enum bm_err err;
	while ((err = bm_composition_next_element(composition, &element)) == BM_OK) {
		const size_t index = json_array_size(elements);
		json_t *known = json_array_get(before, index), *models = json_array(), *made;
		struct bm_model_id id;
		while (bm_composition_next_model(&element, &id) == BM_OK)
			json_array_append_new(models, new_model(json_object_get(known, "models"), &id));
		made = known ? json_copy(known) : json_object();
		json_object_set_new(made, "index", json_integer((json_int_t)index));
		json_object_set_new(made, "location", bm_document_of_hex16(element.location));
		json_object_set_new(made, "models", models);
		json_array_append_new(elements, made);
	}
	if (err == BM_ERR_NOT_FOUND && json_array_size(elements))
		return elements;
	json_decref(elements);
	return NULL;
}

/* Of a feature that a node supports it is not known yet whether it is on (1 or 0); 2: not supported. */
static void take_feature(json_t *features, const char *name, bool supported)
{
	const json_t *before = json_object_get(features, name);
	if (!supported)
		json_object_set_new(features, name, json_integer(2));
	else if (!before || json_integer_value(before) == 2)
		json_object_set_new(features, name, json_integer(strcmp(name, "lowPower") == 0));
}

bool bm_document_take_composition(json_t *node, const uint8_t *page0, size_t len)
{
	struct bm_composition composition;
	if (bm_composition_read(&composition, page0, len))
		return false;
	json_t *elements = read_elements(node, &composition);
	if (!elements)
		return false;
	json_object_set_new(node, "elements", elements);
	json_object_set_new(node, "cid", bm_document_of_hex16(composition.company));
	json_object_set_new(node, "pid", bm_document_of_hex16(composition.product));
	json_object_set_new(node, "vid", bm_document_of_hex16(composition.version));
	json_object_set_new(node, "crpl", bm_document_of_hex16(composition.crpl));
	json_t *features = json_object_get(node, "features");
	if (!features) {
		features = json_object();
		json_object_set_new(node, "features", features);
	}
	take_feature(features, "relay", composition.features & BM_FEATURE_RELAY);
	take_feature(features, "proxy", composition.features & BM_FEATURE_PROXY);
	take_feature(features, "friend", composition.features & BM_FEATURE_FRIEND);
	take_feature(features, "lowPower", composition.features & BM_FEATURE_LOW_POWER);
	return true;
}

void bm_document_drop(json_t *list, uint16_t index, const char *name)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *item = json_array_get(list, i);
		if (json_integer_value(name ? json_object_get(item, name) : item) == index)
			json_array_remove(list, i);
	}
}

bool bm_document_has_index(const json_t *node, const char *list, uint16_t index)
{
	const json_t *key;
	size_t i;
	json_array_foreach(json_object_get(node, list), i,
			   key) if (json_integer_value(json_object_get(key, "index")) == index) return true;
	return false;
}

void bm_document_add_index(json_t *node, const char *list, uint16_t index)
{
	json_t *keys = json_object_get(node, list);
	if (bm_document_has_index(node, list, index))
		return;
	if (!keys) {
		keys = json_array();
		json_object_set_new(node, list, keys);
	}
	json_array_append_new(keys, json_pack("{s:i, s:b}", "index", (int)index, "updated", 0));
}

void bm_document_bind(json_t *node, unsigned element, const struct bm_model_id *id, uint16_t app_idx)
{
	json_t *model = bm_document_model(node, element, id), *bound;
	json_t *bind = json_object_get(model, "bind");
	size_t i;
	if (!model)
		return;
	if (!bind) {
		bind = json_array();
		json_object_set_new(model, "bind", bind);
	}
	json_array_foreach(bind, i, bound) if (json_integer_value(bound) == app_idx) return;
	json_array_append_new(bind, json_integer(app_idx));
}

json_t *bm_document_of_now(void)
{
	char text[32];
	struct tm tm;
	const time_t now = time(NULL);
	if (!gmtime_r(&now, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_string("1970-01-01T00:00:00Z");
	return json_string(text);
}

bool bm_document_time(const char *timestamp, time_t *at)
{
	struct tm tm = {0};
	if (!timestamp || !strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return false;
	*at = timegm(&tm);
	return true;
}

json_t *bm_document_own(json_t *node)
{
	json_t *own = json_object_get(node, "blemesh");
	if (!json_is_object(own)) {
		own = json_object();
		json_object_set_new(node, "blemesh", own);
	}
	return own;
}
