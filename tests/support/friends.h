/*
 * Networks with friends and low power nodes for scenarios. Lamps join at 0x0100, 0x0110, …; the provisioner is 0x0001.
 */
#ifndef BM_TESTS_FRIENDS_H
#define BM_TESTS_FRIENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "access/access.h"
#include "node/node_state.h"
#include "support/network.h"

#define SECOND ((uint64_t)BM_US_PER_S)
#define FRIEND_ADDR 0x0100
#define LPN_ADDR 0x0200
#define OTHER_ADDR 0x0300
#define GROUP 0xc001

static inline struct bm_node_config friend_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_FRIEND;
	config.limits.friend_lpns = 3;
	config.limits.friend_queue = 16;
	config.limits.friend_subscriptions = 8;
	return config;
}

static inline struct bm_node_config lpn_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_LOW_POWER;
	config.limits.low_power = 1;
	config.lpn.poll_timeout_ms = 10000;
	return config;
}

static inline bool has_friend(void *ctx)
{
	return bm_node_friend(((struct lamp *)ctx)->wn->node) != BM_ADDR_UNASSIGNED;
}

static inline bool has_no_friend(void *ctx)
{
	return !has_friend(ctx);
}

/* A friend and a low power node, and the provisioner who sends. */
struct friends {
	struct network *network;
	struct lamp friend, lpn;
};

static inline void friends_init_with(struct friends *f, uint64_t seed, const struct bm_node_config *friend_c,
				     const struct bm_node_config *lpn_c)
{
	f->network = network_new(seed);
	lamp_init(&f->friend, f->network, friend_c);
	lamp_init(&f->lpn, f->network, lpn_c);
	lamp_join(&f->friend, f->network, FRIEND_ADDR);
	lamp_join(&f->lpn, f->network, LPN_ADDR);
}

static inline void friends_init(struct friends *f, uint64_t seed)
{
	const struct bm_node_config a = friend_config();
	const struct bm_node_config b = lpn_config();
	friends_init_with(f, seed, &a, &b);
}

static inline void friends_end(struct friends *f)
{
	network_free(f->network);
}

static inline void friends_run(struct friends *f, uint64_t duration_us)
{
	bm_world_run_for(f->network->world, duration_us);
}

static inline void friends_establish(struct friends *f)
{
	assert_true(bm_world_run_until(f->network->world, has_friend, &f->lpn, 20 * SECOND));
	/* The subscription list is told, the receiver is off. */
	friends_run(f, SECOND);
}

/* One more node, at addr. config NULL: a plain one. */
static inline void friends_add(struct friends *f, struct lamp *lamp, const struct bm_node_config *config, uint16_t addr)
{
	lamp_init(lamp, f->network, config);
	lamp_join(lamp, f->network, addr);
}

/* A friendship, and another node that sends. */
static inline void friends_begin_with_other(struct friends *f, uint64_t seed, struct lamp *sender)
{
	friends_init(f, seed);
	friends_add(f, sender, NULL, OTHER_ADDR);
	friends_establish(f);
}

static inline void friends_set_link(struct friends *f, struct lamp *a, struct lamp *b, bool up)
{
	bm_medium_set_link(bm_world_medium(f->network->world), a->wn->station, b->wn->station, up);
}

static inline struct bm_friend_lpn *friends_context(struct friends *f)
{
	return &f->friend.wn->node->friends.lpns[0];
}

static inline enum bm_err switch_lamp(struct lamp *from, uint16_t dst, bool on)
{
	const struct bm_tx tx = tx_to(dst);
	return bm_onoff_client_set(&from->client, &tx, on, false, 0xff, 0, bm_world_now(from->wn->world));
}

#endif
