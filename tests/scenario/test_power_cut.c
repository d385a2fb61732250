/*
 * The power is cut at every single store request of a long life: at each one, what is in the store at that moment is
 * given to a node that has nothing else, and looked at. It must start, be who it was, use no sequence number again
 * under its IV index, and take no message that was taken before.
 *
 * The life: messages both ways, IV updates, key refreshes, configuration, resets and provisionings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/config_opcodes.h"
#include "blemesh/key_refresh.h"
#include "node/node_state.h"
#include "support/mem_store.h"
#include "support/network.h"

#define ROUNDS 10
#define EXCHANGES 340
#define REQUESTS_MIN 10000
#define SECONDS(n) ((n) * (uint64_t)BM_US_PER_S)
#define REMEMBERED 8 /* IV indexes whose sequence numbers are watched */
#define FRAMES 512
#define ACCEPTED_MAX 256
/* A whole replay of all that was on the air lately, at each of so many requests. */
#define REPLAY_EVERY 250

/* One node whose power is cut, and what an onlooker knows of it. */
struct watched {
	struct bm_world_node *wn;
	struct mem_store store;
	bool joined;               /* it was told to its host that it is provisioned, and not that it is reset */
	uint32_t used[REMEMBERED]; /* by transmit IV index modulo REMEMBERED: the first number not yet used */
	uint32_t used_of[REMEMBERED];
	/* For each source and IV index the newest that was accepted, even where the node may have forgotten it. */
	size_t accepted_count;
	struct bm_rpl_entry accepted[ACCEPTED_MAX];
	bool lamp;
	struct bm_node *spare;
	size_t size;
};

static struct network *network;
static struct lamp lamps[3];
static struct watched watched[4];
static int requests, recoveries, replays;
static struct bm_event restored;
static int acted; /* by the recovered node's models */
static struct {
	uint8_t ad_type, len, octets[BM_ADV_PAYLOAD_MAX];
	bm_time at;
} frames[FRAMES];
static size_t frame_count;

/* What the recovered node is given: chance that is none, an air that nobody hears, a store that is left as it is. */
static void spare_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static void spare_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	if (event->kind == BM_EVENT_RESTORED)
		restored = *event;
}

static enum bm_err spare_store(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)ctx, (void)key, (void)octets, (void)len;
	return BM_OK;
}

static enum bm_err spare_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	(void)self, (void)adv, (void)now;
	return BM_OK;
}

static void spare_changed(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)ctx, (void)present, (void)opcode, (void)rx, (void)now;
	acted++;
}

static void spare_blob(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	(void)model, (void)rx, (void)params;
	acted++;
}

static struct bm_onoff_server spare_server;
static struct bm_onoff_client spare_client;
static struct bm_model spare_vendor;

static struct bm_node *recover_node(struct watched *w)
{
	static const struct bm_bearer_ops bearer_ops = {.advertise = spare_advertise};
	static const struct bm_opcode opcodes[] = {{OP_BLOB, 0, BM_ACCESS_MAX, spare_blob}};
	const struct bm_node_ops ops = {.random = spare_random, .event = spare_event, .store = spare_store};
	const struct bm_bearer bearer = {.ops = &bearer_ops};
	struct bm_node *node;
	assert_int_equal(bm_node_init(w->spare, w->size, &w->wn->config, &ops, &bearer, &node), BM_OK);
	if (w->lamp) {
		bm_onoff_server_init(&spare_server, false, spare_changed, NULL);
		bm_onoff_client_init(&spare_client, NULL, NULL);
		spare_server.model.persist = true;
		spare_vendor = (struct bm_model){.id = {.vendor = true, .company = 0x02c4, .id = 0x0001},
						 .opcodes = opcodes,
						 .opcode_count = BM_ARRAY_LEN(opcodes)};
		assert_int_equal(bm_node_add_model(node, 0, &spare_server.model), BM_OK);
		assert_int_equal(bm_node_add_model(node, 0, &spare_client.model), BM_OK);
		assert_int_equal(bm_node_add_model(node, 0, &spare_vendor), BM_OK);
	}
	memset(&restored, 0, sizeof restored);
	assert_int_equal(mem_store_restore(&w->store, node, requests & 1), BM_OK);
	/* Its clock begins where it likes. */
	assert_int_equal(bm_node_start(node, 12345), BM_OK);
	return node;
}

static void note_used(struct watched *w)
{
	const struct bm_net *net = &w->wn->node->net;
	const uint32_t iv_index = bm_iv_tx(&net->iv);
	const size_t at = iv_index % REMEMBERED;
	if (!w->joined)
		return;
	if (w->used_of[at] != iv_index)
		w->used[at] = 0;
	w->used_of[at] = iv_index;
	if (net->seq > w->used[at])
		w->used[at] = net->seq;
}

