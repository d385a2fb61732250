/*
 * A script's provisioner without a script: what becomes of devices whose last word is lost, of addresses when the disk
 * is full, of keys in memory that is given back, and of its devices under a flood of beacons.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "blemesh/sqlite_store.h"
#include "script/mesh_model.h"
#include "script/provisioner_state.h"
#include "script/runtime_state.h"

#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

struct fixture;

struct lamp {
	struct fixture *f;
	struct bm_station *station;
	struct bm_node *node;
	void *mem;
	struct bm_actor actor;
	uint8_t uuid[BM_UUID_LEN];
	bool cut_node, cut_data; /* nothing comes through any more as it becomes a node; as the data is sent */
	uint64_t cut_us;
};

struct fixture {
	struct bm_runtime *rt;
	struct bm_board *board;
	struct lamp lamps[2];
	char path[64];
	char warning[160];
	unsigned warnings;
};

static void lamp_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	const struct lamp *lamp = ctx;
	bm_node_receive(lamp->node, ad_type, payload, len, rssi, now);
}

static void lamp_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	const struct lamp *lamp = ctx;
	bm_node_gatt_seen(lamp->node, seen, now);
}

static void lamp_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	const struct lamp *lamp = ctx;
	bm_node_gatt_event(lamp->node, event, now);
}

static bm_time lamp_deadline(void *ctx)
{
	const struct lamp *lamp = ctx;
	return bm_node_deadline(lamp->node);
}

static void lamp_run(void *ctx, bm_time now)
{
	struct lamp *lamp = ctx;
	bm_node_run(lamp->node, now);
}

static void lamp_random(void *ctx, uint8_t *out, size_t len)
{
	const struct lamp *lamp = ctx;
	bm_runtime_random(lamp->f->rt, out, len);
}

static void mend(void *ctx)
{
	struct lamp *lamp = ctx;
	bm_medium_set_link(bm_runtime_medium(lamp->f->rt), lamp->station, lamp->f->board->station, true);
}

static void cut(struct lamp *lamp, bool *when)
{
	if (!*when)
		return;
	*when = false;
	bm_medium_set_link(bm_runtime_medium(lamp->f->rt), lamp->station, lamp->f->board->station, false);
	bm_runtime_at(lamp->f->rt, bm_runtime_now(lamp->f->rt) + lamp->cut_us, mend, lamp);
}

static void lamp_event(void *ctx, const struct bm_event *event)
{
	struct lamp *lamp = ctx;
	/* Before its Complete goes out. */
	if (event->kind == BM_EVENT_PROVISIONED)
		cut(lamp, &lamp->cut_node);
}

static void lamp_begin(struct fixture *f, size_t index, uint8_t bearer)
{
	struct lamp *lamp = &f->lamps[index];
	const uint8_t addr[6] = {0xc0, 0, 0, 0, 0, (uint8_t)index};
	const struct bm_station_ops station_ops = {.receive = lamp_receive, .seen = lamp_seen, .gatt = lamp_gatt};
	struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT, .default_ttl = 7, .network_transmit = 0x0a};
	config.caps.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC;
	config.limits.gatt_links = bearer == BM_PROV_BEARER_GATT;
	config.limits.proxy_filter = 4;
	lamp->f = f;
	lamp->uuid[0] = config.uuid[0] = (uint8_t)(index + 1);
	lamp->station = bm_medium_join(bm_runtime_medium(f->rt), addr, &station_ops, lamp);
	const size_t size = bm_node_size(&config.limits);
	lamp->mem = calloc(1, size);
	const struct bm_node_ops ops = {.ctx = lamp, .random = lamp_random, .event = lamp_event};
	const struct bm_bearer at = bm_station_bearer(lamp->station);
	assert_int_equal(bm_node_init(lamp->mem, size, &config, &ops, &at, &lamp->node), BM_OK);
	assert_int_equal(bm_node_start(lamp->node, bm_runtime_now(f->rt)), BM_OK);
	assert_int_equal(bm_node_prov_enable(lamp->node, bearer, bm_runtime_now(f->rt)), BM_OK);
	lamp->actor = (struct bm_actor){.deadline = lamp_deadline, .run = lamp_run, .ctx = lamp};
	bm_runtime_add_actor(f->rt, &lamp->actor);
}

