/*
 * A link of provisioning. Over PB-ADV (MshPRT 5.2.1, 5.3): opening, transactions with segmentation and reassembly,
 * acknowledgments, closing. Over PB-GATT (5.2.2) the connection does all that. Both roles of provisioning stand on it;
 * it knows nothing of what a provisioning PDU says.
 */
#ifndef BM_PROV_LINK_H
#define BM_PROV_LINK_H

#include "base/env.h"
#include "blemesh/prov.h"
#include "pdu/pb_adv.h"
#include "pdu/prov_pdu.h"

enum bm_link_role { BM_LINK_PROVISIONER, BM_LINK_DEVICE };
enum bm_link_state { BM_LINK_CLOSED, BM_LINK_OPENING, BM_LINK_OPEN };

/* Called last by the link in whatever it does: the upper layer may send or close in them. */
struct bm_link_upper {
	void *ctx;
	/* Provisioner: the device acknowledged the link. */
	void (*opened)(void *ctx);
	/* A provisioning PDU arrived whole; valid during the call. */
	void (*received)(void *ctx, const uint8_t *pdu, size_t len);
	/* The link ended, by the peer or by a time-out; not called for bm_link_close. */
	void (*closed)(void *ctx, enum bm_link_close reason, bool by_peer);
	/* All that was sent is acknowledged. May be NULL. */
	void (*sent)(void *ctx);
};

/* The GATT bearer under a PB-GATT link (MshPRT 5.2.2), as the node provides it: whole provisioning PDUs in order and
 * without loss, and a link that ends with its connection. */
struct bm_link_gatt {
	void *ctx;
	/* BM_ERR_BUSY: bm_link_gatt_ready follows. */
	enum bm_err (*send)(void *ctx, uint8_t gatt_link, const uint8_t *pdu, size_t len);
	void (*close)(void *ctx, uint8_t gatt_link);
};

/* The transaction being sent, and the provisioning PDU that waits for it to be acknowledged. */
struct bm_link_tx {
	bool active;
	bool sent_once;      /* every segment went out at least once: an acknowledgment is believable */
	uint8_t transaction; /* of the active one or the one before */
	uint8_t next_seg;
	uint8_t len;
	uint8_t waiting_len; /* 0: none waits */
	bm_time at;          /* of the next segment */
	bm_time give_up;
};

/* The transaction being reassembled. */
struct bm_link_rx {
	bool active;
	uint8_t transaction; /* of the one being reassembled */
	uint8_t done;        /* the last one completed */
	uint8_t seg_n;
	uint8_t fcs;
	uint8_t len;
	uint32_t have; /* bit i: segment i is here; the longest PDU has few */
};

struct bm_link_octets {
	uint8_t tx[BM_PROV_PDU_MAX];
	uint8_t waiting[BM_PROV_PDU_MAX];
	uint8_t rx[BM_PROV_PDU_MAX];
};

struct bm_link {
	struct bm_link_rx rx;
	enum bm_link_role role;
	enum bm_link_state state;
	uint8_t gatt_link;
	uint8_t ack_transaction;
	struct bm_link_tx tx;
	struct bm_env *env;
	const struct bm_link_gatt *gatt; /* NULL: PB-ADV, which the rest is about */
	uint32_t link_id;
	/* The link before this one: a late Link Open of it opens nothing. */
	bool had_link;
	uint32_t last_link_id;
	bm_time last_closed;
	struct bm_link_upper upper;
	struct bm_timer timer;
	bm_time open_at; /* Link Open or Link ACK goes out; BM_TIME_NEVER: not wanted */
	bm_time open_give_up;
	bm_time ack_at; /* a Transaction Acknowledgment goes out; BM_TIME_NEVER: not wanted */
	uint8_t uuid[BM_UUID_LEN];
	struct bm_link_octets octets; /* of the PDUs of tx and rx */
};

void bm_link_init(struct bm_link *link, struct bm_env *env, enum bm_link_role role, const struct bm_link_upper *upper);
/* Provisioner: opens a link to the device; opened follows, or closed with a time-out after 60 s. */
void bm_link_open(struct bm_link *link, const uint8_t uuid[BM_UUID_LEN]);
/* Device: answers a Link Open. False if the link is not free or this is an echo of the link before. */
bool bm_link_accept(struct bm_link *link, uint32_t link_id, const uint8_t uuid[BM_UUID_LEN]);
/* The same over PB-GATT. A provisioner waits for a connection, as bm_link_open does for Link ACK; connected tells
 * either role that the GATT link is there. gatt stays the caller's and valid. */
void bm_link_gatt_open(struct bm_link *link, const struct bm_link_gatt *gatt);
void bm_link_gatt_connected(struct bm_link *link, const struct bm_link_gatt *gatt, uint8_t gatt_link);
/* For links that are connected. */
void bm_link_gatt_receive(struct bm_link *link, const uint8_t *pdu, size_t len);
void bm_link_gatt_ready(struct bm_link *link);
void bm_link_gatt_closed(struct bm_link *link);
static inline bool bm_link_is_gatt(const struct bm_link *link, uint8_t gatt_link)
{
	return link->state == BM_LINK_OPEN && link->gatt && link->gatt_link == gatt_link;
}
/* Sends a provisioning PDU, 1 to BM_PROV_PDU_MAX octets, when the one before it is acknowledged. One may wait:
 * BM_ERR_BUSY. BM_ERR_STATE if the link is not open. */
BM_MUST_USE enum bm_err bm_link_send(struct bm_link *link, const uint8_t *pdu, size_t len);
/* Forgets the PDU that waits for another's acknowledgment. */
void bm_link_drop_waiting(struct bm_link *link);
/* Tells the peer and forgets the link; what waits to be sent is dropped. Nothing if the link is closed. */
void bm_link_close(struct bm_link *link, enum bm_link_close reason);
/* True if the PDU was of this link. */
bool bm_link_receive(struct bm_link *link, const struct bm_pb_adv *pdu);
/* Nothing sent is left to be acknowledged. */
bool bm_link_is_idle(const struct bm_link *link);

#endif
