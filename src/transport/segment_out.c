/*
 * Sending segmented messages (MshPRT 3.5.3.3), one at a time for each destination.
 *
 *   free ──▶ queued ──▶ sending ──▶ waiting ──▶ free: acknowledged, or given up, or all rounds to a group are over
 *     └──────────────────▲   ▲         │
 *                            └─────────┘ the retransmission timer, or an acknowledgment that leaves segments out
 */
#include <string.h>

#include "transport/transport_state.h"

static void fire(void *ctx);

static const char *const state_names[] = {"free", "queued", "sending", "waiting"};

static void set_state(struct bm_sar_out *out, enum bm_sar_out_state state)
{
	if (out->state != state)
		bm_env_trace_state(out->transport->env, "sar_out", state_names[out->state], state_names[state]);
	out->state = state;
}

void bm_sar_out_init(struct bm_transport *transport)
{
	for (size_t i = 0; i < transport->out_count; i++) {
		struct bm_sar_out *out = &transport->out[i];
		out->transport = transport;
		out->octets = transport->octets + i * bm_sar_octets(transport);
		bm_timer_init(&out->timer, fire, out);
	}
}

static void timer_set(struct bm_sar_out *out, uint64_t delay_us)
{
	bm_timer_set_after(&out->transport->env->timers, &out->timer, delay_us);
}

static bool in_flight(const struct bm_sar_out *out)
{
	return out->state == BM_SAR_OUT_SENDING || out->state == BM_SAR_OUT_WAITING;
}

/* The one that has waited longest for this destination may go now. */
static void start_next(struct bm_transport *transport, uint16_t dst)
{
	struct bm_sar_out *next = NULL;
	for (size_t i = 0; i < transport->out_count; i++) {
		struct bm_sar_out *out = &transport->out[i];
		if (out->state == BM_SAR_OUT_QUEUED && out->tx.dst == dst && (!next || out->order < next->order))
			next = out;
	}
	if (next)
		timer_set(next, 0);
}

static void release(struct bm_sar_out *out)
{
	bm_timer_stop(&out->timer);
	bm_wipe(out->octets, bm_sar_octets(out->transport));
	set_state(out, BM_SAR_OUT_FREE);
}

static void finish(struct bm_sar_out *out, enum bm_err result)
{
	struct bm_transport *transport = out->transport;
	const struct bm_transport_tx tx = out->tx;
	release(out);
	start_next(transport, tx.dst);
	if (tx.done)
		tx.done(tx.done_ctx, result, bm_env_now(transport->env));
}

/* A segment under its own sequence number, the first one under that of SeqAuth. A PDU that the bearer refuses is as
 * good as one lost on the air; what can never be made good ends the message. */
static enum bm_err send_segment(struct bm_sar_out *out, uint8_t seg_o)
{
	struct bm_transport *transport = out->transport;
	struct bm_net_tx tx = {.net_idx = out->net_idx,
			       .cred = out->tx.cred,
			       .ctl = out->ctl,
			       .ttl = out->tx.ttl,
			       .seq = out->seq_auth,
			       .src = out->tx.src,
			       .dst = out->tx.dst,
			       .iv_index = out->iv_index};
	/* Sequence numbers belong to the IV index they were counted under. */
	if (bm_net_iv_tx(transport->net) != out->iv_index)
		return BM_ERR_CANCELLED;
	if (out->first_sent) {
		const enum bm_err err = bm_net_seq_take(transport->net, &tx.seq);
		if (err)
			return err;
	}
	out->first_sent = true;
	/* MshPRT 3.5.3.1: beyond this distance the receiver would compute another SeqAuth. */
	if (tx.seq - out->seq_auth > BM_SEQ_ZERO_MAX)
		return BM_ERR_TIMEOUT;

	const size_t max = bm_segment_max(out->ctl);
	const size_t at = seg_o * max;
	const struct bm_lower_pdu pdu = {.ctl = out->ctl,
					 .seg = true,
					 .akf = out->akf,
					 .aid = out->aid,
					 .opcode = out->opcode,
					 .szmic = out->tx.long_mic && !out->ctl,
					 .seq_zero = out->seq_auth & BM_SEQ_ZERO_MAX,
					 .seg_o = seg_o,
					 .seg_n = out->seg_n,
					 .payload = out->octets + at,
					 .len = out->len - at < max ? out->len - at : max};
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t len;
	const enum bm_err err = bm_lower_encode(&pdu, octets, sizeof octets, &len);
	if (err)
		return err;
	const enum bm_err sent = bm_net_send(transport->net, &tx, octets, len);
	return sent == BM_ERR_BUSY ? BM_OK : sent;
}

