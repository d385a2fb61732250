/*
 * The lower and upper transport layers (MshPRT 3.5, 3.6): segmentation and reassembly with the SAR Transmitter and SAR
 * Receiver states of Mesh 1.1, acknowledgments, encryption with application and device keys, control messages, replay
 * protection (transport checks it: segmented messages go by their SeqAuth).
 */
#ifndef BM_TRANSPORT_TRANSPORT_H
#define BM_TRANSPORT_TRANSPORT_H

#include "base/arena.h"
#include "base/env.h"
#include "net/net.h"
#include "pdu/lower_transport.h"
#include "transport/heartbeat.h"
#include "transport/keys.h"
#include "transport/label.h"

/* An access message, decrypted. payload is valid during the call. */
struct bm_transport_rx {
	bool segmented;
	uint8_t ttl;
	uint16_t net_idx;
	uint16_t src;
	uint16_t dst;
	uint32_t seq;
	uint32_t iv_index;
	enum bm_cred_kind cred;
	bool new_key; /* secured with the subnet's new NetKey during a Key Refresh */
	int8_t rssi;
	uint16_t app_idx;     /* or BM_APP_IDX_DEV_* */
	const uint8_t *label; /* when dst is virtual */
};

/* A Lower Transport PDU for a low power node of ours. octets are valid during the call. */
struct bm_transport_kept {
	bool ctl;
	uint8_t ttl; /* as received */
	uint16_t net_idx;
	uint16_t src;
	uint16_t dst;
	uint32_t seq;
	uint32_t iv_index;
	bool local;        /* ours */
	uint32_t seq_auth; /* of its message */
	const uint8_t *octets;
	size_t len;
};

struct bm_transport_tx {
	uint16_t src; /* the sending element's address */
	uint16_t dst;
	const uint8_t *label;
	uint16_t net_idx; /* device keys only: the subnet; an application key is bound to its own */
	uint16_t app_idx;
	uint8_t ttl; /* 0, 2 … 127 */
	bool segmented;
	bool long_mic;
	bool answer; /* nobody answers it in turn */
	enum bm_cred_kind cred;
	void (*done)(void *ctx, enum bm_err result, bm_time now);
	void *done_ctx;
};

struct bm_transport_upper {
	void *ctx;
	void (*access)(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len);
	/* A control message other than a Segment Acknowledgment; rx->app_idx means nothing. May be NULL. False if its
	 * opcode is unknown there. */
	bool (*control)(void *ctx, const struct bm_transport_rx *rx, uint8_t opcode, const uint8_t *params, size_t len);
	/* Friend (MshPRT 3.5.5): PDUs of one message, checked against replays; a segmented message comes whole, by
	 * calls one after the other, the first of which tells how many there are (0: goes on). May be NULL. */
	void (*keep)(void *ctx, const struct bm_transport_kept *pdu, uint8_t count);
	/* Friend: whether a message of this many segments for dst would be kept whole. NULL: yes. */
	bool (*keeps_segments)(void *ctx, uint16_t dst, uint8_t count);
	/* An access message of ours goes out. May be NULL. */
	void (*sent)(void *ctx, uint16_t dst);
};

/* SAR Transmitter and SAR Receiver states (MshPRT 4.2.29, 4.2.30), as their fields. */
struct bm_sar_states {
	uint8_t segment_interval_step;
	uint8_t unicast_retransmissions;
	uint8_t unicast_retransmissions_without_progress;
	uint8_t unicast_retransmissions_interval_step;
	uint8_t unicast_retransmissions_interval_increment;
	uint8_t multicast_retransmissions;
	uint8_t multicast_retransmissions_interval_step;
	uint8_t segments_threshold;
	uint8_t acknowledgment_delay_increment;
	uint8_t discard_timeout;
	uint8_t receiver_segment_interval_step;
	uint8_t acknowledgment_retransmissions;
};
#define BM_SAR_STATES_DEFAULT                      \
	{                                          \
		5, 2, 2, 7, 1, 2, 9, 3, 1, 1, 5, 0 \
	}

struct bm_sar_out; /* transport/transport_state.h */
struct bm_sar_in;
struct bm_sar_recent;
struct bm_transport_done;

/* The members are this floor's own; the floors above use the functions, of which those that only look one up are in
 * line. */
