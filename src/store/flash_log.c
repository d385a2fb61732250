/*
 * The log. A block begins with a header (magic, generation, CRC); then come records: kind, index, length, CRC, value.
 * The newest record of a key counts; one without a value says that the key is deleted.
 *
 *   free ─opened▶ head ─full▶ … ─oldest▶ tail ─what still counts is copied to the head▶ header zeroed ─erased▶ free
 *
 * Values leave room for one deletion in each block, so a log that is full of them still takes deletions: once what
 * counts of the oldest block is copied, there is room in the head.
 *
 * At least one block is free but between opening a head and emptying the tail: then the head holds copies alone, and
 * after a power cut it is thrown away and the work done again. A header is zeroed before its block is erased, as a torn
 * erase could leave a value and lose its deletion.
 */
#include "blemesh/flash_store.h"

#include <string.h>

#include "blemesh/bytes.h"

#define MAGIC 0x424d4c31u
#define BLOCK_HEADER_LEN 16u
#define RECORD_HEADER_LEN 12u
#define CHUNK 32u
#define BLANK 0xffu

struct record {
	struct bm_store_key key;
	uint32_t at; /* of its header */
	uint16_t len;
	uint32_t crc;
};

/* CRC-32 (IEEE 802.3), four bits at a time: the table is small enough for a board. */
static uint32_t crc32(uint32_t crc, const uint8_t *octets, size_t len)
{
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
					   0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					   0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	crc = ~crc;
	while (len--) {
		crc ^= *octets++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static uint32_t padded(const struct bm_flash_port *port, uint32_t len)
{
	return (len + port->unit - 1) / port->unit * port->unit;
}

static uint32_t address(const struct bm_flash_store *store, uint16_t block)
{
	return block * store->port.block_size;
}

static uint16_t after(const struct bm_flash_store *store, uint16_t block)
{
	return (uint16_t)(block + 1 == store->port.block_count ? 0 : block + 1);
}

static enum bm_err read(const struct bm_flash_store *store, uint32_t at, uint8_t *out, size_t len)
{
	return store->port.read(store->port.ctx, at, out, len) ? BM_ERR_STORE : BM_OK;
}

static enum bm_err program(const struct bm_flash_store *store, uint32_t at, const uint8_t *octets, size_t len)
{
	return store->port.program(store->port.ctx, at, octets, len) ? BM_ERR_STORE : BM_OK;
}

/* A generation, or 0: the block is none of the log. */
static enum bm_err read_generation(const struct bm_flash_store *store, uint16_t block, uint32_t *generation)
{
	uint8_t header[BLOCK_HEADER_LEN];
	const enum bm_err err = read(store, address(store, block), header, sizeof header);
	struct bm_reader r = bm_reader_of(header, sizeof header);
	const uint32_t magic = bm_read_be32(&r);
	*generation = bm_read_be32(&r);
	const uint32_t crc = bm_read_be32(&r);
	if (err || magic != MAGIC || crc != crc32(0, header, 8))
		*generation = 0;
	return err;
}

static uint32_t record_crc(const struct record *record, uint32_t crc)
{
	uint8_t octets[6];
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_put_u8(&w, (uint8_t)record->key.kind);
	bm_put_u8(&w, 0);
	bm_put_be16(&w, record->key.index);
	bm_put_be16(&w, record->len);
	return crc32(crc, octets, sizeof octets);
}

static enum bm_err value_crc(const struct bm_flash_store *store, uint32_t at, uint32_t len, uint32_t *crc)
{
	uint8_t chunk[CHUNK];
	for (uint32_t done = 0; done < len; done += CHUNK) {
		const uint32_t part = len - done < CHUNK ? len - done : CHUNK;
		if (read(store, at + done, chunk, part))
			return BM_ERR_STORE;
		*crc = crc32(*crc, chunk, part);
	}
	return BM_OK;
}

/* The record at an offset of a block. BM_ERR_NOT_FOUND: no whole one begins there. */
static enum bm_err read_record(const struct bm_flash_store *store, uint16_t block, uint32_t offset,
			       struct record *record)
{
	uint8_t header[RECORD_HEADER_LEN];
	if (offset + RECORD_HEADER_LEN > store->port.block_size)
		return BM_ERR_NOT_FOUND;
	record->at = address(store, block) + offset;
	if (read(store, record->at, header, sizeof header))
		return BM_ERR_STORE;
	struct bm_reader r = bm_reader_of(header, sizeof header);
	record->key.kind = (enum bm_store_kind)bm_read_u8(&r);
	(void)bm_read_u8(&r);
	record->key.index = bm_read_be16(&r);
	record->len = bm_read_be16(&r);
	record->crc = bm_read_be32(&r);
	if (record->len > store->port.block_size - offset - RECORD_HEADER_LEN)
		return BM_ERR_NOT_FOUND;
	uint32_t crc = record_crc(record, 0);
	const enum bm_err err = value_crc(store, record->at + RECORD_HEADER_LEN, record->len, &crc);
	return err ? err : crc == record->crc ? BM_OK : BM_ERR_NOT_FOUND;
}

static uint32_t size_of(const struct bm_flash_store *store, uint32_t len)
{
	return padded(&store->port, RECORD_HEADER_LEN + len);
}

/* A place in the log, from the oldest record to the newest. */
struct cursor {
	uint16_t block;
	uint32_t offset;
};

static uint32_t first_offset(const struct bm_flash_store *store)
{
	return padded(&store->port, BLOCK_HEADER_LEN);
}

/* BM_ERR_NOT_FOUND after the newest. */
static enum bm_err next_record(const struct bm_flash_store *store, struct cursor *cursor, struct record *record)
{
	for (;;) {
		const enum bm_err err = read_record(store, cursor->block, cursor->offset, record);
		if (!err)
			cursor->offset += size_of(store, record->len);
		if (err != BM_ERR_NOT_FOUND)
			return err;
		if (cursor->block == store->head)
			return err;
		cursor->block = after(store, cursor->block);
		cursor->offset = first_offset(store);
	}
}

/* Is there no newer record of the key behind the cursor? */
static enum bm_err counts(const struct bm_flash_store *store, struct cursor cursor, const struct record *record,
			  bool *yes)
{
	struct record later;
	enum bm_err err;
	*yes = true;
	while (*yes && !(err = next_record(store, &cursor, &later)))
		*yes = later.key.kind != record->key.kind || later.key.index != record->key.index;
	return *yes && err != BM_ERR_NOT_FOUND ? err : BM_OK;
}

/* Octets on their way into the flash, in whole units. */
struct stream {
	const struct bm_flash_store *store;
	uint32_t at;
	uint8_t octets[CHUNK];
	size_t used;
	enum bm_err err;
};

static void flush(struct stream *stream)
{
	const uint32_t len = padded(&stream->store->port, (uint32_t)stream->used);
	memset(stream->octets + stream->used, BLANK, len - stream->used);
	if (!stream->err && len)
		stream->err = program(stream->store, stream->at, stream->octets, len);
	stream->at += len;
	stream->used = 0;
}

static void stream_put(struct stream *stream, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		const size_t room = CHUNK - stream->used;
		const size_t part = len < room ? len : room;
		memcpy(stream->octets + stream->used, octets, part);
		stream->used += part;
		octets += part;
		len -= part;
		if (stream->used == CHUNK)
			flush(stream);
	}
}

static void stream_header(struct stream *stream, const struct record *record)
{
	uint8_t header[RECORD_HEADER_LEN] = {0};
	struct bm_writer w = bm_writer_of(header, sizeof header);
	bm_put_u8(&w, (uint8_t)record->key.kind);
	bm_put_u8(&w, 0);
	bm_put_be16(&w, record->key.index);
	bm_put_be16(&w, record->len);
	bm_put_be32(&w, record->crc);
	stream_put(stream, header, sizeof header);
}

/* Appends a record of which it is known that it fits. value NULL: it is copied from the record. */
static enum bm_err append(struct bm_flash_store *store, const struct record *record, const uint8_t *value)
{
	struct stream stream = {.store = store, .at = address(store, store->head) + store->end};
	uint8_t chunk[CHUNK];
	stream_header(&stream, record);
	if (value)
		stream_put(&stream, value, record->len);
	for (uint32_t done = 0; !value && done < record->len && !stream.err; done += CHUNK) {
		const uint32_t part = record->len - done < CHUNK ? record->len - done : CHUNK;
		stream.err = read(store, record->at + RECORD_HEADER_LEN + done, chunk, part);
		stream_put(&stream, chunk, part);
	}
	flush(&stream);
	/* What failed may have left something: nothing more goes into this block. */
	store->end = stream.err ? store->port.block_size : store->end + size_of(store, record->len);
	return stream.err;
}

static enum bm_err is_blank(const struct bm_flash_store *store, uint32_t at, uint32_t len, bool *blank)
{
	uint8_t chunk[CHUNK];
	*blank = true;
	for (uint32_t done = 0; *blank && done < len; done += CHUNK) {
		const uint32_t part = len - done < CHUNK ? len - done : CHUNK;
		if (read(store, at + done, chunk, part))
			return BM_ERR_STORE;
		for (uint32_t i = 0; i < part; i++)
			*blank = *blank && chunk[i] == BLANK;
	}
	return BM_OK;
}

static enum bm_err free_block(const struct bm_flash_store *store, uint16_t block)
{
	static const uint8_t zeros[BLOCK_HEADER_LEN];
	const enum bm_err err = program(store, address(store, block), zeros, sizeof zeros);
	if (err)
		return err;
	return store->port.erase(store->port.ctx, address(store, block)) ? BM_ERR_STORE : BM_OK;
}

/* Takes a block out of the log. One whose header is gone is out of it, even if its erase failed: it is erased when it
 * is opened again. */
static enum bm_err retire(const struct bm_flash_store *store, uint16_t block)
{
	uint32_t generation;
	const enum bm_err freed = free_block(store, block);
	const enum bm_err err = read_generation(store, block, &generation);
	if (err)
		return err;
	return generation ? (freed ? freed : BM_ERR_STORE) : BM_OK;
}

/* The block becomes the head. */
static enum bm_err open_block(struct bm_flash_store *store, uint16_t block)
{
	uint8_t header[BLOCK_HEADER_LEN];
	struct bm_writer w = bm_writer_of(header, sizeof header);
	bool blank;
	enum bm_err err = is_blank(store, address(store, block), store->port.block_size, &blank);
	if (!err && !blank)
		err = free_block(store, block);
	memset(header, BLANK, sizeof header);
	bm_put_be32(&w, MAGIC);
	bm_put_be32(&w, store->generation + 1);
	bm_put_be32(&w, crc32(0, header, 8));
	if (!err)
		err = program(store, address(store, block), header, sizeof header);
	if (err)
		return err;
	store->generation++;
	store->head = block;
	store->end = first_offset(store);
	return BM_OK;
}

/* What still counts of the oldest block goes to the head, which is new: it fits. A deletion that is the newest word on
 * its key in the oldest block has nothing left to delete. */
static enum bm_err empty_tail(struct bm_flash_store *store)
{
	const uint16_t tail = store->tail;
	struct cursor cursor = {.block = tail, .offset = first_offset(store)};
	struct record record;
	enum bm_err err;
	while (!(err = next_record(store, &cursor, &record)) && cursor.block == tail) {
		bool yes;
		err = counts(store, cursor, &record, &yes);
		if (!err && yes && record.len > 0)
			err = append(store, &record, NULL);
		if (err)
			return err;
	}
	if (err && err != BM_ERR_NOT_FOUND)
		return err;
	err = retire(store, tail);
	if (!err)
		store->tail = after(store, tail);
	return err;
}

/* Emptying the tail began and failed: what the head has of it is thrown away, as after a power cut. The block behind
 * the head is free again, and nothing of the tail was lost. */
static enum bm_err give_up_copies(struct bm_flash_store *store)
{
	uint32_t generation;
	if (store->head == store->tail || after(store, store->head) != store->tail)
		return BM_OK;
	enum bm_err err = read_generation(store, store->tail, &generation);
	if (!err && !generation) {
		/* It was the last step that failed: the copies are all there is. */
		store->tail = after(store, store->tail);
		return BM_OK;
	}
	if (!err)
		err = retire(store, store->head);
	if (err)
		return err;
	store->head = (uint16_t)((store->head ? store->head : store->port.block_count) - 1);
	store->end = store->port.block_size;
	return BM_OK;
}

/* Room for so many octets at the head. */
static enum bm_err make_room(struct bm_flash_store *store, uint32_t size)
{
	enum bm_err err = give_up_copies(store);
	for (unsigned round = 0; !err && store->end + size > store->port.block_size; round++) {
		/* Once around, and nothing was gained. */
		if (round > store->port.block_count)
			return BM_ERR_NO_SPACE;
		err = open_block(store, after(store, store->head));
		if (!err && after(store, store->head) == store->tail)
			err = empty_tail(store);
	}
	return err;
}

static bool port_valid(const struct bm_flash_port *port)
{
	return port->unit >= 1 && port->unit <= BM_FLASH_UNIT_MAX && (port->unit & (port->unit - 1)) == 0 &&
	       port->block_size >= 64 && port->block_size % port->unit == 0 && port->block_count >= 2 && port->read &&
	       port->program && port->erase;
}

/* Head and tail by their generations; false: there is no log. */
static enum bm_err find_log(struct bm_flash_store *store, bool *found, bool *full)
{
	uint32_t oldest = UINT32_MAX;
	*found = false;
	*full = true;
	store->generation = 0;
	for (uint16_t block = 0; block < store->port.block_count; block++) {
		uint32_t generation;
		const enum bm_err err = read_generation(store, block, &generation);
		if (err)
			return err;
		*full = *full && generation;
		if (generation == 0)
			continue;
		*found = true;
		if (generation > store->generation) {
			store->generation = generation;
			store->head = block;
		}
		if (generation < oldest) {
			oldest = generation;
			store->tail = block;
		}
	}
	return BM_OK;
}

static enum bm_err find_end(struct bm_flash_store *store)
{
	struct record record;
	enum bm_err err;
	bool blank;
	store->end = first_offset(store);
	while (!(err = read_record(store, store->head, store->end, &record)))
		store->end += size_of(store, record.len);
	if (err != BM_ERR_NOT_FOUND)
		return err;
	err = is_blank(store, address(store, store->head) + store->end, store->port.block_size - store->end, &blank);
	if (!blank)
		store->end = store->port.block_size;
	return err;
}

enum bm_err bm_flash_store_mount(struct bm_flash_store *store, const struct bm_flash_port *port)
{
	bool found, full;
	*store = (struct bm_flash_store){.port = *port};
	if (!port_valid(port))
		return BM_ERR_INVALID;
	enum bm_err err = find_log(store, &found, &full);
	if (!err && found && full) {
		/* The power was cut while the tail was being emptied into the head. */
		err = free_block(store, store->head);
		if (!err)
			err = find_log(store, &found, &full);
	}
	if (err)
		return err;
	if (found)
		return find_end(store);
	err = open_block(store, 0);
	store->tail = store->head;
	return err;
}

/* BM_ERR_NOT_FOUND: the key has no value. */
static enum bm_err find_newest(const struct bm_flash_store *store, const struct bm_store_key *key,
			       struct record *newest)
{
	struct cursor cursor = {.block = store->tail, .offset = first_offset(store)};
	struct record record;
	enum bm_err err;
	*newest = (struct record){0};
	while (!(err = next_record(store, &cursor, &record)))
		if (record.key.kind == key->kind && record.key.index == key->index)
			*newest = record;
	return err != BM_ERR_NOT_FOUND ? err : newest->len ? BM_OK : BM_ERR_NOT_FOUND;
}

enum bm_err bm_flash_store_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	struct bm_flash_store *store = ctx;
	const uint32_t deletion = size_of(store, 0);
	if (len > UINT16_MAX || first_offset(store) + size_of(store, (uint32_t)len) + deletion > store->port.block_size)
		return BM_ERR_TOO_LONG;
	struct record record = {.key = *key, .len = (uint16_t)len};
	record.crc = crc32(record_crc(&record, 0), octets, len);
	enum bm_err err = make_room(store, size_of(store, record.len) + (len ? deletion : 0));
	static const uint8_t none[1];
	if (!err)
		err = append(store, &record, len ? octets : none);
	return err;
}

