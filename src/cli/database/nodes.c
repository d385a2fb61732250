/*
 * A database's nodes: identity, keys they know, elements with their models; and where one more provisioner finds room
 * between them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/database/parts.h"
#include "cli/network/document.h"

#define MODELS_MAX 255u
#define KEYS_MAX 4096u
#define UNICAST_END 0x8000u
#define RANGE_LEN 0x1000u
#define ROOM_ENOUGH 0x0100u

/* Of what is there more than once, as a whole or by its member, the first stays. */
static void keep_first(json_t *list, const char *member)
{
	json_t *seen = json_object();
	for (size_t i = 0; i < json_array_size(list);) {
		const json_t *entry = json_array_get(list, i), *value = member ? json_object_get(entry, member) : entry;
		char text[40];
		if (json_is_string(value))
			snprintf(text, sizeof text, "%s", json_string_value(value));
		else
			snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
		if (json_object_get(seen, text)) {
			json_array_remove(list, i);
			continue;
		}
		json_object_set_new(seen, text, json_true());
		i++;
	}
	json_decref(seen);
}

/* {"index": 0, "updated": false}, also written 0. */
static bool key_list(struct bm_check *check, json_t *node, const char *member)
{
	json_t *list = bm_check_array(check, node, member, BM_CHECK_MAY, KEYS_MAX), *entry;
	size_t i;
	if (!list)
		return false;
	json_array_foreach(list, i, entry)
	{
		const size_t before = bm_check_enter(check, member, (int)i);
		json_t *made = json_is_object(entry) ? json_incref(entry) : json_pack("{s:O}", "index", entry);
		const bool good = bm_check_number(check, made, "index", BM_CHECK_MUST, 0, BM_KEY_INDEX_MAX, NULL) &&
				  bm_check_bool(check, made, "updated", false);
		bm_check_leave(check, before);
		json_array_set_new(list, i, made);
		if (!good)
			return false;
	}
	keep_first(list, "index");
	return true;
}

static bool bind_list(struct bm_check *check, json_t *model)
{
	json_t *list = bm_check_array(check, model, "bind", BM_CHECK_MAY, KEYS_MAX), *entry;
	size_t i;
	if (!list)
		return false;
	json_array_foreach(list, i, entry)
	{
		const size_t before = bm_check_enter(check, "bind", (int)i);
		json_t *holder = json_pack("{s:O}", "", entry);
		const bool good = bm_check_number(check, holder, "", BM_CHECK_MUST, 0, BM_KEY_INDEX_MAX, NULL);
		json_array_set(list, i, json_object_get(holder, ""));
		json_decref(holder);
		bm_check_leave(check, before);
		if (!good)
			return false;
	}
	keep_first(list, NULL);
	return true;
}

/* What a model can be subscribed to: others are left out. */
static bool subscriptions(struct bm_check *check, json_t *model)
{
	if (!bm_database_addresses(check, model, "subscribe"))
		return false;
	json_t *list = json_object_get(model, "subscribe");
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *text = json_string_value(json_array_get(list, i));
		uint16_t addr;
		if (!bm_document_hex16(text, &addr) || bm_addr_is_group(addr) || bm_addr_is_virtual(addr))
			continue;
		if (addr)
			bm_check_warn(check, "subscribe", "%s left out: it is no group's address", text);
		json_array_remove(list, i);
	}
	keep_first(list, NULL);
	return true;
}

static void model_settings(struct bm_check *check, json_t *model)
{
	bm_check_state(check, model, "publish", bm_database_publication);
}

/* "1000", "0059000A"; also written as a number of a SIG model. */
static bool read_model(struct bm_check *check, struct bm_database *db, json_t *model)
{
	const json_t *value = json_object_get(model, "modelId");
	struct bm_model_id id;
	(void)db;
	if (json_is_string(value) && strlen(json_string_value(value)) == 8) {
		if (!bm_document_model_parse(json_string_value(value), &id))
			return bm_check_fail(check, "modelId", "expected four or eight hexadecimal digits");
		json_object_set_new(model, "modelId", bm_document_of_model(&id));
	} else if (!bm_check_hex16(check, model, "modelId", BM_CHECK_MUST, 0, 0xffff, NULL)) {
		return false;
	}
	model_settings(check, model);
	return subscriptions(check, model) && bind_list(check, model);
}

