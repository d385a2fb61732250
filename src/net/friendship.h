/*
 * Friendship security credentials (MshPRT 3.9.6.3.1): one set for each friendship that this node has or offers, as
 * friend or as low power node, under each NetKey of its subnet.
 */
#ifndef BM_NET_FRIENDSHIP_H
#define BM_NET_FRIENDSHIP_H

#include "net/subnet.h"

struct bm_friendship_id {
	uint16_t net_idx;
	uint16_t lpn_addr;
	uint16_t friend_addr;
	uint16_t lpn_counter;
	uint16_t friend_counter;
};

struct bm_friendship {
	bool used;
	struct bm_friendship_id id;
	/* In parallel to bm_subnet.keys; net_key tells what they were derived from. */
	struct {
		bool valid;
		uint8_t net_key[BM_KEY_LEN];
		struct bm_cred cred;
	} keys[2];
};

/* BM_ERR_NO_SPACE; BM_ERR_NO_KEY: no such subnet. */
BM_MUST_USE enum bm_err bm_friendship_add(struct bm_subnets *subnets, const struct bm_friendship_id *id,
					  struct bm_friendship **friendship);
/* Wipes the credentials. NULL is fine. */
void bm_friendship_remove(struct bm_subnets *subnets, struct bm_friendship *friendship);
/* The friendship of these two on this subnet, or NULL. */
struct bm_friendship *bm_friendship_find(struct bm_subnets *subnets, uint16_t net_idx, uint16_t lpn_addr,
					 uint16_t friend_addr);
/* What a PDU of this friendship goes out with in the subnet's present phase; NULL if the subnet is gone. */
const struct bm_cred *bm_friendship_tx_cred(struct bm_subnets *subnets, const struct bm_friendship *friendship);
/* Derives what the subnets' keys ask for and wipes what they no longer do. For bm_subnets_map. */
void bm_friendships_derive(struct bm_subnets *subnets);

#endif
