#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "models/foundation/config_server.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define KEY_A "63964771734fbd76e3b40519d1d94a48"
#define KEY_B "00000000000000000000000000000001"
#define LABEL "f4a002c7fb1e4ca0a469a021de0db875"
#define LABEL_ADDR 0x9736u /* sample message 23 */

struct setup {
	struct floors f;
	struct bm_config_server server;
	struct bm_model onoff;
	struct bm_model vendor;
	size_t resets;
};

static void on_reset(void *ctx)
{
	((struct setup *)ctx)->resets++;
}

static int set_up_with(void **state, uint16_t features)
{
	struct setup *s = calloc(1, sizeof *s);
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.subscriptions = 3;
	limits.bindings = 3;
	limits.app_keys = 4;
	limits.subnets = 3;
	limits.labels = 1;
	floors_init(&s->f, &limits, features);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_config_server_init(&s->server, &s->f.access, on_reset, s);
	s->onoff = (struct bm_model){.id = {.id = 0x1000}};
	s->vendor = (struct bm_model){.id = {.vendor = true, .company = 0x0059, .id = 0x0001}};
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->onoff), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->vendor), BM_OK);
	floors_start(&s->f);
	*state = s;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, BM_FEATURE_RELAY | BM_FEATURE_PROXY);
}

static int set_up_plain(void **state)
{
	return set_up_with(state, 0);
}

static int tear_down(void **state)
{
	struct setup *s = *state;
	floors_end(&s->f);
	free(s);
	return 0;
}

static void receive(struct setup *s, const char *hex)
{
	floors_receive(&s->f, FLOORS_ADDR, BM_APP_IDX_DEV_LOCAL, hex);
}

static void ask(struct setup *s, const char *request, const char *answer)
{
	receive(s, request);
	floors_expect(&s->f, answer);
}

static void ask_in_vain(struct setup *s, const char *request, enum bm_drop reason)
{
	const uint32_t before = floors_dropped(&s->f, reason);
	receive(s, request);
	assert_int_equal(floors_dropped(&s->f, reason), before + 1);
	floors_expect_nothing(&s->f);
}

static void test_only_the_nodes_own_device_key_commands_it(void **state)
{
	struct setup *s = *state;
	floors_receive(&s->f, FLOORS_ADDR, BM_APP_IDX_DEV_REMOTE, "8049");
	floors_app_key(&s->f, 0);
	floors_receive(&s->f, FLOORS_ADDR, 0, "8049");
	floors_run(&s->f, 5 * BM_US_PER_S);
	assert_int_equal(s->f.sent_count, 0);
	assert_int_equal(s->resets, 0);
	assert_int_equal(floors_dropped(&s->f, BM_DROP_NOT_BOUND), 2);
}

static void test_composition_data_of_any_page_is_page_0(void **state)
{
	struct setup *s = *state;
	const char *answer = "0200" /* page */ "c40201000200800003000000020100000010"
			     "59000100";
	ask(s, "800800", answer);
	ask(s, "8008ff", answer);
	ask(s, "800881", answer);
}

static void test_app_key_add_of_the_sample_message(void **state)
{
	struct setup *s = *state;
	ask(s, "8040560400000000000000000000000000000001",
	    "804400"
	    "5604");
	/* Message 6 of the samples: NetKey index 0x456, AppKey index 0x123. */
	ask(s, "00563412" KEY_A,
	    "800300"
	    "563412");
	const struct bm_app_key *key = bm_app_key_find(bm_transport_app_keys(&s->f.transport), 0x123);
	assert_non_null(key);
	assert_int_equal(key->net_idx, 0x456);
	assert_hex(key->values[0].key, 16, KEY_A);
	/* Once more, the same: a repeated request. Another value: refused. */
	ask(s, "00563412" KEY_A,
	    "800300"
	    "563412");
	ask(s, "00563412" KEY_B,
	    "800306"
	    "563412");
	assert_hex(key->values[0].key, 16, KEY_A);
	/* The same index under another NetKey, and an unknown NetKey. */
	ask(s, "00003012" KEY_A,
	    "800304"
	    "003012");
	ask(s, "00013012" KEY_A,
	    "800304"
	    "013012");
	ask(s, "80015604",
	    "800200"
	    "5604"
	    "2301");
	ask(s, "80010100",
	    "800204"
	    "0100");
}

