/*
 * The keys with which an analyzer opens what it is shown: given by its owner, and learned on the way from messages that
 * hand keys out. What traffic teaches is bounded: the oldest makes room.
 */
#ifndef BM_CLI_DECODE_KEYRING_H
#define BM_CLI_DECODE_KEYRING_H

#include "net/security.h"

#define BM_KEYRING_IVS 8u
#define BM_KEYRING_LEARNED 32u
#define BM_KEYRING_FRIENDSHIPS 32u
#define BM_INDEX_UNKNOWN 0xffffu

struct bm_ring_net {
	uint16_t index;
	struct bm_net_keys keys;
	struct bm_cred directed;
	/* That PDUs may have been sent under; the likeliest first. */
	uint32_t iv[BM_KEYRING_IVS];
	uint8_t iv_count;
};

struct bm_ring_app {
	uint16_t index, net_idx; /* net_idx BM_INDEX_UNKNOWN: of any network */
	uint8_t aid;
	uint8_t key[BM_KEY_LEN];
	struct bm_aes aes;
};

struct bm_ring_dev {
	uint16_t addr;
	uint8_t key[BM_KEY_LEN];
	struct bm_aes aes;
};

struct bm_ring_label {
	uint16_t addr;
	uint8_t label[BM_UUID_LEN];
};

struct bm_ring_friendship {
	uint16_t lpn_addr, friend_addr, lpn_counter, friend_counter;
	uint16_t net;     /* place in nets */
	bool established; /* the offer was seen; else the request alone */
	struct bm_cred cred;
};

struct bm_keyring {
	/* Each entry stays where it is: a key's schedule may not be copied. */
	struct bm_ring_net **nets;
	struct bm_ring_app **apps;
	struct bm_ring_dev **devs;
	struct bm_ring_label **labels;
	size_t net_count, app_count, dev_count, label_count;
	size_t learned; /* of all four, by traffic */
	struct bm_ring_friendship friendships[BM_KEYRING_FRIENDSHIPS];
	size_t friendship_next;
	/* For networks that come without one of their own. */
	uint32_t iv_index;
};

void bm_keyring_init(struct bm_keyring *ring);
void bm_keyring_wipe(struct bm_keyring *ring);

/* Each takes a key once. iv: BM_IV_UNKNOWN, or one more that the network used. */
#define BM_IV_UNKNOWN UINT64_MAX
void bm_keyring_add_net(struct bm_keyring *ring, uint16_t index, const uint8_t key[BM_KEY_LEN], uint64_t iv);
void bm_keyring_add_app(struct bm_keyring *ring, uint16_t index, uint16_t net_idx, const uint8_t key[BM_KEY_LEN]);
void bm_keyring_add_dev(struct bm_keyring *ring, uint16_t addr, const uint8_t key[BM_KEY_LEN]);
void bm_keyring_add_label(struct bm_keyring *ring, const uint8_t label[BM_UUID_LEN]);
/* The same for what traffic says, while there is room for it. */
bool bm_keyring_may_learn(struct bm_keyring *ring);

/* An IV index that a network is known to use now. */
void bm_ring_net_iv(struct bm_ring_net *net, uint32_t iv_index);

/* MshPRT 3.6.6.3.1: request and offer name what the friendship's credentials are made of. */
void bm_keyring_friend_request(struct bm_keyring *ring, uint16_t net, uint16_t lpn_addr, uint16_t lpn_counter);
void bm_keyring_friend_offer(struct bm_keyring *ring, uint16_t net, uint16_t lpn_addr, uint16_t friend_addr,
			     uint16_t friend_counter);

struct bm_opened {
	uint16_t net; /* place in nets */
	enum bm_cred_kind cred;
	uint32_t iv_index;
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX]; /* DST, Transport PDU */
	size_t transport_len;
};

/* Tries every credential with the PDU's NID. BM_ERR_NO_KEY: there is none; else the last one's error. */
BM_MUST_USE enum bm_err bm_keyring_open(const struct bm_keyring *ring, const uint8_t *pdu, size_t len,
					struct bm_opened *opened);
/* The same for Proxy Configuration and Solicitation PDUs. */
BM_MUST_USE enum bm_err bm_keyring_open_proxy(const struct bm_keyring *ring, enum bm_net_kind kind, const uint8_t *pdu,
					      size_t len, struct bm_opened *opened);

#endif
