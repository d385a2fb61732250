/*
 * The two formats of captures.
 *
 * pcap: a file header of 24 octets, then packets, each with a header of 16. pcapng: blocks of type, length, body, the
 * length again; a section's header says the byte order of what follows, interfaces say link type and resolution.
 */
#include "cli/decode/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blemesh/bytes.h"

#define PCAP_US 0xa1b2c3d4u
#define PCAP_NS 0xa1b23c4du
#define NG_SECTION 0x0a0d0d0au
#define NG_BYTE_ORDER 0x1a2b3c4du
#define NG_INTERFACE 1u
#define NG_PACKET_OBSOLETE 2u
#define NG_SIMPLE 3u
#define NG_ENHANCED 6u
#define NG_OPTION_END 0u
#define NG_OPTION_RESOLUTION 9u
#define NG_OPTION_OFFSET 14u
#define BLOCK_MAX (BM_CAPTURE_PACKET_MAX + 4096u)
#define US 1000000u

static bool fail(struct bm_capture *c, const char *text)
{
	snprintf(c->error, sizeof c->error, "%s", text);
	return false;
}

static uint32_t number(const struct bm_capture *c, struct bm_reader *r, size_t len)
{
	return c->big_endian ? bm_read_be(r, len) : bm_read_le(r, len);
}

bool bm_capture_is(const uint8_t magic[BM_CAPTURE_MAGIC_LEN])
{
	struct bm_reader le = bm_reader_of(magic, 4), be = le;
	const uint32_t a = bm_read_le32(&le), b = bm_read_be32(&be);
	return a == PCAP_US || a == PCAP_NS || b == PCAP_US || b == PCAP_NS || a == NG_SECTION;
}

static bool open_pcap(struct bm_capture *c, const uint8_t *magic)
{
	uint8_t header[20];
	struct bm_reader r = bm_reader_of(magic, 4);
	const uint32_t first = bm_read_be32(&r);
	c->big_endian = first == PCAP_US || first == PCAP_NS;
	r = bm_reader_of(magic, 4);
	c->per_second = number(c, &r, 4) == PCAP_NS ? 1000u * US : US;
	if (c->read(c->ctx, header, sizeof header) != sizeof header)
		return fail(c, "the file ends within its header");
	r = bm_reader_of(header, sizeof header);
	if (number(c, &r, 2) != 2)
		return fail(c, "a version of pcap that is not known");
	(void)bm_read_octets(&r, 2 + 4 + 4 + 4);      /* minor version, zone, accuracy, snapshot length */
	c->link_type = number(c, &r, 4) & 0x03ffffff; /* above: the length of a frame check sequence */
	return true;
}

/* The body of a section header block; its length comes before the byte order that it is written in. */
static bool open_section(struct bm_capture *c, const uint8_t *length)
{
	uint8_t magic[4];
	if (c->read(c->ctx, magic, sizeof magic) != sizeof magic)
		return fail(c, "the file ends within its header");
	struct bm_reader r = bm_reader_of(magic, sizeof magic);
	c->big_endian = bm_read_be32(&r) == NG_BYTE_ORDER;
	r = bm_reader_of(magic, sizeof magic);
	if (number(c, &r, 4) != NG_BYTE_ORDER)
		return fail(c, "a section without a byte order mark");
	r = bm_reader_of(length, 4);
	const uint32_t total = number(c, &r, 4);
	if (total < 28 || total % 4 || total > BLOCK_MAX)
		return fail(c, "a section header of an impossible length");
	if (c->read(c->ctx, c->block, total - 12) != total - 12)
		return fail(c, "the file ends within a section header");
	r = bm_reader_of(c->block, total - 12);
	if (number(c, &r, 2) != 1)
		return fail(c, "a version of pcapng that is not known");
	r = bm_reader_of(c->block + total - 16, 4);
	if (number(c, &r, 4) != total)
		return fail(c, "a section header that gives two different lengths");
	c->interface_count = 0;
	return true;
}

