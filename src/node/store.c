/*
 * What the node keeps: a floor says that something under a key changed (bm_env_save), and here it becomes a record and
 * a store request. What is gone becomes a request without octets.
 *
 * NET is the record that makes a node: it is stored last when one is made, and deleted first when it is forgotten. So
 * whatever a power cut leaves of the two, there is a whole node or none.
 */
#include "blemesh/store.h"

#include "node/node_state.h"
#include "node/store.h"
#include "pdu/records.h"
#include "transport/heartbeat.h"

#define HOUR_US UINT32_C(3600000000)
/* Time spent without power is not known. What was counted while powered is stored this often, until it is enough for
 * the rules of IV Update (MshPRT 3.11.5: 96 h; 3.11.6: 192 h). */
#define IV_SAVE_EVERY_US (UINT64_C(12) * HOUR_US)

size_t bm_node_record_max(const struct bm_limits *limits)
{
	const size_t model = BM_RECORD_MODEL_LEN((size_t)limits->bindings, (size_t)limits->subscriptions);
	const size_t state = limits->state_len ? limits->state_len : BM_STORE_STATE_MAX;
	return model > state ? model : state;
}

size_t bm_node_store_max(const struct bm_limits *limits)
{
	const size_t model = BM_RECORD_MODEL_LEN((size_t)limits->bindings, (size_t)limits->subscriptions);
	return model > BM_RECORD_KEYS_LEN ? model : BM_RECORD_KEYS_LEN;
}

/* since may lie before the origin of time: the difference is right all the same. */
static uint16_t hours_since(const struct bm_node *node, bm_time since)
{
	if (since == BM_TIME_NEVER)
		return BM_RECORD_HOURS_NONE;
	const uint32_t hours = bm_us_whole(bm_env_now(&node->env) - since, HOUR_US);
	return hours > BM_RECORD_HOURS_MAX ? BM_RECORD_HOURS_MAX : (uint16_t)hours;
}

bm_time bm_node_since_hours(const struct bm_node *node, uint16_t hours)
{
	return hours == BM_RECORD_HOURS_NONE ? BM_TIME_NEVER : bm_env_now(&node->env) - (uint64_t)hours * HOUR_US;
}

static void put_net(struct bm_node *node, struct bm_writer *w)
{
	const struct bm_dev_keys *keys = bm_transport_dev_keys(&node->transport);
	const struct bm_iv *iv = bm_net_iv(&node->net);
	struct bm_net_record record = {.addr = bm_net_addr(&node->net),
				       .elements = bm_net_elements(&node->net),
				       .iv_update = iv->update,
				       .iv_unlimited = iv->unlimited,
				       .iv_index = iv->index,
				       .iv_hours = hours_since(node, iv->since),
				       .recovered_hours = hours_since(node, iv->recovered)};
	memcpy(record.dev_key, keys->own, sizeof record.dev_key);
	bm_record_put_net(w, &record);
	bm_wipe(&record, sizeof record);
}

static void put_subnet(struct bm_node *node, struct bm_writer *w, uint16_t net_idx)
{
	const struct bm_subnet *subnet = bm_net_subnet(&node->net, net_idx);
	if (!subnet)
		return;
	struct bm_keys_record record = {.phase = subnet->phase};
	for (size_t k = 0; k < BM_ARRAY_LEN(record.keys); k++) {
		record.held[k] = subnet->keys[k].valid;
		memcpy(record.keys[k], subnet->keys[k].net_key, BM_KEY_LEN);
	}
	bm_record_put_keys(w, &record);
	bm_wipe(&record, sizeof record);
}

static void put_app_key(struct bm_node *node, struct bm_writer *w, uint16_t app_idx)
{
	const struct bm_app_key *key = bm_transport_app_key(&node->transport, app_idx);
	if (!key)
		return;
	struct bm_keys_record record = {.net_idx = key->net_idx};
	for (size_t k = 0; k < BM_ARRAY_LEN(record.keys); k++) {
		record.held[k] = key->values[k].valid;
		memcpy(record.keys[k], key->values[k].key, BM_KEY_LEN);
	}
	bm_record_put_keys(w, &record);
	bm_wipe(&record, sizeof record);
}

static void put_device(struct bm_node *node, struct bm_writer *w, uint16_t addr)
{
	const struct bm_dev_key *key = bm_dev_key_of(bm_transport_dev_keys(&node->transport), addr);
	if (!key || key->addr != addr)
		return;
	struct bm_device_record record = {.elements = key->elements};
	memcpy(record.key, key->key, sizeof record.key);
	bm_record_put_device(w, &record);
	bm_wipe(&record, sizeof record);
}

