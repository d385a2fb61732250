/*
 * pcapng: a section header, an interface for advertising and, once there is a connection, one for these (which need a
 * direction), an enhanced packet block for each PDU. Everything is written
 * little-endian, so that two captures of one virtual run are equal on every machine.
 */
#include "cli/pcapng.h"

#include "blemesh/bytes.h"
#include "cli/pcapng_state.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR 201u
#define LINKTYPE_BLUETOOTH_LE_LL 251u
#define LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR 256u
#define CRC_LEN 3u
#define ACCESS_ADDRESS_LEN 4u
#define PACKET_OVERHEAD 32u
#define HCI_MAX 1100u
#define BLOCK_MAX (PACKET_OVERHEAD + 10u + ACCESS_ADDRESS_LEN + BM_FRAME_MAX + CRC_LEN + 3u)

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

static void write_interface(struct bm_pcapng *pcapng, uint16_t link_type)
{
	uint8_t block[20];
	struct bm_writer w = bm_writer_of(block, sizeof block);
	bm_put_le32(&w, BLOCK_INTERFACE);
	bm_put_le32(&w, 20);
	bm_put_le16(&w, link_type);
	bm_put_le16(&w, 0);
	bm_put_le32(&w, 0); /* no snapshot length; the default resolution is the microsecond */
	bm_put_le32(&w, 20);
	write_block(pcapng, &w);
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
	write_block(pcapng, &w);
	write_interface(pcapng, LINKTYPE_BLUETOOTH_LE_LL);
	return true;
}

/* octets in front, access address, PDU and CRC make the packet. */
static void write_packet(struct bm_pcapng *pcapng, uint32_t interface, const uint8_t *front, size_t front_len,
			 uint32_t access_address, const uint8_t *pdu, size_t len, bm_time now)
{
	const uint32_t captured = (uint32_t)(front_len + ACCESS_ADDRESS_LEN + len + CRC_LEN);
	const uint32_t padding = (4 - captured % 4) % 4;
	const uint32_t total = PACKET_OVERHEAD + captured + padding;
	const uint64_t at = pcapng->epoch_us + now;
	uint8_t block[BLOCK_MAX], crc[CRC_LEN];
	struct bm_writer w = bm_writer_of(block, sizeof block);
	bm_put_le32(&w, BLOCK_PACKET);
	bm_put_le32(&w, total);
	bm_put_le32(&w, interface);
	bm_put_le32(&w, (uint32_t)(at >> 32));
	bm_put_le32(&w, (uint32_t)at);
	bm_put_le32(&w, captured);
	bm_put_le32(&w, captured);
	bm_put_octets(&w, front, front_len);
	bm_put_le32(&w, access_address);
	bm_put_octets(&w, pdu, len);
	bm_le_crc24(pdu, len, crc);
	bm_put_octets(&w, crc, sizeof crc);
	bm_put_le(&w, 0, padding);
	bm_put_le32(&w, total);
	write_block(pcapng, &w);
}

void bm_pcapng_link_pdu(struct bm_pcapng *pcapng, uint32_t access_address, enum bm_pcapng_direction direction,
			const uint8_t *pdu, size_t len, bm_time now)
{
	/* Link type 256: channel, three powers that nobody measured, the access address, flags. */
	const bool advertising = access_address == BM_PCAPNG_ADVERTISING;
	const uint16_t type = direction == BM_PCAPNG_TO_ALL ? 0 : direction == BM_PCAPNG_TO_SERVER ? 2 : 3;
	uint8_t front[10];
	struct bm_writer w = bm_writer_of(front, sizeof front);
	bm_put_u8(&w, advertising ? 39 : 0);
	bm_put_le24(&w, 0);
	bm_put_le32(&w, access_address);
	bm_put_le16(&w, (uint16_t)(0x0001 | 0x0010 | 0x0c00 | type << 7)); /* dewhitened, address valid, CRC checked */
	if (len > BM_FRAME_MAX)
		return;
	if (!pcapng->has_links)
		write_interface(pcapng, LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR);
	pcapng->has_links = true;
	write_packet(pcapng, 1, front, sizeof front, access_address, pdu, len, now);
}

void bm_pcapng_frame(struct bm_pcapng *pcapng, const struct bm_frame *frame, bm_time now)
{
	if (!pcapng->file || frame->len > BM_FRAME_MAX)
		return;
	if (frame->kind == BM_FRAME_GATT)
		bm_pcapng_gatt(pcapng, frame, now);
	else if (frame->kind == BM_FRAME_ADV)
		write_packet(pcapng, 0, NULL, 0, BM_PCAPNG_ADVERTISING, frame->octets, frame->len, now);
}

void bm_pcapng_hci(struct bm_pcapng *pcapng, bool from_controller, const uint8_t *packet, size_t len, bm_time now)
{
	const uint32_t captured = (uint32_t)(4 + len);
	const uint32_t padding = (4 - captured % 4) % 4;
	const uint32_t total = PACKET_OVERHEAD + captured + padding;
	const uint64_t at = pcapng->epoch_us + now;
	uint8_t block[PACKET_OVERHEAD + HCI_MAX];
	struct bm_writer w = bm_writer_of(block, sizeof block);
	if (!pcapng->file || captured + padding > HCI_MAX)
		return;
	if (!pcapng->has_hci)
		write_interface(pcapng, LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR);
	pcapng->has_hci = true;
	bm_put_le32(&w, BLOCK_PACKET);
	bm_put_le32(&w, total);
	bm_put_le32(&w, 1);
	bm_put_le32(&w, (uint32_t)(at >> 32));
	bm_put_le32(&w, (uint32_t)at);
	bm_put_le32(&w, captured);
	bm_put_le32(&w, captured);
	bm_put_be32(&w, from_controller);
	bm_put_octets(&w, packet, len);
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
