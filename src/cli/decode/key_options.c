/*
 * Keys from the command line, from files of Wireshark's rows, from a network's file.
 */
#include "cli/decode/key_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/env.h"
#include "cli/database/database.h"
#include "cli/keys.h"

#define LINE_MAX_LEN 512
#define COLUMNS_MAX 3u
#define PATIENCE 30u /* tenths of a second */

static bool take_key(struct bm_options *options, const char *name, const char *text, uint8_t *key, size_t len)
{
	size_t got;
	if (bm_octets_parse(strncmp(text, "0x", 2) == 0 ? text + 2 : text, key, len, len, &got))
		return true;
	bm_wrong(options, "--%s %s: expected %zu octets in hexadecimal", name, text, len);
	return false;
}

static void take_dev_key(struct bm_key_options *keys, struct bm_options *options, const char *value)
{
	uint8_t key[BM_KEY_LEN];
	char addr[16];
	uint32_t number;
	const char *equals = strchr(value, '=');
	const size_t len = equals ? (size_t)(equals - value) : 0;
	if (len == 0 || len >= sizeof addr) {
		bm_wrong(options, "--dev-key %s: expected ADDRESS=HEX, as in 0x0002=%s", value,
			 "00112233445566778899aabbccddeeff");
		return;
	}
	memcpy(addr, value, len);
	addr[len] = '\0';
	if (!bm_number_parse(addr, 0x0001, 0x7fff, &number))
		bm_wrong(options, "--dev-key %s: %s is no unicast address (0x0001 to 0x7fff)", value, addr);
	else if (take_key(options, "dev-key", equals + 1, key, sizeof key))
		bm_keyring_add_dev(bm_analyzer_keys(keys->analyzer), (uint16_t)number, key);
	bm_wipe(key, sizeof key);
}

bool bm_key_options_take(struct bm_key_options *keys, struct bm_options *options, int option, const char *value)
{
	struct bm_keyring *ring = bm_analyzer_keys(keys->analyzer);
	uint8_t key[32];
	char error[512];
	keys->any = keys->any || (option >= BM_OPTION_KEYS && option <= BM_OPTION_LABEL);
	switch (option) {
	case BM_OPTION_KEYS:
		if (!bm_key_file_read(keys, value, error, sizeof error)) {
			options->over = true;
			options->status = bm_failed(options, "%s", error);
		}
		break;
	case BM_OPTION_NET_KEY:
		if (take_key(options, "net-key", value, key, BM_KEY_LEN))
			bm_keyring_add_net(ring, keys->net_count++, key, BM_IV_UNKNOWN);
		break;
	case BM_OPTION_APP_KEY:
		if (take_key(options, "app-key", value, key, BM_KEY_LEN))
			bm_keyring_add_app(ring, keys->app_count++, BM_INDEX_UNKNOWN, key);
		break;
	case BM_OPTION_DEV_KEY:
		take_dev_key(keys, options, value);
		break;
	case BM_OPTION_LABEL:
		if (take_key(options, "label", value, key, BM_UUID_LEN))
			bm_keyring_add_label(ring, key);
		break;
	case BM_OPTION_IV:
		keys->has_iv = bm_number_parse(value, 0, UINT32_MAX, &keys->iv_index);
		if (!keys->has_iv)
			bm_wrong(options, "--iv %s: expected a number, as in 0x12345678", value);
		break;
	case BM_OPTION_PRIVATE_KEY:
		if (take_key(options, "private-key", value, key, 32))
			bm_analyzer_private_key(keys->analyzer, key);
		break;
	default:
		return false;
	}
	bm_wipe(key, sizeof key);
	return true;
}

struct adding {
	struct bm_keyring *ring;
	uint64_t iv;
};

static void add_key(void *ctx, const struct bm_key_view *key)
{
	const struct adding *adding = ctx;
	switch (key->kind) {
	case BM_KEY_NET:
		bm_keyring_add_net(adding->ring, key->index, key->key, adding->iv);
		break;
	case BM_KEY_APP:
		bm_keyring_add_app(adding->ring, key->index, key->net_idx, key->key);
		break;
	case BM_KEY_DEV:
		bm_keyring_add_dev(adding->ring, key->index, key->key);
		break;
	}
}

/* Labels of groups with a virtual address, and of what models are subscribed to. */
static void add_label_text(struct bm_keyring *ring, const json_t *text)
{
	uint8_t label[BM_UUID_LEN];
	size_t len;
	if (json_is_string(text) && bm_octets_parse(json_string_value(text), label, BM_UUID_LEN, BM_UUID_LEN, &len))
		bm_keyring_add_label(ring, label);
}

static void add_labels(struct bm_keyring *ring, const json_t *groups, const json_t *nodes)
{
	size_t i, e, m, s;
	json_t *group, *node, *element, *model, *address;
	json_array_foreach(groups, i, group) add_label_text(ring, json_object_get(group, "address"));
	json_array_foreach(nodes, i, node) json_array_foreach(json_object_get(node, "elements"), e, element)
		json_array_foreach(json_object_get(element, "models"), m, model)
	{
		json_array_foreach(json_object_get(model, "subscribe"), s, address) add_label_text(ring, address);
		add_label_text(ring, json_object_get(json_object_get(model, "publish"), "address"));
	}
}

