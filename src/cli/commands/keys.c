/*
 * `blemesh keys`: which keys the network has; application keys and those of subnets come and go. All of it works on the
 * file alone.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/env.h"
#include "cli/commands/commands.h"
#include "cli/commands/options.h"
#include "cli/commands/table.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "crypto/crypto.h"
#include "pdu/records.h"

#define MASK "................................"
/* What this computer's node holds (network/session.c). */
#define NET_KEYS_MAX 8u
#define APP_KEYS_MAX 32u

static const char usage[] =
	"usage: blemesh keys [options]\n"
	"       blemesh keys [options] add app|net [INDEX]\n"
	"       blemesh keys [options] remove app|net INDEX\n"
	"\n"
	"Lists the network's keys: network keys, application keys, and the device key of each node. The keys\n"
	"themselves are secrets, shown with --reveal alone. A new key is of the network, not yet of its nodes\n"
	"(blemesh config NODE app-key add INDEX, or net-key); a network key more makes a subnet, in which nodes\n"
	"that have it talk apart from the others. INDEX: 0 to 4095, default the lowest that is free.\n"
	"\n"
	"  --reveal            show the keys themselves: whoever has them is in the network\n"
	"  --key HEX           add: this key (16 octets) instead of a random one\n"
	"  --name NAME         add: what it is called\n"
	"  --net INDEX         add app: the network key it belongs to; default: 0\n"
	"  --force             remove: although nodes hold it\n" BM_SHARED_USAGE "  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 if it failed; 2 for wrong usage.\n";

enum { OPT_REVEAL = BM_OPTION_OWN, OPT_KEY, OPT_NAME, OPT_NET, OPT_FORCE };

const struct option bm_keys_options[] = {
	BM_SHARED_OPTIONS,
	{"reveal", no_argument, NULL, OPT_REVEAL},
	{"key", required_argument, NULL, OPT_KEY},
	{"name", required_argument, NULL, OPT_NAME},
	{"net", required_argument, NULL, OPT_NET},
	{"force", no_argument, NULL, OPT_FORCE},
	{NULL, 0, NULL, 0},
};

struct keys {
	struct bm_options options;
	struct bm_network *network;
	bool reveal, force, has_key, has_net;
	enum bm_key_kind kind; /* what add and remove are about */
	uint8_t key[BM_KEY_LEN];
	const char *name;
	uint32_t net_idx;
	struct bm_table table;
	json_t *list;      /* with --json */
	uint8_t held[512]; /* indexes of keys of this kind that are there: a bit each */
	unsigned held_count;
	bool net_used; /* an application key belongs to the network key net_idx */
	uint16_t user;
	bool net_held;         /* the network key net_idx is there */
	enum bm_key_kind last; /* of the key listed before, to tell an old value from a new one */
	uint16_t last_index;
	bool any;
};

static const char *name_of(const struct keys *k, const char *list, uint16_t index)
{
	size_t i;
	json_t *key;
	json_array_foreach(json_object_get(bm_network_about(k->network), list), i,
			   key) if (json_integer_value(json_object_get(key, "index")) ==
				    index) return json_string_value(json_object_get(key, "name"));
	return NULL;
}

/* What is no secret of a key, and tells it from others on the air. */
static json_t *public_facts(const struct bm_key_view *view)
{
	uint8_t id[8];
	if (view->kind == BM_KEY_APP)
		return json_pack("{s:i, s:i}", "aid", bm_k4(view->key), "net_key", view->net_idx);
	if (view->kind != BM_KEY_NET)
		return json_object();
	bm_k3(view->key, id);
	return json_pack("{s:o}", "network_id",
			 json_sprintf("%02x%02x%02x%02x%02x%02x%02x%02x", id[0], id[1], id[2], id[3], id[4], id[5],
				      id[6], id[7]));
}

static void public_text(const json_t *facts, char *out, size_t len)
{
	const char *id = json_string_value(json_object_get(facts, "network_id"));
	out[0] = 0;
	if (id)
		snprintf(out, len, "Network ID %s", id);
	else if (json_object_size(facts))
		snprintf(out, len, "AID 0x%02x, of network key %d",
			 (unsigned)json_integer_value(json_object_get(facts, "aid")),
			 (int)json_integer_value(json_object_get(facts, "net_key")));
}

