/*
 * The Friend Subscription List seen from the low power node (MshPRT 3.6.6.4.3): what the models are subscribed to is
 * compared with what the friend confirmed, and the difference told, five addresses at a time. No model has to say that
 * its subscriptions changed.
 */
#include "friend/lpn_state.h"

static bool has(const uint16_t *addrs, size_t count, uint16_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (addrs[i] == addr)
			return true;
	return false;
}

/* Each wanted address once, in lpn->wanted_addrs. All-nodes is always one: not every friend takes it by itself. */
static size_t collect(struct bm_lpn *lpn)
{
	uint16_t *addrs = lpn->wanted_addrs;
	size_t count = 1;
	addrs[0] = BM_ADDR_ALL_NODES;
	const size_t all = lpn->upper.subscriptions(lpn->upper.ctx, addrs + 1, lpn->addrs_max - 1);
	for (size_t i = 1; i <= all; i++)
		if (!has(addrs, count, addrs[i]))
			addrs[count++] = addrs[i];
	return count;
}

size_t bm_lpn_list_size(struct bm_lpn *lpn)
{
	return collect(lpn);
}

bool bm_lpn_list_next(struct bm_lpn *lpn)
{
	const size_t wanted = collect(lpn);
	struct bm_friend_list *change = &lpn->change;
	*change = (struct bm_friend_list){.transaction = lpn->transaction};
	/* What goes makes room for what comes. */
	for (size_t i = 0; i < lpn->told_count && change->count < BM_FRIEND_LIST_MAX; i++)
		if (!has(lpn->wanted_addrs, wanted, lpn->told[i]))
			change->addrs[change->count++] = lpn->told[i];
	lpn->adding = change->count == 0;
	for (size_t i = 0; lpn->adding && i < wanted && change->count < BM_FRIEND_LIST_MAX; i++)
		if (lpn->told_count + change->count < lpn->told_max &&
		    !has(lpn->told, lpn->told_count, lpn->wanted_addrs[i]))
			change->addrs[change->count++] = lpn->wanted_addrs[i];
	return change->count > 0;
}

void bm_lpn_list_settled(struct bm_lpn *lpn)
{
	const size_t untold = collect(lpn) - lpn->told_count;
	if (untold == lpn->untold)
		return;
	lpn->untold = untold;
	if (untold > 0)
		bm_env_event(lpn->env, &(struct bm_event){.kind = BM_EVENT_FRIEND_LIST_FULL,
							  .addr = lpn->friend_addr,
							  .net_idx = lpn->net_idx,
							  .size = (uint8_t)(untold < UINT8_MAX ? untold : UINT8_MAX)});
}

static void forget(struct bm_lpn *lpn, uint16_t addr)
{
	for (size_t i = 0; i < lpn->told_count; i++) {
		if (lpn->told[i] != addr)
			continue;
		lpn->told[i] = lpn->told[--lpn->told_count];
		return;
	}
}

void bm_lpn_list_confirmed(struct bm_lpn *lpn)
{
	for (size_t i = 0; i < lpn->change.count; i++) {
		if (!lpn->adding)
			forget(lpn, lpn->change.addrs[i]);
		else if (lpn->told_count < lpn->addrs_max)
			lpn->told[lpn->told_count++] = lpn->change.addrs[i];
	}
	lpn->change.count = 0;
	lpn->transaction++;
}
