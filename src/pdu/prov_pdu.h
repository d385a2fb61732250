/*
 * Provisioning PDUs (MshPRT 5.4.1): type and parameters, the record PDUs of Mesh 1.1 included, and the Provisioning
 * Data that the Data PDU carries encrypted.
 */
#ifndef BM_PDU_PROV_PDU_H
#define BM_PDU_PROV_PDU_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/prov.h"

enum bm_prov_type {
	BM_PROV_INVITE = 0x00,
	BM_PROV_CAPABILITIES = 0x01,
	BM_PROV_START = 0x02,
	BM_PROV_PUBLIC_KEY = 0x03,
	BM_PROV_INPUT_COMPLETE = 0x04,
	BM_PROV_CONFIRMATION = 0x05,
	BM_PROV_RANDOM = 0x06,
	BM_PROV_DATA = 0x07,
	BM_PROV_COMPLETE = 0x08,
	BM_PROV_FAILED = 0x09,
	BM_PROV_RECORD_REQUEST = 0x0a,
	BM_PROV_RECORD_RESPONSE = 0x0b,
	BM_PROV_RECORDS_GET = 0x0c,
	BM_PROV_RECORDS_LIST = 0x0d,
};

/* The longest of the PDUs without records: Public Key. */
#define BM_PROV_PDU_MAX 65u
#define BM_PROV_PUBLIC_KEY_LEN 64u
#define BM_PROV_CAPS_LEN 11u
#define BM_PROV_START_LEN 5u
#define BM_PROV_DATA_LEN 25u           /* plain */
#define BM_PROV_DATA_ENCRYPTED_LEN 33u /* with the MIC */
#define BM_PROV_CONFIRMATION_MAX 32u   /* also the random's; 16 octets with algorithm 0 */

struct bm_prov_start {
	uint8_t algorithm;  /* enum bm_prov_alg */
	uint8_t public_key; /* 1: the device's key is known out of band */
	uint8_t method;     /* enum bm_prov_method */
	uint8_t action;
	uint8_t size;
};

struct bm_prov_pdu {
	enum bm_prov_type type;
	union {
		uint8_t attention_s;
		struct bm_prov_caps caps;
		struct bm_prov_start start;
		/* Public Key, Confirmation, Random, Data: where they lie in the octets decoded. */
		struct {
			const uint8_t *octets;
			uint8_t len;
		} value;
		uint8_t error;
		struct {
			uint16_t record_id, offset, max_size;
		} record_request;
		struct {
			uint8_t status;
			uint16_t record_id, offset, total_len;
			const uint8_t *data;
			uint16_t data_len;
		} record_response;
		struct {
			uint16_t extensions;
			const uint8_t *ids; /* two octets each, big-endian */
			uint16_t count;
		} records_list;
	};
};

/*
 * BM_ERR_NOT_SUPPORTED for an unknown type; BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_PROHIBITED for parameters that
 * the specification does not allow. Bits reserved for future use are ignored.
 */
BM_MUST_USE enum bm_err bm_prov_pdu_decode(struct bm_prov_pdu *pdu, const uint8_t *octets, size_t len);
/* BM_ERR_NO_SPACE. */
BM_MUST_USE enum bm_err bm_prov_pdu_encode(const struct bm_prov_pdu *pdu, uint8_t *out, size_t capacity, size_t *len);

/* MshPRT 5.4.2.5. Decoding returns BM_ERR_PROHIBITED for an address or key index out of range. */
BM_MUST_USE enum bm_err bm_prov_data_decode(struct bm_prov_data *data, const uint8_t octets[BM_PROV_DATA_LEN]);
void bm_prov_data_encode(const struct bm_prov_data *data, uint8_t out[BM_PROV_DATA_LEN]);

#endif
