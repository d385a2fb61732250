/*
 * Network PDU security: AES-CCM over DST and Transport PDU, then obfuscation of the header with the privacy key.
 */
#include "net/security.h"

#include <string.h>

#include "blemesh/features.h"
#include "crypto/block.h"

#define OBFUSCATED_AT 1u
#define ENCRYPTED_AT 7u

/* MshPRT 3.9.7.3: the first six octets of e(PrivacyKey, 0^40 || IV Index || Privacy Random) hide CTL … SRC. The block
 * is put together in registers (see crypto/block.h): the octet before the random is read with it and replaced. */
static inline void pecb(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *privacy_random, uint8_t out[16])
{
	const uint64_t high = (uint64_t)(iv_index >> 24) << bm_block_shift(5) |
			      (uint64_t)(iv_index >> 16 & 0xff) << bm_block_shift(6) |
			      (uint64_t)(iv_index >> 8 & 0xff) << bm_block_shift(7);
	const uint64_t first = UINT64_C(0xff) << bm_block_shift(0);
	const uint64_t low = (bm_block_word8(privacy_random - 1) & ~first) | (uint64_t)(iv_index & 0xff)
										     << bm_block_shift(0);
	_Alignas(16) uint8_t block[16];
	bm_block_store(block, (bm_block){high, low});
	bm_port_aes_block(&cred->privacy, block, out);
}

void bm_net_deobfuscate(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, struct bm_net_header *header)
{
	_Alignas(16) uint8_t mask[16];
	pecb(cred, iv_index, pdu + ENCRYPTED_AT, mask);
	for (size_t i = 0; i < 6; i++)
		mask[i] ^= pdu[OBFUSCATED_AT + i];
	header->ivi = pdu[0] >> 7;
	header->nid = pdu[0] & 0x7f;
	header->ctl = mask[0] >> 7;
	header->ttl = mask[0] & 0x7f;
	header->seq = (uint32_t)mask[1] << 16 | (uint32_t)mask[2] << 8 | mask[3];
	header->src = (uint16_t)(mask[4] << 8 | mask[5]);
	header->dst = BM_ADDR_UNASSIGNED;
}

enum bm_err bm_net_open(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
			struct bm_net_header *header, uint8_t clear[BM_NET_CLEAR_MAX], size_t *transport_len)
{
	const size_t mic_len = bm_net_mic_len(header->ctl);
	if (len < ENCRYPTED_AT + 2 + 1 + mic_len)
		return BM_ERR_TOO_SHORT;
	if (len > BM_NET_PDU_MAX)
		return BM_ERR_TOO_LONG;
	const size_t clear_len = len - ENCRYPTED_AT - mic_len;
	uint8_t nonce[13];
	bm_nonce_network(nonce, header->ctl, header->ttl, header->seq, header->src, iv_index);
	const enum bm_err err = bm_ccm_decrypt(&cred->encryption, nonce, NULL, 0, pdu + ENCRYPTED_AT, clear_len, clear,
					       mic_len);
	if (err)
		return err;
	header->dst = (uint16_t)(clear[0] << 8 | clear[1]);
	*transport_len = clear_len - 2;
	return BM_OK;
}

enum bm_err bm_net_decrypt(const struct bm_cred *cred, uint32_t iv_index, const uint8_t *pdu, size_t len,
			   struct bm_net_header *header, uint8_t clear[BM_NET_CLEAR_MAX], size_t *transport_len)
{
	if (len < BM_NET_PDU_MIN)
		return BM_ERR_TOO_SHORT;
	bm_net_deobfuscate(cred, iv_index, pdu, header);
	return bm_net_open(cred, iv_index, pdu, len, header, clear, transport_len);
}

