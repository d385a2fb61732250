/*
 * The fixed L2CAP channels of an LE link (Bluetooth Core Vol 3 Part A 2.1): ATT, signalling, and the Security Manager,
 * which refuses to pair: mesh has its own security.
 */
#include "host/host_parts.h"

#define CID_ATT 0x0004u
#define CID_SIGNALLING 0x0005u
#define CID_SMP 0x0006u

#define SIGNAL_REJECT 0x01u
#define SIGNAL_PARAMETER_UPDATE 0x12u
#define SIGNAL_PARAMETER_UPDATE_RESPONSE 0x13u
#define REJECT_NOT_UNDERSTOOD 0x0000u
#define UPDATE_ACCEPTED 0x0000u
#define UPDATE_REJECTED 0x0001u

#define SMP_PAIRING_REQUEST 0x01u
#define SMP_PAIRING_FAILED 0x05u
#define SMP_SECURITY_REQUEST 0x0bu
#define SMP_NOT_SUPPORTED 0x05u

static void answer(struct bm_host *host, struct bm_host_link *link, uint16_t cid, const struct bm_writer *w,
		   bm_time now)
{
	/* Who asks faster than he takes the answers has no use for them. */
	if (bm_host_l2cap_send(host, link, cid, w->start, bm_writer_len(w)) == BM_ERR_BUSY) {
		host->stats.hostile++;
		bm_host_link_drop(host, link, now);
	}
}

static void signalled(struct bm_host *host, struct bm_host_link *link, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t code = bm_read_u8(&r), id = bm_read_u8(&r);
	uint8_t out[8];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	(void)bm_read_le16(&r);
	if (r.failed || id == 0 || code == SIGNAL_REJECT || code == SIGNAL_PARAMETER_UPDATE_RESPONSE)
		return;
	/* Core Vol 3 Part A 4.20: only the central is asked for other parameters. */
	if (code == SIGNAL_PARAMETER_UPDATE && link->role == BM_GATT_CLIENT) {
		const bool good = bm_host_parameters_asked(link, &r, BM_HOST_TODO_UPDATE, (enum bm_host_link_todo)0);
		bm_put_u8(&w, SIGNAL_PARAMETER_UPDATE_RESPONSE);
		bm_put_u8(&w, id);
		bm_put_le16(&w, 2);
		bm_put_le16(&w, good ? UPDATE_ACCEPTED : UPDATE_REJECTED);
	} else {
		bm_put_u8(&w, SIGNAL_REJECT);
		bm_put_u8(&w, id);
		bm_put_le16(&w, 2);
		bm_put_le16(&w, REJECT_NOT_UNDERSTOOD);
	}
	answer(host, link, CID_SIGNALLING, &w, now);
}

static void paired(struct bm_host *host, struct bm_host_link *link, const uint8_t *octets, size_t len, bm_time now)
{
	uint8_t out[2];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (len == 0 || (octets[0] != SMP_PAIRING_REQUEST && octets[0] != SMP_SECURITY_REQUEST))
		return;
	bm_put_u8(&w, SMP_PAIRING_FAILED);
	bm_put_u8(&w, SMP_NOT_SUPPORTED);
	answer(host, link, CID_SMP, &w, now);
}

void bm_host_l2cap_received(struct bm_host *host, struct bm_host_link *link, uint16_t cid, const uint8_t *octets,
			    size_t len, bm_time now)
{
	switch (cid) {
	case CID_ATT:
		bm_host_att_received(host, link, octets, len, now);
		break;
	case CID_SIGNALLING:
		signalled(host, link, octets, len, now);
		break;
	case CID_SMP:
		paired(host, link, octets, len, now);
		break;
	default:
		break;
	}
}
