/*
 * Link layer packets (Bluetooth Core Vol 6 Part B 2): on the access address of advertising, or on a connection's.
 */
#include "cli/decode/analyzer_state.h"

#define ADVERTISING 0x8e89bed6u
#define LLID_CONTINUATION 1u
#define LLID_START 2u
#define LLID_CONTROL 3u

static void data_pdu(struct bm_analyzer *an, uint32_t access_address, int direction, struct bm_reader *r)
{
	static const char *const LLIDS[] = {"reserved", "continuation or empty", "start", "control"};
	const uint8_t llid = bm_read_u8(r) & 3, size = bm_read_u8(r);
	bm_report_enter(an->report, "link_layer", "Connection data");
	bm_report_hex(an->report, "access_address", access_address, 8);
	if (direction >= 0)
		bm_report_string(an->report, "to", direction == 0 ? "peripheral" : "central");
	bm_report_string(an->report, "llid", "%s", LLIDS[llid]);
	if (r->failed || size != bm_reader_left(r)) {
		bm_report_problem(an->report, "its header says %u octets, and it has %zu", size, bm_reader_left(r));
	} else if (llid == LLID_CONTROL) {
		if (size)
			bm_report_hex(an->report, "control", r->at[0], 2);
	} else if ((llid == LLID_START || size) && llid != 0) {
		struct bm_an_gatt_link *link = bm_an_gatt_link(an, access_address);
		/* Without a direction, fragments of both sides share a place. */
		bm_an_l2cap(an, link, direction < 0 ? 0 : direction, llid == LLID_START, r->at, size);
	}
	bm_report_leave(an->report);
}

void bm_an_ll(struct bm_analyzer *an, int direction, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint32_t access_address = bm_read_le32(&r);
	if (r.failed) {
		bm_report_enter(an->report, "link_layer", "Link layer packet");
		bm_report_problem(an->report, "the octets end within its access address");
		bm_report_leave(an->report);
	} else if (access_address == ADVERTISING) {
		bm_an_adv_pdu(an, r.at, bm_reader_left(&r));
	} else {
		data_pdu(an, access_address, direction, &r);
	}
}
