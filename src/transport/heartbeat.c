/*
 * Heartbeats, sent and counted.
 *
 *   publication:  off ──(set, period and count)──▶ periodic ──(count used up)──▶ on a feature's change alone
 *   subscription: off ──(set, period)──▶ counting ──(the period is over)──▶ counted
 */
#include "transport/transport_state.h"

static uint64_t period_us(uint8_t period_log)
{
	return (uint64_t)bm_heartbeat_seconds(period_log) * BM_US_PER_S;
}

/* A heartbeat that cannot go out is as good as one lost on the air; what the layers below refuse is counted there. */
static void send(struct bm_transport *transport)
{
	const struct bm_heartbeats *heartbeats = &transport->heartbeats;
	const struct bm_heartbeat_publication *publication = &heartbeats->publication;
	/* MshPRT 3.4.5.2: a TTL of 1 passes no interface. */
	if (publication->ttl == 1)
		return;
	const struct bm_transport_tx tx = {.src = bm_net_addr(transport->net),
					   .dst = publication->dst,
					   .net_idx = publication->net_idx,
					   .ttl = publication->ttl};
	const struct bm_heartbeat heartbeat = {.init_ttl = publication->ttl, .features = heartbeats->features};
	uint8_t params[3];
	struct bm_writer w = bm_writer_of(params, sizeof params);
	bm_heartbeat_put(&w, &heartbeat);
	const enum bm_err ignored = bm_transport_send_control(transport, &tx, BM_CTL_HEARTBEAT, params, sizeof params);
	(void)ignored;
}

static bool is_periodic(const struct bm_heartbeat_publication *publication)
{
	return publication->dst != BM_ADDR_UNASSIGNED && publication->period_log && publication->count;
}

static void fire(void *ctx)
{
	struct bm_transport *transport = ctx;
	struct bm_heartbeat_publication *publication = &transport->heartbeats.publication;
	if (!is_periodic(publication))
		return;
	if (publication->count != BM_HEARTBEAT_FOREVER)
		publication->count--;
	if (is_periodic(publication))
		bm_timer_set_after(&transport->env->timers, &transport->heartbeats.timer,
				   period_us(publication->period_log));
	send(transport);
}

void bm_heartbeats_init(struct bm_transport *transport)
{
	bm_timer_init(&transport->heartbeats.timer, fire, transport);
}

void bm_heartbeats_reset(struct bm_transport *transport)
{
	bm_timer_stop(&transport->heartbeats.timer);
	transport->heartbeats.publication = (struct bm_heartbeat_publication){0};
	transport->heartbeats.subscription = (struct bm_heartbeat_subscription){0};
}

void bm_heartbeat_publish(struct bm_transport *transport, const struct bm_heartbeat_publication *publication)
{
	struct bm_heartbeats *heartbeats = &transport->heartbeats;
	heartbeats->publication = *publication;
	bm_timer_stop(&heartbeats->timer);
	if (is_periodic(publication))
		bm_timer_set_after(&transport->env->timers, &heartbeats->timer, 0);
}

void bm_heartbeat_subscribe(struct bm_transport *transport, uint16_t src, uint16_t dst, uint64_t duration_us)
{
	struct bm_heartbeat_subscription *subscription = &transport->heartbeats.subscription;
	const bm_time end = bm_env_later(transport->env, duration_us);
	if (duration_us == 0 && subscription->src == src && subscription->dst == dst) {
		subscription->end = end;
		return;
	}
	*subscription = (struct bm_heartbeat_subscription){0};
	/* MshPRT 4.2.19: without source or destination there is nothing to count. */
	if (src == BM_ADDR_UNASSIGNED || dst == BM_ADDR_UNASSIGNED)
		return;
	*subscription = (struct bm_heartbeat_subscription){.src = src, .dst = dst, .end = end, .min_hops = BM_TTL_MAX};
}

