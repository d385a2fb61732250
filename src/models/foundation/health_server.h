/*
 * Health Server (MshPRT 4.4.3): no faults, and the attention timer.
 */
#ifndef BM_MODELS_HEALTH_SERVER_H
#define BM_MODELS_HEALTH_SERVER_H

#include "access/access.h"

struct bm_health_server {
	struct bm_model model;
	struct bm_access *access;
	struct bm_timer attention_timer;
	uint8_t attention_s;
	uint8_t fast_period_divisor;
	uint16_t company;
};

void bm_health_server_init(struct bm_health_server *server, struct bm_access *access, uint16_t company);
/* Attention from provisioning's Invite or from a message: BM_EVENT_ATTENTION at start and end. */
void bm_health_server_attention(struct bm_health_server *server, uint8_t seconds);

#endif