static void on_board_event(void *ctx, struct bm_board *board, const struct bm_board_event *event)
{
	struct fixture *f = ctx;
	(void)board;
	if (event->kind != BM_BOARD_WARNING)
		return;
	f->warnings++;
	snprintf(f->warning, sizeof f->warning, "%s", event->text);
}

static void on_trace(void *ctx, struct bm_board *board, const struct bm_trace *trace)
{
	struct fixture *f = ctx;
	(void)board;
	if (trace->kind == BM_TRACE_STATE && strcmp(trace->module, "provisioner") == 0 &&
	    strcmp(trace->to, "complete") == 0)
		cut(&f->lamps[0], &f->lamps[0].cut_data);
}

/* Boards and runtimes live as long as their process: here they are held on to. */
static struct bm_runtime *runtimes[32];
static size_t runtime_count;

static struct bm_script_provisioner *provisioners[32];
static size_t provisioner_count;

/* As when the power goes. */
static void cut_power(struct fixture *f)
{
	bm_sqlite_store_close(f->board->options.store);
	f->board->options.store = NULL;
	f->board->mesh.node = NULL;
	provisioners[provisioner_count++] = f->board->mesh.provisioner;
	f->board->mesh.provisioner = NULL;
}

static struct bm_sqlite_store *open_store(struct fixture *f)
{
	char why[128];
	struct bm_sqlite_store *store = bm_sqlite_store_open(f->path, BM_SQLITE_PROCESS_SAFE, why, sizeof why);
	if (!store)
		fail_msg("%s", why);
	return store;
}

static void add_board(struct fixture *f, struct bm_sqlite_store *store)
{
	const struct bm_board_options options = {
		.name = "p", .on_event = on_board_event, .on_trace = on_trace, .ctx = f, .store = store};
	f->board = bm_board_new(f->rt, &options);
	assert_non_null(f->board);
}

static int setup(void **state)
{
	static const struct bm_runtime_options options = {.virtual_time = true, .seeded = true, .seed = 1};
	struct fixture *f = calloc(1, sizeof *f);
	f->rt = bm_runtime_new(&options);
	runtimes[runtime_count++] = f->rt;
	snprintf(f->path, sizeof f->path, "/tmp/test_script_provisioner_%ld.db", (long)getpid());
	*state = f;
	return 0;
}

static void unlink_store(const struct fixture *f)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
	char path[96];
	for (size_t i = 0; i < BM_ARRAY_LEN(ends); i++) {
		snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	if (f->board && f->board->options.store)
		bm_sqlite_store_close(f->board->options.store);
	unlink_store(f);
	for (size_t i = 0; i < BM_ARRAY_LEN(f->lamps); i++)
		free(f->lamps[i].mem);
	free(f);
	return 0;
}

static void new_provisioner(struct fixture *f)
{
	struct bm_provisioner_new_args args = {.net_key.kind = BM_VALUE_ABSENT};
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	bm_script_provisioner_new(f->board, &args, &fault);
	if (fault.kind != BM_FAULT_NONE)
		fail_msg("%s", fault.text);
}

static struct bm_script_provisioner *provisioner_of(const struct fixture *f)
{
	return f->board->mesh.provisioner;
}

static void stop(void *ctx)
{
	bm_runtime_stop(ctx);
}

static void run_for(struct fixture *f, uint64_t seconds)
{
	f->rt->stopped = 0;
	bm_runtime_at(f->rt, bm_runtime_now(f->rt) + SECONDS(seconds), stop, f->rt);
	bm_runtime_run(f->rt);
}

static struct bm_value octets(const void *of, size_t len)
{
	return (struct bm_value){.kind = BM_VALUE_OCTETS, .text = of, .len = len, .type_name = "bytes"};
}

static void provision(struct fixture *f, size_t index, uint16_t addr)
{
	struct bm_provisioner_provision_args args = {.uuid = octets(f->lamps[index].uuid, BM_UUID_LEN)};
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	args.addr = addr ? bm_value_int(addr) : bm_value_none();
	bm_script_provisioner_provision(f->board, &args, &fault);
	if (fault.kind != BM_FAULT_NONE)
		fail_msg("%s", fault.text);
}

