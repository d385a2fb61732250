/*
 * Reading a database: keys, provisioners, groups, scenes. Its nodes are nodes.c's.
 */
#include "cli/database/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/database/parts.h"
#include "cli/network/document.h"

#define LIST_MAX 4096u
#define RANGES_MAX 1024u

static bool read_net_key(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	struct bm_database_key *key = &db->net_keys[db->net_key_count];
	uint32_t index = 0, phase = 0;
	bool there;
	if (!bm_check_number(check, entry, "index", BM_CHECK_MUST, 0, BM_KEY_INDEX_MAX, &index) ||
	    !bm_check_number(check, entry, "phase", BM_CHECK_MAY, 0, 2, &phase) ||
	    !bm_check_security(check, entry, "minSecurity") ||
	    !bm_check_key(check, entry, "key", BM_CHECK_MUST, key->key, &there) ||
	    !bm_check_key(check, entry, "oldKey", BM_CHECK_MAY, key->old, &key->has_old))
		return false;
	for (size_t i = 0; i < db->net_key_count; i++)
		if (db->net_keys[i].index == index)
			return bm_check_fail(check, "index", "%u is the index of netKeys[%zu] too", (unsigned)index, i);
	if (phase == 1 && !key->has_old)
		return bm_check_fail(check, "oldKey", "is missing, and the key is in phase 1 of a refresh");
	bm_check_name(check, entry, "name", "NetKey %u", (unsigned)index);
	bm_check_time(check, entry, "timestamp");
	key->index = key->net_idx = (uint16_t)index;
	key->phase = (uint8_t)phase;
	key->has_old = key->has_old && phase != 0;
	db->net_key_count++;
	return true;
}

static const struct bm_database_key *net_key(const struct bm_database *db, uint32_t index)
{
	for (size_t i = 0; i < db->net_key_count; i++)
		if (db->net_keys[i].index == index)
			return &db->net_keys[i];
	return NULL;
}

static bool read_app_key(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	struct bm_database_key *key = &db->app_keys[db->app_key_count];
	uint32_t index = 0, bound = 0;
	bool there;
	if (!bm_check_number(check, entry, "index", BM_CHECK_MUST, 0, BM_KEY_INDEX_MAX, &index) ||
	    !bm_check_number(check, entry, "boundNetKey", BM_CHECK_MAY, 0, BM_KEY_INDEX_MAX, &bound) ||
	    !bm_check_key(check, entry, "key", BM_CHECK_MUST, key->key, &there) ||
	    !bm_check_key(check, entry, "oldKey", BM_CHECK_MAY, key->old, &key->has_old))
		return false;
	for (size_t i = 0; i < db->app_key_count; i++)
		if (db->app_keys[i].index == index)
			return bm_check_fail(check, "index", "%u is the index of appKeys[%zu] too", (unsigned)index, i);
	if (!net_key(db, bound))
		return bm_check_fail(check, "boundNetKey", "there is no network key %u", (unsigned)bound);
	bm_check_name(check, entry, "name", "AppKey %u", (unsigned)index);
	json_object_set_new(entry, "boundNetKey", json_integer((json_int_t)bound));
	key->index = (uint16_t)index;
	key->net_idx = (uint16_t)bound;
	/* Outside a refresh an old key is history. */
	key->has_old = key->has_old && net_key(db, bound)->phase != 0;
	db->app_key_count++;
	return true;
}

static bool read_range(struct bm_check *check, json_t *range, const char *first, const char *last, uint32_t least,
		       uint32_t most)
{
	uint16_t low = 0, high = 0;
	if (!bm_check_hex16(check, range, first, BM_CHECK_MUST, least, most, &low) ||
	    !bm_check_hex16(check, range, last, BM_CHECK_MUST, least, most, &high))
		return false;
	return low <= high || bm_check_fail(check, last, "is below %s", first);
}

bool bm_database_each(struct bm_check *check, struct bm_database *db, json_t *object, const char *member, size_t most,
		      bm_database_entry *read)
{
	json_t *list = bm_check_array(check, object, member, BM_CHECK_MAY, most), *entry;
	size_t i;
	if (!list)
		return false;
	json_array_foreach(list, i, entry)
	{
		const size_t before = bm_check_enter(check, member, (int)i);
		const bool good = json_is_object(entry) ? read(check, db, entry)
							: bm_check_fail(check, "", "expected an object");
		bm_check_leave(check, before);
		if (!good)
			return false;
	}
	return true;
}

static bool unicast_range(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	(void)db;
	return read_range(check, entry, "lowAddress", "highAddress", 0x0001, 0x7fff);
}

static bool group_range(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	(void)db;
	return read_range(check, entry, "lowAddress", "highAddress", 0xc000, 0xfeff);
}

static bool scene_range(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	(void)db;
	return read_range(check, entry, "firstScene", "lastScene", 0x0001, 0xffff);
}

