/*
 * The network layer (MshPRT 3.4): subnets and their keys, encryption and obfuscation, the exact-repeat filter and the
 * message cache, relay, the local network interface, sequence numbers, the IV index, beacons.
 *
 * Below it is the bearer (through bm_env), above it the transport (through struct bm_net_upper). The members of struct
 * bm_net are this floor's own; the floors above use the functions, of which those that only look one up are in line.
 */
#ifndef BM_NET_NET_H
#define BM_NET_NET_H

#include "base/arena.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "net/cache.h"
#include "net/friendship.h"
#include "net/iv.h"
#include "net/rpl.h"
#include "net/subnet.h"
#include "pdu/net_pdu.h"

/* Where a PDU came from or may go (MshPRT 3.4.5, 3.4.6.1). */
enum bm_net_interface { BM_NET_ADV, BM_NET_LOCAL, BM_NET_GATT };

/* A Network PDU, authenticated, new, and for this node. transport_pdu is valid during the call.
 *
 * What a PDU is, from CTL to IV index, stands in this order wherever it goes between the floors (bm_net_tx,
 * bm_transport_rx, bm_transport_kept): it is copied in a few words. */
struct bm_net_rx {
	bool ctl;
	uint8_t ttl;
	uint16_t net_idx;
	uint16_t src;
	uint16_t dst;
	uint32_t seq;
	uint32_t iv_index; /* the one it was secured with */
	enum bm_cred_kind cred;
	bool new_key; /* secured with the subnet's new NetKey during a Key Refresh */
	int8_t rssi;
	bool repeated; /* under friendship credentials, for bm_net_upper.friendship: heard before, or a replay */
	enum bm_net_interface interface;
	/* A low power node takes it (bm_net_upper.keeps); kept_only: and we ourselves do not. */
	bool kept;
	bool kept_only;
	const struct bm_friendship *friendship; /* with BM_CRED_FRIENDSHIP, from the air */
	const uint8_t *transport_pdu;
	size_t len;
};

struct bm_net_tx {
	bool ctl;
	uint8_t ttl;
	uint16_t net_idx;
	uint16_t src;
	uint16_t dst;
	uint32_t seq;      /* from bm_net_seq_take */
	uint32_t iv_index; /* normally bm_iv_tx(&net->iv) */
	enum bm_cred_kind cred;
};

struct bm_net_upper {
	void *ctx;
	/* Is dst one of our unicast addresses, or a group or virtual address that an element of ours takes? */
	bool (*accepts)(void *ctx, uint16_t dst);
	/* A PDU for us, or for a low power node of ours. Runs before the PDU is relayed. */
	void (*receive)(void *ctx, const struct bm_net_rx *rx);
	/* Friend: does a low power node of ours take a PDU from src to dst (MshPRT 3.5.5)? local: we send it ourselves.
	 * May be NULL. */
	bool (*keeps)(void *ctx, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl, bool local);
	/* An authentic PDU under friendship credentials, even one heard before. It runs before receive. May be NULL. */
	void (*friendship)(void *ctx, const struct bm_net_rx *rx);
	/* True while a segmented transmission or its acknowledgments are pending: an IV Update waits (MshPRT 3.11.5).
	 */
	bool (*busy)(void *ctx);
	/* The IV index changed, or the sequence numbers were reset with it. May be NULL. */
	void (*iv_changed)(void *ctx);
	/* A Key Refresh is over: the subnet's old key was revoked, and so are those of its AppKeys (MshPRT 3.11.4.3).
	 * May be NULL. */
	void (*keys_revoked)(void *ctx, uint16_t net_idx);
	/* A Network PDU goes out to dst: hand it to the GATT links that take it, but for the one it came from (−1:
	 * none). True if one did. relayed: it is another node's. May be NULL. */
	bool (*gatt_send)(void *ctx, uint16_t dst, bool relayed, int except, const uint8_t *pdu, size_t len);
	/* What beacons say changed. May be NULL. */
	void (*beacon_changed)(void *ctx);
};

