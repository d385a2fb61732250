/*
 * The ATT client: finds a mesh service with its two characteristics and subscribes to Data Out.
 *
 *   mtu ▶ service ▶ characteristics … ▶ descriptors … ▶ subscribe ▶ ready
 *
 * What a peer lacks, or does not answer in time, ends the link: the node is told that connecting failed.
 */
#include "host/att.h"

/* For the whole search. Core Vol 3 Part F 3.3.3 gives each answer 30 s, which nobody here waits for. */
#define SEARCH_US (10u * BM_US_PER_S)

/* What each step asks; its response has the next number (Core Vol 3 Part F 3.4.8). */
static const uint8_t REQUESTS[] = {
	[BM_HOST_CLIENT_MTU] = BM_ATT_MTU_REQUEST,
	[BM_HOST_CLIENT_SERVICE] = BM_ATT_FIND_BY_VALUE_REQUEST,
	[BM_HOST_CLIENT_CHARACTERISTICS] = BM_ATT_READ_BY_TYPE_REQUEST,
	[BM_HOST_CLIENT_DESCRIPTORS] = BM_ATT_FIND_INFORMATION_REQUEST,
	[BM_HOST_CLIENT_SUBSCRIBE] = BM_ATT_WRITE_REQUEST,
};

static void ask(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	uint8_t pdu[16];
	struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
	switch (link->step) {
	case BM_HOST_CLIENT_MTU:
		bm_put_u8(&w, BM_ATT_MTU_REQUEST);
		bm_put_le16(&w, BM_GATT_MTU_MAX);
		break;
	case BM_HOST_CLIENT_SERVICE:
		bm_put_u8(&w, BM_ATT_FIND_BY_VALUE_REQUEST);
		bm_put_le16(&w, 0x0001);
		bm_put_le16(&w, 0xffff);
		bm_put_le16(&w, BM_GATT_PRIMARY_SERVICE);
		bm_put_le16(&w, (uint16_t)link->service);
		break;
	case BM_HOST_CLIENT_CHARACTERISTICS:
		bm_put_u8(&w, BM_ATT_READ_BY_TYPE_REQUEST);
		bm_put_le16(&w, link->first);
		bm_put_le16(&w, link->last);
		bm_put_le16(&w, BM_GATT_CHARACTERISTIC);
		break;
	case BM_HOST_CLIENT_DESCRIPTORS:
		bm_put_u8(&w, BM_ATT_FIND_INFORMATION_REQUEST);
		bm_put_le16(&w, link->first);
		bm_put_le16(&w, link->last);
		break;
	case BM_HOST_CLIENT_SUBSCRIBE:
		bm_put_u8(&w, BM_ATT_WRITE_REQUEST);
		bm_put_le16(&w, link->cccd);
		bm_put_le16(&w, BM_GATT_CCCD_NOTIFY);
		break;
	case BM_HOST_CLIENT_READY:
		return;
	}
	bm_host_att_send(host, link, &w, now);
}

static void go_on(struct bm_host *host, struct bm_host_link *link, enum bm_host_client_step step, bm_time now)
{
	link->step = step;
	ask(host, link, now);
}

void bm_host_client_start(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	link->deadline = bm_time_add(now, SEARCH_US);
	go_on(host, link, BM_HOST_CLIENT_MTU, now);
}

static void ready(struct bm_host_link *link, bm_time now)
{
	link->step = BM_HOST_CLIENT_READY;
	link->deadline = BM_TIME_NEVER;
	link->told = true;
	bm_host_link_tell(link, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED}, now);
}

/* Behind the last characteristic: is all there? */
static void search_descriptors(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	if (!link->data_in || !link->data_out || link->data_out >= link->last) {
		bm_host_link_drop(host, link, now);
		return;
	}
	link->first = (uint16_t)(link->data_out + 1);
	go_on(host, link, BM_HOST_CLIENT_DESCRIPTORS, now);
}

static void found_service(struct bm_host *host, struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	link->first = bm_read_le16(r);
	link->last = bm_read_le16(r);
	if (r->failed || link->first == 0 || link->first >= link->last) {
		bm_host_link_drop(host, link, now);
		return;
	}
	go_on(host, link, BM_HOST_CLIENT_CHARACTERISTICS, now);
}

static void found_characteristics(struct bm_host *host, struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	const size_t each = bm_read_u8(r);
	uint16_t last = 0;
	while (each >= 7 && bm_reader_left(r) >= each) {
		struct bm_reader one = bm_reader_of(bm_read_octets(r, each), each);
		const uint16_t declaration = bm_read_le16(&one);
		(void)bm_read_u8(&one);
		const uint16_t value = bm_read_le16(&one);
		/* 128-bit ones are none of ours. */
		const uint16_t uuid = bm_reader_left(&one) == 2 ? bm_read_le16(&one) : 0;
		if (declaration < link->first || declaration > link->last || value <= declaration) {
			bm_host_link_drop(host, link, now);
			return;
		}
		if (uuid == bm_gatt_data_in(link->service))
			link->data_in = value;
		if (uuid == bm_gatt_data_out(link->service))
			link->data_out = value;
		last = declaration;
	}
	if (last == 0) {
		bm_host_link_drop(host, link, now);
		return;
	}
	if ((link->data_in && link->data_out) || last >= link->last) {
		search_descriptors(host, link, now);
		return;
	}
	link->first = (uint16_t)(last + 1);
	ask(host, link, now);
}

