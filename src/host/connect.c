/*
 * Connecting, and what begins with a connection.
 *
 *   idle ─gatt_connect▶ wanted ▶ asked ▶ running ─(connected)▶ idle, and the link's search begins
 *                        ▲         │        └─(time over)▶ cancel ▶ cancelled ▶ failed ─told▶ idle
 *                        └─refused─┘ once more, without scanning meanwhile
 */
#include <string.h>

#include "host/host_parts.h"

#define CONNECT_TIMEOUT_US (5u * BM_US_PER_S)
#define CANCEL_TIMEOUT_US (2u * BM_US_PER_S)
#define OWN_ADDR_RANDOM 0x01u
#define PHY_1M 0x01u
#define SCAN_INTERVAL 0x0060u
/* 15 to 30 ms, no latency, 4.2 s until a silent peer counts as lost (steps of 1.25 and 10 ms). */
#define INTERVAL_MIN 0x000cu
#define INTERVAL_MAX 0x0018u
#define SUPERVISION 0x01a4u
#define PHONE_PAUSE_US (60u * BM_US_PER_S)

enum bm_err bm_host_gatt_connect(void *self, const struct bm_gatt_peer *peer, enum bm_gatt_service service, bm_time now)
{
	struct bm_host_user *user = self;
	struct bm_host *host = user->host;
	(void)now;
	if (host->connect.step != BM_HOST_CONNECT_IDLE || host->state != BM_HOST_UP)
		return BM_ERR_BUSY;
	for (size_t i = 0; i < BM_HOST_LINKS; i++)
		if (host->links[i].used && host->links[i].role == BM_GATT_CLIENT && !host->links[i].told &&
		    !host->links[i].closing)
			return BM_ERR_BUSY;
	if (!bm_host_has_room_for_link(host))
		return BM_ERR_BUSY;
	host->connect = (struct bm_host_connect){
		.step = BM_HOST_CONNECT_WANTED, .user = user, .peer = *peer, .service = service};
	host->work = true;
	return BM_OK;
}

static void put_timing(struct bm_writer *w)
{
	bm_put_le16(w, INTERVAL_MIN);
	bm_put_le16(w, INTERVAL_MAX);
	bm_put_le16(w, 0);
	bm_put_le16(w, SUPERVISION);
	bm_put_le16(w, 0);
	bm_put_le16(w, 0);
}

static uint16_t put_create(const struct bm_host *host, struct bm_writer *w)
{
	const struct bm_gatt_peer *peer = &host->connect.peer;
	if (host->extended) {
		bm_put_u8(w, 0);
		bm_put_u8(w, OWN_ADDR_RANDOM);
		bm_put_u8(w, peer->random);
		bm_hci_put_addr(w, peer->addr);
		bm_put_u8(w, PHY_1M);
		bm_put_le16(w, SCAN_INTERVAL);
		bm_put_le16(w, SCAN_INTERVAL);
		put_timing(w);
		return BM_HCI_LE_EXT_CREATE_CONNECTION;
	}
	bm_put_le16(w, SCAN_INTERVAL);
	bm_put_le16(w, SCAN_INTERVAL);
	bm_put_u8(w, 0);
	bm_put_u8(w, peer->random);
	bm_hci_put_addr(w, peer->addr);
	bm_put_u8(w, OWN_ADDR_RANDOM);
	put_timing(w);
	return BM_HCI_LE_CREATE_CONNECTION;
}

bool bm_host_connect_next(struct bm_host *host, bm_time now)
{
	struct bm_host_connect *connect = &host->connect;
	uint8_t parameters[32];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	uint16_t opcode;
	switch (connect->step) {
	case BM_HOST_CONNECT_WANTED:
		if (host->hold_scan || (connect->quiet && host->scanning))
			return false;
		opcode = put_create(host, &w);
		connect->step = BM_HOST_CONNECT_ASKED;
		break;
	case BM_HOST_CONNECT_CANCEL:
		opcode = BM_HCI_LE_CREATE_CONNECTION_CANCEL;
		connect->step = BM_HOST_CONNECT_CANCELLED;
		connect->deadline = bm_time_add(now, CANCEL_TIMEOUT_US);
		break;
	default:
		return false;
	}
	bm_host_command(host, opcode, BM_HOST_PART_CONNECT, 0, &w, now);
	return true;
}

