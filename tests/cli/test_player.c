/*
 * The provisioner inside `blemesh run`, in virtual time, against bare nodes whose LED this test plays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/onoff.h"
#include "cli/player_state.h"

#define STEPS_MAX 128

struct fixture;

struct lamp {
	struct fixture *f;
	struct bm_station *station;
	struct bm_node *node;
	void *mem;
	struct bm_onoff_server server;
	struct bm_actor actor;
	uint8_t uuid[16];
	uint32_t flashes_left;
	bool lit;
	bool blind;       /* does not blink */
	uint32_t surplus; /* blinks that often too much, once */
	bm_time blink_at;
	uint8_t bearer;  /* 0: PB-ADV */
	const char *cut; /* "node": the link dies as it becomes one; "data": as the data is sent; once */
	uint64_t cut_us; /* for so long nothing comes through */
	bool resets;     /* while nothing comes through, to be heard as unprovisioned again */
};

struct fixture {
	struct bm_runtime *rt;
	struct bm_player *player;
	struct lamp lamps[3];
	enum bm_step_kind steps[STEPS_MAX];
	uint16_t addrs[STEPS_MAX];
	size_t step_count;
	unsigned keys;
};

static void lamp_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct lamp *lamp = ctx;
	bm_node_receive(lamp->node, ad_type, payload, len, rssi, now);
}

static bm_time lamp_deadline(void *ctx)
{
	const struct lamp *lamp = ctx;
	const bm_time node = bm_node_deadline(lamp->node);
	return node < lamp->blink_at ? node : lamp->blink_at;
}

static void lamp_run(void *ctx, bm_time now)
{
	struct lamp *lamp = ctx;
	if (bm_node_deadline(lamp->node) <= now)
		bm_node_run(lamp->node, now);
	if (lamp->blink_at > now)
		return;
	lamp->lit = !lamp->lit;
	bm_station_light(lamp->station, lamp->uuid, lamp->lit ? 0xffff00 : 0, now);
	if (!lamp->lit)
		lamp->flashes_left--;
	lamp->blink_at = lamp->flashes_left ? now + 300000 : BM_TIME_NEVER;
}

static void mend(void *ctx)
{
	struct lamp *lamp = ctx;
	bm_medium_set_link(bm_runtime_medium(lamp->f->rt), lamp->station, lamp->f->player->station, true);
	if (!lamp->resets)
		return;
	const bm_time now = bm_runtime_now(lamp->f->rt);
	assert_int_equal(bm_node_reset(lamp->node, now), BM_OK);
	(void)!bm_node_prov_enable(lamp->node, BM_PROV_BEARER_ADV, now);
}

