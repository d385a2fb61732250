/*
 * The network layer's ways in and out.
 *
 *   air ──▶ NID of ours? ──▶ seen these octets? ──▶ deobfuscate ──▶ in the message cache? ──▶ decrypt ──▶ for us, relay
 *
 * What is dropped earliest costs least: a foreign NID and an exact repeat cost no AES at all.
 */
#include "net/net.h"

#include <string.h>

#include "net/net_state.h"

static void local_fire(void *ctx);

/* One for each low power node of ours, and our own with our friend. */
static size_t friendships(const struct bm_limits *limits)
{
	return (size_t)limits->friend_lpns + (limits->low_power ? 1 : 0);
}

/* PDUs to ourselves that wait: what a few messages in flight make at once. */
static uint8_t local_queue(const struct bm_limits *limits)
{
	return (uint8_t)(4 * (limits->sar_tx < 8 ? limits->sar_tx : 8));
}

void bm_net_carve(struct bm_net *net, const struct bm_limits *limits, struct bm_arena *arena)
{
	net->subnets.table = bm_arena_take(arena, limits->subnets, sizeof *net->subnets.table);
	net->subnets.friendships = bm_arena_take(arena, friendships(limits), sizeof *net->subnets.friendships);
	net->local = bm_arena_take(arena, local_queue(limits), sizeof *net->local);
	bm_rpl_carve(&net->rpl, limits->rpl, arena);
	bm_repeats_carve(&net->repeats, limits->repeat_cache, arena);
	bm_msg_cache_carve(&net->cache, limits->msg_cache, arena);
}

void bm_net_init(struct bm_net *net, struct bm_env *env, const struct bm_limits *limits,
		 const struct bm_net_upper *upper, const struct bm_net_states *states)
{
	net->env = env;
	net->upper = *upper;
	net->states = *states;
	net->iv.recovered = BM_TIME_NEVER;
	bm_timer_init(&net->iv.timer, bm_net_iv_fire, net);
	net->subnets.capacity = limits->subnets;
	for (size_t i = 0; i < limits->subnets; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		subnet->owner = net;
		bm_timer_init(&subnet->secure_beacon.timer, bm_net_beacon_fire, subnet);
		if (BM_WITH_PRIVATE_BEACON)
			bm_timer_init(&subnet->private_beacon.timer, bm_net_private_beacon_fire, subnet);
	}
	net->subnets.friendship_count = friendships(limits);
	bm_rpl_init(&net->rpl, env, limits->rpl);
	bm_repeats_init(&net->repeats, limits->repeat_cache);
	bm_msg_cache_init(&net->cache, limits->msg_cache);
	net->local_max = local_queue(limits);
	bm_timer_init(&net->local_timer, local_fire, net);
	net->from_link = -1;
}

static void forget_iv(struct bm_net *net)
{
	bm_timer_stop(&net->iv.timer);
	net->iv.index = 0;
	net->iv.update = net->iv.unlimited = false;
	net->iv.recovered = BM_TIME_NEVER;
}

void bm_net_start(struct bm_net *net, uint16_t addr, uint8_t elements, uint32_t iv_index, bool iv_update)
{
	net->addr = addr;
	net->elements = elements;
	bm_net_seq_start(net, 0);
	/* MshPRT 3.11.5: a node that joins during an IV Update may leave it at any time; a normal state lasts 96 h. */
	forget_iv(net);
	net->iv.index = iv_index;
	net->iv.update = iv_update;
	net->iv.since = bm_env_now(net->env);
	net->iv.unlimited = iv_update;
	bm_net_iv_plan(net);
	bm_repeats_clear(&net->repeats);
	bm_msg_cache_clear(&net->cache);
	bm_net_beacon_update(net);
}

