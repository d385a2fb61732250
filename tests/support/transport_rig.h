/*
 * Network and transport layers of several nodes on a bench, and an air between them: what one sends the others hear in
 * order of time, each transmission lost with a probability for each receiver, all from one seed.
 */
#ifndef BM_TESTS_TRANSPORT_RIG_H
#define BM_TESTS_TRANSPORT_RIG_H

#include "support/net_rig.h"
#include "transport/transport_state.h"

#define STATION_MESSAGES 128

struct station_message {
	struct bm_transport_rx rx;
	uint8_t label[16];
	uint8_t opcode; /* control */
	uint8_t payload[BM_UPPER_ACCESS_MAX];
	size_t len;
};

struct station {
	struct net_rig rig;
	struct bm_transport transport;
	void *transport_mem;
	size_t heard; /* of rig.sent of the others: handled by air_run */
	struct station_message access[STATION_MESSAGES];
	size_t access_count;
	struct station_message control[STATION_MESSAGES];
	size_t control_count;
	size_t done_count;
	enum bm_err done_result[STATION_MESSAGES];
	void (*on_access)(struct station *station); /* NULL: nothing more */
	bool no_control;                            /* control opcodes are unknown */
};

static inline void station_keep(struct station_message *message, const struct bm_transport_rx *rx, uint8_t opcode,
				const uint8_t *payload, size_t len)
{
	message->rx = *rx;
	if (rx->label) {
		memcpy(message->label, rx->label, 16);
		message->rx.label = message->label;
	}
	message->opcode = opcode;
	message->len = len;
	memcpy(message->payload, payload, len);
}

static inline void station_access(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	struct station *station = ctx;
	assert_true(station->access_count < STATION_MESSAGES);
	station_keep(&station->access[station->access_count++], rx, 0, payload, len);
	if (station->on_access)
		station->on_access(station);
}

static inline bool station_control(void *ctx, const struct bm_transport_rx *rx, uint8_t opcode, const uint8_t *params,
				   size_t len)
{
	struct station *station = ctx;
	if (station->no_control)
		return false;
	assert_true(station->control_count < STATION_MESSAGES);
	station_keep(&station->control[station->control_count++], rx, opcode, params, len);
	return true;
}

static inline void station_done(void *ctx, enum bm_err result, bm_time now)
{
	struct station *station = ctx;
	assert_true(now == station->rig.env.timers.now);
	assert_true(station->done_count < STATION_MESSAGES);
	station->done_result[station->done_count++] = result;
}

static inline bool station_accepts(void *ctx, uint16_t dst)
{
	const struct station *station = ctx;
	if (bm_net_is_own(&station->rig.net, dst) || (station->rig.group && dst == station->rig.group))
		return true;
	for (uint8_t i = 0; i < station->transport.labels.capacity; i++)
		if (station->transport.labels.table[i].users && station->transport.labels.table[i].addr == dst)
			return true;
	return false;
}

static inline void station_receive(void *ctx, const struct bm_net_rx *rx)
{
	bm_transport_receive(&((struct station *)ctx)->transport, rx);
}

static inline bool station_busy(void *ctx)
{
	return bm_transport_busy(&((struct station *)ctx)->transport);
}

static inline void station_iv_changed(void *ctx)
{
	((struct station *)ctx)->rig.iv_changes++;
}

/* limits NULL: the default with 8 device keys of others. No NetKey, no AppKey. */
static inline void station_init(struct station *station, const struct bm_limits *limits)
{
	const struct bm_net_upper net_upper = {.ctx = station,
					       .accepts = station_accepts,
					       .receive = station_receive,
					       .busy = station_busy,
					       .iv_changed = station_iv_changed};
	const struct bm_transport_upper upper = {.ctx = station, .access = station_access, .control = station_control};
	memset(station, 0, sizeof *station);
	rig_env_init(&station->rig);
	station->rig.limits.remote_dev_keys = 8;
	if (limits)
		station->rig.limits = *limits;
	rig_net_init_limits(&station->rig, &net_upper);
	struct bm_arena measure = {0};
	bm_transport_carve(&station->transport, &station->rig.limits, &measure);
	station->transport_mem = malloc(measure.used);
	struct bm_arena arena = {.mem = station->transport_mem, .size = measure.used};
	bm_transport_carve(&station->transport, &station->rig.limits, &arena);
	assert_false(arena.failed);
	bm_transport_init(&station->transport, &station->rig.env, &station->rig.limits, &station->rig.net, &upper);
}

static inline void station_free(struct station *station)
{
	free(station->transport_mem);
	rig_free(&station->rig);
}

/* The keys of the sample data. */
static const uint8_t station_app_key[16] = {0x63, 0x96, 0x47, 0x71, 0x73, 0x4f, 0xbd, 0x76,
					    0xe3, 0xb4, 0x05, 0x19, 0xd1, 0xd9, 0x4a, 0x48};

static inline void station_start(struct station *station, uint16_t addr, uint8_t elements, uint32_t iv_index)
{
	rig_start(&station->rig, addr, elements, iv_index);
	assert_int_equal(bm_app_key_add(&station->transport.app_keys, 0, 0, station_app_key), BM_OK);
}

struct air {
	struct station *stations[8];
	size_t count;
	uint64_t random;
	uint32_t loss; /* of 1000 */
	bm_time now;
};

static inline bool air_loses(struct air *air)
{
	air->random = air->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (air->random >> 33) % 1000 < air->loss;
}

/* Hands over what was sent since the last call, each transmission on its own. Intervals are taken as passed at once. */
static inline void air_deliver(struct air *air)
{
	bool more = true;
	while (more) {
		more = false;
		for (size_t s = 0; s < air->count; s++) {
			struct station *from = air->stations[s];
			while (from->heard < from->rig.sent_count) {
				const struct rig_sent sent = from->rig.sent[from->heard++];
				more = true;
				for (size_t t = 0; t < (size_t)air->count * sent.adv.transmissions; t++) {
					struct station *to = air->stations[t % air->count];
					if (to == from || sent.adv.ad_type != BM_AD_MESH_MESSAGE || air_loses(air))
						continue;
					bm_net_receive(&to->rig.net, sent.octets, sent.adv.len, -50);
				}
			}
			from->heard = from->rig.sent_count = 0;
		}
	}
}

static inline void air_run_until(struct air *air, bm_time until)
{
	air_deliver(air);
	for (;;) {
		bm_time next = BM_TIME_NEVER;
		for (size_t s = 0; s < air->count; s++)
			if (bm_timers_deadline(&air->stations[s]->rig.env.timers) < next)
				next = bm_timers_deadline(&air->stations[s]->rig.env.timers);
		if (next > until)
			break;
		air->now = next > air->now ? next : air->now;
		for (size_t s = 0; s < air->count; s++) {
			bm_timers_advance(&air->stations[s]->rig.env.timers, air->now);
			bm_timers_run(&air->stations[s]->rig.env.timers);
		}
		air_deliver(air);
	}
	air->now = until;
	for (size_t s = 0; s < air->count; s++)
		bm_timers_advance(&air->stations[s]->rig.env.timers, until);
}

#endif
