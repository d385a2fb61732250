/*
 * What the files of the transport floor share, and the members of what struct bm_transport points to. For this floor,
 * the node and its tests alone.
 */
#ifndef BM_TRANSPORT_TRANSPORT_STATE_H
#define BM_TRANSPORT_TRANSPORT_STATE_H

#include "pdu/control.h"
#include "pdu/lower_transport.h"
#include "transport/transport.h"

/* Octets at bm_transport.plain at least: it holds a whole access payload, and a node that is not provisioned yet has
 * other use for them. */
#define BM_TRANSPORT_PLAIN_MIN (400u + 3 * sizeof(void *))

enum bm_sar_out_state {
	BM_SAR_OUT_FREE,
	BM_SAR_OUT_QUEUED,  /* another message to this destination is in flight */
	BM_SAR_OUT_SENDING, /* a segment each segment interval */
	BM_SAR_OUT_WAITING, /* for the acknowledgment, or for the next round to a group */
};

struct bm_sar_out {
	enum bm_sar_out_state state;
	bool ctl;
	uint8_t opcode;  /* control */
	bool akf;        /* access */
	uint8_t aid;     /* access */
	bool first_sent; /* the first segment went out under SeqAuth itself */
	uint8_t seg_n;
	uint8_t retransmissions; /* remaining */
	uint8_t without_progress;
	uint16_t net_idx;
	uint16_t len;
	uint16_t ack_src; /* who acknowledged first: its destination or a friend; BM_ADDR_UNASSIGNED: nobody yet */
	struct bm_transport_tx tx; /* label points to the member below */
	uint32_t order;            /* of queueing */
	uint32_t seq_auth;
	uint32_t iv_index;
	uint32_t pending; /* segments of this round still to be sent */
	uint32_t acked;
	struct bm_transport *transport;
	uint8_t *octets; /* queued: the payload; then the Upper Transport PDU */
	struct bm_timer timer;
	uint8_t label[BM_UUID_LEN];
};

struct bm_sar_in {
	bool used;
	uint8_t acks_left;
	uint8_t last_len; /* of the last segment */
	struct bm_lower_pdu first;
	struct bm_net_rx rx; /* of the latest segment; transport_pdu means nothing */
	struct bm_transport *transport;
	uint32_t seq_auth;
	uint32_t block;
	uint16_t *seqs; /* of each segment, from SeqAuth on; NULL in a node that is nobody's friend */
	uint8_t *octets;
	struct bm_timer ack_timer;
	struct bm_timer discard_timer;
};

/* A message that was completed, discarded, or refused for want of a context. */
struct bm_sar_recent {
	bool obo;
	uint8_t ttl;
	uint16_t net_idx;
	uint16_t src; /* BM_ADDR_UNASSIGNED: free */
	uint16_t dst;
	uint32_t seq_auth;
	uint32_t iv_index;
	uint8_t seg_n;
	uint8_t acks_left;
	bool discarded;
	uint32_t acked; /* when: the low bits of the time in microseconds */
};

struct bm_transport_done {
	void (*done)(void *ctx, enum bm_err result, bm_time now);
	void *ctx;
};

/* Octets that each of its messages under way may have. */
static inline size_t bm_sar_octets(const struct bm_transport *transport)
{
	return transport->segments * (size_t)BM_SEGMENT_ACCESS_MAX;
}

/* An Upper Transport Access PDU with what its nonce and key choice need. */
struct bm_upper_pdu {
	bool akf;
	uint8_t aid;
	bool aszmic;
	bool segmented;
	uint32_t seq; /* SeqAuth's for a segmented one */
	const uint8_t *octets;
	size_t len;
};

/* The key a message goes out with. Hold it still; wipe it with bm_upper_key_wipe. */
struct bm_upper_key {
	const struct bm_aes *aes;
	bool akf;
	uint8_t aid;
	uint16_t net_idx;
	struct bm_aes remote; /* a device key's schedule, made for the occasion */
};

/* upper.c */
BM_MUST_USE enum bm_err bm_upper_key_choose(struct bm_transport *transport, const struct bm_transport_tx *tx,
					    struct bm_upper_key *key);
void bm_upper_key_wipe(struct bm_upper_key *key);
/* in may equal out; out gets len octets and the TransMIC. */
void bm_upper_encrypt(const struct bm_upper_key *key, const struct bm_transport_tx *tx, bool aszmic, uint32_t seq,
		      uint32_t iv_index, const uint8_t *in, size_t len, uint8_t *out);
void bm_upper_receive(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_upper_pdu *pdu);
/* Encrypts an unsegmented access message of our own anew, for another sequence number. out: pdu->len octets. */
BM_MUST_USE enum bm_err bm_upper_renumber(struct bm_transport *transport, const struct bm_net_rx *rx,
					  const struct bm_upper_pdu *pdu, uint32_t seq, uint32_t iv_index, uint8_t *out,
					  uint8_t *aid);
void bm_upper_receive_control(struct bm_transport *transport, const struct bm_net_rx *rx, uint8_t opcode,
			      bool segmented, uint32_t seq, const uint8_t *params, size_t len);

/* transport.c: lets the replay list remember a message that was authenticated; errors as bm_rpl_accept. */
BM_MUST_USE enum bm_err bm_transport_note(struct bm_transport *transport, const struct bm_net_rx *rx, bool segmented,
					  uint32_t seq);
/* The same; false: it was dropped and counted. */
BM_MUST_USE bool bm_transport_admit(struct bm_transport *transport, const struct bm_net_rx *rx, bool segmented,
				    uint32_t seq);
/* Hands a message that a low power node of ours takes to its friend queue, once the replay list has taken note. */
void bm_transport_keep(struct bm_transport *transport, const struct bm_net_rx *rx);
void bm_transport_keep_segments(struct bm_transport *transport, const struct bm_sar_in *in);
/* Counts what bm_rpl_check… refused; a full list is an event too. */
void bm_transport_refuse(struct bm_transport *transport, const struct bm_net_rx *rx, enum bm_err err);

/* heartbeat.c */
void bm_heartbeat_receive(struct bm_transport *transport, const struct bm_transport_rx *rx, const uint8_t *params,
			  size_t len);

/* segment_out.c */
void bm_sar_out_init(struct bm_transport *transport);
BM_MUST_USE enum bm_err bm_sar_out_send(struct bm_transport *transport, const struct bm_transport_tx *tx,
					const struct bm_upper_key *key, bool ctl, uint8_t opcode,
					const uint8_t *payload, size_t len);
void bm_sar_out_ack(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_segment_ack *ack);
void bm_sar_out_cancel_all(struct bm_transport *transport);

/* segment_in.c */
void bm_sar_in_init(struct bm_transport *transport);
void bm_sar_in_receive(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_lower_pdu *pdu);
void bm_sar_in_clear(struct bm_transport *transport);

/* MshPRT 4.2.29, 4.2.30: steps of 10 and 25 ms, counted from one. */
static inline uint32_t bm_sar_step10_us(uint8_t step)
{
	return (step + 1u) * 10000u;
}
static inline uint32_t bm_sar_step25_us(uint8_t step)
{
	return (step + 1u) * 25000u;
}
static inline uint32_t bm_sar_all(uint8_t seg_n)
{
	return UINT32_MAX >> (31 - seg_n);
}

#endif
