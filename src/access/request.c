/*
 * Acknowledged messages: those that wait stand in a list of the access layer, oldest first.
 *
 *   idle ──send──▶ waiting ──answer, time-out, cancellation──▶ idle
 *                   │    ▲
 *                   └────┘ pause over: sent again, the next pause is longer
 */
#include "access/request.h"

#include <string.h>

#define PAUSE_FIRST_US (1u * BM_US_PER_S)
#define PAUSE_GROWTH_US (BM_US_PER_S / 2)

struct bm_waiting {
	struct bm_waiting *next;
	struct bm_model *model; /* NULL: idle */
	struct bm_timer timer;
	bm_time deadline;
	uint64_t pause_us;
	struct bm_tx tx;
	uint32_t status_opcode;
	bool (*is_answer)(void *ctx);
	bm_request_done done;
	void *ctx;
	uint8_t len;
	uint8_t payload[BM_REQUEST_MAX];
};
_Static_assert(sizeof(struct bm_waiting) <= sizeof(struct bm_request), "struct bm_request is too small");
_Static_assert(_Alignof(struct bm_waiting) <= _Alignof(struct bm_request), "struct bm_request is not aligned");

static struct bm_waiting *waiting_of(struct bm_request *request)
{
	return (struct bm_waiting *)(void *)request->opaque;
}

static const struct bm_waiting *waiting_of_const(const struct bm_request *request)
{
	return (const struct bm_waiting *)(const void *)request->opaque;
}

static void finish(struct bm_waiting *waiting, enum bm_err result)
{
	struct bm_access *access = waiting->model->access;
	struct bm_waiting **at = &access->requests;
	while (*at != waiting)
		at = &(*at)->next;
	*at = waiting->next;
	bm_timer_stop(&waiting->timer);
	waiting->model = NULL;
	bm_wipe(waiting->payload, sizeof waiting->payload);
	waiting->done(waiting->ctx, result, bm_env_now(access->env));
}

static void arm(struct bm_waiting *waiting)
{
	struct bm_timers *timers = &waiting->model->access->env->timers;
	const bm_time again = bm_time_add(timers->now, waiting->pause_us);
	bm_timer_set(timers, &waiting->timer, again < waiting->deadline ? again : waiting->deadline);
}

static void fire(void *ctx)
{
	struct bm_waiting *waiting = ctx;
	const bm_time now = bm_env_now(waiting->model->access->env);
	if (now >= waiting->deadline) {
		finish(waiting, BM_ERR_TIMEOUT);
		return;
	}
	waiting->pause_us += PAUSE_GROWTH_US;
	arm(waiting);
	/* What cannot be sent just now is tried again after the next pause; the time-out tells if it never works. */
	const enum bm_err err = bm_model_send(waiting->model, &waiting->tx, waiting->payload, waiting->len, now);
	if (err && err != BM_ERR_BUSY)
		finish(waiting, err);
}

void bm_request_init(struct bm_request *request)
{
	struct bm_waiting *waiting = waiting_of(request);
	memset(request, 0, sizeof *request);
	bm_timer_init(&waiting->timer, fire, waiting);
}

static bool is_for(const struct bm_waiting *waiting, const struct bm_model *model, uint16_t src, uint32_t status_opcode)
{
	return waiting->model == model && waiting->tx.dst == src && waiting->status_opcode == status_opcode;
}

static void answered(struct bm_model *model, const struct bm_rx *rx)
{
	struct bm_waiting *waiting = model->access->requests;
	while (waiting && (!is_for(waiting, model, rx->src, rx->opcode) ||
			   (waiting->is_answer && !waiting->is_answer(waiting->ctx))))
		waiting = waiting->next;
	if (waiting)
		finish(waiting, BM_OK);
}

static void cancel_all(struct bm_access *access)
{
	/* As many as there are now: who asks anew when told so stands behind them, and finds out in its turn. */
	size_t count = 0;
	for (const struct bm_waiting *at = access->requests; at; at = at->next)
		count++;
	while (access->requests && count-- > 0)
		finish(access->requests, BM_ERR_CANCELLED);
}

static const struct bm_requests_ops ops = {.answered = answered, .cancel_all = cancel_all};

enum bm_err bm_request_ask(struct bm_model *model, const struct bm_tx *tx, const uint8_t *payload, size_t len,
			   bm_time now)
{
	const struct bm_ask *ask = tx->ask;
	struct bm_waiting *waiting = waiting_of(ask->request);
	if (waiting->model || !model->access)
		return BM_ERR_STATE;
	if (!bm_addr_is_unicast(tx->dst) || len == 0 || len > BM_REQUEST_MAX)
		return BM_ERR_INVALID;
	struct bm_access *access = model->access;
	struct bm_tx plain = *tx;
	plain.done = NULL;
	plain.ask = NULL;
	const enum bm_err err = bm_model_send(model, &plain, payload, len, now);
	if (err)
		return err;
	waiting->model = model;
	waiting->tx = plain;
	waiting->status_opcode = ask->status_opcode;
	waiting->is_answer = ask->is_answer;
	waiting->done = ask->done;
	waiting->ctx = ask->ctx;
	waiting->len = (uint8_t)len;
	memcpy(waiting->payload, payload, len);
	waiting->deadline = bm_env_later(access->env, ask->timeout_us ? ask->timeout_us : BM_REQUEST_TIMEOUT_US);
	waiting->pause_us = PAUSE_FIRST_US;
	waiting->next = NULL;
	access->requests_ops = &ops;
	struct bm_waiting **end = &access->requests;
	while (*end)
		end = &(*end)->next;
	*end = waiting;
	arm(waiting);
	return BM_OK;
}

enum bm_err bm_request_send(struct bm_request *request, struct bm_model *model, const struct bm_tx *tx,
			    const uint8_t *payload, size_t len, uint32_t status_opcode, uint64_t timeout_us,
			    bm_request_done done, void *ctx, bm_time now)
{
	const struct bm_ask ask = {
		.request = request, .status_opcode = status_opcode, .timeout_us = timeout_us, .done = done, .ctx = ctx};
	struct bm_tx asking = *tx;
	asking.ask = &ask;
	return bm_request_ask(model, &asking, payload, len, now);
}

void bm_request_cancel(struct bm_request *request)
{
	struct bm_waiting *waiting = waiting_of(request);
	if (waiting->model)
		finish(waiting, BM_ERR_CANCELLED);
}

bool bm_request_is_waiting(const struct bm_request *request)
{
	return waiting_of_const(request)->model != NULL;
}

bool bm_request_expects(const struct bm_model *model, uint16_t src, uint32_t status_opcode)
{
	const struct bm_waiting *at = model->access ? model->access->requests : NULL;
	while (at && !is_for(at, model, src, status_opcode))
		at = at->next;
	return at != NULL;
}
