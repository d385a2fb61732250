/*
 * Putting segmented messages together (MshPRT 3.5.3.4). A message is known by its SeqAuth: the IV index and the
 * sequence number of its first segment.
 *
 *   free ──first segment──▶ collecting ──▶ free: complete, or discarded (both remembered: repeats of the one are
 *                                          acknowledged, those of the other ignored)
 */
#include <string.h>

#include "transport/transport_state.h"

static void ack_fire(void *ctx);
static void discard_fire(void *ctx);
static void recent_fire(void *ctx);

void bm_sar_in_init(struct bm_transport *transport)
{
	for (size_t i = 0; i < transport->in_count; i++) {
		struct bm_sar_in *in = &transport->in[i];
		in->transport = transport;
		in->octets = transport->octets + (transport->out_count + i) * bm_sar_octets(transport);
		if (transport->in_seqs)
			in->seqs = transport->in_seqs + (size_t)i * transport->segments;
		bm_timer_init(&in->ack_timer, ack_fire, in);
		bm_timer_init(&in->discard_timer, discard_fire, in);
	}
	bm_timer_init(&transport->recent_timer, recent_fire, transport);
}

static void release(struct bm_sar_in *in)
{
	bm_timer_stop(&in->ack_timer);
	bm_timer_stop(&in->discard_timer);
	bm_wipe(in->octets, bm_sar_octets(in->transport));
	in->used = false;
}

void bm_sar_in_clear(struct bm_transport *transport)
{
	for (size_t i = 0; i < transport->in_count; i++)
		release(&transport->in[i]);
	memset(transport->recent, 0, transport->recent_max * sizeof *transport->recent);
	bm_timer_stop(&transport->recent_timer);
}

static uint32_t interval_us(const struct bm_transport *transport)
{
	return bm_sar_step10_us(transport->sar.receiver_segment_interval_step);
}

/* MshPRT 3.5.3.4: min(SegN + 0.5, acknowledgment delay increment + 1.5) segment reception intervals. */
static uint32_t ack_delay_us(const struct bm_transport *transport, uint8_t seg_n)
{
	const uint32_t by_segments = 2u * seg_n + 1;
	const uint32_t by_increment = 2u * transport->sar.acknowledgment_delay_increment + 3;
	return (by_segments < by_increment ? by_segments : by_increment) * (interval_us(transport) / 2);
}

/* Messages of more segments than the threshold have their acknowledgments repeated. */
static uint8_t repeats_of_ack(const struct bm_transport *transport, uint8_t seg_n)
{
	return seg_n > transport->sar.segments_threshold ? transport->sar.acknowledgment_retransmissions : 0;
}

/* MshPRT 3.5.2.3.1: a friend acknowledges on behalf of its low power node, under its own address. */
static bool on_behalf(const struct bm_transport *transport, const struct bm_net_rx *rx)
{
	return rx->kept && !bm_net_is_own(transport->net, rx->dst);
}

/* What an acknowledgment answers. */
static struct bm_sar_recent answered(const struct bm_transport *transport, const struct bm_net_rx *rx, uint8_t seg_n,
				     uint32_t seq_auth)
{
	return (struct bm_sar_recent){.src = rx->src,
				      .dst = rx->dst,
				      .net_idx = rx->net_idx,
				      .ttl = rx->ttl,
				      .seg_n = seg_n,
				      .obo = on_behalf(transport, rx),
				      .iv_index = rx->iv_index,
				      .seq_auth = seq_auth};
}

/* From us (dst of the message) to its source. Lost acknowledgments are made good by the next one. */
static void send_ack(struct bm_transport *transport, const struct bm_sar_recent *acked, uint32_t block)
{
	struct bm_net_tx tx = {.net_idx = acked->net_idx,
			       .ctl = true,
			       .ttl = acked->ttl == 0 ? 0 : transport->default_ttl,
			       .src = acked->obo ? bm_net_addr(transport->net) : acked->dst,
			       .dst = acked->src};
	const struct bm_segment_ack ack = {
		.obo = acked->obo, .seq_zero = acked->seq_auth & BM_SEQ_ZERO_MAX, .block_ack = block};
	uint8_t params[BM_SEGMENT_ACK_LEN];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_segment_ack_put(&w, &ack);
	const struct bm_lower_pdu pdu = {
		.ctl = true, .opcode = BM_CTL_SEGMENT_ACK, .payload = params, .len = sizeof params};
	uint8_t octets[BM_LOWER_PDU_MAX];
	size_t len;
	if (bm_lower_encode(&pdu, octets, sizeof octets, &len) || bm_net_number(transport->net, &tx.seq, &tx.iv_index))
		return;
	const enum bm_err ignored = bm_net_send(transport->net, &tx, octets, len);
	(void)ignored;
}