void bm_net_reset(struct bm_net *net)
{
	for (size_t i = 0; i < net->subnets.capacity; i++) {
		bm_net_beacon_stop(net, &net->subnets.table[i]);
		bm_subnet_remove(&net->subnets, &net->subnets.table[i]);
	}
	for (size_t i = 0; i < net->subnets.friendship_count; i++)
		bm_friendship_remove(&net->subnets, &net->subnets.friendships[i]);
	net->friend_only = false;
	bm_timer_stop(&net->local_timer);
	bm_wipe(net->local, net->local_max * sizeof *net->local);
	net->local_first = net->local_count = 0;
	net->addr = BM_ADDR_UNASSIGNED;
	net->elements = 0;
	forget_iv(net);
	net->life++;
	bm_net_seq_start(net, 0);
	bm_rpl_clear(&net->rpl);
	bm_repeats_clear(&net->repeats);
	bm_msg_cache_clear(&net->cache);
}

bool bm_net_is_own(const struct bm_net *net, uint16_t addr)
{
	return net->addr != BM_ADDR_UNASSIGNED && addr >= net->addr && addr - net->addr < net->elements;
}

/* What became of a PDU under one key. */
enum verdict { NOT_THIS_KEY, DROPPED, TAKEN };

/* A key that a PDU may be secured with. */
struct candidate {
	struct bm_subnet *subnet;
	const struct bm_cred *cred;
	const struct bm_friendship *friendship; /* NULL: managed flooding */
	bool new_key;
};

static bool keeps(const struct bm_net *net, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl, bool local)
{
	return net->upper.keeps && net->upper.keeps(net->upper.ctx, net_idx, src, dst, ttl, local);
}

static void deliver(struct bm_net *net, struct bm_net_rx *rx)
{
	const bool ours = bm_net_is_own(net, rx->dst) || net->upper.accepts(net->upper.ctx, rx->dst);
	rx->kept = keeps(net, rx->net_idx, rx->src, rx->dst, rx->ttl, false);
	rx->kept_only = rx->kept && !ours;
	net->env->counters.net_rx++;
	if (ours || rx->kept)
		net->upper.receive(net->upper.ctx, rx);
	else
		bm_env_drop(net->env, BM_DROP_NOT_FOR_US, rx->transport_pdu, rx->len);
}

/* An authentic PDU is remembered. True if it is new and another node's. Under flooding credentials it was looked for in
 * the message cache before it was decrypted. */
static bool admit(struct bm_net *net, const struct candidate *key, struct bm_net_rx *rx, const uint8_t *pdu, size_t len)
{
	/* What goes between friends is sent once; if it comes again, the friend means it (MshPRT 3.6.6.4.2). */
	const bool cached = key->friendship && bm_msg_cache_has(&net->cache, rx->iv_index, rx->src, rx->seq);
	if (!key->friendship)
		bm_repeats_add(&net->repeats, pdu, len);
	if (!cached)
		bm_msg_cache_add(&net->cache, rx->iv_index, rx->src, rx->seq);
	if (bm_net_is_own(net, rx->src)) {
		bm_env_drop(net->env, BM_DROP_OWN, pdu, len);
		return false;
	}
	if (key->friendship && net->upper.friendship) {
		rx->repeated = cached || bm_rpl_check(&net->rpl, rx->src, rx->iv_index, rx->seq) == BM_ERR_EXISTS;
		net->upper.friendship(net->upper.ctx, rx);
	}
	if (cached)
		bm_env_drop(net->env, BM_DROP_CACHED, pdu, len);
	return !cached;
}