/* MshPRT 3.5.3.3.1, 3.5.3.3.2. */
static uint64_t wait_us(const struct bm_sar_out *out)
{
	const struct bm_sar_states *sar = &out->transport->sar;
	if (!bm_addr_is_unicast(out->tx.dst))
		return out->retransmissions ? bm_sar_step25_us(sar->multicast_retransmissions_interval_step) : 0;
	const uint64_t step = bm_sar_step25_us(sar->unicast_retransmissions_interval_step);
	const uint64_t increment = bm_sar_step25_us(sar->unicast_retransmissions_interval_increment);
	return out->tx.ttl == 0 ? step : step + increment * (out->tx.ttl - 1u);
}

/* Sends the next segment of this round. */
static enum bm_err proceed(struct bm_sar_out *out)
{
	out->pending &= ~out->acked;
	for (uint8_t seg_o = 0; seg_o <= out->seg_n; seg_o++) {
		if (!(out->pending >> seg_o & 1))
			continue;
		const enum bm_err err = send_segment(out, seg_o);
		if (err)
			return err;
		out->pending &= ~(UINT32_C(1) << seg_o);
		break;
	}
	if (out->pending) {
		set_state(out, BM_SAR_OUT_SENDING);
		timer_set(out, bm_sar_step10_us(out->transport->sar.segment_interval_step));
	} else {
		set_state(out, BM_SAR_OUT_WAITING);
		timer_set(out, wait_us(out));
	}
	return BM_OK;
}

static enum bm_err begin_round(struct bm_sar_out *out)
{
	out->pending = bm_sar_all(out->seg_n) & ~out->acked;
	return proceed(out);
}

/* Takes the sequence number that is SeqAuth, encrypts, and sends the first segment. key is NULL for control. */
static enum bm_err start(struct bm_sar_out *out, const struct bm_upper_key *key)
{
	struct bm_transport *transport = out->transport;
	const struct bm_sar_states *sar = &transport->sar;
	const bool unicast = bm_addr_is_unicast(out->tx.dst);
	const enum bm_err err = bm_net_number(transport->net, &out->seq_auth, &out->iv_index);
	if (err)
		return err;
	out->first_sent = false;
	out->acked = 0;
	out->ack_src = BM_ADDR_UNASSIGNED;
	out->retransmissions = unicast ? sar->unicast_retransmissions : sar->multicast_retransmissions;
	out->without_progress = sar->unicast_retransmissions_without_progress;
	out->net_idx = out->tx.net_idx;
	if (key) {
		out->net_idx = key->net_idx;
		out->akf = key->akf;
		out->aid = key->aid;
		bm_upper_encrypt(key, &out->tx, out->tx.long_mic, out->seq_auth, out->iv_index, out->octets, out->len,
				 out->octets);
		out->len += out->tx.long_mic ? 8 : 4;
	}
	out->seg_n = (uint8_t)((out->len - 1) / bm_segment_max(out->ctl));
	return begin_round(out);
}

static void start_queued(struct bm_sar_out *out)
{
	struct bm_upper_key key = {0};
	enum bm_err err = BM_OK;
	/* The key may have gone or changed since it was queued. */
	if (!out->ctl)
		err = bm_upper_key_choose(out->transport, &out->tx, &key);
	if (!err)
		err = start(out, out->ctl ? NULL : &key);
	bm_upper_key_wipe(&key);
	if (err)
		finish(out, err);
}

