/*
 * Configuration Client (MshPRT 4.4.2). A slot a request:
 *
 *   FREE ──send──▶ WAITING ──answer, time-out or reset──▶ FREE
 *                    └──── the same while the transport still sends ───▶ DRAINING ──sent──▶ FREE
 *
 * A request is repeated after a pause that grows by a second each time. The pause begins when the request is out:
 * a segmented one takes its time.
 */
#include "blemesh/config_opcodes.h"
#include "models/foundation/config_client_state.h"
#include "models/foundation/foundation_opcodes.h"
#include "pdu/key_index.h"

#define TIMEOUT_DEFAULT_US (20u * BM_US_PER_S)
#define PAUSE_FIRST_US (2u * BM_US_PER_S)
#define PAUSE_GROWTH_US (1u * BM_US_PER_S)

/* Which status answers a request, and how much of it repeats the request's parameters. */
#define ECHO_ALL 0xffu  /* all of the request's parameters */
#define ECHO_ONLY 0xfeu /* all of them, and nothing after them */
struct bm_config_answer {
	uint32_t request, status;
	uint8_t offset; /* where in the status the echo begins */
	uint8_t echo;   /* octets from the front of the request's parameters, or ECHO_… */
};

#define ROW(request, status, offset, echo)                                  \
	{                                                                   \
		BM_OP_CONFIG_##request, BM_OP_CONFIG_##status, offset, echo \
	}

#define ROW_1_1(request, status, offset, echo)                \
	{                                                     \
		BM_OP_##request, BM_OP_##status, offset, echo \
	}

