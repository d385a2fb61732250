/*
 * The low power node's side of a friendship. Its bearer is told when the receiver must be on: always without a
 * friendship (or around requests alone), else in the receive window behind each poll, until the answer is there.
 *
 *          pause over               best offer               Friend Update             time for a poll
 *   pausing ────────▶ requesting ───────────────▶ establishing ───────────▶ idle ⇄ polling, listing
 *      ▲                  │ no offer                  │ six polls                       │ six tries without an answer
 *      └──────────────────┴───────────────────────────┴────────────────────────────────┘
 *
 *   off: not wanted. clearing: on the way there, until the friend confirms.
 */
#include "friend/lpn.h"

#include "friend/lpn_state.h"
#include "transport/heartbeat.h"

#define RECEIVE_DELAY_DEFAULT_MS 100u
#define RECEIVE_DELAY_MIN_MS 10u
#define POLL_TIMEOUT_DEFAULT_MS 10000u
#define POLL_TIMEOUT_MIN_MS 1000u
#define POLL_TIMEOUT_MAX_MS 345599900u
#define QUEUE_SIZE_LOG_DEFAULT 3u
/* MshPRT 3.6.6.4.1: offers come 100 ms to 1.1 s after the request; the friend chosen is polled within a second. */
#define OFFERS_FROM_US (100u * BM_US_PER_MS)
#define OFFERS_UNTIL_US (1100u * BM_US_PER_MS)
#define CHOOSE_WITHIN_US (150u * BM_US_PER_MS)
/* Between requests, doubling each time. */
#define PAUSE_FIRST_US (1u * BM_US_PER_S)
#define PAUSE_MAX_US (30u * BM_US_PER_S)
#define PAUSES_MAX 5u
/* MshPRT 3.6.6.4.2: a friend that does not answer six times is lost. */
#define TRIES_MAX 6u
/* Clocks and radios are not exact: the receiver is on a little longer than the window. */
#define GUARD_BEFORE_US (2u * BM_US_PER_MS)
#define GUARD_BEHIND_US (10u * BM_US_PER_MS)
#define RETRY_JITTER_US (20u * BM_US_PER_MS)
/* An answer to a message of ours, an acknowledgment of its segments, can be fetched about then. */
#define ANSWER_EXPECTED_US (300u * BM_US_PER_MS)
#define ACKNOWLEDGMENT_EXPECTED_US (150u * BM_US_PER_MS)
/* Friend Requests under one IV Index; there are 2880 in a day without a friend at most. */
#define COUNTERS_PER_IV_INDEX 4096u
#define CLEAR_TRIES 3u
#define CLEAR_WAIT_US (300u * BM_US_PER_MS)

static const char *const state_names[] = {"off",  "pausing", "requesting", "establishing",
					  "idle", "polling", "listing",    "clearing"};

static void timer_fire(void *ctx);

static void set_state(struct bm_lpn *lpn, enum bm_lpn_state state)
{
	if (lpn->state != state)
		bm_env_trace_state(lpn->env, "lpn", state_names[lpn->state], state_names[state]);
	lpn->state = state;
}

static void timer_after(struct bm_lpn *lpn, uint64_t delay_us)
{
	bm_timer_set_after(&lpn->env->timers, &lpn->timer, delay_us);
}

static void listen(struct bm_lpn *lpn, bm_time from, bm_time until)
{
	const struct bm_bearer *bearer = &lpn->env->bearer;
	if (bearer->ops->listen)
		bearer->ops->listen(bearer->self, from, until, bm_env_now(lpn->env));
}

static void listen_always(struct bm_lpn *lpn)
{
	listen(lpn, bm_env_now(lpn->env), BM_TIME_NEVER);
}

static void sleep_on(struct bm_lpn *lpn)
{
	listen(lpn, BM_TIME_NEVER, BM_TIME_NEVER);
}

void bm_lpn_carve(struct bm_lpn *lpn, const struct bm_limits *limits, struct bm_arena *arena)
{
	const size_t all = (size_t)limits->models * limits->subscriptions + 1;
	lpn->addrs_max = limits->low_power ? all : 0;
	lpn->told = bm_arena_take(arena, lpn->addrs_max, sizeof *lpn->told);
	lpn->wanted_addrs = bm_arena_take(arena, lpn->addrs_max, sizeof *lpn->wanted_addrs);
}

