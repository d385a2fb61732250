/*
 * Generic Level Server (MshMDL 3.3.2): a level computed from the time since its transition began; a timer tells the
 * host of it on the way, but nothing depends on its being on time. The phases are those of models/motion.h.
 */
#include "blemesh/level.h"

#include "models/motion.h"
#include "models/onoff_server.h"
#include "models/send.h"

#define STATUS_MAX 7u
#define TELL_EVERY_US (100u * BM_US_PER_MS)

/* From a level, by delta every period, until the target. */
struct way {
	int16_t from;
	int32_t delta;
	uint64_t period_us;
	uint64_t duration_us;
	bm_time begun;
};

struct private
{
	struct bm_motion motion;
	struct way way;
	struct bm_bound bound;
	struct bm_binding from_onoff, to_onoff;
	int16_t lit;  /* where the level last rested above the minimum: what On brings back */
	int16_t kept; /* the target that the store was told last */
};

_Static_assert(sizeof(struct private) <= sizeof(((struct bm_level_server *)0)->opaque),
	       "opaque holds the private part");
_Static_assert(_Alignof(struct private) <= _Alignof(max_align_t), "opaque is aligned for the private part");

static struct private *private_of(struct bm_level_server *server)
{
	return (struct private *)(void *)server->opaque;
}

static struct bm_motion *motion_of(struct bm_level_server *server)
{
	return &private_of(server)->motion;
}

/* What a power cut leaves: where the level was going, and what On brings back. */
static void save(const struct bm_model *model, struct bm_writer *w)
{
	struct bm_level_server *server = model->self;
	bm_put_be16(w, (uint16_t)server->target);
	bm_put_be16(w, (uint16_t)private_of(server)->lit);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_level_server *server = model->self;
	const int16_t target = (int16_t)bm_read_be16(r);
	const int16_t lit = (int16_t)bm_read_be16(r);
	const enum bm_err err = bm_reader_finish(r);
	if (err || lit == BM_LEVEL_MIN)
		return err ? err : BM_ERR_PROHIBITED;
	server->present = server->target = private_of(server)->kept = target;
	private_of(server)->lit = lit;
	return BM_OK;
}

static void set_target(struct bm_level_server *server, int16_t target)
{
	server->target = target;
	if (private_of(server)->kept == target)
		return;
	private_of(server)->kept = target;
	bm_model_state_changed(&server->model);
}

static int16_t clamp(int64_t level)
{
	return (int16_t)(level < BM_LEVEL_MIN ? BM_LEVEL_MIN : level > BM_LEVEL_MAX ? BM_LEVEL_MAX : level);
}

static uint64_t magnitude(int64_t difference)
{
	return (uint64_t)(difference < 0 ? -difference : difference);
}

int16_t bm_level_server_present(struct bm_level_server *server, bm_time now)
{
	const struct way *way = &private_of(server)->way;
	const struct bm_motion *motion = motion_of(server);
	if (motion->phase == BM_MOTION_STEADY)
		return server->present;
	const bm_time begun = motion->phase == BM_MOTION_DELAYED ? motion->due : way->begun;
	if (now <= begun)
		return way->from;
	const uint64_t elapsed = now - begun;
	if (elapsed >= way->duration_us)
		return server->target;
	/* In whole periods and a rest: as one product, a slow Move would overflow. */
	const int64_t gone = (int64_t)(elapsed / way->period_us) * way->delta +
			     (int64_t)(elapsed % way->period_us) * way->delta / (int64_t)way->period_us;
	return clamp(way->from + gone);
}

/* From the present level to the target. Without delta or period it takes no time. */
static void plan(struct bm_level_server *server, int32_t delta, uint64_t period_us)
{
	struct way *way = &private_of(server)->way;
	*way = (struct way){.from = server->present, .delta = delta, .period_us = period_us};
	if (delta == 0)
		return;
	const uint64_t distance = magnitude((int64_t)server->target - server->present);
	way->duration_us = (distance * period_us + magnitude(delta) - 1) / magnitude(delta);
}

static struct bm_writer put_status(struct bm_level_server *server, uint8_t out[STATUS_MAX], bm_time now)
{
	struct bm_writer w = bm_writer_of(out, STATUS_MAX);
	bm_put_opcode(&w, BM_OP_LEVEL_STATUS);
	bm_put_le16(&w, (uint16_t)bm_level_server_present(server, now));
	if (motion_of(server)->phase == BM_MOTION_STEADY)
		return w;
	bm_put_le16(&w, (uint16_t)server->target);
	bm_put_u8(&w, bm_motion_remaining(motion_of(server), now));
	return w;
}

static void publish(struct bm_level_server *server, bm_time now)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, now);
	bm_models_publish(&server->model, &w);
}

static void answer(struct bm_level_server *server, const struct bm_rx *rx)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, rx->now);
	bm_models_answer(&server->model, rx, &w);
}

static void notify(struct bm_level_server *server, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	if (server->on_change)
		server->on_change(server->ctx, server->present, opcode, rx, now);
}

