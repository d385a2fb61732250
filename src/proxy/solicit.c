/*
 * Solicitation (MshPRT 6.9): a client asks private proxies of a subnet to advertise for a while; proxies believe each
 * Solicitation PDU once.
 */
#include <string.h>

#include "pdu/records.h"
#include "proxy/proxy_state.h"

#define TRANSMISSIONS 3u
#define INTERVAL_US (20u * BM_US_PER_MS)
#define JITTER_US (10u * BM_US_PER_MS)

/* Our own numbers are reserved in blocks, as sequence numbers are. */
#define SSEQ_BLOCK 16u
#define SSEQ_END (BM_SEQ_MAX + 1)

static enum bm_err store(const struct bm_proxy *proxy, uint16_t index, uint32_t next)
{
	uint8_t octets[BM_RECORD_SSEQ_LEN];
	size_t len;
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_record_put_sseq(&w, &(struct bm_sseq_record){.next = next});
	if (bm_writer_finish(&w, &len))
		return BM_ERR_STORE;
	return bm_env_store(proxy->env, BM_STORE_SOLICITATION, index, octets, len) ? BM_ERR_STORE : BM_OK;
}

/* The entry of a source, or a free one; NULL: the list is full. */
static struct bm_solicitation *place_of(struct bm_proxy *proxy, uint16_t ssrc)
{
	struct bm_solicitation *unused = NULL;
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		struct bm_solicitation *entry = &proxy->solicitations[i];
		if (entry->ssrc == ssrc)
			return entry;
		if (entry->ssrc == BM_ADDR_UNASSIGNED && !unused)
			unused = entry;
	}
	return unused;
}

/* MshPRT 6.9.2: SSEQ must be above the last one of this source. Stored before it is acted on. */
static enum bm_err remember(struct bm_proxy *proxy, uint16_t ssrc, uint32_t sseq)
{
	struct bm_solicitation *entry = place_of(proxy, ssrc);
	if (!entry)
		return BM_ERR_NO_SPACE;
	if (entry->ssrc == ssrc && sseq <= entry->sseq)
		return BM_ERR_EXISTS;
	if (store(proxy, ssrc, sseq + 1))
		return BM_ERR_STORE;
	*entry = (struct bm_solicitation){.ssrc = ssrc, .sseq = sseq};
	return BM_OK;
}

static enum bm_drop solicited(struct bm_proxy *proxy, uint8_t at, const struct bm_net_header *header)
{
	if (bm_net_is_own(proxy->net, header->src))
		return BM_DROP_OWN;
	const enum bm_err err = remember(proxy, header->src, header->seq);
	if (err)
		return err == BM_ERR_NO_SPACE ? BM_DROP_RPL_FULL : BM_DROP_REPLAY;
	struct bm_proxy_subnet *state = &proxy->subnets[at];
	state->net_idx = bm_net_subnets(proxy->net)->table[at].net_idx;
	state->solicited_until = bm_env_later(proxy->env, (uint64_t)proxy->on_demand_s * BM_US_PER_S);
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

static enum bm_err take_sseq(struct bm_proxy *proxy)
{
	if (proxy->sseq >= BM_SEQ_MAX)
		return BM_ERR_SEQ_EXHAUSTED;
	if (proxy->sseq + 1 >= proxy->sseq_reserved) {
		const uint32_t wanted = proxy->sseq + 1 + SSEQ_BLOCK;
		const uint32_t reserved = wanted < SSEQ_END ? wanted : SSEQ_END;
		if (store(proxy, BM_ADDR_UNASSIGNED, reserved))
			return BM_ERR_STORE;
		proxy->sseq_reserved = reserved;
	}
	proxy->sseq++;
	return BM_OK;
}

enum bm_err bm_proxy_solicit(struct bm_proxy *proxy, uint16_t net_idx)
{
	const struct bm_subnet *subnet = bm_net_subnet(proxy->net, net_idx);
	uint8_t data[2 + 1 + BM_NET_PDU_MAX] = {(uint8_t)BM_GATT_SOLICITATION, BM_GATT_SOLICITATION >> 8, 0};
	size_t len;
	if (!subnet)
		return BM_ERR_NO_KEY;
	enum bm_err err = take_sseq(proxy);
	if (!err)
		err = bm_net_encrypt_proxy(BM_NET_SOLICITATION, &bm_subnet_tx_keys(subnet)->flooding, 0, proxy->sseq,
					   bm_net_addr(proxy->net), NULL, 0, data + 3, &len);
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

/* A record that stays in the store longer than needed does no harm. */
static void forget_stored(const struct bm_proxy *proxy, uint16_t index)
{
	const enum bm_err ignored = bm_env_store(proxy->env, BM_STORE_SOLICITATION, index, NULL, 0);
	(void)ignored;
}

void bm_proxy_clear_solicitations(struct bm_proxy *proxy, uint16_t first, uint8_t count)
{
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		const uint16_t ssrc = proxy->solicitations[i].ssrc;
		if (ssrc == BM_ADDR_UNASSIGNED || ssrc < first || ssrc - first >= count)
			continue;
		forget_stored(proxy, ssrc);
		proxy->solicitations[i] = (struct bm_solicitation){0};
	}
}

enum bm_err bm_proxy_restore_solicitation(struct bm_proxy *proxy, uint16_t index, const uint8_t *octets, size_t len)
{
	struct bm_sseq_record record;
	const enum bm_err err = bm_record_read_sseq(octets, len, &record);
	if (index == BM_ADDR_UNASSIGNED) {
		/* A number used again is a solicitation that nobody believes: no more than a replay. */
		if (!err && record.next > proxy->sseq_reserved) {
			proxy->sseq_reserved = record.next;
			proxy->sseq = record.next - 1;
		}
		return err;
	}
	if (!bm_addr_is_unicast(index))
		return BM_ERR_INVALID;
	/* Without room the list is full, and believes nobody new. */
	struct bm_solicitation *entry = place_of(proxy, index);
	if (!entry)
		return err ? err : BM_ERR_NO_SPACE;
	*entry = (struct bm_solicitation){.ssrc = index,
					  .sseq = err || record.next == 0 ? BM_SEQ_MAX : record.next - 1};
	return err;
}

enum bm_err bm_proxy_save_solicitations(const struct bm_proxy *proxy)
{
	enum bm_err worst = BM_OK;
	if (proxy->sseq_reserved && store(proxy, BM_ADDR_UNASSIGNED, proxy->sseq_reserved))
		worst = BM_ERR_STORE;
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		const struct bm_solicitation *entry = &proxy->solicitations[i];
		if (entry->ssrc != BM_ADDR_UNASSIGNED && store(proxy, entry->ssrc, entry->sseq + 1))
			worst = BM_ERR_STORE;
	}
	return worst;
}

void bm_proxy_forget_solicitations(struct bm_proxy *proxy)
{
	for (uint8_t i = 0; i < proxy->solicitation_count; i++) {
		if (proxy->solicitations[i].ssrc != BM_ADDR_UNASSIGNED)
			forget_stored(proxy, proxy->solicitations[i].ssrc);
		proxy->solicitations[i] = (struct bm_solicitation){0};
	}
	forget_stored(proxy, BM_ADDR_UNASSIGNED);
	proxy->sseq = proxy->sseq_reserved = 0;
}
