/*
 * Every table that bm_node_init carves, for BM_NODE_SIZE: how many entries it has, as a constant expression of the
 * limits, LIMIT(name) each, and the member of struct bm_node that points to them. cmake/NodeSize.cmake reads the rows,
 * one a line; a test compares the sum with bm_node_size for many limits, so a table that is not here makes it fail.
 *
 * What else a count needs, and is no limit, has a name among the numbers: NUMBER(NAME) in a count.
 */
#ifndef BM_NODE_CARVED_H
#define BM_NODE_CARVED_H

/* clang-format off */
#define BM_CARVED(ROW) \
	ROW(LIMIT(subnets), net.subnets.table) \
	ROW(LIMIT(rpl) + LIMIT(rpl) / 4 + 1, net.rpl.table) \
	ROW(LIMIT(repeat_cache) < 2 ? 2 : LIMIT(repeat_cache), net.repeats.table) \
	ROW(LIMIT(msg_cache), net.cache.table) \
	ROW(POWER_OF_TWO(NUMBER(CHAINS) * LIMIT(msg_cache)), net.cache.heads) \
	ROW(4 * (LIMIT(sar_tx) < 8 ? LIMIT(sar_tx) : 8), net.local) \
	ROW(LIMIT(app_keys), transport.app_keys.table) \
	ROW(LIMIT(remote_dev_keys), transport.dev_keys.remote) \
	ROW(LIMIT(labels), transport.labels.table) \
	ROW(LIMIT(sar_tx), transport.out) \
	ROW(LIMIT(sar_rx), transport.in) \
	ROW((LIMIT(sar_tx) + LIMIT(sar_rx)) * (LIMIT(segments) ? LIMIT(segments) : NUMBER(SEGMENTS)) * NUMBER(SEGMENT), transport.octets) \
	ROW(MAXIMUM(NUMBER(PLAIN), (LIMIT(segments) ? LIMIT(segments) : NUMBER(SEGMENTS)) * NUMBER(SEGMENT)), transport.plain) \
	ROW(4 * LIMIT(sar_rx), transport.recent) \
	ROW(NUMBER(FOUNDATION), foundation) \
	ROW(8 * (LIMIT(sar_tx) < 8 ? LIMIT(sar_tx) : 8), transport.done) \
	ROW(LIMIT(elements), access.elements) \
	ROW(LIMIT(models), access.models) \
	ROW(LIMIT(models) * LIMIT(bindings), access.bindings) \
	ROW(LIMIT(models) * LIMIT(subscriptions), access.subscriptions) \
	ROW(LIMIT(models) * LIMIT(subscriptions), access.subscription_labels) \
	ROW(LIMIT(replies), access.replies) \
	ROW(LIMIT(replies) * ((LIMIT(segments) ? LIMIT(segments) : NUMBER(SEGMENTS)) * NUMBER(SEGMENT) - 4), access.payloads) \
	ROW(LIMIT(models), access.publishers) \
	ROW(LIMIT(prov_links), provisioner.sessions) \
	ROW(LIMIT(config_requests) ? 1 : 0, config_client) \
	ROW(LIMIT(config_requests), config_client->requests) \
	ROW(LIMIT(friend_lpns) + LIMIT(low_power), net.subnets.friendships) \
	ROW(LIMIT(friend_lpns) ? LIMIT(sar_rx) * (LIMIT(segments) ? LIMIT(segments) : NUMBER(SEGMENTS)) : 0, transport.in_seqs) \
	ROW(LIMIT(friend_lpns), friends.lpns) \
	ROW(LIMIT(friend_lpns) * LIMIT(friend_queue), friends.lpns->queue.table) \
	ROW(LIMIT(friend_lpns) * LIMIT(friend_subscriptions), friends.lpns->subscriptions) \
	ROW(LIMIT(low_power) ? LIMIT(models) * LIMIT(subscriptions) + 1 : 0, lpn.told) \
	ROW(LIMIT(low_power) ? LIMIT(models) * LIMIT(subscriptions) + 1 : 0, lpn.wanted_addrs) \
	ROW(LIMIT(gatt_links), gatt.table) \
	ROW(LIMIT(gatt_links), proxy.table) \
	ROW(LIMIT(gatt_links) * LIMIT(proxy_filter), proxy.table->filter.addrs) \
	ROW(LIMIT(gatt_links) ? LIMIT(subnets) : 0, proxy.subnets) \
	ROW(LIMIT(gatt_links) ? LIMIT(solicitations) : 0, proxy.solicitations) \
	ROW(NUMBER(STORE) * MAXIMUM(LIMIT(state_len) ? LIMIT(state_len) : NUMBER(RECORD_STATE), NUMBER(RECORD_MODEL) + LIMIT(bindings) * NUMBER(RECORD_BINDING) + LIMIT(subscriptions) * NUMBER(RECORD_SUBSCRIPTION)), record)

#define BM_CARVED_NUMBERS(ROW) \
	ROW(PLAIN, BM_TRANSPORT_PLAIN_MIN) \
	ROW(SEGMENT, BM_SEGMENT_ACCESS_MAX) \
	ROW(CHAINS, BM_MSG_CACHE_CHAINS) \
	ROW(FOUNDATION, BM_NODE_HAS_FOUNDATION) \
	ROW(SEGMENTS, BM_SEGMENTS_MAX) \
	ROW(STORE, BM_WITH_STORE) \
	ROW(RECORD_STATE, BM_STORE_STATE_MAX) \
	ROW(RECORD_MODEL, BM_RECORD_MODEL_LEN(0, 0)) \
	ROW(RECORD_BINDING, BM_RECORD_MODEL_LEN(1, 0) - BM_RECORD_MODEL_LEN(0, 0)) \
	ROW(RECORD_SUBSCRIPTION, BM_RECORD_MODEL_LEN(0, 1) - BM_RECORD_MODEL_LEN(0, 0))
/* clang-format on */

#endif
