/*
 * What the store hands back. Records come in any order: keys, models and the replay list go into their tables at once,
 * address and sequence numbers wait for bm_node_start, which knows whether all that makes a node is there.
 */
#include "base/env.h"
#include "blemesh/store.h"
#include "node/node_state.h"
#include "node/store.h"
#include "transport/heartbeat.h"

static enum bm_err restore_net(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_restored *restored = &node->restored;
	restored->net_result = bm_record_read_net(octets, len, &restored->net);
	restored->net_held = !restored->net_result;
	return restored->net_result;
}

static enum bm_err restore_seq(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_restored *restored = &node->restored;
	const enum bm_err err = bm_record_read_seq(octets, len, &restored->seq);
	restored->seq_held = !err;
	return err;
}

static enum bm_err restore_subnet(struct bm_node *node, uint16_t net_idx, const uint8_t *octets, size_t len)
{
	struct bm_keys_record record;
	struct bm_subnet *subnet;
	enum bm_err err = bm_record_read_subnet(octets, len, &record);
	if (!err)
		err = bm_subnet_add(bm_net_subnets(&node->net), net_idx, record.keys[record.held[0] ? 0 : 1],
				    !record.held[0], &subnet);
	if (!err && record.held[0] && record.held[1])
		bm_net_keys_derive(&subnet->keys[1], record.keys[1]);
	if (!err)
		subnet->phase = record.phase;
	bm_subnets_map(bm_net_subnets(&node->net));
	bm_wipe(&record, sizeof record);
	return err;
}

static enum bm_err restore_app_key(struct bm_node *node, uint16_t app_idx, const uint8_t *octets, size_t len)
{
	struct bm_keys_record record;
	struct bm_app_keys *keys = bm_transport_app_keys(&node->transport);
	enum bm_err err = bm_record_read_app_key(octets, len, &record);
	if (!err)
		err = bm_app_key_add(keys, record.net_idx, app_idx, record.keys[0]);
	if (!err && record.held[1])
		bm_app_key_value_set(&bm_app_key_find(keys, app_idx)->values[1], record.keys[1]);
	bm_wipe(&record, sizeof record);
	return err;
}

static enum bm_err restore_device(struct bm_node *node, uint16_t addr, const uint8_t *octets, size_t len)
{
	struct bm_device_record record;
	enum bm_err err = bm_record_read_device(octets, len, &record);
	if (!err)
		err = bm_dev_key_add(bm_transport_dev_keys(&node->transport), addr, record.elements, record.key);
	bm_wipe(&record, sizeof record);
	return err;
}

/* The model a record belongs to, wherever it stands now, or NULL. */
static struct bm_model *find_model(struct bm_node *node, const struct bm_model_place *place, uint16_t index)
{
	struct bm_restored *restored = &node->restored;
	struct bm_model *model = place->element < node->access.element_count
					 ? bm_access_find_model(&node->access, place->element, &place->id)
					 : NULL;
	if (!model || model->index != index) {
		restored->moved = true;
		restored->moved_up |= model && model->index > index;
	}
	return model;
}

static enum bm_err restore_model(struct bm_node *node, uint16_t index, const uint8_t *octets, size_t len)
{
	struct bm_model_record record;
	struct bm_access *access = &node->access;
	enum bm_err err = bm_record_read_model(octets, len, &record);
	if (err)
		return err;
	struct bm_model *model = find_model(node, &record.place, index);
	if (!model)
		return BM_ERR_NOT_FOUND;
	for (size_t i = 0; i < record.binding_count; i++) {
		const enum bm_err refused = bm_access_bind(access, model, bm_record_next_binding(&record));
		err = err ? err : refused;
	}
	for (size_t i = 0; i < record.subscription_count; i++) {
		const struct bm_subscription_record next = bm_record_next_subscription(&record);
		const enum bm_err refused = bm_access_subscribe(access, model, next.addr, next.label);
		err = err ? err : refused;
	}
	if (record.publication.addr != BM_ADDR_UNASSIGNED && model->publication.addr == BM_ADDR_UNASSIGNED) {
		const enum bm_err refused = bm_access_restore_publication(access, model, &record.publication,
									  record.label);
		err = err ? err : refused;
	}
	return err;
}

static enum bm_err restore_state(struct bm_node *node, uint16_t index, const uint8_t *octets, size_t len)
{
	struct bm_reader r;
	struct bm_model_place place;
	enum bm_err err = bm_record_begin(&r, octets, len);
	if (!err)
		err = bm_record_read_place(&r, &place);
	if (err)
		return err;
	struct bm_model *model = find_model(node, &place, index);
	if (!model || !model->persist || !model->ops || !model->ops->load)
		return BM_ERR_NOT_FOUND;
	return model->ops->load(model, &r);
}

