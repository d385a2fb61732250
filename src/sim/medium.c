/*
 * The air inside one process. A frame that a station sends goes to the sniffer and the uplink at once and to every
 * station in range, now or after the delay.
 *
 *   node ─▶ bearer ─▶ advertiser ─(due)▶ send ─▶ sniffer, uplink
 *                                          └───▶ queue ─(delay)▶ deliver ─▶ stations
 */
#include "sim/medium.h"

#include <stdlib.h>
#include <string.h>

#include "host/advertiser.h"

/* LE advertising PDU header: ADV_NONCONN_IND with a random AdvA (Bluetooth Core Vol 6 Part B 2.3). */
#define ADV_NONCONN_IND_TXADD 0x42
#define ADV_HEADER_LEN 8u
#define ADV_DATA_MAX 31u
#define RSSI_DBM (-50)

struct flight {
	struct flight *next;
	bm_time at;
	const struct bm_station *from; /* NULL: another process */
	enum bm_frame_kind kind;
	uint8_t len;
	uint8_t octets[BM_FRAME_MAX];
};

struct bm_station {
	struct bm_medium *medium;
	struct bm_station *next;
	size_t index;
	uint8_t addr[6];
	struct bm_station_ops ops;
	void *ctx;
	struct bm_advertiser advertiser;
	bool left;
};

struct down_link {
	struct down_link *next;
	const struct bm_station *a, *b;
};

struct bm_medium {
	struct bm_prng prng;
	double loss;
	uint64_t delay_us;
	struct bm_station *stations;
	struct bm_station **stations_tail;
	size_t station_count;
	struct down_link *down;
	struct flight *flights; /* in order of time: the delay is the same for all */
	struct flight **flights_tail;
	struct flight *spare;
	void (*sniff)(void *ctx, const struct bm_frame *frame, bm_time now);
	void *sniff_ctx;
	void (*uplink)(void *ctx, const struct bm_frame *frame, bm_time now);
	void *uplink_ctx;
};

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
	medium->flights_tail = &medium->flights;
	medium->stations_tail = &medium->stations;
	return medium;
}

static void free_flights(struct flight *flight)
{
	while (flight) {
		struct flight *next = flight->next;
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
		free(s);
		s = next;
	}
	for (struct down_link *d = medium->down; d;) {
		struct down_link *next = d->next;
		free(d);
		d = next;
	}
	free_flights(medium->flights);
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
	for (const struct down_link *d = medium->down; d; d = d->next)
		if ((d->a == a && d->b == b) || (d->a == b && d->b == a))
			return false;
	return true;
}

