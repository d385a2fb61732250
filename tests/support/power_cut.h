/*
 * Power cuts: at every store request of the nodes that are watched, what is in the store at that moment is given to a
 * node that has nothing else, and looked at. It must start, be who it was, use no sequence number and no LPNCounter
 * again, and take no message that was taken before.
 */
#ifndef BM_TESTS_POWER_CUT_H
#define BM_TESTS_POWER_CUT_H

#include "node/node_state.h"
#include "support/mem_store.h"
#include "support/network.h"

#define POWER_CUT_IV_INDEXES 8 /* whose sequence numbers are watched */
#define POWER_CUT_ACCEPTED 256
#define POWER_CUT_FRAMES 512
#define POWER_CUT_NODES 8

/* One node whose power is cut, and what an onlooker knows of it. */
struct watched {
	struct bm_world_node *wn;
	struct mem_store store;
	bool joined; /* it was told to its host that it is provisioned, and not that it is reset */
	/* by transmit IV index modulo POWER_CUT_IV_INDEXES: the first number not yet used */
	uint32_t used[POWER_CUT_IV_INDEXES];
	uint32_t used_of[POWER_CUT_IV_INDEXES];
	bool asked;           /* for a friend */
	uint16_t lpn_counter; /* of the newest request */
	/* For each source and IV index the newest that was accepted, even where the node may have forgotten it. */
	size_t accepted_count;
	struct bm_rpl_entry accepted[POWER_CUT_ACCEPTED];
	bool lamp;
	struct bm_node *spare;
	size_t size;
};

struct power_cut {
	struct network *network;
	struct watched nodes[POWER_CUT_NODES];
	size_t count;
	int requests, recoveries, replays;
	/* The test's: a whole replay of all that was on the air lately, at each of so many recoveries; but of nothing
	 * younger than this. */
	int replay_every;
	uint64_t replay_age_us;
	/* What the recovered node's vendor model was told. NULL: nothing may be told to any model. */
	void (*on_blob)(struct watched *w, const uint8_t *octets, size_t len);
	struct {
		uint8_t ad_type, len, octets[BM_ADV_PAYLOAD_MAX];
		bm_time at;
	} frames[POWER_CUT_FRAMES];
	size_t frame_count;
};

/* The one there is: nodes' callbacks know no other way to it. */
extern struct power_cut power_cut;

/* Empties it. The provisioner, which is a node before anybody watches, is the first one watched. */
void power_cut_begin(struct network *network);
void power_cut_end(void);
/* From now on its requests are kept, and its power is cut at each. lamp: it has a lamp's models. */
struct watched *power_cut_watch(struct bm_world_node *wn, bool lamp);
/* What this node hears is what is replayed. */
void power_cut_record(struct bm_world_node *wn);
/* As bm_world_run_for and bm_world_run_until; all that is used is noted. */
void power_cut_run(uint64_t duration_us);
bool power_cut_run_until(bool (*done)(void *ctx), void *ctx, uint64_t timeout_us);

#endif
