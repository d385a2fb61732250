/*
 * A whole lower stack hears PDUs: each is a length octet and what follows. The length's highest bit asks for honest
 * encryption, so that the layers behind the integrity check are reached; the next one makes it a beacon.
 */
#include "lower_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void hear(struct lower_node *node, uint8_t head, const uint8_t *octets, size_t len)
{
	struct bm_net_header header;
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	if (!(head & 0x80)) {
		if (head & 0x40)
			bm_net_receive_beacon(&node->net, octets, len, 0);
		else
			bm_net_receive(&node->net, octets, len, 0);
		return;
	}
	if (bm_net_header_decode(octets, len, &header))
		return;
	const uint32_t iv_index = LOWER_NODE_IV - header.ivi;
	const struct bm_cred *cred = &node->net.subnets.table[0].keys[0].flooding;
	if (bm_net_encrypt(cred, iv_index, &header, octets + BM_NET_HEADER_LEN, len - BM_NET_HEADER_LEN, pdu,
			   &pdu_len) == BM_OK)
		bm_net_receive(&node->net, pdu, pdu_len, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct lower_node *node = lower_node_new();
	while (len > 0) {
		const uint8_t head = *octets++;
		len--;
		size_t part = head & 0x3f;
		part = part < len ? part : len;
		/* A copy of the exact length, so that the sanitizer sees a read past the end. */
		uint8_t *copy = malloc(part ? part : 1);
		memcpy(copy, octets, part);
		hear(node, head, copy, part);
		free(copy);
		octets += part;
		len -= part;
		lower_node_wait(node, 20000);
	}
	lower_node_wait(node, 60 * BM_US_PER_S);
	lower_node_free(node);
	return 0;
}