static void assert_no_number_is_used_again(struct watched *w, struct bm_node *node)
{
	const uint32_t iv_index = bm_iv_tx(&node->net.iv);
	const uint32_t used = w->used_of[iv_index % REMEMBERED] == iv_index ? w->used[iv_index % REMEMBERED] : 0;
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&node->net, &seq), BM_OK);
	assert_true(seq >= used);
}

static void note_accepted(struct watched *w)
{
	const struct bm_rpl *live = &w->wn->node->net.rpl;
	for (uint32_t i = 0; i < live->slots; i++) {
		const struct bm_rpl_entry *entry = &live->table[i];
		size_t at = w->accepted_count;
		if (entry->src == BM_ADDR_UNASSIGNED)
			continue;
		while (at > 0 &&
		       (w->accepted[at - 1].src != entry->src || w->accepted[at - 1].iv_index != entry->iv_index))
			at--;
		if (at == 0) {
			assert_true(w->accepted_count < ACCEPTED_MAX);
			at = ++w->accepted_count;
		}
		w->accepted[at - 1] = *entry;
	}
}

static void assert_nothing_old_is_new(const struct watched *w, struct bm_node *node)
{
	const uint32_t index = node->net.iv.index;
	for (size_t i = 0; i < w->accepted_count; i++) {
		const struct bm_rpl_entry *entry = &w->accepted[i];
		/* What the recovered node's IV index does not accept it cannot take either. */
		if (entry->iv_index > index || entry->iv_index + 1 < index)
			continue;
		assert_int_equal(bm_rpl_check(&node->net.rpl, entry->src, entry->iv_index, entry->seq), BM_ERR_EXISTS);
		if (entry->segmented_next)
			assert_int_equal(bm_rpl_check_segment(&node->net.rpl, entry->src, entry->iv_index, BM_SEQ_MAX,
							      entry->segmented_next - 1),
					 BM_ERR_EXISTS);
	}
}

/* All that was on the air until a moment ago once more: no model of the recovered node may hear of it. */
static void assert_a_recording_changes_nothing(struct bm_node *node)
{
	const size_t first = frame_count > FRAMES ? frame_count - FRAMES : 0;
	bm_time now = 20000;
	acted = 0;
	for (size_t i = first; i < frame_count; i++) {
		if (frames[i % FRAMES].at + SECONDS(2) > network_now(network))
			break;
		bm_node_receive(node, frames[i % FRAMES].ad_type, frames[i % FRAMES].octets, frames[i % FRAMES].len,
				-40, now += 1000);
		bm_node_run(node, now);
		replays++;
	}
	assert_int_equal(acted, 0);
}

static void cut_power(struct watched *w)
{
	note_used(w);
	note_accepted(w);
	struct bm_node *node = recover_node(w);
	recoveries++;
	if (w->joined) {
		assert_true(bm_node_is_provisioned(node));
		assert_int_equal(restored.result, BM_OK);
		assert_int_equal(bm_node_addr(node), bm_node_addr(w->wn->node));
	}
	if (bm_node_is_provisioned(node)) {
		assert_no_number_is_used_again(w, node);
		if (w->joined)
			assert_nothing_old_is_new(w, node);
		if (w->lamp && recoveries % REPLAY_EVERY == 0)
			assert_a_recording_changes_nothing(node);
	} else {
		assert_int_equal(bm_node_prov_enable(node, BM_PROV_BEARER_ADV, 12345), BM_OK);
	}
	bm_node_wipe(node);
}

static struct watched *watched_of(const struct bm_world_node *wn)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(watched); i++)
		if (watched[i].wn == wn)
			return &watched[i];
	abort();
}

static enum bm_err on_store(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct watched *w = watched_of(wn);
	requests++;
	/* A reset begins with this request, and is not done before it. */
	if (key->kind == BM_STORE_NET && len == 0) {
		cut_power(w);
		w->joined = false;
		memset(w->used, 0, sizeof w->used);
	}
	/* What is done until the next request is looked at there. */
	cut_power(w);
	return mem_store_put(&w->store, key, octets, len);
}

static void (*former_event)(struct bm_world_node *wn, const struct bm_event *event);

static void on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	if (event->kind == BM_EVENT_PROVISIONED) {
		struct watched *w = watched_of(wn);
		w->joined = true;
		/* another life, and another address */
		w->accepted_count = 0;
	}
	former_event(wn, event);
}

static bool on_receive(struct bm_world_node *wn, uint8_t ad_type, const uint8_t *payload, size_t len)
{
	(void)wn;
	if (ad_type == BM_AD_MESH_MESSAGE || ad_type == BM_AD_MESH_BEACON) {
		const size_t at = frame_count++ % FRAMES;
		frames[at].ad_type = ad_type;
		frames[at].len = (uint8_t)len;
		frames[at].at = network_now(network);
		memcpy(frames[at].octets, payload, len);
	}
	return true;
}

static bool note_all(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < BM_ARRAY_LEN(watched); i++)
		note_used(&watched[i]);
	return false;
}

static void run_for(uint64_t duration_us)
{
	(void)bm_world_run_until(network->world, note_all, NULL, duration_us);
}

