/*
 * pcapng: a section header, one interface, an enhanced packet block for each advertising PDU. Everything is written
 * little-endian, so that two captures of one virtual run are equal on every machine.
 */
#include "cli/pcapng.h"

#include "blemesh/bytes.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_BLUETOOTH_LE_LL 251u
#define ADVERTISING_ACCESS_ADDRESS 0x8e89bed6u
#define CRC_LEN 3u
#define ACCESS_ADDRESS_LEN 4u
#define PACKET_OVERHEAD 32u
#define BLOCK_MAX (PACKET_OVERHEAD + ACCESS_ADDRESS_LEN + BM_FRAME_MAX + CRC_LEN + 3u)

void bm_le_crc24(const uint8_t *pdu, size_t len, uint8_t crc[3])
{
	/* x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, bits least significant first; kept mirrored, so that the
	 * register's lowest octet is the first on the air. 0x555555 mirrored is 0xaaaaaa. */
	uint32_t state = 0xaaaaaau;
	for (size_t i = 0; i < len; i++) {
		state ^= pdu[i];
		for (int bit = 0; bit < 8; bit++)
			state = state & 1 ? state >> 1 ^ 0xda6000u : state >> 1;
	}
	crc[0] = (uint8_t)state;
	crc[1] = (uint8_t)(state >> 8);
	crc[2] = (uint8_t)(state >> 16);
}

static void write_block(struct bm_pcapng *pcapng, const struct bm_writer *w)
{
	size_t len;
	if (bm_writer_finish(w, &len) != BM_OK || fwrite(w->start, 1, len, pcapng->file) != len)
		pcapng->failed = true;
}

bool bm_pcapng_open(struct bm_pcapng *pcapng, const char *path, uint64_t epoch_us)
{
	*pcapng = (struct bm_pcapng){.epoch_us = epoch_us};
	pcapng->file = fopen(path, "wbe");
	if (!pcapng->file)
		return false;
	uint8_t block[64];
	struct bm_writer w = bm_writer_of(block, sizeof block);
	bm_put_le32(&w, BLOCK_SECTION);
	bm_put_le32(&w, 28);
	bm_put_le32(&w, BYTE_ORDER_MAGIC);
	bm_put_le16(&w, 1);
	bm_put_le16(&w, 0);
	bm_put_le32(&w, 0xffffffffu); /* section length: not said */
	bm_put_le32(&w, 0xffffffffu);
	bm_put_le32(&w, 28);
	bm_put_le32(&w, BLOCK_INTERFACE);
	bm_put_le32(&w, 20);
	bm_put_le16(&w, LINKTYPE_BLUETOOTH_LE_LL);
	bm_put_le16(&w, 0);
	bm_put_le32(&w, 0); /* no snapshot length; the default resolution is the microsecond */
	bm_put_le32(&w, 20);
	write_block(pcapng, &w);
	return true;
}

void bm_pcapng_frame(struct bm_pcapng *pcapng, const struct bm_frame *frame, bm_time now)
{
	if (!pcapng->file || frame->kind != BM_FRAME_ADV || frame->len > BM_FRAME_MAX)
		return;
	const uint32_t captured = (uint32_t)(ACCESS_ADDRESS_LEN + frame->len + CRC_LEN);
	const uint32_t padding = (4 - captured % 4) % 4;
	const uint32_t total = PACKET_OVERHEAD + captured + padding;
	const uint64_t at = pcapng->epoch_us + now;
	uint8_t block[BLOCK_MAX], crc[CRC_LEN];
	struct bm_writer w = bm_writer_of(block, sizeof block);
	bm_put_le32(&w, BLOCK_PACKET);
	bm_put_le32(&w, total);
	bm_put_le32(&w, 0); /* the interface */
	bm_put_le32(&w, (uint32_t)(at >> 32));
	bm_put_le32(&w, (uint32_t)at);
	bm_put_le32(&w, captured);
	bm_put_le32(&w, captured);
	bm_put_le32(&w, ADVERTISING_ACCESS_ADDRESS);
	bm_put_octets(&w, frame->octets, frame->len);
	bm_le_crc24(frame->octets, frame->len, crc);
	bm_put_octets(&w, crc, sizeof crc);
	bm_put_le(&w, 0, padding);
	bm_put_le32(&w, total);
	write_block(pcapng, &w);
}

void bm_pcapng_flush(struct bm_pcapng *pcapng)
{
	if (pcapng->file && fflush(pcapng->file) != 0)
		pcapng->failed = true;
}

bool bm_pcapng_close(struct bm_pcapng *pcapng)
{
	if (!pcapng->file)
		return true;
	if (fclose(pcapng->file) != 0)
		pcapng->failed = true;
	pcapng->file = NULL;
	return !pcapng->failed;
}