static const struct bm_known_device *device(const struct fixture *f, size_t index)
{
	const struct bm_known_device *found = bm_known_find(provisioner_of(f), f->lamps[index].uuid);
	assert_non_null(found);
	return found;
}

struct key_search {
	uint16_t addr;
	bool found;
};

static void look_at_key(void *ctx, const struct bm_key_view *view)
{
	struct key_search *search = ctx;
	search->found |= view->kind == BM_KEY_DEV && view->index == search->addr;
}

static bool has_dev_key(const struct fixture *f, uint16_t addr)
{
	struct key_search search = {.addr = addr};
	bm_node_each_key(provisioner_of(f)->node, look_at_key, &search);
	return search.found;
}

static void begin(struct fixture *f, uint8_t bearer, bool kept)
{
	add_board(f, kept ? open_store(f) : NULL);
	new_provisioner(f);
	lamp_begin(f, 0, bearer);
	run_for(f, 5);
}

static void complete_is_lost(struct fixture *f, uint8_t bearer)
{
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(64);
	begin(f, bearer, false);
	provision(f, 0, 0);
	run_for(f, 50);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	run_for(f, 60);
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_DONE);
	assert_int_equal(device(f, 0)->addr, 2);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 2);
	assert_true(has_dev_key(f, 2));
}

static void test_a_node_whose_complete_was_lost_is_found_by_its_key(void **state)
{
	complete_is_lost(*state, BM_PROV_BEARER_ADV);
}

static void test_a_node_whose_complete_was_lost_over_gatt_is_found_by_its_key(void **state)
{
	complete_is_lost(*state, BM_PROV_BEARER_GATT);
}

static void data_is_lost(struct fixture *f, uint8_t bearer)
{
	f->lamps[0].cut_data = true;
	f->lamps[0].cut_us = SECONDS(64);
	begin(f, bearer, false);
	provision(f, 0, 0);
	run_for(f, 140);
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_DONE);
	assert_true(device(f, 0)->tried_anew);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 3);
	assert_false(has_dev_key(f, 2));
	assert_int_equal(bm_provisioner_fate(provisioner_of(f), 2, 1), BM_ADDR_LOST);
}

static void test_a_device_that_never_got_the_data_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_ADV);
}

static void test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_GATT);
}

static void test_who_is_gone_for_good_has_failed_and_its_address_is_lost(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(4000);
	begin(f, BM_PROV_BEARER_ADV, false);
	provision(f, 0, 0x0102);
	run_for(f, 120);
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_FAILED);
	assert_non_null(strstr(device(f, 0)->text, "does not answer as a node"));
	assert_int_equal(device(f, 0)->state, BM_KNOWN_HEARD);
	assert_false(has_dev_key(f, 0x0102));
	/* Not even a script that names it gives it again. */
	lamp_begin(f, 1, BM_PROV_BEARER_ADV);
	run_for(f, 5);
	provision(f, 1, 0x0102);
	run_for(f, 10);
	assert_int_equal(device(f, 1)->outcome, BM_OUTCOME_FAILED);
	assert_non_null(strstr(device(f, 1)->text, "lost may have this address"));
	/* And the others are given around it. */
	provisioner_of(f)->next_addr = 0x0102;
	provision(f, 1, 0);
	run_for(f, 10);
	assert_int_equal(bm_node_addr(f->lamps[1].node), 0x0103);
}

static void test_a_script_that_cancels_while_it_is_not_sure_gets_its_end(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(4000);
	begin(f, BM_PROV_BEARER_ADV, false);
	provision(f, 0, 0);
	run_for(f, 50);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	struct bm_provisioner_node_args args = {.node = octets(f->lamps[0].uuid, BM_UUID_LEN)};
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	bm_script_provisioner_cancel(f->board, &args, &fault);
	assert_int_equal(fault.kind, BM_FAULT_NONE);
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_FAILED);
	assert_string_equal(device(f, 0)->text, "cancelled");
	assert_false(has_dev_key(f, 2));
	run_for(f, 60);
	assert_string_equal(device(f, 0)->text, "cancelled");
}

