/*
 * The provisioner side of provisioning (MshPRT 5.4): several links at once, one a device.
 */
#ifndef BM_PROV_PROVISIONER_H
#define BM_PROV_PROVISIONER_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/node.h"
#include "blemesh/prov.h"
#include "prov/link.h"

struct bm_provisioner; /* members in prov/provisioner_state.h, for this floor and the node alone */

struct bm_provisioner_upper {
	void *ctx;
	/* Fills in NetKey, flags and IV index of net_idx at the moment the data is sent. BM_ERR_NO_KEY. */
	enum bm_err (*network)(void *ctx, uint16_t net_idx, struct bm_prov_data *data);
	/* May a node of so many elements stand at addr? Asked when they are known, before the device is promised
	 * anything; `others` attempts beside this one got as far. BM_ERR_EXISTS, BM_ERR_NO_SPACE. May be NULL. */
	enum bm_err (*has_room)(void *ctx, uint16_t addr, uint8_t elements, uint16_t others);
	/* The device sent Complete, or the attempt fails after the data was sent: keep its device key. An error fails
	 * the attempt. */
	enum bm_err (*provisioned)(void *ctx, uint16_t addr, uint8_t elements, const uint8_t dev_key[16]);
	struct bm_link_gatt gatt; /* needed for sessions over BM_PROV_BEARER_GATT */
};

void bm_provisioner_carve(struct bm_provisioner *provisioner, const struct bm_limits *limits, struct bm_arena *arena);
void bm_provisioner_init(struct bm_provisioner *provisioner, struct bm_env *env, const struct bm_limits *limits,
			 const struct bm_provisioner_upper *upper);
BM_MUST_USE enum bm_err bm_provisioner_start(struct bm_provisioner *provisioner,
					     const struct bm_provision_params *params);
/* The address of a device whose parameters name none: while BM_EVENT_PROVISION_CAPS is told. */
BM_MUST_USE enum bm_err bm_provisioner_addr(struct bm_provisioner *provisioner, const uint8_t uuid[16], uint16_t addr);
BM_MUST_USE enum bm_err bm_provisioner_oob(struct bm_provisioner *provisioner, const uint8_t uuid[16],
					   const struct bm_oob_value *value);
void bm_provisioner_cancel(struct bm_provisioner *provisioner, const uint8_t uuid[16]);
/* The payload of a PB-ADV AD structure. True if it belonged to a link of ours. */
bool bm_provisioner_receive(struct bm_provisioner *provisioner, const uint8_t *pdu, size_t len);
/* An Unprovisioned Device beacon (the whole payload of the Mesh Beacon AD structure): BM_EVENT_DEVICE_SEEN. */
void bm_provisioner_receive_beacon(struct bm_provisioner *provisioner, const uint8_t *beacon, size_t len, int8_t rssi);
/* Service data of the Mesh Provisioning Service (what stands behind the UUID): BM_EVENT_DEVICE_SEEN. True if a session
 * waits for this device, whose UUID is then in uuid: connect to it. */
bool bm_provisioner_gatt_seen(struct bm_provisioner *provisioner, const uint8_t *data, size_t len, int8_t rssi,
			      uint8_t uuid[BM_UUID_LEN]);
/* The device is connected to. False: nobody waits for it any more; hang up. */
bool bm_provisioner_gatt_opened(struct bm_provisioner *provisioner, const uint8_t uuid[BM_UUID_LEN], uint8_t gatt_link);
/* The link of the session that has this GATT link, or NULL. */
struct bm_link *bm_provisioner_link(struct bm_provisioner *provisioner, uint8_t gatt_link);
void bm_provisioner_reset(struct bm_provisioner *provisioner);

#endif
