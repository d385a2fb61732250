/*
 * The exact-repeat filter and the network message cache.
 */
#include "net/cache.h"

#include <string.h>

#define NONE 0xffffu

/* Octets of PDUs are copied and compared in overlapping words, for a call of memcpy or memcmp with an unknown length
 * would cost more; not where size counts. */
#ifdef __OPTIMIZE_SIZE__
#define IN_WORDS(len) false
#else
#define IN_WORDS(len) ((len) >= 16)
#endif
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* Entries may be a limit of any size: the largest power of two of sets of two that fits. */
static uint32_t sets_for(uint16_t entries)
{
	uint32_t sets = entries ? 1 : 0;
	while (sets && sets * 4 <= entries)
		sets *= 2;
	return sets;
}

void bm_repeats_carve(struct bm_repeats *repeats, uint16_t entries, struct bm_arena *arena)
{
	repeats->table = bm_arena_take(arena, (size_t)sets_for(entries) * 2, sizeof *repeats->table);
}

void bm_repeats_init(struct bm_repeats *repeats, uint16_t entries)
{
	repeats->sets = sets_for(entries);
}

void bm_repeats_clear(struct bm_repeats *repeats)
{
	if (repeats->sets)
		memset(repeats->table, 0, (size_t)repeats->sets * 2 * sizeof *repeats->table);
}

/* The last octets are a MIC and spread well; whoever can choose them holds the keys. */
static struct bm_repeat *set_of(const struct bm_repeats *repeats, const uint8_t *pdu, size_t len)
{
	uint64_t tail;
	memcpy(&tail, pdu + len - sizeof tail, sizeof tail);
	return repeats->table + 2 * ((tail * GOLDEN >> 32) & (repeats->sets - 1));
}

/* Two Network PDUs of one length. */
static bool equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t x[4];
	uint64_t y[4];
	if (!IN_WORDS(len))
		return memcmp(a, b, len) == 0;
	memcpy(x, a, 16);
	memcpy(y, b, 16);
	memcpy(x + 2, a + len - 16, 16);
	memcpy(y + 2, b + len - 16, 16);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

bool bm_repeats_has(const struct bm_repeats *repeats, const uint8_t *pdu, size_t len)
{
	if (!repeats->sets)
		return false;
	const struct bm_repeat *set = set_of(repeats, pdu, len);
	return (set[0].len == len && equal(set[0].octets, pdu, len)) ||
	       (set[1].len == len && equal(set[1].octets, pdu, len));
}

void bm_repeats_add(struct bm_repeats *repeats, const uint8_t *pdu, size_t len)
{
	if (!repeats->sets)
		return;
	struct bm_repeat *set = set_of(repeats, pdu, len);
	set[1] = set[0];
	set[0].len = (uint8_t)len;
	if (!IN_WORDS(len)) {
		memcpy(set[0].octets, pdu, len);
		return;
	}
	memcpy(set[0].octets, pdu, 16);
	memcpy(set[0].octets + len - 16, pdu + len - 16, 16);
}

static uint32_t buckets_for(uint16_t capacity)
{
	uint32_t buckets = 4;
	while (buckets < capacity * BM_MSG_CACHE_CHAINS)
		buckets *= 2;
	return buckets;
}

void bm_msg_cache_carve(struct bm_msg_cache *cache, uint16_t capacity, struct bm_arena *arena)
{
	cache->table = bm_arena_take(arena, capacity, sizeof *cache->table);
	cache->heads = bm_arena_take(arena, buckets_for(capacity), sizeof *cache->heads);
}

void bm_msg_cache_init(struct bm_msg_cache *cache, uint16_t capacity)
{
	cache->capacity = capacity < NONE ? capacity : NONE - 1;
	cache->buckets = buckets_for(capacity);
	bm_msg_cache_clear(cache);
}

void bm_msg_cache_clear(struct bm_msg_cache *cache)
{
	cache->oldest = 0;
	for (uint32_t i = 0; i < cache->buckets; i++)
		cache->heads[i] = NONE;
	for (size_t i = 0; i < cache->capacity; i++)
		cache->table[i] = (struct bm_cached){.next = NONE};
}

static uint32_t iv_seq_of(uint32_t iv_index, uint32_t seq)
{
	return iv_index << 24 | seq;
}

static uint16_t *head_of(const struct bm_msg_cache *cache, uint32_t iv_seq, uint16_t src)
{
	return &cache->heads[(((uint64_t)src << 32 | iv_seq) * GOLDEN >> 40) & (cache->buckets - 1)];
}

bool bm_msg_cache_has(const struct bm_msg_cache *cache, uint32_t iv_index, uint16_t src, uint32_t seq)
{
	const uint32_t iv_seq = iv_seq_of(iv_index, seq);
	for (uint16_t at = *head_of(cache, iv_seq, src); at != NONE; at = cache->table[at].next)
		if (cache->table[at].iv_seq == iv_seq && cache->table[at].src == src)
			return true;
	return false;
}

void bm_msg_cache_add(struct bm_msg_cache *cache, uint32_t iv_index, uint16_t src, uint32_t seq)
{
	if (!cache->capacity)
		return;
	const uint16_t at = cache->oldest;
	struct bm_cached *entry = &cache->table[at];
	cache->oldest = (uint16_t)(at + 1 == cache->capacity ? 0 : at + 1);
	if (entry->src != BM_ADDR_UNASSIGNED) {
		uint16_t *link = head_of(cache, entry->iv_seq, entry->src);
		while (*link != at)
			link = &cache->table[*link].next;
		*link = entry->next;
	}
	entry->iv_seq = iv_seq_of(iv_index, seq);
	entry->src = src;
	uint16_t *head = head_of(cache, entry->iv_seq, src);
	entry->next = *head;
	*head = at;
}
