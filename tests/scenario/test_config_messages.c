/* A configuring program asks and sets everything a node has, by the names of the messages, and reads the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/config_messages.h"
#include "pdu/messages.h"
#include "support/network.h"

#define LAMP 2
#define GROUP 0xc123

static struct network *network;
static struct lamp lamp;
static bool told;
static enum bm_err result;
static struct bm_config_answer answer;
static uint8_t octets[BM_ACCESS_MAX]; /* what answer points into */
static bool sent[0x10000];            /* opcodes */

static const struct bm_model_id ONOFF = {.id = 0x1000}, VENDOR = {.vendor = true, .company = 0x02c4, .id = 0x0001};
static const uint8_t KEY[16] = {1, 2, 3}, OTHER_KEY[16] = {4, 5, 6}, LABEL[16] = {7, 8, 9};

static void watch(struct bm_world_node *wn, const struct bm_trace *trace)
{
	(void)wn;
	uint32_t opcode;
	struct bm_reader r = bm_reader_of(trace->octets, trace->len);
	if (trace->kind == BM_TRACE_ACCESS_TX && bm_opcode_read(&r, &opcode) == BM_OK && opcode <= 0xffff)
		sent[opcode] = true;
}

static void done(void *ctx, enum bm_err err, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	(void)ctx, (void)now;
	told = true;
	result = err;
	if (err)
		return;
	memcpy(octets, params, len);
	assert_int_equal(bm_config_answer_read(opcode, octets, len, &answer), BM_OK);
}

static bool is_told(void *ctx)
{
	(void)ctx;
	return told;
}

/* Waits for the answer, which must be of that opcode. */
static void await(enum bm_err err, enum bm_config_opcode opcode)
{
	assert_int_equal(err, BM_OK);
	assert_true(bm_world_run_until(network->world, is_told, NULL, 30 * (uint64_t)BM_US_PER_S));
	assert_int_equal(result, BM_OK);
	assert_int_equal(answer.opcode, opcode);
	told = false;
}

#define TO network->provisioner->node, 0, LAMP
#define TELL done, NULL, network_now(network)
#define ASK(message, function, ...)                                               \
	do {                                                                      \
		await(bm_config_##function(__VA_ARGS__), BM_OP_CONFIG_##message); \
		assert_int_equal(answer.status, BM_CONFIG_SUCCESS);               \
	} while (0)

static int set_up(void **state)
{
	(void)state;
	network = network_new(7);
	network->provisioner->on_trace = watch;
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_RELAY;
	lamp_init(&lamp, network, &config);
	assert_int_equal(network_provision(network, &lamp, 60 * (uint64_t)BM_US_PER_S), LAMP);
	told = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	network_free(network);
	return 0;
}

static void the_nodes_own_states(void)
{
	ASK(COMPOSITION_DATA_STATUS, composition_get, TO, 0, TELL);
	struct bm_composition composition;
	assert_int_equal(answer.composition.page, 0);
	assert_int_equal(bm_composition_read(&composition, answer.composition.data, answer.composition.len), BM_OK);
	assert_int_equal(composition.features, BM_FEATURE_RELAY);
	ASK(BEACON_STATUS, beacon_set, TO, true, TELL);
	assert_true(answer.beacon);
	ASK(BEACON_STATUS, beacon_set, TO, false, TELL);
	ASK(BEACON_STATUS, beacon_get, TO, TELL);
	assert_false(answer.beacon);
	ASK(DEFAULT_TTL_STATUS, default_ttl_set, TO, 9, TELL);
	ASK(DEFAULT_TTL_STATUS, default_ttl_get, TO, TELL);
	assert_int_equal(answer.default_ttl, 9);
	ASK(FRIEND_STATUS, friend_get, TO, TELL);
	assert_int_equal(answer.feature, BM_CONFIG_FEATURE_ABSENT);
	ASK(FRIEND_STATUS, friend_set, TO, BM_CONFIG_FEATURE_ON, TELL);
	assert_int_equal(answer.feature, BM_CONFIG_FEATURE_ABSENT);
	ASK(GATT_PROXY_STATUS, gatt_proxy_get, TO, TELL);
	ASK(GATT_PROXY_STATUS, gatt_proxy_set, TO, BM_CONFIG_FEATURE_OFF, TELL);
	assert_int_not_equal(answer.feature, BM_CONFIG_FEATURE_ON);
	const struct bm_config_transmit often = {.count = 3, .interval_ms = 70},
					most = {.count = 7, .interval_ms = 320};
	ASK(RELAY_STATUS, relay_set, TO, BM_CONFIG_FEATURE_OFF, &often, TELL);
	ASK(RELAY_STATUS, relay_get, TO, TELL);
	assert_int_equal(answer.relay.feature, BM_CONFIG_FEATURE_OFF);
	assert_int_equal(answer.relay.retransmit.count, 3);
	assert_int_equal(answer.relay.retransmit.interval_ms, 70);
	ASK(NETWORK_TRANSMIT_STATUS, network_transmit_set, TO, &most, TELL);
	ASK(NETWORK_TRANSMIT_STATUS, network_transmit_get, TO, TELL);
	assert_int_equal(answer.network_transmit.count, 7);
	assert_int_equal(answer.network_transmit.interval_ms, 320);
	ASK(LOW_POWER_NODE_POLL_TIMEOUT_STATUS, poll_timeout_get, TO, 0x0555, TELL);
	assert_int_equal(answer.poll_timeout.lpn_addr, 0x0555);
	assert_int_equal(answer.poll_timeout.poll_timeout_ms, 0);
}

static void assert_indexes(struct bm_config_indexes *list, const uint16_t *wanted, size_t count)
{
	uint16_t index;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(bm_config_next_index(list, &index), BM_OK);
		assert_int_equal(index, wanted[i]);
	}
	assert_int_equal(bm_config_next_index(list, &index), BM_ERR_NOT_FOUND);
}

