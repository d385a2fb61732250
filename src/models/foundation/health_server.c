/*
 * Health Server (MshPRT 4.4.3): each company's faults, asked for and published, and the attention timer.
 *
 *   attention: off ──(Set, n seconds)──▶ on ──(n seconds pass, Set 0, reset)──▶ off
 */
#include <string.h>

#include "blemesh/health.h"
#include "models/send.h"

#define PERIOD_MIN_US (100 * (uint64_t)BM_US_PER_MS) /* the shortest that a publication can be configured to */

_Static_assert(sizeof(struct bm_timer) <= sizeof(((struct bm_health_server *)0)->opaque), "opaque holds the timer");

static struct bm_timer *timer_of(struct bm_health_server *server)
{
	return (struct bm_timer *)(void *)server->opaque;
}

static void answer_u8(struct bm_health_server *server, const struct bm_rx *rx, uint32_t opcode, uint8_t value)
{
	struct bm_outgoing out;
	bm_models_begin(&out, opcode);
	bm_put_u8(&out.w, value);
	bm_models_answer(&server->model, rx, &out.w);
}

/* Attention. */

uint8_t bm_health_server_attention_left(const struct bm_health_server *server)
{
	const struct bm_timer *timer = (const struct bm_timer *)(const void *)server->opaque;
	if (!server->model.access || !bm_timer_is_armed(timer))
		return 0;
	const bm_time now = bm_env_now(server->model.access->env);
	return timer->at <= now ? 0 : (uint8_t)bm_us_whole(timer->at - now + BM_US_PER_S - 1, BM_US_PER_S);
}

static void tell_attention(struct bm_health_server *server, uint8_t seconds)
{
	struct bm_env *env = server->model.access->env;
	if (server->ops && server->ops->attention)
		server->ops->attention(server, seconds, bm_env_now(env));
	else
		bm_env_event(env, &(struct bm_event){.kind = BM_EVENT_ATTENTION, .seconds = seconds});
}

static void attention_over(void *ctx)
{
	tell_attention(ctx, 0);
}

static void set_attention(struct bm_health_server *server, uint8_t seconds)
{
	struct bm_timers *timers = &server->model.access->env->timers;
	const bool was_on = bm_timer_is_armed(timer_of(server));
	bm_timer_stop(timer_of(server));
	if (seconds)
		bm_timer_set_after(timers, timer_of(server), (uint64_t)seconds * BM_US_PER_S);
	if (seconds || was_on)
		tell_attention(server, seconds);
}

void bm_health_server_attention(struct bm_health_server *server, uint8_t seconds, bm_time now)
{
	if (!server->model.access)
		return;
	bm_timers_advance(&server->model.access->env->timers, now);
	set_attention(server, seconds);
}

static void handle_attention(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	if (rx->opcode != BM_OP_HEALTH_ATTENTION_GET)
		set_attention(server, bm_read_u8(params));
	if (rx->opcode != BM_OP_HEALTH_ATTENTION_SET_UNACK)
		answer_u8(server, rx, BM_OP_HEALTH_ATTENTION_STATUS, bm_health_server_attention_left(server));
}

/* Faults. */

static struct bm_health_faults *find_company(struct bm_health_server *server, uint16_t company)
{
	for (size_t i = 0; i < server->company_count; i++)
		if (server->faults[i].company == company)
			return &server->faults[i];
	return NULL;
}

static bool has_faults(const struct bm_health_server *server)
{
	for (size_t i = 0; i < server->company_count; i++)
		if (server->faults[i].current.count)
			return true;
	return false;
}

static uint8_t *find_fault(struct bm_health_fault_list *list, uint8_t fault)
{
	return list->count ? memchr(list->codes, fault, list->count) : NULL;
}

static enum bm_err add_fault(struct bm_health_fault_list *list, uint8_t fault)
{
	if (find_fault(list, fault))
		return BM_OK;
	if (list->count == BM_HEALTH_FAULTS_MAX)
		return BM_ERR_NO_SPACE;
	list->codes[list->count++] = fault;
	return BM_OK;
}

/* The layout that health_status.c reads. */
static void write_faults(struct bm_outgoing *out, uint32_t opcode, const struct bm_health_faults *faults,
			 const struct bm_health_fault_list *list)
{
	bm_models_begin(out, opcode);
	bm_put_u8(&out->w, faults->test_id);
	bm_put_le16(&out->w, faults->company);
	bm_put_octets(&out->w, list->codes, list->count);
}

