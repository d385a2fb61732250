/*
 * Messages that wait, in a pool of limits.replies: answers for their response delay (MshPRT 3.7.3.1), publications for
 * their next retransmission (MshPRT 4.2.2.6, 4.2.2.7).
 */
#ifndef BM_ACCESS_REPLY_H
#define BM_ACCESS_REPLY_H

#include "access/access.h"

struct bm_reply {
	bool used;
	uint8_t attempts; /* sends refused because all segmentation contexts were in use */
	uint8_t repeats;  /* sends after the next one */
	uint16_t len;
	struct bm_transport_tx tx;
	uint32_t interval_us;
	uint8_t *payload;
	struct bm_access *access;
	const struct bm_model *publisher; /* NULL: an answer */
	struct bm_timer timer;
};

/* Octets of the longest payload that may wait. */
static inline size_t bm_replies_payload(const struct bm_limits *limits)
{
	return bm_limits_segments(limits) * BM_SEGMENT_ACCESS_MAX - 4;
}

void bm_replies_init(struct bm_access *access);
void bm_replies_cancel(struct bm_access *access);
/* Sends what was just published again, as the model's publish retransmit state says. What of the model's still waits is
 * outdated and goes. Without room in the pool it is sent once only, and that is counted. */
void bm_replies_repeat_published(struct bm_model *model, const struct bm_tx *tx, enum bm_cred_kind cred,
				 const uint8_t *payload, size_t len);
void bm_replies_forget_published(const struct bm_model *model);

/* Hands a message to the transport, counts and traces it. For this floor's files. */
BM_MUST_USE enum bm_err bm_access_transmit(struct bm_access *access, const struct bm_transport_tx *tx,
					   const uint8_t *payload, size_t len);

#endif