static void net_keys(void)
{
	ASK(NET_KEY_STATUS, net_key_add, TO, 0xabc, KEY, TELL);
	assert_int_equal(answer.key.net_idx, 0xabc);
	ASK(NET_KEY_STATUS, net_key_add, TO, 0x123, OTHER_KEY, TELL);
	ASK(NET_KEY_LIST, net_key_get, TO, TELL);
	assert_indexes(&answer.key.indexes, (const uint16_t[]){0, 0xabc, 0x123}, 3);
	ASK(KEY_REFRESH_PHASE_STATUS, key_refresh_phase_get, TO, 0xabc, TELL);
	assert_int_equal(answer.key.phase, 0);
	ASK(NET_KEY_STATUS, net_key_update, TO, 0xabc, LABEL, TELL);
	ASK(KEY_REFRESH_PHASE_STATUS, key_refresh_phase_set, TO, 0xabc, 2, TELL);
	assert_int_equal(answer.key.net_idx, 0xabc);
	assert_int_equal(answer.key.phase, 2);
	ASK(KEY_REFRESH_PHASE_STATUS, key_refresh_phase_set, TO, 0xabc, 3, TELL);
	assert_int_equal(answer.key.phase, 0);
	ASK(NODE_IDENTITY_STATUS, node_identity_get, TO, 0x123, TELL);
	assert_int_equal(answer.key.net_idx, 0x123);
	await(bm_config_node_identity_set(TO, 0x123, BM_CONFIG_FEATURE_OFF, TELL), BM_OP_CONFIG_NODE_IDENTITY_STATUS);
	assert_int_equal(answer.key.net_idx, 0x123);
	ASK(NET_KEY_STATUS, net_key_delete, TO, 0x123, TELL);
	ASK(NET_KEY_LIST, net_key_get, TO, TELL);
	assert_indexes(&answer.key.indexes, (const uint16_t[]){0, 0xabc}, 2);
	await(bm_config_key_refresh_phase_get(TO, 0x123, TELL), BM_OP_CONFIG_KEY_REFRESH_PHASE_STATUS);
	assert_int_equal(answer.status, BM_CONFIG_INVALID_NET_KEY_INDEX);
}

