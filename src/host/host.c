/*
 * The host's centre: the controller's state, the one command under way, and who may send the next.
 *
 *   command ─▶ Command Complete / Command Status ─▶ the part's done ─▶ whoever lacks something next
 *      └─(no answer in time)▶ lost
 */
#include "host/host.h"

#include <stdio.h>
#include <string.h>

#include "host/host_parts.h"

/* Controllers answer within milliseconds; one behind a slow serial line may be busy with its reset. */
#define COMMAND_TIMEOUT_US (4u * BM_US_PER_S)

void bm_host_init(struct bm_host *host, const struct bm_host_ops *ops)
{
	memset(host, 0, sizeof *host);
	host->ops = *ops;
}

static uint32_t random_below(void *ctx, uint32_t bound)
{
	const struct bm_host *host = ctx;
	uint8_t octets[4];
	host->ops.random(host->ops.ctx, octets, sizeof octets);
	struct bm_reader r = bm_reader_of(octets, sizeof octets);
	return (uint32_t)((uint64_t)bm_read_le32(&r) * bound >> 32);
}

struct bm_host_user *bm_host_join(struct bm_host *host, const uint8_t addr[6], const struct bm_host_user_ops *ops,
				  void *ctx)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++) {
		struct bm_host_user *user = &host->users[i];
		if (user->host)
			continue;
		*user = (struct bm_host_user){.host = host, .ops = *ops, .ctx = ctx, .listen_until = BM_TIME_NEVER};
		memcpy(user->addr, addr, sizeof user->addr);
		user->addr[0] |= 0xc0; /* static random (Core Vol 6 Part B 1.3.2.1) */
		bm_advertiser_init(&user->advertiser, random_below, host);
		host->work = true;
		return user;
	}
	return NULL;
}

static enum bm_err advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct bm_host_user *user = self;
	user->host->work = true;
	return bm_advertiser_submit(&user->advertiser, adv, now);
}

static void listen(void *self, bm_time from, bm_time until, bm_time now)
{
	struct bm_host_user *user = self;
	(void)now;
	user->listen_from = from;
	user->listen_until = until;
	user->host->work = true;
}

struct bm_bearer bm_host_bearer(struct bm_host_user *user)
{
	static const struct bm_bearer_ops ops = {
		.advertise = advertise,
		.gatt_advertise = bm_host_gatt_advertise,
		.gatt_connect = bm_host_gatt_connect,
		.gatt_send = bm_host_gatt_send,
		.gatt_disconnect = bm_host_gatt_disconnect,
		.listen = listen,
	};
	return (struct bm_bearer){.ops = &ops, .self = user};
}

void bm_host_fail(struct bm_host *host, const char *why)
{
	if (host->state == BM_HOST_CLOSED)
		return;
	/* Once: the transport closes on it. */
	host->state = BM_HOST_CLOSED;
	host->work = true;
	if (host->ops.lost)
		host->ops.lost(host->ops.ctx, why);
}

void bm_host_opened(struct bm_host *host, bm_time now)
{
	host->state = BM_HOST_STARTING;
	host->h4.len = host->h4.skip = 0;
	host->command = (struct bm_host_command){0};
	host->credits = 1;
	host->bring_up = 0;
	host->without_sets = false;
	bm_host_run(host, now);
}

void bm_host_closed(struct bm_host *host, bm_time now)
{
	host->state = BM_HOST_CLOSED;
	host->command.waits = false;
	host->surplus_count = 0;
	host->scanning = host->scan_configured = host->hold_scan = false;
	host->legacy = (struct bm_host_legacy){.step = BM_HOST_ADV_OFF};
	memset(host->mesh, 0, sizeof host->mesh);
	memset(host->random_addr, 0, sizeof host->random_addr);
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		host->sets[i].enabled = host->sets[i].yields = false;
		host->sets[i].dirty = BM_HOST_DIRTY_ALL;
		host->sets[i].retry = 0;
	}
	if (host->connect.step != BM_HOST_CONNECT_IDLE)
		host->connect.step = BM_HOST_CONNECT_FAILED;
	for (size_t i = 0; i < BM_HOST_LINKS; i++)
		if (host->links[i].used)
			bm_host_link_gone(host, &host->links[i], now);
	bm_host_connect_run(host, now);
}

