/*
 * The members of struct bm_friend and what the files of this floor share. For this floor, the node and its tests alone.
 */
#ifndef BM_FRIEND_FRIEND_STATE_H
#define BM_FRIEND_FRIEND_STATE_H

#include "friend/friend.h"
#include "friend/queue.h"
#include "net/net_state.h"
#include "pdu/control.h"

enum bm_friend_state {
	BM_FRIEND_FREE,
	BM_FRIEND_OFFERING,    /* the offer waits for its delay */
	BM_FRIEND_OFFERED,     /* waiting for the first poll */
	BM_FRIEND_ESTABLISHED, /* until the poll time-out */
	BM_FRIEND_CLEARED,     /* by a Friend Clear, which may be repeated */
};

/* What goes out in the next receive window. */
enum bm_friend_answer { BM_FRIEND_NOTHING, BM_FRIEND_NEXT, BM_FRIEND_AGAIN, BM_FRIEND_CONFIRM };

struct bm_friend_lpn {
	enum bm_friend_state state;
	uint8_t elements;
	int8_t rssi;
	enum bm_friend_answer answer;
	uint8_t fsn;         /* of the last poll; 2: none yet */
	bool last_is_update; /* a Friend Update of ours */
	bool keeping;        /* the segments that follow belong to a message there is room for */
	/* the security state the low power node was told last (MshPRT 3.6.6.3.3) */
	uint8_t told_flags; /* UINT8_MAX: nothing yet */
	uint32_t told_iv_index;
	uint16_t net_idx;
	uint16_t addr;
	uint16_t lpn_counter;
	uint16_t previous_addr;
	struct bm_friend_queue queue;
	struct bm_friend *owner;
	struct bm_friendship *friendship;
	uint32_t receive_delay_us;
	/* subscription list */
	uint16_t *subscriptions;
	int transaction; /* the last one; −1: none */
	uint8_t subscription_count;
	struct bm_friend_pdu last; /* the answer to the last poll; len 0: none yet */
	uint64_t poll_timeout_us;
	struct bm_timer timer; /* of the state */
	struct bm_timer answer_timer;
	/* Friend Clear procedure towards the previous friend (MshPRT 3.6.6.3.1) */
	struct bm_timer clear_timer;
	uint64_t clear_interval_us;
	bm_time clear_end;
};

struct bm_friend {
	struct bm_env *env;
	struct bm_net *net;
	struct bm_transport *transport;
	struct bm_friend_config config;
	bool supported;
	bool enabled;
	uint16_t counter; /* Friend Offers sent */
	struct bm_friend_lpn *lpns;
	uint8_t lpn_count;
	uint8_t queue_size;
	uint8_t subscriptions_max;
};

/* A control message under friendship credentials, TTL 0, once. Its PDU is left in *sent unless that is NULL. */
BM_MUST_USE enum bm_err bm_friendship_send(struct bm_net *net, const struct bm_friendship *friendship, uint16_t dst,
					   uint8_t opcode, const uint8_t *params, size_t len,
					   struct bm_friend_pdu *sent);
/* A control message under managed flooding credentials. What the bearer refuses is made good by the next try. */
void bm_friendship_send_flooding(struct bm_transport *transport, uint16_t net_idx, uint16_t src, uint16_t dst,
				 uint8_t ttl, uint8_t opcode, const uint8_t *params, size_t len);
/* A Friend Clear, or its confirmation, likewise. */
void bm_friendship_send_clear(struct bm_transport *transport, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl,
			      uint8_t opcode, const struct bm_friend_clear *clear);
/* MshPRT 3.6.6.3.1: the factors 1, 1.5, 2 and 2.5, in halves. */
static inline uint32_t bm_friend_factor2(uint8_t field)
{
	return 2u + (field & 3);
}

/* poll.c: what a low power node asks for inside a friendship. */
void bm_friend_on_poll(struct bm_friend_lpn *lpn, const struct bm_friend_poll *poll);
void bm_friend_on_list(struct bm_friend_lpn *lpn, const struct bm_friend_list *list, bool add);
void bm_friend_answer_fire(void *lpn);
/* friend.c */
void bm_friend_poll_seen(struct bm_friend_lpn *lpn);
/* clear.c */
void bm_friend_clear_start(struct bm_friend_lpn *lpn);
void bm_friend_clear_stop(struct bm_friend_lpn *lpn);
void bm_friend_clear_fire(void *lpn);
void bm_friend_on_clear_confirm(struct bm_friend *friends, const struct bm_transport_rx *rx,
				const struct bm_friend_clear *confirm);

#endif