static const struct bm_config_answer answers[] = {
	ROW(APP_KEY_ADD, APP_KEY_STATUS, 1, 3),
	ROW(APP_KEY_UPDATE, APP_KEY_STATUS, 1, 3),
	ROW(APP_KEY_DELETE, APP_KEY_STATUS, 1, 3),
	ROW(APP_KEY_GET, APP_KEY_LIST, 1, 2),
	ROW(BEACON_GET, BEACON_STATUS, 0, 0),
	ROW(BEACON_SET, BEACON_STATUS, 0, 0),
	ROW(COMPOSITION_DATA_GET, COMPOSITION_DATA_STATUS, 0, 0),
	ROW(DEFAULT_TTL_GET, DEFAULT_TTL_STATUS, 0, 0),
	ROW(DEFAULT_TTL_SET, DEFAULT_TTL_STATUS, 0, 0),
	ROW(FRIEND_GET, FRIEND_STATUS, 0, 0),
	ROW(FRIEND_SET, FRIEND_STATUS, 0, 0),
	ROW(GATT_PROXY_GET, GATT_PROXY_STATUS, 0, 0),
	ROW(GATT_PROXY_SET, GATT_PROXY_STATUS, 0, 0),
	ROW(HEARTBEAT_PUBLICATION_GET, HEARTBEAT_PUBLICATION_STATUS, 0, 0),
	ROW(HEARTBEAT_PUBLICATION_SET, HEARTBEAT_PUBLICATION_STATUS, 0, 0),
	ROW(HEARTBEAT_SUBSCRIPTION_GET, HEARTBEAT_SUBSCRIPTION_STATUS, 0, 0),
	ROW(HEARTBEAT_SUBSCRIPTION_SET, HEARTBEAT_SUBSCRIPTION_STATUS, 0, 0),
	ROW(KEY_REFRESH_PHASE_GET, KEY_REFRESH_PHASE_STATUS, 1, 2),
	ROW(KEY_REFRESH_PHASE_SET, KEY_REFRESH_PHASE_STATUS, 1, 2),
	ROW(LOW_POWER_NODE_POLL_TIMEOUT_GET, LOW_POWER_NODE_POLL_TIMEOUT_STATUS, 0, 2),
	ROW(MODEL_APP_BIND, MODEL_APP_STATUS, 1, ECHO_ONLY),
	ROW(MODEL_APP_UNBIND, MODEL_APP_STATUS, 1, ECHO_ONLY),
	ROW(MODEL_PUBLICATION_GET, MODEL_PUBLICATION_STATUS, 1, 2),
	ROW(MODEL_PUBLICATION_SET, MODEL_PUBLICATION_STATUS, 1, 2),
	ROW(MODEL_PUBLICATION_VIRTUAL_ADDRESS_SET, MODEL_PUBLICATION_STATUS, 1, 2),
	ROW(MODEL_SUBSCRIPTION_ADD, MODEL_SUBSCRIPTION_STATUS, 1, ECHO_ONLY),
	ROW(MODEL_SUBSCRIPTION_DELETE, MODEL_SUBSCRIPTION_STATUS, 1, ECHO_ONLY),
	ROW(MODEL_SUBSCRIPTION_DELETE_ALL, MODEL_SUBSCRIPTION_STATUS, 1, 2),
	ROW(MODEL_SUBSCRIPTION_OVERWRITE, MODEL_SUBSCRIPTION_STATUS, 1, ECHO_ONLY),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_ADD, MODEL_SUBSCRIPTION_STATUS, 1, 2),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_DELETE, MODEL_SUBSCRIPTION_STATUS, 1, 2),
	ROW(MODEL_SUBSCRIPTION_VIRTUAL_ADDRESS_OVERWRITE, MODEL_SUBSCRIPTION_STATUS, 1, 2),
	ROW(NET_KEY_ADD, NET_KEY_STATUS, 1, 2),
	ROW(NET_KEY_DELETE, NET_KEY_STATUS, 1, 2),
	ROW(NET_KEY_GET, NET_KEY_LIST, 0, 0),
	ROW(NET_KEY_UPDATE, NET_KEY_STATUS, 1, 2),
	ROW(NETWORK_TRANSMIT_GET, NETWORK_TRANSMIT_STATUS, 0, 0),
	ROW(NETWORK_TRANSMIT_SET, NETWORK_TRANSMIT_STATUS, 0, 0),
	ROW(NODE_IDENTITY_GET, NODE_IDENTITY_STATUS, 1, 2),
	ROW(NODE_IDENTITY_SET, NODE_IDENTITY_STATUS, 1, 2),
	ROW(NODE_RESET, NODE_RESET_STATUS, 0, 0),
	ROW(RELAY_GET, RELAY_STATUS, 0, 0),
	ROW(RELAY_SET, RELAY_STATUS, 0, 0),
	ROW(SIG_MODEL_APP_GET, SIG_MODEL_APP_LIST, 1, ECHO_ALL),
	ROW(SIG_MODEL_SUBSCRIPTION_GET, SIG_MODEL_SUBSCRIPTION_LIST, 1, ECHO_ALL),
	ROW(VENDOR_MODEL_APP_GET, VENDOR_MODEL_APP_LIST, 1, ECHO_ALL),
	ROW(VENDOR_MODEL_SUBSCRIPTION_GET, VENDOR_MODEL_SUBSCRIPTION_LIST, 1, ECHO_ALL),
	ROW_1_1(PRIVATE_BEACON_GET, PRIVATE_BEACON_STATUS, 0, 0),
	ROW_1_1(PRIVATE_BEACON_SET, PRIVATE_BEACON_STATUS, 0, 0),
	ROW_1_1(PRIVATE_GATT_PROXY_GET, PRIVATE_GATT_PROXY_STATUS, 0, 0),
	ROW_1_1(PRIVATE_GATT_PROXY_SET, PRIVATE_GATT_PROXY_STATUS, 0, 0),
	ROW_1_1(PRIVATE_NODE_IDENTITY_GET, PRIVATE_NODE_IDENTITY_STATUS, 1, 2),
	ROW_1_1(PRIVATE_NODE_IDENTITY_SET, PRIVATE_NODE_IDENTITY_STATUS, 1, 2),
	ROW_1_1(SAR_TRANSMITTER_GET, SAR_TRANSMITTER_STATUS, 0, 0),
	ROW_1_1(SAR_TRANSMITTER_SET, SAR_TRANSMITTER_STATUS, 0, 0),
	ROW_1_1(SAR_RECEIVER_GET, SAR_RECEIVER_STATUS, 0, 0),
	ROW_1_1(SAR_RECEIVER_SET, SAR_RECEIVER_STATUS, 0, 0),
	ROW_1_1(OPCODES_AGGREGATOR_SEQUENCE, OPCODES_AGGREGATOR_STATUS, 1, 2),
	ROW_1_1(LARGE_COMPOSITION_DATA_GET, LARGE_COMPOSITION_DATA_STATUS, 0, 0),
	ROW_1_1(MODELS_METADATA_GET, MODELS_METADATA_STATUS, 0, 0),
	ROW_1_1(ON_DEMAND_PRIVATE_PROXY_GET, ON_DEMAND_PRIVATE_PROXY_STATUS, 0, 0),
	ROW_1_1(ON_DEMAND_PRIVATE_PROXY_SET, ON_DEMAND_PRIVATE_PROXY_STATUS, 0, 0),
	ROW_1_1(SOLICITATION_PDU_RPL_ITEMS_CLEAR, SOLICITATION_PDU_RPL_ITEMS_STATUS, 0, ECHO_ONLY),
};

