/*
 * Segmentation and reassembly of Proxy PDUs (MshPRT 6.3.2). Pure: it keeps octets and says what came of them; time-outs
 * and disconnecting are its owner's.
 *
 *   IDLE ──first──▶ REASSEMBLING ──last──▶ IDLE (a message)
 *     └─complete─▶ a message        any other order, another type, too long: the link is to be closed
 */
#ifndef BM_PROXY_SAR_H
#define BM_PROXY_SAR_H

#include "pdu/proxy_pdu.h"

struct bm_proxy_sar_rx {
	bool active; /* a first segment came: the owner gives it 20 s (MshPRT 6.3.2.2) */
	uint8_t type;
	uint8_t len;
	uint8_t octets[BM_PROXY_MESSAGE_MAX];
};

enum bm_proxy_sar_result {
	BM_PROXY_SAR_MESSAGE, /* type, octets, len: whole */
	BM_PROXY_SAR_WAIT,    /* more is to come */
	BM_PROXY_SAR_IGNORE,  /* a message type that is none: nothing happened */
	BM_PROXY_SAR_BROKEN,  /* a segment out of turn, or a message longer than any: disconnect */
};

void bm_proxy_sar_reset(struct bm_proxy_sar_rx *rx);
/* One write or notification. */
enum bm_proxy_sar_result bm_proxy_sar_receive(struct bm_proxy_sar_rx *rx, const uint8_t *octets, size_t len);

/* The message being sent, segment by segment. */
struct bm_proxy_sar_tx {
	uint8_t type;
	uint8_t len; /* 0: none */
	uint8_t sent;
	uint8_t octets[BM_PROXY_MESSAGE_MAX];
};

/* The next segment for a link with this ATT_MTU: its length, or 0 if nothing is left. out holds BM_PROXY_MESSAGE_MAX +
 * 1 octets. It counts as sent when bm_proxy_sar_sent is called. */
size_t bm_proxy_sar_next(const struct bm_proxy_sar_tx *tx, uint16_t mtu, uint8_t *out);
void bm_proxy_sar_sent(struct bm_proxy_sar_tx *tx, size_t segment_len);

#endif
