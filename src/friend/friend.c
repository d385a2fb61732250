/*
 * The Friend's side of friendships: from a Friend Request to the end.
 *
 *                  Friend Request            offer delay                Friend Poll within 1 s
 *   free, cleared ───────────────▶ offering ────────────▶ offered ──────────────────────────▶ established
 *     ▲     ▲                                                │ 1 s                              │      │
 *     │     └────────────────────────────────────────────────┴──────────────────────────────────┘      │ Friend Clear
 *     │                                          not polled within the Poll Timeout, a new Request     ▼
 *     └───────────────────────────────────────────────────────(Poll Timeout)───────────────────────cleared
 *
 * Cleared is remembered because a Friend Clear may be repeated, and is confirmed then again.
 */
#include "friend/friend.h"

#include "friend/friend_state.h"

/* MshPRT 3.6.6.3.1: the shortest delay of an offer; and how long the first poll may take. */
#define OFFER_DELAY_MIN_MS 100u
#define FIRST_POLL_US (1u * BM_US_PER_S)
#define RECEIVE_WINDOW_DEFAULT_MS 100u
/* An RSSI that is not known counts as one in the middle of what receivers hear. */
#define RSSI_UNKNOWN 127
#define RSSI_ASSUMED (-70)

static const char *const state_names[] = {"free", "offering", "offered", "established", "cleared"};

static void set_state(struct bm_friend_lpn *lpn, enum bm_friend_state state)
{
	if (lpn->state != state)
		bm_env_trace_state(lpn->owner->env, "friend", state_names[lpn->state], state_names[state]);
	lpn->state = state;
}

static void timer_fire(void *ctx);

void bm_friend_carve(struct bm_friend *friends, const struct bm_limits *limits, struct bm_arena *arena)
{
	const size_t lpns = limits->friend_lpns;
	friends->lpns = bm_arena_take(arena, lpns, sizeof *friends->lpns);
	struct bm_friend_pdu *pdus = bm_arena_take(arena, lpns * limits->friend_queue, sizeof *pdus);
	uint16_t *addrs = bm_arena_take(arena, lpns * limits->friend_subscriptions, sizeof *addrs);
	for (size_t i = 0; friends->lpns && pdus && i < lpns; i++) {
		friends->lpns[i].queue.table = pdus + i * limits->friend_queue;
		friends->lpns[i].subscriptions = addrs ? addrs + i * limits->friend_subscriptions : NULL;
	}
}

void bm_friend_init(struct bm_friend *friends, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		    struct bm_transport *transport, const struct bm_friend_config *config, bool supported)
{
	friends->env = env;
	friends->net = net;
	friends->transport = transport;
	friends->config = *config;
	if (config->receive_window_ms == 0)
		friends->config.receive_window_ms = RECEIVE_WINDOW_DEFAULT_MS;
	if (friends->config.answer_spread_ms > friends->config.receive_window_ms)
		friends->config.answer_spread_ms = friends->config.receive_window_ms;
	friends->supported = friends->enabled = supported && limits->friend_lpns > 0;
	friends->lpn_count = limits->friend_lpns;
	friends->queue_size = limits->friend_queue;
	friends->subscriptions_max = limits->friend_subscriptions;
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		lpn->owner = friends;
		lpn->queue.capacity = limits->friend_queue;
		bm_timer_init(&lpn->timer, timer_fire, lpn);
		bm_timer_init(&lpn->answer_timer, bm_friend_answer_fire, lpn);
		bm_timer_init(&lpn->clear_timer, bm_friend_clear_fire, lpn);
	}
}

/* Whatever there was with this low power node is over. next: free, or cleared. */
static void end(struct bm_friend_lpn *lpn, enum bm_friend_state next)
{
	struct bm_friend *friends = lpn->owner;
	const bool was = lpn->state == BM_FRIEND_ESTABLISHED;
	bm_timer_stop(&lpn->timer);
	bm_timer_stop(&lpn->answer_timer);
	bm_friend_clear_stop(lpn);
	bm_friendship_remove(bm_net_subnets(friends->net), lpn->friendship);
	lpn->friendship = NULL;
	bm_friend_queue_clear(&lpn->queue);
	bm_wipe(&lpn->last, sizeof lpn->last);
	lpn->keeping = false;
	lpn->subscription_count = 0;
	set_state(lpn, next);
	if (was)
		bm_env_tell(friends->env, BM_EVENT_LPN_LEFT, lpn->addr, lpn->net_idx);
}

