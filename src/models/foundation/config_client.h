/*
 * Configuration Client (MshPRT 4.4.2): requests in flight, their repetition and the answers that belong to them.
 * The public functions are in blemesh/config.h.
 */
#ifndef BM_MODELS_CONFIG_CLIENT_H
#define BM_MODELS_CONFIG_CLIENT_H

#include "access/access.h"
#include "base/arena.h"
#include "blemesh/config.h"

struct bm_config_client_request;

struct bm_config_client {
	struct bm_model model;
	/* The clients of Mesh 1.1, which ask in the same way (foundation_opcodes.h). */
	struct bm_model private_beacon, sar_config, aggregator, large_composition, on_demand_proxy, solicitation_rpl;
	struct bm_access *access;
	struct bm_config_client_request *requests;
	uint8_t capacity;
};

void bm_config_client_carve(struct bm_config_client *client, const struct bm_limits *limits, struct bm_arena *arena);
void bm_config_client_init(struct bm_config_client *client, struct bm_access *access, const struct bm_limits *limits);
BM_MUST_USE enum bm_err bm_config_client_send(struct bm_config_client *client, uint16_t net_idx, uint16_t dst,
					      uint32_t opcode, const uint8_t *params, size_t len, uint64_t timeout_us,
					      bm_config_done done, void *ctx);
void bm_config_client_reset(struct bm_config_client *client);

/* Given by the node: the node's client, or NULL if it has none. */
struct bm_config_client *bm_node_config_client(struct bm_node *node, bm_time now);

#endif
