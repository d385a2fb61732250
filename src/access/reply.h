/*
 * Answers that wait for their response delay (MshPRT 3.7.3.1), in a pool of limits.replies.
 */
#ifndef BM_ACCESS_REPLY_H
#define BM_ACCESS_REPLY_H

#include "access/access.h"

struct bm_reply {
	bool used;
	uint8_t attempts; /* sends refused because all segmentation contexts were in use */
	struct bm_timer timer;
	struct bm_access *access;
	struct bm_transport_tx tx;
	uint16_t len;
	uint8_t payload[BM_ACCESS_MAX];
};

void bm_replies_init(struct bm_access *access);
void bm_replies_cancel(struct bm_access *access);

/* Hands a message to the transport, counts and traces it. For this floor's files. */
BM_MUST_USE enum bm_err bm_access_transmit(struct bm_access *access, const struct bm_transport_tx *tx,
					   const uint8_t *payload, size_t len);

#endif
