/*
 * Publication (MshPRT 4.2.2): at the model's wish, at its period, and the retransmissions of both.
 */
#ifndef BM_ACCESS_PUBLISH_H
#define BM_ACCESS_PUBLISH_H

#include "access/access.h"

/* A model's periodic publication; one for each model position. */
struct bm_publisher {
	struct bm_access *access;
	uint16_t index; /* of the model */
	struct bm_timer timer;
	bm_time due; /* keeps the phase however late a call is */
};

void bm_publishers_init(struct bm_access *access);
/* The publication state changed, or ended: waiting retransmissions go, the period begins anew. */
void bm_publishers_restart(struct bm_model *model);
void bm_publishers_stop_all(struct bm_access *access);

/* Checks a message and sends it from the model's element. For this floor's files. */
BM_MUST_USE enum bm_err bm_access_send_to(struct bm_model *model, const struct bm_tx *tx, enum bm_cred_kind cred,
					  const uint8_t *payload, size_t len);
/* Publishes with the wishes of tx but for address, key and TTL, which the publication state gives. */
BM_MUST_USE enum bm_err bm_access_publish(struct bm_model *model, const struct bm_tx *wish, const uint8_t *payload,
					  size_t len);

#endif