static const struct bm_config_answer *answer_of(uint32_t request)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(answers); i++)
		if (answers[i].request == request)
			return &answers[i];
	return NULL;
}

static struct bm_timers *timers_of(const struct bm_config_client_request *request)
{
	return &request->client->access->env->timers;
}

/* Tells the result once and frees the slot; the callback may begin another request at once. */
static void finish(struct bm_config_client_request *request, enum bm_err result, uint32_t opcode, const uint8_t *params,
		   size_t len)
{
	const bm_config_done done = request->done;
	void *ctx = request->ctx;
	bm_timer_stop(&request->timer);
	bm_wipe(request->payload, sizeof request->payload);
	request->state = request->sending ? REQUEST_DRAINING : REQUEST_FREE;
	if (done)
		done(ctx, result, opcode, params, len, timers_of(request)->now);
}

/* The pause, then the next repetition; not beyond the time-out. */
static void wait_for_answer(struct bm_config_client_request *request)
{
	const bm_time again = bm_time_add(timers_of(request)->now, request->pause_us);
	request->pause_us += PAUSE_GROWTH_US;
	bm_timer_set(timers_of(request), &request->timer, again < request->deadline ? again : request->deadline);
}

static void request_sent(void *ctx, enum bm_err result, bm_time now)
{
	struct bm_config_client_request *request = ctx;
	(void)result; /* one that was not acknowledged may have arrived all the same: the answer decides */
	(void)now;
	request->sending = false;
	if (request->state == REQUEST_DRAINING)
		request->state = REQUEST_FREE;
	else if (request->state == REQUEST_WAITING)
		wait_for_answer(request);
}

/* The first application key that the model is bound to. */
static uint16_t app_key_of(const struct bm_model *model)
{
	for (size_t i = 0; i < model->access->limits.bindings; i++)
		if (model->bindings[i] != BM_ACCESS_UNBOUND)
			return model->bindings[i];
	return BM_ACCESS_UNBOUND;
}

static enum bm_err send_request(struct bm_config_client_request *request)
{
	struct bm_config_client *client = request->client;
	const bool own = bm_net_is_own(client->access->net, request->dst);
	struct bm_model *model = &client->model;
	uint16_t app_idx = own ? BM_APP_IDX_DEV_LOCAL : BM_APP_IDX_DEV_REMOTE;
	/* MshPRT 4.4.24: the one server among them that no device key opens. */
	if (request->opcode == BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR) {
		model = &client->solicitation_rpl;
		if (!model->access)
			return BM_ERR_NOT_SUPPORTED;
		app_idx = app_key_of(model);
		if (app_idx == BM_ACCESS_UNBOUND)
			return BM_ERR_NOT_BOUND;
	}
	const struct bm_tx tx = {
		.dst = request->dst,
		.net_idx = request->net_idx,
		.app_idx = app_idx,
		.ttl = BM_TTL_DEFAULT,
		.done = request_sent,
		.done_ctx = request,
	};
	/* done may be told before the call returns. */
	request->sending = true;
	bm_timer_set(timers_of(request), &request->timer, request->deadline);
	const enum bm_err err = bm_model_send(model, &tx, request->payload, request->len, timers_of(request)->now);
	if (err)
		request->sending = false;
	/* No context for the segments: as if the air had lost it. */
	if (err == BM_ERR_BUSY) {
		wait_for_answer(request);
		return BM_OK;
	}
	return err;
}

