/*
 * Relay (MshPRT 3.4.6.3): what is not for us alone goes on with TTL − 1, encrypted anew, else as it came. What a low
 * power node gave its friend goes on under managed flooding credentials, for all to hear.
 */
#include "net/net_state.h"

unsigned bm_net_relays(const struct bm_net *net, enum bm_cred_kind cred, const struct bm_net_header *header)
{
	/* A low power node in a friendship sleeps, and what it hears comes from its friend. */
	if (net->friend_only)
		return 0;
	/* A friend speaks for its low power node, whether it relays for others or not. */
	const bool relay = cred == BM_CRED_FRIENDSHIP || (net->states.relay && net->states.relay_supported);
	/* A PDU with TTL 0 or 1 has come to its end; one to a unicast address of ours has arrived. */
	if (header->ttl < 2 || bm_net_is_own(net, header->dst))
		return 0;
	/* What the GATT bearer brought goes everywhere if we are a proxy, and what came otherwise to GATT at least. */
	const bool from_gatt = net->from_link >= 0;
	return (relay || (from_gatt && net->states.proxy) ? BM_NET_TO_ADV : 0u) |
	       (net->states.proxy ? BM_NET_TO_GATT : 0u);
}

void bm_net_relay(struct bm_net *net, const struct bm_subnet *subnet, unsigned interfaces, uint32_t iv_index,
		  const struct bm_net_header *header, const uint8_t *transport_pdu, size_t len)
{
	struct bm_net_header relayed = *header;
	relayed.ttl--;
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	if (bm_net_encrypt(&bm_subnet_tx_keys(subnet)->flooding, iv_index, &relayed, transport_pdu, len, pdu, &pdu_len))
		return; /* cannot be: the PDU was decoded with these lengths and fields */

	struct bm_adv adv = {.ad_type = BM_AD_MESH_MESSAGE, .payload = pdu, .len = (uint8_t)pdu_len};
	bm_net_transmit_state(&adv, net->states.relay_supported ? net->states.relay_retransmit
								: net->states.network_transmit);
	adv.delay_us = bm_env_random_below(net->env, BM_NET_RELAY_DELAY_US);
	if (bm_net_output(net, &adv, header->dst, interfaces, true) == BM_OK)
		net->env->counters.net_relayed++;
}
