/*
 * One request at a time and client: it runs the session until the request is done, or waits while the client that it is
 * beside runs it.
 */
#include "cli/commands/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "blemesh/config.h"
#include "cli/words/message_words.h"
#include "pdu/messages.h"

#define CONFIG_TIMEOUT_US (10u * BM_US_PER_S)
#define REQUEST_TIMEOUT_US (6u * BM_US_PER_S)
/* Acknowledgments of segments and the last repetitions go out. */
#define SETTLE_US (150u * BM_US_PER_MS)
#define OUT_US (30u * BM_US_PER_S)

struct bm_client {
	struct bm_options options;
	struct bm_session *session;
	struct bm_request request;
	struct bm_answered *answered; /* where the answer goes; NULL: nothing is waited for */
	uint32_t status_opcode;
	uint16_t dst;
	bm_time asked;
	bool running, done;
	bool is_answer; /* the status that was heard last, to what is asked */
	const uint8_t *asked_payload;
	size_t asked_len;
	bool stale; /* something that was begun may still tell us of its end */
	enum bm_err result;
	bm_client_heard heard;
	void *heard_ctx;
	/* Of the one that was opened: those beside it, and whether their asking is over. */
	struct bm_client *beside;
	bool ended;
	/* Of those. */
	struct bm_client *opened, *next;
	void (*wait)(void *ctx);
	void *wait_ctx;
};

static void take_answer(struct bm_client *client, struct bm_answered *answered, uint16_t src, uint32_t opcode,
			const uint8_t *params, size_t len, bm_time now)
{
	struct bm_writer w = bm_writer_of(answered->payload, sizeof answered->payload);
	bm_put_opcode(&w, opcode);
	answered->opcode_len = bm_writer_len(&w);
	if (len)
		bm_put_octets(&w, params, len);
	answered->len = bm_writer_len(&w);
	answered->src = src;
	answered->after_us = now - client->asked;
}

static void hear(struct bm_client *client, const struct bm_rx *rx, const uint8_t *params, size_t len)
{
	const bool expected = client->answered && client->asked_payload && rx->src == client->dst &&
			      rx->opcode == client->status_opcode;
	if ((!expected && !client->heard) || !client->session)
		return;
	struct bm_answered answered = {0};
	take_answer(client, &answered, rx->src, rx->opcode, params, len, rx->now);
	client->is_answer = expected && bm_message_is_about(client->asked_payload, client->asked_len, answered.payload,
							    answered.len);
	if (client->is_answer)
		*client->answered = answered;
	if (client->heard && client->heard(client->heard_ctx, rx, &answered))
		bm_session_done(client->session);
}

static void on_message(void *ctx, const struct bm_rx *rx, const uint8_t *params, size_t len)
{
	struct bm_client *client = ctx;
	hear(client, rx, params, len);
	for (struct bm_client *beside = client->beside; beside; beside = beside->next)
		hear(beside, rx, params, len);
}

struct bm_client *bm_client_open(const struct bm_options *options, struct bm_network *network)
{
	char error[600];
	struct bm_client *client = calloc(1, sizeof *client);
	if (!client)
		return NULL;
	client->options = *options;
	bm_request_init(&client->request);
	const struct bm_session_options session = {.network = network,
						   .radio = options->radio,
						   .patience_us = options->has_timeout ? options->timeout_us : 0,
						   .message = on_message,
						   .ctx = client};
	client->session = bm_session_open(&session, error, sizeof error);
	if (client->session)
		return client;
	bm_failed(options, "%s", error);
	free(client);
	return NULL;
}

void bm_client_close(struct bm_client *client)
{
	if (!client)
		return;
	bm_request_cancel(&client->request);
	for (struct bm_client *beside = client->beside; beside; beside = beside->next)
		bm_request_cancel(&beside->request);
	bm_session_settle(client->session, SETTLE_US);
	bm_session_close(client->session);
	if (client->stale)
		bm_session_drop_kept();
	while (client->beside) {
		struct bm_client *beside = client->beside;
		client->beside = beside->next;
		bm_wipe(beside, sizeof *beside);
		free(beside);
	}
	bm_wipe(client, sizeof *client);
	free(client);
}

struct bm_client *bm_client_beside(struct bm_client *client, void (*wait)(void *ctx), void *ctx)
{
	struct bm_client *beside = calloc(1, sizeof *beside);
	if (!beside)
		return NULL;
	*beside = (struct bm_client){.options = client->options,
				     .session = client->session,
				     .opened = client,
				     .next = client->beside,
				     .wait = wait,
				     .wait_ctx = ctx};
	bm_request_init(&beside->request);
	client->beside = beside;
	return beside;
}

struct bm_session *bm_client_session(struct bm_client *client)
{
	return client->session;
}

static void finish(struct bm_client *client, enum bm_err result)
{
	client->done = true;
	client->result = result;
	if (client->running)
		bm_session_done(client->session);
}

