/*
 * Private Beacon Server (MshPRT 4.4.11): Private Beacon with its Random Update Interval, Private GATT Proxy and Private
 * Node Identity as messages.
 */
#include "models/foundation/config_server_parts.h"
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"

#define STATUS_MAX 8u

static void on_beacon(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_net_states *states = bm_net_states(model->access->net);
	if (rx->opcode == BM_OP_PRIVATE_BEACON_SET) {
		const struct bm_reader whole = *params;
		const uint8_t beacon = bm_read_u8(params);
		if (beacon > 1) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		if (bm_reader_left(params) > 0)
			states->private_interval = bm_read_u8(params);
		states->private_beacon = beacon;
		bm_env_save(model->access->env, BM_STORE_CONFIG, BM_STORED_PRIVATE_BEACON);
		bm_net_beacon_update(model->access->net);
	}
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_PRIVATE_BEACON_STATUS);
	bm_put_u8(&w, states->private_beacon);
	bm_put_u8(&w, states->private_interval);
	bm_models_answer(model, rx, &w);
}

static void on_gatt_proxy(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_private_beacon_server *server = model->self;
	if (rx->opcode == BM_OP_PRIVATE_GATT_PROXY_SET) {
		const struct bm_reader whole = *params;
		const uint8_t value = bm_read_u8(params);
		if (value > 1) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		if (server->private_gatt_proxy != BM_FEATURE_STATE_NOT_SUPPORTED) {
			server->private_gatt_proxy = value;
			bm_model_state_changed(model);
		}
	}
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_PRIVATE_GATT_PROXY_STATUS);
	bm_put_u8(&w, server->private_gatt_proxy);
	bm_models_answer(model, rx, &w);
}

static void on_node_identity(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_private_beacon_server *server = model->self;
	const bool supported = server->private_gatt_proxy != BM_FEATURE_STATE_NOT_SUPPORTED;
	const struct bm_reader whole = *params;
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const bool is_set = rx->opcode == BM_OP_PRIVATE_NODE_IDENTITY_SET;
	const uint8_t wish = is_set ? bm_read_u8(params) : 0;
	if (wish > 1) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(model->access->net), net_idx);
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	if (!subnet)
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	else if (is_set && !supported)
		status = BM_CONFIG_FEATURE_NOT_SUPPORTED;
	else if (is_set)
		subnet->private_identity = wish;
	uint8_t state = BM_FEATURE_STATE_NOT_SUPPORTED;
	if (!subnet)
		state = 0;
	else if (supported)
		state = subnet->private_identity;
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_PRIVATE_NODE_IDENTITY_STATUS);
	bm_put_u8(&w, (uint8_t)status);
	bm_put_le16(&w, net_idx);
	bm_put_u8(&w, state);
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_PRIVATE_BEACON_GET, 0, 0, on_beacon},
	{BM_OP_PRIVATE_BEACON_SET, 1, 2, on_beacon},
	{BM_OP_PRIVATE_GATT_PROXY_GET, 0, 0, on_gatt_proxy},
	{BM_OP_PRIVATE_GATT_PROXY_SET, 1, 1, on_gatt_proxy},
	{BM_OP_PRIVATE_NODE_IDENTITY_GET, 2, 2, on_node_identity},
	{BM_OP_PRIVATE_NODE_IDENTITY_SET, 3, 3, on_node_identity},
};

static void handle_reset(struct bm_model *model, bm_time now)
{
	struct bm_private_beacon_server *server = model->self;
	(void)now;
	if (server->private_gatt_proxy != BM_FEATURE_STATE_NOT_SUPPORTED)
		server->private_gatt_proxy = BM_FEATURE_STATE_DISABLED;
}

/* MshPRT 4.2.44 and following: Private Beacon is kept with the node's states, Private Node Identity not at all. */
static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_private_beacon_server *server = model->self;
	bm_put_u8(w, server->private_gatt_proxy == BM_FEATURE_STATE_ENABLED);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_private_beacon_server *server = model->self;
	const uint8_t value = bm_read_u8(r);
	const enum bm_err err = bm_reader_finish(r);
	if (err || value > 1)
		return err ? err : BM_ERR_PROHIBITED;
	if (server->private_gatt_proxy != BM_FEATURE_STATE_NOT_SUPPORTED)
		server->private_gatt_proxy = value;
	return BM_OK;
}

static const struct bm_model_ops model_ops = {.reset = handle_reset, .save = save, .load = load};

void bm_private_beacon_server_init(struct bm_private_beacon_server *server, uint16_t features)
{
	server->model = bm_foundation_server_model(0x000a, opcodes, BM_ARRAY_LEN(opcodes), &model_ops, server);
	server->model.persist = true;
	server->private_gatt_proxy = features & BM_FEATURE_PROXY ? BM_FEATURE_STATE_DISABLED
								 : BM_FEATURE_STATE_NOT_SUPPORTED;
}
