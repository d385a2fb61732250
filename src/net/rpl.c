/*
 * The replay protection list: open addressing with linear probing; deleting shifts back, so there are no tombstones.
 */
#include "net/rpl.h"

#include <string.h>

#include "pdu/records.h"

/* An entry whose record could not be read, until the IV index is known. */
#define IV_UNKNOWN UINT32_MAX

void bm_rpl_carve(struct bm_rpl *rpl, uint16_t capacity, struct bm_arena *arena)
{
	rpl->slots = (uint32_t)capacity + capacity / 4 + 1;
	rpl->table = bm_arena_take(arena, rpl->slots, sizeof *rpl->table);
}

void bm_rpl_init(struct bm_rpl *rpl, struct bm_env *env, uint16_t capacity)
{
	rpl->env = env;
	rpl->capacity = capacity;
	rpl->slots = (uint32_t)capacity + capacity / 4 + 1;
}

static uint32_t home(const struct bm_rpl *rpl, uint16_t src)
{
	const uint32_t hash = (src * 0x9e3779b1u) >> 16;
	return hash * rpl->slots >> 16;
}

/* The slot of src, or the free one where it would go. There always is one: slots > capacity. */
static struct bm_rpl_entry *probe(const struct bm_rpl *rpl, uint16_t src)
{
	uint32_t at = home(rpl, src);
	while (rpl->table[at].src != src && rpl->table[at].src != BM_ADDR_UNASSIGNED)
		at = at + 1 == rpl->slots ? 0 : at + 1;
	return &rpl->table[at];
}

/* For a new source. What was accepted of those lost is not known, but it was no newer than this. */
static bool has_room(const struct bm_rpl *rpl, uint32_t iv_index)
{
	return rpl->used < rpl->capacity && iv_index >= rpl->lost_next;
}

static enum bm_err check(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq, uint32_t seq_auth,
			 bool segmented)
{
	const struct bm_rpl_entry *entry = probe(rpl, src);
	if (entry->src == BM_ADDR_UNASSIGNED)
		return has_room(rpl, iv_index) ? BM_OK : BM_ERR_NO_SPACE;
	if (iv_index != entry->iv_index)
		return iv_index > entry->iv_index ? BM_OK : BM_ERR_EXISTS;
	if (seq <= entry->seq)
		return BM_ERR_EXISTS;
	return segmented && seq_auth < entry->segmented_next ? BM_ERR_EXISTS : BM_OK;
}

enum bm_err bm_rpl_check(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq)
{
	return check(rpl, src, iv_index, seq, 0, false);
}

enum bm_err bm_rpl_check_segment(const struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq,
				 uint32_t seq_auth)
{
	return check(rpl, src, iv_index, seq, seq_auth, true);
}

static enum bm_err store(const struct bm_rpl *rpl, const struct bm_rpl_entry *entry)
{
	uint8_t octets[BM_RECORD_RPL_LEN];
	size_t len;
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_record_put_rpl(&w, &(struct bm_rpl_record){.iv_index = entry->iv_index,
						      .seq = entry->seq,
						      .segmented_next = entry->segmented_next});
	if (bm_writer_finish(&w, &len))
		return BM_ERR_STORE;
	return bm_env_store(rpl->env, BM_STORE_RPL, entry->src, octets, len);
}

/* Stored before it is remembered: what the store refuses is not acted on. */
static enum bm_err put(struct bm_rpl *rpl, struct bm_rpl_entry *slot, const struct bm_rpl_entry *entry)
{
	if (BM_WITH_STORE && rpl->env->ops.store && store(rpl, entry))
		return BM_ERR_STORE;
	if (slot->src == BM_ADDR_UNASSIGNED)
		rpl->used++;
	*slot = *entry;
	return BM_OK;
}

/* seq: that of a segmented message is its SeqAuth's. */
static enum bm_err accept(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq, bool segmented)
{
	struct bm_rpl_entry *slot = probe(rpl, src);
	struct bm_rpl_entry next = *slot;
	const bool first = slot->src == BM_ADDR_UNASSIGNED;
	if (first && !has_room(rpl, iv_index))
		return BM_ERR_NO_SPACE;
	if (first || iv_index > slot->iv_index)
		next = (struct bm_rpl_entry){.src = src, .iv_index = iv_index};
	else if (iv_index < slot->iv_index || (!segmented && seq <= slot->seq))
		return BM_ERR_EXISTS;
	/* A newer message overtook it while it was being put together: that was checked when it began. */
	if (segmented && seq < next.segmented_next)
		return BM_OK;
	if (segmented)
		next.segmented_next = seq + 1;
	if (!segmented || seq > next.seq)
		next.seq = seq;
	return put(rpl, slot, &next);
}

enum bm_err bm_rpl_accept(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq)
{
	return accept(rpl, src, iv_index, seq, false);
}

