/* What is said to be the exported state of a Key Refresh: it is refused, or comes out as it went in. */
#include <stdlib.h>
#include <string.h>

#include "blemesh/key_refresh.h"
#include "sim/world.h"

#define NODES 4
#define APP_KEYS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[BM_KEY_LEN] = {1};
	struct bm_world *world = bm_world_new(1);
	struct bm_node_config config = bm_world_config();
	config.limits.config_requests = 2;
	config.limits.remote_dev_keys = 4;
	struct bm_node *node = bm_world_add(world, &config)->node;
	const struct bm_prov_data network = {.addr = 0x0001, .net_key = {2}};
	if (bm_node_start(node, 0) || bm_node_provision_self(node, &network, key, 0))
		abort();
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[NODES] = {{0}};
	struct bm_key_refresh_app_key app_keys[APP_KEYS] = {{0}};
	const struct bm_key_refresh_params params = {
		.nodes = nodes, .node_count = NODES, .app_keys = app_keys, .app_key_count = APP_KEYS};
	if (bm_key_refresh_resume(&refresh, node, &params, data, size, 0) == BM_OK) {
		uint8_t out[BM_KEY_REFRESH_STATE_MAX(NODES, APP_KEYS)];
		size_t len;
		if (bm_key_refresh_export(&refresh, out, sizeof out, &len) || len != size || memcmp(out, data, size))
			abort();
		bm_world_run_for(world, 60 * (uint64_t)BM_US_PER_S);
		bm_key_refresh_retry(&refresh, bm_world_now(world));
		bm_world_run_for(world, BM_US_PER_S);
		bm_key_refresh_stop(&refresh);
	}
	bm_world_free(world);
	return 0;
}
