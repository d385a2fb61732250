/*
 * What a model is bound and subscribed to, and which destinations the node takes because of it (MshPRT 3.7.4, 4.2.3,
 * 4.2.4).
 */
#include "access/access.h"
#include "access/publish.h"

static uint16_t *binding_slot(const struct bm_model *model, uint16_t value)
{
	for (size_t i = 0; i < model->access->limits.bindings; i++)
		if (model->bindings[i] == value)
			return &model->bindings[i];
	return NULL;
}

bool bm_model_is_bound(const struct bm_model *model, uint16_t app_idx)
{
	return model->access && app_idx <= BM_KEY_INDEX_MAX && binding_slot(model, app_idx);
}

enum bm_err bm_access_bind(struct bm_access *access, struct bm_model *model, uint16_t app_idx)
{
	/* MshPRT 4.4.1.2.10: models under the device key take no application key. */
	if (model->access != access || app_idx > BM_KEY_INDEX_MAX || (model->dev_key && !model->app_key_too))
		return BM_ERR_INVALID;
	if (binding_slot(model, app_idx))
		return BM_OK;
	uint16_t *slot = binding_slot(model, BM_ACCESS_UNBOUND);
	if (!slot)
		return BM_ERR_NO_SPACE;
	*slot = app_idx;
	bm_env_save(access->env, BM_STORE_MODEL, model->index);
	return BM_OK;
}

static void stop_publishing(struct bm_access *access, struct bm_model *model)
{
	if (bm_addr_is_virtual(model->publication.addr))
		bm_label_release(bm_transport_labels(access->transport), model->publication.label_slot);
	model->publication = (struct bm_publication){0};
	bm_publishers_restart(model);
}

enum bm_err bm_access_set_publication(struct bm_access *access, struct bm_model *model,
				      const struct bm_publication *publication, const uint8_t *label)
{
	if (model->access != access || bm_addr_is_virtual(publication->addr) != (label != NULL))
		return BM_ERR_INVALID;
	struct bm_publication next = *publication;
	/* The new label is taken before the old one is given back: it may be the same. */
	if (label) {
		const enum bm_err err = bm_label_take(bm_transport_labels(access->transport), label, &next.label_slot);
		if (err)
			return err;
	}
	stop_publishing(access, model);
	if (next.addr != BM_ADDR_UNASSIGNED)
		model->publication = next;
	bm_publishers_restart(model);
	bm_env_save(access->env, BM_STORE_MODEL, model->index);
	return BM_OK;
}

enum bm_err bm_access_restore_publication(struct bm_access *access, struct bm_model *model,
					  const struct bm_publication *publication, const uint8_t *label)
{
	struct bm_publication next = *publication;
	if (label) {
		const enum bm_err err = bm_label_take(bm_transport_labels(access->transport), label, &next.label_slot);
		if (err)
			return err;
	}
	model->publication = next;
	return BM_OK;
}

enum bm_err bm_access_unbind(struct bm_access *access, struct bm_model *model, uint16_t app_idx)
{
	if (model->access != access || app_idx > BM_KEY_INDEX_MAX)
		return BM_ERR_INVALID;
	uint16_t *slot = binding_slot(model, app_idx);
	if (!slot)
		return BM_OK;
	*slot = BM_ACCESS_UNBOUND;
	/* MshPRT 4.4.1.2.10: a publication with this key ends with the binding. */
	if (model->publication.addr != BM_ADDR_UNASSIGNED && model->publication.app_idx == app_idx)
		stop_publishing(access, model);
	bm_env_save(access->env, BM_STORE_MODEL, model->index);
	return BM_OK;
}

void bm_access_forget_app_key(struct bm_access *access, uint16_t app_idx)
{
	for (size_t i = 0; i < access->model_count; i++) {
		struct bm_model *model = access->models[i];
		uint16_t *slot = binding_slot(model, app_idx);
		const bool publishes = model->publication.addr != BM_ADDR_UNASSIGNED &&
				       model->publication.app_idx == app_idx;
		if (slot)
			*slot = BM_ACCESS_UNBOUND;
		if (publishes)
			stop_publishing(access, model);
		if (slot || publishes)
			bm_env_save(access->env, BM_STORE_MODEL, model->index);
	}
}

/* A list that models share is kept with the one whose place it stands at. */
static void save_subscriptions(const struct bm_access *access, const struct bm_model *model)
{
	bm_env_save(access->env, BM_STORE_MODEL, bm_access_list_owner(access, model));
}

uint16_t bm_access_list_owner(const struct bm_access *access, const struct bm_model *model)
{
	const size_t each = access->limits.subscriptions;
	return each ? (uint16_t)((size_t)(model->subscriptions - access->subscriptions) / each) : model->index;
}

/* The subscription's place, −1 if there is none. label_slot counts for virtual addresses alone. */
static int find_subscription(const struct bm_access *access, const struct bm_model *model, uint16_t addr,
			     int label_slot)
{
	for (int i = 0; i < access->limits.subscriptions; i++)
		if (model->subscriptions[i] == addr &&
		    (!bm_addr_is_virtual(addr) || model->subscription_labels[i] == label_slot))
			return i;
	return -1;
}

static bool may_subscribe(const struct bm_access *access, const struct bm_model *model, uint16_t addr,
			  const uint8_t *label)
{
	if (model->access != access || model->dev_key)
		return false;
	return label ? bm_addr_is_virtual(addr) : bm_addr_is_group(addr) && addr != BM_ADDR_ALL_NODES;
}

