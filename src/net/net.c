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

void bm_net_carve(struct bm_net *net, const struct bm_limits *limits, struct bm_arena *arena)
{
	net->subnets.table = bm_arena_take(arena, limits->subnets, sizeof *net->subnets.table);
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
	net->addr = BM_ADDR_UNASSIGNED;
	net->elements = 0;
	net->iv = (struct bm_iv){.recovered = BM_TIME_NEVER};
	bm_timer_init(&net->iv.timer, bm_net_iv_fire, net);
	bm_net_seq_start(net, 0);
	net->subnets.capacity = limits->subnets;
	for (uint8_t i = 0; i < limits->subnets; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		*subnet = (struct bm_subnet){.owner = net};
		bm_timer_init(&subnet->secure_beacon.timer, bm_net_beacon_fire, subnet);
		bm_timer_init(&subnet->private_beacon.timer, bm_net_private_beacon_fire, subnet);
	}
	bm_subnets_map(&net->subnets);
	bm_rpl_init(&net->rpl, env, limits->rpl);
	bm_repeats_init(&net->repeats, limits->repeat_cache);
	bm_msg_cache_init(&net->cache, limits->msg_cache);
	net->local_first = net->local_count = 0;
	bm_timer_init(&net->local_timer, local_fire, net);
}

static void forget_iv(struct bm_net *net)
{
	bm_timer_stop(&net->env->timers, &net->iv.timer);
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
	for (uint8_t i = 0; i < net->subnets.capacity; i++) {
		bm_net_beacon_stop(net, &net->subnets.table[i]);
		bm_subnet_remove(&net->subnets, &net->subnets.table[i]);
	}
	bm_timer_stop(&net->env->timers, &net->local_timer);
	bm_wipe(net->local, sizeof net->local);
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

uint16_t bm_net_addr(const struct bm_net *net)
{
	return net->addr;
}

uint8_t bm_net_elements(const struct bm_net *net)
{
	return net->elements;
}

bool bm_net_is_own(const struct bm_net *net, uint16_t addr)
{
	return net->addr != BM_ADDR_UNASSIGNED && addr >= net->addr && addr - net->addr < net->elements;
}

struct bm_iv *bm_net_iv(struct bm_net *net)
{
	return &net->iv;
}

struct bm_rpl *bm_net_rpl(struct bm_net *net)
{
	return &net->rpl;
}

struct bm_subnets *bm_net_subnets(struct bm_net *net)
{
	return &net->subnets;
}

struct bm_net_states *bm_net_states(struct bm_net *net)
{
	return &net->states;
}

/* What became of a PDU under one key. */
enum verdict { NOT_THIS_KEY, DROPPED, TAKEN };

static void deliver(struct bm_net *net, const struct bm_subnet *subnet, uint32_t iv_index,
		    const struct bm_net_header *header, const uint8_t *transport_pdu, size_t len, int8_t rssi)
{
	const bool ours = bm_net_is_own(net, header->dst) || net->upper.accepts(net->upper.ctx, header->dst);
	net->env->counters.net_rx++;
	if (!ours) {
		bm_env_drop(net->env, BM_DROP_NOT_FOR_US, transport_pdu, len);
		return;
	}
	const struct bm_net_rx rx = {.interface = BM_NET_ADV,
				     .ctl = header->ctl,
				     .ttl = header->ttl,
				     .seq = header->seq,
				     .src = header->src,
				     .dst = header->dst,
				     .iv_index = iv_index,
				     .net_idx = subnet->net_idx,
				     .cred = BM_CRED_FLOODING,
				     .rssi = rssi,
				     .transport_pdu = transport_pdu,
				     .len = len};
	net->upper.receive(net->upper.ctx, &rx);
}

static enum verdict receive_under(struct bm_net *net, struct bm_subnet *subnet, const struct bm_net_keys *keys,
				  uint32_t iv_index, const uint8_t *pdu, size_t len, int8_t rssi)
{
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t transport_len;
	bm_net_deobfuscate(&keys->flooding, iv_index, pdu, &header);
	/* Not authenticated yet, but a forgery that deobfuscates to a message in the cache gains nothing by it. */
	if (bm_msg_cache_has(&net->cache, iv_index, header.src, header.seq)) {
		bm_env_drop(net->env, BM_DROP_CACHED, pdu, len);
		return DROPPED;
	}
	if (bm_net_open(&keys->flooding, iv_index, pdu, len, &header, clear, &transport_len))
		return NOT_THIS_KEY;
	if (!bm_net_addresses_valid(header.ctl, header.src, header.dst)) {
		bm_env_drop(net->env, BM_DROP_MALFORMED, pdu, len);
		return DROPPED;
	}
	bm_repeats_add(&net->repeats, pdu, len);
	bm_msg_cache_add(&net->cache, iv_index, header.src, header.seq);
	if (bm_net_is_own(net, header.src)) {
		bm_env_drop(net->env, BM_DROP_OWN, pdu, len);
		return DROPPED;
	}
	const uint16_t net_idx = subnet->net_idx;
	const uint32_t life = net->life;
	deliver(net, subnet, iv_index, &header, clear + 2, transport_len, rssi);
	if (!bm_net_relays(net, &header))
		return TAKEN;
	/* The upper layers may have taken the key away, or reset the node: another network gets nothing of this. */
	subnet = bm_subnet_find(&net->subnets, net_idx);
	if (subnet && net->life == life)
		bm_net_relay(net, subnet, iv_index, &header, clear + 2, transport_len);
	return TAKEN;
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
	for (uint8_t i = 0; i < net->subnets.capacity; i++) {
		struct bm_subnet *subnet = &net->subnets.table[i];
		for (size_t k = 0; subnet->used && k < BM_ARRAY_LEN(subnet->keys); k++) {
			const struct bm_net_keys *keys = &subnet->keys[k];
			if (!keys->valid || keys->flooding.nid != nid)
				continue;
			if (receive_under(net, subnet, keys, iv_index, pdu, len, rssi) != NOT_THIS_KEY)
				return;
		}
	}
	bm_env_drop(net->env, BM_DROP_NET_MIC, pdu, len);
}

void bm_net_receive(struct bm_net *net, const uint8_t *pdu, size_t len, int8_t rssi)
{
	enum bm_drop drop;
	if (net->addr == BM_ADDR_UNASSIGNED)
		drop = BM_DROP_NOT_PROVISIONED;
	else if (len < BM_NET_PDU_MIN || len > BM_NET_PDU_MAX)
		drop = BM_DROP_MALFORMED;
	else if (!(net->subnets.nid_map[pdu[0] >> 6 & 1] >> (pdu[0] & 63) & 1))
		drop = BM_DROP_UNKNOWN_NID;
	else if (bm_repeats_has(&net->repeats, pdu, len))
		drop = BM_DROP_REPEAT;
	else {
		receive_known_nid(net, pdu, len, rssi);
		return;
	}
	bm_env_drop(net->env, drop, pdu, len);
}

static enum bm_err queue_local(struct bm_net *net, const struct bm_net_tx *tx, const uint8_t *transport_pdu, size_t len)
{
	if (net->local_count == BM_NET_LOCAL_QUEUE) {
		bm_env_drop(net->env, BM_DROP_TX_FULL, transport_pdu, len);
		return BM_ERR_BUSY;
	}
	struct bm_net_local *entry = &net->local[(net->local_first + net->local_count) % BM_NET_LOCAL_QUEUE];
	net->local_count++;
	entry->tx = *tx;
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
	net->local_first = (uint8_t)((net->local_first + 1) % BM_NET_LOCAL_QUEUE);
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
				     .rssi = 127,
				     .transport_pdu = entry.transport_pdu,
				     .len = entry.len};
	net->upper.receive(net->upper.ctx, &rx);
}