static struct bm_model_place place_of(const struct bm_model *model)
{
	return (struct bm_model_place){.element = model->element, .id = model->id};
}

static void put_model(struct bm_node *node, struct bm_writer *w, uint16_t index)
{
	const struct bm_access *access = &node->access;
	const struct bm_label *labels = bm_transport_labels(&node->transport)->table;
	if (index >= access->model_count)
		return;
	const struct bm_model *model = access->models[index];
	const struct bm_limits *limits = &node->config.limits;
	/* A list of its own: one that is shared is kept with its owner. */
	const size_t slots = bm_access_list_owner(access, model) == index ? limits->subscriptions : 0;
	struct bm_model_record record = {.place = place_of(model), .publication = model->publication};
	if (bm_addr_is_virtual(record.publication.addr))
		record.label = labels[record.publication.label_slot].uuid;
	for (size_t i = 0; i < limits->bindings; i++)
		record.binding_count += model->bindings[i] != BM_ACCESS_UNBOUND;
	for (size_t i = 0; i < slots; i++)
		record.subscription_count += model->subscriptions[i] != BM_ADDR_UNASSIGNED;
	if (record.binding_count == 0 && record.subscription_count == 0 &&
	    record.publication.addr == BM_ADDR_UNASSIGNED)
		return;
	bm_record_put_model(w, &record);
	for (size_t i = 0; i < limits->bindings; i++)
		if (model->bindings[i] != BM_ACCESS_UNBOUND)
			bm_put_be16(w, model->bindings[i]);
	for (size_t i = 0; i < slots; i++) {
		const uint16_t addr = model->subscriptions[i];
		if (addr != BM_ADDR_UNASSIGNED)
			bm_record_put_subscription(
				w, addr, bm_addr_is_virtual(addr) ? labels[model->subscription_labels[i]].uuid : NULL);
	}
}

static void put_state(const struct bm_node *node, struct bm_writer *w, uint16_t index)
{
	if (index >= node->access.model_count)
		return;
	const struct bm_model *model = node->access.models[index];
	if (!model->persist || !model->ops || !model->ops->save)
		return;
	const struct bm_model_place place = place_of(model);
	bm_record_put_place(w, &place);
	model->ops->save(model, w);
}

static void put_states(struct bm_node *node, struct bm_writer *w)
{
	const struct bm_net_states *states = bm_net_states(&node->net);
	bm_record_put_states(w, &(struct bm_states_record){.beacon = states->beacon,
							   .relay = states->relay,
							   .gatt_proxy = node->access.enabled & BM_FEATURE_PROXY,
							   .friend_feature = node->access.enabled & BM_FEATURE_FRIEND,
							   .relay_retransmit = states->relay_retransmit,
							   .network_transmit = states->network_transmit,
							   .default_ttl = node->access.default_ttl});
}

/* MshPRT 4.2.18.2: a count that runs out is not kept; without end goes on. */
static void put_heartbeat(struct bm_node *node, struct bm_writer *w)
{
	const struct bm_heartbeat_publication *publication = &bm_heartbeats_of(&node->transport)->publication;
	if (publication->dst == BM_ADDR_UNASSIGNED)
		return;
	bm_record_put_heartbeat(
		w, &(struct bm_heartbeat_record){.dst = publication->dst,
						 .features = publication->features,
						 .net_idx = publication->net_idx,
						 .count_log = publication->count == BM_HEARTBEAT_FOREVER ? 0xff : 0,
						 .period_log = publication->period_log,
						 .ttl = publication->ttl});
}

static void put_private_beacon(struct bm_node *node, struct bm_writer *w)
{
	const struct bm_net_states *states = bm_net_states(&node->net);
	bm_record_put_private_beacon(w, &(struct bm_private_beacon_record){.on = states->private_beacon,
									   .interval_steps = states->private_interval});
}

static void put_lpn_counter(struct bm_node *node, struct bm_writer *w)
{
	uint16_t last;
	if (BM_WITH_LOW_POWER && bm_lpn_counter_reserved(&node->lpn, &last))
		bm_record_put_lpn_counter(w, last);
}