/* DST is encrypted together with the Transport PDU: both go where they will stand. */
static enum bm_err seal(const struct bm_cred *cred, uint32_t iv_index, struct bm_net_header *header,
			const uint8_t nonce[13], const uint8_t *transport_pdu, size_t len, uint8_t *out,
			size_t *out_len)
{
	const size_t mic_len = bm_net_mic_len(header->ctl);
	header->ivi = iv_index & 1;
	header->nid = cred->nid;
	const enum bm_err err = bm_net_header_encode(header, out);
	if (err)
		return err;
	if (len)
		memmove(out + BM_NET_HEADER_LEN, transport_pdu, len);
	bm_ccm_encrypt(&cred->encryption, nonce, NULL, 0, out + ENCRYPTED_AT, 2 + len, out + ENCRYPTED_AT, mic_len);
	_Alignas(16) uint8_t mask[16];
	pecb(cred, iv_index, out + ENCRYPTED_AT, mask);
	for (size_t i = 0; i < 6; i++)
		out[OBFUSCATED_AT + i] ^= mask[i];
	*out_len = ENCRYPTED_AT + 2 + len + mic_len;
	return BM_OK;
}

enum bm_err bm_net_encrypt(const struct bm_cred *cred, uint32_t iv_index, const struct bm_net_header *header,
			   const uint8_t *transport_pdu, size_t len, uint8_t *out, size_t *out_len)
{
	*out_len = 0;
	if (len < 1)
		return BM_ERR_TOO_SHORT;
	if (len > (header->ctl ? BM_NET_TRANSPORT_CTL_MAX : BM_NET_TRANSPORT_MAX))
		return BM_ERR_TOO_LONG;
	struct bm_net_header own = *header;
	uint8_t nonce[13];
	bm_nonce_network(nonce, own.ctl, own.ttl, own.seq, own.src, iv_index);
	return seal(cred, iv_index, &own, nonce, transport_pdu, len, out, out_len);
}

static void nonce_proxy(enum bm_net_kind kind, uint8_t nonce[13], uint32_t seq, uint16_t src, uint32_t iv_index)
{
	if ((BM_WITH_FOUNDATION_1_1 || BM_WITH_PROXY_CLIENT) && kind == BM_NET_SOLICITATION)
		bm_nonce_solicitation(nonce, seq, src);
	else
		bm_nonce_proxy(nonce, seq, src, iv_index);
}

enum bm_err bm_net_encrypt_proxy(enum bm_net_kind kind, const struct bm_cred *cred, uint32_t iv_index, uint32_t seq,
				 uint16_t src, const uint8_t *transport_pdu, size_t len, uint8_t *out, size_t *out_len)
{
	struct bm_net_header header = {.ctl = true, .seq = seq, .src = src};
	*out_len = 0;
	if (len > BM_NET_TRANSPORT_CTL_MAX)
		return BM_ERR_TOO_LONG;
	uint8_t nonce[13];
	nonce_proxy(kind, nonce, seq, src, iv_index);
	return seal(cred, iv_index, &header, nonce, transport_pdu, len, out, out_len);
}

enum bm_err bm_net_decrypt_proxy(enum bm_net_kind kind, const struct bm_cred *cred, uint32_t iv_index,
				 const uint8_t *pdu, size_t len, struct bm_net_header *header,
				 uint8_t clear[BM_NET_CLEAR_MAX], size_t *transport_len)
{
	const size_t mic_len = bm_net_mic_len(true);
	if (len < ENCRYPTED_AT + 2 + mic_len)
		return BM_ERR_TOO_SHORT;
	if (len > ENCRYPTED_AT + 2 + mic_len + BM_NET_TRANSPORT_CTL_MAX)
		return BM_ERR_TOO_LONG;
	bm_net_deobfuscate(cred, iv_index, pdu, header);
	uint8_t nonce[13];
	nonce_proxy(kind, nonce, header->seq, header->src, iv_index);
	const size_t clear_len = len - ENCRYPTED_AT - mic_len;
	const enum bm_err err = bm_ccm_decrypt(&cred->encryption, nonce, NULL, 0, pdu + ENCRYPTED_AT, clear_len, clear,
					       mic_len);
	if (err)
		return err;
	header->dst = (uint16_t)(clear[0] << 8 | clear[1]);
	*transport_len = clear_len - 2;
	if (!header->ctl || header->ttl != 0 || header->dst != BM_ADDR_UNASSIGNED || !bm_addr_is_unicast(header->src))
		return BM_ERR_PROHIBITED;
	return BM_OK;
}
