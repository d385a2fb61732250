/*
 * HCI packets (Bluetooth Core Vol 4 Part E 5.4) with H4's indicator: advertising as it is set and reported, and the
 * data of connections.
 */
#include "cli/decode/analyzer_state.h"
#include "host/hci.h"

#define H4_COMMAND 0x01u
#define H4_ACL 0x02u
#define H4_EVENT 0x04u
/* Handles of connections live in a range of their own among the links. */
#define HANDLE_FLAG 0xffff0000u
#define ACL_CONTINUATION 1u

static const char *command_name(uint16_t opcode)
{
	switch (opcode) {
	case BM_HCI_DISCONNECT:
		return "Disconnect";
	case BM_HCI_RESET:
		return "Reset";
	case BM_HCI_LE_SET_RANDOM_ADDRESS:
		return "LE Set Random Address";
	case BM_HCI_LE_SET_ADV_PARAMETERS:
		return "LE Set Advertising Parameters";
	case BM_HCI_LE_SET_ADV_DATA:
		return "LE Set Advertising Data";
	case BM_HCI_LE_SET_SCAN_RESPONSE:
		return "LE Set Scan Response Data";
	case BM_HCI_LE_SET_ADV_ENABLE:
		return "LE Set Advertising Enable";
	case BM_HCI_LE_SET_SCAN_PARAMETERS:
		return "LE Set Scan Parameters";
	case BM_HCI_LE_SET_SCAN_ENABLE:
		return "LE Set Scan Enable";
	case BM_HCI_LE_CREATE_CONNECTION:
		return "LE Create Connection";
	case BM_HCI_LE_SET_EXT_ADV_PARAMETERS:
		return "LE Set Extended Advertising Parameters";
	case BM_HCI_LE_SET_EXT_ADV_DATA:
		return "LE Set Extended Advertising Data";
	case BM_HCI_LE_SET_EXT_SCAN_RESPONSE:
		return "LE Set Extended Scan Response Data";
	case BM_HCI_LE_SET_EXT_ADV_ENABLE:
		return "LE Set Extended Advertising Enable";
	case BM_HCI_LE_SET_EXT_SCAN_PARAMETERS:
		return "LE Set Extended Scan Parameters";
	case BM_HCI_LE_SET_EXT_SCAN_ENABLE:
		return "LE Set Extended Scan Enable";
	case BM_HCI_LE_EXT_CREATE_CONNECTION:
		return "LE Extended Create Connection";
	default:
		return NULL;
	}
}

/* Handle, operation and fragment preference stand in front of extended advertising's data. */
static void advertising_data(struct bm_analyzer *an, uint16_t opcode, struct bm_reader *r)
{
	if (opcode == BM_HCI_LE_SET_EXT_ADV_DATA || opcode == BM_HCI_LE_SET_EXT_SCAN_RESPONSE) {
		bm_report_number(an->report, "set", bm_read_u8(r), NULL);
		(void)bm_read_le16(r);
	}
	const uint8_t size = bm_read_u8(r);
	const uint8_t *data = bm_read_octets(r, size);
	if (!data)
		bm_report_problem(an->report, "the octets end too early");
	else
		bm_an_ad(an, data, size);
}

static void command(struct bm_analyzer *an, struct bm_reader *r)
{
	const uint16_t opcode = bm_read_le16(r);
	const uint8_t size = bm_read_u8(r);
	const char *name = command_name(opcode);
	bm_report_enter(an->report, "hci", "HCI Command%s%s", name ? " " : "", name ? name : "");
	bm_report_hex(an->report, "opcode", opcode, 4);
	if (r->failed || size != bm_reader_left(r)) {
		bm_report_problem(an->report, "its length does not fit");
	} else if (opcode == BM_HCI_LE_SET_ADV_DATA || opcode == BM_HCI_LE_SET_SCAN_RESPONSE ||
		   opcode == BM_HCI_LE_SET_EXT_ADV_DATA || opcode == BM_HCI_LE_SET_EXT_SCAN_RESPONSE) {
		advertising_data(an, opcode, r);
	} else if (size) {
		bm_report_octets(an->report, "parameters", r->at, size);
	}
	bm_report_leave(an->report);
}

static void reports(struct bm_analyzer *an, bool extended, struct bm_reader *r)
{
	const uint8_t count = bm_read_u8(r);
	for (unsigned i = 0; i < count && bm_reader_left(r); i++) {
		struct bm_hci_report seen;
		bool known;
		if (!bm_hci_read_report(r, extended, &seen, &known)) {
			bm_report_problem(an->report, "a report ends too early");
			return;
		}
		if (!known)
			continue;
		bm_report_enter(an->report, "advertising", "Advertising report");
		bm_report_string(an->report, "address", "%02x:%02x:%02x:%02x:%02x:%02x", seen.addr[0], seen.addr[1],
				 seen.addr[2], seen.addr[3], seen.addr[4], seen.addr[5]);
		if (seen.rssi != 127)
			bm_report_string(an->report, "rssi", "%ddBm", seen.rssi);
		bm_an_ad(an, seen.data, seen.len);
		bm_report_leave(an->report);
	}
}