static void timer_fired(void *ctx)
{
	struct bm_config_client_request *request = ctx;
	if (timers_of(request)->now >= request->deadline) {
		finish(request, BM_ERR_TIMEOUT, request->opcode, NULL, 0);
		return;
	}
	/* The keys went while we waited, or the sequence numbers ended. */
	if (send_request(request))
		finish(request, BM_ERR_CANCELLED, request->opcode, NULL, 0);
}

static bool belongs(const struct bm_config_client_request *request, const struct bm_rx *rx,
		    const struct bm_reader *status)
{
	const struct bm_config_answer *answer = request->answer;
	if (request->state != REQUEST_WAITING || request->dst != rx->src || answer->status != rx->opcode)
		return false;
	const size_t asked = (size_t)(request->len - request->opcode_len);
	const size_t echo = answer->echo >= ECHO_ONLY ? asked : answer->echo;
	const size_t left = bm_reader_left(status);
	if (echo > asked || left < answer->offset + echo || (answer->echo == ECHO_ONLY && left > answer->offset + echo))
		return false;
	return memcmp(request->payload + request->opcode_len, status->at + answer->offset, echo) == 0;
}

static void handle_status(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct bm_config_client *client = model->self;
	for (size_t i = 0; i < client->capacity; i++) {
		struct bm_config_client_request *request = &client->requests[i];
		if (belongs(request, rx, params)) {
			finish(request, BM_OK, rx->opcode, params->at, bm_reader_left(params));
			return;
		}
	}
}

#define STATUS(name, min, max)                               \
	{                                                    \
		BM_OP_CONFIG_##name, min, max, handle_status \
	}

static const struct bm_opcode opcodes[] = {
	STATUS(COMPOSITION_DATA_STATUS, 1, BM_ACCESS_MAX),
	STATUS(HEARTBEAT_PUBLICATION_STATUS, 10, 10),
	STATUS(APP_KEY_LIST, 3, BM_ACCESS_MAX),
	STATUS(APP_KEY_STATUS, 4, 4),
	STATUS(BEACON_STATUS, 1, 1),
	STATUS(DEFAULT_TTL_STATUS, 1, 1),
	STATUS(FRIEND_STATUS, 1, 1),
	STATUS(GATT_PROXY_STATUS, 1, 1),
	STATUS(KEY_REFRESH_PHASE_STATUS, 4, 4),
	STATUS(MODEL_PUBLICATION_STATUS, 12, 14),
	STATUS(MODEL_SUBSCRIPTION_STATUS, 7, 9),
	STATUS(NETWORK_TRANSMIT_STATUS, 1, 1),
	STATUS(RELAY_STATUS, 2, 2),
	STATUS(SIG_MODEL_SUBSCRIPTION_LIST, 5, BM_ACCESS_MAX),
	STATUS(VENDOR_MODEL_SUBSCRIPTION_LIST, 7, BM_ACCESS_MAX),
	STATUS(LOW_POWER_NODE_POLL_TIMEOUT_STATUS, 5, 5),
	STATUS(HEARTBEAT_SUBSCRIPTION_STATUS, 9, 9),
	STATUS(MODEL_APP_STATUS, 7, 9),
	STATUS(NET_KEY_LIST, 0, BM_ACCESS_MAX),
	STATUS(NET_KEY_STATUS, 3, 3),
	STATUS(NODE_IDENTITY_STATUS, 4, 4),
	STATUS(NODE_RESET_STATUS, 0, 0),
	STATUS(SIG_MODEL_APP_LIST, 5, BM_ACCESS_MAX),
	STATUS(VENDOR_MODEL_APP_LIST, 7, BM_ACCESS_MAX),
};

