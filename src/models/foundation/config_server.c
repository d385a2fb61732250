/*
 * Configuration Server (MshPRT 4.4.1): its table of messages, composition data, and the node reset.
 *
 * The node's own device key alone opens this model (own_dev_key_only).
 */
#include "models/foundation/config_server.h"

#include "blemesh/config_opcodes.h"
#include "models/foundation/config_server_parts.h"
#include "transport/heartbeat.h"

/* Long enough for Config Node Reset Status, its delay and its repetitions, to be out. */
#define RESET_PAUSE_US (1u * BM_US_PER_S)

void bm_config_begin(struct bm_outgoing *message, uint32_t opcode, enum bm_config_status status)
{
	bm_models_begin(message, opcode);
	bm_put_u8(&message->w, (uint8_t)status);
}

static BM_CONFIG_HANDLER(composition_data_get)
{
	const struct bm_access *access = model->access;
	const uint8_t page = bm_access_composition_page_of(access, bm_read_u8(params));
	struct bm_outgoing out;
	bm_models_begin(&out, BM_OP_CONFIG_COMPOSITION_DATA_STATUS);
	bm_put_u8(&out.w, page);
	/* MshPRT 4.4.1.2.2: of a longer page the elements that fit whole; the rest is for Large Composition Data. */
	const size_t whole = bm_access_whole_composition(access, page, sizeof out.octets - bm_writer_len(&out.w));
	(void)bm_access_put_composition(access, page, 0, whole, &out.w);
	bm_models_answer(model, rx, &out.w);
}

static BM_CONFIG_HANDLER(node_reset)
{
	(void)params;
	struct bm_config_server *server = model->self;
	struct bm_outgoing out;
	bm_models_begin(&out, BM_OP_CONFIG_NODE_RESET_STATUS);
	bm_models_answer(model, rx, &out.w);
	if (!bm_timer_is_armed(&server->reset_timer))
		bm_timer_set_after(&server->access->env->timers, &server->reset_timer, RESET_PAUSE_US);
}

static void reset_due(void *ctx)
{
	struct bm_config_server *server = ctx;
	if (server->on_reset)
		server->on_reset(server->ctx);
}

#define ROW(name, min, max, handler)                   \
	{                                              \
		BM_OP_CONFIG_##name, min, max, handler \
	}

