/*
 * The power is cut at every single store request (support/power_cut.h) of a life with friends: messages through the
 * friend queue and from the low power node, the friend lost and another one found, IV updates and key refreshes that
 * reach the sleeping node through its friend, resets, and power cuts that really happen.
 *
 * Messages are numbered, so an onlooker knows which of them the low power node had before.
 */
#include "blemesh/config_opcodes.h"
#include "blemesh/key_refresh.h"
#include "support/friends.h"
#include "support/power_cut.h"

#define ROUNDS 12
#define EXCHANGES 24
#define REQUESTS_MIN 2500
#define MESSAGES 8192u
#define MINUTE (60 * SECOND)

enum { FIRST_FRIEND, SECOND_FRIEND, SLEEPER, LAMP, LAMPS };

static struct network *network;
static struct lamp lamps[LAMPS];
static struct watched *watched[LAMPS];
static bool taken[LAMPS][MESSAGES];
static uint32_t sent;
static int heard, heard_again, asleep_at_cut;

static bool has_number(const uint8_t *octets, size_t len, uint32_t *number)
{
	struct bm_reader r = bm_reader_of(octets, len);
	*number = bm_read_be32(&r);
	return !r.failed && *number < MESSAGES;
}

/* The node that is alive. */
static void on_numbered(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct lamp *lamp = model->self;
	const size_t len = bm_reader_left(params);
	uint32_t number;
	(void)rx;
	assert_true(has_number(bm_read_octets(params, len), len, &number));
	assert_false(taken[lamp - lamps][number]);
	taken[lamp - lamps][number] = true;
	heard++;
}

/* The one recovered, to which all is said again: what comes late may be new to it, what was taken is not. */
static void on_recovered(struct watched *w, const uint8_t *octets, size_t len)
{
	uint32_t number;
	assert_true(has_number(octets, len, &number));
	for (size_t i = 0; i < LAMPS; i++)
		if (watched[i] == w)
			assert_false(taken[i][number]);
	heard_again++;
}

static const struct bm_opcode opcodes[] = {{OP_BLOB, 0, BM_ACCESS_MAX, on_numbered}};

static void send_number(struct lamp *from, uint16_t dst, size_t len)
{
	const struct bm_tx tx = tx_to(dst);
	uint8_t payload[64] = {0};
	struct bm_writer w = bm_writer_of(payload, sizeof payload);
	assert_true(sent < MESSAGES);
	bm_put_opcode(&w, OP_BLOB);
	bm_put_be32(&w, sent++);
	assert_int_equal(bm_model_send(&from->vendor, &tx, payload, len, network_now(network)), BM_OK);
}

static bool sleeper_has_friend(void *ctx)
{
	(void)ctx;
	return has_friend(&lamps[SLEEPER]);
}

static bool sleeper_is_alone(void *ctx)
{
	return !sleeper_has_friend(ctx);
}

static void find_friend(void)
{
	assert_true(power_cut_run_until(sleeper_has_friend, NULL, 5 * MINUTE));
	power_cut_run(SECOND);
}

static void join(struct lamp *lamp)
{
	const uint16_t addr = network_provision(network, lamp, MINUTE);
	assert_int_not_equal(addr, 0);
	assert_true(network_configure(network, addr));
	bm_node_iv_test_mode(lamp->wn->node, true);
}

static void set_up(void)
{
	const struct bm_node_config friend_c = friend_config();
	struct bm_node_config lpn_c = lpn_config();
	lpn_c.lpn.poll_interval_ms = 1000;
	network = network_new(2027);
	power_cut_begin(network);
	power_cut.replay_every = 40;
	power_cut.on_blob = on_recovered;
	bm_node_iv_test_mode(network->provisioner->node, true);
	for (size_t i = 0; i < LAMPS; i++) {
		lamp_init(&lamps[i], network, i == SLEEPER ? &lpn_c : i == LAMP ? NULL : &friend_c);
		lamps[i].vendor.opcodes = opcodes;
		lamps[i].server.model.persist = true;
		watched[i] = power_cut_watch(lamps[i].wn, true);
	}
	power_cut_record(lamps[LAMP].wn);
	for (size_t i = 0; i < LAMPS; i++)
		join(&lamps[i]);
	find_friend();
}

static void exchange(int n)
{
	const uint16_t sleeper = bm_node_addr(lamps[SLEEPER].wn->node);
	const size_t len = n % 5 == 0 ? 40 : 9;
	asleep_at_cut += has_friend(&lamps[SLEEPER]);
	send_number(&lamps[LAMP], sleeper, len);
	if (n % 3 == 0)
		send_number(&lamps[FIRST_FRIEND], sleeper, 9);
	if (n % 4 == 0)
		send_number(&lamps[SLEEPER], bm_node_addr(lamps[n % 8 ? LAMP : SECOND_FRIEND].wn->node), len);
	power_cut_run(2 * SECOND);
}

