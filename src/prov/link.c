/*
 * A PB-ADV link (MshPRT 5.2, 5.3).
 *
 *             open                Link ACK                  close, Link Close, time-out
 *   CLOSED ─────────▶ OPENING ───────────────▶ OPEN ────────────────────────────────────▶ CLOSED
 *      └──────────────── accept (device) ───────▲
 *
 * link_gatt.c has the same over PB-GATT.
 *
 * One timer runs the earliest of: Link Open or Link ACK, Transaction Acknowledgment, the next segment.
 */
#include "prov/link.h"

#include <string.h>

#include "prov/link_state.h"

/* MshPRT 5.3.3: each Generic Provisioning PDU waits for a random time. */
#define DELAY_MIN_US 20000u
#define DELAY_SPREAD_US 30000u

/* Without an acknowledgment all segments are sent again. The peer's answer takes up to 50 ms, the air its part. */
#define RESEND_MIN_US 250000u
#define RESEND_SPREAD_US 100000u
#define REOPEN_MIN_US 400000u
#define REOPEN_SPREAD_US 100000u

/* MshPRT 5.3.2. */
#define TRANSACTION_TIMEOUT_US (30u * BM_US_PER_S)

/* MshPRT 5.3.1.4.3: Link Close is not acknowledged, so it is sent at least three times. */
#define CLOSE_TRANSMISSIONS 5u
#define REPEAT_INTERVAL_US 40000u
#define REPEAT_JITTER_US 10000u

/* How long a Link Open with the identifier of the link before is taken for an echo of it. */
#define ECHO_US (10u * BM_US_PER_S)

/* MshPRT 5.2.1: the most significant bit of a transaction number tells the device's from the provisioner's. */
#define TRANSACTION_DEVICE 0x80u
#define TRANSACTION_MASK 0x7fu

_Static_assert(BM_PROV_PDU_MAX <= BM_PB_ADV_START_DATA + 31 * BM_PB_ADV_CONTINUATION_DATA,
	       "bm_link_rx.have is too short");

static uint8_t own_side(const struct bm_link *link)
{
	return bm_link_is_provisioner(link) ? 0 : TRANSACTION_DEVICE;
}

static uint32_t random_delay(struct bm_link *link)
{
	return DELAY_MIN_US + bm_env_random_below(link->env, DELAY_SPREAD_US);
}

static bm_time after_delay(struct bm_link *link)
{
	return bm_env_later(link->env, random_delay(link));
}

void bm_link_set_state(struct bm_link *link, enum bm_link_state state)
{
	static const char *const names[] = {"closed", "opening", "open"};
	if (link->state != state)
		bm_env_trace_state(link->env, bm_link_is_provisioner(link) ? "pb_adv_provisioner" : "pb_adv_device",
				   names[link->state], names[state]);
	link->state = state;
}

static void arm(struct bm_link *link)
{
	bm_time at = link->open_at;
	if (link->ack_at < at)
		at = link->ack_at;
	if (link->tx.active && link->tx.at < at)
		at = link->tx.at;
	bm_timer_set(&link->env->timers, &link->timer, at);
}

/* How often and after which time. What a full queue refuses (and counts) is lost like on the air: it comes again. */
static void transmit_later(struct bm_link *link, const struct bm_pb_adv *pdu, uint8_t transmissions, uint32_t delay_us)
{
	uint8_t octets[BM_PB_ADV_MAX];
	size_t len;
	if (bm_pb_adv_encode(pdu, octets, sizeof octets, &len))
		return;
	const struct bm_adv adv = {.ad_type = BM_AD_PB_ADV,
				   .payload = octets,
				   .len = (uint8_t)len,
				   .transmissions = transmissions,
				   .delay_us = delay_us,
				   .interval_us = transmissions > 1 ? REPEAT_INTERVAL_US : 0,
				   .jitter_us = transmissions > 1 ? REPEAT_JITTER_US : 0};
	(void)bm_env_advertise(link->env, &adv);
}

static void transmit(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	transmit_later(link, pdu, 1, 0);
}

static bool is_opening(const struct bm_link *link)
{
	return BM_WITH_PROVISIONER && link->state == BM_LINK_OPENING;
}

static void transmit_open_or_ack(struct bm_link *link)
{
	const bool open = is_opening(link);
	const struct bm_pb_adv pdu = {.link_id = link->link_id,
				      .gpcf = BM_GP_CONTROL,
				      .opcode = open ? BM_BEARER_LINK_OPEN : BM_BEARER_LINK_ACK,
				      .uuid = link->uuid};
	transmit(link, &pdu);
	link->open_at = open ? bm_env_later(link->env, REOPEN_MIN_US + bm_env_random_below(link->env, REOPEN_SPREAD_US))
			     : BM_TIME_NEVER;
}

