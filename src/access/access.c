/*
 * Elements and models: the tables, their memory, and sending on behalf of a model.
 *
 * Models stand in one array in the order of their elements, so that an element's models are a range of it.
 */
#include "access/access.h"

#include "access/publish.h"
#include "access/reply.h"
#include "access/request.h"

/* The longest payload that needs no segmentation. */
#define UNSEGMENTED_MAX 11u

void bm_access_carve(struct bm_access *access, const struct bm_limits *limits, struct bm_arena *arena)
{
	const size_t models = limits->models;
	access->elements = bm_arena_take(arena, limits->elements, sizeof *access->elements);
	access->models = bm_arena_take(arena, models, sizeof *access->models);
	access->bindings = bm_arena_take(arena, models * limits->bindings, sizeof *access->bindings);
	access->subscriptions = bm_arena_take(arena, models * limits->subscriptions, sizeof *access->subscriptions);
	access->subscription_labels = bm_arena_take(arena, models * limits->subscriptions,
						    sizeof *access->subscription_labels);
	access->replies = bm_arena_take(arena, limits->replies, sizeof *access->replies);
	access->payloads = bm_arena_take(arena, limits->replies * bm_replies_payload(limits), 1);
	access->publishers = bm_arena_take(arena, models, sizeof *access->publishers);
}

static void clear_tables(struct bm_access *access)
{
	const size_t bindings = (size_t)access->limits.models * access->limits.bindings;
	const size_t subscriptions = (size_t)access->limits.models * access->limits.subscriptions;
	for (size_t i = 0; i < bindings; i++)
		access->bindings[i] = BM_ACCESS_UNBOUND;
	for (size_t i = 0; i < subscriptions; i++)
		access->subscriptions[i] = BM_ADDR_UNASSIGNED;
	access->subscription_count = 0;
}

void bm_access_init(struct bm_access *access, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		    struct bm_transport *transport, const struct bm_access_identity *identity, uint8_t default_ttl)
{
	access->env = env;
	access->transport = transport;
	access->net = net;
	access->identity = *identity;
	access->enabled = identity->features;
	access->limits = *limits;
	bm_access_set_default_ttl(access, default_ttl);
	clear_tables(access);
	bm_replies_init(access);
	bm_publishers_init(access);
}

void bm_access_set_default_ttl(struct bm_access *access, uint8_t ttl)
{
	access->default_ttl = ttl;
	bm_transport_set_default_ttl(access->transport, ttl);
}

enum bm_err bm_access_add_element(struct bm_access *access, uint16_t location, uint8_t *index)
{
	if (access->started)
		return BM_ERR_STATE;
	if (access->element_count >= access->limits.elements)
		return BM_ERR_NO_SPACE;
	*index = access->element_count++;
	access->elements[*index] = (struct bm_element){.location = location, .first_model = access->model_count};
	return BM_OK;
}

/* A model that was put between others moves those behind it: each takes the tables of its position. Nothing is bound
 * or subscribed yet. */
static void renumber(struct bm_access *access)
{
	for (uint16_t i = 0; i < access->model_count; i++) {
		struct bm_model *model = access->models[i];
		model->index = i;
		model->bindings = access->bindings + (size_t)i * access->limits.bindings;
		model->subscriptions = access->subscriptions + (size_t)i * access->limits.subscriptions;
		model->subscription_labels = access->subscription_labels + (size_t)i * access->limits.subscriptions;
	}
	/* MshPRT 4.2.4: a model shares the subscription list of the one it extends on its element. */
	for (size_t i = 0; i < access->model_count; i++) {
		struct bm_model *model = access->models[i];
		const struct bm_model *root = model->extends;
		if (!root || root->element != model->element)
			continue;
		while (root->extends && root->extends->element == model->element)
			root = root->extends;
		model->subscriptions = root->subscriptions;
		model->subscription_labels = root->subscription_labels;
	}
}