static void update_iv_index(void)
{
	struct bm_node *node = network->provisioner->node;
	const uint32_t next = bm_node_iv_index(node) + 1;
	for (int updating = 1; updating >= 0; updating--) {
		assert_int_equal(bm_node_iv_update(node, updating, network_now(network)), BM_OK);
		exchange(0);
		power_cut_run(2 * MINUTE);
		for (size_t i = 0; i < LAMPS; i++) {
			assert_int_equal(bm_node_iv_index(lamps[i].wn->node), next);
			assert_int_equal(bm_node_iv_in_update(lamps[i].wn->node), updating);
		}
	}
}

static void refresh_keys(void)
{
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[LAMPS] = {{0}};
	struct bm_key_refresh_app_key app_key = {.app_idx = NETWORK_APP_IDX};
	for (size_t i = 0; i < LAMPS; i++)
		nodes[i].addr = bm_node_addr(lamps[i].wn->node);
	const struct bm_key_refresh_params params = {
		.nodes = nodes, .node_count = LAMPS, .app_keys = &app_key, .app_key_count = 1, .timeout_us = MINUTE};
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &params, network_now(network)),
			 BM_OK);
	for (int n = 0; n < 8; n++)
		exchange(n);
	power_cut_run(3 * MINUTE);
	assert_int_equal(refresh.step, BM_KEY_REFRESH_OVER);
	memcpy(network->net_key, network->provisioner->node->net.subnets.table[0].keys[0].net_key, 16);
	memcpy(network->app_key, app_key.key, 16);
}

/* The power of one that lives is really cut. */
static void power_cycle(size_t i)
{
	struct lamp *lamp = &lamps[i];
	const struct mem_store before = watched[i]->store;
	bm_world_power_cycle(lamp->wn);
	bm_onoff_server_init(&lamp->server, false, NULL, lamp);
	bm_onoff_client_init(&lamp->client, NULL, lamp);
	lamp->server.model.persist = true;
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->server.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->client.model), BM_OK);
	assert_int_equal(bm_node_add_model(lamp->wn->node, 0, &lamp->vendor), BM_OK);
	assert_int_equal(mem_store_restore(&before, lamp->wn->node, false), BM_OK);
	assert_int_equal(bm_node_start(lamp->wn->node, network_now(network)), BM_OK);
	bm_node_iv_test_mode(lamp->wn->node, true);
	if (i != SLEEPER)
		assert_true(power_cut_run_until(sleeper_is_alone, NULL, MINUTE));
	find_friend();
}

static size_t friend_of_sleeper(void)
{
	const uint16_t addr = bm_node_friend(lamps[SLEEPER].wn->node);
	return addr == bm_node_addr(lamps[FIRST_FRIEND].wn->node) ? FIRST_FRIEND : SECOND_FRIEND;
}

/* A node leaves and comes back with another address. */
static void rejoin(size_t i)
{
	struct lamp *lamp = &lamps[i];
	const uint16_t addr = bm_node_addr(lamp->wn->node);
	assert_true(network_config(network, addr, BM_OP_CONFIG_NODE_RESET, NULL, 0));
	power_cut_run(15 * SECOND);
	assert_false(bm_node_is_provisioned(lamp->wn->node));
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, addr), BM_OK);
	join(lamp);
	find_friend();
}

static void test_no_power_cut_in_a_friendship_repeats_a_number_or_admits_an_old_message(void **state)
{
	(void)state;
	set_up();
	for (int round = 0; round < ROUNDS; round++) {
		for (int n = 0; n < EXCHANGES; n++)
			exchange(n);
		power_cycle(round % 2 ? SLEEPER : friend_of_sleeper());
		if (round % 3 == 0)
			update_iv_index();
		if (round % 4 == 1)
			refresh_keys();
		find_friend();
		if (round % 2 == 1)
			rejoin(round % 4 == 1 ? SLEEPER : friend_of_sleeper());
	}
	print_message("%d store requests, %d recoveries, %d PDUs replayed, %u messages sent, %d heard, %d heard late\n",
		      power_cut.requests, power_cut.recoveries, power_cut.replays, (unsigned)sent, heard, heard_again);
	assert_true(power_cut.requests >= REQUESTS_MIN);
	assert_true(power_cut.replays > 10000);
	assert_true(asleep_at_cut > ROUNDS * EXCHANGES * 3 / 4);
	assert_true((uint32_t)heard > sent * 9 / 10);
	power_cut_end();
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_power_cut_in_a_friendship_repeats_a_number_or_admits_an_old_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
