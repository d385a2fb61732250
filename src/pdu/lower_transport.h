/*
 * Lower Transport PDUs (MshPRT 3.5.2): access and control, unsegmented and segmented.
 */
#ifndef BM_PDU_LOWER_TRANSPORT_H
#define BM_PDU_LOWER_TRANSPORT_H

#include "blemesh/base.h"
#include "blemesh/err.h"

#define BM_LOWER_PDU_MAX 16u
#define BM_UNSEGMENTED_ACCESS_MAX 15u /* Upper Transport Access PDU, TransMIC included */
#define BM_UNSEGMENTED_ACCESS_MIN 5u
#define BM_UNSEGMENTED_CONTROL_MAX 11u
#define BM_SEGMENT_ACCESS_MAX 12u
#define BM_SEGMENT_CONTROL_MAX 8u
#define BM_SEGMENTS_MAX 32u
#define BM_UPPER_ACCESS_MAX (BM_SEGMENTS_MAX * BM_SEGMENT_ACCESS_MAX)   /* 384 */
#define BM_UPPER_CONTROL_MAX (BM_SEGMENTS_MAX * BM_SEGMENT_CONTROL_MAX) /* 256 */
#define BM_SEQ_ZERO_MAX 0x1fffu

struct bm_lower_pdu {
	bool ctl; /* the CTL bit of the Network PDU that carries it: it decides the layout */
	bool seg;
	bool akf;       /* access: an application key (else a device key) */
	uint8_t aid;    /* access */
	uint8_t opcode; /* control */
	/* segmented only */
	bool szmic; /* access: 64-bit TransMIC */
	uint16_t seq_zero;
	uint8_t seg_o;
	uint8_t seg_n;
	/* the Upper Transport PDU, the control parameters, or a segment of either; points into the octets decoded */
	const uint8_t *payload;
	size_t len;
};

/* The longest segment of a message. Every segment but the last has this length. */
static inline size_t bm_segment_max(bool ctl)
{
	return ctl ? BM_SEGMENT_CONTROL_MAX : BM_SEGMENT_ACCESS_MAX;
}

/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG; BM_ERR_PROHIBITED: SegO above SegN, or a segmented control
 * message with opcode 0. RFU bits are ignored. */
BM_MUST_USE enum bm_err bm_lower_decode(bool ctl, const uint8_t *octets, size_t len, struct bm_lower_pdu *pdu);
/* BM_ERR_INVALID: a member exceeds its field; BM_ERR_NO_SPACE: out is too small. */
BM_MUST_USE enum bm_err bm_lower_encode(const struct bm_lower_pdu *pdu, uint8_t *out, size_t capacity, size_t *len);

#endif