static void cut(struct lamp *lamp, const char *at, bm_time now)
{
	if (!lamp->cut || strcmp(lamp->cut, at) != 0)
		return;
	lamp->cut = NULL;
	bm_medium_set_link(bm_runtime_medium(lamp->f->rt), lamp->station, lamp->f->player->station, false);
	bm_runtime_at(lamp->f->rt, now + lamp->cut_us, mend, lamp);
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

static void lamp_event(void *ctx, const struct bm_event *event)
{
	struct lamp *lamp = ctx;
	/* Before its Complete goes out. */
	if (event->kind == BM_EVENT_PROVISIONED)
		cut(lamp, "node", event->now);
	if (event->kind == BM_EVENT_OUTPUT_OOB && !lamp->blind) {
		lamp->flashes_left = event->oob.number + lamp->surplus;
		lamp->surplus = 0;
		lamp->blink_at = event->now;
	}
}

static void lamp_random(void *ctx, uint8_t *out, size_t len)
{
	struct lamp *lamp = ctx;
	bm_runtime_random(lamp->f->rt, out, len);
}

static void lamp_begin(struct fixture *f, size_t index, bool output)
{
	struct lamp *lamp = &f->lamps[index];
	const uint8_t addr[6] = {0xc0, 0, 0, 0, 0, (uint8_t)index};
	const struct bm_station_ops station_ops = {.receive = lamp_receive, .seen = lamp_seen, .gatt = lamp_gatt};
	struct bm_node_config config = {.limits = BM_LIMITS_DEFAULT, .default_ttl = 7, .network_transmit = 0x0a};
	config.caps.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC;
	if (output) {
		config.caps.output_size = 1;
		config.caps.output_actions = 1 << BM_PROV_BLINK;
	}
	config.limits.gatt_links = lamp->bearer == BM_PROV_BEARER_GATT;
	config.limits.proxy_filter = 4;
	lamp->f = f;
	lamp->blink_at = BM_TIME_NEVER;
	lamp->uuid[0] = config.uuid[0] = (uint8_t)(index + 1);
	lamp->station = bm_medium_join(bm_runtime_medium(f->rt), addr, &station_ops, lamp);
	const size_t size = bm_node_size(&config.limits);
	lamp->mem = calloc(1, size);
	const struct bm_node_ops ops = {.ctx = lamp, .random = lamp_random, .event = lamp_event};
	const struct bm_bearer bearer = bm_station_bearer(lamp->station);
	assert_int_equal(bm_node_init(lamp->mem, size, &config, &ops, &bearer, &lamp->node), BM_OK);
	bm_onoff_server_init(&lamp->server, false, NULL, NULL);
	assert_int_equal(bm_node_add_model(lamp->node, 0, &lamp->server.model), BM_OK);
	assert_int_equal(bm_node_start(lamp->node, 0), BM_OK);
	assert_int_equal(bm_node_prov_enable(lamp->node, lamp->bearer ? lamp->bearer : BM_PROV_BEARER_ADV, 0), BM_OK);
	lamp->actor = (struct bm_actor){.deadline = lamp_deadline, .run = lamp_run, .ctx = lamp};
	bm_runtime_add_actor(f->rt, &lamp->actor);
}

static void on_step(void *ctx, const struct bm_step *step)
{
	struct fixture *f = ctx;
	char text[256];
	bm_step_text(step, text, sizeof text);
	print_message("%8.3f %s\n", (double)step->at / 1e6, text);
	if (f->step_count == STEPS_MAX)
		return;
	f->addrs[f->step_count] = step->addr;
	f->steps[f->step_count++] = step->kind;
}

static void on_keys(void *ctx)
{
	struct fixture *f = ctx;
	f->keys++;
}

static void on_ready(void *ctx, bm_time now)
{
	(void)ctx;
	(void)now;
}

static void on_player_trace(void *ctx, const struct bm_trace *trace)
{
	struct fixture *f = ctx;
	if (trace->kind == BM_TRACE_STATE && strcmp(trace->module, "provisioner") == 0 &&
	    strcmp(trace->to, "complete") == 0)
		cut(&f->lamps[0], "data", bm_runtime_now(f->rt));
}

static unsigned steps(const struct fixture *f, enum bm_step_kind kind)
{
	unsigned count = 0;
	for (size_t i = 0; i < f->step_count; i++)
		count += f->steps[i] == kind;
	return count;
}

static void stop(void *ctx)
{
	bm_runtime_stop(ctx);
}

static void run_for(struct fixture *f, uint64_t seconds)
{
	bm_runtime_at(f->rt, seconds * BM_US_PER_S, stop, f->rt);
	bm_runtime_run(f->rt);
}

/* A runtime lives as long as its process: here they are held on to. */
static struct bm_runtime *runtimes[16];
static size_t runtime_count;

static int setup(void **state)
{
	static const struct bm_runtime_options options = {.virtual_time = true, .seeded = true, .seed = 1};
	struct fixture *f = calloc(1, sizeof *f);
	char error[128];
	f->rt = bm_runtime_new(&options);
	runtimes[runtime_count++] = f->rt;
	const struct bm_player_ops ops = {
		.ctx = f, .step = on_step, .keys_changed = on_keys, .ready = on_ready, .trace = on_player_trace};
	f->player = bm_player_new(f->rt, &ops, error, sizeof error);
	*state = f;
	return f->player ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	bm_player_free(f->player);
	for (size_t i = 0; i < BM_ARRAY_LEN(f->lamps); i++)
		free(f->lamps[i].mem);
	free(f);
	return 0;
}

static void test_a_device_without_oob_is_provisioned_and_bound(void **state)
{
	struct fixture *f = *state;
	lamp_begin(f, 0, false);
	run_for(f, 30);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 2);
	assert_true(bm_model_is_bound(&f->lamps[0].server.model, 0));
	assert_true(f->keys >= 2);
}

static void test_blinks_are_counted(void **state)
{
	struct fixture *f = *state;
	lamp_begin(f, 0, true);
	lamp_begin(f, 1, true);
	run_for(f, 60);
	assert_int_equal(steps(f, BM_STEP_COUNTED), 2);
	assert_int_equal(steps(f, BM_STEP_FAILED), 0);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 2);
	assert_int_equal(bm_node_addr(f->lamps[0].node) + bm_node_addr(f->lamps[1].node), 2 + 3);
}

