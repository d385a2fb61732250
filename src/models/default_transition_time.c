/*
 * Generic Default Transition Time Server and Client (MshMDL 3.3.3, 3.4.3). One octet; it has no transition of its own
 * and its messages carry no transaction identifier: a repeated Set changes nothing.
 */
#include "blemesh/default_transition_time.h"

#include "models/send.h"
#include "models/transition.h"

#define MESSAGE_MAX 3u

static struct bm_writer put(uint8_t out[MESSAGE_MAX], uint32_t opcode, uint8_t transition)
{
	struct bm_writer w = bm_writer_of(out, MESSAGE_MAX);
	bm_put_opcode(&w, opcode);
	bm_put_u8(&w, transition);
	return w;
}

/* MshMDL 3.1.3.1: 0x3f steps are prohibited here. */
static bool read(struct bm_model *model, struct bm_reader *params, uint8_t *transition)
{
	const struct bm_reader whole = *params;
	*transition = bm_read_u8(params);
	if (bm_transition_is_known(*transition))
		return true;
	bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
	return false;
}

static void publish(struct bm_default_transition_time_server *server)
{
	uint8_t out[MESSAGE_MAX];
	const struct bm_writer w = put(out, BM_OP_DEFAULT_TRANSITION_TIME_STATUS, server->transition);
	bm_models_publish(&server->model, &w);
}

static void set_transition(struct bm_default_transition_time_server *server, uint8_t transition)
{
	if (server->transition == transition)
		return;
	server->transition = transition;
	bm_model_state_changed(&server->model);
	publish(server);
}

static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_default_transition_time_server *server = model->self;
	bm_put_u8(w, server->transition);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_default_transition_time_server *server = model->self;
	const uint8_t transition = bm_read_u8(r);
	const enum bm_err err = bm_reader_finish(r);
	if (err || !bm_transition_is_known(transition))
		return err ? err : BM_ERR_PROHIBITED;
	server->transition = transition;
	return BM_OK;
}

static void answer(struct bm_default_transition_time_server *server, const struct bm_rx *rx)
{
	uint8_t out[MESSAGE_MAX];
	const struct bm_writer w = put(out, BM_OP_DEFAULT_TRANSITION_TIME_STATUS, server->transition);
	bm_models_answer(&server->model, rx, &w);
}

static void handle_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)params;
	answer(model->self, rx);
}

static void handle_set(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_default_transition_time_server *server = model->self;
	uint8_t transition;
	if (!read(model, params, &transition))
		return;
	set_transition(server, transition);
	if (server->on_change)
		server->on_change(server->ctx, transition, rx, rx->now);
	if (rx->opcode == BM_OP_DEFAULT_TRANSITION_TIME_SET)
		answer(server, rx);
}

static void handle_publish(struct bm_model *model, bm_time now)
{
	(void)now;
	publish(model->self);
}

static const struct bm_opcode server_opcodes[] = {
	{BM_OP_DEFAULT_TRANSITION_TIME_GET, 0, 0, handle_get},
	{BM_OP_DEFAULT_TRANSITION_TIME_SET, 1, 1, handle_set},
	{BM_OP_DEFAULT_TRANSITION_TIME_SET_UNACK, 1, 1, handle_set},
};

static const struct bm_model_ops server_ops = {.publish = handle_publish, .save = save, .load = load};

void bm_default_transition_time_server_init(struct bm_default_transition_time_server *server,
					    void (*on_change)(void *ctx, uint8_t transition, const struct bm_rx *rx,
							      bm_time now),
					    void *ctx)
{
	*server = (struct bm_default_transition_time_server){
		.model = {.id = {.id = 0x1004},
			  .opcodes = server_opcodes,
			  .opcode_count = BM_ARRAY_LEN(server_opcodes),
			  .ops = &server_ops,
			  .persist = true,
			  .self = server},
		.on_change = on_change,
		.ctx = ctx,
	};
}

enum bm_err bm_default_transition_time_server_set(struct bm_default_transition_time_server *server, uint8_t transition,
						  bm_time now)
{
	if (!bm_transition_is_known(transition))
		return BM_ERR_INVALID;
	if (server->model.access)
		bm_timers_advance(&server->model.access->env->timers, now);
	set_transition(server, transition);
	return BM_OK;
}

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_default_transition_time_client *client = model->self;
	uint8_t transition;
	if (read(model, params, &transition) && client->on_status)
		client->on_status(client->ctx, transition, rx);
}

static const struct bm_opcode client_opcodes[] = {{BM_OP_DEFAULT_TRANSITION_TIME_STATUS, 1, 1, handle_status}};

void bm_default_transition_time_client_init(struct bm_default_transition_time_client *client,
					    void (*on_status)(void *ctx, uint8_t transition, const struct bm_rx *rx),
					    void *ctx)
{
	*client = (struct bm_default_transition_time_client){
		.model = {.id = {.id = 0x1005},
			  .opcodes = client_opcodes,
			  .opcode_count = BM_ARRAY_LEN(client_opcodes),
			  .self = client},
		.on_status = on_status,
		.ctx = ctx,
	};
}

enum bm_err bm_default_transition_time_client_get(struct bm_default_transition_time_client *client,
						  const struct bm_tx *tx, bm_time now)
{
	uint8_t out[2];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_DEFAULT_TRANSITION_TIME_GET);
	return bm_models_send(&client->model, tx, &w, now);
}

enum bm_err bm_default_transition_time_client_set(struct bm_default_transition_time_client *client,
						  const struct bm_tx *tx, uint8_t transition, bool ack, bm_time now)
{
	if (!bm_transition_is_known(transition))
		return BM_ERR_INVALID;
	uint8_t out[MESSAGE_MAX];
	const struct bm_writer w = put(
		out, ack ? BM_OP_DEFAULT_TRANSITION_TIME_SET : BM_OP_DEFAULT_TRANSITION_TIME_SET_UNACK, transition);
	return bm_models_send(&client->model, tx, &w, now);
}
