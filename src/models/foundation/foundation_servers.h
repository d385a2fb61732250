/*
 * The foundation servers of Mesh 1.1 that a node may have in its primary element: SAR Configuration, Private Beacon,
 * Large Composition Data, Opcodes Aggregator. Their states are the layers' own; the device key opens them.
 */
#ifndef BM_MODELS_FOUNDATION_SERVERS_H
#define BM_MODELS_FOUNDATION_SERVERS_H

#include "access/access.h"

/* sar_config_server.c (MshPRT 4.4.15) */
void bm_sar_config_server_init(struct bm_model *model);

/* private_beacon_server.c (MshPRT 4.4.11). Private GATT Proxy is held here, Private Node Identity in the subnet. */
struct bm_private_beacon_server {
	struct bm_model model;
	uint8_t private_gatt_proxy; /* 0 disabled, 1 enabled, 2 not supported */
};
void bm_private_beacon_server_init(struct bm_private_beacon_server *server, uint16_t features);

/* large_composition_server.c (MshPRT 4.4.21) */
void bm_large_composition_server_init(struct bm_model *model);

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
