/*
 * Networks for scenarios.
 */
#include "support/network.h"
#include "node/node_state.h"

#include <stdlib.h>
#include <string.h>

#define NET_IDX 0x000

static void provisioner_event(struct bm_world_node *wn, const struct bm_event *event)
{
	struct network *network = wn->user;
	switch (event->kind) {
	case BM_EVENT_PROVISION_CAPS:
		network->method = event->method;
		network->alg = event->alg;
		break;
	case BM_EVENT_PROVISION_ENTER_OOB:
		network->oob_requests++;
		break;
	case BM_EVENT_PROVISION_COMPLETE:
		network->completed++;
		break;
	case BM_EVENT_PROVISION_FAILED:
		network->failed++;
		network->error = event->error;
		network->data_may_be_out = event->data_may_be_out;
		break;
	default:
		break;
	}
}

struct bm_node_config network_provisioner_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.limits.remote_dev_keys = 64;
	config.limits.prov_links = 4;
	config.limits.gatt_links = 4;
	config.limits.proxy_filter = 16;
	config.limits.config_requests = 8;
	config.limits.models = 14;
	config.foundation_clients = BM_FOUNDATION_ALL;
	config.limits.rpl = 256;
	return config;
}

struct network *network_new(uint64_t seed)
{
	struct network *network = calloc(1, sizeof *network);
	network->world = bm_world_new(seed);
	network->next_addr = 0x0002;
	network->answer_oob = true;
	bm_prng_fill(bm_world_prng(network->world), network->net_key, 16);
	bm_prng_fill(bm_world_prng(network->world), network->app_key, 16);
	const struct bm_node_config config = network_provisioner_config();
	network->provisioner = bm_world_add(network->world, &config);
	network->provisioner->user = network;
	network->provisioner->on_event = provisioner_event;
	struct bm_prov_data data = {.addr = 0x0001};
	memcpy(data.net_key, network->net_key, 16);
	uint8_t dev_key[16];
	bm_prng_fill(bm_world_prng(network->world), dev_key, 16);
	if (bm_node_start(network->provisioner->node, 0) ||
	    bm_node_provision_self(network->provisioner->node, &data, dev_key, 0) ||
	    bm_node_add_app_key(network->provisioner->node, NET_IDX, NETWORK_APP_IDX, network->app_key))
		abort();
	return network;
}

void network_free(struct network *network)
{
	bm_world_free(network->world);
	free(network);
}

bm_time network_now(const struct network *network)
{
	return bm_world_now(network->world);
}

static void on_change(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct lamp *lamp = ctx;
	(void)present, (void)opcode, (void)rx, (void)now;
	lamp->changes++;
}

static void on_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	struct lamp *lamp = ctx;
	lamp->statuses++;
	lamp->last_status = status->present;
	lamp->status_src = rx->src;
}

static void on_blob(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct lamp *lamp = model->self;
	(void)rx;
	lamp->blobs++;
	lamp->blob_len = bm_reader_left(params);
	bm_read_copy(params, lamp->blob, lamp->blob_len);
}

static void lamp_event(struct bm_world_node *wn, const struct bm_event *event)
{
	/* The lamp's link to the network under way is its user pointer's neighbour: found through the world. */
	struct network *network = bm_world_at(wn->world, 0)->user;
	if (event->kind == BM_EVENT_OUTPUT_OOB)
		network->shown = event->oob;
}

static void init(struct lamp *lamp, struct network *network, const struct bm_node_config *config, bool extending)
{
	static const struct bm_opcode opcodes[] = {{OP_BLOB, 0, BM_ACCESS_MAX, on_blob}};
	memset(lamp, 0, sizeof *lamp);
	lamp->wn = bm_world_add(network->world, config);
	lamp->wn->user = lamp;
	lamp->wn->on_event = lamp_event;
	bm_onoff_server_init(&lamp->server, false, on_change, lamp);
	bm_onoff_client_init(&lamp->client, on_status, lamp);
	lamp->vendor = (struct bm_model){.id = {.vendor = true, .company = 0x02c4, .id = 0x0001},
					 .opcodes = opcodes,
					 .opcode_count = BM_ARRAY_LEN(opcodes),
					 .self = lamp,
					 .extends = extending ? &lamp->server.model : NULL};
	if (bm_node_add_model(lamp->wn->node, 0, &lamp->server.model) ||
	    bm_node_add_model(lamp->wn->node, 0, &lamp->client.model) ||
	    bm_node_add_model(lamp->wn->node, 0, &lamp->vendor) || bm_node_start(lamp->wn->node, network_now(network)))
		abort();
}

void lamp_init(struct lamp *lamp, struct network *network, const struct bm_node_config *config)
{
	init(lamp, network, config, false);
}

void lamp_init_extending(struct lamp *lamp, struct network *network)
{
	init(lamp, network, NULL, true);
}

void lamp_join(struct lamp *lamp, struct network *network, uint16_t addr)
{
	struct bm_prov_data data = {.addr = addr};
	memcpy(data.net_key, network->net_key, 16);
	uint8_t dev_key[16] = {(uint8_t)(addr >> 8), (uint8_t)addr};
	struct bm_node *node = lamp->wn->node;
	if (bm_node_provision_self(node, &data, dev_key, network_now(network)) ||
	    bm_node_add_app_key(node, NET_IDX, NETWORK_APP_IDX, network->app_key) ||
	    bm_node_bind(node, &lamp->server.model, NETWORK_APP_IDX) ||
	    bm_node_bind(node, &lamp->client.model, NETWORK_APP_IDX) ||
	    bm_node_bind(node, &lamp->vendor, NETWORK_APP_IDX))
		abort();
}

static bool prov_over(void *ctx)
{
	struct network *network = ctx;
	return network->completed + network->failed > 0;
}

