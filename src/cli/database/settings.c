/*
 * What a database says of how nodes are set: of none of it depends that the network can be taken over. Each is brought
 * into the form and the limits of the schema, or left out with a warning; a node can be asked for it again.
 */
#include <string.h>
#include <strings.h>

#include "cli/database/parts.h"
#include "cli/network/document.h"

/* The member, an object, and the path to it; NULL: it is something else. */
static json_t *enter_object(struct bm_check *check, json_t *object, const char *member, size_t *before)
{
	json_t *value = json_object_get(object, member);
	if (!json_is_object(value)) {
		bm_check_fail(check, member, "expected an object");
		return NULL;
	}
	*before = bm_check_enter(check, member, -1);
	return value;
}

/* Milliseconds in whole steps; some versions of apps wrote the number of steps less one, as it is on the air. */
static bool interval(struct bm_check *check, json_t *object, uint32_t step, uint32_t steps)
{
	uint32_t ms = 0;
	if (!bm_check_number(check, object, "interval", BM_CHECK_MUST, 0, step * steps, &ms))
		return false;
	if (ms % step && ms >= steps)
		return bm_check_fail(check, "interval", "%u is no multiple of %u ms", (unsigned)ms, (unsigned)step);
	if (ms % step || ms == 0)
		ms = (ms + 1) * step;
	json_object_set_new(object, "interval", json_integer((json_int_t)ms));
	return true;
}

/* Network Transmit and Relay Retransmit (MshPRT 4.2.20, 4.2.21); the count is of all transmissions. */
static bool transmit(struct bm_check *check, json_t *object, const char *member)
{
	size_t before;
	uint32_t count = 0;
	json_t *value = enter_object(check, object, member, &before);
	if (!value)
		return false;
	bool good = bm_check_number(check, value, "count", BM_CHECK_MUST, 0, 8, &count);
	/* So write apps what they do not know. */
	const bool unknown = good && count == 0;
	good = good && (unknown || interval(check, value, 10, 32));
	bm_check_leave(check, before);
	if (unknown)
		(void)json_object_del(object, member);
	return good;
}

/* Steps of a resolution in milliseconds; also written as milliseconds, and the resolution as on the air. */
static bool period(struct bm_check *check, json_t *publish)
{
	static const uint32_t RESOLUTIONS[] = {100, 1000, 10000, 600000};
	json_t *value = json_object_get(publish, "period");
	uint32_t ms = 0, resolution = 100;
	size_t before, i = 0;
	if (!value || json_is_null(value) || json_is_number(value)) {
		if (!bm_check_number(check, publish, "period", BM_CHECK_MAY, 0, 63 * RESOLUTIONS[3], &ms))
			return false;
		while (i + 1 < BM_ARRAY_LEN(RESOLUTIONS) && (ms % RESOLUTIONS[i] || ms / RESOLUTIONS[i] > 63))
			i++;
		json_object_set_new(publish, "period",
				    json_pack("{s:i, s:i}", "numberOfSteps", (int)(ms / RESOLUTIONS[i]), "resolution",
					      (int)RESOLUTIONS[i]));
		return true;
	}
	value = enter_object(check, publish, "period", &before);
	if (!value)
		return false;
	if (!bm_check_number(check, value, "numberOfSteps", BM_CHECK_MUST, 0, 63, NULL) ||
	    !bm_check_number(check, value, "resolution", BM_CHECK_MAY, 0, RESOLUTIONS[3], &resolution))
		return false;
	if (resolution < BM_ARRAY_LEN(RESOLUTIONS))
		resolution = RESOLUTIONS[resolution];
	while (i < BM_ARRAY_LEN(RESOLUTIONS) && RESOLUTIONS[i] != resolution)
		i++;
	if (i == BM_ARRAY_LEN(RESOLUTIONS))
		return bm_check_fail(check, "resolution", "%u ms is none of 100, 1000, 10000 and 600000",
				     (unsigned)resolution);
	json_object_set_new(value, "resolution", json_integer((json_int_t)resolution));
	bm_check_leave(check, before);
	return true;
}

