/*
 * The members of struct bm_lpn and what the files of this floor share. For this floor, the node and its tests alone.
 */
#ifndef BM_FRIEND_LPN_STATE_H
#define BM_FRIEND_LPN_STATE_H

#include "friend/friend_state.h"
#include "friend/lpn.h"

enum bm_lpn_state {
	BM_LPN_OFF,
	BM_LPN_PAUSING,      /* until the next Friend Request */
	BM_LPN_REQUESTING,   /* listening for offers */
	BM_LPN_ESTABLISHING, /* polled the friend chosen */
	BM_LPN_IDLE,         /* in a friendship, until the next poll */
	BM_LPN_POLLING,
	BM_LPN_LISTING, /* sent a change of the subscription list */
	BM_LPN_CLEARING,
};

struct bm_lpn_offer {
	uint16_t addr; /* BM_ADDR_UNASSIGNED: none */
	int8_t rssi;   /* how we heard it */
	bool list_fits;
	struct bm_friend_offer offer;
};

struct bm_lpn {
	bool supported;
	bool wanted;
	enum bm_lpn_state state;
	uint8_t pauses; /* since a friend was found last: the pauses grow */
	uint8_t fsn;
	uint8_t tries;
	bool retrying; /* the timer waits before the next try */
	uint8_t transaction;
	bool adding;
	bool counted;      /* an LPNCounter is stored as used, */
	uint16_t reserved; /* and this is the last one */
	uint16_t counter;  /* LPNCounter of the last request */
	uint16_t net_idx;
	uint16_t previous_addr;
	uint16_t friend_addr;
	struct bm_friend_list change; /* of the subscription list, under way */
	struct bm_lpn_config config;
	struct bm_env *env;
	struct bm_net *net;
	struct bm_transport *transport;
	struct bm_lpn_upper upper;
	/* the subscription list as the friend has confirmed it */
	uint16_t *told;
	uint16_t *wanted_addrs;
	size_t addrs_max;
	size_t told_count;
	size_t told_max; /* what the friend has room for */
	size_t untold;   /* what it has no room for, as last reported */
	struct bm_lpn_offer best;
	/* of the friendship */
	struct bm_friendship *friendship;
	uint32_t receive_window_us;
	uint64_t poll_interval_us;
	uint64_t soon_us; /* after the poll under way, until the next one; 0: the interval */
	struct bm_timer timer;
};

/* lpn_list.c: puts what the friend must be told next into lpn->change. False: it knows all. */
bool bm_lpn_list_next(struct bm_lpn *lpn);
/* The friend knows all it has room for: reports, once each time it changes, how much that leaves out. */
void bm_lpn_list_settled(struct bm_lpn *lpn);
/* The friend confirmed lpn->change. */
void bm_lpn_list_confirmed(struct bm_lpn *lpn);
/* How many addresses the friend should have room for. */
size_t bm_lpn_list_size(struct bm_lpn *lpn);
/* lpn_offer.c */
void bm_lpn_request(struct bm_lpn *lpn);
/* True if the offer is the best so far. */
bool bm_lpn_on_offer(struct bm_lpn *lpn, const struct bm_transport_rx *rx, const struct bm_friend_offer *offer);

#endif
