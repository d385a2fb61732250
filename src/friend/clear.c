/*
 * The Friend Clear procedure (MshPRT 3.6.6.3.1): the new friend of a low power node tells the previous one that it is
 * no longer needed, after 1, 2, 4 … seconds again, until that confirms or twice the poll time-out is over.
 */
#include "friend/friend_state.h"

static void send_clear(struct bm_friend_lpn *lpn)
{
	const struct bm_friend_clear clear = {.lpn_addr = lpn->addr, .lpn_counter = lpn->lpn_counter};
	bm_friendship_send_clear(lpn->owner->transport, lpn->net_idx, bm_net_addr(lpn->owner->net), lpn->previous_addr,
				 BM_TTL_MAX, BM_CTL_FRIEND_CLEAR, &clear);
}

void bm_friend_clear_stop(struct bm_friend_lpn *lpn)
{
	bm_timer_stop(&lpn->clear_timer);
}

void bm_friend_clear_start(struct bm_friend_lpn *lpn)
{
	struct bm_friend *friends = lpn->owner;
	if (lpn->previous_addr == BM_ADDR_UNASSIGNED || bm_net_is_own(friends->net, lpn->previous_addr))
		return;
	lpn->clear_end = bm_env_later(friends->env, 2 * lpn->poll_timeout_us);
	lpn->clear_interval_us = BM_US_PER_S;
	send_clear(lpn);
	bm_timer_set_after(&friends->env->timers, &lpn->clear_timer, lpn->clear_interval_us);
}

void bm_friend_clear_fire(void *ctx)
{
	struct bm_friend_lpn *lpn = ctx;
	if (bm_env_now(lpn->owner->env) >= lpn->clear_end)
		return;
	send_clear(lpn);
	lpn->clear_interval_us *= 2;
	bm_timer_set_after(&lpn->owner->env->timers, &lpn->clear_timer, lpn->clear_interval_us);
}

void bm_friend_on_clear_confirm(struct bm_friend *friends, const struct bm_transport_rx *rx,
				const struct bm_friend_clear *confirm)
{
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		if (bm_timer_is_armed(&lpn->clear_timer) && lpn->addr == confirm->lpn_addr &&
		    lpn->lpn_counter == confirm->lpn_counter && lpn->previous_addr == rx->src)
			bm_friend_clear_stop(lpn);
	}
}