/* The same for a message that is not complete. */
static void acknowledge(struct bm_transport *transport, const struct bm_net_rx *rx, uint8_t seg_n, uint32_t seq_auth,
			uint32_t block)
{
	const struct bm_sar_recent acked = answered(transport, rx, seg_n, seq_auth);
	send_ack(transport, &acked, block);
}

/* MshPRT 3.5.3.4: only messages to a unicast address are acknowledged; those of a low power node in a friendship by its
 * friend, before they come here; but what a GATT link brings the friend may not have heard. */
static bool acknowledged(const struct bm_transport *transport, const struct bm_net_rx *rx)
{
	if (bm_net_is_own(transport->net, rx->dst))
		return !(bm_net_is_friend_only(transport->net) && rx->interface == BM_NET_ADV);
	return rx->kept && bm_addr_is_unicast(rx->dst);
}

static void ack_fire(void *ctx)
{
	struct bm_sar_in *in = ctx;
	acknowledge(in->transport, &in->rx, in->first.seg_n, in->seq_auth, in->block);
	if (in->acks_left == 0)
		return;
	in->acks_left--;
	bm_timer_set_after(&in->transport->env->timers, &in->ack_timer, interval_us(in->transport));
}

/* The message is over, one way or the other. */
static struct bm_sar_recent *note_end(struct bm_transport *transport, const struct bm_sar_in *in)
{
	struct bm_sar_recent *recent = &transport->recent[transport->recent_next];
	transport->recent_next = (uint16_t)((transport->recent_next + 1) % transport->recent_max);
	*recent = answered(transport, &in->rx, in->first.seg_n, in->seq_auth);
	return recent;
}

/* MshPRT 3.5.3.4: what comes of the message later is ignored. Its sender does not send again what was acknowledged, so
 * it would never be whole; and must not be told that the rest arrived. */
static void discard_fire(void *ctx)
{
	struct bm_sar_in *in = ctx;
	bm_env_drop(in->transport->env, BM_DROP_SAR_TIMEOUT, NULL, 0);
	note_end(in->transport, in)->discarded = true;
	release(in);
}

static void ack_recent(struct bm_transport *transport, struct bm_sar_recent *recent)
{
	recent->acked = (uint32_t)bm_env_now(transport->env);
	send_ack(transport, recent, bm_sar_all(recent->seg_n));
}

static void recent_fire(void *ctx)
{
	struct bm_transport *transport = ctx;
	bool more = false;
	for (size_t i = 0; i < transport->recent_max; i++) {
		struct bm_sar_recent *recent = &transport->recent[i];
		if (recent->src == BM_ADDR_UNASSIGNED || recent->acks_left == 0)
			continue;
		ack_recent(transport, recent);
		more |= --recent->acks_left > 0;
	}
	if (more)
		bm_timer_set_after(&transport->env->timers, &transport->recent_timer, interval_us(transport));
}

static void remember(struct bm_transport *transport, const struct bm_sar_in *in)
{
	struct bm_sar_recent *recent = note_end(transport, in);
	const bool ack = acknowledged(transport, &in->rx);
	recent->acks_left = ack ? repeats_of_ack(transport, in->first.seg_n) : 0;
	if (ack)
		ack_recent(transport, recent);
	if (recent->acks_left > 0)
		bm_timer_set_after(&transport->env->timers, &transport->recent_timer, interval_us(transport));
}

