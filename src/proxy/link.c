/*
 * The links of the GATT bearer.
 *
 *   FREE ─connect▶ CONNECTING ─CONNECTED (client)▶ OPEN ─┐
 *     └──CONNECTED (server)▶ CONNECTED ─SUBSCRIBED▶ OPEN ─┴ DISCONNECTED, close, a broken message ▶ FREE
 */
#include "proxy/link.h"

#include <string.h>

/* MshPRT 6.3.2.2: a message that is not complete after this long ends the connection. */
#define REASSEMBLY_US (20u * BM_US_PER_S)
/* A client that has not subscribed after this long holds a place that another could use. */
#define HALF_OPEN_US (60u * BM_US_PER_S)

void bm_gatt_links_carve(struct bm_gatt_links *links, uint8_t capacity, struct bm_arena *arena)
{
	links->table = bm_arena_take(arena, capacity, sizeof *links->table);
}

static void set_state(struct bm_gatt_link *link, enum bm_gatt_link_state state)
{
	static const char *const names[] = {"free", "connecting", "connected", "open"};
	if (link->state != state)
		bm_env_trace_state(link->owner->env, "gatt_link", names[link->state], names[state]);
	link->state = state;
}

static void release(struct bm_gatt_link *link)
{
	bm_timer_stop(&link->timer);
	bm_wipe(&link->rx, sizeof link->rx);
	bm_wipe(&link->tx, sizeof link->tx);
	set_state(link, BM_GATT_LINK_FREE);
	link->owner->upper.freed(link->owner->upper.ctx, false);
}

static void disconnect(const struct bm_gatt_links *links, bm_gatt_conn conn)
{
	const struct bm_bearer *bearer = &links->env->bearer;
	if (bearer->ops->gatt_disconnect)
		bearer->ops->gatt_disconnect(bearer->self, conn, bm_env_now(links->env));
}

/* The upper layer looks at the link a last time; then it is free. */
static void lose(struct bm_gatt_link *link)
{
	const struct bm_gatt_links_upper *upper = &link->owner->upper;
	const bool was_open = link->state == BM_GATT_LINK_OPEN;
	/* No message goes out any more, whatever the upper layer tries. */
	set_state(link, BM_GATT_LINK_CONNECTED);
	if (was_open)
		upper->closed(upper->ctx, link->number);
	release(link);
}

/* The message did not become whole, or the client did not subscribe. */
static void time_out(void *ctx)
{
	struct bm_gatt_link *link = ctx;
	if (link->rx.active)
		bm_env_drop(link->owner->env, BM_DROP_SAR_TIMEOUT, link->rx.octets, link->rx.len);
	disconnect(link->owner, link->conn);
	lose(link);
}

void bm_gatt_links_init(struct bm_gatt_links *links, struct bm_env *env, uint8_t capacity,
			const struct bm_gatt_links_upper *upper)
{
	links->env = env;
	links->upper = *upper;
	links->capacity = capacity;
	for (uint8_t i = 0; i < capacity; i++) {
		struct bm_gatt_link *link = &links->table[i];
		link->owner = links;
		link->number = i;
		bm_timer_init(&link->timer, time_out, link);
	}
}

static struct bm_gatt_link *find_state(struct bm_gatt_links *links, enum bm_gatt_link_state state)
{
	for (size_t i = 0; i < links->capacity; i++)
		if (links->table[i].state == state)
			return &links->table[i];
	return NULL;
}

static struct bm_gatt_link *find_conn(struct bm_gatt_links *links, bm_gatt_conn conn)
{
	for (size_t i = 0; i < links->capacity; i++)
		if (links->table[i].state >= BM_GATT_LINK_CONNECTED && links->table[i].conn == conn)
			return &links->table[i];
	return NULL;
}

bool bm_gatt_links_connecting(const struct bm_gatt_links *links)
{
	for (size_t i = 0; i < links->capacity; i++)
		if (links->table[i].state == BM_GATT_LINK_CONNECTING)
			return true;
	return false;
}

bool bm_gatt_links_full(const struct bm_gatt_links *links)
{
	for (size_t i = 0; i < links->capacity; i++)
		if (links->table[i].state == BM_GATT_LINK_FREE)
			return false;
	return true;
}

