/*
 * The members of struct bm_node and what the files of this floor share. For this floor alone.
 */
#ifndef BM_NODE_NODE_STATE_H
#define BM_NODE_NODE_STATE_H

#include "access/access.h"
#include "base/env.h"
#include "blemesh/health.h"
#include "blemesh/node.h"
#include "friend/friend.h"
#include "friend/friend_state.h"
#include "friend/lpn.h"
#include "friend/lpn_state.h"
#include "models/foundation/config_client.h"
#include "models/foundation/config_server.h"
#include "models/foundation/foundation_servers.h"
#include "net/net.h"
#include "net/net_state.h"
#include "node/store.h"
#include "prov/device.h"
#include "prov/device_state.h"
#include "prov/provisioner.h"
#include "prov/provisioner_state.h"
#include "proxy/link.h"
#include "proxy/proxy.h"
#include "transport/transport.h"
#include "transport/transport_state.h"

/* The proxy floor is there for either role. */
#define BM_NODE_HAS_PROXY (BM_WITH_PROXY_SERVER || BM_WITH_PROXY_CLIENT)

/* Some of Mesh 1.1's foundation models are there. */
#define BM_NODE_HAS_FOUNDATION (BM_WITH_PRIVATE_BEACON || BM_WITH_FOUNDATION_1_1)

struct bm_node_foundation {
	struct bm_private_beacon_server private_beacon;
	struct bm_on_demand_proxy_server on_demand_proxy;
	struct bm_model sar_config, opcodes_aggregator, large_composition;
};

struct bm_node {
	struct bm_env env;
	struct bm_node_config config;
	struct bm_net net;
	struct bm_transport transport;
	struct bm_friend friends;
	struct bm_lpn lpn;
	struct bm_access access;
	struct bm_prov_device device;
	struct bm_provisioner provisioner;
	struct bm_gatt_links gatt;
	struct bm_proxy proxy;
	uint8_t gatt_uuid[BM_UUID_LEN]; /* of the device that is being connected to */
	struct bm_config_server config_server;
	struct bm_config_client *config_client; /* NULL: none */
	struct bm_health_server health_server;
	struct bm_node_foundation *foundation; /* NULL: not built */
	struct bm_health_faults health_faults;
	size_t size;
	bool started;
	struct bm_restored restored;
	uint16_t refused_kinds; /* a bit for each that has any */
	struct bm_refused refused[BM_STORE_SOLICITATION + 1 - BM_STORE_RPL];
	struct bm_timer iv_timer; /* stores the hours in an IV state */
	uint8_t *record;          /* a record being made */
	size_t record_max;
	uint8_t prov_bearers; /* on while unprovisioned; they come on again after a reset */
};

/* limits.c */
bool bm_node_limits_valid(const struct bm_limits *limits);
/* What the configuration asks for is part of this build (blemesh/features.h). */
bool bm_node_is_built(const struct bm_node_config *config, const struct bm_node_ops *ops);

/* friend.c */
void bm_node_friend_net(struct bm_net_upper *upper);
void bm_node_friend_transport(struct bm_transport_upper *upper);
/* The features without those that the limits leave no room for. */
uint16_t bm_node_friend_features(const struct bm_node_config *config);
void bm_node_friend_carve(struct bm_node *node, const struct bm_limits *limits, struct bm_arena *arena);
void bm_node_friend_init(struct bm_node *node);
void bm_node_friend_reset(struct bm_node *node);

/* proxy.c */
void bm_node_proxy_init(struct bm_node *node);
/* provisioner.c */
void bm_node_provisioner_init(struct bm_node *node);
/* gatt.c */
void bm_node_gatt_init(struct bm_node *node);
/* The GATT bearer as provisioning has it; send is NULL if there is none. */
struct bm_link_gatt bm_node_link_gatt(struct bm_node *node);
/* For bm_prov_device_upper. */
void bm_node_prov_connectable(void *ctx, bool on);
/* All floors as before provisioning; nothing is stored and nobody told. */
void bm_node_forget_tables(struct bm_node *node);

#endif
