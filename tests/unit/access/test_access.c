#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/config.h"
#include "support/floors.h"

#define APP 3u

static const uint8_t label_a[16] = {0x00, 0x73, 0xe7, 0xe4};
static const uint8_t label_b[16] = {0xf4, 0xa0, 0x02, 0xc7};

/* A model that counts what reaches it, and answers a Get with its number. */
struct probe {
	struct bm_model model;
	size_t count;
	struct bm_rx last;
	uint8_t params[16];
	size_t len;
	enum bm_err reply;
	size_t started, reset;
};

static void take(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	struct probe *probe = model->self;
	probe->count++;
	probe->last = *rx;
	probe->len = bm_reader_left(params);
	bm_read_copy(params, probe->params, probe->len < 16 ? probe->len : 16);
}

static void answer(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	take(model, rx, params);
	struct probe *probe = model->self;
	const uint8_t status[] = {0x82, 0x04, (uint8_t)model->index};
	probe->reply = bm_model_reply(model, rx, status, sizeof status);
}

static void started(struct bm_model *model, bm_time now)
{
	(void)now;
	((struct probe *)model->self)->started++;
}

static void reset(struct bm_model *model, bm_time now)
{
	(void)now;
	((struct probe *)model->self)->reset++;
}

static const struct bm_opcode probe_opcodes[] = {
	{0x8201, 0, 0, answer},
	{0x8203, 2, 4, take},
	{BM_OPCODE_VENDOR(1, 0x02c4), 0, BM_ACCESS_MAX, take},
};
static const struct bm_model_ops probe_ops = {.started = started, .reset = reset};

static void probe_init(struct probe *probe, uint16_t id)
{
	*probe = (struct probe){.model = {.id = {.id = id},
					  .opcodes = probe_opcodes,
					  .opcode_count = BM_ARRAY_LEN(probe_opcodes),
					  .ops = &probe_ops,
					  .self = probe}};
}

/* Two elements: p[0] and dev (device key) in the primary, p[1] and p[2] in the secondary. Bound to APP. */
struct setup {
	struct floors f;
	struct probe p[3];
	struct probe dev;
};

static void add(struct setup *s, uint8_t element, struct probe *probe)
{
	assert_int_equal(bm_access_add_model(&s->f.access, element, &probe->model), BM_OK);
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.elements = 2;
	limits.models = 5;
	limits.subscriptions = 3;
	limits.bindings = 2;
	limits.replies = 3;
	limits.remote_dev_keys = 2;
	floors_init(&s->f, &limits, BM_FEATURE_RELAY | BM_FEATURE_PROXY);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0x0100, &index), BM_OK);
	assert_int_equal(bm_access_add_element(&s->f.access, 0x0101, &index), BM_OK);
	assert_int_equal(bm_access_add_element(&s->f.access, 0x0102, &index), BM_ERR_NO_SPACE);
	for (uint16_t i = 0; i < 3; i++)
		probe_init(&s->p[i], (uint16_t)(0x1000 + i));
	probe_init(&s->dev, 0x0000);
	s->dev.model.dev_key = s->dev.model.own_dev_key_only = true;
	/* The secondary element's first: the primary's are put in front of it. */
	add(s, 1, &s->p[1]);
	add(s, 0, &s->p[0]);
	add(s, 0, &s->dev);
	add(s, 1, &s->p[2]);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(bm_access_bind(&s->f.access, &s->p[i].model, APP), BM_OK);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;
	floors_end(&s->f);
	free(s);
	return 0;
}

static void assert_counts(const struct setup *s, size_t p0, size_t p1, size_t p2, size_t dev)
{
	assert_int_equal(s->p[0].count, p0);
	assert_int_equal(s->p[1].count, p1);
	assert_int_equal(s->p[2].count, p2);
	assert_int_equal(s->dev.count, dev);
}

static void test_unicast_goes_to_that_elements_models(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR + 1, APP, "82030107");
	assert_counts(s, 0, 1, 1, 0);
	floors_receive(&s->f, FLOORS_ADDR, APP, "820301070a01");
	assert_counts(s, 1, 1, 1, 0);
	assert_int_equal(s->p[0].last.src, FLOORS_PEER);
	assert_int_equal(s->p[0].last.opcode, 0x8203);
	assert_int_equal(s->p[0].last.app_idx, APP);
	assert_int_equal(s->p[0].last.ttl, 5);
	assert_int_equal(s->p[0].last.rssi, -40);
	assert_hex(s->p[0].params, s->p[0].len, "01070a01");
	assert_int_equal(s->f.env.counters.access_rx, 2);
	assert_int_equal(s->f.received_count, 2);
	floors_receive(&s->f, FLOORS_ADDR + 2, APP, "82030107");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_NOT_FOR_US), 1);
}