void bm_medium_set_link(struct bm_medium *medium, const struct bm_station *a, const struct bm_station *b, bool up)
{
	struct down_link **at = &medium->down;
	while (*at && !(((*at)->a == a && (*at)->b == b) || ((*at)->a == b && (*at)->b == a)))
		at = &(*at)->next;
	if (up && *at) {
		struct down_link *gone = *at;
		*at = gone->next;
		free(gone);
	} else if (!up && !*at) {
		struct down_link *d = calloc(1, sizeof *d);
		if (!d)
			abort();
		*d = (struct down_link){.a = a, .b = b};
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
	bm_advertiser_init(&station->advertiser, random_below, &medium->prng);
	*medium->stations_tail = station;
	medium->stations_tail = &station->next;
	return station;
}

void bm_medium_leave(struct bm_medium *medium, struct bm_station *station)
{
	(void)medium;
	/* Frames in flight may still name it: it stays in the list, deaf and silent, until the medium goes. */
	station->left = true;
	bm_advertiser_init(&station->advertiser, random_below, &station->medium->prng);
}

static void deliver_adv(struct bm_medium *medium, struct bm_station *to, const struct flight *flight, bm_time now)
{
	if (!to->ops.receive)
		return;
	if (medium->loss > 0 && (double)(bm_prng_next(&medium->prng) >> 11) * 0x1p-53 < medium->loss)
		return;
	const uint8_t *ad = flight->octets + ADV_HEADER_LEN;
	const uint8_t *end = flight->octets + flight->len;
	while (ad < end && ad[0] > 0 && ad[0] < end - ad) {
		to->ops.receive(to->ctx, ad[1], ad + 2, ad[0] - 1u, RSSI_DBM, now);
		ad += ad[0] + 1;
	}
}

static void deliver(struct bm_medium *medium, const struct flight *flight, bm_time now)
{
	for (struct bm_station *to = medium->stations; to; to = to->next) {
		if (to == flight->from || to->left)
			continue;
		if (flight->kind == BM_FRAME_LIGHT) {
			const uint8_t *o = flight->octets;
			if (to->ops.light)
				to->ops.light(to->ctx, o, (uint32_t)o[16] << 16 | (uint32_t)o[17] << 8 | o[18], now);
		} else if (!flight->from || hears(medium, flight->from, to)) {
			deliver_adv(medium, to, flight, now);
		}
	}
}

static void enqueue(struct bm_medium *medium, const struct bm_station *from, const struct bm_frame *frame, bm_time now)
{
	struct flight *flight = medium->spare;
	if (flight)
		medium->spare = flight->next;
	else
		flight = malloc(sizeof *flight);
	if (!flight)
		return; /* lost, as on any air */
	*flight = (struct flight){.at = bm_time_add(now, medium->delay_us), .from = from, .kind = frame->kind};
	flight->len = (uint8_t)frame->len;
	memcpy(flight->octets, frame->octets, frame->len);
	*medium->flights_tail = flight;
	medium->flights_tail = &flight->next;
}

static void send(struct bm_station *station, enum bm_frame_kind kind, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_medium *medium = station->medium;
	const struct bm_frame frame = {.kind = kind, .octets = octets, .len = len};
	if (medium->sniff && kind == BM_FRAME_ADV)
		medium->sniff(medium->sniff_ctx, &frame, now);
	if (medium->uplink)
		medium->uplink(medium->uplink_ctx, &frame, now);
	enqueue(medium, station, &frame, now);
}

bool bm_medium_inject(struct bm_medium *medium, const struct bm_frame *frame, bm_time now)
{
	switch (frame->kind) {
	case BM_FRAME_ADV:
		if (frame->len < ADV_HEADER_LEN || frame->len > ADV_HEADER_LEN + ADV_DATA_MAX ||
		    frame->octets[1] != frame->len - 2)
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

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct bm_station *station = self;
	return bm_advertiser_submit(&station->advertiser, adv, now);
}

struct bm_bearer bm_station_bearer(struct bm_station *station)
{
	static const struct bm_bearer_ops ops = {.advertise = advertise};
	return (struct bm_bearer){.ops = &ops, .self = station};
}

void bm_station_send(struct bm_station *station, const uint8_t *adv_data, size_t len, bm_time now)
{
	uint8_t pdu[ADV_HEADER_LEN + ADV_DATA_MAX];
	if (len > ADV_DATA_MAX)
		return;
	pdu[0] = ADV_NONCONN_IND_TXADD;
	pdu[1] = (uint8_t)(len + sizeof station->addr);
	for (size_t i = 0; i < sizeof station->addr; i++)
		pdu[2 + i] = station->addr[sizeof station->addr - 1 - i];
	if (len)
		memcpy(pdu + ADV_HEADER_LEN, adv_data, len);
	send(station, BM_FRAME_ADV, pdu, ADV_HEADER_LEN + len, now);
}

void bm_station_light(struct bm_station *station, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	uint8_t octets[BM_FRAME_LIGHT_LEN];
	memcpy(octets, uuid, 16);
	octets[16] = (uint8_t)(rgb >> 16);
	octets[17] = (uint8_t)(rgb >> 8);
	octets[18] = (uint8_t)rgb;
	send(station, BM_FRAME_LIGHT, octets, sizeof octets, now);
}

bm_time bm_medium_deadline(const struct bm_medium *medium)
{
	bm_time next = medium->flights ? medium->flights->at : BM_TIME_NEVER;
	for (const struct bm_station *s = medium->stations; s; s = s->next)
		if (bm_advertiser_deadline(&s->advertiser) < next)
			next = bm_advertiser_deadline(&s->advertiser);
	return next;
}

void bm_medium_run(struct bm_medium *medium, bm_time now)
{
	for (struct bm_station *s = medium->stations; s; s = s->next) {
		uint8_t ad[ADV_DATA_MAX];
		size_t len;
		while (bm_advertiser_take(&s->advertiser, now, ad, &len))
			bm_station_send(s, ad, len, now);
	}
	/* Only what is in flight now: a receiver's answer travels in a run of its own. */
	struct flight *const *const end = medium->flights_tail;
	while (medium->flights && medium->flights->at <= now) {
		struct flight *flight = medium->flights;
		const bool last = &flight->next == end;
		medium->flights = flight->next;
		if (!medium->flights)
			medium->flights_tail = &medium->flights;
		deliver(medium, flight, now);
		flight->next = medium->spare;
		medium->spare = flight;
		if (last)
			break;
	}
}