static void clamp_config(struct bm_lpn_config *config)
{
	config->rssi_factor &= 3;
	config->receive_window_factor &= 3;
	if (config->min_queue_size_log == 0 || config->min_queue_size_log > 7)
		config->min_queue_size_log = QUEUE_SIZE_LOG_DEFAULT;
	if (config->receive_delay_ms == 0)
		config->receive_delay_ms = RECEIVE_DELAY_DEFAULT_MS;
	if (config->receive_delay_ms < RECEIVE_DELAY_MIN_MS)
		config->receive_delay_ms = RECEIVE_DELAY_MIN_MS;
	if (config->poll_timeout_ms == 0)
		config->poll_timeout_ms = POLL_TIMEOUT_DEFAULT_MS;
	if (config->poll_timeout_ms < POLL_TIMEOUT_MIN_MS)
		config->poll_timeout_ms = POLL_TIMEOUT_MIN_MS;
	if (config->poll_timeout_ms > POLL_TIMEOUT_MAX_MS)
		config->poll_timeout_ms = POLL_TIMEOUT_MAX_MS;
}

void bm_lpn_init(struct bm_lpn *lpn, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		 struct bm_transport *transport, const struct bm_lpn_config *config, const struct bm_lpn_upper *upper,
		 bool supported)
{
	lpn->env = env;
	lpn->net = net;
	lpn->transport = transport;
	lpn->upper = *upper;
	lpn->config = *config;
	clamp_config(&lpn->config);
	lpn->supported = supported && limits->low_power;
	lpn->wanted = lpn->supported;
	lpn->counter = lpn->reserved = UINT16_MAX;
	lpn->net_idx = BM_KEY_INDEX_MAX;
	bm_timer_init(&lpn->timer, timer_fire, lpn);
}

bool bm_lpn_is_supported(const struct bm_lpn *lpn)
{
	return lpn->supported;
}

uint16_t bm_lpn_friend(const struct bm_lpn *lpn)
{
	const bool friendship = lpn->state == BM_LPN_IDLE || lpn->state == BM_LPN_POLLING ||
				lpn->state == BM_LPN_LISTING;
	return friendship ? lpn->friend_addr : BM_ADDR_UNASSIGNED;
}

static void wait_without_friend(struct bm_lpn *lpn)
{
	if (lpn->config.quiet_without_friend)
		sleep_on(lpn);
	else
		listen_always(lpn);
}

static void pause_before_request(struct bm_lpn *lpn)
{
	uint64_t pause = (uint64_t)PAUSE_FIRST_US << lpn->pauses;
	if (pause > PAUSE_MAX_US)
		pause = PAUSE_MAX_US;
	if (lpn->pauses < PAUSES_MAX)
		lpn->pauses++;
	set_state(lpn, BM_LPN_PAUSING);
	wait_without_friend(lpn);
	timer_after(lpn, pause + bm_env_random_below(lpn->env, (uint32_t)pause / 4));
}

/* The friendship, or the attempt at one, is over. */
static void drop_friendship(struct bm_lpn *lpn)
{
	const uint16_t friend_addr = bm_lpn_friend(lpn);
	bm_timer_stop(&lpn->timer);
	bm_friendship_remove(bm_net_subnets(lpn->net), lpn->friendship);
	lpn->friendship = NULL;
	bm_net_set_friend_only(lpn->net, false);
	if (friend_addr == BM_ADDR_UNASSIGNED)
		return;
	set_state(lpn, BM_LPN_OFF);
	bm_heartbeat_feature(lpn->transport, BM_FEATURE_LOW_POWER, false);
	bm_env_tell(lpn->env, BM_EVENT_FRIEND_LOST, friend_addr, lpn->net_idx);
}

void bm_lpn_start(struct bm_lpn *lpn)
{
	if (!lpn->wanted || lpn->state != BM_LPN_OFF || bm_net_addr(lpn->net) == BM_ADDR_UNASSIGNED)
		return;
	lpn->pauses = 0;
	pause_before_request(lpn);
}

bool bm_lpn_counter_reserved(const struct bm_lpn *lpn, uint16_t *last)
{
	*last = lpn->reserved;
	return lpn->supported && lpn->counted;
}

void bm_lpn_resume(struct bm_lpn *lpn, const uint16_t *last)
{
	/* A new IV Index begins the numbers anew; it begins elsewhere, then. */
	const uint32_t begun = bm_net_iv_tx(lpn->net) * COUNTERS_PER_IV_INDEX;
	lpn->counter = lpn->reserved = last ? *last : (uint16_t)(begun + lpn->net->seq - 1);
	lpn->counted = last != NULL;
}

void bm_lpn_reset(struct bm_lpn *lpn)
{
	drop_friendship(lpn);
	set_state(lpn, BM_LPN_OFF);
	lpn->wanted = lpn->supported;
	lpn->previous_addr = BM_ADDR_UNASSIGNED;
	lpn->counter = lpn->reserved = UINT16_MAX;
	lpn->counted = false;
	lpn->net_idx = BM_KEY_INDEX_MAX;
	if (lpn->supported)
		listen_always(lpn);
}