/* Another command may have it open, which is over soon. */
static struct bm_network *open_patiently(const char *name, char *error, size_t error_len)
{
	static const struct timespec pause = {.tv_nsec = 100000000};
	struct bm_network *network = bm_network_open(name, false, error, error_len);
	for (unsigned i = 0; i < PATIENCE && !network && strstr(error, "in use"); i++) {
		nanosleep(&pause, NULL);
		network = bm_network_open(name, false, error, error_len);
	}
	return network;
}

static bool add_network(struct bm_key_options *keys, struct bm_options *options)
{
	char error[600];
	struct bm_keyring *ring = bm_analyzer_keys(keys->analyzer);
	struct bm_network *network = open_patiently(options->network, error, sizeof error);
	const bool is_default = strcmp(options->network, "default") == 0;
	if (!network) {
		/* A network that nobody asked for need not be there. */
		if (is_default && (keys->any || strncmp(error, "there is no network", 19) == 0))
			return true;
		options->over = true;
		options->status = bm_failed(options, "%s", error);
		return false;
	}
	struct adding adding = {.ring = ring, .iv = BM_IV_UNKNOWN};
	uint32_t iv_index;
	bool iv_update;
	if (bm_network_iv_index(network, &iv_index, &iv_update))
		adding.iv = iv_index;
	const enum bm_err err = bm_network_each_key(network, add_key, &adding);
	add_labels(ring, bm_network_groups(network), bm_network_nodes(network));
	bm_network_close(network);
	if (err) {
		options->over = true;
		options->status = bm_failed(options, "the keys of network %s cannot be read", options->network);
	}
	return err == BM_OK;
}

bool bm_key_options_finish(struct bm_key_options *keys, struct bm_options *options)
{
	struct bm_keyring *ring = bm_analyzer_keys(keys->analyzer);
	if (!add_network(keys, options))
		return false;
	if (!keys->has_iv)
		return true;
	ring->iv_index = keys->iv_index;
	for (size_t i = 0; i < ring->net_count; i++)
		bm_ring_net_iv(ring->nets[i], keys->iv_index);
	return true;
}

/* A row: uat:TABLE:"column","column",…. Columns begin with 0x. False: it is no such row. */
static bool split(char *line, char **table, const char *columns[COLUMNS_MAX], size_t *count)
{
	char *at = line;
	*count = 0;
	if (strncmp(at, "uat:", 4) != 0)
		return false;
	*table = at + 4;
	at = strchr(*table, ':');
	if (!at)
		return false;
	*at++ = '\0';
	while (*at == '"' && *count < COLUMNS_MAX) {
		char *end = strchr(at + 1, '"');
		if (!end || strncmp(at + 1, "0x", 2) != 0)
			return false;
		*end = '\0';
		columns[(*count)++] = at + 3;
		at = end + 1;
		if (*at == ',')
			at++;
	}
	return *at == '\0' && *count > 0;
}

static bool octets_of(const char *text, uint8_t *out, size_t len)
{
	size_t got;
	return bm_octets_parse(text, out, len, len, &got);
}

static bool number_of(const char *text, uint32_t most, uint32_t *number)
{
	char whole[24];
	snprintf(whole, sizeof whole, "0x%s", text);
	return strlen(text) <= 8 && bm_number_parse(whole, 0, most, number);
}

static bool take_network_row(struct bm_key_options *keys, const char *const columns[COLUMNS_MAX])
{
	static const uint8_t NO_KEY[BM_KEY_LEN];
	struct bm_keyring *ring = bm_analyzer_keys(keys->analyzer);
	uint8_t net[BM_KEY_LEN], app[BM_KEY_LEN];
	uint32_t iv;
	bool good = octets_of(columns[0], net, BM_KEY_LEN) && octets_of(columns[1], app, BM_KEY_LEN) &&
		    number_of(columns[2], UINT32_MAX, &iv);
	if (good) {
		const size_t nets = ring->net_count, apps = ring->app_count;
		bm_keyring_add_net(ring, keys->net_count, net, iv);
		keys->net_count = (uint16_t)(keys->net_count + (ring->net_count - nets));
		/* Of the network whose row it is, though other networks may have the key too. */
		uint16_t index = 0;
		for (size_t i = 0; i < ring->net_count; i++)
			if (bm_equal_constant_time(ring->nets[i]->keys.net_key, net, BM_KEY_LEN))
				index = ring->nets[i]->index;
		if (!bm_equal_constant_time(app, NO_KEY, BM_KEY_LEN))
			bm_keyring_add_app(ring, keys->app_count, index, app);
		keys->app_count = (uint16_t)(keys->app_count + (ring->app_count - apps));
	}
	bm_wipe(net, sizeof net);
	bm_wipe(app, sizeof app);
	return good;
}