static enum verdict receive_under(struct bm_net *net, const struct candidate *key, uint32_t iv_index,
				  const uint8_t *pdu, size_t len, int8_t rssi)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t transport_len;
	bm_net_deobfuscate(key->cred, iv_index, pdu, &header);
	/* Not authenticated yet, but a forgery that deobfuscates to a message in the cache gains nothing by it. */
	if (!key->friendship && bm_msg_cache_has(&net->cache, iv_index, header.src, header.seq)) {
		bm_env_drop(net->env, BM_DROP_CACHED, pdu, len);
		return DROPPED;
	}
	if (bm_net_open(key->cred, iv_index, pdu, len, &header, clear, &transport_len))
		return NOT_THIS_KEY;
	if (!bm_net_addresses_valid(header.ctl, header.src, header.dst)) {
		bm_env_drop(net->env, BM_DROP_MALFORMED, pdu, len);
		return DROPPED;
	}
	struct bm_net_rx rx = {.interface = net->from_link < 0 ? BM_NET_ADV : BM_NET_GATT,
			       .ctl = header.ctl,
			       .ttl = header.ttl,
			       .seq = header.seq,
			       .src = header.src,
			       .dst = header.dst,
			       .iv_index = iv_index,
			       .net_idx = key->subnet->net_idx,
			       .cred = key->friendship ? BM_CRED_FRIENDSHIP : BM_CRED_FLOODING,
			       .friendship = key->friendship,
			       .new_key = key->new_key,
			       .rssi = rssi,
			       .transport_pdu = clear + 2,
			       .len = transport_len};
	const uint32_t life = net->life;
	net->heard_src = header.src;
	if (!admit(net, key, &rx, pdu, len))
		return DROPPED;
	deliver(net, &rx);
	const unsigned interfaces = bm_net_relays(net, rx.cred, &header);
	if (!interfaces)
		return TAKEN;
	/* The upper layers may have taken the key away, or reset the node: another network gets nothing of this. */
	const struct bm_subnet *subnet = bm_subnet_find(&net->subnets, rx.net_idx);
	if (subnet && net->life == life)
		bm_net_relay(net, subnet, interfaces, iv_index, &header, clear + 2, transport_len);
	return TAKEN;
}

static enum verdict try_flooding(struct bm_net *net, uint8_t nid, uint32_t iv_index, const uint8_t *pdu, size_t len,
				 int8_t rssi)
{
	for (size_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		for (size_t k = 0; subnet->used && k < BM_ARRAY_LEN(subnet->keys); k++) {
			const struct bm_net_keys *keys = &subnet->keys[k];
			if (!keys->valid || keys->flooding.nid != nid)
				continue;
			const struct candidate key = {subnet, &keys->flooding, NULL, k == 1};
			const enum verdict verdict = receive_under(net, &key, iv_index, pdu, len, rssi);
			if (verdict != NOT_THIS_KEY)
				return verdict;
		}
	}
	return NOT_THIS_KEY;
}

static enum verdict try_friendships(struct bm_net *net, uint8_t nid, uint32_t iv_index, const uint8_t *pdu, size_t len,
				    int8_t rssi)
{
	for (size_t i = 0; i < net->subnets.friendship_count; i++) {
		const struct bm_friendship *friendship = &net->subnets.friendships[i];
		for (size_t k = 0; friendship->used && k < BM_ARRAY_LEN(friendship->keys); k++) {
			if (!friendship->keys[k].valid || friendship->keys[k].cred.nid != nid)
				continue;
			const struct candidate key = {bm_subnet_find(&net->subnets, friendship->id.net_idx),
						      &friendship->keys[k].cred, friendship, k == 1};
			const enum verdict verdict = receive_under(net, &key, iv_index, pdu, len, rssi);
			if (verdict != NOT_THIS_KEY)
				return verdict;
		}
	}
	return NOT_THIS_KEY;
}

/* first: a PDU's first octet, IVI and NID. */
static bool has_nid(const uint32_t map[4], uint8_t first)
{
	return map[first >> 5 & 3] >> (first & 31) & 1;
}

