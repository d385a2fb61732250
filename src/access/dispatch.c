/*
 * Dispatch: an access message to the models that take its opcode (MshPRT 3.7.3, 3.7.4).
 *
 * The way of a message to its handler is kept short: models that take the other kind of key are passed over, and only
 * a message that reached nobody is looked at again, for the reason.
 */
#include "access/access.h"
#include "access/request.h"
#include "pdu/messages.h"

/* How far a message got with any model; the furthest one is the reason for which it is dropped. */
enum reach { REACH_NONE, REACH_OPCODE, REACH_BOUND, REACH_HANDLED };

struct delivery {
	struct bm_access *access;
	struct bm_rx rx;
	struct bm_reader params;
	const uint8_t *payload; /* opcode and parameters, for the trace */
	size_t len;
	bool segmented;
	bool dev_key;
	enum reach reach;
};

static void trace_received(const struct delivery *d)
{
	const struct bm_trace trace = {
		.kind = BM_TRACE_ACCESS_RX,
		.at = d->rx.now,
		.octets = d->payload,
		.len = d->len,
		.src = d->rx.src,
		.dst = d->rx.dst,
		.net_idx = d->rx.net_idx,
		.app_idx = d->rx.app_idx,
		.ttl = d->rx.ttl,
		.segmented = d->segmented,
	};
	d->access->env->ops.trace(d->access->env->ops.ctx, &trace);
}

static void reached(struct delivery *d, enum reach reach)
{
	if (reach > d->reach)
		d->reach = reach;
}

static bool key_fits(const struct bm_model *model, const struct delivery *d)
{
	if (d->dev_key)
		return !model->own_dev_key_only || d->rx.app_idx == BM_APP_IDX_DEV_LOCAL;
	return bm_model_is_bound(model, d->rx.app_idx);
}

static const struct bm_opcode *find_opcode(const struct bm_model *model, uint32_t opcode)
{
	if (!(model->opcode_filter & bm_access_opcode_bit(opcode)))
		return model->others;
	for (size_t i = 0; i < model->opcode_count; i++)
		if (model->opcodes[i].opcode == opcode)
			return &model->opcodes[i];
	return model->others;
}

static void deliver(struct delivery *d, struct bm_model *model)
{
	if (model->dev_key != d->dev_key && !model->app_key_too)
		return;
	const struct bm_opcode *row = find_opcode(model, d->rx.opcode);
	if (!row)
		return;
	if (!key_fits(model, d)) {
		reached(d, REACH_OPCODE);
		return;
	}
	const size_t len = bm_reader_left(&d->params);
	if (len < row->min_len || len > row->max_len) {
		reached(d, REACH_BOUND);
		return;
	}
	if (d->reach != REACH_HANDLED) {
		d->reach = REACH_HANDLED;
		d->access->env->counters.access_rx++;
		if (bm_env_traces(d->access->env))
			trace_received(d);
	}
	struct bm_reader params = d->params;
	row->handle(model, &d->rx, &params);
	if (d->access->requests)
		d->access->requests_ops->answered(model, &d->rx);
}

/* MshPRT 3.7.3.1: an unknown opcode, a model not bound to the key and a wrong length are silently ignored; here they
 * are counted. */
static void drop(const struct delivery *d, uint8_t first_element, uint8_t end_element)
{
	enum bm_drop reason = BM_DROP_UNKNOWN_OPCODE;
	if (d->reach == REACH_BOUND)
		reason = BM_DROP_BAD_LENGTH;
	else if (d->reach == REACH_OPCODE)
		reason = BM_DROP_NOT_BOUND;
	/* A model of the other kind of key that knows the opcode: the key is what is wrong. */
	for (uint8_t e = first_element; reason == BM_DROP_UNKNOWN_OPCODE && e < end_element; e++) {
		const struct bm_element *element = &d->access->elements[e];
		for (size_t i = 0; i < element->model_count; i++)
			if (find_opcode(d->access->models[element->first_model + i], d->rx.opcode))
				reason = BM_DROP_NOT_BOUND;
	}
	bm_env_drop(d->access->env, reason, d->payload, d->len);
}

