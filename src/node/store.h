/*
 * The node's store requests and what comes back. For this floor alone.
 */
#ifndef BM_NODE_STORE_H
#define BM_NODE_STORE_H

#include "blemesh/node.h"
#include "pdu/records.h"

/* What bm_node_restore took in and bm_node_start will act on. */
struct bm_restored {
	bool any; /* a record of any kind */
	bool net_held, seq_held, lpn_counter_held;
	bool moved, moved_up;     /* models do not stand where they stood */
	enum bm_err net_result;   /* why NET was refused */
	uint16_t places;          /* one more than the highest position of a model's record */
	struct bm_net_record net; /* wiped when the node starts */
	struct bm_seq_record seq;
	uint16_t lpn_counter;
};

/* Records of one kind that bm_node_restore refused: their indexes lie between, others may too. */
struct bm_refused {
	uint16_t first, last;
};

/* The longest record of any kind. */
size_t bm_node_record_max(const struct bm_limits *limits);
void bm_node_store_init(struct bm_node *node);
/* The node was just provisioned: all that makes it one. BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_node_store_new(struct bm_node *node, uint16_t net_idx);
/* From time to time the hours in an IV state are stored. */
void bm_node_store_watch(struct bm_node *node);
/* Deletes all there is, while it still is in the tables: NET first. */
void bm_node_store_forget(struct bm_node *node);
/* Models stand at other positions than their records. */
void bm_node_store_moved(struct bm_node *node);
/* The instant so many hours ago, as far as a difference to now is concerned; BM_RECORD_HOURS_NONE: BM_TIME_NEVER. */
bm_time bm_node_since_hours(const struct bm_node *node, uint16_t hours);

/* restore.c: the records taken in become the node. In bm_node_start, before models are told of it. Returns what to
 * tell: of kind BM_EVENT_RESTORED if there were records. */
struct bm_event bm_node_restored_start(struct bm_node *node);

#endif
