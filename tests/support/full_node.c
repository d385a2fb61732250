/*
 * A node with every model of the library.
 */
#include "support/full_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

#define DEV_KEY(addr)                                                  \
	{                                                              \
		(uint8_t)((addr) >> 8), (uint8_t)(addr), 0xde, 0x1c, 1 \
	}

static void on_trace(struct bm_world_node *wn, const struct bm_trace *trace)
{
	struct full_node *full = wn->user;
	if (trace->kind != BM_TRACE_ACCESS_RX)
		return;
	full->heard++;
	full->heard_src = trace->src;
	full->len = trace->len;
	memcpy(full->payload, trace->octets, trace->len);
}

static void on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	struct full_node *full = wn->user;
	if (event->kind != BM_EVENT_ATTENTION)
		return;
	full->attention = event->seconds;
	full->attentions++;
}

/* One test finds a fault, another one more than fit into an unsegmented message. */
static bool on_test(struct bm_health_server *server, uint16_t company, uint8_t test_id, bm_time now)
{
	if (test_id != FULL_TEST)
		return test_id == BM_HEALTH_TEST_STANDARD;
	for (uint8_t i = 0; i < FULL_MANY_FAULTS; i++)
		if (bm_health_server_fault(server, company, (uint8_t)(FULL_FAULT + i), now))
			abort();
	return true;
}

static void on_store(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct full_node *full = model->self;
	uint8_t answer[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(answer, sizeof answer);
	full->stores++;
	full->stored_len = bm_reader_left(params);
	bm_read_copy(params, full->stored, full->stored_len);
	if (rx->opcode != OP_VENDOR_STORE)
		return;
	bm_put_opcode(&w, OP_VENDOR_STORED);
	bm_put_octets(&w, full->stored, full->stored_len);
	/* Too many may wait already. */
	full->unanswered += bm_model_reply(model, rx, answer, bm_writer_len(&w)) != BM_OK;
}

static void on_stored(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)model, (void)rx, (void)params;
}

