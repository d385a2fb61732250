/*
 * Cursors over octets. A read or write past the end does nothing, yields 0 and makes the error sticky, so a codec
 * checks once, at its end (bm_reader_finish, bm_writer_finish).
 *
 * The byte order is in each name: the mesh is big-endian below the access layer and little-endian in it (MshPRT 3.1.1).
 */
#ifndef BLEMESH_BYTES_H
#define BLEMESH_BYTES_H

#include <string.h>

#include "blemesh/base.h"
#include "blemesh/err.h"

/* Octets being read; they stay the caller's. */
struct bm_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

/* Octets not read yet. */
static inline size_t bm_reader_left(const struct bm_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Octets being written into the caller's buffer. */
struct bm_writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool failed;
};

/* Octets written so far. */
static inline size_t bm_writer_len(const struct bm_writer *w)
{
	return (size_t)(w->at - w->start);
}

/* What follows is in line, and in a program built for size calls functions of the library: src/base/bytes.c, which
 * defines BM_CURSOR. Each is described where it is defined, below. */
#if defined(__OPTIMIZE_SIZE__) || defined(BM_CURSOR)
struct bm_reader bm_reader_of(const uint8_t *octets, size_t len);
struct bm_writer bm_writer_of(uint8_t *out, size_t capacity);
const uint8_t *bm_read_octets(struct bm_reader *r, size_t len);
void bm_read_copy(struct bm_reader *r, uint8_t *out, size_t len);
uint8_t bm_read_u8(struct bm_reader *r);
uint32_t bm_read_be(struct bm_reader *r, size_t len);
uint32_t bm_read_le(struct bm_reader *r, size_t len);
uint16_t bm_read_be16(struct bm_reader *r);
uint32_t bm_read_be24(struct bm_reader *r);
uint32_t bm_read_be32(struct bm_reader *r);
uint16_t bm_read_le16(struct bm_reader *r);
uint32_t bm_read_le24(struct bm_reader *r);
uint32_t bm_read_le32(struct bm_reader *r);
void bm_put_octets(struct bm_writer *w, const uint8_t *octets, size_t len);
void bm_put_u8(struct bm_writer *w, uint8_t value);
void bm_put_be(struct bm_writer *w, uint32_t value, size_t len);
void bm_put_le(struct bm_writer *w, uint32_t value, size_t len);
void bm_put_be16(struct bm_writer *w, uint16_t value);
void bm_put_be24(struct bm_writer *w, uint32_t value);
void bm_put_be32(struct bm_writer *w, uint32_t value);
void bm_put_le16(struct bm_writer *w, uint16_t value);
void bm_put_le24(struct bm_writer *w, uint32_t value);
void bm_put_le32(struct bm_writer *w, uint32_t value);
BM_MUST_USE enum bm_err bm_writer_finish(const struct bm_writer *w, size_t *len);
BM_MUST_USE enum bm_err bm_reader_finish(const struct bm_reader *r);
#else
#define BM_CURSOR static inline
#endif

#ifdef BM_CURSOR

/* A reader at the first of len octets. NULL: there are none. */
BM_CURSOR struct bm_reader bm_reader_of(const uint8_t *octets, size_t len)
{
	return (struct bm_reader){.at = octets, .end = octets ? octets + len : octets, .failed = false};
}

/* A writer at the front of capacity octets. */
BM_CURSOR struct bm_writer bm_writer_of(uint8_t *out, size_t capacity)
{
	return (struct bm_writer){.start = out, .at = out, .end = out + capacity, .failed = false};
}

/* The next len octets where they lie, or NULL (and the sticky error) if there are fewer. */
BM_CURSOR const uint8_t *bm_read_octets(struct bm_reader *r, size_t len)
{
	if (r->failed || bm_reader_left(r) < len) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *octets = r->at;
	r->at += len;
	return octets;
}

/* Copies len octets out; on error the destination is zeroed. */
BM_CURSOR void bm_read_copy(struct bm_reader *r, uint8_t *out, size_t len)
{
	const uint8_t *octets = bm_read_octets(r, len);
	if (octets)
		memcpy(out, octets, len);
	else
		memset(out, 0, len);
}

/* The next octet; 0 and the sticky error if there is none. */
BM_CURSOR uint8_t bm_read_u8(struct bm_reader *r)
{
	const uint8_t *o = bm_read_octets(r, 1);
	return o ? o[0] : 0;
}