static void list_key(void *ctx, const struct bm_key_view *view)
{
	static const char *const kinds[] = {"net", "app", "device"};
	struct keys *k = ctx;
	char hex[2 * BM_KEY_LEN + 1] = MASK, name[80] = "", facts[80], index[16];
	for (size_t i = 0; i < BM_KEY_LEN && k->reveal; i++)
		snprintf(hex + 2 * i, 3, "%02x", view->key[i]);
	const char *given = view->kind == BM_KEY_DEV
				    ? NULL
				    : name_of(k, view->kind == BM_KEY_NET ? "netKeys" : "appKeys", view->index);
	if (view->kind == BM_KEY_DEV)
		bm_network_name_of(k->network, view->index, name, sizeof name);
	else
		snprintf(name, sizeof name, "%s", given ? given : "");
	const bool fresh = k->any && k->last == view->kind && k->last_index == view->index;
	k->last = view->kind;
	k->last_index = view->index;
	k->any = true;
	json_t *public = public_facts(view);
	public_text(public, facts, sizeof facts);
	snprintf(index, sizeof index, view->kind == BM_KEY_DEV ? "0x%04x" : "%u", view->index);
	if (k->list) {
		json_t *object = json_pack("{s:s, s:i, s:s}", "kind", kinds[view->kind],
					   view->kind == BM_KEY_DEV ? "address" : "index", view->index, "name", name);
		json_object_update(object, public);
		if (k->reveal)
			json_object_set_new(object, "key", json_string(hex));
		if (fresh)
			json_object_set_new(object, "new", json_true());
		json_array_append_new(k->list, object);
	} else {
		bm_table_put(&k->table, kinds[view->kind]);
		bm_table_put(&k->table, index);
		bm_table_put(&k->table, name);
		bm_table_put(&k->table, hex);
		bm_table_putf(&k->table, "%s%s", facts, fresh ? "  (of the key refresh under way)" : "");
	}
	json_decref(public);
	bm_wipe(hex, sizeof hex);
}

static int damaged(struct keys *k)
{
	return bm_failed(&k->options, "%s: its keys cannot all be read, it is damaged", bm_network_path(k->network));
}

static int list(struct keys *k)
{
	static const char *const head[] = {"KEY", "INDEX", "NAME", "VALUE", ""};
	enum bm_err err;
	if (k->options.json) {
		k->list = json_array();
		err = bm_network_each_key(k->network, list_key, k);
		bm_print_json(json_pack("{s:s, s:o}", "network", bm_network_name(k->network), "keys", k->list));
		return err ? damaged(k) : bm_shown(&k->options);
	}
	bm_table_begin(&k->table, head, BM_ARRAY_LEN(head));
	err = bm_network_each_key(k->network, list_key, k);
	bm_table_print(&k->table, "");
	if (!k->reveal)
		puts("(--reveal shows the keys themselves)");
	if (err)
		return damaged(k);
	return bm_shown(&k->options);
}

static bool is_held(const struct keys *k, uint32_t index)
{
	return k->held[index / 8] >> index % 8 & 1;
}

static void look_at(void *ctx, const struct bm_key_view *view)
{
	struct keys *k = ctx;
	/* During a Key Refresh a key is told twice. */
	if (view->kind == k->kind && view->index <= BM_KEY_INDEX_MAX && !is_held(k, view->index)) {
		k->held[view->index / 8] |= (uint8_t)(1u << view->index % 8);
		k->held_count++;
	}
	k->net_held |= view->kind == BM_KEY_NET && view->index == k->net_idx;
	if (view->kind == BM_KEY_APP && view->net_idx == k->net_idx) {
		k->net_used = true;
		k->user = view->index;
	}
}

/* Of a document: the network's, or a node's. */
static const char *list_name(const struct keys *k)
{
	return k->kind == BM_KEY_NET ? "netKeys" : "appKeys";
}

static const char *kind_text(const struct keys *k)
{
	return k->kind == BM_KEY_NET ? "network" : "application";
}

static const char *kind_word(const struct keys *k)
{
	return k->kind == BM_KEY_NET ? "net" : "app";
}

static json_t *keys_of(struct keys *k)
{
	json_t *list = json_object_get(bm_network_about(k->network), list_name(k));
	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(bm_network_about(k->network), list_name(k), list);
	}
	return list;
}

static void remove_from(json_t *list, uint32_t index)
{
	size_t i;
	json_t *key;
	json_array_foreach(list, i, key) if (json_integer_value(json_object_get(key, "index")) == (json_int_t)index)
	{
		json_array_remove(list, i);
		return;
	}
}

static int put(struct keys *k, uint32_t index, const struct bm_keys_record *record)
{
	const struct bm_store_key key = {.kind = k->kind == BM_KEY_NET ? BM_STORE_SUBNET : BM_STORE_APP_KEY,
					 .index = (uint16_t)index};
	uint8_t octets[BM_RECORD_KEYS_LEN];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	if (record)
		bm_record_put_keys(&w, record);
	enum bm_err err = bm_network_keep_about(k->network);
	if (!err)
		err = bm_sqlite_store_put(bm_network_store(k->network), &key, octets, record ? bm_writer_len(&w) : 0);
	bm_wipe(octets, sizeof octets);
	return err ? bm_failed(&k->options, "%s cannot be written (is the disk full?)", bm_network_path(k->network))
		   : BM_STATUS_DONE;
}