static void transmit_ack(struct bm_link *link, uint32_t delay_us)
{
	const struct bm_pb_adv pdu = {
		.link_id = link->link_id, .transaction = link->ack_transaction, .gpcf = BM_GP_ACK};
	transmit_later(link, &pdu, 1, delay_us);
	link->ack_at = BM_TIME_NEVER;
}

static void transmit_segment(struct bm_link *link)
{
	struct bm_link_tx *tx = &link->tx;
	const uint8_t seg_n = bm_pb_adv_seg_n(tx->len);
	const struct bm_pb_adv pdu = {.link_id = link->link_id,
				      .transaction = tx->transaction,
				      .gpcf = tx->next_seg == 0 ? BM_GP_START : BM_GP_CONTINUATION,
				      .seg_n = seg_n,
				      .total_len = tx->len,
				      .fcs = bm_pb_adv_fcs(link->octets.tx, tx->len),
				      .seg_index = tx->next_seg,
				      .data = link->octets.tx + bm_pb_adv_seg_offset(tx->next_seg),
				      .data_len = bm_pb_adv_seg_len(tx->len, tx->next_seg)};
	transmit(link, &pdu);
	if (tx->next_seg < seg_n) {
		tx->next_seg++;
		tx->at = after_delay(link);
		return;
	}
	tx->sent_once = true;
	tx->next_seg = 0;
	tx->at = bm_env_later(link->env, RESEND_MIN_US + bm_env_random_below(link->env, RESEND_SPREAD_US));
}

/* Forgets everything but which link it was. */
void bm_link_forget(struct bm_link *link)
{
	bm_timer_stop(&link->timer);
	link->had_link = true;
	link->last_link_id = link->link_id;
	link->last_closed = bm_env_now(link->env);
	link->open_at = BM_TIME_NEVER;
	link->ack_at = BM_TIME_NEVER;
	bm_wipe(&link->tx, sizeof link->tx);
	bm_wipe(&link->rx, sizeof link->rx);
	bm_wipe(&link->octets, sizeof link->octets);
	bm_link_set_state(link, BM_LINK_CLOSED);
}

static void time_out(struct bm_link *link)
{
	bm_link_close(link, BM_LINK_CLOSE_TIMEOUT);
	link->upper.closed(link->upper.ctx, BM_LINK_CLOSE_TIMEOUT, false);
}

static void fire(void *ctx)
{
	struct bm_link *link = ctx;
	const bm_time now = bm_env_now(link->env);
	if (BM_WITH_GATT && link->gatt && link->state == BM_LINK_OPEN) {
		/* The connection takes care of what was sent (see bm_link_gatt_send). */
		if (link->upper.sent)
			link->upper.sent(link->upper.ctx);
		return;
	}
	if ((is_opening(link) && now >= link->open_give_up) || (link->tx.active && now >= link->tx.give_up)) {
		time_out(link);
		return;
	}
	if (now >= link->open_at)
		transmit_open_or_ack(link);
	if (now >= link->ack_at)
		transmit_ack(link, 0);
	if (link->tx.active && now >= link->tx.at)
		transmit_segment(link);
	arm(link);
}

static void begin(struct bm_link *link, uint32_t link_id, const uint8_t uuid[BM_UUID_LEN], enum bm_link_state state)
{
	link->gatt = NULL;
	link->link_id = link_id;
	memcpy(link->uuid, uuid, BM_UUID_LEN);
	memset(&link->tx, 0, sizeof link->tx);
	memset(&link->rx, 0, sizeof link->rx);
	/* The numbers before the first ones, 0x00 and 0x80. */
	link->tx.transaction = own_side(link) | TRANSACTION_MASK;
	link->rx.done = (own_side(link) ^ TRANSACTION_DEVICE) | TRANSACTION_MASK;
	link->ack_at = BM_TIME_NEVER;
	link->open_at = after_delay(link);
	link->open_give_up = bm_env_later(link->env, BM_LINK_OPEN_TIMEOUT_US);
	bm_link_set_state(link, state);
	arm(link);
}

void bm_link_init(struct bm_link *link, struct bm_env *env, enum bm_link_role role, const struct bm_link_upper *upper)
{
	*link = (struct bm_link){
		.env = env, .upper = *upper, .role = role, .open_at = BM_TIME_NEVER, .ack_at = BM_TIME_NEVER};
	bm_timer_init(&link->timer, fire, link);
}

