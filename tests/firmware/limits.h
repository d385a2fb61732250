/*
 * Limits of three boards, to see how much memory their nodes take. The foundation models count among the models.
 */
#ifndef BM_FIRMWARE_LIMITS_H
#define BM_FIRMWARE_LIMITS_H

#include "blemesh/features.h"

/* clang-format off */

/* One subnet, one application key, a Generic OnOff Client or Server or two; no other role. */
#define SWITCH_LIMITS(LIMIT) \
	LIMIT(models, 4) \
	LIMIT(bindings, 1) \
	LIMIT(subscriptions, 2) \
	LIMIT(subnets, 1) LIMIT(app_keys, 1) LIMIT(labels, 1) LIMIT(rpl, 32) LIMIT(msg_cache, 32) \
		LIMIT(repeat_cache, 8) LIMIT(sar_tx, 1) LIMIT(sar_rx, 1) LIMIT(replies, 2)

/* As the stack that we compare with has it when nobody says otherwise: one subnet, one application key, one label, one
 * segmented message each way (it has room for three segments, this one for four) and an answer that waits, a replay
 * list of 10, friend of two low power nodes with 16 PDUs each, one proxy client. */
#define NODE_LIMITS(LIMIT) \
	LIMIT(models, 2 + WITH_LAMP) \
	LIMIT(bindings, 1) \
	LIMIT(subscriptions, 1) \
	LIMIT(subnets, 1) LIMIT(app_keys, 1) LIMIT(labels, 1) LIMIT(rpl, 10) LIMIT(msg_cache, 32) \
		LIMIT(repeat_cache, 2) LIMIT(segments, 4) LIMIT(sar_tx, 1) LIMIT(sar_rx, 1) LIMIT(replies, 1) \
			LIMIT(gatt_links, BM_WITH_GATT ? 1 : 0) LIMIT(proxy_filter, BM_WITH_GATT ? 3 : 0) \
				LIMIT(friend_lpns, BM_WITH_FRIEND ? 2 : 0) \
					LIMIT(friend_queue, BM_WITH_FRIEND ? 16 : 0) \
						LIMIT(friend_subscriptions, BM_WITH_FRIEND ? 3 : 0) \
							LIMIT(low_power, BM_WITH_LOW_POWER ? 1 : 0)

/* A lamp that is a friend of two low power nodes and a proxy for one client, and could be a low power node. */
#define LIGHT_LIMITS(LIMIT) \
	LIMIT(models, 3) \
	LIMIT(bindings, 1) \
	LIMIT(subscriptions, 3) \
	LIMIT(subnets, 1) LIMIT(app_keys, 1) LIMIT(labels, 3) LIMIT(rpl, 32) LIMIT(msg_cache, 32) \
		LIMIT(repeat_cache, 16) LIMIT(sar_tx, 1) LIMIT(sar_rx, 1) LIMIT(replies, 2) \
			LIMIT(gatt_links, BM_WITH_GATT ? 1 : 0) LIMIT(proxy_filter, BM_WITH_GATT ? 3 : 0) \
				LIMIT(friend_lpns, BM_WITH_FRIEND ? 2 : 0) \
					LIMIT(friend_queue, BM_WITH_FRIEND ? 16 : 0) \
						LIMIT(friend_subscriptions, BM_WITH_FRIEND ? 3 : 0) \
							LIMIT(low_power, BM_WITH_LOW_POWER ? 1 : 0)

/* Provisions and configures a building of 250 nodes, several at a time; friend and proxy too. */
#define GATEWAY_LIMITS(LIMIT) \
	LIMIT(models, 16) \
	LIMIT(bindings, 8) \
	LIMIT(subscriptions, 16) \
	LIMIT(subnets, 4) LIMIT(app_keys, 16) LIMIT(labels, 16) LIMIT(rpl, 255) LIMIT(msg_cache, 256) \
		LIMIT(repeat_cache, 64) LIMIT(sar_tx, 4) LIMIT(sar_rx, 8) LIMIT(replies, 8) \
			LIMIT(remote_dev_keys, 250) LIMIT(prov_links, 2) LIMIT(config_requests, 4) \
				LIMIT(gatt_links, 2) LIMIT(proxy_filter, 16) LIMIT(solicitations, 8) \
					LIMIT(friend_lpns, 8) LIMIT(friend_queue, 16) LIMIT(friend_subscriptions, 8)

/* clang-format on */

#endif