static void found_descriptors(struct bm_host *host, struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	const size_t type_len = bm_read_u8(r) == 1 ? 2 : 16;
	uint16_t last = 0;
	while (bm_reader_left(r) >= 2 + type_len) {
		last = bm_read_le16(r);
		struct bm_reader type = bm_reader_of(bm_read_octets(r, type_len), type_len);
		const uint16_t uuid = type_len == 2 ? bm_read_le16(&type) : 0;
		if (uuid == BM_GATT_CCCD && last >= link->first && last <= link->last) {
			link->cccd = last;
			go_on(host, link, BM_HOST_CLIENT_SUBSCRIBE, now);
			return;
		}
		if (uuid == BM_GATT_CHARACTERISTIC || last < link->first || last > link->last)
			last = 0xffff;
		if (last == 0xffff)
			break;
	}
	if (last == 0 || last >= link->last) {
		bm_host_link_drop(host, link, now);
		return;
	}
	link->first = (uint16_t)(last + 1);
	ask(host, link, now);
}

static void refused(struct bm_host *host, struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	const uint8_t request = bm_read_u8(r);
	(void)bm_read_le16(r);
	const uint8_t error = bm_read_u8(r);
	/* About something else: the answer to what was asked is still to come. */
	if (r->failed || request != REQUESTS[link->step])
		return;
	/* A server without the exchange has the smallest MTU. */
	if (link->step == BM_HOST_CLIENT_MTU)
		go_on(host, link, BM_HOST_CLIENT_SERVICE, now);
	else if (link->step == BM_HOST_CLIENT_CHARACTERISTICS && error == BM_ATT_NOT_FOUND)
		search_descriptors(host, link, now);
	else
		bm_host_link_drop(host, link, now);
}

static void notified(struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	const uint16_t handle = bm_read_le16(r);
	if (r->failed || handle != link->data_out || bm_reader_left(r) == 0)
		return;
	/* A server may notify before it answers the write that asked for it. */
	if (link->step == BM_HOST_CLIENT_SUBSCRIBE)
		ready(link, now);
	if (link->told)
		bm_host_link_tell(
			link,
			(struct bm_gatt_event){.kind = BM_GATT_RECEIVED, .octets = r->at, .len = bm_reader_left(r)},
			now);
}

static bool is_awaited(const struct bm_host_link *link, uint8_t opcode)
{
	return link->role == BM_GATT_CLIENT && link->step < BM_ARRAY_LEN(REQUESTS) &&
	       (opcode == BM_ATT_ERROR || opcode == REQUESTS[link->step] + 1);
}

static void answered(struct bm_host *host, struct bm_host_link *link, struct bm_reader *r, bm_time now)
{
	uint16_t mtu;
	switch (link->step) {
	case BM_HOST_CLIENT_MTU:
		mtu = bm_host_att_mtu(bm_read_le16(r));
		if (mtu > link->mtu)
			link->mtu = mtu;
		go_on(host, link, BM_HOST_CLIENT_SERVICE, now);
		break;
	case BM_HOST_CLIENT_SERVICE:
		found_service(host, link, r, now);
		break;
	case BM_HOST_CLIENT_CHARACTERISTICS:
		found_characteristics(host, link, r, now);
		break;
	case BM_HOST_CLIENT_DESCRIPTORS:
		found_descriptors(host, link, r, now);
		break;
	case BM_HOST_CLIENT_SUBSCRIBE:
		ready(link, now);
		break;
	case BM_HOST_CLIENT_READY:
		break;
	}
}

void bm_host_client_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len,
			     bm_time now)
{
	struct bm_reader r = bm_reader_of(pdu, len);
	const uint8_t opcode = bm_read_u8(&r);
	uint8_t confirmation[1];
	struct bm_writer w = bm_writer_of(confirmation, sizeof confirmation);
	if (opcode == BM_ATT_INDICATION) {
		bm_put_u8(&w, BM_ATT_CONFIRMATION);
		bm_host_att_send(host, link, &w, now);
	} else if (opcode == BM_ATT_NOTIFICATION) {
		if (link->role == BM_GATT_CLIENT)
			notified(link, &r, now);
	} else if (!is_awaited(link, opcode)) {
		return; /* nobody asked */
	} else if (opcode == BM_ATT_ERROR) {
		refused(host, link, &r, now);
	} else {
		answered(host, link, &r, now);
	}
}