static bool read_provisioner(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	bm_check_name(check, entry, "provisionerName", "Provisioner");
	return bm_check_uuid(check, entry, "UUID") &&
	       bm_database_each(check, db, entry, "allocatedUnicastRange", RANGES_MAX, unicast_range) &&
	       bm_database_each(check, db, entry, "allocatedGroupRange", RANGES_MAX, group_range) &&
	       bm_database_each(check, db, entry, "allocatedSceneRange", RANGES_MAX, scene_range);
}

/* Some apps write "0000" or nothing for a group without a parent. */
static bool read_group(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	static const char *const MEMBERS[] = {"address", "parentAddress"};
	(void)db;
	for (size_t i = 0; i < BM_ARRAY_LEN(MEMBERS); i++) {
		const json_t *value = json_object_get(entry, MEMBERS[i]);
		json_t *made = i == 1 && (!value || json_is_null(value)) ? json_string("0000")
			       : !value ? (bm_check_fail(check, MEMBERS[i], "is missing"), NULL)
					: bm_check_address(check, MEMBERS[i], value);
		if (!made)
			return false;
		json_object_set_new(entry, MEMBERS[i], made);
	}
	const char *address = json_string_value(json_object_get(entry, "address"));
	const unsigned long number = strtoul(address, NULL, 16);
	bm_check_name(check, entry, "name", "Group %.8s", address);
	return strlen(address) > 4 || number >= 0xc000 ||
	       bm_check_fail(check, "address", "0x%s is no group address (from 0xC000), nor a Label UUID", address);
}

bool bm_database_addresses(struct bm_check *check, json_t *object, const char *member)
{
	json_t *list = bm_check_array(check, object, member, BM_CHECK_MAY, LIST_MAX), *entry;
	size_t i;
	if (!list)
		return false;
	json_array_foreach(list, i, entry)
	{
		const size_t before = bm_check_enter(check, member, (int)i);
		json_t *made = bm_check_address(check, "", entry);
		bm_check_leave(check, before);
		if (!made)
			return false;
		json_array_set_new(list, i, made);
	}
	return true;
}

/* Addresses of elements: others are left out. */
static bool element_addresses(struct bm_check *check, json_t *object)
{
	if (!bm_database_addresses(check, object, "addresses"))
		return false;
	json_t *list = json_object_get(object, "addresses");
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *text = json_string_value(json_array_get(list, i));
		uint16_t addr = 0;
		if (bm_document_hex16(text, &addr) && bm_addr_is_unicast(addr))
			continue;
		bm_check_warn(check, "addresses", "%.32s left out: it is no element's address", text);
		json_array_remove(list, i);
	}
	return true;
}

static bool read_scene(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	uint16_t number = 0;
	(void)db;
	if (!bm_check_hex16(check, entry, "number", BM_CHECK_MUST, 0x0001, 0xffff, &number))
		return false;
	bm_check_name(check, entry, "name", "Scene %u", number);
	return element_addresses(check, entry);
}

static bool read_exclusion(struct bm_check *check, struct bm_database *db, json_t *entry)
{
	uint32_t iv_index = 0;
	if (!bm_check_number(check, entry, "ivIndex", BM_CHECK_MUST, 0, UINT32_MAX, &iv_index) ||
	    !element_addresses(check, entry))
		return false;
	db->least_iv = iv_index > db->least_iv ? iv_index : db->least_iv;
	return true;
}

/* "1.0.0", "1.0.1"; apps write "1.0" too, or 1.0 without quotes. */
static bool read_version(struct bm_check *check, json_t *about)
{
	const json_t *version = json_object_get(about, "version");
	const char *text = json_string_value(version);
	const bool one = !version || json_is_null(version) || (text && strncmp(text, "1.", 2) == 0) ||
			 (text && strcmp(text, "1") == 0) ||
			 (json_is_number(version) && json_number_value(version) >= 1 && json_number_value(version) < 2);
	return one || bm_check_fail(check, "version", "is not 1.x, and no other is known");
}

/* Apps write it as eight hexadecimal digits, or as a number. */
static bool iv_number(struct bm_check *check, json_t *where, const char *member)
{
	const char *text = json_string_value(json_object_get(where, member));
	char prefixed[16];
	if (text && strlen(text) == 8) {
		snprintf(prefixed, sizeof prefixed, "0x%s", text);
		json_object_set_new(where, member, json_string(prefixed));
	}
	return bm_check_number(check, where, member, BM_CHECK_MUST, 0, UINT32_MAX, NULL);
}

/* The schema has no IV index. Ours is beside it, under "blemesh"; some apps write "ivIndex". */
static void read_iv(struct bm_check *check, struct bm_database *db, json_t *about)
{
	json_t *own = json_object_get(about, "blemesh"), *where = about;
	size_t before = bm_check_enter(check, "", -1);
	if (own && !json_is_object(own)) {
		bm_check_warn(check, "blemesh", "left out: expected an object");
		(void)json_object_del(about, "blemesh");
		own = NULL;
	}
	if (own && json_object_get(own, "ivIndex")) {
		where = own;
		before = bm_check_enter(check, "blemesh", -1);
		db->iv_update = bm_check_bool(check, own, "ivUpdate", false) &&
				json_is_true(json_object_get(own, "ivUpdate"));
	}
	bm_check_state(check, where, "ivIndex", iv_number);
	bm_check_leave(check, before);
	const json_t *value = json_object_get(where, "ivIndex");
	db->has_iv = value != NULL;
	db->iv_index = (uint32_t)json_integer_value(value);
	db->iv_update = db->iv_update && db->has_iv;
}

