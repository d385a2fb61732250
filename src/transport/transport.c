/*
 * The transport layers' ways in and out: unsegmented messages here, segmented ones in segment_in.c and segment_out.c,
 * keys and encryption in upper.c.
 */
#include "transport/transport.h"

#include "transport/transport_state.h"

static void done_fire(void *ctx);

/* Messages that are out, and whose senders are about to be told so. */
static uint8_t done_queue(const struct bm_limits *limits)
{
	return (uint8_t)(8 * (limits->sar_tx < 8 ? limits->sar_tx : 8));
}

/* Messages that are complete, and whose acknowledgments may have been lost. */
static uint16_t recent_messages(const struct bm_limits *limits)
{
	return (uint16_t)(4 * limits->sar_rx);
}

static size_t plain_octets(size_t segments)
{
	const size_t longest = segments * BM_SEGMENT_ACCESS_MAX;
	return longest > BM_TRANSPORT_PLAIN_MIN ? longest : BM_TRANSPORT_PLAIN_MIN;
}

void bm_transport_carve(struct bm_transport *transport, const struct bm_limits *limits, struct bm_arena *arena)
{
	bm_app_keys_carve(&transport->app_keys, limits->app_keys, arena);
	bm_dev_keys_carve(&transport->dev_keys, limits->remote_dev_keys, arena);
	bm_labels_carve(&transport->labels, limits->labels, arena);
	transport->out = bm_arena_take(arena, limits->sar_tx, sizeof *transport->out);
	transport->in = bm_arena_take(arena, limits->sar_rx, sizeof *transport->in);
	const size_t segments = bm_limits_segments(limits);
	transport->octets = bm_arena_take(arena, (size_t)(limits->sar_tx + limits->sar_rx) * segments,
					  BM_SEGMENT_ACCESS_MAX);
	transport->in_seqs = bm_arena_take(arena, limits->friend_lpns ? limits->sar_rx * segments : 0,
					   sizeof *transport->in_seqs);
	transport->plain = bm_arena_take(arena, plain_octets(segments), 1);
	transport->recent = bm_arena_take(arena, recent_messages(limits), sizeof *transport->recent);
	transport->done = bm_arena_take(arena, done_queue(limits), sizeof *transport->done);
}

void bm_transport_init(struct bm_transport *transport, struct bm_env *env, const struct bm_limits *limits,
		       struct bm_net *net, const struct bm_transport_upper *upper)
{
	transport->env = env;
	transport->net = net;
	transport->upper = *upper;
	transport->sar = (struct bm_sar_states)BM_SAR_STATES_DEFAULT;
	transport->default_ttl = BM_TTL_MAX;
	transport->app_keys.capacity = limits->app_keys;
	transport->dev_keys.capacity = limits->remote_dev_keys;
	transport->labels.capacity = limits->labels;
	transport->segments = (uint8_t)bm_limits_segments(limits);
	transport->out_count = limits->sar_tx;
	transport->in_count = limits->sar_rx;
	transport->recent_max = recent_messages(limits);
	transport->done_max = done_queue(limits);
	bm_sar_out_init(transport);
	bm_sar_in_init(transport);
	bm_timer_init(&transport->done_timer, done_fire, transport);
	bm_heartbeats_init(transport);
}

void bm_transport_reset(struct bm_transport *transport)
{
	/* Whoever is told of a cancellation may not start anew under keys that are about to go. */
	transport->resetting = true;
	bm_sar_out_cancel_all(transport);
	while (transport->done_count > 0)
		done_fire(transport);
	bm_timer_stop(&transport->done_timer);
	bm_sar_in_clear(transport);
	bm_heartbeats_reset(transport);
	bm_app_keys_clear(&transport->app_keys);
	bm_dev_keys_clear(&transport->dev_keys);
	bm_labels_clear(&transport->labels);
	transport->sar = (struct bm_sar_states)BM_SAR_STATES_DEFAULT;
	bm_wipe(transport->plain, plain_octets(transport->segments));
	transport->resetting = false;
}

bool bm_transport_busy(const struct bm_transport *transport)
{
	for (size_t i = 0; i < transport->out_count; i++)
		if (transport->out[i].state != BM_SAR_OUT_FREE)
			return true;
	return false;
}

