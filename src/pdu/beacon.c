/*
 * Layouts of the mesh beacons.
 */
#include "pdu/beacon.h"

#include "blemesh/bytes.h"

enum bm_err bm_secure_beacon_decode(const uint8_t *octets, size_t len, struct bm_secure_beacon *beacon)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t type = bm_read_u8(&r);
	const uint8_t flags = bm_read_u8(&r);
	beacon->key_refresh = flags & 1;
	beacon->iv_update = flags >> 1 & 1;
	bm_read_copy(&r, beacon->network_id, sizeof beacon->network_id);
	beacon->iv_index = bm_read_be32(&r);
	bm_read_copy(&r, beacon->authentication, sizeof beacon->authentication);
	if (len > 0 && type != BM_BEACON_SECURE_NETWORK)
		return BM_ERR_PROHIBITED;
	return bm_reader_finish(&r);
}

void bm_secure_beacon_encode(const struct bm_secure_beacon *beacon, uint8_t out[BM_SECURE_BEACON_LEN])
{
	struct bm_writer w = bm_writer_of(out, BM_SECURE_BEACON_LEN);
	bm_put_u8(&w, BM_BEACON_SECURE_NETWORK);
	bm_put_u8(&w, (uint8_t)(beacon->key_refresh | beacon->iv_update << 1));
	bm_put_octets(&w, beacon->network_id, sizeof beacon->network_id);
	bm_put_be32(&w, beacon->iv_index);
	bm_put_octets(&w, beacon->authentication, sizeof beacon->authentication);
}

enum bm_err bm_private_beacon_decode(const uint8_t *octets, size_t len, struct bm_private_beacon *beacon)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t type = bm_read_u8(&r);
	bm_read_copy(&r, beacon->random, sizeof beacon->random);
	bm_read_copy(&r, beacon->sealed, sizeof beacon->sealed);
	if (len > 0 && type != BM_BEACON_PRIVATE)
		return BM_ERR_PROHIBITED;
	return bm_reader_finish(&r);
}

void bm_private_beacon_encode(const struct bm_private_beacon *beacon, uint8_t out[BM_PRIVATE_BEACON_LEN])
{
	struct bm_writer w = bm_writer_of(out, BM_PRIVATE_BEACON_LEN);
	bm_put_u8(&w, BM_BEACON_PRIVATE);
	bm_put_octets(&w, beacon->random, sizeof beacon->random);
	bm_put_octets(&w, beacon->sealed, sizeof beacon->sealed);
}

void bm_private_beacon_data_decode(const uint8_t octets[BM_PRIVATE_BEACON_DATA_LEN], struct bm_beacon_data *data)
{
	struct bm_reader r = bm_reader_of(octets, BM_PRIVATE_BEACON_DATA_LEN);
	const uint8_t flags = bm_read_u8(&r);
	*data = (struct bm_beacon_data){
		.key_refresh = flags & 1, .iv_update = flags >> 1 & 1, .iv_index = bm_read_be32(&r)};
}

void bm_private_beacon_data_encode(const struct bm_beacon_data *data, uint8_t out[BM_PRIVATE_BEACON_DATA_LEN])
{
	struct bm_writer w = bm_writer_of(out, BM_PRIVATE_BEACON_DATA_LEN);
	bm_put_u8(&w, (uint8_t)(data->key_refresh | data->iv_update << 1));
	bm_put_be32(&w, data->iv_index);
}

enum bm_err bm_unprovisioned_beacon_decode(const uint8_t *octets, size_t len, struct bm_unprovisioned_beacon *beacon)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t type = bm_read_u8(&r);
	*beacon = (struct bm_unprovisioned_beacon){0};
	bm_read_copy(&r, beacon->uuid, sizeof beacon->uuid);
	beacon->oob_info = bm_read_be16(&r);
	if (!r.failed && bm_reader_left(&r) > 0) {
		beacon->has_uri_hash = true;
		bm_read_copy(&r, beacon->uri_hash, sizeof beacon->uri_hash);
	}
	if (len > 0 && type != BM_BEACON_UNPROVISIONED)
		return BM_ERR_PROHIBITED;
	return bm_reader_finish(&r);
}

enum bm_err bm_unprovisioned_beacon_encode(const struct bm_unprovisioned_beacon *beacon, uint8_t *out, size_t capacity,
					   size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	bm_put_u8(&w, BM_BEACON_UNPROVISIONED);
	bm_put_octets(&w, beacon->uuid, sizeof beacon->uuid);
	bm_put_be16(&w, beacon->oob_info);
	if (beacon->has_uri_hash)
		bm_put_octets(&w, beacon->uri_hash, sizeof beacon->uri_hash);
	return bm_writer_finish(&w, len);
}
