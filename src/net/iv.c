/*
 * The IV Update and IV Index Recovery procedures (MshPRT 3.11.5, 3.11.6), driven by authentic beacons, by time, and by
 * the sequence numbers that run out.
 *
 *            beacon: n + 1, updating; or half of our             beacon: n + 1, normal; or by itself
 *            numbers are used (after 96 h)                       (after 96 h, nothing pending; at last after 144 h)
 *   normal n ────────────────────────────────────▶ update n + 1 ─────────────────────────────────────▶ normal n + 1
 *   transmits n                                    transmits n                                  transmits n + 1, SEQ 0
 *
 * From either, a beacon further ahead (up to 42) is a recovery: once in 192 h.
 */
#include "net/net_state.h"

#define HOUR_US (UINT64_C(3600) * BM_US_PER_S)
#define STATE_MIN_US (96 * HOUR_US)
#define UPDATE_MAX_US (144 * HOUR_US)
#define RECOVERY_MIN_US (192 * HOUR_US)
#define RECOVERY_MAX 42u
/* Nodes that entered the update together do not all leave it in one instant. */
#define LEAVE_SPREAD_S 3600u
/* How often a deferred end of the update is tried again. */
#define DEFER_US (1u * BM_US_PER_S)

static const char *name(bool update)
{
	return update ? "update" : "normal";
}

static uint64_t in_state_us(const struct bm_net *net)
{
	return bm_env_now(net->env) - net->iv.since;
}

/* MshPRT 3.11.5: 96 hours in each state; for our own decision what we know of it ourselves counts alone. */
static bool stayed_long_enough(const struct bm_net *net, bool own_decision)
{
	if (net->iv.test_mode || (net->iv.unlimited && !own_decision))
		return true;
	return in_state_us(net) >= STATE_MIN_US;
}

static bool leads(struct bm_net *net)
{
	return bm_subnet_find(&net->subnets, BM_NET_IDX_PRIMARY) != NULL;
}

void bm_net_iv_plan(struct bm_net *net)
{
	const struct bm_iv *iv = &net->iv;
	uint64_t stay = STATE_MIN_US;
	bm_timer_stop(&net->iv.timer);
	if (net->addr == BM_ADDR_UNASSIGNED)
		return;
	if (iv->update)
		stay += (uint64_t)bm_env_random_below(net->env, LEAVE_SPREAD_S) * BM_US_PER_S;
	else if (net->seq < BM_NET_SEQ_LOW || iv->index == UINT32_MAX)
		return;
	/* since may lie before the origin of time (a state begun before a power cut), so it is not added to. */
	const uint64_t elapsed = in_state_us(net);
	bm_timer_set_after(&net->env->timers, &net->iv.timer, elapsed < stay ? stay - elapsed : 0);
}

/* unlimited: how long the others are in this state already is not known. */
static void enter(struct bm_net *net, uint32_t index, bool update, bool unlimited)
{
	const uint32_t tx_before = bm_iv_tx(&net->iv);
	bm_env_trace_state(net->env, "iv", name(net->iv.update), name(update));
	net->iv.index = index;
	net->iv.update = update;
	net->iv.since = bm_env_now(net->env);
	net->iv.unlimited = unlimited;
	/* MshPRT 3.9.4: sequence numbers begin anew with the index that we transmit with, and only then. */
	if (bm_iv_tx(&net->iv) != tx_before)
		bm_net_seq_start(net, 0);
	/* Before the entries of an index go that the one stored before still accepts, and before numbers under the new
	 * one are reserved. */
	bm_env_save(net->env, BM_STORE_NET, 0);
	bm_rpl_prune(&net->rpl, index);
	bm_net_iv_plan(net);
	if (net->upper.iv_changed)
		net->upper.iv_changed(net->upper.ctx);
	bm_env_event(net->env, &(struct bm_event){.kind = BM_EVENT_IV_INDEX, .iv_index = index, .iv_update = update});
	bm_net_beacon_update(net);
}

/* Segments in flight belong to the old index: the end of the update waits for them (MshPRT 3.11.5), but not beyond the
 * longest time that an update may take. */
static enum bm_err leave(struct bm_net *net)
{
	if (net->upper.busy && net->upper.busy(net->upper.ctx) && in_state_us(net) < UPDATE_MAX_US) {
		bm_timer_set_after(&net->env->timers, &net->iv.timer, DEFER_US);
		return BM_ERR_BUSY;
	}
	enter(net, net->iv.index, false, false);
	return BM_OK;
}

void bm_net_iv_fire(void *ctx)
{
	struct bm_net *net = ctx;
	if (net->addr == BM_ADDR_UNASSIGNED)
		return;
	if (net->iv.update)
		(void)leave(net); /* busy: it tries again */
	else if (leads(net))
		enter(net, net->iv.index + 1, true, false);
}

void bm_net_iv_test_mode(struct bm_net *net, bool on)
{
	net->iv.test_mode = on;
}

enum bm_err bm_net_iv_update(struct bm_net *net, bool update)
{
	if (net->addr == BM_ADDR_UNASSIGNED)
		return BM_ERR_NOT_PROVISIONED;
	if (!leads(net))
		return BM_ERR_NO_KEY;
	if (update == net->iv.update || !stayed_long_enough(net, true))
		return BM_ERR_STATE;
	if (!update)
		return leave(net);
	if (net->iv.index == UINT32_MAX)
		return BM_ERR_SEQ_EXHAUSTED;
	enter(net, net->iv.index + 1, true, false);
	return BM_OK;
}

/* MshPRT 3.11.6. The flag in the beacon becomes ours. */
static bool recover(struct bm_net *net, uint32_t index, bool update)
{
	const bm_time now = bm_env_now(net->env);
	if (net->iv.recovered != BM_TIME_NEVER && now - net->iv.recovered < RECOVERY_MIN_US)
		return false;
	net->iv.recovered = now;
	enter(net, index, update, true);
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
		return !update && stayed_long_enough(net, false) && leave(net) == BM_OK;
	}
	if (index == iv->index + 1 && update && !iv->update) {
		if (!stayed_long_enough(net, false))
			return false;
		enter(net, index, true, false);
		return true;
	}
	/* MshPRT 3.11.5: an update that was missed, if there was time for one since ours. */
	if (index == iv->index + 1 && !update && !iv->update && in_state_us(net) >= 2 * STATE_MIN_US) {
		enter(net, index, false, true);
		return true;
	}
	return recover(net, index, update);
}

void bm_net_iv_observe(struct bm_net *net, const struct bm_subnet *subnet, uint32_t iv_index, bool update,
		       const uint8_t *octets, size_t len)
{
	/* MshPRT 3.11.5: a member of the primary subnet does not follow another subnet. */
	const bool same = iv_index == net->iv.index && update == net->iv.update;
	const bool follow = same || subnet->net_idx == BM_NET_IDX_PRIMARY || !leads(net);
	if (!follow || !step(net, iv_index, update))
		bm_env_drop(net->env, BM_DROP_BEACON_IGNORED, octets, len);
}
