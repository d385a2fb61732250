/*
 * Somebody who holds all keys of a node and says with them what the fuzzer likes: credentials, sealed access messages,
 * segments, beacons; and what must hold of the node whatever was said.
 */
#ifndef BM_FUZZ_HOSTILE_H
#define BM_FUZZ_HOSTILE_H

#include <stdlib.h>
#include <string.h>

#include "blemesh/bytes.h"
#include "node/node_state.h"
#include "pdu/beacon.h"
#include "sim/world.h"

#define HOSTILE_LINKS 4

struct hostile {
	struct bm_world *world;
	struct bm_node *node;
	uint32_t seq;
	bool over_gatt; /* what it says goes through a proxy link, not over the air */
	bm_gatt_conn conn;
};

/* Managed flooding, or one of the friendships if there is such; or the flooding of any subnet and key. */
static inline const struct bm_cred *hostile_cred(struct bm_node *node, uint8_t how)
{
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	const size_t at = how & 3;
	if (at > 0 && at <= subnets->friendship_count && subnets->friendships[at - 1].keys[0].valid)
		return &subnets->friendships[at - 1].keys[0].cred;
	const struct bm_subnet *subnet = &subnets->table[(how >> 2) % subnets->capacity];
	const struct bm_net_keys *keys = &subnet->keys[how >> 5 & 1];
	if (subnet->used && keys->valid)
		return &keys->flooding;
	const struct bm_net_keys *first = &subnets->table[0].keys[0];
	return first->valid ? &first->flooding : &subnets->table[0].keys[1].flooding;
}

/* The IV index the node sends with, or the one beside it. */
static inline uint32_t hostile_iv(const struct bm_node *node, uint8_t how)
{
	const uint32_t iv_index = bm_iv_tx(&node->net.iv);
	return how & 0x80 && iv_index > 0 ? iv_index - 1 : iv_index;
}

static inline void hostile_tell(struct hostile *h, struct bm_gatt_event event)
{
	event.service = bm_node_is_provisioned(h->node) ? BM_GATT_PROXY : BM_GATT_PROVISIONING;
	event.mtu = BM_GATT_MTU_MIN;
	bm_node_gatt_event(h->node, &event, bm_world_now(h->world));
}

/* A Proxy PDU, in segments as an ATT_MTU of 23 wants them. */
static inline void hostile_write(struct hostile *h, uint8_t type, const uint8_t *octets, size_t len)
{
	const size_t room = BM_GATT_MTU_MIN - 4;
	for (size_t at = 0; at == 0 || at < len; at += room) {
		const size_t now = len - at < room ? len - at : room;
		const bool first = at == 0, last = at + now == len;
		const uint8_t sar = first && last ? BM_PROXY_COMPLETE
				    : first       ? BM_PROXY_FIRST
				    : last        ? BM_PROXY_LAST
						  : BM_PROXY_CONTINUATION;
		uint8_t piece[BM_GATT_MTU_MIN];
		piece[0] = (uint8_t)(sar << 6 | type);
		if (now)
			memcpy(piece + 1, octets + at, now);
		hostile_tell(h, (struct bm_gatt_event){
					.kind = BM_GATT_RECEIVED, .conn = h->conn, .octets = piece, .len = 1 + now});
	}
}

/* A Transport PDU, sealed by the network layer. */
static inline void hostile_send(struct hostile *h, uint8_t how, const struct bm_net_header *header,
				const uint8_t *transport_pdu, size_t len)
{
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	if (len == 0 || bm_net_encrypt(hostile_cred(h->node, how), hostile_iv(h->node, how), header, transport_pdu, len,
				       pdu, &pdu_len))
		return;
	if (h->over_gatt)
		hostile_write(h, BM_PROXY_NETWORK, pdu, pdu_len);
	else
		bm_node_receive(h->node, BM_AD_MESH_MESSAGE, pdu, pdu_len, -60, bm_world_now(h->world));
}

/* The segments of a message, in an order and with gaps that the plan says: bit n of skip leaves the nth out. */
static inline void hostile_segments(struct hostile *h, uint8_t how, struct bm_net_header header, uint8_t first_octet,
				    bool szmic, const uint8_t *upper, size_t len, uint8_t order, uint32_t skip)
{
	const size_t max = header.ctl ? 8 : 12;
	const size_t count = (len + max - 1) / max;
	const uint32_t seq_zero = header.seq & 0x1fff;
	if (count == 0 || count > 32)
		return;
	for (size_t i = 0; i < count; i++) {
		/* An odd step meets each of 32 places once; those beyond the end are passed over. */
		size_t at = (i * (order | 1u) + (order >> 4)) % 32;
		at = order == 0 ? i : at % count;
		const size_t now = len - at * max < max ? len - at * max : max;
		uint8_t pdu[BM_NET_TRANSPORT_MAX];
		struct bm_writer w = bm_writer_of(pdu, sizeof pdu);
		if (skip >> i & 1)
			continue;
		bm_put_u8(&w, (uint8_t)(0x80 | first_octet));
		bm_put_be24(&w, (uint32_t)szmic << 23 | seq_zero << 10 | (uint32_t)at << 5 | (uint32_t)(count - 1));
		bm_put_octets(&w, upper + at * max, now);
		hostile_send(h, how, &header, pdu, bm_writer_len(&w));
		header.seq = ++h->seq;
		bm_world_run_for(h->world, 20 * BM_US_PER_MS);
	}
}

