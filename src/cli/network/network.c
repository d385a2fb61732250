/*
 * The file, its documents in memory, and how both keep in step.
 */
#include "cli/network/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "cli/network/document.h"
#include "crypto/crypto.h"
#include "pdu/records.h"
#include "posix/private_dir.h"

#define PATH_LEN 4096
#define NAME_LEN_MAX 64u
#define FIRST_ADDR 0x0001u
#define LAST_ADDR 0x7fffu

struct bm_network {
	char name[NAME_LEN_MAX + 1];
	char path[PATH_LEN];
	struct bm_sqlite_store *store;
	json_t *about, *nodes, *groups;
	json_t *pending; /* found by bm_network_open */
	uint32_t next_addr;
	bool is_new, drop;
	unsigned users; /* bm_network_open less bm_network_close */
	struct bm_network *next;
};

/* The networks that this process has open: a file is opened once, whoever asks again shares it. */
static struct bm_network *open_networks;

struct reason {
	char *text;
	size_t len;
};

/* Says why, and is false. */
#define FAIL(why, ...) ((void)snprintf((why)->text, (why)->len, __VA_ARGS__), false)

static bool name_is_good(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const size_t len = strlen(name);
	return len >= 1 && len <= NAME_LEN_MAX && name[0] != '.' && strspn(name, allowed) == len;
}

/* The folder of all networks. make: it, and what is above it. */
static bool find_folder(char *out, size_t len, bool make, const struct reason *why)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	/* A relative path there is to be ignored (XDG Base Directory Specification). */
	const bool given = state && state[0] == '/';
	if (!given && (!home || home[0] != '/'))
		return FAIL(why, "neither XDG_STATE_HOME nor HOME says where networks are kept");
	const int used = given ? snprintf(out, len, "%s/blemesh", state)
			       : snprintf(out, len, "%s/.local/state/blemesh", home);
	if (used < 0 || (size_t)used + NAME_LEN_MAX + 16 >= len)
		return FAIL(why, "the path of the state directory is too long");
	for (char *slash = strchr(out + 1, '/'); make && slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(out, 0700) != 0 && errno != EEXIST && errno != EROFS) {
			const int error = errno;
			(void)FAIL(why, "cannot make %.300s: %s", out, strerror(error));
			*slash = '/';
			return false;
		}
		*slash = '/';
	}
	struct stat st;
	if (!make && stat(out, &st) != 0)
		return true; /* then there is no network either */
	return bm_private_dir(out, why->text, why->len);
}

struct loading {
	struct bm_network *network;
	size_t records;
	char damaged[64]; /* what could not be read; empty: nothing */
};

static void load(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct loading *loading = ctx;
	struct bm_network *network = loading->network;
	const unsigned kind = (unsigned)key->kind;
	loading->records++;
	if (kind == BM_NETWORK_NEXT_ADDR && len == 2)
		network->next_addr = (uint32_t)octets[0] << 8 | octets[1];
	if (kind == BM_NETWORK_PENDING)
		json_array_append_new(network->pending,
				      json_loadb((const char *)octets, len, JSON_REJECT_DUPLICATES, NULL));
	if (kind != BM_NETWORK_ABOUT && kind != BM_NETWORK_NODE && kind != BM_NETWORK_GROUP)
		return;
	json_t *document = json_loadb((const char *)octets, len, JSON_REJECT_DUPLICATES, NULL);
	uint16_t addr;
	const bool good = json_is_object(document) &&
			  (kind != BM_NETWORK_NODE || (bm_document_addr(document) == key->index)) &&
			  (kind != BM_NETWORK_GROUP ||
			   (bm_network_group_addr(document, &addr, NULL, NULL) && addr == key->index));
	if (!good && kind == BM_NETWORK_ABOUT)
		snprintf(loading->damaged, sizeof loading->damaged, "what it says of the network");
	else if (!good)
		snprintf(loading->damaged, sizeof loading->damaged, "its record of %s 0x%04x",
			 kind == BM_NETWORK_NODE ? "node" : "group", key->index);
	else if (kind == BM_NETWORK_ABOUT)
		network->about = json_incref(document);
	else
		json_array_append(kind == BM_NETWORK_NODE ? network->nodes : network->groups, document);
	json_decref(document);
}