static struct bm_sar_recent *find_recent(struct bm_transport *transport, const struct bm_net_rx *rx, uint32_t seq_auth)
{
	for (size_t i = 0; i < transport->recent_max; i++) {
		struct bm_sar_recent *recent = &transport->recent[i];
		if (recent->src == rx->src && recent->dst == rx->dst && recent->seq_auth == seq_auth &&
		    recent->iv_index == rx->iv_index)
			return recent;
	}
	return NULL;
}

/* The sender did not hear that its message is complete. Not each of its segments needs an answer. */
static void repeat_of_recent(struct bm_transport *transport, const struct bm_net_rx *rx, struct bm_sar_recent *recent)
{
	bm_env_drop(transport->env, BM_DROP_SEGMENT, rx->transport_pdu, rx->len);
	if (!recent->discarded && acknowledged(transport, rx) &&
	    (uint32_t)bm_env_now(transport->env) - recent->acked >= interval_us(transport))
		ack_recent(transport, recent);
}

static struct bm_sar_in *find(struct bm_transport *transport, const struct bm_net_rx *rx, uint32_t seq_auth)
{
	for (size_t i = 0; i < transport->in_count; i++) {
		struct bm_sar_in *in = &transport->in[i];
		if (in->used && in->rx.src == rx->src && in->rx.dst == rx->dst && in->seq_auth == seq_auth &&
		    in->rx.iv_index == rx->iv_index)
			return in;
	}
	return NULL;
}

/* A free context; or that of an older message of the same source to the same destination: it has given that up, for it
 * sends one at a time (MshPRT 3.5.3.3). */
static struct bm_sar_in *take_context(struct bm_transport *transport, const struct bm_net_rx *rx, uint32_t seq_auth)
{
	for (size_t i = 0; i < transport->in_count; i++)
		if (!transport->in[i].used)
			return &transport->in[i];
	for (size_t i = 0; i < transport->in_count; i++) {
		struct bm_sar_in *in = &transport->in[i];
		if (in->rx.src != rx->src || in->rx.dst != rx->dst || in->rx.iv_index != rx->iv_index ||
		    in->seq_auth >= seq_auth)
			continue;
		discard_fire(in);
		return in;
	}
	return NULL;
}

/* MshPRT 3.5.3.4: an acknowledgment of no segment says that there is no room. */
static void refuse(struct bm_transport *transport, const struct bm_net_rx *rx, uint32_t seq_auth)
{
	if (acknowledged(transport, rx))
		acknowledge(transport, rx, 0, seq_auth, 0);
}

static struct bm_sar_in *open_context(struct bm_transport *transport, const struct bm_net_rx *rx,
				      const struct bm_lower_pdu *pdu, uint32_t seq_auth)
{
	if (rx->interface != BM_NET_LOCAL) {
		const enum bm_err err = bm_rpl_check_segment(bm_net_rpl(transport->net), rx->src, rx->iv_index, rx->seq,
							     seq_auth);
		if (err) {
			bm_transport_refuse(transport, rx, err);
			return NULL;
		}
	}
	/* What does not fit into the friend queue would never arrive. */
	if (rx->kept_only && transport->upper.keeps_segments &&
	    !transport->upper.keeps_segments(transport->upper.ctx, rx->dst, (uint8_t)(pdu->seg_n + 1))) {
		bm_env_drop(transport->env, BM_DROP_SEGMENT, rx->transport_pdu, rx->len);
		refuse(transport, rx, seq_auth);
		return NULL;
	}
	struct bm_sar_in *in = pdu->seg_n < transport->segments ? take_context(transport, rx, seq_auth) : NULL;
	if (!in) {
		bm_env_drop(transport->env, BM_DROP_SAR_BUSY, rx->transport_pdu, rx->len);
		refuse(transport, rx, seq_auth);
		return NULL;
	}
	in->used = true;
	in->first = *pdu;
	in->rx = *rx;
	in->seq_auth = seq_auth;
	in->block = 0;
	in->acks_left = 0;
	in->last_len = 0;
	return in;
}

