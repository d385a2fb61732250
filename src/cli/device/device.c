/*
 * A node without a script: its runtime, its radio, what happens to it, and its end.
 */
#include "cli/device/device.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "cli/commands/options.h"
#include "cli/state.h"
#include "cli/text.h"

#define STATUS_FAILED 1
#define STATUS_WRONG 2
#define COMPANY 0xffffu /* the value for what belongs to no company */
#define TRANSMIT_3_EVERY_20_MS 0x0au
#define FOUNDATION_MODELS 7u /* Configuration and Health Server, and those of Mesh 1.1 below */
#define FOUNDATION                                                                                    \
	(BM_FOUNDATION_PRIVATE_BEACON | BM_FOUNDATION_SAR_CONFIG | BM_FOUNDATION_OPCODES_AGGREGATOR | \
	 BM_FOUNDATION_LARGE_COMPOSITION)
#define FRIEND_LPNS 8u
#define FRIEND_QUEUE 64u
#define FRIEND_SUBSCRIPTIONS 32u
#define GATT_LINKS 4u
#define PROXY_FILTER 32u

/* What a store has of the device beside the node's records. */
enum { KEPT_ADDRESS = 0, KEPT_UUID = 1 };

void bm_device_stop(struct bm_device *device)
{
	bm_runtime_stop(device->rt);
}

void bm_device_say(struct bm_device *device, const char *event, json_t *fields, const char *format, ...)
{
	const double at = (double)bm_runtime_now(device->rt) / BM_US_PER_S;
	char text[600];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (device->options.json) {
		json_t *line = json_pack("{s:s,s:f}", "event", event, "time", at);
		if (fields)
			json_object_update(line, fields);
		else
			json_object_set_new(line, "text", json_string(text));
		bm_text_json(stdout, line, JSON_COMPACT | JSON_REAL_PRECISION(12));
		json_decref(line);
	} else {
		bm_text_say(stdout, "%9.3f  %s\n", at, text);
	}
	json_decref(fields);
	if (fflush(stdout) != 0 && !device->mute) {
		device->mute = errno;
		bm_device_stop(device);
	}
}

static void take_key(void *ctx, const struct bm_key_view *key)
{
	const struct bm_device *device = ctx;
	bm_keys_add(device->keys, key, bm_node_iv_index(device->node));
}

static void keys_changed(struct bm_device *device)
{
	if (!device->keys)
		return;
	bm_node_each_key(device->node, take_key, device);
	(void)bm_keys_write(device->keys);
}

static json_t *address_of(uint16_t addr)
{
	char text[8];
	snprintf(text, sizeof text, "0x%04x", addr);
	return json_pack("{s:s}", "address", text);
}

static void wait_to_be_provisioned(void *ctx)
{
	struct bm_device *device = ctx;
	char uuid[2 * BM_UUID_LEN + 1];
	if (bm_node_is_provisioned(device->node) ||
	    bm_node_prov_enable(device->node, device->options.bearers, bm_runtime_now(device->rt)) != BM_OK)
		return;
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		snprintf(uuid + 2 * i, 3, "%02x", device->options.uuid[i]);
	bm_device_say(device, "waiting", json_pack("{s:s,s:s}", "uuid", uuid, "name", device->options.name),
		      "waits to be provisioned: %s, UUID %s", device->options.name, uuid);
}

static void show_oob(struct bm_device *device, const struct bm_event *event)
{
	if (event->oob.is_text)
		bm_device_say(device, "oob", json_pack("{s:s}", "text", event->oob.text),
			      "tell the provisioner these letters: %s", event->oob.text);
	else
		bm_device_say(device, "oob", json_pack("{s:I}", "number", (json_int_t)event->oob.number),
			      "tell the provisioner this number: %u", (unsigned)event->oob.number);
}

