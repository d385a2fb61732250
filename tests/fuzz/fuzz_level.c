/*
 * A Level Server bound to an OnOff Server, both with a Default Transition Time, sent any octets by a model of the same
 * node. Input: frames of opcode (the generic models' or any), pause in 50 ms, length, parameters.
 *
 * Whatever comes, OnOff says what the level says, and every level told is the one computed for that moment.
 */
#include <stdlib.h>

#include "blemesh/bytes.h"
#include "blemesh/default_transition_time.h"
#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "sim/world.h"

#define ADDR 0x0100
#define FRAMES_MAX 64
#define PARAMS_MAX 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lamp {
	struct bm_level_server level;
	struct bm_onoff_server onoff;
	struct bm_default_transition_time_server default_time;
	struct bm_level_client client;
};

static void on_level(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct lamp *lamp = ctx;
	(void)opcode, (void)rx;
	if (present != lamp->level.present || present != bm_level_server_present(&lamp->level, now))
		abort();
}

static void must(enum bm_err err)
{
	if (err)
		abort();
}

static void join(struct lamp *lamp, struct bm_world_node *wn)
{
	static const uint8_t key[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c};
	const struct bm_prov_data network = {.addr = ADDR, .net_key = {0x7d}};
	bm_level_server_init(&lamp->level, 0, on_level, lamp);
	bm_onoff_server_init(&lamp->onoff, false, NULL, NULL);
	bm_default_transition_time_server_init(&lamp->default_time, NULL, NULL);
	bm_level_client_init(&lamp->client, NULL, NULL);
	bm_level_server_use_default_transition_time(&lamp->level, &lamp->default_time);
	bm_onoff_server_use_default_transition_time(&lamp->onoff, &lamp->default_time);
	bm_level_server_bind_onoff(&lamp->level, &lamp->onoff);
	struct bm_model *models[] = {&lamp->level.model, &lamp->onoff.model, &lamp->default_time.model,
				     &lamp->client.model};
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		must(bm_node_add_model(wn->node, 0, models[i]));
	must(bm_node_start(wn->node, 0));
	must(bm_node_provision_self(wn->node, &network, key, 0));
	must(bm_node_add_app_key(wn->node, 0, 0, key));
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		must(bm_node_bind(wn->node, models[i], 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct bm_world *world = bm_world_new(1);
	struct bm_world_node *wn = bm_world_add(world, NULL);
	struct lamp lamp;
	join(&lamp, wn);
	const struct bm_tx tx = {.dst = ADDR, .app_idx = 0, .ttl = BM_TTL_DEFAULT};
	for (int i = 0; i < FRAMES_MAX && bm_reader_left(&r) >= 3; i++) {
		const uint8_t opcode = bm_read_u8(&r);
		bm_world_run_for(world, 50u * BM_US_PER_MS * bm_read_u8(&r));
		size_t len = bm_read_u8(&r) % (PARAMS_MAX + 1);
		if (len > bm_reader_left(&r))
			len = bm_reader_left(&r);
		uint8_t out[2 + PARAMS_MAX];
		struct bm_writer w = bm_writer_of(out, sizeof out);
		bm_put_opcode(&w, BM_OP_ONOFF_GET + opcode % 16u);
		bm_put_octets(&w, bm_read_octets(&r, len), len);
		/* What is too long for one segment may find the last one under way. */
		const enum bm_err err = bm_model_send(&lamp.client.model, &tx, out, 2 + len, bm_world_now(world));
		if (err && err != BM_ERR_BUSY)
			abort();
		bm_world_run_for(world, 1);
		if (lamp.onoff.present != (lamp.level.present > BM_LEVEL_MIN))
			abort();
	}
	bm_world_free(world);
	return 0;
}
