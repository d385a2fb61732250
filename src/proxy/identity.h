/*
 * How a proxy server says in its advertising who it is (MshPRT 7.2.2.2): hashes under the Identity Key. Pure.
 */
#ifndef BM_PROXY_IDENTITY_H
#define BM_PROXY_IDENTITY_H

#include "blemesh/features.h"
#include "net/subnet.h"
#include "pdu/proxy_pdu.h"

/* The private kinds are built. */
#define BM_PROXY_HAS_PRIVATE (BM_WITH_PRIVATE_BEACON || BM_WITH_FOUNDATION_1_1 || BM_WITH_PROXY_CLIENT)

/* Fills in hash (or Network ID) for id->type and id->random. addr: of the node, for the Node Identity types. */
void bm_proxy_identify(const struct bm_net_keys *keys, uint16_t addr, struct bm_proxy_id *id);
/* Was this said by a server of these keys (network types) or by the node addr (node types)? */
bool bm_proxy_is(const struct bm_net_keys *keys, uint16_t addr, const struct bm_proxy_id *id);

#endif
