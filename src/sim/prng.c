/*
 * The simulator's generator: xoshiro256** seeded by splitmix64. Fast and reproducible; never for keys of real networks.
 */
#include <string.h>

#include "sim/medium.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

void bm_prng_seed(struct bm_prng *prng, uint64_t seed)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(prng->s); i++)
		prng->s[i] = splitmix(&seed);
}

uint64_t bm_prng_next(struct bm_prng *prng)
{
	uint64_t *s = prng->s;
	const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	const uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

void bm_prng_fill(struct bm_prng *prng, uint8_t *out, size_t len)
{
	while (len) {
		uint64_t value = bm_prng_next(prng);
		for (size_t i = 0; i < sizeof value && len; i++, len--, value >>= 8)
			*out++ = (uint8_t)value;
	}
}

uint32_t bm_prng_below(struct bm_prng *prng, uint32_t bound)
{
	return (uint32_t)(((bm_prng_next(prng) >> 32) * bound) >> 32);
}