/* What all segments of one message share. */
static bool agrees(const struct bm_sar_in *in, const struct bm_net_rx *rx, const struct bm_lower_pdu *pdu)
{
	const struct bm_lower_pdu *first = &in->first;
	return first->ctl == pdu->ctl && first->akf == pdu->akf && first->aid == pdu->aid &&
	       first->opcode == pdu->opcode && first->szmic == pdu->szmic && first->seg_n == pdu->seg_n &&
	       in->rx.net_idx == rx->net_idx;
}

static void complete(struct bm_sar_in *in)
{
	struct bm_transport *transport = in->transport;
	const size_t len = in->first.seg_n * bm_segment_max(in->first.ctl) + in->last_len;
	remember(transport, in);
	if (in->rx.kept)
		bm_transport_keep_segments(transport, in);
	if (in->rx.kept_only) {
		release(in);
		return;
	}
	/* The context is free before the message goes up, where anything may happen; so its octets move aside. */
	uint8_t octets[BM_UPPER_ACCESS_MAX];
	memcpy(octets, in->octets, len);
	const struct bm_net_rx rx = in->rx;
	const struct bm_lower_pdu first = in->first;
	const uint32_t seq_auth = in->seq_auth;
	release(in);
	if (first.ctl) {
		bm_upper_receive_control(transport, &rx, first.opcode, true, seq_auth, octets, len);
		return;
	}
	const struct bm_upper_pdu upper = {.akf = first.akf,
					   .aid = first.aid,
					   .aszmic = first.szmic,
					   .segmented = true,
					   .seq = seq_auth,
					   .octets = octets,
					   .len = len};
	bm_upper_receive(transport, &rx, &upper);
}

static void add(struct bm_sar_in *in, const struct bm_net_rx *rx, const struct bm_lower_pdu *pdu)
{
	struct bm_transport *transport = in->transport;
	const uint32_t bit = UINT32_C(1) << pdu->seg_o;
	const bool ack = acknowledged(transport, rx);
	in->rx = *rx;
	if (!(in->block & bit)) {
		in->block |= bit;
		if (in->seqs)
			in->seqs[pdu->seg_o] = (uint16_t)(rx->seq - in->seq_auth);
		memcpy(in->octets + pdu->seg_o * bm_segment_max(pdu->ctl), pdu->payload, pdu->len);
		if (pdu->seg_o == pdu->seg_n)
			in->last_len = (uint8_t)pdu->len;
		if (in->block == bm_sar_all(pdu->seg_n)) {
			complete(in);
			return;
		}
		const uint64_t discard = (transport->sar.discard_timeout + 1u) * UINT64_C(5) * BM_US_PER_S;
		bm_timer_set_after(&transport->env->timers, &in->discard_timer, discard);
	}
	if (ack && !bm_timer_is_armed(&in->ack_timer)) {
		in->acks_left = repeats_of_ack(transport, pdu->seg_n);
		bm_timer_set_after(&transport->env->timers, &in->ack_timer, ack_delay_us(transport, pdu->seg_n));
	}
}

void bm_sar_in_receive(struct bm_transport *transport, const struct bm_net_rx *rx, const struct bm_lower_pdu *pdu)
{
	/* MshPRT 3.5.3.1: SeqAuth is the newest number not above SEQ that ends in SeqZero. */
	const uint32_t back = (rx->seq - pdu->seq_zero) & BM_SEQ_ZERO_MAX;
	const bool ours = bm_net_is_own(transport->net, rx->dst) || rx->kept;
	if (back > rx->seq || (!ours && bm_addr_is_unicast(rx->dst))) {
		bm_env_drop(transport->env, BM_DROP_SEGMENT, rx->transport_pdu, rx->len);
		return;
	}
	const uint32_t seq_auth = rx->seq - back;
	struct bm_sar_in *in = find(transport, rx, seq_auth);
	if (!in) {
		struct bm_sar_recent *recent = find_recent(transport, rx, seq_auth);
		if (recent) {
			repeat_of_recent(transport, rx, recent);
			return;
		}
		in = open_context(transport, rx, pdu, seq_auth);
		if (!in)
			return;
	}
	if (!agrees(in, rx, pdu)) {
		bm_env_drop(transport->env, BM_DROP_SEGMENT, rx->transport_pdu, rx->len);
		return;
	}
	add(in, rx, pdu);
}
