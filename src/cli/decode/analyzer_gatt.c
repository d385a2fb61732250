/*
 * What a GATT connection carries: L2CAP put together, ATT with the handles that discovery shows, and in writes and
 * notifications of the mesh services Proxy PDUs (MshPRT 6.3.1) with their messages.
 */
#include <string.h>

#include "cli/decode/analyzer_state.h"
#include "host/att.h"
#include "pdu/proxy_pdu.h"

#define CID_ATT 0x0004u
#define UUID_UNKNOWN 0x0000u
#define CHARACTERISTIC_16_LEN 7u

struct bm_an_gatt_link *bm_an_gatt_link(struct bm_analyzer *an, uint32_t id)
{
	struct bm_an_gatt_link *oldest = &an->gatt_links[0];
	for (size_t i = 0; i < BM_AN_GATT_LINKS; i++) {
		struct bm_an_gatt_link *link = &an->gatt_links[i];
		if (link->used && link->id == id) {
			link->touched = ++an->clock;
			return link;
		}
		if (link->touched < oldest->touched)
			oldest = link;
	}
	memset(oldest, 0, sizeof *oldest);
	oldest->used = true;
	oldest->id = id;
	oldest->touched = ++an->clock;
	return oldest;
}

void bm_an_gatt_forget(struct bm_analyzer *an, uint32_t id)
{
	for (size_t i = 0; i < BM_AN_GATT_LINKS; i++)
		if (an->gatt_links[i].used && an->gatt_links[i].id == id)
			memset(&an->gatt_links[i], 0, sizeof an->gatt_links[i]);
}

static void configuration(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	static const char *const NAMES[] = {"Set Filter Type", "Add Addresses To Filter",
					    "Remove Addresses From Filter", "Filter Status"};
	struct bm_opened opened;
	struct bm_proxy_config config;
	bm_report_enter(an->report, "network", "Proxy Configuration PDU");
	enum bm_err err = bm_keyring_open_proxy(&an->keys, BM_NET_PROXY_CONFIG, octets, len, &opened);
	if (err) {
		bm_an_closed(an, err, len ? octets[0] & 0x7f : 0);
		bm_report_leave(an->report);
		return;
	}
	bm_an_put_net(an, &opened);
	an->report->has_network = true;
	an->report->src = opened.header.src;
	err = bm_proxy_config_decode(opened.clear + 2, opened.transport_len, &config);
	const uint8_t opcode = opened.clear[2];
	if (err == BM_ERR_NOT_SUPPORTED && (opcode == 0x04 || opcode == 0x05)) {
		/* Of directed forwarding (MshPRT 6.6.5, 6.6.6). */
		bm_report_enter(an->report, "proxy_configuration", "Directed Proxy %s",
				opcode == 0x04 ? "Capabilities Status" : "Control");
		bm_report_octets(an->report, "parameters", opened.clear + 3, opened.transport_len - 1);
	} else if (err) {
		bm_report_enter(an->report, "proxy_configuration", "Proxy Configuration message");
		bm_report_problem(an->report,
				  err == BM_ERR_NOT_SUPPORTED ? "with an opcode that is not known: %s"
							      : "malformed: %s",
				  bm_err_text(err));
	} else {
		bm_report_enter(an->report, "proxy_configuration", "%s", NAMES[config.opcode]);
		if (config.opcode == BM_PROXY_SET_FILTER_TYPE || config.opcode == BM_PROXY_FILTER_STATUS)
			bm_report_string(an->report, "filter_type",
					 config.filter_type == BM_PROXY_REJECT_LIST ? "reject list" : "accept list");
		if (config.opcode == BM_PROXY_FILTER_STATUS)
			bm_report_number(an->report, "list_size", config.list_size, NULL);
		for (unsigned i = 0; i < config.addr_count; i++)
			bm_report_hex(an->report, "address", config.addrs[i], 4);
	}
	bm_report_leave(an->report);
	bm_report_leave(an->report);
}

static void message(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction,
		    const struct bm_proxy_sar_rx *rx)
{
	switch ((enum bm_proxy_type)rx->type) {
	case BM_PROXY_NETWORK:
		bm_an_network(an, rx->octets, rx->len);
		break;
	case BM_PROXY_BEACON:
		bm_an_beacon(an, rx->octets, rx->len);
		break;
	case BM_PROXY_CONFIG:
		configuration(an, rx->octets, rx->len);
		break;
	case BM_PROXY_PROVISIONING:
		/* MshPRT 5.2.2: the client is the provisioner. */
		bm_an_provisioning(an, &link->exchange, direction == 0 ? BM_PROV_SIDE_PROVISIONER : BM_PROV_SIDE_DEVICE,
				   rx->octets, rx->len);
		break;
	}
}

