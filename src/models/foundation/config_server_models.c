/*
 * Configuration Server: what a model is bound to, subscribed to and publishes (MshPRT 4.4.1.2.7 to 4.4.1.2.11).
 *
 * Statuses echo the request: element address, then what was asked, then the model identifier.
 */
#include "blemesh/config_opcodes.h"
#include "models/foundation/config_server_parts.h"
#include "pdu/key_index.h"

/* The element and model a message names, or why there is none. */
struct target {
	uint16_t element_addr;
	struct bm_model_id id;
	struct bm_model *model;
	enum bm_config_status status;
};

/* Finds the model at the end of a message. False: the message is malformed or holds a prohibited value, and was
 * dropped. */
static bool find_target(struct bm_model *server, struct bm_reader *params, uint16_t element_addr, struct target *target)
{
	*target = (struct target){.element_addr = element_addr};
	if (!bm_config_read_model_id(params, &target->id)) {
		bm_models_drop(server, BM_DROP_BAD_LENGTH, params);
		return false;
	}
	if (!bm_addr_is_unicast(element_addr)) {
		bm_models_drop(server, BM_DROP_BAD_VALUE, params);
		return false;
	}
	const int element = bm_access_element_at(server->access, element_addr);
	if (element < 0) {
		target->status = BM_CONFIG_INVALID_ADDRESS;
		return true;
	}
	target->model = bm_access_find_model(server->access, (uint8_t)element, &target->id);
	if (!target->model)
		target->status = BM_CONFIG_INVALID_MODEL;
	return true;
}

static void begin(struct bm_outgoing *message, uint32_t opcode, const struct target *target)
{
	bm_config_begin(message, opcode, target->status);
	bm_put_le16(&message->w, target->element_addr);
}

/* An address; or a virtual one's label, where that lies, which stands in its place. */
static uint16_t read_addr(struct bm_reader *params, bool is_virtual, const uint8_t **label)
{
	*label = is_virtual ? bm_read_octets(params, BM_UUID_LEN) : NULL;
	return *label ? bm_virtual_addr(*label) : bm_read_le16(params);
}

/* Bindings. */

static enum bm_config_status bind(struct bm_access *access, struct bm_model *model, uint16_t app_idx)
{
	if (!bm_transport_app_key(access->transport, app_idx))
		return BM_CONFIG_INVALID_APP_KEY_INDEX;
	if (model->dev_key && !model->app_key_too)
		return BM_CONFIG_CANNOT_BIND;
	return bm_access_bind(access, model, app_idx) ? BM_CONFIG_INSUFFICIENT_RESOURCES : BM_CONFIG_SUCCESS;
}

static enum bm_config_status unbind(struct bm_access *access, struct bm_model *model, uint16_t app_idx)
{
	if (!bm_transport_app_key(access->transport, app_idx))
		return BM_CONFIG_INVALID_APP_KEY_INDEX;
	return bm_access_unbind(access, model, app_idx) ? BM_CONFIG_UNSPECIFIED_ERROR : BM_CONFIG_SUCCESS;
}

BM_CONFIG_HANDLER(bm_config_on_model_app)
{
	const uint16_t element_addr = bm_read_le16(params);
	const uint16_t app_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	if (target.model)
		target.status = rx->opcode == BM_OP_CONFIG_MODEL_APP_BIND
					? bind(model->access, target.model, app_idx)
					: unbind(model->access, target.model, app_idx);
	struct bm_outgoing out;
	begin(&out, BM_OP_CONFIG_MODEL_APP_STATUS, &target);
	bm_put_le16(&out.w, app_idx);
	bm_composition_put_model(&out.w, &target.id);
	bm_models_answer(model, rx, &out.w);
}

