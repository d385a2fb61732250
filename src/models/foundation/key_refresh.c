/*
 * The Key Refresh procedure on the configuring side (MshPRT 3.11.4), over the Configuration Client. Each node by
 * itself:
 *
 *   pending ──▶ asked ──answered──▶ pending for the next key … ──▶ done (pending again when the next step begins)
 *                 └───no answer, or a status that refuses──▶ failed ──retry──▶ pending
 *
 * This node goes first into the distribution and the switch, so that it hears everybody, and last into the revocation.
 * All that is sent is sent from a timer: callbacks may call back, and nothing recurses.
 */
#include "blemesh/key_refresh.h"

#include <string.h>

#include "blemesh/config_opcodes.h"
#include "models/foundation/config_client.h"
#include "pdu/key_index.h"

#define PARALLEL 4u
/* The Configuration Client is busy with others' requests. */
#define AGAIN_US (500u * BM_US_PER_MS)
#define VERSION 1u

#define TRANSITION_USE_NEW 2u
#define TRANSITION_REVOKE_OLD 3u

_Static_assert(sizeof(struct bm_timer) <= sizeof(((struct bm_key_refresh *)0)->opaque), "opaque holds the timer");

static struct bm_timer *timer_of(struct bm_key_refresh *refresh)
{
	return (struct bm_timer *)(void *)refresh->opaque;
}

static struct bm_env *env_of(const struct bm_key_refresh *refresh)
{
	return refresh->client->access->env;
}

static void kick(struct bm_key_refresh *refresh, uint64_t delay_us)
{
	if (refresh->step != BM_KEY_REFRESH_OVER)
		bm_timer_set_after(&env_of(refresh)->timers, timer_of(refresh), delay_us);
}

static struct bm_key_refresh_node *node_at(struct bm_key_refresh *refresh, size_t i)
{
	return i < refresh->params.node_count ? &refresh->params.nodes[i] : &refresh->own;
}

static size_t count(struct bm_key_refresh *refresh, enum bm_key_refresh_state state)
{
	size_t n = 0;
	for (size_t i = 0; i <= refresh->params.node_count; i++)
		n += node_at(refresh, i)->state == state;
	return n;
}

static void tell(struct bm_key_refresh *refresh, enum bm_key_refresh_event_kind kind,
		 const struct bm_key_refresh_node *node)
{
	if (!refresh->params.progress)
		return;
	const struct bm_key_refresh_event event = {
		.kind = kind,
		.step = refresh->step,
		.node = node,
		.done = count(refresh, BM_KEY_REFRESH_DONE),
		.failed = count(refresh, BM_KEY_REFRESH_FAILED),
		.total = refresh->params.node_count + 1 - count(refresh, BM_KEY_REFRESH_EXCLUDED),
	};
	refresh->params.progress(refresh->params.ctx, &event, bm_env_now(env_of(refresh)));
}

static void fail(struct bm_key_refresh_node *node, enum bm_err error, enum bm_config_status status)
{
	node->state = BM_KEY_REFRESH_FAILED;
	node->error = error;
	node->status = status;
	tell(node->refresh, BM_KEY_REFRESH_EVENT_NODE_FAILED, node);
}

/* How many requests the present step takes. */
static uint8_t stages(const struct bm_key_refresh *refresh)
{
	return refresh->step == BM_KEY_REFRESH_DISTRIBUTE ? (uint8_t)(1 + refresh->params.app_key_count) : 1;
}

/* Does the status say that the node did what it was asked? A node that does not hold an AppKey needs no new value. */
static bool succeeded(const struct bm_key_refresh_node *node, const uint8_t *params)
{
	if (params[0] == BM_CONFIG_SUCCESS)
		return true;
	return node->refresh->step == BM_KEY_REFRESH_DISTRIBUTE && node->stage > 0 &&
	       params[0] == BM_CONFIG_INVALID_APP_KEY_INDEX;
}

static void answered(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct bm_key_refresh_node *node = ctx;
	struct bm_key_refresh *refresh = node->refresh;
	(void)opcode, (void)len, (void)now; /* the client checked the length: a status begins with its code */
	refresh->in_flight--;
	if (refresh->step == BM_KEY_REFRESH_OVER) {
		node->state = BM_KEY_REFRESH_PENDING;
		return;
	}
	kick(refresh, 0);
	if (result) {
		fail(node, result, BM_CONFIG_SUCCESS);
	} else if (!succeeded(node, params)) {
		fail(node, BM_OK, params[0]);
	} else if (++node->stage < stages(refresh)) {
		node->state = BM_KEY_REFRESH_PENDING;
	} else {
		node->state = BM_KEY_REFRESH_DONE;
		tell(refresh, BM_KEY_REFRESH_EVENT_NODE_DONE, node);
	}
}