static void watch(struct watched *w, struct bm_world_node *wn, bool lamp)
{
	w->wn = wn;
	w->lamp = lamp;
	w->size = bm_node_size(&wn->config.limits);
	w->spare = malloc(w->size);
	assert_non_null(w->spare);
	wn->on_store = on_store;
	if (lamp) {
		former_event = wn->on_event;
		wn->on_event = on_event;
	}
}

static void set_up_network(void)
{
	network = network_new(2026);
	/* The provisioner made itself a node before anybody watched: all of it goes to the store first. */
	watch(&watched[3], network->provisioner, false);
	assert_int_equal(bm_node_store_all(network->provisioner->node), BM_OK);
	watched[3].joined = true;
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++) {
		lamp_init(&lamps[i], network, NULL);
		lamps[i].server.model.persist = true;
		watch(&watched[i], lamps[i].wn, true);
	}
	lamps[0].wn->on_receive = on_receive;
}

static void join(struct lamp *lamp)
{
	const uint16_t addr = network_provision(network, lamp, SECONDS(60));
	assert_int_not_equal(addr, 0);
	assert_true(network_configure(network, addr));
}

static void exchange(struct lamp *from, struct lamp *to, int n)
{
	const struct bm_tx tx = tx_to(bm_node_addr(to->wn->node));
	const int before = from->statuses;
	assert_int_equal(bm_onoff_client_set(&from->client, &tx, n & 1, true, 0xff, 0, network_now(network)), BM_OK);
	/* now and then a segmented one overtakes it */
	if (n % 25 == 0)
		assert_int_equal(lamp_send_blob(to, &(struct bm_tx){.dst = bm_node_addr(from->wn->node), .ttl = 5}, 40),
				 BM_OK);
	run_for(n % 25 == 0 ? SECONDS(1) : 120 * BM_US_PER_MS);
	assert_true(from->statuses > before);
}

static void update_iv_index(void)
{
	struct bm_node *node = network->provisioner->node;
	const uint32_t next = bm_node_iv_index(node) + 1;
	run_for(SECONDS(3600) * 97);
	assert_int_equal(bm_node_iv_update(node, true, network_now(network)), BM_OK);
	run_for(SECONDS(3600) * 100);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(bm_node_iv_index(lamps[i].wn->node), next);
		assert_false(bm_node_iv_in_update(lamps[i].wn->node));
	}
}

static void refresh_keys(void)
{
	struct bm_key_refresh refresh;
	struct bm_key_refresh_node nodes[BM_ARRAY_LEN(lamps)] = {{0}};
	struct bm_key_refresh_app_key app_key = {.app_idx = NETWORK_APP_IDX};
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++)
		nodes[i].addr = bm_node_addr(lamps[i].wn->node);
	const struct bm_key_refresh_params params = {
		.nodes = nodes, .node_count = BM_ARRAY_LEN(lamps), .app_keys = &app_key, .app_key_count = 1};
	assert_int_equal(bm_key_refresh_start(&refresh, network->provisioner->node, &params, network_now(network)),
			 BM_OK);
	run_for(SECONDS(120));
	assert_int_equal(refresh.step, BM_KEY_REFRESH_OVER);
	memcpy(network->net_key, network->provisioner->node->net.subnets.table[0].keys[0].net_key, 16);
	memcpy(network->app_key, app_key.key, 16);
}

/* The lamp leaves and comes back with another address. */
static void rejoin(struct lamp *lamp)
{
	const uint16_t addr = bm_node_addr(lamp->wn->node);
	assert_true(network_config(network, addr, BM_OP_CONFIG_NODE_RESET, NULL, 0));
	run_for(SECONDS(5));
	assert_false(bm_node_is_provisioned(lamp->wn->node));
	assert_int_equal(bm_node_remove_dev_key(network->provisioner->node, addr), BM_OK);
	join(lamp);
}

static void test_no_power_cut_repeats_a_number_or_admits_an_old_message(void **state)
{
	(void)state;
	set_up_network();
	for (size_t i = 0; i < BM_ARRAY_LEN(lamps); i++)
		join(&lamps[i]);
	for (int round = 0; round < ROUNDS; round++) {
		for (int n = 0; n < EXCHANGES; n++)
			exchange(&lamps[n % 3], &lamps[(n + 1) % 3], n / 3 + round);
		if (round % 3 == 0)
			update_iv_index();
		if (round % 4 == 1)
			refresh_keys();
		rejoin(&lamps[2]);
	}
	print_message("%d store requests, %d recoveries, %d PDUs replayed to recovered nodes\n", requests, recoveries,
		      replays);
	assert_true(requests >= REQUESTS_MIN);
	assert_true(replays > 10000);
	for (size_t i = 0; i < BM_ARRAY_LEN(watched); i++)
		free(watched[i].spare);
	network_free(network);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_power_cut_repeats_a_number_or_admits_an_old_message),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
