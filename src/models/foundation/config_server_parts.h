/*
 * What the files of the Configuration Server share: the handlers of its one opcode table, and model identifiers.
 */
#ifndef BM_MODELS_CONFIG_SERVER_PARTS_H
#define BM_MODELS_CONFIG_SERVER_PARTS_H

#include "models/foundation/config_server.h"
#include "models/send.h"
#include "pdu/composition.h"

/* Relay, GATT Proxy, Friend and Node Identity states (MshPRT 4.2.8 and following). */
enum {
	BM_FEATURE_STATE_DISABLED = 0,
	BM_FEATURE_STATE_ENABLED = 1,
	BM_FEATURE_STATE_NOT_SUPPORTED = 2,
};

#define BM_CONFIG_HANDLER(name) void name(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)

/* config_server_states.c: the states of the node, an octet or two each. */
BM_CONFIG_HANDLER(bm_config_on_beacon);
BM_CONFIG_HANDLER(bm_config_on_default_ttl);
BM_CONFIG_HANDLER(bm_config_on_friend);
BM_CONFIG_HANDLER(bm_config_on_gatt_proxy);
BM_CONFIG_HANDLER(bm_config_on_relay);
BM_CONFIG_HANDLER(bm_config_on_network_transmit);
BM_CONFIG_HANDLER(bm_config_on_poll_timeout_get);

/* config_server_heartbeat.c */
BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_get);
BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_set);
BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_get);
BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_set);

/* config_server_keys.c: NetKeys, AppKeys, Key Refresh, Node Identity. */
BM_CONFIG_HANDLER(bm_config_on_app_key_value);
BM_CONFIG_HANDLER(bm_config_on_app_key_delete);
BM_CONFIG_HANDLER(bm_config_on_app_key_get);
BM_CONFIG_HANDLER(bm_config_on_net_key_value);
BM_CONFIG_HANDLER(bm_config_on_net_key_delete);
BM_CONFIG_HANDLER(bm_config_on_net_key_get);
BM_CONFIG_HANDLER(bm_config_on_key_refresh_phase);
BM_CONFIG_HANDLER(bm_config_on_node_identity);

/* config_server_models.c: bindings, subscriptions, publication. */
BM_CONFIG_HANDLER(bm_config_on_model_app);
BM_CONFIG_HANDLER(bm_config_on_model_app_get);
BM_CONFIG_HANDLER(bm_config_on_subscription);
BM_CONFIG_HANDLER(bm_config_on_subscription_delete_all);
BM_CONFIG_HANDLER(bm_config_on_subscription_get);
BM_CONFIG_HANDLER(bm_config_on_publication_get);
BM_CONFIG_HANDLER(bm_config_on_publication_set);

/* Reads a model identifier that takes all that is left: two octets, or four for a vendor's. False for other lengths. */
static inline bool bm_config_read_model_id(struct bm_reader *r, struct bm_model_id *id)
{
	const size_t left = bm_reader_left(r);
	const bool vendor = left == 4;
	const uint16_t company = vendor ? bm_read_le16(r) : 0;
	*id = (struct bm_model_id){.vendor = vendor, .company = company, .id = bm_read_le16(r)};
	return left == 2 || left == 4;
}

/* config_server.c: begins a status message whose first field is its Status. */
void bm_config_begin(struct bm_outgoing *message, uint32_t opcode, enum bm_config_status status);

#endif
