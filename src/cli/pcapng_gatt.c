/*
 * GATT links in captures: what the virtual air carries as frames of its own is written as a radio would carry it, so
 * that a dissector follows it: CONNECT_IND, then on the link's access address L2CAP and ATT. Discovery and the exchange
 * of the MTU, which the air does not carry, are written where they would have been.
 */
#include "cli/pcapng_state.h"

#include <string.h>

#include "blemesh/bytes.h"

#define CONNECT_IND 0xc5u
#define LLID_CONTINUATION 0x01u
#define LLID_START 0x02u
#define LL_PAYLOAD_MAX 251u
#define CID_ATT 0x0004u
#define ATT_MAX (BM_GATT_MTU_MAX + 4u)

#define ATT_MTU_REQUEST 0x02u
#define ATT_MTU_RESPONSE 0x03u
#define ATT_READ_BY_TYPE_REQUEST 0x08u
#define ATT_READ_BY_TYPE_RESPONSE 0x09u
#define ATT_WRITE_REQUEST 0x12u
#define ATT_WRITE_RESPONSE 0x13u
#define ATT_NOTIFICATION 0x1bu
#define ATT_WRITE_COMMAND 0x52u

#define UUID_CHARACTERISTIC 0x2803u
#define WRITE_WITHOUT_RESPONSE 0x04u
#define NOTIFY 0x10u
/* Handles as this air has them: the service's declaration, then its two characteristics. */
#define HANDLE_IN_DECLARATION 0x0011u
#define HANDLE_IN 0x0012u
#define HANDLE_OUT_DECLARATION 0x0013u
#define HANDLE_OUT 0x0014u
#define HANDLE_OUT_CCCD 0x0015u

static void write_att(struct bm_pcapng *pcapng, uint32_t link, enum bm_gatt_role to, const struct bm_writer *att,
		      bm_time now)
{
	uint8_t l2cap[4 + ATT_MAX];
	size_t len, total, at = 0;
	if (bm_writer_finish(att, &len))
		return;
	struct bm_writer w = bm_writer_of(l2cap, sizeof l2cap);
	bm_put_le16(&w, (uint16_t)len);
	bm_put_le16(&w, CID_ATT);
	bm_put_octets(&w, att->start, len);
	if (bm_writer_finish(&w, &total))
		return;
	while (at < total) {
		const size_t piece = total - at < LL_PAYLOAD_MAX ? total - at : LL_PAYLOAD_MAX;
		uint8_t pdu[2 + LL_PAYLOAD_MAX] = {at ? LLID_CONTINUATION : LLID_START, (uint8_t)piece};
		memcpy(pdu + 2, l2cap + at, piece);
		bm_pcapng_link_pdu(pcapng, link, to == BM_GATT_SERVER ? BM_PCAPNG_TO_SERVER : BM_PCAPNG_TO_CLIENT, pdu,
				   2 + piece, now);
		at += piece;
	}
}

static void put_addr(struct bm_writer *w, const uint8_t *addr)
{
	for (size_t i = 6; addr && i-- > 0;)
		bm_put_u8(w, addr[i]);
}

static void write_connect(struct bm_pcapng *pcapng, uint32_t link, struct bm_reader *r, bm_time now)
{
	uint8_t pdu[2 + 34];
	struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
	bm_put_u8(&w, CONNECT_IND);
	bm_put_u8(&w, 34);
	put_addr(&w, bm_read_octets(r, 6));
	put_addr(&w, bm_read_octets(r, 6));
	bm_put_le32(&w, link);
	bm_put_le24(&w, 0x555555); /* the CRC begins as that of advertising */
	bm_put_u8(&w, 2);          /* transmit window: size, offset */
	bm_put_le16(&w, 1);
	bm_put_le16(&w, 12);  /* connection interval, 15 ms */
	bm_put_le16(&w, 0);   /* peripheral latency */
	bm_put_le16(&w, 400); /* supervision time-out, 4 s */
	bm_put_le32(&w, 0xffffffff);
	bm_put_u8(&w, 0x1f); /* all data channels */
	bm_put_u8(&w, 5);    /* hop */
	size_t len;
	if (bm_writer_finish(&w, &len) == BM_OK && !r->failed)
		bm_pcapng_link_pdu(pcapng, BM_PCAPNG_ADVERTISING, BM_PCAPNG_TO_ALL, pdu, len, now);
}

