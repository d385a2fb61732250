/*
 * Asking for a friend, and which of several to take (MshPRT 3.6.6.4.1).
 */
#include "friend/lpn_state.h"

/* The next subnet of ours behind the one asked last; without an answer another one gets its chance. */
static bool next_subnet(struct bm_lpn *lpn)
{
	struct bm_subnets *subnets = bm_net_subnets(lpn->net);
	const struct bm_subnet *next = NULL;
	for (size_t i = 0; i < subnets->capacity; i++) {
		const struct bm_subnet *subnet = &subnets->table[i];
		if (!subnet->used)
			continue;
		const uint16_t ahead = (uint16_t)(subnet->net_idx - lpn->net_idx - 1) & BM_KEY_INDEX_MAX;
		if (!next || ahead < ((uint16_t)(next->net_idx - lpn->net_idx - 1) & BM_KEY_INDEX_MAX))
			next = subnet;
	}
	if (next)
		lpn->net_idx = next->net_idx;
	return next != NULL;
}

/* So many LPNCounters are stored as used at a time. */
#define COUNTER_BLOCK 16u

/* MshPRT 3.6.6.4.1: a Friend Request has a counter of its own, of which the friendship's keys are made. */
static uint16_t take_counter(struct bm_lpn *lpn)
{
	if (BM_WITH_STORE && lpn->counter == lpn->reserved) {
		lpn->reserved = (uint16_t)(lpn->reserved + COUNTER_BLOCK);
		lpn->counted = true;
		bm_env_save(lpn->env, BM_STORE_CONFIG, BM_STORED_LPN_COUNTER);
	}
	return ++lpn->counter;
}

void bm_lpn_request(struct bm_lpn *lpn)
{
	lpn->best.addr = BM_ADDR_UNASSIGNED;
	if (!next_subnet(lpn))
		return;
	const struct bm_friend_request request = {.rssi_factor = lpn->config.rssi_factor,
						  .receive_window_factor = lpn->config.receive_window_factor,
						  .min_queue_size_log = lpn->config.min_queue_size_log,
						  .receive_delay = lpn->config.receive_delay_ms,
						  .poll_timeout = lpn->config.poll_timeout_ms / 100,
						  .previous_addr = lpn->previous_addr,
						  .num_elements = bm_net_elements(lpn->net),
						  .lpn_counter = take_counter(lpn)};
	uint8_t params[10];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_friend_request_put(&w, &request);
	bm_friendship_send_flooding(lpn->transport, lpn->net_idx, bm_net_addr(lpn->net), BM_ADDR_ALL_FRIENDS, 0,
				    BM_CTL_FRIEND_REQUEST, params, sizeof params);
}

/* Room for all subscriptions counts most, then how well we hear each other, then the shorter window. */
static bool better(const struct bm_lpn_offer *a, const struct bm_lpn_offer *b)
{
	if (b->addr == BM_ADDR_UNASSIGNED || a->list_fits != b->list_fits)
		return b->addr == BM_ADDR_UNASSIGNED || a->list_fits;
	if (a->rssi != b->rssi)
		return a->rssi > b->rssi;
	if (a->offer.receive_window != b->offer.receive_window)
		return a->offer.receive_window < b->offer.receive_window;
	return a->offer.queue_size > b->offer.queue_size;
}

bool bm_lpn_on_offer(struct bm_lpn *lpn, const struct bm_transport_rx *rx, const struct bm_friend_offer *offer)
{
	/* MshPRT 3.6.5.4: from a neighbour, under managed flooding credentials, with what we asked for. */
	if (rx->ttl != 0 || rx->cred != BM_CRED_FLOODING || rx->net_idx != lpn->net_idx ||
	    rx->dst != bm_net_addr(lpn->net) || offer->queue_size < 1u << lpn->config.min_queue_size_log)
		return false;
	const struct bm_lpn_offer candidate = {.addr = rx->src,
					       .rssi = rx->rssi,
					       .list_fits = offer->subscription_list_size >= bm_lpn_list_size(lpn),
					       .offer = *offer};
	if (!better(&candidate, &lpn->best))
		return false;
	lpn->best = candidate;
	return true;
}
