/*
 * The Attribute Protocol's middle: requests and commands are the server's, all else the client's. Both sides are on
 * every link, as the peer may ask what we are though we connected to it.
 */
#include "host/att.h"

#define CID_ATT 0x0004u
/* Kept free of the node's data, for answers. */
#define ANSWER_ROOM (BM_HOST_SDU_MAX + 2u)

void bm_host_att_send(struct bm_host *host, struct bm_host_link *link, const struct bm_writer *pdu, bm_time now)
{
	if (bm_host_l2cap_send(host, link, CID_ATT, pdu->start, bm_writer_len(pdu)) == BM_ERR_BUSY) {
		host->stats.hostile++;
		bm_host_link_drop(host, link, now);
	}
}

uint16_t bm_host_att_mtu(uint16_t peers)
{
	return (uint16_t)(peers < BM_GATT_MTU_MIN   ? BM_GATT_MTU_MIN
			  : peers > BM_GATT_MTU_MAX ? BM_GATT_MTU_MAX
						    : peers);
}

enum bm_err bm_host_att_value(struct bm_host *host, struct bm_host_link *link, const uint8_t *octets, size_t len)
{
	uint8_t pdu[BM_GATT_MTU_MAX];
	struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
	if (link->role == BM_GATT_SERVER && !link->subscribed)
		return BM_ERR_STATE;
	if (bm_host_queue_room(link) < len + 3 + ANSWER_ROOM)
		return BM_ERR_BUSY;
	bm_put_u8(&w, link->role == BM_GATT_SERVER ? BM_ATT_NOTIFICATION : BM_ATT_WRITE_COMMAND);
	bm_put_le16(&w, link->role == BM_GATT_SERVER ? bm_host_server_data_out(link->service) : link->data_in);
	bm_put_octets(&w, octets, len);
	return bm_host_l2cap_send(host, link, CID_ATT, pdu, bm_writer_len(&w));
}

static bool is_for_client(uint8_t opcode)
{
	switch (opcode) {
	case BM_ATT_ERROR:
	case BM_ATT_MTU_RESPONSE:
	case BM_ATT_FIND_INFORMATION_RESPONSE:
	case BM_ATT_FIND_BY_VALUE_RESPONSE:
	case BM_ATT_READ_BY_TYPE_RESPONSE:
	case BM_ATT_READ_RESPONSE:
	case BM_ATT_READ_BLOB_RESPONSE:
	case BM_ATT_READ_BY_GROUP_RESPONSE:
	case BM_ATT_WRITE_RESPONSE:
	case BM_ATT_NOTIFICATION:
	case BM_ATT_INDICATION:
		return true;
	default:
		return false;
	}
}

void bm_host_att_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len, bm_time now)
{
	if (len == 0)
		return;
	link->heard = now;
	if (len > link->mtu) {
		/* Core Vol 3 Part F 3.2.9: nobody may send more than what was agreed on. */
		host->stats.hostile++;
		bm_host_link_drop(host, link, now);
		return;
	}
	if (is_for_client(pdu[0]))
		bm_host_client_received(host, link, pdu, len, now);
	else if (pdu[0] != BM_ATT_CONFIRMATION)
		bm_host_server_received(host, link, pdu, len, now);
}