enum bm_err bm_access_add_model(struct bm_access *access, uint8_t element, struct bm_model *model)
{
	if (access->started)
		return BM_ERR_STATE;
	if (element >= access->element_count)
		return BM_ERR_INVALID;
	if (bm_access_find_model(access, element, &model->id))
		return BM_ERR_EXISTS;
	if (model->extends && model->extends->access != access)
		return BM_ERR_STATE;
	if (access->model_count >= access->limits.models || access->elements[element].model_count == UINT8_MAX)
		return BM_ERR_NO_SPACE;
	const uint16_t at = (uint16_t)(access->elements[element].first_model + access->elements[element].model_count);
	for (uint16_t i = access->model_count; i > at; i--)
		access->models[i] = access->models[i - 1];
	access->models[at] = model;
	access->model_count++;
	access->elements[element].model_count++;
	for (uint8_t e = (uint8_t)(element + 1); e < access->element_count; e++)
		access->elements[e].first_model++;
	model->access = access;
	model->opcode_filter = 0;
	for (size_t i = 0; i < model->opcode_count; i++)
		model->opcode_filter |= bm_access_opcode_bit(model->opcodes[i].opcode);
	model->element = element;
	model->publication = (struct bm_publication){0};
	renumber(access);
	return BM_OK;
}

void bm_access_start(struct bm_access *access)
{
	access->started = true;
	for (size_t i = 0; i < access->model_count; i++) {
		struct bm_model *model = access->models[i];
		if (model->ops && model->ops->started)
			model->ops->started(model, bm_env_now(access->env));
	}
	for (size_t i = 0; i < access->model_count; i++)
		if (access->models[i]->publication.addr != BM_ADDR_UNASSIGNED)
			bm_publishers_restart(access->models[i]);
}

void bm_access_reset(struct bm_access *access)
{
	bm_replies_cancel(access);
	bm_publishers_stop_all(access);
	if (access->requests)
		access->requests_ops->cancel_all(access);
	clear_tables(access);
	access->enabled = access->identity.features;
	/* All users of labels were in the tables just cleared and in the publications cleared here. */
	bm_labels_clear(bm_transport_labels(access->transport));
	for (size_t i = 0; i < access->model_count; i++)
		access->models[i]->publication = (struct bm_publication){0};
	for (size_t i = 0; i < access->model_count; i++) {
		struct bm_model *model = access->models[i];
		if (model->ops && model->ops->reset)
			model->ops->reset(model, bm_env_now(access->env));
	}
}

void bm_model_state_changed(struct bm_model *model)
{
	if (BM_WITH_STORE && model->access && model->persist)
		bm_env_save(model->access->env, BM_STORE_STATE, model->index);
}

int bm_access_element_at(const struct bm_access *access, uint16_t addr)
{
	const uint16_t primary = bm_net_addr(access->net);
	if (primary == BM_ADDR_UNASSIGNED || addr < primary || addr - primary >= access->element_count)
		return -1;
	return addr - primary;
}

struct bm_model *bm_access_find_model(const struct bm_access *access, uint8_t element, const struct bm_model_id *id)
{
	const struct bm_element *in = &access->elements[element];
	for (size_t i = 0; i < in->model_count; i++) {
		struct bm_model *model = access->models[in->first_model + i];
		if (model->id.vendor == id->vendor && model->id.id == id->id &&
		    (!id->vendor || model->id.company == id->company))
			return model;
	}
	return NULL;
}

static bool is_dev_key(uint16_t app_idx)
{
	return app_idx == BM_APP_IDX_DEV_LOCAL || app_idx == BM_APP_IDX_DEV_REMOTE;
}

/* Fills in and checks the key: NOT_BOUND, NO_KEY, INVALID. */
static enum bm_err check_key(struct bm_model *model, const struct bm_tx *tx)
{
	struct bm_transport *transport = model->access->transport;
	if (is_dev_key(tx->app_idx)) {
		/* MshPRT 3.4.4.6: a device key secures messages between two nodes. */
		if (!bm_addr_is_unicast(tx->dst))
			return BM_ERR_INVALID;
		if (!model->dev_key)
			return BM_ERR_NOT_BOUND;
		const struct bm_dev_keys *keys = bm_transport_dev_keys(transport);
		const bool held = tx->app_idx == BM_APP_IDX_DEV_LOCAL ? keys->own_valid
								      : bm_dev_key_of(keys, tx->dst) != NULL;
		return held ? BM_OK : BM_ERR_NO_KEY;
	}
	if (tx->app_idx > BM_KEY_INDEX_MAX)
		return BM_ERR_INVALID;
	if (!bm_model_is_bound(model, tx->app_idx))
		return BM_ERR_NOT_BOUND;
	return bm_transport_app_key(transport, tx->app_idx) ? BM_OK : BM_ERR_NO_KEY;
}

