/*
 * Network interfaces (MshPRT 3.4.5, 3.4.6.3): what the advertising bearer and GATT links get of a PDU that goes out,
 * and PDUs that GATT links bring.
 *
 *   our own PDU          ─▶ advertising, GATT
 *   relayed, from the air ─▶ advertising if Relay is enabled, GATT if Proxy is
 *   relayed, from GATT    ─▶ advertising and the other GATT links if Proxy is enabled
 */
#include "net/net_state.h"

enum bm_err bm_net_output(struct bm_net *net, const struct bm_adv *adv, uint16_t dst, unsigned interfaces, bool relayed)
{
	const struct bm_net_upper *upper = &net->upper;
	/* An answer given while a PDU is at hand may go back where that came from; the PDU itself does not. */
	const int except = relayed ? net->from_link : -1;
	const bool gatt = (interfaces & BM_NET_TO_GATT) && upper->gatt_send &&
			  upper->gatt_send(upper->ctx, dst, relayed, except, adv->payload, adv->len);
	const enum bm_err err = interfaces & BM_NET_TO_ADV ? bm_env_advertise(net->env, adv) : BM_ERR_NOT_SUPPORTED;
	return gatt ? BM_OK : err;
}

uint16_t bm_net_receive_gatt(struct bm_net *net, int link, const uint8_t *pdu, size_t len)
{
	net->from_link = link;
	net->heard_src = BM_ADDR_UNASSIGNED;
	bm_net_receive(net, pdu, len, 127);
	net->from_link = -1;
	return net->heard_src;
}
