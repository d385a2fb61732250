/*
 * A runtime, a carrier, a station and the keeper's node, put together and taken apart in order.
 */
#include "cli/network/session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/env.h"
#include "cli/carrier.h"
#include "cli/network/document.h"
#include "cli/network/founding.h"
#include "cli/network/iv_assumed.h"
#include "cli/network/keeper.h"

#define SIGNALS 3u
#define RSSI_UNKNOWN 127
#define BEACON_WAIT_US 30000000u /* a node sends one in 10 s, or hears one */

struct bm_session {
	struct bm_session_options options;
	struct bm_runtime *rt;
	struct bm_carrier carrier;
	struct bm_station *station;
	struct bm_node *node;
	void *node_mem;
	struct bm_model any; /* takes and sends any message */
	struct bm_actor actor;
	uv_signal_t signals[SIGNALS];
	bool done, interrupted;
	struct bm_iv_watch iv;
	char trouble[300];
	bm_time until;     /* the end of bm_session_run */
	json_t *last_seen; /* unicast address in hexadecimal: when; of nodes heard in this session */
};

static void leave_if(struct bm_session *session, bool *flag)
{
	*flag = true;
	bm_runtime_leave(session->rt);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct bm_session *session = handle->data;
	(void)number;
	/* Whoever asks twice does not wait. */
	for (size_t i = 0; i < SIGNALS; i++)
		uv_signal_stop(&session->signals[i]);
	leave_if(session, &session->interrupted);
}

static void listen_to_signals(struct bm_session *session)
{
	static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < SIGNALS; i++)
		uv_signal_start(&session->signals[i], on_signal, numbers[i]);
}

static void watch_signals(struct bm_session *session)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(bm_runtime_uv(session->rt), &session->signals[i]);
		session->signals[i].data = session;
		uv_unref((uv_handle_t *)&session->signals[i]);
	}
	listen_to_signals(session);
	signal(SIGPIPE, SIG_IGN); /* a reader that has seen enough is no reason to leave a radio as it is */
}

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct bm_session *session = ctx;
	if (session->carrier.air)
		rssi = RSSI_UNKNOWN; /* nothing is near or far there */
	if (session->options.heard)
		session->options.heard(session->options.ctx, ad_type, payload, len, rssi, now);
	if (session->node)
		bm_node_receive(session->node, ad_type, payload, len, rssi, now);
	if (bm_iv_is_assumed(&session->iv) && bm_iv_is_in_beacon(session->node, ad_type, payload, len))
		bm_iv_was_shown(&session->iv);
}

static void on_gatt_seen(void *ctx, const struct bm_gatt_seen *heard, bm_time now)
{
	const struct bm_session *session = ctx;
	struct bm_gatt_seen seen = *heard;
	if (session->carrier.air)
		seen.rssi = RSSI_UNKNOWN;
	if (session->options.gatt_seen && !session->iv.waiting)
		session->options.gatt_seen(session->options.ctx, &seen, now);
	if (session->node)
		bm_node_gatt_seen(session->node, &seen, now);
}

static void on_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	const struct bm_session *session = ctx;
	if (session->node)
		bm_node_gatt_event(session->node, event, now);
}

static void on_scan_response(void *ctx, const uint8_t addr[6], const uint8_t *data, size_t len, bm_time now)
{
	const struct bm_session *session = ctx;
	if (!session->iv.waiting)
		session->options.scan_response(session->options.ctx, addr, data, len, now);
}

static void on_light(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	const struct bm_session *session = ctx;
	if (session->options.light && !session->iv.waiting)
		session->options.light(session->options.ctx, uuid, rgb, now);
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	const struct bm_session *session = ctx;
	bm_runtime_random(session->rt, out, len);
}

static bm_time radio_now(void *ctx)
{
	return bm_session_now(ctx);
}

static void radio_say(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "blemesh: %s\n", text);
}

static void radio_sniff(void *ctx, bool from_controller, const uint8_t *packet, size_t len, bm_time now)
{
	const struct bm_session *session = ctx;
	session->options.sniff(session->options.ctx, from_controller, packet, len, now);
}

/* What the node keeps is as good as lost if this fails, so the command ends. */
static enum bm_err on_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_session *session = ctx;
	const enum bm_err err = bm_sqlite_store_put(bm_network_store(session->options.network), key, octets, len);
	if (err && !session->trouble[0]) {
		snprintf(session->trouble, sizeof session->trouble,
			 "%.200s cannot be written (is the disk full, or the directory read-only?)",
			 bm_network_path(session->options.network));
		bm_runtime_leave(session->rt);
	}
	return err;
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct bm_session *session = ctx;
	if (event->kind == BM_EVENT_IV_INDEX)
		bm_iv_changed(&session->iv);
	if (session->options.event)
		session->options.event(session->options.ctx, event);
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_session *session = ctx;
	if (trace->kind == BM_TRACE_ACCESS_RX) {
		bm_iv_was_shown(&session->iv);
		char addr[8];
		snprintf(addr, sizeof addr, "%04x", trace->src);
		json_object_set_new(session->last_seen, addr, bm_document_of_now());
	}
	if (session->options.trace && !session->iv.waiting)
		session->options.trace(session->options.ctx, trace);
}

