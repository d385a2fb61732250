/*
 * Mesh beacons (MshPRT 3.10): the layouts of the Unprovisioned Device, the Secure Network and the Mesh Private beacon.
 * What a beacon means is net/beacon.c's and prov's.
 */
#ifndef BM_PDU_BEACON_H
#define BM_PDU_BEACON_H

#include "blemesh/base.h"
#include "blemesh/err.h"

enum bm_beacon_type {
	BM_BEACON_UNPROVISIONED = 0x00,
	BM_BEACON_SECURE_NETWORK = 0x01,
	BM_BEACON_PRIVATE = 0x02,
};

#define BM_SECURE_BEACON_LEN 22u
/* Flags, Network ID and IV index: what the authentication value covers, and where it begins. */
#define BM_SECURE_BEACON_AUTH_AT 1u
#define BM_SECURE_BEACON_AUTH_LEN 13u
#define BM_UNPROVISIONED_BEACON_MAX 23u

struct bm_secure_beacon {
	bool key_refresh;
	bool iv_update;
	uint8_t network_id[8];
	uint32_t iv_index;
	uint8_t authentication[8];
};

#define BM_PRIVATE_BEACON_LEN 27u
#define BM_PRIVATE_BEACON_RANDOM_LEN 13u
/* Private Beacon Data: flags and IV index; then its tag. */
#define BM_PRIVATE_BEACON_DATA_LEN 5u
#define BM_PRIVATE_BEACON_TAG_LEN 8u

struct bm_private_beacon {
	uint8_t random[BM_PRIVATE_BEACON_RANDOM_LEN];
	/* the Private Beacon Data, obfuscated, then the authentication tag */
	uint8_t sealed[BM_PRIVATE_BEACON_DATA_LEN + BM_PRIVATE_BEACON_TAG_LEN];
};

/* Flags and IV index, as both network beacons carry them; RFU flags are ignored. */
struct bm_beacon_data {
	bool key_refresh;
	bool iv_update;
	uint32_t iv_index;
};

struct bm_unprovisioned_beacon {
	uint8_t uuid[BM_UUID_LEN];
	uint16_t oob_info;
	bool has_uri_hash;
	uint8_t uri_hash[4];
};

/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG; BM_ERR_PROHIBITED: another beacon type. RFU flags are ignored here, but the
 * authentication value covers the octets as they are. */
BM_MUST_USE enum bm_err bm_secure_beacon_decode(const uint8_t *octets, size_t len, struct bm_secure_beacon *beacon);
void bm_secure_beacon_encode(const struct bm_secure_beacon *beacon, uint8_t out[BM_SECURE_BEACON_LEN]);
BM_MUST_USE enum bm_err bm_private_beacon_decode(const uint8_t *octets, size_t len, struct bm_private_beacon *beacon);
void bm_private_beacon_encode(const struct bm_private_beacon *beacon, uint8_t out[BM_PRIVATE_BEACON_LEN]);
void bm_private_beacon_data_decode(const uint8_t octets[BM_PRIVATE_BEACON_DATA_LEN], struct bm_beacon_data *data);
void bm_private_beacon_data_encode(const struct bm_beacon_data *data, uint8_t out[BM_PRIVATE_BEACON_DATA_LEN]);
BM_MUST_USE enum bm_err bm_unprovisioned_beacon_decode(const uint8_t *octets, size_t len,
						       struct bm_unprovisioned_beacon *beacon);
BM_MUST_USE enum bm_err bm_unprovisioned_beacon_encode(const struct bm_unprovisioned_beacon *beacon, uint8_t *out,
						       size_t capacity, size_t *len);

#endif