/* The power goes, and comes back: another board with the same store. */
static void restart(struct fixture *f)
{
	cut_power(f);
	add_board(f, open_store(f));
	new_provisioner(f);
}

static void test_a_restart_goes_on_asking_a_device_that_may_be_a_node(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(4000);
	begin(f, BM_PROV_BEARER_ADV, true);
	provision(f, 0, 0);
	run_for(f, 50);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	restart(f);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	run_for(f, 30);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_NODE);
	assert_int_equal(device(f, 0)->addr, 2);
	restart(f);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_NODE);
}

static void test_a_lost_address_stays_lost_after_a_restart(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(4000);
	begin(f, BM_PROV_BEARER_ADV, true);
	provision(f, 0, 0x0102);
	run_for(f, 120);
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_FAILED);
	restart(f);
	assert_int_equal(bm_provisioner_fate(provisioner_of(f), 0x0102, 1), BM_ADDR_LOST);
	assert_false(has_dev_key(f, 0x0102));
	/* One address beyond is none for all before it. */
	assert_int_equal(provisioner_of(f)->next_addr, 2);
}

static struct rlimit no_limit;

static void fill_disk(void)
{
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &no_limit), 0);
	const struct rlimit full = {.rlim_cur = 0, .rlim_max = no_limit.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
}

static void empty_disk(void)
{
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
}

static void refuses_on_a_full_disk(struct fixture *f, uint16_t addr)
{
	begin(f, BM_PROV_BEARER_ADV, true);
	fill_disk();
	provision(f, 0, addr);
	run_for(f, 20);
	empty_disk();
	assert_int_equal(device(f, 0)->outcome, BM_OUTCOME_FAILED);
	assert_non_null(strstr(device(f, 0)->text, "cannot be written down"));
	assert_false(bm_node_is_provisioned(f->lamps[0].node));
	assert_int_equal(f->warnings, 1);
	/* With room again it goes on. */
	provision(f, 0, addr);
	run_for(f, 20);
	assert_true(bm_node_is_provisioned(f->lamps[0].node));
	const uint32_t next = provisioner_of(f)->next_addr;
	restart(f);
	assert_int_equal(provisioner_of(f)->next_addr, next);
	assert_int_equal(device(f, 0)->addr, bm_node_addr(f->lamps[0].node));
}

static void test_an_address_that_cannot_be_kept_is_not_given(void **state)
{
	refuses_on_a_full_disk(*state, 0);
}

static void test_an_address_named_by_the_script_that_cannot_be_kept_is_not_given(void **state)
{
	refuses_on_a_full_disk(*state, 0x0102);
}

static void test_a_network_that_cannot_be_kept_does_not_begin(void **state)
{
	struct fixture *f = *state;
	struct bm_provisioner_new_args args = {.net_key.kind = BM_VALUE_ABSENT};
	struct bm_fault fault = {.kind = BM_FAULT_NONE};
	add_board(f, open_store(f));
	fill_disk();
	bm_script_provisioner_new(f->board, &args, &fault);
	empty_disk();
	assert_int_equal(fault.kind, BM_FAULT_RUNTIME);
	assert_null(f->board->mesh.provisioner);
	/* Nothing is half kept. */
	new_provisioner(f);
}

static void add_key(struct fixture *f, int app_idx, const uint8_t *key, struct bm_fault *fault)
{
	struct bm_provisioner_key_args args = {.app_idx = bm_value_int(app_idx)};
	if (key)
		args.key = octets(key, BM_KEY_LEN);
	fault->kind = BM_FAULT_NONE;
	bm_script_provisioner_add_app_key(f->board, &args, fault);
}