/* Tells who is bound. */
static void set_present(struct bm_level_server *server, int16_t present, bm_time now)
{
	if (server->present == present)
		return;
	server->present = present;
	bm_bound_changed(&private_of(server)->bound, present, now);
}

/* Stays at a level. */
static void rest(struct bm_level_server *server, int16_t level, bm_time now)
{
	bm_motion_stop(motion_of(server));
	if (level > BM_LEVEL_MIN)
		private_of(server)->lit = level;
	set_target(server, level);
	set_present(server, level, now);
}

/* The target is reached. */
static void settle(struct bm_level_server *server, const struct bm_rx *rx, bm_time now)
{
	const bool moved = motion_of(server)->phase != BM_MOTION_STEADY;
	const bool changed = server->present != server->target;
	rest(server, server->target, now);
	notify(server, motion_of(server)->opcode, rx, now);
	if (changed || moved)
		publish(server, now);
}

/* A level that takes longer for one step has nothing to tell before: each time there is a new one. */
static void arm_tell(struct bm_level_server *server, bm_time now)
{
	const struct way *way = &private_of(server)->way;
	struct bm_motion *motion = motion_of(server);
	const uint64_t step_us = way->period_us / magnitude(way->delta) + 1;
	const bm_time at = bm_time_add(now, step_us > TELL_EVERY_US ? step_us : TELL_EVERY_US);
	bm_timer_set(&server->model.access->env->timers, &motion->timer, at < motion->due ? at : motion->due);
}

static void begin_transition(struct bm_level_server *server, const struct bm_rx *rx, bm_time begun, bm_time now)
{
	struct way *way = &private_of(server)->way;
	const bm_time due = bm_time_add(begun, way->duration_us);
	if (now >= due) {
		settle(server, rx, now);
		return;
	}
	way->begun = begun;
	bm_motion_move(motion_of(server), due);
	arm_tell(server, now);
	publish(server, now);
}

static void timer_fired(void *ctx)
{
	struct bm_level_server *server = ctx;
	struct bm_motion *motion = motion_of(server);
	const bm_time now = bm_env_now(server->model.access->env);
	if (motion->phase == BM_MOTION_DELAYED) {
		/* From when the delay was over, however late it is told. */
		begin_transition(server, NULL, motion->due, now);
		return;
	}
	if (now >= motion->due) {
		settle(server, NULL, now);
		return;
	}
	arm_tell(server, now);
	set_present(server, bm_level_server_present(server, now), now);
	notify(server, motion->opcode, NULL, now);
}

/* Goes to the target by delta every transition time of the Set, from the present level. */
static void accept(struct bm_level_server *server, int16_t target, int32_t delta, const struct bm_motion_set *set,
		   const struct bm_rx *rx)
{
	struct bm_motion *motion = motion_of(server);
	const uint64_t period_us = bm_transition_us(set->transition);
	bm_motion_stop(motion);
	motion->opcode = rx->opcode;
	set_target(server, target);
	plan(server, delta, period_us);
	const uint64_t duration_us = private_of(server)->way.duration_us;
	motion->transition = duration_us == period_us ? set->transition : bm_transition_encode(duration_us);
	if (!bm_motion_delay(motion, set->delay_steps, rx->now))
		begin_transition(server, rx, rx->now, rx->now);
}

static void accept_target(struct bm_level_server *server, int16_t target, const struct bm_motion_set *set,
			  const struct bm_rx *rx)
{
	accept(server, target, target - server->present, set, rx);
}

/* The level at this moment becomes the one that what follows starts from. */
static void catch_up(struct bm_level_server *server, bm_time now)
{
	set_present(server, bm_level_server_present(server, now), now);
}

static void handle_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)params;
	answer(model->self, rx);
}

static void handle_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_level_server *server = model->self;
	struct bm_motion *motion = motion_of(server);
	const struct bm_reader whole = *params;
	const int16_t level = (int16_t)bm_read_le16(params);
	struct bm_motion_set set;
	if (!bm_motion_read(motion, &whole, params, true, &set))
		return;
	if (bm_transaction_begin(&motion->transactions, rx->src, rx->dst, set.tid, rx->now)) {
		catch_up(server, rx->now);
		accept_target(server, level, &set, rx);
	}
	if (rx->opcode == BM_OP_LEVEL_SET)
		answer(server, rx);
}

/* MshMDL 3.3.2.2.3: a Delta Set of the transaction under way replaces its last one: both count from the level at the
 * transaction's start. One that says the same is a retransmission. */
static bool begin_delta(struct bm_level_server *server, const struct bm_rx *rx, uint8_t tid, int32_t delta,
			int16_t *start)
{
	struct bm_transactions *transactions = &motion_of(server)->transactions;
	const bool is_new = bm_transaction_begin(transactions, rx->src, rx->dst, tid, rx->now);
	struct bm_transaction *transaction = bm_transaction_find(transactions, rx->src, rx->dst, tid, rx->now);
	if (is_new) {
		transaction->is_delta = true;
		transaction->start = server->present;
	} else if (!transaction->is_delta || transaction->delta == delta) {
		return false;
	}
	transaction->delta = delta;
	transaction->at = rx->now;
	*start = transaction->start;
	return true;
}

