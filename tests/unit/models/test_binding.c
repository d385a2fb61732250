#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "models/binding.h"
#include "support/floors.h"
#include "support/floors_node.h"

#define APP 0u
#define MS BM_US_PER_MS

/* States without a model: each holds twice what the one before it holds. */
struct number {
	struct bm_bound bound;
	int32_t value;
	int sets;
	int32_t wish; /* set again to this, once, by the first who is told */
};

static void number_set(void *ctx, int32_t value, bm_time now)
{
	struct number *number = ctx;
	number->sets++;
	number->value = 2 * value;
	bm_bound_changed(&number->bound, number->value, now);
}

static void test_a_change_goes_on_along_the_bindings_and_ends(void **state)
{
	(void)state;
	struct number n[3] = {0};
	struct bm_binding ring[3];
	for (int i = 0; i < 3; i++) {
		struct number *to = &n[(i + 1) % 3];
		ring[i] = (struct bm_binding){.to = &to->bound, .set = number_set, .ctx = to};
		bm_binding_add(&n[i].bound, &ring[i]);
	}
	bm_bound_changed(&n[0].bound, 1, 0);
	assert_int_equal(n[0].sets, 0);
	assert_int_equal(n[1].value, 2);
	assert_int_equal(n[2].value, 4);
	bm_bound_changed(&n[2].bound, 5, 0);
	assert_int_equal(n[0].value, 10);
	assert_int_equal(n[1].value, 20);
	assert_int_equal(n[2].sets, 1);
}

static void test_every_state_bound_is_set_in_order(void **state)
{
	(void)state;
	struct number from = {0}, to[2] = {0};
	struct bm_binding bindings[2];
	for (int i = 0; i < 2; i++) {
		bindings[i] = (struct bm_binding){.to = &to[i].bound, .set = number_set, .ctx = &to[i]};
		bm_binding_add(&from.bound, &bindings[i]);
	}
	assert_ptr_equal(from.bound.first, &bindings[0]);
	bm_bound_changed(&from.bound, 3, 0);
	assert_int_equal(to[0].value, 6);
	assert_int_equal(to[1].value, 6);
}

static void set_again(void *ctx, int32_t value, bm_time now)
{
	struct number *from = ctx;
	from->sets++;
	if (value != from->wish)
		bm_bound_changed(&from->bound, from->wish, now);
}

static void always_set_again(void *ctx, int32_t value, bm_time now)
{
	struct number *from = ctx;
	from->sets++;
	bm_bound_changed(&from->bound, value + 1, now);
}

static void test_a_change_while_telling_is_told_after_it(void **state)
{
	(void)state;
	struct number from = {.wish = 9}, last = {0}, host = {0};
	struct bm_binding by_host = {.to = &host.bound, .set = set_again, .ctx = &from};
	struct bm_binding second = {.to = &last.bound, .set = number_set, .ctx = &last};
	bm_binding_add(&from.bound, &second);
	bm_binding_add(&from.bound, &by_host);
	bm_bound_changed(&from.bound, 1, 0);
	assert_int_equal(last.value, 18);
	by_host.set = always_set_again;
	from.sets = 0;
	bm_bound_changed(&from.bound, 1, 0);
	assert_in_range(from.sets, 1, 10);
}

struct setup {
	struct floors f;
	struct bm_level_server level;
	struct bm_onoff_server onoff;
	int level_changes, onoff_changes;
	int16_t told_level;
	bool told_on;
	uint32_t level_opcode, onoff_opcode;
};

static void on_level(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct setup *s = ctx;
	(void)rx, (void)now;
	s->level_changes++;
	s->told_level = present;
	s->level_opcode = opcode;
}

static void on_onoff(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	struct setup *s = ctx;
	(void)rx, (void)now;
	s->onoff_changes++;
	s->told_on = present;
	s->onoff_opcode = opcode;
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof *s);
	const struct bm_limits limits = BM_LIMITS_DEFAULT;
	floors_init(&s->f, &limits, 0);
	uint8_t index;
	assert_int_equal(bm_access_add_element(&s->f.access, 0, &index), BM_OK);
	bm_level_server_init(&s->level, BM_LEVEL_MIN, on_level, s);
	bm_onoff_server_init(&s->onoff, true, on_onoff, s);
	bm_level_server_bind_onoff(&s->level, &s->onoff);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->level.model), BM_OK);
	assert_int_equal(bm_access_add_model(&s->f.access, 0, &s->onoff.model), BM_OK);
	floors_start(&s->f);
	floors_app_key(&s->f, APP);
	const struct bm_publication publication = {.addr = 0xc001, .app_idx = APP, .ttl = 3};
	assert_int_equal(bm_access_bind(&s->f.access, &s->level.model, APP), BM_OK);
	assert_int_equal(bm_access_bind(&s->f.access, &s->onoff.model, APP), BM_OK);
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->level.model, &publication, NULL), BM_OK);
	assert_int_equal(bm_access_set_publication(&s->f.access, &s->onoff.model, &publication, NULL), BM_OK);
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

static void receive(struct setup *s, const char *hex)
{
	floors_receive(&s->f, FLOORS_ADDR, APP, hex);
}

