/*
 * The air inside one process (medium_gatt.c has the part with connections). A frame that a station sends goes to the
 * sniffer and the uplink at once and to every station in range, now or after the delay.
 *
 *   node ─▶ bearer ─▶ advertiser ─(due)▶ send ─▶ sniffer, uplink
 *                                          └───▶ queue ─(delay)▶ deliver ─▶ stations
 */
#include "sim/medium.h"

#include <stdlib.h>
#include <string.h>

#include "sim/medium_state.h"

/* A connection speaks once an interval: what is written now arrives with the next event. */
#define CONNECTION_INTERVAL_US (30u * BM_US_PER_MS)

static uint32_t random_below(void *ctx, uint32_t bound)
{
	return bm_prng_below(ctx, bound);
}

struct bm_medium *bm_medium_new(uint64_t seed)
{
	struct bm_medium *medium = calloc(1, sizeof *medium);
	if (!medium)
		return NULL;
	bm_prng_seed(&medium->prng, seed);
	medium->flights.tail = &medium->flights.first;
	medium->gatt_flights.tail = &medium->gatt_flights.first;
	medium->stations_tail = &medium->stations;
	return medium;
}

static void free_flights(struct bm_flight *flight)
{
	while (flight) {
		struct bm_flight *next = flight->next;
		free(flight);
		flight = next;
	}
}

void bm_medium_free(struct bm_medium *medium)
{
	if (!medium)
		return;
	for (struct bm_station *s = medium->stations; s;) {
		struct bm_station *next = s->next;
		bm_station_gatt_free(s);
		free(s);
		s = next;
	}
	for (struct bm_down_link *d = medium->down; d;) {
		struct bm_down_link *next = d->next;
		free(d);
		d = next;
	}
	free_flights(medium->flights.first);
	free_flights(medium->gatt_flights.first);
	free_flights(medium->spare);
	free(medium);
}

void bm_medium_set_loss(struct bm_medium *medium, double probability)
{
	medium->loss = probability;
}

void bm_medium_set_delay(struct bm_medium *medium, uint64_t delay_us)
{
	medium->delay_us = delay_us;
}

static bool hears(const struct bm_medium *medium, const struct bm_station *a, const struct bm_station *b)
{
	for (const struct bm_down_link *d = medium->down; d; d = d->next)
		if ((d->a == a && d->b == b) || (d->a == b && d->b == a))
			return false;
	return true;
}

void bm_medium_set_link(struct bm_medium *medium, const struct bm_station *a, const struct bm_station *b, bool up)
{
	struct bm_down_link **at = &medium->down;
	while (*at && !(((*at)->a == a && (*at)->b == b) || ((*at)->a == b && (*at)->b == a)))
		at = &(*at)->next;
	if (up && *at) {
		struct bm_down_link *gone = *at;
		*at = gone->next;
		free(gone);
	} else if (!up && !*at) {
		struct bm_down_link *d = calloc(1, sizeof *d);
		if (!d)
			abort();
		*d = (struct bm_down_link){.a = a, .b = b};
		*at = d;
	}
}

void bm_medium_set_sniffer(struct bm_medium *medium,
			   void (*sniff)(void *ctx, const struct bm_frame *frame, bm_time now), void *ctx)
{
	medium->sniff = sniff;
	medium->sniff_ctx = ctx;
}

void bm_medium_set_uplink(struct bm_medium *medium, void (*send)(void *ctx, const struct bm_frame *frame, bm_time now),
			  void *ctx)
{
	medium->uplink = send;
	medium->uplink_ctx = ctx;
}

void bm_medium_set_radio(struct bm_medium *medium, bm_medium_radio_join *join, void *ctx)
{
	medium->radio = join;
	medium->radio_ctx = ctx;
}