static bool take_row(struct bm_key_options *keys, char *line)
{
	struct bm_keyring *ring = bm_analyzer_keys(keys->analyzer);
	const char *columns[COLUMNS_MAX];
	char *table;
	uint8_t octets[BM_KEY_LEN];
	uint32_t addr;
	size_t count;
	if (!split(line, &table, columns, &count))
		return false;
	bool good = true;
	if (strcmp(table, "btmesh_nw_keys") == 0 && count == 3) {
		good = take_network_row(keys, columns);
	} else if (strcmp(table, "btmesh_dev_keys") == 0 && count == 2) {
		good = octets_of(columns[0], octets, BM_KEY_LEN) && number_of(columns[1], 0x7fff, &addr) && addr;
		if (good)
			bm_keyring_add_dev(ring, (uint16_t)addr, octets);
	} else if (strcmp(table, "btmesh_label_uuids") == 0 && count == 1) {
		good = octets_of(columns[0], octets, BM_UUID_LEN);
		if (good)
			bm_keyring_add_label(ring, octets);
	} else {
		good = false;
	}
	bm_wipe(octets, sizeof octets);
	return good;
}

static void add_database(struct bm_keyring *ring, const struct bm_database *db)
{
	const uint64_t iv = db->has_iv ? db->iv_index : db->least_iv ? db->least_iv : BM_IV_UNKNOWN;
	for (size_t i = 0; i < db->net_key_count; i++) {
		bm_keyring_add_net(ring, db->net_keys[i].index, db->net_keys[i].key, iv);
		if (db->net_keys[i].has_old)
			bm_keyring_add_net(ring, db->net_keys[i].index, db->net_keys[i].old, iv);
	}
	for (size_t i = 0; i < db->app_key_count; i++) {
		const struct bm_database_key *key = &db->app_keys[i];
		bm_keyring_add_app(ring, key->index, key->net_idx, key->key);
		if (key->has_old)
			bm_keyring_add_app(ring, key->index, key->net_idx, key->old);
	}
	for (size_t i = 0; i < db->device_count; i++)
		if (db->devices[i].has_key)
			bm_keyring_add_dev(ring, db->devices[i].addr, db->devices[i].key);
	add_labels(ring, db->groups, db->nodes);
}

/* A Mesh Configuration Database, as blemesh export or an app wrote it. */
static bool read_database(struct bm_keyring *ring, FILE *file, const char *path, char *error, size_t error_len)
{
	json_error_t why;
	struct bm_database db;
	char inner[256];
	json_t *document = json_loadf(file, JSON_REJECT_DUPLICATES, &why);
	if (!document) {
		snprintf(error, error_len, "%s, line %d: it is no JSON (%s)", path, why.line, why.text);
		return false;
	}
	const bool good = bm_database_read(document, &db, inner, sizeof inner);
	json_decref(document);
	if (!good) {
		snprintf(error, error_len, "%s: %s", path, inner);
		return false;
	}
	add_database(ring, &db);
	bm_database_free(&db);
	return true;
}

bool bm_key_file_read(struct bm_key_options *keys, const char *path, char *error, size_t error_len)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		snprintf(error, error_len, "%s: %s", path, strerror(errno));
		return false;
	}
	char line[LINE_MAX_LEN];
	bool good = true;
	const int first = getc(file);
	ungetc(first, file);
	if (first == '{') {
		good = read_database(bm_analyzer_keys(keys->analyzer), file, path, error, error_len);
		fclose(file);
		return good;
	}
	for (unsigned number = 1; good && fgets(line, sizeof line, file); number++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		good = take_row(keys, line);
		if (!good)
			snprintf(error, error_len, "%s, line %u: expected a row of keys, uat:TABLE:\"0x…\",…", path,
				 number);
	}
	if (good && ferror(file)) {
		snprintf(error, error_len, "%s: %s", path, strerror(errno));
		good = false;
	}
	bm_wipe(line, sizeof line);
	fclose(file);
	return good;
}

void bm_key_file_print(const struct bm_keyring *ring, FILE *file)
{
	static const uint8_t NO_KEY[BM_KEY_LEN];
	for (size_t n = 0; n < ring->net_count; n++) {
		const struct bm_ring_net *net = ring->nets[n];
		const size_t ivs = net->iv_count ? net->iv_count : 1;
		for (size_t i = 0; i < ivs; i++) {
			const uint32_t iv = net->iv_count ? net->iv[i] : ring->iv_index;
			bool any = false;
			for (size_t a = 0; a < ring->app_count; a++) {
				const struct bm_ring_app *app = ring->apps[a];
				if (app->net_idx != BM_INDEX_UNKNOWN && app->net_idx != net->index)
					continue;
				bm_keys_put_network(file, net->keys.net_key, app->key, iv);
				any = true;
			}
			if (!any)
				bm_keys_put_network(file, net->keys.net_key, NO_KEY, iv);
		}
	}
	for (size_t i = 0; i < ring->dev_count; i++)
		bm_keys_put_device(file, ring->devs[i]->key, ring->devs[i]->addr);
	for (size_t i = 0; i < ring->label_count; i++)
		bm_keys_put_label(file, ring->labels[i]->label);
}