enum bm_err bm_flash_store_get(const struct bm_flash_store *store, const struct bm_store_key *key, uint8_t *out,
			       size_t capacity, size_t *len)
{
	struct record newest;
	*len = 0;
	const enum bm_err err = find_newest(store, key, &newest);
	if (err)
		return err;
	if (newest.len > capacity)
		return BM_ERR_TOO_LONG;
	*len = newest.len;
	return read(store, newest.at + RECORD_HEADER_LEN, out, newest.len);
}

enum bm_err bm_flash_store_each(const struct bm_flash_store *store, uint8_t *value, size_t capacity,
				void (*each)(void *ctx, const struct bm_store_key *key, const uint8_t *octets,
					     size_t len),
				void *ctx)
{
	struct cursor cursor = {.block = store->tail, .offset = first_offset(store)};
	struct record record;
	enum bm_err err;
	while (!(err = next_record(store, &cursor, &record))) {
		bool yes;
		err = counts(store, cursor, &record, &yes);
		if (!err && record.len > capacity && yes)
			err = BM_ERR_TOO_LONG;
		if (!err && yes && record.len)
			err = read(store, record.at + RECORD_HEADER_LEN, value, record.len);
		if (err)
			return err;
		if (yes && record.len)
			each(ctx, &record.key, value, record.len);
	}
	return err == BM_ERR_NOT_FOUND ? BM_OK : err;
}