static bm_time actor_deadline(void *ctx)
{
	const struct bm_session *session = ctx;
	const bm_time node = session->node ? bm_node_deadline(session->node) : BM_TIME_NEVER;
	return node < session->until ? node : session->until;
}

static void actor_run(void *ctx, bm_time now)
{
	struct bm_session *session = ctx;
	if (session->node && bm_node_deadline(session->node) <= now)
		bm_node_run(session->node, now);
	if (session->until > now)
		return;
	session->until = BM_TIME_NEVER;
	bm_runtime_leave(session->rt);
}

static void on_message(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_session *session = model->self;
	if (!session->iv.waiting)
		session->options.message(session->options.ctx, rx, params->at, bm_reader_left(params));
}

/* Its identifier is nobody's: the company is the value for what belongs to no company. */
static void make_any_model(struct bm_session *session)
{
	static const struct bm_opcode all = {.max_len = BM_ACCESS_MAX, .handle = on_message};
	session->any = (struct bm_model){
		.id = {.vendor = true, .company = 0xffff, .id = 1},
		.others = &all,
		.dev_key = true,
		.app_key_too = true,
		.self = session,
	};
}

static bool open_carrier(struct bm_session *session, char *error, size_t error_len)
{
	const char *name;
	if (bm_carrier_is_air(session->options.radio, &name)) {
		char why[200];
		if (bm_carrier_join_air(&session->carrier, session->rt, name, why, sizeof why))
			return true;
		snprintf(error, error_len, "the air %s: %s", name, why);
		return false;
	}
	const struct bm_radio_options options = {
		.transport = session->options.radio,
		.now = radio_now,
		.random = on_random,
		.say = radio_say,
		.sniff = session->options.sniff ? radio_sniff : NULL,
		.ctx = session,
	};
	char why[200];
	if (bm_carrier_open_radio(&session->carrier, session->rt, &options, why, sizeof why))
		return true;
	snprintf(error, error_len, "--radio %s: %s", session->options.radio, why);
	return false;
}

static bool join(struct bm_session *session)
{
	const struct bm_station_ops ops = {.receive = on_receive,
					   .light = on_light,
					   .seen = on_gatt_seen,
					   .gatt = on_gatt,
					   .scan_response = session->options.scan_response ? on_scan_response : NULL};
	uint8_t addr[6];
	bm_keeper_station_addr(session->rt, addr);
	session->station = bm_medium_join(bm_runtime_medium(session->rt), addr, &ops, session);
	if (session->station && session->options.scan_response && !session->carrier.radio)
		bm_station_set_active_scan(session->station, true);
	return session->station;
}

/* The node with its composition, as it was left. */
static enum bm_err make_node(struct bm_session *session)
{
	struct bm_network *network = session->options.network;
	struct bm_node_config config = bm_keeper_config();
	config.limits.models = (uint16_t)(config.limits.models + session->options.model_count + 8);
	config.foundation_clients = BM_FOUNDATION_ALL;
	config.limits.app_keys = config.limits.bindings = 32;
	config.limits.subnets = 8;
	config.limits.subscriptions = 64;
	config.limits.labels = 64;
	const json_t *own = bm_network_node(network, bm_network_own_addr(network));
	if (!own || !bm_document_uuid(own, config.uuid))
		bm_runtime_random(session->rt, config.uuid, sizeof config.uuid);
	const size_t size = bm_node_size(&config.limits);
	session->node_mem = size ? calloc(1, size) : NULL;
	if (!session->node_mem)
		return BM_ERR_NO_SPACE;
	const struct bm_bearer bearer = bm_station_bearer(session->station);
	const struct bm_node_ops ops = {
		.ctx = session, .random = on_random, .event = on_event, .store = on_store, .trace = on_trace};
	enum bm_err err = bm_node_init(session->node_mem, size, &config, &ops, &bearer, &session->node);
	for (size_t i = 0; i < session->options.model_count && !err; i++)
		err = bm_node_add_model(session->node, 0, session->options.models[i]);
	if (!err && session->options.message)
		err = bm_node_add_model(session->node, 0, &session->any);
	if (!err)
		err = bm_network_count_iv_hours(network);
	if (!err)
		err = bm_sqlite_store_restore(bm_network_store(network), session->node, NULL, NULL);
	if (!err)
		err = bm_node_start(session->node, bm_session_now(session));
	return err;
}