static enum bm_err restore_states(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_states_record record;
	const enum bm_err err = bm_record_read_states(octets, len, &record);
	if (err)
		return err;
	struct bm_net_states *states = bm_net_states(&node->net);
	states->beacon = record.beacon;
	states->network_transmit = record.network_transmit;
	if (states->relay_supported) {
		states->relay = record.relay;
		states->relay_retransmit = record.relay_retransmit;
		bm_heartbeat_feature(&node->transport, BM_FEATURE_RELAY, record.relay);
	}
	bm_access_set_default_ttl(&node->access, record.default_ttl);
	bm_config_server_restore_feature(&node->config_server, BM_FEATURE_PROXY, record.gatt_proxy);
	bm_config_server_restore_feature(&node->config_server, BM_FEATURE_FRIEND, record.friend_feature);
	return BM_OK;
}

static enum bm_err restore_heartbeat(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_heartbeat_record record;
	const enum bm_err err = bm_record_read_heartbeat(octets, len, &record);
	if (err)
		return err;
	bm_heartbeat_publish(&node->transport,
			     &(struct bm_heartbeat_publication){.dst = record.dst,
								.features = record.features,
								.net_idx = record.net_idx,
								.count = bm_heartbeat_count(record.count_log),
								.period_log = record.period_log,
								.ttl = record.ttl});
	return BM_OK;
}

static enum bm_err restore_private_beacon(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_private_beacon_record record;
	const enum bm_err err = bm_record_read_private_beacon(octets, len, &record);
	if (err)
		return err;
	bm_net_states(&node->net)->private_beacon = record.on;
	bm_net_states(&node->net)->private_interval = record.interval_steps;
	return BM_OK;
}

static enum bm_err restore_lpn_counter(struct bm_node *node, const uint8_t *octets, size_t len)
{
	struct bm_restored *restored = &node->restored;
	const enum bm_err err = bm_record_read_lpn_counter(octets, len, &restored->lpn_counter);
	restored->lpn_counter_held = !err;
	return err;
}

static enum bm_err restore_config(struct bm_node *node, uint16_t index, const uint8_t *octets, size_t len)
{
	switch (index) {
	case BM_STORED_STATES:
		return restore_states(node, octets, len);
	case BM_STORED_HEARTBEAT:
		return restore_heartbeat(node, octets, len);
	case BM_STORED_PRIVATE_BEACON:
		return restore_private_beacon(node, octets, len);
	case BM_STORED_LPN_COUNTER:
		return restore_lpn_counter(node, octets, len);
	default:
		return BM_ERR_NOT_SUPPORTED;
	}
}

static void count_place(struct bm_node *node, uint16_t index)
{
	if (index >= node->restored.places && index < UINT16_MAX)
		node->restored.places = (uint16_t)(index + 1);
}

static enum bm_err restore_record(struct bm_node *node, const struct bm_store_key *key, const uint8_t *octets,
				  size_t len)
{
	const uint16_t index = key->index;
	switch (key->kind) {
	case BM_STORE_NET:
		return restore_net(node, octets, len);
	case BM_STORE_SEQ:
		return restore_seq(node, octets, len);
	case BM_STORE_RPL:
		return bm_rpl_restore(bm_net_rpl(&node->net), index, octets, len);
	case BM_STORE_SUBNET:
		return restore_subnet(node, index, octets, len);
	case BM_STORE_APP_KEY:
		return restore_app_key(node, index, octets, len);
	case BM_STORE_MODEL:
		count_place(node, index);
		return restore_model(node, index, octets, len);
	case BM_STORE_CONFIG:
		return restore_config(node, index, octets, len);
	case BM_STORE_DEVICE:
		return restore_device(node, index, octets, len);
	case BM_STORE_STATE:
		count_place(node, index);
		return restore_state(node, index, octets, len);
	case BM_STORE_SOLICITATION:
		return BM_NODE_HAS_PROXY ? bm_proxy_restore_solicitation(&node->proxy, index, octets, len)
					 : BM_ERR_NOT_SUPPORTED;
	default:
		return BM_ERR_NOT_SUPPORTED;
	}
}

/* It stays in the store, though in no table here: a reset finds it by this. */
static void note_refused(struct bm_node *node, const struct bm_store_key *key)
{
	/* NET and SEQ are deleted in any case. */
	if (key->kind < BM_STORE_RPL || key->kind > BM_STORE_SOLICITATION)
		return;
	struct bm_refused *refused = &node->refused[key->kind - BM_STORE_RPL];
	const bool any = node->refused_kinds >> key->kind & 1;
	if (!any || key->index < refused->first)
		refused->first = key->index;
	if (!any || key->index > refused->last)
		refused->last = key->index;
	node->refused_kinds = (uint16_t)(node->refused_kinds | 1u << key->kind);
}

enum bm_err bm_node_restore(struct bm_node *node, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	if (!BM_WITH_STORE)
		return BM_ERR_NOT_SUPPORTED;
	if (node->started)
		return BM_ERR_STATE;
	if ((unsigned)key->kind >= BM_STORE_HOST)
		return BM_OK;
	node->restored.any = true;
	const enum bm_err err = restore_record(node, key, octets, len);
	if (err)
		note_refused(node, key);
	return err;
}

