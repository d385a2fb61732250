/*
 * Network PDUs (MshPRT 3.4.4), what is in them (3.5.2), and the segments of messages put together.
 */
#include <string.h>

#include "cli/decode/analyzer_state.h"
#include "pdu/control.h"

void bm_an_closed(struct bm_analyzer *an, enum bm_err err, uint8_t nid)
{
	if (err == BM_ERR_NO_KEY)
		bm_report_problem(an->report, "closed: no network key with NID 0x%02x", nid);
	else if (err == BM_ERR_AUTH)
		bm_report_problem(an->report,
				  "closed: a network key has NID 0x%02x, but its MIC does not match "
				  "(another network, another IV index, or damaged)",
				  nid);
	else
		bm_report_problem(an->report, "%s", bm_err_text(err));
}

void bm_an_put_net(struct bm_analyzer *an, const struct bm_opened *opened)
{
	static const char *const CREDENTIALS[] = {"managed flooding", "friendship", "directed"};
	bm_report_number(an->report, "net_key_index", an->keys.nets[opened->net]->index, NULL);
	if (opened->cred != BM_CRED_FLOODING)
		bm_report_string(an->report, "credentials", "%s", CREDENTIALS[opened->cred]);
	bm_report_hex(an->report, "iv_index", opened->iv_index, 8);
	bm_report_hex(an->report, "nid", opened->header.nid, 2);
	bm_report_number(an->report, "ctl", opened->header.ctl, NULL);
	bm_report_number(an->report, "ttl", opened->header.ttl, NULL);
	bm_report_hex(an->report, "seq", opened->header.seq, 6);
	bm_report_hex(an->report, "src", opened->header.src, 4);
	bm_report_hex(an->report, "dst", opened->header.dst, 4);
}

static bool seen_before(struct bm_analyzer *an, const struct bm_opened *opened)
{
	for (size_t i = 0; i < BM_AN_SEEN; i++) {
		const struct bm_an_seen *seen = &an->seen[i];
		if (seen->used && seen->net == opened->net && seen->src == opened->header.src &&
		    seen->seq == opened->header.seq && seen->iv_index == opened->iv_index)
			return true;
	}
	an->seen[an->seen_next] = (struct bm_an_seen){
		.used = true,
		.net = opened->net,
		.src = opened->header.src,
		.seq = opened->header.seq,
		.iv_index = opened->iv_index,
	};
	an->seen_next = (an->seen_next + 1) % BM_AN_SEEN;
	return false;
}

/* Everything that the segments of a message must have in common. */
static bool belongs(const struct bm_an_message *m, const struct bm_opened *opened, const struct bm_lower_pdu *pdu,
		    uint32_t seq_auth)
{
	return m->used && m->net == opened->net && m->src == opened->header.src && m->dst == opened->header.dst &&
	       m->iv_index == opened->iv_index && m->seq_auth == seq_auth && m->first.ctl == pdu->ctl &&
	       m->first.seg_n == pdu->seg_n && m->first.akf == pdu->akf && m->first.aid == pdu->aid &&
	       m->first.szmic == pdu->szmic && m->first.opcode == pdu->opcode;
}

static struct bm_an_message *message_of(struct bm_analyzer *an, const struct bm_opened *opened,
					const struct bm_lower_pdu *pdu, uint32_t seq_auth)
{
	struct bm_an_message *oldest = &an->messages[0];
	for (size_t i = 0; i < BM_AN_MESSAGES; i++) {
		struct bm_an_message *m = &an->messages[i];
		if (belongs(m, opened, pdu, seq_auth))
			return m;
		if (m->touched < oldest->touched)
			oldest = m;
	}
	*oldest = (struct bm_an_message){
		.used = true,
		.net = opened->net,
		.src = opened->header.src,
		.dst = opened->header.dst,
		.iv_index = opened->iv_index,
		.seq_auth = seq_auth,
		.first = *pdu,
	};
	oldest->first.payload = NULL; /* it lies in octets that pass by */
	return oldest;
}

static void put_progress(struct bm_analyzer *an, const struct bm_an_message *m)
{
	unsigned have = 0;
	for (unsigned i = 0; i <= m->first.seg_n; i++)
		have += m->got >> i & 1;
	bm_report_string(an->report, "received", "%u of %u", have, m->first.seg_n + 1u);
}

static void whole(struct bm_analyzer *an, const struct bm_opened *opened, struct bm_an_message *m)
{
	m->done = true;
	if (m->first.ctl)
		bm_an_control(an, opened, m->first.opcode, m->octets, m->len);
	else
		bm_an_upper_access(an, opened, &m->first, m->seq_auth & BM_SEQ_MAX, m->octets, m->len);
}

