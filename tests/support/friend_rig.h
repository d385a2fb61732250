/*
 * A friend and a low power node on stations of a bench (transport_rig.h): what they send is kept, what they hear is put
 * before them octet for octet.
 */
#ifndef BM_TESTS_FRIEND_RIG_H
#define BM_TESTS_FRIEND_RIG_H

#include "friend/friend_state.h"
#include "friend/lpn_state.h"
#include "support/transport_rig.h"
#include "support/vectors.h"

#define RIG_LPN 0x1201
#define RIG_FRIEND 0x2345

struct friend_rig {
	struct station station; /* first: it is what the station's callbacks get */
	struct bm_friend friends;
	struct bm_lpn lpn;
	void *mem;
	uint16_t subscriptions[16];
	size_t subscription_count;
	bm_time listen_from, listen_until;
};

static inline bool friend_rig_keeps(void *ctx, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl, bool local)
{
	return bm_friend_keeps(&((struct friend_rig *)ctx)->friends, net_idx, src, dst, ttl, local);
}

static inline bool friend_rig_accepts(void *ctx, uint16_t dst)
{
	return station_accepts(ctx, dst) || dst == BM_ADDR_ALL_FRIENDS;
}

static inline void friend_rig_heard(void *ctx, const struct bm_net_rx *rx)
{
	bm_lpn_heard(&((struct friend_rig *)ctx)->lpn, rx);
}

static inline bool friend_rig_control(void *ctx, const struct bm_transport_rx *rx, uint8_t opcode,
				      const uint8_t *params, size_t len)
{
	struct friend_rig *rig = ctx;
	const bool as_friend = bm_friend_control(&rig->friends, rx, opcode, params, len);
	return bm_lpn_control(&rig->lpn, rx, opcode, params, len) || as_friend;
}

static inline void friend_rig_keep(void *ctx, const struct bm_transport_kept *pdu, uint8_t count)
{
	bm_friend_keep(&((struct friend_rig *)ctx)->friends, pdu, count);
}

static inline bool friend_rig_keeps_segments(void *ctx, uint16_t dst, uint8_t count)
{
	return bm_friend_keeps_segments(&((struct friend_rig *)ctx)->friends, dst, count);
}

static inline size_t friend_rig_subscriptions(void *ctx, uint16_t *out, size_t capacity)
{
	struct friend_rig *rig = ctx;
	assert_true(rig->subscription_count <= capacity);
	memcpy(out, rig->subscriptions, rig->subscription_count * sizeof *out);
	return rig->subscription_count;
}

static inline bool friend_rig_needed(void *ctx)
{
	return bm_friend_has_lpns(&((struct friend_rig *)ctx)->friends);
}

static inline void friend_rig_listen(void *self, bm_time from, bm_time until, bm_time now)
{
	/* The bearer's self is the net_rig at the beginning of the station, which is at the beginning of this. */
	struct friend_rig *rig = self;
	(void)now;
	rig->listen_from = from;
	rig->listen_until = until;
}

static const struct bm_bearer_ops friend_rig_bearer = {.advertise = rig_advertise, .listen = friend_rig_listen};