enum bm_err bm_gatt_links_connect(struct bm_gatt_links *links, const struct bm_gatt_peer *peer,
				  enum bm_gatt_service service)
{
	const struct bm_bearer *bearer = &links->env->bearer;
	if (!bearer->ops->gatt_connect || links->capacity == 0)
		return BM_ERR_NOT_SUPPORTED;
	struct bm_gatt_link *link = find_state(links, BM_GATT_LINK_FREE);
	if (!link || bm_gatt_links_connecting(links))
		return BM_ERR_BUSY;
	const enum bm_err err = bearer->ops->gatt_connect(bearer->self, peer, service, bm_env_now(links->env));
	if (err)
		return err;
	link->role = BM_GATT_CLIENT;
	link->service = service;
	set_state(link, BM_GATT_LINK_CONNECTING);
	return BM_OK;
}

static bool is_ours(const struct bm_gatt_event *event)
{
	return BM_GATT_LINK_CLIENTS && event->role == BM_GATT_CLIENT;
}

static void begin(struct bm_gatt_link *link, const struct bm_gatt_event *event)
{
	link->role = event->role;
	link->service = event->service;
	link->conn = event->conn;
	link->broken = false;
	link->mtu = event->mtu < BM_GATT_MTU_MIN ? BM_GATT_MTU_MIN : event->mtu;
	memset(&link->tx, 0, sizeof link->tx);
	bm_proxy_sar_reset(&link->rx);
	set_state(link, is_ours(event) ? BM_GATT_LINK_OPEN : BM_GATT_LINK_CONNECTED);
	if (link->state == BM_GATT_LINK_CONNECTED)
		bm_timer_set_after(&link->owner->env->timers, &link->timer, HALF_OPEN_US);
}

static void connected(struct bm_gatt_links *links, const struct bm_gatt_event *event)
{
	struct bm_gatt_link *link = find_state(links, is_ours(event) ? BM_GATT_LINK_CONNECTING : BM_GATT_LINK_FREE);
	if (!link || find_conn(links, event->conn) || (is_ours(event) && link->service != event->service)) {
		disconnect(links, event->conn);
		if (!is_ours(event))
			links->upper.freed(links->upper.ctx, true);
		return;
	}
	begin(link, event);
	links->upper.connected(links->upper.ctx, link->number);
	if (link->state == BM_GATT_LINK_OPEN)
		links->upper.opened(links->upper.ctx, link->number);
}

/* The host refused it for good. A message that had not begun is dropped, and the next one is tried; behind half a
 * message nothing would be understood any more, so that ends the connection (not here: whoever sends still uses it). */
static void give_up(struct bm_gatt_link *link)
{
	const bool begun = link->tx.sent > 0;
	bm_wipe(&link->tx, sizeof link->tx);
	if (!begun)
		return;
	bm_proxy_sar_reset(&link->rx);
	link->broken = true;
	bm_timer_set_after(&link->owner->env->timers, &link->timer, 0);
}

/* Sends what the host takes; the rest waits for BM_GATT_READY. */
static enum bm_err flush(struct bm_gatt_link *link)
{
	const struct bm_bearer *bearer = &link->owner->env->bearer;
	uint8_t segment[1 + BM_PROXY_MESSAGE_MAX];
	size_t len;
	while ((len = bm_proxy_sar_next(&link->tx, link->mtu, segment)) > 0) {
		const enum bm_err err = bearer->ops->gatt_send(bearer->self, link->conn, segment, len,
							       bm_env_now(link->owner->env));
		if (err && err != BM_ERR_BUSY)
			give_up(link);
		if (err)
			return err;
		bm_proxy_sar_sent(&link->tx, len);
	}
	return BM_OK;
}

enum bm_err bm_gatt_link_send(struct bm_gatt_links *links, uint8_t at, enum bm_proxy_type type, const uint8_t *octets,
			      size_t len)
{
	if (at >= links->capacity || links->table[at].state != BM_GATT_LINK_OPEN || links->table[at].broken ||
	    !links->env->bearer.ops->gatt_send)
		return BM_ERR_STATE;
	if (len < 1 || len > BM_PROXY_MESSAGE_MAX)
		return BM_ERR_INVALID;
	struct bm_gatt_link *link = &links->table[at];
	if (link->tx.len)
		return BM_ERR_BUSY;
	link->tx.type = (uint8_t)type;
	link->tx.len = (uint8_t)len;
	link->tx.sent = 0;
	memcpy(link->tx.octets, octets, len);
	const enum bm_err err = flush(link);
	return err == BM_ERR_BUSY ? BM_OK : err;
}

