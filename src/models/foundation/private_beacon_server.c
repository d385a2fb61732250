/*
 * Private Beacon Server (MshPRT 4.4.11): Private Beacon with its Random Update Interval, Private GATT Proxy and Private
 * Node Identity as messages.
 */
#include "blemesh/config.h"
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "models/send.h"

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
	const struct bm_private_beacon_server *server = model->self;
	if (rx->opcode == BM_OP_PRIVATE_GATT_PROXY_SET) {
		const struct bm_reader whole = *params;
		const uint8_t value = bm_read_u8(params);
		if (value > 1) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		/* Not supported, or bound by GATT Proxy: the status says what is. */
		if (bm_proxy_set_private_gatt_proxy(server->proxy, value) == BM_OK)
			bm_model_state_changed(model);
	}
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_PRIVATE_GATT_PROXY_STATUS);
	bm_put_u8(&w, (uint8_t)bm_proxy_private_gatt_proxy(server->proxy));
	bm_models_answer(model, rx, &w);
}

static enum bm_config_status status_of(enum bm_err err)
{
	switch (err) {
	case BM_OK:
		return BM_CONFIG_SUCCESS;
	case BM_ERR_NO_KEY:
		return BM_CONFIG_INVALID_NET_KEY_INDEX;
	case BM_ERR_STATE:
		return BM_CONFIG_TEMPORARILY_UNABLE;
	default:
		return BM_CONFIG_FEATURE_NOT_SUPPORTED;
	}
}

static void on_node_identity(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_private_beacon_server *server = model->self;
	const struct bm_reader whole = *params;
	const uint16_t net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	const bool is_set = rx->opcode == BM_OP_PRIVATE_NODE_IDENTITY_SET;
	const uint8_t wish = is_set ? bm_read_u8(params) : 0;
	if (wish > 1) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	const bool known = bm_net_subnet(model->access->net, net_idx);
	if (!known)
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	else if (is_set)
		status = status_of(bm_proxy_set_node_identity(server->proxy, net_idx, true, wish));
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_PRIVATE_NODE_IDENTITY_STATUS);
	bm_put_u8(&w, (uint8_t)status);
	bm_put_le16(&w, net_idx);
	bm_put_u8(&w, known ? (uint8_t)bm_proxy_node_identity(server->proxy, net_idx, true) : 0);
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

/* MshPRT 4.2.44 and following: Private Beacon is kept with the node's states, Private Node Identity not at all. */
static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_private_beacon_server *server = model->self;
	bm_put_u8(w, bm_proxy_private_gatt_proxy(server->proxy) == BM_PROXY_ENABLED);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_private_beacon_server *server = model->self;
	const uint8_t value = bm_read_u8(r);
	const enum bm_err err = bm_reader_finish(r);
	if (err || value > 1)
		return err ? err : BM_ERR_PROHIBITED;
	server->kept = value;
	return BM_OK;
}

/* The proxy lives from now on. One that is supported no longer refuses. */
static void handle_started(struct bm_model *model, bm_time now)
{
	const struct bm_private_beacon_server *server = model->self;
	(void)now;
	if (server->kept) {
		const enum bm_err ignored = bm_proxy_set_private_gatt_proxy(server->proxy, true);
		(void)ignored;
	}
}

static const struct bm_model_ops model_ops = {.started = handle_started, .save = save, .load = load};

void bm_private_beacon_server_init(struct bm_private_beacon_server *server, struct bm_proxy *proxy,
				   struct bm_model *config_server)
{
	server->model = bm_foundation_server_model(BM_MODEL_PRIVATE_BEACON_SERVER, opcodes, BM_ARRAY_LEN(opcodes),
						   &model_ops, server);
	server->model.persist = true;
	server->model.extends = config_server;
	server->proxy = proxy;
	server->kept = false;
}