struct bm_transport {
	uint8_t default_ttl;
	bool resetting;
	uint8_t out_count;
	uint8_t in_count;
	uint8_t done_max;
	uint8_t done_first;
	uint8_t done_count;
	uint8_t segments; /* of the longest message */
	struct bm_sar_states sar;
	uint16_t recent_max;
	uint16_t recent_next;
	struct bm_env *env;
	struct bm_net *net;
	struct bm_sar_out *out;
	struct bm_sar_in *in;
	/* a ring of messages that were over lately, whose segments may be sent again */
	struct bm_sar_recent *recent;
	/* a ring of unsegmented messages whose sender waits to be told that they are out */
	struct bm_transport_done *done;
	uint8_t *plain;    /* an access payload during its upcall */
	uint16_t *in_seqs; /* of a friend's */
	uint8_t *octets;   /* of the messages under way */
	uint32_t out_order;
	struct bm_transport_upper upper;
	struct bm_app_keys app_keys;
	struct bm_labels labels;
	struct bm_heartbeats heartbeats;
	struct bm_dev_keys dev_keys;
	struct bm_timer recent_timer;
	struct bm_timer done_timer;
};

/* Segments of the longest segmented message. */
static inline size_t bm_limits_segments(const struct bm_limits *limits)
{
	return limits->segments ? limits->segments : BM_SEGMENTS_MAX;
}

void bm_transport_carve(struct bm_transport *transport, const struct bm_limits *limits, struct bm_arena *arena);
void bm_transport_init(struct bm_transport *transport, struct bm_env *env, const struct bm_limits *limits,
		       struct bm_net *net, const struct bm_transport_upper *upper);
/* Cancels all that is in flight (done: BM_ERR_CANCELLED); wipes keys, labels and buffers; SAR states are as at first.
 */
void bm_transport_reset(struct bm_transport *transport);

/* For bm_net_upper. */
void bm_transport_receive(struct bm_transport *transport, const struct bm_net_rx *rx);
bool bm_transport_busy(const struct bm_transport *transport);

/* Sends an access message; payload: opcode and parameters, copied. Errors as bm_model_send (model.h). */
BM_MUST_USE enum bm_err bm_transport_send(struct bm_transport *transport, const struct bm_transport_tx *tx,
					  const uint8_t *payload, size_t len);

/* Sends a control message, segmented if tx->segmented or longer than 11 octets (up to 256). Of tx, label, app_idx and
 * long_mic mean nothing. opcode: 1 … 0x7f. */
BM_MUST_USE enum bm_err bm_transport_send_control(struct bm_transport *transport, const struct bm_transport_tx *tx,
						  uint8_t opcode, const uint8_t *params, size_t len);

/*
 * A kept PDU that we sent ourselves gets the newest sequence number, and is encrypted anew where that asks for it. What
 * a friend says meanwhile has newer ones than what waited in the queue, and the low power node takes nothing older. out
 * holds kept->len octets; may equal kept->octets. seq and iv_index of kept change with it. BM_ERR_NO_KEY and the errors
 * of bm_net_seq_take: nothing changed.
 */
BM_MUST_USE enum bm_err bm_transport_renumber(struct bm_transport *transport, struct bm_transport_kept *kept,
					      uint8_t *out);

/* The Default TTL state, for Segment Acknowledgments (MshPRT 3.5.3.4); BM_TTL_MAX until it is told. */
static inline void bm_transport_set_default_ttl(struct bm_transport *transport, uint8_t ttl)
{
	transport->default_ttl = ttl;
}

static inline struct bm_app_keys *bm_transport_app_keys(struct bm_transport *transport)
{
	return &transport->app_keys;
}
/* One of them, or NULL. */
static inline struct bm_app_key *bm_transport_app_key(struct bm_transport *transport, uint16_t app_idx)
{
	return bm_app_key_find(&transport->app_keys, app_idx);
}
static inline struct bm_dev_keys *bm_transport_dev_keys(struct bm_transport *transport)
{
	return &transport->dev_keys;
}
static inline struct bm_labels *bm_transport_labels(struct bm_transport *transport)
{
	return &transport->labels;
}
static inline struct bm_sar_states *bm_transport_sar(struct bm_transport *transport)
{
	return &transport->sar;
}
static inline struct bm_heartbeats *bm_heartbeats_of(struct bm_transport *transport)
{
	return &transport->heartbeats;
}

#endif