static void test_vendor_opcodes_are_dispatched(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR, APP, "c1c402aa");
	assert_counts(s, 1, 0, 0, 0);
	assert_int_equal(s->p[0].last.opcode, BM_OPCODE_VENDOR(1, 0x02c4));
	floors_receive(&s->f, FLOORS_ADDR, APP, "c15900aa");
	assert_counts(s, 1, 0, 0, 0);
}

static void test_a_model_may_take_what_its_table_lacks(void **state)
{
	struct setup *s = *state;
	static const struct bm_opcode others = {.max_len = 4, .handle = take};
	s->p[0].model.others = &others;
	floors_receive(&s->f, FLOORS_ADDR, APP, "8299aabb");
	floors_receive(&s->f, FLOORS_ADDR, APP, "c15900aa");
	assert_counts(s, 2, 0, 0, 0);
	assert_int_equal(s->p[0].last.opcode, BM_OPCODE_VENDOR(1, 0x0059));
	assert_hex(s->p[0].params, s->p[0].len, "aa");
	/* Its own rows come first, with their lengths; keys and the longest length hold for the others too. */
	floors_receive(&s->f, FLOORS_ADDR, APP, "820301");
	floors_receive(&s->f, FLOORS_ADDR, APP, "82990102030405");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 2);
	floors_receive(&s->f, FLOORS_ADDR, APP + 1, "8299");
	assert_counts(s, 2, 0, 0, 0);
}

static void test_what_no_model_takes_is_counted_by_reason(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR, APP, "8299");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_UNKNOWN_OPCODE), 1);
	floors_receive(&s->f, FLOORS_ADDR, APP + 1, "82030107");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_NOT_BOUND), 1);
	floors_receive(&s->f, FLOORS_ADDR, APP, "820301");
	floors_receive(&s->f, FLOORS_ADDR, APP, "82030102030405");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_BAD_LENGTH), 2);
	floors_receive(&s->f, FLOORS_ADDR, APP, "7f");
	floors_receive(&s->f, FLOORS_ADDR, APP, "82");
	assert_int_equal(floors_dropped(&s->f, BM_DROP_MALFORMED), 2);
	assert_counts(s, 0, 0, 0, 0);
	assert_int_equal(s->f.env.counters.access_rx, 0);
}

static void test_device_key_models_take_their_own_device_key_alone(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR, BM_APP_IDX_DEV_LOCAL, "82030107");
	assert_counts(s, 0, 0, 0, 1);
	/* With the sender's device key, or with an application key where no other model knows the opcode. */
	floors_receive(&s->f, FLOORS_ADDR, BM_APP_IDX_DEV_REMOTE, "82030107");
	assert_counts(s, 0, 0, 0, 1);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_NOT_BOUND), 1);
	/* No device key model stands in the secondary element. */
	floors_receive(&s->f, FLOORS_ADDR + 1, BM_APP_IDX_DEV_LOCAL, "82030107");
	assert_counts(s, 0, 0, 0, 1);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_NOT_BOUND), 2);
	assert_int_equal(bm_access_bind(&s->f.access, &s->dev.model, APP), BM_ERR_INVALID);
}

static void test_group_goes_to_every_subscribed_model(void **state)
{
	struct setup *s = *state;
	struct bm_access *access = &s->f.access;
	assert_false(bm_access_accepts(access, 0xc001));
	assert_int_equal(bm_access_subscribe(access, &s->p[0].model, 0xc001, NULL), BM_OK);
	assert_int_equal(bm_access_subscribe(access, &s->p[2].model, 0xc001, NULL), BM_OK);
	assert_int_equal(bm_access_subscribe(access, &s->p[2].model, 0xc001, NULL), BM_OK);
	assert_true(bm_access_accepts(access, 0xc001));
	assert_false(bm_access_accepts(access, 0xc002));
	floors_receive(&s->f, 0xc001, APP, "82030107");
	assert_counts(s, 1, 0, 1, 0);
	assert_int_equal(s->f.env.counters.access_rx, 1);
	assert_int_equal(bm_access_unsubscribe(access, &s->p[2].model, 0xc001, NULL), BM_OK);
	floors_receive(&s->f, 0xc001, APP, "82030107");
	assert_counts(s, 2, 0, 1, 0);
	assert_int_equal(bm_access_unsubscribe(access, &s->p[0].model, 0xc001, NULL), BM_OK);
	assert_false(bm_access_accepts(access, 0xc001));
}

