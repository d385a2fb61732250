/*
 * Inside a friendship (MshPRT 3.6.6.3.3, 3.6.6.3.4): what is kept for the low power node, its polls and their answers,
 * its subscription list.
 *
 * A poll with a new FSN says that the last answer arrived: the next one goes out. A poll with the same FSN says that it
 * did not: it goes out again, octet for octet.
 */
#include <string.h>

#include "friend/friend_state.h"

/* A moment behind the beginning of the window, so that the receiver is on. */
#define ANSWER_LATER_US 1000u

static bool takes(const struct bm_friend_lpn *lpn, uint16_t dst)
{
	if (bm_addr_is_unicast(dst))
		return dst >= lpn->addr && dst - lpn->addr < lpn->elements;
	if (dst == BM_ADDR_ALL_NODES)
		return true;
	for (size_t i = 0; i < lpn->subscription_count; i++)
		if (lpn->subscriptions[i] == dst)
			return true;
	return false;
}

/* Established, and this PDU is neither its own nor another subnet's. */
static bool wants(const struct bm_friend_lpn *lpn, uint16_t net_idx, uint16_t src, uint16_t dst)
{
	const bool own = src >= lpn->addr && src - lpn->addr < lpn->elements;
	return lpn->state == BM_FRIEND_ESTABLISHED && lpn->net_idx == net_idx && !own && takes(lpn, dst);
}

bool bm_friend_keeps(const struct bm_friend *friends, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl,
		     bool local)
{
	/* MshPRT 3.5.5: with a TTL of 0 or 1 its way ends here; our own goes no further than to our low power node. */
	if (!local && ttl < 2)
		return false;
	for (size_t i = 0; i < friends->lpn_count; i++)
		if (wants(&friends->lpns[i], net_idx, src, dst))
			return true;
	return false;
}

bool bm_friend_keeps_segments(const struct bm_friend *friends, uint16_t dst, uint8_t count)
{
	(void)dst;
	return count <= friends->queue_size;
}

void bm_friend_keep(struct bm_friend *friends, const struct bm_transport_kept *kept, uint8_t count)
{
	if (kept->len > BM_FRIEND_PDU_MAX)
		return;
	struct bm_friend_pdu pdu = {.ctl = kept->ctl,
				    .own = kept->local,
				    .ttl = (uint8_t)(kept->local ? kept->ttl : kept->ttl - 1),
				    .len = (uint8_t)kept->len,
				    .src = kept->src,
				    .dst = kept->dst,
				    .seq = kept->seq,
				    .seq_auth = kept->seq_auth,
				    .iv_index = kept->iv_index};
	memcpy(pdu.octets, kept->octets, kept->len);
	for (size_t i = 0; i < friends->lpn_count; i++) {
		struct bm_friend_lpn *lpn = &friends->lpns[i];
		if (!wants(lpn, kept->net_idx, kept->src, kept->dst))
			continue;
		const uint32_t before = lpn->queue.discarded;
		/* It takes the place of what it makes out of date: nothing else has to go for it. */
		bm_friend_queue_outdate(&lpn->queue, &pdu);
		if (count > 0)
			lpn->keeping = bm_friend_queue_make_room(&lpn->queue, count);
		if (lpn->keeping)
			bm_friend_queue_add(&lpn->queue, &pdu);
		for (uint32_t gone = lpn->queue.discarded - before + !lpn->keeping; gone > 0; gone--)
			bm_env_drop(friends->env, BM_DROP_FRIEND_QUEUE, NULL, 0);
	}
}

static void answer_in_window(struct bm_friend_lpn *lpn, enum bm_friend_answer answer)
{
	struct bm_friend *friends = lpn->owner;
	const uint32_t spread = friends->config.answer_spread_ms * BM_US_PER_MS;
	const uint32_t later = spread ? bm_env_random_below(friends->env, spread) : ANSWER_LATER_US;
	lpn->answer = answer;
	bm_timer_set_after(&friends->env->timers, &lpn->answer_timer, (uint64_t)lpn->receive_delay_us + later);
}

void bm_friend_on_poll(struct bm_friend_lpn *lpn, const struct bm_friend_poll *poll)
{
	bm_friend_poll_seen(lpn);
	if (poll->fsn != lpn->fsn) {
		lpn->fsn = poll->fsn;
		lpn->last.len = 0;
	}
	answer_in_window(lpn, lpn->last.len ? BM_FRIEND_AGAIN : BM_FRIEND_NEXT);
}

static int find(const struct bm_friend_lpn *lpn, uint16_t addr)
{
	for (size_t i = 0; i < lpn->subscription_count; i++)
		if (lpn->subscriptions[i] == addr)
			return (int)i;
	return -1;
}

static void apply(struct bm_friend_lpn *lpn, uint16_t addr, bool add)
{
	const int at = find(lpn, addr);
	if (add && at < 0 && lpn->subscription_count < lpn->owner->subscriptions_max)
		lpn->subscriptions[lpn->subscription_count++] = addr;
	else if (!add && at >= 0)
		lpn->subscriptions[at] = lpn->subscriptions[--lpn->subscription_count];
}

void bm_friend_on_list(struct bm_friend_lpn *lpn, const struct bm_friend_list *list, bool add)
{
	bm_friend_poll_seen(lpn);
	/* MshPRT 3.6.6.3.4: the same transaction again asks for its confirmation alone. */
	if (lpn->transaction != list->transaction)
		for (size_t i = 0; i < list->count; i++)
			apply(lpn, list->addrs[i], add);
	lpn->transaction = list->transaction;
	answer_in_window(lpn, BM_FRIEND_CONFIRM);
}