bool bm_capture_open(struct bm_capture *c, bm_capture_read *read, void *ctx)
{
	uint8_t magic[4], length[4];
	*c = (struct bm_capture){.read = read, .ctx = ctx};
	c->block = malloc(BLOCK_MAX);
	if (!c->block)
		return fail(c, "there is no memory for it");
	if (read(ctx, magic, sizeof magic) != sizeof magic)
		return fail(c, "the file is too short for a capture");
	if (!bm_capture_is(magic))
		return fail(c, "it is neither pcap nor pcapng");
	struct bm_reader r = bm_reader_of(magic, sizeof magic);
	if (bm_read_le32(&r) != NG_SECTION)
		return open_pcap(c, magic);
	c->is_ng = true;
	if (read(ctx, length, sizeof length) != sizeof length)
		return fail(c, "the file ends within its header");
	return open_section(c, length);
}

static bool next_pcap(struct bm_capture *c, struct bm_captured *packet)
{
	uint8_t header[16];
	const size_t got = c->read(c->ctx, header, sizeof header);
	if (got == 0)
		return false;
	if (got != sizeof header)
		return fail(c, "the file ends within a packet's header");
	struct bm_reader r = bm_reader_of(header, sizeof header);
	const uint64_t seconds = number(c, &r, 4), fraction = number(c, &r, 4);
	const uint32_t len = number(c, &r, 4), original = number(c, &r, 4);
	if (len > BM_CAPTURE_PACKET_MAX)
		return fail(c, "a packet of an impossible length");
	if (c->read(c->ctx, c->block, len) != len)
		return fail(c, "the file ends within a packet");
	*packet = (struct bm_captured){
		.at_us = seconds * US + fraction / (c->per_second / US),
		.link_type = c->link_type,
		.octets = c->block,
		.len = len,
		.original_len = original,
	};
	return true;
}

/* 10^n or 2^n units a second. */
static uint64_t resolution(uint8_t value)
{
	uint64_t per_second = 1;
	const unsigned exponent = value & 0x7f;
	if (value & 0x80)
		return exponent < 63 ? UINT64_C(1) << exponent : UINT64_C(1) << 63;
	for (unsigned i = 0; i < exponent && per_second < UINT64_C(1000000000000000000); i++)
		per_second *= 10;
	return per_second;
}

static bool interface(struct bm_capture *c, struct bm_reader *r)
{
	if (c->interface_count == BM_CAPTURE_INTERFACES)
		return fail(c, "more interfaces than are taken");
	const uint32_t link_type = number(c, r, 2);
	(void)bm_read_octets(r, 2); /* reserved */
	const uint32_t snap_len = number(c, r, 4);
	if (r->failed)
		return fail(c, "an interface that ends too early");
	const size_t at = c->interface_count++;
	c->interfaces[at].link_type = link_type;
	c->interfaces[at].per_second = US;
	c->interfaces[at].offset_s = 0;
	c->interfaces[at].snap_len = snap_len ? snap_len : UINT32_MAX; /* 0: no limit */
	while (bm_reader_left(r) >= 4) {
		const uint32_t code = number(c, r, 2), len = number(c, r, 2);
		const uint8_t *value = bm_read_octets(r, len + (4 - len % 4) % 4);
		if (!value && len)
			return fail(c, "an option that is longer than its block");
		if (code == NG_OPTION_END)
			break;
		struct bm_reader v = bm_reader_of(value, len);
		if (code == NG_OPTION_RESOLUTION && len == 1)
			c->interfaces[at].per_second = resolution(bm_read_u8(&v));
		if (code == NG_OPTION_OFFSET && len == 8) {
			const uint64_t first = number(c, &v, 4), second = number(c, &v, 4);
			c->interfaces[at].offset_s = (int64_t)(c->big_endian ? first << 32 | second
									     : second << 32 | first);
		}
	}
	return true;
}

static uint64_t to_us(uint64_t stamp, uint64_t per_second, int64_t offset_s)
{
	const uint64_t seconds = stamp / per_second, rest = stamp % per_second;
	/* In doubles what would not fit into 64 bits: units may be of 2^-63 seconds. */
	const uint64_t fraction = per_second <= UINT64_MAX / US ? rest * US / per_second
								: (uint64_t)((double)rest / (double)per_second * US);
	return (seconds + (uint64_t)offset_s) * US + fraction;
}

