/*
 * The IV Update and IV Index Recovery procedures (MshPRT 3.11.5, 3.11.6), driven by authentic beacons.
 *
 *            beacon: n + 1, updating (after 96 h)             beacon: n + 1, normal (after 96 h, nothing pending)
 *   normal n ────────────────────────────────────▶ update n + 1 ─────────────────────────────────────▶ normal n + 1
 *   transmits n                                    transmits n                                  transmits n + 1, SEQ 0
 *
 * From either, a beacon further ahead (up to 42) is a recovery: once in 192 h.
 */
#include "net/net_state.h"

#define HOUR_US (UINT64_C(3600) * BM_US_PER_S)
#define STATE_MIN_US (96 * HOUR_US)
#define RECOVERY_MIN_US (192 * HOUR_US)
#define RECOVERY_MAX 42u

static const char *name(bool update)
{
	return update ? "update" : "normal";
}

/* since BM_TIME_NEVER: when this state began is not known, and it may end at any time. */
static bool stayed_long_enough(const struct bm_net *net)
{
	return net->iv.since == BM_TIME_NEVER || bm_env_now(net->env) - net->iv.since >= STATE_MIN_US;
}

static void enter(struct bm_net *net, uint32_t index, bool update)
{
	const uint32_t tx_before = bm_iv_tx(&net->iv);
	bm_env_trace_state(net->env, "iv", name(net->iv.update), name(update));
	net->iv.index = index;
	net->iv.update = update;
	net->iv.since = bm_env_now(net->env);
	/* MshPRT 3.9.4: sequence numbers begin anew with the index that we transmit with, and only then. */
	if (bm_iv_tx(&net->iv) != tx_before)
		bm_net_seq_start(net, 0);
	bm_rpl_prune(&net->rpl, index);
	if (net->upper.iv_changed)
		net->upper.iv_changed(net->upper.ctx);
	bm_env_event(net->env, (struct bm_event){.kind = BM_EVENT_IV_INDEX, .iv_index = index});
	bm_net_beacon_update(net);
}

/* MshPRT 3.11.6. The flag in the beacon becomes ours. */
static bool recover(struct bm_net *net, uint32_t index, bool update)
{
	const bm_time now = bm_env_now(net->env);
	if (net->iv.recovered != BM_TIME_NEVER && now - net->iv.recovered < RECOVERY_MIN_US)
		return false;
	net->iv.recovered = now;
	enter(net, index, update);
	/* How long the others are in this state already is not known. */
	net->iv.since = BM_TIME_NEVER;
	return true;
}

static bool step(struct bm_net *net, uint32_t index, bool update)
{
	const struct bm_iv *iv = &net->iv;
	if (index < iv->index || index - iv->index > RECOVERY_MAX)
		return false;
	if (index == iv->index) {
		/* Back from normal into the update is no way to go. */
		if (update == iv->update)
			return true;
		if (update || !stayed_long_enough(net))
			return false;
		/* Segments in flight belong to the old index: the change waits for them (MshPRT 3.11.5). */
		if (net->upper.busy && net->upper.busy(net->upper.ctx))
			return false;
		enter(net, index, false);
		return true;
	}
	if (index == iv->index + 1 && update && !iv->update) {
		if (!stayed_long_enough(net))
			return false;
		enter(net, index, true);
		return true;
	}
	return recover(net, index, update);
}

void bm_net_iv_observe(struct bm_net *net, const struct bm_subnet *subnet, uint32_t iv_index, bool update,
		       const uint8_t *octets, size_t len)
{
	/* MshPRT 3.11.5: a member of the primary subnet does not follow another subnet ahead. */
	const bool follow = subnet->net_idx == BM_NET_IDX_PRIMARY ||
			    !bm_subnet_find(&net->subnets, BM_NET_IDX_PRIMARY) || iv_index <= net->iv.index;
	if (!follow || !step(net, iv_index, update))
		bm_env_drop(net->env, BM_DROP_BEACON_IGNORED, octets, len);
}