static void test_app_keys_fill_and_are_deleted(void **state)
{
	struct setup *s = *state;
	ask(s, "00001000" KEY_A, "800300001000");
	ask(s, "00002000" KEY_A, "800300002000");
	ask(s, "00003000" KEY_A, "800300003000");
	ask(s, "00004000" KEY_A, "800300004000");
	ask(s, "00005000" KEY_A, "800305005000");
	ask(s, "80010000",
	    "8002000000"
	    "012000034000");
	ask(s,
	    "803d1000010000"
	    "10",
	    "803e00"
	    "10000100"
	    "0010");
	assert_true(bm_model_is_bound(&s->onoff, 1));
	ask(s, "8000001000", "800300001000");
	assert_false(bm_model_is_bound(&s->onoff, 1));
	assert_null(bm_app_key_find(bm_transport_app_keys(&s->f.transport), 1));
	/* Again: as good as deleted. */
	ask(s, "8000001000", "800300001000");
	ask(s, "8000012000", "800304012000");
}

static void test_binding_says_what_is_wrong(void **state)
{
	struct setup *s = *state;
	ask(s, "00001000" KEY_A, "800300001000");
	ask(s, "803d100001000010", "803e00100001000010");
	ask(s,
	    "803d10000100"
	    "59000100",
	    "803e00"
	    "10000100"
	    "59000100");
	assert_true(bm_model_is_bound(&s->onoff, 1));
	assert_true(bm_model_is_bound(&s->vendor, 1));
	ask(s, "803d110001000010", "803e01110001000010"); /* no such element */
	ask(s, "803d100001000110", "803e02100001000110"); /* no such model */
	ask(s, "803d100002000010", "803e03100002000010"); /* no such key */
	ask(s, "803d100001000000", "803e0d100001000000"); /* the Configuration Server */
	ask_in_vain(s, "803d00c001000010", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "803d10000100001000", BM_DROP_BAD_LENGTH);
	ask(s, "804b10000010",
	    "804c00"
	    "10000010"
	    "0100");
	ask(s,
	    "804d10005900"
	    "0100",
	    "804e00"
	    "1000"
	    "59000100"
	    "0100");
	ask(s, "804b10000110",
	    "804c02"
	    "10000110");
	ask(s, "803f100001000010", "803e00100001000010");
	assert_false(bm_model_is_bound(&s->onoff, 1));
	ask(s, "803f100001000010", "803e00100001000010");
}

static void test_bindings_fill(void **state)
{
	struct setup *s = *state;
	for (uint16_t i = 1; i <= 4; i++)
		floors_app_key(&s->f, i);
	ask(s, "803d100001000010", "803e00100001000010");
	ask(s, "803d100002000010", "803e00100002000010");
	ask(s, "803d100003000010", "803e00100003000010");
	ask(s, "803d100004000010", "803e05100004000010");
	ask(s, "804b10000010",
	    "804c0010000010"
	    "012000"
	    "0300");
}

static void test_net_keys_are_added_listed_and_deleted(void **state)
{
	struct setup *s = *state;
	ask(s, "8042", "80430000");
	ask(s, "80400100" KEY_A, "8044000100");
	ask(s, "80400100" KEY_A, "8044000100");
	ask(s, "80400100" KEY_B, "8044060100");
	ask(s, "80400200" KEY_B, "8044000200");
	ask(s, "80400300" KEY_B, "8044050300");
	ask(s, "8042",
	    "8043"
	    "001000"
	    "0200");
	ask(s, "00012000" KEY_A, "800300012000");
	ask(s, "803d100002000010", "803e00100002000010");
	/* Not the one that secures the request. */
	ask(s, "80410000", "80440c0000");
	ask(s, "80410100", "8044000100");
	assert_null(bm_subnet_find(bm_net_subnets(&s->f.net), 1));
	assert_null(bm_app_key_find(bm_transport_app_keys(&s->f.transport), 2));
	assert_false(bm_model_is_bound(&s->onoff, 2));
	ask(s, "80410100", "8044000100");
	ask(s, "8042", "8043002000");
}