static void app_keys_and_bindings(void)
{
	ASK(APP_KEY_STATUS, app_key_add, TO, 0x077, KEY, TELL);
	assert_int_equal(answer.key.net_idx, 0);
	assert_int_equal(answer.key.app_idx, 0x077);
	ASK(APP_KEY_STATUS, app_key_add, TO, 0x088, OTHER_KEY, TELL);
	ASK(APP_KEY_LIST, app_key_get, TO, 0, TELL);
	assert_indexes(&answer.key.indexes, (const uint16_t[]){0x077, 0x088}, 2);
	/* Outside a Key Refresh the key can only be what it is. */
	await(bm_config_app_key_update(TO, 0, 0x088, KEY, TELL), BM_OP_CONFIG_APP_KEY_STATUS);
	assert_int_equal(answer.status, BM_CONFIG_CANNOT_UPDATE);
	ASK(MODEL_APP_STATUS, model_app_bind, TO, LAMP, 0x077, &VENDOR, TELL);
	assert_true(answer.model.id.vendor);
	ASK(MODEL_APP_STATUS, model_app_bind, TO, LAMP, 0x077, &ONOFF, TELL);
	ASK(MODEL_APP_STATUS, model_app_bind, TO, LAMP, 0x088, &ONOFF, TELL);
	assert_int_equal(answer.model.element_addr, LAMP);
	assert_int_equal(answer.model.app_idx, 0x088);
	assert_int_equal(answer.model.id.id, ONOFF.id);
	ASK(SIG_MODEL_APP_LIST, model_app_get, TO, LAMP, &ONOFF, TELL);
	assert_indexes(&answer.model.indexes, (const uint16_t[]){0x077, 0x088}, 2);
	ASK(VENDOR_MODEL_APP_LIST, model_app_get, TO, LAMP, &VENDOR, TELL);
	assert_int_equal(answer.model.id.company, VENDOR.company);
	assert_indexes(&answer.model.indexes, (const uint16_t[]){0x077}, 1);
	ASK(MODEL_APP_STATUS, model_app_unbind, TO, LAMP, 0x088, &ONOFF, TELL);
	ASK(SIG_MODEL_APP_LIST, model_app_get, TO, LAMP, &ONOFF, TELL);
	assert_indexes(&answer.model.indexes, (const uint16_t[]){0x077}, 1);
	ASK(APP_KEY_STATUS, app_key_delete, TO, 0, 0x088, TELL);
}

static void publications(void)
{
	const struct bm_config_publication wish = {.addr = GROUP,
						   .app_idx = 0x077,
						   .ttl = 5,
						   .period_ms = 90000,
						   .retransmit_count = 2,
						   .retransmit_interval_ms = 150};
	ASK(MODEL_PUBLICATION_STATUS, publication_set, TO, LAMP, &ONOFF, &wish, TELL);
	ASK(MODEL_PUBLICATION_STATUS, publication_get, TO, LAMP, &ONOFF, TELL);
	const struct bm_config_publication *has = &answer.model.publication;
	assert_int_equal(answer.model.element_addr, LAMP);
	assert_int_equal(has->addr, GROUP);
	assert_int_equal(has->app_idx, 0x077);
	assert_int_equal(has->ttl, 5);
	assert_int_equal(has->period_ms, 90000);
	assert_int_equal(has->retransmit_count, 2);
	assert_int_equal(has->retransmit_interval_ms, 150);
	assert_false(has->friendship_credentials);
	const struct bm_config_publication to_label = {.label = LABEL, .app_idx = 0x077, .ttl = BM_TTL_DEFAULT};
	ASK(MODEL_PUBLICATION_STATUS, publication_set, TO, LAMP, &VENDOR, &to_label, TELL);
	assert_true(bm_addr_is_virtual(answer.model.publication.addr));
	assert_true(answer.model.id.vendor);
}

static void assert_addrs(const uint16_t *wanted, size_t count)
{
	uint16_t addr;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(bm_config_next_addr(&answer.model.addrs, &addr), BM_OK);
		assert_int_equal(addr, wanted[i]);
	}
	assert_int_equal(bm_config_next_addr(&answer.model.addrs, &addr), BM_ERR_NOT_FOUND);
}