static void handle_delta_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_level_server *server = model->self;
	const struct bm_reader whole = *params;
	const int32_t delta = (int32_t)bm_read_le32(params);
	struct bm_motion_set set;
	if (!bm_motion_read(motion_of(server), &whole, params, true, &set))
		return;
	catch_up(server, rx->now);
	int16_t start;
	if (begin_delta(server, rx, set.tid, delta, &start))
		accept_target(server, clamp((int64_t)start + delta), &set, rx);
	if (rx->opcode == BM_OP_LEVEL_DELTA_SET)
		answer(server, rx);
}

static void handle_move_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_level_server *server = model->self;
	struct bm_motion *motion = motion_of(server);
	const struct bm_reader whole = *params;
	const int16_t delta = (int16_t)bm_read_le16(params);
	struct bm_motion_set set;
	if (!bm_motion_read(motion, &whole, params, true, &set))
		return;
	if (bm_transaction_begin(&motion->transactions, rx->src, rx->dst, set.tid, rx->now)) {
		catch_up(server, rx->now);
		/* MshMDL 3.3.2.2.4: without a transition time there is no speed, and the level stays. */
		const bool moves = delta != 0 && bm_transition_us(set.transition) != 0;
		const int16_t end = delta > 0 ? BM_LEVEL_MAX : BM_LEVEL_MIN;
		accept(server, moves ? end : server->present, delta, &set, rx);
	}
	if (rx->opcode == BM_OP_LEVEL_MOVE_SET)
		answer(server, rx);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_LEVEL_GET, 0, 0, handle_get},
	{BM_OP_LEVEL_SET, 3, 5, handle_set},
	{BM_OP_LEVEL_SET_UNACK, 3, 5, handle_set},
	{BM_OP_LEVEL_DELTA_SET, 5, 7, handle_delta_set},
	{BM_OP_LEVEL_DELTA_SET_UNACK, 5, 7, handle_delta_set},
	{BM_OP_LEVEL_MOVE_SET, 3, 5, handle_move_set},
	{BM_OP_LEVEL_MOVE_SET_UNACK, 3, 5, handle_move_set},
};

static void handle_reset(struct bm_model *model, bm_time now)
{
	struct bm_level_server *server = model->self;
	rest(server, bm_level_server_present(server, now), now);
	motion_of(server)->transactions = (struct bm_transactions){0};
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	publish(model->self, now);
}

static const struct bm_model_ops model_ops = {
	.reset = handle_reset, .publish = handle_publish, .save = save, .load = load};

void bm_level_server_init(struct bm_level_server *server, int16_t initial,
			  void (*on_change)(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx,
					    bm_time now),
			  void *ctx)
{
	*server = (struct bm_level_server){
		.model = {.id = {.id = 0x1002},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &model_ops,
			  .self = server},
		.present = initial,
		.target = initial,
		.on_change = on_change,
		.ctx = ctx,
	};
	bm_motion_init(motion_of(server), &server->model, timer_fired, server);
	private_of(server)->lit = initial > BM_LEVEL_MIN ? initial : BM_LEVEL_MAX;
	private_of(server)->kept = initial;
}

void bm_level_server_use_default_transition_time(struct bm_level_server *server,
						 const struct bm_default_transition_time_server *default_time)
{
	motion_of(server)->default_time = default_time;
}

/* What is on stays as bright as it is. */
static void follow_onoff(void *ctx, int32_t on, bm_time now)
{
	struct bm_level_server *server = ctx;
	catch_up(server, now);
	if ((server->present > BM_LEVEL_MIN) == (on != 0))
		return;
	rest(server, on ? private_of(server)->lit : BM_LEVEL_MIN, now);
	notify(server, 0, NULL, now);
	publish(server, now);
}

static void lead_onoff(void *ctx, int32_t level, bm_time now)
{
	bm_onoff_server_follow(ctx, level > BM_LEVEL_MIN, now);
}

void bm_level_server_bind_onoff(struct bm_level_server *server, struct bm_onoff_server *onoff)
{
	struct private *p = private_of(server);
	onoff->present = onoff->target = server->present > BM_LEVEL_MIN;
	p->from_onoff = (struct bm_binding){.to = &p->bound, .set = follow_onoff, .ctx = server};
	p->to_onoff = (struct bm_binding){.to = bm_onoff_server_bound(onoff), .set = lead_onoff, .ctx = onoff};
	bm_binding_add(bm_onoff_server_bound(onoff), &p->from_onoff);
	bm_binding_add(&p->bound, &p->to_onoff);
}

void bm_level_server_set(struct bm_level_server *server, int16_t present, bm_time now)
{
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	const bool changed = bm_level_server_present(server, now) != present ||
			     motion_of(server)->phase != BM_MOTION_STEADY;
	rest(server, present, now);
	if (changed)
		publish(server, now);
}

enum bm_err bm_level_server_status(struct bm_level_server *server, const struct bm_tx *tx, bm_time now)
{
	uint8_t out[STATUS_MAX];
	const struct bm_writer w = put_status(server, out, now);
	return bm_models_send(&server->model, tx, &w, now);
}
