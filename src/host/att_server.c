/*
 * The ATT server: what phones find. Four services with fixed handles, of which a client sees the first two and the mesh
 * service that it came for (none, while that is not known):
 *
 *   1 …  5  Generic Access: device name, appearance
 *   6 …  9  Generic Attribute: Service Changed
 *  10 … 15  Mesh Provisioning: Data In, Data Out with its CCCD
 *  16 … 21  Mesh Proxy: the same
 *
 * No handle ever means two things, so a phone that kept those of the other service is refused instead of misunderstood.
 */
#include <string.h>

#include "host/att.h"

#define GAP_SERVICE 0x1800u
#define GATT_SERVICE 0x1801u
#define DEVICE_NAME 0x2a00u
#define APPEARANCE 0x2a01u
#define SERVICE_CHANGED 0x2a05u
/* Of a node that tells no name in its advertising: it has none, or hides who it is. */
#define NO_NAME "blemesh"

#define HANDLE_SERVICE_CHANGED 8u
#define HANDLE_CHANGED_CCCD 9u
#define FIRST_MESH_HANDLE 10u
#define FIRST_PROXY_HANDLE 16u
#define MESH_DATA_IN 2u
#define MESH_DATA_OUT 4u
#define MESH_CCCD 5u
#define VALUE_MAX BM_GATT_NAME_MAX
/* A client that has not subscribed by then only keeps others out. */
#define IDLE_US (60u * BM_US_PER_S)

/* An attribute; its handle is its place, counted from 1. */
struct attribute {
	uint16_t type;
	uint8_t last;       /* a service: its last handle */
	uint8_t properties; /* a characteristic; its value follows */
	uint16_t uuid;      /* a service's, or a characteristic's */
};

static const struct attribute ATTRIBUTES[] = {
	{BM_GATT_PRIMARY_SERVICE, 5, 0, GAP_SERVICE},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_READ, DEVICE_NAME},
	{DEVICE_NAME, 0, 0, 0},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_READ, APPEARANCE},
	{APPEARANCE, 0, 0, 0},
	{BM_GATT_PRIMARY_SERVICE, 9, 0, GATT_SERVICE},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_INDICATE, SERVICE_CHANGED},
	{SERVICE_CHANGED, 0, 0, 0},
	{BM_GATT_CCCD, 0, 0, 0},
	{BM_GATT_PRIMARY_SERVICE, 15, 0, BM_GATT_PROVISIONING},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_WRITE_COMMAND, 0x2adb},
	{0x2adb, 0, 0, 0},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_NOTIFY, 0x2adc},
	{0x2adc, 0, 0, 0},
	{BM_GATT_CCCD, 0, 0, 0},
	{BM_GATT_PRIMARY_SERVICE, 21, 0, BM_GATT_PROXY},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_WRITE_COMMAND, 0x2add},
	{0x2add, 0, 0, 0},
	{BM_GATT_CHARACTERISTIC, 0, BM_GATT_PROPERTY_NOTIFY, 0x2ade},
	{0x2ade, 0, 0, 0},
	{BM_GATT_CCCD, 0, 0, 0},
};
#define LAST_HANDLE ((uint16_t)BM_ARRAY_LEN(ATTRIBUTES))

static uint16_t first_handle(enum bm_gatt_service service)
{
	return service == BM_GATT_PROXY ? FIRST_PROXY_HANDLE : FIRST_MESH_HANDLE;
}

uint16_t bm_host_server_data_out(enum bm_gatt_service service)
{
	return (uint16_t)(first_handle(service) + MESH_DATA_OUT);
}

/* The attribute that this client sees under the handle, or NULL. */
static const struct attribute *find(const struct bm_host_link *link, uint32_t handle)
{
	if (handle == 0 || handle > LAST_HANDLE)
		return NULL;
	if (handle >= FIRST_MESH_HANDLE) {
		const uint32_t first = first_handle(link->service);
		if (link->role != BM_GATT_SERVER || !link->told || handle < first || handle > first + MESH_CCCD)
			return NULL;
	}
	return &ATTRIBUTES[handle - 1];
}

static void put_name(const struct bm_host_link *link, struct bm_writer *w)
{
	const char *name = link->user ? link->user->names[bm_host_name_of(link->service)] : "";
	bm_put_octets(w, (const uint8_t *)(*name ? name : NO_NAME), strlen(*name ? name : NO_NAME));
}

