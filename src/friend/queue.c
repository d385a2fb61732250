/*
 * The Friend Queue's order and its rules of what goes when there is no room.
 */
#include "friend/queue.h"

#include <string.h>

#include "base/env.h"
#include "pdu/control.h"
#include "pdu/lower_transport.h"

static struct bm_friend_pdu *at(const struct bm_friend_queue *queue, uint8_t i)
{
	return &queue->table[((size_t)queue->first + i) % queue->capacity];
}

void bm_friend_queue_clear(struct bm_friend_queue *queue)
{
	if (queue->capacity)
		bm_wipe(queue->table, queue->capacity * sizeof *queue->table);
	queue->first = queue->count = 0;
}

bool bm_friend_queue_take(struct bm_friend_queue *queue, struct bm_friend_pdu *pdu)
{
	if (queue->count == 0)
		return false;
	*pdu = *at(queue, 0);
	queue->first = (uint8_t)(((size_t)queue->first + 1) % queue->capacity);
	queue->count--;
	return true;
}

/* Segments of one message: from one source to one destination under one SeqZero. */
static bool same_message(const struct bm_friend_pdu *a, const struct bm_friend_pdu *b)
{
	struct bm_lower_pdu x, y;
	return a->src == b->src && a->dst == b->dst && a->ctl == b->ctl && a->iv_index == b->iv_index &&
	       bm_lower_decode(a->ctl, a->octets, a->len, &x) == BM_OK &&
	       bm_lower_decode(b->ctl, b->octets, b->len, &y) == BM_OK && x.seg && y.seg && x.seq_zero == y.seq_zero;
}

bool bm_friend_queue_make_room(struct bm_friend_queue *queue, uint8_t count)
{
	if (count > queue->capacity)
		return false;
	while (queue->capacity - queue->count < count) {
		struct bm_friend_pdu gone;
		if (!bm_friend_queue_take(queue, &gone))
			return false;
		queue->discarded++;
		/* Half a message is of no use to anybody. */
		while (queue->count > 0 && same_message(&gone, at(queue, 0))) {
			(void)bm_friend_queue_take(queue, &gone);
			queue->discarded++;
		}
	}
	return true;
}

static bool is_segment_ack(const struct bm_friend_pdu *pdu, struct bm_segment_ack *ack)
{
	struct bm_lower_pdu lower;
	return pdu->ctl && bm_lower_decode(true, pdu->octets, pdu->len, &lower) == BM_OK && !lower.seg &&
	       lower.opcode == BM_CTL_SEGMENT_ACK && bm_segment_ack_decode(lower.payload, lower.len, ack) == BM_OK;
}

/* MshPRT 3.5.5: of two Segment Acknowledgments for one message the newer one says it all. */
static bool outdates(const struct bm_friend_pdu *pdu, const struct bm_segment_ack *ack, const struct bm_friend_pdu *old)
{
	struct bm_segment_ack other;
	return old->src == pdu->src && old->dst == pdu->dst && is_segment_ack(old, &other) &&
	       other.seq_zero == ack->seq_zero &&
	       (old->iv_index < pdu->iv_index || (old->iv_index == pdu->iv_index && old->seq < pdu->seq));
}

static void remove_at(struct bm_friend_queue *queue, uint8_t i)
{
	for (; i + 1 < queue->count; i++)
		*at(queue, i) = *at(queue, (uint8_t)(i + 1));
	queue->count--;
}

static bool is_younger(const struct bm_friend_pdu *a, const struct bm_friend_pdu *b)
{
	return a->src == b->src && a->iv_index == b->iv_index && a->seq_auth > b->seq_auth;
}

void bm_friend_queue_outdate(struct bm_friend_queue *queue, const struct bm_friend_pdu *pdu)
{
	struct bm_segment_ack ack;
	if (!is_segment_ack(pdu, &ack))
		return;
	for (uint8_t i = 0; i < queue->count; i++) {
		if (!outdates(pdu, &ack, at(queue, i)))
			continue;
		remove_at(queue, i);
		return;
	}
}

void bm_friend_queue_add(struct bm_friend_queue *queue, const struct bm_friend_pdu *pdu)
{
	bm_friend_queue_outdate(queue, pdu);
	if (queue->count == queue->capacity)
		return; /* make_room was not asked */
	uint8_t place = 0;
	while (place < queue->count && !is_younger(at(queue, place), pdu))
		place++;
	for (uint8_t i = queue->count; i > place; i--)
		*at(queue, i) = *at(queue, (uint8_t)(i - 1));
	*at(queue, place) = *pdu;
	queue->count++;
}
