/*
 * A node, a station and an actor for each device.
 */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX 8

struct device {
	struct bm_runtime *rt;
	struct bm_node *node;
	struct bm_actor actor;
	bool types;
	const char *file; /* for its output */
};

static struct device devices[DEVICES_MAX];
static size_t device_count;
static const uint8_t static_oob[] = "sixteen octets..";
/* MshPRT 8.7.6: the device's private key of the sample data. */
static const uint8_t private_key[32] = {0x52, 0x9a, 0xa0, 0x67, 0x0d, 0x72, 0xcd, 0x64, 0x97, 0x50, 0x2e,
					0xd4, 0x73, 0x50, 0x2b, 0x03, 0x7e, 0x88, 0x03, 0xb5, 0xc6, 0x08,
					0x29, 0xa5, 0xa3, 0xca, 0xa2, 0x19, 0x50, 0x55, 0x30, 0xba};

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct device *device = ctx;
	bm_node_receive(device->node, ad_type, payload, len, rssi, now);
}

static void show(const struct device *device, uint32_t number)
{
	FILE *file = fopen(device->file, "w");
	if (!file)
		abort();
	fprintf(file, "%u", (unsigned)number);
	fclose(file);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct device *device = ctx;
	if (event->kind == BM_EVENT_OUTPUT_OOB)
		show(device, event->oob.number);
	if (event->kind == BM_EVENT_INPUT_OOB)
		device->types = true;
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	struct device *device = ctx;
	bm_runtime_random(device->rt, out, len);
}

static bm_time deadline(void *ctx)
{
	const struct device *device = ctx;
	return bm_node_deadline(device->node);
}

static void run(void *ctx, bm_time now)
{
	struct device *device = ctx;
	bm_node_run(device->node, now);
}

void device_hears(const char *text)
{
	for (size_t i = 0; i < device_count; i++) {
		struct bm_oob_value value = {.is_text = true};
		if (!devices[i].types || strncmp(text, "type ", 5) != 0)
			continue;
		snprintf(value.text, sizeof value.text, "%s", text + 5);
		if (bm_node_input_oob(devices[i].node, &value, bm_runtime_now(devices[i].rt)) != BM_OK)
			abort();
		devices[i].types = false;
	}
}

static uint8_t configure(struct bm_node_config *config, const char *kind)
{
	if (strcmp(kind, "static") == 0) {
		config->foundation = BM_FOUNDATION_OPCODES_AGGREGATOR;
		config->caps.oob_type = BM_PROV_OOB_TYPE_STATIC;
		config->static_oob = static_oob;
		config->static_oob_len = 16;
		return 1;
	}
	if (strncmp(kind, "number@", 7) == 0) {
		config->caps.output_size = 6;
		config->caps.output_actions = 1u << BM_PROV_OUTPUT_NUMERIC;
		return 2;
	}
	if (strcmp(kind, "text") == 0) {
		config->caps.input_size = 8;
		config->caps.input_actions = 1u << BM_PROV_INPUT_TEXT;
		return 3;
	}
	if (strcmp(kind, "key") == 0) {
		config->caps.public_key_type = BM_PROV_PUBLIC_KEY_OOB;
		config->oob_private_key = private_key;
		return 4;
	}
	config->limits.elements = 3;
	return 5;
}

void add_device(struct bm_runtime *rt, const char *kind)
{
	static const struct bm_station_ops station_ops = {.receive = on_receive};
	struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT,
					.default_ttl = 7,
					.network_transmit = 0x0a,
					.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC}};
	struct device *device = &devices[device_count++];
	const uint8_t number = configure(&config, kind);
	const uint8_t addr[6] = {0xc0, number};
	const struct bm_node_ops ops = {.ctx = device, .random = on_random, .event = on_event};
	const size_t size = bm_node_size(&config.limits);
	void *memory = malloc(size);
	uint8_t index;
	device->rt = rt;
	device->file = strchr(kind, '@') ? strchr(kind, '@') + 1 : "/dev/null";
	memset(config.uuid, number, sizeof config.uuid);
	struct bm_station *station = bm_medium_join(bm_runtime_medium(rt), addr, &station_ops, device);
	const struct bm_bearer bearer = bm_station_bearer(station);
	bool ok = memory && bm_node_init(memory, size, &config, &ops, &bearer, &device->node) == BM_OK;
	for (unsigned i = 1; i < config.limits.elements; i++)
		ok = ok && bm_node_add_element(device->node, 0, &index) == BM_OK;
	if (!ok || bm_node_start(device->node, 0) != BM_OK ||
	    bm_node_prov_enable(device->node, BM_PROV_BEARER_ADV, 0) != BM_OK)
		exit(2);
	device->actor = (struct bm_actor){.deadline = deadline, .run = run, .ctx = device};
	bm_runtime_add_actor(rt, &device->actor);
}
