/*
 * The IV index of an imported network: most databases do not carry it, and what is sent under a wrong one nobody reads.
 * It is assumed until a beacon or a message of the network has shown it.
 */
#ifndef BM_CLI_NETWORK_IV_ASSUMED_H
#define BM_CLI_NETWORK_IV_ASSUMED_H

#include "blemesh/node.h"
#include "cli/network/network.h"
#include "script/runtime.h"

/* The mark in the network's document, within "blemesh": nothing has shown it yet. */
#define BM_IV_ASSUMED "ivAssumed"

struct bm_iv_watch {
	struct bm_network *network; /* NULL: there is none */
	struct bm_runtime *rt;
	bool waiting; /* in rt, which is left as soon as the IV index is shown */
};

bool bm_iv_is_assumed(const struct bm_iv_watch *watch);
/* It changed: since when it is so is kept. */
void bm_iv_changed(struct bm_iv_watch *watch);
/* What is assumed was shown to be so. */
void bm_iv_was_shown(struct bm_iv_watch *watch);
/* Whether an AD structure is a Secure Network beacon of node's primary subnet (MshPRT 3.10.3) under node's IV index. */
bool bm_iv_is_in_beacon(const struct bm_node *node, uint8_t ad_type, const uint8_t *payload, size_t len);
/* Whether it is to be waited for; says so on standard error. */
bool bm_iv_wait(struct bm_iv_watch *watch);

#endif