static void deliver_to_element(struct delivery *d, uint8_t element)
{
	const struct bm_element *in = &d->access->elements[element];
	struct bm_model **models = d->access->models + in->first_model;
	for (size_t i = 0; i < in->model_count; i++)
		deliver(d, models[i]);
}

static void deliver_to_subscribers(struct delivery *d)
{
	const bool primary_takes = bm_access_takes_fixed_group(d->access, d->rx.dst);
	for (size_t i = 0; i < d->access->model_count; i++) {
		struct bm_model *model = d->access->models[i];
		if ((primary_takes && model->element == 0) ||
		    bm_access_is_subscribed(d->access, model, d->rx.dst, d->rx.label))
			deliver(d, model);
	}
}

void bm_access_receive(struct bm_access *access, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len)
{
	struct bm_reader r = bm_reader_of(payload, len);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode)) {
		bm_env_drop(access->env, BM_DROP_MALFORMED, payload, len);
		return;
	}
	struct delivery d = {
		.access = access,
		.rx = {.now = bm_env_now(access->env),
		       .src = rx->src,
		       .dst = rx->dst,
		       .label = rx->label,
		       .net_idx = rx->net_idx,
		       .app_idx = rx->app_idx,
		       .opcode = opcode,
		       .ttl = rx->ttl,
		       .rssi = rx->rssi},
		.params = r,
		.payload = payload,
		.len = len,
		.segmented = rx->segmented,
		.dev_key = rx->app_idx == BM_APP_IDX_DEV_LOCAL || rx->app_idx == BM_APP_IDX_DEV_REMOTE,
		.reach = REACH_NONE, /* said, for then nothing has to be zeroed before */
	};
	if (bm_addr_is_unicast(rx->dst)) {
		const int element = bm_access_element_at(access, rx->dst);
		if (element < 0) {
			bm_env_drop(access->env, BM_DROP_NOT_FOR_US, payload, len);
			return;
		}
		deliver_to_element(&d, (uint8_t)element);
		if (d.reach != REACH_HANDLED)
			drop(&d, (uint8_t)element, (uint8_t)(element + 1));
	} else {
		deliver_to_subscribers(&d);
		if (d.reach != REACH_HANDLED)
			drop(&d, 0, access->element_count);
	}
}

enum bm_err bm_access_deliver_item(struct bm_access *access, uint8_t element, const struct bm_rx *rx,
				   const uint8_t *payload, size_t len, struct bm_capture *capture)
{
	struct bm_reader r = bm_reader_of(payload, len);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode))
		return BM_ERR_PROHIBITED;
	struct delivery d = {
		.access = access,
		.rx = *rx,
		.params = r,
		.payload = payload,
		.len = len,
		.dev_key = rx->app_idx == BM_APP_IDX_DEV_LOCAL || rx->app_idx == BM_APP_IDX_DEV_REMOTE,
	};
	d.rx.opcode = opcode;
	d.rx.dst = (uint16_t)(bm_net_addr(access->net) + element);
	struct bm_capture *const outer = access->capture;
	access->capture = capture;
	deliver_to_element(&d, element);
	access->capture = outer;
	/* MshPRT 4.4.19: what a model does not understand is not understood as an item either. */
	if (d.reach == REACH_HANDLED)
		return capture->refused ? BM_ERR_PROHIBITED : BM_OK;
	if (d.reach != REACH_NONE)
		return d.reach == REACH_OPCODE ? BM_ERR_AUTH : BM_ERR_PROHIBITED;
	const struct bm_element *in = &access->elements[element];
	for (size_t i = 0; i < in->model_count; i++)
		if (find_opcode(access->models[in->first_model + i], opcode))
			return BM_ERR_AUTH;
	return BM_ERR_NOT_FOUND;
}