static bool prov_over_or_oob(void *ctx)
{
	struct network *network = ctx;
	return prov_over(ctx) || network->oob_requests > 0;
}

uint16_t network_provision(struct network *network, struct lamp *lamp, uint64_t timeout_us)
{
	const uint8_t bearer = network->bearer ? network->bearer : BM_PROV_BEARER_ADV;
	struct bm_provision_params params = {.addr = network->next_addr, .net_idx = NET_IDX, .bearer = bearer};
	struct bm_node *provisioner = network->provisioner->node;
	memcpy(params.uuid, lamp->wn->uuid, sizeof params.uuid);
	network->completed = network->failed = network->oob_requests = 0;
	if (!bm_node_is_provisioned(lamp->wn->node) &&
	    bm_node_prov_enable(lamp->wn->node, bearer, network_now(network)))
		return 0;
	if (bm_node_provision(provisioner, &params, network_now(network)))
		return 0;
	bm_world_run_until(network->world, prov_over_or_oob, network, timeout_us);
	if (network->oob_requests > 0 && network->answer_oob) {
		/* A person reads the number off the lamp, and takes a moment. */
		bm_world_run_for(network->world, 2 * BM_US_PER_S);
		if (bm_node_provision_oob(provisioner, params.uuid, &network->shown, network_now(network)))
			return 0;
	}
	bm_world_run_until(network->world, prov_over, network, timeout_us);
	if (network->completed == 0)
		return 0;
	network->next_addr = (uint16_t)(network->next_addr + bm_node_element_count(lamp->wn->node));
	return params.addr;
}

static void config_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct network *network = ctx;
	(void)opcode, (void)now;
	network->answered = true;
	network->answer = result;
	network->answer_len = len;
	if (params)
		memcpy(network->answer_params, params, len);
}

static bool is_answered(void *ctx)
{
	return ((struct network *)ctx)->answered;
}

static bool await_answer(struct network *network, enum bm_err err)
{
	if (err)
		return false;
	bm_world_run_until(network->world, is_answered, network, 120 * (uint64_t)BM_US_PER_S);
	return network->answered && network->answer == BM_OK;
}

bool network_config(struct network *network, uint16_t dst, uint32_t opcode, const uint8_t *params, size_t len)
{
	network->answered = false;
	return await_answer(network, bm_config_request(network->provisioner->node, NET_IDX, dst, opcode, params, len, 0,
						       config_done, network, network_now(network)));
}

static bool bind(struct network *network, uint16_t addr, const struct bm_model_id *id)
{
	network->answered = false;
	return await_answer(network,
			    bm_config_model_app_bind(network->provisioner->node, NET_IDX, addr, addr, NETWORK_APP_IDX,
						     id, config_done, network, network_now(network))) &&
	       network->answer_params[0] == BM_CONFIG_SUCCESS;
}

bool network_configure(struct network *network, uint16_t addr)
{
	network->answered = false;
	return await_answer(network,
			    bm_config_app_key_add(network->provisioner->node, NET_IDX, addr, NETWORK_APP_IDX,
						  network->app_key, config_done, network, network_now(network))) &&
	       network->answer_params[0] == BM_CONFIG_SUCCESS &&
	       bind(network, addr, &(struct bm_model_id){.id = 0x1000}) &&
	       bind(network, addr, &(struct bm_model_id){.id = 0x1001}) &&
	       bind(network, addr, &(struct bm_model_id){.vendor = true, .company = 0x02c4, .id = 0x0001});
}

bool network_configure_solicitations(struct network *network, uint16_t addr)
{
	struct bm_node *own = network->provisioner->node;
	network->answered = false;
	if (!await_answer(network, bm_config_app_key_add(own, NET_IDX, addr, NETWORK_APP_IDX, network->app_key,
							 config_done, network, network_now(network))) ||
	    !bind(network, addr, &(struct bm_model_id){.id = 0x0014}))
		return false;
	struct bm_model *client = &own->config_client->solicitation_rpl;
	return bm_model_is_bound(client, NETWORK_APP_IDX) || bm_node_bind(own, client, NETWORK_APP_IDX) == BM_OK;
}

struct bm_tx tx_to(uint16_t dst)
{
	return (struct bm_tx){.dst = dst, .app_idx = NETWORK_APP_IDX, .ttl = BM_TTL_DEFAULT};
}

static void blob_sent(void *ctx, enum bm_err result, bm_time now)
{
	struct lamp *lamp = ctx;
	(void)now;
	lamp->sent++;
	lamp->sent_result = result;
}

enum bm_err lamp_send_blob(struct lamp *lamp, const struct bm_tx *tx, size_t len)
{
	uint8_t payload[BM_ACCESS_MAX + 1];
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	bm_put_opcode(&w, OP_BLOB);
	for (size_t i = 0; i + 3 < len; i++)
		bm_put_u8(&w, (uint8_t)(i * 7 + len));
	struct bm_tx told = *tx;
	told.done = blob_sent;
	told.done_ctx = lamp;
	return bm_model_send(&lamp->vendor, &told, payload, len, bm_world_now(lamp->wn->world));
}

static void record(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct recorder *recorder = ctx;
	(void)now;
	if (recorder->count == BM_ARRAY_LEN(recorder->frames) || frame->kind != BM_FRAME_ADV)
		return;
	recorder->frames[recorder->count].len = (uint8_t)frame->len;
	memcpy(recorder->frames[recorder->count].octets, frame->octets, frame->len);
	recorder->count++;
}

void recorder_attach(struct recorder *recorder, struct network *network)
{
	recorder->count = 0;
	bm_medium_set_sniffer(bm_world_medium(network->world), record, recorder);
}
