/*
 * One node in words, from its document.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands/nodes.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "cli/words/models.h"

/* GATT Bluetooth Namespace Descriptors (Assigned Numbers 2.4.2.1). */
static void location_text(uint16_t location, char *out, size_t len)
{
	static const char *const PLACES[] = {"front",   "back",   "top",       "bottom",        "upper",   "lower",
					     "main",    "backup", "auxiliary", "supplementary", "flash",   "inside",
					     "outside", "left",   "right",     "internal",      "external"};
	if (location == 0)
		snprintf(out, len, "no location");
	else if (location >= 0x0100 && location - 0x0100u < BM_ARRAY_LEN(PLACES))
		snprintf(out, len, "%s", PLACES[location - 0x0100]);
	else if (location < 0x0100)
		snprintf(out, len, "number %u", location);
	else
		snprintf(out, len, "location 0x%04x", location);
}

/* Some of the Assigned Numbers' company identifiers. */
static const char *company_name(uint16_t company)
{
	static const struct {
		uint16_t company;
		const char *name;
	} NAMES[] = {
		{0x0002, "Intel"},
		{0x000a, "Qualcomm Technologies International"},
		{0x000d, "Texas Instruments"},
		{0x000f, "Broadcom"},
		{0x001d, "Qualcomm"},
		{0x0030, "STMicroelectronics"},
		{0x0059, "Nordic Semiconductor"},
		{0x005d, "Realtek"},
		{0x00e0, "Google"},
		{0x0131, "Cypress"},
		{0x0211, "Telink"},
		{0x02e5, "Espressif"},
		{0x02ff, "Silicon Laboratories"},
		{0x05f1, "The Linux Foundation"},
		{0x060f, "Signify"},
		{0xffff, "none: for tests"},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(NAMES); i++)
		if (NAMES[i].company == company)
			return NAMES[i].name;
	return NULL;
}

void bm_node_model_id_text(const struct bm_model_id *id, char *out, size_t len)
{
	const char *name = bm_model_name(id), *company = id->vendor ? company_name(id->company) : NULL;
	if (name)
		snprintf(out, len, "%s (0x%04x)", name, id->id);
	else if (id->vendor)
		snprintf(out, len, "vendor model 0x%04x:0x%04x%s%s%s", id->company, id->id, company ? " (" : "",
			 company ? company : "", company ? ")" : "");
	else
		snprintf(out, len, "model 0x%04x", id->id);
}

void bm_node_model_text(const char *model_id, char *out, size_t len)
{
	struct bm_model_id id;
	if (model_id && bm_document_model_parse(model_id, &id))
		bm_node_model_id_text(&id, out, len);
	else
		snprintf(out, len, "?");
}

static void field(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void field(const char *name, const char *format, ...)
{
	char text[600];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	bm_text_say(stdout, "  %-12s  %s\n", name, text);
}

static bool number_of(const json_t *node, const char *key, uint16_t *value)
{
	return bm_document_hex16(json_string_value(json_object_get(node, key)), value);
}

static void show_composition(const json_t *node)
{
	uint16_t company, product, version, crpl;
	if (!number_of(node, "cid", &company) || !number_of(node, "pid", &product) ||
	    !number_of(node, "vid", &version) || !number_of(node, "crpl", &crpl)) {
		field("composition", "not read yet (blemesh node 0x%04x configure)", bm_document_addr(node));
		return;
	}
	const char *name = company_name(company);
	field("company", "0x%04x%s%s%s", company, name ? " (" : "", name ? name : "", name ? ")" : "");
	field("product", "0x%04x, version 0x%04x", product, version);
	field("replay list", "%u sources", crpl);
}

static void show_features(const json_t *node)
{
	static const struct {
		const char *key, *name;
	} FEATURES[] = {{"relay", "relay"}, {"proxy", "proxy"}, {"friend", "friend"}, {"lowPower", "low power"}};
	const json_t *features = json_object_get(node, "features");
	char text[200] = "";
	size_t used = 0;
	for (size_t i = 0; i < BM_ARRAY_LEN(FEATURES); i++) {
		const json_t *state = json_object_get(features, FEATURES[i].key);
		if (!json_is_integer(state) || json_integer_value(state) == 2)
			continue;
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", FEATURES[i].name);
	}
	if (features)
		field("features", "%s", used ? text : "none");
}

static void show_indexes(const char *name, const json_t *list)
{
	char text[400] = "none";
	size_t used = 0, i;
	json_t *key;
	json_array_foreach(list, i, key) if (used < sizeof text)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i ? ", " : "",
					 (int)json_integer_value(json_object_get(key, "index")));
	field(name, "%s", text);
}

