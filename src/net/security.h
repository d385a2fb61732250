/*
 * What makes a Network PDU out of a header and a Transport PDU and back: encryption and obfuscation under one set of
 * credentials (MshPRT 3.9.7). Pure: keys, octets in, octets out.
 */
#ifndef BM_NET_SECURITY_H
#define BM_NET_SECURITY_H

#include "net/subnet.h"
#include "pdu/net_pdu.h"

/* DST and the Transport PDU, as they stand in clear behind the obfuscated part. */
#define BM_NET_CLEAR_MAX (2u + BM_NET_TRANSPORT_MAX)

/* out holds BM_NET_PDU_MAX octets. header->ivi and ->nid are not looked at: they follow from iv_index and cred.
 * BM_ERR_INVALID: a header field out of range; BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG: a Transport PDU of a length that CTL
 * does not allow. */
BM_MUST_USE enum bm_err bm_net_encrypt(const struct bm_cred *cred, uint32_t iv_index,
				       const struct bm_net_header *header, const uint8_t *transport_pdu, size_t len,
				       uint8_t *out, size_t *out_len);

/* Reveals CTL, TTL, SEQ and SRC, unauthenticated; dst is left 0. len is at least BM_NET_PDU_MIN. */
void bm_net_deobfuscate(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu,
			struct bm_net_header *header);
/* After bm_net_deobfuscate: decrypts DST and Transport PDU into clear and completes the header. BM_ERR_AUTH;
 * BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG for a length that CTL does not allow. */
BM_MUST_USE enum bm_err bm_net_open(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
				    struct bm_net_header *header, uint8_t clear[BM_NET_CLEAR_MAX],
				    size_t *transport_len);
/* Both, for a PDU of any length. The Transport PDU stands at clear + 2. */
BM_MUST_USE enum bm_err bm_net_decrypt(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
				       struct bm_net_header *header, uint8_t clear[BM_NET_CLEAR_MAX],
				       size_t *transport_len);

/*
 * The same for PDUs that are no network traffic: Proxy Configuration messages (MshPRT 6.5) and Solicitation PDUs
 * (6.9.1), which have no Transport PDU and IV index 0. Both are control messages with TTL 0 and DST 0x0000.
 */
enum bm_net_kind { BM_NET_PROXY_CONFIG, BM_NET_SOLICITATION };
/* out holds BM_NET_PDU_MAX octets. Errors as above. */
BM_MUST_USE enum bm_err bm_net_encrypt_proxy(enum bm_net_kind kind, const struct bm_cred *cred, uint32_t iv_index,
					     uint32_t seq, uint16_t src, const uint8_t *transport_pdu, size_t len,
					     uint8_t *out, size_t *out_len);
/* BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_AUTH; BM_ERR_PROHIBITED: not a control message with TTL 0 to 0x0000 from a
 * unicast address. The Transport PDU stands at clear + 2. */
BM_MUST_USE enum bm_err bm_net_decrypt_proxy(enum bm_net_kind kind, const struct bm_cred *cred, uint32_t iv_index,
					     const uint8_t *pdu, size_t len, struct bm_net_header *header,
					     uint8_t clear[BM_NET_CLEAR_MAX], size_t *transport_len);

#endif
