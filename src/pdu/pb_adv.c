/*
 * PB-ADV PDUs and Generic Provisioning PDUs (MshPRT 5.2.1, 5.3.1).
 */
#include "pdu/pb_adv.h"

#include "blemesh/bytes.h"

static void decode_data(struct bm_pb_adv *pdu, struct bm_reader *r, size_t max)
{
	const size_t left = bm_reader_left(r);
	/* A segment without data carries nothing; one with more than fits is left unread and found too long. */
	const size_t len = left < 1 ? 1 : left > max ? max : left;
	pdu->data = bm_read_octets(r, len);
	pdu->data_len = (uint8_t)len;
}

static bool decode_control(struct bm_pb_adv *pdu, struct bm_reader *r, uint8_t opcode)
{
	if (opcode > BM_BEARER_LINK_CLOSE)
		return false;
	pdu->opcode = (enum bm_bearer_opcode)opcode;
	if (pdu->opcode == BM_BEARER_LINK_OPEN)
		pdu->uuid = bm_read_octets(r, BM_UUID_LEN);
	else if (pdu->opcode == BM_BEARER_LINK_CLOSE)
		pdu->reason = bm_read_u8(r);
	return true;
}

enum bm_err bm_pb_adv_decode(struct bm_pb_adv *pdu, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	*pdu = (struct bm_pb_adv){0};
	pdu->link_id = bm_read_be32(&r);
	pdu->transaction = bm_read_u8(&r);
	const uint8_t first = bm_read_u8(&r);
	const uint8_t high = first >> 2;
	if (r.failed)
		return BM_ERR_TOO_SHORT;
	pdu->gpcf = (enum bm_gpcf)(first & 3);
	switch (pdu->gpcf) {
	case BM_GP_START:
		pdu->seg_n = high;
		pdu->total_len = bm_read_be16(&r);
		pdu->fcs = bm_read_u8(&r);
		decode_data(pdu, &r, BM_PB_ADV_START_DATA);
		break;
	case BM_GP_ACK:
		if (high)
			return BM_ERR_PROHIBITED;
		break;
	case BM_GP_CONTINUATION:
		pdu->seg_index = high;
		decode_data(pdu, &r, BM_PB_ADV_CONTINUATION_DATA);
		break;
	case BM_GP_CONTROL:
		if (!decode_control(pdu, &r, high))
			return BM_ERR_PROHIBITED;
		break;
	}
	return bm_reader_finish(&r);
}

static void encode_control(struct bm_writer *w, const struct bm_pb_adv *pdu)
{
	bm_put_u8(w, (uint8_t)(pdu->opcode << 2 | BM_GP_CONTROL));
	if (pdu->opcode == BM_BEARER_LINK_OPEN)
		bm_put_octets(w, pdu->uuid, BM_UUID_LEN);
	else if (pdu->opcode == BM_BEARER_LINK_CLOSE)
		bm_put_u8(w, pdu->reason);
}

enum bm_err bm_pb_adv_encode(const struct bm_pb_adv *pdu, uint8_t *out, size_t capacity, size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity < BM_PB_ADV_MAX ? capacity : BM_PB_ADV_MAX);
	bm_put_be32(&w, pdu->link_id);
	bm_put_u8(&w, pdu->transaction);
	switch (pdu->gpcf) {
	case BM_GP_START:
		bm_put_u8(&w, (uint8_t)(pdu->seg_n << 2 | BM_GP_START));
		bm_put_be16(&w, pdu->total_len);
		bm_put_u8(&w, pdu->fcs);
		bm_put_octets(&w, pdu->data, pdu->data_len);
		break;
	case BM_GP_ACK:
		bm_put_u8(&w, BM_GP_ACK);
		break;
	case BM_GP_CONTINUATION:
		bm_put_u8(&w, (uint8_t)(pdu->seg_index << 2 | BM_GP_CONTINUATION));
		bm_put_octets(&w, pdu->data, pdu->data_len);
		break;
	case BM_GP_CONTROL:
		encode_control(&w, pdu);
		break;
	}
	return bm_writer_finish(&w, len);
}

uint8_t bm_pb_adv_seg_n(size_t total_len)
{
	if (total_len <= BM_PB_ADV_START_DATA)
		return 0;
	return (uint8_t)((total_len - BM_PB_ADV_START_DATA + BM_PB_ADV_CONTINUATION_DATA - 1) /
			 BM_PB_ADV_CONTINUATION_DATA);
}

size_t bm_pb_adv_seg_offset(uint8_t index)
{
	return index == 0 ? 0 : BM_PB_ADV_START_DATA + (size_t)(index - 1) * BM_PB_ADV_CONTINUATION_DATA;
}

uint8_t bm_pb_adv_seg_len(size_t total_len, uint8_t index)
{
	const size_t offset = bm_pb_adv_seg_offset(index);
	const size_t max = index == 0 ? BM_PB_ADV_START_DATA : BM_PB_ADV_CONTINUATION_DATA;
	if (offset >= total_len)
		return 0;
	return (uint8_t)(total_len - offset < max ? total_len - offset : max);
}

uint8_t bm_pb_adv_fcs(const uint8_t *octets, size_t len)
{
	uint8_t crc = 0xff;
	for (size_t i = 0; i < len; i++) {
		crc ^= octets[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? crc >> 1 ^ 0xe0 : crc >> 1);
	}
	return (uint8_t)~crc;
}
