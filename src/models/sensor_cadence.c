/*
 * When a Sensor Server publishes (MshMDL 4.1.3).
 *
 *   publish period (access layer) ──▶ all sensors
 *   value within the fast region  ──▶ that sensor, each period / 2^divisor
 *   value beyond a delta          ──▶ that sensor, at once
 *
 * None sooner than the sensor's minimum interval after its last one: what came too soon is pending till then.
 */
#include "models/sensor_state.h"
#include "pdu/properties.h"

#define PERCENT_STEPS 10000.0 /* of 0.01 % */

_Static_assert(sizeof(struct bm_sensor_private) <= sizeof(((struct bm_sensor_server *)0)->opaque),
	       "opaque holds the private part");
_Static_assert(_Alignof(struct bm_sensor_private) <= _Alignof(max_align_t), "opaque is aligned for the private part");

struct bm_sensor_private *bm_sensor_private_of(struct bm_sensor_server *server)
{
	return (struct bm_sensor_private *)(void *)server->opaque;
}

static uint64_t min_interval_us(const struct bm_sensor_cadence_state *state)
{
	return ((uint64_t)1 << state->cadence.min_interval % 32u) * BM_US_PER_MS;
}

static bool is_fast(const struct bm_sensor *sensor)
{
	const struct bm_sensor_cadence *cadence = &sensor->cadence->cadence;
	double value, low, high;
	if (!bm_property_measure(sensor->property_id, sensor->raw, sensor->len, &value) ||
	    !bm_property_measure(sensor->property_id, cadence->fast_low, sensor->len, &low) ||
	    !bm_property_measure(sensor->property_id, cadence->fast_high, sensor->len, &high))
		return false;
	return low <= high ? value >= low && value <= high : value < high || value > low;
}

/* The change that triggers, in units; false if none does. */
static bool trigger(const struct bm_sensor *sensor, const uint8_t *delta, double from, double *change)
{
	if (!sensor->cadence->cadence.trigger_percent)
		return bm_property_measure(sensor->property_id, delta, sensor->len, change) && *change > 0;
	const unsigned steps = delta[0] | (unsigned)delta[1] << 8;
	*change = steps / PERCENT_STEPS * (from < 0 ? -from : from);
	return steps > 0;
}

static bool is_triggered(const struct bm_sensor *sensor)
{
	const struct bm_sensor_cadence_state *state = sensor->cadence;
	double value, from, down, up;
	const bool known = bm_property_measure(sensor->property_id, sensor->raw, sensor->len, &value);
	const bool was_known = state->published &&
			       bm_property_measure(sensor->property_id, state->published_raw, sensor->len, &from);
	if (!was_known)
		from = 0;
	const bool falls = trigger(sensor, state->cadence.delta_down, from, &down);
	const bool rises = trigger(sensor, state->cadence.delta_up, from, &up);
	if (!known || !was_known)
		return (falls || rises) && (known != was_known || !state->published);
	/* Strictly changed: a percentage of zero is zero. */
	return (falls && value < from && value <= from - down) || (rises && value > from && value >= from + up);
}

static bm_time due_of(const struct bm_sensor *sensor, uint64_t period_us, bm_time now)
{
	const struct bm_sensor_cadence_state *state = sensor->cadence;
	if (!state)
		return BM_TIME_NEVER;
	const bool fast = period_us && state->cadence.fast_cadence_period_divisor && is_fast(sensor);
	if (!fast && !state->pending)
		return BM_TIME_NEVER;
	uint64_t wait_us = state->pending ? 0 : period_us >> state->cadence.fast_cadence_period_divisor;
	if (wait_us < min_interval_us(state))
		wait_us = min_interval_us(state);
	return state->published ? bm_time_add(state->published_at, wait_us) : now;
}

bm_time bm_sensor_server_publish_due(const struct bm_sensor_server *server, bm_time now)
{
	bm_time due = BM_TIME_NEVER;
	if (!server->model.access || server->model.publication.addr == BM_ADDR_UNASSIGNED)
		return due;
	const uint64_t period_us = bm_model_publish_period_us(&server->model);
	for (size_t i = 0; i < server->count; i++) {
		const bm_time at = due_of(&server->sensors[i], period_us, now);
		if (at < due)
			due = at;
	}
	return due;
}

static void arm(struct bm_sensor_server *server, bm_time now)
{
	bm_timer_set(&server->model.access->env->timers, &bm_sensor_private_of(server)->timer,
		     bm_sensor_server_publish_due(server, now));
}

static void mark_published(struct bm_sensor *sensor, bm_time now)
{
	struct bm_sensor_cadence_state *state = sensor->cadence;
	if (!state)
		return;
	state->published = true;
	state->pending = false;
	state->published_at = now;
	memcpy(state->published_raw, sensor->raw, sizeof state->published_raw);
}

/* At the publish period every sensor is due that was not published in this moment. */
static bool is_wanted(const struct bm_sensor *sensor, bool periodic, uint64_t period_us, bm_time now)
{
	struct bm_sensor_cadence_state *state = sensor->cadence;
	if (!state)
		return periodic;
	if (periodic && !(state->published && state->published_at == now))
		state->pending = true;
	return due_of(sensor, period_us, now) <= now;
}

static void publish_due(struct bm_sensor_server *server, bool periodic, bm_time now)
{
	const uint64_t period_us = bm_model_publish_period_us(&server->model);
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SENSOR_STATUS);
	const size_t empty = bm_writer_len(&w);
	for (size_t i = 0; i < server->count; i++) {
		struct bm_sensor *sensor = &server->sensors[i];
		if (!is_wanted(sensor, periodic, period_us, now))
			continue;
		bm_sensor_put(&w, sensor);
		mark_published(sensor, now);
	}
	if (bm_writer_len(&w) > empty)
		bm_models_publish(&server->model, &w);
}

static void detect_triggers(struct bm_sensor_server *server)
{
	for (size_t i = 0; i < server->count; i++) {
		struct bm_sensor *sensor = &server->sensors[i];
		if (sensor->cadence && is_triggered(sensor))
			sensor->cadence->pending = true;
	}
}

void bm_sensor_server_changed(struct bm_sensor_server *server, bm_time now)
{
	if (!server->model.access)
		return;
	bm_timers_advance(&server->model.access->env->timers, now);
	if (server->model.publication.addr == BM_ADDR_UNASSIGNED)
		return;
	detect_triggers(server);
	publish_due(server, false, now);
	arm(server, now);
}

static void refresh(struct bm_sensor_server *server, bm_time now)
{
	if (server->refresh)
		server->refresh(server->ctx, now);
}

static void timer_fired(void *ctx)
{
	struct bm_sensor_server *server = ctx;
	const bm_time now = bm_env_now(server->model.access->env);
	refresh(server, now);
	bm_sensor_server_changed(server, now);
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	struct bm_sensor_server *server = model->self;
	refresh(server, now);
	publish_due(server, true, now);
	arm(server, now);
}

static void handle_reset(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_sensor_server *server = model->self;
	bm_timer_stop(&bm_sensor_private_of(server)->timer);
	for (size_t i = 0; i < server->count; i++)
		if (server->sensors[i].cadence)
			server->sensors[i].cadence->published = server->sensors[i].cadence->pending = false;
}

const struct bm_model_ops bm_sensor_server_ops = {.reset = handle_reset, .publish = handle_publish};

void bm_sensor_cadence_init(struct bm_sensor_server *server)
{
	bm_timer_init(&bm_sensor_private_of(server)->timer, timer_fired, server);
}