#define STATUS_1_1(name, min, max)                    \
	{                                             \
		BM_OP_##name, min, max, handle_status \
	}

static const struct bm_opcode private_beacon_opcodes[] = {
	STATUS_1_1(PRIVATE_BEACON_STATUS, 2, 2),
	STATUS_1_1(PRIVATE_GATT_PROXY_STATUS, 1, 1),
	STATUS_1_1(PRIVATE_NODE_IDENTITY_STATUS, 4, 4),
};
static const struct bm_opcode sar_config_opcodes[] = {
	STATUS_1_1(SAR_TRANSMITTER_STATUS, 4, 4),
	STATUS_1_1(SAR_RECEIVER_STATUS, 3, 3),
};
static const struct bm_opcode aggregator_opcodes[] = {STATUS_1_1(OPCODES_AGGREGATOR_STATUS, 3, BM_ACCESS_MAX)};
static const struct bm_opcode large_composition_opcodes[] = {
	STATUS_1_1(LARGE_COMPOSITION_DATA_STATUS, 5, BM_ACCESS_MAX),
	STATUS_1_1(MODELS_METADATA_STATUS, 5, BM_ACCESS_MAX),
};

static const struct bm_opcode on_demand_proxy_opcodes[] = {STATUS_1_1(ON_DEMAND_PRIVATE_PROXY_STATUS, 1, 1)};
static const struct bm_opcode solicitation_rpl_opcodes[] = {STATUS_1_1(SOLICITATION_PDU_RPL_ITEMS_STATUS, 2, 3)};

static void init_model(struct bm_config_client *client, struct bm_model *model, uint16_t id,
		       const struct bm_opcode *table, size_t count)
{
	*model = (struct bm_model){
		.id = {.id = id}, .opcodes = table, .opcode_count = count, .dev_key = true, .self = client};
}

void bm_config_client_carve(struct bm_config_client *client, const struct bm_limits *limits, struct bm_arena *arena)
{
	client->requests = bm_arena_take(arena, limits->config_requests, sizeof *client->requests);
}

void bm_config_client_init(struct bm_config_client *client, struct bm_access *access, const struct bm_limits *limits)
{
	init_model(client, &client->model, 0x0001, opcodes, BM_ARRAY_LEN(opcodes));
	init_model(client, &client->private_beacon, 0x000b, private_beacon_opcodes,
		   BM_ARRAY_LEN(private_beacon_opcodes));
	init_model(client, &client->sar_config, 0x000f, sar_config_opcodes, BM_ARRAY_LEN(sar_config_opcodes));
	init_model(client, &client->aggregator, 0x0011, aggregator_opcodes, BM_ARRAY_LEN(aggregator_opcodes));
	init_model(client, &client->large_composition, 0x0013, large_composition_opcodes,
		   BM_ARRAY_LEN(large_composition_opcodes));
	init_model(client, &client->on_demand_proxy, 0x000d, on_demand_proxy_opcodes,
		   BM_ARRAY_LEN(on_demand_proxy_opcodes));
	init_model(client, &client->solicitation_rpl, 0x0015, solicitation_rpl_opcodes,
		   BM_ARRAY_LEN(solicitation_rpl_opcodes));
	client->solicitation_rpl.dev_key = false;
	client->access = access;
	client->capacity = limits->config_requests;
	for (size_t i = 0; i < client->capacity; i++) {
		client->requests[i] = (struct bm_config_client_request){.client = client};
		bm_timer_init(&client->requests[i].timer, timer_fired, &client->requests[i]);
	}
}

/* A free slot, if no request to dst is under way. */
static struct bm_config_client_request *slot_for(struct bm_config_client *client, uint16_t dst)
{
	struct bm_config_client_request *slot = NULL;
	for (size_t i = 0; i < client->capacity; i++) {
		struct bm_config_client_request *request = &client->requests[i];
		if (request->state == REQUEST_WAITING && request->dst == dst)
			return NULL;
		if (request->state == REQUEST_FREE && !slot)
			slot = request;
	}
	return slot;
}