enum bm_err bm_access_subscribe(struct bm_access *access, struct bm_model *model, uint16_t addr, const uint8_t *label)
{
	if (!may_subscribe(access, model, addr, label))
		return BM_ERR_INVALID;
	struct bm_labels *labels = bm_transport_labels(access->transport);
	const int known = label ? bm_label_slot(labels, label) : -1;
	if ((!label || known >= 0) && find_subscription(access, model, addr, known) >= 0)
		return BM_OK;
	const int at = find_subscription(access, model, BM_ADDR_UNASSIGNED, -1);
	if (at < 0)
		return BM_ERR_NO_SPACE;
	if (label) {
		const enum bm_err err = bm_label_take(labels, label, &model->subscription_labels[at]);
		if (err)
			return err;
	}
	model->subscriptions[at] = addr;
	access->subscription_count++;
	save_subscriptions(access, model);
	return BM_OK;
}

enum bm_err bm_access_unsubscribe(struct bm_access *access, struct bm_model *model, uint16_t addr, const uint8_t *label)
{
	if (!may_subscribe(access, model, addr, label))
		return BM_ERR_INVALID;
	struct bm_labels *labels = bm_transport_labels(access->transport);
	const int slot = label ? bm_label_slot(labels, label) : -1;
	if (label && slot < 0)
		return BM_OK;
	const int at = find_subscription(access, model, addr, slot);
	if (at < 0)
		return BM_OK;
	model->subscriptions[at] = BM_ADDR_UNASSIGNED;
	access->subscription_count--;
	if (label)
		bm_label_release(labels, (uint8_t)slot);
	save_subscriptions(access, model);
	return BM_OK;
}

static void clear_subscriptions(struct bm_access *access, struct bm_model *model)
{
	struct bm_labels *labels = bm_transport_labels(access->transport);
	for (size_t i = 0; i < access->limits.subscriptions; i++) {
		const uint16_t addr = model->subscriptions[i];
		if (addr == BM_ADDR_UNASSIGNED)
			continue;
		model->subscriptions[i] = BM_ADDR_UNASSIGNED;
		access->subscription_count--;
		if (bm_addr_is_virtual(addr))
			bm_label_release(labels, model->subscription_labels[i]);
	}
}

void bm_access_unsubscribe_all(struct bm_access *access, struct bm_model *model)
{
	clear_subscriptions(access, model);
	save_subscriptions(access, model);
}

/* Is there room for the label, once the model has given up the labels it is subscribed to? */
static bool label_fits(const struct bm_access *access, const struct bm_model *model, const uint8_t *label)
{
	const struct bm_labels *labels = bm_transport_labels(access->transport);
	if (bm_label_slot(labels, label) >= 0)
		return true;
	for (int slot = 0; slot < labels->capacity; slot++) {
		const uint16_t users = labels->table[slot].users;
		const bool ours = users > 0 && find_subscription(access, model, labels->table[slot].addr, slot) >= 0;
		if (users == 0 || (users == 1 && ours))
			return true;
	}
	return false;
}

enum bm_err bm_access_overwrite_subscriptions(struct bm_access *access, struct bm_model *model, uint16_t addr,
					      const uint8_t *label)
{
	if (!may_subscribe(access, model, addr, label))
		return BM_ERR_INVALID;
	if (access->limits.subscriptions == 0 || (label && !label_fits(access, model, label)))
		return BM_ERR_NO_SPACE;
	clear_subscriptions(access, model);
	return bm_access_subscribe(access, model, addr, label);
}

bool bm_access_is_subscribed(const struct bm_access *access, const struct bm_model *model, uint16_t dst,
			     const uint8_t *label)
{
	const struct bm_labels *labels = NULL;
	for (size_t i = 0; i < access->limits.subscriptions; i++) {
		if (model->subscriptions[i] != dst)
			continue;
		if (!label)
			return true;
		/* Two labels can share an address: the label decides (MshPRT 3.4.2.3). */
		labels = labels ? labels : bm_transport_labels(access->transport);
		if (memcmp(labels->table[model->subscription_labels[i]].uuid, label, BM_UUID_LEN) == 0)
			return true;
	}
	return false;
}

bool bm_access_takes_fixed_group(const struct bm_access *access, uint16_t dst)
{
	/* MshPRT 3.4.2.4: by feature; they reach the primary element. */
	switch (dst) {
	case BM_ADDR_ALL_NODES:
		return true;
	case BM_ADDR_ALL_RELAYS:
		return bm_net_states(access->net)->relay;
	case BM_ADDR_ALL_FRIENDS:
		return access->enabled & BM_FEATURE_FRIEND;
	case BM_ADDR_ALL_PROXIES:
		return access->enabled & BM_FEATURE_PROXY;
	default:
		return false;
	}
}

bool bm_access_accepts(const struct bm_access *access, uint16_t dst)
{
	if (bm_addr_is_unicast(dst))
		return bm_access_element_at(access, dst) >= 0;
	if (bm_access_takes_fixed_group(access, dst))
		return true;
	if (access->subscription_count == 0 || dst == BM_ADDR_UNASSIGNED)
		return false;
	const size_t all = (size_t)access->model_count * access->limits.subscriptions;
	for (size_t i = 0; i < all; i++)
		if (access->subscriptions[i] == dst)
			return true;
	return false;
}
