/*
 * A whole network with friends and sleeping nodes goes through the Key Refresh procedure and an IV Update, on air that
 * loses 30 %: nobody is left behind, and who sleeps is told through its friend.
 */
#include "blemesh/key_refresh.h"
#include "support/friends.h"

#define FRIENDS 2
#define SLEEPERS 3
#define LAMPS (FRIENDS + SLEEPERS + 1)
#define MINUTE (60 * SECOND)

static struct network *network;
static struct lamp lamps[LAMPS]; /* friends, then sleepers, then one that is neither */
static struct bm_key_refresh refresh;
static struct bm_key_refresh_node nodes[LAMPS];
static struct bm_key_refresh_app_key app_key;
static bool over, stalled;

static bool sleeps(size_t i)
{
	return i >= FRIENDS && i < FRIENDS + SLEEPERS;
}

static uint16_t addr_of(size_t i)
{
	return (uint16_t)(FRIEND_ADDR + 0x10 * i);
}

static bool all_have_friends(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < LAMPS; i++)
		if (sleeps(i) && !has_friend(&lamps[i]))
			return false;
	return true;
}

static void start_network(uint64_t seed)
{
	const struct bm_node_config friend_c = friend_config(), lpn_c = lpn_config();
	network = network_new(seed);
	over = stalled = false;
	for (size_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, i < FRIENDS ? &friend_c : sleeps(i) ? &lpn_c : NULL);
		lamp_join(&lamps[i], network, addr_of(i));
		const uint8_t dev_key[16] = {(uint8_t)(addr_of(i) >> 8), (uint8_t)addr_of(i)};
		assert_int_equal(bm_node_add_dev_key(network->provisioner->node, addr_of(i), 1, dev_key), BM_OK);
		nodes[i] = (struct bm_key_refresh_node){.addr = addr_of(i)};
	}
	assert_true(bm_world_run_until(network->world, all_have_friends, NULL, 2 * MINUTE));
	bm_medium_set_loss(bm_world_medium(network->world), 0.3);
}

static void progress(void *ctx, const struct bm_key_refresh_event *event, bm_time now)
{
	(void)ctx, (void)now;
	over |= event->kind == BM_KEY_REFRESH_EVENT_OVER;
	stalled |= event->kind == BM_KEY_REFRESH_EVENT_STALLED;
}

static bool is_over_or_stalled(void *ctx)
{
	(void)ctx;
	return over || stalled;
}

static void refresh_keys(void)
{
	app_key = (struct bm_key_refresh_app_key){.app_idx = NETWORK_APP_IDX};
	const struct bm_key_refresh_params params = {.nodes = nodes,
						     .node_count = LAMPS,
						     .app_keys = &app_key,
						     .app_key_count = 1,
						     .timeout_us = MINUTE,
						     .progress = progress};
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &params, network_now(network)),
			 BM_OK);
	for (int tries = 0; tries < 10 && !over; tries++) {
		stalled = false;
		bm_world_run_until(network->world, is_over_or_stalled, NULL, 20 * MINUTE);
		bm_key_refresh_retry(&refresh, network_now(network));
	}
	assert_true(over);
}

static void assert_new_keys(struct bm_node *node)
{
	const struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(&node->net), 0);
	const struct bm_app_key *key = bm_app_key_find(bm_transport_app_keys(&node->transport), NETWORK_APP_IDX);
	assert_int_equal(subnet->phase, 0);
	assert_false(subnet->keys[1].valid);
	assert_memory_not_equal(subnet->keys[0].net_key, network->net_key, 16);
	assert_memory_equal(key->values[0].key, app_key.key, 16);
	assert_false(key->values[1].valid);
}

static void set_iv_update(bool update)
{
	struct bm_node *provisioner = network->provisioner->node;
	assert_int_equal(bm_node_iv_update(provisioner, update, network_now(network)), BM_OK);
	bm_world_run_for(network->world, 3 * MINUTE);
	for (size_t i = 0; i < LAMPS; i++) {
		assert_int_equal(bm_node_iv_index(lamps[i].wn->node), bm_node_iv_index(provisioner));
		assert_int_equal(bm_node_iv_in_update(lamps[i].wn->node), update);
	}
}

static void test_mode(void)
{
	bm_node_iv_test_mode(network->provisioner->node, true);
	for (size_t i = 0; i < LAMPS; i++)
		bm_node_iv_test_mode(lamps[i].wn->node, true);
}

/* Each asks the next one: a friend a sleeper, a sleeper a sleeper, a sleeper one that is neither. */
static void assert_everybody_is_heard(void)
{
	assert_true(bm_world_run_until(network->world, all_have_friends, NULL, 5 * MINUTE));
	for (size_t i = 0; i < LAMPS; i++) {
		const struct bm_tx tx = tx_to(addr_of((i + 1) % LAMPS));
		const int before = lamps[i].statuses;
		for (int tries = 0; tries < 12 && lamps[i].statuses == before; tries++) {
			assert_int_equal(bm_onoff_client_get(&lamps[i].client, &tx, network_now(network)), BM_OK);
			bm_world_run_for(network->world, 25 * SECOND);
		}
		assert_true(lamps[i].statuses > before);
	}
}

static void test_a_network_with_sleepers_gets_new_keys_and_a_new_iv_index_at_30_percent_loss(void **state)
{
	(void)state;
	/* At 60 a poll is repeated just when its friend enters Phase 2. */
	static const uint64_t seeds[] = {1, 2, 3, 60};
	for (size_t s = 0; s < BM_ARRAY_LEN(seeds); s++) {
		start_network(seeds[s]);
		refresh_keys();
		bm_world_run_for(network->world, MINUTE);
		assert_new_keys(network->provisioner->node);
		for (size_t i = 0; i < LAMPS; i++)
			assert_new_keys(lamps[i].wn->node);
		assert_everybody_is_heard();
		test_mode();
		set_iv_update(true);
		assert_everybody_is_heard();
		set_iv_update(false);
		assert_everybody_is_heard();
		network_free(network);
	}
}

/* The IV Update comes in the middle of the refresh: what one tells does not hide the other. */
static void test_an_iv_update_during_a_key_refresh_reaches_sleepers_too(void **state)
{
	(void)state;
	start_network(9);
	test_mode();
	struct bm_node *provisioner = network->provisioner->node;
	app_key = (struct bm_key_refresh_app_key){.app_idx = NETWORK_APP_IDX};
	assert_int_equal(bm_node_iv_update(provisioner, true, network_now(network)), BM_OK);
	refresh_keys();
	bm_world_run_for(network->world, MINUTE);
	for (size_t i = 0; i < LAMPS; i++) {
		assert_new_keys(lamps[i].wn->node);
		assert_true(bm_node_iv_in_update(lamps[i].wn->node));
	}
	set_iv_update(false);
	assert_everybody_is_heard();
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_network_with_sleepers_gets_new_keys_and_a_new_iv_index_at_30_percent_loss),
		cmocka_unit_test(test_an_iv_update_during_a_key_refresh_reaches_sleepers_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
