/* Each message about keys in each phase of a Key Refresh, and what is answered (MshPRT 3.11.4, 4.4.1.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/foundation/config_server.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define OLD "7dd7364c000000000000000000000000" /* floors_start's NetKey */
#define NEW "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define APP_OLD "63964771734fbd76e3b40519d1d94a48"
#define APP_NEW "00000000000000000000000000000001"
#define APP_OTHER "00000000000000000000000000000002"

struct setup {
	struct floors f;
	struct bm_config_server server;
};

static void ask(struct setup *s, const char *request, const char *answer)
{
	floors_receive(&s->f, FLOORS_ADDR, BM_APP_IDX_DEV_LOCAL, request);
	floors_expect(&s->f, answer);
}

static struct bm_subnet *subnet_of(struct setup *s)
{
	return bm_subnet_find(bm_net_subnets(&s->f.net), 0);
}

/* A node with NetKeys 0 and 1, AppKey 1 bound to the one and 2 to the other, NetKey 0 in this phase. */
static struct setup *in_phase(uint8_t phase, bool app_key_updated)
{
	struct setup *s = calloc(1, sizeof *s);
	struct bm_limits limits = BM_LIMITS_DEFAULT;
	limits.subnets = 2;
	limits.app_keys = 2;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_config_server_init(&s->server, &s->f.access, NULL, s);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->server.model), BM_OK);
	floors_start(&s->f);
	ask(s, "80400100" OTHER, "8044000100");
	ask(s, "00001000" APP_OLD, "800300001000");
	ask(s, "00012000" APP_OLD, "800300012000");
	if (phase >= 1)
		ask(s, "80450000" NEW, "8044000000");
	if (phase >= 1 && app_key_updated)
		ask(s, "01001000" APP_NEW, "800300001000");
	if (phase >= 2)
		ask(s, "8016000002", "801700000002");
	assert_int_equal(subnet_of(s)->phase, phase);
	return s;
}

static void end(struct setup *s)
{
	floors_end(&s->f);
	free(s);
}

static const struct row {
	const char *what, *request;
	const char *answers[3]; /* in phases 0, 1 and 2 */
	uint8_t phases[3];      /* afterwards */
} rows[] = {
	{"phase get", "80150000", {"801700000000", "801700000001", "801700000002"}, {0, 1, 2}},
	{"phase get, no such key", "80150200", {"801704020000", "801704020000", "801704020000"}, {0, 1, 2}},
	{"to phase 2", "8016000002", {"80170b000000", "801700000002", "801700000002"}, {0, 2, 2}},
	{"to phase 0 by 3", "8016000003", {"801700000000", "801700000000", "801700000000"}, {0, 0, 0}},
	{"to phase 2, no such key", "8016020002", {"801704020000", "801704020000", "801704020000"}, {0, 1, 2}},
	{"net key update, the old value", "80450000" OLD, {"8044060000", "80440b0000", "80440b0000"}, {0, 1, 2}},
	{"net key update, the new value", "80450000" NEW, {"8044000000", "8044000000", "80440b0000"}, {1, 1, 2}},
	{"net key update, another value", "80450000" OTHER, {"8044000000", "80440b0000", "80440b0000"}, {1, 1, 2}},
	{"net key update, no such key", "80450200" NEW, {"8044040200", "8044040200", "8044040200"}, {0, 1, 2}},
	{"net key add, the old value", "80400000" OLD, {"8044000000", "8044000000", "8044000000"}, {0, 1, 2}},
	{"net key add, another value", "80400000" OTHER, {"8044060000", "8044060000", "8044060000"}, {0, 1, 2}},
	{"net key add, no room", "80400200" NEW, {"8044050200", "8044050200", "8044050200"}, {0, 1, 2}},
	{"net key delete, the one it came with", "80410000", {"80440c0000", "80440c0000", "80440c0000"}, {0, 1, 2}},
	{"net key delete, no such key", "80410200", {"8044000200", "8044000200", "8044000200"}, {0, 1, 2}},
	{"net key get", "8042", {"8043001000", "8043001000", "8043001000"}, {0, 1, 2}},
	{"app key update, new value",
	 "01001000" APP_OTHER,
	 {"80030b001000", "800300001000", "80030b001000"},
	 {0, 1, 2}},
	{"app key update, no such key",
	 "01003000" APP_NEW,
	 {"800303003000", "800303003000", "800303003000"},
	 {0, 1, 2}},
	{"app key update, other net key",
	 "01002000" APP_NEW,
	 {"800311002000", "800311002000", "800311002000"},
	 {0, 1, 2}},
	{"app key update, no such net key",
	 "01021000" APP_NEW,
	 {"800304021000", "800304021000", "800304021000"},
	 {0, 1, 2}},
	{"app key add, same value", "00001000" APP_OLD, {"800300001000", "800300001000", "800300001000"}, {0, 1, 2}},
	{"app key add, another value", "00001000" APP_NEW, {"800306001000", "800306001000", "800306001000"}, {0, 1, 2}},
	{"app key add, other net key", "00011000" APP_OLD, {"800304011000", "800304011000", "800304011000"}, {0, 1, 2}},
	{"app key add, no room", "00003000" APP_OLD, {"800305003000", "800305003000", "800305003000"}, {0, 1, 2}},
	{"app key add, no such net key",
	 "00023000" APP_OLD,
	 {"800304023000", "800304023000", "800304023000"},
	 {0, 1, 2}},
	{"app key delete, no such key", "8000003000", {"800300003000", "800300003000", "800300003000"}, {0, 1, 2}},
	{"app key delete, other net key", "8000002000", {"800311002000", "800311002000", "800311002000"}, {0, 1, 2}},
	{"app key delete, no such net key", "8000021000", {"800304021000", "800304021000", "800304021000"}, {0, 1, 2}},
	{"app key delete", "8000001000", {"800300001000", "800300001000", "800300001000"}, {0, 1, 2}},
	{"app key get", "80010000", {"80020000000100", "80020000000100", "80020000000100"}, {0, 1, 2}},
	{"app key get, no such net key", "80010200", {"8002040200", "8002040200", "8002040200"}, {0, 1, 2}},
};

