/*
 * A request each: the node's settings, then for every model its binding (part 0), its subscriptions (from 1) and its
 * publication (last).
 */
#include "script/configurator_requests.h"

#include <stdio.h>

#include "blemesh/config_opcodes.h"
#include "script/prov_words.h"

/* Three transmissions 20 ms apart, as the original boards relay. */
#define RELAY_RETRANSMIT 0x0au
#define NOT_SUPPORTED 0x02u

bool bm_config_wants_setting(const struct bm_configurator *c)
{
	const bool wanted[] = {c->plan.has_ttl, c->plan.has_relay, c->plan.has_beacon};
	return c->part < BM_ARRAY_LEN(wanted) && wanted[c->part];
}

unsigned bm_config_last_part(const struct bm_configurator *c)
{
	return (unsigned)c->plan.subscribe_count + 1;
}

bool bm_config_wants_part(const struct bm_configurator *c)
{
	const struct bm_model_id *id = &c->models[c->model_next].id;
	if (c->part == 0)
		return c->plan.with_app_key;
	/* Unless it is named, a Health model neither subscribes nor publishes with the others. */
	if (!c->plan.models_named && !id->vendor && id->id < 0x1000)
		return false;
	return c->part < bm_config_last_part(c) || (c->part == bm_config_last_part(c) && c->plan.has_publish);
}

static enum bm_err request(struct bm_configurator *c, uint32_t opcode, const uint8_t *params, size_t len,
			   bm_config_done done, bm_time now)
{
	return bm_config_request(c->node, BM_NET_IDX_PRIMARY, c->addr, opcode, params, len, 0, done, c, now);
}

static enum bm_err send_setting(struct bm_configurator *c, bm_config_done done, bm_time now)
{
	const struct bm_config_plan *plan = &c->plan;
	const uint8_t relay[] = {plan->relay, RELAY_RETRANSMIT};
	const uint8_t beacon = plan->beacon;
	switch (c->part) {
	case BM_CONFIG_TTL:
		return request(c, BM_OP_CONFIG_DEFAULT_TTL_SET, &plan->ttl, 1, done, now);
	case BM_CONFIG_RELAY:
		return request(c, BM_OP_CONFIG_RELAY_SET, relay, sizeof relay, done, now);
	default:
		return request(c, BM_OP_CONFIG_BEACON_SET, &beacon, 1, done, now);
	}
}

bool bm_config_setting_done(const struct bm_configurator *c, const uint8_t *params, size_t len, char *out, size_t size)
{
	static const char *const names[] = {"default TTL", "relay", "beacon"};
	const struct bm_config_plan *plan = &c->plan;
	const uint8_t wanted[] = {plan->ttl, plan->relay, plan->beacon};
	const char *name = names[c->part];
	if (len > 0 && params[0] == wanted[c->part]) {
		snprintf(out, size, "%s is %u", name, params[0]);
		return true;
	}
	if (c->part == BM_CONFIG_RELAY && len > 0 && params[0] == NOT_SUPPORTED)
		snprintf(out, size, "%s: %s", name, bm_config_status_text(BM_CONFIG_FEATURE_NOT_SUPPORTED));
	else
		snprintf(out, size, "%s: the node keeps to %u", name, len > 0 ? params[0] : 0u);
	return false;
}

static void put_target(struct bm_writer *w, const struct bm_config_target *target)
{
	if (target->has_label)
		bm_put_octets(w, target->label, sizeof target->label);
	else
		bm_put_le16(w, target->addr);
}

static void put_model(struct bm_writer *w, const struct bm_model_id *id)
{
	if (id->vendor)
		bm_put_le16(w, id->company);
	bm_put_le16(w, id->id);
}

/* MshPRT 4.3.2.16, 4.3.2.18, 4.3.2.19, 4.3.2.22. */
static enum bm_err send_model(struct bm_configurator *c, bm_config_done done, bm_time now)
{
	const struct bm_config_model *model = &c->models[c->model_next];
	const struct bm_config_plan *plan = &c->plan;
	uint8_t params[40];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	if (c->part == 0)
		return bm_config_model_app_bind(c->node, BM_NET_IDX_PRIMARY, c->addr, model->element_addr,
						plan->app_idx, &model->id, done, c, now);
	const bool publishes = c->part == bm_config_last_part(c);
	const struct bm_config_target *target = publishes ? &plan->publish : &plan->subscribe[c->part - 1];
	bm_put_le16(&w, model->element_addr);
	put_target(&w, target);
	if (publishes) {
		bm_put_le16(&w, plan->app_idx);
		bm_put_u8(&w, plan->publish_ttl);
		bm_put_u8(&w, plan->publish_period);
		bm_put_u8(&w, 0); /* no retransmission */
	}
	put_model(&w, &model->id);
	const uint32_t opcodes[2][2] = {
		{BM_OP_CONFIG_MODEL_SUBSCRIPTION_ADD, BM_OP_CONFIG_MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD},
		{BM_OP_CONFIG_MODEL_PUBLICATION_SET, BM_OP_CONFIG_MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET}};
	return request(c, opcodes[publishes][target->has_label], params, bm_writer_len(&w), done, now);
}

enum bm_err bm_config_send(struct bm_configurator *c, bm_config_done done, bm_time now)
{
	switch (c->step) {
	case BM_CONFIG_COMPOSITION:
		return bm_config_composition_get(c->node, BM_NET_IDX_PRIMARY, c->addr, 0, done, c, now);
	case BM_CONFIG_APP_KEY:
		return bm_config_app_key_add(c->node, BM_NET_IDX_PRIMARY, c->addr, c->plan.app_idx, c->plan.app_key,
					     done, c, now);
	case BM_CONFIG_SETTINGS:
		return send_setting(c, done, now);
	case BM_CONFIG_MODELS:
		return send_model(c, done, now);
	}
	return BM_ERR_INVALID;
}

void bm_config_model_name(const struct bm_model_id *id, char *out, size_t size)
{
	if (id->vendor)
		snprintf(out, size, "0x%04x%04x", id->company, id->id);
	else
		snprintf(out, size, "0x%04x", id->id);
}

void bm_config_model_text(const struct bm_configurator *c, char *out, size_t size)
{
	const struct bm_config_model *model = &c->models[c->model_next];
	const char *what = c->part == 0                        ? ""
			   : c->part == bm_config_last_part(c) ? "publication of "
							       : "subscription of ";
	char name[16];
	bm_config_model_name(&model->id, name, sizeof name);
	snprintf(out, size, "%smodel %s of element 0x%04x", what, name, model->element_addr);
}
