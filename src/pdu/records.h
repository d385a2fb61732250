/*
 * The records a node keeps in its store: octets to struct and back. Each begins with a version octet; numbers are
 * big-endian. What a store hands back is checked like a PDU: a value that no node writes is an error.
 */
#ifndef BM_PDU_RECORDS_H
#define BM_PDU_RECORDS_H

#include "blemesh/base.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

#define BM_RECORD_VERSION 1u
#define BM_RECORD_SEQ_END 0x1000000u /* one more than the last sequence number */

/* There was none. */
#define BM_RECORD_HOURS_NONE 0xffffu
/* Above the longest rule on IV state times (192 h) nothing more needs to be counted. */
#define BM_RECORD_HOURS_MAX 1000u

/* BM_STORE_NET */
struct bm_net_record {
	uint16_t addr;
	uint8_t elements;
	bool iv_update;
	bool iv_unlimited; /* MshPRT 3.11.5: the others may be in this state for longer */
	uint32_t iv_index;
	uint16_t iv_hours;        /* in this IV state so far, while powered */
	uint16_t recovered_hours; /* since the last IV Index Recovery; BM_RECORD_HOURS_NONE: none */
	uint8_t dev_key[BM_KEY_LEN];
};
#define BM_RECORD_NET_LEN (13u + BM_KEY_LEN)
void bm_record_put_net(struct bm_writer *w, const struct bm_net_record *record);
BM_MUST_USE enum bm_err bm_record_read_net(const uint8_t *octets, size_t len, struct bm_net_record *record);

/* BM_STORE_SEQ */
struct bm_seq_record {
	uint32_t reserved; /* the first number that may not have been used yet */
	uint32_t iv_index; /* that it was reserved under */
};
#define BM_RECORD_SEQ_LEN 9u
void bm_record_put_seq(struct bm_writer *w, const struct bm_seq_record *record);
BM_MUST_USE enum bm_err bm_record_read_seq(const uint8_t *octets, size_t len, struct bm_seq_record *record);

/* BM_STORE_RPL */
struct bm_rpl_record {
	uint32_t iv_index;
	uint32_t seq;
	uint32_t segmented_next;
};
#define BM_RECORD_RPL_LEN 12u
void bm_record_put_rpl(struct bm_writer *w, const struct bm_rpl_record *record);
BM_MUST_USE enum bm_err bm_record_read_rpl(const uint8_t *octets, size_t len, struct bm_rpl_record *record);

/* BM_STORE_SOLICITATION */
struct bm_sseq_record {
	uint32_t next; /* of a client: one more than was believed; our own: the first that may not have been used yet */
};
#define BM_RECORD_SSEQ_LEN 5u
void bm_record_put_sseq(struct bm_writer *w, const struct bm_sseq_record *record);
BM_MUST_USE enum bm_err bm_record_read_sseq(const uint8_t *octets, size_t len, struct bm_sseq_record *record);

/* BM_STORE_SUBNET and BM_STORE_APP_KEY: the key in use and the one of a Key Refresh under way. */
struct bm_keys_record {
	uint8_t phase;    /* of a subnet; 0 for an AppKey */
	uint16_t net_idx; /* of an AppKey; 0 for a subnet */
	bool held[2];
	uint8_t keys[2][BM_KEY_LEN];
};
#define BM_RECORD_KEYS_LEN (5u + 2 * BM_KEY_LEN)
void bm_record_put_keys(struct bm_writer *w, const struct bm_keys_record *record);
/* A subnet in phase 0 holds key 0 alone, in phase 1 both, in phase 2 key 1 at least. */
BM_MUST_USE enum bm_err bm_record_read_subnet(const uint8_t *octets, size_t len, struct bm_keys_record *record);
BM_MUST_USE enum bm_err bm_record_read_app_key(const uint8_t *octets, size_t len, struct bm_keys_record *record);

/* BM_STORE_DEVICE */
struct bm_device_record {
	uint8_t elements;
	uint8_t key[BM_KEY_LEN];
};
#define BM_RECORD_DEVICE_LEN (2u + BM_KEY_LEN)
void bm_record_put_device(struct bm_writer *w, const struct bm_device_record *record);
BM_MUST_USE enum bm_err bm_record_read_device(const uint8_t *octets, size_t len, struct bm_device_record *record);

