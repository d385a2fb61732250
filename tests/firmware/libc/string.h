/*
 * What the core takes from a C library: the memory functions, and no more.
 */
#ifndef BM_FIRMWARE_STRING_H
#define BM_FIRMWARE_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int octet, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *octets, int octet, size_t len);

#endif
