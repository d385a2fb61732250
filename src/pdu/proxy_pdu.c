/*
 * Codecs of the GATT bearer: Proxy Configuration messages and service data.
 */
#include "pdu/proxy_pdu.h"

#include <string.h>

#include "blemesh/bytes.h"

static enum bm_err read_filter_type(struct bm_reader *r, struct bm_proxy_config *config)
{
	const uint8_t type = bm_read_u8(r);
	config->filter_type = (enum bm_proxy_filter_type)type;
	return type <= BM_PROXY_REJECT_LIST ? BM_OK : BM_ERR_PROHIBITED;
}

enum bm_err bm_proxy_config_decode(const uint8_t *octets, size_t len, struct bm_proxy_config *config)
{
	struct bm_reader r = bm_reader_of(octets, len);
	enum bm_err err = BM_OK;
	memset(config, 0, sizeof *config);
	const uint8_t opcode = bm_read_u8(&r);
	config->opcode = (enum bm_proxy_config_opcode)opcode;
	if (r.failed)
		return BM_ERR_TOO_SHORT;
	switch (opcode) {
	case BM_PROXY_SET_FILTER_TYPE:
		err = read_filter_type(&r, config);
		break;
	case BM_PROXY_ADD_ADDRESSES:
	case BM_PROXY_REMOVE_ADDRESSES:
		while (bm_reader_left(&r) >= 2 && config->addr_count < BM_PROXY_CONFIG_ADDRS_MAX)
			config->addrs[config->addr_count++] = bm_read_be16(&r);
		break;
	case BM_PROXY_FILTER_STATUS:
		err = read_filter_type(&r, config);
		config->list_size = bm_read_be16(&r);
		break;
	default:
		return opcode & 0xc0 ? BM_ERR_PROHIBITED : BM_ERR_NOT_SUPPORTED;
	}
	const enum bm_err length = bm_reader_finish(&r);
	return length ? length : err;
}

size_t bm_proxy_config_encode(const struct bm_proxy_config *config, uint8_t *out)
{
	struct bm_writer w = bm_writer_of(out, BM_PROXY_CONFIG_MAX);
	bm_put_u8(&w, (uint8_t)config->opcode);
	if (config->opcode == BM_PROXY_SET_FILTER_TYPE || config->opcode == BM_PROXY_FILTER_STATUS)
		bm_put_u8(&w, (uint8_t)config->filter_type);
	if (config->opcode == BM_PROXY_FILTER_STATUS)
		bm_put_be16(&w, config->list_size);
	for (size_t i = 0; i < config->addr_count && i < BM_PROXY_CONFIG_ADDRS_MAX; i++)
		bm_put_be16(&w, config->addrs[i]);
	return bm_writer_len(&w);
}

enum bm_err bm_proxy_id_decode(const uint8_t *octets, size_t len, struct bm_proxy_id *id)
{
	struct bm_reader r = bm_reader_of(octets, len);
	memset(id, 0, sizeof *id);
	const uint8_t type = bm_read_u8(&r);
	id->type = (enum bm_proxy_id_type)type;
	if (r.failed)
		return BM_ERR_TOO_SHORT;
	if (type > BM_PROXY_ID_PRIVATE_NODE)
		return BM_ERR_NOT_SUPPORTED;
	if (type == BM_PROXY_ID_NETWORK) {
		bm_read_copy(&r, id->network_id, sizeof id->network_id);
	} else {
		bm_read_copy(&r, id->hash, sizeof id->hash);
		bm_read_copy(&r, id->random, sizeof id->random);
	}
	return bm_reader_finish(&r);
}

size_t bm_proxy_id_encode(const struct bm_proxy_id *id, uint8_t out[BM_PROXY_ID_MAX])
{
	struct bm_writer w = bm_writer_of(out, BM_PROXY_ID_MAX);
	bm_put_u8(&w, (uint8_t)id->type);
	if (id->type == BM_PROXY_ID_NETWORK) {
		bm_put_octets(&w, id->network_id, sizeof id->network_id);
	} else {
		bm_put_octets(&w, id->hash, sizeof id->hash);
		bm_put_octets(&w, id->random, sizeof id->random);
	}
	return bm_writer_len(&w);
}

enum bm_err bm_prov_service_data_decode(const uint8_t *octets, size_t len, uint8_t uuid[BM_UUID_LEN],
					uint16_t *oob_info)
{
	struct bm_reader r = bm_reader_of(octets, len);
	bm_read_copy(&r, uuid, BM_UUID_LEN);
	*oob_info = bm_read_le16(&r);
	return bm_reader_finish(&r);
}

void bm_prov_service_data_encode(const uint8_t uuid[BM_UUID_LEN], uint16_t oob_info,
				 uint8_t out[BM_PROV_SERVICE_DATA_LEN])
{
	memcpy(out, uuid, BM_UUID_LEN);
	out[BM_UUID_LEN] = (uint8_t)oob_info;
	out[BM_UUID_LEN + 1] = (uint8_t)(oob_info >> 8);
}
