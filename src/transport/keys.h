/*
 * Application keys by index and AID, this node's device key, and the device keys of others (MshPRT 3.9.6.1, 3.9.6.2).
 */
#ifndef BM_TRANSPORT_KEYS_H
#define BM_TRANSPORT_KEYS_H

#include "base/arena.h"
#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/features.h"
#include "crypto/crypto.h"

struct bm_app_key_value {
	bool valid;
	uint8_t aid;
	uint8_t key[BM_KEY_LEN];
	struct bm_aes aes;
};

struct bm_app_key {
	bool used;
	uint16_t app_idx;
	uint16_t net_idx;
	struct bm_app_key_value values[2]; /* 0: in use, 1: new during a Key Refresh */
};

/* Makes key the value; what hangs on it is derived. */
void bm_app_key_value_set(struct bm_app_key_value *value, const uint8_t key[16]);

struct bm_app_keys {
	struct bm_app_key *table;
	uint8_t capacity;
};

void bm_app_keys_carve(struct bm_app_keys *keys, uint8_t capacity, struct bm_arena *arena);
struct bm_app_key *bm_app_key_find(struct bm_app_keys *keys, uint16_t app_idx);
/* BM_ERR_EXISTS if app_idx is held already, BM_ERR_NO_SPACE, BM_ERR_INVALID. */
BM_MUST_USE enum bm_err bm_app_key_add(struct bm_app_keys *keys, uint16_t net_idx, uint16_t app_idx,
				       const uint8_t key[16]);
BM_MUST_USE enum bm_err bm_app_key_delete(struct bm_app_keys *keys, uint16_t app_idx);
/* The subnet's Key Refresh is over: new values take the place of the old ones (MshPRT 3.11.4.3). */
void bm_app_keys_revoke_old(struct bm_app_keys *keys, uint16_t net_idx);
void bm_app_keys_clear(struct bm_app_keys *keys);

struct bm_dev_key {
	uint16_t addr; /* BM_ADDR_UNASSIGNED: free */
	uint8_t elements;
	uint8_t key[BM_KEY_LEN];
};

/* Who asks other nodes under their keys is built. */
#define BM_DEV_KEYS_REMOTE (BM_WITH_PROVISIONER || BM_WITH_CONFIG_CLIENT || BM_WITH_PROXY_CLIENT)

struct bm_dev_keys {
	bool own_valid;
	uint8_t own[BM_KEY_LEN];
	struct bm_aes own_aes;
	struct bm_dev_key *remote;
	uint16_t capacity;
};

void bm_dev_keys_carve(struct bm_dev_keys *keys, uint16_t capacity, struct bm_arena *arena);
void bm_dev_keys_set_own(struct bm_dev_keys *keys, const uint8_t key[16]);
/* Could a node with this address be added, and `others` more? BM_ERR_INVALID, BM_ERR_EXISTS, BM_ERR_NO_SPACE. */
BM_MUST_USE enum bm_err bm_dev_key_has_room(const struct bm_dev_keys *keys, uint16_t addr, uint8_t elements,
					    uint16_t others);
BM_MUST_USE enum bm_err bm_dev_key_add(struct bm_dev_keys *keys, uint16_t addr, uint8_t elements,
				       const uint8_t key[16]);
BM_MUST_USE enum bm_err bm_dev_key_remove(struct bm_dev_keys *keys, uint16_t addr);
/* The key of the node whose elements include addr, or NULL. */
const struct bm_dev_key *bm_dev_key_of(const struct bm_dev_keys *keys, uint16_t addr);
void bm_dev_keys_clear(struct bm_dev_keys *keys);

#endif
