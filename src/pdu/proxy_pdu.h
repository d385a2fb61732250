/*
 * What the GATT bearer carries and how it is found: the octet in front of a Proxy PDU (MshPRT 6.3.1), Proxy
 * Configuration messages (6.6), and the service data of connectable advertising and of Solicitation PDUs
 * (7.1.2.2, 7.2.2.2, 6.9.1).
 */
#ifndef BM_PDU_PROXY_PDU_H
#define BM_PDU_PROXY_PDU_H

#include "blemesh/base.h"
#include "blemesh/err.h"

enum bm_proxy_sar { BM_PROXY_COMPLETE = 0, BM_PROXY_FIRST = 1, BM_PROXY_CONTINUATION = 2, BM_PROXY_LAST = 3 };

enum bm_proxy_type {
	BM_PROXY_NETWORK = 0,
	BM_PROXY_BEACON = 1,
	BM_PROXY_CONFIG = 2,
	BM_PROXY_PROVISIONING = 3,
};

/* The longest message: a provisioning PDU (a Public Key), without the octet in front. */
#define BM_PROXY_MESSAGE_MAX 66u

enum bm_proxy_config_opcode {
	BM_PROXY_SET_FILTER_TYPE = 0x00,
	BM_PROXY_ADD_ADDRESSES = 0x01,
	BM_PROXY_REMOVE_ADDRESSES = 0x02,
	BM_PROXY_FILTER_STATUS = 0x03,
};

enum bm_proxy_filter_type { BM_PROXY_ACCEPT_LIST = 0, BM_PROXY_REJECT_LIST = 1 };

/* An unsegmented control message has 12 octets: the opcode, and this many addresses. */
#define BM_PROXY_CONFIG_ADDRS_MAX 5u
#define BM_PROXY_CONFIG_MAX (1u + 2u * BM_PROXY_CONFIG_ADDRS_MAX)

struct bm_proxy_config {
	enum bm_proxy_config_opcode opcode;
	enum bm_proxy_filter_type filter_type; /* Set Filter Type, Filter Status */
	uint16_t list_size;                    /* Filter Status */
	uint8_t addr_count;                    /* Add and Remove Addresses */
	uint16_t addrs[BM_PROXY_CONFIG_ADDRS_MAX];
};

/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG (an odd octet, too many addresses); BM_ERR_NOT_SUPPORTED: an unknown opcode;
 * BM_ERR_PROHIBITED: a filter type that is none, or RFU bits. */
BM_MUST_USE enum bm_err bm_proxy_config_decode(const uint8_t *octets, size_t len, struct bm_proxy_config *config);
/* out holds BM_PROXY_CONFIG_MAX octets. */
size_t bm_proxy_config_encode(const struct bm_proxy_config *config, uint8_t *out);

/* Service data of the Mesh Proxy Service. */
enum bm_proxy_id_type {
	BM_PROXY_ID_NETWORK = 0x00,
	BM_PROXY_ID_NODE = 0x01,
	BM_PROXY_ID_PRIVATE_NETWORK = 0x02,
	BM_PROXY_ID_PRIVATE_NODE = 0x03,
};

struct bm_proxy_id {
	enum bm_proxy_id_type type;
	uint8_t network_id[8];      /* BM_PROXY_ID_NETWORK */
	uint8_t hash[8], random[8]; /* the others */
};

#define BM_PROXY_ID_MAX 17u
/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_NOT_SUPPORTED. */
BM_MUST_USE enum bm_err bm_proxy_id_decode(const uint8_t *octets, size_t len, struct bm_proxy_id *id);
size_t bm_proxy_id_encode(const struct bm_proxy_id *id, uint8_t out[BM_PROXY_ID_MAX]);

/* Service data of the Mesh Provisioning Service: Device UUID and OOB Information, the latter as the sample data prints
 * it (8.5.1), least significant octet first. */
#define BM_PROV_SERVICE_DATA_LEN 18u
BM_MUST_USE enum bm_err bm_prov_service_data_decode(const uint8_t *octets, size_t len, uint8_t uuid[BM_UUID_LEN],
						    uint16_t *oob_info);
void bm_prov_service_data_encode(const uint8_t uuid[BM_UUID_LEN], uint16_t oob_info,
				 uint8_t out[BM_PROV_SERVICE_DATA_LEN]);

/* A Solicitation PDU is the Network PDU of a control message without any payload. Its service data: a type octet 0,
 * then the PDU. */
#define BM_SOLICITATION_PDU_LEN 17u
#define BM_SOLICITATION_DATA_LEN (1u + BM_SOLICITATION_PDU_LEN)

#endif