static void request_done(void *ctx, enum bm_err result, bm_time now)
{
	(void)now;
	finish(ctx, result);
}

static bool is_answer(void *ctx)
{
	const struct bm_client *client = ctx;
	return client->is_answer;
}

static void config_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct bm_client *client = ctx;
	if (client->done)
		return;
	if (!result)
		take_answer(client, client->answered, client->dst, opcode, params, len, now);
	finish(client, result);
}

static void begin(struct bm_client *client, uint16_t dst, struct bm_answered *answered)
{
	client->done = false;
	client->answered = answered;
	client->dst = dst;
	client->asked = bm_session_now(client->session);
}

static enum bm_err interrupted(struct bm_client *client, enum bm_session_end how)
{
	if (how == BM_SESSION_BROKEN)
		bm_failed(&client->options, "%s", bm_session_trouble(client->session));
	else
		bm_failed(&client->options, "interrupted");
	return BM_ERR_CANCELLED;
}

static enum bm_err wait_beside(struct bm_client *client)
{
	client->running = true;
	while (!client->done && !client->opened->ended)
		client->wait(client->wait_ctx);
	client->running = false;
	client->answered = NULL;
	if (client->done)
		return client->result;
	client->done = client->opened->stale = true;
	return BM_ERR_CANCELLED;
}

bool bm_client_run(struct bm_client *client)
{
	const enum bm_session_end how = bm_session_run(client->session, 0);
	if (how == BM_SESSION_DONE)
		return true;
	(void)interrupted(client, how);
	client->ended = true;
	return false;
}

/* Until the request is done, or not at all. */
static enum bm_err wait(struct bm_client *client, uint64_t for_us)
{
	enum bm_session_end how = BM_SESSION_DONE;
	if (client->opened)
		return wait_beside(client);
	client->running = true;
	if (!client->done)
		how = bm_session_run(client->session, for_us);
	client->running = false;
	client->answered = NULL;
	if (client->done)
		return client->result;
	client->done = client->stale = true;
	if (how != BM_SESSION_TIMEOUT && how != BM_SESSION_DONE)
		return interrupted(client, how);
	return BM_ERR_TIMEOUT;
}

enum bm_err bm_client_config(struct bm_client *client, uint16_t net_idx, uint16_t dst, const uint8_t *payload,
			     size_t len, uint64_t timeout_us, struct bm_answered *answered)
{
	struct bm_reader r = bm_reader_of(payload, len);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode))
		return BM_ERR_INVALID;
	begin(client, dst, answered);
	const enum bm_err err = bm_config_request(bm_session_node(client->session), net_idx, dst, opcode, r.at,
						  bm_reader_left(&r), timeout_us ? timeout_us : CONFIG_TIMEOUT_US,
						  config_done, client, client->asked);
	if (err) {
		client->answered = NULL;
		return err;
	}
	return wait(client, 0);
}

enum bm_err bm_client_request(struct bm_client *client, const struct bm_tx *tx, const uint8_t *payload, size_t len,
			      uint32_t status_opcode, uint64_t timeout_us, struct bm_answered *answered)
{
	begin(client, tx->dst, answered);
	client->status_opcode = status_opcode;
	client->asked_payload = payload;
	client->asked_len = len;
	client->is_answer = false;
	const struct bm_ask ask = {
		.request = &client->request,
		.status_opcode = status_opcode,
		.timeout_us = timeout_us ? timeout_us : REQUEST_TIMEOUT_US,
		.is_answer = is_answer,
		.done = request_done,
		.ctx = client,
	};
	struct bm_tx asking = *tx;
	asking.ask = &ask;
	const enum bm_err err = bm_model_send(bm_session_model(client->session), &asking, payload, len, client->asked);
	if (err) {
		client->answered = NULL;
		return err;
	}
	const enum bm_err result = wait(client, 0);
	client->asked_payload = NULL;
	bm_request_cancel(&client->request);
	return result;
}

enum bm_err bm_client_send(struct bm_client *client, const struct bm_tx *tx, const uint8_t *payload, size_t len)
{
	struct bm_tx telling = *tx;
	telling.done = request_done;
	telling.done_ctx = client;
	begin(client, tx->dst, NULL);
	const enum bm_err err = bm_model_send(bm_session_model(client->session), &telling, payload, len, client->asked);
	return err ? err : wait(client, OUT_US);
}

enum bm_err bm_client_listen(struct bm_client *client, uint64_t for_us, bm_client_heard heard, void *ctx)
{
	client->heard = heard;
	client->heard_ctx = ctx;
	const enum bm_session_end how = bm_session_run(client->session, for_us);
	client->heard = NULL;
	if (how == BM_SESSION_DONE)
		return BM_OK;
	return how == BM_SESSION_TIMEOUT ? BM_ERR_TIMEOUT : interrupted(client, how);
}
