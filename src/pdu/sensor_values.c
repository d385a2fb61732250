/*
 * Marshalled sensor data: property identifiers with their raw values, in Format A or B (MshMDL 4.2.14).
 *
 *   Format A, two octets: 0 | length − 1 (4 bits) | property id (11 bits)
 *   Format B, three octets: 1 | length − 1 (7 bits, 0x7f: no octets) | property id (16 bits)
 */
#include "blemesh/sensor.h"

#define FORMAT_A_ID_MAX 0x07ffu
#define FORMAT_A_LEN_MAX 16u
#define FORMAT_B_NO_OCTETS 0x7fu

void bm_sensor_put_value(struct bm_writer *w, const struct bm_sensor_value *value)
{
	if (value->len > BM_SENSOR_RAW_MAX) {
		w->failed = true;
		return;
	}
	if (value->property_id <= FORMAT_A_ID_MAX && value->len >= 1 && value->len <= FORMAT_A_LEN_MAX) {
		bm_put_le16(w, (uint16_t)((value->len - 1u) << 1 | (unsigned)value->property_id << 5));
	} else {
		const unsigned length = value->len ? value->len - 1u : FORMAT_B_NO_OCTETS;
		bm_put_u8(w, (uint8_t)(length << 1 | 1));
		bm_put_le16(w, value->property_id);
	}
	bm_put_octets(w, value->raw, value->len);
}

enum bm_err bm_sensor_next_value(struct bm_reader *r, struct bm_sensor_value *value)
{
	*value = (struct bm_sensor_value){0};
	if (!r->failed && bm_reader_left(r) == 0)
		return BM_ERR_NOT_FOUND;
	const uint8_t first = bm_read_u8(r);
	unsigned length = first >> 1;
	if (first & 1) {
		value->property_id = bm_read_le16(r);
		length = length == FORMAT_B_NO_OCTETS ? 0 : length + 1;
	} else {
		value->property_id = (uint16_t)(first >> 5 | (unsigned)bm_read_u8(r) << 3);
		length = (length & 0x0f) + 1;
	}
	const uint8_t *raw = bm_read_octets(r, length);
	if (r->failed) {
		*value = (struct bm_sensor_value){0};
		return BM_ERR_TOO_SHORT;
	}
	value->raw = length ? raw : NULL;
	value->len = (uint8_t)length;
	return BM_OK;
}
