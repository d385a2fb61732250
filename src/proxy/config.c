/*
 * Proxy Configuration messages (MshPRT 6.5, 6.6): Network PDUs with the proxy nonce, CTL 1, TTL 0 and DST 0x0000.
 */
#include "proxy/proxy_state.h"

enum bm_err bm_proxy_send_config(struct bm_proxy *proxy, uint8_t link, uint16_t net_idx,
				 const struct bm_proxy_config *config)
{
	const struct bm_subnet *subnet = bm_net_subnet(proxy->net, net_idx);
	uint8_t message[BM_PROXY_CONFIG_MAX];
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t len;
	uint32_t seq, iv_index;
	if (!subnet)
		return BM_ERR_NO_KEY;
	enum bm_err err = bm_net_number(proxy->net, &seq, &iv_index);
	if (err)
		return err;
	const size_t message_len = bm_proxy_config_encode(config, message);
	err = bm_net_encrypt_proxy(BM_NET_PROXY_CONFIG, &bm_subnet_tx_keys(subnet)->flooding, iv_index, seq,
				   bm_net_addr(proxy->net), message, message_len, pdu, &len);
	return err ? err : bm_gatt_link_send(proxy->links, link, BM_PROXY_CONFIG, pdu, len);
}

static enum bm_drop open_under(struct bm_proxy *proxy, const struct bm_cred *cred, const uint8_t *pdu, size_t len,
			       struct bm_proxy_config *config)
{
	const uint32_t iv_index = bm_iv_rx(bm_net_iv(proxy->net), pdu[0] >> 7);
	struct bm_net_header header;
	uint8_t clear[BM_NET_CLEAR_MAX];
	size_t message_len;
	const enum bm_err err = bm_net_decrypt_proxy(BM_NET_PROXY_CONFIG, cred, iv_index, pdu, len, &header, clear,
						     &message_len);
	if (err)
		return err == BM_ERR_AUTH ? BM_DROP_NET_MIC : BM_DROP_MALFORMED;
	if (bm_net_is_own(proxy->net, header.src))
		return BM_DROP_OWN;
	struct bm_rpl *rpl = bm_net_rpl(proxy->net);
	const enum bm_err fresh = bm_rpl_check(rpl, header.src, iv_index, header.seq);
	if (fresh)
		return fresh == BM_ERR_EXISTS ? BM_DROP_REPLAY : BM_DROP_RPL_FULL;
	if (bm_rpl_accept(rpl, header.src, iv_index, header.seq))
		return BM_DROP_REPLAY;
	/* MshPRT 6.6: unknown and malformed messages are ignored. */
	const enum bm_err known = bm_proxy_config_decode(clear + 2, message_len, config);
	if (known)
		return known == BM_ERR_NOT_SUPPORTED ? BM_DROP_UNKNOWN_TYPE : BM_DROP_MALFORMED;
	return BM_DROP_COUNT;
}

bool bm_proxy_open_config(struct bm_proxy *proxy, const uint8_t *pdu, size_t len, struct bm_proxy_config *config,
			  uint16_t *net_idx)
{
	const struct bm_subnets *subnets = bm_net_subnets(proxy->net);
	enum bm_drop drop = len ? BM_DROP_UNKNOWN_NID : BM_DROP_MALFORMED;
	for (size_t i = 0; len && i < subnets->capacity; i++) {
		const struct bm_subnet *subnet = &subnets->table[i];
		for (size_t k = 0; subnet->used && k < BM_ARRAY_LEN(subnet->keys); k++) {
			if (!subnet->keys[k].valid || subnet->keys[k].flooding.nid != (pdu[0] & 0x7f))
				continue;
			drop = open_under(proxy, &subnet->keys[k].flooding, pdu, len, config);
			*net_idx = subnet->net_idx;
			if (drop == BM_DROP_COUNT)
				return true;
			if (drop != BM_DROP_NET_MIC)
				break;
		}
	}
	bm_env_drop(proxy->env, drop, pdu, len);
	return false;
}