static void test_key_refresh_goes_through_its_phases(void **state)
{
	struct setup *s = *state;
	const struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(&s->f.net), 0);
	ask(s, "00001000" KEY_A, "800300001000");
	const struct bm_app_key *app_key = bm_app_key_find(bm_transport_app_keys(&s->f.transport), 1);
	/* Nothing to update or to go on to yet. */
	ask(s, "01001000" KEY_B, "80030b001000");
	ask(s, "8016000002", "80170b000000");
	ask(s, "8016000003", "801700000000");
	ask(s, "80450900" KEY_B, "8044040900");

	ask(s, "80450000" KEY_A, "8044000000");
	ask(s, "80450000" KEY_A, "8044000000");
	ask(s, "80450000" KEY_B, "80440b0000");
	ask(s, "80150000", "801700000001");
	ask(s, "01001000" KEY_B, "800300001000");
	ask(s, "01001000" KEY_B, "800300001000");
	ask(s, "01001000" KEY_A, "80030b001000");
	ask(s, "01002000" KEY_A, "800303002000");

	ask(s, "8016000002", "801700000002");
	ask_in_vain(s, "8016000004", BM_DROP_BAD_VALUE);
	assert_ptr_equal(bm_subnet_tx_keys(subnet), &subnet->keys[1]);

	ask(s, "8016000003", "801700000000");
	assert_hex(subnet->keys[0].net_key, 16, KEY_A);
	assert_false(subnet->keys[1].valid);
	assert_hex(app_key->values[0].key, 16, KEY_B);
	assert_false(app_key->values[1].valid);
}

static void test_heartbeat_publication_is_held(void **state)
{
	struct setup *s = *state;
	ask(s, "8038", "0600000000000000000000");
	/* to 0x0001, for ever, each 2^(5-1) seconds, TTL 7, on change of relay and friend, NetKey 0 */
	ask(s, "80390100ff050705000000", "06000100ff050705000000");
	ask(s, "8038", "06000100ff050705000000");
	ask(s, "803900c003110000000000", "060000c003110000000000");
	ask(s, "80390080ff050705000000", "06010080ff050705000000"); /* a virtual address */
	ask(s, "80390100ff050705000900", "06040100ff050705000900"); /* no such NetKey */
	ask(s, "8039010003050700f00000", "0600010003050700000000"); /* unknown features are ignored */
	ask_in_vain(s, "8039010012050700000000", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "80390100fe050700000000", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "8039010003120700000000", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "8039010003058000000000", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "80390100030507000000", BM_DROP_BAD_LENGTH);
	ask(s, "8038", "0600010003050700000000");
	/* Off: nothing of it is left but features and key. */
	ask(s, "8039000003050705000000", "0600000000000005000000");
}

static void test_heartbeat_publication_goes_with_its_net_key(void **state)
{
	struct setup *s = *state;
	ask(s, "80400100" KEY_A, "8044000100");
	ask(s, "80390100ff050705000100", "06000100ff050705000100");
	ask(s, "80410100", "8044000100");
	ask(s, "8038", "0600000000000000000000");
}

