/*
 * Health Server (MshPRT 4.4.3): a node without faults to report, and its attention timer.
 */
#include "models/foundation/health_server.h"

#include "models/send.h"

#define OP_FAULT_STATUS 0x05u
#define OP_ATTENTION_GET 0x8004u
#define OP_ATTENTION_SET 0x8005u
#define OP_ATTENTION_SET_UNACK 0x8006u
#define OP_ATTENTION_STATUS 0x8007u
#define OP_FAULT_CLEAR 0x802fu
#define OP_FAULT_CLEAR_UNACK 0x8030u
#define OP_FAULT_GET 0x8031u
#define OP_FAULT_TEST 0x8032u
#define OP_FAULT_TEST_UNACK 0x8033u
#define OP_PERIOD_GET 0x8034u
#define OP_PERIOD_SET 0x8035u
#define OP_PERIOD_SET_UNACK 0x8036u
#define OP_PERIOD_STATUS 0x8037u

#define TEST_ID_STANDARD 0x00u
#define FAST_PERIOD_DIVISOR_MAX 15u
#define STATUS_MAX 5u

static void answer_u8(struct bm_health_server *server, const struct bm_rx *rx, uint32_t opcode, uint8_t value)
{
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	bm_put_u8(&w, value);
	bm_models_answer(&server->model, rx, &w);
}

/* The seconds left, the running one counted whole. */
static uint8_t attention_left(const struct bm_health_server *server)
{
	const bm_time now = bm_env_now(server->access->env);
	if (!server->attention_timer.armed || server->attention_timer.at <= now)
		return 0;
	return (uint8_t)((server->attention_timer.at - now + BM_US_PER_S - 1) / BM_US_PER_S);
}

void bm_health_server_attention(struct bm_health_server *server, uint8_t seconds)
{
	struct bm_env *env = server->access->env;
	const bool was_on = server->attention_timer.armed;
	server->attention_s = seconds;
	bm_timer_stop(&env->timers, &server->attention_timer);
	if (seconds)
		bm_timer_set_after(&env->timers, &server->attention_timer, (uint64_t)seconds * BM_US_PER_S);
	if (seconds || was_on)
		bm_env_event(env, (struct bm_event){.kind = BM_EVENT_ATTENTION, .seconds = seconds});
}

static void attention_over(void *ctx)
{
	struct bm_health_server *server = ctx;
	server->attention_s = 0;
	bm_env_event(server->access->env, (struct bm_event){.kind = BM_EVENT_ATTENTION, .seconds = 0});
}

static void handle_attention(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	if (rx->opcode != OP_ATTENTION_GET)
		bm_health_server_attention(server, bm_read_u8(params));
	if (rx->opcode != OP_ATTENTION_SET_UNACK)
		answer_u8(server, rx, OP_ATTENTION_STATUS, attention_left(server));
}

static void handle_period(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	if (rx->opcode != OP_PERIOD_GET) {
		const struct bm_reader whole = *params;
		const uint8_t divisor = bm_read_u8(params);
		if (divisor > FAST_PERIOD_DIVISOR_MAX) {
			bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
			return;
		}
		server->fast_period_divisor = divisor;
	}
	if (rx->opcode != OP_PERIOD_SET_UNACK)
		answer_u8(server, rx, OP_PERIOD_STATUS, server->fast_period_divisor);
}

/* Get, Clear and Test: there is one test, which finds nothing. MshPRT 4.4.3.2: another company's faults and unknown
 * tests are not ours to answer for. */
static void handle_fault(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_health_server *server = model->self;
	const struct bm_reader whole = *params;
	const bool is_test = rx->opcode == OP_FAULT_TEST || rx->opcode == OP_FAULT_TEST_UNACK;
	const uint8_t test_id = is_test ? bm_read_u8(params) : TEST_ID_STANDARD;
	const uint16_t company = bm_read_le16(params);
	if (company != server->company || test_id != TEST_ID_STANDARD) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	if (rx->opcode == OP_FAULT_CLEAR_UNACK || rx->opcode == OP_FAULT_TEST_UNACK)
		return;
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, OP_FAULT_STATUS);
	bm_put_u8(&w, TEST_ID_STANDARD);
	bm_put_le16(&w, server->company);
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {
	{OP_ATTENTION_GET, 0, 0, handle_attention},
	{OP_ATTENTION_SET, 1, 1, handle_attention},
	{OP_ATTENTION_SET_UNACK, 1, 1, handle_attention},
	{OP_FAULT_CLEAR, 2, 2, handle_fault},
	{OP_FAULT_CLEAR_UNACK, 2, 2, handle_fault},
	{OP_FAULT_GET, 2, 2, handle_fault},
	{OP_FAULT_TEST, 3, 3, handle_fault},
	{OP_FAULT_TEST_UNACK, 3, 3, handle_fault},
	{OP_PERIOD_GET, 0, 0, handle_period},
	{OP_PERIOD_SET, 1, 1, handle_period},
	{OP_PERIOD_SET_UNACK, 1, 1, handle_period},
};

static void handle_reset(struct bm_model *model, bm_time now)
{
	(void)now;
	struct bm_health_server *server = model->self;
	server->fast_period_divisor = 0;
	bm_health_server_attention(server, 0);
}

static const struct bm_model_ops model_ops = {.reset = handle_reset};

void bm_health_server_init(struct bm_health_server *server, struct bm_access *access, uint16_t company)
{
	*server = (struct bm_health_server){
		.model = {.id = {.id = 0x0002},
			  .opcodes = opcodes,
			  .opcode_count = BM_ARRAY_LEN(opcodes),
			  .ops = &model_ops,
			  .self = server},
		.access = access,
		.company = company,
	};
	bm_timer_init(&server->attention_timer, attention_over, server);
}