static void connected(struct bm_analyzer *an, bool enhanced, struct bm_reader *r)
{
	struct bm_hci_connection connection;
	if (bm_hci_read_connection(r, enhanced, &connection) != BM_OK) {
		bm_report_problem(an->report, "malformed");
		return;
	}
	bm_report_hex(an->report, "status", connection.status, 2);
	bm_report_hex(an->report, "handle", connection.handle, 4);
	bm_report_string(an->report, "role", connection.peripheral ? "peripheral" : "central");
	bm_an_gatt_forget(an, HANDLE_FLAG | connection.handle);
}

static void le_event(struct bm_analyzer *an, struct bm_reader *r)
{
	const uint8_t subevent = bm_read_u8(r);
	switch (subevent) {
	case BM_HCI_LE_ADV_REPORT:
	case BM_HCI_LE_EXT_ADV_REPORT:
		bm_report_enter(an->report, "hci", "HCI Event LE Advertising Report");
		reports(an, subevent == BM_HCI_LE_EXT_ADV_REPORT, r);
		break;
	case BM_HCI_LE_CONNECTION_COMPLETE:
	case BM_HCI_LE_ENHANCED_CONNECTION_COMPLETE:
		bm_report_enter(an->report, "hci", "HCI Event LE Connection Complete");
		connected(an, subevent == BM_HCI_LE_ENHANCED_CONNECTION_COMPLETE, r);
		break;
	default:
		bm_report_enter(an->report, "hci", "HCI Event LE Meta");
		bm_report_hex(an->report, "subevent", subevent, 2);
		break;
	}
	bm_report_leave(an->report);
}

static void event(struct bm_analyzer *an, struct bm_reader *r)
{
	const uint8_t code = bm_read_u8(r), size = bm_read_u8(r);
	if (r->failed || size != bm_reader_left(r)) {
		bm_report_enter(an->report, "hci", "HCI Event");
		bm_report_problem(an->report, "its length does not fit");
		bm_report_leave(an->report);
		return;
	}
	if (code == BM_HCI_LE_META) {
		le_event(an, r);
		return;
	}
	const char *name = code == BM_HCI_COMMAND_COMPLETE         ? " Command Complete"
			   : code == BM_HCI_COMMAND_STATUS         ? " Command Status"
			   : code == BM_HCI_COMPLETED_PACKETS      ? " Number Of Completed Packets"
			   : code == BM_HCI_DISCONNECTION_COMPLETE ? " Disconnection Complete"
								   : "";
	bm_report_enter(an->report, "hci", "HCI Event%s", name);
	bm_report_hex(an->report, "code", code, 2);
	if (code == BM_HCI_DISCONNECTION_COMPLETE) {
		bm_report_hex(an->report, "status", bm_read_u8(r), 2);
		const uint16_t handle = bm_read_le16(r);
		bm_report_hex(an->report, "handle", handle, 4);
		bm_report_hex(an->report, "reason", bm_read_u8(r), 2);
		bm_an_gatt_forget(an, HANDLE_FLAG | handle);
	} else if (size) {
		bm_report_octets(an->report, "parameters", r->at, size);
	}
	bm_report_leave(an->report);
}

static void acl(struct bm_analyzer *an, int direction, struct bm_reader *r)
{
	const uint16_t first = bm_read_le16(r), size = bm_read_le16(r);
	const uint16_t handle = first & 0x0fff;
	bm_report_enter(an->report, "hci", "HCI ACL data");
	bm_report_hex(an->report, "handle", handle, 4);
	if (direction >= 0)
		bm_report_string(an->report, "from", direction ? "controller" : "host");
	if (r->failed || size != bm_reader_left(r))
		bm_report_problem(an->report, "its length does not fit");
	else
		bm_an_l2cap(an, bm_an_gatt_link(an, HANDLE_FLAG | handle), direction < 0 ? 0 : direction,
			    (first >> 12 & 3) != ACL_CONTINUATION, r->at, size);
	bm_report_leave(an->report);
}

void bm_an_hci_packet(struct bm_analyzer *an, int direction, uint8_t indicator, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	switch (indicator) {
	case H4_COMMAND:
		command(an, &r);
		break;
	case H4_ACL:
		acl(an, direction, &r);
		break;
	case H4_EVENT:
		event(an, &r);
		break;
	default:
		bm_report_enter(an->report, "hci", "HCI packet");
		bm_report_hex(an->report, "indicator", indicator, 2);
		bm_report_problem(an->report, "of a kind that is not known");
		bm_report_leave(an->report);
		break;
	}
}

void bm_an_hci(struct bm_analyzer *an, int direction, const uint8_t *octets, size_t len)
{
	if (len) {
		bm_an_hci_packet(an, direction, octets[0], octets + 1, len - 1);
		return;
	}
	bm_report_enter(an->report, "hci", "HCI packet");
	bm_report_problem(an->report, "it has no octets");
	bm_report_leave(an->report);
}
