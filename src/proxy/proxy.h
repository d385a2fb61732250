/*
 * The proxy protocol over GATT links (MshPRT 6, 7.2): server, client, advertising of the Mesh Proxy Service, and
 * solicitation. Links are proxy/link.h's; the node hands over those of the Mesh Proxy Service.
 */
#ifndef BM_PROXY_PROXY_H
#define BM_PROXY_PROXY_H

#include "blemesh/node.h"
#include "net/net.h"
#include "proxy/filter.h"
#include "proxy/link.h"

/* GATT Proxy, Private GATT Proxy, Node Identity and Private Node Identity states
 * (MshPRT 4.2.11, 4.2.12, 4.2.46, 4.2.47). */
enum bm_proxy_state { BM_PROXY_DISABLED = 0, BM_PROXY_ENABLED = 1, BM_PROXY_NOT_SUPPORTED = 2 };

/* MshPRT 7.2.2.2.3: Node Identity is advertised for so long at most. */
#define BM_PROXY_IDENTITY_US (60u * BM_US_PER_S)

struct bm_proxy_upper {
	void *ctx;
	/* Unicast addresses of other nodes that this node knows, for their Node Identity: the i-th, or
	 * BM_ADDR_UNASSIGNED behind the last one. */
	uint16_t (*known_addr)(void *ctx, size_t i);
	/* Destinations that this node wants to hear: the i-th, or BM_ADDR_UNASSIGNED behind the last one. */
	uint16_t (*wanted_addr)(void *ctx, size_t i);
};

/* A proxy client or server at the other end of the link of the same number. */
struct bm_proxy_link {
	struct bm_proxy_filter filter; /* server: the client's */
	bool as_private;               /* Proxy Privacy (MshPRT 6.7): beacons are Mesh Private ones */
	uint16_t beacon_next;          /* server: the subnet, by place in the table, whose beacon goes next */
};

/* What is advertised for the subnet of the same place in the table. */
struct bm_proxy_subnet {
	bool advertising;
	uint8_t len;
	uint16_t net_idx;
	uint8_t data[BM_PROXY_ID_MAX]; /* as advertised */
	uint8_t random[8];
	bm_time random_until;
	bm_time identity_until; /* Node Identity runs; 0: it does not */
	bm_time private_identity_until;
	bm_time solicited_until;
};

enum bm_proxy_client_state {
	BM_PROXY_CLIENT_OFF,
	BM_PROXY_CLIENT_SEARCHING,
	BM_PROXY_CLIENT_FILTERING, /* connected; the server learns our filter */
	BM_PROXY_CLIENT_READY,
};

struct bm_proxy_client {
	enum bm_proxy_client_state state;
	uint16_t net_idx;
	uint16_t addr; /* of the one server wanted; BM_ADDR_UNASSIGNED: any */
	uint8_t link;
	uint8_t tries;                   /* without an answer */
	struct bm_gatt_peer peer;        /* the server, or the one last connected to */
	struct bm_gatt_peer passed_over; /* one that stayed mute, */
	bm_time passed_over_until;       /* until then */
	uint16_t sent, told;             /* addresses added, of them the server's list holds */
	bool by_hand;                    /* the application sets the filter */
	uint32_t wanted;                 /* a digest of the addresses that the filter was made for */
	struct bm_timer timer;
};

struct bm_solicitation {
	uint16_t ssrc; /* BM_ADDR_UNASSIGNED: free */
	uint32_t sseq;
};

struct bm_proxy {
	struct bm_env *env;
	struct bm_net *net;
	struct bm_gatt_links *links;
	uint8_t capacity;
	uint8_t subnet_count;
	uint8_t solicitation_count;
	bool supported;
	bool enabled;         /* GATT Proxy */
	bool private_enabled; /* Private GATT Proxy */
	uint8_t on_demand_s;  /* On-Demand Private GATT Proxy; 0: disabled */
	struct bm_proxy_link *table;
	struct bm_proxy_subnet *subnets;
	struct bm_solicitation *solicitations; /* the Solicitation Replay Protection List */
	struct bm_proxy_upper upper;
	const char *name;      /* in advertising that does not hide who it is; NULL: none */
	struct bm_timer timer; /* of advertising */
	struct bm_proxy_client client;
	uint32_t sseq, sseq_reserved; /* our own: the last one used, and up to where the store knows of */
};