static void end_all(struct bm_friend *friends)
{
	for (size_t i = 0; i < friends->lpn_count; i++)
		end(&friends->lpns[i], BM_FRIEND_FREE);
}

void bm_friend_reset(struct bm_friend *friends)
{
	end_all(friends);
	friends->enabled = friends->supported;
	friends->counter = 0;
}

void bm_friend_set_enabled(struct bm_friend *friends, bool enabled)
{
	friends->enabled = enabled && friends->supported;
	if (!friends->enabled)
		end_all(friends);
}

void bm_friend_forget_subnet(struct bm_friend *friends, uint16_t net_idx)
{
	for (size_t i = 0; i < friends->lpn_count; i++)
		if (friends->lpns[i].state != BM_FRIEND_FREE && friends->lpns[i].net_idx == net_idx)
			end(&friends->lpns[i], BM_FRIEND_FREE);
}

bool bm_friend_is_supported(const struct bm_friend *friends)
{
	return friends->supported;
}

bool bm_friend_has_lpns(const struct bm_friend *friends)
{
	for (size_t i = 0; i < friends->lpn_count; i++)
		if (friends->lpns[i].state == BM_FRIEND_OFFERED || friends->lpns[i].state == BM_FRIEND_ESTABLISHED)
			return true;
	return false;
}

uint32_t bm_friend_poll_timeout(const struct bm_friend *friends, uint16_t addr)
{
	for (size_t i = 0; i < friends->lpn_count; i++) {
		const struct bm_friend_lpn *lpn = &friends->lpns[i];
		if (lpn->state != BM_FRIEND_ESTABLISHED || lpn->addr != addr)
			continue;
		const uint32_t steps = bm_us_whole(lpn->timer.at - bm_env_now(friends->env), 100u * BM_US_PER_MS);
		/* Below 0x00000a the values are prohibited. */
		return steps < 0x0a ? 0x0a : steps;
	}
	return 0;
}

/* MshPRT 3.6.6.3.1: the better the friend by the low power node's own measure, the sooner its offer. */
static uint64_t offer_delay_us(const struct bm_friend *friends, const struct bm_friend_request *request, int8_t rssi)
{
	const int32_t heard = rssi == RSSI_UNKNOWN ? RSSI_ASSUMED : rssi;
	const int32_t delay2 = (int32_t)bm_friend_factor2(request->receive_window_factor) *
				       friends->config.receive_window_ms -
			       (int32_t)bm_friend_factor2(request->rssi_factor) * heard;
	const uint32_t delay_ms = delay2 > (int32_t)(2 * OFFER_DELAY_MIN_MS) ? (uint32_t)delay2 / 2
									     : OFFER_DELAY_MIN_MS;
	return delay_ms * (uint64_t)BM_US_PER_MS;
}

/* Can we be what is asked for? */
static bool suits(const struct bm_friend *friends, const struct bm_transport_rx *rx,
		  const struct bm_friend_request *request)
{
	const uint16_t own = bm_net_addr(friends->net);
	const uint32_t last = rx->src + request->num_elements - 1u;
	if (last > 0x7fff || (rx->src < own + bm_net_elements(friends->net) && own <= last))
		return false;
	return friends->queue_size >= 1u << request->min_queue_size_log;
}

/* The context of this low power node; else a free one; else one that is remembered only. */
static struct bm_friend_lpn *context_for(struct bm_friend *friends, uint16_t addr)
{
	struct bm_friend_lpn *best = NULL;
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		if (lpn->state != BM_FRIEND_FREE && lpn->addr == addr)
			return lpn;
		const bool spare = lpn->state == BM_FRIEND_FREE || lpn->state == BM_FRIEND_CLEARED;
		if (spare && (!best || (best->state == BM_FRIEND_CLEARED && lpn->state == BM_FRIEND_FREE)))
			best = lpn;
	}
	return best;
}

