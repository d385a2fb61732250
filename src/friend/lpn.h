/*
 * The Low Power feature (MshPRT 3.6.6.4): finds a friend, polls it, keeps the receiver off between.
 */
#ifndef BM_FRIEND_LPN_H
#define BM_FRIEND_LPN_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/friend.h"
#include "transport/transport.h"

struct bm_lpn; /* members in friend/lpn_state.h, for this floor and the node alone */

struct bm_lpn_upper {
	void *ctx;
	/* The group and virtual addresses that our models are subscribed to; each may come more than once. How many
	 * were put into out. */
	size_t (*subscriptions)(void *ctx, uint16_t *out, size_t capacity);
	/* Others count on us to be awake: no friend is looked for. */
	bool (*needed)(void *ctx);
};

void bm_lpn_carve(struct bm_lpn *lpn, const struct bm_limits *limits, struct bm_arena *arena);
void bm_lpn_init(struct bm_lpn *lpn, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		 struct bm_transport *transport, const struct bm_lpn_config *config, const struct bm_lpn_upper *upper,
		 bool supported);
/* Provisioned: begins to look for a friend, if it is a low power node and not switched off. */
void bm_lpn_start(struct bm_lpn *lpn);
/* LPNCounters are reserved in blocks, stored before they are used: a power cut repeats none. The last one reserved;
 * false: not a low power node, or none yet. */
bool bm_lpn_counter_reserved(const struct bm_lpn *lpn, uint16_t *last);
/* Before bm_lpn_start, after a power cut: the last one reserved. NULL: it was lost; then the counter begins behind the
 * sequence numbers, one of which each request took. */
void bm_lpn_resume(struct bm_lpn *lpn, const uint16_t *last);
/* Forgets the friendship without a word; the receiver is on. */
void bm_lpn_reset(struct bm_lpn *lpn);

bool bm_lpn_is_supported(const struct bm_lpn *lpn);
/* On: looks for a friend. Off: ends the friendship by a Friend Clear. */
void bm_lpn_set_wanted(struct bm_lpn *lpn, bool wanted);
uint16_t bm_lpn_friend(const struct bm_lpn *lpn);
/* Polls not later than this long from now; nothing without a friendship. */
void bm_lpn_poll_within(struct bm_lpn *lpn, uint64_t delay_us);
/* For bm_transport_upper.sent: the answer to a message for one node comes soon. */
void bm_lpn_sent(struct bm_lpn *lpn, uint16_t dst);

/* For bm_net_upper.friendship and bm_transport_upper.control. */
void bm_lpn_heard(struct bm_lpn *lpn, const struct bm_net_rx *rx);
bool bm_lpn_control(struct bm_lpn *lpn, const struct bm_transport_rx *rx, uint8_t opcode, const uint8_t *params,
		    size_t len);

#endif