static enum bm_att_error read_value(const struct bm_host_link *link, uint16_t handle, struct bm_writer *w)
{
	const struct attribute *attribute = find(link, handle);
	if (!attribute)
		return BM_ATT_INVALID_HANDLE;
	switch (attribute->type) {
	case BM_GATT_PRIMARY_SERVICE:
		bm_put_le16(w, attribute->uuid);
		return BM_ATT_OK;
	case BM_GATT_CHARACTERISTIC:
		bm_put_u8(w, attribute->properties);
		bm_put_le16(w, (uint16_t)(handle + 1));
		bm_put_le16(w, attribute->uuid);
		return BM_ATT_OK;
	case BM_GATT_CCCD:
		if (handle == HANDLE_CHANGED_CCCD)
			bm_put_le16(w, link->changes_subscribed ? BM_GATT_CCCD_INDICATE : 0);
		else
			bm_put_le16(w, link->subscribed ? BM_GATT_CCCD_NOTIFY : 0);
		return BM_ATT_OK;
	case DEVICE_NAME:
		put_name(link, w);
		return BM_ATT_OK;
	case APPEARANCE:
		bm_put_le16(w, 0); /* unknown */
		return BM_ATT_OK;
	default:
		return BM_ATT_READ_NOT_PERMITTED;
	}
}

/* A request being answered: what is written is the answer, unless it ends in an error about a handle. */
struct request {
	struct bm_host *host;
	struct bm_host_link *link;
	struct bm_reader r;
	struct bm_writer w;
	uint16_t handle; /* that an error is about */
	bm_time now;
};

static size_t room(const struct request *request)
{
	return request->link->mtu - bm_writer_len(&request->w);
}

/* First and last handle of a search. */
static enum bm_att_error read_range(struct request *request, uint16_t *first, uint16_t *last)
{
	*first = bm_read_le16(&request->r);
	*last = bm_read_le16(&request->r);
	if (request->r.failed)
		return BM_ATT_INVALID_PDU;
	request->handle = *first;
	return *first == 0 || *first > *last ? BM_ATT_INVALID_HANDLE : BM_ATT_OK;
}

static enum bm_att_error exchange_mtu(struct request *request)
{
	const uint16_t mtu = bm_read_le16(&request->r);
	struct bm_host_link *link = request->link;
	if (bm_reader_finish(&request->r))
		return BM_ATT_INVALID_PDU;
	/* The answer goes before whatever the larger one allows. */
	bm_put_u8(&request->w, BM_ATT_MTU_RESPONSE);
	bm_put_le16(&request->w, BM_GATT_MTU_MAX);
	bm_host_att_send(request->host, link, &request->w, request->now);
	request->w.at = request->w.start;
	const uint16_t agreed = bm_host_att_mtu(mtu);
	const bool grew = agreed > link->mtu;
	if (grew)
		link->mtu = agreed;
	if (grew && link->told)
		bm_host_link_tell(link, (struct bm_gatt_event){.kind = BM_GATT_MTU}, request->now);
	return BM_ATT_OK;
}

static enum bm_att_error find_information(struct request *request)
{
	uint16_t first, last;
	const enum bm_att_error error = read_range(request, &first, &last);
	if (error)
		return error;
	if (bm_reader_finish(&request->r))
		return BM_ATT_INVALID_PDU;
	bm_put_u8(&request->w, BM_ATT_FIND_INFORMATION_RESPONSE);
	bm_put_u8(&request->w, 1); /* 16-bit types */
	const size_t empty = bm_writer_len(&request->w);
	for (uint32_t handle = first; handle <= last && handle <= LAST_HANDLE && room(request) >= 4; handle++) {
		const struct attribute *attribute = find(request->link, handle);
		if (!attribute)
			continue;
		bm_put_le16(&request->w, (uint16_t)handle);
		bm_put_le16(&request->w, attribute->type);
	}
	return bm_writer_len(&request->w) == empty ? BM_ATT_NOT_FOUND : BM_ATT_OK;
}

static enum bm_att_error find_by_value(struct request *request)
{
	uint16_t first, last;
	const enum bm_att_error error = read_range(request, &first, &last);
	const uint16_t type = bm_read_le16(&request->r);
	if (request->r.failed)
		return BM_ATT_INVALID_PDU;
	if (error)
		return error;
	const bool short_uuid = bm_reader_left(&request->r) == 2;
	const uint16_t uuid = short_uuid ? bm_read_le16(&request->r) : 0;
	bm_put_u8(&request->w, BM_ATT_FIND_BY_VALUE_RESPONSE);
	const size_t empty = bm_writer_len(&request->w);
	for (uint32_t handle = first; handle <= last && handle <= LAST_HANDLE && room(request) >= 4; handle++) {
		const struct attribute *attribute = find(request->link, handle);
		if (!attribute || !short_uuid || type != BM_GATT_PRIMARY_SERVICE || attribute->type != type ||
		    attribute->uuid != uuid)
			continue;
		bm_put_le16(&request->w, (uint16_t)handle);
		bm_put_le16(&request->w, attribute->last);
	}
	return bm_writer_len(&request->w) == empty ? BM_ATT_NOT_FOUND : BM_ATT_OK;
}

