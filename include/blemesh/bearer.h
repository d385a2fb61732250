/*
 * What a node asks of a radio: advertise these octets, this often, at this spacing. The bearer does the timing itself
 * (a controller repeats in hardware, the virtual air schedules events).
 *
 * Received advertising is handed to bm_node_receive (node.h).
 */
#ifndef BLEMESH_BEARER_H
#define BLEMESH_BEARER_H

#include "blemesh/base.h"
#include "blemesh/err.h"

/* AD types of the advertising bearers (Bluetooth assigned numbers). */
enum bm_ad_type {
	BM_AD_PB_ADV = 0x29,
	BM_AD_MESH_MESSAGE = 0x2a,
	BM_AD_MESH_BEACON = 0x2b,
};

/* An AD structure has at most 31 octets: length, type and this many of payload. */
#define BM_ADV_PAYLOAD_MAX 29u

struct bm_adv {
	enum bm_ad_type ad_type;
	const uint8_t *payload; /* valid during the call only: the bearer copies */
	uint8_t len;            /* 1 to BM_ADV_PAYLOAD_MAX octets */
	uint8_t transmissions;  /* how often in all, 1 to 8 */
	uint32_t delay_us;      /* before the first transmission */
	uint32_t interval_us;   /* between two transmissions */
	uint32_t jitter_us;     /* a random 0 to this is added to each interval (MshPRT 4.2.20.2: 10 ms) */
};

struct bm_bearer_ops {
	/* BM_ERR_BUSY when the bearer's queue is full: the octets are not sent. */
	enum bm_err (*advertise)(void *self, const struct bm_adv *adv, bm_time now);
};

struct bm_bearer {
	const struct bm_bearer_ops *ops;
	void *self;
};

#endif
