/*
 * Statuses of the Configuration models, a member of the document each (Mesh Configuration Database
 * Profile 1.0.1, 3.1.9).
 */
#include "cli/network/learn.h"

#include <stdio.h>
#include <string.h>

#include "blemesh/config_messages.h"
#include "cli/network/document.h"
#include "pdu/messages.h"

struct lesson {
	struct bm_network *network;
	json_t *node;
	uint32_t request;
	struct bm_reader params; /* of the request */
	struct bm_config_answer answer;
};

static json_t *member(json_t *object, const char *name, json_t *(*make)(void))
{
	json_t *there = json_object_get(object, name);
	if (!there) {
		there = make();
		json_object_set_new(object, name, there);
	}
	return there;
}

/* There the count is of all transmissions, the first one too. */
static json_t *transmit_of(const struct bm_config_transmit *transmit)
{
	return json_pack("{s:i, s:i}", "count", transmit->count + 1, "interval", (int)transmit->interval_ms);
}

static void learn_feature(struct lesson *l, const char *name, enum bm_config_feature state)
{
	json_object_set_new(member(l->node, "features", json_object), name, json_integer((json_int_t)state));
}

/* With a key go the bindings to it and the publications under it (MshPRT 4.4.1.2.9). */
static void drop_app_key(struct lesson *l, uint16_t index)
{
	size_t e, m;
	json_t *element, *model;
	bm_document_drop(json_object_get(l->node, "appKeys"), index, "index");
	json_array_foreach(json_object_get(l->node, "elements"), e, element)
		json_array_foreach(json_object_get(element, "models"), m, model)
	{
		bm_document_drop(json_object_get(model, "bind"), index, NULL);
		const json_t *publish = json_object_get(model, "publish");
		if (publish && json_integer_value(json_object_get(publish, "index")) == index)
			json_object_del(model, "publish");
	}
}

/* A list that says all there is. */
static void learn_keys(struct lesson *l, const char *name)
{
	uint16_t index;
	struct bm_config_indexes list = l->answer.key.indexes;
	json_t *before = json_object_get(l->node, name), *keys = json_array(), *key;
	size_t i;
	while (!bm_config_next_index(&list, &index)) {
		json_t *known = NULL;
		json_array_foreach(before, i, key) if (json_integer_value(json_object_get(key, "index")) == index)
			known = key;
		json_array_append_new(keys, known ? json_incref(known)
						  : json_pack("{s:i, s:b}", "index", (int)index, "updated", 0));
	}
	json_object_set_new(l->node, name, keys);
}

static void learn_app_key_list(struct lesson *l)
{
	/* A list for each subnet: alone it says all only if the node is in one. */
	if (json_array_size(json_object_get(l->node, "netKeys")) == 1) {
		learn_keys(l, "appKeys");
		return;
	}
	uint16_t index;
	struct bm_config_indexes list = l->answer.key.indexes;
	while (!bm_config_next_index(&list, &index))
		bm_document_add_index(l->node, "appKeys", index);
}

static json_t *model_of(struct lesson *l)
{
	const uint16_t first = bm_document_addr(l->node), at = l->answer.model.element_addr;
	return at < first ? NULL : bm_document_model(l->node, at - first, &l->answer.model.id);
}

static void learn_binding(struct lesson *l)
{
	json_t *model = model_of(l);
	if (l->request == BM_OP_CONFIG_MODEL_APP_UNBIND)
		bm_document_drop(json_object_get(model, "bind"), l->answer.model.app_idx, NULL);
	else if (model)
		bm_document_bind(l->node, l->answer.model.element_addr - bm_document_addr(l->node), &l->answer.model.id,
				 l->answer.model.app_idx);
}

static void learn_bindings(struct lesson *l)
{
	json_t *model = model_of(l), *bind = json_array();
	uint16_t index;
	while (!bm_config_next_index(&l->answer.model.indexes, &index))
		json_array_append_new(bind, json_integer(index));
	if (model)
		json_object_set(model, "bind", bind);
	json_decref(bind);
}

/* The Label UUID of the request, or the address; a new reference. */
static json_t *address_of(struct lesson *l, bool virtual_message, uint16_t addr)
{
	struct bm_reader r = l->params;
	(void)bm_read_le16(&r);
	const uint8_t *label = bm_read_octets(&r, BM_UUID_LEN);
	return virtual_message && !r.failed ? bm_document_of_label(label) : bm_document_of_hex16(addr);
}

static void drop_address(json_t *list, const json_t *address)
{
	for (size_t i = json_array_size(list); i-- > 0;)
		if (bm_document_same_address(json_string_value(json_array_get(list, i)), json_string_value(address)))
			json_array_remove(list, i);
}