static bool retransmit(struct bm_check *check, json_t *publish)
{
	size_t before;
	json_t *value = json_object_get(publish, "retransmit");
	if (!value || json_is_null(value)) {
		json_object_set_new(publish, "retransmit", json_pack("{s:i, s:i}", "count", 0, "interval", 50));
		return true;
	}
	value = enter_object(check, publish, "retransmit", &before);
	const bool good = value && bm_check_number(check, value, "count", BM_CHECK_MUST, 0, 7, NULL) &&
			  interval(check, value, 50, 32);
	if (good)
		bm_check_leave(check, before);
	return good;
}

static void complete(json_t *object, const char *member, json_int_t value)
{
	if (!json_object_get(object, member))
		json_object_set_new(object, member, json_integer(value));
}

bool bm_database_publication(struct bm_check *check, json_t *model, const char *member)
{
	size_t before;
	uint32_t ttl = 255;
	json_t *publish = enter_object(check, model, member, &before);
	if (!publish)
		return false;
	const json_t *address = json_object_get(publish, "address");
	json_t *made = address ? bm_check_address(check, "address", address)
			       : (bm_check_fail(check, "address", "is missing"), NULL);
	if (!made)
		return false;
	json_object_set_new(publish, "address", made);
	/* Nothing is published then (MshPRT 4.2.3.1). */
	const bool is_off = strcmp(json_string_value(made), "0000") == 0;
	if (!is_off && (!bm_check_number(check, publish, "index", BM_CHECK_MAY, 0, BM_KEY_INDEX_MAX, NULL) ||
			!bm_check_number(check, publish, "ttl", BM_CHECK_MAY, 0, 255, &ttl) ||
			!bm_check_number(check, publish, "credentials", BM_CHECK_MAY, 0, 1, NULL) ||
			!period(check, publish) || !retransmit(check, publish)))
		return false;
	if (ttl > 127 && ttl != 255)
		return bm_check_fail(check, "ttl", "%u is neither up to 127 nor 255", (unsigned)ttl);
	complete(publish, "index", 0);
	complete(publish, "ttl", 255);
	complete(publish, "credentials", 0);
	bm_check_leave(check, before);
	if (is_off)
		(void)json_object_del(model, member);
	return true;
}

static const char *const FEATURES[] = {"relay", "proxy", "friend", "lowPower"};

/* Their names, each once. */
static bool trigger_features(struct bm_check *check, json_t *heartbeat)
{
	json_t *list = bm_check_array(check, heartbeat, "features", BM_CHECK_MAY, 64), *made, *entry;
	bool on[BM_ARRAY_LEN(FEATURES)] = {false};
	size_t i;
	if (!list)
		return false;
	json_array_foreach(list, i, entry)
	{
		size_t f = 0;
		while (f < BM_ARRAY_LEN(FEATURES) &&
		       !(json_is_string(entry) && strcasecmp(json_string_value(entry), FEATURES[f]) == 0))
			f++;
		if (f == BM_ARRAY_LEN(FEATURES))
			return bm_check_fail(check, "features", "expected names of features");
		on[f] = true;
	}
	made = json_array();
	for (size_t f = 0; f < BM_ARRAY_LEN(FEATURES); f++)
		if (on[f])
			json_array_append_new(made, json_string(FEATURES[f]));
	json_object_set_new(heartbeat, "features", made);
	return true;
}

/* Seconds, a power of two; the longest, 2^16, is written as 65535. */
static bool heartbeat_period(struct bm_check *check, json_t *heartbeat)
{
	uint32_t seconds = 0;
	if (!bm_check_number(check, heartbeat, "period", BM_CHECK_MAY, 0, 0x10000, &seconds))
		return false;
	if ((seconds & (seconds - 1)) && seconds != UINT16_MAX)
		return bm_check_fail(check, "period", "%u s is no power of two", (unsigned)seconds);
	if (seconds > UINT16_MAX)
		seconds = UINT16_MAX;
	json_object_set_new(heartbeat, "period", json_integer((json_int_t)seconds));
	return true;
}

