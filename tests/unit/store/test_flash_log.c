/*
 * The flash log on a simulated flash: bits only clear, each unit is programmed once, the power is cut at every single
 * program and erase, each torn at random, and wear is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blemesh/flash_store.h"

#define BLOCK 256u
#define BLOCKS 6u
#define KEYS 8u
#define VALUE_MAX 24u

static uint8_t flash[BLOCK * BLOCKS];
static uint8_t unit;
static uint16_t blocks = BLOCKS;
static uint32_t erased[BLOCKS];
static long power; /* steps until it is cut; negative: never */
static uint32_t seed;

static uint32_t chance(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static enum bm_err sim_read(void *ctx, uint32_t at, uint8_t *out, size_t len)
{
	(void)ctx;
	assert_true(at + len <= sizeof flash);
	memcpy(out, flash + at, len);
	return BM_OK;
}

static enum bm_err sim_program(void *ctx, uint32_t at, const uint8_t *octets, size_t len)
{
	(void)ctx;
	assert_true(at % unit == 0 && len % unit == 0 && at + len <= sizeof flash);
	for (size_t i = 0; i < len; i += unit) {
		if (power == 0)
			return BM_ERR_STORE;
		const bool torn = power == 1;
		power -= power > 0;
		for (size_t k = i; k < i + unit; k++) {
			/* programmed once, or to zeros */
			assert_true(flash[at + k] == 0xff || octets[k] == 0);
			flash[at + k] &= torn ? (uint8_t)(octets[k] | chance()) : octets[k];
		}
		if (torn)
			return BM_ERR_STORE;
	}
	return BM_OK;
}

static enum bm_err sim_erase(void *ctx, uint32_t at)
{
	(void)ctx;
	assert_int_equal(at % BLOCK, 0);
	if (power == 0)
		return BM_ERR_STORE;
	const bool torn = power == 1;
	power -= power > 0;
	erased[at / BLOCK]++;
	const uint32_t mode = chance() % 4;
	const uint32_t edge = chance() % BLOCK;
	for (uint32_t i = 0; i < BLOCK; i++)
		if (!torn || (mode == 0 && i < edge) || (mode == 1 && i >= edge) || (mode == 2 && chance() & 1))
			flash[at + i] = 0xff;
		else if (mode == 3)
			flash[at + i] |= (uint8_t)chance();
	return torn ? BM_ERR_STORE : BM_OK;
}

static struct bm_flash_port port(void)
{
	return (struct bm_flash_port){.block_size = BLOCK,
				      .block_count = blocks,
				      .unit = unit,
				      .read = sim_read,
				      .program = sim_program,
				      .erase = sim_erase};
}

static void blank_flash(uint8_t program_unit)
{
	memset(flash, 0xff, sizeof flash);
	memset(erased, 0, sizeof erased);
	unit = program_unit;
	blocks = BLOCKS;
	power = -1;
	seed = 7;
}

static struct bm_flash_store mount(void)
{
	struct bm_flash_store store;
	const struct bm_flash_port p = port();
	assert_int_equal(bm_flash_store_mount(&store, &p), BM_OK);
	return store;
}

/* What should be there. */
struct model {
	size_t len[KEYS];
	uint8_t value[KEYS][VALUE_MAX];
};

static void change(struct model *model, int step, size_t *key)
{
	*key = (size_t)(step * 7 + step / 3) % KEYS;
	model->len[*key] = step % 3 == 1 ? 0 : 1 + (size_t)(step * 13) % VALUE_MAX;
	for (size_t i = 0; i < model->len[*key]; i++)
		model->value[*key][i] = (uint8_t)(step + (int)i);
}

static enum bm_err put(struct bm_flash_store *store, const struct model *model, size_t key)
{
	const struct bm_store_key k = {.kind = BM_STORE_RPL, .index = (uint16_t)key};
	return bm_flash_store_put(store, &k, model->value[key], model->len[key]);
}

static bool holds(const struct bm_flash_store *store, const struct model *model, size_t key)
{
	const struct bm_store_key k = {.kind = BM_STORE_RPL, .index = (uint16_t)key};
	uint8_t value[VALUE_MAX];
	size_t len;
	const enum bm_err err = bm_flash_store_get(store, &k, value, sizeof value, &len);
	return model->len[key] ? !err && len == model->len[key] && memcmp(value, model->value[key], len) == 0
			       : err == BM_ERR_NOT_FOUND;
}

/* Steps until the power is gone, or all of them. False: it was cut in this step. */
static int live(struct bm_flash_store *store, struct model *model, struct model *before, int steps, size_t *key)
{
	for (int step = 0; step < steps; step++) {
		*before = *model;
		change(model, step, key);
		if (put(store, model, *key))
			return step;
	}
	return steps;
}

static void test_a_power_cut_at_every_step_leaves_the_old_or_the_new_value(void **state)
{
	(void)state;
	/* with a unit of one octet a step is an octet: some of them */
	static const struct {
		uint8_t unit, stride, repeat;
		uint16_t blocks;
	} kinds[] = {{16, 1, 12, 3}, {8, 1, 4, 4}, {4, 1, 1, BLOCKS}, {1, 13, 1, 3}};
	long cuts = 0;
	for (size_t u = 0; u < BM_ARRAY_LEN(kinds); u++) {
		for (long turn = 0;; turn++) {
			const long cut = turn / kinds[u].repeat * kinds[u].stride;
			struct model model = {0}, before = {0};
			size_t key = 0;
			blank_flash(kinds[u].unit);
			blocks = kinds[u].blocks;
			seed = (uint32_t)turn * 2654435761u;
			power = cut;
			struct bm_flash_store store;
			const struct bm_flash_port p = port();
			const bool mounted = bm_flash_store_mount(&store, &p) == BM_OK;
			const int reached = mounted ? live(&store, &model, &before, 120, &key) : 0;
			if (reached == 120)
				break;
			cuts++;
			/* a second cut while the first is put right */
			power = (long)(chance() % 8);
			(void)bm_flash_store_mount(&store, &p);
			power = -1;
			store = mount();
			for (size_t k = 0; k < KEYS; k++)
				assert_true(holds(&store, &model, k) || (k == key && holds(&store, &before, k)));
			/* and it works on */
			model = holds(&store, &model, key) ? model : before;
			static const int more[] = {1, 60};
			for (size_t i = 0; i < BM_ARRAY_LEN(more); i++) {
				assert_int_equal(live(&store, &model, &before, more[i], &key), more[i]);
				store = mount();
				for (size_t k = 0; k < KEYS; k++)
					assert_true(holds(&store, &model, k));
			}
		}
	}
	print_message("%ld power cuts\n", cuts);
	assert_true(cuts > 1000);
}

static void test_a_program_or_erase_that_fails_once_loses_nothing_and_the_log_goes_on(void **state)
{
	(void)state;
	static const uint16_t counts[] = {2, 3, BLOCKS};
	long failures = 0;
	for (size_t b = 0; b < BM_ARRAY_LEN(counts); b++) {
		for (long turn = 0;; turn++) {
			struct model model = {0}, before = {0};
			size_t key = 0;
			blank_flash(16);
			blocks = counts[b];
			seed = (uint32_t)turn * 2654435761u;
			struct bm_flash_store store = mount();
			power = turn * 2;
			if (live(&store, &model, &before, 120, &key) == 120)
				break;
			failures++;
			/* no new start: the flash works again, and the store is used on */
			power = -1;
			for (size_t k = 0; k < KEYS; k++)
				assert_true(holds(&store, &model, k) || (k == key && holds(&store, &before, k)));
			model = holds(&store, &model, key) ? model : before;
			static const int more[] = {1, 1, 60};
			for (size_t i = 0; i < BM_ARRAY_LEN(more); i++) {
				assert_int_equal(live(&store, &model, &before, more[i], &key), more[i]);
				for (size_t k = 0; k < KEYS; k++)
					assert_true(holds(&store, &model, k));
				const struct bm_flash_store anew = mount();
				for (size_t k = 0; k < KEYS; k++)
					assert_true(holds(&anew, &model, k));
			}
		}
	}
	assert_true(failures > 300);
}

static void test_blocks_wear_alike(void **state)
{
	(void)state;
	struct model model = {0}, before;
	size_t key;
	blank_flash(4);
	struct bm_flash_store store = mount();
	/* some records never change, others always */
	assert_int_equal(live(&store, &model, &before, 20, &key), 20);
	for (int i = 0; i < 20000; i++) {
		model.value[0][0] = (uint8_t)i;
		model.len[0] = 12;
		assert_int_equal(put(&store, &model, 0), BM_OK);
	}
	uint32_t least = UINT32_MAX, most = 0;
	for (size_t b = 0; b < BLOCKS; b++) {
		least = erased[b] < least ? erased[b] : least;
		most = erased[b] > most ? erased[b] : most;
	}
	assert_true(least > 100);
	assert_true(most - least <= 1);
	store = mount();
	for (size_t k = 0; k < KEYS; k++)
		assert_true(holds(&store, &model, k));
}

static void count(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	(void)key, (void)octets;
	assert_true(len > 0);
	++*(size_t *)ctx;
}

static void test_each_key_is_told_once_and_deleted_ones_are_not(void **state)
{
	(void)state;
	struct model model = {0}, before;
	size_t key, told = 0, wanted = 0;
	uint8_t value[VALUE_MAX];
	blank_flash(8);
	struct bm_flash_store store = mount();
	assert_int_equal(live(&store, &model, &before, 97, &key), 97);
	for (size_t k = 0; k < KEYS; k++)
		wanted += model.len[k] > 0;
	assert_int_equal(bm_flash_store_each(&store, value, sizeof value, count, &told), BM_OK);
	assert_int_equal(told, wanted);
	assert_int_equal(bm_flash_store_each(&store, value, 0, count, &told), BM_ERR_TOO_LONG);
}

static void test_a_full_flash_refuses_and_keeps_what_it_has(void **state)
{
	(void)state;
	uint8_t value[100] = {1, 2, 3};
	uint8_t big[BLOCK] = {0};
	uint8_t out[100];
	size_t len;
	uint16_t index = 0;
	enum bm_err err;
	blank_flash(4);
	struct bm_flash_store store = mount();
	do {
		const struct bm_store_key key = {.kind = BM_STORE_DEVICE, .index = index++};
		err = bm_flash_store_put(&store, &key, value, sizeof value);
	} while (!err);
	assert_int_equal(err, BM_ERR_NO_SPACE);
	assert_true(index > 2 * (BLOCKS - 1) - 2);
	store = mount();
	for (uint16_t i = 0; i + 1 < index; i++)
		assert_int_equal(bm_flash_store_get(&store, &(struct bm_store_key){.kind = BM_STORE_DEVICE, .index = i},
						    out, sizeof out, &len),
				 BM_OK);
	const struct bm_store_key key = {.kind = BM_STORE_MODEL};
	assert_int_equal(bm_flash_store_put(&store, &key, big, sizeof big), BM_ERR_TOO_LONG);
}

static size_t fill(struct bm_flash_store *store, size_t len)
{
	uint8_t value[100] = {1, 2, 3};
	size_t count = 0;
	while (bm_flash_store_put(store, &(struct bm_store_key){.kind = BM_STORE_DEVICE, .index = (uint16_t)count},
				  value, len) == BM_OK)
		count++;
	return count;
}

static enum bm_err delete_at(struct bm_flash_store *store, size_t index)
{
	return bm_flash_store_put(store, &(struct bm_store_key){.kind = BM_STORE_DEVICE, .index = (uint16_t)index},
				  NULL, 0);
}

/* A reset has to work on a full log too. */
static void test_a_full_flash_takes_deletions_and_then_values_again(void **state)
{
	(void)state;
	static const uint16_t counts[] = {2, 3, BLOCKS};
	static const uint8_t units[] = {1, 4, 8, 16};
	for (size_t len = 1; len <= 100; len += 33) {
		for (size_t at = 0; at < BM_ARRAY_LEN(counts) * BM_ARRAY_LEN(units); at++) {
			uint8_t out[100];
			size_t got;
			blank_flash(units[at % BM_ARRAY_LEN(units)]);
			blocks = counts[at / BM_ARRAY_LEN(units)];
			struct bm_flash_store store = mount();
			const size_t count = fill(&store, len);
			assert_true(count > 0);
			/* every second one, then the rest: what stays is not disturbed */
			for (size_t i = 0; i < count; i += 2)
				assert_int_equal(delete_at(&store, i), BM_OK);
			store = mount();
			for (size_t i = 0; i < count; i++)
				assert_int_equal(bm_flash_store_get(&store,
								    &(struct bm_store_key){.kind = BM_STORE_DEVICE,
											   .index = (uint16_t)i},
								    out, sizeof out, &got),
						 i % 2 ? BM_OK : BM_ERR_NOT_FOUND);
			for (size_t i = 1; i < count; i += 2)
				assert_int_equal(delete_at(&store, i), BM_OK);
			assert_int_equal(fill(&store, len), count);
		}
	}
}

static void test_sizes_that_cannot_work_are_refused(void **state)
{
	(void)state;
	blank_flash(4);
	struct bm_flash_store store;
	struct bm_flash_port p = port();
	p.unit = 3;
	assert_int_equal(bm_flash_store_mount(&store, &p), BM_ERR_INVALID);
	p = port();
	p.block_count = 1;
	assert_int_equal(bm_flash_store_mount(&store, &p), BM_ERR_INVALID);
	p = port();
	p.block_size = 32;
	assert_int_equal(bm_flash_store_mount(&store, &p), BM_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_power_cut_at_every_step_leaves_the_old_or_the_new_value),
		cmocka_unit_test(test_a_program_or_erase_that_fails_once_loses_nothing_and_the_log_goes_on),
		cmocka_unit_test(test_blocks_wear_alike),
		cmocka_unit_test(test_each_key_is_told_once_and_deleted_ones_are_not),
		cmocka_unit_test(test_a_full_flash_refuses_and_keeps_what_it_has),
		cmocka_unit_test(test_a_full_flash_takes_deletions_and_then_values_again),
		cmocka_unit_test(test_sizes_that_cannot_work_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
