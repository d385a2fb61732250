/*
 * `blemesh provision` and a device whose last word is lost, in virtual time. The session is this test's: a node that
 * keeps its network in a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/sqlite_store.h"
#include "cli/network/admission.h"
#include "cli/network/document.h"
#include "cli/network/keeper.h"
#include "script/runtime_state.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

struct bm_session {
	struct bm_runtime *rt;
	struct bm_network *network;
	struct bm_node *node;
	struct bm_station *station;
	void *mem;
	struct bm_actor actor;
	struct bm_admission admission;
	unsigned phases[BM_ADMISSION_FAILED + 1];
	char text[400];
	uint16_t unsure_addr;
	/* the device */
	struct bm_node *lamp;
	struct bm_station *lamp_station;
	void *lamp_mem;
	struct bm_actor lamp_actor;
	uint8_t uuid[BM_UUID_LEN];
	bool cut_node, cut_data; /* nothing comes through any more as it becomes a node; as the data is sent */
	uint64_t cut_us;
};

static char folder[32];
static struct bm_runtime *runtimes[8]; /* live as long as their process */
static size_t runtime_count;

struct bm_node *bm_session_node(struct bm_session *session)
{
	return session->node;
}

struct bm_network *bm_session_network(struct bm_session *session)
{
	return session->network;
}

struct bm_runtime *bm_session_runtime(struct bm_session *session)
{
	return session->rt;
}

bm_time bm_session_now(const struct bm_session *session)
{
	return bm_runtime_now(session->rt);
}

static void mend(void *ctx)
{
	const struct bm_session *s = ctx;
	bm_medium_set_link(bm_runtime_medium(s->rt), s->station, s->lamp_station, true);
}

static void cut(struct bm_session *s, bool *when)
{
	if (!*when)
		return;
	*when = false;
	bm_medium_set_link(bm_runtime_medium(s->rt), s->station, s->lamp_station, false);
	bm_runtime_at(s->rt, bm_runtime_now(s->rt) + s->cut_us, mend, s);
}

static void random_octets(void *ctx, uint8_t *out, size_t len)
{
	const struct bm_session *s = ctx;
	bm_runtime_random(s->rt, out, len);
}

static void on_event(void *ctx, const struct bm_event *event)
{
	struct bm_session *s = ctx;
	bm_admission_event(&s->admission, event);
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_session *s = ctx;
	if (s->admission.session)
		bm_admission_trace(&s->admission, trace);
	if (trace->kind == BM_TRACE_STATE && strcmp(trace->module, "provisioner") == 0 &&
	    strcmp(trace->to, "complete") == 0)
		cut(s, &s->cut_data);
}

static void on_lamp_event(void *ctx, const struct bm_event *event)
{
	struct bm_session *s = ctx;
	/* Before its Complete goes out. */
	if (event->kind == BM_EVENT_PROVISIONED)
		cut(s, &s->cut_node);
}

static enum bm_err on_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	const struct bm_session *s = ctx;
	return bm_sqlite_store_put(bm_network_store(s->network), key, octets, len);
}

#define NODE_OF(member, name)                                                                                \
	static void name##_receive(void *ctx, uint8_t type, const uint8_t *payload, size_t len, int8_t rssi, \
				   bm_time now)                                                              \
	{                                                                                                    \
		const struct bm_session *s = ctx;                                                            \
		bm_node_receive(s->member, type, payload, len, rssi, now);                                   \
	}                                                                                                    \
	static void name##_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)                     \
	{                                                                                                    \
		const struct bm_session *s = ctx;                                                            \
		bm_node_gatt_seen(s->member, seen, now);                                                     \
	}                                                                                                    \
	static void name##_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)                   \
	{                                                                                                    \
		const struct bm_session *s = ctx;                                                            \
		bm_node_gatt_event(s->member, event, now);                                                   \
	}                                                                                                    \
	static bm_time name##_deadline(void *ctx)                                                            \
	{                                                                                                    \
		const struct bm_session *s = ctx;                                                            \
		return bm_node_deadline(s->member);                                                          \
	}                                                                                                    \
	static void name##_run(void *ctx, bm_time now)                                                       \
	{                                                                                                    \
		const struct bm_session *s = ctx;                                                            \
		bm_node_run(s->member, now);                                                                 \
	}                                                                                                    \
	static const struct bm_station_ops name##_ops = {                                                    \
		.receive = name##_receive, .seen = name##_seen, .gatt = name##_gatt};

NODE_OF(node, keeper)
NODE_OF(lamp, lamp)

