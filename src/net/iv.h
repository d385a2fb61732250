/*
 * The IV index and its update procedure (MshPRT 3.11.5).
 */
#ifndef BM_NET_IV_H
#define BM_NET_IV_H

#include "blemesh/base.h"

struct bm_iv {
	uint32_t index;
	bool update;       /* IV Update in progress: we transmit with index − 1 */
	bm_time since;     /* when the present state began */
	bm_time recovered; /* last IV Index Recovery; BM_TIME_NEVER: none */
};

/* The index to transmit with. */
static inline uint32_t bm_iv_tx(const struct bm_iv *iv)
{
	return iv->update && iv->index > 0 ? iv->index - 1 : iv->index;
}

/* The index a PDU with this IVI bit was secured with: ours, or ours − 1 (MshPRT 3.4.4.1). */
static inline uint32_t bm_iv_rx(const struct bm_iv *iv, uint8_t ivi)
{
	return (iv->index & 1) == ivi || iv->index == 0 ? iv->index : iv->index - 1;
}

#endif
