/*
 * A provisioning link over PB-GATT (MshPRT 5.2.2).
 *
 *            gatt_open (provisioner)            connected               close, the connection ends
 *   CLOSED ───────────────────────▶ OPENING ──────────────▶ OPEN ─────────────────────────────────▶ CLOSED
 *      └─────────────────── connected (device) ──────────────▲
 *
 * There are no transactions: a PDU that the bearer took arrives, or the connection ends.
 */
#include <string.h>

#include "prov/link_state.h"

void bm_link_gatt_open(struct bm_link *link, const struct bm_link_gatt *gatt)
{
	link->gatt = gatt;
	link->open_at = link->ack_at = BM_TIME_NEVER;
	link->open_give_up = bm_env_later(link->env, BM_LINK_OPEN_TIMEOUT_US);
	memset(&link->tx, 0, sizeof link->tx);
	bm_link_set_state(link, BM_LINK_OPENING);
	bm_timer_set(&link->env->timers, &link->timer, link->open_give_up);
}

void bm_link_gatt_connected(struct bm_link *link, const struct bm_link_gatt *gatt, uint8_t gatt_link)
{
	link->gatt = gatt;
	link->gatt_link = gatt_link;
	link->open_at = link->ack_at = BM_TIME_NEVER;
	memset(&link->tx, 0, sizeof link->tx);
	bm_timer_stop(&link->timer);
	bm_link_set_state(link, BM_LINK_OPEN);
	if (bm_link_is_provisioner(link))
		link->upper.opened(link->upper.ctx);
}

/* `sent` follows from the timer: nobody who sends is called back within. */
static void tell_sent(struct bm_link *link)
{
	bm_timer_set_after(&link->env->timers, &link->timer, 0);
}

enum bm_err bm_link_gatt_send(struct bm_link *link, const uint8_t *pdu, size_t len)
{
	struct bm_link_tx *tx = &link->tx;
	const enum bm_err err = tx->waiting_len ? BM_ERR_BUSY
						: link->gatt->send(link->gatt->ctx, link->gatt_link, pdu, len);
	if (err == BM_OK)
		tell_sent(link);
	if (err != BM_ERR_BUSY || tx->waiting_len)
		return err;
	memcpy(link->octets.waiting, pdu, len);
	tx->waiting_len = (uint8_t)len;
	return BM_OK;
}

void bm_link_gatt_ready(struct bm_link *link)
{
	struct bm_link_tx *tx = &link->tx;
	if (tx->waiting_len == 0 ||
	    link->gatt->send(link->gatt->ctx, link->gatt_link, link->octets.waiting, tx->waiting_len) == BM_ERR_BUSY)
		return;
	tx->waiting_len = 0;
	tell_sent(link);
}

void bm_link_gatt_close(struct bm_link *link)
{
	const struct bm_link_gatt *gatt = link->gatt;
	const bool connected = link->state == BM_LINK_OPEN;
	bm_link_forget(link);
	if (connected)
		gatt->close(gatt->ctx, link->gatt_link);
}

void bm_link_gatt_receive(struct bm_link *link, const uint8_t *pdu, size_t len)
{
	link->upper.received(link->upper.ctx, pdu, len);
}

void bm_link_gatt_closed(struct bm_link *link)
{
	bm_link_forget(link);
	/* MshPRT 5.2.2: the end of the connection says nothing of why. */
	link->upper.closed(link->upper.ctx, BM_LINK_CLOSE_FAIL, true);
}
