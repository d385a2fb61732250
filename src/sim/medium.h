/*
 * The air inside one process: stations that hear each other's advertising PDUs, octet for octet as a radio carries
 * them, with loss, delay and a topology. Sans-IO like the nodes: it is told the time and says when it wants to be
 * called.
 *
 * It carries GATT links too: connectable advertising with scan responses, connecting, writes and notifications in order
 * and without loss, until a side disconnects or is out of reach for a while. Discovery, the exchange of the MTU and the
 * subscription to notifications are the air's own, so that a node's host has nothing to do there.
 *
 * It also carries light: what an onlooker sees of a board's LED. Light is no radio and is never captured.
 */
#ifndef BM_SIM_MEDIUM_H
#define BM_SIM_MEDIUM_H

#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/err.h"

struct bm_medium;
struct bm_station;

enum bm_frame_kind {
	BM_FRAME_ADV = 1, /* an LE advertising PDU: header (2), AdvA (6, least significant octet first), AdvData (0–31);
			   or SCAN_REQ, SCAN_RSP */
	BM_FRAME_LIGHT = 2, /* Device UUID (16), red, green, blue */
	BM_FRAME_GATT = 3,  /* enum bm_gatt_frame, link (4), to (1: enum bm_gatt_role), number (2), more by type */
};

/* All numbers are big-endian. */
enum bm_gatt_frame {
	BM_GATT_FRAME_CONNECT = 0,   /* client's address (6), server's (6), service (2), MTU (2) */
	BM_GATT_FRAME_ACCEPT = 1,    /* service (2), MTU (2) */
	BM_GATT_FRAME_SUBSCRIBE = 2, /* the client wrote the CCCD */
	BM_GATT_FRAME_DATA = 3,      /* octets: a write, or a notification */
	BM_GATT_FRAME_EMPTY = 4,     /* the link lives */
	BM_GATT_FRAME_DISCONNECT = 5,
};

#define BM_GATT_FRAME_HEADER_LEN 8u
#define BM_FRAME_MAX (BM_GATT_FRAME_HEADER_LEN + BM_GATT_MTU_MAX - 3u)
/* Sets of connectable advertising that a station can have. */
#define BM_STATION_ADV_SETS 8u
#define BM_FRAME_LIGHT_LEN 19u

struct bm_frame {
	enum bm_frame_kind kind;
	const uint8_t *octets;
	size_t len;
};

/* What a station is told. Members may be NULL. */
struct bm_station_ops {
	/* An AD structure of somebody's advertising: type and payload. */
	void (*receive)(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now);
	void (*light)(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now);
	/* For bm_node_gatt_seen and bm_node_gatt_event. A station without gatt has no GATT bearer. */
	void (*seen)(void *ctx, const struct bm_gatt_seen *seen, bm_time now);
	void (*gatt)(void *ctx, const struct bm_gatt_event *event, bm_time now);
	/* The scan response of a connectable advertiser: AD structures. Only with bm_station_set_active_scan. */
	void (*scan_response)(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now);
};

/* NULL when memory is out. The seed decides loss and jitter. */
struct bm_medium *bm_medium_new(uint64_t seed);
void bm_medium_free(struct bm_medium *medium);

/* Every frame is lost with this probability, for each receiver independently. 0 … 1. */
void bm_medium_set_loss(struct bm_medium *medium, double probability);
/* Every frame arrives this much later. */
void bm_medium_set_delay(struct bm_medium *medium, uint64_t delay_us);
/* Whether two stations hear each other (default: all do). */
void bm_medium_set_link(struct bm_medium *medium, const struct bm_station *a, const struct bm_station *b, bool up);

/* Sees every frame but light once, when it is sent (captures). One sniffer for the medium. */
void bm_medium_set_sniffer(struct bm_medium *medium,
			   void (*sniff)(void *ctx, const struct bm_frame *frame, bm_time now), void *ctx);
/* A way to other processes: is handed every frame a station of ours sends; bm_medium_inject brings theirs in. */
void bm_medium_set_uplink(struct bm_medium *medium, void (*send)(void *ctx, const struct bm_frame *frame, bm_time now),
			  void *ctx);
/* A frame from outside: checked, sniffed, delivered to all stations. False if it is malformed. */
bool bm_medium_inject(struct bm_medium *medium, const struct bm_frame *frame, bm_time now);

/* A real radio instead of this air: stations that join from now on are carried by it; join gives each its bearer, and
 * tells it what the radio hears by its ops. join false: it carries no more. NULL: none. Light stays in the medium. */
typedef bool bm_medium_radio_join(void *ctx, const uint8_t addr[6], const struct bm_station_ops *ops, void *station_ctx,
				  struct bm_bearer *bearer);
void bm_medium_set_radio(struct bm_medium *medium, bm_medium_radio_join *join, void *ctx);

/* addr: the advertiser's address, most significant octet first; a static random address. */
struct bm_station *bm_medium_join(struct bm_medium *medium, const uint8_t addr[6], const struct bm_station_ops *ops,
				  void *ctx);
void bm_medium_leave(struct bm_medium *medium, struct bm_station *station);
/* The bearer a node is given. */
struct bm_bearer bm_station_bearer(struct bm_station *station);
/* Sends octets of AdvData (AD structures) at once, as they are: for tests and bridges. */
void bm_station_send(struct bm_station *station, const uint8_t *adv_data, size_t len, bm_time now);
/* How long its receiver was on since time 0 (bm_bearer_ops.listen). A sleeping receiver hears nothing. */
uint64_t bm_station_listened_us(const struct bm_station *station, bm_time now);
void bm_station_light(struct bm_station *station, const uint8_t uuid[16], uint32_t rgb, bm_time now);

/* The largest ATT_MTU the station takes part in: BM_GATT_MTU_MIN to BM_GATT_MTU_MAX (the default). */
void bm_station_set_mtu(struct bm_station *station, uint16_t mtu);
/* Asks connectable advertisers for their scan responses. */
void bm_station_set_active_scan(struct bm_station *station, bool on);

bm_time bm_medium_deadline(const struct bm_medium *medium);
void bm_medium_run(struct bm_medium *medium, bm_time now);

/* A small deterministic generator (not for keys of real networks): splitmix-seeded xoshiro256**. */
struct bm_prng {
	uint64_t s[4];
};
void bm_prng_seed(struct bm_prng *prng, uint64_t seed);
uint64_t bm_prng_next(struct bm_prng *prng);
void bm_prng_fill(struct bm_prng *prng, uint8_t *out, size_t len);
uint32_t bm_prng_below(struct bm_prng *prng, uint32_t bound);

#endif