/* Neither role is on for limits of 0. */
static inline void friend_rig_init(struct friend_rig *rig, uint16_t addr, uint8_t lpns, uint8_t low_power)
{
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.friend_lpns = lpns;
	limits.friend_queue = 16;
	limits.friend_subscriptions = 8;
	limits.low_power = low_power;
	memset(rig, 0, sizeof *rig);
	station_init(&rig->station, &limits);
	rig->station.rig.env.bearer.ops = &friend_rig_bearer;
	struct bm_net_upper *upper = &rig->station.rig.net.upper;
	upper->accepts = friend_rig_accepts;
	upper->keeps = friend_rig_keeps;
	upper->friendship = friend_rig_heard;
	struct bm_transport_upper *transport = &rig->station.transport.upper;
	transport->control = friend_rig_control;
	transport->keep = friend_rig_keep;
	transport->keeps_segments = friend_rig_keeps_segments;
	struct bm_arena measure = {0};
	bm_friend_carve(&rig->friends, &limits, &measure);
	bm_lpn_carve(&rig->lpn, &limits, &measure);
	rig->mem = calloc(1, measure.used + 1);
	struct bm_arena arena = {.mem = rig->mem, .size = measure.used};
	bm_friend_carve(&rig->friends, &limits, &arena);
	bm_lpn_carve(&rig->lpn, &limits, &arena);
	assert_false(arena.failed);
	const struct bm_friend_config friend_config = {0};
	const struct bm_lpn_config lpn_config = {.poll_timeout_ms = 10000};
	const struct bm_lpn_upper lpn_upper = {
		.ctx = rig, .subscriptions = friend_rig_subscriptions, .needed = friend_rig_needed};
	bm_friend_init(&rig->friends, &rig->station.rig.env, &limits, &rig->station.rig.net, &rig->station.transport,
		       &friend_config, true);
	bm_lpn_init(&rig->lpn, &rig->station.rig.env, &limits, &rig->station.rig.net, &rig->station.transport,
		    &lpn_config, &lpn_upper, true);
	station_start(&rig->station, addr, 1, 0x12345678);
}

static inline void friend_rig_free(struct friend_rig *rig)
{
	free(rig->mem);
	station_free(&rig->station);
}

static inline bm_time friend_rig_now(const struct friend_rig *rig)
{
	return rig->station.rig.env.timers.now;
}

static inline void friend_rig_run(struct friend_rig *rig, uint64_t duration_us)
{
	rig_run_until(&rig->station.rig, friend_rig_now(rig) + duration_us);
}

static inline void friend_rig_hear(struct friend_rig *rig, const uint8_t *pdu, size_t len)
{
	bm_net_receive(&rig->station.rig.net, pdu, len, -70);
}

/* A control message as another node sends it: under managed flooding credentials, or those of a friendship. */
static inline void friend_rig_hear_control(struct friend_rig *rig, const struct bm_cred *cred, uint8_t ttl,
					   uint32_t seq, uint16_t src, uint16_t dst, const char *hex)
{
	struct bm_net_keys keys;
	uint8_t transport_pdu[16], pdu[BM_NET_PDU_MAX];
	const size_t len = hex_decode(hex, transport_pdu, sizeof transport_pdu);
	const struct bm_net_header header = {.ctl = true, .ttl = ttl, .seq = seq, .src = src, .dst = dst};
	size_t pdu_len;
	bm_net_keys_derive(&keys, rig_net_key);
	assert_int_equal(
		bm_net_encrypt(cred ? cred : &keys.flooding, 0x12345678, &header, transport_pdu, len, pdu, &pdu_len),
		BM_OK);
	friend_rig_hear(rig, pdu, pdu_len);
}

/* The credentials of the sample data's friendship. */
static inline void friend_rig_cred(struct bm_cred *cred)
{
	uint8_t encryption[16], privacy[16];
	static const uint8_t p[9] = {0x01, 0x12, 0x01, 0x23, 0x45, 0x00, 0x00, 0x07, 0x2f};
	bm_k2(rig_net_key, p, sizeof p, &cred->nid, encryption, privacy);
	bm_port_aes_set_key(&cred->encryption, encryption);
	bm_port_aes_set_key(&cred->privacy, privacy);
}

/* The last PDU sent, opened: its Transport PDU; under a friendship's credentials if they are given. */
static inline size_t friend_rig_last(struct friend_rig *rig, const struct bm_cred *cred, struct bm_net_header *header,
				     uint8_t clear[BM_NET_CLEAR_MAX])
{
	struct bm_net_keys keys;
	size_t len = 0;
	bm_net_keys_derive(&keys, rig_net_key);
	assert_true(rig->station.rig.sent_count > 0);
	const struct rig_sent *sent = &rig->station.rig.sent[rig->station.rig.sent_count - 1];
	assert_int_equal(bm_net_decrypt(cred ? cred : &keys.flooding, 0x12345678, sent->octets, sent->adv.len, header,
					clear, &len),
			 BM_OK);
	memmove(clear, clear + 2, len);
	return len;
}

#endif
