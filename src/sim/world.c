/*
 * Many nodes in virtual time. One heap-free loop: the next instant is the earliest deadline of the medium and the
 * nodes.
 */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

struct bm_world {
	bm_time now;
	struct bm_prng prng;
	struct bm_medium *medium;
	struct bm_world_node **nodes;
	size_t count;
};

struct bm_node_config bm_world_config(void)
{
	return (struct bm_node_config){
		.limits = BM_LIMITS_DEFAULT,
		.company = 0x02c4,
		.beacon = true,
		.default_ttl = 7,
		.network_transmit = 2 | 1 << 3,
		.relay_retransmit = 2 | 1 << 3,
		.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC},
	};
}

static void node_random(void *ctx, uint8_t *out, size_t len)
{
	struct bm_world_node *wn = ctx;
	bm_prng_fill(&wn->world->prng, out, len);
}

static void node_event(void *ctx, const struct bm_event *event)
{
	struct bm_world_node *wn = ctx;
	if (wn->on_event)
		wn->on_event(wn, event);
}

static void node_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_world_node *wn = ctx;
	if (wn->on_trace)
		wn->on_trace(wn, trace);
}

static enum bm_err node_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_world_node *wn = ctx;
	return wn->on_store ? wn->on_store(wn, key, octets, len) : BM_OK;
}

static void station_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct bm_world_node *wn = ctx;
	if (!wn->on_receive || wn->on_receive(wn, ad_type, payload, len))
		bm_node_receive(wn->node, ad_type, payload, len, rssi, now);
}

static void station_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct bm_world_node *wn = ctx;
	bm_node_gatt_seen(wn->node, seen, now);
}

static void station_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	struct bm_world_node *wn = ctx;
	if (!wn->on_gatt || wn->on_gatt(wn, event))
		bm_node_gatt_event(wn->node, event, now);
}

struct bm_world *bm_world_new(uint64_t seed)
{
	struct bm_world *world = calloc(1, sizeof *world);
	if (!world)
		abort();
	bm_prng_seed(&world->prng, seed);
	world->medium = bm_medium_new(bm_prng_next(&world->prng));
	if (!world->medium)
		abort();
	return world;
}

void bm_world_free(struct bm_world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		bm_node_wipe(world->nodes[i]->node);
		free(world->nodes[i]->node);
		free(world->nodes[i]);
	}
	free(world->nodes);
	bm_medium_free(world->medium);
	free(world);
}

struct bm_medium *bm_world_medium(struct bm_world *world)
{
	return world->medium;
}

struct bm_prng *bm_world_prng(struct bm_world *world)
{
	return &world->prng;
}

bm_time bm_world_now(const struct bm_world *world)
{
	return world->now;
}

static void init_node(struct bm_world_node *wn, void *mem)
{
	const struct bm_node_ops ops = {
		.ctx = wn, .random = node_random, .event = node_event, .trace = node_trace, .store = node_store};
	const struct bm_bearer bearer = bm_station_bearer(wn->station);
	if (bm_node_init(mem, bm_node_size(&wn->config.limits), &wn->config, &ops, &bearer, &wn->node))
		abort();
}

void bm_world_power_cycle(struct bm_world_node *wn)
{
	void *mem = wn->node;
	bm_node_wipe(wn->node);
	init_node(wn, mem);
}

struct bm_world_node *bm_world_add(struct bm_world *world, const struct bm_node_config *config)
{
	static const uint8_t no_uuid[BM_UUID_LEN];
	static const struct bm_station_ops station_ops = {
		.receive = station_receive, .seen = station_seen, .gatt = station_gatt};
	struct bm_node_config own = config ? *config : bm_world_config();
	struct bm_world_node *wn = calloc(1, sizeof *wn);
	struct bm_world_node **nodes = realloc(world->nodes, (world->count + 1) * sizeof(struct bm_world_node *));
	if (!wn || !nodes)
		abort();
	world->nodes = nodes;
	wn->world = world;
	if (memcmp(own.uuid, no_uuid, sizeof no_uuid) == 0)
		bm_prng_fill(&world->prng, own.uuid, sizeof own.uuid);
	memcpy(wn->uuid, own.uuid, sizeof wn->uuid);
	uint8_t addr[6];
	bm_prng_fill(&world->prng, addr, sizeof addr);
	addr[0] |= 0xc0; /* static random (Bluetooth Core Vol 6 Part B 1.3.2.1) */
	wn->station = bm_medium_join(world->medium, addr, &station_ops, wn);
	wn->config = own;
	void *mem = malloc(bm_node_size(&own.limits));
	if (!wn->station || !mem)
		abort();
	init_node(wn, mem);
	world->nodes[world->count++] = wn;
	return wn;
}

struct bm_world_node *bm_world_at(struct bm_world *world, size_t index)
{
	return world->nodes[index];
}

size_t bm_world_count(const struct bm_world *world)
{
	return world->count;
}

static bm_time next_instant(const struct bm_world *world)
{
	bm_time next = bm_medium_deadline(world->medium);
	for (size_t i = 0; i < world->count; i++) {
		const bm_time deadline = bm_node_deadline(world->nodes[i]->node);
		if (deadline < next)
			next = deadline;
	}
	return next;
}

bool bm_world_run_until(struct bm_world *world, bool (*done)(void *ctx), void *ctx, uint64_t timeout_us)
{
	const bm_time end = bm_time_add(world->now, timeout_us);
	for (;;) {
		if (done && done(ctx))
			return true;
		const bm_time next = next_instant(world);
		if (next > end)
			break;
		if (next > world->now)
			world->now = next;
		for (size_t i = 0; i < world->count; i++)
			if (bm_node_deadline(world->nodes[i]->node) <= world->now)
				bm_node_run(world->nodes[i]->node, world->now);
		if (bm_medium_deadline(world->medium) <= world->now)
			bm_medium_run(world->medium, world->now);
	}
	world->now = end;
	return done && done(ctx);
}

void bm_world_run_for(struct bm_world *world, uint64_t duration_us)
{
	(void)bm_world_run_until(world, NULL, NULL, duration_us);
}
