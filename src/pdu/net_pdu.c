/*
 * The Network PDU's header in clear.
 */
#include "pdu/net_pdu.h"

#include "blemesh/bytes.h"

enum bm_err bm_net_header_decode(const uint8_t *octets, size_t len, struct bm_net_header *header)
{
	/* Octets behind the header are the caller's: a length check once, then straight loads (this is the hot path).
	 */
	if (len < BM_NET_HEADER_LEN)
		return BM_ERR_TOO_SHORT;
	const uint8_t *o = octets;
	*header = (struct bm_net_header){
		.ivi = o[0] >> 7,
		.nid = o[0] & 0x7f,
		.ctl = o[1] >> 7,
		.ttl = o[1] & 0x7f,
		.seq = (uint32_t)o[2] << 16 | (uint32_t)o[3] << 8 | o[4],
		.src = (uint16_t)(o[5] << 8 | o[6]),
		.dst = (uint16_t)(o[7] << 8 | o[8]),
	};
	return BM_OK;
}

enum bm_err bm_net_header_encode(const struct bm_net_header *header, uint8_t out[BM_NET_HEADER_LEN])
{
	if (header->ivi > 1 || header->nid > 0x7f || header->ttl > BM_TTL_MAX || header->seq > BM_SEQ_MAX)
		return BM_ERR_INVALID;
	out[0] = (uint8_t)(header->ivi << 7 | header->nid);
	out[1] = (uint8_t)(header->ctl << 7 | header->ttl);
	out[2] = (uint8_t)(header->seq >> 16);
	out[3] = (uint8_t)(header->seq >> 8);
	out[4] = (uint8_t)header->seq;
	out[5] = (uint8_t)(header->src >> 8);
	out[6] = (uint8_t)header->src;
	out[7] = (uint8_t)(header->dst >> 8);
	out[8] = (uint8_t)header->dst;
	return BM_OK;
}
