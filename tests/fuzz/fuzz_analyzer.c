/* The analyzer, shown several packets of any layer: the first octet of each says which, the second its length.
 * Transport PDUs come encrypted with a key that the analyzer has, as the integrity check would keep them outside. Its
 * report is printed in both forms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/decode/analyzer.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#define TRANSPORT 15u

static const uint8_t KEY[BM_KEY_LEN] = {0x7d, 0xd7, 0x36, 0x4c, 0xd8, 0x42, 0xad, 0x18,
					0xc1, 0x7c, 0x2b, 0x82, 0x0c, 0x84, 0xc3, 0xd6};

/* CTL and the sequence number's low bits, source, destination, then a Transport PDU. */
static void show_transport(struct bm_analyzer *analyzer, const uint8_t *octets, size_t len, struct bm_report *report)
{
	const struct bm_ring_net *net = bm_analyzer_keys(analyzer)->nets[0];
	struct bm_reader r = bm_reader_of(octets, len);
	const uint8_t first = bm_read_u8(&r);
	const struct bm_net_header header = {
		.ctl = first >> 7,
		.ttl = 4,
		.seq = 0x1000u + (first & 0x7f),
		.src = bm_read_u8(&r) & 3,
		.dst = bm_read_be16(&r),
	};
	uint8_t pdu[BM_NET_PDU_MAX];
	size_t pdu_len;
	if (bm_net_encrypt(&net->keys.flooding, 0, &header, r.at, bm_reader_left(&r), pdu, &pdu_len) == BM_OK)
		(void)bm_analyze(analyzer, BM_DECODE_NETWORK, pdu, pdu_len, report);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const uint32_t LINK_TYPES[] = {BM_LINK_TYPE_HCI_H4, BM_LINK_TYPE_HCI_H4_PHDR, BM_LINK_TYPE_LE_LL,
					      BM_LINK_TYPE_LE_LL_PHDR};
	static struct bm_report report;
	static FILE *nowhere;
	struct bm_reader r = bm_reader_of(octets, len);
	struct bm_analyzer *analyzer = bm_analyzer_new();
	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!analyzer || !nowhere)
		abort();
	bm_keyring_add_net(bm_analyzer_keys(analyzer), 0, KEY, BM_IV_UNKNOWN);
	bm_keyring_add_app(bm_analyzer_keys(analyzer), 0, 0, KEY);
	bm_analyzer_private_key(analyzer, (const uint8_t[32]){0, 1, 2, 3});
	bm_report_reset(&report);
	while (bm_reader_left(&r) >= 2) {
		const uint8_t kind = bm_read_u8(&r) & 0x0f, wanted = bm_read_u8(&r);
		const size_t size = wanted < bm_reader_left(&r) ? wanted : bm_reader_left(&r);
		const uint8_t *packet = bm_read_octets(&r, size);
		if (kind == TRANSPORT)
			show_transport(analyzer, packet, size, &report);
		else if (kind <= BM_DECODE_ACCESS)
			(void)bm_analyze(analyzer, (enum bm_decode_layer)kind, packet, size, &report);
		else
			(void)bm_analyze_captured(analyzer, LINK_TYPES[kind % 4], packet, size, &report);
		if (report.layer_count > BM_REPORT_LAYERS || report.text_len > BM_REPORT_TEXT || report.depth)
			abort();
		bm_report_print(&report, nowhere, 0);
		json_decref(bm_report_json(&report));
	}
	bm_analyzer_free(analyzer);
	return 0;
}