/* Is false, and tells. */
static bool choose_index(struct keys *k, const char *text, uint32_t *index)
{
	const unsigned most = k->kind == BM_KEY_NET ? NET_KEYS_MAX : APP_KEYS_MAX;
	*index = 0;
	if (text && !bm_number_parse(text, 0, BM_KEY_INDEX_MAX, index)) {
		bm_wrong(&k->options, "%s: the index of a key is 0 to 4095", text);
		return false;
	}
	while (!text && *index < BM_KEY_INDEX_MAX && is_held(k, *index))
		(*index)++;
	if (is_held(k, *index))
		bm_wrong(&k->options, "%s key %u is there already", kind_text(k), (unsigned)*index);
	else if (k->held_count >= most)
		bm_failed(&k->options, "the network has %u %s keys, and more are not kept here (blemesh keys remove)",
			  k->held_count, kind_text(k));
	else if (k->kind == BM_KEY_APP && !k->net_held)
		bm_wrong(&k->options, "--net %u: the network has no such key", (unsigned)k->net_idx);
	else
		return true;
	return false;
}

/* This computer's own node holds what the network has. */
static void own_node_has(struct keys *k, uint32_t index)
{
	json_t *own = bm_network_node(k->network, bm_network_own_addr(k->network));
	if (!own)
		return;
	bm_document_add_index(own, list_name(k), (uint16_t)index);
	(void)!bm_network_keep_node(k->network, own);
}

static int add(struct keys *k, const char *text)
{
	const bool net = k->kind == BM_KEY_NET;
	struct bm_keys_record record = {.net_idx = net ? 0 : (uint16_t)k->net_idx, .held = {true, false}};
	char name[40];
	uint32_t index;
	if (!choose_index(k, text, &index))
		return k->options.over ? k->options.status : BM_STATUS_FAILED;
	if (k->has_key)
		memcpy(record.keys[0], k->key, BM_KEY_LEN);
	else if (getrandom(record.keys[0], BM_KEY_LEN, 0) != (ssize_t)BM_KEY_LEN)
		return bm_failed(&k->options, "no random octets are to be had");
	snprintf(name, sizeof name, net ? "Subnet %u" : "Application %u", (unsigned)index);
	json_t *entry = json_pack("{s:i, s:s}", "index", (int)index, "name", k->name ? k->name : name);
	if (net)
		json_object_set_new(entry, "timestamp", bm_document_of_now());
	else
		json_object_set_new(entry, "boundNetKey", json_integer((json_int_t)k->net_idx));
	remove_from(keys_of(k), index);
	json_array_append_new(keys_of(k), entry);
	const int status = put(k, index, &record);
	bm_wipe(&record, sizeof record);
	if (status != BM_STATUS_DONE)
		return status;
	own_node_has(k, index);
	if (k->options.json) {
		json_t *made = json_pack("{s:s, s:i, s:s}", "kind", kind_word(k), "index", (int)index, "name",
					 k->name ? k->name : name);
		if (!net)
			json_object_set_new(made, "net_key", json_integer((json_int_t)k->net_idx));
		bm_print_json(made);
	} else {
		printf("%s key %u is there; no node has it yet (blemesh config NODE %s-key add %u)\n", kind_text(k),
		       (unsigned)index, kind_word(k), (unsigned)index);
	}
	return status;
}

/* The nodes that are known to hold it, by name. */
static size_t holders(const struct keys *k, uint32_t index, char *out, size_t len)
{
	size_t i, n, used = 0, count = 0;
	json_t *node, *key;
	out[0] = 0;
	json_array_foreach(bm_network_nodes(k->network), i, node)
		json_array_foreach(json_object_get(node, list_name(k)), n, key)
	{
		char name[80];
		if (json_integer_value(json_object_get(key, "index")) != (json_int_t)index ||
		    bm_document_addr(node) == bm_network_own_addr(k->network))
			continue;
		bm_network_name_of(k->network, bm_document_addr(node), name, sizeof name);
		if (used < len)
			used += (size_t)snprintf(out + used, len - used, "%s%s", count ? ", " : "", name);
		count++;
	}
	return count;
}