static void lose(struct bm_lpn *lpn)
{
	drop_friendship(lpn);
	/* Whoever asked may have switched it off. */
	if (lpn->state == BM_LPN_OFF && !lpn->wanted)
		return;
	pause_before_request(lpn);
}

/* Sends and opens the receive window behind it. */
static void ask(struct bm_lpn *lpn, uint8_t opcode, const uint8_t *params, size_t len)
{
	const bm_time now = bm_env_now(lpn->env);
	const enum bm_err err = bm_friendship_send(lpn->net, lpn->friendship, lpn->friend_addr, opcode, params, len,
						   NULL);
	if (err && err != BM_ERR_BUSY) {
		lose(lpn);
		return;
	}
	const bm_time window = now + lpn->config.receive_delay_ms * (uint64_t)BM_US_PER_MS;
	const bm_time until = window + lpn->receive_window_us + GUARD_BEHIND_US;
	listen(lpn, window - GUARD_BEFORE_US, until);
	bm_timer_set(&lpn->env->timers, &lpn->timer, until);
}

static void poll(struct bm_lpn *lpn)
{
	if (lpn->state == BM_LPN_IDLE)
		set_state(lpn, BM_LPN_POLLING);
	ask(lpn, BM_CTL_FRIEND_POLL, &lpn->fsn, 1);
}

static void send_list(struct bm_lpn *lpn)
{
	uint8_t params[1 + 2 * BM_FRIEND_LIST_MAX];
	size_t len;
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_friend_list_put(&w, &lpn->change);
	if (bm_writer_finish(&w, &len))
		return;
	set_state(lpn, BM_LPN_LISTING);
	ask(lpn, lpn->adding ? BM_CTL_FRIEND_LIST_ADD : BM_CTL_FRIEND_LIST_REMOVE, params, len);
}

static void rest(struct bm_lpn *lpn, uint64_t delay_us)
{
	set_state(lpn, BM_LPN_IDLE);
	lpn->tries = 0;
	sleep_on(lpn);
	timer_after(lpn, delay_us);
}

/* The friend has nothing more for us. */
static void rest_until_next_poll(struct bm_lpn *lpn)
{
	if (bm_lpn_list_next(lpn)) {
		rest(lpn, 0);
		return;
	}
	if (bm_transport_busy(lpn->transport))
		rest(lpn, ACKNOWLEDGMENT_EXPECTED_US);
	else
		rest(lpn, lpn->soon_us ? lpn->soon_us : lpn->poll_interval_us);
	lpn->soon_us = 0;
	/* At last, for whoever hears it may end the friendship. */
	bm_lpn_list_settled(lpn);
}

/* As seldom as leaves room for all tries before the friend gives us up. */
static uint64_t poll_interval(const struct bm_lpn *lpn)
{
	const uint64_t timeout = lpn->config.poll_timeout_ms * (uint64_t)BM_US_PER_MS;
	const uint64_t one = lpn->config.receive_delay_ms * (uint64_t)BM_US_PER_MS + lpn->receive_window_us +
			     GUARD_BEHIND_US + RETRY_JITTER_US;
	const uint64_t tries = TRIES_MAX * one + lpn->config.poll_timeout_ms * (uint64_t)(BM_US_PER_MS / 50);
	const uint64_t longest = tries < timeout / 2 ? timeout - tries : timeout / 2;
	const uint64_t wish = lpn->config.poll_interval_ms * (uint64_t)BM_US_PER_MS;
	return wish && wish < longest ? wish : longest;
}

static void choose(struct bm_lpn *lpn)
{
	const struct bm_lpn_offer *best = &lpn->best;
	const struct bm_friendship_id id = {.net_idx = lpn->net_idx,
					    .lpn_addr = bm_net_addr(lpn->net),
					    .friend_addr = best->addr,
					    .lpn_counter = lpn->counter,
					    .friend_counter = best->offer.friend_counter};
	if (best->addr == BM_ADDR_UNASSIGNED || bm_friendship_add(bm_net_subnets(lpn->net), &id, &lpn->friendship)) {
		pause_before_request(lpn);
		return;
	}
	lpn->friend_addr = best->addr;
	lpn->receive_window_us = best->offer.receive_window * BM_US_PER_MS;
	lpn->poll_interval_us = poll_interval(lpn);
	lpn->told_count = lpn->untold = 0;
	lpn->soon_us = 0;
	lpn->told_max = best->offer.subscription_list_size;
	lpn->transaction = 0;
	lpn->fsn = 0;
	lpn->tries = 0;
	set_state(lpn, BM_LPN_ESTABLISHING);
	poll(lpn);
}