static uint32_t put_request(const struct bm_key_refresh_node *node, struct bm_writer *w)
{
	const struct bm_key_refresh *refresh = node->refresh;
	if (refresh->step != BM_KEY_REFRESH_DISTRIBUTE) {
		bm_put_le16(w, refresh->params.net_idx);
		bm_put_u8(w, refresh->step == BM_KEY_REFRESH_SWITCH ? TRANSITION_USE_NEW : TRANSITION_REVOKE_OLD);
		return BM_OP_CONFIG_KEY_REFRESH_PHASE_SET;
	}
	if (node->stage == 0) {
		bm_put_le16(w, refresh->params.net_idx);
		bm_put_octets(w, refresh->net_key, BM_KEY_LEN);
		return BM_OP_CONFIG_NET_KEY_UPDATE;
	}
	const struct bm_key_refresh_app_key *app_key = &refresh->params.app_keys[node->stage - 1];
	bm_put_key_indexes(w, refresh->params.net_idx, app_key->app_idx);
	bm_put_octets(w, app_key->key, BM_KEY_LEN);
	return BM_OP_CONFIG_APP_KEY_UPDATE;
}

/* False: nothing more can be asked for now. */
static bool ask(struct bm_key_refresh_node *node)
{
	struct bm_key_refresh *refresh = node->refresh;
	uint8_t params[24];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	const uint32_t opcode = put_request(node, &w);
	node->state = BM_KEY_REFRESH_ASKED;
	refresh->in_flight++;
	const enum bm_err err = bm_config_client_send(refresh->client, refresh->params.net_idx, node->addr, opcode,
						      params, bm_writer_len(&w), refresh->params.timeout_us, answered,
						      node);
	bm_wipe(params, sizeof params);
	if (!err)
		return true;
	refresh->in_flight--;
	node->state = BM_KEY_REFRESH_PENDING;
	if (err == BM_ERR_BUSY) {
		kick(refresh, AGAIN_US);
		return false;
	}
	fail(node, err, BM_CONFIG_SUCCESS);
	return true;
}

/* May this node be asked now? */
static bool its_turn(struct bm_key_refresh *refresh, const struct bm_key_refresh_node *node)
{
	const bool own_first = refresh->step != BM_KEY_REFRESH_REVOKE;
	if (node != &refresh->own)
		return !own_first || refresh->own.state == BM_KEY_REFRESH_DONE;
	if (own_first)
		return true;
	for (size_t i = 0; i < refresh->params.node_count; i++) {
		const enum bm_key_refresh_state state = refresh->params.nodes[i].state;
		if (state != BM_KEY_REFRESH_DONE && state != BM_KEY_REFRESH_EXCLUDED)
			return false;
	}
	return true;
}

static void next_step(struct bm_key_refresh *refresh)
{
	refresh->step++;
	refresh->stalled = false;
	if (refresh->step == BM_KEY_REFRESH_OVER) {
		bm_wipe(refresh->net_key, sizeof refresh->net_key);
		tell(refresh, BM_KEY_REFRESH_EVENT_OVER, NULL);
		return;
	}
	for (size_t i = 0; i <= refresh->params.node_count; i++) {
		struct bm_key_refresh_node *node = node_at(refresh, i);
		if (node->state == BM_KEY_REFRESH_DONE)
			node->state = BM_KEY_REFRESH_PENDING;
		node->stage = 0;
	}
	tell(refresh, BM_KEY_REFRESH_EVENT_STEP, NULL);
	kick(refresh, 0);
}

static void proceed(void *ctx)
{
	struct bm_key_refresh *refresh = ctx;
	for (size_t i = 0; i <= refresh->params.node_count && refresh->in_flight < PARALLEL; i++) {
		struct bm_key_refresh_node *node = node_at(refresh, i);
		if (node->state == BM_KEY_REFRESH_PENDING && its_turn(refresh, node) && !ask(node))
			break;
		/* a callback may have stopped it */
		if (refresh->step == BM_KEY_REFRESH_OVER)
			return;
	}
	if (refresh->in_flight > 0 || bm_timer_is_armed(timer_of(refresh)))
		return;
	const size_t failed = count(refresh, BM_KEY_REFRESH_FAILED);
	if (failed == 0 && count(refresh, BM_KEY_REFRESH_PENDING) == 0) {
		next_step(refresh);
	} else if (failed > 0 && !refresh->stalled) {
		refresh->stalled = true;
		tell(refresh, BM_KEY_REFRESH_EVENT_STALLED, NULL);
	} else if (failed == 0) {
		kick(refresh, 0); /* the last one was skipped meanwhile: it is this node's turn */
	}
}