static void name_addr(struct bm_network *network, const char *text, char *out, size_t len)
{
	uint16_t addr;
	uint8_t label[BM_UUID_LEN];
	char name[80];
	if (bm_document_hex16(text, &addr)) {
		bm_network_name_of(network, addr, name, sizeof name);
		if (name[0] == '0' && name[1] == 'x')
			snprintf(out, len, "%s", name);
		else
			snprintf(out, len, "%s (0x%04x)", name, addr);
		return;
	}
	snprintf(out, len, "%s%s", text && bm_document_uuid_parse(text, label) ? "label " : "", text ? text : "?");
}

static void show_publication(struct bm_network *network, const json_t *publish)
{
	const char *address = json_string_value(json_object_get(publish, "address"));
	const json_t *period = json_object_get(publish, "period");
	const json_int_t steps = json_integer_value(json_object_get(period, "numberOfSteps")),
			 resolution = json_integer_value(json_object_get(period, "resolution"));
	char to[120];
	uint16_t addr;
	if (!address || (bm_document_hex16(address, &addr) && addr == BM_ADDR_UNASSIGNED))
		return;
	name_addr(network, address, to, sizeof to);
	bm_text_say(stdout, "        publishes to %s with application key %d", to,
		    (int)json_integer_value(json_object_get(publish, "index")));
	if (steps && resolution)
		printf(", every %g s", (double)steps * (double)resolution / 1000);
	putchar('\n');
}

static void show_model(struct bm_network *network, const json_t *model)
{
	char name[120], target[120];
	size_t i;
	json_t *item;
	bm_node_model_text(json_string_value(json_object_get(model, "modelId")), name, sizeof name);
	printf("      %s", name);
	json_array_foreach(json_object_get(model, "bind"), i, item)
		printf("%s%d", i ? ", " : "  application key ", (int)json_integer_value(item));
	putchar('\n');
	json_array_foreach(json_object_get(model, "subscribe"), i, item)
	{
		name_addr(network, json_string_value(item), target, sizeof target);
		bm_text_say(stdout, "        subscribes to %s\n", target);
	}
	show_publication(network, json_object_get(model, "publish"));
}

static void show_element(struct bm_network *network, const json_t *node, unsigned index)
{
	const json_t *element = json_array_get(json_object_get(node, "elements"), index);
	const char *name = json_string_value(json_object_get(element, "name"));
	uint16_t location = 0;
	char place[40];
	size_t i;
	json_t *model;
	(void)number_of(element, "location", &location);
	location_text(location, place, sizeof place);
	bm_text_say(stdout, "    element %u at 0x%04x: %s%s%s\n", index, bm_document_addr(node) + index, place,
		    name ? ", " : "", name ? name : "");
	json_array_foreach(json_object_get(element, "models"), i, model) show_model(network, model);
}

void bm_node_show(struct bm_network *network, json_t *node)
{
	const char *name = bm_document_name(node);
	const json_t *own = json_object_get(node, "blemesh");
	char seen[40];
	bm_text_say(stdout, "node 0x%04x%s%s\n", bm_document_addr(node), name ? " " : "", name ? name : "");
	field("UUID", "%s", json_string_value(json_object_get(node, "UUID")));
	if (bm_document_addr(node) == bm_network_own_addr(network)) {
		field("is", "this computer");
	} else {
		bm_ago_text(json_string_value(json_object_get(own, "lastSeen")), seen, sizeof seen);
		field("last seen", "%s", seen);
	}
	if (json_is_true(json_object_get(node, "excluded")))
		field("shut out", "it did not get the present keys (blemesh key-refresh)");
	if (json_is_true(json_object_get(own, BM_NODE_UNCONFIRMED)))
		field("unconfirmed",
		      "it was sent the network's keys, and blemesh was ended before it said that it "
		      "took them; once it answers it is a node (blemesh node 0x%04x configure)",
		      bm_document_addr(node));
	show_composition(node);
	show_features(node);
	if (json_is_integer(json_object_get(node, "defaultTTL")))
		field("default TTL", "%d", (int)json_integer_value(json_object_get(node, "defaultTTL")));
	show_indexes("net keys", json_object_get(node, "netKeys"));
	show_indexes("app keys", json_object_get(node, "appKeys"));
	field("elements", "%u", bm_document_elements(node));
	for (unsigned i = 0; i < bm_document_elements(node); i++)
		show_element(network, node, i);
}
