/*
 * Links: their table, their ends, and the commands that they need.
 *
 *   free ─connected▶ used ─(a client: service found; a server: set known)▶ told ─▶ free
 *                      └─ closing: what is queued goes out, then Disconnect ─(completed)─┘
 */
#include <string.h>

#include "host/host_parts.h"

/* What was sent still goes out, but not for ever. */
#define CLOSING_US (3u * BM_US_PER_S)
/* Core Vol 6 Part B 4.5.2: a peer that does not acknowledge the end is lost when the supervision time-out is over; it
 * is 32 s at most. */
#define DISCONNECTING_US (35u * BM_US_PER_S)
#define SILENCE_US (60u * BM_US_PER_S)

struct bm_host_link *bm_host_link_find(struct bm_host *host, uint16_t handle)
{
	for (size_t i = 0; i < BM_HOST_LINKS; i++)
		if (host->links[i].used && host->links[i].handle == handle)
			return &host->links[i];
	return NULL;
}

static bool conn_is_taken(const struct bm_host *host, bm_gatt_conn conn)
{
	for (size_t i = 0; i < BM_HOST_LINKS; i++)
		if (host->links[i].used && host->links[i].conn == conn)
			return true;
	return false;
}

struct bm_host_link *bm_host_link_add(struct bm_host *host, uint16_t handle, enum bm_gatt_role role, bm_time now)
{
	struct bm_host_link *link = bm_host_link_find(host, handle);
	if (link)
		bm_host_link_gone(host, link, now); /* its end was lost */
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		link = &host->links[i];
		if (link->used)
			continue;
		memset(link, 0, sizeof *link);
		do
			host->last_conn++;
		while (conn_is_taken(host, host->last_conn));
		link->used = true;
		link->handle = handle;
		link->role = role;
		link->conn = host->last_conn;
		link->mtu = BM_GATT_MTU_MIN;
		link->deadline = BM_TIME_NEVER;
		link->heard = now;
		if (bm_host_feature(host, BM_HCI_FEATURE_DATA_LENGTH))
			link->todo |= BM_HOST_TODO_DATA_LENGTH;
		return link;
	}
	return NULL;
}

void bm_host_link_refuse(struct bm_host *host, uint16_t handle)
{
	host->stats.surplus++;
	host->work = true;
	if (host->surplus_count < BM_HOST_SURPLUS)
		host->surplus[host->surplus_count++] = handle;
	else
		bm_host_fail(host, "the controller makes connections that nobody asked for");
}

void bm_host_link_tell(struct bm_host_link *link, struct bm_gatt_event event, bm_time now)
{
	const struct bm_host_user *user = link->user;
	event.conn = link->conn;
	event.role = link->role;
	event.service = link->service;
	event.mtu = link->mtu;
	if (user && user->ops.gatt)
		user->ops.gatt(user->ctx, &event, now);
}

/* The link is out of the table before its node hears of it: the node may connect anew. */
void bm_host_link_gone(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	struct bm_host_user *user = link->user;
	const struct bm_gatt_event event = {
		.kind = link->told ? BM_GATT_DISCONNECTED : BM_GATT_CONNECT_FAILED,
		.conn = link->conn,
		.role = link->role,
		.service = link->service,
	};
	const bool tells = link->told || (link->role == BM_GATT_CLIENT && !link->closing);
	/* Core Vol 4 Part E 4.1.1: what it held in the controller counts as sent. */
	host->acl_free = (uint16_t)(host->acl_free + link->outstanding);
	link->used = false;
	link->user = NULL;
	host->work = true;
	if (tells && user && user->ops.gatt)
		user->ops.gatt(user->ctx, &event, now);
}

static void close_link(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	link->closing = true;
	link->told = false;
	link->deadline = bm_time_add(now, CLOSING_US);
	host->work = true;
}

void bm_host_link_drop(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	const struct bm_gatt_event event = {.kind = link->told ? BM_GATT_DISCONNECTED : BM_GATT_CONNECT_FAILED};
	const bool tells = link->told || (link->role == BM_GATT_CLIENT && !link->closing);
	if (link->closing)
		return;
	close_link(host, link, now);
	/* Nothing more is owed to this peer. */
	link->deadline = now;
	link->queue.len = 0;
	link->tx_at = 0;
	if (tells)
		bm_host_link_tell(link, event, now);
}