static void publish_current(struct bm_health_server *server, const struct bm_health_faults *faults)
{
	struct bm_outgoing out;
	write_faults(&out, BM_OP_HEALTH_CURRENT_STATUS, faults, &faults->current);
	bm_models_publish(&server->model, &out.w);
}

/* The current faults of one company changed; had says whether there were any of any company. */
static void current_changed(struct bm_health_server *server, const struct bm_health_faults *faults, bool had)
{
	if (!server->model.access)
		return;
	publish_current(server, faults);
	if (server->fast_period_divisor && had != has_faults(server))
		bm_model_publish_period_changed(&server->model);
}

enum bm_err bm_health_server_fault(struct bm_health_server *server, uint16_t company, uint8_t fault, bm_time now)
{
	struct bm_health_faults *faults = find_company(server, company);
	if (!faults)
		return BM_ERR_NOT_FOUND;
	if (fault == 0)
		return BM_ERR_INVALID;
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	const bool had = has_faults(server);
	const uint8_t count = faults->current.count;
	const uint8_t registered_count = faults->registered.count;
	const enum bm_err registered = add_fault(&faults->registered, fault);
	const enum bm_err current = add_fault(&faults->current, fault);
	if (faults->registered.count != registered_count)
		bm_model_state_changed(&server->model);
	if (faults->current.count != count)
		current_changed(server, faults, had);
	return current ? current : registered;
}

enum bm_err bm_health_server_fault_gone(struct bm_health_server *server, uint16_t company, uint8_t fault, bm_time now)
{
	struct bm_health_faults *faults = find_company(server, company);
	uint8_t *at = faults ? find_fault(&faults->current, fault) : NULL;
	if (!at)
		return BM_ERR_NOT_FOUND;
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	struct bm_health_fault_list *list = &faults->current;
	memmove(at, at + 1, (size_t)(&list->codes[list->count] - (at + 1)));
	list->count--;
	current_changed(server, faults, true);
	return BM_OK;
}

static bool run_test(struct bm_health_server *server, struct bm_health_faults *faults, uint8_t test_id, bm_time now)
{
	const bool known = server->ops && server->ops->test ? server->ops->test(server, faults->company, test_id, now)
							    : test_id == BM_HEALTH_TEST_STANDARD;
	if (known)
		faults->test_id = test_id;
	return known;
}

/* Get, Clear and Test. MshPRT 4.4.3.2: another company's faults and unknown tests are not ours to answer for. */
static void handle_fault(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	const struct bm_reader whole = *params;
	const bool is_test = rx->opcode == BM_OP_HEALTH_FAULT_TEST || rx->opcode == BM_OP_HEALTH_FAULT_TEST_UNACK;
	const bool is_clear = rx->opcode == BM_OP_HEALTH_FAULT_CLEAR || rx->opcode == BM_OP_HEALTH_FAULT_CLEAR_UNACK;
	const uint8_t test_id = is_test ? bm_read_u8(params) : BM_HEALTH_TEST_STANDARD;
	struct bm_health_faults *faults = find_company(server, bm_read_le16(params));
	if (!faults || (is_test && !run_test(server, faults, test_id, rx->now))) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	if (is_clear && faults->registered.count) {
		faults->registered.count = 0;
		bm_model_state_changed(model);
	}
	if (rx->opcode == BM_OP_HEALTH_FAULT_CLEAR_UNACK || rx->opcode == BM_OP_HEALTH_FAULT_TEST_UNACK)
		return;
	struct bm_outgoing out;
	write_faults(&out, BM_OP_HEALTH_FAULT_STATUS, faults, &faults->registered);
	bm_models_answer(model, rx, &out.w);
}

/* Period. */

static void handle_period(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	if (rx->opcode != BM_OP_HEALTH_PERIOD_GET) {
		const struct bm_reader whole = *params;
		const uint8_t divisor = bm_read_u8(params);
		if (divisor > BM_HEALTH_FAST_PERIOD_DIVISOR_MAX) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		const bool changed = divisor != server->fast_period_divisor;
		server->fast_period_divisor = divisor;
		if (changed)
			bm_model_state_changed(model);
		if (changed && has_faults(server))
			bm_model_publish_period_changed(model);
	}
	if (rx->opcode != BM_OP_HEALTH_PERIOD_SET_UNACK)
		answer_u8(server, rx, BM_OP_HEALTH_PERIOD_STATUS, server->fast_period_divisor);
}