static void told(void *ctx, const struct bm_admission_news *news)
{
	struct bm_session *s = ctx;
	s->phases[news->phase]++;
	print_message("%8.3f %s %s\n", (double)bm_runtime_now(s->rt) / 1e6, bm_admission_phase_name(news->phase),
		      news->text ? news->text : "");
	if (news->phase == BM_ADMISSION_UNSURE)
		s->unsure_addr = news->addr;
	if (news->phase == BM_ADMISSION_FAILED)
		snprintf(s->text, sizeof s->text, "%s", news->text);
}

static void make_keeper(struct bm_session *s)
{
	struct bm_node_config config = bm_keeper_config();
	uint8_t addr[6], key[BM_KEY_LEN];
	bm_keeper_station_addr(s->rt, addr);
	s->station = bm_medium_join(bm_runtime_medium(s->rt), addr, &keeper_ops, s);
	const size_t size = bm_node_size(&config.limits);
	s->mem = calloc(1, size);
	const struct bm_node_ops ops = {
		.ctx = s, .random = random_octets, .event = on_event, .store = on_store, .trace = on_trace};
	const struct bm_bearer bearer = bm_station_bearer(s->station);
	assert_int_equal(bm_node_init(s->mem, size, &config, &ops, &bearer, &s->node), BM_OK);
	assert_int_equal(bm_node_start(s->node, 0), BM_OK);
	assert_int_equal(bm_keeper_make_network(s->node, s->rt, 0), BM_OK);
	bm_runtime_random(s->rt, key, sizeof key);
	assert_int_equal(bm_node_add_app_key(s->node, 0, 0, key), BM_OK);
	json_t *own = bm_document_new_node(config.uuid, BM_KEEPER_ADDR, 1);
	assert_int_equal(bm_network_keep_node(s->network, own), BM_OK);
	json_decref(own);
	s->actor = (struct bm_actor){.deadline = keeper_deadline, .run = keeper_run, .ctx = s};
	bm_runtime_add_actor(s->rt, &s->actor);
}

static void make_lamp(struct bm_session *s, uint8_t bearers)
{
	static const uint8_t addr[6] = {0xc0, 1};
	struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT, .default_ttl = 7, .network_transmit = 0x0a};
	config.caps.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC;
	config.limits.gatt_links = 1;
	config.limits.proxy_filter = 4;
	s->uuid[0] = config.uuid[0] = 0xaa;
	s->lamp_station = bm_medium_join(bm_runtime_medium(s->rt), addr, &lamp_ops, s);
	const size_t size = bm_node_size(&config.limits);
	s->lamp_mem = calloc(1, size);
	const struct bm_node_ops ops = {.ctx = s, .random = random_octets, .event = on_lamp_event};
	const struct bm_bearer bearer = bm_station_bearer(s->lamp_station);
	assert_int_equal(bm_node_init(s->lamp_mem, size, &config, &ops, &bearer, &s->lamp), BM_OK);
	assert_int_equal(bm_node_start(s->lamp, 0), BM_OK);
	assert_int_equal(bm_node_prov_enable(s->lamp, bearers, 0), BM_OK);
	s->lamp_actor = (struct bm_actor){.deadline = lamp_deadline, .run = lamp_run, .ctx = s};
	bm_runtime_add_actor(s->rt, &s->lamp_actor);
}

static int setup(void **state)
{
	static const struct bm_runtime_options options = {.virtual_time = true, .seeded = true, .seed = 1};
	struct bm_session *s = calloc(1, sizeof *s);
	char error[600];
	snprintf(folder, sizeof folder, "/tmp/bm-admission-XXXXXX");
	if (!s || !mkdtemp(folder))
		return -1;
	setenv("XDG_STATE_HOME", folder, 1);
	s->rt = bm_runtime_new(&options);
	runtimes[runtime_count++] = s->rt;
	s->network = bm_network_open("test", true, error, sizeof error);
	make_keeper(s);
	bm_admission_init(&s->admission, s, told, s);
	*state = s;
	return s->network ? 0 : -1;
}