void bm_gatt_link_close(struct bm_gatt_links *links, uint8_t at)
{
	if (at >= links->capacity || links->table[at].state < BM_GATT_LINK_CONNECTED)
		return;
	disconnect(links, links->table[at].conn);
	release(&links->table[at]);
}

void bm_gatt_links_close_all(struct bm_gatt_links *links, enum bm_gatt_service service)
{
	for (uint8_t i = 0; i < links->capacity; i++)
		if (links->table[i].service == service)
			bm_gatt_link_close(links, i);
}

static void received(struct bm_gatt_link *link, const uint8_t *octets, size_t len)
{
	struct bm_gatt_links *links = link->owner;
	const bool was_active = link->rx.active;
	uint8_t message[BM_PROXY_MESSAGE_MAX];
	const enum bm_proxy_sar_result result = bm_proxy_sar_receive(&link->rx, octets, len);
	if (!link->rx.active)
		bm_timer_stop(&link->timer);
	else if (!was_active)
		bm_timer_set_after(&links->env->timers, &link->timer, REASSEMBLY_US);
	switch (result) {
	case BM_PROXY_SAR_MESSAGE:
		/* A copy: the upper layer may close the link, which wipes the buffer. */
		memcpy(message, link->rx.octets, link->rx.len);
		links->upper.received(links->upper.ctx, link->number, (enum bm_proxy_type)link->rx.type, message,
				      link->rx.len);
		break;
	case BM_PROXY_SAR_WAIT:
		break;
	case BM_PROXY_SAR_IGNORE:
		bm_env_drop(links->env, BM_DROP_UNKNOWN_TYPE, octets, len);
		break;
	case BM_PROXY_SAR_BROKEN:
		bm_env_drop(links->env, BM_DROP_SEGMENT, octets, len);
		disconnect(link->owner, link->conn);
		lose(link);
		break;
	}
}

static void ready(struct bm_gatt_link *link)
{
	struct bm_gatt_links *links = link->owner;
	const bool waited = link->tx.len > 0;
	if (link->state != BM_GATT_LINK_OPEN || !waited)
		return;
	const enum bm_err err = flush(link);
	if (err == BM_ERR_BUSY)
		return;
	if (err)
		bm_env_drop(links->env, BM_DROP_TX_FULL, NULL, 0);
	if (link->broken)
		return;
	links->upper.ready(links->upper.ctx, link->number);
}

static void connect_failed(struct bm_gatt_links *links)
{
	struct bm_gatt_link *link = find_state(links, BM_GATT_LINK_CONNECTING);
	if (!link)
		return;
	release(link);
	links->upper.connect_failed(links->upper.ctx, link->service);
}

static void subscribed(struct bm_gatt_link *link, bool on)
{
	struct bm_gatt_links *links = link->owner;
	if (link->role != BM_GATT_SERVER || on == (link->state == BM_GATT_LINK_OPEN))
		return;
	bm_timer_stop(&link->timer);
	if (!on) {
		set_state(link, BM_GATT_LINK_CONNECTED);
		bm_proxy_sar_reset(&link->rx);
		bm_timer_set_after(&links->env->timers, &link->timer, HALF_OPEN_US);
		links->upper.closed(links->upper.ctx, link->number);
		return;
	}
	set_state(link, BM_GATT_LINK_OPEN);
	links->upper.opened(links->upper.ctx, link->number);
}

void bm_gatt_links_event(struct bm_gatt_links *links, const struct bm_gatt_event *event)
{
	struct bm_gatt_link *link = find_conn(links, event->conn);
	if (event->kind == BM_GATT_CONNECTED)
		connected(links, event);
	else if (BM_GATT_LINK_CLIENTS && event->kind == BM_GATT_CONNECT_FAILED)
		connect_failed(links);
	if (!link)
		return;
	switch (event->kind) {
	case BM_GATT_MTU:
		if (event->mtu > link->mtu)
			link->mtu = event->mtu;
		break;
	case BM_GATT_SUBSCRIBED:
		subscribed(link, event->on);
		break;
	case BM_GATT_RECEIVED:
		/* A write before Data Out was subscribed to: nobody could be answered. */
		if (link->state == BM_GATT_LINK_OPEN && !link->broken)
			received(link, event->octets, event->len);
		else
			bm_env_drop(links->env, BM_DROP_UNKNOWN_TYPE, event->octets, event->len);
		break;
	case BM_GATT_READY:
		ready(link);
		break;
	case BM_GATT_DISCONNECTED:
		lose(link);
		break;
	default:
		break;
	}
}
