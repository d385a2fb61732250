/*
 * Configuration Server (MshPRT 4.4.1): the node's states, as set by whoever holds its device key.
 */
#ifndef BM_MODELS_CONFIG_SERVER_H
#define BM_MODELS_CONFIG_SERVER_H

#include "access/access.h"
#include "blemesh/config.h"
#include "friend/friend.h"
#include "net/net.h"
#include "proxy/proxy.h"
#include "transport/transport.h"

struct bm_config_server {
	struct bm_model model;
	struct bm_access *access;
	struct bm_net *net;
	struct bm_transport *transport;
	struct bm_timer reset_timer; /* a node reset waits until its status is out */
	/* The node asks to be reset; called from a timer, after Config Node Reset Status went out. */
	void (*on_reset)(void *ctx);
	void *ctx;
	uint8_t gatt_proxy;        /* 0 disabled, 1 enabled, 2 not supported */
	uint8_t friend_state;      /* likewise */
	struct bm_friend *friends; /* NULL: a node that is nobody\'s friend */
	struct bm_proxy *proxy;    /* NULL: a node without GATT bearer */
};

/* A feature is as it was stored; nothing if it is not supported. feature: BM_FEATURE_PROXY, BM_FEATURE_FRIEND. */
void bm_config_server_restore_feature(struct bm_config_server *server, uint16_t feature, bool enabled);

void bm_config_server_init(struct bm_config_server *server, struct bm_access *access, void (*on_reset)(void *ctx),
			   void *ctx);

#endif