void bm_an_proxy(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction, const uint8_t *octets, size_t len)
{
	static const char *const PARTS[] = {"complete message", "first segment", "continuation", "last segment"};
	static const char *const TYPES[] = {"Network PDU", "mesh beacon", "proxy configuration", "provisioning PDU"};
	bm_report_enter(an->report, "proxy", "Proxy PDU");
	if (len == 0) {
		bm_report_problem(an->report, "it has no octets");
		bm_report_leave(an->report);
		return;
	}
	const uint8_t type = octets[0] & 0x3f;
	bm_report_string(an->report, "sar", "%s", PARTS[octets[0] >> 6]);
	if (type < BM_ARRAY_LEN(TYPES))
		bm_report_string(an->report, "type", "%s", TYPES[type]);
	else
		bm_report_hex(an->report, "type", type, 2);
	struct bm_proxy_sar_rx *rx = &link->sar[direction];
	switch (bm_proxy_sar_receive(rx, octets, len)) {
	case BM_PROXY_SAR_MESSAGE:
		message(an, link, direction, rx);
		break;
	case BM_PROXY_SAR_WAIT:
		bm_report_number(an->report, "octets", rx->len, NULL);
		break;
	case BM_PROXY_SAR_IGNORE:
		bm_report_problem(an->report, "a message type that is not known");
		break;
	case BM_PROXY_SAR_BROKEN:
		bm_report_problem(an->report, "a segment out of turn, or a message that is too long");
		bm_proxy_sar_reset(rx);
		break;
	}
	bm_report_leave(an->report);
}

static void learn_handle(struct bm_an_gatt_link *link, uint16_t handle, uint16_t uuid)
{
	uint8_t at = 0;
	while (at < link->handle_count && link->handles[at].handle != handle)
		at++;
	if (at == BM_AN_HANDLES)
		return;
	if (at == link->handle_count)
		link->handle_count++;
	link->handles[at].handle = handle;
	link->handles[at].uuid = uuid;
}

/* Declarations of characteristics (Core Vol 3 Part G 3.3.1): handle, properties, value handle, UUID. */
static void declarations(struct bm_analyzer *an, struct bm_an_gatt_link *link, struct bm_reader *r)
{
	if (bm_read_u8(r) != CHARACTERISTIC_16_LEN)
		return;
	while (bm_reader_left(r) >= CHARACTERISTIC_16_LEN) {
		(void)bm_read_le16(r);
		(void)bm_read_u8(r);
		const uint16_t handle = bm_read_le16(r);
		const uint16_t uuid = bm_read_le16(r);
		bm_report_string(an->report, "characteristic", "0x%04x at 0x%04x", uuid, handle);
		if (uuid >= 0x2adb && uuid <= 0x2ade)
			learn_handle(link, handle, uuid);
	}
}

static uint16_t uuid_of(const struct bm_an_gatt_link *link, uint16_t handle)
{
	for (uint8_t i = 0; i < link->handle_count; i++)
		if (link->handles[i].handle == handle)
			return link->handles[i].uuid;
	return UUID_UNKNOWN;
}

static const char *characteristic_name(uint16_t uuid)
{
	switch (uuid) {
	case 0x2adb:
		return "Mesh Provisioning Data In";
	case 0x2adc:
		return "Mesh Provisioning Data Out";
	case 0x2add:
		return "Mesh Proxy Data In";
	case 0x2ade:
		return "Mesh Proxy Data Out";
	default:
		return NULL;
	}
}

/* Where no discovery was seen: does it look like a Proxy PDU? */
static bool may_be_proxy(const uint8_t *octets, size_t len)
{
	return len >= 2 && (octets[0] & 0x3f) <= BM_PROXY_PROVISIONING;
}

static void value(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction, struct bm_reader *r)
{
	const uint16_t handle = bm_read_le16(r);
	const uint16_t uuid = uuid_of(link, handle);
	const char *name = characteristic_name(uuid);
	bm_report_hex(an->report, "handle", handle, 4);
	if (name)
		bm_report_string(an->report, "characteristic", "%s", name);
	if (r->failed)
		return;
	/* A subscription to notifications is a request that has two octets. */
	if (name || (link->handle_count == 0 && may_be_proxy(r->at, bm_reader_left(r))))
		bm_an_proxy(an, link, direction, r->at, bm_reader_left(r));
	else
		bm_report_octets(an->report, "value", r->at, bm_reader_left(r));
}