BM_CONFIG_HANDLER(bm_config_on_model_app_get)
{
	const uint16_t element_addr = bm_read_le16(params);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	struct bm_outgoing out;
	begin(&out, target.id.vendor ? BM_OP_CONFIG_VENDOR_MODEL_APP_LIST : BM_OP_CONFIG_SIG_MODEL_APP_LIST, &target);
	bm_composition_put_model(&out.w, &target.id);
	struct bm_key_list list = {.w = &out.w};
	for (size_t i = 0; target.model && i < model->access->limits.bindings; i++)
		if (target.model->bindings[i] != BM_ACCESS_UNBOUND)
			bm_key_list_add(&list, target.model->bindings[i]);
	bm_key_list_end(&list);
	bm_models_answer(model, rx, &out.w);
}

/* Subscriptions. */

enum change { CHANGE_ADD, CHANGE_DELETE, CHANGE_OVERWRITE };

static enum bm_config_status subscribe(struct bm_access *access, struct bm_model *model, uint16_t addr,
				       const uint8_t *label, enum change change)
{
	if (model->dev_key)
		return BM_CONFIG_NOT_A_SUBSCRIBE_MODEL;
	/* MshPRT 4.3.2.19: group addresses other than all-nodes. */
	if (!label && (!bm_addr_is_group(addr) || addr == BM_ADDR_ALL_NODES))
		return BM_CONFIG_INVALID_ADDRESS;
	const enum bm_err err = change == CHANGE_DELETE ? bm_access_unsubscribe(access, model, addr, label)
				: change == CHANGE_ADD  ? bm_access_subscribe(access, model, addr, label)
							: bm_access_overwrite_subscriptions(access, model, addr, label);
	return err ? BM_CONFIG_INSUFFICIENT_RESOURCES : BM_CONFIG_SUCCESS;
}

static void answer_subscription(struct bm_model *model, const struct bm_rx *rx, const struct target *target,
				uint16_t addr)
{
	struct bm_outgoing out;
	begin(&out, BM_OP_CONFIG_MODEL_SUBSCRIPTION_STATUS, target);
	bm_put_le16(&out.w, addr);
	bm_composition_put_model(&out.w, &target->id);
	bm_models_answer(model, rx, &out.w);
}

/* What each of the messages does, and whether it brings a label. */
static enum change change_of(uint32_t opcode, bool *is_virtual)
{
	*is_virtual = true;
	switch (opcode) {
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD:
		*is_virtual = false;
		return CHANGE_ADD;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_DELETE:
		*is_virtual = false;
		return CHANGE_DELETE;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_OVERWRITE:
		*is_virtual = false;
		return CHANGE_OVERWRITE;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD:
		return CHANGE_ADD;
	case BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE:
		return CHANGE_DELETE;
	default:
		return CHANGE_OVERWRITE;
	}
}

BM_CONFIG_HANDLER(bm_config_on_subscription)
{
	bool is_virtual;
	const enum change change = change_of(rx->opcode, &is_virtual);
	const uint16_t element_addr = bm_read_le16(params);
	const uint8_t *label;
	const uint16_t addr = read_addr(params, is_virtual, &label);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	if (target.model)
		target.status = subscribe(model->access, target.model, addr, label, change);
	answer_subscription(model, rx, &target, addr);
}

BM_CONFIG_HANDLER(bm_config_on_subscription_delete_all)
{
	const uint16_t element_addr = bm_read_le16(params);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	if (target.model && target.model->dev_key)
		target.status = BM_CONFIG_NOT_A_SUBSCRIBE_MODEL;
	else if (target.model)
		bm_access_unsubscribe_all(model->access, target.model);
	answer_subscription(model, rx, &target, BM_ADDR_UNASSIGNED);
}