static enum bm_err prepare(struct bm_key_refresh *refresh, struct bm_node *node,
			   const struct bm_key_refresh_params *params, bm_time now)
{
	struct bm_config_client *client = bm_node_config_client(node, now);
	if (!client)
		return BM_ERR_NOT_SUPPORTED;
	const uint16_t own = bm_net_addr(client->access->net);
	if (own == BM_ADDR_UNASSIGNED)
		return BM_ERR_NOT_PROVISIONED;
	*refresh = (struct bm_key_refresh){.params = *params, .client = client, .step = BM_KEY_REFRESH_DISTRIBUTE};
	refresh->own = (struct bm_key_refresh_node){.addr = own, .refresh = refresh};
	bm_timer_init(timer_of(refresh), proceed, refresh);
	return BM_OK;
}

/* The nodes and keys that were given or read back. */
static enum bm_err check(struct bm_key_refresh *refresh)
{
	const struct bm_key_refresh_params *params = &refresh->params;
	if (params->net_idx > BM_KEY_INDEX_MAX || params->app_key_count > 250)
		return BM_ERR_INVALID;
	for (size_t i = 0; i < params->app_key_count; i++)
		if (params->app_keys[i].app_idx > BM_KEY_INDEX_MAX)
			return BM_ERR_INVALID;
	for (size_t i = 0; i < params->node_count; i++) {
		struct bm_key_refresh_node *node = &params->nodes[i];
		if (!bm_addr_is_unicast(node->addr) || node->addr == refresh->own.addr)
			return BM_ERR_INVALID;
		node->refresh = refresh;
	}
	return BM_OK;
}

static void make_up_keys(struct bm_key_refresh *refresh)
{
	bm_env_random(env_of(refresh), refresh->net_key, sizeof refresh->net_key);
	for (size_t i = 0; i < refresh->params.app_key_count; i++)
		bm_env_random(env_of(refresh), refresh->params.app_keys[i].key, BM_KEY_LEN);
}

enum bm_err bm_key_refresh_start(struct bm_key_refresh *refresh, struct bm_node *node,
				 const struct bm_key_refresh_params *params, bm_time now)
{
	enum bm_err err = prepare(refresh, node, params, now);
	if (!err)
		err = check(refresh);
	if (err)
		return err;
	const struct bm_subnet *subnet = bm_net_subnet(refresh->client->access->net, params->net_idx);
	if (!subnet)
		return BM_ERR_NO_KEY;
	if (subnet->phase != 0)
		return BM_ERR_STATE;
	for (size_t i = 0; i < params->node_count; i++) {
		struct bm_key_refresh_node *of = &params->nodes[i];
		of->state = of->state == BM_KEY_REFRESH_EXCLUDED ? BM_KEY_REFRESH_EXCLUDED : BM_KEY_REFRESH_PENDING;
		of->stage = 0;
	}
	if (params->net_key)
		memcpy(refresh->net_key, params->net_key, sizeof refresh->net_key);
	else
		make_up_keys(refresh);
	refresh->params.net_key = NULL;
	kick(refresh, 0);
	tell(refresh, BM_KEY_REFRESH_EVENT_STARTED, NULL);
	return BM_OK;
}

void bm_key_refresh_retry(struct bm_key_refresh *refresh, bm_time now)
{
	if (refresh->step == BM_KEY_REFRESH_OVER)
		return;
	bm_timers_advance(&env_of(refresh)->timers, now);
	for (size_t i = 0; i <= refresh->params.node_count; i++)
		if (node_at(refresh, i)->state == BM_KEY_REFRESH_FAILED)
			node_at(refresh, i)->state = BM_KEY_REFRESH_PENDING;
	refresh->stalled = false;
	kick(refresh, 0);
}

enum bm_err bm_key_refresh_skip(struct bm_key_refresh *refresh, uint16_t addr, bm_time now)
{
	for (size_t i = 0; i < refresh->params.node_count; i++) {
		struct bm_key_refresh_node *node = &refresh->params.nodes[i];
		if (node->addr != addr)
			continue;
		if (node->state == BM_KEY_REFRESH_ASKED)
			return BM_ERR_BUSY;
		node->state = BM_KEY_REFRESH_EXCLUDED;
		bm_timers_advance(&env_of(refresh)->timers, now);
		refresh->stalled = false;
		kick(refresh, 0);
		return BM_OK;
	}
	return BM_ERR_NOT_FOUND;
}

void bm_key_refresh_stop(struct bm_key_refresh *refresh)
{
	bm_timer_stop(timer_of(refresh));
	refresh->step = BM_KEY_REFRESH_OVER;
	bm_wipe(refresh->net_key, sizeof refresh->net_key);
}

bool bm_key_refresh_is_idle(const struct bm_key_refresh *refresh)
{
	return refresh->in_flight == 0;
}