enum bm_err bm_rpl_accept_segmented(struct bm_rpl *rpl, uint16_t src, uint32_t iv_index, uint32_t seq_auth)
{
	return accept(rpl, src, iv_index, seq_auth, true);
}

enum bm_err bm_rpl_restore(struct bm_rpl *rpl, uint16_t src, const uint8_t *octets, size_t len)
{
	if (!bm_addr_is_unicast(src))
		return BM_ERR_INVALID;
	struct bm_rpl_record record;
	const enum bm_err err = bm_record_read_rpl(octets, len, &record);
	struct bm_rpl_entry entry = {
		.src = src, .iv_index = record.iv_index, .seq = record.seq, .segmented_next = record.segmented_next};
	if (err)
		entry = (struct bm_rpl_entry){.src = src, .iv_index = IV_UNKNOWN};
	struct bm_rpl_entry *slot = probe(rpl, src);
	if (slot->src == BM_ADDR_UNASSIGNED && rpl->used >= rpl->capacity) {
		if (entry.iv_index >= rpl->lost_next)
			rpl->lost_next = entry.iv_index == UINT32_MAX ? UINT32_MAX : entry.iv_index + 1;
		return err ? err : BM_ERR_NO_SPACE;
	}
	rpl->used += slot->src == BM_ADDR_UNASSIGNED;
	*slot = entry;
	return err;
}

void bm_rpl_settle(struct bm_rpl *rpl, uint32_t iv_index)
{
	if (rpl->lost_next > iv_index + 1)
		rpl->lost_next = iv_index + 1;
	for (uint32_t at = 0; at < rpl->slots; at++) {
		struct bm_rpl_entry *entry = &rpl->table[at];
		if (entry->src != BM_ADDR_UNASSIGNED && entry->iv_index > iv_index)
			*entry = (struct bm_rpl_entry){.src = entry->src,
						       .iv_index = iv_index,
						       .seq = BM_RECORD_SEQ_END - 1,
						       .segmented_next = BM_RECORD_SEQ_END};
	}
}

enum bm_err bm_rpl_save(const struct bm_rpl *rpl)
{
	enum bm_err worst = BM_OK;
	for (uint32_t at = 0; at < rpl->slots; at++)
		if (rpl->table[at].src != BM_ADDR_UNASSIGNED && store(rpl, &rpl->table[at]))
			worst = BM_ERR_STORE;
	return worst;
}

static void remove_at(struct bm_rpl *rpl, uint32_t at)
{
	/* Entries behind the hole move up unless their home lies behind it too (cyclically). */
	uint32_t hole = at;
	for (uint32_t i = at + 1 == rpl->slots ? 0 : at + 1; rpl->table[i].src != BM_ADDR_UNASSIGNED;
	     i = i + 1 == rpl->slots ? 0 : i + 1) {
		const uint32_t wanted = home(rpl, rpl->table[i].src);
		const bool stays = hole <= i ? hole < wanted && wanted <= i : hole < wanted || wanted <= i;
		if (stays)
			continue;
		rpl->table[hole] = rpl->table[i];
		hole = i;
	}
	rpl->table[hole] = (struct bm_rpl_entry){0};
	rpl->used--;
}

/* An entry that stays in the store longer than needed does no harm: a store that refuses is of no consequence here. */
static void forget_stored(struct bm_rpl *rpl, uint32_t at)
{
	if (!BM_WITH_STORE)
		return;
	const enum bm_err ignored = bm_env_store(rpl->env, BM_STORE_RPL, rpl->table[at].src, NULL, 0);
	(void)ignored;
}

static void forget_at(struct bm_rpl *rpl, uint32_t at)
{
	forget_stored(rpl, at);
	remove_at(rpl, at);
}

void bm_rpl_forget(struct bm_rpl *rpl, uint16_t src)
{
	const struct bm_rpl_entry *entry = probe(rpl, src);
	if (src != BM_ADDR_UNASSIGNED && entry->src == src)
		forget_at(rpl, (uint32_t)(entry - rpl->table));
}

void bm_rpl_prune(struct bm_rpl *rpl, uint32_t iv_index)
{
	for (uint32_t at = 0; at < rpl->slots;) {
		const struct bm_rpl_entry *entry = &rpl->table[at];
		if (entry->src != BM_ADDR_UNASSIGNED && iv_index > 0 && entry->iv_index < iv_index - 1)
			forget_at(rpl, at); /* another entry may have moved here: look again */
		else
			at++;
	}
}

void bm_rpl_clear(struct bm_rpl *rpl)
{
	for (uint32_t at = 0; rpl->used > 0 && at < rpl->slots; at++)
		if (rpl->table[at].src != BM_ADDR_UNASSIGNED)
			forget_stored(rpl, at);
	if (rpl->table)
		memset(rpl->table, 0, rpl->slots * sizeof *rpl->table);
	rpl->used = 0;
	rpl->lost_next = 0;
}