void bm_host_link_serve(struct bm_host *host, struct bm_host_link *link, struct bm_host_set *set, bm_time now)
{
	const bool known = set->user && set->user->ops.gatt;
	set->active = false; /* until the node wants it again */
	link->user = set->user;
	link->service = set->service;
	if (!known) {
		bm_host_link_drop(host, link, now);
		return;
	}
	link->told = true;
	set->user->served |= set->service == BM_GATT_PROXY ? 2 : 1;
	bm_host_link_tell(link, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED}, now);
}

static struct bm_host_link *find_conn(struct bm_host_user *user, bm_gatt_conn conn)
{
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		struct bm_host_link *link = &user->host->links[i];
		if (link->used && link->told && link->user == user && link->conn == conn)
			return link;
	}
	return NULL;
}

enum bm_err bm_host_gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now)
{
	struct bm_host_user *user = self;
	struct bm_host_link *link = find_conn(user, conn);
	(void)now;
	if (!link)
		return BM_ERR_NOT_FOUND;
	if (len == 0 || len > link->mtu - 3u)
		return BM_ERR_INVALID;
	const enum bm_err err = bm_host_att_value(user->host, link, octets, len);
	if (err == BM_ERR_BUSY)
		link->wants_ready = true;
	user->host->work = true;
	return err;
}

void bm_host_gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now)
{
	struct bm_host_user *user = self;
	struct bm_host_link *link = find_conn(user, conn);
	if (link)
		close_link(user->host, link, now);
}

static void send(struct bm_host *host, size_t index, uint16_t opcode, const struct bm_writer *w, bm_time now)
{
	bm_host_command(host, opcode, BM_HOST_PART_LINK, index, w, now);
}

static void put_asked(const struct bm_host_link *link, struct bm_writer *w)
{
	bm_put_le16(w, link->interval_min);
	bm_put_le16(w, link->interval_max);
	bm_put_le16(w, link->latency);
	bm_put_le16(w, link->timeout);
	bm_put_le16(w, 0);
	bm_put_le16(w, 0);
}

static uint16_t put_todo(const struct bm_host_link *link, enum bm_host_link_todo todo, struct bm_writer *w)
{
	bm_put_le16(w, link->handle);
	switch (todo) {
	case BM_HOST_TODO_DATA_LENGTH:
		bm_put_le16(w, BM_HCI_DATA_LENGTH_MAX);
		bm_put_le16(w, BM_HCI_DATA_TIME_MAX_US);
		return BM_HCI_LE_SET_DATA_LENGTH;
	case BM_HOST_TODO_LTK:
		return BM_HCI_LE_LTK_NEGATIVE_REPLY;
	case BM_HOST_TODO_PARAMETERS_REPLY:
		put_asked(link, w);
		return BM_HCI_LE_PARAMETERS_REPLY;
	case BM_HOST_TODO_PARAMETERS_REFUSE:
		bm_put_u8(w, BM_HCI_UNACCEPTABLE_PARAMETERS);
		return BM_HCI_LE_PARAMETERS_NEGATIVE_REPLY;
	case BM_HOST_TODO_UPDATE:
	default:
		put_asked(link, w);
		return BM_HCI_LE_CONNECTION_UPDATE;
	}
}

static void send_disconnect(struct bm_host *host, size_t index, uint16_t handle, bm_time now)
{
	uint8_t parameters[3];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	bm_put_le16(&w, handle);
	bm_put_u8(&w, BM_HCI_REMOTE_USER_TERMINATED);
	send(host, index, BM_HCI_DISCONNECT, &w, now);
}

bool bm_host_link_next(struct bm_host *host, bm_time now)
{
	if (host->surplus_count > 0) {
		send_disconnect(host, BM_HOST_LINKS, host->surplus[--host->surplus_count], now);
		return true;
	}
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		struct bm_host_link *link = &host->links[i];
		uint8_t parameters[24];
		struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
		if (!link->used || link->disconnecting)
			continue;
		const bool idle = link->queue.len == 0 && link->outstanding == 0;
		if (link->closing && (idle || link->deadline <= now)) {
			link->disconnecting = true;
			link->deadline = bm_time_add(now, DISCONNECTING_US);
			send_disconnect(host, i, link->handle, now);
			return true;
		}
		if (!link->todo)
			continue;
		const enum bm_host_link_todo todo = (enum bm_host_link_todo)(link->todo & -link->todo);
		link->todo &= (uint8_t)~todo;
		const uint16_t opcode = put_todo(link, todo, &w);
		send(host, i, opcode, &w, now);
		return true;
	}
	return false;
}

