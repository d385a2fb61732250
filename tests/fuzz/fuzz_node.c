/*
 * A whole node, hearing whatever there is: provisioned or not, any AD type, any octets, any pauses. Input is a first
 * octet (bit 0: provisioned) and then frames of pause in 10 ms, AD type, length, payload.
 *
 * Whatever it was, a provisioned node stays in its network and can still send.
 */
#include <stdlib.h>

#include "blemesh/bytes.h"
#include "blemesh/onoff.h"
#include "sim/world.h"

#define FRAMES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};

/* The sample data's network, so that its PDUs open. */
static void provision(struct bm_world_node *wn, struct bm_onoff_server *server)
{
	struct bm_prov_data network = {.net_idx = 0, .iv_index = 0x12345678, .addr = 0x1201};
	memcpy(network.net_key, KEY, sizeof KEY);
	if (bm_node_provision_self(wn->node, &network, KEY, 0) || bm_node_add_app_key(wn->node, 0, 0, KEY) ||
	    bm_node_bind(wn->node, &server->model, 0))
		abort();
}

static void hear(struct bm_world *world, struct bm_world_node *wn, struct bm_reader *r)
{
	for (int i = 0; i < FRAMES_MAX && bm_reader_left(r) >= 3; i++) {
		bm_world_run_for(world, 10000u * bm_read_u8(r));
		/* Three types the node takes, and now and then another. */
		const uint8_t kind = bm_read_u8(r);
		const uint8_t ad_type = kind < 0xc0 ? (uint8_t)(BM_AD_PB_ADV + kind % 3) : kind;
		size_t len = bm_read_u8(r) % (BM_ADV_PAYLOAD_MAX + 1);
		if (len > bm_reader_left(r))
			len = bm_reader_left(r);
		bm_node_receive(wn->node, ad_type, bm_read_octets(r, len), len, -40, bm_world_now(world));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	const bool provisioned = bm_read_u8(&r) & 1;
	struct bm_world *world = bm_world_new(1);
	struct bm_world_node *wn = bm_world_add(world, NULL);
	struct bm_onoff_server server;
	bm_onoff_server_init(&server, false, NULL, NULL);
	if (bm_node_add_model(wn->node, 0, &server.model) || bm_node_start(wn->node, 0))
		abort();
	if (provisioned)
		provision(wn, &server);
	else if (bm_node_prov_enable(wn->node, BM_PROV_BEARER_ADV, 0))
		abort();
	hear(world, wn, &r);
	bm_world_run_for(world, 200 * BM_US_PER_MS);
	/* Nothing that can be heard without a key takes a node out of its network. */
	if (provisioned) {
		const struct bm_tx tx = {.dst = BM_ADDR_ALL_NODES, .app_idx = 0, .ttl = BM_TTL_DEFAULT};
		if (!bm_node_is_provisioned(wn->node))
			abort();
		if (bm_onoff_server_status(&server, &tx, bm_world_now(world)) != BM_OK)
			abort();
	}
	bm_world_free(world);
	return 0;
}
