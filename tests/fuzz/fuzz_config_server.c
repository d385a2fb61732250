/*
 * Any octets as access messages to a node's models, under its device key and under an application key. The input is a
 * row of messages: an octet of length and one that chooses key and destination, then the payload. Time passes between
 * them, so that answers go out and resets happen.
 */
#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "blemesh/health.h"
#include "blemesh/onoff.h"
#include "blemesh/sensor.h"
#include "models/foundation/config_client.h"
#include "models/foundation/config_server.h"
#include "net/net_state.h"
#include "transport/transport_state.h"

#define ADDR 0x0010u

struct board {
	struct bm_env env;
	struct bm_net net;
	struct bm_transport transport;
	struct bm_access access;
	struct bm_config_server config;
	struct bm_config_client client;
	struct bm_health_server health;
	struct bm_health_faults faults;
	struct bm_onoff_server onoff;
	struct bm_onoff_client onoff_client;
	struct bm_sensor_server sensor;
	struct bm_sensor_client sensor_client;
	struct bm_sensor_setup_server sensor_setup;
	struct bm_sensor sensors[1];
	struct bm_sensor_cadence_state cadence;
	struct bm_sensor_setting setting;
	uint8_t setting_raw[4];
	struct bm_sensor_series series;
	uint32_t random;
};

static void fill(void *ctx, uint8_t *out, size_t len)
{
	struct board *b = ctx;
	for (size_t i = 0; i < len; i++) {
		b->random = b->random * 1664525u + 1013904223u;
		out[i] = (uint8_t)(b->random >> 24);
	}
}

static void event(void *ctx, const struct bm_event *e)
{
	(void)ctx;
	(void)e;
}

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self;
	(void)adv;
	(void)now;
	return BM_OK;
}

static bool accepts(void *ctx, uint16_t dst)
{
	return bm_access_accepts(&((struct board *)ctx)->access, dst);
}

static void net_receive(void *ctx, const struct bm_net_rx *rx)
{
	bm_transport_receive(&((struct board *)ctx)->transport, rx);
}

static bool busy(void *ctx)
{
	return bm_transport_busy(&((struct board *)ctx)->transport);
}

static void keys_revoked(void *ctx, uint16_t net_idx)
{
	bm_app_keys_revoke_old(bm_transport_app_keys(&((struct board *)ctx)->transport), net_idx);
}

static void access_receive(void *ctx, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	bm_access_receive(&((struct board *)ctx)->access, rx, payload, len);
}

static void must(enum bm_err err)
{
	if (err)
		abort();
}

static void join(struct board *b)
{
	static const uint8_t key[16] = {1, 2, 3};
	struct bm_subnet *subnet;
	must(bm_subnet_add(bm_net_subnets(&b->net), 0, key, false, &subnet));
	must(bm_app_key_add(bm_transport_app_keys(&b->transport), 0, 0, key));
	bm_dev_keys_set_own(bm_transport_dev_keys(&b->transport), key);
	bm_net_start(&b->net, ADDR, b->access.element_count, 0, false);
	for (uint16_t i = 0; i < b->access.model_count; i++)
		if (!b->access.models[i]->dev_key)
			must(bm_access_bind(&b->access, b->access.models[i], 0));
}

static void reset(void *ctx)
{
	struct board *b = ctx;
	bm_config_client_reset(&b->client);
	bm_access_reset(&b->access);
	bm_transport_reset(&b->transport);
	bm_net_reset(&b->net);
	join(b);
}

static void carve(struct board *b, const struct bm_limits *limits, struct bm_arena *arena)
{
	bm_net_carve(&b->net, limits, arena);
	bm_transport_carve(&b->transport, limits, arena);
	bm_access_carve(&b->access, limits, arena);
	bm_config_client_carve(&b->client, limits, arena);
}

/* With all that a sensor can have. */
static void add_sensor(struct board *b)
{
	static const struct bm_sensor_column columns[] = {{{0xf6, 0xff}, {10}, {1}}, {{0}, {10}, {2}}};
	b->setting = (struct bm_sensor_setting){0x32, BM_SENSOR_SETTING_READ_WRITE, b->setting_raw, 4, false};
	b->series = (struct bm_sensor_series){columns, BM_ARRAY_LEN(columns), 2, 1, true};
	b->sensors[0] = (struct bm_sensor){.property_id = 0x56,
					   .len = 2,
					   .cadence = &b->cadence,
					   .settings = &b->setting,
					   .setting_count = 1,
					   .series = &b->series};
	bm_sensor_server_init(&b->sensor, b->sensors, 1);
	bm_sensor_setup_server_init(&b->sensor_setup, &b->sensor);
}

