/*
 * A proxy whose links the test plays: it writes what it likes, holds the keys, and sees what is sent back and which
 * links are ended. Included by one file of an executable.
 */
#ifndef BM_TESTS_PROXY_TARGET_H
#define BM_TESTS_PROXY_TARGET_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "net/security.h"
#include "node/node_state.h"
#include "support/network.h"

#define TARGET_PEER 0x0777
#define TARGET_LINKS 2

/* A proxy, told by hand what its links do; and what it does to them. */
struct target {
	struct network *network;
	struct lamp lamp;
	struct bm_node *node;
	struct bm_net_keys keys;
	struct bm_bearer radio;
	int sent, disconnected;
	bm_gatt_conn last_disconnected;
	uint8_t last[32];
	size_t last_len;
	uint8_t message[80]; /* the last one, put together: its type, then its octets */
	size_t message_len;
	bool busy, advertises;
	uint32_t seq;
};

static inline enum bm_err send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	struct target *t = self;
	(void)conn, (void)now;
	if (t->busy)
		return BM_ERR_BUSY;
	assert_in_range(len, 1, 20);
	t->sent++;
	t->last_len = len;
	memcpy(t->last, octets, len);
	if (!(octets[0] & 0x80)) {
		t->message[0] = octets[0] & 0x3f;
		t->message_len = 1;
	}
	assert_true(t->message_len + len - 1 <= sizeof t->message);
	memcpy(t->message + t->message_len, octets + 1, len - 1);
	t->message_len += len - 1;
	return BM_OK;
}

static inline void hang_up(void *self, bm_gatt_conn conn, bm_time now)
{
	struct target *t = self;
	(void)now;
	t->disconnected++;
	t->last_disconnected = conn;
}

static inline enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct target *t = self;
	return t->radio.ops->advertise(t->radio.self, adv, now);
}

static inline enum bm_err gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now)
{
	struct target *t = self;
	t->advertises = adv->data != NULL;
	return t->radio.ops->gatt_advertise(t->radio.self, adv, now);
}

static const struct bm_bearer_ops ops = {
	.advertise = advertise, .gatt_advertise = gatt_advertise, .gatt_send = send, .gatt_disconnect = hang_up};

static inline void make(struct target *t)
{
	memset(t, 0, sizeof *t);
	t->network = network_new(1);
	struct bm_node_config config = bm_world_config();
	config.limits.gatt_links = TARGET_LINKS;
	config.limits.proxy_filter = 4;
	config.limits.solicitations = 2;
	config.features = BM_FEATURE_PROXY;
	lamp_init(&t->lamp, t->network, &config);
	lamp_join(&t->lamp, t->network, 0x0101);
	t->node = t->lamp.wn->node;
	t->radio = t->node->env.bearer;
	t->node->env.bearer = (struct bm_bearer){.ops = &ops, .self = t};
	bm_net_keys_derive(&t->keys, t->network->net_key);
	bm_world_run_for(t->network->world, BM_US_PER_S);
}

static inline void tell(struct target *t, struct bm_gatt_event event)
{
	event.service = BM_GATT_PROXY;
	event.mtu = 23;
	/* As a host does: the set ends that a client came through. */
	if (event.kind == BM_GATT_CONNECTED && event.role == BM_GATT_SERVER)
		t->advertises = false;
	bm_node_gatt_event(t->node, &event, network_now(t->network));
}

static inline void open_link(struct target *t, bm_gatt_conn conn)
{
	tell(t, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = conn, .role = BM_GATT_SERVER});
	tell(t, (struct bm_gatt_event){.kind = BM_GATT_SUBSCRIBED, .conn = conn, .on = true});
}

static inline void write_octets(struct target *t, bm_gatt_conn conn, const uint8_t *octets, size_t len)
{
	tell(t, (struct bm_gatt_event){.kind = BM_GATT_RECEIVED, .conn = conn, .octets = octets, .len = len});
}

static inline void write_config(struct target *t, bm_gatt_conn conn, const uint8_t *octets, size_t len)
{
	uint8_t pdu[1 + BM_NET_PDU_MAX] = {BM_PROXY_CONFIG};
	size_t pdu_len;
	assert_int_equal(bm_net_encrypt_proxy(BM_NET_PROXY_CONFIG, &t->keys.flooding, 0, ++t->seq, TARGET_PEER, octets,
					      len, pdu + 1, &pdu_len),
			 BM_OK);
	write_octets(t, conn, pdu, 1 + pdu_len);
}

#endif
