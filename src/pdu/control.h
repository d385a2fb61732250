/*
 * Control messages: the Segment Acknowledgment of the lower transport layer (MshPRT 3.5.2.3.1) and the upper transport
 * layer's (MshPRT 3.6.5). Each codec takes and gives the parameters, the opcode being in the Lower Transport PDU.
 */
#ifndef BM_PDU_CONTROL_H
#define BM_PDU_CONTROL_H

#include "blemesh/base.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"

enum bm_control_opcode {
	BM_CTL_SEGMENT_ACK = 0x00,
	BM_CTL_FRIEND_POLL = 0x01,
	BM_CTL_FRIEND_UPDATE = 0x02,
	BM_CTL_FRIEND_REQUEST = 0x03,
	BM_CTL_FRIEND_OFFER = 0x04,
	BM_CTL_FRIEND_CLEAR = 0x05,
	BM_CTL_FRIEND_CLEAR_CONFIRM = 0x06,
	BM_CTL_FRIEND_LIST_ADD = 0x07,
	BM_CTL_FRIEND_LIST_REMOVE = 0x08,
	BM_CTL_FRIEND_LIST_CONFIRM = 0x09,
	BM_CTL_HEARTBEAT = 0x0a,
};

#define BM_SEGMENT_ACK_LEN 6u
#define BM_FRIEND_LIST_MAX 5u

struct bm_segment_ack {
	bool obo; /* on behalf of a low power node */
	uint16_t seq_zero;
	uint32_t block_ack; /* bit n: segment n was received; 0: refused */
};

struct bm_friend_poll {
	uint8_t fsn;
};

struct bm_friend_update {
	bool key_refresh;
	bool iv_update;
	uint32_t iv_index;
	uint8_t md; /* 1: more data waits */
};

struct bm_friend_request {
	uint8_t rssi_factor;
	uint8_t receive_window_factor;
	uint8_t min_queue_size_log; /* 1 … 7 */
	uint8_t receive_delay;      /* 0x0a … 0xff, milliseconds */
	uint32_t poll_timeout;      /* 0x00000a … 0x34bbff, steps of 100 ms */
	uint16_t previous_addr;     /* BM_ADDR_UNASSIGNED or unicast */
	uint8_t num_elements;       /* 1 … 255 */
	uint16_t lpn_counter;
};

struct bm_friend_offer {
	uint8_t receive_window; /* 1 … 255, milliseconds */
	uint8_t queue_size;
	uint8_t subscription_list_size;
	int8_t rssi; /* dBm; 127: not known */
	uint16_t friend_counter;
};

/* Friend Clear and Friend Clear Confirm. */
struct bm_friend_clear {
	uint16_t lpn_addr;
	uint16_t lpn_counter;
};

/* Friend Subscription List Add and Remove. */
struct bm_friend_list {
	uint8_t transaction;
	uint8_t count; /* 1 … 5 */
	uint16_t addrs[BM_FRIEND_LIST_MAX];
};

struct bm_friend_list_confirm {
	uint8_t transaction;
};

struct bm_heartbeat {
	uint8_t init_ttl;
	uint16_t features;
};

/* Each decoder: BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_PROHIBITED for a value the specification prohibits; RFU and
 * padding bits are ignored (padding is judged where it says "Padding"). Each encoder writes to a sticky cursor. */
BM_MUST_USE enum bm_err bm_segment_ack_decode(const uint8_t *params, size_t len, struct bm_segment_ack *ack);
void bm_segment_ack_put(struct bm_writer *w, const struct bm_segment_ack *ack);
BM_MUST_USE enum bm_err bm_friend_poll_decode(const uint8_t *params, size_t len, struct bm_friend_poll *poll);
void bm_friend_poll_put(struct bm_writer *w, const struct bm_friend_poll *poll);
BM_MUST_USE enum bm_err bm_friend_update_decode(const uint8_t *params, size_t len, struct bm_friend_update *update);
void bm_friend_update_put(struct bm_writer *w, const struct bm_friend_update *update);
BM_MUST_USE enum bm_err bm_friend_request_decode(const uint8_t *params, size_t len, struct bm_friend_request *request);
void bm_friend_request_put(struct bm_writer *w, const struct bm_friend_request *request);
BM_MUST_USE enum bm_err bm_friend_offer_decode(const uint8_t *params, size_t len, struct bm_friend_offer *offer);
void bm_friend_offer_put(struct bm_writer *w, const struct bm_friend_offer *offer);
BM_MUST_USE enum bm_err bm_friend_clear_decode(const uint8_t *params, size_t len, struct bm_friend_clear *clear);
void bm_friend_clear_put(struct bm_writer *w, const struct bm_friend_clear *clear);
BM_MUST_USE enum bm_err bm_friend_list_decode(const uint8_t *params, size_t len, struct bm_friend_list *list);
void bm_friend_list_put(struct bm_writer *w, const struct bm_friend_list *list);
BM_MUST_USE enum bm_err bm_friend_list_confirm_decode(const uint8_t *params, size_t len,
						      struct bm_friend_list_confirm *confirm);
void bm_friend_list_confirm_put(struct bm_writer *w, const struct bm_friend_list_confirm *confirm);
BM_MUST_USE enum bm_err bm_heartbeat_decode(const uint8_t *params, size_t len, struct bm_heartbeat *heartbeat);
void bm_heartbeat_put(struct bm_writer *w, const struct bm_heartbeat *heartbeat);

#endif