void bm_host_command(struct bm_host *host, uint16_t opcode, enum bm_host_part part, size_t index,
		     const struct bm_writer *parameters, bm_time now)
{
	uint8_t packet[4 + 255];
	struct bm_writer w = bm_writer_of(packet, sizeof packet);
	const size_t len = parameters ? bm_writer_len(parameters) : 0;
	bm_put_u8(&w, BM_H4_COMMAND);
	bm_put_le16(&w, opcode);
	bm_put_u8(&w, (uint8_t)len);
	if (len)
		bm_put_octets(&w, parameters->start, len);
	host->command = (struct bm_host_command){
		.waits = true,
		.opcode = opcode,
		.part = part,
		.index = index,
		.deadline = bm_time_add(now, COMMAND_TIMEOUT_US),
	};
	if (host->credits > 0)
		host->credits--;
	host->ops.send(host->ops.ctx, packet, bm_writer_len(&w));
}

static void command_done(struct bm_host *host, uint16_t opcode, uint8_t status, struct bm_reader *r, bm_time now)
{
	if (!host->command.waits || host->command.opcode != opcode)
		return; /* 0x0000: only credits; or an answer that came too late */
	const struct bm_host_command command = host->command;
	host->command.waits = false;
	if (status != BM_HCI_SUCCESS)
		host->stats.refused++;
	switch (command.part) {
	case BM_HOST_PART_BRING_UP:
		bm_host_bring_up_done(host, status, r);
		break;
	case BM_HOST_PART_LINK:
		bm_host_link_done(host, command.index, status, now);
		break;
	case BM_HOST_PART_CONNECT:
		bm_host_connect_done(host, status, now);
		break;
	case BM_HOST_PART_LEGACY:
		bm_host_legacy_done(host, status, now);
		break;
	case BM_HOST_PART_EXTENDED:
		bm_host_extended_done(host, command.index, status, now);
		break;
	case BM_HOST_PART_SCAN:
		bm_host_scan_done(host, status, now);
		break;
	}
}

/* Core Vol 4 Part E 4.4: a controller may take no command for a while; the next credit is awaited like an answer. */
static void await_credit(struct bm_host *host, bm_time now)
{
	if (!host->command.waits && host->credits == 0)
		host->command.deadline = bm_time_add(now, COMMAND_TIMEOUT_US);
}

static bool is_awaited(const struct bm_host *host)
{
	return host->command.waits || host->credits == 0;
}

static void le_event(struct bm_host *host, struct bm_reader *r, bm_time now)
{
	struct bm_hci_connection connection;
	struct bm_host_link *link;
	const uint8_t code = bm_read_u8(r);
	switch (code) {
	case BM_HCI_LE_CONNECTION_COMPLETE:
	case BM_HCI_LE_ENHANCED_CONNECTION_COMPLETE:
		if (bm_hci_read_connection(r, code != BM_HCI_LE_CONNECTION_COMPLETE, &connection) == BM_OK)
			bm_host_connected(host, &connection, now);
		break;
	case BM_HCI_LE_ADV_REPORT:
	case BM_HCI_LE_EXT_ADV_REPORT:
		bm_host_reports(host, code == BM_HCI_LE_EXT_ADV_REPORT, r, now);
		break;
	case BM_HCI_LE_LTK_REQUEST:
		link = bm_host_link_find(host, bm_read_le16(r) & 0x0fff);
		if (link && !r->failed)
			link->todo |= BM_HOST_TODO_LTK;
		break;
	case BM_HCI_LE_PARAMETERS_REQUEST:
		link = bm_host_link_find(host, bm_read_le16(r) & 0x0fff);
		if (link)
			bm_host_parameters_asked(link, r, BM_HOST_TODO_PARAMETERS_REPLY,
						 BM_HOST_TODO_PARAMETERS_REFUSE);
		break;
	case BM_HCI_LE_SET_TERMINATED:
		bm_host_extended_terminated(host, r, now);
		break;
	default:
		break;
	}
}

