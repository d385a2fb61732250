/*
 * 16-octet blocks, a machine word at a time whatever their alignment.
 */
#ifndef BM_CRYPTO_BLOCK_H
#define BM_CRYPTO_BLOCK_H

#include <string.h>

#include "blemesh/base.h"

/* into ^= with */
static inline void bm_block_xor(uint8_t into[16], const uint8_t with[16])
{
	uint64_t a[2], b[2];
	memcpy(a, into, 16);
	memcpy(b, with, 16);
	a[0] ^= b[0];
	a[1] ^= b[1];
	memcpy(into, a, 16);
}

#endif