/* An enhanced packet block, or its forerunner: interface, time stamp, lengths, octets. */
static bool packet_block(struct bm_capture *c, bool obsolete, struct bm_reader *r, struct bm_captured *packet)
{
	const uint32_t at = number(c, r, obsolete ? 2 : 4);
	if (obsolete)
		(void)bm_read_octets(r, 2); /* drops */
	const uint64_t high = number(c, r, 4), low = number(c, r, 4);
	const uint32_t len = number(c, r, 4), original = number(c, r, 4);
	if (r->failed || len > bm_reader_left(r))
		return fail(c, "a packet that is longer than its block");
	if (at >= c->interface_count)
		return fail(c, "a packet of an interface that was not described");
	*packet = (struct bm_captured){
		.at_us = to_us(high << 32 | low, c->interfaces[at].per_second, c->interfaces[at].offset_s),
		.link_type = c->interfaces[at].link_type,
		.octets = r->at,
		.len = len,
		.original_len = original,
	};
	return true;
}

static bool simple_block(struct bm_capture *c, struct bm_reader *r, struct bm_captured *packet)
{
	const uint32_t original = number(c, r, 4);
	if (r->failed || c->interface_count == 0)
		return fail(c, "a packet of an interface that was not described");
	/* Behind it: up to three octets of padding. */
	const size_t left = bm_reader_left(r), snap_len = c->interfaces[0].snap_len;
	const size_t most = snap_len < left ? snap_len : left;
	*packet = (struct bm_captured){
		.link_type = c->interfaces[0].link_type,
		.octets = r->at,
		.len = original < most ? original : most,
		.original_len = original,
	};
	return true;
}

/* Reads a block's body; those too long for a packet are passed over. *kept: it is in c->block, with the second length
 * behind it. */
static bool read_body(struct bm_capture *c, uint32_t total, bool *kept)
{
	uint32_t left = total - 8;
	*kept = left <= BLOCK_MAX;
	while (left) {
		const uint32_t piece = left < BLOCK_MAX ? left : BLOCK_MAX;
		if (c->read(c->ctx, c->block, piece) != piece)
			return fail(c, "the file ends within a block");
		left -= piece;
	}
	return true;
}

/* A block's body, ready to be read. False: at the end, or with error set. */
static bool next_block(struct bm_capture *c, uint32_t *type, struct bm_reader *body)
{
	uint8_t header[8];
	bool kept;
	const size_t got = c->read(c->ctx, header, sizeof header);
	if (got == 0)
		return false;
	if (got != sizeof header)
		return fail(c, "the file ends within a block's header");
	struct bm_reader r = bm_reader_of(header, sizeof header);
	*type = number(c, &r, 4);
	if (*type == NG_SECTION) { /* the same in both byte orders */
		*body = bm_reader_of(NULL, 0);
		return open_section(c, header + 4);
	}
	const uint32_t total = number(c, &r, 4);
	if (total < 12 || total % 4)
		return fail(c, "a block of an impossible length");
	if (!read_body(c, total, &kept))
		return false;
	if (!kept) {
		*type = UINT32_MAX; /* whatever it was */
		*body = bm_reader_of(NULL, 0);
		return true;
	}
	r = bm_reader_of(c->block + total - 12, 4);
	if (number(c, &r, 4) != total)
		return fail(c, "a block that gives two different lengths");
	*body = bm_reader_of(c->block, total - 12);
	return true;
}

bool bm_capture_next(struct bm_capture *c, struct bm_captured *packet)
{
	uint32_t type;
	struct bm_reader body;
	if (c->error[0])
		return false;
	if (!c->is_ng)
		return next_pcap(c, packet);
	while (next_block(c, &type, &body)) {
		switch (type) {
		case NG_INTERFACE:
			if (!interface(c, &body))
				return false;
			break;
		case NG_ENHANCED:
		case NG_PACKET_OBSOLETE:
			return packet_block(c, type == NG_PACKET_OBSOLETE, &body, packet);
		case NG_SIMPLE:
			return simple_block(c, &body, packet);
		default:
			break;
		}
	}
	return false;
}

void bm_capture_close(struct bm_capture *c)
{
	free(c->block);
	c->block = NULL;
}