static void learn_subscription(struct lesson *l)
{
	json_t *model = model_of(l);
	if (!model)
		return;
	json_t *list = member(model, "subscribe", json_array);
	const bool is_virtual = l->request == BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD ||
				l->request == BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE ||
				l->request == BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE;
	json_t *address = address_of(l, is_virtual, l->answer.model.addr);
	drop_address(list, address);
	switch (l->request) {
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_OVERWRITE:
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE:
		json_array_clear(list);
		json_array_append(list, address);
		break;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD:
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD:
		json_array_append(list, address);
		break;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE_ALL:
		json_array_clear(list);
		break;
	default:
		break;
	}
	json_decref(address);
}

/* Labels are not told: the virtual addresses known stay, the others are what is told. */
static void learn_subscriptions(struct lesson *l)
{
	json_t *model = model_of(l), *list = json_array(), *known;
	size_t i;
	uint16_t addr;
	bool any_virtual = false;
	while (!bm_config_next_addr(&l->answer.model.addrs, &addr)) {
		any_virtual |= bm_addr_is_virtual(addr);
		if (!bm_addr_is_virtual(addr))
			json_array_append_new(list, bm_document_of_hex16(addr));
	}
	json_array_foreach(json_object_get(model, "subscribe"), i, known)
	{
		uint16_t plain;
		if (any_virtual && !bm_document_hex16(json_string_value(known), &plain))
			json_array_append(list, known);
	}
	if (model)
		json_object_set(model, "subscribe", list);
	json_decref(list);
}

static json_t *period_of(uint32_t period_ms)
{
	static const uint32_t resolutions[] = {100, 1000, 10000, 600000};
	size_t i = 0;
	while (i + 1 < BM_ARRAY_LEN(resolutions) && (period_ms % resolutions[i] || period_ms / resolutions[i] > 63))
		i++;
	return json_pack("{s:i, s:i}", "numberOfSteps", (int)(period_ms / resolutions[i]), "resolution",
			 (int)resolutions[i]);
}

static void learn_publication(struct lesson *l)
{
	json_t *model = model_of(l);
	const struct bm_config_publication *p = &l->answer.model.publication;
	if (!model)
		return;
	if (p->addr == BM_ADDR_UNASSIGNED) {
		json_object_del(model, "publish");
		return;
	}
	const bool is_virtual = l->request == BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET;
	json_t *address = address_of(l, is_virtual, p->addr);
	const json_t *before = json_object_get(json_object_get(model, "publish"), "address");
	uint16_t plain;
	/* A Get does not tell the label, which may be known. */
	if (!is_virtual && bm_addr_is_virtual(p->addr) && before &&
	    !bm_document_hex16(json_string_value(before), &plain)) {
		json_decref(address);
		address = json_string(json_string_value(before));
	}
	json_object_set_new(model, "publish",
			    json_pack("{s:o, s:i, s:i, s:o, s:{s:i, s:i}, s:i}", "address", address, "index",
				      (int)p->app_idx, "ttl", (int)p->ttl, "period", period_of(p->period_ms),
				      "retransmit", "count", (int)p->retransmit_count, "interval",
				      (int)p->retransmit_interval_ms, "credentials", (int)p->friendship_credentials));
}

static void learn_heartbeats(struct lesson *l)
{
	const struct bm_config_heartbeat_publication *p = &l->answer.heartbeat_publication;
	static const struct {
		uint16_t bit;
		const char *name;
	} FEATURES[] = {{BM_FEATURE_RELAY, "relay"},
			{BM_FEATURE_PROXY, "proxy"},
			{BM_FEATURE_FRIEND, "friend"},
			{BM_FEATURE_LOW_POWER, "lowPower"}};
	if (p->dst == BM_ADDR_UNASSIGNED) {
		json_object_del(l->node, "heartbeatPub");
		return;
	}
	json_t *features = json_array();
	for (size_t i = 0; i < BM_ARRAY_LEN(FEATURES); i++)
		if (p->features & FEATURES[i].bit)
			json_array_append_new(features, json_string(FEATURES[i].name));
	json_object_set_new(l->node, "heartbeatPub",
			    json_pack("{s:o, s:i, s:i, s:i, s:o}", "address", bm_document_of_hex16(p->dst), "period",
				      /* The longest, 2^16 s, apps take as 65535 only. */
				      p->period_log > 16 ? UINT16_MAX
				      : p->period_log    ? 1 << (p->period_log - 1)
							 : 0,
				      "ttl", (int)p->ttl, "index", (int)p->net_idx, "features", features));
}

static void learn_heartbeat_subscription(struct lesson *l)
{
	if (l->answer.heartbeat_subscription.src == BM_ADDR_UNASSIGNED)
		json_object_del(l->node, "heartbeatSub");
	else
		json_object_set_new(l->node, "heartbeatSub",
				    json_pack("{s:o, s:o}", "source",
					      bm_document_of_hex16(l->answer.heartbeat_subscription.src), "destination",
					      bm_document_of_hex16(l->answer.heartbeat_subscription.dst)));
}