static void put_config(struct bm_node *node, struct bm_writer *w, uint16_t index)
{
	switch (index) {
	case BM_STORED_STATES:
		put_states(node, w);
		break;
	case BM_STORED_HEARTBEAT:
		put_heartbeat(node, w);
		break;
	case BM_STORED_PRIVATE_BEACON:
		put_private_beacon(node, w);
		break;
	case BM_STORED_LPN_COUNTER:
		put_lpn_counter(node, w);
		break;
	default:
		break;
	}
}

static void put(struct bm_node *node, struct bm_writer *w, enum bm_store_kind kind, uint16_t index)
{
	switch (kind) {
	case BM_STORE_NET:
		put_net(node, w);
		break;
	case BM_STORE_SUBNET:
		put_subnet(node, w, index);
		break;
	case BM_STORE_APP_KEY:
		put_app_key(node, w, index);
		break;
	case BM_STORE_MODEL:
		put_model(node, w, index);
		break;
	case BM_STORE_CONFIG:
		put_config(node, w, index);
		break;
	case BM_STORE_DEVICE:
		put_device(node, w, index);
		break;
	case BM_STORE_STATE:
		put_state(node, w, index);
		break;
	default:
		break; /* SEQ, RPL and SOLICITATION are stored by their own floor, before they are used */
	}
}

static enum bm_err save(struct bm_node *node, enum bm_store_kind kind, uint16_t index)
{
	if (!BM_WITH_STORE || !node->env.ops.store)
		return BM_OK;
	struct bm_writer w = bm_writer_of(node->record, node->record_max);
	put(node, &w, kind, index);
	size_t len;
	const enum bm_err too_long = bm_writer_finish(&w, &len);
	enum bm_err err = BM_ERR_NO_SPACE;
	if (too_long)
		/* A model's save wrote more than it may. */
		bm_env_event(&node->env, &(struct bm_event){.kind = BM_EVENT_STORE_FAILED,
							    .store_key = {.kind = kind, .index = index},
							    .result = too_long});
	else
		err = bm_env_store(&node->env, kind, index, node->record, len);
	bm_wipe(node->record, node->record_max);
	return err;
}

/* Nothing is kept of a node that is none yet, or no more. */
static void save_changed(void *ctx, enum bm_store_kind kind, uint16_t index)
{
	struct bm_node *node = ctx;
	if (node->started && bm_node_is_provisioned(node))
		(void)save(node, kind, index); /* told by an event */
}

static bool iv_hours_count(const struct bm_node *node)
{
	const struct bm_iv *iv = &node->net.iv;
	return hours_since(node, iv->since) < 96 || hours_since(node, iv->recovered) < 192;
}

static void iv_timer_fired(void *ctx)
{
	struct bm_node *node = ctx;
	if (!bm_node_is_provisioned(node))
		return;
	if (iv_hours_count(node))
		save_changed(node, BM_STORE_NET, 0);
	bm_node_store_watch(node);
}

void bm_node_store_init(struct bm_node *node)
{
	node->env.save = save_changed;
	node->env.save_ctx = node;
	bm_timer_init(&node->iv_timer, iv_timer_fired, node);
}

void bm_node_store_watch(struct bm_node *node)
{
	if (BM_WITH_STORE && node->env.ops.store)
		bm_timer_set_after(&node->env.timers, &node->iv_timer, IV_SAVE_EVERY_US);
}

static void keep_worst(enum bm_err *worst, enum bm_err err)
{
	if (err)
		*worst = BM_ERR_STORE;
}

static void save_models(struct bm_node *node, enum bm_err *worst)
{
	for (uint16_t i = 0; i < node->access.model_count; i++) {
		keep_worst(worst, save(node, BM_STORE_MODEL, i));
		keep_worst(worst, save(node, BM_STORE_STATE, i));
	}
}

enum bm_err bm_node_store_new(struct bm_node *node, uint16_t net_idx)
{
	enum bm_err worst = BM_OK;
	if (!BM_WITH_STORE || !node->env.ops.store)
		return BM_OK;
	for (uint16_t i = 0; i < node->access.model_count; i++)
		keep_worst(&worst, save(node, BM_STORE_STATE, i));
	keep_worst(&worst, bm_net_seq_save(&node->net));
	keep_worst(&worst, save(node, BM_STORE_SUBNET, net_idx));
	if (!worst)
		keep_worst(&worst, save(node, BM_STORE_NET, 0));
	return worst;
}