static void test_fixed_groups_reach_the_primary_element_by_feature(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, BM_ADDR_ALL_NODES, APP, "82030107");
	assert_counts(s, 1, 0, 0, 0);
	floors_receive(&s->f, BM_ADDR_ALL_RELAYS, APP, "82030107");
	floors_receive(&s->f, BM_ADDR_ALL_PROXIES, APP, "82030107");
	assert_counts(s, 3, 0, 0, 0);
	assert_false(bm_access_accepts(&s->f.access, BM_ADDR_ALL_FRIENDS));
	bm_net_states(&s->f.net)->relay = false;
	assert_false(bm_access_accepts(&s->f.access, BM_ADDR_ALL_RELAYS));
	s->f.access.enabled = 0;
	assert_false(bm_access_accepts(&s->f.access, BM_ADDR_ALL_PROXIES));
	assert_true(bm_access_accepts(&s->f.access, BM_ADDR_ALL_NODES));
	assert_int_equal(bm_access_subscribe(&s->f.access, &s->p[0].model, BM_ADDR_ALL_NODES, NULL), BM_ERR_INVALID);
}

static void test_virtual_subscription_goes_by_label_not_by_address(void **state)
{
	struct setup *s = *state;
	struct bm_access *access = &s->f.access;
	const uint16_t addr = bm_virtual_addr(label_a);
	assert_int_equal(bm_access_subscribe(access, &s->p[1].model, addr, label_a), BM_OK);
	assert_int_equal(bm_access_subscribe(access, &s->p[1].model, addr, label_a), BM_OK);
	assert_int_equal(bm_transport_labels(&s->f.transport)->table[0].users, 1);
	assert_true(bm_access_accepts(access, addr));
	struct bm_transport_rx rx = {
		.src = FLOORS_PEER, .dst = addr, .label = label_a, .app_idx = APP, .ttl = 5, .rssi = 127};
	floors_receive_from(&s->f, &rx, "82030107");
	assert_counts(s, 0, 1, 0, 0);
	/* Another label that shares the address. */
	rx.label = label_b;
	floors_receive_from(&s->f, &rx, "82030107");
	assert_counts(s, 0, 1, 0, 0);
	assert_int_equal(bm_access_unsubscribe(access, &s->p[1].model, addr, label_a), BM_OK);
	assert_false(bm_access_accepts(access, addr));
	assert_int_equal(bm_label_slot(bm_transport_labels(&s->f.transport), label_a), -1);
}

static void test_full_tables_are_named_errors(void **state)
{
	struct setup *s = *state;
	struct bm_access *access = &s->f.access;
	for (uint16_t i = 0; i < 3; i++)
		assert_int_equal(bm_access_subscribe(access, &s->p[0].model, (uint16_t)(0xc000 + i), NULL), BM_OK);
	assert_int_equal(bm_access_subscribe(access, &s->p[0].model, 0xc100, NULL), BM_ERR_NO_SPACE);
	assert_int_equal(bm_access_bind(access, &s->p[0].model, APP), BM_OK);
	assert_int_equal(bm_access_bind(access, &s->p[0].model, APP + 1), BM_OK);
	assert_int_equal(bm_access_bind(access, &s->p[0].model, APP + 2), BM_ERR_NO_SPACE);
	struct probe late;
	probe_init(&late, 0x1234);
	assert_int_equal(bm_access_add_model(access, 0, &late.model), BM_ERR_STATE);
}

static void test_second_model_of_one_identifier_in_an_element_is_refused(void **state)
{
	(void)state;
	struct floors f;
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.models = 3;
	floors_init(&f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&f.access, 0, &index), BM_OK);
	struct probe p[5];
	for (size_t i = 0; i < 5; i++)
		probe_init(&p[i], 0x1000);
	assert_int_equal(bm_access_add_model(&f.access, 0, &p[0].model), BM_OK);
	assert_int_equal(bm_access_add_model(&f.access, 0, &p[1].model), BM_ERR_EXISTS);
	p[1].model.id = (struct bm_model_id){.vendor = true, .company = 0, .id = 0x1000};
	assert_int_equal(bm_access_add_model(&f.access, 0, &p[1].model), BM_OK);
	p[2].model.id = (struct bm_model_id){.vendor = true, .company = 1, .id = 0x1000};
	assert_int_equal(bm_access_add_model(&f.access, 0, &p[2].model), BM_OK);
	p[3].model.id.id = 0x1001;
	assert_int_equal(bm_access_add_model(&f.access, 0, &p[3].model), BM_ERR_NO_SPACE);
	assert_int_equal(bm_access_add_model(&f.access, 1, &p[3].model), BM_ERR_INVALID);
	floors_end(&f);
}

