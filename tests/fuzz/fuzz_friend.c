/*
 * A node that is a friend and a low power node, fed authentic PDUs by somebody who holds all keys, those of its
 * friendships too. Input: a first octet (bit 0: it is a low power node), then frames of pause, how it is secured, TTL,
 * source, destination, length and octets of the Lower Transport PDU; an octet of length 0x40 and more means control.
 *
 * Whatever it was: tables stay within their bounds, timers run that must, and the node stays in its network.
 */
#include "hostile.h"

#define FRAMES_MAX 64
#define OWN_ADDR 0x1201
#define IV_INDEX 0x12345678u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};
static const uint16_t SOURCES[] = {0x0003, 0x0004, 0x2345, 0x7ffe};
static const uint16_t DESTINATIONS[] = {OWN_ADDR, BM_ADDR_ALL_FRIENDS, 0x0003, 0x0004,
					0xc000,   BM_ADDR_ALL_NODES,   0x8123, 0x2345};

static void check_invariants(struct bm_node *node)
{
	hostile_check_friends(node);
	if (!bm_node_is_provisioned(node))
		abort();
}

static void hear(struct bm_world *world, struct bm_node *node, struct bm_reader *r, uint32_t seq)
{
	/* Up to a quarter of a second at first, then up to an hour. */
	const uint64_t pause = bm_read_u8(r);
	bm_world_run_for(world, pause < 250 ? pause * BM_US_PER_MS : pause * 15 * BM_US_PER_S);
	const struct bm_cred *cred = hostile_cred(node, bm_read_u8(r) & 3);
	struct bm_net_header header = {.seq = seq};
	header.ttl = bm_read_u8(r) % 4;
	header.src = SOURCES[bm_read_u8(r) % BM_ARRAY_LEN(SOURCES)];
	header.dst = DESTINATIONS[bm_read_u8(r) % BM_ARRAY_LEN(DESTINATIONS)];
	const uint8_t how_long = bm_read_u8(r);
	header.ctl = how_long >= 0x40;
	size_t len = 1 + how_long % (header.ctl ? BM_NET_TRANSPORT_CTL_MAX : BM_NET_TRANSPORT_MAX);
	if (len > bm_reader_left(r))
		len = bm_reader_left(r);
	uint8_t transport_pdu[BM_NET_TRANSPORT_MAX], pdu[BM_NET_PDU_MAX];
	bm_read_copy(r, transport_pdu, len);
	size_t pdu_len;
	if (len > 0 && bm_net_encrypt(cred, IV_INDEX, &header, transport_pdu, len, pdu, &pdu_len) == BM_OK)
		bm_node_receive(node, BM_AD_MESH_MESSAGE, pdu, pdu_len, -60, bm_world_now(world));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	const bool low_power = bm_read_u8(&r) & 1;
	struct bm_world *world = bm_world_new(1);
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_FRIEND | (low_power ? BM_FEATURE_LOW_POWER : 0);
	config.limits.friend_lpns = 2;
	config.limits.friend_queue = 4;
	config.limits.friend_subscriptions = 3;
	config.limits.low_power = low_power;
	config.limits.rpl = 16;
	struct bm_world_node *wn = bm_world_add(world, &config);
	struct bm_prov_data network = {.net_idx = 0, .iv_index = IV_INDEX, .addr = OWN_ADDR};
	memcpy(network.net_key, KEY, sizeof KEY);
	if (bm_node_start(wn->node, 0) || bm_node_provision_self(wn->node, &network, KEY, 0))
		abort();
	for (uint32_t seq = 1; seq < FRAMES_MAX && bm_reader_left(&r) > 6; seq++) {
		hear(world, wn->node, &r, seq);
		check_invariants(wn->node);
	}
	bm_world_run_for(world, 20 * BM_US_PER_S);
	check_invariants(wn->node);
	bm_world_free(world);
	return 0;
}