static void learn_relay(struct lesson *l)
{
	learn_feature(l, "relay", l->answer.relay.feature);
	if (l->answer.relay.feature == BM_CONFIG_FEATURE_ABSENT)
		json_object_del(l->node, "relayRetransmit");
	else
		json_object_set_new(l->node, "relayRetransmit", transmit_of(&l->answer.relay.retransmit));
}

/* False: nothing that the document has. */
static bool learn_keys_of(struct lesson *l)
{
	switch (l->answer.opcode) {
	case BM_OP_CONFIG_NET_KEY_STATUS:
		if (l->request == BM_OP_CONFIG_NET_KEY_DELETE)
			bm_document_drop(json_object_get(l->node, "netKeys"), l->answer.key.net_idx, "index");
		else
			bm_document_add_index(l->node, "netKeys", l->answer.key.net_idx);
		return true;
	case BM_OP_CONFIG_NET_KEY_LIST:
		learn_keys(l, "netKeys");
		return true;
	case BM_OP_CONFIG_APP_KEY_STATUS:
		if (l->request == BM_OP_CONFIG_APP_KEY_DELETE)
			drop_app_key(l, l->answer.key.app_idx);
		else
			bm_document_add_index(l->node, "appKeys", l->answer.key.app_idx);
		return true;
	case BM_OP_CONFIG_APP_KEY_LIST:
		learn_app_key_list(l);
		return true;
	default:
		return false;
	}
}

static bool learn_models_of(struct lesson *l)
{
	switch (l->answer.opcode) {
	case BM_OP_CONFIG_MODEL_APP_STATUS:
		learn_binding(l);
		return true;
	case BM_OP_CONFIG_SIG_MODEL_APP_LIST:
	case BM_OP_CONFIG_VENDOR_MODEL_APP_LIST:
		learn_bindings(l);
		return true;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_STATUS:
		learn_subscription(l);
		return true;
	case BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_LIST:
	case BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_LIST:
		learn_subscriptions(l);
		return true;
	case BM_OP_CONFIG_MODEL_PUBLICATION_STATUS:
		learn_publication(l);
		return true;
	default:
		return learn_keys_of(l);
	}
}

static bool learn(struct lesson *l)
{
	switch (l->answer.opcode) {
	case BM_OP_CONFIG_COMPOSITION_DATA_STATUS:
		return l->answer.composition.page == 0 &&
		       bm_document_take_composition(l->node, l->answer.composition.data, l->answer.composition.len);
	case BM_OP_CONFIG_BEACON_STATUS:
		json_object_set_new(l->node, "secureNetworkBeacon", json_boolean(l->answer.beacon));
		return true;
	case BM_OP_CONFIG_DEFAULT_TTL_STATUS:
		json_object_set_new(l->node, "defaultTTL", json_integer(l->answer.default_ttl));
		return true;
	case BM_OP_CONFIG_RELAY_STATUS:
		learn_relay(l);
		return true;
	case BM_OP_CONFIG_FRIEND_STATUS:
		learn_feature(l, "friend", l->answer.feature);
		return true;
	case BM_OP_CONFIG_GATT_PROXY_STATUS:
		learn_feature(l, "proxy", l->answer.feature);
		return true;
	case BM_OP_CONFIG_NETWORK_TRANSMIT_STATUS:
		json_object_set_new(l->node, "networkTransmit", transmit_of(&l->answer.network_transmit));
		return true;
	case BM_OP_CONFIG_HEARTBEAT_PUBLICATION_STATUS:
		learn_heartbeats(l);
		return true;
	case BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_STATUS:
		learn_heartbeat_subscription(l);
		return true;
	default:
		return learn_models_of(l);
	}
}

void bm_network_learn(struct bm_network *network, uint16_t dst, const uint8_t *request, size_t request_len,
		      const uint8_t *answer, size_t answer_len)
{
	struct lesson l = {.network = network, .node = bm_network_node(network, dst)};
	struct bm_reader r = bm_reader_of(answer, answer_len);
	uint32_t opcode;
	l.params = bm_reader_of(request, request_len);
	if (!l.node || bm_opcode_read(&l.params, &l.request) || bm_opcode_read(&r, &opcode) ||
	    bm_config_answer_read(opcode, r.at, bm_reader_left(&r), &l.answer) ||
	    l.answer.status != BM_CONFIG_SUCCESS || !learn(&l))
		return;
	if (bm_network_keep_node(network, l.node))
		fprintf(stderr, "blemesh: what node 0x%04x said could not be kept in %s\n", bm_document_addr(l.node),
			bm_network_path(network));
}
