/*
 * Messages of the foundation models that came with Mesh 1.1 (MshPRT 4.3.9 to 4.3.14).
 */
#include "pdu/messages_tables.h"

static const struct bm_field private_beacon_set[] = {
	{"private_beacon", BM_FIELD_UINT, 8, 0, NULL},
	{"random_update_interval_steps", BM_FIELD_UINT, 8, 1, "10 s"},
};

static const struct bm_field private_beacon_status[] = {
	{"private_beacon", BM_FIELD_UINT, 8, 0, NULL},
	{"random_update_interval_steps", BM_FIELD_UINT, 8, 0, "10 s"},
};

static const struct bm_field private_gatt_proxy_set[] = {
	{"private_gatt_proxy", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field private_node_identity_get[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
};

static const struct bm_field private_node_identity_set[] = {
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"private_node_identity", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field private_node_identity_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"net_key_index", BM_FIELD_KEY_INDEX, 16, 0, NULL},
	{"private_node_identity", BM_FIELD_UINT, 8, 0, NULL},
};

static const struct bm_field on_demand_private_proxy_set[] = {
	{"on_demand_private_gatt_proxy", BM_FIELD_UINT, 8, 0, "s"},
};

static const struct bm_field sar_transmitter[] = {
	{"sar_segment_interval_step", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_unicast_retransmissions_count", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_unicast_retransmissions_without_progress_count", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_unicast_retransmissions_interval_step", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_unicast_retransmissions_interval_increment", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_multicast_retransmissions_count", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_multicast_retransmissions_interval_step", BM_FIELD_UINT, 4, 0, NULL},
	{NULL, BM_FIELD_UINT, 4, 0, NULL},
};

static const struct bm_field sar_receiver[] = {
	{"sar_segments_threshold", BM_FIELD_UINT, 5, 0, NULL},
	{"sar_acknowledgment_delay_increment", BM_FIELD_UINT, 3, 0, NULL},
	{"sar_discard_timeout", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_receiver_segment_interval_step", BM_FIELD_UINT, 4, 0, NULL},
	{"sar_acknowledgment_retransmissions_count", BM_FIELD_UINT, 2, 0, NULL},
	{NULL, BM_FIELD_UINT, 6, 0, NULL},
};

static const struct bm_field opcodes_aggregator_sequence[] = {
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"items", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field opcodes_aggregator_status[] = {
	{"status", BM_FIELD_UINT, 8, 0, NULL},
	{"element_address", BM_FIELD_ADDR, 16, 0, NULL},
	{"status_items", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field large_composition_data_get[] = {
	{"page", BM_FIELD_UINT, 8, 0, NULL},
	{"offset", BM_FIELD_UINT, 16, 0, NULL},
};

static const struct bm_field large_composition_data_status[] = {
	{"page", BM_FIELD_UINT, 8, 0, NULL},
	{"offset", BM_FIELD_UINT, 16, 0, NULL},
	{"total_size", BM_FIELD_UINT, 16, 0, NULL},
	{"data", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field solicitation_rpl_items[] = {
	{"address_range", BM_FIELD_HEX, 16, 0, NULL},
	{"range_length", BM_FIELD_UINT, 8, 1, NULL},
};

static const struct bm_message messages[] = {
	{0x8060, "Private Beacon Get", NULL, 0},
	{0x8061, "Private Beacon Set", FIELDS(private_beacon_set)},
	{0x8062, "Private Beacon Status", FIELDS(private_beacon_status)},
	{0x8063, "Private GATT Proxy Get", NULL, 0},
	{0x8064, "Private GATT Proxy Set", FIELDS(private_gatt_proxy_set)},
	{0x8065, "Private GATT Proxy Status", FIELDS(private_gatt_proxy_set)},
	{0x8066, "Private Node Identity Get", FIELDS(private_node_identity_get)},
	{0x8067, "Private Node Identity Set", FIELDS(private_node_identity_set)},
	{0x8068, "Private Node Identity Status", FIELDS(private_node_identity_status)},
	{0x8069, "On-Demand Private Proxy Get", NULL, 0},
	{0x806a, "On-Demand Private Proxy Set", FIELDS(on_demand_private_proxy_set)},
	{0x806b, "On-Demand Private Proxy Status", FIELDS(on_demand_private_proxy_set)},
	{0x806c, "SAR Transmitter Get", NULL, 0},
	{0x806d, "SAR Transmitter Set", FIELDS(sar_transmitter)},
	{0x806e, "SAR Transmitter Status", FIELDS(sar_transmitter)},
	{0x806f, "SAR Receiver Get", NULL, 0},
	{0x8070, "SAR Receiver Set", FIELDS(sar_receiver)},
	{0x8071, "SAR Receiver Status", FIELDS(sar_receiver)},
	{0x8072, "Opcodes Aggregator Sequence", FIELDS(opcodes_aggregator_sequence)},
	{0x8073, "Opcodes Aggregator Status", FIELDS(opcodes_aggregator_status)},
	{0x8074, "Large Composition Data Get", FIELDS(large_composition_data_get)},
	{0x8075, "Large Composition Data Status", FIELDS(large_composition_data_status)},
	{0x8076, "Models Metadata Get", FIELDS(large_composition_data_get)},
	{0x8077, "Models Metadata Status", FIELDS(large_composition_data_status)},
	{0x8078, "Solicitation PDU RPL Items Clear", FIELDS(solicitation_rpl_items)},
	{0x8079, "Solicitation PDU RPL Items Clear Unacknowledged", FIELDS(solicitation_rpl_items)},
	{0x807a, "Solicitation PDU RPL Items Status", FIELDS(solicitation_rpl_items)},
};

const struct bm_message_table bm_messages_foundation_1_1 = {messages, BM_ARRAY_LEN(messages)};
