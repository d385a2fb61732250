/*
 * The names, and which field of which message they belong to.
 */
#include "cli/words/value_names.h"

#include <stdio.h>
#include <string.h>

#include "cli/words/word.h"

static const struct bm_value_name CONFIG_STATUS[] = {
	{0x00, "success"},
	{0x01, "invalid-address"},
	{0x02, "invalid-model"},
	{0x03, "invalid-appkey-index"},
	{0x04, "invalid-netkey-index"},
	{0x05, "insufficient-resources"},
	{0x06, "key-index-already-stored"},
	{0x07, "invalid-publish-parameters"},
	{0x08, "not-a-subscribe-model"},
	{0x09, "storage-failure"},
	{0x0a, "feature-not-supported"},
	{0x0b, "cannot-update"},
	{0x0c, "cannot-remove"},
	{0x0d, "cannot-bind"},
	{0x0e, "temporarily-unable-to-change-state"},
	{0x0f, "cannot-set"},
	{0x10, "unspecified-error"},
	{0x11, "invalid-binding"},
	{0x12, "invalid-path-entry"},
	{0x13, "cannot-get"},
	{0x14, "obsolete-information"},
	{0x15, "invalid-bearer"},
};

static const struct bm_value_name AGGREGATOR_STATUS[] = {
	{0x00, "success"},      {0x01, "invalid-address"},        {0x02, "wrong-access-key"},
	{0x03, "wrong-opcode"}, {0x04, "message-not-understood"}, {0x05, "response-overflow"},
};

static const struct bm_value_name RANGE_STATUS[] = {
	{0x00, "success"},
	{0x01, "cannot-set-range-min"},
	{0x02, "cannot-set-range-max"},
};

static const struct bm_value_name SCENE_STATUS[] = {
	{0x00, "success"},
	{0x01, "scene-register-full"},
	{0x02, "scene-not-found"},
};

static const struct bm_value_name ONOFF[] = {
	{0, "off"},
	{1, "on"},
};

static const struct bm_value_name FEATURE[] = {
	{0, "off"},
	{1, "on"},
	{2, "not-supported"},
};

/* MshPRT 4.2.14 */
static const struct bm_value_name PHASE[] = {
	{0, "normal"},
	{1, "distribution"},
	{2, "use-new-keys"},
};

static const struct bm_value_name PHASE_CHANGE[] = {
	{2, "use-new-keys"},
	{3, "revoke-old-keys"},
};

static const struct bm_value_name TTL[] = {
	{0xff, "default"},
};

static const struct bm_value_name FOR_EVER[] = {
	{0xff, "forever"},
};

static const struct bm_value_name FEATURES[] = {
	{0x0001, "relay"},
	{0x0002, "proxy"},
	{0x0004, "friend"},
	{0x0008, "low-power"},
};

static const struct bm_value_name ACCESS[] = {
	{1, "read"},
	{3, "read-write"},
};

static const struct bm_value_name TRIGGER[] = {
	{0, "value"},
	{1, "percent"},
};

/* MshMDL 3.1.4 */
static const struct bm_value_name POWER_UP[] = {
	{0, "off"},
	{1, "default"},
	{2, "restore"},
};

/* MshPRT 4.2.15.1 */
static const struct bm_value_name FAULTS[] = {
	{0x00, "no-fault"},
	{0x01, "battery-low-warning"},
	{0x02, "battery-low-error"},
	{0x03, "supply-voltage-too-low-warning"},
	{0x04, "supply-voltage-too-low-error"},
	{0x05, "supply-voltage-too-high-warning"},
	{0x06, "supply-voltage-too-high-error"},
	{0x07, "power-supply-interrupted-warning"},
	{0x08, "power-supply-interrupted-error"},
	{0x09, "no-load-warning"},
	{0x0a, "no-load-error"},
	{0x0b, "overload-warning"},
	{0x0c, "overload-error"},
	{0x0d, "overheat-warning"},
	{0x0e, "overheat-error"},
	{0x0f, "condensation-warning"},
	{0x10, "condensation-error"},
	{0x11, "vibration-warning"},
	{0x12, "vibration-error"},
	{0x13, "configuration-warning"},
	{0x14, "configuration-error"},
	{0x15, "element-not-calibrated-warning"},
	{0x16, "element-not-calibrated-error"},
	{0x17, "memory-warning"},
	{0x18, "memory-error"},
	{0x19, "self-test-warning"},
	{0x1a, "self-test-error"},
	{0x1b, "input-too-low-warning"},
	{0x1c, "input-too-low-error"},
	{0x1d, "input-too-high-warning"},
	{0x1e, "input-too-high-error"},
	{0x1f, "input-no-change-warning"},
	{0x20, "input-no-change-error"},
	{0x21, "actuator-blocked-warning"},
	{0x22, "actuator-blocked-error"},
	{0x23, "housing-opened-warning"},
	{0x24, "housing-opened-error"},
	{0x25, "tamper-warning"},
	{0x26, "tamper-error"},
	{0x27, "device-moved-warning"},
	{0x28, "device-moved-error"},
	{0x29, "device-dropped-warning"},
	{0x2a, "device-dropped-error"},
	{0x2b, "overflow-warning"},
	{0x2c, "overflow-error"},
	{0x2d, "empty-warning"},
	{0x2e, "empty-error"},
	{0x2f, "internal-bus-warning"},
	{0x30, "internal-bus-error"},
	{0x31, "mechanism-jammed-warning"},
	{0x32, "mechanism-jammed-error"},
};