void bm_host_connect_done(struct bm_host *host, uint8_t status, bm_time now)
{
	struct bm_host_connect *connect = &host->connect;
	if (connect->step != BM_HOST_CONNECT_ASKED)
		return; /* the connection's end tells how cancelling went */
	if (status == BM_HCI_SUCCESS) {
		connect->step = BM_HOST_CONNECT_RUNNING;
		connect->deadline = bm_time_add(now, CONNECT_TIMEOUT_US);
	} else if (!connect->quiet) {
		connect->quiet = true;
		connect->step = BM_HOST_CONNECT_WANTED;
	} else {
		connect->step = BM_HOST_CONNECT_FAILED;
	}
}

void bm_host_connect_run(struct bm_host *host, bm_time now)
{
	struct bm_host_connect *connect = &host->connect;
	if (connect->step == BM_HOST_CONNECT_RUNNING && connect->deadline <= now)
		connect->step = BM_HOST_CONNECT_CANCEL;
	if (connect->step == BM_HOST_CONNECT_CANCELLED && connect->deadline <= now)
		connect->step = BM_HOST_CONNECT_FAILED;
	if (connect->step != BM_HOST_CONNECT_FAILED)
		return;
	struct bm_host_user *user = connect->user;
	*connect = (struct bm_host_connect){.step = BM_HOST_CONNECT_IDLE};
	host->work = true;
	if (user && user->ops.gatt)
		user->ops.gatt(user->ctx, &(struct bm_gatt_event){.kind = BM_GATT_CONNECT_FAILED}, now);
}

static void connected_as_client(struct bm_host *host, const struct bm_hci_connection *connection, bm_time now)
{
	struct bm_host_connect *connect = &host->connect;
	struct bm_host_link *link = NULL;
	if (connection->status == BM_HCI_SUCCESS)
		link = bm_host_link_add(host, connection->handle, BM_GATT_CLIENT, now);
	if (connection->status == BM_HCI_SUCCESS && !link)
		bm_host_link_refuse(host, connection->handle);
	/* It may come before the command's own answer; and after it was given up: then nobody wants it. */
	if (connect->step < BM_HOST_CONNECT_ASKED) {
		if (link)
			bm_host_link_drop(host, link, now);
		return;
	}
	if (!link) {
		connect->step = BM_HOST_CONNECT_FAILED;
		return;
	}
	link->user = connect->user;
	link->service = connect->service;
	*connect = (struct bm_host_connect){.step = BM_HOST_CONNECT_IDLE};
	if (link->user)
		bm_host_client_start(host, link, now);
	else
		bm_host_link_drop(host, link, now);
}

/* The set that a client came through, if that is certain without its being told. */
static struct bm_host_set *only_set(struct bm_host *host)
{
	struct bm_host_set *only = NULL;
	if (!host->extended)
		return host->legacy.last;
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		if (!host->sets[i].enabled)
			continue;
		if (only)
			return NULL;
		only = &host->sets[i];
	}
	return only;
}

void bm_host_connected(struct bm_host *host, const struct bm_hci_connection *connection, bm_time now)
{
	if (host->state != BM_HOST_UP)
		return;
	const bool failed = connection->status != BM_HCI_SUCCESS;
	/* Advertising that ended without a connection is no end of one that is being made; of such an event some
	 * controllers fill in the status alone. */
	if (failed && (connection->peripheral || connection->status == BM_HCI_ADVERTISING_TIMEOUT))
		return;
	if (failed || !connection->peripheral) {
		connected_as_client(host, connection, now);
		return;
	}
	struct bm_host_set *set = only_set(host);
	struct bm_host_link *link = bm_host_link_add(host, connection->handle, BM_GATT_SERVER, now);
	if (!host->extended && host->legacy.set && host->legacy.step == BM_HOST_ADV_ON)
		host->legacy.step = BM_HOST_ADV_OFF; /* a connection ends the advertising */
	if (!link) {
		bm_host_link_refuse(host, connection->handle);
		return;
	}
	link->deadline = bm_time_add(now, PHONE_PAUSE_US);
	if (set)
		bm_host_link_serve(host, link, set, now);
}
