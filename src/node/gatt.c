/*
 * The node's GATT bearer: which link is whose. Links of the Mesh Provisioning Service belong to the device or to a
 * provisioner's session, those of the Mesh Proxy Service to the proxy.
 */
#include "blemesh/gatt.h"

#include <string.h>

#include "node/node_state.h"
#include "pdu/proxy_pdu.h"

/* MshPRT 7.1.2.2 leaves the interval open. */
#define PROV_ADV_INTERVAL_US (250u * BM_US_PER_MS)

static struct bm_link *prov_link(struct bm_node *node, uint8_t link)
{
	struct bm_link *device = bm_prov_device_link(&node->device, link);
	if (device || !BM_WITH_PROVISIONER)
		return device;
	return bm_provisioner_link(&node->provisioner, link);
}

static bool is_prov(const struct bm_node *node, uint8_t link)
{
	return node->gatt.table[link].service == BM_GATT_PROVISIONING;
}

static void on_connected(void *ctx, uint8_t link)
{
	struct bm_node *node = ctx;
	if (BM_NODE_HAS_PROXY && !is_prov(node, link))
		bm_proxy_connected(&node->proxy, link);
}

static void on_opened(void *ctx, uint8_t link)
{
	struct bm_node *node = ctx;
	if (BM_NODE_HAS_PROXY && !is_prov(node, link)) {
		bm_proxy_opened(&node->proxy, link);
		return;
	}
	const bool wanted = node->gatt.table[link].role == BM_GATT_SERVER
				    ? bm_prov_device_gatt_opened(&node->device, link)
				    : BM_WITH_PROVISIONER &&
					      bm_provisioner_gatt_opened(&node->provisioner, node->gatt_uuid, link);
	if (!wanted)
		bm_gatt_link_close(&node->gatt, link);
}

static void on_received(void *ctx, uint8_t link, enum bm_proxy_type type, const uint8_t *octets, size_t len)
{
	struct bm_node *node = ctx;
	const bool proxy = BM_NODE_HAS_PROXY && !is_prov(node, link);
	struct bm_link *prov = proxy ? NULL : prov_link(node, link);
	if (proxy)
		bm_proxy_received(&node->proxy, link, type, octets, len);
	else if (prov && type == BM_PROXY_PROVISIONING)
		bm_link_gatt_receive(prov, octets, len);
	else
		bm_env_drop(&node->env, BM_DROP_UNKNOWN_TYPE, octets, len);
}

static void on_ready(void *ctx, uint8_t link)
{
	struct bm_node *node = ctx;
	const bool proxy = BM_NODE_HAS_PROXY && !is_prov(node, link);
	struct bm_link *prov = proxy ? NULL : prov_link(node, link);
	if (prov)
		bm_link_gatt_ready(prov);
	else if (proxy)
		bm_proxy_ready(&node->proxy, link);
}

static void on_closed(void *ctx, uint8_t link)
{
	struct bm_node *node = ctx;
	const bool proxy = BM_NODE_HAS_PROXY && !is_prov(node, link);
	struct bm_link *prov = proxy ? NULL : prov_link(node, link);
	if (prov)
		bm_link_gatt_closed(prov);
	else if (proxy)
		bm_proxy_closed(&node->proxy, link);
}

static void on_freed(void *ctx, bool ended)
{
	struct bm_node *node = ctx;
	bm_prov_device_gatt_freed(&node->device);
	if (BM_NODE_HAS_PROXY)
		bm_proxy_freed(&node->proxy, ended);
}

/* Who wanted it goes on waiting: the device or the proxy server advertises again. */
static void on_connect_failed(void *ctx, enum bm_gatt_service service)
{
	(void)ctx, (void)service;
}

static enum bm_err prov_send(void *ctx, uint8_t link, const uint8_t *pdu, size_t len)
{
	struct bm_node *node = ctx;
	return bm_gatt_link_send(&node->gatt, link, BM_PROXY_PROVISIONING, pdu, len);
}

static void prov_close(void *ctx, uint8_t link)
{
	struct bm_node *node = ctx;
	bm_gatt_link_close(&node->gatt, link);
}

struct bm_link_gatt bm_node_link_gatt(struct bm_node *node)
{
	if (!BM_WITH_GATT || node->config.limits.gatt_links == 0 || !node->env.bearer.ops->gatt_send)
		return (struct bm_link_gatt){0};
	return (struct bm_link_gatt){.ctx = node, .send = prov_send, .close = prov_close};
}

void bm_node_prov_connectable(void *ctx, bool on)
{
	struct bm_node *node = ctx;
	const struct bm_bearer *bearer = &node->env.bearer;
	if (!BM_WITH_GATT)
		return;
	uint8_t data[BM_PROV_SERVICE_DATA_LEN];
	bm_prov_service_data_encode(node->config.uuid, node->config.oob_info, data);
	const struct bm_gatt_adv adv = {.service = BM_GATT_PROVISIONING,
					.data = on ? data : NULL,
					.len = sizeof data,
					.name = node->config.name,
					.interval_us = PROV_ADV_INTERVAL_US};
	if (node->gatt.capacity && bearer->ops->gatt_advertise &&
	    bearer->ops->gatt_advertise(bearer->self, &adv, bm_env_now(&node->env)) != BM_OK)
		bm_env_drop(&node->env, BM_DROP_TX_FULL, data, sizeof data);
}

void bm_node_gatt_init(struct bm_node *node)
{
	const struct bm_gatt_links_upper upper = {.ctx = node,
						  .connected = on_connected,
						  .opened = on_opened,
						  .received = on_received,
						  .ready = on_ready,
						  .closed = on_closed,
						  .freed = on_freed,
						  .connect_failed = on_connect_failed};
	bm_gatt_links_init(&node->gatt, &node->env, node->config.limits.gatt_links, &upper);
}

void bm_node_gatt_event(struct bm_node *node, const struct bm_gatt_event *event, bm_time now)
{
	if (!BM_WITH_GATT || !node->started)
		return;
	bm_timers_advance(&node->env.timers, now);
	bm_gatt_links_event(&node->gatt, event);
}

static void seen_unprovisioned(struct bm_node *node, const struct bm_gatt_seen *seen)
{
	uint8_t uuid[BM_UUID_LEN];
	if (!BM_WITH_PROVISIONER || node->config.limits.prov_links == 0 ||
	    !bm_provisioner_gatt_seen(&node->provisioner, seen->data, seen->len, seen->rssi, uuid) ||
	    bm_gatt_links_connect(&node->gatt, &seen->peer, BM_GATT_PROVISIONING) != BM_OK)
		return;
	memcpy(node->gatt_uuid, uuid, sizeof node->gatt_uuid);
}

void bm_node_gatt_seen(struct bm_node *node, const struct bm_gatt_seen *seen, bm_time now)
{
	if (!BM_WITH_GATT || !node->started || node->gatt.capacity == 0)
		return;
	bm_timers_advance(&node->env.timers, now);
	if (seen->service == BM_GATT_PROVISIONING)
		seen_unprovisioned(node, seen);
	else if (BM_WITH_PROXY_CLIENT && seen->service == BM_GATT_PROXY)
		bm_proxy_client_seen(&node->proxy, seen);
}
