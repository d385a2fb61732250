/*
 * Framing of H4: the header tells how long the packet is.
 *
 *   header ─(whole)▶ body ─(whole)▶ packet
 *      └─(unwanted)▶ skip
 */
#include "host/h4.h"

#include <string.h>

/* Octets of indicator and header; 0 if there is no such packet from a controller. */
static size_t header_len(uint8_t indicator)
{
	switch (indicator) {
	case BM_H4_EVENT:
		return 3;
	case BM_H4_SCO:
		return 4;
	case BM_H4_ACL:
	case BM_H4_ISO:
		return 5;
	default:
		return 0;
	}
}

static size_t body_len(const uint8_t *packet)
{
	switch (packet[0]) {
	case BM_H4_EVENT:
		return packet[2];
	case BM_H4_SCO:
		return packet[3];
	case BM_H4_ACL:
		return packet[3] | (size_t)packet[4] << 8;
	default:
		/* ISO: the length has 14 bits (Core Vol 4 Part E 5.4.5). */
		return packet[3] | (size_t)(packet[4] & 0x3f) << 8;
	}
}

/* Takes up to the packet's first want octets. */
static void fill(struct bm_h4 *h4, size_t want, const uint8_t *octets, size_t count, size_t *used)
{
	size_t n = want - h4->len;
	if (n > count - *used)
		n = count - *used;
	memcpy(h4->packet + h4->len, octets + *used, n);
	h4->len += n;
	*used += n;
}

bool bm_h4_take(struct bm_h4 *h4, const uint8_t *octets, size_t count, size_t *used, size_t *len)
{
	*used = *len = 0;
	while (*used < count) {
		if (h4->skip > 0) {
			const size_t n = h4->skip < count - *used ? h4->skip : count - *used;
			h4->skip -= n;
			*used += n;
			continue;
		}
		if (h4->len == 0)
			fill(h4, 1, octets, count, used);
		const size_t header = header_len(h4->packet[0]);
		if (header == 0)
			return false;
		if (h4->len < header)
			fill(h4, header, octets, count, used);
		if (h4->len < header)
			return true;
		const size_t whole = header + body_len(h4->packet);
		const bool wanted = h4->packet[0] == BM_H4_EVENT || h4->packet[0] == BM_H4_ACL;
		if (!wanted || whole > sizeof h4->packet) {
			h4->skip = whole - header;
			h4->len = 0;
			h4->skipped++;
			continue;
		}
		fill(h4, whole, octets, count, used);
		if (h4->len == whole) {
			*len = whole;
			h4->len = 0;
			return true;
		}
	}
	return true;
}
