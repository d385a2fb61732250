/*
 * The transport layers hear Lower Transport PDUs that the network layer let through: each is CTL and length, source,
 * destination, sequence number, octets. Some access payloads are honestly encrypted first.
 */
#include "lower_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const uint16_t destinations[] = {LOWER_NODE_ADDR, LOWER_NODE_ADDR + 1, 0xc000, 0x8000};

static void hear(struct lower_node *node, struct bm_reader *r, uint32_t *seq)
{
	const uint8_t head = bm_read_u8(r);
	const uint8_t from = bm_read_u8(r);
	*seq = (*seq + bm_read_u8(r)) & BM_SEQ_MAX;
	size_t part = head & 0x1f;
	part = part < bm_reader_left(r) ? part : bm_reader_left(r);
	const uint8_t *octets = bm_read_octets(r, part);
	if (!octets || part < 1 || part > BM_LOWER_PDU_MAX)
		return;
	uint8_t *copy = malloc(part);
	memcpy(copy, octets, part);
	struct bm_net_rx rx = {.interface = head & 0x40 ? BM_NET_LOCAL : BM_NET_ADV,
			       .ctl = head & 0x80,
			       .ttl = from >> 4,
			       .seq = *seq,
			       .src = (uint16_t)(1 + (from & 3)),
			       .dst = destinations[from >> 2 & 3],
			       .iv_index = LOWER_NODE_IV,
			       .transport_pdu = copy,
			       .len = part};
	if (rx.interface == BM_NET_LOCAL)
		rx.src = LOWER_NODE_ADDR;
	if ((head & 0x20) && !rx.ctl && part > 5) {
		/* an unsegmented message under the application key, in place */
		const struct bm_app_key_value *value = &node->transport.app_keys.table[0].values[0];
		uint8_t nonce[13], plain[BM_LOWER_PDU_MAX];
		bm_nonce_application(nonce, false, rx.seq, rx.src, rx.dst, rx.iv_index);
		memcpy(plain, copy + 1, part - 5);
		copy[0] = (uint8_t)(0x40 | value->aid);
		bm_ccm_encrypt(&value->aes, nonce, NULL, 0, plain, part - 5, copy + 1, 4);
	}
	bm_transport_receive(&node->transport, &rx);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct lower_node *node = lower_node_new();
	struct bm_reader r = bm_reader_of(octets, len);
	uint32_t seq = bm_read_be24(&r);
	/* a message of ours in flight, so that acknowledgments have something to be for */
	const uint8_t payload[60] = {1};
	const struct bm_transport_tx tx = {.src = LOWER_NODE_ADDR, .dst = 0x0001, .ttl = 4, .segmented = true};
	if (bm_transport_send(&node->transport, &tx, payload, sizeof payload))
		abort();
	while (bm_reader_left(&r) > 0 && !r.failed) {
		hear(node, &r, &seq);
		lower_node_wait(node, 30000);
	}
	lower_node_wait(node, 20 * BM_US_PER_S);
	lower_node_free(node);
	return 0;
}