/* Configuration states of this layer (MshPRT 4.2.18 to 4.2.20 and as said); transmissions as on the wire: count in bits
 * 0–2, interval steps of 10 ms in bits 3–7. */
#define BM_PRIVATE_INTERVAL_DEFAULT 60u
struct bm_net_states {
	bool beacon;
	bool private_beacon;      /* MshPRT 4.2.44 */
	uint8_t private_interval; /* Random Update Interval Steps, of 10 seconds; 0: for each beacon (4.2.45) */
	bool relay_supported;
	bool relay;
	bool proxy; /* GATT clients may be there: PDUs go between the bearers (MshPRT 3.4.6.3) */
	uint8_t network_transmit;
	uint8_t relay_retransmit;
};

struct bm_net_local {
	struct bm_net_tx tx;
	bool ours;
	bool kept;
	uint8_t transport_pdu[BM_NET_TRANSPORT_MAX];
	uint8_t len;
};

struct bm_net {
	struct bm_env *env;
	uint8_t elements;
	bool friend_only;
	uint8_t local_max;
	uint8_t local_first;
	uint8_t local_count;
	uint16_t addr;
	struct bm_net_states states;
	uint16_t heard_src; /* of the PDU that a GATT link brought, once it is authentic */
	int from_link;      /* the link that the PDU at hand came from; −1: none */
	struct bm_iv iv;
	uint32_t life;              /* counts resets */
	uint32_t seq;               /* the next one */
	uint32_t seq_reserved;      /* the first that is not ours yet */
	struct bm_net_local *local; /* a ring of PDUs of ours for ourselves, waiting for the next bm_timers_run */
	struct bm_net_upper upper;
	struct bm_subnets subnets;
	struct bm_rpl rpl;
	struct bm_repeats repeats;
	struct bm_msg_cache cache;
	struct bm_timer local_timer;
};

/* Each floor of a node begins with these two: carve gives it its tables, init the rest of what it is, in memory that
 * was zeroed before. */
void bm_net_carve(struct bm_net *net, const struct bm_limits *limits, struct bm_arena *arena);
void bm_net_init(struct bm_net *net, struct bm_env *env, const struct bm_limits *limits,
		 const struct bm_net_upper *upper, const struct bm_net_states *states);
/* Starts to be addr … addr + elements − 1 with this IV state; subnets are added one by one. Beacons begin. */
void bm_net_start(struct bm_net *net, uint16_t addr, uint8_t elements, uint32_t iv_index, bool iv_update);
/* Forgets keys, address, IV index, caches and the replay list; wipes the secrets. */
void bm_net_reset(struct bm_net *net);

/* The payload of a Mesh Message AD structure (a Network PDU) or of a Mesh Beacon one, from the air. */
void bm_net_receive(struct bm_net *net, const uint8_t *pdu, size_t len, int8_t rssi);
void bm_net_receive_beacon(struct bm_net *net, const uint8_t *beacon, size_t len, int8_t rssi);

/* A low power node in a friendship hears its friend alone: what arrives under other credentials is dropped, for the
 * same message comes from the friend (MshPRT 3.6.6.4). */
static inline void bm_net_set_friend_only(struct bm_net *net, bool on)
{
	net->friend_only = on;
}
static inline bool bm_net_is_friend_only(const struct bm_net *net)
{
	return net->friend_only;
}
/* The same from a GATT link. Its source address if it is authentic and new, else BM_ADDR_UNASSIGNED. */
uint16_t bm_net_receive_gatt(struct bm_net *net, int link, const uint8_t *pdu, size_t len);

/* Encrypts and sends to the air and, where dst is ours too, to the local interface (asynchronously: from the next
 * bm_timers_run, so that nothing recurses). TTL 1 is never originated onto the air (MshPRT 3.4.6.2). What goes to a low
 * power node of ours goes to its queue instead of the air. With BM_CRED_FRIENDSHIP and no friendship to send under, it
 * goes out with managed flooding credentials (MshPRT 4.2.2.4). */