static void on_event(struct bm_host *host, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_reader r = bm_reader_of(octets, len);
	struct bm_host_link *link;
	const uint8_t code = bm_read_u8(&r);
	uint16_t opcode;
	uint8_t status, credits;
	(void)bm_read_u8(&r); /* the length, which the framing has used */
	switch (code) {
	case BM_HCI_COMMAND_COMPLETE:
		credits = bm_read_u8(&r);
		opcode = bm_read_le16(&r);
		if (r.failed)
			break; /* about nothing: it gives no credits and takes none */
		host->credits = credits;
		status = opcode ? bm_read_u8(&r) : BM_HCI_SUCCESS;
		command_done(host, opcode, r.failed ? BM_HCI_UNSPECIFIED_ERROR : status, &r, now);
		await_credit(host, now);
		break;
	case BM_HCI_COMMAND_STATUS:
		status = bm_read_u8(&r);
		credits = bm_read_u8(&r);
		opcode = bm_read_le16(&r);
		if (r.failed)
			break;
		host->credits = credits;
		/* A status tells no results: those of a command of the bring-up are still to come. */
		if (status != BM_HCI_SUCCESS || host->state != BM_HOST_STARTING)
			command_done(host, opcode, status, &r, now);
		await_credit(host, now);
		break;
	case BM_HCI_DISCONNECTION_COMPLETE:
		status = bm_read_u8(&r);
		link = bm_host_link_find(host, bm_read_le16(&r) & 0x0fff);
		if (link && !r.failed && status == BM_HCI_SUCCESS)
			bm_host_link_gone(host, link, now);
		break;
	case BM_HCI_COMPLETED_PACKETS:
		bm_host_completed(host, &r);
		break;
	case BM_HCI_HARDWARE_ERROR:
		snprintf(host->why, sizeof host->why, "the controller reports hardware error 0x%02x", bm_read_u8(&r));
		bm_host_fail(host, host->why);
		break;
	case BM_HCI_LE_META:
		le_event(host, &r, now);
		break;
	default:
		break;
	}
	if (r.failed)
		host->stats.malformed++;
}

void bm_host_input(struct bm_host *host, const uint8_t *octets, size_t len, bm_time now)
{
	while (len > 0 && host->state != BM_HOST_CLOSED) {
		size_t used, packet;
		if (!bm_h4_take(&host->h4, octets, len, &used, &packet)) {
			bm_host_fail(host, "what arrives is no H4: is this the right port and speed?");
			return;
		}
		octets += used;
		len -= used;
		if (packet && host->ops.sniff)
			host->ops.sniff(host->ops.ctx, host->h4.packet, packet);
		/* What comes before the answer to the reset is left over from whoever had the controller before. */
		if (packet && host->h4.packet[0] == BM_H4_EVENT)
			on_event(host, host->h4.packet + 1, packet - 1, now);
		else if (packet && host->state == BM_HOST_UP)
			bm_host_acl_received(host, host->h4.packet + 1, packet - 1, now);
	}
	host->work = true;
	bm_host_run(host, now);
}

/* What goes first matters: links end and connect before the air is used, so that nothing waits behind a flood of
 * advertising. */
static bool next_command(struct bm_host *host, bm_time now)
{
	if (host->state == BM_HOST_STARTING)
		return bm_host_bring_up_next(host, now);
	return bm_host_link_next(host, now) || bm_host_connect_next(host, now) || bm_host_scan_next(host, now) ||
	       (host->extended ? bm_host_extended_next(host, now) : bm_host_legacy_next(host, now));
}

void bm_host_run(struct bm_host *host, bm_time now)
{
	host->work = false;
	host->ran = now;
	bm_host_connect_run(host, now);
	if (host->state == BM_HOST_CLOSED)
		return;
	if (is_awaited(host) && host->command.deadline <= now) {
		host->command.waits = false;
		snprintf(host->why, sizeof host->why, "the controller does not answer (command 0x%04x)",
			 host->command.opcode);
		bm_host_fail(host, host->why);
		return;
	}
	if (host->state == BM_HOST_UP) {
		bm_host_links_run(host, now);
		bm_host_acl_send(host);
	}
	while (host->state != BM_HOST_CLOSED && !host->command.waits && host->credits > 0 && next_command(host, now))
		;
}

bm_time bm_host_deadline(const struct bm_host *host)
{
	if (host->work)
		return 0;
	if (host->state == BM_HOST_CLOSED)
		return BM_TIME_NEVER;
	bm_time next = is_awaited(host) ? host->command.deadline : BM_TIME_NEVER;
	const bm_time others[] = {
		host->state == BM_HOST_UP ? bm_host_links_deadline(host, is_awaited(host)) : BM_TIME_NEVER,
		host->connect.step == BM_HOST_CONNECT_RUNNING || host->connect.step == BM_HOST_CONNECT_CANCELLED
			? host->connect.deadline
			: BM_TIME_NEVER,
	};
	for (size_t i = 0; i < BM_ARRAY_LEN(others); i++)
		if (others[i] < next)
			next = others[i];
	/* While a command is under way its answer comes first. */
	if (host->state != BM_HOST_UP || is_awaited(host))
		return next;
	const bm_time adv = host->extended ? bm_host_extended_deadline(host) : bm_host_legacy_deadline(host);
	const bm_time scan = bm_host_scan_deadline(host);
	if (adv < next)
		next = adv;
	return scan < next ? scan : next;
}