/* The next 1 to 4 octets as a number, the first most significant. */
BM_CURSOR uint32_t bm_read_be(struct bm_reader *r, size_t len)
{
	const uint8_t *o = bm_read_octets(r, len);
	uint32_t value = 0;
	for (size_t i = 0; o && i < len; i++)
		value = value << 8 | o[i];
	return value;
}

/* The next 1 to 4 octets as a number, the first least significant. */
BM_CURSOR uint32_t bm_read_le(struct bm_reader *r, size_t len)
{
	const uint8_t *o = bm_read_octets(r, len);
	uint32_t value = 0;
	for (size_t i = 0; o && i < len; i++)
		value |= (uint32_t)o[i] << (8 * i);
	return value;
}

/* The same of 16, 24 or 32 bits, by name. */
BM_CURSOR uint16_t bm_read_be16(struct bm_reader *r)
{
	return (uint16_t)bm_read_be(r, 2);
}
BM_CURSOR uint32_t bm_read_be24(struct bm_reader *r)
{
	return bm_read_be(r, 3);
}
BM_CURSOR uint32_t bm_read_be32(struct bm_reader *r)
{
	return bm_read_be(r, 4);
}
BM_CURSOR uint16_t bm_read_le16(struct bm_reader *r)
{
	return (uint16_t)bm_read_le(r, 2);
}
BM_CURSOR uint32_t bm_read_le24(struct bm_reader *r)
{
	return bm_read_le(r, 3);
}
BM_CURSOR uint32_t bm_read_le32(struct bm_reader *r)
{
	return bm_read_le(r, 4);
}

/* BM_ERR_TOO_SHORT if a read failed, BM_ERR_TOO_LONG if octets are left over, else BM_OK. */
BM_MUST_USE BM_CURSOR enum bm_err bm_reader_finish(const struct bm_reader *r)
{
	if (r->failed)
		return BM_ERR_TOO_SHORT;
	return r->at == r->end ? BM_OK : BM_ERR_TOO_LONG;
}

/* Appends len octets; nothing and the sticky error if they do not fit. */
BM_CURSOR void bm_put_octets(struct bm_writer *w, const uint8_t *octets, size_t len)
{
	if (w->failed || (size_t)(w->end - w->at) < len) {
		w->failed = true;
		return;
	}
	if (len)
		memcpy(w->at, octets, len);
	w->at += len;
}

/* Appends an octet. */
BM_CURSOR void bm_put_u8(struct bm_writer *w, uint8_t value)
{
	bm_put_octets(w, &value, 1);
}

/* Appends the lowest 1 to 4 octets of a number, the most significant first. */
BM_CURSOR void bm_put_be(struct bm_writer *w, uint32_t value, size_t len)
{
	uint8_t o[4];
	for (size_t i = 0; i < len; i++)
		o[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
	bm_put_octets(w, o, len);
}

/* Appends the lowest 1 to 4 octets of a number, the least significant first. */
BM_CURSOR void bm_put_le(struct bm_writer *w, uint32_t value, size_t len)
{
	uint8_t o[4];
	for (size_t i = 0; i < len; i++)
		o[i] = (uint8_t)(value >> (8 * i));
	bm_put_octets(w, o, len);
}

/* The same of 16, 24 or 32 bits, by name. */
BM_CURSOR void bm_put_be16(struct bm_writer *w, uint16_t value)
{
	bm_put_be(w, value, 2);
}
BM_CURSOR void bm_put_be24(struct bm_writer *w, uint32_t value)
{
	bm_put_be(w, value, 3);
}
BM_CURSOR void bm_put_be32(struct bm_writer *w, uint32_t value)
{
	bm_put_be(w, value, 4);
}
BM_CURSOR void bm_put_le16(struct bm_writer *w, uint16_t value)
{
	bm_put_le(w, value, 2);
}
BM_CURSOR void bm_put_le24(struct bm_writer *w, uint32_t value)
{
	bm_put_le(w, value, 3);
}
BM_CURSOR void bm_put_le32(struct bm_writer *w, uint32_t value)
{
	bm_put_le(w, value, 4);
}

/* Stores the length written and returns BM_OK, or BM_ERR_NO_SPACE (and 0) if the buffer was too small. */
BM_MUST_USE BM_CURSOR enum bm_err bm_writer_finish(const struct bm_writer *w, size_t *len)
{
	*len = w->failed ? 0 : bm_writer_len(w);
	return w->failed ? BM_ERR_NO_SPACE : BM_OK;
}

#endif

#endif
