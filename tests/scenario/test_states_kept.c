/* Model states over a power cut: those of models that ask for it are where they were, or were going; others begin anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/default_transition_time.h"
#include "blemesh/level.h"
#include "support/mem_store.h"
#include "support/network.h"

#define LAMP 0x0100
#define ASKER 0x0200
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)

static struct network *network;
static struct mem_store store;
static struct bm_world_node *wn;
static struct bm_onoff_server onoff;
static struct bm_level_server level;
static struct bm_default_transition_time_server default_time;

static enum bm_err keep(struct bm_world_node *node, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)node;
	return mem_store_put(&store, key, octets, len);
}

static void add_models(bool persist)
{
	bm_onoff_server_init(&onoff, false, NULL, NULL);
	bm_level_server_init(&level, -7, NULL, NULL);
	bm_default_transition_time_server_init(&default_time, NULL, NULL);
	onoff.model.persist = level.model.persist = default_time.model.persist = persist;
	assert_int_equal(bm_node_add_model(wn->node, 0, &onoff.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &level.model), BM_OK);
	assert_int_equal(bm_node_add_model(wn->node, 0, &default_time.model), BM_OK);
}

static void start(bool persist)
{
	memset(&store, 0, sizeof store);
	network = network_new(1);
	wn = bm_world_add(network->world, NULL);
	wn->on_store = keep;
	add_models(persist);
	struct bm_prov_data data = {.addr = LAMP};
	memcpy(data.net_key, network->net_key, sizeof data.net_key);
	assert_int_equal(bm_node_start(wn->node, 0), BM_OK);
	assert_int_equal(bm_node_provision_self(wn->node, &data, network->app_key, 0), BM_OK);
	assert_int_equal(bm_node_add_app_key(wn->node, 0, NETWORK_APP_IDX, network->app_key), BM_OK);
	assert_int_equal(bm_node_bind(wn->node, &level.model, NETWORK_APP_IDX), BM_OK);
	bm_world_run_for(network->world, SECONDS(1));
}

static void cut_the_power(bool persist)
{
	const struct mem_store before = store;
	bm_world_power_cycle(wn);
	add_models(persist);
	assert_int_equal(mem_store_restore(&before, wn->node, false), BM_OK);
	assert_int_equal(bm_node_start(wn->node, network_now(network)), BM_OK);
	assert_int_equal(bm_node_addr(wn->node), LAMP);
}

static void test_models_that_ask_for_it_keep_their_states(void **state)
{
	(void)state;
	start(true);
	bm_onoff_server_set(&onoff, true, network_now(network));
	bm_level_server_set(&level, 12345, network_now(network));
	assert_int_equal(bm_default_transition_time_server_set(&default_time, 0x4a, network_now(network)), BM_OK);
	bm_world_run_for(network->world, SECONDS(1));
	cut_the_power(true);
	assert_true(onoff.present);
	assert_int_equal(bm_level_server_present(&level, network_now(network)), 12345);
	assert_int_equal(default_time.transition, 0x4a);
	network_free(network);
}

static void test_a_level_on_its_way_is_where_it_was_going(void **state)
{
	(void)state;
	static struct lamp asker;
	start(true);
	lamp_init(&asker, network, NULL);
	lamp_join(&asker, network, ASKER);
	/* Generic Level Set to 1000 in 10 s, from a model that speaks for a level client */
	const struct bm_tx tx = tx_to(LAMP);
	assert_int_equal(bm_model_send(&asker.vendor, &tx, (const uint8_t[]){0x82, 0x06, 0xe8, 0x03, 1, 0x4a, 0}, 7,
				       network_now(network)),
			 BM_OK);
	bm_world_run_for(network->world, SECONDS(5));
	assert_in_range(bm_level_server_present(&level, network_now(network)), 100, 900);
	cut_the_power(true);
	assert_int_equal(bm_level_server_present(&level, network_now(network)), 1000);
	network_free(network);
}

static void test_models_that_do_not_ask_begin_anew(void **state)
{
	(void)state;
	start(false);
	bm_onoff_server_set(&onoff, true, network_now(network));
	bm_level_server_set(&level, 12345, network_now(network));
	bm_world_run_for(network->world, SECONDS(1));
	cut_the_power(false);
	assert_false(onoff.present);
	assert_int_equal(bm_level_server_present(&level, network_now(network)), -7);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models_that_ask_for_it_keep_their_states),
		cmocka_unit_test(test_a_level_on_its_way_is_where_it_was_going),
		cmocka_unit_test(test_models_that_do_not_ask_begin_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
