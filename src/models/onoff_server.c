/*
 * Generic OnOff Server (MshMDL 3.3.1): a state that changes at once, after a delay, or over a transition; the phases
 * are those of models/motion.h. A binary state is On from the first moment of a transition to On, and until the last of
 * one to Off (MshMDL 3.1.1).
 */
#include "models/onoff_server.h"

#include "models/motion.h"
#include "models/send.h"

#define STATUS_MAX 5u

struct private
{
	struct bm_motion motion;
	struct bm_bound bound;
	bool kept; /* what the store was told last */
};

_Static_assert(sizeof(struct private) <= sizeof(((struct bm_onoff_server *)0)->opaque),
	       "opaque holds the private part");
_Static_assert(_Alignof(struct private) <= _Alignof(max_align_t), "opaque is aligned for the private part");

static struct private *private_of(struct bm_onoff_server *server)
{
	return (struct private *)(void *)server->opaque;
}

static struct bm_motion *motion_of(struct bm_onoff_server *server)
{
	return &private_of(server)->motion;
}

/* What a power cut leaves: where the state was going. */
static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_onoff_server *server = model->self;
	bm_put_u8(w, server->target);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_onoff_server *server = model->self;
	const uint8_t onoff = bm_read_u8(r);
	const enum bm_err err = bm_reader_finish(r);
	if (err || onoff > 1)
		return err ? err : BM_ERR_PROHIBITED;
	server->present = server->target = private_of(server)->kept = onoff;
	return BM_OK;
}

static void set_target(struct bm_onoff_server *server, bool target)
{
	server->target = target;
	if (private_of(server)->kept == target)
		return;
	private_of(server)->kept = target;
	bm_model_state_changed(&server->model);
}

static void stop(struct bm_onoff_server *server)
{
	bm_motion_stop(motion_of(server));
	server->target = server->present;
}

static struct bm_writer put_status(struct bm_onoff_server *server, uint8_t out[STATUS_MAX], bm_time now)
{
	struct bm_writer w = bm_writer_of(out, STATUS_MAX);
	bm_put_opcode(&w, BM_OP_ONOFF_STATUS);
	bm_put_u8(&w, server->present);
	if (motion_of(server)->phase == BM_MOTION_STEADY)
		return w;
	bm_put_u8(&w, server->target);
	bm_put_u8(&w, bm_motion_remaining(motion_of(server), now));
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

/* Tells who is bound. */
static void set_present(struct bm_onoff_server *server, bool present, bm_time now)
{
	if (server->present == present)
		return;
	server->present = present;
	bm_bound_changed(&private_of(server)->bound, present, now);
}

enum telling { TELL_CHANGE, TELL_ALWAYS };

/* The target is reached. Each accepted Set is told once: a transition to On was told in its first moment. */
static void settle(struct bm_onoff_server *server, const struct bm_rx *rx, bm_time now, enum telling telling)
{
	const bool moved = motion_of(server)->phase != BM_MOTION_STEADY;
	const bool target = server->target;
	const bool changed = server->present != target;
	bm_motion_stop(motion_of(server));
	set_present(server, target, now);
	if (changed || telling == TELL_ALWAYS)
		notify(server, motion_of(server)->opcode, rx, now);
	if (changed || moved)
		publish(server, now);
}

static void begin_transition(struct bm_onoff_server *server, const struct bm_rx *rx, bm_time now)
{
	struct bm_motion *motion = motion_of(server);
	const uint64_t duration_us = bm_transition_us(motion->transition);
	if (duration_us == 0 || server->present == server->target) {
		settle(server, rx, now, TELL_ALWAYS);
		return;
	}
	bm_motion_move(motion, bm_time_add(now, duration_us));
	if (server->target) {
		set_present(server, true, now);
		notify(server, motion->opcode, rx, now);
	}
	publish(server, now);
}

static void timer_fired(void *ctx)
{
	struct bm_onoff_server *server = ctx;
	const bm_time now = bm_env_now(server->model.access->env);
	if (motion_of(server)->phase == BM_MOTION_DELAYED)
		begin_transition(server, NULL, now);
	else
		settle(server, NULL, now, TELL_CHANGE);
}

static void accept_set(struct bm_onoff_server *server, bool target, const struct bm_motion_set *set,
		       const struct bm_rx *rx)
{
	struct bm_motion *motion = motion_of(server);
	stop(server);
	motion->opcode = rx->opcode;
	motion->transition = set->transition;
	set_target(server, target);
	if (!bm_motion_delay(motion, set->delay_steps, rx->now))
		begin_transition(server, rx, rx->now);
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
	struct bm_motion_set set;
	if (!bm_motion_read(motion_of(server), &whole, params, onoff <= 1, &set))
		return;
	if (bm_transaction_begin(&motion_of(server)->transactions, rx->src, rx->dst, set.tid, rx->now))
		accept_set(server, onoff, &set, rx);
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
	motion_of(server)->transactions = (struct bm_transactions){0};
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	publish(model->self, now);
}

static const struct bm_model_ops model_ops = {
	.reset = handle_reset, .publish = handle_publish, .save = save, .load = load};

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
	private_of(server)->kept = initial;
	bm_motion_init(motion_of(server), &server->model, timer_fired, server);
}

void bm_onoff_server_use_default_transition_time(struct bm_onoff_server *server,
						 const struct bm_default_transition_time_server *default_time)
{
	motion_of(server)->default_time = default_time;
}

struct bm_bound *bm_onoff_server_bound(struct bm_onoff_server *server)
{
	return &private_of(server)->bound;
}

void bm_onoff_server_follow(struct bm_onoff_server *server, bool present, bm_time now)
{
	if (server->present == present && motion_of(server)->phase == BM_MOTION_STEADY)
		return;
	stop(server);
	set_target(server, present);
	set_present(server, present, now);
	notify(server, 0, NULL, now);
	publish(server, now);
}

void bm_onoff_server_set(struct bm_onoff_server *server, bool present, bm_time now)
{
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	const bool changed = server->present != present || motion_of(server)->phase != BM_MOTION_STEADY;
	stop(server);
	set_target(server, present);
	set_present(server, present, now);
	if (changed)
		publish(server, now);
}

enum bm_err bm_onoff_server_status(struct bm_onoff_server *server, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, now);
	return bm_models_send(&server->model, tx, &w, now);
}