static void ask_oob(struct bm_device *device, const struct bm_event *event)
{
	device->wants_oob = true;
	device->wanted_oob = (struct bm_oob_value){.is_text = event->action == BM_PROV_INPUT_TEXT};
	bm_device_say(device, "oob_wanted",
		      json_pack("{s:b,s:i}", "text", device->wanted_oob.is_text, "size", event->size),
		      "type the %s that the provisioner shows (up to %u), then Enter",
		      device->wanted_oob.is_text ? "letters" : "number", event->size);
}

static void restored(struct bm_device *device, const struct bm_event *event)
{
	if (event->addr == BM_ADDR_UNASSIGNED) {
		if (event->result != BM_ERR_NOT_PROVISIONED)
			bm_device_say(device, "warning", NULL, "what was kept of it makes no node (%s): it starts anew",
				      bm_err_text(event->result));
		return;
	}
	bm_device_say(device, "restored", address_of(event->addr), "is a node since before, address 0x%04x",
		      event->addr);
	if (event->result == BM_ERR_STORE)
		bm_device_say(device, "warning", NULL,
			      "its sequence numbers were lost: it sends nothing until the next IV index");
}

static void on_friendship(struct bm_device *device, const struct bm_event *event, const char *word, const char *text)
{
	bm_device_say(device, word, address_of(event->addr), "%s 0x%04x", text, event->addr);
}

static void on_link(struct bm_device *device, const struct bm_event *event)
{
	if (event->kind == BM_EVENT_LINK_OPEN)
		bm_device_say(device, "link_open", NULL, "a provisioner opened a link");
	else if (event->kind == BM_EVENT_PROV_FAILED)
		bm_device_say(device, "failed", json_pack("{s:s}", "why", bm_prov_error_name(event->error)),
			      "provisioning failed: %s", bm_prov_error_name(event->error));
	else if (!bm_node_is_provisioned(device->node))
		bm_device_say(device, "link_closed", NULL, "the link is closed");
	device->wants_oob = false;
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct bm_device *device = ctx;
	switch (event->kind) {
	case BM_EVENT_LINK_OPEN:
	case BM_EVENT_LINK_CLOSE:
	case BM_EVENT_PROV_FAILED:
		on_link(device, event);
		return;
	case BM_EVENT_OUTPUT_OOB:
		show_oob(device, event);
		return;
	case BM_EVENT_INPUT_OOB:
		ask_oob(device, event);
		return;
	case BM_EVENT_PROVISIONED:
		device->wants_oob = false;
		bm_device_say(device, "provisioned", address_of(event->addr), "is provisioned, address 0x%04x",
			      event->addr);
		bm_device_light(device);
		keys_changed(device);
		return;
	case BM_EVENT_RESET:
		bm_device_say(device, "reset", NULL, "forgot its network");
		bm_runtime_at(device->rt, event->now, wait_to_be_provisioned, device);
		return;
	case BM_EVENT_ATTENTION:
		bm_device_say(device, "attention", json_pack("{s:i}", "seconds", event->seconds),
			      event->seconds ? "draws attention to itself for %u s" : "draws no more attention",
			      event->seconds);
		return;
	case BM_EVENT_RESTORED:
		restored(device, event);
		return;
	case BM_EVENT_STORE_FAILED:
		if (!device->store_failed)
			bm_device_say(device, "warning", NULL, "its state cannot be kept: the store refuses it");
		device->store_failed = true;
		return;
	case BM_EVENT_FRIEND_FOUND:
		on_friendship(device, event, "friend_found", "has a friend:");
		return;
	case BM_EVENT_FRIEND_LOST:
		on_friendship(device, event, "friend_lost", "has no friend any more:");
		return;
	case BM_EVENT_LPN_JOINED:
		on_friendship(device, event, "low_power_joined", "is the friend of");
		return;
	case BM_EVENT_LPN_LEFT:
		on_friendship(device, event, "low_power_left", "is no longer the friend of");
		return;
	case BM_EVENT_IV_INDEX:
		keys_changed(device);
		return;
	default:
		return;
	}
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_device *device = ctx;
	const bool received = trace->kind == BM_TRACE_ACCESS_RX;
	if (device->options.trace && (received || trace->kind == BM_TRACE_ACCESS_TX))
		device->output.ops->message(&device->output, device->options.name, 0, trace);
	if (received)
		keys_changed(device);
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	const struct bm_device *device = ctx;
	bm_runtime_random(device->rt, out, len);
}

