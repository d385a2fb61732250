/*
 * The foundation models of Mesh 1.1 of a whole node, given authentic messages under the key that opens them: opcodes
 * near theirs, any parameters. Input is messages of a length, the low octet of the opcode, and parameters.
 *
 * Whatever they were, the node lives, and still answers one that is right.
 */
#include <stdlib.h>

#include "models/foundation/foundation_opcodes.h"
#include "node/node_state.h"
#include "sim/world.h"

#define MESSAGES_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void deliver(struct bm_node *node, uint32_t opcode, const uint8_t *params, size_t len)
{
	/* An application key for the Solicitation PDU RPL, the device key for all else. */
	const bool solicitations = opcode == BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR ||
				   opcode == BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR_UNACK;
	const struct bm_transport_rx rx = {.src = 0x0700,
					   .dst = 0x0001,
					   .app_idx = solicitations ? 0 : BM_APP_IDX_DEV_LOCAL,
					   .ttl = 5,
					   .rssi = -40};
	uint8_t *payload = malloc(2 + len);
	struct bm_writer w = bm_writer_of(payload, 2 + len);
	bm_put_opcode(&w, opcode);
	bm_put_octets(&w, params, len);
	bm_access_receive(&node->access, &rx, payload, bm_writer_len(&w));
	free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[BM_KEY_LEN] = {1};
	struct bm_world *world = bm_world_new(1);
	struct bm_node_config config = bm_world_config();
	config.limits.models = 10;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 2;
	config.limits.solicitations = 2;
	config.features = BM_FEATURE_PROXY | BM_FEATURE_RELAY;
	config.foundation = BM_FOUNDATION_ALL;
	struct bm_node *node = bm_world_add(world, &config)->node;
	const struct bm_prov_data network = {.addr = 0x0001, .net_key = {2}};
	if (bm_node_start(node, 0) || bm_node_provision_self(node, &network, key, 0))
		abort();
	struct bm_model *solicitations = bm_access_find_model(&node->access, 0, &(struct bm_model_id){.id = 0x0014});
	if (bm_node_add_app_key(node, 0, 0, key) || bm_node_bind(node, solicitations, 0))
		abort();
	struct bm_reader r = bm_reader_of(data, size);
	for (int i = 0; i < MESSAGES_MAX && bm_reader_left(&r) >= 2; i++) {
		size_t len = bm_read_u8(&r);
		/* Mostly theirs; now and then whatever the Configuration Server has. */
		const uint8_t low = bm_read_u8(&r);
		const uint32_t opcode = low < 0xc0 ? BM_OP_PRIVATE_BEACON_GET + low % 27u : 0x8000u + low % 0x50u;
		if (len > bm_reader_left(&r))
			len = bm_reader_left(&r);
		deliver(node, opcode, bm_read_octets(&r, len), len);
		bm_world_run_for(world, 100 * BM_US_PER_MS);
	}
	bm_world_run_for(world, 30 * (uint64_t)BM_US_PER_S);
	const uint32_t before = bm_node_counters(node)->access_rx;
	if (bm_node_is_provisioned(node)) {
		deliver(node, BM_OP_SAR_RECEIVER_GET, NULL, 0);
		if (bm_node_counters(node)->access_rx != before + 1)
			abort();
	}
	bm_world_free(world);
	return 0;
}