static void receive_known_nid(struct bm_net *net, const uint8_t *pdu, size_t len, int8_t rssi)
{
	const uint8_t ivi = pdu[0] >> 7;
	const uint8_t nid = pdu[0] & 0x7f;
	if (net->iv.index == 0 && ivi == 1) {
		bm_env_drop(net->env, BM_DROP_IV_INDEX, pdu, len);
		return;
	}
	const uint32_t iv_index = bm_iv_rx(&net->iv, ivi);
	if (has_nid(net->subnets.friendship_map, nid) &&
	    try_friendships(net, nid, iv_index, pdu, len, rssi) != NOT_THIS_KEY)
		return;
	/* What is heard by chance while the receiver is on for the friend; over a GATT link nothing is by chance. */
	if (net->friend_only && net->from_link < 0)
		bm_env_drop(net->env, BM_DROP_ASLEEP, pdu, len);
	else if (try_flooding(net, nid, iv_index, pdu, len, rssi) == NOT_THIS_KEY)
		bm_env_drop(net->env, BM_DROP_NET_MIC, pdu, len);
}

void bm_net_receive(struct bm_net *net, const uint8_t *pdu, size_t len, int8_t rssi)
{
	enum bm_drop drop;
	if (net->addr == BM_ADDR_UNASSIGNED)
		drop = BM_DROP_NOT_PROVISIONED;
	else if (len < BM_NET_PDU_MIN || len > BM_NET_PDU_MAX)
		drop = BM_DROP_MALFORMED;
	else if (!has_nid(net->subnets.nid_map, pdu[0]))
		drop = BM_DROP_UNKNOWN_NID;
	else if (bm_repeats_has(&net->repeats, pdu, len))
		drop = BM_DROP_REPEAT;
	else {
		receive_known_nid(net, pdu, len, rssi);
		return;
	}
	bm_env_drop(net->env, drop, pdu, len);
}

/* Who of this node takes a PDU of ours. */
struct takers {
	bool ours;
	bool kept;
};

static enum bm_err queue_local(struct bm_net *net, struct takers takers, const struct bm_net_tx *tx,
			       const uint8_t *transport_pdu, size_t len)
{
	if (net->local_count == net->local_max) {
		bm_env_drop(net->env, BM_DROP_TX_FULL, transport_pdu, len);
		return BM_ERR_BUSY;
	}
	struct bm_net_local *entry = &net->local[(net->local_first + net->local_count) % net->local_max];
	net->local_count++;
	entry->tx = *tx;
	entry->ours = takers.ours;
	entry->kept = takers.kept;
	entry->len = (uint8_t)len;
	memcpy(entry->transport_pdu, transport_pdu, len);
	bm_timer_set_after(&net->env->timers, &net->local_timer, 0);
	return BM_OK;
}

/* One PDU a call: others that are due run in between, and nothing recurses. */
static void local_fire(void *ctx)
{
	struct bm_net *net = ctx;
	if (net->local_count == 0)
		return;
	const struct bm_net_local entry = net->local[net->local_first];
	net->local_first = (uint8_t)((net->local_first + 1) % net->local_max);
	net->local_count--;
	if (net->local_count > 0)
		bm_timer_set_after(&net->env->timers, &net->local_timer, 0);
	const struct bm_net_rx rx = {.interface = BM_NET_LOCAL,
				     .ctl = entry.tx.ctl,
				     .ttl = entry.tx.ttl,
				     .seq = entry.tx.seq,
				     .src = entry.tx.src,
				     .dst = entry.tx.dst,
				     .iv_index = entry.tx.iv_index,
				     .net_idx = entry.tx.net_idx,
				     .cred = entry.tx.cred,
				     .kept = entry.kept,
				     .kept_only = entry.kept && !entry.ours,
				     .rssi = 127,
				     .transport_pdu = entry.transport_pdu,
				     .len = entry.len};
	net->upper.receive(net->upper.ctx, &rx);
}