static void vendor_publish(struct bm_model *model, bm_time now)
{
	struct full_node *full = model->self;
	uint8_t payload[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	bm_put_opcode(&w, OP_VENDOR_STORED);
	bm_put_octets(&w, full->stored, full->stored_len);
	if (bm_model_publish(model, payload, bm_writer_len(&w), now))
		abort();
}

static void init_sensors(struct full_node *full)
{
	/* Average Ambient Temperature In A Period Of Day: a temperature, when it begins and when it ends. */
	static const struct bm_sensor_column columns[] = {{{0xec}, {20}, {1}}, {{0}, {40}, {3}}};
	full->setting = (struct bm_sensor_setting){FULL_SETTING, BM_SENSOR_SETTING_READ_WRITE, full->setting_raw, 2,
						   false};
	full->series = (struct bm_sensor_series){columns, BM_ARRAY_LEN(columns), 1, 1, true};
	full->sensors[0] = (struct bm_sensor){
		.property_id = 0x0001, .raw = {42, 80, 120}, .len = 3, .series = &full->series};
	full->sensors[1] = (struct bm_sensor){.property_id = 0x004f, /* Present Ambient Temperature, Temperature 8 */
					      .raw = {43},           /* 21.5 °C */
					      .len = 1,
					      .descriptor = {0x123, 0x456, 1, 64, 80},
					      .cadence = &full->cadence,
					      .settings = &full->setting,
					      .setting_count = 1};
	full->sensors[2] = (struct bm_sensor){.property_id = 0x0054, .raw = {0x34, 0x12}, .len = 2};
	bm_sensor_server_init(&full->sensor, full->sensors, BM_ARRAY_LEN(full->sensors));
	bm_sensor_setup_server_init(&full->sensor_setup, &full->sensor);
}

static void init_vendor(struct full_node *full)
{
	static const struct bm_opcode opcodes[] = {{OP_VENDOR_STORE, 0, BM_ACCESS_MAX - 3, on_store},
						   {OP_VENDOR_STORE_UNACK, 0, BM_ACCESS_MAX - 3, on_store},
						   {OP_VENDOR_STORED, 0, BM_ACCESS_MAX - 3, on_stored}};
	static const struct bm_model_ops ops = {.publish = vendor_publish};
	full->vendor = (struct bm_model){.id = {.vendor = true, .company = FULL_COMPANY, .id = 0x0042},
					 .opcodes = opcodes,
					 .opcode_count = BM_ARRAY_LEN(opcodes),
					 .ops = &ops,
					 .self = full};
}

static void add(struct full_node *full, uint8_t element, struct bm_model *model)
{
	if (bm_node_add_model(full->wn->node, element, model))
		abort();
	full->models[full->model_count++] = model;
}

static void add_models(struct full_node *full)
{
	static const struct bm_health_server_ops health = {.test = on_test};
	static const struct bm_health_client_ops health_client;
	uint8_t secondary;
	bm_onoff_server_init(&full->onoff, false, NULL, NULL);
	bm_onoff_server_init(&full->second, false, NULL, NULL);
	bm_level_server_init(&full->level, 0, NULL, NULL);
	bm_default_transition_time_server_init(&full->default_time, NULL, NULL);
	bm_onoff_server_use_default_transition_time(&full->onoff, &full->default_time);
	bm_level_server_use_default_transition_time(&full->level, &full->default_time);
	bm_onoff_client_init(&full->onoff_client, NULL, NULL);
	bm_level_client_init(&full->level_client, NULL, NULL);
	bm_default_transition_time_client_init(&full->default_time_client, NULL, NULL);
	bm_sensor_client_init(&full->sensor_client, NULL, NULL);
	bm_health_client_init(&full->health_client, &health_client, NULL);
	init_sensors(full);
	init_vendor(full);
	struct bm_model *const models[] = {&full->onoff.model,
					   &full->level.model,
					   &full->default_time.model,
					   &full->sensor.model,
					   &full->sensor_setup.model,
					   &full->onoff_client.model,
					   &full->level_client.model,
					   &full->default_time_client.model,
					   &full->sensor_client.model,
					   &full->health_client.model,
					   &full->vendor};
	for (size_t i = 0; i < BM_ARRAY_LEN(models); i++)
		add(full, 0, models[i]);
	if (bm_node_add_element(full->wn->node, 0x0100, &secondary))
		abort();
	add(full, secondary, &full->second.model);
	bm_node_health_server(full->wn->node)->ops = &health;
}

struct bm_node_config full_node_config(void)
{
	struct bm_node_config config = bm_world_config();
	config.limits.elements = 2;
	config.limits.models = 24;
	config.limits.config_requests = 2;
	config.company = FULL_COMPANY;
	return config;
}

void full_node_rejoin(struct full_node *full, uint16_t addr)
{
	struct bm_node *node = full->wn->node;
	const uint8_t dev_key[BM_KEY_LEN] = DEV_KEY(addr);
	const bm_time now = network_now(full->network);
	struct bm_prov_data data = {.addr = addr};
	full->addr = addr;
	memcpy(data.net_key, full->network->net_key, BM_KEY_LEN);
	if (bm_node_provision_self(node, &data, dev_key, now) ||
	    bm_node_add_app_key(node, BM_NET_IDX_PRIMARY, NETWORK_APP_IDX, full->network->app_key) ||
	    bm_node_bind(node, &bm_node_health_server(node)->model, NETWORK_APP_IDX) ||
	    bm_node_add_dev_key(full->network->provisioner->node, addr, 2, dev_key))
		abort();
	for (size_t i = 0; i < full->model_count; i++)
		if (bm_node_bind(node, full->models[i], NETWORK_APP_IDX))
			abort();
}

void full_node_join(struct full_node *full, struct network *network, uint16_t addr)
{
	const struct bm_node_config config = full_node_config();
	full_node_join_with(full, network, addr, &config);
}

void full_node_join_with(struct full_node *full, struct network *network, uint16_t addr,
			 const struct bm_node_config *config)
{
	memset(full, 0, sizeof *full);
	full->network = network;
	full->wn = bm_world_add(network->world, config);
	full->wn->user = full;
	full->wn->on_trace = on_trace;
	full->wn->on_event = on_event;
	add_models(full);
	if (bm_node_start(full->wn->node, network_now(network)))
		abort();
	full_node_rejoin(full, addr);
}

/* The client that takes this status. */
static struct bm_model *client_of(struct full_node *full, uint32_t status)
{
	for (size_t i = 0; i < full->model_count; i++)
		for (size_t row = 0; row < full->models[i]->opcode_count; row++)
			if (full->models[i]->opcodes[row].opcode == status)
				return full->models[i];
	fail_msg("no model takes %x", (unsigned)status);
	return NULL;
}

static void on_done(void *ctx, enum bm_err result, bm_time now)
{
	struct full_node *full = ctx;
	(void)now;
	full->result = result;
	full->done++;
}

static bool is_done(void *ctx)
{
	return ((struct full_node *)ctx)->done > 0;
}

enum bm_err full_node_ask(struct full_node *full, uint16_t dst, const char *hex, uint32_t status)
{
	uint8_t payload[BM_REQUEST_MAX];
	const size_t len = hex_decode(hex, payload, sizeof payload);
	const struct bm_tx tx = tx_to(dst);
	struct bm_request request;
	bm_request_init(&request);
	full->done = 0;
	const enum bm_err err = bm_request_send(&request, client_of(full, status), &tx, payload, len, status,
						20 * BM_US_PER_S, on_done, full, network_now(full->network));
	if (err)
		return err;
	bm_world_run_until(full->network->world, is_done, full, 30 * BM_US_PER_S);
	return full->result;
}

void full_node_expect(struct full_node *full, uint16_t dst, const char *hex, const char *answer)
{
	uint8_t expected[BM_ACCESS_MAX];
	const size_t len = hex_decode(answer, expected, sizeof expected);
	struct bm_reader r = bm_reader_of(expected, len);
	uint32_t status = bm_read_u8(&r);
	if (status >= 0xc0)
		status = status << 16 | bm_read_le16(&r);
	else if (status >= 0x80)
		status = status << 8 | bm_read_u8(&r);
	const enum bm_err err = full_node_ask(full, dst, hex, status);
	if (err)
		fail_msg("%s: %s", hex, bm_err_text(err));
	assert_int_equal(full->heard_src, dst);
	assert_octets(full->payload, full->len, expected, len);
}

void full_node_say(struct full_node *full, const struct bm_tx *tx, const char *hex)
{
	uint8_t payload[BM_ACCESS_MAX];
	const size_t len = hex_decode(hex, payload, sizeof payload);
	assert_int_equal(bm_model_send(&full->vendor, tx, payload, len, network_now(full->network)), BM_OK);
}

void full_node_configure(struct full_node *full, uint32_t opcode, const char *params, const char *answer)
{
	uint8_t octets[BM_ACCESS_MAX];
	const size_t len = hex_decode(params, octets, sizeof octets);
	if (!network_config(full->network, full->addr, opcode, octets, len))
		fail_msg("%x %s: %s", (unsigned)opcode, params, bm_err_text(full->network->answer));
	if (answer)
		assert_hex(full->network->answer_params, full->network->answer_len, answer);
}
