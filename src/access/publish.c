/*
 * Publication. A model's period is a timer of its position; a published message that is to be retransmitted waits in
 * the pool of delayed messages, beside the answers.
 */
#include "access/publish.h"

#include "access/reply.h"

/* MshPRT 4.2.2.5: steps in bits 0–5, resolution in bits 6–7. */
static uint64_t period_of_us(uint8_t octet)
{
	static const uint32_t resolution_ms[] = {100, 1000, 10000, 600000};
	return (octet & 0x3fu) * (uint64_t)resolution_ms[octet >> 6] * BM_US_PER_MS;
}

uint64_t bm_model_publish_period_us(const struct bm_model *model)
{
	if (!model->access || model->publication.addr == BM_ADDR_UNASSIGNED)
		return 0;
	const uint64_t period = period_of_us(model->publication.period);
	return period && model->ops && model->ops->publish_period_us ? model->ops->publish_period_us(model, period)
								     : period;
}

static void arm(struct bm_publisher *publisher, uint64_t period_us)
{
	struct bm_env *env = publisher->access->env;
	const bm_time now = bm_env_now(env);
	publisher->due = bm_time_add(publisher->due, period_us);
	if (publisher->due < now)
		publisher->due = bm_time_add(now, period_us);
	bm_timer_set(&env->timers, &publisher->timer, publisher->due);
}

static void period_fire(void *ctx)
{
	struct bm_publisher *publisher = ctx;
	struct bm_model *model = publisher->access->models[publisher->index];
	const uint64_t period = bm_model_publish_period_us(model);
	if (period == 0)
		return;
	arm(publisher, period);
	model->ops->publish(model, bm_env_now(publisher->access->env));
}

void bm_publishers_init(struct bm_access *access)
{
	for (uint16_t i = 0; i < access->limits.models; i++) {
		struct bm_publisher *publisher = &access->publishers[i];
		publisher->access = access;
		publisher->index = i;
		bm_timer_init(&publisher->timer, period_fire, publisher);
	}
}

void bm_publishers_restart(struct bm_model *model)
{
	bm_replies_forget_published(model);
	bm_model_publish_period_changed(model);
}

void bm_model_publish_period_changed(struct bm_model *model)
{
	struct bm_publisher *publisher = &model->access->publishers[model->index];
	struct bm_timers *timers = &model->access->env->timers;
	const uint64_t period = bm_model_publish_period_us(model);
	bm_timer_stop(&publisher->timer);
	/* Who has nothing to say of itself publishes on change alone. */
	if (period == 0 || !model->ops || !model->ops->publish)
		return;
	publisher->due = timers->now;
	arm(publisher, period);
}

void bm_publishers_stop_all(struct bm_access *access)
{
	for (size_t i = 0; i < access->limits.models; i++)
		bm_timer_stop(&access->publishers[i].timer);
}

enum bm_err bm_access_publish(struct bm_model *model, const struct bm_tx *wish, const uint8_t *payload, size_t len)
{
	const struct bm_publication *publication = &model->publication;
	if (publication->addr == BM_ADDR_UNASSIGNED)
		return BM_ERR_STATE;
	/* MshPRT 3.4.5.2: a Publish TTL of 1 may be set, and no interface lets such a message out. */
	if (publication->ttl == 1)
		return BM_OK;
	struct bm_tx tx = *wish;
	tx.dst = publication->addr;
	tx.app_idx = publication->app_idx;
	tx.ttl = publication->ttl;
	tx.label = NULL;
	if (bm_addr_is_virtual(publication->addr))
		tx.label = bm_transport_labels(model->access->transport)->table[publication->label_slot].uuid;
	const enum bm_cred_kind cred = publication->friendship_credentials ? BM_CRED_FRIENDSHIP : BM_CRED_FLOODING;
	const enum bm_err err = bm_access_send_to(model, &tx, cred, payload, len);
	if (!err)
		bm_replies_repeat_published(model, &tx, cred, payload, len);
	return err;
}

enum bm_err bm_model_publish(struct bm_model *model, const uint8_t *payload, size_t len, bm_time now)
{
	if (!model->access)
		return BM_ERR_STATE;
	bm_timers_advance(&model->access->env->timers, now);
	const struct bm_tx tx = {.ttl = BM_TTL_DEFAULT};
	return bm_access_publish(model, &tx, payload, len);
}