static void test_every_message_about_keys_in_every_phase(void **state)
{
	(void)state;
	for (size_t i = 0; i < BM_ARRAY_LEN(rows); i++)
		for (uint8_t phase = 0; phase <= 2; phase++) {
			struct setup *s = in_phase(phase, false);
			ask(s, rows[i].request, rows[i].answers[phase]);
			assert_int_equal(subnet_of(s)->phase, rows[i].phases[phase]);
			end(s);
		}
}

static void test_what_is_sent_and_heard_with_in_each_phase(void **state)
{
	(void)state;
	for (uint8_t phase = 0; phase <= 2; phase++) {
		struct setup *s = in_phase(phase, true);
		struct bm_subnet *subnet = subnet_of(s);
		const struct bm_app_key *app_key = bm_app_key_find(bm_transport_app_keys(&s->f.transport), 1);
		const struct bm_transport_tx tx = {.dst = 0x0001, .app_idx = 1, .ttl = 4};
		struct bm_upper_key key = {0};
		/* heard: the old keys and, when they are there, the new ones */
		assert_true(subnet->keys[0].valid && app_key->values[0].valid);
		assert_int_equal(subnet->keys[1].valid, phase > 0);
		assert_int_equal(app_key->values[1].valid, phase > 0);
		/* sent: the old ones up to phase 1, the new ones from phase 2 on */
		assert_ptr_equal(bm_subnet_tx_keys(subnet), &subnet->keys[phase == 2]);
		assert_int_equal(bm_upper_key_choose(&s->f.transport, &tx, &key), BM_OK);
		assert_ptr_equal(key.aes, &app_key->values[phase == 2].aes);
		ask(s, "8016000003", "801700000000");
		assert_hex(subnet->keys[0].net_key, 16, phase ? NEW : OLD);
		assert_hex(app_key->values[0].key, 16, phase ? APP_NEW : APP_OLD);
		assert_false(subnet->keys[1].valid || app_key->values[1].valid);
		end(s);
	}
}

static void test_an_app_key_without_a_new_value_outlives_the_refresh(void **state)
{
	(void)state;
	struct setup *s = in_phase(2, false);
	const struct bm_app_key *app_key = bm_app_key_find(bm_transport_app_keys(&s->f.transport), 1);
	const struct bm_transport_tx tx = {.dst = 0x0001, .app_idx = 1, .ttl = 4};
	struct bm_upper_key key = {0};
	assert_int_equal(bm_upper_key_choose(&s->f.transport, &tx, &key), BM_OK);
	assert_ptr_equal(key.aes, &app_key->values[0].aes);
	ask(s, "8016000003", "801700000000");
	assert_hex(app_key->values[0].key, 16, APP_OLD);
	end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_message_about_keys_in_every_phase),
		cmocka_unit_test(test_what_is_sent_and_heard_with_in_each_phase),
		cmocka_unit_test(test_an_app_key_without_a_new_value_outlives_the_refresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
