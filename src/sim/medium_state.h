/*
 * The members of the medium and its stations, for medium.c and medium_gatt.c alone.
 */
#ifndef BM_SIM_MEDIUM_STATE_H
#define BM_SIM_MEDIUM_STATE_H

#include "host/advertiser.h"
#include "sim/medium.h"

/* LE advertising PDU header, first octet: the type in bits 0–3, TxAdd bit 6, RxAdd bit 7 (Bluetooth Core Vol 6 Part B
 * 2.3). All addresses here are random ones. */
#define BM_LE_ADV_IND 0x40u
#define BM_LE_ADV_NONCONN_IND 0x42u
#define BM_LE_SCAN_REQ 0xc3u
#define BM_LE_SCAN_RSP 0x44u
#define BM_LE_TYPE_MASK 0x0fu
#define BM_LE_ADV_HEADER_LEN 8u
#define BM_LE_ADV_DATA_MAX 31u
#define BM_LE_SCAN_REQ_LEN 14u
#define BM_AIR_RSSI_DBM (-50)

struct bm_flight {
	struct bm_flight *next;
	bm_time at;
	const struct bm_station *from; /* NULL: another process */
	enum bm_frame_kind kind;
	uint16_t len;
	uint8_t octets[BM_FRAME_MAX];
};

/* A set of connectable advertising. */
struct bm_adv_set {
	bool active;
	bool has_private_addr;
	uint8_t addr[6]; /* as it is advertised with, most significant octet first */
	uint8_t private_addr[6];
	enum bm_gatt_service service;
	uint64_t interval_us;
	bm_time next;
	uint8_t ad[BM_LE_ADV_DATA_MAX], response[BM_LE_ADV_DATA_MAX];
	uint8_t ad_len, response_len;
};

/* One end of a link. */
struct bm_air_link {
	struct bm_air_link *next;
	uint32_t id; /* chosen by the client; a link's access address */
	enum bm_gatt_role role;
	enum bm_gatt_service service;
	bm_gatt_conn conn;
	uint16_t mtu;
	uint8_t peer[6];         /* client: whom it connects to */
	bool open;               /* client: the server accepted */
	uint16_t tx_seq, rx_seq; /* a frame that got lost between processes ends the link */
	bm_time heard, quiet_since;
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
	/* The receiver is on from … until; before since it was on for listened_us in all. */
	bm_time listen_from, listen_until, listen_since;
	uint64_t listened_us;
	bool active_scan;
	uint16_t mtu;
	struct bm_adv_set sets[BM_STATION_ADV_SETS];
	struct bm_air_link *links;
	bm_gatt_conn last_conn;
	bm_time gatt_next;       /* the earliest of sets and links */
	struct bm_bearer bearer; /* a radio's, or the station itself */
};

struct bm_down_link {
	struct bm_down_link *next;
	const struct bm_station *a, *b;
};

/* In order of time: the delay is the same for all that is in one. */
struct bm_flights {
	struct bm_flight *first;
	struct bm_flight **tail;
};

struct bm_medium {
	struct bm_prng prng;
	double loss;
	uint64_t delay_us;
	struct bm_station *stations;
	struct bm_station **stations_tail;
	size_t station_count;
	struct bm_down_link *down;
	struct bm_flights flights, gatt_flights;
	struct bm_flight *spare;
	void (*sniff)(void *ctx, const struct bm_frame *frame, bm_time now);
	void *sniff_ctx;
	void (*uplink)(void *ctx, const struct bm_frame *frame, bm_time now);
	void *uplink_ctx;
	bm_medium_radio_join *radio;
	void *radio_ctx;
};

/* medium.c: sends a frame to the sniffer, the uplink and all other stations. */
void bm_medium_send(struct bm_station *station, enum bm_frame_kind kind, const uint8_t *octets, size_t len,
		    bm_time now);

/* medium_gatt.c */
void bm_station_gatt_init(struct bm_station *station);
void bm_station_gatt_free(struct bm_station *station);
/* Advertising, keeping links up, noticing that they are down. */
void bm_station_gatt_run(struct bm_station *station, bm_time now);
/* A connectable advertising PDU, a scan request or a scan response reached the station. */
void bm_station_hear_connectable(struct bm_station *station, const uint8_t *pdu, size_t len, bm_time now);
void bm_station_hear_link(struct bm_station *station, const uint8_t *frame, size_t len, bm_time now);
bool bm_gatt_frame_valid(const uint8_t *frame, size_t len);
extern const struct bm_bearer_ops bm_station_bearer_ops;
/* medium_listen.c */
void bm_station_listen(void *self, bm_time from, bm_time until, bm_time now);
bool bm_station_listens(const struct bm_station *station, bm_time now);
enum bm_err bm_station_advertise(void *self, const struct bm_adv *adv, bm_time now);

#endif
