/*
 * Packets of captures, by their link type: what a sniffer or a host put in front of them is taken off, and said where
 * it matters (a wrong checksum, a kind of radio packet that is not read).
 */
#include "cli/decode/analyzer_state.h"

#define CRC_LEN 3u
/* The pseudo-header of link type 256, and its flags. */
#define PHDR_LEN 10u
#define PHDR_DEWHITENED 0x0001u
#define PHDR_CRC_CHECKED 0x0400u
#define PHDR_CRC_VALID 0x0800u
#define PHDR_PHY_CODED 2u
/* nRF Sniffer: a header, then one of the radio packet, which begins with its own length. */
#define NRF_HEADER_LEN 7u
#define NRF_CRC_OK 0x01u
#define NRF_TO_PERIPHERAL 0x02u
#define NRF_PHY_CODED 2u
#define H4_COMMAND 1u
#define H4_ACL 2u
#define H4_EVENT 4u

/* A packet of which no more can be told. */
static void no_more(struct bm_analyzer *an, const char *why)
{
	bm_report_enter(an->report, "link_layer", "Link layer packet");
	bm_report_problem(an->report, "%s", why);
	bm_report_leave(an->report);
}

/* r: from the access address on, the CRC at its end. */
static void radio_packet(struct bm_analyzer *an, int direction, bool crc_wrong, bool coded, struct bm_reader *r)
{
	const size_t left = bm_reader_left(r);
	if (r->failed || left < CRC_LEN)
		no_more(an, "the octets end within its header");
	else if (crc_wrong)
		no_more(an, "its CRC is wrong: it was damaged on its way");
	else if (coded)
		no_more(an, "it was sent on the LE Coded PHY, which Mesh does not use");
	else
		bm_an_ll(an, direction, r->at, left - CRC_LEN);
}

/* Channel, powers, access address, flags. */
static void with_phdr(struct bm_analyzer *an, struct bm_reader *r)
{
	(void)bm_read_octets(r, PHDR_LEN - 2);
	const uint16_t flags = bm_read_le16(r);
	const unsigned type = flags >> 7 & 7;
	const bool wrong = (flags & PHDR_CRC_CHECKED) && !(flags & PHDR_CRC_VALID);
	if (!r->failed && !(flags & PHDR_DEWHITENED))
		no_more(an, "it was captured whitened, which is not undone here");
	else /* 2: data to the peripheral, 3: data from it */
		radio_packet(an, type == 2 ? 0 : type == 3 ? 1 : -1, wrong, flags >> 14 == PHDR_PHY_CODED, r);
}

/* Board, two octets of lengths, version, counter, kind; then length of the radio's header, flags and so on. */
static void nrf_sniffer(struct bm_analyzer *an, struct bm_reader *r)
{
	(void)bm_read_octets(r, 3);
	const uint8_t version = bm_read_u8(r);
	(void)bm_read_octets(r, NRF_HEADER_LEN - 4);
	const uint8_t size = bm_read_u8(r), flags = bm_read_u8(r);
	if (!r->failed && (version < 1 || version > 3 || size < 2)) {
		no_more(an, "a version of nRF Sniffer's header that is not known");
		return;
	}
	(void)bm_read_octets(r, size >= 2 ? size - 2u : 0);
	radio_packet(an, flags & NRF_TO_PERIPHERAL ? 0 : 1, !r->failed && !(flags & NRF_CRC_OK),
		     (flags >> 4 & 7) == NRF_PHY_CODED, r);
}

/* The Linux kernel's monitor: adapter, what it is, and an HCI packet without its indicator. */
static void monitor(struct bm_analyzer *an, struct bm_reader *r)
{
	static const struct {
		uint8_t indicator;
		int8_t direction;
	} KINDS[] = {[2] = {H4_COMMAND, 0}, [3] = {H4_EVENT, 1}, [4] = {H4_ACL, 0}, [5] = {H4_ACL, 1}};
	(void)bm_read_be16(r);
	const uint16_t kind = bm_read_be16(r);
	if (!r->failed && kind < BM_ARRAY_LEN(KINDS) && KINDS[kind].indicator) {
		bm_an_hci_packet(an, KINDS[kind].direction, KINDS[kind].indicator, r->at, bm_reader_left(r));
		return;
	}
	bm_report_enter(an->report, "hci", "Bluetooth monitor");
	if (r->failed)
		bm_report_problem(an->report, "the octets end within its header");
	else
		bm_report_number(an->report, "record", kind, NULL);
	bm_report_leave(an->report);
}

bool bm_analyze_captured(struct bm_analyzer *an, uint32_t link_type, const uint8_t *octets, size_t len,
			 struct bm_report *report)
{
	bm_report_reset(report);
	an->report = report;
	struct bm_reader r = bm_reader_of(octets, len);
	switch (link_type) {
	case BM_LINK_TYPE_LE_LL:
		radio_packet(an, -1, false, false, &r);
		return true;
	case BM_LINK_TYPE_LE_LL_PHDR:
		with_phdr(an, &r);
		return true;
	case BM_LINK_TYPE_NRF_SNIFFER:
		nrf_sniffer(an, &r);
		return true;
	case BM_LINK_TYPE_HCI_H4:
		bm_an_hci(an, -1, octets, len);
		return true;
	case BM_LINK_TYPE_HCI_H4_PHDR: {
		const uint32_t direction = bm_read_be32(&r); /* 1: from the controller */
		bm_an_hci(an, r.failed ? -1 : (int)(direction & 1), r.at, bm_reader_left(&r));
		return true;
	}
	case BM_LINK_TYPE_MONITOR:
		monitor(an, &r);
		return true;
	default:
		return false;
	}
}
