/*
 * The proxy client (MshPRT 6): a node that talks to its network through another node's GATT Proxy, beside its
 * advertising bearer or without one. The server's side needs no calls: BM_FEATURE_PROXY and limits.gatt_links make it.
 */
#ifndef BLEMESH_PROXY_H
#define BLEMESH_PROXY_H

#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_node;

/*
 * Looks for a proxy server of the subnet, connects to it and sets its filter, so that the node hears its own addresses
 * and those its models subscribe to; when the connection ends, looks again. addr: of the one node to connect to, which
 * must advertise with Node Identity; BM_ADDR_UNASSIGNED: any. BM_EVENT_PROXY_OPEN, _READY and _CLOSED tell how it goes.
 * BM_ERR_NOT_SUPPORTED: no GATT bearer; BM_ERR_NOT_PROVISIONED, BM_ERR_NO_KEY, BM_ERR_INVALID.
 */
BM_MUST_USE enum bm_err bm_node_proxy_client_start(struct bm_node *node, uint16_t net_idx, uint16_t addr, bm_time now);
void bm_node_proxy_client_stop(struct bm_node *node, bm_time now);

/* The filter by hand, from the first of these calls until the next connection: nothing is added by itself any more.
 * Each is answered by BM_EVENT_PROXY_READY. count: 1 to BM_PROXY_ADDRS_MAX. BM_ERR_STATE: not connected. */
#define BM_PROXY_ADDRS_MAX 5u
BM_MUST_USE enum bm_err bm_node_proxy_filter_type(struct bm_node *node, bool reject, bm_time now);
BM_MUST_USE enum bm_err bm_node_proxy_filter_add(struct bm_node *node, const uint16_t *addrs, size_t count,
						 bm_time now);
BM_MUST_USE enum bm_err bm_node_proxy_filter_remove(struct bm_node *node, const uint16_t *addrs, size_t count,
						    bm_time now);

/* Asks the private proxies of a subnet that wait for it to advertise (a Solicitation PDU, MshPRT 6.9). */
BM_MUST_USE enum bm_err bm_node_proxy_solicit(struct bm_node *node, uint16_t net_idx, bm_time now);

/* Whether the node uses its host's advertising bearer (it does, at first). Off, it neither sends nor hears anything
 * there: GATT links are all it has. Connectable advertising is no part of it. */
void bm_node_set_adv_bearer(struct bm_node *node, bool on, bm_time now);

/* Advertises Node Identity for a minute, for a person who pressed a button (MshPRT 7.2.2.2.3). BM_ERR_NOT_SUPPORTED,
 * BM_ERR_NO_KEY; BM_ERR_STATE: GATT Proxy is disabled. */
BM_MUST_USE enum bm_err bm_node_identify(struct bm_node *node, uint16_t net_idx, bm_time now);

#endif