static bool load_all(struct bm_network *network, const struct reason *why)
{
	struct loading loading = {.network = network};
	network->nodes = json_array();
	network->groups = json_array();
	network->pending = json_array();
	network->next_addr = FIRST_ADDR;
	if (bm_sqlite_store_each(network->store, 0, load, &loading))
		return FAIL(why, "%s cannot be read", network->path);
	if (loading.damaged[0])
		return FAIL(why, "%s is damaged: %s cannot be read", network->path, loading.damaged);
	if (!network->about && loading.records)
		return FAIL(why, "%s holds no network, but something else's state", network->path);
	network->is_new = !network->about;
	if (!network->about)
		network->about = json_object();
	return network->about && network->nodes && network->groups;
}

/* It was sent the keys, but whether it took them is not known until something is heard of it. */
static void mark_unconfirmed(json_t *node)
{
	json_t *own = bm_document_own(node);
	json_object_set_new(own, BM_NODE_UNCONFIRMED, json_true());
	(void)json_object_del(own, "lastSeen");
}

/* The process ended while these were being provisioned. What cannot be written now is left for the next time. */
static void settle_pending(struct bm_network *network)
{
	size_t i;
	json_t *node;
	json_array_foreach(network->pending, i, node)
	{
		const struct bm_store_key dev_key = {.kind = BM_STORE_DEVICE, .index = bm_document_addr(node)};
		uint8_t octets[BM_RECORD_DEVICE_LEN];
		size_t len;
		const bool is_node = bm_sqlite_store_get(network->store, &dev_key, octets, sizeof octets, &len) ==
				     BM_OK;
		bm_wipe(octets, sizeof octets);
		if (is_node)
			mark_unconfirmed(node);
		const enum bm_err err = bm_network_node(network, dev_key.index) ? BM_OK
					: is_node                               ? bm_network_keep_node(network, node)
						  : bm_network_exclude(network, dev_key.index,
								       bm_document_elements(node));
		if (!err)
			bm_network_expect_no_more(network, dev_key.index);
	}
	json_array_clear(network->pending);
}

static bool open_network(struct bm_network *network, const char *name, bool create, const struct reason *why)
{
	char text[512];
	const struct reason inner = {.text = text, .len = sizeof text};
	struct stat st;
	if (!name_is_good(name))
		return FAIL(why, "%s is no name for a network (letters, digits, - _ and ., up to %u)", name,
			    NAME_LEN_MAX);
	snprintf(network->name, sizeof network->name, "%s", name);
	char folder[PATH_LEN - NAME_LEN_MAX - 16];
	if (!find_folder(folder, sizeof folder, create, &inner))
		return FAIL(why, "%s", text);
	snprintf(network->path, sizeof network->path, "%s/%s.db", folder, name);
	const bool there = stat(network->path, &st) == 0;
	if (!there && !create && (errno == ENOENT || errno == ENOTDIR)) {
		const bool is_default = strcmp(name, "default") == 0;
		return FAIL(why, "there is no network %s yet (blemesh provision%s%s makes one with its first device)",
			    name, is_default ? "" : " --network ", is_default ? "" : name);
	}
	network->store = bm_sqlite_store_open(network->path, BM_SQLITE_POWER_SAFE, text, sizeof text);
	if (!network->store && strstr(text, "in use"))
		return FAIL(why, "network %s is in use by another blemesh (wait for its end, or end it)", name);
	if (!network->store)
		return FAIL(why, "%s", text);
	network->drop = !there;
	if (!load_all(network, why))
		return false;
	settle_pending(network);
	return true;
}