static void on_request(struct bm_friend *friends, const struct bm_transport_rx *rx,
		       const struct bm_friend_request *request)
{
	/* MshPRT 3.6.5.3: heard from the low power node itself, under managed flooding credentials. */
	if (rx->ttl != 0 || rx->cred != BM_CRED_FLOODING || rx->dst != BM_ADDR_ALL_FRIENDS)
		return;
	struct bm_friend_lpn *lpn = context_for(friends, rx->src);
	if (!lpn)
		return;
	/* MshPRT 3.6.6.3.1: who asks anew has no friend any more. */
	end(lpn, BM_FRIEND_FREE);
	if (!suits(friends, rx, request))
		return;
	lpn->net_idx = rx->net_idx;
	lpn->addr = rx->src;
	lpn->elements = request->num_elements;
	lpn->lpn_counter = request->lpn_counter;
	lpn->previous_addr = request->previous_addr;
	lpn->rssi = rx->rssi;
	lpn->receive_delay_us = request->receive_delay * BM_US_PER_MS;
	lpn->poll_timeout_us = request->poll_timeout * UINT64_C(100) * BM_US_PER_MS;
	lpn->transaction = -1;
	lpn->fsn = 2;
	lpn->told_flags = UINT8_MAX;
	set_state(lpn, BM_FRIEND_OFFERING);
	bm_timer_set_after(&friends->env->timers, &lpn->timer, offer_delay_us(friends, request, rx->rssi));
}

static void send_offer(struct bm_friend_lpn *lpn)
{
	struct bm_friend *friends = lpn->owner;
	const struct bm_friendship_id id = {.net_idx = lpn->net_idx,
					    .lpn_addr = lpn->addr,
					    .friend_addr = bm_net_addr(friends->net),
					    .lpn_counter = lpn->lpn_counter,
					    .friend_counter = friends->counter};
	if (bm_friendship_add(bm_net_subnets(friends->net), &id, &lpn->friendship)) {
		end(lpn, BM_FRIEND_FREE);
		return;
	}
	const struct bm_friend_offer offer = {.receive_window = friends->config.receive_window_ms,
					      .queue_size = friends->queue_size,
					      .subscription_list_size = friends->subscriptions_max,
					      .rssi = lpn->rssi,
					      .friend_counter = friends->counter++};
	uint8_t params[6];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_friend_offer_put(&w, &offer);
	bm_friendship_send_flooding(friends->transport, lpn->net_idx, id.friend_addr, lpn->addr, 0, BM_CTL_FRIEND_OFFER,
				    params, sizeof params);
	set_state(lpn, BM_FRIEND_OFFERED);
	bm_timer_set_after(&friends->env->timers, &lpn->timer, FIRST_POLL_US);
}

static void timer_fire(void *ctx)
{
	struct bm_friend_lpn *lpn = ctx;
	if (lpn->state == BM_FRIEND_OFFERING)
		send_offer(lpn);
	else
		end(lpn, BM_FRIEND_FREE);
}

void bm_friend_poll_seen(struct bm_friend_lpn *lpn)
{
	struct bm_friend *friends = lpn->owner;
	bm_timer_set_after(&friends->env->timers, &lpn->timer, lpn->poll_timeout_us);
	if (lpn->state == BM_FRIEND_ESTABLISHED)
		return;
	set_state(lpn, BM_FRIEND_ESTABLISHED);
	bm_env_tell(friends->env, BM_EVENT_LPN_JOINED, lpn->addr, lpn->net_idx);
	bm_friend_clear_start(lpn);
}