struct bm_station *bm_medium_join(struct bm_medium *medium, const uint8_t addr[6], const struct bm_station_ops *ops,
				  void *ctx)
{
	struct bm_station *station = calloc(1, sizeof *station);
	if (!station)
		return NULL;
	station->medium = medium;
	station->index = medium->station_count++;
	memcpy(station->addr, addr, sizeof station->addr);
	station->ops = *ops;
	station->ctx = ctx;
	station->listen_until = BM_TIME_NEVER;
	station->bearer = (struct bm_bearer){.ops = &bm_station_bearer_ops, .self = station};
	if (medium->radio && !medium->radio(medium->radio_ctx, addr, ops, ctx, &station->bearer)) {
		medium->station_count--;
		free(station);
		return NULL;
	}
	bm_advertiser_init(&station->advertiser, random_below, &medium->prng);
	bm_station_gatt_init(station);
	*medium->stations_tail = station;
	medium->stations_tail = &station->next;
	return station;
}

void bm_medium_leave(struct bm_medium *medium, struct bm_station *station)
{
	(void)medium;
	/* Frames in flight may still name it: it stays in the list, deaf and silent, until the medium goes. */
	station->left = true;
	bm_station_gatt_free(station);
	bm_station_gatt_init(station);
	bm_advertiser_init(&station->advertiser, random_below, &station->medium->prng);
}

static void deliver_adv(struct bm_medium *medium, struct bm_station *to, const struct bm_flight *flight, bm_time now)
{
	if (!bm_station_listens(to, now))
		return;
	if (medium->loss > 0 && (double)(bm_prng_next(&medium->prng) >> 11) * 0x1p-53 < medium->loss)
		return;
	if ((flight->octets[0] & BM_LE_TYPE_MASK) != (BM_LE_ADV_NONCONN_IND & BM_LE_TYPE_MASK)) {
		bm_station_hear_connectable(to, flight->octets, flight->len, now);
		return;
	}
	if (!to->ops.receive)
		return;
	const uint8_t *ad = flight->octets + BM_LE_ADV_HEADER_LEN;
	const uint8_t *end = flight->octets + flight->len;
	while (ad < end && ad[0] > 0 && ad[0] < end - ad) {
		to->ops.receive(to->ctx, ad[1], ad + 2, ad[0] - 1u, BM_AIR_RSSI_DBM, now);
		ad += ad[0] + 1;
	}
}

static void deliver(struct bm_medium *medium, const struct bm_flight *flight, bm_time now)
{
	for (struct bm_station *to = medium->stations; to; to = to->next) {
		if (to == flight->from || to->left)
			continue;
		if (flight->kind == BM_FRAME_LIGHT) {
			const uint8_t *o = flight->octets;
			if (to->ops.light)
				to->ops.light(to->ctx, o, (uint32_t)o[16] << 16 | (uint32_t)o[17] << 8 | o[18], now);
		} else if (flight->from && !hears(medium, flight->from, to)) {
			continue;
		} else if (flight->kind == BM_FRAME_GATT) {
			bm_station_hear_link(to, flight->octets, flight->len, now);
		} else {
			deliver_adv(medium, to, flight, now);
		}
	}
}

static void enqueue(struct bm_medium *medium, const struct bm_station *from, const struct bm_frame *frame, bm_time now)
{
	const bool gatt = frame->kind == BM_FRAME_GATT;
	struct bm_flights *flights = gatt ? &medium->gatt_flights : &medium->flights;
	struct bm_flight *flight = medium->spare;
	if (flight)
		medium->spare = flight->next;
	else
		flight = malloc(sizeof *flight);
	if (!flight)
		return; /* lost, as on any air */
	flight->next = NULL;
	flight->at = bm_time_add(now, medium->delay_us + (gatt ? CONNECTION_INTERVAL_US : 0));
	flight->from = from;
	flight->kind = frame->kind;
	flight->len = (uint16_t)frame->len;
	memcpy(flight->octets, frame->octets, frame->len);
	*flights->tail = flight;
	flights->tail = &flight->next;
}

void bm_medium_send(struct bm_station *station, enum bm_frame_kind kind, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_medium *medium = station->medium;
	const struct bm_frame frame = {.kind = kind, .octets = octets, .len = len};
	if (medium->sniff && kind != BM_FRAME_LIGHT)
		medium->sniff(medium->sniff_ctx, &frame, now);
	if (medium->uplink)
		medium->uplink(medium->uplink_ctx, &frame, now);
	enqueue(medium, station, &frame, now);
}