void bm_transport_refuse(struct bm_transport *transport, const struct bm_net_rx *rx, enum bm_err err)
{
	if (err == BM_ERR_EXISTS) {
		bm_env_drop(transport->env, BM_DROP_REPLAY, rx->transport_pdu, rx->len);
		return;
	}
	/* No room in the list, or the store did not take the entry: nothing is accepted unchecked. */
	bm_env_drop(transport->env, BM_DROP_RPL_FULL, rx->transport_pdu, rx->len);
	if (err == BM_ERR_NO_SPACE)
		bm_env_tell(transport->env, BM_EVENT_RPL_FULL, rx->src, 0);
}

enum bm_err bm_transport_note(struct bm_transport *transport, const struct bm_net_rx *rx, bool segmented, uint32_t seq)
{
	/* Nobody can replay what never left this node. */
	if (rx->interface == BM_NET_LOCAL)
		return BM_OK;
	struct bm_rpl *rpl = bm_net_rpl(transport->net);
	return segmented ? bm_rpl_accept_segmented(rpl, rx->src, rx->iv_index, seq)
			 : bm_rpl_accept(rpl, rx->src, rx->iv_index, seq);
}

bool bm_transport_admit(struct bm_transport *transport, const struct bm_net_rx *rx, bool segmented, uint32_t seq)
{
	const enum bm_err err = bm_transport_note(transport, rx, segmented, seq);
	if (err)
		bm_transport_refuse(transport, rx, err);
	return err == BM_OK;
}

static void receive_ack(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_lower_pdu *pdu)
{
	struct bm_segment_ack ack;
	if (bm_segment_ack_decode(pdu->payload, pdu->len, &ack) || !bm_net_is_own(transport->net, rx->dst)) {
		bm_env_drop(transport->env, BM_DROP_MALFORMED, rx->transport_pdu, rx->len);
		return;
	}
	if (bm_transport_admit(transport, rx, false, rx->seq))
		bm_sar_out_ack(transport, rx, &ack);
}

static void receive_unsegmented(struct bm_transport *transport, const struct bm_net_rx *rx,
				const struct bm_lower_pdu *pdu)
{
	if (!rx->ctl) {
		const struct bm_upper_pdu upper = {
			.akf = pdu->akf, .aid = pdu->aid, .seq = rx->seq, .octets = pdu->payload, .len = pdu->len};
		bm_upper_receive(transport, rx, &upper);
	} else if (pdu->opcode == BM_CTL_SEGMENT_ACK) {
		receive_ack(transport, rx, pdu);
	} else {
		bm_upper_receive_control(transport, rx, pdu->opcode, false, rx->seq, pdu->payload, pdu->len);
	}
}

void bm_transport_receive(struct bm_transport *transport, const struct bm_net_rx *rx)
{
	struct bm_lower_pdu pdu;
	const enum bm_err malformed = bm_lower_decode(rx->ctl, rx->transport_pdu, rx->len, &pdu);
	if (malformed) {
		bm_env_drop(transport->env, malformed == BM_ERR_PROHIBITED ? BM_DROP_SEGMENT : BM_DROP_MALFORMED,
			    rx->transport_pdu, rx->len);
		return;
	}
	if (pdu.seg) {
		bm_sar_in_receive(transport, rx, &pdu);
		return;
	}
	if (rx->interface != BM_NET_LOCAL) {
		const enum bm_err err = bm_rpl_check(bm_net_rpl(transport->net), rx->src, rx->iv_index, rx->seq);
		if (err) {
			bm_transport_refuse(transport, rx, err);
			return;
		}
	}
	if (!rx->kept_only)
		receive_unsegmented(transport, rx, &pdu);
	if (rx->kept)
		bm_transport_keep(transport, rx);
}

/* One at a call, so that what a callback does is done before the next one hears. */
static void done_fire(void *ctx)
{
	struct bm_transport *transport = ctx;
	if (transport->done_count == 0)
		return;
	const struct bm_transport_done done = transport->done[transport->done_first];
	transport->done_first = (uint8_t)((transport->done_first + 1) % transport->done_max);
	transport->done_count--;
	if (transport->done_count > 0)
		bm_timer_set_after(&transport->env->timers, &transport->done_timer, 0);
	done.done(done.ctx, BM_OK, bm_env_now(transport->env));
}