static enum bm_err on_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	const struct bm_device *device = ctx;
	return bm_sqlite_store_put(device->store, key, octets, len);
}

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	const struct bm_device *device = ctx;
	if (device->node)
		bm_node_receive(device->node, ad_type, payload, len, rssi, now);
}

static void on_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	const struct bm_device *device = ctx;
	if (device->node)
		bm_node_gatt_seen(device->node, seen, now);
}

static void on_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	const struct bm_device *device = ctx;
	if (device->node)
		bm_node_gatt_event(device->node, event, now);
}

static bm_time node_deadline(void *ctx)
{
	return bm_node_deadline(((const struct bm_device *)ctx)->node);
}

static void node_run(void *ctx, bm_time now)
{
	bm_node_run(((const struct bm_device *)ctx)->node, now);
}

/* Random, unless it is the same device as the last time. */
static void identity(struct bm_device *device, uint16_t index, uint8_t *octets, size_t len, bool given)
{
	const struct bm_store_key key = {.kind = BM_STORE_HOST, .index = index};
	size_t kept = 0;
	if (!given && device->store && bm_sqlite_store_get(device->store, &key, octets, len, &kept) == BM_OK &&
	    kept == len)
		return;
	if (!given)
		bm_runtime_random(device->rt, octets, len);
	if (index == KEPT_ADDRESS)
		octets[0] |= 0xc0; /* a static random address (Bluetooth Core Vol 6 Part B 1.3.2.1) */
	else if (!given) {
		octets[6] = (uint8_t)((octets[6] & 0x0f) | 0x40); /* RFC 4122: random */
		octets[8] = (uint8_t)((octets[8] & 0x3f) | 0x80);
	}
	if (device->store)
		(void)bm_sqlite_store_put(device->store, &key, octets, len);
}

static struct bm_node_config node_config(const struct bm_device *device)
{
	const struct bm_device_options *options = &device->options;
	struct bm_node_config config = {
		.limits = BM_LIMITS_DEFAULT,
		.company = COMPANY,
		.product = 1,
		.version = 1,
		.name = options->name,
		.features = options->features,
		.foundation = FOUNDATION,
		.beacon = true,
		.default_ttl = 7,
		.network_transmit = TRANSMIT_3_EVERY_20_MS,
		.relay_retransmit = TRANSMIT_3_EVERY_20_MS,
		.caps = options->caps,
		.require_auth = options->require_auth,
		.static_oob = options->static_oob_len ? options->static_oob : NULL,
		.static_oob_len = options->static_oob_len,
	};
	memcpy(config.uuid, options->uuid, sizeof config.uuid);
	config.limits.elements = options->elements;
	config.limits.models = (uint16_t)(bm_device_model_count(options) + FOUNDATION_MODELS);
	config.limits.rpl = 512;
	config.limits.subscriptions = 16;
	config.limits.labels = 16;
	config.limits.gatt_links = GATT_LINKS;
	config.limits.proxy_filter = PROXY_FILTER;
	if (options->features & BM_FEATURE_PROXY) {
		config.foundation |= BM_FOUNDATION_ON_DEMAND_PROXY;
		config.limits.models += 2;
		config.limits.solicitations = 32;
	}
	if (options->features & BM_FEATURE_FRIEND) {
		config.limits.friend_lpns = FRIEND_LPNS;
		config.limits.friend_queue = FRIEND_QUEUE;
		config.limits.friend_subscriptions = FRIEND_SUBSCRIPTIONS;
	}
	config.limits.low_power = (options->features & BM_FEATURE_LOW_POWER) != 0;
	return config;
}