void bm_link_open(struct bm_link *link, const uint8_t uuid[BM_UUID_LEN])
{
	uint8_t o[4];
	uint32_t link_id;
	do {
		bm_env_random(link->env, o, sizeof o);
		link_id = (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
	} while (link_id == 0 || (link->had_link && link_id == link->last_link_id));
	begin(link, link_id, uuid, BM_LINK_OPENING);
}

bool bm_link_accept(struct bm_link *link, uint32_t link_id, const uint8_t uuid[BM_UUID_LEN])
{
	if (link->state != BM_LINK_CLOSED)
		return false;
	if (link->had_link && link_id == link->last_link_id &&
	    bm_env_now(link->env) < bm_time_add(link->last_closed, ECHO_US))
		return false;
	begin(link, link_id, uuid, BM_LINK_OPEN);
	return true;
}

void bm_link_close(struct bm_link *link, enum bm_link_close reason)
{
	if (link->state == BM_LINK_CLOSED)
		return;
	if (BM_WITH_GATT && link->gatt) {
		bm_link_gatt_close(link);
		return;
	}
	const struct bm_pb_adv close = {.link_id = link->link_id,
					.gpcf = BM_GP_CONTROL,
					.opcode = BM_BEARER_LINK_CLOSE,
					.reason = (uint8_t)reason};
	uint32_t delay_us = random_delay(link);
	if (link->ack_at != BM_TIME_NEVER) {
		/* The peer's last words are acknowledged all the same. */
		transmit_ack(link, delay_us);
		delay_us += random_delay(link);
	}
	transmit_later(link, &close, CLOSE_TRANSMISSIONS, delay_us);
	bm_link_forget(link);
}

static void start_sending(struct bm_link *link, const uint8_t *pdu, uint8_t len)
{
	struct bm_link_tx *tx = &link->tx;
	const bm_time now = bm_env_now(link->env);
	memcpy(link->octets.tx, pdu, len);
	tx->len = len;
	tx->transaction = (uint8_t)(own_side(link) | ((tx->transaction + 1) & TRANSACTION_MASK));
	tx->next_seg = 0;
	tx->sent_once = false;
	tx->active = true;
	/* Behind an acknowledgment that waits: a peer that sees the answer first may miss that it was heard. */
	tx->at = bm_time_add(link->ack_at != BM_TIME_NEVER && link->ack_at > now ? link->ack_at : now,
			     random_delay(link));
	tx->give_up = bm_env_later(link->env, TRANSACTION_TIMEOUT_US);
	arm(link);
}

enum bm_err bm_link_send(struct bm_link *link, const uint8_t *pdu, size_t len)
{
	struct bm_link_tx *tx = &link->tx;
	if (link->state != BM_LINK_OPEN)
		return BM_ERR_STATE;
	if (len == 0 || len > BM_PROV_PDU_MAX)
		return BM_ERR_INVALID;
	if (BM_WITH_GATT && link->gatt)
		return bm_link_gatt_send(link, pdu, len);
	if (tx->active) {
		if (tx->waiting_len)
			return BM_ERR_BUSY;
		memcpy(link->octets.waiting, pdu, len);
		tx->waiting_len = (uint8_t)len;
		return BM_OK;
	}
	start_sending(link, pdu, (uint8_t)len);
	return BM_OK;
}

void bm_link_drop_waiting(struct bm_link *link)
{
	link->tx.waiting_len = 0;
}

bool bm_link_is_idle(const struct bm_link *link)
{
	return !link->tx.active;
}

static void acknowledged(struct bm_link *link)
{
	link->tx.active = false;
	if (link->tx.waiting_len) {
		const uint8_t len = link->tx.waiting_len;
		link->tx.waiting_len = 0;
		start_sending(link, link->octets.waiting, len);
	}
	arm(link);
	if (!link->tx.active && link->upper.sent)
		link->upper.sent(link->upper.ctx);
}

static void want_ack(struct bm_link *link, uint8_t transaction)
{
	/* One that waits already answers this repetition too: however often a peer repeats itself, there is at most
	 * one acknowledgment each delay. */
	if (link->ack_at == BM_TIME_NEVER)
		link->ack_at = after_delay(link);
	link->ack_transaction = transaction;
	arm(link);
}

static void unexpected(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	bm_env_drop(link->env, BM_DROP_PROV_UNEXPECTED, pdu->data, pdu->data_len);
}

static void receive_start(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	struct bm_link_rx *rx = &link->rx;
	/* What does not agree with itself or does not fit is dropped before a single octet is kept. */
	if (pdu->total_len == 0 || pdu->total_len > sizeof link->octets.rx ||
	    pdu->seg_n != bm_pb_adv_seg_n(pdu->total_len) || pdu->data_len != bm_pb_adv_seg_len(pdu->total_len, 0)) {
		bm_env_drop(link->env, BM_DROP_MALFORMED, pdu->data, pdu->data_len);
		return;
	}
	if (!rx->active || rx->transaction != pdu->transaction || rx->len != pdu->total_len || rx->fcs != pdu->fcs) {
		rx->active = true;
		rx->transaction = pdu->transaction;
		rx->seg_n = pdu->seg_n;
		rx->len = (uint8_t)pdu->total_len;
		rx->fcs = pdu->fcs;
		rx->have = 0;
	}
	memcpy(link->octets.rx, pdu->data, pdu->data_len);
	rx->have |= 1;
}

static void receive_continuation(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	struct bm_link_rx *rx = &link->rx;
	if (!rx->active || rx->transaction != pdu->transaction) {
		unexpected(link, pdu);
		return;
	}
	if (pdu->seg_index == 0 || pdu->seg_index > rx->seg_n ||
	    pdu->data_len != bm_pb_adv_seg_len(rx->len, pdu->seg_index)) {
		bm_env_drop(link->env, BM_DROP_MALFORMED, pdu->data, pdu->data_len);
		return;
	}
	memcpy(link->octets.rx + bm_pb_adv_seg_offset(pdu->seg_index), pdu->data, pdu->data_len);
	rx->have |= UINT32_C(1) << pdu->seg_index;
}

static void receive_segment(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	struct bm_link_rx *rx = &link->rx;
	if ((pdu->transaction & TRANSACTION_DEVICE) == own_side(link)) {
		unexpected(link, pdu);
		return;
	}
	/* Numbers wrap: half of them lie behind the last one completed. These are repetitions whose acknowledgment the
	 * peer missed. */
	const uint8_t ahead = (uint8_t)(pdu->transaction - rx->done) & TRANSACTION_MASK;
	if (ahead == 0 || ahead >= 64) {
		want_ack(link, pdu->transaction);
		return;
	}
	if (pdu->gpcf == BM_GP_START)
		receive_start(link, pdu);
	else
		receive_continuation(link, pdu);
	if (!rx->active || rx->have != UINT32_MAX >> (31 - rx->seg_n))
		return;
	rx->active = false;
	if (bm_pb_adv_fcs(link->octets.rx, rx->len) != rx->fcs) {
		bm_env_drop(link->env, BM_DROP_PROV_FCS, link->octets.rx, rx->len);
		return;
	}
	rx->done = rx->transaction;
	want_ack(link, rx->transaction);
	/* The protocol goes in steps: a peer that says something new has heard what we said. */
	/* A copy: the upper layer may close the link, which wipes the buffer. */
	uint8_t whole[BM_PROV_PDU_MAX];
	const size_t len = rx->len;
	memcpy(whole, link->octets.rx, len);
	if (link->tx.active && link->tx.sent_once)
		acknowledged(link);
	if (link->state == BM_LINK_OPEN)
		link->upper.received(link->upper.ctx, whole, len);
}

static void receive_control(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	switch (pdu->opcode) {
	case BM_BEARER_LINK_OPEN:
		/* Again: our Link ACK was lost. */
		if (!bm_link_is_provisioner(link) && memcmp(pdu->uuid, link->uuid, BM_UUID_LEN) == 0 &&
		    link->open_at == BM_TIME_NEVER) {
			link->open_at = after_delay(link);
			arm(link);
		}
		break;
	case BM_BEARER_LINK_ACK:
		if (!is_opening(link))
			break;
		link->open_at = BM_TIME_NEVER;
		bm_link_set_state(link, BM_LINK_OPEN);
		arm(link);
		link->upper.opened(link->upper.ctx);
		break;
	case BM_BEARER_LINK_CLOSE:
		bm_link_forget(link);
		link->upper.closed(link->upper.ctx, (enum bm_link_close)pdu->reason, true);
		break;
	}
}

bool bm_link_receive(struct bm_link *link, const struct bm_pb_adv *pdu)
{
	if (link->state == BM_LINK_CLOSED || link->gatt || pdu->link_id != link->link_id)
		return false;
	if (pdu->gpcf == BM_GP_CONTROL)
		receive_control(link, pdu);
	else if (link->state != BM_LINK_OPEN)
		unexpected(link, pdu);
	else if (pdu->gpcf != BM_GP_ACK)
		receive_segment(link, pdu);
	else if (link->tx.active && link->tx.sent_once && pdu->transaction == link->tx.transaction)
		acknowledged(link);
	return true;
}