static const struct bm_opcode opcodes[] = {
	ROW(APP_KEY_ADD, 19, 19, bm_config_on_app_key_value),
	ROW(APP_KEY_UPDATE, 19, 19, bm_config_on_app_key_value),
	ROW(MODEL_PUBLICATION_SET, 11, 13, bm_config_on_publication_set),
	ROW(APP_KEY_DELETE, 3, 3, bm_config_on_app_key_delete),
	ROW(APP_KEY_GET, 2, 2, bm_config_on_app_key_get),
	ROW(COMPOSITION_DATA_GET, 1, 1, composition_data_get),
	ROW(BEACON_GET, 0, 0, bm_config_on_beacon),
	ROW(BEACON_SET, 1, 1, bm_config_on_beacon),
	ROW(DEFAULT_TTL_GET, 0, 0, bm_config_on_default_ttl),
	ROW(DEFAULT_TTL_SET, 1, 1, bm_config_on_default_ttl),
	ROW(FRIEND_GET, 0, 0, bm_config_on_friend),
	ROW(FRIEND_SET, 1, 1, bm_config_on_friend),
	ROW(GATT_PROXY_GET, 0, 0, bm_config_on_gatt_proxy),
	ROW(GATT_PROXY_SET, 1, 1, bm_config_on_gatt_proxy),
	ROW(KEY_REFRESH_PHASE_GET, 2, 2, bm_config_on_key_refresh_phase),
	ROW(KEY_REFRESH_PHASE_SET, 3, 3, bm_config_on_key_refresh_phase),
	ROW(MODEL_PUBLICATION_GET, 4, 6, bm_config_on_publication_get),
	ROW(MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, 25, 27, bm_config_on_publication_set),
	ROW(MODEL_SUBSCRIPTION_ADD, 6, 8, bm_config_on_subscription),
	ROW(MODEL_SUBSCRIPTION_DELETE, 6, 8, bm_config_on_subscription),
	ROW(MODEL_SUBSCRIPTION_DELETE_ALL, 4, 6, bm_config_on_subscription_delete_all),
	ROW(MODEL_SUBSCRIPTION_OVERWRITE, 6, 8, bm_config_on_subscription),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, 20, 22, bm_config_on_subscription),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, 20, 22, bm_config_on_subscription),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, 20, 22, bm_config_on_subscription),
	ROW(NETWORK_TRANSMIT_GET, 0, 0, bm_config_on_network_transmit),
	ROW(NETWORK_TRANSMIT_SET, 1, 1, bm_config_on_network_transmit),
	ROW(RELAY_GET, 0, 0, bm_config_on_relay),
	ROW(RELAY_SET, 2, 2, bm_config_on_relay),
	ROW(SIG_MODEL_SUBSCRIPTION_GET, 4, 4, bm_config_on_subscription_get),
	ROW(VENDOR_MODEL_SUBSCRIPTION_GET, 6, 6, bm_config_on_subscription_get),
	ROW(LOW_POWER_NODE_POLL_TIMEOUT_GET, 2, 2, bm_config_on_poll_timeout_get),
	ROW(HEARTBEAT_PUBLICATION_GET, 0, 0, bm_config_on_heartbeat_publication_get),
	ROW(HEARTBEAT_PUBLICATION_SET, 9, 9, bm_config_on_heartbeat_publication_set),
	ROW(HEARTBEAT_SUBSCRIPTION_GET, 0, 0, bm_config_on_heartbeat_subscription_get),
	ROW(HEARTBEAT_SUBSCRIPTION_SET, 5, 5, bm_config_on_heartbeat_subscription_set),
	ROW(MODEL_APP_BIND, 6, 8, bm_config_on_model_app),
	ROW(MODEL_APP_UNBIND, 6, 8, bm_config_on_model_app),
	ROW(NET_KEY_ADD, 18, 18, bm_config_on_net_key_value),
	ROW(NET_KEY_DELETE, 2, 2, bm_config_on_net_key_delete),
	ROW(NET_KEY_GET, 0, 0, bm_config_on_net_key_get),
	ROW(NET_KEY_UPDATE, 18, 18, bm_config_on_net_key_value),
	ROW(NODE_IDENTITY_GET, 2, 2, bm_config_on_node_identity),
	ROW(NODE_IDENTITY_SET, 3, 3, bm_config_on_node_identity),
	ROW(NODE_RESET, 0, 0, node_reset),
	ROW(SIG_MODEL_APP_GET, 4, 4, bm_config_on_model_app_get),
	ROW(VENDOR_MODEL_APP_GET, 6, 6, bm_config_on_model_app_get),
};

static uint8_t feature_state(const struct bm_access *access, uint16_t feature)
{
	return access->identity.features & feature ? BM_FEATURE_STATE_ENABLED : BM_FEATURE_STATE_NOT_SUPPORTED;
}

/* The states that this model holds itself, as a node that was never configured has them. */
static void set_initial_states(struct bm_config_server *server)
{
	server->gatt_proxy = feature_state(server->access, BM_FEATURE_PROXY);
	server->friend_state = feature_state(server->access, BM_FEATURE_FRIEND);
	const uint16_t features = server->access->identity.features;
	bm_heartbeat_feature(server->transport, BM_FEATURE_RELAY, features & BM_FEATURE_RELAY);
	bm_heartbeat_feature(server->transport, BM_FEATURE_PROXY, features & BM_FEATURE_PROXY);
	bm_heartbeat_feature(server->transport, BM_FEATURE_FRIEND, features & BM_FEATURE_FRIEND);
}

static void handle_reset(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_config_server *server = model->self;
	bm_timer_stop(&server->reset_timer);
	set_initial_states(server);
}

static const struct bm_model_ops model_ops = {.reset = handle_reset};

void bm_config_server_init(struct bm_config_server *server, struct bm_access *access, void (*on_reset)(void *ctx),
			   void *ctx)
{
	*server = (struct bm_config_server){
		.model = {.id = {.id = 0x0000},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &model_ops,
			  .dev_key = true,
			  .own_dev_key_only = true,
			  .self = server},
		.access = access,
		.net = access->net,
		.transport = access->transport,
		.on_reset = on_reset,
		.ctx = ctx,
	};
	set_initial_states(server);
	bm_timer_init(&server->reset_timer, reset_due, server);
}
