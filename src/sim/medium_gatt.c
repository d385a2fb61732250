/*
 * Connectable advertising and GATT links on the air.
 *
 *   client: CONNECT ─again, a few times▶ … ─ACCEPT▶ open ─ DATA, EMPTY … ─▶ DISCONNECT, silence ▶ gone
 *   server: a set's address is named in CONNECT ─▶ the set stops, ACCEPT ─▶ open ─ SUBSCRIBE, DATA, EMPTY … ─▶ gone
 *
 * Frames of a link are numbered. The air loses none of them inside a process; between processes a full socket may, and
 * then the link is over, as when a radio gives up.
 */
#include <stdlib.h>
#include <string.h>

#include "blemesh/bytes.h"
#include "sim/medium_state.h"

#define KEEP_UP_US (1u * BM_US_PER_S)
#define SUPERVISION_US (4u * BM_US_PER_S)
#define CONNECT_AGAIN_US (500u * BM_US_PER_MS)
#define CONNECT_GIVE_UP_US (2u * BM_US_PER_S)
/* Bluetooth Core Vol 6 Part B 4.4.2.2: a random delay is added to each advertising interval. */
#define ADV_DELAY_US 10000u

#define AD_FLAGS 0x01u
#define AD_UUID16_COMPLETE 0x03u
#define AD_NAME_COMPLETE 0x09u
#define FLAGS_LE_GENERAL 0x06u

#define CONNECT_LEN (BM_GATT_FRAME_HEADER_LEN + 16u)
#define ACCEPT_LEN (BM_GATT_FRAME_HEADER_LEN + 4u)

void bm_station_gatt_init(struct bm_station *station)
{
	station->gatt_next = BM_TIME_NEVER;
	station->mtu = BM_GATT_MTU_MAX;
	for (size_t i = 0; i < BM_ARRAY_LEN(station->sets); i++)
		station->sets[i] = (struct bm_adv_set){.next = BM_TIME_NEVER};
}

void bm_station_gatt_free(struct bm_station *station)
{
	while (station->links) {
		struct bm_air_link *link = station->links;
		station->links = link->next;
		free(link);
	}
}

void bm_station_set_mtu(struct bm_station *station, uint16_t mtu)
{
	station->mtu = mtu;
}

void bm_station_set_active_scan(struct bm_station *station, bool on)
{
	station->active_scan = on;
}

static bm_time link_deadline(const struct bm_air_link *link)
{
	const bm_time quiet = bm_time_add(link->quiet_since, link->open ? KEEP_UP_US : CONNECT_AGAIN_US);
	const bm_time dead = bm_time_add(link->heard, link->open ? SUPERVISION_US : CONNECT_GIVE_UP_US);
	return quiet < dead ? quiet : dead;
}

static void find_next(struct bm_station *station)
{
	station->gatt_next = BM_TIME_NEVER;
	for (size_t i = 0; i < BM_ARRAY_LEN(station->sets); i++)
		if (station->sets[i].active && station->sets[i].next < station->gatt_next)
			station->gatt_next = station->sets[i].next;
	for (const struct bm_air_link *link = station->links; link; link = link->next)
		if (link_deadline(link) < station->gatt_next)
			station->gatt_next = link_deadline(link);
}

/* Connectable advertising. */

static void put_ad(struct bm_writer *w, uint8_t type, const void *octets, size_t len)
{
	bm_put_u8(w, (uint8_t)(len + 1));
	bm_put_u8(w, type);
	bm_put_octets(w, octets, len);
}

static void put_addr(struct bm_writer *w, const uint8_t addr[6])
{
	for (size_t i = 6; i-- > 0;)
		bm_put_u8(w, addr[i]);
}

static void read_addr(const uint8_t *octets, uint8_t addr[6])
{
	for (size_t i = 0; i < 6; i++)
		addr[i] = octets[5 - i];
}

static void choose_addr(struct bm_station *station, struct bm_adv_set *set, const struct bm_gatt_adv *adv)
{
	memcpy(set->addr, station->addr, sizeof set->addr);
	if (adv->addr != BM_GATT_ADDR_PRIVATE)
		return;
	if (adv->new_addr || !set->has_private_addr) {
		bm_prng_fill(&station->medium->prng, set->private_addr, sizeof set->private_addr);
		set->private_addr[0] &= 0x3f; /* a non-resolvable private address (Core Vol 6 Part B 1.3.2.2) */
		set->has_private_addr = true;
	}
	memcpy(set->addr, set->private_addr, sizeof set->addr);
}