enum bm_err bm_config_client_send(struct bm_config_client *client, uint16_t net_idx, uint16_t dst, uint32_t opcode,
				  const uint8_t *params, size_t len, uint64_t timeout_us, bm_config_done done,
				  void *ctx)
{
	const struct bm_config_answer *answer = answer_of(opcode);
	if (!answer || !bm_addr_is_unicast(dst))
		return BM_ERR_INVALID;
	struct bm_config_client_request *request = slot_for(client, dst);
	if (!request)
		return BM_ERR_BUSY;
	struct bm_writer w = bm_writer_of(request->payload, sizeof request->payload);
	bm_put_opcode(&w, opcode);
	request->opcode_len = (uint8_t)bm_writer_len(&w);
	bm_put_octets(&w, params, len);
	size_t total;
	if (bm_writer_finish(&w, &total))
		return BM_ERR_TOO_LONG;
	request->len = (uint16_t)total;
	request->net_idx = net_idx;
	request->dst = dst;
	request->opcode = opcode;
	request->answer = answer;
	request->deadline = bm_time_add(timers_of(request)->now, timeout_us ? timeout_us : TIMEOUT_DEFAULT_US);
	request->pause_us = PAUSE_FIRST_US;
	request->done = done;
	request->ctx = ctx;
	request->state = REQUEST_WAITING;
	const enum bm_err err = send_request(request);
	if (err) {
		bm_timer_stop(&request->timer);
		bm_wipe(request->payload, sizeof request->payload);
		request->state = REQUEST_FREE;
	}
	return err;
}

void bm_config_client_reset(struct bm_config_client *client)
{
	for (size_t i = 0; i < client->capacity; i++)
		if (client->requests[i].state == REQUEST_WAITING)
			finish(&client->requests[i], BM_ERR_CANCELLED, client->requests[i].opcode, NULL, 0);
}

/* The public functions. */

enum bm_err bm_config_request(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint32_t opcode,
			      const uint8_t *params, size_t len, uint64_t timeout_us, bm_config_done done, void *ctx,
			      bm_time now)
{
	struct bm_config_client *client = bm_node_config_client(node, now);
	if (!client)
		return BM_ERR_NOT_SUPPORTED;
	return bm_config_client_send(client, net_idx, dst, opcode, params, len, timeout_us, done, ctx);
}

enum bm_err bm_config_composition_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint8_t page,
				      bm_config_done done, void *ctx, bm_time now)
{
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_COMPOSITION_DATA_GET, &page, 1, 0, done, ctx, now);
}

enum bm_err bm_config_app_key_add(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t app_idx,
				  const uint8_t key[16], bm_config_done done, void *ctx, bm_time now)
{
	if (net_idx > BM_KEY_INDEX_MAX || app_idx > BM_KEY_INDEX_MAX)
		return BM_ERR_INVALID;
	uint8_t params[3 + BM_KEY_LEN];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_put_key_indexes(&w, net_idx, app_idx);
	bm_put_octets(&w, key, BM_KEY_LEN);
	const enum bm_err err = bm_config_request(node, net_idx, dst, BM_OP_CONFIG_APP_KEY_ADD, params, sizeof params,
						  0, done, ctx, now);
	bm_wipe(params, sizeof params);
	return err;
}

enum bm_err bm_config_model_app_bind(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint16_t element_addr,
				     uint16_t app_idx, const struct bm_model_id *model, bm_config_done done, void *ctx,
				     bm_time now)
{
	uint8_t params[8];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_put_le16(&w, element_addr);
	bm_put_le16(&w, app_idx);
	if (model->vendor)
		bm_put_le16(&w, model->company);
	bm_put_le16(&w, model->id);
	return bm_config_request(node, net_idx, dst, BM_OP_CONFIG_MODEL_APP_BIND, params, bm_writer_len(&w), 0, done,
				 ctx, now);
}
