/*
 * What the files of the proxy share.
 */
#ifndef BM_PROXY_PROXY_STATE_H
#define BM_PROXY_PROXY_STATE_H

#include "net/security.h"
#include "proxy/proxy.h"

/* config.c: secures and sends a Proxy Configuration message under a subnet's key. */
BM_MUST_USE enum bm_err bm_proxy_send_config(struct bm_proxy *proxy, uint8_t link, uint16_t net_idx,
					     const struct bm_proxy_config *config);
/* Opens one; the source and sequence number were not heard before. False: dropped and counted. */
bool bm_proxy_open_config(struct bm_proxy *proxy, const uint8_t *pdu, size_t len, struct bm_proxy_config *config,
			  uint16_t *net_idx);

/* advertise.c: what is to be advertised and until when, for timers and changes. */
void bm_proxy_advertise(struct bm_proxy *proxy);

/* client.c */
void bm_proxy_client_init(struct bm_proxy *proxy);
void bm_proxy_client_opened(struct bm_proxy *proxy, uint8_t link);
void bm_proxy_client_status(struct bm_proxy *proxy, uint8_t link, const struct bm_proxy_config *status);
void bm_proxy_client_closed(struct bm_proxy *proxy, uint8_t link);

static inline bool bm_proxy_is_server_link(const struct bm_proxy *proxy, uint8_t link)
{
	return bm_gatt_link_is_open(proxy->links, link, BM_GATT_PROXY, BM_GATT_SERVER);
}

/* Private GATT Proxy lets clients in. */
static inline bool bm_proxy_is_private(const struct bm_proxy *proxy)
{
	return BM_WITH_PRIVATE_BEACON && proxy->private_enabled;
}

#endif