void bm_host_link_done(struct bm_host *host, size_t index, uint8_t status, bm_time now)
{
	if (index >= BM_HOST_LINKS)
		return; /* one without a place */
	struct bm_host_link *link = &host->links[index];
	/* Asked to disconnect what is no connection: it is gone, and no event will say so. Everything else is a wish;
	 * and a connection that cannot be ended is a matter of time. */
	if (link->used && link->disconnecting && host->command.opcode == BM_HCI_DISCONNECT &&
	    status == BM_HCI_UNKNOWN_CONNECTION)
		bm_host_link_gone(host, link, now);
}

bool bm_host_parameters_asked(struct bm_host_link *link, struct bm_reader *r, enum bm_host_link_todo good,
			      enum bm_host_link_todo bad)
{
	const uint16_t min = bm_read_le16(r), max = bm_read_le16(r);
	const uint16_t latency = bm_read_le16(r), timeout = bm_read_le16(r);
	/* Core Vol 4 Part E 7.8.18; the time-out must be longer than two intervals with latency. */
	const bool valid = !r->failed && min >= 6 && min <= max && max <= 3200 && latency <= 499 && timeout >= 10 &&
			   timeout <= 3200 && timeout * 4u > (1u + latency) * max;
	link->interval_min = min;
	link->interval_max = max;
	link->latency = latency;
	link->timeout = timeout;
	link->todo |= (uint8_t)(valid ? good : bad);
	return valid;
}

/* All places are taken: the client that has been silent for longest, or BM_HOST_LINKS. */
static size_t most_silent(const struct bm_host *host)
{
	size_t silent = BM_HOST_LINKS;
	if (bm_host_has_room_for_link(host))
		return BM_HOST_LINKS;
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		const struct bm_host_link *link = &host->links[i];
		if (link->closing)
			return BM_HOST_LINKS; /* that place will be free */
		if (link->role == BM_GATT_SERVER &&
		    (silent == BM_HOST_LINKS || link->heard < host->links[silent].heard))
			silent = i;
	}
	return silent;
}

static void let_go(struct bm_host *host, struct bm_host_link *link, bm_time now)
{
	host->stats.hostile++;
	bm_host_link_drop(host, link, now);
}

void bm_host_links_run(struct bm_host *host, bm_time now)
{
	const size_t silent = most_silent(host);
	if (silent < BM_HOST_LINKS && bm_time_add(host->links[silent].heard, SILENCE_US) <= now)
		let_go(host, &host->links[silent], now);
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		struct bm_host_link *link = &host->links[i];
		if (!link->used)
			continue;
		if (link->wants_ready && link->told && bm_host_queue_room(link) >= BM_HOST_QUEUE_LEN / 2) {
			link->wants_ready = false;
			bm_host_link_tell(link, (struct bm_gatt_event){.kind = BM_GATT_READY}, now);
		}
		if (link->used && link->changes_due && !link->closing)
			bm_host_server_indicate(host, link, now);
		if (!link->used || link->deadline > now)
			continue;
		if (link->disconnecting) {
			bm_host_fail(host, "the controller does not end a connection");
			return;
		}
		/* A search without end, a client that never subscribes: others may want the place. */
		if (!link->closing)
			let_go(host, link, now);
	}
}

bm_time bm_host_links_deadline(const struct bm_host *host, bool awaited)
{
	const size_t silent = most_silent(host);
	bm_time next = silent < BM_HOST_LINKS ? bm_time_add(host->links[silent].heard, SILENCE_US) : BM_TIME_NEVER;
	for (size_t i = 0; i < BM_HOST_LINKS; i++) {
		const struct bm_host_link *link = &host->links[i];
		const bool waits = awaited && link->closing && !link->disconnecting;
		if (link->used && !waits && link->deadline < next)
			next = link->deadline;
	}
	return next;
}