BM_MUST_USE enum bm_err bm_net_send(struct bm_net *net, const struct bm_net_tx *tx, const uint8_t *transport_pdu,
				    size_t len);

/* A PDU under a friendship's credentials, once, to the air alone; also one that another node originated. */
BM_MUST_USE enum bm_err bm_net_send_friendship(struct bm_net *net, const struct bm_friendship *friendship,
					       const struct bm_net_tx *tx, const uint8_t *transport_pdu, size_t len);

/* The next sequence number; BM_ERR_SEQ_EXHAUSTED under this IV index, BM_ERR_STORE if no block could be reserved. */
BM_MUST_USE enum bm_err bm_net_seq_take(struct bm_net *net, uint32_t *seq);
/* It and the IV index that it is counted under. */
BM_MUST_USE enum bm_err bm_net_number(struct bm_net *net, uint32_t *seq, uint32_t *iv_index);
/* The IV index to transmit with. */
uint32_t bm_net_iv_tx(const struct bm_net *net);

/* Goes on behind the numbers reserved: what bm_env_store was given under BM_STORE_SEQ. After bm_net_start. What cannot
 * be read leaves no number under this IV index. */
BM_MUST_USE enum bm_err bm_net_seq_restore(struct bm_net *net, const uint8_t *octets, size_t len);

struct bm_seq_record;
/* The same with the record read; NULL: there is none. BM_ERR_STORE: there is no number left under this IV index. */
BM_MUST_USE enum bm_err bm_net_seq_resume(struct bm_net *net, const struct bm_seq_record *record);
/* Stores how far numbers are reserved, also when none is: so a record that is lost can be told from one that never was.
 */
BM_MUST_USE enum bm_err bm_net_seq_save(struct bm_net *net);

/* BM_ADDR_UNASSIGNED: not provisioned */
static inline uint16_t bm_net_addr(const struct bm_net *net)
{
	return net->addr;
}
static inline uint8_t bm_net_elements(const struct bm_net *net)
{
	return net->elements;
}
bool bm_net_is_own(const struct bm_net *net, uint16_t addr);
static inline struct bm_iv *bm_net_iv(struct bm_net *net)
{
	return &net->iv;
}
static inline struct bm_rpl *bm_net_rpl(struct bm_net *net)
{
	return &net->rpl;
}
static inline struct bm_subnets *bm_net_subnets(struct bm_net *net)
{
	return &net->subnets;
}
/* One of them, or NULL. */
static inline struct bm_subnet *bm_net_subnet(struct bm_net *net, uint16_t net_idx)
{
	return bm_subnet_find(&net->subnets, net_idx);
}
static inline struct bm_net_states *bm_net_states(struct bm_net *net)
{
	return &net->states;
}
/* Call after a change to states->beacon or to the subnets' keys. */
void bm_net_beacon_update(struct bm_net *net);
/* Before a subnet is removed. */
void bm_net_beacon_stop(struct bm_net *net, struct bm_subnet *subnet);
/* This subnet's Secure Network (22 octets) or Mesh Private beacon (27) as it is now; the length. */
#define BM_NET_BEACON_MAX 27u
size_t bm_net_beacon_make(struct bm_net *net, struct bm_subnet *subnet, bool as_private,
			  uint8_t out[BM_NET_BEACON_MAX]);
/* A Friend Update told the security state of a subnet: as a beacon would (MshPRT 3.6.6.4.2). new_key: it was secured
 * with the subnet's new NetKey; in Phase 2 nothing else counts. */
void bm_net_security_update(struct bm_net *net, uint16_t net_idx, bool new_key, bool key_refresh, bool iv_update,
			    uint32_t iv_index);
/* Ends a Key Refresh (Phase 3), whether a message or a beacon asked for it. Nothing in Phase 0. */
void bm_net_revoke_old_keys(struct bm_net *net, struct bm_subnet *subnet);

#endif