static enum bm_err gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now)
{
	struct bm_station *station = self;
	if (!station->ops.gatt)
		return BM_ERR_NOT_SUPPORTED;
	if (adv->set >= BM_ARRAY_LEN(station->sets) || adv->len > BM_GATT_SERVICE_DATA_MAX)
		return BM_ERR_INVALID;
	struct bm_adv_set *set = &station->sets[adv->set];
	set->active = adv->data != NULL;
	if (set->active) {
		uint8_t data[2 + BM_GATT_SERVICE_DATA_MAX] = {(uint8_t)adv->service, (uint8_t)(adv->service >> 8)};
		struct bm_writer w = bm_writer_of(set->ad, sizeof set->ad);
		memcpy(data + 2, adv->data, adv->len);
		put_ad(&w, AD_FLAGS, &(uint8_t){FLAGS_LE_GENERAL}, 1);
		put_ad(&w, AD_UUID16_COMPLETE, data, 2);
		put_ad(&w, BM_AD_SERVICE_DATA, data, 2u + adv->len);
		set->ad_len = (uint8_t)bm_writer_len(&w);
		w = bm_writer_of(set->response, sizeof set->response);
		const size_t name_len = adv->name ? strlen(adv->name) : 0;
		if (name_len)
			put_ad(&w, AD_NAME_COMPLETE, adv->name,
			       name_len < BM_GATT_NAME_MAX ? name_len : BM_GATT_NAME_MAX);
		set->response_len = (uint8_t)bm_writer_len(&w);
		set->service = adv->service;
		set->interval_us = adv->interval_us;
		set->next = bm_time_add(now, bm_prng_below(&station->medium->prng, ADV_DELAY_US));
		choose_addr(station, set, adv);
	}
	find_next(station);
	return BM_OK;
}

static void send_adv(struct bm_station *station, uint8_t type, const uint8_t addr[6], const uint8_t *data, size_t len,
		     bm_time now)
{
	uint8_t pdu[BM_LE_ADV_HEADER_LEN + BM_LE_ADV_DATA_MAX];
	struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
	bm_put_u8(&w, type);
	bm_put_u8(&w, (uint8_t)(len + 6));
	put_addr(&w, addr);
	bm_put_octets(&w, data, len);
	bm_medium_send(station, BM_FRAME_ADV, pdu, bm_writer_len(&w), now);
}

static void tell_seen(struct bm_station *station, const uint8_t *pdu, size_t len, bm_time now)
{
	struct bm_gatt_seen seen = {.rssi = BM_AIR_RSSI_DBM};
	read_addr(pdu + 2, seen.peer.addr);
	seen.peer.random = true;
	const uint8_t *ad = pdu + BM_LE_ADV_HEADER_LEN;
	const uint8_t *end = pdu + len;
	for (; ad < end && ad[0] > 0 && ad[0] < end - ad; ad += ad[0] + 1) {
		if (ad[1] != BM_AD_SERVICE_DATA || ad[0] < 3)
			continue;
		seen.service = (enum bm_gatt_service)(ad[2] | ad[3] << 8);
		seen.data = ad + 4;
		seen.len = ad[0] - 3u;
		station->ops.seen(station->ctx, &seen, now);
	}
}

static void answer_scan(struct bm_station *station, const uint8_t *pdu, bm_time now)
{
	uint8_t addr[6];
	read_addr(pdu + BM_LE_ADV_HEADER_LEN, addr);
	for (size_t i = 0; i < BM_ARRAY_LEN(station->sets); i++) {
		const struct bm_adv_set *set = &station->sets[i];
		if (!set->active || memcmp(set->addr, addr, sizeof addr) != 0)
			continue;
		send_adv(station, BM_LE_SCAN_RSP, set->addr, set->response, set->response_len, now);
		return;
	}
}