static enum bm_err check_message(struct bm_model *model, const struct bm_tx *tx, size_t len)
{
	if (len == 0)
		return BM_ERR_INVALID;
	/* MshPRT 3.6.2: 380 octets, or 376 under a 64-bit TransMIC. */
	if (len > bm_replies_payload(&model->access->limits) - (tx->long_mic ? 4 : 0))
		return BM_ERR_TOO_LONG;
	if (bm_net_addr(model->access->net) == BM_ADDR_UNASSIGNED)
		return BM_ERR_NOT_PROVISIONED;
	if (tx->dst == BM_ADDR_UNASSIGNED || bm_addr_is_virtual(tx->dst) != (tx->label != NULL))
		return BM_ERR_INVALID;
	/* MshPRT 3.4.4.3: a TTL of 1 would say that the message was relayed. */
	if (tx->ttl != BM_TTL_DEFAULT && (tx->ttl == 1 || tx->ttl > BM_TTL_MAX))
		return BM_ERR_INVALID;
	return check_key(model, tx);
}

static void trace_transmitted(const struct bm_access *access, const struct bm_transport_tx *tx, const uint8_t *payload,
			      size_t len)
{
	uint16_t net_idx = tx->net_idx;
	if (!is_dev_key(tx->app_idx)) {
		const struct bm_app_key *key = bm_transport_app_key(access->transport, tx->app_idx);
		net_idx = key ? key->net_idx : net_idx;
	}
	const struct bm_trace trace = {
		.kind = BM_TRACE_ACCESS_TX,
		.at = bm_env_now(access->env),
		.octets = payload,
		.len = len,
		.src = tx->src,
		.dst = tx->dst,
		.net_idx = net_idx,
		.app_idx = tx->app_idx,
		.ttl = tx->ttl,
		.segmented = tx->segmented || tx->long_mic || len > UNSEGMENTED_MAX,
	};
	access->env->ops.trace(access->env->ops.ctx, &trace);
}

enum bm_err bm_access_transmit(struct bm_access *access, const struct bm_transport_tx *tx, const uint8_t *payload,
			       size_t len)
{
	const enum bm_err err = bm_transport_send(access->transport, tx, payload, len);
	if (err)
		return err;
	access->env->counters.access_tx++;
	if (bm_env_traces(access->env))
		trace_transmitted(access, tx, payload, len);
	return BM_OK;
}

enum bm_err bm_access_send_to(struct bm_model *model, const struct bm_tx *tx, enum bm_cred_kind cred,
			      const uint8_t *payload, size_t len)
{
	struct bm_access *access = model->access;
	const enum bm_err err = check_message(model, tx, len);
	if (err)
		return err;
	const struct bm_transport_tx down = {
		.src = (uint16_t)(bm_net_addr(access->net) + model->element),
		.dst = tx->dst,
		.label = tx->label,
		.net_idx = tx->net_idx,
		.app_idx = tx->app_idx,
		.ttl = tx->ttl == BM_TTL_DEFAULT ? access->default_ttl : tx->ttl,
		.segmented = tx->segmented,
		.long_mic = tx->long_mic,
		.cred = cred,
		.done = tx->done,
		.done_ctx = tx->done_ctx,
	};
	return bm_access_transmit(access, &down, payload, len);
}

enum bm_err bm_model_send(struct bm_model *model, const struct bm_tx *tx, const uint8_t *payload, size_t len,
			  bm_time now)
{
	if (!model->access)
		return BM_ERR_STATE;
	if (tx->ask)
		return bm_request_ask(model, tx, payload, len, now);
	bm_timers_advance(&model->access->env->timers, now);
	if (tx->dst == BM_ADDR_UNASSIGNED)
		return bm_access_publish(model, tx, payload, len);
	return bm_access_send_to(model, tx, BM_CRED_FLOODING, payload, len);
}