static bool location(struct bm_check *check, json_t *element, const char *member)
{
	return bm_check_hex16(check, element, member, BM_CHECK_MUST, 0, 0xffff, NULL);
}

static void element_settings(struct bm_check *check, json_t *element)
{
	bm_check_name(check, element, "name", NULL);
	bm_check_state(check, element, "location", location);
	if (!json_object_get(element, "location"))
		json_object_set_new(element, "location", json_string("0000"));
}

static bool read_element(struct bm_check *check, struct bm_database *db, json_t *element)
{
	if (!bm_check_number(check, element, "index", BM_CHECK_MAY, 0, 254, NULL))
		return false;
	element_settings(check, element);
	if (!bm_database_each(check, db, element, "models", MODELS_MAX, read_model))
		return false;
	keep_first(json_object_get(element, "models"), "modelId");
	return true;
}

/* Some apps write them in any order. False: the indices are not 0 to the last, each once. */
static bool sort_elements(json_t *list)
{
	json_t *sorted[255] = {NULL}, *element;
	const size_t count = json_array_size(list);
	size_t i;
	json_array_foreach(list, i, element)
	{
		const json_t *index = json_object_get(element, "index");
		const size_t at = index ? (size_t)json_integer_value(index) : i;
		if (at >= count || sorted[at])
			return false;
		sorted[at] = element;
	}
	json_t *made = json_array();
	for (i = 0; i < count; i++)
		json_array_append(made, sorted[i]);
	json_array_clear(list);
	json_array_extend(list, made);
	json_decref(made);
	return true;
}

static bool read_elements(struct bm_check *check, struct bm_database *db, json_t *node)
{
	json_t *list, *element;
	size_t i;
	if (!bm_database_each(check, db, node, "elements", 255, read_element))
		return false;
	list = json_object_get(node, "elements");
	if (json_array_size(list) == 0)
		json_array_append_new(list, json_pack("{s:s, s:[]}", "location", "0000", "models"));
	if (!sort_elements(list))
		return bm_check_fail(check, "elements", "their indices are not 0, 1 and so on, each once");
	json_array_foreach(list, i, element) json_object_set_new(element, "index", json_integer((json_int_t)i));
	return true;
}

static bool overlaps(struct bm_check *check, const struct bm_database *db, const struct bm_database_device *device)
{
	if ((uint32_t)device->addr + device->elements > UNICAST_END)
		return !bm_check_fail(check, "unicastAddress", "%u elements from 0x%04X on do not fit below 0x8000",
				      device->elements, device->addr);
	for (size_t i = 0; i < db->device_count; i++) {
		const struct bm_database_device *other = &db->devices[i];
		if (device->addr < other->addr + other->elements && other->addr < device->addr + device->elements)
			return !bm_check_fail(check, "unicastAddress",
					      "0x%04X and its %u elements overlap with nodes[%zu]", device->addr,
					      device->elements, i);
	}
	return false;
}

bool bm_database_node(struct bm_check *check, struct bm_database *db, json_t *node)
{
	struct bm_database_device *device = &db->devices[db->device_count];
	/* The name that older versions of the schema had. */
	json_t *before = json_object_get(node, "blacklisted");
	if (before && !json_object_get(node, "excluded"))
		json_object_set(node, "excluded", before);
	(void)json_object_del(node, "blacklisted");
	if (!bm_check_uuid(check, node, "UUID") ||
	    !bm_check_hex16(check, node, "unicastAddress", BM_CHECK_MUST, 0x0001, 0x7fff, &device->addr) ||
	    !bm_check_key(check, node, "deviceKey", BM_CHECK_MAY, device->key, &device->has_key) ||
	    !bm_check_security(check, node, "security") || !key_list(check, node, "netKeys") ||
	    !key_list(check, node, "appKeys") || !bm_check_bool(check, node, "configComplete", false) ||
	    !bm_check_bool(check, node, "excluded", false) || !read_elements(check, db, node))
		return false;
	bm_check_name(check, node, "name", NULL);
	bm_database_settings(check, node);
	device->elements = (uint8_t)json_array_size(json_object_get(node, "elements"));
	if (overlaps(check, db, device))
		return false;
	db->device_count++;
	return true;
}