static void test_a_miscount_is_tried_again_with_the_same_address(void **state)
{
	struct fixture *f = *state;
	lamp_begin(f, 0, true);
	f->lamps[0].surplus = 1;
	run_for(f, 90);
	assert_int_equal(steps(f, BM_STEP_FAILED), 1);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 2);
}

static void test_a_dark_device_is_given_up_and_the_next_one_served(void **state)
{
	struct fixture *f = *state;
	lamp_begin(f, 0, true);
	f->lamps[0].blind = true;
	lamp_begin(f, 1, false);
	run_for(f, 110);
	assert_int_equal(steps(f, BM_STEP_NO_NUMBER), 3);
	assert_int_equal(steps(f, BM_STEP_FAILED), 2);
	assert_int_equal(steps(f, BM_STEP_GIVEN_UP), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 0);
	assert_int_equal(bm_node_addr(f->lamps[1].node), 2);
	/* Not after all three attempts with the other. */
	size_t dark = 0;
	while (f->steps[dark] != BM_STEP_CONFIGURED)
		dark++;
	for (size_t i = 0; i < f->step_count; i++)
		if (f->steps[i] == BM_STEP_GIVEN_UP)
			assert_true(i > dark);
}

static void reset_lamp(void *ctx)
{
	struct lamp *lamp = ctx;
	const bm_time now = bm_runtime_now(lamp->f->rt);
	assert_int_equal(bm_node_reset(lamp->node, now), BM_OK);
	if (bm_node_prov_enable(lamp->node, BM_PROV_BEARER_ADV, now) != BM_OK)
		fail();
}

static void test_a_device_that_was_reset_gets_a_new_address(void **state)
{
	struct fixture *f = *state;
	lamp_begin(f, 0, false);
	bm_runtime_at(f->rt, 20 * BM_US_PER_S, reset_lamp, &f->lamps[0]);
	run_for(f, 60);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 2);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 3);
	assert_true(bm_model_is_bound(&f->lamps[0].server.model, 0));
}

struct loss {
	struct fixture *f;
	unsigned left;
};

/* As when the provisioner's controller is pulled out and put back, in the middle of each attempt. */
static void lose_radio(void *ctx)
{
	struct loss *loss = ctx;
	struct fixture *f = loss->f;
	const bm_time now = bm_runtime_now(f->rt);
	if (f->step_count > 0 && f->steps[f->step_count - 1] == BM_STEP_WATCHING) {
		bm_player_radio_works(f->player, false);
		bm_node_provision_cancel(bm_player_node(f->player), f->lamps[0].uuid, now);
		bm_player_radio_works(f->player, true);
		loss->left--;
	}
	if (loss->left > 0)
		bm_runtime_at(f->rt, now + 50000, lose_radio, loss);
}

static void test_a_lost_radio_is_no_failure_of_a_device(void **state)
{
	struct fixture *f = *state;
	struct loss loss = {f, 5};
	lamp_begin(f, 0, true);
	bm_runtime_at(f->rt, 50000, lose_radio, &loss);
	run_for(f, 90);
	assert_int_equal(steps(f, BM_STEP_FAILED), 5);
	assert_int_equal(steps(f, BM_STEP_GIVEN_UP), 0);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
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
	bm_node_each_key(bm_player_node(f->player), look_at_key, &search);
	return search.found;
}

/* Exactly the Complete is lost, and the link with it. */
static void complete_is_lost(struct fixture *f, uint8_t bearer)
{
	f->lamps[0].bearer = bearer;
	f->lamps[0].cut = "node";
	f->lamps[0].cut_us = 64 * (uint64_t)BM_US_PER_S;
	lamp_begin(f, 0, false);
	run_for(f, 140);
	assert_int_equal(steps(f, BM_STEP_UNSURE), 1);
	assert_int_equal(steps(f, BM_STEP_FAILED), 0);
	assert_int_equal(steps(f, BM_STEP_PROVISIONED), 1);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 2);
	assert_true(bm_model_is_bound(&f->lamps[0].server.model, 0));
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

