/*
 * Many nodes in virtual time: a medium, nodes on it, and a loop that jumps from deadline to deadline. For scenarios,
 * tests and benchmarks; minutes of mesh in milliseconds, the same every time for one seed.
 */
#ifndef BM_SIM_WORLD_H
#define BM_SIM_WORLD_H

#include "blemesh/node.h"
#include "sim/medium.h"

struct bm_world;

struct bm_world_node {
	struct bm_node *node;
	struct bm_station *station;
	struct bm_world *world;
	uint8_t uuid[BM_UUID_LEN];
	void *user;
	struct bm_node_config config;
	/* Set by the test; NULL: ignored. */
	void (*on_event)(struct bm_world_node *wn, const struct bm_event *event);
	void (*on_trace)(struct bm_world_node *wn, const struct bm_trace *trace);
	/* Set by the test before traffic: sees each AD structure before the node; returning false hides it. */
	bool (*on_receive)(struct bm_world_node *wn, uint8_t ad_type, const uint8_t *payload, size_t len);
	/* The same for what happens on GATT links. */
	bool (*on_gatt)(struct bm_world_node *wn, const struct bm_gatt_event *event);
	enum bm_err (*on_store)(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets,
				size_t len);
};

/* A configuration that suits most tests; change what differs. */
struct bm_node_config bm_world_config(void);

struct bm_world *bm_world_new(uint64_t seed);
void bm_world_free(struct bm_world *world);
struct bm_medium *bm_world_medium(struct bm_world *world);
struct bm_prng *bm_world_prng(struct bm_world *world);
bm_time bm_world_now(const struct bm_world *world);
/* An initialised, not yet started node. config NULL: bm_world_config(). The UUID is made up if it is all zero. */
struct bm_world_node *bm_world_add(struct bm_world *world, const struct bm_node_config *config);
/* A power cut: the node's memory is lost. Here it is initialised anew, as by bm_world_add: the caller adds the models,
 * restores what was stored, and starts it. */
void bm_world_power_cycle(struct bm_world_node *wn);
struct bm_world_node *bm_world_at(struct bm_world *world, size_t index);
size_t bm_world_count(const struct bm_world *world);

void bm_world_run_for(struct bm_world *world, uint64_t duration_us);
/* Until done(ctx) or the time is over; returns done's last answer. */
bool bm_world_run_until(struct bm_world *world, bool (*done)(void *ctx), void *ctx, uint64_t timeout_us);

#endif