void bm_heartbeat_forget_subnet(struct bm_transport *transport, uint16_t net_idx)
{
	const struct bm_heartbeat_publication *publication = &transport->heartbeats.publication;
	if (publication->dst != BM_ADDR_UNASSIGNED && publication->net_idx == net_idx)
		bm_heartbeat_publish(transport, &(struct bm_heartbeat_publication){0});
}

void bm_heartbeat_feature(struct bm_transport *transport, uint16_t feature, bool on)
{
	struct bm_heartbeats *heartbeats = &transport->heartbeats;
	const uint16_t before = heartbeats->features;
	heartbeats->features = (uint16_t)(on ? before | feature : before & ~feature);
	/* MshPRT 3.6.7.2: such a heartbeat comes beside those of the period, and is not counted. */
	if ((before ^ heartbeats->features) & heartbeats->publication.features &&
	    heartbeats->publication.dst != BM_ADDR_UNASSIGNED)
		send(transport);
}

static bool is_counting(const struct bm_transport *transport)
{
	const struct bm_heartbeat_subscription *subscription = &transport->heartbeats.subscription;
	return subscription->src != BM_ADDR_UNASSIGNED && bm_env_now(transport->env) < subscription->end;
}

bool bm_heartbeat_accepts(const struct bm_transport *transport, uint16_t dst)
{
	return dst == transport->heartbeats.subscription.dst && is_counting(transport);
}

void bm_heartbeat_receive(struct bm_transport *transport, const struct bm_transport_rx *rx, const uint8_t *params,
			  size_t len)
{
	struct bm_heartbeat_subscription *subscription = &transport->heartbeats.subscription;
	struct bm_heartbeat heartbeat;
	if (bm_heartbeat_decode(params, len, &heartbeat)) {
		bm_env_drop(transport->env, BM_DROP_MALFORMED, params, len);
		return;
	}
	if (rx->ttl > heartbeat.init_ttl) {
		bm_env_drop(transport->env, BM_DROP_BAD_VALUE, params, len);
		return;
	}
	if (!is_counting(transport) || rx->src != subscription->src || rx->dst != subscription->dst) {
		bm_env_drop(transport->env, BM_DROP_NOT_FOR_US, params, len);
		return;
	}
	/* MshPRT 3.6.7.3. TTL 0 came straight from its source, as InitTTL 0 did. */
	const unsigned hops = heartbeat.init_ttl - rx->ttl + 1u;
	const uint8_t bounded = (uint8_t)(hops > BM_TTL_MAX ? BM_TTL_MAX : hops);
	if (subscription->count < UINT16_MAX)
		subscription->count++;
	if (bounded < subscription->min_hops)
		subscription->min_hops = bounded;
	if (bounded > subscription->max_hops)
		subscription->max_hops = bounded;
	bm_env_event(transport->env, &(struct bm_event){.kind = BM_EVENT_HEARTBEAT,
							.addr = rx->src,
							.features = heartbeat.features,
							.hops = bounded});
}

uint8_t bm_heartbeat_log_down(uint32_t value)
{
	uint8_t log = 0;
	for (; value; value >>= 1)
		log++;
	return log;
}

uint32_t bm_heartbeat_seconds(uint8_t period_log)
{
	return period_log ? UINT32_C(1) << (period_log - 1) : 0;
}

uint8_t bm_heartbeat_log_up(uint16_t count)
{
	if (count == BM_HEARTBEAT_FOREVER)
		return 0xff;
	/* ceil(log2(count)) + 1 */
	return count ? (uint8_t)(bm_heartbeat_log_down(count - 1u) + 1) : 0;
}

uint16_t bm_heartbeat_count(uint8_t count_log)
{
	if (count_log == 0)
		return 0;
	if (count_log == 0xff)
		return BM_HEARTBEAT_FOREVER;
	/* MshPRT 4.2.18.2: 0x11 stands for 0xfffe. */
	return count_log > 0x10 ? 0xfffe : (uint16_t)(1u << (count_log - 1));
}
