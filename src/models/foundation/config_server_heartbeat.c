/*
 * Configuration Server: Heartbeat Publication and Heartbeat Subscription (MshPRT 4.2.18, 4.2.19) as messages; what they
 * do is transport/heartbeat.c's.
 */
#include "blemesh/config_opcodes.h"
#include "models/foundation/config_server_parts.h"
#include "transport/heartbeat.h"

#define PERIOD_LOG_MAX 0x11u
#define COUNT_LOG_MAX 0x11u
#define COUNT_LOG_FOREVER 0xffu
#define FEATURES_KNOWN 0x000fu

static void answer_publication(struct bm_model *model, const struct bm_rx *rx, enum bm_config_status status,
			       const struct bm_heartbeat_publication *publication)
{
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_STATUS, status);
	bm_put_le16(&out.w, publication->dst);
	bm_put_u8(&out.w, bm_heartbeat_log_up(publication->count));
	bm_put_u8(&out.w, publication->period_log);
	bm_put_u8(&out.w, publication->ttl);
	bm_put_le16(&out.w, publication->features);
	bm_put_le16(&out.w, publication->net_idx);
	bm_models_answer(model, rx, &out.w);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_get)
{
	(void)params;
	answer_publication(model, rx, BM_CONFIG_SUCCESS, &bm_heartbeats_of(model->access->transport)->publication);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_set)
{
	struct bm_transport *transport = model->access->transport;
	const struct bm_reader whole = *params;
	struct bm_heartbeat_publication wish = {.dst = bm_read_le16(params)};
	const uint8_t count_log = bm_read_u8(params);
	wish.count = bm_heartbeat_count(count_log);
	wish.period_log = bm_read_u8(params);
	wish.ttl = bm_read_u8(params);
	wish.features = bm_read_le16(params) & FEATURES_KNOWN;
	wish.net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	if ((count_log > COUNT_LOG_MAX && count_log != COUNT_LOG_FOREVER) || wish.period_log > PERIOD_LOG_MAX ||
	    wish.ttl > BM_TTL_MAX) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	if (bm_addr_is_virtual(wish.dst))
		status = BM_CONFIG_INVALID_ADDRESS;
	else if (!bm_net_subnet(model->access->net, wish.net_idx))
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	/* Without a destination there is nothing to count (MshPRT 4.2.18.1). */
	if (!status && wish.dst == BM_ADDR_UNASSIGNED)
		wish.count = wish.period_log = wish.ttl = 0;
	if (!status) {
		bm_heartbeat_publish(transport, &wish);
		bm_env_save(model->access->env, BM_STORE_CONFIG, BM_STORED_HEARTBEAT);
	}
	answer_publication(model, rx, status, &wish);
}

static uint32_t seconds_left(const struct bm_heartbeat_subscription *subscription, bm_time now)
{
	return subscription->end > now ? bm_us_whole(subscription->end - now, BM_US_PER_S) : 0;
}

static void answer_subscription(struct bm_model *model, const struct bm_rx *rx)
{
	const struct bm_heartbeat_subscription *subscription =
		&bm_heartbeats_of(model->access->transport)->subscription;
	struct bm_outgoing out;
	bm_config_begin(&out, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_STATUS, BM_CONFIG_SUCCESS);
	bm_put_le16(&out.w, subscription->src);
	bm_put_le16(&out.w, subscription->dst);
	bm_put_u8(&out.w, bm_heartbeat_log_down(seconds_left(subscription, rx->now)));
	bm_put_u8(&out.w, subscription->count == UINT16_MAX ? 0xff : bm_heartbeat_log_down(subscription->count));
	bm_put_u8(&out.w, subscription->min_hops);
	bm_put_u8(&out.w, subscription->max_hops);
	bm_models_answer(model, rx, &out.w);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_get)
{
	(void)params;
	answer_subscription(model, rx);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_set)
{
	const struct bm_access *access = model->access;
	const struct bm_reader whole = *params;
	const uint16_t src = bm_read_le16(params);
	const uint16_t dst = bm_read_le16(params);
	const uint8_t period_log = bm_read_u8(params);
	/* MshPRT 4.2.19.1, 4.2.19.2: from a unicast address, to our primary element or to a group. */
	const bool src_valid = src == BM_ADDR_UNASSIGNED || bm_addr_is_unicast(src);
	const bool dst_valid = dst == BM_ADDR_UNASSIGNED || bm_addr_is_group(dst) || dst == bm_net_addr(access->net);
	if (!src_valid || !dst_valid || period_log > PERIOD_LOG_MAX) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	bm_heartbeat_subscribe(access->transport, src, dst, (uint64_t)bm_heartbeat_seconds(period_log) * BM_US_PER_S);
	answer_subscription(model, rx);
}
