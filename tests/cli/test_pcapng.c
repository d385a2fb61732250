/*
 * Captures: their octets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/pcapng.h"

static char path[] = "/tmp/bm-pcapng-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/bm-pcapng-test-XXXXXX");
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static uint32_t le32(const uint8_t *o)
{
	return (uint32_t)o[0] | (uint32_t)o[1] << 8 | (uint32_t)o[2] << 16 | (uint32_t)o[3] << 24;
}

/* The register of the specification's figure, bit by bit. */
static void slow_crc(const uint8_t *pdu, size_t len, uint8_t out[3])
{
	uint32_t c = 0x555555;
	for (size_t i = 0; i < 8 * len; i++) {
		const uint32_t feedback = (pdu[i / 8] >> (i % 8) & 1u) ^ (c >> 23);
		c = c << 1 & 0xffffff;
		if (feedback)
			c ^= 0x00065b;
	}
	/* Position 23 is sent first, and a sent octet's first bit is its least significant. */
	memset(out, 0, 3);
	for (unsigned bit = 0; bit < 24; bit++)
		out[bit / 8] |= (uint8_t)((c >> (23 - bit) & 1) << (bit % 8));
}

static void test_the_crc_is_the_link_layers(void **state)
{
	(void)state;
	uint8_t pdu[40], expected[3], crc[3];
	for (size_t len = 0; len < sizeof pdu; len++) {
		for (size_t i = 0; i < len; i++)
			pdu[i] = (uint8_t)(37 * i + 11 * len);
		slow_crc(pdu, len, expected);
		bm_le_crc24(pdu, len, crc);
		assert_memory_equal(crc, expected, 3);
	}
}

static void test_a_capture_has_a_section_an_interface_and_packets(void **state)
{
	(void)state;
	static const uint8_t PDU[] = {0x42, 9, 1, 2, 3, 4, 5, 0xc0, 2, 0x2b, 0};
	const struct bm_frame adv = {.kind = BM_FRAME_ADV, .octets = PDU, .len = sizeof PDU};
	const struct bm_frame light = {.kind = BM_FRAME_LIGHT, .octets = PDU, .len = sizeof PDU};
	const uint64_t epoch = 1767225600000000u;
	struct bm_pcapng pcapng;
	assert_true(bm_pcapng_open(&pcapng, path, epoch));
	bm_pcapng_frame(&pcapng, &light, 5);
	bm_pcapng_frame(&pcapng, &adv, 1234567);
	assert_true(bm_pcapng_close(&pcapng));

	uint8_t file[256], crc[3];
	FILE *f = fopen(path, "rb");
	const size_t len = fread(file, 1, sizeof file, f);
	fclose(f);
	/* 4 octets of access address, 11 of PDU, 3 of CRC, padded to 20. The light is not there. */
	assert_int_equal(len, 28 + 20 + 32 + 20);
	assert_int_equal(le32(file), 0x0a0d0d0a);
	assert_int_equal(le32(file + 8), 0x1a2b3c4d);
	assert_int_equal(le32(file + 28), 1);
	assert_int_equal(file[36] | file[37] << 8, 251);
	const uint8_t *packet = file + 48;
	assert_int_equal(le32(packet), 6);
	assert_int_equal(le32(packet + 4), 52);
	assert_int_equal(le32(packet + 48), 52);
	assert_true(((uint64_t)le32(packet + 12) << 32 | le32(packet + 16)) == epoch + 1234567);
	assert_int_equal(le32(packet + 20), 18);
	assert_int_equal(le32(packet + 28), 0x8e89bed6);
	assert_memory_equal(packet + 32, PDU, sizeof PDU);
	slow_crc(PDU, sizeof PDU, crc);
	assert_memory_equal(packet + 32 + sizeof PDU, crc, 3);
}

static void test_a_full_disk_is_told(void **state)
{
	(void)state;
	struct bm_pcapng pcapng;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_true(bm_pcapng_open(&pcapng, "/dev/full", 0));
	assert_false(bm_pcapng_close(&pcapng));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_crc_is_the_link_layers),
		TEST(test_a_capture_has_a_section_an_interface_and_packets),
		TEST(test_a_full_disk_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