void bm_proxy_carve(struct bm_proxy *proxy, const struct bm_limits *limits, struct bm_arena *arena);
void bm_proxy_init(struct bm_proxy *proxy, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		   struct bm_gatt_links *links, bool supported, const struct bm_proxy_upper *upper);
/* The node became one: GATT Proxy is enabled if it is supported. */
void bm_proxy_start(struct bm_proxy *proxy);
/* It is none any more. */
void bm_proxy_reset(struct bm_proxy *proxy);

/* For bm_gatt_links_upper, of links of the Mesh Proxy Service. */
void bm_proxy_connected(struct bm_proxy *proxy, uint8_t link);
void bm_proxy_opened(struct bm_proxy *proxy, uint8_t link);
void bm_proxy_received(struct bm_proxy *proxy, uint8_t link, enum bm_proxy_type type, const uint8_t *octets,
		       size_t len);
void bm_proxy_ready(struct bm_proxy *proxy, uint8_t link);
void bm_proxy_closed(struct bm_proxy *proxy, uint8_t link);
/* Of any link: there is room again; ended: a client was turned away. */
void bm_proxy_freed(struct bm_proxy *proxy, bool ended);

/* For bm_net_upper. */
bool bm_proxy_gatt_send(struct bm_proxy *proxy, uint16_t dst, bool relayed, int except, const uint8_t *pdu, size_t len);
/* Keys, IV index or subnets changed: clients are told, advertising follows. Also when a link became free or taken. */
void bm_proxy_update(struct bm_proxy *proxy);

/* States. A set answers BM_ERR_NOT_SUPPORTED, or BM_ERR_STATE where another state binds it (MshPRT 4.2.11, 4.2.46). */
enum bm_proxy_state bm_proxy_gatt_proxy(const struct bm_proxy *proxy);
BM_MUST_USE enum bm_err bm_proxy_set_gatt_proxy(struct bm_proxy *proxy, bool on);
enum bm_proxy_state bm_proxy_private_gatt_proxy(const struct bm_proxy *proxy);
BM_MUST_USE enum bm_err bm_proxy_set_private_gatt_proxy(struct bm_proxy *proxy, bool on);
enum bm_proxy_state bm_proxy_node_identity(const struct bm_proxy *proxy, uint16_t net_idx, bool as_private);
/* BM_ERR_NO_KEY: no such subnet. */
BM_MUST_USE enum bm_err bm_proxy_set_node_identity(struct bm_proxy *proxy, uint16_t net_idx, bool as_private, bool on);
/* Seconds that a solicited proxy advertises for; 0: disabled. */
uint8_t bm_proxy_on_demand(const struct bm_proxy *proxy);
BM_MUST_USE enum bm_err bm_proxy_set_on_demand(struct bm_proxy *proxy, uint8_t seconds);
/* Forgets what the Solicitation Replay Protection List has of count addresses from first on. */
void bm_proxy_clear_solicitations(struct bm_proxy *proxy, uint16_t first, uint8_t count);

/* Takes back, stores again and deletes what bm_env_store was given under BM_STORE_SOLICITATION. */
BM_MUST_USE enum bm_err bm_proxy_restore_solicitation(struct bm_proxy *proxy, uint16_t index, const uint8_t *octets,
						      size_t len);
BM_MUST_USE enum bm_err bm_proxy_save_solicitations(const struct bm_proxy *proxy);
void bm_proxy_forget_solicitations(struct bm_proxy *proxy);

/* Service data of the Solicitation Service (behind the UUID), from non-connectable advertising. */
void bm_proxy_receive_solicitation(struct bm_proxy *proxy, const uint8_t *data, size_t len);
/* Asks private proxies of a subnet to advertise. */
BM_MUST_USE enum bm_err bm_proxy_solicit(struct bm_proxy *proxy, uint16_t net_idx);

/* Client: looks for a server of the subnet, connects and sets the filter, again and again until stopped. */
BM_MUST_USE enum bm_err bm_proxy_client_start(struct bm_proxy *proxy, uint16_t net_idx, uint16_t addr);
void bm_proxy_client_stop(struct bm_proxy *proxy);
void bm_proxy_client_seen(struct bm_proxy *proxy, const struct bm_gatt_seen *seen);
BM_MUST_USE enum bm_err bm_proxy_client_config(struct bm_proxy *proxy, const struct bm_proxy_config *config);

#endif
