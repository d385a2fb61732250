/*
 * Reading of the HCI events that carry more than a number or two.
 */
#include "host/hci.h"

#define ADV_IND 0x00u
#define ADV_DIRECT_IND 0x01u
#define ADV_SCAN_IND 0x02u
#define SCAN_RSP 0x04u
/* Bits of an extended report's event type (Core Vol 4 Part E 7.7.65.13). */
#define EXT_CONNECTABLE 0x0001u
#define EXT_SCANNABLE 0x0002u
#define EXT_DIRECTED 0x0004u
#define EXT_SCAN_RSP 0x0008u
#define EXT_LEGACY 0x0010u

void bm_hci_put_addr(struct bm_writer *w, const uint8_t addr[6])
{
	for (size_t i = 6; i-- > 0;)
		bm_put_u8(w, addr[i]);
}

void bm_hci_read_addr(struct bm_reader *r, uint8_t addr[6])
{
	for (size_t i = 6; i-- > 0;)
		addr[i] = bm_read_u8(r);
}

static void read_legacy(struct bm_reader *r, struct bm_hci_report *report, bool *known)
{
	const uint8_t type = bm_read_u8(r);
	report->random = bm_read_u8(r) & 1;
	bm_hci_read_addr(r, report->addr);
	report->len = bm_read_u8(r);
	report->data = bm_read_octets(r, report->len);
	report->rssi = (int8_t)bm_read_u8(r);
	report->connectable = type == ADV_IND;
	report->scannable = type == ADV_IND || type == ADV_SCAN_IND;
	report->scan_response = type == SCAN_RSP;
	*known = type <= SCAN_RSP && type != ADV_DIRECT_IND;
}

static void read_extended(struct bm_reader *r, struct bm_hci_report *report, bool *known)
{
	const uint16_t type = bm_read_le16(r);
	report->random = bm_read_u8(r) & 1;
	bm_hci_read_addr(r, report->addr);
	(void)bm_read_octets(r, 4); /* PHYs, SID, power */
	report->rssi = (int8_t)bm_read_u8(r);
	(void)bm_read_octets(r, 9); /* periodic interval, direct address */
	report->len = bm_read_u8(r);
	report->data = bm_read_octets(r, report->len);
	report->scan_response = type & EXT_SCAN_RSP;
	report->connectable = (type & EXT_CONNECTABLE) && !report->scan_response;
	report->scannable = (type & EXT_SCANNABLE) && !report->scan_response;
	*known = (type & EXT_LEGACY) && !(type & EXT_DIRECTED);
}

bool bm_hci_read_report(struct bm_reader *r, bool extended, struct bm_hci_report *report, bool *known)
{
	*report = (struct bm_hci_report){0};
	if (extended)
		read_extended(r, report, known);
	else
		read_legacy(r, report, known);
	if (report->len > BM_HCI_ADV_DATA_MAX)
		*known = false;
	return !r->failed;
}

enum bm_err bm_hci_read_connection(struct bm_reader *r, bool enhanced, struct bm_hci_connection *connection)
{
	connection->status = bm_read_u8(r);
	connection->handle = bm_read_le16(r) & 0x0fff;
	connection->peripheral = bm_read_u8(r) == 1;
	connection->random = bm_read_u8(r) & 1;
	bm_hci_read_addr(r, connection->addr);
	if (enhanced)
		(void)bm_read_octets(r, 12); /* resolvable addresses, which nobody here resolves */
	(void)bm_read_octets(r, 7);          /* interval, latency, time-out, accuracy */
	return r->failed ? BM_ERR_TOO_SHORT : BM_OK;
}