/* The device never got the data: its beacon comes once its own link has ended too. */
static void data_is_lost(struct fixture *f, uint8_t bearer)
{
	f->lamps[0].bearer = bearer;
	f->lamps[0].cut = "data";
	f->lamps[0].cut_us = 64 * (uint64_t)BM_US_PER_S;
	lamp_begin(f, 0, false);
	run_for(f, 180);
	assert_int_equal(steps(f, BM_STEP_UNSURE), 1);
	assert_int_equal(steps(f, BM_STEP_FAILED), 1);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
	/* Who beacons proves nothing: the address was not given twice. */
	assert_int_equal(bm_node_addr(f->lamps[0].node), 3);
	assert_false(has_dev_key(f, 2));
	assert_true(has_dev_key(f, 3));
}

static void test_a_device_that_never_got_the_data_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_ADV);
}

static void test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew(void **state)
{
	data_is_lost(*state, BM_PROV_BEARER_GATT);
}

static void test_a_node_that_was_reset_before_it_was_asked_is_provisioned_anew(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut = "node";
	f->lamps[0].cut_us = 70 * (uint64_t)BM_US_PER_S;
	f->lamps[0].resets = true;
	lamp_begin(f, 0, false);
	run_for(f, 150);
	assert_int_equal(steps(f, BM_STEP_UNSURE), 1);
	assert_int_equal(steps(f, BM_STEP_CONFIGURED), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 3);
	assert_false(has_dev_key(f, 2));
}

static void expect_key(void *ctx)
{
	const struct fixture *f = ctx;
	assert_int_equal(steps(f, BM_STEP_UNSURE), 1);
	assert_true(has_dev_key(f, 2));
}

static void test_who_is_gone_for_good_is_told_to_have_failed_and_its_key_is_dropped(void **state)
{
	struct fixture *f = *state;
	f->lamps[0].cut = "node";
	f->lamps[0].cut_us = 4000 * (uint64_t)BM_US_PER_S;
	lamp_begin(f, 0, false);
	/* The next one, heard later, does not get its address. */
	lamp_begin(f, 1, false);
	bm_medium_set_link(bm_runtime_medium(f->rt), f->lamps[1].station, f->player->station, false);
	bm_runtime_at(f->rt, 150 * BM_US_PER_S, mend, &f->lamps[1]);
	bm_runtime_at(f->rt, 90 * BM_US_PER_S, expect_key, f);
	run_for(f, 180);
	assert_int_equal(steps(f, BM_STEP_FAILED), 1);
	assert_int_equal(steps(f, BM_STEP_PROVISIONED), 1);
	assert_int_equal(bm_node_addr(f->lamps[0].node), 2);
	assert_int_equal(bm_node_addr(f->lamps[1].node), 3);
	assert_false(has_dev_key(f, 2));
}

static void test_numbers_in_printed_lines(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool found;
		uint32_t number;
	} CASES[] = {
		{"please enter 7", true, 7},
		{"7.", true, 7},
		{"1, 2 and 3!", true, 3},
		{"OOB=12", true, 12},
		{"3.5 V", false, 0},
		{"x1", false, 0},
		{"no", false, 0},
		{"4 blinks in 2.5 s", true, 4},
		{"-3", false, 0},
		{"0x12", false, 0},
		{"", false, 0},
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(CASES); i++) {
		uint32_t number = 0;
		assert_int_equal(bm_player_number_in(CASES[i].text, &number), CASES[i].found);
		assert_int_equal(number, CASES[i].number);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_device_without_oob_is_provisioned_and_bound),
		TEST(test_blinks_are_counted),
		TEST(test_a_miscount_is_tried_again_with_the_same_address),
		TEST(test_a_dark_device_is_given_up_and_the_next_one_served),
		TEST(test_a_device_that_was_reset_gets_a_new_address),
		TEST(test_a_lost_radio_is_no_failure_of_a_device),
		TEST(test_a_node_whose_complete_was_lost_is_found_by_its_key),
		TEST(test_a_node_whose_complete_was_lost_over_gatt_is_found_by_its_key),
		TEST(test_a_device_that_never_got_the_data_is_provisioned_anew),
		TEST(test_a_device_that_never_got_the_data_over_gatt_is_provisioned_anew),
		TEST(test_a_node_that_was_reset_before_it_was_asked_is_provisioned_anew),
		TEST(test_who_is_gone_for_good_is_told_to_have_failed_and_its_key_is_dropped),
		cmocka_unit_test(test_numbers_in_printed_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
