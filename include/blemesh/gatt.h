/*
 * The GATT bearer (MshPRT 6, 7, 5.2.2), as a node and its host share it. The host owns radio, connections, ATT and the
 * two services; the node owns what is in them: it says what to advertise connectably and which octets to send, and is
 * told what happens on a link.
 *
 * A link carries one of two services: Mesh Provisioning (0x1827) or Mesh Proxy (0x1828). Client to server: Write
 * Without Response to Data In (0x2ADB, 0x2ADD). Server to client: notifications of Data Out (0x2ADC, 0x2ADE). Whether
 * the host is an LE controller with an ATT server of its own or asks another daemon for both makes no difference here.
 *
 *   node ─▶ bearer.gatt_advertise, gatt_connect, gatt_send, gatt_disconnect (blemesh/bearer.h)
 *   host ─▶ bm_node_gatt_event (what happened on a link), bm_node_gatt_seen (connectable advertising heard)
 */
#ifndef BLEMESH_GATT_H
#define BLEMESH_GATT_H

#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_node;

enum bm_gatt_service {
	BM_GATT_PROVISIONING = 0x1827,
	BM_GATT_PROXY = 0x1828,
	BM_GATT_SOLICITATION = 0x1859, /* never connected to: Solicitation PDUs are its service data */
};

/* Which end of a connection this node is. */
enum bm_gatt_role { BM_GATT_SERVER, BM_GATT_CLIENT };

/* ATT_MTU: what every LE host can do, and the most that is of use. A Proxy PDU takes up to ATT_MTU − 3 octets. */
#define BM_GATT_MTU_MIN 23u
#define BM_GATT_MTU_MAX 517u
#define BM_GATT_SERVICE_DATA_MAX 18u
#define BM_GATT_NAME_MAX 29u

/* A host's handle of a connection, unique among those it has at a time. */
typedef uint16_t bm_gatt_conn;

struct bm_gatt_peer {
	uint8_t addr[6]; /* most significant octet first */
	bool random;     /* a random address (static or private), not a public one */
};

/* With which address a host advertises: its own identity (public or static), or a private one that tells nobody who it
 * is (MshPRT 7.2.2.2.4). */
enum bm_gatt_addr { BM_GATT_ADDR_IDENTITY, BM_GATT_ADDR_PRIVATE };

/*
 * Connectable advertising: AdvData holds Flags (LE General Discoverable, no BR/EDR), the Complete List of 16-bit
 * Service UUIDs with service, and Service Data with service and these octets; the scan response holds the Complete
 * Local Name. A set is advertised, beside others, until it is replaced or stopped, or until a client connects through
 * it.
 */
struct bm_gatt_adv {
	uint8_t set;                  /* 0 … one for each subnet; a set that advertises already is replaced */
	enum bm_gatt_service service; /* what a client that connects finds */
	const uint8_t *data;          /* valid during the call; NULL: the set stops */
	uint8_t len;                  /* up to BM_GATT_SERVICE_DATA_MAX */
	const char *name;             /* NULL: none; up to BM_GATT_NAME_MAX octets of UTF-8; valid during the call */
	uint32_t interval_us;
	enum bm_gatt_addr addr;
	bool new_addr; /* a fresh private address; else the set keeps the one it had */
};

enum bm_gatt_event_kind {
	/* conn, role, service, mtu. A server: a client connected. A client: the service was found, the MTU exchanged
	 * and Data Out's notifications enabled. */
	BM_GATT_CONNECTED,
	BM_GATT_CONNECT_FAILED, /* answers gatt_connect, if BM_GATT_CONNECTED does not */
	BM_GATT_MTU,            /* conn, mtu: it grew */
	BM_GATT_SUBSCRIBED,     /* conn, on: the client wrote Data Out's CCCD (server) */
	BM_GATT_RECEIVED,       /* conn, octets, len: a write (server) or a notification (client) */
	BM_GATT_READY,          /* conn: there is room again after gatt_send said BM_ERR_BUSY */
	BM_GATT_DISCONNECTED,   /* conn: by the peer or by loss, not by gatt_disconnect */
};

struct bm_gatt_event {
	enum bm_gatt_event_kind kind;
	bm_gatt_conn conn;
	enum bm_gatt_role role;
	enum bm_gatt_service service;
	uint16_t mtu;
	bool on;
	const uint8_t *octets; /* valid during the call */
	size_t len;
};

/* Connectable advertising with service data of the Mesh Provisioning or the Mesh Proxy Service was heard. */
struct bm_gatt_seen {
	struct bm_gatt_peer peer;
	enum bm_gatt_service service;
	const uint8_t *data; /* behind the UUID; valid during the call */
	size_t len;
	int8_t rssi;
};

/* Ignored if the node has no GATT bearer (limits.gatt_links 0) or does not know the link. A CONNECTED that finds no
 * room is answered by gatt_disconnect. */
void bm_node_gatt_event(struct bm_node *node, const struct bm_gatt_event *event, bm_time now);
void bm_node_gatt_seen(struct bm_node *node, const struct bm_gatt_seen *seen, bm_time now);

#endif