static void test_answers_wait_a_random_time_in_the_allowed_range(void **state)
{
	struct setup *s = *state;
	bm_time shortest[2] = {BM_TIME_NEVER, BM_TIME_NEVER};
	bm_time longest[2] = {0, 0};
	const uint16_t dst[2] = {FLOORS_ADDR, BM_ADDR_ALL_NODES};
	for (size_t round = 0; round < 400; round++) {
		const size_t kind = round & 1;
		const bm_time asked = floors_now(&s->f);
		floors_receive(&s->f, dst[kind], APP, "8201");
		assert_int_equal(s->p[0].reply, BM_OK);
		floors_run(&s->f, BM_US_PER_S);
		assert_int_equal(s->f.sent_count, 1);
		const bm_time waited = s->f.sent[0].at - asked;
		if (waited < shortest[kind])
			shortest[kind] = waited;
		if (waited > longest[kind])
			longest[kind] = waited;
		s->f.sent_count = 0;
	}
	assert_in_range(shortest[0], 20000, 22000);
	assert_in_range(longest[0], 48000, 50000);
	assert_in_range(shortest[1], 20000, 40000);
	assert_in_range(longest[1], 480000, 500000);
}

static void test_answers_go_back_with_the_requests_key_and_element(void **state)
{
	struct setup *s = *state;
	struct bm_transport_rx rx = {.src = 0x0077, .dst = FLOORS_ADDR + 1, .app_idx = APP, .ttl = 3, .rssi = 127};
	s->p[2].model.opcode_count = 0;
	floors_receive_from(&s->f, &rx, "8201");
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].src, FLOORS_ADDR + 1);
	assert_int_equal(s->f.sent[0].dst, 0x0077);
	assert_int_equal(s->f.sent[0].app_idx, APP);
	assert_int_equal(s->f.sent[0].ttl, 7);
	assert_hex(s->f.sent[0].octets, s->f.sent[0].len, "820402");
	/* What came with TTL 0 is answered with TTL 0. */
	rx.ttl = 0;
	floors_receive_from(&s->f, &rx, "8201");
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->f.sent[1].ttl, 0);
	assert_int_equal(s->f.env.counters.access_tx, 2);
}

static void test_too_many_answers_are_busy_until_some_are_out(void **state)
{
	struct setup *s = *state;
	for (int i = 0; i < 3; i++) {
		floors_receive(&s->f, FLOORS_ADDR, APP, "8201");
		assert_int_equal(s->p[0].reply, BM_OK);
	}
	floors_receive(&s->f, FLOORS_ADDR, APP, "8201");
	assert_int_equal(s->p[0].reply, BM_ERR_BUSY);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 3);
	floors_receive(&s->f, FLOORS_ADDR, APP, "8201");
	assert_int_equal(s->p[0].reply, BM_OK);
}

static void test_answers_to_one_requester_keep_the_order_of_its_requests(void **state)
{
	struct setup *s = *state;
	struct bm_transport_rx rx = {.src = 0x0077, .dst = FLOORS_ADDR, .app_idx = APP, .ttl = 3, .rssi = 127};
	for (int i = 0; i < 100; i++) {
		for (uint8_t request = 0; request < 3; request++) {
			s->p[0].model.index = request;
			floors_receive_from(&s->f, &rx, "8201");
			assert_int_equal(s->p[0].reply, BM_OK);
			floors_run(&s->f, BM_US_PER_MS);
		}
		s->p[0].model.index = 0;
		floors_run(&s->f, BM_US_PER_S);
		assert_int_equal(s->f.sent_count, 3);
		for (uint8_t request = 0; request < 3; request++)
			assert_int_equal(s->f.sent[request].octets[2], request);
		s->f.sent_count = 0;
	}
}

