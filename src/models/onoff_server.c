/*
 * Generic OnOff Server (MshMDL 3.3.1): a state that changes at once, after a delay, or over a transition.
 *
 *   STEADY ──Set with delay──▶ DELAYED ──delay over──▶ MOVING ──transition over──▶ STEADY
 *      └────────────Set with transition, no delay────────▲
 *
 * A binary state is On from the first moment of a transition to On, and until the last of one to Off (MshMDL 3.1.1).
 */
#include "blemesh/onoff.h"

#include "models/send.h"
#include "models/transition.h"

#define STATUS_MAX 5u

enum phase { PHASE_STEADY, PHASE_DELAYED, PHASE_MOVING };

struct private
{
	struct bm_timer timer;
	struct bm_transactions transactions;
	enum phase phase;
	uint32_t opcode; /* of the message that began the transition */
	uint8_t transition;
};

_Static_assert(sizeof(struct private) <= sizeof(((struct bm_onoff_server *)0)->opaque),
	       "opaque holds the private part");
_Static_assert(_Alignof(struct private) <= _Alignof(max_align_t), "opaque is aligned for the private part");

static struct private *private_of(struct bm_onoff_server *server)
{
	return (struct private *)(void *)server->opaque;
}

static void stop(struct bm_onoff_server *server)
{
	struct private *p = private_of(server);
	if (server->model.access)
		bm_timer_stop(&server->model.access->env->timers, &p->timer);
	p->phase = PHASE_STEADY;
	server->target = server->present;
}

static struct bm_writer put_status(struct bm_onoff_server *server, uint8_t out[STATUS_MAX], bm_time now)
{
	const struct private *p = private_of(server);
	struct bm_writer w = bm_writer_of(out, STATUS_MAX);
	bm_put_opcode(&w, BM_OP_ONOFF_STATUS);
	bm_put_u8(&w, server->present);
	if (p->phase == PHASE_STEADY)
		return w;
	bm_put_u8(&w, server->target);
	/* MshMDL 3.1.3: before the transition begins its whole time remains. */
	bm_put_u8(&w, p->phase == PHASE_DELAYED ? p->transition
						: bm_transition_encode(p->timer.at > now ? p->timer.at - now : 0));
	return w;
}

static void publish(struct bm_onoff_server *server, bm_time now)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, now);
	bm_models_publish(&server->model, &w);
}

static void notify(struct bm_onoff_server *server, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	if (server->on_change)
		server->on_change(server->ctx, server->present, opcode, rx, now);
}

enum telling { TELL_CHANGE, TELL_ALWAYS };

/* The target is reached. Each accepted Set is told once: a transition to On was told in its first moment. */
static void settle(struct bm_onoff_server *server, const struct bm_rx *rx, bm_time now, enum telling telling)
{
	const bool moved = private_of(server)->phase != PHASE_STEADY;
	const bool changed = server->present != server->target;
	server->present = server->target;
	stop(server);
	if (changed || telling == TELL_ALWAYS)
		notify(server, private_of(server)->opcode, rx, now);
	if (changed || moved)
		publish(server, now);
}

static void begin_transition(struct bm_onoff_server *server, const struct bm_rx *rx, bm_time now)
{
	struct private *p = private_of(server);
	const uint64_t duration_us = bm_transition_us(p->transition);
	if (duration_us == 0 || server->present == server->target) {
		settle(server, rx, now, TELL_ALWAYS);
		return;
	}
	p->phase = PHASE_MOVING;
	bm_timer_set(&server->model.access->env->timers, &p->timer, bm_time_add(now, duration_us));
	if (server->target) {
		server->present = true;
		notify(server, p->opcode, rx, now);
	}
	publish(server, now);
}

static void timer_fired(void *ctx)
{
	struct bm_onoff_server *server = ctx;
	const bm_time now = bm_env_now(server->model.access->env);
	if (private_of(server)->phase == PHASE_DELAYED)
		begin_transition(server, NULL, now);
	else
		settle(server, NULL, now, TELL_CHANGE);
}

static void accept_set(struct bm_onoff_server *server, bool target, uint8_t transition, uint8_t delay_steps,
		       const struct bm_rx *rx)
{
	struct private *p = private_of(server);
	stop(server);
	p->opcode = rx->opcode;
	p->transition = transition;
	server->target = target;
	if (delay_steps == 0) {
		begin_transition(server, rx, rx->now);
		return;
	}
	p->phase = PHASE_DELAYED;
	bm_timer_set(&server->model.access->env->timers, &p->timer,
		     bm_time_add(rx->now, (uint64_t)delay_steps * BM_TRANSITION_DELAY_STEP_US));
}

static void answer(struct bm_onoff_server *server, const struct bm_rx *rx)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, rx->now);
	bm_models_answer(&server->model, rx, &w);
}

static void handle_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)params;
	answer(model->self, rx);
}

static void handle_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_onoff_server *server = model->self;
	const struct bm_reader whole = *params;
	const uint8_t onoff = bm_read_u8(params);
	const uint8_t tid = bm_read_u8(params);
	const bool has_transition = bm_reader_left(params) > 0;
	const uint8_t transition = has_transition ? bm_read_u8(params) : 0;
	const uint8_t delay_steps = has_transition ? bm_read_u8(params) : 0;
	if (bm_reader_finish(params)) {
		bm_models_drop(model, BM_DROP_BAD_LENGTH, &whole);
		return;
	}
	if (onoff > 1 || !bm_transition_is_known(transition)) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	if (bm_transaction_begin(&private_of(server)->transactions, rx->src, rx->dst, tid, rx->now))
		accept_set(server, onoff, transition, delay_steps, rx);
	if (rx->opcode == BM_OP_ONOFF_SET)
		answer(server, rx);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_ONOFF_GET, 0, 0, handle_get},
	{BM_OP_ONOFF_SET, 2, 4, handle_set},
	{BM_OP_ONOFF_SET_UNACK, 2, 4, handle_set},
};

static void handle_reset(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_onoff_server *server = model->self;
	stop(server);
	private_of(server)->transactions = (struct bm_transactions){0};
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	publish(model->self, now);
}

static const struct bm_model_ops model_ops = {.reset = handle_reset, .publish = handle_publish};

void bm_onoff_server_init(struct bm_onoff_server *server, bool initial,
			  void (*on_change)(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx,
					    bm_time now),
			  void *ctx)
{
	*server = (struct bm_onoff_server){
		.model = {.id = {.id = 0x1000},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &model_ops,
			  .self = server},
		.present = initial,
		.target = initial,
		.on_change = on_change,
		.ctx = ctx,
	};
	bm_timer_init(&private_of(server)->timer, timer_fired, server);
}

void bm_onoff_server_set(struct bm_onoff_server *server, bool present, bm_time now)
{
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	const bool changed = server->present != present || private_of(server)->phase != PHASE_STEADY;
	stop(server);
	server->present = server->target = present;
	if (changed)
		publish(server, now);
}

enum bm_err bm_onoff_server_status(struct bm_onoff_server *server, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, now);
	size_t len;
	const enum bm_err err = bm_writer_finish(&w, &len);
	return err ? err : bm_model_send(&server->model, tx, out, len, now);
}