/* The message was published, by one model or the other. */
static bool published(struct setup *s, const char *hex)
{
	uint8_t octets[16];
	const size_t len = hex_decode(hex, octets, sizeof octets);
	for (size_t i = 0; i < s->f.sent_count; i++)
		if (s->f.sent[i].len == len && memcmp(s->f.sent[i].octets, octets, len) == 0)
			return true;
	return false;
}

static void test_the_level_says_at_first_what_onoff_is(void **state)
{
	struct setup *s = *state;
	assert_false(s->onoff.present);
	assert_int_equal(s->onoff_changes, 0);
}

static void test_onoff_follows_the_level(void **state)
{
	struct setup *s = *state;
	receive(s, "8207018001"); /* −32767 */
	assert_true(s->onoff.present);
	assert_int_equal(s->onoff_changes, 1);
	assert_true(s->told_on);
	assert_int_equal(s->onoff_opcode, 0);
	assert_int_equal(s->level_changes, 1);
	assert_true(published(s, "82080180"));
	assert_true(published(s, "820401"));
	/* From one level to another it stays On, and nobody is told so. */
	receive(s, "8207640002");
	assert_int_equal(s->onoff_changes, 1);
	receive(s, "8207008003");
	assert_false(s->onoff.present);
	assert_int_equal(s->onoff_changes, 2);
	assert_true(published(s, "820400"));
	bm_level_server_set(&s->level, 1, floors_now(&s->f));
	assert_true(s->onoff.present);
}

static void test_the_level_follows_onoff(void **state)
{
	struct setup *s = *state;
	receive(s, "82030101");
	assert_int_equal(s->level.present, BM_LEVEL_MAX); /* it never was anywhere else */
	assert_int_equal(s->level_changes, 1);
	assert_int_equal(s->level_opcode, 0);
	assert_true(published(s, "8208ff7f"));
	receive(s, "8207640002");
	receive(s, "82030003");
	assert_int_equal(s->level.present, BM_LEVEL_MIN);
	assert_int_equal(s->told_level, BM_LEVEL_MIN);
	receive(s, "82030104");
	assert_int_equal(s->level.present, 100);
	assert_int_equal(s->onoff_changes, 3); /* each Set once, none comes back */
	/* On while it is on: as bright as it was. */
	receive(s, "8207c80005");
	receive(s, "82030106");
	assert_int_equal(s->level.present, 200);
	bm_onoff_server_set(&s->onoff, false, floors_now(&s->f));
	assert_int_equal(s->level.present, BM_LEVEL_MIN);
}

static void test_a_fading_level_is_on_until_the_bottom(void **state)
{
	struct setup *s = *state;
	receive(s, "8207640001");
	receive(s, "82070080024100"); /* to the bottom in 1 s */
	floors_run(&s->f, 950 * MS);
	assert_true(s->onoff.present);
	floors_run(&s->f, 50 * MS);
	assert_false(s->onoff.present);
	/* What it passed on the way down is not where On takes it. */
	receive(s, "82030103");
	assert_int_equal(s->level.present, 100);
	/* Off ends a transition. */
	receive(s, "8207ff7f044100");
	floors_run(&s->f, 500 * MS);
	receive(s, "82030005");
	assert_int_equal(s->level.present, BM_LEVEL_MIN);
	floors_run(&s->f, BM_US_PER_S);
	assert_int_equal(s->level.present, BM_LEVEL_MIN);
	assert_false(s->onoff.present);
}

static void test_on_leaves_a_level_that_is_on_its_way_up(void **state)
{
	struct setup *s = *state;
	receive(s, "8207000001c100"); /* to 0 in 10 minutes */
	floors_run(&s->f, 50 * MS);
	assert_false(s->onoff.present);
	receive(s, "82030102");
	assert_true(s->onoff.present);
	assert_int_equal(s->level_changes, 0);
	assert_int_equal(s->level.target, 0);
	floors_run(&s->f, 600 * BM_US_PER_S);
	assert_int_equal(s->level.present, 0);
	assert_int_equal(s->onoff_changes, 1);
}

static void test_a_slow_onoff_leads_when_it_flips(void **state)
{
	struct setup *s = *state;
	receive(s, "820301014100"); /* On from the first moment */
	assert_int_equal(s->level.present, BM_LEVEL_MAX);
	receive(s, "820300024100");
	floors_run(&s->f, 999 * MS);
	assert_int_equal(s->level.present, BM_LEVEL_MAX);
	floors_run(&s->f, 1 * MS);
	assert_int_equal(s->level.present, BM_LEVEL_MIN);
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_goes_on_along_the_bindings_and_ends),
		cmocka_unit_test(test_every_state_bound_is_set_in_order),
		cmocka_unit_test(test_a_change_while_telling_is_told_after_it),
		WITH_SETUP(test_the_level_says_at_first_what_onoff_is),
		WITH_SETUP(test_onoff_follows_the_level),
		WITH_SETUP(test_the_level_follows_onoff),
		WITH_SETUP(test_a_fading_level_is_on_until_the_bottom),
		WITH_SETUP(test_on_leaves_a_level_that_is_on_its_way_up),
		WITH_SETUP(test_a_slow_onoff_leads_when_it_flips),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
