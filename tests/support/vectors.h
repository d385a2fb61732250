/*
 * Sample data for tests: JSON under tests/vectors/, octets written as hexadecimal.
 */
#ifndef BM_TESTS_VECTORS_H
#define BM_TESTS_VECTORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Loads tests/vectors/NAME; fails the test if it cannot be read. The caller decrefs. */
json_t *vectors_load(const char *name);

/* obj[key] as octets; fails the test if it is missing or no hexadecimal. Returns the length. */
size_t vectors_octets(const json_t *obj, const char *key, uint8_t *out, size_t capacity);

/* obj[key] as a number written in hexadecimal ("12345678"). */
uint32_t vectors_hex(const json_t *obj, const char *key);

size_t hex_decode(const char *hex, uint8_t *out, size_t capacity);

/* Compares octets and shows both as hexadecimal when they differ. */
void assert_octets(const uint8_t *got, size_t got_len, const uint8_t *expected, size_t expected_len);
void assert_hex(const uint8_t *got, size_t got_len, const char *expected);

#endif
