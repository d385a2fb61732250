/*
 * A dimmer and a lamp over the air: Level, Default Transition Time and OnOff on one element, without and with loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/default_transition_time.h"
#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "blemesh/request.h"
#include "support/network.h"

#define LAMP_ADDR 0x0100
#define DIMMER_ADDR 0x0101
#define MODELS 5

struct member {
	struct bm_world_node *wn;
	struct bm_level_server level;
	struct bm_onoff_server onoff;
	struct bm_default_transition_time_server default_time;
	struct bm_level_client level_client;
	struct bm_default_transition_time_client default_time_client;
	int told;
	struct bm_level_status status;
	int statuses;
	enum bm_err result;
	int done;
};

static void on_level(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct member *member = ctx;
	(void)present, (void)opcode, (void)rx, (void)now;
	member->told++;
}

static void on_status(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx)
{
	struct member *member = ctx;
	(void)rx;
	member->status = *status;
	member->statuses++;
}

static void on_done(void *ctx, enum bm_err result, bm_time now)
{
	struct member *member = ctx;
	(void)now;
	member->result = result;
	member->done++;
}

static void join(struct member *member, struct network *network, uint16_t addr)
{
	memset(member, 0, sizeof *member);
	member->wn = bm_world_add(network->world, NULL);
	struct bm_node *node = member->wn->node;
	bm_level_server_init(&member->level, BM_LEVEL_MIN, on_level, member);
	bm_onoff_server_init(&member->onoff, false, NULL, NULL);
	bm_default_transition_time_server_init(&member->default_time, NULL, NULL);
	bm_level_client_init(&member->level_client, on_status, member);
	bm_default_transition_time_client_init(&member->default_time_client, NULL, NULL);
	bm_level_server_use_default_transition_time(&member->level, &member->default_time);
	bm_level_server_bind_onoff(&member->level, &member->onoff);
	struct bm_model *models[MODELS] = {&member->level.model, &member->onoff.model, &member->default_time.model,
					   &member->level_client.model, &member->default_time_client.model};
	for (size_t i = 0; i < MODELS; i++)
		assert_int_equal(bm_node_add_model(node, 0, models[i]), BM_OK);
	assert_int_equal(bm_node_start(node, network_now(network)), BM_OK);
	struct bm_prov_data data = {.addr = addr};
	memcpy(data.net_key, network->net_key, sizeof data.net_key);
	const uint8_t dev_key[16] = {(uint8_t)addr};
	assert_int_equal(bm_node_provision_self(node, &data, dev_key, network_now(network)), BM_OK);
	assert_int_equal(bm_node_add_app_key(node, 0, NETWORK_APP_IDX, network->app_key), BM_OK);
	for (size_t i = 0; i < MODELS; i++)
		assert_int_equal(bm_node_bind(node, models[i], NETWORK_APP_IDX), BM_OK);
}

struct room {
	struct network *network;
	struct member lamp, dimmer;
};

static struct room *room_new(uint64_t seed, double loss)
{
	struct room *room = calloc(1, sizeof *room);
	room->network = network_new(seed);
	join(&room->lamp, room->network, LAMP_ADDR);
	join(&room->dimmer, room->network, DIMMER_ADDR);
	bm_medium_set_loss(bm_world_medium(room->network->world), loss);
	return room;
}

static void room_free(struct room *room)
{
	network_free(room->network);
	free(room);
}

static bool is_done(void *ctx)
{
	const struct member *member = ctx;
	return member->done > 0;
}

/* Sends an acknowledged message until it is answered. */
static void request(struct room *room, struct bm_model *model, const uint8_t *payload, size_t len, uint32_t status)
{
	struct bm_request waiting;
	bm_request_init(&waiting);
	const struct bm_tx tx = tx_to(LAMP_ADDR);
	room->dimmer.done = 0;
	assert_int_equal(bm_request_send(&waiting, model, &tx, payload, len, status, 20 * BM_US_PER_S, on_done,
					 &room->dimmer, network_now(room->network)),
			 BM_OK);
	bm_world_run_until(room->network->world, is_done, &room->dimmer, 30 * BM_US_PER_S);
	assert_int_equal(room->dimmer.result, BM_OK);
}

static int level(struct room *room)
{
	return bm_level_server_present(&room->lamp.level, network_now(room->network));
}

static void test_a_dimmer_moves_a_lamp_and_stops_it(void **state)
{
	(void)state;
	struct room *room = room_new(1, 0);
	struct bm_world *world = room->network->world;
	struct bm_level_client *client = &room->dimmer.level_client;
	const struct bm_tx tx = tx_to(LAMP_ADDR);
	const struct bm_level_how move = {.ack = true, .transition = 0x41};
	const struct bm_level_how stop = {.ack = true, .transition = 0xff};
	assert_int_equal(bm_level_client_move(client, &tx, 6553, &move, network_now(room->network)), BM_OK);
	bm_world_run_for(world, 3 * BM_US_PER_S);
	assert_true(room->lamp.onoff.present);
	assert_true(room->dimmer.status.has_target);
	assert_int_equal(room->dimmer.status.target, BM_LEVEL_MAX);
	assert_int_equal(bm_level_client_move(client, &tx, 0, &stop, network_now(room->network)), BM_OK);
	bm_world_run_for(world, BM_US_PER_S);
	const int stopped = level(room);
	assert_in_range(stopped - BM_LEVEL_MIN, 3 * 6553 - 700, 3 * 6553 + 700);
	assert_false(room->dimmer.status.has_target);
	assert_int_equal(room->dimmer.status.present, stopped);
	bm_world_run_for(world, 10 * BM_US_PER_S);
	assert_int_equal(level(room), stopped);
	room_free(room);
}

static void test_levels_arrive_at_30_percent_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct room *room = room_new(seed, 0.3);
		struct member *dimmer = &room->dimmer;
		/* Default Transition Time 500 ms. */
		request(room, &dimmer->default_time_client.model, (const uint8_t[]){0x82, 0x0e, 0x05}, 3,
			BM_OP_DEFAULT_TRANSITION_TIME_STATUS);
		int expected = BM_LEVEL_MIN;
		for (uint8_t tid = 0; tid < 20; tid++) {
			/* Delta Set +1000: however often it is repeated, it counts once. */
			const uint8_t delta[] = {0x82, 0x09, 0xe8, 0x03, 0x00, 0x00, tid};
			request(room, &dimmer->level_client.model, delta, sizeof delta, BM_OP_LEVEL_STATUS);
			expected += 1000;
			bm_world_run_for(room->network->world, BM_US_PER_S);
			assert_int_equal(level(room), expected);
			assert_int_equal(room->lamp.level.target, expected);
			assert_true(room->lamp.onoff.present);
		}
		/* Within 500 ms: on the way four or five times, and the end. */
		assert_in_range(room->lamp.told, 20 * 5, 20 * 6);
		const uint8_t set[] = {0x82, 0x06, 0x00, 0x80, 20, 0x41, 0x14};
		request(room, &dimmer->level_client.model, set, sizeof set, BM_OP_LEVEL_STATUS);
		bm_world_run_for(room->network->world, 2 * BM_US_PER_S);
		assert_int_equal(level(room), BM_LEVEL_MIN);
		assert_false(room->lamp.onoff.present);
		room_free(room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dimmer_moves_a_lamp_and_stops_it),
		cmocka_unit_test(test_levels_arrive_at_30_percent_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