struct bm_network *bm_network_open(const char *name, bool create, char *error, size_t error_len)
{
	const struct reason why = {.text = error, .len = error_len};
	struct bm_network *network = open_networks;
	while (network && strcmp(network->name, name) != 0)
		network = network->next;
	if (network)
		return bm_network_share(network);
	network = calloc(1, sizeof *network);
	snprintf(error, error_len, "out of memory");
	if (!network)
		return NULL;
	network->users = 1;
	if (open_network(network, name, create, &why)) {
		network->next = open_networks;
		open_networks = network;
		return network;
	}
	bm_network_close(network);
	return NULL;
}

static void remove_file(const struct bm_network *network)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	char path[PATH_LEN + 16];
	for (size_t i = 0; i < BM_ARRAY_LEN(suffixes); i++) {
		snprintf(path, sizeof path, "%s%s", network->path, suffixes[i]);
		unlink(path);
	}
}

struct bm_network *bm_network_share(struct bm_network *network)
{
	network->users++;
	return network;
}

void bm_network_close(struct bm_network *network)
{
	if (!network || --network->users)
		return;
	struct bm_network **at = &open_networks;
	while (*at && *at != network)
		at = &(*at)->next;
	if (*at)
		*at = network->next;
	bm_sqlite_store_close(network->store);
	if (network->store && network->drop)
		remove_file(network);
	json_decref(network->about);
	json_decref(network->nodes);
	json_decref(network->groups);
	json_decref(network->pending);
	free(network);
}

void bm_network_let_go(struct bm_network *network)
{
	bm_sqlite_store_close(network->store);
	network->store = NULL;
}

bool bm_network_is_new(const struct bm_network *network)
{
	return network->is_new;
}

void bm_network_drop(struct bm_network *network)
{
	network->drop = true;
}

const char *bm_network_name(const struct bm_network *network)
{
	return network->name;
}

const char *bm_network_path(const struct bm_network *network)
{
	return network->path;
}

struct bm_sqlite_store *bm_network_store(struct bm_network *network)
{
	return network->store;
}

json_t *bm_network_about(struct bm_network *network)
{
	return network->about;
}

json_t *bm_network_nodes(struct bm_network *network)
{
	return network->nodes;
}

json_t *bm_network_groups(struct bm_network *network)
{
	return network->groups;
}

static enum bm_err put(struct bm_network *network, unsigned kind, uint16_t index, const json_t *document)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)kind, .index = index};
	char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
	if (document && !text)
		return BM_ERR_STORE;
	const enum bm_err err = bm_sqlite_store_put(network->store, &key, (const uint8_t *)text,
						    text ? strlen(text) : 0);
	free(text);
	return err;
}

enum bm_err bm_network_keep_about(struct bm_network *network)
{
	const enum bm_err err = put(network, BM_NETWORK_ABOUT, 0, network->about);
	if (!err && network->is_new)
		network->is_new = network->drop = false;
	return err;
}

enum bm_err bm_network_keep_node(struct bm_network *network, json_t *node)
{
	const uint16_t addr = bm_document_addr(node);
	size_t at = 0;
	if (!addr)
		return BM_ERR_INVALID;
	while (at < json_array_size(network->nodes) && bm_document_addr(json_array_get(network->nodes, at)) < addr)
		at++;
	const json_t *there = json_array_get(network->nodes, at);
	if (there && bm_document_addr(there) == addr) {
		if (there != node)
			json_array_set(network->nodes, at, node);
	} else {
		json_array_insert(network->nodes, at, node);
	}
	return put(network, BM_NETWORK_NODE, addr, node);
}

enum bm_err bm_network_expect_node(struct bm_network *network, const json_t *node)
{
	return put(network, BM_NETWORK_PENDING, bm_document_addr(node), node);
}

void bm_network_expect_no_more(struct bm_network *network, uint16_t addr)
{
	(void)!put(network, BM_NETWORK_PENDING, addr, NULL);
}