static void confirm_clear(const struct bm_friend *friends, const struct bm_transport_rx *rx,
			  const struct bm_friend_clear *clear)
{
	/* MshPRT 3.6.5.6: back as far as it came: with TTL 0 from the low power node itself. */
	bm_friendship_send_clear(friends->transport, rx->net_idx, bm_net_addr(friends->net), rx->src,
				 rx->ttl == 0 ? 0 : BM_TTL_MAX, BM_CTL_FRIEND_CLEAR_CONFIRM, clear);
}

static void on_clear(struct bm_friend *friends, const struct bm_transport_rx *rx, const struct bm_friend_clear *clear)
{
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		const bool known = lpn->state == BM_FRIEND_ESTABLISHED || lpn->state == BM_FRIEND_CLEARED;
		if (!known || lpn->addr != clear->lpn_addr || lpn->net_idx != rx->net_idx)
			continue;
		/* MshPRT 3.6.6.3.1: the counter of the request that made this friendship, or up to 255 later. */
		if ((uint16_t)(clear->lpn_counter - lpn->lpn_counter) > 255)
			continue;
		if (lpn->state == BM_FRIEND_ESTABLISHED) {
			end(lpn, BM_FRIEND_CLEARED);
			bm_timer_set_after(&friends->env->timers, &lpn->timer, lpn->poll_timeout_us);
		}
		confirm_clear(friends, rx, clear);
	}
}

/* The low power node that a message under friendship credentials is from. */
static struct bm_friend_lpn *sender(struct bm_friend *friends, const struct bm_transport_rx *rx)
{
	if (rx->cred != BM_CRED_FRIENDSHIP || rx->dst != bm_net_addr(friends->net))
		return NULL;
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		if (lpn->friendship && lpn->addr == rx->src && lpn->net_idx == rx->net_idx)
			return lpn;
	}
	return NULL;
}

/* What only a low power node in a friendship says. */
static void on_friendly(struct bm_friend *friends, const struct bm_transport_rx *rx, uint8_t opcode,
			const uint8_t *params, size_t len)
{
	struct bm_friend_poll poll;
	struct bm_friend_list list;
	struct bm_friend_lpn *lpn = sender(friends, rx);
	if (!lpn || rx->ttl != 0)
		return;
	if (opcode == BM_CTL_FRIEND_POLL) {
		if (bm_friend_poll_decode(params, len, &poll))
			bm_env_drop(friends->env, BM_DROP_MALFORMED, params, len);
		else
			bm_friend_on_poll(lpn, &poll);
	} else if (bm_friend_list_decode(params, len, &list)) {
		bm_env_drop(friends->env, BM_DROP_MALFORMED, params, len);
	} else if (lpn->state == BM_FRIEND_ESTABLISHED) {
		bm_friend_on_list(lpn, &list, opcode == BM_CTL_FRIEND_LIST_ADD);
	}
}

bool bm_friend_control(struct bm_friend *friends, const struct bm_transport_rx *rx, uint8_t opcode,
		       const uint8_t *params, size_t len)
{
	struct bm_friend_request request;
	struct bm_friend_clear clear;
	enum bm_err malformed = BM_OK;
	if (!friends->enabled)
		return false;
	switch (opcode) {
	case BM_CTL_FRIEND_REQUEST:
		malformed = bm_friend_request_decode(params, len, &request);
		if (!malformed)
			on_request(friends, rx, &request);
		break;
	case BM_CTL_FRIEND_CLEAR:
	case BM_CTL_FRIEND_CLEAR_CONFIRM:
		malformed = bm_friend_clear_decode(params, len, &clear);
		if (malformed || !bm_net_is_own(friends->net, rx->dst))
			break;
		if (opcode == BM_CTL_FRIEND_CLEAR)
			on_clear(friends, rx, &clear);
		else
			bm_friend_on_clear_confirm(friends, rx, &clear);
		break;
	case BM_CTL_FRIEND_POLL:
	case BM_CTL_FRIEND_LIST_ADD:
	case BM_CTL_FRIEND_LIST_REMOVE:
		on_friendly(friends, rx, opcode, params, len);
		break;
	default:
		return false;
	}
	if (malformed)
		bm_env_drop(friends->env, BM_DROP_MALFORMED, params, len);
	return true;
}