static void request(struct bm_lpn *lpn)
{
	const bm_time now = bm_env_now(lpn->env);
	set_state(lpn, BM_LPN_REQUESTING);
	bm_lpn_request(lpn);
	if (lpn->config.quiet_without_friend)
		listen(lpn, now + OFFERS_FROM_US - GUARD_BEFORE_US, now + OFFERS_UNTIL_US);
	timer_after(lpn, OFFERS_UNTIL_US);
}

static void send_clear(struct bm_lpn *lpn)
{
	const struct bm_friend_clear clear = {.lpn_addr = bm_net_addr(lpn->net), .lpn_counter = lpn->counter};
	bm_friendship_send_clear(lpn->transport, lpn->net_idx, clear.lpn_addr, lpn->friend_addr, 0, BM_CTL_FRIEND_CLEAR,
				 &clear);
	timer_after(lpn, CLEAR_WAIT_US);
}

void bm_lpn_set_wanted(struct bm_lpn *lpn, bool wanted)
{
	lpn->wanted = wanted && lpn->supported;
	if (lpn->wanted) {
		if (lpn->state == BM_LPN_CLEARING)
			set_state(lpn, BM_LPN_OFF);
		bm_lpn_start(lpn);
		return;
	}
	if (lpn->state == BM_LPN_OFF || lpn->state == BM_LPN_CLEARING)
		return;
	const bool friendship = bm_lpn_friend(lpn) != BM_ADDR_UNASSIGNED;
	drop_friendship(lpn);
	listen_always(lpn);
	lpn->previous_addr = BM_ADDR_UNASSIGNED;
	lpn->tries = 0;
	set_state(lpn, friendship ? BM_LPN_CLEARING : BM_LPN_OFF);
	if (friendship)
		send_clear(lpn);
}

/* The window is over and nothing came. */
static void unanswered(struct bm_lpn *lpn)
{
	if (++lpn->tries >= TRIES_MAX) {
		lose(lpn);
		return;
	}
	sleep_on(lpn);
	/* Two that disturb each other should not go on doing so: the next try comes a random moment later. */
	timer_after(lpn, bm_env_random_below(lpn->env, RETRY_JITTER_US) + 1);
	lpn->retrying = true;
}

static void timer_fire(void *ctx)
{
	struct bm_lpn *lpn = ctx;
	const bool retry = lpn->retrying;
	lpn->retrying = false;
	switch (lpn->state) {
	case BM_LPN_OFF:
		break;
	case BM_LPN_PAUSING:
		if (lpn->upper.needed(lpn->upper.ctx))
			pause_before_request(lpn);
		else
			request(lpn);
		break;
	case BM_LPN_REQUESTING:
		/* Two that look for a friend at once are not each other's: one of them has to stay awake. */
		if (lpn->upper.needed(lpn->upper.ctx))
			pause_before_request(lpn);
		else
			choose(lpn);
		break;
	case BM_LPN_IDLE:
		if (bm_lpn_list_next(lpn))
			send_list(lpn);
		else
			poll(lpn);
		break;
	case BM_LPN_ESTABLISHING:
	case BM_LPN_POLLING:
		if (retry)
			poll(lpn);
		else
			unanswered(lpn);
		break;
	case BM_LPN_LISTING:
		if (retry)
			send_list(lpn);
		else
			unanswered(lpn);
		break;
	case BM_LPN_CLEARING:
		if (++lpn->tries < CLEAR_TRIES)
			send_clear(lpn);
		else
			set_state(lpn, BM_LPN_OFF);
		break;
	}
}

void bm_lpn_poll_within(struct bm_lpn *lpn, uint64_t delay_us)
{
	if (lpn->state == BM_LPN_IDLE && lpn->timer.at > bm_env_later(lpn->env, delay_us))
		timer_after(lpn, delay_us);
	/* The poll under way may come too early for it: another one behind. */
	if (lpn->state == BM_LPN_POLLING || lpn->state == BM_LPN_LISTING)
		lpn->soon_us = delay_us;
}

void bm_lpn_sent(struct bm_lpn *lpn, uint16_t dst)
{
	if (bm_addr_is_unicast(dst) && !bm_net_is_own(lpn->net, dst))
		bm_lpn_poll_within(lpn,
				   bm_transport_busy(lpn->transport) ? ACKNOWLEDGMENT_EXPECTED_US : ANSWER_EXPECTED_US);
}