void bm_station_hear_connectable(struct bm_station *station, const uint8_t *pdu, size_t len, bm_time now)
{
	uint8_t addr[6], advertiser[6];
	read_addr(pdu + 2, addr);
	switch (pdu[0] & BM_LE_TYPE_MASK) {
	case BM_LE_ADV_IND &BM_LE_TYPE_MASK:
		if (station->active_scan) {
			struct bm_writer w = bm_writer_of(advertiser, sizeof advertiser);
			put_addr(&w, addr);
			send_adv(station, BM_LE_SCAN_REQ, station->addr, advertiser, sizeof advertiser, now);
		}
		if (station->ops.seen)
			tell_seen(station, pdu, len, now);
		break;
	case BM_LE_SCAN_REQ &BM_LE_TYPE_MASK:
		if (len == BM_LE_SCAN_REQ_LEN)
			answer_scan(station, pdu, now);
		break;
	case BM_LE_SCAN_RSP &BM_LE_TYPE_MASK:
		if (station->active_scan && station->ops.scan_response)
			station->ops.scan_response(station->ctx, addr, pdu + BM_LE_ADV_HEADER_LEN,
						   len - BM_LE_ADV_HEADER_LEN, now);
		break;
	default:
		break;
	}
}

/* Links. */

static enum bm_gatt_role other(enum bm_gatt_role role)
{
	return role == BM_GATT_SERVER ? BM_GATT_CLIENT : BM_GATT_SERVER;
}

static void send_frame(struct bm_station *station, struct bm_air_link *link, enum bm_gatt_frame type,
		       const uint8_t *octets, size_t len, bm_time now)
{
	uint8_t frame[BM_FRAME_MAX];
	struct bm_writer w = bm_writer_of(frame, sizeof frame);
	bm_put_u8(&w, (uint8_t)type);
	bm_put_be32(&w, link->id);
	bm_put_u8(&w, (uint8_t)other(link->role));
	bm_put_be16(&w, type == BM_GATT_FRAME_CONNECT ? 0 : link->tx_seq++);
	bm_put_octets(&w, octets, len);
	link->quiet_since = now;
	bm_medium_send(station, BM_FRAME_GATT, frame, bm_writer_len(&w), now);
}

bool bm_gatt_frame_valid(const uint8_t *frame, size_t len)
{
	if (len < BM_GATT_FRAME_HEADER_LEN || len > BM_FRAME_MAX || frame[5] > BM_GATT_CLIENT)
		return false;
	switch (frame[0]) {
	case BM_GATT_FRAME_CONNECT:
		return len == CONNECT_LEN;
	case BM_GATT_FRAME_ACCEPT:
		return len == ACCEPT_LEN;
	case BM_GATT_FRAME_DATA:
		return true;
	case BM_GATT_FRAME_SUBSCRIBE:
	case BM_GATT_FRAME_EMPTY:
	case BM_GATT_FRAME_DISCONNECT:
		return len == BM_GATT_FRAME_HEADER_LEN;
	default:
		return false;
	}
}

static struct bm_air_link *find_conn(struct bm_station *station, bm_gatt_conn conn)
{
	struct bm_air_link *link = station->links;
	while (link && link->conn != conn)
		link = link->next;
	return link;
}

static struct bm_air_link *add_link(struct bm_station *station, uint32_t id, enum bm_gatt_role role, bm_time now)
{
	struct bm_air_link *link = calloc(1, sizeof *link);
	if (!link)
		return NULL;
	link->id = id;
	link->role = role;
	/* After 65536 links the numbers begin anew: one may still be in use. */
	do
		link->conn = ++station->last_conn;
	while (find_conn(station, link->conn));
	link->heard = link->quiet_since = now;
	link->next = station->links;
	station->links = link;
	return link;
}

static void remove_link(struct bm_station *station, struct bm_air_link *link)
{
	struct bm_air_link **at = &station->links;
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	free(link);
	find_next(station);
}

static struct bm_air_link *find_id(struct bm_station *station, uint32_t id, enum bm_gatt_role role)
{
	struct bm_air_link *link = station->links;
	while (link && (link->id != id || link->role != role))
		link = link->next;
	return link;
}

static void tell(const struct bm_station *station, struct bm_gatt_event event, bm_time now)
{
	if (station->ops.gatt)
		station->ops.gatt(station->ctx, &event, now);
}