static struct bm_friend_update security_of(struct bm_friend *friends, uint16_t net_idx)
{
	const struct bm_subnet *subnet = bm_net_subnet(friends->net, net_idx);
	const struct bm_iv *iv = bm_net_iv(friends->net);
	return (struct bm_friend_update){
		.key_refresh = subnet && subnet->phase == 2, .iv_update = iv->update, .iv_index = iv->index};
}

static void send_update(struct bm_friend_lpn *lpn, struct bm_friend_update *update, uint8_t flags)
{
	uint8_t params[6];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	update->md = lpn->queue.count > 0;
	bm_friend_update_put(&w, update);
	const enum bm_err err = bm_friendship_send(lpn->owner->net, lpn->friendship, lpn->addr, BM_CTL_FRIEND_UPDATE,
						   params, sizeof params, &lpn->last);
	if (err && err != BM_ERR_BUSY)
		return;
	lpn->last_is_update = true;
	lpn->told_flags = flags;
	lpn->told_iv_index = update->iv_index;
}

/* A PDU of its originator: SRC, SEQ and IV Index stay (MshPRT 3.6.6.3.3). The next poll repeats what the bearer
 * refused. */
static void send_kept(struct bm_friend_lpn *lpn)
{
	const struct bm_friend_pdu *pdu = &lpn->last;
	const struct bm_net_tx tx = {.net_idx = lpn->net_idx,
				     .cred = BM_CRED_FRIENDSHIP,
				     .ctl = pdu->ctl,
				     .ttl = pdu->ttl,
				     .seq = pdu->seq,
				     .src = pdu->src,
				     .dst = pdu->dst,
				     .iv_index = pdu->iv_index};
	const enum bm_err ignored = bm_net_send_friendship(lpn->owner->net, lpn->friendship, &tx, pdu->octets,
							   pdu->len);
	(void)ignored;
}

/* The oldest that can still be opened: under the present IV index or the one before. */
static bool take(struct bm_friend_lpn *lpn)
{
	const uint32_t iv_index = bm_net_iv(lpn->owner->net)->index;
	while (bm_friend_queue_take(&lpn->queue, &lpn->last))
		if (lpn->last.iv_index + 1 >= iv_index)
			return true;
	lpn->last.len = 0;
	return false;
}

/* What we sent ourselves goes out under a number that is newer than those of our updates and confirmations meanwhile.
 */
static void renumber(struct bm_friend_lpn *lpn)
{
	struct bm_friend_pdu *pdu = &lpn->last;
	struct bm_transport_kept kept = {.ctl = pdu->ctl,
					 .seq = pdu->seq,
					 .seq_auth = pdu->seq_auth,
					 .src = pdu->src,
					 .dst = pdu->dst,
					 .iv_index = pdu->iv_index,
					 .net_idx = lpn->net_idx,
					 .octets = pdu->octets,
					 .len = pdu->len};
	/* If it cannot be (to a label that nobody here holds), it goes as it is. */
	if (pdu->own && bm_transport_renumber(lpn->owner->transport, &kept, pdu->octets) == BM_OK) {
		pdu->seq = kept.seq;
		pdu->iv_index = kept.iv_index;
	}
}

static uint8_t flags_of(const struct bm_friend_update *update)
{
	return (uint8_t)(update->key_refresh | update->iv_update << 1);
}

/* Again: octet for octet; but what an update says may be true no longer. Its Key Refresh flag of Phase 1 under the new
 * key, which Phase 2 sends with, would tell the low power node that the old key is revoked.
 *
 * The next one: MshPRT 3.6.6.3.3: a change of the security parameters makes a Friend Update, which no other message
 * pushes out of the queue. It goes first, for what follows may need it. */
static void answer_poll(struct bm_friend_lpn *lpn, bool again)
{
	struct bm_friend_update update = security_of(lpn->owner, lpn->net_idx);
	const uint8_t flags = flags_of(&update);
	const bool changed = flags != lpn->told_flags || update.iv_index != lpn->told_iv_index;
	if (again ? lpn->last_is_update && changed : changed || !take(lpn)) {
		send_update(lpn, &update, flags);
		return;
	}
	if (!again) {
		lpn->last_is_update = false;
		renumber(lpn);
	}
	send_kept(lpn);
}

static void send_confirm(const struct bm_friend_lpn *lpn)
{
	const uint8_t transaction = (uint8_t)lpn->transaction;
	const enum bm_err ignored = bm_friendship_send(lpn->owner->net, lpn->friendship, lpn->addr,
						       BM_CTL_FRIEND_LIST_CONFIRM, &transaction, 1, NULL);
	(void)ignored; /* the low power node asks again */
}

void bm_friend_answer_fire(void *ctx)
{
	struct bm_friend_lpn *lpn = ctx;
	const enum bm_friend_answer answer = lpn->answer;
	lpn->answer = BM_FRIEND_NOTHING;
	switch (answer) {
	case BM_FRIEND_NOTHING:
		break;
	case BM_FRIEND_NEXT:
	case BM_FRIEND_AGAIN:
		answer_poll(lpn, answer == BM_FRIEND_AGAIN);
		break;
	case BM_FRIEND_CONFIRM:
		send_confirm(lpn);
		break;
	}
}
