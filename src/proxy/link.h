/*
 * The links of the GATT bearer (MshPRT 6.3, 5.2.2): connecting, segmentation and reassembly, and who gets what arrives.
 * Provisioning (service 0x1827) and proxy (0x1828) stand on it.
 */
#ifndef BM_PROXY_LINK_H
#define BM_PROXY_LINK_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/features.h"
#include "blemesh/gatt.h"
#include "proxy/sar.h"

enum bm_gatt_link_state {
	BM_GATT_LINK_FREE,
	BM_GATT_LINK_CONNECTING,
	BM_GATT_LINK_CONNECTED, /* server: the client has not enabled notifications yet */
	BM_GATT_LINK_OPEN,
};

struct bm_gatt_links;

/* Links that we open ourselves. */
#define BM_GATT_LINK_CLIENTS (BM_WITH_PROXY_CLIENT || BM_WITH_PROVISIONER)

struct bm_gatt_link {
	struct bm_gatt_links *owner;
	uint8_t number; /* in the owner's table */
	enum bm_gatt_link_state state;
	enum bm_gatt_role role;
	enum bm_gatt_service service;
	bm_gatt_conn conn;
	uint16_t mtu;
	bool broken;           /* half a message went out: it ends in a moment */
	struct bm_timer timer; /* of the message being reassembled, or of a client that has not subscribed */
	struct bm_proxy_sar_rx rx;
	struct bm_proxy_sar_tx tx;
};

/* What happens on links; link is a number below capacity. They may send and close in them. */
struct bm_gatt_links_upper {
	void *ctx;
	/* A connection stands, of either role. Advertising through which a client came has ended. */
	void (*connected)(void *ctx, uint8_t link);
	/* Both directions work. */
	void (*opened)(void *ctx, uint8_t link);
	/* A whole message; valid during the call. */
	void (*received)(void *ctx, uint8_t link, enum bm_proxy_type type, const uint8_t *octets, size_t len);
	/* There is room for another message after a send said BM_ERR_BUSY. */
	void (*ready)(void *ctx, uint8_t link);
	/* It ended by the peer, by loss, or by a message that breaks the rules; not by bm_gatt_link_close. The link is
	 * still there to look at, and free afterwards. */
	void (*closed)(void *ctx, uint8_t link);
	/* A place became free, whoever held it and however it ended; or a client was turned away, so that advertising
	 * has ended for nothing (ended). Nobody is to be sent anything in it. */
	void (*freed)(void *ctx, bool ended);
	/* bm_gatt_links_connect came to nothing. */
	void (*connect_failed)(void *ctx, enum bm_gatt_service service);
};

struct bm_gatt_links {
	struct bm_env *env;
	struct bm_gatt_links_upper upper;
	struct bm_gatt_link *table;
	uint8_t capacity;
};

void bm_gatt_links_carve(struct bm_gatt_links *links, uint8_t capacity, struct bm_arena *arena);
void bm_gatt_links_init(struct bm_gatt_links *links, struct bm_env *env, uint8_t capacity,
			const struct bm_gatt_links_upper *upper);
void bm_gatt_links_event(struct bm_gatt_links *links, const struct bm_gatt_event *event);

/* One connection attempt at a time: BM_ERR_BUSY, also if all links are in use. BM_ERR_NOT_SUPPORTED: no GATT bearer. */
BM_MUST_USE enum bm_err bm_gatt_links_connect(struct bm_gatt_links *links, const struct bm_gatt_peer *peer,
					      enum bm_gatt_service service);
bool bm_gatt_links_connecting(const struct bm_gatt_links *links);
bool bm_gatt_links_full(const struct bm_gatt_links *links);

/* A message of 1 to BM_PROXY_MESSAGE_MAX octets. BM_ERR_STATE: not open; BM_ERR_BUSY: the one before it is not out.
 * Anything else is the host's refusal: the message is dropped and counted, and the link ends if half of it was out. */
BM_MUST_USE enum bm_err bm_gatt_link_send(struct bm_gatt_links *links, uint8_t link, enum bm_proxy_type type,
					  const uint8_t *octets, size_t len);
/* What was sent before still goes out. */
void bm_gatt_link_close(struct bm_gatt_links *links, uint8_t link);
void bm_gatt_links_close_all(struct bm_gatt_links *links, enum bm_gatt_service service);

static inline bool bm_gatt_link_is_open(const struct bm_gatt_links *links, uint8_t link, enum bm_gatt_service service,
					enum bm_gatt_role role)
{
	const struct bm_gatt_link *l = &links->table[link];
	return l->state == BM_GATT_LINK_OPEN && l->service == service && l->role == role;
}

#endif
