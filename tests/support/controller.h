/*
 * A controller that a test plays: what the host sends is written down, commands are answered as the test wants, and
 * events and data come when the test says so.
 */
#ifndef SUPPORT_CONTROLLER_H
#define SUPPORT_CONTROLLER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/host.h"

#define CONTROLLER_LOG 512u
#define CONTROLLER_HANDLE 0x0040u

struct sent {
	bool acl;
	uint16_t opcode; /* a command's; of ACL data: its handle and flags */
	uint8_t octets[270];
	size_t len;
};

struct heard {
	struct bm_gatt_event event;
	uint8_t octets[BM_GATT_MTU_MAX];
};

struct controller {
	struct bm_host host;
	struct bm_host_user *user;
	struct sent sent[CONTROLLER_LOG];
	size_t sent_count, answered;
	bool extended, data_length;
	uint8_t adv_sets; /* 0: four */
	uint16_t cut;     /* this opcode is answered without a status */
	uint16_t acl_len;
	uint8_t acl_total;
	uint16_t handle; /* of the connection that is spoken of */
	uint16_t fails;  /* this opcode is answered with the status */
	uint8_t fail_status;
	uint16_t silent; /* this one is not answered */
	struct heard heard[64];
	size_t heard_count;
	unsigned received, seen, ups, losses;
	bm_time now;
	uint8_t random;
};

static void controller_send(void *ctx, const uint8_t *packet, size_t len)
{
	struct controller *c = ctx;
	assert_true(c->sent_count < CONTROLLER_LOG);
	struct sent *sent = &c->sent[c->sent_count++];
	sent->acl = packet[0] == BM_H4_ACL;
	sent->opcode = (uint16_t)(packet[1] | packet[2] << 8);
	const size_t header = sent->acl ? 5 : 4;
	sent->len = len - header;
	assert_true(sent->len <= sizeof sent->octets);
	memcpy(sent->octets, packet + header, sent->len);
}

static void controller_random(void *ctx, uint8_t *out, size_t len)
{
	struct controller *c = ctx;
	for (size_t i = 0; i < len; i++)
		out[i] = ++c->random;
}

static void controller_up(void *ctx)
{
	((struct controller *)ctx)->ups++;
}

static void controller_lost(void *ctx, const char *why)
{
	assert_non_null(why);
	((struct controller *)ctx)->losses++;
}

static void controller_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	(void)ad_type, (void)payload, (void)len, (void)rssi, (void)now;
	((struct controller *)ctx)->received++;
}

static void controller_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	(void)seen, (void)now;
	((struct controller *)ctx)->seen++;
}

static void controller_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	struct controller *c = ctx;
	(void)now;
	assert_true(c->heard_count < BM_ARRAY_LEN(c->heard));
	struct heard *heard = &c->heard[c->heard_count++];
	heard->event = *event;
	assert_true(event->len <= sizeof heard->octets);
	if (event->len)
		memcpy(heard->octets, event->octets, event->len);
}

static void controller_event(struct controller *c, uint8_t code, const uint8_t *octets, size_t len)
{
	uint8_t packet[258] = {BM_H4_EVENT, code, (uint8_t)len};
	memcpy(packet + 3, octets, len);
	bm_host_input(&c->host, packet, 3 + len, c->now);
}

/* What a command is answered with, behind the status. */
static size_t controller_answer(const struct controller *c, uint16_t opcode, uint8_t *out)
{
	switch (opcode) {
	case BM_HCI_READ_BD_ADDR:
		memcpy(out, (const uint8_t[]){1, 2, 3, 4, 5, 6}, 6);
		return 6;
	case BM_HCI_LE_READ_FEATURES:
		memset(out, 0, 8);
		out[0] = c->data_length ? 0x20 : 0;
		out[1] = c->extended ? 0x10 : 0;
		return 8;
	case BM_HCI_LE_READ_BUFFER_SIZE:
		out[0] = (uint8_t)c->acl_len;
		out[1] = (uint8_t)(c->acl_len >> 8);
		out[2] = c->acl_total;
		return 3;
	case BM_HCI_LE_READ_ADV_SETS:
		out[0] = c->adv_sets ? c->adv_sets : 4;
		return 1;
	default:
		return 0;
	}
}

