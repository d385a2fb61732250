/*
 * Friendship (MshPRT 3.6.6): a low power node keeps its receiver off and polls a friend, which keeps its messages.
 *
 * A node is a friend if limits.friend_lpns is not 0 and features has BM_FEATURE_FRIEND; it needs no further call. A
 * node is a low power node if limits.low_power is 1 and features has BM_FEATURE_LOW_POWER: it looks for a friend
 * whenever it has none, takes its messages from there, and tells its bearer when the receiver must be on (bearer.h,
 * listen).
 *
 *   searching ──(a Friend Offer that suits)──▶ establishing ──(Friend Update)──▶ in a friendship
 *       ▲                                           │                                   │
 *       └────────────(six polls unanswered)─────────┴───────────────────────────────────┘
 *
 * A friendship is not stored: after a restart the low power node looks for a friend anew.
 */
#ifndef BLEMESH_FRIEND_H
#define BLEMESH_FRIEND_H

#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_node;

struct bm_friend_config {
	uint8_t receive_window_ms; /* offered: answers come at most this late, 1 to 255; 0: 100 */
	/* Answers go out at a random moment up to this late in the window, at most receive_window_ms; 0: as soon as the
	 * low power node listens, which costs it least. For nodes whose radio is busy otherwise, and for measurements.
	 */
	uint8_t answer_spread_ms;
};

struct bm_lpn_config {
	/* What matters in a friend (MshPRT 3.6.5.3): how strongly it is heard, how short its window is; 0 to 3. */
	uint8_t rssi_factor;
	uint8_t receive_window_factor;
	uint8_t min_queue_size_log; /* the friend keeps at least 2 to the power of this, 1 to 7; 0: 3, eight PDUs */
	uint8_t receive_delay_ms;   /* from a poll to the window of its answer, 10 to 255; 0: 100 */
	uint32_t poll_timeout_ms;   /* the friend ends a friendship not polled this long, 1000 to 345599900; 0: 10 s */
	uint32_t poll_interval_ms;  /* between polls; 0: as seldom as the poll time-out allows with all retries */
	/* Without a friend, the receiver is on around requests alone. Otherwise (false) a node without a friend listens
	 * always, like any other, so that it can be reached and configured. */
	bool quiet_without_friend;
};

/* The low power node's friend: its address, or BM_ADDR_UNASSIGNED. */
uint16_t bm_node_friend(const struct bm_node *node);
/* Polls now instead of at the next regular time. BM_ERR_STATE without a friendship. */
BM_MUST_USE enum bm_err bm_node_poll(struct bm_node *node, bm_time now);
/* The same after delay_us at the latest, for whoever expects something. After a message to one address the node does so
 * by itself; those who answer a message to a group take up to half a second (MshMDL 2.3). */
BM_MUST_USE enum bm_err bm_node_poll_within(struct bm_node *node, uint32_t delay_us, bm_time now);
/* Ends the friendship by a Friend Clear and looks for a friend no longer (off), or does again (on; so it starts).
 * BM_ERR_NOT_SUPPORTED if the node cannot be a low power node. */
BM_MUST_USE enum bm_err bm_node_low_power(struct bm_node *node, bool on, bm_time now);

#endif