BM_CONFIG_HANDLER(bm_config_on_subscription_get)
{
	const uint16_t element_addr = bm_read_le16(params);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	if (target.model && target.model->dev_key)
		target.status = BM_CONFIG_NOT_A_SUBSCRIBE_MODEL;
	struct bm_outgoing out;
	begin(&out,
	      target.id.vendor ? BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_LIST : BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_LIST,
	      &target);
	bm_composition_put_model(&out.w, &target.id);
	for (size_t i = 0; target.model && i < model->access->limits.subscriptions; i++)
		if (target.model->subscriptions[i] != BM_ADDR_UNASSIGNED)
			bm_put_le16(&out.w, target.model->subscriptions[i]);
	bm_models_answer(model, rx, &out.w);
}

/* Publication. */

#define CREDENTIAL_FLAG 0x1000u

static void answer_publication(struct bm_model *model, const struct bm_rx *rx, const struct target *target,
			       const struct bm_publication *publication)
{
	struct bm_outgoing out;
	begin(&out, BM_OP_CONFIG_MODEL_PUBLICATION_STATUS, target);
	bm_put_le16(&out.w, publication->addr);
	bm_put_le16(&out.w,
		    (uint16_t)(publication->app_idx | (publication->friendship_credentials ? CREDENTIAL_FLAG : 0)));
	bm_put_u8(&out.w, publication->ttl);
	bm_put_u8(&out.w, publication->period);
	bm_put_u8(&out.w, publication->retransmit);
	bm_composition_put_model(&out.w, &target->id);
	bm_models_answer(model, rx, &out.w);
}

BM_CONFIG_HANDLER(bm_config_on_publication_get)
{
	const uint16_t element_addr = bm_read_le16(params);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	const struct bm_publication none = {0};
	answer_publication(model, rx, &target, target.model ? &target.model->publication : &none);
}

static enum bm_config_status set_publication(struct bm_access *access, struct bm_model *model,
					     const struct bm_publication *publication, const uint8_t *label)
{
	if (model->dev_key)
		return BM_CONFIG_INVALID_PUBLISH_PARAMETERS;
	if (publication->addr != BM_ADDR_UNASSIGNED) {
		/* MshPRT 3.7.3.1: a model sends with keys it is bound to. */
		if (!bm_transport_app_key(access->transport, publication->app_idx) ||
		    !bm_model_is_bound(model, publication->app_idx))
			return BM_CONFIG_INVALID_APP_KEY_INDEX;
		if (publication->friendship_credentials && !(access->identity.features & BM_FEATURE_LOW_POWER))
			return BM_CONFIG_FEATURE_NOT_SUPPORTED;
	}
	return bm_access_set_publication(access, model, publication, label) ? BM_CONFIG_INSUFFICIENT_RESOURCES
									    : BM_CONFIG_SUCCESS;
}

BM_CONFIG_HANDLER(bm_config_on_publication_set)
{
	const bool is_virtual = rx->opcode == BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET;
	const uint16_t element_addr = bm_read_le16(params);
	const uint8_t *label;
	struct bm_publication publication = {.addr = read_addr(params, is_virtual, &label)};
	const uint16_t key = bm_read_le16(params);
	publication.app_idx = key & BM_KEY_INDEX_MAX;
	publication.friendship_credentials = key & CREDENTIAL_FLAG;
	publication.ttl = bm_read_u8(params);
	publication.period = bm_read_u8(params);
	publication.retransmit = bm_read_u8(params);
	struct target target;
	if (!find_target(model, params, element_addr, &target))
		return;
	/* MshPRT 4.3.2.16: a virtual address has a message of its own; TTL 0x80 to 0xfe is prohibited. */
	if ((!is_virtual && bm_addr_is_virtual(publication.addr)) ||
	    (publication.ttl > BM_TTL_MAX && publication.ttl != BM_TTL_DEFAULT)) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, params);
		return;
	}
	/* Without an address there is nothing to publish: the rest of the state is zero (MshPRT 4.2.2.1). */
	if (publication.addr == BM_ADDR_UNASSIGNED)
		publication = (struct bm_publication){0};
	if (target.model)
		target.status = set_publication(model->access, target.model, &publication, label);
	answer_publication(model, rx, &target, &publication);
}