static void subscriptions(void)
{
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_add, TO, LAMP, GROUP, &ONOFF, TELL);
	assert_int_equal(answer.model.addr, GROUP);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_label_add, TO, LAMP, LABEL, &ONOFF, TELL);
	const uint16_t virtual_addr = answer.model.addr;
	assert_true(bm_addr_is_virtual(virtual_addr));
	ASK(SIG_MODEL_SUBSCRIPTION_LIST, subscription_get, TO, LAMP, &ONOFF, TELL);
	assert_addrs((const uint16_t[]){GROUP, virtual_addr}, 2);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_delete, TO, LAMP, GROUP, &ONOFF, TELL);
	ASK(SIG_MODEL_SUBSCRIPTION_LIST, subscription_get, TO, LAMP, &ONOFF, TELL);
	assert_addrs(&virtual_addr, 1);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_label_delete, TO, LAMP, LABEL, &ONOFF, TELL);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_overwrite, TO, LAMP, GROUP + 1, &VENDOR, TELL);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_label_overwrite, TO, LAMP, LABEL, &VENDOR, TELL);
	ASK(VENDOR_MODEL_SUBSCRIPTION_LIST, subscription_get, TO, LAMP, &VENDOR, TELL);
	assert_int_equal(answer.model.id.company, VENDOR.company);
	assert_addrs(&virtual_addr, 1);
	ASK(MODEL_SUBSCRIPTION_STATUS, subscription_delete_all, TO, LAMP, &VENDOR, TELL);
	ASK(VENDOR_MODEL_SUBSCRIPTION_LIST, subscription_get, TO, LAMP, &VENDOR, TELL);
	assert_addrs(NULL, 0);
}

static void heartbeats(void)
{
	const struct bm_config_heartbeat_publication wish = {
		.dst = GROUP, .count_log = 0xff, .period_log = 0x0b, .ttl = 4, .features = BM_FEATURE_RELAY};
	ASK(HEARTBEAT_PUBLICATION_STATUS, heartbeat_publication_set, TO, &wish, TELL);
	ASK(HEARTBEAT_PUBLICATION_STATUS, heartbeat_publication_get, TO, TELL);
	assert_memory_equal(&answer.heartbeat_publication, &wish, sizeof wish);
	ASK(HEARTBEAT_SUBSCRIPTION_STATUS, heartbeat_subscription_set, TO, 0x0001, LAMP, 0x0a, TELL);
	ASK(HEARTBEAT_SUBSCRIPTION_STATUS, heartbeat_subscription_get, TO, TELL);
	assert_int_equal(answer.heartbeat_subscription.src, 0x0001);
	assert_int_equal(answer.heartbeat_subscription.dst, LAMP);
	assert_in_range(answer.heartbeat_subscription.period_log, 9, 0x0a);
	assert_int_equal(answer.heartbeat_subscription.count_log, 0);
}

/* Every message of the Configuration models is a request sent by now, or one of the answers. */
static void assert_every_message_has_a_name(void)
{
	unsigned requests = 0, answers = 0;
	for (uint32_t opcode = 0; opcode <= 0xffff; opcode++) {
		const struct bm_message *message = bm_message_find(opcode);
		if (!message || strncmp(message->name, "Config ", 7) != 0)
			continue;
		const uint8_t none[1] = {0};
		if (bm_config_answer_read(opcode, none, 0, &answer) != BM_ERR_INVALID) {
			answers++;
			continue;
		}
		if (!sent[opcode])
			fail_msg("%s was not sent", message->name);
		requests++;
	}
	assert_int_equal(answers, 24);
	assert_int_equal(requests, 47);
}

static void test_every_configuration_message_is_sent_by_its_name_and_its_status_read(void **state)
{
	(void)state;
	the_nodes_own_states();
	net_keys();
	app_keys_and_bindings();
	publications();
	subscriptions();
	heartbeats();
	ASK(NODE_RESET_STATUS, node_reset, TO, TELL);
	bm_world_run_for(network->world, 2 * BM_US_PER_S);
	assert_false(bm_node_is_provisioned(lamp.wn->node));
	assert_every_message_has_a_name();
}

