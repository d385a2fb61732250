/*
 * Sending the control messages of friendship: under friendship credentials once, under managed flooding credentials
 * like everything else.
 */
#include <string.h>

#include "friend/friend_state.h"
#include "pdu/lower_transport.h"

enum bm_err bm_friendship_send(struct bm_net *net, const struct bm_friendship *friendship, uint16_t dst, uint8_t opcode,
			       const uint8_t *params, size_t len, struct bm_friend_pdu *sent)
{
	const struct bm_lower_pdu lower = {.ctl = true, .opcode = opcode, .payload = params, .len = len};
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t octets_len;
	enum bm_err err = bm_lower_encode(&lower, octets, sizeof octets, &octets_len);
	if (err)
		return err;
	struct bm_net_tx tx = {.net_idx = friendship->id.net_idx,
			       .cred = BM_CRED_FRIENDSHIP,
			       .ctl = true,
			       .src = bm_net_addr(net),
			       .dst = dst};
	err = bm_net_number(net, &tx.seq, &tx.iv_index);
	if (err)
		return err;
	if (sent) {
		*sent = (struct bm_friend_pdu){.ctl = true,
					       .len = (uint8_t)octets_len,
					       .src = tx.src,
					       .dst = dst,
					       .seq = tx.seq,
					       .iv_index = tx.iv_index};
		memcpy(sent->octets, octets, octets_len);
	}
	return bm_net_send_friendship(net, friendship, &tx, octets, octets_len);
}

void bm_friendship_send_flooding(struct bm_transport *transport, uint16_t net_idx, uint16_t src, uint16_t dst,
				 uint8_t ttl, uint8_t opcode, const uint8_t *params, size_t len)
{
	const struct bm_transport_tx tx = {.src = src, .dst = dst, .net_idx = net_idx, .ttl = ttl};
	const enum bm_err ignored = bm_transport_send_control(transport, &tx, opcode, params, len);
	(void)ignored;
}

void bm_friendship_send_clear(struct bm_transport *transport, uint16_t net_idx, uint16_t src, uint16_t dst, uint8_t ttl,
			      uint8_t opcode, const struct bm_friend_clear *clear)
{
	uint8_t params[4];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_friend_clear_put(&w, clear);
	bm_friendship_send_flooding(transport, net_idx, src, dst, ttl, opcode, params, sizeof params);
}
