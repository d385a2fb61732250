/*
 * Label UUIDs of the virtual addresses a node takes or publishes to (MshPRT 3.4.2.3), counted by their users.
 */
#ifndef BM_TRANSPORT_LABEL_H
#define BM_TRANSPORT_LABEL_H

#include "base/arena.h"
#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_label {
	uint16_t users; /* 0: free */
	uint16_t addr;
	uint8_t uuid[BM_UUID_LEN];
};

struct bm_labels {
	struct bm_label *table;
	uint8_t capacity;
};

void bm_labels_carve(struct bm_labels *labels, uint8_t capacity, struct bm_arena *arena);
/* Finds or adds, and counts one more user. BM_ERR_NO_SPACE. */
BM_MUST_USE enum bm_err bm_label_take(struct bm_labels *labels, const uint8_t uuid[16], uint8_t *slot);
void bm_label_release(struct bm_labels *labels, uint8_t slot);
/* The slot of a label, or −1. */
int bm_label_slot(const struct bm_labels *labels, const uint8_t uuid[16]);
void bm_labels_clear(struct bm_labels *labels);

#endif
