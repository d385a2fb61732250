/*
 * A store for boards: a log in erase blocks of NOR flash (bits are cleared by programming, set by erasing a block). It
 * keeps what blemesh/store.h asks for over a port of three functions, in plain C, without memory of its own: a record
 * is appended with a CRC, so a torn one is as if it had never been; blocks are used round and round, so they wear
 * alike.
 *
 * Space: the records in force, each with 12 octets more and padded to the program unit, have to fit into all blocks but
 * one with some room left; the more room, the less is copied and erased. Values must fit into a block, with room for a
 * header (16 octets) and for the record of a deletion in each. A full store still takes deletions.
 */
#ifndef BLEMESH_FLASH_STORE_H
#define BLEMESH_FLASH_STORE_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/store.h"

struct bm_node;

/* The largest unit a flash may program at once, octets. */
#define BM_FLASH_UNIT_MAX 16u

/* What the store is given. Addresses count from the beginning of its area. Functions return BM_OK or any error. */
struct bm_flash_port {
	void *ctx;
	uint32_t block_size; /* octets that are erased at once; a multiple of unit, at least 64 */
	uint16_t block_count;
	uint8_t unit; /* octets programmed at once, each unit once between two erases (but to all zeros): 1, 2, 4, 8, 16
		       */
	enum bm_err (*read)(void *ctx, uint32_t at, uint8_t *out, size_t len);
	enum bm_err (*program)(void *ctx, uint32_t at, const uint8_t *octets, size_t len); /* whole units */
	enum bm_err (*erase)(void *ctx, uint32_t at); /* the block at this address */
};

/* Read only. */
struct bm_flash_store {
	struct bm_flash_port port;
	uint16_t head, tail; /* blocks: the newest, the oldest */
	uint32_t end;        /* of what the head holds */
	uint32_t generation; /* of the head */
};

/* Takes the area as it is; what a power cut left is put in order, an area without a store is made one. The port is
 * copied. BM_ERR_INVALID (sizes), BM_ERR_STORE (the port failed). */
BM_MUST_USE enum bm_err bm_flash_store_mount(struct bm_flash_store *store, const struct bm_flash_port *port);
/* As bm_node_ops.store; ctx: the store. BM_ERR_TOO_LONG, BM_ERR_NO_SPACE, BM_ERR_STORE (the port failed: mount again).
 */
enum bm_err bm_flash_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
/* The value under a key. BM_ERR_NOT_FOUND, BM_ERR_TOO_LONG (longer than capacity), BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_flash_store_get(const struct bm_flash_store *store, const struct bm_store_key *key,
					   uint8_t *out, size_t capacity, size_t *len);
/* Calls each for every key there is; value: the memory for its octets, valid during the call. Errors as above. */
BM_MUST_USE enum bm_err bm_flash_store_each(const struct bm_flash_store *store, uint8_t *value, size_t capacity,
					    void (*each)(void *ctx, const struct bm_store_key *key,
							 const uint8_t *octets, size_t len),
					    void *ctx);

#endif