static void add_models(struct board *b, const struct bm_limits *limits)
{
	uint8_t primary, secondary;
	must(bm_access_add_element(&b->access, 0, &primary));
	must(bm_access_add_element(&b->access, 0, &secondary));
	add_sensor(b);
	bm_config_server_init(&b->config, &b->access, reset, b);
	bm_config_client_init(&b->client, &b->access, limits);
	b->faults.company = 0x02c4;
	bm_health_server_init(&b->health, &b->faults, 1, NULL, NULL);
	bm_onoff_server_init(&b->onoff, false, NULL, NULL);
	bm_onoff_client_init(&b->onoff_client, NULL, NULL);
	bm_sensor_client_init(&b->sensor_client, NULL, NULL);
	must(bm_access_add_model(&b->access, primary, &b->config.model));
	must(bm_access_add_model(&b->access, primary, &b->health.model));
	must(bm_access_add_model(&b->access, primary, &b->client.model));
	must(bm_access_add_model(&b->access, primary, &b->onoff.model));
	must(bm_access_add_model(&b->access, primary, &b->sensor_client.model));
	must(bm_access_add_model(&b->access, secondary, &b->onoff_client.model));
	must(bm_access_add_model(&b->access, secondary, &b->sensor.model));
	must(bm_access_add_model(&b->access, secondary, &b->sensor_setup.model));
}

static struct board *board_new(void **memory)
{
	static const struct bm_bearer_ops bearer = {.advertise = advertise};
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.elements = 2;
	limits.config_requests = 2;
	limits.labels = 2;
	limits.subnets = 2;
	limits.app_keys = 3;
	limits.subscriptions = 3;
	struct board *b = aligned_alloc(16, (sizeof *b + 15) / 16 * 16);
	memset(b, 0, sizeof *b);
	struct bm_arena arena = {0};
	carve(b, &limits, &arena);
	*memory = aligned_alloc(64, (arena.used + 63) / 64 * 64);
	arena = (struct bm_arena){.mem = *memory, .size = arena.used};
	carve(b, &limits, &arena);
	b->env.ops = (struct bm_node_ops){.ctx = b, .random = fill, .event = event};
	b->env.bearer = (struct bm_bearer){.ops = &bearer, .self = b};
	const struct bm_net_states states = {.relay_supported = true};
	const struct bm_net_upper net_upper = {
		.ctx = b, .accepts = accepts, .receive = net_receive, .busy = busy, .keys_revoked = keys_revoked};
	const struct bm_transport_upper transport_upper = {.ctx = b, .access = access_receive};
	const struct bm_access_identity identity = {
		.company = 0x02c4, .product = 1, .version = 1, .features = BM_FEATURE_RELAY | BM_FEATURE_PROXY};
	bm_net_init(&b->net, &b->env, &limits, &net_upper, &states);
	bm_transport_init(&b->transport, &b->env, &limits, &b->net, &transport_upper);
	bm_access_init(&b->access, &b->env, &limits, &b->net, &b->transport, &identity, 7);
	add_models(b, &limits);
	bm_access_start(&b->access);
	join(b);
	return b;
}

static void feed(struct board *b, uint8_t choice, const uint8_t *payload, size_t len)
{
	static const uint16_t destinations[] = {ADDR, ADDR + 1, 0xffff, 0xc000};
	static const uint16_t keys[] = {BM_APP_IDX_DEV_LOCAL, 0, BM_APP_IDX_DEV_REMOTE, 1};
	const struct bm_transport_rx rx = {
		/* Half of the time from itself, so that answers meet its clients. */
		.src = choice & 0x10 ? ADDR : 0x0001,
		.dst = destinations[choice & 3],
		.app_idx = keys[choice >> 2 & 3],
		.ttl = choice >> 5,
		.rssi = 127,
	};
	/* Exactly as long as it says, so that the sanitizer sees a read beyond. */
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, payload, len);
	bm_access_receive(&b->access, &rx, copy, len);
	free(copy);
	bm_timers_advance(&b->env.timers, b->env.timers.now + 100 * BM_US_PER_MS);
	bm_timers_run(&b->env.timers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *memory;
	struct board *b = board_new(&memory);
	struct bm_reader r = bm_reader_of(data, size);
	while (bm_reader_left(&r) >= 2) {
		const size_t wanted = bm_read_u8(&r);
		const uint8_t choice = bm_read_u8(&r);
		const size_t len = wanted < bm_reader_left(&r) ? wanted : bm_reader_left(&r);
		feed(b, choice, bm_read_octets(&r, len), len);
	}
	free(memory);
	free(b);
	return 0;
}