/* Answers all commands that are not answered yet, and what follows from the answers. */
static void controller_settle(struct controller *c)
{
	bm_host_run(&c->host, c->now);
	while (c->answered < c->sent_count) {
		const struct sent *sent = &c->sent[c->answered++];
		uint8_t octets[16] = {1, (uint8_t)sent->opcode, (uint8_t)(sent->opcode >> 8), 0};
		if (sent->acl || sent->opcode == c->silent)
			continue;
		if (sent->opcode == c->fails)
			octets[3] = c->fail_status;
		const bool by_status = sent->opcode == BM_HCI_DISCONNECT ||
				       sent->opcode == BM_HCI_LE_CREATE_CONNECTION ||
				       sent->opcode == BM_HCI_LE_EXT_CREATE_CONNECTION;
		if (by_status) {
			const uint8_t status[] = {octets[3], 1, octets[1], octets[2]};
			controller_event(c, BM_HCI_COMMAND_STATUS, status, sizeof status);
		} else {
			const size_t len = controller_answer(c, sent->opcode, octets + 4);
			controller_event(c, BM_HCI_COMMAND_COMPLETE, octets, sent->opcode == c->cut ? 3 : 4 + len);
		}
	}
}

/* Time goes on, with all that is due on the way. */
static void controller_pass(struct controller *c, bm_time us)
{
	const bm_time end = c->now + us;
	for (;;) {
		const bm_time at = bm_host_deadline(&c->host);
		if (at > end)
			break;
		if (at > c->now)
			c->now = at;
		controller_settle(c);
	}
	c->now = end;
	controller_settle(c);
}

static void controller_init(struct controller *c)
{
	static const struct bm_host_user_ops ops = {
		.receive = controller_receive, .seen = controller_seen, .gatt = controller_gatt};
	memset(c, 0, sizeof *c);
	c->now = 1000;
	c->acl_len = 27;
	c->acl_total = 3;
	c->handle = CONTROLLER_HANDLE;
	bm_host_init(&c->host, &(struct bm_host_ops){.ctx = c,
						     .send = controller_send,
						     .random = controller_random,
						     .up = controller_up,
						     .lost = controller_lost});
	c->user = bm_host_join(&c->host, (const uint8_t[]){0xc1, 2, 3, 4, 5, 6}, &ops, c);
}

static void controller_open(struct controller *c)
{
	bm_host_opened(&c->host, c->now);
	controller_settle(c);
	assert_int_equal(c->ups, 1);
	if (bm_host_deadline(&c->host) <= c->now)
		controller_settle(c);
}

/* How often a command was sent from the log's entry from on; *last: the last of them. */
static inline unsigned controller_count(const struct controller *c, uint16_t opcode, size_t from,
					const struct sent **last)
{
	unsigned count = 0;
	for (size_t i = from; i < c->sent_count; i++)
		if (!c->sent[i].acl && c->sent[i].opcode == opcode) {
			count++;
			if (last)
				*last = &c->sent[i];
		}
	return count;
}

static inline void controller_connected(struct controller *c, bool peripheral, uint8_t status)
{
	uint8_t octets[19] = {BM_HCI_LE_CONNECTION_COMPLETE,
			      status,
			      c->handle & 0xff,
			      0,
			      peripheral,
			      1,
			      6,
			      5,
			      4,
			      3,
			      2,
			      0xc1,
			      24,
			      0,
			      0,
			      0,
			      0xa4,
			      1,
			      0};
	controller_event(c, BM_HCI_LE_META, octets, sizeof octets);
	controller_settle(c);
}

static inline void controller_completed(struct controller *c, uint16_t count)
{
	const uint8_t octets[] = {1, c->handle & 0xff, 0, (uint8_t)count, (uint8_t)(count >> 8)};
	controller_event(c, BM_HCI_COMPLETED_PACKETS, octets, sizeof octets);
	controller_settle(c);
}

static inline void controller_acl(struct controller *c, unsigned boundary, const uint8_t *octets, size_t len)
{
	uint8_t packet[5 + 600] = {BM_H4_ACL, c->handle & 0xff, (uint8_t)(boundary << 4), (uint8_t)len,
				   (uint8_t)(len >> 8)};
	memcpy(packet + 5, octets, len);
	bm_host_input(&c->host, packet, 5 + len, c->now);
	controller_settle(c);
}

/* An L2CAP frame in one piece. */
static inline void controller_l2cap(struct controller *c, uint16_t cid, const uint8_t *octets, size_t len)
{
	uint8_t frame[600] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)cid, (uint8_t)(cid >> 8)};
	memcpy(frame + 4, octets, len);
	controller_acl(c, 2, frame, 4 + len);
}

/* Takes what the host sent as data since the log's entry *from, puts it together, and completes it. Its length. */
static inline size_t controller_data(struct controller *c, size_t *from, uint8_t *out)
{
	size_t len = 0;
	for (; *from < c->sent_count; ++*from) {
		const struct sent *sent = &c->sent[*from];
		if (!sent->acl)
			continue;
		if (len && !(sent->opcode >> 12 & 1))
			break; /* the next frame */
		memcpy(out + len, sent->octets, sent->len);
		len += sent->len;
		controller_completed(c, 1);
	}
	return len;
}

#endif
