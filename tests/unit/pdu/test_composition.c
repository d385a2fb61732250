#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pdu/composition.h"
#include "support/vectors.h"

/* The sample of MshPRT 8.11.1 and what it says. */
#define SAMPLE "0c001a0001000800030000010501000000800100001003103f002a00"

static const struct bm_model_id sample_models[] = {
	{false, 0, 0x0000}, {false, 0, 0x8000}, {false, 0, 0x0001},
	{false, 0, 0x1000}, {false, 0, 0x1003}, {true, 0x003f, 0x002a},
};

static void test_composition_sample_is_read(void **state)
{
	(void)state;
	uint8_t page0[64];
	const size_t len = hex_decode(SAMPLE, page0, sizeof page0);
	struct bm_composition composition;
	assert_int_equal(bm_composition_read(&composition, page0, len), BM_OK);
	assert_int_equal(composition.company, 0x000c);
	assert_int_equal(composition.product, 0x001a);
	assert_int_equal(composition.version, 0x0001);
	assert_int_equal(composition.crpl, 0x0008);
	assert_int_equal(composition.features, 0x0003);
	struct bm_composition_element element;
	assert_int_equal(bm_composition_next_element(&composition, &element), BM_OK);
	assert_int_equal(element.location, 0x0100);
	assert_int_equal(element.sig_count, 5);
	assert_int_equal(element.vendor_count, 1);
	struct bm_model_id id;
	for (size_t i = 0; i < BM_ARRAY_LEN(sample_models); i++) {
		assert_int_equal(bm_composition_next_model(&element, &id), BM_OK);
		assert_int_equal(id.vendor, sample_models[i].vendor);
		assert_int_equal(id.company, sample_models[i].company);
		assert_int_equal(id.id, sample_models[i].id);
	}
	assert_int_equal(bm_composition_next_model(&element, &id), BM_ERR_NOT_FOUND);
	assert_int_equal(bm_composition_next_element(&composition, &element), BM_ERR_NOT_FOUND);
}

static void test_composition_sample_is_written(void **state)
{
	(void)state;
	uint8_t out[64];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	const struct bm_composition header = {
		.company = 0x000c, .product = 0x001a, .version = 0x0001, .crpl = 0x0008, .features = 0x0003};
	const struct bm_composition_element element = {.location = 0x0100, .sig_count = 5, .vendor_count = 1};
	bm_composition_put_header(&w, &header);
	bm_composition_put_element(&w, &element);
	for (size_t i = 0; i < BM_ARRAY_LEN(sample_models); i++)
		bm_composition_put_model(&w, &sample_models[i]);
	assert_hex(out, bm_writer_len(&w), SAMPLE);
}

static void test_composition_cut_anywhere_is_too_short(void **state)
{
	(void)state;
	uint8_t page0[64];
	const size_t whole = hex_decode(SAMPLE, page0, sizeof page0);
	for (size_t len = 0; len < whole; len++) {
		uint8_t *cut = malloc(len ? len : 1);
		memcpy(cut, page0, len);
		struct bm_composition composition;
		struct bm_composition_element element;
		enum bm_err err = bm_composition_read(&composition, cut, len);
		if (!err)
			err = bm_composition_next_element(&composition, &element);
		/* After the ten octets of the header a page without elements would end. */
		assert_int_equal(err, len == 10 ? BM_ERR_NOT_FOUND : BM_ERR_TOO_SHORT);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_composition_sample_is_read),
		cmocka_unit_test(test_composition_sample_is_written),
		cmocka_unit_test(test_composition_cut_anywhere_is_too_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
