/*
 * Solicitation (MshPRT 6.9): a client asks private proxies of a subnet to advertise for a while; proxies believe each
 * Solicitation PDU once.
 */
#include <string.h>

#include "proxy/proxy_state.h"

#define TRANSMISSIONS 3u
#define INTERVAL_US (20u * BM_US_PER_MS)
#define JITTER_US (10u * BM_US_PER_MS)

/* MshPRT 6.9.2: SSEQ must be above the last one of this source. */
static enum bm_err remember(struct bm_proxy *proxy, uint16_t ssrc, uint32_t sseq)
{
	struct bm_solicitation *unused = NULL;
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		struct bm_solicitation *entry = &proxy->solicitations[i];
		if (entry->ssrc == ssrc) {
			if (sseq <= entry->sseq)
				return BM_ERR_EXISTS;
			entry->sseq = sseq;
			return BM_OK;
		}
		if (entry->ssrc == BM_ADDR_UNASSIGNED && !unused)
			unused = entry;
	}
	if (!unused)
		return BM_ERR_NO_SPACE;
	*unused = (struct bm_solicitation){.ssrc = ssrc, .sseq = sseq};
	return BM_OK;
}

static enum bm_drop solicited(struct bm_proxy *proxy, uint8_t at, const struct bm_net_header *header)
{
	if (bm_net_is_own(proxy->net, header->src))
		return BM_DROP_OWN;
	const enum bm_err err = remember(proxy, header->src, header->seq);
	if (err)
		return err == BM_ERR_EXISTS ? BM_DROP_REPLAY : BM_DROP_RPL_FULL;
	struct bm_proxy_subnet *state = &proxy->subnets[at];
	state->net_idx = bm_net_subnets(proxy->net)->table[at].net_idx;
	state->solicited_until = bm_time_add(bm_env_now(proxy->env), (uint64_t)proxy->on_demand_s * BM_US_PER_S);
	bm_timer_set_after(&proxy->env->timers, &proxy->timer, 0);
	return BM_DROP_COUNT;
}

/* BM_DROP_COUNT: taken. */
static enum bm_drop receive(struct bm_proxy *proxy, const uint8_t *pdu)
{
	const struct bm_subnets *subnets = bm_net_subnets(proxy->net);
	enum bm_drop drop = BM_DROP_UNKNOWN_NID;
	for (uint8_t i = 0; i < proxy->subnet_count; i++) {
		const struct bm_subnet *subnet = &subnets->table[i];
		for (size_t k = 0; subnet->used && k < BM_ARRAY_LEN(subnet->keys); k++) {
			const struct bm_cred *cred = &subnet->keys[k].flooding;
			struct bm_net_header header;
			uint8_t clear[BM_NET_CLEAR_MAX];
			size_t len;
			if (!subnet->keys[k].valid || cred->nid != pdu[0])
				continue;
			drop = BM_DROP_NET_MIC;
			if (bm_net_decrypt_proxy(BM_NET_SOLICITATION, cred, 0, pdu, BM_SOLICITATION_PDU_LEN, &header,
						 clear, &len) == BM_OK)
				return solicited(proxy, i, &header);
		}
	}
	return drop;
}

void bm_proxy_receive_solicitation(struct bm_proxy *proxy, const uint8_t *data, size_t len)
{
	/* MshPRT 4.2.48: the state counts where no kind of proxy is enabled already. */
	if (proxy->on_demand_s == 0 || proxy->enabled || proxy->private_enabled)
		return;
	const bool whole = len == BM_SOLICITATION_DATA_LEN && data[0] == 0;
	const enum bm_drop drop = whole ? receive(proxy, data + 1) : BM_DROP_MALFORMED;
	if (drop != BM_DROP_COUNT)
		bm_env_drop(proxy->env, drop, data, len);
}

enum bm_err bm_proxy_solicit(struct bm_proxy *proxy, uint16_t net_idx)
{
	const struct bm_subnet *subnet = bm_subnet_find(bm_net_subnets(proxy->net), net_idx);
	uint8_t data[2 + 1 + BM_NET_PDU_MAX] = {(uint8_t)BM_GATT_SOLICITATION, BM_GATT_SOLICITATION >> 8, 0};
	size_t len;
	if (!subnet)
		return BM_ERR_NO_KEY;
	if (proxy->sseq >= BM_SEQ_MAX)
		return BM_ERR_SEQ_EXHAUSTED;
	const enum bm_err err = bm_net_encrypt_proxy(BM_NET_SOLICITATION, &bm_subnet_tx_keys(subnet)->flooding, 0,
						     ++proxy->sseq, bm_net_addr(proxy->net), NULL, 0, data + 3, &len);
	if (err)
		return err;
	const struct bm_adv adv = {.ad_type = BM_AD_SERVICE_DATA,
				   .payload = data,
				   .len = (uint8_t)(3 + len),
				   .transmissions = TRANSMISSIONS,
				   .interval_us = INTERVAL_US,
				   .jitter_us = JITTER_US};
	return bm_env_advertise(proxy->env, &adv);
}

void bm_proxy_clear_solicitations(struct bm_proxy *proxy, uint16_t first, uint8_t count)
{
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		const uint16_t ssrc = proxy->solicitations[i].ssrc;
		if (ssrc >= first && ssrc - first < count)
			proxy->solicitations[i] = (struct bm_solicitation){0};
	}
}