static enum bm_err make_node(struct bm_device *device)
{
	const struct bm_node_config config = node_config(device);
	const struct bm_bearer bearer = bm_station_bearer(device->station);
	const size_t size = bm_node_size(&config.limits);
	const struct bm_node_ops ops = {
		.ctx = device,
		.random = on_random,
		.event = on_event,
		.store = device->store ? on_store : NULL,
		.trace = device->options.trace || device->keys ? on_trace : NULL,
	};
	struct bm_node *node = NULL;
	device->memory = malloc(size ? size : 1);
	if (!device->memory)
		return BM_ERR_NO_SPACE;
	enum bm_err err = bm_node_init(device->memory, size, &config, &ops, &bearer, &node);
	device->node = err ? NULL : node;
	if (!err)
		err = bm_device_compose(device);
	if (!err && device->store)
		err = bm_sqlite_store_restore(device->store, node, NULL, NULL);
	return err ? err : bm_node_start(node, bm_runtime_now(device->rt));
}

static bm_time radio_now(void *ctx)
{
	return bm_runtime_now(((const struct bm_device *)ctx)->rt);
}

static void radio_say(void *ctx, const char *text)
{
	bm_device_say(ctx, "warning", NULL, "%s", text);
}

static void radio_sniff(void *ctx, bool from_controller, const uint8_t *packet, size_t len, bm_time now)
{
	struct bm_device *device = ctx;
	bm_pcapng_hci(&device->pcapng, from_controller, packet, len, now);
	bm_pcapng_flush(&device->pcapng);
}

static void on_frame(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct bm_device *device = ctx;
	bm_pcapng_frame(&device->pcapng, frame, now);
	bm_pcapng_flush(&device->pcapng);
}

static bool open_radio(struct bm_device *device, char *error, size_t error_len)
{
	const struct bm_radio_options options = {
		.transport = device->options.radio,
		.now = radio_now,
		.random = on_random,
		.say = radio_say,
		.sniff = device->options.pcap ? radio_sniff : NULL,
		.ctx = device,
	};
	const char *air;
	char why[300];
	const bool good = bm_carrier_is_air(device->options.radio, &air)
				  ? bm_carrier_join_air(&device->carrier, device->rt, air, why, sizeof why)
				  : bm_carrier_open_radio(&device->carrier, device->rt, &options, why, sizeof why);
	if (!good)
		snprintf(error, error_len, "%s: %s", device->options.radio, why);
	return good;
}

static bool open_files(struct bm_device *device, char *error, size_t error_len)
{
	const struct bm_device_options *options = &device->options;
	struct timespec ts;
	char why[400];
	clock_gettime(CLOCK_REALTIME, &ts);
	const uint64_t epoch_us = (uint64_t)ts.tv_sec * BM_US_PER_S + (uint64_t)ts.tv_nsec / 1000u;
	if (options->state &&
	    (!bm_state_take(options->state, why, sizeof why) ||
	     !(device->store = bm_state_store(options->state, "node", BM_SQLITE_POWER_SAFE, why, sizeof why)))) {
		snprintf(error, error_len, "--state %s: %s", options->state, why);
		return false;
	}
	if (options->pcap && !bm_pcapng_open(&device->pcapng, options->pcap, epoch_us - bm_runtime_now(device->rt))) {
		snprintf(error, error_len, "--pcap %s: %s", options->pcap, strerror(errno));
		return false;
	}
	if (options->pcap)
		bm_medium_set_sniffer(bm_runtime_medium(device->rt), on_frame, device);
	if (options->keys && !(device->keys = bm_keys_open(options->keys))) {
		snprintf(error, error_len, "--keys %s: %s", options->keys, strerror(errno));
		return false;
	}
	return true;
}