bool bm_medium_inject(struct bm_medium *medium, const struct bm_frame *frame, bm_time now)
{
	switch (frame->kind) {
	case BM_FRAME_ADV:
		if (frame->len < BM_LE_ADV_HEADER_LEN || frame->len > BM_LE_ADV_HEADER_LEN + BM_LE_ADV_DATA_MAX ||
		    frame->octets[1] != frame->len - 2)
			return false;
		if (medium->sniff)
			medium->sniff(medium->sniff_ctx, frame, now);
		break;
	case BM_FRAME_GATT:
		if (!bm_gatt_frame_valid(frame->octets, frame->len))
			return false;
		if (medium->sniff)
			medium->sniff(medium->sniff_ctx, frame, now);
		break;
	case BM_FRAME_LIGHT:
		if (frame->len != BM_FRAME_LIGHT_LEN)
			return false;
		break;
	default:
		return false;
	}
	enqueue(medium, NULL, frame, now);
	return true;
}

enum bm_err bm_station_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct bm_station *station = self;
	return bm_advertiser_submit(&station->advertiser, adv, now);
}

struct bm_bearer bm_station_bearer(struct bm_station *station)
{
	return station->bearer;
}

static void send_from(struct bm_station *station, const uint8_t addr[6], const uint8_t *adv_data, size_t len,
		      bm_time now)
{
	uint8_t pdu[BM_LE_ADV_HEADER_LEN + BM_LE_ADV_DATA_MAX];
	if (len > BM_LE_ADV_DATA_MAX)
		return;
	pdu[0] = BM_LE_ADV_NONCONN_IND;
	pdu[1] = (uint8_t)(len + sizeof station->addr);
	for (size_t i = 0; i < sizeof station->addr; i++)
		pdu[2 + i] = addr[sizeof station->addr - 1 - i];
	if (len)
		memcpy(pdu + BM_LE_ADV_HEADER_LEN, adv_data, len);
	bm_medium_send(station, BM_FRAME_ADV, pdu, BM_LE_ADV_HEADER_LEN + len, now);
}

void bm_station_send(struct bm_station *station, const uint8_t *adv_data, size_t len, bm_time now)
{
	send_from(station, station->addr, adv_data, len, now);
}

void bm_station_light(struct bm_station *station, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	uint8_t octets[BM_FRAME_LIGHT_LEN];
	memcpy(octets, uuid, 16);
	octets[16] = (uint8_t)(rgb >> 16);
	octets[17] = (uint8_t)(rgb >> 8);
	octets[18] = (uint8_t)rgb;
	bm_medium_send(station, BM_FRAME_LIGHT, octets, sizeof octets, now);
}

bm_time bm_medium_deadline(const struct bm_medium *medium)
{
	bm_time next = medium->flights.first ? medium->flights.first->at : BM_TIME_NEVER;
	if (medium->gatt_flights.first && medium->gatt_flights.first->at < next)
		next = medium->gatt_flights.first->at;
	for (const struct bm_station *s = medium->stations; s; s = s->next) {
		if (bm_advertiser_deadline(&s->advertiser) < next)
			next = bm_advertiser_deadline(&s->advertiser);
		if (s->gatt_next < next)
			next = s->gatt_next;
	}
	return next;
}

/* Only what is in flight now: a receiver's answer travels in a run of its own. */
static void land(struct bm_medium *medium, struct bm_flights *flights, bm_time now)
{
	struct bm_flight *const *const end = flights->tail;
	while (flights->first && flights->first->at <= now) {
		struct bm_flight *flight = flights->first;
		const bool last = &flight->next == end;
		flights->first = flight->next;
		if (!flights->first)
			flights->tail = &flights->first;
		deliver(medium, flight, now);
		flight->next = medium->spare;
		medium->spare = flight;
		if (last)
			break;
	}
}

void bm_medium_run(struct bm_medium *medium, bm_time now)
{
	for (struct bm_station *s = medium->stations; s; s = s->next) {
		uint8_t ad[BM_LE_ADV_DATA_MAX];
		size_t len;
		while (bm_advertiser_take(&s->advertiser, now, ad, &len))
			send_from(s, s->advertiser.private_addr ? s->advertiser.private_addr : s->addr, ad, len, now);
		if (s->gatt_next <= now)
			bm_station_gatt_run(s, now);
	}
	land(medium, &medium->flights, now);
	land(medium, &medium->gatt_flights, now);
}