static void fire(void *ctx)
{
	struct bm_sar_out *out = ctx;
	enum bm_err err = BM_OK;
	switch (out->state) {
	case BM_SAR_OUT_FREE:
		break;
	case BM_SAR_OUT_QUEUED:
		start_queued(out);
		break;
	case BM_SAR_OUT_SENDING:
		err = proceed(out);
		break;
	case BM_SAR_OUT_WAITING:
		if (!bm_addr_is_unicast(out->tx.dst)) {
			/* MshPRT 3.5.3.3.3: nobody acknowledges; when the rounds are over, it is sent. */
			if (out->retransmissions == 0) {
				finish(out, BM_OK);
				return;
			}
		} else if (out->retransmissions == 0 || out->without_progress == 0) {
			finish(out, BM_ERR_TIMEOUT);
			return;
		} else {
			out->without_progress--;
		}
		out->retransmissions--;
		err = begin_round(out);
		break;
	}
	if (err)
		finish(out, err);
}

enum bm_err bm_sar_out_send(struct bm_transport *transport, const struct bm_transport_tx *tx,
			    const struct bm_upper_key *key, bool ctl, uint8_t opcode, const uint8_t *payload,
			    size_t len)
{
	struct bm_sar_out *out = NULL;
	bool wait = false;
	for (size_t i = 0; i < transport->out_count; i++) {
		struct bm_sar_out *other = &transport->out[i];
		if (other->state == BM_SAR_OUT_FREE)
			out = out ? out : other;
		else if (other->tx.dst == tx->dst)
			wait = true;
	}
	if (!out)
		return BM_ERR_BUSY;
	out->tx = *tx;
	if (tx->label) {
		memcpy(out->label, tx->label, sizeof out->label);
		out->tx.label = out->label;
	}
	out->ctl = ctl;
	out->opcode = opcode;
	out->akf = false;
	out->aid = 0;
	out->len = (uint16_t)len;
	memcpy(out->octets, payload, len);
	if (wait) {
		out->order = transport->out_order++;
		set_state(out, BM_SAR_OUT_QUEUED);
		return BM_OK;
	}
	const enum bm_err err = start(out, key);
	if (err)
		release(out);
	return err;
}

/* MshPRT 3.5.3.3: with OBO a friend answers for its low power node; and after the first acknowledgment only those of
 * the same source count, for what two receivers have of a message does not add up. */
static bool may_acknowledge(const struct bm_sar_out *out, uint16_t src, bool obo)
{
	if (out->ack_src != BM_ADDR_UNASSIGNED)
		return src == out->ack_src;
	return src == out->tx.dst || (obo && bm_addr_is_unicast(out->tx.dst));
}

static struct bm_sar_out *find(struct bm_transport *transport, const struct bm_net_rx *rx,
			       const struct bm_segment_ack *ack)
{
	for (size_t i = 0; i < transport->out_count; i++) {
		struct bm_sar_out *out = &transport->out[i];
		if (in_flight(out) && (out->seq_auth & BM_SEQ_ZERO_MAX) == ack->seq_zero && out->tx.src == rx->dst &&
		    may_acknowledge(out, rx->src, ack->obo) && out->net_idx == rx->net_idx)
			return out;
	}
	return NULL;
}

void bm_sar_out_ack(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_segment_ack *ack)
{
	struct bm_sar_out *out = find(transport, rx, ack);
	if (!out) {
		/* For a message that is over already. */
		bm_env_drop(transport->env, BM_DROP_SEGMENT, rx->transport_pdu, rx->len);
		return;
	}
	out->ack_src = rx->src;
	/* MshPRT 3.5.3.3.2: no bit set means that the peer has no room. */
	if (ack->block_ack == 0) {
		finish(out, BM_ERR_CANCELLED);
		return;
	}
	const uint32_t all = bm_sar_all(out->seg_n);
	const uint32_t fresh = ack->block_ack & all & ~out->acked;
	out->acked |= fresh;
	if (out->acked == all) {
		finish(out, BM_OK);
		return;
	}
	if (!fresh)
		return;
	out->without_progress = transport->sar.unicast_retransmissions_without_progress;
	if (out->state != BM_SAR_OUT_WAITING || out->retransmissions == 0)
		return;
	out->retransmissions--;
	const enum bm_err err = begin_round(out);
	if (err)
		finish(out, err);
}

void bm_sar_out_cancel_all(struct bm_transport *transport)
{
	for (size_t i = 0; i < transport->out_count; i++)
		if (transport->out[i].state != BM_SAR_OUT_FREE)
			finish(&transport->out[i], BM_ERR_CANCELLED);
}
