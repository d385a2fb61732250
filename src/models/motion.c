/*
 * The way of a state to its target.
 */
#include "models/motion.h"

#include "models/send.h"

void bm_motion_init(struct bm_motion *motion, struct bm_model *model, void (*fire)(void *ctx), void *ctx)
{
	*motion = (struct bm_motion){.model = model};
	bm_timer_init(&motion->timer, fire, ctx);
}

bool bm_motion_read(const struct bm_motion *motion, const struct bm_reader *whole, struct bm_reader *params,
		    bool value_known, struct bm_motion_set *set)
{
	*set = (struct bm_motion_set){.tid = bm_read_u8(params)};
	if (bm_reader_left(params) > 0) {
		set->transition = bm_read_u8(params);
		set->delay_steps = bm_read_u8(params);
	} else if (motion->default_time) {
		/* MshMDL 3.1.3: the default is for a Set that says no transition time. */
		set->transition = motion->default_time->transition;
	}
	if (bm_reader_finish(params)) {
		bm_models_drop(motion->model, BM_DROP_BAD_LENGTH, whole);
		return false;
	}
	if (!value_known || !bm_transition_is_known(set->transition)) {
		bm_models_drop(motion->model, BM_DROP_BAD_VALUE, whole);
		return false;
	}
	return true;
}

void bm_motion_stop(struct bm_motion *motion)
{
	if (motion->model->access)
		bm_timer_stop(&motion->timer);
	motion->phase = BM_MOTION_STEADY;
}

static void begin(struct bm_motion *motion, enum bm_motion_phase phase, bm_time due)
{
	motion->phase = phase;
	motion->due = due;
	bm_timer_set(&motion->model->access->env->timers, &motion->timer, due);
}

bool bm_motion_delay(struct bm_motion *motion, uint8_t delay_steps, bm_time now)
{
	if (delay_steps == 0)
		return false;
	begin(motion, BM_MOTION_DELAYED, bm_time_add(now, (uint64_t)delay_steps * BM_TRANSITION_DELAY_STEP_US));
	return true;
}

void bm_motion_move(struct bm_motion *motion, bm_time due)
{
	begin(motion, BM_MOTION_MOVING, due);
}

uint8_t bm_motion_remaining(const struct bm_motion *motion, bm_time now)
{
	/* MshMDL 3.1.3: before the transition begins its whole time remains. */
	if (motion->phase == BM_MOTION_DELAYED)
		return motion->transition;
	return bm_transition_encode(motion->due > now ? motion->due - now : 0);
}
