/*
 * Captures: pcap (libpcap's file format) and pcapng, in either byte order, read packet by packet. Strict: a file that
 * lies about its lengths is told so, and nothing is believed that it says.
 */
#ifndef BM_CLI_DECODE_CAPTURE_H
#define BM_CLI_DECODE_CAPTURE_H

#include "blemesh/base.h"

#define BM_CAPTURE_PACKET_MAX 262144u
#define BM_CAPTURE_INTERFACES 64u
#define BM_CAPTURE_MAGIC_LEN 4u

/* Reads up to len octets: fewer only at the end of the file. */
typedef size_t bm_capture_read(void *ctx, uint8_t *out, size_t len);

struct bm_captured {
	uint64_t at_us; /* since 1970, or since whatever the file counts from; 0 if it does not say */
	uint32_t link_type;
	const uint8_t *octets; /* valid until the next call */
	size_t len;
	size_t original_len; /* on the air; more than len: the capture cut it */
};

struct bm_capture {
	bm_capture_read *read;
	void *ctx;
	bool big_endian, is_ng;
	uint64_t per_second; /* units of pcap's time stamps */
	uint32_t link_type;
	struct {
		uint32_t link_type;
		uint64_t per_second; /* units of its time stamps */
		int64_t offset_s;
		uint32_t snap_len; /* UINT32_MAX: none */
	} interfaces[BM_CAPTURE_INTERFACES];
	size_t interface_count;
	uint8_t *block;
	char error[160];
};

/* Do these octets begin a capture? */
bool bm_capture_is(const uint8_t magic[BM_CAPTURE_MAGIC_LEN]);
/* Reads the file's header. False: error says why. */
bool bm_capture_open(struct bm_capture *capture, bm_capture_read *read, void *ctx);
/* The next packet. False at the end of the file, or with error set. */
bool bm_capture_next(struct bm_capture *capture, struct bm_captured *packet);
void bm_capture_close(struct bm_capture *capture);

#endif