static void test_heartbeat_subscription_is_held_and_its_period_runs_out(void **state)
{
	struct setup *s = *state;
	ask(s, "803a", "803c000000000000000000");
	/* from 0x0001 to our primary element, for 2^(4-1) seconds */
	ask(s, "803b0100100004", "803c000100100004007f00");
	floors_run(&s->f, 3 * BM_US_PER_S);
	ask(s, "803a", "803c000100100003007f00");
	floors_run(&s->f, 10 * BM_US_PER_S);
	ask(s, "803a", "803c000100100000007f00");
	ask(s, "803b010000c011", "803c00010000c011007f00");
	ask_in_vain(s, "803b00c000c004", BM_DROP_BAD_VALUE); /* from a group */
	ask_in_vain(s, "803b0100110004", BM_DROP_BAD_VALUE); /* to another node */
	ask_in_vain(s, "803b0100008004", BM_DROP_BAD_VALUE); /* to a virtual address */
	ask_in_vain(s, "803b0100100012", BM_DROP_BAD_VALUE);
	ask(s, "803b0000100004", "803c000000000000000000");
	ask(s, "803a", "803c000000000000000000");
}

static void test_states_of_the_node_are_got_and_set(void **state)
{
	struct setup *s = *state;
	ask(s, "800c", "800e07");
	ask(s, "800d04", "800e04");
	assert_int_equal(s->f.access.default_ttl, 4);
	ask(s, "800d00", "800e00");
	assert_int_equal(s->f.sent_count, 0);
	ask(s, "800d7f", "800e7f");
	ask_in_vain(s, "800d01", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "800d80", BM_DROP_BAD_VALUE);
	ask(s, "8026", "80280112");
	ask(s, "80270034", "80280034");
	assert_false(bm_net_states(&s->f.net)->relay);
	assert_int_equal(bm_net_states(&s->f.net)->relay_retransmit, 0x34);
	ask_in_vain(s, "80270234", BM_DROP_BAD_VALUE);
	ask(s, "8023", "802512");
	ask(s, "802483", "802583");
	assert_int_equal(bm_net_states(&s->f.net)->network_transmit, 0x83);
	ask(s, "8009", "800b01");
	ask(s, "800a00", "800b00");
	assert_false(bm_net_states(&s->f.net)->beacon);
	ask_in_vain(s, "800a02", BM_DROP_BAD_VALUE);
	ask(s, "8012", "801401");
	ask(s, "801300", "801400");
	assert_false(bm_access_accepts(&s->f.access, BM_ADDR_ALL_PROXIES));
	ask_in_vain(s, "801302", BM_DROP_BAD_VALUE);
	ask(s, "800f", "801102");
	ask(s, "801001", "801102");
	ask(s, "80460000", "804800000002");
	ask(s, "8047000001", "80480a000002");
	ask_in_vain(s, "8047000002", BM_DROP_BAD_VALUE);
	ask(s, "80460900", "804804090000");
	ask(s, "80150000", "801700000000");
	ask(s, "80150900", "801704090000");
	ask(s, "802d2000", "802e2000000000");
	ask_in_vain(s, "802d00c0", BM_DROP_BAD_VALUE);
}

static void test_features_that_are_not_there_cannot_be_set(void **state)
{
	struct setup *s = *state;
	ask(s, "8026", "80280200");
	ask(s, "80270134", "80280200");
	assert_false(bm_net_states(&s->f.net)->relay);
	ask(s, "801301", "801402");
	assert_false(bm_access_accepts(&s->f.access, BM_ADDR_ALL_PROXIES));
}

