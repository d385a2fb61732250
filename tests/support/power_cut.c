/*
 * Power cuts at every store request.
 */
#include "support/power_cut.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct power_cut power_cut;

static struct bm_event restored;
static struct watched *recovering;
static int acted; /* by the recovered node's models */

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
	(void)model, (void)rx;
	const size_t len = bm_reader_left(params);
	if (power_cut.on_blob)
		power_cut.on_blob(recovering, bm_read_octets(params, len), len);
	else
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
	recovering = w;
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
	assert_int_equal(mem_store_restore(&w->store, node, power_cut.requests & 1), BM_OK);
	/* Its clock begins where it likes. */
	assert_int_equal(bm_node_start(node, 12345), BM_OK);
	return node;
}

static void note_used(struct watched *w)
{
	const struct bm_net *net = &w->wn->node->net;
	const uint32_t iv_index = bm_iv_tx(&net->iv);
	const size_t at = iv_index % POWER_CUT_IV_INDEXES;
	if (!w->joined)
		return;
	if (w->used_of[at] != iv_index)
		w->used[at] = 0;
	w->used_of[at] = iv_index;
	if (net->seq > w->used[at])
		w->used[at] = net->seq;
	const struct bm_lpn *lpn = &w->wn->node->lpn;
	if (lpn->supported && lpn->counter != UINT16_MAX) {
		w->asked = true;
		w->lpn_counter = lpn->counter;
	}
}

static void assert_no_number_is_used_again(struct watched *w, struct bm_node *node)
{
	const uint32_t iv_index = bm_iv_tx(&node->net.iv);
	const uint32_t used = w->used_of[iv_index % POWER_CUT_IV_INDEXES] == iv_index
				      ? w->used[iv_index % POWER_CUT_IV_INDEXES]
				      : 0;
	uint32_t seq;
	assert_int_equal(bm_net_seq_take(&node->net, &seq), BM_OK);
	assert_true(seq >= used);
}

/* Counters are 16 bits long and go round: newer ones are less than half a round ahead. */
static void assert_no_counter_is_used_again(const struct watched *w, const struct bm_node *node)
{
	if (w->asked)
		assert_true((uint16_t)(node->lpn.counter - w->lpn_counter) < 0x8000);
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
			assert_true(w->accepted_count < POWER_CUT_ACCEPTED);
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
	const size_t first = power_cut.frame_count > POWER_CUT_FRAMES ? power_cut.frame_count - POWER_CUT_FRAMES : 0;
	bm_time now = 20000;
	acted = 0;
	for (size_t i = first; i < power_cut.frame_count; i++) {
		if (power_cut.frames[i % POWER_CUT_FRAMES].at + power_cut.replay_age_us >
		    network_now(power_cut.network))
			break;
		bm_node_receive(node, power_cut.frames[i % POWER_CUT_FRAMES].ad_type,
				power_cut.frames[i % POWER_CUT_FRAMES].octets,
				power_cut.frames[i % POWER_CUT_FRAMES].len, -40, now += 1000);
		bm_node_run(node, now);
		power_cut.replays++;
	}
	assert_int_equal(acted, 0);
}

static void cut_power(struct watched *w)
{
	note_used(w);
	note_accepted(w);
	struct bm_node *node = recover_node(w);
	power_cut.recoveries++;
	if (w->joined) {
		assert_true(bm_node_is_provisioned(node));
		assert_int_equal(restored.result, BM_OK);
		assert_int_equal(bm_node_addr(node), bm_node_addr(w->wn->node));
	}
	if (bm_node_is_provisioned(node)) {
		assert_no_number_is_used_again(w, node);
		assert_no_counter_is_used_again(w, node);
		if (w->joined)
			assert_nothing_old_is_new(w, node);
		if (w->lamp && power_cut.recoveries % power_cut.replay_every == 0)
			assert_a_recording_changes_nothing(node);
	} else {
		assert_int_equal(bm_node_prov_enable(node, BM_PROV_BEARER_ADV, 12345), BM_OK);
	}
	bm_node_wipe(node);
}

static struct watched *watched_of(const struct bm_world_node *wn)
{
	for (size_t i = 0; i < power_cut.count; i++)
		if (power_cut.nodes[i].wn == wn)
			return &power_cut.nodes[i];
	abort();
}

static enum bm_err on_store(struct bm_world_node *wn, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct watched *w = watched_of(wn);
	power_cut.requests++;
	/* A reset begins with this request, and is not done before it. */
	if (key->kind == BM_STORE_NET && len == 0) {
		cut_power(w);
		w->joined = false;
		w->asked = false;
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
		const size_t at = power_cut.frame_count++ % POWER_CUT_FRAMES;
		power_cut.frames[at].ad_type = ad_type;
		power_cut.frames[at].len = (uint8_t)len;
		power_cut.frames[at].at = network_now(power_cut.network);
		memcpy(power_cut.frames[at].octets, payload, len);
	}
	return true;
}

static bool note_all(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < power_cut.count; i++)
		note_used(&power_cut.nodes[i]);
	return false;
}

void power_cut_run(uint64_t duration_us)
{
	(void)bm_world_run_until(power_cut.network->world, note_all, NULL, duration_us);
}

struct waiting {
	bool (*done)(void *ctx);
	void *ctx;
};

static bool note_and_ask(void *ctx)
{
	const struct waiting *waiting = ctx;
	return note_all(NULL) || waiting->done(waiting->ctx);
}

bool power_cut_run_until(bool (*done)(void *ctx), void *ctx, uint64_t timeout_us)
{
	struct waiting waiting = {.done = done, .ctx = ctx};
	return bm_world_run_until(power_cut.network->world, note_and_ask, &waiting, timeout_us);
}

struct watched *power_cut_watch(struct bm_world_node *wn, bool lamp)
{
	assert_true(power_cut.count < POWER_CUT_NODES);
	struct watched *w = &power_cut.nodes[power_cut.count++];
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
	return w;
}

void power_cut_begin(struct network *network)
{
	memset(&power_cut, 0, sizeof power_cut);
	power_cut.network = network;
	struct watched *provisioner = power_cut_watch(network->provisioner, false);
	/* All of it goes to the store first. */
	assert_int_equal(bm_node_store_all(network->provisioner->node), BM_OK);
	provisioner->joined = true;
}

void power_cut_end(void)
{
	for (size_t i = 0; i < power_cut.count; i++)
		free(power_cut.nodes[i].spare);
}

void power_cut_record(struct bm_world_node *wn)
{
	wn->on_receive = on_receive;
}
