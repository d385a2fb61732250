/*
 * The LE host: makes a Bluetooth controller the radio of one node or several. Sans-IO: octets of H4 go in and out, it
 * is told the time, and says when it wants to be called.
 *
 *   closed ─opened▶ starting ─(all commands of the bring-up answered)▶ up ─lost, closed▶ closed
 *
 * Every node has a bearer of its own here (struct bm_host_user) and hears the others, as on the air; what they
 * advertise and their connections share the controller. Commands go one at a time; what is to be sent next is looked
 * for in one place (host.c), where each part of the host says what it lacks (an address, a scan, a set) to be as
 * wanted. When the controller is lost, links end and their nodes are told; what was to be advertised is kept for the
 * next one.
 */
#ifndef BM_HOST_HOST_H
#define BM_HOST_HOST_H

#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"
#include "host/advertiser.h"
#include "host/h4.h"
#include "host/hci.h"

#define BM_HOST_USERS 16u
#define BM_HOST_SETS 16u /* of connectable advertising, of all users */
/* Links at once. While all places are taken nobody can connect, but a client that has said nothing for a minute then
 * gives way: for one that only holds the place others need not wait. */
#define BM_HOST_LINKS 8u
#define BM_HOST_SURPLUS 4u
#define BM_HOST_MESH_HANDLES 4u
#define BM_HOST_QUEUE_LEN 4096u
#define BM_HOST_SDU_MAX (4u + BM_GATT_MTU_MAX)

struct bm_host;

/* What a node's host is told. Members may be NULL. */
struct bm_host_user_ops {
	/* For bm_node_receive, bm_node_gatt_seen, bm_node_gatt_event. */
	void (*receive)(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now);
	void (*seen)(void *ctx, const struct bm_gatt_seen *seen, bm_time now);
	void (*gatt)(void *ctx, const struct bm_gatt_event *event, bm_time now);
	/* AD structures; the address most significant octet first. With it the controller asks every connectable
	 * advertiser for its scan response. */
	void (*scan_response)(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now);
};

struct bm_host_user {
	struct bm_host *host; /* NULL: free */
	struct bm_host_user_ops ops;
	void *ctx;
	uint8_t addr[6]; /* its static random address, most significant octet first */
	struct bm_advertiser advertiser;
	bm_time listen_from, listen_until;
	uint8_t served;                      /* services that clients found here: bit 0 provisioning, bit 1 proxy */
	char names[2][BM_GATT_NAME_MAX + 1]; /* as advertised last for provisioning, for the proxy; "": none */
};

/* What the controller does not have yet. */
enum bm_host_dirty {
	BM_HOST_DIRTY_PARAMETERS = 1,
	BM_HOST_DIRTY_ADDR = 2,
	BM_HOST_DIRTY_DATA = 4,
	BM_HOST_DIRTY_RESPONSE = 8,
	BM_HOST_DIRTY_ALL = 15,
};

/* A set of connectable advertising. */
struct bm_host_set {
	struct bm_host_user *user; /* NULL: free */
	bool active;               /* wanted */
	bool enabled;              /* extended: the controller has it on the air */
	bool yields;               /* extended: another one is to have its place */
	bool has_private_addr;
	uint8_t number; /* the node's */
	uint8_t dirty;  /* enum bm_host_dirty; extended */
	uint8_t addr[6], private_addr[6];
	enum bm_gatt_service service;
	uint32_t interval_us;
	bm_time shown; /* when its turn on the air began last */
	bm_time retry; /* not before then: the controller refused it */
	uint8_t ad[BM_HCI_ADV_DATA_MAX], response[BM_HCI_ADV_DATA_MAX];
	uint8_t ad_len, response_len;
};

/* Where an advertisement is on its way, and where it goes on. */
enum bm_host_adv_step {
	BM_HOST_ADV_OFF,
	BM_HOST_ADV_PARAMETERS,
	BM_HOST_ADV_ADDR,
	BM_HOST_ADV_DATA,
	BM_HOST_ADV_RESPONSE,
	BM_HOST_ADV_ENABLE,
	BM_HOST_ADV_ON,
	BM_HOST_ADV_DISABLE,
};

