/*
 * Control messages, parameters only.
 */
#include "pdu/control.h"

#include "pdu/lower_transport.h"

static enum bm_err finish(const struct bm_reader *r, bool valid)
{
	const enum bm_err err = bm_reader_finish(r);
	if (err)
		return err;
	return valid ? BM_OK : BM_ERR_PROHIBITED;
}

enum bm_err bm_segment_ack_decode(const uint8_t *params, size_t len, struct bm_segment_ack *ack)
{
	struct bm_reader r = bm_reader_of(params, len);
	const uint16_t info = bm_read_be16(&r);
	*ack = (struct bm_segment_ack){
		.obo = info >> 15, .seq_zero = info >> 2 & BM_SEQ_ZERO_MAX, .block_ack = bm_read_be32(&r)};
	return finish(&r, true);
}

void bm_segment_ack_put(struct bm_writer *w, const struct bm_segment_ack *ack)
{
	bm_put_be16(w, (uint16_t)(ack->obo << 15 | (ack->seq_zero & BM_SEQ_ZERO_MAX) << 2));
	bm_put_be32(w, ack->block_ack);
}

/* MshPRT 3.6.5.1: seven bits of padding, prohibited to be set. */
enum bm_err bm_friend_poll_decode(const uint8_t *params, size_t len, struct bm_friend_poll *poll)
{
	struct bm_reader r = bm_reader_of(params, len);
	const uint8_t octet = bm_read_u8(&r);
	poll->fsn = octet & 1;
	return finish(&r, octet <= 1);
}

void bm_friend_poll_put(struct bm_writer *w, const struct bm_friend_poll *poll)
{
	bm_put_u8(w, poll->fsn & 1);
}

enum bm_err bm_friend_update_decode(const uint8_t *params, size_t len, struct bm_friend_update *update)
{
	struct bm_reader r = bm_reader_of(params, len);
	const uint8_t flags = bm_read_u8(&r);
	update->key_refresh = flags & 1;
	update->iv_update = flags >> 1 & 1;
	update->iv_index = bm_read_be32(&r);
	update->md = bm_read_u8(&r);
	return finish(&r, update->md <= 1);
}

void bm_friend_update_put(struct bm_writer *w, const struct bm_friend_update *update)
{
	bm_put_u8(w, (uint8_t)(update->key_refresh | update->iv_update << 1));
	bm_put_be32(w, update->iv_index);
	bm_put_u8(w, update->md);
}

/* MshPRT 3.6.5.3. */
enum bm_err bm_friend_request_decode(const uint8_t *params, size_t len, struct bm_friend_request *request)
{
	struct bm_reader r = bm_reader_of(params, len);
	const uint8_t criteria = bm_read_u8(&r);
	request->rssi_factor = criteria >> 5 & 3;
	request->receive_window_factor = criteria >> 3 & 3;
	request->min_queue_size_log = criteria & 7;
	request->receive_delay = bm_read_u8(&r);
	request->poll_timeout = bm_read_be24(&r);
	request->previous_addr = bm_read_be16(&r);
	request->num_elements = bm_read_u8(&r);
	request->lpn_counter = bm_read_be16(&r);
	return finish(&r, request->min_queue_size_log > 0 && request->receive_delay >= 0x0a &&
				  request->poll_timeout >= 0x0a && request->poll_timeout <= 0x34bbff &&
				  request->previous_addr <= 0x7fff && request->num_elements > 0);
}

void bm_friend_request_put(struct bm_writer *w, const struct bm_friend_request *request)
{
	bm_put_u8(w, (uint8_t)((request->rssi_factor & 3) << 5 | (request->receive_window_factor & 3) << 3 |
			       (request->min_queue_size_log & 7)));
	bm_put_u8(w, request->receive_delay);
	bm_put_be24(w, request->poll_timeout);
	bm_put_be16(w, request->previous_addr);
	bm_put_u8(w, request->num_elements);
	bm_put_be16(w, request->lpn_counter);
}

enum bm_err bm_friend_offer_decode(const uint8_t *params, size_t len, struct bm_friend_offer *offer)
{
	struct bm_reader r = bm_reader_of(params, len);
	offer->receive_window = bm_read_u8(&r);
	offer->queue_size = bm_read_u8(&r);
	offer->subscription_list_size = bm_read_u8(&r);
	offer->rssi = (int8_t)bm_read_u8(&r);
	offer->friend_counter = bm_read_be16(&r);
	return finish(&r, offer->receive_window > 0);
}

void bm_friend_offer_put(struct bm_writer *w, const struct bm_friend_offer *offer)
{
	bm_put_u8(w, offer->receive_window);
	bm_put_u8(w, offer->queue_size);
	bm_put_u8(w, offer->subscription_list_size);
	bm_put_u8(w, (uint8_t)offer->rssi);
	bm_put_be16(w, offer->friend_counter);
}

enum bm_err bm_friend_clear_decode(const uint8_t *params, size_t len, struct bm_friend_clear *clear)
{
	struct bm_reader r = bm_reader_of(params, len);
	clear->lpn_addr = bm_read_be16(&r);
	clear->lpn_counter = bm_read_be16(&r);
	return finish(&r, bm_addr_is_unicast(clear->lpn_addr));
}

void bm_friend_clear_put(struct bm_writer *w, const struct bm_friend_clear *clear)
{
	bm_put_be16(w, clear->lpn_addr);
	bm_put_be16(w, clear->lpn_counter);
}

/* MshPRT 3.6.5.7: group and virtual addresses. */
enum bm_err bm_friend_list_decode(const uint8_t *params, size_t len, struct bm_friend_list *list)
{
	struct bm_reader r = bm_reader_of(params, len);
	bool valid = true;
	*list = (struct bm_friend_list){.transaction = bm_read_u8(&r)};
	if (bm_reader_left(&r) == 0)
		return BM_ERR_TOO_SHORT;
	while (bm_reader_left(&r) > 0 && !r.failed && list->count < BM_FRIEND_LIST_MAX) {
		const uint16_t addr = bm_read_be16(&r);
		valid &= addr >= 0x8000;
		list->addrs[list->count++] = addr;
	}
	return finish(&r, valid);
}

void bm_friend_list_put(struct bm_writer *w, const struct bm_friend_list *list)
{
	bm_put_u8(w, list->transaction);
	for (uint8_t i = 0; i < list->count && i < BM_FRIEND_LIST_MAX; i++)
		bm_put_be16(w, list->addrs[i]);
}

enum bm_err bm_friend_list_confirm_decode(const uint8_t *params, size_t len, struct bm_friend_list_confirm *confirm)
{
	struct bm_reader r = bm_reader_of(params, len);
	confirm->transaction = bm_read_u8(&r);
	return finish(&r, true);
}

void bm_friend_list_confirm_put(struct bm_writer *w, const struct bm_friend_list_confirm *confirm)
{
	bm_put_u8(w, confirm->transaction);
}

enum bm_err bm_heartbeat_decode(const uint8_t *params, size_t len, struct bm_heartbeat *heartbeat)
{
	struct bm_reader r = bm_reader_of(params, len);
	heartbeat->init_ttl = bm_read_u8(&r) & 0x7f;
	heartbeat->features = bm_read_be16(&r);
	return finish(&r, true);
}

void bm_heartbeat_put(struct bm_writer *w, const struct bm_heartbeat *heartbeat)
{
	bm_put_u8(w, heartbeat->init_ttl & 0x7f);
	bm_put_be16(w, heartbeat->features);
}