static void test_a_key_that_was_added_and_not_bound_is_bound_the_next_time(void **state)
{
	static const uint8_t key[BM_KEY_LEN] = {1}, other[BM_KEY_LEN] = {2};
	struct fixture *f = *state;
	struct bm_fault fault;
	add_board(f, NULL);
	struct bm_mesh *mesh = &f->board->mesh;
	mesh->elements[0] = (struct bm_script_element){.board = f->board, .created = true, .ttl = 7};
	struct bm_script_model *model = &mesh->models[mesh->model_count++];
	bm_onoff_server_init(&model->as.onoff_server, false, NULL, NULL);
	model->board = f->board;
	model->model = &model->as.onoff_server.model;
	new_provisioner(f);
	struct bm_node *node = provisioner_of(f)->node;
	/* As where the binding failed. */
	assert_int_equal(bm_node_add_app_key(node, 0, 3, key), BM_OK);
	assert_int_equal(bm_node_add_app_key(node, 0, 4, key), BM_OK);
	add_key(f, 3, other, &fault);
	assert_int_equal(fault.kind, BM_FAULT_RUNTIME);
	assert_false(bm_model_is_bound(model->model, 3));
	add_key(f, 3, key, &fault);
	assert_int_equal(fault.kind, BM_FAULT_NONE);
	assert_true(bm_model_is_bound(model->model, 3));
	/* Drawn before: that one is meant. */
	add_key(f, 4, NULL, &fault);
	assert_int_equal(fault.kind, BM_FAULT_NONE);
	assert_memory_equal(provisioner_of(f)->app_keys[2].key, key, sizeof key);
	/* The very same once more is no error, another one is. */
	add_key(f, 3, key, &fault);
	assert_int_equal(fault.kind, BM_FAULT_NONE);
	assert_int_equal(provisioner_of(f)->app_key_count, 3);
	add_key(f, 3, other, &fault);
	assert_int_equal(fault.kind, BM_FAULT_RUNTIME);
	add_key(f, 3, NULL, &fault);
	assert_int_equal(fault.kind, BM_FAULT_RUNTIME);
}

static void beacon(struct fixture *f, uint32_t number)
{
	uint8_t uuid[BM_UUID_LEN] = {0xbb};
	memcpy(uuid + 1, &number, sizeof number);
	const struct bm_event event = {.kind = BM_EVENT_DEVICE_SEEN,
				       .now = bm_runtime_now(f->rt) + number,
				       .uuid = uuid,
				       .bearer = BM_PROV_BEARER_ADV};
	bm_script_provisioner_event(provisioner_of(f), &event);
}

static void test_a_flood_of_beacons_pushes_out_no_device_that_matters(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut_node = true;
	f->lamps[0].cut_us = SECONDS(4000);
	begin(f, BM_PROV_BEARER_ADV, false);
	provision(f, 0, 0);
	lamp_begin(f, 1, BM_PROV_BEARER_ADV);
	run_for(f, 50);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	assert_int_equal(device(f, 1)->state, BM_KNOWN_HEARD);
	for (uint32_t i = 0; i < 2000; i++)
		beacon(f, i);
	assert_int_equal(device(f, 0)->state, BM_KNOWN_UNSURE);
	/* Heard more than once, and all those were not. */
	assert_int_equal(device(f, 1)->state, BM_KNOWN_HEARD);
	provision(f, 1, 0);
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t i = 0; i < 2000; i++)
			beacon(f, i);
	assert_int_equal(device(f, 1)->state, BM_KNOWN_PROVISIONING);
	run_for(f, 20);
	assert_int_equal(device(f, 1)->state, BM_KNOWN_NODE);
	for (uint32_t i = 0; i < 2000; i++)
		beacon(f, i);
	assert_int_equal(device(f, 1)->state, BM_KNOWN_NODE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_node_whose_complete_was_lost_is_found_by_its_key),
		TEST(test_a_node_whose_complete_was_lost_over_gatt_is_found_by_its_key),
		TEST(test_a_device_that_never_got_the_data_is_provisioned_anew),
		TEST(test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew),
		TEST(test_who_is_gone_for_good_has_failed_and_its_address_is_lost),
		TEST(test_a_script_that_cancels_while_it_is_not_sure_gets_its_end),
		TEST(test_a_restart_goes_on_asking_a_device_that_may_be_a_node),
		TEST(test_a_lost_address_stays_lost_after_a_restart),
		TEST(test_an_address_that_cannot_be_kept_is_not_given),
		TEST(test_an_address_named_by_the_script_that_cannot_be_kept_is_not_given),
		TEST(test_a_network_that_cannot_be_kept_does_not_begin),
		TEST(test_a_key_that_was_added_and_not_bound_is_bound_the_next_time),
		TEST(test_a_flood_of_beacons_pushes_out_no_device_that_matters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