/* Whose record it is, whatever its place in the composition. Begins BM_STORE_MODEL and BM_STORE_STATE. */
struct bm_model_place {
	uint8_t element;
	struct bm_model_id id;
};
#define BM_RECORD_PLACE_LEN 7u
void bm_record_put_place(struct bm_writer *w, const struct bm_model_place *place);
BM_MUST_USE enum bm_err bm_record_read_place(struct bm_reader *r, struct bm_model_place *place);

/* BM_STORE_MODEL: place, publication, then binding_count bindings, then subscription_count subscriptions. */
struct bm_model_record {
	struct bm_model_place place;
	struct bm_publication publication; /* addr BM_ADDR_UNASSIGNED: none; label_slot means nothing */
	const uint8_t *label;              /* of a virtual publication address; lies in the record */
	uint8_t binding_count, subscription_count;
	struct bm_reader bindings, subscriptions; /* for the functions below */
};
struct bm_subscription_record {
	uint16_t addr;
	const uint8_t *label; /* of a virtual address, else NULL */
};
/* The longest record with so many bindings and subscriptions. */
#define BM_RECORD_MODEL_LEN(bindings, subscriptions) \
	(BM_RECORD_PLACE_LEN + 10u + BM_UUID_LEN + 2u * (bindings) + (2u + BM_UUID_LEN) * (subscriptions))
/* All but the lists: the counts given have to follow, bindings first. */
void bm_record_put_model(struct bm_writer *w, const struct bm_model_record *record);
void bm_record_put_subscription(struct bm_writer *w, uint16_t addr, const uint8_t *label);
BM_MUST_USE enum bm_err bm_record_read_model(const uint8_t *octets, size_t len, struct bm_model_record *record);
/* Call them as often as the counts say. */
uint16_t bm_record_next_binding(struct bm_model_record *record);
struct bm_subscription_record bm_record_next_subscription(struct bm_model_record *record);

/* BM_STORE_CONFIG, index BM_STORED_STATES */
struct bm_states_record {
	bool beacon, relay, gatt_proxy, friend_feature;
	uint8_t relay_retransmit, network_transmit, default_ttl;
};
#define BM_RECORD_STATES_LEN 5u
void bm_record_put_states(struct bm_writer *w, const struct bm_states_record *record);
BM_MUST_USE enum bm_err bm_record_read_states(const uint8_t *octets, size_t len, struct bm_states_record *record);

/* BM_STORE_CONFIG, index BM_STORED_HEARTBEAT */
struct bm_heartbeat_record {
	uint16_t dst, features, net_idx;
	uint8_t count_log, period_log, ttl;
};
#define BM_RECORD_HEARTBEAT_LEN 10u
void bm_record_put_heartbeat(struct bm_writer *w, const struct bm_heartbeat_record *record);
BM_MUST_USE enum bm_err bm_record_read_heartbeat(const uint8_t *octets, size_t len, struct bm_heartbeat_record *record);

/* BM_STORE_CONFIG, index BM_STORED_PRIVATE_BEACON */
struct bm_private_beacon_record {
	bool on;
	uint8_t interval_steps;
};
#define BM_RECORD_PRIVATE_BEACON_LEN 3u
void bm_record_put_private_beacon(struct bm_writer *w, const struct bm_private_beacon_record *record);
BM_MUST_USE enum bm_err bm_record_read_private_beacon(const uint8_t *octets, size_t len,
						      struct bm_private_beacon_record *record);

/* BM_STORE_CONFIG, index BM_STORED_LPN_COUNTER: the last LPNCounter that may have been used. */
#define BM_RECORD_LPN_COUNTER_LEN 3u
void bm_record_put_lpn_counter(struct bm_writer *w, uint16_t last);
BM_MUST_USE enum bm_err bm_record_read_lpn_counter(const uint8_t *octets, size_t len, uint16_t *last);

/* The version octet: BM_ERR_TOO_SHORT without one, BM_ERR_NOT_SUPPORTED if it is not ours. */
BM_MUST_USE enum bm_err bm_record_begin(struct bm_reader *r, const uint8_t *octets, size_t len);

#endif