/* The link goes before anybody is told: who hears it may connect anew. */
static void lose(struct bm_station *station, struct bm_air_link *link, bm_time now)
{
	const struct bm_gatt_event event = {.kind = link->open ? BM_GATT_DISCONNECTED : BM_GATT_CONNECT_FAILED,
					    .conn = link->conn};
	remove_link(station, link);
	tell(station, event, now);
}

static void send_connect(struct bm_station *station, struct bm_air_link *link, const uint8_t peer[6], bm_time now)
{
	uint8_t octets[16];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_put_octets(&w, station->addr, 6);
	bm_put_octets(&w, peer, 6);
	bm_put_be16(&w, (uint16_t)link->service);
	bm_put_be16(&w, station->mtu);
	send_frame(station, link, BM_GATT_FRAME_CONNECT, octets, sizeof octets, now);
}

static enum bm_err gatt_connect(void *self, const struct bm_gatt_peer *peer, enum bm_gatt_service service, bm_time now)
{
	struct bm_station *station = self;
	if (!station->ops.gatt)
		return BM_ERR_NOT_SUPPORTED;
	for (const struct bm_air_link *link = station->links; link; link = link->next)
		if (!link->open)
			return BM_ERR_BUSY;
	struct bm_air_link *link = add_link(station, (uint32_t)bm_prng_next(&station->medium->prng), BM_GATT_CLIENT,
					    now);
	if (!link)
		return BM_ERR_NO_SPACE;
	link->service = service;
	memcpy(link->peer, peer->addr, sizeof link->peer);
	send_connect(station, link, link->peer, now);
	find_next(station);
	return BM_OK;
}

static enum bm_err gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_station *station = self;
	struct bm_air_link *link = find_conn(station, conn);
	if (!link || !link->open)
		return BM_ERR_NOT_FOUND;
	if (len == 0 || len > link->mtu - 3u)
		return BM_ERR_INVALID;
	send_frame(station, link, BM_GATT_FRAME_DATA, octets, len, now);
	return BM_OK;
}

static void gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now)
{
	struct bm_station *station = self;
	struct bm_air_link *link = find_conn(station, conn);
	if (!link)
		return;
	send_frame(station, link, BM_GATT_FRAME_DISCONNECT, NULL, 0, now);
	remove_link(station, link);
}

const struct bm_bearer_ops bm_station_bearer_ops = {.listen = bm_station_listen,
						    .advertise = bm_station_advertise,
						    .gatt_advertise = gatt_advertise,
						    .gatt_connect = gatt_connect,
						    .gatt_send = gatt_send,
						    .gatt_disconnect = gatt_disconnect};

static void send_accept(struct bm_station *station, struct bm_air_link *link, bm_time now)
{
	const uint8_t octets[4] = {(uint8_t)(link->service >> 8), (uint8_t)link->service, (uint8_t)(link->mtu >> 8),
				   (uint8_t)link->mtu};
	send_frame(station, link, BM_GATT_FRAME_ACCEPT, octets, sizeof octets, now);
}

static void hear_connect(struct bm_station *station, uint32_t id, struct bm_reader *r, bm_time now)
{
	struct bm_adv_set *set = NULL;
	(void)bm_read_octets(r, 6);
	const uint8_t *addr = bm_read_octets(r, 6);
	(void)bm_read_be16(r);
	const uint16_t mtu = bm_read_be16(r);
	/* Asked again before our answer arrived: that is under way. */
	if (bm_reader_finish(r) || find_id(station, id, BM_GATT_SERVER))
		return;
	for (size_t i = 0; i < BM_ARRAY_LEN(station->sets) && !set; i++)
		if (station->sets[i].active && memcmp(station->sets[i].addr, addr, 6) == 0)
			set = &station->sets[i];
	struct bm_air_link *link = set ? add_link(station, id, BM_GATT_SERVER, now) : NULL;
	if (!link)
		return;
	set->active = false;
	link->service = set->service;
	link->open = true;
	link->mtu = mtu < station->mtu ? mtu : station->mtu;
	if (link->mtu < BM_GATT_MTU_MIN)
		link->mtu = BM_GATT_MTU_MIN;
	send_accept(station, link, now);
	find_next(station);
	tell(station,
	     (struct bm_gatt_event){.kind = BM_GATT_CONNECTED,
				    .conn = link->conn,
				    .role = BM_GATT_SERVER,
				    .service = link->service,
				    .mtu = link->mtu},
	     now);
}