static void test_subscriptions_are_changed_and_listed(void **state)
{
	struct setup *s = *state;
	ask(s, "801b100001c00010", "801f00100001c00010");
	ask(s, "801b100001c00010", "801f00100001c00010");
	ask(s, "801b100002c00010", "801f00100002c00010");
	ask(s, "801b100003c00010", "801f00100003c00010");
	ask(s, "801b100004c00010", "801f05100004c00010");
	ask(s, "802910000010",
	    "802a0010000010"
	    "01c002c003c0");
	ask(s, "801c100002c00010", "801f00100002c00010");
	ask(s, "802910000010",
	    "802a0010000010"
	    "01c003c0");
	ask(s, "801e100009c00010", "801f00100009c00010");
	ask(s, "802910000010",
	    "802a0010000010"
	    "09c0");
	assert_true(bm_access_accepts(&s->f.access, 0xc009));
	ask(s, "801d10000010", "801f00100000000010");
	ask(s, "802910000010", "802a0010000010");
	assert_false(bm_access_accepts(&s->f.access, 0xc009));
	ask(s, "801b1000ffff0010", "801f011000ffff0010"); /* all nodes */
	ask(s, "801b100005000010", "801f01100005000010"); /* unicast */
	ask(s, "801b100001800010", "801f01100001800010"); /* virtual, without its label */
	ask(s, "801b100001c00000", "801f08100001c00000"); /* the Configuration Server */
	ask(s, "801b120001c00010", "801f01120001c00010");
	ask(s, "801b100001c00310", "801f02100001c00310");
	ask(s, "801b100001c059000100", "801f00100001c059000100");
	ask(s, "802b100059000100",
	    "802c001000"
	    "59000100"
	    "01c0");
}

static void test_virtual_subscriptions_hold_their_label(void **state)
{
	struct setup *s = *state;
	ask(s, "80201000" LABEL "0010",
	    "801f00"
	    "1000"
	    "3697"
	    "0010");
	assert_true(bm_access_accepts(&s->f.access, LABEL_ADDR));
	/* There is room for one label only. */
	uint8_t second[16];
	char refused[32];
	hex_decode(KEY_A, second, sizeof second);
	const uint16_t addr = bm_virtual_addr(second);
	snprintf(refused, sizeof refused, "801f051000%02x%02x0010", addr & 0xff, addr >> 8);
	ask(s, "80201000" KEY_A "0010", refused);
	ask(s, "80211000" LABEL "0010",
	    "801f00"
	    "1000"
	    "3697"
	    "0010");
	assert_false(bm_access_accepts(&s->f.access, LABEL_ADDR));
	ask(s, "80221000" LABEL "0010",
	    "801f00"
	    "1000"
	    "3697"
	    "0010");
	assert_true(bm_access_accepts(&s->f.access, LABEL_ADDR));
	ask(s, "801d10000010", "801f00100000000010");
	assert_int_equal(bm_transport_labels(&s->f.transport)->table[0].users, 0);
}

static void test_an_overwrite_that_does_not_fit_leaves_the_subscriptions(void **state)
{
	struct setup *s = *state;
	floors_app_key(&s->f, 1);
	assert_int_equal(bm_access_bind(&s->f.access, &s->vendor, 1), BM_OK);
	/* The one label there is room for is published to. */
	ask(s,
	    "801a1000" LABEL "0100ff0000"
	    "59000100",
	    "801900"
	    "1000"
	    "3697"
	    "0100ff0000"
	    "59000100");
	ask(s, "801b100001c00010", "801f00100001c00010");
	uint8_t second[16];
	char refused[32];
	char taken[32];
	hex_decode(KEY_A, second, sizeof second);
	const uint16_t addr = bm_virtual_addr(second);
	snprintf(refused, sizeof refused, "801f051000%02x%02x0010", addr & 0xff, addr >> 8);
	snprintf(taken, sizeof taken, "801f001000%02x%02x0010", addr & 0xff, addr >> 8);
	ask(s, "80221000" KEY_A "0010", refused);
	ask(s, "802910000010",
	    "802a0010000010"
	    "01c0");
	/* A label that goes with the subscriptions overwritten makes room. */
	ask(s,
	    "03100000000100ff0000"
	    "59000100",
	    "801900"
	    "1000"
	    "0000"
	    "0000"
	    "000000"
	    "59000100");
	ask(s, "80201000" LABEL "0010",
	    "801f00"
	    "1000"
	    "3697"
	    "0010");
	ask(s, "80221000" KEY_A "0010", taken);
	assert_true(bm_access_accepts(&s->f.access, addr));
	assert_false(bm_access_accepts(&s->f.access, LABEL_ADDR));
}

