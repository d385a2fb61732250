/*
 * Provisioning (MshPRT 5): the words both roles share.
 */
#ifndef BLEMESH_PROV_H
#define BLEMESH_PROV_H

#include "blemesh/base.h"
#include "blemesh/err.h"

/* Bits of the Algorithms field (MshPRT 5.4.1.2); BM_PROV_ALG_* are the values Start carries. */
#define BM_PROV_ALGS_CMAC 0x0001u /* BTM_ECDH_P256_CMAC_AES128_AES_CCM */
#define BM_PROV_ALGS_HMAC 0x0002u /* BTM_ECDH_P256_HMAC_SHA256_AES_CCM, preferred where both sides have it */
enum bm_prov_alg { BM_PROV_ALG_CMAC = 0, BM_PROV_ALG_HMAC = 1 };

/* Authentication methods as on the air (MshPRT 5.4.1.3). */
enum bm_prov_method { BM_PROV_NO_OOB = 0, BM_PROV_STATIC_OOB = 1, BM_PROV_OUTPUT_OOB = 2, BM_PROV_INPUT_OOB = 3 };

/* Output actions; the bit is 1 << action. */
enum bm_prov_output_action {
	BM_PROV_BLINK = 0,
	BM_PROV_BEEP = 1,
	BM_PROV_VIBRATE = 2,
	BM_PROV_OUTPUT_NUMERIC = 3,
	BM_PROV_OUTPUT_TEXT = 4,
};
/* Input actions; the bit is 1 << action. */
enum bm_prov_input_action { BM_PROV_PUSH = 0, BM_PROV_TWIST = 1, BM_PROV_INPUT_NUMERIC = 2, BM_PROV_INPUT_TEXT = 3 };

/* Bits of the capabilities' Public Key Type and OOB Type. */
#define BM_PROV_PUBLIC_KEY_OOB 0x01u
#define BM_PROV_OOB_TYPE_STATIC 0x01u
#define BM_PROV_OOB_TYPE_ONLY_OOB 0x02u /* only OOB authenticated provisioning (Mesh 1.1) */

/* Provisioning Capabilities (MshPRT 5.4.1.2). */
struct bm_prov_caps {
	uint8_t elements;
	uint16_t algorithms;
	uint8_t public_key_type; /* BM_PROV_PUBLIC_KEY_OOB */
	uint8_t oob_type;        /* BM_PROV_OOB_TYPE_* */
	uint8_t output_size;     /* 0 to 8; a device that was heard may offer up to 32 */
	uint16_t output_actions;
	uint8_t input_size; /* as output_size */
	uint16_t input_actions;
};

/* Provisioning Data (MshPRT 5.4.2.5). */
struct bm_prov_data {
	uint8_t net_key[BM_KEY_LEN];
	uint16_t net_idx;
	bool key_refresh;
	bool iv_update;
	uint32_t iv_index;
	uint16_t addr;
};

/* An OOB value that a person reads or types: a number, or up to 8 characters of text. */
struct bm_oob_value {
	bool is_text;
	uint32_t number;
	char text[9]; /* zero-terminated */
};

/* Provisioning Failed error codes (MshPRT 5.4.4). */
enum bm_prov_error {
	BM_PROV_ERR_NONE = 0,
	BM_PROV_ERR_INVALID_PDU = 1,
	BM_PROV_ERR_INVALID_FORMAT = 2,
	BM_PROV_ERR_UNEXPECTED_PDU = 3,
	BM_PROV_ERR_CONFIRMATION_FAILED = 4,
	BM_PROV_ERR_OUT_OF_RESOURCES = 5,
	BM_PROV_ERR_DECRYPTION_FAILED = 6,
	BM_PROV_ERR_UNEXPECTED_ERROR = 7,
	BM_PROV_ERR_CANNOT_ASSIGN_ADDRESSES = 8,
	BM_PROV_ERR_INVALID_DATA = 9,
};

/* PB-ADV link close reasons (MshPRT 5.3.2.5). A PB-GATT link that ends before all is said: BM_LINK_CLOSE_FAIL. */
enum bm_link_close { BM_LINK_CLOSE_SUCCESS = 0, BM_LINK_CLOSE_TIMEOUT = 1, BM_LINK_CLOSE_FAIL = 2 };

/* Bearers on which an unprovisioned device lets itself be found. */
#define BM_PROV_BEARER_ADV 0x01u
#define BM_PROV_BEARER_GATT 0x02u

/* How a provisioner goes about one device. Zero-initialise, then set what differs. */
struct bm_provision_params {
	uint8_t uuid[BM_UUID_LEN];
	/* BM_PROV_BEARER_ADV (also 0), or _GATT: the next connectable advertising of the device is connected to. */
	uint8_t bearer;
	uint8_t attention_s; /* seconds the device should draw attention to itself */
	uint16_t addr;       /* the primary element's unicast address, or none yet: bm_node_provision_addr */
	uint16_t net_idx;    /* a subnet this node holds */
	uint16_t algorithms; /* allowed bits; 0: both. BM_PROV_ALGS_HMAC alone refuses algorithm 0 */
	bool require_auth;   /* refuse a device that offers no authentication */
	/* NULL, or the device's public key as it came out of band (label, QR code): X || Y, 64 octets, big-endian;
	 * copied. A device that does not offer to use it is refused (BM_ERR_AUTH). */
	const uint8_t *public_key;
	const uint8_t *static_oob; /* NULL: none known; copied */
	size_t static_oob_len;     /* up to 32 octets */
	bool no_output_oob;        /* nobody watches the device: do not choose Output OOB */
	bool no_input_oob;         /* nobody can press or type at the device */
};

/* "invalid PDU" and the like; "unknown" for other numbers. */
const char *bm_prov_error_name(enum bm_prov_error error);

#endif