/* MshPRT 3.6.6.4.2: anything from the friend answers a poll, and the FSN changes with it. Until a Friend Update says
 * otherwise there may be more. */
void bm_lpn_heard(struct bm_lpn *lpn, const struct bm_net_rx *rx)
{
	if (lpn->state != BM_LPN_POLLING || rx->friendship != lpn->friendship)
		return;
	/* What was heard before may be an attacker's replay, and the FSN that changes for it would make the friend drop
	 * the answer that is still to come. If the friend itself means it (it keeps what was heard before there was a
	 * friendship), it comes again at the next try. */
	if (rx->repeated && lpn->tries == 0)
		return;
	lpn->fsn ^= 1;
	lpn->retrying = false;
	rest(lpn, 0);
}

static void on_update(struct bm_lpn *lpn, const struct bm_transport_rx *rx, const struct bm_friend_update *update)
{
	/* What the keys and the IV Index become may end the friendship or the node; look at it afterwards. */
	const bool first = lpn->state == BM_LPN_ESTABLISHING;
	if (first) {
		lpn->fsn ^= 1;
		lpn->retrying = false;
		lpn->pauses = 0;
		lpn->previous_addr = lpn->friend_addr;
		bm_net_set_friend_only(lpn->net, true);
		rest(lpn, 0);
		bm_heartbeat_feature(lpn->transport, BM_FEATURE_LOW_POWER, true);
		bm_env_tell(lpn->env, BM_EVENT_FRIEND_FOUND, lpn->friend_addr, lpn->net_idx);
	}
	bm_net_security_update(lpn->net, rx->net_idx, rx->new_key, update->key_refresh, update->iv_update,
			       update->iv_index);
	if (lpn->state == BM_LPN_IDLE && !update->md)
		rest_until_next_poll(lpn);
}

static void on_confirm(struct bm_lpn *lpn, const struct bm_friend_list_confirm *confirm)
{
	if (lpn->state != BM_LPN_LISTING || confirm->transaction != lpn->change.transaction)
		return;
	lpn->retrying = false;
	bm_lpn_list_confirmed(lpn);
	rest_until_next_poll(lpn);
}

static void on_offer(struct bm_lpn *lpn, const struct bm_transport_rx *rx, const struct bm_friend_offer *offer)
{
	if (lpn->state != BM_LPN_REQUESTING || !bm_lpn_on_offer(lpn, rx, offer))
		return;
	const bm_time soon = bm_env_later(lpn->env, CHOOSE_WITHIN_US);
	if (soon < lpn->timer.at)
		bm_timer_set(&lpn->env->timers, &lpn->timer, soon);
}

static void on_clear_confirm(struct bm_lpn *lpn, const struct bm_transport_rx *rx,
			     const struct bm_friend_clear *confirm)
{
	if (lpn->state != BM_LPN_CLEARING || rx->src != lpn->friend_addr ||
	    confirm->lpn_addr != bm_net_addr(lpn->net) || confirm->lpn_counter != lpn->counter)
		return;
	bm_timer_stop(&lpn->timer);
	set_state(lpn, BM_LPN_OFF);
}

bool bm_lpn_control(struct bm_lpn *lpn, const struct bm_transport_rx *rx, uint8_t opcode, const uint8_t *params,
		    size_t len)
{
	struct bm_friend_update update;
	struct bm_friend_offer offer;
	struct bm_friend_clear confirm;
	struct bm_friend_list_confirm list;
	enum bm_err malformed = BM_OK;
	if (!lpn->supported)
		return false;
	const bool friendly = rx->cred == BM_CRED_FRIENDSHIP && lpn->friendship && rx->src == lpn->friend_addr;
	switch (opcode) {
	case BM_CTL_FRIEND_UPDATE:
		malformed = bm_friend_update_decode(params, len, &update);
		if (!malformed && friendly)
			on_update(lpn, rx, &update);
		break;
	case BM_CTL_FRIEND_OFFER:
		malformed = bm_friend_offer_decode(params, len, &offer);
		if (!malformed)
			on_offer(lpn, rx, &offer);
		break;
	case BM_CTL_FRIEND_CLEAR_CONFIRM:
		malformed = bm_friend_clear_decode(params, len, &confirm);
		if (!malformed)
			on_clear_confirm(lpn, rx, &confirm);
		break;
	case BM_CTL_FRIEND_LIST_CONFIRM:
		malformed = bm_friend_list_confirm_decode(params, len, &list);
		if (!malformed && friendly)
			on_confirm(lpn, &list);
		break;
	default:
		return false;
	}
	if (malformed)
		bm_env_drop(lpn->env, BM_DROP_MALFORMED, params, len);
	return true;
}