enum bm_err bm_node_store_all(struct bm_node *node)
{
	enum bm_err worst = BM_OK;
	if (!node->started || !bm_node_is_provisioned(node))
		return BM_ERR_NOT_PROVISIONED;
	keep_worst(&worst, bm_net_seq_save(&node->net));
	keep_worst(&worst, bm_rpl_save(bm_net_rpl(&node->net)));
	if (BM_NODE_HAS_PROXY)
		keep_worst(&worst, bm_proxy_save_solicitations(&node->proxy));
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	for (size_t i = 0; i < subnets->capacity; i++)
		if (subnets->table[i].used)
			keep_worst(&worst, save(node, BM_STORE_SUBNET, subnets->table[i].net_idx));
	const struct bm_app_keys *keys = bm_transport_app_keys(&node->transport);
	for (size_t i = 0; i < keys->capacity; i++)
		if (keys->table[i].used)
			keep_worst(&worst, save(node, BM_STORE_APP_KEY, keys->table[i].app_idx));
	save_models(node, &worst);
	for (unsigned i = 0; i < BM_STORED_CONFIG_COUNT; i++)
		keep_worst(&worst, save(node, BM_STORE_CONFIG, (uint16_t)i));
	const struct bm_dev_keys *devices = bm_transport_dev_keys(&node->transport);
	for (size_t i = 0; i < devices->capacity; i++)
		if (devices->remote[i].addr != BM_ADDR_UNASSIGNED)
			keep_worst(&worst, save(node, BM_STORE_DEVICE, devices->remote[i].addr));
	keep_worst(&worst, save(node, BM_STORE_NET, 0));
	return worst;
}

static void remove_record(struct bm_node *node, enum bm_store_kind kind, uint16_t index)
{
	const enum bm_err told_by_an_event = bm_env_store(&node->env, kind, index, NULL, 0);
	(void)told_by_an_event;
}

/* Records of this node that no table of it tells of: another node must not find them in its store. */
static void forget_refused(struct bm_node *node)
{
	for (unsigned kind = BM_STORE_RPL; kind <= BM_STORE_SOLICITATION; kind++) {
		const struct bm_refused *refused = &node->refused[kind - BM_STORE_RPL];
		for (uint32_t index = refused->first; node->refused_kinds >> kind & 1 && index <= refused->last;
		     index++)
			remove_record(node, (enum bm_store_kind)kind, (uint16_t)index);
	}
	node->refused_kinds = 0;
}

void bm_node_store_forget(struct bm_node *node)
{
	bm_timer_stop(&node->iv_timer);
	if (!BM_WITH_STORE || !node->env.ops.store)
		return;
	remove_record(node, BM_STORE_NET, 0);
	const struct bm_subnets *subnets = bm_net_subnets(&node->net);
	for (size_t i = 0; i < subnets->capacity; i++)
		if (subnets->table[i].used)
			remove_record(node, BM_STORE_SUBNET, subnets->table[i].net_idx);
	const struct bm_app_keys *keys = bm_transport_app_keys(&node->transport);
	for (size_t i = 0; i < keys->capacity; i++)
		if (keys->table[i].used)
			remove_record(node, BM_STORE_APP_KEY, keys->table[i].app_idx);
	const struct bm_dev_keys *devices = bm_transport_dev_keys(&node->transport);
	for (size_t i = 0; i < devices->capacity; i++)
		if (devices->remote[i].addr != BM_ADDR_UNASSIGNED)
			remove_record(node, BM_STORE_DEVICE, devices->remote[i].addr);
	const uint16_t places = node->access.model_count > node->restored.places ? node->access.model_count
										 : node->restored.places;
	for (uint16_t i = 0; i < places; i++) {
		remove_record(node, BM_STORE_MODEL, i);
		remove_record(node, BM_STORE_STATE, i);
	}
	for (unsigned i = 0; i < BM_STORED_CONFIG_COUNT; i++)
		remove_record(node, BM_STORE_CONFIG, (uint16_t)i);
	bm_rpl_clear(bm_net_rpl(&node->net));
	if (BM_NODE_HAS_PROXY)
		bm_proxy_forget_solicitations(&node->proxy);
	forget_refused(node);
	remove_record(node, BM_STORE_SEQ, 0);
}

void bm_node_store_moved(struct bm_node *node)
{
	const uint16_t places = node->access.model_count > node->restored.places ? node->access.model_count
										 : node->restored.places;
	/* What moved up is written before what takes its place, and the other way round. */
	for (uint16_t n = 0; n < places; n++) {
		const uint16_t at = node->restored.moved_up ? (uint16_t)(places - 1 - n) : n;
		save_changed(node, BM_STORE_MODEL, at);
		save_changed(node, BM_STORE_STATE, at);
	}
}