static enum bm_err add_first_key(struct bm_session *session)
{
	uint8_t key[BM_KEY_LEN];
	if (bm_keeper_find_key(session->node, BM_KEY_APP, 0, key)) {
		bm_wipe(key, sizeof key);
		return BM_OK;
	}
	bm_runtime_random(session->rt, key, sizeof key);
	const enum bm_err err = bm_node_add_app_key(session->node, BM_NET_IDX_PRIMARY, 0, key);
	bm_wipe(key, sizeof key);
	return err;
}

static enum bm_err make_network(struct bm_session *session)
{
	struct bm_network *network = session->options.network;
	uint8_t uuid[BM_UUID_LEN];
	bm_runtime_random(session->rt, uuid, sizeof uuid);
	enum bm_err err = bm_network_is_new(network) ? bm_network_describe(network, uuid) : BM_OK;
	/* It is a member already if the process ended in the middle of this. */
	if (!err && !bm_node_is_provisioned(session->node))
		err = bm_keeper_make_network(session->node, session->rt, bm_session_now(session));
	if (!err)
		err = add_first_key(session);
	if (!err)
		err = bm_network_take_address(network, BM_KEEPER_ADDR, 1);
	if (err)
		return err;
	bm_runtime_random(session->rt, uuid, sizeof uuid);
	return bm_network_describe_own(network, uuid);
}

static bool join_network(struct bm_session *session, char *error, size_t error_len)
{
	struct bm_network *network = session->options.network;
	enum bm_err err = make_node(session);
	const bool member = session->node && bm_node_is_provisioned(session->node);
	if (!err && !member && json_array_size(bm_network_nodes(network))) {
		snprintf(error, error_len, "%.200s has lost the keys of its network: it is damaged",
			 bm_network_path(network));
		return false;
	}
	if (!err && !bm_network_node(network, bm_network_own_addr(network)))
		err = make_network(session);
	if (err)
		snprintf(error, error_len, "%s", session->trouble[0] ? session->trouble : bm_err_text(err));
	return !err;
}

struct binding {
	struct bm_session *session;
	enum bm_err err;
};

static void bind_key(void *ctx, const struct bm_key_view *key)
{
	struct binding *binding = ctx;
	if (key->kind == BM_KEY_APP && !binding->err)
		binding->err = bm_session_bind(binding->session, key->index);
}

enum bm_err bm_session_bind(struct bm_session *session, uint16_t app_idx)
{
	enum bm_err err = BM_OK;
	for (size_t i = 0; i < session->options.model_count && !err; i++) {
		struct bm_model *model = session->options.models[i];
		if (!(model->dev_key && !model->app_key_too) && !bm_model_is_bound(model, app_idx))
			err = bm_node_bind(session->node, model, app_idx);
	}
	if (!err && session->options.message && !bm_model_is_bound(&session->any, app_idx))
		err = bm_node_bind(session->node, &session->any, app_idx);
	return err;
}

static bool start(struct bm_session *session, char *error, size_t error_len)
{
	if (!open_carrier(session, error, error_len))
		return false;
	if (!join(session)) {
		snprintf(error, error_len, "out of memory");
		return false;
	}
	if (!session->options.network)
		return true;
	if (!join_network(session, error, error_len))
		return false;
	struct binding binding = {.session = session};
	bm_node_each_key(session->node, bind_key, &binding);
	if (binding.err)
		snprintf(error, error_len, "the client models cannot be bound: %s", bm_err_text(binding.err));
	return !binding.err;
}

static void keep_last_seen(struct bm_session *session)
{
	struct bm_network *network = session->options.network;
	const char *addr;
	json_t *when;
	json_object_foreach(session->last_seen, addr, when)
	{
		json_t *node = bm_network_node(network, (uint16_t)strtoul(addr, NULL, 16));
		if (!node)
			continue;
		json_object_set(bm_document_own(node), "lastSeen", when);
		(void)json_object_del(bm_document_own(node), BM_NODE_UNCONFIRMED);
		(void)bm_network_keep_node(network, node);
	}
}

static void close_for_good(struct bm_session *session)
{
	struct bm_network *network = session->options.network;
	if (network)
		keep_last_seen(session);
	bm_carrier_close(&session->carrier);
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&session->signals[i], NULL);
	bm_runtime_free(session->rt);
	if (session->node)
		bm_node_wipe(session->node);
	free(session->node_mem);
	json_decref(session->last_seen);
	free(session);
	bm_network_close(network);
}

/* The session between two commands. */
static struct {
	bool on;
	struct bm_session *session;
	char *radio;
} kept;