/* An access payload, sealed by the node's device key or one of its application keys: the Upper Transport PDU's length;
 * 0: there is no such key. */
static inline size_t hostile_seal(struct hostile *h, uint8_t how, uint8_t key, const struct bm_net_header *header,
				  bool szmic, const uint8_t *payload, size_t len, uint8_t *upper, uint8_t *first_octet)
{
	uint8_t nonce[13];
	const uint32_t iv_index = hostile_iv(h->node, how);
	const struct bm_app_keys *app_keys = &h->node->transport.app_keys;
	const struct bm_aes *aes = &h->node->transport.dev_keys.own_aes;
	bm_nonce_device(nonce, szmic, header->seq, header->src, header->dst, iv_index);
	*first_octet = 0;
	if (key & 1) {
		const struct bm_app_key *held = &app_keys->table[(key >> 1) % app_keys->capacity];
		if (!held->used || !held->values[0].valid)
			return 0;
		aes = &held->values[0].aes;
		*first_octet = 0x40 | held->values[0].aid;
		bm_nonce_application(nonce, szmic, header->seq, header->src, header->dst, iv_index);
	} else if (!h->node->transport.dev_keys.own_valid) {
		return 0;
	}
	bm_ccm_encrypt(aes, nonce, NULL, 0, payload, len, upper, szmic ? 8 : 4);
	return len + (szmic ? 8 : 4);
}

/* Any beacon of the node's networks, with an IV index near to its own. */
static inline void hostile_beacon(struct hostile *h, bool as_private, uint8_t how, uint8_t flags, int8_t ahead)
{
	const struct bm_subnets *subnets = bm_net_subnets(&h->node->net);
	const struct bm_subnet *subnet = &subnets->table[(how >> 2) % subnets->capacity];
	const struct bm_net_keys *keys = &subnet->keys[how & 1];
	const uint32_t iv_index = h->node->net.iv.index + (uint32_t)ahead;
	uint8_t octets[BM_PRIVATE_BEACON_LEN];
	if (!subnet->used || !keys->valid)
		return;
	if (as_private) {
		const struct bm_beacon_data data = {
			.key_refresh = flags & 1, .iv_update = flags & 2, .iv_index = iv_index};
		uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN];
		struct bm_private_beacon beacon = {.random = {how, flags, (uint8_t)ahead}};
		bm_private_beacon_data_encode(&data, clear);
		bm_ccm_encrypt(&keys->private_beacon, beacon.random, NULL, 0, clear, sizeof clear, beacon.sealed,
			       BM_PRIVATE_BEACON_TAG_LEN);
		bm_private_beacon_encode(&beacon, octets);
	} else {
		struct bm_secure_beacon beacon = {
			.key_refresh = flags & 1, .iv_update = flags & 2, .iv_index = iv_index};
		uint8_t mac[16];
		memcpy(beacon.network_id, keys->network_id, sizeof beacon.network_id);
		bm_secure_beacon_encode(&beacon, octets);
		bm_cmac(&keys->beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
		memcpy(octets + BM_SECURE_BEACON_LEN - 8, mac, 8);
	}
	const size_t len = as_private ? BM_PRIVATE_BEACON_LEN : BM_SECURE_BEACON_LEN;
	if (h->over_gatt)
		hostile_write(h, BM_PROXY_BEACON, octets, len);
	else
		bm_node_receive(h->node, BM_AD_MESH_BEACON, octets, len, -60, bm_world_now(h->world));
}

/* Friendships: tables within their bounds, timers that run where they must. */
static inline void hostile_check_friends(const struct bm_node *node)
{
	for (uint8_t i = 0; i < node->friends.lpn_count; i++) {
		const struct bm_friend_lpn *lpn = &node->friends.lpns[i];
		const bool alive = lpn->state != BM_FRIEND_FREE;
		const bool has_keys = lpn->state == BM_FRIEND_OFFERED || lpn->state == BM_FRIEND_ESTABLISHED;
		if (lpn->queue.count > lpn->queue.capacity ||
		    lpn->subscription_count > node->friends.subscriptions_max ||
		    bm_timer_is_armed(&lpn->timer) != alive || (lpn->friendship != NULL) != has_keys ||
		    lpn->last.len > BM_FRIEND_PDU_MAX)
			abort();
	}
	const struct bm_lpn *lpn = &node->lpn;
	if (lpn->told_count > lpn->addrs_max || (lpn->state != BM_LPN_OFF && !bm_timer_is_armed(&lpn->timer)) ||
	    node->net.friend_only != (bm_lpn_friend(lpn) != BM_ADDR_UNASSIGNED))
		abort();
}

#endif
