/*
 * The messages of Generic OnOff, Generic Level, Generic Default Transition Time and Sensor (MshMDL 3.2, 4.2), in the
 * order of their opcodes.
 * Messages whose later fields have a property's own length are described up to there; the rest is octets.
 */
#include "pdu/messages_tables.h"

static const struct bm_field sensor_descriptor_status[] = {
	{"descriptors", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_status[] = {
	{"marshalled_sensor_data", BM_FIELD_SENSOR_DATA, 0, 0, NULL},
};

static const struct bm_field sensor_column_status[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"column", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_series_status[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"columns", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_cadence_set[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"fast_cadence_period_divisor", BM_FIELD_UINT, 7, 0, NULL},
	{"status_trigger_type", BM_FIELD_UINT, 1, 0, NULL},
	{"triggers_and_cadence", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_cadence_status[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"fast_cadence_period_divisor", BM_FIELD_UINT, 7, 1, NULL},
	{"status_trigger_type", BM_FIELD_UINT, 1, 1, NULL},
	{"triggers_and_cadence", BM_FIELD_OCTETS, 0, 1, NULL},
};

static const struct bm_field sensor_settings_status[] = {
	{"sensor_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_property_ids", BM_FIELD_PROPERTIES, 0, 1, NULL},
};

static const struct bm_field sensor_setting_set[] = {
	{"sensor_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_raw", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_setting_status[] = {
	{"sensor_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_access", BM_FIELD_UINT, 8, 1, NULL},
	{"sensor_setting_raw", BM_FIELD_OCTETS, 0, 1, NULL},
};

static const struct bm_field onoff_set[] = {
	{"onoff", BM_FIELD_BOOL, 8, 0, NULL},
	{"tid", BM_FIELD_UINT, 8, 0, NULL},
	{"transition_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
	{"delay", BM_FIELD_UINT, 8, 1, "5 ms"},
};

static const struct bm_field onoff_status[] = {
	{"present_onoff", BM_FIELD_BOOL, 8, 0, NULL},
	{"target_onoff", BM_FIELD_BOOL, 8, 1, NULL},
	{"remaining_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
};

static const struct bm_field level_set[] = {
	{"level", BM_FIELD_INT, 16, 0, NULL},
	{"tid", BM_FIELD_UINT, 8, 0, NULL},
	{"transition_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
	{"delay", BM_FIELD_UINT, 8, 1, "5 ms"},
};

static const struct bm_field level_status[] = {
	{"present_level", BM_FIELD_INT, 16, 0, NULL},
	{"target_level", BM_FIELD_INT, 16, 1, NULL},
	{"remaining_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
};

static const struct bm_field delta_set[] = {
	{"delta_level", BM_FIELD_INT, 32, 0, NULL},
	{"tid", BM_FIELD_UINT, 8, 0, NULL},
	{"transition_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
	{"delay", BM_FIELD_UINT, 8, 1, "5 ms"},
};

static const struct bm_field move_set[] = {
	{"delta_level", BM_FIELD_INT, 16, 0, NULL},
	{"tid", BM_FIELD_UINT, 8, 0, NULL},
	{"transition_time", BM_FIELD_TRANSITION, 8, 1, "ms"},
	{"delay", BM_FIELD_UINT, 8, 1, "5 ms"},
};

static const struct bm_field default_transition_time_set[] = {
	{"transition_time", BM_FIELD_TRANSITION, 8, 0, "ms"},
};

static const struct bm_field sensor_descriptor_get[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 1, NULL},
};

static const struct bm_field sensor_column_get[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"raw_value_x", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_series_get[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"raw_values_x", BM_FIELD_OCTETS, 0, 0, NULL},
};

static const struct bm_field sensor_cadence_get[] = {
	{"property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
};

static const struct bm_field sensor_settings_get[] = {
	{"sensor_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
};

static const struct bm_field sensor_setting_get[] = {
	{"sensor_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
	{"sensor_setting_property_id", BM_FIELD_PROPERTY, 16, 0, NULL},
};

static const struct bm_message messages[] = {
	{0x51, "Sensor Descriptor Status", FIELDS(sensor_descriptor_status)},
	{0x52, "Sensor Status", FIELDS(sensor_status)},
	{0x53, "Sensor Column Status", FIELDS(sensor_column_status)},
	{0x54, "Sensor Series Status", FIELDS(sensor_series_status)},
	{0x55, "Sensor Cadence Set", FIELDS(sensor_cadence_set)},
	{0x56, "Sensor Cadence Set Unacknowledged", FIELDS(sensor_cadence_set)},
	{0x57, "Sensor Cadence Status", FIELDS(sensor_cadence_status)},
	{0x58, "Sensor Settings Status", FIELDS(sensor_settings_status)},
	{0x59, "Sensor Setting Set", FIELDS(sensor_setting_set)},
	{0x5a, "Sensor Setting Set Unacknowledged", FIELDS(sensor_setting_set)},
	{0x5b, "Sensor Setting Status", FIELDS(sensor_setting_status)},
	{0x8201, "Generic OnOff Get", NULL, 0},
	{0x8202, "Generic OnOff Set", FIELDS(onoff_set)},
	{0x8203, "Generic OnOff Set Unacknowledged", FIELDS(onoff_set)},
	{0x8204, "Generic OnOff Status", FIELDS(onoff_status)},
	{0x8205, "Generic Level Get", NULL, 0},
	{0x8206, "Generic Level Set", FIELDS(level_set)},
	{0x8207, "Generic Level Set Unacknowledged", FIELDS(level_set)},
	{0x8208, "Generic Level Status", FIELDS(level_status)},
	{0x8209, "Generic Delta Set", FIELDS(delta_set)},
	{0x820a, "Generic Delta Set Unacknowledged", FIELDS(delta_set)},
	{0x820b, "Generic Move Set", FIELDS(move_set)},
	{0x820c, "Generic Move Set Unacknowledged", FIELDS(move_set)},
	{0x820d, "Generic Default Transition Time Get", NULL, 0},
	{0x820e, "Generic Default Transition Time Set", FIELDS(default_transition_time_set)},
	{0x820f, "Generic Default Transition Time Set Unacknowledged", FIELDS(default_transition_time_set)},
	{0x8210, "Generic Default Transition Time Status", FIELDS(default_transition_time_set)},
	{0x8230, "Sensor Descriptor Get", FIELDS(sensor_descriptor_get)},
	{0x8231, "Sensor Get", FIELDS(sensor_descriptor_get)},
	{0x8232, "Sensor Column Get", FIELDS(sensor_column_get)},
	{0x8233, "Sensor Series Get", FIELDS(sensor_series_get)},
	{0x8234, "Sensor Cadence Get", FIELDS(sensor_cadence_get)},
	{0x8235, "Sensor Settings Get", FIELDS(sensor_settings_get)},
	{0x8236, "Sensor Setting Get", FIELDS(sensor_setting_get)},
};

const struct bm_message_table bm_messages_models = {messages, BM_ARRAY_LEN(messages)};