static void test_what_is_out_of_range_is_not_sent(void **state)
{
	(void)state;
	const struct bm_config_transmit odd = {.count = 1, .interval_ms = 15}, many = {.count = 8, .interval_ms = 10},
					long_ = {.count = 1, .interval_ms = 330}, none = {.count = 1};
	const struct bm_config_publication GOOD = {.addr = GROUP, .ttl = 5};
	struct bm_config_publication bad[] = {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD};
	bad[0].period_ms = 6350;
	bad[1].period_ms = 37800001;
	bad[2].ttl = 0x80;
	bad[3].app_idx = 0x1000;
	bad[4].retransmit_interval_ms = 60;
	bad[5].addr = 0x8000;
	const struct bm_config_heartbeat_publication beats = {.dst = GROUP, .count_log = 0x12};
	memset(sent, 0, sizeof sent);
	const enum bm_err errors[] = {
		bm_config_default_ttl_set(TO, 1, TELL),
		bm_config_default_ttl_set(TO, 128, TELL),
		bm_config_friend_set(TO, BM_CONFIG_FEATURE_ABSENT, TELL),
		bm_config_relay_set(TO, BM_CONFIG_FEATURE_ON, &odd, TELL),
		bm_config_network_transmit_set(TO, &many, TELL),
		bm_config_network_transmit_set(TO, &long_, TELL),
		bm_config_network_transmit_set(TO, &none, TELL),
		bm_config_poll_timeout_get(TO, GROUP, TELL),
		bm_config_net_key_add(TO, 0x1000, KEY, TELL),
		bm_config_key_refresh_phase_set(TO, 0, 1, TELL),
		bm_config_app_key_update(TO, 0, 0x1000, KEY, TELL),
		bm_config_app_key_delete(TO, 0x1000, 0, TELL),
		bm_config_model_app_unbind(TO, GROUP, 0, &ONOFF, TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[0], TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[1], TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[2], TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[3], TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[4], TELL),
		bm_config_publication_set(TO, LAMP, &ONOFF, &bad[5], TELL),
		bm_config_subscription_add(TO, LAMP, 0x0003, &ONOFF, TELL),
		bm_config_subscription_add(TO, LAMP, 0x8000, &ONOFF, TELL),
		bm_config_heartbeat_publication_set(TO, &beats, TELL),
		bm_config_heartbeat_subscription_set(TO, 1, LAMP, 0x12, TELL),
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(errors); i++)
		assert_int_equal(errors[i], BM_ERR_INVALID);
	for (size_t i = 0; i < BM_ARRAY_LEN(sent); i++)
		assert_false(sent[i]);
}

static void test_statuses_of_a_wrong_length_or_value_are_refused(void **state)
{
	(void)state;
	const struct {
		uint32_t opcode;
		uint8_t params[8];
		size_t len;
		enum bm_err err;
	} BAD[] = {
		{0x800b, {0}, 0, BM_ERR_TOO_SHORT},
		{0x800b, {1, 0}, 2, BM_ERR_TOO_LONG},
		{0x800b, {2}, 1, BM_ERR_PROHIBITED},
		{0x800e, {1}, 1, BM_ERR_PROHIBITED},
		{0x8011, {3}, 1, BM_ERR_PROHIBITED},
		{0x8017, {0, 0, 0, 3}, 4, BM_ERR_PROHIBITED},
		{0x803e, {0, 2, 0, 0, 0, 0}, 6, BM_ERR_TOO_SHORT},
		{0x803e, {0, 2, 0, 0, 0, 0, 0x10, 0}, 8, BM_ERR_TOO_LONG},
		{0x804c, {0, 2, 0, 0}, 4, BM_ERR_TOO_SHORT},
		{0x8009, {0}, 0, BM_ERR_INVALID},
		{0x8204, {0}, 1, BM_ERR_INVALID},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(BAD); i++)
		assert_int_equal(bm_config_answer_read(BAD[i].opcode, BAD[i].params, BAD[i].len, &answer), BAD[i].err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_configuration_message_is_sent_by_its_name_and_its_status_read),
		TEST(test_what_is_out_of_range_is_not_sent),
		TEST(test_statuses_of_a_wrong_length_or_value_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