static bool can_be_kept(const struct bm_session_options *options)
{
	return kept.on && options->network && options->message && !options->model_count && !options->event &&
	       !options->trace && !options->heard && !options->gatt_seen && !options->scan_response &&
	       !options->light && !options->sniff;
}

static void hear_nothing(void *ctx, const struct bm_rx *rx, const uint8_t *params, size_t len)
{
	(void)ctx;
	(void)rx;
	(void)params;
	(void)len;
}

static struct bm_session *take_kept(const struct bm_session_options *options)
{
	struct bm_session *session = kept.session;
	if (!session)
		return NULL;
	if (!can_be_kept(options) || session->options.network != options->network ||
	    strcmp(kept.radio, options->radio) != 0) {
		bm_session_drop_kept();
		return NULL;
	}
	kept.session = NULL;
	session->options = *options;
	session->interrupted = false;
	listen_to_signals(session);
	return session;
}

static bool keep(struct bm_session *session)
{
	char *radio = !kept.session && can_be_kept(&session->options) && !session->interrupted && !session->trouble[0]
			      ? strdup(session->options.radio)
			      : NULL;
	if (!radio)
		return false;
	free(kept.radio);
	kept.radio = radio;
	kept.session = session;
	for (size_t i = 0; i < SIGNALS; i++)
		uv_signal_stop(&session->signals[i]);
	session->options = (struct bm_session_options){
		.network = session->options.network, .radio = radio, .message = hear_nothing};
	return true;
}

void bm_session_keep(bool on)
{
	kept.on = on;
	if (!on)
		bm_session_drop_kept();
}

struct bm_session *bm_session_kept(void)
{
	return kept.session;
}

void bm_session_drop_kept(void)
{
	struct bm_session *session = kept.session;
	kept.session = NULL;
	if (session)
		close_for_good(session);
	free(kept.radio);
	kept.radio = NULL;
}

struct bm_session *bm_session_open(const struct bm_session_options *options, char *error, size_t error_len)
{
	struct bm_session *again = take_kept(options);
	if (again)
		return again;
	static const struct bm_runtime_options real_time = {0};
	struct bm_session *session = calloc(1, sizeof *session);
	snprintf(error, error_len, "out of memory");
	if (!session)
		return NULL;
	session->options = *options;
	if (options->network)
		bm_network_share(options->network);
	make_any_model(session);
	session->iv.network = options->network;
	session->last_seen = json_object();
	session->rt = bm_runtime_new(&real_time);
	session->iv.rt = session->rt;
	if (!session->rt || !session->last_seen) {
		json_decref(session->last_seen);
		bm_network_close(options->network);
		free(session);
		return NULL;
	}
	session->until = BM_TIME_NEVER;
	session->actor = (struct bm_actor){.deadline = actor_deadline, .run = actor_run, .ctx = session};
	bm_runtime_add_actor(session->rt, &session->actor);
	watch_signals(session);
	if (start(session, error, error_len)) {
		if (!session->options.heard && bm_iv_wait(&session->iv)) /* who only listens need not wait */
			bm_session_settle(session, options->patience_us ? options->patience_us : BEACON_WAIT_US);
		session->iv.waiting = false;
		return session;
	}
	bm_session_close(session);
	return NULL;
}

void bm_session_close(struct bm_session *session)
{
	if (!session)
		return;
	if (session->options.network)
		keep_last_seen(session);
	if (!keep(session))
		close_for_good(session);
}

enum bm_session_end bm_session_run(struct bm_session *session, uint64_t for_us)
{
	session->done = false;
	session->until = for_us ? bm_time_add(bm_session_now(session), for_us) : BM_TIME_NEVER;
	if (!session->interrupted && !session->trouble[0])
		bm_runtime_run(session->rt);
	return session->interrupted  ? BM_SESSION_INTERRUPTED
	       : session->trouble[0] ? BM_SESSION_BROKEN
	       : session->done       ? BM_SESSION_DONE
				     : BM_SESSION_TIMEOUT;
}

void bm_session_settle(struct bm_session *session, uint64_t for_us)
{
	session->until = bm_time_add(bm_session_now(session), for_us);
	bm_runtime_run(session->rt);
}

void bm_session_done(struct bm_session *session)
{
	leave_if(session, &session->done);
}

const char *bm_session_trouble(const struct bm_session *session)
{
	return session->trouble;
}

struct bm_node *bm_session_node(struct bm_session *session)
{
	return session->node;
}

struct bm_model *bm_session_model(struct bm_session *session)
{
	return session->node && session->options.message ? &session->any : NULL;
}

struct bm_network *bm_session_network(struct bm_session *session)
{
	return session->options.network;
}

struct bm_runtime *bm_session_runtime(struct bm_session *session)
{
	return session->rt;
}

bm_time bm_session_now(const struct bm_session *session)
{
	return bm_runtime_now(session->rt);
}
