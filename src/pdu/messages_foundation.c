/*
 * The messages of the Configuration and Health models (MshPRT 4.3.2, 4.3.3), in the order of their opcodes.
 */
#include "pdu/messages_tables.h"

static const struct bm_field appkey_add[] = {
	{"net_and_app_key_index", BM_FIELD_KEY_INDEXES, 24, 0, NULL},
	{"app_key", BM_FIELD_SECRET, 128, 0, NULL},
};

static const struct bm_field composition_data_status[] = {
	{"page", BM_FIELD_UINT, 8, 0, NULL},
	{"data", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field model_publication_set[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"publish_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"app_key_index", BM_FIELD_UINT, 12, 0, NULL},
	{"credential_flag", BM_FIELD_UINT, 1, 0, NULL},
	{NULL, BM_FIELD_UINT, 3, 0, NULL},
	{"publish_ttl", BM_FIELD_UINT, 8, 0, NULL},
	{"publish_period", BM_FIELD_PERIOD, 8, 0, "ms"},
	{"publish_retransmit_count", BM_FIELD_UINT, 3, 0, NULL},
	{"publish_retransmit_interval_steps", BM_FIELD_UINT, 5, 0, "50 ms"},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field health_current_status[] = {
	{"test_id", BM_FIELD_UINT, 8, 0, NULL},
	{"company_id", BM_FIELD_HEX, 16, 0, NULL},
	{"fault_array", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field heartbeat_publication_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"destination", BM_FIELD_ADDR, 16, 0, NULL},
	{"count_log", BM_FIELD_UINT, 8, 0, NULL},
	{"period_log", BM_FIELD_UINT, 8, 0, NULL},
	{"ttl", BM_FIELD_UINT, 8, 0, NULL},
	{"features", BM_FIELD_HEX, 16, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
};

static const struct bm_field appkey_delete[] = {
	{"net_and_app_key_index", BM_FIELD_KEY_INDEXES, 24, 0, NULL},
};

static const struct bm_field appkey_get[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
};

static const struct bm_field appkey_list[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"app_key_indexes", BM_FIELD_KEY_LIST, 0, 0, NULL},
};

static const struct bm_field appkey_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_and_app_key_index", BM_FIELD_KEY_INDEXES, 24, 0, NULL},
};

static const struct bm_field health_attention_set[] = {
	{"attention", BM_FIELD_UINT, 8, 0, "s"},
};

static const struct bm_field composition_data_get[] = {
	{"page", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field beacon_set[] = {
	{"beacon", BM_FIELD_BOOL, 8, 0, NULL},
};

static const struct bm_field default_ttl_set[] = {
	{"ttl", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field friend_set[] = {
	{"friend", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field gatt_proxy_set[] = {
	{"gatt_proxy", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field key_refresh_phase_set[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"transition", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field key_refresh_phase_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"phase", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field model_publication_get[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_publication_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"publish_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"app_key_index", BM_FIELD_UINT, 12, 0, NULL},
	{"credential_flag", BM_FIELD_UINT, 1, 0, NULL},
	{NULL, BM_FIELD_UINT, 3, 0, NULL},
	{"publish_ttl", BM_FIELD_UINT, 8, 0, NULL},
	{"publish_period", BM_FIELD_PERIOD, 8, 0, "ms"},
	{"publish_retransmit_count", BM_FIELD_UINT, 3, 0, NULL},
	{"publish_retransmit_interval_steps", BM_FIELD_UINT, 5, 0, "50 ms"},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_publication_virtual_address_set[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"publish_address_label_uuid", BM_FIELD_LABEL, 128, 0, NULL},
	{"app_key_index", BM_FIELD_UINT, 12, 0, NULL},
	{"credential_flag", BM_FIELD_UINT, 1, 0, NULL},
	{NULL, BM_FIELD_UINT, 3, 0, NULL},
	{"publish_ttl", BM_FIELD_UINT, 8, 0, NULL},
	{"publish_period", BM_FIELD_PERIOD, 8, 0, "ms"},
	{"publish_retransmit_count", BM_FIELD_UINT, 3, 0, NULL},
	{"publish_retransmit_interval_steps", BM_FIELD_UINT, 5, 0, "50 ms"},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_subscription_add[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_subscription_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_subscription_virtual_address_add[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"label_uuid", BM_FIELD_LABEL, 128, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field network_transmit_set[] = {
	{"network_transmit_count", BM_FIELD_UINT, 3, 0, NULL},
	{"network_transmit_interval_steps", BM_FIELD_UINT, 5, 0, "10 ms"},
};

static const struct bm_field relay_set[] = {
	{"relay", BM_FIELD_UINT, 8, 0, NULL},
	{"relay_retransmit_count", BM_FIELD_UINT, 3, 0, NULL},
	{"relay_retransmit_interval_steps", BM_FIELD_UINT, 5, 0, "10 ms"},
};

static const struct bm_field sig_model_subscription_get[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 16, 0, NULL},
};

static const struct bm_field sig_model_subscription_list[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 16, 0, NULL},
	{"addresses", BM_FIELD_ADDRS, 0, 0, NULL},
};

static const struct bm_field vendor_model_subscription_get[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 32, 0, NULL},
};

static const struct bm_field vendor_model_subscription_list[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 32, 0, NULL},
	{"addresses", BM_FIELD_ADDRS, 0, 0, NULL},
};

static const struct bm_field low_power_node_polltimeout_get[] = {
	{"lpn_address", BM_FIELD_ADDR, 16, 0, NULL},
};

static const struct bm_field low_power_node_polltimeout_status[] = {
	{"lpn_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"poll_timeout", BM_FIELD_UINT, 24, 0, "100 ms"},
};

static const struct bm_field health_fault_clear[] = {
	{"company_id", BM_FIELD_HEX, 16, 0, NULL},
};

static const struct bm_field health_fault_test[] = {
	{"test_id", BM_FIELD_UINT, 8, 0, NULL},
	{"company_id", BM_FIELD_HEX, 16, 0, NULL},
};

static const struct bm_field health_period_set[] = {
	{"fast_period_divisor", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field heartbeat_publication_set[] = {
	{"destination", BM_FIELD_ADDR, 16, 0, NULL}, {"count_log", BM_FIELD_UINT, 8, 0, NULL},
	{"period_log", BM_FIELD_UINT, 8, 0, NULL},   {"ttl", BM_FIELD_UINT, 8, 0, NULL},
	{"features", BM_FIELD_HEX, 16, 0, NULL},     {"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
};

static const struct bm_field heartbeat_subscription_set[] = {
	{"source", BM_FIELD_ADDR, 16, 0, NULL},
	{"destination", BM_FIELD_ADDR, 16, 0, NULL},
	{"period_log", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field heartbeat_subscription_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},       {"source", BM_FIELD_ADDR, 16, 0, NULL},
	{"destination", BM_FIELD_ADDR, 16, 0, NULL}, {"period_log", BM_FIELD_UINT, 8, 0, NULL},
	{"count_log", BM_FIELD_UINT, 8, 0, NULL},    {"min_hops", BM_FIELD_UINT, 8, 0, NULL},
	{"max_hops", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field model_app_bind[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"app_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field model_app_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"app_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 0, 0, NULL},
};

static const struct bm_field netkey_add[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"net_key", BM_FIELD_SECRET, 128, 0, NULL},
};

static const struct bm_field netkey_list[] = {
	{"net_key_indexes", BM_FIELD_KEY_LIST, 0, 0, NULL},
};

static const struct bm_field netkey_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
};

static const struct bm_field node_identity_set[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"identity", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field node_identity_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"identity", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field sig_model_app_list[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 16, 0, NULL},
	{"app_key_indexes", BM_FIELD_KEY_LIST, 0, 0, NULL},
};

static const struct bm_field vendor_model_app_list[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"model_identifier", BM_FIELD_MODEL, 32, 0, NULL},
	{"app_key_indexes", BM_FIELD_KEY_LIST, 0, 0, NULL},
};

static const struct bm_message messages[] = {
	{0x00, "Config AppKey Add", FIELDS(appkey_add)},
	{0x01, "Config AppKey Update", FIELDS(appkey_add)},
	{0x02, "Config Composition Data Status", FIELDS(composition_data_status)},
	{0x03, "Config Model Publication Set", FIELDS(model_publication_set)},
	{0x04, "Health Current Status", FIELDS(health_current_status)},
	{0x05, "Health Fault Status", FIELDS(health_current_status)},
	{0x06, "Config Heartbeat Publication Status", FIELDS(heartbeat_publication_status)},
	{0x8000, "Config AppKey Delete", FIELDS(appkey_delete)},
	{0x8001, "Config AppKey Get", FIELDS(appkey_get)},
	{0x8002, "Config AppKey List", FIELDS(appkey_list)},
	{0x8003, "Config AppKey Status", FIELDS(appkey_status)},
	{0x8004, "Health Attention Get", NULL, 0},
	{0x8005, "Health Attention Set", FIELDS(health_attention_set)},
	{0x8006, "Health Attention Set Unacknowledged", FIELDS(health_attention_set)},
	{0x8007, "Health Attention Status", FIELDS(health_attention_set)},
	{0x8008, "Config Composition Data Get", FIELDS(composition_data_get)},
	{0x8009, "Config Beacon Get", NULL, 0},
	{0x800a, "Config Beacon Set", FIELDS(beacon_set)},
	{0x800b, "Config Beacon Status", FIELDS(beacon_set)},
	{0x800c, "Config Default TTL Get", NULL, 0},
	{0x800d, "Config Default TTL Set", FIELDS(default_ttl_set)},
	{0x800e, "Config Default TTL Status", FIELDS(default_ttl_set)},
	{0x800f, "Config Friend Get", NULL, 0},
	{0x8010, "Config Friend Set", FIELDS(friend_set)},
	{0x8011, "Config Friend Status", FIELDS(friend_set)},
	{0x8012, "Config GATT Proxy Get", NULL, 0},
	{0x8013, "Config GATT Proxy Set", FIELDS(gatt_proxy_set)},
	{0x8014, "Config GATT Proxy Status", FIELDS(gatt_proxy_set)},
	{0x8015, "Config Key Refresh Phase Get", FIELDS(appkey_get)},
	{0x8016, "Config Key Refresh Phase Set", FIELDS(key_refresh_phase_set)},
	{0x8017, "Config Key Refresh Phase Status", FIELDS(key_refresh_phase_status)},
	{0x8018, "Config Model Publication Get", FIELDS(model_publication_get)},
	{0x8019, "Config Model Publication Status", FIELDS(model_publication_status)},
	{0x801a, "Config Model Publication Virtual Address Set", FIELDS(model_publication_virtual_address_set)},
	{0x801b, "Config Model Subscription Add", FIELDS(model_subscription_add)},
	{0x801c, "Config Model Subscription Delete", FIELDS(model_subscription_add)},
	{0x801d, "Config Model Subscription Delete All", FIELDS(model_publication_get)},
	{0x801e, "Config Model Subscription Overwrite", FIELDS(model_subscription_add)},
	{0x801f, "Config Model Subscription Status", FIELDS(model_subscription_status)},
	{0x8020, "Config Model Subscription Virtual Address Add", FIELDS(model_subscription_virtual_address_add)},
	{0x8021, "Config Model Subscription Virtual Address Delete", FIELDS(model_subscription_virtual_address_add)},
	{0x8022, "Config Model Subscription Virtual Address Overwrite", FIELDS(model_subscription_virtual_address_add)},
	{0x8023, "Config Network Transmit Get", NULL, 0},
	{0x8024, "Config Network Transmit Set", FIELDS(network_transmit_set)},
	{0x8025, "Config Network Transmit Status", FIELDS(network_transmit_set)},
	{0x8026, "Config Relay Get", NULL, 0},
	{0x8027, "Config Relay Set", FIELDS(relay_set)},
	{0x8028, "Config Relay Status", FIELDS(relay_set)},
	{0x8029, "Config SIG Model Subscription Get", FIELDS(sig_model_subscription_get)},
	{0x802a, "Config SIG Model Subscription List", FIELDS(sig_model_subscription_list)},
	{0x802b, "Config Vendor Model Subscription Get", FIELDS(vendor_model_subscription_get)},
	{0x802c, "Config Vendor Model Subscription List", FIELDS(vendor_model_subscription_list)},
	{0x802d, "Config Low Power Node PollTimeout Get", FIELDS(low_power_node_polltimeout_get)},
	{0x802e, "Config Low Power Node PollTimeout Status", FIELDS(low_power_node_polltimeout_status)},
	{0x802f, "Health Fault Clear", FIELDS(health_fault_clear)},
	{0x8030, "Health Fault Clear Unacknowledged", FIELDS(health_fault_clear)},
	{0x8031, "Health Fault Get", FIELDS(health_fault_clear)},
	{0x8032, "Health Fault Test", FIELDS(health_fault_test)},
	{0x8033, "Health Fault Test Unacknowledged", FIELDS(health_fault_test)},
	{0x8034, "Health Period Get", NULL, 0},
	{0x8035, "Health Period Set", FIELDS(health_period_set)},
	{0x8036, "Health Period Set Unacknowledged", FIELDS(health_period_set)},
	{0x8037, "Health Period Status", FIELDS(health_period_set)},
	{0x8038, "Config Heartbeat Publication Get", NULL, 0},
	{0x8039, "Config Heartbeat Publication Set", FIELDS(heartbeat_publication_set)},
	{0x803a, "Config Heartbeat Subscription Get", NULL, 0},
	{0x803b, "Config Heartbeat Subscription Set", FIELDS(heartbeat_subscription_set)},
	{0x803c, "Config Heartbeat Subscription Status", FIELDS(heartbeat_subscription_status)},
	{0x803d, "Config Model App Bind", FIELDS(model_app_bind)},
	{0x803e, "Config Model App Status", FIELDS(model_app_status)},
	{0x803f, "Config Model App Unbind", FIELDS(model_app_bind)},
	{0x8040, "Config NetKey Add", FIELDS(netkey_add)},
	{0x8041, "Config NetKey Delete", FIELDS(appkey_get)},
	{0x8042, "Config NetKey Get", NULL, 0},
	{0x8043, "Config NetKey List", FIELDS(netkey_list)},
	{0x8044, "Config NetKey Status", FIELDS(netkey_status)},
	{0x8045, "Config NetKey Update", FIELDS(netkey_add)},
	{0x8046, "Config Node Identity Get", FIELDS(appkey_get)},
	{0x8047, "Config Node Identity Set", FIELDS(node_identity_set)},
	{0x8048, "Config Node Identity Status", FIELDS(node_identity_status)},
	{0x8049, "Config Node Reset", NULL, 0},
	{0x804a, "Config Node Reset Status", NULL, 0},
	{0x804b, "Config SIG Model App Get", FIELDS(sig_model_subscription_get)},
	{0x804c, "Config SIG Model App List", FIELDS(sig_model_app_list)},
	{0x804d, "Config Vendor Model App Get", FIELDS(vendor_model_subscription_get)},
	{0x804e, "Config Vendor Model App List", FIELDS(vendor_model_app_list)},
};

const struct bm_message_table bm_messages_foundation = {messages, BM_ARRAY_LEN(messages)};