static void test_send_names_what_is_wrong(void **state)
{
	struct setup *s = *state;
	struct bm_model *model = &s->p[0].model;
	static const uint8_t payload[BM_ACCESS_MAX + 1] = {0x82, 0x04};
	const struct bm_tx good = {.dst = 0x0100, .app_idx = APP, .ttl = BM_TTL_DEFAULT};
	struct bm_tx tx = good;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_OK);
	assert_int_equal(s->f.sent[0].ttl, 7);
	assert_int_equal(bm_model_send(model, &tx, payload, 0, 0), BM_ERR_INVALID);
	assert_int_equal(bm_model_send(model, &tx, payload, BM_ACCESS_MAX + 1, 0), BM_ERR_TOO_LONG);
	tx.long_mic = true;
	assert_int_equal(bm_model_send(model, &tx, payload, 377, 0), BM_ERR_TOO_LONG);
	tx = good;
	tx.app_idx = APP + 1;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_NOT_BOUND);
	tx.app_idx = 0x1000;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx.app_idx = BM_APP_IDX_DEV_REMOTE;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_NOT_BOUND);
	assert_int_equal(bm_model_send(&s->dev.model, &tx, payload, 3, 0), BM_ERR_NO_KEY);
	tx.app_idx = BM_APP_IDX_DEV_LOCAL;
	assert_int_equal(bm_model_send(&s->dev.model, &tx, payload, 3, 0), BM_OK);
	tx.dst = 0xc001;
	assert_int_equal(bm_model_send(&s->dev.model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx = good;
	tx.ttl = 1;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx.ttl = 0x80;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx = good;
	tx.dst = 0x8001;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx.dst = 0xc001;
	tx.label = label_a;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_INVALID);
	tx.dst = BM_ADDR_UNASSIGNED;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_STATE);
	tx = good;
	assert_int_equal(bm_access_bind(&s->f.access, model, 9), BM_OK);
	tx.app_idx = 9;
	assert_int_equal(bm_model_send(model, &tx, payload, 3, 0), BM_ERR_NO_KEY);
	bm_net_reset(&s->f.net);
	assert_int_equal(bm_model_send(model, &good, payload, 3, 0), BM_ERR_NOT_PROVISIONED);
}

static void test_publish_uses_the_publication_state(void **state)
{
	struct setup *s = *state;
	struct bm_model *model = &s->p[2].model;
	const uint8_t payload[] = {0x82, 0x04, 0x01};
	assert_int_equal(bm_model_publish(model, payload, sizeof payload, 0), BM_ERR_STATE);
	struct bm_publication publication = {.addr = 0xc005, .app_idx = APP, .ttl = 4};
	assert_int_equal(bm_access_set_publication(&s->f.access, model, &publication, NULL), BM_OK);
	assert_int_equal(bm_model_publish(model, payload, sizeof payload, 0), BM_OK);
	assert_int_equal(s->f.sent_count, 1);
	assert_int_equal(s->f.sent[0].dst, 0xc005);
	assert_int_equal(s->f.sent[0].src, FLOORS_ADDR + 1);
	assert_int_equal(s->f.sent[0].ttl, 4);
	const struct bm_tx to_publish_address = {.dst = BM_ADDR_UNASSIGNED, .ttl = BM_TTL_DEFAULT};
	assert_int_equal(bm_model_send(model, &to_publish_address, payload, sizeof payload, 0), BM_OK);
	assert_int_equal(s->f.sent[1].dst, 0xc005);
	/* The label of a virtual publish address is held as long as it is used. */
	publication.addr = bm_virtual_addr(label_a);
	assert_int_equal(bm_access_set_publication(&s->f.access, model, &publication, label_a), BM_OK);
	assert_int_equal(bm_access_set_publication(&s->f.access, model, &publication, label_a), BM_OK);
	assert_int_equal(bm_transport_labels(&s->f.transport)->table[model->publication.label_slot].users, 1);
	assert_int_equal(bm_model_publish(model, payload, sizeof payload, 0), BM_OK);
	assert_int_equal(s->f.sent[2].dst, publication.addr);
	/* The key goes: so do binding and publication. */
	bm_access_forget_app_key(&s->f.access, APP);
	assert_false(bm_model_is_bound(model, APP));
	assert_int_equal(bm_model_publish(model, payload, sizeof payload, 0), BM_ERR_STATE);
	assert_int_equal(bm_label_slot(bm_transport_labels(&s->f.transport), label_a), -1);
}

