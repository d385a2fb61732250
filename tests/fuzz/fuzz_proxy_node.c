/*
 * A proxy server and an unprovisioned device with hostile GATT peers: links that open, write, go and come in any order,
 * with Proxy Configuration messages that are authentic (the fuzzer holds the keys) and say anything.
 *
 * Input: a first octet (bit 0: provisioned), then steps of kind, link, length, octets.
 */
#include <stdlib.h>

#include "blemesh/bytes.h"
#include "blemesh/onoff.h"
#include "net/security.h"
#include "node/node_state.h"
#include "sim/world.h"

#define STEPS_MAX 24
#define CLIENT 0x0777

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t KEY[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};

struct hostile {
	struct bm_world *world;
	struct bm_node *node;
	struct bm_net_keys keys;
	uint32_t seq;
	bool provisioned;
};

static void tell(struct hostile *h, struct bm_gatt_event event)
{
	event.service = h->provisioned ? BM_GATT_PROXY : BM_GATT_PROVISIONING;
	event.mtu = 23;
	bm_node_gatt_event(h->node, &event, bm_world_now(h->world));
}

static void write_config(struct hostile *h, bm_gatt_conn conn, const uint8_t *octets, size_t len)
{
	uint8_t pdu[1 + BM_NET_PDU_MAX] = {BM_PROXY_CONFIG};
	size_t pdu_len;
	if (len > BM_NET_TRANSPORT_CTL_MAX)
		len = BM_NET_TRANSPORT_CTL_MAX;
	if (bm_net_encrypt_proxy(BM_NET_PROXY_CONFIG, &h->keys.flooding, 0, ++h->seq, CLIENT, octets, len, pdu + 1,
				 &pdu_len))
		abort();
	tell(h, (struct bm_gatt_event){.kind = BM_GATT_RECEIVED, .conn = conn, .octets = pdu, .len = 1 + pdu_len});
}

static void step(struct hostile *h, struct bm_reader *r)
{
	const uint8_t kind = bm_read_u8(r);
	const bm_gatt_conn conn = bm_read_u8(r) % 4;
	size_t len = bm_read_u8(r) % 100;
	if (len > bm_reader_left(r))
		len = bm_reader_left(r);
	const uint8_t *octets = bm_read_octets(r, len);
	switch (kind % 8) {
	case 0:
		tell(h, (struct bm_gatt_event){.kind = BM_GATT_CONNECTED, .conn = conn, .role = BM_GATT_SERVER});
		break;
	case 1:
		tell(h, (struct bm_gatt_event){.kind = BM_GATT_SUBSCRIBED, .conn = conn, .on = len & 1});
		break;
	case 2:
		tell(h, (struct bm_gatt_event){.kind = BM_GATT_DISCONNECTED, .conn = conn});
		break;
	case 3:
		write_config(h, conn, octets, len);
		break;
	case 4:
		bm_world_run_for(h->world, (uint64_t)len * BM_US_PER_S);
		break;
	default:
		tell(h, (struct bm_gatt_event){.kind = BM_GATT_RECEIVED, .conn = conn, .octets = octets, .len = len});
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct hostile h = {.world = bm_world_new(1), .provisioned = bm_read_u8(&r) & 1};
	struct bm_node_config config = bm_world_config();
	config.features = BM_FEATURE_PROXY;
	config.limits.gatt_links = 2;
	config.limits.proxy_filter = 3;
	struct bm_world_node *wn = bm_world_add(h.world, &config);
	h.node = wn->node;
	bm_net_keys_derive(&h.keys, KEY);
	if (bm_node_start(h.node, 0))
		abort();
	struct bm_prov_data network = {.addr = 0x1201};
	memcpy(network.net_key, KEY, sizeof KEY);
	if (h.provisioned ? bm_node_provision_self(h.node, &network, KEY, 0)
			  : bm_node_prov_enable(h.node, BM_PROV_BEARER_GATT, 0))
		abort();
	for (int i = 0; i < STEPS_MAX && bm_reader_left(&r) >= 3; i++)
		step(&h, &r);
	for (uint8_t i = 0; i < 2; i++)
		if (h.node->proxy.table[i].filter.count > 3)
			abort();
	if (bm_node_is_provisioned(h.node) != h.provisioned)
		abort();
	bm_world_free(h.world);
	return 0;
}