static enum bm_err send_air(struct bm_net *net, const struct bm_cred *cred, uint8_t transmit,
			    const struct bm_net_tx *tx, const uint8_t *transport_pdu, size_t len)
{
	const struct bm_net_header header = {
		.ctl = tx->ctl, .ttl = tx->ttl, .seq = tx->seq, .src = tx->src, .dst = tx->dst};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	enum bm_err err = bm_net_encrypt(cred, tx->iv_index, &header, transport_pdu, len, pdu, &pdu_len);
	if (err)
		return err;
	struct bm_adv adv = {.ad_type = BM_AD_MESH_MESSAGE, .payload = pdu, .len = (uint8_t)pdu_len};
	bm_net_transmit_state(&adv, transmit);
	err = bm_net_output(net, &adv, tx->dst, BM_NET_TO_ALL, false);
	if (!err)
		net->env->counters.net_tx++;
	return err;
}

enum bm_err bm_net_send_friendship(struct bm_net *net, const struct bm_friendship *friendship,
				   const struct bm_net_tx *tx, const uint8_t *transport_pdu, size_t len)
{
	const struct bm_cred *cred = bm_friendship_tx_cred(&net->subnets, friendship);
	if (!cred)
		return BM_ERR_NO_KEY;
	/* MshPRT 3.4.6.4: a PDU under friendship credentials is transmitted once. */
	return send_air(net, cred, 0, tx, transport_pdu, len);
}

/* The friendship with our own friend, on this subnet. */
static const struct bm_friendship *own_friendship(const struct bm_net *net, uint16_t net_idx)
{
	for (size_t i = 0; net->friend_only && i < net->subnets.friendship_count; i++) {
		const struct bm_friendship *friendship = &net->subnets.friendships[i];
		if (friendship->used && friendship->id.net_idx == net_idx && friendship->id.lpn_addr == net->addr)
			return friendship;
	}
	return NULL;
}

enum bm_err bm_net_send(struct bm_net *net, const struct bm_net_tx *tx, const uint8_t *transport_pdu, size_t len)
{
	if (net->addr == BM_ADDR_UNASSIGNED)
		return BM_ERR_NOT_PROVISIONED;
	/* MshPRT 3.4.4.3, 3.4.6.2: a node never originates TTL 1. */
	if (!bm_net_is_own(net, tx->src) || !bm_net_addresses_valid(tx->ctl, tx->src, tx->dst) || tx->ttl == 1 ||
	    tx->ttl > BM_TTL_MAX || tx->seq > BM_SEQ_MAX || len < 1 ||
	    len > (tx->ctl ? BM_NET_TRANSPORT_CTL_MAX : BM_NET_TRANSPORT_MAX))
		return BM_ERR_INVALID;
	if (tx->cred == BM_CRED_DIRECTED)
		return BM_ERR_NOT_SUPPORTED;
	const struct bm_subnet *subnet = bm_subnet_find(&net->subnets, tx->net_idx);
	if (!subnet)
		return BM_ERR_NO_KEY;
	const bool unicast = bm_addr_is_unicast(tx->dst);
	const struct takers takers = {.ours = bm_net_is_own(net, tx->dst) ||
					      (!unicast && net->upper.accepts(net->upper.ctx, tx->dst)),
				      .kept = keeps(net, tx->net_idx, tx->src, tx->dst, tx->ttl, true)};
	if (unicast && (takers.ours || takers.kept))
		return queue_local(net, takers, tx, transport_pdu, len);
	const struct bm_friendship *friendship = tx->cred == BM_CRED_FRIENDSHIP ? own_friendship(net, tx->net_idx)
										: NULL;
	const enum bm_err err = friendship ? bm_net_send_friendship(net, friendship, tx, transport_pdu, len)
					   : send_air(net, &bm_subnet_tx_keys(subnet)->flooding,
						      net->states.network_transmit, tx, transport_pdu, len);
	/* A group of ours hears it too, but nothing that is told not to have been sent. A full local queue is counted.
	 */
	if (!err && !unicast && (takers.ours || takers.kept))
		(void)queue_local(net, takers, tx, transport_pdu, len);
	return err;
}
