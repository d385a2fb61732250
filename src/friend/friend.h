/*
 * The Friend feature (MshPRT 3.6.6.3): friendships with several low power nodes, a queue for each.
 */
#ifndef BM_FRIEND_FRIEND_H
#define BM_FRIEND_FRIEND_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/friend.h"
#include "transport/transport.h"

struct bm_friend; /* members in friend/friend_state.h, for this floor and the node alone */

void bm_friend_carve(struct bm_friend *friends, const struct bm_limits *limits, struct bm_arena *arena);
void bm_friend_init(struct bm_friend *friends, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		    struct bm_transport *transport, const struct bm_friend_config *config, bool supported);
/* Ends all friendships without a word; the feature is as at first. */
void bm_friend_reset(struct bm_friend *friends);

/* The Friend state (MshPRT 4.2.17). Off ends all friendships. */
void bm_friend_set_enabled(struct bm_friend *friends, bool enabled);
/* A NetKey goes: so do the friendships under it. */
void bm_friend_forget_subnet(struct bm_friend *friends, uint16_t net_idx);
bool bm_friend_is_supported(const struct bm_friend *friends);
/* Is there a low power node whose friend we are, or have offered to be? */
bool bm_friend_has_lpns(const struct bm_friend *friends);
/* MshPRT 4.2.18: what is left of the Poll Timeout of the friendship with this low power node, in steps of 100 ms; 0:
 * there is none. */
uint32_t bm_friend_poll_timeout(const struct bm_friend *friends, uint16_t lpn);

/* For bm_net_upper. */
bool bm_friend_keeps(const struct bm_friend *friends, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl,
		     bool local);
/* For bm_transport_upper. */
bool bm_friend_keeps_segments(const struct bm_friend *friends, uint16_t dst, uint8_t count);
void bm_friend_keep(struct bm_friend *friends, const struct bm_transport_kept *pdu, uint8_t count);
/* True if it was a message to a friend. */
bool bm_friend_control(struct bm_friend *friends, const struct bm_transport_rx *rx, uint8_t opcode,
		       const uint8_t *params, size_t len);

#endif
