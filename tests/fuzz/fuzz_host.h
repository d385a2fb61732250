/*
 * What the fuzz targets of the LE host share: a host with one node, brought up by a controller that answers every
 * command, and a link if one is wanted.
 */
#ifndef FUZZ_HOST_H
#define FUZZ_HOST_H

#include <stdlib.h>
#include <string.h>

#include "host/host.h"

struct fuzz_host {
	struct bm_host host;
	struct bm_host_user *user;
	uint16_t opcode; /* of the command that waits; 0: none */
	bool extended, lost;
	bm_gatt_conn conn;
	bm_time now;
};

static void fuzz_send(void *ctx, const uint8_t *packet, size_t len)
{
	struct fuzz_host *f = ctx;
	if (len < 4 || len > BM_H4_MAX)
		abort();
	if (packet[0] == BM_H4_COMMAND) {
		if (len != 4u + packet[3])
			abort();
		f->opcode = (uint16_t)(packet[1] | packet[2] << 8);
	}
}

static void fuzz_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0x5a, len);
}

static void fuzz_lost(void *ctx, const char *why)
{
	((struct fuzz_host *)ctx)->lost = why[0];
}

/* Reads all octets, and answers some: bearers are called from within. */
static void fuzz_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	struct fuzz_host *f = ctx;
	const struct bm_bearer bearer = bm_host_bearer(f->user);
	uint8_t sum = 0;
	for (size_t i = 0; i < event->len; i++)
		sum ^= event->octets[i];
	f->conn = event->conn;
	if (event->kind == BM_GATT_RECEIVED && event->octets)
		(void)bearer.ops->gatt_send(bearer.self, event->conn, event->octets, event->len, now);
	if (sum == 0x77)
		bearer.ops->gatt_disconnect(bearer.self, event->conn, now);
}

static void fuzz_answer(struct fuzz_host *f)
{
	while (f->opcode && !f->lost) {
		uint8_t packet[20] = {BM_H4_EVENT,        BM_HCI_COMMAND_COMPLETE,   12, 1,
				      (uint8_t)f->opcode, (uint8_t)(f->opcode >> 8), 0};
		if (f->opcode == BM_HCI_LE_READ_FEATURES)
			packet[8] = f->extended ? 0x10 : 0;
		if (f->opcode == BM_HCI_LE_READ_BUFFER_SIZE)
			memcpy(packet + 7, (const uint8_t[]){27, 0, 8}, 3);
		if (f->opcode == BM_HCI_LE_READ_ADV_SETS)
			packet[7] = 5;
		f->opcode = 0;
		bm_host_input(&f->host, packet, 15, f->now);
	}
}

static void fuzz_open(struct fuzz_host *f, bool extended)
{
	static const struct bm_host_user_ops ops = {.gatt = fuzz_gatt};
	memset(f, 0, sizeof *f);
	f->extended = extended;
	f->now = 1;
	bm_host_init(&f->host,
		     &(struct bm_host_ops){.ctx = f, .send = fuzz_send, .random = fuzz_random, .lost = fuzz_lost});
	f->user = bm_host_join(&f->host, (const uint8_t[6]){0xc0}, &ops, f);
	bm_host_opened(&f->host, f->now);
	fuzz_answer(f);
	if (f->host.state != BM_HOST_UP)
		abort();
}

/* Time passes, commands are answered. */
static void fuzz_pass(struct fuzz_host *f, bm_time us)
{
	f->now += us;
	bm_host_run(&f->host, f->now);
	fuzz_answer(f);
}

static inline void fuzz_connect(struct fuzz_host *f, enum bm_gatt_role role, enum bm_gatt_service service)
{
	const struct bm_bearer bearer = bm_host_bearer(f->user);
	const uint8_t connected[] = {BM_H4_EVENT, BM_HCI_LE_META,
				     19,          BM_HCI_LE_CONNECTION_COMPLETE,
				     0,           0x40,
				     0,           role == BM_GATT_SERVER,
				     0,           1,
				     2,           3,
				     4,           5,
				     6,           24,
				     0,           0,
				     0,           100,
				     0,           0};
	if (role == BM_GATT_SERVER) {
		const struct bm_gatt_adv adv = {
			.service = service, .data = (const uint8_t[]){0}, .len = 1, .interval_us = 100000};
		if (bearer.ops->gatt_advertise(bearer.self, &adv, f->now))
			abort();
	} else if (bearer.ops->gatt_connect(bearer.self, &(struct bm_gatt_peer){.random = true}, service, f->now)) {
		abort();
	}
	fuzz_pass(f, 1000);
	bm_host_input(&f->host, connected, sizeof connected, f->now);
	fuzz_answer(f);
}

/* An ATT PDU from the peer, and room for what is answered. */
static inline void fuzz_att(struct fuzz_host *f, const uint8_t *pdu, size_t len)
{
	static const uint8_t completed[] = {BM_H4_EVENT, BM_HCI_COMPLETED_PACKETS, 5, 1, 0x40, 0, 8, 0};
	uint8_t packet[9 + 600] = {
		BM_H4_ACL,           0x40, 0x20, (uint8_t)(len + 4), (uint8_t)((len + 4) >> 8), (uint8_t)len,
		(uint8_t)(len >> 8), 4,    0};
	if (len > 600)
		return;
	if (len)
		memcpy(packet + 9, pdu, len);
	bm_host_input(&f->host, packet, 9 + len, f->now);
	bm_host_input(&f->host, completed, sizeof completed, f->now);
	fuzz_answer(f);
}

#endif