/* What a power cut left of a change that takes several records is brought to its end. */
static void finish_changes(struct bm_node *node)
{
	struct bm_app_keys *keys = bm_transport_app_keys(&node->transport);
	for (size_t i = 0; i < keys->capacity; i++) {
		struct bm_app_key *key = &keys->table[i];
		if (!key->used)
			continue;
		const uint16_t app_idx = key->app_idx;
		const struct bm_subnet *subnet = bm_net_subnet(&node->net, key->net_idx);
		if (!subnet) {
			/* A key goes with its subnet (MshPRT 4.4.1.2.9), and bindings with their key. */
			bm_access_forget_app_key(&node->access, app_idx);
			const enum bm_err ignored = bm_app_key_delete(keys, app_idx);
			(void)ignored;
			bm_env_save(&node->env, BM_STORE_APP_KEY, app_idx);
		} else if (subnet->phase == 0 && key->values[1].valid) {
			/* MshPRT 3.11.4.3: the old value was revoked with the NetKey. */
			bm_app_keys_revoke_old(keys, key->net_idx);
			bm_env_save(&node->env, BM_STORE_APP_KEY, app_idx);
		}
	}
}

/* Bindings to a key whose record was lost: another key that gets its index is not theirs. */
static void finish_bindings(struct bm_node *node)
{
	struct bm_access *access = &node->access;
	for (size_t i = 0; i < access->model_count; i++) {
		for (size_t b = 0; b < access->limits.bindings; b++) {
			const uint16_t app_idx = access->models[i]->bindings[b];
			if (app_idx == BM_ACCESS_UNBOUND || bm_transport_app_key(&node->transport, app_idx))
				continue;
			bm_access_forget_app_key(access, app_idx);
			bm_env_save(&node->env, BM_STORE_APP_KEY, app_idx);
		}
	}
}

/* Why the records make no node; BM_OK: they do. */
static enum bm_err why_no_node(struct bm_node *node)
{
	const struct bm_restored *restored = &node->restored;
	if (!restored->net_held)
		return restored->net_result ? restored->net_result : BM_ERR_NOT_PROVISIONED;
	/* The addresses behind may be another node's by now (MshPRT 3.4.2.1). */
	if (node->access.element_count > restored->net.elements)
		return BM_ERR_NO_SPACE;
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	for (size_t i = 0; i < subnets->capacity; i++)
		if (subnets->table[i].used)
			return BM_OK;
	return BM_ERR_NO_KEY;
}

static enum bm_err become_restored(struct bm_node *node)
{
	const struct bm_restored *restored = &node->restored;
	const struct bm_net_record *net = &restored->net;
	bm_dev_keys_set_own(bm_transport_dev_keys(&node->transport), net->dev_key);
	bm_net_start(&node->net, net->addr, node->access.element_count, net->iv_index, net->iv_update);
	if (BM_NODE_HAS_PROXY)
		bm_proxy_start(&node->proxy);
	/* A node that is no proxy refuses. */
	if (BM_WITH_PROXY_SERVER) {
		const enum bm_err ignored = bm_proxy_set_gatt_proxy(&node->proxy,
								    node->access.enabled & BM_FEATURE_PROXY);
		(void)ignored;
	}
	struct bm_iv *iv = bm_net_iv(&node->net);
	iv->since = bm_node_since_hours(node, net->iv_hours);
	iv->unlimited = net->iv_unlimited;
	iv->recovered = bm_node_since_hours(node, net->recovered_hours);
	const enum bm_err silent = bm_net_seq_resume(&node->net, restored->seq_held ? &restored->seq : NULL);
	bm_net_iv_plan(&node->net);
	bm_rpl_settle(bm_net_rpl(&node->net), iv->index);
	bm_rpl_prune(bm_net_rpl(&node->net), iv->index);
	finish_changes(node);
	finish_bindings(node);
	if (restored->moved)
		bm_node_store_moved(node);
	bm_node_store_watch(node);
	if (BM_WITH_LOW_POWER) {
		bm_lpn_resume(&node->lpn, restored->lpn_counter_held ? &restored->lpn_counter : NULL);
		bm_lpn_start(&node->lpn);
	}
	return silent;
}

static uint16_t lowest_net_idx(struct bm_node *node)
{
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	uint16_t lowest = BM_KEY_INDEX_MAX;
	for (size_t i = 0; i < subnets->capacity; i++)
		if (subnets->table[i].used && subnets->table[i].net_idx < lowest)
			lowest = subnets->table[i].net_idx;
	return lowest;
}

struct bm_event bm_node_restored_start(struct bm_node *node)
{
	struct bm_event event = {0};
	if (!node->restored.any)
		return event;
	event.kind = BM_EVENT_RESTORED;
	event.result = why_no_node(node);
	if (event.result) {
		bm_node_store_forget(node);
		bm_node_forget_tables(node);
	} else {
		event.result = become_restored(node);
		event.addr = bm_net_addr(&node->net);
		event.net_idx = lowest_net_idx(node);
		event.iv_index = bm_net_iv(&node->net)->index;
	}
	bm_wipe(&node->restored, sizeof node->restored);
	return event;
}
