/*
 * The device side of provisioning (MshPRT 5.4): beaconing, the link, the protocol, the out-of-band values.
 */
#ifndef BM_PROV_DEVICE_H
#define BM_PROV_DEVICE_H

#include "base/env.h"
#include "blemesh/node.h"
#include "blemesh/prov.h"
#include "prov/link.h"
#include "prov/protocol.h"

struct bm_prov_device; /* members in prov/device_state.h, for this floor and the node alone */

struct bm_prov_device_config {
	uint8_t uuid[BM_UUID_LEN];
	uint16_t oob_info;
	struct bm_prov_caps caps; /* elements filled in */
	const uint8_t *static_oob;
	size_t static_oob_len;
	bool require_auth;
	const uint8_t *private_key; /* NULL, or 32 octets: its public key is known out of band */
};

struct bm_prov_device_upper {
	void *ctx;
	/* Provisioning Data authenticated. Called before Provisioning Complete is sent; the link closes by itself
	 * later. An error answers Failed (out of resources). */
	enum bm_err (*provisioned)(void *ctx, const struct bm_prov_data *data, const uint8_t dev_key[16]);
	/* Whether connectable advertising of the Mesh Provisioning Service is wanted changed. May be NULL. */
	void (*connectable)(void *ctx, bool on);
	struct bm_link_gatt gatt; /* needed for BM_PROV_BEARER_GATT */
};

/* Events (link open and close, output and input OOB, failed, attention) go through bm_env_event. exchange stays the
 * caller's; it is used while a link is open and wiped before upper.provisioned is called. */
void bm_prov_device_init(struct bm_prov_device *device, struct bm_env *env, const struct bm_prov_device_config *config,
			 const struct bm_prov_device_upper *upper, struct bm_prov_exchange *exchange);
/* Beacons and accepts links until a link completes, or stop. */
void bm_prov_device_start(struct bm_prov_device *device, uint8_t bearers);
/* Ends beaconing; an open link is closed. After success the link is left to close in its own time. */
void bm_prov_device_stop(struct bm_prov_device *device);
/* The payload of a PB-ADV AD structure. True if it belonged to this device's link (or opened it). */
bool bm_prov_device_receive(struct bm_prov_device *device, const uint8_t *pdu, size_t len);
/* A client connected to the Mesh Provisioning Service and enabled notifications. False: not now; hang up. */
bool bm_prov_device_gatt_opened(struct bm_prov_device *device, uint8_t gatt_link);
/* A client that came through the advertising went before it was a link of the device's: the device advertises again. */
void bm_prov_device_gatt_freed(struct bm_prov_device *device);
/* Is this GATT link the device's? Then what arrives on it goes to bm_link_gatt_* with bm_prov_device_link. */
struct bm_link *bm_prov_device_link(struct bm_prov_device *device, uint8_t gatt_link);
BM_MUST_USE enum bm_err bm_prov_device_input(struct bm_prov_device *device, const struct bm_oob_value *value);
void bm_prov_device_wipe(struct bm_prov_device *device);

#endif