/* The state as octets. */

static void put_node(struct bm_writer *w, const struct bm_key_refresh_node *node)
{
	/* What was asked and not answered is asked again. */
	const bool settled = node->state == BM_KEY_REFRESH_DONE || node->state == BM_KEY_REFRESH_EXCLUDED;
	bm_put_le16(w, node->addr);
	bm_put_u8(w, settled ? node->state : BM_KEY_REFRESH_PENDING);
	bm_put_u8(w, node->stage);
}

enum bm_err bm_key_refresh_export(const struct bm_key_refresh *refresh, uint8_t *out, size_t capacity, size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	bm_put_u8(&w, VERSION);
	bm_put_u8(&w, (uint8_t)refresh->step);
	bm_put_le16(&w, refresh->params.net_idx);
	bm_put_octets(&w, refresh->net_key, BM_KEY_LEN);
	bm_put_u8(&w, (uint8_t)refresh->params.app_key_count);
	for (size_t i = 0; i < refresh->params.app_key_count; i++) {
		bm_put_le16(&w, refresh->params.app_keys[i].app_idx);
		bm_put_octets(&w, refresh->params.app_keys[i].key, BM_KEY_LEN);
	}
	put_node(&w, &refresh->own);
	bm_put_le16(&w, (uint16_t)refresh->params.node_count);
	for (size_t i = 0; i < refresh->params.node_count; i++)
		put_node(&w, &refresh->params.nodes[i]);
	const enum bm_err err = bm_writer_finish(&w, len);
	if (err)
		bm_wipe(out, capacity);
	return err ? BM_ERR_NO_SPACE : BM_OK;
}

static bool read_node(struct bm_reader *r, struct bm_key_refresh *refresh, struct bm_key_refresh_node *node)
{
	*node = (struct bm_key_refresh_node){.addr = bm_read_le16(r)};
	const uint8_t state = bm_read_u8(r);
	node->state = state;
	node->stage = bm_read_u8(r);
	node->refresh = refresh;
	if (state != BM_KEY_REFRESH_PENDING && state != BM_KEY_REFRESH_DONE && state != BM_KEY_REFRESH_EXCLUDED)
		return false;
	return node->stage < stages(refresh) || state != BM_KEY_REFRESH_PENDING;
}

static enum bm_err read_state(struct bm_key_refresh *refresh, struct bm_reader *r)
{
	struct bm_key_refresh_params *params = &refresh->params;
	const uint8_t version = bm_read_u8(r);
	const uint8_t step = bm_read_u8(r);
	params->net_idx = bm_read_le16(r);
	bm_read_copy(r, refresh->net_key, BM_KEY_LEN);
	const uint8_t app_keys = bm_read_u8(r);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	if (version != VERSION || step < BM_KEY_REFRESH_DISTRIBUTE || step > BM_KEY_REFRESH_REVOKE)
		return BM_ERR_PROHIBITED;
	refresh->step = step;
	if (app_keys > params->app_key_count)
		return BM_ERR_NO_SPACE;
	params->app_key_count = app_keys;
	for (size_t i = 0; i < app_keys; i++) {
		params->app_keys[i].app_idx = bm_read_le16(r);
		bm_read_copy(r, params->app_keys[i].key, BM_KEY_LEN);
	}
	const uint16_t own = refresh->own.addr;
	bool valid = read_node(r, refresh, &refresh->own) && refresh->own.addr == own;
	const uint16_t nodes = bm_read_le16(r);
	if (!r->failed && valid && nodes > params->node_count)
		return BM_ERR_NO_SPACE;
	params->node_count = r->failed || !valid ? 0 : nodes;
	for (size_t i = 0; i < params->node_count; i++)
		valid &= read_node(r, refresh, &params->nodes[i]);
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	return valid ? bm_reader_finish(r) : BM_ERR_PROHIBITED;
}

enum bm_err bm_key_refresh_resume(struct bm_key_refresh *refresh, struct bm_node *node,
				  const struct bm_key_refresh_params *params, const uint8_t *octets, size_t len,
				  bm_time now)
{
	enum bm_err err = prepare(refresh, node, params, now);
	if (err)
		return err;
	refresh->params.net_key = NULL;
	struct bm_reader r = bm_reader_of(octets, len);
	err = read_state(refresh, &r);
	if (!err)
		err = check(refresh);
	if (!err && !bm_net_subnet(refresh->client->access->net, refresh->params.net_idx))
		err = BM_ERR_NO_KEY;
	if (err) {
		bm_wipe(refresh->net_key, sizeof refresh->net_key);
		refresh->step = BM_KEY_REFRESH_OVER;
		return err;
	}
	kick(refresh, 0);
	return BM_OK;
}