void bm_database_node_settings(struct bm_check *check, json_t *node)
{
	size_t e, m;
	json_t *element, *model;
	bm_database_settings(check, node);
	json_array_foreach(json_object_get(node, "elements"), e, element)
	{
		const size_t before = bm_check_enter(check, "elements", (int)e);
		element_settings(check, element);
		json_array_foreach(json_object_get(element, "models"), m, model)
		{
			const size_t inner = bm_check_enter(check, "models", (int)m);
			model_settings(check, model);
			bm_check_leave(check, inner);
		}
		bm_check_leave(check, before);
	}
}

/* What an address is: free, within a provisioner's range, or used by a node now or before. */
enum { ADDR_ALLOCATED = 1, ADDR_USED = 2 };

static uint16_t hex_of(const json_t *object, const char *member)
{
	uint16_t value = 0;
	return bm_document_hex16(json_string_value(json_object_get(object, member)), &value) ? value : 0;
}

static void map_addresses(const struct bm_database *db, uint8_t *map)
{
	size_t i, r;
	json_t *entry, *range, *address;
	for (i = 0; i < db->device_count; i++)
		memset(map + db->devices[i].addr, ADDR_USED, db->devices[i].elements);
	json_array_foreach(json_object_get(db->about, "networkExclusions"), i, entry)
		json_array_foreach(json_object_get(entry, "addresses"), r, address)
	{
		uint16_t value;
		if (bm_document_hex16(json_string_value(address), &value) && value < UNICAST_END)
			map[value] |= ADDR_USED;
	}
	json_array_foreach(json_object_get(db->about, "provisioners"), i, entry)
		json_array_foreach(json_object_get(entry, "allocatedUnicastRange"), r, range)
	{
		const uint16_t low = hex_of(range, "lowAddress"), high = hex_of(range, "highAddress");
		for (unsigned at = low; low && at <= high; at++)
			map[at] |= ADDR_ALLOCATED;
	}
}

/* The first run of free addresses that is long enough, else the longest; its length, 0 if there is none. */
static unsigned free_run(const uint8_t *map, uint16_t *low)
{
	unsigned best = 0;
	for (unsigned at = 1; at < UNICAST_END && best < ROOM_ENOUGH;) {
		unsigned end = at;
		while (end < UNICAST_END && map[end] == 0)
			end++;
		if (end - at > best) {
			best = end - at;
			*low = (uint16_t)at;
		}
		at = end + 1;
	}
	return best;
}

/* The range whose unused end is the longest. */
static json_t *longest_end(const struct bm_database *db, const uint8_t *map, unsigned *len)
{
	json_t *best = NULL, *entry, *range;
	size_t i, r;
	*len = 0;
	json_array_foreach(json_object_get(db->about, "provisioners"), i, entry)
		json_array_foreach(json_object_get(entry, "allocatedUnicastRange"), r, range)
	{
		const unsigned low = hex_of(range, "lowAddress"), high = hex_of(range, "highAddress");
		unsigned unused = 0;
		while (high - unused > low && !(map[high - unused] & ADDR_USED))
			unused++;
		if (unused > *len) {
			*len = unused;
			best = range;
		}
	}
	return best;
}

bool bm_database_make_room(struct bm_database *db, uint16_t random, uint16_t *low, uint16_t *high, bool *shortened)
{
	uint8_t *map = calloc(UNICAST_END, 1);
	unsigned len;
	if (!map)
		abort();
	map_addresses(db, map);
	*shortened = false;
	len = free_run(map, low);
	if (len) {
		/* Anywhere in it, so that the same file, imported twice, does not make the same address twice. */
		const unsigned skip = random % (len > RANGE_LEN ? len - RANGE_LEN + 1 : (len + 1) / 2);
		*low = (uint16_t)(*low + skip);
		*high = (uint16_t)(*low + (len - skip < RANGE_LEN ? len - skip : RANGE_LEN) - 1);
	} else {
		json_t *range = longest_end(db, map, &len);
		if (range) {
			/* Half of it stays with whom it belongs to. */
			*high = hex_of(range, "highAddress");
			const unsigned ours = (len + 1) / 2;
			*low = (uint16_t)(*high - ours + 1 + random % ((ours + 1) / 2));
			json_object_set_new(range, "highAddress", bm_document_of_hex16((uint16_t)(*low - 1)));
			*shortened = true;
		}
	}
	free(map);
	return len != 0;
}
