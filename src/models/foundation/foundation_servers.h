/*
 * The foundation servers of Mesh 1.1 that a node may have in its primary element: SAR Configuration, Private Beacon,
 * Large Composition Data, Opcodes Aggregator, On-Demand Private Proxy. Their states are the layers' own; the device key
 * opens them, but Solicitation PDU RPL Configuration, which application keys open.
 */
#ifndef BM_MODELS_FOUNDATION_SERVERS_H
#define BM_MODELS_FOUNDATION_SERVERS_H

#include "access/access.h"
#include "proxy/proxy.h"

/* sar_config_server.c (MshPRT 4.4.15) */
void bm_sar_config_server_init(struct bm_model *model);

/* private_beacon_server.c (MshPRT 4.4.11); it extends the Configuration Server. */
#define BM_MODEL_PRIVATE_BEACON_SERVER 0x000au
struct bm_private_beacon_server {
	struct bm_model model;
	struct bm_proxy *proxy;
	bool kept; /* Private GATT Proxy as restored, until the node starts */
};
void bm_private_beacon_server_init(struct bm_private_beacon_server *server, struct bm_proxy *proxy,
				   struct bm_model *config_server);

/* on_demand_proxy_server.c: On-Demand Private Proxy (MshPRT 4.4.13) and, which belongs to it, Solicitation PDU RPL
 * Configuration (MshPRT 4.4.23). private_beacon: the server that it extends, NULL if the node has none. */
struct bm_on_demand_proxy_server {
	struct bm_model model, solicitation_rpl;
	struct bm_proxy *proxy;
	uint8_t kept; /* On-Demand Private GATT Proxy as restored, until the node starts */
};
void bm_on_demand_proxy_server_init(struct bm_on_demand_proxy_server *server, struct bm_proxy *proxy,
				    struct bm_model *private_beacon);

/* large_composition_server.c (MshPRT 4.4.21). config_server: the one of the node, which it extends. */
void bm_large_composition_server_init(struct bm_model *model, struct bm_model *config_server);

/* opcodes_aggregator_server.c (MshPRT 4.4.19) */
void bm_opcodes_aggregator_server_init(struct bm_model *model);

/* A model of the primary element that the node's own device key opens. */
static inline struct bm_model bm_foundation_server_model(uint16_t id, const struct bm_opcode *opcodes, size_t count,
							 const struct bm_model_ops *ops, void *self)
{
	return (struct bm_model){.id = {.id = id},
				 .opcodes = opcodes,
				 .opcode_count = count,
				 .ops = ops,
				 .dev_key = true,
				 .own_dev_key_only = true,
				 .self = self};
}

#endif
