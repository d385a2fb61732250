/*
 * How much of its time a low power node's receiver is on: a friend that answers at a random moment of a 100 ms receive
 * window, a poll time-out of 10 s, one message a minute. In virtual time, so every run prints the same.
 *
 * usage: bench_low_power [MINUTES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blemesh/onoff.h"
#include "sim/world.h"

#define MINUTE_US (60 * (uint64_t)BM_US_PER_S)
#define LPN_ADDR 0x0002
#define MARK_PERCENT 1.0

struct board {
	struct bm_world_node *wn;
	struct bm_onoff_server server;
	struct bm_onoff_client client;
	int changes;
};

static const uint8_t NET_KEY[16] = {1};
static const uint8_t APP_KEY[16] = {2};

static void on_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct board *board = ctx;
	(void)present, (void)opcode, (void)rx, (void)now;
	board->changes++;
}

static void join(struct board *board, struct bm_world *world, const struct bm_node_config *config, uint16_t addr)
{
	struct bm_prov_data data = {.addr = addr};
	const uint8_t dev_key[16] = {(uint8_t)addr};
	memcpy(data.net_key, NET_KEY, sizeof data.net_key);
	board->wn = bm_world_add(world, config);
	struct bm_node *node = board->wn->node;
	bm_onoff_server_init(&board->server, false, on_change, board);
	bm_onoff_client_init(&board->client, NULL, NULL);
	if (bm_node_add_model(node, 0, &board->server.model) || bm_node_add_model(node, 0, &board->client.model) ||
	    bm_node_start(node, 0) || bm_node_provision_self(node, &data, dev_key, 0) ||
	    bm_node_add_app_key(node, 0, 0, APP_KEY) || bm_node_bind(node, &board->server.model, 0) ||
	    bm_node_bind(node, &board->client.model, 0))
		abort();
}

int main(int argc, char **argv)
{
	static struct board friend_board, lpn_board;
	const int minutes = argc > 1 ? atoi(argv[1]) : 10;
	struct bm_world *world = bm_world_new(1);
	struct bm_node_config friend_config = bm_world_config(), lpn_config = bm_world_config();
	friend_config.features = BM_FEATURE_FRIEND;
	friend_config.limits.friend_lpns = 1;
	friend_config.limits.friend_queue = 16;
	friend_config.limits.friend_subscriptions = 8;
	friend_config.friends = (struct bm_friend_config){.receive_window_ms = 100, .answer_spread_ms = 100};
	lpn_config.features = BM_FEATURE_LOW_POWER;
	lpn_config.limits.low_power = 1;
	lpn_config.lpn.poll_timeout_ms = 10000;
	join(&friend_board, world, &friend_config, 0x0001);
	join(&lpn_board, world, &lpn_config, LPN_ADDR);
	bm_world_run_for(world, MINUTE_US);
	printf("minute   receiver on [ms]   share [%%]   messages\n");
	const uint64_t first = bm_station_listened_us(lpn_board.wn->station, bm_world_now(world));
	uint64_t before = first;
	double longest = 0;
	for (int minute = 1; minute <= minutes; minute++) {
		const struct bm_tx tx = {.dst = LPN_ADDR, .app_idx = 0, .ttl = BM_TTL_DEFAULT};
		const int changes = lpn_board.changes;
		if (bm_onoff_client_set(&friend_board.client, &tx, minute % 2, false, 0xff, 0, bm_world_now(world)))
			abort();
		bm_world_run_for(world, MINUTE_US);
		const uint64_t on = bm_station_listened_us(lpn_board.wn->station, bm_world_now(world));
		const double share = 100.0 * (double)(on - before) / (double)MINUTE_US;
		printf("%6d %18.1f %11.2f %10d\n", minute, (double)(on - before) / 1e3, share,
		       lpn_board.changes - changes);
		if (share > longest)
			longest = share;
		before = on;
	}
	const double share = minutes > 0 ? 100.0 * (double)(before - first) / ((double)MINUTE_US * minutes) : 0;
	printf("in all %30.2f\nat most %29.2f   mark: %.0f %%\n", share, longest, MARK_PERCENT);
	bm_world_free(world);
	return 0;
}