enum bm_err bm_network_forget_node(struct bm_network *network, uint16_t addr)
{
	for (size_t i = 0; i < json_array_size(network->nodes); i++)
		if (bm_document_addr(json_array_get(network->nodes, i)) == addr) {
			json_array_remove(network->nodes, i);
			break;
		}
	return put(network, BM_NETWORK_NODE, addr, NULL);
}

bool bm_network_group_addr(const json_t *group, uint16_t *addr, uint8_t label[16], bool *is_virtual)
{
	const char *text = json_string_value(json_object_get(group, "address"));
	uint8_t octets[BM_UUID_LEN];
	if (!text)
		return false;
	const bool is_label = bm_document_uuid_parse(text, octets);
	if (is_virtual)
		*is_virtual = is_label;
	if (is_label) {
		if (label)
			memcpy(label, octets, sizeof octets);
		*addr = bm_virtual_addr(octets);
		return true;
	}
	return bm_document_hex16(text, addr) && bm_addr_is_group(*addr);
}

static size_t find_group(const struct bm_network *network, uint16_t addr)
{
	size_t i = 0;
	uint16_t there;
	while (i < json_array_size(network->groups) &&
	       !(bm_network_group_addr(json_array_get(network->groups, i), &there, NULL, NULL) && there == addr))
		i++;
	return i;
}

enum bm_err bm_network_keep_group(struct bm_network *network, json_t *group)
{
	uint16_t addr;
	if (!bm_network_group_addr(group, &addr, NULL, NULL))
		return BM_ERR_INVALID;
	const size_t at = find_group(network, addr);
	if (at == json_array_size(network->groups))
		json_array_append(network->groups, group);
	else if (json_array_get(network->groups, at) != group)
		json_array_set(network->groups, at, group);
	return put(network, BM_NETWORK_GROUP, addr, group);
}

enum bm_err bm_network_forget_group(struct bm_network *network, uint16_t addr)
{
	json_array_remove(network->groups, find_group(network, addr));
	return put(network, BM_NETWORK_GROUP, addr, NULL);
}

json_t *bm_network_node(struct bm_network *network, uint16_t addr)
{
	size_t i;
	json_t *node;
	json_array_foreach(network->nodes, i, node)
	{
		const uint16_t first = bm_document_addr(node);
		if (addr >= first && addr < first + bm_document_elements(node))
			return node;
	}
	return NULL;
}

json_t *bm_network_node_of(struct bm_network *network, const uint8_t uuid[16])
{
	size_t i;
	json_t *node;
	json_array_foreach(network->nodes, i, node)
	{
		uint8_t theirs[BM_UUID_LEN];
		if (bm_document_uuid(node, theirs) && memcmp(theirs, uuid, sizeof theirs) == 0)
			return node;
	}
	return NULL;
}

/* Two IV indexes later no message of the former node is a replay any more. */
static json_t *exclusions(struct bm_network *network, bool *stale)
{
	json_t *list = json_object_get(network->about, "networkExclusions"), *entry;
	uint32_t iv_index = 0;
	bool iv_update;
	size_t i = 0;
	*stale = false;
	(void)bm_network_iv_index(network, &iv_index, &iv_update);
	while ((entry = json_array_get(list, i))) {
		if (json_integer_value(json_object_get(entry, "ivIndex")) + 2 > iv_index) {
			i++;
			continue;
		}
		json_array_remove(list, i);
		*stale = true;
	}
	return list;
}

bool bm_network_is_free(struct bm_network *network, uint16_t addr, unsigned elements)
{
	bool stale;
	size_t i, k;
	json_t *entry, *address;
	if (addr < FIRST_ADDR || addr + elements - 1 > LAST_ADDR)
		return false;
	for (unsigned e = 0; e < elements; e++)
		if (bm_network_node(network, (uint16_t)(addr + e)))
			return false;
	json_array_foreach(exclusions(network, &stale), i, entry)
		json_array_foreach(json_object_get(entry, "addresses"), k, address)
	{
		uint16_t excluded;
		if (bm_document_hex16(json_string_value(address), &excluded) && excluded >= addr &&
		    excluded < addr + elements)
			return false;
	}
	return true;
}

