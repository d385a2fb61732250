/*
 * What the files of the network floor share.
 */
#ifndef BM_NET_NET_STATE_H
#define BM_NET_NET_STATE_H

#include "net/net.h"
#include "net/security.h"

/* Sequence numbers reserved by one store request. */
#define BM_NET_SEQ_BLOCK 256u
/* From here on an IV Update is due (MshPRT 3.11.5 leaves the moment to the node): half of the range. */
#define BM_NET_SEQ_LOW 0x800000u
/* Relaying waits a random time up to this, so that neighbours do not collide (MshPRT 3.4.6.3). */
#define BM_NET_RELAY_DELAY_US 10000u
#define BM_NET_JITTER_US 10000u

/* beacon.c */
void bm_net_beacon_fire(void *subnet);
void bm_net_private_beacon_fire(void *subnet);
/* iv.c: the state changes by itself; an authentic beacon of this subnet told IV index and IV Update flag. */
void bm_net_iv_fire(void *net);
void bm_net_iv_observe(struct bm_net *net, const struct bm_subnet *subnet, uint32_t iv_index, bool update,
		       const uint8_t *octets, size_t len);
/* Interfaces that a PDU goes out on. */
#define BM_NET_TO_ADV 1u
#define BM_NET_TO_GATT 2u
#define BM_NET_TO_ALL 3u
/* relay.c: where a PDU goes on, 0: nowhere; and sends it on: header as received, iv_index the one it was secured with.
 */
unsigned bm_net_relays(const struct bm_net *net, enum bm_cred_kind cred, const struct bm_net_header *header);
void bm_net_relay(struct bm_net *net, const struct bm_subnet *subnet, unsigned interfaces, uint32_t iv_index,
		  const struct bm_net_header *header, const uint8_t *transport_pdu, size_t len);
/* output.c: a Mesh Message goes to the interfaces that take it (MshPRT 3.4.6.3). */
BM_MUST_USE enum bm_err bm_net_output(struct bm_net *net, const struct bm_adv *adv, uint16_t dst, unsigned interfaces,
				      bool relayed);
/* seq.c */
void bm_net_seq_start(struct bm_net *net, uint32_t first);

/* As on the wire: count in bits 0–2, interval steps of 10 ms in bits 3–7 (MshPRT 4.2.19, 4.2.20). */
static inline void bm_net_transmit_state(struct bm_adv *adv, uint8_t state)
{
	adv->transmissions = (uint8_t)((state & 7) + 1);
	adv->interval_us = ((uint32_t)(state >> 3) + 1) * 10000u;
	adv->jitter_us = BM_NET_JITTER_US;
}

#endif