static void tell_later(struct bm_transport *transport, const struct bm_transport_tx *tx)
{
	if (!tx->done)
		return;
	const size_t at = (transport->done_first + transport->done_count) % transport->done_max;
	transport->done[at] = (struct bm_transport_done){.done = tx->done, .ctx = tx->done_ctx};
	transport->done_count++;
	bm_timer_set_after(&transport->env->timers, &transport->done_timer, 0);
}

static enum bm_err send_unsegmented(struct bm_transport *transport, const struct bm_transport_tx *tx, uint16_t net_idx,
				    const struct bm_upper_key *key, const struct bm_lower_pdu *pdu)
{
	if (tx->done && transport->done_count == transport->done_max)
		return BM_ERR_BUSY;
	struct bm_net_tx out = {
		.net_idx = net_idx, .cred = tx->cred, .ctl = pdu->ctl, .ttl = tx->ttl, .src = tx->src, .dst = tx->dst};
	enum bm_err err = bm_net_number(transport->net, &out.seq, &out.iv_index);
	if (err)
		return err;
	struct bm_lower_pdu sealed = *pdu;
	uint8_t upper[BM_UNSEGMENTED_ACCESS_MAX];
	if (key) {
		bm_upper_encrypt(key, tx, false, out.seq, out.iv_index, pdu->payload, pdu->len, upper);
		sealed.payload = upper;
		sealed.len += 4;
	}
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t len;
	err = bm_lower_encode(&sealed, octets, sizeof octets, &len);
	if (!err)
		err = bm_net_send(transport->net, &out, octets, len);
	if (!err)
		tell_later(transport, tx);
	return err;
}

static enum bm_err check_addressing(const struct bm_transport *transport, const struct bm_transport_tx *tx)
{
	if (bm_net_addr(transport->net) == BM_ADDR_UNASSIGNED || transport->resetting)
		return BM_ERR_NOT_PROVISIONED;
	if (!bm_net_is_own(transport->net, tx->src) || tx->dst == BM_ADDR_UNASSIGNED || tx->ttl == 1 ||
	    tx->ttl > BM_TTL_MAX)
		return BM_ERR_INVALID;
	return BM_OK;
}

enum bm_err bm_transport_send(struct bm_transport *transport, const struct bm_transport_tx *tx, const uint8_t *payload,
			      size_t len)
{
	enum bm_err err = check_addressing(transport, tx);
	if (err)
		return err;
	if (len == 0 || (bm_addr_is_virtual(tx->dst) && !tx->label))
		return BM_ERR_INVALID;
	if (len > transport->segments * BM_SEGMENT_ACCESS_MAX - (tx->long_mic ? 8 : 4))
		return BM_ERR_TOO_LONG;
	struct bm_upper_key key;
	err = bm_upper_key_choose(transport, tx, &key);
	if (err)
		return err;
	if (tx->segmented || tx->long_mic || len > BM_UNSEGMENTED_ACCESS_MAX - 4) {
		err = bm_sar_out_send(transport, tx, &key, false, 0, payload, len);
	} else {
		struct bm_lower_pdu pdu = {.akf = key.akf, .aid = key.aid, .payload = payload, .len = len};
		err = send_unsegmented(transport, tx, key.net_idx, &key, &pdu);
	}
	bm_upper_key_wipe(&key);
	/* Of an answer the acknowledgments of its segments come back alone. */
	if (!err && transport->upper.sent && (!tx->answer || bm_transport_busy(transport)))
		transport->upper.sent(transport->upper.ctx, tx->dst);
	return err;
}

enum bm_err bm_transport_send_control(struct bm_transport *transport, const struct bm_transport_tx *tx, uint8_t opcode,
				      const uint8_t *params, size_t len)
{
	const enum bm_err err = check_addressing(transport, tx);
	if (err)
		return err;
	if (opcode == BM_CTL_SEGMENT_ACK || opcode > 0x7f)
		return BM_ERR_INVALID;
	if (len > transport->segments * BM_SEGMENT_CONTROL_MAX)
		return BM_ERR_TOO_LONG;
	if (len > 0 && (tx->segmented || len > BM_UNSEGMENTED_CONTROL_MAX))
		return bm_sar_out_send(transport, tx, NULL, true, opcode, params, len);
	struct bm_lower_pdu pdu = {.ctl = true, .opcode = opcode, .payload = params, .len = len};
	return send_unsegmented(transport, tx, tx->net_idx, NULL, &pdu);
}