/* Neither a virtual address nor a reserved one (MshPRT 4.2.18.1, 4.2.19.2). */
static bool heartbeat_addr(struct bm_check *check, json_t *heartbeat, const char *member, bool group, uint16_t *addr)
{
	if (!bm_check_hex16(check, heartbeat, member, BM_CHECK_MUST, 0, 0xffff, addr))
		return false;
	return *addr == BM_ADDR_UNASSIGNED || bm_addr_is_unicast(*addr) || (group && bm_addr_is_group(*addr)) ||
	       bm_check_fail(check, member, "0x%04X is no address for that", *addr);
}

static bool heartbeat_publication(struct bm_check *check, json_t *node, const char *member)
{
	size_t before;
	uint16_t addr = 0;
	json_t *value = enter_object(check, node, member, &before);
	if (!value)
		return false;
	/* The name that older versions of apps gave it. */
	if (!json_object_get(value, "address") && json_object_get(value, "destination"))
		json_object_set(value, "address", json_object_get(value, "destination"));
	(void)json_object_del(value, "destination");
	bool good = heartbeat_addr(check, value, "address", true, &addr);
	if (good && addr)
		good = heartbeat_period(check, value) &&
		       bm_check_number(check, value, "ttl", BM_CHECK_MAY, 0, 127, NULL) &&
		       bm_check_number(check, value, "index", BM_CHECK_MAY, 0, BM_KEY_INDEX_MAX, NULL) &&
		       trigger_features(check, value);
	complete(value, "ttl", 127);
	complete(value, "index", 0);
	bm_check_leave(check, before);
	if (good && !addr)
		(void)json_object_del(node, member);
	return good;
}

static bool heartbeat_subscription(struct bm_check *check, json_t *node, const char *member)
{
	size_t before;
	uint16_t src = 0, dst = 0;
	json_t *value = enter_object(check, node, member, &before);
	if (!value)
		return false;
	const bool good = heartbeat_addr(check, value, "source", false, &src) &&
			  heartbeat_addr(check, value, "destination", true, &dst);
	bm_check_leave(check, before);
	if (good && (!src || !dst))
		(void)json_object_del(node, member);
	return good;
}

/* 0 off, 1 on, 2 not supported; 3 is written where it is not known. */
static bool feature(struct bm_check *check, json_t *features, const char *member)
{
	uint32_t state = 0;
	if (!bm_check_number(check, features, member, BM_CHECK_MUST, 0, 3, &state))
		return false;
	if (state == 3)
		(void)json_object_del(features, member);
	return true;
}

static bool features(struct bm_check *check, json_t *node, const char *member)
{
	size_t before;
	json_t *list = enter_object(check, node, member, &before);
	if (!list)
		return false;
	for (size_t i = 0; i < BM_ARRAY_LEN(FEATURES); i++)
		bm_check_state(check, list, FEATURES[i], feature);
	bm_check_leave(check, before);
	return true;
}

/* 1 is prohibited (MshPRT 4.2.8). */
static bool default_ttl(struct bm_check *check, json_t *node, const char *member)
{
	uint32_t ttl = 0;
	return bm_check_number(check, node, member, BM_CHECK_MUST, 0, 127, &ttl) &&
	       (ttl != 1 || bm_check_fail(check, member, "1 is no TTL that a node can have by default"));
}

static bool identifier(struct bm_check *check, json_t *node, const char *member)
{
	return bm_check_hex16(check, node, member, BM_CHECK_MUST, 0, 0xffff, NULL);
}

static bool yes_or_no(struct bm_check *check, json_t *node, const char *member)
{
	return bm_check_bool(check, node, member, false);
}

void bm_database_settings(struct bm_check *check, json_t *node)
{
	static const struct {
		const char *member;
		bm_check_reader *read;
	} STATES[] = {
		{"cid", identifier},
		{"pid", identifier},
		{"vid", identifier},
		{"crpl", identifier},
		{"features", features},
		{"secureNetworkBeacon", yes_or_no},
		{"defaultTTL", default_ttl},
		{"networkTransmit", transmit},
		{"relayRetransmit", transmit},
		{"heartbeatPub", heartbeat_publication},
		{"heartbeatSub", heartbeat_subscription},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(STATES); i++)
		bm_check_state(check, node, STATES[i].member, STATES[i].read);
}
