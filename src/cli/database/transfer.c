/*
 * Joining documents and keys for export; taking them apart for import.
 */
#include "cli/database/transfer.h"

#include <string.h>

#include "base/env.h"
#include "cli/database/parts.h"
#include "cli/network/document.h"
#include "cli/network/iv_assumed.h"
#include "pdu/records.h"

#define SCHEMA "http://json-schema.org/draft-04/schema#"
#define ID "https://www.bluetooth.com/specifications/specs/mesh-cdb-1-0-1-schema.json#"

static json_t *hex_of(const uint8_t *key)
{
	char hex[2 * BM_KEY_LEN + 1];
	for (size_t i = 0; i < BM_KEY_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02X", key[i]);
	json_t *made = json_string(hex);
	bm_wipe(hex, sizeof hex);
	return made;
}

/* The schema wants names of one character at least. */
static void name_it(json_t *object, const char *member, json_t *name)
{
	if (json_string_length(json_object_get(object, member)) == 0)
		json_object_set(object, member, name);
	json_decref(name);
}

/* A new entry for a key: what is known of it besides, of its index. */
static json_t *entry_of(const json_t *known, uint16_t index, const char *kind)
{
	size_t i;
	json_t *entry;
	json_t *made = NULL;
	json_array_foreach(known, i, entry) if (json_integer_value(json_object_get(entry, "index")) == index)
		made = json_deep_copy(entry);
	if (!made)
		made = json_pack("{s:i}", "index", (int)index);
	name_it(made, "name", json_sprintf("%s %u", kind, index));
	return made;
}

struct exporting {
	struct bm_network *network;
	json_t *document, *net_keys, *app_keys;
	bool broken;
};

static void default_to(json_t *object, const char *member, json_t *value)
{
	if (!json_object_get(object, member))
		json_object_set(object, member, value);
	json_decref(value);
}

static void export_keys(struct exporting *e, bool net, uint16_t index, const struct bm_keys_record *record)
{
	const json_t *about = bm_network_about(e->network);
	json_t *entry = net ? entry_of(json_object_get(about, "netKeys"), index, "NetKey")
			    : entry_of(json_object_get(about, "appKeys"), index, "AppKey");
	const size_t now = record->held[1];
	json_object_set_new(entry, "key", hex_of(record->keys[now]));
	if (now && record->held[0])
		json_object_set_new(entry, "oldKey", hex_of(record->keys[0]));
	if (net) {
		json_object_set_new(entry, "phase", json_integer(record->phase));
		default_to(entry, "minSecurity", json_string("insecure"));
		default_to(entry, "timestamp", json_incref(json_object_get(e->document, "timestamp")));
	} else {
		json_object_set_new(entry, "boundNetKey", json_integer(record->net_idx));
	}
	json_array_append_new(net ? e->net_keys : e->app_keys, entry);
}

static void export_device(struct exporting *e, uint16_t addr, const uint8_t *key)
{
	size_t i;
	json_t *node;
	json_array_foreach(json_object_get(e->document, "nodes"), i, node) if (bm_document_addr(node) == addr)
		json_object_set_new(node, "deviceKey", hex_of(key));
}

static void export_record(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct exporting *e = ctx;
	struct bm_keys_record keys = {0};
	struct bm_device_record device = {0};
	struct bm_net_record net = {0};
	enum bm_err err = BM_OK;
	switch (key->kind) {
	case BM_STORE_SUBNET:
	case BM_STORE_APP_KEY:
		err = key->kind == BM_STORE_SUBNET ? bm_record_read_subnet(octets, len, &keys)
						   : bm_record_read_app_key(octets, len, &keys);
		if (!err)
			export_keys(e, key->kind == BM_STORE_SUBNET, key->index, &keys);
		break;
	case BM_STORE_DEVICE:
		err = bm_record_read_device(octets, len, &device);
		if (!err)
			export_device(e, key->index, device.key);
		break;
	case BM_STORE_NET:
		err = bm_record_read_net(octets, len, &net);
		if (err)
			break;
		export_device(e, net.addr, net.dev_key);
		/* What is but assumed is not handed on. */
		if (json_object_del(bm_document_own(e->document), BM_IV_ASSUMED) == 0)
			break;
		json_object_set_new(bm_document_own(e->document), "ivIndex", json_integer(net.iv_index));
		json_object_set_new(bm_document_own(e->document), "ivUpdate", json_boolean(net.iv_update));
		break;
	default:
		break;
	}
	e->broken |= err != BM_OK;
	bm_wipe(&keys, sizeof keys);
	bm_wipe(&device, sizeof device);
	bm_wipe(&net, sizeof net);
}

/* What the schema asks of each node, and ours need not have. Is false if a node has no device key: then this is not
 * all of the network. */
static bool complete_nodes(json_t *nodes)
{
	bool whole = true;
	size_t i, e;
	json_t *node, *element;
	json_array_foreach(nodes, i, node)
	{
		name_it(node, "name", json_sprintf("Node 0x%04X", bm_document_addr(node)));
		whole = whole && json_object_get(node, "deviceKey");
		default_to(node, "security", json_string("insecure"));
		default_to(node, "netKeys", json_array());
		default_to(node, "appKeys", json_array());
		default_to(node, "configComplete", json_false());
		default_to(node, "excluded", json_false());
		json_array_foreach(json_object_get(node, "elements"), e, element)
			default_to(element, "index", json_integer((json_int_t)e));
	}
	return whole;
}

static void name_all(json_t *document, const char *list, const char *member, const char *kind, const char *number)
{
	size_t i;
	json_t *entry;
	json_array_foreach(json_object_get(document, list), i, entry)
	{
		const char *text = number ? json_string_value(json_object_get(entry, number)) : NULL;
		name_it(entry, member, text ? json_sprintf("%s %s", kind, text) : json_string(kind));
	}
}

static void check_settings(json_t *nodes, json_t *warnings)
{
	struct bm_check check = {.warnings = warnings};
	size_t i;
	json_t *node;
	json_array_foreach(nodes, i, node)
	{
		const size_t before = bm_check_enter(&check, "nodes", (int)i);
		bm_database_node_settings(&check, node);
		bm_check_leave(&check, before);
	}
	if (check.more_warnings)
		json_array_append_new(warnings, json_sprintf("and %zu more like these", check.more_warnings));
}

json_t *bm_database_export(struct bm_network *network, json_t *warnings)
{
	static const char *const LISTS[] = {"provisioners", "groups", "scenes", "networkExclusions"};
	json_t *about = json_deep_copy(bm_network_about(network));
	json_t *document = json_pack("{s:s, s:s, s:s}", "$schema", SCHEMA, "id", ID, "version", "1.0.1");
	struct exporting e = {.network = network, .document = document};
	e.net_keys = json_array();
	e.app_keys = json_array();
	json_object_update_missing(document, about);
	json_decref(about);
	default_to(document, "timestamp", bm_document_of_now());
	default_to(document, "partial", json_false());
	json_object_set_new(document, "netKeys", e.net_keys);
	json_object_set_new(document, "appKeys", e.app_keys);
	json_object_set_new(document, "nodes", json_deep_copy(bm_network_nodes(network)));
	json_object_set_new(document, "groups", json_deep_copy(bm_network_groups(network)));
	for (size_t i = 0; i < BM_ARRAY_LEN(LISTS); i++)
		default_to(document, LISTS[i], json_array());
	name_it(document, "meshName", json_string("Mesh Network"));
	name_all(document, "provisioners", "provisionerName", "Provisioner", NULL);
	name_all(document, "groups", "name", "Group", "address");
	name_all(document, "scenes", "name", "Scene", "number");
	if (bm_sqlite_store_each(bm_network_store(network), 0, export_record, &e) != BM_OK || e.broken) {
		json_decref(document);
		return NULL;
	}
	check_settings(json_object_get(document, "nodes"), warnings);
	if (!complete_nodes(json_object_get(document, "nodes")))
		json_object_set_new(document, "partial", json_true());
	return document;
}

static enum bm_err put(struct bm_network *network, enum bm_store_kind kind, uint16_t index, struct bm_writer *w)
{
	const struct bm_store_key key = {.kind = kind, .index = index};
	size_t len;
	enum bm_err err = bm_writer_finish(w, &len);
	if (!err)
		err = bm_sqlite_store_put(bm_network_store(network), &key, w->start, len);
	bm_wipe(w->start, (size_t)(w->end - w->start));
	return err;
}

static enum bm_err put_keys(struct bm_network *network, enum bm_store_kind kind, const struct bm_database_key *key,
			    uint8_t phase)
{
	uint8_t octets[BM_RECORD_KEYS_LEN];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	struct bm_keys_record record = {.net_idx = key->net_idx, .phase = phase};
	/* Of an application key, the new value is one of a refresh under way, or the only one. */
	const size_t now = kind == BM_STORE_SUBNET ? phase != 0 : key->has_old;
	record.net_idx = kind == BM_STORE_SUBNET ? 0 : key->net_idx;
	record.held[now] = true;
	memcpy(record.keys[now], key->key, BM_KEY_LEN);
	if (key->has_old) {
		record.held[0] = true;
		memcpy(record.keys[0], key->old, BM_KEY_LEN);
	}
	bm_record_put_keys(&w, &record);
	bm_wipe(&record, sizeof record);
	return put(network, kind, key->index, &w);
}

static enum bm_err put_device(struct bm_network *network, const struct bm_database_device *device)
{
	uint8_t octets[BM_RECORD_DEVICE_LEN];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	struct bm_device_record record = {.elements = device->elements};
	memcpy(record.key, device->key, BM_KEY_LEN);
	bm_record_put_device(&w, &record);
	bm_wipe(&record, sizeof record);
	return put(network, BM_STORE_DEVICE, device->addr, &w);
}

/* Our node: its address is fresh, so no sequence number of it was ever used. Its record comes last: it makes a node. */
static enum bm_err put_own(struct bm_network *network, const struct bm_database_own *own)
{
	uint8_t seq_octets[BM_RECORD_SEQ_LEN], net_octets[BM_RECORD_NET_LEN];
	struct bm_writer seq = bm_writer_of(seq_octets, sizeof seq_octets);
	struct bm_writer net = bm_writer_of(net_octets, sizeof net_octets);
	const struct bm_seq_record seq_record = {.reserved = 0, .iv_index = own->iv_index - (own->iv_update ? 1 : 0)};
	struct bm_net_record record = {
		.addr = own->addr,
		.elements = 1,
		.iv_index = own->iv_index,
		.iv_update = own->iv_update,
		.iv_unlimited = true, /* how long the network is in this state already is not known */
		.recovered_hours = BM_RECORD_HOURS_NONE,
	};
	memcpy(record.dev_key, own->dev_key, BM_KEY_LEN);
	bm_record_put_seq(&seq, &seq_record);
	bm_record_put_net(&net, &record);
	bm_wipe(&record, sizeof record);
	const enum bm_err err = put(network, BM_STORE_SEQ, 0, &seq);
	return err ? err : put(network, BM_STORE_NET, 0, &net);
}

static void add_provisioner(struct bm_network *network, const struct bm_database_own *own)
{
	char uuid[BM_DOCUMENT_UUID_LEN];
	bm_document_uuid_text(own->uuid, uuid);
	json_array_append_new(json_object_get(bm_network_about(network), "provisioners"),
			      json_pack("{s:s, s:s, s:[{s:o, s:o}], s:[], s:[]}", "provisionerName", "blemesh", "UUID",
					uuid, "allocatedUnicastRange", "lowAddress", bm_document_of_hex16(own->addr),
					"highAddress", bm_document_of_hex16(own->last_addr), "allocatedGroupRange",
					"allocatedSceneRange"));
}

static json_t *own_node(const struct bm_database *db, const struct bm_database_own *own)
{
	json_t *node = bm_document_new_node(own->uuid, own->addr, 1);
	json_object_set_new(node, "name", json_string("blemesh"));
	json_object_set_new(node, "security", json_string("secure"));
	json_object_set_new(node, "configComplete", json_true());
	for (size_t i = 0; i < db->net_key_count; i++)
		bm_document_add_index(node, "netKeys", db->net_keys[i].index);
	for (size_t i = 0; i < db->app_key_count; i++)
		bm_document_add_index(node, "appKeys", db->app_keys[i].index);
	json_object_set_new(json_array_get(json_object_get(node, "elements"), 0), "models",
			    json_pack("[{s:s, s:[], s:[]}, {s:s, s:[], s:[]}, {s:s, s:[], s:[]}]", "modelId", "0000",
				      "bind", "subscribe", "modelId", "0001", "bind", "subscribe", "modelId", "0002",
				      "bind", "subscribe"));
	return node;
}

static enum bm_err keep_documents(struct bm_network *network, struct bm_database *db, const struct bm_database_own *own)
{
	size_t i;
	json_t *entry;
	json_object_update(bm_network_about(network), db->about);
	add_provisioner(network, own);
	json_object_set_new(bm_document_own(bm_network_about(network)), "ivSince", bm_document_of_now());
	if (own->iv_assumed)
		json_object_set_new(bm_document_own(bm_network_about(network)), BM_IV_ASSUMED, json_true());
	enum bm_err err = bm_network_keep_about(network);
	json_array_foreach(db->nodes, i, entry) err = err ? err : bm_network_keep_node(network, entry);
	json_array_foreach(db->groups, i, entry) err = err ? err : bm_network_keep_group(network, entry);
	json_t *node = own_node(db, own);
	err = err ? err : bm_network_keep_node(network, node);
	json_decref(node);
	return err ? err : bm_network_take_address(network, own->addr, 1);
}

enum bm_err bm_database_import(struct bm_network *network, struct bm_database *db, const struct bm_database_own *own)
{
	enum bm_err err = keep_documents(network, db, own);
	for (size_t i = 0; i < db->net_key_count && !err; i++)
		err = put_keys(network, BM_STORE_SUBNET, &db->net_keys[i], db->net_keys[i].phase);
	for (size_t i = 0; i < db->app_key_count && !err; i++)
		err = put_keys(network, BM_STORE_APP_KEY, &db->app_keys[i], 0);
	for (size_t i = 0; i < db->device_count && !err; i++)
		if (db->devices[i].has_key)
			err = put_device(network, &db->devices[i]);
	return err ? err : put_own(network, own);
}
