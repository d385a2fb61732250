/*
 * 16-octet blocks held in registers. A block that is put together from single octets in memory and then read as one
 * word stalls the processor until the stores are done; so parts are joined in registers and stored whole.
 */
#ifndef BM_CRYPTO_BLOCK_H
#define BM_CRYPTO_BLOCK_H

#include <string.h>

#include "blemesh/base.h"

/* In a build for size, parts of blocks are copied in memory instead. */
#ifdef __OPTIMIZE_SIZE__
#define BM_BLOCK_COPIED 1
#else
#define BM_BLOCK_COPIED 0
#endif

/* GNU vectors: one register where there is one that wide, a few where not. */
typedef uint64_t bm_block __attribute__((vector_size(16)));
typedef uint16_t bm_block16 __attribute__((vector_size(16)));

static inline bm_block bm_block_load(const uint8_t octets[16])
{
	bm_block block;
	memcpy(&block, octets, 16);
	return block;
}

static inline void bm_block_store(uint8_t octets[16], bm_block block)
{
	memcpy(octets, &block, 16);
}

/* Shift that brings octet i of eight to its place in a word of this machine. */
static inline unsigned bm_block_shift(size_t i)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (unsigned)(8 * i);
#else
	return (unsigned)(8 * (7 - i));
#endif
}

/* Fewer than eight octets as the first ones of a word, the rest zero. */
static inline uint64_t bm_block_word(const uint8_t *octets, size_t len)
{
	uint64_t word = 0;
	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)octets[i] << bm_block_shift(i);
	return word;
}

static inline uint64_t bm_block_word8(const uint8_t octets[8])
{
	uint64_t word;
	memcpy(&word, octets, 8);
	return word;
}

/* Octets 1 to 13 of a block are these, the others zero. Loaded in the widths in which nonce.c stores. */
static inline bm_block bm_block_nonce(const uint8_t nonce[13])
{
	if (BM_BLOCK_COPIED) {
		uint8_t octets[16] = {0};
		memcpy(octets + 1, nonce, 13);
		return bm_block_load(octets);
	}
	const uint64_t head = bm_block_word8(nonce);
	uint32_t tail;
	memcpy(&tail, nonce + 8, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (bm_block){head << 8, head >> 56 | (uint64_t)tail << 8 | (uint64_t)nonce[12] << 40};
#else
	return (bm_block){head >> 8, head << 56 | (uint64_t)tail << 24 | (uint64_t)nonce[12] << 16};
#endif
}

/* len octets (up to 15), the rest zero. */
static inline bm_block bm_block_load_part(const uint8_t *octets, size_t len)
{
	if (BM_BLOCK_COPIED) {
		uint8_t part[16] = {0};
		memcpy(part, octets, len);
		return bm_block_load(part);
	}
	if (len < 8)
		return (bm_block){bm_block_word(octets, len), 0};
	if (len == 8)
		return (bm_block){bm_block_word8(octets), 0};
	/* The last eight octets overlap the first ones: these go out over the word's edge. */
	const unsigned over = (unsigned)(8 * (16 - len));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (bm_block){bm_block_word8(octets), bm_block_word8(octets + len - 8) >> over};
#else
	return (bm_block){bm_block_word8(octets), bm_block_word8(octets + len - 8) << over};
#endif
}

/* The first len octets (up to 15); a call of memcpy for so few would cost more. */
static inline void bm_block_store_part(uint8_t *out, bm_block block, size_t len)
{
	uint8_t octets[16];
	size_t at = 0;
	bm_block_store(octets, block);
	if (BM_BLOCK_COPIED) {
		memcpy(out, octets, len);
		return;
	}
	if (len & 8) {
		memcpy(out, octets, 8);
		at = 8;
	}
	if (len & 4) {
		memcpy(out + at, octets + at, 4);
		at += 4;
	}
	if (len & 2) {
		memcpy(out + at, octets + at, 2);
		at += 2;
	}
	if (len & 1)
		out[at] = octets[at];
}

/* The block with zeros behind its first len octets (0 to 16). */
static inline bm_block bm_block_cut(bm_block block, size_t len)
{
	static const uint8_t mask[32] = {255, 255, 255, 255, 255, 255, 255, 255,
					 255, 255, 255, 255, 255, 255, 255, 255};
	return block & bm_block_load(mask + 16 - len);
}

/* Octets 14 and 15, big-endian: CCM's length and counter field. */
static inline bm_block bm_block_set_last16(bm_block block, uint16_t value)
{
	bm_block16 parts = (bm_block16)block;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	value = (uint16_t)(value << 8 | value >> 8);
#endif
	parts[7] = value;
	return (bm_block)parts;
}

#endif
