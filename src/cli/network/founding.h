/*
 * What is written down of a network when it is made: the network, and its first node, which is this computer's.
 */
#ifndef BM_CLI_NETWORK_FOUNDING_H
#define BM_CLI_NETWORK_FOUNDING_H

#include "cli/network/network.h"

/* BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_network_describe(struct bm_network *network, const uint8_t uuid[16]);
BM_MUST_USE enum bm_err bm_network_describe_own(struct bm_network *network, const uint8_t uuid[16]);

#endif
