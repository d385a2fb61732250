/*
 * The table of Label UUIDs.
 */
#include "transport/label.h"

#include <string.h>

#include "crypto/crypto.h"

void bm_labels_carve(struct bm_labels *labels, uint8_t capacity, struct bm_arena *arena)
{
	labels->table = bm_arena_take(arena, capacity, sizeof *labels->table);
}

int bm_label_slot(const struct bm_labels *labels, const uint8_t uuid[16])
{
	for (size_t i = 0; i < labels->capacity; i++)
		if (labels->table[i].users && memcmp(labels->table[i].uuid, uuid, BM_UUID_LEN) == 0)
			return (int)i;
	return -1;
}

enum bm_err bm_label_take(struct bm_labels *labels, const uint8_t uuid[16], uint8_t *slot)
{
	int at = bm_label_slot(labels, uuid);
	for (size_t i = 0; at < 0 && i < labels->capacity; i++) {
		struct bm_label *label = &labels->table[i];
		if (label->users)
			continue;
		memcpy(label->uuid, uuid, BM_UUID_LEN);
		label->addr = bm_virtual_addr(uuid);
		at = (int)i;
	}
	if (at < 0 || labels->table[at].users == UINT16_MAX)
		return BM_ERR_NO_SPACE;
	labels->table[at].users++;
	*slot = (uint8_t)at;
	return BM_OK;
}

void bm_label_release(struct bm_labels *labels, uint8_t slot)
{
	if (slot >= labels->capacity || labels->table[slot].users == 0)
		return;
	struct bm_label *label = &labels->table[slot];
	if (--label->users == 0)
		*label = (struct bm_label){0};
}

void bm_labels_clear(struct bm_labels *labels)
{
	if (labels->capacity && labels->table)
		memset(labels->table, 0, labels->capacity * sizeof *labels->table);
}
