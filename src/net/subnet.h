/*
 * Subnets: a NetKey, what is derived from it, and the Key Refresh phase (MshPRT 3.9.6.3, 3.11.4).
 */
#ifndef BM_NET_SUBNET_H
#define BM_NET_SUBNET_H

#include "base/arena.h"
#include "base/timers.h"
#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/node.h"
#include "crypto/crypto.h"

/* The sets of security credentials (MshPRT 3.9.6.3.1). */
enum bm_cred_kind { BM_CRED_FLOODING = 0, BM_CRED_FRIENDSHIP = 1, BM_CRED_DIRECTED = 2 };

struct bm_cred {
	uint8_t nid;
	struct bm_aes encryption;
	struct bm_aes privacy;
};

struct bm_net_keys {
	bool valid;
	uint8_t net_key[BM_KEY_LEN];
	uint8_t network_id[8];
	struct bm_cred flooding;
	struct bm_aes beacon;
	struct bm_aes private_beacon;
};

/* Beacons of one kind on one subnet (MshPRT 3.10.3.1, 3.10.4.1). */
struct bm_beaconing {
	struct bm_timer timer;
	uint16_t seen; /* in this observation period */
};

struct bm_subnet {
	bool used;
	uint8_t phase; /* Key Refresh: 0, 1 or 2 */
	uint16_t net_idx;
	void *owner; /* for the timers */
	struct bm_beaconing secure_beacon;
	struct bm_beaconing private_beacon;
	uint8_t beacon_octets[22]; /* the last authentic Secure Network beacon heard: repeats cost no AES; first 0: none
				    */
	uint8_t private_random[13]; /* of our private beacons, until it is renewed */
	uint8_t private_data[5];    /* what it was used for: never for anything else */
	uint8_t private_addr[6];    /* what they are sent from, as long as that random lives */
	bm_time private_renewed;    /* BM_TIME_NEVER: not yet */
	struct bm_net_keys keys[2]; /* 0: the key in use (the old one during a refresh), 1: the new one */
};

struct bm_friendship;

struct bm_subnets {
	struct bm_subnet *table;
	uint8_t capacity;
	struct bm_friendship *friendships; /* net/friendship.h */
	size_t friendship_count;
	uint32_t nid_map[4];        /* bit n: a key of ours has NID n */
	uint32_t friendship_map[4]; /* bit n: one of a friendship has */
};

/* Derives the credentials that k2 makes of a NetKey and P (MshPRT 3.9.6.3.1). */
void bm_cred_derive(struct bm_cred *cred, const uint8_t net_key[16], const uint8_t *p, size_t p_len);
/* Derives all that hangs on a NetKey. */
void bm_net_keys_derive(struct bm_net_keys *keys, const uint8_t net_key[16]);
void bm_net_keys_wipe(struct bm_net_keys *keys);

struct bm_subnet *bm_subnet_find(struct bm_subnets *subnets, uint16_t net_idx);
/* BM_ERR_EXISTS, BM_ERR_NO_SPACE, BM_ERR_INVALID (index above 0xfff). */
BM_MUST_USE enum bm_err bm_subnet_add(struct bm_subnets *subnets, uint16_t net_idx, const uint8_t net_key[16],
				      bool key_refresh, struct bm_subnet **subnet);
/* Forgets a subnet and wipes its keys; its timers must be stopped. */
void bm_subnet_remove(struct bm_subnets *subnets, struct bm_subnet *subnet);
/* After keys[] of a subnet were changed by hand. The credentials of its friendships follow. */
void bm_subnets_map(struct bm_subnets *subnets);
/* Key Refresh Phase 3 (MshPRT 3.11.4.3): the old key goes, the new one takes its place; phase 0. */
void bm_subnet_finish_refresh(struct bm_subnets *subnets, struct bm_subnet *subnet);
/* The keys this subnet transmits with in its present phase. */
const struct bm_net_keys *bm_subnet_tx_keys(const struct bm_subnet *subnet);

#endif