static bool set_up(struct bm_device *device, char *error, size_t error_len)
{
	static const struct bm_runtime_options runtime_options = {0};
	static const struct bm_station_ops station_ops = {.receive = on_receive, .seen = on_seen, .gatt = on_gatt};
	uint8_t address[6];
	snprintf(error, error_len, "out of memory");
	device->rt = bm_runtime_new(&runtime_options);
	if (!device->rt || !open_files(device, error, error_len) || !open_radio(device, error, error_len))
		return false;
	identity(device, KEPT_ADDRESS, address, sizeof address, false);
	identity(device, KEPT_UUID, device->options.uuid, sizeof device->options.uuid, device->options.has_uuid);
	device->station = bm_medium_join(bm_runtime_medium(device->rt), address, &station_ops, device);
	const enum bm_err err = device->station ? make_node(device) : BM_ERR_NO_SPACE;
	if (err) {
		snprintf(error, error_len, "the node cannot be made: %s", bm_err_text(err));
		return false;
	}
	device->actor = (struct bm_actor){.deadline = node_deadline, .run = node_run, .ctx = device};
	bm_runtime_add_actor(device->rt, &device->actor);
	return true;
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	bm_device_stop(handle->data);
}

static void stop_now(void *ctx)
{
	bm_device_stop(ctx);
}

static void run(struct bm_device *device)
{
	static const int ENDING[] = {SIGINT, SIGTERM, SIGHUP};
	static uv_signal_t handles[BM_ARRAY_LEN(ENDING)];
	if (device->options.json)
		bm_output_json(&device->output, stdout);
	else
		bm_output_human(&device->output, stdout, false, false, 0);
	device->output.flush = true;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < BM_ARRAY_LEN(ENDING); i++) {
		uv_signal_init(bm_runtime_uv(device->rt), &handles[i]);
		handles[i].data = device;
		uv_signal_start(&handles[i], on_signal, ENDING[i]);
	}
	if (device->options.for_us)
		bm_runtime_at(device->rt, device->options.for_us, stop_now, device);
	wait_to_be_provisioned(device);
	bm_device_light(device);
	keys_changed(device);
	bm_device_listen(device);
	bm_runtime_run(device->rt);
}

static void complain(bool json, const char *error)
{
	fprintf(stderr, "blemesh node: %s\n", error);
	if (json)
		bm_error_as_json(stdout, error);
}

/* The process ends: a thread may still wait for a line. */
static _Noreturn void finish(struct bm_device *device, int status)
{
	if (device->node && device->keys)
		keys_changed(device);
	bm_carrier_close(&device->carrier);
	if (device->node)
		bm_node_wipe(device->node);
	bm_sqlite_store_close(device->store);
	if (!bm_pcapng_close(&device->pcapng) || (device->keys && !bm_keys_close(device->keys))) {
		complain(device->options.json, "not everything could be written");
		status = STATUS_FAILED;
	}
	/* A reader that has seen enough is no error. */
	if (device->mute && device->mute != EPIPE) {
		fprintf(stderr, "blemesh node: standard output: %s\n", strerror(device->mute));
		status = STATUS_FAILED;
	}
	fflush(stdout); /* not all streams: that thread holds one */
	_exit(status);
}

int bm_command_device(int argc, char **argv, char **whole_argv)
{
	static struct bm_device device;
	char error[700];
	(void)whole_argv;
	if (!bm_device_options_parse(&device.options, argc, argv, error, sizeof error)) {
		complain(bm_asks_for_json(argc, argv), error);
		return STATUS_WRONG;
	}
	if (device.options.help) {
		fputs(bm_device_usage, stdout);
		return 0;
	}
	if (!set_up(&device, error, sizeof error)) {
		complain(device.options.json, error);
		finish(&device, STATUS_FAILED);
	}
	run(&device);
	finish(&device, 0);
}
