/*
 * Advertising PDUs of the link layer (Bluetooth Core Vol 6 Part B 2.3.1) and the AD structures in them (Core Supplement
 * Part A).
 */
#include <string.h>

#include "cli/decode/analyzer_state.h"

#define AD_FLAGS 0x01u
#define AD_UUID16_SOME 0x02u
#define AD_UUID16_ALL 0x03u
#define AD_NAME_SHORT 0x08u
#define AD_NAME 0x09u
#define AD_SERVICE_DATA 0x16u
#define AD_URI 0x24u
#define AD_PB_ADV 0x29u
#define AD_MESH_MESSAGE 0x2au
#define AD_MESH_BEACON 0x2bu
#define ADDR_LEN 6u

static bool is_mesh(uint8_t type)
{
	return type == AD_PB_ADV || type == AD_MESH_MESSAGE || type == AD_MESH_BEACON || type == AD_SERVICE_DATA ||
	       type == AD_FLAGS;
}

bool bm_an_is_ad(const uint8_t *octets, size_t len, bool mesh_alone)
{
	struct bm_reader r = bm_reader_of(octets, len);
	if (len == 0)
		return false;
	while (bm_reader_left(&r)) {
		const uint8_t size = bm_read_u8(&r);
		if (size == 0) /* early termination: only zeros may follow */
			break;
		const uint8_t *structure = bm_read_octets(&r, size);
		if (!structure || (mesh_alone && !is_mesh(structure[0])))
			return false;
	}
	while (bm_reader_left(&r))
		if (bm_read_u8(&r) != 0)
			return false;
	return octets[0] != 0;
}

static const char *ad_name(uint8_t type)
{
	switch (type) {
	case AD_FLAGS:
		return "Flags";
	case AD_UUID16_SOME:
	case AD_UUID16_ALL:
		return "Service UUIDs";
	case AD_NAME_SHORT:
		return "Shortened Local Name";
	case AD_NAME:
		return "Complete Local Name";
	case AD_SERVICE_DATA:
		return "Service Data";
	case AD_URI:
		return "URI";
	case AD_PB_ADV:
		return "PB-ADV";
	case AD_MESH_MESSAGE:
		return "Mesh Message";
	case AD_MESH_BEACON:
		return "Mesh Beacon";
	default:
		return "AD structure";
	}
}

static void uuids(struct bm_analyzer *an, struct bm_reader *r)
{
	while (bm_reader_left(r) >= 2)
		bm_report_hex(an->report, "uuid", bm_read_le16(r), 4);
}

static void text(struct bm_analyzer *an, const char *name, const uint8_t *octets, size_t len)
{
	bm_report_string(an->report, name, "%.*s", (int)len, (const char *)octets);
}

void bm_an_ad_structure(struct bm_analyzer *an, uint8_t type, const uint8_t *payload, size_t len)
{
	struct bm_reader r = bm_reader_of(payload, len);
	uint16_t uuid;
	bm_report_enter(an->report, "ad", "%s", ad_name(type));
	bm_report_hex(an->report, "ad_type", type, 2);
	switch (type) {
	case AD_FLAGS:
		bm_report_hex(an->report, "flags", bm_read_u8(&r), 2);
		break;
	case AD_UUID16_SOME:
	case AD_UUID16_ALL:
		uuids(an, &r);
		break;
	case AD_NAME_SHORT:
	case AD_NAME:
		text(an, "name", payload, len);
		break;
	case AD_SERVICE_DATA:
		uuid = bm_read_le16(&r);
		bm_report_hex(an->report, "uuid", uuid, 4);
		if (!r.failed)
			bm_an_service_data(an, uuid, r.at, bm_reader_left(&r));
		break;
	case AD_PB_ADV:
		bm_an_pb_adv(an, payload, len);
		break;
	case AD_MESH_MESSAGE:
		bm_an_network(an, payload, len);
		break;
	case AD_MESH_BEACON:
		bm_an_beacon(an, payload, len);
		break;
	default:
		bm_report_octets(an->report, "data", payload, len);
		break;
	}
	if (r.failed)
		bm_report_problem(an->report, "the octets end too early");
	bm_report_leave(an->report);
}

void bm_an_ad(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	while (bm_reader_left(&r)) {
		const uint8_t size = bm_read_u8(&r);
		if (size == 0)
			return;
		const size_t left = bm_reader_left(&r);
		const uint8_t *structure = bm_read_octets(&r, size);
		if (!structure) {
			bm_report_enter(an->report, "ad", "AD structure");
			bm_report_problem(an->report, "it says it has %u octets, and %zu are left", size, left);
			bm_report_leave(an->report);
			return;
		}
		bm_an_ad_structure(an, structure[0], structure + 1, size - 1u);
	}
}

static void put_addr(struct bm_analyzer *an, const char *name, struct bm_reader *r)
{
	const uint8_t *a = bm_read_octets(r, ADDR_LEN);
	if (a)
		bm_report_string(an->report, name, "%02x:%02x:%02x:%02x:%02x:%02x", a[5], a[4], a[3], a[2], a[1], a[0]);
}

static void connect_ind(struct bm_analyzer *an, struct bm_reader *r)
{
	put_addr(an, "initiator", r);
	put_addr(an, "advertiser", r);
	const uint32_t access_address = bm_read_le32(r);
	if (r->failed)
		return;
	bm_report_hex(an->report, "access_address", access_address, 8);
	/* A new connection: what an old one of this number left is forgotten. */
	bm_an_gatt_forget(an, access_address);
}

void bm_an_adv_pdu(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	static const char *const NAMES[16] = {
		"ADV_IND",  "ADV_DIRECT_IND", "ADV_NONCONN_IND", "SCAN_REQ",
		"SCAN_RSP", "CONNECT_IND",    "ADV_SCAN_IND",    "ADV_EXT_IND",
	};
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t header = bm_read_u8(&r), size = bm_read_u8(&r);
	const uint8_t type = header & 0x0f;
	bm_report_enter(an->report, "advertising", "Advertising %s", NAMES[type] ? NAMES[type] : "PDU");
	switch (type) {
	case 0: /* ADV_IND */
	case 2: /* ADV_NONCONN_IND */
	case 4: /* SCAN_RSP */
	case 6: /* ADV_SCAN_IND */
		put_addr(an, "address", &r);
		break;
	case 1: /* ADV_DIRECT_IND */
	case 3: /* SCAN_REQ */
		put_addr(an, type == 1 ? "advertiser" : "scanner", &r);
		put_addr(an, type == 1 ? "target" : "advertiser", &r);
		break;
	case 5:
		connect_ind(an, &r);
		break;
	default:
		break;
	}
	if (!r.failed && size != len - 2)
		bm_report_problem(an->report, "its header says %u octets, and it has %zu", size, len - 2);
	if (r.failed)
		bm_report_problem(an->report, "the octets end too early");
	else if (type == 0 || type == 2 || type == 4 || type == 6)
		bm_an_ad(an, r.at, bm_reader_left(&r));
	bm_report_leave(an->report);
}