/* Of the provisioner that the keeper's node is; NULL: not known, and all addresses are ours. */
static const json_t *own_ranges(struct bm_network *network)
{
	uint8_t ours[BM_UUID_LEN], theirs[BM_UUID_LEN];
	const json_t *own = bm_network_node(network, bm_network_own_addr(network));
	size_t i;
	json_t *provisioner;
	if (!own || !bm_document_uuid(own, ours))
		return NULL;
	json_array_foreach(json_object_get(network->about, "provisioners"), i, provisioner)
	{
		if (bm_document_uuid(provisioner, theirs) && memcmp(ours, theirs, sizeof ours) == 0)
			return json_object_get(provisioner, "allocatedUnicastRange");
	}
	return NULL;
}

static uint16_t free_in(struct bm_network *network, uint32_t low, uint32_t high, unsigned elements)
{
	uint32_t next = network->next_addr > low ? network->next_addr : low;
	size_t i;
	json_t *node;
	json_array_foreach(network->nodes, i, node)
	{
		const uint32_t first = bm_document_addr(node), after = first + bm_document_elements(node);
		next = first <= high && after > next ? after : next;
	}
	if (elements && next + elements - 1 <= high)
		return (uint16_t)next;
	/* The last address was given out; what lies between others may be free yet. */
	for (next = low; elements && next + elements - 1 <= high; next++)
		if (bm_network_is_free(network, (uint16_t)next, elements))
			return (uint16_t)next;
	return BM_ADDR_UNASSIGNED;
}

uint16_t bm_network_free_address(struct bm_network *network, unsigned elements)
{
	const json_t *ranges = own_ranges(network);
	uint16_t low, high, found = BM_ADDR_UNASSIGNED;
	size_t i;
	json_t *range;
	if (!json_array_size(ranges))
		return free_in(network, FIRST_ADDR, LAST_ADDR, elements);
	json_array_foreach(ranges, i, range)
	{
		if (!found && bm_document_hex16(json_string_value(json_object_get(range, "lowAddress")), &low) &&
		    bm_document_hex16(json_string_value(json_object_get(range, "highAddress")), &high))
			found = free_in(network, low, high < LAST_ADDR ? high : LAST_ADDR, elements);
	}
	return found;
}

enum bm_err bm_network_exclude(struct bm_network *network, uint16_t addr, unsigned elements)
{
	bool stale, iv_update;
	uint32_t iv_index = 0;
	json_t *list = exclusions(network, &stale), *addresses = json_array();
	(void)bm_network_iv_index(network, &iv_index, &iv_update);
	if (!list) {
		list = json_array();
		json_object_set_new(network->about, "networkExclusions", list);
	}
	for (unsigned e = 0; e < elements; e++)
		json_array_append_new(addresses, bm_document_of_hex16((uint16_t)(addr + e)));
	json_array_append_new(list, json_pack("{s:I, s:o}", "ivIndex", (json_int_t)iv_index, "addresses", addresses));
	return bm_network_keep_about(network);
}

enum bm_err bm_network_take_address(struct bm_network *network, uint16_t addr, unsigned elements)
{
	const struct bm_store_key key = {.kind = (enum bm_store_kind)BM_NETWORK_NEXT_ADDR};
	const uint32_t after = (uint32_t)addr + elements;
	if (after <= network->next_addr)
		return BM_OK;
	const uint8_t octets[] = {(uint8_t)(after >> 8), (uint8_t)after};
	const enum bm_err err = bm_sqlite_store_put(network->store, &key, octets, sizeof octets);
	if (!err)
		network->next_addr = after;
	return err;
}