#define NAMES(list) list, BM_ARRAY_LEN(list)

/* The first row that fits counts: messages whose name begins so, and the field. */
static const struct {
	const char *message, *field;
	struct bm_value_names names;
} ROWS[] = {
	{"Opcodes Aggregator", "status", {NAMES(AGGREGATOR_STATUS), false, false}},
	{"Config", "status", {NAMES(CONFIG_STATUS), false, false}},
	{"Private Node Identity", "status", {NAMES(CONFIG_STATUS), false, false}},
	{"Scene", "status_code", {NAMES(SCENE_STATUS), false, false}},
	{"Generic Power Range", "status_code", {NAMES(RANGE_STATUS), false, false}},
	{"Light", "status_code", {NAMES(RANGE_STATUS), false, false}},
	{"Config Relay", "relay", {NAMES(FEATURE), false, false}},
	{"Config Friend", "friend", {NAMES(FEATURE), false, false}},
	{"Config GATT Proxy", "gatt_proxy", {NAMES(FEATURE), false, false}},
	{"Config Node Identity", "identity", {NAMES(FEATURE), false, false}},
	{"Private Beacon", "private_beacon", {NAMES(ONOFF), false, false}},
	{"Private GATT Proxy", "private_gatt_proxy", {NAMES(FEATURE), false, false}},
	{"Private Node Identity", "private_node_identity", {NAMES(FEATURE), false, false}},
	{"Config Model Publication", "credential_flag", {NAMES(ONOFF), false, false}},
	{"Config Key Refresh Phase", "transition", {NAMES(PHASE_CHANGE), false, false}},
	{"Config Key Refresh Phase", "phase", {NAMES(PHASE), false, false}},
	{"Config Model Publication", "publish_ttl", {NAMES(TTL), false, false}},
	{"Config Heartbeat Publication", "count_log", {NAMES(FOR_EVER), false, false}},
	{"Config Heartbeat Publication", "features", {NAMES(FEATURES), true, false}},
	{"Sensor Setting", "sensor_setting_access", {NAMES(ACCESS), false, false}},
	{"Sensor Cadence", "status_trigger_type", {NAMES(TRIGGER), false, false}},
	{"Generic OnPowerUp", "on_power_up", {NAMES(POWER_UP), false, false}},
	{"Health", "fault_array", {NAMES(FAULTS), false, true}},
};

const struct bm_value_names *bm_value_names_of(const struct bm_message *message, const struct bm_field *field)
{
	static const struct bm_value_names onoff = {NAMES(ONOFF), false, false};
	if (field->kind == BM_FIELD_BOOL)
		return &onoff;
	for (size_t i = 0; i < BM_ARRAY_LEN(ROWS); i++)
		if (strncmp(message->name, ROWS[i].message, strlen(ROWS[i].message)) == 0 &&
		    strcmp(field->name, ROWS[i].field) == 0)
			return &ROWS[i].names;
	return NULL;
}

const char *bm_value_word(const struct bm_value_names *names, uint32_t value)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->names[i].value == value)
			return names->names[i].word;
	return NULL;
}

bool bm_value_by_name(const struct bm_value_names *names, const char *word, uint32_t *value)
{
	/* What people type for on and off. */
	static const char *const ALSO[][2] = {{"true", "on"}, {"yes", "on"}, {"false", "off"}, {"no", "off"}};
	char typed[BM_WORD_MAX];
	if (!bm_word_typed(word, typed))
		return false;
	for (size_t i = 0; i < names->count; i++) {
		bool same = strcmp(names->names[i].word, typed) == 0;
		for (size_t k = 0; k < BM_ARRAY_LEN(ALSO) && !same; k++)
			same = strcmp(typed, ALSO[k][0]) == 0 && strcmp(names->names[i].word, ALSO[k][1]) == 0;
		if (!same)
			continue;
		*value = names->names[i].value;
		return true;
	}
	return false;
}

void bm_value_names_text(const struct bm_value_names *names, char *out, size_t len)
{
	size_t used = 0;
	const size_t shown = names->count > 8 ? 8 : names->count;
	out[0] = '\0';
	for (size_t i = 0; i < shown && used < len; i++) {
		const char *between = i == 0 ? "" : i + 1 < names->count && i + 1 < shown ? ", " : " or ";
		const int wrote = snprintf(out + used, len - used, "%s%s", names->flags && i ? "+" : between,
					   names->names[i].word);
		used += wrote > 0 ? (size_t)wrote : 0;
	}
	if (shown < names->count && used < len)
		snprintf(out + used, len - used, "…");
}