/* Advertising without sets: one thing at a time. */
struct bm_host_legacy {
	enum bm_host_adv_step step;
	struct bm_host_set *set;  /* NULL: a mesh PDU */
	struct bm_host_set *last; /* the one that was shown last: clients come through it */
	uint8_t type, own_addr;   /* as the controller has them */
	uint16_t interval;
	uint8_t ad[BM_HCI_ADV_DATA_MAX];
	uint8_t len;
	bool has_addr; /* a mesh PDU goes out from this one, not from any */
	uint8_t addr[6];
	bm_time since, until; /* on: from when; when to end, at the latest */
};

/* One of the controller's sets, for mesh PDUs. */
struct bm_host_mesh_handle {
	enum bm_host_adv_step step;
	bool has_addr, wants_addr;
	uint8_t addr[6];   /* as it is to be next; any, if not wanted */
	uint32_t interval; /* as the controller has it, in steps of 0.625 ms */
	uint32_t want_interval;
	uint8_t ad[BM_HCI_ADV_DATA_MAX];
	uint8_t len, transmissions;
	bm_time until; /* on: when it must be over */
};

enum bm_host_client_step {
	BM_HOST_CLIENT_MTU,
	BM_HOST_CLIENT_SERVICE,
	BM_HOST_CLIENT_CHARACTERISTICS,
	BM_HOST_CLIENT_DESCRIPTORS,
	BM_HOST_CLIENT_SUBSCRIBE,
	BM_HOST_CLIENT_READY,
};

/* An entry: length (2), an L2CAP frame. */
struct bm_host_queue {
	size_t first, len; /* in octets */
	uint8_t octets[BM_HOST_QUEUE_LEN];
};

/* Commands that a link waits to have sent. */
enum bm_host_link_todo {
	BM_HOST_TODO_DATA_LENGTH = 1,
	BM_HOST_TODO_LTK = 2,
	BM_HOST_TODO_PARAMETERS_REPLY = 4,
	BM_HOST_TODO_PARAMETERS_REFUSE = 8,
	BM_HOST_TODO_UPDATE = 16,
};

struct bm_host_link {
	bool used;
	uint16_t handle;
	enum bm_gatt_role role;
	struct bm_host_user *user; /* a server's: NULL until it is known which set the client came through */
	bool told;                 /* the node knows the link */
	bool closing;              /* to be disconnected, once all is sent */
	bool disconnecting;        /* that command is sent; deadline is for its confirmation */
	bool wants_ready;          /* the node was told BM_ERR_BUSY */
	bm_gatt_conn conn;
	enum bm_gatt_service service;
	uint16_t mtu;
	uint8_t todo;                                          /* enum bm_host_link_todo */
	uint16_t interval_min, interval_max, latency, timeout; /* asked for by the peer */
	bm_time deadline;                                      /* of what is awaited; BM_TIME_NEVER: nothing */
	bm_time heard;                                         /* anything of the peer */
	/* Received: an L2CAP frame in pieces. */
	size_t rx_len, rx_want;
	uint8_t rx[BM_HOST_SDU_MAX];
	/* Sent: the controller has outstanding fragments. */
	struct bm_host_queue queue;
	size_t tx_at; /* octets of the first entry that are sent */
	uint16_t outstanding;
	/* The server's descriptors. */
	bool subscribed, changes_subscribed, changes_due, changes_told;
	/* The client's search. */
	enum bm_host_client_step step;
	uint16_t first, last, data_in, data_out, cccd;
};

/* Connecting: one at a time. */
enum bm_host_connect_step {
	BM_HOST_CONNECT_IDLE,
	BM_HOST_CONNECT_WANTED,
	BM_HOST_CONNECT_ASKED, /* the command is sent */
	BM_HOST_CONNECT_RUNNING,
	BM_HOST_CONNECT_CANCEL,
	BM_HOST_CONNECT_CANCELLED, /* its end is awaited */
	BM_HOST_CONNECT_FAILED,    /* the node is to be told */
};

struct bm_host_connect {
	enum bm_host_connect_step step;
	struct bm_host_user *user;
	struct bm_gatt_peer peer;
	enum bm_gatt_service service;
	bool quiet; /* without scanning: the controller cannot do both */
	bm_time deadline;
};

