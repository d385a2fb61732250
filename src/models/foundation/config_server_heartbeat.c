/*
 * Configuration Server: Heartbeat Publication and Heartbeat Subscription (MshPRT 4.2.18, 4.2.19). The states are held
 * and told; no heartbeat is sent or counted yet, so the counts told are those of the beginning.
 */
#include "models/foundation/config_opcodes.h"
#include "models/foundation/config_server_parts.h"

#define STATUS_MAX 12u

#define PERIOD_LOG_MAX 0x11u
#define COUNT_LOG_MAX 0x11u
#define COUNT_LOG_FOREVER 0xffu
#define FEATURES_KNOWN 0x000fu
#define MIN_HOPS_INITIAL 0x7fu

static struct bm_writer begin(uint8_t out[STATUS_MAX], uint32_t opcode, enum bm_config_status status)
{
	struct bm_writer w = bm_writer_of(out, STATUS_MAX);
	bm_put_opcode(&w, opcode);
	bm_put_u8(&w, (uint8_t)status);
	return w;
}

static void answer_publication(struct bm_model *model, const struct bm_rx *rx, enum bm_config_status status,
			       const struct bm_heartbeat_publication *publication)
{
	uint8_t out[STATUS_MAX];
	struct bm_writer w = begin(out, BM_OP_CONFIG_HEARTBEAT_PUBLICATION_STATUS, status);
	bm_put_le16(&w, publication->dst);
	bm_put_u8(&w, publication->count_log);
	bm_put_u8(&w, publication->period_log);
	bm_put_u8(&w, publication->ttl);
	bm_put_le16(&w, publication->features);
	bm_put_le16(&w, publication->net_idx);
	bm_models_answer(model, rx, &w);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_get)
{
	const struct bm_config_server *server = model->self;
	(void)params;
	answer_publication(model, rx, BM_CONFIG_SUCCESS, &server->heartbeat_publication);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_publication_set)
{
	struct bm_config_server *server = model->self;
	const struct bm_reader whole = *params;
	struct bm_heartbeat_publication wish = {.dst = bm_read_le16(params)};
	wish.count_log = bm_read_u8(params);
	wish.period_log = bm_read_u8(params);
	wish.ttl = bm_read_u8(params);
	wish.features = bm_read_le16(params) & FEATURES_KNOWN;
	wish.net_idx = bm_read_le16(params) & BM_KEY_INDEX_MAX;
	if ((wish.count_log > COUNT_LOG_MAX && wish.count_log != COUNT_LOG_FOREVER) ||
	    wish.period_log > PERIOD_LOG_MAX || wish.ttl > BM_TTL_MAX) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	enum bm_config_status status = BM_CONFIG_SUCCESS;
	if (bm_addr_is_virtual(wish.dst))
		status = BM_CONFIG_INVALID_ADDRESS;
	else if (!bm_subnet_find(bm_net_subnets(server->net), wish.net_idx))
		status = BM_CONFIG_INVALID_NET_KEY_INDEX;
	if (status) {
		answer_publication(model, rx, status, &wish);
		return;
	}
	/* Without a destination there is nothing to count (MshPRT 4.2.18.1). */
	if (wish.dst == BM_ADDR_UNASSIGNED)
		wish.count_log = wish.period_log = wish.ttl = 0;
	server->heartbeat_publication = wish;
	answer_publication(model, rx, status, &server->heartbeat_publication);
}

void bm_config_heartbeat_forget_subnet(struct bm_config_server *server, uint16_t net_idx)
{
	if (server->heartbeat_publication.dst != BM_ADDR_UNASSIGNED && server->heartbeat_publication.net_idx == net_idx)
		server->heartbeat_publication = (struct bm_heartbeat_publication){0};
}

/* The remaining seconds as a logarithm, rounded down (MshPRT 4.2.19.3). */
static uint8_t period_log_left(const struct bm_heartbeat_subscription *subscription, bm_time now)
{
	uint64_t seconds = subscription->end > now ? (subscription->end - now) / BM_US_PER_S : 0;
	uint8_t log = 0;
	for (; seconds; seconds >>= 1)
		log++;
	return log;
}

static void answer_subscription(struct bm_model *model, const struct bm_rx *rx)
{
	const struct bm_config_server *server = model->self;
	const struct bm_heartbeat_subscription *subscription = &server->heartbeat_subscription;
	const bool on = subscription->src != BM_ADDR_UNASSIGNED;
	uint8_t out[STATUS_MAX];
	struct bm_writer w = begin(out, BM_OP_CONFIG_HEARTBEAT_SUBSCRIPTION_STATUS, BM_CONFIG_SUCCESS);
	bm_put_le16(&w, subscription->src);
	bm_put_le16(&w, subscription->dst);
	bm_put_u8(&w, on ? period_log_left(subscription, rx->now) : 0);
	bm_put_u8(&w, 0);                         /* CountLog */
	bm_put_u8(&w, on ? MIN_HOPS_INITIAL : 0); /* MinHops */
	bm_put_u8(&w, 0);                         /* MaxHops */
	bm_models_answer(model, rx, &w);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_get)
{
	(void)params;
	answer_subscription(model, rx);
}

BM_CONFIG_HANDLER(bm_config_on_heartbeat_subscription_set)
{
	struct bm_config_server *server = model->self;
	const struct bm_reader whole = *params;
	const uint16_t src = bm_read_le16(params);
	const uint16_t dst = bm_read_le16(params);
	const uint8_t period_log = bm_read_u8(params);
	/* MshPRT 4.2.19.1, 4.2.19.2: from a unicast address, to our primary element or to a group. */
	const bool src_valid = src == BM_ADDR_UNASSIGNED || bm_addr_is_unicast(src);
	const bool dst_valid = dst == BM_ADDR_UNASSIGNED || bm_addr_is_group(dst) || dst == bm_net_addr(server->net);
	if (!src_valid || !dst_valid || period_log > PERIOD_LOG_MAX) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	struct bm_heartbeat_subscription wish = {0};
	if (src != BM_ADDR_UNASSIGNED && dst != BM_ADDR_UNASSIGNED) {
		const uint64_t seconds = period_log ? UINT64_C(1) << (period_log - 1) : 0;
		wish = (struct bm_heartbeat_subscription){
			.src = src, .dst = dst, .end = bm_time_add(rx->now, seconds * BM_US_PER_S)};
	}
	server->heartbeat_subscription = wish;
	answer_subscription(model, rx);
}
