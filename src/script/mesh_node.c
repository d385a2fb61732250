/*
 * What a board's node can do, from what its script asked for; and the end of one that came to nothing.
 */
#include "script/mesh_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "script/board.h"
#include "script/mesh_api.h"
#include "script/mesh_model.h"

/* As the original boards: company, three transmissions 20 ms apart (count − 1, 10 ms steps − 1). */
#define COMPANY 0x02c4u
#define TRANSMIT_3_EVERY_20_MS 0x0au
#define FOUNDATION_MODELS 2u
#define FRIEND_LPNS 8u
#define FRIEND_QUEUE 64u
#define FRIEND_SUBSCRIPTIONS 32u
#define GATT_LINKS 4u
#define PROXY_FILTER 16u

/* As many low power nodes as a board has room for, and room for what they miss in a minute. */
static void set_features(struct bm_node_config *config, uint16_t features)
{
	if (features & BM_MESH_RELAY)
		config->features |= BM_FEATURE_RELAY;
	if (features & BM_MESH_GATT_PROXY)
		config->features |= BM_FEATURE_PROXY;
	if (features & BM_MESH_FRIEND) {
		config->features |= BM_FEATURE_FRIEND;
		config->limits.friend_lpns = FRIEND_LPNS;
		config->limits.friend_queue = FRIEND_QUEUE;
		config->limits.friend_subscriptions = FRIEND_SUBSCRIPTIONS;
	}
	if (features & BM_MESH_LOW_POWER) {
		config->features |= BM_FEATURE_LOW_POWER;
		config->limits.low_power = 1;
	}
}

/* What the sensors of one element keep at most: cadences and settings (bm_sensor_setup_server). */
#define KEPT_HEADER 5u
#define KEPT_CADENCE (KEPT_HEADER + 4u + 4u * BM_SENSOR_CADENCE_RAW_MAX)
#define KEPT_SENSOR (KEPT_CADENCE + BM_MESH_SETTINGS_MAX * (KEPT_HEADER + BM_SENSOR_VALUE_MAX))
#define KEPT_MAX (16u + BM_MESH_SENSORS_MAX * KEPT_SENSOR)

static bool has_sensor_setup(const struct bm_mesh *mesh)
{
	for (size_t i = 0; i < mesh->model_count; i++)
		if (mesh->models[i].type == BM_MESH_SENSOR_SETUP && mesh->models[i].role == BM_MESH_SERVER)
			return true;
	return false;
}

struct bm_node_config bm_mesh_node_config(const struct bm_board *board, int64_t auth)
{
	const struct bm_script_element *primary = &board->mesh.elements[0];
	struct bm_node_config config = {
		.limits = BM_LIMITS_DEFAULT,
		.company = COMPANY,
		.beacon = primary->beacon,
		.default_ttl = primary->ttl,
		.network_transmit = TRANSMIT_3_EVERY_20_MS,
		.relay_retransmit = TRANSMIT_3_EVERY_20_MS,
		.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC},
	};
	config.limits.elements = (uint8_t)(1 + board->mesh.secondaries);
	/* A SENSOR_SETUP model may bring a Sensor Server along. */
	const size_t models = 2 * board->mesh.model_count + FOUNDATION_MODELS;
	if (config.limits.models < models)
		config.limits.models = (uint16_t)models;
	memcpy(config.uuid, board->uuid, sizeof config.uuid);
	set_features(&config, primary->features);
	config.name = board->mesh.name;
	config.limits.gatt_links = GATT_LINKS;
	config.limits.proxy_filter = PROXY_FILTER;
	config.limits.state_len = has_sensor_setup(&board->mesh) ? KEPT_MAX : 0;
	if (auth & BM_MESH_OOB_OUTPUT) {
		config.caps.output_size = 1;
		config.caps.output_actions = 1u << BM_PROV_BLINK;
	}
	if (auth & BM_MESH_OOB_INPUT) {
		config.caps.input_size = 1;
		config.caps.input_actions = 1u << BM_PROV_PUSH;
	}
	return config;
}

void bm_mesh_drop_node(struct bm_board *board)
{
	struct bm_mesh *mesh = &board->mesh;
	if (mesh->memory)
		bm_wipe(mesh->memory, mesh->memory_size);
	free(mesh->memory);
	mesh->memory = NULL;
}