static const char *att_name(uint8_t opcode)
{
	switch ((enum bm_att_opcode)opcode) {
	case BM_ATT_ERROR:
		return "Error Response";
	case BM_ATT_MTU_REQUEST:
		return "Exchange MTU Request";
	case BM_ATT_MTU_RESPONSE:
		return "Exchange MTU Response";
	case BM_ATT_FIND_INFORMATION_REQUEST:
		return "Find Information Request";
	case BM_ATT_FIND_INFORMATION_RESPONSE:
		return "Find Information Response";
	case BM_ATT_FIND_BY_VALUE_REQUEST:
		return "Find By Type Value Request";
	case BM_ATT_FIND_BY_VALUE_RESPONSE:
		return "Find By Type Value Response";
	case BM_ATT_READ_BY_TYPE_REQUEST:
		return "Read By Type Request";
	case BM_ATT_READ_BY_TYPE_RESPONSE:
		return "Read By Type Response";
	case BM_ATT_READ_REQUEST:
		return "Read Request";
	case BM_ATT_READ_RESPONSE:
		return "Read Response";
	case BM_ATT_READ_BLOB_REQUEST:
		return "Read Blob Request";
	case BM_ATT_READ_BLOB_RESPONSE:
		return "Read Blob Response";
	case BM_ATT_READ_BY_GROUP_REQUEST:
		return "Read By Group Type Request";
	case BM_ATT_READ_BY_GROUP_RESPONSE:
		return "Read By Group Type Response";
	case BM_ATT_WRITE_REQUEST:
		return "Write Request";
	case BM_ATT_WRITE_RESPONSE:
		return "Write Response";
	case BM_ATT_NOTIFICATION:
		return "Notification";
	case BM_ATT_INDICATION:
		return "Indication";
	case BM_ATT_CONFIRMATION:
		return "Confirmation";
	case BM_ATT_WRITE_COMMAND:
		return "Write Command";
	}
	return "PDU";
}

static void att(struct bm_analyzer *an, struct bm_an_gatt_link *link, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t opcode = bm_read_u8(&r);
	bm_report_enter(an->report, "att", "ATT %s", len ? att_name(opcode) : "PDU");
	switch ((enum bm_att_opcode)opcode) {
	case BM_ATT_MTU_REQUEST:
	case BM_ATT_MTU_RESPONSE:
		bm_report_number(an->report, "mtu", bm_read_le16(&r), NULL);
		break;
	case BM_ATT_READ_BY_TYPE_RESPONSE:
		declarations(an, link, &r);
		break;
	case BM_ATT_WRITE_COMMAND:
		value(an, link, 0, &r);
		break;
	case BM_ATT_NOTIFICATION:
		value(an, link, 1, &r);
		break;
	case BM_ATT_WRITE_REQUEST:
		bm_report_hex(an->report, "handle", bm_read_le16(&r), 4);
		bm_report_octets(an->report, "value", r.at, bm_reader_left(&r));
		break;
	default:
		if (bm_reader_left(&r))
			bm_report_octets(an->report, "octets", r.at, bm_reader_left(&r));
		break;
	}
	if (r.failed)
		bm_report_problem(an->report, "the octets end too early");
	bm_report_leave(an->report);
}

void bm_an_l2cap(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction, bool start, const uint8_t *octets,
		 size_t len)
{
	struct bm_an_l2cap *rx = &link->l2cap[direction];
	if (start) {
		struct bm_reader r = bm_reader_of(octets, len);
		const size_t size = bm_read_le16(&r);
		rx->len = 0;
		rx->need = r.failed ? 0 : size + 4; /* with its header */
	}
	if (rx->need == 0 || rx->need > sizeof rx->octets || rx->len + len > rx->need) {
		bm_report_problem(an->report, start ? "an L2CAP frame that is longer than ATT's can be"
						    : "a fragment whose beginning was not seen");
		rx->need = rx->len = 0;
		return;
	}
	if (len)
		memcpy(rx->octets + rx->len, octets, len);
	rx->len += len;
	if (rx->len < rx->need)
		return;
	const uint16_t cid = (uint16_t)(rx->octets[2] | rx->octets[3] << 8);
	const size_t whole = rx->len - 4;
	rx->need = rx->len = 0;
	if (cid == CID_ATT)
		att(an, link, rx->octets + 4, whole);
	else
		bm_report_string(an->report, "l2cap_channel", "0x%04x", cid);
}