static int take_away(struct keys *k, const char *text)
{
	uint32_t index;
	char names[300];
	if (!bm_number_parse(text, 0, BM_KEY_INDEX_MAX, &index))
		return bm_wrong(&k->options, "%s: the index of a key is 0 to 4095", text);
	if (!is_held(k, index))
		return bm_wrong(&k->options, "there is no %s key %u (blemesh keys)", kind_text(k), (unsigned)index);
	if (k->kind == BM_KEY_NET && index == BM_NET_IDX_PRIMARY)
		return bm_failed(&k->options, "network key 0 is the network's own: it can only be refreshed");
	if (k->kind == BM_KEY_NET && k->net_used)
		return bm_failed(&k->options, "application key %u belongs to network key %u: remove it first", k->user,
				 (unsigned)index);
	if (holders(k, index, names, sizeof names) && !k->force)
		return bm_failed(&k->options, "%s key %u is on %s: take it from them first, or use --force",
				 kind_text(k), (unsigned)index, names);
	remove_from(keys_of(k), index);
	size_t i;
	json_t *node;
	json_array_foreach(bm_network_nodes(k->network), i, node)
	{
		if (bm_document_addr(node) != bm_network_own_addr(k->network))
			continue;
		remove_from(json_object_get(node, list_name(k)), index);
		if (bm_network_keep_node(k->network, node))
			break;
	}
	const int status = put(k, index, NULL);
	if (status == BM_STATUS_DONE && k->options.json)
		bm_print_json(json_pack("{s:s, s:i, s:b}", "kind", kind_word(k), "index", (int)index, "removed", true));
	return status;
}

/* False: the words make no sense, and that was told. */
static bool check_words(struct keys *k, int count, char **words)
{
	if (count == 0)
		return true;
	const bool adds = strcmp(words[0], "add") == 0;
	if (!adds && strcmp(words[0], "remove") != 0)
		bm_wrong(&k->options, "%s: unknown action (add, remove)", words[0]);
	else if (count < 2 || (strcmp(words[1], "app") != 0 && strcmp(words[1], "net") != 0))
		bm_wrong(&k->options, "%s what? (blemesh keys %s app|net%s)", words[0], words[0], adds ? "" : " INDEX");
	else if (count > 3 || (!adds && count < 3))
		bm_wrong(&k->options, "%s %s: expected %s INDEX", words[0], words[1], adds ? "at most one" : "one");
	else if (k->has_net && (!adds || words[1][0] == 'n'))
		bm_wrong(&k->options, "--net is for keys add app");
	return !k->options.over;
}

static int act(struct keys *k, int count, char **words)
{
	if (count == 0)
		return list(k);
	k->kind = words[1][0] == 'n' ? BM_KEY_NET : BM_KEY_APP;
	/* Who uses a network key that is to go? */
	if (words[0][0] != 'a' && k->kind == BM_KEY_NET && !bm_number_parse(words[2], 0, BM_KEY_INDEX_MAX, &k->net_idx))
		return bm_wrong(&k->options, "%s: the index of a key is 0 to 4095", words[2]);
	if (bm_network_each_key(k->network, look_at, k))
		return damaged(k);
	return words[0][0] == 'a' ? add(k, count == 3 ? words[2] : NULL) : take_away(k, words[2]);
}

static void take_option(struct keys *k, int option)
{
	size_t len;
	switch (option) {
	case OPT_REVEAL:
		k->reveal = true;
		return;
	case OPT_FORCE:
		k->force = true;
		return;
	case OPT_NAME:
		k->name = optarg;
		if (!bm_text_is_plain(optarg) || strlen(optarg) > 64)
			bm_wrong(&k->options,
				 "--name %s: a name is UTF-8 of up to 64 octets, without control characters", optarg);
		return;
	case OPT_NET:
		k->has_net = true;
		if (!bm_number_parse(optarg, 0, BM_KEY_INDEX_MAX, &k->net_idx))
			bm_wrong(&k->options, "--net %s: the index of a key is 0 to 4095", optarg);
		return;
	default:
		k->has_key = bm_octets_parse(optarg, k->key, BM_KEY_LEN, BM_KEY_LEN, &len);
		if (!k->has_key)
			bm_wrong(&k->options, "--key: a key is 16 octets, 32 hexadecimal digits");
	}
}

int bm_command_keys(int argc, char **argv, char **whole_argv)
{
	struct keys k = {.options = {.command = "keys", .usage = usage}};
	int option;
	(void)whole_argv;
	while ((option = bm_options_next(&k.options, argc, argv, "", bm_keys_options)) != BM_OPTIONS_END)
		take_option(&k, option);
	if (k.options.over || !check_words(&k, argc - optind, argv + optind))
		return k.options.status;
	k.network = bm_options_network(&k.options, false);
	const int status = k.network ? act(&k, argc - optind, argv + optind) : BM_STATUS_FAILED;
	bm_network_close(k.network);
	bm_wipe(&k, sizeof k);
	return status;
}
