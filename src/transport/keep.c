/*
 * A friend's lower transport layer (MshPRT 3.5.5): what goes to a low power node is checked against replays like what
 * goes to ourselves, and handed to its queue: unsegmented PDUs as they are, a segmented message when it is complete.
 */
#include <string.h>

#include "transport/transport_state.h"

/* Has the replay list note a message that may have gone to ourselves too, and is noted then. */
static bool note(struct bm_transport *transport, const struct bm_net_rx *rx, bool segmented, uint32_t seq)
{
	const enum bm_err err = bm_transport_note(transport, rx, segmented, seq);
	if (err == BM_OK || err == BM_ERR_EXISTS)
		return true;
	bm_transport_refuse(transport, rx, err);
	return false;
}

static struct bm_transport_kept kept_of(const struct bm_net_rx *rx)
{
	return (struct bm_transport_kept){.ctl = rx->ctl,
					  .ttl = rx->ttl,
					  .local = rx->interface == BM_NET_LOCAL,
					  .seq = rx->seq,
					  .seq_auth = rx->seq,
					  .src = rx->src,
					  .dst = rx->dst,
					  .iv_index = rx->iv_index,
					  .net_idx = rx->net_idx,
					  .octets = rx->transport_pdu,
					  .len = rx->len};
}

void bm_transport_keep(struct bm_transport *transport, const struct bm_net_rx *rx)
{
	/* The message may have been for us too, and have reset us. */
	if (!transport->upper.keep || bm_net_addr(transport->net) == BM_ADDR_UNASSIGNED ||
	    !note(transport, rx, false, rx->seq))
		return;
	const struct bm_transport_kept pdu = kept_of(rx);
	transport->upper.keep(transport->upper.ctx, &pdu, 1);
}

void bm_transport_keep_segments(struct bm_transport *transport, const struct bm_sar_in *in)
{
	if (!transport->upper.keep || !in->seqs || !note(transport, &in->rx, true, in->seq_auth))
		return;
	struct bm_transport_kept kept = kept_of(&in->rx);
	kept.seq_auth = in->seq_auth;
	const size_t max = bm_segment_max(in->first.ctl);
	struct bm_lower_pdu pdu = in->first;
	for (uint8_t i = 0; i <= in->first.seg_n; i++) {
		uint8_t octets[BM_LOWER_PDU_MAX];
		pdu.seg_o = i;
		pdu.payload = in->octets + i * max;
		pdu.len = i == in->first.seg_n ? in->last_len : max;
		if (bm_lower_encode(&pdu, octets, sizeof octets, &kept.len))
			return; /* cannot be: the segments were decoded with these fields */
		kept.octets = octets;
		kept.seq = in->seq_auth + in->seqs[i];
		transport->upper.keep(transport->upper.ctx, &kept, i == 0 ? in->first.seg_n + 1 : 0);
	}
}

enum bm_err bm_transport_renumber(struct bm_transport *transport, struct bm_transport_kept *kept, uint8_t *out)
{
	const uint32_t iv_index = bm_net_iv_tx(transport->net);
	struct bm_lower_pdu pdu;
	uint8_t upper[BM_UNSEGMENTED_ACCESS_MAX];
	uint32_t seq;
	enum bm_err err = bm_lower_decode(kept->ctl, kept->octets, kept->len, &pdu);
	if (err)
		return err;
	/* A segment belongs to the IV Index that its SeqAuth was counted under. */
	if (pdu.seg && kept->iv_index != iv_index)
		return BM_ERR_STATE;
	err = bm_net_seq_take(transport->net, &seq);
	if (err)
		return err;
	/* Beyond this distance another SeqAuth would be understood (MshPRT 3.5.3.1). */
	if (pdu.seg && seq - kept->seq_auth > BM_SEQ_ZERO_MAX)
		return BM_ERR_STATE;
	if (!pdu.seg && !pdu.ctl) {
		const struct bm_net_rx rx = {
			.src = kept->src, .dst = kept->dst, .net_idx = kept->net_idx, .iv_index = kept->iv_index};
		const struct bm_upper_pdu old = {
			.akf = pdu.akf, .aid = pdu.aid, .seq = kept->seq, .octets = pdu.payload, .len = pdu.len};
		err = bm_upper_renumber(transport, &rx, &old, seq, iv_index, upper, &pdu.aid);
		if (err)
			return err;
		pdu.payload = upper;
	}
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t len;
	err = bm_lower_encode(&pdu, octets, sizeof octets, &len);
	if (err)
		return err;
	memcpy(out, octets, len);
	kept->seq = seq;
	kept->iv_index = iv_index;
	return BM_OK;
}
