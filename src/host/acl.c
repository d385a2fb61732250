/*
 * Data of the links in pieces: received ones are put together to L2CAP frames, frames to be sent are cut into what the
 * controller takes, as many at a time as it has buffers for, the links in turn.
 */
#include <string.h>

#include "host/host_parts.h"

#define BOUNDARY_SHIFT 12u
#define BOUNDARY_FIRST 0x0u /* to the controller */
#define BOUNDARY_CONTINUES 0x1u
#define BOUNDARY_MASK 0x3u
#define L2CAP_HEADER_LEN 4u
#define ENTRY_HEADER_LEN 2u

static uint8_t *queue_at(struct bm_host_queue *queue, size_t offset)
{
	return &queue->octets[(queue->first + offset) % BM_HOST_QUEUE_LEN];
}

static void queue_put(struct bm_host_queue *queue, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*queue_at(queue, queue->len++) = octets[i];
}

size_t bm_host_queue_room(const struct bm_host_link *link)
{
	return BM_HOST_QUEUE_LEN - link->queue.len;
}

enum bm_err bm_host_l2cap_send(struct bm_host *host, struct bm_host_link *link, uint16_t cid, const uint8_t *octets,
			       size_t len)
{
	uint8_t header[ENTRY_HEADER_LEN + L2CAP_HEADER_LEN];
	struct bm_writer w = bm_writer_of(header, sizeof header);
	if (link->closing)
		return BM_ERR_STATE;
	if (bm_host_queue_room(link) < sizeof header + len)
		return BM_ERR_BUSY;
	bm_put_le16(&w, (uint16_t)(L2CAP_HEADER_LEN + len));
	bm_put_le16(&w, (uint16_t)len);
	bm_put_le16(&w, cid);
	queue_put(&link->queue, header, sizeof header);
	queue_put(&link->queue, octets, len);
	host->work = true;
	return BM_OK;
}

/* One piece of the link's first frame. */
static void send_piece(struct bm_host *host, struct bm_host_link *link)
{
	struct bm_host_queue *queue = &link->queue;
	const size_t whole = *queue_at(queue, 0) | (size_t)*queue_at(queue, 1) << 8;
	uint8_t packet[BM_H4_MAX];
	struct bm_writer w = bm_writer_of(packet, sizeof packet);
	size_t len = whole - link->tx_at;
	if (len > host->acl_len)
		len = host->acl_len;
	if (len > BM_H4_MAX - 5)
		len = BM_H4_MAX - 5;
	bm_put_u8(&w, BM_H4_ACL);
	bm_put_le16(&w,
		    (uint16_t)(link->handle | (link->tx_at ? BOUNDARY_CONTINUES : BOUNDARY_FIRST) << BOUNDARY_SHIFT));
	bm_put_le16(&w, (uint16_t)len);
	for (size_t i = 0; i < len; i++)
		bm_put_u8(&w, *queue_at(queue, ENTRY_HEADER_LEN + link->tx_at + i));
	link->tx_at += len;
	if (link->tx_at == whole) {
		queue->first = (queue->first + ENTRY_HEADER_LEN + whole) % BM_HOST_QUEUE_LEN;
		queue->len -= ENTRY_HEADER_LEN + whole;
		link->tx_at = 0;
	}
	link->outstanding++;
	host->acl_free--;
	host->ops.send(host->ops.ctx, packet, bm_writer_len(&w));
}

void bm_host_acl_send(struct bm_host *host)
{
	size_t idle = 0;
	while (host->acl_free > 0 && host->acl_len > 0 && idle < BM_HOST_LINKS) {
		struct bm_host_link *link = &host->links[host->next_link % BM_HOST_LINKS];
		host->next_link = (host->next_link + 1) % BM_HOST_LINKS;
		if (!link->used || link->disconnecting || link->queue.len == 0) {
			idle++;
			continue;
		}
		idle = 0;
		send_piece(host, link);
	}
}

void bm_host_completed(struct bm_host *host, struct bm_reader *r)
{
	for (unsigned count = bm_read_u8(r); count > 0; count--) {
		struct bm_host_link *link = bm_host_link_find(host, bm_read_le16(r) & 0x0fff);
		uint16_t completed = bm_read_le16(r);
		if (r->failed)
			return;
		if (!link)
			continue; /* its end has given them back */
		if (completed > link->outstanding)
			completed = link->outstanding;
		link->outstanding = (uint16_t)(link->outstanding - completed);
		host->acl_free = (uint16_t)(host->acl_free + completed);
	}
}

/* The frame's length is known with its header; one that is too long is read past. */
static void take_piece(struct bm_host *host, struct bm_host_link *link, const uint8_t *octets, size_t len, bm_time now)
{
	for (size_t i = 0; i < len; i++) {
		if (link->rx_len < sizeof link->rx)
			link->rx[link->rx_len] = octets[i];
		link->rx_len++;
		if (link->rx_len == L2CAP_HEADER_LEN)
			link->rx_want = L2CAP_HEADER_LEN + (link->rx[0] | (size_t)link->rx[1] << 8);
	}
	if (link->rx_len < L2CAP_HEADER_LEN || link->rx_len < link->rx_want)
		return;
	const bool good = link->rx_len == link->rx_want && link->rx_len <= sizeof link->rx;
	const uint16_t cid = (uint16_t)(link->rx[2] | link->rx[3] << 8);
	const size_t payload = link->rx_want - L2CAP_HEADER_LEN;
	link->rx_len = link->rx_want = 0;
	if (!good) {
		/* Core Vol 3 Part A 7.2.2: what does not add up is discarded. */
		host->stats.malformed++;
		return;
	}
	bm_host_l2cap_received(host, link, cid, link->rx + L2CAP_HEADER_LEN, payload, now);
}

void bm_host_acl_received(struct bm_host *host, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint16_t first = bm_read_le16(&r);
	(void)bm_read_le16(&r);
	struct bm_host_link *link = bm_host_link_find(host, first & 0x0fff);
	const unsigned boundary = first >> BOUNDARY_SHIFT & BOUNDARY_MASK;
	if (r.failed || !link || link->closing)
		return;
	if (boundary == BOUNDARY_CONTINUES) {
		if (link->rx_len == 0) {
			host->stats.malformed++;
			return;
		}
	} else {
		if (link->rx_len > 0)
			host->stats.malformed++; /* the one before has no end */
		link->rx_len = link->rx_want = 0;
	}
	take_piece(host, link, r.at, bm_reader_left(&r), now);
}
