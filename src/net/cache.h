/*
 * What was seen already, in two steps: exact repeats by their octets, before any AES; and the network message cache
 * (MshPRT 3.4.6.5) by IV index, SRC and SEQ, which catches the copies that relays made with another TTL.
 *
 * Only authenticated PDUs enter either, so nobody without a key can fill them.
 */
#ifndef BM_NET_CACHE_H
#define BM_NET_CACHE_H

#include "base/arena.h"
#include "blemesh/base.h"
#include "pdu/net_pdu.h"

struct bm_repeat {
	uint8_t len; /* 0: free */
	uint8_t octets[BM_NET_PDU_MAX];
};

/* Sets of two entries, the newer one first. */
struct bm_repeats {
	struct bm_repeat *table;
	uint32_t sets; /* a power of two; 0: no filter */
};

void bm_repeats_carve(struct bm_repeats *repeats, uint16_t entries, struct bm_arena *arena);
void bm_repeats_init(struct bm_repeats *repeats, uint16_t entries);
void bm_repeats_clear(struct bm_repeats *repeats);
bool bm_repeats_has(const struct bm_repeats *repeats, const uint8_t *pdu, size_t len);
void bm_repeats_add(struct bm_repeats *repeats, const uint8_t *pdu, size_t len);

struct bm_cached {
	uint32_t iv_seq; /* SEQ and the low octet of the IV index: the indexes accepted differ by one */
	uint16_t src;    /* BM_ADDR_UNASSIGNED: free */
	uint16_t next;
};

/* Hash chains for each entry at least. With more of them than entries most messages are new and find their chain empty;
 * where size counts they are as many. */
#ifdef __OPTIMIZE_SIZE__
#define BM_MSG_CACHE_CHAINS 1u
#else
#define BM_MSG_CACHE_CHAINS 4u
#endif

/* The newest `capacity` messages exactly, found through hash chains. */
struct bm_msg_cache {
	struct bm_cached *table;
	uint16_t *heads;
	uint16_t capacity;
	uint16_t oldest;
	uint32_t buckets; /* a power of two */
};

void bm_msg_cache_carve(struct bm_msg_cache *cache, uint16_t capacity, struct bm_arena *arena);
void bm_msg_cache_init(struct bm_msg_cache *cache, uint16_t capacity);
void bm_msg_cache_clear(struct bm_msg_cache *cache);
bool bm_msg_cache_has(const struct bm_msg_cache *cache, uint32_t iv_index, uint16_t src, uint32_t seq);
void bm_msg_cache_add(struct bm_msg_cache *cache, uint32_t iv_index, uint16_t src, uint32_t seq);

#endif