static void hear_accept(struct bm_station *station, struct bm_air_link *link, struct bm_reader *r, bm_time now)
{
	const enum bm_gatt_service service = (enum bm_gatt_service)bm_read_be16(r);
	link->mtu = bm_read_be16(r);
	if (service != link->service || link->mtu < BM_GATT_MTU_MIN || link->mtu > BM_GATT_MTU_MAX) {
		send_frame(station, link, BM_GATT_FRAME_DISCONNECT, NULL, 0, now);
		lose(station, link, now);
		return;
	}
	link->open = true;
	send_frame(station, link, BM_GATT_FRAME_SUBSCRIBE, NULL, 0, now);
	find_next(station);
	tell(station,
	     (struct bm_gatt_event){.kind = BM_GATT_CONNECTED,
				    .conn = link->conn,
				    .role = BM_GATT_CLIENT,
				    .service = service,
				    .mtu = link->mtu},
	     now);
}

void bm_station_hear_link(struct bm_station *station, const uint8_t *frame, size_t len, bm_time now)
{
	struct bm_reader r = bm_reader_of(frame, len);
	const enum bm_gatt_frame type = (enum bm_gatt_frame)bm_read_u8(&r);
	const uint32_t id = bm_read_be32(&r);
	const enum bm_gatt_role role = (enum bm_gatt_role)bm_read_u8(&r);
	const uint16_t seq = bm_read_be16(&r);
	struct bm_air_link *link = find_id(station, id, role);
	if (type == BM_GATT_FRAME_CONNECT) {
		hear_connect(station, id, &r, now);
		return;
	}
	if (!link)
		return;
	const bool in_turn = seq == link->rx_seq++;
	link->heard = now;
	if (!in_turn || type == BM_GATT_FRAME_DISCONNECT || link->open == (type == BM_GATT_FRAME_ACCEPT)) {
		if (type != BM_GATT_FRAME_DISCONNECT)
			send_frame(station, link, BM_GATT_FRAME_DISCONNECT, NULL, 0, now);
		lose(station, link, now);
		return;
	}
	const struct bm_gatt_event event = {
		.kind = type == BM_GATT_FRAME_SUBSCRIBE ? BM_GATT_SUBSCRIBED : BM_GATT_RECEIVED,
		.conn = link->conn,
		.on = true,
		.octets = r.at,
		.len = bm_reader_left(&r),
	};
	if (type == BM_GATT_FRAME_ACCEPT)
		hear_accept(station, link, &r, now);
	else if (type == BM_GATT_FRAME_SUBSCRIBE || type == BM_GATT_FRAME_DATA)
		tell(station, event, now);
}

static void run_link(struct bm_station *station, struct bm_air_link *link, bm_time now)
{
	if (now >= bm_time_add(link->heard, link->open ? SUPERVISION_US : CONNECT_GIVE_UP_US)) {
		lose(station, link, now);
	} else if (link->open && now >= bm_time_add(link->quiet_since, KEEP_UP_US)) {
		send_frame(station, link, BM_GATT_FRAME_EMPTY, NULL, 0, now);
	} else if (!link->open && now >= bm_time_add(link->quiet_since, CONNECT_AGAIN_US)) {
		send_connect(station, link, link->peer, now);
	}
}

void bm_station_gatt_run(struct bm_station *station, bm_time now)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(station->sets); i++) {
		struct bm_adv_set *set = &station->sets[i];
		if (!set->active || set->next > now)
			continue;
		set->next = bm_time_add(now, set->interval_us + bm_prng_below(&station->medium->prng, ADV_DELAY_US));
		send_adv(station, BM_LE_ADV_IND, set->addr, set->ad, set->ad_len, now);
	}
	/* Whoever is told of a loss may change the list: one at a time, until none is due. */
	struct bm_air_link *link = station->links;
	while (link) {
		if (link_deadline(link) > now) {
			link = link->next;
			continue;
		}
		run_link(station, link, now);
		link = station->links;
	}
	find_next(station);
}