/* MshPRT 4.2.16: while there is a fault the period is divided by two to the power of the divisor. */
static uint64_t publish_period_us(const struct bm_model *model, uint64_t period_us)
{
	const struct bm_health_server *server = model->self;
	if (!has_faults(server))
		return period_us;
	const uint64_t fast = period_us >> server->fast_period_divisor;
	return fast < PERIOD_MIN_US ? PERIOD_MIN_US : fast;
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_health_server *server = model->self;
	for (size_t i = 0; i < server->company_count; i++)
		publish_current(server, &server->faults[i]);
}

static void handle_reset(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_health_server *server = model->self;
	server->fast_period_divisor = 0;
	set_attention(server, 0);
}

/* The divisor, then each company that has registered faults. Current faults are found anew. */
static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_health_server *server = model->self;
	bm_put_u8(w, server->fast_period_divisor);
	for (size_t i = 0; i < server->company_count; i++) {
		const struct bm_health_faults *faults = &server->faults[i];
		if (faults->registered.count == 0)
			continue;
		bm_put_be16(w, faults->company);
		bm_put_u8(w, faults->registered.count);
		bm_put_octets(w, faults->registered.codes, faults->registered.count);
	}
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_health_server *server = model->self;
	const uint8_t divisor = bm_read_u8(r);
	if (r->failed || divisor > BM_HEALTH_FAST_PERIOD_DIVISOR_MAX)
		return BM_ERR_PROHIBITED;
	for (struct bm_reader walk = *r; bm_reader_left(&walk) > 0;) {
		(void)bm_read_be16(&walk);
		const uint8_t count = bm_read_u8(&walk);
		if (count > BM_HEALTH_FAULTS_MAX || !bm_read_octets(&walk, count))
			return BM_ERR_PROHIBITED;
	}
	server->fast_period_divisor = divisor;
	while (bm_reader_left(r) > 0) {
		/* Faults of a company that the server has no more are gone with it. */
		struct bm_health_faults *faults = find_company(server, bm_read_be16(r));
		struct bm_health_fault_list list = {.count = bm_read_u8(r)};
		bm_read_copy(r, list.codes, list.count);
		if (faults)
			faults->registered = list;
	}
	return BM_OK;
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_HEALTH_ATTENTION_GET, 0, 0, handle_attention},
	{BM_OP_HEALTH_ATTENTION_SET, 1, 1, handle_attention},
	{BM_OP_HEALTH_ATTENTION_SET_UNACK, 1, 1, handle_attention},
	{BM_OP_HEALTH_FAULT_CLEAR, 2, 2, handle_fault},
	{BM_OP_HEALTH_FAULT_CLEAR_UNACK, 2, 2, handle_fault},
	{BM_OP_HEALTH_FAULT_GET, 2, 2, handle_fault},
	{BM_OP_HEALTH_FAULT_TEST, 3, 3, handle_fault},
	{BM_OP_HEALTH_FAULT_TEST_UNACK, 3, 3, handle_fault},
	{BM_OP_HEALTH_PERIOD_GET, 0, 0, handle_period},
	{BM_OP_HEALTH_PERIOD_SET, 1, 1, handle_period},
	{BM_OP_HEALTH_PERIOD_SET_UNACK, 1, 1, handle_period},
};

static const struct bm_model_ops model_ops = {
	.reset = handle_reset,
	.publish = handle_publish,
	.publish_period_us = publish_period_us,
	.save = BM_WITH_STORE ? save : NULL,
	.load = BM_WITH_STORE ? load : NULL,
};

void bm_health_server_init(struct bm_health_server *server, struct bm_health_faults *faults, size_t company_count,
			   const struct bm_health_server_ops *ops, void *ctx)
{
	*server = (struct bm_health_server){
		.model = {.id = {.id = 0x0002},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &model_ops,
			  .persist = true,
			  .self = server},
		.ops = ops,
		.ctx = ctx,
	};
	bm_health_server_set_tables(server, faults, company_count);
	bm_timer_init(timer_of(server), attention_over, server);
}

void bm_health_server_set_tables(struct bm_health_server *server, struct bm_health_faults *faults, size_t company_count)
{
	server->faults = faults;
	server->company_count = company_count;
}
