/*
 * Segmentation and reassembly of Proxy PDUs (MshPRT 6.3.2).
 */
#include "proxy/sar.h"

#include <string.h>

#include "base/env.h"

#define TYPE_MASK 0x3fu
#define SAR_SHIFT 6u
/* The ATT opcode and handle, and the octet in front. */
#define OVERHEAD 4u

void bm_proxy_sar_reset(struct bm_proxy_sar_rx *rx)
{
	bm_wipe(rx, sizeof *rx);
}

static enum bm_proxy_sar_result broken(struct bm_proxy_sar_rx *rx)
{
	bm_proxy_sar_reset(rx);
	return BM_PROXY_SAR_BROKEN;
}

enum bm_proxy_sar_result bm_proxy_sar_receive(struct bm_proxy_sar_rx *rx, const uint8_t *octets, size_t len)
{
	if (len < 1)
		return broken(rx);
	const enum bm_proxy_sar sar = (enum bm_proxy_sar)(octets[0] >> SAR_SHIFT);
	const uint8_t type = octets[0] & TYPE_MASK;
	const size_t more = len - 1;
	const bool begins = sar == BM_PROXY_COMPLETE || sar == BM_PROXY_FIRST;
	/* MshPRT 6.3.2.2: a segment out of turn, or of another type than the first, ends the connection. */
	if (begins == rx->active || (rx->active && type != rx->type))
		return broken(rx);
	/* MshPRT 6.3.1: message types that are RFU are ignored. Their segments are not waited for. */
	if (type > BM_PROXY_PROVISIONING && sar == BM_PROXY_COMPLETE)
		return BM_PROXY_SAR_IGNORE;
	if (begins) {
		rx->type = type;
		rx->len = 0;
	}
	if (more > sizeof rx->octets - rx->len)
		return broken(rx);
	memcpy(rx->octets + rx->len, octets + 1, more);
	rx->len = (uint8_t)(rx->len + more);
	rx->active = sar == BM_PROXY_FIRST || sar == BM_PROXY_CONTINUATION;
	if (rx->active)
		return BM_PROXY_SAR_WAIT;
	return type > BM_PROXY_PROVISIONING ? BM_PROXY_SAR_IGNORE : BM_PROXY_SAR_MESSAGE;
}

size_t bm_proxy_sar_next(const struct bm_proxy_sar_tx *tx, uint16_t mtu, uint8_t *out)
{
	const size_t room = mtu - OVERHEAD;
	const size_t left = (size_t)(tx->len - tx->sent);
	if (left == 0)
		return 0;
	const size_t now = left < room ? left : room;
	enum bm_proxy_sar sar = BM_PROXY_CONTINUATION;
	if (tx->sent == 0)
		sar = now == left ? BM_PROXY_COMPLETE : BM_PROXY_FIRST;
	else if (now == left)
		sar = BM_PROXY_LAST;
	out[0] = (uint8_t)((unsigned)sar << SAR_SHIFT | tx->type);
	memcpy(out + 1, tx->octets + tx->sent, now);
	return 1 + now;
}

void bm_proxy_sar_sent(struct bm_proxy_sar_tx *tx, size_t segment_len)
{
	tx->sent = (uint8_t)(tx->sent + segment_len - 1);
	if (tx->sent < tx->len)
		return;
	bm_wipe(tx, sizeof *tx);
}
