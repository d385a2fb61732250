/*
 * The H4 transport's framing (Bluetooth Core Vol 4 Part A): a stream of octets becomes packets, each with its indicator
 * in front. Packets of kinds that nobody here wants, and ACL data that is too long, are passed over.
 */
#ifndef BM_HOST_H4_H
#define BM_HOST_H4_H

#include "blemesh/base.h"

#define BM_H4_COMMAND 0x01u
#define BM_H4_ACL 0x02u
#define BM_H4_SCO 0x03u
#define BM_H4_EVENT 0x04u
#define BM_H4_ISO 0x05u

/* The indicator, an ACL header, and more data than controllers send at once. */
#define BM_H4_MAX (1u + 4u + 1027u)

struct bm_h4 {
	size_t len;  /* octets of the packet that are here */
	size_t skip; /* octets of one that is passed over, still to come */
	uint32_t skipped;
	uint8_t packet[BM_H4_MAX];
};

/* Takes octets from the stream until a packet is whole: *len is its length, and it is valid until the next call. 0: it
 * wants more. *used: what was taken. False: this is no H4, and nothing can be made of what follows. */
BM_MUST_USE bool bm_h4_take(struct bm_h4 *h4, const uint8_t *octets, size_t count, size_t *used, size_t *len);

#endif
