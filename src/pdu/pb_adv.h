/*
 * PB-ADV PDUs: link, transaction number and one Generic Provisioning PDU (MshPRT 5.2.1, 5.3.1). Pure: octets to struct
 * and back, and the frame check sequence over a provisioning PDU.
 */
#ifndef BM_PDU_PB_ADV_H
#define BM_PDU_PB_ADV_H

#include "blemesh/base.h"
#include "blemesh/err.h"

#define BM_PB_ADV_MAX 29u               /* the payload of a PB-ADV AD structure */
#define BM_PB_ADV_START_DATA 20u        /* octets of a provisioning PDU in Transaction Start */
#define BM_PB_ADV_CONTINUATION_DATA 23u /* and in each Transaction Continuation */
#define BM_PB_ADV_SEG_MAX 63u

/* Generic Provisioning Control Format: the two low bits of the first octet. */
enum bm_gpcf { BM_GP_START = 0, BM_GP_ACK = 1, BM_GP_CONTINUATION = 2, BM_GP_CONTROL = 3 };

enum bm_bearer_opcode { BM_BEARER_LINK_OPEN = 0, BM_BEARER_LINK_ACK = 1, BM_BEARER_LINK_CLOSE = 2 };

struct bm_pb_adv {
	uint32_t link_id;
	uint8_t transaction;
	enum bm_gpcf gpcf;
	/* Start: SegN, TotalLength, FCS. Continuation: SegmentIndex. */
	uint8_t seg_n;
	uint16_t total_len;
	uint8_t fcs;
	uint8_t seg_index;
	/* Start, Continuation: where they lie in the octets decoded. */
	const uint8_t *data;
	uint8_t data_len;
	/* Bearer Control. */
	enum bm_bearer_opcode opcode;
	const uint8_t *uuid; /* Link Open: 16 octets */
	uint8_t reason;      /* Link Close */
};

/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_PROHIBITED. Whether a segment fits its transaction is not looked at. */
BM_MUST_USE enum bm_err bm_pb_adv_decode(struct bm_pb_adv *pdu, const uint8_t *octets, size_t len);
/* BM_ERR_NO_SPACE. */
BM_MUST_USE enum bm_err bm_pb_adv_encode(const struct bm_pb_adv *pdu, uint8_t *out, size_t capacity, size_t *len);

/* The last segment's index of a provisioning PDU of this length. */
uint8_t bm_pb_adv_seg_n(size_t total_len);
/* Where segment index stands in a provisioning PDU, and how many octets it has there; 0 if beyond its end. */
size_t bm_pb_adv_seg_offset(uint8_t index);
uint8_t bm_pb_adv_seg_len(size_t total_len, uint8_t index);

/* MshPRT 5.3.3: the CRC of 3GPP TS 27.010 over the whole provisioning PDU. */
uint8_t bm_pb_adv_fcs(const uint8_t *octets, size_t len);

#endif
