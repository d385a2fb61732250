/*
 * A Friend Queue (MshPRT 3.5.5, 3.6.6.3.3): Lower Transport PDUs for one low power node, oldest first, with what the
 * Network PDU that carries each of them had.
 */
#ifndef BM_FRIEND_QUEUE_H
#define BM_FRIEND_QUEUE_H

#include "base/arena.h"
#include "transport/transport.h"

#define BM_FRIEND_PDU_MAX 16u

struct bm_friend_pdu {
	uint32_t seq : 24;
	uint32_t ttl : 7;
	uint32_t ctl : 1;
	uint32_t seq_auth : 24; /* of its message */
	uint32_t len : 7;
	uint32_t own : 1; /* we sent it ourselves */
	uint16_t src;
	uint16_t dst;
	uint32_t iv_index;
	uint8_t octets[BM_FRIEND_PDU_MAX];
};

struct bm_friend_queue {
	struct bm_friend_pdu *table; /* a ring */
	uint8_t capacity;
	uint8_t first;
	uint8_t count;
	uint32_t discarded; /* for want of room */
};

void bm_friend_queue_clear(struct bm_friend_queue *queue);
/* Makes room for count PDUs: the oldest go, whole segmented messages at once. False if they would never fit. */
bool bm_friend_queue_make_room(struct bm_friend_queue *queue, uint8_t count);
/* An older Segment Acknowledgment of the same message goes (MshPRT 3.5.5), if this is one. */
void bm_friend_queue_outdate(struct bm_friend_queue *queue, const struct bm_friend_pdu *pdu);
/* Adds one; there is room. An older Segment Acknowledgment of the same message goes (MshPRT 3.5.5). A message that took
 * long to complete stands before younger ones of its source, or the low power node would take it for a replay. */
void bm_friend_queue_add(struct bm_friend_queue *queue, const struct bm_friend_pdu *pdu);
/* Takes the oldest. False if there is none. */
bool bm_friend_queue_take(struct bm_friend_queue *queue, struct bm_friend_pdu *pdu);

#endif
