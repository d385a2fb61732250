/*
 * Configuration Client (MshPRT 4.4.2): asks other nodes' Configuration Servers, repeats until answered, tells the
 * result. A node has one if limits.config_requests > 0.
 */
#ifndef BLEMESH_CONFIG_H
#define BLEMESH_CONFIG_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

struct bm_node;

/* Configuration status codes (MshPRT 4.3.8). */
enum bm_config_status {
	BM_CONFIG_SUCCESS = 0x00,
	BM_CONFIG_INVALID_ADDRESS = 0x01,
	BM_CONFIG_INVALID_MODEL = 0x02,
	BM_CONFIG_INVALID_APP_KEY_INDEX = 0x03,
	BM_CONFIG_INVALID_NET_KEY_INDEX = 0x04,
	BM_CONFIG_INSUFFICIENT_RESOURCES = 0x05,
	BM_CONFIG_KEY_INDEX_ALREADY_STORED = 0x06,
	BM_CONFIG_INVALID_PUBLISH_PARAMETERS = 0x07,
	BM_CONFIG_NOT_A_SUBSCRIBE_MODEL = 0x08,
	BM_CONFIG_STORAGE_FAILURE = 0x09,
	BM_CONFIG_FEATURE_NOT_SUPPORTED = 0x0a,
	BM_CONFIG_CANNOT_UPDATE = 0x0b,
	BM_CONFIG_CANNOT_REMOVE = 0x0c,
	BM_CONFIG_CANNOT_BIND = 0x0d,
	BM_CONFIG_TEMPORARILY_UNABLE = 0x0e,
	BM_CONFIG_CANNOT_SET = 0x0f,
	BM_CONFIG_UNSPECIFIED_ERROR = 0x10,
	BM_CONFIG_INVALID_BINDING = 0x11,
};

/* Told once for each request. result: BM_OK with the status message's parameters (valid during the call), or
 * BM_ERR_TIMEOUT / BM_ERR_CANCELLED with params NULL. */
typedef void (*bm_config_done)(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len,
			       bm_time now);

/*
 * Sends a Configuration message to the node at dst (its primary element) under its device key and waits for the answer
 * that belongs to it. One request a destination at a time: BM_ERR_BUSY. BM_ERR_NO_KEY if the device key of dst is not
 * held. Repeated with a growing pause until timeout_us is over (0: 20 s). Solicitation PDU RPL Items Clear alone goes
 * under the first application key that this node's client of it (0x0015) is bound to: BM_ERR_NOT_BOUND without one.
 */
BM_MUST_USE enum bm_err bm_config_request(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint32_t opcode,
					  const uint8_t *params, size_t len, uint64_t timeout_us, bm_config_done done,
					  void *ctx, bm_time now);

/* The requests of a first configuration; blemesh/config_messages.h has all others, and structs for what is answered. */
BM_MUST_USE enum bm_err bm_config_composition_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint8_t page,
						  bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_app_key_add(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t app_idx,
					      const uint8_t key[16], bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_model_app_bind(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 uint16_t element_addr, uint16_t app_idx,
						 const struct bm_model_id *model, bm_config_done done, void *ctx,
						 bm_time now);

/* Composition Data Page 0, read with an iterator (MshPRT 4.2.1.1). */
struct bm_composition {
	uint16_t company, product, version, crpl, features;
	struct bm_reader elements;
};
struct bm_composition_element {
	uint16_t location;
	uint8_t sig_count, vendor_count;
	struct bm_reader models;
};
BM_MUST_USE enum bm_err bm_composition_read(struct bm_composition *composition, const uint8_t *page0, size_t len);
/* BM_ERR_NOT_FOUND after the last one. */
BM_MUST_USE enum bm_err bm_composition_next_element(struct bm_composition *composition,
						    struct bm_composition_element *element);
BM_MUST_USE enum bm_err bm_composition_next_model(struct bm_composition_element *element, struct bm_model_id *id);

#endif