static void write_mtu(struct bm_pcapng *pcapng, uint32_t link, enum bm_gatt_role to, uint8_t opcode, uint16_t mtu,
		      bm_time now)
{
	uint8_t att[8];
	struct bm_writer w = bm_writer_of(att, sizeof att);
	bm_put_u8(&w, opcode);
	bm_put_le16(&w, mtu);
	write_att(pcapng, link, to, &w, now);
}

static void write_discovery(struct bm_pcapng *pcapng, uint32_t link, uint16_t service, bm_time now)
{
	const uint16_t in = service == BM_GATT_PROXY ? 0x2add : 0x2adb;
	uint8_t att[24];
	struct bm_writer w = bm_writer_of(att, sizeof att);
	bm_put_u8(&w, ATT_READ_BY_TYPE_REQUEST);
	bm_put_le16(&w, 0x0001);
	bm_put_le16(&w, 0xffff);
	bm_put_le16(&w, UUID_CHARACTERISTIC);
	write_att(pcapng, link, BM_GATT_SERVER, &w, now);
	w = bm_writer_of(att, sizeof att);
	bm_put_u8(&w, ATT_READ_BY_TYPE_RESPONSE);
	bm_put_u8(&w, 7); /* octets of each declaration */
	bm_put_le16(&w, HANDLE_IN_DECLARATION);
	bm_put_u8(&w, WRITE_WITHOUT_RESPONSE);
	bm_put_le16(&w, HANDLE_IN);
	bm_put_le16(&w, in);
	bm_put_le16(&w, HANDLE_OUT_DECLARATION);
	bm_put_u8(&w, NOTIFY);
	bm_put_le16(&w, HANDLE_OUT);
	bm_put_le16(&w, (uint16_t)(in + 1));
	write_att(pcapng, link, BM_GATT_CLIENT, &w, now);
}

static void write_subscribe(struct bm_pcapng *pcapng, uint32_t link, bm_time now)
{
	uint8_t att[8];
	struct bm_writer w = bm_writer_of(att, sizeof att);
	bm_put_u8(&w, ATT_WRITE_REQUEST);
	bm_put_le16(&w, HANDLE_OUT_CCCD);
	bm_put_le16(&w, 0x0001);
	write_att(pcapng, link, BM_GATT_SERVER, &w, now);
	w = bm_writer_of(att, sizeof att);
	bm_put_u8(&w, ATT_WRITE_RESPONSE);
	write_att(pcapng, link, BM_GATT_CLIENT, &w, now);
}

void bm_pcapng_gatt(struct bm_pcapng *pcapng, const struct bm_frame *frame, bm_time now)
{
	struct bm_reader r = bm_reader_of(frame->octets, frame->len);
	const uint8_t type = bm_read_u8(&r);
	const uint32_t link = bm_read_be32(&r);
	const enum bm_gatt_role to = (enum bm_gatt_role)bm_read_u8(&r);
	(void)bm_read_be16(&r);
	uint8_t att[ATT_MAX];
	struct bm_writer w = bm_writer_of(att, sizeof att);
	uint16_t service, mtu;
	switch (type) {
	case BM_GATT_FRAME_CONNECT:
		write_connect(pcapng, link, &r, now);
		break;
	case BM_GATT_FRAME_ACCEPT:
		service = bm_read_be16(&r);
		mtu = bm_read_be16(&r);
		write_mtu(pcapng, link, BM_GATT_SERVER, ATT_MTU_REQUEST, mtu, now);
		write_mtu(pcapng, link, BM_GATT_CLIENT, ATT_MTU_RESPONSE, mtu, now);
		write_discovery(pcapng, link, service, now);
		break;
	case BM_GATT_FRAME_SUBSCRIBE:
		write_subscribe(pcapng, link, now);
		break;
	case BM_GATT_FRAME_DATA:
		bm_put_u8(&w, to == BM_GATT_SERVER ? ATT_WRITE_COMMAND : ATT_NOTIFICATION);
		bm_put_le16(&w, to == BM_GATT_SERVER ? HANDLE_IN : HANDLE_OUT);
		bm_put_octets(&w, r.at, bm_reader_left(&r));
		write_att(pcapng, link, to, &w, now);
		break;
	default:
		break; /* what keeps a link up and ends it is below ATT */
	}
}
