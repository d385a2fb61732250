/*
 * Heartbeat (MshPRT 3.6.7, 4.2.18, 4.2.19): a control message by which nodes tell that they are there, what features
 * they have on, and how many hops away they are.
 */
#ifndef BM_TRANSPORT_HEARTBEAT_H
#define BM_TRANSPORT_HEARTBEAT_H

#include "base/env.h"

#define BM_HEARTBEAT_FOREVER 0xffffu

/* Heartbeat Publication. dst BM_ADDR_UNASSIGNED: off. */
struct bm_heartbeat_publication {
	uint16_t dst, features, net_idx;
	uint16_t count; /* left to be sent; BM_HEARTBEAT_FOREVER: no end */
	uint8_t period_log, ttl;
};

/* Heartbeat Subscription. src BM_ADDR_UNASSIGNED: off. */
struct bm_heartbeat_subscription {
	uint16_t src, dst;
	bm_time end; /* of the period in which heartbeats are counted */
	uint16_t count;
	uint8_t min_hops, max_hops;
};

struct bm_heartbeats {
	struct bm_heartbeat_publication publication;
	struct bm_heartbeat_subscription subscription;
	uint16_t features; /* BM_FEATURE_* that are on */
	struct bm_timer timer;
};

struct bm_transport;

void bm_heartbeats_init(struct bm_transport *transport);
void bm_heartbeats_reset(struct bm_transport *transport);

/* Makes it the state; a periodic one begins with a heartbeat at once. */
void bm_heartbeat_publish(struct bm_transport *transport, const struct bm_heartbeat_publication *publication);
/* Makes it the state; counting begins anew, but if the same subscription is only ended what was counted stays. */
void bm_heartbeat_subscribe(struct bm_transport *transport, uint16_t src, uint16_t dst, uint64_t period_us);
/* A NetKey goes: so does a publication that uses it. */
void bm_heartbeat_forget_subnet(struct bm_transport *transport, uint16_t net_idx);
/* A feature (BM_FEATURE_*) is on or off from now on; a change is published if the publication asks for it. For
 * BM_FEATURE_LOW_POWER: whether a friendship as its low power node is established. */
void bm_heartbeat_feature(struct bm_transport *transport, uint16_t feature, bool on);
/* For bm_net_upper.accepts: heartbeats are counted that go to this address. */
bool bm_heartbeat_accepts(const struct bm_transport *transport, uint16_t dst);

/* CountLog of the publication: rounded up; PeriodLog and CountLog of the subscription: rounded down
 * (MshPRT 4.2.18.2, 4.2.19.3, 4.2.19.4). 0xff: for ever, or more than 0xfffe. */
uint8_t bm_heartbeat_log_up(uint16_t count);
uint8_t bm_heartbeat_log_down(uint32_t value);
/* The seconds that a PeriodLog, up to 0x11, stands for. */
uint32_t bm_heartbeat_seconds(uint8_t period_log);
/* The count that a publication's CountLog stands for. */
uint16_t bm_heartbeat_count(uint8_t count_log);

#endif
