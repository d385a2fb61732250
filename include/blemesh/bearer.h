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
#include "blemesh/gatt.h"

/* AD types of the advertising bearers (Bluetooth assigned numbers). */
enum bm_ad_type {
	/* A Solicitation PDU: 16-bit UUID (little-endian) and data. The bearer puts Flags and the Complete List of
	 * 16-bit Service UUIDs in front, as MshPRT 6.9.1 wants them; what is received is this structure alone. */
	BM_AD_SERVICE_DATA = 0x16,
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
	/* NULL: from the host's own address. Else from this private one, which tells nobody who it is: 6 octets, most
	 * significant first, valid during the call. A host that cannot do so uses its own. */
	const uint8_t *private_addr;
};

/* Members that a host does not have are NULL: without advertise a node has no advertising bearer, without the others no
 * GATT bearer. None of them may call back into the node. */
struct bm_bearer_ops {
	/* BM_ERR_BUSY when the bearer's queue is full: the octets are not sent. */
	enum bm_err (*advertise)(void *self, const struct bm_adv *adv, bm_time now);
	/* Starts, replaces or stops a set of connectable advertising. BM_ERR_NOT_SUPPORTED, BM_ERR_BUSY. */
	enum bm_err (*gatt_advertise)(void *self, const struct bm_gatt_adv *adv, bm_time now);
	/* Connects and prepares the service for use. BM_GATT_CONNECTED or BM_GATT_CONNECT_FAILED follows. One at a
	 * time: BM_ERR_BUSY. */
	enum bm_err (*gatt_connect)(void *self, const struct bm_gatt_peer *peer, enum bm_gatt_service service,
				    bm_time now);
	/* One write or notification of up to ATT_MTU − 3 octets, copied, in order. BM_ERR_BUSY: no room now,
	 * BM_GATT_READY follows; BM_ERR_NOT_FOUND: no such connection. */
	enum bm_err (*gatt_send)(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now);
	/* What was sent before still goes out. The handle means nothing to the node from here on. */
	void (*gatt_disconnect)(void *self, bm_gatt_conn conn, bm_time now);
	/*
	 * A low power node's receiver: it must be on from `from` until `until` and may sleep before and behind, from
	 * now on and until the next call, which replaces this one. until BM_TIME_NEVER: it stays on; from
	 * BM_TIME_NEVER: it stays off. At first it is on. NULL: the receiver is always on. Only low power nodes call it
	 * (friend.h); sending is possible at any time.
	 */
	void (*listen)(void *self, bm_time from, bm_time until, bm_time now);
};

/* What the node is given: copied; self and ops stay the caller's and valid as long as the node lives. */
struct bm_bearer {
	const struct bm_bearer_ops *ops;
	void *self;
};

#endif
