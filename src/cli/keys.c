/*
 * The key file: each line is an option of tshark, uat:TABLE:"column","column",….
 */
#include "cli/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"

struct entry {
	int kind;
	uint16_t index, net_idx;
	uint32_t iv_index;
	uint8_t key[BM_KEY_LEN];
};

struct bm_keys {
	FILE *file;
	struct entry *entries;
	size_t count, capacity;
	bool dirty;
};

struct bm_keys *bm_keys_open(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	struct stat st;
	/* A file that stood there before may have been open to others. */
	if (fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && fchmod(fd, 0600) != 0)) {
		close(fd);
		return NULL;
	}
	struct bm_keys *keys = calloc(1, sizeof *keys);
	FILE *file = fdopen(fd, "w");
	if (!keys || !file)
		abort();
	keys->file = file;
	keys->dirty = true;
	return keys;
}

void bm_keys_add(struct bm_keys *keys, const struct bm_key_view *key, uint32_t iv_index)
{
	/* A device key has no IV index; the others are listed once for each they were used with. */
	const struct entry entry = {
		.kind = (int)key->kind,
		.index = key->index,
		.net_idx = key->kind == BM_KEY_APP ? key->net_idx : 0,
		.iv_index = key->kind == BM_KEY_DEV ? 0 : iv_index,
	};
	for (size_t i = 0; i < keys->count; i++) {
		const struct entry *e = &keys->entries[i];
		if (e->kind == entry.kind && e->index == entry.index && e->net_idx == entry.net_idx &&
		    e->iv_index == entry.iv_index && bm_equal_constant_time(e->key, key->key, BM_KEY_LEN))
			return;
	}
	if (keys->count == keys->capacity) {
		const size_t capacity = keys->capacity ? 2 * keys->capacity : 16;
		struct entry *grown = calloc(capacity, sizeof *grown);
		if (!grown)
			abort();
		if (keys->count)
			memcpy(grown, keys->entries, keys->count * sizeof *grown);
		if (keys->entries)
			bm_wipe(keys->entries, keys->count * sizeof *grown);
		free(keys->entries);
		keys->entries = grown;
		keys->capacity = capacity;
	}
	keys->entries[keys->count] = entry;
	memcpy(keys->entries[keys->count++].key, key->key, BM_KEY_LEN);
	keys->dirty = true;
}

static void put_hex(FILE *file, const uint8_t *key)
{
	fputs("\"0x", file);
	for (size_t i = 0; i < BM_KEY_LEN; i++)
		fprintf(file, "%02x", key[i]);
	fputc('"', file);
}

void bm_keys_put_network(FILE *file, const uint8_t *net_key, const uint8_t *app_key, uint32_t iv_index)
{
	fputs("uat:btmesh_nw_keys:", file);
	put_hex(file, net_key);
	fputc(',', file);
	put_hex(file, app_key);
	fprintf(file, ",\"0x%08x\"\n", (unsigned)iv_index);
}

void bm_keys_put_device(FILE *file, const uint8_t *dev_key, uint16_t addr)
{
	fputs("uat:btmesh_dev_keys:", file);
	put_hex(file, dev_key);
	fprintf(file, ",\"0x%04x\"\n", addr);
}

void bm_keys_put_label(FILE *file, const uint8_t *label)
{
	fputs("uat:btmesh_label_uuids:", file);
	put_hex(file, label);
	fputc('\n', file);
}

/* A row for each application key of the network; a network without any still gets one, to open its network layer. */
static void put_networks(const struct bm_keys *keys, const struct entry *net)
{
	static const uint8_t NO_KEY[BM_KEY_LEN];
	bool any = false;
	for (size_t i = 0; i < keys->count; i++) {
		const struct entry *app = &keys->entries[i];
		if (app->kind != BM_KEY_APP || app->net_idx != net->index || app->iv_index != net->iv_index)
			continue;
		bm_keys_put_network(keys->file, net->key, app->key, net->iv_index);
		any = true;
	}
	if (!any)
		bm_keys_put_network(keys->file, net->key, NO_KEY, net->iv_index);
}

bool bm_keys_write(struct bm_keys *keys)
{
	if (!keys->dirty)
		return true;
	FILE *file = keys->file;
	rewind(file);
	for (size_t i = 0; i < keys->count; i++)
		if (keys->entries[i].kind == BM_KEY_NET)
			put_networks(keys, &keys->entries[i]);
	for (size_t i = 0; i < keys->count; i++) {
		if (keys->entries[i].kind != BM_KEY_DEV)
			continue;
		bm_keys_put_device(file, keys->entries[i].key, keys->entries[i].index);
	}
	if (fflush(file) != 0)
		return false;
	/* An older, longer content ends here. What cannot be cut (a pipe) had none. */
	if (ftruncate(fileno(file), ftell(file)) != 0 && errno != EINVAL && errno != ESPIPE)
		return false;
	keys->dirty = false;
	return true;
}

bool bm_keys_close(struct bm_keys *keys)
{
	if (!keys)
		return true;
	bool good = bm_keys_write(keys);
	good = fclose(keys->file) == 0 && good;
	if (keys->entries)
		bm_wipe(keys->entries, keys->capacity * sizeof *keys->entries);
	free(keys->entries);
	free(keys);
	return good;
}