/* An attribute type to the end of the request, in either of its forms (Core Vol 3 Part F 3.2.1). 0: a 128-bit type that
 * stands for no 16-bit one, so that no attribute here has it. BM_ATT_INVALID_PDU. */
static enum bm_att_error read_type(struct request *request, uint16_t *type)
{
	static const uint8_t base[12] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00, 0x00};
	const size_t len = bm_reader_left(&request->r);
	if (len == 2) {
		*type = bm_read_le16(&request->r);
		return BM_ATT_OK;
	}
	const uint8_t *uuid = bm_read_octets(&request->r, 16);
	if (len != 16 || !uuid)
		return BM_ATT_INVALID_PDU;
	const bool is_short = memcmp(uuid, base, sizeof base) == 0 && uuid[14] == 0 && uuid[15] == 0;
	*type = is_short ? (uint16_t)(uuid[13] << 8 | uuid[12]) : 0;
	return BM_ATT_OK;
}

/* Read By Type and, for services, Read By Group Type: handles with values of one length. */
static enum bm_att_error read_by(struct request *request, bool group)
{
	uint16_t first, last, type;
	enum bm_att_error error = read_range(request, &first, &last);
	if (!error)
		error = read_type(request, &type);
	if (error)
		return error;
	if (group && type != BM_GATT_PRIMARY_SERVICE && type != BM_GATT_SECONDARY_SERVICE)
		return BM_ATT_UNSUPPORTED_GROUP;
	size_t each = 0;
	bm_put_u8(&request->w, group ? BM_ATT_READ_BY_GROUP_RESPONSE : BM_ATT_READ_BY_TYPE_RESPONSE);
	for (uint32_t handle = first; handle <= last && handle <= LAST_HANDLE && type != 0; handle++) {
		const struct attribute *attribute = find(request->link, handle);
		uint8_t value[VALUE_MAX];
		struct bm_writer v = bm_writer_of(value, sizeof value);
		if (!attribute || attribute->type != type)
			continue;
		const enum bm_att_error refused = read_value(request->link, (uint16_t)handle, &v);
		const size_t head = group ? 4u : 2u;
		size_t len = bm_writer_len(&v) + head;
		/* Core Vol 3 Part F 3.4.4.2: of a first value that is too long the answer has what fits. */
		if (!each && len + 1 > room(request))
			len = room(request) - 1;
		if (refused && each == 0) {
			request->handle = (uint16_t)handle;
			return refused;
		}
		if (refused || (each && len != each) || room(request) < len + (each ? 0u : 1u))
			break;
		if (!each)
			bm_put_u8(&request->w, (uint8_t)len);
		each = len;
		bm_put_le16(&request->w, (uint16_t)handle);
		if (group)
			bm_put_le16(&request->w, attribute->last);
		bm_put_octets(&request->w, value, len - head);
	}
	return each ? BM_ATT_OK : BM_ATT_NOT_FOUND;
}

static enum bm_att_error read(struct request *request, bool blob)
{
	uint8_t value[VALUE_MAX];
	struct bm_writer v = bm_writer_of(value, sizeof value);
	request->handle = bm_read_le16(&request->r);
	const uint16_t offset = blob ? bm_read_le16(&request->r) : 0;
	if (bm_reader_finish(&request->r))
		return BM_ATT_INVALID_PDU;
	const enum bm_att_error error = read_value(request->link, request->handle, &v);
	if (error)
		return error;
	if (offset > bm_writer_len(&v))
		return BM_ATT_INVALID_OFFSET;
	bm_put_u8(&request->w, blob ? BM_ATT_READ_BLOB_RESPONSE : BM_ATT_READ_RESPONSE);
	/* What does not fit is read by Read Blob. */
	const size_t left = bm_writer_len(&v) - offset;
	bm_put_octets(&request->w, value + offset, left < room(request) ? left : room(request));
	return BM_ATT_OK;
}

void bm_host_server_indicate(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	uint8_t pdu[7];
	struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
	link->changes_due = false;
	if (link->changes_told || !link->changes_subscribed)
		return;
	link->changes_told = true; /* once a link: the client may hold handles of the other mesh service */
	bm_put_u8(&w, BM_ATT_INDICATION);
	bm_put_le16(&w, HANDLE_SERVICE_CHANGED);
	bm_put_le16(&w, FIRST_MESH_HANDLE);
	bm_put_le16(&w, LAST_HANDLE);
	bm_host_att_send(host, link, &w, now);
}

