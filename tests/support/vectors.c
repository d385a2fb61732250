/*
 * Loads sample data and compares octets.
 */
#include "support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

json_t *vectors_load(const char *name)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", BM_TEST_VECTORS, name);
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	if (!root)
		fail_msg("%s: %s", path, error.text);
	return root;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t hex_decode(const char *hex, uint8_t *out, size_t capacity)
{
	size_t len = 0;
	for (; hex[0] && hex[1]; hex += 2) {
		const int high = digit(hex[0]);
		const int low = digit(hex[1]);
		if (high < 0 || low < 0)
			fail_msg("not hexadecimal: %s", hex);
		if (len == capacity)
			fail_msg("more than %zu octets", capacity);
		out[len++] = (uint8_t)(high << 4 | low);
	}
	if (hex[0])
		fail_msg("odd number of digits");
	return len;
}

size_t vectors_octets(const json_t *obj, const char *key, uint8_t *out, size_t capacity)
{
	const char *hex = json_string_value(json_object_get(obj, key));
	if (!hex)
		fail_msg("no member %s", key);
	return hex_decode(hex, out, capacity);
}

uint32_t vectors_hex(const json_t *obj, const char *key)
{
	const char *hex = json_string_value(json_object_get(obj, key));
	uint32_t value = 0;
	if (!hex)
		fail_msg("no member %s", key);
	for (; *hex; hex++)
		value = value << 4 | (uint32_t)digit(*hex);
	return value;
}

void assert_octets(const uint8_t *got, size_t got_len, const uint8_t *expected, size_t expected_len)
{
	if (got_len == expected_len && memcmp(got, expected, got_len) == 0)
		return;
	printf("got      ");
	for (size_t i = 0; i < got_len; i++)
		printf("%02x", got[i]);
	printf("\nexpected ");
	for (size_t i = 0; i < expected_len; i++)
		printf("%02x", expected[i]);
	printf("\n");
	fail_msg("octets differ");
}

void assert_hex(const uint8_t *got, size_t got_len, const char *expected)
{
	uint8_t octets[1024];
	assert_octets(got, got_len, octets, hex_decode(expected, octets, sizeof octets));
}