static int teardown(void **state)
{
	struct bm_session *s = *state;
	char command[sizeof folder + 16];
	bm_admission_free(&s->admission);
	bm_network_close(s->network);
	free(s->mem);
	free(s->lamp_mem);
	free(s);
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

static void stop(void *ctx)
{
	bm_runtime_stop(ctx);
}

static void run_for(struct bm_session *s, uint64_t seconds)
{
	s->rt->stopped = 0;
	bm_runtime_at(s->rt, bm_runtime_now(s->rt) + SECONDS(seconds), stop, s->rt);
	bm_runtime_run(s->rt);
}

static void provision(struct bm_session *s, uint8_t bearer, uint64_t seconds)
{
	struct bm_admission_how how = {.bearer = bearer, .name = "lamp", .no_input_oob = true, .no_output_oob = true};
	make_lamp(s, bearer);
	memcpy(how.uuid, s->uuid, sizeof how.uuid);
	bm_admission_begin(&s->admission, &how);
	run_for(s, seconds);
}

static bool has_dev_key(const struct bm_session *s, uint16_t addr)
{
	uint8_t key[BM_KEY_LEN];
	return bm_keeper_find_key(s->node, BM_KEY_DEV, addr, key);
}

static void complete_is_lost(struct bm_session *s, uint8_t bearer)
{
	s->cut_node = true;
	s->cut_us = SECONDS(64);
	provision(s, bearer, 120);
	assert_int_equal(s->phases[BM_ADMISSION_UNSURE], 1);
	assert_int_equal(s->phases[BM_ADMISSION_NODE], 1);
	assert_int_equal(s->phases[BM_ADMISSION_DONE], 1);
	assert_int_equal(bm_node_addr(s->lamp), s->unsure_addr);
	assert_non_null(bm_network_node(s->network, s->unsure_addr));
	assert_true(has_dev_key(s, s->unsure_addr));
	assert_false(bm_admission_is_busy(&s->admission));
}

static void test_a_node_whose_complete_was_lost_is_found_by_its_key(void **state)
{
	complete_is_lost(*state, BM_PROV_BEARER_ADV);
}

static void test_a_node_whose_complete_was_lost_over_gatt_is_found_by_its_key(void **state)
{
	complete_is_lost(*state, BM_PROV_BEARER_GATT);
}

static void data_is_lost(struct bm_session *s, uint8_t bearer)
{
	s->cut_data = true;
	s->cut_us = SECONDS(64);
	provision(s, bearer, 160);
	assert_int_equal(s->phases[BM_ADMISSION_UNSURE], 1);
	assert_int_equal(s->phases[BM_ADMISSION_AGAIN], 1);
	assert_int_equal(s->phases[BM_ADMISSION_DONE], 1);
	assert_int_not_equal(bm_node_addr(s->lamp), s->unsure_addr);
	assert_false(has_dev_key(s, s->unsure_addr));
	assert_false(bm_network_is_free(s->network, s->unsure_addr, 1));
}

static void test_a_device_that_never_got_the_data_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_ADV);
}

static void test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_GATT);
}

static void test_who_is_gone_for_good_has_failed_and_its_address_is_not_given(void **state)
{
	struct bm_session *s = *state;
	s->cut_node = true;
	s->cut_us = SECONDS(4000);
	provision(s, BM_PROV_BEARER_ADV, 50);
	assert_int_equal(s->phases[BM_ADMISSION_UNSURE], 1);
	assert_true(bm_admission_is_busy(&s->admission));
	assert_true(has_dev_key(s, s->unsure_addr));
	run_for(s, 80);
	assert_int_equal(s->phases[BM_ADMISSION_FAILED], 1);
	assert_non_null(strstr(s->text, "without our knowing"));
	assert_non_null(strstr(s->text, ", and no answer, after the network's keys were sent"));
	assert_false(bm_admission_is_busy(&s->admission));
	assert_false(has_dev_key(s, s->unsure_addr));
	assert_null(bm_network_node(s->network, s->unsure_addr));
	assert_false(bm_network_is_free(s->network, s->unsure_addr, 1));
}

static void test_an_interruption_while_it_is_not_sure_drops_the_key(void **state)
{
	struct bm_session *s = *state;
	s->cut_node = true;
	s->cut_us = SECONDS(4000);
	provision(s, BM_PROV_BEARER_ADV, 50);
	bm_admission_cancel(&s->admission, "interrupted");
	assert_int_equal(s->phases[BM_ADMISSION_FAILED], 1);
	assert_non_null(strstr(s->text, "interrupted, after the network's keys were sent"));
	assert_false(has_dev_key(s, s->unsure_addr));
	assert_false(bm_network_is_free(s->network, s->unsure_addr, 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_node_whose_complete_was_lost_is_found_by_its_key),
		TEST(test_a_node_whose_complete_was_lost_over_gatt_is_found_by_its_key),
		TEST(test_a_device_that_never_got_the_data_is_provisioned_anew),
		TEST(test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew),
		TEST(test_who_is_gone_for_good_has_failed_and_its_address_is_not_given),
		TEST(test_an_interruption_while_it_is_not_sure_drops_the_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
