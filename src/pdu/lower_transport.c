/*
 * Lower Transport PDUs: one layout for each of SEG × CTL.
 */
#include "pdu/lower_transport.h"

#include "blemesh/bytes.h"

/* The longest and shortest payload of each layout (MshPRT 3.5.2.1 to 3.5.2.4). */
static enum bm_err check_len(const struct bm_lower_pdu *pdu)
{
	size_t min = 0;
	size_t max;
	if (pdu->seg) {
		max = bm_segment_max(pdu->ctl);
		min = pdu->seg_o < pdu->seg_n ? max : 1;
	} else if (pdu->ctl) {
		max = BM_UNSEGMENTED_CONTROL_MAX;
	} else {
		max = BM_UNSEGMENTED_ACCESS_MAX;
		min = BM_UNSEGMENTED_ACCESS_MIN;
	}
	if (pdu->len < min)
		return BM_ERR_TOO_SHORT;
	return pdu->len > max ? BM_ERR_TOO_LONG : BM_OK;
}

enum bm_err bm_lower_decode(bool ctl, const uint8_t *octets, size_t len, struct bm_lower_pdu *pdu)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t first = bm_read_u8(&r);
	*pdu = (struct bm_lower_pdu){.ctl = ctl, .seg = first >> 7};
	if (ctl) {
		pdu->opcode = first & 0x7f;
	} else {
		pdu->akf = first >> 6 & 1;
		pdu->aid = first & 0x3f;
	}
	if (pdu->seg) {
		const uint32_t info = bm_read_be24(&r);
		pdu->szmic = !ctl && info >> 23;
		pdu->seq_zero = info >> 10 & BM_SEQ_ZERO_MAX;
		pdu->seg_o = info >> 5 & 0x1f;
		pdu->seg_n = info & 0x1f;
	}
	if (r.failed)
		return BM_ERR_TOO_SHORT;
	pdu->len = bm_reader_left(&r);
	pdu->payload = r.at;
	/* MshPRT 3.5.2.4: opcode 0 is the Segment Acknowledgment, which is never segmented. */
	if (pdu->seg_o > pdu->seg_n || (pdu->seg && ctl && pdu->opcode == 0))
		return BM_ERR_PROHIBITED;
	return check_len(pdu);
}

enum bm_err bm_lower_encode(const struct bm_lower_pdu *pdu, uint8_t *out, size_t capacity, size_t *len)
{
	*len = 0;
	if (pdu->opcode > 0x7f || pdu->aid > 0x3f || pdu->seq_zero > BM_SEQ_ZERO_MAX || pdu->seg_n > 0x1f ||
	    pdu->seg_o > pdu->seg_n || (pdu->seg && pdu->ctl && pdu->opcode == 0) || check_len(pdu))
		return BM_ERR_INVALID;
	struct bm_writer w = bm_writer_of(out, capacity);
	const uint8_t low = pdu->ctl ? pdu->opcode : (uint8_t)(pdu->akf << 6 | pdu->aid);
	bm_put_u8(&w, (uint8_t)(pdu->seg << 7 | low));
	if (pdu->seg)
		bm_put_be24(&w, (uint32_t)(pdu->szmic && !pdu->ctl) << 23 | (uint32_t)pdu->seq_zero << 10 |
					(uint32_t)pdu->seg_o << 5 | pdu->seg_n);
	bm_put_octets(&w, pdu->payload, pdu->len);
	return bm_writer_finish(&w, len);
}
