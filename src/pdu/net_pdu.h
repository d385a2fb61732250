/*
 * The Network PDU (MshPRT 3.4.4): its header in clear, its limits. Encryption and obfuscation are net/security.h's.
 */
#ifndef BM_PDU_NET_PDU_H
#define BM_PDU_NET_PDU_H

#include "blemesh/base.h"
#include "blemesh/err.h"

/* IVI and NID; CTL, TTL, SEQ and SRC (obfuscated on the air); DST (encrypted on the air). */
#define BM_NET_HEADER_LEN 9u
#define BM_NET_PDU_MAX 29u
/* An octet of Transport PDU and a 32-bit NetMIC. */
#define BM_NET_PDU_MIN (BM_NET_HEADER_LEN + 1u + 4u)
#define BM_NET_TRANSPORT_MAX 16u     /* Transport PDU of an access message */
#define BM_NET_TRANSPORT_CTL_MAX 12u /* … of a control message */
#define BM_SEQ_MAX 0xffffffu

struct bm_net_header {
	uint8_t ivi;
	uint8_t nid;
	bool ctl;
	uint8_t ttl;
	uint32_t seq;
	uint16_t src;
	uint16_t dst;
};

/* Octets of the NetMIC (MshPRT 3.4.4.8). */
static inline size_t bm_net_mic_len(bool ctl)
{
	return ctl ? 8 : 4;
}

/* Reads the header in clear; octets may go on behind it. BM_ERR_TOO_SHORT. Addresses are not judged here. */
BM_MUST_USE enum bm_err bm_net_header_decode(const uint8_t *octets, size_t len, struct bm_net_header *header);
/* BM_ERR_INVALID if a member exceeds its field. */
BM_MUST_USE enum bm_err bm_net_header_encode(const struct bm_net_header *header, uint8_t out[BM_NET_HEADER_LEN]);

/* May these addresses stand in a Network PDU (MshPRT 3.4.3)? SRC is unicast, DST is assigned, and no control message
 * goes to a virtual address. */
static inline bool bm_net_addresses_valid(bool ctl, uint16_t src, uint16_t dst)
{
	return bm_addr_is_unicast(src) && dst != BM_ADDR_UNASSIGNED && !(ctl && bm_addr_is_virtual(dst));
}

#endif