static void test_publication_is_set_and_got(void **state)
{
	struct setup *s = *state;
	floors_app_key(&s->f, 0x345);
	/* Not bound: what is set could never be sent. */
	ask(s, "03100001c0450307430a0010", "801903100001c0450307430a0010");
	assert_int_equal(bm_access_bind(&s->f.access, &s->onoff, 0x345), BM_OK);
	ask(s, "801810000010",
	    "801900"
	    "1000"
	    "0000"
	    "0000"
	    "00"
	    "00"
	    "00"
	    "0010");
	ask(s, "03100001c0450307430a0010",
	    "801900"
	    "100001c0450307430a0010");
	assert_int_equal(s->onoff.publication.addr, 0xc001);
	assert_int_equal(s->onoff.publication.app_idx, 0x345);
	assert_int_equal(s->onoff.publication.ttl, 7);
	assert_int_equal(s->onoff.publication.period, 0x43);
	assert_int_equal(s->onoff.publication.retransmit, 0x0a);
	ask(s, "801810000010", "801900100001c0450307430a0010");
	ask(s, "03100001c0460307430a0010", "801903100001c0460307430a0010"); /* no such key */
	ask(s, "03100001c0451307430a0010", "80190a100001c0451307430a0010"); /* no friendship */
	ask(s, "03110001c0450307430a0010", "801901110001c0450307430a0010");
	ask(s, "03100001c0450307430a0110", "801902100001c0450307430a0110");
	ask(s, "03100001c0450307430a0000", "801907100001c0450307430a0000");
	assert_int_equal(s->onoff.publication.addr, 0xc001);
	ask_in_vain(s, "0310000180450307430a0010", BM_DROP_BAD_VALUE);
	ask_in_vain(s, "03100001c0450380430a0010", BM_DROP_BAD_VALUE);
	ask(s, "801a1000" LABEL "4503ff00000010",
	    "801900"
	    "1000"
	    "3697"
	    "4503ff00000010");
	assert_int_equal(bm_transport_labels(&s->f.transport)->table[0].users, 1);
	ask(s, "03100000004503ff430a0010",
	    "801900"
	    "1000"
	    "0000"
	    "0000"
	    "000000"
	    "0010");
	assert_int_equal(bm_transport_labels(&s->f.transport)->table[0].users, 0);
	ask(s, "801810000310",
	    "801902"
	    "1000"
	    "0000"
	    "0000"
	    "000000"
	    "0310");
}

static void test_node_reset_is_answered_first(void **state)
{
	struct setup *s = *state;
	ask(s, "8049", "804a");
	assert_int_equal(s->resets, 0);
	ask(s, "8049", "804a");
	floors_run(&s->f, 2 * BM_US_PER_S);
	assert_int_equal(s->resets, 1);
}

#define WITH(setup, test) cmocka_unit_test_setup_teardown(test, setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(set_up, test_only_the_nodes_own_device_key_commands_it),
		WITH(set_up, test_composition_data_of_any_page_is_page_0),
		WITH(set_up, test_app_key_add_of_the_sample_message),
		WITH(set_up, test_app_keys_fill_and_are_deleted),
		WITH(set_up, test_binding_says_what_is_wrong),
		WITH(set_up, test_bindings_fill),
		WITH(set_up, test_net_keys_are_added_listed_and_deleted),
		WITH(set_up, test_key_refresh_goes_through_its_phases),
		WITH(set_up, test_heartbeat_publication_is_held),
		WITH(set_up, test_heartbeat_publication_goes_with_its_net_key),
		WITH(set_up, test_heartbeat_subscription_is_held_and_its_period_runs_out),
		WITH(set_up, test_states_of_the_node_are_got_and_set),
		WITH(set_up_plain, test_features_that_are_not_there_cannot_be_set),
		WITH(set_up, test_subscriptions_are_changed_and_listed),
		WITH(set_up, test_virtual_subscriptions_hold_their_label),
		WITH(set_up, test_an_overwrite_that_does_not_fit_leaves_the_subscriptions),
		WITH(set_up, test_publication_is_set_and_got),
		WITH(set_up, test_node_reset_is_answered_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