/* Of entries with the same value in member the first stays. */
static void drop_doubles(struct bm_check *check, json_t *about, const char *list_name, const char *member)
{
	json_t *list = json_object_get(about, list_name), *seen = json_object();
	for (size_t i = 0; i < json_array_size(list);) {
		const char *value = json_string_value(json_object_get(json_array_get(list, i), member));
		if (!json_object_get(seen, value)) {
			json_object_set_new(seen, value, json_true());
			i++;
			continue;
		}
		bm_check_warn(check, list_name, "an entry left out: %s %.36s is another's too", member, value);
		json_array_remove(list, i);
	}
	json_decref(seen);
}

/* Nodes are told apart by their addresses; a UUID that is there twice is somebody's mistake. */
static void tell_doubles(struct bm_check *check, const json_t *nodes)
{
	json_t *seen = json_object(), *node;
	size_t i;
	json_array_foreach(nodes, i, node)
	{
		const char *uuid = json_string_value(json_object_get(node, "UUID"));
		if (json_object_get(seen, uuid))
			bm_check_warn(check, "nodes", "[%zu] has the UUID of another node, %s", i, uuid);
		json_object_set_new(seen, uuid, json_true());
	}
	json_decref(seen);
}

static bool read_all(struct bm_check *check, struct bm_database *db)
{
	json_t *about = db->about;
	if (!json_is_object(about))
		return bm_check_fail(check, "", "it is no Mesh Configuration Database (expected an object)");
	if (!json_object_get(about, "netKeys") && !json_object_get(about, "meshUUID"))
		return bm_check_fail(check, "", "it is no Mesh Configuration Database (neither meshUUID nor netKeys)");
	bm_check_name(check, about, "meshName", "Mesh Network");
	bm_check_time(check, about, "timestamp");
	if (!read_version(check, about) || !bm_check_uuid(check, about, "meshUUID") ||
	    !bm_check_bool(check, about, "partial", false) ||
	    !bm_database_each(check, db, about, "netKeys", BM_DATABASE_NET_KEYS_MAX, read_net_key))
		return false;
	if (!net_key(db, 0))
		return bm_check_fail(check, "netKeys", "the primary network key, of index 0, is not there");
	if (!(bm_database_each(check, db, about, "appKeys", BM_DATABASE_APP_KEYS_MAX, read_app_key) &&
	      bm_database_each(check, db, about, "provisioners", LIST_MAX, read_provisioner) &&
	      bm_database_each(check, db, about, "nodes", BM_DATABASE_NODES_MAX, bm_database_node) &&
	      bm_database_each(check, db, about, "groups", LIST_MAX, read_group) &&
	      bm_database_each(check, db, about, "scenes", LIST_MAX, read_scene) &&
	      bm_database_each(check, db, about, "networkExclusions", LIST_MAX, read_exclusion)))
		return false;
	read_iv(check, db, about);
	drop_doubles(check, about, "provisioners", "UUID");
	drop_doubles(check, about, "groups", "address");
	drop_doubles(check, about, "scenes", "number");
	tell_doubles(check, json_object_get(about, "nodes"));
	return true;
}

bool bm_database_read(const json_t *document, struct bm_database *db, char *error, size_t error_len)
{
	struct bm_check check = {.error = error, .error_len = error_len};
	memset(db, 0, sizeof *db);
	/* As one library keeps it in its own file. */
	const json_t *inner = json_object_get(document, "meshNetwork");
	db->about = json_deep_copy(json_is_object(inner) && !json_object_get(document, "netKeys") ? inner : document);
	db->warnings = check.warnings = json_array();
	db->devices = calloc(BM_DATABASE_NODES_MAX, sizeof *db->devices);
	if (!db->about || !db->devices)
		abort();
	if (!read_all(&check, db)) {
		bm_database_free(db);
		return false;
	}
	db->nodes = json_incref(json_object_get(db->about, "nodes"));
	db->groups = json_incref(json_object_get(db->about, "groups"));
	db->more_warnings = check.more_warnings;
	json_object_del(db->about, "nodes");
	json_object_del(db->about, "groups");
	return true;
}

void bm_database_free(struct bm_database *db)
{
	json_decref(db->about);
	json_decref(db->nodes);
	json_decref(db->groups);
	json_decref(db->warnings);
	if (db->devices)
		bm_wipe(db->devices, BM_DATABASE_NODES_MAX * sizeof *db->devices);
	free(db->devices);
	bm_wipe(db, sizeof *db);
}