static void segment(struct bm_analyzer *an, const struct bm_opened *opened, const struct bm_lower_pdu *pdu)
{
	/* MshPRT 3.5.3.1: SeqZero are the low 13 bits of the sequence number of the first segment sent. */
	const uint32_t seq_auth = opened->header.seq - ((opened->header.seq - pdu->seq_zero) & BM_SEQ_ZERO_MAX);
	const size_t max = bm_segment_max(pdu->ctl);
	struct bm_an_message *m = message_of(an, opened, pdu, seq_auth);
	m->touched = ++an->clock;
	if (m->done) {
		bm_report_string(an->report, "message", "complete before");
		return;
	}
	if (pdu->seg_o < pdu->seg_n && pdu->len != max) {
		bm_report_problem(an->report, "a segment before the last one must have %zu octets", max);
		return;
	}
	memcpy(m->octets + pdu->seg_o * max, pdu->payload, pdu->len);
	if (pdu->seg_o == pdu->seg_n)
		m->len = pdu->seg_o * max + pdu->len;
	m->got |= 1u << pdu->seg_o;
	put_progress(an, m);
	const uint32_t all = pdu->seg_n == 31 ? UINT32_MAX : (1u << (pdu->seg_n + 1)) - 1;
	if (m->got == all)
		whole(an, opened, m);
}

static void put_lower(struct bm_analyzer *an, const struct bm_lower_pdu *pdu)
{
	if (pdu->seg)
		bm_report_enter(an->report, "lower_transport", "Segment %u of %u of %s message", pdu->seg_o + 1u,
				pdu->seg_n + 1u, pdu->ctl ? "a control" : "an access");
	else
		bm_report_enter(an->report, "lower_transport", "Unsegmented %s message",
				pdu->ctl ? "control" : "access");
	if (pdu->ctl) {
		bm_report_hex(an->report, "opcode", pdu->opcode, 2);
	} else {
		bm_report_number(an->report, "akf", pdu->akf, NULL);
		bm_report_hex(an->report, "aid", pdu->aid, 2);
	}
	if (!pdu->seg)
		return;
	if (!pdu->ctl)
		bm_report_number(an->report, "szmic", pdu->szmic, NULL);
	bm_report_hex(an->report, "seq_zero", pdu->seq_zero, 4);
	bm_report_number(an->report, "seg_o", pdu->seg_o, NULL);
	bm_report_number(an->report, "seg_n", pdu->seg_n, NULL);
}

static void transport(struct bm_analyzer *an, const struct bm_opened *opened)
{
	struct bm_lower_pdu pdu;
	const enum bm_err err = bm_lower_decode(opened->header.ctl, opened->clear + 2, opened->transport_len, &pdu);
	if (err) {
		bm_report_enter(an->report, "lower_transport", "Lower Transport PDU");
		bm_report_problem(an->report, "%s", bm_err_text(err));
		bm_report_leave(an->report);
		return;
	}
	put_lower(an, &pdu);
	if (pdu.seg)
		segment(an, opened, &pdu);
	else if (pdu.ctl)
		bm_an_control(an, opened, pdu.opcode, pdu.payload, pdu.len);
	else
		bm_an_upper_access(an, opened, &pdu, opened->header.seq, pdu.payload, pdu.len);
	bm_report_leave(an->report);
}

void bm_an_network(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_opened opened;
	bm_report_enter(an->report, "network", "Network PDU");
	const enum bm_err err = len > BM_NET_PDU_MAX ? BM_ERR_TOO_LONG
						     : bm_keyring_open(&an->keys, octets, len, &opened);
	if (err) {
		if (len) {
			bm_report_number(an->report, "ivi", octets[0] >> 7, NULL);
			bm_report_hex(an->report, "nid", octets[0] & 0x7f, 2);
		}
		bm_an_closed(an, err, len ? octets[0] & 0x7f : 0);
		bm_report_leave(an->report);
		return;
	}
	struct bm_report *report = an->report;
	/* What is authentic shows that the network has come so far; the one before is tried too. */
	struct bm_ring_net *net = an->keys.nets[opened.net];
	if (opened.iv_index > (net->iv_count ? net->iv[0] : an->keys.iv_index))
		bm_ring_net_iv(net, opened.iv_index);
	bm_an_put_net(an, &opened);
	report->has_network = true;
	report->src = opened.header.src;
	report->dst = opened.header.dst;
	report->repeat = seen_before(an, &opened);
	if (report->repeat)
		bm_report_string(report, "repeat", "yes");
	if (!bm_net_addresses_valid(opened.header.ctl, opened.header.src, opened.header.dst))
		bm_report_problem(report, "addresses that may not stand in a Network PDU");
	else
		transport(an, &opened);
	bm_report_leave(report);
}