static enum bm_err send_air(struct bm_net *net, const struct bm_subnet *subnet, const struct bm_net_tx *tx,
			    const uint8_t *transport_pdu, size_t len)
{
	const struct bm_net_header header = {
		.ctl = tx->ctl, .ttl = tx->ttl, .seq = tx->seq, .src = tx->src, .dst = tx->dst};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	enum bm_err err = bm_net_encrypt(&bm_subnet_tx_keys(subnet)->flooding, tx->iv_index, &header, transport_pdu,
					 len, pdu, &pdu_len);
	if (err)
		return err;
	struct bm_adv adv = {.ad_type = BM_AD_MESH_MESSAGE, .payload = pdu, .len = (uint8_t)pdu_len};
	bm_net_transmit_state(&adv, net->states.network_transmit);
	err = bm_env_advertise(net->env, &adv);
	if (!err)
		net->env->counters.net_tx++;
	return err;
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
	if (tx->cred != BM_CRED_FLOODING)
		return BM_ERR_NOT_SUPPORTED;
	const struct bm_subnet *subnet = bm_subnet_find(&net->subnets, tx->net_idx);
	if (!subnet)
		return BM_ERR_NO_KEY;
	if (bm_net_is_own(net, tx->dst))
		return queue_local(net, tx, transport_pdu, len);
	const enum bm_err err = send_air(net, subnet, tx, transport_pdu, len);
	/* A group of ours hears it too, but nothing that is told not to have been sent. A full local queue is counted.
	 */
	if (!err && !bm_addr_is_unicast(tx->dst) && net->upper.accepts(net->upper.ctx, tx->dst))
		(void)queue_local(net, tx, transport_pdu, len);
	return err;
}
