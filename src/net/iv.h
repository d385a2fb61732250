/*
 * The IV index and its update procedure (MshPRT 3.11.5).
 */
#ifndef BM_NET_IV_H
#define BM_NET_IV_H

#include "base/timers.h"
#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_iv {
	bool update;    /* IV Update in progress: we transmit with index − 1 */
	bool unlimited; /* the others may be in it for longer: their word ends it before the 96 hours are over */
	bool test_mode; /* no 96 hours at all (MshPRT 3.11.5.1) */
	uint32_t index;
	bm_time since;         /* when we entered the present state; before the origin of time it wraps: only
				* its distance to now means anything */
	bm_time recovered;     /* last IV Index Recovery; BM_TIME_NEVER: none */
	struct bm_timer timer; /* when the state changes by itself */
};

struct bm_net;

/* Starts an IV Update, or ends the one in progress, by this node's own decision. BM_ERR_NOT_PROVISIONED;
 * BM_ERR_NO_KEY: not a member of the primary subnet; BM_ERR_STATE: in that state already, or for less than 96 hours;
 * BM_ERR_SEQ_EXHAUSTED: there is no higher IV index; BM_ERR_BUSY: segmented messages are in flight, the update ends
 * when they are through. */
BM_MUST_USE enum bm_err bm_net_iv_update(struct bm_net *net, bool update);
void bm_net_iv_test_mode(struct bm_net *net, bool on);
/* (Re)sets the timer: after index, update or since were set by hand, or the sequence numbers went on by a leap. */
void bm_net_iv_plan(struct bm_net *net);

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