static void subscribe(struct request *request, bool on)
{
	struct bm_host_link *link = request->link;
	if (link->subscribed == on)
		return;
	link->subscribed = on;
	link->deadline = on ? BM_TIME_NEVER : bm_time_add(request->now, IDLE_US);
	bm_host_link_tell(link, (struct bm_gatt_event){.kind = BM_GATT_SUBSCRIBED, .on = on}, request->now);
}

static enum bm_att_error write(struct request *request)
{
	struct bm_host_link *link = request->link;
	request->handle = bm_read_le16(&request->r);
	if (request->r.failed)
		return BM_ATT_INVALID_PDU;
	const struct attribute *attribute = find(link, request->handle);
	if (!attribute)
		return BM_ATT_INVALID_HANDLE;
	if (attribute->type != BM_GATT_CCCD)
		return BM_ATT_WRITE_NOT_PERMITTED;
	const uint16_t bits = bm_read_le16(&request->r);
	if (bm_reader_finish(&request->r))
		return BM_ATT_INVALID_LENGTH;
	const bool changes = request->handle == HANDLE_CHANGED_CCCD;
	if (bits & ~(changes ? BM_GATT_CCCD_INDICATE : BM_GATT_CCCD_NOTIFY))
		return BM_ATT_CCCD_IMPROPER;
	/* The answer goes before what the node says to its new listener. */
	bm_put_u8(&request->w, BM_ATT_WRITE_RESPONSE);
	bm_host_att_send(request->host, link, &request->w, request->now);
	request->w.at = request->w.start;
	if (link->closing)
		return BM_ATT_OK; /* there was no room for the answer: it is the client no longer */
	if (!changes) {
		subscribe(request, bits);
		return BM_ATT_OK;
	}
	link->changes_subscribed = bits;
	if (link->user && link->user->served == 3)
		link->changes_due = true;
	return BM_ATT_OK;
}

static void write_command(struct request *request)
{
	const struct bm_host_link *link = request->link;
	const uint16_t handle = bm_read_le16(&request->r);
	if (request->r.failed || link->role != BM_GATT_SERVER || !link->told || bm_reader_left(&request->r) == 0 ||
	    handle != first_handle(link->service) + MESH_DATA_IN)
		return; /* a command is never answered */
	bm_host_link_tell(request->link,
			  (struct bm_gatt_event){.kind = BM_GATT_RECEIVED,
						 .octets = request->r.at,
						 .len = bm_reader_left(&request->r)},
			  request->now);
}

static enum bm_att_error answer(struct request *request, uint8_t opcode)
{
	switch (opcode) {
	case BM_ATT_MTU_REQUEST:
		return exchange_mtu(request);
	case BM_ATT_FIND_INFORMATION_REQUEST:
		return find_information(request);
	case BM_ATT_FIND_BY_VALUE_REQUEST:
		return find_by_value(request);
	case BM_ATT_READ_BY_TYPE_REQUEST:
		return read_by(request, false);
	case BM_ATT_READ_BY_GROUP_REQUEST:
		return read_by(request, true);
	case BM_ATT_READ_REQUEST:
		return read(request, false);
	case BM_ATT_READ_BLOB_REQUEST:
		return read(request, true);
	case BM_ATT_WRITE_REQUEST:
		return write(request);
	default:
		return BM_ATT_NOT_SUPPORTED;
	}
}

void bm_host_server_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len,
			     bm_time now)
{
	uint8_t out[BM_GATT_MTU_MAX];
	struct request request = {.host = host, .link = link, .r = bm_reader_of(pdu, len), .now = now};
	request.w = bm_writer_of(out, sizeof out);
	const uint8_t opcode = bm_read_u8(&request.r);
	if (opcode == BM_ATT_WRITE_COMMAND) {
		write_command(&request);
		return;
	}
	if (opcode & BM_ATT_COMMAND_FLAG)
		return;
	const enum bm_att_error error = answer(&request, opcode);
	if (error) {
		request.w.at = request.w.start;
		bm_put_u8(&request.w, BM_ATT_ERROR);
		bm_put_u8(&request.w, opcode);
		bm_put_le16(&request.w, request.handle);
		bm_put_u8(&request.w, (uint8_t)error);
	}
	if (link->used && bm_writer_len(&request.w) > 0)
		bm_host_att_send(host, link, &request.w, now);
}

void bm_host_server_changed(struct bm_host *host, const struct bm_host_user *user, enum bm_gatt_service service)
{
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		struct bm_host_link *link = &host->links[i];
		if (link->used && link->told && link->role == BM_GATT_SERVER && link->user == user &&
		    link->service != service)
			link->changes_due = true;
	}
}