static void test_reset_forgets_what_was_configured_and_tells_the_models(void **state)
{
	struct setup *s = *state;
	const struct bm_publication publication = {.addr = 0xc005, .app_idx = APP, .ttl = 4};
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->p[0].model, &publication, NULL), BM_OK);
	assert_int_equal(bm_access_subscribe(&s->f.access, &s->p[0].model, 0xc001, NULL), BM_OK);
	const uint16_t addr = bm_virtual_addr(label_a);
	assert_int_equal(bm_access_subscribe(&s->f.access, &s->p[1].model, addr, label_a), BM_OK);
	floors_receive(&s->f, FLOORS_ADDR, APP, "8201");
	bm_access_reset(&s->f.access);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 0);
	assert_false(bm_model_is_bound(&s->p[0].model, APP));
	assert_false(bm_access_accepts(&s->f.access, 0xc001));
	assert_false(bm_access_accepts(&s->f.access, addr));
	assert_int_equal(bm_label_slot(bm_transport_labels(&s->f.transport), label_a), -1);
	assert_int_equal(s->p[0].model.publication.addr, BM_ADDR_UNASSIGNED);
	assert_int_equal(s->p[2].reset, 1);
	assert_int_equal(s->p[2].started, 1);
}

static void test_composition_data_lists_elements_in_order(void **state)
{
	struct setup *s = *state;
	uint8_t page0[BM_ACCESS_MAX];
	size_t len;
	assert_int_equal(bm_access_composition_page0(&s->f.access, page0, sizeof page0, &len), BM_OK);
	assert_hex(page0, len, "c402010002008000030000010200001000000101020001100210");
	assert_int_equal(bm_access_composition_page0(&s->f.access, page0, len - 1, &(size_t){0}), BM_ERR_NO_SPACE);
}

/* The sample of MshPRT 8.11.1, from tables this time. */
static void test_composition_data_of_the_sample_node(void **state)
{
	(void)state;
	struct floors f;
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.rpl = 8;
	floors_init(&f, &limits, BM_FEATURE_RELAY | BM_FEATURE_PROXY);
	f.access.identity = (struct bm_access_identity){
		.company = 0x000c, .product = 0x001a, .version = 0x0001, .features = 0x0003};
	uint8_t index;
	assert_int_equal(bm_access_add_element(&f.access, 0x0100, &index), BM_OK);
	static const struct bm_model_id ids[] = {{true, 0x003f, 0x002a}, {false, 0, 0x0000}, {false, 0, 0x8000},
						 {false, 0, 0x0001},     {false, 0, 0x1000}, {false, 0, 0x1003}};
	struct probe p[6];
	for (size_t i = 0; i < 6; i++) {
		probe_init(&p[i], 0);
		p[i].model.id = ids[i];
		assert_int_equal(bm_access_add_model(&f.access, 0, &p[i].model), BM_OK);
	}
	uint8_t page0[64];
	size_t len;
	assert_int_equal(bm_access_composition_page0(&f.access, page0, sizeof page0, &len), BM_OK);
	assert_hex(page0, len, "0c001a0001000800030000010501000000800100001003103f002a00");
	floors_end(&f);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_unicast_goes_to_that_elements_models),
		WITH_SETUP(test_vendor_opcodes_are_dispatched),
		WITH_SETUP(test_a_model_may_take_what_its_table_lacks),
		WITH_SETUP(test_what_no_model_takes_is_counted_by_reason),
		WITH_SETUP(test_device_key_models_take_their_own_device_key_alone),
		WITH_SETUP(test_group_goes_to_every_subscribed_model),
		WITH_SETUP(test_fixed_groups_reach_the_primary_element_by_feature),
		WITH_SETUP(test_virtual_subscription_goes_by_label_not_by_address),
		WITH_SETUP(test_full_tables_are_named_errors),
		cmocka_unit_test(test_second_model_of_one_identifier_in_an_element_is_refused),
		WITH_SETUP(test_answers_wait_a_random_time_in_the_allowed_range),
		WITH_SETUP(test_answers_go_back_with_the_requests_key_and_element),
		WITH_SETUP(test_too_many_answers_are_busy_until_some_are_out),
		WITH_SETUP(test_answers_to_one_requester_keep_the_order_of_its_requests),
		WITH_SETUP(test_send_names_what_is_wrong),
		WITH_SETUP(test_publish_uses_the_publication_state),
		WITH_SETUP(test_reset_forgets_what_was_configured_and_tells_the_models),
		WITH_SETUP(test_composition_data_lists_elements_in_order),
		cmocka_unit_test(test_composition_data_of_the_sample_node),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