enum bm_host_state { BM_HOST_CLOSED, BM_HOST_STARTING, BM_HOST_UP };

/* Which part of the host a command belongs to. */
enum bm_host_part {
	BM_HOST_PART_BRING_UP,
	BM_HOST_PART_LINK,
	BM_HOST_PART_CONNECT,
	BM_HOST_PART_LEGACY,
	BM_HOST_PART_EXTENDED,
	BM_HOST_PART_SCAN,
};

struct bm_host_command {
	bool waits; /* for its answer */
	uint16_t opcode;
	enum bm_host_part part;
	size_t index;     /* the part's */
	uint8_t detail;   /* the part's too */
	bm_time deadline; /* of the answer, and of leave to send the next */
};

struct bm_host_ops {
	void *ctx;
	/* An H4 packet for the controller; valid during the call. */
	void (*send)(void *ctx, const uint8_t *packet, size_t len);
	/* Random octets of cryptographic quality. */
	void (*random)(void *ctx, uint8_t *out, size_t len);
	/* The controller is ready; or it is of no use any more and why: the transport is to be opened anew. */
	void (*up)(void *ctx);
	void (*lost)(void *ctx, const char *why);
	/* A packet of the controller's (captures); NULL: nobody cares. */
	void (*sniff)(void *ctx, const uint8_t *packet, size_t len);
};

/* Counted, not told. */
struct bm_host_stats {
	uint32_t malformed; /* packets */
	uint32_t refused;   /* commands that failed */
	uint32_t hostile;   /* links that were ended because of what the peer sent, or did not send */
	uint32_t surplus;   /* connections that came when all places were taken */
};

struct bm_host {
	struct bm_host_ops ops;
	enum bm_host_state state;
	struct bm_h4 h4;
	struct bm_host_stats stats;
	struct bm_host_command command;
	uint8_t credits; /* commands that the controller takes now */
	bool work;       /* something changed: look what to send */
	bm_time ran;     /* bm_host_run was called last then */
	char why[64];
	/* What the controller is. */
	size_t bring_up;
	uint8_t features[8];
	uint16_t acl_len, acl_total, acl_free;
	bool extended;
	bool without_sets; /* it has too few: it is brought up as one that has none */
	uint8_t adv_handles, mesh_handles;
	uint8_t public_addr[6];
	uint8_t random_addr[6]; /* as the controller has it */
	/* What is wanted of it. */
	struct bm_host_user users[BM_HOST_USERS];
	size_t next_user, next_link; /* round about */
	struct bm_host_set sets[BM_HOST_SETS];
	struct bm_host_legacy legacy;
	struct bm_host_mesh_handle mesh[BM_HOST_MESH_HANDLES];
	struct bm_host_link links[BM_HOST_LINKS];
	uint16_t surplus[BM_HOST_SURPLUS]; /* handles of connections without a place, to be ended */
	size_t surplus_count;
	bm_gatt_conn last_conn;
	struct bm_host_connect connect;
	bool scanning, scan_configured, hold_scan;
	uint8_t scan_type; /* as configured */
	bm_time scan_retry;
};

/* The host stays where it is: users point to it. */
void bm_host_init(struct bm_host *host, const struct bm_host_ops *ops);
/* A node more. addr: its static random address, with which it advertises when it is to be known. NULL: too many. */
struct bm_host_user *bm_host_join(struct bm_host *host, const uint8_t addr[6], const struct bm_host_user_ops *ops,
				  void *ctx);
/* What the node is given; valid as long as the host. */
struct bm_bearer bm_host_bearer(struct bm_host_user *user);

/* The way to the controller is open: brings the controller up. */
void bm_host_opened(struct bm_host *host, bm_time now);
/* It is closed, or lost was told. */
void bm_host_closed(struct bm_host *host, bm_time now);
/* What the controller sent. */
void bm_host_input(struct bm_host *host, const uint8_t *octets, size_t len, bm_time now);
bm_time bm_host_deadline(const struct bm_host *host);
void bm_host_run(struct bm_host *host, bm_time now);

#endif
